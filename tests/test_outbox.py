"""Predictions and dead letters as bytes, against slow twins and the schema."""

from __future__ import annotations

import hashlib
import json
from importlib.resources import files

import jsonschema
import numpy as np
import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ihomer.daemon.dead_letter import dead_letter
from ihomer.daemon.inbox import Inbox
from ihomer.daemon.outbox import encode_predictions
from ihomer.daemon.settings import Limits
from ihomer.predictions import Predictions
from streams import Vocabulary
from streams.kafka.protocol import Record

SCHEMA = json.loads((files("ihomer.daemon") / "prediction.schema.json").read_text())
VALIDATOR = jsonschema.Draft202012Validator(SCHEMA)

TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=5)
NAMES = st.lists(
    st.one_of(TEXT, st.integers(0, 2**64 - 1), st.floats(allow_nan=False, allow_infinity=False)), max_size=6, unique_by=str
)
SCORES = st.one_of(st.floats(0, 1, width=32), st.sampled_from([0.0078125, 0.5, 1.0, 1e-7, 2.5e-6]))


def slow(batch, predictions, records, versions, top):
    """Return the same by dicts."""
    lines = []
    for i in range(len(batch)):
        line = {}
        if batch.keys is not None and batch.keys[i] is not None:
            line["id"] = batch.keys[i]
        if batch.times is not None and batch.times[i] == batch.times[i]:
            line["t"] = float(batch.times[i])
        line["predicted"] = sorted(predictions.label_set(i), key=str)
        line["top"] = [[label, round(score, 6)] for label, score in predictions.ranking(i)[:top]]
        line["model_version"] = int(versions[i])
        record = records[int(batch.places[i])]
        line["source"] = {"topic": record.topic, "partition": record.partition, "offset": record.offset}
        lines.append(line)
    return lines


@st.composite
def told(draw):
    """Return a batch, predictions for it, and where it came from."""
    n = draw(st.integers(0, 6))
    ids = draw(st.lists(st.one_of(st.none(), TEXT, st.integers(0, 2**60)), min_size=n, max_size=n))
    times = draw(st.lists(st.sampled_from([float("nan"), 0.0, 1.5, -3.25, 1e18]), min_size=n, max_size=n))
    values = [orjson.dumps({"x": {"a": 1}} | ({} if key is None else {"id": key})) for key in ids]
    records, at = [], 0
    for i in range(n):
        records.append(Record(draw(st.sampled_from(["t", "a.b-c"])), draw(st.integers(0, 3)), at, times[i], None, values[i]))
        at += draw(st.integers(1, 2**40))
        if draw(st.booleans()):
            records.append(Record("t", 0, at, 0.0, None, b"bad"))
    batch = Inbox(Limits()).take(records).batch
    labels = Vocabulary(draw(NAMES))
    k = draw(st.integers(1, 5))
    sets = [sorted(draw(st.sets(st.integers(0, len(labels) - 1)))) if len(labels) else [] for _ in range(n)]
    indptr = np.array([0, *np.cumsum([len(held) for held in sets])], np.int64)
    top_ids, top_scores = np.full((n, k), -1, np.int32), np.zeros((n, k), np.float32)
    for i in range(n):
        best = draw(st.lists(st.integers(0, len(labels) - 1), max_size=k, unique=True)) if len(labels) else []
        top_ids[i, : len(best)] = best
        top_scores[i, : len(best)] = draw(st.lists(SCORES, min_size=len(best), max_size=len(best)))
    predictions = Predictions(labels, indptr, np.array([j for held in sets for j in held], np.int32), top_ids, top_scores)
    return batch, predictions, records, np.array(draw(st.lists(st.integers(0, 2**50), min_size=n, max_size=n)), np.int64)


@settings(deadline=None, max_examples=200)
@given(told(), st.integers(0, 7))
def test_predictions_are_those_of_the_slow_twin_and_keep_to_the_schema(case, top):
    lines = encode_predictions(*case, top)
    assert [orjson.loads(line) for line in lines] == slow(*case, top)
    for line in lines:
        VALIDATOR.validate(orjson.loads(line))
        assert b"\n" not in line


def test_the_schema_is_a_schema_and_has_a_version():
    jsonschema.Draft202012Validator.check_schema(SCHEMA)
    assert SCHEMA["$id"] == "urn:ihomer:prediction:1"


# ------------------------------------------------------------------ dead letters


def varint(n):
    """Return how many bytes a number takes in a record: zigzag, seven bits a byte."""
    return max(1, -(-(2 * n).bit_length() // 7))


def batch_bytes(key, value, headers):
    """Return the bytes of a batch of one record, as Kafka's format 2 lays it out."""
    body = 1 + 1 + 1 + varint(len(key or b"")) + len(key or b"") + varint(len(value or b"")) + len(value or b"")
    body += varint(len(headers))
    body += sum(varint(len(name)) + len(name) + varint(len(data)) + len(data) for name, data in headers)
    return 61 + varint(body) + body


@settings(deadline=None, max_examples=200)
@given(
    st.one_of(st.none(), st.binary(max_size=3000)),
    st.one_of(st.none(), st.binary(max_size=100)),
    st.lists(st.tuples(TEXT, st.binary(max_size=300)), max_size=4),
    TEXT,
    st.integers(2_000, 4_000),
)
def test_a_dead_letter_fits_and_says_what_was_cut(value, key, headers, what, most):
    record = Record("source", 3, 7, 1.25, key, value, headers)
    kept, ours = dead_letter(record, "json", what, most)
    assert batch_bytes(key, kept, [(name.encode(), data) for name, data in ours]) <= most
    said = dict(ours[-8:])
    assert said["ihomer-kind"] == b"json"
    assert said["ihomer-reason"].decode() == what
    place = [said[f"ihomer-source-{part}"] for part in ("topic", "partition", "offset", "timestamp")]
    assert place == [b"source", b"3", b"7", b"1250"]
    if "ihomer-length" in said:
        assert value.startswith(kept)
        assert said["ihomer-length"] == b"%d" % len(value)
        assert said["ihomer-sha256"].decode() == hashlib.sha256(value).hexdigest()
    else:
        assert kept == value
    if batch_bytes(key, value, [(name.encode(), data) for name, data in headers]) < most - 600:
        assert ours[: len(headers)] == headers


def test_a_long_reason_is_cut_between_letters():
    reason = dict(dead_letter(Record("t", 0, 0, float("nan"), None, b""), "json", "é" * 5000, 5000)[1])["ihomer-reason"]
    assert reason.decode() == "é" * 500


def test_no_time_no_header():
    headers = dict(dead_letter(Record("t", 0, 0, float("nan"), None, None), "empty", "found no value", 5000)[1])
    assert "ihomer-source-timestamp" not in headers


def test_a_key_that_leaves_no_room_is_told():
    with pytest.raises(ValueError, match=r"may have 1,000 bytes, with a key of 1,000 it has \d+ more"):
        dead_letter(Record("t", 0, 0, 0.0, b"k" * 1000, b""), "json", "not JSON", 1000)
