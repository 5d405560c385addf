"""Metrics against their naive twin: any batches, partial and unlabelled rows, labels that appear, windows, fading."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ihomer.evaluation import Metrics
from ihomer.evaluation.measures import ALL
from streams import Batch, Vocabulary
from tests.metric_streams import labels_of, plain, predictions_of, rows_of_a_stream, scored
from tests.naive import metrics as naive


@settings(max_examples=60, deadline=None)
@given(
    rows_of_a_stream,
    st.integers(1, 45),
    st.sampled_from([None, ["l0", "l1", "never"]]),
    st.integers(1, 12),
    st.sampled_from([0.5, 0.99]),
    st.sampled_from([0.0, 1.0]),
)
def test_all_forms_are_what_the_definitions_say(rows, batch_rows, declared, window, fading, empty_score):
    metrics = scored(rows, Metrics(declared, window=window, fading=fading, empty_score=empty_score), batch_rows)
    labelled, labels = plain(rows), labels_of(rows, declared or ())
    assert metrics.rows == len(rows)
    assert metrics.scored_rows == len(labelled)
    assert metrics.unlabelled_rows == len(rows) - len(labelled)
    assert metrics.n_labels == len(labels)
    assert metrics.unknown_cells == sum(len(labels) - len(known) for *_, known in labelled if known is not None)
    if not labelled:
        assert all(np.isnan(v) for v in metrics.cumulative().values())
        return
    weights = [fading ** (len(labelled) - 1 - i) for i in range(len(labelled))]
    inverse = naive.propensities(labelled)  # the counts are those of the whole stream before a row, in every form
    for found, expected in (
        (metrics.cumulative(), naive.metrics(labelled, labels, empty_score)),
        (metrics.windowed(), naive.metrics(labelled[-window:], labels, empty_score, inverse=inverse[-window:])),
        (metrics.faded(), naive.metrics(labelled, labels, empty_score, weights)),
    ):
        assert set(found) == set(expected) == set(ALL)
        assert found == pytest.approx(expected, rel=1e-12, abs=1e-12)


@settings(max_examples=30, deadline=None)
@given(rows_of_a_stream, st.integers(1, 45))
def test_batches_change_no_bit(rows, batch_rows):
    one, many = (scored(rows, Metrics(window=7, fading=0.9), n) for n in (1, batch_rows))
    for form in ("cumulative", "windowed", "faded"):
        a, b = getattr(one, form)(), getattr(many, form)()
        assert str(a) == str(b)  # as text, since NaN is not equal to itself


def test_a_label_predicted_before_it_was_met_is_its_own_mistake_later():
    """What was predicted for a label counts in its macro-F1 and in the Hamming loss as soon as the stream has it."""
    rows = [(frozenset(["l0"]), (frozenset(["l0", "l1"]), [])), (frozenset(["l1"]), (frozenset(["l1"]), []))]
    metrics = scored(rows[:1], Metrics(), 1)
    assert metrics.cumulative()["hamming_loss"] == 0.0
    assert metrics.cumulative()["micro_precision"] == 0.5
    metrics = scored(rows, Metrics(), 1)
    assert metrics.cumulative()["hamming_loss"] == 0.25
    assert metrics.cumulative()["macro_precision"] == 0.75


def test_fading_for_ever_stays_finite():
    """The factor of the faded counts is taken out of them before it overflows."""
    rows = [(frozenset(["l0"]), (frozenset(["l0"]), ["l0"])), (frozenset(["l1"]), (frozenset(), []))]
    metrics = scored(rows * 400, Metrics(fading=0.1), 64)  # .1 ** 800 is 0 in float64
    weights = [0.1 ** (799 - i) for i in range(800)]
    assert metrics.faded() == pytest.approx(naive.metrics(plain(rows * 400), ["l0", "l1"], weights=weights), rel=1e-12)


def test_micro_f1_alone():
    rows = [(frozenset(["l0"]), (frozenset(["l0", "l2"]), [])), (frozenset(), (frozenset(), []))]
    metrics = scored(rows, Metrics(), 2)
    assert metrics.micro_f1() == metrics.cumulative()["micro_f1"] == pytest.approx(2 / 3)
    assert np.isnan(Metrics().micro_f1())


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"window": 0}, "window must be at least 1 row, found 0"),
        ({"fading": 1.0}, "fading must be between 0 and 1, both excluded, found 1.0"),
        ({"empty_score": 0.5}, "empty_score must be 0 or 1, found 0.5"),
    ],
)
def test_parameters_out_of_range(wrong, message):
    with pytest.raises(ValueError, match=message):
        Metrics(**wrong)


def test_forms_that_were_not_asked_for():
    with pytest.raises(ValueError, match="there is no window"):
        Metrics().windowed()
    with pytest.raises(ValueError, match="nothing is faded"):
        Metrics().faded()


def test_predictions_for_other_rows():
    batch = Batch.from_pairs([({}, {"l0"})])
    with pytest.raises(ValueError, match="2 predictions for 1 rows"):
        Metrics().update(batch, predictions_of([(frozenset(), [])] * 2, Vocabulary()))
