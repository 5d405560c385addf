"""Checkpoints of every format ever written can be read, and the present one is still written the same."""

from __future__ import annotations

import pytest

from ihomer.checkpoint import describe, dumps, read
from ihomer.checkpoint.container import read_head
from ihomer.checkpoint.layout import FORMAT, PREAMBLE
from tests.golden.make import path, tree
from tests.test_checkpoint import same


@pytest.mark.parametrize("version", range(1, FORMAT + 1))
def test_golden_files_can_be_read(version):
    assert describe(path(version))["format"] == version
    assert same(read(path(version), kind="golden"), tree(version))


def test_what_is_written_has_not_changed():
    def structure(data):
        head = read_head(data[: PREAMBLE.size], len(data), sealed=lambda: True)
        return data[head.header_end : head.structure_end]

    assert structure(dumps(tree(FORMAT), kind="golden")) == structure(path(FORMAT).read_bytes())


def test_what_is_small_is_written_as_ever():
    """Another zlib may deflate large arrays to other bytes; all else is the same for ever."""

    def contents(data):
        head = read_head(data[: PREAMBLE.size], len(data), sealed=lambda: True)
        return data[head.header_end : head.structure_end], data[head.arrays_start : head.arrays_end]

    assert contents(dumps(tree(1), kind="golden")) == contents(path(1).read_bytes())
