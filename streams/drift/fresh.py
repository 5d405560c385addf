"""Names that are not taken yet."""

from __future__ import annotations

from streams.names import Name
from streams.vocabulary import Vocabulary


def fresh_name(name: Name, suffix: str, taken: Vocabulary) -> str:
    """Return `name` with the suffix, as often as it takes until nothing has that name.

    Examples
    --------
    >>> fresh_name("a", "'", Vocabulary(["a", "a'"]))
    "a''"
    """
    fresh = f"{name}{suffix}"
    while fresh in taken:
        fresh += suffix
    return fresh
