"""The chain: the parts of preset "fast" in one call, against the same parts one by one."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ihomer import IHOMER
from ihomer.kernels.lanes import LANES, dot_block
from ihomer.learners.chain import Chain
from ihomer.learners.composition import PARTS
from ihomer.learners.feature_counts import FeatureCounts
from streams import Batch


def stream(seed, n, *, dense):
    """Rows with labels that appear on the way, partial and unlabelled rows, rows without features, new features."""
    rng = np.random.default_rng(seed)
    for i in range(n):
        d = 6 if dense else 40 + i
        features = range(6) if dense else np.unique(rng.integers(0, d, rng.integers(0, 9)))
        x = {f"x{j}": float(rng.normal()) for j in features}
        labels = rng.integers(0, 3 + i // 10, 2)
        names = {f"l{k}" for k in labels}
        kind = rng.integers(0, 8)
        y = None if kind == 0 else {name: bool(rng.integers(2)) for name in names} if kind == 1 else names
        yield x, y


def answers(rows, cut):
    """Predict and learn the rows in batches of `cut`; then predict all again; return what was said, and the state."""
    model = IHOMER("fast", seed=1)
    said = [model.predict_learn_many(Batch.from_pairs(rows[i : i + cut])) for i in range(0, len(rows), cut)]
    said.append(model.predict_many(Batch.from_pairs([(x, None) for x, _ in rows])))
    said += [model.predict_many(Batch.from_pairs([(x, None)])) for x, _ in rows[:5]]
    told = [(a.indptr.tolist(), a.indices.tolist(), a.top_ids.tolist(), a.top_scores.tobytes()) for a in said]
    return told, model.__getstate__()["bytes"]


@settings(max_examples=12, deadline=None)
@given(st.integers(0, 10_000), st.sampled_from([1, 5, 64, 300]), st.booleans())
def test_the_chain_says_and_learns_what_its_parts_do(seed, cut, dense):
    rows = list(stream(seed, 150, dense=dense))
    together = answers(rows, cut)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Chain, "of", lambda *_: None)
        assert answers(rows, cut) == together


def test_it_is_used_until_the_counts_are_too_many_for_their_table(monkeypatch):
    monkeypatch.setitem(
        PARTS, "feature counts", lambda *, dense, seed: None if dense else FeatureCounts(table_bytes=3000)  # noqa: ARG005
    )
    used = []
    block = Chain.block
    monkeypatch.setattr(Chain, "block", lambda self, rows, *, learn: used.append(block(self, rows, learn=learn)) or used[-1])
    rows = list(stream(3, 150, dense=False))
    together = answers(rows, 7)
    assert used[0] is not None
    assert used[-1] is None
    monkeypatch.setattr(Chain, "of", lambda *_: None)
    assert answers(rows, 7) == together


@given(st.integers(0, 1000), st.integers(1, 4), st.integers(0, 5))
@settings(max_examples=25, deadline=None)
def test_sums_of_products_in_lanes(seed, m, width):
    a, b = np.random.default_rng(seed).normal(size=(2, m, width * LANES)).astype(np.float32)
    out = np.empty(m, np.float32)
    dot_block(a, b, out)
    lanes = np.zeros((m, LANES), np.float32)
    for k in range(0, width * LANES, LANES):
        lanes += a[:, k : k + LANES] * b[:, k : k + LANES]
    while lanes.shape[1] > 1:
        lanes = lanes[:, : lanes.shape[1] // 2] + lanes[:, lanes.shape[1] // 2 :]
    assert np.array_equal(out, lanes[:, 0])
