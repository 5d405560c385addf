"""`drift=sudden&at=8000&of=labels...`: one known change of a generator, told by parameters of its spec."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from streams.drift import Changed, When
    from streams.synthetic.embeddings import Embeddings
    from streams.synthetic.generator import Generator
    from streams.synthetic.xmc import XMC

    Drawn = Generator | XMC | Embeddings

#: Parameters of a change and what they are when not given; what `at` is must be said.
PARAMETERS: dict[str, str | int | float] = {
    "drift": "none", "at": -1, "width": 1000, "of": "concept", "fraction": 1.0, "by": 0.5, "drift_seed": 0,
}  # fmt: skip

#: What can change: all the generator's concept; labels permuted, emerging, vanishing, split, renamed; the frequency of
#: labels, their correlation; features permuted, shifted, scaled, renamed.
KINDS = (
    "concept", "labels", "emerging", "vanishing", "split", "renamed", "frequency", "correlation",
    "features", "shifted", "scaled", "renamed_features",
)  # fmt: skip
PACES = ("none", "sudden", "gradual", "incremental", "recurring")


def changed(
    stream: Drawn,
    again: Callable[[Mapping[str, float]], Drawn],
    given: Mapping[str, str | int | float],
) -> Drawn | Changed:
    """Return `stream` with the change that `given` tells; itself if that is none.

    Parameters
    ----------
    stream
        The generator.
    again
        Makes the same generator with some parameters set to other values.
    given
        Values of some of `PARAMETERS`. ``drift``: a pace; ``at``: the first row; ``width``: the rows of a gradual or
        incremental transition, or those after which a recurring change is over; ``of``: what changes; ``fraction``: of
        the labels or features (of the whole concept: of the groups of `streams.synthetic.XMC` alone, whose features are
        drawn again); ``by``: how far features are shifted (standard deviations) or scaled (factor), and the
        share of the rows with the labels concerned that stay (``of=frequency``).

    Raises
    ------
    ValueError
        If a value is not what it may be, or is given although nothing changes.
    """
    if given.get("drift", "none") == "none":
        if extra := given.keys() - {"drift"}:
            raise ValueError(f"{min(extra)} says how the stream changes, but drift is not given or none")
        return stream
    values = {**PARAMETERS, **given}
    when = _when(str(values["drift"]), int(values["at"]), int(values["width"]))
    of, seed = str(values["of"]), int(values["drift_seed"])
    if of not in KINDS:
        raise ValueError(f"of must be one of {', '.join(KINDS)}, found {of!r}")
    from streams import drift
    from streams.synthetic.xmc import XMC

    fraction = float(values["fraction"])
    if isinstance(stream, XMC) and of == "concept":
        return _redrawn(stream, when, again({"redrawn": fraction, "redraw_seed": stream.redraw_seed + 1 + seed}), seed)
    whole = fraction == 1.0
    if not whole and of == "concept":
        raise ValueError("fraction must be 1 where the whole concept changes")
    if of in _SEEDS and (of == "concept" or hasattr(stream, _SEEDS[of])) and whole:
        # Of a generator with a seed for this alone nothing else changes; others are drawn anew as a whole.
        name = _SEEDS[of] if hasattr(stream, _SEEDS[of]) else "seed"
        other = again({name: stream.seed + 1 + seed})
        kind = {"frequency": "label frequency", "correlation": "label correlation"}.get(of, of)
        return drift.Replaced(stream, when, other, kind=kind, features=None if of == "concept" else (), seed=seed)
    if of == "frequency":
        of_labels = fraction if "fraction" in given else None
        return drift.ReweightedLabels(stream, when, fraction=of_labels, held=float(values["by"]), seed=seed)
    labels: dict[str, Callable[..., Changed]] = {
        "labels": drift.PermutedLabels, "emerging": drift.EmergingLabels, "vanishing": drift.VanishingLabels,
        "split": drift.SplitLabels, "renamed": drift.RenamedLabels, "correlation": drift.DecoupledLabels,
    }  # fmt: skip
    if of in labels:
        return labels[of](stream, when, fraction=fraction, seed=seed)
    if of in ("shifted", "scaled"):
        moved = drift.ShiftedFeatures if of == "shifted" else drift.ScaledFeatures
        return moved(stream, when, by=float(values["by"]), fraction=fraction, seed=seed)
    features = drift.PermutedFeatures if of == "features" else drift.RenamedFeatures
    return features(stream, when, fraction=fraction, seed=seed)


def _redrawn(stream: XMC, when: When, other: Drawn, seed: int) -> Changed:
    """Return the stream with labels that are told by other features from the change on: those that `other` draws again."""
    from streams.drift import Replaced
    from streams.synthetic.xmc import XMC

    assert isinstance(other, XMC)
    labels = sorted({*stream.redrawn_labels, *other.redrawn_labels})
    return Replaced(stream, when, other, kind="features of labels", labels=labels, features=(), seed=seed)


#: The seed of a generator that decides this alone.
_SEEDS = {"concept": "concept_seed", "correlation": "dependency_seed", "frequency": "prior_seed"}


def _when(pace: str, at: int, width: int) -> When:
    from streams.drift import gradual, incremental, recurring, sudden

    if pace not in PACES:
        raise ValueError(f"drift must be one of {', '.join(PACES)}, found {pace!r}")
    if at < 0:
        raise ValueError("at, the first row that changes, must be given, and at least 0")
    if width < 1:
        raise ValueError(f"width must be at least 1, found {width}")
    if pace == "sudden":
        return sudden(at)
    if pace == "recurring":
        return recurring(at, width)
    return (gradual if pace == "gradual" else incremental)(at, at + width - 1)
