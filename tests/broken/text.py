"""Broken svmlight and ARFF files: what is wrong, the file, and the message that it must give."""

from __future__ import annotations

import bz2
import gzip
import lzma
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Broken:
    """A broken file: `rows` good ones come before (or, when bad rows are skipped, besides) the error `message`."""

    what: str
    name: str
    content: bytes
    message: str
    rows: int = 0
    beside: dict[str, bytes] = field(default_factory=dict)

    def __str__(self) -> str:
        return self.what


SVM = b"3 4 3\n0,2 0:1.5 3:2\n 1:1\n%s\n"
ROWS = b"0 1:1\n" * 5000


def _row(what: str, row: bytes, message: str) -> Broken:
    """A file whose third row is `row`."""
    return Broken(what, "a.svm", SVM % row, f"a.svm:4:{message}", rows=2)


BAD_SVMLIGHT_ROWS = [
    _row("label is a word", b"red 0:1", "1: expected a label id, found 'red'"),
    _row("label is negative", b"-1 0:1", "1: expected a label id, found '-1'"),
    _row("label ends with a comma", b"0, 0:1", "3: expected a label id, found ' '"),
    _row(
        "no space before the features",
        b"0:1 1:1",
        "1: expected a label id, found '0:1' (a row without labels begins with a space)",
    ),
    _row("label beyond the header", b"0,3 0:1", "3: label id '3' is beyond the 3 declared labels, expected 0 to 2"),
    _row("label twice", b"1,0,1 0:1", "5: label 1 stands twice in the row"),
    _row("feature without a value", b"0 2", "3: expected index:value, found '2'"),
    _row("feature is a word", b"0 qid:2", "3: expected index:value, found 'qid:2'"),
    _row("feature is negative", b"0 -2:1", "3: expected index:value, found '-2:1'"),
    _row("feature beyond the header", b"0 4:1", "3: feature id '4' is beyond the 4 declared features, expected 0 to 3"),
    _row("feature twice", b"0 2:1 1:1 2:0", "11: feature 2 stands twice in the row"),
    _row("value is missing", b"0 2:", "5: feature 2 must be a number, found the end of the line"),
    _row("value is a word", b"0 2:x 3:1", "5: feature 2 must be a number, found 'x'"),
    _row("value has two points", b"0 2:1.2.3", "5: feature 2 must be a number, found '1.2.3'"),
    _row("value has no exponent", b"0 2:1e", "5: feature 2 must be a number, found '1e'"),
    _row("value has underscores", b"0 2:1_0", "5: feature 2 must be a number, found '1_0'"),
    _row("value is infinite", b"0 2:-inf", "5: feature 2 must be a finite number that fits float32, found '-inf'"),
    _row("value beyond double", b"0 2:1e999", "5: feature 2 must be a finite number that fits float32, found '1e999'"),
    _row(
        "value just beyond float32",
        b"0 2:3.4028235677973367e38",
        "5: feature 2 must be a finite number that fits float32, found '3.4028235677973367e38'",
    ),
    _row("empty line", b"\n 0:1", "1: an empty line between rows; a row without labels and features is a single space"),
]


def _svm(what: str, content: bytes, message: str, rows: int = 0, **beside: bytes) -> Broken:
    return Broken(what, "a.svm", content, message, rows, {name.replace("_", "."): c for name, c in beside.items()})


BROKEN_SVMLIGHT = [
    _svm(
        "two numbers in the header",
        b"3 4\n 0:1\n",
        "a.svm:1: expected a row or the header 'n_instances n_features n_labels', found '3 4'",
    ),
    _svm(
        "header too large",
        b"1 99999999999 2\n 0:1\n",
        "a.svm:1: 99,999,999,999 features, expected at most 2,147,483,647",
    ),
    _svm("too few rows", b"3 1 1\n 0:1\n0 0:2\n", "a.svm: 2 rows, the header says 3", rows=2),
    _svm("too many rows", b"1 1 1\n 0:1\n0 0:2\n", "a.svm: 2 rows, the header says 1", rows=2),
    _svm(
        "id too large without a header",
        b"0 1:1\n0 9999999999:1\n",
        "a.svm:2:3: feature id '9999999999' is too large, expected at most 2147483646",
        rows=1,
    ),
    _svm(
        "UTF-16",
        "0 1:1\n".encode("utf-16"),
        "a.svm:1: begins with the byte order mark of UTF-16 or UTF-32, expected UTF-8",
    ),
    _svm(
        "other number of names",
        b"0 2 1\n",
        "a.svm:1: the header says 2 features, a.names.json names 3",
        a_names_json=b'{"features": ["a", "b", "c"]}',
    ),
    _svm(
        "names not JSON",
        b"0 2 1\n",
        "a.names.json: is not JSON: Expecting value: line 1 column 1 (char 0)",
        a_names_json=b"x",
    ),
    _svm(
        "name twice",
        b"0 2 1\n",
        "a.names.json: features: the name 'a' stands twice",
        a_names_json=b'{"features": ["a", "a"]}',
    ),
    _svm(
        "other number of kinds",
        b"0 2 1\n",
        "a.names.json: 3 kinds, expected one or 2",
        a_names_json=b'{"kinds": ["numeric", ["x"], "numeric"]}',
    ),
    _svm(
        "kind is a number",
        b"0 1 1\n",
        'a.names.json: a kind must be "numeric" or a list of categories, found 7',
        a_names_json=b'{"kinds": [7]}',
    ),
    _svm(
        "category beyond its attribute",
        b"2 1 1\n 0:1\n 0:2\n",
        "a.svm:3:4: feature 'hue' has 2 categories, expected 0 to 1 or nan, found '2'",
        rows=1,
        a_names_json=b'{"features": ["hue"], "kinds": [["red", "blue"]]}',
    ),
    Broken(
        "truncated gzip",
        "a.svm.gz",
        gzip.compress(ROWS)[:-9],
        "a.svm.gz: truncated gzip data: the file ends after 30,000 decompressed bytes, in the middle",
        5000,
    ),
    Broken(
        "truncated bzip2",
        "a.svm.bz2",
        bz2.compress(ROWS)[:-4],
        "a.svm.bz2: truncated bzip2 data: the file ends after 30,000 decompressed bytes, in the middle",
        5000,
    ),
    Broken(
        "truncated xz",
        "a.svm.xz",
        lzma.compress(ROWS)[:-13],
        "a.svm.xz: truncated xz data: the file ends after 30,000 decompressed bytes, in the middle",
        5000,
    ),
    Broken(
        "a zip archive",
        "a.svm",
        b"PK\x03\x04rest of it",
        "a.svm: is a zip archive, expected plain text, gzip, bzip2 or xz",
    ),
]

HEADER = b"@relation a\n@attribute a1 real\n@attribute hue {red, 'dark blue', x}\n@attribute a12 {0,1}\n@data\n"


def _arff(what: str, content: bytes, message: str, rows: int = 0, **beside: bytes) -> Broken:
    return Broken(what, "a.arff", content, message, rows, {name.replace("_", "."): c for name, c in beside.items()})


def _arff_row(what: str, row: bytes, message: str) -> Broken:
    return _arff(what, HEADER + b"1,red,0\n{1 x,2 1}\n%s\n" % row, f"a.arff:8:{message}", rows=2)


BAD_ARFF_ROWS = [
    _arff_row("number is a word", b"one,red,1", "1: attribute 'a1' is numeric, found 'one'"),
    _arff_row("number has a tail", b"1x,red,1", "1: attribute 'a1' is numeric, found '1x'"),
    _arff_row(
        "number infinite", b"1e39,red,1", "1: attribute 'a1' must be a finite number that fits float32, found '1e39'"
    ),
    _arff_row("unknown category", b"1,green,1", "3: attribute 'hue' is {red,dark blue,x}, found 'green'"),
    _arff_row(
        "unknown quoted category", b"1,'dark red',1", "3: attribute 'hue' is {red,dark blue,x}, found \"'dark red'\""
    ),
    _arff_row("label is 2", b"1,red,2", "7: attribute 'a12' is {0,1}, found '2'"),
    _arff_row("no value", b"1,,1", "3: attribute 'hue' is {red,dark blue,x}, found no value; a missing one is ?"),
    _arff_row("too few values", b"1,red", "6: 2 values, expected 3"),
    _arff_row("too many values", b"1,red,1,0", "8: expected the end of the line after 3 values, found ',0'"),
    _arff_row("quote not closed", b"1,'dark blue,1", "3: the quote that begins here does not end in this line"),
    _arff_row("text after a quote", b"1,'red'x,1", "8: expected a comma after the closing quote, found 'x'"),
    _arff_row("weight", b"1,red,1, {5}", "10: instance weights are not supported, expected none or {1}, found '{5}'"),
    _arff_row("index is a word", b"{a 1}", "2: expected an index and a value, found 'a'"),
    _arff_row("index without a value", b"{0}", "2: expected an index and a value, found '0'"),
    _arff_row("index beyond", b"{0 1,3 1}", "6: index '3' is beyond the 3 attributes, expected 0 to 2"),
    _arff_row("index twice", b"{0 1,0 1}", "6: index 0 stands twice in the row"),
    _arff_row("index descends", b"{2 1,0 1}", "6: index '0' after index 2, expected ascending ones"),
    _arff_row("brace not closed", b"{0 1,2 1", "9: the row begins with { and does not end with }"),
    _arff_row("no comma in braces", b"{0 1 2 1}", "6: expected a comma, found '2'"),
    _arff_row("text after the brace", b"{0 1} x", "7: expected the end of the line after }, found 'x'"),
]

BROKEN_ARFF = [
    _arff("no data", b"@relation a\n@attribute a1 real\n", "a.arff: no line @data, expected one after the attributes"),
    _arff(
        "no labels",
        HEADER,
        "a.arff: which attributes are labels? Expected their names or number, MULAN's label file beside the file, "
        "or MEKA's '-C n' in the name of the relation",
    ),
    _arff(
        "unknown type",
        b"@attribute a1 number\n",
        "a.arff:1:15: the type of attribute 'a1' must be numeric, real, integer or categories in braces, "
        "found 'number'",
    ),
    _arff(
        "string attribute",
        b"@attribute a1 STRING\n",
        "a.arff:1:15: attribute 'a1' is a string attribute: only numeric and nominal ones can be read",
    ),
    _arff(
        "categories not closed",
        b"@attribute a1 {0,1\n",
        "a.arff:1:19: expected a comma or } after a category of attribute 'a1', found the end of the line",
    ),
    _arff("category twice", b"@attribute a1 {0,1,0}\n", "a.arff:1:20: category '0' of attribute 'a1' stands twice"),
    _arff(
        "unknown keyword",
        b"@relation a\n  @atribute a1 {0,1}\n",
        "a.arff:2:3: expected @relation, @attribute or @data, found '@atribute a1 {0,1}'",
    ),
    _arff(
        "attribute twice",
        b"@relation 'a: -C 1'\n@attribute a {0,1}\n@attribute a real\n@data\n",
        "a.arff:3: attribute 'a' stands twice",
    ),
    _arff(
        "numeric label",
        b"@relation 'a: -C 1'\n@attribute a real\n@data\n",
        "a.arff:2: label 'a' must be {0,1}, found numeric",
    ),
    _arff(
        "label with words",
        b"@relation 'a: -C 1'\n@attribute a {no,yes}\n@data\n",
        "a.arff:2: label 'a' must be {0,1}, found {no,yes}",
    ),
    _arff(
        "more labels than attributes",
        b"@relation 'a: -C -2'\n@attribute a {0,1}\n@data\n",
        "a.arff: -2 labels, expected 1 to 1 (first) or -1 to -1 (last)",
    ),
    _arff(
        "label is no attribute",
        HEADER,
        "a.xml: label 'a13' is no attribute of a.arff",
        a_xml=b'<labels><label name="a13"/></labels>',
    ),
    _arff("label file not XML", HEADER, "a.xml: is not XML: syntax error: line 1, column 0", a_xml=b"a12"),
    _arff(
        "label file without labels",
        HEADER,
        'a.xml: names no labels, expected elements <label name="...">',
        a_xml=b"<labels/>",
    ),
    Broken(
        "truncated header",
        "a.arff.gz",
        gzip.compress(HEADER, 0)[:74],
        "a.arff.gz: truncated gzip data: the file ends after 59 decompressed bytes, in the middle",
        0,
    ),
]
