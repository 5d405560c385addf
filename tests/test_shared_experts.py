"""The kernels of the shared experts against their twins."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ihomer.blocks import blocks, is_boundary
from ihomer.decision.threshold import F1Threshold, FixedThreshold
from ihomer.door import Door
from ihomer.kernels.fastmath import exp_block, log_block
from ihomer.kernels.inputs import DENSE, SPARSE
from ihomer.learners.arow import AROW, FIRST_MARGIN, MOST
from ihomer.learners.inputs import Inputs
from ihomer.learners.label_prior import LabelPrior
from ihomer.learners.protocol import Views
from ihomer.learners.stack import Stack
from ihomer.probabilities import Whole
from ihomer.rows import Rows
from streams import Batch
from tests.naive import linear as naive

#: The label of the twin that never holds.
NEVER = -1

few = settings(max_examples=30, deadline=None)


def rows_of(pairs: list[tuple[object, object]]) -> Rows:
    return Door().learned(Batch.from_pairs(pairs))


def random_pairs(seed: int, n: int = 60) -> list[tuple[object, object]]:
    rng = np.random.default_rng(seed)
    pairs: list[tuple[object, object]] = []
    for _ in range(n):
        x = {int(j): float(rng.normal() * 3 + 1) for j in rng.choice(12, rng.integers(0, 8), replace=False)}
        if rng.random() < 0.2:
            x[int(rng.integers(12))] = math.nan
        held = {int(k) for k in rng.choice(6, rng.integers(0, 4), replace=False)}
        known = {k: k in held for k in range(6) if rng.random() < 0.6}
        pairs.append((x, held if rng.random() < 0.7 else known if rng.random() < 0.8 else None))
    return pairs


def dicts(rows: Rows) -> list[dict[int, float]]:
    return [
        dict(
            zip(
                rows.indices[rows.indptr[i] : rows.indptr[i + 1]].tolist(),
                rows.values[rows.indptr[i] : rows.indptr[i + 1]].tolist(),
                strict=True,
            )
        )
        for i in range(len(rows))
    ]


def truths(rows: Rows, i: int) -> tuple[set[int], set[int] | None]:
    held = set(rows.label_indices[rows.label_indptr[i] : rows.label_indptr[i + 1]].tolist())
    if rows.status[i] == 2:
        return held, None
    return held, set(rows.known_indices[rows.known_indptr[i] : rows.known_indptr[i + 1]].tolist())


@few
@given(st.integers(0, 10_000), st.sampled_from([SPARSE, DENSE]))
def test_scaling(seed: int, regime: int) -> None:
    rows = rows_of(random_pairs(seed))
    twin = naive.Scaler(regime)
    views = Inputs(regime).block(rows, learn=True)
    assert views.idf.indices.tolist() == views.plain.indices.tolist()
    for row, scaled, rare in zip(dicts(rows), dicts(views.plain), dicts(views.idf), strict=True):
        expected = {j: v for j, v in twin.scale(row).items() if v}
        expected_rare = twin.rarity(expected)
        assert all(math.isclose(rare[j], v, rel_tol=2e-5, abs_tol=1e-6) for j, v in expected_rare.items())
        assert scaled.keys() == expected.keys()
        assert all(math.isclose(scaled[j], v, rel_tol=2e-5, abs_tol=1e-6) for j, v in expected.items())
        twin.observe(row)


def test_dense_scaling_keeps_its_digits_far_from_zero() -> None:
    rng = np.random.default_rng(0)
    values = 1e6 + rng.normal(size=300).astype(np.float32)
    rows = rows_of([({"a": float(v), "b": 1.0}, {"l"}) for v in values])
    scaled = dicts(Inputs(DENSE).block(rows, learn=True).plain)
    column = rows.values.reshape(-1, 2)[:, 0].astype(np.float64)
    for t in range(10, 300):
        past = column[:t]
        expected = np.clip((column[t] - past.mean()) / past.std(), -4, 4) / math.sqrt(2)
        assert scaled[t].get(0, 0.0) == pytest.approx(expected, rel=1e-5, abs=1e-6)


@few
@given(st.integers(0, 10_000))
def test_arow(seed: int) -> None:
    views = Inputs(SPARSE).block(rows_of(random_pairs(seed)), learn=True)
    rows = views.plain
    scores = AROW(r=0.7).block(views, learn=True)[0]
    twin = naive.AROW(0.7, FIRST_MARGIN)
    for i, x in enumerate(dicts(rows)):
        if rows.status[i] == 2:
            for k in range(rows.limits[i], rows.limits[i + 1]):
                twin.born(k)
        margins = {k: twin.margin(x, k) for k in range(rows.limits[i + 1])}
        for k, z in margins.items():
            assert scores[i, k] == pytest.approx(min(max(2 * z, -MOST), MOST), abs=2e-4)
        assert not scores[i, rows.limits[i + 1] :].any()
        held, known = truths(rows, i)
        for k in margins if known is None else known:
            twin.learn(x, k, 1 if k in held else -1, margins[k])
        if rows.status[i] == 2:
            twin.learn(x, NEVER, -1, twin.margin(x, NEVER))


def test_arow_keeps_variances_of_features_that_stay_whatever_room_there_is() -> None:
    rows = rows_of([({min(i, 40): 1.0, 99: float(i > 30)}, {i % 3}) for i in range(60)])
    arow, exact = AROW(), AROW()
    arow.block(Views(rows, rows, dense=False), learn=True)
    exact.restore(arow.state(rows.n_features, rows.n_labels))
    stay = np.array([rows.n_features - 2, rows.n_features - 1])
    for each in (arow, exact):
        each.keep_features(stay)
    assert (arow.never[1:3, 1] < 1).all()
    for name, array in arow.state(2, rows.n_labels).items():
        np.testing.assert_array_equal(array, exact.state(2, rows.n_labels)[name])


@few
@given(st.integers(0, 10_000), st.integers(1, 4), st.integers(0, 2))
def test_stack(seed: int, n_experts: int, n_counted: int) -> None:
    rows = rows_of(random_pairs(seed, 300))
    rng = np.random.default_rng(seed)
    scores = rng.normal(0, 2, (n_experts, len(rows), rows.n_labels)).astype(np.float32)
    counted = tuple(range(min(n_counted, n_experts)))
    first, last = rng.normal(0.5, 0.2, n_experts), rng.normal(0, 0.2, len(counted) + 1)
    stack = Stack(first, np.array(counted, np.int64), last, own=0.006)
    twin = naive.Stack(np.append(first, last), stack._precision, list(counted), 0.006)
    got = stack.block(scores, rows, learn=True)
    for i in range(len(rows)):
        held, known = truths(rows, i)
        features = {k: twin.features(k, scores[:, i, k].astype(float)) for k in range(rows.limits[i + 1])}
        p = {k: twin.probability(k, f) for k, f in features.items()}
        for k in range(rows.n_labels):
            if k < rows.limits[i]:
                assert got[i, k] == pytest.approx(p[k], abs=2e-3)
            else:
                assert got[i, k] == 0
        if rows.status[i]:
            # The kernel's own probabilities decide what is negligible: near that line float32 and float64 may differ.
            taught = [k for k in (features if known is None else sorted(known)) if k < rows.limits[i]]
            twin.learn([(k, features[k], int(k in held), p[k]) for k in taught])
            for k in held - set(taught):
                twin.held[k] = twin.held.get(k, 0) + 1
    assert stack.held.tolist()[: rows.n_labels] == [twin.held.get(k, 0) for k in range(rows.n_labels)]


@few
@given(st.integers(0, 10_000))
def test_label_prior(seed: int) -> None:
    rows = rows_of(random_pairs(seed))
    expert = LabelPrior()
    got = expert.block(Views(rows, rows, False), learn=True)
    held_rows, known_rows, complete = np.zeros(rows.n_labels), np.zeros(rows.n_labels), 0
    for i in range(len(rows)):
        held, known = truths(rows, i)
        if rows.status[i] == 2:  # a label that enters through a complete row was absent in the complete rows before
            known_rows[rows.limits[i] : rows.limits[i + 1]] = complete
            complete += 1
        for k in range(rows.limits[i + 1]):
            expected = 0.5 * naive.log_odds((held_rows[k] + 0.5) / (known_rows[k] + 1), 0.001) + 0.5
            assert got[0, i, k] == pytest.approx(expected, abs=1e-4)
        if rows.status[i]:
            for k in range(rows.limits[i + 1]) if known is None else known:
                known_rows[k] += 1
                held_rows[k] += k in held
    assert expert.held.tolist()[: rows.n_labels] == held_rows.tolist()
    assert expert.known().tolist() == known_rows.tolist()


def test_exp_and_log() -> None:
    x = np.linspace(-80, 80, 100_001).astype(np.float32)
    out = np.empty_like(x)
    exp_block(x, out)
    np.testing.assert_allclose(out, np.exp(x.astype(np.float64)), rtol=4e-7)
    positive = np.concatenate((out[out > 1e-37], np.linspace(0.5, 2, 10_001).astype(np.float32)))
    logs = np.empty_like(positive)
    log_block(positive, logs)
    np.testing.assert_allclose(logs, np.log(positive.astype(np.float64)), rtol=4e-7, atol=6e-8)


@few
@given(st.integers(0, 10_000))
def test_f1_threshold(seed: int) -> None:
    rows = rows_of(random_pairs(seed))
    p = np.random.default_rng(seed).beta(0.4, 0.8, (len(rows), rows.n_labels)).astype(np.float32)
    indptr, ids = F1Threshold().block(p, rows, learn=True)
    twin = naive.F1Threshold()
    for i in range(len(rows)):
        there = p[i, : rows.limits[i]]
        expected = twin.predict(there)
        assert set(ids[indptr[i] : indptr[i + 1]].tolist()) == expected
        if rows.status[i]:
            twin.learn(there, expected, *truths(rows, i))


@few
@given(st.integers(0, 10_000), st.integers(1, 9))
def test_rankings_and_fixed_threshold(seed: int, k: int) -> None:
    rng = np.random.default_rng(seed)
    p = (rng.integers(0, 4, (20, 7)) / 4).astype(np.float32)
    limits = np.sort(rng.integers(0, 8, 21)).astype(np.int32)
    ids, scores = Whole(p).top(limits, k)
    for i in range(20):
        order = sorted(range(limits[i]), key=lambda j: (-p[i, j], j))[:k]
        assert ids[i].tolist() == order + [-1] * (k - len(order))
        assert scores[i, : len(order)].tolist() == p[i, order].tolist()
    rows = Rows(*[np.zeros(21, np.int64)] * 8, limits, 0, 7)  # only the limits are looked at
    indptr, out = FixedThreshold(0.5).block(p, rows, learn=False)
    for i in range(20):
        assert out[indptr[i] : indptr[i + 1]].tolist() == [j for j in range(limits[i]) if p[i, j] > 0.5]


@given(st.integers(0, 300), st.integers(0, 300))
def test_blocks_cover_everything_and_cross_no_boundary(t: int, n: int) -> None:
    spans = list(blocks(t, n))
    assert [i for start, stop in spans for i in range(start, stop)] == list(range(n))
    for start, stop in spans:
        assert not any(is_boundary(t + i) for i in range(start + 1, stop))
    assert all(is_boundary(t + stop) for _, stop in spans[:-1])
