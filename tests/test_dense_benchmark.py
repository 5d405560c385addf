"""The benchmark of dense rows: its learners, and the table."""

from __future__ import annotations

import pytest
from click.testing import CliRunner

from benchmarks.dense.__main__ import main
from benchmarks.extreme.protocol import UnfitError
from benchmarks.extreme.run import run

SPEC = "synthetic:embeddings?labels=200&dimensions=32&rows=1500"


def test_few_cells_are_nearly_as_good_as_all():
    few, everything = (run(SPEC, name, 1500, 60.0) for name in ("vectors", "vectors-all"))
    assert few["p_at_5"] == pytest.approx(everything["p_at_5"], abs=0.02)
    assert few["p_at_1"] > run(SPEC, "prior", 1500, 60.0)["p_at_1"] + 0.1


def test_a_library_of_nearest_neighbours():
    pytest.importorskip("usearch")
    labels, rows = (run(SPEC, name, 1500, 60.0) for name in ("nearest", "nearest-rows"))
    assert labels["p_at_5"] == pytest.approx(run(SPEC, "vectors", 1500, 60.0)["p_at_5"], abs=0.03)
    assert labels["p_at_5"] > rows["p_at_5"] > run(SPEC, "prior", 1500, 60.0)["p_at_5"]


def test_sparse_streams_are_not_for_them():
    with pytest.raises(UnfitError, match="rows are not dense"):
        run("synthetic:xmc?labels=4000&rows=10", "vectors", 10, 1.0)


def test_the_table():
    done = CliRunner().invoke(
        main, ["--labels", "200", "--rows", "100", "--dimensions", "8", "--learners", "prior,vectors", "--seconds", "5"]
    )
    assert done.exit_code == 0, done.output
    assert "**synthetic:embeddings?labels=200&dimensions=8&rows=100**: 100 rows" in done.output
    rows = [line.split(" | ") for line in done.output.splitlines() if line.startswith("| ")]
    assert [row[0] for row in rows] == ["| learner", "| prior", "| vectors"]
    assert {len(row) for row in rows} == {12}
