"""What each setting must be, taken by itself: in words, and as a test."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from typing import Any, Final, NamedTuple

from ihomer.live.guarded import host_and_port

_TOPIC = re.compile(r"[A-Za-z0-9._-]{1,249}")  # what a broker takes
_MOST = 1 << 31


class Range(NamedTuple):
    """What a setting must be: `expected` in words, `holds` as a test of a value of the right kind."""

    expected: str
    holds: Callable[[Any], bool]


def is_topic(name: str) -> bool:
    """Return whether a broker takes `name` for a topic."""
    return _TOPIC.fullmatch(name) is not None and name not in {".", ".."}


def _servers(text: str) -> bool:
    found = [host_and_port(part.strip()) for part in text.split(",")]
    return all(server is not None and server[1] > 0 for server in found)


def _one_of(*words: str) -> Range:
    quoted = [repr(word) for word in words]
    return Range(", ".join(quoted[:-1]) + " or " + quoted[-1], words.__contains__)


def _whole(least: int, most: int = _MOST) -> Range:
    return Range(f"a whole number of at least {least:,}" + (f", at most {most:,}" if most != _MOST else ""),
                 lambda value: least <= value <= most)  # fmt: skip


def _above_0(what: str = "seconds") -> Range:
    return Range(f"a finite number of {what} above 0", lambda value: 0 < value < math.inf)


def _partitions(value: tuple[int, ...]) -> bool:
    return len(value) > 0 and len(set(value)) == len(value) and all(0 <= number < _MOST for number in value)


_NAME: Final = "a name of at most 249 letters, digits, '.', '_' and '-'"
_READ: Final = Range(_NAME, is_topic)
_OPTIONAL: Final = Range(f"{_NAME}, or '' for none", lambda name: not name or is_topic(name))
_FILE: Final = Range("the path of a PEM file", lambda path: path.strip() != "" and "\0" not in path)
_FILLED: Final = Range("a text that is not empty", lambda text: text.strip() != "")
_ANYTHING: Final = Range("", lambda _: True)

#: Setting -> what it must be. None, where it is allowed, always is.
RANGES: Final[Mapping[str, Range]] = {
    "topic": _READ,
    "state": Range("a directory", lambda path: path.strip() != "" and "\0" not in path),
    "cluster.bootstrap": Range("host:port, several separated by commas", _servers),
    "cluster.client": _one_of("kafka-python", "confluent"),
    "cluster.security": _one_of("PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL"),
    "cluster.ca_file": _FILE,
    "cluster.cert_file": _FILE,
    "cluster.key_file": _FILE,
    "cluster.key_password": _FILLED,
    "cluster.sasl_mechanism": _one_of("PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"),
    "cluster.username": _FILLED,
    "cluster.password": _FILLED,
    "cluster.max_message_bytes": _whole(1_024, 1 << 30),  # room for the batch around a record; brokers count with 32 bits
    "cluster.patience": _above_0(),
    "group": Range("a name without spaces around it, at most 249 characters", lambda g: g == g.strip() and len(g) <= 249),
    "labels_topic": _OPTIONAL,
    "predictions_topic": _OPTIONAL,
    "metrics_topic": _OPTIONAL,
    "events_topic": _OPTIONAL,
    "dead_letter_topic": _OPTIONAL,
    "dead_letter_bytes": _whole(4_096, 1 << 30),  # room for the headers
    "partitions": Range("numbers of partitions, each once", _partitions),
    "assignment": _one_of("manual", "subscribe"),
    "start": _one_of("earliest", "latest"),
    "out_of_range": _one_of("fail", "earliest", "latest"),
    "transactions": _ANYTHING,
    "learn": _ANYTHING,
    "model": Range("a name of `ihomer evaluate --model`, a .toml file, or module:object", _FILLED.holds),
    "parameters": _ANYTHING,
    "seed": _whole(0),
    "allow_pickle": _ANYTHING,
    "top": _whole(0, 5),  # so many are ranked
    "waiting": _whole(1),
    "waiting_bytes": _whole(1, 1 << 40),
    "waiting_seconds": _above_0(),
    "checkpoint_seconds": _above_0(),
    "checkpoint_rows": _whole(1, 1 << 62),
    "keep": _whole(1),
    "poll_rows": _whole(1, 1_000_000),  # so many messages are in memory at once
    "metrics_every": _whole(1, 1 << 62),
    "commit_seconds": _above_0(),
    "discover_seconds": _above_0(),
    "progress_seconds": Range("a finite number of seconds, 0 for none", lambda seconds: 0 <= seconds < math.inf),
    "limits.message_bytes": _whole(1, 1 << 30),
    "limits.features": _whole(1),
    "limits.labels": _whole(1),
    "limits.new_features": _whole(0),
    "limits.new_labels": _whole(0),
    "limits.bad_share": Range("a number from 0 to 1", lambda share: 0 <= share <= 1),
    "limits.bad_run": _whole(1),
    "http": Range("host:port, or '' for none", lambda address: not address or host_and_port(address) is not None),
    "log": _one_of("text", "json"),
}
