"""The daemon's sessions on a log in memory: killed anywhere, they lose nothing and keep what they promise."""

from __future__ import annotations

import contextlib
import errno
import math
import random
import threading
from dataclasses import replace
from pathlib import Path

import orjson
import pytest

import ihomer.checkpoint
from ihomer.daemon.errors import OtherStateError, PlaceError, TooManyBadError
from ihomer.daemon.serving import Serving
from ihomer.daemon.settings import Limits
from ihomer.daemon.status import Status
from streams.kafka.errors import TransportError, UnknownTopicError
from streams.kafka.protocol import Partition
from tests.daemon_rig import Rig, Until, messages

#: Operations within which a daemon can be killed.
_WHERE = ("poll", "send", "flush", "append", "commit_offsets", "bounds", "source", "sink", "topics", "committed")
_IN_TRANSACTIONS = ("begin", "send_offsets", "commit")


def undisturbed(path: Path, values: list[bytes], **settings) -> Rig:
    rig = Rig(path, **settings)
    rig.produce(values)
    rig.finish()
    return rig


def torn(path: Path, values: list[bytes], seed: int, **settings) -> tuple[Rig, int]:
    """Return a daemon that was killed again and again while the messages came, and how often."""
    chance = random.Random(seed)
    rig = Rig(path, **settings)
    where = _WHERE + (_IN_TRANSACTIONS if settings.get("transactions") else ())
    kills = 0
    for start in range(0, len(values), 20):
        rig.produce(values[start : start + 20])
        for _ in range(2):
            operation = chance.choice(where)
            call = chance.randrange(1, 30 if operation in ("send", "append") else 3)
            kills += rig.killed_at(operation, call, after=chance.random() < 0.5)
    rig.finish()
    return rig, kills


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("transactions", [False, True])
def test_killed_anywhere_the_model_is_the_same_bit_for_bit(tmp_path, seed, transactions) -> None:
    values = messages(200)
    calm = undisturbed(tmp_path / "calm", values, transactions=transactions)
    rig, kills = torn(tmp_path / "torn", values, seed, transactions=transactions)
    assert kills > 5
    assert rig.state() == calm.state()
    assert set(rig.answered()) == rig.records()
    if transactions:
        assert set(rig.answered().values()) == {1}


@pytest.mark.parametrize("seed", range(3))
def test_with_several_partitions_every_message_is_taught_once(tmp_path, seed) -> None:
    values = messages(240)
    good = sum(value != b"{" for value in values)
    rig, kills = torn(tmp_path, values, seed, transactions=True, partitions=3)
    model = rig.learning.clerk.model
    assert kills > 5
    # Each good message brings a label that no other has: as many rows as labels, each at least once, so each once.
    assert model.n_instances == good
    assert sum(str(label).startswith("own") for label in model.labels) == good
    assert set(rig.answered()) == rig.records()
    assert set(rig.answered().values()) == {1}


def test_a_session_that_fails_is_followed_by_one_that_goes_on(tmp_path) -> None:
    values = messages(120)
    calm = undisturbed(tmp_path / "calm", values, transactions=True)
    rig = Rig(tmp_path / "torn", transactions=True)
    rig.produce(values)
    for operation, after in (("commit", True), ("commit", False), ("send_offsets", False), ("poll", False), ("flush", False)):
        rig.log.faults.fail(operation, TransportError("memory: gone"), at=2, after=after)
    for _ in range(9):
        with contextlib.suppress(TransportError):
            rig.finish()
            break
    assert rig.state() == calm.state()
    assert set(rig.answered()) == rig.records()
    assert set(rig.answered().values()) == {1}


def test_labels_that_come_later_teach_once_whatever_happens(tmp_path) -> None:
    rig = Rig(tmp_path, labels_topic="truth", poll_rows=5)
    n, chance = 120, random.Random(1)
    for i in range(n):
        rig.produce([orjson.dumps({"id": i, "x": {f"f{i % 5}": 1.5, f"own{i}": 1.0}})])
        if i >= 10:
            j = i - 10
            rig.produce([orjson.dumps({"id": j, "y": [f"l{j % 4}", f"own{j}"]})] * 2, "truth")  # sent twice
        if i % 9 == 5:
            rig.killed_at(chance.choice(_WHERE), chance.randrange(1, 9), after=chance.random() < 0.5)
    rig.finish()
    model = rig.learning.clerk.model
    assert model.n_instances == n - 10
    assert sum(str(label).startswith("own") for label in model.labels) == n - 10
    assert set(rig.answered()) == rig.records()
    assert rig.learning.clerk.n_waiting == 10


def test_a_new_partition_is_read_from_its_beginning(tmp_path) -> None:
    rig = Rig(tmp_path, discover_seconds=0.2)
    rig.produce(messages(30))
    rig.finish()
    rig.log.add_partitions("rows", 2)
    rig.produce(messages(60)[30:])
    rig.finish()
    assert set(rig.answered()) == rig.records()
    rig.log.add_partitions("rows", 3)  # while it runs
    came = False

    def more_comes() -> bool:
        nonlocal came
        if not came and rig.learning.began:
            came = True
            rig.produce(messages(90)[60:])
        return came and rig.all_read()

    rig.session(more_comes)
    assert set(rig.answered()) == rig.records()


def test_offsets_that_were_set_back_are_refused(tmp_path) -> None:
    rig = undisturbed(tmp_path, messages(40), transactions=True)
    source = rig.log.source(group=rig.settings.group_id)
    source.commit({Partition("rows", 0): 11})
    with pytest.raises(PlaceError, match=r"rows\[0\]: the checkpoint has learned up to offset 40, but .* is 11: .*set back"):
        rig.finish()


def test_offsets_that_kafka_forgot_are_found_in_the_answers(tmp_path) -> None:
    rig = Rig(tmp_path, transactions=True, partitions=3, checkpoint_seconds=1e9)
    rig.produce(messages(90))
    assert rig.killed_at("poll", 12, after=False)  # everything is published, nothing is checkpointed
    rig.log.groups.clear()
    rig.finish()
    assert set(rig.answered()) == rig.records()
    assert set(rig.answered().values()) == {1}
    assert rig.status.relearned > 0


@pytest.mark.parametrize("policy", ["fail", "earliest", "latest"])
def test_a_place_that_is_not_kept_any_more(tmp_path, policy) -> None:
    rig = undisturbed(tmp_path, messages(30), out_of_range=policy)
    rig.produce(messages(60)[30:])
    rig.log.drop_before(Partition("rows", 0), 45)
    if policy == "fail":
        with pytest.raises(PlaceError, match=r"rows\[0\]: reading goes on at offset 30, and the broker keeps offsets 45 to 59"):
            rig.finish()
        return
    rig.finish()
    to = 45 if policy == "earliest" else 60
    [event] = [orjson.loads(r.value) for r in rig.read("rows.events") if b'"gap"' in r.value]
    assert event == {
        "kind": "gap", "place": "rows[0]", "before": 30, "after": to, "cause": "records were not kept any more"
    }  # fmt: skip
    assert set(rig.answered()) == {(0, i) for i in (*range(30), *range(to, 60))}


def test_a_state_is_for_the_settings_that_made_it(tmp_path) -> None:
    rig = undisturbed(tmp_path, messages(10))
    rig.settings = replace(rig.settings, model="fast")
    with pytest.raises(OtherStateError, match=r"was made for model = 'linear', the settings say 'fast'"):
        rig.finish()


def test_too_many_bad_messages_end_it_again_and_again_until_the_limit_is_raised(tmp_path) -> None:
    rig = Rig(tmp_path, limits=Limits(bad_run=5))
    rig.produce([*messages(7), *[b"{"] * 5, *messages(30)])
    for _ in range(2):
        with pytest.raises(TooManyBadError, match=r"5 messages in a row are bad \(limit: 5\); the last: rows\[0\], offset 11"):
            rig.finish()
    assert len({dict(r.headers)["ihomer-source-offset"] for r in rig.read("rows.dead-letters")}) == 5
    rig.settings = replace(rig.settings, limits=Limits(bad_run=50))
    rig.finish()
    assert set(rig.answered()) == rig.records()


def test_a_topic_that_does_not_exist(tmp_path) -> None:
    rig = Rig(tmp_path)
    rig.settings = replace(rig.settings, topic="rwos")
    with pytest.raises(UnknownTopicError, match=r"there is no topic 'rwos'; did you mean 'rows'\?"):
        rig.finish()


def test_a_checkpoint_that_cannot_be_written_ends_nothing(tmp_path, monkeypatch) -> None:
    rig = Rig(tmp_path)
    rig.produce(messages(40))
    write, full = ihomer.checkpoint.write_taken, True

    def on_a_full_disk(path, taken):
        if full:
            raise OSError(errno.ENOSPC, "No space left on device", str(path))
        write(path, taken)

    monkeypatch.setattr(ihomer.checkpoint, "write_taken", on_a_full_disk)

    def room_again() -> bool:
        nonlocal full
        if full and rig.status.checkpoint_failures and rig.all_read():
            assert "No space left" in rig.status.problem
            full = False
        return not full and rig.status.checkpoints > 0

    rig.session(room_again)
    assert rig.status.problem == ""
    assert set(rig.answered()) == rig.records()


@pytest.mark.parametrize("assignment", ["manual", "subscribe"])
def test_who_serves_reads_instances_and_no_labels(tmp_path, assignment) -> None:
    rig = Rig(tmp_path, labels_topic="labels", predictions_topic="")
    rig.produce(messages(40))
    rig.produce([b'{"id": 1, "y": []}'] * 5, "labels")
    rig.finish()
    settings = replace(rig.settings, learn=False, predictions_topic="served", group="servants", assignment=assignment)

    def all_read() -> bool:
        return serving.began and bool(serving.places.next) and serving.places.next == {Partition("rows", 0): 40}

    serving = Serving(settings, rig.log, Status(), Until(all_read), rig.clock)
    serving.run()
    assert {orjson.loads(record.value)["source"]["topic"] for record in rig.read("served")} == {"rows"}
    assert sum(serving.status.dead.values()) == sum(value == b"{" for value in messages(40))


def test_who_serves_takes_every_new_checkpoint_over(tmp_path) -> None:
    rig = undisturbed(tmp_path, messages(40), predictions_topic="")
    settings = replace(rig.settings, learn=False, predictions_topic="served", group="servants")
    rig.produce(messages(80)[40:])
    grown = False

    def learned_meanwhile() -> bool:
        nonlocal grown
        seen = serving.began and all(serving.places.next[p] == rig.log.partition(p).end for p in serving.places.next)
        if seen and not grown:
            rig.finish()
            rig.produce(messages(90)[80:])
            grown = True
            rig.clock.now += 10.0
            return False
        return seen and grown

    serving = Serving(settings, rig.log, Status(), Until(learned_meanwhile), rig.clock)
    serving.run()
    versions = [orjson.loads(record.value)["model_version"] for record in rig.read("served")]
    good = sum(value != b"{" for value in messages(40)), sum(value != b"{" for value in messages(80))
    assert sorted(set(versions)) == list(good)
    assert serving.clerk.model.n_instances == good[1]


def slow_disk(monkeypatch) -> tuple[threading.Event, threading.Event]:
    """Let checkpoints wait on their way to the disk; return what says that one is there, and what lets all go on."""
    write, waiting, go = ihomer.checkpoint.write_taken, threading.Event(), threading.Event()

    def on_a_slow_disk(path, taken):
        waiting.set()
        assert go.wait(10)
        write(path, taken)

    monkeypatch.setattr(ihomer.checkpoint, "write_taken", on_a_slow_disk)
    return waiting, go


@pytest.mark.parametrize("assignment", ["manual", "subscribe"])
def test_learning_goes_on_while_a_checkpoint_is_written(tmp_path, monkeypatch, assignment) -> None:
    rig = Rig(tmp_path, assignment=assignment)
    rig.produce(messages(200))
    waiting, go = slow_disk(monkeypatch)
    part = Partition("rows", 0)
    seen = []

    def all_read() -> bool:
        if rig.all_read() and not go.is_set():
            saving = rig.learning._saving
            seen.append((rig.status.checkpoints, saving.places[part], rig.learning.places.next[part]))
            seen.append(rig.log.source(group=rig.settings.group_id).committed([part]))
            go.set()
        return rig.all_read()

    rig.session(all_read)
    (written, covered, learned), committed = seen
    assert waiting.is_set()
    assert written == 0  # one at a time, and none counts before it is on the disk
    assert 0 < covered < learned == 200
    # A member of a group commits what is saved, nothing more; by hand, what is published.
    assert (committed.get(part, 0) > 0) == (assignment == "manual")
    # The end waits for the one that was being written, and writes one of all.
    assert rig.status.checkpoints == 2
    assert rig.state() == undisturbed(tmp_path / "calm", messages(200), assignment=assignment).state()
    assert rig.log.source(group=rig.settings.group_id).committed([part]) == {part: 200}


def test_a_session_that_fails_leaves_no_checkpoint_half_written(tmp_path, monkeypatch) -> None:
    rig = Rig(tmp_path)
    rig.produce(messages(100))
    waiting, go = slow_disk(monkeypatch)
    threading.Thread(target=lambda: waiting.wait(30) and go.set()).start()
    rig.log.faults.fail("poll", TransportError("away", retriable=True), at=12, times=math.inf)
    with pytest.raises(TransportError):
        rig.finish()
    assert waiting.is_set()
    assert rig.status.checkpoints > 0
    rig.log.faults.clear()
    rig.finish()
    assert set(rig.answered()) == rig.records()


def test_a_checkpoint_that_failed_while_learning_went_on_is_followed_by_the_last(tmp_path, monkeypatch) -> None:
    rig = Rig(tmp_path)
    rig.produce(messages(60))
    write, calls = ihomer.checkpoint.write_taken, []

    def first_fails(path, taken):
        calls.append(path)
        if len(calls) == 1:
            raise OSError(errno.ENOSPC, "No space left on device", str(path))
        write(path, taken)

    monkeypatch.setattr(ihomer.checkpoint, "write_taken", first_fails)
    rig.finish()
    assert rig.status.checkpoint_failures == 1
    assert rig.status.problem == ""
    assert rig.state() == undisturbed(tmp_path / "calm", messages(60)).state()
