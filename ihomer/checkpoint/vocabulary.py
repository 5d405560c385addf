"""Vocabularies as trees that store millions of names in a few arrays."""

from __future__ import annotations

from itertools import compress
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from ihomer.checkpoint.errors import CheckpointError
from streams.vocabulary import INDICATOR, NUMERIC, Vocabulary

if TYPE_CHECKING:
    from streams.names import Name

_INT64 = range(-(1 << 63), 1 << 63)


def vocabulary_state(vocabulary: Vocabulary) -> dict[str, Any]:
    """Return a vocabulary as a tree that a checkpoint can hold.

    Numeric columns are stored by their names, indicators by the attribute and category that they stand for.

    Examples
    --------
    >>> from streams import Vocabulary
    >>> v = Vocabulary(["age"])
    >>> v.add_category("colour", "red")
    1
    >>> state = vocabulary_state(v)
    >>> state["indicators"], state["categories"]["text"].tobytes()
    (array([1], dtype=int32), b'red')
    >>> vocabulary_from_state(state)
    <Vocabulary of 2: 'age', 'colour=red'>
    """
    kinds = vocabulary.kinds()
    indicators = np.flatnonzero(kinds == INDICATOR).astype(np.int32)
    ids = indicators.tolist()
    names = list(compress(vocabulary, (kinds == NUMERIC).tolist())) if ids else vocabulary.names
    attributes: dict[object, Name] = {}
    places: dict[object, int] = {}
    attribute_of = []
    for i in ids:
        attribute = vocabulary.attribute(i)
        key = _told_apart(attribute)
        attributes.setdefault(key, attribute)
        attribute_of.append(places.setdefault(key, len(places)))
    return {
        "names": _pack(names),
        "indicators": indicators,
        "attributes": _pack(list(attributes.values())),
        "attribute_of": np.array(attribute_of, np.int32),
        "categories": _pack([vocabulary.category(i) for i in ids]),
    }


def vocabulary_from_state(state: dict[str, Any]) -> Vocabulary:
    """Return the vocabulary whose `vocabulary_state` is `state`: the same ids, kinds and categories.

    Raises
    ------
    CheckpointError
        If `state` is not that of a vocabulary.
    """
    try:
        return _rebuild(state)
    except (KeyError, IndexError, TypeError, ValueError, AttributeError) as error:
        raise CheckpointError(f"damaged: not the names of a vocabulary ({error})") from error


def _rebuild(state: dict[str, Any]) -> Vocabulary:
    names = _unpack(state["names"])
    categories, attributes = _unpack(state["categories"]), _unpack(state["attributes"])
    vocabulary = Vocabulary()
    done = 0
    nominal = zip(state["indicators"].tolist(), state["attribute_of"].tolist(), categories, strict=True)
    for i, attribute, category in nominal:
        upto = done + i - len(vocabulary)
        for name in names[done:upto]:
            vocabulary.add(name)
        done = upto
        if vocabulary.add_category(attributes[attribute], category) != i:
            raise ValueError(f"indicator {i} does not fit in")
    for name in names[done:]:
        vocabulary.add(name)
    if len(vocabulary) != len(names) + len(categories):
        raise ValueError("a name stands there twice")
    return vocabulary


def _told_apart(name: Name) -> object:
    """Return a key under which 0, 0.0 and False, which are equal, are different names."""
    return name if type(name) is str else (repr(name),)


def _pack(names: list[Any]) -> dict[str, Any] | npt.NDArray[np.int64] | list[Any]:
    """Return names as one text and their lengths in characters, as an array of integers, or as they are."""
    kinds = set(map(type, names))
    if kinds == {str}:
        text = "".join(names).encode("utf-8", "surrogatepass")
        lengths = np.fromiter(map(len, names), np.int64, len(names))
        return {"text": np.frombuffer(text, np.uint8), "lengths": lengths.astype(np.uint32)}
    if kinds == {int} and min(names) in _INT64 and max(names) in _INT64:
        return np.array(names, np.int64)
    return list(names)


def _unpack(packed: Any) -> list[Any]:
    if isinstance(packed, list):
        return packed
    if isinstance(packed, np.ndarray):
        return packed.tolist()  # type: ignore[no-any-return]
    text = packed["text"].tobytes().decode("utf-8", "surrogatepass")
    ends = np.cumsum(packed["lengths"], dtype=np.int64).tolist()
    if (ends[-1] if ends else 0) != len(text):
        raise ValueError("lengths of names that do not fit their text")
    return [text[start:end] for start, end in zip([0, *ends], ends, strict=False)]
