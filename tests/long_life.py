"""Checks of a long life: every clock and counter is set far ahead, and what is said after it compared with a twin.

Each check takes how far ahead clocks are set and how many rows come after that, and returns the largest difference: from a
twin in float64 that counts exactly, or, of parts that only ever look at differences of row numbers, from their young self.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np

from ihomer.decision.subset_accuracy import SeenSets
from ihomer.decision.threshold import F1Threshold
from ihomer.drift.adwin import AdwinBank
from ihomer.hierarchy import LabelHierarchy
from ihomer.kernels import decide, decide_seen, feature_counts, history, recent_rows
from ihomer.kernels.inputs import DENSE, SPARSE
from ihomer.kernels.label_prior import WINDOW as PRIOR_WINDOW
from ihomer.learners.arow import AROW, FIRST_MARGIN, MOST
from ihomer.learners.extra_trees import ExtraTrees
from ihomer.learners.feature_counts import FeatureCounts
from ihomer.learners.history import LabelHistory
from ihomer.learners.inputs import Inputs
from ihomer.learners.krls import KernelRLS
from ihomer.learners.label_prior import LabelPrior
from ihomer.learners.protocol import Views
from ihomer.learners.recent_rows import RecentRows
from ihomer.learners.row_memory import RowMemory
from ihomer.learners.stack import Stack
from ihomer.rows import Rows
from tests import label_streams
from tests.decision_streams import as_sets, probabilities, truth
from tests.expert_streams import cut, dicts, new_labels, random_pairs, run, truths, views_of
from tests.naive import feature_counts as naive_counts
from tests.naive import linear as naive

#: Where float32 and int32 stop counting, and years of a busy stream.
LATES = [2**24 - 10, 2**31 - 10, 10**12]
#: Rows before clocks are set ahead: a whole number of blocks.
BEFORE = 320


@cache
def views(n: int, *, dense: bool = False) -> Views:
    """A stream of BEFORE + n rows, complete and partial, and a handful without labels."""
    return views_of(random_pairs(1, BEFORE + n), dense=dense)


def one(views: Views, i: int) -> Views:
    return cut(views, i, i + 1)


# ---------------------------------------------------------------------- experts with counters


def label_history(late: int, n: int) -> float:
    """One label in complete rows; counts anew in Python's own numbers."""
    truth = np.random.default_rng(0).random(n + 1) < 0.5
    rows = label_streams.rows_from_arrays(np.zeros(n + 1), np.where(truth, 0, -1), 1, 1)
    expert = LabelHistory()
    expert.block(label_streams.views_of(rows.slice(0, 1)), learn=True)
    last, held, repeated, known = bool(truth[0]), float(late // 2), float(late // 2 - 5), float(late)
    expert.counts[history.HELD, 0], expert.counts[history.REPEATED, 0] = held, repeated
    expert.rows[history.COMPLETE] = known
    worst = 0.0
    for i in range(1, n + 1):
        got = expert.block(label_streams.views_of(rows.slice(i, i + 1)), learn=True)
        prior = (held + 0.5) / (known + 1)
        after_held = max(held - last, 0.0)
        hits, tried = (repeated, after_held) if last else (held - repeated, known - after_held)
        markov = (hits + 2 * prior) / (tried + 2)
        worst = max(worst, abs(float(got[0, 0, 0]) - 0.7 * naive.log_odds(markov, 0.003) - 0.5))
        worst = max(worst, abs(float(got[1, 0, 0]) - 0.5 * naive.log_odds(prior, 0.001) - 0.5))
        repeated += last and bool(truth[i])
        held, known, last = held + bool(truth[i]), known + 1, bool(truth[i])
        if known >= history.WINDOW:
            held, known, repeated = held / 2, known / 2, repeated / 2
    return worst


def label_prior(late: int, n: int) -> float:
    stream = views(n)
    rows = stream.plain
    expert = LabelPrior()
    run(expert, stream, 0, BEFORE)
    expert.held *= late // BEFORE
    expert.partial *= late // BEFORE
    expert.origin *= late // BEFORE
    expert.complete *= late // BEFORE
    held = expert.held[: rows.n_labels].astype(float)
    known, complete = expert.known().astype(float), float(expert.complete[0])
    known = np.concatenate((known, np.zeros(rows.n_labels - len(known))))
    held = np.concatenate((held, np.zeros(rows.n_labels - len(held))))
    worst = 0.0
    for i in range(BEFORE, BEFORE + n):
        got = expert.block(one(stream, i), learn=True)
        new = new_labels(rows, i)
        known[new.start : new.stop] = complete if rows.status[i] == 2 else 0
        limit = int(rows.limits[i])
        expected = [0.5 * naive.log_odds((h + 0.5) / (m + 1), 0.001) + 0.5 for h, m in zip(held, known, strict=True)]
        worst = max(worst, float(np.abs(got[0, 0, :limit] - expected[:limit]).max(initial=0)))
        if not rows.status[i]:
            continue
        true, taught = truths(rows, i)
        held[sorted(true)] += 1
        if taught is None:
            known[: rows.limits[i + 1]] += 1
            complete += 1
            if complete >= PRIOR_WINDOW:
                complete, held, known = complete // 2, held // 2, known // 2
        else:
            for k in taught:
                known[k] += 1
                if known[k] >= 2 * PRIOR_WINDOW:
                    held[k], known[k] = held[k] // 2, known[k] // 2
    return worst


def counts(late: int, n: int, table_bytes: int = 1 << 20) -> float:
    stream = views(n)
    rows = stream.plain
    expert, twin = FeatureCounts(table_bytes=table_bytes), naive_counts.FeatureCounts()
    worst = 0.0
    for i, x in enumerate(dicts(rows)):
        if i == BEFORE:
            times = late // BEFORE
            expert.rows *= times
            expert.counts *= times
            # Half of what is known of label 1 has been forgotten long ago: known and unknown rows go on to be told apart.
            expert.counts[feature_counts.BEYOND, 1] -= expert.rows[feature_counts.COMPLETE] // 2
            twin.rows *= times
            twin.complete *= times
            twin.held = {k: m * times for k, m in twin.held.items()}
            twin.known = {k: m * times for k, m in twin.known.items()}
            twin.known[1] -= twin.complete // 2
        limit = int(rows.limits[i])
        for k in new_labels(rows, i):
            twin.enter(k, rows.status[i] == 2)
        if i >= BEFORE:
            expected = np.array([twin.scores(x, k) for k in range(limit)]).T
            got = expert.block(one(stream, i), learn=True)[:, 0, :limit]
            worst = max(worst, float(np.abs(got - expected).max(initial=0)))
        else:
            expert.block(one(stream, i), learn=True)
        if rows.status[i]:
            twin.learn(x, *truths(rows, i))
    return worst


def stack(late: int, n: int) -> float:
    rows = views(n).plain
    scores = np.random.default_rng(2).normal(0, 2, (2, len(rows), rows.n_labels)).astype(np.float32)
    first, last = np.array([0.5, 0.2]), np.array([0.1, -0.2])
    expert = Stack(first, np.array([0], np.int64), last)
    twin = naive.Stack(np.append(first, last), expert._precision, [0], expert.own)
    worst = 0.0
    for i in range(BEFORE + n):
        if i == BEFORE:
            expert.clock[:] = twin.rows = twin.inverse_due = late // 4 * 4  # both collect curvature in every fourth row
            expert.held *= late // BEFORE
            twin.held = {k: m * (late // BEFORE) for k, m in twin.held.items()}
        mine = np.ascontiguousarray(scores[:, i : i + 1, : rows.limits[i + 1]])
        got = expert.block(mine, rows.slice(i, i + 1), learn=True)[0]
        features = {k: twin.features(k, scores[:, i, k].astype(float)) for k in range(rows.limits[i + 1])}
        p = {k: twin.probability(k, f) for k, f in features.items()}
        if i >= BEFORE:
            worst = max([worst, *(abs(float(got[k]) - p[k]) for k in range(rows.limits[i]))])
        if rows.status[i]:
            held, known = truths(rows, i)
            taught = [k for k in (features if known is None else sorted(known)) if k < rows.limits[i]]
            # The kernel's own probabilities decide what is negligible: near that line both would be right.
            twin.learn([(k, features[k], int(k in held), float(got[k])) for k in taught])
            for k in held - set(taught):
                twin.held[k] = twin.held.get(k, 0) + 1
    return worst


def scales(late: int, n: int, regime: int) -> float:
    """The scales against running means in another form (Welford), and plain logarithms."""
    pairs = random_pairs(3, BEFORE + n, partial=0.0)[::-1]  # all features are there from the start
    rows = label_streams.Door().learned(label_streams.Batch.from_pairs(pairs))
    inputs, d = Inputs(regime), 14
    inputs.block(rows.slice(0, BEFORE), learn=True)
    times = late // BEFORE
    inputs.moments[:, 1:] *= times
    inputs.counters[:2] *= times
    dense = np.zeros((BEFORE + n, d))
    for i, x in enumerate(dicts(rows)):
        dense[i, list(x)] = list(x.values())
    t, past = float(BEFORE * times), dense[:BEFORE]
    had, largest = (past != 0).sum(axis=0) * float(times), np.abs(past).max(axis=0)
    mean, spread = past.mean(axis=0), past.var(axis=0) * t
    worst = 0.0
    for i in range(BEFORE, BEFORE + n):
        got = inputs.block(rows.slice(i, i + 1), learn=True)
        x = dense[i]
        if regime == SPARSE:
            expected = x / np.maximum(np.maximum(np.abs(x), largest), 1e-30)
            rare = expected * (np.log((t + 2) / (had + 1)) + 0.1)
            expected, rare = (v / max(np.sqrt(v @ v), 1e-30) for v in (expected, rare))
        else:
            deviation = np.sqrt(spread / t)
            expected = np.clip((x - mean) / np.maximum(deviation, 1e-30), -4, 4) / np.sqrt((had > 0).sum())
            expected = rare = np.where(deviation > 0, expected, 0)
        for scaled, wanted in ((got.plain, expected), (got.idf, rare)):
            out = np.zeros(d)
            out[scaled.indices[: scaled.indptr[1]]] = scaled.values[: scaled.indptr[1]]
            worst = max(worst, float(np.abs(out - wanted).max()))
        t += 1
        had, largest = had + (x != 0), np.maximum(largest, np.abs(x))
        before = x - mean
        mean = mean + before / t
        spread = spread + before * (x - mean)
    return worst


def arow(late: int, n: int) -> float:
    """No counters: variances as small as so many rows would have left them, had they not faded back."""
    stream = views(n)
    rows = stream.plain
    expert, twin = AROW(), naive.AROW(1.0, FIRST_MARGIN)
    worst = 0.0
    least = np.float32(1 / late)
    run(expert, stream, 0, BEFORE)
    expert.S[:], expert.bias_s[:], expert.never[:, 1] = least, least, least
    n_labels = int(rows.limits[BEFORE])  # later ones begin with what was learned of labels that never held
    for k in range(n_labels):
        twin.w |= {(j, k): float(w) for j, w in enumerate(expert.W[:, k])} | {(-1, k): float(expert.bias[k])}
        twin.s |= {(j, k): float(least) for j in range(-1, len(expert.W))}
    for i, x in enumerate(dicts(rows)[BEFORE:], BEFORE):
        got = expert.block(one(stream, i), learn=True)[0, 0]
        margins = {k: twin.margin(x, k) for k in range(n_labels)}
        worst = max([worst, *(abs(float(got[k]) - min(max(2 * z, -MOST), MOST)) for k, z in margins.items())])
        held, known = truths(rows, i)
        if rows.status[i]:
            for k in margins if known is None else known & margins.keys():
                twin.learn(x, k, 1 if k in held else -1, margins[k])
    assert (expert.S > 0).all()
    return worst


# ---------------------------------------------------------------------- experts with numbers of rows


def shifted_memory(state: dict[str, Any], more: int) -> dict[str, Any]:
    """The state of an expert over a `RowStore` as it would be, had `more` rows come before all others."""
    state["store"]["next"] += more
    state["store"]["since"] += more
    if "t" in state:
        state["t"] += more
    for tree in state.get("trees", ()):
        tree["used"][1] += more
    if "due" in state:
        state["due"] = [due + more for due in state["due"]]
    return state


def memory(late: int, n: int, make: Callable[[], Any], size: int, *, dense: bool = False) -> float:
    """`size` positions of rows: a whole number of rounds has gone before."""
    stream = views(n, dense=dense)
    young, old = make(), make()
    run(young, stream, 0, BEFORE)
    old.restore(shifted_memory(young.state(14, 6), late // size * size))
    young.restore(young.state(14, 6))
    told = [run(expert, stream, BEFORE, BEFORE + n) for expert in (young, old)]
    old.invariants()
    return float(np.abs(told[0] - told[1]).max())


def krls(late: int, n: int) -> float:
    stream = views(n)
    young, old = KernelRLS(20, horizon=64), KernelRLS(20, horizon=64)
    run(young, stream, 0, BEFORE)
    old.restore({**young.state(14, 6), "t": young.t + late // 64 * 64})
    young.restore(young.state(14, 6))
    told = [run(expert, stream, BEFORE, BEFORE + n) for expert in (young, old)]
    return float(np.abs(told[0] - told[1]).max())


def last_rows(late: int, n: int) -> float:
    stream = views(n)
    young, old = RecentRows(), RecentRows()
    for expert in (young, old):
        run(expert, stream, 0, BEFORE)
    old.clock[recent_rows.STORED] += late // 64 * 64
    old.clock[recent_rows.PARTIAL] += late
    told = [run(expert, stream, BEFORE, BEFORE + n) for expert in (young, old)]
    return float(np.abs(told[0] - told[1]).max())


# ---------------------------------------------------------------------- decisions, detectors, hierarchy


def told_apart(one: Any, other: Any, p: np.ndarray, rows: Rows) -> float:
    """The share of rows for which two decisions differ, and after that what they hold."""
    sets = [as_sets(decision.block(p, rows, learn=True)) for decision in (one, other)]
    return float(np.mean([a != b for a, b in zip(*sets, strict=True)]))


def f1_threshold(late: int, n: int) -> float:
    """Label sets and threshold against the twin, with as many rows counted."""
    rows = views(n).plain.slice(BEFORE, BEFORE + n)
    p = probabilities(0, rows)
    decision, twin = F1Threshold(), naive.F1Threshold()
    decision.numbers[decide.ROWS] = twin.rows = float(late)
    decision.numbers[decide.EMPTY] = twin.empty = 0.03 * late
    got = as_sets(decision.block(p, rows, learn=True))
    worst = 0.0
    for i in range(n):
        there = p[i, : rows.limits[i]]
        expected = twin.predict(there)
        worst = max(worst, float(got[i] != sorted(expected)))
        if rows.status[i]:
            twin.learn(there, expected, *truth(rows, i))
    return max(worst, abs(decision.numbers[0] / decision.numbers[1] - twin.hits / twin.mass))


def seen_sets(late: int, n: int) -> float:
    rows = views(n).plain
    p = probabilities(1, rows)
    young, old = SeenSets(30), SeenSets(30)
    first = rows.slice(0, BEFORE)
    for decision in (young, old):
        decision.block(np.ascontiguousarray(p[:BEFORE, : first.n_labels]), first, learn=True)
    old.clock[decide_seen.ROWS] += late
    old.stamps += late
    return told_apart(young, old, p[BEFORE:], rows.slice(BEFORE, BEFORE + n))


def detectors(late: int, n: int) -> float:
    values = np.random.default_rng(4).random(n) * 0.2 + (np.arange(n) > n / 2) * 0.5
    young, old = AdwinBank(1), AdwinBank(1)
    old._clocks[0, 0] += late // old.clock * old.clock
    slots = np.zeros(n, np.int64)
    alarms = [bank.update_many(slots, values) for bank in (young, old)]
    assert any(alarms[0]), "the values change: an alarm was expected"
    return float(np.abs(alarms[0] - alarms[1]).max()) + abs(young.width[0] - old.width[0])


def hierarchy(late: int, n: int) -> float:
    """Sights of the counts: shares of rows and pairs, not their scale."""
    rows = views(n).plain
    trees = [LabelHierarchy().make_tree() for _ in range(2)]
    trees[1].counts.ticks[:2] = late  # rows, and the row at which the scale was 1
    for tree in trees:
        for start in range(0, BEFORE + n - 63, 64):
            block = rows.slice(start, start + 64)
            tree.add_labels(block.n_labels - len(tree.cluster_of))
            tree.learn_rows(block.label_indptr, block.label_indices, block.status, block.known_indptr, block.known_indices)
            tree.restructure()
    sights = [tree.counts.sight() for tree in trees]
    assert (trees[0].cluster_of == trees[1].cluster_of).all()
    return float(np.abs(sights[0].n - sights[1].n).max() + np.abs(sights[0].known - sights[1].known).max())


CHECKS: dict[str, Callable[[int, int], float]] = {
    "AROW": arow,
    "label history": label_history,
    "label prior": label_prior,
    "feature counts, table": counts,
    "feature counts, lines": lambda late, n: counts(late, n, 0),
    "recent rows": last_rows,
    "row memory": lambda late, n: memory(late, n, lambda: RowMemory(64), 64),
    "row memory, dense": lambda late, n: memory(late, n, lambda: RowMemory(64, dense=True), 64, dense=True),
    "extra trees": lambda late, n: memory(late, n, lambda: ExtraTrees(3, rows=85), 256),
    "kernel RLS": krls,
    "scales, sparse": lambda late, n: scales(late, n, SPARSE),
    "scales, dense": lambda late, n: scales(late, n, DENSE),
    "stack": stack,
    "F1 threshold": f1_threshold,
    "seen sets": seen_sets,
    "detectors": detectors,
    "hierarchy": hierarchy,
}
