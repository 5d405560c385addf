"""Kernel of the scores by how frequent labels are: each cell counts for the stratum its label stood in before the row."""

from __future__ import annotations

from ihomer.kernels.metrics import FALSE_POSITIVE
from streams.jit import jit

HEAD, TORSO, TAIL = 0, 1, 2


@jit
def stratify_rows(rows, code_indptr, codes, head, torso, held, more, counts):  # type: ignore[no-untyped-def]
    """Add scored rows to the counts of the strata. O(labels touched): labels are never sorted.

    Labels that are level in frequency are level in stratum, so ids do not matter.

    Parameters
    ----------
    rows, code_indptr, codes : as `ihomer.kernels.metrics.score_rows` wrote them
    head, torso : float64, share of the labels that held so far at which the head ends, and the torso
    held : int64 (labels,): in how many rows each label held
    more : int64 (m,): how many labels held in more than 0, 1, ... rows; labels that held in m or more are not told apart
    counts : int64 (labels, 3 strata, 3): rows in which the label was predicted and true, predicted only, true only
    """
    top = len(more) - 1
    for row in range(rows):
        there = more[0]
        for i in range(code_indptr[row], code_indptr[row + 1]):
            label = codes[i] >> 2
            rarer_than = more[min(held[label], top)]
            stratum = HEAD if rarer_than < head * there else TORSO if rarer_than < torso * there else TAIL
            counts[label, stratum, codes[i] & 3] += 1
        for i in range(code_indptr[row], code_indptr[row + 1]):
            if codes[i] & 3 != FALSE_POSITIVE:
                label = codes[i] >> 2
                if held[label] <= top:
                    more[held[label]] += 1
                held[label] += 1
