"""A checkpoint as bytes: head, structure and arrays, sealed by a digest; put together and taken apart."""

from __future__ import annotations

import hashlib
import importlib.metadata
import json
import platform
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

import ihomer
from ihomer.checkpoint.decode import PICKLES_REFUSED, Decoder
from ihomer.checkpoint.encode import Encoder
from ihomer.checkpoint.errors import CheckpointError, CheckpointRefusedError
from ihomer.checkpoint.layout import DIGEST_BYTES, FORMAT, FORMATS, MAGIC, MAX_HEADER_BYTES, PREAMBLE, padding

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


def dumps(tree: object, *, kind: str, allow_pickle: bool = False) -> bytes:
    """Return the bytes of a checkpoint, the same that `write` puts into a file.

    Equal trees give equal bytes, whatever the process and its hash seed: dicts keep their order, sets are
    sorted, nothing is said of time or place. (Of pickled objects their own classes decide.)

    Parameters
    ----------
    tree
        A dict, list, tuple, set, frozenset, str, int, float, bool, bytes, None, numpy array or numpy scalar,
        and so on inside; keys and members of sets are str, int, bool, float or tuples of these. Arrays are of
        any plain dtype: booleans, integers, floats, complex numbers, times, strings of a fixed length.
        Classes are taken exactly: a subclass is another thing. What stands in it twice is stored twice.
    kind
        What it is (``"model"``): asked for again when it is read.
    allow_pickle
        Store anything else by pickle, each object by itself.

    Raises
    ------
    TypeError
        If something cannot be stored; the message says where in the tree it stands.
    ValueError
        If more than 100 containers stand inside each other.

    Examples
    --------
    >>> import numpy as np
    >>> from ihomer.checkpoint import dumps, loads
    >>> loads(dumps({"names": ("a", 2), "weights": np.ones(3, np.float32)}, kind="demo"), kind="demo")
    {'names': ('a', 2), 'weights': array([1., 1., 1.], dtype=float32)}
    """
    return b"".join(Taken(tree, kind=kind, allow_pickle=allow_pickle).pieces())


def loads(
    data: bytes | bytearray | memoryview, *, kind: str | None = None, allow_pickle: bool = False
) -> Any:
    """Return the tree of a checkpoint given as bytes.

    Arrays come back writeable, C-contiguous and owning their memory. No code is run, unless `allow_pickle`.

    Parameters
    ----------
    data
        The whole checkpoint.
    kind
        The kind that it must be of; None takes any.
    allow_pickle
        Load pickled objects. Only for what comes from where you trust: loading a pickle can run any code.

    Raises
    ------
    CheckpointError
        If it is no checkpoint, truncated or damaged.
    CheckpointRefusedError
        If it is whole, but written in a newer format, of another kind, or holds pickles that are not allowed (found
        out before anything is unpickled).
    """
    view = memoryview(data).cast("B")
    head = read_head(bytes(view[: PREAMBLE.size]), len(view), sealed=lambda: _is_sealed(view))
    if not _is_sealed(view):
        raise CheckpointError("damaged: its contents do not match the SHA-256 at its end")
    header = read_header(bytes(view[PREAMBLE.size : head.header_end]))
    if kind is not None and header["kind"] != kind:
        raise CheckpointRefusedError(f"holds a {header['kind']!r}, expected a {kind!r}")
    if header["pickles"] and not allow_pickle:
        raise CheckpointRefusedError(PICKLES_REFUSED)
    structure = bytes(view[head.header_end : head.structure_end])
    return Decoder(structure, view[head.arrays_start : head.arrays_end], allow_pickle=allow_pickle).tree()


class Taken:
    """A tree taken down, to be written when there is time; see `dumps` for the parameters and what they may raise.

    What happens to the tree afterwards changes nothing, but the arrays in it must stay as they are until it is written.

    Examples
    --------
    >>> tree = {"rows": 1, "names": ["a"]}
    >>> taken = Taken(tree, kind="demo")
    >>> tree["names"].append("b")
    >>> loads(b"".join(taken.pieces()))
    {'rows': 1, 'names': ['a']}
    """

    def __init__(self, tree: object, *, kind: str, allow_pickle: bool = False) -> None:
        self._encoder = Encoder(tree, allow_pickle=allow_pickle)
        says = {"kind": kind, "pickles": self._encoder.pickles, "versions": versions()}
        self._header = json.dumps(says, sort_keys=True, separators=(",", ":")).encode()
        if len(self._header) > MAX_HEADER_BYTES:
            raise ValueError(f"kind must be a short name, found {len(kind):,} characters")

    def pieces(self) -> Iterator[bytes | memoryview]:
        """Yield the bytes of the checkpoint one piece after the other; can be asked once."""
        arrays = self._encoder.arrays()
        sizes = (len(self._header), len(self._encoder.structure), sum(map(len, arrays)))
        start = PREAMBLE.pack(MAGIC, FORMAT, *sizes) + self._header + self._encoder.structure
        start += bytes(padding(len(start)))
        digest = hashlib.sha256()
        for piece in (start, *arrays):
            digest.update(piece)
            yield piece
        yield digest.digest()


@dataclass(slots=True, frozen=True)
class Head:
    """Where the parts of a checkpoint stand, in bytes from its beginning."""

    format: int
    header_end: int
    structure_end: int
    arrays_start: int
    arrays_end: int


def check_magic(start: bytes) -> None:
    """Raise CheckpointError if `start`, the first bytes of a file, cannot be those of a checkpoint."""
    if not start:
        raise CheckpointError("not a checkpoint of ihomer: it is empty")
    if start[: len(MAGIC)] != MAGIC[: len(start)]:
        raise CheckpointError(f"not a checkpoint of ihomer: it begins with {start[: len(MAGIC)]!r}")


def read_head(preamble: bytes, size: int, *, sealed: Callable[[], bool]) -> Head:
    """Return where the parts of a checkpoint stand.

    Parameters
    ----------
    preamble
        Its first bytes.
    size
        How many bytes there are in all.
    sealed
        Whether the digest at the end holds; asked only when the format is another one.

    Raises
    ------
    CheckpointError
        If it is no checkpoint, or has not the size that it says; `CheckpointRefusedError` if it is of another format.
    """
    check_magic(preamble)
    if len(preamble) < PREAMBLE.size:
        raise CheckpointError(f"truncated: {size} bytes, less than any checkpoint has")
    _, version, header_bytes, structure_bytes, array_bytes = PREAMBLE.unpack(preamble)
    if version not in FORMATS:
        if not sealed():
            raise CheckpointError("damaged or truncated: its contents do not match the SHA-256 at its end")
        raise CheckpointRefusedError(
            f"written in format {version}; ihomer {ihomer.__version__} reads formats up to {FORMAT}: "
            "read it with the version of ihomer that wrote it, or a newer one"
        )
    header_end = PREAMBLE.size + header_bytes
    structure_end = header_end + structure_bytes
    arrays_start = structure_end + padding(structure_end)
    arrays_end = arrays_start + array_bytes
    expected = arrays_end + DIGEST_BYTES
    if size < expected:
        raise CheckpointError(f"truncated: {size:,} bytes, expected {expected:,}")
    if size > expected or header_bytes > MAX_HEADER_BYTES:
        raise CheckpointError(f"damaged: {size:,} bytes, expected {expected:,}")
    return Head(version, header_end, structure_end, arrays_start, arrays_end)


def read_header(raw: bytes) -> dict[str, Any]:
    """Return what the header says: kind, number of pickles, versions of the libraries.

    Raises
    ------
    CheckpointError
        If it is not such a header.
    """
    try:
        header = json.loads(raw)
        kind, pickles, found = header["kind"], header["pickles"], header["versions"]
        whole = isinstance(kind, str) and type(pickles) is int and isinstance(found, dict)
    except (ValueError, KeyError, TypeError, RecursionError):
        whole = False
    if not whole:
        raise CheckpointError("damaged: its header cannot be read")
    return {"kind": kind, "pickles": pickles, "versions": found}


@cache
def versions() -> dict[str, str]:
    """Return the versions of the libraries that decide what a checkpoint holds."""
    found = {"ihomer": ihomer.__version__, "python": platform.python_version()}
    for name in ("numba", "numpy", "river"):
        found[name] = importlib.metadata.version(name)
    return found


def _is_sealed(view: memoryview) -> bool:
    return hashlib.sha256(view[:-DIGEST_BYTES]).digest() == view[-DIGEST_BYTES:]
