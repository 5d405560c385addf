"""Concepts of two classes from which rows of a wanted class are drawn."""

from __future__ import annotations

from typing import Protocol

import numpy as np

from streams.synthetic.generator import Matrix


class Binary(Protocol):
    """A concept of two classes."""

    def draw(self, random: np.random.Generator, n: int, *, positive: bool) -> Matrix:
        """Return n rows of one class, float32 (n, features)."""


class BinaryTree:
    """Features uniform in [0, 1), the class told by the leaf of a random tree (Domingos & Hulten, KDD 2000).

    Parameters
    ----------
    random
        Decides the concept.
    features
        How many.
    depth
        Splits above each leaf.

    Examples
    --------
    >>> tree = BinaryTree(np.random.default_rng(1), 3, 2)
    >>> tree.draw(np.random.default_rng(2), 4, positive=True).shape
    (4, 3)
    """

    def __init__(self, random: np.random.Generator, features: int, depth: int) -> None:
        low, high = np.zeros((1, features)), np.ones((1, features))
        for _ in range(depth):
            rows, feature = np.arange(len(low)), random.integers(features, size=len(low))
            share = random.uniform(0.3, 0.7, len(low))
            at = low[rows, feature] + share * (high[rows, feature] - low[rows, feature])
            left, right = high.copy(), low.copy()
            left[rows, feature] = right[rows, feature] = at
            low, high = np.concatenate([low, right]), np.concatenate([left, high])
        self._low, self._high = low, high
        # Half of the leaves of each class, whichever they are: neither class is empty.
        self._positive = random.permutation(len(low)) < len(low) // 2
        self._volume = np.prod(high - low, axis=1)

    def draw(self, random: np.random.Generator, n: int, *, positive: bool) -> Matrix:
        """Return n rows of one class."""
        chance = np.where(self._positive == positive, self._volume, 0.0)
        leaf = random.choice(len(chance), size=n, p=chance / chance.sum())
        share = random.random((n, self._low.shape[1]))
        x: Matrix = (self._low[leaf] + share * (self._high[leaf] - self._low[leaf])).astype(np.float32)
        return x


class BinaryRBF:
    """Rows scattered around random centres, each of one class (after MOA's radial basis function generator).

    Parameters
    ----------
    random
        Decides the concept.
    features
        How many.
    centres
        How many, half of them of each class.
    radius
        Standard deviation of each feature around its centre.

    Examples
    --------
    >>> rbf = BinaryRBF(np.random.default_rng(1), 3, 4, 0.1)
    >>> rbf.draw(np.random.default_rng(2), 4, positive=False).shape
    (4, 3)
    """

    def __init__(self, random: np.random.Generator, features: int, centres: int, radius: float) -> None:
        self._centres = random.random((2, centres // 2, features), np.float32)
        self._radius = np.float32(radius)

    def draw(self, random: np.random.Generator, n: int, *, positive: bool) -> Matrix:
        """Return n rows of one class."""
        own = self._centres[int(positive)]
        centre = random.integers(len(own), size=n)
        x: Matrix = own[centre] + self._radius * random.standard_normal((n, own.shape[1]), np.float32)
        return x


class BinaryHyperplane:
    """Features uniform in [0, 1), the class told by the side of a hyperplane through the middle of the cube.

    After Hulten, Spencer & Domingos (KDD 2001).

    Parameters
    ----------
    random
        Decides the concept.
    features
        How many.

    Examples
    --------
    >>> plane = BinaryHyperplane(np.random.default_rng(1), 3)
    >>> plane.draw(np.random.default_rng(2), 4, positive=True).shape
    (4, 3)
    """

    def __init__(self, random: np.random.Generator, features: int) -> None:
        self._normal = random.standard_normal(features, np.float32)

    def draw(self, random: np.random.Generator, n: int, *, positive: bool) -> Matrix:
        """Return n rows of one class."""
        x = random.random((n, len(self._normal)), np.float32)
        above = np.einsum("nf,f->n", x - np.float32(0.5), self._normal) > 0
        # The cube lies the same on both sides: what is on the wrong one is turned about the middle.
        return np.where((above == positive)[:, None], x, np.float32(1) - x)
