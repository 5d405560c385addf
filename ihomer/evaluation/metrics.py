"""Multi-label metrics over a stream of rows, and the conventions they follow."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np
import numpy.typing as npt

from ihomer.checkpoint.vocabulary import vocabulary_from_state, vocabulary_state
from ihomer.evaluation import measures
from ihomer.evaluation.labels import Renaming, vocabulary_of
from ihomer.evaluation.retired import RetiredLabels
from ihomer.evaluation.tallies import Cumulative, Faded, Observer, Scored, Tally, Windowed, taller
from ihomer.kernels import metrics as kernels
from streams.batch import UNLABELLED, Batch
from streams.vocabulary import Vocabulary

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ihomer.predictions import Predictions
    from streams.names import Name

T = TypeVar("T", bound=np.generic)


class Metrics:
    """Metrics over rows of predicted label sets and rankings, in O(labels touched) per row.

    *Conventions.* Every row counts, the first too; a label that was not known yet when the row was predicted
    counts as predicted absent. The labels of the evaluation are those that the stream declares and those met
    by now (true, or known to be absent, in some row): macro averages are means over them, 0 for a label where
    the value is undefined (as `zero_division=0` in scikit-learn), and the Hamming loss is over the same labels,
    so a row from before a label was met counts it as a correct absence. Micro averages are 0 where undefined.
    Example-based values of a row are `empty_score` if both sets are empty, 0 if only one is. P@k is the number
    of true labels among the best k, divided by k whatever the size of the set: a row without labels counts 0;
    ties are the ranking's, by smaller id. nDCG@k weighs the places and divides by the best that the row allows, 0
    for a row without labels. Propensity-scored P@k and nDCG@k (Jain, Prabhu & Varma, KDD 2016) count a hit the more
    the fewer of the rows before held the label: 1 + C (n + B)^-A with A = .55, B = 1.5, C = (ln N - 1) (B + 1)^A, at
    least 0, over N rows before, n of them with the label; they are the sum over the rows of what was hit over the sum
    of the best that could be. Predicted labels that are not of the evaluation count as false
    positives wherever no sum over its labels is taken: micro and example-based averages, subset accuracy.
    Cells whose truth is not known (in PARTIAL rows) are left out of sets and rankings; UNLABELLED rows are not
    scored.

    The values do not depend on how the rows are cut into batches.

    Parameters
    ----------
    labels
        The labels that the stream declares, if it does. A range takes no memory, however many they are; a
        Vocabulary is kept as it is and must not change.
    window
        Rows of the windowed form: the last so many scored rows, exactly. None: no such form.
    fading
        Factor of the faded form, in (0, 1): what a row counts less with each row after it. None: no such form.
    empty_score
        Example-based score of an empty prediction for an empty set: 1 as in MULAN, MEKA and MLHAT's published
        results, 0 as in river's metrics.
    observers
        What else is to see the scored rows, such as `Strata` and `Confidence`. Each belongs to one evaluation.

    Raises
    ------
    ValueError
        If a parameter is out of its range.

    Examples
    --------
    >>> import numpy as np
    >>> from ihomer.predictions import Predictions
    >>> from streams import Batch
    >>> batch = Batch.from_pairs([({}, {"red", "round"}), ({}, {"round"})])
    >>> predictions = Predictions(
    ...     labels=batch.labels,
    ...     indptr=np.array([0, 1, 2]),
    ...     indices=np.array([1, 1], np.int32),
    ...     top_ids=np.array([[1], [1]], np.int32),
    ...     top_scores=np.array([[0.9], [0.8]], np.float32),
    ... )
    >>> metrics = Metrics()
    >>> metrics.update(batch, predictions)
    >>> values = metrics.cumulative()
    >>> {name: round(values[name], 3) for name in ("micro_f1", "macro_f1", "example_f1", "hamming_loss", "p_at_1")}
    {'micro_f1': 0.8, 'macro_f1': 0.5, 'example_f1': 0.833, 'hamming_loss': 0.25, 'p_at_1': 1.0}
    """

    def __init__(
        self,
        labels: Iterable[Name] | Vocabulary | None = None,
        *,
        window: int | None = None,
        fading: float | None = None,
        empty_score: float = 1.0,
        observers: Iterable[Observer] = (),
    ) -> None:
        if window is not None and window < 1:
            raise ValueError(f"window must be at least 1 row, found {window}")
        if fading is not None and not 0 < fading < 1:
            raise ValueError(f"fading must be between 0 and 1, both excluded, found {fading}")
        if empty_score not in (0, 1):
            raise ValueError(f"empty_score must be 0 or 1, found {empty_score}")
        self.empty_score = float(empty_score)
        self._declared = labels if isinstance(labels, Vocabulary) else vocabulary_of(() if labels is None else labels)
        #: All labels that were met or predicted.
        self.vocabulary = Vocabulary()
        #: Rows so far, and those of them that could not be scored.
        self.rows = self.unlabelled_rows = 0
        self._retired = RetiredLabels()
        self._met = np.zeros(0, np.uint8)
        self._entered = self._entered_declared = 0  # labels of the vocabulary that room was made for
        self._marks = np.zeros(0, np.int64)
        self._held = np.zeros(0, np.int64)
        self._truth, self._predicted = Renaming(self.vocabulary), Renaming(self.vocabulary)
        self._cumulative = Cumulative()
        self._windowed = None if window is None else Windowed(window)
        self._faded = None if fading is None else Faded(fading)
        self._observers = tuple(observers)
        self._grow()

    def update(self, batch: Batch, predictions: Predictions) -> None:
        """Score the predictions for the rows of `batch`.

        Raises
        ------
        ValueError
            If the numbers of rows differ.
        """
        n = len(batch)
        if len(predictions) != n:
            raise ValueError(f"{len(predictions)} predictions for {n} rows")
        true_ids = self._truth(batch.labels, batch.label_indices)
        known_indptr, known_ids = batch.known_indptr, batch.known_indices
        if known_indptr is None or known_ids is None:
            known_indptr, known_ids = np.zeros(n + 1, np.int64), np.empty(0, np.int32)
        known_ids = self._truth(batch.labels, known_ids)
        predicted_ids = self._predicted(predictions.labels, predictions.indices)
        top_ids = self._predicted(predictions.labels, predictions.top_ids)
        self._grow()
        codes = np.empty(len(true_ids) + len(predicted_ids), np.int32)
        code_indptr = np.empty(n + 1, np.int64)
        shares = np.empty((n, kernels.N_SHARES))
        known_indptr, status = _own(known_indptr), _own(batch.status)
        rows = kernels.score_rows(
            _own(batch.label_indptr), true_ids, known_indptr, known_ids, status,
            _own(predictions.indptr), predicted_ids, top_ids,
            self.empty_score, 2 * self.rows + 1, self.scored_rows, self._held, self._marks, self._met,
            codes, code_indptr, shares,
        )  # fmt: skip
        scored = Scored(
            int(rows), code_indptr, codes, shares,
            status, known_indptr, known_ids, top_ids, _own(predictions.top_scores),
        )  # fmt: skip
        for tally in self._tallies():
            tally.add(scored)
        for observer in self._observers:
            observer.add(scored)
        self.rows += n
        self.unlabelled_rows += int(np.count_nonzero(batch.status == UNLABELLED))

    def cumulative(self) -> dict[str, float]:
        """Return all metrics over all rows; NaN as long as none was scored."""
        return self._values(self._cumulative)

    def windowed(self) -> dict[str, float]:
        """Return all metrics over the last `window` scored rows."""
        if self._windowed is None:
            raise ValueError("there is no window: give Metrics(window=...)")
        return self._values(self._windowed)

    def faded(self) -> dict[str, float]:
        """Return all metrics over all rows with the past fading."""
        if self._faded is None:
            raise ValueError("nothing is faded: give Metrics(fading=...)")
        return self._values(self._faded)

    def micro_f1(self) -> float:
        """Return cumulative micro-F1 alone, in O(1)."""
        return measures.micro_f1(self._cumulative.sums)

    def by_label(self) -> tuple[list[Name], npt.NDArray[np.int64]]:
        """Return the labels that were met, and their counts over all rows; labels that were retired are not among them.

        Returns
        -------
        names, counts
            Counts are int64 (labels, 3): rows in which each was predicted and true, predicted only, true only.
        """
        n = len(self.vocabulary)
        ids = np.flatnonzero(self._met[:n] > 0)
        return [self.vocabulary.name(i) for i in ids.tolist()], self._cumulative.counts[ids]

    @property
    def scored_rows(self) -> int:
        """Rows that were scored."""
        return self._cumulative.rows

    @property
    def n_labels(self) -> int:
        """Labels of the evaluation: declared or met."""
        return len(self._declared) + int(np.count_nonzero(self._met)) - self._entered_declared + self._retired.labels

    @property
    def unknown_cells(self) -> int:
        """Cells (row, label) that were left out because their truth is not known."""
        return round(measures.unknown_cells(self._cumulative.sums, self.n_labels))

    def retire(self, most: int) -> None:
        """If more than `most` labels are held, close the counts of those that were true, or known, the longest ago.

        About half of `most` stay, and those in the window. The counts of the others still are in all averages, but a
        label that comes back after that begins anew, as another label. So what is held is bounded however many labels
        come and go. To be called at fixed rows: then values do not depend on how rows are cut into batches.

        Raises
        ------
        ValueError
            If labels were declared, values fade, or there are observers: none of them can lose labels.
        """
        if len(self._declared) or self._faded is not None or self._observers:
            raise ValueError("labels cannot be retired: some were declared, values fade, or observers count them")
        n = len(self.vocabulary)
        if n <= most:
            return
        # Labels with one mark stay or go together: what else tells them apart, ids, follows the cuts of the batches.
        at = n - max(most // 2, 1)
        bound = np.partition(self._marks[:n], at)[at]
        stays = self._marks[:n] > bound
        if self._windowed is not None:
            stays |= self._windowed.counts[:n].any(axis=1)
        self._retired.add(self._cumulative.counts[:n][~stays & (self._met[:n] > 0)])
        positions = np.flatnonzero(stays)
        for tally in self._tallies():
            tally.keep(positions)
        self._met, self._marks, self._held = self._met[positions], self._marks[positions], self._held[positions]
        self._enter(Vocabulary([self.vocabulary.name(i) for i in positions.tolist()]))

    def state(self) -> dict[str, Any]:
        """Return all that was counted as plain values and arrays; the parameters are not in it."""
        n = len(self.vocabulary)
        return {
            "vocabulary": vocabulary_state(self.vocabulary),
            "rows": self.rows,
            "unlabelled_rows": self.unlabelled_rows,
            "met": self._met[:n].copy(),
            "marks": self._marks[:n].copy(),
            "held": self._held[:n].copy(),
            "retired": self._retired.state(),
            "tallies": [tally.state(n) for tally in self._tallies()],
        }

    def restore(self, state: dict[str, Any]) -> None:
        """Become, to the bit, what `state` was taken from, which had the same parameters.

        Raises
        ------
        ValueError
            If it had other forms, or another window.
        """
        if len(state["tallies"]) != len(self._tallies()):
            raise ValueError(f"the state has {len(state['tallies'])} forms of the metrics, expected {len(self._tallies())}")
        for tally, saved in zip(self._tallies(), state["tallies"], strict=True):
            tally.restore(saved)
        self.rows, self.unlabelled_rows = state["rows"], state["unlabelled_rows"]
        self._met, self._marks, self._held = state["met"].copy(), state["marks"].copy(), state["held"].copy()
        self._retired.restore(state["retired"])
        self._enter(vocabulary_from_state(state["vocabulary"]))

    def _enter(self, vocabulary: Vocabulary) -> None:
        """Let `vocabulary` be that of the arrays."""
        self.vocabulary = vocabulary
        self._truth, self._predicted = Renaming(vocabulary), Renaming(vocabulary)
        self._entered = self._entered_declared = 0
        self._grow()

    def _tallies(self) -> list[Tally]:
        return [tally for tally in (self._cumulative, self._windowed, self._faded) if tally is not None]

    def _values(self, tally: Tally) -> dict[str, float]:
        counts, sums, rows = tally.totals()
        n = len(self.vocabulary)
        values = measures.measures(counts[:n][self._met[:n] > 0], sums, rows, self.n_labels)
        if tally is not self._cumulative:
            return values
        cells = rows * self.n_labels - measures.unknown_cells(sums, self.n_labels)
        return self._retired.added_to(values, self.n_labels, cells)

    def _grow(self) -> None:
        n = len(self.vocabulary)
        self._met, self._marks, self._held = taller(self._met, n), taller(self._marks, n), taller(self._held, n)
        for i in range(self._entered, n):
            if self.vocabulary.name(i) in self._declared:
                self._met[i] = 1
                self._entered_declared += 1
        self._entered = n
        for growing in (*self._tallies(), *self._observers):
            growing.grow(n)


def _own(array: npt.NDArray[T]) -> npt.NDArray[T]:
    """Return `array` as the kernels want it: contiguous and writeable, which is one signature."""
    return array if array.flags.c_contiguous and array.flags.writeable else array.copy()
