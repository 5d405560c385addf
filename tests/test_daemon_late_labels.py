"""Labels on another topic: any course of events against the twin, bounds, what is remembered, what is refused."""

from __future__ import annotations

import json
import math
import tracemalloc
from importlib.resources import files

import jsonschema
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ihomer import checkpoint
from ihomer.daemon.aged import ENTRY
from ihomer.daemon.label_message import decode_labels
from ihomer.daemon.late_labels import LateLabels, Predicted
from streams.message import MessageError
from tests.naive.late_labels import ContradictionError, LateTwin

SCHEMA = json.loads((files("ihomer.daemon") / "labels.schema.json").read_text())
MET = ["p", "q", 7]

keys = st.sampled_from(["a", "b", "long key", 1, 2.5])
times = st.one_of(st.integers(0, 40).map(float), st.just(math.nan))
truths = st.one_of(
    st.lists(st.sampled_from(["p", "q", "r", 7]), max_size=3, unique=True).map(lambda y: sorted(y, key=str)),
    st.dictionaries(st.sampled_from(["p", "q", "r"]), st.sampled_from([True, False, None]), max_size=3),
)
courses = st.lists(
    st.one_of(
        st.tuples(st.just("row"), keys, st.integers(0, 1), times),
        st.tuples(st.just("labels"), keys, truths, times, st.booleans()),
        st.tuples(st.just("labels"), keys, truths, times, st.booleans()),
        st.just(("reload",)),
        st.just(("expired",)),
    ),
    max_size=40,
)


def row(key, which=0):
    return json.dumps({"id": key, "x": {"f": which}}).encode()


def labels(key, y, **more):
    return json.dumps({"id": key, "y": y, **more}).encode()


def predicted(key):
    return Predicted([f"label of {key}"], [f"label of {key}", 3])


def plain(due):
    if due is None or isinstance(due, str):
        return due
    assert due.message.key is not None
    time = None if math.isnan(due.message.time) else due.message.time
    return due.message.x["f"], due.message.y, time, due.predicted


@settings(max_examples=400, deadline=None)
@given(courses, st.integers(1, 4), st.sampled_from([3.0, 15.0, 1000.0]), st.sampled_from([ENTRY + 60, 3 * ENTRY, 10**6]))
def test_any_course_of_events_is_what_the_definitions_say(course, most_rows, most_seconds, most_bytes):
    bounds = most_rows, most_seconds, most_bytes
    late, twin = LateLabels(*bounds), LateTwin(*bounds)
    which, told = {}, 0
    for what, *how in course:
        if what == "row":
            key, version, time = how
            which[key] = version
            found = plain(late.remember(key, row(key, version), time, predicted(key)))
            expected = twin.remember(key, row(key, version), time, predicted(key))
            assert found == (None if expected is None else (version, *expected))
        elif what == "labels":
            key, y, time, own = how
            own = own and not math.isnan(time)
            data, at = (labels(key, y, t=time), 1e9) if own else (labels(key, y), time)
            try:
                expected = twin.labels(key, y, time, MET)
            except ContradictionError:
                with pytest.raises(MessageError, match=r"\$\.y\..*: label .* is said (not )?to hold, earlier"):
                    late.labels(data, at, MET)
            else:
                found = plain(late.labels(data, at, MET))
                assert found == (expected if isinstance(expected, str) else (which[key], *expected))
        elif what == "expired":
            assert late.take_expired() == twin.expired - told
            told = twin.expired
        else:
            saved = checkpoint.dumps(late.state(), kind="test")
            late = LateLabels(*bounds)
            late.restore(checkpoint.loads(saved))
            assert checkpoint.dumps(late.state(), kind="test") == saved
        assert (len(late), late.expired) == (len(twin.kept["rows"]), twin.expired)
        assert late.bytes == sum(map(twin.size, twin.kept))
    assert late.bytes <= 3 * most_bytes


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"{", "not JSON"),
        (b'{"id": 1, "y": [NaN]}', "not JSON"),
        (b"[]", r"\$: found an array, expected an object with id, y"),
        (b'{"id": 1, "y": [], "x": {}}', r"\$: unknown key 'x', expected an object with id, y"),
        (b'{"y": []}', r"\$: id is missing"),
        (b'{"id": null, "y": []}', r"\$\.id: found null"),
        (b'{"id": true, "y": []}', r"\$\.id: found a boolean, expected a string or a number"),
        (b'{"id": 1}', r"\$: y is missing"),
        (b'{"id": 1, "y": null}', r"\$\.y: found null"),
        (b'{"id": 1, "y": "a"}', r"\$\.y: found a string, expected an array of labels or an object"),
        (b'{"id": 1, "y": ["a", null]}', r"\$\.y\[1\]: found null, expected a label"),
        (b'{"id": 1, "y": {"a": 1}}', r"\$\.y\.a: found a number, expected true, false or null"),
        (b'{"id": 1, "y": [], "t": "soon"}', r"\$\.t: found 'soon'"),
    ],
)
def test_what_is_no_labels_message_is_refused_with_its_place(data, message):
    late = LateLabels(10, 10.0, 10_000)
    before = checkpoint.dumps(late.state(), kind="test")
    with pytest.raises(MessageError, match=message):
        late.labels(data, 5.0)
    assert checkpoint.dumps(late.state(), kind="test") == before


json_values = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(-9, 9), st.text(max_size=3), st.just("2026-01-31T12:00:00Z")),
    lambda inner: st.one_of(st.lists(inner, max_size=2), st.dictionaries(st.text(max_size=2), inner, max_size=2)),
    max_leaves=4,
)


@settings(max_examples=200, deadline=None)
@given(st.dictionaries(st.sampled_from(["id", "y", "t", "x"]), json_values, max_size=4))
def test_decoder_and_schema_agree(message):
    valid = jsonschema.Draft202012Validator(SCHEMA).is_valid(message)
    try:
        decode_labels(json.dumps(message).encode())
    except MessageError:
        assert not valid
    else:
        assert valid


def test_the_schema_is_a_schema_and_has_a_version():
    jsonschema.Draft202012Validator.check_schema(SCHEMA)
    assert SCHEMA["$id"] == "urn:ihomer:labels:1"


def test_what_producers_send_twice_teaches_once():
    late = LateLabels(10, 100.0, 100_000)
    for _ in range(2):
        assert late.remember("k", row("k"), 1.0, predicted("k")) is None
    due = late.labels(labels("k", ["p"]), 2.0)
    assert (due.message.y, due.message.time, due.predicted) == (["p"], 1.0, predicted("k"))
    for _ in range(2):
        assert late.labels(labels("k", ["p"]), 3.0) == "repeated"
        assert late.remember("k", row("k"), 3.0, predicted("k")) is None  # the row again, after it was taught
    assert (len(late), late.expired) == (0, 0)
    with pytest.raises(MessageError, match=r"\$\.y\.q: label 'q' of 'k' is said to hold, earlier it was said not to"):
        late.labels(labels("k", ["p", "q"]), 3.0)
    late.remember("k", row("k", 1), 4.0, predicted("k"))  # another row under the id
    assert late.labels(labels("k", ["q"]), 5.0).message.x == {"f": 1}


def test_labels_that_come_before_their_row():
    late = LateLabels(10, 100.0, 100_000)
    assert late.labels(labels("k", {"p": True}), 2.0) == "unknown"
    assert late.labels(labels("k", {"p": True}), 2.0) == "repeated"
    with pytest.raises(MessageError, match="label 'p' of 'k' is said not to hold"):
        late.labels(labels("k", ["q"]), 2.0)
    assert late.labels(labels("k", ["p", "q"]), 3.0) == "unknown"
    due = late.remember("k", row("k"), 1.0, predicted("k"))
    assert (due.message.y, due.message.time, due.predicted) == (["p", "q"], 1.0, predicted("k"))
    assert late.labels(labels("k", ["q", "p"]), 4.0) == "repeated"
    late.labels(labels("late", ["p"]), 5.0)
    assert late.labels(labels("other", ["p"]), 106.0) == "unknown"
    assert late.remember("late", row("late"), 106.0, predicted("late")) is None  # its labels are gone


def test_the_whole_truth_after_a_part_teaches_the_rest():
    late = LateLabels(10, 100.0, 100_000)
    late.remember("k", row("k"), 1.0, predicted("k"))
    assert late.labels(labels("k", {"p": True, "q": None}), 2.0).message.y == {"p": True}
    assert len(late) == 1
    assert late.labels(labels("k", ["p", "new"]), 3.0, met=["p", "q", 7]).message.y == {"q": False, 7: False, "new": True}
    assert len(late) == 0


def test_labels_do_not_push_rows_out():
    """Whoever floods the labels topic with ids that nobody knows does not end the waiting of rows."""
    late = LateLabels(5, 1e9, 100_000)
    for i in range(5):
        late.remember(i, row(i), 0.0, predicted(i))
    for i in range(1_000):
        late.labels(labels(f"stranger {i}", ["p"]), 1.0)
    assert (len(late), late.expired) == (5, 0)
    assert late.bytes < 100_000


def test_narrower_bounds_hold_after_a_restore():
    wide = LateLabels(10, 100.0, 100_000)
    for i in range(10):
        wide.remember(i, row(i), float(i), predicted(i))
    narrow = LateLabels(3, 100.0, 100_000)
    narrow.restore(wide.state())
    assert (len(narrow), narrow.take_expired(), narrow.take_expired()) == (3, 7, 0)
    assert narrow.labels(labels(9, []), 9.0).message.key == 9


def test_memory_is_what_is_said_and_bounded():
    tracemalloc.start()
    try:
        late = LateLabels(2_000, 1e9, 2_000_000)
        held = []
        for i in range(12_000):
            key = f"order {i}"
            late.remember(key, row(key), float(i), predicted(key))
            if i % 3 == 0:
                late.labels(labels(key, ["p"]), float(i))
            late.labels(labels(f"stranger {i}", ["p"]), float(i))
            if i in (5_999, 11_999):
                held.append((tracemalloc.get_traced_memory()[0], late.bytes))
    finally:
        tracemalloc.stop()
    (middle, said), (end, _) = held
    assert middle <= said < 3 * middle
    assert end < 1.1 * middle


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ((0, 1.0, 1), "most_rows must be at least 1, found 0"),
        ((1, 0.0, 1), "most_seconds must be above 0, found 0.0"),
        ((1, math.nan, 1), "most_seconds must be above 0, found nan"),
        ((1, 1.0, 0), "most_bytes must be at least 1, found 0"),
    ],
)
def test_bounds_out_of_range(wrong, message):
    with pytest.raises(ValueError, match=message):
        LateLabels(*wrong)
