"""The learners of the speed benchmark: each predicts a row, then learns it; CPU seconds are taken batch by batch.

What counts is what a user of the API waits for once rows are there in the form that it takes: for arrays a
`streams.Batch`; for dicts a dict of numbers and a set of labels a row; for Vowpal Wabbit a line of text a row, which it
parses to predict and again to learn. In its stricter form the lines are parsed beforehand, as batches are for arrays.
"""

from __future__ import annotations

import abc
import gc
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from benchmarks.peers import predictions_of, vw_text
from ihomer.model import IHOMER
from ihomer.predictions import Predictions
from streams.batch import Batch

#: Rows for the first calls, which load or compile kernels: enough for all parts of a model to come to work.
WARM_ROWS = 400


@dataclass(slots=True)
class Run:
    """CPU seconds of each batch, and the predictions for it."""

    seconds: list[float] = field(default_factory=list)
    predictions: list[Predictions] = field(default_factory=list)


class Contestant(abc.ABC):
    """A learner under test; `start` makes a fresh one, `prepare` brings rows into its form, which does not count."""

    #: Whether a run goes over the first rows of the data set only.
    short = False

    @abc.abstractmethod
    def start(self, n_labels: int) -> None:
        """Make a learner that has learned nothing."""

    @abc.abstractmethod
    def prepare(self, batch: Batch) -> Any:
        """Return the rows of `batch` in the form that `step` takes."""

    @abc.abstractmethod
    def step(self, rows: Any) -> Any:
        """Predict and learn the rows; this counts."""

    @abc.abstractmethod
    def close(self, batch: Batch, rows: Any, answers: Any) -> Predictions:
        """Return the answers of `step` as Predictions; what it held is given back."""

    def finish(self) -> None:  # noqa: B027
        """Give back the learner."""

    def run(self, batches: Sequence[Batch], n_labels: int) -> Run:
        """Go over all batches once with a fresh learner."""
        self.start(n_labels)
        run = Run()
        for batch in batches:
            rows = self.prepare(batch)
            start = time.process_time()
            answers = self.step(rows)
            run.seconds.append(time.process_time() - start)
            run.predictions.append(self.close(batch, rows, answers))
        self.finish()
        return run


class Arrays(Contestant):
    """`IHOMER(preset=...).predict_learn_many` of batches."""

    def __init__(self, preset: str) -> None:
        self.preset = preset

    def start(self, n_labels: int) -> None:  # noqa: ARG002
        """Make a fresh learner."""
        self.model = IHOMER(preset=self.preset)

    def prepare(self, batch: Batch) -> Batch:
        """Return the rows as this learner takes them."""
        return batch

    def step(self, rows: Batch) -> Predictions:
        """Predict and learn the rows."""
        return self.model.predict_learn_many(rows)

    def close(self, batch: Batch, rows: Batch, answers: Predictions) -> Predictions:  # noqa: ARG002
        """Return the answers as Predictions."""
        return answers


class Dicts(Contestant):
    """`IHOMER(preset=...)`: `predict_one` of a dict {int: float}, then `learn_one` of it with a set of labels."""

    short = True

    def __init__(self, preset: str) -> None:
        self.preset = preset

    def start(self, n_labels: int) -> None:  # noqa: ARG002
        """Make a fresh learner."""
        self.model = IHOMER(preset=self.preset)

    def prepare(self, batch: Batch) -> list[tuple[dict[int, float], set[int]]]:
        """Return the rows as this learner takes them."""
        return by_number(batch)

    def step(self, rows: list[tuple[dict[int, float], set[int]]]) -> list[dict[Any, bool]]:
        """Predict and learn the rows."""
        answers = []
        predict, learn = self.model.predict_one, self.model.learn_one
        for x, y in rows:
            answers.append(predict(x))
            learn(x, y)
        return answers

    def close(self, batch: Batch, rows: Any, answers: list[dict[Any, bool]]) -> Predictions:  # noqa: ARG002
        """Return the answers as Predictions."""
        return predictions_of(batch, [[label for label, holds in answer.items() if holds] for answer in answers])


class VowpalWabbit(Contestant):
    """`vowpalwabbit.Workspace("--multilabel_oaa L")`: `predict`, then `learn`, a row at a time."""

    def __init__(self, *, parsed: bool) -> None:
        self.parsed = parsed

    def start(self, n_labels: int) -> None:
        """Make a fresh learner."""
        from vowpalwabbit import Workspace

        self.vw: Any = Workspace(f"--multilabel_oaa {n_labels} -b 22 --quiet")

    def prepare(self, batch: Batch) -> list[tuple[Any, Any]]:
        """Return the rows as this learner takes them."""
        texts = [vw_text(batch, i) for i in range(len(batch))]
        return [(self.vw.parse(text),) * 2 for _, text in texts] if self.parsed else texts

    def step(self, rows: list[tuple[Any, Any]]) -> list[list[int]]:
        """Predict and learn the rows."""
        answers = []
        predict, learn = self.vw.predict, self.vw.learn
        for bare, labelled in rows:
            answers.append(predict(bare))
            learn(labelled)
        return answers

    def close(self, batch: Batch, rows: list[tuple[Any, Any]], answers: list[list[int]]) -> Predictions:
        """Return the answers as Predictions."""
        if self.parsed:
            for example, _ in rows:
                self.vw.finish_example(example)
        return predictions_of(batch, answers)

    def finish(self) -> None:
        """Give back the learner."""
        self.vw.finish()


#: By the names that tables give them.
CONTESTANTS: dict[str, Contestant] = {
    "fast, arrays": Arrays("fast"),
    "vw, parsed": VowpalWabbit(parsed=True),
    "fast, dicts": Dicts("fast"),
    "vw, text": VowpalWabbit(parsed=False),
    "balanced, arrays": Arrays("balanced"),
}


def contest(names: Sequence[str], batches: Sequence[Batch], n_labels: int, repeats: int, n_short: int) -> dict[str, Run]:
    """Run each learner `repeats` times, one after the other in turn; return the fastest run of each.

    Parameters
    ----------
    names
        Of `CONTESTANTS`.
    batches
        All rows.
    n_labels
        Labels that the data set declares.
    repeats
        How often each learner runs.
    n_short
        How many batches the slow ones go over.
    """
    best: dict[str, Run] = {}
    for name in names:
        CONTESTANTS[name].run([batches[0].slice(0, min(WARM_ROWS, len(batches[0])))], n_labels)
    for _ in range(repeats):
        for name in names:
            one = CONTESTANTS[name]
            gc.collect()
            run = one.run(batches[:n_short] if one.short else batches, n_labels)
            if name not in best or sum(run.seconds) < sum(best[name].seconds):
                best[name] = run
    return best


def by_number(batch: Batch) -> list[tuple[dict[int, float], set[int]]]:
    """Return rows as people hold them in dicts, with the numbers of features and labels for names; NaN is left out."""
    rows = []
    for i in range(len(batch)):
        span = slice(batch.indptr[i], batch.indptr[i + 1])
        pairs = zip(batch.indices[span].tolist(), batch.values[span].tolist(), strict=True)
        held = batch.label_indices[batch.label_indptr[i] : batch.label_indptr[i + 1]]
        rows.append(({j: v for j, v in pairs if not np.isnan(v)}, set(held.tolist())))
    return rows
