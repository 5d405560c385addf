"""All that can be watched: one list of metrics with their names, their meaning, and how each is read from the status.

The page of metrics, the documentation and the tests read this list.

Why reading is safe while the loop writes: one thread writes, all others only read. Under the interpreter's lock a number is
read as it was before or after a change, never in between; tables and lists, which the loop changes in place, are copied by one
call into the interpreter (`dict.copy`, `list.copy`), during which nobody else runs. Numbers may be of moments that are
microseconds apart, which nobody can see.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from itertools import accumulate
from typing import TYPE_CHECKING, Final, NamedTuple

from ihomer.daemon.status import LATENCIES, Status

if TYPE_CHECKING:
    from prometheus_client.metrics_core import Metric

#: The states that `Status` knows.
STATES: Final = ("starting", "catching up", "running", "waiting for the broker", "stopping", "failed")


class Kind(StrEnum):
    """What a metric does: counters only rise, gauges do as they like, histograms count by size."""

    COUNTER = "counter"
    GAUGE = "gauge"
    HISTOGRAM = "histogram"


class Now(NamedTuple):
    """The moment at which metrics are read: seconds since 1970, and of a monotonic clock; resident bytes of the process."""

    time: float
    monotonic: float
    resident_bytes: float


#: Values of labels -> value; without labels the key is ().
Values = Mapping[tuple[str, ...], float]


@dataclass(frozen=True, slots=True)
class Meter:
    """A metric.

    Parameters
    ----------
    name
        As Prometheus has it; of counters with "_total".
    kind
        What it does.
    help
        What it means, for people.
    read
        Returns its values; of a histogram, the counts by upper end, not summed up.
    labels
        The names of its labels.
    """

    name: str
    kind: Kind
    help: str
    read: Callable[[Status, Now], Values]
    labels: tuple[str, ...] = ()


def _number(name: str) -> Callable[[Status, Now], Values]:
    return lambda status, _: {(): float(getattr(status, name))}


def _table(name: str) -> Callable[[Status, Now], Values]:
    return lambda status, _: {(key,): float(value) for key, value in getattr(status, name).copy().items()}


def _lag(status: Status, _: Now) -> Values:
    found: dict[tuple[str, ...], float] = {}
    for key, records in status.lag.copy().items():
        topic, _bracket, partition = key.removesuffix("]").rpartition("[")
        found[topic, partition] = float(records)
    return found


def _state(status: Status, _: Now) -> Values:
    return {(state,): float(state == status.state) for state in STATES}


def _checkpoint_age(status: Status, now: Now) -> Values:
    return {(): max(now.time - status.checkpoint_time, 0.0)} if status.checkpoint_time else {}


def _progress_age(status: Status, now: Now) -> Values:
    return {(): max(now.monotonic - status.progress_time, 0.0)} if status.progress_time else {}


def _latency(status: Status, _: Now) -> Values:
    ends = (*map(str, LATENCIES), "+Inf")
    return {(end,): float(n) for end, n in zip(ends, status.latency_counts.copy(), strict=True)}


_C, _G, _H = Kind.COUNTER, Kind.GAUGE, Kind.HISTOGRAM

METERS: Final = (
    Meter("ihomer_state", _G, "1 for what the daemon is doing now, 0 for all else.", _state, ("state",)),
    Meter("ihomer_instances_total", _C, "Messages that were instances.", _number("instances")),
    Meter("ihomer_learned_total", _C, "Instances that taught.", _number("learned")),
    Meter("ihomer_relearned_total", _C, "Messages learned again without producing.", _number("relearned")),
    Meter("ihomer_predictions_total", _C, "Predictions that were sent.", _number("predicted")),
    Meter("ihomer_dead_letters_total", _C, "Messages that went to the dead letters.", _table("dead"), ("reason",)),
    Meter("ihomer_late_labels_total", _C, "Labels that came later, by what became of them.", _table("late"), ("outcome",)),
    Meter("ihomer_waiting_instances", _G, "Instances that wait for their labels.", _number("waiting")),
    Meter("ihomer_lag_records", _G, "Records that are there and not processed yet.", _lag, ("topic", "partition")),
    Meter("ihomer_latency_seconds", _H, "From a message's timestamp to its prediction.", _latency),
    Meter("ihomer_checkpoints_total", _C, "Checkpoints written.", _number("checkpoints")),
    Meter("ihomer_checkpoint_failures_total", _C, "Checkpoints that could not be written.", _number("checkpoint_failures")),
    Meter("ihomer_checkpoint_age_seconds", _G, "Since the last good checkpoint; absent before the first.", _checkpoint_age),
    Meter("ihomer_checkpoint_size_bytes", _G, "Size of the last good checkpoint.", _number("checkpoint_bytes")),
    Meter("ihomer_checkpoint_duration_seconds", _G, "What writing it took, beside learning.", _number("checkpoint_seconds")),
    Meter("ihomer_checkpoint_pause_seconds", _G, "For so long nothing was learned.", _number("checkpoint_pause_seconds")),
    Meter("ihomer_alarms_total", _C, "Alarms of the drift detectors.", _number("alarms")),
    Meter("ihomer_labels", _G, "Labels that the model holds.", _number("labels")),
    Meter("ihomer_features", _G, "Features that the model holds.", _number("features")),
    Meter("ihomer_clusters", _G, "Clusters of labels.", _number("clusters")),
    Meter("ihomer_model_bytes", _G, "Memory of the model, as it reckons itself.", _number("model_bytes")),
    Meter("ihomer_score", _G, "Prequential metrics over the whole stream.", _table("scores"), ("metric",)),
    Meter("ihomer_broker_errors_total", _C, "Failed talks with the broker.", _number("broker_errors")),
    Meter("ihomer_progress_age_seconds", _G, "Since the last turn of the loop; absent before the first.", _progress_age),
    Meter("process_resident_memory_bytes", _G, "Resident memory of the process.", lambda _, now: {(): now.resident_bytes}),
)


def families(status: Status, now: Now) -> Iterator[Metric]:
    """Yield what the Prometheus client prints, a family for each of `METERS`.

    Examples
    --------
    >>> status = Status(lag={"orders[2]": 7})
    >>> [family] = [f for f in families(status, Now(0.0, 0.0, 0.0)) if f.name == "ihomer_lag_records"]
    >>> family.samples[0].labels, family.samples[0].value
    ({'topic': 'orders', 'partition': '2'}, 7.0)
    """
    from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily

    for meter in METERS:
        values = meter.read(status, now)
        if meter.kind is Kind.HISTOGRAM:
            histogram = HistogramMetricFamily(meter.name, meter.help)
            buckets = zip((end for (end,) in values), accumulate(values.values()), strict=True)
            histogram.add_metric([], list(buckets), status.latency_sum)
            yield histogram
            continue
        make = CounterMetricFamily if meter.kind is Kind.COUNTER else GaugeMetricFamily
        family = make(meter.name, meter.help, labels=meter.labels)
        for labels, value in values.items():
            family.add_metric(labels, value)
        yield family
