"""Decimal to float32: what Python's float and then numpy's float32 say, always."""

from __future__ import annotations

import struct

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from streams.kernels.parse_number import NO_NUMBER, NUMBER, TOO_CLOSE, TOO_LARGE, parse_number
from streams.svmlight import SvmlightStream

from .naive.parsing import BadRow, number


def read(text):
    return parse_number(np.frombuffer(text + b"\n", np.uint8), 0)


def same(a, b):
    return a == b or (np.isnan(a) and np.isnan(b))


digits = st.text("0123456789", max_size=25)
decimals = st.builds(
    lambda sign, a, b, e: f"{sign}{a}{b}{e}".encode(),
    st.sampled_from(["", "-", "+"]),
    digits,
    st.one_of(st.just(""), digits.map(lambda d: "." + d)),
    st.one_of(st.just(""), st.integers(-60, 60).map(lambda e: f"e{e}"), st.sampled_from(["E+5", "e", "e-", "e400"])),
)
doubles = st.floats(allow_infinity=False).map(lambda v: repr(v).encode())
singles = st.floats(width=32, allow_infinity=False).map(lambda v: str(np.float32(v)).encode())
middles = st.integers(0, 2**31 - 2**23 - 2).map(  # the double halfway between two float32, and text around it
    lambda bits: repr((single(bits) + single(bits + 1)) / 2).encode()
)


def single(bits):
    return float(np.uint32(bits).view(np.float32)) if bits < 0x7F800000 else 2.0**128


@settings(max_examples=400, deadline=None)
@given(st.one_of(decimals, doubles, singles, middles))
@example(b"3.4028235677973366e38")
@example(b"3.4028235677973365e38")
@example(b"7.006492321624085e-46")
@example(b"1" * 40 + b"e-39")
@example(b"0." + b"0" * 400 + b"1e401")
@example(b"9007199254740993")
@example(b"18446744073709551615")
@example(b"18446744073709551616")
def test_agrees_with_float(text):
    value, end, what = read(text)
    if what == TOO_CLOSE:
        return  # for the caller, see below
    try:
        expected = number(text)
    except BadRow:
        assert what in (TOO_LARGE, NO_NUMBER) or end < len(text)
        return
    assert what == NUMBER
    assert end == len(text)
    assert same(value, expected)


def test_every_float32_survives():
    rng = np.random.default_rng(1)
    for bits in rng.integers(0, 2**32, 2000, dtype=np.uint32).tolist():
        value = struct.unpack("f", struct.pack("I", bits))[0]
        if np.isfinite(value):
            assert read(repr(value).encode())[0] == np.float32(value)


@pytest.mark.parametrize("text", [b"", b"-", b".", b"e5", b"+e5", b"x", b"na", b"in", b"--1", b"1e", b"1e+"])
def test_no_number(text):
    assert read(text)[2] == NO_NUMBER


@pytest.mark.parametrize("text", [b"inf", b"-Infinity", b"1e39", b"-1e400", b"1" * 50])
def test_too_large(text):
    assert read(text)[2] == TOO_LARGE


def test_numbers_in_the_middle_are_rounded_exactly(tmp_path):
    # Just below, at and just above the middle between two float32, thousands in one row, good and bad rows mixed.
    middle = "1.00000017881393432617187500"  # 1 + 1.5 * 2^-23
    texts = [middle + "0001", middle, middle[:-3] + "499"]
    below, above = np.float32(1) + np.float32(2**-23), np.float32(1) + np.float32(2**-22)
    row = " ".join(f"{i}:{texts[i % 3]}" for i in range(5001))
    path = tmp_path / "a.svm"
    path.write_text(f"0 {row}\n1 0:{middle}\n2 0:3.40282356779733e38\n")
    batch = next(SvmlightStream(path, block_bytes=100).batches())
    expected = [float(np.float32(float(text))) for text in texts]
    assert set(expected) <= {float(below), float(above)}
    assert batch.values[:5001].tolist() == [expected[i % 3] for i in range(5001)]
    assert batch.values[5001:].tolist() == [expected[1], float(np.finfo(np.float32).max)]
