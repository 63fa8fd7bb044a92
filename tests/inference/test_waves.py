"""Trends over waves against R and lme4, dense algebra and simulation."""

import math
import time

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from outreach_metrics.inference.design_based import contrast
from outreach_metrics.inference.mixed import random_effects
from outreach_metrics.inference.paired import paired_change
from outreach_metrics.inference.waves import friedman, trend_in_shares, wave_trend
from tests.conftest import SHARED

ROUNDING = [
    *([5.40, 5.50, 5.55], [5.85, 5.70, 5.75], [5.20, 5.60, 5.50], [5.55, 5.50, 5.40], [5.90, 5.85, 5.70]),
    *([5.45, 5.55, 5.60], [5.40, 5.40, 5.35], [5.45, 5.50, 5.35], [5.25, 5.15, 5.00], [5.85, 5.80, 5.70]),
    *([5.25, 5.20, 5.10], [5.65, 5.55, 5.45], [5.60, 5.35, 5.45], [5.05, 5.00, 4.95], [5.50, 5.50, 5.40]),
    *([5.45, 5.55, 5.50], [5.55, 5.55, 5.35], [5.45, 5.50, 5.55], [5.50, 5.45, 5.25], [5.65, 5.60, 5.40]),
    *([5.70, 5.65, 5.55], [6.30, 6.30, 6.25]),
]


def data(cases, name):
    return pd.read_csv(SHARED / "reference" / cases[name]["dataset_file"])


def holds(cases, name, made):
    expected = cases[name]["expected"]
    assert set(expected) == set(made)
    for key, wanted in expected.items():
        assert made[key] == pytest.approx(wanted["value"], abs=max(wanted["tol"], 1e-12)), key


def panel(people, waves=3, slope=0.0, slopes=0.0, missing=0.0, seed=0):
    """Scores, times and persons of a panel, some answers missing at random."""
    random = np.random.default_rng(seed)
    person, times = np.repeat(np.arange(people), waves), np.tile(np.arange(float(waves)), people)
    lines = slope + random.normal(0, slopes, people) if slopes else np.full(people, slope)
    scores = 50 + random.normal(0, 10, people)[person] + lines[person] * times
    scores += random.normal(0, 8, people * waves)
    kept = random.random(people * waves) >= missing
    return scores[kept], times[kept], person[kept]


def test_trend_in_shares_is_that_of_r():
    # R: prop.trend.test(c(83, 90, 129, 70), c(86, 93, 136, 82)); prop.test of the same
    made = trend_in_shares([83, 90, 129, 70], [86, 93, 136, 82])
    assert made.trend == pytest.approx((8.2249223, 1, 0.004131897), abs=1e-7)
    assert made.heterogeneity == pytest.approx((12.600411, 3, 0.005585), abs=1e-6)
    assert made.slope.conf_high < 0
    # R: prop.trend.test(smokers, patients, c(0, 0, 0, 1)): X-squared = 12.173, p = 0.0004848
    uneven = trend_in_shares([83, 90, 129, 70], [86, 93, 136, 82], [0, 0, 0, 1]).trend
    assert uneven[::2] == pytest.approx((12.173, 0.0004848), abs=5e-4)


def test_smokers_case(cases):
    frame = data(cases, "prop_trend_smokers")
    made = trend_in_shares(frame["successes"], frame["n"], frame["wave"])
    numbers = {"chi2_trend": made.trend.statistic, "p": made.trend.p_value}
    holds(cases, "prop_trend_smokers", numbers | {"chi2_hetero": made.heterogeneity.statistic})


@given(st.lists(st.tuples(st.integers(0, 20), st.integers(0, 20)), min_size=1, max_size=6))
def test_trend_in_shares_turns_with_time_and_answer(waves):
    successes, others = np.array(waves).T
    made = trend_in_shares(successes, successes + others)
    if made.reason:
        assert np.isnan(made.slope).all()
        return
    for turned in (
        trend_in_shares(successes[::-1], (successes + others)[::-1]),
        trend_in_shares(others, successes + others),
    ):
        assert turned.slope.estimate == pytest.approx(-made.slope.estimate, abs=1e-12)
        assert turned.trend.p_value == pytest.approx(made.trend.p_value, abs=1e-12)
    assert made.trend.statistic <= made.heterogeneity.statistic + 1e-9
    assert (made.slope.p_value < 0.05) == (made.slope.conf_low > 0 or made.slope.conf_high < 0)


def test_shares_without_a_trend():
    assert "fewer than two" in trend_in_shares([3, 0], [5, 0]).reason
    assert "alike" in trend_in_shares([0, 0], [5, 5]).reason
    with pytest.raises(ValueError, match="between 0"):
        trend_in_shares([6], [5])


def sleepstudy(cases, name):
    frame = data(cases, name)
    return frame["Reaction"].to_numpy(), frame["Days"].to_numpy(), frame["Subject"].to_numpy()


def test_random_slope_case(cases):
    # R: lme4::lmer(Reaction ~ Days + (Days | Subject), sleepstudy)
    scores, times, person = sleepstudy(cases, "panel_trend_random_slope")
    fit = random_effects(scores, person, times, slopes=True)
    errors = np.sqrt(np.diag(fit.covariances[0]))
    made = {"intercept": fit.coefficients[0, 0], "intercept_se": errors[0]}
    made |= {"slope": fit.coefficients[0, 1], "slope_se": errors[1]}
    holds(cases, "panel_trend_random_slope", made)
    # R: VarCorr: 612.10, 35.07, correlation 0.07, residual 654.94; lmerTest: Days on 17 df
    correlation = fit.person_slope_covariance / math.sqrt(fit.person_variance * fit.slope_variance)
    variances = (fit.person_variance, fit.slope_variance, fit.residual_variance)
    assert variances == pytest.approx((612.10, 35.07, 654.94), abs=0.02)
    assert correlation == pytest.approx(0.066, abs=1e-3)
    trend = wave_trend(scores, times, person)
    assert (trend.standard_error, trend.df) == (pytest.approx(errors[1]), 17)
    assert trend.fit == trend.fit


def test_random_intercept_case(cases):
    # R: lme4::lmer(Reaction ~ 1 + (1 | Subject)); Reaction ~ Days + (1 | Subject); lmerTest: 161 df
    scores, times, person = sleepstudy(cases, "icc_lmm_null")
    null, days = random_effects(scores, person), random_effects(scores, person, times)
    made = {"icc_null": null.icc, "icc_days": days.icc, "slope": days.coefficients[0, 1]}
    made |= {"slope_se_ri": math.sqrt(days.covariances[0, 1, 1]), "var_subject": days.person_variance}
    holds(cases, "icc_lmm_null", made | {"var_resid": days.residual_variance})
    assert (null.df, days.df) == (17, 161)


def dense(fit, scores, times, person, slopes):
    """Return REML log-likelihood, lines and their covariance by n x n matrices."""
    design = np.column_stack([np.ones(len(times)), times])
    same = person[:, None] == person[None, :]
    cross = fit.person_variance * np.ones((len(times),) * 2)
    if slopes:
        cross = cross + fit.slope_variance * np.multiply.outer(times, times)
        cross = cross + fit.person_slope_covariance * np.add.outer(times, times)
    covariance = np.where(same, cross, 0) + fit.residual_variance * np.eye(len(times))
    inverse = np.linalg.inv(covariance)
    information = design.T @ inverse @ design
    lines = np.linalg.solve(information, design.T @ inverse @ scores)
    residual = scores - design @ lines
    value = np.linalg.slogdet(covariance)[1] + np.linalg.slogdet(information)[1]
    return -(value + residual @ inverse @ residual) / 2, lines, np.linalg.inv(information)


@pytest.mark.parametrize("slopes", [False, True])
def test_unbalanced_panel_is_at_its_maximum_and_agrees_with_dense_algebra(slopes):
    from dataclasses import replace

    scores, times, person = panel(40, waves=5, slope=2, slopes=3, missing=0.3, seed=3)
    times = times * 0.5 + 2019
    fit = random_effects(scores, person, times, slopes=slopes)
    off = 2019.0
    best, lines, covariance = dense(fit, scores, times, person, slopes)
    assert fit.coefficients[0] == pytest.approx(lines, rel=1e-6)
    assert fit.covariances[0] == pytest.approx(covariance, rel=1e-6)
    near = random_effects(scores, person, times - off, slopes=slopes)
    assert near.coefficients[0, 1] == pytest.approx(fit.coefficients[0, 1], rel=1e-5)
    best, *_ = dense(near, scores, times - off, person, slopes)
    names = ["person_variance", "residual_variance"]
    for name in [*names, "slope_variance", "person_slope_covariance"] if slopes else names:
        for factor in (0.97, 1.03):
            other = replace(near, **{name: getattr(near, name) * factor})
            assert dense(other, scores, times - off, person, slopes)[0] < best


def test_mixed_model_is_that_of_statsmodels():
    import statsmodels.api as sm

    scores, times, person = panel(60, waves=4, slope=2, slopes=2, missing=0.25, seed=5)
    design = sm.add_constant(times)
    for slopes in (False, True):
        fit = random_effects(scores, person, times, slopes=slopes)
        model = sm.MixedLM(scores, design, person, exog_re=design if slopes else None)
        wanted = model.fit(method=["bfgs", "lbfgs"], gtol=1e-9)
        assert fit.coefficients[0] == pytest.approx(wanted.fe_params, rel=1e-5)
        assert fit.residual_variance == pytest.approx(wanted.scale, rel=1e-4)
        assert fit.person_variance == pytest.approx(wanted.cov_re[0, 0], rel=1e-3)


def test_complete_panels_of_two_waves_are_the_paired_t():
    scores, times, person = panel(25, waves=2, slope=3, seed=2)
    made, paired = wave_trend(scores, times, person), paired_change(scores[::2], scores[1::2])
    assert made.slope == pytest.approx(paired.change, rel=1e-6)
    assert made.df == paired.df


def test_complete_panels_are_the_t_test_of_the_peoples_slopes():
    scores, times, person = panel(30, waves=4, slopes=6, seed=8)
    slopes = np.array([np.polyfit(times[:4], part, 1)[0] for part in scores.reshape(-1, 4)])
    made = wave_trend(scores, times, person)
    test = stats.ttest_1samp(slopes, 0)
    assert made.slope.p_value == pytest.approx(test.pvalue, rel=1e-3)
    assert made.df == 29
    jackknife = wave_trend(scores, times, person, model="separate")
    assert jackknife.standard_error == pytest.approx(slopes.std(ddof=1) / math.sqrt(30), rel=1e-9)


def test_fresh_samples_of_two_waves_are_welch():
    random = np.random.default_rng(1)
    first, second = random.normal(50, 10, 40), random.normal(53, 20, 25)
    scores, times = np.concatenate([first, second]), np.repeat([0.0, 1.0], [40, 25])
    made, welch = wave_trend(scores, times), contrast([second, first], [1, -1])
    assert made.slope == pytest.approx(welch.result(), rel=1e-9)
    assert made.df == pytest.approx(welch.df)
    half = wave_trend(scores, times / 2)
    assert half.slope.estimate == pytest.approx(2 * made.slope.estimate)


def test_robust_errors_are_those_of_statsmodels():
    import statsmodels.api as sm

    random = np.random.default_rng(6)
    times = np.repeat([0.0, 1, 2], 30)
    weight, scores = random.uniform(0.5, 2, 90), random.normal(50, 10 + 5 * times)
    for weights in (None, weight):
        model = sm.WLS(scores, sm.add_constant(times), weights=1 if weights is None else weights)
        made = wave_trend(scores, times, weights=weights)
        assert made.standard_error == pytest.approx(model.fit(cov_type="HC2").bse[1], rel=1e-9)
        assert made.slope.estimate == pytest.approx(model.fit().params[1])
    school = np.tile(np.arange(10), 9)
    left = [
        sm.OLS(scores[school != one], sm.add_constant(times[school != one])).fit().params[1]
        for one in range(10)
    ]
    made = wave_trend(scores, times, clusters=school)
    wanted = math.sqrt(0.9 * np.square(np.array(left) - made.slope.estimate).sum())
    assert (made.standard_error, made.df) == (pytest.approx(wanted), 8)


def test_the_model_follows_who_came_back():
    scores, times, person = panel(60, seed=4)
    assert "levels and slopes" in wave_trend(scores, times, person).method
    first_two = times < 2
    two_waves = wave_trend(scores[first_two], times[first_two], person[first_two])
    assert "levels differ" in two_waves.method
    once = np.where(times == person % 3, True, person < 10)
    assert "least squares" in wave_trend(scores[once], times[once], person[once]).method
    assert "least squares" in wave_trend(scores, times, person, weights=np.ones(180)).method
    refused = wave_trend(scores, times, model="levels")
    assert np.isnan(refused.slope).all() or refused.reason == ""
    assert refused.reason == "Nobody answered more than once."


@pytest.mark.parametrize("model", ["slopes", "levels", "separate"])
def test_difference_of_two_slopes(model):
    scores, times, person = panel(80, slope=1, seed=9)
    program = person % 2 == 0
    scores = scores + 4 * times * program
    both = wave_trend(scores, times, person, program=program, model=model)
    one, other = (
        wave_trend(scores[part], times[part], person[part], model=model).slope.estimate
        for part in (program, ~program)
    )
    assert both.slope.estimate == pytest.approx(one - other, rel=1e-9)
    assert both.slope.conf_low < 4 < both.slope.conf_high
    turned = wave_trend(scores, times, person, program=~program, model=model)
    assert turned.slope.estimate == pytest.approx(-both.slope.estimate, rel=1e-6)
    assert turned.standard_error == pytest.approx(both.standard_error, rel=1e-5)


def test_order_units_and_level_do_not_matter():
    scores, times, person = panel(30, missing=0.2, seed=11)
    made = wave_trend(scores, times, person)
    mixed = np.random.default_rng(0).permutation(len(scores))
    shuffled = wave_trend(scores[mixed], times[mixed], person[mixed])
    assert shuffled.slope == pytest.approx(made.slope, rel=1e-5)
    turned = wave_trend(1e4 - 10 * scores, 12 * times + 24_000, person)
    assert turned.slope.estimate == pytest.approx(-10 / 12 * made.slope.estimate, rel=1e-4)
    assert turned.slope.p_value == pytest.approx(made.slope.p_value, rel=1e-3)


@pytest.mark.parametrize(
    ("scores", "times", "person", "reason"),
    [
        ([], [], None, "fewer than two waves"),
        ([1.0], [0.0], None, "fewer than two waves"),
        ([1.0, 2, np.nan], [0.0, 0, 1], None, "fewer than two waves"),
        ([5.0, 5, 5, 5], [0, 1, 0, 1], [1, 1, 2, 2], "Everybody answered alike"),
        ([1.0, 2], [0, 1], None, "vary too little"),
        ([1.0, 2, 3, 4], [0, 1, 0, 1], [1, 1, 2, 2], "vary too little"),
        ([1.0, 2, 5], [0, 0, 1], None, "too few people"),
    ],
)
def test_no_trend_is_told(scores, times, person, reason):
    made = wave_trend(np.array(scores), np.array(times), person and np.array(person))
    assert math.isnan(made.slope.conf_low)
    assert reason in made.reason


def test_one_cluster_or_no_weight_is_told():
    scores, times = np.array([1.0, 2, 4, 5, 5, 7]), np.array([0.0, 0, 1, 1, 2, 2])
    assert "too few people or clusters" in wave_trend(scores, times, clusters=np.ones(6)).reason
    assert "fewer than two waves" in wave_trend(scores, times, weights=np.zeros(6)).reason


@pytest.mark.parametrize(
    ("person", "times", "slopes", "reason"),
    [
        ([1, 2, 3, 4], [0, 1, 0, 1], False, "more than once"),
        ([1, 1, 2, 2], [0, 1, 0, 1], True, "three times"),
        ([1, 1, 2, 2], [0, 0, 1, 1], False, "two times"),
        ([1, 1, 2, 3], [0, 1, 1, 2], False, "too few answers"),
    ],
)
def test_no_mixed_model_is_told(person, times, slopes, reason):
    fit = random_effects(np.array([3.0, 5, 4, 9]), np.array(person), np.array(times), slopes=slopes)
    assert reason in fit.reason
    assert np.isnan(fit.coefficients).all()


def test_a_hundred_thousand_answers_take_seconds():
    scores, times, person = panel(40_000, slope=1.5, slopes=2, missing=0.17, seed=1)
    start = time.perf_counter()
    made = wave_trend(scores, times, person)
    assert time.perf_counter() - start < 5
    assert made.slope.conf_low < 1.5 < made.slope.conf_high
    assert made.df == pytest.approx(36_900, rel=0.01)


@pytest.mark.parametrize("people", [40, 200])
@pytest.mark.slow
def test_false_alarms_of_three_waves_are_one_in_twenty(people):
    for slopes, missing in ((0, 0), (5, 0), (5, 0.3)):
        found = [
            wave_trend(*panel(people, slopes=slopes, missing=missing, seed=seed)).slope.p_value < 0.05
            for seed in range(300)
        ]
        assert 0.02 <= np.mean(found) <= 0.08


def test_friedman_is_that_of_r():
    # R: friedman.test(RoundingTimes): 11.143, df 2, p 0.003805
    made = friedman(ROUNDING)
    assert made.test == pytest.approx((11.142857, 2, 0.003805041), abs=1e-6)
    assert made.concordance == pytest.approx(11.142857 / 44, abs=1e-6)
    assert friedman([*ROUNDING, [1, np.nan, 2]]) == made


def test_rounding_case(cases):
    frame = data(cases, "friedman_rounding")
    made = friedman(frame[["RoundOut", "NarrowAngle", "WideAngle"]]).test
    holds(cases, "friedman_rounding", {"chi2": made.statistic, "p": made.p_value})


def test_friedman_corners():
    assert friedman([[1, 1, 1], [2, 2, 2]]).test == (0, 2, 1)
    assert friedman([[1, 2], [2, 3]]).test.statistic == pytest.approx(2)  # R: friedman.test
    assert "two waves" in friedman([[1], [2]]).reason
    assert "two people" in friedman([[1, 2, 3]]).reason
    assert "two people" in friedman(np.empty((0, 3))).reason
    assert friedman([[1, 2, 3]] * 4).concordance == pytest.approx(1)
