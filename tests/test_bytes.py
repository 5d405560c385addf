"""What experts and models say that they take is what they take, and what their formulas say."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from ihomer import IHOMER, MLHAT
from ihomer.arrays import LINE, TABLE, capacity
from ihomer.blocks import BLOCK
from ihomer.kernels.postings import EVER
from ihomer.kernels.row_store import FEATURE_END, LABEL_END
from ihomer.learners.composition import PARTS
from ihomer.learners.protocol import Views
from ihomer.learners.row_store import RowStore
from ihomer.memory import bytes_of
from streams import Batch
from tests.expert_streams import Pairs, run, views_of

FEATURES, LABELS, ROWS = 400, 60, 700


def wide_pairs(n: int = ROWS, features: int = FEATURES, labels: int = LABELS) -> Pairs:
    """Rows that bring new features and labels until the end."""
    rng = np.random.default_rng(0)
    pairs: Pairs = []
    for t in range(n):
        there, known = 2 + (features - 2) * (t + 1) // n, 2 + (labels - 2) * (t + 1) // n
        x = {int(j): float(rng.uniform(0.5, 2)) for j in rng.integers(0, there, 12)}
        pairs.append(({there - 1: 1.0, **x}, {known - 1, *rng.integers(0, known, 3).tolist()}))
    return pairs


def stored(store: RowStore) -> int:
    """40 a row, 8 a non-zero, 4 a label of a row, 8 a label."""
    marks = store.arrays.marks
    return 40 * len(store) + 8 * int(marks[FEATURE_END]) + 4 * int(marks[LABEL_END]) + 8 * LABELS


def indexed(expert: Any, d: int) -> int:
    index = expert.index
    return 4 * d * len(expert.store) if index.dense else 16 * d + 100 * int(index.arrays.pool[EVER])


#: What each part says of its bytes in use: part, features -> bytes.
FORMULAS: dict[str, Callable[[Any, int], int]] = {
    "arow": lambda _, d: 8 * (d + 1) * (LABELS + 1),
    "arow idf": lambda _, d: 8 * (d + 1) * (LABELS + 1),
    "prior": lambda *_: 24 * LABELS,
    "history": lambda *_: 40 * LABELS,
    "recent rows": lambda e, d: len(e.ring) * (4 * (d + longest(e.ring[:, 0]) + longest(e.ring[:, 2])) + 40) + LABELS,
    "feature counts": lambda _, d: 16 * LABELS + 8 * d + 4 * d * LABELS,
    "row memory": lambda e, d: stored(e.store) + indexed(e, d),
    "extra trees": lambda e, _: stored(e.store) + sum(4 * len(e.store) + 24 * int(t.used[0]) for t in e.trees),
    "krls": lambda e, d: (
        8 * len(e.store) * (len(e.store) + 1) + 4 * len(e.store) * LABELS + stored(e.store) + indexed(e, d)
        + 16 * LABELS + 100 * int(e.label_index.arrays.pool[EVER])
    ),
}  # fmt: skip


def longest(lengths: Any) -> int:
    return int(lengths.max(initial=0))


def learned(name: str, *, dense: bool) -> tuple[Any, Views]:
    expert = PARTS[name](dense=dense, seed=1)
    assert expert is not None
    views = views_of(wide_pairs(), dense=dense)
    run(expert, views)
    return expert, views


CASES = [(name, dense) for name in PARTS for dense in (False, True) if PARTS[name](dense=dense, seed=1) is not None]


@pytest.mark.parametrize(("name", "dense"), CASES)
def test_bytes_are_those_of_the_formula(name: str, dense: bool) -> None:
    """In use by the formula, room to grow of at most half as much again, and for the chunks that a block may need."""
    expert, views = learned(name, dense=dense)
    assert bytes_of(expert) == pytest.approx(expert.n_bytes, rel=0.05, abs=16_000)
    if name in FORMULAS:
        in_use = FORMULAS[name](expert, views.plain.n_features)
        block = 1.25 * 100 * BLOCK * 13 if name == "row memory" and not dense else 0
        assert in_use <= expert.n_bytes <= 1.5 * in_use + block + 8_000


def test_counts_of_features_have_the_room_of_their_table() -> None:
    expert, views = learned("feature counts", dense=False)
    assert len(expert.table) == len(expert.seen) >= views.plain.n_features


def test_room_to_grow() -> None:
    for n in (1, 10, 1000, 10**6):
        assert n <= capacity(n, 0, LINE) <= 1.25 * n + 8
        assert n <= capacity(n, 0, TABLE) <= 1.125 * n + 8
        assert capacity(n, n + 1) == n + 1
    assert 1.125**2 < 1.5


@pytest.mark.parametrize("preset", ["fast", "balanced", "accurate", "paper", "MLHAT"])
def test_a_model_takes_what_its_parts_take(preset: str) -> None:
    model = IHOMER(preset="fast", learner=MLHAT()) if preset == "MLHAT" else IHOMER(preset=preset)
    model.learn_many(Batch.from_pairs(wide_pairs(300)))
    parts = [value for name, value in vars(model).items() if name not in ("seed", "preset", "delta", "target")]
    whole = model._raw_memory_usage
    assert whole == pytest.approx(sum(bytes_of(part) for part in parts), rel=0.02, abs=4_000)
    said = sum(part.n_bytes for part in (model._mixture, model._clustered, model._tree, model._monitors) if part is not None)
    # Beside arrays: the names of features and labels, and Python's objects.
    assert said <= whole <= said + 300 * (FEATURES + LABELS) + 500_000
