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
