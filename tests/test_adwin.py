"""ADWIN on arrays against river's and the naive one, and what its bank promises."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from river.drift import ADWIN

from ihomer.drift import AdwinBank
from tests.naive.adwin import NaiveADWIN


def stream(kind, n, seed):
    rng = np.random.default_rng(seed)
    if kind == "stationary":
        return rng.random(n)
    if kind == "sudden":
        return np.r_[rng.random(n // 2) * 0.5, rng.random(n - n // 2)]
    if kind == "bits":
        return (rng.random(n) < np.repeat(rng.random(n // 500 + 1), 500)[:n]).astype(float)
    if kind == "constant":
        return np.full(n, 0.3)
    return np.cumsum(rng.normal(size=n))


@pytest.mark.parametrize("kind", ["stationary", "sudden", "bits", "constant", "walk"])
@pytest.mark.parametrize(
    "parameters",
    [
        {},
        {"delta": 0.1, "clock": 1, "max_buckets": 2, "min_window_length": 1, "grace_period": 1},
        {"delta": 0.5, "clock": 7, "max_buckets": 8, "min_window_length": 10, "grace_period": 50},
    ],
)
def test_is_rivers_adwin_on_every_update(kind, parameters):
    theirs, ours = ADWIN(**parameters), AdwinBank(3, **parameters)
    for value in stream(kind, 6000, 3).tolist():
        theirs.update(value)
        assert (ours.update(1, value) != 0) == theirs.drift_detected
        assert ours.width[1] == theirs.width
        assert ours.estimation[1] == pytest.approx(theirs.estimation, rel=1e-9, abs=1e-12)
    assert ours.width[[0, 2]].tolist() == [0, 0]


def test_every_slot_is_rivers_adwin_of_its_own_delta_over_a_long_stream():
    n, deltas = 60_000, (0.002, 0.2, 1e-6)
    bank = AdwinBank(0)
    for delta in deltas:
        bank.add(1, delta)
    values = [stream(kind, n, 11) for kind in ("bits", "stationary", "walk")]
    answers = bank.update_many(np.tile(np.arange(3), n), np.stack(values, axis=1).ravel()).reshape(n, 3)
    for slot, delta in enumerate(deltas):
        theirs, flags = ADWIN(delta=delta), []
        for value in values[slot].tolist():
            theirs.update(value)
            flags.append(theirs.drift_detected)
        assert (answers[:, slot] != 0).tolist() == flags
        assert bank.width[slot] == theirs.width
        assert bank.estimation[slot] == pytest.approx(theirs.estimation, rel=1e-9)
    again = AdwinBank.from_state(bank.state())
    again.set_delta(0.5)
    again.add(1)
    assert again.state()["deltas"].tolist() == [0.5] * 4
    assert bank.state()["deltas"].tolist() == list(deltas)


@settings(max_examples=25, deadline=None)
@given(
    values=st.lists(st.sampled_from([0.0, 0.1, 1.0, -3.0]), max_size=150),
    clock=st.sampled_from([1, 4]),
    max_buckets=st.integers(2, 4),
)
def test_naive_twin_agrees(values, clock, max_buckets):
    parameters = {"delta": 0.3, "clock": clock, "max_buckets": max_buckets, "min_window_length": 2, "grace_period": 3}
    naive, bank = NaiveADWIN(**parameters), AdwinBank(1, **parameters)
    for value in values:
        assert bank.update(0, value) == naive.update(value)
        assert bank.width[0] == naive.width
        assert bank.estimation[0] == pytest.approx(naive.mean, abs=1e-9)


def test_says_which_way_the_mean_went():
    bank = AdwinBank(2)
    zeros, ones = np.zeros(1000), np.ones(1000)
    assert set(bank.update_many(np.zeros(2000, np.int64), np.r_[zeros, ones]).tolist()) == {0, 1}
    assert set(bank.update_many(np.ones(2000, np.int64), np.r_[ones, zeros]).tolist()) == {0, -1}


def test_many_at_once_is_one_after_the_other_and_detectors_do_not_meet():
    rng = np.random.default_rng(0)
    slots, values = rng.integers(0, 5, 4000), stream("bits", 4000, 1)
    together, alone = AdwinBank(5), AdwinBank(5)
    answers = together.update_many(slots, values)
    assert answers.tolist() == [alone.update(s, v) for s, v in zip(slots.tolist(), values.tolist(), strict=True)]
    assert str(together.state()) == str(alone.state())
    single = AdwinBank(1)
    single.update_many(np.zeros((slots == 2).sum(), np.int64), values[slots == 2])
    assert single.width[0] == together.width[2]


def test_state_goes_on_with_the_same_bits_and_has_no_room_to_spare():
    values = stream("sudden", 3000, 5)
    bank = AdwinBank(2, delta=0.01)
    bank.update_many(np.arange(2000) % 2, values[:2000])
    other = AdwinBank.from_state(bank.state())
    rest = np.arange(1000) % 2
    assert bank.update_many(rest, values[2000:]).tolist() == other.update_many(rest, values[2000:]).tolist()
    for key, value in bank.state().items():
        assert np.array_equal(value, other.state()[key]), key
    assert other.n_bytes >= sum(v.nbytes for v in other.state().values() if isinstance(v, np.ndarray))


def test_reset_and_add():
    bank = AdwinBank(1)
    bank.update_many(np.zeros(100, np.int64), np.ones(100))
    bank.add(2)
    bank.update(2, 0.5)
    bank.reset(0)
    assert bank.width.tolist() == [0, 0, 1]
    assert bank.estimation.tolist() == [0, 0, 0.5]
    assert len(bank) == 3
    assert np.array_equal(AdwinBank(1).state()["counts"][0, 0], bank.state()["counts"][0, 0])


def test_bad_input_changes_nothing():
    bank = AdwinBank(2)
    with pytest.raises(ValueError, match="finite, found nan at 1"):
        bank.update_many(np.array([0, 1]), np.array([1.0, np.nan]))
    with pytest.raises(IndexError, match=r"0\.\.1"):
        bank.update(2, 0.0)
    with pytest.raises(IndexError, match=r"0\.\.1"):
        bank.reset(-1)
    with pytest.raises(ValueError, match="one length"):
        bank.update_many(np.array([0]), np.zeros(2))
    assert bank.width.tolist() == [0, 0]
    for bad in ({"delta": 0.0}, {"clock": 0}, {"max_buckets": 1}, {"min_window_length": 0}, {"grace_period": 0}):
        with pytest.raises(ValueError, match=next(iter(bad))):
            AdwinBank(1, **bad)
