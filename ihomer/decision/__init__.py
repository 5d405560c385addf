"""Scores to label sets."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ihomer.decision.threshold import Decision


def make_decision(how: str | float) -> Decision:
    """Return the decision that a parameter `decision` or `target` names.

    Parameters
    ----------
    how
        A fixed threshold between 0 and 1; or a target, for the rule made for it: "micro_f1" (also "f1"), "macro_f1",
        "example_f1", "subset_accuracy", "hamming"; or "auto_" before a target other than subset accuracy: that rule
        or the likeliest seen label set, chosen online (`ihomer.decision.rules`).

    Raises
    ------
    ValueError
        If it names none.

    Examples
    --------
    >>> from ihomer.decision import make_decision
    >>> make_decision("example_f1").__class__.__name__, make_decision(0.3).threshold
    ('ExampleF1', 0.3)
    >>> make_decision("accuracy")
    Traceback (most recent call last):
    ValueError: decision must be a threshold between 0 and 1, 'micro_f1', 'macro_f1', 'example_f1', 'subset_accuracy',
    'hamming', 'auto_micro_f1', 'auto_macro_f1', 'auto_example_f1', 'auto_hamming' or 'f1', found 'accuracy'
    """
    from ihomer.decision.rules import RULES
    from ihomer.decision.threshold import FixedThreshold

    if isinstance(how, (int, float)) and not isinstance(how, bool) and 0 <= how <= 1:
        return FixedThreshold(float(how))
    if isinstance(how, str) and how in RULES:
        return RULES[how]()
    *names, last = map(repr, RULES)
    raise ValueError(f"decision must be a threshold between 0 and 1, {', '.join(names)} or {last}, found {how!r}")


def looks_at_places(decision: Decision) -> bool:
    """Return whether a decision keeps nothing of any one label: only then it can decide by places among the best.

    Examples
    --------
    >>> looks_at_places(make_decision("example_f1")), looks_at_places(make_decision("macro_f1"))
    (True, False)
    """
    from ihomer.decision.example_f1 import ExampleF1
    from ihomer.decision.threshold import F1Threshold, FixedThreshold

    return isinstance(decision, (ExampleF1, F1Threshold, FixedThreshold))
