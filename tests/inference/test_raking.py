"""Raking, post-stratification, calibration and trimming against published tables and R survey."""

import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from outreach_metrics.inference import survey
from outreach_metrics.inference.design_based import contrast
from outreach_metrics.inference.raking import (
    calibrate,
    kish_design_effect,
    kish_effective,
    poststratify,
    rake,
    trim,
)
from outreach_metrics.inference.sampling import Design
from tests.inference.test_survey import agree, reference


def test_the_worked_table_of_iterative_proportional_fitting():
    # The 4 x 4 example of Wikipedia, "Iterative proportional fitting"; R: mipfp::Ipfp, survey::rake
    seed = np.array([[40, 30, 20, 10], [35, 50, 100, 75], [30, 80, 70, 120], [20, 30, 40, 50]])
    row, column = np.divmod(np.arange(16), 4)
    made = rake(seed.ravel(), [row, column], [np.array([150, 300, 400, 150]), np.array([200, 300, 400, 100])])
    expected = [[64.56, 46.23, 35.38, 3.83], [49.97, 68.16, 156.5, 25.37]]
    expected += [[56.72, 144.43, 145.08, 53.77], [28.75, 41.18, 63.03, 17.03]]
    assert made.weights.reshape(4, 4) == pytest.approx(np.array(expected), abs=0.011)
    assert made.converged
    assert made.reason == ""


def test_case_raked_clusters(cases):
    # R: rake(dclus1, list(~stype, ~sch.wide), list(pop.types, pop.schwide)), control = list(epsilon = 1e-10)
    frame = reference("apiclus1")
    start, values = frame["pw"].to_numpy(), frame["api00"].to_numpy(float)
    codes = [pd.Categorical(frame["stype"], list("EHM")).codes]
    codes += [pd.Categorical(frame["sch.wide"], ["No", "Yes"]).codes]
    raked = rake(start, codes, [np.array([4421, 755, 1018]), np.array([1072, 5122])])
    cluster, size = frame["dnum"].to_numpy(), frame["fpc"].to_numpy()
    design = Design(raked.weights, None, cluster, size, raked.margins, start)
    made = survey.mean(values, design)
    numbers = {"mean": made.estimate, "se_taylor": made.standard_error}
    for kind, wide in frame.groupby(["stype", "sch.wide"]).groups:
        first = ((frame["stype"] == kind) & (frame["sch.wide"] == wide)).to_numpy().argmax()
        numbers[f"w_{kind}_{wide}"] = raked.weights[first]
    agree(cases["api_clus_rake"], numbers | {"kish_deff": kish_design_effect(raked.weights)})
    same = contrast(
        [values], [1], [raked.weights], None, [cluster], [size], margins=[raked.margins], base_weights=[start]
    )
    assert same.standard_error == pytest.approx(made.standard_error)
    # R: survey/tests/rakecheck.Rout.save: svytotal(~enroll, calibrate(..., calfun = "raking"))
    made = survey.total(frame["enroll"].to_numpy(float), design)
    assert (made.estimate, made.standard_error) == pytest.approx((3647280, 400603), abs=0.5)


def test_case_balance(cases):
    frame = reference("balance_rake_sample")
    sex = pd.Categorical(frame["gender"], ["Male", "Female"]).codes
    age = pd.Categorical(frame["age_group"], ["18-24", "25-34", "35-44", "45+"]).codes
    targets = [np.array([4551, 4551]), np.array([1781, 2715, 2717, 1889])]
    weights, values = rake(np.ones(len(frame)), [sex, age], targets).weights, frame["happiness"].to_numpy()
    numbers = {"mean_happiness_unadj": values.mean(), "mean_happiness": np.average(values, weights=weights)}
    numbers |= {"kish_deff": kish_design_effect(weights)}
    for name, one, other in (("w_F_18_24", 1, 0), ("w_F_45plus", 1, 3), ("w_M_45plus", 0, 3)):
        numbers[name] = weights[((sex == one) & (age == other)).argmax()]
    agree(cases["balance_rake"], numbers)


def test_poststratified_and_calibrated_as_r_survey():
    # survey/tests/api.Rout.save: postStratify(dclus1, ~stype, pop.types): mean 642.31 (23.921), total of
    # enroll 3680893 (406293); vignette: calibrate(dclus1, ~api99, c(6194, 3914069)): mean 666.72 (3.2959),
    # total of enroll 3357372 (243227)
    frame = reference("apiclus1")
    start, values, enroll = (frame[name].to_numpy(float) for name in ("pw", "api00", "enroll"))
    cluster, size = frame["dnum"].to_numpy(), frame["fpc"].to_numpy()
    by_type, _ = poststratify(
        start, pd.Categorical(frame["stype"], list("EHM")).codes, np.array([4421, 755, 1018])
    )
    table = np.stack([np.ones(len(frame)), frame["api99"]], axis=1)
    linear = calibrate(start, table, np.array([6194.0, 3914069.0]))
    published = ((642.31, 23.921, 3680893, 406293), (666.72, 3.2959, 3357372, 243227))
    for made, (mean, error, total, total_error) in zip((by_type, linear), published, strict=True):
        design = Design(made.weights, None, cluster, size, made.margins, start)
        one, other = survey.mean(values, design), survey.total(enroll, design)
        assert one.estimate == pytest.approx(mean, abs=5e-3)
        assert one.standard_error == pytest.approx(error, abs=6e-4)
        assert (other.estimate, other.standard_error) == pytest.approx((total, total_error), abs=0.5)


@given(st.integers(0, 10_000), st.integers(20, 200))
def test_raking_meets_the_margins_and_keeps_odds_ratios(seed, n):
    random = np.random.default_rng(seed)
    codes = [np.concatenate([np.arange(k), random.integers(0, k, n)]) for k in (3, 3)]
    codes[1] = np.concatenate([[0, 1, 2], codes[1][3:]])
    targets = [random.uniform(50, 200, 3) for _ in codes]
    targets[1] *= targets[0].sum() / targets[1].sum()
    start = random.uniform(0.5, 2, n + 3)
    made = rake(start, codes, targets)
    if made.converged:
        for code, target in zip(codes, targets, strict=True):
            assert np.bincount(code, made.weights) == pytest.approx(target, rel=1e-5)
        # factors are a product of one a margin: log(w / start) is additive
        factor = np.log(made.weights / start)
        table = np.full((3, 3), np.nan)
        table[codes[0], codes[1]] = factor
        if not np.isnan(table).any():
            crossed = table - table.mean(axis=0) - table.mean(axis=1)[:, None] + table.mean()
            assert np.abs(crossed).max() < 1e-8
    else:
        assert "amiss in category" in made.reason
    order = random.permutation(n + 3)
    again = rake(start[order] * 5, [code[order] for code in codes], targets)
    assert again.converged == made.converged
    if made.converged:
        assert again.weights == pytest.approx(made.weights[order], rel=1e-6)


def test_one_margin_is_post_stratification():
    code = np.array([0, 0, 1, 1, 1])
    raked = rake(np.array([1.0, 3, 1, 1, 2]), [code], [np.array([8, 12])])
    assert raked.weights.tolist() == [2, 6, 3, 3, 6]
    assert raked.iterations == 1


def test_what_cannot_be_met_is_named_and_nothing_is_changed():
    code, ones = np.array([0, 0, 1, 1]), np.ones(4)
    empty = rake(ones, [code, code], [np.array([2.0, 2]), np.array([2.0, 1, 1])])
    assert not empty.converged
    assert empty.reason == "category 2 of margin 1 has a target but nobody who answered"
    assert empty.weights.tolist() == [1, 1, 1, 1]
    assert (
        "category 1 of margin 0 has people but a target of 0"
        in rake(ones, [code], [np.array([4.0, 0])]).reason
    )
    assert not rake(np.zeros(4), [code], [np.array([2.0, 2])]).converged
    assert not rake(np.array([]), [np.array([], int)], [np.array([0.0])]).converged


def test_weights_that_stand_still_without_meeting_the_margins_are_not_converged():
    # sex and age say the same of everybody, and their targets contradict each other
    code = np.array([0, 0, 1, 1])
    made = rake(np.ones(4), [code, code], [np.array([50.0, 50]), np.array([60.0, 40])], iterations=50)
    assert not made.converged
    assert made.iterations == 50
    assert made.largest_gap == pytest.approx(0.1)
    assert "10.00% of the total is amiss in category 0 of margin 0" in made.reason
    assert made.weights.tolist() == [1, 1, 1, 1]


def test_margins_of_different_totals_come_to_the_first():
    one, other = np.array([0, 0, 1, 1]), np.array([0, 1, 0, 1])
    made = rake(np.ones(4), [one, other], [np.array([60.0, 40]), np.array([0.3, 0.7])])
    assert made.converged
    assert "totals" in made.reason
    assert np.bincount(other, made.weights) == pytest.approx([30, 70])


def test_people_of_an_unknown_category_keep_their_part():
    sex, age = np.array([0, 0, 1, 1, -1, -1]), np.array([0, 1, 0, 1, 0, 1])
    made = rake(np.ones(6), [sex, age], [np.array([60.0, 40]), np.array([50.0, 50])])
    assert made.converged
    assert made.weights.sum() == pytest.approx(100)
    known = np.bincount(sex[:4], made.weights[:4])
    assert known / known.sum() == pytest.approx([0.6, 0.4])
    assert made.weights[4:].sum() == pytest.approx(100 / 3)


@pytest.mark.parametrize(
    ("weights", "code", "target"),
    [
        (np.array([1.0, -1]), np.array([0, 1]), np.array([1.0, 1])),
        (np.ones(2), np.array([0, 2]), np.array([1.0, 1])),
        (np.ones(2), np.array([0, 1]), np.array([1.0, -1])),
        (np.ones(2), np.array([0]), np.array([1.0])),
    ],
)
def test_input_that_breaks_the_contract_is_refused(weights, code, target):
    with pytest.raises(ValueError, match="must"):
        rake(weights, [code], [target])


def test_sparse_cells_are_joined_only_when_asked():
    code, target = np.array([0, 0, 0, 1, 2, 2, 2, 2]), np.array([30.0, 10, 20, 40])
    alone, _ = poststratify(np.ones(8), code, target)
    assert not alone.converged
    assert "category 3" in alone.reason
    made, joined = poststratify(np.ones(8), code, target, least=3)
    assert made.converged
    assert joined.tolist() == [0, 0, 1, 1]
    assert made.weights.tolist() == [10, 10, 10, 10, 15, 15, 15, 15]


@given(st.lists(st.floats(0.01, 100), min_size=2, max_size=40), st.floats(1.05, 4))
def test_trimming_keeps_the_sum_and_the_limits(weights, factor):
    start = np.array(weights)
    low, high = start.mean() / factor, start.mean() * factor
    made = trim(start, low, high)
    assert made.sum() == pytest.approx(start.sum())
    assert made.min() >= low
    assert made.max() <= high
    assert kish_effective(made) >= kish_effective(start) - 1e-9
    assert trim(start).tolist() == start.tolist()


def test_trimming_once_may_go_beyond_and_cannot_do_the_impossible():
    # R: trimWeights(design, upper = 5, strict = FALSE) and TRUE: equal parts of what is cut to the others
    start = np.array([1.0, 3.8, 9.0])
    assert trim(start, high=5, strict=False).tolist() == [3.0, 5.8, 5.0]
    assert trim(start, high=5) == pytest.approx([3.8, 5, 5])
    assert np.isnan(trim(start, high=4)).all()
    assert trim(np.array([])).tolist() == []


def test_calibration_meets_its_totals_or_says_so():
    table = np.stack([np.ones(4), [0, 0, 1, 1]], axis=1)
    made = calibrate(np.ones(4), table, np.array([10.0, 4]))
    assert made.weights == pytest.approx([3, 3, 2, 2])
    assert "below 0" in calibrate(np.ones(4), table, np.array([10.0, 12])).reason
    assert not calibrate(np.ones(4), table[:, [0, 0]], np.array([10.0, 12])).converged


def test_kish():
    assert kish_effective(np.full(7, 3.0)) == pytest.approx(7)
    assert kish_design_effect(np.array([1.0, 3, 0])) == pytest.approx(1.25)
    assert kish_effective(np.zeros(3)) == 0
    assert math.isnan(kish_design_effect(np.array([])))
