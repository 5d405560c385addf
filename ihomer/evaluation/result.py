"""What an evaluation found: the summary, the curve over the stream, and how they are shown."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pandas as pd

    from ihomer.evaluation.svg import Svg


@dataclass(slots=True)
class Result:
    """The outcome of a prequential evaluation.

    `str(result)` is the table with the baselines, `result.plot()` the curve as a picture, `result.to_frame()` the curve as a
    DataFrame; in a notebook a result shows itself.

    Parameters
    ----------
    stream, model
        What was run, as people call it.
    summary
        `instances`, `features`, `labels`, `clusters` (None for a model without), the metrics of
        `ihomer.evaluation.measures.HEADLINE` over the whole stream (None if no row was scored), `cpu_seconds`
        and `wall_seconds` of the whole loop, `instances_per_second` (instances / wall_seconds), `peak_rss_mb`
        (largest resident size of the process so far, in 2^20 bytes), `baselines` (name -> metrics), `seed`,
        `versions`, `command`.
    details
        What else is known: further metrics (`ihomer.evaluation.measures.FURTHER`, those of `Strata` and `Confidence`,
        both kappas against no-change), `model_cpu_seconds` and `model_ram_hours` of the model alone,
        rows that could not be scored, unknown cells, bad rows, where the time went, options.
    curve
        A dict every N instances and one at the end (beyond 1,000 of them every second one is dropped, and so on):
        `instances`, then each metric over all rows so far (`micro_f1`), over the window (`window_micro_f1`) and
        faded (`faded_micro_f1`); labels, clusters, seconds, resident size.
    interrupted
        Whether the run was stopped before the end of the stream.
    events
        What happened to the model, if it tells.

    Examples
    --------
    >>> from ihomer.evaluation import prequential
    >>> from river import linear_model, multioutput
    >>> from streams import open_stream
    >>> model = multioutput.ClassifierChain(linear_model.LogisticRegression())
    >>> result = prequential(model, open_stream("yeast"), limit=100, every=50)
    >>> result.to_frame().index.tolist(), result.plot().startswith("<svg")
    ([50, 100], True)
    """

    stream: str
    model: str
    summary: dict[str, object]
    details: dict[str, object] = field(default_factory=dict)
    curve: list[dict[str, object]] = field(default_factory=list)
    interrupted: bool = False
    events: list[dict[str, Any]] = field(default_factory=list)

    @property
    def error(self) -> str | None:
        """What ended the run before the end of the stream, if it was a fault."""
        return None if "error" not in self.summary else str(self.summary["error"])

    @property
    def nothing_known(self) -> bool:
        """Whether there were rows, and not a label of any of them was known."""
        rows = self.summary["instances"]
        return bool(rows) and (not self.summary["labels"] or self.details["unlabelled_instances"] == rows)

    def ended_by(self, error: str | None) -> None:
        """Mark this as what there was when a fault (None: Ctrl-C) ended the run; the summary gets a key `error`."""
        self.interrupted = True
        self.details["interrupted"] = True
        if error is not None:
            self.summary["error"] = error

    def __str__(self) -> str:
        from ihomer.evaluation.report import report

        return report(self)

    def plot(self, metric: str = "window_micro_f1") -> Svg:
        """Return the curve of a metric as a picture, with marks where something happened to the model.

        Parameters
        ----------
        metric
            A value of the curve: the name of a metric, plain or after ``window_`` or ``faded_``.

        Raises
        ------
        ValueError
            If the curve does not have it.
        """
        from ihomer.evaluation.curves import curves_svg
        from ihomer.evaluation.svg import Svg

        return Svg(curves_svg(self.curve, self.events, title=f"{self.model} on {self.stream}", metric=metric))

    def to_frame(self) -> pd.DataFrame:
        """Return the curve as a DataFrame: a row a point, by the number of instances.

        Raises
        ------
        ImportError
            If pandas is not installed.
        """
        import pandas as pd

        frame = pd.DataFrame(self.curve)
        return frame.set_index("instances") if self.curve else frame

    def _repr_html_(self) -> str:
        from ihomer.evaluation.notebook import html

        return html(self)
