"""What `XMC` draws its rows from: how likely labels and features are, and which features tell which label."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Numbers = npt.NDArray[np.float64]
Ids = npt.NDArray[np.int32]

#: Exponents of the Zipf laws of groups of labels, of the features that tell nothing, and of those that pools are made of.
GROUPS_ZIPF, NOISE_ZIPF, POOLS_ZIPF = 1.1, 1.0, 0.5
#: How much larger the pool of more labels is.
_POOL_GROWTH = 0.6


@dataclass(slots=True, frozen=True, eq=False)
class Tables:
    """What a generator of very many labels knows. Places are where labels stand among the groups.

    Parameters
    ----------
    names
        int32 (labels,): the label at each place; 32 places in a row are a group, `share` places in a row have a pool.
    weights
        float64 (labels,): how likely the label at each place is in one draw from all of them.
    told
        int32 (labels, 20 or all features): the features that tell the label at each place.
    noise
        float64 (features,): how likely each feature is in one draw from all of them.
    redrawn
        bool (labels,): whether the label at each place is of a group whose features were drawn again.
    """

    names: Ids
    weights: Numbers
    told: Ids
    noise: Numbers
    redrawn: npt.NDArray[np.bool_]


def pool_size(share: int, features: int) -> int:
    """Return how many features a pool of `share` labels has.

    Examples
    --------
    >>> [pool_size(share, 200_000) for share in (1, 10, 100)]
    [20, 80, 317]
    """
    from streams.kernels.draw_xmc import TOLD

    return min(features, round(float(TOLD * share**_POOL_GROWTH)))


def make_tables(
    seed: int, labels: int, features: int, share: int, redrawn: float, redraw_seed: int
) -> Tables:
    """Return the tables that the parameters of `streams.synthetic.xmc.XMC` decide."""
    from streams.kernels.draw_xmc import GROUP, TOLD, alias_table, draw_told

    key = _random(seed, 0).integers(1 << 63, dtype=np.uint64)
    other = _random(seed, 1, redraw_seed).integers(1 << 63, dtype=np.uint64)
    groups = -(-labels // GROUP)
    changed = np.zeros(groups, bool)
    changed[_random(seed, 2, redraw_seed).permutation(groups)[: round(redrawn * groups)]] = True
    of_place = np.repeat(changed, GROUP)[:labels]
    pool = pool_size(share, features)
    told = np.empty((labels, min(TOLD, pool)), np.int32)
    random = _random(seed, 3)
    ranks = random.permutation(features)
    common = np.empty((features, 2), np.uint32)
    alias_table(_zipf(features, POOLS_ZIPF)[ranks], common)
    draw_told(np.where(of_place, other, key), share, pool, common, told)
    weights, names = label_weights(random, labels)
    return Tables(names, weights, told, _zipf(features, NOISE_ZIPF)[ranks], of_place)


def label_weights(random: np.random.Generator, labels: int) -> tuple[Numbers, Ids]:
    """Return `weights` and `names` of `Tables`."""
    from streams.kernels.draw_xmc import GROUP

    groups = -(-labels // GROUP)
    sizes = np.minimum(GROUP, labels - GROUP * np.arange(groups))
    weights = np.repeat(_zipf(groups, GROUPS_ZIPF)[random.permutation(groups)] / sizes, sizes)
    return weights, random.permutation(labels).astype(np.int32)


def _zipf(n: int, exponent: float) -> Numbers:
    """Return the probabilities of the ranks 1 to n."""
    p: Numbers = np.arange(1, n + 1, dtype=np.float64) ** -exponent
    p /= p.sum()
    return p


def _random(seed: int, *what: int) -> np.random.Generator:
    return np.random.default_rng(np.random.SeedSequence(seed, spawn_key=(1, *what)))
