"""What was spent and what a unit cost, on small studies worked out by hand and on the sample."""

import json
import math
from dataclasses import replace
from datetime import date

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from outreach_metrics import sample_study
from outreach_metrics.evidence.activity import activity
from outreach_metrics.metrics import cost
from outreach_metrics.registry import get_metric
from outreach_metrics.study import TableQuality
from tests.metrics.attendance_studies import attendance_study
from tests.metrics.cost_studies import (
    bare_study,
    costs,
    falling,
    found,
    monthly,
    only,
    priced_study,
    with_settings,
)

TRUTH = json.loads((sample_study() / "truth.json").read_text(encoding="utf-8"))["programs"]
ROWS = costs(
    ("2022-03-01", "staff", 800.0, "budget"),
    ("2022-06-01", "rooms", 150.0, "in_kind"),
    ("2023-01-05", "staff", 400.0, "grant"),
    ("2023-02-01", "staff", -100.0, "grant"),
    ("2023-03-01", "print", 50.0, None),
)
entries = st.tuples(
    st.dates(date(2021, 1, 1), date(2024, 12, 31)),
    st.sampled_from(["staff", "rooms", "print"]),
    st.floats(-500, 5000),
    st.sampled_from(["budget", "in_kind", "grant", None]),
)


def test_total_and_its_parts():
    made = found(bare_study(ROWS), "cost_total")
    amounts = {group: e.estimate for (_, group), e in made.items()}
    assert amounts == {
        "": 1300.0,
        "category: staff": 1100.0, "category: rooms": 150.0, "category: print": 50.0,
        "source: budget": 800.0, "source: grant": 300.0, "source: in_kind": 150.0, "source: not stated": 50.0,
        "year: 2022": 950.0, "year: 2023": 350.0,
    }  # fmt: skip
    total = made["", ""]
    assert (total.n_after, total.unit) == (5, "USD")
    assert "Refunds are taken off." in total.note
    assert math.isnan(total.conf_low)


@given(st.lists(entries, min_size=1, max_size=20))
def test_parts_of_each_kind_add_up(rows):
    study = bare_study(costs(*rows))
    made = found(study, "cost_total")
    for kind in ("category", "source", "year"):
        parts = [e.estimate for (_, group), e in made.items() if group.startswith(f"{kind}: ")]
        assert sum(parts) == pytest.approx(made["", ""].estimate, abs=1e-6)
    share = only(study, "cost_in_kind_share")
    assert not share.made or 0 <= share.estimate <= 1


def test_in_kind_share_is_of_stated_sources():
    share = only(bare_study(ROWS), "cost_in_kind_share")
    assert share.estimate == 150 / 1250
    assert "1 of 5 costs state no source" in share.note
    none = costs(("2022-01-01", "staff", 5.0, None))
    assert only(bare_study(none), "cost_in_kind_share").note == "The source of no cost is stated."
    back = costs(("2022-01-01", "staff", 50.0, "grant"), ("2022-02-01", "rooms", -80.0, "in_kind"))
    assert "Refunds" in only(bare_study(back), "cost_in_kind_share").note
    free = costs(("2022-01-01", "staff", 0.0, "grant"))
    assert only(bare_study(free), "cost_in_kind_share").note == "The costs are not above 0."


def test_without_costs_every_metric_says_so():
    study = bare_study()
    for name in [name for name in cost.__all__ if name.startswith(("cost_", "net_", "benefit_cost_ratio"))]:
        for made in getattr(cost, name)(study, "p"):
            assert made.note == "The study has no costs of this program."


def test_costs_of_events_stand_in_only_without_a_table():
    events = [
        {"headcount": 20, "cost": 300.0},
        {"headcount": 30, "cost": None},
        {"headcount": 10, "cost": 60.0},
    ]
    alone = attendance_study(events)
    assert found(alone, "cost_total")["", ""].estimate == 360
    assert "costs" not in alone.tables and "There is no table of costs" in only(alone, "cost_per_event").note
    both = replace(alone, tables=alone.tables | {"costs": monthly(100.0, months=12)})
    total = found(both, "cost_total")["", ""]
    assert total.estimate == 1200 and "is not added" in total.note
    assert only(both, "cost_per_event").estimate == 400


def test_unit_costs():
    events = [
        {"headcount": 20, "hours": 2.0, "date": "2022-02-01"},
        {"headcount": 30, "hours": 1.0, "date": "2022-08-01"},
        {"headcount": None, "hours": 3.0, "date": "2022-09-01"},
    ]
    study = attendance_study(
        events, [(0, person, True) for person in range(12)], costs=monthly(100.0, months=9)
    )
    assert only(study, "cost_per_event").estimate == 300
    attendee = only(study, "cost_per_attendee")
    assert attendee.estimate == 18 and attendee.n_after == 50
    assert "1 of 3 events could not be counted, so that this is too high." in attendee.note
    assert only(study, "cost_per_contact_hour").estimate == pytest.approx(900 / 70)
    assert only(study, "cost_per_person").estimate == 75
    assert attendee.unit == "USD per attendance"


def test_costs_that_end_before_the_events_are_told():
    events = [{"headcount": 20, "date": "2022-02-01"}, {"headcount": 20, "date": "2023-06-01"}]
    study = attendance_study(events, costs=monthly(100.0, months=6))
    assert (
        "The last cost is of 2022-06, the record of events goes on to 2023-06"
        in only(study, "cost_per_attendee").note
    )


def test_few_people_keep_their_cost_back():
    study = attendance_study([{"headcount": 4}], costs=monthly(100.0), min_cell=10)
    for name in ("cost_per_attendee", "cost_per_person"):
        made = only(study, name)
        assert not made.made and math.isnan(made.n_after)
    assert only(study, "cost_per_attendee").note.startswith("Suppressed")
    assert only(study, "cost_per_event").estimate == 2400


def test_refunds_above_the_costs_leave_no_unit_cost():
    back = costs(("2022-01-01", "staff", 50.0, "grant"), ("2022-02-01", "staff", -80.0, "grant"))
    study = attendance_study([{"headcount": 20}], costs=back)
    assert found(study, "cost_total")["", ""].estimate == -30
    assert only(study, "cost_per_attendee").note == "The costs are not above 0."


def test_rows_lost_while_reading_are_told():
    quality = TableQuality(
        table="costs", file="costs.csv", rows_read=7, rows_used=5, dropped={"unreadable amount": 2}
    )
    study = replace(bare_study(ROWS), quality=(quality,))
    assert "could not be used: 2" in found(study, "cost_total")["", ""].note


def test_incidents_averted_have_the_limits_of_the_effect_turned_over():
    study = priced_study(falling(), ("burglary", "robbery"), monthly(1000.0, months=24))
    (effect,) = get_metric("crime_difference").function(study, "p")
    made = only(study, "cost_per_incident_averted")
    assert effect.conf_high < 0
    assert made.estimate == pytest.approx(24000 / -effect.estimate)
    assert made.conf_low == pytest.approx(24000 / -effect.conf_low)
    assert made.conf_high == pytest.approx(24000 / -effect.conf_high)
    assert made.design_level == effect.design_level and made.unit == "USD per incident averted"


@pytest.mark.parametrize(
    ("first", "amount", "why"),
    [
        ("2022-01-01", 0.0, "The costs are not above 0."),
        ("2022-01-01", -5.0, "The costs are not above 0."),
        ("2024-06-01", 5.0, "No costs were recorded up to then."),
    ],
)
def test_costs_that_are_none_and_costs_that_are_not_there_are_told_apart(first, amount, why):
    study = priced_study(falling(), ("burglary", "robbery"), monthly(amount, first=first, months=3))
    assert only(study, "cost_per_incident_averted").note == why


def test_an_effect_that_may_be_zero_cannot_be_bounded():
    study = priced_study(falling(seed=3, fall=0.99, mean=5.0), ("burglary", "robbery"))
    (effect,) = get_metric("crime_difference").function(study, "p")
    assert effect.conf_low < 0 < effect.conf_high
    made = only(study, "cost_per_incident_averted")
    if effect.estimate < 0:
        assert made.estimate > 0 and math.isnan(made.conf_low)
        assert made.note.startswith("Cannot be bounded: the effect may be zero")
    else:
        assert made.note.startswith("Incidents did not become fewer")


@pytest.mark.parametrize("seed", range(12))
def test_no_cost_per_incident_is_ever_negative(seed):
    study = priced_study(falling(seed=seed, fall=1.1, mean=6.0), ("burglary", "robbery"))
    made = only(study, "cost_per_incident_averted")
    (effect,) = get_metric("crime_difference").function(study, "p")
    assert made.made == (effect.estimate < 0)
    assert not made.made or made.estimate > 0


def test_costs_are_those_of_the_window_and_the_way_to_it():
    table = pd.concat([monthly(500.0, first="2021-11-01", months=2), monthly(1000.0, months=36)])
    study = priced_study(falling(), ("burglary", "robbery"), table)
    (effect,) = get_metric("crime_difference").function(study, "p")
    made = only(study, "cost_per_incident_averted")
    assert made.estimate == pytest.approx(25000 / -effect.estimate)
    assert (
        "Costs up to 2023-12-31, the end of the window after, are counted, preparation included (68%"
        in made.note
    )
    early = priced_study(falling(), ("burglary", "robbery"), monthly(1000.0, months=6))
    assert "The last cost is of 2022-06" in only(early, "cost_per_incident_averted").note
    ended = replace(early.programs["p"], end=date(2022, 6, 30))
    assert (
        "The last cost" not in only(replace(early, programs={"p": ended}), "cost_per_incident_averted").note
    )


def test_an_outcome_that_is_wanted_to_rise_is_not_averted():
    study = priced_study(falling(), ("burglary", "robbery"))

    wanted = with_settings(study, wanted={"all": "rise"})
    assert only(wanted, "cost_per_incident_averted").note.startswith("A rise of this outcome is wanted")


@pytest.mark.parametrize("program_id", [p for p, told in TRUTH.items() if "cost_total" in told["records"]])
def test_costs_of_the_sample_are_as_planted(sample, program_id):
    told = TRUTH[program_id]["records"]
    made = {e.group: e.estimate for e in cost.cost_total(sample, program_id)}
    assert made[""] == pytest.approx(told["cost_total"], abs=0.005)
    sources = {group.removeprefix("source: "): v for group, v in made.items() if group.startswith("source: ")}
    assert sources == pytest.approx(told["cost_by_source"], abs=0.005)
    (share,) = cost.cost_in_kind_share(sample, program_id)
    assert share.estimate == pytest.approx(told["cost_by_source"]["in_kind"] / told["cost_total"])
    (event,) = cost.cost_per_event(sample, program_id)
    attendance = TRUTH[program_id].get("attendance")
    if attendance:
        assert event.estimate == pytest.approx(told["cost_total"] / attendance["events"], abs=0.01)


def test_points_of_trust_of_the_sample(sample):
    made = {(e.outcome, e.group): e for e in cost.cost_per_point(sample, "citizen-academy")}
    planted = TRUTH["citizen-academy"]["sentiment"]["constructs"]
    trust = made["trust", "baseline to second year"]
    (effect,) = [
        e
        for e in get_metric("sentiment_relative_change").function(sample, "citizen-academy")
        if (e.outcome, e.group) == (trust.outcome, trust.group)
    ]
    spent = trust.estimate * effect.estimate
    assert trust.conf_low < spent / planted["trust"]["relative_change"] < trust.conf_high
    assert trust.conf_high / trust.estimate == pytest.approx(effect.estimate / effect.conf_low)
    assert "sentiment_relative_change" in trust.method
    for (outcome, group), e in made.items():
        assert not e.made or e.estimate > 0, (outcome, group)


def test_programs_without_an_effect_are_not_given_a_bounded_cost(sample):
    for program_id in ("oakridge-watch", "youth-nights"):
        for e in cost.cost_per_incident_averted(sample, program_id):
            assert math.isnan(e.conf_low), (program_id, e.outcome)


def test_a_planted_effect_has_a_bounded_cost(sample):
    made = {e.outcome: e for e in cost.cost_per_incident_averted(sample, "bridge-outreach")}
    assert made["violent_crime"].conf_high < np.inf
    made = {e.outcome: e for e in cost.cost_per_incident_averted(sample, "lock-it")}
    assert made["vehicle_crime"].conf_low < made["vehicle_crime"].estimate < made["vehicle_crime"].conf_high


def test_people_too_few_to_show_hide_their_cost_in_the_sample(sample):
    for name in ("cost_per_attendee", "cost_per_person", "cost_per_contact_hour"):
        (made,) = getattr(cost, name)(sample, "porch-talks")
        assert made.note.startswith("Suppressed"), name
    assert all(not e.made for e in cost.cost_per_point(sample, "porch-talks"))


def test_costs_of_single_events_are_set_against_no_effect(sample):
    """What the events cost is not what the program cost: neither crime nor views may be divided by it."""
    tables = {name: table for name, table in sample.tables.items() if name != "costs"}
    study = replace(sample, tables=tables)
    (total,) = [e for e in cost.cost_total(study, "harbor-watch") if not e.group]
    assert total.made and cost.EVENTS_ALONE in total.note
    for metric in (
        cost.cost_per_incident_averted,
        cost.cost_per_point,
        cost.benefit_cost_ratio,
        cost.net_present_value,
        cost.cost_break_even_incidents,
    ):
        made = metric(study, "harbor-watch")
        assert all(not e.made and "not what the program cost" in e.note for e in made)
    assert activity([total]) == []
