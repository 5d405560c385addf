"""Kernels that measure how wrong probabilities were, for monitors and for choosing between learners."""

from __future__ import annotations

import math

from streams.jit import jit


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
def soft_f1_losses(  # type: ignore[no-untyped-def]
    p, label_indptr, label_indices, status, limits, cluster_of, predicted_indptr, predicted, n_clusters, sums, slots,
    losses,
):
    """Write the losses that monitors watch: for each complete row that of the model, and of every cluster concerned.

    The loss is 1 - 2 sum(y p) / (sum(y) + sum(p)) over the labels of the model (slot 0) or the cluster c (slot c + 1),
    in [0, 1] whatever the number of labels. A cluster is concerned in rows where one of its labels holds or is
    predicted; elsewhere its loss would only say how small its probabilities are.

    Parameters
    ----------
    p : float32 (n, L)
    label_indptr, label_indices, status, limits : see `ihomer.rows.Rows`
    cluster_of : int32 (L,), 0..n_clusters - 1
    predicted_indptr, predicted : predicted label sets, CSR
    n_clusters : int
    sums : float64 scratch (n_clusters + 1, 3)
    slots, losses : int64 and float64, written; room for n * (n_clusters + 1)

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
        for c in range(1, n_clusters + 1):
            for j in range(3):
                sums[0, j] += sums[c, j]
        for i in range(predicted_indptr[row], predicted_indptr[row + 1]):
            c = cluster_of[predicted[i]] + 1
            if sums[c, 1] == 0:
                sums[c, 1] = -1.0  # concerned, though nothing of it holds
        for c in range(n_clusters + 1):
            if c == 0 or sums[c, 1] != 0:
                held = max(sums[c, 1], 0.0)
                mass = held + sums[c, 0]
                slots[n] = c
                losses[n] = 1.0 - 2.0 * sums[c, 2] / mass if mass > 0 else 0.0
                n += 1
    return n
