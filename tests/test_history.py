"""The label history against its twin, and what counts must bear."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ihomer.kernels.fastmath import log_odds
from ihomer.kernels.history import BEYOND, COMPLETE, HELD, LAST, REPEATED, WINDOW
from ihomer.learners.history import LabelHistory
from tests import label_streams as streams
from tests.naive import history as naive
from tests.naive import linear


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10_000), st.booleans())
def test_twin(seed: int, partial: bool) -> None:
    rows = streams.rows_of(streams.pairs(seed, partial=partial))
    got = LabelHistory().block(streams.views_of(rows), learn=True)
    truths: list[list[bool]] = []
    complete = 0
    for i in range(len(rows)):
        # Who enters through a complete row was absent in the complete rows before, else unknown in them.
        absent = complete if rows.status[i] == 2 else 0
        truths += [[False] * absent for _ in range(len(truths), rows.limits[i + 1])]
        for k, past in enumerate(truths):
            assert got[:, i, k] == pytest.approx(naive.scores(past), abs=1e-4)
        assert not got[:, i, len(truths) :].any()
        for k in streams.known_of(rows, i):
            truths[k].append(k in streams.held_of(rows, i))
        complete += rows.status[i] == 2


@settings(max_examples=50, deadline=None)
@given(st.floats(0, 1, width=32), st.sampled_from([0.001, 0.003, 0.01]))
def test_log_odds(p: float, least: float) -> None:
    got = log_odds(np.float32(p), np.float32(least))
    assert got == pytest.approx(linear.log_odds(p, least), rel=1e-5, abs=1e-6)


@pytest.mark.parametrize("rows_before", [2**24 - 10, 2**31 - 10, 10**12])
def test_counts_go_on_for_ever(rows_before: int) -> None:
    """With counts far beyond what float32 can count, scores are those of exact counts, which are halved in time."""
    n = 200
    truth = np.random.default_rng(0).random(n) < 0.5
    rows = streams.rows_from_arrays(np.zeros(n), np.where(truth, 0, -1), 1, 2)
    expert = LabelHistory()
    expert.block(streams.views_of(rows.slice(0, 1)), learn=True)
    held, repeated = rows_before // 2, rows_before // 2 - 5  # label 0 held in five runs; label 1 in nothing
    expert.counts[HELD, 0], expert.counts[REPEATED, 0] = held, repeated
    expert.rows[COMPLETE] = known = rows_before
    last = bool(expert.faded[LAST, 0])
    for i in range(1, n):
        got = expert.block(streams.views_of(rows.slice(i, i + 1)), learn=True)
        prior = (held + 0.5) / (known + 1)
        after_held = max(held - last, 0)
        hits, tried = (repeated, after_held) if last else (held - repeated, known - after_held)
        markov = (hits + 2 * prior) / (tried + 2)
        assert got[0, 0, 0] == pytest.approx(0.7 * linear.log_odds(markov, 0.003) + 0.5, abs=1e-3)
        assert got[1, 0, 0] == pytest.approx(0.5 * linear.log_odds(prior, 0.001) + 0.5, abs=1e-3)
        repeated += last and bool(truth[i])
        held, known, last = held + bool(truth[i]), known + 1, bool(truth[i])
        if known >= WINDOW:
            held, known, repeated = held / 2, known / 2, repeated / 2
    assert expert.counts[:, 0].tolist() == [held, repeated, 0]
    assert known < WINDOW
    assert expert.rows[COMPLETE] == known
    assert expert.counts[BEYOND, 1] == 0


def test_frequencies_of_a_label_that_is_gone_end_at_zero() -> None:
    """Where float32 runs out of small numbers, a frequency would stay for ever, and every step be slow."""
    rows = streams.rows_from_arrays(np.zeros(2000), np.array([0] + [-1] * 1999), 1, 1)
    expert = LabelHistory()
    expert.block(streams.views_of(rows), learn=True)
    assert not expert.faded[:3, 0].any()

