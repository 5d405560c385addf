"""Very many labels, each told by a few of very many sparse features."""

from __future__ import annotations

import math
from collections.abc import Iterator
from functools import cached_property
from statistics import NormalDist
from typing import Any

import numpy as np
import numpy.typing as npt

from streams.batch import COMPLETE, Batch
from streams.synthetic.drawn import Drawn
from streams.synthetic.generator import at_least, at_most
from streams.synthetic.xmc_tables import Tables, make_tables
from streams.vocabulary_range import RangeVocabulary

#: Probability that a label of a row is drawn from the row's group; else it is drawn from all labels.
INSIDE = 0.8
#: Features of a row that are not zero when nothing is said.
NONZEROS = 90
#: The highest mean number of labels.
MOST_LABELS = 100
#: Rows drawn at once: enough that numpy's overhead does not show.
_BLOCK = 1024
#: Values are one of so many quantiles of their distribution, equally likely.
_MAGNITUDES = 1 << 16


class XMC(Drawn):
    """Zipf labels in groups that occur together, told by features that labels share: extreme classification.

    Labels and features are named 0, 1, 2, ... Labels stand, in random order, in groups of 32, and the groups have the
    weights of a Zipf law with exponent 1.1; the labels of a group weigh the same. A row has 1 + Poisson(`cardinality` - 1)
    distinct labels. It draws a group by weight, then each of its labels with .8 from that group, else from all labels, by
    weight: what is met again is drawn again.

    `share` labels next to each other have a pool of 20 `share`^.6 distinct features; each of them is told by 20 features
    of the pool. Each of those that tell a label of the row is there with probability .5, and further features are
    drawn from all by a Zipf law with exponent 1 until there are `nonzeros`. Pools are drawn by the same law with exponent
    .5, so what tells a label may also be a common feature. Values are |N(1, .3)| (65,536 quantiles of it, equally likely).

    These choices make a stream that is neither too easy nor too hard. Whoever knows the tables finds the best label of
    nearly every row; scoring labels by smoothed counts of labels per feature reaches about .6 to .86 of that, at 1,000
    to 100,000 labels and `share` of 1 to 100 (`benchmarks.extreme.difficulty`). With a Zipf law over single labels one of
    them would hold in every other row, and those counts would say no more than which; with pools of 20 `share`^.5 or
    drawn evenly the figures spread beyond those bounds.

    Each row depends on the seed and its number alone. Memory is about 100 bytes a label and 16 a feature.

    Parameters
    ----------
    rows
        How many rows.
    labels, features
        How many there are. Features not given: twice as many as labels.
    nonzeros
        Features of a row that are not zero, unless its labels alone tell more. Not given: 90, or half of all features.
    cardinality
        The mean number of labels of a row.
    seed
        The same seed gives the same rows.
    share
        How many labels draw their features from one pool: with 1 no two labels are told by the same features but by chance.
    redrawn
        The share of the groups whose labels are told by features drawn again, as `redraw_seed` says: everything else is
        as without.
    redraw_seed
        Decides which groups are drawn again, and what their features are.

    Raises
    ------
    ValueError
        If a parameter is not what it may be.

    Examples
    --------
    >>> stream = XMC(rows=1000, labels=5000, nonzeros=40, seed=7)
    >>> batch = next(stream.batches(1000))
    >>> len(stream.features), len(batch.indices) / 1000, len(batch.label_indices) / 1000
    (10000, 51.471, 4.988)
    """

    def __init__(
        self,
        *,
        rows: int = 10_000,
        labels: int = 100_000,
        features: int | None = None,
        nonzeros: int | None = None,
        cardinality: float = 5.0,
        seed: int = 0,
        share: int = 10,
        redrawn: float = 0.0,
        redraw_seed: int = 0,
    ) -> None:
        features = 2 * labels if features is None else features
        nonzeros = min(NONZEROS, -(-features // 2)) if nonzeros is None else nonzeros
        at_least("XMC", rows=(rows, 0), labels=(labels, 1), features=(features, 1), nonzeros=(nonzeros, 0))
        at_least("XMC", cardinality=(cardinality, 1), seed=(seed, 0), share=(share, 1))
        at_least("XMC", redrawn=(redrawn, 0), redraw_seed=(redraw_seed, 0))
        at_most("XMC", nonzeros=(nonzeros, features), redrawn=(redrawn, 1))
        at_most("XMC", cardinality=(cardinality, min(MOST_LABELS, max(1, labels / 2))))
        super().__init__("XMC", rows)
        self.nonzeros, self.cardinality, self.seed = nonzeros, cardinality, seed
        self.share, self.redrawn, self.redraw_seed = share, redrawn, redraw_seed
        self.features, self.labels = RangeVocabulary(features), RangeVocabulary(labels)
        self.declared_labels = labels

    @cached_property
    def tables(self) -> Tables:
        """What rows are drawn from."""
        return make_tables(
            self.seed, len(self.labels), len(self.features), self.share, self.redrawn, self.redraw_seed
        )  # fmt: skip

    @property
    def redrawn_labels(self) -> tuple[int, ...]:
        """The labels that are told by features drawn again."""
        return tuple(np.sort(self.tables.names[self.tables.redrawn]).tolist())

    def _blocks(self) -> Iterator[Batch]:
        from streams.kernels.draw_xmc import draw_rows

        key, sizes, by_weight, noise, magnitudes = self._drawn_from
        names, told = self.tables.names, self.tables.told
        most = max(self.nonzeros, len(sizes) * told.shape[1])
        ids, values = np.empty(_BLOCK * most, np.int32), np.empty(_BLOCK * most, np.float32)
        labels = np.empty(_BLOCK * len(sizes), np.int32)
        for start in range(0, self.length, _BLOCK):
            n = min(_BLOCK, self.length - start)
            indptr, label_indptr = np.zeros(n + 1, np.int64), np.zeros(n + 1, np.int64)
            draw_rows(
                key, start, n, self.nonzeros, INSIDE, sizes,
                by_weight, names, told, noise, magnitudes,
                indptr, ids, values, label_indptr, labels,
            )  # fmt: skip
            self._made = start + n
            yield Batch(
                features=self.features,
                labels=self.labels,
                indptr=indptr,
                indices=ids[: indptr[-1]].copy(),
                values=values[: indptr[-1]].copy(),
                label_indptr=label_indptr,
                label_indices=labels[: label_indptr[-1]].copy(),
                status=np.full(n, COMPLETE, np.uint8),
                places=np.arange(start, start + n),
            )

    @cached_property
    def _drawn_from(self) -> tuple[Any, ...]:
        """The tables as the kernel takes them: its key, `sizes`, `by_weight`, `noise` and `magnitudes`."""
        from streams.kernels.draw_xmc import alias_table

        weights, noise = self.tables.weights, self.tables.noise
        aliases = [np.empty((len(p), 2), np.uint32) for p in (weights, noise)]
        alias_table(weights.copy(), aliases[0])
        alias_table(noise.copy(), aliases[1])
        normal = NormalDist(1.0, 0.3)
        quantiles = (np.arange(_MAGNITUDES) + 0.5) / _MAGNITUDES
        magnitudes = np.abs([normal.inv_cdf(q) for q in quantiles.tolist()]).astype(np.float32)
        key = np.random.SeedSequence(self.seed).generate_state(1, np.uint64)[0]
        return key, set_sizes(self.cardinality), aliases[0], aliases[1], magnitudes


def set_sizes(cardinality: float) -> npt.NDArray[np.float64]:
    """Return how likely a row has at most 1, 2, ... labels: 1 + Poisson, cut where less than 1e-9 is left."""
    mean, p, total, sizes = cardinality - 1, math.exp(1 - cardinality), 0.0, []
    while total < 1 - 1e-9:
        total += p
        sizes.append(total)
        p *= mean / len(sizes)
    sizes[-1] = 1.0
    return np.array(sizes)
