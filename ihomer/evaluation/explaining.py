"""Explanations of the instances of a stream by a saved model."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ihomer.explain import Explanation
    from streams.names import Name
    from streams.stream import Stream

#: Labels that a message names.
_NAMED: Final = 10


def explanations(model: Any, stream: Stream, label: str, k: int) -> Iterator[tuple[int, Explanation]]:
    """Yield the number of each instance and why a label gets its probability; labels in the stream are not looked at.

    Parameters
    ----------
    model
        Has `explain_one`.
    stream
        What to explain.
    label
        As `str` writes the label's name.
    k
        So many items of a kind are told.

    Raises
    ------
    TypeError
        If the model explains nothing.
    ValueError
        If it has not met the label.
    """
    if not callable(getattr(model, "explain_one", None)):
        raise TypeError(f"{type(model).__name__} explains nothing; IHOMER does")
    name = _found(model.labels, label)
    row = 0
    for batch in stream.batches():
        for i in range(len(batch)):
            yield row, model.explain_one(batch.x(i), name, k)
            row += 1


def _found(labels: list[Name], label: str) -> Name:
    for name in labels:
        if str(name) == label:
            return name
    some = ", ".join(map(repr, labels[:_NAMED])) + (", ..." if len(labels) > _NAMED else "")
    raise ValueError(f"label {label!r} was never met; the {len(labels):,} labels are {some}")
