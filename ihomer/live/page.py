"""The page itself, the same for everybody: it asks for `/live.json` every two seconds."""

from __future__ import annotations

from functools import cache
from http import HTTPStatus

from ihomer.live.board import Board
from ihomer.live.guarded import Answer
from ihomer.report.html import page

_HEAD = (
    '<p class="over"><span class="state" id="state" role="status">starting</span></p>\n'
    '<h1 id="title">ihomer</h1>\n<p class="lead" id="lead">Waiting for the first numbers.</p>'
)
_WITHOUT = "This page is drawn by scripts, which are switched off here. Its numbers stand in /live.json."


@cache
def live_page() -> bytes:
    """Return the page as bytes."""
    scripts = ("base.js", "table.js", "chart.js", "live.js")
    return page("ihomer, live", _HEAD, scripts, asks_server=True, without_scripts=_WITHOUT).encode()


def answer(board: Board, path: str) -> Answer | None:
    """Return what stands at `path`: the page at ``/``, its numbers at ``/live.json``; None if nothing does."""
    if path == "/":
        return Answer(HTTPStatus.OK, "text/html; charset=utf-8", live_page())
    if path == "/live.json":
        return Answer(HTTPStatus.OK, "application/json", board.asked())
    return None
