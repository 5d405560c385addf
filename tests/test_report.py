"""The report as data and as a file: whole, by itself, and harmless whatever the names are."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from html.parser import HTMLParser
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ihomer.evaluation import measures
from ihomer.palette import COLOURS, in_light, picture_style
from ihomer.report import Comparison, Run, write_report
from ihomer.report.data import Bin, Tributary
from ihomer.report.figures.heat_map import heat_map_svg
from ihomer.report.figures.reliability import reliability_svg
from ihomer.report.figures.river import river_svg
from ihomer.report.html import script_safe
from ihomer.report.pictures import pictures_of
from ihomer.report.png import can_draw_png
from ihomer.report.room import FILE, _share, bounded
from ihomer.report.shown import shown
from ihomer.report.write import file_name, report_html
from tests.report_data import HOSTILE, comparison, hostile, run

SVG = "{http://www.w3.org/2000/svg}"


class Page(HTMLParser):
    """The elements of a page, and the text of its scripts."""

    def __init__(self, text):
        super().__init__()
        self.tags, self.scripts, self._inside, self.open = [], [], None, []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))
        if tag not in ("meta", "link", "input", "img", "br"):
            self.open.append(tag)
        if tag == "script":
            self._inside = dict(attrs)
            self.scripts.append([self._inside, ""])

    def handle_endtag(self, tag):
        assert self.open.pop() == tag
        self._inside = None

    def handle_data(self, data):
        if self._inside is not None:
            self.scripts[-1][1] += data

    @property
    def data(self):
        (found,) = [text for attrs, text in self.scripts if attrs.get("id") == "data"]
        return json.loads(found)


WHOLES = {
    "one": comparison(["yeast"], ["ihomer"]),
    "some": comparison(["a", "b", "c"], ["x", "y"]),
    "hostile": hostile(),
    "nothing": Comparison("nothing", ()),
    "bare": Comparison("bare", (Run("a", "b"),)),
}


@pytest.mark.parametrize("whole", WHOLES.values(), ids=WHOLES)
def test_json_and_back(whole):
    assert Comparison.from_json(whole.to_json()) == whole


@given(st.text(), st.floats(allow_nan=False, allow_infinity=False), st.integers(0, 1 << 60))
def test_any_values_go_to_json_and_back(name, value, count):
    whole = Comparison(name, (Run(name, name, instances=count, scores={name: value}, remarks=(name,)),))
    if not any(0xD800 <= ord(c) <= 0xDFFF for c in name):
        assert Comparison.from_json(whole.to_json()) == whole


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('{"title": "a"}', "Comparison: .*runs"),
        ('{"title": 1, "runs": []}', "Comparison.title must be str, found 1"),
        ('{"title": "a", "runs": [{"stream": "s", "learner": "l", "color": 1}]}', r"Comparison.runs\[0\] has no field 'color'"),
        ('{"title": "a", "runs": [{"stream": "s", "learner": "l", "instances": true}]}', "instances must be int, found True"),
        ("[", "unexpected end"),
    ],
)
def test_what_is_not_a_comparison_is_told(text, message):
    with pytest.raises(ValueError, match=message):
        Comparison.from_json(text)


@pytest.mark.parametrize("whole", WHOLES.values(), ids=WHOLES)
def test_the_page_is_whole_and_by_itself(whole):
    text = report_html(whole)
    page = Page(text)
    assert page.open == []
    assert len(page.data["runs"]) == len(whole.runs)
    names = {tag for tag, _ in page.tags}
    assert not names & {"img", "iframe", "object", "base"}
    assert all(attrs.get("href", "data:").startswith(("data:", "#")) for tag, attrs in page.tags if tag in ("link", "a"))
    assert not any("src" in attrs for _, attrs in page.tags)
    assert set(re.findall(r"https?://[^\s\"'<\\]+", text)) <= {"http://www.w3.org/2000/svg"}
    (policy,) = [attrs["content"] for tag, attrs in page.tags if attrs.get("http-equiv") == "Content-Security-Policy"]
    assert policy.startswith("default-src 'none'")
    assert "connect-src 'none'" in policy


def test_hostile_names_stay_names():
    text = report_html(hostile())
    page = Page(text)
    assert [run["stream"] for run in page.data["runs"]] == [HOSTILE, HOSTILE]
    assert page.data["title"] == HOSTILE
    assert len(page.scripts) == 2
    assert "\u2028" not in text.split('id="data">')[1].split("</script>")[0]


@given(st.text())
def test_no_text_ends_the_element_of_the_data(text):
    if not any(0xD800 <= ord(c) <= 0xDFFF for c in text):
        safe = script_safe(json.dumps([text], ensure_ascii=False).encode())
        assert "<" not in safe
        assert json.loads(safe) == [text]


@pytest.mark.parametrize("names", [("a", "b", "c"), (HOSTILE, "b", "c"), ("\x00\x1b", "", "\ud7ff")])
def test_pictures_are_xml_with_text_alternatives(names):
    pictures = pictures_of(run(names=names))
    assert set(pictures) == {"hierarchy", "river", "similarity", "reliability"}
    for kind in ("river", "similarity", "reliability"):
        root = ET.fromstring(pictures[kind])
        assert root.attrib["role"] == "img"
        assert root.find(f"{SVG}title").text
        assert len(root.find(f"{SVG}desc").text) > 20
        assert not list(root.iter(f"{SVG}script")) + list(root.iter(f"{SVG}img"))


def test_the_reliability_diagram_tells_its_error():
    text = reliability_svg([Bin(10, 0.2, 0.5), Bin(0, 0.5, 0.0), Bin(30, 0.8, 0.7)])
    assert "expected calibration error 0.1500" in text  # (10 * .3 + 30 * .1) / 40
    assert "40 cells" in text
    with pytest.raises(ValueError, match="no bin"):
        reliability_svg([Bin(0, 0.5, 0.5)])


def test_the_heat_map_refuses_what_is_no_square():
    with pytest.raises(ValueError, match="expected 2 labels"):
        heat_map_svg(["a", "b"], [1, 1], [[1.0, 0.5]])
    root = ET.fromstring(heat_map_svg(["a", "b", "c"], [1, 1, 2], [[1, 0.5, 0], [0.5, 1, 0], [0, 0, 1]]))
    assert sum(path.attrib["d"].count("M") for path in root.iter(f"{SVG}path")) == 2
    assert len([r for r in root.iter(f"{SVG}rect") if r.attrib.get("class") == "cluster"]) == 2


def test_an_arm_of_the_river_parts_where_the_cluster_was_split():
    river = [Tributary(0, (0,), (4,)), Tributary(500, (1, 2), (3, 1)), Tributary(1000, (1, 2), (3, 1))]
    root = ET.fromstring(river_svg(river))
    assert sorted(path.find(f"{SVG}title").text for path in root.iter(f"{SVG}path")) == ["cluster 0", "cluster 1", "cluster 2"]
    assert "clusters went from 1 to 2" in root.find(f"{SVG}desc").text
    with pytest.raises(ValueError, match="no moment"):
        river_svg([])


@pytest.mark.parametrize(
    "with_png", [False, pytest.param(True, marks=pytest.mark.skipif(not can_draw_png(), reason="resvg_py is not installed"))]
)
def test_files(tmp_path, with_png):
    written = write_report(comparison(["a/b", "a b"], ["x", "y"]), tmp_path, with_png=with_png)
    assert all(path.is_file() for path in written)
    assert len(set(written)) == len(written)
    names = {path.name for path in (tmp_path / "figures").iterdir()}
    assert {"ranks-micro_f1.svg", "curve-a-b-x.svg", "curve-a-b-x-2.svg", "river-a-b-y.svg"} <= names
    assert ("similarity-a-b-x.png" in names) == with_png
    if with_png:
        assert all(path.read_bytes().startswith(b"\x89PNG") for path in written if path.suffix == ".png")


@given(st.text())
def test_any_name_makes_a_file_name(text):
    assert re.fullmatch(r"[A-Za-z0-9_][A-Za-z0-9_-]{0,99}", file_name(text))


@pytest.fixture(scope="module")
def enormous():
    """31 learners on 47 streams, each run with as much to tell as a run can have."""
    names = tuple(f"a label with a long name {i:06d}" for i in range(2_000))
    one = run(points=100, names=names[:48])
    events = tuple({**event, "instance": 10 * i, "labels": list(names[:20])} for i, event in enumerate(one.events * 60))
    curve = {**one.curve, **{form + name: one.curve["micro_f1"] for form in ("", "window_", "faded_") for name in measures.ALL}}
    scores = {f"metric_{i}": 0.123456789 for i in range(40)} | dict(one.scores)
    rows = tuple(replace(one.label_scores[0], name=name, f1=0.123456789, recall=0.123456789) for name in names)
    baselines = dict.fromkeys(("no_change", "majority_set", "label_prior"), scores)
    shape = replace(one.hierarchy, clusters=(1,) * 48)
    full = replace(
        one, events=events, curve=curve, scores=scores, baselines=baselines, label_scores=rows, hierarchy=shape
    )
    return Comparison("large", tuple(replace(full, stream=f"s{i}", learner=f"l{j}") for i in range(47) for j in range(31)))


def test_a_large_comparison_is_bounded_and_says_so(enormous):
    text = report_html(enormous)
    assert len(text.encode()) < 8_000_000
    told, one = shown(enormous), enormous.runs[0]
    assert all(found["curve"]["instances"][-1] == one.curve["instances"][-1] for found in told["runs"])
    assert all(found["label_scores"]["name"] and found["events"] for found in told["runs"])
    drawn = [(found["learner"], found["stream"]) for found in told["runs"] if found["figures"]]
    assert {learner for learner, _ in drawn} == {"l0"}  # of one learner on many streams, not of many on one
    assert len(told["omitted"]) == 6
    assert "comparison.json" in told["omitted"][-1]
    assert shown(Comparison("small", (run(points=300),)))["omitted"] == []


def test_the_file_of_a_large_comparison_is_bounded_and_has_all_that_the_page_has(enormous):
    kept = bounded(enormous, FILE)
    assert len(kept.to_json()) < 36 * 1024 * len(enormous.runs)
    (found,) = Comparison.from_json(replace(kept, runs=kept.runs[-1:]).to_json()).runs
    told = shown(enormous)["runs"][-1]
    assert (found.scores, found.costs) == (enormous.runs[-1].scores, enormous.runs[-1].costs)
    assert set(told["curve"]) <= set(found.curve)
    assert len(told["curve"]["instances"]) <= len(found.curve["instances"])
    assert len(told["label_scores"]["name"]) <= len(found.label_scores)
    assert found.hierarchy == enormous.runs[-1].hierarchy


def test_a_small_comparison_is_whole_but_for_digits():
    whole = comparison(["emotions"], ["a", "b"], points=100)
    kept = bounded(whole, FILE)
    assert shown(kept) == shown(whole)
    for one, other in zip(kept.runs, whole.runs, strict=True):
        assert set(one.curve) == set(other.curve)
        for name, values in one.curve.items():
            assert values == pytest.approx(other.curve[name], rel=1e-3)
        assert (one.scores, one.events, one.costs) == (other.scores, other.events, other.costs)
    assert bounded(kept, FILE) == kept


@given(st.lists(st.integers(0, 3_000), max_size=30), st.integers(0, 20_000))
def test_shares_fill_the_room(wanted, room):
    share = _share(room, wanted, 10, 2_000)
    assert 10 <= share <= 2_000
    assert sum(min(one, share) for one in wanted) <= max(room, 10 * len(wanted))
    if share < min(2_000, max(wanted, default=0)):
        assert sum(min(one, share + 1) for one in wanted) > room


def test_pictures_know_light_and_dark():
    style = picture_style(".a { fill: $ink }")
    light, dark = COLOURS["ink"]
    assert f"var(--ink, {light})" in style
    assert f"--ink: {dark}" in style
    assert in_light(style).count("var(") == 0
    assert dark not in in_light(style)


def _luminance(colour):
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


@pytest.mark.parametrize("scheme", [0, 1])
def test_colours_can_be_read(scheme):
    ground = _luminance(COLOURS["page"][scheme])

    def contrast(name):
        bright, dim = sorted((ground, _luminance(COLOURS[name][scheme])), reverse=True)
        return (bright + 0.05) / (dim + 0.05)

    assert all(contrast(name) >= 4.5 for name in ("ink", "muted", "accent", "alarm"))  # WCAG AA for text
    assert all(contrast(name) >= 2.5 for name in COLOURS if name.startswith("series") or name in ("split", "merge", "expert"))
