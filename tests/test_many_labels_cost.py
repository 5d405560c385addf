"""What a row costs where labels are many: as much with 20,000 labels as with 2,000, in all parts of the model; counted."""

from __future__ import annotations

import pytest

from ihomer import IHOMER
from streams import Batch
from tests.work import allocated, lines, uncompiled

#: Labels of the small and the large model; rows that are counted; how much more they may cost.
FEW, MANY, ROWS = 2_048, 20_480, 128
FACTOR = 1.3  # label sets are less sure where each label was seen less
CLOSE = 1.05


def rows(n_labels, start, stop):
    """Return rows of two labels, each with two features of its own: all rows cost the same."""
    pairs = []
    for t in range(start, stop):
        held = (t * 7919 % n_labels, (t * 104_729 + 1) % n_labels)
        pairs.append(({f"{kind}{k}": 1.0 for k in held for kind in "uv"}, {f"l{k}" for k in held}))
    return Batch.from_pairs(pairs)


@pytest.fixture(scope="module")
def saved(tmp_path_factory):
    """Models that have met all their labels, in files, as many rows after the last fixed place of the stream."""
    folder = tmp_path_factory.mktemp("models")
    paths = {}
    for n in (FEW, MANY):
        model = IHOMER(label_space="many")
        model.learn_many(rows(n, 0, n))
        assert model.n_labels == n
        model.learn_many(rows(n, n, n + ROWS))
        model.save(paths.setdefault(n, folder / str(n)))
    return paths


def counted(path, n, spoil=""):
    """Return a model, and a call that learns as many rows: the first ones after loading lay out what was packed."""
    model = IHOMER.load(path)
    model.predict_learn_many(rows(n, n + ROWS, n + 2 * ROWS))
    spoiled(model, spoil)
    batch = rows(n, n + 2 * ROWS, n + 3 * ROWS)
    return lambda: model.predict_learn_many(batch)


def spoiled(model, how):
    """Let a model do something for all labels, once for every row or every block: the counts must show it."""
    predict = model._probabilities

    def slower(block, *, learn, returning=None):
        if how == "array":
            (model._tree.cluster_of + 1.0).sum()
        elif how:
            for _ in range(block.n_labels * (len(block) if how == "row" else 1)):
                pass
        return predict(block, learn=learn, returning=returning)

    if how:
        model._probabilities = slower


_LINES = """
import sys
from tests.test_many_labels_cost import counted
from tests.work import lines
print(lines(counted(sys.argv[1], int(sys.argv[2]), sys.argv[3])))
"""


def steps(path, n, spoil=""):
    """Return the lines that run where kernels are not compiled: all steps but those within a function of numpy."""
    return int(uncompiled(_LINES, path, n, spoil))


def test_steps_of_kernels(saved):
    few = steps(saved[FEW], FEW)
    assert steps(saved[MANY], MANY) < FACTOR * few
    assert steps(saved[MANY], MANY, "row") > FACTOR * few


def test_lines_between_kernels(saved):
    few = lines(counted(saved[FEW], FEW))
    assert lines(counted(saved[MANY], MANY)) < FACTOR * few
    assert lines(counted(saved[MANY], MANY, "block")) > FACTOR * few


def test_bytes_of_arrays(saved):
    few = allocated(counted(saved[FEW], FEW))
    assert allocated(counted(saved[MANY], MANY)) < CLOSE * few
    assert allocated(counted(saved[MANY], MANY, "array")) > CLOSE * few
