"""Broken CSV files: what is said, and which rows stay."""

from __future__ import annotations

import csv
import gzip

import pytest

from streams import RowError, StreamError, open_stream
from streams.errors import BadRows
from tests.broken.others import CSV, HEADER


def ids(batches):
    return "".join(key for batch in batches for key in batch.keys)


@pytest.mark.parametrize(("content", "message", "bad", "good"), [case[1:] for case in CSV], ids=[c[0] for c in CSV])
def test_broken_rows(tmp_path, content, message, bad, good):
    path = tmp_path / "f.csv"
    path.write_bytes(content)
    got = []
    with pytest.raises(RowError) as raised:
        got.extend(open_stream(path).batches())
    assert str(raised.value) == message
    assert ids(got) == "1", "the rows before come first"
    stream = open_stream(path, on_error="skip")
    assert ids(stream.batches(2)) == good
    assert stream.bad_rows.count == bad
    assert str(stream.bad_rows.first[0]) == message


@pytest.mark.parametrize(
    ("content", "options", "message"),
    [
        (b"", {}, "f.csv:1: expected a header line with the names of the columns, found nothing"),
        (
            b'"a,b\n',
            {},
            "f.csv:1: expected a header line with the names of the columns, found not CSV: unexpected end of data",
        ),
        (b"a,b,a\n", {}, "f.csv: two columns are named 'a', expected different names"),
        (b"a,nominal:a\n", {}, "f.csv: two features are named 'a', expected different names"),
        (
            b"size,colour\n",
            {"label_columns": ["color"]},
            "f.csv: no column 'color' for labels; did you mean 'colour'? the columns are size, colour",
        ),
        (b"a,b\n", {"label_columns": "l*"}, "f.csv: no column 'l*' for labels; the columns are a, b"),
        (b"a,b\n", {"id_column": "key"}, "f.csv: no column 'key' for ids; the columns are a, b"),
        (b"a,b\n", {"time_column": "when"}, "f.csv: no column 'when' for times; the columns are a, b"),
        (b"a,b\n", {"nominal": ["c"]}, "f.csv: nominal names 'c', but there is no such column"),
        (
            b"a,b\n",
            {"label_columns": ["a", "b"], "label_separator": ";"},
            "f.csv: label_separator is for one label column that holds lists, found 2 label columns: name",
        ),
        (b"a,b\n", {"delimiter": "::"}, "f.csv: delimiter must be one character, found '::'"),
        (b"a,b\n", {"label_columns": "a", "label_separator": ""}, "f.csv: label_separator must not be empty"),
        (b"\xff\xfea\x00", {}, "f.csv:1: begins with the byte order mark of UTF-16 or UTF-32, expected UTF-8"),
    ],
)
def test_files_that_cannot_be_opened(tmp_path, content, options, message):
    path = tmp_path / "f.csv"
    path.write_bytes(content)
    with pytest.raises(StreamError) as raised:
        open_stream(path, **options)
    assert str(raised.value).startswith(message)


def test_a_tag_after_truth_values_is_told(tmp_path):
    path = tmp_path / "f.csv"
    path.write_bytes(b"a,tags\n1,1\n2,x;y\n")
    with pytest.raises(RowError) as raised:
        list(open_stream(path, label_columns="tags").batches())
    assert str(raised.value) == (
        "f.csv:3:3: label 'tags' is 0 or 1, true or false, or empty, found 'x;y'; "
        "for lists of labels give label_separator"
    )


def test_a_bad_time(tmp_path):
    path = tmp_path / "f.csv"
    path.write_bytes(b":t,a\nlater,1\ninf,1\n")
    stream = open_stream(path, on_error="skip")
    assert list(stream.batches()) == []
    assert [str(error) for error in stream.bad_rows.first] == [
        "f.csv:2:1: expected seconds or a time such as '2026-01-31T12:00:00Z', found 'later'",
        "f.csv:3:1: expected a finite time, found 'inf'",
    ]


def test_too_many_bad_rows(tmp_path):
    path = tmp_path / "f.csv"
    path.write_bytes(HEADER + b"2\n" * 5 + b"3,1,red,1,0\n")
    stream = open_stream(path, bad_rows=BadRows(skip=True, limit=3))
    got = []
    with pytest.raises(StreamError, match=r"more than 3 bad rows; the last: f.csv:6: 1 field, expected 5"):
        got.extend(stream.batches())
    assert ids(got) == "1"


def test_a_truncated_file_gives_its_complete_rows(tmp_path):
    path = tmp_path / "f.csv.gz"
    rows = b"".join(b"%d,%d.25,red,1,0\n" % (i, 7919 * i % 1000) for i in range(2, 5000))
    path.write_bytes(gzip.compress(HEADER + rows)[:-2000])
    got = []
    with pytest.raises(StreamError, match=r"f.csv.gz: truncated gzip data"):
        got.extend(open_stream(path).batches())
    n = sum(len(batch) for batch in got)
    assert 100 < n < 4999
    assert ids(got) == "".join(str(i) for i in range(1, n + 1))


def test_a_field_longer_than_the_limit_is_told_with_its_place(tmp_path):
    long = "b" * (csv.field_size_limit() + 1)
    path = tmp_path / "a.csv"
    path.write_text(f"x,{long},y\n1,2,3\n")
    with pytest.raises(StreamError, match=r"^a\.csv:1:3: .*a field of more than 131,072 characters, expected shorter"):
        open_stream(path)
    path.write_text(f'x,y\n1,2\n"p,q",{long}\n3,4\n')
    stream = open_stream(path, on_error="skip")
    assert len(list(stream.sets())) == 2
    assert [str(error)[:11] for error in stream.bad_rows.first] == ["a.csv:3:7: "]
