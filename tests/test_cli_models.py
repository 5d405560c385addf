"""The commands around a checkpoint: learn, predict, inspect; and convert, warm."""

from __future__ import annotations

import json

import pytest
from click.testing import CliRunner

from ihomer.cli import main
from ihomer.evaluation.catalogue import make_model, parse_setting
from ihomer.evaluation.learners import ALIASES, CATALOGUE
from ihomer.presets import PRESETS


def run(*arguments, code=0):
    result = CliRunner().invoke(main, [str(argument) for argument in arguments])
    assert result.exit_code == code, result.output + result.stderr
    return result


def lines(result):
    return [json.loads(line) for line in result.stdout.splitlines()]


@pytest.fixture(scope="module")
def checkpoint(tmp_path_factory):
    path = tmp_path_factory.mktemp("checkpoint") / "yeast.ckpt"
    done = run("learn", "yeast", "--limit", 400, "--save", path, "-q")
    assert f"400 instances learned, saved to {path}" in done.stderr
    assert done.stdout == ""
    return path


def test_predict_says_what_evaluate_would(checkpoint, tmp_path):
    """The predictions of a checkpoint are those of the model that goes on."""
    predicted = lines(run("predict", checkpoint, "yeast", "--limit", 3))
    assert [line["row"] for line in predicted] == [0, 1, 2]
    assert all(len(line["top"]) == 5 for line in predicted)
    run("evaluate", "yeast", "--limit", 1, "--load", checkpoint, "--out", tmp_path, "--predictions", "-q")
    [scored] = [json.loads(line) for line in (tmp_path / "predictions.jsonl").read_text().splitlines()]
    assert (scored["predicted"], scored["top"]) == (predicted[0]["predicted"], predicted[0]["top"])


def test_predict_ranks_as_many_labels_as_asked(checkpoint):
    few, many = (lines(run("predict", checkpoint, "yeast", "--limit", 4, "--top", k)) for k in (2, 9))
    assert [len(line["top"]) for line in few] == [2] * 4
    assert [len(line["top"]) for line in many] == [9] * 4
    assert [line["top"] for line in few] == [line["top"][:2] for line in many]


def test_predict_leaves_the_checkpoint_and_needs_no_labels(checkpoint, tmp_path):
    before = checkpoint.read_bytes()
    (tmp_path / "unlabelled.jsonl").write_text('{"id": "a", "t": 5, "x": {"Att1": 0.5}}\n{"x": {"never seen": 1}}\n')
    first, second = lines(run("predict", checkpoint, tmp_path / "unlabelled.jsonl"))
    assert (first["id"], first["t"]) == ("a", 5.0)
    assert "id" not in second
    assert checkpoint.read_bytes() == before


def test_learning_in_two_sittings_is_learning_in_one(checkpoint, tmp_path):
    run("convert", "yeast", tmp_path / "all.jsonl")
    whole = (tmp_path / "all.jsonl").read_text().splitlines(keepends=True)
    (tmp_path / "rest.jsonl").write_text("".join(whole[400:500]))
    run("learn", tmp_path / "rest.jsonl", "--load", checkpoint, "--save", tmp_path / "two.ckpt", "-q")
    run("learn", "yeast", "--limit", 500, "--save", tmp_path / "one.ckpt", "-q")
    assert (tmp_path / "two.ckpt").read_bytes() == (tmp_path / "one.ckpt").read_bytes()


def test_evaluate_saves_and_goes_on(checkpoint, tmp_path):
    run("evaluate", "yeast", "--limit", 400, "--save", tmp_path / "same.ckpt", "-q")
    assert (tmp_path / "same.ckpt").read_bytes() == checkpoint.read_bytes()
    refused = run("evaluate", "yeast", "--load", checkpoint, "--set", "seed=1", code=2)
    assert "--load brings its own model" in refused.stderr
    refused = run("evaluate", "yeast", "--load", checkpoint, "--seed", 99, code=2)
    assert "nor --seed" in refused.stderr


def test_the_seed_of_a_report_is_that_of_the_model(tmp_path):
    fast = ("--model", "fast", "--limit", 5, "-q")
    run("learn", "yeast", *fast, "--seed", 3, "--save", tmp_path / "three.ckpt")
    loaded = run("evaluate", "yeast", "--limit", 5, "--load", tmp_path / "three.ckpt", "--json", "-q").stdout
    assert json.loads(loaded)["seed"] == 3
    assert json.loads(run("evaluate", "yeast", *fast, "--set", "seed=4", "--json").stdout)["seed"] == 4


def test_the_catalogue_has_the_presets_that_are_models():
    presets = {name for name in PRESETS if name != "none"}
    assert presets == set(ALIASES)
    assert {CATALOGUE[ALIASES[name]].parameters["preset"] for name in presets} == presets
    assert [make_model(name)[0].preset for name in ("fast", "ihomer-fast")] == ["fast", "fast"]
    assert not set(ALIASES) & set(CATALOGUE)


def test_models_are_listed_and_explained():
    listed = run("models").stdout
    assert all(f"\n{name} " in f"\n{listed}" for name in CATALOGUE)
    told = run("models", "ht").stdout
    assert told.startswith("ht  local  Hoeffding tree (Domingos & Hulten 2000)")
    assert "grace_period" in told
    assert "--set grace_period=200" in told
    assert "there is no model 'hta'; did you mean" in run("models", "hta", code=2).stderr


@pytest.mark.parametrize(
    ("text", "value"),
    [("none", "none"), ("None", None), ("null", None), ("true", True), ("False", False), ("3", 3), ("a b", "a b")],
)
def test_values_of_settings(text, value):
    assert parse_setting(f"preset={text}") == ("preset", value)


def test_a_parameter_that_is_a_model(tmp_path):
    """The preset "none" and a learner, both from outside."""
    path = tmp_path / "mine.toml"
    path.write_text('model = "ihomer"\n[parameters.learner]\nmodel = "mlhat"\ngrace_period = 50\n')
    model, name = make_model(str(path), dict([parse_setting("preset=none")]))
    assert (model.preset, name) == ("none", "mine")
    assert (type(model.learner).__name__, model.learner.grace_period) == ("MLHAT", 50)
    path.write_text('model = "ihomer"\n[parameters.learner]\nclass = "MLHAT"\n')
    refused = run("evaluate", "yeast", "--model", path, code=2)
    assert "mine.toml: [parameters.learner] is a model: expected model = " in refused.stderr
    path.write_text('model = "ihomer"\n[parameters.learner]\nmodel = "mlhat"\ngrace = 50\n')
    refused = run("evaluate", "yeast", "--model", path, code=2)
    assert "[parameters.learner]: mlhat has no parameter 'grace'" in refused.stderr


def test_inspect_a_checkpoint_with_pickles(tmp_path):
    path, toml = tmp_path / "river.ckpt", tmp_path / "river.toml"
    toml.write_text(
        'model = "ihomer"\n[parameters]\npreset = "none"\n'
        '[parameters.learner]\nmodel = "river.naive_bayes:GaussianNB"\n'
    )
    run("learn", "yeast", "--limit", 5, "--model", toml, "--save", path, "--allow-pickle", "-q")
    head = run("inspect", path).stdout
    assert head.startswith("river.ckpt  a model with ")
    assert f"{path.stat().st_size:,} bytes, format 2" in head
    assert "Not shown without --allow-pickle" in head
    assert json.loads(run("inspect", path, "--json").stdout)["shown"] is False
    whole = run("inspect", path, "--allow-pickle").stdout
    assert "learner=GaussianNB ()" in whole
    assert json.loads(run("inspect", path, "--allow-pickle", "--json").stdout)["settings"]["learner"] == "GaussianNB ()"


def test_unlabelled_rows_are_predicted_and_not_scored(tmp_path):
    rows = ('{"x": {"a": 1}, "y": ["b"]}', '{"x": {"a": 1}}', '{"x": {"a": 1}, "y": {"c": true}}')
    (tmp_path / "some.jsonl").write_text("\n".join(rows))
    out = run("evaluate", tmp_path / "some.jsonl", "-q").stdout
    assert "1 instance without labels: predicted, not scored." in out
    assert "1 unknown cell (instance, label) left out" in out


def test_inspect(checkpoint):
    text = run("inspect", checkpoint).stdout
    assert text.startswith("yeast.ckpt  IHOMER(preset='balanced'")
    assert "400 instances learned, 103 features, 14 labels" in text
    assert "bytes" in text
    assert "14 labels, 1 cluster, 400 rows" in text  # the drawing
    found = json.loads(run("inspect", checkpoint, "--json").stdout)
    assert found["instances"] == 400
    assert found["file_bytes"] == checkpoint.stat().st_size
    assert sorted(label for cluster in found["clusters"] for label in cluster) == sorted(found["labels"])


def test_a_damaged_checkpoint(checkpoint, tmp_path):
    (tmp_path / "cut.ckpt").write_bytes(checkpoint.read_bytes()[:500])
    result = run("inspect", tmp_path / "cut.ckpt", code=1)
    assert "cut.ckpt: truncated" in result.stderr
    assert "does not exist" in run("predict", tmp_path / "none.ckpt", "yeast", code=2).stderr


def test_saving_where_nothing_can_be_saved_is_told_before_learning(tmp_path):
    result = run("learn", "yeast", "--save", tmp_path / "nowhere" / "x.ckpt", code=1)
    assert "there is no such folder" in result.stderr


@pytest.mark.parametrize("name", ["rows.svm.xz", "rows.arff", "rows.csv.gz", "rows.jsonl"])
def test_convert(tmp_path, name):
    done = run("convert", "yeast", tmp_path / name, "--limit", 50)
    assert "50 instances written to" in done.stderr
    found, expected = (
        json.loads(run("evaluate", stream, "--limit", 50, "--json").stdout) for stream in (tmp_path / name, "yeast")
    )
    # the labels of JSON Lines are those that were met
    same = ["instances", "features", "micro_f1", "example_f1", "p_at_1", "subset_accuracy"]
    assert {key: found[key] for key in same} == {key: expected[key] for key in same}


def test_convert_to_no_format(tmp_path):
    assert "cannot tell the format" in run("convert", "yeast", tmp_path / "rows.foo", code=1).stderr


def test_warm():
    told = run("warm").stdout.splitlines()
    assert [line.split(" s  ")[1] for line in told] == [
        *(f"model {name}" for name, learner in CATALOGUE.items() if learner.family == "ours"),
        "format svm", "format arff", "format csv", "format jsonl", "arrays", "in all",
    ]  # fmt: skip
