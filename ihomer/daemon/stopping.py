"""SIGTERM and SIGINT: the first asks for an end in order, the second ends at once."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType, TracebackType
from typing import Final, Self

from ihomer.daemon.exit_codes import ExitCode

_SIGNALS: Final = (signal.SIGTERM, signal.SIGINT)
_LAST: Final = b"\0"  # no signal has this number: ends the thread


class Stopping:
    """Whether somebody has asked the daemon to end.

    As a context manager it listens to signals: the first sets the flag and wakes who waits, the second ends the process with
    exit code 130. Python calls handlers between two instructions of the main thread, which may be far apart: a client may wait
    for its broker, a kernel may run. So a thread reads signals from a pipe, into which they are written at once; what it does
    depends on nobody else. In a thread that is not the main one signals cannot be listened to: there, only `ask` works.

    Examples
    --------
    >>> with Stopping() as stopping:
    ...     before = stopping.wait(0.0)
    ...     stopping.ask()
    ...     before, stopping.wait(60.0), stopping.asked
    (False, True, True)
    """

    def __init__(self) -> None:
        #: The signal that asked for an end, "SIGTERM" or "SIGINT"; empty if none did.
        self.signal = ""
        self._event = threading.Event()
        self._thread: threading.Thread | None = None
        self._before: dict[signal.Signals, object] = {}
        self._free = False
        self._pipe = (-1, -1)
        self._wakeup_before = -1

    @property
    def asked(self) -> bool:
        """Whether the daemon is to end in order."""
        return self._event.is_set()

    def ask(self) -> None:
        """Ask for an end in order, as the first signal does."""
        self._event.set()

    @contextmanager
    def nothing_to_lose(self) -> Iterator[None]:
        """While inside, the first signal ends the process at once, as stopped in order: for work that nobody can wait for."""
        self._free = True
        try:
            yield
        finally:
            self._free = False

    def wait(self, seconds: float) -> bool:
        """Wait so long, or until an end is asked for; return whether it is."""
        return self._event.wait(seconds)

    def __enter__(self) -> Self:
        if threading.current_thread() is threading.main_thread():
            read, write = self._pipe = os.pipe()
            os.set_blocking(write, False)  # as Python wants it
            self._thread = threading.Thread(target=self._listen, args=(read,), name="ihomer-signals", daemon=True)
            self._thread.start()
            self._wakeup_before = signal.set_wakeup_fd(write)
            self._before = {number: signal.signal(number, _nothing) for number in _SIGNALS}
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None, /
    ) -> None:
        if self._thread is None:
            return
        for number, handler in self._before.items():
            signal.signal(number, handler)  # type: ignore[arg-type]
        signal.set_wakeup_fd(self._wakeup_before)
        os.write(self._pipe[1], _LAST)
        self._thread.join()
        self._thread = None
        for end in self._pipe:
            os.close(end)

    def _listen(self, pipe: int) -> None:
        while (number := os.read(pipe, 1)) != _LAST:
            if number[0] not in _SIGNALS:
                continue  # one that somebody else handles
            if self._free:
                os._exit(ExitCode.STOPPED)
            if self.signal:
                os._exit(ExitCode.STOPPED_AT_ONCE)
            # Nothing is logged here: a log that waits for its reader would keep the second signal waiting, too.
            self.signal = signal.Signals(number[0]).name
            self._event.set()


def _nothing(_number: int, _frame: FrameType | None) -> None:
    """Do nothing: that there is a handler lets the signal be written to the pipe, and ends no call that waits."""
