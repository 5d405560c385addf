"""One pass over a stream without scoring: learning alone, or predicting alone."""

from __future__ import annotations

import errno
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ihomer.evaluation.output import json_line, prediction
from ihomer.evaluation.river_model import as_array_model
from streams.replacing import check_can_be_replaced
from streams.stream import ROWS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from streams.stream import Stream

#: Labels that `Predictions` ranks; more are asked for row by row.
_RANKED = 5


class Learning:
    """A pass that only learns; it can be stopped between two blocks of rows.

    Parameters
    ----------
    model
        An `ArrayModel` or a river multi-label classifier.
    stream
        What to learn; unlabelled rows are allowed, and teach what the model learns from them.
    progress
        Called with the number of rows after each block.

    Examples
    --------
    >>> from river import linear_model, multioutput
    >>> from streams import open_stream
    >>> from streams.views import limited
    >>> model = multioutput.ClassifierChain(linear_model.LogisticRegression())
    >>> Learning(model, limited(open_stream("yeast"), 50)).run()
    50
    """

    def __init__(self, model: object, stream: Stream, progress: Callable[[int], None] | None = None) -> None:
        self.model = as_array_model(model, stream.labels.first(stream.declared_labels or 0))
        self.stream = stream
        self.progress = progress
        self.stopped = False

    def stop(self) -> None:
        """End after the block of rows under way."""
        self.stopped = True

    def run(self) -> int:
        """Learn all rows; return their number."""
        rows = 0
        for batch in self.stream.batches(getattr(self.model, "block_rows", ROWS)):
            self.model.learn_many(batch)
            rows += len(batch)
            if self.progress is not None:
                self.progress(rows)
            if self.stopped:
                break
        return rows


def predicted_lines(model: Any, stream: Stream, top: int) -> Iterator[tuple[int, bytes]]:
    """Yield the number of rows so far and their predictions as JSON Lines, a block of rows at a time.

    Parameters
    ----------
    model
        Has `predict_many`, and `rank_one` if `top` is more than 5.
    stream
        What to predict; labels in it are not looked at.
    top
        Labels in the ranking `top` of each line.
    """
    rows = 0
    for batch in stream.batches():
        predictions = model.predict_many(batch)
        lines = []
        for i in range(len(batch)):
            line = prediction(rows + i, batch, predictions, i)
            if top > _RANKED:
                line["top"] = [[label, round(score, 6)] for label, score in model.rank_one(batch.x(i), k=top)]
            else:
                line["top"] = line["top"][:top]
            lines.append(json_line(line))
        rows += len(batch)
        yield rows, b"".join(lines)


def check_can_be_saved(model: Any, path: Path, *, allow_pickle: bool) -> None:
    """Raise now what `model.save(path)` would raise after hours.

    Raises
    ------
    TypeError
        If the model has no checkpoints, or holds what only pickle can store and that is not allowed.
    OSError
        If no file can be written there.
    """
    if not callable(getattr(model, "save", None)):
        raise TypeError(
            f"{type(model).__name__} has no checkpoints; IHOMER(preset='none', learner=...) around it has"
        )
    check_can_be_replaced(path)
    try:
        if not path.absolute().parent.is_dir():
            raise FileNotFoundError(errno.ENOENT, "there is no such folder to save in")
        with tempfile.TemporaryDirectory(prefix=".ihomer-", dir=path.parent) as directory:
            model.save(Path(directory) / path.name, allow_pickle=allow_pickle)
    except OSError as error:  # it names a file that nobody asked for
        why = (error.strerror or str(error)).removeprefix("cannot be written: ")
        raise OSError(error.errno, f"cannot be written: {why}", str(path)) from error
