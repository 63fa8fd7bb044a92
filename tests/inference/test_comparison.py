"""Relative effect against published values and regression."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from outreach_metrics.inference.comparison import relative_effect
from outreach_metrics.inference.dispersion import area_dispersion


def test_relative_effect_is_the_interaction_of_a_poisson_regression():
    import statsmodels.api as sm

    cells, person_time = np.array([[200, 140], [900, 850]]), np.array([[2.0, 1.5], [8.0, 7.0]])
    design = np.array([[1, 1, 0, 0], [1, 1, 1, 1], [1, 0, 0, 0], [1, 0, 1, 0]], dtype=float)
    offset = np.log(person_time.ravel())
    fit = sm.GLM(cells.ravel(), design, family=sm.families.Poisson(), offset=offset).fit()
    result = relative_effect(cells, person_time)
    assert math.log(result.estimate) == pytest.approx(fit.params[3], rel=1e-6)
    assert np.log(result[1:3]) == pytest.approx(fit.conf_int()[3], rel=1e-6)


def test_area_dispersion_is_that_of_the_regression_with_area_effects():
    import statsmodels.api as sm

    random = np.random.default_rng(4)
    treated, other = random.poisson(30, (3, 2)), random.poisson(50, (5, 2))
    y = np.concatenate([treated, other]).ravel()
    area, after = np.repeat(np.arange(8), 2), np.tile([0, 1], 8)
    group = np.repeat([1] * 3 + [0] * 5, 2)
    design = np.column_stack([*(area == i for i in range(8)), after * group, after * (1 - group)]).astype(
        float
    )
    fit = sm.GLM(y, design, family=sm.families.Poisson()).fit(scale="X2")
    dispersion, df = area_dispersion(treated, other)
    assert df == fit.df_resid
    assert dispersion == pytest.approx(max(1, fit.scale), rel=1e-6)


@given(st.lists(st.integers(1, 500), min_size=4, max_size=4), st.floats(0.5, 20))
def test_relative_effect_ignores_scale_and_inverts_with_time(cells, factor):
    counts = np.array(cells).reshape(2, 2)
    one = relative_effect(counts, np.ones((2, 2)))
    scaled = relative_effect(counts, np.array([[1, 1], [factor, factor]]))
    assert scaled == pytest.approx(one, rel=1e-9)
    back = relative_effect(counts[:, ::-1], np.ones((2, 2)))
    assert back.estimate == pytest.approx(1 / one.estimate, rel=1e-9)
    assert (back.conf_low, back.conf_high) == pytest.approx((1 / one.conf_high, 1 / one.conf_low), rel=1e-9)


def test_zero_cells():
    none_after = relative_effect(np.array([[10, 0], [50, 50]]), np.ones((2, 2)))
    assert none_after.estimate == 0
    assert none_after.conf_low == 0 < none_after.conf_high < 1
    for zero in ([[0, 5], [50, 50]], [[5, 5], [0, 50]], [[5, 5], [50, 0]]):
        assert math.isnan(relative_effect(np.array(zero), np.ones((2, 2))).estimate)
    with pytest.raises(ValueError, match="exposures"):
        relative_effect(np.ones((2, 2)), np.zeros((2, 2)))
    assert area_dispersion(np.zeros((3, 2)))[1] == 0
    assert area_dispersion(np.array([[4, 0], [2, 0], [5, 0]]))[1] == 0


def test_no_count_after_is_fishers_exact_test():
    # R: fisher.test(matrix(c(0, 20, 400, 400), 2)): two-sided p by another rule, conf.int 0 to 0.2049 at 95 %
    result = relative_effect(np.array([[20, 0], [400, 400]]), np.ones((2, 2)))
    exact = stats.contingency.odds_ratio(np.array([[0, 20], [400, 400]]), kind="conditional")
    assert result[1:3] == pytest.approx(exact.confidence_interval(0.95), rel=1e-6)
    assert result.p_value == pytest.approx(2.5e-6, rel=0.05)
    nothing = relative_effect(np.array([[1, 0], [1200, 1]]), np.ones((2, 2)))
    assert nothing.conf_low == 0
    assert nothing.conf_high > 1
    assert nothing.p_value == 1
    wider = relative_effect(np.array([[20, 0], [400, 400]]), np.ones((2, 2)), dispersion=3.0)
    assert wider.conf_high > result.conf_high
    doubled = relative_effect(np.array([[20, 0], [400, 400]]), np.array([[1, 2], [1, 1]]))
    assert doubled.conf_high == pytest.approx(result.conf_high / 2)


def test_no_count_after_where_residents_of_both_sides_grow_alike():
    # the odds are 1 up to rounding; R: fisher.test(matrix(c(0, 12, 7, 20), 2))$conf.int
    grown = np.array([[24000.0, 24000.0 * 1.03], [55000.0, 55000.0 * 1.03]])
    found = relative_effect(np.array([[7, 0], [20, 12]]), grown)
    still = relative_effect(np.array([[7, 0], [20, 12]]), np.ones((2, 2)))
    assert found == pytest.approx(still, rel=1e-9)
    assert found.estimate == found.conf_low == 0
