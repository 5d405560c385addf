"""The `NAME.names.json` beside svmlight files: names of features and labels, categories of nominal features."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from streams.errors import StreamError
from streams.names import Name, sort_key

if TYPE_CHECKING:
    from collections.abc import Sequence

#: Endings that are no part of a data set's name.
_COMPRESSIONS = (".gz", ".bz2", ".xz")
_FORMATS = (".svm", ".svmlight", ".libsvm", ".txt", ".arff")


@dataclass(slots=True, frozen=True)
class Names:
    """What a names file says.

    Parameters
    ----------
    source
        The file, for messages.
    features, labels
        Names in order of the columns; None if the file has none.
    kinds
        The categories of each feature (None: numeric): one entry for all features, or one per feature.
    """

    source: str
    features: list[Name] | None
    labels: list[Name] | None
    kinds: list[list[str] | None]

    def categories(self, n_features: int) -> Sequence[list[str] | None]:
        """Return the categories of each of `n_features` features, None for the numeric ones.

        Raises
        ------
        StreamError
            If the file has another number of kinds.
        """
        if len(self.kinds) == 1:
            return self.kinds * n_features
        if len(self.kinds) != n_features:
            raise StreamError(f"{self.source}: {len(self.kinds):,} kinds, expected one or {n_features:,}")
        return self.kinds


def beside(path: Path | None, ending: str) -> Path | None:
    """Return the file beside `path` of the same name with another ending, if there is one.

    Examples
    --------
    >>> import tempfile
    >>> folder = Path(tempfile.mkdtemp())
    >>> (folder / "a.names.json").touch()
    >>> beside(folder / "a.svm.xz", ".names.json").name
    'a.names.json'
    """
    if path is None:
        return None
    name = path.name
    for endings in (_COMPRESSIONS, _FORMATS):
        for known in endings:
            name = name.removesuffix(known)
    other = path.with_name(name + ending)
    return other if other.is_file() else None


def read_names(path: str | Path) -> Names:
    """Return what the names file `path` says.

    Raises
    ------
    StreamError
        If it cannot be read, is not JSON, or not of the form described in `Names`.
    """
    source = Path(path).name
    try:
        content = json.loads(Path(path).read_bytes())
    except OSError as error:
        raise StreamError(f"{path}: cannot be read: {error.strerror}") from error
    except (ValueError, RecursionError) as error:
        raise StreamError(f"{source}: is not JSON: {error}") from error
    if not isinstance(content, dict):
        raise StreamError(f"{source}: expected an object with features, labels and kinds")
    return Names(
        source,
        _name_list(source, "features", content.get("features")),
        _name_list(source, "labels", content.get("labels")),
        _kinds(source, content.get("kinds", "numeric")),
    )


def _name_list(source: str, what: str, names: object) -> list[Name] | None:
    if names is None:
        return None
    if not isinstance(names, list):
        raise StreamError(f"{source}: {what} must be null or a list of names, found {type(names).__name__}")
    for name in names:
        try:
            sort_key(name)
        except TypeError as error:
            raise StreamError(f"{source}: {what}: {error}") from error
    if len(set(names)) < len(names):
        twice = next(name for i, name in enumerate(names) if name in names[:i])
        raise StreamError(f"{source}: {what}: the name {twice!r} stands twice")
    return names


def _kinds(source: str, kinds: object) -> list[list[str] | None]:
    # One entry for all features is "numeric" or a list of categories; a list of such entries is one per feature.
    if isinstance(kinds, list) and not all(isinstance(k, str) and k != "numeric" for k in kinds):
        return [_kind(source, kind) for kind in kinds]
    return [_kind(source, kinds)]


def _kind(source: str, kind: object) -> list[str] | None:
    if kind == "numeric":
        return None
    if isinstance(kind, list) and kind and all(isinstance(category, str) for category in kind):
        return kind
    raise StreamError(f'{source}: a kind must be "numeric" or a list of categories, found {kind!r}'[:300])
