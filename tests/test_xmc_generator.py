"""The generator of very many labels: rows are what its tables and its docstring say."""

from __future__ import annotations

import numpy as np
import pytest

from streams import StreamError, open_stream
from streams.concatenate import concatenate
from streams.drift import truth_of
from streams.drift.entries import rows_of
from streams.synthetic import XMC
from streams.synthetic.xmc_tables import pool_size

from .naive import xmc as naive


def whole(stream, rows=4096):
    return concatenate(list(stream.batches(rows)))


@pytest.mark.parametrize(
    "parameters",
    [
        {"labels": 700, "share": 10, "nonzeros": 40},
        {"labels": 33, "features": 25, "nonzeros": 25, "cardinality": 3.0},
        {"labels": 100, "share": 100, "cardinality": 20.0, "nonzeros": 30},
        {"labels": 1, "features": 1, "cardinality": 1.0, "nonzeros": 0},
        {"labels": 320, "share": 1, "redrawn": 0.3, "redraw_seed": 5},
    ],
    ids=str,
)
def test_the_kernel_and_its_twin(parameters):
    stream = XMC(rows=60, seed=11, **parameters)
    batch = whole(stream, 7)
    batch.check()
    for row, (ids, values, labels) in enumerate(naive.rows(stream, 60)):
        cells = slice(batch.indptr[row], batch.indptr[row + 1])
        held = batch.label_indices[batch.label_indptr[row] : batch.label_indptr[row + 1]]
        assert (batch.indices[cells].tolist(), batch.values[cells].tolist(), held.tolist()) == (ids, values, labels)


@pytest.mark.parametrize("share", [1, 10, 100])
def test_each_label_is_told_by_features_of_its_pool(share):
    tables = XMC(labels=1000, share=share).tables
    assert sorted(tables.names.tolist()) == list(range(1000))
    assert {len(set(told)) for told in tables.told.tolist()} == {20}
    for start in range(0, 1000, share):
        pool = set(tables.told[start : start + share].ravel().tolist())
        assert len(pool) <= pool_size(share, 2000)


def test_labels_are_zipf_over_groups():
    stream = XMC(rows=30_000, labels=640, cardinality=4.0, seed=2)
    tables, batch = stream.tables, whole(stream)
    assert len(batch.label_indices) / len(batch) == pytest.approx(4.0, abs=0.04)
    group = np.empty(640, np.int64)
    group[tables.names] = np.arange(640) // 32
    weights = np.sort(tables.weights.reshape(20, 32).sum(axis=1))[::-1]
    np.testing.assert_allclose(weights / weights[0], np.arange(1, 21) ** -1.1)
    found = np.bincount(group[batch.label_indices], minlength=20) / len(batch.label_indices)
    np.testing.assert_allclose(found, tables.weights.reshape(20, 32).sum(axis=1), atol=0.02)
    # Two labels of a row are of one group: both drawn from the row's, or by chance.
    pairs = [(a, b) for y in (set(y) for _, y in stream.sets()) if len(y) == 2 for a, b in [sorted(y)]]
    same = np.mean([group[a] == group[b] for a, b in pairs])
    by_chance = (found**2).sum()
    assert same == pytest.approx(0.64 + 0.36 * by_chance, abs=0.03)


def test_features_of_present_labels_are_there_every_other_time():
    stream = XMC(rows=20_000, labels=2000, features=200_000, nonzeros=60, share=1, seed=3)
    tables, batch = stream.tables, whole(stream)
    assert (np.diff(batch.indptr) >= 60).all()
    label = tables.names[np.argmax(tables.weights)]
    told = tables.told[np.argmax(tables.weights)]
    with_it = rows_of(batch.label_indptr)[batch.label_indices == label]
    there = np.isin(rows_of(batch.indptr)[:, None] * 1.0, with_it).ravel()
    counts = np.bincount(batch.indices[there], minlength=200_000)[told] / len(with_it)
    np.testing.assert_allclose(counts.mean(), 0.5, atol=0.03)


def test_further_features_follow_their_law():
    stream = XMC(rows=20_000, labels=1, features=5000, nonzeros=60, cardinality=1.0)
    noise, often = stream.tables.noise, np.bincount(whole(stream).indices, minlength=5000) / 20_000
    noise[stream.tables.told] = often[stream.tables.told] = 0  # by more than their law
    order = np.argsort(-noise)
    drawn = [-np.log1p(-often[ranks]).sum() / noise[ranks].sum() for ranks in (order[:50], order[1000:4000])]
    assert drawn[0] == pytest.approx(drawn[1], rel=0.05)


def test_values():
    values = whole(XMC(rows=2000, labels=200)).values
    assert (values > 0).all()
    np.testing.assert_allclose([values.mean(), values.std()], [1.0, 0.3], atol=0.003)


def test_groups_drawn_again():
    stream, other = (XMC(labels=3200, rows=2000, redrawn=share, seed=1) for share in (0.0, 0.25))
    assert stream.redrawn_labels == ()
    changed = other.tables.redrawn
    assert np.count_nonzero(changed) == 800
    assert set(np.flatnonzero(changed) // 32) == {p // 32 for p in np.flatnonzero(changed)}
    assert ((stream.tables.told == other.tables.told).all(axis=1) == ~changed).all()
    a, b = whole(stream), whole(other)
    assert a.label_indices.tobytes() == b.label_indices.tobytes()
    assert a.indices.tobytes() != b.indices.tobytes()


def test_drift_draws_the_features_of_groups_again():
    spec = "synthetic:xmc?labels=640&rows=3000&seed=4"
    changed = open_stream(f"{spec}&drift=sudden&at=1000&fraction=.5")
    (change,) = truth_of(changed)
    assert (change.first, change.kind, len(change.labels)) == (1000, "features of labels", 320)
    plain, rows = whole(open_stream(spec)), whole(changed)
    assert rows.label_indices.tobytes() == plain.label_indices.tobytes()
    same = [rows.slice(i, i + 1).indices.tobytes() == plain.slice(i, i + 1).indices.tobytes() for i in range(3000)]
    assert all(same[:1000])
    assert 0.1 < np.mean(same[1000:]) < 0.9  # rows without a label of the groups concerned stay as they were


def test_other_changes():
    for of in ("labels", "features", "emerging", "vanishing"):
        stream = open_stream(f"synthetic:xmc?labels=64&rows=500&nonzeros=9&drift=sudden&at=200&of={of}&fraction=.5")
        assert sum(map(len, stream.batches())) > 200


@pytest.mark.parametrize(
    ("query", "message"),
    [
        ("labels=0", "XMC: labels must be at least 1, found 0"),
        ("nonzeros=9&features=8", "XMC: nonzeros must be at most 8, found 9"),
        ("cardinality=.5", "XMC: cardinality must be at least 1, found 0.5"),
        ("labels=10&cardinality=6", "XMC: cardinality must be at most 5.0, found 6.0"),
        ("cardinality=101", "XMC: cardinality must be at most 100, found 101.0"),
        ("share=0", "XMC: share must be at least 1, found 0"),
        ("redrawn=2", "XMC: redrawn must be at most 1, found 2.0"),
        ("drift=sudden&at=5&fraction=2", "XMC: redrawn must be at most 1, found 2.0"),
    ],
)
def test_wrong_parameters(query, message):
    with pytest.raises(StreamError) as raised:
        open_stream(f"synthetic:xmc?{query}")
    assert message in str(raised.value)
