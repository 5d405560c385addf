"""The header of an ARFF file: its relation and its attributes."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from streams.errors import RowError

if TYPE_CHECKING:
    from collections.abc import Iterable

_QUOTED = rb"'(?:[^'\\]|\\.)*'|\"(?:[^\"\\]|\\.)*\""
#: A quoted name or category.
QUOTED = re.compile(_QUOTED)
_KEYWORD = re.compile(rb"\s*@([A-Za-z]+)(?=[\s'\"]|$)\s*")
_ATTRIBUTE = re.compile(rb"(" + _QUOTED + rb"|[^\s{'\"%][^\s{]*)\s*")
_TYPE = re.compile(rb"([A-Za-z]+)\s*")
_CATEGORY = re.compile(rb"\s*(" + _QUOTED + rb"|[^\s,{}'\"][^\s,}]*)\s*")
_REST = re.compile(rb"\s*(%.*)?", re.DOTALL)
_ESCAPE = re.compile(rb"\\(.)")
_ESCAPES = {b"n": b"\n", b"r": b"\r", b"t": b"\t"}
_MEKA = re.compile(r"(?:^|[\s:])-C\s*([+-]?\d+)")
_NUMERIC = ("numeric", "real", "integer")
_UNSUPPORTED = ("string", "date", "relational")


@dataclass(slots=True, frozen=True)
class Attribute:
    """An attribute of an ARFF file.

    Parameters
    ----------
    name
        Its name.
    line
        The line that declares it.
    categories
        Its categories as bytes, in order of declaration; None if it is numeric.
    """

    name: str
    line: int
    categories: list[bytes] | None


@dataclass(slots=True, frozen=True)
class ArffHeader:
    """What stands before the rows.

    Parameters
    ----------
    relation
        The relation's name.
    attributes
        The attributes in order.
    lines, bytes
        How long the header is, the line `@data` included.
    complete
        Whether it ends with `@data`.
    """

    relation: str
    attributes: list[Attribute]
    lines: int
    bytes: int
    complete: bool

    @property
    def meka_labels(self) -> int | None:
        """What MEKA's option `-C n` says: n labels first, or -n labels last; None without it."""
        found = _MEKA.search(self.relation)
        return None if found is None else int(found[1])


def read_header(source: str, lines: Iterable[bytes]) -> ArffHeader:
    r"""Return the header that `lines` begin with.

    Keywords count in any case. Names and categories are UTF-8, or Latin-1 where they are not UTF-8.

    Raises
    ------
    RowError
        If a line is not what it should be.

    Examples
    --------
    >>> header = read_header("a.arff", [b"@relation 'a: -C 1'\n", b"@ATTRIBUTE 'is red' {0, 1}\n", b"@data\n"])
    >>> header.meka_labels, header.attributes
    (1, [Attribute(name='is red', line=2, categories=[b'0', b'1'])])
    """
    relation = ""
    attributes: list[Attribute] = []
    n_bytes = n = 0
    for n, whole_line in enumerate(lines, 1):
        n_bytes += len(whole_line)
        line = whole_line.rstrip(b"\r\n")
        if _REST.fullmatch(line):
            continue
        keyword = _KEYWORD.match(line)
        what = keyword[1].lower() if keyword else b""
        if keyword is None or what not in {b"relation", b"attribute", b"data"}:
            raise RowError(source, n, _column(line), f"expected @relation, @attribute or @data, found {_shown(line)}")
        if what == b"data":
            _end(source, n, line, keyword.end())
            return ArffHeader(relation, attributes, n, n_bytes, complete=True)
        if what == b"relation":
            relation = decode(unquote(line[keyword.end() :].strip()))
        else:
            attributes.append(_attribute(source, n, line, keyword.end()))
    return ArffHeader(relation, attributes, n, n_bytes, complete=False)


def _attribute(source: str, n: int, line: bytes, at: int) -> Attribute:
    found = _ATTRIBUTE.match(line, at)
    if found is None:
        raise RowError(source, n, at + 1, f"expected the name of an attribute, found {_shown(line[at:])}")
    name = decode(unquote(found[1]))
    at = found.end()
    if line[at : at + 1] == b"{":
        categories, at = _categories(source, n, line, at + 1, name)
        _end(source, n, line, at)
        return Attribute(name, n, categories)
    kind = _TYPE.match(line, at)
    word = kind[1].decode().lower() if kind else ""
    if kind is None or word not in (*_NUMERIC, *_UNSUPPORTED):
        expected = f"the type of attribute {name!r} must be numeric, real, integer or categories in braces"
        raise RowError(source, n, at + 1, f"{expected}, found {_shown(line[at:])}")
    if word in _UNSUPPORTED:
        why = "only numeric and nominal ones can be read"
        raise RowError(source, n, at + 1, f"attribute {name!r} is a {word} attribute: {why}")
    _end(source, n, line, kind.end())
    return Attribute(name, n, None)


def _categories(source: str, n: int, line: bytes, at: int, name: str) -> tuple[list[bytes], int]:
    """Return the categories that begin at `line[at]`, and where they end."""
    categories: list[bytes] = []
    while True:
        found = _CATEGORY.match(line, at)
        if found is None:
            raise RowError(source, n, at + 1, f"expected a category of attribute {name!r}, found {_shown(line[at:])}")
        category = unquote(found[1])
        if category in categories:
            what = f"category {_shown(category)} of attribute {name!r} stands twice"
            raise RowError(source, n, found.start(1) + 1, what)
        categories.append(category)
        at = found.end()
        if line[at : at + 1] == b"}":
            return categories, at + 1
        if line[at : at + 1] == b",":
            at += 1
        elif line[at - 1 : at] not in (b" ", b"\t"):  # spaces separate too, as in Weka
            expected = f"a comma or }} after a category of attribute {name!r}"
            raise RowError(source, n, at + 1, f"expected {expected}, found {_shown(line[at:])}")


def _end(source: str, n: int, line: bytes, at: int) -> None:
    if _REST.fullmatch(line, at) is None:
        raise RowError(source, n, at + 1, f"expected the end of the line, found {_shown(line[at:])}")


def unquote(text: bytes) -> bytes:
    r"""Return a name or category without its quotes and escapes.

    Examples
    --------
    >>> unquote(rb"'it\'s'"), unquote(b"plain")
    (b"it's", b'plain')
    """
    if len(text) >= 2 and text[:1] == text[-1:] and text[:1] in b"'\"":
        return _ESCAPE.sub(lambda found: _ESCAPES.get(found[1], found[1]), text[1:-1])
    return text


def decode(text: bytes) -> str:
    """Return a name as text: UTF-8, or Latin-1 if it is not UTF-8."""
    try:
        return text.decode()
    except UnicodeDecodeError:
        return text.decode("latin-1")


def _column(line: bytes) -> int:
    return len(line) - len(line.lstrip()) + 1


def _shown(text: bytes) -> str:
    from streams.text_stream import shown

    return shown(text.strip()) if text.strip() else "the end of the line"
