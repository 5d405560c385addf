"""The rows of a stream as messages for a topic, again and again if need be."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import NamedTuple

import numpy as np

from streams.batch import UNLABELLED, Batch
from streams.errors import StreamError
from streams.stream import Stream
from streams.writers.json_lines import MessageEncoder
from streams.writers.unwritable import UnwritableError


class RowMessage(NamedTuple):
    """One row.

    Parameters
    ----------
    value
        The instance.
    labels
        Its labels, by its id, if they go apart and there are any; else None.
    key
        Its id as bytes; None if it has none.
    place
        Where it stands in its stream; 0 if that does not say.
    """

    value: bytes
    labels: bytes | None
    key: bytes | None
    place: int


class RowMessages:
    """Makes messages of the rows of a stream.

    Parameters
    ----------
    stream
        Whose rows.
    identified
        Give the rows that have no id their number, counted from 0 over all passes.
    apart
        Leave the labels out, and make messages of their own of them: ``{"id": ..., "y": ...}``; asks for `identified`.
    rows
        So many are made into messages at once; of a pipe, whose next row may be long in coming, one.

    Examples
    --------
    >>> from streams import open_stream
    >>> rows = open_stream("synthetic:groups?rows=2&features=1&labels=3&seed=4")
    >>> messages = RowMessages(rows, identified=True, apart=True)
    >>> for message in messages.one_pass():
    ...     print(message.value.decode(), message.labels.decode(), message.key)
    {"id":0,"x":{}} {"id":0,"y":[]} b'0'
    {"id":1,"x":{}} {"id":1,"y":["label2"]} b'1'
    """

    def __init__(self, stream: Stream, *, identified: bool, apart: bool, rows: int = 256) -> None:
        self._at_once = rows if stream.rewinds else 1
        self.stream, self.identified, self.apart = stream, identified, apart
        self._encoder = MessageEncoder(stream.features, stream.labels)
        self._passes = 0
        self._rows = 0

    def one_pass(self) -> Iterator[RowMessage]:
        """Yield all rows. In the second pass ``/2`` follows the ids that rows bring themselves, and so on: none comes twice.

        Raises
        ------
        StreamError
            What the stream raises, or if two of its names would be written alike.
        """
        self._passes += 1
        for batch in self.stream.batches(self._at_once):
            try:
                yield from self._of(batch)
            except UnwritableError as error:
                raise StreamError(f"{self.stream.name} cannot be written as JSON: {error}") from error

    def _of(self, batch: Batch) -> Iterator[RowMessage]:
        n = len(batch)
        ids = self._ids(batch)
        batch = replace(batch, keys=ids)
        labels: list[bytes | None] = [None] * n
        shown = batch
        if self.apart:
            labels = self._encoder.encode_labels(batch)
            shown = replace(batch, status=np.full(n, UNLABELLED, np.uint8))
        keys = [None if key is None else str(key).encode(errors="surrogatepass") for key in ids]
        places = [0] * n if batch.places is None else batch.places.tolist()
        self._rows += n
        yield from map(RowMessage, self._encoder.encode(shown), labels, keys, places)

    def _ids(self, batch: Batch) -> list[object]:
        own = batch.keys or [None] * len(batch)
        again = f"/{self._passes}" if self._passes > 1 else None
        return [
            (self._rows + i if self.identified else None) if key is None else key if again is None else f"{key}{again}"
            for i, key in enumerate(own)
        ]
