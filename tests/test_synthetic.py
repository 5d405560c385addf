"""Generators: the same rows for the same seed, correlated label sets, clear errors."""

from __future__ import annotations

import numpy as np
import pytest

from streams import StreamError, open_stream
from streams.concatenate import concatenate
from streams.synthetic.grouped import GroupedGenerator
from streams.synthetic.spec import GENERATORS

NAMES = list(GENERATORS)
GROUPED = [name for name in NAMES if issubclass(GENERATORS[name], GroupedGenerator)]


def whole(spec, rows=1024):
    batches = list(open_stream(spec).batches(rows))
    assert {len(batch) for batch in batches[:-1]} <= {rows}
    # Two readings have vocabularies of their own; within one they are shared.
    return concatenate(batches)


def arrays(batch):
    parts = [batch.indptr, batch.indices, batch.values, batch.label_indptr, batch.label_indices, batch.places]
    return [part.tobytes() for part in [*parts, np.empty(0) if batch.dense is None else batch.dense]]


@pytest.mark.parametrize("name", NAMES)
def test_rows_do_not_depend_on_the_batch_size(name):
    spec = f"synthetic:{name}?rows=9000&labels=30&seed=3"
    expected = arrays(whole(spec))
    for rows in (17, 4096, 100_000):
        assert arrays(whole(spec, rows)) == expected


@pytest.mark.parametrize("name", NAMES)
def test_rows_do_not_depend_on_how_many_there_are(name):
    few, many = whole(f"synthetic:{name}?rows=3000"), whole(f"synthetic:{name}?rows=7000")
    assert arrays(few) == arrays(many.slice(0, 3000))


@pytest.mark.parametrize("name", NAMES)
def test_the_seed_decides(name):
    one, again, other = (whole(f"synthetic:{name}?rows=500&seed={seed}") for seed in (1, 1, 2))
    assert arrays(one) == arrays(again) != arrays(other)


@pytest.mark.parametrize("name", NAMES)
def test_batches_are_whole_and_right(name):
    width = "dimensions" if name == "embeddings" else "features"
    stream = open_stream(f"synthetic:{name}?rows=5000&{width}=7&labels=12")
    batches = list(stream.batches(999))
    for batch in batches:
        batch.check()
    assert sum(map(len, batches)) == stream.length == 5000
    # Very many names are no text.
    numbered = name in {"xmc", "embeddings"}
    assert stream.features.names == (list(range(7)) if numbered else [f"x{j}" for j in range(7)])
    assert stream.labels.names == (list(range(12)) if numbered else [f"label{j}" for j in range(12)])
    assert stream.declared_labels == 12
    assert stream.progress() == 1.0
    assert np.concatenate([batch.places for batch in batches]).tolist() == list(range(5000))


def occurrences(batch):
    table = np.zeros((len(batch), len(batch.labels)))
    table[np.repeat(np.arange(len(batch)), np.diff(batch.label_indptr)), batch.label_indices] = 1
    return table


@pytest.mark.parametrize("name", GROUPED)
def test_labels_of_a_group_occur_together(name):
    batch = whole(f"synthetic:{name}?rows=20000&labels=12&groups=3")
    table = occurrences(batch)
    correlation = np.corrcoef(table.T)
    same = np.arange(12)[:, None] % 3 == np.arange(12) % 3
    np.fill_diagonal(correlation, np.nan)
    assert np.nanmean(correlation[same]) > np.nanmean(correlation[~same]) + 0.1


def test_groups_are_planted_as_promised():
    batch = whole("synthetic:groups?rows=40000&labels=10&groups=2&features=20")
    table = occurrences(batch)
    # .6 in half of the rows, .02 in the others; two of a group: .36 and .0004.
    np.testing.assert_allclose(table.mean(axis=0), 0.31, atol=0.012)
    np.testing.assert_allclose((table[:, 0] * table[:, 2]).mean(), 0.1802, atol=0.01)
    np.testing.assert_allclose((table[:, 0] * table[:, 1]).mean(), 0.012, atol=0.004)
    lit = np.bincount(batch.indices, minlength=20) / len(batch)
    np.testing.assert_allclose(lit, (0.3 + 0.03) / 2, atol=0.01)


@pytest.mark.parametrize("name", ["hyperplane", "random_tree", "rbf"])
def test_features_tell_the_labels(name):
    more = "&radius=0.05" if name == "rbf" else ""
    noise = whole(f"synthetic:{name}?rows=4000&features=5&labels=4&noise=0&seed=5{more}")
    table = occurrences(noise)
    half = 2000
    nearest = [np.argmin(((noise.dense[:half] - x) ** 2).sum(axis=1)) for x in noise.dense[half : half + 300]]
    agreement = (table[nearest] == table[half : half + 300]).mean()
    base = np.maximum(table.mean(axis=0), 1 - table.mean(axis=0)).mean()
    assert agreement > base + 0.03


def test_noise_turns_labels_over():
    clean, noisy = (whole(f"synthetic:rbf?rows=20000&noise={noise}&seed=1") for noise in (0, 0.1))
    changed = (occurrences(clean) != occurrences(noisy)).mean()
    assert abs(changed - 0.1) < 0.01


@pytest.mark.parametrize(
    ("spec", "message"),
    [
        ("synthetic:sea", "synthetic:sea: no generator 'sea', expected embeddings, groups, hyperplane, meta_hyperplane, meta_"),
        ("synthetic:", "synthetic:: no generator '', expected embeddings"),
        ("synthetic:rbf?rowz=3", "no parameter 'rowz', expected rows, features, labels, groups, seed, centres"),
        ("synthetic:rbf?rows", "found 'rows', expected parameter=value&parameter=value..."),
        ("synthetic:rbf?rows=ten", "rows must be a whole number, found 'ten'"),
        ("synthetic:rbf?rows=1.5", "rows must be a whole number, found '1.5'"),
        ("synthetic:rbf?rows=1&rows=2", "parameter 'rows' is given twice"),
        ("synthetic:rbf?rows=-1", "RBF: rows must be at least 0, found -1"),
        ("synthetic:rbf?features=0", "RBF: features must be at least 1, found 0"),
        ("synthetic:rbf?labels=3&groups=4", "RBF: groups must be at most 3, the number of labels, found 4"),
        ("synthetic:rbf?radius=nan", "RBF: radius must be at least 0, found nan"),
        ("synthetic:rbf?noise=2", "RBF: noise must be at most 1, found 2.0"),
        ("synthetic:hyperplane?density=x", "density must be a number, found 'x'"),
        ("synthetic:hyperplane?correlation=1.1", "Hyperplane: correlation must be at most 1, found 1.1"),
        ("synthetic:random_tree?depth=17", "RandomTree: depth must be at most 16, found 17"),
        ("synthetic:groups?drift=sudden", "at, the first row that changes, must be given, and at least 0"),
        ("synthetic:groups?drift=slow&at=3", "drift must be one of none, sudden, gradual, incremental, recurring, found"),
        ("synthetic:groups?at=3", "at says how the stream changes, but drift is not given or none"),
        ("synthetic:groups?drift=sudden&at=3&of=x", "of must be one of concept, labels, emerging, vanishing, split"),
        ("synthetic:groups?drift=gradual&at=3&width=0", "width must be at least 1, found 0"),
        ("synthetic:groups?drift=sudden&at=3&fraction=.5", "fraction must be 1 where the whole concept changes"),
        ("synthetic:groups?drift=sudden&at=3&of=labels&fraction=2", "fraction must be above 0 and at most 1, found 2.0"),
        ("synthetic:groups?drift=incremental&at=3", "the change cannot be incremental"),
        ("synthetic:meta_rbf?labels=3&cardinality=3", "MetaRBF: cardinality must be at most 2.7"),
        ("synthetic:meta_rbf?dependency_seed=-1", "MetaRBF: dependency_seed must be at least 0, found -1"),
    ],
)
def test_wrong_specs(spec, message):
    with pytest.raises(StreamError) as raised:
        open_stream(spec)
    assert str(raised.value).startswith(spec)
    assert message in str(raised.value)


def test_edges():
    assert list(open_stream("synthetic:groups?rows=0").batches()) == []
    assert len(whole("synthetic:hyperplane?rows=10_000&density=1&noise=0").label_indices) == 100_000
    assert len(whole("synthetic:hyperplane?rows=100&density=0&noise=0").label_indices) == 0
    assert len(whole("synthetic:groups?rows=3&labels=1&features=1")) == 3
