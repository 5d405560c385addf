"""Very many labels of dense rows: each row is a sum of its labels' vectors, and noise."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property
from statistics import NormalDist
from typing import Any

import numpy as np

from streams.batch import COMPLETE, Batch
from streams.synthetic.drawn import Drawn
from streams.synthetic.generator import at_least, at_most
from streams.synthetic.xmc import INSIDE, MOST_LABELS, set_sizes
from streams.synthetic.xmc_tables import label_weights
from streams.vocabulary_range import RangeVocabulary

#: Rows drawn at once: enough that numpy's overhead does not show, and some 1.5 MB at 384 dimensions.
_BLOCK = 1024
#: Noise is one of so many quantiles of the normal distribution, equally likely.
_NORMALS = 1 << 16


class Embeddings(Drawn):
    """Zipf labels in groups that occur together, told by dense vectors that related labels share in part.

    Labels are as in `streams.synthetic.XMC`: in groups of 32 whose weights are Zipf's with exponent 1.1, and 1 +
    Poisson(`cardinality` - 1) distinct ones in a row, each drawn from the row's group with .8, else from all.

    A label's vector is the root of `kinship` times its group's vector of signs, and the root of 1 - `kinship` times one of
    its own: that is the cosine of two labels of a group; labels of different groups have about 0. A row is the
    sum of its labels' vectors, brought to unit length, and normal noise (65,536 quantiles of it) whose length is about
    `noise`.

    Each row depends on the seed and its number alone. Vectors are not kept but drawn when they are needed, so the stream
    takes 20 bytes a label, and starts as soon as it has put the labels in order.

    Parameters
    ----------
    rows
        How many rows.
    labels, dimensions
        How many there are.
    cardinality
        The mean number of labels of a row.
    seed
        The same seed gives the same rows.
    kinship
        The cosine of the vectors of two labels of a group.
    noise
        How long the noise is; the sum of the labels' vectors is 1.

    Raises
    ------
    ValueError
        If a parameter is not what it may be.

    Examples
    --------
    >>> batch = next(Embeddings(rows=1000, labels=5000, dimensions=16, seed=7).batches(1000))
    >>> batch.dense.shape, len(batch.label_indices) / 1000
    ((1000, 16), 4.898)
    """

    def __init__(
        self,
        *,
        rows: int = 10_000,
        labels: int = 100_000,
        dimensions: int = 384,
        cardinality: float = 5.0,
        seed: int = 0,
        kinship: float = 0.5,
        noise: float = 1.0,
    ) -> None:
        at_least("Embeddings", rows=(rows, 0), labels=(labels, 1), dimensions=(dimensions, 1), seed=(seed, 0))
        at_least("Embeddings", cardinality=(cardinality, 1), kinship=(kinship, 0), noise=(noise, 0))
        at_most("Embeddings", cardinality=(cardinality, min(MOST_LABELS, max(1, labels / 2))), kinship=(kinship, 1))
        super().__init__("Embeddings", rows)
        self.dimensions, self.cardinality, self.seed = dimensions, cardinality, seed
        self.kinship, self.noise = kinship, noise
        self.features, self.labels = RangeVocabulary(dimensions), RangeVocabulary(labels)
        self.declared_labels = labels

    def _blocks(self) -> Iterator[Batch]:
        from streams.kernels.draw_embeddings import draw_dense_rows

        key, sizes, by_weight, names, normals = self.drawn_from
        common, own = self.kinship**0.5, (1 - self.kinship) ** 0.5
        labels = np.empty(_BLOCK * len(sizes), np.int32)
        for start in range(0, self.length, _BLOCK):
            n = min(_BLOCK, self.length - start)
            label_indptr, dense = np.zeros(n + 1, np.int64), np.empty((n, self.dimensions), np.float32)
            draw_dense_rows(
                key, start, INSIDE, sizes, by_weight, names, common, own, float(self.noise), normals,
                dense, label_indptr, labels,
            )  # fmt: skip
            self._made = start + n
            yield Batch(
                features=self.features,
                labels=self.labels,
                indptr=np.zeros(n + 1, np.int64),
                indices=np.zeros(0, np.int32),
                values=np.zeros(0, np.float32),
                label_indptr=label_indptr,
                label_indices=labels[: label_indptr[-1]].copy(),
                status=np.full(n, COMPLETE, np.uint8),
                dense=dense,
                dense_ids=np.arange(self.dimensions, dtype=np.int32),
                places=np.arange(start, start + n),
            )

    @cached_property
    def drawn_from(self) -> tuple[Any, ...]:
        """What rows are drawn from, as the kernel takes it: its key, `sizes`, `by_weight`, `names` and `normals`."""
        from streams.kernels.draw_xmc import alias_table

        weights, names = label_weights(np.random.default_rng(self.seed), len(self.labels))
        by_weight = np.empty((len(weights), 2), np.uint32)
        alias_table(weights, by_weight)
        normal = NormalDist()
        quantiles = (np.arange(_NORMALS) + 0.5) / _NORMALS
        normals = np.array([normal.inv_cdf(q) for q in quantiles.tolist()])
        key = np.random.SeedSequence(self.seed).generate_state(1, np.uint64)[0]
        return key, set_sizes(self.cardinality), by_weight, names, normals
