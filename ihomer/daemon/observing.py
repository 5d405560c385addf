"""What the health page wants to know and the loop does not keep: asked now and then."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ihomer.daemon.places import lag
from ihomer.evaluation.usage import n_clusters

if TYPE_CHECKING:
    from ihomer.daemon.places import Places
    from ihomer.daemon.session import Clerk
    from ihomer.daemon.status import Status
    from streams.kafka.protocol import Source


def observe(status: Status, clerk: Clerk, source: Source, places: Places) -> None:
    """Bring lag, sizes of the model and the number of waiting rows into `status`."""
    status.lag = lag(source, places)
    model = clerk.model
    status.labels, status.features = model.n_labels, model.n_features
    status.clusters = n_clusters(model) or 0
    status.model_bytes = model._raw_memory_usage  # noqa: SLF001 (river's name for it)
    status.waiting = clerk.n_waiting

