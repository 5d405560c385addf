"""An explanation as text for reading."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Sequence

from ihomer.explain.explanation import Explanation
from ihomer.explain.parts import (
    Evidence,
    Expert,
    Facts,
    Feature,
    Features,
    Nested,
    Number,
    Path,
    Paths,
    Remembered,
    Test,
)

#: Characters of a name at most; where the columns of the terms, and of the items of evidence, end.
LONGEST, LEFT, ITEM = 24, 46, 36
#: Narrower text has no room for its columns.
LEAST_WIDTH = 60


def text(explanation: Explanation, width: int = 100) -> str:
    """Return an explanation in lines of at most `width` characters."""
    if width < LEAST_WIDTH:
        raise ValueError(f"width must be at least {LEAST_WIDTH}, found {width}")
    lines: list[str] = []
    for line, indent in (*_head(explanation), *_sum(explanation.experts, explanation.logit, "logit", 0)):
        lines += _folded(line, width, indent)
    for expert in explanation.experts:
        lines += _of_expert(expert, width, 0)
    return "\n".join(line.rstrip() for line in lines)


def _head(explanation: Explanation) -> Iterator[tuple[str, int]]:
    said = "predicted" if explanation.predicted else "not predicted"
    yield f"{short(explanation.label)}: probability {explanation.probability:.3f}, {said}", 2
    rule = explanation.rule
    threshold = "" if rule.threshold is None else f"; the threshold is {rule.threshold:.3f}"
    yield f"rule      {rule.what}{threshold}", 10
    cluster = explanation.cluster
    mates = [
        f"{short(mate.label)} {mate.jaccard:.2f} ({mate.probability:.3f}{', predicted' if mate.predicted else ''})"
        for mate in cluster.mates
    ]
    if cluster.n_others:
        mates.append(f"{counted(cluster.n_others, 'other')} {cluster.others:.2f} in all")
    what = ", with their Jaccard similarity and probability: " if mates else ""
    yield f"cluster   {counted(cluster.size, 'label')}{what}{', '.join(mates)}", 10
    if explanation.n_unknown:
        more = explanation.n_unknown - len(explanation.unknown)
        names = ", ".join(short(name) for name in explanation.unknown) + (f" and {counted(more, 'other')}" if more else "")
        yield f"unknown   {counted(explanation.n_unknown, 'feature')} never met: {names}", 10
    yield f"learned   {counted(explanation.instances, 'instance')}", 10


def _sum(experts: Sequence[Expert], total: float, name: str, indent: int) -> Iterator[tuple[str, int]]:
    """Yield the table of terms."""
    space = " " * indent
    yield "", 0
    yield f"{space}{'what is said':<{LEFT}}{'score':>8}   x (shared    + own)       adds", indent
    for expert in experts:
        for term in expert.terms:
            what = expert.name if expert.name == term.name else f"{expert.name}: {term.name}"
            weights = f"{term.shared:+10.3f} {term.own:+9.3f}"
            yield f"{space}{clipped(what, LEFT):<{LEFT}}{term.score:+8.2f}   {weights}  {term.part:+9.3f}", indent
    yield f"{space}{name:<{LEFT}}{'':8}   {'':20}  {total:+9.3f}", indent


def _of_expert(expert: Expert, width: int, indent: int) -> list[str]:
    """Return the evidence of one expert."""
    lines: list[str] = []
    space = " " * indent
    for i, evidence in enumerate(expert.evidence):
        if i == 0:
            lines += ["", *_folded(f"{space}{expert.name} ({expert.part:+.3f}): {evidence.what}", width, indent + 2)]
        else:
            lines += _folded(f"{space}  {evidence.what}", width, indent + 2)
        lines += _of_evidence(evidence, width, indent + 4)
    return lines


def _of_evidence(evidence: Evidence, width: int, indent: int) -> list[str]:
    lines: list[str] = []
    space = " " * indent
    if isinstance(evidence, Facts):
        facts = ", ".join(f"{number.name} {_value(number.value)}" for number in evidence.items)
        return _folded(space + facts, width, indent)
    if isinstance(evidence, Nested):
        for line, deeper in _sum(evidence.experts, evidence.total, "log-odds", indent):
            lines += _folded(line, width, deeper)
        for expert in evidence.experts:
            lines += _of_expert(expert, width, indent)
        return lines
    for item in evidence.items:
        if isinstance(item, Feature):
            what = clipped(f"{short(item.name)} = {_value(item.value)}", ITEM - indent)
            lines += _folded(f"{space}{what:<{ITEM - indent}}{item.part:+9.3f}   {_numbers(item.numbers)}", width, ITEM + 12)
        elif isinstance(item, Remembered):
            lines += _folded(f"{space}{_remembered(item):<{ITEM - indent}}{item.part:+9.3f}   {_said(item)}", width, ITEM + 12)
        else:
            lines += _of_path(item, width, indent)
    if evidence.n_others:
        lines.append(f"{space}{counted(evidence.n_others, 'other'):<{ITEM - indent}}{evidence.others:+9.3f}")
    if isinstance(evidence, Features):
        lines += [
            f"{space}{clipped(number.name, ITEM - indent):<{ITEM - indent}}{number.value:+9.3f}" for number in evidence.besides
        ]
    if not isinstance(evidence, Paths) or len(evidence.items) + evidence.n_others > 1:
        lines.append(f"{space}{'sum':<{ITEM - indent}}{evidence.total:+9.3f}")
    return lines


def _remembered(item: Remembered) -> str:
    ago = "" if item.ago is None else f"{item.ago:,} ago"
    who = "a row" if item.instance is None else f"instance {item.instance:,}"
    return f"{who}, {ago}" if ago else who


def _said(item: Remembered) -> str:
    held = {True: ", had the label", False: ", did not have it", None: ""}[item.held]
    if item.held is None and item.ago is not None:
        held = ", label not known"
    return f"similarity {item.similarity:.3f}, weight {item.vote:.3f}{held}"


def _of_path(path: Path, width: int, indent: int) -> list[str]:
    tests = [_test(test) for test in path.tests]
    if path.n_more:
        tests.append(counted(path.n_more, "more test"))
    way = f"where {' and '.join(tests)}" if tests else "a tree of one leaf"
    tree = f"tree {path.tree}"
    space = " " * indent
    return [
        *_folded(f"{space}{tree:<{ITEM - indent}}{path.part:+9.3f}   {_numbers(path.numbers)}", width, ITEM + 12),
        *_folded(f"{space}  {way}", width, indent + 4),
    ]


def _test(test: Test) -> str:
    name = "a label that is gone" if test.name is None else short(test.name)
    if test.before:
        held = "held" if test.above else "did not hold"
        return f"{name} {held} before"
    sign = ">" if test.above else "<="
    value = "missing" if test.value is None else _value(test.value)
    return f"{name} {sign} {test.threshold:.3g} ({value})"


def _numbers(numbers: Sequence[Number]) -> str:
    return ", ".join(f"{number.name} {_value(number.value)}" for number in numbers)


def _value(value: float | None) -> str:
    if value is None:
        return "unknown"
    return f"{value:,.0f}" if value == int(value) and abs(value) < 1e9 else f"{value:.3g}"


def counted(n: int, what: str) -> str:
    """Return a number of things.

    Examples
    --------
    >>> counted(1, "label"), counted(2000, "label")
    ('1 label', '2,000 labels')
    """
    return f"{n:,} {what}{'' if n == 1 else 's'}"


def short(name: object) -> str:
    r"""Return a name as text, on one line and not too long.

    Examples
    --------
    >>> short("two\nlines"), short(3), short("x" * 100)
    ('two lines', '3', 'xxxxxxxxxxxxxxxxxxxxx...')
    """
    return clipped(" ".join("".join(c if c.isprintable() else " " for c in str(name)).split()), LONGEST)


def clipped(words: str, length: int) -> str:
    """Return words in at most so many characters."""
    return words if len(words) <= length else words[: length - 3] + "..."


def _folded(line: str, width: int, indent: int) -> list[str]:
    """Return a line, folded where it is too long; what is folded is indented."""
    if len(line) <= width:
        return [line]
    return textwrap.wrap(
        line, width, subsequent_indent=" " * min(indent, width // 2), drop_whitespace=True, break_on_hyphens=False,
    )  # fmt: skip
