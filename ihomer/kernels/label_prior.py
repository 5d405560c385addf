"""Kernel of the label prior: how often each label held so far, as a score."""

from __future__ import annotations

import numpy as np

from ihomer.kernels.fastmath import log_odds
from streams.jit import jit

#: After so many complete rows, or twice as many with a known truth of one label, counts are halved: what changes is
#: learned at the same speed after any number of rows.
WINDOW = 32_768

_LEAST = np.float32(0.001)
_HALF, _ONE = np.float32(0.5), np.float32(1.0)


@jit
def prior_score(held, known):  # type: ignore[no-untyped-def]
    """Return the score of a label that held in `held` of `known` rows: half its log-odds, and a half."""
    return _HALF * log_odds((np.float32(held) + _HALF) / (np.float32(known) + _ONE), _LEAST) + _HALF


@jit
def halve(k, known, complete, held, origin, partial):  # type: ignore[no-untyped-def]
    """Halve the counts of a label known in `known` rows, now that there are `complete` complete rows."""
    held[k] >>= 1
    partial[k] >>= 1
    origin[k] = complete + partial[k] - (known >> 1)


@jit
def prior_block(  # type: ignore[no-untyped-def]
    label_indptr, label_indices, status, known_indptr, known_indices, limits, held, origin, partial, complete, learn,
    out
):
    """Write the scores of each row to `out` before the row is counted.

    Parameters
    ----------
    label_indptr ... limits : the rows' labels, see `ihomer.rows.Rows`
    held, origin, partial : int64 (L,): rows in which the label held; complete rows before it could have been known;
        partial rows in which its truth was known
    complete : int64 (1,): complete rows; all of these are halved in time, see `WINDOW`
    out : float32 (1, n, L), written; labels from limits[i + 1] on are left as they are
    """
    for row in range(len(limits) - 1):
        if learn and status[row] == 1:
            for k in range(limits[row], limits[row + 1]):
                origin[k] = complete[0]
        for k in range(limits[row + 1]):
            out[0, row, k] = prior_score(held[k], complete[0] - origin[k] + partial[k])
        if not learn or status[row] == 0:
            continue
        for i in range(label_indptr[row], label_indptr[row + 1]):
            held[label_indices[i]] += 1
        if status[row] == 2:
            complete[0] += 1
            if complete[0] >= WINDOW:
                before = complete[0]
                complete[0] >>= 1
                for k in range(limits[row + 1]):
                    halve(k, before - origin[k] + partial[k], complete[0], held, origin, partial)
        else:
            for i in range(known_indptr[row], known_indptr[row + 1]):
                label = np.int64(known_indices[i])
                partial[label] += 1
                known = complete[0] - origin[label] + partial[label]
                if known >= 2 * WINDOW:
                    halve(label, known, complete[0], held, origin, partial)
