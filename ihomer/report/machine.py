"""What was run, on what, when: the machine, the files."""

from __future__ import annotations

import hashlib
import os
import platform
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from ihomer.report.data import Fingerprint, Provenance

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from ihomer.evaluation.result import Result

#: Bytes of a file that are read at a time.
_PIECE = 1 << 20


def machine() -> dict[str, str]:
    """Return what is known of this machine; nothing that tells whose it is."""
    system = f"{platform.system()} {platform.machine()}"
    found = {"processor": processor(), "cores": str(os.cpu_count() or "?"), "system": system}
    memory = _memory_gb()
    return found if memory is None else {**found, "memory": f"{memory:.1f} GB"}


def fingerprint(stream: str, source: str) -> Fingerprint:
    """Return the digest of a file by its bytes on the disk; of what is no file only how it is called.

    Raises
    ------
    OSError
        If it is a file that cannot be read.
    """
    path = Path(source)
    if not path.is_file():
        return Fingerprint(stream, source)
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while piece := file.read(_PIECE):
            digest.update(piece)
    return Fingerprint(stream, path.name, path.stat().st_size, digest.hexdigest())


def now() -> str:
    """Return the time as ISO 8601, UTC, to the second."""
    return datetime.now(UTC).isoformat(timespec="seconds")


def provenance_of(result: Result, sources: Iterable[Fingerprint], started: str, options: Mapping[str, str]) -> Provenance:
    """Return what is known of the run of one learner."""
    seed, command, versions = (result.summary.get(key) for key in ("seed", "command", "versions"))
    return Provenance(
        command=str(command or ""),
        started=started,
        versions=dict(versions) if isinstance(versions, dict) else {},
        machine=machine(),
        seed=seed if isinstance(seed, int) else None,
        sources=tuple(sources),
        options=dict(options),
    )


def processor() -> str:
    """Return the name of the processor."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        lines = []
    names = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(names, platform.processor() or platform.machine() or "unknown")


def _memory_gb() -> float | None:
    try:
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / (1 << 30)
    except (ValueError, OSError, AttributeError):
        return None
