"""Tests over data sets against the worked examples of the literature, scipy and closed cases."""

from __future__ import annotations

import math
from itertools import product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from ihomer.evaluation.statistics import (
    Scores,
    bayesian_signed_rank,
    critical_difference,
    friedman,
    mean_ranks,
    nemenyi,
    wilcoxon_holm,
    wilcoxon_p_value,
    win_tie_loss,
)
from ihomer.evaluation.statistics.cliques import cliques
from ihomer.evaluation.statistics.wilcoxon import holm

#: Demsar, Statistical comparisons of classifiers over multiple data sets, JMLR 7 (2006), table 6: AUC. The ranks in the paper
#: tell .975 of the third from .975 of the fourth on voting.
LEARNERS = ("C4.5", "C4.5+m", "C4.5+cf", "C4.5+m+cf")
DEMSAR = {
    "adult": (0.763, 0.768, 0.771, 0.798),
    "breast cancer": (0.599, 0.591, 0.590, 0.569),
    "breast cancer wisconsin": (0.954, 0.971, 0.968, 0.967),
    "cmc": (0.628, 0.661, 0.654, 0.657),
    "ionosphere": (0.882, 0.888, 0.886, 0.898),
    "iris": (0.936, 0.931, 0.916, 0.931),
    "liver disorders": (0.661, 0.668, 0.609, 0.685),
    "lung cancer": (0.583, 0.583, 0.563, 0.625),
    "lymphography": (0.775, 0.838, 0.866, 0.875),
    "mushroom": (1.000, 1.000, 1.000, 1.000),
    "primary tumor": (0.940, 0.962, 0.965, 0.962),
    "rheum": (0.619, 0.666, 0.614, 0.669),
    "voting": (0.972, 0.981, 0.9751, 0.975),
    "wine": (0.957, 0.978, 0.946, 0.970),
}


@pytest.fixture
def demsar():
    return Scores.of({name: dict(zip(LEARNERS, row, strict=True)) for name, row in DEMSAR.items()})


def of(values):
    """Scores of learners a, b, ... from an array (n, k)."""
    names = "abcdefghijkl"
    return Scores.of({f"set {i}": dict(zip(names, row, strict=False)) for i, row in enumerate(np.asarray(values).tolist())})


# ---------------------------------------------------------------------------------------- Demsar's worked example


def test_mean_ranks_of_the_worked_example(demsar):
    assert mean_ranks(demsar).ranks == pytest.approx((3.143, 2.000, 2.893, 1.964), abs=5e-4)


def test_friedman_of_the_worked_example(demsar):
    found = friedman(demsar)
    assert found.chi2_without_ties == pytest.approx(9.28, abs=5e-3)
    assert 13 * found.chi2_without_ties / (14 * 3 - found.chi2_without_ties) == pytest.approx(3.69, abs=5e-3)
    assert found.chi2 == pytest.approx(stats.friedmanchisquare(*np.array(list(DEMSAR.values())).T).statistic)
    assert found.f_p_value < 0.05  # "the null hypothesis is rejected"


def test_nemenyi_of_the_worked_example(demsar):
    found = nemenyi(demsar)
    assert found.critical_difference == pytest.approx(1.25, abs=5e-3)
    assert found.groups == (("C4.5+m+cf", "C4.5+m", "C4.5+cf", "C4.5"),)
    tenth = nemenyi(demsar, alpha=0.1)
    assert tenth.critical_difference == pytest.approx(1.12, abs=5e-3)
    # Demsar: at .1 C4.5 is worse than both with m; whether C4.5+cf belongs to the one or the other cannot be told.
    assert tenth.groups == (("C4.5+m+cf", "C4.5+m", "C4.5+cf"), ("C4.5+cf", "C4.5"))
    assert tenth.differ("C4.5", "C4.5+m+cf")
    assert not tenth.differ("C4.5", "C4.5+cf")


def test_wilcoxon_of_the_worked_example(demsar):
    pair = next(p for p in wilcoxon_holm(demsar).pairs if (p.first, p.second) == ("C4.5", "C4.5+m"))
    assert (pair.rank_sum_first, pair.rank_sum_second, pair.datasets) == (12, 93, 14)
    assert pair.p_value < 0.05  # 12 is below the critical value 21
    assert pair.better == "C4.5+m"


@pytest.mark.parametrize(
    ("learners", "q05", "q10"), [(2, 1.960, 1.645), (3, 2.343, 2.052), (6, 2.850, 2.589), (10, 3.164, 2.920)]
)
def test_critical_values_of_the_table(learners, q05, q10):
    """Demsar's table 5(a)."""
    unit = math.sqrt(learners * (learners + 1) / 60)
    assert critical_difference(learners, 10) / unit == pytest.approx(q05, abs=1.1e-3)
    assert critical_difference(learners, 10, 0.1) / unit == pytest.approx(q10, abs=1.1e-3)


# ---------------------------------------------------------------------------------------- scores and ranks


def test_what_is_missing_is_left_out_and_named():
    scores = Scores.of({"one": {"a": 1.0, "b": 0.5}, "two": {"b": 0.5, "a": None}, "three": {"a": math.nan, "b": 1.0}})
    found = mean_ranks(scores)
    assert (found.by_learner(), found.datasets, found.left_out) == ({"a": 1.0, "b": 2.0}, 1, ("two", "three"))
    assert "left out, not all have a score: two, three" in str(found)
    assert win_tie_loss(scores)[0].wins == 1


def test_losses_are_better_when_small():
    assert mean_ranks(Scores.of_losses({"one": {"a": 0.1, "b": 0.2}})).by_learner() == {"a": 1.0, "b": 2.0}


@given(st.integers(0, 10_000), st.integers(3, 6), st.integers(2, 12))
def test_ranks_add_up_and_all_equal_is_no_evidence(seed, k, n):
    values = np.random.default_rng(seed).integers(0, 4, (n, k)) / 4
    ranks = mean_ranks(of(values)).ranks
    assert sum(ranks) == pytest.approx(k * (k + 1) / 2)
    found = friedman(of(values))
    assert 0 <= found.f_p_value <= 1
    assert found.chi2 >= found.chi2_without_ties - 1e-9
    # Iman and Davenport's F is the analysis of variance of the ranks.
    by_row = stats.rankdata(-values, axis=1)
    between = n * ((by_row.mean(axis=0) - (k + 1) / 2) ** 2).sum() / (k - 1)
    rest = (((by_row - (k + 1) / 2) ** 2).sum() - between * (k - 1)) / ((k - 1) * (n - 1))
    if rest > 1e-9:
        assert found.f == pytest.approx(between / rest, rel=1e-6, abs=1e-9)


def test_friedman_without_any_difference():
    found = friedman(of(np.ones((4, 3))))
    assert (found.chi2, found.p_value, found.f, found.f_p_value) == (0, 1, 0, 1)


def test_friedman_where_all_agree():
    found = friedman(of([[0.9, 0.8, 0.7]] * 5))
    assert found.f == math.inf
    assert found.f_p_value == 0


def test_win_tie_loss_with_a_margin():
    pair = win_tie_loss(of([[0.5, 0.4], [0.5, 0.505], [0.3, 0.5]]), margin=0.01)[0]
    assert (pair.wins, pair.ties, pair.losses) == (1, 1, 1)


# ---------------------------------------------------------------------------------------- Wilcoxon and Holm


@given(st.lists(st.integers(-4, 4), min_size=1, max_size=9))
def test_wilcoxon_is_all_ways_to_give_signs(differences):
    d = np.array(differences) / 4
    ranks, signs = stats.rankdata(np.abs(d)), np.sign(d)
    apart = abs((ranks * signs).sum())
    moved = ranks[signs != 0]
    ways = [abs((moved * way).sum()) for way in product((-1, 1), repeat=len(moved))]
    assert wilcoxon_p_value(d) == pytest.approx(np.mean([way >= apart - 1e-9 for way in ways]))


@pytest.mark.parametrize("n", [5, 14, 40])
def test_wilcoxon_is_scipys_where_nothing_is_level(n):
    d = np.random.default_rng(n).normal(0.4, 1, n)
    assert wilcoxon_p_value(d) == pytest.approx(stats.wilcoxon(d, method="exact").pvalue, rel=1e-9)


def test_last_bits_make_no_difference():
    assert wilcoxon_p_value(np.array([0.8 - 0.7, 0.5 - 0.6, 0.1 + 0.2 - 0.3])) == 1


@given(st.lists(st.floats(0, 1), min_size=1, max_size=8))
def test_holm(p_values):
    adjusted = holm(p_values)
    assert all(p <= q <= min(1, p * len(p_values)) + 1e-12 for p, q in zip(p_values, adjusted, strict=True))
    rejected = 0  # the procedure as Holm tells it: from the smallest on until one is not significant
    for place, p in enumerate(sorted(p_values)):
        if p * (len(p_values) - place) >= 0.05:
            break
        rejected += 1
    assert sum(q < 0.05 for q in adjusted) == rejected


def test_wilcoxon_says_who_differs():
    found = wilcoxon_holm(of([[0.9, 0.5 + 0.01 * (i % 2), 0.5 + 0.01 * ((i + 1) % 2)] for i in range(10)]))
    assert found.differ("a", "b")
    assert found.groups(["a", "b", "c"]) == (("b", "c"),)
    with pytest.raises(KeyError, match="were not compared"):
        found.differ("a", "z")


@given(st.integers(0, 2**15 - 1))
def test_cliques_are_the_largest_groups(bits):
    names = "abcdef"
    edges = {
        frozenset(pair)
        for i, pair in enumerate((x, y) for x in names for y in names if x < y)
        if bits >> i & 1
    }

    def together(group):
        return all(frozenset((x, y)) in edges for x in group for y in group if x < y)

    every = [tuple(n for i, n in enumerate(names) if mask >> i & 1) for mask in range(64)]
    good = [group for group in every if len(group) > 1 and together(group)]
    largest = {group for group in good if not any(set(group) < set(other) for other in good)}
    found = cliques(names, lambda x, y: frozenset((x, y)) in edges)
    assert len(found) == len(largest)
    assert set(found) == largest


# ---------------------------------------------------------------------------------------- Bayes

#: Three standard errors of a share of 50,000 draws.
CLOSE = 3 * math.sqrt(0.25 / 50_000)


@pytest.mark.parametrize("n", [1, 2, 5])
def test_bayes_with_one_always_far_better(n):
    """Every pair but (prior, prior) is above the rope: that wins unless the prior's weight is above the root of 1/2."""
    found = bayesian_signed_rank(of([[1.0, 0.0]] * n), "a", "b", rope=0.1)
    weight = stats.beta(0.5, n)
    assert found.first_better == pytest.approx(weight.cdf(math.sqrt(0.5)), abs=CLOSE)
    assert found.equivalent == pytest.approx(weight.sf(math.sqrt(0.5)), abs=CLOSE)
    assert found.second_better == 0


@pytest.mark.parametrize(("rope", "needs"), [(0.3, 1 - math.sqrt(0.5)), (0.7, math.sqrt(0.5))])
def test_bayes_with_some_better_and_some_level(rope, needs):
    """3 differences of 1 and 4 of 0: one of them in a pair is enough with the small rope, both must be with the large one."""
    found = bayesian_signed_rank(of([[1.0, 0.0]] * 3 + [[0.5, 0.5]] * 4), "a", "b", rope=rope)
    assert found.first_better == pytest.approx(stats.beta(3, 4.5).sf(needs), abs=CLOSE)
    assert found.first_better + found.equivalent == pytest.approx(1)


def test_bayes_with_nothing_beyond_the_rope():
    found = bayesian_signed_rank(of([[0.8, 0.79], [0.5, 0.51], [0.3, 0.3]]), "a", "b", rope=0.01)
    assert (found.first_better, found.equivalent, found.second_better) == (0, 1, 0)
    assert found.verdict() == "equivalent"


def test_bayes_is_fair_and_repeats_itself():
    values = np.random.default_rng(2).normal(0, 0.1, (15, 2))
    scores = of(np.vstack([values, values[:, ::-1]]))
    found = bayesian_signed_rank(scores, "a", "b", rope=0.01, seed=4)
    assert found.first_better == pytest.approx(found.second_better, abs=2 * CLOSE)
    assert found == bayesian_signed_rank(scores, "a", "b", rope=0.01, seed=4)
    assert found != bayesian_signed_rank(scores, "a", "b", rope=0.01, seed=5)
    assert found.verdict() is None


# ---------------------------------------------------------------------------------------- what is wrong


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda _: friedman(Scores.of({"x": {"a": 1.0, "b": 2.0}})), ValueError, "found 2 and 1"),
        (lambda _: mean_ranks(Scores.of({})), ValueError, "found none among 0 with 0 learners"),
        (lambda _: mean_ranks(Scores.of({"x": {"a": 1.0}, "y": {"b": 1.0}})), ValueError, "found none among 2"),
        (lambda _: Scores.of({"x": {"a": math.inf}}), ValueError, "found inf of a on x"),
        (lambda _: Scores(("x", "x"), ("a",), np.zeros((2, 1))), ValueError, "a data set comes twice"),
        (lambda _: Scores(("x",), ("a",), np.zeros((2, 1))), ValueError, r"shape \(1, 1\), found \(2, 1\)"),
        (lambda s: s.pair("a", "z"), KeyError, "there is no learner 'z'; there are a, b, c"),
        (lambda s: nemenyi(s, alpha=5), ValueError, "alpha must be between 0 and 1, both excluded, found 5"),
        (lambda s: wilcoxon_holm(s, alpha=0), ValueError, "alpha must be between 0 and 1, both excluded, found 0"),
        (lambda _: wilcoxon_holm(Scores.of({"x": {"a": 1.0}})), ValueError, "pairs need 2 learners, found 1"),
        (lambda _: critical_difference(1, 4), ValueError, "found 1 and 4"),
        (lambda s: win_tie_loss(s, margin=-1), ValueError, "margin must be at least 0, found -1"),
        (lambda s: bayesian_signed_rank(s, "a", "b", rope=-1), ValueError, "rope must be at least 0, found -1"),
        (lambda s: bayesian_signed_rank(s, "a", "b", samples=0), ValueError, "samples must be at least 1, found 0"),
        (
            lambda _: bayesian_signed_rank(Scores.of({"x": {"a": 1.0}, "y": {"b": 1.0}}), "a", "b"),
            ValueError,
            "on no data set together",
        ),
    ],
)
def test_what_is_wrong_is_said(call, error, message):
    with pytest.raises(error, match=message):
        call(of([[0.1, 0.2, 0.3], [0.3, 0.2, 0.1]]))
