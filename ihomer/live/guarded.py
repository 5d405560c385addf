"""An HTTP server that answers short questions, and that nobody can make wait, grow or fall."""

from __future__ import annotations

import io
import logging
import re
import socket
import threading
import time
from collections.abc import Callable
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from socketserver import TCPServer
from typing import Any, Final, NamedTuple

_LOG = logging.getLogger(__name__)

#: Questions that are answered at the same time; others wait until one of these is done.
_AT_ONCE: Final = 32
#: Seconds in which a question must have come in whole, and in which its answer must be taken.
_PATIENCE: Final = 1.0
#: A question's line and headers; those of browsers have some 2 KB.
_HEAD_BYTES: Final = 16_384
#: Connections that wait in the system's queue.
_QUEUE: Final = 128
_ADDRESS: Final = re.compile(r"(\[[0-9A-Fa-f:.]+\]|[^\s:/@,\[\]]+):(\d{1,5})")


def host_and_port(address: str) -> tuple[str, int] | None:
    """Return the parts of ``host:port``, IPv6 addresses without their brackets; None if it is none.

    Examples
    --------
    >>> host_and_port("127.0.0.1:8650"), host_and_port("[::1]:0"), host_and_port("8650")
    (('127.0.0.1', 8650), ('::1', 0), None)
    """
    match = _ADDRESS.fullmatch(address)
    if match is None or int(match[2]) > 65_535:
        return None
    return match[1].strip("[]"), int(match[2])


class Answer(NamedTuple):
    """What is sent back: a status, a content type, a body."""

    status: int
    content_type: str
    body: bytes


class GuardedServer(ThreadingHTTPServer):
    """Answers GET and HEAD by a function of the path; a connection is good for one question.

    Parameters
    ----------
    place
        Host and port.
    answer
        Path (without what follows a "?") -> answer; called in several threads at once.
    """

    daemon_threads = True
    block_on_close = False
    request_queue_size = _QUEUE

    def __init__(self, place: tuple[str, int], answer: Callable[[str], Answer]) -> None:
        self.answer = answer
        self._free = threading.BoundedSemaphore(_AT_ONCE)
        family, _, _, _, address = socket.getaddrinfo(*place, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)[0]
        self.address_family = family
        super().__init__((str(address[0]), int(address[1])), _Handler)

    def server_bind(self) -> None:
        """Bind, without asking the network for the name of this machine, which may take seconds."""
        TCPServer.server_bind(self)
        self.server_name, self.server_port = str(self.server_address[0]), int(self.server_address[1])

    def process_request(self, request: Any, client_address: Any) -> None:
        """Answer in a thread, once one is free: only the thread that accepts connections waits for that."""
        self._free.acquire()
        try:
            super().process_request(request, client_address)
        except BaseException:
            self._free.release()
            raise

    def process_request_thread(self, request: Any, client_address: Any) -> None:
        """Answer, and let the next one in."""
        try:
            super().process_request_thread(request, client_address)
        finally:
            self._free.release()

    def handle_error(self, request: Any, client_address: Any) -> None:  # noqa: ARG002
        """Say it where nobody is bothered: who asks may hang up whenever they like."""
        _LOG.debug("a question was not answered", exc_info=True)


class _Handler(BaseHTTPRequestHandler):
    server: GuardedServer
    server_version = "ihomer"
    sys_version = ""

    def handle(self) -> None:
        """Answer one question."""
        head = self._head()
        self.connection.settimeout(_PATIENCE)  # for the whole of an answer: sendall counts so
        if len(head) > _HEAD_BYTES:
            self.requestline, self.request_version, self.command = "", "HTTP/1.0", ""
            self.send_error(HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE)
            return
        self.rfile = io.BufferedReader(io.BytesIO(head))
        self.handle_one_request()

    def _head(self) -> bytes:
        """Return the question up to its empty line, or the beginning of one that is too long; TimeoutError if it takes long.

        The whole question has one deadline: a timeout for each piece would let somebody send a letter a second for ever.
        """
        deadline, head = time.monotonic() + _PATIENCE, b""
        while b"\r\n\r\n" not in head and b"\n\n" not in head and len(head) <= _HEAD_BYTES:
            left = deadline - time.monotonic()
            if left <= 0:
                raise TimeoutError("the question did not come in time")
            self.connection.settimeout(left)
            piece = self.connection.recv(4_096)
            if not piece:
                break
            head += piece
        return head

    def do_GET(self) -> None:
        """Answer with a body."""
        self._send(with_body=True)

    def do_HEAD(self) -> None:
        """Answer without it."""
        self._send(with_body=False)

    def _send(self, *, with_body: bool) -> None:
        answer = self.server.answer(self.path.partition("?")[0])
        self.send_response(answer.status)
        self.send_header("Content-Type", answer.content_type)
        self.send_header("Content-Length", str(len(answer.body)))
        self.end_headers()
        if with_body:
            self.wfile.write(answer.body)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
        _LOG.debug(format, *args)
