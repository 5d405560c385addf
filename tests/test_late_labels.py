"""Late labels: what is learned later is what `learn_one` learns at that moment; rows wait in bounded memory."""

from __future__ import annotations

import copy
import pickle
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ihomer import IHOMER, LinearLearner
from ihomer.estimator import ArrayEstimator
from ihomer.waiting import Waiting
from streams import Vocabulary
from tests.naive.late import LateTwin
from tests.test_laws import MODELS, every_model, stream, told

Pairs = list[tuple[dict[Any, Any], Any]]


class Small(LinearLearner):
    """Remembers few rows."""

    waiting = 3


def learned(model: ArrayEstimator) -> bytes:
    """What was learned, without the rows that wait."""
    twin = copy.deepcopy(model)
    twin._waiting = Waiting(1)
    return pickle.dumps(twin)


names = st.sampled_from(["a", "b", 3, ("t", 1)])
numbers = st.sampled_from([0, 0.0, 1, 2.5, -1e-50, 1e-40, np.float32(0.1), 0.1, True, None, float("nan"), np.int64(4)])
features = st.dictionaries(
    names,
    st.one_of(numbers, st.sampled_from(["red", "blue"])),
    max_size=4,
).map(lambda x: {k: v for k, v in x.items() if not (k == "a" and isinstance(v, str))})
labels = st.sampled_from(["p", "q", "r", 7])
truths = st.one_of(
    st.none(),
    st.sets(labels),
    st.frozensets(labels),
    st.dictionaries(labels, st.sampled_from([True, False, None])),
)
steps = st.lists(
    st.one_of(
        st.tuples(st.just("predict"), st.integers(0, 5), features),
        st.tuples(st.just("later"), st.integers(0, 5), truths),
        st.tuples(st.just("learn"), features, truths),
        st.tuples(st.just("reload"), st.none(), st.none()),
    ),
    max_size=30,
)


@settings(max_examples=150, deadline=None)
@given(steps)
def test_any_course_of_events_is_what_the_definitions_say(course: list[Any]) -> None:
    model, twin = Small(), LateTwin(LinearLearner(), Small.waiting)
    asked: dict[Any, Any] = {}
    for what, one, other in course:
        if what == "predict":
            x = asked.setdefault(one, other)  # the same row under a key as long as it waits
            if one not in twin.rows:
                x = asked[one] = other
            assert model.predict_set_one(x, key=one) == twin.predict(x, one)
        elif what == "learn":
            model.learn_one(one, other)
            twin.model.learn_one(one, other)
        elif what == "reload":
            model = pickle.loads(pickle.dumps(model))
        elif one not in twin.rows:
            with pytest.raises(KeyError, match="no row waits under the key"):
                model.learn_later(one, other)
        else:
            try:
                twin.learn_later(one, other)
            except ValueError:
                before = pickle.dumps(model)
                with pytest.raises(ValueError, match="was learned as"):
                    model.learn_later(one, other)
                assert pickle.dumps(model) == before
            else:
                model.learn_later(one, other)
        assert (model.n_waiting, model.n_expired) == (len(twin.rows), twin.expired)
    model._waiting = Waiting(Small.waiting)
    ours, theirs = model._whole_state(), twin.model._whole_state()
    assert told(model, {"a": 1.0, "b": "red"}) == told(twin.model, {"a": 1.0, "b": "red"})
    from ihomer.checkpoint import dumps

    assert dumps(ours, kind="state") == dumps(theirs, kind="state")


@every_model
@pytest.mark.parametrize("delay", [1, 40])
def test_later_is_as_now(make: Any, delay: int) -> None:
    """Names that were unknown when a row was predicted, categories, missing values: all as if the row came now."""
    later, now = make(), make()
    rows = stream(150)
    for i, (x, _) in enumerate(rows):
        given_x = dict(x)
        assert later.predict_set_one(given_x, key=("row", i)) == now.predict_set_one(x)
        given_x.clear()  # the caller's own
        if i >= delay:
            late, y = rows[i - delay]
            later.learn_later(("row", i - delay), y)
            now.learn_one(late, y)
    answers = [told(model, x) for model in (later, now) for x, _ in rows[:30]]
    assert answers[:30] == answers[30:]
    if make is not MODELS["RiverLearner"]:  # its pickle has no fixed order
        assert learned(later) == learned(now)


@every_model
def test_every_prediction_takes_a_key(make: Any) -> None:
    model = make()
    for x, y in stream(30):
        model.learn_one(x, y)
    x = {"w1": 1.0, "never met": 2.0, "colour": "orange"}
    assert model.predict_one(x, key=1) == model.predict_one(x)
    assert model.predict_proba_one(x, key=2) == model.predict_proba_one(x)
    assert model.predict_set_one(x, key=3) == model.predict_set_one(x)
    assert model.rank_one(x, 3, key=4) == model.rank_one(x, 3)
    assert model.n_waiting == 4
    model.rank_one(x, 2, key=1)  # the same row under the same key
    assert (model.n_waiting, model.n_expired) == (4, 0)
    for key in range(1, 5):
        model.learn_later(key, {"l1"})
    assert model.n_waiting == 0


@every_model
def test_saved_with_rows_that_wait(make: Any, tmp_path: Path) -> None:
    rows = stream(80)
    never, stopped = make(), make()
    pickled = "RiverLearner" in type(never).__name__
    for i, (x, y) in enumerate(rows[:60]):
        for model in (never, stopped):
            model.predict_one(x, key=i)
            if i >= 30:
                model.learn_later(i - 30, y if i % 3 else {"l0": True, "l1": None})
    stopped.save(tmp_path / "model", allow_pickle=pickled)
    assert stopped.n_waiting > 30  # and those of which a part is known
    stopped = type(never).load(tmp_path / "model", allow_pickle=pickled)
    assert stopped.n_waiting == never.n_waiting
    for i, (_, y) in enumerate(rows[30:60], 30):
        for model in (never, stopped):
            model.learn_later(i, y)
    assert all(told(never, x) == told(stopped, x) for x, _ in rows[60:])
    if not pickled:
        assert pickle.dumps(never) == pickle.dumps(stopped)


def test_the_order_of_dicts_does_not_matter_while_rows_wait() -> None:
    forward, backward = IHOMER(preset="fast"), IHOMER(preset="fast")
    for i, (x, _) in enumerate(stream(40)):
        truth = {"l0": True, "l1": False}
        forward.predict_one(x, key=i)
        backward.predict_one(dict(reversed(x.items())), key=i)
        if i > 5:
            forward.learn_later(i - 5, truth)
            backward.learn_later(i - 5, dict(reversed(truth.items())))
    assert forward.n_waiting > 5
    assert pickle.dumps(forward) == pickle.dumps(backward)


def test_what_expires_is_counted_and_told() -> None:
    model = IHOMER(preset="fast", waiting=2)
    for i in range(12):
        model.predict_one({"a": float(i)}, key=i)
    assert (model.n_waiting, model.n_expired) == (2, 10)
    events = [event for event in model.events if event["kind"] == "expired"]
    assert [event["total"] for event in events] == [1, 2, 4, 8]
    assert {(event["place"], event["waiting"]) for event in events} == {("waiting rows", 2)}
    with pytest.raises(KeyError, match=r"no row waits under the key 9: .*2 rows wait, of at most 2; 10 expired"):
        model.learn_later(9, {"p"})
    model.learn_later(10, {"p"})
    model.predict_one({"a": 0.5}, key=11)  # another row under a key that waits
    assert (model.n_waiting, model.n_expired) == (1, 11)


def test_parts_of_the_truth() -> None:
    model = LinearLearner()
    for label in "pqr":
        model.learn_one({"a": 1.0}, {label})
    model.predict_one({"a": 2.0}, key="k")
    model.learn_later("k", {"p": True, "q": None})
    assert model.n_instances == 4
    model.learn_later("k", {"p": True})  # known already: teaches nothing
    model.learn_later("k", {})
    assert (model.n_instances, model.n_waiting) == (4, 1)
    with pytest.raises(ValueError, match="label 'p' of the row 'k' was learned as True, and cannot be False now"):
        model.learn_later("k", {"p": False, "q": True})
    model.learn_later("k", {"q": False})
    model.learn_later("k", {"r": False})  # nothing is left to come
    assert (model.n_instances, model.n_waiting) == (6, 0)
    with pytest.raises(KeyError, match="no row waits under the key 'k'"):
        model.learn_later("k", {"r"})


def test_what_cannot_be_learned_goes_on_waiting() -> None:
    model = LinearLearner()
    model.predict_one({"a": 1.0}, key="k")
    before = pickle.dumps(model)
    for wrong, error in [("p", TypeError), ({"p": 2}, TypeError), ({None}, TypeError), (7, TypeError)]:
        with pytest.raises(error):
            model.learn_later("k", wrong)  # type: ignore[arg-type]
        assert pickle.dumps(model) == before
    model.learn_later("k", {"p"})


def test_what_cannot_be_predicted_does_not_wait() -> None:
    model = LinearLearner()
    for x in ({"a": float("inf")}, {"a": [1]}, [1.0]):
        with pytest.raises((TypeError, ValueError)):
            model.predict_one(x, key=1)  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="a name must be"):
        model.predict_one({"a": 1.0}, key=object())  # type: ignore[arg-type]
    assert model.n_waiting == 0


def test_room_for_no_row() -> None:
    with pytest.raises(ValueError, match="waiting must be at least 1, found 0"):
        Waiting(0)


def test_bytes_are_counted() -> None:
    model = LinearLearner()
    empty = model._raw_memory_usage
    for i in range(100):
        model.predict_one({"a": float(i), f"new {i}": 1.0}, key=i)
    assert model._raw_memory_usage > empty + 100 * 200


def test_features_whose_ids_are_used_again() -> None:
    features = Vocabulary(["a", "b"])
    features.add_category("colour", "red")
    waiting = Waiting(10)
    x = {"a": 1.0, "b": 2.0, "colour": "red", "new": 3.0}
    waiting.remember("k", x, None, features)
    waiting.forget_features(np.array([1, 2], np.int32), features)
    other = Vocabulary(["a", "another"])
    assert waiting.x("k", other) == x


def test_a_checkpoint_from_before_rows_could_wait() -> None:
    model = LinearLearner()
    model.learn_one({"a": 1.0}, {"p"})
    state = model._whole_state()
    del state["waiting"]
    older = LinearLearner()
    older._restore_whole(state)
    assert pickle.dumps(older) == pickle.dumps(model)
