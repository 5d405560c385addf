"""Streams of names with answers for them, in batches as the metrics get them, and as their naive twins do."""

from __future__ import annotations

import numpy as np
from hypothesis import strategies as st

from ihomer.predictions import Predictions
from streams import Batch, Vocabulary

NAMES = [f"l{i}" for i in range(9)]
FOREIGN = ["foreign", "stranger"]

label_sets = st.frozensets(st.sampled_from(NAMES), max_size=5)
truths = st.one_of(
    label_sets,
    st.dictionaries(st.sampled_from(NAMES), st.booleans(), max_size=6),
    st.none(),
)
answers = st.tuples(
    st.frozensets(st.sampled_from(NAMES + FOREIGN), max_size=5),
    st.lists(st.sampled_from(NAMES + FOREIGN), max_size=5, unique=True),
)
rows_of_a_stream = st.lists(st.tuples(truths, answers), min_size=1, max_size=40)


def predictions_of(answers, vocabulary, scores=None):
    """scores: float32 (n, 5), 0 where none are given."""
    sets = [sorted(vocabulary.add(n) for n in sorted(p)) for p, _ in answers]
    top = np.full((len(answers), 5), -1, np.int32)
    for i, (_, ranking) in enumerate(answers):
        top[i, : len(ranking)] = [vocabulary.add(n) for n in ranking]
    indptr = np.zeros(len(answers) + 1, np.int64)
    indptr[1:] = np.cumsum([len(s) for s in sets])
    indices = np.array([j for s in sets for j in s], np.int32)
    return Predictions(vocabulary, indptr, indices, top, np.zeros(top.shape, np.float32) if scores is None else scores)


def scored(rows, metrics, batch_rows, scores=None):
    """Run the rows through `metrics`; the two vocabularies grow with the batches, in orders of their own."""
    features, labels, of_model = Vocabulary(), Vocabulary(), Vocabulary(["stranger", "l4"])
    for start in range(0, len(rows), batch_rows):
        part = rows[start : start + batch_rows]
        batch = Batch.from_pairs([({}, y) for y, _ in part], features, labels)
        theirs = None if scores is None else scores[start : start + batch_rows]
        metrics.update(batch, predictions_of([a for _, a in part], of_model, theirs))
    return metrics


def plain(rows):
    """The rows that are scored, as the naive twin takes them."""
    found = []
    for y, (p, ranking) in rows:
        if isinstance(y, dict):
            found.append(({n for n, holds in y.items() if holds}, set(p), ranking, set(y)))
        elif y is not None:
            found.append((set(y), set(p), ranking, None))
    return found


def labels_of(rows, declared=()):
    return set(declared).union(*(y if known is None else known for y, _, _, known in plain(rows)))
