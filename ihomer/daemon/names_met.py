"""The names that messages brought lately: a vocabulary, and behind it a memory of what the one before held."""

from __future__ import annotations

from array import array
from collections import Counter
from hashlib import blake2b
from typing import Any

import numpy as np
import numpy.typing as npt

from ihomer.checkpoint.vocabulary import vocabulary_from_state, vocabulary_state
from streams.names import Name
from streams.vocabulary import Vocabulary

#: The letters of all names of a vocabulary that is not replaced yet.
LETTERS = 1 << 26
#: Of attributes with more categories than this a replaced vocabulary leaves behind how many there were.
MANY = 1_000

_Hashes = npt.NDArray[np.uint64]


class NamesMet:
    """Names of features or labels that were met, in bounded memory.

    They enter `vocabulary`. When that is full a fresh one begins, and of its names hashes stay until the fresh one is full
    too; a name is new if neither holds it. So the last `most` names are remembered, never more than twice as many, and which
    ones depends on nothing but the names that came.

    Parameters
    ----------
    most
        So many names fill a vocabulary (or `LETTERS` letters).

    Examples
    --------
    >>> met = NamesMet(most=2)
    >>> for name in "abc":
    ...     i = met.vocabulary.add(name)
    ...     print(name, met.turn())
    a False
    b True
    c False
    >>> list(met.vocabulary), met.is_new("b"), met.is_new("d")
    (['c'], False, True)
    """

    def __init__(self, most: int) -> None:
        self.most = most
        self.vocabulary = Vocabulary()
        #: attribute -> how many categories the vocabulary before held, of those with many.
        self.old_categories: dict[Name, int] = {}
        self._fixed = 0
        # Of every name of the vocabulary a hash of its text, and one of what it stands for too.
        self._texts, self._columns, self._letters = array("Q"), array("Q"), 0
        # The same of the one before it, by the first.
        self._old_texts: _Hashes = np.zeros(0, np.uint64)
        self._old_columns: _Hashes = np.zeros(0, np.uint64)

    def fix(self, n: int) -> None:
        """Let the integers 0 to `n` - 1, with which the vocabulary begins, be names that always stay: those of vectors."""
        self._fixed = n

    def is_new(self, name: Name, category: Name | None = None) -> bool:
        """Whether a name that is not in the vocabulary was not in the one before it either."""
        return not len(self._old_texts) or self._find_old(name, category) < 0

    def clashes(self, name: Name, category: Name | None = None) -> bool:
        """Whether a column that is not in the vocabulary has the name of another one, and stands for something else."""
        if (name if category is None else f"{name}={category}") in self.vocabulary.ids:
            return True
        return len(self._old_texts) > 0 and self._find_old(name, category) == _OTHER

    def columns(self, attribute: Name) -> int:
        """Return how many columns an attribute has: 1, or one for every category that was met."""
        many = len(self.vocabulary.indicators(attribute)) + self.old_categories.get(attribute, 0)
        return max(1, many + (attribute in self.vocabulary.ids))

    def turn(self) -> bool:
        """Begin a fresh vocabulary if this one is full; return whether it was."""
        vocabulary = self.vocabulary
        for i in range(self._fixed + len(self._texts), len(vocabulary)):
            text, column = _hashes(vocabulary.attribute(i), vocabulary.category(i))
            self._texts.append(text)
            self._columns.append(column)
            self._letters += len(str(vocabulary.name(i)))
        if len(self._texts) < self.most and self._letters < LETTERS:
            return False
        counts = Counter(attribute for attribute, _ in vocabulary.category_ids)
        self.old_categories = {attribute: n for attribute, n in counts.items() if n > MANY}
        texts = np.array(self._texts, np.uint64)
        order = np.argsort(texts, kind="stable")
        self._old_texts, self._old_columns = texts[order], np.array(self._columns, np.uint64)[order]
        self._texts, self._columns, self._letters = array("Q"), array("Q"), 0
        self.vocabulary = Vocabulary(range(self._fixed))
        return True

    def _find_old(self, name: Name, category: Name | None) -> int:
        """Return where the vocabulary before holds a column, `_NONE`, or `_OTHER` if its name stands for something else."""
        text, column = _hashes(name, category)
        at = int(np.searchsorted(self._old_texts, np.uint64(text)))
        if at == len(self._old_texts) or int(self._old_texts[at]) != text:
            return _NONE
        return at if int(self._old_columns[at]) == column else _OTHER

    # ------------------------------------------------------------------ state

    def state(self) -> dict[str, Any]:
        """Return everything as a plain tree."""
        return {
            "vocabulary": vocabulary_state(self.vocabulary),
            "fixed": self._fixed,
            "old_texts": self._old_texts.copy(),
            "old_columns": self._old_columns.copy(),
            "old_attributes": list(self.old_categories),
            "old_counts": np.array(list(self.old_categories.values()), np.int64),
        }

    def restore(self, state: dict[str, Any]) -> None:
        """Take over what `state` returned."""
        self.vocabulary, self._fixed = vocabulary_from_state(state["vocabulary"]), state["fixed"]
        self._old_texts, self._old_columns = state["old_texts"], state["old_columns"]
        self.old_categories = dict(zip(state["old_attributes"], state["old_counts"].tolist(), strict=True))
        self._texts, self._columns, self._letters = array("Q"), array("Q"), 0


_NONE, _OTHER = -1, -2


def _hashes(name: Name, category: Name | None) -> tuple[int, int]:
    """Return a hash of the name of a column, and one that tells columns of the same name apart; of names in JSON."""
    if category is not None:
        text = f"{name}={category}".encode()
        return _hash(text), _hash(b"%d:%b" % (len(str(name)), text))
    # 1 and 1.0 are one name: numbers that are equal have equal hashes, in every process.
    both = _hash(name.encode() if isinstance(name, str) else b"#:%d" % hash(name))
    return both, both


def _hash(text: bytes) -> int:
    return int.from_bytes(blake2b(text, digest_size=8).digest(), "little")
