"""Several processes that fill cells side by side, and what they say meanwhile."""

from __future__ import annotations

import contextlib
import json
import os
import queue
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import orjson

from ihomer.compare.cell import Cell, Task, failed
from ihomer.report.plain import from_json


@dataclass(frozen=True, slots=True)
class News:
    """What a worker says of a task: how far it is, or what came of it."""

    task: Task
    rows: int = 0
    cell: Cell | None = None


class Workers:
    """Processes that fill the cells of tasks, in their order as they become free.

    Parameters
    ----------
    tasks
        What is to be done.
    jobs
        How many processes.
    """

    def __init__(self, tasks: Sequence[Task], jobs: int) -> None:
        self._tasks = iter(tasks)
        self._n = min(jobs, len(tasks))
        self._news: queue.SimpleQueue[News | BaseException | None] = queue.SimpleQueue()
        self._lock = threading.Lock()
        self._processes: set[subprocess.Popen[bytes]] = set()
        self._stopped = False

    def news(self, wait: Callable[[], bool] = lambda: True) -> Iterator[News]:
        """Yield what the workers say until all is done; however it is left, no process stays behind.

        Parameters
        ----------
        wait
            Asked now and then; false ends the work.
        """
        threads = [threading.Thread(target=self._work, daemon=True) for _ in range(self._n)]
        try:
            for thread in threads:
                thread.start()
            left = self._n
            while left and wait():
                try:
                    said = self._news.get(timeout=0.2)
                except queue.Empty:
                    continue
                if isinstance(said, BaseException):
                    raise said
                if said is None:
                    left -= 1
                else:
                    yield said
        finally:
            self._stop()
            for thread in threads:
                thread.join()
            for process in self._processes:
                for pipe in _pipes(process):
                    with contextlib.suppress(BrokenPipeError):
                        pipe.close()

    def _work(self) -> None:
        """Feed one process with tasks; one that dies itself is replaced."""
        process: subprocess.Popen[bytes] | None = None
        try:
            while (task := self._next()) is not None:
                if process is None or process.poll() is not None:
                    process = self._start()
                self._news.put(News(task))
                cell = self._ask(process, task)
                if cell is not None:
                    self._news.put(News(task, cell.rows, cell))
        except BaseException as error:  # noqa: BLE001 (raised where the news are read)
            self._news.put(error)
        finally:
            self._news.put(None)

    def _next(self) -> Task | None:
        with self._lock:
            return None if self._stopped else next(self._tasks, None)

    def _ask(self, process: subprocess.Popen[bytes], task: Task) -> Cell | None:
        """Return the cell that a process makes of a task; None if all is being stopped."""
        requests, answers = _pipes(process)
        with contextlib.suppress(BrokenPipeError):
            # The names of files may be no text; this JSON holds them nevertheless.
            requests.write(json.dumps(task.to_plain()).encode() + b"\n")
            requests.flush()
        for line in answers:
            said: Any = orjson.loads(line)
            if "cell" in said:
                return from_json(Cell, orjson.dumps(said["cell"]))
            if "ended" in said:
                return None if self._stopped else failed(task, _death(said["ended"]))
            self._news.put(News(task, said["rows"]))
        return None if self._stopped else failed(task, _death(process.wait()))

    def _start(self) -> subprocess.Popen[bytes]:
        # The very same modules, wherever they stand: another copy would be another code.
        path = os.pathsep.join(entry or str(Path.cwd()) for entry in sys.path)
        with self._lock:
            process = subprocess.Popen(
                [sys.executable, "-P", "-m", "ihomer.compare.worker"],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                env={**os.environ, "PYTHONPATH": path},
                start_new_session=True,
            )
            self._processes.add(process)
            if self._stopped:
                _kill(process)
        return process

    def _stop(self) -> None:
        with self._lock:
            self._stopped = True
            for process in self._processes:
                _kill(process)
        for process in self._processes:
            process.wait()


def _kill(process: subprocess.Popen[bytes]) -> None:
    """End a worker and the cell that it is filling: they are a group of their own."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)


def _pipes(process: subprocess.Popen[bytes]) -> tuple[IO[bytes], IO[bytes]]:
    assert process.stdin is not None
    assert process.stdout is not None
    return process.stdin, process.stdout


def _death(code: int) -> str:
    if code >= 0:
        return f"its process ended with code {code}"
    try:
        name = signal.Signals(-code).name
    except ValueError:
        name = str(-code)
    return f"its process was ended by signal {name}" + (" (out of memory?)" if name == "SIGKILL" else "")
