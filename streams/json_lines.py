"""JSON Lines: one instance a line, in the message format of `streams.message`."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from streams.batch import Batch
from streams.concatenate import in_batches_of
from streams.errors import BadRows
from streams.json_blocks import MessageBlocks
from streams.sources import ByteSource, line_blocks
from streams.stream import ROWS, Stream


class JsonLinesStream(Stream):
    r"""A file of JSON messages, one a line; empty lines are left out.

    Parameters
    ----------
    path
        File (plain, gzip, bzip2 or xz), ``-`` for standard input, or a source that has been opened.
    bad_rows
        The policy for bad rows; the first one is raised if not given.

    Examples
    --------
    >>> from pathlib import Path
    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as folder:
    ...     path = Path(folder) / "fruit.jsonl"
    ...     _ = path.write_text('{"x": {"colour": "red"}, "y": ["apple"]}\n{"x": {}, "y": {"pear": false}}\n')
    ...     list(JsonLinesStream(path).sets())
    [({'colour': 'red'}, {'apple'}), ({}, {'pear': False})]
    """

    #: Bytes read at a time.
    BLOCK = 1 << 20

    def __init__(self, path: str | Path | ByteSource, bad_rows: BadRows | None = None) -> None:
        self.source = path if isinstance(path, ByteSource) else ByteSource(path)
        super().__init__(self.source.name, bad_rows)
        self.rewinds = self.source.rewinds
        #: Length of the vectors if x is an array, 0 if it is an object, None before the first row.
        self.width: int | None = None

    def batches(self, rows: int = ROWS) -> Iterator[Batch]:
        """Yield all rows, in order, `rows` a batch.

        Raises
        ------
        StreamError
            If a line is not an instance (RowError: line, column, JSON path), or the file is cut short; the rows
            before it have been yielded.
        """
        return in_batches_of(rows, self._pieces())

    def _pieces(self) -> Iterator[Batch]:
        """Yield the rows as they are read."""
        blocks = MessageBlocks(self.name, self.features, self.labels, self.bad_rows)
        blocks.width = self.width
        for block, first in line_blocks(self.source, self.BLOCK):
            for batch in blocks.read(block, first):
                self.width = blocks.width
                yield batch

    def progress(self) -> float | None:
        """Return the share of the file that has been read; None for standard input."""
        return self.source.progress()
