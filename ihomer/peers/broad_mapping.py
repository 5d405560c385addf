"""The features of a broad learning system: sparse random windows and enhancement nodes, kept up to date by chunks."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]

#: Shrinkage and steps of the sparse autoencoder that makes a window.
_SHRINKAGE, _STEPS = 1e-5, 2
#: Value of the constant that stands beside the inputs.
_CONSTANT = 0.1


class BroadMapping:
    """Maps rows to `n_nodes` features by what the chunks so far were like.

    Chen & Liu, "Broad learning system", TNNLS 29, 2018, with the online update of Bakhshi, Ghahramanian, Bonab & Can, "A broad
    ensemble learning system for drifting stream classification", IEEE Access 11, 2023. A row is standardised over its own
    features; each window is a sparse autoencoder of a random projection, solved from sums over all chunks, and scaled to
    0..1 by its range so far.

    Parameters
    ----------
    nodes, windows, enhancements
        Nodes of a window, windows, and enhancement nodes.
    shrink
        Bound of what goes into an enhancement node's tanh.
    seed
        Of the random projections.
    """

    def __init__(self, nodes: int, windows: int, enhancements: int, shrink: float, seed: int) -> None:
        self._shape = windows, nodes
        self._shrink = shrink
        self._rng = np.random.default_rng(seed)
        self._weights = self._make_weights(1)  # the constant's stand first, so that features can be added
        self._gram, self._cross = np.zeros((windows, nodes, nodes)), np.zeros((windows, 1, nodes))
        self._beta = np.zeros((windows, 1, nodes))
        self._inner = np.full((2, windows, 1, nodes), [[[[np.inf]]], [[[-np.inf]]]])  # range of the projections
        self._outer = np.zeros((2, windows, 1, nodes))  # range of the windows
        random = self._rng.standard_normal((windows * nodes + 1, enhancements))
        self._enhance = np.linalg.qr(random)[0] if enhancements <= windows * nodes else random
        self._scale = 0.0

    @property
    def n_nodes(self) -> int:
        """Features that come out."""
        return self._shape[0] * self._shape[1] + int(self._enhance.shape[1])

    def learn(self, X: Floats) -> Floats:
        """Take in a chunk of rows (n, features so far); return them mapped (n, n_nodes)."""
        self._grow(X.shape[1] + 1)
        H = _with_constant(X)
        A = H @ self._weights
        self._inner[0] = np.minimum(self._inner[0], A.min(1, keepdims=True))
        self._inner[1] = np.maximum(self._inner[1], A.max(1, keepdims=True))
        A = 2 * (A - self._inner[0]) / _span(self._inner) - 1
        self._gram += A.transpose(0, 2, 1) @ A
        self._cross += H.T @ A
        self._beta = self._autoencoder()
        T = H @ self._beta
        self._outer[0] = np.minimum(self._outer[0], T.min(1, keepdims=True))
        self._outer[1] = np.maximum(self._outer[1], T.max(1, keepdims=True))
        windows = self._windows(H)
        self._scale = self._shrink / max(float(windows.max()), 1e-12)
        return self._enhanced(windows)

    def transform(self, X: Floats) -> Floats:
        """Return rows (n, features of the chunks so far) mapped."""
        return self._enhanced(self._windows(_with_constant(X)))

    def _windows(self, H: Floats) -> Floats:
        T = (H @ self._beta - self._outer[0]) / _span(self._outer)
        return np.asarray(T.transpose(1, 0, 2).reshape(len(H), -1))

    def _enhanced(self, windows: Floats) -> Floats:
        H = np.hstack((windows, np.full((len(windows), 1), _CONSTANT)))
        return np.hstack((windows, np.tanh(H @ self._enhance * self._scale)))

    def _autoencoder(self) -> Floats:
        """Return by ADMM the sparse map from the inputs to each window (windows, inputs, nodes)."""
        inverse = np.linalg.inv(self._gram + np.eye(self._shape[1]))
        start = self._cross @ inverse
        sparse = dual = np.zeros_like(start)
        for _ in range(_STEPS):
            dense = start + (sparse - dual) @ inverse
            shifted = dense + dual
            sparse = np.sign(shifted) * np.maximum(np.abs(shifted) - _SHRINKAGE, 0.0)
            dual = dual + dense - sparse
        return np.asarray(sparse, np.float64)

    def _make_weights(self, n: int) -> Floats:
        windows, nodes = self._shape
        random: Floats = 2 * self._rng.standard_normal((n, windows, nodes)).transpose(1, 0, 2) - 1
        return random

    def _grow(self, n: int) -> None:
        more = n - self._weights.shape[1]
        if more > 0:
            self._weights = np.concatenate((self._weights, self._make_weights(more)), 1)
            self._cross = np.pad(self._cross, ((0, 0), (0, more), (0, 0)))


def _with_constant(X: Floats) -> Floats:
    """Return each row standardised over its own features, behind a constant."""
    deviation = X.std(1, keepdims=True)
    scaled = (X - X.mean(1, keepdims=True)) / np.where(deviation > 0, deviation, 1.0)
    return np.hstack((np.full((len(X), 1), _CONSTANT), scaled))


def _span(bounds: Floats) -> Floats:
    """Return the length of ranges, 1 for those that have none."""
    span: Floats = bounds[1] - bounds[0]
    return np.where(span > 0, span, 1.0)
