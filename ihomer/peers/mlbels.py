"""ML-BELS: a broad ensemble learning system for multi-label streams."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from ihomer.peers.broad_mapping import BroadMapping
from ihomer.peers.inputs import Inputs, NumericInputs
from ihomer.peers.peer import Peer
from ihomer.peers.ridge_ensemble import RidgeEnsemble

if TYPE_CHECKING:
    from collections.abc import Mapping

    from streams.names import Name

Floats = npt.NDArray[np.float64]


class MLBELS(Peer):
    """A broad learning system with an ensemble of ridge regressions for every label, weighted by one for all labels.

    Bakhshi & Can, "Balancing efficiency vs. effectiveness and providing missing label robustness in multi-label stream
    classification", Knowledge-Based Systems 289, 2024 (arXiv 2310.00665). Rows are learned in chunks: predictions change
    after every `chunk` rows, and before the first chunk is full nothing is predicted. A row without any label that is
    likelier than not gets the likeliest one.

    Simplified: the ensemble for all labels, whose scores weigh those of the labels, is one ridge regression that is never
    replaced; each window keeps the range of its own projections; an ensemble's rows are called wrong by the sum of its
    learners, not by their majority. Features that arrive are added with the next chunk. A label that is unknown in a row is
    left out of its own ensemble, and absent in the one for all labels, as published.

    Parameters
    ----------
    nodes, windows, enhancements
        Nodes of a window, windows, and enhancement nodes.
    max_learners
        Ridge regressions for each label.
    shrink
        Bound of what goes into an enhancement node's tanh.
    ridge
        Regularisation.
    chunk
        Rows that are learned together.
    cardinality
        Scores are weighted if rows of the last chunk held so many labels in the mean.
    seed
        Of the random projections.

    Examples
    --------
    >>> model = MLBELS(chunk=20)
    >>> for i in range(60):
    ...     model.learn_one({"a": float(i % 2), "b": 1.0}, {"odd": i % 2 == 1, "even": i % 2 == 0})
    >>> model.predict_one({"a": 1.0, "b": 1.0})
    {'odd': True, 'even': False}
    """

    def __init__(
        self,
        nodes: int = 3,
        windows: int = 25,
        enhancements: int = 1,
        max_learners: int = 100,
        shrink: float = 0.8,
        ridge: float = 2.0**-30,
        chunk: int = 50,
        cardinality: float = 1.5,
        seed: int = 7,
    ) -> None:
        self.nodes = nodes
        self.windows = windows
        self.enhancements = enhancements
        self.max_learners = max_learners
        self.shrink = shrink
        self.ridge = ridge
        self.chunk = chunk
        self.cardinality = cardinality
        self.seed = seed
        self._mapping = BroadMapping(nodes, windows, enhancements, shrink, seed)
        self._columns: dict[Name, int] = {}
        self._waiting: list[tuple[dict[Name, Any], dict[Name, bool]]] = []
        self._ensembles: dict[Name, RidgeEnsemble] = {}
        n = self._mapping.n_nodes
        self._gram, self._cross = np.zeros((n, n)), np.zeros((n, 0))
        self._common: Floats = np.zeros((n, 0))
        self._betas = np.zeros((0, n, 2))
        self._last_cardinality = np.inf
        self._trained = False
        super().__init__()

    def _make_inputs(self) -> Inputs:
        return NumericInputs()

    def _learn(self, row: dict[Name, Any], y: Mapping[Name, bool]) -> None:
        self._waiting.append((row, dict(y)))
        if len(self._waiting) >= self.chunk:
            self._learn_chunk()
            self._waiting.clear()

    def _learn_chunk(self) -> None:
        rows = [row for row, _ in self._waiting]
        before = self._mapping.transform(self._matrix(rows)) if self._trained else None
        for row in rows:
            for name in row:
                self._columns.setdefault(name, len(self._columns))
        Z = self._mapping.learn(self._matrix(rows))
        labels = list(self._met)
        known = np.array([[label in y for label in labels] for _, y in self._waiting])
        holds = np.array([[y.get(label, False) for label in labels] for _, y in self._waiting])
        for k, label in enumerate(labels):
            ensemble = self._ensembles.get(label)
            if ensemble is None:
                ensemble = self._ensembles[label] = RidgeEnsemble(Z.shape[1], self.max_learners, self.ridge)
            told = known[:, k]
            if told.any():
                ensemble.learn(None if before is None else before[told], Z[told], holds[told, k])
        self._cross = np.pad(self._cross, ((0, 0), (0, len(labels) - self._cross.shape[1])))
        self._gram += Z.T @ Z
        self._cross += Z.T @ holds
        self._common = np.asarray(np.linalg.solve(self._gram + self.ridge * np.eye(len(self._gram)), self._cross))
        self._betas = np.stack([ensemble.beta for ensemble in self._ensembles.values()])
        self._last_cardinality = float(holds.sum() / max(known.sum(), 1) * len(labels))
        self._trained = True

    def _score(self, row: dict[Name, Any]) -> dict[Name, float]:
        if not self._trained:
            return {}
        z = self._mapping.transform(self._matrix([row]))[0]
        said = np.einsum("i,lik->lk", z, self._betas)
        if self._last_cardinality >= self.cardinality:
            weights = z @ self._common
            span = float(np.ptp(weights))
            weights = (weights - weights.min()) / span if span > 0 else np.full_like(weights, 0.5)
            said = np.abs(said) * np.column_stack((1 - weights, weights))
        with np.errstate(over="ignore"):
            p = 1 / (1 + np.exp(said[:, 0] - said[:, 1]))  # more than .5 where "present" is more than "absent"
        return dict(zip(self._ensembles, p.tolist(), strict=True))

    def _chosen(self, scores: Mapping[Name, float]) -> set[Name]:
        return super()._chosen(scores) or ({max(scores, key=scores.__getitem__)} if scores else set())

    def _matrix(self, rows: list[dict[Name, Any]]) -> Floats:
        X = np.zeros((len(rows), len(self._columns)))
        for i, row in enumerate(rows):
            for name, value in row.items():
                column = self._columns.get(name)
                if column is not None:
                    X[i, column] = value
        return X
