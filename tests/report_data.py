"""Comparisons to make reports of: small, large, and with names that mean harm."""

from __future__ import annotations

import math
import random

from ihomer.report.data import (
    Bin,
    Comparison,
    Fingerprint,
    Hierarchy,
    LabelScore,
    Pair,
    Provenance,
    Run,
    Statistics,
    Tributary,
)

HOSTILE = '</script><img src=x onerror="document.title=1">&amp;\u2028\x00"\'`${1}'
METRICS = ("micro_f1", "macro_f1", "example_f1", "subset_accuracy", "hamming_loss", "p_at_1", "p_at_3", "p_at_5")


def run(stream="emotions", learner="ihomer", *, points=20, names=("red", "round", "large"), seed=1, **more):
    chance = random.Random(f"{stream}{learner}{seed}")
    level = chance.uniform(0.3, 0.8)
    xs = [500 * (i + 1) for i in range(points)]
    curve = {"instances": xs}
    for metric in METRICS:
        curve["window_" + metric] = [level * (1 - math.exp(-(i + 1) / 5)) + chance.gauss(0, 0.01) for i in range(points)]
        curve[metric] = curve["faded_" + metric] = [sum(curve["window_" + metric][: i + 1]) / (i + 1) for i in range(points)]
    told = {"place": f"label {names[0]}", "cause": "loss rose", "labels": list(names), "n_labels": 3}
    events = tuple(
        {"instance": 128 * i + 128, "kind": kind, **told}
        for i, kind in enumerate(("birth", "alarm", "split", "merge", "expert", "move"))
    )
    fields = {
        "instances": 500 * points, "features": 72, "labels": len(names), "clusters": 2,
        "scores": {metric: curve[metric][-1] for metric in METRICS} if points else {},
        "costs": {"wall_seconds": chance.uniform(1, 90), "cpu_seconds": 3.0, "instances_per_second": 9.0, "peak_rss_mb": 20.0},
        "baselines": {"no_change": {"micro_f1": 0.2}}, "curve": curve, "events": events,
        "label_scores": tuple(LabelScore(name, 10 - i, 0.5, None, 0.25, 0.3, i) for i, name in enumerate(names)),
        "bins": (Bin(10, 0.1, 0.2), Bin(20, 0.9, 0.8)),
        "hierarchy": Hierarchy(
            len(names), 2, "<svg xmlns='http://www.w3.org/2000/svg'/>", tuple(names), (1, 1, 2)[: len(names)],
            tuple(tuple(1.0 if i == j else 0.25 for j in range(len(names))) for i in range(len(names))),
            (Tributary(0, (0,), (3,)), Tributary(500, (1, 2), (2, 1)), Tributary(1000, (1, 2), (2, 1))),
        ),
        "seconds_by_part": {"model": 1.0, "reading": 0.5},
    }  # fmt: skip
    return Run(stream, learner, seed, **{**fields, **more})


def comparison(streams, learners, **more):
    runs = [run(stream, learner, **more) for stream in streams for learner in learners]
    ranks = {learner: 1.0 + i for i, learner in enumerate(learners)}
    pairs = tuple(Pair(a, b, 2, 0, 1, 0.04, 0.2, 0.5, 0.3, 0.2) for i, a in enumerate(learners) for b in learners[i + 1 :])
    alike, told = (tuple(learners[:2]),), ("A sentence.",)
    statistics = Statistics("micro_f1", ranks, len(streams), ("lost",), 1.5, 0.05, alike, (), pairs, told)
    sources = tuple(Fingerprint(stream, f"{stream}.arff", 1000, "ab" * 32) for stream in streams)
    provenance = Provenance("ihomer compare ...", "2026-01-31T12:00:00+00:00", {"ihomer": "0.1.0"}, {"cores": "2"}, 7, sources)
    return Comparison("Learners on streams", tuple(runs), provenance, (statistics,) if len(learners) > 1 else ())


def hostile():
    bad = run(HOSTILE, HOSTILE, names=(HOSTILE, "b", "c"), cut=HOSTILE, error=HOSTILE, remarks=(HOSTILE,))
    other = run(HOSTILE, "other")
    ranks, pair = {HOSTILE: 1.0, "other": 2.0}, Pair(HOSTILE, "other", 1, 0, 0)
    statistics = Statistics("micro_f1", ranks, 1, (HOSTILE,), 1.0, 0.05, ((HOSTILE, "other"),), (), (pair,), (HOSTILE,))
    table = {HOSTILE: HOSTILE}
    provenance = Provenance(HOSTILE, "2026", table, table, 1, (Fingerprint(HOSTILE, HOSTILE),), table)
    return Comparison(HOSTILE, (bad, other), provenance, (statistics,))
