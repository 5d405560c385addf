"""What `predict_one` answers: a dict that knows that what it does not hold is predicted absent."""

from __future__ import annotations

from streams.names import Name


class Answer(dict[Name, bool]):
    """A dict label -> bool that answers False for a label it does not hold (and does not store it).

    river's metrics look up every label of the true dict; a label that the model has not met yet is predicted absent.

    Examples
    --------
    >>> answer = Answer(red=True)
    >>> answer["red"], answer["never seen"], len(answer)
    (True, False, 1)
    """

    __slots__ = ()

    def __missing__(self, name: Name) -> bool:
        return False
