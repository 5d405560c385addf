"""Who goes when there are too many names or bytes: labels silent for long, and the coldest of labels and features."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
import numpy.typing as npt

from ihomer.arrays import TABLE, capacity, grown, kept, used
from ihomer.blocks import PIECE, stride
from ihomer.memory import give_back
from ihomer.retired_labels import Essence, RetiredLabels
from streams.vocabulary import INDICATOR

if TYPE_CHECKING:
    from ihomer.decision.threshold import Decision
    from ihomer.door import Door
    from ihomer.drift.monitors import Monitors
    from ihomer.events import EventLog
    from ihomer.hierarchy.tree import ClusterTree
    from ihomer.learners.clustered import Clustered
    from ihomer.rows import Rows
    from ihomer.waiting import Waiting
    from streams.names import Name
    from streams.vocabulary import Vocabulary

Longs = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]

#: A share of what there is, or may be, goes at once: moving what stays is paid for by many names.
SHARE = 8
#: How many labels an event names.
NAMED = 20
#: Retired labels that are kept at most; they and the event log may each take this share of the bytes.
MOST_RETIRED, SIDE = 1 << 16, 16
#: Bytes of an event; of a name beside its characters: its object, its places in dict and list, the row of its last use; of
#: the indicator of a category: four objects and three dicts.
EVENT, NAME, CATEGORY = 1024, 180, 480
#: Where there are many labels each is rare: one is silent only after so many rows for each of them, at least.
ROWS_A_LABEL = 10
#: No name, so far.
NEVER = -1


class SharedLearner(Protocol):
    """What learns all labels."""

    def keep(self, positions: Longs) -> None:
        """Keep the labels at `positions` (ascending), drop the others."""

    def keep_features(self, positions: Longs) -> None:
        """Keep the features at `positions` (ascending), drop the others."""

    def essences(self, labels: Longs, n_features: int) -> list[Essence]:
        """Return what is kept of labels that go."""

    def recall(self, label: int, essence: Essence) -> None:
        """Put back what is kept of a label that came back in the row that was just learned."""

    def shed(self) -> bool:
        """Let go of what can be done without; return whether there was anything."""

    def needed(self, n_features: int, n_labels: int) -> int:
        """Return the bytes that so many features and labels take, whatever room to grow there is."""


@dataclass(frozen=True, slots=True)
class Parts:
    """All of a model that knows names or ids; `learners` are those over all labels."""

    door: Door
    learners: Sequence[SharedLearner]
    clustered: Clustered | None
    decision: Decision
    tree: ClusterTree
    monitors: Monitors
    waiting: Waiting
    log: EventLog


class Retirement:
    """Keeps track of when labels and features were used, and says at fixed places of the stream which of them go.

    Every `PIECE` rows it is asked (`act`). Labels that held in none of the last `silent_for` rows, nor in ten times as many
    rows as there are labels, go as soon as they are an eighth of all labels. When there are more than `max_labels` labels or
    `max_features` features, those that were used longest ago go until there are an eighth fewer than that. When all that is
    kept takes more than `max_bytes`, row memories shrink if they take more than half of that, and then labels and features go,
    those used longest ago first, until an eighth is free. What is above a limit between two places stays until the next. A
    name that is met again after it has gone is new; of a label its share of rows and its largest linear weights are put back
    (`RetiredLabels`) after the row that brings it.

    Bytes are reckoned from what is used, by the formulas of the parts, with the usual room to grow: they do not depend on how
    the stream came in batches.

    Parameters
    ----------
    max_labels, max_features, max_bytes, silent_for
        See `IHOMER`.

    Raises
    ------
    ValueError
        If a parameter is not what it may be.
    """

    def __init__(self, max_labels: int, max_features: int, max_bytes: int, silent_for: int) -> None:
        for name, value, least in (
            ("max_labels", max_labels, 1), ("max_features", max_features, 1), ("max_bytes", max_bytes, 1 << 20),
            ("silent_for", silent_for, PIECE),
        ):  # fmt: skip
            if isinstance(value, bool) or not isinstance(value, int) or value < least:
                raise ValueError(f"{name} must be an integer of at least {least:,}, found {value!r}")
        self.max_labels, self.max_features, self.max_bytes = max_labels, max_features, max_bytes
        self.silent_for = silent_for
        self._grew = (0, 0)  # features and labels that the last piece brought
        self._n_rows = 0
        self._leftover = False
        # The row that used each last.
        self.features: Longs = np.zeros(0, np.int64)
        self.labels: Longs = np.zeros(0, np.int64)
        #: How many features and labels were reckoned, and the bytes of their names.
        self.names: Longs = np.zeros((2, 2), np.int64)
        self.retired = RetiredLabels(max(1, min(MOST_RETIRED, max_bytes // SIDE // 400)))
        #: Labels of the row at hand that were retired once.
        self.entering: list[tuple[int, Name]] = []
        self._returned: list[Name] = []  # since the last event
        self._n_returned = 0

    # ------------------------------------------------------------------ row by row

    def note(self, blocks: Sequence[Rows], *, leftover: bool = False) -> None:
        """Note what rows use, the newest that were learned.

        Parameters
        ----------
        blocks
            The rows since the last time.
        leftover
            Whether the first of the next `blocks` will be these rows once more, in one.
        """
        if self._leftover:
            blocks = blocks[1:]
        self._leftover = leftover
        if not blocks:
            return
        self.features = grown(self.features, (blocks[-1].n_features,), NEVER)
        self.labels = grown(self.labels, (blocks[-1].n_labels,), NEVER)
        row = self._n_rows
        at: list[npt.NDArray[np.int64]] = []
        for rows in blocks:
            at.append(np.arange(row, row + len(rows)))
            row += len(rows)
        numbers = np.concatenate(at)
        self._n_rows = row
        used_features = [rows.indices[rows.indptr[0] : rows.indptr[-1]] for rows in blocks]
        used_labels = [rows.label_indices[rows.label_indptr[0] : rows.label_indptr[-1]] for rows in blocks]
        # Of an index that comes twice the last number stays.
        lengths = np.concatenate([np.diff(rows.indptr) for rows in blocks])
        self.features[np.concatenate(used_features)] = np.repeat(numbers, lengths)
        lengths = np.concatenate([np.diff(rows.label_indptr) for rows in blocks])
        self.labels[np.concatenate(used_labels)] = np.repeat(numbers, lengths)

    def cut(self, blocks: Iterator[tuple[int, int]], rows: Rows, labels: Vocabulary) -> Iterator[tuple[int, int]]:
        """Yield the blocks of some rows, cut also behind every row that brings back a label."""
        for start, stop in blocks:
            ends = [stop]
            if len(self.retired) and rows.limits[stop] > rows.limits[start]:
                new = range(int(rows.limits[start]), int(rows.limits[stop]))
                back = [i for i in new if labels.name(i) in self.retired]
                ends = sorted({stop, *np.searchsorted(rows.limits, back, side="right").tolist()})
            yield from pairwise((start, *ends))

    def enter(self, labels: Vocabulary, first: int, last: int) -> None:
        """Take note of the labels first..last - 1, which are new in the block that is learned next."""
        if len(self.retired):
            self.entering = [(i, name) for i in range(first, last) if (name := labels.name(i)) in self.retired]

    def welcome(self, learners: Sequence[SharedLearner]) -> None:
        """Put back what is kept of the labels that came back in the row that was just learned."""
        for label, essence in self._coming_back():
            for learner in learners:
                learner.recall(label, essence)

    def shares(self, first: int, last: int) -> npt.NDArray[np.float64]:
        """Return the shares of rows of the labels first..last - 1, all that enter, as they were; 0 where nothing is kept.

        It is kept no longer: who learns these labels puts it back.
        """
        shares = np.zeros(last - first)
        for label, essence in self._coming_back():
            shares[label - first] = essence.share
        return shares

    def _coming_back(self) -> Iterator[tuple[int, Essence]]:
        entering, self.entering = self.entering, []
        for label, name in entering:
            if len(self._returned) < NAMED:
                self._returned.append(name)
            self._n_returned += 1
            yield label, self.retired.take(name)

    # ------------------------------------------------------------------ at fixed places

    def act(self, at: int, parts: Parts) -> None:
        """Retire what must go after `at` rows, a multiple of `PIECE`."""
        if self._n_returned:
            self._tell(parts.log, at, "returned", "held again", self._returned, n_labels=self._n_returned)
            self._returned, self._n_returned = [], 0
        self._reckon(parts.door, at - 1)
        parts.waiting.shorten(self.max_bytes // SIDE)
        features, labels, causes = self._leaving(at, parts)
        if not causes:
            return
        door, names = parts.door, parts.door.labels
        d, n = len(door.features), len(door.labels)
        gone = np.flatnonzero(~labels)
        self._remember(gone, parts)
        some = [names.name(i) for i in gone[:NAMED].tolist()]
        before = {"labels": n, "features": d}
        self._keep(parts, features, labels)
        after = {"labels": len(door.labels), "features": len(door.features)}
        give_back()
        self._tell(
            parts.log, at, "retired", "; ".join(causes), some,
            n_labels=len(gone), n_features=d - after["features"], before=before, after=after, forgotten=self.retired.forgotten,
        )  # fmt: skip

    def _tell(self, log: EventLog, at: int, kind: str, cause: str, names: list[Name], **numbers: Any) -> None:
        log.add(at, kind, place="model", cause=cause, labels=names, **numbers)
        log.shorten(max(100, self.max_bytes // SIDE // EVENT))

    def _reckon(self, door: Door, now: int) -> None:
        """Let names that entered count, and as used now if no row held them."""
        kinds = door.kinds()
        sizes = len(door.features), len(door.labels)
        self.features, self.labels = grown(self.features, sizes[:1], NEVER), grown(self.labels, sizes[1:], NEVER)
        self._grew = sizes[0] - int(self.names[0, 0]), sizes[1] - int(self.names[1, 0])
        for which, (vocabulary, last) in enumerate(((door.features, self.features), (door.labels, self.labels))):
            first, n = int(self.names[which, 0]), sizes[which]
            last[first:n][last[first:n] == NEVER] = now
            n_categories = int(np.count_nonzero(kinds[first:n] == INDICATOR)) if which == 0 else 0
            characters = sum(map(len, map(str, map(vocabulary.name, range(first, n)))))
            self.names[which, 1] += NAME * (n - first) + (CATEGORY - NAME) * n_categories + 2 * characters
            self.names[which, 0] = n

    def needed(self, d: int, n: int, parts: Parts) -> int:
        """Return the bytes that all takes with `d` features and `n` labels, room to grow included."""
        d, n = capacity(d, 0, TABLE), capacity(n, 0, TABLE)
        total = parts.tree.needed(n) + sum(learner.needed(d, n) for learner in parts.learners)
        for have, (count, size) in zip((d, n), self.names.tolist(), strict=True):
            total += size * have // max(count, 1)
        if parts.clustered is not None:
            total += parts.clustered.needed(d)
        return total + self.retired.needed + parts.waiting.needed + EVENT * len(parts.log)

    def _leaving(self, now: int, parts: Parts) -> tuple[Flags, Flags, list[str]]:
        """Return which features and labels stay, and why the others do not; no reason: all stay."""
        d, n = len(parts.door.features), len(parts.door.labels)
        # What is below all limits is gone through seldom where there is much of it.
        crowded = n > self.max_labels or d > self.max_features or self._too_large(d, n, parts)
        if not crowded and now % (PIECE * stride(d + n)):
            return np.zeros(0, np.bool_), np.zeros(0, np.bool_), []
        features, labels = np.ones(d, np.bool_), np.ones(n, np.bool_)
        causes = []
        silence = max(self.silent_for, ROWS_A_LABEL * n)
        silent = self.labels[:n] < now - silence
        if np.count_nonzero(silent) * SHARE >= n > 0:
            labels &= ~silent
            causes.append(f"silent for {silence:,} rows")
        if np.count_nonzero(labels) > self.max_labels:
            coldest(self.labels[:n], labels, self.max_labels - self.max_labels // SHARE)
            causes.append(f"more than {self.max_labels:,} labels")
        forgettable = parts.clustered is None or parts.clustered.forgets_features
        if d > self.max_features and forgettable:
            coldest(self.features[:d], features, self.max_features - self.max_features // SHARE)
            causes.append(f"more than {self.max_features:,} features")
        if self._shrink(features, labels, parts, forgettable=forgettable):
            causes.append(f"more than {self.max_bytes:,} bytes")
        return features, labels, causes

    def _more(self, parts: Parts) -> tuple[int, int]:
        """Return for how many more features and labels there is to be room: the next piece may bring as much as the last."""
        fits = self.needed(*self._grew, parts) <= self.max_bytes // 2  # else that alone would be too much
        return self._grew if fits else (0, 0)

    def _too_large(self, d: int, n: int, parts: Parts) -> bool:
        more = self._more(parts)
        return self.needed(d + more[0], n + more[1], parts) > self.max_bytes

    def _shrink(self, features: Flags, labels: Flags, parts: Parts, *, forgettable: bool) -> bool:
        """Let rows, labels and features go if all takes too many bytes; return whether it does."""
        more = self._more(parts)

        def size(d: int, n: int) -> int:
            return self.needed(d + more[0], n + more[1], parts)

        if size(int(np.count_nonzero(features)), int(np.count_nonzero(labels))) <= self.max_bytes:
            return False
        while self.needed(0, 0, parts) > self.max_bytes // 2 and sum(learner.shed() for learner in parts.learners):
            pass
        d = len(features)
        stay = np.concatenate((features, labels))
        last = np.concatenate((self.features[:d], self.labels[: len(labels)]))
        order = np.flatnonzero(stay)
        if not forgettable:
            order = order[order >= d]
        order = order[np.argsort(last[order], kind="stable")]
        is_label = np.concatenate(([0], np.cumsum(order >= d)))
        m, n = int(np.count_nonzero(features)), int(np.count_nonzero(labels))
        low, high = 0, len(order)
        while low < high:  # the fewest that must go
            middle = (low + high) // 2
            gone = int(is_label[middle])
            if size(m - (middle - gone), n - gone) <= self.max_bytes - self.max_bytes // SHARE:
                high = middle
            else:
                low = middle + 1
        stay[order[:low]] = False
        features[:], labels[:] = stay[:d], stay[d:]
        return True

    def _remember(self, gone: Longs, parts: Parts) -> None:
        """Keep a little of the labels that go."""
        learner = next(iter(parts.learners), None)
        nothing = Essence(0, 0.0, np.zeros(0, np.int32), np.zeros(0, np.float32))
        essences = [nothing] * len(gone) if learner is None else learner.essences(gone, len(parts.door.features))
        for label, essence in zip(gone.tolist(), essences, strict=True):
            self.retired.add(parts.door.labels.name(label), essence)

    def _keep(self, parts: Parts, stay: Flags, labels_stay: Flags) -> None:
        """Let all parts keep these features and labels."""
        features = None if stay.all() else np.flatnonzero(stay)
        labels = None if labels_stay.all() else np.flatnonzero(labels_stay)
        if features is not None:
            parts.waiting.keep_features(features, parts.door.features)
        parts.door.keep(features, labels)
        if features is not None:
            for learner in parts.learners:
                learner.keep_features(features)
            if parts.clustered is not None:
                parts.clustered.keep_features(features)
            self.retired.keep_features(features)
            self.features = kept(self.features, features, fill=NEVER)
        if labels is not None:
            for learner in parts.learners:
                learner.keep(labels)
            if parts.clustered is not None:
                parts.clustered.keep(labels, parts.door.labels)
            parts.decision.keep(labels)
            parts.tree.keep(labels)
            parts.monitors.keep(labels)
            self.labels = kept(self.labels, labels, fill=NEVER)
        grew = self._grew
        self.names[:] = 0
        self._reckon(parts.door, 0)
        self._grew = grew

    # ------------------------------------------------------------------ state

    def state(self, d: int, n: int) -> dict[str, Any]:
        """Return everything as plain values and arrays, for a model of so many features and labels."""
        return {
            "features": used(grown(self.features, (d,), NEVER), d),
            "labels": used(grown(self.labels, (n,), NEVER), n),
            "rows": self._n_rows,
            "names": self.names.copy(),
            "retired": self.retired.state(),
            "returned": list(self._returned),
            "n_returned": self._n_returned,
        }

    def restore(self, state: dict[str, Any]) -> None:
        """Take over what `state` returned."""
        self.features, self.labels, self.names = state["features"], state["labels"], state["names"]
        self._n_rows = state["rows"]
        self.retired.restore(state["retired"])
        self._returned, self._n_returned = list(state["returned"]), state["n_returned"]


def coldest(last: Longs, stay: Flags, most: int) -> None:
    """Let those go that were used longest ago, the older of two, until `most` stay.

    Examples
    --------
    >>> stay = np.array([True, True, False, True])
    >>> coldest(np.array([5, 3, 1, 3]), stay, 2)
    >>> stay
    array([ True, False, False,  True])
    """
    here = np.flatnonzero(stay)
    order = here[np.argsort(last[here], kind="stable")]
    stay[order[: max(0, len(order) - most)]] = False
