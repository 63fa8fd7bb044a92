"""Trust by area, reach by area, groups that are not reached; few people are never shown."""

from dataclasses import replace
from datetime import date

import numpy as np
import pandas as pd
import pytest

from outreach_metrics.needs import reach_by_area, trust_by_group, underserved_groups
from outreach_metrics.study import Program
from tests.metrics.attendance_studies import attendance_study
from tests.test_survey_exhibits import answers, items


def surveyed(low=0, people=120, column="area_id", **extra):
    """Make a survey whose respondents live in areas a, b and c; those in b trust `low` steps less."""
    rows = answers(["after"], arms=("program",), people=people, seed=1).assign(program_id="p")
    place = np.array(["a", "b", "c"])[np.arange(len(rows)) % 3]
    known = [name for name in rows if name.startswith("q")]
    for name in known:
        rows[name] = (rows[name].astype(float) - low * (place == "b")).clip(1, 5)
    if column:
        rows[column] = place
    return attendance_study([{"headcount": 5.0}], responses=rows.assign(**extra), items=items(), min_cell=10)


def test_low_trust_is_found_where_it_is_planted():
    frame = trust_by_group(surveyed(low=2))
    assert set(frame["kind"]) == {"area"} and set(frame["group"]) == {"a", "b", "c"}
    below = frame[frame["standing"] == "below"]
    assert set(below["group"]) == {"b"} and set(below["construct"]) == set(frame["construct"])
    assert (frame["conf_low"] <= frame["score"]).all() and (frame["score"] <= frame["conf_high"]).all()
    assert (below["difference"] < 0).all()


def test_areas_alike_are_not_told_apart_and_the_other_column_serves():
    frame = trust_by_group(surveyed(column="area"))
    assert set(frame["kind"]) == {"area"} and (frame["standing"] == "unclear").all()


def test_strata_stand_in_and_nothing_is_nothing():
    strata = np.array(["north", "south"])[np.arange(120) % 2]
    frame = trust_by_group(surveyed(column="", stratum=strata))
    assert set(frame["kind"]) == {"stratum"} and set(frame["group"]) == {"north", "south"}
    assert trust_by_group(surveyed(column="")).empty
    assert trust_by_group(attendance_study([{}])).empty


def test_groups_of_few_respondents_and_a_second_one_are_suppressed():
    study = surveyed()
    rows = study.tables["responses"]
    place = np.where(np.arange(len(rows)) < 4, "few", rows["area_id"])
    frame = trust_by_group(replace(study, tables=study.tables | {"responses": rows.assign(area_id=place)}))
    hidden = frame[frame["reason"] != ""]
    assert "few" in set(hidden["group"]) and len(set(hidden["group"])) >= 2
    assert hidden[["people", "score", "conf_low", "difference"]].isna().all(axis=None)


EVENTS = [
    {"area_id": "a", "date": "2023-01-01"},
    {"area_id": "a", "date": "2023-02-01"},
    {"area_id": "b", "date": "2023-03-01"},
]


def test_people_count_once_an_area():
    sheets = [(event, person, None) for event in (0, 1) for person in range(60)] + [
        (2, person, None) for person in range(15)
    ]
    frame = reach_by_area(attendance_study(EVENTS, sheets, min_cell=10)).set_index("area_id")
    assert frame.loc["a", "people"] == 60 and frame.loc["a", "share"] == pytest.approx(60 / 400)
    assert frame.loc["b", "people"] == 15 and frame.loc["b", "share"] == pytest.approx(15 / 900)
    assert frame.loc["a", "standing"] == "above" and frame.loc["b", "standing"] == "below"
    assert frame.loc["a", "events"] == 2


def test_few_people_and_areas_without_events_say_why():
    sheets = [(0, person, None) for person in range(40)] + [(2, person, None) for person in range(4)]
    frame = reach_by_area(attendance_study(EVENTS, sheets, min_cell=10)).set_index("area_id")
    assert frame.loc["b", "reason"].startswith("Suppressed") and np.isnan(frame.loc["b", "people"])
    only = reach_by_area(attendance_study(EVENTS[:2], sheets[:40], min_cell=10)).set_index("area_id")
    assert only.loc["b", "reason"] == "No event was held there."
    counted = reach_by_area(attendance_study([*EVENTS[:2], EVENTS[2] | {"headcount": 50.0}], sheets[:40]))
    assert counted.set_index("area_id").loc["b", "reason"].startswith("Nobody is recorded")
    more = [(0, person, None) for person in range(450)]
    assert reach_by_area(attendance_study(EVENTS, more))["reason"].str.contains("More people came").any()


def test_reach_without_places_is_empty():
    assert reach_by_area(attendance_study([{"headcount": 5.0}])).empty


def test_those_who_stayed_away_did_not_come():
    sheets = [(0, person, person % 2 == 0) for person in range(60)]
    frame = reach_by_area(attendance_study(EVENTS, sheets, min_cell=10)).set_index("area_id")
    assert frame.loc["a", "people"] == 30


def test_people_of_two_programs_in_one_area_count_once():
    sheets = [(event, person, None) for event in (0, 1) for person in range(30)]
    study = attendance_study(EVENTS, sheets, min_cell=10)
    events = study.tables["events"]
    events.loc[events["event_id"] == "e1", "program_id"] = "q"
    other = Program(program_id="q", name="Q", type="other", start=date(2023, 1, 1))
    both = replace(study, programs=study.programs | {"q": other})
    assert reach_by_area(both).set_index("area_id").loc["a", "people"] == 30


def test_planted_groups_of_the_sample_are_found(sample):
    # README of the sample: nearly all guests of safe-seniors are 55 and over; youth-nights is for the young.
    frame = underserved_groups(sample)
    under = frame[frame["standing"] == "under"]
    seniors = set(under.loc[under["program_id"] == "safe-seniors", "group"])
    assert seniors == {"under 18", "18-34", "35-54"}
    assert {"18-34", "35-54", "55 and over"} == set(under.loc[under["program_id"] == "youth-nights", "group"])
    assert "porch-talks" not in set(frame["program_id"])
    assert (under["ratio"] < 1).all() and (under["p_adjusted"] < 0.05).all()


def test_groups_without_benchmarks_are_empty():
    frame = underserved_groups(attendance_study(EVENTS, [(0, 1, None)]))
    assert frame.empty and isinstance(frame, pd.DataFrame)


def test_reach_of_the_sample_holds_no_few(sample):
    frame = reach_by_area(sample)
    assert len(frame) == 40 and not frame["people"].between(1, sample.settings.min_cell - 1).any()
    strata = trust_by_group(sample)
    assert set(strata["program_id"]) == {"northgate-beats"} and set(strata["kind"]) == {"stratum"}
