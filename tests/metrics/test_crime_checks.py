"""Named checks on studies in which the threat is planted, and on studies in which it is not."""

from dataclasses import replace
from datetime import date

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from outreach_metrics.check import Check
from outreach_metrics.estimate import Estimate
from outreach_metrics.evidence.checks import (
    QUESTIONS,
    SURVEY_CHECKS,
    VERDICTS,
    cautions,
    finding,
    meaning,
    question,
)
from outreach_metrics.metrics.crime import crime_checks, crime_its_level, several_outcomes
from tests.conftest import crime_study

MONTH = np.arange(48)


def drawn(areas=8, treated=3, mean=60.0, factor=1.0, seed=1):
    """Draw monthly Poisson counts; treated areas have `factor` (one, or one a month) times as many."""
    level = np.full((areas, 48), float(mean))
    level[:treated] *= factor
    return np.random.default_rng(seed).poisson(level)


def check(study, name, outcome="all"):
    (found,) = [one for one in crime_checks(study, "p", outcome) if one.name == name]
    return found


def verdict(study, name):
    return check(study, name).verdict


def test_an_even_world_raises_no_caution():
    found = crime_checks(crime_study(drawn(), treated=3), "p", "all")
    assert [one.name for one in found if one.verdict == "caution"] == []
    assert {one.name for one in found} == set(QUESTIONS) - set(SURVEY_CHECKS) - {
        "several_outcomes",
        "own_trend",
    }


def test_trends_that_part_before_the_start_are_found():
    apart = drawn(factor=0.7 ** (MONTH / 12), mean=100)
    made = check(crime_study(apart, treated=3), "pre_trend")
    assert made.verdict == "caution"
    assert made.values["low"] < 0.7 < made.values["high"]


def test_few_incidents_cannot_tell_trends_apart():
    assert verdict(crime_study(drawn(mean=0.5), treated=3), "pre_trend") == "unknown"


def test_a_bad_spell_before_the_start_is_found():
    spell = np.where((MONTH >= 18) & (MONTH < 24), 1.5, 1.0)
    study = crime_study(drawn(factor=spell), treated=3, assignment="targeted")
    made = check(study, "regression_to_the_mean")
    assert made.verdict == "caution"
    assert "chosen for their need" in finding(made)
    assert verdict(crime_study(drawn(factor=spell), treated=3, assignment="random"), made.name) == "clear"


def test_a_good_spell_before_the_start_is_no_usual_one():
    spell = np.where((MONTH >= 18) & (MONTH < 24), 0.6, 1.0)
    made = check(crime_study(drawn(factor=spell), treated=3), "regression_to_the_mean")
    assert made.verdict == "caution"
    assert "better than usual" in finding(made)


@pytest.mark.parametrize("name", ["regression_to_the_mean", "placebo_dates", "specification"])
def test_a_season_of_the_treated_areas_alone_is_no_caution(name):
    season = 1 + 0.4 * np.cos(2 * np.pi * (MONTH - 9) / 12)
    assert verdict(crime_study(drawn(factor=season), treated=3), name) != "caution"


def test_a_change_before_the_start_is_found_at_a_false_start():
    early = np.where(MONTH < 12, 1.0, 0.7)
    assert verdict(crime_study(drawn(factor=early), treated=3), "placebo_dates") == "caution"


def test_an_outcome_that_cannot_have_changed_is_looked_at():
    moved = drawn(factor=np.where(MONTH < 24, 1.0, 0.6), seed=2)
    study = crime_study(np.stack([drawn(), moved]), treated=3)
    assert verdict(study, "placebo_outcomes") == "unknown"
    named = replace(study, settings=replace(study.settings, placebo_outcomes=("burglary",)))
    assert verdict(named, "placebo_outcomes") == "caution"
    calm = replace(named, panel=replace(study.panel, counts=np.stack([drawn(), drawn(seed=4)])))
    assert verdict(calm, "placebo_outcomes") == "clear"


def test_a_rise_next_door_is_found():
    roles = {"treatment": (0, 1), "displacement": (2, 3), "comparison": (4, 5, 6, 7)}
    counts = drawn(factor=1.0)
    counts[2:4, 24:] = np.random.default_rng(3).poisson(90, (2, 24))
    assert verdict(crime_study(counts, roles=roles), "displacement") == "caution"
    assert verdict(crime_study(drawn(), roles=roles), "displacement") == "clear"
    assert verdict(crime_study(drawn()), "displacement") == "unknown"


def test_areas_of_unlike_rates_few_incidents_and_short_windows_are_told():
    assert verdict(crime_study(drawn(factor=3.0), treated=3), "similar_before") == "caution"
    assert verdict(crime_study(drawn(mean=0.2), treated=3), "low_counts") == "caution"
    assert verdict(crime_study(drawn()[:, :32], treated=3), "windows") == "caution"


def test_another_program_is_told():
    study = crime_study(drawn(), treated=3)
    own = study.programs["p"]
    assert verdict(study, "overlap") == "clear"
    for area, day, expected in (
        ("0000", date(2021, 6, 1), "caution"),
        ("0005", date(2022, 6, 1), "caution"),
        ("0000", date(2030, 1, 1), "clear"),
    ):
        other = replace(own, program_id="q", start=day, areas={"treatment": (area,)})
        assert verdict(replace(study, programs={"p": own, "q": other}), "overlap") == expected
    ended = replace(own, program_id="q", start=date(2010, 1, 1), end=date(2021, 12, 31))
    assert verdict(replace(study, programs={"p": own, "q": ended}), "overlap") == "caution"


def test_more_reporting_is_told_apart_from_more_crime():
    steady, reported = drawn(seed=5), drawn(factor=np.where(MONTH < 24, 1.0, 1.5), seed=6)
    study = crime_study(steady + reported, treated=3)
    offenses = replace(study.panel, outcomes=("auto theft", "vandalism"), counts=np.stack([steady, reported]))
    groups = {"reporting_sensitive": ("vandalism",), "always_recorded": ("auto theft",)}
    made = check(replace(study, offenses=offenses, offense_groups=groups), "reporting")
    assert made.verdict == "caution"
    assert made.values["sensitive"] == pytest.approx(1.5, abs=0.1)
    assert verdict(study, "reporting") == "unknown"


def test_an_answer_that_hangs_on_the_window_is_told():
    short_lived = np.where((MONTH >= 24) & (MONTH < 30), 0.6, np.where(MONTH >= 30, 1.15, 1.0))
    made = check(crime_study(drawn(factor=short_lived), treated=3), "specification")
    assert made.values["lowest"] < 0.9 < 1 < made.values["highest"]
    assert made.verdict == "caution"


def test_without_comparison_areas_what_needs_them_cannot_be_told():
    found = {one.name: one for one in crime_checks(crime_study(drawn()[:1]), "p", "all")}
    assert "pre_trend" not in found
    for name in ("similar_before", "placebo_dates", "specification", "regression_to_the_mean"):
        assert found[name].verdict == "unknown"
        assert "comparison areas" in found[name].reason


def test_no_counts_on_one_side_are_no_checks():
    assert crime_checks(crime_study(np.full((2, 24), 5)), "p", "all") == ()


def ratio(outcome, p, p_adjusted):
    return Estimate(
        program_id="p", strand="crime", metric="crime_relative_effect", outcome=outcome, unit="ratio",
        estimate=0.8, conf_low=0.7, conf_high=0.9, p_value=p, p_adjusted=p_adjusted,
    )  # fmt: skip


def test_a_change_that_several_outcomes_explain_is_told():
    lost = several_outcomes("p", (ratio("a", 0.04, 0.08), ratio("b", 0.3, 0.3)))
    assert lost.verdict == "caution"
    assert finding(lost) == (
        "2 outcomes looked at; 1 would show a clear change if looked at alone, none once all are allowed for."
    )
    assert several_outcomes("p", (ratio("a", 0.001, 0.002),)).verdict == "clear"


@given(st.integers(0, 10_000), st.floats(0.3, 3.0), st.floats(0.0, 40.0))
def test_every_check_has_words_whatever_the_counts(seed, factor, mean):
    counts = drawn(6, 2, mean, np.where(MONTH < 24, 1.0, factor), seed)
    roles = {"treatment": (0, 1), "displacement": (2,), "comparison": (3, 4, 5)}
    found = crime_checks(crime_study(counts, roles=roles, assignment="targeted"), "p", "all")
    for one in found:
        assert one.verdict in VERDICTS
        for text in (question(one), finding(one), meaning(one)):
            assert text
            assert "nan" not in text
        assert finding(one).endswith(".")
        assert (one.verdict == "unknown") >= bool(one.reason)
    assert len(cautions(found)) == sum(one.verdict == "caution" for one in found)


def test_an_unknown_name_has_no_words():
    with pytest.raises(KeyError):
        question(Check(program_id="p", name="phase of the moon"))


def test_series_without_a_count_in_common_cannot_be_told_apart():
    counts = np.zeros((2, 48), dtype=int)
    counts[0, 16:24], counts[1, 16], counts[:, 30] = [0, 0, 3, 1, 2, 3, 1, 0], 3, 2
    study = crime_study(counts, treated=1)
    assert verdict(study, "pre_trend") == "unknown"


def test_sparse_areas_drawn_at_random_can_be_checked():
    for seed in range(6):
        counts = drawn(10, 5, 0.05, seed=seed)
        found = crime_checks(crime_study(counts, treated=5, assignment="random"), "p", "all")
        assert len(found) == len(QUESTIONS) - len(SURVEY_CHECKS) - 2


def test_residents_of_one_side_alone_are_not_used():
    grown = np.ones((2, 48)) * 1000.0
    grown[0] *= np.linspace(1, 2, 48)
    grown[1] = np.nan
    study = crime_study(drawn(2, 1, 50.0), treated=1, population=grown)
    assert verdict(study, "pre_trend") != "caution"
    level = crime_its_level(study, "p")[0]
    assert level.conf_low < 1 < level.conf_high
    assert "counts are compared" in level.note


def test_without_comparison_areas_a_fall_that_went_on_before_is_told():
    falling = drawn(1, 1, 200.0, 0.75 ** (MONTH / 12), seed=7)
    made = check(crime_study(falling, treated=1), "own_trend")
    assert made.verdict == "caution"
    assert "a 2" in finding(made)
    assert (
        verdict(crime_study(drawn(1, 1, 200.0, np.where(MONTH < 24, 1.0, 0.7)), treated=1), "own_trend")
        == "clear"
    )


def test_one_area_against_one_is_few():
    assert verdict(crime_study(drawn(2, 1), treated=1), "few_areas") == "caution"
    assert verdict(crime_study(drawn(8, 3), treated=3), "few_areas") == "clear"
