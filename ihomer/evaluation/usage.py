"""What a run costs this process: seconds and memory, and the versions of what it ran on."""

from __future__ import annotations

import importlib.metadata
import platform
import sys
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

MB = 1 << 20


class Stopwatch:
    """Wall and CPU seconds since its making, and wall seconds by part of the work."""

    def __init__(self) -> None:
        self._wall, self._cpu = time.perf_counter(), time.process_time()
        self.parts: dict[str, float] = {}

    @property
    def wall_seconds(self) -> float:
        """Wall seconds so far."""
        return time.perf_counter() - self._wall

    @property
    def cpu_seconds(self) -> float:
        """CPU seconds of this process so far, all threads together."""
        return time.process_time() - self._cpu

    @contextmanager
    def part(self, name: str) -> Iterator[None]:
        """Count the wall seconds inside to `name`."""
        start = time.perf_counter()
        try:
            yield
        finally:
            self.parts[name] = self.parts.get(name, 0.0) + time.perf_counter() - start


def peak_rss_mb() -> float:
    """Return the largest resident size of this process so far, in 2^20 bytes."""
    import resource

    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / MB if sys.platform == "darwin" else peak / 1024  # bytes there, KiB elsewhere


def rss_mb() -> float:
    """Return the resident size of this process now, in 2^20 bytes (where the system does not tell: the peak)."""
    import resource

    try:
        pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    except OSError:
        return peak_rss_mb()
    return pages * resource.getpagesize() / MB


def versions() -> dict[str, str]:
    """Return the versions that a result depends on."""
    import ihomer

    found = {"ihomer": ihomer.__version__, "python": platform.python_version()}
    for package in ("numpy", "numba", "scipy", "river"):
        found[package] = importlib.metadata.version(package)
    return found


def n_clusters(model: Any) -> int | None:
    """Return how many clusters of labels a model has, None if it has none; one of ours names no label for that.

    Examples
    --------
    >>> from ihomer import IHOMER, LinearLearner
    >>> n_clusters(IHOMER()), n_clusters(LinearLearner())
    (0, None)
    """
    if hasattr(model, "clustering"):
        sizes: list[int] = model.clustering.sizes()[1]
        return sum(size > 0 for size in sizes)
    clusters = getattr(model, "clusters", None)
    return None if clusters is None else len(clusters)
