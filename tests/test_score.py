"""Scores while the daemon runs: against the definitions, however rows come; the same bits after a restore; bounded."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ihomer.checkpoint import dumps, loads
from ihomer.daemon import score as rooms
from ihomer.daemon.score import Score
from ihomer.evaluation import Metrics
from ihomer.evaluation.measures import HEADLINE
from ihomer.predictions import Predictions
from streams import Batch, Vocabulary
from tests.naive import metrics as naive

NAMES = ["a", "b", "c", "d", 7]
FOREIGN = ["foreign", "stranger"]

truths = st.one_of(
    st.frozensets(st.sampled_from(NAMES), max_size=4),
    st.dictionaries(st.sampled_from(NAMES), st.booleans(), max_size=4),
)
answers = st.tuples(
    st.lists(st.sampled_from(NAMES + FOREIGN), max_size=4, unique=True),
    st.lists(st.sampled_from(NAMES + FOREIGN), max_size=6, unique=True),
)
rows_of_a_stream = st.lists(
    st.tuples(st.one_of(truths, st.none()), answers, st.sampled_from(["now", "now", "late", "reload"])), max_size=30
)


def predictions_of(answers, vocabulary):
    sets = [sorted(vocabulary.add(name) for name in labels) for labels, _ in answers]
    top = np.full((len(answers), 5), -1, np.int32)
    for i, (_, ranking) in enumerate(answers):
        top[i, : len(ranking[:5])] = [vocabulary.add(name) for name in ranking[:5]]
    indptr = np.cumsum([0, *map(len, sets)])
    indices = np.array([j for one in sets for j in one], np.int32)
    return Predictions(vocabulary, indptr, indices, top, np.zeros(top.shape, np.float32))


def block(rows, labels, of_model):
    return Batch.from_pairs([({}, y) for y, _ in rows], Vocabulary(), labels), predictions_of([a for _, a in rows], of_model)


def reloaded(score, most_labels=rooms.MOST_LABELS):
    saved = dumps(score.state(), kind="test")
    again = Score(most_labels)
    again.restore(loads(saved))
    assert dumps(again.state(), kind="test") == saved
    return again


@settings(max_examples=100, deadline=None)
@given(rows_of_a_stream, st.integers(1, 9))
def test_scores_are_what_the_definitions_say(rows, window):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(rooms, "WINDOW", window)
        score, never = Score(), Score()
        labels, of_model = Vocabulary(), Vocabulary(["d", "foreign"])
        for y, answer, how in rows:
            for one in (score, never):
                if how == "late" and y is not None:
                    one.update_late(*answer, y)
                else:
                    one.update(*block([(y, answer)], labels, of_model))
            if how == "reload":
                score = reloaded(score)
        found = score.summary()
        assert str(found) == str(never.summary())
        assert dumps(score.state(), kind="test") == dumps(never.state(), kind="test")
    plain = [
        (({n for n in y if y[n]}, set(p), r[:5], set(y)) if isinstance(y, dict) else (set(y), set(p), r[:5], None))
        for y, (p, r), _ in rows
        if y is not None
    ]
    assert list(found) == [*HEADLINE, *(f"window_{name}" for name in HEADLINE)]
    if not plain:
        assert all(np.isnan(value) for value in found.values())
        return
    met = set().union(*(y if known is None else known for y, _, _, known in plain))
    whole, last = naive.metrics(plain, met), naive.metrics(plain[-window:], met)
    expected = {name: whole[name] for name in HEADLINE} | {f"window_{name}": last[name] for name in HEADLINE}
    assert found == pytest.approx(expected, rel=1e-12, abs=1e-12)


def drifting(n, seed=1):
    """Rows whose labels come, and never come back; a few always hold."""
    draw = np.random.default_rng(seed)
    for i in range(n):
        young = [f"l{i // 40 * 7 + j}" for j in draw.integers(0, 12, 3)]
        y = {"always", *young[:2]} if i % 5 else {young[0]: True, young[1]: False, "always": True}
        yield y, (["always", young[2]], [young[0], "always", young[2]])


def scored(rows, cut, most_labels, late_every=7):
    """Every so many rows come late; the others in blocks of `cut`; blocks end where a row comes late."""
    score, labels, of_model = Score(most_labels), Vocabulary(), Vocabulary()
    pending = []
    for i, (y, answer) in enumerate(rows):
        if i % late_every:
            pending.append((y, answer))
        if pending and (len(pending) == cut or not i % late_every):
            score.update(*block(pending, labels, of_model))
            pending = []
        if not i % late_every:
            score.update_late(*answer, y)
    if pending:
        score.update(*block(pending, labels, of_model))
    return score


def test_labels_that_come_and_go_take_bounded_memory_and_stay_in_the_averages():
    rows = list(drifting(6_000))
    bounded, all_of_them = scored(rows, 50, 300), scored(rows, 50, 10**6)
    assert len(all_of_them._metrics.vocabulary) > 1_000
    # At most as many as are let be, and those of the rows up to the next look.
    assert len(bounded._metrics.vocabulary) < 300 + 1024 // 40 * 7 + 12
    assert bounded.summary() == pytest.approx(all_of_them.summary(), rel=1e-12)
    assert bounded._metrics.cumulative() == pytest.approx(all_of_them._metrics.cumulative(), rel=1e-12)
    assert bounded._metrics.n_labels == all_of_them._metrics.n_labels
    assert bounded._metrics.unknown_cells == all_of_them._metrics.unknown_cells
    assert len(dumps(bounded.state(), kind="test")) < 300_000


@pytest.mark.parametrize("late_every", [7, 10**9])
def test_cuts_change_no_bit_even_where_labels_go(late_every):
    rows = list(drifting(3_000))
    assert str(scored(rows, 1, 100, late_every).summary()) == str(scored(rows, 2_500, 100, late_every).summary())


def test_a_restore_in_the_middle_changes_no_bit_even_where_labels_go():
    rows = list(drifting(4_500))
    never, stopped = scored(rows[:2_000], 50, 100), reloaded(scored(rows[:2_000], 50, 100), 100)
    for y, answer in rows[2_000:]:
        never.update_late(*answer, y)
        stopped.update_late(*answer, y)
    assert dumps(never.state(), kind="test") == dumps(stopped.state(), kind="test")


def test_what_cannot_be():
    with pytest.raises(ValueError, match="most_labels must be at least 1, found 0"):
        Score(0)
    with pytest.raises(ValueError, match="2 predictions for 1 rows"):
        Score().update(block([({"a"}, ([], []))], Vocabulary(), Vocabulary())[0], predictions_of([([], [])] * 2, Vocabulary()))


def test_metrics_of_every_form_go_on_from_their_state():
    rows = list(drifting(200))
    labels, of_model = Vocabulary(), Vocabulary()
    blocks = [block(rows[i : i + 10], labels, of_model) for i in range(0, 200, 10)]

    def fresh():
        return Metrics(["always", "never"], window=30, fading=0.9)

    never, stopped = fresh(), fresh()
    for i, one in enumerate(blocks):
        never.update(*one)
        stopped.update(*one)
        if i % 6 == 5:
            saved = loads(dumps(stopped.state(), kind="test"))
            stopped = fresh()
            stopped.restore(saved)
    for form in ("cumulative", "windowed", "faded"):
        assert str(getattr(never, form)()) == str(getattr(stopped, form)())
    assert (never.n_labels, never.rows, never.unknown_cells) == (stopped.n_labels, stopped.rows, stopped.unknown_cells)
    assert dumps(never.state(), kind="test") == dumps(stopped.state(), kind="test")


def test_states_of_other_metrics():
    with pytest.raises(ValueError, match="the state has 1 forms of the metrics, expected 2"):
        Metrics(window=5).restore(Metrics().state())
    with pytest.raises(ValueError, match="the state has a window of 4 rows, expected 5"):
        Metrics(window=5).restore(Metrics(window=4).state())
    for metrics in (Metrics(["a"]), Metrics(fading=0.5)):
        with pytest.raises(ValueError, match="labels cannot be retired"):
            metrics.retire(1)
