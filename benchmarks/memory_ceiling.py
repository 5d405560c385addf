"""Whether a ceiling of bytes is kept while labels arrive all the time: `python -m benchmarks.memory --ceiling`."""

from __future__ import annotations

import time
from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

from benchmarks.memory_resident import settled_mb
from ihomer import IHOMER
from ihomer.evaluation.usage import rss_mb
from streams.batch import COMPLETE, Batch
from streams.vocabulary import Vocabulary

#: A label is born every so many rows, lives for so many, and has so many features of its own, of which so many come with it.
BORN, ALIVE, OWN, SHOWN = 2, 200_000, 4, 3
#: Labels of a row; features that say nothing, of so many.
HELD, NOISE, COMMON = 3, 10, 20_000
#: Rows of a batch; rows between two lines; rows that compile the kernels.
BATCH, EVERY, FIRST = 1_000, 100_000, 2_000
#: Resident growth may be so many times what the model says that it holds.
MOST = 1.3
#: Of `rss_mb`, in millions of bytes.
MB = 1.048576
HEAD = f"{'rows':>12}{'said MB':>10}{'grown MB':>10}{'ratio':>8}{'labels':>10}{'features':>10}{'retired':>9}{'us a row':>10}"


def arrivals(rows: int, seed: int = 0) -> Iterator[Batch]:
    """Yield batches whose labels and features are met for a while and never again; each has a vocabulary of its own."""
    rng = np.random.default_rng(seed)
    for start in range(0, rows, BATCH):
        newest = np.arange(start, start + BATCH)[:, None] // BORN
        # The newest labels hold most often, so every label comes to be met.
        held = newest - (rng.random((BATCH, HELD)) ** 2 * (ALIVE // BORN)).astype(np.int64)
        held[:, 0] = newest[:, 0]
        which = np.argsort(rng.random((BATCH, HELD, OWN)), axis=2)[:, :, :SHOWN]
        own = (held[:, :, None] * OWN + which).reshape(BATCH, -1)
        noise = (rng.random((BATCH, NOISE)) ** 3 * COMMON).astype(np.int64)
        features = np.concatenate((own - own.min() + COMMON, noise), axis=1)
        yield _batch(features, int(own.min()) - COMMON, held)


def _batch(features: npt.NDArray[np.int64], before: int, held: npt.NDArray[np.int64]) -> Batch:
    indptr, columns, used = _csr(features)
    label_indptr, labels, born = _csr(held)
    names = [f"noise{j}" if j < COMMON else f"word{j + before}" for j in used.tolist()]
    return Batch(
        Vocabulary(names),
        Vocabulary([f"label{k}" for k in born.tolist()]),
        indptr,
        columns,
        np.ones(len(columns), np.float32),
        label_indptr,
        labels,
        np.full(len(held), COMPLETE, np.uint8),
    )


def _csr(ids: npt.NDArray[np.int64]) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int32], npt.NDArray[np.int64]]:
    """Return rows of ids as CSR, each id once in a row and numbered anew, and what the numbers stand for."""
    used, at = np.unique(ids, return_inverse=True)
    at = np.sort(at.reshape(ids.shape), axis=1)
    fresh = np.ones(at.shape, np.bool_)
    fresh[:, 1:] = at[:, 1:] != at[:, :-1]
    indptr = np.concatenate((np.zeros(1, np.int64), np.cumsum(fresh.sum(axis=1))))
    return indptr, at[fresh].astype(np.int32), used


def ceiling(rows: int, max_bytes: int) -> bool:
    """Learn labels that arrive all the time; return whether what is said and what has grown stay below the ceiling."""
    warm = IHOMER(label_space="many", max_bytes=1 << 20)
    for batch in arrivals(FIRST):
        warm.predict_learn_many(batch)
    del warm
    before = settled_mb()
    model = IHOMER(label_space="many", max_bytes=max_bytes)
    seen, most_said, most_grown, most_ratio, busy = 0, 0.0, 0.0, 0.0, 0.0
    print(HEAD)
    for batch in arrivals(rows):
        start = time.process_time()
        model.predict_learn_many(batch)
        busy += time.process_time() - start
        seen += len(batch)
        grown = (rss_mb() - before) * MB
        most_grown = max(most_grown, grown)
        if seen % EVERY:
            continue
        said = model._raw_memory_usage / 1e6  # noqa: SLF001
        most_said, most_ratio = max(most_said, said), max(most_ratio, grown / said)
        retired = sum(event["kind"] == "retired" for event in model.events)
        print(
            f"{seen:12,}{said:10.1f}{grown:10.1f}{grown / said:8.2f}{model.n_labels:10,}{model.n_features:10,}{retired:9}"
            f"{busy / seen * 1e6:10.1f}",
            flush=True,
        )
    print(f"at most: said {most_said:.1f} MB, grown {most_grown:.1f} MB ({most_ratio:.2f} times); of {max_bytes / 1e6:.1f} MB")
    return max(most_said, most_grown) * 1e6 <= max_bytes and most_ratio <= MOST
