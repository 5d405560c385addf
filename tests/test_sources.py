"""Bytes in: plain and compressed, files, pipes, in pieces of any size."""

from __future__ import annotations

import bz2
import gzip
import lzma
import os
import subprocess
import sys
import threading

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from streams.errors import StreamError
from streams.sources import ByteSource, line_blocks

TEXT = b"".join(b"%d red,blue %d:1.5\n" % (i, i * i) for i in range(20_000))
COMPRESS = {"none": bytes, "gz": gzip.compress, "bz2": bz2.compress, "xz": lzma.compress}


def read_into(got, source, size=1 << 20):
    for chunk in source.chunks(size):
        got += chunk


@pytest.mark.parametrize("kind", COMPRESS)
@pytest.mark.parametrize("size", [1000, 1 << 20])
def test_what_went_in_comes_out(tmp_path, kind, size):
    path = tmp_path / "rows"  # no suffix: the first bytes tell
    path.write_bytes(COMPRESS[kind](TEXT))
    with ByteSource(path) as source:
        assert source.rewinds
        assert source.progress() == 0
        assert source.peek(10) == TEXT[:10]
        pieces = list(source.chunks(size))
        assert b"".join(pieces) == TEXT
        assert max(map(len, pieces)) <= size
        assert source.progress() == 1
        assert b"".join(source.chunks()) == TEXT, "it rewinds"


@pytest.mark.parametrize("kind", ["gz", "bz2", "xz"])
def test_members_one_after_the_other(tmp_path, kind):
    path = tmp_path / "rows"
    path.write_bytes(COMPRESS[kind](b"one") + COMPRESS[kind](b"") + COMPRESS[kind](b"two") + bytes(512))
    assert b"".join(ByteSource(path).chunks()) == b"onetwo"


@pytest.mark.parametrize("kind", COMPRESS)
def test_nothing_comes_out_of_nothing(tmp_path, kind):
    path = tmp_path / "rows"
    path.write_bytes(COMPRESS[kind](b""))
    assert list(ByteSource(path).chunks()) == []
    assert ByteSource(path).peek() == b""


@pytest.mark.parametrize("kind", ["gz", "bz2", "xz"])
@pytest.mark.parametrize("share", [0.2, 0.9])
def test_truncated(tmp_path, kind, share):
    whole = COMPRESS[kind](TEXT)
    path = tmp_path / "rows"
    path.write_bytes(whole[: int(share * len(whole))])
    got = bytearray()
    with pytest.raises(StreamError, match=r"rows: truncated \w+ data: the file ends after [\d,]+ decompressed bytes"):
        read_into(got, ByteSource(path), 777)
    assert TEXT.startswith(bytes(got))
    if kind != "bz2" and share > 0.5:  # a block of bzip2 is larger than this text
        assert len(got) > 0.8 * share * len(TEXT)


@pytest.mark.parametrize("kind", ["gz", "bz2", "xz"])
def test_damaged(tmp_path, kind):
    whole = bytearray(COMPRESS[kind](TEXT))
    whole[-6] ^= 255  # in the checksum at the end
    path = tmp_path / "rows"
    path.write_bytes(whole)
    got = bytearray()
    with pytest.raises(StreamError, match="rows: damaged"):
        read_into(got, ByteSource(path))
    assert TEXT.startswith(bytes(got))


def test_what_follows_the_last_member(tmp_path):
    path = tmp_path / "rows"
    path.write_bytes(gzip.compress(b"one\n") + b"garbage")
    chunks = ByteSource(path).chunks()
    assert next(chunks) == b"one\n"
    with pytest.raises(StreamError, match="damaged gzip data after 4 decompressed bytes"):
        next(chunks)


def test_compression_that_is_said_and_not_there(tmp_path):
    path = tmp_path / "rows"
    path.write_bytes(b"plain")
    with pytest.raises(StreamError, match="damaged xz data"):
        list(ByteSource(path, "xz").chunks())
    with pytest.raises(StreamError, match="compression must be"):
        ByteSource(path, "zip")
    path.write_bytes(gzip.compress(b"x"))
    assert b"".join(ByteSource(path, "none").chunks()) == path.read_bytes()


def test_text_that_begins_like_bzip2(tmp_path):
    path = tmp_path / "rows"
    path.write_bytes(b"BZh9 is a word\n")
    assert b"".join(ByteSource(path).chunks()) == b"BZh9 is a word\n"


def test_files_that_are_not_there(tmp_path):
    with pytest.raises(StreamError, match="nowhere: cannot be read: No such file"):
        ByteSource(tmp_path / "nowhere")
    with pytest.raises(StreamError, match="is a directory"):
        ByteSource(tmp_path)


def test_a_pipe_is_read_once(tmp_path):
    path = tmp_path / "pipe"
    os.mkfifo(path)
    writer = threading.Thread(target=lambda: path.write_bytes(gzip.compress(TEXT)))
    writer.start()
    with ByteSource(path) as source:
        assert not source.rewinds
        assert source.peek(5) == TEXT[:5]
        assert b"".join(source.chunks()) == TEXT
        assert source.progress() is None
        with pytest.raises(StreamError, match="pipe: can be read only once"):
            list(source.chunks())
        with pytest.raises(StreamError, match="only once"):
            source.peek()
    writer.join()


@pytest.mark.parametrize("kind", ["none", "gz", "bz2"])
def test_a_live_pipe_gives_what_is_there(tmp_path, kind):
    path = tmp_path / "pipe"
    os.mkfifo(path)
    first_seen = threading.Event()

    def write():
        with path.open("wb", buffering=0) as pipe:
            pipe.write(COMPRESS[kind](b"first\n" * 10))
            assert first_seen.wait(30)
            pipe.write(COMPRESS[kind](b"second\n"))

    writer = threading.Thread(target=write)
    writer.start()
    blocks = line_blocks(ByteSource(path))
    assert next(blocks) == (b"first\n" * 10, 1)
    first_seen.set()
    assert list(blocks) == [(b"second\n", 11)]
    writer.join()


def test_standard_input():
    program = (
        "from streams.sources import ByteSource, line_blocks\n"
        "source = ByteSource('-')\n"
        "head = source.peek(3)\n"
        "print(source.name, source.rewinds, head, sum(b.count(b'\\n') for b, _ in line_blocks(source, 100)))\n"
    )
    done = subprocess.run([sys.executable, "-c", program], input=bz2.compress(TEXT), capture_output=True, check=True)
    assert done.stdout == b"stdin False b'0 r' 20000\n"


@settings(max_examples=50, deadline=None)
@given(st.binary(max_size=60).map(lambda b: b.replace(b"\x00", b"\n").replace(b"\xff", b"x")), st.integers(1, 20))
def test_line_blocks_are_the_text(tmp_path_factory, text, size):
    path = tmp_path_factory.mktemp("blocks") / "rows"
    path.write_bytes(text)
    blocks = list(line_blocks(ByteSource(path, "none"), size))
    assert b"".join(block for block, _ in blocks) == text.removeprefix(b"\xef\xbb\xbf")
    line = 1
    for block, first in blocks:
        assert first == line
        assert block
        line += block.count(b"\n")
    assert all(block.endswith(b"\n") for block, _ in blocks[:-1])


@pytest.mark.parametrize("size", [1, 2, 3, 4, 100])
def test_byte_order_marks(tmp_path, size):
    path = tmp_path / "rows"
    path.write_bytes(b"\xef\xbb\xbfa\nb")
    assert b"".join(block for block, _ in line_blocks(ByteSource(path), size)) == b"a\nb"
    path.write_bytes("a\nb".encode("utf-16"))
    with pytest.raises(StreamError, match="rows:1: begins with the byte order mark of UTF-16"):
        list(line_blocks(ByteSource(path), size))


def test_a_line_without_end(tmp_path, monkeypatch):
    monkeypatch.setattr("streams.sources.MAX_LINE", 1000)
    path = tmp_path / "rows"
    path.write_bytes(b"a\n" + b"x" * 2000)
    blocks = line_blocks(ByteSource(path), 100)
    assert next(blocks) == (b"a\n", 1)
    with pytest.raises(StreamError, match=r"rows:2: a line of more than 1,000 bytes"):
        next(blocks)
