"""What monitors watch of a row, spelled out: slots and losses of groups and labels."""

from __future__ import annotations

import math

import numpy as np


def _sets(rows, sets, i):
    held = rows.label_indices[rows.label_indptr[i] : rows.label_indptr[i + 1]].tolist()
    known = rows.known_indices[rows.known_indptr[i] : rows.known_indptr[i + 1]].tolist()
    predicted = sets[1][sets[0][i] : sets[0][i + 1]].tolist()
    return held, set(range(rows.n_labels)) if rows.status[i] == 2 else set(known), predicted


def groups(p, rows, cluster_of, sets):
    """Return (slot, loss) of model, clusters and structure."""
    found = []
    for i in range(len(rows)):
        if rows.status[i] != 2:
            continue
        held, _, predicted = _sets(rows, sets, i)
        old = list(range(rows.limits[i]))
        mass = len(held) + sum(float(p[i, k]) for k in old)
        right = sum(float(p[i, k]) for k in held if k in old)
        found.append((0, 1 - 2 * right / mass if mass else 0.0))
        for c in range(max(cluster_of) + 1):
            mine = [k for k in old if cluster_of[k] == c]
            here = [k for k in held if k in mine]
            if here or [k for k in predicted if k in mine]:
                mass = len(here) + sum(float(p[i, k]) for k in mine)
                found.append((2 * c + 1, 1 - 2 * sum(float(p[i, k]) for k in here) / mass))
            if here and len(mine) > 1:
                found.append((2 * c + 2, 1 / len(here)))
    return found


def labels(p, rows, sets, slot_of):
    """Return (slot, loss) of watched labels, and in how many rows each label held."""
    found, recent = [], [0] * rows.n_labels
    for i in range(len(rows)):
        if rows.status[i] == 0:
            continue
        held, known, predicted = _sets(rows, sets, i)
        for k in held:
            recent[k] += 1
        for k in [k for k in held if k < rows.limits[i]] + [k for k in predicted if k not in held and k in known]:
            y, q = float(k in held), float(p[i, k])
            if slot_of[k] >= 0:
                found.append((int(slot_of[k]), 1 - 2 * y * q / (y + q)))
    return found, recent


def faded_labels(p, rows, fade):
    """Return the faded sums of the log losses of all labels."""
    losses = [0.0] * p.shape[1]
    for i in range(len(rows)):
        held, known, _ = _sets(rows, ([0] * (len(rows) + 1), np.zeros(0, int)), i)
        if rows.status[i] == 0:
            continue
        for k in range(rows.limits[i]):
            losses[k] *= fade
            if k in known:
                losses[k] -= math.log(max(p[i, k] if k in held else 1 - p[i, k], 1e-6))
    return losses
