"""Dosage, hours, concentration, dose and survey answers, and what few people must not show."""

import json
import math
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from outreach_metrics import sample_study
from outreach_metrics.metrics import attendance
from outreach_metrics.registry import registered_metrics
from outreach_metrics.study.model import Linkage
from tests.metrics.attendance_studies import attendance_study, found, only

TRUTH = json.loads((sample_study() / "truth.json").read_text(encoding="utf-8"))["programs"]


def visits(times, hours=None, **settings):
    """Make a study in which person i comes to the first times[i] events."""
    rows = [(event, person, None) for person, n in enumerate(times) for event in range(n)]
    lengths = [2.0] * max(times) if hours is None else hours
    events = [{"hours": length} for length in lengths]
    return attendance_study(events, rows, **settings)


def test_dosage_and_hours_are_means_over_people():
    # R: t.test(c(1, 1, 2, 4))$conf.int: -0.25, 4.25, held at the least that there can be
    study = visits([1, 1, 2, 4])
    dosage, hours = only(study, "dosage"), only(study, "hours")
    assert (dosage.estimate, dosage.conf_low) == (2, 1)
    assert dosage.conf_high == pytest.approx(4.25, abs=0.001)
    assert (hours.estimate, hours.conf_low) == (4, 0)
    assert hours.n_after == 4


def test_events_of_unknown_length_are_left_out_of_hours():
    study = visits([1, 1, 2, 4], hours=[2.0, 1.0, None, 3.0])
    hours = only(study, "hours")
    assert hours.estimate == pytest.approx((2 + 2 + 3 + 6) / 4)
    assert "1 of 4 events is left out" in hours.note
    assert "length" in only(visits([2, 2], hours=[None, None]), "hours").note


def test_concentration_is_gini_and_the_top_tenth():
    # R: ineq::Gini(c(rep(1, 9), 11)) = 0.45
    told = found(visits([1] * 9 + [11]), "concentration")
    assert told["", ""].estimate == pytest.approx(0.45)
    assert told["", "most frequent tenth"].estimate == pytest.approx(11 / 20)
    even = found(visits([3] * 12), "concentration")["", ""]
    assert even.estimate == 0
    assert even.note.startswith("Too few people, or all alike")


def test_the_top_tenth_of_few_is_not_told():
    told = found(visits([1] * 20 + [5] * 20 + [6] * 20, min_cell=10), "concentration")
    assert told["", ""].made
    assert told["", "most frequent tenth"].note == "Suppressed: fewer than 10 people."


@given(st.lists(st.integers(1, 6), min_size=1, max_size=60))
def test_numbers_of_people_never_give_away_a_few(times):
    study = visits(times, min_cell=10)
    unique, total, dosage = (only(study, name) for name in ("unique", "total", "dosage"))
    again = sum(n >= 2 for n in times)
    if 0 < again < 10:
        assert not (unique.made and total.made)
        for name in ("dosage", "hours", "reach", "repeat_share"):
            assert not only(study, name).made, name
    if dosage.made:
        assert dosage.estimate == pytest.approx(np.mean(times))
        assert len(times) >= 10
    for name, metric in registered_metrics().items():
        if metric.strand == "attendance" and len(times) < 10 and name != "attendance_events":
            assert not any(e.made for e in metric.function(study, "p")), name


def test_three_events_tell_how_many_came_thrice_so_they_are_hidden():
    few_thrice = visits([1] * 20 + [2] * 20 + [3] * 4, min_cell=10)
    for name in ("unique", "reach", "repeat_share", "dosage", "hours"):
        assert only(few_thrice, name).note.startswith("Suppressed"), name
    assert found(few_thrice, "concentration")["", ""].note.startswith("Suppressed")
    enough = visits([1] * 20 + [2] * 20 + [3] * 14, min_cell=10)
    assert only(enough, "dosage").made
    assert only(enough, "unique").estimate == 54


def test_the_number_of_people_hidden_in_one_place_is_hidden_everywhere():
    study = visits([1] * 30 + [2] * 3, min_cell=10)
    for name in ("unique", "reach", "repeat_share", "dosage"):
        made = only(study, name)
        assert made.note.startswith("Suppressed"), name
        assert math.isnan(made.n_after)
    assert only(study, "total").estimate == 36


def test_the_note_tells_how_people_were_linked():
    study = visits([1, 2, 3])
    assert "spelled in two ways counts twice" in only(study, "unique").note
    linkage = Linkage(
        rows=6, named=6, spellings=5, people=3, linked=2, match_rate=5 / 6, review=pd.DataFrame()
    )
    note = only(replace(study, linkage=linkage), "unique").note
    assert "2 spellings that are alike" in note
    assert "83% of the sign-ins" in note


def test_headcounts_below_the_sheet_are_told():
    study = attendance_study([{"headcount": 2}], [(0, i, None) for i in range(5)])
    total = only(study, "total")
    assert total.estimate == 2
    assert "At 1 of 1 events more people signed in" in total.note


def test_events_without_a_date_count_and_are_left_out_of_time():
    days = [{"date": f"20{20 + i // 12}-{i % 12 + 1:02d}-01", "headcount": 20 + i} for i in range(30)]
    study = attendance_study([*days, {"date": None, "headcount": 900}])
    assert only(study, "events").estimate == 31
    trend = only(study, "trend")
    assert "1 of 31 events is left out" in trend.note
    assert trend.n_after == 30
    assert trend.method.endswith("regression on time and season")


def survey(scores, waves=("before", "after")):
    """Make answers of one item, 0-10: scores[person] = one number a wave."""
    rows = [
        {"respondent_id": person, "program_id": "p", "wave": wave, "arm": None, "q": float(score)}
        for person, told in scores.items()
        for wave, score in zip(waves, told, strict=True)
    ]
    dates = {"before": "2022-12-01", "after": "2023-12-01"}
    responses = pd.DataFrame(rows)
    responses["date"] = pd.to_datetime(responses["wave"].map(dates))
    items = pd.DataFrame({"item": ["q"], "construct": "trust", "text": "", "low": 0.0, "high": 10.0})
    return {"responses": responses, "items": items}


def test_dose_response_is_the_slope_of_change_on_events():
    times = [1, 2, 3, 4, 5, 1, 2, 3, 4, 5]
    noise = [0, 0.1, -0.1, 0.1, 0, 0, -0.1, 0.1, -0.1, 0]
    scores = {i: (2, 2 + 0.5 * n + e) for i, (n, e) in enumerate(zip(times, noise, strict=True))}
    made = only(visits(times, **survey(scores | {99: (1, 9)})), "dose_response")
    assert (made.outcome, made.group) == ("trust", "change, before to after")
    assert made.estimate == pytest.approx(5, abs=0.2)  # half an answer of ten is 5 points of 100
    assert made.conf_low < 5 < made.conf_high
    assert made.n_after == 10
    assert "10 of 11 respondents" in made.note
    assert "not an effect" in made.note


def test_events_after_the_answer_do_not_count():
    times = [1, 1, 3, 3, 4, 5]
    tables = survey({i: (2, 2 + n) for i, n in enumerate([1, 2, 3, 3, 4, 5])})
    study = visits(times, **tables)
    days = pd.to_datetime(["2023-01-01", "2023-02-01", *["2024-01-01"] * 3])
    late = study.tables["events"].assign(date=days)
    capped = only(replace(study, tables={**study.tables, "events": late}), "dose_response")
    # events that count: 1, 1, 2, 2, 2, 2; changes 10, 20, 30, 30, 40, 50 points
    assert capped.estimate == pytest.approx((30 + 30 + 40 + 50) / 4 - (10 + 20) / 2)


def test_one_wave_gives_the_level():
    times = [1, 2, 3, 4, 5, 6]
    made = only(
        visits(times, **survey({i: (n,) for i, n in enumerate([1, 2, 3, 5, 5, 6])}, ["after"])),
        "dose_response",
    )
    assert made.group == "level, after"
    assert made.estimate > 0


def test_respondents_who_cannot_be_found_decline_and_say_how_many():
    tables = survey({50 + i: (1, 2) for i in range(20)} | {0: (1, 2)})
    study = visits([2] * 30, min_cell=10, **tables)
    assert (
        only(study, "dose_response").note
        == "Of 21 respondents fewer than 10 can be found on the sign-in sheets."
    )


@pytest.mark.parametrize("program_id", [p for p, told in TRUTH.items() if told.get("attendance")])
def test_the_sample_gives_back_what_was_planted(sample, program_id):
    told = TRUTH[program_id]["attendance"]
    made = {
        name: getattr(attendance, f"attendance_{name}")(sample, program_id)[0]
        for name in ("unique", "repeat_share", "dosage", "events")
    }
    assert made["events"].estimate == told["events"]
    if made["unique"].made:
        assert made["unique"].estimate == pytest.approx(told["unique_people"], rel=0.03)
    if made["repeat_share"].made:
        assert made["repeat_share"].estimate == pytest.approx(told["repeat_share"], abs=0.03)
    if made["dosage"].made:
        assert made["dosage"].estimate == pytest.approx(told["signed_in"] / told["unique_people"], rel=0.04)


def test_nobody_of_the_sample_with_seven_people_is_shown(sample):
    for name, metric in registered_metrics().items():
        if metric.strand == "attendance" and name != "attendance_events":
            for estimate in metric.function(sample, "porch-talks"):
                assert not estimate.made, name
                assert math.isnan(estimate.n_after)
    assert attendance.retention_curve(sample, "porch-talks").empty


@pytest.mark.slow
def test_a_million_rows_take_seconds():
    import time

    random = np.random.default_rng(0)
    rows = np.column_stack([random.integers(0, 2000, 10**6), random.integers(0, 50_000, 10**6)])
    events = [{"date": f"20{20 + i % 4}-0{i % 9 + 1}-01", "hours": 2.0} for i in range(2000)]
    study = attendance_study(events, [])
    names = study.tables["events"]["event_id"].to_numpy()
    study.tables["attendance"] = pd.DataFrame(
        {"event_id": names[rows[:, 0]], "attendee_id": rows[:, 1], "age": random.choice(["x", "y"], 10**6)}
    )
    study.tables["benchmarks"] = pd.DataFrame(
        {"variable": "age", "category": ["x", "y"], "count": [50_000.0, 60_000.0], "area_id": None}
    )
    begun = time.perf_counter()
    for metric in registered_metrics().values():
        if metric.strand == "attendance":
            assert metric.function(study, "p")
    assert time.perf_counter() - begun < 20


def test_dose_bins_are_means_of_groups_and_hide_small_ones():
    times = [1] * 10 + [2] * 10 + [3] * 5
    scores = {i: (2, 2 + 0.5 * n + 0.1 * (i % 3)) for i, n in enumerate(times)}
    study = visits(times, **survey(scores), min_cell=10)
    bins = attendance.dose_bins(study, "p", "trust")
    assert bins["events"].to_list() == ["1", "2–3"]
    assert bins["people"].to_list() == [10, 15]
    assert bins["mean"].is_monotonic_increasing
    assert attendance.dose_bins(visits(times, **survey(scores), min_cell=11), "p", "trust").empty
    assert attendance.dose_bins(study, "p", "safety").empty
