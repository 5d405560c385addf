"""The places of a document that benchmarks write: between two marks that name the command."""

from __future__ import annotations

from pathlib import Path


def written_between(document: Path, command: str, lines: list[str]) -> None:
    """Replace what stands between the marks of `command` by `lines`; append marks if there are none."""
    begin, end = f"<!-- begin: {command} -->", f"<!-- end: {command} -->"
    text = document.read_text() if document.exists() else ""
    if begin not in text:
        text += f"\n{begin}\n{end}\n"
    before, rest = text.split(begin, 1)
    document.write_text("\n".join([before + begin, "", *lines, "", end]) + rest.split(end, 1)[1])
