"""How a stochastic gradient tree cuts numbers into bins."""

from __future__ import annotations

from typing import Any

from river.tree.splitter import StaticQuantizer


class Quantizer(StaticQuantizer):
    """river's static quantizer, which waits until it has met two values (where all are equal, river divides by zero).

    Parameters
    ----------
    n_bins
        Bins of a feature.
    warm_start
        Rows from which their bounds are taken: the last ones before the second value, and that.
    buckets
        The bounds of a feature in the parent node; set by the tree.
    """

    def __init__(self, n_bins: int = 64, warm_start: int = 100, *, buckets: list[Any] | None = None) -> None:
        super().__init__(n_bins, warm_start, buckets=buckets)
        self._varied = buckets is not None

    def update(self, x_val: float, gh: Any, w: float) -> None:
        """Count a value with its gradient."""
        if not self._varied and self._buffer:
            self._varied = x_val != self._buffer[0][0]
            if not self._varied and len(self._buffer) == self.warm_start - 1:
                self._buffer.pop()
        super().update(x_val, gh, w)
