"""Kappa against no-change: how much of what repeating the last truth gets wrong a model gets right."""

from __future__ import annotations

import math
from collections.abc import Mapping


def kappa_temporal(accuracy: float, no_change: float) -> float:
    """Return (p - p') / (1 - p'), the kappa of Zliobaite, Bifet, Read, Pfahringer & Holmes (Machine Learning 98, 2015).

    1 for a model without a mistake, 0 for one no better than no-change, below 0 for a worse one.

    Parameters
    ----------
    accuracy, no_change
        Accuracy of the model and of the classifier that repeats the last truth, over the same rows.

    Returns
    -------
    float
        NaN where no-change makes no mistake: there is nothing to be better at.

    Examples
    --------
    >>> round(kappa_temporal(0.8, 0.6), 3)
    0.5
    """
    return (accuracy - no_change) / (1 - no_change) if no_change < 1 else math.nan


def kappas(values: Mapping[str, float], no_change: Mapping[str, float]) -> dict[str, float]:
    """Return both ways to read it for many labels, from what `Metrics` says of a model and of the no-change baseline.

    `kappa_temporal` takes the label set as the class, as label powerset does, and so the subset accuracy;
    `kappa_temporal_cells` takes every cell (row, label) as one binary decision, and so 1 - Hamming loss, which makes it
    1 - the ratio of the two losses.

    Examples
    --------
    >>> found = kappas({"subset_accuracy": 0.3, "hamming_loss": 0.1}, {"subset_accuracy": 0.1, "hamming_loss": 0.2})
    >>> {name: round(value, 3) for name, value in found.items()}
    {'kappa_temporal': 0.222, 'kappa_temporal_cells': 0.5}
    """
    return {
        "kappa_temporal": kappa_temporal(values["subset_accuracy"], no_change["subset_accuracy"]),
        "kappa_temporal_cells": kappa_temporal(1 - values["hamming_loss"], 1 - no_change["hamming_loss"]),
    }
