"""What is told of attendance never shows a group of few people, alone or beside the other numbers."""

import math

import numpy as np
import pandas as pd
from hypothesis import given, settings
from hypothesis import strategies as st

from outreach_metrics.registry import registered_metrics
from tests.metrics.attendance_studies import attendance_study

LEAST = 10


def few(number):
    return not math.isnan(number) and 0 < round(abs(number)) < LEAST


@st.composite
def programs(draw):
    """Draw events, some counted, and sheets of people who come once or more, ticked or not."""
    random = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    count = draw(st.integers(1, 8))
    people = draw(st.integers(1, 120))
    ticked = draw(st.sampled_from(["none", "all", "some"]))
    liking = random.beta(0.4, draw(st.sampled_from([0.6, 3.0])), people)
    quarter = random.choice(["north", "south", "west"], people, p=[0.6, 0.32, 0.08])
    events, sheets = [], []
    for place in range(count):
        came = np.flatnonzero(random.random(people) < liking)
        day = pd.Timestamp("2021-01-04") + pd.Timedelta(days=70 * place)
        counted = random.random() < 0.4
        hours = float(random.choice([1.0, 2.0, np.nan]))
        head = {"headcount": len(came) + int(random.integers(0, 4)) if counted else np.nan}
        events.append({"date": day, "hours": hours, "capacity": 40.0, "staff_hours": 3.0} | head)
        for person in came:
            tick = None if ticked == "none" else True
            tick = None if ticked == "some" and random.random() < 0.2 else tick
            tick = False if ticked == "some" and random.random() < 0.15 else tick
            sheets.append((place, int(person), tick))
    demographics = {person: {"quarter": str(quarter[person])} for person in range(people)}
    benchmarks = pd.DataFrame(
        {
            "variable": "quarter",
            "category": ["north", "south", "west"],
            "count": [500.0, 300.0, 200.0],
            "area_id": "",
        }
    )
    return attendance_study(events, sheets, min_cell=LEAST, people=demographics, benchmarks=benchmarks)


def told(study):
    metrics = [m for m in registered_metrics().values() if m.strand == "attendance"]
    estimates = [e for metric in metrics for e in metric.function(study, "p")]
    return {(e.metric.removeprefix("attendance_"), e.outcome, e.group): e for e in estimates if e.made}


@settings(max_examples=60)
@given(study=programs())
def test_no_group_can_be_told_from_shares_and_totals(study):
    made = told(study)

    def value(name):
        return made[name, "", ""].estimate if (name, "", "") in made else math.nan

    unique, repeat, total = value("unique"), value("repeat_share"), value("total")
    if ("repeat_share", "", "") in made:
        people = made["repeat_share", "", ""].n_after
        assert not few(people * repeat)
        assert not few(people * (1 - repeat))
    assert not few(unique)
    assert not few(total)
    for name in ("show_rate", "walk_in_share"):
        if (name, "", "") in made:
            base = made[name, "", ""].n_after
            assert not few(base * value(name))
            assert not few(base * (1 - value(name)))
    counts = {}
    for (name, outcome, group), estimate in made.items():
        if name == "representation" and not math.isnan(estimate.n_after):
            share = {"north": 0.5, "south": 0.3, "west": 0.2}[group]
            counts[group] = estimate.estimate * share * estimate.n_after
            assert not few(counts[group]), (outcome, group)
            everybody = estimate.n_after
    if counts:
        assert not few(everybody - sum(counts.values()))
        assert not few(unique - everybody)


@settings(max_examples=60)
@given(study=programs())
def test_no_note_and_no_size_of_people_is_small(study):
    of_events = {"total", "events", "mean", "trend", "capacity_use", "staff_hours", "contact_hours"}
    for (name, _, group), estimate in told(study).items():
        if name not in of_events:
            assert not few(estimate.n_after), (name, group)
        assert " people who " not in estimate.note or not any(
            f" {n} people who " in f" {estimate.note}" for n in range(1, LEAST)
        )
