"""Explanation: why a model gave one label of one instance its probability; to print, and to and from JSON."""

from __future__ import annotations

import json
from dataclasses import dataclass

from ihomer.explain.parts import Cluster, Expert, Rule
from streams.names import Name


@dataclass(frozen=True, slots=True, repr=False)
class Explanation:
    """Why a label got its probability: `print` it, look into it, or take it as JSON.

    Parameters
    ----------
    label
        The label.
    probability
        What the model says, as `predict_proba_one` does.
    predicted, rule
        Whether the label is in the predicted set, and what decides that.
    logit
        The sum of all experts' parts. The probability is 1 / (1 + exp(-logit)) with the logit cut at +-7 (within 1e-4:
        the model adds up in float32). Where there is no stack (preset "paper" or "none") the log-odds of the probability,
        cut at 1e-6, are the one expert's part.
    experts
        What each adds to the logit, the most first, and on what evidence. While a young mixture learns beside an old one
        after a change, these two are the experts, and their own experts their evidence.
    cluster
        The labels that belong together with it.
    instances
        How many instances the model had learned.
    unknown, n_unknown
        Names of (at most k) features that the model has not met yet, which no expert knows anything of; how many there are.
    """

    label: Name
    probability: float
    predicted: bool
    rule: Rule
    logit: float
    experts: tuple[Expert, ...]
    cluster: Cluster
    instances: int
    unknown: tuple[Name, ...] = ()
    n_unknown: int = 0

    def expert(self, name: str) -> Expert:
        """Return the expert of that name.

        Raises
        ------
        KeyError
            If there is none.
        """
        found = next((expert for expert in self.experts if expert.name == name), None)
        if found is None:
            there = ", ".join(repr(expert.name) for expert in self.experts)
            raise KeyError(f"there is no expert {name!r}; there are {there}")
        return found

    def text(self, width: int = 100) -> str:
        """Return it for reading, no line longer than `width` (at least 60) characters."""
        from ihomer.explain.text import text

        return text(self, width)

    def __str__(self) -> str:
        return self.text()

    def __repr__(self) -> str:
        said = "predicted" if self.predicted else "not predicted"
        return f"<Explanation of {self.label!r}: {self.probability:.3f}, {said}; print it>"

    def to_json(self) -> str:
        """Return it as JSON: an object for every part, whose "kind" is the part's class."""
        from ihomer.explain.coding import plain

        return json.dumps(plain(self), allow_nan=False, ensure_ascii=False)

    @classmethod
    def from_json(cls, text: str) -> Explanation:
        """Return the explanation that `to_json` was taken of.

        Raises
        ------
        ValueError
            If it is no such JSON.
        """
        from ihomer.explain.coding import revived

        try:
            found = revived(json.loads(text))
        except (KeyError, TypeError) as error:
            raise ValueError(f"this is not the JSON of an explanation: {error}") from error
        if isinstance(found, cls):
            return found
        raise ValueError(f"this is the JSON of a {type(found).__name__}, expected that of an Explanation")
