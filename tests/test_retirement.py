"""Labels and features that go: nothing changes for those that stay, batches do not matter, limits are kept."""

from __future__ import annotations

import pickle
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ihomer import IHOMER
from ihomer.arrays import kept, renumbered
from ihomer.blocks import PIECE, blocks
from ihomer.decision.macro_f1 import MacroF1
from ihomer.decision.subset_accuracy import SeenSets
from ihomer.door import Door
from ihomer.hierarchy.tree import ClusterTree
from ihomer.learners.composition import Composition
from ihomer.learners.mixture import Mixture
from ihomer.learners.row_memory import RowMemory
from ihomer.presets import PRESETS
from ihomer.retired_labels import Essence, RetiredLabels
from ihomer.rows import Rows
from streams import Batch, Vocabulary

few = settings(max_examples=25, deadline=None)
Pairs = list[tuple[dict[str, Any], Any]]


def drifting(rows: int, seed: int = 0, *, partial: bool = False) -> Pairs:
    """Names come and go: a window over them moves; a category in every row, labels that hang on features."""
    rng = np.random.default_rng(seed)
    pairs: Pairs = []
    for t in range(rows):
        ids = (t // 25 + rng.integers(0, 40, 6)).tolist()
        x = {f"f{j}": 1.0 + j % 3 for j in ids} | {"kind": f"k{t // 60 + int(rng.integers(5))}"}
        y: Any = {f"l{j // 4}" for j in ids[:2]}
        if partial and t % 5 == 0:
            y = dict.fromkeys(y, True) | {f"l{t // 100}": False} if t % 10 else None
        pairs.append((x, y))
    return pairs


def rows_of(pairs: Pairs) -> Rows:
    return Door().learned(Batch.from_pairs(pairs))


def learned(mixture: Mixture, rows: Rows, first: int = 0) -> np.ndarray:
    out = [mixture.block(rows.slice(a, b), learn=True) for a, b in blocks(first, len(rows))]
    wide = np.zeros((len(rows), rows.n_labels), np.float32)
    at = 0
    for p in out:
        wide[at : at + len(p), : p.shape[1]] = p
        at += len(p)
    return wide


# ---------------------------------------------------------------------- parts


@given(st.data())
@few
def test_kept_is_what_indexing_gives(data: st.DataObject) -> None:
    shape = data.draw(st.tuples(st.integers(0, 30), st.integers(0, 30)))
    axis = data.draw(st.integers(0, 1))
    positions = np.array(sorted(data.draw(st.sets(st.integers(0, 35)))), np.int64)
    array = np.arange(shape[0] * shape[1], dtype=np.float32).reshape(shape)
    inside = positions[positions < shape[axis]]
    expected = np.take(array, inside, axis=axis)
    found = kept(array.copy(), positions, axis, 7)
    here = found[: len(inside)] if axis == 0 else found[:, : len(inside)]
    np.testing.assert_array_equal(here, expected)
    assert (found[len(inside) :] == 7).all() if axis == 0 else (found[:, len(inside) :] == 7).all()
    assert found.flags.c_contiguous
    np.testing.assert_array_equal(renumbered(shape[0], positions)[positions[positions < shape[0]]],
                                  np.arange(np.count_nonzero(positions < shape[0])))  # fmt: skip


EXPERTS = ["arow", "arow idf", "prior", "history", "recent rows", "feature counts", "row memory"]


@pytest.mark.parametrize("parts", [EXPERTS, PRESETS["fast"].shared.parts, [*EXPERTS, "extra trees"]])  # type: ignore[union-attr]
@pytest.mark.parametrize("seed", [1, 2])
def test_nothing_changes_for_what_is_kept(parts: list[str], seed: int) -> None:
    # One door for all: ids mean the same in what is learned and what is asked.
    rows = rows_of(drifting(700, seed))
    past = rows.slice(0, 600)
    one, other = Mixture(Composition(tuple(parts))), Mixture(Composition(tuple(parts)))
    learned(one, past)
    learned(other, past)
    rng = np.random.default_rng(seed)
    labels = np.flatnonzero(rng.random(past.n_labels) < 0.7)
    if "extra trees" in parts:  # splits on labels of the row before: what is gone cannot be asked any more
        labels = np.arange(past.n_labels)
    features = np.flatnonzero(rng.random(rows.n_features) < 0.7)
    other.keep_features(features)
    other.keep(labels)
    # Rows to come that have kept features alone.
    asked = past.of_features(features)
    full = asked.scaled(asked.indptr, features[asked.indices].astype(np.int32), asked.values)
    mine = one.block(full, learn=False)[:, labels]
    theirs = other.block(asked.of_labels(labels), learn=False)
    np.testing.assert_array_equal(mine, theirs)
    assert other.needed(len(features), len(labels)) <= one.needed(rows.n_features, past.n_labels)


@pytest.mark.parametrize("parts", [EXPERTS, PRESETS["fast"].shared.parts])  # type: ignore[union-attr]
def test_learning_goes_on_with_the_same_bits_without_features(parts: list[str]) -> None:
    rows = rows_of(drifting(900, 3))
    one, other = Mixture(Composition(tuple(parts))), Mixture(Composition(tuple(parts)))
    past, future = rows.slice(0, 640), rows.slice(640, 900)
    learned(one, past)
    learned(other, past)
    features = np.unique(np.concatenate((rows.indices[rows.indptr[640] :], np.arange(3, rows.n_features, 3))))
    other.keep_features(features.astype(np.int64))
    np.testing.assert_array_equal(learned(one, future, 640), learned(other, future.of_features(features), 640))


def test_touched_cells_are_kept_too() -> None:
    from ihomer.learners.feature_counts import FeatureCounts
    from ihomer.learners.protocol import Views

    rows = rows_of(drifting(300, 4))
    one, other = FeatureCounts(table_bytes=0), FeatureCounts(table_bytes=0)
    for expert in (one, other):
        expert.block(Views(rows, rows, dense=False), learn=True)
    features = np.arange(0, rows.n_features, 2)
    other.keep_features(features)
    asked = rows.of_features(features)
    full = asked.scaled(asked.indptr, features[asked.indices].astype(np.int32), asked.values)
    np.testing.assert_array_equal(
        one.block(Views(full, full, dense=False), learn=False), other.block(Views(asked, asked, dense=False), learn=False)
    )


@pytest.mark.parametrize("dense", [False, True])
def test_a_row_memory_holds_what_its_index_says(dense: bool) -> None:
    from ihomer.learners.protocol import Views

    rows = rows_of(drifting(400, 5))
    memory = RowMemory(256, dense=dense)
    for a, b in blocks(0, len(rows)):
        part = rows.slice(a, b)
        memory.block(Views(part, part, dense=dense), learn=True)
    memory.keep_features(np.arange(1, rows.n_features, 2))
    memory.invariants()
    assert memory.shed()
    memory.invariants()
    assert len(memory.store) == 128
    while memory.shed():
        pass
    assert len(memory.store) == 64


def test_seen_sets_lose_those_with_a_label_that_is_gone() -> None:
    rows = rows_of([({}, {"a", "b"}), ({}, {"b", "c"}), ({}, {"c"}), ({}, {"b", "c"})])
    seen = SeenSets()
    seen.block(np.full((4, 3), 0.2, np.float32), rows, learn=True)
    seen.keep(np.array([1, 2]))
    n = int(seen.clock[1])
    assert [seen.sets[i, : seen.lengths[i]].tolist() for i in range(n)] == [[0, 1], [1]]
    assert seen.clock[2] == 0  # the last row's set
    again = rows_of([({}, {"b", "c"})])
    seen.block(np.full((1, 2), 0.2, np.float32), again, learn=True)
    assert seen.clock[1] == n


def test_macro_f1_keeps_thresholds() -> None:
    rows = rows_of(drifting(100))
    macro = MacroF1()
    macro.block(np.random.default_rng(0).random((100, rows.n_labels), np.float32), rows, learn=True)
    before, positions = macro.state()["hits"], np.arange(0, rows.n_labels, 2)
    macro.keep(positions)
    np.testing.assert_array_equal(macro.state()["hits"], before[positions])


def test_a_tree_loses_labels_and_empty_clusters() -> None:
    tree = ClusterTree()
    tree.add_labels(6)
    rng = np.random.default_rng(0)
    for _ in range(12):
        group = rng.integers(0, 3, 64)
        held = np.stack((2 * group, 2 * group + 1), axis=1).astype(np.int32).ravel()
        tree.learn_rows(
            np.arange(0, 129, 2), held, np.full(64, 2, np.uint8), np.zeros(65, np.int64), np.zeros(0, np.int32)
        )
        tree.restructure()
    assert [members.tolist() for members in tree.clusters()] == [[0, 1], [2, 3], [4, 5]]
    pairs = tree.counts.state()["pairs"]
    tree.keep(np.array([2, 3, 4]))
    tree.invariants()
    assert [members.tolist() for members in tree.clusters()] == [[0, 1], [2]]
    assert len(tree.nodes.leaves()) == 2
    assert tree.counts.n_pairs == 1
    assert tree.counts.state()["pairs"].tolist() == [pairs[1]]
    tree.restructure()


def test_a_vocabulary_of_some_columns() -> None:
    names = Vocabulary(["a", "b"])
    names.add_category("c", "x")
    names.add_category("c", "y")
    names.add("d")
    fewer = names.kept([1, 3, 4])
    assert fewer.names == ["b", "c=y", "d"]
    assert (fewer.get_category("c", "y"), fewer.get_category("c", "x"), fewer.get("d")) == (1, -1, 2)
    assert list(fewer.indicators("c")) == [1]
    assert fewer.kinds().tolist() == [0, 1, 0]
    assert fewer.add_category("c", "x") == 3
    assert len(names) == 5


def test_retired_labels_follow_features() -> None:
    retired = RetiredLabels(4)
    retired.add("a", Essence(3, 0.25, np.array([-1, 5, 2], np.int32), np.array([0.1, 0.2, 0.3], np.float32)))
    retired.keep_features(np.array([0, 5]))
    again = RetiredLabels(4)
    again.restore(retired.state())
    essence = again.take("a")
    assert (essence.held, essence.share, essence.ids.tolist()) == (3, 0.25, [-1, 1])
    np.testing.assert_array_equal(essence.weights, np.array([0.1, 0.2], np.float32))
    assert "a" not in again


# ---------------------------------------------------------------------- the model

LIMITS: dict[str, Any] = {"max_labels": 30, "max_features": 90, "silent_for": 1024}


def kinds(model: IHOMER) -> list[str]:
    return [event["kind"] for event in model.events if event["kind"] in ("retired", "returned")]


@pytest.mark.parametrize("preset", ["fast", "balanced"])
@pytest.mark.parametrize("target", ["example_f1", "auto_macro_f1"])
def test_a_batch_is_a_loop_while_names_go(preset: str, target: str) -> None:
    pairs = drifting(2600, 6, partial=True) + drifting(900, 7)  # the first names come back
    loop, pieces, whole = (IHOMER(preset=preset, target=target, **LIMITS) for _ in range(3))
    for x, y in pairs:
        loop.learn_one(x, y)
    for at in range(0, len(pairs), 700):
        pieces.learn_many(Batch.from_pairs(pairs[at : at + 700]))
    said = whole.predict_learn_many(Batch.from_pairs(pairs))
    assert {"retired", "returned"} <= set(kinds(loop))
    assert loop.events == pieces.events == whole.events
    assert loop.labels == whole.labels
    assert pickle.dumps(loop) == pickle.dumps(pieces) == pickle.dumps(whole)
    # What was said is by name, whatever ids labels had then.
    asked = IHOMER(preset=preset, target=target, **LIMITS)
    for i, (x, y) in enumerate(pairs):
        if i % 97 == 0:
            assert said.label_set(i) == asked.predict_set_one(x), i
            assert [name for name, _ in said.ranking(i)] == [name for name, _ in asked.rank_one(x, 5)] if i else True
        asked.learn_one(x, y)


def test_a_saved_model_goes_on(tmp_path: Path) -> None:
    pairs = drifting(2600, 8) + drifting(500, 8)
    model = IHOMER(preset="fast", **LIMITS)
    loaded = model
    for i, (x, y) in enumerate(pairs):
        model.learn_one(x, y)
        if loaded is not model:
            loaded.learn_one(x, y)
        if i in (1100, 2700):
            model.save(tmp_path / "model")
            loaded = IHOMER.load(tmp_path / "model")
    assert {"retired", "returned"} <= set(kinds(model))
    assert pickle.dumps(model) == pickle.dumps(loaded)


def test_a_label_that_returns_is_known_again() -> None:
    rng = np.random.default_rng(0)

    def row(label: str) -> tuple[dict[str, float], set[str]]:
        return {f"{label}{j}": 1.0 for j in rng.integers(0, 4, 3).tolist()} | {"all": 1.0}, {label}

    model = IHOMER(preset="fast", silent_for=PIECE)
    for _ in range(600):
        model.learn_one(*row("abcd"[int(rng.integers(4))]))
    for _ in range(4 * PIECE):
        model.learn_one(*row("cd"[int(rng.integers(2))]))
    assert set(model.labels) == set("cd")
    assert set("ab") == set(model.events[-1]["labels"])
    fresh = IHOMER(preset="fast", silent_for=PIECE)
    for _ in range(4 * PIECE):
        fresh.learn_one(*row("cd"[int(rng.integers(2))]))
    for learner in (model, fresh):
        learner.learn_one({"a0": 1.0, "all": 1.0}, {"a"})
    x = {"a1": 1.0, "a2": 1.0, "all": 1.0}
    # The one row taught nothing of these features.
    assert model.predict_proba_one(x)["a"][True] > 2 * fresh.predict_proba_one(x)["a"][True]
    for _ in range(PIECE):
        model.learn_one(*row("c"))
    event = [event for event in model.events if event["kind"] == "returned"][-1]
    assert (event["labels"], event["n_labels"]) == (["a"], 1)


@given(st.integers(1, 40), st.integers(1, 200), st.integers(0, 5))
@settings(max_examples=6, deadline=None)
def test_limits_are_kept_where_they_are_asked(max_labels: int, max_features: int, seed: int) -> None:
    pairs = drifting(2 * PIECE, seed)
    model = IHOMER(preset="fast", max_labels=max_labels, max_features=max_features)
    for _ in range(2):
        model.learn_many(Batch.from_pairs(pairs[:PIECE]))
        pairs = pairs[PIECE:]
        assert len(model.labels) <= max_labels
        assert model.n_features <= max_features
    assert all(0 <= p[True] <= 1 for p in model.predict_proba_one({"f1": 1.0}).values())


@pytest.mark.parametrize("preset", ["fast", "balanced"])
def test_bytes_are_kept(preset: str) -> None:
    model = IHOMER(preset=preset, max_bytes=1 << 24)
    for piece in range(12):
        pairs = [({"word": f"w{t}", "f": 1.0}, {f"l{t}"}) for t in range(piece * PIECE, (piece + 1) * PIECE)]
        model.learn_many(Batch.from_pairs(pairs))
        labels, features = len(model.labels), model.n_features
        assert model._retirement.needed(features, labels, model._parts()) <= 1 << 24
    assert 0 < labels < 12 * PIECE
    assert "more than 16,777,216 bytes" in model.events[-1]["cause"]
    event = model.events[-1]
    assert event["before"]["labels"] - event["after"]["labels"] == event["n_labels"]
    # What is not used any more goes first: the feature that every row has is there.
    assert "f" in model._door.features
    assert model._raw_memory_usage < 2 * (1 << 24)


@pytest.mark.parametrize("learner", ["LinearLearner", "MLHAT", "river"])
def test_learners_of_clusters_follow(learner: str) -> None:
    import ihomer

    if learner == "river":
        from river.naive_bayes import BernoulliNB

        made: Any = BernoulliNB()
    else:
        made = getattr(ihomer, learner)()
    pairs = drifting(1200, 9)
    for x, _ in pairs:
        del x["kind"]  # no category: not every river model takes them
    loop, whole = (IHOMER(preset="none", learner=made, max_labels=12, max_features=60) for _ in range(2))
    for x, y in pairs:
        loop.learn_one(x, y)
    whole.learn_many(Batch.from_pairs(pairs))
    assert len(whole.labels) < 40
    assert kinds(whole)
    assert loop.events == whole.events
    x = pairs[-1][0]
    assert loop.predict_proba_one(x) == whole.predict_proba_one(x)
    assert set(loop.predict_proba_one(x)) == set(loop.labels)


def test_predictions_keep_their_names() -> None:
    pairs = drifting(2 * PIECE, 10)
    model = IHOMER(preset="fast", max_labels=8)
    said = model.predict_learn_many(Batch.from_pairs(pairs))
    names = [said.label_set(i) for i in range(len(said))]
    model.learn_many(Batch.from_pairs(drifting(2 * PIECE, 11)))
    assert names == [said.label_set(i) for i in range(len(said))]
    assert len(said.labels) > 8 >= len(model.labels)


@pytest.mark.parametrize(
    ("name", "value"),
    [("max_labels", 0), ("max_features", 1.5), ("max_bytes", 1000), ("silent_for", 1), ("max_labels", True)],
)
def test_limits_that_are_none_are_refused(name: str, value: object) -> None:
    with pytest.raises(ValueError, match=f"{name} must be an integer of at least"):
        IHOMER(**{name: value})  # type: ignore[arg-type]
