"""Golden values with their sources, zero corners, and duality of interval and test."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from outreach_metrics.inference.dispersion import seasonal_expectation, series_dispersion
from outreach_metrics.inference.rates import (
    poisson_rate,
    rate_ratio,
    rate_ratio_overdispersed,
)

counts = st.integers(0, 400)
exposures = st.floats(0.1, 1e6)


def test_poisson_rate_is_garwood():
    # R: poisson.test(10)$conf.int -> 4.795389 18.390356
    result = poisson_rate(10, 1)
    assert result[1:3] == pytest.approx((4.795389, 18.390356), abs=1e-6)
    # R: poisson.test(0)$conf.int -> 0 3.688879
    assert poisson_rate(0, 1)[:3] == pytest.approx((0, 0, 3.688879), abs=1e-6)


def test_rate_ratio_matches_exactci_on_the_help_example():
    # R: exactci::poisson.exact(c(11, 21), c(800, 3011), tsmethod = "central")
    result = rate_ratio(21, 3011, 11, 800)
    assert result == pytest.approx((1.971488095, 0.8584264034, 4.2772659437, 0.1120173), abs=1e-6)


def test_rate_ratio_matches_gu_2008():
    # Gu et al. (2008): 60/51477.5 against 30/54308.7; exact central limits and p of R exactci
    result = rate_ratio(30, 54308.7, 60, 51477.5)
    assert result == pytest.approx((2.109997572, 1.33973572177, 3.38836557362, 0.0008561054), abs=1e-8)


def test_p_matches_the_interval_where_poisson_test_does_not():
    # 2/17877 against 10/20000: poisson.test gives p 0.042 beside an interval that reaches 1.050
    result = rate_ratio(10, 20000, 2, 17877)
    assert result.p_value == pytest.approx(0.0606, abs=5e-5)
    assert result.conf_high > 1


def test_shared_reference_cases(cases):
    expected = {key: value["value"] for key, value in cases["rate_gu2008"]["expected"].items()}
    result = rate_ratio(30, 54308.7, 60, 51477.5)
    assert result.conf_low == pytest.approx(expected["exact_central_ci_low"], abs=1e-8)
    assert result.p_value == pytest.approx(expected["exact_central_p"], abs=1e-9)


@pytest.mark.parametrize("function", [rate_ratio, lambda *a: rate_ratio_overdispersed(*a, 2.0, 20)])
def test_zero_corners_are_closed(function):
    none_after = function(12, 1, 0, 1)
    assert (none_after.estimate, none_after.conf_low) == (0, 0)
    assert 0 < none_after.conf_high < 1
    none_before = function(0, 1, 12, 1)
    assert math.isinf(none_before.estimate)
    assert math.isinf(none_before.conf_high)
    assert none_before.conf_low > 1
    neither = function(0, 1, 0, 1)
    assert math.isnan(neither.estimate)
    assert neither[1:] == (0, math.inf, 1)


@pytest.mark.parametrize("arguments", [(-1, 1, 2, 1), (1, 0, 2, 1), (1, 1, 2, -3), (1, 1, math.nan, 1)])
def test_impossible_counts_and_exposures_raise(arguments):
    with pytest.raises(ValueError, match="must be"):
        rate_ratio(*arguments)


@given(counts, exposures, counts, exposures)
def test_swapping_the_periods_inverts_the_interval(before, t_before, after, t_after):
    there = rate_ratio(before, t_before, after, t_after)
    back = rate_ratio(after, t_after, before, t_before)
    if before and after:
        assert 1 / back.conf_high == pytest.approx(there.conf_low, rel=1e-8)
        assert 1 / back.conf_low == pytest.approx(there.conf_high, rel=1e-8)
    assert back.p_value == pytest.approx(there.p_value, rel=1e-6, abs=1e-12)


@given(counts, exposures, counts, exposures, st.sampled_from([0.8, 0.9, 0.95, 0.99]))
def test_interval_and_test_agree(before, t_before, after, t_after, level):
    result = rate_ratio(before, t_before, after, t_after, level)
    if abs(result.p_value - (1 - level)) > 1e-9:
        outside = not result.conf_low <= 1 <= result.conf_high
        assert outside == (result.p_value < 1 - level)


@given(counts, exposures, st.floats(0.01, 100))
def test_scaling_the_exposure_scales_the_rate(count, exposure, factor):
    one, other = poisson_rate(count, exposure), poisson_rate(count, exposure * factor)
    assert other[:3] == pytest.approx([value / factor for value in one[:3]], rel=1e-9)
    assert one.conf_low <= one.estimate <= one.conf_high


@given(st.integers(1, 300), st.integers(1, 300), st.floats(1.0, 5.0))
def test_dispersion_widens_the_interval(before, after, dispersion):
    narrow = rate_ratio_overdispersed(before, 1, after, 1, 1.0, 40)
    wide = rate_ratio_overdispersed(before, 1, after, 1, dispersion, 40)
    assert wide.conf_low <= narrow.conf_low * (1 + 1e-12)
    assert wide.conf_high >= narrow.conf_high * (1 - 1e-12)
    assert wide.p_value >= narrow.p_value - 1e-12


def test_overdispersed_ratio_is_that_of_a_quasi_poisson_regression():
    import statsmodels.api as sm

    y = np.array([12, 30, 8, 25, 5, 9, 21, 14], dtype=float)
    after = np.array([0, 0, 0, 0, 1, 1, 1, 1], dtype=float)
    fit = sm.GLM(y, sm.add_constant(after), family=sm.families.Poisson()).fit(scale="X2", use_t=True)
    expected, df = seasonal_expectation(y, np.ones(8), after.astype(bool), np.zeros(8, int))
    dispersion = series_dispersion(y, expected, df)
    assert dispersion == pytest.approx(fit.scale)
    result = rate_ratio_overdispersed(y[:4].sum(), 4, y[4:].sum(), 4, dispersion, df)
    assert np.log(result[:3]) == pytest.approx([fit.params[1], *fit.conf_int()[1]], rel=1e-8)
    assert result.p_value == pytest.approx(fit.pvalues[1], rel=1e-8)


def test_seasonal_expectation_is_that_of_the_regression():
    import statsmodels.api as sm

    random = np.random.default_rng(1)
    position = np.tile(np.arange(12), 4)
    after = np.arange(48) >= 24
    exposure = random.uniform(900, 1100, 48)
    y = random.poisson(exposure / 50 * (1 + 0.5 * np.sin(position)))
    design = np.column_stack([np.ones(48), after, *(position == month for month in range(1, 12))]).astype(
        float
    )
    fit = sm.GLM(y, design, family=sm.families.Poisson(), offset=np.log(exposure)).fit()
    expected, df = seasonal_expectation(y.astype(float), exposure, after, position)
    assert expected == pytest.approx(fit.fittedvalues, rel=1e-6)
    assert df == fit.df_resid


def test_dispersion_without_degrees_of_freedom_is_unknown():
    assert math.isnan(series_dispersion(np.array([1.0]), np.array([1.0]), 0))
    assert series_dispersion(np.array([5.0, 5.0]), np.array([5.0, 5.0]), 1) == 1
