"""The face of a learner that stands alone as a river estimator, and serves as the learner of clusters in IHOMER."""

from __future__ import annotations

import abc
from typing import Any

import numpy as np
import numpy.typing as npt

from ihomer.blocks import blocks
from ihomer.decision import make_decision
from ihomer.door import Door
from ihomer.estimator import ArrayEstimator
from ihomer.learners.protocol import ClusterCore
from ihomer.probabilities import Scored, Whole
from ihomer.rows import Rows


class ClusterEstimator(ArrayEstimator):
    """A river estimator over one `ClusterCore` that has all labels.

    A subclass has parameters `decision` and `seed` beside its own, and implements `make_core` and `revive_core`.
    """

    decision: str | float
    seed: int

    @abc.abstractmethod
    def make_core(self, columns: npt.NDArray[np.int32], seed: int, door: Door) -> ClusterCore:
        """Return an untrained core with this estimator's parameters for the label ids `columns` of a model.

        Parameters
        ----------
        columns
            int32, ascending.
        seed
            Of this core.
        door
            The model's names.
        """

    @abc.abstractmethod
    def revive_core(self, state: dict[str, Any], door: Door) -> ClusterCore:
        """Return the core whose `state()` this is."""

    def _start(self) -> None:
        self._core: ClusterCore | None = None
        self._decision = make_decision(self.decision)

    def _train(self, rows: Rows) -> Scored:
        columns = np.arange(rows.n_labels, dtype=np.int32)
        if self._core is None:
            self._core = self.make_core(columns, self.seed, self._door)
        elif len(self._core.columns) < rows.n_labels:
            self._core.add_columns(columns[len(self._core.columns) :])
        p = np.zeros((len(rows), rows.n_labels), np.float32)
        for start, stop in blocks(self._rows_learned, len(rows)):
            self._core.test_then_train(rows.slice(start, stop), self._door.kinds(), p[start:stop])
        return Scored(Whole(p), *self._decision.block(p, rows, learn=True))

    def _predict(self, rows: Rows) -> Scored:
        p = np.zeros((len(rows), rows.n_labels), np.float32)
        if self._core is not None:
            self._core.predict(rows, self._door.kinds(), p)
        return Scored(Whole(p), *self._decision.block(p, rows, learn=False))

    def _state(self) -> dict[str, Any]:
        core = None if self._core is None else self._core.state()
        return {"core": core, "decision": self._decision.state()}

    def _restore(self, state: dict[str, Any]) -> None:
        self._decision.restore(state["decision"])
        if state["core"] is not None:
            self._core = self.revive_core(state["core"], self._door)
