"""The event log: documented kinds, bounded, times, JSON Lines; and what a model tells."""

import dataclasses
import io
import json

import numpy as np
import pytest
from click.testing import CliRunner

from ihomer import IHOMER
from ihomer.cli.inspect import command as inspect
from ihomer.events import EVENT_KINDS, FIELDS, KEPT, KEPT_OF_TRAFFIC, EventLog
from streams import Batch


def turning(n=1800, at=900):
    rng = np.random.default_rng(0)
    rows = []
    for t in range(n):
        x = {f"w{j}": float(rng.normal()) for j in range(6)}
        rows.append((x, {f"l{j}" for j in range(6) if (x[f"w{j}"] > 0) == (t < at)} | ({"late"} if t > 300 else set())))
    return rows


def test_a_model_tells_what_its_kinds_say():
    model = IHOMER(preset="fast")
    model.learn_many(Batch.from_pairs(turning()))
    events = model.events
    kinds = {kind.name: kind for kind in EVENT_KINDS}
    for event in events:
        assert set(FIELDS) <= set(event)
        assert set(event) - set(FIELDS) - {"time"} <= set(kinds[event["kind"]].fields)
    births = [(e["instance"], e["before"], e["after"], e["labels"]) for e in events if e["kind"] == "birth"]
    assert births == [(128, 0, 6, births[0][3]), (384, 6, 7, ["late"])]
    assert sorted(births[0][3]) == [f"l{j}" for j in range(6)]
    alarms = [e for e in events if e["kind"] == "alarm"]
    assert alarms
    assert all(e["instance"] > 900 and e["after"] > e["before"] for e in alarms)
    assert "model" in {e["place"] for e in alarms}


def test_births_are_told_whatever_the_batches_and_across_a_checkpoint(tmp_path):
    rows = turning(400)
    singly, loaded = IHOMER(preset="fast"), IHOMER(preset="fast")
    for x, y in rows:
        singly.learn_one(x, y)
    loaded.learn_many(Batch.from_pairs(rows[:350]))
    loaded.save(tmp_path / "model")
    loaded = IHOMER.load(tmp_path / "model")
    loaded.learn_many(Batch.from_pairs(rows[350:]))
    assert loaded.events == singly.events


def test_events_have_the_time_of_their_instance():
    batch = dataclasses.replace(Batch.from_pairs(turning(300)), times=np.arange(300) + 0.5)
    model = IHOMER(preset="fast")
    model.learn_many(batch.slice(0, 100))
    model.learn_many(batch.slice(100, 300))
    assert [(e["instance"], e["time"]) for e in model.events if e["kind"] == "birth"] == [(128, 127.5)]
    log = EventLog()
    log.follow(1, np.array([np.nan]))
    log.add(1, "move", place="cluster 1", cause="x")
    log.add(2, "move", place="cluster 1", cause="x")
    assert not any("time" in event for event in log.events)


def test_what_comes_and_goes_never_pushes_an_alarm_out():
    log = EventLog()
    log.add(0, "alarm", place="model", cause="loss rose")
    for t in range(KEPT + 5):
        log.add(t, "birth", place="model", cause="not seen before")
    log.add(9, "split", place="cluster 0", cause="x")
    kinds = [event["kind"] for event in log.events]
    assert kinds == ["alarm", *["birth"] * KEPT_OF_TRAFFIC, "split"]
    assert log.total == KEPT + 7
    again = EventLog.from_state(log.state())
    assert again.state() == log.state()
    for t in range(KEPT):
        again.add(t, "alarm", place="model", cause="loss rose")
    assert len(again.events) == KEPT + KEPT_OF_TRAFFIC


def test_unknown_kinds_are_refused():
    with pytest.raises(ValueError, match=r"kind must be one of alarm, split, .*, found 'alram'"):
        EventLog().add(1, "alram", place="model", cause="x")


def test_json_lines(tmp_path):
    log = EventLog()
    log.add(1, "alarm", place="label (1, 'ä')", cause="loss rose", before=0.25, after=np.float64(0.5), labels=[(1, "ä"), 3])
    log.add(2, "merge", place="cluster 1 and cluster 2", cause="x", statistics={"gain": 0.5})
    log.to_json_lines(tmp_path / "events.jsonl")
    memory = io.BytesIO()
    log.to_json_lines(memory)
    assert (tmp_path / "events.jsonl").read_bytes() == memory.getvalue()
    first, second = map(json.loads, memory.getvalue().splitlines())
    assert first["labels"] == [[1, "ä"], 3]
    assert (first["before"], first["after"]) == (0.25, 0.5)
    assert second["statistics"] == {"gain": 0.5}
    with pytest.raises(OSError, match="cannot be written"):
        log.to_json_lines(tmp_path / "missing" / "events.jsonl")


def test_inspect_gives_the_events_as_json_lines(tmp_path):
    model = IHOMER(preset="fast")
    model.learn_many(Batch.from_pairs(turning(300)))
    model.save(tmp_path / "model")
    model.event_log.to_json_lines(tmp_path / "events.jsonl")
    told = CliRunner().invoke(inspect, [str(tmp_path / "model"), "--events"])
    assert told.exit_code == 0
    assert told.stdout_bytes == (tmp_path / "events.jsonl").read_bytes()
    assert told.stdout_bytes
