"""The arrays of a multi-label Hoeffding adaptive tree, and the names of their columns.

A tree is a handful of pools. *Nodes* are rows of `nodes`, `node_stats`, `positives`, ...; a *slot* is what one
leaf holds of one feature (its observer and its row of linear weights); a *pair* is what a slot holds of one
label. Slots and pairs are found by open-addressing hash tables and listed by links, so that a leaf costs
what it has met and nothing else. The last rows of the stream are kept once, in `memory`, and every leaf's
window points into it. Kernels never grow an array: they stop before a row that might not fit, and say what
is short; what fits or not therefore never changes a result. What happens once in hundreds of rows (splits, alternates)
is not done in kernels at all: the loop over rows stops after such a row and says EVENT.
"""

from __future__ import annotations

from typing import NamedTuple, TypeAlias

import numpy as np
import numpy.typing as npt

I32: TypeAlias = npt.NDArray[np.int32]
I64: TypeAlias = npt.NDArray[np.int64]
F32: TypeAlias = npt.NDArray[np.float32]
F64: TypeAlias = npt.NDArray[np.float64]


class Tree(NamedTuple):
    """State of one tree with room for N nodes, C labels, S slots, P pairs, F features."""

    counters: I64  # (COUNTERS,)
    nodes: I64  # (N, NODE_INTS)
    node_stats: F64  # (N, NODE_FLOATS)
    positives: F64  # (N, C) weight of a leaf's rows in which the label held
    missing: F64  # (N, C) weight of a leaf's rows in which the label was not known
    base: F64  # (N, C) share of the label that the leaf started with
    windows: I64  # (N, W) ring of the numbers of a leaf's last rows in `memory`
    slots: I32  # (S, 4)
    slot_stats: F64  # (S, 6)
    weights: F32  # (S, C) linear weights
    squares: F32  # (S, C) AdaGrad: sums of squared gradients
    slot_table: I32  # (power of two,)
    pairs: I32  # (P, 3)
    pair_stats: F64  # (P, 4)
    pair_table: I32  # (power of two,)
    moments: F64  # (F, 5)
    scales: F64  # (F, 3)
    centred: I32  # (F,) the features that are centred
    since: I64  # (C,) memory rows older than this say nothing of the label
    memory: I64  # (R, 7)
    memory_ids: I32  # (A,) features, labels that hold, labels that are known
    memory_values: F32  # (A,)
    adwin_counts: I32
    adwin_sums: F64
    adwin_spreads: F64
    adwin_windows: F64
    adwin_clocks: I64


class Desk(NamedTuple):
    """Room to work in; holds nothing between rows (`query` is all zero)."""

    p: F32  # (leaves, 4, C) LINEAR, NEIGHBOURS, LAST, FINAL
    truth: F32  # (C,)
    known: npt.NDArray[np.uint8]  # (C,)
    errors: F32  # (C,)
    labels: F64  # (6, C) of one feature at a split; votes
    z_ids: I32  # (E,)
    z: F32  # (E,)
    slot_of: I32  # (leaves, E)
    query: F32  # (F,)
    path: I64  # (leaves,)
    reached: I64  # (leaves,) the leaves, the one of the foreground first
    alternate_of: I64  # (leaves,) position in `reached` of the alternate's leaf at a position of `path`, or -1
    losses: F64  # (leaves, 4) HAMMING, SQUARE, OTHER, ALARM
    nearest: I64  # (K,)
    distance: F64  # (K,)
    report: I64  # (3,) REASON, PATH_LENGTH, REACHED


# counters
(
    ROWS, STORED, HEAD, ROOT, NODES, NODE_TOP, NODE_FREE, SLOTS, SLOT_TOP, SLOT_FREE, PAIRS, PAIR_TOP, PAIR_FREE,
    REGIME, MET, CENTRED, ENTRIES, SPLITS, ALARMS, SWAPS, PRUNED,
) = range(21)  # fmt: skip
COUNTERS = 21
# nodes
FEATURE, LEFT, RIGHT, ALTERNATE, DEPTH, FIRST_SLOT, FILLED, NEXT, MIXED, DEAF, LAST_SEEN = range(11)
NODE_INTS = 11
LEAF, UNUSED = -1, -2
# node_stats
(
    THRESHOLD, PASSED, SEEN, ATTEMPT, BASE_WEIGHT, LOSS_LINEAR, LOSS_NEIGHBOURS, LOSS_LAST, LOSS_WEIGHT,
    RACE_ROWS, RACE_SUM, RACE_SQUARES, RACE_OWN, RACE_OTHER, SEEN_PARTIAL,
) = range(15)  # fmt: skip
NODE_FLOATS = 15
# slots and pairs
OWNER, KEY, LINK, FIRST_PAIR = range(4)
WEIGHT, MEAN, SPREAD, NANS, LOW, HIGH = range(6)
# moments of a feature over the stream: non-zeros, their mean and spread, the largest |value|, missing values
COUNT, AVERAGE, DEVIATION, LARGEST, ABSENT = range(5)
# scales of a feature: z = (x - SHIFT) * FACTOR; ZERO is the z of x = 0
SHIFT, FACTOR, ZERO = range(3)
# memory
START, N_FEATURES, N_LABELS, N_KNOWN, STATUS, AT_ROW, SIGNATURE = range(7)
# members of a leaf model
LINEAR, NEIGHBOURS, LAST, FINAL = range(4)
# regimes
SPARSE, DENSE = 0, 1
# why the loop over rows stopped before its end (Desk.report[REASON])
DONE, SHORT_SLOTS, SHORT_PAIRS, SHORT_MEMORY, SHORT_LEVELS, EVENT = range(6)
# report
REASON, PATH_LENGTH, REACHED = range(3)
# losses of a node on the path: Hamming loss, squared error, squared error of its alternate, and whether it ROSE
HAMMING, SQUARE, OTHER, ALARM = range(4)
# settings (float64)
(
    SEED, BAGGING, GRACE, GROWTH, RATE, DRIFT_DELTA, RACE_LENGTH, MAX_DEPTH, MAX_BYTES,
) = range(9)  # fmt: skip
SETTINGS = 9

#: ADWIN's parameters, as in river.
CLOCK, MAX_BUCKETS, MIN_WINDOW, ADWIN_GRACE = 32, 5, 5, 10
