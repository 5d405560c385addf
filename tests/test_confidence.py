"""Log loss, Brier score, calibration and coverage of ranked cells against their naive twin and scikit-learn."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import brier_score_loss, log_loss

from ihomer.evaluation import Metrics
from ihomer.evaluation.confidence import THRESHOLDS, Confidence
from tests.metric_streams import NAMES, plain, rows_of_a_stream, scored
from tests.naive import metrics as naive
from tests.naive.decide import calibration_error


def random_scores(seed, n):
    rng = np.random.default_rng(seed)
    scores = np.sort(rng.random((n, 5)), axis=1)[:, ::-1].astype(np.float32)
    scores[::3] = np.round(scores[::3] * 15) / 15  # edges of bins, 0 and 1 among them
    return np.ascontiguousarray(scores)


def run(rows, scores, batch_rows, precision=0.75):
    confidence = Confidence(precision)
    scored(rows, Metrics(observers=[confidence]), batch_rows, scores)
    return confidence


def cells_of(rows, scores):
    """Ranked cells of the scored rows, row by row, and the number of cells predicted."""
    with_scores = [
        (y, (p, list(zip(ranking, q.astype(float).tolist(), strict=False))))
        for (y, (p, ranking)), q in zip(rows, scores, strict=True)
    ]
    labelled = plain(with_scores)
    predicted = sum(len(p if known is None else p & known) for _, p, _, known in labelled)
    return naive.ranked_cells(labelled), predicted


@settings(max_examples=60, deadline=None)
@given(rows_of_a_stream, st.integers(1, 45), st.integers(0, 1000), st.sampled_from([0.0, 0.5, 0.75, 1.0]))
def test_everything_is_what_the_definitions_say(rows, batch_rows, seed, precision):
    scores = random_scores(seed, len(rows))
    found = run(rows, scores, batch_rows, precision)
    by_row, predicted = cells_of(rows, scores)
    cells = [cell for row in by_row for cell in row]
    assert found.n_cells == len(cells)
    if cells:
        eps = 2.0**-23
        losses = [-math.log(min(max(q if holds else 1 - q, eps), 1 - eps)) for q, holds, _ in cells]
        assert found.log_loss == pytest.approx(sum(losses) / len(cells), abs=1e-12)
        assert found.brier_score == pytest.approx(sum((q - holds) ** 2 for q, holds, _ in cells) / len(cells), abs=1e-12)
        assert found.calibration_error == pytest.approx(calibration_error([c[:2] for c in cells]), abs=1e-12)
    chosen = [(q, holds) for q, holds, was_predicted in cells if was_predicted]
    edge = naive.covered(chosen, precision)
    taken = [holds for q, holds in chosen if min(int(q * THRESHOLDS), THRESHOLDS - 1) >= edge]
    coverage = found.coverage()
    assert coverage.threshold == edge / THRESHOLDS
    assert coverage.share == pytest.approx(len(taken) / predicted if predicted else math.nan, nan_ok=True)
    assert coverage.reached == pytest.approx(sum(taken) / len(taken) if taken else math.nan, nan_ok=True)
    assert str(found.values()) == str(run(rows, scores, 1, precision).values())


@pytest.mark.parametrize("batch_rows", [1, 64, 1000])
def test_the_same_as_scikit_learn(batch_rows):
    rng = np.random.default_rng(3)
    n = 300
    scores = np.ascontiguousarray(np.sort(rng.random((n, 5)), axis=1)[:, ::-1], dtype=np.float32)
    rankings = [rng.permutation(NAMES)[:5].tolist() for _ in range(n)]
    holds = rng.random((n, 5)) < scores
    rows = [
        (frozenset(np.array(ranking)[held].tolist()), (frozenset(), ranking))
        for ranking, held in zip(rankings, holds, strict=True)
    ]
    found = run(rows, scores, batch_rows)
    p = scores.astype(float).ravel()
    assert found.log_loss == pytest.approx(log_loss(holds.ravel(), p), abs=1e-12)
    assert found.brier_score == pytest.approx(brier_score_loss(holds.ravel(), p), abs=1e-12)


@pytest.mark.parametrize("batch_rows", [1, 100, 1000])
def test_what_is_automated_is_decided_with_the_past_alone(batch_rows):
    rng = np.random.default_rng(9)
    n, precision = 700, 0.9
    scores = np.zeros((n, 5), np.float32)
    scores[:, 0] = rng.random(n)
    holds = rng.random(n) < scores[:, 0]
    rows = [(frozenset(["l0"] if h else []), (frozenset(["l0"]), ["l0"])) for h in holds]
    seen, taken, edge = [], [], THRESHOLDS
    for i in range(n):
        cell = (float(scores[i, 0]), bool(holds[i]))
        if min(int(cell[0] * THRESHOLDS), THRESHOLDS - 1) >= edge:
            taken.append(cell[1])
        seen.append(cell)
        if (i + 1) % 128 == 0:
            edge = naive.covered(seen, precision)
    automated = run(rows, scores, batch_rows, precision).automated
    assert automated.threshold == edge / THRESHOLDS
    assert (automated.share, automated.reached) == (len(taken) / n, sum(taken) / len(taken))
    assert 0.05 < automated.share < 0.5


def test_cells_without_a_score_count_as_predicted_and_are_never_taken():
    rows = [(frozenset(["l0", "l1"]), (frozenset(["l0", "l1"]), ["l0"]))]
    scores = np.full((1, 5), 0.9, np.float32)
    coverage = run(rows, scores, 1).coverage()
    assert (coverage.share, coverage.reached) == (0.5, 1.0)
    assert str(coverage).startswith("50.0% of what is predicted is right to 100.0%")


def test_what_is_wrong_is_said():
    with pytest.raises(ValueError, match=r"precision must lie in 0\.\.1, found 95"):
        Confidence(95)


@pytest.mark.parametrize("bad", [1.5, -0.5, math.nan])
@pytest.mark.parametrize("batch_rows", [1, 3])
def test_scores_that_are_no_probabilities_say_nothing(bad, batch_rows):
    scores = np.full((3, 5), 0.5, np.float32)
    scores[1, 0] = bad
    confidence = run([(frozenset(["l0"]), (frozenset(["l0"]), ["l0"]))] * 3, scores, batch_rows)
    assert not confidence.probabilities
    assert all(math.isnan(value) for value in confidence.values().values())


def test_nothing_seen():
    assert all(math.isnan(value) for value in Confidence().values().values())
