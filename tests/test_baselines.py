"""Trivial baselines against their naive twins."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from ihomer.evaluation.baselines import LabelPrior, MajoritySet, NoChange, baselines
from streams import Batch, Vocabulary
from tests.naive import metrics as naive

LABELS = range(8)
truths = st.lists(
    st.one_of(
        st.frozensets(st.sampled_from(LABELS), max_size=3),
        st.frozensets(st.sampled_from(LABELS), max_size=8),
        st.dictionaries(st.sampled_from(LABELS), st.booleans(), max_size=5),
        st.none(),
    ),
    max_size=50,
)


def batches(truths, rows):
    features, labels = Vocabulary(), Vocabulary(LABELS)
    for start in range(0, len(truths), rows):
        yield Batch.from_pairs([({}, y) for y in truths[start : start + rows]], features, labels)


def plain(truths):
    """The truths as the naive twins take them."""
    return [
        ({n for n in y if y[n]}, set(y)) if isinstance(y, dict) else None if y is None else (set(y), None)
        for y in truths
    ]


def predicted(baseline, truths, rows):
    parts = [baseline.predict_learn_many(batch) for batch in batches(truths, rows)]
    sets = [set(part.label_set(i)) for part in parts for i in range(len(part))]
    rankings = [[name for name, _ in part.ranking(i)] for part in parts for i in range(len(part))]
    for part in parts:
        for i in range(len(part)):
            assert sorted(set(ids := part.indices[part.indptr[i] : part.indptr[i + 1]].tolist())) == ids
    return sets, rankings


@settings(max_examples=50, deadline=None)
@given(truths, st.integers(1, 50))
def test_no_change(truths, rows):
    sets, rankings = predicted(NoChange(), truths, rows)
    assert sets == naive.no_change(plain(truths))
    assert rankings == [sorted(s)[:5] for s in sets]


@settings(max_examples=50, deadline=None)
@given(truths, st.integers(1, 50))
def test_majority_set(truths, rows):
    sets, rankings = predicted(MajoritySet(), truths, rows)
    assert sets == naive.majority_set(plain(truths))
    assert rankings == [sorted(s)[:5] for s in sets]


@settings(max_examples=50, deadline=None)
@given(truths, st.integers(1, 50))
def test_label_prior(truths, rows):
    sets, rankings = predicted(LabelPrior(), truths, rows)
    expected = naive.label_prior(plain(truths))
    assert sets == [s for s, _ in expected]
    assert rankings == [r for _, r in expected]


@settings(max_examples=30, deadline=None)
@given(truths, truths)
def test_predicting_alone_changes_nothing_and_says_what_comes_first(before, after):
    for name, baseline in baselines().items():
        for batch in batches(before, 7):
            baseline.learn_many(batch)
        for batch in batches(after, len(after) or 1):
            ahead, again = baseline.predict_many(batch), baseline.predict_many(batch)
            assert ahead.label_set(0) == again.label_set(len(batch) - 1), name
            both = baseline.predict_learn_many(batch)
            assert both.label_set(0) == ahead.label_set(0), name
            assert both.ranking(0) == ahead.ranking(0), name


def test_majority_set_counts_a_bounded_number_of_label_sets():
    """A set that makes up a tenth of the stream is found among thousands of others in room for 32."""
    rng = np.random.default_rng(3)
    rare = rng.integers(2, 2000, (3000, 2)).tolist()
    rows = [{0, 1} if often else set(pair) for often, pair in zip(rng.random(3000) < 0.1, rare, strict=True)]
    features, labels = Vocabulary(), Vocabulary(range(2000))
    baseline = MajoritySet(table_size=64)
    baseline.learn_many(Batch.from_pairs([({}, y) for y in rows], features, labels))
    assert baseline.predict_many(Batch.from_pairs([({}, None)], features, labels)).label_set(0) == {0, 1}
    assert np.count_nonzero(baseline._keys) <= 32
