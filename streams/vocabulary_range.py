"""A vocabulary whose names are the integers 0, 1, 2, ...: ids that stand for nothing else."""

from __future__ import annotations

from collections.abc import ItemsView, KeysView, ValuesView
from itertools import chain
from typing import TYPE_CHECKING, cast

import numpy as np

from streams.vocabulary import Vocabulary

if TYPE_CHECKING:
    from collections.abc import Iterator

    from streams.names import Name


class RangeVocabulary(Vocabulary):
    """Names 0 to n - 1 with themselves as ids, all numeric, in no memory worth the name.

    It grows by `grow` or by adding the next integer. After any other name was added it holds names as any
    vocabulary does.

    Parameters
    ----------
    n
        How many names to begin with.

    Examples
    --------
    >>> v = RangeVocabulary(3)
    >>> v.grow(5)
    >>> v.names, v.get(4), v.get("a"), v.add(5), len(v)
    ([0, 1, 2, 3, 4], 4, -1, 5, 6)
    >>> v.add("a"), v.name(6), v.get(2)
    (6, 'a', 2)
    """

    def __init__(self, n: int = 0) -> None:
        super().__init__()
        self._names = cast("list[Name]", range(n))
        self._range = _RangeIds(n, {})
        self.ids = self._range

    def grow(self, n: int) -> None:
        """Make the names 0 to `n` - 1 be there."""
        if not isinstance(self._names, range):
            for i in range(n):
                self.add(i)
        elif n > len(self._names):
            self._names = cast("list[Name]", range(n))
            self._range.n = n

    def in_order(self, ids: list[int]) -> list[int]:
        """Return the columns `ids` in the order of their names."""
        return sorted(ids) if isinstance(self._names, range) else super().in_order(ids)

    def copy(self) -> Vocabulary:
        """Return an independent copy with the same ids."""
        return RangeVocabulary(len(self)) if isinstance(self._names, range) else super().copy()

    def _append(self, name: Name) -> int:
        n = len(self._names)
        if isinstance(self._names, range):
            if isinstance(name, int) and name == n:
                self.grow(n + 1)
                return n
            self._names = list(self._names)
        return super()._append(name)


class _RangeIds(dict["Name", int]):
    """The dict {0: 0, 1: 1, ..., n - 1: n - 1}; what is set besides is held as dicts hold it.

    Callers keep the dict while the vocabulary grows, so it grows in place.
    """

    def __init__(self, n: int, besides: dict[Name, int]) -> None:
        super().__init__(besides)
        self.n = n

    def __reduce__(self) -> tuple[type[_RangeIds], tuple[int, dict[Name, int]]]:
        return _RangeIds, (self.n, {name: i for name, i in self.items() if i >= self.n})

    def _in_range(self, name: object) -> bool:
        # 1, 1.0, True and numpy's 1 are one key of a dict.
        number = isinstance(name, (int, float, np.integer, np.floating))
        return number and 0 <= name < self.n and name == int(name)  # type: ignore[operator, call-overload]

    def __len__(self) -> int:
        return self.n + super().__len__()

    def __iter__(self) -> Iterator[Name]:
        return chain(range(self.n), super().__iter__())

    def __contains__(self, name: object) -> bool:
        return self._in_range(name) or super().__contains__(name)

    def __getitem__(self, name: Name) -> int:
        return int(cast("float", name)) if self._in_range(name) else super().__getitem__(name)

    def __eq__(self, other: object) -> bool:
        return dict(self) == other

    __hash__ = None

    def get(self, name: Name, default: int | None = None) -> int | None:  # type: ignore[override]
        return int(cast("float", name)) if self._in_range(name) else super().get(name, default)

    def keys(self) -> KeysView[Name]:  # type: ignore[override]
        return KeysView(self)

    def values(self) -> ValuesView[int]:  # type: ignore[override]
        return ValuesView(self)

    def items(self) -> ItemsView[Name, int]:  # type: ignore[override]
        return ItemsView(self)
