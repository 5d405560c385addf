"""Kernels that draw rows of very many labels told by sparse features, and the tables behind them.

Random numbers are those of SplitMix64 (Steele, Lea & Flood, OOPSLA 2014), begun anew for every row, pool and label from a
key, so that none depends on what was drawn before it.
"""

from __future__ import annotations

import numpy as np

from streams.jit import jit

#: Labels of a group; features of a label.
GROUP, TOLD = 32, 20
#: Tries after which a label, or a further feature, that is always one that the row has already is given up.
TRIES = 64
#: Ids are sorted by their place among this many equal parts of all ids, then within each part.
PARTS = 256


@jit
def mix(z):  # type: ignore[no-untyped-def]
    """Return the output of SplitMix64 for a state."""
    z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return z ^ (z >> np.uint64(31))


@jit
def following(state):  # type: ignore[no-untyped-def]
    """Return the next state."""
    return state + np.uint64(0x9E3779B97F4A7C15)


@jit
def beginning(key, number):  # type: ignore[no-untyped-def]
    """Return the state of stream `number` of those of a key."""
    return mix(np.uint64(key) ^ mix(following(np.uint64(number))))


@jit
def _below(bits, n):  # type: ignore[no-untyped-def]
    """Return a whole number below n < 2^31 made of the upper half of 64 random bits."""
    return np.int64(((bits >> np.uint64(32)) * np.uint64(n)) >> np.uint64(32))


@jit
def alias_table(p, table):  # type: ignore[no-untyped-def]
    """Write Walker's alias table (as Vose, 1991, makes it) of probabilities.

    Parameters
    ----------
    p : float64 (n,), with the sum 1; scaled and used up
    table : uint32 (n, 2): out of 2^32, how often a draw of i stays i; and what it is otherwise
    """
    n = len(p)
    small, large = np.empty(n, np.int64), np.empty(n, np.int64)
    n_small = n_large = 0
    for i in range(n):
        p[i] *= n
        if p[i] < 1:
            small[n_small] = i
            n_small += 1
        else:
            large[n_large] = i
            n_large += 1
    while n_small > 0 and n_large > 0:
        n_small -= 1
        i, j = small[n_small], large[n_large - 1]
        table[i, 0], table[i, 1] = np.uint32(min(p[i] * 4294967296.0, 4294967295.0)), j
        p[j] -= 1 - p[i]
        if p[j] < 1:
            n_large -= 1
            small[n_small] = j
            n_small += 1
    for k in range(n_large):
        table[large[k], 0], table[large[k], 1] = 4294967295, large[k]
    for k in range(n_small):  # what rounding left over
        table[small[k], 0], table[small[k], 1] = 4294967295, small[k]


@jit
def _draw(table, bits):  # type: ignore[no-untyped-def]
    """Return a draw from an alias table, made of 64 random bits."""
    i = _below(bits, len(table))
    return i if np.uint32(bits & np.uint64(0xFFFFFFFF)) <= table[i, 0] else np.int64(table[i, 1])


@jit
def draw_told(keys, share, pool, common, told):  # type: ignore[no-untyped-def]
    """Draw the features that tell each label: some of its pool, which `share` labels in a row have in common.

    Parameters
    ----------
    keys : uint64 (labels,): labels of a pool draw from the same one where their keys are the same
    share, pool : labels and features of a pool
    common : uint32 (features, 2), features >= pool: alias table that pools draw from
    told : int32 (labels, m), m <= pool, written: distinct features of each label
    """
    m = told.shape[1]
    features, others, key = np.empty(pool, np.int64), np.empty(m, np.int64), np.uint64(0)
    for label in range(len(told)):
        if label % share == 0 or keys[label] != key:
            key = keys[label]
            state = beginning(key, 2 * (label // share))
            for k in range(pool):
                fresh = False
                while not fresh:
                    state = following(state)
                    features[k] = _draw(common, mix(state))
                    fresh = True
                    for before in range(k):
                        fresh &= features[before] != features[k]
        state = beginning(key, 2 * label + 1)
        for k in range(m):
            state = following(state)
            other = k + _below(mix(state), pool - k)
            features[k], features[other] = features[other], features[k]
            told[label, k], others[k] = features[k], other
        for k in range(m - 1, -1, -1):  # the next label finds the pool as this one did
            features[k], features[others[k]] = features[others[k]], features[k]


@jit
def _enter(seen, ids, n, item):  # type: ignore[no-untyped-def]
    """Append `item` to `ids[:n]` if the hash table `seen` does not hold it; return the new n."""
    mask = len(seen) - 1
    at = np.int64((np.uint64(item) * np.uint64(0x9E3779B97F4A7C15)) >> np.uint64(40)) & mask
    while seen[at] >= 0:
        if seen[at] == item:
            return n
        at = (at + 1) & mask
    seen[at] = item
    ids[n] = item
    return n + 1


@jit
def _sort(ids, n, n_ids, sorted_ids, ends):  # type: ignore[no-untyped-def]
    """Write `ids[:n]`, which are spread evenly over 0..n_ids - 1, to `sorted_ids` in order; `ends` is scratch."""
    ends[:] = 0
    scale = (PARTS << 32) // n_ids
    for i in range(n):
        ends[((ids[i] * scale) >> 32) + 1] += 1
    for part in range(PARTS):
        ends[part + 1] += ends[part]
    for i in range(n):
        part = (ids[i] * scale) >> 32
        sorted_ids[ends[part]] = ids[i]
        ends[part] += 1
    for i in range(1, n):
        item, j = sorted_ids[i], i - 1
        while j >= 0 and sorted_ids[j] > item:
            sorted_ids[j + 1] = sorted_ids[j]
            j -= 1
        sorted_ids[j + 1] = item


@jit
def draw_places(state, inside, sizes, by_weight, places):  # type: ignore[no-untyped-def]
    """Draw the labels of a row, as the places where they stand among the groups; return how many, and the state.

    Parameters
    ----------
    state : uint64, the first of the row
    inside, sizes, by_weight : see `draw_rows`
    places : int64 (m,), written: distinct
    """
    n_labels = len(by_weight)
    u = np.float64(mix(state) >> np.uint64(11)) * 2.0**-53
    wanted = 0
    while u >= sizes[wanted]:
        wanted += 1
    wanted += 1
    state = following(state)
    start = _draw(by_weight, mix(state)) // GROUP * GROUP
    stop = min(start + GROUP, n_labels)
    n = 0
    for _ in range(wanted):
        for _try in range(TRIES):
            state = following(state)
            bits = mix(state)
            if np.float64(bits >> np.uint64(11)) * 2.0**-53 < inside:
                state = following(state)
                place = start + _below(mix(state), stop - start)
            else:
                state = following(state)
                place = _draw(by_weight, mix(state))
            again = False
            for i in range(n):
                again |= places[i] == place
            if not again:
                places[n] = place
                n += 1
                break
    return n, state


@jit
def draw_rows(  # type: ignore[no-untyped-def]
    key, first, n_rows, nonzeros, inside, sizes,
    by_weight, names, told, noise, magnitudes,
    indptr, ids, values, label_indptr, labels,
):  # fmt: skip
    """Draw rows first..first + n_rows - 1; each depends on the key and its number alone.

    Parameters
    ----------
    key : uint64
    nonzeros : int64: features of a row, unless its labels alone tell more
    inside : float64, probability that a label is drawn from the group of the row
    sizes : float64 (m,): probability that a row has at most 1, 2, ... labels; the last is 1
    by_weight : uint32 (labels, 2): alias table of the places of labels
    names : int32 (labels,): the label at each place; `GROUP` places in a row are a group
    told : int32 (labels, k): the features that tell the label at each place
    noise : uint32 (features, 2): alias table of all features
    magnitudes : float32 (2^16,): values, equally likely
    indptr, ids, values, label_indptr, labels : written
    """
    n_features, k = len(noise), told.shape[1]
    most = max(nonzeros, len(sizes) * k)
    room = 16
    while room < 3 * most:
        room *= 2
    seen = np.full(room, -1, np.int32)
    row_ids, ordered = np.empty(most, np.int64), np.empty(most, np.int64)
    places = np.empty(len(sizes), np.int64)
    ends = np.empty(PARTS + 1, np.int64)
    cells = held = 0
    for row in range(n_rows):
        state = following(beginning(key, first + row))
        n, state = draw_places(state, inside, sizes, by_weight, places)
        for i in range(n):
            labels[held + i] = names[places[i]]
        labels[held : held + n].sort()
        held += n
        label_indptr[row + 1] = held

        n_ids = 0
        for i in range(n):
            state = following(state)
            bits = mix(state)
            for j in range(k):
                if bits & (np.uint64(1) << np.uint64(j)) != 0:
                    n_ids = _enter(seen, row_ids, n_ids, np.int64(told[places[i], j]))
        for _try in range(TRIES * nonzeros):
            if n_ids >= nonzeros:
                break
            state = following(state)
            n_ids = _enter(seen, row_ids, n_ids, _draw(noise, mix(state)))
        _sort(row_ids, n_ids, n_features, ordered, ends)
        seen[:] = -1
        bits = np.uint64(0)
        for i in range(n_ids):
            if i % 4 == 0:
                state = following(state)
                bits = mix(state)
            ids[cells + i] = ordered[i]
            values[cells + i] = magnitudes[np.int64(bits & np.uint64(0xFFFF))]
            bits >>= np.uint64(16)
        cells += n_ids
        indptr[row + 1] = cells
