"""Scores of head, torso and tail against their naive twin and scikit-learn."""

from __future__ import annotations

from statistics import fmean

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import f1_score, precision_score, recall_score

from ihomer.evaluation import Metrics
from ihomer.evaluation.strata import MOST, Strata
from tests.metric_streams import plain, rows_of_a_stream, scored
from tests.naive import metrics as naive

shares = st.tuples(st.sampled_from([0.0, 0.2, 0.4, 1.0]), st.sampled_from([0.0, 0.5, 1.0])).map(sorted)


def run(rows, batch_rows, head=0.2, torso=0.5):
    strata = Strata(head, torso)
    scored(rows, Metrics(observers=[strata]), batch_rows)
    return strata


@settings(max_examples=60, deadline=None)
@given(rows_of_a_stream, st.integers(1, 45), shares)
def test_strata_are_what_the_definition_says(rows, batch_rows, ends):
    found = run(rows, batch_rows, *ends)
    for stratum, counts in zip(found.strata(), naive.strata(plain(rows), *ends).values(), strict=True):
        tp, fp, fn = (sum(of[kind] for of in counts.values()) for kind in range(3))
        by_label = [2 * of[0] / (2 * of[0] + of[1] + of[2]) for of in counts.values() if of[0] + of[2]]
        assert (stratum.labels, stratum.support) == (len(by_label), tp + fn)
        assert stratum.macro_f1 == pytest.approx(fmean(by_label) if by_label else np.nan, abs=1e-12, nan_ok=True)
        assert stratum.micro_f1 == pytest.approx(
            2 * tp / (2 * tp + fp + fn) if tp + fp + fn else np.nan, abs=1e-12, nan_ok=True
        )
    assert str(found.values()) == str(run(rows, 1, *ends).values())


@pytest.mark.parametrize("batch_rows", [1, 64, 1000])
def test_the_same_as_scikit_learn(batch_rows):
    rng = np.random.default_rng(5)
    n, labels = 400, 20
    share = 0.6 / np.arange(1, labels + 1)
    truth = rng.random((n, labels)) < share
    predicted = truth ^ (rng.random((n, labels)) < share / 3)
    before = np.vstack([np.zeros(labels, int), np.cumsum(truth, axis=0)[:-1]])
    more = (before[:, None, :] > before[:, :, None]).sum(axis=2)
    there = (before > 0).sum(axis=1, keepdims=True)
    where = np.where(more < 0.2 * there, 0, np.where(more < 0.5 * there, 1, 2))
    rows = [
        (frozenset(f"l{j}" for j in np.flatnonzero(y)), (frozenset(f"l{j}" for j in np.flatnonzero(p)), []))
        for y, p in zip(truth, predicted, strict=True)
    ]
    for i, stratum in enumerate(run(rows, batch_rows).strata()):
        cells = where == i
        assert stratum.micro_f1 == pytest.approx(f1_score(truth[cells], predicted[cells]), abs=1e-12)
        assert stratum.micro_precision == pytest.approx(precision_score(truth[cells], predicted[cells]), abs=1e-12)
        assert stratum.micro_recall == pytest.approx(recall_score(truth[cells], predicted[cells]), abs=1e-12)
        there_held = [j for j in range(labels) if truth[cells[:, j], j].any()]
        by_label = [f1_score(truth[cells[:, j], j], predicted[cells[:, j], j]) for j in there_held]
        assert stratum.labels == len(there_held)
        assert stratum.macro_f1 == pytest.approx(fmean(by_label), abs=1e-12)


def test_the_first_row_of_a_label_is_missed_in_the_tail():
    strata = run([(frozenset(["l0"]), (frozenset(), []))], 1)
    assert [stratum.support for stratum in strata.strata()] == [0, 0, 1]
    assert strata.rare_label_f1 == 0.0
    assert np.isnan(Strata().rare_label_f1)


def test_room_for_counts_grows_with_the_rows_and_not_beyond():
    strata = Strata()
    scored([(frozenset(["l0"]), (frozenset(["l0"]), []))] * 3000, Metrics(observers=[strata]), 1500)
    assert 3000 < len(strata._more) <= MOST
    assert strata.strata()[0].support == 2999


def test_shares_out_of_order():
    with pytest.raises(ValueError, match=r"found head 0\.6 and torso 0\.5"):
        Strata(head=0.6)
