"""What each part of a preset adds and costs: every part left out, and every other part added.

    python -m benchmarks.ablation --data DIR [--preset accurate ...] [--shuffle 0] [--rows 5000] [--out FILE.json]
        [--into docs/results.md]

All parts are independent of the stack over them, so each goes over the stream once, and every variant has a stack and
decisions of its own over the scores of its parts; what is added beyond the preset begins with the weight that it brings.
Alarms are those of the preset as it is. Every data set is run in file order and shuffled, its first rows
only. The tables are written between the marks of the document.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import numpy.typing as npt

from benchmarks.accuracy import DEFAULT, SCORES, SETS
from benchmarks.document import written_between
from benchmarks.machine import machine
from ihomer.blocks import BLOCK, blocks, is_boundary
from ihomer.decision import make_decision
from ihomer.door import Door
from ihomer.drift.monitors import Monitors
from ihomer.evaluation.metrics import Metrics
from ihomer.hierarchy import LabelHierarchy
from ihomer.kernels.inputs import DENSE, SPARSE
from ihomer.kernels.stack import to_log_odds
from ihomer.learners.cluster_estimator import ClusterEstimator
from ihomer.learners.clustered import Clustered
from ihomer.learners.composition import PARTS, Composition
from ihomer.learners.inputs import Inputs
from ihomer.learners.linear import LinearLearner
from ihomer.learners.mlhat import MLHAT
from ihomer.learners.protocol import SharedExpert
from ihomer.learners.river_learner import RiverLearner
from ihomer.model import LEAST
from ihomer.predictions import Predictions
from ihomer.presets import PRESETS, Preset
from ihomer.probabilities import Whole
from ihomer.rows import Rows
from streams.open import open_stream
from streams.stream import Stream
from streams.views import limited, shuffled

_Scores = npt.NDArray[np.float32]
TARGETS = [target for _, target in SCORES.values()]


def _river_tree() -> ClusterEstimator:
    from river.tree import HoeffdingAdaptiveTreeClassifier

    return RiverLearner(HoeffdingAdaptiveTreeClassifier(seed=7))


#: Learners for every cluster that can be added. The last one needs milliseconds a label: for small sets.
CLUSTERED: dict[str, Callable[[], ClusterEstimator]] = {
    "MLHAT": MLHAT,
    "LinearLearner": LinearLearner,
    "HoeffdingAdaptiveTree": _river_tree,
}
#: The variant that is the preset itself.
AS_IT_IS = "as it is"
#: Parts that would multiply the cost of a preset by ten or more: with them it would be another one.
NOT_ADDED = {"extra trees": ("fast", "balanced")}


@dataclass(frozen=True, slots=True)
class Variant:
    """Shared experts, and perhaps one clustered learner, under a stack of their own."""

    composition: Composition
    clustered: str | None = None

    def parts(self) -> list[str]:
        """Return the names of everything whose scores it needs."""
        return [*self.composition.parts, *([self.clustered] if self.clustered else [])]


def variants(preset: Preset, clustered: list[str], added: list[str]) -> dict[str, Variant]:
    """Return the preset itself, without each of its parts, and with each of the others."""
    whole, learner = preset.shared, preset.learner
    assert whole is not None, "the preset has no stack"

    def of(parts: tuple[str, ...]) -> Variant:
        counted = tuple(part for part in whole.counted if part in parts)
        return Variant(replace(whole, parts=parts, counted=counted), learner)

    made = {AS_IT_IS: Variant(whole, learner)}
    made |= {f"without {part}": of(tuple(p for p in whole.parts if p != part)) for part in whole.parts}
    if learner:
        made[f"without {learner} per cluster"] = Variant(whole)
    if whole.counted:
        made["without scores times what is known of the label"] = Variant(replace(whole, counted=()), learner)
    made["without weights of each label's own"] = Variant(replace(whole, own=1e-9), learner)
    made["without a prior from other streams"] = Variant(replace(whole, prior=None), learner)
    made |= {f"with {part}": of((*whole.parts, part)) for part in added if part not in whole.parts}
    made |= {f"with {name} per cluster": Variant(whole, name) for name in clustered if name != learner}
    return made


class Run:
    """A model that is run with several stacks at once.

    Parameters
    ----------
    asked
        The variants.
    leader
        The variant whose alarms are answered.
    """

    def __init__(self, asked: dict[str, Variant], leader: str = AS_IT_IS) -> None:
        self.asked = asked
        self.leader = leader
        self.door, self.t = Door(), 0
        self.tree = LabelHierarchy().make_tree()
        self.monitors = Monitors(0.002)
        self.decision = make_decision(DEFAULT)  # whose sets the monitors see
        self.clustered = {name: self._clustered(name) for v in asked.values() if (name := v.clustered)}
        self.seconds: dict[str, float] = {}
        self.first: list[tuple[Rows, dict[str, _Scores]]] | None = []  # blocks so far, until the regime stands
        self._start(SPARSE)

    def _clustered(self, name: str) -> Clustered:
        learner = CLUSTERED[name]()
        return Clustered(
            lambda columns: learner.make_core(
                columns, 7_000_021 + (int(columns[0]) if len(columns) else 0), self.door
            )
        )

    def _start(self, regime: int) -> None:
        dense = regime == DENSE
        self.inputs = Inputs(regime)
        parts = tuple(dict.fromkeys(part for v in self.asked.values() for part in v.composition.parts))
        self.experts = Composition(parts).experts(dense=dense, seed=7)
        self.stacks = {
            name: v.composition.stack(self._experts_of(v), int(v.clustered is not None), dense=dense)
            for name, v in self.asked.items()
        }

    def _experts_of(self, variant: Variant) -> dict[str, SharedExpert]:
        return {part: self.experts[part] for part in variant.composition.parts if part in self.experts}

    def names(self, variant: Variant) -> list[str]:
        """Return the names of the weights of a variant's stack."""
        return variant.composition.names(self._experts_of(variant), int(variant.clustered is not None))

    @contextmanager
    def _timed(self, what: str) -> Iterator[None]:
        start = time.process_time()
        yield
        self.seconds[what] = self.seconds.get(what, 0.0) + time.process_time() - start

    def batch(self, rows: Rows) -> dict[str, _Scores]:
        """Learn rows; return the probabilities, float32 (n, labels), by every variant."""
        p = {name: np.zeros((len(rows), rows.n_labels), np.float32) for name in self.asked}
        for start, stop in blocks(self.t, len(rows)):
            block = rows.slice(start, stop)
            others = self._others(block)
            done = self._block(block, others)
            for name, q in done.items():
                p[name][start:stop, : block.n_labels] = q
            q = done[self.leader]
            sets = self.decision.block(q, block, learn=True)
            self.monitors.block(Whole(q), block, self.tree.cluster_of, self.tree.cluster_sizes, sets)
            self.tree.learn_rows(
                block.label_indptr, block.label_indices, block.status, block.known_indptr, block.known_indices
            )
            self._between(self.t + stop, block, others)
        self.t += len(rows)
        return p

    def _others(self, rows: Rows) -> dict[str, _Scores]:
        """Return the log-odds by the clustered learners."""
        known = len(self.tree.cluster_of)
        self.tree.add_labels(rows.n_labels - known)
        done = {}
        for name, learner in self.clustered.items():
            with self._timed(name):
                if rows.n_labels > known:
                    learner.enter(np.arange(known, rows.n_labels, dtype=np.int32), self.tree.cluster_of)
                done[name] = learner.block(rows, self.door.kinds(), learn=True)
                to_log_odds(done[name], LEAST)
        return done

    def _block(self, rows: Rows, others: dict[str, _Scores]) -> dict[str, _Scores]:
        with self._timed("inputs"):
            views = self.inputs.block(rows, learn=True)
        scores = {}
        for part, expert in self.experts.items():
            with self._timed(part):
                scores[part] = expert.block(views, learn=True)
        p = {}
        for name, v in self.asked.items():
            with self._timed(f"stack of {name}"):
                mine = [scores[part] for part in v.composition.parts if part in scores]
                if v.clustered:
                    mine.append(_widened(others[v.clustered], rows.n_labels))
                p[name] = self.stacks[name].block(np.concatenate(mine), rows, learn=True)
        return p

    def _between(self, at: int, block: Rows, others: dict[str, _Scores]) -> None:
        """Do what a model does between blocks: settle the regime, answer alarms, follow the hierarchy."""
        if self.first is not None:
            self.first.append((block, others))
            if is_boundary(at) and self.inputs.fitting_regime() != self.inputs.regime:
                self._start(self.inputs.fitting_regime())
                for rows, theirs in self.first:
                    self._block(rows, theirs)
            if at >= BLOCK:
                self.first = None
        if at % BLOCK:
            return
        for alarm in self.monitors.take():
            labels = np.flatnonzero(self.tree.cluster_of == alarm.index).astype(np.int32)
            if alarm.kind == "label":
                labels = np.array([alarm.index], np.int32)
            if alarm.kind == "model" or (alarm.kind != "structure" and len(labels)):
                for expert in self.experts.values():
                    expert.reopen(None if alarm.kind == "model" else labels)
        changes = self.tree.restructure()
        for change in changes:
            if change.kind != "move":
                self.monitors.forget(list(change.after))
        for name, learner in self.clustered.items():
            with self._timed(name):
                if changes:
                    learner.regroup(self.tree.cluster_of)
                learner.replace(self.tree.cluster_of)

    def microseconds(self, name: str) -> float:
        """Return the CPU time of a row with one variant."""
        needed = ["inputs", *self.asked[name].parts(), f"stack of {name}", f"decision of {name}"]
        return 1e6 * sum(self.seconds.get(what, 0.0) for what in needed) / max(self.t, 1)

    def over(self, stream: Stream) -> dict[str, dict[str, float]]:
        """Return each variant's scores with label sets made for each of them, and microseconds a row."""
        declared = stream.labels.names[: stream.declared_labels or 0]
        decisions = {name: {target: make_decision(target) for target in TARGETS} for name in self.asked}
        metrics = {name: {target: Metrics(declared) for target in TARGETS} for name in self.asked}
        for batch in stream.batches():
            rows = self.door.learned(batch)
            for name, p in self.batch(rows).items():
                best = Whole(p).top(rows.limits, 5)
                for target in TARGETS:
                    with self._timed(f"decision of {name}" if target == DEFAULT else "other decisions"):
                        sets = decisions[name][target].block(p, rows, learn=True)
                    metrics[name][target].update(batch, Predictions(self.door.labels, *sets, *best))
        return {
            name: {score: metrics[name][target].cumulative()[key] for score, (key, target) in SCORES.items()}
            | {"us": self.microseconds(name)}
            for name in self.asked
        }


def _widened(scores: _Scores, n_labels: int) -> _Scores:
    """Return the scores of one expert as (1, n, n_labels)."""
    wider = np.zeros((1, len(scores), n_labels), np.float32)
    wider[0, :, : scores.shape[1]] = scores[:, :n_labels]
    return wider


Results = dict[str, dict[str, dict[str, dict[str, float]]]]


def table(results: Results) -> list[str]:
    """Return the means over the data sets as lines of Markdown; order -> data set -> variant -> score."""
    orders = list(results)
    lines = [
        "| variant | " + " | ".join(f"{order}: {score}" for order in orders for score in SCORES) + " | us a row |",
        "|---" + "|--:" * (len(orders) * len(SCORES) + 1) + "|",
    ]
    base: dict[tuple[str, str], float] = {}
    names = next(iter(next(iter(results.values())).values()))
    for name in names:
        cells = []
        for order in orders:
            for score in SCORES:
                mean = float(np.mean([done[name][score] for done in results[order].values()]))
                whole = base.setdefault((order, score), mean)
                cells.append(f"{mean:.4f}" if name == AS_IT_IS else f"{mean - whole:+.4f}")
        us = np.median([done[name]["us"] for order in orders for done in results[order].values()])
        lines.append(f"| {name} | " + " | ".join(cells) + f" | {us:,.0f} |")
    return lines


def main() -> None:
    """Run everything that was asked for."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--preset", nargs="+", default=["fast", "balanced", "accurate"])
    parser.add_argument("--only", nargs="+", default=SETS, help="data sets")
    parser.add_argument("--orders", nargs="+", default=["file", "shuffled"], choices=["file", "shuffled"])
    parser.add_argument("--shuffle", type=int, default=0, help="seed of the permutation of the rows")
    parser.add_argument("--rows", type=int, default=5_000, help="rows of each data set at most")
    parser.add_argument("--clustered", nargs="*", default=["MLHAT", "LinearLearner"], choices=list(CLUSTERED))
    parser.add_argument("--out", type=Path, help="JSON file for everything that was measured")
    parser.add_argument("--into", type=Path, help="document to write the tables into")
    asked = parser.parse_args()

    def opened(name: str, order: str) -> Stream:
        stream: Stream = open_stream(asked.data / f"{name}.svm.xz")
        if order == "shuffled":
            stream = shuffled(stream, asked.shuffle)
        return limited(stream, asked.rows)

    everything: dict[str, Results] = {}
    for preset in asked.preset:
        added = [part for part in PARTS if preset not in NOT_ADDED.get(part, ())]
        chosen = variants(PRESETS[preset], asked.clustered, added)
        for name in asked.only[:1]:  # compile
            Run(chosen).over(limited(opened(name, "file"), 200))
        results: Results = {order: {} for order in asked.orders}
        everything[preset] = results
        for order in asked.orders:
            for name in asked.only:
                done = results[order][name] = Run(chosen).over(opened(name, order))
                micro = ", ".join(f"{v} {s['micro-F1']:.4f}" for v, s in done.items())
                print(f"{preset} {order} {name}: {done[AS_IT_IS]['us']:.0f} us, {micro}", flush=True)
                if asked.out:
                    asked.out.write_text(json.dumps({"machine": machine(), "results": everything}, indent=1))
        lines = table(results)
        print("\n".join(lines), flush=True)
        if asked.into:
            about = f"Machine: {machine()}. {len(asked.only)} data sets, the first {asked.rows:,} rows of each"
            command = f"python -m benchmarks.ablation --preset {preset}"
            if asked.only != SETS:
                command += f" --only {' '.join(asked.only)}"
            written_between(asked.into, command, [f"{about}; differences to the preset as it is.", "", *lines])


if __name__ == "__main__":
    main()
