"""What every shared expert promises (`ihomer.learners.protocol.SharedExpert`), as checks to call."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from ihomer import checkpoint
from ihomer.learners.protocol import Views
from ihomer.memory import bytes_of
from ihomer.rows import Rows
from tests.expert_streams import Pairs, cut, random_pairs, run, views_of

Make = Callable[[], Any]
ROWS = 400


def plain_state(expert: Any) -> bytes:
    return checkpoint.dumps(expert.state(14, 6), kind="expert")


def a_batch_is_a_loop(make: Make, seed: int, most: int, *, dense: bool) -> None:
    views = views_of(random_pairs(seed, ROWS), dense=dense)
    whole, pieces = make(), make()
    np.testing.assert_array_equal(run(whole, views), run(pieces, views, most=most))
    assert plain_state(whole) == plain_state(pieces)


def a_copy_goes_on_with_the_same_bits(make: Make, seed: int, at: int, *, dense: bool) -> None:
    views = views_of(random_pairs(seed, ROWS), dense=dense)
    first, second = make(), make()
    run(first, views, 0, at)
    saved = plain_state(first)
    second.restore(checkpoint.loads(saved))
    second.invariants()
    assert plain_state(second) == saved
    np.testing.assert_array_equal(run(first, views, at, ROWS), run(second, views, at, ROWS))
    assert plain_state(second) == plain_state(first)


def looking_changes_nothing(make: Make, seed: int, *, dense: bool) -> None:
    views = views_of(random_pairs(seed, ROWS), dense=dense)
    expert = make()
    run(expert, views, 0, ROWS - 50)
    before = plain_state(expert)
    ahead = expert.block(cut(views, ROWS - 50, ROWS), learn=False)
    assert plain_state(expert) == before
    first = run(expert, views, ROWS - 50, ROWS - 49)  # is predicted as it is when it is learned
    there = views.plain.limits[ROWS - 50]
    np.testing.assert_array_equal(ahead[:, :1, :there], first[:, :, :there])


def no_score_knows_the_future(make: Make, seed: int, n: int, *, dense: bool) -> None:
    pairs = random_pairs(seed, ROWS)
    others: Pairs = pairs[:n] + [(x, {0} if t % 2 else {1, 4}) for t, (x, _) in enumerate(pairs[n:])]
    one = run(make(), views_of(pairs, dense=dense))
    other = run(make(), views_of(others, dense=dense))
    there = views_of(pairs, dense=dense).plain.limits[n]
    np.testing.assert_array_equal(one[:, : n + 1, :there], other[:, : n + 1, :there])


def rows_without_labels_teach_nothing(make: Make, seed: int, *, dense: bool) -> None:
    views = views_of(random_pairs(seed, ROWS, partial=0.0), dense=dense)
    expert, twin = make(), make()
    run(expert, views, 0, ROWS - 80)
    run(twin, views, 0, ROWS - 80)
    limit = int(views.plain.limits[ROWS - 80])
    expert.block(_unlabelled(views, limit), learn=True)
    rest = cut(views, ROWS - 80, ROWS)
    np.testing.assert_array_equal(expert.block(rest, learn=False), twin.block(rest, learn=False))


def asked_for_fewer_labels_it_says_the_same_of_them(make: Make, *, dense: bool) -> None:
    views = views_of(random_pairs(9, ROWS), dense=dense)
    expert = make()
    run(expert, views, 0, 320)
    whole, few = (expert.block(_unlabelled(views, n), learn=False) for n in (int(views.plain.limits[320]), 2))
    np.testing.assert_array_equal(few, whole[:, :, :2])


def what_it_says_of_labels_that_stay_does_not_change(make: Make, *, dense: bool) -> None:
    views = views_of(random_pairs(10, ROWS), dense=dense)
    expert = make()
    run(expert, views, 0, 320)
    kept = np.array([0, 2, 3])
    before = expert.block(_unlabelled(views, int(views.plain.limits[320])), learn=False)
    expert.keep(kept)
    expert.invariants()
    np.testing.assert_array_equal(expert.block(_unlabelled(views, 3), learn=False), before[:, :, kept])
    columns = views.plain.of_labels(kept)
    rest = run(expert, Views(columns, columns, dense=dense), 320, ROWS)
    expert.invariants()
    assert np.isfinite(rest).all()


def it_says_how_many_bytes_it_holds(make: Make, *, dense: bool) -> None:
    expert = make()
    run(expert, views_of(random_pairs(7, 2000, features=60), dense=dense))
    assert expert.n_bytes == pytest.approx(bytes_of(expert), rel=0.1, abs=8000)


def _unlabelled(views: Views, limit: int) -> Views:
    """The first 30 rows as if nothing were known of their labels, in a label space of `limit` labels."""

    def unlabelled(rows: Rows) -> Rows:
        none, limits = np.zeros(31, np.int64), np.full(31, limit, np.int32)
        status = np.zeros(30, np.uint8)
        first = rows.slice(0, 30)
        return replace(first, label_indptr=none, known_indptr=none.copy(), status=status, limits=limits, n_labels=limit)

    return Views(unlabelled(views.plain), unlabelled(views.idf), views.dense)
