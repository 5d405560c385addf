"""The state directory of a learner: what is kept, what is damaged, who holds it, who follows."""

from __future__ import annotations

import logging
import os
import re
import subprocess
import sys
import threading

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ihomer import checkpoint
from ihomer.checkpoint import CheckpointRefusedError
from ihomer.daemon.follower import Follower
from ihomer.daemon.lock import LOCK, StateInUseError
from ihomer.daemon.store import NoGoodCheckpointError, Store

pytestmark = pytest.mark.skipif(os.name != "posix", reason="the daemon needs POSIX's locks")

_HOLDER = """
import sys, time
from ihomer.daemon.store import Store
store = Store(sys.argv[1], keep=2)
store.lock()
print("held", flush=True)
time.sleep(600)
"""


def names(directory):
    return sorted(path.name for path in directory.iterdir() if path.name != LOCK)


def name(number):
    return f"checkpoint-{number:012}.ihomer"


@pytest.fixture
def opened(tmp_path):
    """Makes stores of the same directory, one after the other: the one before is closed."""
    made = []

    def make(keep=3, **options):
        for store in made:
            store.close()
        made.append(Store(tmp_path, keep, **options))
        made[-1].lock()
        return made[-1]

    yield make
    made[-1].close()


def test_the_last_ones_are_kept(tmp_path, opened):
    store = opened(keep=2)
    assert store.read() is None
    for i in range(1, 5):
        assert store.write({"i": i}) == tmp_path / name(i)
        assert names(tmp_path) == [name(j) for j in range(max(1, i - 1), i + 1)]
    store = opened(keep=3)
    assert store.read() == ({"i": 4}, tmp_path / name(4))
    store.write({"i": 5})
    assert names(tmp_path) == [name(3), name(4), name(5)]
    assert opened(keep=1).write({"i": 6}).name == name(6)
    assert names(tmp_path) == [name(6)]


def test_the_directory_is_made_and_other_files_are_let_be(tmp_path):
    directory = tmp_path / "a" / "b"
    store = Store(directory, keep=1)
    store.lock()
    (directory / "notes.txt").write_text("mine")
    (directory / "checkpoint-1.ihomer.bak").write_text("mine")
    for i in range(3):
        store.write(i)
    store.close()
    assert names(directory) == [name(3), "checkpoint-1.ihomer.bak", "notes.txt"]


def test_room_for_none(tmp_path):
    with pytest.raises(ValueError, match="keep must be at least 1 checkpoint, found 0"):
        Store(tmp_path, 0)


def test_a_damaged_one_is_told_and_set_aside_and_the_one_before_is_used(tmp_path, opened, caplog):
    store = opened()
    for i in (1, 2, 3):
        store.write({"i": i})
    data = bytearray((tmp_path / name(3)).read_bytes())
    data[-40] ^= 1
    (tmp_path / name(3)).write_bytes(data)
    (tmp_path / name(2)).write_bytes(b"")
    store = opened()
    with caplog.at_level(logging.WARNING):
        assert store.read() == ({"i": 1}, tmp_path / name(1))
    assert [path.name for path, _ in store.damaged] == [f"{name(3)}.damaged", f"{name(2)}.damaged"]
    assert "do not match the SHA-256" in store.damaged[0][1]
    assert "empty" in store.damaged[1][1]
    assert re.search(rf"{name(3)}: damaged: .*; set aside as {name(3)}\.damaged, {name(1)} is used instead", caplog.text)
    assert (tmp_path / f"{name(3)}.damaged").read_bytes() == data
    assert store.write({"i": 4}).name == name(4)  # the number of a damaged one is not given again
    assert opened().read() == ({"i": 4}, tmp_path / name(4))


def test_what_was_set_aside_is_never_overwritten(tmp_path, opened):
    store = opened()
    store.write(1)
    (tmp_path / f"{name(2)}.damaged").write_text("an earlier one")
    (tmp_path / name(2)).write_text("a later one")
    assert opened().read() == (1, tmp_path / name(1))
    assert (tmp_path / f"{name(2)}.damaged").read_text() == "an earlier one"
    assert (tmp_path / f"{name(2)}.2.damaged").read_text() == "a later one"


def test_no_good_one_is_no_fresh_model_now_or_later(tmp_path, opened):
    store = opened()
    store.write(1)
    store.write(2)
    for i in (1, 2):
        (tmp_path / name(i)).write_bytes((tmp_path / name(i)).read_bytes()[:-1])
    for _ in range(2):  # a supervisor starts it again
        each = rf"{name(2)}: truncated.*\n  {name(1)}: truncated"
        with pytest.raises(NoGoodCheckpointError, match=rf"no good checkpoint among 2, .*\n  {each}"):
            opened().read()
        assert names(tmp_path) == [name(1), name(2)]
    for i in (1, 2):
        (tmp_path / name(i)).rename(tmp_path / f"{name(i)}.damaged")
    with pytest.raises(NoGoodCheckpointError, match=rf"{name(2)}\.damaged: was set aside as damaged"):
        opened().read()


def test_a_good_one_of_others_is_not_damaged(tmp_path, opened):
    store = opened()
    store.write(1)
    checkpoint.write(tmp_path / name(2), {"w": 1}, kind="model")
    with pytest.raises(CheckpointRefusedError, match=rf"{name(2)}: holds a 'model', expected a 'daemon'"):
        opened().read()
    checkpoint.write(tmp_path / name(2), [object()], kind="daemon", allow_pickle=True)
    with pytest.raises(CheckpointRefusedError, match=rf"{name(2)}: holds objects that are stored by pickle"):
        opened().read()
    assert type(opened(allow_pickle=True).read()[0][0]) is object
    assert names(tmp_path) == [name(1), name(2)]


def test_every_beginning_of_a_checkpoint_is_found_out(tmp_path, opened):
    store = opened()
    store.write({"good": np.arange(3)})
    data = store.write({"w": np.arange(4), "names": ["a"]}).read_bytes()
    (tmp_path / name(2)).unlink()
    for n in range(len(data)):
        (tmp_path / name(2)).write_bytes(data[:n])
        tree, path = store.read()
        assert (path.name, list(tree)) == (name(1), ["good"])
        (tmp_path / f"{name(2)}.damaged").unlink()
    assert len(store.damaged) == len(data)


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_any_change_of_its_bytes_is_found_out(tmp_path_factory, data):
    directory = tmp_path_factory.mktemp("state")
    store = Store(directory, keep=2)
    store.lock()
    try:
        store.write("good")
        path = store.write({"w": np.arange(4), "names": ["a"]})
        whole = path.read_bytes()
        changed = bytearray(whole)
        for i in data.draw(st.sets(st.integers(0, len(whole) - 1), min_size=1, max_size=4)):
            changed[i] ^= data.draw(st.integers(1, 255))
        path.write_bytes(changed)
        assert store.read() == ("good", directory / name(1))
    finally:
        store.close()


# ---------------------------------------------------------------------- who holds it


def test_a_second_learner_is_refused_and_told_who_holds_it(tmp_path, opened):
    opened()
    holder = rf"{tmp_path}: in use by process {os.getpid()} on .*, running since 2.*; one learner at a time"
    with pytest.raises(StateInUseError, match=holder):
        Store(tmp_path, keep=1).lock()
    opened()  # closed and taken again


def test_the_lock_of_a_killed_learner_is_let_go_by_the_system(tmp_path):
    with subprocess.Popen([sys.executable, "-c", _HOLDER, str(tmp_path)], stdout=subprocess.PIPE, text=True) as holder:
        try:
            assert holder.stdout.readline() == "held\n"
            with pytest.raises(StateInUseError, match=f"process {holder.pid} on "):
                Store(tmp_path, keep=1).lock()
        finally:
            holder.kill()
    store = Store(tmp_path, keep=1)
    store.lock()
    store.close()


def test_a_note_that_cannot_be_read(tmp_path, opened):
    opened()
    (tmp_path / LOCK).write_text("[]")
    with pytest.raises(StateInUseError, match="another process"):
        Store(tmp_path, keep=1).lock()


def test_nothing_is_written_or_read_without_the_lock(tmp_path, opened):
    store = Store(tmp_path, keep=1)
    for call in (store.read, lambda: store.write(1)):
        with pytest.raises(StateInUseError, match="not locked by this process"):
            call()
    store = opened()
    (tmp_path / LOCK).unlink()
    with pytest.raises(StateInUseError, match="the lock file was removed"):
        store.write(1)
    assert names(tmp_path) == []


# ---------------------------------------------------------------------- followers


def test_a_follower_reads_each_newer_one_once(tmp_path, opened):
    follower = Follower(tmp_path / "state")
    assert follower.newest() is None
    follower = Follower(tmp_path)
    store = opened(keep=2)
    assert follower.newest() is None
    for i in (1, 2, 3):
        store.write(i)
    assert follower.newest() == (3, tmp_path / name(3))
    assert follower.newest() is None
    store.write(4)
    assert follower.newest() == (4, tmp_path / name(4))


def test_a_follower_passes_damaged_ones_over_and_says_so_once(tmp_path, opened, caplog):
    store, follower = opened(), Follower(tmp_path)
    store.write(1)
    store.write(2)
    (tmp_path / name(2)).write_bytes(b"\x89ihomer\n")
    with caplog.at_level(logging.WARNING):
        assert follower.newest() == (1, tmp_path / name(1))
        assert follower.newest() is None
    assert len(caplog.records) == 1
    assert names(tmp_path) == [name(1), name(2)]  # it changes nothing
    store.write(3)
    assert follower.newest() == (3, tmp_path / name(3))
    only_damaged = Follower(tmp_path)
    for i in (1, 3):
        (tmp_path / name(i)).unlink()
    assert only_damaged.newest() is None


def test_a_follower_sees_that_the_learner_began_anew(tmp_path, opened):
    store, follower = opened(keep=1), Follower(tmp_path)
    store.write(1)
    store.write(2)
    assert follower.newest() == (2, tmp_path / name(2))
    (tmp_path / name(2)).unlink()
    assert follower.newest() is None
    opened().write("fresh")
    assert follower.newest() == ("fresh", tmp_path / name(1))


def test_a_follower_of_a_busy_learner_always_finds_one(tmp_path):
    """With keep=1 what is listed is often gone when it is opened."""
    busy = """
import sys
from ihomer.daemon.store import Store
store = Store(sys.argv[1], keep=1)
store.lock()
store.write(0)
print("begun", flush=True)
for i in range(1, 10_000):
    store.write(i)
"""
    with subprocess.Popen([sys.executable, "-c", busy, str(tmp_path)], stdout=subprocess.PIPE, text=True) as writer:
        try:
            assert writer.stdout.readline() == "begun\n"
            last, looks = -1, 0
            while looks < 200 or (last <= 0 and writer.poll() is None):  # a writer that has no time has written one yet
                looks += 1
                tree, path = Follower(tmp_path).newest()
                assert (tree, path.name) == (tree, name(tree + 1))
                assert tree >= last
                last = tree
        finally:
            writer.kill()
    assert last > 0


def test_one_checkpoint_at_a_time(opened, monkeypatch):
    store = opened()
    write, go = checkpoint.write_taken, threading.Event()
    monkeypatch.setattr(checkpoint, "write_taken", lambda path, taken: go.wait(30) and write(path, taken))
    writing = store.begin(1)
    with pytest.raises(RuntimeError, match="is being written: wait for it first"):
        store.begin(2)
    go.set()
    assert writing.wait().name == name(1)
    assert store.write(3).name == name(2)
