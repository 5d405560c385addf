"""Headers of ARFF files."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from streams.arff_header import read_header, unquote
from streams.errors import RowError


def header(text):
    return read_header("a.arff", text.splitlines(keepends=True))


def test_spaces_tabs_quotes_and_comments():
    found = header(
        b"% c\n@relation x y % z\n\t@attribute\ta\tnumeric\n@ATTRIBUTE 'b c'integer%\n@attribute d{x}\n"
        b"@attribute 'e\\'s' { \"1 2\" , b\tc }  % d\n  @data  % now\nrows"
    )
    assert [(a.name, a.line, a.categories) for a in found.attributes] == [
        ("a", 3, None),
        ("b c", 4, None),
        ("d", 5, [b"x"]),
        ("e's", 6, [b"1 2", b"b", b"c"]),
    ]
    assert (found.lines, found.complete, found.meka_labels) == (7, True, None)


@pytest.mark.parametrize(
    ("relation", "n"),
    [("'Music: -C 6'", 6), ("'x: -C -6 -split-percentage 67'", -6), ("'-C 3'", 3), ("x-C", None), ("'abc-C 3'", None)],
)
def test_mekas_option(relation, n):
    assert header(f"@relation {relation}\n@data\n".encode()).meka_labels == n


TYPES = "the type of attribute 'a' must be numeric, real, integer or categories in braces"
ONLY = "only numeric and nominal ones can be read"


@pytest.mark.parametrize(
    ("line", "message"),
    [
        (b"@attribute", "11: expected the name of an attribute, found the end of the line"),
        (b"@attribute 'a numeric", "12: expected the name of an attribute, found \"'a numeric\""),
        (b"@attribute a", f"13: {TYPES}, found the end of the line"),
        (b"@attribute a {}", "15: expected a category of attribute 'a', found '}'"),
        (b"@attribute a {x,,y}", "17: expected a category of attribute 'a', found ',y}'"),
        (b"@attribute a {'x,y}", "15: expected a category of attribute 'a', found \"'x,y}\""),
        (b"@attribute a {x} y", "17: expected the end of the line, found 'y'"),
        (b"@attribute a real y", "19: expected the end of the line, found 'y'"),
        (b"@attribute a date 'yyyy'", f"14: attribute 'a' is a date attribute: {ONLY}"),
        (b"@attribute a relational", f"14: attribute 'a' is a relational attribute: {ONLY}"),
        (b"@data x", "7: expected the end of the line, found 'x'"),
        (b"1,2,3", "1: expected @relation, @attribute or @data, found '1,2,3'"),
    ],
)
def test_faults(line, message):
    with pytest.raises(RowError) as raised:
        header(line + b"\n")
    assert str(raised.value) == f"a.arff:1:{message}"


def quoted(text):
    return b"'" + text.replace(b"\\", b"\\\\").replace(b"'", b"\\'").replace(b"\n", b"\\n") + b"'"


@settings(max_examples=50, deadline=None)
@given(st.lists(st.binary(max_size=8), min_size=1, max_size=5, unique=True))
def test_any_category_can_be_quoted(categories):
    assert [unquote(quoted(c)) for c in categories] == categories
    line = b"@attribute a {" + b",".join(map(quoted, categories)) + b"}\n"
    assert read_header("a", [line]).attributes[0].categories == categories


@settings(max_examples=100, deadline=None)
@given(st.lists(st.one_of(st.binary(max_size=30), st.text("@atribuedrlnom {}',\"%\\01", max_size=30).map(str.encode))))
def test_any_bytes(lines):
    try:
        read_header("a", [line + b"\n" for line in lines])
    except RowError as error:
        assert 1 <= error.line <= len(lines)  # noqa: PT017
