"""The linear learner of one cluster of labels."""

from __future__ import annotations

import copy
from typing import Any

import numpy as np
import numpy.typing as npt

from ihomer.learners.composition import LINEAR
from ihomer.learners.mixture import Mixture
from ihomer.rows import Rows
from streams.vocabulary import Vocabulary


class LinearCore:
    """AROW with its calibration for the labels of one cluster (see `ihomer.learners.protocol.ClusterCore`).

    Parameters
    ----------
    columns
        int32, ascending.
    """

    def __init__(self, columns: npt.NDArray[np.int32]) -> None:
        self.columns = columns
        self.mixture = Mixture(LINEAR)

    def test_then_train(self, rows: Rows, kinds: npt.NDArray[np.uint8], out: npt.NDArray[np.float32]) -> None:  # noqa: ARG002
        """Write the probabilities of its labels, then learn, row by row."""
        mine = rows.of_labels(self.columns)
        out[:, self.columns[: mine.n_labels]] = self.mixture.block(mine, learn=True)

    def predict(self, rows: Rows, kinds: npt.NDArray[np.uint8], out: npt.NDArray[np.float32]) -> None:  # noqa: ARG002
        """Write the probabilities of its labels."""
        mine = rows.of_labels(self.columns)
        out[:, self.columns[: mine.n_labels]] = self.mixture.block(mine, learn=False)

    def add_columns(self, ids: npt.NDArray[np.int32]) -> None:
        """Take on more labels."""
        self.columns = np.concatenate((self.columns, ids))

    def keep_columns(self, ids: npt.NDArray[np.int32]) -> None:
        """Keep these labels and drop the rest."""
        self.mixture.keep(np.searchsorted(self.columns, ids))
        self.columns = ids.copy()

    def renumber(self, becomes: npt.NDArray[np.int32], names: Vocabulary) -> None:  # noqa: ARG002
        """Follow labels that are numbered anew."""
        self.columns = becomes[self.columns]

    def keep_features(self, positions: npt.NDArray[np.int64]) -> None:
        """Keep the features at `positions` (ascending) and drop the others."""
        self.mixture.keep_features(positions)

    def needed(self, n_features: int) -> int:
        """Return the bytes that so many features take."""
        return self.mixture.needed(n_features, len(self.columns))

    def copy(self) -> LinearCore:
        """Return an independent copy."""
        return copy.deepcopy(self)

    @property
    def n_bytes(self) -> int:
        """Bytes held."""
        return self.columns.nbytes + self.mixture.n_bytes

    def state(self) -> dict[str, Any]:
        """Return everything that was learned as plain values and arrays."""
        return {"columns": self.columns.copy(), "mixture": self.mixture.state()}

    @classmethod
    def from_state(cls, state: dict[str, Any]) -> LinearCore:
        """Return the core that `state` was taken from."""
        core = cls(state["columns"])
        core.mixture.restore(state["mixture"])
        return core
