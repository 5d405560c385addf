"""Writes the golden checkpoint of the present format, once: ``python -m tests.golden.make``."""

from __future__ import annotations

import hashlib
from pathlib import Path

import numpy as np

from ihomer.checkpoint import write
from ihomer.checkpoint.layout import FORMAT


def tree(version):
    """Return a tree that holds one of everything that a format can hold but pickles."""
    return _tree() if version == 1 else {**_tree(), "large": _large()}


def _large():
    """Return arrays that are stored as planes: of several kinds, in rows, some of noise."""
    ids = np.arange(3000) ** 2 % 2047
    return {
        "ids": ids.astype(np.int32),
        "flags": (np.arange(5000) % 7 == 0),
        "rows": np.stack([ids / 3, ids % 5], axis=1).astype(np.float32),
        "noise": np.frombuffer(hashlib.shake_256(b"ihomer").digest(6000), np.uint8),
        "names": np.array(["a", "bc"] * 600, "<U2"),
    }


def _tree():
    return {
        "none": None,
        "bools": [True, False],
        "ints": (0, -1, 128, 2**100, -(2**63)),
        "floats": [0.5, -0.0, float("inf"), 5e-324],
        "texts": ["", "label", "é", "😀", "\ud800", "long " * 100],
        "bytes": b"\x00\xff",
        3: {True: 1.5, 2.5: "x", ("a", (1, "b")): []},
        "sets": [{"b", "a", 1}, frozenset({(1, 2), 0.5})],
        "arrays": [
            np.arange(6, dtype=np.float32).reshape(2, 3),
            np.array([[1], [-2]], ">i4"),
            np.array([True, False]),
            np.zeros((0, 3), np.int64),
            np.array(7, np.uint8),
            np.array(["a", "ßß"]),
            np.array([b"x", b"yz"]),
            np.array(["2025-01-02", "NaT"], "M8[D]"),
            np.array([1 + 2j], np.complex64),
        ],
        "scalars": [np.float32(0.1), np.int64(-5), np.bool_(True), np.str_("s"), np.bytes_(b"t")],
        "generator": {"bit_generator": "PCG64", "state": {"state": 2**127 + 3, "inc": 5}, "has_uint32": 0},
    }


def path(version):
    """Return where the golden file of a format stands."""
    return Path(__file__).with_name(f"checkpoint-{version}.ckpt")


if __name__ == "__main__":
    write(path(FORMAT), tree(FORMAT), kind="golden")
