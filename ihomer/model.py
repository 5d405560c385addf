"""IHOMER: the estimator. A hierarchy of labels, learners, monitors for drift, and a decision."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from ihomer.blocks import PIECE, WATCH, blocks
from ihomer.decision import looks_at_places, make_decision
from ihomer.decision.thresholds import thresholds_of
from ihomer.drift.monitors import Monitors
from ihomer.drift.policy import Policy, make_policy
from ihomer.estimator import ArrayEstimator
from ihomer.events import EventLog
from ihomer.hands import ModelHands
from ihomer.hierarchy import LabelHierarchy
from ihomer.kernels.stack import to_log_odds
from ihomer.label_space import LabelSpace
from ihomer.learners.clustered import Clustered
from ihomer.learners.generations import Generations
from ihomer.learners.label_shares import NONE_RETURN
from ihomer.learners.mixture import Mixture
from ihomer.learners.protocol import ClusterCore
from ihomer.learners.specification import cluster_learner
from ihomer.one_row import Instance
from ihomer.presets import PRESETS
from ihomer.probabilities import Probabilities, Scored, Sets, Whole, joined, joined_scores
from ihomer.retirement import Parts, Retirement
from ihomer.rows import Rows, chained, labels_of
from ihomer.threads import Threads
from streams.names import Name

if TYPE_CHECKING:
    from river.base import DriftDetector

    from ihomer.explain.explanation import Explanation
    from streams.batch import Batch
    from streams.vocabulary import Vocabulary

#: What monitors and hierarchy have not seen yet: probabilities, rows, predicted label sets.
Unwatched = tuple[Probabilities, Rows, npt.NDArray[np.int64], npt.NDArray[np.int32]]
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
        Significance of the model's ADWIN detector; those of clusters and labels are stricter in proportion, as there are
        many of them (`ihomer.drift.monitors`).
    detector
        A river drift detector to clone for every monitor in the place of ADWIN, such as `river.drift.KSWIN()`: some
        microseconds a monitor and row, and checkpoints hold pickles. None: ADWIN.
    policy
        What is done about alarms: "renew" (a young mixture begins beside the old one when the whole model is worse, step
        sizes are opened again where a cluster or a label is, the hierarchy looks anew at labels that hold together less),
        "reopen" (step sizes only), "watch" (nothing), or an object with a method `answer` (`ihomer.drift.policy`). None: as
        the preset has it, "reopen" for "fast", else "renew".
    seed
        Seed of everything that draws: same seed and stream, same bits.
    threads
        How many threads experts, and the trees of one of them, may work in; the same bits whatever the number. Pays
        with "balanced" and "accurate" on batches, not on single rows.
    waiting
        How many rows that were predicted with a key may wait for `learn_later`.
    max_labels, max_features
        So many labels and features are kept; of more, those that were used longest ago are retired (`ihomer.retirement`).
    max_bytes
        Likewise for the bytes that all takes, at least 2**20. Features are kept if a `learner` other than linear needs them,
        and what such a learner takes is not counted.
    silent_for
        A label that held in none of so many rows, nor of ten times as many as there are labels, may be retired; a little of it
        is kept, and put back if it returns.
    label_space
        "few": every label gets a probability, by the experts of the preset. "many": the best of a row do, by an index from
        features to labels, or in dense streams by vectors of labels (`ihomer.learners.many_labels`): a row costs what it
        touches, or about the root of the number of labels; for the targets "example_f1", "micro_f1" and "hamming", and no
        learner per cluster. "auto": few, and many from 1,024 labels on, in dense streams from 8,192 on (few again below 256)
        where that can be (`ihomer.label_space`).
    rank
        What lists of labels are ordered by (`rank_one`, `rank_many`, the best five of predictions): "probability", or, where
        labels are many, "propensity": probability times inverse propensity, which favours the tail (Jain, Prabhu & Varma 2016).
        Probabilities and label sets are the same.

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
        detector: DriftDetector | None = None,
        policy: str | Policy | None = None,
        seed: int = 7,
        threads: int = 1,
        waiting: int = 10_000,
        max_labels: int = 1 << 20,
        max_features: int = 1 << 20,
        max_bytes: int = 1 << 29,
        silent_for: int = 50_000,
        label_space: str = "auto",
        rank: str = "probability",
    ) -> None:
        self.preset = preset
        self.learner = learner
        self.target = target
        self.decision = decision
        self.clusterer = clusterer
        self.delta = delta
        self.detector = detector
        self.policy = policy
        self.seed = seed
        self.threads = threads
        self.waiting = waiting
        self.max_labels = max_labels
        self.max_features = max_features
        self.max_bytes = max_bytes
        self.silent_for = silent_for
        self.label_space = label_space
        self.rank = rank
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
        make = None if shared is None else lambda: Generations(lambda: Mixture(shared, n_others, self.seed, threads))
        decision = preset.decision if self.decision is None else self.decision
        self._decision = make_decision(self.target if decision is None else decision)
        self._space = LabelSpace(self.label_space, self.rank, make, self._always_few())
        self._clusterer = LabelHierarchy(**preset.clusterer) if self.clusterer is None else self.clusterer
        self._tree = self._clusterer.make_tree()
        self._monitors = Monitors(self.delta, self.detector)
        self._policy = make_policy(preset.policy if self.policy is None else self.policy)
        self._log = EventLog()
        self._told = 0  # labels whose birth is in the log
        self._retirement = Retirement(self.max_labels, self.max_features, self.max_bytes, self.silent_for)
        self._unwatched: list[Unwatched] = []

    def _always_few(self) -> str | None:
        """Return why labels cannot be taken for many."""
        if self._clustered is not None:
            return "a learner of every cluster gives each label a probability"
        if not looks_at_places(self._decision):
            return "decisions for this target keep numbers of every label; they may be 'example_f1', 'micro_f1' or 'hamming'"
        return None

    @property
    def _mixture(self) -> Generations | None:
        return self._space.mixture

    def _make_core(self, columns: npt.NDArray[np.int32]) -> ClusterCore:
        assert self._cluster_learner is not None
        # Every core its own stream of chance, the same whenever the same labels come first.
        first = int(columns[0]) if len(columns) else 0
        return self._cluster_learner.make_core(columns, self.seed * 1_000_003 + first, self._door)

    # ------------------------------------------------------------------ predict, then learn

    def _learned_batch(self, batch: Batch) -> Iterator[tuple[Vocabulary, Rows, Scored]]:
        self._log.follow(self._rows_learned + 1, batch.times)
        try:
            yield from super()._learned_batch(batch)
        finally:
            self._log.follow(0, None)

    def _train(self, rows: Rows) -> Scored:
        if len(rows) == 1:
            return self._train_block(rows, self._rows_learned + 1)
        cuts = blocks(self._rows_learned, len(rows), self._space.block_size)
        if not self._space.many_alone:  # which knows in which row a label comes back
            cuts = self._retirement.cut(cuts, rows, self._door.labels)
        parts = [self._train_block(rows.slice(start, stop), self._rows_learned + stop) for start, stop in cuts]
        if self._unwatched:
            self._retirement.note([block for _, block, _, _ in self._unwatched], leftover=True)
            said, labels, left = watched(self._unwatched)  # without the arrays that all rows of the batch share
            self._unwatched = [(said, labels, *left)]
        return joined_scores(parts, rows.n_labels) if parts else self._predict(rows)

    def _train_block(self, block: Rows, at: int) -> Scored:
        """Predict each row of a block that crosses no boundary, then learn it; `at` is the row of the stream after it."""
        returning = NONE_RETURN
        if block.n_labels > self._tree.n_labels:
            first = self._tree.n_labels
            self._enter(block)
            if self._retirement.entering and self._space.many_alone:
                returning = self._retirement.shares(first, block.n_labels)
        said = self._probabilities(block, learn=True, returning=returning)
        if self._retirement.entering:
            self._retirement.welcome(self._space.learners)
        indptr, indices = said.sets(self._decision, block, learn=True)
        self._unwatched.append((said, block, indptr, indices))
        if at % WATCH == 0:
            self._watch()
            self._tell_births(at)
            self._settle(at)
            self._answer_alarms(at)
            self._restructure(at)
        if at % PIECE == 0:
            self._retirement.act(at, self._parts())
            self._told = self._tree.n_labels
            self._settle_space(at)
        return Scored(said, indptr, indices)

    def _parts(self) -> Parts:
        return Parts(
            self._door, self._space.learners, self._clustered, self._decision, self._tree, self._monitors, self._waiting,
            self._log,
        )  # fmt: skip

    def _watch(self) -> None:
        """Let monitors and hierarchy see the rows that were learned since the last time."""
        if self._unwatched:
            self._retirement.note([block for _, block, _, _ in self._unwatched])
            said, labels, sets = watched(self._unwatched)
            self._unwatched = []
            self._monitors.block(said, labels, self._tree.cluster_of, self._tree.cluster_sizes, sets)
            self._tree.learn_rows(
                labels.label_indptr, labels.label_indices, labels.status, labels.known_indptr, labels.known_indices
            )

    def _predict(self, rows: Rows) -> Scored:
        said = self._probabilities(rows, learn=False)
        return Scored(said, *said.sets(self._decision, rows, learn=False))

    def _probabilities(
        self, rows: Rows, *, learn: bool, returning: npt.NDArray[np.float64] = NONE_RETURN
    ) -> Probabilities:
        """Return the probabilities of each row before it is learned (if `learn`)."""
        if self._clustered is None:
            return self._space.block(rows, learn=learn, returning=returning)
        theirs = self._clustered.block(rows, self._door.kinds(), learn=learn)
        if self._mixture is None:
            return Whole(theirs)
        to_log_odds(theirs, LEAST)
        return Whole(self._mixture.block(rows, theirs[None], learn=learn))

    def _enter(self, rows: Rows) -> None:
        """Give every label that is new a place in the hierarchy and a learner."""
        known = self._tree.n_labels
        self._watch()  # the rows before it know nothing of the new labels
        self._tree.add_labels(rows.n_labels - known)
        self._retirement.enter(self._door.labels, known, rows.n_labels)
        if self._clustered is not None:
            self._clustered.enter(np.arange(known, rows.n_labels, dtype=np.int32), self._tree.cluster_of)

    # ------------------------------------------------------------------ between blocks

    def _tell_births(self, at: int) -> None:
        """Log the labels that came since the last time."""
        told, self._told = self._told, self._tree.n_labels
        if self._told > told:
            born = np.arange(told, min(self._told, told + NAMED), dtype=np.int32)
            names, n = self._named(born), self._told - told
            self._log.add(
                at, "birth", place="model", cause="not seen before", before=told, after=told + n, labels=names, n_labels=n
            )

    def _answer_alarms(self, at: int) -> None:
        """Let the policy answer the alarms."""
        alarms = self._monitors.take()
        hands = ModelHands(self._mixture, self._space.many, self._tree)
        for alarm in alarms:
            labels = hands.labels_of(alarm)
            if not len(labels):
                continue  # a cluster that is gone
            young = None if self._mixture is None else self._mixture.young
            answer = self._policy.answer(alarm, hands)
            self._log.add(
                at,
                "alarm",
                place=f"label {self._door.labels.name(alarm.index)}" if alarm.kind == "label" else alarm.place,
                cause="its labels hold together less" if alarm.kind == "structure" else "loss rose",
                before=alarm.before,
                after=alarm.after,
                labels=[] if alarm.kind == "model" else self._named(labels),
                answer=answer,
            )
            if self._mixture is not None and self._mixture.young is not young:
                self._log.add(at, "expert", place="model", cause="after an alarm a young mixture begins beside the old one")

    def _settle(self, at: int) -> None:
        """End the comparison of two generations, if it can be ended."""
        end = None if self._mixture is None else self._mixture.settle()
        if end is not None:
            what, old, young = end
            self._log.add(at, "expert", place="model", cause=f"the young mixture: {what} (log loss)", before=old, after=young)

    def _settle_space(self, at: int) -> None:
        """Let labels be taken for few or many, as their number asks."""
        n = self._tree.n_labels
        change = self._space.settle(n)
        if change is not None:
            before, after = change
            self._log.add(at, "space", place="model", cause=f"{n:,} labels", before=before, after=after, n_labels=n)

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
        """What happened, oldest first: instance, kind, place, cause and numbers; see `ihomer.events.EVENT_KINDS`."""
        return self._log.events

    @property
    def event_log(self) -> EventLog:
        """The log that holds `events`, to write as JSON Lines: `model.event_log.to_json_lines("events.jsonl")`."""
        return self._log

    @property
    def hierarchy(self) -> LabelHierarchy:
        """The hierarchy of labels as it stands, to look at: `draw()`, `clusters`."""
        self._watch()
        return self._clusterer.showing(self._tree, self._door.labels)

    @property
    def clustering(self) -> LabelHierarchy:
        """The hierarchy as it stood when it could last change: what `hierarchy` is, cheap enough to be asked all the time."""
        return self._clusterer.showing(self._tree, self._door.labels)

    @property
    def thresholds(self) -> dict[Name, float] | None:
        """The probability from which on each label is predicted; None if the decision is not made by thresholds."""
        found = thresholds_of(self._decision, self.n_labels)
        return None if found is None else dict(zip(self._door.labels, found.tolist(), strict=True))

    def explain_one(self, x: Instance, label: Name, k: int = 5) -> Explanation:
        """Return why a label gets its probability: what each expert adds to the logit, and its evidence. Nothing changes.

        Parameters
        ----------
        x
            The instance, as for `predict_one`.
        label
            The label, whether it is predicted or not.
        k
            So many features, rows, tests and labels of a kind are told; what the others add is summed.

        Raises
        ------
        KeyError
            If the label was never met.
        ValueError
            If k is not positive, or as `predict_one`.

        Examples
        --------
        >>> model = IHOMER(preset="fast")
        >>> for i in range(200):
        ...     word = ("goal", "vote", "film")[i % 3]
        ...     model.learn_one({word: 1, "the": 1}, {"sport"} if word == "goal" else {"news"})
        >>> why = model.explain_one({"goal": 1, "the": 1}, "sport")
        >>> why.predicted, [expert.name for expert in why.experts]
        (True, ['arow', 'feature counts', 'recent rows', 'history', 'constant'])
        >>> print(why)  # doctest: +ELLIPSIS
        sport: probability 0.99..., predicted
        ...
            goal = 1                           +2.564   scaled 0.707, weight 1.81
            the = 1                            +0.068   scaled 0.707, weight 0.0482
            constant                           -0.695
            sum                                +1.937
        ...
        """
        from ihomer.explain.explain import Model, explained

        self._watch()  # so that the clusters are told from all rows
        parts = self._space, self._clustered, LEAST, self._tree, self._decision
        return explained(Model(self._door, *parts, self._predict, self._rows_learned), x, label, k)

    # ------------------------------------------------------------------ state

    def _state(self) -> dict[str, Any]:
        self._watch()
        return {
            "space": self._space.state(),
            "clustered": None if self._clustered is None else self._clustered.state(),
            "decision": self._decision.state(),
            "tree": self._tree.state(),
            "monitors": self._monitors.state(),
            "events": self._log.state(),
            "told": self._told,
            "retirement": self._retirement.state(len(self._door.features), len(self._door.labels)),
        }

    def _restore(self, state: dict[str, Any]) -> None:
        # Older files have the experts where labels are few, alone.
        before = {"speaks_many": False, "mixture": state.get("mixture"), "many": None}
        self._space.restore(state.get("space", before))
        if self._clustered is not None:
            learner = self._cluster_learner
            assert learner is not None
            self._clustered.restore(state["clustered"], lambda core: learner.revive_core(core, self._door))
        self._decision.restore(state["decision"])
        self._tree.set_state(state["tree"])
        self._monitors = Monitors.from_state(state["monitors"])
        self._log = EventLog.from_state(state["events"])
        self._told = state["told"]
        if "retirement" in state:  # files written before there was any have none
            self._retirement.restore(state["retirement"])


def watched(blocks: list[Unwatched]) -> tuple[Probabilities, Rows, Sets]:
    """Return blocks of equal label spaces as one, without their features: probabilities, rows, label sets."""
    sets = chained([(indptr, indices) for _, _, indptr, indices in blocks])
    rows = labels_of([rows for _, rows, _, _ in blocks])
    return joined([said for said, _, _, _ in blocks], rows.n_labels), rows, sets
