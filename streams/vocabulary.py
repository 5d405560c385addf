"""The growing list of names of features or labels, and the ids that stand for them in arrays."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

import numpy as np
import numpy.typing as npt

from streams.names import Name, plain_name, sort_key

#: Kinds of a column: a number, or the 0/1 indicator of one category of a nominal attribute.
NUMERIC, INDICATOR = 0, 1


class Vocabulary:
    """Names and their ids 0, 1, 2, ... in the order in which they were added.

    A column of features is either numeric and named by its attribute, or the indicator of one category of
    a nominal attribute and named ``attribute=category``; the vocabulary remembers which, so that rows can
    be given back as dicts with their categories restored.

    Parameters
    ----------
    names
        Names to begin with, in order; all numeric columns.

    Examples
    --------
    >>> v = Vocabulary(["age"])
    >>> v.add("height"), v.add("age"), v.add_category("colour", "red")
    (1, 0, 2)
    >>> len(v), v.name(2), v.attribute(2), v.category(2), v.get("weight")
    (3, 'colour=red', 'colour', 'red', -1)
    """

    def __init__(self, names: Iterable[Name] = ()) -> None:
        #: name -> id of every column; to be read, not written, from outside.
        self.ids: dict[Name, int] = {}
        self._names: list[Name] = []
        self._categories: dict[int, tuple[Name, Name]] = {}  # id -> (attribute, category) of indicators
        #: (attribute, category) -> id of every indicator; to be read, not written, from outside.
        self.category_ids: dict[tuple[Name, Name], int] = {}
        self._indicators: dict[Name, list[int]] = {}  # attribute -> ids of its indicators
        for name in names:
            self.add(name)

    def __len__(self) -> int:
        return len(self._names)

    def __iter__(self) -> Iterator[Name]:
        return iter(self._names)

    def __contains__(self, name: Name) -> bool:
        return name in self.ids

    def __repr__(self) -> str:
        shown = ", ".join(map(repr, self._names[:3]))
        return f"<Vocabulary of {len(self):,}: {shown}{', ...' if len(self) > 3 else ''}>"

    @property
    def names(self) -> list[Name]:
        """All names in order of their ids (a copy)."""
        return list(self._names)

    def first(self, n: int) -> Sequence[Name]:
        """Return the names of the first `n` columns; of a range of integers a range, which takes no memory."""
        return self._names[:n]

    def name(self, i: int) -> Name:
        """Return the name of column `i`."""
        return self._names[i]

    def get(self, name: Name) -> int:
        """Return the id of `name`, or -1."""
        return self.ids.get(name, -1)

    def get_category(self, attribute: Name, category: Name) -> int:
        """Return the id of the indicator of one category, or -1."""
        return self.category_ids.get((attribute, category), -1)

    def indicators(self, attribute: Name) -> Sequence[int]:
        """Return the ids of the indicators of a nominal attribute met so far, none if it is not nominal."""
        return self._indicators.get(attribute, ())

    @property
    def nominal(self) -> bool:
        """Whether there is any indicator of a category."""
        return bool(self._categories)

    def columns_of(self, attribute: Name) -> list[int]:
        """Return the ids of all columns of an attribute met so far: its indicators, its numeric column."""
        numeric = self.ids.get(attribute, -1)
        return [*self.indicators(attribute), *([numeric] if numeric >= 0 and numeric not in self._categories else [])]

    def add(self, name: Name) -> int:
        """Return the id of the numeric column `name`, giving it the next one if it is new.

        Raises
        ------
        TypeError
            If `name` cannot be a name (see `streams.names.sort_key`).
        ValueError
            If `name` is taken by the indicator of a category.
        """
        i = self.ids.get(name)
        if i is None:
            return self._append(plain_name(name))
        if i in self._categories:
            attribute, category = self._categories[i]
            raise ValueError(
                f"feature {name!r} is a number here, but stands for category {category!r} of the nominal "
                f"attribute {attribute!r}: rename one of them"
            )
        return i

    def add_category(self, attribute: Name, category: Name) -> int:
        """Return the id of the indicator ``attribute=category``, giving it the next one if it is new.

        Raises
        ------
        ValueError
            If a numeric column, or another attribute's category, has that name already.
        """
        i = self.category_ids.get((attribute, category))
        if i is not None:
            return i
        attribute, category = plain_name(attribute), plain_name(category)
        name = f"{attribute}={category}"
        if name in self.ids:
            raise ValueError(
                f"category {category!r} of attribute {attribute!r} would be named {name!r}, "
                "but another feature has that name: rename one of them"
            )
        i = self._append(name)
        self._categories[i] = (attribute, category)
        self.category_ids[attribute, category] = i
        self._indicators.setdefault(attribute, []).append(i)
        return i

    def add_like(self, other: Vocabulary, i: int) -> int:
        """Return the id of the column that is column `i` of `other`, added here if it is new."""
        if i in other._categories:
            return self.add_category(*other._categories[i])
        return self.add(other._names[i])

    def get_like(self, other: Vocabulary, i: int) -> int:
        """Return the id here of column `i` of `other`, or -1."""
        if i in other._categories:
            return self.get_category(*other._categories[i])
        mine = self.get(other._names[i])
        return -1 if mine in self._categories else mine

    def find_like(self, other: Vocabulary, ids: list[int]) -> list[int]:
        """Return what `get_like` says of every one of the columns `ids` of `other`."""
        if self._categories or other._categories:
            return [self.get_like(other, i) for i in ids]
        names = other._names
        return [self.ids.get(names[i], -1) for i in ids]

    def extend_like(self, other: Vocabulary, ids: list[int]) -> None:
        """Do `add_like` with every one of the columns `ids` of `other`."""
        names = [other._names[i] for i in ids]
        if type(self) is Vocabulary and not other._categories and self.ids.keys().isdisjoint(names):
            self.ids.update(zip(names, range(len(self), len(self) + len(names)), strict=True))
            self._names += names
        else:
            for i in ids:
                self.add_like(other, i)

    def in_order(self, ids: list[int]) -> list[int]:
        """Return the columns `ids` in the order of their names (`streams.names.sort_key`)."""
        return sorted(ids, key=lambda i: sort_key(self._names[i]))

    def kind(self, i: int) -> int:
        """Return NUMERIC or INDICATOR."""
        return INDICATOR if i in self._categories else NUMERIC

    def kinds(self, start: int = 0) -> npt.NDArray[np.uint8]:
        """Return the kinds of all columns from `start` on, shape (len - start,)."""
        kinds = np.full(len(self) - start, NUMERIC, dtype=np.uint8)
        for i in self._categories:
            if i >= start:
                kinds[i - start] = INDICATOR
        return kinds

    def attribute(self, i: int) -> Name:
        """Return the attribute that column `i` belongs to (its own name if it is numeric)."""
        return self._categories[i][0] if i in self._categories else self._names[i]

    def category(self, i: int) -> Name | None:
        """Return the category that column `i` indicates; None if it is numeric."""
        return self._categories[i][1] if i in self._categories else None

    def truncate(self, n: int) -> None:
        """Forget all names from id `n` on."""
        for i in range(len(self) - 1, n - 1, -1):
            del self.ids[self._names.pop()]
            pair = self._categories.pop(i, None)
            if pair is not None:
                del self.category_ids[pair]
                self._indicators[pair[0]].pop()
                if not self._indicators[pair[0]]:
                    del self._indicators[pair[0]]

    def kept(self, ids: list[int]) -> Vocabulary:
        """Return a vocabulary of the columns `ids` alone, ascending, numbered anew; this one stays as it is.

        Examples
        --------
        >>> v = Vocabulary(["age", "height"]).kept([1])
        >>> v.names, v.get("age")
        (['height'], -1)
        """
        fewer = Vocabulary()
        names = self._names
        fewer._names = [names[i] for i in ids]
        fewer.ids = {name: i for i, name in enumerate(fewer._names)}
        if self._categories:
            for new, old in enumerate(ids):
                pair = self._categories.get(old)
                if pair is not None:
                    fewer._categories[new] = pair
                    fewer.category_ids[pair] = new
                    fewer._indicators.setdefault(pair[0], []).append(new)
        return fewer

    def copy(self) -> Vocabulary:
        """Return an independent copy with the same ids."""
        twin = Vocabulary()
        twin.ids = dict(self.ids)
        twin._names = list(self._names)
        twin._categories = dict(self._categories)
        twin.category_ids = dict(self.category_ids)
        twin._indicators = {attribute: list(ids) for attribute, ids in self._indicators.items()}
        return twin

    def _append(self, name: Name) -> int:
        i = len(self._names)
        self.ids[name] = i
        self._names.append(name)
        return i
