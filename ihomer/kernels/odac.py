"""Kernels of the plain ODAC rule: dissimilarities inside a cluster from the pairs that co-occur, and its split."""

from __future__ import annotations

from streams.jit import jit

#: Places in the result of `diameters`.
D0, D1, D2, MEAN, PIVOT_A, PIVOT_B = 0, 1, 2, 3, 4, 5


@jit
def jaccard(n_ij, n_i, n_j, known_i, known_j):  # type: ignore[no-untyped-def]
    """Return the Jaccard similarity of two labels from faded counts.

    With complete rows `known_i = known_j` and this is n_ij / (n_i + n_j - n_ij). Else the counts are rates over the
    rows in which the label was known, and those of the pair over the smaller of the two.
    """
    if n_ij <= 0:
        return 0.0
    least = min(known_i, known_j)
    union = n_i * (least / known_i) + n_j * (least / known_j) - n_ij
    # A pair of drawn labels (very large sets) may be counted above its labels.
    return min(1.0, n_ij / union) if union > 0 else 1.0


@jit
def diameters(members, cluster_of, indptr, ids, weights, n, known, out):  # type: ignore[no-untyped-def]
    """Write the quantities of ODAC for one cluster of at least two labels.

    Only pairs that co-occur are visited, O(their number); all others have dissimilarity 1.

    Parameters
    ----------
    members : int32, ascending: the labels of the cluster
    cluster_of : int32, shape (labels,)
    indptr, ids, weights : the neighbours of every label, ascending, and the faded count of the pair
    n, known : float64, shape (labels,): faded counts, and faded weight of the rows in which the label was known
    out : float64, shape (6,); written: d0, the smallest dissimilarity; d1 and d2, the largest two; their mean; the
        first pair, in order of ids, at distance d1
    """
    m = len(members)
    pairs = m * (m - 1.0) / 2
    cluster = cluster_of[members[0]]
    total = 0.0
    largest = -1.0
    lowest, second = 2.0, 2.0  # similarities
    pivot_a, pivot_b = -1, -1
    for a in range(m - 1):
        i = members[a]
        e = indptr[i]
        stop = indptr[i + 1]
        for b in range(a + 1, m):
            # Past the second pair that never co-occurs nothing but co-occurring pairs can change the result.
            j = members[b]
            while e < stop and ids[e] < j:
                e += 1
            if e < stop and ids[e] == j:
                s = jaccard(weights[e], n[i], n[j], known[i], known[j])
            elif second == 0.0:
                continue
            else:
                s = 0.0
            total += s
            largest = max(largest, s)
            if s < lowest:
                second = lowest
                lowest = s
                pivot_a, pivot_b = i, j
            elif s < second:
                second = s
        if second == 0.0:
            # Only sums and maxima remain: walk along the neighbours.
            for k in range(a + 1, m - 1):
                i = members[k]
                for e in range(indptr[i], indptr[i + 1]):
                    j = ids[e]
                    if j > i and cluster_of[j] == cluster:
                        s = jaccard(weights[e], n[i], n[j], known[i], known[j])
                        total += s
                        largest = max(largest, s)
            break
    out[D0] = 1 - largest
    out[D1] = 1 - lowest
    out[D2] = 1 - min(second, 1.0) if pairs > 1 else 1 - lowest
    out[MEAN] = 1 - total / pairs
    out[PIVOT_A] = pivot_a
    out[PIVOT_B] = pivot_b


@jit
def nearest_pivot(members, indptr, ids, weights, n, known, pivot_a, pivot_b, side):  # type: ignore[no-untyped-def]
    """Write to `side`, int8, shape (members,): 1 for labels nearer to the second pivot, else 0 (ties too)."""
    for k in range(len(members)):
        i = members[k]
        to_a = 0.0
        to_b = 0.0
        for e in range(indptr[i], indptr[i + 1]):
            j = ids[e]
            if j == pivot_a:
                to_a = jaccard(weights[e], n[i], n[j], known[i], known[j])
            elif j == pivot_b:
                to_b = jaccard(weights[e], n[i], n[j], known[i], known[j])
        side[k] = 1 if i == pivot_b or (i != pivot_a and to_b > to_a) else 0
