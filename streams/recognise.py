"""The format of a stream: told by the suffix of its name, else by its first bytes."""

from __future__ import annotations

import re

from streams.errors import StreamError
from streams.sources import ByteSource

#: format -> the suffixes of its files (under a suffix of compression).
FORMATS: dict[str, tuple[str, ...]] = {
    "svmlight": (".svm", ".svmlight", ".libsvm", ".xmc"),
    "arff": (".arff",),
    "csv": (".csv", ".tsv"),
    "jsonl": (".jsonl", ".ndjson"),
    "parquet": (".parquet", ".pq"),
}

COMPRESSIONS = (".gz", ".bz2", ".xz")

#: What begins a line of the svmlight text: three sizes, or labels and `feature:value`.
_SVMLIGHT = re.compile(rb"(\d+ \d+ \d+\s*$)|([\d,]*\s+\d+:\S)")


def by_suffix(name: str) -> str | None:
    """Return the format that a file's name tells, or None.

    Examples
    --------
    >>> by_suffix("enron.svm.xz"), by_suffix("rows.CSV"), by_suffix("rows.txt")
    ('svmlight', 'csv', None)
    """
    name = name.lower()
    for suffix in COMPRESSIONS:
        name = name.removesuffix(suffix)
    for format_, suffixes in FORMATS.items():
        if name.endswith(suffixes):
            return format_
    return None


def stem(name: str) -> str:
    """Return a file's name without the suffixes of its compression and its format.

    Examples
    --------
    >>> stem("enron.svm.xz"), stem("rows.CSV"), stem("rows.v2.txt"), stem(".svm")
    ('enron', 'rows', 'rows.v2.txt', '.svm')
    """
    for endings in (COMPRESSIONS, sum(FORMATS.values(), ())):
        known = next((ending for ending in endings if name.lower().endswith(ending)), "")
        name = name[: len(name) - len(known)] or name
    return name


def by_content(source: ByteSource) -> str:
    """Return the format that the first bytes of `source` tell; they are left to be read.

    Raises
    ------
    StreamError
        If they could be anything.
    """
    head = source.peek().removeprefix(b"\xef\xbb\xbf")
    if head.startswith(b"PAR1"):
        return "parquet"
    lines = [line.strip(b"\r") for line in head.split(b"\n")]
    for line in lines:
        text = line.strip()
        if not text or text.startswith((b"%", b"#")):
            continue  # comments of ARFF and svmlight
        if text.lower().startswith(b"@relation"):
            return "arff"
        if text.startswith(b"{"):
            return "jsonl"
        if _SVMLIGHT.match(line):
            return "svmlight"
        if b"," in text:
            return "csv"
        break
    raise StreamError(
        f"{source.name}: cannot tell its format from {head[:40]!r}: give the format, one of {', '.join(FORMATS)}"
    )
