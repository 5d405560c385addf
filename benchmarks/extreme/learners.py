"""The learners of the benchmark, by the names that its tables give them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from benchmarks.dense.nearest import NearestLabels, NearestRows
from benchmarks.dense.vectors import ALL, WIDEST, Vectors
from benchmarks.extreme import ours
from benchmarks.extreme.counts import SmoothedCounts
from benchmarks.extreme.oracle import Oracle
from benchmarks.extreme.protocol import Learner, UnfitError
from benchmarks.extreme.vw import VowpalWabbitOAA, VowpalWabbitPLT
from ihomer.evaluation.baselines import LabelPrior, NoChange
from streams.synthetic.xmc import XMC

if TYPE_CHECKING:
    from collections.abc import Callable

    from streams.stream import Stream


def _oracle(stream: Stream) -> Oracle:
    if not isinstance(stream, XMC):
        raise UnfitError("only a generator can be known")
    return Oracle(stream)


def _dense(stream: Stream, make: Callable[[], Learner]) -> Learner:
    if len(stream.features) > WIDEST:
        raise UnfitError(f"more than {WIDEST:,} features: rows are not dense")
    return make()


#: Each makes a fresh learner for a stream, or raises `UnfitError`.
LEARNERS: dict[str, Callable[[Stream], Learner]] = {
    "many": ours.many,
    "many-tail": ours.tail,
    "balanced": ours.balanced,
    "fast": ours.fast,
    "linear": ours.linear,
    "counts": lambda _: SmoothedCounts(),
    "vw-plt": VowpalWabbitPLT,
    "vw-oaa": VowpalWabbitOAA,
    "vectors": lambda stream: _dense(stream, Vectors),
    "vectors-all": lambda stream: _dense(stream, lambda: Vectors(probes=ALL)),
    "nearest": lambda stream: _dense(stream, NearestLabels),
    "nearest-rows": lambda stream: _dense(stream, NearestRows),
    "prior": lambda _: LabelPrior().predict_learn_many,
    "no-change": lambda _: NoChange().predict_learn_many,
    "oracle": _oracle,
}
