"""The cells that are finished, a file each: what an interrupted comparison goes on from."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

import orjson

from ihomer.checkpoint.atomic import write_whole
from ihomer.compare.cell import Cell, Task
from ihomer.report.plain import from_json, json_bytes
from ihomer.report.write import file_name

#: Of the files; raised when what they hold changes.
FORMAT: Final = 1
#: Characters of the names of stream and learner in the name of a file, and of the digest, which alone counts.
_NAME, _KEY = 40, 20


class CellStore:
    """A folder of cells; a cell is found again if nothing that it depends on has changed.

    Parameters
    ----------
    path
        The folder, made if it is not there.

    Raises
    ------
    OSError
        If it cannot be made.
    """

    def __init__(self, path: Path) -> None:
        path.mkdir(parents=True, exist_ok=True)
        self.path = path

    def place(self, task: Task) -> Path:
        """Return the file of a cell."""
        stem = "-".join(file_name(name)[:_NAME] for name in (task.stream.name, task.learner.name))
        return self.path / f"{stem}-{task.key()[:_KEY]}.json"

    def put(self, task: Task, cell: Cell) -> None:
        """Keep a cell.

        Raises
        ------
        OSError
            If it cannot be written.
        """
        write_whole(self.place(task), [json_bytes({"format": FORMAT, "key": task.key(), "cell": cell})])

    def get(self, task: Task) -> Cell | None:
        """Return the cell of a task; None if there is none, or its file is damaged."""
        try:
            whole: Any = orjson.loads(self.place(task).read_bytes())
            if (whole["format"], whole["key"]) != (FORMAT, task.key()):
                return None
            return from_json(Cell, orjson.dumps(whole["cell"]))
        except (OSError, ValueError, KeyError, TypeError):
            return None
