"""MLHAT where streams are odd, and where its bounds bite."""

import numpy as np
import pytest

from ihomer.kernels.mlhat_split import best_cuts
from ihomer.kernels.mlhat_state import FEATURE
from ihomer.learners.mlhat_core import MLHATCore
from tests.mlhat_streams import Stream, core_of, piecewise, random_stream, rows_of, run
from tests.naive.mlhat_leaf import Leaf


def learned(xs, truths, n_labels, n_features=4, **parameters):
    """Return a core, and what it said, after complete rows."""
    n = len(xs)
    stream = Stream(rows_of(xs, truths, [2] * n, [n_labels] * (n + 1), n_features), np.zeros(n_features, np.uint8))
    core = core_of(stream, **parameters)
    out = run(core, stream)
    assert ((out >= 0) & (out <= 1)).all()
    return core, out


def test_empty_rows_learn_the_shares():
    _, out = learned([{}] * 300, [{0: i % 10 == 0, 1: i % 10 != 0} for i in range(300)], 2)
    assert out[-1, 0] < 0.3
    assert out[-1, 1] > 0.7


def test_one_label_always_or_never_there():
    _, out = learned([{0: 1.0}] * 50, [{0: True}] * 50, 1)
    assert out[-1, 0] == 1
    _, out = learned([{0: 1.0}] * 50, [{0: False}] * 50, 1)
    assert out[-1, 0] == 0


def test_missing_values_everywhere():
    rows = [dict.fromkeys(range(4), float("nan"))] * 400
    core, out = learned(rows, [{0: i % 2 == 0, 1: i % 3 == 0} for i in range(400)], 2, grace_period=50, delta=0.3)
    assert np.isfinite(out).all()
    assert core.summary["splits"] == 0


@pytest.mark.parametrize("value", [3.4e38, -3.4e38, 1e-45, 1e30])
def test_huge_tiny_and_constant_values(value):
    rng = np.random.default_rng(0)
    signs = rng.random(300) < 0.5
    rows = [{0: value, 1: float(np.float32(value * (0.5 if s else 0.25))) or value} for s in signs]
    core, out = learned(rows, [{0: bool(s)} for s in signs], 1, grace_period=50, delta=0.1, alternate_rows=20)
    assert np.isfinite(out).all()
    assert core.summary["rows"] == 300


def test_a_clock_in_seconds_is_split_where_it_should_be():
    rng = np.random.default_rng(0)
    late = rng.random(2000) < 0.5
    rows = [{0: float(np.float32(1.7e9 + 4096 * rng.normal() + 65536 * s))} for s in late]
    core, _ = learned(rows, [{0: bool(s)} for s in late], 1)
    assert core.summary["splits"] == 1
    cut = core._tree.node_stats[core._tree.nodes[:, FEATURE] == 0, 0]
    assert ((cut > 1.7e9) & (cut < 1.7e9 + 65536)).all()


def test_ten_thousand_new_labels_at_once():
    core = MLHATCore(np.arange(2, dtype=np.int32))
    kinds = np.zeros(4, np.uint8)
    before = rows_of([{0: 1.0}] * 30, [{0: i % 2 == 0, 1: True} for i in range(30)], [2] * 30, [2] * 31, 4)
    core.test_then_train(before, kinds, np.zeros((30, 2), np.float32))
    core.add_columns(np.arange(2, 10_002, dtype=np.int32))
    flood = rows_of([{1: 1.0}], [{label: label % 100 == 3 for label in range(10_002)}], [2], [2, 10_002], 4)
    out = np.full((1, 10_002), -1, np.float32)
    core.test_then_train(flood, kinds, out)
    assert (out[0, 2:] == 0).all()
    core.predict(rows_of([{1: 1.0}], [{}], [0], [10_002, 10_002], 4), kinds, out)
    assert out[0, 103] > 2 * out[0, 104]
    assert MLHATCore.from_state(core.state()).n_bytes <= core.n_bytes


def test_no_labels_and_no_rows():
    core = MLHATCore(np.zeros(0, np.int32))
    stream = random_stream(0, 10, all_born=True)
    assert (run(core, stream) == -1).all()
    core.keep_columns(np.zeros(0, np.int32))
    core.add_columns(np.array([2], np.int32))
    assert run(core, stream, 0, 0).shape == (0, 5)
    run(core, stream)
    assert core.summary["rows"] > 0


def test_indicators_are_cut_by_their_exact_counts():
    rng = np.random.default_rng(0)
    n = 400
    a, b = rng.random(n) < 0.5, rng.random(n) < 0.3
    rows = [{f: 1.0 for f, on in ((0, x), (1, y)) if on} for x, y in zip(a, b, strict=True)]
    truths = [{0: bool(x), 1: bool(y or rng.random() < 0.1)} for x, y in zip(a, b, strict=True)]
    core, _ = learned(rows, truths, 2, grace_period=10_000)
    tree, best, twin = core._tree, np.zeros(4), Leaf(2)
    for x, truth in zip(rows, truths, strict=True):
        twin.observed.append((x, {label for label, held in truth.items() if held}, 1.0))
    twin.seen = n
    twin.positives = [sum(t[label] for t in truths) for label in range(2)]
    arrays = (tree.nodes, tree.node_stats, tree.positives, tree.missing, tree.slots, tree.slot_stats, tree.pairs)
    best_cuts(*arrays, tree.pair_stats, 0, np.zeros((6, 2)), 2, best)
    assert best == pytest.approx(twin.best_cut(2))

    def entropy(p):
        return 0.0 if p in (0, 1) else -p * np.log(p) - (1 - p) * np.log(1 - p)

    y = np.array([[t[0], t[1]] for t in truths])
    total = sum(entropy(p) for p in y.mean(0))
    gains = [
        total - sum(side.mean() * entropy(p) for side in (on, ~on) for p in y[side].mean(0)) for on in (a, b)
    ]
    assert best[0] == pytest.approx(max(gains) / total)
    assert best[1] == np.argmax(gains)
    assert best[3] == pytest.approx(min(gains) / total)


def test_a_tree_is_no_worse_than_its_root_leaf():
    rng = np.random.default_rng(1)
    X = rng.normal(size=(3000, 4)).astype(np.float32)
    W = rng.normal(size=(4, 3))
    xs = [{f: float(v) for f, v in enumerate(row)} for row in X]
    for scores, splits in ((rng.normal(size=(3000, 3)), False), (X @ W + rng.normal(size=(3000, 3)), True)):
        truth = scores > 0.5
        truths = [{label: bool(v) for label, v in enumerate(row)} for row in truth]
        tree, grown = learned(xs, truths, 3, grace_period=100, delta=0.1)
        _, leaf = learned(xs, truths, 3, max_nodes=1)
        assert (tree.summary["splits"] > 0) == splits
        assert ((grown - truth) ** 2).mean() < ((leaf - truth) ** 2).mean() + 0.002


def test_bounds_on_depth_and_nodes():
    stream = piecewise(1500)
    eager = {"grace_period": 40, "delta": 0.2, "alternate_rows": 30, "window": 20, "drift_delta": 0.3}
    for bound in ({"max_nodes": 4}, {"max_nodes": 1}, {"max_depth": 0}, {"max_depth": 1}):
        core = core_of(stream, **eager, **bound)
        for start in range(0, 1500, 100):
            run(core, stream, start, start + 100)
            assert core.summary["nodes"] <= bound.get("max_nodes", 255)
            used = core._tree.nodes[: core._tree.counters[5]]
            assert used[used[:, FEATURE] >= -1, 4].max() <= bound.get("max_depth", 20)
    free = core_of(stream, **eager)
    run(free, stream)
    assert free.summary["nodes"] > 4


def test_bound_on_bytes():
    rng = np.random.default_rng(0)
    n, d = 1200, 2000
    xs = [{int(f): 1.0 for f in rng.choice(d, 10, replace=False)} for _ in range(n)]
    truths = [{label: bool(min(x) % 7 == label or rng.random() < 0.2) for label in range(6)} for x in xs]
    bound = 150_000
    core, out = learned(xs, truths, 6, d, max_bytes=bound, grace_period=50, window=20)
    free, _ = learned(xs, truths, 6, d, grace_period=50, window=20)
    tree = core._tree
    row = 10 * (80 + 8 * 6) + 10 * 6 * 60
    assert tree.counters[7] * (80 + 8 * 6) + tree.counters[10] * 60 <= bound + row
    assert free._tree.counters[7] * (80 + 8 * 6) + free._tree.counters[10] * 60 > 2 * bound
    assert out[-1].max() > 0
    loaded = MLHATCore.from_state(core.state())
    kinds, rows = np.zeros(d, np.uint8), rows_of(xs[:50], truths[:50], [2] * 50, [6] * 51, d)
    a, b = np.zeros((50, 6), np.float32), np.zeros((50, 6), np.float32)
    core.test_then_train(rows, kinds, a)
    loaded.test_then_train(rows, kinds, b)
    assert np.array_equal(a, b)


def test_what_does_not_grow_does_not_grow():
    stream = random_stream(3, 300, all_born=True)
    core = core_of(stream, grace_period=50, window=20, max_nodes=3)
    sizes = []
    for _ in range(20):
        run(core, stream)
        sizes.append(core.n_bytes)
    assert sizes[-1] <= 1.1 * sizes[4]
