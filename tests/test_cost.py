"""What a model costs, with clocks that are known; kappa against no-change; all labels scored on the way."""

from __future__ import annotations

import math

import numpy as np
import pytest
from sklearn.metrics import log_loss

from ihomer import IHOMER
from ihomer.evaluation.all_labels import AllLabels
from ihomer.evaluation.cost import CostMeter
from ihomer.evaluation.kappa import kappa_temporal, kappas
from ihomer.evaluation.loop import prequential
from streams import Batch, open_stream
from streams.views import limited


def test_cost_of_pieces_adds_up():
    cpu, wall, size = iter([0.0, 10.0, 100.0, 130.0]), iter([0.0, 20.0, 50.0, 90.0]), iter([1024.0, 512.0])
    meter = CostMeter(lambda: next(size), lambda: next(cpu), lambda: next(wall))
    with meter.measure(5):
        pass
    with pytest.raises(ZeroDivisionError), meter.measure(7):
        _ = 1 / 0
    cost = meter.cost()
    assert (cost.instances, cost.cpu_seconds, cost.wall_seconds, cost.peak_mb) == (12, 40.0, 60.0, 1024.0)
    assert cost.ram_hours == pytest.approx((1.0 * 10 + 0.5 * 30) / 3600)
    assert (cost.instances_per_second, cost.cpu_us_per_instance) == (0.2, pytest.approx(40e6 / 12))
    assert str(cost) == "12 instances, 40.00 s CPU, 0 instances/s, 1,024 MB peak, 0.00694 RAM-hours"


def test_cost_of_nothing():
    cost = CostMeter().cost()
    assert math.isnan(cost.instances_per_second)
    assert math.isnan(cost.cpu_us_per_instance)


@pytest.mark.parametrize(("accuracy", "no_change", "expected"), [(1.0, 0.3, 1.0), (0.3, 0.3, 0.0), (0.1, 0.5, -0.8)])
def test_kappa(accuracy, no_change, expected):
    assert kappa_temporal(accuracy, no_change) == pytest.approx(expected)


def test_kappa_where_nothing_ever_changes():
    assert math.isnan(kappa_temporal(1.0, 1.0))


def test_kappa_is_cohens_with_no_change_as_chance():
    """By hand on three rows over two labels: no-change gets none of the sets and 3 of 6 cells."""
    batch = Batch.from_pairs([({"a": 1.0}, {"x"}), ({"a": 1.0}, {"x", "y"}), ({"a": 1.0}, {"y"})])
    from ihomer.evaluation import Metrics
    from ihomer.evaluation.baselines import NoChange

    metrics = Metrics()
    metrics.update(batch, NoChange().predict_learn_many(batch))
    perfect = {"subset_accuracy": 2 / 3, "hamming_loss": 1 / 6}
    assert kappas(perfect, metrics.cumulative()) == pytest.approx(
        {"kappa_temporal": 2 / 3, "kappa_temporal_cells": 1 - (1 / 6) / (3 / 6)}
    )


def test_an_evaluation_tells_kappa_and_cost():
    result = prequential(IHOMER(preset="fast", seed=7), limited(open_stream("yeast"), 200))
    no_change = result.summary["baselines"]["no_change"]
    assert result.details["kappa_temporal"] == kappa_temporal(
        result.summary["subset_accuracy"], no_change["subset_accuracy"]
    )
    assert result.details["model_cpu_seconds"] > 0
    assert 0 < result.details["model_ram_hours"] < 1


def test_all_labels_are_scored_and_nothing_else_changes():
    stream = limited(open_stream("yeast"), 300)
    plain = prequential(IHOMER(preset="fast", seed=7), stream)
    model = AllLabels(IHOMER(preset="fast", seed=7))
    scored = prequential(model, stream)
    assert scored.summary["micro_f1"] == plain.summary["micro_f1"]
    assert scored.summary["clusters"] == plain.summary["clusters"]

    one = IHOMER(preset="fast", seed=7)
    truth, p = [], []
    for x, y in next(iter(stream.batches(300))).pairs():
        for label, q in one.predict_proba_one(x).items():
            truth.append(label in y)
            p.append(q[True] if isinstance(q, dict) else q)
        one.learn_one(x, y)
    assert model.calibration.n_cells == len(p)
    assert model.calibration.log_loss == pytest.approx(log_loss(truth, np.array(p, float)), abs=1e-6)
