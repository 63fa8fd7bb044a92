"""Mid-p, score, difference, E-test, negative binomial and one-sided tests: sources, zero corners, duality."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from outreach_metrics.inference.rate_tests import (
    e_test,
    rate_difference,
    rate_ratio_midp,
    rate_ratio_negative_binomial,
    rate_ratio_score,
    rate_ratio_test,
)
from outreach_metrics.inference.rates import poisson_rate, rate_ratio, rate_ratio_overdispersed

GU = (30, 54308.7, 60, 51477.5)
R_HELP = (21, 3011, 11, 800)
INTERVALS = [rate_ratio, rate_ratio_midp, rate_ratio_score]
counts = st.integers(0, 400)
exposures = st.floats(0.1, 1e6)
levels = st.sampled_from([0.8, 0.9, 0.95, 0.99])


UNIROOT = np.finfo(float).eps ** 0.25


def uniroot(function, low, high, tolerance=UNIROOT):
    """R's ``uniroot(function, c(low, high))$root`` at its default tolerance (Brent's method)."""
    a, b, c = low, high, low
    while True:
        before = b - a
        if abs(function(c)) < abs(function(b)):
            a, b, c = b, c, b
        enough, step = 2 * np.finfo(float).eps * abs(b) + tolerance / 2, (c - b) / 2
        if abs(step) <= enough or function(b) == 0:
            return b
        if abs(before) >= enough and abs(function(a)) > abs(function(b)):
            ratio = function(b) / function(a)
            if a == c:
                p, q = (c - b) * ratio, 1 - ratio
            else:
                q, r = function(a) / function(c), function(b) / function(c)
                p = ratio * ((c - b) * q * (q - r) - (b - a) * (r - 1))
                q = (q - 1) * (r - 1) * (ratio - 1)
            p, q = abs(p), -q if p > 0 else q
            if p < min(0.75 * (c - b) * q - abs(enough * q) / 2, abs(before * q / 2)):
                step = p / q
        a, b = b, b + (step if abs(step) > enough else math.copysign(enough, step))
        if (function(b) > 0) == (function(c) > 0):
            c = a


def exactci_midp(before, exposure_before, after, exposure_after):
    """Return the limits that R's exactci prints, which solve our equation only to 1.2e-4."""
    total = before + after

    def lower_tail(share):
        return stats.binom.cdf(after, total, share) - stats.binom.pmf(after, total, share) / 2

    shares = (uniroot(lambda s: 0.975 - lower_tail(s), 0, 1), uniroot(lambda s: lower_tail(s) - 0.025, 0, 1))
    return [share / (1 - share) * exposure_before / exposure_after for share in shares]


def test_gu_2008():
    # Gu et al. (2008), table: one-sided p; score interval of R ratesci; Wald-log and E-test of statsmodels
    published = {
        "wald": 0.000356,
        "score": 0.000316,
        "wald-log": 0.00042,
        "score-log": 0.0002,
        "sqrt": 0.000285,
    }
    for method, p in published.items():
        assert rate_ratio_test(*GU, method, "greater") == pytest.approx(p, abs=5e-6)
    assert rate_ratio_score(*GU)[:3] == pytest.approx((2.109997572, 1.365962, 3.259306), abs=1e-6)
    assert rate_ratio_overdispersed(*GU, 1.0, math.inf)[1:3] == pytest.approx(
        (1.3612801263, 3.2705169691), abs=1e-9
    )
    assert e_test(*GU) == pytest.approx(0.0005672617582, abs=1e-12)
    assert rate_ratio_midp(*GU).p_value == pytest.approx(0.0006202649, abs=1e-10)


def test_gu_2008_against_a_ratio_of_one_and_a_half():
    # Gu et al. (2008), second example: 41/28010 against 15/19017, null ratio 1.5
    second = (15, 19017, 41, 28010)
    published = {"wald": 0.2309, "score": 0.2398, "wald-log": 0.2402, "score-log": 0.2303, "sqrt": 0.2499}
    for method, p in published.items():
        assert rate_ratio_test(*second, method, "greater", 1.5) == pytest.approx(p, abs=2e-4)
    assert rate_ratio_test(*second, "exact", "greater", 1.5) == pytest.approx(0.2913, abs=2e-4)
    assert rate_ratio_test(*second, "midp", "greater", 1.5) == pytest.approx(0.2450, abs=2e-4)
    assert e_test(*second, "greater", 1.5) == pytest.approx(0.2453, abs=2e-4)


def test_krishnamoorthy_and_thomson():
    # Krishnamoorthy & Thomson (2004); R: ptools::e_test(3, 0), e_test(6, 2), ...
    assert e_test(0, 1, 3, 1) == pytest.approx(0.08837900945, abs=1e-10)
    assert e_test(2, 1, 6, 1) == pytest.approx(0.1748748209, abs=1e-10)
    assert e_test(10, 1, 20, 1) == pytest.approx(0.06883178211, abs=1e-10)
    assert e_test(5, 1, 10, 1) == pytest.approx(0.2061644141, abs=1e-10)
    assert e_test(25, 5, 100, 10) == pytest.approx(0.001538066288, abs=1e-11)


def test_r_help_example():
    # R: poisson.test(c(11, 21), c(800, 3011)); exactci::poisson.exact(tsmethod = "central", midp = TRUE)
    assert rate_ratio_test(*R_HELP, "minlike") == pytest.approx(0.07966863, abs=1e-8)
    assert rate_ratio_test(*R_HELP, "exact") == pytest.approx(0.1120173, abs=1e-7)
    assert rate_ratio_midp(*R_HELP).p_value == pytest.approx(0.08007684, abs=1e-8)
    assert exactci_midp(*R_HELP) == pytest.approx((0.9167445094, 4.0584514404), abs=1e-9)
    assert exactci_midp(*GU) == pytest.approx((1.367940791, 3.307611627), abs=1e-8)


@pytest.mark.parametrize("arguments", [GU, R_HELP])
def test_midp_limits_are_the_ratios_with_a_mid_p_of_the_tail(arguments):
    exposure_before, exposure_after = arguments[1::2]
    result = rate_ratio_midp(*arguments)
    assert rate_ratio_test(*arguments, "midp", "greater", result.conf_low) == pytest.approx(0.025, rel=1e-10)
    assert rate_ratio_test(*arguments, "midp", "less", result.conf_high) == pytest.approx(0.025, rel=1e-10)
    shares = [1 / (1 + exposure_before / exposure_after / limit) for limit in result[1:3]]
    printed = [1 / (1 + exposure_before / exposure_after / limit) for limit in exactci_midp(*arguments)]
    assert shares == pytest.approx(printed, abs=UNIROOT)


def test_shared_gu_case(cases):
    exact, midp, score = (interval(*GU) for interval in INTERVALS)
    wald_log = rate_ratio_overdispersed(*GU, 1.0, math.inf)
    printed = exactci_midp(*GU)
    found = {
        "ratio": exact.estimate,
        "score_ci_low": score.conf_low,
        "score_ci_high": score.conf_high,
        "waldlog_ci_low": wald_log.conf_low,
        "waldlog_ci_high": wald_log.conf_high,
        "exact_central_ci_low": exact.conf_low,
        "exact_central_ci_high": exact.conf_high,
        "exact_central_p": exact.p_value,
        "midp_central_ci_low": printed[0],
        "midp_central_ci_high": printed[1],
        "midp_central_p": midp.p_value,
        "etest_p": e_test(*GU),
    }
    for method in ("wald", "score", "wald-log", "score-log", "sqrt"):
        found[f"p_{method.replace('-', '')}_1s"] = rate_ratio_test(*GU, method, "greater")
    assert disagreements(found, cases["rate_gu2008"]) == {}


def test_shared_r_case(cases):
    exact, midp, printed = rate_ratio(*R_HELP), rate_ratio_midp(*R_HELP), exactci_midp(*R_HELP)
    found = {
        "ratio": exact.estimate,
        "p_minlike": rate_ratio_test(*R_HELP, "minlike"),
        "p_central": exact.p_value,
        "p_midp_central": midp.p_value,
        "ci_low": exact.conf_low,
        "ci_high": exact.conf_high,
        "midp_ci_low": printed[0],
        "midp_ci_high": printed[1],
    }
    assert disagreements(found, cases["rate_poisson_test_R"]) == {}


def test_shared_e_test_case(cases):
    found = {
        f"p_{after}_{before}": e_test(before, 1, after, 1)
        for after, before in [(3, 0), (6, 2), (20, 10), (10, 5)]
    }
    assert disagreements(found | {"p_100per10_25per5": e_test(25, 5, 100, 10)}, cases["etest_kt2004"]) == {}


def disagreements(found, case):
    return {
        key: (found[key], expected["value"])
        for key, expected in case["expected"].items()
        if abs(found[key] - expected["value"]) > expected["tol"]
    }


@pytest.mark.parametrize("method", ["score", "wald", "wald-log", "score-log", "sqrt"])
@pytest.mark.parametrize(
    ("alternative", "theirs"), [("two-sided", "two-sided"), ("greater", "larger"), ("less", "smaller")]
)
def test_normal_tests_are_those_of_statsmodels(method, alternative, theirs):
    from statsmodels.stats.rates import test_poisson_2indep as peer

    for before, t_before, after, t_after in [GU, R_HELP, (3, 1.5, 9, 2), (40, 7, 2, 3)]:
        wanted = peer(after, t_after, before, t_before, value=1.2, method=method, alternative=theirs).pvalue
        assert rate_ratio_test(before, t_before, after, t_after, method, alternative, 1.2) == pytest.approx(
            wanted
        )


@pytest.mark.parametrize(
    ("alternative", "theirs"), [("two-sided", "two-sided"), ("greater", "larger"), ("less", "smaller")]
)
@pytest.mark.parametrize(
    "arguments", [GU, (0, 4, 3, 5), (3, 4, 0, 5), (7, 2, 9, 1), (2, 1, 0, 3), (4, 1, 4, 1)]
)
def test_e_test_is_the_sum_over_the_grid(arguments, alternative, theirs):
    from statsmodels.stats.rates import etest_poisson_2indep as peer

    before, t_before, after, t_after = arguments
    _, wanted = peer(after, t_after, before, t_before, value=1.2, alternative=theirs)
    assert e_test(*arguments, alternative, 1.2) == pytest.approx(wanted, rel=1e-9)


def test_score_intervals_are_those_of_statsmodels_where_it_has_them():
    from statsmodels.stats.rates import confint_poisson_2indep as peer

    for before, t_before, after, t_after in [GU, R_HELP, (12, 2, 4, 2), (3, 10, 5, 7)]:
        arguments = (after, t_after, before, t_before)
        for compare, ours in (("ratio", rate_ratio_score), ("diff", rate_difference)):
            result = ours(before, t_before, after, t_after)
            assert result[1:3] == pytest.approx(peer(*arguments, method="score", compare=compare), rel=1e-5)


@pytest.mark.parametrize("function", INTERVALS)
def test_zero_corners_of_ratios_are_closed(function):
    none_after, none_before, neither = (function(*c) for c in [(12, 1, 0, 1), (0, 1, 12, 1), (0, 1, 0, 1)])
    assert none_after[:2] == (0, 0)
    assert 0 < none_after.conf_high < 1
    assert (none_before.estimate, none_before.conf_high) == (math.inf, math.inf)
    assert none_before.conf_low == pytest.approx(1 / none_after.conf_high)
    assert none_before.p_value == pytest.approx(none_after.p_value)
    assert math.isnan(neither.estimate)
    assert neither[1:] == (0, math.inf, 1)


def test_zero_corners_in_closed_form():
    # mid-p: half the chance of no count is 2.5 %; score: after <= z^2 / before
    midp, z = rate_ratio_midp(12, 1, 0, 1), 1.959963984540054
    assert midp.conf_high == pytest.approx(0.05 ** (-1 / 12) - 1)
    assert midp.p_value == pytest.approx(0.5**12)
    assert rate_ratio_score(12, 1, 0, 1).conf_high == pytest.approx(z**2 / 12)
    assert rate_ratio_score(12, 1, 0, 1, dispersion=2.0).conf_high == pytest.approx(2 * z**2 / 12)
    assert rate_difference(0, 4, 0, 2) == pytest.approx((0, -(z**2) / 4, z**2 / 2, 1))
    gone = rate_difference(12, 1, 0, 1)
    assert gone.conf_low < gone.estimate == -12 < gone.conf_high < 0


def test_zero_corners_of_the_named_tests():
    for method in ("score", "wald", "exact", "midp", "minlike"):
        assert rate_ratio_test(0, 1, 0, 2, method) == 1
        assert 0 < rate_ratio_test(9, 1, 0, 1, method) < 0.05
    for method in ("wald-log", "score-log"):
        assert math.isnan(rate_ratio_test(9, 1, 0, 1, method))
        assert math.isnan(rate_ratio_test(0, 1, 0, 1, method))
    assert e_test(0, 1, 0, 2) == 1


def test_names_that_are_none_raise():
    with pytest.raises(ValueError, match="choose from"):
        rate_ratio_test(1, 1, 2, 1, "wlad")
    for method in ("score", "minlike"):
        with pytest.raises(ValueError, match="choose from"):
            rate_ratio_test(1, 1, 2, 1, method, "larger")
    with pytest.raises(ValueError, match="choose from"):
        e_test(1, 1, 2, 1, "larger")


@pytest.mark.parametrize(
    "function", [rate_ratio_midp, rate_ratio_score, rate_difference, rate_ratio_test, e_test]
)
@pytest.mark.parametrize("arguments", [(-1, 1, 2, 1), (1, 0, 2, 1), (1, 1, 2, -3), (1, 1, math.nan, 1)])
def test_impossible_counts_and_exposures_raise(function, arguments):
    with pytest.raises(ValueError, match="must be"):
        function(*arguments)


@pytest.mark.parametrize("function", [*INTERVALS, rate_difference])
def test_arrays_are_the_single_calls(function):
    before, after = np.array([[0], [3], [400]]), np.array([0, 1, 50, 380])
    together = function(before, 3.0, after, 2.0, 0.9)
    for i, j in np.ndindex(3, 4):
        alone = function(int(before[i, 0]), 3.0, int(after[j]), 2.0, 0.9)
        assert alone == pytest.approx([number[i, j] for number in together], rel=1e-12, nan_ok=True)
        assert all(type(number) is float for number in alone)
    rates = poisson_rate(after, 2.0)
    assert [number[2] for number in rates[:3]] == pytest.approx(poisson_rate(50, 2.0)[:3])
    assert rate_ratio_test(before, 3.0, after, 2.0, "minlike").shape == (3, 4)


@pytest.mark.parametrize("function", INTERVALS)
@given(counts, exposures, counts, exposures)
def test_swapping_the_periods_inverts_the_ratio(function, before, t_before, after, t_after):
    there, back = function(before, t_before, after, t_after), function(after, t_after, before, t_before)
    if before and after:
        assert (1 / back.conf_high, 1 / back.conf_low) == pytest.approx(there[1:3], rel=1e-8)
    assert back.p_value == pytest.approx(there.p_value, rel=1e-6, abs=1e-12)


@pytest.mark.parametrize("function", INTERVALS)
@given(counts, exposures, counts, exposures, levels)
def test_interval_and_test_of_a_ratio_agree(function, before, t_before, after, t_after, level):
    result = function(before, t_before, after, t_after, level)
    if abs(result.p_value - (1 - level)) > 1e-9:
        assert (result.p_value < 1 - level) == (not result.conf_low <= 1 <= result.conf_high)
    if before and after:
        assert result.conf_low <= result.estimate <= result.conf_high


@given(counts, exposures, counts, exposures)
def test_midp_lies_within_the_exact_interval(before, t_before, after, t_after):
    exact, midp = (function(before, t_before, after, t_after) for function in (rate_ratio, rate_ratio_midp))
    assert exact.conf_low <= midp.conf_low * (1 + 1e-12)
    assert midp.conf_high <= exact.conf_high * (1 + 1e-12)
    assert midp.p_value <= exact.p_value + 1e-12


@given(counts, st.floats(0.1, 1e4), counts, st.floats(0.1, 1e4), st.floats(1, 5), levels)
def test_interval_and_test_of_a_difference_agree(before, t_before, after, t_after, dispersion, level):
    result = rate_difference(before, t_before, after, t_after, level, dispersion=dispersion, df=20)
    assert result.conf_low <= result.estimate <= result.conf_high
    if abs(result.p_value - (1 - level)) > 1e-9:
        assert (result.p_value < 1 - level) == (not result.conf_low <= 0 <= result.conf_high)
    ratio = rate_ratio_score(before, t_before, after, t_after, level, dispersion=dispersion, df=20)
    assert result.p_value == pytest.approx(ratio.p_value, rel=1e-6, abs=1e-9)


@given(counts, st.floats(0.1, 1e4), counts, st.floats(0.1, 1e4))
def test_swapping_the_periods_turns_the_difference(before, t_before, after, t_after):
    there = rate_difference(before, t_before, after, t_after)
    back = rate_difference(after, t_after, before, t_before)
    scale = abs(there.conf_low) + abs(there.conf_high)
    assert (-back.conf_high, -back.conf_low) == pytest.approx(there[1:3], rel=1e-7, abs=1e-7 * scale)


@given(
    counts,
    st.floats(0.1, 100),
    counts,
    st.floats(0.1, 100),
    st.sampled_from(["two-sided", "greater", "less"]),
)
def test_e_test_is_a_probability_and_symmetric(before, t_before, after, t_after, alternative):
    mirrored = {"two-sided": "two-sided", "greater": "less", "less": "greater"}[alternative]
    p = e_test(before, t_before, after, t_after, alternative)
    assert 0 <= p <= 1
    assert e_test(after, t_after, before, t_before, mirrored) == pytest.approx(p, rel=1e-6, abs=1e-12)


def test_unknown_dispersion_leaves_no_interval():
    for function in (rate_ratio_score, rate_difference):
        result = function(10, 1, 5, 1, dispersion=math.nan)
        assert all(math.isnan(number) for number in result[1:])
        assert result.estimate == function(10, 1, 5, 1).estimate


def test_negative_binomial_ratio_is_that_of_glm_nb():
    # one rate a window and equal exposures: the estimate is the ratio of the means, and with dispersion
    # parameter a the variance of the log ratio is the sum over windows of (1 / mean + a) / periods
    import statsmodels.api as sm

    random = np.random.default_rng(7)
    after = np.arange(60) >= 30
    series = random.negative_binomial(3, 3 / (3 + np.where(after, 12, 20)))
    result, method = rate_ratio_negative_binomial(series, np.full(60, 2.0), after, df=math.inf)
    before_mean, after_mean = series[~after].mean(), series[after].mean()
    spread = sm.NegativeBinomial(series, sm.add_constant(after.astype(float))).fit(disp=0).params[2]
    error = math.sqrt((1 / before_mean + spread + 1 / after_mean + spread) / 30)
    assert method == "negative binomial rate ratio"
    assert result.estimate == pytest.approx(after_mean / before_mean, rel=1e-4)
    assert np.log(result[1:3]) == pytest.approx(
        math.log(after_mean / before_mean) + np.array([-1.959964, 1.959964]) * error, abs=1e-3
    )
    wider, _ = rate_ratio_negative_binomial(series, np.full(60, 2.0), after)
    assert wider.conf_low < result.conf_low < result.conf_high < wider.conf_high


@pytest.mark.parametrize(
    ("series", "words"),
    [([10, 11, 9, 10, 10, 9, 11, 10], "no more than Poisson"), ([9, 30, 2, 14, 0, 0, 0, 0], "no count")],
)
def test_negative_binomial_falls_back_with_a_reason(series, words):
    after = np.arange(8) >= 4
    result, method = rate_ratio_negative_binomial(np.array(series), np.ones(8), after)
    assert method.startswith("quasi-Poisson")
    assert words in method
    assert result.estimate == sum(series[4:]) / sum(series[:4])
    assert result.conf_high > result.estimate


def test_negative_binomial_without_two_windows_is_nothing():
    for length, start in ((2, 1), (8, 8), (8, 0)):
        after = np.arange(length) >= start
        result, _ = rate_ratio_negative_binomial(np.arange(length), np.ones(length), after)
        assert all(math.isnan(number) for number in result)


@pytest.mark.slow
@pytest.mark.parametrize("mean", [0.5, 3, 20])
def test_coverage(mean):
    random = np.random.default_rng(11)
    before, after = random.poisson(mean * 2, 20000), random.poisson(mean * 0.7, 20000)
    exact, midp, score = (function(before, 2, after, 1) for function in INTERVALS)
    difference = rate_difference(before, 2, after, 1)
    assert np.mean((exact.conf_low <= 0.7) & (exact.conf_high >= 0.7)) > 0.95
    for result, truth in ((midp, 0.7), (score, 0.7), (difference, -0.3 * mean)):
        covered = np.mean((result.conf_low <= truth) & (result.conf_high >= truth))
        assert covered > 0.94
        assert covered < 0.965 or mean < 20
