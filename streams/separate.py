"""Reader of the newer layout of the extreme classification repository: features and labels in files of their own."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from streams.batch import Batch
from streams.concatenate import in_batches_of
from streams.errors import BadRows, RowError, StreamError
from streams.matrix import MatrixStream
from streams.recognise import COMPRESSIONS
from streams.select import select_rows
from streams.sources import CHUNK
from streams.stream import ROWS, Stream

if TYPE_CHECKING:
    from collections.abc import Iterator

#: Which file of labels belongs to a file of features, in words.
Y_BESIDE_X = "..._Y.txt beside ..._Xf.txt"
#: How the two are named there.
_NAMES = (("_X_Xf.", "_X_Y."), ("_Xf.", "_Y."))


def labels_beside(features: str | Path) -> str | None:
    """Return the file of labels that stands beside a file of features, compressed or not; None if there is none.

    Examples
    --------
    >>> import tempfile
    >>> folder = Path(tempfile.mkdtemp())
    >>> (folder / "trn_X_Y.txt.gz").touch()
    >>> Path(labels_beside(folder / "trn_X_Xf.txt")).name
    'trn_X_Y.txt.gz'
    """
    path = Path(features)
    name = path.name
    for suffix in COMPRESSIONS:
        name = name.removesuffix(suffix)
    for mine, other in _NAMES:
        if mine in name:
            named = name.replace(mine, other)
            found = (path.with_name(named + suffix) for suffix in ("", *COMPRESSIONS))
            return next((str(beside) for beside in found if beside.is_file()), None)
    return None


class SeparateStream(Stream):
    r"""Row i of a matrix of features with row i of a matrix of labels, each as `streams.matrix.MatrixStream` reads it.

    A label holds where its value is above 0; below 0 and ``nan`` are faults. Of features ``nan`` is a missing value. Names are
    the ids. A row that is bad in one file is left out of both; bad in both, it counts twice.

    Parameters
    ----------
    features, labels
        The two files, plain, .gz, .bz2 or .xz.
    bad_rows
        What to do with bad rows; by default the first one is raised.
    block_bytes
        How much text is read at once.

    Raises
    ------
    StreamError
        If a file cannot be read, does not begin with its two sizes, or they have different numbers of rows.

    Examples
    --------
    >>> import tempfile
    >>> folder = Path(tempfile.mkdtemp())
    >>> _ = (folder / "trn_X_Xf.txt").write_bytes(b"2 3\n0:1.5 2:2\n1:1\n")
    >>> _ = (folder / "trn_X_Y.txt").write_bytes(b"2 4\n3:1 0:1\n\n")
    >>> from streams import open_stream
    >>> stream = open_stream(folder / "trn_X_Xf.txt")
    >>> stream.declared_labels, list(stream.sets())
    (4, [({0: 1.5, 2: 2.0}, {0, 3}), ({1: 1.0}, set())])
    """

    def __init__(
        self,
        features: str | Path,
        labels: str | Path,
        bad_rows: BadRows | None = None,
        block_bytes: int = CHUNK,
    ) -> None:
        self._x = MatrixStream(features, BadRows(skip=True, keep=0, notify=self._bad), "feature", block_bytes)
        self._y = MatrixStream(labels, BadRows(skip=True, keep=0, notify=self._bad), "label", block_bytes)
        super().__init__(self._x.name, bad_rows)
        if self._x.length != self._y.length:
            raise StreamError(
                f"{self._y.name}:1: the header says {self._y.length:,} rows, that of {self._x.name} {self._x.length:,}"
            )
        self.length, self.rewinds = self._x.length, self._x.rewinds and self._y.rewinds
        self.features, self.labels = self._x.features, self._y.features
        self.declared_labels = len(self.labels)

    def batches(self, rows: int = ROWS) -> Iterator[Batch]:
        """Yield all rows, in order, `rows` a batch (the last may hold fewer).

        Raises
        ------
        StreamError
            What is wrong with a row or a file, after all rows that stand before it in both were yielded.
        """
        return in_batches_of(rows, self._blocks())

    def progress(self) -> float | None:
        """Return the share of the compressed bytes of the features that has been read."""
        return self._x.progress()

    def _bad(self, error: RowError) -> None:
        self.bad_rows(error)

    def _blocks(self) -> Iterator[Batch]:
        all_x, all_y = self._x.batches(), self._label_batches()
        x, y = next(all_x, None), next(all_y, None)
        while x is not None and y is not None:
            assert x.places is not None
            assert y.places is not None
            # A row has the same line in both files; one that is bad in a file is missing there.
            both, in_x, in_y = np.intersect1d(x.places, y.places, assume_unique=True, return_indices=True)
            if len(both):
                yield self._joined(select_rows(x, in_x), select_rows(y, in_y))
            until = min(x.places[-1], y.places[-1])
            x = x.slice(int(np.searchsorted(x.places, until, "right")), len(x)) if x.places[-1] > until else next(all_x, None)
            y = y.slice(int(np.searchsorted(y.places, until, "right")), len(y)) if y.places[-1] > until else next(all_y, None)
        for rest in (all_x, all_y):  # whose last rows have none to go with; that their number is right is seen at the end
            for _ in rest:
                pass

    def _joined(self, x: Batch, y: Batch) -> Batch:
        return Batch(
            features=self.features,
            labels=self.labels,
            indptr=x.indptr,
            indices=x.indices,
            values=x.values,
            label_indptr=y.indptr,
            label_indices=y.indices,
            status=x.status,
            places=x.places,
        )

    def _label_batches(self) -> Iterator[Batch]:
        """Yield the rows of labels whose values are above 0, none of them empty batches."""
        for batch in self._y.batches():
            assert batch.places is not None
            start = 0
            wrong = np.flatnonzero(~(batch.values > 0))  # zeros are not kept
            rows = np.searchsorted(batch.indptr, wrong, "right") - 1
            for row, at in zip(*np.unique(rows, return_index=True), strict=True):
                if row > start:
                    yield batch.slice(start, int(row))
                cell = wrong[at]
                found = f"label {batch.indices[cell]} must have a value above 0 where it holds, found {batch.values[cell]:g}"
                self.bad_rows(RowError(self._y.name, int(batch.places[row]), 0, found))
                start = int(row) + 1
            if start < len(batch):
                yield batch.slice(start, len(batch))
