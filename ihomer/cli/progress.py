"""Signs of life on standard error: a bar on a terminal, a line now and then elsewhere."""

from __future__ import annotations

import math
import shutil
import sys
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from types import TracebackType
    from typing import Self

#: Seconds between two looks of the bar: fluent, and no load.
_REFRESH = 0.1
#: Seconds to the first line where there is no terminal; then twice as long each time, up to the last.
_FIRST_LINE, _LAST_LINE = 5.0, 60.0
#: Columns of the bar, if there is room, and of a name.
_BAR, _NAME = 24, 30


class Progress:
    """Shows how far a run is, how fast, how long it will still take, and the score so far.

    Parameters
    ----------
    name
        What is run over.
    quiet
        Show nothing.
    """

    def __init__(self, name: str, *, quiet: bool = False) -> None:
        self.name = name if len(name) <= _NAME else f"{name[: _NAME - 1]}…"
        self._file = sys.stderr
        self._quiet = quiet or self._file is None  # None: closed by the caller
        self._terminal = not self._quiet and self._file.isatty()
        self._start = self._next = time.monotonic()
        self._gap = _FIRST_LINE
        self._drawn = False
        if not self._terminal:
            self._next += self._gap

    def __enter__(self) -> Self:
        if self._terminal:
            self._draw(f"{self.name}  starting (a first run compiles)")
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.clear()

    def clear(self) -> None:
        """Take the bar away, so that other things can be written."""
        if self._drawn:
            self._drawn = False
            self._write("\r\x1b[2K")

    def __call__(self, rows: int, share: float | None, score: float = math.nan) -> None:
        """Show the state, if it is time to.

        Parameters
        ----------
        rows
            Instances so far.
        share
            Of the stream that has been read, 0 to 1, or None.
        score
            Micro-F1 so far, or NaN.
        """
        now = time.monotonic()
        if self._quiet or now < self._next:
            return
        elapsed = max(now - self._start, 1e-9)
        texts = [f"{rows:,} instances", f"{rows / elapsed:,.0f}/s"]
        if share and elapsed > 1:
            texts.append(f"{_clock(elapsed * (1 - share) / share)} left")
        if not math.isnan(score):
            texts.append(f"micro-F1 {score:.4f}")
        if self._terminal:
            self._next = now + _REFRESH
            rest = "  ".join(texts)
            room = shutil.get_terminal_size().columns - len(self.name) - len(rest) - 10
            bar = "" if share is None else f"  {_bar(share, min(_BAR, max(room, 0)))}"
            self._draw(f"{self.name}{bar}  {rest}")
        else:
            self._gap = min(2 * self._gap, _LAST_LINE)
            self._next = now + self._gap
            done = "" if share is None else f"{share:.0%}, "
            self._write(f"{self.name}: {done}{', '.join(texts)}\n")

    def _draw(self, text: str) -> None:
        width = shutil.get_terminal_size().columns - 1
        self._write("\r\x1b[2K" + text[:width])
        self._drawn = True

    def _write(self, text: str) -> None:
        try:
            self._file.write(text)
            self._file.flush()
        except OSError:  # a log on a full disk, a terminal that is gone: no reason to lose a run
            self._quiet = True


def _bar(share: float, width: int) -> str:
    full = round(width * min(share, 1.0))
    return f"{'━' * full}{'┄' * (width - full)} {share:4.0%}"


def _clock(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"
