"""Kernel of the stack: experts' scores of one row become calibrated probabilities; online Newton, Bayesian.

For label l with expert features f: z = (w + v_l) . f, p = sigmoid(z). The weights w are shared by all labels and
follow the online Newton step with A, the sum of h f f' (h = p (1 - p)) over everything learned, as precision; the
deviations v_l of a label have a diagonal Gaussian posterior with variances D_l.
"""

from __future__ import annotations

import numpy as np

from streams.jit import jit

#: Logits beyond this are cut: e^-7 is about .001, and nothing here is surer than that.
CLIP = 7.0
#: Errors smaller than this teach nothing: their labels are skipped, which is most of the labels of most rows.
NEGLIGIBLE = 0.003
#: Least curvature of a learned cell: keeps the steps finite where p is near 0 or 1.
LEAST_CURVATURE = 0.02


@jit
def log_odds(p, least):  # type: ignore[no-untyped-def]
    """Return the log-odds of p clipped to least..1 - least."""
    p = min(max(p, least), 1.0 - least)
    return np.log(p / (1.0 - p))


@jit
def stack_scores(f, limit, w, v, p):  # type: ignore[no-untyped-def]
    """Write the probabilities of labels 0..limit - 1.

    Parameters
    ----------
    f : float32 (L, K), experts' features of every label
    w : float64 (K,); v : float32 (L, K)
    p : float32 (L,), written
    """
    for k in range(limit):
        z = 0.0
        for j in range(len(w)):
            z += (w[j] + np.float64(v[k, j])) * np.float64(f[k, j])
        z = min(max(z, -CLIP), CLIP)
        p[k] = np.float32(1.0 / (1.0 + np.exp(-z)))


@jit
def stack_label(f, k, y, p, v, D, A, g):  # type: ignore[no-untyped-def]
    """Learn one label of a row: move its own deviation, add its share to `A` and to the gradient `g`.

    Returns whether it taught anything. A diagonal Kalman step for the deviation: q = f' D f,
    v += D f e / (1 + h q), D -= (D f)^2 h / (1 + h q).
    """
    e = np.float64(y) - np.float64(p)
    if abs(e) < NEGLIGIBLE:
        return False
    h = max(np.float64(p) * (1.0 - np.float64(p)), LEAST_CURVATURE)
    n = len(g)
    q = 0.0
    for i in range(n):
        q += np.float64(f[k, i]) * np.float64(D[k, i]) * np.float64(f[k, i])
    scale = 1.0 / (1.0 + h * q)
    for i in range(n):
        fi = np.float64(f[k, i])
        g[i] += e * fi
        for j in range(i + 1):
            A[i, j] += h * fi * np.float64(f[k, j])
        d = np.float64(D[k, i]) * fi
        v[k, i] += np.float32(d * e * scale)
        D[k, i] -= np.float32(d * d * h * scale)
    return True


@jit
def newton_step(A, g, w, lower):  # type: ignore[no-untyped-def]
    """Add A^-1 g to `w`: Cholesky of the lower half of `A` into `lower`, then two substitutions; `g` is used up."""
    n = len(g)
    for i in range(n):
        for j in range(i + 1):
            s = A[i, j]
            for k in range(j):
                s -= lower[i, k] * lower[j, k]
            if i == j:
                lower[i, i] = np.sqrt(s)
            else:
                lower[i, j] = s / lower[j, j]
    for i in range(n):
        s = g[i]
        for k in range(i):
            s -= lower[i, k] * g[k]
        g[i] = s / lower[i, i]
    for i in range(n - 1, -1, -1):
        s = g[i]
        for k in range(i + 1, n):
            s -= lower[k, i] * g[k]
        g[i] = s / lower[i, i]
        w[i] += g[i]


@jit
def prior_feature(held, known):  # type: ignore[no-untyped-def]
    """Return the stack feature of a label that held in `held` of `known` rows."""
    return 0.5 * log_odds((held + 0.5) / (known + 1.0), 0.001) + 0.5


@jit
def stack_block(  # type: ignore[no-untyped-def]
    scores, label_indptr, label_indices, status, known_indptr, known_indices, limits,
    held, origin, partial, complete_rows, w, v, D, A, f, g, lower, truth, learn, out,
):  # fmt: skip
    """Write each row's probabilities to `out` before learning the row.

    Parameters
    ----------
    scores : float32 (E, n, L): log-odds by E experts
    label_indptr ... limits : the rows' labels, see `ihomer.rows.Rows`
    held, origin, partial : int64 (L,): rows in which the label held; complete rows before it was known of; partial
        rows in which its truth was known
    complete_rows : int64 (1,): complete rows learned
    w, A, g, lower : float64 (K,), (K, K), scratch (K,), scratch (K, K); K = E + 2: experts, label prior, constant
    v, D : float32 (L, K)
    f : float32 scratch (L, K)
    truth : int8 scratch (L,), all zero at entry and at return
    learn : whether to learn
    out : float32 (n, L), written; 0 for labels that are not in the label space when the row is predicted
    """
    n_experts = len(scores)
    for row in range(len(limits) - 1):
        limit = limits[row + 1]
        for k in range(limit):
            for e in range(n_experts):
                f[k, e] = scores[e, row, k]
            known = complete_rows[0] - origin[k] + partial[k]
            f[k, n_experts] = prior_feature(held[k], known)
            f[k, n_experts + 1] = 1
        p = out[row]
        stack_scores(f, limit, w, v, p)
        if learn and status[row] != 0:
            first, last = label_indptr[row], label_indptr[row + 1]
            for i in range(first, last):
                truth[label_indices[i]] = 1
            g[:] = 0
            taught = False
            if status[row] == 2:
                for k in range(limit):
                    taught |= stack_label(f, k, truth[k], p[k], v, D, A, g)
                complete_rows[0] += 1
            else:
                for i in range(known_indptr[row], known_indptr[row + 1]):
                    k = known_indices[i]
                    taught |= stack_label(f, k, truth[k], p[k], v, D, A, g)
                    partial[k] += 1
            if taught:
                newton_step(A, g, w, lower)
            for i in range(first, last):
                held[label_indices[i]] += 1
                truth[label_indices[i]] = 0
        p[limits[row] :] = 0


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
