"""The streams of `benchmarks.drift`, each 16,000 rows, by name."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from streams import open_stream
from streams.drift import (
    DecoupledLabels,
    EmergingLabels,
    PermutedFeatures,
    PermutedLabels,
    RenamedLabels,
    Replaced,
    ReweightedLabels,
    ShiftedFeatures,
    SplitLabels,
    VanishingLabels,
    gradual,
    label_cluster,
    recurring,
    sudden,
)
from streams.stream import Stream
from streams.views import limited, shuffled

#: Rows of a stream, and the first of the new concept.
ROWS, AT = 16_000, 8_000


Make = Callable[[Path, int], Stream]


def _file(name: str) -> Make:
    return lambda data, _seed: limited(open_stream(data / f"{name}.svm.xz"), ROWS)


def _still(name: str) -> Make:
    return lambda data, seed: limited(shuffled(open_stream(data / f"{name}.svm.xz"), seed), ROWS)


def _made(spec: str) -> Make:
    return lambda _data, seed: open_stream(f"synthetic:{spec}&rows={ROWS}&seed={seed}")


def _permuted(base: Make, fraction: float) -> Make:
    return lambda data, seed: PermutedLabels(base(data, seed), sudden(AT), fraction=fraction, seed=seed)


def _cluster(base: Make, size: int) -> Make:
    def made(data: Path, seed: int) -> Stream:
        stream = base(data, seed)
        return PermutedLabels(stream, sudden(AT), labels=label_cluster(base(data, seed), size, rows=AT, seed=seed), seed=seed)

    return made


TMC, D20NG = _file("tmc2007_500"), _file("d20ng")
_TREE, _RBF = "meta_random_tree?features=30&labels=8", "meta_rbf?features=80&labels=25"
_PLANE = "meta_hyperplane?features=30&labels=25"
TREE, RBF, PLANE = _made(_TREE), _made(_RBF), _made(_PLANE)

#: Name -> what opens the stream of a data directory and a seed; those without a change last.
STREAMS: dict[str, Make] = {
    "tmc2007_500, labels permuted": _permuted(TMC, 1.0),
    "tmc2007_500, a quarter permuted": _permuted(TMC, 0.25),
    "tmc2007_500, one cluster permuted": _cluster(TMC, 5),
    "d20ng, labels permuted": _permuted(D20NG, 1.0),
    "d20ng, a quarter permuted": _permuted(D20NG, 0.25),
    "d20ng, features permuted": lambda data, seed: PermutedFeatures(D20NG(data, seed), sudden(AT), seed=seed),
    "tmc2007_500, labels emerge": lambda data, seed: EmergingLabels(TMC(data, seed), sudden(AT), fraction=0.5, seed=seed),
    "tmc2007_500, labels vanish": lambda data, seed: VanishingLabels(TMC(data, seed), sudden(AT), fraction=0.5, seed=seed),
    "tmc2007_500, labels renamed": lambda data, seed: RenamedLabels(TMC(data, seed), sudden(AT), fraction=0.5, seed=seed),
    "tmc2007_500, labels split": lambda data, seed: SplitLabels(TMC(data, seed), sudden(AT), fraction=0.25, seed=seed),
    "tmc2007_500, labels decoupled": lambda data, seed: DecoupledLabels(TMC(data, seed), sudden(AT), seed=seed),
    "tree, new concept": lambda data, seed: Replaced(
        TREE(data, seed), sudden(AT), _made(f"{_TREE}&concept_seed={seed + 100}")(data, seed)
    ),
    "rbf, new concept, gradual": lambda data, seed: Replaced(
        RBF(data, seed), gradual(AT, AT + 1000), _made(f"{_RBF}&concept_seed={seed + 100}")(data, seed)
    ),
    "hyperplane, new concept, comes and goes": lambda data, seed: Replaced(
        PLANE(data, seed), recurring(AT, 3000), _made(f"{_PLANE}&concept_seed={seed + 100}")(data, seed)
    ),
    "tree, other correlation": lambda data, seed: Replaced(
        TREE(data, seed), sudden(AT), _made(f"{_TREE}&dependency_seed={seed + 100}")(data, seed)
    ),
    "rbf, other frequencies": lambda data, seed: ReweightedLabels(RBF(data, seed), sudden(AT), held=0.3, seed=seed),
    "hyperplane, features shifted": lambda data, seed: ShiftedFeatures(PLANE(data, seed), sudden(AT), by=2.0, seed=seed),
    "tmc2007_500, shuffled": _still("tmc2007_500"),
    "d20ng, shuffled": _still("d20ng"),
    "tree": TREE,
    "hyperplane": PLANE,
}


def opened(name: str, data: Path, seed: int) -> Stream:
    """Return the stream of this name."""
    return STREAMS[name](data, seed)
