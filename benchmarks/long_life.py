"""Whether anything wears out: predictions with clocks set far ahead, and how fast a change is learned after very many rows.

    python -m benchmarks.long_life [--rows 10000000] [--more 100000] [--skip-clocks]

First every check of `tests.long_life` with `--more` rows behind clocks and counters of 2^24 - 10, 2^31 - 10 and 10^12: the
largest difference from the float64 twins. Then a stream of `--rows` rows, few features and labels, by the parts of preset
`fast` and of a linear learner, without monitors (whose alarms would help): afterwards all variances and covariances must be
positive, and the concept, changed, must be learned within twice the rows that it takes after 10,000. Ends with 1 if not.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

from benchmarks.machine import machine
from ihomer.blocks import BLOCK
from ihomer.learners.composition import LINEAR, Composition
from ihomer.learners.krls import KernelRLS
from ihomer.learners.mixture import Mixture
from ihomer.presets import PRESETS
from ihomer.rows import Rows

FEATURES, LABELS, NON_ZEROS = 12, 4, 4
#: Rows after which a change is learned at its best.
YOUNG = 10_000
#: Predictions of old parts may differ from their twins by so much.
CLOSE = 1e-3
#: Changes over which the rows needed are averaged, and rows given to each of them.
CHANGES, PATIENCE = 3, 64_000


def synthetic(n: int, concept: int, seed: int) -> Rows:
    """Return n rows whose labels are linear in their features, another function for every concept; a tenth is noise."""
    rng = np.random.default_rng([seed, concept])
    weights = np.random.default_rng(concept).normal(size=(FEATURES, LABELS))
    ids = np.sort(rng.random((n, FEATURES)).argsort(axis=1)[:, :NON_ZEROS], axis=1).astype(np.int32)
    values = rng.uniform(0.5, 2, (n, NON_ZEROS)).astype(np.float32)
    held = np.einsum("ni,nik->nk", values, weights[ids]) > 0
    held ^= rng.random(held.shape) < 0.1
    label_indptr = np.zeros(n + 1, np.int64)
    np.cumsum(held.sum(axis=1), out=label_indptr[1:])
    return Rows(
        np.arange(n + 1, dtype=np.int64) * NON_ZEROS, ids.ravel(), values.ravel(),
        label_indptr, np.nonzero(held)[1].astype(np.int32), np.full(n, 2, np.uint8),
        np.zeros(n + 1, np.int64), np.zeros(0, np.int32), np.full(n + 1, LABELS, np.int32), FEATURES, LABELS,
    )  # fmt: skip


def learned(mixture: Mixture, rows: Rows) -> npt.NDArray[np.float64]:
    """Learn the rows; return the mean log loss of each, float64 (n,)."""
    truth = np.zeros((len(rows), LABELS), bool)
    truth[np.repeat(np.arange(len(rows)), np.diff(rows.label_indptr)), rows.label_indices] = True
    losses = []
    for start in range(0, len(rows), BLOCK):
        p = mixture.block(rows.slice(start, min(start + BLOCK, len(rows))), learn=True)
        right = np.where(truth[start : start + len(p)], p, 1 - p).astype(np.float64)
        losses.append(-np.log(np.maximum(right, 1e-6)).mean(axis=1))
    return np.concatenate(losses)


def started(composition: Composition) -> Mixture:
    """Return a mixture that has learned a block, a row at a time up to the first boundaries."""
    mixture = Mixture(composition)
    rows = synthetic(BLOCK, 0, 1)
    start = 0
    for stop in (1, 2, 4, 8, 16, 32, 64):
        mixture.block(rows.slice(start, stop), learn=True)
        start = stop
    return mixture


def chunks(n: int, concept: int, most: int = 64_000) -> Iterator[Rows]:
    """Yield n rows of a concept, whole blocks, so many at a time."""
    for seed, start in enumerate(range(0, n, most), 2):
        yield synthetic(min(most, n - start), concept, seed)


def rows_to_learn(mixture: Mixture) -> float:
    """Return the mean number of rows, after a change of the concept, until three quarters of what is to be known is known.

    That is of the way from knowing nothing (every label holds in half of the rows: a loss of log 2) to the loss on the first
    concept, which has been learned for long.
    """
    known = learned(mixture, synthetic(BLOCK * 16, 0, 10**6)).mean()
    needed = []
    for concept in range(1, CHANGES + 1):
        losses = learned(mixture, synthetic(PATIENCE, concept, 10**6))
        smooth = np.convolve(losses, np.full(400, 1 / 400), mode="valid")
        won = np.flatnonzero(smooth <= known + 0.25 * (np.log(2) - known))
        needed.append(float(won[0]) if len(won) else float(PATIENCE))
    return float(np.mean(needed))


def positive(mixture: Mixture) -> bool:
    """Whether all variances and covariances of a mixture are."""
    arow, stack = mixture.experts["arow"], mixture.stack
    lower = np.tril(stack.A)
    whole = lower + np.tril(stack.A, -1).T
    variances = [arow.S[:FEATURES, :LABELS], arow.bias_s[:LABELS], stack.D[:, :LABELS]]  # type: ignore[attr-defined]
    return bool(np.linalg.eigvalsh(whole)[0] > 0) and all(bool((array > 0).all()) for array in variances)


def check_clocks(more: int) -> bool:
    """Print the largest difference of every part from its twin, for every clock; return whether all are small."""
    from tests.long_life import CHECKS, LATES

    fine = True
    for name, check in CHECKS.items():
        differences = [check(late, more) for late in LATES]
        fine &= max(differences) <= CLOSE
        print(f"{name:28}" + "".join(f"{difference:12.2e}" for difference in differences))
    return fine


def check_change(name: str, composition: Composition, rows: int) -> bool:
    """Print how many rows a change takes after `YOUNG` rows and after `rows`; return whether the latter is fine."""
    needed = []
    for n in (YOUNG, rows):
        mixture = started(composition)
        start = time.process_time()
        for chunk in chunks(n // BLOCK * BLOCK, 0):
            learned(mixture, chunk)
        seconds = time.process_time() - start
        fine = positive(mixture)
        needed.append(rows_to_learn(mixture))
        print(f"{name}: after {n:,} rows ({seconds:.0f} CPU s) a change takes {needed[-1]:.0f} rows, positive: {fine}")
        if not fine:
            return False
    return needed[1] <= 2 * needed[0]


def check_krls(rows: int) -> bool:
    """Learn `rows` rows with a small kernel RLS; return whether its covariance is positive definite at the end."""
    from ihomer.kernels.inputs import SPARSE
    from ihomer.learners.inputs import Inputs

    inputs, expert = Inputs(SPARSE), KernelRLS(16)
    for chunk in chunks(rows // BLOCK * BLOCK, 0):
        for start in range(0, len(chunk), BLOCK):
            expert.block(inputs.block(chunk.slice(start, start + BLOCK), learn=True), learn=True)
    expert.invariants()
    print(f"kernel RLS after {rows:,} rows: covariance positive definite and below the prior's")
    return True


def main() -> None:
    """Run all checks."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--rows", type=int, default=10_000_000)
    parser.add_argument("--more", type=int, default=100_000, help="rows behind clocks that were set ahead")
    parser.add_argument("--skip-clocks", action="store_true")
    asked = parser.parse_args()
    print(machine())
    fine = asked.skip_clocks or check_clocks(asked.more)
    fast = PRESETS["fast"].shared
    assert fast is not None
    for name, composition in (("fast", fast), ("linear", LINEAR)):
        fine &= check_change(name, composition, asked.rows)
    fine &= check_krls(asked.rows)
    sys.exit(not fine)


if __name__ == "__main__":
    main()
