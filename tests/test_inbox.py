"""The inbox of the daemon: what is good does not depend on how records come, and what is bad leaves nothing behind."""

from __future__ import annotations

import numpy as np
import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ihomer import IHOMER
from ihomer.checkpoint import dumps, loads
from ihomer.daemon.inbox import KINDS, Inbox
from ihomer.daemon.minute import PATIENCE, Minute
from ihomer.daemon.names_met import NamesMet
from ihomer.daemon.settings import Limits
from streams.kafka.protocol import Record
from streams.message import MessageRows

TIGHT = Limits(message_bytes=120, features=4, labels=2, new_features=5, new_labels=3)

# Few names, many of which would be the same column.
NAMES = st.sampled_from(["a", "b", "c", "a=b", "a=b=c", "b=c", "é", "d", "e"])
VALUES = st.one_of(st.sampled_from([0, 1, -0.0, 2.5, 1e-60, 1e39, None, True, False]), st.sampled_from(["b", "b=c", "c", ""]))
OBJECTS = st.dictionaries(NAMES, VALUES, max_size=5)
VECTORS = st.lists(st.sampled_from([0, 1.5, None, -1]), max_size=3)
LABELS = st.one_of(
    st.none(),
    st.lists(st.sampled_from(["l", "m", "n", 1, 1.0, "1"]), max_size=3),
    st.dictionaries(st.sampled_from(["l", "m", "1"]), st.sampled_from([True, False, None]), max_size=3),
)
TIMES = st.sampled_from([None, 0, 30, 61, 400.5, 1e18])
PLAIN = st.fixed_dictionaries({"x": st.dictionaries(NAMES, st.sampled_from([1, 2.5]), max_size=3), "y": LABELS})
FULL = st.fixed_dictionaries(
    {"x": st.one_of(OBJECTS, OBJECTS, OBJECTS, VECTORS)},
    optional={"y": LABELS, "t": TIMES, "id": st.sampled_from([7, "k", None, "k" * 2000])},
)
WRONG = st.sampled_from(
    [None, b"", b" ", b"\n", b"{", b"[]", b"\xff", b'{"x":{}}\n{"x":{}}', b'{"x":\n{"a":1}}', b"NaN", b"x" * 200]
)
MESSAGES = st.one_of(PLAIN.map(orjson.dumps), FULL.map(orjson.dumps), WRONG)


def records(values, times=None):
    times = times or [float(i) for i in range(len(values))]
    return [Record("t", i % 2, 100 + i, time, None, value) for i, (value, time) in enumerate(zip(values, times, strict=True))]


def outcomes(taken, first=0):
    """Return what became of each record, by index."""
    batch = taken.batch
    batch.check()
    keys = batch.keys or [None] * len(batch)
    rows = zip(batch.places.tolist(), batch.pairs(), keys, batch.times.tolist(), strict=True)
    seen = {first + i: (sorted(x.items()), y, key, str(t)) for i, (x, y), key, t in rows}
    seen |= {first + bad.index: (bad.kind, bad.what) for bad in taken.bad}
    assert sorted(bad.index for bad in taken.bad) == [bad.index for bad in taken.bad]
    return seen


def one_by_one(values, **bounds):
    inbox, seen = Inbox(TIGHT, **bounds), {}
    for i, record in enumerate(records(values)):
        seen |= outcomes(inbox.take([record]), i)
    return seen


@settings(deadline=None, max_examples=150)
@given(st.lists(MESSAGES, max_size=40), st.data())
def test_neither_cuts_nor_restarts_change_anything(values, data):
    bounds = {"features": 4, "labels": 3} if data.draw(st.booleans()) else {}
    expected = one_by_one(values, **bounds)
    inbox, seen, at = Inbox(TIGHT, **bounds), {}, 0
    whole = records(values)
    while at < len(whole):
        n = data.draw(st.integers(1, 20))
        seen |= outcomes(inbox.take(whole[at : at + n]), at)
        at += n
        if data.draw(st.booleans()):
            state = inbox.state()
            inbox = Inbox(TIGHT, **bounds)
            inbox.restore(loads(dumps(state, kind="inbox"), kind="inbox"))
    assert seen == expected
    assert sorted(seen) == list(range(len(values)))
    assert {what[0] for what in seen.values() if len(what) == 2} <= set(KINDS)


@settings(deadline=None, max_examples=40)
@given(st.lists(MESSAGES, max_size=40), st.booleans())
def test_the_model_learns_whatever_is_good(values, few):
    inbox = Inbox(TIGHT, **({"features": 4, "labels": 3} if few else {}))
    model, other = IHOMER(preset="fast"), IHOMER(preset="fast")
    whole = records(values)
    taken = inbox.take(whole)
    model.predict_learn_many(taken.batch)
    inbox = Inbox(TIGHT, **({"features": 4, "labels": 3} if few else {}))
    for record in whole:
        batch = inbox.take([record]).batch
        if len(batch):
            other.predict_learn_many(batch)
    assert dumps(model.__getstate__(), kind="m") == dumps(other.__getstate__(), kind="m")


@settings(deadline=None, max_examples=100)
@given(st.lists(MESSAGES, max_size=30))
def test_what_is_bad_leaves_nothing_behind(values):
    """The good messages alone give the same rows, when time and limits play no part."""
    limits = Limits(message_bytes=120, features=4, labels=2)
    whole = records(values)
    taken = Inbox(limits).take(whole)
    good = [whole[i] for i in taken.batch.places.tolist()]
    again = Inbox(limits)
    inbox = Inbox(limits)
    inbox.take(whole)
    assert not again.take(good).bad
    mine, theirs = inbox.state(), again.state()
    del mine["minute"], theirs["minute"]
    assert dumps(mine, kind="inbox") == dumps(theirs, kind="inbox")


@settings(deadline=None, max_examples=100)
@given(st.lists(PLAIN, max_size=20))
def test_rows_are_those_of_a_file(messages):
    rows = MessageRows()
    for i, message in enumerate(messages):
        rows.add(orjson.dumps(message), i)
    taken = Inbox(Limits()).take(records([orjson.dumps(message) for message in messages]))
    assert not [bad for bad in taken.bad if bad.kind != "clash"]
    assert list(taken.batch.pairs()) == list(rows.take().pairs())


@pytest.mark.parametrize(
    ("limits", "value", "kind", "what"),
    [
        (Limits(), None, "empty", "t[0], offset 100: found no value, expected an instance"),
        (Limits(), b" \t", "empty", "found blanks"),
        (Limits(message_bytes=9), b'{"x":{ } }', "size", "found 10 bytes, expected at most 9"),
        (Limits(), b'\xef\xbb\xbf{"x":{}}', "json", "not JSON"),
        (Limits(), b'{"x":{"a":NaN}}', "json", "not JSON"),
        (Limits(), b'{"x":{"a":1e400}}', "json", "not JSON"),
        (Limits(), b'{"x":{"a\x00":1}}', "json", "not JSON"),
        (Limits(), b'{"x":{"\\ud800":1}}', "json", "not JSON"),
        (Limits(), b'{"x":{"\xed\xa0\x80":1}}', "json", "not UTF-8"),
        (Limits(), b"[" * 5000, "json", "not JSON"),
        (Limits(), b'{"x":{"a":[1]}}', "instance", "$.x.a: found an array"),
        (Limits(), b'{"x":{"a":1e39}}', "instance", "$.x.a: found 1e+39, expected a number that fits float32"),
        (Limits(), b'{"x":[1e39]}', "instance", "expected a number that fits float32"),
        (Limits(), b'{"x":[]}', "instance", "found 0 numbers"),
        (Limits(), b'{"x":{},"y":[[]]}', "instance", "$.y[0]: found an array"),
        (Limits(features=2), b'{"x":{"a":1,"b":"c","d":null,"e":0}}', "features", "$.x: found 3 features, expected at most 2"),
        (Limits(features=2), b'{"x":[0,0,0]}', "features", "$.x: found 3 features, expected at most 2"),
        (Limits(labels=1), b'{"x":{},"y":["a","b"]}', "labels", "$.y: found 2 labels, expected at most 1"),
        (Limits(labels=1), b'{"x":{},"y":{"a":false,"b":true,"c":null}}', "labels", "found 2 labels"),
        (Limits(), b'{"x":{},"y":["%b"]}' % (b"a" * 1001), "long name", "found a label of 1,001 letters"),
        (Limits(), b'{"x":{"a":"%b"}}' % (b"a" * 10000), "long name", "found a name of 10,002 letters"),
        (Limits(), b'{"x":{},"id":"%b"}' % (b"a" * 1001), "long name", "$.id: found 1,001 letters"),
        (Limits(), b'{"x":{"a=b":1,"a":"b"}}', "clash", "found category 'b', but 'a=b' is the name of another feature"),
        (Limits(new_features=1), b'{"x":{"a":1,"b":1}}', "new names", "found 2 new features, expected at most 1 a minute"),
        (Limits(new_labels=1), b'{"x":{},"y":{"a":false,"b":true}}', "new names", "found 2 new labels"),
    ],
)  # fmt: skip
def test_what_is_bad_is_told(limits, value, kind, what):
    inbox = Inbox(limits)
    [bad] = inbox.take(records([value])).bad
    assert bad.kind == kind
    assert what in bad.what
    # The same after good ones, when the kernel reads.
    inbox = Inbox(limits)
    good = [b'{"x":{}}'] * 30
    [bad] = inbox.take(records([*good, value])).bad
    assert bad.index == 30
    assert bad.kind == ("instance" if value and value.startswith(b'{"x":[') and kind != "features" else kind)


def test_names_that_clash_are_told_long_after():
    inbox = Inbox(Limits(), features=3)
    values = [b'{"x":{"a":"b"}}', b'{"x":{"c":1}}', b'{"x":{"d":1}}', b'{"x":{"a=b":1}}', b'{"x":{"a":"b"}}', b'{"x":{"a":1}}']
    assert [(bad.index, bad.kind) for bad in inbox.take(records(values)).bad] == [(3, "clash")]


def test_names_that_clash_are_told_at_once():
    for first, second in ((b'{"x":{"a":"b"}}', b'{"x":{"a=b":1}}'), (b'{"x":{"a=b":1}}', b'{"x":{"a":"b"}}')):
        taken = Inbox(Limits()).take(records([first, second, b'{"x":{"a=b":0,"c":1}}']))
        assert [(bad.index, bad.kind) for bad in taken.bad] == [(1, "clash")]


def test_limits_hold_where_the_kernel_reads():
    inbox = Inbox(Limits(features=2, labels=2))
    singles = [b'{"x":{"%c":1},"y":["%c"]}' % (c, c) for c in b"abc"]
    assert not inbox.take(records(singles * 300)).bad
    many = [b'{"x":{"a":1,"b":1,"c":1}}', b'{"x":{},"y":["a","b","c"]}', b'{"x":{"a":1,"b":1,"c":0},"y":["a","b","a"]}']
    values = [*singles * 10, *many]
    assert [(bad.index, bad.kind) for bad in inbox.take(records(values)).bad] == [(30, "features"), (31, "labels")]


def test_time_goes_on_where_the_kernel_reads():
    inbox = Inbox(Limits(new_features=1))
    plain, new = [b'{"x":{"a":1}}'] * 30, b'{"x":{"b":1}}'
    assert not inbox.take(records(plain, [0.0] * 30)).bad
    assert [bad.kind for bad in inbox.take(records([new], [59.0])).bad] == ["new names"]
    assert not inbox.take(records([*plain, new], [*[61.0] * 30, 0.0])).bad


def test_an_attribute_of_many_categories_must_not_be_missing():
    inbox = Inbox(Limits(features=1500), features=2000)
    user = [b'{"x":{"user":"u%d"}}' % i for i in range(1600)]
    more = [b'{"x":{"f%d":1}}' % i for i in range(400)]
    missing = b'{"x":{"user":null}}'
    assert [bad.kind for bad in inbox.take(records([*user, missing, *more, missing])).bad] == ["features", "features"]
    plain = [b'{"x":{"user":2}}'] * 600
    assert not inbox.take(records(plain)).bad
    assert [bad.kind for bad in inbox.take(records([*plain, missing])).bad] == ["features"]  # as the kernel reads it


def test_memory_stays_bounded_and_active_names_stay_known():
    limits = Limits(new_features=150)
    inbox = Inbox(limits, features=1000, labels=100)
    for day in range(20):
        # 300 names that come always, and 100 others every minute.
        rows = [{f"f{(k * 7 + j) % 300}": 1 for j in range(10)} | {f"new {day} {k}": 1} for k in range(100)]
        values = [orjson.dumps({"x": x}) for x in rows]
        taken = inbox.take(records(values, [60.0 * day] * 100))
        assert day < 4 or not taken.bad, taken.bad[:1]
    state = inbox.state()["features"]
    assert len(state["old_texts"]) <= 1100
    assert len(state["vocabulary"]["names"]["lengths"]) <= 1100


def test_a_minute_does_not_run_backwards_and_a_wrong_clock_does_not_stop_it():
    minute = Minute(1, 1)
    minute.note([0.0, 60.0])
    minute.count(1, 0)
    minute.note([59.0, 1.0])
    assert minute.why_not(1, 0)
    minute.note([1e18])
    minute.count(1, 0)
    minute.note([200.0] * (PATIENCE - 1))
    assert minute.why_not(1, 0)
    minute.note([200.0])
    assert not minute.why_not(1, 0)


def test_without_any_time_a_minute_is_so_many_messages():
    minute = Minute(1, 1)
    minute.count(1, 0)
    minute.note([np.nan] * (PATIENCE - 1))
    assert minute.why_not(1, 0)
    minute.note([np.nan])
    assert not minute.why_not(1, 0)


def test_numbers_that_are_one_label_stay_one_when_the_vocabulary_turns():
    met = NamesMet(2)
    for name in (1, "1"):
        met.vocabulary.add(name)
        met.turn()
    assert [met.is_new(name) for name in (1, 1.0, "1", 2, True)] == [False, False, False, True, False]
