"""`write_stream`: a stream into a file, in the format that its suffix names."""

from __future__ import annotations

import difflib
from collections.abc import Callable
from pathlib import Path

from streams.errors import StreamError
from streams.recognise import FORMATS, by_suffix
from streams.stream import Stream
from streams.writers.target import STDOUT
from streams.writers.unwritable import UnwritableError


def write_stream(stream: Stream, path: str | Path, format: str = "auto") -> int:  # noqa: A002
    """Write all rows of `stream` to the file `path`; return how many.

    What is read back has the same features and labels by name, with the same float32 values. Ids and times
    are kept by CSV, JSON Lines and Parquet. Names that are no strings are written as text, but for numbers as
    labels (JSON Lines, svmlight text) and as features (svmlight text, vectors). A partial row of which all labels
    are known is read back as a complete one. The file gets its name when it is whole.

    Parameters
    ----------
    stream
        What to write. For ARFF, CSV and Parquet, whose files begin with all names, it is read twice.
    path
        Where to; .gz, .bz2 and .xz compress. A symbolic link is followed; into a pipe or a device the rows go straight;
        ``-`` is standard output, and wants a format.
    format
        ``svmlight``, ``arff``, ``csv``, ``jsonl`` or ``parquet``; ``auto``: told by the suffix.

    Raises
    ------
    StreamError
        If the format is not known, the stream has rows that it cannot hold, or cannot be read (again).

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> from streams import open_stream
    >>> with TemporaryDirectory() as folder:
    ...     path = Path(folder) / "yeast.arff.gz"
    ...     rows = write_stream(open_stream("yeast"), path)
    ...     rows, list(open_stream(path).sets()) == list(open_stream("yeast").sets())
    (2417, True)
    """
    path = Path(path)
    if format == "auto" and path == STDOUT:
        raise StreamError(f"standard output has no suffix: give the format, one of {', '.join(FORMATS)}")
    if format == "auto":
        found = by_suffix(path.name)
        if found is None:
            suffixes = [suffix for some in FORMATS.values() for suffix in some]
            near = difflib.get_close_matches(path.suffix, suffixes, n=1)
            hint = f"did you mean {near[0]}?" if near else f"expected one of {', '.join(suffixes)}, or the format given"
            raise StreamError(f"{path}: cannot tell the format from the suffix {path.suffix!r}; {hint}")
        format = found  # noqa: A001
    if format not in FORMATS:
        raise StreamError(f"{path}: unknown format {format!r}, expected auto, {', '.join(FORMATS)}")
    if not path.parent.is_dir():
        raise StreamError(f"{path}: there is no folder {str(path.parent)!r}")
    try:
        return _writer(format)(stream, path)
    except UnwritableError as error:
        raise StreamError(f"{stream.name} cannot be written as {format}: {error}") from error


def _writer(format_: str) -> Callable[[Stream, Path], int]:
    if format_ == "svmlight":
        from streams.writers.svmlight import write_svmlight

        return write_svmlight
    if format_ == "arff":
        from streams.writers.arff import write_arff

        return write_arff
    if format_ == "csv":
        from streams.writers.csv_rows import write_csv

        return write_csv
    if format_ == "jsonl":
        from streams.writers.json_lines import write_json_lines

        return write_json_lines
    from streams.writers.parquet import write_parquet

    return write_parquet
