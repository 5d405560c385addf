"""A daemon in a process of its own, that can be watched, asked to stop and killed."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from tests.broker.guard import Guard

#: Seconds that anything may take that is not measured: a start on a busy machine, catching up.
PATIENCE = 180.0
#: A daemon that saves and commits all the time, so that not much has to happen before it has.
RESTLESS = ("--checkpoint-seconds", "0.2", "--commit-seconds", "0.05", "--discover-seconds", "0.5", "--poll-rows", "20")


class EndedError(Exception):
    """The daemon ended by itself, or did not do in time what it should; with the end of its log."""


class Daemon:
    """`ihomer consume`, running; killed at the end of a `with` block if it still runs.

    Parameters
    ----------
    topic, state
        What it reads, where it keeps its checkpoints.
    arguments
        More of the command line.
    """

    def __init__(self, topic: str, state: Path, *arguments: str) -> None:
        self.state = state
        self.state.parent.mkdir(parents=True, exist_ok=True)
        self._log_path = state.parent / f"{state.name}-{time.monotonic_ns()}.log"
        self._read = 0
        self._entries: list[dict[str, Any]] = []
        command = [sys.executable, "-m", "ihomer", "consume", topic, "--state", str(state), "--log", "json"]
        http = () if "--http" in arguments else ("--http", "")
        model = () if "--model" in arguments else ("--model", "fast")
        self.started = time.monotonic()
        with self._log_path.open("wb") as log:
            self.process = subprocess.Popen(
                [*command, *http, *model, *arguments],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
                env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path), "PYTHONFAULTHANDLER": "1"},
            )
        self._guard = Guard(self.process.pid)

    # ------------------------------------------------------------------ watching

    @property
    def log(self) -> list[dict[str, Any]]:
        """What it has logged so far."""
        with self._log_path.open("rb") as file:
            file.seek(self._read)
            new = file.read()
        whole = new[: new.rfind(b"\n") + 1]
        self._read += len(whole)
        for line in whole.splitlines():
            try:
                self._entries.append(json.loads(line))
            except ValueError:  # not of the logger: an interpreter that falls over
                self._entries.append({"event": "", "message": line.decode(errors="replace"), "fields": {}})
        return self._entries

    def said(self, *events: str) -> list[dict[str, Any]]:
        """Return what it logged of these events."""
        return [entry for entry in self.log if entry["event"] in events]

    def wait_for(self, *events: str, seconds: float = PATIENCE, n: int = 1) -> dict[str, Any]:
        """Wait until it has logged one of `events` for the nth time; return that entry."""
        end = time.monotonic() + seconds
        while len(found := self.said(*events)) < n:
            self.check_running(f"before it said {events}")
            if time.monotonic() > end:
                raise EndedError(f"said nothing of {events} within {seconds:g} s; its log:\n{self.tail()}")
            time.sleep(0.005)
        return found[n - 1]

    def begun(self, seconds: float = PATIENCE) -> Self:
        """Wait until its model is there."""
        self.wait_for("restored", "fresh", seconds=seconds)
        return self

    def reads(self) -> Self:
        """Wait until it reads: it has asked what is published, and the next thing is a message."""
        self.wait_for("assigned")
        return self

    def check_running(self, when: str) -> None:
        """Raise EndedError if it has ended."""
        if self.process.poll() is not None:
            raise EndedError(f"ended with {self.process.returncode} {when}; its log:\n{self.tail()}")

    def tail(self, n: int = 12) -> str:
        """Return the last lines of its log."""
        return "\n".join(f"{e.get('time', '')} {e['event']}: {e['message']}{_trace(e)}" for e in self.log[-n:])

    def page(self, path: str) -> str:
        """Return what it serves at `path`: needs ``--http 127.0.0.1:0``."""
        address = self.wait_for("pages")["message"].rsplit(" ", 1)[1]
        try:
            with urllib.request.urlopen(address + path, timeout=5) as answer:  # noqa: S310 - our own process
                return str(answer.read().decode())
        except urllib.error.HTTPError as error:  # 503 has a page, too
            return error.read().decode()

    # ------------------------------------------------------------------ ends

    def kill(self) -> None:
        """End it at once (SIGKILL)."""
        self.process.kill()
        self.process.wait()

    def ask(self) -> None:
        """Ask it to end (SIGTERM)."""
        self.process.send_signal(signal.SIGTERM)

    def ended(self, seconds: float = PATIENCE) -> int:
        """Wait until it has ended; return its exit code."""
        try:
            return self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            raise EndedError(f"did not end within {seconds:g} s; its log:\n{self.tail()}") from None

    def stop(self) -> float:
        """Ask it to end, wait until it has ended in order; return how many seconds that took."""
        start = time.monotonic()
        self.ask()
        code = self.ended()
        if code != 0:
            raise EndedError(f"ended with {code} when it was asked to stop; its log:\n{self.tail()}")
        return time.monotonic() - start

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        if error is not None and self.process.poll() is None:
            self.process.send_signal(signal.SIGABRT)  # tells where all threads are
            self.process.wait()
            error.add_note(f"the daemon was then at:\n{self.tail(60)}")
        self.kill()
        self._guard.dismiss()


def _trace(entry: dict[str, Any]) -> str:
    trace = (entry.get("fields") or {}).get("traceback")
    return f"\n{trace}" if trace else ""
