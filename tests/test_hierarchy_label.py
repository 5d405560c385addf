"""LabelHierarchy as a river estimator: names, events, clone, pickle, drawings."""

from __future__ import annotations

import copy
import json
import math
import pickle
import xml.etree.ElementTree as ET

import numpy as np
import pytest

from ihomer import LabelHierarchy
from ihomer.hierarchy.drawing import sketch
from ihomer.hierarchy.tree import ClusterTree
from tests.hierarchy_streams import feed, planted

GROUP = np.repeat(np.arange(3), 5)


def named(rows, prefix="label "):
    return [{f"{prefix}{i}" for i in row.tolist()} for row in rows]


def learned(sets, **parameters):
    hierarchy = LabelHierarchy(**parameters)
    for y in sets:
        hierarchy.learn_one(y)
    return hierarchy


@pytest.fixture(scope="module")
def sets():
    return named(planted(np.random.default_rng(0), GROUP, 1500))


def test_it_finds_groups_by_name(sets):
    hierarchy = learned(sets)
    found = {frozenset(cluster) for cluster in hierarchy.clusters}
    assert found == {frozenset(f"label {i}" for i in range(g, g + 5)) for g in (0, 5, 10)}


def test_sets_lists_and_full_dicts_teach_the_same(sets):
    every = sorted({name for y in sets for name in y})
    first = set(every)
    of_sets = learned([first, *sets])
    of_lists = learned([sorted(first), *(sorted(y) for y in sets)])
    of_dicts = learned([{name: name in y for name in every} for y in [first, *sets]])
    assert pickle.dumps(of_sets) == pickle.dumps(of_lists) == pickle.dumps(of_dicts)


def test_the_order_of_a_dict_changes_nothing(sets):
    every = sorted({name for y in sets for name in y})
    one = learned([{name: name in y for name in every[: 5 + r % 10]} for r, y in enumerate(sets)])
    other = learned([{name: name in y for name in every[: 5 + r % 10][::-1]} for r, y in enumerate(sets)])
    assert pickle.dumps(one) == pickle.dumps(other)


def test_unknown_labels_are_not_absent(sets):
    """The first five labels are unknown in half of the rows, together: their cluster is the same."""
    rest = [f"label {i}" for i in range(5, 15)]
    partial = [{name: name in y for name in rest} if r % 2 else y for r, y in enumerate(sets)]
    assert {frozenset(cluster) for cluster in learned(partial).clusters} == {
        frozenset(f"label {i}" for i in range(g, g + 5)) for g in (0, 5, 10)
    }


def test_none_teaches_nothing(sets):
    one, other = learned(sets), learned(sets)
    for _ in range(10):
        other.learn_one(None)
    assert one.clusters == other.clusters
    assert one._tree.n_rows == other._tree.n_rows


def test_events_tell_splits_with_their_numbers(sets):
    events = learned(sets).events
    assert [event["kind"] for event in events] == ["split"] * 2
    first = events[0]
    assert first["n_members"] == 15
    assert set(first["members"]) == {name for y in sets for name in y}
    assert set(first["statistics"]) == {"d0", "d1", "mean", "eps", "n", "gain"}
    assert first["statistics"]["gain"] > 0.5
    assert first["before"] == [0]
    assert len(first["after"]) == 2
    json.dumps(events)


def test_events_and_members_are_bounded():
    rng = np.random.default_rng(0)
    hierarchy = LabelHierarchy(half_life=100.0)
    for _ in range(4):
        for y in named(planted(rng, rng.permutation(np.repeat(np.arange(4), 12)), 1000)):
            hierarchy.learn_one(y)
    assert hierarchy._events.maxlen == 1000
    assert max(len(event["members"]) for event in hierarchy.events) == 20
    assert max(event["n_members"] for event in hierarchy.events) == 48


def test_clone_pickle_and_copy(sets):
    hierarchy = learned(sets[:700], delta=0.01)
    assert hierarchy.clone()._get_params() == hierarchy._get_params()
    assert hierarchy.clone().clusters == []
    twins = [pickle.loads(pickle.dumps(hierarchy)), copy.deepcopy(hierarchy)]
    for y in sets[700:]:
        for each in (hierarchy, *twins):
            each.learn_one(y)
    assert len({pickle.dumps(each) for each in (hierarchy, *twins)}) == 1
    assert all(each.events == hierarchy.events for each in twins)


def test_its_size_is_true(sets):
    small, large = learned(sets[:64]), learned([{f"{y}-{r}" for y in s} for r, s in enumerate(sets[:500])])
    for each in (small, large):
        assert 0.6 < each._raw_memory_usage / len(pickle.dumps(each)) < 20
    assert large._raw_memory_usage > 10 * small._raw_memory_usage


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"rule": "ward"}, "rule must be 'hub' or 'odac', found 'ward'"),
        ({"half_life": 0}, "half_life must be a number from 1 to inf, found 0"),
        ({"delta": "small"}, "delta must be a number from 1e-12 to 0.5, found 'small'"),
        ({"min_gain": math.nan}, "min_gain must be a number from 0.01 to 0.99, found nan"),
        ({"max_pairs": 10}, "max_pairs must be a number from 65536"),
    ],
)
def test_parameters_are_checked(parameters, message):
    with pytest.raises(ValueError, match=message):
        LabelHierarchy(**parameters)


def test_bad_labels_are_refused():
    hierarchy = LabelHierarchy()
    with pytest.raises(TypeError, match="found int"):
        hierarchy.learn_one(3)
    with pytest.raises(TypeError, match="label 'a' must be True, False or None, found 'yes'"):
        hierarchy.learn_one({"a": "yes"})
    with pytest.raises(ValueError, match="format must be 'text' or 'svg', found 'png'"):
        hierarchy.draw("png")


def test_a_drawing_of_nothing():
    assert LabelHierarchy().draw() == "0 labels, 1 cluster, 0 rows"
    ET.fromstring(LabelHierarchy().draw("svg"))


def test_text_shows_the_tree(sets):
    lines = learned(sets).draw().splitlines()
    assert lines[0] == "15 labels, 3 clusters, 1,500 rows"
    assert len(lines) == 5
    assert sum(line.count("label 1,") + line.endswith("label 1") for line in lines) == 1
    assert all(name in "\n".join(lines) for name in ("├─", "└─", "─┬ 10 labels"))


def test_names_cannot_break_a_drawing():
    hierarchy = LabelHierarchy()
    for _ in range(64):
        hierarchy.learn_one({"<b>&\n\x07", "x" * 500, 7, ("a", 1)})
    text = hierarchy.draw()
    assert len(text.splitlines()) == 2
    root = ET.fromstring(hierarchy.draw("svg"))
    names = [element.text for element in root.iter() if element.get("class") == "names"]
    assert len(names) == 1
    assert "<b>&" in names[0]
    assert "x" * 40 not in names[0]


@pytest.mark.parametrize("width", [40, 80, 100])
def test_drawings_are_bounded_however_large_the_tree(width):
    tree = ClusterTree()
    tree.add_labels(3000)
    feed(tree, [[i, i + 1] for i in range(0, 3000, 2)])
    sides = np.random.default_rng(0)
    # Make a deep tree and a wide one by hand: every split takes two labels off the largest cluster.
    for _ in range(400):
        leaf = max(tree.nodes.leaves(), key=lambda leaf: len(tree.members(leaf)))
        members = tree.members(leaf)
        cut = 2 if sides.random() < 0.8 else len(members) // 2
        tree.split(leaf, np.arange(len(members)) < cut, {})
    names = [f"a rather long label number {i}" for i in range(3000)]
    text = tree.draw(names, width=width).splitlines()
    assert len(text) <= 3 * 24 + 1
    assert max(map(len, text)) <= width
    assert text[0].startswith("3,000 labels, 401 clusters")
    assert any("more cluster" in line for line in text)
    svg = tree.draw(names, "svg")
    assert len(svg) < 60_000
    ET.fromstring(svg)
    assert "prefers-color-scheme: dark" in svg
    root = sketch(tree, names, 24)
    assert (root.n_labels, root.n_clusters) == (3000, 401)
