"""Broken JSON Lines: what is said, and which rows stay."""

from __future__ import annotations

import gzip

import pytest

from streams import RowError, StreamError, open_stream
from tests.broken.others import JSON_LINES

GOOD = b'{"id": "%d", "x": {"a": 1, "b=c": 2}, "y": ["p"]}\n'


def ids(batches):
    return [key for batch in batches for key in batch.keys]


@pytest.mark.parametrize(("line", "message"), [case[1:] for case in JSON_LINES], ids=[case[0] for case in JSON_LINES])
@pytest.mark.parametrize("end", [b"\n", b"\r\n"])
def test_broken_lines(tmp_path, line, message, end):
    path = tmp_path / "f.jsonl"
    path.write_bytes(GOOD % 1 + line + end + b"".join(GOOD % i for i in range(3, 40)))
    got = []
    with pytest.raises(RowError) as raised:
        got.extend(open_stream(path).batches())
    assert str(raised.value).startswith(message)
    assert (raised.value.source, raised.value.line) == ("f.jsonl", 2)
    assert ids(got) == ["1"], "the rows before come first"
    stream = open_stream(path, on_error="skip")
    assert ids(stream.batches(7)) == ["1", *map(str, range(3, 40))]
    assert [error.line for error in stream.bad_rows.first] == [2]
    assert stream.bad_rows.count == 1


@pytest.mark.parametrize(
    ("line", "message"),
    [
        (b'{"x": [1]}', "f.jsonl:2: $.x: found 1 number, expected 2 as in the first instance"),
        (b'{"x": [1, 2, 3]}', "f.jsonl:2: $.x: found 3 numbers, expected 2 as in the first instance"),
        (b'{"x": []}', "f.jsonl:2: $.x: found 0 numbers, expected 2 as in the first instance"),
        (b'{"x": {"a": 1}}', "f.jsonl:2: $.x: found an object, expected an array of 2 as in the first instance"),
        (b'{"x": [1, true]}', "f.jsonl:2: $.x[1]: found a boolean, expected a number or null"),
        (b'{"x": [1, "a"]}', "f.jsonl:2: $.x[1]: found a string, expected a number or null"),
        (b'{"x": [-1e39, 1]}', "f.jsonl:2: $.x[0]: found -1e+39, expected a number that fits float32"),
    ],
)
def test_broken_vectors(tmp_path, line, message):
    path = tmp_path / "f.jsonl"
    path.write_bytes(b'{"x": [1, 2]}\n' + line + b'\n{"x": [3, 4]}\n')
    stream = open_stream(path, on_error="skip")
    assert [x for x, _ in stream.sets()] == [{0: 1.0, 1: 2.0}, {0: 3.0, 1: 4.0}]
    assert [str(error) for error in stream.bad_rows.first] == [message]


def test_an_empty_vector_decides_nothing(tmp_path):
    path = tmp_path / "f.jsonl"
    path.write_bytes(b'{"x": []}\n{"x": [1]}\n')
    stream = open_stream(path, on_error="skip")
    assert list(stream.sets()) == [({0: 1.0}, None)]
    assert str(stream.bad_rows.first[0]) == "f.jsonl:1: $.x: found 0 numbers, expected at least one"


@pytest.mark.parametrize("cut", [1, 8, 500])
def test_a_truncated_file_gives_its_complete_rows(tmp_path, cut):
    path = tmp_path / "f.jsonl.gz"
    path.write_bytes(gzip.compress(b"".join(GOOD % i for i in range(5000)))[:-cut])
    got = []
    with pytest.raises(StreamError, match=r"f.jsonl.gz: truncated gzip data"):
        got.extend(open_stream(path).batches())
    keys = ids(got)
    assert keys == [str(i) for i in range(len(keys))]
    assert len(keys) == 5000 if cut <= 8 else 100 < len(keys) < 5000


def test_bad_rows_beyond_the_limit_end_the_stream(tmp_path):
    path = tmp_path / "f.jsonl"
    path.write_bytes(GOOD % 1 + b"{}\n" * 10 + GOOD % 2)
    stream = open_stream(path, on_error="skip", max_errors=9)
    got = []
    with pytest.raises(StreamError, match=r"more than 9 bad rows; the last: f.jsonl:11: \$: x is missing"):
        got.extend(stream.batches())
    assert ids(got) == ["1"]
