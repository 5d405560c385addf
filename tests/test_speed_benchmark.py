"""What the speed benchmark works out of seconds, and the rows that it makes."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from benchmarks.speed_command import vw_file
from benchmarks.speed_contest import Arrays, Dicts, by_number
from benchmarks.speed_growth import FEATURES, first_rows, rows
from benchmarks.speed_table import exponent, geometric_mean, shown, steepest, table
from streams import open_stream
from streams.views import limited


@settings(max_examples=40, deadline=None)
@given(st.floats(-2, 3), st.floats(1e-6, 1e3), st.lists(st.integers(1, 10**6), min_size=2, max_size=6, unique=True))
def test_a_power_law_is_found_whatever_its_scale(power, factor, sizes):
    sizes = sorted(sizes)
    seconds = [factor * size**power for size in sizes]
    assert exponent(sizes, seconds) == pytest.approx(power, abs=1e-6)
    assert steepest(sizes, seconds) == pytest.approx(power, abs=1e-4)


def test_the_steepest_step_shows_what_a_fit_hides():
    sizes, seconds = [10, 100, 1_000, 10_000], [1.0, 1.0, 1.0, 50.0]
    assert exponent(sizes, seconds) < 0.6
    assert steepest(sizes, seconds) == pytest.approx(np.log10(50))


def test_the_geometric_mean_of_ratios_does_not_depend_on_who_is_below():
    ratios = [0.5, 3.0, 1.7]
    assert geometric_mean(ratios) == pytest.approx(1 / geometric_mean([1 / r for r in ratios]))


def test_a_table_has_columns():
    lines = table(["set", "us", "rows"], [["enron", 12.5, 1702], ["a longer name", None, 12], ["nothing", float("nan"), 3]])
    assert lines.splitlines() == [
        "set               us   rows",
        "enron          12.50  1,702",
        "a longer name            12",
        "nothing                   3",
    ]
    assert [shown(value) for value in (0.0, 99.994, 1e6)] == ["0.000", "99.99", "1,000,000"]


def test_rows_as_text_of_vowpal_wabbit():
    assert vw_file(b"1,2 3:1 4:.5\n 3:1\n \n7 \n") == b"1,2 | 3:1 4:.5\n | 3:1\n | \n7 | \n"


@pytest.mark.parametrize("n_labels", [10, 1_000])
def test_made_up_rows_are_a_batch(n_labels):
    rng = np.random.default_rng(0)
    for batch in (rows(rng, 20, n_labels, 30, 3), first_rows(rng, n_labels, 30)):
        batch.check()
        assert (np.diff(batch.indptr) == 30).all()
        assert len(batch.features) == FEATURES
    assert np.unique(batch.label_indices).tolist() == list(range(n_labels))


def test_all_doors_are_asked_the_same():
    stream = limited(open_stream("yeast"), 80)
    batches = list(stream.batches(40))
    assert [sum(x.values()) for x, _ in by_number(batches[0])] == pytest.approx(
        [sum(v for v in batches[0].x(i).values() if v is not None) for i in range(40)]
    )
    runs = [one.run(batches, stream.declared_labels) for one in (Arrays("fast"), Dicts("fast"))]
    names = [
        [{predictions.labels.name(j) for j in predictions.indices[predictions.indptr[i] : predictions.indptr[i + 1]]}
         for predictions in run.predictions for i in range(len(predictions))]
        for run in runs
    ]  # fmt: skip
    of = stream.labels.names
    assert [{of.index(name) for name in held} for held in names[0]] == [{of.index(n) for n in held} for held in names[1]]
    assert [len(run.seconds) for run in runs] == [2, 2]
