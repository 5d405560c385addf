"""What settings may be, and what is said about those that cannot be meant."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ihomer.daemon.checks import checked_cluster
from ihomer.daemon.problems import SettingsError
from ihomer.daemon.ranges import RANGES
from ihomer.daemon.secrecy import MASK, masked
from ihomer.daemon.setting import by_name, settings_of
from ihomer.daemon.settings import Limits, Settings
from ihomer.daemon.surroundings import surrounding_problems
from streams.kafka.settings import ClusterSettings


def made(**given):
    return Settings(**{"topic": "orders", "state": "here", **given})


def refused(**given):
    with pytest.raises(SettingsError) as caught:
        made(**given)
    return {problem.setting: problem for problem in caught.value.problems}


def test_every_setting_has_a_range_a_meaning_and_names_of_its_own():
    settings = settings_of(Settings)
    assert [s.name for s in settings if not s.meaning] == []
    assert {s.name for s in settings} == set(RANGES)
    assert len({s.flag for s in settings}) == len({s.variable for s in settings}) == len(settings)
    assert {s.name for s in settings if s.secret} == {"cluster.password", "cluster.key_password"}


def test_defaults_are_right_and_names_are_derived():
    settings = made()
    assert settings.group_id == "ihomer-orders"
    assert settings.topics == (
        "orders", "", "orders.predictions", "orders.metrics", "orders.events", "orders.dead-letters",
    )  # fmt: skip
    assert made(events_topic="", group="us").topics.events == ""
    assert made(group="us").group_id == "us"


WRONG = {
    "topic": ["", "a b", "..", "ä", "x" * 250, 3],
    "state": ["", " ", "a\0b"],
    "group": [" g", "x" * 250],
    "labels_topic": ["a/b", None],
    "predictions_topic": ["a/b", 3],
    "partitions": [(), (1, 1), (-1,), (True,), "0"],
    "assignment": ["auto"],
    "start": ["now"],
    "out_of_range": [""],
    "transactions": [1, "yes"],
    "learn": [0],
    "model": [" "],
    "parameters": [[], {1: 2}],
    "seed": [-1, 1.0, True],
    "top": [-1],
    "waiting": [0],
    "waiting_seconds": [0.0, float("inf"), float("nan"), "3"],
    "checkpoint_seconds": [0],
    "checkpoint_rows": [0, 1e3],
    "keep": [0],
    "poll_rows": [0, 1 << 30],
    "metrics_every": [0],
    "commit_seconds": [0],
    "discover_seconds": [-1, float("nan"), 0],
    "progress_seconds": [-1, float("inf")],
    "http": ["8650", "localhost", "a:b", "h:65536", "h:1:2"],
    "log": ["TEXT"],
}


@pytest.mark.parametrize(("name", "value"), [(n, v) for n, vs in WRONG.items() for v in vs])
def test_a_wrong_value_is_told_by_name_value_and_what_is_expected(name, value):
    problem = refused(**{name: value})[name]
    assert repr(value)[:200] in problem.found
    assert problem.expected
    assert str(problem).startswith(f"{name}: found ")


@pytest.mark.parametrize(
    ("name", "value"),
    [("features", 0), ("labels", -1), ("bad_share", 1.5), ("bad_run", 0), ("new_labels", -1), ("message_bytes", 0)],
)
def test_limits(name, value):
    assert set(refused(limits=replace(Limits(), **{name: value}))) == {f"limits.{name}"}


CLUSTERS = [
    ({"bootstrap": "localhost"}, {"bootstrap"}),
    ({"bootstrap": "a:1,,b:2"}, {"bootstrap"}),
    ({"bootstrap": "a:0"}, {"bootstrap"}),
    ({"client": "aiokafka", "security": "ssl"}, {"client", "security"}),
    ({"security": "SASL_SSL"}, {"username", "password"}),
    ({"security": "SASL_SSL", "username": "a", "password": ""}, {"password"}),
    ({"username": "a", "password": "b"}, {"username", "password"}),
    ({"ca_file": "ca.pem", "key_file": "key.pem"}, {"ca_file", "key_file"}),
    ({"security": "SSL", "key_file": "key.pem"}, {"cert_file"}),
    ({"patience": 0.0, "max_message_bytes": 1}, {"patience", "max_message_bytes"}),
]


@pytest.mark.parametrize(("given", "wrong"), CLUSTERS)
def test_clusters(given, wrong):
    cluster = ClusterSettings(**given)
    wrong = {f"cluster.{name}" for name in wrong}
    assert wrong <= set(refused(cluster=cluster))
    with pytest.raises(SettingsError) as caught:
        checked_cluster(cluster)
    assert {problem.setting for problem in caught.value.problems} == wrong


def test_clusters_that_can_be_meant():
    for cluster in (
        ClusterSettings("a:1, [::1]:9092,b.c:3"),
        ClusterSettings(security="SASL_SSL", username="a", password="b", ca_file="ca.pem"),
        ClusterSettings(security="SSL", cert_file="both.pem", key_password="b"),
    ):
        assert made(cluster=cluster).cluster is checked_cluster(cluster)


def test_topics_that_coincide_are_refused():
    assert set(refused(labels_topic="orders")) == {"labels_topic"}
    assert set(refused(events_topic="orders.metrics", dead_letter_topic="orders")) == {"events_topic", "dead_letter_topic"}
    assert "'.' and '_'" in refused(metrics_topic="orders_predictions")["metrics_topic"].expected
    assert made(predictions_topic="", metrics_topic="", events_topic="").topics.predictions == ""


def test_derived_names_must_be_names_too():
    assert set(refused(topic="x" * 240, metrics_topic="m", events_topic="e", dead_letter_topic="")) == {"predictions_topic"}


def test_contradictions():
    assert set(refused(assignment="subscribe", partitions=(0,))) == {"partitions"}
    assert set(refused(assignment="subscribe", transactions=True)) == {"transactions"}
    assert set(refused(transactions=True, predictions_topic="", commit_seconds=60.0)) == {"predictions_topic", "commit_seconds"}
    assert set(refused(limits=replace(Limits(), message_bytes=1 << 21))) == {"limits.message_bytes"}
    assert made(limits=replace(Limits(), message_bytes=1 << 21), cluster=ClusterSettings(max_message_bytes=1 << 21))


@given(st.sets(st.sampled_from(sorted(WRONG))))
def test_all_problems_are_told_at_once(names):
    given = {name: WRONG[name][0] for name in names}
    assert names <= set(refused(**given)) if names else made() == made()


def test_a_contradiction_beside_a_wrong_value_is_told_too():
    assert set(refused(keep=0, labels_topic="orders")) == {"keep", "labels_topic"}


@given(st.text(min_size=1))
def test_no_secret_is_shown(secret):
    secret = "\N{SNOWMAN}" + secret + "\N{SNOWMAN}"
    cluster = ClusterSettings(username="ann", password=secret)
    with pytest.raises(SettingsError) as caught:
        made(cluster=cluster)
    assert secret not in str(caught.value)
    assert secret not in repr(cluster)
    assert MASK in str(caught.value)


def test_credentials_inside_of_values_are_masked():
    assert "pass" not in refused(http="ann:pass@here:80:")["http"].found
    assert masked("mail me at ann@here") == "mail me at ann@here"
    assert masked("one ab, two abc, three 'a\\nb'", ["ab", "abc", "a\nb"]) == f"one {MASK}, two {MASK}, three '{MASK}'"


def test_secrets_are_known():
    cluster = ClusterSettings(security="SASL_SSL", username="a", password="b", cert_file="c", key_password="d")
    assert set(made(cluster=cluster).secrets) == {"b", "d"}


def test_what_is_missing_around(tmp_path):
    cluster = ClusterSettings(security="SSL", ca_file=str(tmp_path / "no.pem"))
    settings = made(state=str(tmp_path), cluster=cluster, model="fast", parameters={"no_such": 1})
    found = {problem.setting: str(problem) for problem in surrounding_problems(settings)}
    assert set(found) == {"cluster.ca_file", "model"}
    assert "No such file" in found["cluster.ca_file"]
    assert "no_such" in found["model"]
    assert surrounding_problems(made(state=str(tmp_path / "new"))) == []


def test_kinds_refuse_what_they_cannot_read():
    kinds = {setting.kind.what: setting.kind for setting in by_name(Settings).values()}
    for kind, text in (("a whole number", "1.5"), ("a number", "one"), ("true or false", "maybe"), ("whole numbers", "1,,2")):
        with pytest.raises(ValueError):
            kinds[kind].of_text(text)
    assert kinds["true or false"].of_text("No") is False
    assert kinds["whole numbers"].of_text("0,3") == (0, 3)
