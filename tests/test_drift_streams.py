"""Streams with known change: what holds of every kind of change over every kind of stream."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from streams import StreamError, open_stream
from streams.drift import (
    Change,
    PermutedFeatures,
    PermutedLabels,
    Replaced,
    ReweightedLabels,
    ScaledFeatures,
    ShiftedFeatures,
    VanishingLabels,
    gradual,
    incremental,
    label_cluster,
    recurring,
    sudden,
    truth_of,
)
from streams.synthetic.drift_query import KINDS
from streams.views import limited, shuffled
from tests.drift_streams import CHANGES, LABEL_CHANGES, SOURCES, Rows, arrays, mixed_pairs, occurrences, pairs, whole

WHENS = {
    "sudden": sudden(1100),
    "gradual": gradual(700, 1200),
    "incremental": incremental(700, 1200),
    "recurring": recurring(400, 300, pause=200, times=2, width=50),
}
few = settings(max_examples=8, deadline=None)


#: Every change over every stream, and with every pace over one stream or the other.
CASES = [
    (source, change, list(WHENS)[(i + j + more) % 4])
    for i, source in enumerate(SOURCES)
    for j, change in enumerate(CHANGES)
    for more in ((0, 1) if source == "dense" else (0,))
]


@pytest.mark.parametrize(("source", "change", "when"), CASES)
def test_before_the_change_rows_are_untouched_and_batches_do_not_matter(source, change, when):
    def stream():
        return CHANGES[change](SOURCES[source](), WHENS[when], fraction=0.5, seed=3)

    changed, first = stream(), WHENS[when].first
    rows, plain = whole(changed), whole(SOURCES[source]())
    before = plain.slice(0, first)
    if change == "emerging":
        gone = set(truth_of(changed)[0].labels)
        assert pairs(rows.slice(0, first)) == [(x, without(y, gone)) for x, y in before.pairs()]
    else:
        assert arrays(rows.slice(0, first)) == arrays(before)
        assert rows.labels.names[: len(before.labels)] == before.labels.names
        assert arrays(rows) != arrays(plain)
    assert arrays(whole(stream(), 77)) == arrays(rows)
    assert arrays(whole(changed, 5000)) == arrays(rows)  # a second reading


def without(y, gone):
    if isinstance(y, dict):
        return {name: holds for name, holds in y.items() if name not in gone}
    return None if y is None else y - gone


@pytest.mark.parametrize("source", ["sparse", "dense", "mixed"])
@pytest.mark.parametrize("change", CHANGES)
def test_the_truth_names_place_and_concerned(source, change):
    stream = CHANGES[change](SOURCES[source](), recurring(600, 300, width=100), fraction=0.4, seed=5)
    come, go = truth_of(stream)
    assert (come.first, come.last, go.first, go.last) == (600, 699, 900, 999)
    assert come.pace == go.pace == "recurring"
    assert come.kind != go.kind
    assert (come.labels, come.features) == (go.labels, go.features)
    assert bool(come.labels) != bool(come.features)
    again = CHANGES[change](SOURCES[source](), recurring(600, 300, width=100), fraction=0.4, seed=5)
    assert truth_of(again) == (come, go)
    if change == "reweighted":
        return
    # Rows differ where the truth says so only, and in what it names only.
    before, after = pairs(whole(SOURCES[source]())), pairs(whole(stream))
    outside = [i for i in range(len(before)) if (i >= 999) or (i < 600)]
    if change != "emerging":
        assert [before[i] for i in outside] == [after[i] for i in outside]
    for (x, y), (z, w) in zip(before, after, strict=True):
        assert differing(x, z) <= set(come.features)
        assert differing(held(y), held(w)) <= set(come.labels)


def held(y):
    return {name: holds for name, holds in y.items() if holds} if isinstance(y, dict) else dict.fromkeys(y or (), True)


def differing(a, b):
    return {name for name in a.keys() | b.keys() if a.get(name) != b.get(name)}


@few
@given(st.integers(0, 99), st.sampled_from([0.3, 0.6, 1.0]), st.integers(0, 1300), st.sampled_from(["sparse", "mixed"]))
def test_permuted_labels_keep_set_sizes_and_all_concerned_move(seed, fraction, at, source):
    stream = PermutedLabels(SOURCES[source](), at, fraction=fraction, seed=seed)
    (change,) = truth_of(stream)
    to = dict(zip(change.labels, [*change.labels[1:], change.labels[0]], strict=True))
    for i, (before, after) in enumerate(zip(SOURCES[source]().sets(), stream.sets(), strict=True)):
        y, w = before[1], after[1]
        if i < at or y is None:
            assert y == w
        elif isinstance(y, dict):
            assert {to.get(name, name): holds for name, holds in y.items()} == w
        else:
            assert {to.get(name, name) for name in y} == w


@few
@given(st.integers(0, 99), st.sampled_from([0.3, 1.0]), st.sampled_from(list(WHENS)), st.sampled_from(list(SOURCES)))
def test_decoupled_labels_keep_their_frequencies(seed, fraction, when, source):
    before = whole(SOURCES[source]())
    stream = CHANGES["decoupled"](SOURCES[source](), WHENS[when], fraction=fraction, seed=seed)
    after = whole(stream)
    assert occurrences(after) == occurrences(before)
    # ... in each block too.
    assert occurrences(after.slice(0, 1024)) == occurrences(before.slice(0, 1024))


@few
@given(st.integers(0, 99), st.integers(0, 1000), st.integers(1, 600), st.sampled_from(list(LABEL_CHANGES)))
def test_what_recurs_is_over_afterwards(seed, at, rows, change):
    before = whole(SOURCES["sparse"]())
    after = whole(CHANGES[change](SOURCES["sparse"](), recurring(at, rows), seed=seed, fraction=0.5))
    n = len(before)
    for part in (slice(0, at), slice(at + rows, n)):
        assert pairs(after)[part] == pairs(before)[part]


@few
@given(st.integers(0, 99), st.integers(0, 1000), st.integers(1, 600))
def test_vanish_then_return_restores(seed, at, rows):
    stream = VanishingLabels(SOURCES["dense"](), recurring(at, rows), fraction=0.3, seed=seed)
    vanish, back = truth_of(stream)
    assert (vanish.kind, back.kind) == ("labels vanish", "labels return")
    for i, ((_, y), (_, w)) in enumerate(zip(SOURCES["dense"]().sets(), stream.sets(), strict=True)):
        assert w == (y - set(vanish.labels) if at <= i < at + rows else y)


@settings(max_examples=5, deadline=None)
@given(st.integers(0, 9), st.lists(st.sampled_from(sorted(CHANGES.keys() - {"reweighted"})), min_size=2, max_size=3))
def test_changes_compose(seed, kinds):
    stream, again = SOURCES["mixed"](), SOURCES["mixed"]()
    for k, kind in enumerate(kinds):
        stream = CHANGES[kind](stream, 400 * (k + 1), fraction=0.5, seed=seed)
        again = CHANGES[kind](again, 400 * (k + 1), fraction=0.5, seed=seed)
    assert [change.first for change in truth_of(stream)] == [400 * (k + 1) for k in range(len(kinds))]
    assert arrays(whole(stream)) == arrays(whole(again, 123))
    without_last = stream.stream
    last = 400 * len(kinds)
    if kinds[-1] != "emerging":
        assert pairs(whole(stream))[:last] == pairs(whole(without_last))[:last]


def test_an_incremental_permutation_reaches_one_label_after_the_other():
    stream = PermutedLabels(SOURCES["sparse"](), incremental(500, 1299), seed=1)
    order = truth_of(stream)[0].labels
    changed = [set() for _ in range(4)]
    for i, ((_, y), (_, w)) in enumerate(zip(SOURCES["sparse"]().sets(), stream.sets(), strict=True)):
        changed[min(3, 1 + (i - 500) // 400) if i >= 500 else 0].update(y ^ w)
    assert changed[0] == set()
    assert changed[1] <= set(order[:5])
    assert changed[3] == set(order)


def test_emerging_labels_are_not_declared_and_not_known_before():
    source = SOURCES["sparse"]()
    stream = CHANGES["emerging"](source, 1200, labels=["label1", "label6"])
    assert (source.declared_labels, stream.declared_labels) == (8, 6)
    assert stream.labels.names == ["label0", "label2", "label3", "label4", "label5", "label7"]
    keys = [frozenset(y) for x, y in stream]
    assert keys[1199] == {"label0", "label2", "label3", "label4", "label5", "label7"}
    assert keys[-1] == set(source.labels.names)
    mixed = CHANGES["emerging"](SOURCES["mixed"](), 1200, labels=["l5"])
    assert not any("l5" in y for x, y in list(mixed.sets())[:1200] if y is not None)


def test_split_halves_are_told_by_the_features_and_partial_rows_know_both():
    stream = CHANGES["split"](SOURCES["mixed"](), 1000, labels=["l5"], seed=2)
    assert truth_of(stream)[0].labels == ("l5", "l5.1", "l5.2")
    sides = {"l5.1": 0, "l5.2": 0}
    for i, ((_, y), (_, w)) in enumerate(zip(SOURCES["mixed"]().sets(), stream.sets(), strict=True)):
        if i < 1000 or y is None:
            continue
        assert "l5" not in w
        if isinstance(y, dict):
            assert ("l5" in y) == ("l5.1" in w) == ("l5.2" in w)
            assert "l5" not in y or w["l5.1"] + w["l5.2"] == y["l5"]
        else:
            assert len(w) == len(y)
        for name in sides:
            sides[name] += bool(w.get(name)) if isinstance(w, dict) else name in w
    assert min(sides.values()) > 0.4 * sum(sides.values())


def test_gradual_change_is_ever_more_likely():
    stream = VanishingLabels(SOURCES["sparse"](), gradual(280, 1119), seed=4)
    sizes = [len(y) for x, y in stream.sets()]
    means = [sum(sizes[start : start + 280]) / 280 for start in range(0, 1400, 280)]
    assert means[0] > means[1] > means[2] > means[3] > means[4] == 0.0


def test_reweighted_labels_change_their_frequency_and_nothing_else():
    name = "label2"
    before = list(SOURCES["sparse"]().sets())
    for chances, rarer in (({"held": 0.2}, True), ({"others": 0.2}, False)):
        stream = ReweightedLabels(SOURCES["sparse"](), 400, labels=[name], **chances)
        after = list(stream.sets())
        assert after[:400] == before[:400]
        rest = iter(before)
        assert all(row in rest for row in after)  # in their order
        share = sum(name in y for _, y in after[400:]) / len(after[400:])
        assert (share < 0.1) if rarer else (share > 0.3)
        assert stream.length is None


def test_reweighting_behind_other_changes_is_refused_where_their_places_would_move():
    stream = PermutedLabels(SOURCES["sparse"](), 1000)
    with pytest.raises(ValueError, match="from row 500 on, but the stream behind changes until row 1000"):
        ReweightedLabels(stream, 500, held=0.1)
    later = ReweightedLabels(stream, 1200, held=0.1)
    assert [change.first for change in truth_of(later)] == [1000, 1200]


@pytest.mark.parametrize(("one", "other"), [("dense", "sparse"), ("mixed", "yeast"), ("sparse", "sparse"), ("yeast", "dense")])
def test_replaced_rows_are_those_of_the_other_stream(one, other):
    when = recurring(500, 300, width=60)
    stream = Replaced(SOURCES[one](), when, SOURCES[other]())
    rows = pairs(whole(stream, 99))
    first, second = pairs(whole(SOURCES[one]())), pairs(whole(SOURCES[other]()))
    assert rows[:500] == first[:500]
    assert rows[559:800] == second[559:800]
    assert rows[859:] == first[859:]
    assert all(row in (a, b) for row, a, b in zip(rows, first, second, strict=False))
    assert arrays(whole(stream)) == arrays(whole(stream, 99))


def test_replaced_keeps_the_dense_block_of_generators_of_one_kind():
    spec = "synthetic:meta_rbf?rows=1500&dependency_seed="
    stream = Replaced(open_stream(spec + "0"), 700, open_stream(spec + "1"), kind="label correlation", features=())
    batch = whole(stream)
    assert batch.dense is not None
    assert arrays(batch.slice(0, 700)) == arrays(whole(open_stream(spec + "0")).slice(0, 700))
    assert truth_of(stream)[0].kind == "label correlation"


def test_replacing_needs_as_many_rows_and_no_changes_in_them():
    short = Replaced(SOURCES["sparse"](), 500, limited(SOURCES["dense"](), 600))
    with pytest.raises(StreamError, match=r"row 600 is to come from synthetic:meta_hyperplane.* which has ended"):
        whole(short)
    with pytest.raises(ValueError, match="cannot be incremental"):
        Replaced(SOURCES["sparse"](), incremental(1, 2), SOURCES["dense"]())
    with pytest.raises(ValueError, match="has changes itself"):
        Replaced(SOURCES["sparse"](), 5, PermutedLabels(SOURCES["dense"](), 3))


def test_dense_features_shifted_by_their_deviation():
    before, after = (whole(SOURCES["dense"]()), whole(ShiftedFeatures(SOURCES["dense"](), 1000, by=2.0, features=["x3"])))
    moved = after.dense[1000:] - before.dense[1000:]
    assert moved[:, 3] == pytest.approx(2.0 * before.dense[:1000, 3].std(), rel=0.02)
    assert not moved[:, [0, 1, 2, *range(4, 12)]].any()


def test_numbers_that_no_longer_fit_are_an_error():
    stream = ScaledFeatures(SOURCES["dense"](), 1100, by=1e300)
    with pytest.raises(StreamError, match=r"features scaled by 1e\+300: a value from row 1024 on no longer fits float32"):
        whole(stream)


def test_categories_change_within_their_attribute():
    stream = PermutedFeatures(SOURCES["mixed"](), 1000, features=["colour"])
    before, after = (([x["colour"] for x, y in s.sets()]) for s in (SOURCES["mixed"](), stream))
    to = dict(zip(before[1000:], after[1000:], strict=True))
    assert after[1000:] == [to[colour] for colour in before[1000:]]
    assert all(to[colour] != colour for colour in to)
    renamed = CHANGES["renamed_features"](SOURCES["mixed"](), 1000, features=["colour", "n0"])
    x, _ = list(renamed.sets())[-1]
    assert "colour" not in x
    assert x["colour'"] == before[-1]


def test_undeclared_labels_are_those_met_before_the_change():
    rows = mixed_pairs(1200) + [({"n1": 1.0}, {"late"})] * 100
    stream = PermutedLabels(Rows(rows), 1100)
    assert set(truth_of(stream)[0].labels) == {f"l{j}" for j in range(6)}
    assert [y for x, y in stream.sets()][-1] == {"late"}


def test_views_keep_the_truth_that_lies_within():
    stream = PermutedLabels(PermutedLabels(SOURCES["sparse"](), 1300), 1000)
    assert [change.first for change in truth_of(limited(stream, 1200))] == [1000]
    assert truth_of(PermutedLabels(limited(SOURCES["sparse"](), 500), 500)) == ()
    assert truth_of(shuffled(SOURCES["sparse"](), 1)) == ()


def test_a_cluster_changes_alone():
    labels = label_cluster(SOURCES["sparse"](), 2, seed=1)
    assert {int(name[5:]) % 5 for name in labels} == {int(labels[0][5:]) % 5}
    stream = PermutedLabels(SOURCES["sparse"](), 1000, labels=labels)
    assert set(truth_of(stream)[0].labels) == set(labels)
    with pytest.raises(ValueError, match="size must be between 1 and 8"):
        label_cluster(SOURCES["sparse"](), 9)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda s: PermutedLabels(s, -1), "must rise from 0 on, each from its first to its last, found -1 to -1"),
        (lambda s: PermutedLabels(s, gradual(5, 4)), "found 5 to 4"),
        (lambda s: PermutedLabels(s, recurring(5, 3, width=4)), "found 8 to 11 after 8"),
        (lambda s: PermutedLabels(s, recurring(5, 0)), "must be at least 1, found 0, 0, 1, 1"),
        (lambda s: PermutedLabels(s, 5, fraction=0), "labels: fraction must be above 0 and at most 1, found 0"),
        (lambda s: PermutedLabels(s, 5, labels=["label1"]), "labels permuted: labels: at least 2 needed, found 1"),
        (lambda s: PermutedLabels(s, 5, labels=["label1", "x"]), "label 'x' is not declared, nor met before row 5"),
        (lambda s: PermutedLabels(s, 5, labels=["label1", "label1"]), "labels must be given once each"),
        (lambda s: PermutedLabels(s, 5, seed=-1), "seed must be at least 0, found -1"),
        (lambda s: truth_of(PermutedFeatures(s, 5, features=["y"])), "feature 'y' is not met before row 5"),
        (lambda s: ShiftedFeatures(s, 5, by=float("nan")), "features shifted: by must be finite, found nan"),
        (lambda s: ScaledFeatures(s, 5, by=0.0), "features scaled: by must be above 0, found 0.0"),
        (lambda s: ReweightedLabels(s, 5, held=1.5), "held must be between 0 and 1, found 1.5"),
    ],
)
def test_wrong_parameters(make, message):
    with pytest.raises(ValueError) as raised:
        make(SOURCES["sparse"]())
    assert message in str(raised.value)


def test_bad_rows_are_counted_once(tmp_path):
    path = tmp_path / "rows.jsonl"
    path.write_text('{"x": {"a": 1}, "y": ["l", "m"]}\nbroken\n' * 3)
    stream = PermutedFeatures(PermutedLabels(open_stream(path, on_error="skip"), 2), 1)
    assert len(whole(stream)) == 3
    assert stream.bad_rows.count == len(stream.bad_rows.first) == 3


def test_what_cannot_be_looked_at_twice_is_refused():
    stream = SOURCES["mixed"]()
    stream.rewinds = False
    with pytest.raises(StreamError, match="rows: can be read only once, so what it holds before the change cannot be known"):
        truth_of(PermutedLabels(stream, 10))


def test_specs_tell_changes():
    stream = open_stream("synthetic:groups?rows=900&labels=8&drift=sudden&at=400&of=labels&fraction=.25&drift_seed=4")
    plain = open_stream("synthetic:groups?rows=900&labels=8")
    same = PermutedLabels(plain, sudden(400), fraction=0.25, seed=4)
    assert truth_of(stream) == truth_of(same) != ()
    assert arrays(whole(stream)) == arrays(whole(same))


@pytest.mark.parametrize("of", KINDS)
@pytest.mark.parametrize("name", ["groups", "meta_random_tree"])
def test_every_kind_has_a_spec(of, name):
    stream = open_stream(f"synthetic:{name}?rows=800&labels=8&drift=gradual&at=300&width=100&of={of}")
    (change,) = truth_of(stream)
    assert (change.first, change.last, change.pace) == (300, 399, "gradual")
    assert pairs(whole(stream)) != pairs(whole(open_stream(f"synthetic:{name}?rows=800&labels=8")))


@pytest.mark.data
def test_the_stream_of_the_acceptance_is_one_line(data_dir):
    stream = PermutedLabels(limited(open_stream(data_dir / "tmc2007_500.svm.xz"), 16_000), sudden(8_000), fraction=0.25, seed=0)
    (change,) = truth_of(stream)
    assert isinstance(change, Change)
    assert (change.first, change.last, len(change.labels)) == (8_000, 8_000, 6)
    assert sum(len(batch) for batch in stream.batches()) == 16_000
