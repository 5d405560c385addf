"""Kafka's jars, fetched once for all runs: `pom.xml` says which."""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
import subprocess
import tempfile
from pathlib import Path

from tests.broker.unavailable import Unavailable

POM = Path(__file__).with_name("pom.xml")
#: Seconds that Maven may take: 60 MB, and its own plugins when it runs for the first time.
PATIENCE = 600


def cache_root() -> Path:
    """Return where things are kept between runs: IHOMER_CACHE_DIR, else `ihomer` under XDG_CACHE_HOME (~/.cache)."""
    if os.environ.get("IHOMER_CACHE_DIR"):
        return Path(os.environ["IHOMER_CACHE_DIR"])
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "ihomer"


def jars() -> Path:
    """Return the directory with Kafka's jars; Maven fetches them if this pom's are not there yet.

    Raises
    ------
    Unavailable
        If they have to be fetched and Maven is missing, or fails.
    """
    root = cache_root()
    kept = root / f"kafka-jars-{hashlib.sha256(POM.read_bytes()).hexdigest()[:12]}"
    root.mkdir(parents=True, exist_ok=True)
    with (root / "kafka-jars.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # who comes second waits, and finds them
        if not kept.is_dir():
            _fetch(kept)
    return kept


def _fetch(kept: Path) -> None:
    maven = shutil.which("mvn")
    if maven is None:
        raise Unavailable("Maven (mvn) is missing, it fetches Kafka's jars")
    with tempfile.TemporaryDirectory(dir=kept.parent, prefix="kafka-jars-partial-") as partial:
        target = Path(partial) / "jars"
        command = [maven, "-q", "-B", "-f", str(POM), "dependency:copy-dependencies", f"-DoutputDirectory={target}"]
        done = subprocess.run(
            command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=PATIENCE, check=False
        )
        if done.returncode != 0:
            raise Unavailable(f"Maven could not fetch Kafka's jars: {' '.join(command)}\n{done.stdout[-2000:]}")
        target.rename(kept)  # so that what is kept is whole, also when this process is killed
