"""Windows: their rules by example, and what holds for any start and span."""

from datetime import date

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from outreach_metrics.study.windows import FREQUENCIES, calendar_position, windows

MONTHS = pd.period_range("2020-01", "2023-12", freq="M")


def named(chosen, periods):
    return [str(periods[i]) for i in chosen.before], [str(periods[i]) for i in chosen.after]


def test_full_windows_have_no_note():
    chosen = windows(MONTHS, start=date(2022, 1, 1))
    before, after = named(chosen, MONTHS)
    assert (before[0], before[-1], after[0], after[-1]) == ("2020-01", "2021-12", "2022-01", "2023-12")
    assert chosen.notes == ()
    assert chosen.years == (2, 2)


def test_a_month_that_is_part_before_and_part_after_is_left_out():
    chosen = windows(MONTHS, start=date(2022, 1, 15), before=12, after=12)
    before, after = named(chosen, MONTHS)
    assert before[-1] == "2021-12"
    assert after[0] == "2022-02"
    assert "2022-01" in chosen.note


def test_transition_is_dropped_after_the_start():
    chosen = windows(MONTHS, start=date(2022, 1, 1), before=12, after=12, transition=3)
    before, after = named(chosen, MONTHS)
    assert (before[-1], after[0], after[-1]) == ("2021-12", "2022-04", "2023-03")
    assert "transition" in chosen.note


def test_a_short_after_is_compared_with_the_same_months():
    chosen = windows(MONTHS, start=date(2023, 4, 1))
    before, after = named(chosen, MONTHS)
    assert after == [f"2023-{m:02d}" for m in range(4, 13)]
    assert before == [f"{y}-{m:02d}" for y in (2021, 2022) for m in range(4, 13)]
    assert "9 of 24 months after" in chosen.note


def test_quarters_of_the_drug_market_intervention():
    quarters = pd.period_range("2003Q1", "2006Q4", freq="Q-DEC")
    chosen = windows(quarters, start=date(2006, 1, 1), unit="quarter", before=12, after=4)
    assert (len(chosen.before), len(chosen.after), chosen.notes) == (12, 4, ())


def test_areas_that_start_one_after_another():
    chosen = windows(MONTHS, start=date(2021, 6, 1), rollout_end=date(2021, 9, 1), before=12, after=12)
    before, after = named(chosen, MONTHS)
    assert (before[-1], after[0]) == ("2021-05", "2021-09")
    assert "started between" in chosen.note


@pytest.mark.parametrize("start", [date(2019, 1, 1), date(2020, 1, 1), date(2024, 2, 1)])
def test_a_start_outside_the_data_leaves_a_window_empty(start):
    chosen = windows(MONTHS, start=start)
    assert min(len(chosen.before), len(chosen.after)) == 0
    assert "There is no month" in chosen.note


def test_seasons_that_cannot_be_matched_are_told():
    span = pd.period_range("2022-01", "2022-12", freq="M")
    chosen = windows(span, start=date(2022, 7, 1))
    assert not chosen.balanced
    assert "different seasons" in chosen.note


spans = st.tuples(
    st.sampled_from(sorted(FREQUENCIES)), st.integers(1, 140), st.dates(date(2016, 1, 1), date(2026, 1, 1))
)


@given(spans, st.integers(0, 30), st.integers(0, 30), st.integers(0, 6))
def test_whatever_the_span(span, before, after, transition):
    unit, length, start = span
    periods = pd.period_range("2018-01-01", periods=length, freq=FREQUENCIES[unit])
    chosen = windows(periods, start=start, unit=unit, before=before, after=after, transition=transition)
    assert len(chosen.before) <= before
    assert len(chosen.after) <= after
    ends, starts = periods.end_time, periods.start_time
    assert all(ends[i].date() < start for i in chosen.before)
    assert all(starts[i].date() >= start for i in chosen.after)
    assert (np.diff(chosen.before) > 0).all()
    assert (np.diff(chosen.after) > 0).all()
    if chosen.balanced and len(chosen.before) and len(chosen.after) and unit in ("month", "quarter"):
        position = calendar_position(periods, unit)
        mix = [
            np.bincount(position[side], minlength=13) / len(side) for side in (chosen.before, chosen.after)
        ]
        assert mix[0] == pytest.approx(mix[1])
    if len(chosen.before) < before or len(chosen.after) < after:
        assert chosen.notes
