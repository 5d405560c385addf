"""Reading multi-label svmlight text."""

from __future__ import annotations

import json
import subprocess
import sys

import numpy as np
import pytest

from streams.errors import BadRows, StreamError
from streams.svmlight import SvmlightStream

from .broken import read_into
from .broken.text import BAD_SVMLIGHT_ROWS, BROKEN_SVMLIGHT


def write(folder, content, names=None):
    path = folder / "a.svm"
    path.write_bytes(content)
    if names is not None:
        (folder / "a.names.json").write_text(json.dumps(names))
    return path


def rows(stream):
    return list(stream.sets())


def test_without_header_the_vocabulary_grows(tmp_path):
    stream = SvmlightStream(write(tmp_path, b"2,0 7:1 3:0.5\n 1:1\n"))
    assert (stream.length, stream.declared_labels, len(stream.labels)) == (None, None, 0)
    assert rows(stream) == [({3: 0.5, 7: 1.0}, {0, 2}), ({1: 1.0}, set())]
    assert (len(stream.features), stream.labels.names) == (8, [0, 1, 2])


def test_header_declares(tmp_path):
    stream = SvmlightStream(write(tmp_path, b"2 9 4\r\n2,0 7:1 3:0.5\r\n 1:nan"))
    assert (stream.length, stream.declared_labels, len(stream.features)) == (2, 4, 9)
    assert rows(stream) == [({3: 0.5, 7: 1.0}, {0, 2}), ({1: None}, set())]


def test_names_and_kinds(tmp_path):
    kinds = ["numeric", ["red", "blue"], ["1", "0"]]
    names = {"features": ["size", "hue", "wet"], "labels": ["x", "y"], "kinds": kinds}
    stream = SvmlightStream(write(tmp_path, b"4 3 2\n0 0:2 1:1 2:1\n1 \n 1:nan 2:nan\n 2:0\n", names))
    assert stream.features.names == ["size", "hue=red", "hue=blue", "wet"]
    assert rows(stream) == [
        ({"size": 2.0, "hue": "blue"}, {"x"}),
        ({"hue": "red", "wet": 1.0}, {"y"}),
        ({"hue": None, "wet": None}, set()),
        ({"hue": "red", "wet": 1.0}, set()),
    ]
    batch = next(stream.batches())
    batch.check()
    assert np.isnan(batch.values[batch.indptr[2] : batch.indptr[3]]).tolist() == [True, True, True]


def test_empty_rows_comments_and_line_ends(tmp_path):
    content = b"# made by hand\n \n1 # only a label\n1\n 0:1#no space\n\t0:2\n# end\n\n\r\n"
    stream = SvmlightStream(write(tmp_path, content))
    assert rows(stream) == [({}, set()), ({}, {1}), ({}, {1}), ({0: 1.0}, set()), ({0: 2.0}, set())]
    assert [batch.places.tolist() for batch in stream.batches()] == [[2, 3, 4, 5, 6]]


def test_an_empty_file_has_no_rows(tmp_path):
    assert rows(SvmlightStream(write(tmp_path, b""))) == []


def test_zeros_are_not_stored(tmp_path):
    batch = next(SvmlightStream(write(tmp_path, b"0 0:0 1:-0.0 2:1e-60 3:1 4:0e9\n")).batches())
    batch.check()
    assert (batch.indices.tolist(), batch.values.tolist()) == ([3], [1.0])


def test_batches_hold_what_was_asked_for(tmp_path):
    path = write(tmp_path, b"".join(b"%d 0:%d\n" % (i % 3, i) for i in range(1, 101)))
    for block_bytes in (1, 50, 1 << 20):
        sizes = [len(batch) for batch in SvmlightStream(path, block_bytes=block_bytes).batches(30)]
        assert sizes == [30, 30, 30, 10]


def test_long_unsorted_rows(tmp_path):
    ids = np.random.default_rng(0).permutation(3000)
    row = b" ".join(b"%d:%d" % (i, i + 1) for i in ids)
    labels = b",".join(b"%d" % i for i in ids)
    batch = next(SvmlightStream(write(tmp_path, labels + b" " + row + b"\n")).batches())
    batch.check()
    assert batch.indices.tolist() == batch.label_indices.tolist() == list(range(3000))
    assert batch.values.tolist() == list(range(1, 3001))


@pytest.mark.parametrize("broken", BAD_SVMLIGHT_ROWS + BROKEN_SVMLIGHT, ids=str)
def test_broken_files(tmp_path, broken):
    for name, content in {**broken.beside, broken.name: broken.content}.items():
        (tmp_path / name).write_bytes(content)
    seen = []
    with pytest.raises(StreamError) as raised:
        read_into(seen, lambda: SvmlightStream(tmp_path / broken.name, block_bytes=1000))
    assert str(raised.value) == broken.message
    assert len(seen) == broken.rows


@pytest.mark.parametrize("broken", BAD_SVMLIGHT_ROWS, ids=str)
def test_bad_rows_are_left_out(tmp_path, broken):
    empty = broken.what == "empty line"  # after which one more good row stands
    header = b"6 4 3\n" if empty else b"5 4 3\n"
    bad = BadRows(skip=True)
    path = write(tmp_path, header + broken.content.partition(b"\n")[2] + b"1 3:1\n2 0:7\n")
    got = rows(SvmlightStream(path, bad))
    assert got[:2] == [({0: 1.5, 3: 2.0}, {0, 2}), ({1: 1.0}, set())]
    assert got[-2:] == [({3: 1.0}, {1}), ({0: 7.0}, {2})]
    assert (len(got), bad.count, str(bad.first[0])) == (5 if empty else 4, 1, broken.message)


def test_the_limit_of_bad_rows(tmp_path):
    path = write(tmp_path, b"0 0:1\nx\n0 0:2\ny\n0 0:3\nz\n0 0:4\n")
    seen = []
    with pytest.raises(StreamError, match=r"more than 2 bad rows; the last: a.svm:6:1: expected a label id, found 'z'"):
        read_into(seen, lambda: SvmlightStream(path, BadRows(skip=True, limit=2)), rows=2)
    assert [x[0] for x, _ in seen] == [1, 2, 3]


def test_standard_input():
    program = "from streams.svmlight import SvmlightStream\nprint(list(SvmlightStream('-').sets()))"
    done = subprocess.run([sys.executable, "-c", program], input=b"1 2 2\n1 0:1\n", capture_output=True, check=True)
    assert done.stdout == b"[({0: 1.0}, {1})]\n"


def test_it_can_be_read_again(tmp_path):
    stream = SvmlightStream(write(tmp_path, b"1,0 0:1\n 2:3\n"))
    assert stream.progress() == 0
    assert rows(stream) == rows(stream)
    assert stream.progress() == 1


@pytest.mark.data
def test_all_real_files(data_dir):
    paths = sorted(data_dir.glob("*.svm.xz"))
    assert len(paths) > 40
    for path in paths:
        if path.stat().st_size > 300_000:
            continue  # the small ones are enough here
        stream = SvmlightStream(path)
        n = n_labels = 0
        for batch in stream.batches(500):
            batch.check()
            n += len(batch)
            n_labels += len(batch.label_indices)
        facts = json.loads((data_dir / path.name.replace("svm.xz", "names.json")).read_text())
        assert (n, len(stream.labels)) == (facts["n_instances"], facts["n_labels"]), path.name
        assert n_labels / n == pytest.approx(facts["cardinality"], abs=1e-6), path.name
