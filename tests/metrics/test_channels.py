"""Channels: contacts, who answers, how both change; what cannot be is told."""

import math
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from outreach_metrics.metrics import channels
from outreach_metrics.metrics.channels import channel_months
from outreach_metrics.study import Program, Settings, Study


def channel_study(rows, *, min_cell=10):
    """Make a study of `rows`: month number from January 2022, channel, reach, engagements."""
    frame = pd.DataFrame(rows, columns=["month", "channel", "reach", "engagements"])
    frame["date"] = [pd.Timestamp(2022, 1, 1) + pd.DateOffset(months=int(m)) for m in frame["month"]]
    frame["program_id"] = "p"
    frame = frame.astype({"reach": float, "engagements": float})
    made = Program(program_id="p", name="P", type="other", start=date(2022, 1, 1))
    tables = {"channels": frame.drop(columns="month")}
    return Study(folder=Path(), settings=Settings(min_cell=min_cell), programs={"p": made}, tables=tables)


def found(study, name, program_id="p"):
    return {(e.outcome, e.group): e for e in getattr(channels, f"channel_{name}")(study, program_id)}


# Planted in the sample: growth a month of reach, and of the share that answers (data/riverton/records.py).
LEVEL = {"social": 0.045, "app": 0.08, "tip_line": 0.06}
GROWTH = {"social": 0.010, "newsletter": 0.014, "app": 0.018, "tip_line": 0.020}


@pytest.mark.parametrize("program_id", ["riverton-connect", "tip-line", "lock-it", "coffee-eastside"])
def test_what_was_planted_in_the_sample_is_found_again(sample, program_id):
    rows = sample.table("channels")
    for name, own in rows[rows["program_id"] == program_id].groupby("channel"):
        reach = found(sample, "reach", program_id)
        assert reach[name, ""].estimate == own["reach"].sum()
        assert reach[name, "per month"].estimate == pytest.approx(own["reach"].mean())
        rate = found(sample, "engagement_rate", program_id)[name, ""]
        assert rate.estimate == pytest.approx(own["engagements"].sum() / own["reach"].sum())
        if name in LEVEL:
            assert rate.conf_low < LEVEL[name] < rate.conf_high
        growth = found(sample, "reach_trend", program_id)[name, ""]
        assert growth.conf_low < math.exp(12 * GROWTH[name]) < growth.conf_high
        answers = found(sample, "engagement_trend", program_id)[name, ""]
        planted = 0.988**12 if name == "newsletter" else 1.0
        assert answers.conf_low < planted < answers.conf_high


def test_rate_is_the_linearised_ratio():
    # R: svyratio(~e, ~r, svydesign(~1, data = data.frame(e = c(10, 30, 20), r = c(100, 200, 300)))):
    # 0.1, SE sqrt(3 / 2 * sum((e - 0.1 * r)^2)) / 600
    study = channel_study([(0, "app", 100, 10), (1, "app", 200, 30), (2, "app", 300, 20)])
    rate = found(study, "engagement_rate")["app", ""]
    assert rate.estimate == pytest.approx(0.1)
    error = math.sqrt(3 / 2 * (0**2 + 10**2 + 10**2)) / 600
    reach = 4.302653 * error / (0.1 * 0.9)
    limits = [1 / (1 + 9 * math.exp(side * reach)) for side in (1, -1)]
    assert [rate.conf_low, rate.conf_high] == pytest.approx(limits, rel=1e-5)


def test_engagements_of_nobody_are_left_out_and_told():
    study = channel_study([(0, "app", 0, 7), (1, "app", 100, 10), (2, "app", 120, 15), (3, "app", 0, 0)])
    rate = found(study, "engagement_rate")["app", ""]
    assert rate.estimate == pytest.approx(25 / 220)
    assert "1 of 4 rows is left out: they have engagements and a reach of 0" in rate.note
    nobody = found(channel_study([(0, "app", 0, 30)]), "engagement_rate")["app", ""]
    assert not nobody.made
    assert "which cannot be" in nobody.note


def test_what_is_not_recorded_is_left_out_and_told():
    study = channel_study(
        [(0, "app", None, 7), (1, "app", 100, 10), (2, "app", 120, None), (3, "app", 90, 12)]
    )
    assert "2 of 4 rows are left out" in found(study, "engagement_rate")["app", ""].note
    assert "1 of 4 rows is left out" in found(study, "reach")["app", ""].note
    assert found(study, "reach")["app", ""].estimate == 310
    unknown = channel_study([(0, "app", None, None)])
    assert "not recorded" in found(unknown, "reach")["app", ""].note


def test_more_answers_than_contacts_are_no_share():
    assert "no share" in found(channel_study([(0, "app", 50, 80)]), "engagement_rate")["app", ""].note
    some = found(channel_study([(0, "app", 50, 80), (1, "app", 900, 90)]), "engagement_rate")["app", ""]
    assert "In 1 of 2 rows" in some.note


def test_few_people_are_not_shown():
    few = channel_study([(0, "app", 3, 1), (1, "app", 4, 2)])
    for name in ("reach", "engagement_rate", "reach_trend", "engagement_trend"):
        assert all(e.note.startswith("Suppressed") for e in found(few, name).values())
    quiet = channel_study([(month, "app", 100, 0 if month else 4) for month in range(12)])
    assert found(quiet, "engagement_rate")["app", ""].note.startswith(
        "Suppressed: fewer than 10 people engaged"
    )
    months = channel_months(quiet, "p")
    assert math.isnan(months["engagements"][0]) and math.isnan(months["rate"][0])
    assert months["rate"][1] == 0


def test_no_channels_and_one_row():
    for name in ("reach", "engagement_rate", "reach_trend", "engagement_trend"):
        (empty,) = found(channel_study([]), name).values()
        assert "no channels" in empty.note
    one = channel_study([(0, "app", 100, 10)])
    rate = found(one, "engagement_rate")["app", ""]
    assert rate.estimate == pytest.approx(0.1) and math.isnan(rate.conf_low) and rate.note
    assert "12 months" in found(one, "reach_trend")["app", ""].note
    assert channel_months(channel_study([]), "p").empty


@given(st.integers(0, 1000), st.integers(2, 9))
def test_rows_in_any_order_and_split_posts_give_the_same_rate(seed, scale):
    rng = np.random.default_rng(seed)
    rows = [(month, "app", int(rng.integers(100, 900)), int(rng.integers(10, 90))) for month in range(6)]
    rate = found(channel_study(rows), "engagement_rate")["app", ""]
    mixed = found(channel_study([rows[i] for i in rng.permutation(6)]), "engagement_rate")["app", ""]
    assert (rate.estimate, rate.conf_low) == pytest.approx((mixed.estimate, mixed.conf_low))
    larger = found(channel_study([(m, c, scale * r, scale * e) for m, c, r, e in rows]), "engagement_rate")
    assert larger["app", ""].conf_high == pytest.approx(rate.conf_high)
