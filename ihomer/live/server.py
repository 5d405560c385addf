"""Serves the live page of an evaluation."""

from __future__ import annotations

import threading
from http import HTTPStatus
from types import TracebackType
from typing import Self

from ihomer.live.board import Board
from ihomer.live.guarded import Answer, GuardedServer
from ihomer.live.page import answer, live_page


class LiveServer:
    """Serves the page while it is entered, in threads of its own that never outlive the process.

    Parameters
    ----------
    host, port
        Where; port 0 is a free one, see `url`.
    board
        What is shown.

    Raises
    ------
    OSError
        If the address cannot be used.

    Examples
    --------
    >>> from http.client import HTTPConnection
    >>> with LiveServer("127.0.0.1", 0, Board()) as server:
    ...     connection = HTTPConnection(server.url.removeprefix("http://").rstrip("/"))
    ...     connection.request("GET", "/live.json")
    ...     connection.getresponse().read()
    b'{}'
    """

    def __init__(self, host: str, port: int, board: Board) -> None:
        self._board = board
        live_page()  # made now, not while somebody waits
        self._server = GuardedServer((host, port), self._answer)
        bound, number = self._server.server_address[:2]
        #: Where the page is.
        self.url = f"http://[{bound!s}]:{number}/" if ":" in str(bound) else f"http://{bound!s}:{number}/"

    def __enter__(self) -> Self:
        threading.Thread(target=self._server.serve_forever, args=(0.1,), name="ihomer-live", daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None, /
    ) -> None:
        self._server.shutdown()
        self._server.server_close()

    def _answer(self, path: str) -> Answer:
        found = answer(self._board, path)
        return found or Answer(HTTPStatus.NOT_FOUND, "text/plain; charset=utf-8", b"there are / and /live.json\n")
