"""Checkpoints in files."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from ihomer.checkpoint.atomic import write_whole
from ihomer.checkpoint.container import Taken, check_magic, loads, read_head, read_header
from ihomer.checkpoint.errors import CheckpointError
from ihomer.checkpoint.layout import MAGIC, PREAMBLE


def write(path: str | os.PathLike[str], tree: object, *, kind: str, allow_pickle: bool = False) -> None:
    """Write a checkpoint; at any moment and after any failure the file is the old one or the whole new one.

    Parameters
    ----------
    path
        Where to.
    tree, kind, allow_pickle
        What to: see `dumps`.

    Raises
    ------
    TypeError, ValueError
        If something in the tree cannot be stored (see `dumps`).
    OSError
        If the file cannot be written; the message names it, what stood there before is untouched.
    """
    write_taken(path, Taken(tree, kind=kind, allow_pickle=allow_pickle))


def write_taken(path: str | os.PathLike[str], taken: Taken) -> None:
    """Write what was taken down before, once; like `write`, which does both."""
    write_whole(path, taken.pieces())


def read(path: str | os.PathLike[str], *, kind: str | None = None, allow_pickle: bool = False) -> Any:
    """Return the tree of a checkpoint; while it reads, file and tree are both in memory.

    Parameters
    ----------
    path
        Where from.
    kind, allow_pickle
        See `loads`.

    Raises
    ------
    CheckpointError
        If the file cannot be taken (see `loads`); the message names it.
    OSError
        If it cannot be opened.

    Examples
    --------
    >>> import tempfile, pathlib
    >>> from ihomer.checkpoint import read, write
    >>> with tempfile.TemporaryDirectory() as directory:
    ...     path = pathlib.Path(directory, "demo.ckpt")
    ...     write(path, {"t": 3}, kind="demo")
    ...     read(path, kind="demo")
    {'t': 3}
    """
    with Path(path).open("rb") as file:
        try:
            check_magic(file.read(len(MAGIC)))  # before a large file of another kind is read whole
            file.seek(0)
            return loads(file.read(), kind=kind, allow_pickle=allow_pickle)
        except CheckpointError as error:
            raise type(error)(f"{os.fspath(path)}: {error}") from error.__cause__


def describe(path: str | os.PathLike[str]) -> dict[str, Any]:
    """Return what the head of a checkpoint says, without reading, or checking, the rest.

    Parameters
    ----------
    path
        Where from.

    Returns
    -------
    dict
        kind : str; format : int; versions : dict of the libraries that wrote it; pickles : int, how many
        objects are stored by pickle; structure_bytes, array_bytes, total_bytes : int.

    Raises
    ------
    CheckpointError
        If it is no checkpoint, truncated, of another format, or its head is damaged; the message names it.
    OSError
        If it cannot be opened.

    Examples
    --------
    >>> import tempfile, pathlib
    >>> from ihomer.checkpoint import describe, write
    >>> with tempfile.TemporaryDirectory() as directory:
    ...     path = pathlib.Path(directory, "demo.ckpt")
    ...     write(path, {"t": 3}, kind="demo")
    ...     about = describe(path)
    >>> about["kind"], about["format"], about["pickles"], about["structure_bytes"]
    ('demo', 2, 0, 8)
    """
    with Path(path).open("rb") as file:
        size = os.fstat(file.fileno()).st_size
        try:
            head = read_head(file.read(PREAMBLE.size), size, sealed=lambda: True)
            header = read_header(file.read(head.header_end - PREAMBLE.size))
        except CheckpointError as error:
            raise type(error)(f"{os.fspath(path)}: {error}") from error.__cause__
    return {
        "kind": header["kind"],
        "format": head.format,
        "versions": header["versions"],
        "pickles": header["pickles"],
        "structure_bytes": head.structure_end - head.header_end,
        "array_bytes": head.arrays_end - head.arrays_start,
        "total_bytes": size,
    }
