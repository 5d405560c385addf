"""`ihomer consume`: what is handed to the daemon, what is printed, and how it ends."""

from __future__ import annotations

import json
import sys
from types import SimpleNamespace

import pytest
from click.testing import CliRunner

from ihomer.cli import main
from ihomer.daemon.exit_codes import ExitCode
from ihomer.daemon.problems import Problem, SettingsError
from ihomer.daemon.setting import settings_of
from ihomer.daemon.settings import Settings

FAST = ("--model", "fast")


@pytest.fixture
def consume(tmp_path, monkeypatch):
    """Call the command with a daemon that does what it is told to do here; returns the result and what it was given."""
    monkeypatch.chdir(tmp_path)

    def call(*arguments, does=lambda _: ExitCode.STOPPED, **environment):
        given = []

        def run(settings):
            given.append(settings)
            return does(settings)

        # What is tried here is the command, with ends that a real daemon comes to after hours.
        monkeypatch.setitem(sys.modules, "ihomer.daemon.run", SimpleNamespace(run=run))
        result = CliRunner().invoke(main, ["consume", *arguments], env=environment)
        return result, given

    return call


def test_flags_reach_the_daemon(consume):
    result, (settings,) = consume(
        "orders", "--state", "here", *FAST, "--set", "max_labels=20", "--no-learn", "--transactions", "--partitions", "0,3",
        "--bootstrap", "a:1", "--limits-features", "9", "--events-topic", "", "--discover-seconds", "0.5",
    )  # fmt: skip
    assert result.exit_code == 0, result.output
    assert (settings.topic, settings.state, settings.model) == ("orders", "here", "fast")
    assert settings.parameters == {"max_labels": 20}
    assert (settings.learn, settings.transactions, settings.partitions, settings.discover_seconds) == (False, True, (0, 3), 0.5)
    assert (settings.cluster.bootstrap, settings.limits.features, settings.events_topic) == ("a:1", 9, "")
    assert "cluster.bootstrap          'a:1'  (--bootstrap)" in result.stderr
    assert "(--no-learn)" in result.stderr
    assert result.stdout == ""


def test_flags_count_more_than_variables_and_these_more_than_a_file(consume, tmp_path):
    (tmp_path / "d.toml").write_text('topic = "a"\nstate = "s"\nmodel = "fast"\nkeep = 1\ntop = 1\nseed = 1\n')
    result, (settings,) = consume("--config", "d.toml", "--keep", "3", IHOMER_KEEP="2", IHOMER_TOP="2")
    assert result.exit_code == 0, result.output
    assert (settings.keep, settings.top, settings.seed) == (3, 2, 1)


def test_check_prints_the_configuration_and_ends(consume):
    result, given = consume("orders", "--state", "here", "--check", *FAST, "--security", "SASL_SSL", "--username", "ann",
                            IHOMER_CLUSTER_PASSWORD="tulip")  # fmt: skip
    assert (result.exit_code, given) == (0, [])
    assert "cluster.password           ***  (IHOMER_CLUSTER_PASSWORD)" in result.stdout
    assert "tulip" not in result.output


def test_a_wrong_configuration_ends_before_anything_begins(consume):
    result, given = consume("a b", "--keep", "x", IHOMER_KEEEP="3")
    assert (result.exit_code, given) == (ExitCode.CONFIGURATION, [])
    lines = result.stderr.splitlines()
    assert all(line.startswith("Error: ") for line in lines)
    for said in ("topic (TOPIC): found 'a b'", "keep (--keep): found 'x'", "IHOMER_KEEEP", "state: found nothing"):
        assert any(said in line for line in lines)


def test_a_model_that_there_is_not_is_a_wrong_configuration(consume):
    result, given = consume("orders", "--state", "here", "--check", IHOMER_MODEL="fst")
    assert (result.exit_code, given) == (ExitCode.CONFIGURATION, [])
    assert "model (IHOMER_MODEL): found 'fst', expected a model that can be made" in result.stderr


def test_what_set_is_not(consume):
    result, given = consume("orders", "--state", "here", "--set", "x")
    assert (result.exit_code, given) == (2, [])
    assert "--set" in result.stderr


@pytest.mark.parametrize("code", list(ExitCode))
def test_the_exit_code_is_that_of_the_daemon(consume, code):
    assert consume("orders", "--state", "here", *FAST, does=lambda _: code)[0].exit_code == code


def test_json_logs(consume):
    def does(settings):
        raise RuntimeError(f"broken at {settings.cluster.password}")

    result, _ = consume("orders", "--state", "here", *FAST, "--log", "json", "--security", "SASL_SSL", "--username", "ann",
                        does=does, IHOMER_CLUSTER_PASSWORD="tulip")  # fmt: skip
    assert result.exit_code == ExitCode.FAILED
    assert "tulip" not in result.output
    configuration, failed = map(json.loads, result.stderr.splitlines())
    assert configuration["event"] == "configuration"
    assert configuration["fields"]["settings"]["topic"] == "orders"
    assert failed["event"] == "failed"
    assert "RuntimeError: broken at ***" in failed["fields"]["traceback"]


def test_what_only_turns_out_when_it_is_used(consume):
    def does(settings):
        raise SettingsError([Problem("http", repr(settings.http), "a free one")])

    result, _ = consume("orders", "--state", "here", *FAST, "--http", "127.0.0.1:1", does=does)
    assert result.exit_code == ExitCode.CONFIGURATION
    assert "http (--http): found '127.0.0.1:1', expected a free one" in result.stderr


def test_help_names_every_flag_and_every_exit_code(consume):
    result, _ = consume("--help")
    assert result.exit_code == 0
    text = " ".join(result.stdout.split())
    assert [s.flag for s in settings_of(Settings) if not s.secret and s.name != "parameters" and s.flag not in text] == []
    assert [code for code in ExitCode if f"{int(code)} {code.meaning}" not in text.replace("- ", "-")] == []
    assert "--password" not in text
    assert "--key-password" not in text
