"""What monitors watch, that they alarm where something rose and say where, and that labels keep theirs."""

import pickle

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from river.drift import ADWIN, KSWIN, PageHinkley
from river.drift.binary import DDM

from ihomer import IHOMER
from ihomer.checkpoint import dumps
from ihomer.drift.monitors import CHOICE, MODEL, Alarm, Monitors
from ihomer.drift.river_bank import RiverBank
from ihomer.drift.watched_labels import HOLD, WatchedLabels
from ihomer.kernels.losses import group_losses, label_losses
from ihomer.probabilities import Whole
from ihomer.rows import Rows
from streams import Batch
from tests.naive import losses as naive


def csr(sets):
    indptr = np.r_[0, np.cumsum([len(s) for s in sets])].astype(np.int64)
    return indptr, np.array([k for s in sets for k in sorted(s)], np.int32)


def rows_of(held, n_labels, status=None, known=None, limits=None):
    n = len(held)
    status = np.full(n, 2, np.uint8) if status is None else np.array(status, np.uint8)
    limits = np.full(n + 1, n_labels, np.int32) if limits is None else np.array(limits, np.int32)
    return Rows(
        np.zeros(n + 1, np.int64), np.zeros(0, np.int32), np.zeros(0, np.float32), *csr(held), status,
        *csr([()] * n if known is None else known), limits, 0, n_labels,
    )  # fmt: skip


@settings(max_examples=50, deadline=None)
@given(seed=st.integers(0, 10**6), n=st.integers(1, 12), n_labels=st.integers(1, 9), n_clusters=st.integers(1, 4))
def test_naive_twins_agree(seed, n, n_labels, n_clusters):
    rng = np.random.default_rng(seed)
    status = rng.integers(0, 3, n)
    limits = np.sort(rng.integers(0, n_labels + 1, n + 1))
    limits[-1] = n_labels
    known = [set(np.flatnonzero(rng.random(limits[i + 1]) < 0.6).tolist()) if status[i] == 1 else set() for i in range(n)]
    held = [{k for k in range(limits[i + 1]) if rng.random() < 0.4} if status[i] else set() for i in range(n)]
    held = [h & known[i] if status[i] == 1 else h for i, h in enumerate(held)]
    sets = csr([{k for k in range(limits[i]) if rng.random() < 0.4} for i in range(n)])
    rows = rows_of(held, n_labels, status, known, limits)
    p = rng.random((n, n_labels)).astype(np.float32)
    p[:, limits[0] :] *= np.arange(n_labels)[limits[0] :] < limits[:-1, None]
    cluster_of = rng.integers(0, n_clusters, n_labels).astype(np.int32)
    sizes = np.bincount(cluster_of)
    slots, losses = np.empty(n * (2 * len(sizes) + 1), np.int64), np.empty(n * (2 * len(sizes) + 1))
    held_arrays = (p, rows.label_indptr, rows.label_indices, rows.status)
    m = group_losses(
        *held_arrays, rows.limits, cluster_of, sizes, *sets, np.empty((len(sizes) + 1, 3)), slots, losses
    )
    expected = naive.groups(p, rows, cluster_of, sets)
    assert slots[:m].tolist() == [slot for slot, _ in expected]
    assert losses[:m] == pytest.approx([loss for _, loss in expected], abs=1e-6)
    slot_of, recent = np.where(rng.random(n_labels) < 0.7, np.arange(n_labels), -1), np.zeros(n_labels)
    room = len(rows.label_indices) + len(sets[1])
    slots, losses = np.empty(room, np.int64), np.empty(room)
    said = Whole(p).of_held(rows)
    m = label_losses(
        said, *held_arrays[1:], rows.known_indptr, rows.known_indices, rows.limits, *sets, slot_of, recent, slots, losses
    )
    expected, counts = naive.labels(p, rows, sets, slot_of)
    assert slots[:m].tolist() == [slot for slot, _ in expected]
    assert losses[:m] == pytest.approx([loss for _, loss in expected], abs=1e-6)
    assert recent.tolist() == counts


def feed(monitors, n, wrong=(), n_labels=6, seed=0, size=500, together=True):
    """Give n rows of two clusters (labels 0..2 and 3..5); labels in `wrong` are foretold where they do not hold."""
    rng = np.random.default_rng(seed)
    cluster_of = np.arange(n_labels, dtype=np.int32) * 2 // n_labels
    for _ in range(n // size):
        active = rng.random((size, 2)) < 0.5
        truth = active[:, cluster_of]
        if not together:  # of each cluster one label holds, as often as before in all rows with any
            truth &= rng.integers(0, n_labels // 2, (size, 1)) == np.arange(n_labels) % (n_labels // 2)
        foretold = truth.copy()
        foretold[:, list(wrong)] ^= True
        p = np.where(foretold, 0.8, 0.1).astype(np.float32) + rng.normal(0, 0.03, truth.shape).astype(np.float32)
        held = [set(np.flatnonzero(row).tolist()) for row in truth]
        sets = csr([set(np.flatnonzero(r).tolist()) for r in foretold])
        monitors.block(Whole(p), rows_of(held, n_labels), cluster_of, np.bincount(cluster_of), sets)
    return monitors.take()


def test_an_alarm_says_what_it_is_about():
    monitors = Monitors(0.002)
    assert feed(monitors, 4000) == []
    alarms = feed(monitors, 1000, wrong=[4], seed=1)
    assert {(a.kind, a.index) for a in alarms} == {("model", MODEL), ("cluster", 1), ("label", 4)}
    assert all(a.after > a.before for a in alarms)
    assert monitors.take() == []
    assert feed(monitors, 4000, seed=2) == []  # better again: no alarm


def test_labels_that_hold_together_no_more_raise_the_structure_alone():
    monitors = Monitors(0.002)
    feed(monitors, 4000)
    alarms = feed(monitors, 2000, together=False, seed=1)
    found = {(a.kind, a.index) for a in alarms}
    assert {("structure", 0), ("structure", 1)} <= found
    assert not {kind for kind, _ in found} & {"label"}
    assert all(a.before < 0.5 < a.after for a in alarms if a.kind == "structure")
    assert next(a.place for a in alarms if a.kind == "structure").startswith("structure of cluster")


def test_forgotten_clusters_start_anew():
    monitors, other = Monitors(0.002), Monitors(0.002)
    for each in (monitors, other):
        feed(each, 2000)
    monitors.forget([1, 99])
    assert monitors.groups.width.tolist()[3:] == [0, 0]
    assert monitors.groups.width.tolist()[:3] == other.groups.width.tolist()[:3]


@pytest.mark.parametrize("detector", [None, PageHinkley()])
def test_it_makes_no_difference_how_rows_come(detector):
    wholes = []
    for size in (50, 500):
        monitors = Monitors(0.002, detector, budget=3)
        for seed in range(2):
            rng_rows = 2 * CHOICE - CHOICE % 500
            feed_exactly(monitors, rng_rows, seed, size)
        wholes.append(dumps(monitors.state(), kind="test", allow_pickle=True))
    assert wholes[0] == wholes[1]


def test_alarms_come_in_the_same_order_however_rows_come():
    alarms = []
    for size in (1, 50, 2000):
        monitors = Monitors(0.002)
        feed_exactly(monitors, 1000, 1, size, foretold=0.9)
        feed_exactly(monitors, 2000, 2, size)
        alarms.append(monitors.take())
    assert {"model", "label"} <= {alarm.kind for alarm in alarms[0]}
    assert alarms[0] == alarms[1] == alarms[2]


def feed_exactly(monitors, n, seed, size, foretold=0.0):
    """Give n rows, `size` at a time, whose probabilities are random, but for a share of `foretold` of the truth in them."""
    rng = np.random.default_rng(seed)
    truth, p = rng.random((n, 6)) < np.linspace(0.05, 0.6, 6), rng.random((n, 6)).astype(np.float32)
    p = (foretold * truth + (1 - foretold) * p).astype(np.float32)
    cluster_of = np.array([0, 1, 0, 1, 0, 1], np.int32)
    for start in range(0, n, size):
        held = [set(np.flatnonzero(row).tolist()) for row in truth[start : start + size]]
        foretold = [set(np.flatnonzero(row > 0.5).tolist()) for row in p[start : start + size]]
        monitors.block(Whole(p[start : start + size]), rows_of(held, 6), cluster_of, np.bincount(cluster_of), csr(foretold))


def test_state_goes_on_with_the_same_bits():
    monitors = Monitors(0.002, budget=4)
    feed(monitors, 2500)
    other = Monitors.from_state(monitors.state())
    for each in (monitors, other):
        feed(each, 1500, wrong=[0], seed=3)
    assert dumps(monitors.state(), kind="test") == dumps(other.state(), kind="test")
    assert monitors.n_bytes >= monitors.groups.n_bytes > 0


def test_kept_labels_keep_their_monitors_and_alarms():
    monitors = Monitors(0.002)
    feed(monitors, 2000)
    width = dict(zip(monitors.watched.label_of.tolist(), monitors.labels.width.tolist(), strict=True))
    monitors.alarms = [Alarm("label", 1, 0.1, 0.2), Alarm("label", 5, 0.1, 0.2), Alarm("model", MODEL, 0.1, 0.2)]
    monitors.keep(np.array([0, 2, 3, 5]))
    after = dict(zip(monitors.watched.label_of.tolist(), monitors.labels.width.tolist(), strict=True))
    assert {new: after[new] for new in range(4)} == {new: width[old] for new, old in enumerate([0, 2, 3, 5])}
    assert after[-1] == 0
    assert [(a.kind, a.index) for a in monitors.take()] == [("label", 3), ("model", MODEL)]
    feed(monitors, 1000, n_labels=4)
    monitors.watched.enter(6)  # two more, which take the free slots
    assert sorted(monitors.watched.label_of.tolist()) == list(range(6))


@settings(max_examples=50, deadline=None)
@given(data=st.data(), budget=st.integers(1, 5))
def test_the_watched_are_the_frequent_ones(data, budget):
    watched = WatchedLabels(budget)
    for _ in range(data.draw(st.integers(1, 6))):
        step = data.draw(st.sampled_from(["enter", "choose", "keep"]))
        n = watched.n_labels
        if step == "enter":
            watched.enter(n + data.draw(st.integers(1, 4)))
        elif step == "choose":
            counts = data.draw(st.lists(st.integers(0, 50), min_size=n, max_size=n))
            watched.recent[:n] += counts
            recent = watched.recent[:n].copy()
            before = watched.label_of.copy()
            changed = watched.choose()
            assert changed == np.flatnonzero(before != watched.label_of).tolist()
            inside = watched.label_of[watched.label_of >= 0]
            outside = np.setdiff1d(np.arange(n), inside)
            rarest = recent[inside].min(initial=np.inf) if len(inside) == budget else 0.0
            assert recent[outside].max(initial=0.0) <= HOLD * rarest
        elif n:
            positions = np.flatnonzero(data.draw(st.lists(st.booleans(), min_size=n, max_size=n)))
            slots = watched.slot_of[positions].tolist()
            watched.keep(positions)
            assert watched.slot_of[: watched.n_labels].tolist() == slots
        assert len(watched) <= budget
        for slot, label in enumerate(watched.label_of.tolist()):
            assert label < 0 or watched.slot_of[label] == slot
        assert (watched.slot_of[: watched.n_labels] >= 0).sum() == len(watched)
        assert str(WatchedLabels.from_state(watched.state()).state()) == str(watched.state())


def test_river_adwin_in_the_bank_finds_what_ours_finds():
    rng = np.random.default_rng(0)
    values = np.r_[rng.random(1500) * 0.4, rng.random(1500)]
    bank, theirs = RiverBank(1, ADWIN()), ADWIN()
    hits = []
    for i, value in enumerate(values.tolist()):
        theirs.update(value)
        rises = bank.rises(np.zeros(1, np.int64), np.array([value]))
        assert theirs.drift_detected == bool(rises)
        hits += [(i, *rise) for rise in rises]
    assert hits
    assert hits[0][2] < hits[0][3]
    bank.reset(0)
    assert bank.rises(np.zeros(2, np.int64), np.ones(2)) == []


def test_a_fall_is_no_alarm_with_river_either():
    bank = RiverBank(1, ADWIN())
    assert bank.rises(np.zeros(2000, np.int64), np.r_[np.ones(1000), np.zeros(1000)]) == []


def test_any_river_detector_watches_a_model(tmp_path):
    rng = np.random.default_rng(0)
    rows = []
    for t in range(900):
        x = {f"w{j}": float(rng.normal()) for j in range(4)}
        rows.append((x, {f"l{j}" for j in range(4) if (x[f"w{j}"] > 0) == (t < 500)}))
    make = lambda: IHOMER(preset="fast", detector=KSWIN(alpha=1e-4))  # noqa: E731
    one, other = make(), make()
    for model in (one, other):
        model.learn_many(Batch.from_pairs(rows[:700]))
    one = pickle.loads(pickle.dumps(one)).clone(include_attributes=True)
    for model in (one, other):
        model.learn_many(Batch.from_pairs(rows[700:]))
    assert one.events == other.events  # seeds of the clones follow from their places
    assert any(event["kind"] == "alarm" and event["instance"] > 500 for event in one.events)
    with pytest.raises(TypeError, match="pickle"):
        one.save(tmp_path / "model")
    one.save(tmp_path / "model", allow_pickle=True)
    assert IHOMER.load(tmp_path / "model", allow_pickle=True).events == one.events
    with pytest.raises(TypeError, match=r"river\.base\.DriftDetector, found DDM"):
        IHOMER(detector=DDM())
