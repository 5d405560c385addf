"""Blocks of JSON messages become batches: regular ones by a kernel, the others one by one."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from streams.assemble import Faults, in_batches
from streams.batch import Batch
from streams.errors import RowError
from streams.json_parse import BlockParser
from streams.message import MessageError, MessageRows
from streams.vocabulary import Vocabulary

#: A kernel that comes back after fewer rows than this costs more than it saves; up to so many lines in a row are
#: then decoded one by one. What is read is the same.
_OFTEN, _PATIENCE = 8, 256


class MessageBlocks:
    r"""Reads blocks of messages, one a line; blank lines are left out.

    Parameters
    ----------
    name
        Of the source, for errors.
    features, labels
        The vocabularies; they grow.
    bad_rows
        Called with every bad line, whose `line` is its number; raises what shall end the reading.

    Examples
    --------
    >>> blocks = MessageBlocks("fruit", Vocabulary(), Vocabulary(), print)
    >>> for batch in blocks.read(b'{"x": {"size": 2}}\n{"x": 7}\n{"x": {"size": 3}}\n', 1):
    ...     print(batch.places, list(batch.pairs()))
    [1] [({'size': 2.0}, None)]
    fruit:2: $.x: found a number, expected an object of features or an array of numbers
    [3] [({'size': 3.0}, None)]
    """

    def __init__(
        self, name: str, features: Vocabulary, labels: Vocabulary, bad_rows: Callable[[RowError], None]
    ) -> None:
        self.name, self.bad_rows = name, bad_rows
        self._parser = BlockParser(features, labels)
        self._faults = Faults(name)
        self._collector = MessageRows(features, labels, self._faults.note)
        self._patience = 1

    @property
    def width(self) -> int | None:
        """Length of the vectors if x is an array, 0 if it is an object, None before the first row."""
        return self._collector.width

    @width.setter
    def width(self, width: int | None) -> None:
        self._collector.width = width

    def read(self, block: bytes, first: int) -> Iterator[Batch]:
        """Yield the rows of `block`, in order, their line numbers as places.

        Parameters
        ----------
        block
            Lines, each with its newline; the last one may go without.
        first
            The number of the first line.

        Raises
        ------
        StreamError
            What `bad_rows` raises; the rows before it have been yielded.
        """
        parser, collector = self._parser, self._collector
        parser.begin(block if block.endswith(b"\n") else block + b"\n", first)
        readable = is_utf8(block)
        while not parser.ended:
            if readable and collector.width is not None:
                batch, irregular = parser.parse(collector.width)
                if batch is not None:
                    yield batch
                    # Lines that a kernel can read are the rule here, others the exception.
                    self._patience = 1 if len(batch) > _OFTEN else self._patience
                if not irregular:
                    continue
            n = self._patience if readable else len(block)
            self._patience = min(2 * self._patience, _PATIENCE)
            yield from in_batches(self._lines(n), collector, self._faults, self.bad_rows, len(block))

    def add(self, line: bytes, number: int) -> Iterator[Batch]:
        """Yield the row of one message, which may hold newlines: a batch, or none if it is bad."""
        yield from in_batches(self._line(line, number), self._collector, self._faults, self.bad_rows, 1)

    def _lines(self, n: int) -> Iterator[None]:
        """Add the next `n` lines of the block."""
        while n > 0 and not self._parser.ended:
            line, number = self._parser.line()
            n -= 1
            if line and not line.isspace():
                yield from self._line(line.rstrip(b"\r"), number)

    def _line(self, line: bytes, number: int) -> Iterator[None]:
        try:
            self._collector.add(line, number)
        except MessageError as error:
            self.bad_rows(RowError(self.name, number, error.column, error.what))
        else:
            yield


def is_utf8(block: bytes) -> bool:
    r"""Return whether `block` is UTF-8.

    Examples
    --------
    >>> is_utf8("é".encode()), is_utf8(b"\xe9")
    (True, False)
    """
    try:
        block.decode()
    except UnicodeDecodeError:
        return False
    return True
