"""Which columns of a table are labels, ids and times: the rule that CSV and Parquet share."""

from __future__ import annotations

import difflib
from collections.abc import Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase

from streams.errors import StreamError

#: Without `label_columns`, columns that are named so are labels (and this part is no part of the label's name).
LABEL_PREFIX = "label:"
#: Without a choice, columns of these names hold the ids and times.
ID_COLUMN, TIME_COLUMN = ":id", ":t"


@dataclass(slots=True, frozen=True)
class Roles:
    """What the columns of a table are for; positions in the order of the table.

    Parameters
    ----------
    features, labels
        Positions of the feature and of the label columns.
    label_names
        The label that each of `labels` stands for.
    exact
        Whether `labels` is a single column that was asked for by its own name: it may hold lists.
    key, time
        Position of the id and of the time column; None if there is none.
    """

    features: list[int]
    labels: list[int]
    label_names: list[str]
    exact: bool
    key: int | None
    time: int | None


def assign_roles(
    source: str,
    columns: Sequence[str],
    label_columns: str | Sequence[str] | None,
    id_column: str | None,
    time_column: str | None,
) -> Roles:
    """Return what each of `columns` is for.

    Parameters
    ----------
    source
        What the table is called in messages.
    columns
        The names of its columns.
    label_columns
        Names or patterns (``*``, ``?``, ``[...]``) of the label columns, as a list or with commas between; None:
        those that begin with ``label:``, which is left out of the label's name.
    id_column, time_column
        Names of the columns that hold the ids and times; None: ``:id`` and ``:t``, if there are such.

    Raises
    ------
    StreamError
        If two columns have one name, or one that was asked for is not there.

    Examples
    --------
    >>> assign_roles("a.csv", ["size", "label:red", ":id"], None, None, None)
    Roles(features=[0], labels=[1], label_names=['red'], exact=False, key=2, time=None)
    >>> assign_roles("a.csv", ["size", "colour"], ["color"], None, None)
    Traceback (most recent call last):
    streams.errors.StreamError: a.csv: no column 'color' for labels; did you mean 'colour'? the columns are size, colour
    """
    at = {name: i for i, name in enumerate(columns)}
    if len(at) < len(columns):
        twice = next(name for i, name in enumerate(columns) if at[name] != i)
        raise StreamError(f"{source}: two columns are named {twice!r}, expected different names")
    key = _position(source, at, id_column, ID_COLUMN, "ids")
    time = _position(source, at, time_column, TIME_COLUMN, "times")
    special = {key, time}
    if label_columns is None:
        labels = [i for i, name in enumerate(columns) if name.startswith(LABEL_PREFIX) and i not in special]
        label_names = [columns[i].removeprefix(LABEL_PREFIX) for i in labels]
        exact = False
    else:
        wanted = label_columns.split(",") if isinstance(label_columns, str) else list(label_columns)
        chosen: set[int] = set()
        for pattern in wanted:
            found = {at[pattern]} if pattern in at else {i for i, c in enumerate(columns) if fnmatchcase(c, pattern)}
            if not found - special:
                raise StreamError(f"{source}: no column {pattern!r} for labels{_hint(pattern, columns)}")
            chosen |= found - special
        labels = sorted(chosen)
        label_names = [columns[i] for i in labels]
        exact = len(labels) == 1 and columns[labels[0]] in wanted
    taken = special | set(labels)
    return Roles([i for i in range(len(columns)) if i not in taken], labels, label_names, exact, key, time)


def _position(source: str, at: dict[str, int], asked: str | None, usual: str, what: str) -> int | None:
    if asked is None:
        return at.get(usual)
    if asked not in at:
        raise StreamError(f"{source}: no column {asked!r} for {what}{_hint(asked, list(at))}")
    return at[asked]


def _hint(name: str, columns: Sequence[str]) -> str:
    near = difflib.get_close_matches(name, columns, n=3)
    shown = ", ".join(columns[:10]) + (", ..." if len(columns) > 10 else "")
    meant = f"; did you mean {' or '.join(map(repr, near))}?" if near else ";"
    return f"{meant} the columns are {shown}"
