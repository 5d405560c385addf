"""Arrays in .npy files, mapped into memory: features with their labels, a row for each instance."""

from __future__ import annotations

import math
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from streams.array_rows import KINDS, WIDEST
from streams.arrays import ArrayStream
from streams.errors import BadRows, StreamError
from streams.paired import PairedStream
from streams.text_stream import shown

if TYPE_CHECKING:
    from typing import BinaryIO

    from streams.stream import Stream

_MAGIC = b"\x93NUMPY"
#: What may stand in a file of labels; in one of features also floats.
_TRUTHS = "biu"


def open_npy(features: str, labels: str | None = None, bad_rows: BadRows | None = None) -> Stream:
    r"""Return the rows of an array of two dimensions in a .npy file, read block by block, never as a whole.

    Parameters
    ----------
    features
        The file: float16, float32, float64, whole numbers or booleans, in C or Fortran order. NaN is missing.
    labels
        A .npy file of booleans or of 0 and 1, as many rows, a column for each label; or a matrix of labels in text, as
        `streams.paired.PairedStream` reads it (plain, .gz, .bz2 or .xz). None: the rows are unlabelled.
    bad_rows
        The policy for bad rows; by default the first one is raised.

    Raises
    ------
    StreamError
        If a file is not what it should be: no array, cut short, of another dtype or shape, of other rows than the other one.
        Objects are refused; nothing is ever unpickled.

    Examples
    --------
    >>> import tempfile
    >>> folder = Path(tempfile.mkdtemp())
    >>> np.save(folder / "X.npy", np.array([[0.5, 2], [0, 1]], np.float16))
    >>> _ = (folder / "Y.txt").write_bytes(b"2 3\n0:1 2:1\n\n")
    >>> from streams import open_stream
    >>> list(open_stream(f"npy:{folder}/X.npy?labels={folder}/Y.txt").sets())
    [({0: 0.5, 1: 2.0}, {0, 2}), ({1: 1.0}, set())]
    """
    x = mapped(features, KINDS)
    name = Path(features).name
    if labels is None:
        return ArrayStream(x, name=name, bad_rows=bad_rows)
    if not _is_npy(labels):
        return PairedStream(ArrayStream(x, name=name), labels, 1, bad_rows)  # whose first line are its sizes
    y, label_name = mapped(labels, _TRUTHS), Path(labels).name
    if len(y) != len(x):
        raise StreamError(f"{label_name}: found {len(y):,} rows, expected {len(x):,}, as {name} has")
    return ArrayStream(x, y, name=name, label_name=label_name, bad_rows=bad_rows)


def mapped(path: str | Path, kinds: str) -> npt.NDArray[Any]:
    """Return the array of two dimensions that a .npy file holds, mapped for reading.

    Parameters
    ----------
    path
        The file.
    kinds
        The kinds that its dtype may be of, as numpy abbreviates them.

    Raises
    ------
    StreamError
        If the file cannot be read, holds another thing, or is shorter or longer than its header says.
    """
    name = Path(path).name
    try:
        with Path(path).open("rb") as file:
            shape, in_columns, dtype = _header(name, file)
            begins, ends = file.tell(), file.seek(0, 2)
    except OSError as error:
        raise StreamError(f"{name}: cannot be read: {error.strerror or error}") from None
    if dtype.kind not in kinds or dtype.itemsize > WIDEST:
        expected = "booleans or whole numbers" if kinds == _TRUTHS else "float16, float32, float64, whole numbers or booleans"
        raise StreamError(f"{name}: found an array of {dtype}, expected {expected}")
    if len(shape) != 2:
        raise StreamError(f"{name}: found an array of shape {shape}, expected two dimensions, a row for each instance")
    needed = math.prod(shape) * dtype.itemsize
    if ends - begins != needed:
        found = f"{ends - begins:,} bytes after the header"
        raise StreamError(f"{name}: found {found}, expected {needed:,} for {dtype} of shape {shape}")
    if not needed:
        return np.empty(shape, dtype)  # nothing cannot be mapped
    order: Any = "F" if in_columns else "C"
    return np.memmap(path, dtype, "r", begins, shape, order)


def _header(name: str, file: BinaryIO) -> tuple[tuple[int, ...], bool, np.dtype[Any]]:
    """Return what the header says: shape, whether it stores column by column, dtype."""
    from numpy.lib import format as npy

    from streams.kernels.parse_bytes import MAX_ID

    head = file.read(len(_MAGIC) + 2)
    if not head.startswith(_MAGIC):
        raise StreamError(f"{name}: expected a .npy file, which begins with \\x93NUMPY, found {shown(head)}")
    version = ".".join(map(str, head[len(_MAGIC) :]))
    read = {"1.0": npy.read_array_header_1_0, "2.0": npy.read_array_header_2_0}.get(version)
    if read is None:  # 3.0 is for structured arrays
        raise StreamError(f"{name}: found a .npy file of version {version!r}, expected 1.0 or 2.0")
    try:
        shape, in_columns, dtype = read(file)
    except Exception as error:  # noqa: BLE001 (whatever the reader of a broken header stumbles over)
        raise StreamError(f"{name}: has a broken header: {str(error)[:200]}") from None
    if any(size < 0 for size in shape) or any(size > MAX_ID for size in shape[1:]):
        raise StreamError(f"{name}: has a broken header: the shape {shown(repr(shape).encode())}")
    return shape, in_columns, dtype


def _is_npy(path: str) -> bool:
    try:
        with Path(path).open("rb") as file:
            return file.read(len(_MAGIC)) == _MAGIC or path.endswith(".npy")
    except OSError as error:
        raise StreamError(f"{Path(path).name}: cannot be read: {error.strerror or error}") from None
