"""When a source that hears nothing asks whether the cluster is still there."""

from __future__ import annotations

import time


class Silence:
    """Counts how long nothing was heard of a cluster.

    Clients wait for brokers that are gone as they wait for records that do not come, and say nothing; so after some time
    without records one has to ask.

    Parameters
    ----------
    patience
        Seconds.
    """

    def __init__(self, patience: float) -> None:
        self.patience = patience
        self._heard = time.monotonic()

    def heard(self) -> None:
        """Note that the cluster answered."""
        self._heard = time.monotonic()

    def too_long(self) -> bool:
        """Return whether nothing was heard for longer than the patience."""
        return time.monotonic() - self._heard > self.patience
