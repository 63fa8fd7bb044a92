"""Fieller's set, a known cost over an effect, bootstrap and MOVER, against formulas of R packages."""

import math

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from scipy import stats

from outreach_metrics.inference.cost_effectiveness import (
    BOUNDED,
    EVERYTHING,
    TWO_RAYS,
    bootstrap_ratio,
    cost_per_unit,
    fieller,
    sum_of_estimates,
)

sizes = st.floats(0.1, 1e4)
signed = st.floats(-1e4, 1e4)


def adjusted_curves(a, b, a_se, b_se):
    """Return R ``adjustedCurves:::fieller_ratio_ci(a, b, a_se, b_se)``, written out."""
    ratio, z = a / b, stats.norm.ppf(0.975)
    g = z**2 * b_se**2 / b**2
    reach = z / b * math.sqrt(a_se**2 + ratio**2 * b_se**2 - g * a_se**2)
    return (ratio - reach) / (1 - g), (ratio + reach) / (1 - g)


def test_fieller_is_that_of_r_packages():
    found = fieller(0.7, 0.55, (0.03**2, 0.04**2))
    assert found.shape == BOUNDED
    assert found.result[1:3] == pytest.approx(adjusted_curves(0.7, 0.55, 0.03, 0.04), rel=1e-12)
    # R: twopartm::FiellerRatio(20, 4, matrix(c(4, .6, .6, .25), 2)): quadratic with the covariance
    roots = np.roots(
        [16 - stats.norm.ppf(0.975) ** 2 * 0.25, -2 * (80 - stats.norm.ppf(0.975) ** 2 * 0.6),
         400 - stats.norm.ppf(0.975) ** 2 * 4]
    )  # fmt: skip
    found = fieller(20.0, 4.0, (4.0, 0.25), 0.6)
    assert found.result[1:3] == pytest.approx(sorted(roots), rel=1e-9)


def test_two_samples_as_mratios():
    # R: mratios::ttestratio(x, y, alternative = "two.sided", var.equal = TRUE); pooled variance, t on 8 df
    x, y = np.array([12.1, 11.4, 13.0, 12.6, 11.9]), np.array([10.2, 9.8, 10.9, 10.4, 9.9])
    pooled = (x.var(ddof=1) + y.var(ddof=1)) / 2
    found = fieller(x.mean(), y.mean(), (pooled / 5, pooled / 5), df=8)
    for end in found.result[1:3]:  # at either limit the test of that ratio has p = 0.05
        t = (x.mean() - end * y.mean()) / math.sqrt(pooled * (1 / 5 + end**2 / 5))
        assert 2 * stats.t.sf(abs(t), 8) == pytest.approx(0.05, abs=1e-9)


@given(a=signed, b=signed, va=sizes, vb=sizes, r=st.floats(-0.9, 0.9), at=st.floats(-20, 20))
def test_the_set_holds_what_the_test_does_not_reject(a, b, va, vb, r, at):
    covariance = r * math.sqrt(va * vb)
    statistic = abs(a - at * b) / math.sqrt(va - 2 * at * covariance + at**2 * vb)
    assume(abs(statistic - stats.norm.ppf(0.975)) > 1e-6)
    found = fieller(a, b, (va, vb), covariance)
    inside = {
        BOUNDED: found.result.conf_low <= at <= found.result.conf_high,
        TWO_RAYS: not found.gap[0] < at < found.gap[1],
        EVERYTHING: True,
    }[found.shape]
    assert inside == (statistic < stats.norm.ppf(0.975))


@given(a=signed, b=signed, va=sizes, vb=sizes)
def test_limits_are_there_just_when_the_denominator_is_not_zero(a, b, va, vb):
    found = fieller(a, b, (va, vb))
    clear = b**2 > stats.norm.ppf(0.975) ** 2 * vb
    assert (found.shape == BOUNDED) == clear
    assert math.isnan(found.result.conf_low) == (not clear)
    if clear:
        assert found.result.conf_low <= found.result.estimate <= found.result.conf_high


def test_no_denominator_has_no_ratio():
    found = fieller(3.0, 0.0, (1.0, 1.0))
    assert math.isnan(found.result.estimate) and found.shape == TWO_RAYS
    assert fieller(0.0, 0.0, (1.0, 1.0)).shape == EVERYTHING
    with pytest.raises(ValueError, match="variances"):
        fieller(1.0, 1.0, (1.0, -1.0))


@given(cost=sizes, effect=sizes, error=sizes)
def test_a_known_cost_has_the_set_of_fieller(cost, effect, error):
    reach = stats.norm.ppf(0.975) * error
    assume(abs(effect - reach) > 1e-6 * effect)
    turned = cost_per_unit(cost, effect, effect - reach, effect + reach)
    whole = fieller(cost, effect, (0.0, error**2))
    assert turned.shape == whole.shape
    if turned.shape == BOUNDED:
        assert turned.result[:3] == pytest.approx(whole.result[:3], rel=1e-6)
    else:
        assert turned.gap == pytest.approx(whole.gap, rel=1e-6)


@given(cost=signed, effect=signed, low=sizes, high=sizes)
def test_a_cost_per_unit_is_never_negative(cost, effect, low, high):
    found = cost_per_unit(cost, effect, effect - low, effect + high).result
    for number in found[:3]:
        assert math.isnan(number) or number > 0
    if math.isfinite(found.conf_low):
        assert found.conf_low <= found.estimate <= found.conf_high
        assert effect - low > 0


def test_effects_the_other_way_or_without_limits():
    assert math.isnan(cost_per_unit(100.0, -3.0, -5.0, -1.0).result.estimate)
    assert math.isnan(cost_per_unit(0.0, 3.0, 1.0, 5.0).result.estimate)
    bare = cost_per_unit(100.0, 4.0, math.nan, math.nan)
    assert (bare.result.estimate, bare.shape) == (25.0, EVERYTHING)
    edge = cost_per_unit(100.0, 4.0, 0.0, 8.0)
    assert edge.shape == TWO_RAYS and edge.gap == (-math.inf, 12.5)


def test_bootstrap_covers_the_ratio_and_knows_when_it_cannot():
    random, hits = np.random.default_rng(5), 0
    for seed in range(150):
        hours = random.gamma(4.0, 5.0, 40)
        costs = 12.0 * hours + random.normal(0, 20, 40)
        low, high = bootstrap_ratio(costs, hours, draws=400, seed=seed).result[1:3]
        hits += low <= 12.0 <= high
    assert 0.88 <= hits / 150 <= 0.99
    wobbling = bootstrap_ratio(np.ones(9), np.array([3.0, -2, 1, -3, 2, -1, 1, -2, 2]))
    assert wobbling.shape == EVERYTHING and math.isnan(wobbling.result.conf_low)
    assert math.isnan(bootstrap_ratio(np.array([4.0]), np.array([2.0])).result.conf_high)
    same = [bootstrap_ratio(np.arange(1.0, 9), np.arange(2.0, 10), seed=3) for _ in range(2)]
    assert same[0] == same[1]
    with pytest.raises(ValueError, match="one value a unit"):
        bootstrap_ratio(np.ones(3), np.ones(2))


def test_mover_adds_symmetric_intervals_as_standard_errors():
    errors = np.array([3.0, 4.0])
    found = sum_of_estimates(
        np.array([10.0, -2]), np.array([10.0, -2]) - errors, np.array([10.0, -2]) + errors
    )
    assert found[:3] == pytest.approx((8.0, 3.0, 13.0))
    assert math.isnan(
        sum_of_estimates(np.array([1.0, 2]), np.array([math.nan, 1]), np.array([2.0, 3])).conf_low
    )
