"""The ARFF parser and its slow twin agree on any bytes, whatever the sizes of blocks and batches."""

from __future__ import annotations

import numpy as np
from hypothesis import example, given, settings
from hypothesis import strategies as st

from streams.arff import ArffStream
from streams.errors import BadRows

from .naive import parsing
from .test_svmlight_fuzz import edits, mutated

COLUMNS = [None, [b"red", b"it's", b"a b", b"0"], [b"0", b"1"], [b"1", b"0"], None, [b"0", b"1"], [b"1", b"0"]]
HEADER = (
    b"@relation 'a: -C -2'\n@attribute n real\n@attribute hue {red, 'it\\'s', 'a b', 0}\n@attribute b {0,1}\n"
    b"@attribute r {1,0}\n@attribute m numeric\n@attribute y {0,1}\n@attribute z {1,0}\n@data\n"
)
NAMES = ["n", "hue", "b", "r", "m", "y", "z"]
N_LINES = HEADER.count(b"\n")

numbers = st.sampled_from(["1", "0", "-2.5", "?", "'3'", '"0"', "1e3", "nan", ".25", "1e99", "x"])
hues = st.sampled_from(["red", "'it\\'s'", "'a b'", '"it\'s"', "0", "?", "'red'", "blue", "'red"])
bits = st.sampled_from(["0", "1", "0", "1", "?", "'1'", "2"])
fields = [numbers, hues, bits, bits, numbers, bits, bits]
separators = st.sampled_from([",", ",", ",", ", ", " ", " ,", "\t", ""])
ends = st.sampled_from(["", "", "", " ", "\r", "%c", " % c", ", {1}", ",{2}", "x", ","])
dense = st.builds(
    lambda row, seps, end, n: "".join(v + s for v, s in zip(row[:n], [*seps[: n - 1], end], strict=True)),
    st.tuples(*fields),
    st.lists(separators, min_size=6, max_size=6),
    ends,
    st.sampled_from([7, 7, 7, 7, 6, 1]),
)
sparse = st.builds(
    lambda row, keep, seps, end: "{" + "".join(f"{i} {row[i]}{s}" for i, s in zip(keep, seps, strict=False)) + end,
    st.tuples(*fields),
    st.lists(st.integers(0, 6), unique=True, max_size=7).map(sorted),
    st.lists(st.sampled_from([",", ",", ", ", " , ", " "]), min_size=7, max_size=7),
    st.builds(lambda last, end: last + end, st.sampled_from(["}", "}", "6 1}", " 6 0 }", ""]), ends),
)
odd = st.text("01,{}? '\"%\\x\t", max_size=10)
texts = st.lists(st.one_of(dense, dense, sparse, sparse, odd), max_size=10).map(lambda rows: "\n".join(rows).encode())


def expand(cells):
    """The row of naive cells as a river user sees it, and its labels as known."""
    codes = [float(cells.get(column, 0)) for column in range(len(COLUMNS))]
    x, y = {}, {}
    for name, categories, code in zip(NAMES, COLUMNS, codes, strict=True):
        missing = np.isnan(code)
        if categories == [b"1", b"0"]:
            code = 1 - code  # noqa: PLW2901
        if name in "yz":
            if not missing:
                y[name] = code == 1
        elif categories is not None and len(categories) > 2:
            x[name] = None if missing else categories[int(code)].decode()
        elif missing or code != 0:
            x[name] = None if missing else code
    if len(y) == 2:
        return x, {name for name in y if y[name]}
    return x, y or None


def compare(folder, content, rows, block_bytes):
    path = folder / "a.arff"
    path.write_bytes(HEADER + content)
    good, bad = parsing.arff(content, COLUMNS)
    skipped = BadRows(skip=True, keep=10_000)
    got = []
    for batch in ArffStream(path, skipped, block_bytes=block_bytes).batches(rows):
        batch.check()
        assert len(batch) <= rows
        got += zip((batch.places - N_LINES).tolist(), batch.pairs(), strict=True)
    assert [error.line - N_LINES for error in skipped.first] == bad
    assert got == [(line, expand(cells)) for line, cells in good]


@settings(max_examples=200, deadline=None)
@given(texts, edits, st.integers(1, 5), st.integers(1, 200))
@example(b"{}\n{0 1},{1}", [], 1, 1)
@example(b"1,red,0,0,1,0,1,", [], 1, 1)
@example(b"1,red,0,0,1,0,1}", [], 1, 1)
@example(b"{0 1,}\n{0 1", [], 1, 1)
def test_the_parser_and_its_twin(tmp_path_factory, text, edits, rows, block_bytes):
    compare(tmp_path_factory.mktemp("fuzz"), mutated(text, edits), rows, block_bytes)


@settings(max_examples=100, deadline=None)
@given(st.binary(max_size=300), st.integers(1, 300))
def test_any_bytes(tmp_path_factory, content, block_bytes):
    compare(tmp_path_factory.mktemp("fuzz"), content, 3, block_bytes)
