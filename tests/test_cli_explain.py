"""`ihomer explain`."""

from __future__ import annotations

import pytest
from click.testing import CliRunner

from ihomer import IHOMER, MLHAT
from ihomer.cli import main
from ihomer.explain import Explanation

ROWS = '{"x": {"goal": 1}}\n{"x": {"vote": 1, "never met": 2}, "y": ["news"]}\n'


def run(*arguments, code=0, given=None):
    result = CliRunner().invoke(main, [str(argument) for argument in arguments], input=given)
    assert result.exit_code == code, result.output + result.stderr
    return result


@pytest.fixture(scope="module")
def checkpoint(tmp_path_factory):
    model = IHOMER(preset="fast")
    for i in range(90):
        word = ("goal", "vote", "film")[i % 3]
        model.learn_one({word: 1}, {"sport", 7} if word == "goal" else {"news"})
    path = tmp_path_factory.mktemp("explain") / "words.ckpt"
    model.save(path)
    return path


def test_every_instance_is_explained(checkpoint, tmp_path):
    (tmp_path / "rows.jsonl").write_text(ROWS)
    model = IHOMER.load(checkpoint)
    first, second = (model.explain_one(x, "sport", 2) for x in ({"goal": 1}, {"vote": 1, "never met": 2}))
    told = run("explain", checkpoint, tmp_path / "rows.jsonl", "--label", "sport", "--top", 2).stdout
    assert told == f"row 0\n{first}\n\nrow 1\n{second}\n"
    lines = run("explain", checkpoint, tmp_path / "rows.jsonl", "--label", "sport", "--top", 2, "--json").stdout.splitlines()
    assert [Explanation.from_json(line) for line in lines] == [first, second]


def test_from_standard_input(checkpoint):
    told = run("explain", checkpoint, "-", "--format", "jsonl", "--label", "7", given=ROWS).stdout
    assert "\n7: probability " in told


def test_what_is_wrong_is_told(checkpoint, tmp_path):
    (tmp_path / "rows.jsonl").write_text(ROWS)
    refused = run("explain", checkpoint, tmp_path / "rows.jsonl", "--label", "weather", code=1)
    assert "label 'weather' was never met; the 3 labels are 7, 'sport', 'news'" in refused.stderr
    assert "--label" in run("explain", checkpoint, tmp_path / "rows.jsonl", code=2).stderr
    MLHAT().save(tmp_path / "tree.ckpt")
    refused = run("explain", tmp_path / "tree.ckpt", tmp_path / "rows.jsonl", "--label", "a", code=1)
    assert "MLHAT explains nothing; IHOMER does" in refused.stderr
