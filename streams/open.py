"""`open_stream`: a file, standard input, a shipped data set, a generator or a Kafka topic by its name."""

from __future__ import annotations

import difflib
import importlib.util
import inspect
import re
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from streams.errors import BadRows, StreamError
from streams.recognise import FORMATS, by_content, by_suffix
from streams.sources import ByteSource
from streams.stream import Stream

#: What stands before the colon of a stream that is not a file; two letters at least, so that C:\rows.csv is one.
_SCHEME = re.compile(r"([a-z][a-z0-9+]+):")

#: Parameters of the readers that `open_stream` gives them itself, or that are not for users.
_NO_OPTIONS = ("path", "source", "bad_rows", "block_bytes")


def open_stream(
    spec: str | Path,
    *,
    format: str = "auto",  # noqa: A002
    label_columns: str | Sequence[str] | None = None,
    bad_rows: BadRows | None = None,
    on_error: str = "raise",
    max_errors: int | None = None,
    **options: Any,
) -> Stream:
    """Return the stream that `spec` names.

    Parameters
    ----------
    spec
        A file (plain, .gz, .bz2 or .xz); ``-`` for standard input; ``yeast``, real data that come with river;
        a data set of the extreme classification repository in its newer layout, features and labels in files of their
        own: ``trn_X_Xf.txt`` with ``trn_X_Y.txt`` beside it (each compressed or not), or, whatever they are called,
        ``xmc:FEATURES?labels=LABELS`` (see `streams.separate`);
        arrays, ``npy:FEATURES.npy?labels=LABELS``, or without labels (see `streams.npy`);
        a generator, ``synthetic:NAME?parameter=value&...`` (see `streams.synthetic`), whose rows may change
        (``drift=sudden&at=8000&of=labels&fraction=.25``, see `streams.synthetic.drift_query`); or a Kafka topic,
        ``kafka:TOPIC?bootstrap=host:port&...`` (see `streams.kafka.spec.parse`).
    format
        ``svmlight``, ``arff``, ``csv``, ``jsonl`` or ``parquet``; ``auto``: told by the suffix, else by the
        first bytes.
    label_columns
        For CSV and Parquet: which columns are labels, see `streams.csv_rows.CsvStream`.
    bad_rows
        What to do with bad rows; made of `on_error` and `max_errors` if not given.
    on_error
        ``raise``: the first bad row is an error; ``skip``: bad rows are left out and counted.
    max_errors
        With ``skip``: more bad rows than this are an error.
    options
        Further parameters of the reader of the format.

    Raises
    ------
    StreamError
        If there is no such file, scheme, format or option, or the file does not begin as its format asks.

    Examples
    --------
    >>> stream = open_stream("synthetic:hyperplane?rows=100&labels=3&seed=7")
    >>> x, y = next(iter(stream))
    >>> list(y)
    ['label0', 'label1', 'label2']
    """
    if bad_rows is None:
        if on_error not in ("raise", "skip"):
            raise StreamError(f"on_error must be 'raise' or 'skip', found {on_error!r}")
        bad_rows = BadRows(skip=on_error == "skip", limit=max_errors)
    spec = str(spec)
    if label_columns is not None:
        options["label_columns"] = label_columns
    scheme = _SCHEME.match(spec)
    if format == "auto" and (pair := _separate(spec)) is not None:
        _refuse_options(spec, options)
        from streams.separate import SeparateStream

        return SeparateStream(*pair, bad_rows)
    if format == "auto" and (arrays := _arrays(spec)) is not None:
        _refuse_options(spec, options)
        from streams.npy import open_npy

        return open_npy(*arrays, bad_rows)
    if spec == "yeast" and not _is_there(spec):
        _refuse_options(spec, options)
        return _yeast(bad_rows)
    if scheme is not None and not _is_there(spec):
        _refuse_options(spec.partition("?")[0], options)  # what follows may hold what nobody should see
        if scheme[1] == "kafka":
            from streams.kafka.open import open_kafka

            return open_kafka(spec, bad_rows)
        if scheme[1] != "synthetic":
            expected = "synthetic:NAME, kafka:TOPIC, xmc:FEATURES, npy:FEATURES, a file, - or yeast"
            raise StreamError(f"{spec}: unknown scheme {scheme[1]!r}, expected {expected}")
        from streams.synthetic.spec import open_synthetic

        return open_synthetic(spec)
    if format not in ("auto", *FORMATS):
        raise StreamError(f"{spec}: unknown format {format!r}, expected auto, {', '.join(FORMATS)}")
    if spec != "-" and not _is_there(spec):
        raise StreamError(f"{spec}: no such file{_near(Path(spec))}")
    return _open_file(spec, format, bad_rows, options)


def _open_file(path: str, format_: str, bad_rows: BadRows, options: dict[str, Any]) -> Stream:
    source: str | ByteSource = path
    if format_ == "auto" and (told := by_suffix(path)) is not None:
        format_ = told
    elif format_ == "auto":
        # The reader gets the opened source: what was looked at in a pipe must not be lost.
        source = ByteSource(path)
        format_ = by_content(source)
        if source.rewinds:
            source.close()
    reader = _reader(format_)
    known = [name for name in inspect.signature(reader).parameters if name not in _NO_OPTIONS]
    for name, value in options.items():
        if name not in known:
            has = f"its options are {', '.join(known)}" if known else "it has no options"
            raise StreamError(f"{path}: is read as {format_}, which does not take {name}={value!r}; {has}")
    return reader(source, bad_rows, **options)


def _separate(spec: str) -> tuple[str, str] | None:
    """Return the files of features and of labels if that is what `spec` names, else None."""
    from streams.separate import Y_BESIDE_X, labels_beside

    if _is_there(spec):
        beside = labels_beside(spec)
        return None if beside is None else (spec, beside)
    if not spec.startswith("xmc:"):
        return None
    features, _, labels = spec.removeprefix("xmc:").partition("?labels=")
    labels = labels or labels_beside(features) or ""
    if not labels:
        raise StreamError(f"{spec}: no label matrix is given and none is there, expected ?labels=PATH or {Y_BESIDE_X}")
    _must_be_there(spec, features, labels)
    return features, labels


def _arrays(spec: str) -> tuple[str, str | None] | None:
    """Return the files of features and of labels, if there is one, if `spec` names an array; else None."""
    if _is_there(spec):
        return (spec, None) if spec.lower().endswith(".npy") else None
    if not spec.startswith("npy:"):
        return None
    features, _, labels = spec.removeprefix("npy:").partition("?labels=")
    _must_be_there(spec, features, *([labels] if labels else []))
    return features, labels or None


def _must_be_there(spec: str, *paths: str) -> None:
    for path in paths:
        if not path or not _is_there(path):
            raise StreamError(f"{spec}: no such file as {path!r}{_near(Path(path)) if path else ''}")


def _reader(format_: str) -> Callable[..., Stream]:
    if format_ == "svmlight":
        from streams.svmlight import SvmlightStream

        return SvmlightStream
    if format_ == "arff":
        from streams.arff import ArffStream

        return ArffStream
    if format_ == "csv":
        from streams.csv_rows import CsvStream

        return CsvStream
    if format_ == "jsonl":
        from streams.json_lines import JsonLinesStream

        return JsonLinesStream
    from streams.parquet import ParquetStream

    return ParquetStream


def _yeast(bad_rows: BadRows) -> Stream:
    from streams.csv_rows import CsvStream

    # river is not imported for this: that takes a second.
    river = importlib.util.find_spec("river")
    assert river is not None
    assert river.origin is not None
    stream = CsvStream(str(Path(river.origin).parent / "datasets" / "yeast.csv.gz"), bad_rows, label_columns=["Class*"])
    stream.name, stream.length = "yeast", 2417
    return stream


def _refuse_options(spec: str, options: dict[str, Any]) -> None:
    if options:
        raise StreamError(f"{spec}: {', '.join(options)}: options are for files, this stream has none")


def _is_there(path: str) -> bool:
    try:
        return Path(path).exists()
    except OSError:  # longer than the name of a file can be: a topic with all that is to be said of its cluster
        return False


def _near(path: Path) -> str:
    """Return what the file could have been meant to be called."""
    try:
        names = [entry.name for entry in path.parent.iterdir()]
    except OSError:
        return f" (nor a folder {str(path.parent)!r})"
    names += ["yeast"] if path.parent == Path() else []
    near = difflib.get_close_matches(path.name, sorted(names), n=3)
    return f"; did you mean {' or '.join(repr(str(path.parent / name)) for name in near)}?" if near else ""
