"""The definitions of labels that come late, in part, or not at all, row by row in plain Python."""

from __future__ import annotations

from typing import Any

_STEP, _ALL = 0x9E3779B97F4A7C15, (1 << 64) - 1


class LateTwin:
    """What `predict_one(x, key=...)` and `learn_later(key, y)` mean, over a model that is only asked and taught now.

    A row is remembered as it was given. When labels come, the model learns the row and what of them is new.
    """

    def __init__(self, model: Any, size: int) -> None:
        self.model, self.size = model, size
        self.rows: dict[Any, tuple[dict[Any, Any], dict[Any, bool]]] = {}  # key -> row, what was taught of it
        self.begun: set[Any] = set()  # the keys of which something came
        self.expired = 0

    def predict(self, x: dict[Any, Any], key: Any) -> Any:
        if key in self.rows and self.rows[key][0] != x:
            del self.rows[key]
            self.begun.discard(key)
            self.expired += 1
        self.rows.setdefault(key, (dict(x), {}))
        if len(self.rows) > self.size:
            oldest = next(iter(self.rows))
            del self.rows[oldest]
            self.begun.discard(oldest)
            self.expired += 1
        return self.model.predict_set_one(x)

    def learn_later(self, key: Any, y: Any) -> None:
        x, taught = self.rows[key]
        told = {label: truth for label, truth in y.items() if truth is not None} if isinstance(y, dict) else {}
        if isinstance(y, (set, frozenset)):
            told = {label: label in y for label in {*self.model.labels, *y, *taught}}
        if any(told.get(label, truth) != truth for label, truth in taught.items()):
            raise ValueError("contradiction")
        left = {label: truth for label, truth in told.items() if label not in taught}
        if y is None or key not in self.begun:
            self.model.learn_one(x, y)
        elif left:
            self.model.learn_one(x, left)
        self.begun.add(key)
        taught.update(left)
        if not isinstance(y, dict) or (taught and all(label in taught for label in self.model.labels)):
            del self.rows[key]
            self.begun.remove(key)


def _mixed(z: int) -> int:
    z = ((z ^ z >> 30) * 0xBF58476D1CE4E5B9) & _ALL
    z = ((z ^ z >> 27) * 0x94D049BB133111EB) & _ALL
    return z ^ z >> 31


def chance(seed: int, row: int, label: int) -> float:
    """The number in 0..1 that is drawn for a label (by id) of a row, or (-1) for the row."""
    key = _mixed(_mixed(seed + _STEP & _ALL) + row * _STEP & _ALL)
    return (_mixed(key + (label + 2) * _STEP & _ALL) >> 11) / 2**53


def revealed(truths: list[Any], ids: dict[Any, int], fraction: float, partial: float, seed: int) -> list[Any]:
    """What a learner is told of each row's labels: a set, a dict, or None."""
    told: list[Any] = []
    space: set[Any] = set()  # the labels revealed so far
    for row, y in enumerate(truths):
        if y is None or chance(seed, row, -1) >= fraction:
            told.append(None)
        elif isinstance(y, set) and partial == 1:
            told.append(y)
        else:
            truth = {label: label in y for label in space | y} if isinstance(y, set) else y
            part = {label: held for label, held in truth.items() if chance(seed, row, ids[label]) < partial}
            space |= part.keys()
            told.append(part)
    return told


def late(model: Any, rows: list[tuple[dict[Any, Any], Any]], told: list[Any], delay: int) -> list[frozenset[Any]]:
    """The sets predicted by a model that gets the labels of row i when row i + delay was predicted."""
    answers = []
    for i, (x, _) in enumerate(rows):
        answers.append(model.predict_set_one(x))
        if i >= delay:
            model.learn_one(rows[i - delay][0], told[i - delay])
    for (x, _), y in list(zip(rows, told, strict=True))[max(0, len(rows) - delay) :]:
        model.learn_one(x, y)
    return answers
