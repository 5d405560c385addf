"""The svmlight parser and its slow twin agree on any bytes, whatever the sizes of blocks and batches."""

from __future__ import annotations

import json

import numpy as np
from hypothesis import example, given, settings
from hypothesis import strategies as st

from streams.errors import BadRows
from streams.svmlight import SvmlightStream

from .naive import parsing

N_FEATURES, N_LABELS = 12, 5
SIZES = [0, 3, 0, 2, 0, 0, 0, 4, 0, 0, 0, 0]

values = st.sampled_from(
    ["1", "0", "2", "-1.5", "nan", "1e-3", ".5", "3.25e2", "0.1234567890123456789", "-0", "1e99", "x", ""]
)
cells = st.builds("{}:{}".format, st.integers(0, N_FEATURES), values)
labels = st.lists(st.integers(0, N_LABELS).map(str), max_size=4).map(",".join)
good_looking = st.builds(lambda y, x: f"{y} {' '.join(x)}", labels, st.lists(cells, max_size=20))
odd = st.text("0123456789:, #.e-+nai\t\r", max_size=12)
lines = st.one_of(good_looking, good_looking, good_looking, odd, st.just(""), st.just("# note"))
texts = st.lists(lines, max_size=12).map(lambda rows: "\n".join(rows).encode())


def mutated(text, edits):
    content = bytearray(text)
    for where, byte, how in edits:
        at = where % (len(content) + 1)
        if how == 0:
            content[at : at + 1] = bytes([byte])
        elif how == 1:
            content[at:at] = bytes([byte])
        else:
            del content[at : at + 1]
    return bytes(content)


edits = st.lists(st.tuples(st.integers(0, 10_000), st.integers(0, 255), st.integers(0, 2)), max_size=4)


@settings(max_examples=150, deadline=None)
@given(texts, edits, st.integers(1, 5), st.integers(1, 200))
@example(b"0 0:1\r\n\r\n 1:2\n", [], 1, 1)
@example(b"1\n\n\n\n0 1:1\n\n", [], 2, 1)
def test_the_parser_and_its_twin(tmp_path_factory, text, edits, rows, block_bytes):
    content = mutated(text, edits)
    if content[:2] in (b"\xff\xfe", b"\xfe\xff"):
        content = b"0" + content
    path = tmp_path_factory.mktemp("fuzz") / "a.svm"
    path.write_bytes(b"0 %d %d\n%s" % (N_FEATURES, N_LABELS, content))
    good, bad = parsing.svmlight(content, N_FEATURES, N_LABELS)
    got, got_bad = [], BadRows(skip=True, keep=10_000)
    stream = SvmlightStream(path, got_bad, block_bytes=block_bytes)
    stream.length = None  # the header's 0 is not the matter here
    for batch in stream.batches(rows):
        batch.check()
        assert len(batch) <= rows
        for i in range(len(batch)):
            span = slice(batch.indptr[i], batch.indptr[i + 1])
            held = batch.label_indices[batch.label_indptr[i] : batch.label_indptr[i + 1]].tolist()
            got.append((batch.places[i] - 1, held, batch.indices[span].tolist(), batch.values[span].tolist()))
    assert [error.line - 1 for error in got_bad.first] == bad
    same = [(n, held, list(row), np.array(list(row.values()), np.float32).tolist()) for n, held, row in good]
    assert repr(got) == repr([(np.int64(n), held, ids, v) for n, held, ids, v in same])


@settings(max_examples=60, deadline=None)
@given(texts, st.integers(1, 5), st.integers(1, 200))
def test_nominal_features(tmp_path_factory, text, rows, block_bytes):
    path = tmp_path_factory.mktemp("fuzz") / "a.svm"
    path.write_bytes(b"0 %d %d\n%s" % (N_FEATURES, N_LABELS, text))
    names = [f"f{i}" for i in range(N_FEATURES)]
    kinds = [[f"c{k}" for k in range(size)] if size else "numeric" for size in SIZES]
    path.with_name("a.names.json").write_text(json.dumps({"features": names, "kinds": kinds}))
    good, bad = parsing.svmlight(text, N_FEATURES, N_LABELS, SIZES)
    skipped = BadRows(skip=True, keep=10_000)
    stream = SvmlightStream(path, skipped, block_bytes=block_bytes)
    stream.length = None
    got = [(batch.x(i), batch.label_set(i)) for batch in stream.batches(rows) for i in range(len(batch))]
    assert [error.line - 1 for error in skipped.first] == bad
    expected = []
    for _, held, row in good:
        x = {}
        for column, name in enumerate(names):
            code = float(row.get(column, 0))
            if SIZES[column]:
                x[name] = None if np.isnan(code) else f"c{int(code)}"
            elif code != 0:
                x[name] = None if np.isnan(code) else code
        expected.append((x, set(held)))
    assert got == expected


@settings(max_examples=100, deadline=None)
@given(st.binary(max_size=300), st.integers(1, 300))
def test_any_bytes(tmp_path_factory, content, block_bytes):
    path = tmp_path_factory.mktemp("fuzz") / "a.svm"
    path.write_bytes(b"7 7:7\n" + content)
    bad = BadRows(skip=True, keep=10_000)
    stream = SvmlightStream(path, bad, block_bytes=block_bytes)
    got = [row for batch in stream.batches(7) for row in batch.places.tolist()]
    good, bad_lines = parsing.svmlight(b"7 7:7\n" + content)
    assert got == [line for line, *_ in good]
    assert [error.line for error in bad.first] == bad_lines
