"""Kernel that turns cells of a table (column, code) into features and labels of a Batch."""

from __future__ import annotations

import numpy as np

from streams.jit import jit

#: What a column is: a number; a nominal attribute, one indicator per category; a number that is 1 - code (the
#: categories 1, 0); a label that holds if the code is 1; a label that holds if the code is 0.
NUMBER, INDICATORS, REVERSED, LABEL, REVERSED_LABEL = 0, 1, 2, 3, 4


@jit
def expand_cells(  # type: ignore[no-untyped-def]
    indptr,
    columns,
    codes,
    roles,
    bases,
    sizes,
    stand_ins,
    feature_indptr,
    features,
    values,
    label_indptr,
    labels,
    unknown_indptr,
    unknown,
):
    """Write the features and labels of every row.

    A column that is left out of a row has code 0: a nominal attribute is its first category then.

    Parameters
    ----------
    indptr, columns, codes : int64 (n + 1,), int32, float32: the cells, columns ascending within a row; NaN is missing
    roles : uint8, shape (k,): what each column is
    bases, sizes : int32, shape (k,): its (first) feature or label id, and how many it has; ids grow with the columns
    stand_ins : int32, ascending: the columns that give an entry when their code is 0
    feature_indptr, features, values : int64 (n + 1,), int32, float32; written
    label_indptr, labels : int64 (n + 1,), int32; written: the labels that hold
    unknown_indptr, unknown : int64 (n + 1,), int32; written: the labels whose truth is missing
    """
    n = n_labels = n_unknown = 0
    for row in range(len(indptr) - 1):
        i = indptr[row]
        stop = indptr[row + 1]
        s = 0
        while i < stop or s < len(stand_ins):
            if s < len(stand_ins) and (i >= stop or stand_ins[s] < columns[i]):
                column = stand_ins[s]
                code = np.float32(0)
                s += 1
            else:
                column = columns[i]
                code = codes[i]
                i += 1
                if s < len(stand_ins) and stand_ins[s] == column:
                    s += 1
            role = roles[column]
            base = bases[column]
            if (role == NUMBER) | (role == REVERSED):
                value = code if role == NUMBER else np.float32(1) - code
                if value != 0:
                    features[n] = base
                    values[n] = value
                    n += 1
            elif role == INDICATORS:
                if np.isnan(code):
                    for k in range(sizes[column]):
                        features[n] = base + k
                        values[n] = code
                        n += 1
                else:
                    features[n] = base + np.int32(code)
                    values[n] = 1
                    n += 1
            elif np.isnan(code):
                unknown[n_unknown] = base
                n_unknown += 1
            elif (code == 1) == (role == LABEL):
                labels[n_labels] = base
                n_labels += 1
        feature_indptr[row + 1] = n
        label_indptr[row + 1] = n_labels
        unknown_indptr[row + 1] = n_unknown
