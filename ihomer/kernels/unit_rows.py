"""Kernel that brings rows of sparse features to unit length: `ihomer.kernels.inputs` where nothing else is asked of them."""

from __future__ import annotations

import numpy as np

from streams.jit import jit


@jit
def unit_block(indptr, indices, values, largest, learn, out_indptr, out_ids, out_values):  # type: ignore[no-untyped-def]
    """Write value / max |value| of its feature so far, rows of unit length; then each row moves the maxima. NaN is left out.

    Parameters
    ----------
    indptr, indices, values : the rows, see `ihomer.rows.Rows`
    largest : float32 (d,): max |value| of each feature; if not `learn` the rows may have features beyond
    out_indptr : int64 (n + 1,), out_ids : int32, out_values : float32, written

    Returns
    -------
    how many entries were written
    """
    n = 0
    out_indptr[0] = 0
    for row in range(len(indptr) - 1):
        first, total = n, 0.0
        for i in range(indptr[row], indptr[row + 1]):
            v = values[i]
            if np.isnan(v):
                continue
            j = indices[i]
            scale = max(abs(v), largest[j]) if j < len(largest) else abs(v)
            if learn:
                largest[j] = scale
            v = v / scale
            out_ids[n] = j
            out_values[n] = v
            n += 1
            total += np.float64(v) * np.float64(v)
        if total > 0.0:
            norm = np.float32(1.0 / np.sqrt(total))
            for i in range(first, n):
                # Features that were near the largest float32 once, and are ordinary now: beyond what float32 brings back.
                large = np.isinf(norm)
                out_values[i] = np.float32(np.float64(out_values[i]) / np.sqrt(total)) if large else out_values[i] * norm
        out_indptr[row + 1] = n
    return n
