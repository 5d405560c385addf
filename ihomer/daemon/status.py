"""What the daemon is doing: plain numbers that the loop writes and the health page reads."""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import dataclass, field

from ihomer.live.board import Board

#: Upper ends of the histogram of seconds from a message's timestamp to its prediction, the last one open.
LATENCIES = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 60.0)


@dataclass(slots=True)
class Status:
    """Numbers since the process began, unless they say otherwise. One thread writes, others only read.

    Parameters
    ----------
    state
        "starting", "catching up" (relearning what is already published), "running", "waiting for the broker", "stopping",
        "failed".
    problem
        What is wrong now, for people; empty if nothing is.
    instances, learned, predicted
        Messages that were instances; those that taught; predictions that were sent.
    dead
        reason (a short word) -> messages that went to the dead letters.
    late
        what became of labels that came later: "learned", "unknown", "repeated", "expired" -> how many.
    lag
        "topic[partition]" -> records that are there and not processed yet.
    checkpoints, checkpoint_failures, checkpoint_time, checkpoint_bytes, checkpoint_seconds, checkpoint_pause_seconds
        Written; failed; time of the last good one (seconds since 1970, 0: none); its size; seconds that
        writing it took, and that nothing was learned because of it.
    alarms, labels, features, clusters, model_bytes, waiting
        Of the model: alarms so far; what it holds now; instances that wait for labels.
    broker_errors
        Failed talks with the broker.
    relearned
        Messages learned again without producing.
    progress_time
        Monotonic time of the last turn of the loop.
    latency_counts, latency_sum
        Histogram over `LATENCIES`, one more for what is over the last; sum of the seconds.
    scores
        name -> metric over the whole stream.
    board
        What the live page shows.
    """

    state: str = "starting"
    problem: str = ""
    instances: int = 0
    learned: int = 0
    predicted: int = 0
    dead: dict[str, int] = field(default_factory=dict)
    late: dict[str, int] = field(default_factory=dict)
    lag: dict[str, int] = field(default_factory=dict)
    checkpoints: int = 0
    checkpoint_failures: int = 0
    checkpoint_time: float = 0.0
    checkpoint_bytes: int = 0
    checkpoint_seconds: float = 0.0
    checkpoint_pause_seconds: float = 0.0
    alarms: int = 0
    labels: int = 0
    features: int = 0
    clusters: int = 0
    model_bytes: int = 0
    waiting: int = 0
    broker_errors: int = 0
    relearned: int = 0
    progress_time: float = 0.0
    latency_counts: list[int] = field(default_factory=lambda: [0] * (len(LATENCIES) + 1))
    latency_sum: float = 0.0
    scores: dict[str, float] = field(default_factory=dict)
    board: Board = field(default_factory=Board)

    def latency(self, seconds: float, n: int = 1) -> None:
        """Count `n` predictions that came `seconds` after their messages."""
        seconds = max(seconds, 0.0)
        self.latency_counts[bisect_left(LATENCIES, seconds)] += n
        self.latency_sum += seconds * n
