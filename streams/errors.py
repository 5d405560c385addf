"""What is said, and done, when a row or a file is not what it should be."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field


class StreamError(Exception):
    """A stream that cannot be opened or read on; the message says where, what was found, what was expected."""


class RowError(StreamError):
    """One row that cannot be taken; the rows after it can.

    Parameters
    ----------
    source
        File name or topic.
    line
        Line (counted from 1) or offset; 0 if there is none.
    column
        Column of the first character at fault (counted from 1, in bytes); 0 if the whole row is meant.
    what
        What was found, and what was expected.

    Examples
    --------
    >>> print(RowError("enron.arff", 1053, 17, "attribute 'a12' is {0,1}, found '2'"))
    enron.arff:1053:17: attribute 'a12' is {0,1}, found '2'
    """

    def __init__(self, source: str, line: int, column: int, what: str) -> None:
        self.source, self.line, self.column, self.what = source, line, column, what
        place = f"{source}:{line}:{column}" if column else f"{source}:{line}" if line else source
        super().__init__(f"{place}: {what}")


@dataclass(slots=True)
class BadRows:
    """What to do with bad rows, and which there were.

    Parameters
    ----------
    skip
        False: the first bad row is raised. True: bad rows are left out, counted and kept for a report.
    limit
        With `skip`: more bad rows than this raise StreamError. None: no limit.

    Examples
    --------
    >>> bad = BadRows(skip=True, limit=1)
    >>> bad(RowError("a.csv", 3, 0, "4 fields, expected 5"))
    >>> bad.count, str(bad.first[0])
    (1, 'a.csv:3: 4 fields, expected 5')
    >>> bad(RowError("a.csv", 4, 0, "no fields, expected 5"))
    Traceback (most recent call last):
    streams.errors.StreamError: more than 1 bad rows; the last: a.csv:4: no fields, expected 5
    """

    skip: bool = False
    limit: int | None = None
    #: How many rows were left out.
    count: int = 0
    #: The first ones of them.
    first: list[RowError] = field(default_factory=list)
    #: How many are kept in `first`: enough to see what is wrong, however long the stream.
    keep: int = 20
    #: Called with each row that is left out (a dead-letter topic, a log), or None.
    notify: Callable[[RowError], None] | None = None

    def __call__(self, error: RowError) -> None:
        """Raise `error`, or count it, as the policy says."""
        if not self.skip:
            raise error
        self.count += 1
        if len(self.first) < self.keep:
            self.first.append(error)
        if self.notify is not None:
            self.notify(error)
        if self.limit is not None and self.count > self.limit:
            raise StreamError(f"more than {self.limit} bad rows; the last: {error}")
