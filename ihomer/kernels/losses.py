"""Kernels that measure how wrong probabilities were, for monitors and for choosing between learners."""

from __future__ import annotations

import math

import numpy as np

from ihomer.kernels.fastmath import fast_log
from streams.jit import jit

#: Probabilities are cut here before their logarithm is taken.
LEAST = 1e-6


@jit
def faded_log_loss(p, columns, label_indptr, label_indices, status, limits, fade, state):  # type: ignore[no-untyped-def]
    """Fade the mean log loss over `columns` of every complete row into `state`: (weighted sum, sum of weights).

    Parameters
    ----------
    p : float32 (n, L)
    columns : int32 (m,), ascending
    label_indptr, label_indices, status, limits : see `ihomer.rows.Rows`
    fade : weight of the past at each row
    state : float64 (2,), updated
    """
    for row in range(len(p)):
        if status[row] != 2 or len(columns) == 0:
            continue
        loss = 0.0
        i = label_indptr[row]
        n = 0
        for k in columns:
            if k >= limits[row]:
                break
            while i < label_indptr[row + 1] and label_indices[i] < k:
                i += 1
            holds = i < label_indptr[row + 1] and label_indices[i] == k
            q = float(p[row, k])
            q = min(max(q if holds else 1.0 - q, 1e-6), 1.0)
            loss -= math.log(q)
            n += 1
        if n:
            state[0] = fade * state[0] + loss / n
            state[1] = fade * state[1] + 1.0


@jit
def faded_label_losses(  # type: ignore[no-untyped-def]
    p, label_indptr, label_indices, status, known_indptr, known_indices, limits, fade, losses
):
    """Fade the log losses of all labels by `fade` a row, and add those of every row in which they were known.

    Parameters
    ----------
    p : float32 (n, L)
    label_indptr ... limits : see `ihomer.rows.Rows`
    fade : weight of the past at each row
    losses : float32 (at least L,), updated
    """
    stays, least = np.float32(fade), np.float32(LEAST)
    for row in range(len(status)):
        if status[row] == 0:
            continue
        limit = limits[row]
        if status[row] == 2:
            for k in range(limit):
                losses[k] = stays * losses[k] - fast_log(max(np.float32(1.0) - p[row, k], least))
        else:
            for k in range(limit):
                losses[k] = stays * losses[k]
            for i in range(known_indptr[row], known_indptr[row + 1]):
                k = known_indices[i]
                if k < limit:
                    losses[k] -= fast_log(max(np.float32(1.0) - p[row, k], least))
        for i in range(label_indptr[row], label_indptr[row + 1]):
            k = label_indices[i]
            if k < limit:
                losses[k] += fast_log(max(np.float32(1.0) - p[row, k], least)) - fast_log(max(p[row, k], least))


@jit
def several_then(c, limit, cluster_of, sizes):  # type: ignore[no-untyped-def]
    """Return whether cluster c had more than one label when there were the labels below `limit`; newer ones are few."""
    n = sizes[c]
    if n - (len(cluster_of) - limit) > 1:
        return True
    for k in range(limit, len(cluster_of)):
        n -= cluster_of[k] == c
    return n > 1


@jit
def group_losses(  # type: ignore[no-untyped-def]
    p, label_indptr, label_indices, status, limits, cluster_of, sizes, predicted_indptr, predicted, sums, slots, losses,
):
    """Write what the monitors of model, clusters and structure watch of each complete row.

    - Slot 0, the model, and 2 c + 1, cluster c: 1 - 2 sum(y p) / (sum(y) + sum(p)) over its labels, in [0, 1] whatever
      their number. A cluster is concerned in rows where one of its labels holds or is predicted; elsewhere its loss
      would only say how small its probabilities are.
    - Slot 2 c + 2, the structure of cluster c: 1 / m where m > 0 of its labels hold. It is the mean Jaccard similarity
      between each of them alone and the row's labels of the cluster: it rises to 1 when labels of the cluster no longer
      hold together, whatever their frequencies and the cluster's size. Clusters of one label have no structure.

    Parameters
    ----------
    p : float32 (n, L)
    label_indptr, label_indices, status, limits : see `ihomer.rows.Rows`
    cluster_of : int32 (L,), 0..C - 1
    sizes : int64 (C,), labels of each cluster
    predicted_indptr, predicted : predicted label sets, CSR
    sums : float64 scratch (C + 1, 3)
    slots, losses : int64 and float64, written; room for n * (2 C + 1)

    Returns
    -------
    how many losses were written
    """
    n = 0
    for row in range(len(p)):
        if status[row] != 2:
            continue
        sums[:] = 0
        for k in range(limits[row]):
            c = cluster_of[k] + 1
            sums[c, 0] += p[row, k]
        for i in range(label_indptr[row], label_indptr[row + 1]):
            k = label_indices[i]
            if k < limits[row]:
                c = cluster_of[k] + 1
                sums[c, 1] += 1.0
                sums[c, 2] += p[row, k]
            else:
                sums[0, 1] += 1.0  # a new label: the model's error, no cluster's yet
        for c in range(1, len(sums)):
            for j in range(3):
                sums[0, j] += sums[c, j]
        for i in range(predicted_indptr[row], predicted_indptr[row + 1]):
            c = cluster_of[predicted[i]] + 1
            if sums[c, 1] == 0:
                sums[c, 1] = -1.0  # concerned, though nothing of it holds
        for c in range(len(sums)):
            if c == 0 or sums[c, 1] != 0:
                held = max(sums[c, 1], 0.0)
                mass = held + sums[c, 0]
                slots[n] = max(2 * c - 1, 0)
                losses[n] = 1.0 - 2.0 * sums[c, 2] / mass if mass > 0 else 0.0
                n += 1
                if c > 0 and held > 0 and several_then(c - 1, limits[row], cluster_of, sizes):
                    slots[n] = 2 * c
                    losses[n] = 1.0 / held
                    n += 1
    return n


@jit
def label_losses(  # type: ignore[no-untyped-def]
    said, label_indptr, label_indices, status, known_indptr, known_indices, limits, predicted_indptr, predicted, slot_of,
    recent, slots, losses,
):
    """Write the loss of every watched label in the rows in which it holds or is predicted; count the rows where labels hold.

    The loss is 1 - 2 y p / (y + p): (1 - p) / (1 + p) where the label holds, 1 where it was wrongly predicted. Its mean
    cannot rise because wrong predictions become fewer, as that of |y - p| does: in a world that stays, a label that is
    learned ever better raises no alarm.
    A label that neither holds nor is predicted is passed over: its loss would say only how small its probability is, and
    there are L of them in every row. So a row costs as much as its labels, not L. Where the truth of a label is not
    known it has no loss.

    Parameters
    ----------
    said : float32, the probability of every label that holds, in the order of `label_indices` from label_indptr[0] on
    label_indptr, label_indices, status, known_indptr, known_indices, limits : see `ihomer.rows.Rows`
    predicted_indptr, predicted : predicted label sets, CSR, ascending within a row
    slot_of : int64 (L,), -1 where a label is not watched
    recent : float64 (L,), 1 is added for each row in which the label holds
    slots, losses : int64 and float64, written; room for all labels that hold or are predicted

    Returns
    -------
    how many losses were written
    """
    n, begin = 0, label_indptr[0]
    for row in range(len(status)):
        if status[row] == 0:
            continue
        end = label_indptr[row + 1]
        for i in range(label_indptr[row], end):
            k = label_indices[i]
            recent[k] += 1.0
            if k < limits[row] and slot_of[k] >= 0:
                slots[n] = slot_of[k]
                losses[n] = (1.0 - said[i - begin]) / (1.0 + said[i - begin])
                n += 1
        i = label_indptr[row]
        j = known_indptr[row]
        for at in range(predicted_indptr[row], predicted_indptr[row + 1]):
            k = predicted[at]
            while i < end and label_indices[i] < k:
                i += 1
            while j < known_indptr[row + 1] and known_indices[j] < k:
                j += 1
            holds = i < end and label_indices[i] == k
            known = status[row] == 2 or (j < known_indptr[row + 1] and known_indices[j] == k)
            if known and not holds and slot_of[k] >= 0:
                slots[n] = slot_of[k]
                losses[n] = 1.0
                n += 1
    return n
