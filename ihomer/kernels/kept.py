"""Kernels on the best labels of each row, where there are too many labels for a probability of each.

`ids` : int32 (n, k), the best labels of each row, best first, -1 where there are fewer; `p` : float32 (n, k), their
probabilities, 0 where there are fewer. Of every other label the probability counts as 0.
"""

from __future__ import annotations

import numpy as np

from ihomer.kernels.losses import several_then
from streams.jit import jit

#: Columns of `sums`: probabilities, labels that hold, probabilities of these.
MASS, HELD, RIGHT = 0, 1, 2


@jit
def place_of(label, row, ids):  # type: ignore[no-untyped-def]
    """Return the place of a label among the best of a row, -1 if it is not there."""
    for q in range(ids.shape[1]):
        if ids[row, q] == label:
            return q
        if ids[row, q] < 0:
            break
    return -1


@jit
def holds(label, labels, first, last):  # type: ignore[no-untyped-def]
    """Return whether a label is among labels[first:last], which ascend."""
    end = last
    while first < last:
        middle = (first + last) // 2
        if labels[middle] < label:
            first = middle + 1
        else:
            last = middle
    return first < end and labels[first] == label


@jit
def write_places(best, ordered, k, labels, first, last, others, other_first, other_last, out, at):  # type: ignore[no-untyped-def]
    """Write the places of labels[first:last] among the best of a row, ascending, from `at` on; return the end.

    A label that is not among the best is k + i if it is the i-th of others[other_first:other_last] that is not.

    Parameters
    ----------
    best, ordered : int32, the best labels that there are, best first, and ascending
    k : how many there may be
    """
    for q in range(len(best)):
        if holds(best[q], labels, first, last):
            out[at] = q
            at += 1
    place, q, h = k, 0, first
    for i in range(other_first, other_last):
        label = others[i]
        while q < len(ordered) and ordered[q] < label:
            q += 1
        if q < len(ordered) and ordered[q] == label:
            continue
        while h < last and labels[h] < label:
            h += 1
        if h < last and labels[h] == label:
            out[at] = place
            at += 1
        place += 1
    return at


@jit
def rank_rows(ids, label_indptr, labels, status, known_indptr, known, out_labels, out_known):  # type: ignore[no-untyped-def]
    """Write labels as their places among the best of their row: 0 is the best; others come behind the k best.

    A row costs as many steps as it has labels and known labels.

    Parameters
    ----------
    label_indptr ... known : see `ihomer.rows.Rows`
    out_labels, out_known : int32, as long as the labels and known labels of the rows, from 0 on
    """
    at = known_at = 0
    k = ids.shape[1]
    for row in range(len(status)):
        first, last = label_indptr[row], label_indptr[row + 1]
        known_first, known_last = known_indptr[row], known_indptr[row + 1]
        there = 0
        while there < k and ids[row, there] >= 0:
            there += 1
        best = ids[row, :there]
        ordered = np.sort(best)
        if status[row] == 1:
            at = write_places(best, ordered, k, labels, first, last, known, known_first, known_last, out_labels, at)
            known_at = write_places(
                best, ordered, k, known, known_first, known_last, known, known_first, known_last, out_known, known_at
            )
        else:
            at = write_places(best, ordered, k, labels, first, last, labels, first, last, out_labels, at)


@jit
def labels_at(ids, indptr, places, out):  # type: ignore[no-untyped-def]
    """Write the labels at `places` of each row, CSR, ascending in each row."""
    for row in range(len(indptr) - 1):
        for i in range(indptr[row], indptr[row + 1]):
            out[i] = ids[row, places[i]]
        out[indptr[row] : indptr[row + 1]].sort()


@jit
def concern(c, row, sums, marks, touched, n):  # type: ignore[no-untyped-def]
    """Let cluster c be one of the n that the row touches; return how many there are."""
    if marks[c] != row + 1:
        marks[c] = row + 1
        sums[c, :] = 0.0
        touched[n] = c
        return n + 1
    return n


@jit
def kept_group_losses(  # type: ignore[no-untyped-def]
    ids, p, label_indptr, label_indices, status, limits, cluster_of, sizes, predicted_indptr, predicted, sums, marks,
    touched, slots, losses,
):  # fmt: skip
    """Do as `ihomer.kernels.losses.group_losses`, at the cost of the labels that are the best or hold.

    Parameters
    ----------
    sums : float64 scratch (C, 3); marks : int64 (C,), zeros; touched : int64 scratch (C,)
    slots, losses : int64 and float64, written; room for 1 + 2 min(C, k + labels that hold) a row

    Returns
    -------
    how many losses were written
    """
    n = 0
    for row in range(len(status)):
        if status[row] != 2:
            continue
        m = 0
        mass = right = 0.0
        for q in range(ids.shape[1]):
            if ids[row, q] < 0:
                break
            c = cluster_of[ids[row, q]]
            m = concern(c, row, sums, marks, touched, m)
            sums[c, MASS] += p[row, q]
            mass += p[row, q]
        for i in range(label_indptr[row], label_indptr[row + 1]):
            k = label_indices[i]
            if k >= limits[row]:
                continue  # a new label: the model's error, no cluster's yet
            c = cluster_of[k]
            m = concern(c, row, sums, marks, touched, m)
            sums[c, HELD] += 1.0
            q = place_of(k, row, ids)
            if q >= 0:
                sums[c, RIGHT] += p[row, q]
                right += p[row, q]
        for i in range(predicted_indptr[row], predicted_indptr[row + 1]):
            c = cluster_of[predicted[i]]
            if sums[c, HELD] == 0.0:
                sums[c, HELD] = -1.0  # concerned, though nothing of it holds
        mass += label_indptr[row + 1] - label_indptr[row]
        slots[n] = 0
        losses[n] = 1.0 - 2.0 * right / mass if mass > 0.0 else 0.0
        n += 1
        for i in range(m):
            c = touched[i]
            if sums[c, HELD] == 0.0:
                continue
            held = max(sums[c, HELD], 0.0)
            slots[n] = 2 * c + 1
            losses[n] = 1.0 - 2.0 * sums[c, RIGHT] / (held + sums[c, MASS])
            n += 1
            if held > 0.0 and several_then(c, limits[row], cluster_of, sizes):
                slots[n] = 2 * c + 2
                losses[n] = 1.0 / held
                n += 1
    return n


@jit
def said_of_held(ids, p, label_indptr, label_indices, said):  # type: ignore[no-untyped-def]
    """Write the probability of every label that holds, in the order of the labels, float32."""
    begin = label_indptr[0]
    for row in range(len(ids)):
        for i in range(label_indptr[row], label_indptr[row + 1]):
            q = place_of(label_indices[i], row, ids)
            said[i - begin] = p[row, q] if q >= 0 else np.float32(0)
