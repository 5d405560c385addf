"""The report and the live page in a real browser: nothing complains, nothing is asked for, and it can be used."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from ihomer.live.board import Board
from ihomer.live.server import LiveServer
from ihomer.report import write_report
from tests import chromium
from tests.report_data import comparison, hostile

pytestmark = pytest.mark.skipif(chromium.program() is None, reason="chromium is not installed")

#: Where pictures of the pages go, to be looked at; nowhere if it is not set.
SHOTS = os.environ.get("IHOMER_TEST_SCREENSHOTS")


#: Waits until the live page has a heading of its own.
HEADING = """new Promise((done) => {
  const ask = () => {
    const text = document.querySelector("h1").textContent;
    if (text === "ihomer") setTimeout(ask, 50); else done(text);
  };
  ask();
})"""


@pytest.fixture(scope="module")
def browser():
    with chromium.Chromium() as one:
        yield one


@pytest.fixture
def page(browser):
    browser.events.clear()
    browser.size(1280)
    return browser


def look(page, name):
    if SHOTS:
        for width in (1280, 375):
            for scheme in ("light", "dark"):
                page.size(width, scheme=scheme)
                page.run("new Promise((done) => setTimeout(() => done(1), 150))")
                page.picture(Path(SHOTS) / f"{name}-{width}-{scheme}.png")


def sideways(page):
    return page.run("document.documentElement.scrollWidth - innerWidth")


WHOLES = {
    "one": lambda: comparison(["yeast"], ["ihomer"]),
    "some": lambda: comparison(["emotions", "yeast", "scene"], ["ihomer", "mlhat", "linear"]),
    "seeds": lambda: comparison(["emotions"], ["ihomer"], seed=1),
}


@pytest.mark.parametrize("name", WHOLES)
def test_it_is_drawn_without_complaint_or_request(page, tmp_path, name):
    write_report(WHOLES[name](), tmp_path, with_png=False)
    url = (tmp_path / "report.html").as_uri()
    page.open(url)
    assert page.complaints == []
    assert page.asked == {url}
    assert page.run("document.querySelectorAll('section h2').length") >= 5
    assert page.run("document.querySelectorAll('.chart svg path.line').length") >= 1
    for width in (1280, 375):
        page.size(width)
        assert sideways(page) <= 0
    look(page, name)


def test_what_is_wider_than_a_telephone_says_so(page, tmp_path):
    write_report(WHOLES["some"](), tmp_path, with_png=False)
    page.open((tmp_path / "report.html").as_uri())
    boxes = """[...document.querySelectorAll('.scroll, .picture')].filter((e) => e.checkVisibility()).map((e) =>
      [e.scrollWidth - e.clientWidth > 1, !e.nextElementSibling.hidden, e.dataset.more !== undefined])"""
    settled = "new Promise((done) => setTimeout(() => done(1), 300))"
    for width in (390, 2400):
        page.size(width)
        page.run(settled)
        assert sideways(page) <= 0
        wide = [tuple(box) for box in page.run(boxes)]
        assert set(wide) <= {(True, True, True), (False, False, False)}
        assert any(box[0] for box in wide) == (width == 390)
    page.size(390)
    page.run(settled)
    page.run("document.querySelector('[data-more]').focus()")
    for _ in range(40):
        page.press("ArrowRight")
    page.run(settled)
    assert page.run("document.activeElement.scrollLeft") > 0
    page.run("document.querySelectorAll('.scroll, .picture').forEach((e) => e.scrollTo({ left: 9999, behavior: 'instant' }))")
    page.run(settled)
    assert not any(more for _, _, more in page.run(boxes))
    assert page.complaints == []


def test_twenty_learners_on_forty_streams_open_in_two_seconds(page, tmp_path):
    whole = comparison([f"stream {i}" for i in range(40)], [f"learner {i}" for i in range(20)], points=400)
    write_report(whole, tmp_path, with_png=False)
    url = (tmp_path / "report.html").as_uri()
    seconds = min(page.open(url) for _ in range(2))  # other work on the machine is not the page's
    assert seconds < 2
    assert page.complaints == []
    assert page.run("document.querySelectorAll('.matrix tbody td').length") == 800
    look(page, "large")


def test_hostile_names_do_nothing(page, tmp_path):
    write_report(hostile(), tmp_path, with_png=False)
    page.open((tmp_path / "report.html").as_uri())
    assert page.run("document.title") != "1"
    assert page.run("document.images.length") == 0
    assert page.complaints == []
    assert "onerror" in page.run("document.querySelector('h1').textContent")


def test_by_keyboard(page, tmp_path):
    write_report(WHOLES["some"](), tmp_path, with_png=False)
    page.open((tmp_path / "report.html").as_uri())
    page.press("Tab")
    assert page.run("document.activeElement.className") == "skip"
    head = "[...document.querySelectorAll('.matrix th')].find((th) => th.textContent === 'mlhat')"
    values = "[...document.querySelectorAll('.matrix tbody tr')].map((tr) => parseFloat(tr.cells[2].textContent))"
    page.run(f"{head}.querySelector('button').focus()")
    page.press("Enter")
    assert page.run(f"{head}.ariaSort") == "descending"
    assert page.run(values) == sorted(page.run(values), reverse=True)
    page.press("Enter")
    assert page.run(f"{head}.ariaSort") == "ascending"
    assert page.run(values) == sorted(page.run(values))
    page.run("document.querySelector('#curves .chart svg').focus()")
    page.press("ArrowRight")
    assert page.run("document.querySelector('#curves .tip').hidden") is False
    assert "instances" in page.run("document.querySelector('#curves [aria-live]').textContent")
    unnamed = "(e) => !e.textContent && !e.labels?.length && !e.ariaLabel"
    assert page.run(f"[...document.querySelectorAll('button, select, input')].filter({unnamed}).length") == 0
    assert page.run("[...document.querySelectorAll('.chart svg, .picture')].every((e) => e.ariaLabel)") is True
    assert page.complaints == []


def test_the_theme_can_be_chosen(page, tmp_path):
    write_report(WHOLES["one"](), tmp_path, with_png=False)
    page.open((tmp_path / "report.html").as_uri())
    ground = "getComputedStyle(document.body).backgroundColor"
    light = page.run(ground)
    page.run("document.querySelector('#theme').click(); document.querySelector('#theme').click()")
    assert page.run("document.documentElement.dataset.theme") == "dark"
    assert page.run(ground) != light
    page.run("document.querySelector('#theme').click()")
    assert page.run(ground) == light


def test_the_live_page_of_a_daemon_that_has_nothing_to_do(page):
    board = Board()
    told = {
        "title": "idle", "state": "running", "share": None, "figures": {"instances": 1000},
        "curve": {"instances": [1000], "window_micro_f1": [0.5]},
        "history": {"seconds": [2.0, 4.0], "rows_per_second": [0.0, 0.0], "lag": [0.0, 0.0]}, "clusters": None, "events": [],
    }  # fmt: skip
    with LiveServer("127.0.0.1", 0, board) as server:
        page.open(server.url)
        board.put(lambda: told)
        assert page.run(HEADING) == "idle"
        axis = "[...document.querySelectorAll('#speed .chart text')].map((e) => e.textContent)"
        assert {"0", "1"} <= set(page.run(axis))
        assert max(map(len, page.run(axis))) <= 6
        dot = "document.querySelector('#curves path.dot')"
        assert page.run(f"parseFloat(getComputedStyle({dot}).strokeWidth)") >= 5  # one point is there to be seen
        assert page.complaints == []
    page.open("about:blank")


def test_the_live_page_follows(page):
    board = Board()
    told = {
        "title": "ihomer on </script><b>", "state": "running", "share": 0.5, "figures": {"instances": 2000, "micro-F1": 0.5},
        "curve": {"instances": [1000, 2000], "window_micro_f1": [0.4, 0.5], "micro_f1": [0.4, 0.45]},
        "history": {"seconds": [2.0, 4.0], "rows_per_second": [500.0, 480.0], "lag": [10.0, 5.0]},
        "clusters": [{"number": 1, "labels": 3, "names": ["<img src=x>", "b"]}],
        "events": [{"instance": 128, "kind": "split", "place": "cluster 0", "cause": "why", "labels": ["<i>"], "n_labels": 1}],
    }  # fmt: skip
    with LiveServer("127.0.0.1", 0, board) as server:
        page.open(server.url)
        board.put(lambda: told)
        assert page.run(HEADING) == told["title"]
        assert page.run("document.images.length") == 0
        assert page.run("document.querySelectorAll('#curves path.line').length") == 1
        assert page.run("document.querySelector('#events li').textContent") == "128splitcluster 0: why<i>"
        assert {url.removeprefix(server.url) for url in page.asked} == {"", "live.json"}
        assert page.complaints == []
        assert json.loads(board.asked())["title"] == told["title"]
        look(page, "live")
    page.open("about:blank")
