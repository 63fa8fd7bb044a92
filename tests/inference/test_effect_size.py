"""Effect sizes and rank tests against effectsize, effsize, R and brute force."""

import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from outreach_metrics.inference.effect_size import (
    cliffs_delta,
    cohens_d,
    hedges_factor,
    mann_whitney,
    newcombe_difference,
    noncentrality,
    wilson_limits,
)
from tests.conftest import SHARED

AUTOMATIC = [3.215, 3.44, 3.46, 3.57, 3.19, 3.15, 3.44, 3.44, 4.07, 3.73, 3.78, 5.25, 5.424, 5.345, 2.465]
AUTOMATIC += [3.52, 3.435, 3.84, 3.845]
MANUAL = [2.62, 2.875, 2.32, 2.2, 1.615, 1.835, 1.935, 2.14, 1.513, 3.17, 2.77, 3.57, 2.78]
TREATMENT, CONTROL = [10, 10, 20, 20, 20, 30, 30, 30, 40, 50], [10, 20, 30, 40, 40, 50]
answers = st.lists(st.integers(1, 5), min_size=2, max_size=25)


def data(cases, name):
    return pd.read_csv(SHARED / "reference" / cases[name]["dataset_file"])


def holds(cases, name, made):
    expected = cases[name]["expected"]
    assert set(expected) == set(made)
    for key, wanted in expected.items():
        assert made[key] == pytest.approx(wanted["value"], abs=max(wanted["tol"], 1e-12)), key


def test_d_and_g_are_those_of_effectsize():
    # R: effectsize::cohens_d(wt ~ am, data = mtcars), hedges_g(wt ~ am, data = mtcars)
    assert cohens_d(AUTOMATIC, MANUAL)[:3] == pytest.approx((1.892406, 1.030022, 2.732922), abs=1e-5)
    g = cohens_d(AUTOMATIC, MANUAL, hedges=True)
    assert g[:3] == pytest.approx((1.844631, 1.004019, 2.663928), abs=1e-5)
    # R: t.test(wt ~ am, data = mtcars, var.equal = TRUE)$p.value
    assert g.p_value == pytest.approx(1.125e-05, abs=1e-8)


def test_d_case(cases):
    frame = data(cases, "cohens_d_mtcars_wt")
    groups = frame.loc[frame["am"] == 0, "wt"], frame.loc[frame["am"] == 1, "wt"]
    d, g = cohens_d(*groups), cohens_d(*groups, hedges=True)
    made = {"d": d[0], "d_lo": d[1], "d_hi": d[2], "g": g[0], "g_lo": g[1], "g_hi": g[2]}
    holds(cases, "cohens_d_mtcars_wt", made)


def test_unpooled_d_takes_welchs_test_and_the_mean_variance():
    # R: effectsize::cohens_d(x, y, pooled_sd = FALSE)
    made = cohens_d(AUTOMATIC, MANUAL, pooled=False)
    welch = stats.ttest_ind(AUTOMATIC, MANUAL, equal_var=False)
    assert made.p_value == pytest.approx(welch.pvalue, rel=1e-9)
    spread = math.sqrt((np.var(AUTOMATIC, ddof=1) + np.var(MANUAL, ddof=1)) / 2)
    assert made.estimate == pytest.approx((np.mean(AUTOMATIC) - np.mean(MANUAL)) / spread)
    assert made.conf_low / made.estimate == pytest.approx(
        noncentrality(welch.statistic, welch.df, 0.95)[0] / welch.statistic
    )


def test_d_of_too_little_is_nothing():
    for x, y in (
        ([], [1, 2]),
        ([1], [1, 2]),
        ([3, 3], [3, 3]),
        ([0.1, 0.1], [0.3, 0.3]),
        ([np.nan, 1], [1, 2]),
    ):
        for pooled in (True, False):
            assert np.isnan(cohens_d(x, y, pooled=pooled)).all()


@pytest.mark.parametrize("df", [3.0, 60.0, 5000.0])
def test_far_noncentralities_join_on(df):
    near, far = noncentrality(299.99, df, 0.95), noncentrality(300.01, df, 0.95)
    assert far == pytest.approx(near, rel=1e-3)
    assert noncentrality(-300.01, df, 0.95) == pytest.approx((-far[1], -far[0]))
    assert np.isfinite(noncentrality(1e9, df, 0.95)).all()


def test_hedges_factor_nears_its_approximation():
    assert hedges_factor(50) == pytest.approx(1 - 3 / (4 * 50 - 1), abs=1e-4)
    assert math.isnan(hedges_factor(1))


@pytest.mark.parametrize(("t", "df"), [(0.0, 5), (2.2, 3.7), (-40.0, 90), (120.0, 100_000)])
def test_noncentralities_put_the_observed_t_at_the_tails(t, df):
    low, high = noncentrality(t, df, 0.95)
    assert stats.nct.cdf(t, df, low) == pytest.approx(0.975, abs=1e-6)
    assert stats.nct.cdf(t, df, high) == pytest.approx(0.025, abs=1e-6)


@given(answers, answers)
def test_d_leaves_out_zero_exactly_when_p_is_small(x, y):
    made = cohens_d(x, y)
    if not math.isnan(made.p_value) and abs(made.p_value - 0.05) > 1e-6:
        assert (made.p_value < 0.05) == (made.conf_low > 0 or made.conf_high < 0)
        turned = cohens_d(y, x)
        assert turned[:3] == pytest.approx((-made.estimate, -made.conf_high, -made.conf_low), abs=1e-6)


def test_delta_is_that_of_effsize():
    # R: effsize::cliff.delta(treatment, control); use.unbiased = FALSE, use.normal = TRUE
    made = cliffs_delta(TREATMENT, CONTROL)
    assert made[:3] == pytest.approx((-0.25, -0.7265846, 0.3890062), abs=1e-7)
    normal = cliffs_delta(TREATMENT, CONTROL, variance="consistent", reference="normal")
    assert normal[:3] == pytest.approx((-0.25, -0.712535095, 0.363999895), abs=1e-8)
    # R: effectsize::rank_biserial(A, B)
    a, b = [48, 48, 77, 86, 85, 85], [50, 70, 16, 16, 49]
    assert cliffs_delta(a, b).estimate == pytest.approx(_by_pairs(a, b))


def test_delta_cases(cases):
    frame = data(cases, "cliffs_delta_hogarty")
    groups = [frame.loc[frame["group"] == name, "score"] for name in ("treatment", "control")]
    made, normal = cliffs_delta(*groups), cliffs_delta(*groups, variance="consistent", reference="normal")
    tail = stats.t.ppf(0.975, len(frame) - 2)
    low = made.conf_low
    variance = _variance_behind(made.estimate, low, tail)
    values = {"delta": made.estimate, "lo": low, "hi": made.conf_high, "var_unbiased": variance}
    values |= {"lo_consistent_normal": normal.conf_low, "hi_consistent_normal": normal.conf_high}
    holds(cases, "cliffs_delta_hogarty", values)
    frame = data(cases, "rank_biserial_ab")
    groups = [frame.loc[frame["group"] == name, "x"] for name in ("A", "B")]
    holds(cases, "rank_biserial_ab", {"r": cliffs_delta(*groups).estimate})


def _variance_behind(delta, low, quantile):
    """Return the variance at which Cliff's lower limit is `low`."""
    from scipy.optimize import brentq

    def excess(variance):
        squared = quantile**2 * variance
        reach = math.sqrt(squared * ((1 - delta**2) ** 2 + squared))
        return (delta - delta**3 - reach) / (1 - delta**2 + squared) - low

    return brentq(excess, 1e-6, 1, xtol=1e-14)


def _by_pairs(x, y):
    return float(np.sign(np.subtract.outer(x, y)).mean())


@given(answers, answers)
def test_delta_counts_pairs_and_its_interval_agrees_with_p(x, y):
    made = cliffs_delta(x, y)
    assert made.estimate == pytest.approx(_by_pairs(x, y), abs=1e-12)
    u = mann_whitney(x, y).statistic
    assert made.estimate == pytest.approx(2 * u / (len(x) * len(y)) - 1, abs=1e-12)
    turned = cliffs_delta(y, x)
    assert turned.estimate == pytest.approx(-made.estimate, abs=1e-12)
    if math.isnan(made.p_value):
        assert len(set(x) | set(y)) == 1
    elif abs(made.p_value - 0.05) > 1e-6:
        assert -1 <= made.conf_low <= made.estimate <= made.conf_high <= 1
        assert (made.p_value < 0.05) == (made.conf_low > 0 or made.conf_high < 0)


def test_groups_apart_have_an_interval_that_ends_at_one():
    # R: effsize::cliff.delta(1:3, 4:6)
    made = cliffs_delta([1, 2, 3], [4, 5, 6])
    assert made[:3] == pytest.approx((-1, -1, -0.14384969), abs=1e-7)
    assert cliffs_delta([4, 5, 6], [1, 2, 3])[:3] == pytest.approx((1, 0.14384969, 1), abs=1e-7)


def test_delta_corners():
    assert np.isnan(cliffs_delta([], [1, 2])).all()
    for x, y in (([1], [1, 2]), ([2, 2], [2, 2, 2])):
        made = cliffs_delta(x, y)
        assert made.estimate in (-0.5, 0)
        assert np.isnan(made[1:]).all()


def test_delta_of_many_answers_takes_no_matrix():
    random = np.random.default_rng(4)
    made = cliffs_delta(random.integers(1, 6, 200_000), random.integers(1, 6, 200_000))
    assert made.conf_low < 0 < made.conf_high
    assert made.conf_high - made.conf_low < 0.01


def test_mann_whitney_is_that_of_r():
    # R: wilcox.test(males, females); exact = FALSE
    males, females = [19, 22, 16, 29, 24], [20, 11, 17, 12]
    assert mann_whitney(males, females)[::2] == pytest.approx((17, 0.1111111), abs=1e-7)
    assert mann_whitney(males, females, exact=False).p_value == pytest.approx(0.11134689, abs=1e-8)
    assert mann_whitney([3, 3], [3, 3, 3])[::2] == (3, 1)
    assert math.isnan(mann_whitney([], [1]).p_value)
    up, down = (mann_whitney(males, females, alternative=side).p_value for side in ("greater", "less"))
    assert up == pytest.approx(0.1111111 / 2, abs=1e-7)
    assert up < 0.5 < down


def test_mann_whitney_case(cases):
    frame = data(cases, "mannwhitney_diabetes")
    groups = [frame.loc[frame["group"] == name, "age"] for name in ("males", "females")]
    exact, normal = mann_whitney(*groups), mann_whitney(*groups, exact=False)
    made = {"U": exact.statistic, "p_exact": exact.p_value, "p_asym": normal.p_value}
    holds(cases, "mannwhitney_diabetes", made)


def test_newcombe_is_that_of_his_paper():
    # Newcombe 1998, table II, method 10: 56/70-48/80, 9/10-3/10, 6/7-2/7, 5/56-0/29, 0/10-0/20, 10/10-0/10
    published = {
        (56, 70, 48, 80): (0.0524, 0.3339),
        (9, 10, 3, 10): (0.1705, 0.8090),
        (6, 7, 2, 7): (0.0582, 0.8062),
        (5, 56, 0, 29): (-0.0381, 0.1926),
        (0, 10, 0, 20): (-0.1611, 0.2775),
        (10, 10, 0, 10): (0.6075, 1.0),
    }
    for counts, limits in published.items():
        assert newcombe_difference(*counts)[1:3] == pytest.approx(limits, abs=5e-5)


def test_newcombe_case(cases):
    frame = data(cases, "wilson_newcombe").set_index("case")
    count, n = frame.loc["single"]
    difference = newcombe_difference(*frame.loc["two_a"], *frame.loc["two_b"])
    _, low, high = wilson_limits(count, n, stats.norm.ppf(0.975))
    made = {"wilson_lo": low, "wilson_hi": high, "diff_lo": difference[1], "diff_hi": difference[2]}
    holds(cases, "wilson_newcombe", made)


@given(st.integers(0, 30), st.integers(0, 30), st.integers(0, 40), st.integers(0, 40))
def test_newcombe_leaves_out_zero_exactly_when_p_is_small(gone, kept, lost, won):
    n1, n2 = gone + kept, lost + won
    made = newcombe_difference(kept, n1, won, n2)
    if min(n1, n2) == 0:
        assert np.isnan(made).all()
        return
    assert -1 <= made.conf_low <= made.estimate <= made.conf_high <= 1
    turned = newcombe_difference(won, n2, kept, n1)
    assert turned == pytest.approx((-made[0], -made[2], -made[1], made[3]), abs=1e-7)
    if abs(made.p_value - 0.05) > 1e-7:
        assert (made.p_value < 0.05) == (made.conf_low > 0 or made.conf_high < 0)


def test_impossible_counts_are_refused():
    for counts in ((3, 2, 1, 4), (-1, 2, 1, 4)):
        with pytest.raises(ValueError, match="between 0 and"):
            newcombe_difference(*counts)
