"""Metrics from sets of names, straight from their definitions."""

from __future__ import annotations

from math import log, log2
from statistics import fmean

KINDS = ("f1", "precision", "recall", "jaccard")


def value(kind, tp, fp, fn, undefined=0.0):
    above, below = {
        "f1": (2 * tp, 2 * tp + fp + fn),
        "precision": (tp, tp + fp),
        "recall": (tp, tp + fn),
        "jaccard": (tp, tp + fp + fn),
    }[kind]
    return above / below if below else undefined


def example(kind, y, p, empty_score):
    if not y and not p:
        return empty_score
    if not y or not p:
        return 0.0
    return value(kind, len(y & p), len(p - y), len(y - p))


def propensities(rows, a=0.55, b=1.5):
    """Row by row, label -> inverse propensity (Jain, Prabhu & Varma 2016, section 4), from the rows before."""
    found = []
    for i, (y, *_) in enumerate(rows):
        c = max(0.0, (log(i) - 1) * (b + 1) ** a) if i else 0.0
        found.append({n: 1 + c * (sum(n in before for before, *_ in rows[:i]) + b) ** -a for n in y})
    return found


def dcg(gains):
    return sum(gain / log2(place + 1) for place, gain in enumerate(gains, 1))


def rankings(rows, weights, inverse):
    """nDCG@k, propensity-scored P@k and nDCG@k."""
    found = {}
    for k in (1, 3, 5):
        ndcg = [dcg([n in y for n in r[:k]]) / dcg([1] * min(k, len(y))) if y else 0.0 for y, _, r, _ in rows]
        found[f"ndcg_at_{k}"] = sum(w * v for w, v in zip(weights, ndcg, strict=True)) / sum(weights)
        hits = [[q.get(n, 0.0) for n in r[:k]] for (_, _, r, _), q in zip(rows, inverse, strict=True)]
        best = [sorted(q.values(), reverse=True)[:k] for q in inverse]
        for name, gain in (("psp", sum), ("psndcg", dcg)):
            above = sum(w * gain(gains) for w, gains in zip(weights, hits, strict=True))
            below = sum(w * gain(gains) for w, gains in zip(weights, best, strict=True))
            found[f"{name}_at_{k}"] = above / below if below else 0.0
    return found


def metrics(rows, labels, empty_score=1.0, weights=None, inverse=None):
    """All metrics.

    rows: (y, p, ranking, known) with sets y and p, a list, and a set or None (all are known); labels: those of the
    evaluation; inverse: what `propensities` says of the rows, if these are not all.
    """
    inverse = propensities(rows) if inverse is None else inverse
    weights = [1.0] * len(rows) if weights is None else weights
    rows = [
        (y, p if known is None else p & known, [n for n in r if known is None or n in known], known)
        for y, p, r, known in rows
    ]
    total = sum(weights)

    def mean(values):
        return sum(w * v for w, v in zip(weights, values, strict=True)) / total

    def counts(names):
        tp = sum(w * len(y & p & names) for w, (y, p, _, _) in zip(weights, rows, strict=True))
        fp = sum(w * len((p - y) & names) for w, (y, p, _, _) in zip(weights, rows, strict=True))
        fn = sum(w * len((y - p) & names) for w, (y, p, _, _) in zip(weights, rows, strict=True))
        return tp, fp, fn

    labels = set(labels)
    everything = labels.union(*(y | p for y, p, _, _ in rows))
    cells = sum(w * len(labels if known is None else known) for w, (_, _, _, known) in zip(weights, rows, strict=True))
    _, fp, fn = counts(labels)
    found = {
        "subset_accuracy": mean([float(y == p) for y, p, _, _ in rows]),
        "hamming_loss": (fp + fn) / cells if cells else 0.0,
    }
    for k in (1, 3, 5):
        found[f"p_at_{k}"] = mean([len(y.intersection(r[:k])) / k for y, _, r, _ in rows])
    found |= rankings(rows, weights, inverse)
    for kind in KINDS:
        found[f"micro_{kind}"] = value(kind, *counts(everything))
        found[f"example_{kind}"] = mean([example(kind, y, p, empty_score) for y, p, _, _ in rows])
        if kind != "jaccard":
            found[f"macro_{kind}"] = fmean([value(kind, *counts({n})) for n in labels] or [0.0])
    return found


def stratum_of(label, held, head, torso):
    """held: label -> rows before in which it did."""
    more = sum(count > held.get(label, 0) for count in held.values())
    return "head" if more < head * len(held) else "torso" if more < torso * len(held) else "tail"


def strata(rows, head, torso):
    """Return stratum -> label -> [tp, fp, fn]; rows as in `metrics`."""
    held, found = {}, {"head": {}, "torso": {}, "tail": {}}
    for y, p, _, known in rows:
        there = p if known is None else p & known
        for kind, labels in enumerate((y & there, there - y, y - there)):
            for n in labels:
                found[stratum_of(n, held, head, torso)].setdefault(n, [0, 0, 0])[kind] += 1
        for n in y:
            held[n] = held.get(n, 0) + 1
    return found


def ranked_cells(rows):
    """Return row by row [(score, holds, predicted)] of the ranked cells whose truth is known; rankings hold pairs."""
    return [
        [(q, n in y, n in p) for n, q in ranking if known is None or n in known] for y, p, ranking, known in rows
    ]


def covered(chosen, precision, bins=2048):
    """Return the lowest threshold from which on a share `precision` of [(score, holds)] holds, as a number of bins."""
    edges = {min(int(q * bins), bins - 1) for q, _ in chosen}
    for edge in sorted(edges):
        taken = [holds for q, holds in chosen if min(int(q * bins), bins - 1) >= edge]
        if sum(taken) >= precision * len(taken) - 1e-9:
            return edge
    return bins


def no_change(truths):
    """truths: (y, known or None) or None per row; returns the predicted sets."""
    current, answers = set(), []
    for truth in truths:
        answers.append(current)
        if truth is not None:
            y, known = truth
            current = set(y) if known is None else (current - known) | y
    return answers


def majority_set(truths):
    counts, answers, best = {}, [], frozenset()
    for truth in truths:
        answers.append(set(best))
        if truth is not None and truth[1] is None:
            y = frozenset(truth[0])
            counts[y] = counts.get(y, 0) + 1
            if best not in counts or counts[y] > counts[best]:
                best = y
    return answers


def label_prior(truths):
    """Returns the predicted sets and the rankings (ids are the labels)."""
    rows, held, known_in, answers = 0, {}, {}, []
    for truth in truths:
        predicted = {n for n, count in held.items() if 2 * count > rows + known_in.get(n, 0)}
        answers.append((predicted, sorted(held, key=lambda n: (-held[n], n))[:5]))
        if truth is None:
            continue
        y, known = truth
        rows += known is None
        for n in known or ():
            known_in[n] = known_in.get(n, 0) + 1
        for n in y:
            held[n] = held.get(n, 0) + 1
    return answers
