"""What a model costs: CPU and wall seconds, memory, and both in one number, RAM-hours."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from ihomer.evaluation.usage import rss_mb


@dataclass(slots=True, frozen=True)
class Cost:
    """What some instances cost.

    Parameters
    ----------
    instances
        How many.
    cpu_seconds, wall_seconds
        Seconds of this process, all threads together, and of the clock on the wall.
    peak_mb
        The largest size that was seen, in 2^20 bytes.
    ram_hours
        Size times CPU time: 1 is one GB (2^30 bytes) for an hour (Bifet, Holmes, Pfahringer & Frank, Fast perceptron
        decision tree learning from evolving data streams, PAKDD 2010).
    """

    instances: int
    cpu_seconds: float
    wall_seconds: float
    peak_mb: float
    ram_hours: float

    @property
    def instances_per_second(self) -> float:
        """Instances per second of the clock on the wall; NaN before any second."""
        return self.instances / self.wall_seconds if self.wall_seconds else math.nan

    @property
    def cpu_us_per_instance(self) -> float:
        """CPU microseconds an instance; NaN without any."""
        return 1e6 * self.cpu_seconds / self.instances if self.instances else math.nan

    def __str__(self) -> str:
        return (
            f"{self.instances:,} instances, {self.cpu_seconds:.2f} s CPU, {self.instances_per_second:,.0f} instances/s, "
            f"{self.peak_mb:,.0f} MB peak, {self.ram_hours:.3g} RAM-hours"
        )


class CostMeter:
    """Adds up what the pieces of work cost that are done inside `measure`.

    Parameters
    ----------
    size_mb
        Asked for the size after each piece, which counts for the CPU time of the piece. The resident size of the
        process is the default: cheap, the same for all kinds of models, and never too small.
    cpu, wall
        The clocks, in seconds.

    Examples
    --------
    >>> seconds = iter([0.0, 1800.0])
    >>> meter = CostMeter(size_mb=lambda: 2048.0, cpu=lambda: next(seconds))
    >>> with meter.measure(instances=10):
    ...     pass
    >>> meter.cost().cpu_seconds, meter.cost().ram_hours
    (1800.0, 1.0)
    """

    def __init__(
        self,
        size_mb: Callable[[], float] = rss_mb,
        cpu: Callable[[], float] = time.process_time,
        wall: Callable[[], float] = time.perf_counter,
    ) -> None:
        self._size_mb, self._cpu, self._wall = size_mb, cpu, wall
        self._instances = 0
        self._cpu_seconds = self._wall_seconds = self._peak_mb = self._ram_hours = 0.0

    @contextmanager
    def measure(self, instances: int) -> Iterator[None]:
        """Count what is done inside as the work of so many instances."""
        wall, cpu = self._wall(), self._cpu()
        try:
            yield
        finally:
            cpu_seconds = self._cpu() - cpu
            self._wall_seconds += self._wall() - wall
            self._cpu_seconds += cpu_seconds
            self._instances += instances
            size = self._size_mb()
            self._peak_mb = max(self._peak_mb, size)
            self._ram_hours += size / 1024 * cpu_seconds / 3600

    def cost(self) -> Cost:
        """Return what it was so far."""
        return Cost(self._instances, self._cpu_seconds, self._wall_seconds, self._peak_mb, self._ram_hours)
