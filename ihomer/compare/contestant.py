"""The learners of a comparison, by what was written for them or as they were given."""

from __future__ import annotations

import hashlib
import importlib.util
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from ihomer.compare.objects import packed, place_of, takes_seed, unpacked
from ihomer.evaluation.catalogue import UnknownModelError, make_model
from ihomer.evaluation.learners import CATALOGUE

#: Words for several learners of the catalogue: all of them, or a family.
GROUPS = ("all", "ours", "global", "local", "trivial")


@dataclass(frozen=True, slots=True)
class Contestant:
    """A learner as it is asked for.

    Parameters
    ----------
    name
        As reports call it; no two of a comparison are alike.
    spec
        What `make_model` takes; of a model that was given as an object the place of its class.
    seeded
        Whether it takes a seed.
    code
        Digest of the file that it comes from, if it is not of the catalogue; of an object that of all it is made of.
    model
        The untrained object as text, see `ihomer.compare.objects`; "" if there is none.
    """

    name: str
    spec: str
    seeded: bool
    code: str = ""
    model: str = ""

    def make(self, seed: int | None) -> Any:
        """Return the learner, untrained.

        Raises
        ------
        UnknownModelError
            If it cannot be made of its spec.
        """
        return unpacked(self.model, seed) if self.model else make_model(self.spec, seed=seed)[0]


def contestants(models: Iterable[Any] | Mapping[str, Any]) -> list[Contestant]:
    """Return the learners of some specs and models, in their order; words of `GROUPS` stand for several.

    Parameters
    ----------
    models
        Specs as `make_model` takes them, and models; or name -> one of these.

    Raises
    ------
    UnknownModelError
        If there is no such learner.
    ValueError
        If there is none at all, one comes twice, or two have the same name.
    TypeError
        If something is neither text nor a model that can be copied.

    Examples
    --------
    >>> [one.name for one in contestants(["trivial", "nb"])]
    ['no-change', 'majority-set', 'label-prior', 'nb']
    >>> from ihomer import IHOMER
    >>> [one.name for one in contestants({"ours": IHOMER(), "ours, fast": IHOMER(preset="fast")})]
    ['ours', 'ours, fast']
    """
    named = models.items() if isinstance(models, Mapping) else [("", model) for model in models]
    wanted = [(str(name), one) for name, model in named for one in _expanded(name, model)]
    if not wanted:
        raise ValueError(f"there is no learner to compare; known: {', '.join((*GROUPS, *CATALOGUE))}")
    specs = [one for name, one in wanted if isinstance(one, str) and not name]
    twice = next((spec for spec in specs if specs.count(spec) > 1), None)
    if twice is not None:
        raise ValueError(f"a learner comes twice: {twice}")
    found = [_contestant(name, one) for name, one in wanted]
    names = [one.name for one in found]
    found = [
        one if names.count(one.name) == 1 or one.model or wish else replace(one, name=one.spec)
        for one, (wish, _) in zip(found, wanted, strict=True)
    ]
    names = [one.name for one in found]
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice is not None:
        raise ValueError(f"two learners are called {twice}: give a mapping, name -> model")
    return found


def _expanded(name: str, model: Any) -> list[Any]:
    if not isinstance(model, str):
        return [model]
    spec = model.strip()
    if spec in GROUPS and not name:
        return [one for one, learner in CATALOGUE.items() if spec in ("all", learner.family)]
    return [spec] if spec else []


def _contestant(wish: str, model: Any) -> Contestant:
    if not isinstance(model, str):
        text, digest = packed(model)
        return Contestant(wish or type(model).__name__, place_of(model), takes_seed(model), digest, text)
    spec = model
    try:
        made, name = make_model(spec)
    except UnknownModelError:
        if spec not in CATALOGUE:
            raise
        return Contestant(wish or spec, spec, seeded=False)  # what it needs is not installed: its cells will say so
    return Contestant(wish or name, spec, hasattr(made, "seed"), "" if spec in CATALOGUE else _code(spec))


def _code(spec: str) -> str:
    """Return the digest of the file behind a spec: a TOML file, or a module."""
    path: Path | None = Path(spec)
    if not spec.endswith(".toml"):
        module = spec.partition(":")[0]
        known = sys.modules.get(module)
        found = importlib.util.find_spec(module) if known is None else known.__spec__
        path = Path(found.origin) if found is not None and found.origin else None
    if path is None or not path.is_file():
        return ""
    return hashlib.blake2b(path.read_bytes(), digest_size=16).hexdigest()
