"""Declared labels: more of them than fit in memory change the averages, and nothing else."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ihomer.evaluation.baselines import LabelPrior, MajoritySet, NoChange
from ihomer.evaluation.labels import MetIds
from ihomer.evaluation.lookup import Lookup
from ihomer.evaluation.loop import Prequential
from ihomer.evaluation.metrics import Metrics
from streams import Batch, StreamError, Vocabulary, open_stream
from streams.vocabulary_range import RangeVocabulary
from tests.naive import metrics as naive
from tests.work import allocated, lines

HUGE = 2_000_000_000
truths = st.lists(
    st.one_of(
        st.frozensets(st.integers(0, 9), max_size=4),
        st.dictionaries(st.integers(0, 9), st.booleans(), max_size=4),
        st.none(),
    ),
    min_size=1,
    max_size=40,
)


def svm(tmp_path, text):
    (tmp_path / "a.svm").write_text(text)
    return open_stream(tmp_path / "a.svm")


def test_a_stream_that_declares_two_thousand_million_labels(tmp_path):
    stream = svm(tmp_path, f"2 {HUGE} {HUGE}\n0,{HUGE - 1} 0:1\n0 {HUGE - 1}:1\n")
    result = Prequential(LabelPrior(), stream).run()
    assert result.summary["labels"] == HUGE
    assert result.summary["hamming_loss"] == 3 / (2 * HUGE)  # two missed, then one too many
    assert result.summary["macro_f1"] == (2 / 3) / HUGE
    with pytest.raises(StreamError, match=r"declares 2,000,000,000 labels, too many .*read sets\(\) or batches\(\)"):
        next(iter(stream))


def test_a_river_model_is_told_that_they_are_too_many(tmp_path):
    linear_model, multioutput = pytest.importorskip("river.linear_model"), pytest.importorskip("river.multioutput")
    model = multioutput.ClassifierChain(linear_model.LogisticRegression())
    with pytest.raises(ValueError, match="declares 2,000,000,000 labels, and ClassifierChain would get a dict"):
        Prequential(model, svm(tmp_path, f"1 1 {HUGE}\n0 0:1\n"))


def test_large_ids_without_a_header(tmp_path):
    stream = svm(tmp_path, "99999999 1:1\n5 1:2\n99999999 1:1\n")
    evaluation = Prequential(NoChange(), stream)
    assert evaluation.run().summary["labels"] == 2
    assert len(evaluation.metrics.vocabulary) == 2


@pytest.mark.parametrize("sizes", ["1 1 2147483648", "1 2147483648 1", "2147483648 1 1", "1 1 1" + "0" * 5000])
def test_headers_beyond_what_ids_can_count(tmp_path, sizes):
    with pytest.raises(StreamError, match=r"^a\.svm:1: .*, expected at most 2,147,483,647$"):
        svm(tmp_path, f"{sizes}\n0 0:1\n")


@settings(max_examples=40, deadline=None)
@given(truths, st.integers(0, 12), st.integers(1, 9))
def test_a_range_is_what_the_list_of_its_names_is(truths, declared, rows):
    labels = RangeVocabulary(10)
    forms = [Metrics(names, window=5, fading=0.9) for names in (range(declared), list(range(declared)))]
    baseline = LabelPrior()
    for start in range(0, len(truths), rows):
        batch = Batch.from_pairs([({}, y) for y in truths[start : start + rows]], Vocabulary(), labels)
        predictions = baseline.predict_learn_many(batch)
        for metrics in forms:
            metrics.update(batch, predictions)
    one, other = forms
    for form in ("cumulative", "windowed", "faded"):
        assert str(getattr(one, form)()) == str(getattr(other, form)())
    assert (one.n_labels, one.unknown_cells) == (other.n_labels, other.unknown_cells)


@settings(max_examples=40, deadline=None)
@given(truths, st.integers(1, 9), st.sampled_from([LabelPrior, NoChange, MajoritySet]))
def test_baselines_are_the_same_far_out(truths, rows, baseline):
    """What the ids are does not matter, their order does."""
    wide = [i * (HUGE // 10) for i in range(10)]

    def answers(of, n):
        labels, model, out = RangeVocabulary(n), baseline(), []
        for start in range(0, len(truths), rows):
            pairs = [({}, rename(y, of)) for y in truths[start : start + rows]]
            found = model.predict_learn_many(Batch.from_pairs(pairs, Vocabulary(), labels))
            out += [(found.label_set(i), found.ranking(i)) for i in range(len(found))]
        batch = Batch.from_pairs([({}, None)], Vocabulary(), labels)
        found = model.predict_many(batch)
        return [*out, (found.label_set(0), found.ranking(0))]

    def rename(y, of):
        if isinstance(y, dict):
            return {of[j]: holds for j, holds in y.items()}
        return None if y is None else {of[j] for j in y}

    near = answers(range(10), 10)
    assert answers(wide, HUGE) == [
        (frozenset(wide[j] for j in held), [(wide[j], score) for j, score in ranking]) for held, ranking in near
    ]


@settings(max_examples=40, deadline=None)
@given(st.lists(st.lists(st.integers(-1, 30) | st.sampled_from([1 << 16, 2_000_000_000]), max_size=8), max_size=8))
def test_met_ids_are_a_sorted_set(blocks):
    met, held = MetIds(), np.empty(0, np.int64)
    for block in blocks:
        ids = np.array(block, np.int32)
        at = met.add(ids)
        held = np.insert(held, at, met.ids[met.places(np.setdiff1d(met.ids, held).astype(np.int32))])
        assert met.ids.tolist() == held.tolist() == sorted(set(held.tolist()))
        assert met.ids[met.places(ids)].tolist() == block
        assert len(met) == len(met.ids)
        assert met.add(ids).size == 0
    with pytest.raises(KeyError, match="31"):
        met.places(np.array([31], np.int32))


@settings(max_examples=40, deadline=None)
@given(
    st.dictionaries(st.integers(-1, 9) | st.sampled_from([(1 << 16) - 1, 1 << 16, HUGE]), st.integers(-1, 9)),
    st.lists(st.lists(st.integers(-1, 9) | st.sampled_from([(1 << 16) - 1, 1 << 16, HUGE]), max_size=4), max_size=4),
)
def test_a_lookup_is_a_dict(values, asked):
    keys = sorted(values)
    lookup = Lookup(np.array(keys, np.int32), np.array([values[k] for k in keys], np.int32))
    for ids in asked:
        array = np.array([ids, ids], np.int32)
        array.flags.writeable = False
        found = lookup(array)
        assert (None if found is None else found.tolist()) == (
            None if any(i not in values for i in ids) else [[values[i] for i in ids]] * 2
        )
        missing = lookup.missing(array)
        assert missing.tolist() == sorted({i for i in ids if i not in values})
        lookup.add(missing, np.arange(len(missing), dtype=np.int32))
        values |= {i: n for n, i in enumerate(missing.tolist())}


def test_a_lookup_of_ids_between_dense_and_sparse():
    lookup, values = Lookup(np.empty(0, np.int32), np.empty(0, np.int32)), {}
    rng = np.random.default_rng(1)
    for largest in (900, 70_000, 130_000, 5_000, 400_000, 400_000, 400_000, 9_000_000, 400_000):
        fresh = lookup.missing(rng.integers(-1, largest, 2000).astype(np.int32))
        lookup.add(fresh, fresh)
        values |= {i: i for i in fresh.tolist()}
        ids = np.array([*values], np.int32)
        assert lookup(ids).tolist() == ids.tolist()
        assert lookup.missing(np.arange(-1, 1000, dtype=np.int32)).tolist() == [i for i in range(-1, 1000) if i not in values]


def test_a_new_id_costs_the_same_however_many_there_are():
    def cost(n):
        lookup = Lookup(np.arange(n, dtype=np.int32), np.arange(n, dtype=np.int32))

        def enter(i):
            fresh = lookup.missing(np.array([5, i], np.int32))
            lookup.add(fresh, fresh)

        enter(n)  # makes room for more
        return allocated(lambda: enter(n + 1)), lines(lambda: enter(n + 2))

    (few_bytes, few_lines), (many_bytes, many_lines) = cost(1_000), cost(1_000_000)
    assert many_lines == few_lines
    assert many_bytes < 10 * few_bytes  # a thousand times as many


def test_declared_labels_count_before_they_are_met():
    batch = Batch.from_pairs([({}, {"a"}), ({}, {"b"})], Vocabulary(), Vocabulary("zab"))
    metrics = Metrics("zab")
    metrics.update(batch, NoChange().predict_learn_many(batch))
    assert metrics.n_labels == 3
    rows = [({"a"}, set(), [], None), ({"b"}, {"a"}, ["a"], None)]
    expected = naive.metrics(rows, ["z", "a", "b"])
    assert metrics.cumulative()["hamming_loss"] == pytest.approx(expected["hamming_loss"])
    assert metrics.cumulative()["macro_f1"] == pytest.approx(expected["macro_f1"])
