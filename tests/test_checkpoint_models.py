"""Models and daemons that were saved by earlier releases are loaded, and say and learn what they did."""

from __future__ import annotations

import gzip

import numpy as np
import pytest

from ihomer.checkpoint import dumps, loads
from ihomer.daemon.learner import Learner
from ihomer.daemon.status import Status
from ihomer.saving import model_of, tree_of
from streams import Batch
from tests.golden.models import ASKED, KIND, LEARNED, MODELS, PATH, pairs, records, settings


@pytest.fixture
def golden():
    # Anew for every test: a model goes on in the arrays that it is given.
    return loads(gzip.decompress(PATH.read_bytes()), kind=KIND)


@pytest.mark.parametrize("name", MODELS)
def test_an_old_model_says_what_it_said(golden, name):
    saved = golden[name]
    _, n_labels = MODELS[name]
    said = model_of(saved["model"]).predict_many(Batch.from_pairs(pairs(n_labels, LEARNED, LEARNED + ASKED)))
    indptr, indices = saved["sets"]
    ids, scores = saved["top"]
    assert said.indptr.tolist() == indptr.tolist()
    assert said.indices.tolist() == indices.tolist()
    assert said.top_ids.tolist() == ids.tolist()
    # Another processor adds up in another order: the last bits of scores are its own.
    np.testing.assert_allclose(said.top_scores, scores, rtol=1e-5)


@pytest.mark.parametrize("name", MODELS)
def test_an_old_model_goes_on_as_one_that_was_saved_today(golden, name):
    _, n_labels = MODELS[name]
    more = Batch.from_pairs(pairs(n_labels, LEARNED, LEARNED + 3 * ASKED))
    old = model_of(golden[name]["model"])
    today = model_of(loads(dumps(tree_of(model_of(golden[name]["model"])), kind="model")))
    for model in (old, today):
        model.learn_many(more)
    assert dumps(tree_of(old), kind="model") == dumps(tree_of(today), kind="model")


def test_an_old_daemon_goes_on(golden):
    learner = Learner(settings(), Status())
    learner.restore(golden["daemon"], PATH)
    assert learner.instances == len(records()) - 1
    letters = learner.take(records()[:5])
    assert learner.instances == len(records()) + 4
    assert letters
