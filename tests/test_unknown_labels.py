"""Unknown is not absent: a label that is not known in a row learns nothing of it, through the whole model."""

from __future__ import annotations

import copy
import pickle
from collections.abc import Iterator
from itertools import chain
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ihomer import IHOMER, MLHAT, LinearLearner
from ihomer.decision import make_decision
from ihomer.decision.rules import RULES
from ihomer.presets import PRESETS
from ihomer.rows import Rows
from streams import Batch
from tests.decision_streams import probabilities, random_labels, rows_of
from tests.test_causality import bits, decided, new_stack, stacked

MODELS: dict[str, Any] = {
    **{name: lambda name=name: IHOMER(preset=name) for name in PRESETS if name != "none"},
    "fast with MLHAT": lambda: IHOMER(preset="fast", learner=MLHAT()),
    "LinearLearner": LinearLearner,
    "MLHAT": MLHAT,
}
every_model = pytest.mark.parametrize("name", MODELS)
#: Numbers that nothing else in a state is as long as.
LABELS, FEATURES = 13, 29
NAMES = [f"l{k:02d}" for k in range(LABELS)]


def row(rng: np.random.Generator) -> tuple[dict[str, float], dict[str, bool]]:
    x = {f"f{j:02d}": float(rng.normal()) for j in range(FEATURES) if rng.random() < 0.6}
    return x, {label: bool(x.get(f"f{k:02d}", 0) > 0.3) for k, label in enumerate(NAMES)}


def hidden(rng: np.random.Generator, y: dict[str, bool]) -> dict[str, bool]:
    return {label: truth for label, truth in y.items() if rng.random() < 0.6}


@every_model
@settings(max_examples=6, deadline=None)
@given(st.integers(0, 2**32))
def test_all_ways_to_say_unknown_are_one(name: str, seed: int) -> None:
    """A key that is missing, None, and a mask in a Batch made by hand; the same bits."""
    rng = np.random.default_rng(seed)
    models = missing, none, masked = [MODELS[name]() for _ in range(3)]
    first = dict.fromkeys(NAMES, True)
    pairs: list[Any] = [({"f00": 1.0}, first)]
    for _ in range(70):
        x, y = row(rng)
        pairs.append((x, hidden(rng, y)))
    for x, y in pairs:
        missing.learn_one(x, y)
        none.learn_one(x, {label: y.get(label) for label in NAMES})
    plain = Batch.from_pairs([(x, None) for x, _ in pairs])
    for label in NAMES:
        plain.labels.add(label)
    held = [sorted(plain.labels.ids[label] for label, truth in y.items() if truth) for _, y in pairs]
    known = [sorted(plain.labels.ids[label] for label in y) for _, y in pairs]
    batch = Batch(
        plain.features, plain.labels, plain.indptr, plain.indices, plain.values,
        np.cumsum([0, *map(len, held)]), np.array([*chain(*held)], np.int32), np.ones(len(pairs), np.uint8),
        np.cumsum([0, *map(len, known)]), np.array([*chain(*known)], np.int32),
    )  # fmt: skip
    masked.predict_learn_many(batch)
    assert len({pickle.dumps(model) for model in models}) == 1


def arrays(tree: Any, path: str = "") -> Iterator[tuple[str, np.ndarray]]:
    if isinstance(tree, dict):
        for key, value in tree.items():
            yield from arrays(value, f"{path}.{key}")
    elif isinstance(tree, (list, tuple)):
        for i, value in enumerate(tree):
            yield from arrays(value, f"{path}[{i}]")
    elif isinstance(tree, np.ndarray):
        yield path, tree


def of_labels(model: Any) -> dict[tuple[str, int], np.ndarray]:
    """All that stands in a state for each label: arrays with an axis as long as there are labels."""
    found = {}
    for path, array in arrays(copy.deepcopy(model._state())):
        for axis, n in enumerate(array.shape):
            # But for how often it was unknown, and the first rows, kept as they are until it is clear how to scale them.
            if n == LABELS and not path.endswith(".missing") and ".first" not in path:
                found[path, axis] = np.moveaxis(array, axis, 0)
    return found


def in_both(one: np.ndarray, other: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The cells that are in both: arrays grow with features, and a dictionary with any row that is new."""
    cells = tuple(slice(0, min(n, m)) for n, m in zip(one.shape, other.shape, strict=True))
    return one[cells], other[cells]


@every_model
@settings(max_examples=4, deadline=None)
@given(st.integers(0, 2**32), st.booleans())
def test_what_belongs_to_an_unknown_label_stays(name: str, seed: int, together: bool) -> None:
    """Weights, variances, counts, leaves: of labels that are unknown in some rows no bit changes, of others some do."""
    rng = np.random.default_rng(seed)
    model = MODELS[name]()
    model.learn_one({"f00": 1.0}, dict.fromkeys(NAMES, True))
    for _ in range(80):
        x, y = row(rng)
        model.learn_one(x, {label for label, truth in y.items() if truth} if rng.random() < 0.5 else hidden(rng, y))
    before = of_labels(model)
    assert len(before) >= 2
    unknown = set(rng.choice(LABELS, 4, replace=False).tolist())
    pairs = []
    for _ in range(6):
        x, y = row(rng)
        pairs.append((x, {label: truth for k, (label, truth) in enumerate(y.items()) if k not in unknown}))
    if together:
        model.learn_many(Batch.from_pairs(pairs))
    else:
        for x, y in pairs:
            model.learn_one(x, y)
    after = of_labels(model)
    known = sorted(set(range(LABELS)) - unknown)
    moved = 0
    assert before.keys() <= after.keys()
    for place in before:
        one, other = in_both(before[place], after[place])
        kept = sorted(unknown)
        np.testing.assert_array_equal(one[kept], other[kept], err_msg=str(place))
        moved += not np.array_equal(one[known], other[known])
    assert moved >= 2


def unknown_cells(rows: Rows) -> np.ndarray:
    """Whether nothing is known of a cell (row, label)."""
    cells = np.repeat(rows.status[:, None] != 2, rows.n_labels, axis=1)
    for i in range(len(rows)):
        cells[i, rows.known_indices[rows.known_indptr[i] : rows.known_indptr[i + 1]]] = False
    return cells


# A choice with sets seen before is left out: which set is likely depends on every probability.
@pytest.mark.parametrize("rule", [*(rule for rule in RULES if not rule.startswith("auto_")), 0.4])
@pytest.mark.parametrize("seed", range(5))
def test_a_decision_looks_at_no_unknown_cell(rule: str | float, seed: int) -> None:
    """Whether a label is predicted of which nothing is known: what is learned of the row is the same."""
    rows = rows_of([set(range(6)), *random_labels(seed, 100)])
    p = probabilities(seed, rows)
    unknown = unknown_cells(rows)
    # A row whose best label is known gets that one, if no other.
    best = np.where(unknown, 0, p).max(axis=1, keepdims=True)
    noise = np.random.default_rng(seed).random(p.shape).astype(np.float32) * best
    other = np.where(unknown & (p < best), noise, p)
    assert (p != other).sum() > 30
    states = []
    for told in (p, other):
        decision = make_decision(rule)
        decided(decision, told, rows, len(rows))
        states.append(bits(decision.state()))
    assert states[0] == states[1]


@pytest.mark.parametrize("seed", range(5))
def test_the_stack_looks_at_no_unknown_cell(seed: int) -> None:
    """Weights that all labels share learn from known cells alone."""
    rows = rows_of([set(range(6)), *random_labels(seed, 100)])
    rng = np.random.default_rng(seed)
    scores = rng.normal(0, 2, (3, len(rows), rows.n_labels)).astype(np.float32)
    other = scores + unknown_cells(rows) * rng.normal(0, 5, scores.shape).astype(np.float32)
    states = []
    for told in (scores, other):
        stack = new_stack()
        stacked(stack, told, rows, len(rows))
        states.append(bits(stack.state(rows.n_labels)))
    assert states[0] == states[1]


@every_model
def test_rows_of_which_nothing_is_known_teach_no_label(name: str) -> None:
    """An empty dict, None for every label, and no truth at all; only features are met."""
    rng = np.random.default_rng(5)
    for nothing in ({}, dict.fromkeys(NAMES), None):
        model = MODELS[name]()
        model.learn_one({"f00": 1.0}, dict.fromkeys(NAMES, True))
        for _ in range(60):
            x, y = row(rng)
            model.learn_one(x, {label for label, truth in y.items() if truth})
        before = of_labels(model)
        for _ in range(3):
            model.learn_one(row(rng)[0], nothing)
        after = of_labels(model)
        assert before.keys() <= after.keys()
        for place in before:
            np.testing.assert_array_equal(*in_both(before[place], after[place]), err_msg=str(place))
        assert model.labels == NAMES
