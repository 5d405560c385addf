"""The report of a comparison, or of one run, as files in a directory."""

from __future__ import annotations

import re
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Final

from ihomer.report.html import page
from ihomer.report.pictures import curve_of, pictures_of, ranks_picture
from ihomer.report.plain import json_bytes
from ihomer.report.png import can_draw_png, png
from ihomer.report.shown import shown

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ihomer.report.data import Comparison

_SCRIPTS: Final = ("base.js", "table.js", "chart.js", "report.js")
#: Runs whose pictures are also written as files: each has five, twice.
PICTURED: Final = 60
_WITHOUT: Final = (
    "This report is drawn by scripts, which are switched off here. Its numbers stand in comparison.json or summary.json, "
    "its pictures in the folder figures, beside it."
)


def report_html(comparison: Comparison) -> str:
    """Return the whole report as one page that needs nothing else.

    Examples
    --------
    >>> from ihomer.report import Comparison, Run
    >>> text = report_html(Comparison("<b>", (Run("yeast", "ihomer"),)))
    >>> text.count("<h1>&lt;b&gt;</h1>"), "://" in text.replace("http://www.w3.org/2000/svg", "")
    (1, False)
    """
    head = (
        f'<p class="over">{escape(_when(comparison))}</p>\n<h1>{escape(comparison.title)}</h1>\n'
        f'<p class="lead">{escape(_summary(comparison))}</p>'
    )
    return page(comparison.title, head, _SCRIPTS, data=json_bytes(shown(comparison)), without_scripts=_WITHOUT)


def write_report(comparison: Comparison, directory: str | Path, *, with_png: bool | None = None) -> list[Path]:
    """Write `report.html`, and its pictures into `figures`, as SVG and PNG; return the files.

    Parameters
    ----------
    comparison
        What to show.
    directory
        Made if it is not there; files of an earlier report are replaced.
    with_png
        None: if the extra `report` is installed.

    Raises
    ------
    OSError
        If a file cannot be written.
    ImportError
        If PNG is asked for and the extra is not installed.
    """
    from ihomer.checkpoint.atomic import write_whole

    home = Path(directory)
    home.mkdir(parents=True, exist_ok=True)
    drawn = can_draw_png() if with_png is None else with_png
    written = [home / "report.html"]
    write_whole(written[0], [report_html(comparison).encode()])
    pictures = home / "figures"
    for name, svg in _pictures(comparison):
        pictures.mkdir(exist_ok=True)
        for suffix, content in (("svg", svg.encode()), *([("png", png(svg))] if drawn else [])):
            written.append(pictures / f"{name}.{suffix}")
            write_whole(written[-1], [content])
    return written


def _pictures(comparison: Comparison) -> Iterator[tuple[str, str]]:
    """Yield the pictures with the names of their files, each once."""
    taken: set[str] = set()

    def unused(*parts: str) -> str:
        name = stem = file_name("-".join(part for part in parts if part))
        n = 2
        while name in taken:
            name, n = f"{stem}-{n}", n + 1
        taken.add(name)
        return name

    for one in comparison.statistics:
        if picture := ranks_picture(one):
            yield unused("ranks", one.metric), picture
    single = len(comparison.runs) == 1
    for run in comparison.runs[:PICTURED]:
        of = () if single else (run.stream, run.learner)
        if curve := curve_of(run):
            yield unused("curve", *of), curve
        for kind, picture in pictures_of(run).items():
            yield unused(kind, *of), picture


def file_name(text: str) -> str:
    """Return a name that any file system takes.

    Examples
    --------
    >>> file_name("curve-../etc/a b-é")
    'curve-etc-a-b'
    """
    return re.sub(r"[^A-Za-z0-9_]+", "-", text)[:100].strip("-") or "picture"


def _when(comparison: Comparison) -> str:
    started = comparison.provenance.started[:10]
    return f"Prequential evaluation{', ' + started if started else ''}"


def _summary(comparison: Comparison) -> str:
    runs = comparison.runs
    if len(runs) == 1:
        (run,) = runs
        clusters = "" if run.clusters is None else f", {run.clusters:,} cluster{'s' * (run.clusters != 1)}"
        return f"{run.instances:,} instances, {run.features:,} features, {run.labels:,} labels{clusters}."
    learners, streams = len(comparison.learners), len(comparison.streams)
    rows = sum(run.instances for run in runs)
    return (
        f"{learners:,} learner{'s' * (learners != 1)} on {streams:,} stream{'s' * (streams != 1)}: {len(runs):,} runs, "
        f"{rows:,} instances predicted, scored, then learned."
    )
