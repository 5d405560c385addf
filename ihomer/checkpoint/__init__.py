"""One file that holds what a model knows: plain data and arrays under a digest, read without running code."""

from __future__ import annotations

from ihomer.checkpoint.container import dumps, loads
from ihomer.checkpoint.errors import CheckpointError, CheckpointRefusedError
from ihomer.checkpoint.file import describe, read, write

__all__ = ["CheckpointError", "CheckpointRefusedError", "describe", "dumps", "loads", "read", "write"]
