"""Parquet: types of columns, labels, vectors, bad rows, bounded pieces."""

from __future__ import annotations

import builtins
import io
import sys

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from streams import RowError, StreamError, open_stream
from streams import parquet as module
from streams.batch import COMPLETE, PARTIAL, UNLABELLED


def write(path, columns, **options):
    pq.write_table(pa.table(columns), path, **options)
    return path


@pytest.fixture
def path(tmp_path):
    return tmp_path / "f.parquet"


def test_types_of_columns(path):
    write(
        path,
        {
            "int": pa.array([1, None, 0]),
            "float": pa.array([0.5, float("nan"), 2.0], pa.float32()),
            "bool": pa.array([True, None, False]),
            "text": pa.array(["red", None, "green"]),
            "dictionary": pa.array(["u", "u", None]).dictionary_encode(),
            "label:p": pa.array([True, None, False]),
            "label:q": pa.array([0, 1, None]),
        },
    )
    stream = open_stream(path)
    assert stream.length == 3
    assert stream.declared_labels == 2
    (batch,) = stream.batches()
    batch.check()
    assert list(batch.pairs()) == [
        ({"int": 1.0, "float": 0.5, "bool": 1.0, "text": "red", "dictionary": "u"}, {"p"}),
        ({"int": None, "float": None, "bool": None, "text": None, "dictionary": "u"}, {"q": True}),
        ({"float": 2.0, "text": "green", "dictionary": None}, {"p": False}),
    ]
    assert batch.status.tolist() == [COMPLETE, PARTIAL, PARTIAL]


def test_vectors(path):
    write(path, {"v": pa.array([[1.0, 2.0], [0.0, None], None], pa.list_(pa.float64(), 2))})
    (batch,) = open_stream(path).batches()
    assert batch.features.names == [0, 1]
    np.testing.assert_array_equal(batch.dense, np.array([[1, 2], [0, np.nan], [np.nan, np.nan]], np.float32))
    assert batch.status.tolist() == [UNLABELLED] * 3


def test_label_lists(path):
    write(path, {"x": [1, 2, 3, 4], "tags": [["b", "a", "b"], [], None, ["c", None]]})
    stream = open_stream(path, label_columns="tags")
    assert [y for _, y in stream.sets()] == [{"a", "b"}, set(), None, {"c"}]
    (batch,) = stream.batches()
    batch.check()


def test_ids_and_times(path):
    write(
        path,
        {
            "key": ["a", None],
            "when": pa.array([1_500_000, None], pa.timestamp("us", tz="UTC")),
            "x": [1, 2],
        },
    )
    (batch,) = open_stream(path, id_column="key", time_column="when").batches()
    assert batch.keys == ["a", None]
    np.testing.assert_array_equal(batch.times, [1.5, np.nan])
    assert batch.places.tolist() == [1, 2]


@pytest.mark.parametrize(
    ("times", "expected"), [([1.5, 2], [1.5, 2.0]), (["1970-01-01T00:00:07Z", None], [7.0, np.nan])]
)
def test_times_of_other_types(path, times, expected):
    write(path, {":t": times, "x": [1, 2]})
    (batch,) = open_stream(path).batches()
    np.testing.assert_array_equal(batch.times, expected)


def test_many_pieces_do_not_depend_on_the_batch_size(path, monkeypatch):
    monkeypatch.setattr(module, "_PIECE", 64)
    random = np.random.default_rng(1)
    columns = {
        "n": random.normal(size=500),
        "c": [f"c{k}" for k in random.integers(0, 40, 500)],
        "v": pa.FixedSizeListArray.from_arrays(pa.array(random.normal(size=1000)), 2),
        "tags": [[f"t{k}" for k in random.integers(0, 30, 3)] for _ in range(500)],
    }
    write(path, columns, row_group_size=70)
    results = []
    for rows in (1, 50, 1000):
        stream = open_stream(path, label_columns="tags")
        batches = list(stream.batches(rows))
        assert {len(batch) for batch in batches[:-1]} <= {rows}
        results.append(
            ([pair for batch in batches for pair in batch.pairs()], stream.features.names, stream.labels.names)
        )
        assert stream.progress() == 1.0
    assert results[0] == results[1] == results[2]
    x, y = results[0][0][123]
    assert x["c"] == columns["c"][123]
    assert x[1] == np.float32(columns["v"][123][1].as_py())
    assert y == set(columns["tags"][123])


@pytest.mark.parametrize(
    ("columns", "message"),
    [
        (
            {"a": [1.0, float("inf"), 3.0]},
            "f.parquet:2: feature 'a' must be a finite number that fits float32, found inf",
        ),
        ({"a": [1.0, -1e39, 3.0]}, "f.parquet:2: feature 'a' must be a finite number that fits float32, found -1e+39"),
        ({"a": [1, 2, 3], "label:p": [0, 2, 1]}, "f.parquet:2: label 'p' must be 0, 1 or null, found 2"),
        (
            {"a": [1, 2, 3], ":t": ["2026-01-31", "never", None]},
            "f.parquet:2: found 'never', expected a number of seconds or a time such as '2026-01-31T12:00:00Z'",
        ),
    ],
)
def test_bad_rows(path, columns, message):
    write(path, columns)
    got = []
    with pytest.raises(RowError) as raised:
        got.extend(open_stream(path).batches())
    assert str(raised.value) == message
    assert [x["a"] for batch in got for x, _ in batch.pairs()] == [1.0]
    stream = open_stream(path, on_error="skip")
    assert [x["a"] for x, _ in stream.sets()] == [1.0, 3.0]
    assert [str(error) for error in stream.bad_rows.first] == [message]


@pytest.mark.parametrize(
    ("columns", "options", "message"),
    [
        (
            {"when": pa.array([1], pa.timestamp("us"))},
            {},
            "f.parquet: column 'when' is timestamp[us], expected numbers, booleans, strings or a",
        ),
        (
            {"a": [[1.0]]},
            {},
            "f.parquet: column 'a' is list<element: double>, expected numbers, booleans, strings or a fixed-size",
        ),
        (
            {"a": ["x"]},
            {"label_columns": "a"},
            "f.parquet: label column 'a' is string, expected booleans, 0 and 1, or one column of lists",
        ),
        ({"a": [1]}, {"label_columns": "b"}, "f.parquet: no column 'b' for labels; the columns are a"),
        (
            {"v": pa.array([[1.0]], pa.list_(pa.float64(), 1)), "w": pa.array([[1.0]], pa.list_(pa.float64(), 1))},
            {},
            "f.parquet: one column may hold vectors, found v, w",
        ),
    ],
)
def test_files_that_cannot_be_opened(path, columns, options, message):
    write(path, columns)
    with pytest.raises(StreamError) as raised:
        open_stream(path, **options)
    assert str(raised.value).startswith(message)


@pytest.mark.parametrize("content", [b"", b"hello", b"PAR1 and no more", b"PAR1" + bytes(100) + b"PAR1"])
def test_files_that_are_not_parquet(path, content):
    path.write_bytes(content)
    with pytest.raises(StreamError, match=r"f.parquet: cannot be read as Parquet: "):
        open_stream(path)


def test_a_damaged_file_gives_its_rows_before(path):
    write(path, {"a": np.random.default_rng(0).normal(size=20_000)}, row_group_size=5000, compression="snappy")
    with pq.ParquetFile(path) as file:
        at = file.metadata.row_group(2).column(0).data_page_offset
    content = bytearray(path.read_bytes())
    content[at : at + 20] = b"\xff" * 20
    path.write_bytes(content)
    got = []
    with pytest.raises(StreamError, match=r"f.parquet: damaged after row \d+: "):
        got.extend(open_stream(path).batches())
    assert sum(len(batch) for batch in got) >= 4096


def test_a_pipe_cannot_be_parquet(monkeypatch):
    class Input:
        buffer = io.BytesIO(b"PAR1aaaa")

    with pytest.raises(StreamError, match="it cannot be read from standard input"):
        open_stream("-", format="parquet")
    monkeypatch.setattr(sys, "stdin", Input)
    with pytest.raises(StreamError, match="it cannot be read from standard input"):
        open_stream("-")


def test_without_pyarrow(path, monkeypatch):
    write(path, {"a": [1]})
    real = builtins.__import__

    def without(name, *arguments, **options):
        if name.startswith("pyarrow"):
            raise ImportError(name)
        return real(name, *arguments, **options)

    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(StreamError, match=r"f.parquet: Parquet needs pyarrow: pip install 'ihomer\[parquet\]'"):
        open_stream(path)
