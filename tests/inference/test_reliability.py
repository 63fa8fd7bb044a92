"""Cronbach's alpha against psych and pingouin, intraclass correlations against Shrout and Fleiss."""

import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from scipy import stats

from outreach_metrics.inference.reliability import cluster_icc, cronbach_alpha, icc
from tests.conftest import SHARED

NAN = math.nan
# pingouin.cronbach_alpha, data of its docstring
WIDE = np.array(
    [[1, 1, 1], [2, 1, 1], [2, 1, 2], [3, 2, 1], [2, 3, 2],
     [2, 3, 3], [3, 2, 3], [3, 3, 3], [2, 3, 2], [3, 3, 3]],
    dtype=float,
)  # fmt: skip
# Shrout & Fleiss (1979), table 2
JUDGED = np.array(
    [[9, 2, 5, 8], [6, 1, 3, 2], [8, 4, 6, 8], [7, 1, 2, 6], [10, 5, 6, 9], [6, 2, 4, 7]], dtype=float
)
answered = hnp.arrays(float, (12, 4), elements=st.sampled_from([1.0, 2.0, 3.0, 4.0, 5.0]))
rated = hnp.arrays(float, (6, 3), elements=st.floats(0, 10).map(lambda x: round(x, 2)))


def test_alpha_and_feldt_are_those_of_pingouin():
    # pingouin.cronbach_alpha(data): (0.7734375, [0.336, 0.939]); R: psych::alpha(x)$feldt
    found = cronbach_alpha(WIDE)
    assert found.result[:3] == pytest.approx((0.7734375, 0.336, 0.939), abs=5e-4)
    assert (found.n, found.n_listwise, found.reason) == (10, 10, "")
    f = 1 / (1 - 0.7734375)
    assert found.result.p_value == pytest.approx(2 * stats.f.sf(f, 9, 18))


def test_feldt_interval_of_the_paper():
    # Feldt, Woodruff & Salih (1987), 26 items, 41 people, 90 %. R: psychometric::alpha.CI(.79, 26, 41)
    from outreach_metrics.inference.reliability import _feldt

    found = _feldt(0.79, 41, 26, 0.9)
    limits = [1 - 0.21 * stats.f.ppf(q, 40, 1000) for q in (0.95, 0.05)]
    assert found[1:3] == pytest.approx(limits)
    assert found[1:3] == pytest.approx((0.705, 0.861), abs=2e-3)


def test_alpha_cases(cases):
    case = cases["alpha_pingouin_wide"]
    values = pd.read_csv(SHARED / "reference" / case["dataset_file"]).to_numpy(float)
    found = cronbach_alpha(values).result
    for name, value in (("alpha", found.estimate), ("lo", found.conf_low), ("hi", found.conf_high)):
        expected = case["expected"][name]
        assert value == pytest.approx(expected["value"], abs=expected["tol"]), name


def test_alpha_with_a_reverse_keyed_item_and_missing_answers(cases):
    case = cases["alpha_bfi_reverse"]
    values = pd.read_csv(SHARED / "reference" / case["dataset_file"], index_col="id").to_numpy(float)
    keys = [True, False, False, False, False]
    pairwise, listwise = (cronbach_alpha(values, keys, missing=how) for how in ("pairwise", "listwise"))
    made = {
        "alpha_pairwise": pairwise.result.estimate,
        "alpha_listwise": listwise.result.estimate,
        "n_listwise": listwise.n,
        "n": pairwise.n,
    }
    for name, expected in case["expected"].items():
        assert made[name] == pytest.approx(expected["value"], abs=expected["tol"]), name
    # R: psych::alpha(bfi[1:5], keys = "A1"), as its help page prints it
    assert pairwise.alpha_if_dropped == pytest.approx([0.72, 0.62, 0.60, 0.69, 0.64], abs=0.005)
    assert pairwise.item_total == pytest.approx([0.31, 0.56, 0.59, 0.39, 0.49], abs=0.005)
    assert (pairwise.standardized, pairwise.average_correlation) == pytest.approx((0.71, 0.33), abs=0.005)
    assert pairwise.result[1:3] == pytest.approx((0.69, 0.72), abs=0.005)
    assert pairwise.negative == ()
    assert cronbach_alpha(values).negative == (0,)


def test_dropping_an_item_is_leaving_it_out():
    found = cronbach_alpha(WIDE)
    for item in range(3):
        others = np.delete(WIDE, item, axis=1)
        assert found.alpha_if_dropped[item] == pytest.approx(cronbach_alpha(others).result.estimate)
        total = np.corrcoef(WIDE[:, item], others.sum(axis=1))[0, 1]
        assert found.item_total[item] == pytest.approx(total)


def test_two_items_are_spearman_brown():
    found = cronbach_alpha(WIDE[:, :2])
    r = np.corrcoef(WIDE[:, 0], WIDE[:, 1])[0, 1]
    assert found.standardized == pytest.approx(2 * r / (1 + r))
    assert found.average_correlation == pytest.approx(r)
    assert np.isnan(found.alpha_if_dropped).all()
    assert found.item_total == pytest.approx([r, r])


def test_constant_items_are_left_out():
    answers = np.insert(WIDE, 1, 3.0, axis=1)
    found, without = cronbach_alpha(answers), cronbach_alpha(WIDE)
    assert found.constant == (1,)
    assert found.result == without.result
    assert np.isnan(found.alpha_if_dropped[1])
    assert found.alpha_if_dropped[[0, 2, 3]] == pytest.approx(without.alpha_if_dropped)


@pytest.mark.parametrize(
    ("answers", "reason"),
    [
        (np.empty((0, 3)), "Fewer than 2 people"),
        (np.full((5, 3), NAN), "Fewer than 2 people"),
        ([[1.0, 2.0]], "Fewer than 2 people"),
        (np.empty((5, 0)), "Fewer than 2 people"),
        ([[1.0], [2.0]], "Fewer than 2 items"),
        (np.ones((5, 3)), "Fewer than 2 items"),
        ([[1, NAN], [2, NAN], [NAN, 1], [NAN, 2]], "never answered by the same"),
        ([[1.0, 5.0], [3.0, 3.0], [5.0, 1.0]], "does not vary"),
    ],
)
def test_no_alpha_without_a_reason(answers, reason):
    found = cronbach_alpha(np.asarray(answers, dtype=float))
    assert reason in found.reason
    assert all(math.isnan(value) for value in (*found.result, found.standardized, found.average_correlation))
    assert np.isnan(found.alpha_if_dropped).all()


def test_items_that_agree_perfectly_have_no_interval():
    found = cronbach_alpha(np.repeat(np.arange(5.0)[:, None], 3, axis=1))
    assert found.result.estimate == pytest.approx(1)
    assert math.isnan(found.result.conf_low)


@given(answered, st.integers(0, 3))
def test_alpha_is_blind_to_scale_and_key(answers, item):
    keyed = answers.copy()
    keyed[:, item] = 6 - keyed[:, item]
    found, other = cronbach_alpha(answers), cronbach_alpha(keyed, np.arange(4) == item)
    moved = cronbach_alpha(3 * answers + 7)
    assert (found.reason == "") == (other.reason == "") == (moved.reason == "")
    if not found.reason:
        assert found.result.estimate == pytest.approx(other.result.estimate)
        assert found.result.estimate == pytest.approx(moved.result.estimate)
        assert found.result.estimate <= 1 + 1e-12
        assert found.item_total == pytest.approx(other.item_total, nan_ok=True)


@given(answered)
def test_alpha_is_the_textbook_formula_and_p_matches(answers):
    found = cronbach_alpha(answers)
    if found.reason or found.constant:
        return
    variances, total = answers.var(axis=0, ddof=1), answers.sum(axis=1).var(ddof=1)
    assert found.result.estimate == pytest.approx(4 / 3 * (1 - variances.sum() / total))
    if math.isfinite(found.result.conf_low):
        assert (found.result.p_value < 0.05) == (not found.result.conf_low <= 0 <= found.result.conf_high)


def test_alpha_input_is_kept_and_contract_is_held():
    kept = WIDE.copy()
    cronbach_alpha(kept, [True, False, False])
    assert (kept == WIDE).all()
    with pytest.raises(ValueError, match="people x items"):
        cronbach_alpha(WIDE[0])
    with pytest.raises(ValueError, match="pairwise"):
        cronbach_alpha(WIDE, missing="some")


def test_six_correlations_of_shrout_and_fleiss():
    # R: psych::ICC(sf, lmer = FALSE), psych 2.2.9; pingouin.intraclass_corr the same to its 2 digits
    found = icc(JUDGED)
    values = {name: one.result.estimate for name, one in found.items()}
    assert values == pytest.approx(
        {
            "ICC1": 0.1657417684, "ICC2": 0.2897637795, "ICC3": 0.7148407148,
            "ICC1k": 0.4427971337, "ICC2k": 0.6200505476, "ICC3k": 0.9093155424,
        },
        abs=1e-9,
    )  # fmt: skip
    assert found["ICC1"].result[1:3] == pytest.approx((-0.13293232, 0.72256006), abs=1e-7)
    # R prints: 0.019 0.76, 0.342 0.95, -0.884 0.91, 0.071 0.93, 0.676 0.99
    printed = {"ICC2": (0.019, 0.761), "ICC3": (0.342, 0.946), "ICC1k": (-0.884, 0.912)}
    printed |= {"ICC2k": (0.071, 0.927), "ICC3k": (0.676, 0.986)}
    for name, limits in printed.items():
        assert found[name].result[1:3] == pytest.approx(limits, abs=1e-3), name
    assert (found["ICC1"].f, found["ICC1"].df1, found["ICC1"].df2) == pytest.approx((1.79, 5, 18), abs=0.01)
    assert (found["ICC3"].f, found["ICC3"].df1, found["ICC3"].df2) == pytest.approx((11.03, 5, 15), abs=0.01)


def test_icc_case(cases):
    case = cases["icc_shrout_fleiss"]
    ratings = pd.read_csv(SHARED / "reference" / case["dataset_file"], index_col="subject").to_numpy(float)
    found = icc(ratings)
    for name, expected in case["expected"].items():
        form, _, side = name.partition("_")
        position = {"": 0, "lo": 1, "hi": 2}[side]
        assert found[form].result[position] == pytest.approx(expected["value"], abs=expected["tol"]), name


@given(rated)
def test_icc_p_matches_interval_and_mean_of_judges(ratings):
    found = icc(ratings)
    for name in ("ICC1", "ICC2", "ICC3"):
        one, several = found[name].result, found[f"{name}k"].result
        if not math.isfinite(one.conf_low):
            continue
        assert one.conf_low - 1e-9 <= one.estimate <= one.conf_high + 1e-9
        assert (one.p_value < 0.05) == (not one.conf_low <= 0 <= one.conf_high)
        below = 1 + 2 * one.estimate
        if below > 1e-9:
            assert several.estimate == pytest.approx(3 * one.estimate / below)
            assert several.conf_low <= several.estimate <= several.conf_high
        elif below < -1e-9:
            assert np.isnan(several).all()


def test_icc_corners():
    holes = np.vstack([JUDGED, [1, NAN, 2, 3]])
    assert icc(holes) == icc(JUDGED)
    for ratings, reason in ((JUDGED[:1], "Fewer"), (JUDGED[:, :1], "Fewer"), (np.ones((4, 3)), "same")):
        for one in icc(ratings).values():
            assert reason in one.reason
            assert math.isnan(one.result.estimate)
    agreed = icc(np.repeat(np.arange(4.0)[:, None], 3, axis=1))
    assert agreed["ICC1"].result.estimate == agreed["ICC3k"].result.estimate == 1
    assert all(math.isnan(one.result.conf_low) and math.isnan(one.result.p_value) for one in agreed.values())


def test_targets_of_one_mean_leave_no_interval():
    for level in (0, 0.1, 1e8):
        found = icc(level + np.array([[2.0, 0], [1, 1], [0, 2]]))
        assert found["ICC1"].result.estimate == pytest.approx(-1)
        assert found["ICC2"].result.estimate == pytest.approx(-3)
        assert all(np.isnan(one.result[1:]).all() for one in found.values())
        assert np.isnan(found["ICC2k"].result.estimate) and "no reliability" in found["ICC2k"].reason


def test_cluster_icc_of_balanced_clusters():
    # R: lme4::lmer(travel ~ 1 + (1 | Rail), nlme::Rail): sd 24.80547 between, 4.020779 within
    travel = [55, 53, 54, 26, 37, 32, 78, 91, 85, 92, 100, 96, 49, 51, 50, 80, 85, 83]
    found = cluster_icc(travel, np.repeat(list("abcdef"), 3))
    between, within = 24.80547**2, 4.020779**2
    assert found.result.estimate == pytest.approx(between / (between + within), abs=1e-6)
    assert found.design_effect == pytest.approx(1 + 2 * found.result.estimate)
    assert found.result == pytest.approx(icc(np.reshape(travel, (6, 3)).astype(float))["ICC1"].result)


def test_cluster_icc_of_unequal_clusters():
    # By hand: MSB = 24.3, MSW = 2/3, n0 = (6 - (16 + 4) / 6) / 1 = 8 / 3
    found = cluster_icc([1, 2, 2, 3, 6, 6.0 + 1], ["x", "x", "x", "x", "y", "y"])
    between = 4 * (2 - 3.5) ** 2 + 2 * (6.5 - 3.5) ** 2
    within = (1 + 0 + 0 + 1 + 0.25 + 0.25) / 4
    size = 8 / 3
    assert found.result.estimate == pytest.approx((between - within) / (between + (size - 1) * within))
    assert found.cluster_size == pytest.approx(20 / 6)
    assert found.clusters == 2


@pytest.mark.parametrize(
    ("values", "clusters"),
    [
        ([], []),
        ([1.0, 2.0], [1, 1]),
        ([1.0, 2.0], [1, 2]),
        ([3.0, 3.0, 3.0], [1, 1, 2]),
        ([NAN, NAN], [1, 2]),
    ],
)
def test_cluster_icc_that_cannot_be_made(values, clusters):
    found = cluster_icc(values, clusters)
    assert found.reason
    assert math.isnan(found.result.estimate) and math.isnan(found.design_effect)


def test_a_negative_cluster_icc_does_not_promise_a_gain():
    found = cluster_icc([1, 5, 2, 4, 5, 1], ["a", "a", "b", "b", "c", "c"])
    assert found.result.estimate < 0
    assert found.design_effect == 1


def test_cluster_icc_finds_what_was_planted():
    generator = np.random.default_rng(3)
    clusters = np.repeat(np.arange(400), generator.integers(2, 9, 400))
    values = generator.normal(0, 0.5, 400)[clusters] + generator.normal(0, 1, len(clusters))
    found = cluster_icc(values, clusters).result
    assert found.conf_low < 0.2 < found.conf_high
    assert found.conf_high - found.conf_low < 0.15
