"""What `ihomer evaluate --out` leaves in a directory: the curve, the summary, the events, the predictions."""

from __future__ import annotations

import contextlib
import csv
import os
import shlex
import sys
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

import orjson

from ihomer.checkpoint.atomic import write_whole
from ihomer.evaluation.curves import svg_of_directory

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from types import TracebackType
    from typing import Self

    from ihomer.evaluation.result import Result
    from ihomer.predictions import Predictions
    from streams.batch import Batch


class OutputDirectory:
    """A directory that fills while an evaluation runs.

    `metrics.csv` gets a row with every point of the curve, at once, so that a long run can be watched;
    `predictions.jsonl`, if wanted, a line per instance; `events.jsonl`, `summary.json` and `curves.svg` are written at the end
    beside their place and renamed. Files of an earlier run are replaced.

    Parameters
    ----------
    path
        The directory, made if it is not there.
    predictions
        Whether to write `predictions.jsonl`.
    """

    def __init__(self, path: Path, *, predictions: bool = False) -> None:
        path.mkdir(parents=True, exist_ok=True)
        self.path = path
        for name in ("metrics.csv", "predictions.jsonl", "events.jsonl", "summary.json", "report.html"):
            (path / name).unlink(missing_ok=True)  # nothing here may be taken for a part of this run
        self._metrics = (path / "metrics.csv").open("w", encoding="utf-8", newline="")
        self._predictions = (path / "predictions.jsonl").open("wb") if predictions else None
        self._writer: csv.DictWriter[str] | None = None
        self._rows = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        for file in self._open_files():
            with contextlib.suppress(OSError):  # a file is closed even if its rest cannot be written
                file.close()

    def point(self, point: Mapping[str, object]) -> None:
        """Add a row to `metrics.csv`; what was not measured is an empty field."""
        with _naming(self._metrics.name):
            if self._writer is None:
                self._writer = csv.DictWriter(self._metrics, list(point), lineterminator="\n")
                self._writer.writeheader()
            self._writer.writerow(dict(point))
            self._metrics.flush()

    def rows(self, batch: Batch, predictions: Predictions) -> None:
        """Add a line per row to `predictions.jsonl`, if it is wanted."""
        if self._predictions is not None:
            for i in range(len(batch)):
                line = prediction(self._rows + i, batch, predictions, i) | {"true": truth(batch, i)}
                with _naming(self._predictions.name):
                    self._predictions.write(json_line(line))
        self._rows += len(batch)

    def finish(self, result: Result, events: Iterable[Mapping[str, object]]) -> list[OSError]:
        """Write the rest: `events.jsonl`, `summary.json` (the summary, the details, what was run) and `curves.svg`.

        Returns
        -------
        list of OSError
            Of the files that cannot be written; each is tried.
        """
        whole = {"stream": result.stream, "model": result.model, **result.summary, **result.details}
        faults: list[OSError] = []
        for file in self._open_files():
            try:
                with _naming(file.name):
                    file.close()
            except OSError as error:
                faults.append(error)
        for name, pieces in (("events.jsonl", map(json_line, events)), ("summary.json", [to_json(whole)])):
            try:
                write_whole(self.path / name, pieces)
            except OSError as error:
                faults.append(error)
        if not faults:
            try:
                picture = svg_of_directory(self.path, title=f"{result.model} on {result.stream}")
                write_whole(self.path / "curves.svg", [picture.encode()])
            except OSError as error:
                faults.append(error)
        return faults

    def _open_files(self) -> list[IO[Any]]:
        files: list[IO[Any] | None] = [self._metrics, self._predictions]
        return [file for file in files if file is not None and not file.closed]


@contextlib.contextmanager
def _naming(path: str | os.PathLike[str]) -> Iterator[None]:
    """Let an OSError inside say which file it is about: a write to an open file does not know."""
    try:
        yield
    except OSError as error:
        raise OSError(error.errno, f"cannot be written: {error.strerror}", os.fspath(path)) from error


def prediction(row: int, batch: Batch, predictions: Predictions, i: int) -> dict[str, Any]:
    """Return row `i` as a JSON object.

    `row` is its number in the stream; `id` and `t` are there if it has them; `predicted` is a label set in the order of
    the names as strings; `top` the best labels with their scores.
    """
    line: dict[str, Any] = {"row": row}
    if batch.keys is not None and batch.keys[i] is not None:
        line["id"] = batch.keys[i]
    if batch.times is not None and batch.times[i] == batch.times[i]:
        line["t"] = float(batch.times[i])
    line["predicted"] = sorted(predictions.label_set(i), key=str)
    line["top"] = [[label, round(score, 6)] for label, score in predictions.ranking(i)]
    return line


def truth(batch: Batch, i: int) -> object:
    """Return the labels of row `i` for JSON: a list if all are known, an object label -> bool if some are, or None."""
    y = batch.y(i)
    if isinstance(y, dict):
        return {str(label): holds for label, holds in y.items()}
    return None if y is None else sorted(y, key=str)


def json_line(value: object) -> bytes:
    """Return `value` as one line of JSON."""
    return orjson.dumps(value, option=_OPTIONS | orjson.OPT_APPEND_NEWLINE, default=str)


def to_json(value: object) -> bytes:
    """Return `value` as indented JSON."""
    return orjson.dumps(value, option=_OPTIONS | orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE, default=str)


_OPTIONS = orjson.OPT_NON_STR_KEYS | orjson.OPT_SERIALIZE_NUMPY


def command_line() -> str:
    """Return the command that runs, as it can be typed again."""
    return shlex.join([Path(sys.argv[0]).name, *sys.argv[1:]])
