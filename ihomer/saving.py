"""Models to files and back: parameters by name, what was learned as plain values and arrays."""

from __future__ import annotations

import importlib
from os import PathLike
from typing import TYPE_CHECKING, Any, TypeVar

from ihomer import checkpoint

if TYPE_CHECKING:
    from ihomer.estimator import ArrayEstimator
    from ihomer.persistent import Persistent

#: Classes that a checkpoint may name: name -> module. Nothing else is ever imported because a file says so.
_OURS = {
    "IHOMER": "ihomer.model",
    "LabelHierarchy": "ihomer.hierarchy.label_hierarchy",
    "LinearLearner": "ihomer.learners.linear",
    "MLHAT": "ihomer.learners.mlhat",
    "RiverLearner": "ihomer.learners.river_learner",
}

KIND = "model"

M = TypeVar("M", bound="Persistent")


def save(model: Persistent, path: str | PathLike[str], *, allow_pickle: bool) -> None:
    """Write `model` to `path`; see `Persistent.save`."""
    checkpoint.write(path, tree_of(model), kind=KIND, allow_pickle=allow_pickle)


def begin_save(model: Persistent, path: str | PathLike[str], *, allow_pickle: bool) -> checkpoint.Beside[None]:
    """Take `model` down and begin to write it to `path`; see `Persistent.begin_save`."""
    taken = checkpoint.Taken(tree_of(model), kind=KIND, allow_pickle=allow_pickle)
    return checkpoint.Beside(lambda: checkpoint.write_taken(path, taken))


def load(path: str | PathLike[str], cls: type[M], *, allow_pickle: bool) -> M:
    """Return the model in `path`, which must be a `cls`; see `Persistent.load`."""
    tree = checkpoint.read(path, kind=KIND, allow_pickle=allow_pickle)
    model = model_of(tree)
    if not isinstance(model, cls):
        raise checkpoint.CheckpointError(f"{path} holds a {type(model).__name__}, expected a {cls.__name__}")
    return model


def load_any(path: str | PathLike[str], *, allow_pickle: bool = False) -> ArrayEstimator:
    """Return the model in `path`, of whatever class of ours it is."""
    return model_of(checkpoint.read(path, kind=KIND, allow_pickle=allow_pickle))


def tree_of(model: Persistent) -> dict[str, Any]:
    """Return class, parameters and state of `model` as a tree that a checkpoint can hold."""
    return {**_parameters_tree(model), "state": model._whole_state()}  # noqa: SLF001


def model_of(tree: Any) -> ArrayEstimator:
    """Return the model that `tree_of` was taken from."""
    model = _revived(tree)
    model._restore_whole(tree["state"])  # noqa: SLF001
    return model  # type: ignore[no-any-return]


def _parameters_tree(thing: Any) -> Any:
    """Return a parameter as a tree: an estimator of ours as its class's name and its parameters."""
    name = type(thing).__name__
    if name in _OURS and type(thing).__module__ == _OURS[name]:
        parameters = {key: _parameters_tree(getattr(thing, key)) for key in thing._parameter_names()}  # noqa: SLF001
        return {"class": name, "parameters": parameters}
    return thing


def _revived(tree: Any) -> Any:
    if isinstance(tree, dict) and "class" in tree:
        cls = getattr(importlib.import_module(_OURS[tree["class"]]), tree["class"])
        return cls(**{key: _revived(value) for key, value in tree["parameters"].items()})
    return tree
