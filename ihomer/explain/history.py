"""Evidence of the experts that look at no feature: what the label did before."""

from __future__ import annotations

from ihomer.explain.case import Case
from ihomer.explain.parts import Facts, Number
from ihomer.kernels.history import BEYOND, COMPLETE, FAST, HELD, LAST, MASS, REPEATED, SLOW
from ihomer.learners.history import LabelHistory
from ihomer.learners.label_prior import LabelPrior


def of_history(expert: LabelHistory, case: Case) -> tuple[Facts]:
    """Return the last truth of the label, how often it held, lately and ever, and after a row like the last."""
    k = case.label
    counts, faded = expert.counts[:, k].tolist(), expert.faded[:, k].tolist()
    known = float(expert.rows[COMPLETE]) + counts[BEYOND]
    held, last = counts[HELD], faded[LAST] > 0
    after_held = max(held - faded[LAST], 0.0)
    hits, tries = (counts[REPEATED], after_held) if last else (held - counts[REPEATED], known - after_held)
    prior = (held + 0.5) / (known + 1)
    return (
        Facts(
            "what the label did before (counts are halved in time)",
            (
                Number("last known truth (1: it held)", float(last)),
                Number("rows after such a truth", tries),
                Number("of them with it", hits),
                Number("rows with it", held),
                Number("rows in which it was known", known),
                Number("share of rows with it", prior),
                Number("share lately (.8 stays from row to row)", faded[FAST]),
                Number("share lately (.97 stays)", faded[SLOW] / faded[MASS] if faded[MASS] > 0 else None),
            ),
        ),
    )


def of_prior(expert: LabelPrior, case: Case) -> tuple[Facts]:
    """Return in how many rows the label held."""
    held, known = float(expert.held[case.label]), float(expert.known()[case.label])
    return (
        Facts(
            "how often the label held (counts are halved in time)",
            (
                Number("rows with it", held),
                Number("rows in which it was known", known),
                Number("share of rows with it", (held + 0.5) / (known + 1)),
            ),
        ),
    )
