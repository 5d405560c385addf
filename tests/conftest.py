"""Fixtures for all tests: the real data sets, where they are there."""

from __future__ import annotations

import os
from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def data_dir() -> Path:
    """The directory with the real data sets: IHOMER_DATA."""
    where = os.environ.get("IHOMER_DATA")
    if where and (Path(where) / "yeast.svm.xz").is_file():
        return Path(where)
    reason = "the real data sets are not here: set IHOMER_DATA to the directory that holds yeast.svm.xz"
    if os.environ.get("IHOMER_REQUIRE_DATA") == "1":
        pytest.fail(reason)
    pytest.skip(reason)
