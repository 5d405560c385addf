"""`open_stream`: what a spec names, how a format is recognised, what is said when it cannot be."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import os
import subprocess
import sys

import numpy as np
import pytest
from river.datasets import Yeast

from streams import StreamError, open_stream
from streams.errors import BadRows

CONTENT = {
    "svm": b"2 3 2\n0,1 0:1.5 2:2\n1 1:1\n",
    "arff": b"% made up\n@relation 'a: -C 1'\n@attribute y {0,1}\n@attribute x numeric\n@data\n1,2\n",
    "csv": b"x,label:y\n2,1\n",
    "jsonl": b'{"x": {"x": 2}, "y": ["y"]}\n',
}
PACK = {"": bytes, ".gz": gzip.compress, ".bz2": bz2.compress, ".xz": lzma.compress}
KIND = {"svm": "SvmlightStream", "arff": "ArffStream", "csv": "CsvStream", "jsonl": "JsonLinesStream"}


@pytest.mark.parametrize("packing", PACK)
@pytest.mark.parametrize("kind", CONTENT)
@pytest.mark.parametrize("named", [True, False], ids=["by suffix", "by content"])
def test_formats_are_recognised(tmp_path, kind, packing, named):
    path = tmp_path / (f"rows.{kind}{packing}" if named else "rows")
    path.write_bytes(PACK[packing](CONTENT[kind]))
    stream = open_stream(path)
    assert type(stream).__name__ == KIND[kind]
    assert len(list(stream.sets())) == (2 if kind == "svm" else 1)


@pytest.mark.parametrize("packing", PACK)
@pytest.mark.parametrize("kind", CONTENT)
@pytest.mark.parametrize("given", [True, False], ids=["given", "by content"])
def test_standard_input(monkeypatch, kind, packing, given):
    class Input:
        buffer = io.BytesIO(PACK[packing](CONTENT[kind]))

    monkeypatch.setattr(sys, "stdin", Input)
    format_ = {"svm": "svmlight"}.get(kind, kind) if given else "auto"
    stream = open_stream("-", format=format_)
    assert not stream.rewinds
    first = list(stream.sets())
    assert first[-1] == {"svm": ({1: 1.0}, {1})}.get(kind, ({"x": 2.0}, {"y"}))
    with pytest.raises(StreamError, match="stdin: can be read only once"):
        list(stream.batches())


def test_a_real_pipe():
    script = "from streams import open_stream; print([y for _, y in open_stream('-').sets()])"
    done = subprocess.run(
        [sys.executable, "-c", script], input=CONTENT["jsonl"] * 2, capture_output=True, check=True, env=os.environ
    )
    assert done.stdout.decode().strip() == "[{'y'}, {'y'}]"


@pytest.mark.parametrize(
    ("spec", "options", "message"),
    [
        ("rows.cvs", {}, r"rows.cvs: no such file; did you mean '.*rows.csv' or"),
        ("nothing.like.it", {}, r"nothing.like.it: no such file$"),
        ("no/rows.csv", {}, r"no/rows.csv: no such file \(nor a folder '.*no'\)"),
        ("rows.csv", {"format": "xls"}, "unknown format 'xls', expected auto, svmlight, arff, csv, jsonl, parquet"),
        ("rows.csv", {"on_error": "ignore"}, "on_error must be 'raise' or 'skip', found 'ignore'"),
        ("rows.csv", {"labels": 3}, "rows.csv: is read as csv, which does not take labels=3; its options are label"),
        ("rows.jsonl", {"label_columns": "y"}, "is read as jsonl, which does not take label_columns='y'; it has no"),
        ("rows.unknown", {}, "rows.unknown: cannot tell its format from b'hello world"),
        ("empty", {}, "empty: cannot tell its format from b'': give the format, one of svmlight, arff"),
        ("rows.zip", {}, "rows.zip: is a zip archive"),
    ],
)
def test_what_cannot_be_opened(tmp_path, spec, options, message):
    (tmp_path / "rows.csv").write_bytes(CONTENT["csv"])
    (tmp_path / "rows.jsonl").write_bytes(CONTENT["jsonl"])
    (tmp_path / "rows.unknown").write_bytes(b"hello world\n")
    (tmp_path / "empty").write_bytes(b"")
    (tmp_path / "rows.zip").write_bytes(b"PK\x03\x04aaaaaaaa")
    with pytest.raises(StreamError, match=message):
        open_stream(tmp_path / spec, **options)


@pytest.mark.parametrize(
    ("spec", "options", "message"),
    [
        ("kafkaa:topic", {}, "unknown scheme 'kafkaa', expected synthetic:NAME, kafka:TOPIC, xmc:FEATURES, npy:FEATURES"),
        ("http://a/b.csv", {}, "unknown scheme 'http'"),
        ("yeast", {"label_columns": "a"}, "yeast: label_columns: options are for files, this stream has none"),
        ("synthetic:rbf", {"labels": 3}, "synthetic:rbf: labels: options are for files, this stream has none"),
    ],
)
def test_names_that_are_no_files(spec, options, message):
    with pytest.raises(StreamError, match=message):
        open_stream(spec, **options)


def test_a_near_name_may_be_yeast(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(StreamError, match=r"yeats: no such file; did you mean 'yeast'\?"):
        open_stream("yeats")


def test_a_file_named_like_a_stream_is_a_file(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "yeast").write_bytes(CONTENT["csv"])
    assert list(open_stream("yeast").sets()) == [({"x": 2.0}, {"y"})]


def test_yeast_is_that_of_river():
    stream = open_stream("yeast")
    assert (stream.name, stream.length, stream.declared_labels) == ("yeast", 2417, 14)
    ours, theirs = list(stream), list(Yeast())
    assert [y for _, y in ours] == [y for _, y in theirs]
    for (x, _), (u, _) in zip(ours, theirs, strict=True):
        assert x == {name: float(np.float32(value)) for name, value in u.items() if np.float32(value)}


@pytest.mark.data
def test_yeast_is_that_of_the_real_data(data_dir):
    ours, real = open_stream("yeast"), open_stream(data_dir / "yeast.svm.xz")
    assert [y for _, y in ours.sets()] == [y for _, y in real.sets()]


def test_policies_reach_the_stream(tmp_path):
    (tmp_path / "rows.csv").write_bytes(b"a,b\n1,2\n3\n")
    stream = open_stream(tmp_path / "rows.csv", on_error="skip", max_errors=4)
    assert (stream.bad_rows.skip, stream.bad_rows.limit) == (True, 4)
    mine = BadRows(skip=True)
    assert open_stream(tmp_path / "rows.csv", bad_rows=mine).bad_rows is mine


def test_river_pairs_have_all_labels(tmp_path):
    (tmp_path / "rows.jsonl").write_bytes(
        b'{"x":{},"y":["a"]}\n{"x":{},"y":["b"]}\n{"x":{}}\n{"x":{},"y":{"a":false}}\n'
    )
    assert [y for _, y in open_stream(tmp_path / "rows.jsonl")] == [
        {"a": True},
        {"a": False, "b": True},
        {},
        {"a": False},
    ]


@pytest.mark.parametrize(("name", "what"), [("a.csv.gz", "gzip"), ("a.svm.xz", "xz"), ("a.bz2", "bzip2")])
def test_names_that_promise_a_compression_which_is_not_there(tmp_path, name, what):
    (tmp_path / name).write_bytes(bytes(range(1, 256)) * 12)
    with pytest.raises(StreamError, match=f"{name}: is named as {what} data, but its contents are not"):
        open_stream(tmp_path / name)
    (tmp_path / name).write_text("1,0 0:1\n")  # unpacked by whoever fetched it: text is what it says
    assert len(list(open_stream(tmp_path / name, format="svmlight").sets())) == 1
