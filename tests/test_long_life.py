"""Nothing wears out: with clocks and counters far ahead, predictions are those of exact twins (see `tests.long_life`)."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from ihomer.decision.threshold import F1Threshold
from ihomer.kernels.arow import MEMORY
from ihomer.learners.arow import AROW
from ihomer.learners.feature_counts import FeatureCounts
from ihomer.learners.history import LabelHistory
from ihomer.learners.label_prior import LabelPrior
from ihomer.rows import Rows
from tests import decision_streams, label_streams
from tests.long_life import CHECKS, LATES


@pytest.mark.parametrize("late", LATES)
@pytest.mark.parametrize("name", CHECKS)
def test_clocks_far_ahead(name: str, late: int) -> None:
    assert CHECKS[name](late, 320) <= 1e-3


def test_variances_do_not_shrink_for_ever() -> None:
    """After 200,000 rows of noise a weight still moves as after 16,384."""
    rng = np.random.default_rng(0)
    n = 200_000
    rows = label_streams.rows_from_arrays(np.zeros(n), np.where(rng.random(n) < 0.5, 0, -1), 1, 1)
    expert = AROW()
    for start in range(0, n, 64):
        expert.block(label_streams.views_of(rows.slice(start, start + 64)), learn=True)
    for variance in (expert.S[0, 0], expert.bias_s[0]):
        assert 0.5 / MEMORY < variance < 4 / MEMORY


@pytest.mark.parametrize("make", [LabelHistory, LabelPrior])
def test_a_prior_follows_a_change_after_any_number_of_rows(make: Any) -> None:
    """A label that held in 200,000 rows and then no more is believed absent before 40,000 more are over."""
    n, more = 200_000, 40_000
    rows = label_streams.rows_from_arrays(np.zeros(n + more), np.arange(n + more) // n - (np.arange(n + more) >= n) * 2, 1, 1)
    expert = make()
    for start in range(0, n + more, 64):
        scores = expert.block(label_streams.views_of(rows.slice(start, start + 64)), learn=True)
        if start == n - 64:
            assert scores[-3 if make is LabelHistory else 0, -1, 0] > 3
    prior = scores[1 if make is LabelHistory else 0, -1, 0]
    assert prior < 0.5  # even


def test_a_label_that_enters_late_is_told_by_its_own_rows() -> None:
    """One that was unknown in 10^12 rows has a share of those that came since."""
    before, n = 640, 40_000
    rows = label_streams.rows_from_arrays(np.zeros(before), np.zeros(before, np.int64), 1, 1)
    expert = FeatureCounts()
    for start in range(0, before, 64):
        expert.block(label_streams.views_of(rows.slice(start, start + 64)), learn=True)
    expert.rows *= 10**12
    expert.counts *= 10**12
    held = np.arange(n) % 4 == 0
    late = Rows(
        np.arange(n + 1), np.zeros(n, np.int32), np.ones(n, np.float32),
        np.concatenate(([0], np.cumsum(1 + held))), np.concatenate([[0, 1] if h else [0] for h in held]).astype(np.int32),
        np.ones(n, np.uint8), 2 * np.arange(n + 1), np.tile(np.arange(2, dtype=np.int32), n),
        np.array([1, *[2] * n], np.int32), 1, 2,
    )  # fmt: skip
    for start in range(0, n, 64):
        scores = expert.block(label_streams.views_of(late.slice(start, start + 64)), learn=True)
    share = 1 / (1 + np.exp(-2 * (scores[0, -1] - 0.5)))
    assert share[0] > 0.9
    assert share[1] == pytest.approx(0.25, abs=0.1)


def test_a_threshold_outlives_a_million_rows_of_nothing() -> None:
    rows = decision_streams.rows_of([{0}, *[set()] * 999])
    decision = F1Threshold()
    decision.block(np.zeros((1000, 1), np.float32), rows, learn=True)
    nothing = rows.slice(1, 1000)
    for _ in range(1000):
        decision.block(np.zeros((999, 1), np.float32), nothing, learn=True)
    hits, mass, n_rows, _ = decision.numbers
    assert hits / mass == pytest.approx(0.25)
    assert n_rows < 2001


def test_empty_sets_become_common_after_any_number_of_rows() -> None:
    rows = decision_streams.rows_of([{0}] * 1000 + [set()] * 200)
    p = np.full((1200, 1), 0.01, np.float32)
    decision = F1Threshold()
    for _ in range(100):
        decision.block(p[:1000], rows.slice(0, 1000), learn=True)
    sets = decision_streams.as_sets(decision.block(p[1000:], rows.slice(1000, 1200), learn=True))
    assert sets[0] == [0]
    assert sets[-1] == []
