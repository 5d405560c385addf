"""Broken files for every format, made by functions, with the message that each must give."""

from __future__ import annotations

from collections.abc import Callable

from streams.stream import Stream


def read_into(seen: list[object], open_stream: Callable[[], Stream], rows: int = 3) -> None:
    """Open a stream and put its `(x, y)` into `seen`, up to the error that it gives."""
    for batch in open_stream().batches(rows):
        seen.extend(batch.pairs())
