"""Kernel of the decision for example-F1: of every row the label set with the largest expected F1."""

from __future__ import annotations

import numpy as np

from ihomer.kernels.decide import RARE_EMPTY
from ihomer.kernels.decide_sizes import EXPECTED, MOST_SIZE, TRUE, add_label, learn_size
from streams.jit import jit

#: Label sets are made of so many of the most probable labels, or of twice the mean size of the true sets, if that is
#: more: beyond that, sums of many small probabilities that are a little too large lead astray.
FEWEST = 24
#: Labels that are less probable than this are left out; and probabilities are cut at `LEAST` from 0 and 1.
NEGLIGIBLE = np.float32(0.005)
LEAST = 1e-6
#: Places in `means`: faded rows, rows without any label, labels.
ROWS, EMPTY, LABELS = 0, 1, 2
#: How fast these are forgotten: half of them after about 1,400 rows.
SLOW_FADE = 0.9995
#: Rows of `work`: probabilities, distribution of the size, its ratios, sums over the labels taken so far.
Q, SIZE, RATIO, TAKEN = 0, 1, 2, 3


@jit
def best_labels(p, row, limit, most, ids):  # type: ignore[no-untyped-def]
    """Write the `most` most probable labels of a row to `ids`, best first, ties by smaller id; return how many.

    Labels that are hardly possible are left out: if there are many, what they add to the size is mostly error.
    """
    n = 0
    least = NEGLIGIBLE
    for k in range(limit):
        q = p[row, k]
        if q > least:
            j = n if n < most else most - 1
            n = min(n + 1, most)
            while j > 0 and p[row, ids[j - 1]] < q:
                ids[j] = ids[j - 1]
                j -= 1
            ids[j] = k
            if n == most:
                least = p[row, ids[n - 1]]
    return n


@jit
def take_label(q, n, size, taken):  # type: ignore[no-untyped-def]
    """Add P(label holds, the size is c) to taken[c], for all sizes c, of one of the `n` labels behind `size`.

    The label is taken out of the convolution in the direction in which errors shrink.
    """
    if q < 0.5:
        share = 1.0 / (1.0 - q)
        without = size[0] * share
        taken[1] += without * q
        for c in range(1, n):
            without = max((size[c] - without * q) * share, 0.0)
            taken[c + 1] += without * q
    else:
        share = 1.0 / q
        without = size[n] * share
        taken[n] += without * q
        for c in range(n - 2, -1, -1):
            without = max((size[c + 1] - without * (1.0 - q)) * share, 0.0)
            taken[c + 1] += without * q


@jit
def best_size(n, work):  # type: ignore[no-untyped-def]
    """Return how many of `n` labels to take, best first, and the expected F1 of these and of the empty set.

    With P(y, c) that of independent labels times the ratio of the size c, the k most probable labels are the best k
    (for every size a more probable label is the more likely to hold), and their expected F1 is the sum over them and
    over c of 2 P(label holds, c) / (k + c): Dembczynski, Waegeman, Cheng & Huellermeier 2011, "An exact algorithm for
    F-measure maximization"; here in O(n^2). The empty set is right, with F1 = 1, when the true set is empty.

    Parameters
    ----------
    work : float64 (4, MOST_SIZE + 1): probabilities, falling; ratio of every size; the rest is written
    """
    work[SIZE, 0] = 1.0
    for i in range(n):
        add_label(work[Q, i], i, work[SIZE])
    total = mean = 0.0
    for c in range(n + 1):
        weight = work[SIZE, c] * work[RATIO, c]
        total += weight
        mean += c * weight
        work[TAKEN, c] = 0.0
    best, best_f1 = 0, 0.0
    for k in range(1, n + 1):
        # The hits are at most the mean size, and at least one label holds where there is a hit: no larger k is better.
        if 2.0 * mean <= best_f1 * total * (k + 1):
            break
        take_label(work[Q, k - 1], n, work[SIZE], work[TAKEN])
        f1 = 0.0
        for c in range(1, n + 1):
            f1 += work[TAKEN, c] * work[RATIO, c] / (k + c)
        f1 *= 2.0 / total
        if f1 > best_f1:
            best, best_f1 = k, f1
    return best, best_f1, work[SIZE, 0] * work[RATIO, 0] / total


@jit
def example_block(  # type: ignore[no-untyped-def]
    p, label_indptr, status, limits, sizes, means, ids, work, learn, out_indptr, out
):
    """Predict the label set of the largest expected F1; let every complete row teach how large label sets are.

    Parameters
    ----------
    p : float32 (n, L)
    label_indptr, status, limits : the rows' labels, see `ihomer.rows.Rows`
    sizes : float64 (2, MOST_SIZE + 1): see `ihomer.kernels.decide_sizes`
    means : float64 (3,): faded rows, rows without any label, labels
    ids, work : int32 scratch (MOST_SIZE,), float64 scratch (4, MOST_SIZE + 1)
    learn : whether rows teach
    out_indptr, out : int64 (n + 1,), int32 (n * L,): the predicted label sets, written
    """
    at = 0
    out_indptr[0] = 0
    for row in range(len(p)):
        most = min(max(FEWEST, np.int64(2.0 * means[LABELS] / max(means[ROWS], 1.0))), MOST_SIZE)
        n = best_labels(p, row, limits[row], most, ids)
        for i in range(n):
            work[Q, i] = min(max(np.float64(p[row, ids[i]]), LEAST), 1.0 - LEAST)
        for c in range(n + 1):
            work[RATIO, c] = sizes[TRUE, c] / sizes[EXPECTED, c]
        k, f1, empty = best_size(n, work)
        if empty > f1 and means[EMPTY] > RARE_EMPTY * means[ROWS]:
            k = 0
        for i in range(k):  # in order of id
            j = at + i
            while j > at and out[j - 1] > ids[i]:
                out[j] = out[j - 1]
                j -= 1
            out[j] = ids[i]
        at += k
        out_indptr[row + 1] = at
        if learn and status[row] == 2:
            size = label_indptr[row + 1] - label_indptr[row]
            learn_size(size, work[SIZE], n, sizes)
            means[ROWS] = SLOW_FADE * means[ROWS] + 1.0
            means[EMPTY] = SLOW_FADE * means[EMPTY] + (1.0 if size == 0 else 0.0)
            means[LABELS] = SLOW_FADE * means[LABELS] + size
