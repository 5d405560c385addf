"""What a benchmark ran on, for the tables."""

from __future__ import annotations

import os
import platform

from ihomer.report.machine import processor


def machine() -> str:
    """Return processor, number of cores and Python in one line."""
    return f"{processor()}, {os.cpu_count()} cores, Python {platform.python_version()} on {platform.system()}"
