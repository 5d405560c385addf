"""Features and labels in files of their own, the newer layout of the extreme classification repository."""

from __future__ import annotations

import bz2
import gzip
import lzma

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from streams import StreamError, open_stream
from streams.errors import BadRows
from streams.separate import SeparateStream

from .broken import read_into

X, Y = b"3 4\n0:1.5 3:2\n1:nan\n2:1\n", b"3 5\n4:1 0:1\n\n2:1.0\n"
ROWS = [({0: 1.5, 3: 2.0}, {0, 4}), ({1: None}, set()), ({2: 1.0}, {2})]


def write(folder, x=X, y=Y, x_name="trn_X_Xf.txt", y_name="trn_X_Y.txt"):
    (folder / x_name).write_bytes(x)
    (folder / y_name).write_bytes(y)
    return folder / x_name, folder / y_name


@pytest.mark.parametrize(("suffix", "compress"), [("", bytes), (".gz", gzip.compress), (".xz", lzma.compress)])
def test_it_is_recognised_by_the_file_beside(tmp_path, suffix, compress):
    x, _ = write(tmp_path, compress(X), bz2.compress(Y), f"trn_X_Xf.txt{suffix}", "trn_X_Y.txt.bz2")
    stream = open_stream(x)
    assert (stream.length, len(stream.features), stream.declared_labels, stream.name) == (3, 4, 5, x.name)
    assert list(stream.sets()) == list(stream.sets()) == ROWS
    assert stream.progress() == 1


def test_any_two_files(tmp_path):
    x, y = write(tmp_path, x_name="a", y_name="b")
    assert list(open_stream(f"xmc:{x}?labels={y}").sets()) == ROWS


def test_no_labels_are_found(tmp_path):
    x, y = write(tmp_path)
    y.unlink()
    with pytest.raises(StreamError, match=r"no label matrix is given and none is there, expected \?labels=PATH or"):
        open_stream(f"xmc:{x}")
    with pytest.raises(StreamError, match=r"no such file as '.*trn_X_Y.tx'; did you mean '.*trn_X_Xf.txt'"):
        open_stream(f"xmc:{x}?labels={y.with_suffix('.tx')}")
    write(tmp_path)
    with pytest.raises(StreamError, match="options are for files"):
        open_stream(x, label_columns="a")


#: What is wrong, the two files, the message, how many good rows come before.
BROKEN = [
    (b"", Y, "trn_X_Xf.txt:1: expected the header 'rows columns', found ''", 0),
    (b"3 4 5\n", Y, "trn_X_Xf.txt:1: expected the header 'rows columns', found '3 4 5'", 0),
    (X, b"0:1\n", "trn_X_Y.txt:1: expected the header 'rows columns', found '0:1'", 0),
    (b"99999999999 4\n", Y, "trn_X_Xf.txt:1: expected sizes of at most 2,147,483,647, found '99999999999'", 0),
    (X, b"4 5\n\n\n\n\n", "trn_X_Y.txt:1: the header says 4 rows, trn_X_Xf.txt has 3", 0),
    (X, b"3 5\n4:1\n2:1\n", "trn_X_Y.txt: 2 rows, the header says 3", 2),
    (X + b"1:1\n", Y, "trn_X_Xf.txt: 4 rows, the header says 3", 3),
    (X, Y.replace(b"2:", b"5:"), "trn_X_Y.txt:4:1: label id '5' is beyond the 5 declared labels, expected 0 to 4", 2),
    (X.replace(b"2:", b"4:"), Y, "trn_X_Xf.txt:4:1: feature id '4' is beyond the 4 declared features, expected 0 to 3", 2),
    (X[:-3], Y, "trn_X_Xf.txt:4:1: expected index:value, found '2'", 2),
    (X.replace(b"nan", b"inf"), Y, "trn_X_Xf.txt:3:3: feature 1 must be a finite number that fits float32, found 'inf'", 1),
    (X.replace(b"3:2", b"0:2"), Y, "trn_X_Xf.txt:2:7: feature 0 stands twice in the row", 0),
    (X, Y.replace(b"0:1", b"0:nan"), "trn_X_Y.txt:2: label 0 must have a value above 0 where it holds, found nan", 0),
    (X, Y.replace(b"1.0", b"-1"), "trn_X_Y.txt:4: label 2 must have a value above 0 where it holds, found -1", 2),
    (X.replace(b"2:1", b"2:1 # x"), Y, "trn_X_Xf.txt:4:5: expected index:value, found '#'", 2),
    (X.replace(b"2:1", b"2:1#x"), Y, "trn_X_Xf.txt:4:3: feature 2 must be a number, found '1#x'", 2),
    (X, Y.replace(b"2:1.0", b"2 1"), "trn_X_Y.txt:4:1: expected index:value, found '2'", 2),
]


@pytest.mark.parametrize(("x", "y", "message", "good"), BROKEN)
def test_broken_files(tmp_path, x, y, message, good):
    paths, seen = write(tmp_path, x, y), []
    with pytest.raises(StreamError) as raised:
        read_into(seen, lambda: SeparateStream(*paths, block_bytes=3))
    assert (str(raised.value), len(seen)) == (message, good)


def test_a_truncated_archive(tmp_path):
    x, y = write(tmp_path, gzip.compress(X)[:-6])
    seen = []
    with pytest.raises(StreamError, match=r"trn_X_Xf.txt: .*"):
        read_into(seen, lambda: SeparateStream(x, y))


def test_bad_rows_are_left_out_of_both(tmp_path):
    x = b"5 4\n0:1\n9:1\n1:1\n2:1\n3:x\n"
    y = b"5 5\n0:1\n1:1\n2:-1\n3:1\n4:1\n"
    bad = BadRows(skip=True)
    stream = SeparateStream(*write(tmp_path, x, y), bad)
    assert list(stream.sets()) == [({0: 1.0}, {0}), ({2: 1.0}, {3})]
    assert (bad.count, sorted(str(error)[:16] for error in bad.first)) == (
        3, ["trn_X_Xf.txt:3:1", "trn_X_Xf.txt:6:3", "trn_X_Y.txt:4: l"],
    )  # fmt: skip
    with pytest.raises(StreamError, match="more than 1 bad rows"):
        list(SeparateStream(*write(tmp_path, x, y), BadRows(skip=True, limit=1)).sets())


values = st.sampled_from(["1", "0", "-2.5", "nan", "1e-3", "0.1234567890123456789"])
matrix_rows = st.lists(
    st.tuples(st.dictionaries(st.integers(0, 9), values, max_size=8), st.sets(st.integers(0, 6), max_size=4)), max_size=20
)


@settings(max_examples=60, deadline=None)
@given(matrix_rows, st.integers(1, 8), st.integers(1, 60))
def test_both_layouts_give_the_same_batches(tmp_path_factory, rows, size, block_bytes):
    folder = tmp_path_factory.mktemp("layouts")
    cells = [" ".join(f"{j}:{v}" for j, v in x.items()) for x, _ in rows]
    combined = "".join(f"{','.join(map(str, y))} {x}\n" for x, (_, y) in zip(cells, rows, strict=True))
    (folder / "both.svm").write_text(f"{len(rows)} 10 7\n{combined}")
    labels = "".join(" ".join(f"{k}:1" for k in y) + "\n" for _, y in rows)
    features = "".join(x + "\n" for x in cells)
    paths = write(folder, f"{len(rows)} 10\n{features}".encode(), f"{len(rows)} 7\n{labels}".encode())
    one = list(open_stream(folder / "both.svm").batches(size))
    two = list(SeparateStream(*paths, block_bytes=block_bytes).batches(size))
    assert len(one) == len(two)
    for a, b in zip(one, two, strict=True):
        b.check()
        for part in ("indptr", "indices", "values", "label_indptr", "label_indices", "status", "places"):
            np.testing.assert_array_equal(getattr(a, part), getattr(b, part))
