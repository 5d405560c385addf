"""What the columns of a file are, and how its cells become features and labels: one rule for all text readers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy.typing as npt

    from streams.names import Name
    from streams.vocabulary import Vocabulary


@dataclass(slots=True, frozen=True)
class Expanded:
    """Features, labels that hold and labels whose truth is missing, of n rows, each in CSR as a Batch has it."""

    indptr: npt.NDArray[np.int64]
    indices: npt.NDArray[np.int32]
    values: npt.NDArray[np.float32]
    label_indptr: npt.NDArray[np.int64]
    label_indices: npt.NDArray[np.int32]
    unknown_indptr: npt.NDArray[np.int64]
    unknown_indices: npt.NDArray[np.int32]


class Table:
    """The columns of a file in order, declared ahead in the vocabularies of its stream.

    A nominal attribute with exactly the categories 0 and 1 is a plain numeric column of zeros and ones; any
    other is one indicator per category, all of them NaN where the value is missing. A column left out of a row
    has its first category.

    Parameters
    ----------
    features, labels
        The vocabularies to fill.

    Examples
    --------
    >>> from streams import Vocabulary
    >>> table = Table(Vocabulary(), Vocabulary())
    >>> table.add_feature("size"); table.add_feature("wet", ["1", "0"]); table.add_feature("hue", ["red", "blue"])
    >>> table.features.names
    ['size', 'wet', 'hue=red', 'hue=blue']
    >>> import numpy as np
    >>> rows = table.expand(np.array([0, 1, 2]), np.array([0, 2], np.int32), np.array([5.0, 1.0], np.float32))
    >>> rows.indptr, rows.indices, rows.values
    (array([0, 3, 5]), array([0, 1, 2, 1, 3], dtype=int32), array([5., 1., 1., 1., 1.], dtype=float32))
    """

    def __init__(self, features: Vocabulary, labels: Vocabulary) -> None:
        self.features, self.labels = features, labels
        self._columns: list[tuple[int, int, int]] = []  # role, first id, number of ids
        self._arrays: tuple[npt.NDArray[np.uint8], npt.NDArray[np.int32], npt.NDArray[np.int32]] | None = None
        self._stand_ins = np.empty(0, np.int32)

    def __len__(self) -> int:
        return len(self._columns)

    def add_feature(self, name: Name, categories: Sequence[Name] | None = None) -> None:
        """Add a column of features; None: numeric.

        Raises
        ------
        ValueError
            If the name or a category stands twice, or the name of an indicator is taken.
        """
        from streams.kernels.parse_cells import INDICATORS, NUMBER, REVERSED

        base = len(self.features)
        if categories is None or is_binary(categories):
            if name in self.features or self.features.indicators(name):
                raise ValueError(f"attribute {name!r} stands twice")
            self.features.add(name)
            self._append(NUMBER if categories is None or categories[0] == "0" else REVERSED, base, 1)
            return
        if self.features.indicators(name) or name in self.features:
            raise ValueError(f"attribute {name!r} stands twice")
        if len(set(categories)) < len(categories):
            raise ValueError(f"a category of attribute {name!r} stands twice")
        if not categories:
            raise ValueError(f"attribute {name!r} has no categories")
        for category in categories:
            self.features.add_category(name, category)
        self._append(INDICATORS, base, len(categories))

    def add_label(self, name: Name, categories: Sequence[Name] | None) -> None:
        """Add a label; its categories must be 0 and 1 in either order, None: it is numeric.

        Raises
        ------
        ValueError
            If they are not, or the label stands twice.
        """
        from streams.kernels.parse_cells import LABEL, REVERSED_LABEL

        if categories is None or not is_binary(categories):
            found = "numeric" if categories is None else braces(categories)
            raise ValueError(f"label {name!r} must be {{0,1}}, found {found}")
        if name in self.labels:
            raise ValueError(f"label {name!r} stands twice")
        self._append(LABEL if categories[0] == "0" else REVERSED_LABEL, len(self.labels), 1)
        self.labels.add(name)

    def name(self, column: int) -> Name:
        """Return the attribute or label that column `column` is."""
        from streams.kernels.parse_cells import LABEL

        role, base, _ = self._columns[column]
        return self.labels.name(base) if role >= LABEL else self.features.attribute(base)

    @property
    def plain(self) -> bool:
        """Whether every column is a numeric feature, so that cells are features as they stand."""
        return all(role == 0 for role, _, _ in self._columns)

    def expand(
        self, indptr: npt.NDArray[np.int64], columns: npt.NDArray[np.int32], codes: npt.NDArray[np.float32]
    ) -> Expanded:
        """Return the features and labels of rows of cells (CSR, codes as in `streams.kernels.parse_arff`)."""
        from streams.kernels.parse_cells import expand_cells

        roles, bases, sizes = self._frozen()
        n = len(indptr) - 1
        most = len(columns) + n * len(self._stand_ins)
        if len(sizes) and sizes.max() > 1:
            most += int(sizes[columns[np.isnan(codes)]].sum())
        rows = Expanded(
            np.zeros(n + 1, np.int64),
            np.empty(most, np.int32),
            np.empty(most, np.float32),
            np.zeros(n + 1, np.int64),
            np.empty(most, np.int32),
            np.zeros(n + 1, np.int64),
            np.empty(len(columns), np.int32),
        )
        expand_cells(
            indptr,
            columns,
            codes,
            roles,
            bases,
            sizes,
            self._stand_ins,
            rows.indptr,
            rows.indices,
            rows.values,
            rows.label_indptr,
            rows.label_indices,
            rows.unknown_indptr,
            rows.unknown_indices,
        )
        return Expanded(
            rows.indptr,
            rows.indices[: rows.indptr[-1]].copy(),
            rows.values[: rows.indptr[-1]].copy(),
            rows.label_indptr,
            rows.label_indices[: rows.label_indptr[-1]].copy(),
            rows.unknown_indptr,
            rows.unknown_indices[: rows.unknown_indptr[-1]],
        )

    def _append(self, role: int, base: int, size: int) -> None:
        self._columns.append((role, base, size))
        self._arrays = None

    def _frozen(self) -> tuple[npt.NDArray[np.uint8], npt.NDArray[np.int32], npt.NDArray[np.int32]]:
        if self._arrays is None:
            from streams.kernels.parse_cells import INDICATORS, REVERSED, REVERSED_LABEL

            columns = np.array(self._columns, np.int64).reshape(-1, 3)
            roles = columns[:, 0].astype(np.uint8)
            self._arrays = roles, columns[:, 1].astype(np.int32), columns[:, 2].astype(np.int32)
            giving = np.isin(roles, [INDICATORS, REVERSED, REVERSED_LABEL])
            self._stand_ins = np.flatnonzero(giving).astype(np.int32)
        return self._arrays


def is_binary(categories: Sequence[Name]) -> bool:
    """Return whether the categories are exactly 0 and 1, in either order."""
    return len(categories) == 2 and set(categories) == {"0", "1"}


def braces(categories: Sequence[Name]) -> str:
    """Return categories as an ARFF header has them, the first ones if there are many.

    Examples
    --------
    >>> braces(["0", "1"]), braces([str(i) for i in range(100)])
    ('{0,1}', '{0,1,2,3,4,5,6,7,8,9,...}')
    """
    shown = [str(category) for category in categories[:10]]
    return "{" + ",".join(shown + ["..."] * (len(categories) > 10)) + "}"
