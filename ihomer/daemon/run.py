"""`run`: the whole life of the daemon, from settings to an exit code."""

from __future__ import annotations

import logging
import time
from typing import TYPE_CHECKING

from ihomer.checkpoint.errors import CheckpointError
from ihomer.daemon.errors import OtherStateError, PlaceError, TooManyBadError
from ihomer.daemon.exit_codes import ExitCode
from ihomer.daemon.http import serving
from ihomer.daemon.lock import StateInUseError
from ihomer.daemon.logs import logging_to_stderr
from ihomer.daemon.session import Session
from ihomer.daemon.status import Status
from ihomer.daemon.stopping import Stopping
from ihomer.daemon.store import NoGoodCheckpointError, Store
from streams.kafka.connect import connect
from streams.kafka.errors import FencedError, TransportError

if TYPE_CHECKING:
    from ihomer.daemon.settings import Settings

_LOG = logging.getLogger("ihomer.daemon")

#: Seconds to wait after a session that failed: doubled each time, up to the last.
WAIT, MOST_WAIT = 1.0, 30.0

#: What each failure means for whoever started the daemon; the first that fits counts.
_CODES: tuple[tuple[type[Exception], ExitCode], ...] = ()


def run(settings: Settings) -> int:
    """Run the daemon until it is stopped, or cannot go on; return its exit code (`ihomer.daemon.exit_codes`)."""
