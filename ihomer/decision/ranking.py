"""The best labels of each row."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from ihomer.kernels.decide import top_block


def top_labels(
    p: npt.NDArray[np.float32], limits: npt.NDArray[np.int32], k: int
) -> tuple[npt.NDArray[np.int32], npt.NDArray[np.float32]]:
    """Return ids and probabilities of the `k` best labels of each row, best first, ties by smaller id.

    Parameters
    ----------
    p
        float32 (n, L).
    limits
        int32 (n + 1,): row i has the labels below limits[i].

    Returns
    -------
    ids
        int32 (n, k), -1 where there are fewer.
    scores
        float32 (n, k), 0 where there are fewer.
    """
    ids, scores = np.empty((len(p), k), np.int32), np.empty((len(p), k), np.float32)
    if k:
        top_block(p, limits, ids, scores)
    return ids, scores
