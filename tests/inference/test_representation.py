"""Representation ratios, standardized differences and R-indicators, against R and balance."""

import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from outreach_metrics.inference.representation import (
    goodness_of_fit,
    mean_standardized_difference,
    r_indicator,
    r_indicator_of_categories,
    representation_ratio,
    standardized_difference,
    standardized_share_difference,
)
from tests.conftest import SHARED

# survey::apipop by stype (E, H, M), sch.wide (No, Yes) and response, with the number of schools
CELLS = np.array(
    [
        *([0, 0, 0, 472], [1, 0, 0, 334], [2, 0, 0, 266], [0, 1, 0, 639], [1, 1, 0, 133], [2, 1, 0, 183]),
        *([0, 1, 1, 3310], [1, 1, 1, 288], [2, 1, 1, 569]),
    ]
)


def design_of(kind: np.ndarray, wide: np.ndarray) -> np.ndarray:
    return np.column_stack([np.ones(len(kind)), kind == 1, kind == 2, wide == 1]).astype(float)


def test_r_indicator_is_risq():
    # R: getRIndicator(r ~ stype + sch.wide, apipop) of RISQ: R, RUnadj, RSE, CV, propMean
    found = r_indicator(design_of(CELLS[:, 0], CELLS[:, 1]), CELLS[:, 2], counts=CELLS[:, 3])
    assert found.unadjusted == pytest.approx(0.378199863588, abs=1e-8)
    assert found.adjusted == pytest.approx(0.378478198349, abs=1e-8)
    assert found.standard_error == pytest.approx(0.004113402969, abs=1e-8)
    assert found.coefficient_of_variation == pytest.approx(0.462134633567, abs=1e-7)
    assert found.mean_propensity == pytest.approx(0.672747822007, abs=1e-9)
    assert found.result.conf_low < found.adjusted < found.result.conf_high


def test_the_reference_cases(cases):
    case = cases["r_indicator_logit"]
    data = pd.read_csv(SHARED / "reference" / case["dataset_file"])
    kind = data["stype"].map({"E": 0, "H": 1, "M": 2}).to_numpy()
    design = design_of(kind, (data["sch.wide"] == "Yes").to_numpy())
    result = r_indicator(design, data["r"].to_numpy(), counts=data["n"].to_numpy())
    found = {
        "R_unadj": result.unadjusted,
        "R_biasadj": result.adjusted,
        "se": result.standard_error,
        "CV": result.coefficient_of_variation,
        "mean_rho": result.mean_propensity,
    }
    for name, expected in case["expected"].items():
        assert found[name] == pytest.approx(expected["value"], abs=expected["tol"]), name
    case = cases["balance_asmd"]
    data = pd.read_csv(SHARED / "reference" / case["dataset_file"])
    counts = data["gender"].value_counts()[["Male", "Female"]].to_numpy()
    expected = case["expected"]["asmd_gender"]
    assert standardized_share_difference(counts, np.array([4551, 4551])) == pytest.approx(
        [expected["value"]] * 2, abs=expected["tol"]
    )


def test_rows_of_people_are_cells_of_people():
    rows = np.repeat(CELLS, np.maximum(CELLS[:, 3] // 20, 1), axis=0)
    cells, counts = np.unique(rows, axis=0, return_counts=True)
    one = r_indicator(design_of(rows[:, 0], rows[:, 1]), rows[:, 2])
    other = r_indicator(design_of(cells[:, 0], cells[:, 1]), cells[:, 2], counts=counts)
    assert one.adjusted == pytest.approx(other.adjusted, abs=1e-9)
    assert one.standard_error == pytest.approx(other.standard_error, abs=1e-7)


def test_a_sample_adds_its_own_error():
    random = np.random.default_rng(0)
    group = random.integers(0, 2, 500)
    answer = random.random(500) < np.where(group == 1, 0.7, 0.4)
    design = np.column_stack([np.ones(500), group])
    census = r_indicator(design, answer)
    sample = r_indicator(design, answer, weights=np.full(500, 10.0))
    assert sample.unadjusted == pytest.approx(census.unadjusted, abs=1e-3)
    assert sample.standard_error > census.standard_error
    strata = r_indicator(design, answer, weights=np.where(group == 1, 5.0, 10.0))
    unequal = r_indicator(design, answer, weights=random.uniform(5, 10, 500))
    assert 0 < strata.standard_error < 0.2
    assert 0 < unequal.standard_error < 0.2


def test_partial_indicators_add_up_to_the_variance():
    found = r_indicator_of_categories(np.array([30, 60, 20]), np.array([100, 100, 50]))
    labels, partial = found.partial(np.tile(["a", "b", "c"], 2))
    assert labels.tolist() == ["a", "b", "c"]
    assert partial[0] < 0 < partial[1]
    # one variable: the sum of squares is the variance of the propensities (with n, not n - 1)
    assert np.square(partial).sum() == pytest.approx(((1 - found.unadjusted) / 2) ** 2 * 249 / 250)
    assert found.propensities[:3] == pytest.approx([0.3, 0.6, 0.4], abs=1e-8)


def test_no_r_indicator_without_difference():
    assert (
        r_indicator_of_categories(np.array([10, 20]), np.array([100, 200])).reason
        == "all propensities are the same"
    )
    assert "nobody" in r_indicator_of_categories(np.zeros(2), np.array([10, 20])).reason
    assert "everybody" in r_indicator_of_categories(np.array([12, 20]), np.array([10, 20])).reason
    empty = r_indicator(np.empty((0, 1)), np.empty(0))
    assert math.isnan(empty.adjusted)
    assert empty.reason
    with pytest.raises(ValueError, match="length"):
        r_indicator(np.ones((3, 1)), np.ones(2))


def test_the_adjustment_takes_out_bias():
    random = np.random.default_rng(5)
    pairs = [
        r_indicator_of_categories(random.binomial(30, 0.3, 8), np.full(8, 30)) for _ in range(100)
    ]  # truth: 1
    adjusted = np.mean([pair.adjusted for pair in pairs if not pair.reason])
    assert adjusted > np.mean([pair.unadjusted for pair in pairs if not pair.reason]) + 0.05


def test_representation_ratio_is_prop_test():
    # R: prop.test(81, 263, p = 0.25, correct = FALSE): interval 0.2553 to 0.3662, X-squared 4.7161, p 0.02988
    result = representation_ratio(81, 263, 0.25)
    assert result.estimate == pytest.approx(81 / 263 * 4)
    assert result.conf_low == pytest.approx(4 * 0.2553, abs=3e-4)
    assert result.conf_high == pytest.approx(4 * 0.3662, abs=3e-4)
    assert result.p_value == pytest.approx(0.0299, abs=1e-4)


@given(st.integers(0, 60), st.integers(1, 60), st.floats(0.01, 0.99))
def test_the_p_value_matches_the_interval(count, rest, share):
    result = representation_ratio(count, count + rest, share)
    outside = not result.conf_low <= 1 <= result.conf_high
    if abs(result.p_value - 0.05) > 1e-9:
        assert outside == (result.p_value < 0.05)


def test_no_representation_of_nothing():
    assert np.isnan(representation_ratio(0, 0, 0.2)).all()
    assert np.isnan(representation_ratio(0, 5, 0.0)).all()
    assert representation_ratio(5, 5, 1.0).p_value == 1
    assert representation_ratio(0, 5, 0.3).estimate == 0
    with pytest.raises(ValueError, match="possible"):
        representation_ratio(6, 5, 0.2)


def test_standardized_difference_is_asmd():
    # balance 0.23: asmd(DataFrame(a=[1, 2], b=[-1, 1]), DataFrame(a=[3, 4], b=[-2, 2])) -> a 2.828427, b 0
    sample, target = np.array([[1, -1], [2, 1]]), np.array([[3, -2], [4, 2]])
    assert standardized_difference(sample, target) == pytest.approx([2.82842712474619, 0])
    assert standardized_difference(sample, target, absolute=False)[0] < 0
    # the unbiased weighted deviation of 1..4 with weights 1..4 is 1.195229 (balance: weighted_sd)
    weighted = standardized_difference(
        np.array([3.0]), np.arange(1, 5), target_weights=np.arange(1, 5), deviation="target"
    )
    assert weighted == pytest.approx([0])
    shifted = standardized_difference(np.array([4.195229]), np.arange(1, 5), target_weights=np.arange(1, 5))
    assert shifted == pytest.approx([1], abs=1e-5)
    pooled = standardized_difference(np.array([0, 2]), np.array([1, 5]), deviation="pooled")
    assert pooled == pytest.approx([2 / math.sqrt((2 + 8) / 2)])
    # balance: mean(asmd) of a = 2.828427 and b[A], b[B] = 0.707107 each -> 1.767767
    parts = [np.array([2.82842712474619]), np.array([0.70710678, 0.70710678])]
    assert mean_standardized_difference(parts) == pytest.approx(1.7677669529663689)


@given(st.lists(st.tuples(st.integers(0, 20), st.integers(1, 20)), min_size=2, max_size=5))
def test_shares_are_indicators(pairs):
    here, there = np.array(pairs).T
    if here.sum() == 0:
        assert np.isnan(standardized_share_difference(here, there)).all()
        return
    eye = np.eye(len(here))
    rows = standardized_difference(np.repeat(eye, here, axis=0), np.repeat(eye, there, axis=0))
    assert standardized_share_difference(here, there) == pytest.approx(rows)


def test_no_difference_of_what_does_not_vary():
    assert np.isnan(standardized_difference(np.array([1.0, 2]), np.array([3.0, 3]))).all()
    assert np.isnan(standardized_difference(np.array([math.nan]), np.array([3.0, 4]))).all()
    assert np.isnan(
        standardized_difference(np.array([1.0]), np.array([3.0, 4]), sample_weights=np.zeros(1))
    ).all()
    assert math.isnan(mean_standardized_difference([np.array([math.nan])]))
    with pytest.raises(ValueError, match="deviation"):
        standardized_difference(np.ones(2), np.ones(2), deviation="other")


def test_goodness_of_fit_is_chisq_test():
    # R: chisq.test(c(89, 37, 30, 28, 2), p = c(40, 20, 20, 15, 5), rescale.p = TRUE)
    #   X-squared 9.9901, df 4, p 0.04059
    counts, shares = np.array([89, 37, 30, 28, 2]), np.array([40, 20, 20, 15, 5])
    found = goodness_of_fit(counts, shares)
    assert found[:3] == pytest.approx((9.9901, 4, 0.04059), abs=1e-4)
    assert goodness_of_fit(counts, shares, statistic="likelihood").statistic == pytest.approx(
        2 * (counts * np.log(counts / (shares * 1.86))).sum()
    )


def test_few_people_are_simulated():
    # exact two-sided multinomial p of 4, 0 against 1/2, 1/2: 2 / 16
    found = goodness_of_fit(np.array([4, 0]), np.array([0.5, 0.5]))
    assert found.p_value == pytest.approx(0.125, abs=0.01)
    assert "simulated" in found.method
    assert found == goodness_of_fit(np.array([4, 0]), np.array([0.5, 0.5]))
    assert goodness_of_fit(np.array([4, 0, 0]), np.array([0.5, 0.5, 0])).df == 1
    for counts, shares in (([0, 0], [1, 1]), ([3], [1]), ([3, 1], [1, 0])):
        nothing = goodness_of_fit(np.array(counts), np.array(shares))
        assert math.isnan(nothing.p_value)
        assert nothing.method.startswith("no test")


@pytest.mark.slow
def test_the_r_indicator_s_interval_holds_the_truth():
    random = np.random.default_rng(1)
    share = np.array([0.2, 0.35, 0.5, 0.3])
    size = np.array([400, 300, 200, 300])
    spread = math.sqrt(np.average(np.square(share - np.average(share, weights=size)), weights=size))
    found = [r_indicator_of_categories(random.binomial(size, share), size).result for _ in range(800)]
    assert 0.93 < np.mean([r.conf_low < 1 - 2 * spread < r.conf_high for r in found]) < 0.975
