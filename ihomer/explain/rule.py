"""What decides whether a label is predicted, in words."""

from __future__ import annotations

from ihomer.decision.choice import Choice
from ihomer.decision.example_f1 import ExampleF1
from ihomer.decision.macro_f1 import MacroF1
from ihomer.decision.subset_accuracy import SeenSets
from ihomer.decision.threshold import Decision, F1Threshold, FixedThreshold
from ihomer.explain.parts import Rule
from ihomer.kernels.decide import HITS, LEAST, MASS
from ihomer.kernels.decide_choice import ROWS, chosen_rule

_OR_BEST = "; where label sets are hardly ever empty and none is above, the best label"


def rule_of(decision: Decision, label: int) -> Rule:
    """Return what decides for a label, by its id.

    Examples
    --------
    >>> rule_of(FixedThreshold(0.5), 0)
    Rule(name='FixedThreshold', what='labels with a probability above the threshold', threshold=0.5)
    """
    name = type(decision).__name__
    if isinstance(decision, Choice):
        return rule_of(decision.rules[int(chosen_rule(decision.hits, decision.mass, decision.totals[ROWS]))], label)
    if isinstance(decision, FixedThreshold):
        return Rule(name, "labels with a probability above the threshold", decision.threshold)
    if isinstance(decision, F1Threshold):
        threshold = max(LEAST, float(decision.numbers[HITS] / decision.numbers[MASS]))
        return Rule(name, f"labels with a probability above half of the best micro-F1{_OR_BEST}", threshold)
    if isinstance(decision, MacroF1):
        threshold = max(LEAST, float(decision.hits[label] / decision.mass[label]))
        return Rule(name, f"labels with a probability above half of their own best F1{_OR_BEST}", threshold)
    if isinstance(decision, ExampleF1):
        return Rule(name, "the label set with the largest expected F1, so what is said of other labels counts too")
    if isinstance(decision, SeenSets):
        return Rule(name, "the likeliest of the label sets seen before, and of that of all labels above .5")
    return Rule(name, "the rule that was given")
