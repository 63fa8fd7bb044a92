"""Synthetic control and synthetic difference-in-differences against published values and closed forms."""

import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from outreach_metrics.inference.synthetic import simplex_weights, synthetic_control, weights_are_unique
from outreach_metrics.inference.synthetic_difference import synthetic_difference_in_differences
from outreach_metrics.inference.synthetic_predictors import synthetic_control_on_predictors
from tests.conftest import SHARED

panels = arrays.arrays(float, (5, 6), elements=st.integers(0, 20).map(float))


def city(areas: int = 25, periods: int = 36, seed: int = 0, noise: float = 1.0) -> np.ndarray:
    """Make areas driven by two common factors, the first one inside the range of the others."""
    random = np.random.default_rng(seed)
    factors = random.normal(0, 1, (2, periods)).cumsum(axis=1)
    loadings = random.normal(0, 1, (areas, 2))
    loadings[0] = loadings[1:].mean(axis=0)
    return 40 + loadings @ factors + random.normal(0, noise, (areas, periods))


def prop99(case: dict) -> tuple[np.ndarray, list[str]]:
    frame = pd.read_csv(SHARED / "reference" / case["dataset_file"])
    wide = frame.pivot_table(index="State", columns="Year", values="PacksPerCapita")
    return wide.to_numpy(float), list(wide.index)


def checked(case: dict, found: dict[str, float]) -> None:
    assert set(found) == set(case["expected"])
    for name, expected in case["expected"].items():
        if expected["tol"] is not None:
            assert found[name] == pytest.approx(expected["value"], abs=expected["tol"]), name


def test_weights_that_made_the_target_are_found():
    donors = np.random.default_rng(2).normal(10, 3, (6, 12))
    wanted = np.array([0.5, 0.0, 0.2, 0.0, 0.3, 0.0])
    assert simplex_weights(wanted @ donors, donors) == pytest.approx(wanted, abs=1e-9)


def test_a_target_outside_goes_to_the_nearest_face():
    # By hand: of the hull of (0, 0), (2, 0) the point nearest to (1.5, -1) is (1.5, 0).
    donors = np.array([[0.0, 0.0], [2.0, 0.0], [5.0, 9.0]])
    assert simplex_weights(np.array([1.5, -1.0]), donors) == pytest.approx([0.25, 0.75, 0.0], abs=1e-12)


@given(panels)
def test_no_move_of_weight_brings_the_fit_nearer(panel):
    target, donors = panel[0], panel[1:]
    weights = simplex_weights(target, donors)
    assert weights.min() >= 0
    assert weights.sum() == pytest.approx(1)
    gradient = (donors - target) @ (weights @ donors - target)
    scale = 1 + np.square(donors - target).sum(axis=1).mean()
    assert gradient.min() >= weights @ gradient - 1e-6 * scale


@given(panels, st.permutations(range(4)))
def test_the_order_of_the_donors_does_not_matter(panel, order):
    target, donors = panel[0], panel[1:]
    weights = simplex_weights(target, donors)
    assert simplex_weights(target, donors[order]) == pytest.approx(weights[order], abs=1e-5)


def test_ties_share_alike_and_are_told():
    series = np.array([3.0, 5, 4, 6, 2, 8])
    donors = np.vstack([series, series, series, series[::-1]])
    weights = simplex_weights(series + 0.5 * np.eye(6)[0], donors)
    assert weights[:3] == pytest.approx([weights[0]] * 3, abs=1e-6)
    assert not weights_are_unique(series, donors, weights)
    assert weights_are_unique(series, donors[2:], simplex_weights(series, donors[2:]))


def test_more_donors_than_periods_take_the_smallest_weights():
    # On three points 0, 2, 4 the weights that make 2 are (a, 1 - 2a, a): least squares at a = 1/3.
    donors = np.array([[0.0], [2.0], [4.0]])
    assert simplex_weights(np.array([2.0]), donors) == pytest.approx([1 / 3] * 3, abs=1e-6)


def test_prop99_outcomes_only(cases):
    # diff-diff 3.13 SyntheticControl and mlsynth: -19.513629; placebo ratio 12.439969, rank 3 of 39.
    case = cases["sc_prop99_outcome_only"]
    outcomes, names = prop99(case)
    made = synthetic_control(outcomes, names.index("California"), 19)
    donors = [name for name in names if name != "California"]
    found = {f"w_{donor}": weight for donor, weight in zip(donors, made.weights, strict=True)}
    found = {name: weight for name, weight in found.items() if name in case["expected"]}
    found |= {"att": made.att, "pre_rmse": made.pre_rmse, "rmspe_ratio": made.ratio}
    checked(case, found | {"placebo_p_3_of_39": made.p_value})
    assert made.unique
    assert made.reason == ""
    assert made.difference.estimate == made.att
    synthetic = outcomes[names.index("California"), 19:] - made.gap[19:]
    assert made.effect.estimate == pytest.approx(1 + made.att / synthetic.mean())
    by_error = synthetic_control(outcomes, names.index("California"), 19, statistic="rmse")
    assert by_error.effect.p_value == made.p_value == by_error.p_value


def test_prop99_with_predictors(cases):
    # Abadie, Diamond & Hainmueller (2010), Table 2. R: Synth::synth with the predictors of the case.
    case = cases["sc_prop99_adh"]
    frame = pd.read_csv(SHARED / "reference" / case["dataset_file"])
    wide = {name: frame.pivot_table(index="state", columns="year", values=name) for name in frame.columns[2:]}
    first = {"lnincome": 1980, "retprice": 1980, "age15to24": 1980, "beer": 1984}
    columns = [wide[name].loc[:, year:1988].mean(axis=1) for name, year in first.items()]
    columns += [wide["cigsale"][year] for year in (1975, 1980, 1988)]
    names = list(wide["cigsale"].index)
    made = synthetic_control_on_predictors(
        wide["cigsale"].to_numpy(), np.column_stack(columns), names.index("California"), 19, placebos=False
    )
    donors = [name for name in names if name != "California"]
    weights = dict(zip(donors, made.control.weights, strict=True))
    checked(case, {name: weights[name.removeprefix("w_")] for name in case["expected"]})
    assert sum(weight > 1e-3 for weight in weights.values()) == 5
    assert made.control.pre_rmse == pytest.approx(1.754, abs=0.002)
    assert math.isnan(made.control.p_value)


def test_prop99_synthetic_difference(cases):
    # R synthdid: synthdid_estimate(Y, N0, T0), sc_estimate, did_estimate, vcov(method = "placebo").
    case = cases["sdid_prop99"]
    outcomes, names = prop99(case)
    treated = names.index("California")
    donors = [name for name in names if name != "California"]
    made = synthetic_difference_in_differences(outcomes, treated, 19)
    others = {
        kind: synthetic_difference_in_differences(outcomes, treated, 19, kind, replications=0)
        for kind in ("sc", "did")
    }
    expected = case["expected"]
    assert made.time_weights[-3:] == pytest.approx(
        expected["lambda_last3"]["value"], abs=expected["lambda_last3"]["tol"]
    )
    numbers = {
        "sdid": made.result.estimate,
        "sc_synthdid": others["sc"].result.estimate,
        "did": others["did"].result.estimate,
        "w_Nevada": made.unit_weights[donors.index("Nevada")],
    }
    for name, value in numbers.items():
        assert value == pytest.approx(expected[name]["value"], abs=expected[name]["tol"]), name
    # The published error is one draw of 200 (R, seed 12345); diff-diff drew 10.91. All 38 are taken here.
    published = expected["placebo_se_seed12345_200"]["value"]
    assert 0.8 * published < made.standard_error < 1.3 * published
    assert set(expected) == {*numbers, "lambda_last3", "placebo_se_seed12345_200"}


def test_donors_are_fitted_without_the_treated_area():
    outcomes = city()
    changed = outcomes.copy()
    changed[0] += 5
    first, second = synthetic_control(outcomes, 0, 24), synthetic_control(changed, 0, 24)
    assert first.placebo_ratios.tolist() == second.placebo_ratios.tolist()


def test_a_placebo_ratio_is_that_of_the_donor_as_if_treated():
    outcomes = city()
    made = synthetic_control(outcomes, 0, 24)
    alone = synthetic_control(outcomes[1:], 4, 24)
    assert made.placebo_ratios[4] == pytest.approx(alone.ratio)


def test_treated_area_and_periods_may_be_masks():
    outcomes = city()
    treated, before = np.arange(25) == 3, np.arange(36) < 24
    assert synthetic_control(outcomes, treated, before).effect == synthetic_control(outcomes, 3, 24).effect


@pytest.mark.parametrize("ratio", [0.7, 1.3])
def test_a_planted_ratio_is_recovered(ratio):
    outcomes = city(noise=0.5)
    outcomes[0, 24:] *= ratio
    made = synthetic_control(outcomes, 0, 24)
    assert made.effect.estimate == pytest.approx(ratio, rel=0.03)
    assert made.effect.conf_low < ratio < made.effect.conf_high
    assert made.effect.p_value == made.difference.p_value == made.p_value == pytest.approx(1 / 25)


@pytest.mark.parametrize("statistic", ["mean", "rmse"])
@given(ratio=st.floats(0.4, 2.5), seed=st.integers(0, 30), conf_level=st.sampled_from([0.5, 0.8, 0.9, 0.95]))
@settings(max_examples=40)
def test_the_interval_leaves_out_no_change_exactly_when_p_is_small(statistic, ratio, seed, conf_level):
    outcomes = city(seed=seed)
    outcomes[0, 24:] *= ratio
    made = synthetic_control(outcomes, 0, 24, conf_level, statistic)
    assume(made.reason == "")
    for result, null in ((made.effect, 1), (made.difference, 0)):
        outside = not result.conf_low <= null <= result.conf_high
        assert outside == (result.p_value < 1 - conf_level)


@pytest.mark.parametrize("statistic", ["mean", "rmse"])
def test_the_limits_are_where_the_placebo_test_turns(statistic):
    outcomes = city(seed=3)
    outcomes[0, 24:] *= 0.8
    made = synthetic_control(outcomes, 0, 24, 0.9, statistic)
    for limit, inwards in ((made.effect.conf_low, 1.001), (made.effect.conf_high, 0.999)):
        for null, rejected in ((limit * inwards, False), (limit / inwards, True)):
            restored = outcomes.copy()
            restored[0, 24:] /= null
            again = synthetic_control(restored, 0, 24, 0.9, statistic)
            assert (again.effect.p_value < 0.1) == rejected


@given(st.floats(0.01, 100))
@settings(max_examples=20)
def test_the_unit_of_the_outcome_does_not_matter(factor):
    outcomes = city()
    first, second = synthetic_control(outcomes, 0, 24), synthetic_control(outcomes * factor, 0, 24)
    assert second.effect == pytest.approx(first.effect, rel=1e-6)
    assert second.att == pytest.approx(first.att * factor, rel=1e-6)


def test_with_few_donors_the_interval_has_no_end():
    outcomes = city(areas=15)
    outcomes[0, 24:] *= 0.5
    made = synthetic_control(outcomes, 0, 24)
    assert made.p_value == pytest.approx(1 / 15)
    assert made.effect[1:3] == (0, math.inf)
    assert made.difference[1:3] == (-math.inf, math.inf)


def outside() -> np.ndarray:
    outcomes = city()
    outcomes[0] += 25
    return outcomes


def rough() -> np.ndarray:
    outcomes = city()
    outcomes[0] += np.tile([30.0, -30.0], 18)
    return outcomes


def mixture() -> np.ndarray:
    outcomes = city()
    outcomes[0, :24] = outcomes[1:4, :24].mean(axis=0)
    return outcomes


@pytest.mark.parametrize(
    ("outcomes", "before", "reason"),
    [
        (city(areas=3), 24, "2 donor areas"),
        (city(), 7, "7 periods before"),
        (outside() * 0.0, 24, "nothing was counted before"),
        (outside(), 24, "outside the range"),
        (rough(), 24, "the fit before is poor"),
        (mixture(), 24, "without error"),
    ],
)
def test_a_refusal_has_a_reason_and_keeps_the_rest(outcomes, before, reason):
    made = synthetic_control(outcomes, 0, before)
    assert reason in made.reason
    assert np.isnan([*made.effect, *made.difference]).all()
    assert np.isfinite([made.att, made.pre_rmse, *made.weights]).all()


@pytest.mark.parametrize(
    ("outcomes", "before", "reason"),
    [(city()[:1], 24, "no donor"), (city(), 0, "no period before"), (city(), 36, "none after")],
)
def test_what_cannot_be_made_is_empty(outcomes, before, reason):
    made = synthetic_control(outcomes, 0, before)
    assert reason in made.reason
    assert np.isnan([made.att, made.p_value, *made.effect]).all()


def test_an_area_without_a_count_after():
    outcomes = city()
    outcomes[0, 24:] = 0
    made = synthetic_control(outcomes, 0, 24)
    assert made.effect.estimate == 0
    assert made.p_value == pytest.approx(1 / 25)
    assert "no constant ratio" in made.reason
    assert made.difference.conf_high < 0


def test_an_effect_that_comes_and_goes_is_found_by_the_square_alone():
    outcomes = city(noise=0.5)
    outcomes[0, 24:] += np.tile([30.0, -30.0], 6)
    mean, square = (synthetic_control(outcomes, 0, 24, statistic=name) for name in ("mean", "rmse"))
    assert mean.effect.conf_low < 1 < mean.effect.conf_high
    assert square.effect.p_value == square.p_value == pytest.approx(1 / 25)
    assert "no constant ratio" in square.reason
    assert np.isnan([square.effect.conf_low, square.effect.conf_high]).all()


def test_areas_without_any_count_do_no_harm():
    outcomes = np.vstack([city(), np.zeros((3, 36))])
    made = synthetic_control(outcomes, 0, 24)
    assert made.placebo_ratios[-3:].tolist() == [0, 0, 0]
    assert np.isfinite(made.effect.estimate)


@pytest.mark.parametrize(
    ("outcomes", "treated", "before"),
    [
        (np.full((3, 4), np.nan), 0, 2),
        (np.ones(4), 0, 2),
        (np.ones((3, 4)), np.array([True, True, False]), 2),
        (np.ones((3, 4)), np.array([True]), 2),
        (np.ones((3, 4)), 0, np.array([True, False])),
    ],
)
def test_a_broken_contract_raises(outcomes, treated, before):
    with pytest.raises(ValueError, match=r"finite|treated|before"):
        synthetic_control(outcomes, treated, before)


def test_predictors_that_do_not_differ_raise():
    with pytest.raises(ValueError, match="differ"):
        synthetic_control_on_predictors(city(), np.ones((25, 2)), 0, 24)


def test_placebos_of_predictors_are_those_of_each_donor():
    outcomes = city(areas=6, periods=14)
    predictors = outcomes[:, [2, 6, 9]]
    made = synthetic_control_on_predictors(outcomes, predictors, 0, 10)
    alone = synthetic_control_on_predictors(outcomes[1:], predictors[1:], 2, 10, placebos=False)
    assert made.control.placebo_ratios[2] == pytest.approx(alone.control.ratio)
    assert made.importance.sum() == pytest.approx(1)


@pytest.mark.slow
def test_false_alarms_and_coverage_of_areas_that_are_alike():
    planted, alarms, covered, made = 0.8, 0, 0, 0
    for seed in range(400):
        outcomes = city(areas=21, seed=seed, noise=2.0)
        outcomes[0] = 40 + (outcomes[1:4].mean(axis=0) - 40) + np.random.default_rng(seed).normal(0, 2, 36)
        null = synthetic_control(outcomes, 0, 24, 0.9)
        outcomes[0, 24:] *= planted
        effect = synthetic_control(outcomes, 0, 24, 0.9).effect
        made += not math.isnan(null.effect.estimate)
        alarms += null.effect.p_value < 0.1
        covered += effect.conf_low <= planted <= effect.conf_high
    assert made > 350
    assert alarms / made < 0.13
    assert covered / made > 0.86


def test_equal_weights_are_the_plain_difference():
    outcomes = city(areas=8)
    change = outcomes[:, 24:].mean(axis=1) - outcomes[:, :24].mean(axis=1)
    made = synthetic_difference_in_differences(outcomes, np.array([0, 1]), 24, "did")
    assert made.result.estimate == pytest.approx(change[:2].mean() - change[2:].mean())
    # All 15 pairs of the other areas taken as if treated, by hand.
    pairs = [(i, j) for i in range(2, 8) for j in range(i + 1, 8)]
    others = [np.setdiff1d(np.arange(2, 8), pair) for pair in pairs]
    placebos = [
        change[list(pair)].mean() - change[rest].mean() for pair, rest in zip(pairs, others, strict=True)
    ]
    assert made.standard_error == pytest.approx(np.std(placebos))


@given(arrays.arrays(float, 10, elements=st.integers(-50, 50).map(float)))
@settings(max_examples=5)
def test_levels_of_areas_do_not_matter_to_the_synthetic_difference(levels):
    outcomes = city(areas=10, periods=16)
    first = synthetic_difference_in_differences(outcomes, 0, 12, replications=0)
    second = synthetic_difference_in_differences(outcomes + levels[:, None], 0, 12, replications=0)
    assert second.result.estimate == pytest.approx(first.result.estimate, abs=1e-6)


def test_a_planted_difference_is_recovered():
    outcomes = city(areas=14, periods=20, noise=0.5)
    outcomes[:3, 12:] -= 6
    made = synthetic_difference_in_differences(outcomes, np.arange(14) < 3, 12, replications=30)
    assert made.result.conf_low < -6 < made.result.conf_high < 0
    assert made.result.p_value < 0.05
    again = synthetic_difference_in_differences(outcomes, np.arange(14) < 3, 12, replications=30)
    assert again.result == made.result
    assert made.unit_weights.sum() == pytest.approx(1)
    assert made.time_weights.sum() == pytest.approx(1)


def test_synthetic_difference_of_too_little_is_empty():
    made = synthetic_difference_in_differences(city(areas=2), 0, 24)
    assert np.isnan([*made.result, made.standard_error]).all()
    assert math.isnan(synthetic_difference_in_differences(city(), 0, 36).result.estimate)
    few = synthetic_difference_in_differences(city(areas=4), np.array([0, 1]), 24)
    assert np.isfinite(few.result.estimate)
    assert math.isnan(few.standard_error)
    with pytest.raises(ValueError, match="treated"):
        synthetic_difference_in_differences(city(), np.zeros(25, dtype=bool), 24)
    with pytest.raises(ValueError, match="finite"):
        synthetic_difference_in_differences(city() * np.nan, 0, 24)


def test_unit_weights_are_those_of_the_penalised_problem():
    # At the minimum of |A w - b|^2 / periods + zeta^2 |w|^2 on the simplex the gradient is the same wherever
    # w > 0, and nowhere lower.
    outcomes = city(areas=8, periods=20)
    made = synthetic_difference_in_differences(outcomes, 0, 14, replications=0)
    past = outcomes[1:, :14]
    ridge = (6**0.25 * np.diff(past, axis=1).std(ddof=1)) ** 2
    centred = past - past.mean(axis=1, keepdims=True)
    target = outcomes[0, :14] - outcomes[0, :14].mean()
    gradient = centred @ (made.unit_weights @ centred - target) / 14 + ridge * made.unit_weights
    slack = gradient - made.unit_weights @ gradient
    assert slack.min() > -0.01 * ridge
    assert slack[made.unit_weights > 0.01] == pytest.approx(0, abs=0.01 * ridge)
