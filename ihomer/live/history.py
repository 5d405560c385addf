"""Numbers over time in bounded room: when it is full, every second moment is dropped, and from then on fewer are kept."""

from __future__ import annotations

from typing import Final

#: Moments kept at most: more cannot be told apart on a screen.
MOMENTS: Final = 600


class History:
    """Columns of numbers, a row a moment.

    Parameters
    ----------
    most
        Moments kept at most, even.

    Examples
    --------
    >>> history = History(most=4)
    >>> for second in range(10):
    ...     history.add({"seconds": second, "rows": 10 * second})
    >>> history.columns()
    {'seconds': [0, 4, 8, 9], 'rows': [0, 40, 80, 90]}
    """

    def __init__(self, most: int = MOMENTS) -> None:
        self._most = most
        self._rows: list[dict[str, float]] = []
        self._last: dict[str, float] | None = None
        self._stride, self._n = 1, 0

    def add(self, values: dict[str, float]) -> None:
        """Add a moment."""
        if self._n % self._stride == 0:
            if len(self._rows) == self._most:
                self._rows = self._rows[::2]
                self._stride *= 2
            if self._n % self._stride == 0:
                self._rows.append(values)
        self._last = values
        self._n += 1

    def columns(self) -> dict[str, list[float | None]]:
        """Return what is kept, and the latest moment, as columns; None where a moment does not have a value."""
        rows = self._rows if self._last is None or (self._rows and self._rows[-1] is self._last) else [*self._rows, self._last]
        names = dict.fromkeys(name for row in rows for name in row)
        return {name: [row.get(name) for row in rows] for name in names}
