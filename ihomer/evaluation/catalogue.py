"""The models that have a name, and how any other is found: a TOML file, or `module:object`."""

from __future__ import annotations

import ast
import difflib
import importlib
import inspect
import os
import sys
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ihomer.evaluation.learners import ALIASES, CATALOGUE, Learner

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping


class UnknownModelError(ValueError):
    """A model, or a parameter of one, that there is not or that it does not take; the message says what there is."""


def make_model(spec: str, settings: Mapping[str, object] | None = None, seed: int | None = None) -> tuple[Any, str]:
    """Return the model that `spec` names, and what to call it in a report.

    Parameters
    ----------
    spec
        A name of `ihomer.evaluation.learners.CATALOGUE`; the path of a TOML file with `model = "..."` and a table
        `[parameters]`, where a parameter that is a model is a table of its own (`[parameters.learner]`: `model =
        "..."`, all other keys are its parameters); or `module:object`, a class, a function that returns a model, or a
        model (whose clone is used).
    settings
        Parameters; they come before those of the file and of the catalogue.
    seed
        Given as parameter `seed` to a model that has one, unless `settings` do.

    Raises
    ------
    UnknownModelError
        If there is no such model, it cannot be imported, it has no such parameter or does not take its value.

    Examples
    --------
    >>> model, name = make_model("river.multioutput:MultiClassEncoder", {"model": None})
    >>> type(model).__name__, name
    ('MultiClassEncoder', 'MultiClassEncoder')
    >>> make_model("ihomr")  # doctest: +ELLIPSIS
    Traceback (most recent call last):
    ihomer.evaluation.catalogue.UnknownModelError: there is no model 'ihomr'; did you mean 'ihomer'?
    known: abalr, abolr, ...; or a .toml file, or module:object
    """
    settings = dict(settings or {})
    name = spec
    if spec.endswith(".toml"):
        name = Path(spec).stem
        spec, parameters = _read_toml(Path(spec))
        settings = parameters | settings
    if ":" in spec:
        factory = _find(spec)
        name = name if name != spec else spec.rpartition(":")[2].rpartition(".")[2]
    else:
        learner, factory = found_learner(spec)
        settings = {**learner.parameters, **settings}
    if not callable(factory):
        return _changed(factory, settings, seed), name
    return _made(factory, spec, settings, seed), name


def found_learner(name: str) -> tuple[Learner, Callable[..., Any]]:
    """Return the entry of `CATALOGUE` that a name or an alias stands for, and what makes the learner.

    Raises
    ------
    UnknownModelError
        If there is none.
    """
    learner = CATALOGUE.get(ALIASES.get(name, name))
    if learner is None:
        raise UnknownModelError(_unknown(name))
    return learner, _find(learner.factory)


def parse_setting(text: str) -> tuple[str, object]:
    """Return key and value of `key=value`; the value as Python would read it, true, false and null too, else text.

    Raises
    ------
    ValueError
        If there is no key.

    Examples
    --------
    >>> [parse_setting(text) for text in ("delta=1e-5", "fast=true", "preset=none", "learner=None")]
    [('delta', 1e-05), ('fast', True), ('preset', 'none'), ('learner', None)]
    """
    key, equals, value = text.partition("=")
    key, value = key.strip(), value.strip()
    if not equals or not key.isidentifier():
        raise ValueError(f"found {text!r}, expected key=value")
    words: dict[str, object] = {"true": True, "false": False, "null": None}  # "none" is the name of a preset
    if value in words:
        return key, words[value]
    try:
        return key, ast.literal_eval(value)
    except (ValueError, SyntaxError):
        return key, value


def _read_toml(path: Path) -> tuple[str, dict[str, object]]:
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise UnknownModelError(f"{path}: cannot be read: {error.strerror}") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise UnknownModelError(f"{path}: is not TOML: {error}") from None
    model, parameters = content.pop("model", None), content.pop("parameters", {})
    if not isinstance(model, str) or not isinstance(parameters, dict) or content or model.endswith(".toml"):
        raise UnknownModelError(
            f'{path}: expected model = "a name or module:object" and a table [parameters], nothing else'
        )
    return model, {key: _nested(path, f"parameters.{key}", value) for key, value in parameters.items()}


def _nested(path: Path, place: str, value: object) -> object:
    """Return a parameter of a TOML file: a table is a model with parameters of its own."""
    if not isinstance(value, dict):
        return value
    table = {key: _nested(path, f"{place}.{key}", inner) for key, inner in value.items()}
    model = table.pop("model", None)
    if not isinstance(model, str) or model.endswith(".toml"):
        raise UnknownModelError(
            f'{path}: [{place}] is a model: expected model = "a name or module:object" in it; its other keys are the '
            "parameters of that model"
        )
    try:
        return make_model(model, table)[0]
    except UnknownModelError as error:
        raise UnknownModelError(f"{path}: [{place}]: {error}") from error


def _find(spec: str) -> Any:
    module_name, _, path = spec.partition(":")
    here = str(Path.cwd())
    if here not in sys.path:
        sys.path.insert(0, here)  # a script that is installed does not look where it is called
    try:
        found: Any = importlib.import_module(module_name)
        for part in path.split("."):
            found = getattr(found, part)
    except (ImportError, AttributeError, ValueError) as error:
        raise UnknownModelError(f"there is no model {spec!r}: {error}") from error
    except Exception as error:  # whatever a module of the user's may raise when it is run
        kind = type(error).__name__
        raise UnknownModelError(f"{module_name} cannot be imported for {spec!r}: {kind}: {error}") from error
    return found


def _made(factory: Callable[..., Any], spec: str, settings: dict[str, object], seed: int | None) -> Any:
    parameters = inspect.signature(factory).parameters
    open_ended = any(p.kind is p.VAR_KEYWORD for p in parameters.values())
    for key in settings:
        if key not in parameters and not open_ended:
            near = _nearest(key, parameters)
            raise UnknownModelError(f"{spec} has no parameter {key!r}{near}\nknown: {', '.join(parameters)}")
    if seed is not None and "seed" in parameters:
        settings.setdefault("seed", seed)
    return _taken(spec, settings, lambda: factory(**settings))


def _taken(spec: str, settings: Mapping[str, object], make: Callable[[], Any]) -> Any:
    """Return what `make` makes; if it refuses, say with which settings."""
    try:
        return make()
    except (ValueError, TypeError, AttributeError, LookupError, ArithmeticError) as error:
        given = ", ".join(f"{key}={value!r}" for key, value in settings.items())
        kind = "" if isinstance(error, ValueError) else f"{type(error).__name__}: "
        raise UnknownModelError(f"{spec} cannot be made with {given or 'no parameters'}: {kind}{error}") from error


def _changed(model: Any, settings: dict[str, object], seed: int | None) -> Any:
    """Return a fresh copy of a river model with other parameters."""
    parameters: Mapping[str, object] = model._get_params() if hasattr(model, "_get_params") else {}  # noqa: SLF001
    for key in settings:
        if key not in parameters:
            raise UnknownModelError(f"{type(model).__name__} has no parameter {key!r}{_nearest(key, parameters)}")
    if seed is not None and "seed" in parameters:
        settings.setdefault("seed", seed)
    if not hasattr(model, "clone"):
        return model
    return _taken(type(model).__name__, settings, lambda: model.clone(settings))


def _unknown(spec: str) -> str:
    is_path = os.sep in spec or Path(spec).exists()
    names = {**CATALOGUE, **ALIASES}
    hint = " (a file must end with .toml)" if is_path else _nearest(spec, names)
    known = ", ".join(sorted(names))
    return f"there is no model {spec!r}{hint}\nknown: {known}; or a .toml file, or module:object"


def _nearest(word: str, known: Mapping[str, object]) -> str:
    near = difflib.get_close_matches(word, list(known), n=1)
    return f"; did you mean {near[0]!r}?" if near else ""
