"""Structured logs on standard error: one line a record, as text or as JSON, secrets masked.

Any logger of the standard library takes part. What happened is told by ``extra``::

    log.info("written", extra={"event": "checkpoint", "bytes": 123})

"event" is a short word; everything else in `extra` is a field.
"""

from __future__ import annotations

import json
import logging
import math
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from numbers import Integral
from typing import Any, Final, TextIO

from ihomer.daemon.secrecy import masked
from ihomer.daemon.seldom import Seldom

#: What every record has; all others are fields.
_OWN: Final = frozenset(logging.makeLogRecord({}).__dict__) | {"message", "asctime", "taskName", "event", "repeated"}


@contextmanager
def logged(style: str, secrets: Iterable[str] = (), stream: TextIO | None = None) -> Iterator[None]:
    """While inside: all loggers write to `stream`: ours from INFO on, others (the clients') from WARNING on, and seldom.

    Warnings of Python go there, too. Before and after, logging is as it was.

    Parameters
    ----------
    style
        "text" or "json".
    secrets
        What is never written, wherever it stands.
    stream
        Where to write; standard error if None.

    Examples
    --------
    >>> with logged("text", ["tulip"], sys.stdout):  # doctest: +ELLIPSIS
    ...     logging.getLogger("ihomer.daemon").info("tulip opens", extra={"event": "door", "n": 3})
    20...Z INFO door: *** opens n=3
    """
    handler = logging.StreamHandler(stream or sys.stderr)
    handler.setFormatter(Formatter(_WRITERS[style], secrets))
    handler.addFilter(Seldom("ihomer"))
    root, ours = logging.getLogger(), logging.getLogger("ihomer")
    before = root.level, ours.level
    root.setLevel(logging.WARNING)
    ours.setLevel(logging.INFO)
    root.addHandler(handler)
    logging.captureWarnings(capture=True)
    try:
        yield
    finally:
        logging.captureWarnings(capture=False)
        root.removeHandler(handler)
        root.setLevel(before[0])
        ours.setLevel(before[1])


class Formatter(logging.Formatter):
    """Makes one line of a record.

    Parameters
    ----------
    write
        Makes the line of time, level, event, message and fields.
    secrets
        What is never written.
    """

    def __init__(self, write: Callable[[Mapping[str, Any], Mapping[str, Any]], str], secrets: Iterable[str] = ()) -> None:
        super().__init__()
        self._write, self._secrets = write, tuple(secrets)

    def format(self, record: logging.LogRecord) -> str:
        """Return the line of `record`."""
        seconds = math.floor(record.created)
        head = {
            "time": time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(seconds)) + f".{int(record.msecs):03d}Z",
            "level": record.levelname.lower(),
            "event": self._plain(getattr(record, "event", record.name.partition(".")[0])),
            "message": self._plain(_text(record)),
        }
        fields = {key: self._plain(value) for key, value in record.__dict__.items() if key not in _OWN}
        if repeated := getattr(record, "repeated", 0):
            fields["repeated"] = repeated
        if record.exc_info:
            fields["traceback"] = self._plain(self.formatException(record.exc_info))
        return self._write(head, fields)

    def _plain(self, value: object) -> Any:
        """Return what JSON can hold of `value`, without secrets."""
        if value is None or isinstance(value, bool):
            return value
        if isinstance(value, Integral):  # numpy's, too
            return int(value)
        if isinstance(value, float) and math.isfinite(value):
            return float(value)
        if isinstance(value, Mapping):
            return {masked(str(key), self._secrets): self._plain(inner) for key, inner in value.items()}
        if isinstance(value, (list, tuple, set, frozenset)):
            return [self._plain(inner) for inner in value]
        return masked(str(value), self._secrets)


def _text(record: logging.LogRecord) -> str:
    try:
        return record.getMessage()
    except (TypeError, ValueError):  # the arguments do not fit: what is there is still worth more than a traceback
        return f"{record.msg} {record.args}"


def _as_json(head: Mapping[str, Any], fields: Mapping[str, Any]) -> str:
    # ASCII only: neither a terminal nor a reader of lines can be led astray by what stands in a message.
    return json.dumps({**head, "fields": fields} if fields else head)


def _as_text(head: Mapping[str, Any], fields: Mapping[str, Any]) -> str:
    told = "".join(f" {_visible(key)}={_quoted(value)}" for key, value in fields.items())
    return f"{head['time']} {head['level'].upper()} {_visible(head['event'])}: {_visible(head['message'])}{told}"


def _quoted(value: Any) -> str:
    if isinstance(value, str) and value.isprintable() and not set(value) & set(" \"'=") and value:
        return value
    return _visible(json.dumps(value, ensure_ascii=False))


def _visible(value: object) -> str:
    """Return text on one line, in which nothing moves the cursor of a terminal."""
    text = str(value)
    return text if text.isprintable() else "".join(c if c.isprintable() else ascii(c)[1:-1] for c in text)


_WRITERS: Final[Mapping[str, Callable[[Mapping[str, Any], Mapping[str, Any]], str]]] = {"text": _as_text, "json": _as_json}
