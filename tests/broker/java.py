"""The Java that runs Kafka 4."""

from __future__ import annotations

import re
import shutil
import subprocess

from tests.broker.unavailable import Unavailable

#: Kafka 4 brokers need it.
OLDEST = 17


def java() -> str:
    """Return the path of a Java that is new enough.

    Raises
    ------
    Unavailable
        If there is none.
    """
    path = shutil.which("java")
    if path is None:
        raise Unavailable(f"Java (>= {OLDEST}) is missing")
    said = subprocess.run([path, "-version"], capture_output=True, text=True, check=False).stderr
    version = re.search(r'version "(\d+)', said)
    if version is None or int(version[1]) < OLDEST:
        raise Unavailable(f"Java is too old: found {said.splitlines()[:1]}, expected {OLDEST} or newer")
    return path
