"""Kernel of the stack: experts' scores of a row become calibrated probabilities; online Newton, Bayesian.

For label l with features f (the experts' scores, some of them again times how much is known of the label, and a
constant 1): z = (w + v_l) . f, p = sigmoid(z). The weights w are shared by all labels and follow the online Newton step
with A, the sum of h f f' (h = p (1 - p)) over what was learned, as precision; the deviations v_l of a label have a
diagonal Gaussian posterior with variances D_l. Arrays have labels along their last axis, and loops over labels have no
branches.
"""

from __future__ import annotations

import numpy as np

from ihomer.kernels.fastmath import fast_exp, fast_log
from ihomer.kernels.lanes import LANES, lane_dot
from streams.jit import jit

#: Logits beyond this are cut: e^-7 is about .001, and nothing here is surer than that.
CLIP = np.float32(7.0)
#: Errors smaller than this teach nothing.
NEGLIGIBLE = np.float32(0.003)
#: Least curvature of a learned cell: keeps the steps finite where p is near 0 or 1.
LEAST_CURVATURE = np.float32(0.02)
#: A is collected from every row up to so many rows, then from every fourth, which counts fourfold.
EVERY_ROW = 256
#: A's factor is made anew when the rows have grown by 1/32, and at least every so many: A fades, however long it lives.
SELDOM = 3125
#: What was learned so many rows ago has faded to 1/e: the stack never stops learning.
MEMORY = 100_000.0

_HALF, _ONE, _ZERO = np.float32(0.5), np.float32(1.0), np.float32(0.0)
_SURE, _UNSURE = np.float32(4.0), np.float32(-2.5)
_SHARE, _FIVE = np.float32(0.3), np.float32(5.0)
_FADE = np.float32(1.0 / MEMORY)


@jit
def stack_features(scores, row, counted, held, limit, f):  # type: ignore[no-untyped-def]
    """Write the features of labels 0..limit - 1 of one row.

    Parameters
    ----------
    scores : float32 (E, n, L)
    counted : int64 (I,): experts whose scores stand once more, times .3 clip(log((held + .5) / 5), -2.5, 4)
    held : int64 (L,): rows in which each label held
    f : float32 (E + I + 1, at least L), written
    """
    n_experts = len(scores)
    for e in range(n_experts):
        for k in range(limit):
            f[e, k] = scores[e, row, k]
    last = n_experts + len(counted)
    if len(counted):
        for k in range(limit):
            known = fast_log((np.float32(held[k]) + _HALF) / _FIVE)
            f[last, k] = _SHARE * min(max(known, _UNSURE), _SURE)
        for i in range(len(counted)):
            for k in range(limit):
                f[n_experts + i, k] = f[last, k] * scores[counted[i], row, k]
    for k in range(limit):
        f[last, k] = _ONE


@jit
def stack_predict(f, limit, w, v, z, p, row):  # type: ignore[no-untyped-def]
    """Write the probabilities of labels 0..limit - 1 to `p[row]`.

    Parameters
    ----------
    f : float32 (K, L); w : float64 (K,); v : float32 (K, L); z : float32 scratch (L,); p : float32 (n, L)
    """
    for k in range(limit):
        z[k] = _ZERO
    for i in range(len(w)):
        wi = np.float32(w[i])
        for k in range(limit):
            z[k] += (wi + v[i, k]) * f[i, k]
    for k in range(limit):
        p[row, k] = _ONE / (_ONE + fast_exp(-min(max(z[k], -CLIP), CLIP)))


@jit
def stack_learn(f, limit, p, row, mask, truth, own, w, v, D, A, first, lower, clock, g, e, h, q, hf):  # type: ignore[no-untyped-def]
    """Learn one row: a Newton step of the shared weights, a diagonal Kalman step of every label's own.

    Parameters
    ----------
    f : float32 (K, L padded as `ihomer.kernels.lanes` says, with zeros)
    p : float32 (n, L): probabilities
    mask, truth : float32 (L,): 1 where the truth is known, 1 where the label holds
    own : float32, variance of a label's own weights that forgetting leads back to
    w, A, first : float64 (K,), (K, K), (K,): weights, precision, precision of the prior
    lower : float64 (K, K): Cholesky factor of A with inverse diagonal, made anew when the clock says so
    clock : int64 (2,): rows learned, and when `lower` is due
    g : float64 scratch (K,); e, h, hf : float32 scratch (1, L padded), zero beyond `limit`; q : float32 scratch (L,)
    """
    n = 0
    for k in range(limit):
        d = (truth[k] - p[row, k]) * mask[k]
        on = _ONE if abs(d) >= NEGLIGIBLE else _ZERO
        e[0, k] = d * on
        h[0, k] = max(p[row, k] * (_ONE - p[row, k]), LEAST_CURVATURE) * on
        q[k] = _ZERO
        n += abs(d) >= NEGLIGIBLE
    clock[0] += 1
    if n == 0:
        return
    size = len(w)
    wide = -(-limit // LANES) * LANES
    for i in range(size):
        g[i] = lane_dot(e, 0, f, i, wide)
    if clock[0] <= EVERY_ROW or clock[0] & 3 == 0:
        weight = 1.0 if clock[0] <= EVERY_ROW else 4.0
        for i in range(size):
            for k in range(limit):
                hf[0, k] = h[0, k] * f[i, k]
            for j in range(i + 1):
                A[i, j] = A[i, j] * (1.0 - weight / MEMORY) + weight * lane_dot(hf, 0, f, j, wide)
            A[i, i] += first[i] * weight / MEMORY
    for i in range(size):
        for k in range(limit):
            q[k] += f[i, k] * f[i, k] * D[i, k]
    for k in range(limit):
        scale = _ONE / (_ONE + h[0, k] * q[k])
        e[0, k] *= scale
        h[0, k] *= scale
    # Two loops, with few arrays each: one loop over all of them would not be turned into vector instructions.
    for i in range(size):
        for k in range(limit):
            v[i, k] += D[i, k] * f[i, k] * e[0, k]
        for k in range(limit):
            step = D[i, k] * f[i, k]
            D[i, k] += (own - D[i, k]) * (_FADE * mask[k]) - step * step * h[0, k]
    if clock[0] >= clock[1]:
        _factorise(A, lower)
        clock[1] = clock[0] + min(max(1, clock[0] // 32), SELDOM)
    _add_solution(lower, g, w)


@jit
def _factorise(A, lower):  # type: ignore[no-untyped-def]
    """Write the Cholesky factor of the lower half of `A`, its diagonal inverted."""
    for i in range(len(A)):
        for j in range(i + 1):
            s = A[i, j]
            for k in range(j):
                s -= lower[i, k] * lower[j, k]
            lower[i, j] = 1.0 / np.sqrt(s) if i == j else s * lower[j, j]


@jit
def _add_solution(lower, g, w):  # type: ignore[no-untyped-def]
    """Add A^-1 g to `w` by two substitutions; `g` is used up."""
    n = len(g)
    for i in range(n):
        s = g[i]
        for k in range(i):
            s -= lower[i, k] * g[k]
        g[i] = s * lower[i, i]
    for i in range(n - 1, -1, -1):
        s = g[i] * lower[i, i]
        w[i] += s
        for k in range(i):
            g[k] -= lower[i, k] * s


@jit
def stack_block(  # type: ignore[no-untyped-def]
    scores, label_indptr, label_indices, status, known_indptr, known_indices, limits,
    held, counted, own, w, v, D, A, first, lower, clock, f, g, row_scratch, mask, truth, learn, out,
):  # fmt: skip
    """Write each row's probabilities to `out` before learning the row.

    The row with which a label enters teaches nothing about it: labels enter because they hold, and a stack that saw
    them hold, and never saw the many that did not, would trust rare labels far too much.

    Parameters
    ----------
    scores : float32 (E, n, L): about log-odds, by E experts
    label_indptr ... limits : the rows' labels, see `ihomer.rows.Rows`
    held : int64 (L,): rows in which each label held, moved along
    counted, own, w ... clock : see `stack_features` and `stack_learn`
    f, row_scratch : float32 scratch (K, L padded) and (5, 1, L padded), zeros at entry; g : float64 scratch (K,)
    mask, truth : float32 scratch (L,), all zero at entry and at return
    learn : whether to learn
    out : float32 (n, L), written; 0 for labels that are not in the label space when the row is predicted
    """
    z, q = row_scratch[0, 0], row_scratch[1, 0]
    e, h, hf = row_scratch[2], row_scratch[3], row_scratch[4]
    for row in range(len(limits) - 1):
        limit = limits[row + 1]
        stack_features(scores, row, counted, held, limit, f)
        stack_predict(f, limit, w, v, z, out, row)
        if learn and status[row] != 0:
            start, stop = label_indptr[row], label_indptr[row + 1]
            for i in range(start, stop):
                truth[label_indices[i]] = _ONE
            if status[row] == 2:
                for k in range(limits[row]):
                    mask[k] = _ONE
            else:
                for i in range(known_indptr[row], known_indptr[row + 1]):
                    if known_indices[i] < limits[row]:
                        mask[known_indices[i]] = _ONE
            stack_learn(f, limit, out, row, mask, truth, own, w, v, D, A, first, lower, clock, g, e, h, q, hf)
            for k in range(limit):
                mask[k] = _ZERO
            for i in range(start, stop):
                held[label_indices[i]] += 1
                truth[label_indices[i]] = _ZERO
        for k in range(limits[row], out.shape[1]):
            out[row, k] = _ZERO


@jit
def log_odds(p, least):  # type: ignore[no-untyped-def]
    """Return the log-odds of p clipped to least..1 - least."""
    p = min(max(p, least), 1.0 - least)
    return np.log(p / (1.0 - p))


@jit
def to_log_odds(scores, least):  # type: ignore[no-untyped-def]
    """Turn probabilities into log-odds clipped at `least`, in place; float32 (n, L)."""
    for i in range(scores.shape[0]):
        for k in range(scores.shape[1]):
            scores[i, k] = np.float32(log_odds(np.float64(scores[i, k]), least))


@jit
def clip_margins(scores, most):  # type: ignore[no-untyped-def]
    """Turn margins into log-odds 2 z clipped at +-`most`, in place; float32 (n, L)."""
    for i in range(scores.shape[0]):
        for k in range(scores.shape[1]):
            scores[i, k] = min(max(np.float32(2.0) * scores[i, k], -most), most)
