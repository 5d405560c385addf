"""JSON Lines: the message format, its schema, and the kernel against the plain decoder."""

from __future__ import annotations

import json
import math
from importlib.resources import files

import jsonschema
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from streams import open_stream
from streams.json_lines import JsonLinesStream
from streams.message import MessageError, MessageRows, decode

SCHEMA = json.loads((files("streams") / "instance.schema.json").read_text())
VALIDATOR = jsonschema.Draft202012Validator(SCHEMA)

names = st.one_of(st.sampled_from(["a", "b", "c", "hue", "é", "\U0001f34e", 'q"', "back\\slash"]), st.text(max_size=3))
plain = st.one_of(
    st.integers(-(2**70), 2**70),
    st.floats(allow_nan=False, allow_infinity=False),
    st.floats(-10, 10).map(lambda v: round(v, 3)),
    st.booleans(),
    st.none(),
)
junk = st.recursive(
    st.one_of(plain, st.text(max_size=3)),
    lambda part: st.one_of(st.lists(part, max_size=2), st.dictionaries(names, part, max_size=2)),
    max_leaves=4,
)
labels = st.one_of(
    st.lists(names, max_size=4), st.dictionaries(names, st.one_of(st.booleans(), st.none()), max_size=3), st.none()
)


def messages(x):
    full = {"id": st.one_of(st.integers(), names), "t": st.floats(-1e9, 1e9), "x": x, "y": labels}
    good = st.fixed_dictionaries({"x": x}, optional={key: full[key] for key in ("id", "t", "y")})
    odd = st.dictionaries(st.sampled_from(["x", "y", "id", "t", "z"]), junk, max_size=4)
    return st.one_of(good, good, good, odd, junk)


objects = messages(st.dictionaries(names, st.one_of(plain, plain, st.sampled_from(["red", "green"])), max_size=5))


def is_instance(message):
    rows = MessageRows()
    try:
        rows.add(json.dumps(message, ensure_ascii=False).encode(), 0)
    except (MessageError, UnicodeEncodeError):
        return False
    try:
        rows.take()
    except ValueError:  # a number beyond float32
        return False
    return True


@settings(max_examples=150, deadline=None)
@given(objects)
def test_decoder_and_schema_agree(message):
    assert is_instance(message) == VALIDATOR.is_valid(message)


@pytest.mark.parametrize(
    "message",
    [
        {"x": {}},
        {"x": {"a": 1, "b": None, "c": True, "d": "red"}},
        {"x": [1, 2.5, None]},
        {"x": []},
        {"x": ["a"]},
        {"x": [True]},
        {"x": {"a": 3.4028235677973366e38}},
        {"x": {"a": 3.4028235677973362e38}},
        {"x": {"a": -3.5e38}},
        {"x": [1e39]},
        {"x": {}, "y": []},
        {"x": {}, "y": ["a", 7, 1.5]},
        {"x": {}, "y": [True]},
        {"x": {}, "y": {"a": True, "b": None}},
        {"x": {}, "y": {"a": 1}},
        {"x": {}, "id": None, "t": None, "y": None},
        {"x": {}, "id": True},
        {"x": {}, "id": 1.5},
        {"x": {}, "t": "2026-01-31"},
        {"x": {}, "t": "2026-01-31T12:00"},
        {"x": {}, "t": "2026-01-31 12:00:00.123456789+01:00"},
        {"x": {}, "t": "2026-01-31T12:00:00.1Z"},
        {"x": {}, "t": "20260131"},
        {"x": {}, "t": "2026-01-31T12"},
        {"x": {}, "t": " 2026-01-31"},
        {"x": {}, "t": "２026-01-31"},
        {"x": {}, "extra": 1},
        {"y": []},
        [],
        None,
        {"x": {"a": 3.4028235677973366e38, "b": None}},  # beside a missing value each number goes the careful way
        {"x": {"a": -3.4028235677973362e38, "b": None}},
    ],
    ids=json.dumps,
)
def test_decoder_and_schema_agree_on_edges(message):
    assert is_instance(message) == VALIDATOR.is_valid(message)


def test_the_schema_is_a_schema_and_has_a_version():
    jsonschema.Draft202012Validator.check_schema(SCHEMA)
    assert SCHEMA["$id"] == "urn:ihomer:instance:1"


def rows_of(batch):
    """Everything a batch says, by name."""
    n = len(batch)
    keys = batch.keys or [None] * n
    times = [None] * n if batch.times is None else [None if math.isnan(t) else t for t in batch.times.tolist()]
    return list(zip(batch.pairs(), keys, times, batch.places.tolist(), strict=True))


def slowly(lines):
    """The twin of the kernel, the decoder line by line: rows, numbers of bad lines, names."""
    bad, out = [], []
    rows = MessageRows(on_bad_row=lambda place, _: bad.append(place))
    for number, line in enumerate(lines, 1):
        try:
            rows.add(line, number)
        except MessageError:
            bad.append(number)
        else:
            out += rows_of(rows.take())
    return out, sorted(bad), rows.builder.features.names, rows.builder.labels.names


@settings(max_examples=60, deadline=None)
@given(st.lists(objects, max_size=12), st.booleans(), st.integers(0, 3))
def test_the_kernel_reads_as_the_decoder_does(tmp_path_factory, some, compact, copies):
    lines = []
    for message in some * (1 + copies):
        try:
            text = json.dumps(message, ensure_ascii=False, separators=(",", ":") if compact else None)
            lines.append(text.encode())
        except UnicodeEncodeError:
            lines.append(json.dumps(message).encode())
    path = tmp_path_factory.mktemp("json") / "f.jsonl"
    path.write_bytes(b"\n".join(lines))
    expected, bad, features, label_names = slowly(lines)
    stream = open_stream(path, on_error="skip")
    stream.bad_rows.keep = 1000
    got = [row for batch in stream.batches(5) for row in rows_of(batch)]
    assert got == expected
    assert sorted(error.line for error in stream.bad_rows.first) == bad
    assert stream.features.names == features
    assert stream.labels.names == label_names


NUMBERS = ["0", "-0", "0.0", "-0.0", "1", "-1", "12345678901234567", "9007199254740993", "0.1", "-0.30000001192092896"]
NUMBERS += [
    "123456.789012345",
    "1e5",
    "1E-5",
    "-1.5e+3",
    "1.17549435e-38",
    "1e-46",
    "3.4028235e38",
    "16777217",
    "33554433",
]
NUMBERS += [
    "0.000000000000001",
    "999999999999999",
    "9999999999999999",
    "0.1234567890123456789",
    "1e-400",
    "true",
    "null",
]
NO_NUMBERS = [
    "01",
    "-",
    "+1",
    ".5",
    "1.",
    "1.e5",
    "1e",
    "1e+",
    "--1",
    "0x1",
    "1_0",
    "nan",
    "NaN",
    "inf",
    "-Infinity",
    "tru",
]
NO_NUMBERS += ["truee", "nul", "1e39", "-1e39", "1e400", "1 2", ""]


@pytest.mark.parametrize("text", NUMBERS)
@pytest.mark.parametrize(
    "form", ['{{"x":{{"a":{}}}}}', '{{"x":{{ "a" : {} , "b":1}}}}', '{{"x":[{}]}}', '{{"x": [ {} ]}}']
)
def test_numbers(tmp_path, text, form):
    if text == "true" and "[" in form:
        return
    first = form.format("7")
    path = tmp_path / "f.jsonl"
    path.write_text(f"{first}\n" * 300 + form.format(text) + "\n")
    expected = decode(form.format(text).encode()).x
    *_, batch = open_stream(path).batches()
    value = expected[0] if isinstance(expected, list) else expected["a"]
    got = batch.x(len(batch) - 1)
    single = None if value is None else float(np.float32(value))
    assert (got.get(0) if isinstance(expected, list) else got.get("a")) == (None if single == 0 else single)
    if batch.dense is not None and value == 0:
        assert not np.signbit(batch.dense[-1, 0])


@pytest.mark.parametrize("text", NO_NUMBERS)
@pytest.mark.parametrize("form", ['{{"x":{{"a":{}}}}}', '{{"x":[{}]}}'])
def test_what_is_no_number(tmp_path, text, form):
    path = tmp_path / "f.jsonl"
    path.write_text((form.format("7") + "\n") * 300 + form.format(text) + "\n")
    stream = open_stream(path, on_error="skip")
    assert sum(len(batch) for batch in stream.batches()) == 300
    assert [error.line for error in stream.bad_rows.first] == [301]


@pytest.mark.parametrize(
    "line",
    [
        '{"x":{"a":1,"a":2}}',
        '{"x":{"a":1,"a":0}}',
        '{"x":{"a":1},"x":{"b":2}}',
        '{"x":{"b":2},"y":["p"],"y":["q"]}',
        '{"x":{},"id":1,"id":2}',
        '{"x":{},"t":1,"t":2}',
        '{"y":["q","p","q"],"x":{"b":1,"a":1}}',
        '{"x":{"new":0,"never":false,"nothing":null}}',
        '{"x":{"\\u0061":5}}',
        '{"x":{"hue":"red"}}',
        '{"x":{"hue":null}}',
        '{"x":{"a":null}}',
        ' { "t" : 1700000000.125 , "id" : "k" , "y" : [ "p" , "q" ] , "x" : { "a" : 1 } } ',
        '{"x":{"a":1},"y":null,"id":null,"t":null}',
        '{"x":{"a":1},"y":{"p":true,"q":null,"r":false}}',
        '{"x":{"a":1},"y":[3,"p",2.5]}',
        '{"x":{"a":1},"t":"2026-01-31T12:00:00Z","id":3}',
        "",
        "   ",
    ],
)
def test_lines_that_a_kernel_could_trip_over(tmp_path, line):
    common = [b'{"x":{"a":1,"b":2,"hue":"red"},"y":["p"]}'] + [b'{"x":{"a":1,"b":2},"y":["p","q"]}'] * 30
    lines = [*common, line.encode(), *common]
    path = tmp_path / "f.jsonl"
    path.write_bytes(b"\r\n".join(lines))
    got = [row for batch in open_stream(path).batches(9) for row in rows_of(batch)]
    kept = [number for number, text in enumerate(lines, 1) if text.strip()]
    expected, bad, *_ = slowly([text for text in lines if text.strip()])
    assert [row[:3] for row in got] == [row[:3] for row in expected]
    assert [row[3] for row in got] == kept
    assert not bad


def test_vectors_are_dense(tmp_path):
    path = tmp_path / "f.jsonl"
    path.write_text('{"x": [1, 0, null], "y": ["p"], "id": 1}\n{"x": [-0.0, 2.5, 1e-3]}\n' * 200)
    stream = open_stream(path)
    batches = list(stream.batches(150))
    assert [len(batch) for batch in batches] == [150, 150, 100]
    assert stream.features.names == [0, 1, 2]
    for batch in batches:
        batch.check()
        assert batch.dense.shape == (len(batch), 3)
        np.testing.assert_array_equal(batch.dense[0], np.array([1, 0, np.nan], np.float32))
        assert not np.signbit(batch.dense[1, 0])
        assert batch.x(1) == {1: 2.5, 2: float(np.float32(1e-3))}


@pytest.mark.parametrize("block", [64, 1000, 1 << 20])
def test_blocks_and_batches_change_nothing(tmp_path, monkeypatch, block):
    monkeypatch.setattr(JsonLinesStream, "BLOCK", block)
    random = np.random.default_rng(3)
    lines = [
        json.dumps(
            {"x": {f"w{k}": int(k % 3) + 1 for k in random.zipf(1.5, 9).tolist()}, "y": [f"l{random.integers(9)}"]}
        )
        for _ in range(400)
    ]
    path = tmp_path / "f.jsonl"
    path.write_text("\n".join(lines))
    expected, _, features, _ = slowly([line.encode() for line in lines])
    for rows in (1, 7, 1024):
        stream = open_stream(path)
        batches = list(stream.batches(rows))
        assert {len(batch) for batch in batches[:-1]} <= {rows}
        assert [row for batch in batches for row in rows_of(batch)] == expected
        assert stream.features.names == features


def test_a_second_reading_is_the_same(tmp_path):
    path = tmp_path / "f.jsonl"
    path.write_text('{"x": {"a": 1}, "y": ["p"]}\n{"x": {"b": 2}}\n')
    stream = open_stream(path)
    assert list(stream.sets()) == list(stream.sets()) == [({"a": 1.0}, {"p"}), ({"b": 2.0}, None)]
    assert stream.progress() == 1.0
