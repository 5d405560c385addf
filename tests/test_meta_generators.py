"""Multi-label streams over binary concepts: priors and dependencies as promised, and seeds that change one thing each."""

from __future__ import annotations

import numpy as np
import pytest

from streams import open_stream
from streams.concatenate import concatenate
from streams.synthetic import MetaHyperplane, MetaRandomTree, MetaRBF
from streams.synthetic.binary import BinaryHyperplane, BinaryRBF, BinaryTree
from streams.synthetic.dependent import DependentSets, conditionals, dependencies, priors

ALL = [MetaHyperplane, MetaRandomTree, MetaRBF]


def table(stream):
    batch = concatenate(list(stream.batches()))
    y = np.zeros((len(batch), len(batch.labels)), bool)
    y[np.repeat(np.arange(len(batch)), np.diff(batch.label_indptr)), batch.label_indices] = True
    return batch.dense, y


@pytest.mark.parametrize(("features", "labels"), [(30, 8), (80, 25), (5, 9)])
@pytest.mark.parametrize("kind", ALL)
def test_priors_hold_whatever_the_dependencies(kind, features, labels):
    n = 20_000
    for dependency_seed in (None, 5):
        stream = kind(rows=n, features=features, labels=labels, cardinality=2.0, seed=3, dependency_seed=dependency_seed)
        p = priors(np.random.default_rng(np.random.SeedSequence(3, spawn_key=(1, 0))), labels, 2.0)
        assert p.sum() == pytest.approx(2.0)
        _, y = table(stream)
        assert (np.abs(y.mean(axis=0) - p) < 5 * np.sqrt(p * (1 - p) / n)).all()


@pytest.mark.parametrize("cardinality", [0.1, 1.5, 7.0])
def test_priors_have_their_sum_and_their_limit(cardinality):
    for seed in range(20):
        p = priors(np.random.default_rng(seed), 8, cardinality)
        assert p.sum() == pytest.approx(cardinality)
        assert p.min() > 0
        assert p.max() <= 0.95


def test_pairs_attract_and_avoid_as_the_matrix_says():
    p = np.array([0.4, 0.3, 0.2, 0.3])
    signs = np.zeros((4, 4), np.int8)
    signs[0, 1] = signs[1, 0] = 1
    signs[2, 3] = signs[3, 2] = -1
    theta = conditionals(p, signs)
    np.testing.assert_allclose(theta[0, 1] * p[1], 0.12 + 0.8 * (0.3 - 0.12))
    np.testing.assert_allclose(theta[2, 3] * p[3], 0.06 * 0.2)
    np.testing.assert_allclose(theta * p, (theta * p).T)  # Bayes
    y = DependentSets(theta).draw(np.random.default_rng(0), 100_000)
    both = (y.T.astype(float) @ y) / len(y)
    expected = theta * p
    np.fill_diagonal(expected, p)
    np.testing.assert_allclose(both, expected, atol=0.006)


def test_many_dependencies_that_contradict_each_other_keep_the_priors():
    p = priors(np.random.default_rng(1), 12, 5.0)
    signs = dependencies(np.random.default_rng(2), 12, 1.0)
    y = DependentSets(conditionals(p, signs)).draw(np.random.default_rng(0), 50_000)
    np.testing.assert_allclose(y.mean(axis=0), p, atol=0.012)
    lift = np.corrcoef(y.T)[np.triu_indices(12, 1)]
    assert lift[signs[np.triu_indices(12, 1)] > 0].mean() > 0.05 > -0.05 > lift[signs[np.triu_indices(12, 1)] < 0].mean()


@pytest.mark.parametrize("kind", ALL)
def test_the_seeds_of_the_concept_change_one_thing_each(kind):
    def same(a, b):
        random = [np.random.default_rng(1), np.random.default_rng(1)]
        drawn = [
            [(labels.tolist(), own.tolist(), made.draw(r, 5, positive=True).tolist()) for labels, own, made in stream.concepts]
            for stream, r in zip((a, b), random, strict=True)
        ]
        return drawn[0] == drawn[1]

    plain = kind()
    theta = plain.theta(0, 0)
    assert same(plain, kind(dependency_seed=1))
    assert same(plain, kind(prior_seed=1))
    assert not same(plain, kind(concept_seed=1))
    other = plain.theta(0, 1)
    assert (np.diag(theta) == np.diag(other)).all()
    assert (theta != other).any()
    changed = np.corrcoef(table(kind(rows=5000, dependency_seed=1))[1].T) - np.corrcoef(table(kind(rows=5000))[1].T)
    assert np.abs(changed).max() > 0.2


@pytest.mark.parametrize(
    "make",
    [
        lambda r: BinaryHyperplane(r, 3),
        lambda r: BinaryTree(r, 3, 4),
        lambda r: BinaryRBF(r, 3, 4, 0.05),
    ],
)
def test_rows_of_the_two_classes_lie_apart(make):
    concept = make(np.random.default_rng(4))
    r = np.random.default_rng(5)
    known = {which: concept.draw(r, 2000, positive=which) for which in (True, False)}
    for which in (True, False):
        x = concept.draw(r, 200, positive=which)
        near = {c: ((x[:, None] - known[c][None]) ** 2).sum(axis=2).min(axis=1) for c in known}
        assert (near[which] < near[not which]).mean() > 0.85


def test_no_noise_tells_hyperplanes_exactly():
    stream = MetaHyperplane(rows=2000, noise=0.0)
    x, y = table(stream)
    for labels, own, concept in stream.concepts:
        above = (x[:, own] - np.float32(0.5)) @ concept._normal > 0
        assert (above == y[:, labels].all(axis=1)).mean() > 0.999


def test_the_streams_of_the_paper_open():
    for name in ("meta_random_tree", "meta_rbf", "meta_hyperplane"):
        for features, labels in ((30, 8), (80, 25)):
            stream = open_stream(f"synthetic:{name}?features={features}&labels={labels}")
            assert (stream.length, len(stream.features), stream.declared_labels) == (50_000, features, labels)
