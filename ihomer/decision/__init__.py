"""Scores to label sets."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ihomer.decision.threshold import Decision


def make_decision(how: str | float) -> Decision:
    """Return the decision that a parameter `decision` names: "f1", or a fixed threshold between 0 and 1.

    Raises
    ------
    ValueError
        If it names none.
    """
    from ihomer.decision.threshold import F1Threshold, FixedThreshold

    if how == "f1":
        return F1Threshold()
    if isinstance(how, (int, float)) and not isinstance(how, bool) and 0 <= how <= 1:
        return FixedThreshold(float(how))
    raise ValueError(f'decision must be "f1" or a threshold between 0 and 1, found {how!r}')
