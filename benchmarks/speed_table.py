"""What the speed benchmark works out of seconds: exponents, means of ratios, and tables as text."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise


def exponent(sizes: Sequence[float], seconds: Sequence[float]) -> float:
    """Return b of the power law seconds = a * size^b that fits best (least squares of the logarithms).

    Examples
    --------
    >>> exponent([1, 10, 100], [3, 30, 300])
    1.0
    """
    x, y = [math.log(size) for size in sizes], [math.log(second) for second in seconds]
    mean_x, mean_y = math.fsum(x) / len(x), math.fsum(y) / len(y)
    above = math.fsum((a - mean_x) * (b - mean_y) for a, b in zip(x, y, strict=True))
    return above / math.fsum((a - mean_x) ** 2 for a in x)


def steepest(sizes: Sequence[float], seconds: Sequence[float]) -> float:
    """Return the largest exponent between two neighbouring sizes: what a fit over all would smooth away.

    Examples
    --------
    >>> steepest([1, 10, 100], [5, 5, 50])
    1.0
    """
    points = list(zip(sizes, seconds, strict=True))
    return max(exponent(*zip(a, b, strict=True)) for a, b in pairwise(points))


def geometric_mean(values: Sequence[float]) -> float:
    """Return the geometric mean.

    Examples
    --------
    >>> geometric_mean([1, 4])
    2.0
    """
    return math.exp(math.fsum(map(math.log, values)) / len(values))


def table(head: Sequence[str], rows: Sequence[Sequence[object]]) -> str:
    """Return rows as text in columns: words to the left, numbers to the right; None and NaN are left empty.

    Examples
    --------
    >>> print(table(["what", "us"], [["learning", 12.345], ["in all", None]]))
    what         us
    learning  12.35
    in all
    """
    cells = [list(head), *([shown(value) for value in row] for row in rows)]
    widths = [max(len(row[i]) for row in cells) for i in range(len(head))]
    words = [any(isinstance(row[i], str) for row in rows) for i in range(len(head))]

    def line(row: Sequence[str]) -> str:
        placed = (cell.ljust(w) if left else cell.rjust(w) for cell, w, left in zip(row, widths, words, strict=True))
        return "  ".join(placed).rstrip()

    return "\n".join(map(line, cells))


def shown(value: object) -> str:
    """Return a value for people: whole numbers with commas, others with as many places as tell something.

    Examples
    --------
    >>> [shown(value) for value in (12345, 0.12345, 12.345, 1234.5, None, "enron")]
    ['12,345', '0.123', '12.35', '1,234', '', 'enron']
    """
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return ""
    if isinstance(value, float):
        size = abs(value)
        return f"{value:.3f}" if size < 10 else f"{value:.2f}" if size < 100 else f"{value:,.0f}"
    return f"{value:,}" if isinstance(value, int) else str(value)
