"""Kernel that reads a decimal number from bytes: the float32 nearest to the double that Python's `float` gives."""

from __future__ import annotations

import numpy as np

from streams.jit import jit

#: What `parse_number` met: a number (or nan); no number; an infinity or a number beyond float32; a number so
#: near the middle between two float32 that only exact arithmetic can round it.
NUMBER, NO_NUMBER, TOO_LARGE, TOO_CLOSE = 0, 1, 2, 3

#: Powers of ten, each the nearest double; exact up to 10^22.
_POWERS = np.array([float(f"1e{k}") for k in range(101)])
#: Doubles hold every integer up to this one, and quotients and products of two exact doubles are rounded right.
_EXACT = np.uint64(1 << 53)
#: Above this one more digit could overflow a uint64.
_FULL = np.uint64((2**64 - 10) // 10)
#: Bound on the relative error of `mantissa * power`: four units in the last place. The mantissa, the power, their
#: product and the digits left out are each off by at most half a unit.
_SLACK = 2.0**-50


@jit
def _letters(data, i, word):  # type: ignore[no-untyped-def]
    """Return whether the letters at `i` are the lower-case `word`, in whatever case."""
    k = 0
    while k < len(word) and data[i + k] | 32 == word[k]:
        k += 1
    return k == len(word)


_NAN = np.frombuffer(b"nan", np.uint8).copy()
_INF = np.frombuffer(b"inf", np.uint8).copy()


@jit
def parse_number(data, i):  # type: ignore[no-untyped-def]
    """Read the number that begins at `data[i]`; return it, the index after it, and what it is.

    A number is `[+-] digits [. digits] [e [+-] digits]`, with at least one digit before or after the point, or `nan`.
    The end is where it cannot go on; whether a number may end there is for the caller to see. Every loop ends
    at a newline, so one must follow.

    The first 19 digits make an integer m, the rest an exponent e. If m < 2^53 and |e| <= 22, m * 10^e is one
    correctly rounded operation (Clinger, "How to read floating point numbers accurately", 1990, section 3).
    Otherwise the product is within a few units of the true value; where both ends of that interval have the
    same float32, rounding is monotone and the true double has it too. What is left is TOO_CLOSE.

    Parameters
    ----------
    data : uint8, shape (m,)
    i : where to begin

    Returns
    -------
    float32, int, int
    """
    c = data[i]
    negative = c == 45
    if negative or c == 43:
        i += 1
        c = data[i]
    mantissa = np.uint64(0)
    exponent = 0
    start = i
    d = np.uint64(c) - np.uint64(48)
    while d < 10:
        if mantissa <= _FULL:
            mantissa = mantissa * np.uint64(10) + d
        else:
            exponent += 1
        i += 1
        d = np.uint64(data[i]) - np.uint64(48)
    digits = i - start
    if data[i] == 46:
        i += 1
        start = i
        d = np.uint64(data[i]) - np.uint64(48)
        while d < 10:
            if mantissa <= _FULL:
                mantissa = mantissa * np.uint64(10) + d
                exponent -= 1
            i += 1
            d = np.uint64(data[i]) - np.uint64(48)
        digits += i - start
    if digits == 0:
        if data[i] | 32 == 110 and _letters(data, i, _NAN):
            return np.float32(np.nan), i + 3, NUMBER
        if data[i] | 32 == 105 and _letters(data, i, _INF):
            return np.float32(0), i, TOO_LARGE
        return np.float32(0), i, NO_NUMBER
    if data[i] | 32 == 101:
        i += 1
        down = data[i] == 45
        if down or data[i] == 43:
            i += 1
        power = 0
        start = i
        while 48 <= data[i] <= 57:
            if power < 1 << 40:  # far beyond what the digits of any line can make up for
                power = power * 10 + (data[i] - 48)
            i += 1
        if i == start:
            return np.float32(0), i, NO_NUMBER
        exponent += -power if down else power
    if mantissa == 0:
        return np.float32(0), i, NUMBER
    if exponent > 60:
        return np.float32(0), i, TOO_LARGE
    if exponent < -100:  # below 2^64 / 10^100: far under the smallest float32
        return np.float32(0), i, NUMBER
    value = np.float64(mantissa)
    if exponent < 0:
        value /= _POWERS[-exponent]
    elif exponent > 0:
        value *= _POWERS[exponent]
    exact = mantissa < _EXACT and -22 <= exponent <= 22
    if not exact and np.float32(value * (1 - _SLACK)) != np.float32(value * (1 + _SLACK)):
        return np.float32(0), i, TOO_CLOSE
    single = np.float32(value)
    if np.isinf(single):
        return np.float32(0), i, TOO_LARGE
    return -single if negative else single, i, NUMBER
