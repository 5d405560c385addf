"""The prequential loop: what is predicted before what is learned, for any batch size, with and without a delay."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from river import base, linear_model, multioutput

from ihomer.evaluation import Metrics, Prequential
from ihomer.evaluation.loop import prequential
from ihomer.evaluation.river_model import RiverModel
from ihomer.predictions import Predictions
from streams import Batch, Stream, Vocabulary, open_stream
from tests.naive import metrics as naive

SUMMARY_KEYS = [
    "instances", "features", "labels", "clusters", "micro_f1", "macro_f1", "example_f1", "subset_accuracy",
    "hamming_loss", "p_at_1", "p_at_3", "p_at_5", "cpu_seconds", "wall_seconds", "instances_per_second",
    "peak_rss_mb", "baselines", "seed", "versions", "command",
]  # fmt: skip


class Rows(Stream):
    """A stream of `(x, y)` pairs."""

    def __init__(self, pairs, declared=()):
        super().__init__("rows")
        self.pairs = pairs
        self.labels = Vocabulary(declared)
        self.declared_labels = len(declared) or None

    def batches(self, rows=7):
        for at in range(0, len(self.pairs), rows):
            yield Batch.from_pairs(self.pairs[at : at + rows], self.features, self.labels)


class Diary:
    """A model on arrays that writes down what it is asked, and predicts the last label set that it learned."""

    def __init__(self):
        self.labels = Vocabulary("abcd")
        self.said = []
        self.last = set()

    def _number(self, batch, i):
        return int(batch.x(i)["t"]) - 1

    def predict_many(self, X):
        self.said += [("predict", self._number(X, i)) for i in range(len(X))]
        return self._answers([self.last] * len(X))

    def learn_many(self, X):
        for i in range(len(X)):
            self.said.append(("learn", self._number(X, i)))
            if X.status[i]:
                self.last = {self.labels.add(name) for name in sorted(X.label_set(i))}

    def predict_learn_many(self, X):
        answers = []
        for i in range(len(X)):
            row = X.slice(i, i + 1)
            self.predict_many(row)
            answers.append(self.last)
            self.learn_many(row)
        return self._answers(answers)

    def _answers(self, sets):
        indptr = np.cumsum([0, *map(len, sets)])
        ids = np.array([i for s in sets for i in sorted(s)], np.int32)
        top = np.array([(sorted(s) + [-1] * 5)[:5] for s in sets], np.int32).reshape(-1, 5)
        return Predictions(self.labels, indptr, ids, top, np.zeros(top.shape, np.float32))


class Silent(Diary):
    """As Diary, for rows of any features."""

    def _number(self, batch, i):  # noqa: ARG002
        return 0


def pairs(label_sets):
    return [({"t": i + 1}, y if y is None else set(y)) for i, y in enumerate(label_sets)]


label_sets = st.lists(
    st.one_of(st.none(), st.frozensets(st.sampled_from("abcd"), max_size=3)), min_size=1, max_size=30
)


@settings(max_examples=50, deadline=None)
@given(label_sets, st.integers(0, 35), st.integers(1, 32), st.integers(1, 11))
def test_the_order_of_predicting_and_learning(sets, delay, rows, every):
    model = Diary()
    result = prequential(model, Rows(pairs(sets)), delay=delay, rows=rows, every=every)
    expected = []
    for t in range(len(sets)):
        expected.append(("predict", t))
        if t >= delay:
            expected.append(("learn", t - delay))
    expected += [("learn", t) for t in range(max(0, len(sets) - delay), len(sets))]
    assert model.said == expected
    assert result.summary["instances"] == len(sets)
    assert result.interrupted is False


@settings(max_examples=50, deadline=None)
@given(label_sets, st.integers(0, 35), st.integers(1, 32))
def test_scores_are_those_of_the_predictions_made_in_time(sets, delay, rows):
    result = prequential(Diary(), Rows(pairs(sets)), delay=delay, rows=rows, every=4, window=3, fading=0.9)
    known = [y for y in sets if y is not None]
    if not known:
        assert result.summary["micro_f1"] is None
        assert result.details["unlabelled_instances"] == len(sets)
        return
    scored = []
    for t, y in enumerate(sets):
        revealed = [z for z in sets[: max(0, t - delay)] if z is not None]
        before = set(revealed[-1]) if revealed else set()
        if y is not None:
            scored.append((set(y), before, sorted(before), None))
    labels = set().union(*known)
    expected = naive.metrics(scored, labels)
    found = {**result.summary, **result.details}
    assert {name: found[name] for name in expected} == pytest.approx(expected, abs=1e-12)
    # no-change predicts the same sets; it ranks them by the ids of the stream
    baseline = {name: v for name, v in result.summary["baselines"]["no_change"].items() if not name.startswith("p_at")}
    assert baseline == pytest.approx({name: expected[name] for name in baseline}, abs=1e-12)
    last = result.curve[-1]
    window = naive.metrics(scored[-3:], labels, inverse=naive.propensities(scored)[-3:])
    assert {name: last[f"window_{name}"] for name in window} == pytest.approx(window, abs=1e-12)
    weights = [0.9 ** (len(scored) - 1 - i) for i in range(len(scored))]
    faded = naive.metrics(scored, labels, weights=weights)
    assert {name: last[f"faded_{name}"] for name in faded} == pytest.approx(faded, abs=1e-12)


@pytest.mark.parametrize("delay", [0, 5])
def test_blocks_change_no_bit(delay):
    def run(rows):
        model = multioutput.ClassifierChain(linear_model.LogisticRegression())
        result = prequential(model, open_stream("yeast"), limit=120, rows=rows, every=50, delay=delay)
        timeless = [{key: point[key] for key in point if not key.endswith(("seconds", "mb"))} for point in result.curve]
        scores = {key: result.summary[key] for key in SUMMARY_KEYS[:12]}
        return timeless, scores, result.summary["baselines"]

    assert run(1) == run(17) == run(None)


def test_summary_and_curve():
    result = prequential(
        Diary(), Rows(pairs(["a", "ab", "b"] * 10), declared="abc"), every=8, seed=3, command="ihomer evaluate rows"
    )
    assert list(result.summary) == SUMMARY_KEYS
    metrics = SUMMARY_KEYS[4:12]
    assert list(result.summary["baselines"]) == ["no_change", "majority_label_set", "label_prior"]
    assert all(list(found) == metrics for found in result.summary["baselines"].values())
    assert (result.summary["labels"], result.summary["clusters"], result.summary["features"]) == (3, None, 1)
    assert (result.summary["seed"], result.summary["command"]) == (3, "ihomer evaluate rows")
    assert result.summary["instances_per_second"] == pytest.approx(30 / result.summary["wall_seconds"], rel=0.01)
    assert [point["instances"] for point in result.curve] == [8, 16, 24, 30]
    assert result.curve[-1]["micro_f1"] == result.summary["micro_f1"]


def test_limit():
    result = prequential(Diary(), Rows(pairs("abcabc")), limit=4)
    assert result.summary["instances"] == 4


def test_it_can_be_stopped_and_asked():
    run = Prequential(Diary(), Rows(pairs("abcabcabc")), rows=2, progress=lambda run: run.instances >= 4 and run.stop())
    result = run.run()
    assert result.interrupted
    assert result.summary["instances"] == 4
    assert result.curve[-1]["instances"] == 4
    assert "Stopped after 4 instances" in str(result)


def test_an_empty_stream():
    result = prequential(Diary(), Rows([]))
    assert result.summary["instances"] == 0
    assert result.summary["micro_f1"] is None
    assert "-" in str(result)


def test_callbacks_see_every_row_and_point():
    seen, points = [], []
    prequential(
        Diary(),
        Rows(pairs("abcab")),
        every=2,
        on_rows=lambda batch, predictions: seen.append((len(batch), len(predictions))),
        on_point=lambda point: points.append(point["instances"]),
    )
    assert seen == [(2, 2), (2, 2), (1, 1)]
    assert points == [2, 4, 5]


def test_a_long_curve_is_thinned_in_memory(monkeypatch):
    monkeypatch.setattr("ihomer.evaluation.loop.MAX_POINTS", 4)
    points = []
    result = prequential(
        Diary(), Rows(pairs("abcd" * 5 + "a")), every=1, on_point=lambda point: points.append(point["instances"])
    )
    assert points == list(range(1, 22))
    assert [point["instances"] for point in result.curve] == [8, 16, 21]


def test_the_share_that_is_done_grows_to_one():
    class Told(Rows):
        read = 0

        def batches(self, rows=7):  # noqa: ARG002
            for batch in super().batches(7):
                self.read += len(batch)
                yield batch

        def progress(self):
            return self.read / len(self.pairs)

    shares = []
    prequential(Diary(), Told(pairs("abcdabcdabcd")), rows=3, progress=lambda run: shares.append(run.share))
    assert shares == pytest.approx([3 / 12, 6 / 12, 7 / 12, 10 / 12, 1])


@pytest.mark.parametrize("wrong", [{"every": 0}, {"delay": -1}, {"rows": 0}])
def test_parameters_out_of_range(wrong):
    with pytest.raises(ValueError, match=f"{next(iter(wrong))} must be at least"):
        Prequential(Diary(), Rows([]), **wrong)


def test_what_is_no_model():
    with pytest.raises(TypeError, match="found object"):
        Prequential(object(), Rows([]))


class Odd(base.MultiLabelClassifier):
    """Answers in all the ways that river's models do."""

    answers = ({}, None, {"a": True}, {"a": 1, "b": 0, "z": True})

    def __init__(self):
        self.learned = []

    def learn_one(self, x, y):
        self.learned.append((x, y))

    def predict_one(self, x):  # noqa: ARG002
        return self.answers[min(len(self.learned), 3)]

    def predict_proba_one(self, x):  # noqa: ARG002
        return {"b": {True: 0.5, False: 0.5}, "a": {True: 0.5, False: 0.5}, "c": {False: 1.0}}


def test_any_answer_of_a_river_model_is_taken_as_it_is_meant():
    rows = Rows(
        [({"f": 1.0, "g": None}, {"b"}), ({"f": 0.0}, {"a"}), ({"f": 2.0}, {"a", "c"}), ({}, {"b": False}), ({}, None)]
    )
    model = Odd()
    adapter = RiverModel(model, ["a"])
    predictions = [adapter.predict_learn_many(batch) for batch in rows.batches(2)]
    sets = [set(p.label_set(i)) for p in predictions for i in range(len(p))]
    assert sets == [set(), set(), {"a"}, {"a", "z"}, {"a", "z"}]
    # y is full over what was declared or met; a partial row tells what is known; an unlabelled one teaches nothing
    assert [y for _, y in model.learned] == [
        {"a": False, "b": True},
        {"a": True, "b": False},
        {"a": True, "b": False, "c": True},
        {"b": False},
    ]
    assert [x for x, _ in model.learned] == [{"f": 1.0}, {}, {"f": 2.0}, {}]
    assert predictions[0].ranking(0) == [("a", 0.5), ("b", 0.5), ("c", 0.0)]  # ties by smaller id


def test_a_river_model_without_probabilities_ranks_its_set():
    class Sure(Odd):
        def predict_proba_one(self, x):
            raise NotImplementedError

    batch = Batch.from_pairs([({}, {"a"})] * 4)
    predictions = RiverModel(Sure()).predict_learn_many(batch)
    assert [predictions.ranking(i) for i in range(4)] == [[], [], [("a", 1.0)], [("a", 1.0), ("z", 1.0)]]


@pytest.mark.parametrize(
    "model",
    [
        multioutput.ClassifierChain(linear_model.LogisticRegression()),
        multioutput.MonteCarloClassifierChain(linear_model.LogisticRegression(), seed=1),
        multioutput.PerOutputClassifier(linear_model.LogisticRegression()),
        multioutput.MultiClassEncoder(linear_model.SoftmaxRegression()),
    ],
    ids=lambda model: type(model).__name__,
)
def test_river_models(model):
    result = prequential(model, open_stream("yeast"), limit=150)
    assert result.summary["instances"] == 150
    assert 0.1 < result.summary["micro_f1"] < 0.9


@pytest.mark.parametrize("name", ["no_change", "majority_label_set", "label_prior"])
def test_baselines_alone_and_beside_a_model_are_the_same(name):
    from ihomer.evaluation.baselines import baselines

    stream = open_stream("yeast")
    baseline, metrics = baselines()[name], Metrics(stream.labels.names)
    for batch in stream.batches(100):
        metrics.update(batch, baseline.predict_learn_many(batch))
    alone = metrics.cumulative()
    beside = prequential(Silent(), open_stream("yeast")).summary["baselines"][name]
    assert beside == {key: alone[key] for key in beside}


def test_published_values_of_the_trivial_baselines():
    found = prequential(Silent(), open_stream("yeast")).summary["baselines"]
    assert found["no_change"]["micro_f1"] == pytest.approx(0.458, abs=5e-4)
    assert found["majority_label_set"]["micro_f1"] == pytest.approx(0.537, abs=5e-4)


@pytest.mark.data
@pytest.mark.parametrize(
    ("name", "no_change", "majority"),
    [("scene", 0.937, 0.187), ("corel5k", 0.472, 0.042), ("enron", 0.375, 0.143), ("medical", 0.118, 0.242),
     ("birds", 0.139, 0.0)],
)  # fmt: skip
def test_trivial_baselines_on_real_data(data_dir, name, no_change, majority):
    found = prequential(Silent(), open_stream(data_dir / f"{name}.svm.xz")).summary["baselines"]
    assert found["no_change"]["micro_f1"] == pytest.approx(no_change, abs=1e-3)
    assert found["majority_label_set"]["micro_f1"] == pytest.approx(majority, abs=1e-3)
