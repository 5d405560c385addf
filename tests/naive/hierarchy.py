"""Dense, slow twins of the kernels of the label hierarchy."""

from __future__ import annotations

import numpy as np


def counts(rows, n_labels, half_life):
    """Return n, known and n_ij by adding all rows with their weights; a row is (labels that hold, known or None).

    All labels are met at the first row.
    """
    n, known, n_ij = np.zeros(n_labels), np.zeros(n_labels), np.zeros((n_labels, n_labels))
    for age, (held, knows) in enumerate(reversed(rows)):
        weight = 0.5 ** (age / half_life)
        n[list(held)] += weight
        known[list(range(n_labels) if knows is None else knows)] += weight
        for i in held:
            for j in held:
                if i != j:
                    n_ij[i, j] += weight
    return n, known, n_ij


def dissimilarities(n, known, n_ij):
    """Return 1 - Jaccard of all pairs."""
    size = len(n)
    d = np.ones((size, size))
    for i in range(size):
        for j in range(size):
            if n_ij[i, j] > 0:
                least = min(known[i], known[j])
                p_i, p_j, p_ij = n[i] / known[i], n[j] / known[j], n_ij[i, j] / least
                d[i, j] = 1 - p_ij / (p_i + p_j - p_ij)
    return d


def diameters(d, members):
    """Return d0, d1, d2, mean of the pairs of members, and the first pair at the largest dissimilarity."""
    pairs = [(a, b) for x, a in enumerate(members) for b in members[x + 1 :]]
    values = [d[pair] for pair in pairs]
    ordered = sorted(values, reverse=True)
    first = pairs[values.index(ordered[0])]
    return ordered[-1], ordered[0], ordered[min(1, len(ordered) - 1)], float(np.mean(values)), first


def strength(both, chance, either):
    """Return the odds of Jaccard (both : exactly one) over the odds expected by chance."""
    return (both / (either - 2 * both)) / (chance / (either - 2 * chance))


def co_occurrence(wanted, chance, either):
    """Return the `both` that has the wanted strength, by bisection."""
    low, high = 0.0, either / 2
    for _ in range(200):
        middle = (low + high) / 2
        low, high = (middle, high) if strength(middle, chance, either) < wanted else (low, middle)
    return low


def sums_of(n, n_ij, total, pairs):
    """Return (both, expected both, either) over pairs, each pair weighted by 1 / sqrt(n_i n_j)."""
    both = chance = either = 0.0
    for i, j in pairs:
        weight = 1 / np.sqrt(n[i] * n[j])
        both += weight * n_ij[i, j]
        chance += weight * n[i] * n[j] / total
        either += weight * (n[i] + n[j])
    return both, chance, either


def share(within, other, across, ratio):
    """Return the share across of two clusters; all are (both, expected both, either) of pairs, or None."""
    inside = max(strength(*sums) for sums in (within, other) if sums is not None)
    limit = co_occurrence(ratio * inside, *across[1:])
    return across[0] / (across[0] + limit)


def trial(rows, side, tight, g, ratio):
    """Return share across, sample size and across / within strength of a split on the rows since its trial began."""
    labels = range(len(side))
    f = [sum(i in row for row in rows) for i in labels]
    total = len(rows)
    within = [(i, j) for i in labels for j in labels if i < j and side[i] == side[j] == tight]
    across = [(i, j) for i in labels for j in labels if i < j and side[i] != side[j]]

    def sums(pairs):
        both = sum(g[i] * g[j] for row in rows for i, j in pairs if i in row and j in row)
        chance = sum(g[i] * g[j] * f[i] * f[j] / total for i, j in pairs)
        return both, chance, sum(g[i] * g[j] * (f[i] + f[j]) for i, j in pairs)

    inside = strength(*sums(within))
    c = co_occurrence(ratio * inside, *sums(across)[1:]) / sums(within)[0]
    weights, shares = [], 0.0
    for row in rows:
        x = sum(g[i] * g[j] for i, j in across if i in row and j in row)
        w = sum(g[i] * g[j] for i, j in within if i in row and j in row)
        weights.append(x + c * w)
        shares += x
    n = sum(weights) ** 2 / sum(v * v for v in weights)
    return shares / sum(weights), n, strength(*sums(across)) / inside


def excess_within(n, n_ij, total, members, side):
    """Return what `divide` maximises: similarity minus the cluster's level of chance over pairs within the sides."""
    pairs = [(a, b) for x, a in enumerate(members) for b in members[x + 1 :]]
    cosine = {(i, j): n_ij[i, j] / np.sqrt(n[i] * n[j]) for i, j in pairs}
    chance = {(i, j): np.sqrt(n[i] * n[j]) / total for i, j in pairs}
    level = sum(cosine.values()) / sum(chance.values())
    return sum(cosine[p] - level * chance[p] for p in pairs if side[p[0]] == side[p[1]])


def core(n, n_ij, total, members, ratio):
    """Return the labels of the core of a cluster, by trying every label at every step."""
    cosine = n_ij / np.sqrt(np.outer(n, n))
    chance = np.sqrt(np.outer(n, n)) / total
    pairs = [(a, b) for x, a in enumerate(members) for b in members[x + 1 :] if n_ij[a, b] > 0]
    inside = list(max(pairs, key=lambda pair: cosine[pair] - chance[pair]))
    while len(inside) < max(2, len(members) // 2):
        mutual = [(a, b) for x, a in enumerate(inside) for b in inside[x + 1 :]]
        level = ratio * sum(cosine[p] for p in mutual) / sum(chance[p] for p in mutual)
        gains = {i: sum(cosine[i, j] - level * chance[i, j] for j in inside) for i in members if i not in inside}
        best = max(gains, key=lambda i: gains[i])
        if gains[best] <= 0:
            break
        inside.append(best)
    return sorted(inside)
