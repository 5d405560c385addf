"""What stands in docker/ agrees with the code, and with itself. No container is started here."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from ihomer.daemon.configure import configured
from ihomer.daemon.meters import METERS, Kind

DOCKER = Path(__file__).parent.parent / "docker"
BOARD = json.loads((DOCKER / "grafana" / "dashboards" / "ihomer.json").read_text())

#: Names by which Prometheus knows our metrics -> their labels.
NAMES = {meter.name: set(meter.labels) for meter in METERS if meter.kind is not Kind.HISTOGRAM} | {
    f"{meter.name}_{part}": {*meter.labels, *(["le"] if part == "bucket" else [])}
    for meter in METERS
    if meter.kind is Kind.HISTOGRAM
    for part in ("bucket", "sum", "count")
}
#: Labels that Prometheus adds to whatever it scrapes.
ADDED = {"instance", "job"}


def expressions():
    targets = [(panel["title"], target) for panel in BOARD["panels"] for target in panel["targets"]]
    return [(title, target["expr"], target.get("legendFormat", "")) for title, target in targets] + [
        ("alarms as annotations", note["expr"], "") for note in BOARD["annotations"]["list"]
    ]


def metrics(expression):
    """Return the names of the metrics of an expression."""
    text = re.sub(r'"[^"]*"', '""', expression)
    return set(re.findall(r"\b(?:ihomer|process)_\w+", text))


def labels(expression, legend):
    """Return the labels that an expression asks for, and its legend."""
    asked = set(re.findall(r"(\w+)\s*(?:=~|!~|!=|=(?!=))", expression))
    for names in re.findall(r"\b(?:by|without)\s*\(([^)]*)\)", expression):
        asked.update(re.findall(r"\w+", names))
    return asked | set(re.findall(r"{{(\w+)}}", legend))


@pytest.mark.parametrize(("title", "expression", "legend"), expressions())
def test_the_dashboard_asks_for_what_there_is(title, expression, legend):
    found = metrics(expression)
    assert found, f"{title}: {expression} asks for no metric of ours"
    assert found <= NAMES.keys(), f"{title}: there is no {found - NAMES.keys()}"
    known = ADDED.union(*(NAMES[name] for name in found))
    assert labels(expression, legend) <= known, f"{title}: {expression}, {legend}"


@pytest.mark.parametrize(
    "needed",
    ["instances_total", "lag_records", "latency_seconds_bucket", "score", "alarms_total", "checkpoint_age_seconds", "labels",
     "clusters", "model_bytes", "dead_letters_total"],
)  # fmt: skip
def test_the_dashboard_shows_what_operators_need(needed):
    assert any(f"ihomer_{needed}" in metrics(expression) for _, expression, _ in expressions())


def test_scores_of_the_dashboard_are_told():
    from ihomer.evaluation.measures import HEADLINE

    told = {*HEADLINE, *(f"window_{name}" for name in HEADLINE)}
    for _, expression, _ in expressions():
        for exact in re.findall(r'metric="(\w+)"', expression):
            assert exact in told
        for pattern in re.findall(r'metric=~"([^"]+)"', expression):
            assert sum(bool(re.fullmatch(pattern, name)) for name in told) == 5, pattern


def test_panels_do_not_lie_on_each_other():
    taken = set()
    for panel in BOARD["panels"]:
        place = panel["gridPos"]
        cells = {(x, y) for x in range(place["x"], place["x"] + place["w"]) for y in range(place["y"], place["y"] + place["h"])}
        assert not cells & taken, panel["title"]
        assert max(x for x, _ in cells) < 24, panel["title"]
        taken |= cells
    assert len({panel["id"] for panel in BOARD["panels"]}) == len(BOARD["panels"])


def test_the_learners_configuration_is_accepted_and_everybody_finds_it():
    settings = configured(DOCKER / "learner.toml", {}).settings
    compose = (DOCKER / "compose.yaml").read_text()
    host, _, port = settings.http.rpartition(":")
    assert host == "0.0.0.0"  # loopback would be the container's own
    assert f"targets: [learner:{port}]" in (DOCKER / "prometheus.yml").read_text()
    dockerfile = (DOCKER / "Dockerfile").read_text()
    assert f"http://127.0.0.1:{port}/health" in dockerfile
    assert f"EXPOSE {port}\n" in dockerfile
    assert f"VOLUME {settings.state}\n" in dockerfile
    assert f"- state:{settings.state}\n" in compose
    assert f"--topic, {settings.topic}," in compose
    assert settings.cluster.bootstrap in compose
    assert settings.cluster.client in dockerfile


def test_what_compose_mounts_is_there():
    mounted = re.findall(r"^ +- (\./\S+?):", (DOCKER / "compose.yaml").read_text(), re.MULTILINE)
    assert len(mounted) >= 4
    for path in mounted:
        assert (DOCKER / path).exists(), path


def test_the_dashboard_is_provisioned_where_it_stands():
    provider = (DOCKER / "grafana" / "provisioning" / "dashboards" / "ihomer.yaml").read_text()
    compose = (DOCKER / "compose.yaml").read_text()
    (path,) = re.findall(r"path: (\S+)", provider)
    assert f"./grafana/dashboards:{path}:ro" in compose
    assert f"{path}/ihomer.json" in compose
    source = (DOCKER / "grafana" / "provisioning" / "datasources" / "prometheus.yaml").read_text()
    (uid,) = re.findall(r"uid: (\S+)", source)
    assert {panel["datasource"]["uid"] for panel in BOARD["panels"]} == {uid}


def test_the_checks_can_fail():
    assert metrics('sum(ihomer_nothing{a="ihomer_x"})') == {"ihomer_nothing"} != set(NAMES)
    assert labels('sum by (le, b) (m{c=~"x", d!="y"} == 1)', "{{e}}") == {"le", "b", "c", "d", "e"}
