"""The command line from outside: what it prints, what it writes, how it fails."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest
from click.testing import CliRunner

from ihomer.cli import main

MODELS = """
    from river import compose, linear_model, multioutput, preprocessing

    def chain(l2=0.0, seed=None):
        return multioutput.ClassifierChain(linear_model.LogisticRegression(l2=l2))

    scaled = compose.Pipeline(preprocessing.StandardScaler(), chain())

    MODELS = {}

    class Broken:
        def predict_one(self, x):
            raise RuntimeError("the model is broken")

        def learn_one(self, x, y):
            pass
"""


@pytest.fixture
def here(tmp_path, monkeypatch):
    """A working directory with a module of models, some data, and nothing of the caller's."""
    (tmp_path / "models_of_a_test.py").write_text(textwrap.dedent(MODELS))
    (tmp_path / "syntax_of_a_test.py").write_text("x = = 3\n")
    lines = [
        {"id": f"r{i}", "x": {"a": i % 3, "b": i % 5}, "y": ["even"] if i % 2 == 0 else ["odd", "all"]}
        for i in range(60)
    ]
    (tmp_path / "rows.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    monkeypatch.chdir(tmp_path)
    yield tmp_path
    sys.modules.pop("models_of_a_test", None)
    if str(tmp_path) in sys.path:
        sys.path.remove(str(tmp_path))


def run(*arguments, code=0, **how):
    result = CliRunner().invoke(main, list(arguments), **how)
    assert result.exit_code == code, result.output + result.stderr
    return result


CHAIN = ("--model", "models_of_a_test:chain")


def test_help_loads_nothing_heavy():
    script = """
        import sys
        from ihomer.cli import main
        main(["--help"], standalone_mode=False)
        heavy = {"numpy", "numba", "river", "scipy", "kafka"} & set(sys.modules)
        assert not heavy, heavy
    """
    done = subprocess.run([sys.executable, "-c", textwrap.dedent(script)], capture_output=True, text=True, check=True)
    for command in ("evaluate", "learn", "predict", "explain", "inspect", "convert", "warm"):
        assert f"\n  {command} " in done.stdout
    assert "130" in done.stdout


def test_version():
    assert run("--version").output == "ihomer 0.1.0\n"


def test_the_table(here):
    out = run("evaluate", "rows.jsonl", *CHAIN, "-q").output
    lines = out.splitlines()
    assert lines[0].split() == ["rows.jsonl", "60", "instances,", "2", "features,", "3", "labels"]
    assert lines[1].split() == ["chain", "seed", "7"]
    heads = next(line for line in lines if "no change" in line)
    assert [head.strip() for head in heads.split("   ") if head.strip()] == [
        "chain", "no change", "majority set", "label prior",
    ]  # fmt: skip
    rows = {line[:30].strip(): line[30:].split() for line in lines[lines.index(heads) + 1 :][:8]}
    assert list(rows) == [
        "micro-F1", "macro-F1", "example-F1", "subset accuracy", "Hamming loss (less is better)", "P@1", "P@3", "P@5",
    ]  # fmt: skip
    assert all(len(values) == 4 and all(0 <= float(value) <= 1 for value in values) for values in rows.values())
    assert "instances/s" in out
    assert "\x1b" not in out


def test_json_is_the_summary_alone(here):
    summary = json.loads(run("evaluate", "rows.jsonl", *CHAIN, "--json").output)
    assert len(summary) == 20
    assert summary["instances"] == 60
    assert list(summary["baselines"]) == ["no_change", "majority_label_set", "label_prior"]


def test_out(here):
    run("evaluate", "rows.jsonl", *CHAIN, "--out", "run/one", "--predictions", "--every", "25", "-q")
    folder = here / "run" / "one"
    assert sorted(path.name for path in folder.iterdir()) == [
        "curves.svg", "events.jsonl", "figures", "metrics.csv", "predictions.jsonl", "report.html", "summary.json",
    ]  # fmt: skip
    header, *points = (folder / "metrics.csv").read_text().splitlines()
    assert [int(point.split(",")[0]) for point in points] == [25, 50, 60]
    assert {"micro_f1", "window_micro_f1", "faded_micro_f1", "rss_mb"} < set(header.split(","))
    summary = json.loads((folder / "summary.json").read_text())
    assert summary["stream"] == "rows.jsonl"
    assert summary["micro_f1"] == pytest.approx(float(points[-1].split(",")[1]))
    predictions = [json.loads(line) for line in (folder / "predictions.jsonl").read_text().splitlines()]
    assert [line["row"] for line in predictions] == list(range(60))
    assert predictions[59]["id"] == "r59"
    assert predictions[59]["true"] == ["all", "odd"]
    exact = sum(line["predicted"] == line["true"] for line in predictions)
    assert exact / 60 == pytest.approx(summary["subset_accuracy"])
    run("evaluate", "rows.jsonl", *CHAIN, "--out", "run/one", "-q")
    assert not (folder / "predictions.jsonl").exists()  # nothing of the earlier run is left


def test_predictions_need_a_directory(here):
    assert "--out" in run("evaluate", "rows.jsonl", "--predictions", code=2).stderr


def test_bad_rows_stop_or_are_listed(here):
    with (here / "rows.jsonl").open("a") as file:
        file.write('{"x": 3}\n{"x": {"a": 1}, "y": ["odd"]}\nnot json\n')
    stopped = run("evaluate", "rows.jsonl", *CHAIN, code=1)
    assert "rows.jsonl:61" in stopped.stderr
    assert "Ended by an error after 60 instances" in stopped.stdout
    skipped = run("evaluate", "rows.jsonl", *CHAIN, "--on-error", "skip")
    assert "2 bad rows left out:\n  rows.jsonl:61" in skipped.stdout
    assert "61 instances" in skipped.stdout
    assert "more than 1 bad rows" in run(
        "evaluate", "rows.jsonl", *CHAIN, "--on-error", "skip", "--max-errors", "1", code=1
    ).stderr


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["nowhere.jsonl", *CHAIN], 1, "no such file"),
        (["rows.jsonl", "--model", "ihomr"], 2, "did you mean 'ihomer'?\nknown: "),
        (["rows.jsonl", "--model", "models_of_a_test:nothing"], 2, "there is no model"),
        (["rows.jsonl", *CHAIN, "--set", "sed=1"], 2, "no parameter 'sed'; did you mean 'seed'?\nknown: l2, seed"),
        (["rows.jsonl", *CHAIN, "--set", "l2"], 2, "expected key=value"),
        (["rows.jsonl", "--model", "wrong.toml"], 2, "wrong.toml: cannot be read"),
        (["rows.jsonl", "--model", "models_of_a_test:Broken"], 1, "the model is broken"),
        (["rows.jsonl", *CHAIN, "--save", "x.ckpt"], 1, "has no checkpoints"),
        (["rows.jsonl", *CHAIN, "--fading", "1"], 2, "--fading"),
        (["rows.jsonl", *CHAIN, "--shuffle", "-3"], 2, "--shuffle"),
        (["rows.jsonl", "--model", "models_of_a_test:MODELS"], 2, "found dict"),
        (["rows.jsonl", "--model", "syntax_of_a_test:x"], 2, "cannot be imported for 'syntax_of_a_test:x': Syntax"),
        (["rows.jsonl", "--model", "fast", "--set", "delta=-1"], 2, "delta must lie between 0 and 1"),
        (["rows.jsonl", "--model", "fast", "--set", "delta=x"], 2, "cannot be made with preset='fast', delta='x'"),
        (["rows.jsonl", "--model", "fast", "--set", "clusterer=3"], 2, "clusterer=3, seed=7: AttributeError"),
        (["rows.jsonl", "--model", "fast", "--set", "preset=none"], 2, 'preset "none" has no learner of its own'),
    ],
)
def test_failures_are_told_without_a_traceback(here, arguments, code, message):
    result = run("evaluate", *arguments, code=code)
    assert message in result.stderr
    assert "Traceback" not in result.output
    assert result.stdout == ""


def test_debug_shows_where(here, monkeypatch, capfd):
    monkeypatch.setenv("IHOMER_DEBUG", "1")
    result = run("evaluate", "rows.jsonl", "--model", "models_of_a_test:Broken", code=1)
    assert "RuntimeError: the model is broken" in result.stderr + capfd.readouterr().err


def test_a_model_from_a_file_and_its_settings(here):
    (here / "mine.toml").write_text('model = "models_of_a_test:chain"\n[parameters]\nl2 = 0.5\n')
    tuned = run("evaluate", "rows.jsonl", "--model", "mine.toml", "-q").output
    assert tuned.splitlines()[1].startswith("mine ")
    plain = run("evaluate", "rows.jsonl", "--model", "mine.toml", "--set", "l2=0", "--json").output
    same = run("evaluate", "rows.jsonl", *CHAIN, "--json").output
    assert json.loads(plain)["micro_f1"] == json.loads(same)["micro_f1"]
    (here / "mine.toml").write_text('modle = "ihomer"\n')
    assert "mine.toml: expected model" in run("evaluate", "rows.jsonl", "--model", "mine.toml", code=2).stderr


def test_a_model_that_is_an_object_stays_as_it_is(here):
    first = run("evaluate", "rows.jsonl", "--model", "models_of_a_test:scaled", "--json").stdout
    again = run("evaluate", "rows.jsonl", "--model", "models_of_a_test:scaled", "--json").stdout
    assert json.loads(first)["micro_f1"] == json.loads(again)["micro_f1"]


def test_limit_shuffle_and_standard_input(here):
    assert "10 instances" in run("evaluate", "rows.jsonl", *CHAIN, "--limit", "10").output
    whole = json.loads(run("evaluate", "rows.jsonl", *CHAIN, "--json", "--shuffle", "3").output)
    assert whole["instances"] == 60
    assert whole["baselines"]["no_change"]["micro_f1"] > 0.2  # in file order odd and even alternate: 0
    done = ihomer("evaluate", "-", "--format", "jsonl", *CHAIN, "--json", stdin=(here / "rows.jsonl").open("rb"))
    assert json.loads(done.stdout)["instances"] == 60
    refused = ihomer("evaluate", "-", *CHAIN, "--shuffle", "3", stdin=(here / "rows.jsonl").open("rb"), code=1)
    assert b"cannot be shuffled" in refused.stderr


def ihomer(*arguments, code=0, stdin=None):
    with stdin or Path(os.devnull).open("rb") as given:
        done = subprocess.run(
            [sys.executable, "-c", "from ihomer.cli import main; main()", *arguments],
            stdin=given, capture_output=True, check=False,
        )  # fmt: skip
    assert done.returncode == code, done.stderr.decode()
    return done
