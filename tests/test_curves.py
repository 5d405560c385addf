"""The picture of a curve with events over it: well-formed, complete, and made of what an evaluation leaves."""

import json
from xml.etree import ElementTree as ET

import pytest

from ihomer.evaluation.curves import HINTS, LANES, curves_svg, svg_of_directory
from ihomer.events import EVENT_KINDS

SVG = "{http://www.w3.org/2000/svg}"


def event(instance, kind, place="model"):
    return {"instance": instance, "kind": kind, "place": place, "cause": "a < b & c"}


def points(values, every=1000):
    return [{"instances": (i + 1) * every, "window_micro_f1": v} for i, v in enumerate(values)]


def classes(picture):
    return [element.get("class") for element in ET.fromstring(picture).iter()]


def test_every_kind_but_moves_has_a_lane():
    drawn = {kind for _, _, kinds in LANES for kind in kinds}
    assert drawn == {kind.name for kind in EVENT_KINDS} - {"move"}


def test_marks_stand_where_things_happened():
    events = [event(2000, "alarm"), event(4000, "split", "cluster <3>")]
    picture = curves_svg(points([0.4, 0.5, 0.6, 0.2]), events, title="a & b")
    root = ET.fromstring(picture)
    names = classes(picture)
    assert names.count("alarm") == names.count("split") == names.count("drop") == 1
    assert "merge" not in names
    line = next(e for e in root.iter() if e.get("class") == "drop")
    curve = next(e for e in root.iter() if e.get("class") == "curve").get("d")
    assert f"L{float(line.get('x1')):.1f} " in curve  # 2,000 is a point of the curve
    hints = [e.text for e in root.iter(f"{SVG}title")]
    assert hints == ["a & b", "2,000: alarm, model: a < b & c", "4,000: split, cluster <3>: a < b & c"]


def test_near_marks_are_one_and_say_how_many():
    picture = curves_svg(points([0.5] * 10), [event(5000 + i, "birth") for i in range(HINTS + 3)])
    assert classes(picture).count("label") == 1
    assert "… 3 more" in picture


def test_gaps_and_single_points_and_flat_curves():
    assert classes(curves_svg(points([0.5, None, 0.4, 0.4, float("nan"), 0.1])))[-3:] == ["dot", "curve", "dot"]
    assert classes(curves_svg(points([None]))).count("curve") == 0
    assert classes(curves_svg(points([1.0, 1.0]))).count("curve") == 1
    assert "nan" not in curves_svg(points([0.0, 0.0]))


def test_bad_input_says_why():
    with pytest.raises(ValueError, match="no points"):
        curves_svg([])
    with pytest.raises(ValueError, match="metric must be one of instances, window_micro_f1, found 'x'"):
        curves_svg(points([1.0]), metric="x")


def test_from_the_directory_of_an_evaluation(tmp_path):
    (tmp_path / "metrics.csv").write_text("instances,window_micro_f1\n1000,0.5\n2000,\n3000,0.25\n")
    (tmp_path / "events.jsonl").write_text(json.dumps(event(1500, "expert")) + "\n")
    expected = curves_svg(points([0.5, None, 0.25]), [event(1500, "expert")], title=tmp_path.name)
    assert svg_of_directory(tmp_path) == expected
