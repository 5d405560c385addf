"""Comparisons: the same rows for all, scores at every rung, what is kept, and what the tests of two learners look at."""

from __future__ import annotations

import json
import math
import os
import textwrap
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ihomer.compare.cell import Cell, Rungs, Task
from ihomer.compare.comparison import Comparison
from ihomer.compare.conduct import compare
from ihomer.compare.contestant import contestants
from ihomer.compare.digest import RowsDigest
from ihomer.compare.fill import fill
from ihomer.compare.ladder import Laddered, rungs
from ihomer.compare.metrics import METRICS, sign
from ihomer.compare.source import Source, named_apart, survey
from ihomer.compare.store import CellStore
from ihomer.compare.table import table
from ihomer.compare.testing import ranked, statistics_of
from ihomer.evaluation.catalogue import UnknownModelError, make_model
from ihomer.evaluation.loop import prequential
from ihomer.evaluation.statistics import mean_ranks
from ihomer.report.data import Run
from streams.batch import Batch
from streams.errors import StreamError
from streams.open import open_stream

GROUPS = "synthetic:groups?rows=60&seed=3"


@settings(deadline=None, max_examples=30)
@given(st.integers(0, 3000))
def test_rungs_begin_with_the_first_row_and_end_with_the_last(rows):
    found = rungs(rows)
    assert found == sorted(set(found))
    assert found[-1:] == ([rows] if rows else [])
    # Any two runs meet at the end of the shorter: a rung below both ends is a rung of both.
    assert set(found[:-1]) == {rung for rung in rungs(10_000) if rung < rows}


@settings(deadline=None, max_examples=30)
@given(st.integers(1, 50), st.integers(1, 200))
def test_batches_end_at_every_rung(batch_rows, rows):
    stream = Laddered(open_stream("synthetic:groups?rows=200"), rows)
    ends = np.cumsum([len(batch) for batch in stream.batches(batch_rows)]).tolist()
    assert ends[-1] == rows
    assert set(rungs(rows)) <= set(ends)


PAIRS = [({"a": 1.0, "b": 0.5}, {"x"}), ({"b": 2.0}, {"x", "y"}), ({}, set()), ({"c": -1.0}, {"z"})]


def digest_of(pairs, cuts=()):
    digest = RowsDigest()
    for start, stop in zip((0, *cuts), (*cuts, len(pairs)), strict=True):
        if start < stop:
            digest.add(Batch.from_pairs(pairs[start:stop]))
    return digest.hex()


@settings(deadline=None, max_examples=30)
@given(st.lists(st.integers(0, 4), max_size=3).map(sorted))
def test_a_digest_does_not_depend_on_batches_and_ids(cuts):
    assert digest_of(PAIRS, cuts) == digest_of(PAIRS)


def test_a_digest_is_of_the_rows_and_not_of_their_format(tmp_path):
    (tmp_path / "rows.csv").write_text("a,b,y_x,y_z\n1,0,1,0\n0.5,2,0,1\n,3,1,1\n")
    (tmp_path / "rows.jsonl").write_text(
        '{"x": {"a": 1}, "y": ["y_x"]}\n{"x": {"b": 2, "a": 0.5}, "y": ["y_z"]}\n'
        '{"x": {"a": null, "b": 3}, "y": ["y_z", "y_x"]}\n'
    )
    found = [survey(Source(str(tmp_path / name), label_columns=columns)) for name, columns in (
        ("rows.csv", "y_*"), ("rows.jsonl", None))]  # fmt: skip
    assert found[0].digest == found[1].digest
    (tmp_path / "rows.csv").write_text("a,b,y_x,y_z\n1,0,1,0\n0.5,2.5,0,1\n,3,1,1\n")
    assert survey(Source(str(tmp_path / "rows.csv"), label_columns="y_*")).digest != found[0].digest


def test_a_digest_of_a_dense_block_is_that_of_its_cells():
    sparse = Batch.from_pairs([({"a": 1.0, "b": 0.5}, {"x"}), ({"b": 2.0}, {"y"}), ({}, set())])
    block = np.array([[1.0, 0.5], [0.0, 2.0], [0.0, 0.0]])
    empty = {"indptr": np.zeros(4, np.int64), "indices": np.zeros(0, np.int32), "values": sparse.values[:0]}
    ids = np.array([sparse.features.get(name) for name in "ab"], np.int32)
    found = []
    for batch in (sparse, replace(sparse, **empty, dense=block, dense_ids=ids), replace(sparse, **empty)):
        digest = RowsDigest()
        digest.add(batch)
        found.append(digest.hex())
    assert found[0] == found[1] != found[2]


@pytest.mark.parametrize(
    "changed",
    [
        PAIRS[::-1],
        PAIRS[:3],
        [({"a": 1.0, "b": 0.25}, {"x"}), *PAIRS[1:]],
        [({"a": 0.5, "b": 1.0}, {"x"}), *PAIRS[1:]],
        [({"a": 1.0, "b": 0.5}, {"y"}), *PAIRS[1:]],
        [({"a": 1.0, "d": 0.5}, {"x"}), *PAIRS[1:]],
        [({"a": 1.0, "b": 0.5}, {"x": True}), *PAIRS[1:]],
    ],
)  # fmt: skip
def test_a_digest_sees_every_change(changed):
    assert digest_of(changed) != digest_of(PAIRS)


def task_of(learner="label-prior", limit=60, **more):
    (found,) = contestants([learner])
    return Task(survey(Source(GROUPS, limit=limit)), found, **more)


@pytest.mark.parametrize("learner", ["label-prior", "linear", "nb"])
def test_a_rung_is_a_run_that_ends_there(learner):
    cell = fill(task_of(learner, seed=7))
    assert set(cell.rungs.scores) == set(METRICS)
    for rows in (13, 45, 60):
        model, _ = make_model(learner, seed=7)
        alone = prequential(model, open_stream(GROUPS), limit=rows)
        for metric in METRICS:
            expected = {**alone.summary, **alone.details}[metric]
            assert cell.score(metric, rows) == expected, (metric, rows)
    assert cell.rows == 60
    assert cell.run.cut == ""
    assert cell.score("micro_f1", 14) is None


def test_a_run_is_cut_at_the_next_rung_when_its_time_is_up():
    cell, whole = fill(task_of("nb", time_limit=1e-9)), fill(task_of("nb"))
    assert cell.rows == cell.run.instances == 1
    assert cell.run.cut == "time limit of 1e-09 s"
    assert cell.score("hamming_loss") == whole.score("hamming_loss", 1)
    assert cell.rungs.digests[0] == whole.rungs.digests[0]


def test_a_learner_that_raises_makes_a_cell_that_failed(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "broken_in_comparison.py").write_text(textwrap.dedent("""
        import warnings

        class Broken:
            def predict_one(self, x):
                warnings.warn("it begins")
                raise RuntimeError("the model is broken")

            def learn_one(self, x, y):
                pass
    """))
    cell = fill(task_of("broken_in_comparison:Broken"))
    assert cell.run.error == "RuntimeError: the model is broken"
    assert cell.run.remarks == ("UserWarning: it begins",)
    assert cell.rows == 0


def test_a_stream_that_changes_meanwhile_makes_a_cell_that_failed():
    task = task_of()
    changed = replace(task, stream=replace(task.stream, digest="of other rows"))
    assert "has changed" in fill(changed).run.error


def test_a_cell_is_found_again_unless_something_changed(tmp_path):
    store, task = CellStore(tmp_path), task_of()
    assert store.get(task) is None
    cell = fill(task)
    store.put(task, cell)
    again = store.get(task)
    assert again is not None
    assert again.rungs.scores == {name: list(values) for name, values in cell.rungs.scores.items()}
    assert again.run.label_scores == cell.run.label_scores
    for other in (task_of(limit=59), task_of("no-change"), task_of(seed=1), task_of(repeat=1), task_of(time_limit=5.0)):
        assert store.get(other) is None
    store.place(task).write_text(json.dumps({"format": 1}))
    assert store.get(task) is None


def test_files_of_hostile_names_stay_in_the_folder(tmp_path):
    task = task_of()
    for name in ("../../etc/passwd", "a\nb", "", "x" * 500, "é"):
        hostile = replace(task, stream=replace(task.stream, name=name))
        place = CellStore(tmp_path).place(hostile)
        assert place.parent == tmp_path
        assert len(place.name) < 150


def test_learners_by_groups_and_names():
    assert [one.name for one in contestants(["trivial"])] == ["no-change", "majority-set", "label-prior"]
    assert len(contestants(["all"])) > 20
    assert [one.seeded for one in contestants(["ihomer", "no-change"])] == [True, False]
    with pytest.raises(ValueError, match="comes twice: no-change"):
        contestants(["no-change", "trivial"])
    with pytest.raises(UnknownModelError, match="did you mean 'ihomer'"):
        contestants(["ihomr"])


def test_streams_of_one_name_are_told_apart(tmp_path):
    for folder in ("one", "other"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "rows.jsonl").write_text('{"x": {"a": 1}, "y": ["b"]}\n')
    found = [survey(Source(str(tmp_path / folder / "rows.jsonl"))) for folder in ("one", "other")]
    assert [one.name for one in named_apart(found)] == [one.source.spec for one in found]
    assert [one.name for one in named_apart(found[:1])] == ["rows"]
    with pytest.raises(ValueError, match="comes twice"):
        named_apart([found[0], found[0]])


def test_a_file_whose_name_is_no_text_is_a_stream(tmp_path):
    path = os.fsencode(tmp_path) + b"/rows\xff.jsonl"
    Path(os.fsdecode(path)).write_text('{"x": {"a": 1}, "y": ["b"]}\n')
    found = survey(Source(os.fsdecode(path)))
    assert found.name == "rows?.jsonl"
    assert Task.from_plain(json.loads(json.dumps(Task(found, contestants(["no-change"])[0]).to_plain()))).stream == found


def test_streams_that_cannot_be_compared_on(tmp_path):
    (tmp_path / "bare.jsonl").write_text('{"x": {"a": 1}}\n')
    with pytest.raises(StreamError, match="no label in 1 rows"):
        survey(Source(str(tmp_path / "bare.jsonl")))
    with pytest.raises(StreamError, match="read only once"):
        survey(Source("-"))


# ----------------------------------------------------------------------------------------------------------------------
# What is made of cells


def cell_of(stream, learner, scores, *, cut=False, seed=None, error=""):
    """Return a cell with micro-F1 and Hamming loss at the rungs 1, 2, ..."""
    rows = tuple(range(1, len(scores) + 1))
    run = Run(stream, learner, seed, instances=len(scores), cut="time limit" if cut else "", error=error)
    values = {"micro_f1": scores, "hamming_loss": [1 - score for score in scores]}
    return Cell(run, 0, Rungs(rows, ("",) * len(rows), rows, values))


def made(*cells, **more):
    streams = {}
    for cell in cells:
        streams[cell.run.stream] = max(streams.get(cell.run.stream, 0), cell.run.instances)
    return Comparison(streams, tuple(dict.fromkeys(cell.run.learner for cell in cells)), cells, **more)


def test_any_two_are_compared_on_the_rows_that_both_saw():
    # b is ahead of a at the end of what b saw, and behind of what a made of more; c is cut before both.
    comparison = made(
        cell_of("s", "a", [0.1, 0.2, 0.9]), cell_of("s", "b", [0.3, 0.4], cut=True), cell_of("s", "c", [0.2], cut=True)
    )
    scores = ranked(comparison, "micro_f1")
    assert scores is not None
    assert dict(zip(scores.learners, (-scores.values[0]).tolist(), strict=True)) == {"a": 3.0, "b": 1.0, "c": 2.0}
    text = str(comparison)
    assert "0.4000@2" in text
    assert text.splitlines()[4].split() == ["first", "1", "0.1000", "0.3000*", "0.2000"]


@settings(deadline=None, max_examples=15)
@given(st.lists(st.lists(st.sampled_from([0.1, 0.2, 0.3, 0.4]), min_size=3, max_size=3), min_size=1, max_size=5), st.booleans())
def test_without_cuts_ranks_are_those_of_the_scores(values, is_loss):
    from ihomer.evaluation.statistics import Scores

    metric = "hamming_loss" if is_loss else "micro_f1"
    comparison = made(*(cell_of(f"s{i}", "abc"[j], [v]) for i, row in enumerate(values) for j, v in enumerate(row)))
    scores = ranked(comparison, metric)
    expected = Scores.of({f"s{i}": dict(zip("abc", row, strict=True)) for i, row in enumerate(values)})
    assert scores is not None
    assert mean_ranks(scores).ranks == mean_ranks(expected).ranks
    assert sign(metric) == (-1 if is_loss else 1)


def test_a_failure_leaves_its_stream_out_and_is_told():
    comparison = made(
        *(cell_of(f"s{i}", name, [score]) for i in range(3) for name, score in (("a", 0.5), ("b", 0.4))),
        cell_of("t", "a", [0.5]),
        cell_of("t", "b", [0.5], error="RuntimeError: no\x1b[2J\n"),
    )
    found = statistics_of(comparison, "micro_f1")
    assert found is not None
    assert (found.datasets, found.left_out) == (3, ("t",))
    (pair,) = found.pairs
    assert (pair.wins, pair.ties, pair.losses) == (3, 0, 0)
    text = table(comparison)
    assert "b failed on t: RuntimeError: no\ufffd[2J\ufffd" in text
    assert "\x1b" not in text


def test_scores_are_means_over_seeds():
    comparison = made(cell_of("s", "a", [0.2, 0.4], seed=1), cell_of("s", "a", [0.4, 0.8], seed=2), cell_of("s", "b", [0, 1]))
    assert math.isclose(comparison.score("s", "a") or 0, 0.6)
    assert math.isclose(comparison.score("s", "a", rows=1) or 0, 0.3)
    assert len(comparison.runs()) == 3
    with pytest.raises(ValueError, match="did you mean 'micro_f1'"):
        comparison.score("s", "a", "micro_f")


def test_learners_without_room_come_in_a_block_below():
    comparison = made(*(cell_of("s", f"learner {i}", [0.1 * i]) for i in range(6)))
    lines = table(comparison, width=60).splitlines()
    assert max(map(len, lines[:-3])) <= 60
    assert sum(line.startswith("mean rank") for line in lines) == 2


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"metric": "f1"}, "there is no metric 'f1'"),
        ({"limit": 0}, "limit must be at least 1"),
        ({"jobs": 0}, "jobs must be at least 1"),
        ({"time_limit": 0.0}, "time_limit must be more than 0"),
        ({"seeds": (1, 1)}, "none comes twice"),
    ],
)
def test_numbers_out_of_range(options, message):
    with pytest.raises(ValueError, match=message):
        compare([GROUPS], ["no-change"], **options)
