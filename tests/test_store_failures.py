"""The state directory under kill -9, full disks, missing rights and files that fail."""

from __future__ import annotations

import errno
import os
import shutil
import subprocess
import sys
from contextlib import contextmanager

import numpy as np
import pytest

import ihomer.checkpoint.atomic
from ihomer.daemon.lock import LOCK
from ihomer.daemon.store import Store

pytestmark = pytest.mark.skipif(os.name != "posix", reason="the daemon needs POSIX's locks")

#: Forks writers and kills them, 40 times: a fork costs a hundredth of what a new interpreter does.
_KILLER = """
import os, random, signal, sys, time
from pathlib import Path
import numpy as np
from ihomer import checkpoint
from ihomer.daemon.store import Store

checkpoint.dumps(1, kind="warm")  # the versions of libraries are looked up once, before the writers are forked
directory, draw = Path(sys.argv[1]), random.Random(7)
known, halves = 0, 0
noise = np.random.default_rng(0).random(100_000)  # no file of it is small
for kill in range(40):
    reader, writer = os.pipe()
    pid = os.fork()
    if pid == 0:
        try:
            store = Store(directory, keep=2)
            store.lock()
            i = known
            while True:
                i += 1
                store.write({"i": i, "w": np.full(100_000, i), "noise": noise})
                os.write(writer, b"%d\\n" % i)
        finally:
            os._exit(3)
    os.close(writer)
    with open(reader, "rb") as said:
        acknowledged = [int(said.readline()) for _ in range(draw.randrange(4))]  # however slow the machine is
        time.sleep(draw.uniform(0.0, 0.02))
        os.kill(pid, signal.SIGKILL)
        assert os.waitpid(pid, 0)[1] == signal.SIGKILL, "the writer ended by itself"
        acknowledged += [int(line) for line in said]
    halves += any(name.endswith(".tmp") for name in os.listdir(directory))
    store = Store(directory, keep=2)
    store.lock()
    found = store.read()
    assert not store.damaged, store.damaged
    last = acknowledged[-1] if acknowledged else known
    if found is None:
        assert last == 0
    else:
        tree, path = found
        # What was acknowledged is there; a writer may be killed between the renaming and its word.
        assert last <= tree["i"] <= last + 1, (last, tree["i"])
        assert tree["w"].tolist() == [tree["i"]] * 100_000
        known = tree["i"]
    names = os.listdir(directory)
    assert not [name for name in names if name.endswith(".tmp")], names
    assert len(names) <= 3, names  # the lock, and two that are kept
    store.close()
assert known > 20 and halves > 3, (known, halves)  # they were killed at work
"""


#: Fills a file system of 2 MB that only this process sees.
_FULL_DISK = """
import os, subprocess, sys
from pathlib import Path
import numpy as np
from ihomer.daemon.store import Store

directory = Path(sys.argv[1])
if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=2m", "tmpfs", str(directory)]).returncode:
    sys.exit(77)
store = Store(directory, keep=2)
store.lock()
noise = np.frombuffer(np.random.default_rng(0).bytes(720_000), np.uint8)  # what is written as it is
old = store.write(noise[:400_000])
ballast = directory / "ballast"
ballast.write_bytes(bytes(1 << 20))
before = sorted(os.listdir(directory))
for _ in range(3):
    try:
        store.write(noise)
    except OSError as error:
        assert error.errno == 28 and "cannot be written: No space left" in str(error) and str(directory) in str(error), error
    else:
        raise AssertionError("the disk was not full")
    assert sorted(os.listdir(directory)) == before
assert store.read()[1] == old
ballast.unlink()
assert store.write(noise).name == "checkpoint-000000000005.ihomer"
store.close()
store = Store(directory, keep=2)
store.lock()
tree, path = store.read()
assert np.array_equal(tree, noise) and not store.damaged
# Not a byte is left: another learner can still take the lock, and be told that it cannot write.
store.close()
rest = os.open(directory / "rest", os.O_CREAT | os.O_WRONLY)
try:
    while True:
        os.write(rest, bytes(4096))
except OSError:
    os.close(rest)
store = Store(directory, keep=2)
store.lock()
assert store.read()[1] == path
try:
    store.write(1)
except OSError as error:
    assert error.errno == 28
else:
    raise AssertionError("the disk was not full")
"""


def run(script, *arguments, before=()):
    return subprocess.run(
        [*before, sys.executable, "-c", script, *map(str, arguments)], capture_output=True, text=True, timeout=120, check=False
    )


@pytest.fixture
def store(tmp_path):
    store = Store(tmp_path, keep=2)
    store.lock()
    yield store
    store.close()


def names(directory):
    return sorted(path.name for path in directory.iterdir() if path.name != LOCK)


def test_killed_at_any_moment(tmp_path):
    done = run(_KILLER, tmp_path)
    assert done.returncode == 0, done.stderr


@pytest.mark.skipif(shutil.which("unshare") is None, reason="needs unshare, for a file system of its own")
def test_a_full_disk(tmp_path):
    as_root = ("unshare", "--mount") if os.geteuid() == 0 else ("unshare", "--mount", "--map-root-user")
    done = run(_FULL_DISK, tmp_path, before=as_root)
    if done.returncode == 77 or "unshare failed" in done.stderr or "Operation not permitted" in done.stderr:
        pytest.skip("no file system can be mounted here")
    assert done.returncode == 0, done.stderr


@contextmanager
def largest_file(size):
    resource = pytest.importorskip("resource")
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def test_a_file_that_may_not_be_so_large(store, tmp_path):
    store.write("old")
    with largest_file(1 << 20), pytest.raises(OSError, match=r"cannot be written: .*checkpoint-000000000002\.ihomer") as raised:
        store.write(np.random.default_rng(0).random(1 << 18))
    assert raised.value.errno == errno.EFBIG
    assert names(tmp_path) == ["checkpoint-000000000001.ihomer"]
    store.write("new")
    assert store.read()[0] == "new"


def test_a_file_that_fails_after_any_number_of_bytes(store, tmp_path, monkeypatch):
    """A disk that is full after n bytes; also one that takes them all and fails when they are to be made safe."""
    tree = {"w": np.arange(6), "names": ["a", "b"]}
    size = store.write(tree).stat().st_size
    real = ihomer.checkpoint.atomic.replacing

    class Failing:
        def __init__(self, file, room):
            self.file, self.room = file, room

        def write(self, data):
            self.file.write(bytes(data)[: self.room])
            self.room -= len(bytes(data))
            if self.room < 0:
                raise OSError(errno.ENOSPC, "No space left on device")

    for room in range(size):

        @contextmanager
        def full(path, room=room):
            with real(path) as file:
                yield Failing(file, room)

        monkeypatch.setattr(ihomer.checkpoint.atomic, "replacing", full)
        with pytest.raises(OSError, match="No space left"):
            store.write(tree)
        assert names(tmp_path) == ["checkpoint-000000000001.ihomer"]
    monkeypatch.setattr(ihomer.checkpoint.atomic, "replacing", real)

    def refuse(descriptor):
        raise OSError(errno.EIO, "Input/output error")

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", refuse)
        with pytest.raises(OSError, match="Input/output error"):
            store.write(tree)
    assert names(tmp_path) == ["checkpoint-000000000001.ihomer"]
    assert store.write("after") == tmp_path / f"checkpoint-{size + 3:012}.ihomer"
    assert store.read()[0] == "after"


@pytest.mark.skipif(os.name != "posix" or os.geteuid() != 0, reason="only root can become somebody else")
def test_no_right_to_write_or_read(tmp_path):
    """Who may not read a checkpoint is told so; it is not damaged, and an older one is not used instead."""
    other = """
import os, sys
from ihomer.daemon.store import Store
os.setgid(65534); os.setuid(65534)
store = Store(sys.argv[1], keep=2)
try:
    store.lock()
    store.read()
except PermissionError as error:
    print(error)
"""
    directory = tmp_path / "state"
    store = Store(directory, keep=2)
    store.lock()
    store.write(1)
    path = store.write(2)
    store.close()
    for above in (tmp_path, *tmp_path.parents):
        if above.stat().st_uid == 0 and above.name.startswith(("pytest", "test_")):
            above.chmod(0o755)
    done = run(other, directory)
    assert f"Permission denied: '{directory / LOCK}'" in done.stdout, done.stderr
    directory.chmod(0o777)
    (directory / LOCK).chmod(0o666)
    path.chmod(0o600)
    done = run(other, directory)
    assert f"Permission denied: '{path}'" in done.stdout, done.stderr
    assert names(directory) == ["checkpoint-000000000001.ihomer", "checkpoint-000000000002.ihomer"]


def test_what_killed_writers_left_is_removed_at_the_start_and_a_living_ones_is_not(tmp_path, store):
    import fcntl

    (tmp_path / ".ihomer-0123456789abcdef-00.tmp").write_bytes(b"half")
    living = (tmp_path / ".ihomer-0123456789abcdef-01.tmp").open("wb")
    with living:
        fcntl.flock(living, fcntl.LOCK_EX)
        store.close()
        store.lock()
        assert names(tmp_path) == [".ihomer-0123456789abcdef-01.tmp"]
    store.close()
    store.lock()
    assert names(tmp_path) == []


def test_an_old_one_that_cannot_be_removed_does_not_fail_the_new_one(tmp_path, store, caplog):
    (tmp_path / "checkpoint-000000000000.ihomer").mkdir()
    for i in range(3):
        store.write(i)
    assert "an old checkpoint cannot be removed" in caplog.text
    assert store.read()[0] == 2
