"""The generator of very many labels, with Python's integers, lists and sets."""

from __future__ import annotations

import numpy as np

from streams.synthetic.xmc import INSIDE

_64 = (1 << 64) - 1


def mix(z):
    z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & _64
    z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & _64
    return z ^ (z >> 31)


def numbers(key, number):
    """Yield the random numbers of stream `number` of a key."""
    state = mix(key ^ mix((number + 0x9E3779B97F4A7C15) & _64))
    while True:
        state = (state + 0x9E3779B97F4A7C15) & _64
        yield mix(state)


def below(bits, n):
    return (bits >> 32) * n >> 32


def unit(bits):
    return (bits >> 11) * 2.0**-53


def draw(table, bits):
    i = below(bits, len(table))
    return i if bits & 0xFFFFFFFF <= table[i][0] else int(table[i][1])


def places_of(random, sizes, by_weight, n_labels):
    """Return the places of a row's labels."""
    wanted = 1 + int(np.searchsorted(sizes, unit(next(random)), "right"))
    start = draw(by_weight, next(random)) // 32 * 32
    group = range(start, min(start + 32, n_labels))
    places = []
    for _ in range(wanted):
        for _try in range(64):
            inside = unit(next(random)) < INSIDE
            bits = next(random)
            place = group[below(bits, len(group))] if inside else draw(by_weight, bits)
            if place not in places:
                places.append(place)
                break
    return places


def rows(stream, n):
    """Yield feature ids, values and label ids of the first n rows of an XMC stream."""
    key, sizes, by_weight, noise, magnitudes = stream._drawn_from
    names, told = stream.tables.names.tolist(), stream.tables.told.tolist()
    for row in range(n):
        random = numbers(int(key), row)
        places = places_of(random, sizes, by_weight, len(names))
        ids = set()
        for place in places:
            bits = next(random)
            ids |= {feature for j, feature in enumerate(told[place]) if bits >> j & 1}
        for _try in range(64 * stream.nonzeros):
            if len(ids) >= stream.nonzeros:
                break
            ids.add(draw(noise, next(random)))
        ids = sorted(ids)
        fours = [next(random) for _ in range(0, len(ids), 4)]
        values = [magnitudes[fours[i // 4] >> 16 * (i % 4) & 0xFFFF].item() for i in range(len(ids))]
        yield ids, values, sorted(names[place] for place in places)
