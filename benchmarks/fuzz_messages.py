"""Fuzz what the daemon reads: every message is learned or bad with a reason, nothing raises, and memory stays bounded.

    python -m benchmarks.fuzz_messages --messages 100000 --seed 1

Messages of all kinds of wrong and strange go through the inbox in batches of random size; what is good is predicted and
learned by `IHOMER(preset="fast")` and told as JSON, what is bad becomes a dead letter. Ends with 1 if memory grew by more than
`--most-mb` after the first fifth.
"""

from __future__ import annotations

import argparse
import json
import random
import sys
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import orjson

from ihomer import IHOMER
from ihomer.daemon.dead_letter import dead_letter
from ihomer.daemon.inbox import KINDS, Inbox
from ihomer.daemon.outbox import encode_predictions
from ihomer.daemon.settings import Limits
from streams.kafka.protocol import Record

#: As tight as a user with so little memory would set them.
LIMITS = Limits(message_bytes=16 << 20, new_features=5_000, new_labels=50)
MODEL_BYTES = 1 << 27
#: What a dead letter may have.
LETTER_BYTES = 1 << 20

NUMBERS = (
    "0", "-0", "-0.0", "1", "1e400", "-1e400", "1e39", "-1e39", "3.4028235e38", "3.4028236e38", "1e-400", "5e-324", "1e-46",
    "NaN", "-NaN", "Infinity", "-Infinity", "9007199254740993", "18446744073709551615", "18446744073709551616", "1" * 400,
    "0." + "1" * 400,
    "1e", "1.", ".5", "+1", "01", "0x10", "1_000", "１", "true", "false", "null", "nul", "True", "None", "''", "1e+5", "1E5",
)  # fmt: skip
TIMES = (
    '"2026-01-31"', '"2026-01-31T12:00:00Z"', '"0001-01-01T00:00:00+23:59"', '"9999-12-31T23:59:59-23:59"', '"2026-02-30"',
    '"now"', "-1", "1e18", "1769860800000", "1e300", "null", "true", "[]", '""',
    '"2026-01-31T12:00:00.123456789+00:00"', '"2026-01-31T24:00"',
)  # fmt: skip


class Fuzzer:
    """Makes messages, the same ones for the same seed.

    Parameters
    ----------
    seed
        Of the chance.
    large
        Bytes of the strings that are to be large.
    """

    def __init__(self, seed: int, large: int) -> None:
        self.rng = random.Random(seed)  # noqa: S311
        self.large = large
        self.kinds: list[Callable[[], bytes | None]] = [
            self.plain, self.plain, self.plain, self.changed, self.changed, self.numbers, self.strange, self.nested,
            self.unicode, self.nothing, self.twice, self.labels, self.categories, self.times, self.vectors, self.encoded,
            self.many,
        ]  # fmt: skip

    def value(self) -> bytes | None:
        """Return the next message."""
        if self.rng.random() < 0.0005:
            return self.huge()
        return self.rng.choice(self.kinds)()

    def instance(self) -> dict[str, Any]:
        """Return a good message, as a dict."""
        rng = self.rng
        x = {f"f{rng.randrange(30)}": round(rng.gauss(0, 1), 3) for _ in range(rng.randrange(1, 12))}
        y = [f"l{j}" for j in range(6) if x.get(f"f{j}", 0) > 0]
        return {"id": rng.randrange(1000), "x": x, "y": y}

    def plain(self) -> bytes:
        """Return a good message."""
        return orjson.dumps(self.instance())

    def changed(self) -> bytes:
        """Return a good message with bytes changed, put in, left out, or pieces repeated."""
        rng, message = self.rng, bytearray(self.plain())
        for _ in range(rng.randrange(1, 5)):
            at = rng.randrange(len(message) + 1)
            end = min(len(message), at + rng.choice([1, 1, 2, 8, 40]))
            how = rng.randrange(4)
            if how == 0:
                message[at:end] = bytes([rng.choice(b'\n\r\t ,:{}[]"\\0.-+eE\x00\xff\x80null')])
            elif how == 1:
                message[at:at] = bytes([rng.randrange(256)])
            elif how == 2:
                del message[at:end]
            else:
                to = rng.randrange(len(message) + 1)
                message[to:to] = message[at:end]
        return bytes(message)

    def numbers(self) -> bytes:
        """Return numbers that are hard, or none, wherever one may stand."""
        one, other, third = (self.rng.choice(NUMBERS) for _ in range(3))
        return self.rng.choice(
            [
                f'{{"x":{{"f1":{one},"n{self.rng.randrange(9)}":{other}}},"y":[]}}',
                f'{{"x":[{one},{other},{third}]}}',
                f'{{"x":{{"f2":1}},"id":{one},"t":{other},"y":[{third}]}}',
                one,
            ]
        ).encode()

    def strange(self) -> bytes:
        """Return anything that is JSON, where something else is expected."""
        rng = self.rng

        def anything(depth: int) -> Any:
            how = rng.randrange(8 if depth else 6)
            if how == 6:
                return [anything(depth - 1) for _ in range(rng.randrange(4))]
            if how == 7:
                return {rng.choice(["x", "y", "id", "t", "f1", "", "z"]): anything(depth - 1) for _ in range(rng.randrange(4))}
            return [None, True, rng.randrange(9), rng.random(), "l1", ""][how]

        part = {rng.choice(["x", "y", "id", "t", "z"]): anything(3)}
        return orjson.dumps(self.instance() | part if rng.random() < 0.8 else anything(3))

    def nested(self) -> bytes:
        """Return arrays or objects within each other."""
        depth = self.rng.choice([2, 10, 500, 1023, 1024, 1025, 5000, 100_000])
        opened, closed = self.rng.choice([(b"[", b"]"), (b'{"x":', b"}")])
        inside = opened * depth + b"1" + closed * (depth if self.rng.random() < 0.8 else depth // 2)
        return self.rng.choice([inside, b'{"x":{"f1":%b}}' % inside, b'{"x":{},"y":%b}' % inside])

    def text(self) -> str:
        """Letters of all planes, lone surrogates among them."""
        plane = self.rng.randrange(17)
        low = self.rng.choice([0, 0, 0x20, 0xD800, 0xFFF0])
        letters = [(plane << 16) + low + self.rng.randrange(0x800) for _ in range(self.rng.randrange(1, 6))]
        return "".join(chr(min(0x10FFFF, letter)) for letter in letters)

    def unicode(self) -> bytes:
        """Return names of all planes, escaped or not."""
        x = {self.text(): self.rng.choice([1, 0, None, self.text()]) for _ in range(3)} | {"f3": 1}
        message = {"id": self.text(), "x": x, "y": [self.text()] if self.rng.random() < 0.2 else []}
        if self.rng.random() < 0.5:
            return json.dumps(message).encode()
        return json.dumps(message, ensure_ascii=False).encode(errors="surrogatepass")

    def nothing(self) -> bytes | None:
        """Return no value, or nothing in it."""
        nothings = [None, b"", b" ", b"\n", b"\r\n", b"\t\x0b\x0c", b"\x00", b"\x00" * 1000, b"\xef\xbb\xbf", b"null"]
        return self.rng.choice(nothings)

    def twice(self) -> bytes:
        """Return keys that stand twice."""
        rng = self.rng
        cells = ",".join(f'"f{rng.randrange(3)}":{rng.randrange(3)}' for _ in range(5))
        return f'{{"x":{{"f9":1}},"id":1,"x":{{{cells}}},"y":["l1","l1"],"id":{rng.randrange(3)}}}'.encode()

    def labels(self) -> bytes:
        """Return labels of all kinds."""
        rng = self.rng
        names = [1, 1.0, 1.5, -0.0, 2**53 + 1, 2**64 - 1, "1", "", "l1", "l\x00", True, None, [], {}]
        some = [rng.choice(names if rng.random() < 0.2 else names[:10]) for _ in range(rng.randrange(4))]
        truths: list[Any] = [True, False, None, 1, "yes"]
        y = some if rng.random() < 0.6 else {str(name): rng.choice(truths[: rng.choice([3, 5])]) for name in some}
        return orjson.dumps({"x": {"f1": 1, "f4": 0.5}, "y": y})

    def categories(self) -> bytes:
        """Return features that are numbers here and categories there, or missing, with names that clash."""
        rng = self.rng
        names = ["a", "b", "a=b", "a=b=c", "b=c", "=", "f1", f"user{rng.randrange(2)}"]
        values: list[Any] = [1, 0, None, "b", "c", "b=c", "", "=", f"u{rng.randrange(100_000)}"]
        return orjson.dumps({"x": {rng.choice(names): rng.choice(values) for _ in range(rng.randrange(5))}, "y": ["l2"]})

    def times(self) -> bytes:
        """Return times, good and bad."""
        return f'{{"x":{{"f1":1,"f5":2}},"t":{self.rng.choice(TIMES)},"y":["l0"]}}'.encode()

    def vectors(self) -> bytes:
        """Return vectors of all lengths."""
        return orjson.dumps({"x": [self.rng.choice([0, 1.5, None]) for _ in range(self.rng.randrange(5))], "y": ["l1"]})

    def encoded(self) -> bytes:
        """Return text that is not UTF-8."""
        how = self.rng.choice(["utf-16", "utf-16-le", "utf-32", "utf-8-sig", "latin-1", "utf-7", "cp037"])
        return json.dumps({"x": {"f1": 1, "é": 2}, "y": ["l1"]}, ensure_ascii=False).encode(how)

    def many(self) -> bytes:
        """Return now and then very many features or labels."""
        rng = self.rng
        if rng.random() < 0.95:
            return self.plain()
        n = rng.choice([1_000, 10_001, 50_000])
        if rng.random() < 0.5:
            return orjson.dumps({"x": {f"m{j}": 1 for j in range(n)}})
        return orjson.dumps({"x": {"f1": 1}, "y": [f"m{j % rng.choice([3, n])}" for j in range(n // 10)]})

    def huge(self) -> bytes:
        """Return a string of many megabytes, wherever one may stand."""
        long = b"a" * self.large
        return self.rng.choice(
            [
                b'{"x":{"%b":1}}', b'{"x":{"f1":"%b"}}', b'{"x":{},"id":"%b"}', b'{"x":{},"y":["%b"]}', b'{"x":{},"t":"%b"}',
                b'{"%b":1}', b'{"x":{"f1":1}, "y":["l1"], "id":"%b"', b'"%b"', b"%b", b'{"x":{"f1":1%b}}', b'{"%b":0,"x":{}}',
            ]
        ) % long  # fmt: skip


def resident_mb() -> float:
    """Return the memory that the process holds now, in MB."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * 4096 / 1e6


def run(messages: int, seed: int, large: int, watch: Callable[[int, float], None] = lambda _at, _mb: None) -> Counter[str]:
    """Let so many messages go through; return how many were good, and how many bad of each kind.

    Parameters
    ----------
    messages, seed, large
        How many; see `Fuzzer`.
    watch
        Called with the number of messages so far and the memory of the process in MB.
    """
    fuzzer, inbox = Fuzzer(seed, large), Inbox(LIMITS, features=1 << 14, labels=1 << 10)
    model = IHOMER(preset="fast", max_bytes=MODEL_BYTES)
    seen: Counter[str] = Counter()
    at = learned = 0
    while at < messages:
        n = min(messages - at, fuzzer.rng.choice([1, 2, 10, 100, 500]))
        stamps = [fuzzer.rng.choice([(at + i) / 50] * 20 + [float("nan"), -1.0, 1e12]) for i in range(n)]
        records = [Record("fuzz", 0, at + i, stamp, None, fuzzer.value()) for i, stamp in enumerate(stamps)]
        taken = inbox.take(records)
        assert taken.batch.places is not None
        places = [*taken.batch.places.tolist(), *(bad.index for bad in taken.bad)]
        assert sorted(places) == list(range(n)), "each message is good or bad, once"
        predictions = model.predict_learn_many(taken.batch)
        lines = encode_predictions(taken.batch, predictions, records, learned + np.arange(len(taken.batch)), top=5)
        assert [orjson.loads(line)["source"]["offset"] for line in lines] == [at + i for i in taken.batch.places.tolist()]
        learned += len(lines)
        for bad in taken.bad:
            assert bad.kind in KINDS
            value, headers = dead_letter(records[bad.index], bad.kind, bad.what, LETTER_BYTES)
            assert len(value or b"") <= LETTER_BYTES
            assert all(len(header) < 1200 for _, header in headers)
            seen[bad.kind] += 1
        at += n
        seen["good"] += len(lines)
        watch(at, resident_mb())
    assert model.predict_many(taken.batch).top_scores.shape[1] == 5
    return seen


def main() -> None:
    parser = argparse.ArgumentParser(description="Fuzz what the daemon reads")
    parser.add_argument("--messages", type=int, default=100_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--large", type=int, default=10_000_000)
    parser.add_argument("--most-mb", type=float, default=500)
    options = parser.parse_args()
    memory: list[tuple[int, float]] = []
    begin = time.perf_counter()
    seen = run(options.messages, options.seed, options.large, lambda at, mb: memory.append((at, mb)))
    for kind in ("good", *KINDS):
        print(f"{kind:12}{seen[kind]:>10,}")
    for k in range(5):
        part = [mb for at, mb in memory if k * options.messages < 5 * at <= (k + 1) * options.messages]
        print(f"{20 * (k + 1):>3}%: {max(part):,.0f} MB resident at most, {part[-1]:,.0f} MB at the end")
    first = max(mb for at, mb in memory if 5 * at <= options.messages)
    growth = max(mb for _, mb in memory) - first
    seconds = time.perf_counter() - begin
    print(f"{options.messages:,} messages in {seconds:.0f} s; {growth:,.0f} MB more than in the first fifth")
    sys.exit(growth > options.most_mb)


if __name__ == "__main__":
    main()
