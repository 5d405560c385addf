"""What a cluster can be learned by: the contract between the model and a clustered learner."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol, Self

import numpy as np
import numpy.typing as npt

from ihomer.rows import Rows
from streams.vocabulary import Vocabulary


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

    def renumber(self, becomes: npt.NDArray[np.int32], names: Vocabulary) -> None:
        """Follow labels that are numbered anew: label i is `becomes[i]` now, and `names` are all names."""

    def copy(self) -> Self:
        """Return an independent copy."""

    def state(self) -> dict[str, Any]:
        """Return everything that was learned as plain values and arrays."""

    @property
    def n_bytes(self) -> int:
        """Bytes held."""


@dataclass(frozen=True, slots=True)
class Views:
    """The features of a block of rows as the shared experts see them; labels as they are.

    Parameters
    ----------
    plain
        Scaled as `ihomer.learners.inputs` says, ids ascending.
    idf
        The same ids with each value weighted by the rarity of its feature before the row is brought to unit length: for
        sparse streams value (log((t + 2) / rows with the feature) + .1); for dense ones the same as `plain`.
    dense
        Whether the stream is dense.
    """

    plain: Rows
    idf: Rows
    dense: bool


class SharedExpert(Protocol):
    """An expert over all labels of a model: what belongs to features is held once, and a column for every label.

    n calls with one row leave the same bits as one call with n rows; without `learn` nothing changes that could be
    noticed. Of partial rows only the known labels teach; rows without labels teach nothing about labels.

    Attributes
    ----------
    n_scores : int
        How many scores it gives for each label.
    first_weights : float64 (n_scores,)
        What the stack takes the scores for before it has learned better.
    """

    n_scores: int
    first_weights: npt.NDArray[np.float64]

    def block(self, views: Views, *, learn: bool) -> npt.NDArray[np.float32]:
        """Return scores, float32 (n_scores, n, n_labels), about log-odds, of each row before it is learned.

        Scores of row i are those of the labels below limits[i + 1] (the row's own new labels included: they are learned
        with it), and 0 beyond. With `learn` the rows cross no boundary of the stream (`ihomer.blocks`).
        """

    def reopen(self, labels: npt.NDArray[np.int32] | None = None) -> None:
        """Let all labels (or these) learn as fast as at the start; nothing learned is forgotten."""

    def keep(self, positions: npt.NDArray[np.int64]) -> None:
        """Keep the labels at `positions` (ascending) and drop the others."""

    def keep_features(self, positions: npt.NDArray[np.int64]) -> None:
        """Keep the features at `positions` (ascending) and drop the others."""

    def needed(self, n_features: int, n_labels: int) -> int:
        """Return about how many bytes are held with so many features and labels.

        As `n_bytes` without room to grow: the same however the stream came in batches.
        """

    def state(self, n_features: int, n_labels: int) -> dict[str, Any]:
        """Return everything that was learned as plain values and arrays, nothing of which depends on room to grow."""

    def restore(self, state: dict[str, Any]) -> None:
        """Take over what `state` returned."""

    @property
    def n_bytes(self) -> int:
        """Bytes held, room to grow included."""
