"""Where a stream is cut: the places at which anything but learning row by row may happen."""

from __future__ import annotations

from collections.abc import Iterator

#: Rows are worked on in blocks, cut at multiples of this counted from the first row of the stream: so it does not matter
#: in what batches the rows come.
BLOCK = 64
#: Monitors and hierarchy look at the rows, alarms are answered, clusters change and learners are replaced every so many
#: rows: a multiple of `BLOCK`, as what is seldom done costs little, and few enough that an alarm is answered soon.
WATCH = 128

#: Labels and features are retired, and others get their ids, at multiples of this (`ihomer.retirement`), so batches are
#: translated in pieces that end there: a multiple of `WATCH`, large as a piece costs as much as ten rows.
PIECE = 512


#: What goes through all names at fixed places does so at fewer of them where there are more names than this.
MANY_NAMES = 1 << 16


def stride(n_names: int) -> int:
    """Return at which of the fixed places all names may be gone through: every one, every 2nd, 4th, ... with their number.

    So what it costs a row does not grow with them.

    Examples
    --------
    >>> stride(1000), stride(1 << 16), stride(100_000), stride(1_000_000)
    (1, 1, 2, 16)
    """
    return 1 << max((n_names - 1) // MANY_NAMES, 0).bit_length()


def is_boundary(t: int) -> bool:
    """Whether the stream is cut after `t` rows: at powers of two up to `BLOCK`, then at its multiples."""
    return t % BLOCK == 0 or (t < BLOCK and t & (t - 1) == 0)


def blocks(t: int, n: int, size: int = BLOCK) -> Iterator[tuple[int, int]]:
    """Yield (start, stop) of the blocks that n rows fall into when t rows came before; none crosses a boundary.

    With a larger `size`, a multiple of `BLOCK`, they cross those of blocks, but none of that size.

    Examples
    --------
    >>> list(blocks(0, 10)), list(blocks(100, 100))
    ([(0, 1), (1, 2), (2, 4), (4, 8), (8, 10)], [(0, 28), (28, 92), (92, 100)])
    """
    start = 0
    while start < n:
        at = t + start
        end = 1 << at.bit_length() if at < BLOCK else (at // size + 1) * size
        stop = min(n, end - t)
        yield start, stop
        start = stop
