"""Arrays as planes: the first bytes of all records together, the second ones, ...; each stored as it is, or deflated.

Exponents, high bytes of ids and counts are much the same all along an array and shrink to little; the low bytes of weights are
noise, and stay as they are. Runs and Huffman codes alone (no search for what came before) are faster and find as much.
"""

from __future__ import annotations

import math
import zlib
from typing import Any

import numpy as np
import numpy.typing as npt

from ihomer.checkpoint.errors import CheckpointError

#: Smaller arrays are stored as they are; so are those of longer items.
LEAST_BYTES, MOST_PLANES = 1 << 12, 64
#: How many bytes of a plane are tried, and how much of them may be left at most: else deflating all is not worth its time.
TRIED, WORTH = 1 << 13, 0.92
#: zlib makes at most so many bytes of one: more is not claimed by what we wrote.
MOST_EXPANSION = 1032
#: The most that zlib knows to do with memory: fewer blocks, each with a table of its own.
_MEMORY = 9
_LENGTH = np.dtype("<u8")


def is_packed(array: npt.NDArray[Any]) -> bool:
    """Return whether an array is stored as planes."""
    return array.nbytes >= LEAST_BYTES and array.dtype.itemsize <= MOST_PLANES


def record_bytes(array: npt.NDArray[Any]) -> int:
    """Return the bytes of a record, which is one item, or a row of few: columns are often of different kinds."""
    row = array.dtype.itemsize * math.prod(array.shape[1:])
    return row if 0 < row <= MOST_PLANES else array.dtype.itemsize


def pack(array: npt.NDArray[Any]) -> list[bytes | memoryview]:
    """Return the pieces that stand for an array: how long each plane is, and the planes.

    Examples
    --------
    >>> import numpy as np
    >>> array = np.arange(2000, dtype=np.int64)
    >>> data = b"".join(pack(array))
    >>> len(data) < array.nbytes / 4
    True
    >>> found, end = unpack(memoryview(data), array.dtype, array.shape, 8)
    >>> np.array_equal(found, array), end == len(data)
    (True, True)
    """
    records = np.ascontiguousarray(array).reshape(-1).view(np.uint8).reshape(-1, record_bytes(array))
    planes = [_deflated(np.ascontiguousarray(records[:, j]).data) for j in range(records.shape[1])]
    return [np.array([len(plane) for plane in planes], _LENGTH).tobytes(), *planes]


def unpack(
    data: memoryview, dtype: np.dtype[Any], shape: tuple[int, ...], n_planes: int
) -> tuple[npt.NDArray[Any], int]:
    """Return the array that `data` begins with, and where it ends.

    Raises
    ------
    CheckpointError
        If that is not what `pack` made of an array of that dtype and shape.
    """
    size = math.prod(shape) * dtype.itemsize
    if not 0 < n_planes <= MOST_PLANES or size % n_planes or size == 0:
        raise CheckpointError(f"damaged: an array of {size:,} bytes claims {n_planes:,} planes")
    at = n_planes * _LENGTH.itemsize
    if at > len(data):
        raise CheckpointError("damaged: an array reaches beyond the end of the arrays")
    lengths = np.frombuffer(data[:at], _LENGTH).tolist()
    n = size // n_planes
    if at + sum(lengths) > len(data) or n > MOST_EXPANSION * min(lengths):
        raise CheckpointError("damaged: an array reaches beyond the end of the arrays")
    records = np.empty((n, n_planes), np.uint8)
    for j, length in enumerate(lengths):
        records[:, j] = np.frombuffer(_inflated(data[at : at + length], n), np.uint8)
        at += length
    return records.reshape(-1).view(dtype).reshape(shape), at


def _deflated(plane: memoryview) -> bytes | memoryview:
    """Return a plane deflated if that is worth it."""
    start = max(0, (len(plane) - TRIED) // 2)
    tried = plane[start : start + TRIED]
    if len(_deflate(tried)) > WORTH * len(tried):
        return plane
    shorter = _deflate(plane)
    return shorter if len(shorter) < len(plane) else plane


def _deflate(plane: memoryview) -> bytes:
    deflater = zlib.compressobj(1, zlib.DEFLATED, zlib.MAX_WBITS, _MEMORY, zlib.Z_RLE)
    return deflater.compress(plane) + deflater.flush()


def _inflated(stored: memoryview, n: int) -> bytes | memoryview:
    """Return the `n` bytes of a plane."""
    if len(stored) == n:
        return stored
    inflater = zlib.decompressobj()
    try:
        plane = inflater.decompress(stored, n + 1)
    except zlib.error as error:
        raise CheckpointError(f"damaged: a plane of an array cannot be inflated ({error})") from None
    if len(plane) != n or not inflater.eof or inflater.unused_data:
        raise CheckpointError("damaged: a plane of an array has another length than it says")
    return plane

