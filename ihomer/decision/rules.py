"""The rules by name: one for every target, and choices among rules where choosing measured better."""

from __future__ import annotations

from collections.abc import Callable

from ihomer.decision.choice import Choice
from ihomer.decision.example_f1 import ExampleF1
from ihomer.decision.macro_f1 import MacroF1
from ihomer.decision.subset_accuracy import SeenSets
from ihomer.decision.threshold import Decision, F1Threshold, FixedThreshold


def _half() -> Decision:
    # With calibrated probabilities no other threshold has a smaller Hamming loss; one that followed the loss measured
    # no better.
    return FixedThreshold(0.5)


#: name -> rule that knows nothing yet. "auto_..." costs the rule and `SeenSets`, which is followed where it leads: it
#: gains where experts are weak and streams sorted by label set, and nothing (at most .001 either way) where they are
#: good. For subset accuracy `SeenSets` is the rule, and no choice among others measured better.
RULES: dict[str, Callable[[], Decision]] = {
    "micro_f1": F1Threshold,
    "macro_f1": MacroF1,
    "example_f1": ExampleF1,
    "subset_accuracy": SeenSets,
    "hamming": _half,
    "auto_micro_f1": lambda: Choice([F1Threshold(), SeenSets()], "micro_f1"),
    "auto_macro_f1": lambda: Choice([MacroF1(), SeenSets()], "macro_f1"),
    "auto_example_f1": lambda: Choice([ExampleF1(), SeenSets()], "example_f1"),
    "auto_hamming": lambda: Choice([_half(), SeenSets()], "hamming"),
    "f1": F1Threshold,  # an older name
}
