"""Checkpoints that are written while learning goes on hold what was there when they were taken."""

from __future__ import annotations

import gc
import threading
import weakref

import numpy as np
import pytest

from ihomer import IHOMER, LinearLearner
from ihomer.checkpoint import Beside, Taken, dumps, read
from ihomer.daemon.learner import Learner
from ihomer.daemon.settings import Settings
from ihomer.daemon.status import Status
from ihomer.saving import tree_of
from streams import Batch
from streams.kafka.protocol import Record
from tests.golden.models import pairs, records

MODELS = {
    "fast": lambda: IHOMER(preset="fast"),
    "balanced": IHOMER,
    "accurate": lambda: IHOMER(preset="accurate"),
    "paper": IHOMER.paper,
    "many": lambda: IHOMER(label_space="many", max_labels=90, silent_for=512),
    "linear": LinearLearner,
}


def rows(start, stop):
    return Batch.from_pairs(pairs(30, start, stop))


@pytest.mark.parametrize("name", MODELS)
def test_what_is_learned_afterwards_changes_nothing(name):
    """No array in a state is one that learning goes on in."""
    model = MODELS[name]()
    for stop in (40, 150, 500):
        model.learn_many(rows(model.n_instances, stop))
        model.predict_one(pairs(30, 7, 8)[0][0], key=f"waits {stop}")
        tree = tree_of(model)
        before = dumps(tree, kind="model")
        taken = Taken(tree, kind="model")
        model.learn_many(rows(stop, stop + 200))
        model.learn_later(f"waits {stop}", {"l7"})
        assert b"".join(taken.pieces()) == before


def test_a_daemon_that_goes_on_changes_nothing(tmp_path):
    learner = Learner(Settings("rows", str(tmp_path), http="", model="fast", labels_topic="later"), Status())
    later = [Record("later", 0, t, 1000.0, None, b'{"id": %d, "y": ["l1"]}' % t) for t in range(50, 90)]
    values = [b'{"id": %d, "x": {"w1": 2, "new%d": 1}}' % (t, t) for t in range(50, 100)]
    unlabelled = [Record("rows", 0, t, 1000.0, None, value) for t, value in enumerate(values, 50)]
    learner.take([*records()[:50], *unlabelled])
    tree = learner.state()
    before = dumps(tree, kind="daemon")
    taken = Taken(tree, kind="daemon")
    learner.take([*records()[50:], *later])
    assert b"".join(taken.pieces()) == before


def test_a_model_is_saved_as_it_was(tmp_path):
    model = MODELS["many"]()
    model.learn_many(rows(0, 300))
    model.save(tmp_path / "at once")
    saving = model.begin_save(tmp_path / "beside")
    model.learn_many(rows(300, 900))
    saving.wait()
    assert saving.done
    assert (tmp_path / "beside").read_bytes() == (tmp_path / "at once").read_bytes()


def test_what_fails_is_raised_where_it_is_waited_for(tmp_path):
    saving = MODELS["linear"]().begin_save(tmp_path / "no such folder" / "model")
    for _ in range(2):
        with pytest.raises(FileNotFoundError, match="no such folder"):
            saving.wait()


def test_it_is_done_when_it_is():
    go = threading.Event()
    beside = Beside(go.wait)
    assert not beside.done
    go.set()
    assert beside.wait()
    assert beside.done
    assert beside.seconds >= 0


def test_what_was_written_is_let_go_of(tmp_path):
    """Who waits, or keeps the result, does not keep the arrays."""
    array = np.zeros(100_000)
    gone = weakref.ref(array)
    taken = Taken({"array": array}, kind="test")
    del array
    beside = Beside(lambda taken=taken: (tmp_path / "a").write_bytes(b"".join(taken.pieces())))
    beside.wait()
    gc.collect()
    assert gone() is None
    assert read(tmp_path / "a")["array"].shape == (100_000,)
