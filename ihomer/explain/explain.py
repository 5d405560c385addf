"""From a model's parts and an instance to an explanation."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from ihomer.decision.threshold import Decision
from ihomer.door import Door
from ihomer.explain.case import Case
from ihomer.explain.clustered import of_cluster
from ihomer.explain.counts import of_slot_index
from ihomer.explain.dense_labels import of_dense_labels
from ihomer.explain.explanation import Explanation
from ihomer.explain.generations import of_generations
from ihomer.explain.parts import Cluster, Expert, Mate, Term
from ihomer.explain.rule import rule_of
from ihomer.hierarchy.tree import ClusterTree
from ihomer.kernels.odac import jaccard
from ihomer.kernels.stack import to_log_odds
from ihomer.label_space import LabelSpace
from ihomer.learners.clustered import Clustered
from ihomer.learners.dense_labels import DenseLabels
from ihomer.learners.many_labels import ManyLabels
from ihomer.one_row import Instance
from ihomer.probabilities import Scored
from ihomer.rows import Rows
from streams.array_rows import as_dict
from streams.names import Name
from streams.vocabulary import Vocabulary

#: Probabilities are cut here before their log-odds are told, where there is no stack.
LEAST = 1e-6


@dataclass(frozen=True, slots=True, eq=False)
class Model:
    """What is asked of a model.

    Parameters
    ----------
    door
        Its names.
    space, clustered
        Its experts over all labels, and the learners of its clusters; at least one of them.
    least
        Where probabilities of a clustered learner are cut before the stack sees their log-odds.
    tree
        Its clusters.
    decision, predict
        How label sets are made of probabilities, and both at once.
    instances
        How many it has learned.
    """

    door: Door
    space: LabelSpace
    clustered: Clustered | None
    least: float
    tree: ClusterTree
    decision: Decision
    predict: Callable[[Rows], Scored]
    instances: int


def explained(model: Model, x: Instance, label: Name, k: int) -> Explanation:
    """Return why a label gets its probability; see `ihomer.IHOMER.explain_one`."""
    if k < 1:
        raise ValueError(f"k must be at least 1, found {k}")
    i = model.door.labels.get(label)
    if i < 0:
        raise KeyError(f"label {label!r} was never met")
    rows = model.door.predicted_one(x)
    scored = model.predict(rows)
    p, predicted = scored.said.of_row(0), set(scored.indices.tolist())
    experts = _experts(model, rows, i, p.get(i, 0.0), k)
    logit = math.fsum(expert.part for expert in experts)
    unknown = _unknown(as_dict(x) if isinstance(x, np.ndarray) else x, model.door.features)
    return Explanation(
        label=model.door.labels.name(i),
        probability=p[i] if i in p else 1 / (1 + math.exp(-logit)),  # where labels are many, p has the best alone
        predicted=i in predicted,
        rule=rule_of(model.decision, i),
        logit=logit,
        experts=experts,
        cluster=_cluster(model, i, p, predicted, k),
        instances=model.instances,
        unknown=tuple(unknown[:k]),
        n_unknown=len(unknown),
    )


def _experts(model: Model, rows: Rows, i: int, p: float, k: int) -> tuple[Expert, ...]:
    names = (model.door.features, model.door.labels.names)
    others = []
    said = np.zeros((0, 1, rows.n_labels), np.float32)
    if model.clustered is not None:
        others = [of_cluster(model.clustered, rows, i, names, k)]
        if model.space.mixture is None:
            q = min(max(p, LEAST), 1 - LEAST)
            score = math.log(q / (1 - q))
            name, evidence = others[0]
            return (Expert(name, score, (Term("log-odds", score, 1.0, 0.0, score),), evidence),)
        said = model.clustered.block(rows, model.door.kinds(), learn=False)[None]
        to_log_odds(said[0], model.least)
    if model.space.speaks_many:
        assert model.space.many is not None
        return (_of_index(model.space.many, rows, i, names, k),)
    assert model.space.mixture is not None
    return of_generations(model.space.mixture, rows, i, others, said, names, k)


def _of_index(many: ManyLabels, rows: Rows, i: int, names: tuple[Vocabulary, list[Name]], k: int) -> Expert:
    """Return the one expert that there is where labels are many."""
    views, scores = many.score(rows)
    case = Case(i, rows, views, *names, many.rows, k)
    score = float(scores[i])
    terms = (Term("log-odds", score, 1.0, 0.0, score),)
    if isinstance(many.index, DenseLabels):
        return Expert("dense labels", score, terms, of_dense_labels(many.index, case))
    return Expert("slot index", score, terms, of_slot_index(many.index, case))


def _cluster(model: Model, i: int, p: dict[int, float], predicted: set[int], k: int) -> Cluster:
    """Return the labels of the cluster of label `i`, the most similar first."""
    tree, sight, name = model.tree, model.tree.counts.sight(), model.door.labels.name
    members = tree.members(int(tree.cluster_of[i])).tolist()
    here = slice(int(sight.indptr[i]), int(sight.indptr[i + 1]))
    together = dict(zip(sight.ids[here].tolist(), sight.weights[here].tolist(), strict=True))
    similar = sorted(
        (-float(jaccard(together.get(j, 0.0), sight.n[i], sight.n[j], sight.known[i], sight.known[j])), j)
        for j in members
        if j != i
    )
    mates = tuple(Mate(name(j), -minus, p.get(j, 0.0), j in predicted) for minus, j in similar[:k])
    return Cluster(len(members), mates, len(similar) - len(mates), math.fsum(-minus for minus, _ in similar[k:]))


def _unknown(x: Mapping[Name, Any], features: Vocabulary) -> list[Name]:
    """Return the names in x that no column stands for, in the order of x; those that are missing tell nothing."""
    found: list[Name] = []
    for name, value in x.items():
        if isinstance(value, str):
            if features.get_category(name, value) < 0:
                found.append(f"{name}={value}")
        elif value is not None and value == value and value != 0 and features.get(name) < 0:  # noqa: PLR0124 (NaN)
            found.append(name)
    return found
