"""Logs: one line a record, what was said comes back, secrets never, clients seldom."""

from __future__ import annotations

import io
import json
import logging
import math
import re
import warnings

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ihomer.daemon.logs import Formatter, logged
from ihomer.daemon.seldom import SECONDS, Seldom

LOG = logging.getLogger("ihomer.daemon.test")


def lines(style, say, secrets=()):
    out = io.StringIO()
    with logged(style, secrets, out):
        say()
    return out.getvalue().splitlines()


def told(say, secrets=()):
    return [json.loads(line) for line in lines("json", say, secrets)]


def test_text():
    (line,) = lines("text", lambda: LOG.info("written to %s", "x", extra={"event": "checkpoint", "bytes": 12, "path": "a b"}))
    assert re.fullmatch(r'\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z INFO checkpoint: written to x bytes=12 path="a b"', line)


def test_json():
    extra = {"event": "gap", "offset": np.int64(3), "share": math.nan, "at": {"a": (1,)}}
    (line,) = told(lambda: LOG.warning("gone on", extra=extra))
    assert line.pop("time").endswith("Z")
    assert line == {
        "level": "warning", "event": "gap", "message": "gone on", "fields": {"offset": 3, "share": "nan", "at": {"a": [1]}},
    }  # fmt: skip


plain = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=8,
)


@given(st.text(), plain)
def test_what_is_said_comes_back_on_one_line(text, value):
    text, value = json.loads(json.dumps([text, value]).replace("@", "a"))  # what looks like a password is masked
    (line,) = told(lambda: LOG.info("%s", text, extra={"value": value}))
    assert (line["message"], line["fields"]["value"]) == (text, value)
    (line,) = lines("text", lambda: LOG.info("%s", text, extra={"value": value}))
    assert line.isprintable()


def test_failures_bring_their_traceback():
    def say():
        try:
            int("tulip")
        except ValueError:
            LOG.exception("failed")

    (line,) = told(say, ["tulip"])
    assert line["level"] == "error"
    assert "base 10: '***'" in line["fields"]["traceback"]


@pytest.mark.parametrize("style", ["text", "json"])
def test_secrets_never(style):
    secret = "tu\\l'ip\n"
    said = {"a": secret, "b": {secret: [secret, f"x{secret}y", repr(secret)]}, "c": "ann:rose@here"}
    (line,) = lines(style, lambda: LOG.info("%s %r", secret, secret, extra=said), [secret])
    assert "l'ip" not in line
    assert "rose" not in line


def test_clients_are_heard_from_warnings_on():
    def say():
        for name in ("kafka.conn", "confluent", "ihomer.daemon"):
            logging.getLogger(name).info("i")
            logging.getLogger(name).warning("w")
            logging.getLogger(name).debug("d")

    assert [(line["event"], line["message"]) for line in told(say)] == [
        ("kafka", "w"), ("confluent", "w"), ("ihomer", "i"), ("ihomer", "w"),
    ]  # fmt: skip


def test_warnings_are_lines_too():
    with warnings.catch_warnings():
        warnings.simplefilter("always")
        (line,) = told(lambda: warnings.warn("careful", UserWarning, stacklevel=1))
    assert line["event"] == "py"
    assert "careful" in line["message"]


def test_arguments_that_do_not_fit():
    record = logging.makeLogRecord({"name": "kafka", "msg": "%d of %d", "args": ("many",), "levelno": logging.ERROR})
    assert Seldom("ihomer").filter(record)
    assert "('many',)" in Formatter(lambda head, _: head["message"]).format(record)


def test_logging_is_as_it_was_before():
    root = logging.getLogger()
    before = root.level, list(root.handlers), logging.getLogger("ihomer").level
    lines("text", lambda: None)
    assert (root.level, list(root.handlers), logging.getLogger("ihomer").level) == before


def test_the_same_text_is_let_through_seldom_and_counted():
    now = [0.0]
    seldom = Seldom("ihomer", lambda: now[0])

    def passes(text, name="kafka.conn", level=logging.WARNING):
        record = logging.makeLogRecord({"name": name, "msg": text, "levelno": level})
        return record.repeated if seldom.filter(record) else None

    assert passes("node 1 gone after 30 ms") == 0
    assert passes("node 2 gone after 31 ms") is None
    assert passes("something else") == 0
    assert passes("node 1 gone after 30 ms", level=logging.ERROR) == 0
    assert passes("node 1 gone after 30 ms", name="confluent") == 0
    now[0] = SECONDS - 0.1
    assert passes("node 1 gone after 32 ms") is None
    now[0] = SECONDS
    assert passes("node 1 gone after 33 ms") == 2
    assert passes("node 1 gone after 33 ms") is None
    for _ in range(3):  # ours always pass
        assert seldom.filter(logging.makeLogRecord({"name": "ihomer.daemon", "msg": "x"}))
    for i in range(5_000):
        passes("".join(chr(97 + int(digit)) for digit in str(i)))
    assert len(seldom._told) <= 1_000


def test_what_was_left_out_is_said():
    def say():
        for _ in range(3):
            logging.getLogger("kafka").warning("away")

    assert [line["message"] for line in told(say)] == ["away"]
