"""What the health page wants to know and the loop does not keep: asked now and then."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Final

from ihomer.daemon.places import lag
from ihomer.evaluation.usage import n_clusters

if TYPE_CHECKING:
    from ihomer.daemon.places import Places
    from ihomer.daemon.session import Clerk
    from ihomer.daemon.status import Status
    from ihomer.estimator import ArrayEstimator
    from streams.kafka.protocol import Source

#: The most of the loop's time that weighing the model may take.
SHARE: Final = 0.01


def observe(status: Status, clerk: Clerk, source: Source, places: Places) -> None:
    """Bring lag, how much the model knows and the number of waiting rows into `status`."""
    status.lag = lag(source, places)
    model = clerk.model
    status.labels, status.features = model.n_labels, model.n_features
    status.clusters = n_clusters(model) or 0
    status.waiting = clerk.n_waiting


class Scales:
    """Weighs the model, so seldom that it takes at most a hundredth of the time.

    That goes through all that it holds, names too: half a second where there are 100,000 labels.

    Parameters
    ----------
    clock
        Seconds of a monotonic clock.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._next = float("-inf")

    def weigh(self, model: ArrayEstimator, status: Status) -> None:
        """Bring the model's bytes into `status`, if it is time."""
        begun = self._clock()
        if begun < self._next:
            return
        status.model_bytes = model._raw_memory_usage  # noqa: SLF001 (river's name for it)
        now = self._clock()
        self._next = now + (now - begun) / SHARE
