"""Fuzz the text readers for as long as you like: every input must give a clear error or rows, and lose none silently.

    python -m benchmarks.fuzz_parsers --seconds 60 --seed 1

With atheris installed its coverage-guided mutation is used; otherwise random mutation of small valid files. Each
input is read plain and truncated inside a compressed file, in blocks of a few bytes and in one; the rows must
be the same, and each line must be a row, a bad row, or nothing by the format's own rule (as the slow twins
in tests/naive say). An input that breaks this is written to the current directory, and the run ends.
"""

from __future__ import annotations

import argparse
import gzip
import importlib.util
import random
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from streams.arff import ArffStream
from streams.errors import BadRows, StreamError
from streams.svmlight import SvmlightStream
from streams.text_stream import TextStream

SVMLIGHT = b"0,2 0:1.5 3:2\n 1:1\n2  3:nan 1:-1e-3 # note\n\n1\n \n7 4:3.4e38 12:.25\n\n"
ARFF_HEADER = (
    b"@relation 'a: -C -2'\n@attribute n real\n@attribute hue {red, 'it\\'s', 0}\n@attribute r {1,0}\n"
    b"@attribute y {0,1}\n@attribute z {1,0}\n@data\n"
)
ARFF = ARFF_HEADER + b"1.5,red,0,1,?\n{0 2, 1 'it\\'s',4 0}\n{},{1}\n% c\n? 0 '1' 0 1\n-1e-3,?,1,0,0\n"

#: Files to begin with, and how each format is opened.
SEEDS = [SVMLIGHT, b"5 9 9\n" + SVMLIGHT, ARFF, ARFF.replace(b"\n", b"\r\n"), gzip.compress(SVMLIGHT)]
FORMATS: list[Callable[[Path, BadRows, int], TextStream]] = [
    lambda path, bad, size: SvmlightStream(path, bad, block_bytes=size),
    lambda path, bad, size: ArffStream(path, bad, block_bytes=size),
]


def read(open_file: Callable[[Path, BadRows, int], TextStream], path: Path, size: int) -> list[object]:
    """Return all that a stream gives: rows, the lines of bad rows, the final error."""
    bad = BadRows(skip=True, keep=1_000_000)
    seen: list[object] = []
    try:
        for batch in open_file(path, bad, size).batches(3):
            batch.check()
            assert batch.places is not None
            seen += [(place, repr(pair)) for place, pair in zip(batch.places.tolist(), batch.pairs(), strict=True)]
    except StreamError as error:
        seen.append(str(error))
    return [*seen, *map(str, bad.first)]


def check(content: bytes, folder: Path) -> None:
    """Read `content` in every way; AssertionError, or any error that is not a StreamError, is a finding."""
    path, packed = folder / "a", folder / "b" / "a"
    packed.parent.mkdir(exist_ok=True)
    path.write_bytes(content)
    packed.write_bytes(gzip.compress(content, 1)[:-4])
    for open_file in FORMATS:
        whole = read(open_file, path, 1 << 20)
        for size in (1, 7, 64):
            assert read(open_file, path, size) == whole, f"blocks of {size} bytes give other rows"
        cut = [item for item in read(open_file, packed, 64) if isinstance(item, tuple)]
        rows = [item for item in whole if isinstance(item, tuple)]
        assert cut == rows[: len(cut)], "the truncated file gives other rows"


def mutate(content: bytes, rng: random.Random) -> bytes:
    """Return `content` with a few bytes changed, put in, left out, or pieces repeated."""
    changed = bytearray(content)
    for _ in range(rng.randrange(1, 8)):
        at = rng.randrange(len(changed) + 1)
        end = min(len(changed), at + rng.choice([1, 1, 1, 2, 8, 40]))
        how = rng.randrange(4)
        if how == 0:
            changed[at:end] = bytes([rng.choice(b"\n\r\t ,:{}'\"\\%?#0129.-+enix\x00\xff")])
        elif how == 1:
            changed[at:at] = bytes([rng.randrange(256)])
        elif how == 2:
            del changed[at:end]
        else:
            to = rng.randrange(len(changed) + 1)
            changed[to:to] = changed[at:end]
    return bytes(changed)


def with_random_mutation(seconds: float, seed: int, folder: Path) -> int:
    """Return how many inputs were tried."""
    rng = random.Random(seed)  # noqa: S311
    pool = list(SEEDS)
    end = time.monotonic() + seconds
    tried = 0
    while time.monotonic() < end:
        content = mutate(rng.choice(pool), rng)
        tried += 1
        try:
            check(content, folder)
        except BaseException:
            Path(f"finding-{seed}-{tried}.bin").write_bytes(content)
            print(f"finding-{seed}-{tried}.bin: {content!r}")
            raise
        if rng.random() < 0.05 and len(content) < 2000:  # mutations of mutations
            pool.append(content)
            if len(pool) > 200:
                pool.pop(rng.randrange(len(SEEDS), len(pool)))
    return tried


def with_atheris(seconds: float, seed: int, folder: Path) -> None:
    """Run atheris on `check`; it ends the process itself."""
    import atheris  # type: ignore[import-not-found, import-untyped, unused-ignore]

    corpus = folder / "corpus"
    corpus.mkdir()
    for i, content in enumerate(SEEDS):
        (corpus / str(i)).write_bytes(content)
    options = [f"-max_total_time={int(seconds)}", f"-seed={seed}", str(corpus)]
    atheris.instrument_all()
    atheris.Setup([sys.argv[0], *options], lambda data: check(bytes(data), folder))
    atheris.Fuzz()


def main() -> None:
    parser = argparse.ArgumentParser(description="Fuzz the text readers")
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        if importlib.util.find_spec("atheris") is not None:
            with_atheris(options.seconds, options.seed, Path(folder))
        tried = with_random_mutation(options.seconds, options.seed, Path(folder))
        print(f"{tried:,} inputs, no finding")


if __name__ == "__main__":
    main()
