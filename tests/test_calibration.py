"""Expected calibration error against a plain computation."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import log_loss

from ihomer.evaluation.calibration import Calibration
from ihomer.kernels.calibration import EPSILON
from tests.decision_streams import probabilities, random_labels, rows_of, truth
from tests.naive.decide import calibration_error


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 10_000), st.integers(1, 20))
def test_error(seed, size):
    rows = rows_of(random_labels(seed, n=80))
    p = probabilities(seed, rows)
    p[::7] = np.round(p[::7] * 15) / 15  # at the edges of bins, 0 and 1 among them
    cells = []
    for i in range(len(rows)):
        held, known = truth(rows, i)
        if rows.status[i]:
            there = range(rows.limits[i])
            cells += [(p[i, k], k in held) for k in there if known is None or k in known]
    calibration = Calibration()
    calibration.update(p, rows)
    assert calibration.n_cells == len(cells)
    assert calibration.error == pytest.approx(calibration_error(cells), abs=1e-12)
    held, q = np.array([c[1] for c in cells]), np.array([float(c[0]) for c in cells])
    assert calibration.log_loss == pytest.approx(log_loss(held, q.clip(EPSILON, 1 - EPSILON), labels=[0, 1]), abs=1e-12)
    assert calibration.brier_score == pytest.approx(np.mean((q - held) ** 2), abs=1e-12)
    pieces = Calibration()
    for start in range(0, 80, size):
        block = rows.slice(start, min(start + size, 80))
        pieces.update(np.ascontiguousarray(p[start : start + size, : block.n_labels]), block)
    assert pieces.error == calibration.error
    assert pieces.mass.tolist() == calibration.mass.tolist()
    assert (pieces.log_loss, pieces.brier_score) == (calibration.log_loss, calibration.brier_score)


def test_log_loss_of_more_labels_than_a_product_can_hold():
    rows = rows_of([set(range(2000)), {0, 1}])
    rng = np.random.default_rng(1)
    p = rng.uniform(0.01, 0.99, (2, 2000)).astype(np.float32)
    calibration = Calibration()
    calibration.update(p, rows)
    assert calibration.n_cells == 2000  # a row before a label was known has no probability for it
    held = np.arange(2000) < 2
    assert calibration.log_loss == pytest.approx(log_loss(held, p[1].astype(float)), abs=1e-12)


def test_nothing_counted():
    calibration = Calibration()
    calibration.update(np.zeros((1, 1), np.float32), rows_of([{"a"}]))
    assert math.isnan(calibration.error)
    assert math.isnan(calibration.log_loss)
    assert math.isnan(calibration.brier_score)


def test_what_is_wrong_is_said():
    rows = rows_of([{"a"}, {"a"}])
    with pytest.raises(ValueError, match=r"shape \(2, 1\), found \(1, 1\)"):
        Calibration().update(np.zeros((1, 1), np.float32), rows)
    for bad in (1.5, -0.1, math.nan):
        with pytest.raises(ValueError, match=r"in 0\.\.1"):
            Calibration().update(np.full((2, 1), bad, np.float32), rows)
