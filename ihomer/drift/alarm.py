"""An alarm: which monitor raised it, and by how much its loss rose."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

#: What a monitor may be about.
Kind = Literal["model", "cluster", "label", "structure"]
KINDS: tuple[Kind, ...] = get_args(Kind)
#: The index of an alarm of the whole model.
MODEL = -1


@dataclass(frozen=True, slots=True)
class Alarm:
    """One monitor's alarm: what it watches rose.

    Parameters
    ----------
    kind
        "model", "cluster", "label", or "structure": the labels of a cluster hold together less than they did.
    index
        The cluster's number (of a "structure" too), the label's id, or MODEL.
    before, after
        Mean of what was watched over the window before the row that raised the alarm, and over what is left of it after.

    Examples
    --------
    >>> Alarm("structure", 3, 0.4, 0.9).place, Alarm("model", MODEL, 0.2, 0.5).place
    ('structure of cluster 3', 'model')
    """

    kind: Kind
    index: int
    before: float
    after: float

    @property
    def place(self) -> str:
        """Where it is, for people; a label by its id."""
        if self.kind == "model":
            return "model"
        return f"structure of cluster {self.index}" if self.kind == "structure" else f"{self.kind} {self.index}"
