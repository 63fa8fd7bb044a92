"""Show rate, walk-ins, capacity and hours on small studies worked out by hand."""

import json
import math

import numpy as np
import pytest

from outreach_metrics import sample_study
from outreach_metrics.inference.design_based import wilson
from outreach_metrics.metrics import attendance
from tests.metrics.attendance_studies import attendance_study, only

TRUTH = json.loads((sample_study() / "truth.json").read_text(encoding="utf-8"))["programs"]


def sheet(event, came, absent=0, walk_ins=0, first=0):
    told = [True] * came + [False] * absent + [None] * walk_ins
    return [(event, first + i, tick) for i, tick in enumerate(told)]


def test_show_rate_leaves_walk_ins_out():
    rows = [*sheet(0, 8, 2, 4), *sheet(1, 3, 3, 0, first=50)]
    study = attendance_study([{}, {}], rows)
    show, walk = only(study, "show_rate"), only(study, "walk_in_share")
    assert (show.estimate, show.n_after) == (11 / 16, 16)
    assert (walk.estimate, walk.n_after) == (4 / 15, 15)
    assert "events as clusters" in show.method


def test_interval_is_that_of_the_ratio_of_totals():
    # R: d <- svydesign(~1, weights = ~1, data = data.frame(y = c(8, 3, 9, 5), x = c(10, 6, 12, 9)))
    #    svyratio(~y, ~x, d): 25 / 37, SE by hand sqrt(4/3 * sum((y - r x)^2)) / sum(x)
    came, registered = np.array([8, 3, 9, 5.0]), np.array([10, 6, 12, 9.0])
    rows = [
        row for i in range(4) for row in sheet(i, int(came[i]), int(registered[i] - came[i]), first=99 * i)
    ]
    show = only(attendance_study([{}] * 4, rows), "show_rate")
    rate = 25 / 37
    error = math.sqrt(4 / 3 * ((came - rate * registered) ** 2).sum()) / 37
    reach = 3.182446 * error / (rate * (1 - rate))  # qt(0.975, 3)
    logit = math.log(rate / (1 - rate))
    assert show.conf_low == pytest.approx(1 / (1 + math.exp(reach - logit)), abs=1e-6)
    assert show.conf_high == pytest.approx(1 / (1 + math.exp(-reach - logit)), abs=1e-6)


def test_one_event_has_a_wilson_interval_and_says_so():
    show = only(attendance_study([{}], sheet(0, 15, 5)), "show_rate")
    assert (show.estimate, show.conf_low, show.conf_high) == pytest.approx(wilson(15, 20)[:3])
    assert show.note.startswith("One event only")


def test_sheets_of_those_who_came_alone_take_the_number_registered():
    ticks = [*sheet(0, 12), *sheet(1, 6, first=50)]
    show = only(attendance_study([{"registered": 20}, {"registered": 10}], ticks), "show_rate")
    assert show.estimate == 18 / 30
    nothing = only(attendance_study([{}, {}], ticks), "show_rate")
    assert nothing.note == "Nothing tells who had registered and stayed away."


def test_a_full_house_counts_where_other_sheets_name_the_absent():
    rows = [*sheet(0, 12, 4), *sheet(1, 6, first=50)]
    assert only(attendance_study([{}, {}], rows), "show_rate").estimate == 18 / 22


def test_without_ticks_the_numbers_of_the_events_stand_in_unless_they_contradict():
    even = attendance_study([{"registered": 20, "headcount": 15}, {"registered": 10, "headcount": 9}, {}])
    show = only(even, "show_rate")
    assert show.estimate == 24 / 30
    assert "walk-ins count as registered" in show.note
    assert "1 of 3 events is left out" in show.note
    assert "No sheet is ticked" in only(even, "walk_in_share").note
    over = attendance_study([{"registered": 20, "headcount": 15}, {"registered": 10, "headcount": 30}])
    assert only(over, "show_rate").note.startswith("More people came than had registered")


def test_events_with_more_ticks_than_registrations_are_left_out():
    study = attendance_study([{"registered": 9}, {"registered": 10}], [*sheet(0, 12), *sheet(1, 8, first=50)])
    show = only(study, "show_rate")
    assert show.estimate == 8 / 10
    assert "more people are ticked than had registered" in show.note
    alone = attendance_study([{"registered": 9}], sheet(0, 12))
    assert "More people came than had registered" in only(alone, "show_rate").note


def test_sheets_that_tick_the_absent_alone_tell_nothing():
    rows = [(0, person, None) for person in range(20)] + [(0, 90 + i, False) for i in range(5)]
    assert "Nothing tells" in only(attendance_study([{}], rows), "show_rate").note
    assert attendance.attendance_by_event(attendance_study([{}], rows), "p")["attended"].to_list() == [20]


def test_several_rows_of_a_person_are_one():
    rows = [(0, 1, False), (0, 1, None), (0, 2, True), (0, 2, True), (0, 3, False), (0, 4, None)]
    study = attendance_study([{}], rows)
    assert only(study, "show_rate").estimate == 2 / 3  # person 1 had registered and signed in on the spot
    assert only(study, "walk_in_share").estimate == 1 / 3
    assert attendance.attendance_by_event(study, "p")["attended"].to_list() == [3]


def test_nobody_came_is_zero_and_divides_nothing():
    study = attendance_study([{"hours": 2, "staff_hours": 3, "capacity": 10}] * 2, sheet(0, 0, 8))
    assert only(study, "show_rate").estimate == 0
    assert "Nobody came" in only(study, "walk_in_share").note
    assert only(study, "capacity_use").estimate == 0
    assert only(study, "contact_hours").estimate == 0
    assert only(study, "staff_hours").note == "Nobody came to the events."


def test_capacity_staff_and_contact_hours():
    events = [
        {"headcount": 30, "capacity": 40, "staff_hours": 6, "hours": 2},
        {"headcount": 50, "capacity": 40, "staff_hours": 9, "hours": 1},
        {"headcount": 20, "capacity": None, "staff_hours": None, "hours": None},
    ]
    study = attendance_study(events)
    use, staff, contact = (
        only(study, f"{name}") for name in ("capacity_use", "staff_hours", "contact_hours")
    )
    assert (use.estimate, staff.estimate, contact.estimate) == pytest.approx((1.0, 15 / 80, 110))
    assert use.conf_low < 1 < use.conf_high
    for made in (use, staff, contact):
        assert made.n_after == 2
        assert "1 of 3 events is left out" in made.note
    assert math.isnan(contact.conf_low)


def test_linearized_ratio_of_staff_hours():
    # R: svyratio(~y, ~x, svydesign(~1, weights = ~1, data = ...)); y = 4 9 5 8, x = 10 30 12 15
    events = [{"headcount": x, "staff_hours": y} for y, x in ((4, 10), (9, 30), (5, 12), (8, 15))]
    staff = only(attendance_study(events), "staff_hours")
    ratio = 26 / 67
    residual = np.array([4 - ratio * 10, 9 - ratio * 30, 5 - ratio * 12, 8 - ratio * 15])
    reach = 3.182446 * math.sqrt(4 / 3 * (residual**2).sum()) / 67
    assert staff.conf_high - staff.estimate == pytest.approx(reach, abs=1e-6)
    assert staff.estimate - staff.conf_low == pytest.approx(reach, abs=1e-6)


def test_a_few_absent_or_walked_in_hide_both_shares():
    for absent, walk_ins in ((3, 20), (20, 4)):
        rows = sheet(0, 40, absent, walk_ins) + sheet(1, 40, absent, walk_ins)
        study = attendance_study([{}, {}], rows, min_cell=10)
        for name in ("show_rate", "walk_in_share"):
            made = only(study, name)
            assert made.note.startswith("Suppressed"), (name, absent, walk_ins)
            assert math.isnan(made.n_after)
    shown = attendance_study([{}, {}], sheet(0, 40, 20) + sheet(1, 40, 20), min_cell=10)
    assert only(shown, "walk_in_share").estimate == 0  # nobody is not few


def test_a_small_event_of_another_length_is_not_given_away():
    events = [{"headcount": 40, "hours": 2}, {"headcount": 50, "hours": 2}, {"headcount": 4, "hours": 5}]
    assert only(attendance_study(events, min_cell=10), "contact_hours").note.startswith("Suppressed")
    events[2]["hours"] = 2
    assert only(attendance_study(events, min_cell=10), "contact_hours").estimate == 188


@pytest.mark.parametrize("program_id", [p for p, told in TRUTH.items() if told.get("attendance")])
def test_show_rate_and_walk_ins_of_the_sample_are_as_planted(sample, program_id):
    told = TRUTH[program_id]["attendance"]
    (show,) = attendance.attendance_show_rate(sample, program_id)
    (walk,) = attendance.attendance_walk_in_share(sample, program_id)
    if not told["registered"]:
        assert not show.made
        return
    groups = told["registered_but_absent"], told["walk_ins"]
    if not show.made:
        assert min(groups) < 5 * sample.settings.min_cell
        return
    planted = told["registered"] - told["registered_but_absent"]
    assert show.estimate == pytest.approx(planted / told["registered"], abs=0.01)
    assert walk.estimate == pytest.approx(told["walk_ins"] / (planted + told["walk_ins"]), abs=0.01)
