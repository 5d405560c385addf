"""Settings from files, the environment and flags: what counts, what is refused, where each came from."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ihomer.daemon.configure import configured
from ihomer.daemon.problems import SettingsError
from ihomer.daemon.ranges import is_topic
from ihomer.daemon.setting import by_name
from ihomer.daemon.settings import Settings
from ihomer.daemon.shown import shown_text, shown_values

ROOT = Path(__file__).parent.parent
FILE = """
topic = "orders"
state = "here"
keep = 5
discover_seconds = 1
partitions = [0, 3]
[cluster]
bootstrap = "a:1"
password = "tulip"
username = "ann"
security = "SASL_SSL"
[limits]
features = 50
[parameters]
preset = "fast"
max_labels = 10
"""


@pytest.fixture
def write(tmp_path):
    def call(text):
        (tmp_path / "daemon.toml").write_bytes(text if isinstance(text, bytes) else text.encode())
        return tmp_path / "daemon.toml"

    return call


def refused(*arguments):
    with pytest.raises(SettingsError) as caught:
        configured(*arguments)
    return {problem.setting: problem for problem in caught.value.problems}


def test_a_file(write):
    made = configured(write(FILE))
    settings = made.settings
    assert (settings.keep, settings.discover_seconds, settings.partitions, settings.limits.features) == (5, 1.0, (0, 3), 50)
    assert isinstance(settings.discover_seconds, float)
    assert settings.cluster.password == "tulip"
    assert settings.parameters == {"preset": "fast", "max_labels": 10}
    assert made.origins["limits.features"].endswith("daemon.toml")
    assert made.origins["limits.labels"] == "default"


def test_what_comes_later_counts(write):
    file = write(FILE)
    environment = {"IHOMER_KEEP": "6", "IHOMER_LIMITS_FEATURES": "60", "IHOMER_PARAMETERS": '{"max_labels": 11}', "HOME": "x"}
    made = configured(file, environment, {"keep": ("--keep", "7"), "parameters": ("--set", {"silent_for": 9})})
    assert (made.settings.keep, made.origins["keep"]) == (7, "--keep")
    assert (made.settings.limits.features, made.origins["limits.features"]) == (60, "IHOMER_LIMITS_FEATURES")
    assert made.settings.parameters == {"preset": "fast", "max_labels": 11, "silent_for": 9}
    assert made.origins["parameters"] == f"{file}, IHOMER_PARAMETERS, --set"


def test_a_wrong_value_that_is_replaced_later_does_not_matter(write):
    assert configured(write(FILE), {"IHOMER_KEEP": "many"}, {"keep": ("--keep", "7")}).settings.keep == 7


def test_all_that_is_wrong_is_told_at_once_and_where_it_came_from(write):
    text = FILE.replace("keep = 5", 'keep = "5"\nkeeep = 3').replace("features = 50", "features = 0\nfeature = 3")
    found = refused(write(text), {"IHOMER_SEED": "x", "IHOMER_SED": "1"}, {"discover_seconds": ("--discover-seconds", "-1")})
    assert set(found) == {"keep", "keeep", "limits.features", "limits.feature", "seed", "IHOMER_SED", "discover_seconds"}
    assert re.fullmatch(r"keep \(.*daemon.toml\): found '5', expected a whole number", str(found["keep"]))
    assert found["keeep"].expected == "keep"
    assert found["limits.feature"].expected == "limits.features"
    assert found["limits.features"].origin.endswith("daemon.toml")
    assert found["seed"].origin == "IHOMER_SEED"
    assert found["IHOMER_SED"].expected == "IHOMER_SEED"
    assert found["discover_seconds"].origin == "--discover-seconds"


def test_what_is_missing_is_told_with_all_its_names():
    found = refused()
    assert set(found) == {"topic", "state"}
    assert "--state, IHOMER_STATE" in found["state"].expected
    assert "TOPIC" in found["topic"].expected


def test_a_name_in_the_wrong_table_is_shown_the_right_one(write):
    found = refused(write('topic = "a"\nstate = "b"\npassword = "tulip"\ncluster = 3'))
    assert found["password"].expected == "cluster.password"
    assert "tulip" not in str(found["password"])
    assert found["cluster"].expected == "a table: [cluster]"


@pytest.mark.parametrize("content", [b"topic = ", b"\xff", b"a = " + b"[" * 100_000])
def test_a_file_that_is_no_toml(write, content):
    assert "daemon.toml" in refused(write(content))["--config"].found


def test_a_file_that_is_not_there(tmp_path):
    assert "No such file" in refused(tmp_path / "no.toml")["--config"].found


def test_secrets_are_in_no_error(write):
    problem = refused(write(FILE.replace('"tulip"', '["tulip"]')))["cluster.password"]
    assert "tulip" not in str(problem)
    found = refused(write(FILE), {"IHOMER_KEEP": "http://ann:rose@here"})["keep"]
    assert "rose" not in str(found)


def test_variables_of_the_project_are_settings_or_known_to_be_none():
    named = set()
    for folder in ("ihomer", "streams", "tests", "benchmarks"):
        for path in (ROOT / folder).rglob("*.py"):
            if path.name != Path(__file__).name and path.name != "configure.py":
                named |= set(re.findall(r"environ(?:\.get\(|\[)\"(IHOMER_[A-Z_]+)\"", path.read_text()))
    assert named  # IHOMER_DATA at least
    known = {setting.variable for setting in by_name(Settings).values()}
    assert configured(None, dict.fromkeys(named - known, "x"), {"topic": ("TOPIC", "a"), "state": ("--state", "b")})


topics = st.text("abcXYZ019._-", min_size=1, max_size=40).filter(is_topic)
values = {
    "topic": topics,
    "state": st.just("here"),
    "group": st.text("abc", max_size=5),
    "learn": st.booleans(),
    "keep": st.integers(1, 100),
    "discover_seconds": st.floats(0.1, 60),
    "partitions": st.lists(st.integers(0, 99), min_size=1, max_size=4, unique=True),
    "limits.bad_share": st.floats(0, 1),
}


def as_text(value):
    if isinstance(value, list):
        return ",".join(map(str, value))
    return str(value).lower() if isinstance(value, bool) else str(value)


def as_toml(values):
    inner = {name: value for name, value in values.items() if "." in name}
    lines = [f"{name} = {json.dumps(value)}" for name, value in values.items() if "." not in name]
    return "\n".join(lines + [f"{name} = {json.dumps(value)}" for name, value in inner.items()])


@given(st.fixed_dictionaries(values))
def test_file_environment_and_flags_say_the_same(tmp_path_factory, given):
    known = by_name(Settings)
    file = tmp_path_factory.mktemp("same") / "daemon.toml"
    file.write_text(as_toml(given))
    by_file = configured(file).settings
    by_variables = configured(None, {known[n].variable: as_text(v) for n, v in given.items()}).settings
    by_flags = configured(None, None, {n: (known[n].flag, as_text(v)) for n, v in given.items()}).settings
    assert by_file == by_variables == by_flags
    assert by_file.discover_seconds == given["discover_seconds"]


def test_the_whole_configuration_is_shown_without_secrets(write):
    made = configured(write(FILE), {"IHOMER_PARAMETERS": '{"url": "http://ann:rose@here/", "deep": ["x tulip y"]}'})
    text = shown_text(made)
    assert "tulip" not in text
    assert "rose" not in text
    assert all(re.search(rf"^{re.escape(name)} ", text, re.MULTILINE) for name in by_name(Settings))
    assert re.search(r"^cluster.password +\*\*\*  \(.*daemon.toml\)$", text, re.MULTILINE)
    assert re.search(r"^predictions_topic +'orders.predictions'$", text, re.MULTILINE)
    values = shown_values(made.settings)
    assert values["cluster.password"] == "***"
    assert values["group"] == "ihomer-orders"
    json.dumps(values)
