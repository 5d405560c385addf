"""Kernels of the sizes of label sets: what independent labels would give, and how far the truth differs from it."""

from __future__ import annotations

from streams.jit import jit

#: Sizes of label sets from this one on are counted together.
MOST_SIZE = 64
#: How fast old rows are forgotten: half of them after about 700.
FADE = 0.999
#: Rows of `sizes`: how often each size was true, how often independent labels would have given it.
TRUE, EXPECTED = 0, 1
#: Every count starts with, and a size that neither comes nor is expected goes back to, a ratio of 1.
FIRST = 0.5
LEAK = 1e-6


@jit
def add_label(q, n, distribution):  # type: ignore[no-untyped-def]
    """Convolve the distribution of the number of `n` labels that hold with one more, which holds with probability q.

    The Poisson-binomial distribution by dynamic programming; the last cell stands for all numbers from it on.

    Parameters
    ----------
    distribution : float64 (> 1,): cells 0..n in use
    """
    last = len(distribution) - 1
    if n < last:
        distribution[n + 1] = distribution[n] * q
        top = n
    else:
        distribution[last] += distribution[last - 1] * q
        top = last - 1
    for c in range(top, 0, -1):
        distribution[c] = distribution[c] * (1.0 - q) + distribution[c - 1] * q
    distribution[0] *= 1.0 - q


@jit
def learn_size(size, distribution, last, sizes):  # type: ignore[no-untyped-def]
    """Let the faded counts `sizes` learn the true size of a label set, and its expected distribution 0..last."""
    for c in range(sizes.shape[1]):
        sizes[TRUE, c] = FADE * sizes[TRUE, c] + LEAK
        sizes[EXPECTED, c] = FADE * sizes[EXPECTED, c] + LEAK
    for c in range(last + 1):
        sizes[EXPECTED, c] += distribution[c]
    sizes[TRUE, min(size, last)] += 1.0
