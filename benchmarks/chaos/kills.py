"""kill -9 again and again: what is saved and what is published afterwards."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from benchmarks.chaos.feeder import Post
from benchmarks.chaos.killing import killed
from benchmarks.chaos.messages import COMMON, mixture, own_labels, own_row, own_row_without_labels
from benchmarks.chaos.state import Saved, caught_up
from benchmarks.chaos.topics import answers, ends, read_all

if TYPE_CHECKING:
    from benchmarks.chaos.checks import Checks
    from benchmarks.chaos.world import World

#: Every message brings a name of its own, more than are expected of a stream that is not counted.
MANY_NAMES = ("--limits-new-labels", "1000000", "--limits-new-features", "1000000")
#: Labels come so many messages after their rows, or before them: topics are read independently.
DELAY = 40
PARTITIONS = 3


def one_partition(world: World, checks: Checks) -> None:
    """One partition, labels inside: bit for bit what an undisturbed run gives."""
    topic, n = world.cluster.topic(), max(1_500, 200 * world.kills)
    values = list(mixture(n, world.rng("mixture")))
    torn = killed(world, checks, topic, [Post(topic, 0, value) for value in values])
    other = f"{topic}.calm"
    named = [f"--{kind}-topic" for kind in ("predictions", "metrics", "events", "dead-letter")]
    results = [f"{other}.{kind}" for kind in ("predictions", "metrics", "events", "dead-letters")]
    renamed = [word for pair in zip(named, results, strict=True) for word in pair]
    with world.client() as client, world.daemon(topic, world.state("calm"), "--group", other, "--checkpoint-seconds", "1", *renamed) as daemon:
        calm = caught_up(daemon, ends(client, topic))
        daemon.stop()
        said, expected = answers(client, topic), answers(client, topic, other)
    checks.same("parts of the state with other bytes than in an undisturbed run", torn.different(calm), [])
    checks.same("parts of the state", sorted(torn.learner), sorted(calm.learner))
    checks.that("the model has learned", calm.model.n_instances > n / 2, f"{calm.model.n_instances} of {n} messages")
    nothing_missing(checks, said, [n])
    nothing_missing(checks, expected, [n])
    wrong = [place for place, found in said.items() if {a.value for a in found} != {a.value for a in expected[place]}]
    checks.same("places whose answers are not those of the undisturbed run, byte for byte", wrong[:5], [])
    _again(world, checks, sum(map(len, said.values())) - len(said))


def labels_topic(world: World, checks: Checks) -> None:
    """Three partitions, labels on a topic of their own: every message taught once, no prediction missing."""
    topic, later, n = world.cluster.topic(PARTITIONS), world.cluster.topic(2), max(300, 15 * world.kills)
    rng = world.rng("delays")
    timed = [(float(i), Post(topic, i % PARTITIONS, own_row_without_labels(i))) for i in range(n)]
    timed += [(i + rng.uniform(-DELAY / 4, DELAY), Post(later, i % 2, own_labels(i))) for i in range(n)]
    posts = [post for _, post in sorted(timed)]
    saved = killed(world, checks, topic, posts, ("--labels-topic", later, *MANY_NAMES))
    taught_once(checks, saved, n)
    with world.client() as client:
        said = answers(client, topic)
    nothing_missing(checks, said, shares(n))
    _again(world, checks, sum(map(len, said.values())) - len(said))


def transactions(world: World, checks: Checks, client: str = "kafka-python") -> None:
    """Transactions, three partitions: for readers of committed records one answer each, and every message taught once."""
    topic, n = world.cluster.topic(PARTITIONS), max(300, 15 * world.kills)
    bad = {i for i in range(n) if world.rng("bad", i).random() < 0.03}
    posts = [Post(topic, i % PARTITIONS, b"{" if i in bad else own_row(i)) for i in range(n)]
    saved = killed(world, checks, topic, posts, ("--transactions", *MANY_NAMES), client)
    taught_once(checks, saved, n - len(bad))
    # Read by the other library: a fault of one that hid another fault of it would be seen.
    with world.client("confluent" if client == "kafka-python" else "kafka-python") as reader:
        once(checks, answers(reader, topic), shares(n))
        of_bad = len(read_all(reader, f"{topic}.dead-letters"))
        sent = sum(map(len, answers(reader, topic, committed_only=False).values()))
    checks.same("dead letters", of_bad, len(bad))
    checks.tell(f"{sent - n} answers in transactions that a kill left open")
    if world.kills >= 20:
        checks.that("some kills fell into open transactions", sent > n, f"{sent} answers sent for {n} messages")


def transactions_confluent(world: World, checks: Checks) -> None:
    """Transactions with confluent-kafka, three partitions: the same."""
    transactions(world, checks, "confluent")


# ---------------------------------------------------------------------- what is looked at


def taught_once(checks: Checks, saved: Saved, n: int) -> None:
    """Check that each of `n` messages, which hold a feature and a label of their own, has taught the model once.

    All labels are known, so each message has taught at least once; as many instances were learned as there are labels, so none
    has taught twice.
    """
    model = saved.model
    labels = {str(label) for label in model.labels if str(label).startswith("own ")}
    checks.same("instances that the model has learned", model.n_instances, n)
    checks.same("labels of a message of its own that the model knows", len(labels), n)
    checks.same("features that the model knows", model.n_features, n + len(COMMON))


def nothing_missing(checks: Checks, found: dict[tuple[int, int], list[object]], records: Sequence[int]) -> None:
    """Check that every record is answered, `records` of each partition, and nothing else."""
    expected = {(partition, offset) for partition, n in enumerate(records) for offset in range(n)}
    checks.same("records without an answer, answers without a record", sorted(expected ^ found.keys())[:5], [])


def once(checks: Checks, found: dict[tuple[int, int], list[object]], records: Sequence[int]) -> None:
    """Check that every record is answered once."""
    nothing_missing(checks, found, records)
    twice = sorted(place for place, said in found.items() if len(said) > 1)
    checks.same("records with several answers", twice[:5], [])


def shares(n: int) -> list[int]:
    """Return how many of `n` messages each partition got."""
    return [len(range(partition, n, PARTITIONS)) for partition in range(PARTITIONS)]


def _again(world: World, checks: Checks, n: int) -> None:
    checks.tell(f"{n} answers came again")
    if world.kills >= 20:
        checks.that("some kills fell between an answer and its checkpoint", n > 0, f"{n} answers came again")
