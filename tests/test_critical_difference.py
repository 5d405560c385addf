"""The critical-difference diagram as a picture: well formed, to scale, everything in it, nothing beyond it."""

from __future__ import annotations

from xml.etree import ElementTree as ET

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ihomer.evaluation.statistics import MeanRanks, Scores, critical_difference_svg, mean_ranks, nemenyi

SVG = "{http://www.w3.org/2000/svg}"


def texts(picture):
    return {"".join(text.itertext()): text for text in ET.fromstring(picture).iter(f"{SVG}text")}


def width_of(picture):
    return float(ET.fromstring(picture).attrib["width"])


def test_names_are_escaped_and_ranks_are_said():
    ranks = MeanRanks(("a<b>", "x & y", "plain"), (1.0, 2.25, 2.75), 4, ("broken & gone",))
    picture = critical_difference_svg(ranks, [("x & y", "plain")], distance=1.5, title="F1 < 1")
    found = texts(picture)
    assert {"a<b>", "x & y", "plain", "1.00", "2.25", "2.75", "critical difference 1.50", "F1 < 1"} <= set(found)
    said = ET.fromstring(picture).findtext(f"{SVG}desc")
    assert said == (
        "Mean ranks over 4 data sets; left out, not all have a score: broken & gone: "
        "a<b> 1.00; x & y 2.25; plain 2.75. Alike: x & y, plain."
    )


@settings(deadline=None, max_examples=25)
@given(st.integers(2, 30), st.integers(1, 20), st.integers(0, 1000))
def test_everything_is_inside_and_to_scale(k, n, seed):
    values = np.random.default_rng(seed).integers(0, 5, (n, k)) / 5
    scores = Scores.of({f"set {i}": {f"learner {j}": v for j, v in enumerate(row)} for i, row in enumerate(values.tolist())})
    test = nemenyi(scores)
    picture = critical_difference_svg(test.ranks, test.groups, distance=test.critical_difference)
    root = ET.fromstring(picture)
    _, _, width, height = map(float, root.attrib["viewBox"].split())
    for text in root.iter(f"{SVG}text"):
        assert 0 < float(text.attrib["x"]) < width
        assert 0 < float(text.attrib["y"]) <= height
    dots = [float(dot.attrib["cx"]) for dot in root.iter(f"{SVG}circle")]
    by_learner = test.ranks.by_learner()
    first, last = (float(texts(picture)[rank].attrib["x"]) for rank in ("1", str(k) if k <= 20 else "20"))
    per_rank = (last - first) / ((min(k, 20)) - 1)
    places = sorted(first + per_rank * (by_learner[name] - 1) for group in test.groups for name in group)
    assert sorted(dots) == pytest.approx(places, abs=0.2)
    assert all(f"learner {j}" in texts(picture) for j in range(k))


def test_bars_that_would_touch_stand_in_rows_of_their_own():
    ranks = MeanRanks(tuple("abcd"), (1.0, 2.0, 3.0, 4.0), 9)
    apart = critical_difference_svg(ranks, [("a", "b"), ("c", "d")])
    touching = critical_difference_svg(ranks, [("a", "b"), ("b", "c")])

    def rows(picture):
        return len({dot.attrib["cy"] for dot in ET.fromstring(picture).iter(f"{SVG}circle")})

    assert (rows(apart), rows(touching)) == (1, 2)


def test_long_names_make_room():
    short, long = (critical_difference_svg(MeanRanks((name, "b"), (1.0, 2.0), 3), []) for name in ("a", "a" * 40))
    assert width_of(long) > width_of(short) + 400


def test_one_learner_alone():
    assert "alone" in texts(critical_difference_svg(mean_ranks(Scores.of({"x": {"alone": 1.0}})), []))


def test_inside_a_page_the_colours_are_the_pages():
    """`svg:root` is the picture only where it is a document of its own."""
    picture = critical_difference_svg(MeanRanks(("a", "b"), (1.0, 2.0), 3), [("a", "b")])
    colours = [line for line in picture.splitlines() if "#" in line]
    assert colours
    assert all("svg:root" in line for line in colours)
    assert 'stroke="#' not in picture
    assert 'fill="#' not in picture
