"""Nearest neighbours by binary relevance: one search for all labels."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ihomer.peers.inputs import Inputs, NumericInputs
from ihomer.peers.peer import Peer

if TYPE_CHECKING:
    from collections.abc import Mapping

    from streams.names import Name


class NearestNeighbours(Peer):
    """The labels that the nearest of the last rows vote for, by inverse distance; features as they are.

    What `river.neighbors.KNNClassifier` would say label by label, where every row is known in all labels: neighbours are
    the same for all of them, so they are searched once. A neighbour that knows nothing of a label has no vote on it. Aha,
    Kibler & Albert, "Instance-based learning algorithms", Machine Learning 6, 1991.

    Parameters
    ----------
    n_neighbors
        How many vote.
    window_size
        How many rows are kept.

    Examples
    --------
    >>> model = NearestNeighbours(n_neighbors=3)
    >>> for i in range(10):
    ...     model.learn_one({"a": float(i)}, {"large": i > 5})
    >>> model.predict_one({"a": 7.2}), model.predict_one({"a": 1.7})
    ({'large': True}, {'large': False})
    """

    def __init__(self, n_neighbors: int = 5, window_size: int = 200) -> None:
        from river import neighbors
        from river.utils.vectordict import euclidean_distance_tuple  # the one for which the search has a fast way

        self.n_neighbors = n_neighbors
        self.window_size = window_size
        self._engine = neighbors.LazySearch(window_size, dist_func=euclidean_distance_tuple)  # type: ignore[arg-type]
        super().__init__()

    def _make_inputs(self) -> Inputs:
        return NumericInputs()

    def _learn(self, row: dict[Name, Any], y: Mapping[Name, bool]) -> None:
        self._engine.append((row, dict(y)))

    def _score(self, row: dict[Name, Any]) -> dict[Name, float]:
        found, distances = self._engine.search((row, None), n_neighbors=self.n_neighbors)
        for_it, in_all = dict.fromkeys(self._met, 0.0), dict.fromkeys(self._met, 0.0)
        # One that is the same decides alone; of several the first.
        voters = [(1.0, found[0])] if distances and distances[0] == 0 else [
            (1.0 / d, neighbour) for d, neighbour in zip(distances, found, strict=True)
        ]  # fmt: skip
        for weight, (_, y) in voters:
            for label, holds in y.items():
                in_all[label] += weight
                for_it[label] += weight * holds
        return {label: for_it[label] / votes if votes else 0.0 for label, votes in in_all.items()}
