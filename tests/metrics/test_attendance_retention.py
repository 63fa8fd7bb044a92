"""Retention worked out by hand, and that its curve shows no few people."""

import math

import numpy as np
import pandas as pd
import pytest

from outreach_metrics.metrics import attendance
from tests.metrics.attendance_studies import attendance_study, found, only

START = pd.Timestamp("2020-01-01")
MONTHS = [START + pd.DateOffset(months=m) for m in range(31)]  # 31 monthly events, to 1 July 2022
ALWAYS = range(31)


def monthly(visits, **settings):
    """Make a study in which each person comes to the given monthly events."""
    rows = [(month, person, None) for person, seen in enumerate(visits) for month in seen]
    return attendance_study([{"date": day} for day in MONTHS], rows, **settings)


def test_share_retained_is_the_product_of_those_kept():
    # 10 who come once at the start, 10 who come until month 8, 20 who come to the end: nobody is censored
    # before month 8, so the shares are plain: 30 / 40 after 6 months, 20 / 40 after 12.
    visits = [[0]] * 10 + [[0, 8]] * 10 + [ALWAYS] * 20
    told = found(monthly(visits), "retention")
    assert told["", "after 6 months"].estimate == pytest.approx(0.75)
    assert told["", "after 12 months"].estimate == pytest.approx(0.5)
    # R: summary(survfit(Surv(m, lost) ~ 1, conf.type = "log-log"), times = 6): 0.5852, 0.8569
    assert told["", "after 6 months"].conf_low == pytest.approx(0.5852, abs=1e-4)
    assert told["", "after 6 months"].conf_high == pytest.approx(0.8569, abs=1e-4)
    eight = (MONTHS[8] - START).days / (365.25 / 12)
    mean = 0.75 * eight + 0.5 * (12 - eight)
    assert told["", "first 12 months"].estimate == pytest.approx(mean)
    assert told["", "first 12 months"].unit == "months"
    assert told["", "after 6 months"].n_after == 40


def test_people_are_followed_to_the_gap_and_no_further():
    # Person 2 comes for the first time within the last 180 days; person 1 was last seen within them.
    study = monthly([[0], [0, 26], [28, 30], [0, 11], ALWAYS])
    told = found(study, "retention")
    assert told["", "after 6 months"].n_after == 4
    assert told["", "after 6 months"].estimate == pytest.approx(3 / 4)
    assert told["", "after 12 months"].estimate == pytest.approx(2 / 4)
    assert told["", "median"].estimate == pytest.approx((335 + 732) / 2 / 30.4375)  # flat to the gap
    assert "People who first came in the last 180 days are not followed." in told["", "after 6 months"].note


def test_rare_events_widen_the_gap():
    days = [{"date": START + pd.Timedelta(days=150 * i)} for i in range(12)]
    rows = [(event, person, None) for event in range(12) for person in range(5)]
    told = found(attendance_study(days, rows), "retention")
    made = told["", "after 6 months"]
    assert "last 300 days" in made.note
    assert made.estimate == 1
    assert math.isnan(made.conf_low)
    assert made.note.startswith("Everybody was retained")


def test_short_records_decline():
    days = [{"date": START + pd.Timedelta(days=20 * i)} for i in range(6)]
    rows = [(event, person, None) for event in range(6) for person in range(5)]
    assert "do not reach 180 days" in only(attendance_study(days, rows), "retention").note
    assert "three dated events" in only(attendance_study(days[:2], rows[:10]), "retention").note


def test_few_lost_or_left_are_not_told():
    visits = [[0]] * 4 + [[0, 8]] * 20 + [ALWAYS] * 30
    told = found(monthly(visits, min_cell=10), "retention")
    assert told["", "after 6 months"].note.startswith("Suppressed")  # 4 were lost by then
    assert told["", "after 12 months"].estimate == pytest.approx(30 / 54)
    few_left = found(monthly([[0, 8]] * 40 + [ALWAYS] * 5, min_cell=10), "retention")
    assert few_left["", "after 12 months"].note.startswith("Suppressed")
    assert few_left["", "first 12 months"].note.startswith("Suppressed")
    newcomers = found(monthly([[0]] * 20 + [ALWAYS] * 30 + [[28, 30]] * 4, min_cell=10), "retention")
    assert newcomers["", "after 6 months"].made
    assert math.isnan(newcomers["", "after 6 months"].n_after)


def test_curve_falls_and_never_steps_by_few():
    random = np.random.default_rng(3)
    visits = [[0, *range(1, int(stay) + 1)] for stay in np.minimum(random.geometric(0.08, 400), 30)]
    study = monthly(visits, min_cell=10)
    curve = attendance.retention_curve(study, "p")
    assert curve["retained"].iloc[0] == 1
    steps = -np.diff(curve["retained"]) * 400
    assert (curve["retained"].diff().dropna() <= 0).all()
    assert ((steps < 0.5) | (steps > 9.5)).all()
    told = found(study, "retention")
    for month in (6, 12):
        (row,) = curve[curve["month"] == month].itertuples()
        made = told["", f"after {month} months"]
        assert (row.retained, row.conf_low) == (made.estimate, made.conf_low)


def test_curve_of_few_people_is_empty():
    curve = attendance.retention_curve(monthly([[0, 8]] * 4 + [[0]] * 3, min_cell=10), "p")
    assert curve.empty
    assert list(curve.columns) == ["month", "retained", "conf_low", "conf_high"]


def test_the_curve_of_the_sample_is_that_of_its_estimates(sample):
    curve = attendance.retention_curve(sample, "coffee-eastside").set_index("month")
    told = {e.group: e for e in attendance.attendance_retention(sample, "coffee-eastside")}
    assert curve.loc[12, "retained"] == told["after 12 months"].estimate
    assert (
        told["after 12 months"].conf_low < told["after 12 months"].estimate < told["after 6 months"].estimate
    )
