"""A stream as a comparison knows it: how it is opened, again and again, and what its rows are."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Final

from ihomer.compare.digest import RowsDigest
from streams.errors import StreamError
from streams.open import open_stream
from streams.recognise import stem
from streams.views import limited, shuffled

if TYPE_CHECKING:
    from streams.stream import Stream

_ONCE: Final = "can be read only once, and every learner has to read it: save it to a file first"


@dataclass(frozen=True, slots=True)
class Source:
    """How a stream is opened; see `streams.open_stream`.

    Parameters
    ----------
    spec
        What it is.
    format, label_columns, on_error, max_errors
        How it is read.
    shuffle
        Seed of the order of its rows; None: as they are.
    limit
        How many of them are used, after shuffling; None: all.
    """

    spec: str
    format: str = "auto"
    label_columns: str | None = None
    on_error: str = "raise"
    max_errors: int | None = None
    shuffle: int | None = None
    limit: int | None = None

    def open(self) -> Stream:
        """Return the stream.

        Raises
        ------
        StreamError
            If it cannot be opened, or can be read only once: every learner has to see the same rows.
        """
        if self.spec == "-":
            raise StreamError(f"standard input: {_ONCE}")
        found = open_stream(
            self.spec,
            format=self.format,
            label_columns=self.label_columns,
            on_error=self.on_error,
            max_errors=self.max_errors,
        )
        if not found.rewinds:
            raise StreamError(f"{found.name}: {_ONCE}")
        if self.shuffle is not None:
            found = shuffled(found, self.shuffle)
        return found if self.limit is None else limited(found, self.limit)


@dataclass(frozen=True, slots=True)
class Surveyed:
    """What a source holds, by having read it once.

    Parameters
    ----------
    name
        As people call it; no two of a comparison are alike.
    source
        How it is opened.
    rows
        How many.
    digest
        Of the rows in their order.
    bad_rows
        How many were left out.
    """

    name: str
    source: Source
    rows: int
    digest: str
    bad_rows: int = 0


def survey(source: Source, stopped: Callable[[], bool] = lambda: False) -> Surveyed:
    """Read a source to its end: what is wrong with it shows before hours are spent on it.

    Parameters
    ----------
    source
        How it is opened.
    stopped
        Asked now and then; true ends the reading.

    Raises
    ------
    StreamError
        If it cannot be read, has no rows, or not one with a label.
    KeyboardInterrupt
        If it was stopped.

    Examples
    --------
    >>> found = survey(Source("yeast", limit=100))
    >>> found.name, found.rows
    ('yeast', 100)
    """
    stream = source.open()
    digest, labels = RowsDigest(), 0
    for batch in stream.batches():
        if stopped():
            raise KeyboardInterrupt
        digest.add(batch)
        labels += len(batch.label_indices)
    if not labels:
        raise StreamError(f"{stream.name}: there is no label in {digest.rows:,} rows, so nothing can be compared on it")
    name = stream.name.encode(errors="replace").decode()  # that of a file may be no text
    return Surveyed(name, source, digest.rows, digest.hex(), stream.bad_rows.count)


def named_apart(found: Sequence[Surveyed]) -> list[Surveyed]:
    """Return them with names that differ: short ones of files, their paths where files have the same name.

    Raises
    ------
    ValueError
        If the same stream comes twice.
    """
    specs = [one.source.spec for one in found]
    for spec in specs:
        if specs.count(spec) > 1:
            raise ValueError(f"a stream comes twice: {spec.partition('?')[0]}")
    files = [Path(one.source.spec).is_file() for one in found]
    names = [stem(one.name) if file else one.name for one, file in zip(found, files, strict=True)]
    taken: set[str] = set()
    apart = []
    for one, short, file in zip(found, names, files, strict=True):
        name = short
        if file and names.count(short) > 1:
            name = str(Path(one.source.spec)).encode(errors="replace").decode()
        n, first = 2, name
        while name in taken:
            name, n = f"{first} ({n})", n + 1
        taken.add(name)
        apart.append(replace(one, name=name))
    return apart
