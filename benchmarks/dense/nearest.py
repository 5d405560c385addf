"""What a library of nearest neighbours makes of dense rows: candidates for our vectors, and an answer without them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from benchmarks.dense.vectors import TOP, Ranking
from benchmarks.extreme.protocol import UnfitError

if TYPE_CHECKING:
    import numpy.typing as npt

    from ihomer.rows import Rows

    Floats = npt.NDArray[np.float32]

#: Nearest rows, and nearest prototypes, that are asked for; the rows that are remembered.
NEAR_ROWS, NEAR_LABELS, REMEMBERED = 32, 64, 50_000
#: How much more a nearer row counts: e^(so much x cosine). Of 4 to 32 the best at 20,000 labels.
_SHARPNESS = 16.0
#: As `ihomer.kernels.dense_labels_block` has it.
_NEGLIGIBLE, _FIRST_SQUARES = 0.02, 0.3


def new_index(dimensions: int) -> Any:
    """Return an empty index of nearest neighbours by cosine.

    Raises
    ------
    UnfitError
        If usearch is not installed.
    """
    try:
        from usearch.index import Index
    except ImportError as error:
        raise UnfitError("usearch is not installed") from error
    return Index(ndim=dimensions, metric="cos", dtype="f32")


class NearestRows(Ranking):
    """Labels of the nearest of the last rows, each counted by e^(16 cosine)."""

    def __init__(self) -> None:
        super().__init__()
        new_index(1)  # whether there is one
        self._index: Any = None
        self._labels: list[npt.NDArray[np.int32]] = []
        self._n_remembered = 0

    def rank(self, rows: Rows) -> tuple[npt.NDArray[np.int32], Floats]:
        """See `Ranking`."""
        d = rows.n_features
        top, scores = np.full((len(rows), TOP), -1, np.int32), np.zeros((len(rows), TOP), np.float32)
        for i in range(len(rows)):
            x = np.zeros(d, np.float32)
            x[rows.indices[rows.indptr[i] : rows.indptr[i + 1]]] = rows.values[rows.indptr[i] : rows.indptr[i + 1]]
            held = rows.label_indices[rows.label_indptr[i] : rows.label_indptr[i + 1]]
            labels, found = self.judge(x)
            order = np.argsort(-found, kind="stable")[:TOP]
            top[i, : len(order)], scores[i, : len(order)] = labels[order], found[order]
            self.learn(x, held)
        return top, scores

    def votes(self, x: Floats) -> tuple[npt.NDArray[np.int32], Floats]:
        """Return the labels of the nearest rows, and what each of them is counted as."""
        if self._index is None:
            self._index = new_index(len(x))
        if not len(self._index) or not x.any():
            return np.zeros(0, np.int32), np.zeros(0, np.float32)
        found = self._index.search(x, NEAR_ROWS, threads=1)
        sets = [self._labels[key % REMEMBERED] for key in found.keys.tolist()]
        weight = np.exp(_SHARPNESS * (1 - found.distances))
        labels, at = np.unique(np.concatenate(sets), return_inverse=True)
        return labels, np.bincount(at, np.repeat(weight, [len(y) for y in sets]), len(labels)).astype(np.float32)

    def judge(self, x: Floats) -> tuple[npt.NDArray[np.int32], Floats]:
        """Return labels and their scores."""
        return self.votes(x)

    def learn(self, x: Floats, held: npt.NDArray[np.int32]) -> None:
        """Remember a row in place of the oldest."""
        n = self._n_remembered
        if n < REMEMBERED:
            self._labels.append(held)
        else:
            self._index.remove(n - REMEMBERED)
            self._labels[n % REMEMBERED] = held
        self._index.add(n, x, threads=1)
        self._n_remembered = n + 1


class NearestLabels(NearestRows):
    """Labels of the nearest rows and those with the nearest prototypes, scored by vectors that learn as ours do.

    The prototype of a label is the sum of the rows with it; the index is told of it after 1, 2, 4, ... of them.
    """

    def __init__(self) -> None:
        super().__init__()
        self._prototypes: Any = None
        self._sums = self._vectors = np.zeros((0, 0), np.float32)
        #: Bias, sum of squares, rows with the label.
        self._traits = np.zeros((0, 3), np.float32)
        self._shared, self._squares = np.array([8.0, 1.0, 0.0]), np.ones(3)
        self._learned = 0

    def judge(self, x: Floats) -> tuple[npt.NDArray[np.int32], Floats]:
        """Score the candidates; keep them for learning."""
        if self._prototypes is None:
            self._prototypes = new_index(len(x))
        labels, _ = self.votes(x)
        if len(self._prototypes) and x.any():
            labels = np.union1d(labels, self._prototypes.search(x, NEAR_LABELS, threads=1).keys.astype(np.int32))
        self._asked = labels
        return labels, self._scores(x, labels)[0]

    def _scores(self, x: Floats, labels: npt.NDArray[np.int32]) -> tuple[Floats, Floats]:
        if not len(labels):
            return np.zeros(0, np.float32), np.zeros((0, 3), np.float32)
        bias, _, held = self._traits[labels].T
        prior = np.log((held + 0.5) / (self._learned + 1))
        evidence = np.stack([self._vectors[labels] @ x, prior, np.ones(len(labels))], axis=1)
        return (bias + evidence @ self._shared).astype(np.float32), evidence

    def learn(self, x: Floats, held: npt.NDArray[np.int32]) -> None:
        """Step the vectors of candidates and labels that hold, as far as they are wrong."""
        self._make_room(int(held.max(initial=-1)) + 1, len(x))
        labels = np.concatenate([self._asked, np.setdiff1d(held, self._asked)]).astype(np.int32)
        scores, evidence = self._scores(x, labels)
        error = np.isin(labels, held) - 1 / (1 + np.exp(-scores.clip(-15, 15)))
        error[np.abs(error) < _NEGLIGIBLE] = 0
        gradient = error[: len(self._asked)] @ evidence[: len(self._asked)]
        self._squares += gradient**2
        self._shared += 0.15 * gradient / np.sqrt(self._squares)
        wrong = np.flatnonzero(error)
        labels, error = labels[wrong], error[wrong]
        self._traits[labels, 1] += error**2
        step = error / np.sqrt(self._traits[labels, 1])
        self._traits[labels, 0] += 0.5 * step
        self._vectors[labels] += step[:, None] * x
        self._traits[held, 2] += 1
        self._sums[held] += x
        for k in held.tolist():
            n = int(self._traits[k, 2])
            if n & (n - 1) == 0 and x.any():
                if k in self._prototypes:
                    self._prototypes.remove(k)
                self._prototypes.add(k, self._sums[k], threads=1)
        self._learned += 1
        super().learn(x, held)

    def _make_room(self, n: int, d: int) -> None:
        before = len(self._traits)
        if n > before:
            room = n + n // 4
            for name in ("_sums", "_vectors"):
                longer = np.zeros((room, d), np.float32)
                longer[:before] = getattr(self, name)[:, :d] if before else 0
                setattr(self, name, longer)
            self._traits = np.vstack([self._traits, np.tile(np.array([0, _FIRST_SQUARES, 0], np.float32), (room - before, 1))])
