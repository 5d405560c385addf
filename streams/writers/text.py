"""Numbers and names as text that reads back to the same."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import orjson

from streams.names import Name
from streams.vocabulary import Vocabulary
from streams.writers.unwritable import UnwritableError


def number_texts(values: npt.NDArray[np.float32]) -> list[str]:
    """Return the shortest decimals that read back, as float64 rounded to float32, to `values`; NaN is ``nan``.

    Examples
    --------
    >>> number_texts(np.array([0.1, 3, -2.5, np.nan, 16777216], np.float32))
    ['0.1', '3', '-2.5', 'nan', '16777216']
    """
    if not len(values):
        return []
    packed = orjson.dumps(np.ascontiguousarray(values), option=orjson.OPT_SERIALIZE_NUMPY)
    texts = (packed[1:-1].decode() + ",").replace(".0,", ",").replace("null", "nan").split(",")[:-1]
    back = np.array([np.nan if v is None else v for v in orjson.loads(packed)], np.float64)
    # The shortest decimal of a float32 can, very rarely, round to a neighbour by way of float64.
    for i in np.flatnonzero((back.astype(np.float32) != values) & ~np.isnan(values)):
        texts[i] = repr(float(values[i]))
    return texts


class TextNames:
    """Names as text, distinct; those that are no strings are written as they look.

    Parameters
    ----------
    what
        What is named, for messages.
    """

    def __init__(self, what: str) -> None:
        self.what = what
        self.texts: list[str] = []
        self._seen: set[str] = set()

    def add(self, name: Name) -> None:
        """Add the next name; StreamError if it looks like one that is there."""
        text = str(name)
        if text in self._seen:
            raise UnwritableError(f"two {self.what} would both be written as {text!r}: rename one of them")
        self._seen.add(text)
        self.texts.append(text)


def label_texts(labels: Vocabulary) -> list[str]:
    """Return the names of all labels as text; StreamError if two look the same."""
    names = TextNames("labels")
    for name in labels:
        names.add(name)
    return names.texts
