"""The live page: bounded in size, cheap for the learner, and true."""

from __future__ import annotations

import http.client
import json
from itertools import pairwise

import numpy as np
import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from ihomer import IHOMER
from ihomer.cli import main
from ihomer.daemon.live import Live
from ihomer.daemon.status import Status
from ihomer.evaluation import Prequential
from ihomer.live.board import INTEREST, PERIOD, SHARE, Board
from ihomer.live.history import MOMENTS, History
from ihomer.live.looks import CLUSTERS, EVENTS, NAMES, clusters_of
from ihomer.live.page import live_page
from ihomer.live.server import LiveServer
from ihomer.live.watch import METRICS, Watch, snapshot
from streams import open_stream
from streams.batch import Batch
from streams.views import limited
from streams.vocabulary import Vocabulary


class Clock:
    def __init__(self):
        self.now = 0.0

    def __call__(self):
        return self.now


@given(st.integers(1, 40).map(lambda n: 2 * n), st.integers(0, 500))
def test_a_history_is_bounded_and_keeps_its_ends(most, n):
    history = History(most)
    for i in range(n):
        history.add({"i": i})
    kept = history.columns().get("i", [])
    assert len(kept) <= most + 1
    assert kept == sorted(set(kept))
    if n:
        assert (kept[0], kept[-1]) == (0, n - 1)
    gaps = np.diff(kept[:-1])
    assert len(set(gaps.tolist())) <= 1  # spread evenly, but for the latest


def test_nobody_looks_nothing_is_made():
    clock = Clock()
    board = Board(clock)
    assert not board.due()
    board.asked()
    assert board.due()
    clock.now += INTEREST + 1
    assert not board.due()


@given(st.lists(st.floats(0, 3), min_size=1, max_size=60), st.floats(0.001, 0.5))
def test_snapshots_take_their_share_of_the_time_at_most(costs, step):
    clock, spent, made = Clock(), 0.0, []
    board = Board(clock)
    remaining = list(costs)
    while remaining and clock.now < 5000:
        board.asked()
        if board.due():
            cost = remaining.pop()

            def make(cost=cost):
                clock.now += cost
                return {}

            made.append(clock.now)
            board.put(make)
            spent += cost
            last = cost
        clock.now += step if not remaining or board.due() else max(step, PERIOD / 4)
    # The pause that follows a snapshot belongs to it.
    assert spent <= SHARE * (clock.now + last / SHARE) + 1e-6
    assert all(b - a >= PERIOD - 1e-9 for a, b in pairwise(made))


#: As long as names of labels are on bad days; each character takes three bytes.
NAME = "\u6a19" * 200
N_LABELS = 20_000


@pytest.fixture(scope="module")
def of_many_labels():
    """A model of 20,000 labels with long names, in more than 1,000 clusters, to which much has happened."""
    names = [f"{i:06d} {NAME}" for i in range(N_LABELS)]
    rows = 200
    model = IHOMER(preset="fast", max_labels=1 << 15, max_bytes=1 << 33)
    model.learn_many(Batch.from_pairs([({"f": 1.0}, set(names[i::rows])) for i in range(rows)]))
    tree = model._tree
    while len(tree.sizes()[0]) <= 1_000:
        leaf = tree.sizes()[0][-1]
        right = np.arange(len(tree.members(leaf))) >= 19
        tree.split(leaf, right, {})
    for i in range(2 * EVENTS):
        model.event_log.add(i, "split", place=f"cluster {i} {NAME}", cause=NAME, labels=names[i : i + 50], n_labels=50)
    return model


def looks_of(model):
    """What the page of an evaluation and that of the daemon are given, with curves as full as they get."""
    point = dict.fromkeys(("instances", *METRICS, *(f"window_{name}" for name in METRICS)), 0.123456)
    evaluation = Prequential(model, limited(open_stream("yeast"), 0))
    evaluation.curve = [point] * 1000
    history, status = History(), Status()
    live = Live("ihomer on a topic", status)
    for i in range(2 * MOMENTS):
        history.add({"seconds": 2.0 * i, "rows_per_second": 1234.5})
        live._history.add({"seconds": 2.0 * i, "rows_per_second": 1234.5, "lag": 1e6})
        status.scores = dict.fromkeys((*METRICS, *(f"window_{name}" for name in METRICS)), 0.12345678901234567)
        live.look(model)
    status.board.asked()
    live.look(model)
    board = Board()
    board.put(lambda: snapshot(evaluation, history))
    return board.asked(), status.board.asked()


def test_many_labels_stay_under_200_kb(of_many_labels):
    for found in looks_of(of_many_labels):
        told = json.loads(found)
        assert sum(cluster["labels"] for cluster in told["clusters"]) == N_LABELS
        assert len(told["clusters"]) == CLUSTERS + 1
        assert len(told["events"]) == EVENTS
        assert len(found) < 200_000
    assert len(live_page()) < 200_000


def test_a_look_asks_for_the_names_that_it_shows_alone(of_many_labels, monkeypatch):
    asked, name = [], Vocabulary.name
    monkeypatch.setattr(Vocabulary, "name", lambda self, i: asked.append(i) or name(self, i))
    monkeypatch.setattr(Vocabulary, "names", property(lambda _: pytest.fail("all names were asked for")))
    monkeypatch.setattr(Vocabulary, "__iter__", lambda _: pytest.fail("all names were asked for"))
    looks_of(of_many_labels)
    assert 0 < len(asked) <= 2 * CLUSTERS * NAMES


def test_what_is_shown_is_true():
    model, board = IHOMER(preset="fast"), Board()
    watch = Watch(board)
    board.asked()
    evaluation = Prequential(model, open_stream("yeast"), every=100, progress=watch.look, model_name="ours")
    result = evaluation.run()
    watch.ended(evaluation)
    told = json.loads(board.asked())
    assert (told["title"], told["state"], told["share"]) == ("ours on yeast", "done", 1.0)
    assert told["figures"]["instances"] == 2417
    assert told["figures"]["micro-F1"] == pytest.approx(result.summary["micro_f1"], abs=1e-5)
    assert told["curve"]["instances"] == [point["instances"] for point in result.curve]
    assert told["curve"]["window_p_at_1"][-1] == pytest.approx(result.curve[-1]["window_p_at_1"], abs=1e-4)
    assert all(set(cluster["names"]) <= set(labels) for cluster, labels in zip(told["clusters"], model.clusters, strict=True))
    assert [event["instance"] for event in told["events"]] == [event["instance"] for event in model.events][::-1][:EVENTS]


def test_the_daemon_counts_its_curves_as_the_model_counts_its_events():
    model = IHOMER(preset="fast")
    for batch in limited(open_stream("yeast"), 300).batches():
        model.learn_many(batch)  # by an earlier process
    status = Status(scores={"micro_f1": 0.5, "macro_f1": float("nan")}, instances=10)
    live = Live("ihomer on a topic", status)
    status.board.asked()
    live.look(model)
    told = json.loads(status.board.asked())
    assert told["curve"] == {"instances": [300], "micro_f1": [0.5]}
    assert (told["figures"]["instances"], told["figures"]["learned in all"]) == (10, 300)
    assert all(event["instance"] <= 300 for event in told["events"])


def test_looking_changes_no_bit():
    scores = []
    for looks in (True, False):
        board = Board()
        watch = Watch(board)

        def look(run, watch=watch, board=board, looks=looks):
            if looks:
                board.asked()
                board._next = 0.0  # at every block
                watch.look(run)

        model = IHOMER(preset="fast")
        scores.append(Prequential(model, open_stream("yeast"), progress=look).run().summary["micro_f1"])
    assert scores[0] == scores[1]


def test_a_model_without_clusters():
    assert clusters_of(object()) is None


def test_the_server_answers():
    board = Board()
    board.put(lambda: {"title": "a"})
    with LiveServer("127.0.0.1", 0, board) as server:
        def asked(path):
            connection = http.client.HTTPConnection(server.url.removeprefix("http://").rstrip("/"), timeout=30)
            connection.request("GET", path)
            answer = connection.getresponse()
            return answer.status, answer.getheader("Content-Type"), answer.read()

        assert asked("/")[:2] == (200, "text/html; charset=utf-8")
        assert asked("/live.json") == (200, "application/json", b'{"title":"a"}')
        assert asked("/../etc/passwd")[0] == 404


@pytest.mark.parametrize("place", [[], ["127.0.0.1:0"], ["localhost:0"]])
def test_the_option(place):
    answer = CliRunner().invoke(main, ["evaluate", "--live", *place, "yeast", "--model", "fast", "--limit", "50", "-q"])
    assert answer.exit_code == 0, answer.output
    assert "live at http://127.0.0.1:" in answer.stderr


@pytest.mark.parametrize("live", ["--live=nowhere", "--live=1.2.3.4:99999999", "--live=:80"])
def test_an_address_that_is_none(live):
    answer = CliRunner().invoke(main, ["evaluate", "yeast", live])
    assert answer.exit_code == 2
    assert "expected HOST:PORT" in answer.output
