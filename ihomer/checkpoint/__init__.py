"""One file that holds what a model knows: plain data and arrays under a digest, read without running code."""

from __future__ import annotations

from ihomer.checkpoint.beside import Beside
from ihomer.checkpoint.container import Taken, dumps, loads
from ihomer.checkpoint.errors import CheckpointError, CheckpointRefusedError
from ihomer.checkpoint.file import describe, read, write, write_taken

__all__ = [
    "Beside",
    "CheckpointError",
    "CheckpointRefusedError",
    "Taken",
    "describe",
    "dumps",
    "loads",
    "read",
    "write",
    "write_taken",
]
