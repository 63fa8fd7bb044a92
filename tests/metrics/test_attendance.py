"""Attendance metrics on a small study with known answers."""

import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from outreach_metrics.inference.design_based import wilson
from outreach_metrics.metrics import attendance
from outreach_metrics.registry import registered_metrics
from outreach_metrics.study import Program, Settings, Study


def made(study, name):
    (estimate,) = getattr(attendance, name)(study, "p")
    return estimate


@pytest.fixture
def study():
    days = pd.to_datetime(["2023-01-10", "2023-04-10", "2023-07-10", "2023-10-10"])
    events = pd.DataFrame(
        {
            "event_id": ["e1", "e2", "e3", "e4"],
            "program_id": "p",
            "date": days,
            "headcount": pd.array([30, pd.NA, pd.NA, pd.NA], dtype="Int64"),
        }
    )
    rows = [("e1", person, True) for person in range(20)]
    rows += [("e2", person, True) for person in range(12)]
    rows += [("e2", 0, True), ("e2", 90, False), ("e3", 91, False)]
    sheets = pd.DataFrame(rows, columns=["event_id", "attendee_id", "checked_in"])
    sheets["checked_in"] = sheets["checked_in"].astype("boolean")
    from datetime import date

    program = Program(
        program_id="p", name="P", type="other", start=date(2023, 1, 1), areas={"treatment": ("a",)}
    )
    areas = pd.DataFrame({"area_id": ["a", "b"], "population": [400.0, 900.0], "year": np.nan})
    return Study(
        folder=Path(),
        settings=Settings(),
        programs={"p": program},
        tables={"events": events, "attendance": sheets, "areas": areas},
    )


def test_headcounts_come_before_sign_in_and_absent_people_do_not_count(study):
    frame = attendance.attendance_by_event(study, "p")
    assert frame["attended"].fillna(-1).to_list() == [30, 12, 0, -1]
    assert frame["counted"].to_list() == ["headcount", "sign-in", "sign-in", ""]
    total = made(study, "attendance_total")
    assert total.estimate == 42
    assert "1 of 4 events is left out: nobody counted or signed in" in total.note
    assert made(study, "attendance_events").estimate == 4


def test_people_are_counted_once(study):
    assert made(study, "attendance_unique").estimate == 20
    repeat = made(study, "attendance_repeat_share")
    assert math.isnan(repeat.estimate)  # 8 people came once: fewer than may be shown
    assert repeat.note.startswith("Suppressed")
    open_study = replace(study, settings=Settings(min_cell=5))
    repeat = made(open_study, "attendance_repeat_share")
    assert (repeat.estimate, repeat.conf_low) == pytest.approx(wilson(12, 20)[:2])


def test_reach_is_of_the_residents_of_the_treatment_areas(study):
    reach = made(study, "attendance_reach")
    assert (reach.estimate, reach.conf_low, reach.conf_high) == pytest.approx(wilson(20, 400)[:3])
    few = replace(study, tables={**study.tables, "areas": study.tables["areas"].assign(population=10.0)})
    assert "More people came" in made(few, "attendance_reach").note


def test_reach_takes_the_residents_of_the_year_of_the_events(study):
    by_year = pd.DataFrame(
        {"area_id": "a", "population": [200.0, 500.0, 9000.0], "year": [2022.0, 2023.0, np.nan]}
    )
    reach = made(replace(study, tables={**study.tables, "areas": by_year}), "attendance_reach")
    assert reach.estimate == pytest.approx(20 / 500)


def test_few_who_came_again_cannot_be_worked_out_from_the_total(study):
    sheets = pd.DataFrame(
        [("e1", p) for p in range(30)] + [("e2", p) for p in range(3)], columns=["event_id", "attendee_id"]
    )
    events = study.table("events").assign(headcount=np.nan)
    few = replace(study, tables={**study.tables, "events": events, "attendance": sheets})
    assert made(few, "attendance_total").estimate == 33
    assert made(few, "attendance_repeat_share").note.startswith("Suppressed")
    assert made(few, "attendance_unique").note.startswith("Suppressed")


def test_mean_has_a_t_interval(study):
    mean = made(study, "attendance_mean")
    assert mean.estimate == pytest.approx(14)
    assert mean.conf_low == 0
    assert mean.conf_high > 30


def test_few_people_are_suppressed_everywhere(study):
    sheets = study.tables["attendance"].query("attendee_id < 4 and event_id == 'e1'")
    events = study.tables["events"].assign(headcount=pd.array([pd.NA] * 4, dtype="Int64"))
    small = replace(study, tables={**study.tables, "attendance": sheets, "events": events})
    for name in ("attendance_total", "attendance_unique", "attendance_mean", "attendance_reach"):
        estimate = made(small, name)
        assert math.isnan(estimate.estimate), name
        assert math.isnan(estimate.n_after), name
        assert estimate.note == "Suppressed: fewer than 10 people."


def test_without_events_everything_declines(study):
    empty = replace(study, tables={})
    for name, metric in registered_metrics().items():
        if metric.strand == "attendance":
            assert math.isnan(made(empty, name).estimate)
            assert made(empty, name).note


def test_trend_is_per_year_and_needs_events(study):
    assert "at least 6 events" in made(study, "attendance_trend").note
    random = np.random.default_rng(5)
    days = pd.date_range("2020-01-01", periods=120, freq="10D")
    years = (days - days[0]).days / 365.25
    events = pd.DataFrame({"event_id": [f"e{i}" for i in range(120)], "program_id": "p", "date": days})
    events["headcount"] = random.negative_binomial(8, 8 / (8 + 30 * 1.3**years))
    trend = made(replace(study, tables={"events": events}), "attendance_trend")
    assert trend.conf_low < 1.3 < trend.conf_high
    assert trend.unit == "ratio per year"


def test_the_trend_line_grows_by_the_trend_and_adds_up_to_all_who_came(sample):
    line = attendance.attendance_trend_line(sample, "harbor-watch")
    (trend,) = attendance.attendance_trend(sample, "harbor-watch")
    years = (line["date"].iloc[-1] - line["date"].iloc[0]).days / 365.25
    assert line["expected"].iloc[-1] / line["expected"].iloc[0] == pytest.approx(trend.estimate**years)
    attended = attendance.attendance_by_event(sample, "harbor-watch")["attended"]
    assert line["expected"].mean() == pytest.approx(attended.mean(), rel=0.05)
    assert attendance.attendance_trend_line(sample, "porch-talks").empty
