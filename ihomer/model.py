"""IHOMER: the estimator. A hierarchy of labels, learners, monitors for drift, and a decision."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from ihomer.blocks import PIECE, WATCH, blocks
from ihomer.decision import make_decision
from ihomer.drift.monitors import MODEL, Monitors
from ihomer.estimator import ArrayEstimator, Scored
from ihomer.events import EventLog
from ihomer.hierarchy import LabelHierarchy
from ihomer.kernels.stack import to_log_odds
from ihomer.learners.clustered import Clustered
from ihomer.learners.generations import Generations
from ihomer.learners.mixture import Mixture
from ihomer.learners.protocol import ClusterCore
from ihomer.learners.specification import cluster_learner
from ihomer.presets import PRESETS
from ihomer.retirement import Parts, Retirement
from ihomer.rows import Rows, chained, labels_of
from ihomer.threads import Threads
from streams.names import Name

#: What monitors and hierarchy have not seen yet: probabilities, rows, predicted label sets.
Unwatched = tuple[npt.NDArray[np.float32], Rows, npt.NDArray[np.int64], npt.NDArray[np.int32]]
#: How many labels an event names.
NAMED = 20
#: Probabilities of clustered learners are cut here before the stack sees their log-odds.
LEAST = 0.005


class IHOMER(ArrayEstimator):
    """Incremental hierarchy of multi-label classifiers: learns online which of very many labels hold for an instance.

    Neves, Lourenço, Cano & Marreiros, "iHOMER", ECAI 2025 (arXiv 2507.20894). Labels are clustered online by the
    Jaccard similarity of their occurrences into a tree; experts over all labels and, if asked for, one learner for
    every cluster score each label; an online Bayesian stack makes one calibrated probability of the scores; a decision
    makes a label set of the probabilities. ADWIN watches the losses of the model and of every cluster. Everything
    learned belongs to labels: when clusters split or merge, nothing of it is lost.

    Parameters
    ----------
    preset
        "fast", "balanced" or "accurate": experts over all labels under the stack, see `ihomer.presets` for which.
        "paper": as published: one MLHAT for every cluster of the plain ODAC tree, threshold .5.
        "none": the parameter `learner` alone.
    learner
        One more expert, one for every cluster: `LinearLearner`, `MLHAT`, or any river classifier (then by binary
        relevance) or multi-label classifier.
    target
        What label sets are made for: "example_f1", "micro_f1", "macro_f1", "subset_accuracy" or "hamming".
    decision
        A fixed threshold between 0 and 1 instead; None: as the target asks (preset "paper": .5).
    clusterer
        A `LabelHierarchy` whose parameters to use; None: as the preset has it.
    delta
        Confidence of the ADWIN detectors of the model and of every cluster.
    seed
        Seed of everything that draws: same seed and stream, same bits.
    threads
        How many threads experts, and the trees of one of them, may work in; the same bits whatever the number. Pays
        with "balanced" and "accurate" on batches, not on single rows.
    max_labels, max_features
        So many labels and features are kept; of more, those that were used longest ago are retired (`ihomer.retirement`).
    max_bytes
        Likewise for the bytes that all takes, at least 2**20. Features are kept if a `learner` other than linear needs them,
        and what such a learner takes is not counted.
    silent_for
        A label that held in none of so many rows may be retired; a little of it is kept, and put back if it returns.

    Examples
    --------
    >>> from ihomer import IHOMER
    >>> from streams import open_stream
    >>> model = IHOMER(seed=7)
    >>> for x, y in open_stream("yeast").sets():
    ...     predicted = model.predict_set_one(x)
    ...     model.learn_one(x, y)
    >>> sorted(predicted), sorted(y)
    (['Class12', 'Class13', 'Class2', 'Class3'], ['Class12', 'Class13', 'Class2', 'Class3'])
    >>> [(label, round(p, 3)) for label, p in model.rank_one(x, k=2)]
    [('Class3', 0.909), ('Class12', 0.904)]
    """

    def __init__(
        self,
        preset: str = "balanced",
        learner: Any = None,
        target: str = "example_f1",
        decision: float | None = None,
        clusterer: LabelHierarchy | None = None,
        delta: float = 0.002,
        seed: int = 7,
        threads: int = 1,
        max_labels: int = 1 << 16,
        max_features: int = 1 << 20,
        max_bytes: int = 1 << 29,
        silent_for: int = 50_000,
    ) -> None:
        self.preset = preset
        self.learner = learner
        self.target = target
        self.decision = decision
        self.clusterer = clusterer
        self.delta = delta
        self.seed = seed
        self.threads = threads
        self.max_labels = max_labels
        self.max_features = max_features
        self.max_bytes = max_bytes
        self.silent_for = silent_for
        super().__init__()

    @classmethod
    def paper(cls, seed: int = 7) -> IHOMER:
        """Return the configuration of the paper: `IHOMER(preset="paper")`."""
        return cls(preset="paper", seed=seed)

    def _start(self) -> None:
        if self.preset not in PRESETS:
            raise ValueError(f"preset must be one of {', '.join(map(repr, PRESETS))}, found {self.preset!r}")
        if not 0 < self.delta < 1:
            raise ValueError(f"delta must lie between 0 and 1, found {self.delta!r}")
        preset = PRESETS[self.preset]
        self._cluster_learner = cluster_learner(preset.learner if self.learner is None else self.learner)
        if self._cluster_learner is None and preset.shared is None:
            raise ValueError(f'preset "{self.preset}" has no learner of its own: give one (learner=...)')
        self._clustered = None if self._cluster_learner is None else Clustered(self._make_core)
        n_others = int(self._clustered is not None)
        threads = Threads(self.threads)
        shared = preset.shared
        self._mixture = None if shared is None else Generations(lambda: Mixture(shared, n_others, self.seed, threads))
        decision = preset.decision if self.decision is None else self.decision
        self._decision = make_decision(self.target if decision is None else decision)
        self._clusterer = LabelHierarchy(**preset.clusterer) if self.clusterer is None else self.clusterer
        self._tree = self._clusterer.make_tree()
        self._monitors = Monitors(self.delta)
        self._log = EventLog()
        self._retirement = Retirement(self.max_labels, self.max_features, self.max_bytes, self.silent_for)
        self._unwatched: list[Unwatched] = []

    def _make_core(self, columns: npt.NDArray[np.int32]) -> ClusterCore:
        assert self._cluster_learner is not None
        # Every core its own stream of chance, the same whenever the same labels come first.
        first = int(columns[0]) if len(columns) else 0
        return self._cluster_learner.make_core(columns, self.seed * 1_000_003 + first, self._door)

    # ------------------------------------------------------------------ predict, then learn

    def _train(self, rows: Rows) -> Scored:
        if len(rows) == 1:
            return self._train_block(rows, self._rows_learned + 1)
        p = np.zeros((len(rows), rows.n_labels), np.float32)
        sets = []
        for start, stop in self._retirement.cut(blocks(self._rows_learned, len(rows)), rows, self._door.labels):
            scored = self._train_block(rows.slice(start, stop), self._rows_learned + stop)
            p[start:stop, : scored.p.shape[1]] = scored.p
            sets.append((scored.indptr, scored.indices))
        if self._unwatched:
            self._retirement.note([block for _, block, _, _ in self._unwatched], leftover=True)
            p_left, labels, left = watched(self._unwatched)  # without the arrays that all rows of the batch share
            self._unwatched = [(p_left, labels, *left)]
        return Scored(p, *chained(sets)) if sets else Scored(p, np.zeros(1, np.int64), np.zeros(0, np.int32))

    def _train_block(self, block: Rows, at: int) -> Scored:
        """Predict each row of a block that crosses no boundary, then learn it; `at` is the row of the stream after it."""
        if block.n_labels > self._tree.n_labels:
            self._enter(block)
        p = self._probabilities(block, learn=True)
        if self._retirement.entering:
            self._retirement.welcome(self._mixture)
        indptr, indices = self._decision.block(p, block, learn=True)
        self._unwatched.append((p, block, indptr, indices))
        if at % WATCH == 0:
            self._watch()
            self._settle(at)
            self._answer_alarms(at)
            self._restructure(at)
        if at % PIECE == 0:
            self._retirement.act(at, self._parts())
        return Scored(p, indptr, indices)

    def _parts(self) -> Parts:
        return Parts(self._door, self._mixture, self._clustered, self._decision, self._tree, self._log)

    def _watch(self) -> None:
        """Let monitors and hierarchy see the rows that were learned since the last time."""
        if self._unwatched:
            self._retirement.note([block for _, block, _, _ in self._unwatched])
            p, labels, sets = watched(self._unwatched)
            self._unwatched = []
            self._monitors.block(p, labels, self._tree.cluster_of, sets)
            self._tree.learn_rows(
                labels.label_indptr, labels.label_indices, labels.status, labels.known_indptr, labels.known_indices
            )

    def _predict(self, rows: Rows) -> Scored:
        p = self._probabilities(rows, learn=False)
        return Scored(p, *self._decision.block(p, rows, learn=False))

    def _probabilities(self, rows: Rows, *, learn: bool) -> npt.NDArray[np.float32]:
        """Return probabilities, float32 (n, labels), of each row before it is learned (if `learn`)."""
        others = None
        if self._clustered is not None:
            theirs = self._clustered.block(rows, self._door.kinds(), learn=learn)
            if self._mixture is None:
                return theirs
            to_log_odds(theirs, LEAST)
            others = theirs[None]
        assert self._mixture is not None
        return self._mixture.block(rows, others, learn=learn)

    def _enter(self, rows: Rows) -> None:
        """Give every label that is new a place in the hierarchy and a learner."""
        known = self._tree.n_labels
        self._watch()  # the rows before it know nothing of the new labels
        self._tree.add_labels(rows.n_labels - known)
        self._retirement.enter(self._door.labels, known, rows.n_labels)
        if self._clustered is not None:
            self._clustered.enter(np.arange(known, rows.n_labels, dtype=np.int32), self._tree.cluster_of)

    # ------------------------------------------------------------------ between blocks

    def _answer_alarms(self, at: int) -> None:
        """Let the labels learn fast again of whose loss an alarm says that it rose."""
        for alarm in self._monitors.take():
            labels = None
            if alarm.cluster != MODEL:
                labels = np.flatnonzero(self._tree.cluster_of == alarm.cluster).astype(np.int32)
                if not len(labels):
                    continue
            if self._mixture is not None and labels is None and self._mixture.renew():
                self._log.add(at, "expert", place="model", cause="an alarm: a young mixture begins beside the old one")
            elif self._mixture is not None:
                self._mixture.reopen(labels)
            self._log.add(
                at,
                "alarm",
                place="model" if labels is None else f"cluster {alarm.cluster}",
                cause="loss rose (ADWIN)",
                before=alarm.before,
                after=alarm.after,
                labels=[] if labels is None else self._named(labels),
            )

    def _settle(self, at: int) -> None:
        """End the comparison of two generations, if it can be ended."""
        end = None if self._mixture is None else self._mixture.settle()
        if end is not None:
            what, old, young = end
            self._log.add(at, "expert", place="model", cause=f"the young mixture: {what} (log loss)", before=old, after=young)

    def _restructure(self, at: int) -> None:
        """Let the hierarchy split and merge; learners and monitors follow."""
        changes = self._tree.restructure()
        if changes:
            if self._clustered is not None:
                self._clustered.regroup(self._tree.cluster_of)
            for change in changes:
                if change.kind != "move":
                    self._monitors.forget(list(change.after))
                self._log.add(
                    at,
                    change.kind,
                    place=" and ".join(f"cluster {c}" for c in change.before),
                    cause="labels that hold together (Jaccard)",
                    before=list(change.before),
                    after=list(change.after),
                    labels=self._named(change.members),
                    n_labels=len(change.members),
                    statistics=change.statistics,
                )
        if self._clustered is not None:
            for cluster, n in self._clustered.replace(self._tree.cluster_of):
                self._log.add(at, "learner", place=f"cluster {cluster}", cause=f"one common learner replaced {n}")

    def _named(self, labels: npt.NDArray[np.int32]) -> list[Name]:
        """Return the names of the first of `labels`."""
        return [self._door.labels.name(i) for i in labels[:NAMED].tolist()]

    # ------------------------------------------------------------------ looking inside

    @property
    def clusters(self) -> list[list[Name]]:
        """The clusters of labels, each in the order in which its labels were met."""
        return [[self._door.labels.name(i) for i in ids.tolist()] for ids in self._tree.clusters()]

    @property
    def events(self) -> list[dict[str, Any]]:
        """Alarms, splits, merges, replaced learners, oldest first (the last 10,000): instance, what, where, why."""
        return self._log.events

    @property
    def hierarchy(self) -> LabelHierarchy:
        """The hierarchy of labels as it stands, to look at: `draw()`, `clusters`."""
        self._watch()
        return self._clusterer.showing(self._tree, self._door.labels)

    # ------------------------------------------------------------------ state

    def _state(self) -> dict[str, Any]:
        self._watch()
        return {
            "mixture": None if self._mixture is None else self._mixture.state(),
            "clustered": None if self._clustered is None else self._clustered.state(),
            "decision": self._decision.state(),
            "tree": self._tree.state(),
            "monitors": self._monitors.state(),
            "events": self._log.state(),
            "retirement": self._retirement.state(len(self._door.features), len(self._door.labels)),
        }

    def _restore(self, state: dict[str, Any]) -> None:
        if self._mixture is not None:
            self._mixture.restore(state["mixture"])
        if self._clustered is not None:
            learner = self._cluster_learner
            assert learner is not None
            self._clustered.restore(state["clustered"], lambda core: learner.revive_core(core, self._door))
        self._decision.restore(state["decision"])
        self._tree.set_state(state["tree"])
        self._monitors = Monitors.from_state(state["monitors"])
        self._log = EventLog.from_state(state["events"])
        if "retirement" in state:  # files written before there was any have none
            self._retirement.restore(state["retirement"])


def watched(
    blocks: list[Unwatched],
) -> tuple[npt.NDArray[np.float32], Rows, tuple[npt.NDArray[np.int64], npt.NDArray[np.int32]]]:
    """Return blocks of equal label spaces as one, without their features: probabilities, rows, label sets."""
    sets = chained([(indptr, indices) for _, _, indptr, indices in blocks])
    return np.concatenate([p for p, _, _, _ in blocks]), labels_of([rows for _, rows, _, _ in blocks]), sets
