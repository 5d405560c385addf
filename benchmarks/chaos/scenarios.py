"""All scenarios by name."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import NamedTuple

from benchmarks.chaos import asked, broker_away, company, damage, disk, hostile, kills, places
from benchmarks.chaos.checks import Checks
from benchmarks.chaos.world import World


class Scenario(NamedTuple):
    """Something that happens to a daemon.

    Parameters
    ----------
    what
        What is done, and what has to hold.
    play
        Does it, and looks.
    own_broker
        Whether it needs a broker that it may stop.
    """

    what: str
    play: Callable[[World, Checks], None]
    own_broker: bool = False


def _of(play: Callable[[World, Checks], None], *, own_broker: bool = False) -> Scenario:
    """Return a scenario that is described by the first line of its docstring."""
    return Scenario((play.__doc__ or "").splitlines()[0].rstrip("."), play, own_broker)


SCENARIOS: Mapping[str, Scenario] = {
    "A": _of(kills.one_partition),
    "B": _of(kills.labels_topic),
    "C": _of(kills.transactions),
    "C-confluent": _of(kills.transactions_confluent),
    "broker": _of(broker_away.at_least_once, own_broker=True),
    "broker-transactions": _of(broker_away.transactions, own_broker=True),
    "broker-transactions-confluent": _of(broker_away.transactions_confluent, own_broker=True),
    "broker-stop": _of(broker_away.asked_to_stop, own_broker=True),
    "disk": _of(disk.full),
    "damage": _of(damage.damaged),
    "partition": _of(places.new_partition),
    "no-topic": _of(places.no_topic),
    "offsets": _of(places.groups_offsets),
    "retention": _of(places.retention),
    "same-state": _of(company.same_state),
    "same-id": _of(company.same_id),
    "signals": _of(asked.signals),
    "hostile": _of(hostile.bad_messages),
}
