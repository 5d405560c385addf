"""The generator of dense rows of very many labels, with Python's integers and numbers."""

from __future__ import annotations

import numpy as np

from .xmc import numbers, places_of


def signs(key, number, d):
    """Return the first d bits of a stream of random numbers, as 1 and -1."""
    random = numbers(key, number)
    bits = [next(random) for _ in range(0, d, 64)]
    return np.array([1 if bits[j // 64] >> j % 64 & 1 else -1 for j in range(d)])


def rows(stream, n):
    """Yield vectors and label ids of the first n rows."""
    key, sizes, by_weight, names, normals = stream.drawn_from
    key, d = int(key), stream.dimensions
    common, own = stream.kinship**0.5, (1 - stream.kinship) ** 0.5
    for row in range(n):
        random = numbers(key, 3 * row)
        places = places_of(random, sizes, by_weight, len(names))
        sums = np.zeros(d)
        for place in places:
            sums += common * signs(key, 3 * (place // 32) + 1, d)
            sums += own * signs(key, 3 * place + 2, d)
        square = 0.0
        for v in sums.tolist():
            square += v * v
        one = 1 / np.sqrt(square) if square else 0.0
        fours = [next(random) for _ in range(0, d, 4)]
        noise = np.array([normals[fours[j // 4] >> 16 * (j % 4) & 0xFFFF] for j in range(d)])
        yield (sums * one + stream.noise / np.sqrt(d) * noise).astype(np.float32), sorted(names[places].tolist())
