"""ADWIN for many detectors at once: exponential histograms in pooled arrays, one slot a detector.

Bifet & Gavaldà, Learning from time-changing data with adaptive windowing (SDM 2007), in the form in which
MOA and river have it (ADWIN2). A window is a row of buckets: level k of a slot holds buckets of 2^k values
each, oldest first, and the highest level holds the oldest values.

Arrays of a bank of S slots with room for K levels and M buckets a level (`max_buckets`):

- `counts` int32 (S, K): buckets in each level;
- `sums`, `spreads` float64 (S, K, M + 1): a bucket's sum, and its sum of squares around its mean;
- `windows` float64 (S, 3): WIDTH, TOTAL and SPREAD of the whole window;
- `clocks` int64 (S, 3): TICK (values since the last reset), LEVELS in use, and DRIFTED (the last value raised
  an alarm: the next one starts from nothing, as in river).
"""

from __future__ import annotations

import math

from streams.jit import jit

WIDTH, TOTAL, SPREAD = 0, 1, 2
TICK, LEVELS, DRIFTED = 0, 1, 2
#: What an update answers.
FELL, NOTHING, ROSE = -1, 0, 1


@jit
def adwin_reset(counts, windows, clocks, slot):  # type: ignore[no-untyped-def]
    """Forget everything that `slot` has seen."""
    for k in range(counts.shape[1]):
        counts[slot, k] = 0
    windows[slot, WIDTH] = 0.0
    windows[slot, TOTAL] = 0.0
    windows[slot, SPREAD] = 0.0
    clocks[slot, TICK] = 0
    clocks[slot, LEVELS] = 1
    clocks[slot, DRIFTED] = 0


@jit
def adwin_full(counts, clocks, slot, max_buckets):  # type: ignore[no-untyped-def]
    """Return whether one more value could need a level that the arrays do not have."""
    last = counts.shape[1] - 1
    return clocks[slot, LEVELS] > last and counts[slot, last] >= max_buckets


@jit
def _insert(counts, sums, spreads, windows, clocks, slot, value, max_buckets):  # type: ignore[no-untyped-def]
    held = counts[slot, 0]
    sums[slot, 0, held] = value
    spreads[slot, 0, held] = 0.0
    counts[slot, 0] = held + 1
    before = windows[slot, WIDTH]
    if before > 0:
        gap = value - windows[slot, TOTAL] / before
        windows[slot, SPREAD] += before * gap * gap / (before + 1.0)
    windows[slot, WIDTH] = before + 1.0
    windows[slot, TOTAL] += value
    level = 0
    size = 1.0
    while counts[slot, level] > max_buckets:  # the two oldest of a full level become one of the next
        gap = (sums[slot, level, 0] - sums[slot, level, 1]) / size
        merged = sums[slot, level, 0] + sums[slot, level, 1]
        spread = spreads[slot, level, 0] + spreads[slot, level, 1] + 0.5 * size * gap * gap
        counts[slot, level] -= 2
        for b in range(counts[slot, level]):
            sums[slot, level, b] = sums[slot, level, b + 2]
            spreads[slot, level, b] = spreads[slot, level, b + 2]
        level += 1
        size *= 2.0
        if level == clocks[slot, LEVELS]:
            clocks[slot, LEVELS] += 1
        above = counts[slot, level]
        sums[slot, level, above] = merged
        spreads[slot, level, above] = spread
        counts[slot, level] = above + 1


@jit
def _drop_oldest(counts, sums, spreads, windows, clocks, slot):  # type: ignore[no-untyped-def]
    level = clocks[slot, LEVELS] - 1
    size = 2.0**level
    total = sums[slot, level, 0]
    windows[slot, WIDTH] -= size
    windows[slot, TOTAL] -= total
    width = windows[slot, WIDTH]
    gap = total / size - windows[slot, TOTAL] / width
    windows[slot, SPREAD] -= spreads[slot, level, 0] + size * width * gap * gap / (size + width)
    counts[slot, level] -= 1
    for b in range(counts[slot, level]):
        sums[slot, level, b] = sums[slot, level, b + 1]
        spreads[slot, level, b] = spreads[slot, level, b + 1]
    if counts[slot, level] == 0:
        clocks[slot, LEVELS] -= 1


@jit
def _find_cut(counts, sums, windows, clocks, slot, delta, min_window_length):  # type: ignore[no-untyped-def]
    """Return ROSE or FELL if some cut of the window into old and new values shows two means, else NOTHING."""
    width = windows[slot, WIDTH]
    variance = windows[slot, SPREAD] / width
    confidence = math.log(2.0 * math.log(width) / delta)
    total = windows[slot, TOTAL]
    spare = min_window_length - 1.0
    # Most cuts lie far within the bound: they are told by products alone, without its divisions and root. The bound's
    # second term, which is left out here, is larger than what rounding could do.
    reach = 2.0 * variance * confidence
    old = 0.0
    old_total = 0.0
    size = 2.0 ** (clocks[slot, LEVELS] - 1)
    for level in range(clocks[slot, LEVELS] - 1, -1, -1):
        for b in range(counts[slot, level]):
            old += size
            old_total += sums[slot, level, b]
            new = width - old
            if new < min_window_length or old < min_window_length:
                continue
            distance = old_total * new - (total - old_total) * old
            sides = old * new
            if distance * distance * (old - spare) * (new - spare) <= reach * (width - 2.0 * spare) * sides * sides:
                continue
            gap = old_total / old - (total - old_total) / new
            harmonic = 1.0 / (old - min_window_length + 1.0) + 1.0 / (new - min_window_length + 1.0)
            bound = math.sqrt(2.0 * harmonic * variance * confidence) + 2.0 / 3.0 * confidence * harmonic
            if abs(gap) > bound:
                return ROSE if gap < 0 else FELL
        size *= 0.5
    return NOTHING


@jit
def _shrink(  # type: ignore[no-untyped-def]
    counts, sums, spreads, windows, clocks, slot, delta, min_window_length
):
    """Drop the oldest values while some cut shows two means; return how the first one found says the mean changed."""
    answer = _find_cut(counts, sums, windows, clocks, slot, delta, min_window_length)
    cut = answer
    while cut != NOTHING:
        _drop_oldest(counts, sums, spreads, windows, clocks, slot)
        cut = _find_cut(counts, sums, windows, clocks, slot, delta, min_window_length)
    if answer != NOTHING:
        clocks[slot, DRIFTED] = 1
    return answer


@jit
def adwin_update(  # type: ignore[no-untyped-def]
    counts, sums, spreads, windows, clocks, slot, value, delta, clock, max_buckets, min_window_length, grace_period
):
    """Give one value to one detector; return NOTHING, ROSE or FELL: how the mean changed, if it did.

    The arrays must have room (`adwin_full`). Parameters are those of `river.drift.ADWIN`, whose flags, width
    and mean it reproduces.
    """
    if clocks[slot, DRIFTED]:
        adwin_reset(counts, windows, clocks, slot)
    _insert(counts, sums, spreads, windows, clocks, slot, value, max_buckets)
    clocks[slot, TICK] += 1
    if clocks[slot, TICK] % clock == 0 and windows[slot, WIDTH] > grace_period:
        return _shrink(counts, sums, spreads, windows, clocks, slot, delta, min_window_length)
    return NOTHING


@jit
def adwin_update_many(  # type: ignore[no-untyped-def]
    counts, sums, spreads, windows, clocks, slots, values, start, deltas, clock, max_buckets, min_window_length,
    grace_period, answers, means,
):
    """Give `values[i]` to the detector `slots[i]`, in order from `start` on; return where room ran out, or the end.

    As `adwin_update` of each, written out: a call with so many arrays costs twice as much as what it does.

    Parameters
    ----------
    slots : int64, shape (m,)
    values : float64, shape (m,)
    deltas : float64, shape (S,): the significance of each detector
    answers : int8, shape (m,), zeros; written: ROSE or FELL where a mean changed
    means : float64, shape (m, 2); written where one changed: mean of the detector's window before and after the value
    """
    last = counts.shape[1] - 1
    for i in range(start, len(slots)):
        slot = slots[i]
        if clocks[slot, LEVELS] > last and counts[slot, last] >= max_buckets:  # it could need a level more
            return i
        if clocks[slot, DRIFTED]:
            adwin_reset(counts, windows, clocks, slot)
        before = windows[slot, TOTAL]
        width = windows[slot, WIDTH]
        _insert(counts, sums, spreads, windows, clocks, slot, values[i], max_buckets)
        clocks[slot, TICK] += 1
        if clocks[slot, TICK] % clock == 0 and windows[slot, WIDTH] > grace_period:
            answers[i] = _shrink(counts, sums, spreads, windows, clocks, slot, deltas[slot], min_window_length)
            means[i, 0] = before / max(width, 1.0)
            means[i, 1] = windows[slot, TOTAL] / max(windows[slot, WIDTH], 1.0)
    return len(slots)
