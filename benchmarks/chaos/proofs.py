"""How it is shown that nothing is lost and nothing comes twice."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from benchmarks.chaos.messages import COMMON

if TYPE_CHECKING:
    from benchmarks.chaos.checks import Checks
    from benchmarks.chaos.state import Saved
    from benchmarks.chaos.topics import Answers

#: Every message that is counted brings a name of its own: more than a daemon takes in a minute by default.
MANY_NAMES = ("--limits-new-labels", "1000000", "--limits-new-features", "1000000")
#: Of topics with several.
PARTITIONS = 3


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


def nothing_missing(checks: Checks, found: Answers, records: Sequence[int]) -> None:
    """Check that every record is answered, `records` of each partition, and nothing else."""
    expected = {(partition, offset) for partition, n in enumerate(records) for offset in range(n)}
    checks.same("records without an answer, answers without a record", sorted(expected ^ found.keys())[:5], [])


def once(checks: Checks, found: Answers, records: Sequence[int]) -> None:
    """Check that every record is answered once."""
    nothing_missing(checks, found, records)
    twice = sorted(place for place, said in found.items() if len(said) > 1)
    checks.same("records with several answers", twice[:5], [])


def shares(n: int) -> list[int]:
    """Return how many of `n` messages each partition got."""
    return [len(range(partition, n, PARTITIONS)) for partition in range(PARTITIONS)]
