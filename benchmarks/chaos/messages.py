"""Messages for the daemon: a stream with everything in it, and one that can be counted."""

from __future__ import annotations

import random
from collections.abc import Iterator

import orjson

#: Messages that are no instances, each in another way.
BAD = (
    b"",
    b"   ",
    b"{",
    b"\xff\xfe",
    b"[1, 2]",
    b'{"x": {"a": NaN}, "y": []}',
    b'{"x": {"a": [1]}, "y": []}',
    b'{"x": {"a": 1}, "y": 3}',
    b'{"y": ["l0"]}',
    b'{"x": {"a": 1}, "z": 1}',
    b'{"x": {"a": 1}, "y": ["l0"], "t": "noon"}',
)

#: Features of all messages that can be counted.
COMMON = ("a", "b")


def mixture(n: int, rng: random.Random) -> Iterator[bytes]:
    """Yield `n` messages: features and labels that arrive, a concept that changes, categories, partial labels, bad ones.

    Parameters
    ----------
    n
        How many; the concept changes in the middle.
    rng
        Decides everything.
    """
    weights = [{f"f{j}": rng.gauss(0, 1) for j in range(60)} for _ in range(24)]
    for i in range(n):
        if rng.random() < 0.02:
            yield rng.choice(BAD)
            continue
        if i == n // 2:
            rng.shuffle(weights)
        features, labels = 10 + 50 * i // n, 4 + 20 * i // n
        x: dict[str, object] = {f"f{j}": round(rng.gauss(0, 1), 3) for j in rng.sample(range(features), 8)}
        scores = [sum(w[name] * float(str(value)) for name, value in x.items()) for w in weights[:labels]]
        truth = {f"l{k}": score > 2 for k, score in enumerate(scores)}
        x["colour"] = rng.choice(("red", "green", "blue"))
        if rng.random() < 0.1:
            x["f0"] = None
        message: dict[str, object] = {"id": i, "x": x}
        if (kind := rng.random()) < 0.85:
            message["y"] = [label for label, holds in truth.items() if holds]
        elif kind < 0.95:
            message["y"] = {label: holds for label, holds in truth.items() if rng.random() < 0.5}
        yield orjson.dumps(message)


def own_row(i: int) -> bytes:
    """Return message `i`, which holds a feature and a label that no other has."""
    return orjson.dumps({"id": i, "x": _own_x(i), "y": [f"own {i}"]})


def own_row_without_labels(i: int) -> bytes:
    """Return message `i` with a feature that no other has; its label comes later."""
    return orjson.dumps({"id": i, "x": _own_x(i)})


def own_labels(i: int) -> bytes:
    """Return the label of message `i`, for a topic of labels."""
    return orjson.dumps({"id": i, "y": [f"own {i}"]})


def _own_x(i: int) -> dict[str, float]:
    return {f"own {i}": 1.0, **dict.fromkeys(COMMON, i % 7 + 0.5)}
