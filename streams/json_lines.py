"""JSON Lines: one instance a line, in the message format of `streams.message`."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from streams.assemble import Faults, in_batches
from streams.batch import Batch
from streams.concatenate import in_batches_of
from streams.errors import BadRows, RowError
from streams.json_parse import BlockParser
from streams.message import MessageError, MessageRows
from streams.sources import ByteSource, line_blocks
from streams.stream import ROWS, Stream

#: A kernel that comes back after fewer rows than this costs more than it saves; up to so many lines in a row are
#: then decoded one by one. What is read is the same.
_OFTEN, _PATIENCE = 8, 256


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
        """Yield the rows as they are read: regular lines by the kernel, the others by `streams.message`."""
        parser = BlockParser(self.features, self.labels)
        faults = Faults(self.name)
        collector = MessageRows(self.features, self.labels, faults.note)
        collector.width = self.width
        patience = 1
        for block, first in line_blocks(self.source, self.BLOCK):
            parser.begin(block if block.endswith(b"\n") else block + b"\n", first)
            readable = _is_utf8(block)
            while not parser.ended:
                if readable and collector.width is not None:
                    batch, irregular = parser.parse(collector.width)
                    if batch is not None:
                        yield batch
                        # Lines that a kernel can read are the rule here, others the exception.
                        patience = 1 if len(batch) > _OFTEN else patience
                    if not irregular:
                        continue
                n = patience if readable else len(block)
                patience = min(2 * patience, _PATIENCE)
                yield from in_batches(self._read(parser, collector, n), collector, faults, self.bad_rows, len(block))
                self.width = collector.width

    def _read(self, parser: BlockParser, collector: MessageRows, n: int) -> Iterator[None]:
        """Add the next `n` lines."""
        while n > 0 and not parser.ended:
            line, number = parser.line()
            n -= 1
            if not line or line.isspace():
                continue
            try:
                collector.add(line.rstrip(b"\r"), number)
            except MessageError as error:
                self.bad_rows(RowError(self.name, number, error.column, error.what))
            else:
                yield

    def progress(self) -> float | None:
        """Return the share of the file that has been read; None for standard input."""
        return self.source.progress()


def _is_utf8(block: bytes) -> bool:
    try:
        block.decode()
    except UnicodeDecodeError:
        return False
    return True
