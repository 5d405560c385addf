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


SCENARIOS: Mapping[str, Scenario] = {
    "A": Scenario("kill -9, one partition, labels inside: bit for bit what an undisturbed run gives", kills.one_partition),
    "B": Scenario(
        "kill -9, three partitions, labels on a topic of their own: every message taught once, no prediction missing",
        kills.labels_topic,
    ),
    "C": Scenario(
        "kill -9, three partitions, transactions: for readers of committed records one answer each, every message taught once",
        kills.transactions,
    ),
    "C-confluent": Scenario("the same with confluent-kafka", kills.transactions_confluent),
    "broker": Scenario(
        "the broker is stopped or killed, and started again: nothing lost, every message taught once, lag back to 0",
        broker_away.at_least_once,
        own_broker=True,
    ),
    "broker-transactions": Scenario(
        "the same with transactions: no answer twice", broker_away.transactions, own_broker=True
    ),
    "broker-transactions-confluent": Scenario(
        "the same with transactions and confluent-kafka", broker_away.transactions_confluent, own_broker=True
    ),
    "broker-stop": Scenario(
        "SIGTERM while the broker is away: an end within 10 s, and a later daemon goes on",
        broker_away.asked_to_stop,
        own_broker=True,
    ),
    "disk": Scenario(
        "the disk is full: the checkpoint before stays good, the daemon says so, goes on learning, saves when there is room",
        disk.full,
    ),
    "damage": Scenario(
        "the newest checkpoint is damaged: the one before is used, loudly, bit for bit; all damaged: exit code 5",
        damage.damaged,
    ),
    "partition": Scenario("partitions are added: they are read from their beginning", places.new_partition),
    "no-topic": Scenario("there is no such topic: exit code 3 at once, and a name that is near", places.no_topic),
    "offsets": Scenario(
        "the group's offsets expire: found again in the answers; they are set back: exit code 6", places.groups_offsets
    ),
    "retention": Scenario(
        "the place to go on from is not kept any more: exit code 6, or a gap that is told", places.retention
    ),
    "same-state": Scenario(
        "a second learner on the same state: exit code 4 and who holds it; after kill -9 of that one there is room",
        company.same_state,
    ),
    "same-id": Scenario(
        "a second learner with the same transactional id: the older ends with exit code 8, no answer is missing or twice",
        company.same_id,
    ),
    "signals": Scenario(
        "SIGTERM under load: an end in order within 10 s; a second one: at once; a later daemon goes on", asked.signals
    ),
    "hostile": Scenario(
        "10,000 bad messages in a row: exit code 7 with the dead letters there, again at a restart; goes on with other limits",
        hostile.bad_messages,
    ),
}
