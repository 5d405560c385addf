"""Slow, obvious twins of the text parsers: what svmlight and ARFF rows mean, line by line, with regular expressions."""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np

MAX_ID = 2**31 - 1
BLANK = b" \t\r"
NUMBER = re.compile(rb"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?|[+-]?[nN][aA][nN]")
QUOTED = re.compile(rb"'(?:[^'\\]|\\.)*'|\"(?:[^\"\\]|\\.)*\"", re.DOTALL)

#: A good row: its line, the labels that hold, the cells that are not zero.
SvmlightRow = tuple[int, list[int], dict[int, np.float32]]


class BadRow(Exception):  # noqa: N818
    """A row that cannot be taken."""


def number(text: bytes) -> np.float32:
    """The float32 of the double that the text stands for."""
    if not NUMBER.fullmatch(text):
        raise BadRow
    with np.errstate(over="ignore"):
        value = np.float32(float(text))
    if np.isinf(value):
        raise BadRow
    return value


def svmlight(
    text: bytes, n_features: int = MAX_ID, n_labels: int = MAX_ID, sizes: Sequence[int] = ()
) -> tuple[list[SvmlightRow], list[int]]:
    """Rows and the lines of the bad rows of svmlight text without a header."""
    rows: list[SvmlightRow] = []
    bad: list[int] = []
    empty = 0
    lines = text.split(b"\n")
    if lines[-1] == b"":
        lines.pop()
    for n, line in enumerate(lines, 1):
        if line.startswith(b"#"):
            continue
        if line in (b"", b"\r"):
            empty = empty or n
            continue
        if empty:
            bad.append(empty)
            empty = 0
        try:
            rows.append((n, *_svmlight_row(line, n_features, n_labels, sizes)))
        except BadRow:
            bad.append(n)
    return rows, bad


def _svmlight_row(
    line: bytes, n_features: int, n_labels: int, sizes: Sequence[int]
) -> tuple[list[int], dict[int, np.float32]]:
    first, *tokens = re.split(rb"[ \t\r]+", line)
    labels: list[int] = []
    if first:
        if not re.fullmatch(rb"\d+(,\d+)*", first):
            raise BadRow
        labels = [int(label) for label in first.split(b",")]
    if len(set(labels)) < len(labels) or any(label >= n_labels for label in labels):
        raise BadRow
    cells: dict[int, np.float32] = {}
    rest = b" ".join(tokens).partition(b"#")[0]
    for token in filter(None, rest.split(b" ")):
        index, colon, value = token.partition(b":")
        if not colon or not re.fullmatch(rb"\d+", index):
            raise BadRow
        column, code = int(index), number(value)
        if column >= n_features or column in cells:
            raise BadRow
        if len(sizes) and sizes[column] and not (np.isnan(code) or (code in range(sizes[column]))):
            raise BadRow
        cells[column] = code
    return sorted(labels), {column: cells[column] for column in sorted(cells) if cells[column] != 0}


#: A good row: its line, the cells whose code is not zero.
ArffRow = tuple[int, dict[int, np.float32]]


def arff(text: bytes, columns: Sequence[Sequence[bytes] | None]) -> tuple[list[ArffRow], list[int]]:
    """Rows and the lines of the bad rows of what follows `@data`; `columns` are the categories, None: numeric."""
    rows: list[ArffRow] = []
    bad: list[int] = []
    for n, line in enumerate(text.split(b"\n"), 1):
        if line.strip(BLANK)[:1] in (b"", b"%"):
            continue
        try:
            cells = _Line(line).row(columns)
            rows.append((n, {column: code for column, code in cells.items() if code != 0}))
        except BadRow:
            bad.append(n)
    return rows, bad


class _Line:
    def __init__(self, line: bytes) -> None:
        self.rest = line

    def skip(self) -> bool:
        """Skip spaces; whether there were any."""
        before = self.rest
        self.rest = before.lstrip(BLANK)
        return before != self.rest

    def take(self, text: bytes) -> bool:
        found = self.rest.startswith(text)
        if found:
            self.rest = self.rest[len(text) :]
        return found

    def match(self, pattern: bytes) -> bytes:
        found = re.match(pattern, self.rest)
        if found is None:
            raise BadRow
        self.rest = self.rest[found.end() :]
        return found[0]

    def row(self, columns: Sequence[Sequence[bytes] | None]) -> dict[int, np.float32]:
        self.skip()
        cells = self.sparse(columns) if self.take(b"{") else self.dense(columns)
        self.skip()
        if self.take(b","):
            self.skip()
            if not self.rest.startswith(b"{"):
                raise BadRow
        if self.take(b"{"):
            self.skip()
            if number(self.match(rb"[^ \t\r}]*")) != 1:
                raise BadRow
            self.skip()
            if not self.take(b"}"):
                raise BadRow
            self.skip()
        if self.rest[:1] not in (b"", b"%"):
            raise BadRow
        return cells

    def dense(self, columns: Sequence[Sequence[bytes] | None]) -> dict[int, np.float32]:
        cells = {}
        for column, categories in enumerate(columns):
            if self.rest[:1] in (b"", b"%"):
                raise BadRow
            cells[column] = self.value(categories)
            spaces = self.skip()
            if column < len(columns) - 1 and not (self.take(b",") or spaces):
                raise BadRow
            self.skip()
        return cells

    def sparse(self, columns: Sequence[Sequence[bytes] | None]) -> dict[int, np.float32]:
        cells: dict[int, np.float32] = {}
        self.skip()
        if self.take(b"}"):
            return cells
        while True:
            column = int(self.match(rb"\d+(?=[ \t\r])"))
            if column >= len(columns) or column <= max(cells, default=-1):
                raise BadRow
            self.skip()
            cells[column] = self.value(columns[column])
            self.skip()
            if self.take(b"}"):
                return cells
            if not self.take(b","):
                raise BadRow
            self.skip()

    def value(self, categories: Sequence[bytes] | None) -> np.float32:
        if self.rest[:1] in (b"'", b'"'):
            found = QUOTED.match(self.rest)
            if found is None:
                raise BadRow
            self.rest = self.rest[found.end() :]
            if self.rest[:1] not in (b"", b",", b"}", b" ", b"\t", b"\r"):
                raise BadRow
            escapes = {b"n": b"\n", b"r": b"\r", b"t": b"\t"}
            text = re.sub(rb"\\(.)", lambda e: escapes.get(e[1], e[1]), found[0][1:-1], flags=re.DOTALL)
        else:
            text = self.match(rb"[^ \t\r,}]+")
            if text == b"?":
                return np.float32(np.nan)
        if categories is None:
            return number(text)
        if text not in categories:
            raise BadRow
        return np.float32(categories.index(text))
