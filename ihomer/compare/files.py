"""What a comparison leaves in a directory: all of it as JSON and CSV, the table, and the report."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from ihomer.checkpoint.atomic import write_whole
from ihomer.compare.metrics import METRICS
from ihomer.report.room import FILE, bounded
from ihomer.report.write import write_report

if TYPE_CHECKING:
    from ihomer.compare.comparison import Comparison


def write(comparison: Comparison, directory: Path) -> list[Path]:
    """Write everything into `directory`, which is made if it is not there; return the files."""
    directory.mkdir(parents=True, exist_ok=True)
    report = comparison.report()
    texts = {
        "comparison.json": bounded(report, FILE).to_json(),
        "scores.csv": csv_text(score_rows(comparison)),
        "rungs.csv": csv_text(rung_rows(comparison)),
        "table.txt": f"{comparison}\n".encode(),
    }
    for name, text in texts.items():
        write_whole(directory / name, [text])
    return [*(directory / name for name in texts), *write_report(report, directory)]


def score_rows(comparison: Comparison) -> Iterator[dict[str, object]]:
    """Yield a row for each seed of a learner on a stream, over all rows that it saw."""
    for run in comparison.runs():
        yield {
            "stream": run.stream,
            "learner": run.learner,
            "seed": run.seed,
            "stream_rows": comparison.streams[run.stream],
            "rows": run.instances,
            "cut": run.cut,
            "error": run.error,
            **{name: run.scores.get(name) for name in METRICS},
            **{name: run.costs.get(name) for name in _COSTS},
        }


_COSTS = (
    "model_cpu_seconds", "model_ram_hours", "cpu_seconds", "wall_seconds", "instances_per_second", "peak_rss_mb", "growth_mb",
)  # fmt: skip


def rung_rows(comparison: Comparison) -> Iterator[dict[str, object]]:
    """Yield a row for each learner at each number of rows to which somebody came on a stream."""
    for stream in comparison.streams:
        places = sorted({comparison.rows(stream, a) for a in comparison.learners} - {0})
        for rows in places:
            for learner in comparison.learners:
                if rows <= comparison.rows(stream, learner):
                    scores = {name: comparison.score(stream, learner, name, rows) for name in METRICS}
                    yield {"stream": stream, "rows": rows, "learner": learner, **scores}


def csv_text(rows: Iterable[Mapping[str, object]]) -> bytes:
    """Return rows as CSV; what is not known is an empty field."""
    text = io.StringIO()
    writer: csv.DictWriter[str] | None = None
    for row in rows:
        if writer is None:
            writer = csv.DictWriter(text, list(row), lineterminator="\n")
            writer.writeheader()
        writer.writerow(dict(row))
    return text.getvalue().encode(errors="surrogateescape")
