"""What can be known of a row of `streams.synthetic.XMC` by someone who knows its tables."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from benchmarks.extreme.kernels import oracle as kernel
from benchmarks.extreme.kernels.counts import TOP
from ihomer.predictions import Predictions
from streams.synthetic.xmc import INSIDE

if TYPE_CHECKING:
    import numpy.typing as npt

    from streams.batch import Batch
    from streams.synthetic.xmc import XMC
    from streams.synthetic.xmc_tables import Numbers

#: A label is predicted if it is likelier than this: about half of the F1 that is reached, which is best for F1.
THRESHOLD = 0.4


class Oracle:
    """Posterior probabilities of labels under the generator's own tables; nothing is learned.

    Given the group of the row labels are taken to be independent, and features given the labels, too: a feature f that
    tells a label present is there with 1 - .5 (1 - b_f), otherwise with b_f, its probability over all rows. So each
    label's evidence is a sum over the features that tell it. Labels that share features are told apart one after the
    other: the likeliest is taken to be present, what it tells speaks less for all others, and so on while one is likelier
    than not. The evidence of a group is then a product over its labels, and the posterior of a label the mean over the
    groups of what it is given each. How many labels a row has is not made use of.

    Parameters
    ----------
    stream
        A stream of that kind, without drift.
    """

    def __init__(self, stream: XMC) -> None:
        tables = stream.tables
        weights, told = tables.weights, tables.told
        n_features = len(stream.features)
        starts = np.arange(0, len(weights), kernel.GROUP)
        of_group = np.arange(len(weights)) // kernel.GROUP
        in_all = np.add.reduceat(weights, starts)
        out = _present(weights[None, :], (1 - INSIDE) * stream.cardinality)[0]
        padded = np.zeros((len(starts), kernel.GROUP))
        padded.ravel()[: len(weights)] = weights / in_all[of_group]
        inside = 1 - (1 - _present(padded, INSIDE * stream.cardinality).ravel()[: len(weights)]) * (1 - out)
        overall = in_all[of_group] * inside + (1 - in_all[of_group]) * out
        # The probability of a feature over all rows: told by a label, or one of the further ones.
        none_tells = np.exp(np.bincount(told.ravel(), np.repeat(np.log1p(-0.5 * overall), told.shape[1]), n_features))
        further = _present(tables.noise[None, :], stream.nonzeros - (1 - none_tells).sum())[0]
        self._absent = np.clip(none_tells * (1 - further), 1e-9, 1 - 1e-12)
        self._prior = np.log(overall) - np.log1p(-overall)
        self._told = told
        order = np.argsort(told, axis=None, kind="stable")
        self._places = (order // told.shape[1]).astype(np.int32)
        self._ends = np.concatenate([[0], np.cumsum(np.bincount(told.ravel(), minlength=n_features))])
        absent = np.add.reduceat(np.log1p(-inside) - np.log1p(-out), starts)
        self._rates = np.stack([inside, out], axis=1)
        self._groups = np.log(in_all) + absent
        self._everything = float(np.exp(self._groups).sum())
        self._names = tables.names
        self._scratch = np.zeros(len(weights)), np.zeros(len(starts)), np.zeros(n_features, np.int32)

    def __call__(self, batch: Batch) -> Predictions:
        """Say what labels each row has."""
        n = len(batch)
        top, scores = np.empty((n, TOP), np.int32), np.empty((n, TOP))
        indptr, ids = np.zeros(n + 1, np.int64), np.empty(len(batch.indices) * 64 + n, np.int32)
        kernel.judge_rows(
            batch.indptr, batch.indices, self._absent, self._ends, self._places, self._told, self._rates, self._prior,
            self._groups, self._everything, self._names, THRESHOLD, *self._scratch, top, scores, indptr, ids,
        )  # fmt: skip
        return Predictions(batch.labels, indptr, ids[: indptr[-1]].copy(), top, scores.astype(np.float32))


def _present(weights: Numbers, drawn: float) -> Numbers:
    """Return how likely each entry of (n, m) `weights` is among `drawn` of its row in the mean, drawn by weight.

    1 - exp(-c w) with the c that makes their sum `drawn`, or nearly all.
    """
    drawn_of = np.minimum(drawn, 0.95 * np.count_nonzero(weights, axis=1))
    low, high = np.zeros(len(weights)), np.full(len(weights), 1e9)
    for _ in range(60):
        c = np.sqrt(np.maximum(low, 1e-3) * high)
        fewer = -np.expm1(-c[:, None] * weights).sum(axis=1) < drawn_of
        low, high = np.where(fewer, c, low), np.where(fewer, high, c)
    p: npt.NDArray[np.float64] = -np.expm1(-high[:, None] * weights)
    return np.minimum(p, 1 - 1e-9)
