"""Arrays in .npy files."""

from __future__ import annotations

import io
import os
import re

import numpy as np
import pytest
from click.testing import CliRunner
from hypothesis import given, settings
from hypothesis import strategies as st

import streams
from ihomer.cli import main
from streams import StreamError, open_stream
from streams.errors import BadRows
from streams.npy import open_npy
from tests.broken import read_into

X = np.array([[0.5, 0, np.nan], [0, 0, 0], [1, -2, 3]])
Y = np.array([[1, 0], [0, 0], [1, 1]], bool)
TEXT = "3 2\n0:1\n\n1:1 0:1\n"
ROWS = [({0: 0.5, 2: None}, {0}), ({}, set()), ({0: 1.0, 1: -2.0, 2: 3.0}, {0, 1})]


def write(folder, x=X, y=Y):
    np.save(folder / "X.npy", x)
    if isinstance(y, str):
        (folder / "Y.txt").write_text(y)
        return f"npy:{folder}/X.npy?labels={folder}/Y.txt"
    np.save(folder / "Y.npy", y)
    return f"npy:{folder}/X.npy?labels={folder}/Y.npy"


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64", ">f4"])
@pytest.mark.parametrize("order", ["C", "F"])
@pytest.mark.parametrize("y", [Y, Y.astype(np.int8), np.asfortranarray(Y.astype(np.int64)), TEXT])
def test_files_hold_what_was_saved(tmp_path, dtype, order, y):
    stream = open_stream(write(tmp_path, np.asarray(X, dtype, order=order), y))
    assert (stream.name, stream.length, len(stream.features), stream.declared_labels) == ("X.npy", 3, 3, 2)
    assert list(stream.sets()) == list(stream.sets()) == ROWS
    assert [batch.places.tolist() for batch in stream.batches(2)] == [[1, 2], [3]]
    assert stream.progress() == 1


def test_without_labels(tmp_path):
    write(tmp_path)
    for spec in (f"npy:{tmp_path}/X.npy", tmp_path / "X.npy"):
        assert list(open_stream(spec).sets()) == [(x, None) for x, _ in ROWS]
    with pytest.raises(StreamError, match="label_columns: options are for files"):
        open_stream(tmp_path / "X.npy", label_columns="a")
    with pytest.raises(StreamError, match=r"no such file as '.*Z.npy'; did you mean '.*.npy'"):
        open_stream(f"npy:{tmp_path}/Z.npy")
    with pytest.raises(StreamError, match=r"npy:: no such file as ''"):
        open_stream("npy:")
    with pytest.raises(StreamError, match=r"no such file as '.*Y.tx'"):
        open_stream(f"npy:{tmp_path}/X.npy?labels={tmp_path}/Y.tx")


@pytest.mark.parametrize("shape", [(0, 3), (4, 0), (0, 0)])
def test_nothing_in_it(tmp_path, shape):
    stream = open_stream(write(tmp_path, np.zeros(shape), np.zeros((shape[0], 2), bool)))
    assert list(stream.sets()) == [({}, set())] * shape[0]
    stream = open_stream(write(tmp_path, np.zeros(shape), f"{shape[0]} 2\n" + "\n" * shape[0]))
    assert list(stream.sets()) == [({}, set())] * shape[0]


def saved(array):
    file = io.BytesIO()
    np.save(file, array, allow_pickle=True)
    return file.getvalue()


def headed(header, data=b"", version=(1, 0)):
    width = 2 if version == (1, 0) else 4
    return b"\x93NUMPY" + bytes(version) + len(header).to_bytes(width, "little") + header + data


class Mine:
    """What runs code when it is unpickled."""

    def __reduce__(self):
        return os._exit, (77,)


GOOD, TRUE = saved(X), saved(Y)
EXPECTED = "float16, float32, float64, whole numbers or booleans"
BROKEN = [
    (b"", TRUE, r"X.npy: expected a .npy file, which begins with .x93NUMPY, found ''"),
    (b"1,2,3\n", TRUE, "X.npy: expected a .npy file, which begins with .*, found '1,2,3"),
    (saved(np.array([Mine()])), TRUE, f"X.npy: found an array of object, expected {EXPECTED}"),
    (GOOD, saved(np.array([[Mine()]])), "Y.npy: found an array of object, expected booleans or whole numbers"),
    (saved(X.astype(complex)), TRUE, f"X.npy: found an array of complex128, expected {EXPECTED}"),
    (saved(X.astype("U3")), TRUE, "X.npy: found an array of <U3, expected"),
    (saved(np.zeros((3, 3), np.longdouble)), TRUE, "X.npy: found an array of .*, expected"),
    (saved(np.zeros(3, [("a", "f4")])), TRUE, r"X.npy: found an array of \[\('a', '<f4'\)\], expected"),
    (GOOD, saved(Y.astype(float)), "Y.npy: found an array of float64, expected booleans or whole numbers"),
    (saved(X[0]), TRUE, r"X.npy: found an array of shape \(3,\), expected two dimensions"),
    (GOOD, saved(Y[:, 0]), r"Y.npy: found an array of shape \(3,\), expected two dimensions"),
    (GOOD, saved(Y[:2]), "Y.npy: found 2 rows, expected 3, as X.npy has"),
    (GOOD[:-1], TRUE, r"X.npy: found 71 bytes after the header, expected 72 for float64 of shape \(3, 3\)"),
    (GOOD, TRUE + b"\n", r"Y.npy: found 7 bytes after the header, expected 6 for bool of shape \(3, 2\)"),
    (GOOD[:20], TRUE, "X.npy: has a broken header: EOF: reading array header"),
    (headed(b"{'descr': '<f8', 'fortran_order': False, 'shape': (-1, 3)}\n"), TRUE, "has a broken header: the shape '.-1, 3.'"),
    (headed(b"{'descr': '<f8', 'fortran_order': False, 'shape': (0, 4000000000)}\n"), TRUE, "broken header: the shape"),
    (headed(b"__import__('os')._exit(77)\n"), TRUE, "X.npy: has a broken header: "),
    (headed(b"{" * 5000 + b"\n"), TRUE, "X.npy: has a broken header: "),
    (headed(GOOD[10:128], GOOD[128:], (9, 0)), TRUE, "X.npy: found a .npy file of version '9.0', expected 1.0 or 2.0"),
]


@pytest.mark.parametrize(("x", "y", "message"), BROKEN)
def test_broken_files(tmp_path, x, y, message):
    (tmp_path / "X.npy").write_bytes(x)
    (tmp_path / "Y.npy").write_bytes(y)
    with pytest.raises(StreamError, match=message):
        open_npy(str(tmp_path / "X.npy"), str(tmp_path / "Y.npy"))


def test_broken_text(tmp_path):
    with pytest.raises(StreamError, match=r"Y.txt:1: the header says 4 rows, X.npy has 3"):
        open_stream(write(tmp_path, X, "4 2\n\n\n\n\n"))
    seen: list[object] = []
    with pytest.raises(StreamError, match=r"Y.txt:3:1: label id '2' is beyond the 2 declared labels, expected 0 to 1"):
        read_into(seen, lambda: open_stream(write(tmp_path, X, "3 2\n0:1\n2:1\n\n")))
    assert len(seen) == 1
    (tmp_path / "folder" / "X.npy").mkdir(parents=True)
    with pytest.raises(StreamError, match=r"X.npy: cannot be read: Is a directory"):
        open_npy(str(tmp_path / "folder" / "X.npy"))


@pytest.mark.parametrize("y", [np.repeat(Y, 3, axis=0).astype(int), "9 2\n" + "0:1\n" * 9])
def test_bad_rows(tmp_path, y):
    x = np.ones((9, 3), np.float16)
    x[2, 1] = np.inf
    message = re.escape("X.npy:3: feature 1 must be a finite number that fits float32, found inf, at [2, 1]")
    if isinstance(y, str):
        y, last = y[:-4] + "7:1\n", "Y.txt:10:1"
    else:
        y[8, 1], last = 7, "Y.npy:9: label 1 must be 0 or 1, found 7, at [8]"
    spec, seen = write(tmp_path, x, y), []
    with pytest.raises(StreamError, match=message):
        read_into(seen, lambda: open_stream(spec))
    assert len(seen) == 2
    bad = BadRows(skip=True)
    stream = open_stream(spec, bad_rows=bad)
    assert [place for batch in stream.batches(2) for place in batch.places.tolist()] == [1, 2, 4, 5, 6, 7, 8]
    assert [str(error).startswith(told) for error, told in zip(bad.first, ("X.npy:3: ", last), strict=True)] == [True] * 2
    with pytest.raises(StreamError, match="more than 1 bad rows"):
        list(open_stream(spec, on_error="skip", max_errors=1).sets())


@settings(max_examples=300, deadline=None)
@given(st.data())
def test_damaged_files_are_errors_or_arrays(tmp_path_factory, data):
    """Whatever happens to a file: what is read has the shape that was promised, or a StreamError tells."""
    folder = tmp_path_factory.mktemp("fuzz")
    files = {"X.npy": bytearray(GOOD), "Y.npy": bytearray(TRUE)}
    damaged = files[data.draw(st.sampled_from(sorted(files)))]
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(damaged) - 1))
        match data.draw(st.sampled_from(("change", "cut", "insert"))):
            case "change":
                damaged[at] = data.draw(st.integers(0, 255))
            case "cut":
                del damaged[at : at + data.draw(st.integers(1, 8))]
            case _:
                damaged[at:at] = data.draw(st.binary(min_size=1, max_size=8))
        if not damaged:
            break
    for name, content in files.items():
        (folder / name).write_bytes(content)
    try:
        stream = open_npy(str(folder / "X.npy"), str(folder / "Y.npy"))
        rows = list(stream.sets())
    except StreamError as error:
        assert str(error).startswith(("X.npy", "Y.npy"))  # noqa: PT017
    else:
        assert len(rows) == stream.length


@pytest.mark.parametrize("name", ["rows.jsonl", "rows.parquet", "rows.svm.gz", "rows.csv"])
def test_it_is_converted_and_scored(tmp_path, name):
    random = np.random.default_rng(1)
    x = random.normal(size=(90, 5)).astype(np.float16)
    y = np.column_stack([x[:, 0] > 0, x[:, 1] > 1, x[:, 2] < 0])
    spec, out = write(tmp_path, x, y), tmp_path / name
    converted = CliRunner().invoke(main, ["convert", spec, str(out)])
    assert (converted.exit_code, converted.exception) == (0, None)
    back = [({int(j): v for j, v in row.items()}, {int(k) for k in held}) for row, held in open_stream(out).sets()]
    assert back == list(open_stream(spec).sets())
    assert back == list(streams.from_arrays(x, y).sets())
    if name == "rows.jsonl":
        scored = CliRunner().invoke(main, ["evaluate", spec, "-q", "--model", "linear"])
        assert (scored.exit_code, scored.exception) == (0, None)
        assert "90 instances, 5 features, 3 labels" in scored.stdout
        (tmp_path / "X.npy").write_bytes(b"no array")
        failed = CliRunner().invoke(main, ["evaluate", spec, "-q"])
        assert failed.exit_code != 0
        assert "X.npy: expected a .npy file" in failed.stderr
