"""`run`: the whole life of the daemon, from settings to an exit code."""

from __future__ import annotations

import logging
import threading
import time
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING

from ihomer.checkpoint.errors import CheckpointError
from ihomer.daemon.errors import OtherStateError, PlaceError, TooManyBadError
from ihomer.daemon.exit_codes import ExitCode
from ihomer.daemon.http import Pages
from ihomer.daemon.in_time import InTime
from ihomer.daemon.learning import Learning
from ihomer.daemon.lock import StateInUseError
from ihomer.daemon.opening import prepare
from ihomer.daemon.serving import Serving
from ihomer.daemon.status import Status
from ihomer.daemon.stopping import Stopping
from ihomer.daemon.store import Store
from ihomer.daemon.warming import warm
from streams.kafka.connect import connect
from streams.kafka.errors import FencedError, TransportError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from ihomer.daemon.session import Session
    from ihomer.daemon.settings import Settings
    from streams.kafka.protocol import Client

_LOG = logging.getLogger("ihomer.daemon")

#: Seconds to wait after a session that failed, doubled each time, and the most that is waited: a question to a broker that is
#: away costs nothing, and when it is back nobody wants to wait for long.
WAIT, MOST_WAIT = 1.0, 5.0
#: Seconds of compiling after which people are told that it compiles: a start that finds all compiled takes less.
SLOW = 3.0

#: What a failure means to whoever started the daemon; the first class that fits counts.
CODES: tuple[tuple[type[Exception], ExitCode], ...] = (
    (OtherStateError, ExitCode.CONFIGURATION),
    (StateInUseError, ExitCode.STATE_IN_USE),
    (CheckpointError, ExitCode.NO_CHECKPOINT),
    (PlaceError, ExitCode.PLACE_LOST),
    (TooManyBadError, ExitCode.TOO_MANY_BAD),
    (FencedError, ExitCode.FENCED),
    (TransportError, ExitCode.KAFKA),
)


def run(settings: Settings) -> int:
    """Run the daemon until it is stopped or cannot go on; return its exit code (`ihomer.daemon.exit_codes`).

    Raises
    ------
    SettingsError
        If a setting turns out to be impossible: a port that is taken.
    """
    status = Status()
    with Stopping() as stopping, InTime(stopping), Pages(settings.http, status) as pages:
        if pages.address:
            _LOG.info("live page, /health, /ready and /metrics at %s", f"http://{pages.address}", extra={"event": "pages"})
        try:
            with ExitStack() as held:
                if settings.learn:
                    store = Store(settings.state, settings.keep, allow_pickle=settings.allow_pickle)
                    store.lock()
                    held.callback(store.close)
                client = connect(settings.cluster)
                held.callback(client.close)
                with stopping.nothing_to_lose(), _told_if_slow():
                    _check_topics(client, settings)
                    warm(settings)

                def session() -> Session:
                    if settings.learn:
                        return Learning(store, settings, client, status, stopping)
                    return Serving(settings, client, status, stopping)

                sessions(session, settings, status, stopping)
        except Exception as error:  # noqa: BLE001 (told, and turned into an exit code)
            code = next((code for kind, code in CODES if isinstance(error, kind)), ExitCode.FAILED)
            status.state, status.problem = "failed", str(error)
            _LOG.error("%s", error, exc_info=code is ExitCode.FAILED, extra={"event": "failed", "code": int(code)})
            return code
        _LOG.info("in order", extra={"event": "stopped", "instances": status.instances})
        return ExitCode.STOPPED


def _check_topics(client: Client, settings: Settings) -> None:
    """Raise what is wrong with the topics before anything is compiled; a broker that is away is left to the sessions."""
    try:
        prepare(client, settings)
    except TransportError as error:
        if not error.retriable:
            raise


@contextmanager
def _told_if_slow() -> Iterator[None]:
    """While inside: say what takes so long, if it does."""
    text, extra = "kernels, once: this takes up to a minute, later starts are quick", {"event": "compiling"}
    timer = threading.Timer(SLOW, _LOG.info, (text,), {"extra": extra})
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()


def sessions(
    make: Callable[[], Session],
    settings: Settings,
    status: Status,
    stopping: Stopping,
    clock: Callable[[], float] = time.monotonic,
) -> None:
    """Run one session after the other until the daemon is asked to stop.

    A session that ends because Kafka failed is followed by the next one, for ever once one has been running; before that for
    `patience` seconds, so that a wrong address is told.

    Raises
    ------
    TransportError
        If Kafka fails in a way that does not pass.
    """
    wait, ran, began = WAIT, False, clock()
    while True:
        status.state = "starting"
        session = make()
        try:
            session.run()
        except TransportError as error:
            ran = ran or session.began
            if session.began:
                wait = WAIT
            if not error.retriable or (not ran and clock() - began > settings.cluster.patience):
                raise
            status.broker_errors += 1
            if stopping.asked:
                _LOG.warning("%s; what was taken since the last checkpoint is taken again at the next start", error)
                return
            status.state, status.problem = "waiting for the broker", str(error)
            _LOG.warning("%s; next try in %.0f s", error, wait, extra={"event": "broker"})
            if stopping.wait(wait):
                return
            wait = min(2 * wait, MOST_WAIT)
        else:
            return
