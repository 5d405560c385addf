"""What settings need of the world around them, looked at before anything begins: files, packages, the model."""

from __future__ import annotations

import importlib.util
from pathlib import Path

from ihomer.daemon.problems import Problem
from ihomer.daemon.settings import Settings


def surrounding_problems(settings: Settings) -> list[Problem]:
    """Return what is missing around `settings`: PEM files, the client's package, a directory, a model of that name.

    Nothing is made and nobody is asked over the network.

    Examples
    --------
    >>> for problem in surrounding_problems(Settings("orders", "/dev/null", model="fst")):  # doctest: +ELLIPSIS
    ...     print(problem)
    state: found '/dev/null', which is no directory, expected a directory, or a name that is free
    model: found 'fst', expected a model that can be made: there is no model 'fst'; did you mean 'fast'?
    known: ...ihomer, ihomer-accurate, ...; or a .toml file, or module:object
    """
    return [*_state(settings), *_files(settings), *_client(settings), *_model(settings)]


def _state(settings: Settings) -> list[Problem]:
    path = Path(settings.state)
    if not path.exists() or path.is_dir():
        return []
    return [Problem("state", f"{settings.state!r}, which is no directory", "a directory, or a name that is free")]


def _files(settings: Settings) -> list[Problem]:
    found = []
    for name in ("ca_file", "cert_file", "key_file"):
        path = getattr(settings.cluster, name)
        if path is not None:
            try:
                Path(path).open("rb").close()
            except OSError as error:
                found.append(Problem(f"cluster.{name}", f"{path!r} ({error.strerror})", "a file that can be read"))
    return found


def _client(settings: Settings) -> list[Problem]:
    if settings.cluster.client == "confluent" and importlib.util.find_spec("confluent_kafka") is None:
        return [Problem("cluster.client", "'confluent'", "its package to be installed: pip install 'ihomer[confluent]'")]
    return []


def _model(settings: Settings) -> list[Problem]:
    from ihomer.evaluation.catalogue import UnknownModelError, make_model
    from ihomer.evaluation.river_model import as_array_model

    try:
        as_array_model(make_model(settings.model, settings.parameters, settings.seed)[0])
    except (UnknownModelError, ValueError, TypeError) as error:
        # One of the parameters, or the model: the message says which.
        return [Problem("model", repr(settings.model), f"a model that can be made: {error}")]
    return []
