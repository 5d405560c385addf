"""Files that are replaced whole: what is left behind by the dead, what cannot be replaced, what goes straight."""

from __future__ import annotations

import io
import os
import signal
import subprocess
import sys
import threading

import pytest

from ihomer.checkpoint import read, write
from streams import open_stream
from streams.errors import StreamError
from streams.replacing import replacing
from streams.views import limited
from streams.writers import write_stream

pytestmark = pytest.mark.skipif(os.name != "posix", reason="pipes and locks are POSIX's")

_WRITER = """
import sys, time
from streams.replacing import replacing
with replacing(sys.argv[1]) as file:
    file.write(b"half")
    print("writing", flush=True)
    time.sleep(600)
"""


def writer_of(path):
    """Return a process that is in the middle of writing `path`."""
    process = subprocess.Popen([sys.executable, "-c", _WRITER, str(path)], stdout=subprocess.PIPE, text=True)
    assert process.stdout.readline() == "writing\n"
    return process


def names(folder):
    return sorted(path.name for path in folder.iterdir())


def few():
    return limited(open_stream("yeast"), 3)


def test_what_a_killed_writer_left_is_removed_by_the_next_and_the_living_are_not_disturbed(tmp_path):
    path = tmp_path / "a.ckpt"
    with writer_of(path) as dead:
        dead.send_signal(signal.SIGKILL)
    assert len(names(tmp_path)) == 1
    with writer_of(path) as alive, writer_of(tmp_path / "other.ckpt") as other:
        try:
            other.send_signal(signal.SIGKILL)
            other.wait()
            write(path, 1, kind="test")
            assert read(path) == 1
            assert names(tmp_path)[-1] == "a.ckpt"
            assert len(names(tmp_path)) == 3  # the file, the living writer's, and what was left of another file
        finally:
            alive.kill()
    write(path, 2, kind="test")
    write(tmp_path / "other.ckpt", 2, kind="test")
    assert names(tmp_path) == ["a.ckpt", "other.ckpt"]


def test_a_checkpoint_does_not_replace_what_is_no_file(tmp_path):
    pipe = tmp_path / "pipe.ckpt"
    os.mkfifo(pipe)
    (tmp_path / "link.ckpt").symlink_to(pipe)
    for path in (pipe, tmp_path / "link.ckpt"):
        with pytest.raises(OSError, match=rf"is not a regular file .*{path.name}"):
            write(path, 1, kind="test")
    assert pipe.is_fifo()
    assert names(tmp_path) == ["link.ckpt", "pipe.ckpt"]


def test_what_an_open_file_leads_to_is_not_replaced(tmp_path):
    with (tmp_path / "a").open("wb") as file, pytest.raises(OSError, match="is not a regular file"):
        write(f"/dev/fd/{file.fileno()}", 1, kind="test")


@pytest.mark.parametrize("kind", ["csv", "jsonl", "arff", "svmlight", "parquet"])
@pytest.mark.filterwarnings("ignore:.*ids alone are written")
def test_a_pipe_gets_what_a_file_gets(tmp_path, kind):
    pipe, got = tmp_path / "pipe", []
    os.mkfifo(pipe)
    reader = threading.Thread(target=lambda: got.append(pipe.read_bytes()))
    reader.start()
    write_stream(few(), pipe, format=kind)
    reader.join()
    assert pipe.is_fifo()
    write_stream(few(), tmp_path / "file", format=kind)
    assert got == [(tmp_path / "file").read_bytes()]


def test_standard_output(monkeypatch, tmp_path):
    class Text:
        buffer = io.BytesIO()

    monkeypatch.setattr(sys, "stdout", Text)
    write_stream(few(), "-", format="jsonl")
    write_stream(few(), tmp_path / "a.jsonl")
    assert Text.buffer.getvalue() == (tmp_path / "a.jsonl").read_bytes()
    with pytest.raises(StreamError, match="standard output has no suffix: give the format, one of svmlight"):
        write_stream(few(), "-")
    with pytest.warns(UserWarning, match="ids alone are written"):
        write_stream(few(), "-", format="svmlight")


def test_a_stream_is_added_to_what_an_open_file_holds(tmp_path):
    with (tmp_path / "a").open("wb") as file:
        file.write(b"before\n")
        file.flush()
        write_stream(few(), f"/dev/fd/{file.fileno()}", format="jsonl")
    lines = (tmp_path / "a").read_bytes().splitlines()
    assert (len(lines), lines[0]) == (4, b"before")


def test_converters_follow_links(tmp_path):
    (tmp_path / "real.jsonl").write_text("old")
    (tmp_path / "link.jsonl").symlink_to(tmp_path / "real.jsonl")
    write_stream(few(), tmp_path / "link.jsonl")
    assert (tmp_path / "link.jsonl").is_symlink()
    assert len(list(open_stream(tmp_path / "real.jsonl").sets())) == 3


def test_a_failure_leaves_what_was_there(tmp_path):
    path = tmp_path / "a"
    path.write_text("old")

    def write_half():
        with replacing(path) as file:
            file.write(b"half")
            raise KeyError("lost")

    with pytest.raises(KeyError, match="lost"):
        write_half()
    assert path.read_text() == "old"
    assert names(tmp_path) == ["a"]
