"""kill -9 again and again: what is saved and what is published afterwards."""

from __future__ import annotations

from typing import TYPE_CHECKING

from benchmarks.chaos.feeder import Post
from benchmarks.chaos.killing import killed
from benchmarks.chaos.messages import mixture, own_labels, own_row, own_row_without_labels
from benchmarks.chaos.proofs import MANY_NAMES, PARTITIONS, nothing_missing, once, shares, taught_once
from benchmarks.chaos.state import caught_up
from benchmarks.chaos.topics import answers, ends, read_all

if TYPE_CHECKING:
    from benchmarks.chaos.checks import Checks
    from benchmarks.chaos.world import World

#: Labels come so many messages after their rows, or before them: topics are read independently.
DELAY = 40


def one_partition(world: World, checks: Checks) -> None:
    """Kill a daemon that reads one partition with labels inside, and compare with one that was left in peace."""
    topic, n = world.cluster.topic(), max(1_500, 200 * world.kills)
    values = list(mixture(n, world.rng("mixture")))
    torn = killed(world, checks, topic, [Post(topic, 0, value) for value in values])
    other = f"{topic}.calm"
    named = [f"--{kind}-topic" for kind in ("predictions", "metrics", "events", "dead-letter")]
    results = [f"{other}.{kind}" for kind in ("predictions", "metrics", "events", "dead-letters")]
    renamed = [word for pair in zip(named, results, strict=True) for word in pair]
    arguments = ("--group", other, "--checkpoint-seconds", "1", *renamed)
    with world.client() as client, world.daemon(topic, world.state("calm"), *arguments) as daemon:
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
    """Kill a daemon that reads three partitions, and a topic of labels that come later."""
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
    """Kill a daemon that reads three partitions and publishes in transactions."""
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
    """Do the same with confluent-kafka."""
    transactions(world, checks, "confluent")


def _again(world: World, checks: Checks, n: int) -> None:
    checks.tell(f"{n} answers came again")
    if world.kills >= 20:
        checks.that("some kills fell between an answer and its checkpoint", n > 0, f"{n} answers came again")
