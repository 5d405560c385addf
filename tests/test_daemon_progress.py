"""Lines of progress in the daemon's log."""

from __future__ import annotations

import logging

import pytest

from ihomer.daemon.progress import Progress
from ihomer.daemon.status import Status
from tests.daemon_rig import Rig, messages


@pytest.fixture
def lines(caplog):
    caplog.set_level(logging.INFO, "ihomer.daemon")
    return lambda: [record for record in caplog.records if getattr(record, "event", "") == "progress"]


def test_a_line_comes_every_so_many_seconds_and_says_the_rate_since_the_last(lines):
    status = Status(state="running", lag={"a[0]": 3, "a[1]": 4}, labels=14, clusters=2)
    progress = Progress(status, 10.0, now=0.0)
    for second in range(1, 41):
        status.instances += 5 if second <= 20 else 50
        progress(float(second))
    assert [line.per_second for line in lines()] == [5.0, 5.0, 50.0, 50.0]
    assert [line.instances for line in lines()] == [50, 100, 600, 1100]
    assert {(line.getMessage(), line.lag, line.labels, line.clusters) for line in lines()} == {("running", 7, 14, 2)}


def test_while_nothing_comes_that_is_said_once(lines):
    status = Status()
    progress = Progress(status, 10.0, now=0.0)
    for second in range(1, 100):
        status.instances += second in (35, 62)
        progress(float(second))
    # at 10: nothing; at 40: one; at 50: nothing; at 70: one; at 80: nothing
    assert [line.instances for line in lines()] == [0, 1, 1, 2, 2]


def test_what_there_is_not_is_not_told(lines):
    status = Status(scores={}, dead={})
    progress = Progress(status, 1.0, now=0.0)
    progress(1.0)
    status.instances, status.scores = 1, {"micro_f1": 0.66666, "window_micro_f1": 0.5, "p_at_1": 1.0}
    status.dead, status.waiting = {"json": 2, "size": 1}, 9
    progress(2.0)
    first, second = lines()
    assert not {"micro_f1", "dead_letters", "waiting"} & vars(first).keys()
    assert (second.micro_f1, second.window_micro_f1, second.dead_letters, second.waiting) == (0.6667, 0.5, 3, 9)
    assert "p_at_1" not in vars(second)


def test_none_with_0(lines):
    progress = Progress(Status(), 0.0, now=0.0)
    progress(1e9)
    assert not lines()


def test_the_daemon_tells_where_it_reads_and_how_far_it_is(tmp_path, lines, caplog):
    rig = Rig(tmp_path, progress_seconds=1e-9)
    rig.produce(messages(30))
    rig.finish()
    assert 0 < lines()[-1].instances <= 30
    (line,) = [record for record in caplog.records if getattr(record, "event", "") == "assigned"]
    assert "[0] from offset 0" in line.getMessage()


def test_the_clusters_that_are_told_are_those_of_the_model(tmp_path):
    from ihomer.daemon.observing import Scales, observe

    rig = Rig(tmp_path, model="fast")
    rig.produce(messages(30))
    rig.finish()
    observe(rig.status, rig.learning.clerk, rig.log.source(), rig.learning.places)
    model = rig.learning.clerk.model
    assert rig.status.clusters == len(model.clusters) > 0
    Scales().weigh(model, rig.status)
    assert rig.status.model_bytes == model._raw_memory_usage


def test_weighing_the_model_takes_a_hundredth_of_the_time():
    from ihomer.daemon.observing import Scales

    now, weighed = [0.0], []

    class Heavy:
        @property
        def _raw_memory_usage(self):
            now[0] += 0.5
            weighed.append(now[0])
            return len(weighed)

    status, model = Status(), Heavy()
    scales = Scales(lambda: now[0])
    while now[0] < 500.0:
        scales.weigh(model, status)
        now[0] += 2.0
    assert status.model_bytes == len(weighed)
    assert 0.005 * 500 < 0.5 * len(weighed) < 0.012 * 500
