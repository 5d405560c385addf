"""The benchmark of very many labels: its own learners, and the table."""

from __future__ import annotations

import numpy as np
import pytest
from click.testing import CliRunner

from benchmarks.extreme.__main__ import main
from benchmarks.extreme.counts import SmoothedCounts
from benchmarks.extreme.oracle import Oracle
from benchmarks.extreme.protocol import UnfitError
from benchmarks.extreme.run import run
from ihomer.evaluation.metrics import Metrics
from streams.synthetic import XMC


def smoothed(stream, smoothing):
    """Yield the scores of the labels of each row, {label: score}, in the obvious way."""
    seen, both, held = {}, {}, {}
    for rows, (x, y) in enumerate(stream.sets()):
        found = {label for (feature, label) in both if feature in x}
        yield {
            label: np.mean([
                (both.get((f, label), 0) + smoothing * held[label] / rows) / (seen.get(f, 0) + smoothing) for f in x
            ])
            for label in found
        }  # fmt: skip
        for label in y:
            held[label] = held.get(label, 0) + 1
        for feature in x:
            seen[feature] = seen.get(feature, 0) + 1
            for label in y:
                both[feature, label] = both.get((feature, label), 0) + 1


def test_smoothed_counts_are_what_they_say():
    stream = XMC(rows=60, labels=80, features=90, nonzeros=12, cardinality=3.0)
    learner = SmoothedCounts(slots=80, smoothing=2.0)
    answers = [learner(batch) for batch in stream.batches(7)]
    top, scores = (np.concatenate([getattr(a, name) for a in answers]) for name in ("top_ids", "top_scores"))
    for expected, ids, found in zip(smoothed(stream, 2.0), top, scores, strict=True):
        best = sorted(expected.values(), reverse=True)[:5]
        np.testing.assert_allclose(found[: len(best)], best, rtol=1e-5)
        np.testing.assert_allclose([expected[i] for i in ids[ids >= 0].tolist()], best, rtol=1e-5)
        assert (ids >= 0).sum() == len(best)


def test_a_full_list_gives_up_its_rarest_label():
    stream = XMC(rows=500, labels=300, features=50, nonzeros=20)
    learner = SmoothedCounts(slots=16)
    for batch in stream.batches():
        assert (learner(batch).top_ids[100:] >= 0).all()
    assert learner.n_bytes < 100_000


@pytest.mark.parametrize("share", [1, 10, 100])
def test_the_oracle_knows_nearly_everything(share):
    stream = XMC(rows=3000, labels=2000, share=share, seed=6)
    oracle, counts = Metrics(stream.labels), Metrics(stream.labels)
    knows, learns = Oracle(stream), SmoothedCounts()
    for batch in stream.batches():
        answers = knows(batch)
        assert (np.diff(answers.top_scores, axis=1) <= 0).all()
        assert ((answers.top_scores >= 0) & (answers.top_scores <= 1)).all()
        oracle.update(batch, answers)
        counts.update(batch, learns(batch))
    known, counted = oracle.cumulative(), counts.cumulative()
    assert known["p_at_1"] > 0.98
    assert known["micro_f1"] > 0.93
    assert 0.1 < counted["p_at_1"] < known["p_at_1"]


def test_a_run_is_cut():
    spec = "synthetic:xmc?labels=200&rows=300"
    whole = run(spec, "counts", 250, 60.0)
    assert (whole["rows"], whole["cut"]) == (250, False)
    assert whole["mb"] > 0
    cut = run(spec, "counts", 250, 0.0)
    assert (cut["rows"], cut["cut"]) == (16, True)
    with pytest.raises(UnfitError, match="only a generator can be known"):
        run("yeast", "oracle", 100, 1.0)


def test_the_table():
    done = CliRunner().invoke(
        main, ["--labels", "200", "--rows", "200", "--learners", "prior,oracle,fast", "--limit", "100", "--seconds", "0.001"]
    )
    assert done.exit_code == 0, done.output
    assert "**synthetic, 200 labels, 10 share a pool**: 100 rows, 200 labels, 400 features" in done.output
    rows = [line.split(" | ") for line in done.output.splitlines() if line.startswith("| ")]
    assert [row[0] for row in rows] == ["| learner", "| prior", "| oracle", "| fast, cut after 16 rows"]
    assert float(rows[2][1]) > 0.9
    assert {len(row) for row in rows} == {12}


def test_an_unknown_learner():
    done = CliRunner().invoke(main, ["--learners", "x"])
    assert done.exit_code == 2
    assert "no learner 'x', expected many" in done.output
