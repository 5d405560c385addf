"""Reading ARFF files of MULAN and MEKA."""

from __future__ import annotations

import gzip
import subprocess
import sys

import pytest

from streams.arff import ArffStream
from streams.errors import BadRows, StreamError
from streams.svmlight import SvmlightStream

from .broken import read_into
from .broken.text import BAD_ARFF_ROWS, BROKEN_ARFF

HEADER = b"""% A comment.
@RELATION 'a: -C -2'

@attribute size REAL
@Attribute\t'dark "hue"'  {red,'deep blue', "it's" , other} % one more
@attribute wet {1,0}
@attribute dry {0, 1}
@attribute "new" {0,1}
@attribute old {1,0}
@DATA
"""


def write(folder, content, name="a.arff"):
    path = folder / name
    path.write_bytes(content)
    return path


def rows(stream):
    got = []
    for batch in stream.batches():
        batch.check()
        got += batch.pairs()
    return got


def test_dense_and_sparse_rows(tmp_path):
    content = HEADER + (
        b"1.5,red,1,0,1,0\n"
        b"\t-2e1 , 'deep blue' , 0 , 1 , 0 , 1 \r\n"
        b"\n% another comment\n"
        b"? \"it's\" ? ? 0 0 % spaces separate too\n"
        b"{}\n"
        b"{ 0 7 , 1 'it\\'s', 2 0, 4 1, 5 0 }\n"
        b"{1 ?,2 ?, 3 1},{1}\n"
        b"0,other,'0','1',\"1\",1 , {1.0} %\n"
    )
    stream = ArffStream(write(tmp_path, content))
    hue = 'dark "hue"'
    hues = [f"{hue}={category}" for category in ("red", "deep blue", "it's", "other")]
    assert stream.features.names == ["size", *hues, "wet", "dry"]
    assert stream.labels.names == ["new", "old"]
    assert stream.declared_labels == 2
    assert stream.length is None
    assert rows(stream) == [
        ({"size": 1.5, hue: "red", "wet": 1.0}, {"new"}),
        ({"size": -20.0, hue: "deep blue", "dry": 1.0}, {"old"}),
        ({"size": None, hue: "it's", "wet": None, "dry": None}, set()),
        ({hue: "red", "wet": 1.0}, {"old"}),  # what is left out is the first category
        ({"size": 7.0, hue: "it's"}, {"new"}),
        ({hue: None, "wet": None, "dry": 1.0}, {"old"}),
        ({hue: "other", "dry": 1.0}, {"new", "old"}),
    ]
    assert [batch.places.tolist() for batch in stream.batches()] == [[11, 12, 15, 16, 17, 18, 19]]


def test_labels_that_are_missing_are_unknown(tmp_path):
    stream = ArffStream(write(tmp_path, HEADER + b"0,red,0,0,?,1\n0,red,0,0,?,?\n{4 ?}\n0,red,0,0,0,0\n"))
    assert [y for _, y in rows(stream)] == [{"old": True}, None, {"old": True}, set()]


def test_labels_are_found_by_every_way(tmp_path):
    path = write(tmp_path, b"@relation a\n@attribute x {0,1}\n@attribute y {0,1}\n@attribute z {0,1}\n@data\n1,0,1\n")
    assert ArffStream(path, labels=1).labels.names == ["x"]
    assert ArffStream(path, labels=-2).labels.names == ["y", "z"]
    assert ArffStream(path, labels=["z", "x"]).labels.names == ["x", "z"], "in the order of the attributes"
    labels = b'<labels xmlns="http://mulan.sourceforge.net/labels"><label name="z"><label name="y"/></label></labels>'
    other = write(tmp_path, labels, "other.xml")
    assert ArffStream(path, xml=other).labels.names == ["y", "z"]
    write(tmp_path, labels.replace(b"z", b"x"), "a.xml")
    assert rows(ArffStream(path)) == [({"z": 1.0}, {"x"})]
    packed = write(tmp_path, gzip.compress(path.read_bytes()), "a-train.arff.gz")
    assert rows(ArffStream(packed)) == [({"z": 1.0}, {"x"})]


def test_names_that_are_not_utf8(tmp_path):
    content = "@relation 'a: -C 1'\n@attribute y {0,1}\n@attribute Höhe {klein,größer}\n@data\n1,größer\n"
    for coding in ("utf-8", "latin-1", "utf-8-sig"):
        assert rows(ArffStream(write(tmp_path, content.encode(coding)))) == [({"Höhe": "größer"}, {"y"})]


def test_many_categories(tmp_path):
    categories = [f"c{i}" for i in range(1000)]
    header = "@relation 'a: -C 1'\n@attribute y {0,1}\n@attribute c {" + ",".join(categories) + "}\n@data\n"
    content = header + "".join(f"0,{c}\n" for c in categories)
    assert [x["c"] for x, _ in rows(ArffStream(write(tmp_path, content.encode())))] == categories


@pytest.mark.parametrize("broken", BAD_ARFF_ROWS + BROKEN_ARFF, ids=str)
def test_broken_files(tmp_path, broken):
    for name, content in {**broken.beside, broken.name: broken.content}.items():
        write(tmp_path, content, name)
    labels = -1 if broken in BAD_ARFF_ROWS else None
    seen = []
    with pytest.raises(StreamError) as raised:
        read_into(seen, lambda: ArffStream(tmp_path / broken.name, labels=labels, block_bytes=30))
    assert str(raised.value) == broken.message
    assert len(seen) == broken.rows


@pytest.mark.parametrize("broken", BAD_ARFF_ROWS, ids=str)
def test_bad_rows_are_left_out(tmp_path, broken):
    bad = BadRows(skip=True)
    stream = ArffStream(write(tmp_path, broken.content + b"2,x,0\n{0 3}\n"), bad, labels=-1)
    assert rows(stream) == [
        ({"a1": 1.0, "hue": "red"}, set()),
        ({"hue": "x"}, {"a12"}),
        ({"a1": 2.0, "hue": "x"}, set()),
        ({"a1": 3.0, "hue": "red"}, set()),
    ]
    assert (bad.count, str(bad.first[0])) == (1, broken.message)


def test_numbers_that_need_exact_rounding(tmp_path):
    middle = "1.000000178813934326171875"  # between two float32
    header = b"@relation 'a: -C -1'\n@attribute x real\n@attribute y {0,1}\n@data\n"
    content = f"{middle},0\n'{middle}',1\n{{0 '1\\{middle[1:]}01'}}\n3.4028235677973367e38,0\n".encode()
    bad = BadRows(skip=True)
    values = [x["x"] for x, _ in rows(ArffStream(write(tmp_path, header + content), bad))]
    assert values == [1.000000238418579, 1.000000238418579, 1.000000238418579]
    assert [str(error) for error in bad.first] == [
        "a.arff:8:1: attribute 'x' must be a finite number that fits float32, found '3.4028235677973367e38'"
    ]


def test_truncated_rows(tmp_path):
    content = HEADER + b"1.5,red,1,0,1,0\n" * 5000
    path = write(tmp_path, gzip.compress(content)[:-9])
    seen = []
    with pytest.raises(StreamError, match="truncated gzip"):
        read_into(seen, lambda: ArffStream(path))
    assert len(seen) == 5000


def test_standard_input():
    program = "from streams.arff import ArffStream\nprint(list(ArffStream('-').sets()))"
    content = b"@relation 'a: -C 1'\n@attribute y {0,1}\n@attribute x real\n@data\n1,2\n"
    done = subprocess.run([sys.executable, "-c", program], input=content, capture_output=True, check=True)
    assert done.stdout == b"[({'x': 2.0}, {'y'})]\n"


@pytest.mark.data
@pytest.mark.parametrize(
    ("arff", "svm"),
    [("emotions.arff", "emotions"), ("flags.arff", "flags"), ("enron.arff", "enron"), ("Enron.meka.arff.bz2", "enron")],
)
def test_the_same_rows_as_the_svmlight_file(data_dir, arff, svm):
    stream, other = ArffStream(data_dir / "original" / arff), SvmlightStream(data_dir / f"{svm}.svm.xz")
    assert set(stream.features.names) == set(other.features.names)
    assert set(stream.labels.names) == set(other.labels.names)
    assert rows(stream) == rows(other)


@pytest.mark.data
def test_virusgo_whose_svmlight_file_has_no_names(data_dir):
    named = {f"Att{i + 1}": i for i in range(749)}
    stream = ArffStream(data_dir / "original" / "VirusGO.arff")
    got = [({named[name]: v for name, v in x.items()}, y) for x, y in rows(stream)]
    assert got == rows(SvmlightStream(data_dir / "virusgo.svm.xz"))
    assert len(got) == 207


@pytest.mark.data
def test_music(data_dir):
    stream = ArffStream(data_dir / "original" / "Music.arff")
    assert (len(stream.features), len(stream.labels), stream.labels.name(0)) == (71, 6, "amazed-suprised")
    assert sum(map(len, stream.batches())) == 592
