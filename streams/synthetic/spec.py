"""`synthetic:NAME?parameter=value&...`: a generator, its parameters and perhaps a change, as a line of text."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from urllib.parse import parse_qsl

from streams.errors import StreamError
from streams.stream import Stream
from streams.synthetic import RBF, XMC, Embeddings, Groups, Hyperplane, MetaHyperplane, MetaRandomTree, MetaRBF, RandomTree
from streams.synthetic.drift_query import PARAMETERS, changed
from streams.synthetic.generator import Generator

#: A generator of either kind.
Drawn = Generator | XMC | Embeddings

GENERATORS: dict[str, type[Drawn]] = {
    "embeddings": Embeddings,
    "groups": Groups,
    "hyperplane": Hyperplane,
    "meta_hyperplane": MetaHyperplane,
    "meta_random_tree": MetaRandomTree,
    "meta_rbf": MetaRBF,
    "random_tree": RandomTree,
    "rbf": RBF,
    "xmc": XMC,
}


def open_synthetic(spec: str) -> Stream:
    """Return the generator that `spec` describes, changed as it says (see `streams.synthetic.drift_query`).

    Raises
    ------
    StreamError
        If there is no such generator or parameter, or a value is not what it may be.

    Examples
    --------
    >>> open_synthetic("synthetic:rbf?rows=500&radius=0.1").length
    500
    >>> from streams.drift import truth_of
    >>> truth_of(open_synthetic("synthetic:groups?labels=8&drift=sudden&at=300&of=labels&fraction=.25&drift_seed=2"))
    (Change(first=300, last=300, kind='labels permuted', pace='sudden', labels=('label6', 'label5'), features=()),)
    >>> [(change.first, change.kind, len(change.labels)) for change in truth_of(open_synthetic(
    ...     "synthetic:xmc?labels=3200&drift=sudden&at=300&fraction=.25"))]
    [(300, 'features of labels', 800)]
    >>> open_synthetic("synthetic:rbf?sigma=0.1")
    Traceback (most recent call last):
    streams.errors.StreamError: synthetic:rbf?sigma=0.1: no parameter 'sigma', expected rows, features, labels,
    groups, seed, centres, radius, noise, drift, at, width, of, fraction, by, drift_seed
    """
    name, _, query = spec.removeprefix("synthetic:").partition("?")
    if name not in GENERATORS:
        raise StreamError(f"{spec}: no generator {name!r}, expected {', '.join(GENERATORS)}")
    known = {key: parameter.default for key, parameter in inspect.signature(GENERATORS[name]).parameters.items()}
    known |= PARAMETERS
    given: dict[str, int | float | str] = {}
    try:
        pairs = parse_qsl(query, keep_blank_values=True, strict_parsing=bool(query))
    except ValueError:
        raise StreamError(f"{spec}: found {query!r}, expected parameter=value&parameter=value...") from None
    for parameter, text in pairs:
        if parameter not in known:
            raise StreamError(f"{spec}: no parameter {parameter!r}, expected {', '.join(known)}")
        if parameter in given:
            raise StreamError(f"{spec}: parameter {parameter!r} is given twice")
        given[parameter] = _value(spec, parameter, text, known[parameter])
    change = {parameter: given.pop(parameter) for parameter in PARAMETERS if parameter in given}

    def generator(other: Mapping[str, float]) -> Drawn:
        made = GENERATORS[name](**{**given, **other})  # type: ignore[arg-type]
        made.name = spec
        return made

    try:
        return changed(generator({}), generator, change)
    except ValueError as error:
        raise StreamError(f"{spec}: {error}") from None


def _value(spec: str, parameter: str, text: str, default: object) -> int | float | str:
    if isinstance(default, str):
        return text
    whole = default is None or isinstance(default, int)  # the number of groups has no default
    try:
        return int(text.replace("_", "")) if whole else float(text)
    except ValueError:
        what = "a whole number" if whole else "a number"
        raise StreamError(f"{spec}: {parameter} must be {what}, found {text!r}") from None
