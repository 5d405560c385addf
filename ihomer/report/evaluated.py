"""The report of an evaluation of one learner on one stream."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ihomer.report.data import Comparison
from ihomer.report.machine import fingerprint, now, provenance_of
from ihomer.report.recorder import Recorder
from ihomer.report.write import write_report

if TYPE_CHECKING:
    from pathlib import Path

    from ihomer.evaluation.loop import Prequential
    from ihomer.evaluation.result import Result


class Evaluated:
    """Watches an evaluation from its start, and writes its report.

    Parameters
    ----------
    stream
        How the stream is called.
    source
        The file, or what else was opened.
    """

    def __init__(self, stream: str, source: str) -> None:
        self._stream, self._source, self._started = stream, source, now()
        self._recorder = Recorder()

    def look(self, evaluation: Prequential) -> None:
        """Look at the evaluation; to be called after each block of rows."""
        self._recorder.look(evaluation)

    def comparison(self, evaluation: Prequential, result: Result) -> Comparison:
        """Return what the report shows.

        Raises
        ------
        OSError
            If the file that was read cannot be read again for its digest.
        """
        run = self._recorder.run_of(evaluation, result)
        options = {"rows of the window": f"{evaluation.window:,}", "fading": f"{evaluation.fading:g}"}
        provenance = provenance_of(result, [fingerprint(self._stream, self._source)], self._started, options)
        return Comparison(f"{run.learner} on {run.stream}", (run,), provenance)

    def write(self, evaluation: Prequential, result: Result, directory: Path) -> list[OSError]:
        """Write `report.html` and its pictures; return why not, if they cannot be written."""
        try:
            write_report(self.comparison(evaluation, result), directory)
        except OSError as error:
            return [error]
        return []
