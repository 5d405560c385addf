"""Checkpoints in files: whole or not at all."""

from __future__ import annotations

import os
import stat
import threading

import numpy as np
import pytest

from ihomer import __version__
from ihomer.checkpoint import CheckpointError, describe, dumps, read, write


def files(directory):
    return sorted(path.name for path in directory.iterdir())


def test_the_file_holds_the_same_bytes(tmp_path):
    tree = {"w": np.arange(10), "names": ["a", ("b", 1)]}
    write(tmp_path / "a.ckpt", tree, kind="test")
    assert (tmp_path / "a.ckpt").read_bytes() == dumps(tree, kind="test")
    assert read(str(tmp_path / "a.ckpt"), kind="test")["names"] == ["a", ("b", 1)]
    assert files(tmp_path) == ["a.ckpt"]


def test_describe(tmp_path):
    path = tmp_path / "a.ckpt"
    write(path, {"w": np.arange(10), "o": object()}, kind="test", allow_pickle=True)
    about = describe(path)
    assert (about["kind"], about["format"], about["pickles"]) == ("test", 2, 1)
    assert about["versions"]["ihomer"] == __version__
    assert set(about["versions"]) == {"ihomer", "numba", "numpy", "python", "river"}
    assert about["array_bytes"] == 80
    assert about["total_bytes"] == path.stat().st_size


@pytest.mark.parametrize(
    ("data", "message"),
    [(b"", "empty"), (b"1,2 3:4\n" * 9, "not a checkpoint"), (dumps([1, 2], kind="test")[:-3], "truncated")],
)
def test_errors_name_the_file(tmp_path, data, message):
    path = tmp_path / "bad.ckpt"
    path.write_bytes(data)
    for reader in (read, describe):
        with pytest.raises(CheckpointError, match=rf"bad\.ckpt: .*{message}"):
            reader(path)


def test_a_newer_format_is_told_by_describe_too(tmp_path):
    path = tmp_path / "new.ckpt"
    data = dumps(1, kind="test")
    path.write_bytes(data[:8] + b"\x09\0\0\0" + data[12:])
    with pytest.raises(CheckpointError, match=r"new\.ckpt: written in format 9"):
        describe(path)


def test_a_file_that_is_not_there(tmp_path):
    with pytest.raises(FileNotFoundError):
        read(tmp_path / "none.ckpt")


def test_a_tree_that_cannot_be_stored_leaves_the_old_file(tmp_path):
    path = tmp_path / "a.ckpt"
    write(path, 1, kind="test")
    with pytest.raises(TypeError):
        write(path, [object()], kind="test")
    assert read(path) == 1
    assert files(tmp_path) == ["a.ckpt"]


def test_a_full_disk_leaves_the_old_file(tmp_path):
    resource = pytest.importorskip("resource")
    path = tmp_path / "a.ckpt"
    write(path, "old", kind="test")
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1 << 20, limits[1]))  # a larger file cannot be written
    try:
        with pytest.raises(OSError, match=r"cannot be written: .*a\.ckpt"):
            write(path, np.random.default_rng(0).random(1 << 18), kind="test")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert read(path) == "old"
    assert files(tmp_path) == ["a.ckpt"]


def test_places_that_cannot_be_written(tmp_path):
    (tmp_path / "file").write_text("")
    (tmp_path / "directory.ckpt").mkdir()
    with pytest.raises(FileNotFoundError, match=r"none/a\.ckpt"):
        write(tmp_path / "none" / "a.ckpt", 1, kind="test")
    with pytest.raises(NotADirectoryError, match=r"file/a\.ckpt"):
        write(tmp_path / "file" / "a.ckpt", 1, kind="test")
    with pytest.raises(IsADirectoryError, match=r"directory\.ckpt"):
        write(tmp_path / "directory.ckpt", 1, kind="test")
    assert files(tmp_path) == ["directory.ckpt", "file"]


def test_permissions_are_kept_and_links_followed(tmp_path):
    path = tmp_path / "a.ckpt"
    write(path, 1, kind="test")
    umask = os.umask(0)
    os.umask(umask)
    assert stat.S_IMODE(path.stat().st_mode) == 0o666 & ~umask
    path.chmod(0o600)
    link = tmp_path / "latest.ckpt"
    link.symlink_to(path)
    write(link, 2, kind="test")
    assert link.is_symlink()
    assert read(path) == 2
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_writers_at_once_leave_a_whole_file(tmp_path):
    path = tmp_path / "a.ckpt"
    write(path, np.zeros(1), kind="test")
    failures = []

    def work(value):
        try:
            for _ in range(10):
                write(path, np.full(20_000, value), kind="test")
                found = read(path)
                assert len(set(found.tolist())) == 1
        except BaseException as error:  # noqa: BLE001 (carried to the test's own thread)
            failures.append(error)

    threads = [threading.Thread(target=work, args=(value,)) for value in (1.0, 2.0, 3.0)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failures
    assert files(tmp_path) == ["a.ckpt"]
