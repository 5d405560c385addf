"""The generator of dense rows of very many labels: rows are what its docstring says."""

from __future__ import annotations

import numpy as np
import pytest

from streams import StreamError, open_stream
from streams.concatenate import concatenate
from streams.synthetic import XMC, Embeddings

from .naive import embeddings as naive


def whole(stream, rows=4096):
    return concatenate(list(stream.batches(rows)))


@pytest.mark.parametrize(
    "parameters",
    [
        {"labels": 700, "dimensions": 70},
        {"labels": 33, "dimensions": 5, "cardinality": 3.0, "kinship": 0.9, "noise": 0.2},
        {"labels": 1, "dimensions": 1, "cardinality": 1.0, "noise": 0.0},
        {"labels": 64, "dimensions": 64, "kinship": 0.0, "noise": 2.0},
    ],
    ids=str,
)
def test_the_kernel_and_its_twin(parameters):
    stream = Embeddings(rows=60, seed=11, **parameters)
    batch = whole(stream, 7)
    batch.check()
    for row, (vector, labels) in enumerate(naive.rows(stream, 60)):
        held = batch.label_indices[batch.label_indptr[row] : batch.label_indptr[row + 1]]
        assert held.tolist() == labels
        assert batch.dense[row].tobytes() == vector.tobytes()


def test_labels_are_those_of_the_sparse_generator():
    dense, sparse = (whole(kind(rows=20_000, labels=640, cardinality=4.0, seed=2)) for kind in (Embeddings, XMC))
    counts = [np.sort(np.bincount(batch.label_indices, minlength=640))[::-1] for batch in (dense, sparse)]
    assert counts[0].sum() / 20_000 == pytest.approx(4.0, abs=0.05)
    np.testing.assert_allclose(counts[0][:64].sum(), counts[1][:64].sum(), rtol=0.05)
    np.testing.assert_allclose(counts[0][-320:].sum(), counts[1][-320:].sum(), rtol=0.05)


def test_vectors_of_a_group_are_akin_and_noise_is_as_long_as_said():
    plain, noisy = (Embeddings(rows=4000, labels=96, cardinality=1.0, kinship=0.3, noise=noise) for noise in (0.0, 1.5))
    batch, other = whole(plain), whole(noisy)
    first = [int(np.flatnonzero(batch.label_indices == k)[0]) for k in plain.drawn_from[3]]
    vectors = batch.dense[first].astype(np.float64)
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, rtol=1e-6)
    group = np.arange(96) // 32
    cosines = vectors @ vectors.T
    same = group[:, None] == group
    np.fill_diagonal(same, val=False)
    assert cosines[same].mean() == pytest.approx(0.3, abs=0.03)
    assert cosines[group[:, None] != group].mean() == pytest.approx(0, abs=0.03)
    noise = other.dense - batch.dense
    assert np.linalg.norm(noise, axis=1).mean() == pytest.approx(1.5, rel=0.01)
    assert abs(noise.mean()) < 0.001


def test_other_changes():
    for of in ("concept", "labels", "features", "vanishing"):
        fraction = "" if of == "concept" else "&fraction=.5"
        stream = open_stream(f"synthetic:embeddings?labels=64&rows=500&dimensions=9&drift=sudden&at=200&of={of}{fraction}")
        assert sum(map(len, stream.batches())) > 200


@pytest.mark.parametrize(
    ("query", "message"),
    [
        ("labels=0", "Embeddings: labels must be at least 1, found 0"),
        ("dimensions=0", "Embeddings: dimensions must be at least 1, found 0"),
        ("kinship=1.5", "Embeddings: kinship must be at most 1, found 1.5"),
        ("noise=-1", "Embeddings: noise must be at least 0, found -1.0"),
        ("labels=10&cardinality=6", "Embeddings: cardinality must be at most 5.0, found 6.0"),
    ],
)
def test_wrong_parameters(query, message):
    with pytest.raises(StreamError) as raised:
        open_stream(f"synthetic:embeddings?{query}")
    assert message in str(raised.value)
