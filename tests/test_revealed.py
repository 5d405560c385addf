"""Evaluation with less than the truth: labels late, of some rows only, in part; scores use all of it."""

from __future__ import annotations

import json
import pickle
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner
from hypothesis import given, settings
from hypothesis import strategies as st

from ihomer import IHOMER, LinearLearner
from ihomer.cli import main
from ihomer.evaluation.baselines import baselines
from ihomer.evaluation.late import Late, predicted
from ihomer.evaluation.loop import Prequential, prequential
from ihomer.evaluation.revealed import Revealed
from streams import Batch, Vocabulary, open_stream
from streams.concatenate import concatenate
from tests.naive import late as naive
from tests.test_laws import every_model, same, stream
from tests.test_prequential import Diary, Rows

truths = st.lists(
    st.one_of(
        st.none(),
        st.sets(st.sampled_from("abcde"), max_size=4),
        st.dictionaries(st.sampled_from("abcde"), st.booleans(), max_size=4),
    ),
    max_size=30,
)
shares = st.sampled_from([0.0, 0.3, 0.8, 1.0])


def cut(batch: Batch, sizes: list[int]) -> list[Batch]:
    parts, start = [], 0
    while start < len(batch):
        stop = min(len(batch), start + sizes[len(parts) % len(sizes)])
        parts.append(batch.slice(start, stop))
        start = stop
    return parts


@settings(max_examples=100, deadline=None)
@given(truths, shares, shares, st.integers(0, 2**70), st.lists(st.integers(1, 9), min_size=1, max_size=3))
def test_what_is_told_is_what_the_definition_says(
    sets: list[Any], fraction: float, partial: float, seed: int, sizes: list[int]
) -> None:
    labels = Vocabulary()
    batch = Batch.from_pairs([({"t": 1.0}, y) for y in sets], labels=labels)
    told = []
    hidden = Revealed(fraction, partial, seed)
    for part in cut(batch, sizes):
        less = hidden(part)
        less.check()
        assert less.indices is part.indices
        told += [less.y(i) for i in range(len(less))]
    assert told == naive.revealed(sets, labels.ids, fraction, partial, seed % 2**64)


def test_shares_are_kept() -> None:
    """Of 4,000 rows and 12,000 cells, within four standard deviations; and draws of other seeds are others."""
    sets = [{"a", "b"} if i % 2 else {"a", "c"} for i in range(4000)]
    batch = Batch.from_pairs([({}, y) for y in sets])
    less = Revealed(fraction=0.5, seed=3)(batch)
    assert abs((less.status == 2).mean() - 0.5) < 4 * 0.5 / 4000**0.5
    less = Revealed(partial=0.8, seed=3)(batch)
    assert less.known_indices is not None
    assert abs(len(less.known_indices) / (3 * 4000) - 0.8) < 4 * 0.4 / 12000**0.5
    other = Revealed(partial=0.8, seed=4)(batch)
    assert len(np.intersect1d(np.flatnonzero(less.label_indptr[1:] - less.label_indptr[:-1] == 2),
                              np.flatnonzero(other.label_indptr[1:] - other.label_indptr[:-1] == 2))) < 0.5 * 4000  # fmt: skip


def test_room_for_many_labels() -> None:
    """More cells than a block has room for at first."""
    sets: list[Any] = [set(range(2000)), *({i % 2000, (7 * i) % 2000} for i in range(80))]
    batch = Batch.from_pairs([({}, y) for y in sets])
    less = Revealed(partial=0.9, seed=1)(batch)
    assert [less.y(i) for i in range(len(less))] == naive.revealed(sets, batch.labels.ids, 1.0, 0.9, 1)


@pytest.mark.parametrize(
    ("wrong", "message"),
    [({"label_fraction": 1.5}, "label_fraction must lie in 0..1, found 1.5"),
     ({"partial": -0.1}, "partial must lie in 0..1, found -0.1"),
     ({"partial": float("nan")}, "partial must lie in 0..1, found nan"),
     ({"mask_seed": -1}, "mask_seed must be at least 0, found -1")],
)  # fmt: skip
def test_parameters_out_of_range(wrong: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        Prequential(Diary(), Rows([]), **wrong)


# ---------------------------------------------------------------------- labels that come late


@settings(max_examples=50, deadline=None)
@given(st.integers(0, 40), st.lists(st.integers(1, 9), min_size=1, max_size=3), st.integers(0, 25))
def test_rows_wait_in_order(n: int, sizes: list[int], delay: int) -> None:
    batch = Batch.from_pairs([({"t": i + 1.0}, None) for i in range(n)])
    late, done = Late(delay), 0
    for part in cut(batch, sizes):
        done += len(part)
        due = late.due(part)
        first = max(0, done - len(part) - delay)
        assert [due.x(i)["t"] for i in range(len(due))] == list(range(first + 1, max(0, done - delay) + 1))
    rest = late.rest()
    left = [] if rest is None else [rest.x(i)["t"] for i in range(len(rest))]
    assert left == list(range(max(0, n - delay) + 1, n + 1))
    assert late.rest() is None


@settings(max_examples=50, deadline=None)
@given(truths.filter(bool), st.integers(1, 20), st.lists(st.integers(1, 9), min_size=1, max_size=3))
def test_baselines_in_one_go_and_row_by_row(sets: list[Any], delay: int, sizes: list[int]) -> None:
    batch = Batch.from_pairs([({}, y) for y in sets])
    for name, baseline in baselines().items():
        slow, late, answers = baselines()[name], Late(delay), []
        for part in cut(batch, sizes):
            found = predicted(baseline, part, late.due(part))
            answers += [(found.label_set(i), found.ranking(i)) for i in range(len(part))]
        for i in range(len(batch)):
            found = slow.predict_many(batch.slice(i, i + 1))
            assert answers[i] == (found.label_set(0), found.ranking(0))
            if i >= delay:
                slow.learn_many(batch.slice(i - delay, i - delay + 1))


KNOWN = [(f"f{j}", j) for j in range(6)]


def plain(n: int) -> list[tuple[dict[Any, Any], Any]]:
    """Rows whose features are all known after the first: made ahead."""
    rng = np.random.default_rng(4)
    rows: list[tuple[dict[Any, Any], Any]] = [({name: 1.0 for name, _ in KNOWN}, {"l0"})]
    for t in range(n - 1):
        x = {name: float(rng.normal()) for name, _ in KNOWN if rng.random() < 0.7}
        y = {f"l{j}" for name, j in KNOWN if x.get(name, 0) > 0.5} | ({f"new {t // 30}"} if t % 30 == 29 else set())
        rows.append((x, y if t % 7 else {"l0": bool(t % 2), "l1": True}))
    return rows


@every_model
@pytest.mark.parametrize("rows", [stream(150), plain(150)], ids=["all kinds of rows", "known names"])
def test_a_model_with_late_labels_does_what_the_definition_says(make: Any, rows: list[tuple[Any, Any]]) -> None:
    model, twin, delay = make(), make(), 23
    features, labels = Vocabulary(), Vocabulary()
    batch = Batch.from_pairs(rows, features, labels)
    late, sets = Late(delay), []
    for part in cut(batch, [1, 40, 7, 100]):
        answers = predicted(model, part, late.due(part))
        sets += [frozenset(answers.label_set(i)) for i in range(len(part))]
    model.learn_many(late.rest())
    assert sets == naive.late(twin, rows, [y for _, y in rows], delay)
    assert model.n_instances == len(rows)
    assert same(model, twin)


def test_rankings_of_rows_whose_labels_are_late() -> None:
    rows = plain(120)
    batch = Batch.from_pairs(rows)
    model, twin = IHOMER(preset="fast"), IHOMER(preset="fast")
    model.learn_many(batch.slice(0, 60))
    twin.learn_many(batch.slice(0, 60))
    found = model.predict_while_learning(batch.slice(80, 120), batch.slice(60, 100))
    for i in range(40):
        one = twin.predict_many(batch.slice(80 + i, 81 + i))
        assert (found.label_set(i), found.ranking(i)) == (one.label_set(0), one.ranking(0))
        twin.learn_many(batch.slice(60 + i, 61 + i))
    assert pickle.dumps(model) == pickle.dumps(twin)


def test_as_many_rows_are_due_as_come() -> None:
    batch = Batch.from_pairs(plain(5))
    with pytest.raises(ValueError, match="as many rows must be due as come, found 2 and 3"):
        LinearLearner().predict_while_learning(batch.slice(0, 3), batch.slice(0, 2))


# ---------------------------------------------------------------------- the whole evaluation

LESS: list[dict[str, Any]] = [
    {"delay": 30},
    {"label_fraction": 0.5},
    {"partial": 0.6},
    {"delay": 30, "label_fraction": 0.7, "partial": 0.6, "mask_seed": 5},
]
every_reduction = pytest.mark.parametrize("less", LESS, ids=" ".join)


@every_reduction
def test_the_learner_sees_less_and_the_score_uses_all(less: dict[str, Any]) -> None:
    rows = [(x, y) for x, y in plain(200) if isinstance(y, set)]
    model, twin = IHOMER(preset="fast"), IHOMER(preset="fast")
    whole = Rows(rows)
    scored: list[tuple[Any, frozenset[Any]]] = []
    result = prequential(
        model, whole, rows=17, every=40,
        on_rows=lambda batch, found: scored.extend(
            (batch.y(i), frozenset(found.label_set(i))) for i in range(len(batch))
        ),
        **less,
    )  # fmt: skip
    fraction, partial = less.get("label_fraction", 1.0), less.get("partial", 1.0)
    told = naive.revealed([y for _, y in rows], whole.labels.ids, fraction, partial, less.get("mask_seed", 0))
    if fraction < 1 or partial < 1:
        assert told != [y for _, y in rows]
    delay = less.get("delay", 0)
    if delay:
        sets = naive.late(twin, rows, told, delay)
    else:
        sets = []
        for (x, _), y in zip(rows, told, strict=True):
            sets.append(twin.predict_set_one(x))
            twin.learn_one(x, y)
    assert scored == [(y, found) for (_, y), found in zip(rows, sets, strict=True)]
    assert pickle.dumps(model) == pickle.dumps(twin)
    hits = sum(len(y & found) for y, found in scored)
    assert result.summary["micro_f1"] == pytest.approx(2 * hits / sum(len(y) + len(found) for y, found in scored))
    assert {name: result.details[name] for name in less} == less


@every_reduction
def test_blocks_change_no_bit(less: dict[str, Any]) -> None:
    def run(rows: int | None) -> Any:
        model = LinearLearner()
        result = prequential(model, open_stream("yeast"), limit=150, rows=rows, every=50, **less)
        return pickle.dumps(model), result.summary["micro_f1"], result.summary["baselines"]

    assert run(1) == run(17) == run(None)


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 1000), st.sampled_from(["fast", "balanced"]))
def test_what_is_hidden_cannot_be_noticed(seed: int, preset: str) -> None:
    """Truths that differ in hidden cells only teach the same, bit for bit."""
    rng = np.random.default_rng(seed)
    names = list("abcdef")
    x = [{f"f{j}": float(rng.normal()) for j in range(5)} for _ in range(60)]
    one: list[Any] = [set(names), *({name for name in names if rng.random() < 0.4} for _ in x[1:])]
    ids = {name: i for i, name in enumerate(names)}
    fraction, partial = 0.7, 0.5
    other = []
    for row, y in enumerate(one):
        shown = naive.chance(seed, row, -1) < fraction
        kept = {name for name in names if shown and naive.chance(seed, row, ids[name]) < partial}
        other.append({name for name in names if (name in y) == (name in kept)})
    assert one != other
    models = []
    for truth in (one, other):
        model = IHOMER(preset=preset)
        rows = Rows(list(zip(x, truth, strict=True)), declared=names)
        prequential(model, rows, label_fraction=fraction, partial=partial, mask_seed=seed)
        models.append(pickle.dumps(model))
    assert models[0] == models[1]


def test_the_report_names_what_was_hidden() -> None:
    def said(**less: Any) -> str:
        return str(prequential(LinearLearner(), open_stream("yeast"), limit=60, **less))

    assert "late" not in said()
    assert "share" not in said()
    text = said(delay=20, label_fraction=0.5, partial=0.8, mask_seed=4)
    assert "Labels came 20 instances late." in text
    assert "Only a share 0.5 of the instances came with labels." in text
    assert "Of each, only a share 0.8 of the labels known at that moment was told." in text
    assert "Drawn with seed 4, the same for the baselines; scored with the full truth." in text
    assert "1 instance late" in said(delay=1)


def test_the_command_line() -> None:
    arguments = ["evaluate", "yeast", "--limit", "80", "--model", "linear", "--json", "-q"]
    less = ["--delay", "20", "--label-fraction", ".5", "--partial", ".8", "--mask-seed", "3"]
    answer = CliRunner().invoke(main, [*arguments, *less])
    assert answer.exit_code == 0, answer.output
    expected = prequential(
        LinearLearner(), open_stream("yeast"), limit=80, delay=20, label_fraction=0.5, partial=0.8, mask_seed=3
    )
    assert json.loads(answer.stdout)["micro_f1"] == expected.summary["micro_f1"]
    assert CliRunner().invoke(main, [*arguments, "--partial", "1.1"]).exit_code == 2


def test_concatenated_rows_are_the_stream() -> None:
    """Rows that wait are put together whether or not their blocks have masks."""
    batch = Batch.from_pairs([({"a": 1.0}, {"p"}), ({"a": 1.0}, {"p": False}), ({"a": 2.0}, {"q"})])
    late = Late(3)
    for i in range(3):
        late.due(batch.slice(i, i + 1))
    rest = late.rest()
    assert rest is not None
    assert list(rest.pairs()) == list(concatenate([batch]).pairs())


