"""Views: the first rows, the rows in another order."""

from __future__ import annotations

import numpy as np
import pytest

from streams import RowError, StreamError, open_stream
from streams.views import limited, shuffled


def places(stream, rows=1024):
    return [place for batch in stream.batches(rows) for place in batch.places.tolist()]


@pytest.mark.parametrize("n", [0, 1, 10, 499, 500, 501])
@pytest.mark.parametrize("rows", [1, 7, 1024])
def test_limited(n, rows):
    stream = limited(open_stream("synthetic:groups?rows=500"), n)
    assert stream.length == min(n, 500)
    for _ in range(2):
        assert places(stream, rows) == list(range(min(n, 500)))
    assert stream.progress() == 1.0


def test_limited_meets_no_row_beyond_its_limit(tmp_path):
    path = tmp_path / "f.jsonl"
    path.write_text('{"x": {}}\n{"x": {}}\nbroken\n')
    assert places(limited(open_stream(path), 2)) == [1, 2]
    with pytest.raises(RowError, match=r"f.jsonl:3"):
        places(limited(open_stream(path), 3))


def test_a_negative_limit_is_refused():
    with pytest.raises(ValueError, match="n must be at least 0, found -1"):
        limited(open_stream("yeast"), -1)


@pytest.mark.parametrize("rows", [1, 64, 1024])
def test_shuffled_is_the_permutation_of_numpy(rows):
    stream = shuffled(open_stream("synthetic:groups?rows=300&seed=1"), 7)
    assert places(stream, rows) == np.random.default_rng(7).permutation(300).tolist()
    assert places(stream) == places(stream), "the same order each time"
    assert stream.length == 300
    assert stream.progress() == 1.0


def test_shuffled_keeps_the_rows_whole():
    plain, mixed = open_stream("yeast"), shuffled(open_stream("yeast"), 3)
    order = np.random.default_rng(3).permutation(2417)
    rows = list(plain.sets())
    assert list(mixed.sets()) == [rows[i] for i in order]
    assert mixed.declared_labels == 14
    assert mixed.labels.names == plain.labels.names


def test_views_of_views():
    stream = limited(shuffled(open_stream("synthetic:groups?rows=50"), 1), 5)
    assert places(stream) == np.random.default_rng(1).permutation(50)[:5].tolist()


def test_pipes_are_not_shuffled(tmp_path):
    stream = open_stream("synthetic:groups?rows=5")
    stream.rewinds = False
    with pytest.raises(StreamError, match="can be read only once, so it cannot be shuffled"):
        shuffled(stream, 1)
    assert not limited(stream, 3).rewinds


def test_an_empty_stream():
    assert places(shuffled(open_stream("synthetic:groups?rows=0"), 1)) == []
