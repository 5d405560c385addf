"""Label sets with given frequencies of labels and of pairs of them."""

from __future__ import annotations

from statistics import NormalDist

import numpy as np
import numpy.typing as npt

from streams.synthetic.generator import Truth

Numbers = npt.NDArray[np.float64]

#: How far a dependent pair lies from independence towards never, or always, occurring together.
_STRENGTH = 0.8
#: No label holds in more rows than this, nor is drawn rarer than this share of the most frequent.
_MOST, _RAREST = 0.95, 0.1
_NORMAL = NormalDist()


def priors(random: np.random.Generator, labels: int, cardinality: float) -> Numbers:
    """Return the probability of each label, random, with the sum `cardinality` (at most .95 each).

    Examples
    --------
    >>> p = priors(np.random.default_rng(1), 8, 1.5)
    >>> bool(abs(p.sum() - 1.5) < 1e-9), bool(p.max() <= 0.95)
    (True, True)
    """
    weight = random.uniform(_RAREST, 1.0, labels)
    low, high = 0.0, labels / _RAREST
    for _ in range(64):  # halved until the factor is exact to the last bit
        factor = (low + high) / 2
        low, high = (factor, high) if np.minimum(_MOST, factor * weight).sum() < cardinality else (low, factor)
    p: Numbers = np.minimum(_MOST, high * weight)
    return p


def dependencies(random: np.random.Generator, labels: int, share: float) -> npt.NDArray[np.int8]:
    """Return for each pair of labels, int8 (labels, labels) and symmetric, whether they attract (1) or avoid (-1) each other.

    Examples
    --------
    >>> signs = dependencies(np.random.default_rng(1), 20, 0.25)
    >>> bool((signs == signs.T).all()), int(np.count_nonzero(signs)), 20 * 19 // 4
    (True, 106, 95)
    """
    signs = random.choice(np.array([-1, 1], np.int8), (labels, labels))
    signs[random.random((labels, labels)) >= share] = 0
    upper: npt.NDArray[np.int8] = np.triu(signs, 1)
    return upper + upper.T


def conditionals(p: Numbers, signs: npt.NDArray[np.int8]) -> Numbers:
    """Return the matrix of Read et al.: P(j | k) at row j and column k, the priors on the diagonal.

    A pair that attracts lies .8 of the way from independence to the most that its priors allow, min(P(j), P(k)); one
    that avoids .8 of the way to the least, max(0, P(j) + P(k) - 1).
    """
    apart = np.outer(p, p)
    most, least = np.minimum.outer(p, p), np.maximum(0.0, np.add.outer(p, p) - 1)
    pairs = apart + _STRENGTH * np.where(signs > 0, most - apart, np.where(signs < 0, least - apart, 0.0))
    theta: Numbers = pairs / p
    np.fill_diagonal(theta, p)
    return theta


class DependentSets:
    """Draws label sets whose labels have the priors of `theta` exactly, and its conditionals as far as they agree.

    A label holds where its own standard normal number is low; the correlations of these numbers are those that give
    each pair its conditional (the tetrachoric correlation), moved to the next matrix that is one. The chain of
    products by which Read et al. draw keeps neither priors nor conditionals.

    Parameters
    ----------
    theta
        As of `conditionals`, shape (labels, labels).

    Examples
    --------
    >>> p = np.array([0.3, 0.2, 0.5])
    >>> signs = np.array([[0, 1, 0], [1, 0, 0], [0, 0, 0]], np.int8)
    >>> y = DependentSets(conditionals(p, signs)).draw(np.random.default_rng(0), 50_000)
    >>> y.mean(axis=0).round(2).tolist(), round(float((y[:, 0] & y[:, 1]).mean()), 2), round(0.06 + 0.8 * (0.2 - 0.06), 2)
    ([0.3, 0.2, 0.5], 0.17, 0.17)
    """

    def __init__(self, theta: Numbers) -> None:
        p = np.diag(theta)
        self._threshold = np.array([_NORMAL.inv_cdf(q) for q in p.tolist()])
        correlation = np.eye(len(p))
        for j, k in np.argwhere(np.triu(theta * p != np.outer(p, p), 1)).tolist():
            correlation[j, k] = correlation[k, j] = _tetrachoric(self._threshold[j], self._threshold[k], theta[j, k] * p[k])
        values, vectors = np.linalg.eigh(correlation)
        root = vectors * np.sqrt(np.maximum(values, 1e-6))
        # Unit rows: each number stays a standard normal one, so that the priors hold.
        self._root: Numbers = root / np.linalg.norm(root, axis=1, keepdims=True)

    def draw(self, random: np.random.Generator, n: int) -> Truth:
        """Return n label sets, bool (n, labels)."""
        # einsum, not BLAS: the order of the sum must not depend on the number of threads.
        numbers = np.einsum("nk,lk->nl", random.standard_normal((n, len(self._threshold))), self._root)
        holds: Truth = numbers < self._threshold
        return holds


def _tetrachoric(a: float, b: float, both: float) -> float:
    """Return the correlation with which two standard normal numbers lie below a and b with probability `both`.

    d P(X < a, Y < b) / d rho is the density at (a, b); with rho = sin(t) the integrand is smooth up to the ends.
    """
    t = np.linspace(-1.0, 1.0, 2001) * np.arcsin(0.999)
    density = np.exp(-(a * a + b * b - 2 * a * b * np.sin(t)) / (2 * np.cos(t) ** 2)) / (2 * np.pi)
    area = np.concatenate([[0.0], np.cumsum((density[1:] + density[:-1]) / 2 * np.diff(t))])
    probability = _NORMAL.cdf(a) * _NORMAL.cdf(b) + area - area[len(t) // 2]
    return float(np.sin(np.interp(both, probability, t)))
