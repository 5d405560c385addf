"""The parts of an explanation: plain values that never change, with names in place of ids.

Whatever has a `total` is a sum: of the `part` of each of its `items` (at most k, the largest first), of `others`, what the
`n_others` items that are not listed add, and of what stands `besides` them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

from streams.names import Name


@dataclass(frozen=True, slots=True)
class Number:
    """A number and what it is; None where there is none."""

    name: str
    value: float | None


@dataclass(frozen=True, slots=True)
class Feature:
    """What one feature says of the label.

    Parameters
    ----------
    name
        Of the column: an attribute, or attribute=category.
    value
        As it was given; 0 where the instance does not have the feature.
    part
        What it adds.
    numbers
        What that was made of.
    """

    name: Name
    value: float
    part: float
    numbers: tuple[Number, ...]


@dataclass(frozen=True, slots=True)
class Features:
    """Evidence of a linear kind: what features add."""

    what: str
    total: float
    items: tuple[Feature, ...]
    n_others: int = 0
    others: float = 0.0
    besides: tuple[Number, ...] = ()


@dataclass(frozen=True, slots=True)
class Remembered:
    """A remembered instance.

    Parameters
    ----------
    instance
        Its number, the first that was learned is 0; None if that is not kept.
    ago
        How many labelled instances ago it came, 1 is the last one; None if that is not kept.
    similarity
        To the instance that is explained: a cosine, or the value of a kernel.
    held
        Whether the label held; None if that is not known, or is not what the row votes with.
    vote
        The weight of what it says, of 1.
    part
        What it adds: its vote if the label held (kernel least squares: vote times the value learned there).
    """

    instance: int | None
    ago: int | None
    similarity: float
    held: bool | None
    vote: float
    part: float


@dataclass(frozen=True, slots=True)
class Memories:
    """Evidence of remembered instances; those whose vote weighs most come first."""

    what: str
    total: float
    items: tuple[Remembered, ...]
    n_others: int = 0
    others: float = 0.0


@dataclass(frozen=True, slots=True)
class Test:
    """A test on the way to a leaf.

    Parameters
    ----------
    name
        Of the feature, or of the label if `before`: whether it held in the labelled instance before.
    before
        Whether a label is asked for.
    value, threshold
        What was compared, as the tree sees it; value None: missing, the heavier branch.
    above
        Whether the instance went on to the side of larger values.
    """

    name: Name | None
    before: bool
    value: float | None
    threshold: float
    above: bool


@dataclass(frozen=True, slots=True)
class Path:
    """The way of the instance through one tree, from the root; of many tests those on features that it has are told first.

    Parameters
    ----------
    tree
        Number of the tree.
    tests, n_more
        At most k of the tests passed, in their order, and how many more there were.
    numbers
        What the leaf has counted.
    part
        What the tree adds.
    """

    tree: int
    tests: tuple[Test, ...]
    n_more: int
    numbers: tuple[Number, ...]
    part: float


@dataclass(frozen=True, slots=True)
class Paths:
    """Evidence of trees."""

    what: str
    total: float
    items: tuple[Path, ...]
    n_others: int = 0
    others: float = 0.0


@dataclass(frozen=True, slots=True)
class Facts:
    """Evidence that is a handful of numbers, each of its own meaning."""

    what: str
    items: tuple[Number, ...]


@dataclass(frozen=True, slots=True)
class Term:
    """One term of the logit: a score times its weight in the stack.

    Parameters
    ----------
    name
        Of the score.
    score
        About log-odds.
    shared, own
        The weight is their sum: that of all labels, and the label's own deviation from it.
    part
        What the term adds to the logit.
    """

    name: str
    score: float
    shared: float
    own: float
    part: float


@dataclass(frozen=True, slots=True)
class Expert:
    """What one expert adds to the logit, and its evidence.

    Parameters
    ----------
    name
        As in `ihomer.learners.composition`, or the class of a cluster's learner; "constant" has no evidence.
    part
        The sum of its terms' parts.
    terms
        One for each of its scores, and one more for a score that stands once more times how much is known of the label.
    evidence
        In its own currency.
    """

    name: str
    part: float
    terms: tuple[Term, ...]
    evidence: tuple[Evidence, ...] = ()


@dataclass(frozen=True, slots=True)
class Nested:
    """Evidence of a learner that is itself experts under a stack: their parts sum to `total`, its log-odds."""

    what: str
    total: float
    experts: tuple[Expert, ...]


Evidence: TypeAlias = Features | Memories | Paths | Facts | Nested


@dataclass(frozen=True, slots=True)
class Rule:
    """What made a label set of the probabilities: its name, what that means, and the threshold if it is one number."""

    name: str
    what: str
    threshold: float | None = None


@dataclass(frozen=True, slots=True)
class Mate:
    """A label of the same cluster: its Jaccard similarity with the label, and what is said of it for this instance."""

    label: Name
    jaccard: float
    probability: float
    predicted: bool


@dataclass(frozen=True, slots=True)
class Cluster:
    """The context: the cluster of the label. `others` is the sum of the similarities of the mates not listed."""

    size: int
    mates: tuple[Mate, ...]
    n_others: int = 0
    others: float = 0.0
