"""The learners of a comparison, by what was written for them."""

from __future__ import annotations

import hashlib
import importlib.util
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

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
        What `make_model` takes.
    seeded
        Whether a seed makes a difference.
    code
        Digest of the file that it comes from, if it is not of the catalogue.
    """

    name: str
    spec: str
    seeded: bool
    code: str = ""


def contestants(specs: Iterable[str]) -> list[Contestant]:
    """Return the learners of some specs, in their order; words of `GROUPS` stand for several.

    Raises
    ------
    UnknownModelError
        If there is no such learner.
    ValueError
        If there is none at all, or one comes twice.

    Examples
    --------
    >>> [one.name for one in contestants(["trivial", "nb"])]
    ['no-change', 'majority-set', 'label-prior', 'nb']
    """
    wanted = [name for spec in specs for name in _expanded(spec.strip()) if name]
    if not wanted:
        raise ValueError(f"there is no learner to compare; known: {', '.join((*GROUPS, *CATALOGUE))}")
    twice = next((spec for spec in wanted if wanted.count(spec) > 1), None)
    if twice is not None:
        raise ValueError(f"a learner comes twice: {twice}")
    found = [_contestant(spec) for spec in wanted]
    names = [one.name for one in found]
    return [
        one if names.count(one.name) == 1 else Contestant(one.spec, one.spec, one.seeded, one.code) for one in found
    ]


def _expanded(spec: str) -> list[str]:
    if spec in GROUPS:
        return [name for name, learner in CATALOGUE.items() if spec in ("all", learner.family)]
    return [spec]


def _contestant(spec: str) -> Contestant:
    try:
        model, name = make_model(spec)
    except UnknownModelError:
        if spec not in CATALOGUE:
            raise
        return Contestant(spec, spec, seeded=False)  # what it needs is not installed: its cells will say so
    return Contestant(name, spec, _is_seeded(model), "" if spec in CATALOGUE else _code(spec))


def _is_seeded(model: Any) -> bool:
    return hasattr(model, "seed")


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
