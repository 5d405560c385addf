"""Whether the daemon is well, and whether it is ready, from its status."""

from __future__ import annotations

from typing import Any, Final

from ihomer.daemon.status import Status

#: A loop that has not turned for so long hangs. Writing a checkpoint of some gigabytes takes about half of that.
PATIENCE: Final = 60.0


def health(status: Status, now: float, begun: float) -> tuple[bool, dict[str, Any]]:
    """Return whether the daemon is well, and what to say about it.

    It is well while the loop turned in the last `PATIENCE` seconds, or is known to wait for the broker: a restart would bring
    that one back no sooner.

    Parameters
    ----------
    status
        Of the loop.
    now
        Seconds of a monotonic clock.
    begun
        When the process began, by the same clock: counts as a turn, so that loading a model has its time.

    Examples
    --------
    >>> health(Status(state="running", progress_time=100.0), 105.0, 0.0)[0]
    True
    >>> health(Status(state="running", progress_time=100.0), 200.0, 0.0)[0]
    False
    """
    age = max(now - max(status.progress_time, begun), 0.0)
    state = status.state
    well = state == "waiting for the broker" or (state != "failed" and age < PATIENCE)
    return well, {
        "healthy": well,
        "ready": ready(status),
        "state": state,
        "problem": status.problem,
        "seconds_since_progress": round(age, 3),
        "instances": status.instances,
        "predicted": status.predicted,
        "lag": sum(status.lag.copy().values()),
    }


def ready(status: Status) -> bool:
    """Return whether predictions come as messages do."""
    return status.state == "running"
