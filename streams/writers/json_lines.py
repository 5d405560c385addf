"""Writer of JSON Lines, in the message format of `streams.message`."""

from __future__ import annotations

from pathlib import Path

import orjson

from streams.batch import COMPLETE, UNLABELLED, Batch
from streams.names import Name
from streams.stream import Stream
from streams.vocabulary import NUMERIC, Vocabulary
from streams.writers.target import written_beside
from streams.writers.text import TextNames, number_texts
from streams.writers.unwritable import UnwritableError


def write_json_lines(stream: Stream, path: Path) -> int:
    """Write all rows of `stream`, one message a line; return how many.

    Vectors, dense blocks whose features are named 0, 1, 2, ..., are written as arrays.
    """
    encoder = MessageEncoder(stream.features, stream.labels)
    rows = 0
    with written_beside(path) as file:
        for batch in stream.batches():
            file.write(b"".join(line + b"\n" for line in encoder.encode(batch)))
            rows += len(batch)
    return rows


class MessageEncoder:
    """Makes messages of the rows of one stream.

    Parameters
    ----------
    features, labels
        The vocabularies of the stream.

    Examples
    --------
    >>> batch = Batch.from_pairs([({"size": 2.5, "hue": "red"}, {"apple"}), ({"size": None}, {"apple": False})])
    >>> for line in MessageEncoder(batch.features, batch.labels).encode(batch):
    ...     print(line.decode())
    {"x":{"hue":"red","size":2.5},"y":["apple"]}
    {"x":{"size":null},"y":{"apple":false}}
    """

    def __init__(self, features: Vocabulary, labels: Vocabulary) -> None:
        self.features, self.labels = features, labels
        self._attributes = TextNames("features")
        self._label_texts = TextNames("labels")
        self._attribute_seen: set[Name] = set()
        self._starts: list[str] = []  # of each column: '"size":', or '"hue":' of an indicator
        self._categories: list[str | None] = []  # of each column: '"red"' of an indicator
        self._labels: list[bytes] = []

    def encode(self, batch: Batch) -> list[bytes]:
        """Return the messages of the rows of `batch`, without line ends.

        Raises
        ------
        StreamError
            If two names would be written alike.
        """
        self._grow()
        rows = self._vectors(batch) if self._is_vector(batch) else self._objects(batch)
        out: list[bytes] = []
        for i, x in enumerate(rows):
            parts = []
            if batch.keys is not None and batch.keys[i] is not None:
                parts.append(b'"id":' + _key(batch.keys[i]))
            if batch.times is not None and batch.times[i] == batch.times[i]:
                parts.append(b'"t":' + orjson.dumps(float(batch.times[i])))
            parts.append(x)
            if batch.status[i] != UNLABELLED:
                parts.append(b'"y":' + self._y(batch, i))
            out.append(b"{" + b",".join(parts) + b"}")
        return out

    def encode_labels(self, batch: Batch) -> list[bytes | None]:
        """Return of every row its id and its labels, as a message without features; None of unlabelled ones.

        Raises
        ------
        StreamError
            If two names would be written alike.
        ValueError
            If a row that has labels has no id: nobody could tell whose labels these are.
        """
        self._grow()
        keys = batch.keys or [None] * len(batch)
        out: list[bytes | None] = []
        for i, key in enumerate(keys):
            if batch.status[i] == UNLABELLED:
                out.append(None)
            elif key is None:
                raise ValueError(f"row {i} of the batch has labels and no id")
            else:
                out.append(b'{"id":' + _key(key) + b',"y":' + self._y(batch, i) + b"}")
        return out

    def _grow(self) -> None:
        for column in range(len(self._starts), len(self.features)):
            attribute = self.features.attribute(column)
            if attribute not in self._attribute_seen:
                self._attribute_seen.add(attribute)
                self._attributes.add(attribute)
            numeric = self.features.kind(column) == NUMERIC
            self._categories.append(None if numeric else _quoted(str(self.features.category(column))))
            self._starts.append(_quoted(str(attribute)) + ":")
        for column in range(len(self._labels), len(self.labels)):
            name = self.labels.name(column)
            self._label_texts.add(name)
            self._labels.append(orjson.dumps(name if type(name) in (int, float) else str(name)))

    @staticmethod
    def _is_vector(batch: Batch) -> bool:
        if batch.dense_ids is None or len(batch.indices) or not len(batch.dense_ids):
            return False
        names = [batch.features.name(j) for j in batch.dense_ids.tolist()]
        return all(type(name) is int for name in names) and names == list(range(len(names)))

    @staticmethod
    def _vectors(batch: Batch) -> list[bytes]:
        assert batch.dense is not None
        n, width = batch.dense.shape
        texts = [_null(text) for text in number_texts(batch.dense.ravel())]
        return [f'"x":[{",".join(texts[i * width : (i + 1) * width])}]'.encode() for i in range(n)]

    def _objects(self, batch: Batch) -> list[bytes]:
        starts, categories = self._starts, self._categories
        columns, texts = batch.indices.tolist(), number_texts(batch.values)
        ends = batch.indptr.tolist()
        dense = self._dense_texts(batch)
        out: list[bytes] = []
        for i in range(len(batch)):
            # A dict: of a missing nominal attribute every indicator is there.
            cells = {
                starts[j]: categories[j] or text if text != "nan" else "null"
                for j, text in zip(columns[ends[i] : ends[i + 1]], texts[ends[i] : ends[i + 1]], strict=True)
            }
            cells.update(dense[i] if dense else {})
            out.append(f'"x":{{{",".join([start + text for start, text in cells.items()])}}}'.encode())
        return out

    def _dense_texts(self, batch: Batch) -> list[dict[str, str]]:
        if batch.dense is None or batch.dense_ids is None:
            return []
        starts = [self._starts[j] for j in batch.dense_ids.tolist()]
        width = len(starts)
        texts = [_null(text) for text in number_texts(batch.dense.ravel())]
        return [
            {s: text for s, text in zip(starts, texts[i * width : (i + 1) * width], strict=True) if text != "0"}
            for i in range(len(batch))
        ]

    def _y(self, batch: Batch, i: int) -> bytes:
        held = batch.label_indices[batch.label_indptr[i] : batch.label_indptr[i + 1]].tolist()
        if batch.status[i] == COMPLETE:
            return b"[" + b",".join([self._labels[j] for j in held]) + b"]"
        texts = self._label_texts.texts
        return orjson.dumps({texts[j]: j in held for j in batch.known(i).tolist()})


def _key(key: object) -> bytes:
    return orjson.dumps(key if type(key) in (int, float) else str(key))


def _null(text: str) -> str:
    return "null" if text == "nan" else text


def _quoted(text: str) -> str:
    try:
        return orjson.dumps(text).decode()
    except orjson.JSONEncodeError as error:
        raise UnwritableError(f"the name {text!r} cannot be written: {error}") from None
