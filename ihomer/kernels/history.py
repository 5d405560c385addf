"""Kernel of the label history: what a label's own past says of it, without any feature; test, then train."""

from __future__ import annotations

import numpy as np

from ihomer.kernels.fastmath import log_odds
from streams.jit import jit

#: Rows of `counts`: rows in which the label held; those of them in which it had held the last time, too; rows
#: in which its truth was known, beyond the complete rows (negative: complete rows before a label that entered
#: unknown). All of them are halved in time, see `WINDOW`.
HELD, REPEATED, BEYOND = 0, 1, 2
#: Rows of `faded`: the last known truth; faded frequencies, fast and slow; the mass of the slow one.
LAST, FAST, SLOW, MASS = 0, 1, 2, 3
#: Places in `rows`: complete rows; the mass of a slow frequency that was known in all of them.
COMPLETE, FULL_MASS = 0, 1

#: After so many complete rows, or twice as many with a known truth of one label, counts are halved: what changes is
#: learned at the same speed after any number of rows, and the counts stay exact.
WINDOW = 32_768.0

_ZERO, _HALF, _ONE, _TWO = np.float32(0), np.float32(0.5), np.float32(1), np.float32(2)
#: How much of a faded frequency stays from row to row, and how much the row adds.
FAST_STAYS, FAST_COMES = np.float32(0.8), np.float32(0.2)
SLOW_STAYS, SLOW_COMES = np.float32(0.97), np.float32(0.03)
#: Smaller frequencies are 0: far below what scores can tell, far above where float32 loses digits and speed.
NOTHING = np.float32(1e-12)
#: Frequencies are mixed with the label's prior as if so much of it had been seen.
FAST_PRIOR, SLOW_PRIOR = np.float32(0.1), np.float32(0.3)
#: Scores are cut where shares are this close to 0 and 1.
LEAST, LEAST_PRIOR = np.float32(0.003), np.float32(0.001)
#: Slope of the Markov score; the others have 1 / 2. All are shifted by 1 / 2.
MARKOV_SLOPE = np.float32(0.7)


@jit
def history_scores(counts, faded, complete, limit, row, out):  # type: ignore[no-untyped-def]
    """Write the four scores of labels 0..limit - 1 to `out[:, row]`; see `history_block`."""
    for k in range(limit):
        held = counts[HELD, k]
        known = complete + counts[BEYOND, k]
        last = faded[LAST, k]
        # Counts are subtracted as what they are and only then made small: float32 does not count beyond 2^24.
        prior = np.float32((held + 0.5) / (known + 1.0))
        # Rows with the label that have a successor; the last one may have been halved since.
        after_held = max(held - np.float64(last), 0.0)
        here = last > _ZERO
        hits = np.float32(counts[REPEATED, k] if here else held - counts[REPEATED, k])
        tried = np.float32(after_held if here else known - after_held)
        markov = (hits + _TWO * prior) / (tried + _TWO)
        fast = (faded[FAST, k] + FAST_PRIOR * prior) / (_ONE + FAST_PRIOR)
        slow = (faded[SLOW, k] + SLOW_PRIOR * prior) / (faded[MASS, k] + SLOW_PRIOR)
        out[0, row, k] = MARKOV_SLOPE * log_odds(markov, LEAST) + _HALF
        out[1, row, k] = _HALF * log_odds(prior, LEAST_PRIOR) + _HALF
        out[2, row, k] = _HALF * log_odds(fast, LEAST) + _HALF
        out[3, row, k] = _HALF * log_odds(slow, LEAST) + _HALF


@jit
def fade_labels(faded, first, last):  # type: ignore[no-untyped-def]
    """Let labels first..last - 1 be absent once."""
    for k in range(first, last):
        fast = FAST_STAYS * faded[FAST, k]
        slow = SLOW_STAYS * faded[SLOW, k]
        faded[LAST, k] = _ZERO
        faded[FAST, k] = fast if fast > NOTHING else _ZERO
        faded[SLOW, k] = slow if slow > NOTHING else _ZERO
        faded[MASS, k] = SLOW_STAYS * faded[MASS, k] + SLOW_COMES


@jit
def count_complete(counts, rows):  # type: ignore[no-untyped-def]
    """Count one complete row; halve all counts when it is time."""
    rows[COMPLETE] += 1.0
    if rows[COMPLETE] >= WINDOW:
        rows[COMPLETE] *= 0.5
        for k in range(counts.shape[1]):
            counts[HELD, k] *= 0.5
            counts[REPEATED, k] *= 0.5
            counts[BEYOND, k] *= 0.5


@jit
def count_known(counts, k, complete):  # type: ignore[no-untyped-def]
    """Count a partial row in which label k was known; halve the label's counts when it is time."""
    counts[BEYOND, k] += 1.0
    known = complete + counts[BEYOND, k]
    if known >= 2.0 * WINDOW:
        counts[HELD, k] *= 0.5
        counts[REPEATED, k] *= 0.5
        counts[BEYOND, k] = 0.5 * known - complete


@jit
def history_block(  # type: ignore[no-untyped-def]
    label_indptr, label_indices, status, known_indptr, known_indices, limits, counts, faded, rows, learn, out
):
    """Write four scores of every label to `out` before learning the row; unknown labels teach nothing.

    With the prior pr = (held + 1/2) / (known + 1), of a label that held (or not) when its truth was last
    known:

    0. Markov: .7 lg((hits + 2 pr) / (tries + 2), .003) + .5, where tries are the rows that came after one in
       which it held (or not), and hits those of them in which it held; before the first row it did not hold;
    1. prior: .5 lg(pr, .001) + .5;
    2. fast: .5 lg((e + .1 pr) / 1.1, .003) + .5 with e <- .8 e + .2 y;
    3. slow: .5 lg((e + .3 pr) / (m + .3), .003) + .5 with e <- .97 e + .03 y and m <- .97 m + .03.

    Parameters
    ----------
    label_indptr ... limits : the rows' labels, see `ihomer.rows.Rows`
    counts : float64 (3, L)
    faded : float32 (4, L)
    rows : float64 (2,): complete rows learned, halved with the counts; the mass that a slow frequency has after them
    learn : whether to learn
    out : float32 (4, n, L), zeros at entry: written for the labels below limits[i + 1]
    """
    for row in range(len(status)):
        limit = limits[row + 1]
        if learn:
            # A new label was absent in complete rows before if it enters through one, else unknown in them.
            for k in range(limits[row], limit):
                if status[row] == 1:
                    counts[BEYOND, k] = -rows[COMPLETE]
                else:
                    faded[MASS, k] = np.float32(rows[FULL_MASS])
        history_scores(counts, faded, rows[COMPLETE], limit, row, out)
        if not learn or status[row] == 0:
            continue
        first, last = label_indptr[row], label_indptr[row + 1]
        for i in range(first, last):
            k = label_indices[i]
            counts[HELD, k] += 1.0
            counts[REPEATED, k] += np.float64(faded[LAST, k])
        if status[row] == 2:
            fade_labels(faded, np.int64(0), np.int64(limit))
            count_complete(counts, rows)
            rows[FULL_MASS] = SLOW_STAYS * np.float32(rows[FULL_MASS]) + SLOW_COMES
        else:
            for i in range(known_indptr[row], known_indptr[row + 1]):
                label = np.int64(known_indices[i])
                fade_labels(faded, label, label + 1)
                count_known(counts, label, rows[COMPLETE])
        for i in range(first, last):
            k = label_indices[i]
            faded[LAST, k] = _ONE
            faded[FAST, k] += FAST_COMES
            faded[SLOW, k] += SLOW_COMES
