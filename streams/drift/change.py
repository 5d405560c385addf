"""What is known of one change of a stream: where, what, and whom it concerns."""

from __future__ import annotations

from dataclasses import dataclass

from streams.names import Name


@dataclass(frozen=True, slots=True)
class Change:
    """One change: rows before `first` follow the old concept, rows from `last` on the new one.

    Parameters
    ----------
    first, last
        The first row that may be of the new concept, and the first from which all are; counted from 0. The same
        for a sudden change.
    kind
        What changes, such as ``labels permuted``; when a recurring change ends, such as ``labels permuted back``.
    pace
        ``sudden``, ``gradual``, ``incremental`` or ``recurring``.
    labels
        The labels concerned, in the order in which an incremental change reaches them; names of before the change,
        new ones behind them where labels are split or renamed.
    features
        The features (attributes) concerned, likewise.
    """

    first: int
    last: int
    kind: str
    pace: str
    labels: tuple[Name, ...]
    features: tuple[Name, ...]
