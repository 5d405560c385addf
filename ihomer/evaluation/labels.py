"""The label space of an evaluation: ids of the truth and of the predictions become ids of one vocabulary, by name."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from streams.vocabulary import Vocabulary

if TYPE_CHECKING:
    from streams.names import Name

Ints = npt.NDArray[np.int32]


class Renaming:
    """Ids of a vocabulary that grows -> ids of `target`, which grows with it; the table is kept from call to call.

    Examples
    --------
    >>> import numpy as np
    >>> from streams import Vocabulary
    >>> target = Vocabulary(["a", "b"])
    >>> rename = Renaming(target)
    >>> rename(Vocabulary(["b", "new"]), np.array([0, 1, -1], np.int32)).tolist(), len(target)
    ([1, 2, -1], 3)
    """

    def __init__(self, target: Vocabulary) -> None:
        self.target = target
        self._source = Vocabulary()
        self._table = np.empty(0, np.int32)

    def __call__(self, source: Vocabulary, ids: Ints) -> Ints:
        """Return the ids of the same names in `target`, in an array of its own; -1 stays -1."""
        if source is not self._source:
            self._source, self._table = source, np.array([-1], np.int32)
        known = len(self._table) - 1
        if known < len(source):
            fresh = [self.target.add(name) for name in _names_from(source, known)]
            # The last entry is what the id -1 finds.
            self._table = np.concatenate((self._table[:-1], np.array([*fresh, -1], np.int32)))
        return self._table[ids]


def _names_from(vocabulary: Vocabulary, start: int) -> list[Name]:
    return [vocabulary.name(i) for i in range(start, len(vocabulary))]
