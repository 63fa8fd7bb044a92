"""Change of the same people against R's help pages, published tables and brute force."""

import itertools
import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats
from statsmodels.stats.contingency_tables import SquareTable
from statsmodels.stats.contingency_tables import mcnemar as statsmodels_mcnemar

from outreach_metrics.inference.paired import (
    bowker,
    mcnemar,
    paired_change,
    signed_rank,
    stuart_maxwell,
)
from tests.conftest import SHARED

PRE = [0.7, -1.6, -0.2, -1.2, -0.1, 3.4, 3.7, 0.8, 0.0, 2.0]
POST = [1.9, 0.8, 1.1, 0.1, -0.1, 4.4, 5.5, 1.6, 4.6, 3.4]
FIRST = [1.83, 0.50, 1.62, 2.48, 1.68, 1.88, 1.55, 3.06, 1.30]
SECOND = [0.878, 0.647, 0.598, 2.05, 1.06, 1.29, 1.06, 3.14, 1.29]
VISION = [[1520, 266, 124, 66], [234, 1512, 432, 78], [117, 362, 1772, 205], [36, 82, 179, 492]]
counts = st.integers(0, 40)


def data(cases, name):
    return pd.read_csv(SHARED / "reference" / cases[name]["dataset_file"])


def holds(cases, name, made):
    expected = cases[name]["expected"]
    assert set(expected) == set(made)
    for key, wanted in expected.items():
        assert made[key] == pytest.approx(wanted["value"], abs=max(wanted["tol"], 1e-12)), key


def sleep_numbers(made):
    numbers = {"t": made.t, "p": made.change.p_value, "mean_diff": made.change.estimate}
    return numbers | {"d_z": made.d_z.estimate, "d_av": made.d_av, "r": made.correlation}


def test_paired_t_is_that_of_r():
    # R: with(sleep, t.test(extra[group == 2], extra[group == 1], paired = TRUE))
    made = paired_change(PRE, POST)
    assert made.change == pytest.approx((1.58, 0.7001142, 2.4598858, 0.00283289), abs=1e-7)
    assert (made.t, made.df, made.n) == (pytest.approx(4.0621277, abs=1e-7), 9, 10)
    # R: effectsize::cohens_d(Pair(extra[group == 2], extra[group == 1]) ~ 1): 1.28 [0.41, 2.12]
    assert made.d_z[:3] == pytest.approx((1.28455756, 0.4146, 2.1180), abs=1e-4)
    # R: effectsize::hedges_g: 1.17 [0.38, 1.94]
    assert paired_change(PRE, POST, hedges=True).d_z[:3] == pytest.approx((1.17, 0.38, 1.94), abs=0.01)
    assert made.d_av == pytest.approx(0.8321810813)


def test_sleep_case(cases):
    frame = data(cases, "paired_d_sleep")
    holds(cases, "paired_d_sleep", sleep_numbers(paired_change(frame["pre"], frame["post"])))


def test_who_lacks_an_answer_is_left_out():
    assert paired_change([*PRE, np.nan, 3], [*POST, 1, np.nan]) == paired_change(PRE, POST)


@pytest.mark.parametrize(
    ("before", "after", "estimate", "reason"),
    [
        ([], [], math.nan, "Nobody answered both"),
        ([np.nan], [1], math.nan, "Nobody answered both"),
        ([1], [3], 2, "Only one person"),
        ([1, 2, 3], [2, 3, 4], 1, "by the same amount"),
        ([0.1, 0.2, 0.3], [0.4, 0.5, 0.6], 0.3, "by the same amount"),
        ([2, 2], [2, 2], 0, "by the same amount"),
    ],
)
def test_no_interval_without_variation(before, after, estimate, reason):
    made = paired_change(before, after)
    assert made.change.estimate == pytest.approx(estimate, nan_ok=True)
    assert np.isnan(made.change[1:]).all()
    assert np.isnan(made.d_z).all()
    assert reason in made.reason


def test_different_numbers_of_people_are_refused():
    with pytest.raises(ValueError, match="same people"):
        paired_change([1, 2], [1, 2, 3])


@given(st.lists(st.tuples(st.floats(0, 100), st.floats(0, 100)), min_size=2, max_size=20))
def test_swapping_waves_turns_the_change(pairs):
    before, after = map(list, zip(*pairs, strict=True))
    made, turned = paired_change(before, after), paired_change(after, before)
    assert turned.change[:3] == pytest.approx(
        (-made.change[0], -made.change[2], -made.change[1]), nan_ok=True, abs=1e-9
    )
    if not math.isnan(made.t):
        assert (made.change.p_value < 0.05) == (made.change.conf_low > 0 or made.change.conf_high < 0)
        assert (made.d_z.conf_low > 0 or made.d_z.conf_high < 0) == (made.d_z.p_value < 0.05)


def test_mcnemar_is_that_of_r():
    # R: mcnemar.test(matrix(c(794, 86, 150, 570), 2)), correct = FALSE; binom.test(86, 236)
    table = {"kept": 794, "gained": 86, "lost": 150, "never": 570}
    made = mcnemar(**table)
    assert made.test == pytest.approx((17.3559322, 1, 3.099293e-05), abs=1e-7)
    assert mcnemar(**table, correction=True).test.statistic == pytest.approx(16.81779661, abs=1e-8)
    exact = mcnemar(**table, exact=True)
    assert exact.test.p_value == pytest.approx(3.71593614e-05, abs=1e-12)
    assert exact.odds_ratio.p_value == exact.test.p_value
    # R: binom.test(86, 236)$conf.int, as odds
    assert made.odds_ratio[:3] == pytest.approx((86 / 150, 0.434598, 0.752316), abs=1e-6)


def test_approval_case(cases):
    frame = data(cases, "mcnemar_approval").set_index(["first_survey", "second_survey"])["n"]
    yes, no = "Approve", "Disapprove"
    table = {
        "kept": frame[yes, yes],
        "gained": frame[no, yes],
        "lost": frame[yes, no],
        "never": frame[no, no],
    }
    made = {"chi2_cc": mcnemar(**table, correction=True).test.statistic}
    made |= {"chi2": mcnemar(**table).test.statistic, "p_exact": mcnemar(**table, exact=True).test.p_value}
    holds(cases, "mcnemar_approval", made)


def test_paired_newcombe_is_that_of_contingencytables():
    # R: contingencytables::Newcombe_square_and_add_CI_paired_2x2(matrix(c(59, 6, 16, 80), 2, byrow = TRUE)):
    # -0.0621 (-0.1186 to -0.0046), before less after
    made = mcnemar(kept=59, gained=16, lost=6, never=80).difference
    assert made[:3] == pytest.approx((0.0621, 0.0046, 0.1186), abs=5e-5)


@given(counts, counts, counts, counts)
def test_shares_before_and_after(kept, gained, lost, never):
    made = mcnemar(kept=kept, gained=gained, lost=lost, never=never)
    n = kept + gained + lost + never
    if n == 0:
        assert np.isnan(made.difference).all()
        return
    low, high = made.difference[1:3]
    assert made.difference.estimate == pytest.approx((gained - lost) / n)
    assert -1 - 1e-9 <= low <= made.difference.estimate <= high <= 1 + 1e-9
    if abs(made.difference.p_value - 0.05) > 1e-7:
        assert (made.difference.p_value < 0.05) == (low > 0 or high < 0)
    ratio = made.odds_ratio
    assert (ratio.p_value < 0.05) == (ratio.conf_low > 1 or ratio.conf_high < 1)
    if gained + lost:
        table = [[kept, lost], [gained, never]]
        wanted = statsmodels_mcnemar(table, exact=gained + lost < 25, correction=False)
        assert made.test.p_value == pytest.approx(min(wanted.pvalue, 1), rel=1e-9)


def test_nobody_changed():
    made = mcnemar(kept=10, gained=0, lost=0, never=5)
    assert made.test.p_value == 1
    assert made.difference.p_value == 1
    assert made.difference.conf_low < 0 < made.difference.conf_high
    assert math.isnan(made.odds_ratio.estimate)
    assert mcnemar(kept=10, gained=3, lost=0, never=5).odds_ratio.conf_high == math.inf
    with pytest.raises(ValueError, match="0 or more"):
        mcnemar(kept=1, gained=-1, lost=0, never=0)


def test_stuart_maxwell_and_bowker_are_those_of_stuarts_paper():
    # Stuart 1955, unaided vision of 7,477 women: 11.96 on 3 df. R: DescTools::StuartMaxwellTest(vision)
    assert stuart_maxwell(VISION) == pytest.approx((11.957, 3, 0.00753), abs=5e-4)
    # R: mcnemar.test(vision): 19.107, df 6, p 0.004
    assert bowker(VISION) == pytest.approx((19.107, 6, 0.003987), abs=5e-4)


def test_empty_categories_say_nothing():
    table = np.array(VISION)
    wider = np.insert(np.insert(table, 2, 0, axis=0), 2, 0, axis=1)
    assert stuart_maxwell(wider) == pytest.approx(stuart_maxwell(table))
    assert bowker(wider) == pytest.approx(bowker(table))
    wider[2, 2] = 50
    assert stuart_maxwell(wider) == pytest.approx(stuart_maxwell(table))
    for test in (stuart_maxwell, bowker):
        assert test(np.diag([3, 4, 5])) == (0, 0, 1)
        assert test(np.zeros((0, 0))) == (0, 0, 1)
        with pytest.raises(ValueError, match="square"):
            test(np.ones((2, 3)))


def test_two_categories_are_mcnemar():
    wanted = mcnemar(kept=20, gained=31, lost=12, never=9).test
    for test in (stuart_maxwell, bowker):
        assert test([[20, 12], [31, 9]]) == pytest.approx(wanted)


@given(st.lists(st.integers(1, 30), min_size=9, max_size=9))
def test_square_tables_are_those_of_statsmodels(cells):
    table = np.reshape(cells, (3, 3))
    square = SquareTable(table, shift_zeros=False)
    assert stuart_maxwell(table).statistic == pytest.approx(square.homogeneity().statistic, abs=1e-9)
    assert bowker(table).p_value == pytest.approx(square.symmetry().pvalue, abs=1e-12)


def test_signed_rank_is_that_of_r():
    # R: wilcox.test(first, second, paired = TRUE, alternative = "greater"): V = 40, p = 0.01953
    made = signed_rank(SECOND, FIRST, "greater")
    assert made.test[::2] == (40, pytest.approx(0.01953125))
    assert made.exact
    two_sided = signed_rank(SECOND, FIRST)
    assert two_sided.test.p_value == pytest.approx(0.0390625)
    # R: effectsize::rank_biserial(depression$change): 0.78 [0.30, 0.94]
    assert two_sided.rank_biserial[:3] == pytest.approx((0.7777778, 0.30, 0.94), abs=0.01)
    assert signed_rank(FIRST, SECOND, "less").test[::2] == (5, pytest.approx(0.01953125))


def test_depression_case(cases):
    frame = data(cases, "wilcoxon_depression")
    made = signed_rank(frame["y"], frame["x"])
    greater = signed_rank(frame["y"], frame["x"], "greater").test.p_value
    numbers = {"V": made.test.statistic, "p_greater": greater, "p_two": made.test.p_value}
    holds(cases, "wilcoxon_depression", numbers | {"rank_biserial": made.rank_biserial.estimate})


def test_ties_and_zeros_take_the_normal():
    # R: wilcox.test(c(1, 2, 2, -1, 3, 4, 0)): V = 19.5, and with zeros and ties p by hand below
    difference = np.array([1, 2, 2, -1, 3, 4, 0.0])
    made = signed_rank(np.zeros(7), difference)
    assert (made.test.statistic, made.n, made.exact) == (19.5, 6, False)
    variance = 6 * 7 * 13 / 24 - 2 * (2**3 - 2) / 48
    assert made.test.p_value == pytest.approx(2 * stats.norm.sf((19.5 - 10.5 - 0.5) / math.sqrt(variance)))


def test_rounding_errors_do_not_break_ties():
    made = signed_rank([0.1, 0.2, 0.3, 0.0], [0.2, 0.3, 0.2, 0.0])
    assert (made.test.statistic, made.n, made.exact) == (4, 3, False)


@given(st.lists(st.integers(1, 60), min_size=2, max_size=8, unique=True), st.integers(0, 255))
def test_exact_p_counts_all_signs(sizes, signs):
    turned = [size if signs >> i & 1 else -size for i, size in enumerate(sizes)]
    made = signed_rank(np.zeros(len(sizes)), turned)
    ranks = stats.rankdata(sizes)
    sums = np.array([np.dot(flip, ranks) for flip in itertools.product((0, 1), repeat=len(sizes))])
    tail = min((sums <= made.test.statistic).mean(), (sums >= made.test.statistic).mean())
    assert made.test.p_value == pytest.approx(min(2 * tail, 1))
    r = made.rank_biserial
    assert r.estimate == pytest.approx(2 * made.test.statistic / ranks.sum() - 1)
    assert -1 <= r.conf_low <= r.estimate <= r.conf_high <= 1
    assert (r.p_value < 0.05) == (r.conf_low > 0 or r.conf_high < 0)


def test_all_rose_has_the_exact_limit():
    made = signed_rank([1, 2, 3, 4, 5, 6, 7, 8], [2, 4, 6, 8, 10, 12, 14, 16])
    assert made.rank_biserial == pytest.approx((1, 2 * 0.025**0.125 - 1, 1, 2 / 256))
    assert made.rank_biserial.p_value == made.test.p_value


def test_nobody_moved_or_was_there():
    assert signed_rank([1, 2], [1, 2]).test[::2] == (0, 1)
    assert math.isnan(signed_rank([], []).test.p_value)
    assert "Nobody answered" in signed_rank([np.nan], [2]).reason
