"""The kernel that draws dense rows of very many labels: a sum of the labels' vectors, and noise."""

from __future__ import annotations

import numpy as np

from streams.jit import jit
from streams.kernels.draw_xmc import GROUP, beginning, draw_places, following, mix

#: Signs in the 64 bits of a random number.
_SIGNS = 64


@jit
def _add_signs(state, factor, sums):  # type: ignore[no-untyped-def]
    """Add a vector of random signs times `factor`."""
    bits = np.uint64(0)
    for j in range(len(sums)):
        if j % _SIGNS == 0:
            state = following(state)
            bits = mix(state)
        sums[j] += factor if bits & np.uint64(1) else -factor
        bits >>= np.uint64(1)


@jit
def draw_dense_rows(  # type: ignore[no-untyped-def]
    key, first, inside, sizes, by_weight, names, common, own, noise, normals, dense, label_indptr, labels
):  # fmt: skip
    """Draw rows from number `first` on; each depends on the key and its number alone.

    Parameters
    ----------
    key : uint64
    inside, sizes, by_weight, names : see `streams.kernels.draw_xmc.draw_rows`
    common, own : float64: how much of a label's vector is its group's, and its own; both are vectors of signs
    noise : float64, standard deviation of the noise in each dimension, times the root of the dimensions
    normals : float64 (2^16,): values of the noise before that, equally likely
    dense : float32 (n, d), label_indptr : int64 (n + 1,), labels : int32, written
    """
    n_rows, d = dense.shape
    places, sums = np.empty(len(sizes), np.int64), np.empty(d)
    # Streams of random numbers: two in three are of labels and groups, the third of rows.
    spread = noise / np.sqrt(np.float64(d))
    held = 0
    for row in range(n_rows):
        state = following(beginning(key, 3 * (first + row)))
        n, state = draw_places(state, inside, sizes, by_weight, places)
        for i in range(n):
            labels[held + i] = names[places[i]]
        labels[held : held + n].sort()
        held += n
        label_indptr[row + 1] = held
        sums[:] = 0.0
        for i in range(n):
            _add_signs(beginning(key, 3 * (places[i] // GROUP) + 1), common, sums)
            _add_signs(beginning(key, 3 * places[i] + 2), own, sums)
        square = 0.0
        for j in range(d):
            square += sums[j] * sums[j]
        one = 1.0 / np.sqrt(square) if square > 0.0 else 0.0
        bits = np.uint64(0)
        for j in range(d):
            if j % 4 == 0:
                state = following(state)
                bits = mix(state)
            dense[row, j] = np.float32(sums[j] * one + spread * normals[np.int64(bits & np.uint64(0xFFFF))])
            bits >>= np.uint64(16)
