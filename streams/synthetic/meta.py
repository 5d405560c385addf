"""Multi-label streams made of a concept of two classes and a matrix of label dependencies."""

from __future__ import annotations

import abc
from functools import cached_property

import numpy as np
import numpy.typing as npt

from streams.synthetic.binary import Binary, BinaryHyperplane, BinaryRBF, BinaryTree
from streams.synthetic.dependent import DependentSets, conditionals, dependencies, priors
from streams.synthetic.generator import Generator, Matrix, Truth, at_least, at_most

#: What of a seed decides what: priors, dependencies, the concept of two classes, which labels tell which feature.
_PRIORS, _DEPENDENCIES, _BINARY, _TOLD = (1, 0), (1, 1), (1, 2), (1, 3)
#: Label sets drawn to find the most frequent ones.
_DRAWN = 10_000
#: Features a combination, if there are as many: enough that hyperplanes and trees over them differ.
_TOGETHER = 3

Ids = npt.NDArray[np.int64]


class MetaGenerator(Generator, abc.ABC):
    """A row is a label set, and its features come from positive or negative rows of concepts of two classes.

    After the meta-generator of MOA (Read, Bifet, Holmes & Pfahringer, Machine Learning 88, 2012): labels have priors
    and a matrix of conditional dependencies; each feature is told by a combination of labels, and comes from a
    positive row of a binary generator where all of these hold, else from a negative one. What is different: the
    combinations are each label alone, so that none goes without features, then the most frequent sets of several;
    the features of one combination are taken together and have a concept of their own (taken one by one from a random
    tree over all features they tell next to nothing); and the label sets have the priors exactly (see
    `streams.synthetic.dependent.DependentSets`), so that a set may be empty.

    Two generators that differ in one of the seeds of the concept alone differ in nothing else: use them with
    `streams.drift.Replaced`.

    Parameters
    ----------
    rows, features, labels, seed
        See `streams.synthetic.generator.Generator`.
    cardinality
        Mean number of labels of a row.
    dependency
        Which share of the pairs of labels are dependent: half of those attract, half avoid each other.
    noise
        Probability that the features of a combination are those of the wrong class.
    concept_seed
        Decides what features tell of labels; `seed` if not given.
    dependency_seed
        Decides which labels are dependent, and how; `seed` if not given. No label changes its frequency.
    prior_seed
        Decides how frequent labels are; `seed` if not given.

    Raises
    ------
    ValueError
        If a parameter is not what it may be.
    """

    def __init__(
        self,
        *,
        rows: int = 50_000,
        features: int = 30,
        labels: int = 8,
        cardinality: float = 1.5,
        dependency: float = 0.25,
        noise: float = 0.05,
        seed: int = 0,
        concept_seed: int | None = None,
        dependency_seed: int | None = None,
        prior_seed: int | None = None,
    ) -> None:
        super().__init__(rows=rows, features=features, labels=labels, seed=seed)
        self.concept_seed = seed if concept_seed is None else concept_seed
        self.dependency_seed = seed if dependency_seed is None else dependency_seed
        self.prior_seed = seed if prior_seed is None else prior_seed
        at_least(
            self.name, concept_seed=(self.concept_seed, 0), dependency_seed=(self.dependency_seed, 0),
            prior_seed=(self.prior_seed, 0), cardinality=(cardinality, 0.01), dependency=(dependency, 0), noise=(noise, 0),
        )  # fmt: skip
        at_most(self.name, cardinality=(cardinality, 0.9 * labels), dependency=(dependency, 1), noise=(noise, 1))
        self.cardinality, self.dependency, self.noise = cardinality, dependency, noise

    @abc.abstractmethod
    def binary(self, random: np.random.Generator, features: int) -> Binary:
        """Return the concept of two classes over so many features that `random` decides."""

    def theta(self, prior_seed: int, dependency_seed: int) -> npt.NDArray[np.float64]:
        """Return P(j | k) at row j and column k, and the priors on the diagonal, shape (labels, labels)."""
        n = len(self.labels)
        p = priors(_of(prior_seed, _PRIORS), n, self.cardinality)
        return conditionals(p, dependencies(_of(dependency_seed, _DEPENDENCIES), n, self.dependency))

    def draw(self, random: np.random.Generator, n: int) -> tuple[Matrix, Truth]:
        """Return features and labels of n rows."""
        y = self._sets.draw(random, n)
        x = np.empty((n, len(self.features)), np.float32)
        for labels, columns, concept in self.concepts:
            positive = y[:, labels].all(axis=1) ^ (random.random(n) < self.noise)
            of_class = [concept.draw(random, n, positive=which) for which in (False, True)]
            x[:, columns] = np.where(positive[:, None], of_class[1], of_class[0])
        return x, y

    @cached_property
    def concepts(self) -> list[tuple[Ids, Ids, Binary]]:
        """For each combination of labels its labels, its features and their concept."""
        random = _of(self.concept_seed, _TOLD)
        # From the concept's own dependencies: which labels tell a feature is no matter of who occurs with whom now.
        drawn = DependentSets(self.theta(self.concept_seed, self.concept_seed)).draw(random, _DRAWN)
        found, count = np.unique(drawn[np.count_nonzero(drawn, axis=1) > 1], axis=0, return_counts=True)
        alone = np.eye(len(self.labels), dtype=bool)
        order = np.concatenate([alone, found[np.argsort(-count, kind="stable")]])
        width = len(self.features)
        order = order[: min(width, max(len(self.labels), width // _TOGETHER))]
        of_feature = random.permutation(np.arange(width) % len(order))
        random = _of(self.concept_seed, _BINARY)
        columns = [np.flatnonzero(of_feature == c) for c in range(len(order))]
        return [(np.flatnonzero(order[c]), own, self.binary(random, len(own))) for c, own in enumerate(columns)]

    @cached_property
    def _sets(self) -> DependentSets:
        return DependentSets(self.theta(self.prior_seed, self.dependency_seed))


def _of(seed: int, what: tuple[int, int]) -> np.random.Generator:
    return np.random.default_rng(np.random.SeedSequence(seed, spawn_key=what))


class MetaRandomTree(MetaGenerator):
    """The meta-generator over a random tree.

    Parameters
    ----------
    rows, features, labels, cardinality, dependency, noise, seed, concept_seed, dependency_seed, prior_seed
        See `MetaGenerator`.

    Examples
    --------
    >>> stream = MetaRandomTree(rows=10_000, features=30, labels=8, cardinality=2.0)
    >>> total = sum(len(batch.label_indices) for batch in stream.batches())
    >>> 1.95 < total / 10_000 < 2.05
    True
    """

    #: Splits above each leaf: each feature of a combination about once on a path.
    _DEPTH = 4

    def binary(self, random: np.random.Generator, features: int) -> Binary:
        """Return a random tree."""
        return BinaryTree(random, features, self._DEPTH)


class MetaRBF(MetaGenerator):
    """The meta-generator over scattered centres.

    Parameters
    ----------
    rows, features, labels, cardinality, dependency, noise, seed, concept_seed, dependency_seed, prior_seed
        See `MetaGenerator`.

    Examples
    --------
    >>> stream = MetaRBF(rows=10, features=80, labels=25)
    >>> sum(len(batch) for batch in stream.batches())
    10
    """

    #: Few centres: they are in a space of few features.
    _CENTRES, _RADIUS = 6, 0.15

    def binary(self, random: np.random.Generator, features: int) -> Binary:
        """Return random centres."""
        return BinaryRBF(random, features, self._CENTRES, self._RADIUS)


class MetaHyperplane(MetaGenerator):
    """The meta-generator over a hyperplane.

    Parameters
    ----------
    rows, features, labels, cardinality, dependency, noise, seed, concept_seed, dependency_seed, prior_seed
        See `MetaGenerator`.

    Examples
    --------
    >>> stream = MetaHyperplane(rows=10, features=80, labels=25)
    >>> sum(len(batch) for batch in stream.batches())
    10
    """

    def binary(self, random: np.random.Generator, features: int) -> Binary:
        """Return a random hyperplane."""
        return BinaryHyperplane(random, features)
