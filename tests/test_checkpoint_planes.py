"""Arrays as planes: the same bits come back, few bytes where there is a pattern, and damage is told."""

from __future__ import annotations

import contextlib

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from ihomer.checkpoint import CheckpointError, dumps, loads
from ihomer.checkpoint.planes import LEAST_BYTES, MOST_PLANES, is_packed, pack, record_bytes, unpack

kinds = st.sampled_from(["|b1", "|u1", "<i4", ">i2", "<i8", "<f2", "<f4", ">f8", "<c16", "|S5", "<U3", "<M8[D]"])


def packed(array):
    return b"".join(pack(array))


@given(kinds, st.integers(1, 3000), st.sampled_from([(), (1,), (3,), (2, 2), (70,)]), st.randoms(use_true_random=False))
@settings(max_examples=60, deadline=None)
def test_every_array_comes_back(kind, n, row, chance):
    dtype, size = np.dtype(kind), n * int(np.prod(row, dtype=int))
    bound = 2 if dtype.kind in "bU" else chance.choice((2, 256))  # few values, or noise
    if dtype.kind == "U":
        array = np.array([chance.choice("aé") * 3 for _ in range(size)], dtype).reshape(n, *row)
    else:
        noise = np.random.default_rng(chance.randrange(1 << 30)).integers(0, bound, size * dtype.itemsize, dtype=np.uint8)
        array = noise.view(dtype).reshape(n, *row)
    data = packed(array)
    found, end = unpack(memoryview(data + b"more"), array.dtype, array.shape, record_bytes(array))
    assert (found.dtype, found.shape, end) == (array.dtype, array.shape, len(data))
    assert found.tobytes() == array.tobytes()
    assert found.flags.writeable
    assert found.flags.c_contiguous


@pytest.mark.parametrize("order", ["C", "F"])
def test_arrays_that_are_not_contiguous(order):
    array = np.asarray(np.arange(6000, dtype=np.float64).reshape(2000, 3), order=order)[::2]
    back = loads(dumps(array, kind="test"))
    assert is_packed(array)
    assert back.tolist() == array.tolist()


def test_large_arrays_of_few_values_are_few_bytes():
    ids = np.random.default_rng(0).integers(0, 256, 50_000)
    assert len(dumps(ids, kind="test")) < 1.1 * len(ids)  # one of eight bytes says something
    noise = np.random.default_rng(0).bytes(50_000)
    assert len(dumps(np.frombuffer(noise, np.uint8), kind="test")) < 1.01 * len(noise)


def test_which_arrays_are_packed():
    assert not is_packed(np.zeros(LEAST_BYTES - 1, np.uint8))
    assert is_packed(np.zeros(LEAST_BYTES, np.uint8))
    assert not is_packed(np.zeros(LEAST_BYTES, f"S{MOST_PLANES + 1}"))
    assert record_bytes(np.zeros((9, 3), np.float32)) == 12
    assert record_bytes(np.zeros((9, 300), np.float32)) == 4


ARRAY = np.arange(2000, dtype=np.int32) % 7 << 8
DATA = packed(ARRAY)
#: Where the first plane begins, of those that are all streams.
FIRST = 4 * 8


@pytest.mark.parametrize(
    ("data", "shape", "planes", "message"),
    [
        (DATA, (2000,), 0, "claims 0 planes"),
        (DATA, (2000,), 7, "claims 7 planes"),
        (DATA, (0,), 4, "claims 4 planes"),
        (DATA[: FIRST - 1], (2000,), 4, "reaches beyond"),
        (DATA[:-1], (2000,), 4, "reaches beyond"),
        (DATA, (2001,), 4, "another length"),
        (DATA, (1999,), 4, "another length"),
        (DATA, (1 << 50,), 4, "reaches beyond"),  # more than any stream of so many bytes can hold
        (DATA[:FIRST] + b"\xff\xff" + DATA[FIRST + 2 :], (2000,), 4, "cannot be inflated"),
    ],
)
def test_damage_is_told_before_anything_is_allocated(data, shape, planes, message):
    assert max(np.frombuffer(DATA[:FIRST], "<u8")) < len(ARRAY)
    with pytest.raises(CheckpointError, match=message):
        unpack(memoryview(data), ARRAY.dtype, shape, planes)


@given(st.lists(st.tuples(st.integers(0, len(DATA) - 1), st.integers(0, 255)), max_size=4), hnp.array_shapes(max_side=5000))
@settings(max_examples=200, deadline=None)
def test_forged_planes_never_raise_anything_else(changes, shape):
    forged = bytearray(DATA)
    for at, byte in changes:
        forged[at] = byte
    with contextlib.suppress(CheckpointError):
        unpack(memoryview(bytes(forged)), ARRAY.dtype, shape, 4)
