"""The table of a comparison as text: rows streams, columns learners."""

from __future__ import annotations

import statistics
from typing import TYPE_CHECKING, Final

from ihomer.compare.metrics import sign, title
from ihomer.compare.testing import ranked, sentences

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ihomer.compare.comparison import Comparison

#: Characters of a line, unless said otherwise, of a name, of a message.
WIDTH: Final = 128
_NAME, _MESSAGE = 28, 200


def table(comparison: Comparison, width: int = WIDTH) -> str:
    """Return the table: scores with the best marked, mean ranks, costs, what the tests say, what failed.

    Parameters
    ----------
    comparison
        The cells.
    width
        Characters of a line; learners that have no room come in a further block below.
    """
    from ihomer.evaluation.statistics import nemenyi

    streams, learners = list(comparison.streams), list(comparison.learners)
    lines: list[tuple[str, list[str]]] = []
    for stream in streams:
        lines += _of_stream(comparison, stream)
    scores = ranked(comparison, comparison.metric)
    told: list[str] = []
    if scores is not None:
        test = nemenyi(scores)
        ranks = test.ranks.by_learner()
        lines += [("", []), ("mean rank", [f"{ranks[a]:.2f} " if a in ranks else "" for a in learners])]
        told += sentences(comparison, scores, test)
        if test.ranks.left_out:
            told.append(f"Mean ranks leave out, since not all have a score: {', '.join(map(_shown, test.ranks.left_out))}.")
    lines.append(("CPU us a row, median", [_median_cost(comparison, a) for a in learners]))
    head = f"{title(comparison.metric)}; * the best{', the less the better' if sign(comparison.metric) < 0 else ''}"
    if any(comparison.cut(stream, learner) for stream in streams for learner in learners):
        head += "; @n cut by the time limit after n rows, below it all on the rows that all saw"
    parts = [head, *_blocks([_shown(a) for a in learners], lines, width), "\n".join(told), _remarks(comparison)]
    return "\n\n".join(part for part in parts if part)


def _of_stream(comparison: Comparison, stream: str) -> list[tuple[str, list[str]]]:
    """Return the line of a stream, and another for the rows that all saw, if somebody was cut."""
    learners, rows = comparison.learners, comparison.streams[stream]
    whole = {a: comparison.score(stream, a) for a in learners if not comparison.cut(stream, a)}
    marked = _best(whole, comparison.metric)
    cells = []
    for a in learners:
        score = comparison.score(stream, a)
        if comparison.error(stream, a):
            cells.append("failed ")
        elif score is None:
            cells.append("- ")
        elif comparison.cut(stream, a):
            cells.append(f"{score:.4f}@{comparison.rows(stream, a)} ")
        else:
            cells.append(f"{score:.4f}{'*' if a in marked else ' '}")
    lines = [(f"{_shown(stream)} {rows:,}", cells)]
    seen = [comparison.rows(stream, a) for a in learners if comparison.rows(stream, a)]
    if seen and min(seen) < rows:
        common = {a: comparison.score(stream, a, rows=min(seen)) for a in learners if comparison.rows(stream, a)}
        marked = _best(common, comparison.metric)
        shown = {a: "" if score is None else f"{score:.4f}{'*' if a in marked else ' '}" for a, score in common.items()}
        lines.append((f"  first {min(seen):,}", [shown.get(a, "") for a in learners]))
    return lines


def _best(scores: dict[str, float | None], metric: str) -> set[str]:
    known = {a: sign(metric) * score for a, score in scores.items() if score is not None}
    return {a for a, score in known.items() if score == max(known.values())} if len(known) > 1 else set()


def _blocks(heads: Sequence[str], lines: Sequence[tuple[str, list[str]]], width: int) -> list[str]:
    """Return the lines in blocks of as many columns as have room."""
    stub = max([6, *(len(name) for name, _ in lines)])
    wide = [max(len(head) + 1, *(len(cells[i]) for _, cells in lines if cells)) for i, head in enumerate(heads)]
    blocks, start = [], 0
    while start < len(heads):
        stop, used = start, stub
        while stop < len(heads) and (stop == start or used + 2 + wide[stop] <= width):
            used += 2 + wide[stop]
            stop += 1
        columns = range(start, stop)
        text = [" " * stub + "".join(f"  {heads[i] + ' ':>{wide[i]}}" for i in columns)]
        text += [f"{name:<{stub}}" + "".join(f"  {cells[i]:>{wide[i]}}" for i in columns if cells) for name, cells in lines]
        blocks.append("\n".join(line.rstrip() for line in text))
        start = stop
    return blocks


def _median_cost(comparison: Comparison, learner: str) -> str:
    found = [cost for stream in comparison.streams if (cost := comparison.cpu_us_a_row(stream, learner)) is not None]
    return f"{statistics.median(found):,.0f} " if found else ""


def _remarks(comparison: Comparison) -> str:
    failures = comparison.failures
    lines = [f"{_shown(learner)} failed on {_shown(stream)}: {_shown(why, _MESSAGE)}" for stream, learner, why in failures]
    if comparison.interrupted:
        lines.append("Stopped before all cells were filled.")
    return "\n".join(lines)


def _shown(text: str, most: int = _NAME) -> str:
    """Return a text that keeps to its place on one line, whatever is in it."""
    plain = "".join(c if c.isprintable() else "\ufffd" for c in text)
    return plain if len(plain) <= most else f"{plain[: most - 1]}…"
