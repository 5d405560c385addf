"""What one message may bring: the limits, and the names that do not go together."""

from __future__ import annotations

from typing import Any, NamedTuple

from ihomer.daemon.minute import Minute
from ihomer.daemon.names_met import NamesMet
from ihomer.daemon.settings import Limits
from streams.message import Message
from streams.names import Name, shortened
from streams.rows import INFINITE
from streams.vocabulary import INDICATOR

#: Letters of a feature's name (with its category, if it has one); of a label's, which stand in every prediction; of an id.
FEATURE_LETTERS, LABEL_LETTERS, KEY_LETTERS = 10_000, 1_000, 1_000

_NUMBERS = frozenset((float, int))
#: In float32 a number is 0 from this one down.
_ZERO = 2.0**-150


class Refused(ValueError):  # noqa: N818 (nothing failed)
    """A message that must not be learned; `kind` is one of `ihomer.daemon.inbox.KINDS`, `what` says why."""

    def __init__(self, kind: str, what: str) -> None:
        self.kind, self.what = kind, what
        super().__init__(what)


class Admitted(NamedTuple):
    """A message that may be learned.

    Parameters
    ----------
    message
        It, features that are 0 left out unless they stand in a vector.
    features, labels
        How many new names it brings.
    """

    message: Message
    features: int
    labels: int


class Admission:
    """Says of one message after the other whether it may be learned.

    Parameters
    ----------
    limits
        How much it may hold, and bring.
    features, labels
        The names met so far; they do not grow here.
    minute
        What came in this minute of message time; not counted here.

    Examples
    --------
    >>> from streams.message import decode
    >>> features, labels = NamesMet(1_000), NamesMet(1_000)
    >>> admission = Admission(Limits(features=2), features, labels, Minute(10, 10))
    >>> admission.check(decode(b'{"x": {"a": 1, "b": 0, "c": "red"}, "y": ["l"]}'), 0)
    Admitted(message=Message(x={'a': 1, 'c': 'red'}, y=['l'], key=None, time=nan), features=2, labels=1)
    >>> admission.check(decode(b'{"x": {"a": 1, "a=b": 2, "c": "red"}}'), 0)
    Traceback (most recent call last):
    ihomer.daemon.admission.Refused: $.x: found 3 features, expected at most 2
    """

    def __init__(self, limits: Limits, features: NamesMet, labels: NamesMet, minute: Minute) -> None:
        self._limits, self._features, self._labels, self._minute = limits, features, labels, minute

    def check(self, message: Message, width: int | None) -> Admitted:
        """Return what is to be learned of a message.

        Parameters
        ----------
        message
            It, with the types that `streams.message.decode` allows.
        width
            How long vectors are, 0 if x is an object, None before the first instance.

        Raises
        ------
        Refused
            If it must not be learned.
        """
        x, y, key, _ = message
        if isinstance(key, str) and len(key) > KEY_LETTERS:
            raise Refused("long name", f"$.id: found {len(key):,} letters, expected at most {KEY_LETTERS:,}")
        n_features = 0
        if isinstance(x, list):
            self._few("features", len(x))
            n_features = len(x) if width is None else 0
        else:
            x, n_features = self._object(x)
        n_labels = self._new_labels(y)
        why = self._minute.why_not(n_features, n_labels)
        if why:
            raise Refused("new names", f"found {why}")
        return Admitted(message._replace(x=x), n_features, n_labels)

    def _few(self, kind: str, n: int) -> None:
        most: int = getattr(self._limits, kind)
        if n > most:
            raise Refused(kind, f"$.{'x' if kind == 'features' else 'y'}: found {n:,} {kind}, expected at most {most:,}")

    def _object(self, x: dict[str, Any]) -> tuple[dict[str, Any], int]:
        """Return the features that are not 0, and how many columns are new."""
        met, vocabulary = self._features, self._features.vocabulary
        ids, nominal = vocabulary.ids, vocabulary.nominal
        if not nominal and _all_numbers(x):
            self._few("features", len(x))
            unmet: list[tuple[str, str | None]] = [(name, None) for name in x if name not in ids]
            return x, self._new_features(unmet) if unmet else 0
        kept: dict[str, Any] = {}
        new: list[tuple[str, str | None]] = []
        size = 0
        for name, value in x.items():
            if type(value) is str:
                if (name, value) not in vocabulary.category_ids:
                    new.append((name, value))
            elif value is None:
                size += met.columns(name) - 1
                if name not in ids and not vocabulary.indicators(name):
                    new.append((name, None))
                elif nominal and name in ids and vocabulary.kind(ids[name]) == INDICATOR:
                    self._refuse_clash(name, None)
            else:
                if -_ZERO <= value <= _ZERO:
                    continue
                if not -INFINITE < value < INFINITE:
                    raise Refused("instance", f"{_at(name)}: found {shortened(value)}, expected a number that fits float32")
                if name not in ids:
                    new.append((name, None))
                elif nominal and vocabulary.kind(ids[name]) == INDICATOR:
                    self._refuse_clash(name, None)
            kept[name] = value
        self._few("features", size + len(kept))
        return kept, self._new_features(new) if new else 0

    def _new_features(self, columns: list[tuple[str, str | None]]) -> int:
        """Return how many of some columns that the vocabulary does not hold are new."""
        met, texts, n = self._features, set(), 0
        for name, category in columns:
            text = name if category is None else f"{name}={category}"
            if len(text) > FEATURE_LETTERS:
                what = f"{_at(name)}: found a name of {len(text):,} letters, expected at most {FEATURE_LETTERS:,}"
                raise Refused("long name", what)
            if text in texts or met.clashes(name, category):
                self._refuse_clash(name, category)
            texts.add(text)
            n += met.is_new(name, category)
        return n

    def _refuse_clash(self, name: str, category: str | None) -> None:
        what = "a number" if category is None else f"category {shortened(category)}"
        column = shortened(name if category is None else f"{name}={category}")
        raise Refused("clash", f"{_at(name)}: found {what}, but {column} is the name of another feature: rename one of them")

    def _new_labels(self, y: list[Name] | dict[str, bool | None] | None) -> int:
        """Return how many labels are new."""
        if not y:
            return 0
        names = set(y) if isinstance(y, list) else {name for name, holds in y.items() if holds is not None}
        self._few("labels", len(names))
        new = names.difference(self._labels.vocabulary.ids)
        longest = max((len(str(name)) for name in new), default=0)
        if longest > LABEL_LETTERS:
            raise Refused("long name", f"$.y: found a label of {longest:,} letters, expected at most {LABEL_LETTERS:,}")
        return sum(map(self._labels.is_new, new))


def _all_numbers(x: dict[str, Any]) -> bool:
    """Return whether all features are numbers that are neither 0 nor too large: the common row, told without a look at each."""
    values = x.values()
    if not x or not _NUMBERS.issuperset(map(type, values)):
        return False
    sizes = [*map(abs, values)]
    return bool(min(sizes) > _ZERO and max(sizes) < INFINITE)


def _at(name: str) -> str:
    return f"$.x.{name}"[:150]
