"""Generations: when the world has changed, a mixture that begins anew learns beside the old one until one is better."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt

from ihomer.arrays import grown, used
from ihomer.kernels.losses import faded_label_losses
from ihomer.kernels.stack import to_log_odds
from ihomer.learners.arow import AROW
from ihomer.learners.history import LabelHistory
from ihomer.learners.mixture import Mixture
from ihomer.learners.stack import Stack
from ihomer.retired_labels import CONSTANT, Essence
from ihomer.retired_labels import WEIGHTS as WEIGHTS_KEPT
from ihomer.rows import Rows, no_rows

_Scores = npt.NDArray[np.float32]

#: How fast past losses are forgotten when the two are compared: half of them after about 350 rows.
FADE = 0.998
#: The young mixture can take over after so many rows, and is given up after so many if it has not.
LEAST_ROWS, MOST_ROWS = 1000, 4000
#: It takes over when what it loses on labels, on which the old one is better, is at most this share of what it gains on others.
REGRET = 0.1
#: The first, and the next after one that took over, may begin after so many rows; after one that was given up twice as many
#: each time, up to the last.
FIRST_PAUSE, LAST_PAUSE = 2500, 160_000
#: First weights of the two under their stack, and the prior variance of a label's own.
WEIGHTS, OWN = (0.5, 0.5), 0.1
#: Probabilities are cut here before the stack sees their log-odds.
LEAST = 0.001


class Generations:
    """A mixture, and after a change for a while a young one beside it, under a stack of the two.

    The young one knows what features look like, and nothing of labels; the old one goes on as it is: so nothing is lost
    if the alarm was false, and what is said is the better of the two, label by label, from the first rows on. When the
    log loss of the young one has become lower, on nearly all labels, it takes over: where only some labels have changed,
    what is known of the others must not be lost. If that does not happen it is given up. The next has to wait, longer each
    time that one is given up: while there are two, an instance costs twice as much.

    Section 7 of the project's design: an old model kept as one more expert beside a fresh copy stays close to the best
    of all policies on every kind of change.

    Parameters
    ----------
    make
        Makes a mixture that has learned nothing.
    """

    def __init__(self, make: Callable[[], Mixture]) -> None:
        self.make = make
        self.old = make()
        self.young: Mixture | None = None
        self.pause = FIRST_PAUSE
        #: Rows learned in all; by the young one; and before which no young one begins.
        self.rows = self.young_rows = 0
        self.next = FIRST_PAUSE
        self._meet()

    def _meet(self) -> None:
        """Begin to compare the two."""
        self.young_rows = 0
        self.losses = np.zeros((2, 0), np.float32)  # of the old and the young one, per label: faded sums of log losses
        self.stack = Stack(np.array(WEIGHTS), np.zeros(0, np.int64), np.zeros(1), OWN)

    def block(self, rows: Rows, others: _Scores | None = None, *, learn: bool) -> _Scores:
        """Return probabilities as `ihomer.learners.mixture.Mixture.block`."""
        p = self.old.block(rows, others, learn=learn)
        if learn:
            self.rows += len(rows)
        if self.young is None:
            return p
        q = self.young.block(rows, others, learn=learn)
        if learn:
            self.young_rows += len(rows)
            self.losses = grown(self.losses, (2, rows.n_labels))
            for loss, said in zip(self.losses, (p, q), strict=True):
                faded_label_losses(
                    said, rows.label_indptr, rows.label_indices, rows.status, rows.known_indptr, rows.known_indices,
                    rows.limits, FADE, loss,
                )  # fmt: skip
        scores = np.stack((p, q))
        for score in scores:
            to_log_odds(score, LEAST)
        return self.stack.block(scores, rows, learn=learn)

    def renew(self) -> bool:
        """Let a young mixture begin, unless there is one or the last was given up too lately; return whether it did."""
        if self.young is not None or self.rows < self.next:
            return False
        self.young = self.make()
        self.young.begin_after(self.old)
        self._meet()
        self.stack.make_room(no_rows(0, self.old.n_labels))
        return True

    def settle(self) -> tuple[str, float, float] | None:
        """End the comparison of the two if it can be ended: "took over" or "given up", and both faded log losses."""
        if self.young is None or self.young_rows < LEAST_ROWS:
            return None
        old, young = (float(loss.sum(dtype=np.float64)) for loss in self.losses)
        gains = (self.losses[0] - self.losses[1]).astype(np.float64)
        if young < old and -gains[gains < 0].sum() <= REGRET * gains[gains > 0].sum():
            self.old, self.pause = self.young, FIRST_PAUSE
            self.next = self.rows + self.pause
            end = "took over"
        elif self.young_rows >= MOST_ROWS:
            self.next, self.pause = self.rows + self.pause, min(2 * self.pause, LAST_PAUSE)
            end = "given up"
        else:
            return None
        self.young = None
        self._meet()
        return end, old, young

    def reopen(self, labels: npt.NDArray[np.int32] | None = None) -> None:
        """Let all labels (or these) learn as fast as at the start; nothing learned is forgotten. The young one does."""
        self.old.reopen(labels)

    @property
    def n_bytes(self) -> int:
        """Bytes held, room to grow included."""
        young = 0 if self.young is None else self.young.n_bytes
        return self.old.n_bytes + young + self.stack.n_bytes + self.losses.nbytes

    def keep(self, positions: npt.NDArray[np.int64]) -> None:
        """Keep the labels at `positions` (ascending), drop the others; what is said of those kept does not change."""
        self.old.keep(positions)
        if self.young is not None:
            self.young.keep(positions)
            self.stack.keep(positions)
            self.losses = np.ascontiguousarray(grown(self.losses, (2, int(positions.max(initial=-1)) + 1))[:, positions])

    @property
    def mixtures(self) -> list[Mixture]:
        """The old one, and the young one if there is one."""
        return [self.old] if self.young is None else [self.old, self.young]

    def keep_features(self, positions: npt.NDArray[np.int64]) -> None:
        """Keep the features at `positions` (ascending), drop the others; what is said of rows of those kept does not change."""
        for mixture in self.mixtures:
            mixture.keep_features(positions)

    def essences(self, labels: npt.NDArray[np.int64], n_features: int) -> list[Essence]:
        """Return what is kept of labels that go: what is known of them, and their largest linear weights."""
        held, shares = self.old.stack.held[labels], np.zeros(len(labels))
        ids, weights = np.zeros((len(labels), 0), np.int32), np.zeros((len(labels), 0), np.float32)
        for expert in self.old.experts.values():
            if isinstance(expert, AROW) and expert.view == "plain":
                ids, weights = expert.essence(labels, n_features, WEIGHTS_KEPT)
            elif isinstance(expert, LabelHistory):
                shares = expert.shares(labels)
        mine = (ids == CONSTANT) | (weights != 0)
        return [
            Essence(int(n), float(share), ids[i, mine[i]], weights[i, mine[i]])
            for i, (n, share) in enumerate(zip(held, shares, strict=True))
        ]

    def recall(self, label: int, essence: Essence) -> None:
        """Put back what is kept of a label that came back in the row that was just learned."""
        for mixture in self.mixtures:
            mixture.chain = None
            mixture.stack.held[label] += essence.held
            for expert in mixture.experts.values():
                if isinstance(expert, AROW) and expert.view == "plain":
                    expert.recall(label, essence.ids, essence.weights)
                elif isinstance(expert, LabelHistory):
                    expert.recall(label, essence.share)

    def needed(self, n_features: int, n_labels: int) -> int:
        """Return the bytes that so many features and labels take, whatever room to grow there is."""
        return sum(mixture.needed(n_features, n_labels) for mixture in self.mixtures) + self.stack.needed(n_labels)

    def shed(self) -> bool:
        """Let row memories forget the older half of their rows; return whether any did."""
        return sum(mixture.shed() for mixture in self.mixtures) > 0

    def state(self) -> dict[str, Any]:
        """Return everything that was learned as plain values and arrays."""
        young = None
        if self.young is not None:
            young = {
                "mixture": self.young.state(),
                "rows": self.young_rows,
                "losses": used(self.losses, 2, self.young.n_labels),
                "stack": self.stack.state(self.young.n_labels),
            }
        return {"old": self.old.state(), "young": young, "pause": self.pause, "rows": self.rows, "next": self.next}

    def restore(self, state: dict[str, Any]) -> None:
        """Take over what `state` returned."""
        self.old.restore(state["old"])
        self.pause, self.rows, self.next = state["pause"], state["rows"], state["next"]
        self.young = None
        self._meet()
        if state["young"] is not None:
            self.young = self.make()
            self.young.restore(state["young"]["mixture"])
            self.young_rows, self.losses = state["young"]["rows"], state["young"]["losses"]
            self.stack.restore(state["young"]["stack"])
