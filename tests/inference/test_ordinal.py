"""Proportional-odds regression against MASS, statsmodels and the delta method."""

import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from outreach_metrics.inference.ordinal import ordinal_change, ordinal_logit
from tests.conftest import SHARED

PREDICTORS = ["InflMedium", "InflHigh", "TypeApartment", "TypeAtrium", "TypeTerrace", "ContHigh"]
HOUSING = [21, 21, 28, 34, 22, 36, 10, 11, 36, 61, 23, 17, 43, 35, 40, 26, 18, 54, 13, 9, 10, 8, 8, 12, 6, 7]
HOUSING += [9, 18, 6, 7, 15, 13, 13, 7, 5, 11, 14, 19, 37, 17, 23, 40, 3, 5, 23, 78, 46, 43, 48, 45, 86]
HOUSING += [15, 25, 62, 20, 23, 20, 10, 22, 24, 7, 10, 21, 57, 23, 13, 31, 21, 13, 5, 6, 13]
"""Frequencies of MASS::housing: satisfaction fastest, then influence, type of rental, contact."""
# R: MASS::polr(Sat ~ Infl + Type + Cont, data = MASS::housing, weights = Freq, Hess = TRUE)
COEFFICIENTS = [0.5663937, 1.2888191, -0.5723501, -0.3661866, -1.0910149, 0.3602841]
ERRORS = [0.10465, 0.12716, 0.11924, 0.15517, 0.15149, 0.09554]
answers = st.lists(st.integers(1, 5), min_size=1, max_size=30)


def housing():
    satisfaction = np.tile([1, 2, 3], 24)
    influence = np.tile(np.repeat([0, 1, 2], 3), 8)
    kind, contact = np.tile(np.repeat([0, 1, 2, 3], 9), 2), np.repeat([0, 1], 36)
    columns = [influence == 1, influence == 2, kind == 1, kind == 2, kind == 3, contact == 1]
    return satisfaction, np.column_stack(columns).astype(float), np.array(HOUSING)


def test_housing_is_that_of_polr():
    fit = ordinal_logit(*housing())
    assert fit.coefficients == pytest.approx(COEFFICIENTS, abs=1e-5)
    assert fit.standard_errors == pytest.approx(ERRORS, abs=5e-6)
    assert fit.thresholds == pytest.approx([-0.4961, 0.6907], abs=5e-5)
    assert fit.threshold_standard_errors == pytest.approx([0.1248, 0.1255], abs=5e-5)
    assert (fit.deviance, fit.n) == (pytest.approx(3479.149, abs=5e-4), 1681)
    ratio = fit.odds_ratios[1]
    assert ratio[:3] == pytest.approx(
        np.exp(1.2888191 + np.array([0, -1, 1]) * 1.959964 * 0.1271561), rel=1e-5
    )


def test_housing_case(cases):
    case = cases["ordinal_logit_housing"]
    frame = pd.read_csv(SHARED / "reference" / case["dataset_file"])
    satisfaction = frame["Sat"].map({"Low": 1, "Medium": 2, "High": 3})
    columns = [frame[name[:4]] == name[4:] for name in PREDICTORS]
    fit = ordinal_logit(satisfaction, np.column_stack(columns).astype(float), frame["Freq"])
    made = dict(zip(PREDICTORS, fit.coefficients, strict=True))
    made |= {"cut1": fit.thresholds[0], "cut2": fit.thresholds[1], "loglik": fit.log_likelihood}
    made |= {"se_InflHigh": fit.standard_errors[1]}
    assert set(made) == set(case["expected"])
    for key, wanted in case["expected"].items():
        assert made[key] == pytest.approx(wanted["value"], abs=wanted["tol"]), key


def test_it_is_that_of_statsmodels():
    from statsmodels.miscmodels.ordinal_model import OrderedModel

    random = np.random.default_rng(3)
    design = np.column_stack([random.normal(100, 20, 300), random.integers(0, 2, 300)])
    codes = np.digitize(0.04 * design[:, 0] - design[:, 1] + random.logistic(size=300), [2, 3, 4, 6])
    wanted = OrderedModel(codes, design, distr="logit").fit(method="newton", disp=0)
    fit = ordinal_logit(codes, design)
    assert fit.coefficients == pytest.approx(wanted.params[:2], rel=1e-4)
    assert fit.standard_errors == pytest.approx(wanted.bse[:2], rel=1e-3)
    assert fit.log_likelihood == pytest.approx(wanted.llf)


# R: datasets::mtcars
MPG = [21, 21, 22.8, 21.4, 18.7, 18.1, 14.3, 24.4, 22.8, 19.2, 17.8, 16.4, 17.3, 15.2, 10.4, 10.4, 14.7, 32.4]
MPG += [30.4, 33.9, 21.5, 15.5, 15.2, 13.3, 19.2, 27.3, 26, 30.4, 15.8, 19.7, 15, 21.4]
POWER = [
    110,
    110,
    93,
    110,
    175,
    105,
    245,
    62,
    95,
    123,
    123,
    180,
    180,
    180,
    205,
    215,
    230,
    66,
    52,
    65,
    97,
    150,
]
POWER += [150, 245, 175, 66, 91, 113, 264, 175, 335, 109]
GEARS = [4, 4, 4, 3, 3, 3, 3, 4, 4, 4, 4, 3, 3, 3, 3, 3, 3, 4, 4, 4, 3, 3, 3, 3, 3, 4, 5, 5, 5, 5, 5, 4]
MANUAL = [1, 1, 1] + [0] * 14 + [1, 1, 1] + [0] * 5 + [1] * 7


def test_groups_nearly_apart_are_not_taken_for_separated():
    """Close to separation the likelihood is flat; the maxima are those of statsmodels."""
    from sklearn.datasets import load_iris

    gears = ordinal_logit(GEARS, np.column_stack([MPG, POWER]))
    assert gears.coefficients == pytest.approx([0.3729, 0.0200], abs=1e-4)
    assert gears.standard_errors == pytest.approx([0.1228, 0.0096], abs=1e-4)
    assert gears.log_likelihood == pytest.approx(-25.580354, abs=1e-6)
    assert math.isnan(gears.proportional.statistic)
    flowers = load_iris()
    iris = ordinal_logit(flowers.target, flowers.data)
    assert iris.coefficients == pytest.approx([-2.4652, -6.6810, 9.4295, 18.2863], abs=1e-3)
    assert iris.log_likelihood == pytest.approx(-5.949277, abs=1e-6)
    assert not gears.reason + iris.reason


def test_groups_apart_are_told():
    # nobody with an automatic has five gears, nobody without one three
    assert "no answer in common" in ordinal_logit(GEARS, np.column_stack([MANUAL, MPG])).reason
    for gap in (0.5, -1.5):
        line = np.append(np.arange(20), 20 + gap + np.arange(20))
        found = ordinal_logit(np.repeat([1, 2], 20), line[:, None])
        assert found.reason if gap > 0 else not math.isnan(found.odds_ratios[0].p_value)


def test_without_predictors_the_thresholds_are_the_shares():
    fit = ordinal_logit(GEARS, np.empty((32, 0)))
    assert fit.odds_ratios == () and not fit.reason
    assert fit.thresholds == pytest.approx([math.log(15 / 17), math.log(27 / 5)])


def test_weights_are_rows():
    satisfaction, design, frequency = housing()
    rows = np.repeat(np.arange(72), frequency)
    weighted, expanded = ordinal_logit(*housing()), ordinal_logit(satisfaction[rows], design[rows])
    assert weighted.standard_errors == pytest.approx(expanded.standard_errors)
    assert weighted.proportional == pytest.approx(expanded.proportional)


def test_two_answers_are_a_logistic_regression():
    import statsmodels.api as sm

    random = np.random.default_rng(2)
    design = random.normal(size=(200, 2))
    high = design[:, 0] + random.logistic(size=200) > 0.5
    fit, wanted = ordinal_logit(high, design), sm.Logit(high, sm.add_constant(design)).fit(disp=0)
    assert fit.coefficients == pytest.approx(wanted.params[1:], rel=1e-6)
    assert fit.thresholds == pytest.approx([-wanted.params[0]], rel=1e-6)
    assert fit.standard_errors == pytest.approx(wanted.bse[1:], rel=1e-6)
    assert math.isnan(fit.proportional.p_value)
    person = np.arange(200) // 2
    robust = ordinal_logit(high, design, clusters=person)
    wanted = sm.Logit(high, sm.add_constant(design)).fit(
        disp=0, cov_type="cluster", cov_kwds={"groups": person, "use_correction": False}
    )
    assert robust.standard_errors == pytest.approx(wanted.bse[1:] * math.sqrt(100 / 99), rel=1e-6)


def test_brant_with_two_groups_is_the_delta_method():
    counts = np.array([[30, 25, 20, 15], [12, 20, 24, 34]])
    odds, covariance = [], np.zeros((3, 3))
    for row in counts:
        n, above = row.sum(), 1 - np.cumsum(row)[:-1] / row.sum()
        odds.append(np.log(above / (1 - above)))
        spread = np.minimum.outer(above, above) - np.multiply.outer(above, above)
        covariance += spread / n / np.multiply.outer(above * (1 - above), above * (1 - above))
    contrasts = np.array([[-1, 1, 0], [-1, 0, 1]])
    apart = contrasts @ (odds[1] - odds[0])
    wanted = apart @ np.linalg.solve(contrasts @ covariance @ contrasts.T, apart)
    codes, group = np.tile(np.arange(4), 2), np.repeat([[0.0], [1.0]], 4, axis=0)
    made = ordinal_logit(codes, group, counts.ravel()).proportional
    assert (made.statistic, made.df) == (pytest.approx(wanted), 2)


def test_brant_finds_odds_that_are_not_proportional():
    low = ordinal_change([1] * 40 + [2] * 20 + [3] * 40, [1] * 10 + [2] * 80 + [3] * 10)
    assert low.proportional.p_value < 0.001


@pytest.mark.slow
def test_brant_is_false_one_in_twenty():
    random, found = np.random.default_rng(0), []
    for _ in range(1000):
        design = random.normal(size=(300, 2))
        codes = np.digitize(design @ [0.5, -0.2] + random.logistic(size=300), [-1, 0, 1])
        found.append(ordinal_logit(codes, design).proportional.p_value < 0.05)
    assert 0.03 <= np.mean(found) <= 0.07


def test_units_and_codes_do_not_matter():
    satisfaction, design, frequency = housing()
    fit = ordinal_logit(satisfaction, design, frequency)
    other = ordinal_logit(10 * satisfaction**2, design / 7 + 1e4, frequency)
    assert other.coefficients == pytest.approx(7 * fit.coefficients, rel=1e-6)
    assert other.standard_errors == pytest.approx(7 * fit.standard_errors, rel=1e-6)
    assert other.log_likelihood == pytest.approx(fit.log_likelihood)


@pytest.mark.parametrize(
    ("codes", "design", "reason"),
    [
        ([], np.empty((0, 1)), "no answers"),
        ([2, 2, 2], [[0], [1], [1]], "answered alike"),
        ([1, 2, 3], [[1], [1], [1]], "do not vary"),
        ([1, 2, 3, 2], [[0, 0], [1, 1], [1, 1], [0, 0]], "repeat each other"),
        ([1, 1, 2, 2, 3, 3], [[0], [0], [1], [1], [1], [1]], "no answer in common"),
        ([np.nan, 2], [[0], [1]], "answered alike"),
    ],
)
def test_no_regression_is_told(codes, design, reason):
    fit = ordinal_logit(np.array(codes), np.array(design, dtype=float))
    assert reason in fit.reason
    assert np.isnan(fit.coefficients).all()
    assert np.isnan(fit.odds_ratios[0]).all()


def test_one_cluster_is_told_and_lengths_are_checked():
    assert "too few clusters" in ordinal_logit([1, 2, 1, 2], [[0], [0], [1], [1]], clusters=[1] * 4).reason
    with pytest.raises(ValueError, match="as many"):
        ordinal_logit([1, 2], [[0]])


@given(answers, answers)
def test_change_turns_with_the_waves(before, after):
    made, turned = ordinal_change(before, after), ordinal_change(after, before)
    assert (made.reason == "") == (turned.reason == "")
    if made.reason:
        assert np.isnan(made.odds_ratio).all()
        return
    assert made.odds_ratio.estimate == pytest.approx(1 / turned.odds_ratio.estimate, rel=1e-6)
    assert made.odds_ratio.conf_low == pytest.approx(1 / turned.odds_ratio.conf_high, rel=1e-6)
    assert (made.odds_ratio.p_value < 0.05) == (made.odds_ratio.conf_low > 1 or made.odds_ratio.conf_high < 1)


def test_people_who_answer_twice_narrow_the_change():
    random = np.random.default_rng(1)
    person = np.arange(300)
    level = random.normal(0, 2, 300)
    before, after = (
        np.digitize(level + gain + random.logistic(size=300), [-2, -1, 0, 2]) for gain in (0, 0.7)
    )
    apart, linked = ordinal_change(before, after), ordinal_change(before, after, person, person)
    assert linked.odds_ratio.estimate == pytest.approx(apart.odds_ratio.estimate)
    assert np.diff(np.log(linked.odds_ratio[1:3])) < 0.8 * np.diff(np.log(apart.odds_ratio[1:3]))
    fresh = ordinal_change(before, after, person, person + 300)
    assert fresh.odds_ratio.conf_low == pytest.approx(apart.odds_ratio.conf_low, rel=0.02)


def test_survey_weights_move_the_change():
    before, after = np.array([1, 1, 2, 3, 2, 1]), np.array([1, 2, 3, 3, 2, 1])
    even = ordinal_change(before, after, weight_before=np.ones(6), weight_after=np.ones(6))
    assert even.odds_ratio.estimate == pytest.approx(ordinal_change(before, after).odds_ratio.estimate)
    high = ordinal_change(before, after, weight_before=np.ones(6), weight_after=after.astype(float))
    assert high.odds_ratio.estimate > even.odds_ratio.estimate
    with pytest.raises(ValueError, match="both waves"):
        ordinal_change(before, after, person_before=np.arange(6))


def test_nobody_in_a_wave():
    made = ordinal_change([np.nan], [1, 2])
    assert (made.n_before, made.n_after) == (0, 2)
    assert "Nobody answered in one" in made.reason
