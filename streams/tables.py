"""Data frames and sparse matrices become a Batch, and label sets become one of them again."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from streams.batch import Batch
from streams.columns import LabelCells, LabelSets, Nominal, batch_of_columns, label_sets, no_labels
from streams.names import Name, sort_key
from streams.vocabulary import Vocabulary
from streams.vocabulary_range import RangeVocabulary

Names = Vocabulary | Sequence[Name]


def from_table(X: Any, y: Any = None, features: Names | None = None, labels: Names | None = None) -> Batch:
    """Return a batch of the rows of `X`, labelled by `y`.

    Parameters
    ----------
    X
        A pandas DataFrame: numbers and booleans are numeric columns, strings and categories nominal ones, NaN and None
        are missing; or a scipy sparse matrix or array of numbers.
    y
        The labels: a DataFrame of booleans or 0 and 1, NaN or None is unknown; a sparse matrix of them, what is
        not stored does not hold; None for unlabelled rows.
    features, labels
        For a DataFrame: the Vocabulary to use and to grow, or None. For a sparse matrix: the names of its columns
        (0, 1, 2, ... if not given), or a Vocabulary whose ids are its columns.

    Raises
    ------
    TypeError
        If `X`, `y` or one of their columns is of another type.
    ValueError
        If their lengths or the indexes of two DataFrames differ, there are not as many names as columns, or a
        value is infinite or beyond float32.

    Examples
    --------
    >>> import pandas as pd
    >>> X = pd.DataFrame({"size": [2.5, None], "colour": ["red", "green"]})
    >>> y = pd.DataFrame({"apple": [True, False], "pear": [False, True]})
    >>> list(from_table(X, y).pairs())
    [({'colour': 'red', 'size': 2.5}, {'apple'}), ({'colour': 'green', 'size': None}, {'pear'})]
    >>> from scipy.sparse import csr_array
    >>> list(from_table(csr_array([[0.0, 1.5]]), csr_array([[1, 0]]), ["a", "b"], ["red", "blue"]).pairs())
    [({'b': 1.5}, {'red'})]
    """
    frame, sparse = hasattr(X, "columns") and hasattr(X, "dtypes"), hasattr(X, "tocsr")
    if not frame and not sparse:
        raise TypeError(f"X must be a pandas DataFrame or a scipy sparse matrix, found {type(X).__name__}")
    if y is not None and y.shape[0] != X.shape[0]:
        raise ValueError(f"X has {X.shape[0]} rows, y has {y.shape[0]}: they must have the same")
    if frame and hasattr(y, "index"):
        _check_same_rows(X.index, y.index)
    label_names = labels if isinstance(labels, Vocabulary) else Vocabulary()
    if y is None:
        sets = no_labels(X.shape[0])
        for name in () if labels is None or isinstance(labels, Vocabulary) else labels:
            label_names.add(name)
    elif hasattr(y, "tocsr"):
        label_names = vocabulary_of("labels", labels, y.shape[1])
        sets = _sets_of_matrix(y)
    elif hasattr(y, "columns"):
        sets = _sets_of_frame(y, label_names)
    else:
        raise TypeError(f"y must be a pandas DataFrame, a scipy sparse matrix or None, found {type(y).__name__}")
    if sparse:
        return _batch_of_matrix(X, vocabulary_of("features", features, X.shape[1]), label_names, sets)
    names, numbers, nominal = _columns_of_frame(X)
    vocabulary = features if isinstance(features, Vocabulary) else Vocabulary(features or ())
    return batch_of_columns(names, numbers, nominal, sets, vocabulary, label_names)


def to_frame(
    indptr: npt.NDArray[np.int64], indices: npt.NDArray[np.int32], labels: Vocabulary, index: Any = None
) -> Any:
    """Return label sets (CSR, as in `Batch`) as a DataFrame of booleans, a column per label.

    Parameters
    ----------
    indptr, indices
        int64 (n + 1,) and int32: the labels of each row.
    labels
        What the ids stand for.
    index
        The index of the DataFrame; 0, 1, 2, ... if not given.

    Examples
    --------
    >>> import numpy as np
    >>> to_frame(np.array([0, 1, 1]), np.array([1], np.int32), Vocabulary(["red", "blue"]))
         red   blue
    0  False   True
    1  False  False
    """
    import pandas as pd

    cells = np.zeros((len(indptr) - 1, len(labels)), bool)
    cells[np.repeat(np.arange(len(cells)), np.diff(indptr)), indices] = True
    # tupleize_cols: a tuple is one name, not one level each.
    return pd.DataFrame(cells, index=index, columns=pd.Index(labels.names, tupleize_cols=False))


def to_csr(indptr: npt.NDArray[np.int64], indices: npt.NDArray[np.int32], n_labels: int) -> Any:
    """Return label sets (CSR, as in `Batch`) as a scipy array of booleans, shape (n, `n_labels`).

    Examples
    --------
    >>> import numpy as np
    >>> to_csr(np.array([0, 1, 1]), np.array([1], np.int32), 2).toarray()
    array([[False,  True],
           [False, False]])
    """
    from scipy.sparse import csr_array

    return csr_array((np.ones(len(indices), bool), indices, indptr), shape=(len(indptr) - 1, n_labels))


def _check_same_rows(of_x: Any, of_y: Any) -> None:
    """Raise ValueError if two indexes differ: rows go together by position, which must not hide another order."""
    if of_x.equals(of_y):
        return
    row, x, y = next(
        ((row, x, y) for row, (x, y) in enumerate(zip(of_x, of_y, strict=True)) if x is not y and x != y),
        (0, of_x.dtype, of_y.dtype),
    )
    raise ValueError(
        f"X and y have different indexes: row {row} is {x!r} in X and {y!r} in y; "
        "align them (y.loc[X.index]), or reset the indexes if the rows go together by position"
    )


def vocabulary_of(what: str, names: Names | None, n_columns: int) -> Vocabulary:
    """Return the vocabulary of the columns of a matrix: of their names, 0, 1, 2, ... if there are none; or `names` itself.

    Raises
    ------
    ValueError
        If there are not as many names as columns, or two are the same; `what` says of what, in the message.
    """
    if names is None:
        return RangeVocabulary(n_columns)
    if isinstance(names, Vocabulary):
        if len(names) < n_columns:
            raise ValueError(f"{n_columns} columns, but the vocabulary of {what} holds {len(names)} names")
        return names
    given = list(names)
    if len(given) != n_columns:
        raise ValueError(f"{n_columns} columns, but {len(given)} names of {what}: they must be as many")
    vocabulary = Vocabulary(given)
    if len(vocabulary) < n_columns:
        raise ValueError(f"the names of {what} must be different")
    return vocabulary


def _batch_of_matrix(X: Any, features: Vocabulary, labels: Vocabulary, sets: LabelSets) -> Batch:
    matrix = X.tocsr(copy=True)
    matrix.sum_duplicates()
    with np.errstate(over="ignore"):
        matrix = matrix.astype(np.float32)
    matrix.eliminate_zeros()
    indptr = matrix.indptr.astype(np.int64)
    if (bad := np.flatnonzero(np.isinf(matrix.data))).size:
        row = int(np.searchsorted(indptr, bad[0], side="right")) - 1
        raise ValueError(f"row {row}: {_too_large(features.name(int(matrix.indices[bad[0]])))}")
    return Batch(
        features=features,
        labels=labels,
        indptr=indptr,
        indices=matrix.indices.astype(np.int32),
        values=matrix.data,
        label_indptr=sets.indptr,
        label_indices=sets.indices,
        status=sets.status,
        known_indptr=sets.known_indptr,
        known_indices=sets.known_indices,
    )


def _sets_of_matrix(y: Any) -> LabelSets:
    from streams.batch import COMPLETE

    matrix = y.tocsr(copy=True)
    matrix.sum_duplicates()
    matrix.eliminate_zeros()
    if (matrix.data != 1).any():
        raise ValueError(f"y must hold 0 and 1 or booleans, found {matrix.data[matrix.data != 1][0]}")
    return LabelSets(
        matrix.indptr.astype(np.int64), matrix.indices.astype(np.int32), np.full(y.shape[0], COMPLETE, np.uint8)
    )


def _sets_of_frame(y: Any, labels: Vocabulary) -> LabelSets:
    names = [_name(name, "label") for name in y.columns]
    if not names:
        return no_labels(len(y))
    known = y.notna().to_numpy(bool)
    cells = y.to_numpy(object)
    holds = np.zeros(cells.shape, bool)
    for row, j in np.argwhere(known).tolist():
        if cells[row, j] not in (0, 1):
            raise ValueError(f"row {row}: label {names[j]!r} must be True, False or missing, found {cells[row, j]!r}")
        holds[row, j] = bool(cells[row, j])
    return label_sets(LabelCells(names, holds, known), labels)


def _columns_of_frame(X: Any) -> tuple[list[Name], npt.NDArray[np.float32], list[Nominal]]:
    from pandas.api import types

    names: list[Name] = []
    numbers: list[npt.NDArray[np.float32]] = []
    nominal: list[Nominal] = []
    for at, label in enumerate(X.columns):
        name, column = _name(label, "feature"), X.iloc[:, at]
        if types.is_bool_dtype(column.dtype) or types.is_numeric_dtype(column.dtype):
            names.append(name)
            numbers.append(_floats(name, column))
        elif isinstance(column.dtype, _categorical()) or types.is_string_dtype(column.dtype) or column.dtype == object:
            nominal.append(_categories(name, column))
        else:
            raise TypeError(f"feature {name!r} must be numbers, booleans, strings or categories, found {column.dtype}")
    if len({*names, *(column.name for column in nominal)}) < len(X.columns):
        raise ValueError("the names of the columns of X must be different")
    return names, np.column_stack(numbers) if numbers else np.empty((len(X), 0), np.float32), nominal


def _categorical() -> type:
    import pandas as pd

    return pd.CategoricalDtype  # type: ignore[no-any-return]


def _name(label: Any, what: str) -> Name:
    name: Name = label.item() if isinstance(label, np.generic) else label
    try:
        sort_key(name)
    except TypeError as error:
        raise TypeError(f"{what}: {error}") from None
    return name


def _floats(name: Name, column: Any) -> npt.NDArray[np.float32]:
    if column.dtype.kind == "c":
        raise TypeError(f"feature {name!r} must be real numbers, found {column.dtype}")
    with np.errstate(over="ignore"):
        numbers: npt.NDArray[np.float32] = column.to_numpy(np.float64, na_value=np.nan).astype(np.float32)
    if (bad := np.flatnonzero(np.isinf(numbers))).size:
        raise ValueError(f"row {bad[0]}: {_too_large(name)}")
    return numbers


def _categories(name: Name, column: Any) -> Nominal:
    import pandas as pd

    if isinstance(column.dtype, pd.CategoricalDtype):
        codes, categories = column.cat.codes.to_numpy(np.int64), list(column.cat.categories)
    else:
        codes, found = pd.factorize(column)
        codes, categories = codes.astype(np.int64), list(found)
    for category in categories:
        if not isinstance(category, (str, int)):
            row = int(np.flatnonzero(codes == categories.index(category))[0])
            raise TypeError(f"row {row}: feature {name!r} must be strings or whole numbers, found {category!r}")
    return Nominal(name, codes, categories)


def _too_large(name: Name) -> str:
    from streams.kernels.rows import INFINITE
    from streams.rows import why_not

    return why_not(INFINITE, name)
