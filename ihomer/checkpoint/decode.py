"""From the structure and arrays parts of a checkpoint back to the tree; trusts no number that it reads."""

from __future__ import annotations

import math
import pickle
from functools import lru_cache
from typing import Any

import numpy as np
import numpy.typing as npt

from ihomer.checkpoint import layout
from ihomer.checkpoint.errors import CheckpointError, CheckpointRefusedError
from ihomer.checkpoint.layout import FLOAT64, MAX_DEPTH, PLAIN_DTYPE, padding
from ihomer.checkpoint.planes import unpack

_NONE, _TRUE, _FALSE = layout.NONE[0], layout.TRUE[0], layout.FALSE[0]
_INT, _FLOAT, _STR, _BYTES = layout.INT[0], layout.FLOAT[0], layout.STR[0], layout.BYTES[0]
_LIST, _TUPLE, _DICT, _SET, _FROZENSET = (
    layout.LIST[0],
    layout.TUPLE[0],
    layout.DICT[0],
    layout.SET[0],
    layout.FROZENSET[0],
)
_ARRAY, _NUMPY_SCALAR, _NUMPY_STR, _NUMPY_BYTES = (
    layout.ARRAY[0],
    layout.NUMPY_SCALAR[0],
    layout.NUMPY_STR[0],
    layout.NUMPY_BYTES[0],
)
_PICKLE, _PLANES, _LONG = layout.PICKLE[0], layout.PLANES[0], layout.LONG_LENGTH[0]

_NAMES = frozenset((_STR, _INT, _TRUE, _FALSE, _FLOAT, _TUPLE))
# numpy 1 has no more; numpy 2 allows 64.
_MAX_AXES = 32
_LAST_CODE_POINT = 0x10FFFF

PICKLES_REFUSED = (
    "holds objects that are stored by pickle, and reading them can run any code: "
    "pass allow_pickle=True if you trust where it comes from"
)


class Decoder:
    """Reads one tree.

    Every length is compared with the bytes that are left before anything is allocated.

    Parameters
    ----------
    structure
        The structure part.
    arrays
        The arrays part.
    allow_pickle
        Whether pickles may be loaded.
    """

    def __init__(self, structure: bytes, arrays: memoryview, *, allow_pickle: bool) -> None:
        self._structure, self._at = structure, 0
        self._arrays, self._array_at = arrays, 0
        self._allow_pickle = allow_pickle

    def tree(self) -> object:
        """Return the tree; every byte of both parts must have been used.

        Raises
        ------
        CheckpointError
            If the parts are not what an encoder writes.
        """
        tree = self._item(0)
        if self._at != len(self._structure) or self._array_at != len(self._arrays):
            raise CheckpointError("damaged: bytes left over after the last item")
        return tree

    def _take(self, n: int) -> bytes:
        end = self._at + n
        if end > len(self._structure):
            raise CheckpointError("damaged: an item reaches beyond the end of the structure")
        taken = self._structure[self._at : end]
        self._at = end
        return taken

    def _length(self) -> int:
        n = self._take(1)[0]
        return int.from_bytes(self._take(8), "little") if n == _LONG else n

    def _count(self) -> int:
        """Return how many items follow; each of them takes at least a byte."""
        n = self._length()
        if n > len(self._structure) - self._at:
            raise CheckpointError(f"damaged: a container claims {n:,} items, more than there are bytes left")
        return n

    def _item(self, depth: int) -> Any:
        tag = self._take(1)[0]
        if tag == _STR:
            return self._text()
        if tag == _INT:
            return int.from_bytes(self._take(self._length()), "little", signed=True)
        if tag == _FLOAT:
            return FLOAT64.unpack(self._take(8))[0]
        if tag in (_TRUE, _FALSE):
            return tag == _TRUE
        if tag == _NONE:
            return None
        if tag == _BYTES:
            return self._take(self._length())
        if tag in (_ARRAY, _PLANES):
            return self._array(packed=tag == _PLANES)
        if tag == _NUMPY_SCALAR:
            dtype = self._dtype()
            return _own(dtype, (), self._take(dtype.itemsize))[()]
        if tag == _NUMPY_STR:
            return np.str_(self._text())
        if tag == _NUMPY_BYTES:
            return np.bytes_(self._take(self._length()))
        if tag == _PICKLE:
            return self._unpickle(self._take(self._length()))
        return self._container(tag, depth)

    def _container(self, tag: int, depth: int) -> Any:
        if tag not in (_LIST, _TUPLE, _DICT, _SET, _FROZENSET):
            raise CheckpointError(f"damaged: an item begins with the unknown byte {tag:#04x}")
        if depth >= MAX_DEPTH:
            raise CheckpointError(f"damaged: more than {MAX_DEPTH} containers inside each other")
        n = self._count()
        if tag == _LIST:
            return [self._item(depth + 1) for _ in range(n)]
        if tag == _TUPLE:
            return tuple([self._item(depth + 1) for _ in range(n)])
        if tag == _DICT:
            entries = {self._name(depth + 1): self._item(depth + 1) for _ in range(n)}
        else:
            entries = dict.fromkeys([self._name(depth + 1) for _ in range(n)])
        if len(entries) != n:
            raise CheckpointError("damaged: a key or member stands twice in a dict or set")
        return entries if tag == _DICT else set(entries) if tag == _SET else frozenset(entries)

    def _name(self, depth: int) -> Any:
        """Return a key or a member: what can be hashed, all the way down."""
        if self._structure[self._at : self._at + 1] == layout.TUPLE:
            self._at += 1
            if depth >= MAX_DEPTH:
                raise CheckpointError(f"damaged: more than {MAX_DEPTH} containers inside each other")
            return tuple([self._name(depth + 1) for _ in range(self._count())])
        if self._at < len(self._structure) and self._structure[self._at] not in _NAMES:
            raise CheckpointError("damaged: a key or member is not a str, int, bool, float or tuple")
        return self._item(depth)

    def _text(self) -> str:
        try:
            return self._take(self._length()).decode("utf-8", "surrogatepass")
        except UnicodeDecodeError as error:
            raise CheckpointError(f"damaged: a string is not UTF-8 ({error.reason})") from None

    def _dtype(self) -> np.dtype[Any]:
        return _plain_dtype(self._take(self._length()))

    def _array(self, *, packed: bool) -> npt.NDArray[Any]:
        dtype = self._dtype()
        axes = self._length()
        if axes > _MAX_AXES:
            raise CheckpointError(f"damaged: an array claims {axes:,} axes")
        shape = tuple(self._length() for _ in range(axes))
        if packed:
            array, size = unpack(self._arrays[self._array_at :], dtype, shape, self._length())
            self._leave(size)
            return _checked(array)
        size = math.prod(shape) * dtype.itemsize
        start = self._array_at
        self._leave(size)
        return _own(dtype, shape, self._arrays[start : start + size])

    def _leave(self, size: int) -> None:
        """Go on behind an array of so many bytes."""
        self._array_at += size + padding(size)
        if self._array_at > len(self._arrays):
            raise CheckpointError("damaged: an array reaches beyond the end of the arrays")

    def _unpickle(self, payload: bytes) -> object:
        if not self._allow_pickle:
            raise CheckpointRefusedError(PICKLES_REFUSED)
        try:
            return pickle.loads(payload)  # noqa: S301 (the caller said so)
        except Exception as error:  # whatever a stranger's __setstate__ may raise
            why = f"{type(error).__name__}: {error}"
            raise CheckpointRefusedError(f"a pickled object cannot be loaded: {why}") from error


def _own(dtype: np.dtype[Any], shape: tuple[int, ...], raw: bytes | memoryview) -> npt.NDArray[Any]:
    """Return an array of its own: writeable and C-contiguous."""
    try:
        array = np.ndarray(shape, dtype, buffer=raw).copy()
    except ValueError as error:  # axes whose product overflows, although one of them is 0
        raise CheckpointError(f"damaged: an array of shape {shape} cannot be ({error})") from None
    return _checked(array)


def _checked(array: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """Return the array, if it holds nothing that its dtype cannot hold."""
    dtype = array.dtype
    if dtype.kind == "b" and array.size and array.view(np.uint8).max() > 1:
        raise CheckpointError("damaged: an array of booleans holds other values")
    if dtype.kind == "U" and array.size:
        points = array.reshape(-1).view(np.dtype(np.uint32).newbyteorder(dtype.byteorder))
        if points.max() > _LAST_CODE_POINT:
            raise CheckpointError("damaged: an array of strings holds what is not a character")
    return array


@lru_cache(maxsize=256)
def _plain_dtype(raw: bytes) -> np.dtype[Any]:
    text = raw.decode("latin-1")
    try:
        if PLAIN_DTYPE.fullmatch(text):
            return np.dtype(text)
    except (TypeError, ValueError, OverflowError):  # a unit of time that does not exist, a string too long
        pass
    raise CheckpointError(f"damaged: unknown dtype {text[:40]!r}")
