"""Parsing speed: MB of plain text a second on one core, per format.

    python -m benchmarks.parsing --data DIR

DIR holds the real data sets (default: IHOMER_DATA); JSON Lines are made up (see `benchmarks.parsing_json`). Files of
`--mb` megabytes are made by repeating their rows, read whole by the stream as any user reads them (`batches()`), three
times after one pass that compiles; the fastest counts, in CPU seconds of the process.
"""

from __future__ import annotations

import argparse
import bz2
import lzma
import os
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from benchmarks.machine import machine
from benchmarks.parsing_json import rows_of_table
from streams.arff import ArffStream
from streams.stream import Stream
from streams.svmlight import SvmlightStream


def repeated(header: bytes, rows: bytes, n_bytes: int) -> Iterator[bytes]:
    """Yield the header and then the rows again and again until there are `n_bytes`."""
    yield header
    for _ in range(max(1, n_bytes // len(rows))):
        yield rows


def svmlight(text: bytes, n_bytes: int) -> Iterator[bytes]:
    """Repeat the rows of svmlight text; the header's number of rows goes with them."""
    header, _, rows = text.partition(b"\n")
    n_rows, sizes = header.split(b" ", 1)
    times = max(1, n_bytes // len(rows))
    return repeated(b"%d %s\n" % (int(n_rows) * times, sizes), rows, n_bytes)


def arff(text: bytes, n_bytes: int) -> Iterator[bytes]:
    """Repeat the rows of an ARFF file."""
    at = text.index(b"\n", text.index(b"@data")) + 1
    return repeated(text[:at], text[at:].rstrip() + b"\n", n_bytes)


def svm_of(name: str) -> tuple[str, Callable[[bytes, int], Iterator[bytes]], Callable[[Path], Stream]]:
    return f"{name}.svm.xz", svmlight, SvmlightStream


def arff_of(name: str, labels: int) -> tuple[str, Callable[[bytes, int], Iterator[bytes]], Callable[[Path], Stream]]:
    return f"original/{name}", arff, lambda path: ArffStream(path, labels=labels)


#: What is measured: (format, the real file, how its rows are repeated, how the file is opened).
FORMATS = [
    ("XMC text, few labels, long values (rcv1sub1)", *svm_of("rcv1sub1")),
    ("XMC text, values 1 (bibtex)", *svm_of("bibtex")),
    ("XMC text, two features a row (lastfm_tagging)", *svm_of("lastfm_tagging")),
    ("svmlight, dense rows (scene)", *svm_of("scene")),
    ("svmlight, nominal features (seq_fun)", *svm_of("seq_fun")),
    ("sparse ARFF, 0/1 attributes (enron)", *arff_of("enron.arff", -53)),
    ("sparse ARFF, MEKA (Enron)", *arff_of("Enron.meka.arff.bz2", 53)),
    ("dense ARFF, numeric (emotions)", *arff_of("emotions.arff", -6)),
    ("dense ARFF, nominal (flags)", *arff_of("flags.arff", -7)),
]


def plain(path: Path) -> bytes:
    """Return the text of a file that may be compressed."""
    content = path.read_bytes()
    return {".xz": lzma.decompress, ".bz2": bz2.decompress}.get(path.suffix, bytes)(content)


def seconds_to_read(stream: Stream) -> tuple[float, int]:
    """Return the CPU seconds that reading the stream takes, and its rows."""
    start = time.process_time()
    rows = sum(len(batch) for batch in stream.batches())
    return time.process_time() - start, rows


def main() -> None:
    parser = argparse.ArgumentParser(description="Parsing speed per format")
    parser.add_argument("--data", type=Path, default=os.environ.get("IHOMER_DATA"), help="the real data sets")
    parser.add_argument("--mb", type=int, default=30, help="megabytes of text per format")
    options = parser.parse_args()
    if options.data is None:
        parser.error("--data or IHOMER_DATA must name the directory with the real data sets")
    print(machine())
    print(f"{'format':<50}{'MB':>6}{'rows':>11}{'MB/s':>8}{'rows/s':>12}")
    with tempfile.TemporaryDirectory() as folder:
        for i, (what, name, repeat, open_file) in enumerate(FORMATS):
            path = Path(folder) / f"{i}-{Path(name).name.split('.')[0]}"
            with path.open("wb") as file:
                file.writelines(repeat(plain(options.data / name), options.mb * 1_000_000))
            names = (options.data / name).name.partition(".")[0] + ".names.json"
            if repeat is svmlight:
                (path.parent / f"{path.name}.names.json").write_bytes((options.data / names).read_bytes())
            seconds_to_read(open_file(path))
            seconds, rows = min(seconds_to_read(open_file(path)) for _ in range(3))
            size = path.stat().st_size / 1e6
            print(f"{what:<50}{size:>6.0f}{rows:>11,}{size / seconds:>8.0f}{rows / seconds:>12,.0f}", flush=True)
            path.unlink()
    for what, size, rows, seconds in rows_of_table(options.mb * 1_000_000):
        print(f"{what:<50}{size:>6.0f}{rows:>11,}{size / seconds:>8.0f}{rows / seconds:>12,.0f}", flush=True)


if __name__ == "__main__":
    main()
