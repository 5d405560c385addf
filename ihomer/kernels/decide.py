"""Kernels that turn probabilities into label sets and rankings, row by row."""

from __future__ import annotations

from streams.jit import jit

#: Index of the numbers in the state of the F1 threshold.
HITS, MASS, ROWS, EMPTY = 0, 1, 2, 3
#: How fast old rows are forgotten: half of them after about 700, for whether label sets are ever empty 1,400.
FADE, SLOW_FADE = 0.999, 0.9995
#: The threshold that there is at first, a quarter, as if so many labels, predicted or true, had been seen; and what of it
#: comes back with every row, so that there is a threshold where nothing is predicted and nothing holds for very long.
FIRST_HITS, FIRST_MASS = 5.0, 20.0
LEAK = 1e-6
#: Nothing less probable than this is ever predicted.
LEAST = 0.05
#: While fewer rows than this share have no label at all, a row gets at least its best label.
RARE_EMPTY = 0.02


@jit
def labels_over(p, limit, threshold, out, at):  # type: ignore[no-untyped-def]
    """Write the labels below `limit` whose probability exceeds `threshold` to `out` from `at` on; return the end."""
    for k in range(limit):
        if p[k] > threshold:
            out[at] = k
            at += 1
    return at


@jit
def best_label(p, limit):  # type: ignore[no-untyped-def]
    """Return the label with the largest probability, the smaller id at a tie; -1 if there is none."""
    best = -1
    for k in range(limit):
        if best < 0 or p[k] > p[best]:
            best = k
    return best


@jit
def fixed_block(p, limits, threshold, out_indptr, out):  # type: ignore[no-untyped-def]
    """Predict the labels over a fixed threshold; see `f1_block` for the parameters."""
    at = 0
    for row in range(len(p)):
        at = labels_over(p[row], limits[row], threshold, out, at)
        out_indptr[row + 1] = at


@jit
def f1_block(  # type: ignore[no-untyped-def]
    p, label_indptr, label_indices, status, known_indptr, known_indices, limits, state, truth, learn, out_indptr, out
):
    """Predict the labels over the threshold that maximises micro-F1; let every row move the threshold.

    The best threshold on probabilities is half of the best attainable F1 (Ye, Chai, Lee & Chieu 2012; Lipton, Elkan &
    Naryanaswamy 2014), so it is followed online: F1 / 2 = hits / (predicted + positive), over the past, faded, with
    the mean of truth and probability in place of the truth, which halves the noise.

    Parameters
    ----------
    p : float32 (n, L)
    label_indptr ... limits : the rows' labels, see `ihomer.rows.Rows`
    state : float64 (4,): faded hits, faded mass (predicted + positive), faded rows, rows without any label
    truth : int8 scratch (L,), all zero at entry and at return
    learn : whether rows move the threshold
    out_indptr, out : int64 (n + 1,), int32 (n * L,): the predicted label sets, written
    """
    at = 0
    out_indptr[0] = 0
    for row in range(len(p)):
        limit = limits[row]
        first_out = at
        at = labels_over(p[row], limit, max(LEAST, state[HITS] / state[MASS]), out, at)
        if at == first_out and limit > 0 and state[EMPTY] <= RARE_EMPTY * state[ROWS]:
            out[at] = best_label(p[row], limit)
            at += 1
        out_indptr[row + 1] = at
        if not learn or status[row] == 0:
            continue
        first, last = label_indptr[row], label_indptr[row + 1]
        for i in range(first, last):
            truth[label_indices[i]] = 1
        hits = mass = 0.0
        if status[row] == 2:
            for k in range(limit):
                mass += 0.5 * p[row, k] + 0.5 * truth[k]
            mass += 0.5 * (last - first - count_below(label_indices, first, last, limit))
            for i in range(first_out, at):
                hits += 0.5 * p[row, out[i]] + 0.5 * truth[out[i]]
            mass += at - first_out
        else:
            for i in range(known_indptr[row], known_indptr[row + 1]):
                k = known_indices[i]
                mass += 0.5 * truth[k] + (0.5 * p[row, k] if k < limit else 0.0)
            i = known_indptr[row]
            for j in range(first_out, at):
                while i < known_indptr[row + 1] and known_indices[i] < out[j]:
                    i += 1
                if i < known_indptr[row + 1] and known_indices[i] == out[j]:
                    hits += 0.5 * p[row, out[j]] + 0.5 * truth[out[j]]
                    mass += 1.0
        for i in range(first, last):
            truth[label_indices[i]] = 0
        state[HITS] = FADE * state[HITS] + hits + LEAK * FIRST_HITS
        state[MASS] = FADE * state[MASS] + mass + LEAK * FIRST_MASS
        if status[row] == 2:
            state[ROWS] = SLOW_FADE * state[ROWS] + 1.0
            state[EMPTY] = SLOW_FADE * state[EMPTY] + (1.0 if last == first else 0.0)


@jit
def count_below(sorted_ids, start, stop, limit):  # type: ignore[no-untyped-def]
    """Return how many of the ascending ids in `start:stop` are below `limit`."""
    n = 0
    while start + n < stop and sorted_ids[start + n] < limit:
        n += 1
    return n


@jit
def top_block(p, limits, ids, scores):  # type: ignore[no-untyped-def]
    """Write the k best labels of each row, best first, ties by smaller id; -1 and 0 where there are fewer.

    Parameters
    ----------
    p : float32 (n, L)
    limits : int32 (n + 1,)
    ids, scores : int32 and float32 (n, k), written
    """
    k = ids.shape[1]
    for row in range(len(p)):
        n = 0
        for label in range(limits[row]):
            s = p[row, label]
            if n == k and s <= scores[row, k - 1]:
                continue
            j = n if n < k else k - 1
            while j > 0 and scores[row, j - 1] < s:
                ids[row, j] = ids[row, j - 1]
                scores[row, j] = scores[row, j - 1]
                j -= 1
            ids[row, j] = label
            scores[row, j] = s
            n = min(n + 1, k)
        ids[row, n:] = -1
        scores[row, n:] = 0
