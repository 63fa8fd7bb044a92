"""Areas with high or rising rates: what is planted is found, what cannot be told is not told."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from outreach_metrics.errors import UnknownNameError
from outreach_metrics.needs import area_needs
from outreach_metrics.needs.areas import area_names
from tests.conftest import crime_study
from tests.metrics.attendance_studies import attendance_study


def city(rates, months=48, *, rise=None, seed=0, population=4000.0):
    """Make monthly counts of areas from their rates; `rise` maps an area to the factor of its last years."""
    expected = np.repeat(np.asarray(rates, dtype=float)[:, None], months, axis=1)
    for area, factor in (rise or {}).items():
        expected[area, -24:] *= factor
    return crime_study(np.random.default_rng(seed).poisson(expected), population=population)


@pytest.fixture(scope="module")
def high():
    """Thirty areas alike, two of which have 2.5 times the rate and one of which rises by 60 %."""
    return area_needs(city([20.0] * 2 + [8.0] * 28, rise={5: 1.6}))


def test_planted_high_and_rising_areas_are_found_and_no_others(high):
    assert set(high.named(standing="above")) >= {"0000", "0001"}
    assert high.named(change="rose") == ["0005"]
    assert set(high.areas["standing"]) <= {"above", "unclear", "below"}
    assert high.span == ("2022-01", "2023-12") and high.span_before == ("2020-01", "2021-12")


def test_rows_are_consistent(high):
    frame = high.areas
    assert (frame["conf_low"] <= frame["smoothed"]).all() and (frame["smoothed"] <= frame["conf_high"]).all()
    assert (frame["rank_low"] <= frame["rank"]).all() and (frame["rank"] <= frame["rank_high"]).all()
    assert frame["rank"].tolist() == list(range(1, len(frame) + 1))
    assert ((frame["standing"] == "above") == (frame["conf_low"] > high.overall)).all()
    assert (frame.loc[frame["standing"] == "above", "above"] > 0.95).all()
    between = np.sort(np.column_stack([frame["rate"], np.full(len(frame), frame["rate"].mean())]))
    assert ((frame["smoothed"] > between[:, 0] - 2) & (frame["smoothed"] < between[:, 1] + 2)).all()
    row = frame.iloc[0]
    assert row["rate"] == pytest.approx(row["count"] / (4000 * 2 / 1000))
    assert (frame["p_adjusted"].dropna() >= 0).all()


def test_areas_that_are_alike_are_not_told_apart():
    named = rose = 0
    for seed in range(12):
        needs = area_needs(city([10.0] * 25, seed=seed))
        named += len(needs.named(standing="above"))
        rose += len(needs.named(change="rose")) + len(needs.named(change="fell"))
        assert (needs.areas["rank_high"] - needs.areas["rank_low"]).median() > 12
    assert named <= 3 and rose <= 3


def test_small_areas_are_left_out_or_told():
    population = np.full((6, 1), 4000.0)
    population[0], population[1], population[2] = 4.0, np.nan, 150.0
    study = city([9.0] * 6, population=population)
    needs = area_needs(study)
    reasons = dict(zip(needs.left_out["name"], needs.left_out["reason"], strict=True))
    assert reasons == {"0000": "Fewer than 10 people live there.", "0001": "The residents are not known."}
    assert needs.areas.set_index("area_id")["few_residents"].to_dict()["0002"]
    assert needs.areas["few_residents"].sum() == 1 and len(needs.areas) == 4


@pytest.mark.parametrize(
    ("months", "reason"), [(8, "less than a year"), (30, ""), (48, "")], ids=["short", "30", "48"]
)
def test_short_data_tell_less(months, reason):
    needs = area_needs(city([9.0] * 5, months))
    assert reason in needs.reason and needs.made == (not reason)
    if months == 30:
        assert (needs.areas["change"] == "").all() and needs.span_before == ("", "")


def test_little_counted_is_no_change_and_nothing_is_no_rate():
    needs = area_needs(city([0.03] * 20, seed=2))
    assert (needs.areas["change"] == "").all()
    nothing = area_needs(crime_study(np.zeros((4, 48), dtype=int)))
    assert not nothing.made and "nothing was counted" in nothing.reason and nothing.areas.empty
    two = area_needs(city([9.0] * 2))
    assert "3 areas" in two.reason


def test_without_counts_or_with_a_wrong_outcome():
    none = area_needs(attendance_study([{}]))
    assert "no incidents" in none.reason and none.outcome == ""
    with pytest.raises(UnknownNameError, match=r"'al'.*Did you mean 'all'"):
        area_needs(city([9.0] * 5), "al")


@pytest.mark.parametrize("unit", ["week", "quarter", "year"])
def test_every_unit_of_time(unit):
    periods = {"week": 210, "quarter": 16, "year": 4}[unit]
    first = {"week": "2020-01-06", "quarter": "2020Q1", "year": "2020"}[unit]
    counts = np.random.default_rng(1).poisson(30, (6, periods))
    needs = area_needs(crime_study(counts, unit=unit, first=first))
    assert needs.made and len(needs.areas) == 6
    per_year = {"week": 365.25 / 7, "quarter": 4, "year": 1}[unit]
    assert needs.overall == pytest.approx(30 * per_year, rel=0.15)


def test_names_of_areas_are_used():
    study = city([9.0] * 4)
    table = study.tables["areas"].assign(name=["Hill", None, "Dock", ""])
    named = replace(study, tables={"areas": table})
    assert area_names(named) == {"0000": "Hill", "0002": "Dock"}
    assert set(area_needs(named).areas["name"]) == {"Hill", "0001", "Dock", "0003"}


def test_the_sample_city_fell_everywhere(sample):
    needs = area_needs(sample)
    # truth.json: crime falls by the factor 0.895834 a year in every beat, so by its square in two years.
    assert needs.city.conf_low < 0.895834**2 < needs.city.conf_high
    assert needs.named(change="rose") == [] and len(needs.named(change="fell")) > 20
    assert isinstance(needs.areas, pd.DataFrame) and len(needs.areas) == 40
    # Programs were put where crime was high: treatment areas stand above more often than the other beats.
    treated = {area for program in sample.programs.values() for area in program.treatment}
    above = needs.areas["standing"] == "above"
    inside = needs.areas["area_id"].isin(treated)
    assert len(needs.left_out) == 0 and above[inside].sum() >= 8
