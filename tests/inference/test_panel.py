"""Regressions on panels against R's values and against regressions with a column for every effect."""

import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from outreach_metrics.inference.panel import (
    by_kind,
    goodman_bacon,
    linear_regression,
    poisson_two_way,
    two_way_effect,
)
from tests.conftest import SHARED

EMPLOYED = np.array([60.3, 61.1, 60.2, 61.2, 63.2, 63.6, 65.0, 63.8, 66.0, 67.9, 68.2, 66.5, 68.7, 69.6])
PRODUCT = np.array(
    [234.3, 259.4, 258.1, 284.6, 329, 347, 365.4, 363.1, 397.5, 419.2, 442.8, 444.5, 482.7, 502.6]
)


def dummies(areas, periods, dose):
    """Make the design with a column for each area, each period but the first, and the dose."""
    columns = [np.kron(np.eye(areas), np.ones((periods, 1)))]
    columns += [np.kron(np.ones((areas, 1)), np.eye(periods)[:, 1:]), np.ravel(dose)]
    return np.column_stack(columns)


def read(cases, name):
    """Read the data file of a reference case, and what it expects."""
    case = cases[name]
    expected = {key: pytest.approx(e["value"], abs=e["tol"]) for key, e in case["expected"].items()}
    return pd.read_csv(SHARED / "reference" / case["dataset_file"]), expected


def error_of(result, df):
    return (result.conf_high - result.estimate) / stats.t.ppf(0.975, df)


def wide(frame, unit, period, value):
    return frame.pivot_table(index=unit, columns=period, values=value).to_numpy(dtype=float)


def staggered(random, units=9, periods=7):
    starts = np.array([2, 2, 3, 3, 5, 5, np.nan, np.nan, np.nan])[:units]
    dose = (np.arange(periods) >= np.nan_to_num(starts, nan=99)[:, None]).astype(float)
    return random.normal(size=(units, periods)) + dose * 1.5, starts, dose


def test_newey_west_is_its_formula():
    # R: sandwich::NeweyWest(lm(employed ~ product), lag = 2, prewhite = FALSE)
    design = np.column_stack([np.ones(14), PRODUCT])
    fit = linear_regression(EMPLOYED, design, "newey_west", lags=2)
    scores = design * (EMPLOYED - design @ fit.coefficients)[:, None]
    meat = scores.T @ scores
    for lag in (1, 2):
        cross = scores[lag:].T @ scores[:-lag]
        meat += (1 - lag / 3) * (cross + cross.T)
    bread = np.linalg.inv(design.T @ design)
    assert fit.standard_errors == pytest.approx(np.sqrt(np.diag(bread @ meat @ bread)), rel=1e-9)
    adjusted = linear_regression(EMPLOYED, design, "newey_west", lags=2, small_sample=True)
    assert adjusted.standard_errors == pytest.approx(fit.standard_errors * math.sqrt(14 / 12), rel=1e-9)


def test_ordinary_errors_and_their_t():
    design = np.column_stack([np.ones(14), PRODUCT])
    fit = linear_regression(EMPLOYED, design)
    line = stats.linregress(PRODUCT, EMPLOYED)
    assert fit.standard_errors[1] == pytest.approx(line.stderr, rel=1e-9)
    found = fit.result(1)
    assert (found.estimate, found.p_value) == pytest.approx((line.slope, line.pvalue), rel=1e-6)
    assert fit.df == 12


def test_newey_west_of_investment(cases):
    frame, expected = read(cases, "hac_investment")
    frame = frame.dropna()
    design = np.column_stack([np.ones(len(frame)), frame["RealGNP"], frame["RealInt"]])
    fit = linear_regression(frame["RealInv"], design, "newey_west", lags=4)
    assert fit.coefficients[1:].tolist() == [expected["b_gnp"], expected["b_int"]]
    assert fit.standard_errors.tolist() == [expected["se_const"], expected["se_gnp"], expected["se_int"]]
    adjusted = linear_regression(frame["RealInv"], design, "newey_west", lags=4, small_sample=True)
    assert adjusted.standard_errors[1] == expected["se_gnp_adj"]


def test_clusters_of_petersen(cases):
    frame, expected = read(cases, "cluster_petersen")
    design = np.column_stack([np.ones(len(frame)), frame["x"]])
    firm, year = frame["firm"].to_numpy(), frame["year"].to_numpy()
    by_firm = linear_regression(frame["y"], design, "cluster", clusters=firm)
    assert by_firm.coefficients[1] == expected["b_x"]
    assert by_firm.standard_errors.tolist() == [expected["se_const_firm_CR1"], expected["se_x_firm_CR1"]]
    assert by_firm.df == 499
    plain = linear_regression(frame["y"], design, "cluster", clusters=firm, small_sample=False)
    assert plain.standard_errors[1] == expected["se_x_firm_CR0"]
    by_year = linear_regression(frame["y"], design, "cluster", clusters=year)
    assert by_year.standard_errors[1] == expected["se_x_year_CR1"]
    both = linear_regression(frame["y"], design, "cluster", clusters=np.column_stack([firm, year]))
    assert both.standard_errors[1] == expected["se_x_twoway_HC1"]
    assert both.df == 9


def test_two_way_effect_of_the_castle_doctrine(cases):
    frame, expected = read(cases, "twfe_castle_bacondecomp")
    y, post = wide(frame, "state", "year", "l_homicide"), wide(frame, "state", "year", "post")
    result = two_way_effect(y, post)
    assert result.estimate == expected["twfe"]
    assert error_of(result, len(y) - 1) == expected["se_crv1_pyfixest"]
    starts = np.where(post.any(axis=1), post.argmax(axis=1), np.nan)
    kinds = by_kind(goodman_bacon(y, starts))
    assert kinds["treated against untreated"] == (expected["w_treated_vs_untreated"], expected["est_tu"])
    assert kinds["earlier against later"] == (expected["w_early_late"], expected["est_el"])
    assert kinds["later against earlier"] == (expected["w_late_early"], expected["est_le"])


def test_two_way_effect_of_minimum_wages(cases):
    frame, expected = read(cases, "twfe_mpdta")
    frame["dose"] = (frame["first.treat"] > 0) & (frame["year"] >= frame["first.treat"])
    y = wide(frame, "countyreal", "year", "lemp")
    result = two_way_effect(y, wide(frame, "countyreal", "year", "dose"))
    assert result.estimate == expected["b"]
    assert error_of(result, len(y) - 1) == expected["se"]


@pytest.mark.parametrize("share_missing", [0.0, 0.2])
def test_two_way_effect_is_the_regression_with_every_column(share_missing):
    # R: fixest::feols(y ~ dose | unit + period, cluster = ~unit): effects nested in clusters cost no df
    random = np.random.default_rng(3)
    y, _, dose = staggered(random)
    y[random.random(y.shape) < share_missing] = np.nan
    held = np.isfinite(y).ravel()
    design, units = dummies(9, 7, dose)[held], np.repeat(np.arange(9), 7)[held]
    fit = linear_regression(y.ravel()[held], design, "cluster", clusters=units, small_sample=False)
    n = held.sum()
    result = two_way_effect(y, dose)
    assert result.estimate == pytest.approx(fit.coefficients[-1], rel=1e-8)
    correction = math.sqrt(9 / 8 * (n - 1) / (n - 8))
    assert error_of(result, 8) == pytest.approx(fit.standard_errors[-1] * correction, rel=1e-8)


def test_two_way_effect_declines_what_the_effects_absorb():
    y = np.random.default_rng(1).normal(size=(6, 4))
    for dose in (np.tile([0, 0, 1, 1], (6, 1)), np.repeat([[1], [0]], 3, axis=0) * np.ones(4)):
        assert math.isnan(two_way_effect(y, dose).estimate)


@pytest.mark.parametrize("always", [False, True])
def test_the_two_by_twos_add_up_to_the_two_way_effect(always):
    y, starts, dose = staggered(np.random.default_rng(5))
    if always:
        starts[0], dose[0] = 0, 1
    pairs = goodman_bacon(y, starts)
    assert sum(pair.weight for pair in pairs) == pytest.approx(1)
    whole = two_way_effect(y, dose).estimate
    assert sum(pair.weight * pair.estimate for pair in pairs) == pytest.approx(whole, rel=1e-9)
    assert ("later against always treated" in by_kind(pairs)) == always
    assert goodman_bacon(y, np.full(9, np.nan)) == []


def poisson_panel(random, areas=9, periods=6):
    _, _, dose = staggered(random, areas, periods)
    exposure = random.uniform(1, 3, (areas, periods))
    return random.poisson(4 * exposure * np.exp(-0.5 * dose)), exposure, dose


def test_poisson_effect_is_the_regression_with_every_column():
    # R: fixest::fepois(count ~ dose + offset(log(exposure)) | area + period, cluster = ~area)
    import statsmodels.api as sm

    counts, exposure, dose = poisson_panel(np.random.default_rng(8))
    offset = np.log(exposure).ravel()
    model = sm.GLM(counts.ravel(), dummies(9, 6, dose), family=sm.families.Poisson(), offset=offset)
    groups = {"groups": np.repeat(np.arange(9), 6), "use_correction": False}
    fit = model.fit(tol=1e-13, cov_type="cluster", cov_kwds=groups)
    result = poisson_two_way(counts, exposure, dose)
    assert math.log(result.estimate) == pytest.approx(fit.params[-1], abs=1e-8)
    error = math.log(result.conf_high / result.estimate) / stats.t.ppf(0.975, 8)
    assert error == pytest.approx(fit.bse[-1] * math.sqrt(9 / 8 * 53 / 47), rel=1e-6)


def test_poisson_jackknife_is_the_regression_without_each_area():
    counts, exposure, dose = poisson_panel(np.random.default_rng(8))
    parts = (counts, exposure, dose)
    each = [poisson_two_way(*(np.delete(part, area, axis=0) for part in parts)).estimate for area in range(9)]
    found = poisson_two_way(*parts, covariance="jackknife")
    error = math.log(found.conf_high / found.estimate) / stats.t.ppf(0.975, 8)
    assert error**2 == pytest.approx(8 / 9 * np.square(np.log(each) - math.log(found.estimate)).sum())
    one = np.where(np.arange(9)[:, None] == 0, dose, 0)
    assert math.isfinite(poisson_two_way(counts, exposure, one).conf_low)
    assert math.isnan(poisson_two_way(counts, exposure, one, "jackknife").conf_low)


def test_poisson_effect_of_one_start_is_the_ratio_of_rate_ratios():
    random = np.random.default_rng(2)
    counts, dose = random.poisson(5, (7, 8)), np.zeros((7, 8))
    dose[:3, 4:] = 1
    (a, b), (c, d) = (
        (counts[group][:, :4].sum(), counts[group][:, 4:].sum()) for group in (slice(3), slice(3, 7))
    )
    assert poisson_two_way(counts, 2.0, dose).estimate == pytest.approx(b / a / (d / c), rel=1e-9)


@settings(max_examples=40)
@given(st.integers(0, 50), st.floats(0.1, 10))
def test_poisson_effect_ignores_the_scale_of_areas_and_periods(seed, factor):
    counts, exposure, dose = poisson_panel(np.random.default_rng(seed))
    one = poisson_two_way(counts, exposure, dose)
    scale = np.linspace(1, factor, 9)[:, None] * np.linspace(factor, 1, 6)
    assert poisson_two_way(counts, exposure * scale, dose) == pytest.approx(one, rel=1e-6)
    assert (one.p_value < 0.05) == (not one.conf_low <= 1 <= one.conf_high)


def test_poisson_corners():
    dose = np.zeros((4, 4))
    dose[:2, 2:] = 1
    counts = np.full((4, 4), 3)
    none_after = np.where(dose == 1, 0, counts)
    assert poisson_two_way(none_after, 1.0, dose)[0] == 0
    assert math.isnan(poisson_two_way(none_after, 1.0, dose).conf_high)
    empty = np.vstack([counts + np.eye(4, dtype=int), np.zeros((2, 4), dtype=int)])
    more = poisson_two_way(empty, 1.0, np.vstack([dose, np.zeros((2, 4))]))
    assert more == pytest.approx(poisson_two_way(counts + np.eye(4), 1.0, dose))
    for nothing in (np.zeros((4, 4)), np.where(dose[:, ::-1] == 1, 0, counts)):
        assert math.isnan(poisson_two_way(nothing, 1.0, dose).conf_low)
    assert math.isnan(poisson_two_way(counts, 1.0, np.tile([0, 0, 1, 1], (4, 1))).estimate)
    with pytest.raises(ValueError, match="exposures"):
        poisson_two_way(counts, 0.0, dose)
    with pytest.raises(ValueError, match="counts"):
        poisson_two_way(-counts, 1.0, dose)
