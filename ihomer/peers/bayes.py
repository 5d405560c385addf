"""Naive Bayes by binary relevance."""

from __future__ import annotations

from ihomer.peers.binary_relevance import BinaryRelevance
from ihomer.peers.inputs import NumericInputs


def gaussian_naive_bayes() -> BinaryRelevance:
    """Return a Gaussian naive Bayes for every label; river's `GaussianNB`, which has no parameters."""
    from river import naive_bayes

    return BinaryRelevance(naive_bayes.GaussianNB(), NumericInputs)
