"""Kernels of the hub rule: proposing a split of a cluster, and comparing co-occurrence within and across clusters."""

from __future__ import annotations

import math

import numpy as np

from ihomer.kernels.cooccurrence import ACROSS, DUE, PAIRED, START, TIGHT, WITHIN, WW, WX, XX, F, G, Q, S
from streams.jit import jit

#: Passes over the labels of a cluster in which they may change sides; two or three are the rule.
SWEEPS = 16


@jit
def strength(both, chance, either):  # type: ignore[no-untyped-def]
    """Return the association of a set of pairs: the odds of its Jaccard similarity over those expected by chance.

    Odds are of both labels against exactly one. The strength is 1 for independent labels, whatever their frequencies,
    the lift where labels are rare, and has no ceiling where they are frequent.

    Parameters
    ----------
    both, chance, either
        Weighted sums over the pairs: of the rows that hold both labels, of those expected to if they were
        independent, and of the rows that hold the one plus those that hold the other.
    """
    tiny = 1e-12 * either
    return both / max(either - 2 * both, tiny) * max(either - 2 * chance, tiny) / chance


@jit
def co_occurrence(level, chance, either):  # type: ignore[no-untyped-def]
    """Return `both` such that `strength(both, chance, either)` is `level`."""
    odds = level * chance / max(either - 2 * chance, 1e-12 * either)
    return either * odds / (1 + 2 * odds)


@jit
def trial_share(trial, rows, ratio):  # type: ignore[no-untyped-def]
    """Return the share across of a split on trial, its sample size, and the strength across / within.

    With w the co-occurrence within the tighter side and c such that c sum w is the co-occurrence across that would be
    `ratio` times as strong, a row has weight v = x + c w and share x / v across; the share of all is
    sum x / sum v, the sample size of its Hoeffding bound (sum v)^2 / sum v^2.

    Parameters
    ----------
    trial : float64, shape (COLUMNS,)
    rows : labelled rows since the trial began
    ratio : between 0 and 1
    """
    t = np.int64(trial[TIGHT])
    within = trial[WITHIN]
    across = trial[ACROSS]
    chance_within = (trial[F + t] ** 2 - trial[Q + t]) / (2 * rows)
    chance_across = trial[F] * trial[F + 1] / rows
    if within <= 0 or chance_within <= 0 or chance_across <= 0:
        return 1.0, 0.0, 1.0
    inside = strength(within, chance_within, trial[F + t] * trial[G + t] - trial[S + t])
    either_across = trial[F] * trial[G + 1] + trial[G] * trial[F + 1]
    c = co_occurrence(ratio * inside, chance_across, either_across) / within
    total = across + c * within
    squares = trial[XX] + 2 * c * trial[WX] + c * c * trial[WW]
    return across / total, total * total / squares, strength(across, chance_across, either_across) / inside


@jit
def hubs(members, cluster_of, indptr, ids, weights, n, total, mass):  # type: ignore[no-untyped-def]
    """Return the two pivots of a cluster and its level of co-occurrence; write the mass of each member.

    Similarity is n_ij / sqrt(n_i n_j), the cosine (Ochiai) relative of Jaccard's n_ij / (n_i + n_j - n_ij), because
    what chance makes of it factorises, sqrt(p_i) sqrt(p_j): sums over all pairs cost O(members), though only the
    pairs that co-occur are stored. The level is similarity over chance of all pairs of the cluster. Pivot a is
    the label with most similarity mass; b the heaviest one whose similarity to a is below the level, if there is
    none the one farthest below or least above it.

    Parameters
    ----------
    members, cluster_of, indptr, ids, weights, n : as in `ihomer.kernels.odac.diameters`; n is 1 or more here
    total : faded weight of all rows
    mass : float64, shape (members,); written
    """
    cluster = cluster_of[members[0]]
    q_sum = 0.0
    q_squares = 0.0
    mass_sum = 0.0
    best_a = 0
    for k in range(len(members)):
        i = members[k]
        q = math.sqrt(n[i] / total)
        q_sum += q
        q_squares += q * q
        mass[k] = 0.0
        for e in range(indptr[i], indptr[i + 1]):
            if cluster_of[ids[e]] == cluster:
                mass[k] += weights[e] / math.sqrt(n[i] * n[ids[e]])
        mass_sum += mass[k]
        if mass[k] > mass[best_a]:
            best_a = k
    level = mass_sum / (q_sum * q_sum - q_squares)
    a = members[best_a]
    near = indptr[a]
    best_b = -1
    lowest_b = -1
    lowest = np.inf
    for k in range(len(members)):
        i = members[k]
        if i == a:
            continue
        while near < indptr[a + 1] and ids[near] < i:
            near += 1
        n_ai = weights[near] if near < indptr[a + 1] and ids[near] == i else 0.0
        strength = n_ai * total / (n[i] * n[a])
        if strength < lowest:
            lowest = strength
            lowest_b = k
        if strength < level and (best_b < 0 or mass[k] > mass[best_b]):
            best_b = k
    return best_a, best_b if best_b >= 0 else lowest_b, level


@jit
def divide(members, order, cluster_of, indptr, ids, weights, n, total, level, hub_a, hub_b, place):  # type: ignore[no-untyped-def]
    """Write to `place`, int8, shape (labels,), 0 or 1 for the members: the sides of the proposed split.

    Labels go in the given order (falling mass) to the side to which their excess of similarity over the cluster's
    level of chance is higher; a label without any similarity so goes to the smaller side. Then sweeps over all
    labels move each to its better side until none moves: every move raises the excess within the sides, which is
    modularity with the cosine as weight, so this ends.

    Parameters
    ----------
    members, cluster_of, indptr, ids, weights, n, total : as in `hubs`
    order : int64, shape (members,): positions in `members`
    level, hub_a, hub_b : the result of `hubs`
    place : -1 for all members at entry
    """
    cluster = cluster_of[members[0]]
    q_of_side = np.zeros(2)
    sizes = np.zeros(2, np.int64)
    for k, side in ((hub_a, 0), (hub_b, 1)):
        place[members[k]] = side
        q_of_side[side] += math.sqrt(n[members[k]] / total)
        sizes[side] += 1
    for sweep in range(SWEEPS + 1):
        moved = 0
        for k in order:
            if sweep == 0 and k in (hub_a, hub_b):
                continue
            i = members[k]
            q = math.sqrt(n[i] / total)
            before = place[i]
            if before >= 0:
                if sizes[before] == 1:
                    continue
                q_of_side[before] -= q
                sizes[before] -= 1
            excess = -level * q * (q_of_side[0] - q_of_side[1])
            for e in range(indptr[i], indptr[i + 1]):
                j = ids[e]
                if cluster_of[j] == cluster and place[j] >= 0:
                    s = weights[e] / math.sqrt(n[i] * n[j])
                    excess += s if place[j] == 0 else -s
            # A move that gains less than rounding can make is none, or two labels could swap for ever.
            side = (0 if excess >= 0 else 1) if before < 0 or abs(excess) > 1e-12 else before
            place[i] = side
            q_of_side[side] += q
            sizes[side] += 1
            moved += side != before
        if moved == 0:
            break


@jit
def core(members, cluster_of, indptr, ids, weights, n, total, ratio, pull, place):  # type: ignore[no-untyped-def]
    """Write to `place`, int8, shape (labels,), 0 for the core of a cluster and 1 for its other members.

    The core is grown from the pair with most similarity beyond chance: at each step the label joins whose similarity
    to it exceeds by most what would be `ratio` times as strong as the core is within, until there is none, or half of
    the cluster has joined. It finds what `divide` does not, a tight group in a cluster that is otherwise diffuse.

    Parameters
    ----------
    members, cluster_of, indptr, ids, weights, n, total : as in `hubs`
    ratio : between 0 and 1
    pull : float64, shape (labels,), scratch: similarity of each label to the core
    """
    cluster = cluster_of[members[0]]
    best = -np.inf
    first, second, similarity = members[0], members[1], 0.0
    for i in members:
        place[i] = 1
        pull[i] = 0.0
        for e in range(indptr[i], indptr[i + 1]):
            j = ids[e]
            if j > i and cluster_of[j] == cluster:
                s = weights[e] / math.sqrt(n[i] * n[j])
                excess = s - math.sqrt(n[i] * n[j]) / total
                if excess > best:
                    best = excess
                    first, second, similarity = i, j, s
    q = math.sqrt(n[first] / total)
    q_squares = q * q
    within = 0.0
    joins = first
    gain = similarity
    for size in range(1, max(3, len(members) // 2 + 1)):
        place[joins] = 0
        within += pull[joins]
        for e in range(indptr[joins], indptr[joins + 1]):
            j = ids[e]
            if cluster_of[j] == cluster:
                pull[j] += weights[e] / math.sqrt(n[joins] * n[j])
        if size == 1:
            joins = second
        else:
            q_squares += n[joins] / total
            q += math.sqrt(n[joins] / total)
            level = ratio * 2 * within / (q * q - q_squares)
            gain = 0.0
            for i in members:
                if place[i] == 1:
                    excess = pull[i] - level * math.sqrt(n[i] / total) * q
                    if excess > gain:
                        gain = excess
                        joins = i
            if gain == 0.0:
                break


@jit
def begin_trial(members, place, tight, n, cluster, row, due, side, g, f, trials):  # type: ignore[no-untyped-def]
    """Put the sides in `place` on trial: weights g = 1 / sqrt(n), fresh counts; side `tight` is the tighter one."""
    trials[cluster, :] = 0.0
    for i in members:
        side[i] = place[i]
        g[i] = 1 / math.sqrt(n[i])
        f[i] = 0.0
        trials[cluster, G + place[i]] += g[i]
    trials[cluster, START] = row
    trials[cluster, DUE] = due
    trials[cluster, TIGHT] = tight


@jit
def cluster_sums(cluster_of, indptr, ids, weights, n, total, sums):  # type: ignore[no-untyped-def]
    """Write per cluster what the chance level of sums over its pairs is made of, and the sum within.

    Parameters
    ----------
    cluster_of, indptr, ids, weights, n, total : as in `hubs`
    sums : float64, shape (nodes, 6), zero at entry: sum q, sum q^2, sum g, sum g n, labels, similarity within; with
        q = sqrt(n / total) and g = 1 / sqrt(n)
    """
    for i in range(len(cluster_of)):
        c = cluster_of[i]
        q = math.sqrt(n[i] / total)
        sums[c, 0] += q
        sums[c, 1] += q * q
        sums[c, 2] += 1 / math.sqrt(n[i])
        sums[c, 3] += math.sqrt(n[i])
        sums[c, 4] += 1
        for e in range(indptr[i], indptr[i + 1]):
            if cluster_of[ids[e]] == c and ids[e] > i:
                sums[c, 5] += weights[e] / math.sqrt(n[i] * n[ids[e]])


@jit
def inner_strength(sums, c):  # type: ignore[no-untyped-def]
    """Return the strength within a cluster from its row of `cluster_sums`; 0 if it has no two labels."""
    chance = (sums[c, 0] ** 2 - sums[c, 1]) / 2
    # sum over pairs of (n_i + n_j) / sqrt(n_i n_j): all pairs of labels minus each with itself.
    either = sums[c, 3] * sums[c, 2] - sums[c, 4]
    return strength(sums[c, 5], chance, either) if sums[c, 4] > 1 and chance > 0 else 0.0


@jit
def pair_share(sums, c, d, across, ratio):  # type: ignore[no-untyped-def]
    """Return the share across of the two clusters c and d, as in `trial_share`, from all that is remembered.

    Two single labels have no strength within; they are held against chance.

    Parameters
    ----------
    sums : as `cluster_sums` left it
    across : sum of the similarities across
    ratio : between 0 and 1
    """
    inside = max(inner_strength(sums, c), inner_strength(sums, d))
    level = ratio * inside if inside > 0 else 1.0
    limit = co_occurrence(level, sums[c, 0] * sums[d, 0], sums[c, 3] * sums[d, 2] + sums[c, 2] * sums[d, 3])
    return across / (across + limit) if across + limit > 0 else 1.0


@jit
def closest_clusters(  # type: ignore[no-untyped-def]
    members, starts, leaves, cluster_of, indptr, ids, weights, n, sums, ratio, across, best, share, rows
):  # fmt: skip
    """Write for every leaf the other leaf with the highest share across, that share, and its sample size.

    The sample size is the weight of the rows that hold a label of the two, of which the counts of pairs give a lower
    bound: with s = sum of g over the labels in a row, P(s > 0) >= (E s)^2 / E s^2 (Chung & Erdos, 1952).

    Parameters
    ----------
    members, starts, leaves : int32, int64, int32: labels grouped by leaf, where each group begins, the leaves
    cluster_of, indptr, ids, weights, n, sums, ratio : as in `pair_share`
    across : float64, shape (nodes,), scratch, zero at entry and at return
    best, share, rows : int32, float64, float64, shape (leaves,); written; -1, 0, 0 if it co-occurs with no other
    """
    for a in range(len(leaves)):
        c = np.int64(leaves[a])
        best[a] = -1
        share[a] = 0.0
        rows[a] = 0.0
        for k in range(starts[a], starts[a + 1]):
            i = members[k]
            for e in range(indptr[i], indptr[i + 1]):
                d = cluster_of[ids[e]]
                if d != c:
                    across[d] += weights[e] / math.sqrt(n[i] * n[ids[e]])
        for k in range(starts[a], starts[a + 1]):
            i = members[k]
            for e in range(indptr[i], indptr[i + 1]):
                d = np.int64(cluster_of[ids[e]])
                if across[d] > 0:
                    s = pair_share(sums, c, d, across[d], ratio)
                    if s > share[a] or (s == share[a] and d < best[a]):
                        best[a] = d
                        share[a] = s
                        pairs = sums[c, 5] + sums[d, 5] + across[d]
                        rows[a] = (sums[c, 3] + sums[d, 3]) ** 2 / (sums[c, 4] + sums[d, 4] + 2 * pairs)
                    across[d] = 0.0


@jit
def better_clusters(cluster_of, indptr, ids, weights, n, total, sums, ratio, near, best, share):  # type: ignore[no-untyped-def]
    """Write for every label the other cluster that it belongs to most, and the share of its own cluster beside it.

    The share is x / (x + limit) with x the similarity to the labels of its own cluster, and limit the x at which it is
    associated with them `ratio` times as much as with those of the other one.

    Parameters
    ----------
    cluster_of, indptr, ids, weights, n, total, sums, ratio : as in `pair_share`
    near : float64, shape (nodes,), scratch, zero at entry and at return
    best, share : int32 and float64, shape (labels,); written; -1 and 1 for a label without any
    """
    for i in range(len(cluster_of)):
        own = cluster_of[i]
        best[i] = -1
        share[i] = 1.0
        q = math.sqrt(n[i] / total)
        g = 1 / math.sqrt(n[i])
        r = math.sqrt(n[i])
        for e in range(indptr[i], indptr[i + 1]):
            near[cluster_of[ids[e]]] += weights[e] / math.sqrt(n[i] * n[ids[e]])
        mine = near[own]
        near[own] = 0.0
        chance_own = q * (sums[own, 0] - q)
        either_own = g * (sums[own, 3] - r) + r * (sums[own, 2] - g)
        for e in range(indptr[i], indptr[i + 1]):
            d = cluster_of[ids[e]]
            if near[d] > 0:
                theirs = strength(near[d], q * sums[d, 0], g * sums[d, 3] + r * sums[d, 2])
                limit = co_occurrence(ratio * theirs, chance_own, either_own) if chance_own > 0 else 0.0
                s = mine / (mine + limit) if mine + limit > 0 else 1.0
                if s < share[i] or (s == share[i] and d < best[i]):
                    best[i] = d
                    share[i] = s
                near[d] = 0.0


@jit
def ripe_leaves(leaves, trials, ripe):  # type: ignore[no-untyped-def]
    """Write to `ripe`, int32, shape (leaves,), the leaves whose trial is due for a test; return how many."""
    found = 0
    for c in leaves:
        if trials[c, DUE] > 0 and trials[c, PAIRED] >= trials[c, DUE]:
            ripe[found] = c
            found += 1
    return found


@jit
def cut_sums(members, place, cluster_of, indptr, ids, weights, n, total, sums):  # type: ignore[no-untyped-def]
    """Write the sums of `cluster_sums` for the two sides in `place` of one cluster; return the similarity across.

    Parameters
    ----------
    members, cluster_of, indptr, ids, weights, n, total : as in `hubs`
    place : int8, shape (labels,): 0 or 1 for the members
    sums : float64, shape (2, 7), zero at entry; written; the last column is the weight of the pairs within
    """
    cluster = cluster_of[members[0]]
    across = 0.0
    for i in members:
        c = place[i]
        q = math.sqrt(n[i] / total)
        sums[c, 0] += q
        sums[c, 1] += q * q
        sums[c, 2] += 1 / math.sqrt(n[i])
        sums[c, 3] += math.sqrt(n[i])
        sums[c, 4] += 1
        for e in range(indptr[i], indptr[i + 1]):
            j = ids[e]
            if j > i and cluster_of[j] == cluster:
                s = weights[e] / math.sqrt(n[i] * n[j])
                if place[j] == c:
                    sums[c, 5] += s
                    sums[c, 6] += weights[e]
                else:
                    across += s
    return across
