"""The adapter for river models: what river is given, and that it answers as river by hand would."""

from __future__ import annotations

import numpy as np
import pytest
from river import base, ensemble, linear_model, multioutput, naive_bayes, preprocessing, tree

from ihomer.checkpoint import dumps, loads
from ihomer.learners.river_core import DENSE_ATTRIBUTES, RiverCore
from ihomer.rows import Rows
from streams import Vocabulary
from streams.rows import RowBuilder

NAN = float("nan")


class World:
    """Pairs of names as rows in the ids of one model, as the model's door gives them."""

    def __init__(self):
        self.features, self.labels = Vocabulary(), Vocabulary()

    def rows(self, pairs):
        limits = [len(self.labels)]
        builder = RowBuilder(self.features, self.labels)
        for x, y in pairs:
            builder.add(x, y)
            limits.append(len(self.labels))
        batch = builder.take()
        n = len(batch)
        partial = batch.known_indptr is not None
        return Rows(
            indptr=batch.indptr,
            indices=batch.indices,
            values=batch.values,
            label_indptr=batch.label_indptr,
            label_indices=batch.label_indices,
            status=batch.status,
            known_indptr=batch.known_indptr if partial else np.zeros(n + 1, np.int64),
            known_indices=batch.known_indices if partial else np.zeros(0, np.int32),
            limits=np.array(limits, np.int32),
            n_features=len(self.features),
            n_labels=len(self.labels),
        )

    def core(self, model, columns=(0, 1, 2), **options):
        vocabularies = {"features": self.features, "labels": self.labels}
        return RiverCore(np.array(columns, np.int32), model=model, seed=3, **vocabularies, **options)


def kinds(rows):
    return np.zeros(rows.n_features, np.uint8)


def train(core, rows):
    out = np.full((len(rows), max(3, rows.n_labels)), -1, np.float32)
    core.test_then_train(rows, kinds(rows), out)
    return out


def ask(core, rows):
    out = np.full((len(rows), max(3, rows.n_labels)), -1, np.float32)
    core.predict(rows, kinds(rows), out)
    return out


def pairs(n=150, seed=0, labelled=True):
    """Rows with numbers, zeros, categories, missing values; complete, partial and no labels."""
    rng = np.random.default_rng(seed)
    found = []
    for i in range(n):
        x = {"a": float(rng.normal()), "b": float(rng.integers(0, 3)), "colour": str(rng.choice(["red", "blue"]))}
        if i > 40 and rng.random() < 0.3:
            x["late"] = 1.5
        if rng.random() < 0.1:
            x[str(rng.choice(["a", "colour"]))] = None
        y = {"p": x.get("a") is not None and x["a"] > 0, "q": x["colour"] == "red", "r": i > 20 and x["b"] == 2}
        kind = rng.random() if not labelled else 0
        held = {label for label, holds in y.items() if holds}
        found.append((x, held if kind < 0.7 else None if kind < 0.8 else {k: y[k] for k in "pr"}))
    return found


def numeric(pairs):
    return [({k: v for k, v in x.items() if k != "colour"}, y) for x, y in pairs]


class Recorder(base.Classifier):
    """A classifier that remembers all it is given."""

    def __init__(self, seed=None):
        self.seed = seed
        self.learned = []

    def learn_one(self, x, y):
        self.learned.append((x, y))

    def predict_proba_one(self, x):
        return {True: len(x) / 1000}


class JointRecorder(base.MultiLabelClassifier):
    """A multi-label classifier that remembers all it is given."""

    def __init__(self):
        self.learned = []

    def learn_one(self, x, y):  # noqa: ARG002
        self.learned.append(y)

    def predict_one(self, x):  # noqa: ARG002
        return {}


def test_binary_relevance_is_river_by_hand():
    world = World()
    stream = numeric(pairs(60))
    rows = world.rows(stream)
    core = world.core(linear_model.LogisticRegression(), dense=False)
    found = train(core, rows)
    by_hand = {}
    for i, (x, y) in enumerate(stream):
        given = {k: float(np.float32(v)) for k, v in sorted(x.items()) if v}
        for j in range(3):
            known = by_hand.get(j)
            expected = np.float32(known.predict_proba_one(given)[True]) if known else 0
            assert found[i, j] == expected
        for j in range(rows.limits[i + 1]):
            clone = by_hand.setdefault(j, linear_model.LogisticRegression())
            clone.learn_one(given, world.labels.name(j) in y)


MODELS = {
    "logistic": (linear_model.LogisticRegression(), numeric),
    "scaled": (preprocessing.StandardScaler() | linear_model.LogisticRegression(), numeric),
    "bayes": (naive_bayes.GaussianNB(), numeric),
    "tree": (tree.HoeffdingTreeClassifier(grace_period=20, delta=0.1), list),
    "adaptive tree": (tree.HoeffdingAdaptiveTreeClassifier(grace_period=20, delta=0.1), list),
    "bagging": (ensemble.ADWINBaggingClassifier(tree.HoeffdingTreeClassifier(grace_period=20), n_models=2), list),
    "chain": (multioutput.ClassifierChain(linear_model.LogisticRegression()), numeric),
    "scaled chain": (
        preprocessing.StandardScaler() | multioutput.ClassifierChain(linear_model.LogisticRegression()),
        numeric,
    ),
    "encoder": (multioutput.MultiClassEncoder(tree.HoeffdingTreeClassifier(grace_period=20)), list),
}


@pytest.fixture(params=MODELS)
def case(request):
    model, select = MODELS[request.param]
    return model, select(pairs(150, labelled=False))


def test_one_call_or_many_and_predictions_between(case):
    model, stream = case
    world = World()
    core = world.core(model)
    whole = train(core, world.rows(stream))
    assert whole.min() == 0
    assert 0.5 < whole.max() <= 1

    world = World()
    core = world.core(model)
    for i, pair in enumerate(stream):
        # Predicted when the vocabulary does not hold the row's names yet: they have ids beyond it.
        tentative = World()
        tentative.features, tentative.labels = world.features.copy(), world.labels.copy()
        ahead = ask(core, tentative.rows([(pair[0], None)]))
        row = train(core, world.rows([pair]))
        assert row.tobytes() == whole[i : i + 1].tobytes()
        assert ahead.tobytes() == row.tobytes()


def test_going_on_from_a_checkpoint_and_from_a_copy(case):
    model, stream = case
    world = World()
    core = world.core(model)
    train(core, world.rows(stream[:100]))
    data = dumps({"core": core.state()}, kind="test", allow_pickle=True)
    state = loads(data, allow_pickle=True)["core"]
    twins = [core.copy(), RiverCore.from_state(state, features=world.features, labels=world.labels)]
    rest = world.rows(stream[100:])
    expected = train(core, rest)
    for twin in twins:
        assert train(twin, rest).tobytes() == expected.tobytes()


def test_a_split_changes_no_prediction(case):
    model, stream = case
    world = World()
    core = world.core(model)
    train(core, world.rows(stream[:100]))
    rest = world.rows(stream[100:])
    before = ask(core, rest)
    left, right = core.copy(), core.copy()
    left.keep_columns(np.array([0, 2], np.int32))
    right.keep_columns(np.array([1], np.int32))
    out = np.full_like(before, -1)
    left.predict(rest, kinds(rest), out)
    assert (out[:, 1] == -1).all()
    right.predict(rest, kinds(rest), out)
    assert out.tobytes() == before.tobytes()
    train(left, rest)
    assert ask(core, rest).tobytes() == before.tobytes()


def test_more_columns():
    world = World()
    rows = world.rows([({"a": 1}, {"p", "q"})] * 3)
    core = world.core(linear_model.LogisticRegression(), columns=[1])
    assert (train(core, rows)[:, 0] == -1).all()
    core.add_columns(np.array([0], np.int32))
    assert core.columns.tolist() == [0, 1]
    assert core.columns.dtype == np.int32
    found = train(core, world.rows([({"a": 1}, {"p", "q"})] * 3))
    assert found[0, 0] == 0
    assert found[0, 1] > found[1, 0] > 0.5


def test_rows_as_river_wants_them():
    world = World()
    rows = world.rows(
        [
            ({"a": 2.0, "colour": "red"}, {"p"}),
            ({"b": -1.0, "colour": "blue"}, {"p"}),
            ({"a": None, "b": 0, "colour": None}, {"p"}),
            ({}, {"p"}),
        ]
    )
    for dense, expected in (
        (None, [{"a": 2, "colour": "red"}, {"a": 0, "b": -1, "colour": "blue"}, {"b": 0}, {"a": 0, "b": 0}]),
        (False, [{"a": 2, "colour": "red"}, {"b": -1, "colour": "blue"}, {}, {}]),
    ):
        core = world.core(Recorder(), columns=[0], dense=dense)
        found = train(core, rows)
        assert [x for x, _ in core.state()["clones"][0].learned] == expected
        # Predicted with what had been met before.
        sizes = [1 if dense is None else 0, *map(len, expected[2:])]
        assert found[1:, 0].tolist() == pytest.approx([size / 1000 for size in sizes])


def test_zeros_are_left_out_when_there_are_many_attributes():
    world = World()
    many = {f"f{i}": 1.0 for i in range(DENSE_ATTRIBUTES)}
    rows = world.rows([(many, {"p"}), ({"f0": 1.0}, {"p"}), ({"one more": 1.0}, {"p"})])
    core, dense = world.core(Recorder(), columns=[0]), world.core(Recorder(), columns=[0], dense=True)
    train(core, rows)
    train(dense, rows)
    assert [len(x) for x, _ in core.state()["clones"][0].learned] == [DENSE_ATTRIBUTES, DENSE_ATTRIBUTES, 1]
    assert [len(x) for x, _ in dense.state()["clones"][0].learned][2] == DENSE_ATTRIBUTES + 1


def test_unknown_is_not_absent():
    world = World()
    x = {"a": 1.0}
    rows = world.rows([(x, {"p"}), (x, {"q": True}), (x, None), (x, {"p": False, "q": False}), (x, set())])
    core = world.core(Recorder(), columns=[0, 1])
    train(core, rows)
    assert [y for _, y in core.state()["clones"][0].learned] == [True, False, False]
    assert [y for _, y in core.state()["clones"][1].learned] == [True, False, False]


def test_labels_are_born_with_their_row():
    world = World()
    x = {"a": 1.0}
    rows = world.rows([(x, {"p"}), (x, {"q"}), (x, set())])
    core = world.core(Recorder(), columns=[0, 1])
    found = train(core, rows)
    assert [y for _, y in core.state()["clones"][1].learned] == [True, False]
    assert (found[:, 0] > 0).tolist() == [False, True, True]
    assert (found[:, 1] > 0).tolist() == [False, False, True]


@pytest.mark.parametrize(
    ("model", "learned"),
    [
        (JointRecorder(), [{"p": True, "q": True}, {"p": True, "q": False}]),
        (preprocessing.StandardScaler() | JointRecorder(), [{"p": True, "q": True}, {"p": True, "q": False}]),
    ],
)
def test_multi_label_models_that_may_take_unknown_for_absent(model, learned):
    world = World()
    x = {"a": 1.0}
    rows = world.rows([(x, {"p", "q"}), (x, {"q": True}), (x, {"p": True, "q": False}), (x, None)])
    core = world.core(model, columns=[0, 1])
    train(core, rows)
    clone = core.state()["clones"][-1]
    assert getattr(clone, "_last_step", clone).learned == learned


def test_chains_learn_what_is_known():
    world = World()
    x = {"a": 1.0}
    rows = world.rows([(x, {"p", "q"}), *[(x, {"q": True})] * 5])
    for model in (
        multioutput.ClassifierChain(linear_model.LogisticRegression()),
        multioutput.PerOutputClassifier(linear_model.LogisticRegression()),
        multioutput.MonteCarloClassifierChain(linear_model.LogisticRegression()),
    ):
        found = train(world.core(model, columns=[0, 1]), rows)
        assert found[2, 0] == found[-1, 0]
        assert found[2, 1] < found[3, 1] < found[-1, 1]


def test_seeds_follow_from_seed_and_label():
    world = World()
    rows = world.rows([({"a": 1.0}, {"p", "q"})])

    def seeds(model, columns=(0, 1), seed=3):
        core = RiverCore(
            np.array(columns, np.int32), model=model, features=world.features, labels=world.labels, seed=seed
        )
        train(core, rows)
        return {j: clone._get_params() for j, clone in core.state()["clones"].items()}

    free = seeds(Recorder())
    assert free == seeds(Recorder())
    assert free[0]["seed"] != free[1]["seed"]
    assert seeds(Recorder(), columns=[1])[1] == free[1]
    assert seeds(Recorder(), seed=4)[0] != free[0]
    assert seeds(Recorder(seed=5))[0]["seed"] == 5

    bagging = ensemble.ADWINBaggingClassifier(tree.HoeffdingAdaptiveTreeClassifier(), n_models=2)
    nested = seeds(preprocessing.StandardScaler() | bagging)[0]["ADWINBaggingClassifier"]
    assert nested["seed"] is not None
    assert nested["model"][1]["seed"] not in (None, nested["seed"])
    chain = seeds(multioutput.ClassifierChain(preprocessing.StandardScaler() | Recorder()))[-1]
    assert chain["model"][1]["Recorder"]["seed"] is not None


class Silent(base.Classifier):
    """A classifier without probabilities, that answers what it is made with."""

    def __init__(self, answer):
        self.answer = answer

    def learn_one(self, x, y):
        del x, y

    def predict_one(self, x):  # noqa: ARG002
        return self.answer


class Loud(Silent):
    """A classifier whose probabilities are what it is made with."""

    def predict_proba_one(self, x):  # noqa: ARG002
        return self.answer


@pytest.mark.parametrize(
    ("model", "p"),
    [
        (Silent(True), 1),
        (Silent(False), 0),
        (Silent(None), 0),
        (Loud({}), 0),
        (Loud(None), 0),
        (Loud({False: 1.0}), 0),
        (Loud({True: 0.25, False: 0.75}), 0.25),
        (Loud({True: NAN}), 0),
        (Loud({True: 3.0, False: 1.0}), 1),
        (ensemble.VotingClassifier([naive_bayes.GaussianNB()] * 2), 1),
    ],
)
def test_answers(model, p):
    world = World()
    rows = world.rows([({"a": 1.0}, {"p"})] * 3)
    assert train(world.core(model, columns=[0]), rows)[1:, 0].tolist() == [p, p]


def test_multi_label_answers_without_probabilities():
    class Flags(JointRecorder):
        def predict_one(self, x):  # noqa: ARG002
            return {"p": True, "elsewhere": True}

    world = World()
    found = train(world.core(Flags(), columns=[0, 1]), world.rows([({"a": 1.0}, {"p", "q"})] * 2))
    assert found.tolist() == [[0, 0, -1], [1, 0, -1]]


@pytest.mark.parametrize(
    ("model", "found"),
    [
        (tree.ISOUPTreeRegressor(), "found a .SOUPTreeRegressor, which is a regressor"),
        (preprocessing.StandardScaler() | linear_model.LinearRegression(), "found a Pipeline, which is a regressor"),
        (preprocessing.StandardScaler(), "found a StandardScaler$"),
        (tree.HoeffdingTreeClassifier, "found the class HoeffdingTreeClassifier: give an instance"),
        ("tree", "found a str$"),
    ],
)
def test_other_models_are_refused(model, found):
    with pytest.raises(TypeError, match=rf"must be a river classifier \(base\.Classifier\) or .*{found}"):
        World().core(model)


def test_a_checkpoint_needs_pickle():
    core = World().core(naive_bayes.GaussianNB())
    with pytest.raises(TypeError, match=r"^learner\.model: an object of class river\.naive_bayes"):
        dumps({"learner": core.state()}, kind="test")


def test_size_grows_with_what_is_learned():
    world = World()
    core = world.core(naive_bayes.GaussianNB())
    assert core.n_bytes == 0
    train(core, world.rows(numeric(pairs(10))))
    small = core.n_bytes
    train(core, world.rows([({f"f{i}": 1.0 for i in range(50)}, {"p"})]))
    assert core.n_bytes > small > 1000
