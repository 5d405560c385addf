"""From a tree of plain data and arrays to the structure and arrays parts of a checkpoint."""

from __future__ import annotations

import pickle
import reprlib
from typing import Any

import numpy as np
import numpy.typing as npt

from ihomer.checkpoint.layout import (
    ARRAY,
    BYTES,
    DICT,
    FALSE,
    FLOAT,
    FLOAT64,
    FROZENSET,
    INT,
    LIST,
    LONG_LENGTH,
    MAX_DEPTH,
    NONE,
    NUMPY_BYTES,
    NUMPY_SCALAR,
    NUMPY_STR,
    PICKLE,
    PLAIN_DTYPE,
    PLANES,
    SET,
    STR,
    TRUE,
    TUPLE,
    padding,
)
from ihomer.checkpoint.planes import is_packed, pack, record_bytes

# Fixed, so that the bytes do not change with the version of Python; 5 is read by every version we run on.
_PICKLE_PROTOCOL = 5


class _NotStorable(Exception):  # noqa: N818 (caught here, and raised as another)
    """Something in the tree that cannot be stored; collects the steps to it on the way up."""

    def __init__(self, error: type[Exception], why: str) -> None:
        super().__init__(why)
        self.error, self.why, self.steps = error, why, list[str]()

    def placed(self) -> Exception:
        place = "".join(reversed(self.steps)).removeprefix(".") or "the tree itself"
        return self.error(f"{place}: {self.why}")


class Encoder:
    r"""The structure of a tree, and the arrays that stand in it, in order.

    Parameters
    ----------
    tree
        What to store.
    allow_pickle
        Whether what is not plain data may be stored by pickle.

    Attributes
    ----------
    structure : bytearray
        The structure part.
    pickles : int
        How many objects are stored by pickle.

    Raises
    ------
    TypeError
        If something cannot be stored; the message says where in the tree it stands.
    ValueError
        If containers are nested too deep.

    Examples
    --------
    >>> bytes(Encoder([7, None, "a"], allow_pickle=False).structure)
    b'l\x03i\x01\x07Ns\x01a'
    >>> Encoder({"model": {"learner": [1, print]}}, allow_pickle=False)
    Traceback (most recent call last):
    TypeError: model.learner[1]: an object of class builtin_function_or_method is not plain data;
    allow_pickle=True would store it by pickle (and reading it back can run any code)
    """

    def __init__(self, tree: object, *, allow_pickle: bool) -> None:
        self.structure = bytearray()
        self.pickles = 0
        self._arrays: list[npt.NDArray[Any]] = []
        self._allow_pickle = allow_pickle
        try:
            self._add(tree, 0)
        except _NotStorable as fault:
            raise fault.placed() from fault.__cause__

    def arrays(self) -> list[bytes | memoryview]:
        """Return the arrays part in pieces, large arrays packed; each array is let go of, so this can be asked once."""
        pieces: list[bytes | memoryview] = []
        arrays, self._arrays = self._arrays[::-1], []
        while arrays:
            array = arrays.pop()
            stored = pack(array) if is_packed(array) else [np.ascontiguousarray(array).reshape(-1).view(np.uint8).data]
            pieces += stored
            if gap := padding(sum(map(len, stored))):
                pieces.append(bytes(gap))
        return pieces

    def _add(self, tree: object, depth: int) -> None:
        raw = _scalar(tree)
        if raw is not None:
            self.structure += raw
        elif type(tree) is dict:
            self._add_dict(tree, depth)
        elif type(tree) is list or type(tree) is tuple:
            self._add_sequence(tree, depth)
        elif type(tree) is set or type(tree) is frozenset:
            _check_depth(depth)
            self.structure += (SET if type(tree) is set else FROZENSET) + _length(len(tree))
            # Sorted by their bytes: the order of a set follows the hash seed of the process.
            self.structure += b"".join(sorted(_name(item, depth + 1) for item in tree))
        elif type(tree) is np.ndarray and PLAIN_DTYPE.fullmatch(tree.dtype.str):
            self._add_array(tree)
        else:
            self._add_pickle(tree)

    def _add_dict(self, tree: dict[Any, object], depth: int) -> None:
        _check_depth(depth)
        self.structure += DICT + _length(len(tree))
        key = None
        try:
            for key, value in tree.items():
                self.structure += _name(key, depth + 1)
                self._add(value, depth + 1)
        except _NotStorable as fault:
            fault.steps.append(f".{key}" if isinstance(key, str) and key.isidentifier() else f"[{reprlib.repr(key)}]")
            raise

    def _add_sequence(self, tree: list[object] | tuple[object, ...], depth: int) -> None:
        _check_depth(depth)
        self.structure += (LIST if type(tree) is list else TUPLE) + _length(len(tree))
        i = 0
        try:
            for i, value in enumerate(tree):  # noqa: B007 (the item at fault)
                self._add(value, depth + 1)
        except _NotStorable as fault:
            fault.steps.append(f"[{i}]")
            raise

    def _add_array(self, array: npt.NDArray[Any]) -> None:
        dtype = array.dtype.str.encode()
        packed = is_packed(array)
        lengths = (array.ndim, *array.shape, *([record_bytes(array)] if packed else []))
        self.structure += _sized(PLANES if packed else ARRAY, dtype) + b"".join(map(_length, lengths))
        if array.size:
            self._arrays.append(array)

    def _add_pickle(self, thing: object) -> None:
        what = (
            f"a numpy array of dtype {thing.dtype}"
            if type(thing) is np.ndarray
            else f"an object of class {_class_name(thing)}"
        )
        if not self._allow_pickle:
            raise _NotStorable(
                TypeError,
                f"{what} is not plain data; allow_pickle=True would store it by pickle "
                "(and reading it back can run any code)",
            )
        try:
            payload = pickle.dumps(thing, _PICKLE_PROTOCOL)
        except Exception as error:  # whatever a stranger's __reduce__ may raise
            raise _NotStorable(TypeError, f"{what} cannot be pickled: {error}") from error
        self.structure += PICKLE + _length(len(payload)) + payload
        self.pickles += 1


def _scalar(value: object) -> bytes | None:
    """Return the item of anything that holds nothing else, or None.

    Classes are compared exactly: a subclass may mean more than its value.
    """
    kind = type(value)
    if kind is str:
        return _sized(STR, value.encode("utf-8", "surrogatepass"))  # type: ignore[attr-defined]
    if kind is int:
        return _sized(INT, value.to_bytes(value.bit_length() // 8 + 1, "little", signed=True))  # type: ignore[attr-defined]
    if kind is float:
        return FLOAT + FLOAT64.pack(value)
    if kind is bool:
        return TRUE if value else FALSE
    if value is None:
        return NONE
    if kind is bytes:
        return _sized(BYTES, value)  # type: ignore[arg-type]
    if kind is np.str_:
        return _sized(NUMPY_STR, value.encode("utf-8", "surrogatepass"))  # type: ignore[attr-defined]
    if kind is np.bytes_:
        return _sized(NUMPY_BYTES, bytes(value))  # type: ignore[call-overload]
    if isinstance(value, np.generic) and PLAIN_DTYPE.fullmatch(value.dtype.str):
        return _sized(NUMPY_SCALAR, value.dtype.str.encode()) + value.tobytes()
    return None


def _name(key: object, depth: int) -> bytes:
    """Return the item of a key of a dict or a member of a set."""
    if type(key) in (str, int, bool, float):
        raw = _scalar(key)
        assert raw is not None
        return raw
    if type(key) is tuple:
        _check_depth(depth)
        return TUPLE + _length(len(key)) + b"".join(_name(part, depth + 1) for part in key)
    raise _NotStorable(
        TypeError,
        "a key of a dict or a member of a set must be a str, int, bool, float or a tuple of these, "
        f"found an object of class {_class_name(key)}",
    )


def _check_depth(depth: int) -> None:
    if depth >= MAX_DEPTH:
        raise _NotStorable(ValueError, f"more than {MAX_DEPTH} containers inside each other")


def _sized(tag: bytes, payload: bytes) -> bytes:
    return tag + _length(len(payload)) + payload


def _length(n: int) -> bytes:
    return bytes((n,)) if n < 255 else LONG_LENGTH + n.to_bytes(8, "little")


def _class_name(thing: object) -> str:
    kind = type(thing)
    return kind.__qualname__ if kind.__module__ == "builtins" else f"{kind.__module__}.{kind.__qualname__}"
