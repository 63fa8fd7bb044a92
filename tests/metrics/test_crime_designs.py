"""The further designs on small studies with known answers."""

import math
from dataclasses import replace
from datetime import date

import numpy as np
import pytest

from outreach_metrics.inference.displacement import displacement_quotient
from outreach_metrics.metrics.crime import (
    crime_att,
    crime_displacement,
    crime_event_study,
    crime_harm_change,
    crime_its_level,
    crime_its_slope,
    crime_series,
    crime_synthetic_effect,
    specification_curve,
)
from outreach_metrics.study import EVERY_OFFENSE, Program
from tests.conftest import crime_study

STEP = np.where(np.arange(48) < 24, 1.0, 0.7)
SEASON = 1 + 0.2 * np.sin(np.arange(48) * 2 * np.pi / 12)


def drawn(random, areas, mean, treated=0, step=STEP):
    """Draw monthly Poisson counts with season; the first `treated` areas take the step."""
    level = np.tile(mean * SEASON, (areas, 1))
    level[:treated] *= step
    return random.poisson(level)


def test_level_finds_a_planted_step_with_comparison_areas_and_without():
    counts = drawn(np.random.default_rng(1), 8, 40, treated=3)
    compared = crime_its_level(crime_study(counts, treated=3), "p")[0]
    alone = crime_its_level(crime_study(counts[:3], treated=3), "p")[0]
    assert compared.conf_low < 0.7 < compared.conf_high < 1
    assert alone.conf_low < 0.7 < alone.conf_high < 1
    assert (compared.design_level, alone.design_level) == (3, 2)
    assert compared.method.startswith("controlled")


def test_slope_finds_a_planted_change_of_trend():
    growth = np.where(np.arange(48) < 24, 1.0, 0.8 ** ((np.arange(48) - 24) / 12))
    counts = drawn(np.random.default_rng(2), 6, 200, treated=2, step=growth)
    made = crime_its_slope(crime_study(counts, treated=2), "p")[0]
    assert made.conf_low < 0.8 < made.conf_high < 1
    assert made.unit == "ratio per year"


def test_a_short_series_declines_with_its_reason():
    made = crime_its_level(crime_study(np.full((2, 28), 9)), "p")[0]
    assert not made.made
    assert "needs 8" in made.note


def test_common_season_and_trend_are_no_level_of_a_controlled_series():
    fall = 0.8 ** (np.arange(48) / 12)
    random = np.random.default_rng(3)
    counts = random.poisson(np.tile(50 * SEASON * fall, (6, 1)))
    made = crime_its_level(crime_study(counts, treated=2), "p")[0]
    assert made.conf_low < 1 < made.conf_high


def test_the_expected_series_follows_the_comparison_areas():
    counts = np.vstack([np.full(48, 20), np.repeat([40, 20], 24)])
    series = crime_series(crime_study(counts), "p", "all")
    after = series[(series["group"] == "treatment") & (series["window"] == "after")]
    assert after["expected"].to_numpy() == pytest.approx(10 * 12)
    before = series[(series["group"] == "treatment") & (series["window"] == "before")]
    assert before["expected"].isna().all()
    assert series.loc[series["group"] == "comparison", "expected"].isna().all()


def test_displacement_is_the_quotient_of_bowers_and_johnson():
    counts = np.array([[600, 300], [400, 450], [1000, 1000]])
    roles = {"treatment": (0,), "displacement": (1,), "comparison": (2,)}
    study = crime_study(
        counts, roles=roles, unit="year", first="2020", start=date(2021, 1, 1), before=1, after=1
    )
    made = crime_displacement(study, "p")[0]
    assert made.estimate == pytest.approx(displacement_quotient(counts)[0].estimate)
    assert made.estimate == pytest.approx((450 / 1000 - 400 / 1000) / (300 / 1000 - 600 / 1000))


def test_displacement_declines_without_neighbors_and_without_a_fall():
    assert "displacement areas" in crime_displacement(crime_study(np.full((2, 48), 9)), "p")[0].note
    rise = np.array([[10] * 24 + [20] * 24, [10] * 48, [10] * 48])
    roles = {"treatment": (0,), "displacement": (1,), "comparison": (2,)}
    made = crime_displacement(crime_study(rise, roles=roles), "p")[0]
    assert not made.made
    assert "did not fall" in made.note


def with_offenses(study, counts, weights):
    """Give a study offenses by label; `counts` has the shape (labels, areas, periods)."""
    every = np.concatenate([counts, np.sum(counts, axis=0, keepdims=True)])
    panel = replace(study.panel, outcomes=(*weights, EVERY_OFFENSE), counts=every)
    return replace(study, offenses=panel, harm_weights=weights, harm_unit="days", harm_source="a table")


def test_harm_is_the_published_weighted_difference():
    # Wheeler & Ratcliffe's ptools::wdd_harm, two of five offenses: -294 by hand (7 x -30 + 2 x -42)
    robbery, theft = [[144, 92], [86, 64]], [[327, 202], [388, 305]]
    year = {"unit": "year", "first": "2020", "start": date(2021, 1, 1), "before": 1, "after": 1}
    study = crime_study(np.add(robbery, theft), **year)
    study = with_offenses(study, [robbery, theft], {"robbery": 7.0, "theft": 2.0})
    made = crime_harm_change(study, "p")[0]
    assert made.estimate == pytest.approx(-294)
    assert (made.outcome, made.unit) == ("harm", "days")


def test_harm_tells_when_few_grave_incidents_decide_and_declines_without_weights():
    murder, theft = np.zeros((3, 48), dtype=int), np.full((3, 48), 20)
    murder[0, 3] = 1
    study = crime_study(murder + theft)
    heavy = with_offenses(study, [murder, theft], {"murder": 9e6, "theft": 3000.0})
    assert "grave incidents decide" in crime_harm_change(heavy, "p")[0].note
    made = crime_harm_change(study, "p")[0]
    assert not made.made
    assert "harm_weights" in made.note


def test_synthetic_effect_finds_a_planted_fall_and_its_rank():
    counts = drawn(np.random.default_rng(5), 26, 60, treated=1)
    made = crime_synthetic_effect(crime_study(counts, treated=1), "p")[0]
    assert made.estimate == pytest.approx(0.7, abs=0.08)
    assert made.p_value == pytest.approx(1 / 26)
    assert made.conf_high < 1


def test_few_donors_leave_the_synthetic_effect_without_limits():
    counts = drawn(np.random.default_rng(6), 7, 60, treated=1)
    made = crime_synthetic_effect(crime_study(counts, treated=1), "p")[0]
    assert made.estimate == pytest.approx(0.7, abs=0.08)
    assert "it needs at least 20 comparison areas, and there are 6" in made.note
    assert math.isnan(made.conf_high)
    assert math.isnan(made.p_value)


def staggered(counts, starts, **changes):
    """Make a study of two programs of one type, whose areas start in the given months; others never."""
    study = crime_study(counts, treated=len(starts))
    areas = study.panel.area_ids
    programs = {}
    for name, members in (("early", (0, 1)), ("late", (2, 3))):
        day = date(2020 + starts[members[0]] // 12, starts[members[0]] % 12 + 1, 1)
        programs[name] = Program(
            program_id=name,
            name=name,
            type="other",
            start=day,
            areas={"treatment": tuple(areas[i] for i in members), "comparison": areas[len(starts) :]},
            **changes,
        )
    return replace(study, programs=programs, settings=replace(study.settings, before=12, after=12))


def test_effects_over_staggered_starts_find_a_planted_ratio():
    starts = [18, 18, 27, 27]
    month = np.arange(48)
    level = np.tile(40 * SEASON, (12, 1))
    for area, start in enumerate(starts):
        level[area] *= np.where(month >= start, 0.7, 1.0)
    study = staggered(np.random.default_rng(7).poisson(level), starts)
    overall = crime_att(study, "early")[0]
    assert overall.conf_low < 0.7 < overall.conf_high < 1
    assert overall.estimate == crime_att(study, "late")[0].estimate
    events = crime_event_study(study, "early")
    assert [e.group for e in events] == ["-12 to -7", "-6 to -1", "0 to 5", "6 to 11"]
    assert all(abs(e.estimate - truth) < 0.1 for e, truth in zip(events, (1, 1, 0.7, 0.7), strict=True))
    assert all(math.isnan(e.p_value) for e in events)


def test_one_start_is_no_staggered_design():
    study = crime_study(np.full((6, 48), 20), treated=3)
    for metric in (crime_att, crime_event_study):
        made = metric(study, "p")
        assert len(made) == 1
        assert "started at one time" in made[0].note


def test_specifications_hold_the_headline_and_every_other_way():
    counts = drawn(np.random.default_rng(8), 7, 30, treated=2)
    roles = {"treatment": (0, 1), "comparison": (2, 3, 4)}
    curve = specification_curve(crime_study(counts, roles=roles), "p", "all")
    assert sum(one.main for one in curve) == 1
    assert {one.left_out for one in curve} == {"", "0002", "0003", "0004"}
    assert {one.comparison for one in curve} >= {"all comparison areas", "all other areas"}
    estimates = [one.result.estimate for one in curve]
    assert estimates == sorted(estimates)
    assert {one.before for one in curve} >= {12, 24}


def test_no_comparison_areas_are_no_specifications():
    assert specification_curve(crime_study(np.full((1, 48), 9)), "p", "all") == ()


def test_neighbors_are_not_drawn_so_that_displacement_is_level_three():
    counts = np.array([[30] * 24 + [15] * 24, [20] * 48, *[[25] * 48] * 10])
    roles = {"treatment": (0,), "displacement": (1,), "comparison": tuple(range(2, 12))}
    made = crime_displacement(crime_study(counts, roles=roles, assignment="random"), "p")[0]
    assert made.made
    assert made.design_level == 3
