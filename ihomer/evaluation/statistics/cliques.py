"""Groups of learners among which no two differ."""

from __future__ import annotations

from collections.abc import Callable, Sequence


def cliques(learners: Sequence[str], alike: Callable[[str, str], bool]) -> tuple[tuple[str, ...], ...]:
    """Return the largest groups of two or more learners in which every two are alike, each in the order given.

    "Alike" need not be transitive: b may be like a and like c, which differ. (Bron & Kerbosch 1973, with pivots.)

    Examples
    --------
    >>> cliques("abcd", lambda x, y: {x, y} in ({"a", "b"}, {"b", "c"}, {"a", "d"}, {"b", "d"}))
    (('a', 'b', 'd'), ('b', 'c'))
    """
    order = {learner: i for i, learner in enumerate(learners)}
    near = {a: {b for b in learners if a != b and alike(a, b)} for a in learners}
    found: list[tuple[str, ...]] = []

    def extend(group: set[str], candidates: set[str], done: set[str]) -> None:
        if not candidates and not done:
            if len(group) > 1:
                found.append(tuple(sorted(group, key=order.__getitem__)))
            return
        pivot = max(candidates | done, key=lambda a: (len(near[a] & candidates), -order[a]))
        for a in sorted(candidates - near[pivot], key=order.__getitem__):
            extend(group | {a}, candidates & near[a], done & near[a])
            candidates = candidates - {a}
            done = done | {a}

    extend(set(), set(learners), set())
    return tuple(sorted(found, key=lambda group: [order[a] for a in group]))
