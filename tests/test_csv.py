"""CSV: columns, labels, quotes, kinds of values, ids and times."""

from __future__ import annotations

import csv
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from streams import open_stream
from streams.batch import COMPLETE, PARTIAL, UNLABELLED
from streams.csv_rows import CsvStream


def read(tmp_path, content, name="f.csv", **options):
    path = tmp_path / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return open_stream(path, **options)


def test_label_columns_by_prefix(tmp_path):
    stream = read(tmp_path, "a,label:p,label:q\n1,1,0\n2,,1\n3,,\n4,true,FALSE\n")
    assert stream.labels.names == ["p", "q"]
    assert stream.declared_labels == 2
    assert list(stream.sets()) == [
        ({"a": 1.0}, {"p"}),
        ({"a": 2.0}, {"q": True}),
        ({"a": 3.0}, None),
        ({"a": 4.0}, {"p"}),
    ]
    assert next(iter(stream.batches())).status.tolist() == [COMPLETE, PARTIAL, UNLABELLED, COMPLETE]


@pytest.mark.parametrize("label_columns", [["y_1", "y_2"], "y_1,y_2", "y_*", ["y_?"], ["y_2", "y_1"], ["y_[12]"]])
def test_label_columns_by_name_or_pattern(tmp_path, label_columns):
    stream = read(tmp_path, "y_1,a,y_2\n1,2,0\n", label_columns=label_columns)
    assert stream.labels.names == ["y_1", "y_2"]
    assert list(stream.sets()) == [({"a": 2.0}, {"y_1"})]


@pytest.mark.parametrize(
    ("cell", "separator", "expected"),
    [
        ("a;b ; c", None, {"a", "b", "c"}),
        ("a;b", ";", {"a", "b"}),
        ('"a,b,c"', ",", {"a", "b", "c"}),
        ("a b  c", " ", {"a", "b", "c"}),
        ("1", ";", {"1"}),
        ("", ";", set()),
    ],
)
def test_one_column_of_label_lists(tmp_path, cell, separator, expected):
    stream = read(tmp_path, f"x,tags\n1,{cell}\n", label_columns=["tags"], label_separator=separator)
    assert list(stream.sets()) == [({"x": 1.0}, expected)]
    assert stream.declared_labels is None


def test_one_column_of_truth_values(tmp_path):
    stream = read(tmp_path, "x,spam\n1,\n2,1\n3,0\n", label_columns="spam")
    assert [y for _, y in stream.sets()] == [None, {"spam"}, set()]


def test_without_label_columns_rows_are_unlabelled(tmp_path):
    assert list(read(tmp_path, "a,b\n1,2\n").sets()) == [({"a": 1.0, "b": 2.0}, None)]


def test_values_decide_for_themselves(tmp_path):
    stream = read(tmp_path, "n,c,m\n1e-3,red,\n-2,,\n,+1.2.3,nan\n")
    assert [x for x, _ in stream.sets()] == [
        {"n": float(np.float32(1e-3)), "c": "red", "m": None},
        {"n": -2.0, "c": None, "m": None},
        {"n": None, "c": "+1.2.3", "m": None},
    ]


def test_a_number_missing_in_the_first_row_is_missing(tmp_path):
    assert [x for x, _ in read(tmp_path, "n,m\n,1\n2,3\n").sets()] == [{"n": None, "m": 1.0}, {"n": 2.0, "m": 3.0}]


def test_numeric_columns_are_declared_in_order(tmp_path):
    stream = read(tmp_path, "z,b,c,a\n0,1,red,0\n")
    list(stream.batches())
    assert stream.features.names == ["z", "b", "a", "c=red"]


@pytest.mark.parametrize(("header", "nominal"), [("nominal:zip,b", ()), ("zip,b", ["zip"]), ("zip,b", "zip")])
def test_nominal_columns_hold_categories_whatever_they_look_like(tmp_path, header, nominal):
    stream = read(tmp_path, f"{header}\n4050,1\nnone,2\n", nominal=nominal)
    assert [x for x, _ in stream.sets()] == [{"zip": "4050", "b": 1.0}, {"zip": "none", "b": 2.0}]


def test_ids_and_times(tmp_path):
    content = "when,key,a\n1970-01-01T00:01:00Z,k1,1\n90.5,,2\n,k3,3\n"
    (batch,) = read(tmp_path, content, id_column="key", time_column="when").batches()
    assert batch.keys == ["k1", None, "k3"]
    assert batch.times.tolist()[:2] == [60.0, 90.5]
    assert math.isnan(batch.times[2])
    assert batch.places.tolist() == [2, 3, 4]
    assert [x for x, _ in batch.pairs()] == [{"a": 1.0}, {"a": 2.0}, {"a": 3.0}]


@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_quotes_lines_and_marks(tmp_path, end):
    content = end.join(['\ufeff"a ""b""",c', '1,"x', 'y,""z"""', "", '2,"é"', "3,plain"])
    batches = list(read(tmp_path, content).batches())
    assert [x for batch in batches for x, _ in batch.pairs()] == [
        {'a "b"': 1.0, "c": f'x{end}y,"z"'},
        {'a "b"': 2.0, "c": "é"},
        {'a "b"': 3.0, "c": "plain"},
    ]
    assert [place for batch in batches for place in batch.places] == [2, 5, 6]


@pytest.mark.parametrize(("name", "options"), [("f.tsv", {}), ("f.csv", {"delimiter": "\t"}), ("f.tsv.gz", {})])
def test_tabs(tmp_path, name, options):
    assert list(read(tmp_path, "a\tb\n1\tred, dark\n", name, **options).sets()) == [
        ({"a": 1.0, "b": "red, dark"}, None)
    ]


cells = st.one_of(
    st.text(st.characters(codec="utf-8", exclude_characters="\r"), min_size=1, max_size=5),
    st.just('a"b,c\nd'),
    st.just(""),
)


@settings(max_examples=40, deadline=None)
@given(st.lists(st.tuples(cells, st.floats(-9, 9, width=32), st.sampled_from(["0", "1", ""])), max_size=8), st.data())
def test_what_the_csv_module_writes_is_read(tmp_path_factory, rows, data):
    path = tmp_path_factory.mktemp("csv") / "f.csv"
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator=data.draw(st.sampled_from(["\n", "\r\n"])))
        writer.writerow(["c", "n", "label:p"])
        writer.writerows((text, repr(number), label) for text, number, label in rows)
    stream = CsvStream(path, nominal="c")
    stream.BLOCK = data.draw(st.sampled_from([5, 1 << 20]))
    got = [pair for batch in stream.batches(data.draw(st.integers(1, 9))) for pair in batch.pairs()]
    for (x, y), (text, number, label) in zip(got, rows, strict=True):
        assert x == ({"n": float(number)} if number else {}) | {"c": text or None}
        assert y == ({"p"} if label == "1" else set() if label else None)


def test_rows_of_mixed_shapes_do_not_depend_on_the_batch_size(tmp_path):
    content = "a,hue,tags\n" + "".join(f"{i % 7},c{i % 5},{i % 3};{i % 11}\n" for i in range(300))
    expected = None
    for rows in (1, 13, 1024):
        stream = read(tmp_path, content, label_columns="tags", label_separator=";")
        got = [pair for batch in stream.batches(rows) for pair in batch.pairs()], stream.features.names
        assert expected in (None, got)
        expected = got


def test_a_field_of_many_letters(tmp_path):
    stream = read(tmp_path, "a,b\n1," + "x" * 200_000 + "\n2,y\n", on_error="skip")
    assert list(stream.sets()) == [({"a": 2.0, "b": "y"}, None)]
    assert str(stream.bad_rows.first[0]).startswith("f.csv:2:3: a field of more than 131,072 characters")


def test_a_header_of_many_columns(tmp_path):
    names = ",".join(f"column{i}" for i in range(20_000))
    stream = read(tmp_path, names + "\n" + ",".join(["1"] * 20_000) + "\n")
    assert next(iter(stream.batches())).indptr.tolist() == [0, 20_000]
    assert stream.features.names == names.split(",")
