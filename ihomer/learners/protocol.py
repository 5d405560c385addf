"""What a cluster can be learned by: the contract between the model and a clustered learner."""

from __future__ import annotations

from typing import Any, Protocol, Self

import numpy as np
import numpy.typing as npt

from ihomer.rows import Rows


class ClusterCore(Protocol):
    """Learns and predicts the labels of one cluster, on arrays; one instance per cluster.

    n calls with one row leave the same bits as one call with n rows.

    Attributes
    ----------
    columns : int32 (m,)
        The label ids it is responsible for, ascending.
    """

    columns: npt.NDArray[np.int32]

    def test_then_train(self, rows: Rows, kinds: npt.NDArray[np.uint8], out: npt.NDArray[np.float32]) -> None:
        """Write the probability of each of its labels to `out[i, columns]` before learning row i.

        Rows of which no label is known are only predicted; labels not known in a row teach nothing; a label that is not
        in the label space when a row is predicted gets 0.

        Parameters
        ----------
        rows
            n rows.
        kinds
            uint8, at least rows.n_features: `streams.vocabulary.NUMERIC` or `INDICATOR` of every feature.
        out
            float32, (n, at least rows.n_labels).
        """

    def predict(self, rows: Rows, kinds: npt.NDArray[np.uint8], out: npt.NDArray[np.float32]) -> None:
        """Write probabilities as `test_then_train` does; nothing changes."""

    def add_columns(self, ids: npt.NDArray[np.int32]) -> None:
        """Take on more labels."""

    def keep_columns(self, ids: npt.NDArray[np.int32]) -> None:
        """Keep these of its labels and drop the rest; what it says of those kept does not change."""

    def copy(self) -> Self:
        """Return an independent copy."""

    def state(self) -> dict[str, Any]:
        """Return everything that was learned as plain values and arrays."""

    @property
    def n_bytes(self) -> int:
        """Bytes held."""
