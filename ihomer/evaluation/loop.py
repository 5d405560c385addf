"""The prequential loop: predict, score, then learn, over a whole stream."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from ihomer.evaluation import measures
from ihomer.evaluation.baselines import Baseline, baselines
from ihomer.evaluation.confidence import Confidence
from ihomer.evaluation.cost import CostMeter
from ihomer.evaluation.kappa import kappas
from ihomer.evaluation.labels import vocabulary_of
from ihomer.evaluation.late import Late, predicted
from ihomer.evaluation.metrics import Metrics
from ihomer.evaluation.result import Result
from ihomer.evaluation.revealed import Revealed
from ihomer.evaluation.river_model import ArrayModel, as_array_model
from ihomer.evaluation.strata import Strata
from ihomer.evaluation.usage import Stopwatch, n_clusters, peak_rss_mb, rss_mb, versions
from streams.stream import ROWS, Stream
from streams.views import limited

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from ihomer.predictions import Predictions
    from streams.batch import Batch

#: Rows of the window and between two points of the curve, when nothing else is said.
EVERY = WINDOW = 1000
#: Fading when nothing else is said: the last 1,000 rows weigh 63%.
FADING = 0.999
#: Points of the curve that are kept in memory: more than anybody can see, and a few MB.
MAX_POINTS = 1000


class Prequential:
    """A prequential evaluation that can be stopped and asked for its result at any block of rows.

    Parameters
    ----------
    model
        An `ArrayModel` or any river multi-label classifier. It is changed: it learns.
    stream
        What to run over.
    every
        Rows between two points of the curve.
    window, fading
        See `Metrics`.
    delay
        A row is scored with the prediction made when it came, and learned after the `delay` rows behind it were
        predicted; the rows that are left at the end are learned unscored. The baselines wait as long.
    label_fraction
        The model and the baselines get the labels of each row with this probability; other rows come as unlabelled.
        Scores use the full truth, here and below.
    partial
        Of a row that comes with labels, the model and the baselines are told of each label known at that moment with
        this probability; it is unknown otherwise. See `ihomer.evaluation.revealed.Revealed`.
    mask_seed
        Seed of what is hidden.
    limit
        End after so many rows. None: all of them.
    rows
        Rows a block at most; no result depends on it. None: as many as the model asks for by an attribute
        `block_rows`, else 1,024.
    seed, command
        What to put into the summary: the seed of the model, how it was called.
    model_name
        How reports call the model. None: its class.
    on_rows
        Called with each block of rows and the predictions it was scored with.
    on_point
        Called with each point of the curve.
    progress
        Called with this object after each block.

    Raises
    ------
    ValueError
        If a parameter is out of its range.
    TypeError
        If `model` is no model.
    """

    def __init__(
        self,
        model: object,
        stream: Stream,
        *,
        every: int = EVERY,
        window: int = WINDOW,
        fading: float = FADING,
        delay: int = 0,
        label_fraction: float = 1.0,
        partial: float = 1.0,
        mask_seed: int = 0,
        limit: int | None = None,
        rows: int | None = None,
        seed: int | None = None,
        command: str | None = None,
        model_name: str | None = None,
        on_rows: Callable[[Batch, Predictions], None] | None = None,
        on_point: Callable[[dict[str, object]], None] | None = None,
        progress: Callable[[Prequential], None] | None = None,
    ) -> None:
        for name, value, least in (("every", every, 1), ("delay", delay, 0), ("rows", rows, 1)):
            if value is not None and value < least:
                raise ValueError(f"{name} must be at least {least}, found {value}")
        declared = stream.labels.first(stream.declared_labels or 0)
        self.model: ArrayModel = as_array_model(model, declared)
        self.model_name = type(model).__name__ if model_name is None else model_name
        self.stream = stream if limit is None else limited(stream, limit)
        self.every, self.window, self.fading, self.delay = every, window, fading, delay
        self.block_rows: int = getattr(self.model, "block_rows", ROWS) if rows is None else rows
        self.seed, self.command = seed, command
        self.on_rows, self.on_point, self.progress = on_rows, on_point, progress
        known = vocabulary_of(declared)
        #: What the model made of frequent and rare labels, and how far its scores can be relied on.
        self.strata, self.confidence = Strata(), Confidence()
        self.metrics = Metrics(known, window=window, fading=fading, observers=(self.strata, self.confidence))
        self.baselines: dict[str, tuple[Baseline, Metrics]] = {
            name: (baseline, Metrics(known)) for name, baseline in baselines().items()
        }
        self.curve: list[dict[str, object]] = []
        self.watch = Stopwatch()
        #: What the model costs, without reading, scoring and the baselines.
        self.cost = CostMeter()
        self._revealed = Revealed(label_fraction, partial, mask_seed)
        self._late = Late(delay)
        self._share: tuple[float, float] | None = None  # of the source, read before and after the batch under way
        self._at: tuple[int, int] = 0, 1  # rows of that batch that are done, and all of them
        self._stride = 1  # every so many points are kept
        self._latest: dict[str, object] = {}
        self._stopped = self._finished = False

    @property
    def share(self) -> float | None:
        """Share of the stream that is done, 0 to 1, or None if that cannot be known."""
        if self.stream.length:
            return min(1.0, self.instances / self.stream.length)
        if self._share is None:
            return None
        (before, after), (done, rows) = self._share, self._at
        return before + (after - before) * done / rows

    @property
    def instances(self) -> int:
        """Rows so far."""
        return self.metrics.rows

    def stop(self) -> None:
        """End after the block of rows under way; may be called from a signal handler or another thread."""
        self._stopped = True

    def run(self) -> Result:
        """Run over the stream, once; return the result."""
        self.watch = Stopwatch()
        for block in self._blocks():
            self._step(block)
            if self._stopped:
                break
        else:
            self._finish()
        if self._latest.get("instances") != self.instances:
            self._add_point()
        if not self.curve or self.curve[-1] is not self._latest:
            self.curve.append(self._latest)
        return self.result()

    def _blocks(self) -> Iterator[Batch]:
        """Yield the rows in blocks that end at every point of the curve."""
        # A batch that ends where a point of the curve is asked for need not be cut in two.
        batches = self.stream.batches(ROWS - ROWS % self.every or ROWS)
        while True:
            with self.watch.part("reading"):
                batch = next(batches, None)
            if batch is None:
                return
            before, after = self._share, self.stream.progress()
            self._share = None if after is None else (0.0 if before is None else before[1], after)
            start = 0
            while start < len(batch):
                stop = min(len(batch), start + self.block_rows, start + self.every - self.instances % self.every)
                self._at = stop, len(batch)
                yield batch.slice(start, stop)
                start = stop

    def _step(self, block: Batch) -> None:
        with self.watch.part("hiding labels"):
            told = self._revealed(block)
            due = self._late.due(told) if self.delay else told
        with self.watch.part("model"), self.cost.measure(len(block)):
            predictions = self._answers(self.model, block, due)
        with self.watch.part("baselines"):
            answers = {name: self._answers(baseline, block, due) for name, (baseline, _) in self.baselines.items()}
        with self.watch.part("scoring"):
            self.metrics.update(block, predictions)
            for name, (_, metrics) in self.baselines.items():
                metrics.update(block, answers[name])
        if self.on_rows is not None:
            self.on_rows(block, predictions)
        if self.instances % self.every == 0:
            self._add_point()
        if self.progress is not None:
            self.progress(self)

    def _answers(self, model: ArrayModel, block: Batch, due: Batch) -> Predictions:
        return predicted(model, block, due) if self.delay else model.predict_learn_many(due)

    def _finish(self) -> None:
        rest = self._late.rest()
        if rest is not None:
            with self.watch.part("model"), self.cost.measure(0):  # these were counted when they were predicted
                self.model.learn_many(rest)
        self._finished = True

    def _add_point(self) -> None:
        with self.watch.part("scoring"):
            point: dict[str, object] = {"instances": self.instances}
            point.update(_plain(self.metrics.cumulative()))
            point.update({f"window_{name}": value for name, value in _plain(self.metrics.windowed()).items()})
            point.update({f"faded_{name}": value for name, value in _plain(self.metrics.faded()).items()})
            point["labels"] = self.metrics.n_labels
            point["clusters"] = n_clusters(self.model)
            point["cpu_seconds"] = round(self.watch.cpu_seconds, 6)
            point["wall_seconds"] = round(self.watch.wall_seconds, 6)
            point["rss_mb"] = round(rss_mb(), 3)
        if len(self.curve) >= MAX_POINTS:
            self.curve = self.curve[1::2]
            self._stride *= 2
        if self.instances % (self.every * self._stride) == 0:
            self.curve.append(point)
        self._latest = point
        if self.on_point is not None:
            self.on_point(point)

    def result(self) -> Result:
        """Return what was found so far."""
        values = _plain(self.metrics.cumulative())
        wall, cpu = self.watch.wall_seconds, self.watch.cpu_seconds
        by_baseline = {name: _plain(metrics.cumulative()) for name, (_, metrics) in self.baselines.items()}
        summary: dict[str, object] = {
            "instances": self.instances,
            "features": len(self.stream.features),
            "labels": self.metrics.n_labels,
            "clusters": n_clusters(self.model),
            **{name: values[name] for name in measures.HEADLINE},
            "cpu_seconds": round(cpu, 6),
            "wall_seconds": round(wall, 6),
            "instances_per_second": round(self.instances / wall, 3),
            "peak_rss_mb": round(peak_rss_mb(), 3),
            "baselines": {
                name: {metric: found[metric] for metric in measures.HEADLINE} for name, found in by_baseline.items()
            },
            "seed": self.seed,
            "versions": versions(),
            "command": self.command,
        }
        bad = self.stream.bad_rows
        cost = self.cost.cost()
        details: dict[str, object] = {
            **{name: values[name] for name in measures.FURTHER},
            **_plain(self.strata.values()),
            **_plain(self.confidence.values()),
            **_plain(kappas(self.metrics.cumulative(), self.baselines["no_change"][1].cumulative())),
            "model_cpu_seconds": round(cost.cpu_seconds, 6),
            "model_ram_hours": cost.ram_hours,
            "unlabelled_instances": self.metrics.unlabelled_rows,
            "unknown_cells": self.metrics.unknown_cells,
            "bad_rows": bad.count,
            "first_bad_rows": [str(error) for error in bad.first],
            "seconds_by_part": {name: round(seconds, 6) for name, seconds in self.watch.parts.items()},
            "window": self.window,
            "fading": self.fading,
            "delay": self.delay,
            "label_fraction": self._revealed.fraction,
            "partial": self._revealed.partial,
            "mask_seed": self._revealed.seed,
            "interrupted": not self._finished,
        }
        return Result(
            self.stream.name,
            self.model_name,
            summary,
            details,
            self.curve,
            interrupted=not self._finished,
            events=list(getattr(self.model, "events", ())),
        )


def prequential(model: object, stream: Stream, **options: object) -> Result:
    """Evaluate `model` over `stream`: predict, score, then learn each row; see `Prequential` for the options.

    Returns
    -------
    Result
        The summary, the curve, and, as a string, the table with the baselines.

    Examples
    --------
    >>> from ihomer.evaluation import prequential
    >>> from river import linear_model, multioutput
    >>> from streams import open_stream
    >>> model = multioutput.ClassifierChain(linear_model.LogisticRegression())
    >>> result = prequential(model, open_stream("yeast"), limit=100)
    >>> result.summary["instances"], result.summary["labels"]
    (100, 14)
    """
    return Prequential(model, stream, **options).run()  # type: ignore[arg-type]


def _plain(values: dict[str, float]) -> dict[str, float | None]:
    """Return the values as JSON knows them: None where nothing was measured."""
    return {name: None if math.isnan(value) else value for name, value in values.items()}
