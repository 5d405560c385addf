"""All that is wrong with settings: each by itself, then those that contradict each other."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

from ihomer.daemon.problems import Problem, SettingsError
from ihomer.daemon.ranges import RANGES, is_topic
from ihomer.daemon.secrecy import MASK, masked
from ihomer.daemon.setting import Setting, settings_of

if TYPE_CHECKING:
    from ihomer.daemon.settings import Settings
    from streams.kafka.settings import ClusterSettings

#: Clients let a transaction be open for a minute, then the broker ends it: half of that leaves room for slow moments.
_LONGEST_TRANSACTION = 30.0
#: So much of a wrong value is shown.
_SHOWN = 200


def problems(settings: Settings) -> list[Problem]:
    """Return all that is wrong with `settings`.

    What is said of several settings together is looked at if each of them is right by itself.
    """
    found = _by_themselves(settings_of(type(settings)), lambda setting: setting.of(settings))
    return found + _contradictions(_CLUSTER_RULES, settings.cluster, found) + _contradictions(_RULES, settings, found)


def checked_cluster(cluster: ClusterSettings) -> ClusterSettings:
    """Return `cluster`; a SettingsError with all that is wrong with it, if anything is.

    Examples
    --------
    >>> from streams.kafka.settings import ClusterSettings
    >>> checked_cluster(ClusterSettings("localhost", patience=0))
    Traceback (most recent call last):
    ihomer.daemon.problems.SettingsError: cluster.bootstrap: found 'localhost', expected host:port, several separated by commas
    cluster.patience: found 0, expected a finite number of seconds above 0
    """
    parts = settings_of(type(cluster), "cluster.")
    found = _by_themselves(parts, lambda setting: getattr(cluster, setting.name.removeprefix("cluster.")))
    found += _contradictions(_CLUSTER_RULES, cluster, found)
    if found:
        raise SettingsError(found)
    return cluster


def as_found(setting: Setting, value: object) -> str:
    """Return how a value is shown in an error: no secrets, not endless."""
    text = MASK if setting.secret and value else masked(repr(value))
    return text if len(text) <= _SHOWN else text[:_SHOWN] + "…"


def _by_themselves(settings: Sequence[Setting], value_of: Callable[[Setting], Any]) -> list[Problem]:
    found = []
    for setting in settings:
        value, expected = value_of(setting), RANGES[setting.name]
        if value is None and setting.optional:
            continue
        try:
            right = expected.holds(setting.kind.of_value(value))
        except ValueError:
            right = False
        if not right:
            found.append(Problem(setting.name, as_found(setting, value), expected.expected or setting.kind.what))
    return found


#: The settings that are looked at, and what finds a contradiction among them.
_Rule = tuple[tuple[str, ...], Callable[[Any], Iterator[Problem]]]


def _contradictions(rules: Sequence[_Rule], settings: object, found: Sequence[Problem]) -> list[Problem]:
    wrong = {problem.setting for problem in found}
    return [problem for names, rule in rules if wrong.isdisjoint(names) for problem in rule(settings)]


def _sasl(cluster: ClusterSettings) -> Iterator[Problem]:
    uses = cluster.security.startswith("SASL_")
    for name, value in (("username", cluster.username), ("password", cluster.password)):
        if uses and value is None:
            yield Problem(f"cluster.{name}", "nothing", f"a {name}, since cluster.security is {cluster.security!r}")
        elif value is not None and not uses:
            found = MASK if name == "password" else repr(value)
            expected = f"nothing, or a cluster.security that uses it (found {cluster.security!r})"
            yield Problem(f"cluster.{name}", found, expected)


def _tls(cluster: ClusterSettings) -> Iterator[Problem]:
    files = {"ca_file": cluster.ca_file, "cert_file": cluster.cert_file, "key_file": cluster.key_file}
    if not cluster.security.endswith("SSL"):
        for name, value in files.items():
            if value is not None:
                expected = f"nothing, or a cluster.security that uses it (found {cluster.security!r})"
                yield Problem(f"cluster.{name}", repr(value), expected)
    elif cluster.key_file is not None and cluster.cert_file is None:
        yield Problem("cluster.cert_file", "nothing", "the certificate of cluster.key_file")


def _partitions(settings: Settings) -> Iterator[Problem]:
    if settings.assignment == "subscribe" and settings.partitions is not None:
        expected = "nothing, since with assignment 'subscribe' the group divides them"
        yield Problem("partitions", repr(settings.partitions), expected)


def _sizes(settings: Settings) -> Iterator[Problem]:
    most = settings.cluster.max_message_bytes
    if settings.limits.message_bytes > most:
        expected = f"at most cluster.max_message_bytes, {most}"
        yield Problem("limits.message_bytes", repr(settings.limits.message_bytes), expected)


def _transactions(settings: Settings) -> Iterator[Problem]:
    if settings.transactions and settings.predictions_topic == "":
        yield Problem("predictions_topic", "''", "a topic, since transactions are about what is sent there")
    if settings.transactions and settings.commit_seconds > _LONGEST_TRANSACTION:
        expected = f"at most {_LONGEST_TRANSACTION:g} with transactions: the broker ends those that are open for long"
        yield Problem("commit_seconds", repr(settings.commit_seconds), expected)


def _shared_transactions(settings: Settings) -> Iterator[Problem]:
    # Transactions commit offsets before a checkpoint has them, and who joins a group takes what is committed to be read by others.
    if settings.assignment == "subscribe" and settings.transactions:
        expected = "False, since with assignment 'subscribe' offsets are committed with checkpoints only"
        yield Problem("transactions", "True", expected)


def _topics(settings: Settings) -> Iterator[Problem]:
    """Find topics that are the same, or that a broker cannot tell apart, and derived names that are too long."""
    seen: dict[str, str] = {}
    for field, name in zip(("topic", *_OTHERS), settings.topics, strict=True):
        if not name:
            continue
        if not is_topic(name):
            yield Problem(field, repr(name), "a topic's name of at most 249 characters: say another one")
        # In the names of a broker's own metrics "." is "_": of two topics that differ in that alone it refuses the second.
        plain = name.replace(".", "_")
        if plain in seen:
            expected = f"a topic of its own: {seen[plain]} has that name, or one that differs in '.' and '_' alone"
            yield Problem(field, repr(name), expected)
        seen.setdefault(plain, field)


_OTHERS = ("labels_topic", "predictions_topic", "metrics_topic", "events_topic", "dead_letter_topic")
_FILES = ("cluster.ca_file", "cluster.cert_file", "cluster.key_file")

_CLUSTER_RULES: tuple[_Rule, ...] = (
    (("cluster.security", "cluster.username", "cluster.password"), _sasl),
    (("cluster.security", *_FILES), _tls),
)
_RULES: tuple[_Rule, ...] = (
    (("assignment", "partitions"), _partitions),
    (("limits.message_bytes", "cluster.max_message_bytes"), _sizes),
    (("transactions", "predictions_topic", "commit_seconds"), _transactions),
    (("transactions", "assignment"), _shared_transactions),
    (("topic", *_OTHERS), _topics),
)
