"""Comparisons of models that are given as objects: untrained in every cell, known again, and refused in good words."""

from __future__ import annotations

import sys
import textwrap
import types

import pytest
from river import forest, linear_model, multioutput, preprocessing, tree

from ihomer import IHOMER
from ihomer.compare import compare
from ihomer.compare.contestant import contestants
from ihomer.compare.objects import packed, unpacked
from ihomer.evaluation import prequential
from streams import open_stream

STREAM = "synthetic:groups?rows=80&seed=3"
OTHER = "synthetic:groups?rows=50&seed=4"

MODULE = """
    from river import base

    class Constant(base.MultiLabelClassifier):
        def __init__(self, label="g0_0", inner=None):
            self.label = label
            self.inner = inner

        def learn_one(self, x, y):
            pass

        def predict_one(self, x):
            return {self.label: True}
"""


@pytest.fixture
def constant(tmp_path, monkeypatch):
    """The class of a module of the user's."""
    (tmp_path / "users_own.py").write_text(textwrap.dedent(MODULE))
    monkeypatch.syspath_prepend(tmp_path)
    import users_own

    yield users_own.Constant
    sys.modules.pop("users_own", None)


def chain(l2=0.0):
    return multioutput.ClassifierChain(linear_model.LogisticRegression(l2=l2))


def trained(model):
    for x, y in open_stream(OTHER):
        model.learn_one(x, y)
    return model


def compared(models, out, **options):
    """Return a comparison, and how many cells were there before."""
    kept = []
    found = compare([STREAM], models, out=out, progress=lambda standing: kept.append(standing.kept), **options)
    assert found.failures == []
    return found, max(kept, default=len(found.cells))


@pytest.mark.parametrize("jobs", [1, 2])
def test_every_cell_begins_with_an_untrained_model(constant, jobs):
    models = {"ours": trained(IHOMER(preset="fast")), "chain": chain(), "constant": constant(), "text": "fast"}
    found = compare([STREAM, OTHER], models, jobs=jobs)
    assert found.failures == []
    assert found.learners == ("ours", "chain", "constant", "text")
    for stream, source in zip(found.streams, (STREAM, OTHER), strict=True):
        for name, model in (("ours", IHOMER(preset="fast")), ("chain", chain()), ("constant", constant())):
            expected = prequential(model, open_stream(source)).summary
            assert [found.score(stream, name, metric) for metric in ("micro_f1", "p_at_1")] == [
                expected["micro_f1"], expected["p_at_1"]]  # fmt: skip
        assert found.score(stream, "ours") == found.score(stream, "text")


def test_models_are_called_by_their_class_beside_text():
    found = compare([OTHER], [preprocessing.StandardScaler() | chain(), "no-change", chain()])
    assert found.learners == ("Pipeline", "no-change", "ClassifierChain")
    assert found.failures == []


def test_equal_models_are_known_again_and_others_are_not(constant, tmp_path):
    out = tmp_path / "out"
    compared([IHOMER(preset="fast"), chain(), constant()], out)
    _, kept = compared([trained(IHOMER(preset="fast")), chain(), constant()], out)
    assert kept == 3
    _, kept = compared([IHOMER(preset="fast", delta=0.01), chain(l2=0.1), constant("g1_0")], out)
    assert kept == 0
    (tmp_path / "users_own.py").write_text(textwrap.dedent(MODULE).replace("True", "False"))
    _, kept = compared([chain(), constant()], out)
    assert kept == 1


def test_what_cannot_be_known_is_run_again(tmp_path):
    unseeded = multioutput.ClassifierChain(forest.ARFClassifier(n_models=2))
    assert compared([unseeded], tmp_path)[1] == compared([unseeded], tmp_path)[1] == 0


def test_a_class_of_no_file_is_like_no_other(constant):
    made = types.ModuleType("of_no_file")
    exec(textwrap.dedent(MODULE), made.__dict__)
    sys.modules["of_no_file"] = made
    try:
        model = made.Constant()
        assert packed(model).digest != packed(model).digest
        assert packed(constant()).digest == packed(constant()).digest
        assert packed(constant(inner=model)).digest != packed(constant(inner=model)).digest
    finally:
        del sys.modules["of_no_file"]


def test_the_parts_that_a_model_of_ours_hides_in_its_state_count(constant, tmp_path):
    models = [IHOMER(learner=tree.HoeffdingTreeClassifier(grace_period=n)) for n in (50, 100)]
    assert packed(models[0]).digest == packed(models[0].clone()).digest != packed(models[1]).digest
    held = IHOMER(learner=constant())
    before = packed(held).digest
    (tmp_path / "users_own.py").write_text(textwrap.dedent(MODULE) + "# changed\n")
    assert packed(held).digest != before


def test_a_seed_that_was_chosen_stays():
    open_, chosen = forest.ARFClassifier(n_models=2), IHOMER(seed=3)
    chosen_one, open_one = contestants([chosen, open_])
    assert (chosen_one.seeded, open_one.seeded) == (False, True)
    assert (chosen_one.make(None).seed, open_one.make(5).seed) == (3, 5)
    assert unpacked(packed(open_).text).seed is None


@pytest.mark.parametrize(
    ("models", "words"),
    [
        ([IHOMER], "found the class IHOMER, expected a model"),
        ([7], "a model has predict_learn_many"),
        ([preprocessing.StandardScaler()], "a model has predict_learn_many"),
    ],
)
def test_what_is_no_model_is_refused(models, words):
    with pytest.raises(TypeError, match=words):
        contestants(models)


def test_what_cannot_go_into_another_process_is_refused(constant, monkeypatch):
    class Local(constant):
        pass

    with pytest.raises(TypeError, match="Local cannot be brought into another process by pickle"):
        contestants([Local()])
    with pytest.raises(TypeError, match="no clone"):
        contestants([types.SimpleNamespace(predict_one=print, learn_one=print)])
    monkeypatch.setattr(sys.modules["__main__"], "Constant", constant, raising=False)
    monkeypatch.setattr(constant, "__module__", "__main__")
    for model in (constant(), IHOMER(learner=constant())):
        with pytest.raises(TypeError, match="__main__, which other processes cannot import"):
            contestants([model])


def test_two_of_one_name_are_refused():
    with pytest.raises(ValueError, match="two learners are called IHOMER: give a mapping"):
        contestants([IHOMER(), IHOMER(preset="fast")])
