"""The learners that have a name, as text for people."""

from __future__ import annotations

import inspect

from ihomer.evaluation.catalogue import found_learner
from ihomer.evaluation.learners import CATALOGUE


def learner_list() -> str:
    """Return a line for every learner: name, family, what it is, source.

    Examples
    --------
    >>> print(learner_list().splitlines()[0])
    ihomer           ours     the default: balanced (Neves et al. 2025)
    """
    return "\n".join(
        f"{name:<16} {learner.family:<8} {learner.what} ({learner.source})"
        + (f", extra: {learner.extra}" if learner.extra else "")
        for name, learner in CATALOGUE.items()
    )


def learner_text(name: str) -> str:
    """Return all about one learner: its docstring, and its parameters as `--set` takes them.

    Raises
    ------
    ihomer.evaluation.catalogue.UnknownModelError
        If there is no learner of that name.

    Examples
    --------
    >>> print(learner_text("knn").splitlines()[0])
    knn  local  5 nearest of the last 200 rows (Aha et al. 1991)
    """
    learner, factory = found_learner(name)
    defaults = {
        key: parameter.default
        for key, parameter in inspect.signature(factory).parameters.items()
        if isinstance(parameter.default, (bool, int, float, str, type(None)))
    }
    told = " ".join(f"--set {key}={value}" for key, value in {**defaults, **learner.parameters}.items() if key != "seed")
    head = f"{name}  {learner.family}  {learner.what} ({learner.source})"
    return f"{head}\n\n{inspect.getdoc(factory)}\n\n{told or 'no parameters'}"
