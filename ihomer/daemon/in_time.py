"""An end in time: whoever asked for it waits ten seconds and then kills."""

from __future__ import annotations

import logging
import os
import threading
import time
from types import TracebackType
from typing import TYPE_CHECKING, Self

from ihomer.daemon.exit_codes import ExitCode

if TYPE_CHECKING:
    from ihomer.daemon.stopping import Stopping

_LOG = logging.getLogger("ihomer.daemon")

#: Seconds from the first signal to an end in order. A supervisor (Docker, Kubernetes with a short grace) kills after ten.
GRACE = 8.5
#: Seconds between two looks.
LOOK = 0.25
#: Seconds that the last line of the log may take: whoever reads it may be gone.
SAYING = 0.5


class InTime:
    """While inside: if an end was asked for and has not come within `GRACE` seconds, the process ends there and then.

    That is what a kill does, which loses nothing: what was taken since the last checkpoint is taken again at the next start.
    Clients cannot be told to stop waiting for a broker that is away, and a very large checkpoint takes its time.

    Parameters
    ----------
    stopping
        Who is asked.
    """

    def __init__(self, stopping: Stopping) -> None:
        self._stopping = stopping
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="ihomer-in-time", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None, /
    ) -> None:
        self._done.set()
        self._thread.join()

    def _watch(self) -> None:
        asked = None
        while not self._done.wait(LOOK):
            now = time.monotonic()
            if self._stopping.asked:
                asked = asked or now
                if now - asked >= GRACE:
                    saying = threading.Thread(target=_say, daemon=True)
                    saying.start()
                    saying.join(SAYING)
                    os._exit(ExitCode.STOPPED)


def _say() -> None:
    what = "stopped after %.1f s without an end of what it was doing; what was taken since the last checkpoint is taken again"
    _LOG.warning(what, GRACE, extra={"event": "stopped"})
