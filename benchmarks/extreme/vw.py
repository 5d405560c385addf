"""Vowpal Wabbit's two ways with many labels, driven in this process by rows in its text form."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from benchmarks.extreme.best_sets import with_best_sets
from benchmarks.extreme.protocol import UnfitError
from benchmarks.peers import predictions_of, vw_text

if TYPE_CHECKING:
    from ihomer.predictions import Predictions
    from streams.batch import Batch
    from streams.stream import Stream

#: Its table of weights has 2^24 entries: four times as many make no difference at 100,000 labels but in memory.
BITS = 24
_TOP = 5

Rows = tuple["Batch", list[tuple[str, str]]]


class _VowpalWabbit:
    """A workspace that knows all declared labels from the start, as it must."""

    def __init__(self, options: str) -> None:
        try:
            from vowpalwabbit import Workspace
        except ImportError as error:
            raise UnfitError("vowpalwabbit is not installed") from error
        self._workspace: Any = Workspace(f"{options} -b {BITS} --quiet")

    def prepare(self, batch: Batch) -> Rows:
        """Return the rows in its text form; to parse that is its own work, and timed."""
        return batch, [vw_text(batch, i) for i in range(len(batch))]

    def _answers(self, texts: list[tuple[str, str]]) -> list[list[int]]:
        predict, learn = self._workspace.predict, self._workspace.learn
        answers = []
        for bare, labelled in texts:
            answers.append(predict(bare))
            learn(labelled)
        return answers


class VowpalWabbitPLT(_VowpalWabbit):
    """`--plt`, a 16-ary probabilistic label tree (Jasinska-Cygan et al. 2021); sets are of as many as the mean row has.

    Parameters
    ----------
    stream
        Whose declared labels it is for.
    """

    def __init__(self, stream: Stream) -> None:
        labels = max(stream.declared_labels or 0, 2)
        super().__init__(f"--plt {labels} --kary_tree 16 --top_k {_TOP} --loss_function logistic -l 2")
        self._labels = labels
        self._rows = self._held = 0

    def __call__(self, rows: Rows) -> Predictions:
        """Predict and learn the rows, in order."""
        batch, texts = rows
        top = np.full((len(batch), _TOP), -1, np.int32)
        for row, answer in zip(top, self._answers(texts), strict=True):
            known = [label for label in answer if label < self._labels]  # its tree has more leaves
            row[: len(known)] = known
        size = round(self._held / max(self._rows, 1))
        self._rows += len(batch)
        self._held += len(batch.label_indices)
        return with_best_sets(batch, top, (top >= 0).astype(np.float32), size)


class VowpalWabbitOAA(_VowpalWabbit):
    """`--multilabel_oaa`, a linear model of every label; what it predicts is all it ranks, by id.

    Parameters
    ----------
    stream
        Whose declared labels it is for.
    """

    def __init__(self, stream: Stream) -> None:
        super().__init__(f"--multilabel_oaa {max(stream.declared_labels or 0, 2)}")

    def __call__(self, rows: Rows) -> Predictions:
        """Predict and learn the rows, in order."""
        batch, texts = rows
        answers = self._answers(texts)
        found = predictions_of(batch, answers)
        for row, answer in zip(found.top_ids, answers, strict=True):
            row[: len(answer)] = sorted(answer)[:_TOP]
        return found
