"""Evidence of the experts that remember rows: which of them vote, and how."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from ihomer.explain.case import Case, largest, rest, within
from ihomer.explain.parts import Memories, Remembered
from ihomer.kernels import recent_rows as recent
from ihomer.kernels import row_memory as memory
from ihomer.kernels.krls import PREVIOUS, kernel_values
from ihomer.kernels.row_store import FIRST, LABELS, N_HELD, N_KNOWN, NEXT, Store, number_at
from ihomer.learners.krls import KernelRLS
from ihomer.learners.recent_rows import RecentRows
from ihomer.learners.row_memory import RowMemory

_LATE = "the last {} rows vote with .95^age cosine^3, beside a little doubt; {}"


def of_row_memory(expert: RowMemory, case: Case) -> tuple[Memories, ...]:
    """Return the thirty nearest rows with their votes by the square of the cosine, and the last sixty."""
    store, view = expert.store.arrays, getattr(case.views, expert.view)
    following, first = int(store.marks[NEXT]), int(store.marks[FIRST])
    if following == first:
        return ()
    dots = np.empty(len(store.spans) + memory.STRIDE, np.float32)
    _, n = memory.similarities(
        expert.index.arrays, store, expert.dense, view.indices, view.values, 0, len(view.indices), dots
    )
    at, best = np.empty(memory.NEIGHBOURS, np.int64), np.empty(memory.NEIGHBOURS, np.float32)
    size = expert.store.size
    count = memory.best_rows(dots, n, (following - 1) % size, at, best)
    nearest = [int(number_at(position, following, size)) for position in at[:count].tolist()]
    late = range(following - 1, max(first - 1, following - 1 - memory.RECENT), -1)
    least = float(memory.LEAST_COSINE)

    def cosine(number: int) -> float:
        return float(dots[number % size])

    def remembered(number: int, weight: float) -> _Voter:
        held = held_in(store, number % size, number, case.label)
        whole = case.learned == following  # all rows were labelled: their numbers are those of instances
        return _Voter(number if whole else None, following - number, cosine(number), held, weight)

    near = [remembered(number, max(cosine(number), least) ** 2) for number in nearest]
    lately = [
        remembered(number, float(memory.FADE) ** (following - number) * max(cosine(number), least) ** 3) for number in late
    ]
    return (
        *_voted(near, 0.0, f"the {len(near)} nearest rows vote with cosine^2; the score of wide votes is made of the sum",
                case.k),
        *_voted(lately, float(memory.DOUBT), _LATE.format(len(lately), "the score of recency is 2 x the sum - 1"), case.k),
    )  # fmt: skip


def held_in(store: Store, position: int, number: int, label: int) -> bool | None:
    """Whether a label held in a stored row; None if that was not known."""
    first, n_held, n_known = (int(store.spans[position, column]) for column in (LABELS, N_HELD, N_KNOWN))
    if within(store.labels[first : first + n_held], label):
        return True
    if n_known < 0:
        return False if label >= len(store.since) or store.since[label] <= number else None
    return False if within(store.labels[first + n_held : first + n_held + n_known], label) else None


def of_recent_rows(expert: RecentRows, case: Case) -> tuple[Memories, ...]:
    """Return the ten nearest of the last rows with their votes by the cosine, and the last sixty."""
    view, size = case.views.plain, len(expert.ring)
    stored = int(expert.clock[recent.STORED])
    if stored == 0:
        return ()
    there = min(stored, size)
    sim, keys = np.empty((1, size), np.float32), np.empty(size, np.int64)
    places = view.indices & np.int32(recent.BUCKETS - 1)
    recent.similarities(
        view.indices, places, view.values, 0, len(view.indices), int(expert.clock[recent.FEATURES]), expert.memory, sim
    )
    inverse = recent.inverse_length(view.values, 0, len(view.values))
    where, weights = np.empty(recent.RECENT, np.int64), np.empty(recent.RECENT, np.float32)
    count = recent.nearest_rows(sim, stored, inverse, keys, where, weights)
    least = float(recent.LEAST_COSINE)

    def remembered(position: int, ago: int, cosine: float, weight: float) -> _Voter:
        number = stored - ago if case.learned == stored else None
        return _Voter(number, ago, cosine, _held_lately(expert, position, case.label), weight)

    near = [
        remembered(position, (stored - 1 - position) % size + 1, cosine, max(cosine, least))
        for position, cosine in zip(where[:count].tolist(), weights[:count].tolist(), strict=True)
    ]
    lately = []
    for ago in range(1, min(there, recent.RECENT) + 1):
        position = (stored - ago) % size
        cosine = float(sim[0, position] * inverse)
        lately.append(remembered(position, ago, cosine, float(recent.STAYS) ** ago * max(cosine, 0.0) ** 3))
    return (
        *_voted(near, 0.0, f"the {len(near)} nearest rows vote with the cosine; the score of votes is made of the sum",
                case.k),
        *_voted(lately, float(recent.DOUBT), _LATE.format(len(lately), "the score of recency is 2 x the sum - 1"), case.k),
    )  # fmt: skip


def _held_lately(expert: RecentRows, position: int, label: int) -> bool | None:
    ring, listed = expert.ring[position], expert.listed[position]
    if within(listed[: ring[recent.HOLD]], label):
        return True
    if ring[recent.COMPLETE]:
        return False if label < ring[recent.LABELS] or not expert.late[label] else None
    return False if within(listed[: ring[recent.LISTED]], label) else None


class _Voter:
    """A remembered row before its vote is known as a share of all."""

    def __init__(self, instance: int | None, ago: int, cosine: float, held: bool | None, weight: float) -> None:
        self.instance, self.ago, self.cosine, self.held, self.weight = instance, ago, cosine, held, weight


def _voted(voters: Sequence[_Voter], doubt: float, what: str, k: int) -> tuple[Memories, ...]:
    """Return the votes as shares of those of the rows in which the label was known; nothing if there are none."""
    mass = doubt + math.fsum(voter.weight for voter in voters if voter.held is not None)
    if not mass > 0 or not any(voter.held is not None for voter in voters):
        return ()
    rows = []
    for voter in voters:
        vote = voter.weight / mass if voter.held is not None else 0.0
        part = vote if voter.held else 0.0
        rows.append(Remembered(voter.instance, voter.ago, voter.cosine, voter.held, vote, part))
    rows.sort(key=lambda row: -row.vote)
    total = math.fsum(row.part for row in rows)
    return (Memories(what, total, tuple(rows[:k]), *rest(rows[k:])),)


def of_krls(expert: KernelRLS, case: Case) -> tuple[Memories, ...]:
    """Return what the rows of the dictionary add to the regression."""
    m, view = len(expert.store), case.views.plain
    if m == 0:
        return ()
    ones = np.full(len(expert.last), PREVIOUS, np.float32)
    kernel: npt.NDArray[np.float32] = np.empty(m, np.float32)
    arguments: tuple[Any, ...] = (
        expert.index.arrays, expert.dense, expert.label_index.arrays, view.indices, view.values, 0, len(view.indices),
        expert.last, 0, len(expert.last), ones, expert.gamma, expert.mix, expert.norms, m, kernel,
    )  # fmt: skip
    kernel_values(*arguments)
    # In float32, as the model does: the inverse matrix is large, and its rounding errors are part of what was said.
    weights = (expert.Q[:m, :m] @ kernel).astype(np.float64)
    parts = weights * expert.mu[:m, case.label]
    rows = [
        Remembered(None, None, similarity, None, weight, part)
        for similarity, weight, part in zip(kernel.tolist(), weights.tolist(), parts.tolist(), strict=True)
    ]
    what = f"weight x value of {m} rows, which add up to a regression y; the score is 4 (y - .4), y cut at -.3 and 1.3"
    return (Memories(what, float(parts.sum()), *largest(rows, case.k)),)
