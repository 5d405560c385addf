"""The cache of compiled kernels: full, not to be written, damaged."""

from __future__ import annotations

import os
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

import streams.jit

# Another process each time, as every start is. With "full" no file can be made longer than 100 bytes; with "read-only"
# whatever would change something under the cache directory is refused, to root, too.
SCRIPT = """
    import os, resource, sys, warnings
    import numpy as np
    from streams.jit import is_cold, jit

    cache = os.environ["IHOMER_CACHE_DIR"]

    def refuse(event, args):
        writes = event == "open" and (args[2] & (os.O_WRONLY | os.O_RDWR | os.O_CREAT))
        if (writes or event in ("os.mkdir", "os.remove", "os.utime")) and str(args[0]).startswith(cache):
            raise PermissionError(13, "Permission denied", str(args[0]))

    if "read-only" in sys.argv:
        sys.addaudithook(refuse)
    if "full" in sys.argv:
        resource.setrlimit(resource.RLIMIT_FSIZE, (100, 100))

    @jit
    def total(values):
        s = 0.0
        for v in values:
            s += v
        return s

    @jit
    def twice(values):
        return 2.0 * total(values)

    cold = is_cold()
    assert twice(np.ones(3)) == 6.0
    print("cold" if cold else "warm", "cold" if is_cold() else "warm", sum(twice.stats.cache_hits.values()))
"""


@pytest.fixture
def start(tmp_path):
    (tmp_path / "kernels_of_a_test.py").write_text(textwrap.dedent(SCRIPT))

    def run(*how, cache=tmp_path / "cache"):
        done = subprocess.run(
            [sys.executable, "kernels_of_a_test.py", *how], cwd=tmp_path, check=False, capture_output=True, text=True,
            env={**os.environ, "IHOMER_CACHE_DIR": str(cache), "PYTHONWARNINGS": "always"},
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        return done.stdout.strip(), done.stderr.count("compiled kernels are not kept")

    return run


def test_what_is_compiled_is_kept(start):
    assert start() == ("cold warm 0", 0)
    assert start() == ("warm warm 1", 0)


def test_a_disk_that_gets_full_while_kernels_are_compiled(start):
    assert start("full") == ("cold cold 0", 1)
    assert start() == ("cold warm 0", 0)


def test_a_cache_that_can_only_be_read(start):
    assert start("read-only") == ("cold cold 0", 1)
    start()
    assert start("read-only") == ("warm warm 1", 0)


def test_a_cache_that_cannot_be_made(start, tmp_path):
    (tmp_path / "file").write_text("")
    assert start(cache=tmp_path / "file") == ("cold cold 0", 1)


def test_a_damaged_cache(start, tmp_path):
    start()
    for path in (tmp_path / "cache").rglob("*.nbc"):
        path.write_bytes(path.read_bytes()[:50])
    assert start() == ("warm warm 0", 0)
    assert start() == ("warm warm 1", 0)


def test_a_kernel_is_compiled_anew_when_one_that_it_calls_has_changed(tmp_path):
    # A copy of the module in a package of its own, so that its kernels can be written here.
    kernels = tmp_path / "streams" / "kernels"
    kernels.mkdir(parents=True)
    for package in (kernels.parent, kernels):
        (package / "__init__.py").write_text("")
    (tmp_path / "streams" / "jit.py").write_text(Path(streams.jit.__file__).read_text("utf-8"))
    head = "from streams.jit import jit"
    (kernels / "outer.py").write_text(f"{head}\nfrom streams.kernels.inner import one\n@jit\ndef two():\n    return 2 * one()")
    environment = {**os.environ, "IHOMER_CACHE_DIR": str(tmp_path / "cache"), "PYTHONPATH": str(tmp_path)}
    code = "from streams.kernels.outer import two; print(two(), sum(two.stats.cache_hits.values()))"

    def result():
        done = subprocess.run(
            [sys.executable, "-P", "-c", code], check=True, capture_output=True, text=True, cwd=tmp_path, env=environment
        )
        return done.stdout.split()

    (kernels / "inner.py").write_text(f"{head}\n@jit\ndef one():\n    return 1\n")
    assert result() == ["2", "0"]
    assert result() == ["2", "1"]
    (kernels / "inner.py").write_text(f"{head}\n@jit\ndef one():\n    return 15\n")
    assert result() == ["30", "0"]
