"""The label space of an evaluation: ids of the truth and of the predictions become ids of one vocabulary, by name.

A stream may declare, or skip, more ids than fit in memory: everything here is as large as the ids that were met.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from ihomer.evaluation.lookup import Lookup
from streams.vocabulary import Vocabulary
from streams.vocabulary_range import RangeVocabulary

if TYPE_CHECKING:
    from collections.abc import Iterable

    from streams.names import Name

Ints = npt.NDArray[np.int32]


class MetIds:
    """The ids met so far, ascending; the place of an id among them stands for it in arrays of that length.

    Places are in the order of the ids, so what is sorted by the one is sorted by the other.

    Examples
    --------
    >>> import numpy as np
    >>> met = MetIds()
    >>> met.add(np.array([7, 2_000_000_000], np.int32)).tolist()
    [0, 0]
    >>> met.add(np.array([7, 9], np.int32)).tolist(), met.ids.tolist()
    ([1], [7, 9, 2000000000])
    >>> met.places(np.array([9, 7], np.int32)).tolist()
    [1, 0]
    """

    def __init__(self) -> None:
        self.ids = np.empty(0, np.int32)
        self._places = Lookup(self.ids, self.ids)

    def __len__(self) -> int:
        return len(self.ids)

    def add(self, ids: Ints) -> npt.NDArray[np.int64]:
        """Enter new ones; return where they go, as `numpy.insert` takes it for arrays of the old length."""
        if self._places(ids) is not None:
            return np.empty(0, np.int64)
        fresh = self._places.missing(ids)
        at = np.searchsorted(self.ids, fresh)
        self.ids = np.insert(self.ids, at, fresh)
        self._places = Lookup(self.ids, np.arange(len(self.ids), dtype=np.int32))
        return at

    def places(self, ids: Ints) -> Ints:
        """Return the places of ids.

        Raises
        ------
        KeyError
            If one of them was not met.
        """
        places = self._places(ids)
        if places is None:
            raise KeyError(self._places.missing(ids).tolist())
        return places


class Renaming:
    """Ids of a vocabulary that grows -> ids of `target`, which gets each name when its id is first met.

    Examples
    --------
    >>> import numpy as np
    >>> from streams import Vocabulary
    >>> target = Vocabulary(["a", "b"])
    >>> rename = Renaming(target)
    >>> rename(Vocabulary(["b", "never met", "new"]), np.array([0, 2, -1], np.int32)).tolist(), len(target)
    ([1, 2, -1], 3)
    """

    def __init__(self, target: Vocabulary) -> None:
        self.target = target
        self._forget(Vocabulary())

    def _forget(self, source: Vocabulary) -> None:
        self._source = source
        self._lookup = Lookup(np.empty(0, np.int32), np.empty(0, np.int32))

    def __call__(self, source: Vocabulary, ids: Ints) -> Ints:
        """Return the ids of the same names in `target`, in an array of its own; -1 stays -1."""
        if source is self.target:
            return ids.copy()
        if source is not self._source:
            self._forget(source)
        renamed = self._lookup(ids)
        if renamed is None:
            fresh = self._lookup.missing(ids)
            names = [-1 if i < 0 else self.target.add(source.name(i)) for i in fresh.tolist()]
            self._lookup.add(fresh, np.array(names, np.int32))
            renamed = self._lookup(ids)
            assert renamed is not None
        return renamed


def vocabulary_of(names: Iterable[Name]) -> Vocabulary:
    """Return `names` as a vocabulary; one of a range 0, 1, 2, ... takes no memory.

    Examples
    --------
    >>> len(vocabulary_of(range(2_000_000_000)))
    2000000000
    """
    if isinstance(names, range) and names == range(len(names)):
        return RangeVocabulary(len(names))
    return Vocabulary(names)
