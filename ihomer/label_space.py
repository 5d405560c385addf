"""Few labels or many: who speaks for them, and when that changes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt

from ihomer.blocks import BLOCK, WATCH
from ihomer.kernels.inputs import DENSE
from ihomer.learners.generations import Generations
from ihomer.learners.label_shares import NONE_RETURN
from ihomer.learners.many_labels import ManyLabels
from ihomer.probabilities import Probabilities, Whole
from ihomer.rows import Rows

#: With more labels than this they are many; with fewer than the other number they are few again.
MANY, FEW = 1024, 256
#: Who may speak next begins to learn beside the other when there are more labels than this, or fewer than `FEW`, ...
NEAR = 512
#: `MANY` and `NEAR` of dense streams: up to there the experts over all labels are level with `ManyLabels` or better (gene
#: functions: micro-F1 .51 for .48), and their price can be paid.
MANY_DENSE, NEAR_DENSE = 8192, 6144
#: ... and speaks after so many rows at the least, where labels become few.
BESIDE = 2048

SPACES = ("auto", "few", "many")


class LabelSpace:
    """The experts over all labels of a model where labels are few, `ManyLabels` where they are many.

    With "auto" labels become many when there are more than `MANY` of them, in dense streams `MANY_DENSE`. Who speaks next
    learns beside the other beforehand, so nothing that was learned is missed at the change, and nothing else of the
    model changes.

    Parameters
    ----------
    how
        "few", "many" or "auto".
    make
        Makes the experts where labels are few; None: there are none, and a learner of every cluster speaks alone.
    rank
        "probability", or "propensity" for lists that favour the tail, which takes that labels are many.
    fixed
        Why labels cannot become many, or None: "auto" stays "few" then, and "many" is refused.

    Attributes
    ----------
    mixture, many
        Those who learn; both while one learns beside the other.
    speaks_many
        Whether `many` speaks.

    Raises
    ------
    ValueError
        If `how` is not what it may be, or cannot be.
    """

    def __init__(self, how: str, rank: str, make: Callable[[], Generations] | None, fixed: str | None) -> None:
        if how not in SPACES:
            raise ValueError(f"label_space must be {', '.join(map(repr, SPACES[:-1]))} or {SPACES[-1]!r}, found {how!r}")
        if rank not in ("probability", "propensity"):
            raise ValueError(f"rank must be 'probability' or 'propensity', found {rank!r}")
        if rank == "propensity" and how != "many":
            raise ValueError(f'rank="propensity" takes label_space="many", found {how!r}')
        if how == "many" and fixed is not None:
            raise ValueError(f'label_space="many" cannot be: {fixed}')
        self.changes = how == "auto" and fixed is None
        self.speaks_many = how == "many"
        self._make = make
        self._tail = rank == "propensity"
        self.many = self._new_many() if self.speaks_many else None
        self.mixture = None if self.speaks_many or make is None else make()

    def _new_many(self) -> ManyLabels:
        return ManyLabels(tail=self._tail)

    @property
    def learners(self) -> list[Generations | ManyLabels]:
        """All that learn, who speaks first."""
        both = [self.many, self.mixture] if self.speaks_many else [self.mixture, self.many]
        return [learner for learner in both if learner is not None]

    @property
    def block_size(self) -> int:
        """How many rows may be learned at once: where `many` learns alone, as many as monitors wait for."""
        return WATCH if self.many_alone else BLOCK

    @property
    def many_alone(self) -> bool:
        """Whether `many` is all that learns: labels that come back may be told to it (`block`)."""
        return self.speaks_many and self.mixture is None

    def block(self, rows: Rows, *, learn: bool, returning: npt.NDArray[np.float64] = NONE_RETURN) -> Probabilities:
        """Return the probabilities of rows before each is learned (if `learn`), by who speaks.

        `returning` as in `ManyLabels.block`, where `many_alone`.
        """
        if learn:
            for learner in self.learners[1:]:
                learner.block(rows, learn=True)
        if self.speaks_many:
            assert self.many is not None
            return self.many.block(rows, learn=learn, returning=returning)
        assert self.mixture is not None
        return Whole(self.mixture.block(rows, learn=learn))

    def settle(self, n_labels: int) -> tuple[str, str] | None:
        """Change who learns and who speaks as the number of labels asks, at fixed places of the stream.

        Returns
        -------
        what was spoken for before and is now ("few", "many"), or None if that has not changed
        """
        if not self.changes:
            return None
        if self.speaks_many:
            return self._perhaps_few(n_labels)
        return self._perhaps_many(n_labels)

    def _perhaps_many(self, n_labels: int) -> tuple[str, str] | None:
        assert self.mixture is not None
        inputs = self.mixture.old.inputs
        near, many = (NEAR_DENSE, MANY_DENSE) if inputs.regime == DENSE else (NEAR, MANY)
        if n_labels <= near:
            if n_labels < FEW:
                self.many = None
        elif self.many is None:
            self.many = ManyLabels.beside(inputs, tail=self._tail)
        elif n_labels > many:
            self.speaks_many, self.mixture = True, None
            return "few", "many"
        return None

    def _perhaps_few(self, n_labels: int) -> tuple[str, str] | None:
        if n_labels > NEAR:
            self.mixture = None
        elif n_labels < FEW and self.mixture is None:
            assert self._make is not None
            self.mixture = self._make()
        elif self.mixture is not None and self.mixture.rows >= BESIDE:
            self.speaks_many, self.many = False, None
            return "many", "few"
        return None

    def state(self) -> dict[str, Any]:
        """Return everything that was learned as plain values and arrays."""
        return {
            "speaks_many": self.speaks_many,
            "mixture": None if self.mixture is None else self.mixture.state(),
            "many": None if self.many is None else self.many.state(),
        }

    def restore(self, state: dict[str, Any]) -> None:
        """Take over what `state` returned."""
        self.speaks_many = state["speaks_many"]
        self.mixture = self.many = None
        if state["mixture"] is not None:
            assert self._make is not None
            self.mixture = self._make()
            self.mixture.restore(state["mixture"])
        if state["many"] is not None:
            self.many = self._new_many()
            self.many.restore(state["many"])
