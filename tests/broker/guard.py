"""No process is left behind, however ours ends."""

from __future__ import annotations

import subprocess


class Guard:
    """A shell that kills another process when we are gone: its standard input ends then, also after kill -9.

    Parameters
    ----------
    pid
        The process.
    """

    def __init__(self, pid: int) -> None:
        # In a session of its own, so that Ctrl-C at the terminal is for us alone.
        self._shell = subprocess.Popen(
            ["sh", "-c", 'read _; kill -9 "$0"', str(pid)],
            stdin=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )

    def dismiss(self) -> None:
        """Let go: the process has ended."""
        with self._shell:
            self._shell.kill()
