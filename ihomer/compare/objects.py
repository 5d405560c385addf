"""Models that are given as objects: copied untrained, told apart by what they are made of, and handed to other processes."""

from __future__ import annotations

import base64
import hashlib
import importlib.util
import io
import pickle
import sys
import uuid
from collections.abc import Iterable
from pathlib import Path
from typing import Any, NamedTuple

from ihomer.evaluation.river_model import as_array_model


class Packed(NamedTuple):
    """An untrained model as text, which `unpacked` takes, and the digest of all that is known of what it does."""

    text: str
    digest: str


def packed(model: Any) -> Packed:
    """Return an untrained copy of a model.

    Its digest is that of the copy, which holds its parameters, and of the files of all classes and functions that it is
    made of. Where one of these is in no file the digest is like no other: what it does tomorrow cannot be told.

    Raises
    ------
    TypeError
        If it is no model, has no `clone`, or cannot be brought into another process.

    Examples
    --------
    >>> from river import linear_model, multioutput
    >>> model = multioutput.ClassifierChain(linear_model.LogisticRegression())
    >>> packed(model) == packed(model.clone()), packed(model).digest == packed(
    ...     multioutput.ClassifierChain(linear_model.LogisticRegression(l2=0.1))).digest
    (True, False)
    """
    name = type(model).__name__
    if isinstance(model, type):
        raise TypeError(f"found the class {model.__name__}, expected a model: call it with its parameters")
    as_array_model(model)
    if not callable(getattr(model, "clone", None)):
        raise TypeError(f"{name} has no clone() as river's models have, so no cell could have one that is untrained")
    try:
        whole, parts = _once_more(pickle.dumps(model.clone()))
    except Exception as error:
        kind = type(error).__name__
        raise TypeError(f"{name} cannot be brought into another process by pickle: {kind}: {error}") from error
    parts = {*parts, *_modules(model)}
    if "__main__" in parts:
        raise TypeError(
            f"{name} has parts that are defined in __main__, which other processes cannot import: "
            "put them into a module of their own"
        )
    digest = hashlib.blake2b(whole, digest_size=16)
    for part in sorted(parts):
        digest.update(_source(part))
    return Packed(base64.b85encode(whole).decode(), digest.hexdigest())


def unpacked(text: str, seed: int | None = None) -> Any:
    """Return the untrained model that was `packed`, with this seed if one is given."""
    model = pickle.loads(base64.b85decode(text))  # noqa: S301 (written by `packed`, for processes that it was started by)
    return model if seed is None else model.clone({"seed": seed})


def takes_seed(model: Any) -> bool:
    """Return whether a model has a parameter `seed` that was left open: one that was chosen stays."""
    return getattr(model, "seed", 0) is None


def place_of(model: Any) -> str:
    """Return where the class of a model stands, as ``module:class``."""
    return f"{type(model).__module__}:{type(model).__qualname__}"


class _Noting(pickle.Unpickler):
    """Notes the modules of the classes and functions of which something is made, those of base classes too."""

    def __init__(self, whole: bytes) -> None:
        super().__init__(io.BytesIO(whole))
        self.modules: set[str] = set()

    def find_class(self, module: str, name: str) -> Any:
        found = super().find_class(module, name)
        self.modules.add(module)
        self.modules.update(base.__module__ for base in getattr(found, "__mro__", ()))
        return found


def _once_more(whole: bytes) -> tuple[bytes, Iterable[str]]:
    """Return what was pickled, pickled again, and its modules.

    The second time it is the same whoever built the model: which equal strings are one object no longer matters.
    """
    noting = _Noting(whole)
    model = noting.load()
    return pickle.dumps(model), noting.modules


def _modules(model: Any) -> set[str]:
    """Return the modules of a model's class and of its parameters: what writes its own state tells nothing of them."""
    found = {base.__module__ for base in type(model).__mro__}
    if hasattr(model, "_get_params"):
        found.update(*(_modules(getattr(model, name, None)) for name in model._get_params()))  # noqa: SLF001 (river's name for it)
    return found


def _source(module: str) -> bytes:
    """Return what tells the code of a module: its file; something new each time if it has none."""
    if module.partition(".")[0] in sys.stdlib_module_names:
        return module.encode()  # the version of Python counts anyway
    path = _file(module)
    parent = module.rpartition(".")[0]
    if path is None and parent:
        outer = _file(parent)
        # What is compiled may hold other modules that have no files of their own.
        path = outer if outer is not None and outer.suffix != ".py" else None
    return uuid.uuid4().bytes if path is None else hashlib.blake2b(path.read_bytes(), digest_size=16).digest()


def _file(module: str) -> Path | None:
    known = sys.modules.get(module)
    spec = importlib.util.find_spec(module) if known is None else getattr(known, "__spec__", None)
    path = Path(spec.origin) if spec is not None and spec.origin else None
    return path if path is not None and path.is_file() else None
