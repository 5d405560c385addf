"""Records in, rows out: which messages are instances that may be learned, and what is wrong with the others."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

import numpy as np

from ihomer.daemon.admission import KEY_LETTERS, Admission, Refused
from ihomer.daemon.minute import Minute
from ihomer.daemon.names_met import NamesMet
from ihomer.daemon.settings import Limits
from streams.batch import Batch
from streams.json_parse import BlockParser
from streams.kafka.protocol import Record
from streams.message import Message, MessageError, MessageRows, decode
from streams.rebase import joined
from streams.select import select_rows
from streams.sources import newlines

#: What may be wrong with a message, in a word, and what that means.
KINDS: Final = {
    "empty": "no value (a tombstone), or one of blanks",
    "size": "more bytes than `limits.message_bytes`",
    "json": "not UTF-8, or not JSON",
    "instance": "JSON, but not an instance, or not like those before (an object, or a vector of so many numbers)",
    "features": "more features than `limits.features`",
    "labels": "more labels than `limits.labels`",
    "long name": "the name of a feature (10,000 letters) or a label (1,000), or an id (1,000), is too long",
    "clash": 'the name of a feature stands for another one already (`"colour=red": 1` and `"colour": "red"`)',
    "new names": "more new names than may come in a minute of message time (`limits.new_features`, `limits.new_labels`)",
    "late labels": "on the labels topic: no such message, or one that contradicts what was said before",
}

#: Values are read together until they have so many bytes: what reading takes is about ten times that.
_BLOCK = 1 << 20
#: After so many messages that the kernel cannot read, one after the other, at most so many are read one by one before it
#: is asked again; less than `_OFTEN` at once are not worth asking it.
_PATIENCE, _OFTEN = 256, 8
#: Stands in a block for what must not stand there; no kernel reads it.
_OTHER = b"!"
#: So many features are remembered as met: as many as a model keeps by default. Labels likewise.
REMEMBERED_FEATURES, REMEMBERED_LABELS = 1 << 20, 1 << 16


@dataclass(slots=True, frozen=True)
class Bad:
    """A message that is not learned.

    Parameters
    ----------
    index
        Which of the records.
    kind
        One of `KINDS`.
    what
        Topic, partition, offset, what was found, what was expected.
    """

    index: int
    kind: str
    what: str


@dataclass(slots=True, frozen=True, eq=False)
class Taken:
    """What records gave.

    Parameters
    ----------
    batch
        The good instances, in order: `places` are their indices among the records, `times` their own time, or that of the
        record (seconds; NaN: neither).
    bad
        The others, in order.
    """

    batch: Batch
    bad: list[Bad]


class Inbox:
    """Turns records into rows, within limits.

    Which messages are good, and what rows they give, depends on the messages so far and their order alone: not on how many come
    at a time, nor on whether the process was restarted in between (`state`, `restore`). Nothing of a bad message is remembered,
    but its time. A good one is one that a model learns without raising: of features whose names would be the same
    (``"colour=red": 1`` and ``"colour": "red"``) the first that came stays, messages with the other are bad. As in a file, the
    first instance decides whether x is an object or a vector, and of which length.

    Parameters
    ----------
    limits
        How much a message may hold and bring.
    features, labels
        So many names are remembered at least, twice as many at most; one that none of these messages held counts as new.

    Examples
    --------
    >>> inbox = Inbox(Limits(labels=1))
    >>> values = [b'{"x": {"a": 1}, "y": ["l"], "t": 7}', b"{", b'{"x": {"b": "c"}, "y": ["l", "m"]}', b'{"x": {"a": 0.5}}']
    >>> taken = inbox.take([Record("fruit", 0, 40 + i, 2.5, None, value) for i, value in enumerate(values)])
    >>> list(taken.batch.pairs()), taken.batch.places.tolist(), taken.batch.times.tolist()
    ([({'a': 1.0}, {'l'}), ({'a': 0.5}, None)], [0, 3], [7.0, 2.5])
    >>> for bad in taken.bad:
    ...     print(bad.kind, "|", bad.what)
    json | fruit[0], offset 41: not JSON: unexpected end of data
    labels | fruit[0], offset 42: $.y: found 2 labels, expected at most 1
    """

    def __init__(self, limits: Limits, *, features: int = REMEMBERED_FEATURES, labels: int = REMEMBERED_LABELS) -> None:
        self.limits = limits
        self._features, self._labels = NamesMet(features), NamesMet(labels)
        self._minute = Minute(limits.new_features, limits.new_labels)
        self._admission = Admission(limits, self._features, self._labels, self._minute)
        self._width: int | None = None
        self._patience = 1
        self._begin()

    def _begin(self) -> None:
        """Read with the vocabularies as they are now."""
        features, labels = self._features.vocabulary, self._labels.vocabulary
        self._parser, self._rows = BlockParser(features, labels), MessageRows(features, labels)
        self._rows.width = self._width

    def take(self, records: Sequence[Record]) -> Taken:
        """Return the rows of some records, and what is wrong with the others."""
        pieces: list[Batch] = []
        bad: list[Bad] = []
        for first, stop in _blocks(records):
            at = first
            while at < stop:
                at = self._block(records, at, stop, pieces, bad)
        batch = joined(pieces or [self._rows.take()])
        if batch.times is None:
            batch = replace(batch, times=np.full(len(batch), np.nan))
        return Taken(batch, bad)

    def admit(self, messages: Sequence[Message], records: Sequence[Record]) -> Taken:
        """Return the rows of some messages that are decoded already, and what is wrong with the others.

        Parameters
        ----------
        messages
            As `streams.message.decode` returns them, with times.
        records
            Of each the record that brought it.
        """
        pieces: list[Batch] = []
        bad: list[Bad] = []
        for i, message in enumerate(messages):
            try:
                self._add(message, i)
            except Refused as why:
                bad.append(_bad(records[i], i, why))
                continue
            if self._features.turn() | self._labels.turn():
                pieces.append(self._rows.take())
                self._begin()
        return Taken(joined([*pieces, self._rows.take()]), bad)

    def _block(self, records: Sequence[Record], first: int, stop: int, pieces: list[Batch], bad: list[Bad]) -> int:
        """Read records from `first` on; return where to go on: `stop`, or where a fresh vocabulary begins."""
        parser, rows = self._parser, self._rows
        times = np.array([record.time for record in records[first:stop]], np.float64)
        parser.begin(_joined(records[first:stop], self.limits.message_bytes), first, times)
        while not parser.ended:
            if rows.width is not None:
                batch, irregular = parser.parse(rows.width)
                if batch is not None:
                    self._patience = 1 if len(batch) > _OFTEN else self._patience
                    pieces.append(self._within_limits(batch, records, bad))
                if not irregular:
                    break
            for _ in range(self._patience):
                if parser.ended:
                    break
                i = parser.line()[1]
                try:
                    self._one(records[i], i)
                except Refused as why:
                    bad.append(_bad(records[i], i, why))
                    continue
                if self._features.turn() | self._labels.turn():
                    pieces.append(rows.take())
                    self._begin()
                    return i + 1
            self._patience = min(2 * self._patience, _PATIENCE)
            if len(rows):
                pieces.append(rows.take())
        return stop

    def _one(self, record: Record, i: int) -> None:
        """Add the row of one record, or raise Refused."""
        value, most = record.value, self.limits.message_bytes
        if value is None or not value or value.isspace():
            raise Refused("empty", f"found {'blanks' if value else 'no value'}, expected an instance")
        if len(value) > most:
            raise Refused("size", f"found {len(value):,} bytes, expected at most {most:,}")
        try:
            message = decode(value)
        except MessageError as error:
            raise Refused("json" if error.column else "instance", error.what) from None
        if message.time != message.time:  # NaN
            message = message._replace(time=record.time)
        self._add(message, i)

    def _add(self, message: Message, i: int) -> None:
        """Add the row of one message, or raise Refused."""
        self._minute.note([message.time])
        message, n_features, n_labels = self._admission.check(message, self._width)
        try:
            self._rows.put(message, i)
        except MessageError as error:
            raise Refused("instance", error.what) from None
        self._minute.count(n_features, n_labels)
        if self._width is None:
            self._width = self._rows.width
            self._features.fix(self._width or 0)

    def _within_limits(self, batch: Batch, records: Sequence[Record], bad: list[Bad]) -> Batch:
        """Return the rows that the kernel read without those that hold too much; all their names are known."""
        assert batch.places is not None
        assert batch.times is not None
        self._minute.note(batch.times.tolist())
        limits, width = self.limits, self._width or 0
        strange: set[int] = set()
        if len(batch.indices) + width > limits.features:  # or no row has so many
            strange.update(np.flatnonzero(np.diff(batch.indptr) + width > limits.features).tolist())
        if len(batch.label_indices) > limits.labels:
            strange.update(np.flatnonzero(np.diff(batch.label_indptr) > limits.labels).tolist())
        if batch.keys is not None:
            strange.update(i for i, key in enumerate(batch.keys) if type(key) is str and len(key) > KEY_LETTERS)
        if self._features.old_categories:  # what is missing may stand for many columns
            at = np.flatnonzero(np.isnan(batch.values))
            strange.update((np.searchsorted(batch.indptr, at, side="right") - 1).tolist())
        if not strange:
            return batch
        stay = np.ones(len(batch), np.bool_)
        for row in sorted(strange):
            i = int(batch.places[row])
            try:
                self._admission.check(decode(records[i].value or b""), self._width)
            except Refused as why:
                bad.append(_bad(records[i], i, why))
                stay[row] = False
        return select_rows(batch, np.flatnonzero(stay))

    # ------------------------------------------------------------------ state

    def state(self) -> dict[str, Any]:
        """Return what was learned of the messages so far as a plain tree."""
        return {
            "features": self._features.state(),
            "labels": self._labels.state(),
            "minute": self._minute.state(),
            "width": self._width,
        }

    def restore(self, state: dict[str, Any]) -> None:
        """Take over what `state` returned."""
        self._features.restore(state["features"])
        self._labels.restore(state["labels"])
        self._minute.restore(state["minute"])
        self._width = state["width"]
        self._begin()


def _bad(record: Record, i: int, why: Refused) -> Bad:
    return Bad(i, why.kind, f"{record.topic}[{record.partition}], offset {record.offset:,}: {why.what}")


def _blocks(records: Sequence[Record]) -> Iterator[tuple[int, int]]:
    """Yield where blocks of about `_BLOCK` bytes begin and end."""
    first = size = 0
    for i, record in enumerate(records):
        size += len(record.value or b"")
        if size > _BLOCK:
            yield first, i + 1
            first, size = i + 1, 0
    if first < len(records):
        yield first, len(records)


def _joined(records: Sequence[Record], most: int) -> bytes:
    """Return the values as lines; what is too long, or would not be one line of text, as `_OTHER`."""
    values: list[bytes] = [record.value or b"" for record in records]
    sizes = list(map(len, values))
    if max(sizes) <= most and min(sizes) > 0 and not any(map(bytes.isspace, values)):
        block = b"\n".join(values) + b"\n"
        if newlines(block) == len(values) and _is_text(block):
            return block
    return b"".join(
        (value if value and len(value) <= most and not value.isspace() and b"\n" not in value and _is_text(value) else _OTHER)
        + b"\n"
        for value in values
    )


def _is_text(block: bytes) -> bool:
    if block.isascii():
        return True
    try:
        block.decode()
    except UnicodeDecodeError:
        return False
    return True
