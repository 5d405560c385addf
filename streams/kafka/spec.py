"""`kafka:TOPIC?parameter=value&...`: a topic, how it is reached and what is read of it, as a line of text."""

from __future__ import annotations

import difflib
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Literal, TypeAlias
from urllib.parse import unquote

from streams.errors import StreamError
from streams.kafka.settings import ClusterSettings
from streams.message import MessageError, seconds

#: Where reading begins: the first record that is kept, the end, an offset, or the first record that is not earlier.
Start: TypeAlias = Literal["earliest", "latest"] | int | datetime

#: parameter -> what it may be, or None for any text: those of a cluster, by the names of `ClusterSettings`.
CLUSTER: dict[str, tuple[str, ...] | type[int | float] | None] = {
    "bootstrap": None,
    "client": ("kafka-python", "confluent"),
    "security": ("PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL"),
    "ca_file": None,
    "cert_file": None,
    "key_file": None,
    "sasl_mechanism": ("PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"),
    "max_message_bytes": int,
    "patience": float,
}

#: field of `ClusterSettings` -> the environment variable it comes from: lines of text end up in logs and histories.
SECRETS = {
    "username": "IHOMER_CLUSTER_USERNAME",
    "password": "IHOMER_CLUSTER_PASSWORD",
    "key_password": "IHOMER_CLUSTER_KEY_PASSWORD",
}

_READING = ("from", "until", "partitions")

#: What a topic may be called, by Kafka's own rule.
_TOPIC = re.compile(r"[A-Za-z0-9._-]{1,249}")
_SERVERS = re.compile(r"[^\s,@/]+:[0-9]+(,[^\s,@/]+:[0-9]+)*")


@dataclass(frozen=True, slots=True)
class TopicSpec:
    """What a spec says.

    Parameters
    ----------
    topic
        Its name.
    cluster
        How it is reached.
    start
        Where reading begins, in each partition.
    endless
        Whether it goes on for ever; else it ends where the topic ends when reading begins.
    partitions
        Which are read; None: all there are.
    """

    topic: str
    cluster: ClusterSettings = field(default_factory=ClusterSettings)
    start: Start = "earliest"
    endless: bool = False
    partitions: tuple[int, ...] | None = None


def parse(spec: str, environment: Mapping[str, str] = os.environ) -> TopicSpec:
    """Return what `spec` says; user name and passwords are taken from `environment`.

    Parameters
    ----------
    spec
        ``kafka:TOPIC`` and perhaps ``?parameter=value&...``: those in `CLUSTER`, named as the fields of
        `ClusterSettings`; ``from``: earliest, latest, an offset (in each partition) or a time in ISO 8601;
        ``until``: end or never; ``partitions``: numbers separated by commas.
    environment
        Where the variables in `SECRETS` stand.

    Raises
    ------
    StreamError
        If it is no such line, a parameter is not known or given twice, or its value is not what it may be. Values
        that could be secrets are not repeated.

    Examples
    --------
    >>> found = parse("kafka:orders?bootstrap=kafka:9092&from=100&partitions=0,2", {})
    >>> found.topic, found.cluster.bootstrap, found.start, found.partitions
    ('orders', 'kafka:9092', 100, (0, 2))
    >>> parse("kafka:orders?bootstap=kafka:9092", {})
    Traceback (most recent call last):
    streams.errors.StreamError: kafka:orders: no parameter 'bootstap'; did you mean 'bootstrap'?
    """
    topic, _, query = spec.removeprefix("kafka:").partition("?")
    name = f"kafka:{topic}"
    try:
        check_topic(topic)
        given = _parameters(query)
        reading = {parameter: given.pop(parameter) for parameter in _READING if parameter in given}
        return TopicSpec(
            topic,
            cluster_settings(given, environment),
            parse_start(reading.get("from", "earliest")),
            _one_of("until", reading.get("until", "end"), ("end", "never")) == "never",
            _numbers(reading["partitions"]) if "partitions" in reading else None,
        )
    except ValueError as error:
        raise StreamError(f"{name}: {error}") from None


def check_topic(topic: str) -> None:
    """Raise ValueError if a topic cannot be called so."""
    if not _TOPIC.fullmatch(topic):
        raise ValueError(f"a topic has 1 to 249 letters, digits, '.', '_' and '-', found {topic[:260]!r}")


def cluster_settings(given: Mapping[str, str], environment: Mapping[str, str] = os.environ) -> ClusterSettings:
    """Return how a cluster is reached.

    Parameters
    ----------
    given
        parameter -> its value as text; the parameters are those of `CLUSTER`.
    environment
        Where the variables in `SECRETS` stand.

    Raises
    ------
    ValueError
        If a parameter is not known, a value is not what it may be, or user and password are missing.

    Examples
    --------
    >>> cluster_settings({"bootstrap": "kafka:9092", "patience": "5"}, {}).patience
    5.0
    """
    values: dict[str, str | int | float] = {}
    for parameter, text in given.items():
        if parameter in SECRETS:
            raise ValueError(f"{parameter} is not given here but in the environment, as {SECRETS[parameter]}")
        if parameter not in CLUSTER:
            near = difflib.get_close_matches(parameter, [*CLUSTER, *_READING], n=2)
            hint = f"; did you mean {' or '.join(map(repr, near))}?" if near else f", expected {', '.join(CLUSTER)}"
            raise ValueError(f"no parameter {parameter!r}{hint}")
        allowed = CLUSTER[parameter]
        if isinstance(allowed, tuple):
            values[parameter] = _one_of(parameter, text, allowed)
        elif allowed is not None:
            values[parameter] = _positive(parameter, text, allowed)
        else:
            values[parameter] = text
    if not _SERVERS.fullmatch(servers := str(values.get("bootstrap", ClusterSettings().bootstrap))):
        # Somebody may have written user:password@host.
        found = f"{servers.rpartition('@')[2]!r} behind an @" if "@" in servers else repr(servers)
        raise ValueError(f"bootstrap must be host:port, found {found}")
    secrets = {name: environment[variable] for name, variable in SECRETS.items() if environment.get(variable)}
    if str(values.get("security", "")).startswith("SASL"):
        for name in ("username", "password"):
            if name not in secrets:
                raise ValueError(f"security={values['security']} needs a {name}: set {SECRETS[name]} in the environment")
    return ClusterSettings(**values, **secrets)  # type: ignore[arg-type]


def parse_start(text: str) -> Start:
    """Return where reading begins: ``earliest``, ``latest``, an offset, or a time in ISO 8601 (UTC if it has no offset).

    Raises
    ------
    ValueError
        If it is none of these.

    Examples
    --------
    >>> parse_start("17"), parse_start("2026-01-31T12:00+01:00").isoformat()
    (17, '2026-01-31T11:00:00+00:00')
    """
    if text == "earliest":
        return "earliest"
    if text == "latest":
        return "latest"
    if text.isascii() and text.isdecimal():
        return int(text)
    try:
        return datetime.fromtimestamp(seconds(text), UTC)
    except (MessageError, ValueError, OverflowError, OSError):
        expected = "earliest, latest, an offset or a time such as 2026-01-31T12:00:00Z"
        raise ValueError(f"from must be {expected}, found {text!r}") from None


def _parameters(query: str) -> dict[str, str]:
    given: dict[str, str] = {}
    for part in query.split("&") if query else ():
        parameter, equals, text = part.partition("=")
        if not equals:
            raise ValueError("after ? comes parameter=value&parameter=value..., found a part without '='")
        if parameter in given:
            raise ValueError(f"parameter {parameter!r} is given twice")
        given[parameter] = unquote(text)  # not of a query's '+': times have one
    return given


def _numbers(text: str) -> tuple[int, ...]:
    parts = text.split(",")
    if not all(part.isascii() and part.isdecimal() for part in parts):
        raise ValueError(f"partitions must be numbers separated by commas, found {text!r}")
    return tuple(sorted(set(map(int, parts))))


def _one_of(parameter: str, text: str, allowed: tuple[str, ...]) -> str:
    if text not in allowed:
        raise ValueError(f"{parameter} must be {' or '.join(allowed)}, found {text!r}")
    return text


def _positive(parameter: str, text: str, kind: type[int | float]) -> int | float:
    try:
        value = kind(text)
    except ValueError:
        value = 0
    if not 0 < value < float("inf"):
        raise ValueError(f"{parameter} must be a {'whole ' if kind is int else ''}number above 0, found {text!r}")
    return value
