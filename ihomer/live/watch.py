"""A prequential evaluation on the live page."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any, Final

from ihomer.live.board import PERIOD, Board
from ihomer.live.history import History
from ihomer.live.looks import clusters_of, events_of

if TYPE_CHECKING:
    from ihomer.evaluation.loop import Prequential

#: What the curves show, each windowed and over all rows; points of a curve; digits of a score.
METRICS: Final = ("micro_f1", "macro_f1", "example_f1", "subset_accuracy", "p_at_1", "p_at_3", "p_at_5")
POINTS: Final = 300
DIGITS: Final = 4


class Watch:
    """Brings an evaluation onto a board; to be called after each block of rows.

    Parameters
    ----------
    board
        Where to write.
    """

    def __init__(self, board: Board) -> None:
        self._board = board
        self._history = History()
        self._begun = self._noted = time.monotonic()
        self._rows = 0

    def look(self, evaluation: Prequential) -> None:
        """Note how fast it goes, and take a snapshot if somebody looks."""
        now = time.monotonic()
        if now - self._noted >= PERIOD:
            rate = (evaluation.instances - self._rows) / (now - self._noted)
            self._history.add({"seconds": round(now - self._begun, 1), "rows_per_second": round(rate, 1)})
            self._rows, self._noted = evaluation.instances, now
        if self._board.due():
            self._board.put(lambda: snapshot(evaluation, self._history))

    def ended(self, evaluation: Prequential) -> None:
        """Take the last snapshot."""
        self._board.put(lambda: snapshot(evaluation, self._history) | {"state": "done"})


def snapshot(evaluation: Prequential, history: History) -> dict[str, Any]:
    """Return what the page shows, bounded in size."""
    curve = evaluation.curve
    step = -(-len(curve) // POINTS) or 1
    points = curve[::-step][::-1]
    names = [form + metric for form in ("window_", "") for metric in METRICS]
    rates = history.columns()
    last = rates.get("rows_per_second", [None])[-1]
    return {
        "title": f"{evaluation.model_name} on {evaluation.stream.name}",
        "state": "running",
        "share": evaluation.share,
        "figures": {
            "instances": evaluation.instances,
            "instances a second": last,
            "micro-F1": round(evaluation.metrics.micro_f1(), 5),
            "labels": evaluation.metrics.n_labels,
            "features": len(evaluation.stream.features),
        },
        "curve": {name: [_brief(point.get(name)) for point in points] for name in ("instances", *names)},
        "history": rates,
        "clusters": clusters_of(evaluation.model),
        "events": events_of(evaluation.model),
    }


def _brief(value: Any) -> Any:
    return round(value, DIGITS) if isinstance(value, float) else value
