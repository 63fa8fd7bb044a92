"""Incidents by weekday and hour: which times are read, which are none, which weeks count."""

import numpy as np
import pandas as pd
import pytest

from outreach_metrics.needs.hours import hour_needs
from outreach_metrics.study import load_study

SETTINGS = (
    '[periods]\nunit = "month"\nbefore = 2\nafter = 2\n[crime.outcomes]\nall = ["*"]\ntheft = ["THEFT"]\n'
)
HEADER = ["incident_id", "occurred_at", "offense", "area_id"]


def incidents(moments, written="{:%Y-%m-%d %H:%M:%S}"):
    rows = [[f"i{n}", written.format(moment), "THEFT", "01"] for n, moment in enumerate(moments)]
    return [HEADER, *rows]


def every_hour(days=182):
    """One incident an hour, from a Monday on, and nine more each Saturday at 20:30."""
    hours = pd.date_range("2024-01-01", periods=24 * days, freq="h") + pd.Timedelta(minutes=10)
    saturdays = [day for day in pd.date_range("2024-01-01", periods=days) if day.day_of_week == 5]
    late = [day + pd.Timedelta(hours=20, minutes=30 + n) for day in saturdays for n in range(9)]
    return sorted([*hours, *late])


@pytest.mark.parametrize(
    ("written", "extra"),
    [
        ("{:%Y-%m-%d %H:%M:%S}", ""),
        ("{:%Y-%m-%dT%H:%M}", ""),
        ("{:%m/%d/%Y %I:%M:%S %p}", '[incidents]\ndate_format = "%m/%d/%Y %I:%M:%S %p"\n'),
    ],
)
def test_hours_are_counted_over_whole_weeks_by_weekday(make_study, written, extra):
    study = load_study(make_study(settings=SETTINGS + extra, incidents=incidents(every_hour(), written)))
    hours = study.hours
    assert hours.first.isoformat() == "2024-01-01"
    assert (hours.last - hours.first).days % 7 == 6
    weeks = (hours.last - hours.first).days // 7 + 1
    assert hours.counts.shape == (2, 2, 7, 24)
    assert hours.counts[0].sum() == weeks * (24 * 7 + 9) == hours.counts[1].sum()
    assert hours.counts[0, :, 5, 20].sum() == 10 * weeks
    assert not hours.midnight and not hours.untimed.any()


def test_days_alone_hold_no_hours(make_study):
    study = load_study(make_study(settings=SETTINGS, incidents=incidents(every_hour(60), "{:%Y-%m-%d}")))
    assert study.hours is None
    assert "no time of the day" in hour_needs(study).reason
    formats = '[incidents]\ndate_format = ["%m/%d/%Y"]\n'
    other = incidents(every_hour(60), "{:%m/%d/%Y}")
    assert load_study(make_study(settings=SETTINGS + formats, incidents=other)).hours is None


def test_midnight_that_stands_for_no_time_is_left_out(make_study):
    unknown = [pd.Timestamp("2024-01-01") + pd.Timedelta(days=n % 182) for n in range(2000)]
    study = load_study(make_study(settings=SETTINGS, incidents=incidents(sorted([*every_hour(), *unknown]))))
    assert study.hours.midnight
    assert study.hours.counts[0, :, :, 0].sum() == study.hours.counts[0, :, :, 3].sum()
    assert study.hours.untimed[0] > 1900
    assert hour_needs(study).untimed == pytest.approx(0.3, abs=0.05)


def test_the_block_that_stands_out_is_found_and_it_alone(make_study):
    needs = hour_needs(load_study(make_study(settings=SETTINGS, incidents=incidents(every_hour()))), "theft")
    blocks = needs.blocks
    assert len(blocks) == 42
    above = blocks[blocks["standing"] == "above"]
    assert list(zip(above["day"], above["start"], strict=True)) == [("Saturday", 20)]
    top = above.iloc[0]
    assert top["times"] == pytest.approx(13 / 4, rel=1e-6)
    assert 1 < top["conf_low"] < top["times"] < top["conf_high"]
    assert needs.dispersion == pytest.approx(1)


def test_hours_that_do_not_differ_are_seldom_called_so():
    """Poisson hours: in at most about 1 of 20 studies any block is called."""
    from outreach_metrics.needs.hours import _blocks, _dispersion

    random = np.random.default_rng(3)
    named = 0
    for _ in range(300):
        weeks = random.poisson(20, (2, 42)).astype(float)
        named += (_blocks(weeks.sum(axis=0), _dispersion(weeks), 0.95)["standing"] != "unclear").any()
    assert named / 300 < 0.08
