"""The need in a program's areas: what is planted is found, beside the other areas, and what lacks is said."""

import math
from dataclasses import replace

import numpy as np
import pytest

from outreach_metrics.errors import UnknownNameError
from outreach_metrics.needs import program_need
from tests.metrics.attendance_studies import attendance_study
from tests.needs.test_area_needs import city
from tests.needs.test_people_needs import surveyed


@pytest.fixture(scope="module")
def high():
    """Return a program in one area of twice the rate of 29 others."""
    return program_need(city([16.0] + [8.0] * 29, seed=3), "p")


def test_planted_need_is_found_with_its_interval(high):
    assert high.reason == "" and high.areas["standing"].to_list() == ["above"]
    assert high.ratio.conf_low < 2 < high.ratio.conf_high and high.ratio.conf_low > 1.5
    assert high.rate / high.rate_others == pytest.approx(high.ratio.estimate)


def test_rates_are_those_of_the_areas_together(high):
    frame = high.city.areas
    others = frame[~frame["area_id"].isin(high.program.treatment)]
    years = 2.0
    expected = others["count"].sum() / (others["residents"].sum() / 1000 * years)
    assert high.rate_others == pytest.approx(expected, rel=2e-3)  # a month is not quite a twelfth of a year


def test_areas_alike_are_not_told_apart_in_about_as_many_as_the_level_says():
    missed = 0
    for seed in range(60):
        ratio = program_need(city([9.0] * 20, seed=seed), "p").ratio
        missed += not ratio.conf_low <= 1 <= ratio.conf_high
    assert missed <= 8  # of 60 at 5 %: a probability of about 0.01 to see more


def test_few_incidents_give_no_ratio():
    need = program_need(city([0.03] * 20, seed=2), "p")
    assert need.reason == "" and math.isnan(need.ratio.estimate)


@pytest.mark.parametrize(
    ("study", "reason"),
    [
        (lambda: attendance_study([{}]), "The study has no incidents or counts"),
        (lambda: city([9.0] * 5, 8), "The data hold less than a year"),
        (lambda: _without_areas(city([9.0] * 5)), "No areas of the program are named"),
        (lambda: _everywhere(city([9.0] * 5)), "There are no other areas"),
    ],
)
def test_what_lacks_is_said(study, reason):
    need = program_need(study(), "p")
    assert need.reason.startswith(reason)
    assert math.isnan(need.rate) and math.isnan(need.ratio.estimate)


def _without_areas(study):
    return replace(study, programs={"p": replace(study.program("p"), areas={})})


def _everywhere(study):
    areas = {"treatment": tuple(study.panel.area_ids)}
    return replace(study, programs={"p": replace(study.program("p"), areas=areas)})


def test_low_trust_of_the_programs_survey_is_found():
    low = program_need(surveyed(low=2), "p").low_trust
    assert set(low["group"]) == {"b"}
    assert program_need(surveyed(), "p").low_trust.empty


def test_low_reach_is_of_the_programs_own_areas(sample):
    need = program_need(sample, "light-audit")
    assert len(need.low_reach) and set(need.low_reach["area_id"]) <= set(need.program.treatment)
    assert (need.low_reach["standing"] == "below").all()


def test_unknown_names_are_refused():
    study = city([9.0] * 5)
    with pytest.raises(UnknownNameError, match="Known: p"):
        program_need(study, "q")
    with pytest.raises(UnknownNameError, match="Did you mean 'all'"):
        program_need(study, "p", "al")


def test_residents_that_differ_are_weighed():
    residents = np.repeat([[1000.0], [9000.0], [5000.0], [5000.0]], 48, axis=1)
    study = city([2.0, 18.0, 10.0, 10.0], population=residents)
    areas = {"treatment": ("0000", "0001")}
    study = replace(study, programs={"p": replace(study.program("p"), areas=areas)})
    assert program_need(study, "p").ratio.estimate == pytest.approx(1, abs=0.15)
