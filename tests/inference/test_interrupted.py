"""Published and computed values, planted changes, refusals, and coverage under autocorrelation."""

import math
import re

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from outreach_metrics.inference.count_series import (
    AUTOCORRELATIONS,
    _autoregressive_inverse,
    _restricted_likelihood,
    autoregressive_variance,
    fit_counts,
    fit_negative_binomial,
    newey_west_variance,
    residual_autocorrelation,
)
from outreach_metrics.inference.interrupted import (
    interrupted_many,
    interrupted_time_series,
    seasonal_harmonics,
)
from outreach_metrics.inference.placebo import placebo_dates
from tests.conftest import SHARED

# Sicily 2002-2006: acute coronary episodes a month and age-standardised population; smoking ban in January
# 2005. Lopez Bernal J, Cummins S & Gasparrini A (2017) IJE 46:348, doi:10.1093/ije/dyw098.
# fmt: off
ACES = np.array(
    [
        728, 659, 791, 734, 757, 726, 760, 740, 720, 814, 795, 858, 887, 766, 851, 769, 781,
        756, 766, 752, 765, 831, 879, 928, 914, 808, 937, 840, 916, 828, 845, 818, 860, 839,
        887, 886, 831, 796, 833, 820, 877, 758, 767, 738, 781, 843, 850, 908, 1021, 859, 976,
        888, 962, 838, 810, 876, 843, 936, 912
    ]
)
STANDARD_POPULATION = np.array(
    [
        379875.3, 376495.5, 377040.8, 377116.4, 377383.4, 374113.1, 379513.3, 376295.5,
        374653.2, 378485.6, 375955.5, 378349.7, 376762.4, 379032.3, 379360.4, 376162, 377972.4,
        381830.7, 379888.6, 380872.2, 380966.9, 381240.4, 382104.9, 381802.7, 381656.3, 383680,
        383504.2, 386462.9, 383783.1, 380836.8, 383483, 380906.2, 382926.8, 384052.4, 384449.6,
        383428.4, 388153.2, 388373.2, 386470.1, 386033.2, 383686.4, 385509.3, 385901.9,
        386516.6, 388436.5, 383255.2, 390148.7, 385874.9, 391613.6, 391750.4, 394005.6,
        391364.9, 391664.6, 389022.3, 391878.5, 388575.3, 392989, 390018.8, 390712.3
    ]
)
# fmt: on
MONTH = np.arange(1, len(ACES) + 1)
BAN = MONTH > 36
STEP_ONLY = {"time": MONTH / 12, "slope": False, "harmonics": 0, "covariance": "independent"}


def standard_error(result, df):
    """Take the standard error of the log ratio back out of a 95 % interval."""
    return math.log(result.conf_high / result.conf_low) / 2 / stats.t.ppf(0.975, df)


def simulated(size=48, mean=30.0, seed=0, rows=1):
    rng = np.random.default_rng(seed)
    after = np.arange(size) >= size // 2
    return rng.negative_binomial(mean / 2, 1 / 3, (rows, size)).astype(float), after


def glm(counts, design, exposure, family="poisson", **kwargs):
    import statsmodels.api as sm

    return sm.GLM(counts, design, family=sm.families.Poisson(), offset=np.log(exposure)).fit(**kwargs)


def test_poisson_of_the_tutorial():
    # R: glm(aces ~ offset(log(stdpop)) + smokban + time, family = poisson, data)
    found = interrupted_time_series(ACES, BAN, STANDARD_POPULATION, family="poisson", **STEP_ONLY)
    assert found.level[:3] == pytest.approx((0.894376508, 0.864686417, 0.925086046), abs=1e-6)
    assert (found.deviance, found.dispersion) == pytest.approx((197.3096125, 3.5591868), abs=1e-5)


def test_quasi_poisson_of_the_tutorial():
    # R: summary(glm(aces ~ offset(log(stdpop)) + smokban + time, family = quasipoisson, data))
    found = interrupted_time_series(ACES, BAN, STANDARD_POPULATION, **STEP_ONLY)
    assert found.level.p_value == pytest.approx(0.00112213727, abs=1e-7)
    assert standard_error(found.level, found.df) == pytest.approx(0.0324959453606, abs=1e-6)
    assert found.df == 56


def test_negative_binomial_of_the_tutorial():
    # R: MASS::glm.nb(aces ~ offset(log(stdpop)) + smokban + time, data)
    found = interrupted_time_series(ACES, BAN, STANDARD_POPULATION, family="negative-binomial", **STEP_ONLY)
    assert math.log(found.level.estimate) == pytest.approx(-0.112800438, abs=1e-6)
    assert standard_error(found.level, math.inf) == pytest.approx(0.0315560269, abs=1e-6)
    assert found.theta == pytest.approx(356.2885685, abs=1e-2)
    assert found.log_likelihood == pytest.approx(-317.1672986, abs=1e-6)


@pytest.mark.parametrize(
    ("case", "family"),
    [
        ("its_sicily_poisson", "poisson"),
        ("its_sicily_quasi", "quasi-poisson"),
        ("its_sicily_nb", "negative-binomial"),
    ],
)
def test_shared_reference_cases(cases, case, family):
    rows = np.genfromtxt(SHARED / "reference" / cases[case]["dataset_file"], delimiter=",", names=True)
    found = interrupted_time_series(
        rows["aces"],
        rows["smokban"] == 1,
        rows["stdpop"],
        time=rows["time"] / 12,
        family=family,
        slope=False,
        harmonics=0,
        covariance="independent",
    )
    error, log = standard_error(found.level, found.df), math.log(found.level.estimate)
    numbers = {
        "b": log,
        "se": error,
        "rr": found.level.estimate,
        "ci_low": math.exp(log - 1.959963984540054 * error),
        "ci_high": math.exp(log + 1.959963984540054 * error),
        "deviance": found.deviance,
        "pearson_dispersion": found.dispersion,
        "dispersion": found.dispersion,
        "p_t": found.level.p_value,
        "theta": found.theta,
        "loglik": found.log_likelihood,
    }
    for name, expected in cases[case]["expected"].items():
        assert numbers[name] == pytest.approx(expected["value"], abs=expected["tol"]), name


@pytest.mark.parametrize("slope", [False, True])
def test_season_and_change_of_slope_of_the_tutorial(slope):
    # R: glm(aces ~ offset(log(stdpop)) + smokban + time + I(time - 36):smokban + harmonic(month, 2, 12),
    #        family = quasipoisson, data), without and with the third term
    angle = 2 * np.pi * MONTH / 12
    columns = [np.ones(59), MONTH, BAN, np.sin(angle), np.cos(angle), np.sin(2 * angle), np.cos(2 * angle)]
    design = np.column_stack(columns + [BAN * (MONTH - 36)] * slope)
    oracle = glm(ACES, design, STANDARD_POPULATION, scale="X2")
    found = interrupted_time_series(
        ACES, BAN, STANDARD_POPULATION, time=MONTH / 12, start=3, slope=slope, covariance="independent"
    )
    assert found.harmonics == 2
    assert found.level.estimate == pytest.approx(math.exp(oracle.params[2]), abs=1e-9)
    assert standard_error(found.level, found.df) == pytest.approx(oracle.bse[2], abs=1e-9)
    assert found.trend_before.estimate == pytest.approx(math.exp(12 * oracle.params[1]), abs=1e-9)
    assert found.dispersion == pytest.approx(oracle.scale, abs=1e-9)
    np.testing.assert_allclose(found.fitted, oracle.fittedvalues, rtol=1e-9)
    if slope:
        assert found.slope.estimate == pytest.approx(math.exp(12 * oracle.params[-1]), abs=1e-9)
        assert standard_error(found.slope, found.df) == pytest.approx(12 * oracle.bse[-1], abs=1e-8)
    else:
        assert math.isnan(found.slope.estimate)
        assert found.level.estimate == pytest.approx(0.885, abs=5e-4)


@pytest.mark.parametrize("lags", [0, 3, 6])
def test_newey_west_matches_statsmodels(lags):
    # R: sandwich::NeweyWest(fit, lag = lags, prewhite = FALSE)
    design = np.column_stack([np.ones(59), MONTH / 12, BAN])
    oracle = glm(ACES, design, STANDARD_POPULATION, cov_type="HAC", cov_kwds={"maxlags": lags})
    found = interrupted_time_series(
        ACES, BAN, STANDARD_POPULATION, **STEP_ONLY | {"covariance": "newey-west"}, newey_west_lags=lags
    )
    assert standard_error(found.level, found.df) == pytest.approx(oracle.bse[2], rel=1e-9)
    assert f"lag {lags}" in found.method


def test_effect_is_the_ratio_of_fitted_to_expected_with_the_delta_method():
    counts, after = simulated()
    found = interrupted_time_series(counts[0], after, harmonics=1, covariance="independent")
    assert found.effect.estimate == pytest.approx(counts[0][after].sum() / found.expected[after].sum())
    np.testing.assert_allclose(found.expected[~after], found.fitted[~after])
    time = np.arange(48) / 12
    since, angle = time - 2, 2 * np.pi * time
    design = np.column_stack([np.ones(48), since, after, after * since, np.sin(angle), np.cos(angle)])
    oracle = glm(counts[0], design, np.ones(48), scale="X2")

    def log_effect(coefficients):
        without = coefficients * np.array([1, 1, 0, 0, 1, 1])
        return math.log(np.exp(design @ coefficients)[after].sum() / np.exp(design @ without)[after].sum())

    nudges = np.eye(6) * 1e-6
    gradient = [(log_effect(oracle.params + n) - log_effect(oracle.params - n)) / 2e-6 for n in nudges]
    error = math.sqrt(np.array(gradient) @ oracle.cov_params() @ np.array(gradient))
    assert standard_error(found.effect, found.df) == pytest.approx(error, rel=1e-6)


def test_a_comparison_is_the_model_with_every_term_crossed_with_the_group():
    # R: glm(count ~ group * (time + after + after:since) + offset(log(exposure)), family = poisson)
    treated, after = simulated(seed=1)
    compared = simulated(mean=90.0, seed=2)[0]
    since = np.arange(48) / 12 - 2
    one = np.column_stack([np.ones(48), since, after, after * since])
    design = np.vstack([np.hstack([one, one]), np.hstack([one, 0 * one])])
    oracle = glm(np.concatenate([treated[0], compared[0]]), design, np.repeat([2.0, 5.0], 48))
    found = interrupted_time_series(
        treated[0],
        after,
        2.0,
        comparison=(compared[0], 5.0),
        harmonics=0,
        family="poisson",
        covariance="independent",
    )
    for result, term in ((found.level, 6), (found.slope, 7), (found.trend_before, 5)):
        assert math.log(result.estimate) == pytest.approx(oracle.params[term], abs=1e-9)
        assert standard_error(result, math.inf) == pytest.approx(oracle.bse[term], abs=1e-9)
    assert "comparison" in found.method


def test_effect_against_a_comparison_expects_the_change_of_the_comparison():
    treated, after = simulated(seed=1)
    compared = simulated(mean=90.0, seed=2)[0]
    since = np.arange(48) / 12 - 2
    one = np.column_stack([np.ones(48), since, after, after * since])
    design = np.vstack([np.hstack([one, one]), np.hstack([one, 0 * one])])
    oracle = glm(np.concatenate([treated[0], compared[0]]), design, np.ones(96))
    found = interrupted_time_series(
        treated[0],
        after,
        comparison=(compared[0], 1.0),
        harmonics=0,
        family="poisson",
        covariance="independent",
    )

    def log_effect(coefficients):
        without = np.where(np.isin(np.arange(8), [6, 7]), 0, coefficients)
        sums = [np.exp(design[:48] @ terms)[after].sum() for terms in (coefficients, without)]
        return math.log(sums[0] / sums[1])

    nudges = np.eye(8) * 1e-6
    gradient = [(log_effect(oracle.params + n) - log_effect(oracle.params - n)) / 2e-6 for n in nudges]
    error = math.sqrt(np.array(gradient) @ oracle.cov_params() @ np.array(gradient))
    assert math.log(found.effect.estimate) == pytest.approx(log_effect(oracle.params), abs=1e-8)
    assert standard_error(found.effect, math.inf) == pytest.approx(error, rel=1e-6)
    ratio = found.fitted[after].sum() / found.expected[after].sum()
    assert found.effect.estimate == pytest.approx(ratio)
    np.testing.assert_allclose(found.expected[~after], found.fitted[~after])


def test_many_series_agree_with_statsmodels_and_with_one_at_a_time():
    counts, after = simulated(60, 15.0, 3, rows=20)
    many = interrupted_many(counts, after, 3.0, harmonics=1, covariance="independent")
    time = np.arange(60) / 12
    since, angle = time - time[30], 2 * np.pi * time
    design = np.column_stack([np.ones(60), since, after, after * since, np.sin(angle), np.cos(angle)])
    for i, row in enumerate(counts):
        oracle = glm(row, design, np.full(60, 3.0), scale="X2", tol=1e-12)
        assert math.log(many.level.estimate[i]) == pytest.approx(oracle.params[2], abs=1e-8)
        assert math.log(many.slope.estimate[i]) == pytest.approx(oracle.params[3], abs=1e-8)
    many = interrupted_many(counts, after, 3.0, harmonics=1)
    for i, row in enumerate(counts[:5]):
        single = interrupted_time_series(row, after, 3.0, harmonics=1)
        for name in ("level", "slope", "trend_before", "effect"):
            assert [part[i] for part in getattr(many, name)] == pytest.approx(getattr(single, name))
        assert (many.dispersion[i], many.df[i]) == pytest.approx((single.dispersion, single.df))
        assert many.autocorrelation[i] == pytest.approx(single.autocorrelation)


def test_each_of_many_series_may_have_its_own_start_and_reasons_to_decline():
    counts, _ = simulated(rows=4)
    starts = np.arange(48) >= np.array([24, 30, 44, 24])[:, None]
    counts[3, :24] = 0
    many = interrupted_many(counts, starts)
    single = interrupted_time_series(counts[1], starts[1], harmonics=0)
    assert np.isfinite(many.level.estimate).tolist() == [True, True, False, False]
    assert many.level.estimate[1] == pytest.approx(single.level.estimate)
    assert np.isnan(interrupted_many(counts, np.zeros(48, dtype=bool)).level.p_value).all()


@pytest.mark.filterwarnings("ignore:Maximum Likelihood optimization failed")
def test_negative_binomial_size_matches_the_joint_maximum():
    import statsmodels.api as sm

    counts, after = simulated(seed=5)
    design = np.column_stack([np.ones(48), np.arange(48) / 12, after])
    fit, theta = fit_negative_binomial(counts, design, np.zeros(48))
    start = np.append(fit.coefficients[0], 0.1)
    joint = sm.NegativeBinomial(counts[0], design).fit(start_params=start, disp=0, maxiter=500, gtol=1e-8)
    assert 1 / theta == pytest.approx(joint.params[-1], rel=1e-3)
    assert fit.coefficients[0] == pytest.approx(joint.params[:-1], abs=1e-4)


def test_negative_binomial_of_counts_that_vary_less_than_poisson_counts_is_poisson():
    even = np.tile([9.0, 11.0], 24)
    fit, theta = fit_negative_binomial(even[None], np.ones((48, 1)), np.zeros(48))
    assert theta == math.inf
    assert fit.mean[0, 0] == pytest.approx(10)


def test_restricted_likelihood_is_that_of_the_full_correlation_matrix_with_gaps():
    counts, after = simulated(20, seed=6)
    step = np.delete(np.arange(23), [5, 11, 12])
    design = np.column_stack([np.ones(20), step / 12, after])
    fit = fit_counts(counts, design, np.zeros(20))
    inverse = _autoregressive_inverse(np.diff(step))
    likelihood, dispersion = _restricted_likelihood(fit, *inverse)
    scaled, residuals = fit.scaled_design[0], fit.residuals[0]
    for place in (0, 10, 20, 29):
        correlation = AUTOCORRELATIONS[place] ** np.abs(step[:, None] - step)
        weight = np.linalg.inv(correlation)
        information = scaled.T @ weight @ scaled
        left = residuals - scaled @ np.linalg.solve(information, scaled.T @ weight @ residuals)
        chi_square = left @ weight @ left
        determinants = np.linalg.slogdet(correlation)[1] + np.linalg.slogdet(information)[1]
        expected = -0.5 * (17 * math.log(chi_square) + determinants)
        assert likelihood[place, 0] == pytest.approx(expected, rel=1e-9)
        assert dispersion[place, 0] == pytest.approx(chi_square / 17, rel=1e-9)


def test_autoregressive_variance_is_plain_where_only_no_autocorrelation_is_likely(monkeypatch):
    counts, after = simulated(40, seed=7)
    design = np.column_stack([np.ones(40), np.arange(40) / 12, after])
    fit = fit_counts(counts, design, np.zeros(40))
    monkeypatch.setattr("outreach_metrics.inference.count_series.AUTOCORRELATIONS", np.zeros(1))
    variance, df, assumed = autoregressive_variance(fit, np.eye(3)[None], np.arange(40))
    oracle = glm(counts[0], design, np.ones(40), scale="X2")
    assert np.sqrt(variance[0]) == pytest.approx(oracle.bse, rel=1e-8)
    assert (df[0, 0], assumed[0]) == pytest.approx((37, 0))


def test_newey_west_counts_left_out_periods_as_gaps():
    counts, after = simulated(30, seed=8)
    design = np.column_stack([np.ones(30), after])
    fit = fit_counts(counts, design, np.zeros(30))
    apart = newey_west_variance(fit, np.eye(2)[None], 10 * np.arange(30), 3)
    assert apart == pytest.approx(newey_west_variance(fit, np.eye(2)[None], np.arange(30), 0))


def test_residual_autocorrelation_leaves_gaps_out():
    residuals = np.array([[1.0, 2.0, 3.0]])
    assert residual_autocorrelation(residuals, np.array([4, 5, 7]), 2)[0] == pytest.approx([2 / 14, 6 / 14])


def planted(time, after, level, slope):
    since = time - time[after][0]
    return 40 * np.exp(0.1 * time + 0.3 * np.sin(2 * np.pi * time)) * np.where(after, level * slope**since, 1)


def test_planted_change_is_found_exactly_across_a_gap():
    time = np.delete(np.arange(52), [24, 25, 26, 27]) / 12
    after = time > 2
    found = interrupted_time_series(planted(time, after, 0.7, 1.2), after, time=time, harmonics=1)
    assert found.level.estimate == pytest.approx(0.7, rel=1e-7)
    assert found.slope.estimate == pytest.approx(1.2, rel=1e-7)
    assert found.trend_before.estimate == pytest.approx(math.exp(0.1), rel=1e-7)
    assert found.expected == pytest.approx(planted(time, after, 1.0, 1.0), rel=1e-6)
    assert found.level.conf_low < 0.7 < found.level.conf_high


def test_start_moves_where_the_level_is_measured():
    time = np.arange(48) / 12
    after = time >= 2
    found = interrupted_time_series(planted(time, after, 0.7, 1.2), after, time=time, start=3.0, harmonics=1)
    assert found.level.estimate == pytest.approx(0.7 * 1.2, rel=1e-7)
    assert found.effect.estimate == pytest.approx(
        interrupted_time_series(planted(time, after, 0.7, 1.2), after, harmonics=1).effect.estimate
    )


def test_a_constant_series_has_a_poisson_interval_about_1():
    found = interrupted_time_series(np.full(48, 5.0), np.arange(48) >= 24)
    assert found.level.estimate == pytest.approx(1)
    assert 0 < found.level.conf_low < 1 < found.level.conf_high < math.inf
    assert found.level.p_value == pytest.approx(1)


@settings(max_examples=25)
@given(st.integers(0, 10_000), st.floats(0.5, 500), st.sampled_from([0.9, 0.95, 0.99]), st.booleans())
def test_interval_matches_p_and_exposure_only_scales(seed, scale, conf_level, slope):
    counts, after = simulated(36, 8.0, seed)
    kwargs = {"slope": slope, "harmonics": 1, "conf_level": conf_level}
    found = interrupted_time_series(counts[0], after, 2.0, **kwargs)
    scaled = interrupted_time_series(counts[0], after, 2.0 * scale, **kwargs)
    for name in ("level", "slope", "trend_before", "effect")[:: 1 if slope else 3]:
        result = getattr(found, name)
        outside = not result.conf_low <= 1 <= result.conf_high
        assert outside == (result.p_value < 1 - conf_level)
        assert getattr(scaled, name) == pytest.approx(result, rel=1e-6)
    assert scaled.expected == pytest.approx(found.expected, rel=1e-6)


@settings(max_examples=15)
@given(st.integers(0, 10_000))
def test_changing_places_with_the_comparison_inverts(seed):
    (treated, compared), after = simulated(36, 12.0, seed, rows=2)
    found = interrupted_time_series(treated, after, comparison=(compared, 1.0))
    turned = interrupted_time_series(compared, after, comparison=(treated, 1.0))
    for name in ("level", "slope", "trend_before"):
        ours, theirs = getattr(found, name), getattr(turned, name)
        assert ours.estimate == pytest.approx(1 / theirs.estimate)
        assert ours.conf_low == pytest.approx(1 / theirs.conf_high)
        assert ours.p_value == pytest.approx(theirs.p_value)


@pytest.mark.parametrize(
    ("counts", "after", "words"),
    [
        (np.full(48, 3), np.arange(48) >= 41, "7 periods after the start"),
        (np.full(48, 3), np.arange(48) >= 7, "7 periods before the start"),
        (np.full(48, 3), np.zeros(48, dtype=bool), "0 periods after"),
        (np.where(np.arange(48) < 24, 3, 0), np.arange(48) >= 24, "no counts"),
        (np.where(np.arange(48) < 24, 0, 3), np.arange(48) >= 24, "no counts"),
        (np.where(np.arange(48) < 25, 3, 0), np.arange(48) >= 24, "separation"),
    ],
)
def test_what_cannot_be_told_is_declined_with_a_reason(counts, after, words):
    found = interrupted_time_series(counts, after, harmonics=0)
    assert all(math.isnan(x) for name in ("level", "slope", "effect") for x in getattr(found, name))
    assert np.isnan(found.expected).all()
    assert words in found.notes[0]
    assert np.isnan(interrupted_many(counts[None], after).level.estimate[0])


def test_too_many_terms_and_terms_that_are_one_are_declined():
    counts, after = simulated(16)
    assert "too few for 14 terms" in interrupted_time_series(counts[0], after, harmonics=5).notes[0]
    quarters = np.arange(40) / 4
    found = interrupted_time_series(
        np.full(40, 9), quarters >= 5, time=quarters, periods_per_year=4, harmonics=2
    )
    assert "told apart" in found.notes[0]


def test_a_comparison_without_counts_declines_both():
    counts, after = simulated()
    found = interrupted_time_series(counts[0], after, comparison=(0 * counts[0], 1.0))
    assert "no counts" in found.notes[0]


@pytest.mark.parametrize(
    "broken",
    [
        {"counts": np.full(20, -1)},
        {"counts": np.full(20, math.nan)},
        {"exposure": 0.0},
        {"time": np.zeros(20)},
    ],
)
def test_broken_input_is_an_error(broken):
    sound = {"counts": np.full(20, 4), "after": np.arange(20) >= 10, "exposure": 1.0}
    with pytest.raises(ValueError, match=re.compile("count|exposure|time")):
        interrupted_time_series(**sound | broken)


def test_many_negative_binomial_series_are_an_error():
    counts, after = simulated(rows=2)
    with pytest.raises(ValueError, match="one series at a time"):
        interrupted_many(counts, after, family="negative-binomial")


def test_input_is_left_alone():
    counts, after = simulated()
    before = counts.copy()
    interrupted_time_series(counts[0], after)
    interrupted_many(counts, after)
    np.testing.assert_array_equal(counts, before)


@pytest.mark.parametrize(
    ("periods", "a_year", "mean", "expected"),
    [
        (60, 12, 20, 2),
        (30, 12, 20, 1),
        (20, 12, 20, 0),
        (60, 12, 2, 1),
        (60, 12, 0.5, 0),
        (40, 4, 20, 1),
        (40, 1, 20, 0),
    ],
)
def test_season_by_years_and_counts(periods, a_year, mean, expected):
    assert seasonal_harmonics(np.full(periods, mean), a_year) == expected


def test_notes_tell_what_a_reader_should_know():
    counts, after = simulated(24, 1.0)
    notes = " ".join(interrupted_time_series(counts[0], after).notes)
    assert "wider" in notes
    assert "biased" in notes
    wave = np.round(100 * np.exp(np.sin(np.arange(60) / 9.0)))
    assert "strong autocorrelation" in " ".join(
        interrupted_time_series(wave, np.arange(60) >= 30, harmonics=0).notes
    )
    counts, after = simulated(60)
    assert interrupted_time_series(counts[0], after).notes == ()


def test_placebo_dates_find_nothing_before_the_sicilian_ban():
    found = placebo_dates(ACES, BAN, STANDARD_POPULATION, time=MONTH / 12, slope=False)
    assert found.position.tolist() == list(range(8, 29))
    assert found.share_as_extreme == 0
    assert found.real_level == pytest.approx(0.885, abs=5e-4)
    assert found.reason == ""
    place = 3
    early = np.arange(36)
    single = interrupted_time_series(
        ACES[:36],
        early >= found.position[place],
        STANDARD_POPULATION[:36],
        time=MONTH[:36] / 12,
        slope=False,
        harmonics=2,
    )
    assert [part[place] for part in found.level] == pytest.approx(single.level)


def test_placebo_dates_find_an_earlier_step():
    time = np.arange(60) / 12
    counts = np.where(time >= 1.5, 50.0, 100.0)
    found = placebo_dates(counts, time >= 3.5, harmonics=0, slope=False)
    lowest = np.argmin(found.level.estimate)
    assert found.position[lowest] == 18
    assert found.level.p_value[lowest] < 0.01
    assert 0 < found.share_significant < 1
    assert 0 < found.share_as_extreme < 1


def test_placebo_dates_say_why_there_are_none():
    counts, _ = simulated(48)
    short = placebo_dates(counts[0], np.arange(48) >= 15)
    assert "15 periods before" in short.reason
    assert math.isnan(short.share_as_extreme)
    no_step = placebo_dates(np.where(np.arange(48) < 24, 5, 0), np.arange(48) >= 24)
    assert "no step" in no_step.reason


def correlated_counts(rng, rows, mean, dispersion, autocorrelation):
    """Draw negative binomial (or Poisson) counts whose ranks follow a first-order autoregression."""

    def quantile(u, at):
        if dispersion == 1:
            table = stats.poisson.cdf(np.arange(300), at)
        else:
            table = stats.nbinom.cdf(np.arange(300), at / (dispersion - 1), 1 / dispersion)
        return np.searchsorted(table, u).astype(float)

    def chain(latent, size):
        normal = rng.standard_normal(size)
        for t in range(1, size[1]):
            normal[:, t] = latent * normal[:, t - 1] + math.sqrt(1 - latent**2) * normal[:, t]
        return stats.norm.cdf(normal)

    latents = np.linspace(0, 0.8, 9)
    pairs = [quantile(chain(latent, (20_000, 2)), mean.mean()) for latent in latents]
    latent = np.interp(autocorrelation, [np.corrcoef(pair.T)[0, 1] for pair in pairs], latents)
    uniform = chain(latent if autocorrelation else 0.0, (rows, len(mean)))
    return np.stack([quantile(uniform[:, t], at) for t, at in enumerate(mean)], axis=1)


@pytest.mark.slow
@pytest.mark.parametrize("periods", [48, 60])
@pytest.mark.parametrize("mean", [5, 40])
@pytest.mark.parametrize("dispersion", [1, 3])
def test_intervals_cover_and_false_alarms_are_few(periods, mean, dispersion):
    rng = np.random.default_rng(periods + mean + dispersion)
    time, rows = np.arange(periods) / 12, 1000
    after = time >= periods / 24
    for autocorrelation, step in ((0, 0.0), (0.3, -0.3), (0.5, 0.0)):
        log_mean = 0.2 * np.sin(2 * np.pi * time) - 0.05 * time + step * after
        expected = mean * np.exp(log_mean)
        counts = correlated_counts(rng, rows, expected, dispersion, autocorrelation)
        found = interrupted_many(counts, after, harmonics=1)
        truths = (math.exp(step), 1.0, math.exp(step))
        for result, truth in zip((found.level, found.slope, found.effect), truths, strict=True):
            covered = (result.conf_low <= truth) & (truth <= result.conf_high)
            assert 0.93 <= covered.mean() <= 0.99, (autocorrelation, covered.mean())
        assert (found.slope.p_value < 0.05).mean() <= 0.06
        if step == 0:
            assert (found.level.p_value < 0.05).mean() <= 0.06
        assert abs(np.log(found.level.estimate).mean() - step) < 0.02 + 3 * np.log(
            found.level.estimate
        ).std() / math.sqrt(rows)
