"""Negative binomial regression and trends of counts, against R's MASS."""

import math

import numpy as np
import pandas as pd
import pytest
from scipy import signal, stats

from outreach_metrics.inference.trend import count_regression, count_trend, relative_trend
from tests.conftest import SHARED

RAISED = "error raised for the correlation of successive counts"


def series(n: int, seed: int, ratio: float = 1.0, wave: float = 0.0) -> tuple[np.ndarray, np.ndarray]:
    """Return overdispersed counts of n events over 3 years, and their times."""
    random = np.random.default_rng(seed)
    time = np.sort(random.uniform(0, 3, n))
    mean = 30 * ratio**time * np.exp(wave * np.sin(2 * np.pi * time))
    return random.poisson(mean * random.gamma(4, 1 / 4, n)).astype(float), time


def test_the_reference_case(cases):
    # R: MASS::glm.nb(Days ~ Sex + Age + Eth + Lrn, quine)
    case = cases["negbin_quine"]
    data = pd.read_csv(SHARED / "reference" / case["dataset_file"])
    dummies = pd.get_dummies(data[["Sex", "Age", "Eth", "Lrn"]], drop_first=True, dtype=float)
    design = np.column_stack([np.ones(len(data)), dummies])
    fit = count_regression(data["Days"].to_numpy(), design)
    coefficients = dict(
        zip(["intercept", *dummies.columns.str.replace("_", "")], fit.coefficients, strict=True)
    )
    found = coefficients | {
        "theta": fit.theta,
        "loglik": fit.log_likelihood,
        "pearson_disp_poisson": fit.poisson_dispersion,
    }
    for name, expected in case["expected"].items():
        assert found[name] == pytest.approx(expected["value"], abs=expected["tol"]), name
    # MASS help page: summary(quine.nb1) of these terms; standard errors and theta's
    assert coefficients == pytest.approx(
        {"intercept": 2.89458, "SexM": 0.08232, "AgeF1": -0.44843, "AgeF2": 0.08808, "AgeF3": 0.35690}
        | {"EthN": -0.56937, "LrnSL": 0.29211},
        abs=1e-5,
    )
    assert fit.standard_errors[:2] == pytest.approx([0.22842, 0.15992], abs=1e-5)
    assert fit.theta_error == pytest.approx(0.161, abs=5e-4)


def test_count_regression_is_statsmodels():
    import statsmodels.api as sm

    counts, time = series(60, 1, 1.3)
    design = sm.add_constant(time)
    places = np.log(np.random.default_rng(0).uniform(20, 80, 60))
    fit = count_regression(counts, design, places)
    other = sm.NegativeBinomial(counts, design, offset=places).fit(disp=0, maxiter=200)
    assert fit.coefficients == pytest.approx(other.params[:2], abs=1e-4)
    assert fit.theta == pytest.approx(1 / other.params[2], rel=1e-3)
    assert fit.log_likelihood == pytest.approx(other.llf, abs=1e-6)
    assert fit.theta_error == pytest.approx(other.bse[2] * fit.theta**2, rel=0.05)
    assert fit.residual_df == 58
    assert fit.ratio(1).conf_low < math.exp(fit.coefficients[1]) < fit.ratio(1).conf_high


def test_even_counts_have_no_theta():
    counts = np.array([20.0, 21, 19, 20, 22, 20, 19, 21])
    fit = count_regression(counts, np.column_stack([np.ones(8), np.arange(8)]))
    assert math.isinf(fit.theta)
    assert math.isnan(fit.theta_error)
    assert fit.poisson_dispersion < 1
    assert not fit.reason


def test_what_cannot_be_fitted_says_why():
    ones = np.ones((6, 1))
    assert count_regression(np.zeros(6), ones).reason == "all counts are 0"
    assert "too few" in count_regression(np.ones(6), np.hstack([ones, ones])).reason
    assert "too few" in count_regression(np.ones(1), np.ones((1, 1))).reason
    apart = np.column_stack([np.ones(6), [0, 0, 0, 1, 1, 1]])
    separated = count_regression(np.array([0, 0, 0, 5, 9, 2]), apart)
    assert "separates" in separated.reason
    assert np.isnan(separated.ratio(1)).all()
    with pytest.raises(ValueError, match="length"):
        count_regression(np.ones(3), np.ones((2, 1)))
    with pytest.raises(ValueError, match="count"):
        count_regression(np.array([-1.0, 2]), np.ones((2, 1)))


def test_season_is_taken_out_when_there_is_enough():
    counts, time = series(80, 3, 1.2, wave=0.8)
    plain, without = count_trend(counts, time)
    seasonal, method = count_trend(counts, time, season=time % 1)
    assert without == f"negative binomial regression on time, {RAISED}"
    assert method == f"negative binomial regression on time and season, {RAISED}"
    assert seasonal.conf_low < 1.2 < seasonal.conf_high
    assert seasonal.conf_high / seasonal.conf_low < plain.conf_high / plain.conf_low
    month = np.ceil(time % 1 * 12) / 12
    assert count_trend(counts, time, season=month)[0].estimate == pytest.approx(seasonal.estimate, rel=0.05)


def test_season_is_left_out_when_there_is_not_enough():
    for counts, time in (series(23, 4), (series(40, 4)[0], series(40, 4)[1] / 2)):
        assert count_trend(counts, time, season=time % 1) == count_trend(counts, time)
    counts, time = series(40, 5)
    assert count_trend(counts, time, season=np.full(40, 0.5)) == count_trend(counts, time)


def test_exposure_takes_the_size_of_an_event_out():
    counts, time = series(60, 6)
    hours = 1.5**time
    plain, _ = count_trend(counts, time)
    per_hour, _ = count_trend(counts * hours, time, exposure=hours)
    assert per_hour.estimate == pytest.approx(plain.estimate, rel=0.02)
    doubled, _ = count_trend(counts, time, exposure=np.full(60, 2.0))
    assert doubled.estimate == pytest.approx(plain.estimate, rel=1e-5)
    with pytest.raises(ValueError, match="exposure"):
        count_trend(counts, time, exposure=np.zeros(60))


@pytest.mark.parametrize("level", [1, 20, 5000])
def test_everybody_at_every_event_is_no_trend(level):
    for counts in ([level] * 12, np.full(12, level, dtype=np.int64)):
        result, method = count_trend(counts, list(range(12)), season=np.arange(12) / 12)
        assert result.estimate == pytest.approx(1)
        assert result.conf_low < 1 < result.conf_high
        assert result.p_value == pytest.approx(1)
        assert method == "quasi-Poisson regression on time"


def test_counts_without_a_trend_to_be_had_give_none():
    time = np.arange(8.0)
    for counts in (
        [],
        [3],
        [0] * 8,
        [0] * 7 + [5],
        [5] + [0] * 7,
        [math.nan] * 8,
        [4, 5, 6] + [math.nan] * 5,
    ):
        assert np.isnan(count_trend(counts, time[: len(counts)])[0]).all(), counts
    assert np.isnan(count_trend(np.arange(8), np.ones(8))[0]).all()
    missing = count_trend([4, 9, math.nan, 7, 5, 8, 3, math.nan, 6], np.arange(9.0))
    assert missing == count_trend([4, 9, 7, 5, 8, 3, 6], [0, 1, 3, 4, 5, 6, 8])
    for counts, times in (
        ([-1] * 8, time),
        ([math.inf] * 8, time),
        ([5] * 8, np.append(time[:7], math.inf)),
        ([5] * 8, 1.0),
        (5, 1),
    ):
        with pytest.raises(ValueError, match=r"count|times|shape"):
            count_trend(counts, times if np.ndim(times) else np.full(3, times))


def test_a_trend_does_not_hang_on_the_order_or_the_unit_of_time():
    counts, time = series(30, 8, 1.4)
    order = np.random.default_rng(0).permutation(30)
    found, method = count_trend(counts, time)
    assert count_trend(counts[order], time[order]) == (found, method)
    days = count_trend(counts, 1e4 + 365.25 * time)[0]
    assert days.estimate**365.25 == pytest.approx(found.estimate, rel=1e-8)
    assert days.p_value == pytest.approx(found.p_value, rel=1e-6)


def test_count_trend_is_the_regression():
    counts, time = series(40, 2, 1.2)
    fit = count_regression(counts, np.column_stack([np.ones(40), time]))
    found, method = count_trend(counts, time)
    assert method == "negative binomial regression on time"
    assert found.estimate == pytest.approx(math.exp(fit.coefficients[1]), rel=1e-6)
    error = fit.standard_errors[1] * math.sqrt(40 / 38)
    reach = stats.t.ppf(0.975, 38) * error
    assert math.log(found.conf_high / found.estimate) == pytest.approx(reach, rel=1e-5)


def test_good_and_bad_months_that_follow_each_other_widen_the_interval():
    time = np.arange(24) / 12
    waves = np.array(
        [30, 32, 28, 31, 12, 9, 11, 14, 33, 29, 30, 35, 10, 13, 9, 12, 31, 30, 28, 34, 11, 10, 12, 13]
    )
    mixed = np.random.default_rng(0).permutation(waves)
    width = {}
    for name, counts in (("waves", waves), ("mixed", mixed)):
        found, method = count_trend(counts, time)
        assert method.endswith(RAISED) == (name == "waves")
        width[name] = math.log(found.conf_high / found.conf_low)
    assert width["waves"] > 1.5 * width["mixed"]
    alike = relative_trend(waves, np.full(24, 20.0), np.ones(24), time)
    apart = relative_trend(mixed, np.full(24, 20.0), np.ones(24), time)
    assert alike.conf_high / alike.conf_low > apart.conf_high / apart.conf_low


@pytest.mark.slow
@pytest.mark.parametrize("n", [12, 24, 48])
@pytest.mark.parametrize(("memory", "most"), [(0.0, 0.065), (0.65, 0.09)])
def test_few_false_alarms_where_months_follow_each_other(n, memory, most):
    """A memory of 0.65 of the levels is a correlation of 0.5 of the counts."""
    random, time, alarms = np.random.default_rng(1), np.arange(n) * 30 / 365.25, 0
    for _ in range(400):
        shock = random.normal(0, 1, n)
        shock[1:] *= math.sqrt(1 - memory**2)
        level = stats.gamma.ppf(stats.norm.cdf(signal.lfilter([1], [1, -memory], shock)), 6) / 6
        counts = random.poisson(20 * level)
        alarms += count_trend(counts, time, season=time % 1)[0].p_value < 0.05
    assert 0.01 < alarms / 400 < most


@pytest.mark.slow
@pytest.mark.parametrize(("n", "season", "most"), [(8, False, 0.09), (20, False, 0.075), (60, True, 0.075)])
def test_few_false_alarms_at_any_times(n, season, most):
    trends = [series(n, seed) for seed in range(600)]
    p = [count_trend(y, t, season=t % 1 if season else None)[0].p_value for y, t in trends]
    assert 0.01 < np.mean(np.array(p) < 0.05) < most
