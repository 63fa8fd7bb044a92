"""Construct scores, answer shares, likert's summary and the net promoter score."""

import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from outreach_metrics.inference.design_based import contrast
from outreach_metrics.inference.scales import (
    answer_shares,
    ceiling_share,
    floor_share,
    likert_summary,
    net_promoter,
    net_promoter_from_counts,
    score,
    turned,
)
from tests.conftest import SHARED

NAN = math.nan
answered = hnp.arrays(float, (8, 4), elements=st.sampled_from([1.0, 2.0, 3.0, 4.0, 5.0, NAN]))


def same(left, right):
    return np.allclose(left, right, equal_nan=True, rtol=0, atol=1e-9)


def test_items_of_unlike_scales_share_a_score():
    found = score([[1, 0, 10], [5, 1, 0], [3, NAN, 5]], low=[1, 0, 0], high=[5, 1, 10], reversed=[0, 0, 1])
    assert found.score.tolist() == [0.0, 100.0, 50.0]
    assert found.answered.tolist() == [3, 3, 2]


def test_half_of_the_items_are_enough():
    answers = [[5, 5, NAN, NAN], [5, NAN, NAN, NAN], [NAN] * 4]
    assert same(score(answers, 1, 5).score, [100, NAN, NAN])
    assert same(score(answers, 1, 5, least_answered=0.25).score, [100, 100, NAN])
    assert same(score(answers, 1, 5, least_answered=0).score, [100, 100, NAN])


def test_codes_outside_the_scale_are_no_answer():
    found = score([[8, 9, 5], [0, 99, -1]], 1, 5, least_answered=0.1)
    assert same(found.score, [100, NAN])
    assert found.answered.tolist() == [1, 0]


def test_favourable_is_told_after_turning():
    found = score([[1, 5], [5, 1]], 1, 5, reversed=[True, False], favourable_from=4)
    assert found.favourable.tolist() == [1.0, 0.0]


def test_favourable_counts_only_items_that_say_from_where():
    found = score([[5, 1], [1, 5]], 1, 5, favourable_from=[4, NAN])
    assert found.favourable.tolist() == [1.0, 0.0]
    assert np.isnan(score([[5, 1]], 1, 5).favourable).all()


@pytest.mark.parametrize("shape", [(0, 3), (3, 0), (0, 0)])
def test_nobody_or_nothing_gives_no_score(shape):
    found = score(np.empty(shape), 1, 5)
    assert found.score.shape == found.favourable.shape == found.answered.shape == shape[:1]
    assert np.isnan(found.score).all()


def test_a_scale_upside_down_is_refused():
    with pytest.raises(ValueError, match="below its highest"):
        score([[1]], 5, 1)
    with pytest.raises(ValueError, match="people x items"):
        score([1, 2], 1, 5)


@given(answered)
def test_turning_every_item_turns_the_score(answers):
    straight, turn = score(answers, 1, 5), score(answers, 1, 5, reversed=True)
    assert same(straight.score, 100 - turn.score)
    assert same(turned(turned(answers, 1, 5, True), 1, 5, True), answers)


@given(answered)
def test_score_and_favourable_stay_in_bounds_and_together(answers):
    kept = answers.copy()
    found = score(answers, 1, 5, favourable_from=4)
    known = np.isfinite(found.score)
    assert same(answers, kept)
    assert (known == (np.isfinite(answers).sum(axis=1) >= 2)).all()
    assert (known == np.isfinite(found.favourable)).all()
    assert ((found.score[known] >= 0) & (found.score[known] <= 100)).all()


def test_floor_and_ceiling_are_exact_and_weighted():
    scores = score([[1, 1, 1], [5, 5, 5], [1, 2, 1], [NAN, NAN, NAN]], 1, 5).score
    assert floor_share(scores) == pytest.approx(1 / 3)
    assert ceiling_share(scores, weights=[1, 2, 1, 9]) == pytest.approx(0.5)
    assert ceiling_share(scores, weights=[NAN, 2, 2, 9]) == pytest.approx(0.5)
    assert math.isnan(floor_share([])) and math.isnan(floor_share([NAN]))
    assert math.isnan(floor_share([0.0], weights=[0.0]))
    with pytest.raises(ValueError, match="0 or more"):
        floor_share([0.0], weights=[-1.0])


def test_shares_of_each_answer():
    answers = [[1, 5], [1, 5], [2, NAN], [9, 2.5]]
    assert answer_shares(answers, 1, 5).tolist() == [[2 / 3, 1 / 3, 0, 0, 0], [0, 0, 0, 0, 1]]
    assert answer_shares(answers, 1, 5, weights=[1, 1, 2, 5])[0].tolist() == [0.5, 0.5, 0, 0, 0]
    assert np.isnan(answer_shares([[NAN]], 1, 5)).all()
    assert answer_shares(np.empty((0, 2)), 1, 5).shape == (2, 5)


@given(answered)
def test_shares_add_up_to_one(answers):
    sums = answer_shares(answers, 1, 5).sum(axis=1)
    assert ((np.abs(sums - 1) < 1e-12) == np.isfinite(answers).any(axis=0)).all()


def test_likert_summary_of_percents_shares_and_people():
    # R: summary(likert(summary = MathAnxiety)), likert 2.0.1: item 1 and 3
    first, third = [10, 15, 10, 35, 30], [0, 0, 20, 25, 55]
    found = likert_summary([first, third], center=3)
    assert found.low.tolist() == [25, 0]
    assert found.neutral.tolist() == [10, 20]
    assert found.high.tolist() == [65, 80]
    assert found.mean == pytest.approx([3.6, 4.35])
    assert found.sd[0] == pytest.approx(1.3257359306, abs=1e-9)
    shares = likert_summary(np.array(first) / 100)
    assert shares.sd == pytest.approx(1.3257359306, abs=1e-9)
    people = likert_summary(np.array(first) / 5)
    everyone = np.repeat(np.arange(1, 6), [2, 3, 2, 7, 6])
    assert people.sd == pytest.approx(np.std(everyone, ddof=1))


def test_likert_summary_without_a_middle():
    found = likert_summary([10, 20, 30, 40], center=2.5)
    assert (found.low, found.neutral, found.high) == (30, 0, 70)
    assert likert_summary([10, 20, 30, 40]) == found
    assert likert_summary([10, 20, 30, 40], center=2).low == 10
    assert all(math.isnan(value) for value in likert_summary([0, 0, 0]))
    assert math.isnan(likert_summary([0, 1, 0, 0]).sd) is False
    with pytest.raises(ValueError, match="center"):
        likert_summary([1, 2, 3], center=3)
    with pytest.raises(ValueError, match="center"):
        likert_summary([1, 2, 3, 4], center=2.2)


def test_likert_case(cases):
    case = cases["likert_mathanxiety"]
    frame = pd.read_csv(SHARED / "reference" / case["dataset_file"])
    found = likert_summary(frame.iloc[:, 1:].to_numpy(float), center=3)
    for name, expected in case["expected"].items():
        item, _, what = name.partition("_")
        value = getattr(found, what)[int(item.removeprefix("item")) - 1]
        assert value == pytest.approx(expected["value"], abs=expected["tol"] or 1e-12), name


def test_net_promoter_variance_is_that_of_one_answer():
    # R: NPS::nps, NPS::nps.var: p + d - (p - d)^2 = 0.8 - 0.16 = 0.64
    found = net_promoter_from_counts(60, 20, 100)
    assert found.estimate == pytest.approx(40)
    assert (found.conf_high - found.conf_low) / 2 == pytest.approx(100 * 1.959963985 * 0.8 / 10)
    answers = np.repeat([10, 8, 6], [60, 20, 20])
    assert net_promoter(answers) == found
    signs = np.repeat([100.0, 0, -100], [60, 20, 20])
    assert contrast([signs], [1]).standard_error == pytest.approx(8 * math.sqrt(100 / 99))


def test_net_promoter_corners():
    assert all(math.isnan(value) for value in net_promoter([NAN, 11, -1]))
    alike = net_promoter([9, 10])
    assert alike.estimate == 100
    assert math.isnan(alike.conf_low) and math.isnan(alike.p_value)
    assert net_promoter([9, 10, 9, 9, 0]).conf_high == 100
    with pytest.raises(ValueError, match="among"):
        net_promoter_from_counts(3, 3, 5)


@given(st.integers(0, 30), st.integers(0, 30), st.integers(1, 30))
def test_net_promoter_turns_and_p_matches_interval(promoters, detractors, passive):
    n = promoters + detractors + passive
    found, other = (
        net_promoter_from_counts(a, b, n) for a, b in ((promoters, detractors), (detractors, promoters))
    )
    assert found.estimate == pytest.approx(-other.estimate)
    if math.isfinite(found.conf_low):
        assert (found.p_value < 0.05) == (not found.conf_low <= 0 <= found.conf_high)
