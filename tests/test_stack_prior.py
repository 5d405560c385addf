"""Where the stacks of the presets begin."""

from __future__ import annotations

import numpy as np
import pytest

from ihomer.learners.composition import Composition
from ihomer.learners.stack_prior import StackPrior, from_lower, stack_prior
from ihomer.model import IHOMER
from ihomer.presets import PRESETS

SHARED = {name: preset for name, preset in PRESETS.items() if preset.shared is not None}


@pytest.mark.parametrize("name", SHARED)
@pytest.mark.parametrize("dense", [False, True])
def test_every_preset_has_a_prior_of_its_very_scores(name: str, *, dense: bool) -> None:
    composition, learner = SHARED[name].shared, SHARED[name].learner
    assert composition is not None
    experts, n_others = composition.experts(dense=dense, seed=7), int(learner is not None)
    prior = stack_prior(name, dense=dense)
    assert list(prior.names) == composition.names(experts, n_others)
    stack = composition.stack(experts, n_others, dense=dense)
    np.testing.assert_array_equal(stack.w, prior.mean)
    np.testing.assert_array_equal(stack.A, prior.precision)
    assert (np.linalg.eigvalsh(prior.precision) > 0.1).all()


def test_a_score_that_is_not_there_is_one_whose_weight_is_0() -> None:
    rng = np.random.default_rng(3)
    root = rng.normal(size=(5, 5))
    covariance = root @ root.T + np.eye(5)
    prior = StackPrior(tuple("abcde"), rng.normal(size=5), np.asarray(np.linalg.inv(covariance), np.float64))
    mean, precision = prior.of(["d", "a", "e"], np.zeros(3), np.ones(3))
    here, gone = [3, 0, 4], [1, 2]
    gain = covariance[np.ix_(here, gone)] @ np.linalg.inv(covariance[np.ix_(gone, gone)])
    np.testing.assert_allclose(mean, prior.mean[here] - gain @ prior.mean[gone])
    left = covariance[np.ix_(here, here)] - gain @ covariance[np.ix_(gone, here)]
    np.testing.assert_allclose(np.linalg.inv(precision), left)


def test_scores_that_the_prior_does_not_know_keep_their_own() -> None:
    prior = stack_prior("fast", dense=False)
    names = [*prior.names, "more 0"]
    mean, precision = prior.of(names, np.full(len(names), 0.25), np.full(len(names), 9.0))
    np.testing.assert_array_equal(mean, [*prior.mean, 0.25])
    np.testing.assert_array_equal(precision[-1], [0.0] * len(prior.names) + [9.0])
    np.testing.assert_array_equal(precision[:-1, :-1], prior.precision)


def test_lower_half() -> None:
    np.testing.assert_array_equal(from_lower([[1.0], [2.0, 3.0]]), [[1.0, 2.0], [2.0, 3.0]])


def test_a_name_without_a_prior() -> None:
    composition = Composition(("arow",), prior="nobody's")
    with pytest.raises(KeyError, match="nobody's"):
        composition.stack(composition.experts(dense=False, seed=7), 0, dense=False)


def test_accurate_has_a_learner_for_every_cluster() -> None:
    assert IHOMER(preset="accurate")._clustered is not None
