"""Charts of who came: what they say, that nothing overlaps, and that they hold on strange input."""

import math

import numpy as np
import pandas as pd
import pytest

from outreach_metrics import plots
from tests.plots.test_plots import outside, overlaps, texts

NAN = math.nan
LONG = "People who live in rented homes north of the river and moved here less than a year ago"
WORDS = {
    "title": "Fewer residents came than had registered, and more each year",
    "subtitle": "People, by event",
}


def events(count=14, **columns):
    attended = [12.0 + 3 * (i % 5) + i for i in range(count)]
    counted = ["headcount" if i % 3 else "sign-in" for i in range(count)]
    dates = pd.date_range("2022-01-05", periods=count, freq="33D")
    return pd.DataFrame({"date": dates, "attended": attended, "counted": counted, **columns})


def trend(frame, **columns):
    expected = np.linspace(15, 30, len(frame))
    return pd.DataFrame(
        {
            "date": frame["date"],
            "expected": expected,
            "conf_low": expected - 4,
            "conf_high": expected + 5,
            **columns,
        }
    )


def shares(*rows):
    columns = ["variable", "category", "share", "conf_low", "conf_high", "community", "standing"]
    return pd.DataFrame(rows, columns=columns)


COMMUNITY = shares(
    ("age_group", "under 18", 0.12, 0.08, 0.17, 0.24, "under"),
    ("age_group", "18-34", 0.25, 0.19, 0.31, 0.26, ""),
    ("age_group", "35-54", 0.28, 0.22, 0.35, 0.27, ""),
    ("age_group", "55 and over", 0.35, 0.29, 0.42, 0.23, "over"),
    ("race_ethnicity", "White", 0.51, 0.44, 0.58, 0.45, ""),
    ("race_ethnicity", "Black", NAN, NAN, NAN, 0.22, ""),
    ("race_ethnicity", "Hispanic or Latino", 0.31, 0.25, 0.38, 0.28, ""),
    ("race_ethnicity", "Asian", NAN, NAN, NAN, 0.05, ""),
)


def draw_shares(frame, **rest):
    return plots.representation_bars(frame, title="Children were missed", subtitle="Share of people", **rest)


def curve(*months, at_risk=None):
    months = np.array(months or range(25))
    retained = np.exp(-months / 18)
    frame = {"month": months, "retained": retained, "conf_low": retained**1.2, "conf_high": retained**0.8}
    frame["conf_low"][0] = frame["conf_high"][0] = NAN
    followed = {} if at_risk is None else {"at_risk": at_risk}
    return pd.DataFrame({**frame, **followed})


def draw_curve(frame, **rest):
    return plots.retention_curve(frame, title="Half came for a year", subtitle="Share who still come", **rest)


def bins(*rows):
    return pd.DataFrame(rows, columns=["events", "mean", "conf_low", "conf_high", "people"])


DOSES = bins(
    ("0", 1.2, -0.9, 3.3, 120),
    ("1", 2.0, -1.0, 5.0, 44),
    ("2–3", NAN, NAN, NAN, NAN),
    ("4–6", 5.1, 1.2, 9.0, 21),
    ("7 or more", 6.4, 2.2, 10.6, 16),
)


def draw_doses(frame, unit="change in points (0-100)", **rest):
    return plots.dose_chart(frame, title="Who came more", subtitle="Mean change in trust", unit=unit, **rest)


CHARTS = {
    "events with registrations and a trend": lambda: plots.attendance_by_event(
        events(registered=[NAN, *range(30, 56, 2)]),
        trend=trend(events()),
        trend_name="+12% a year (interval 2% to 23%)",
        **WORDS,
    ),
    "events of which some are hidden": lambda: plots.attendance_by_event(
        events(registered=40).assign(
            attended=lambda f: f["attended"].mask(f.index < 3),
            counted=lambda f: f["counted"].mask(f.index < 3, "few"),
        ),
        few="fewer than 10 people, number not shown",
        **WORDS,
    ),
    "representation": lambda: draw_shares(COMMUNITY),
    "representation of one group": lambda: draw_shares(COMMUNITY.iloc[:1]),
    "representation of long names": lambda: draw_shares(
        shares(
            (LONG, LONG, 0.9, 0.8, 0.99, 0.97, "under"),
            (LONG, f"not {LONG}", 0.1, 0.01, 0.2, 0.03, "over"),
        ),
        names=("People who came", "Residents"),
        few="fewer than 10 people came",
    ),
    "representation of hidden groups alone": lambda: draw_shares(COMMUNITY.iloc[[5, 7]]),
    "retention": lambda: draw_curve(
        curve(at_risk=np.linspace(240, 31, 25).round()),
        name="People still coming",
        marks=[(6, "72% after 6 months (65% to 78%)"), (12, "51% after 12 months (44% to 58%)")],
        median=12.5,
    ),
    "retention of some months": lambda: draw_curve(
        curve(0, 1, 2, 6, 12, 13, 14, 24), name="A name that is long enough to take lines", median=12.5
    ),
    "retention by days": lambda: draw_curve(
        curve(*range(0, 400, 7)).rename(columns={"month": "day"}), time="day", unit="day"
    ),
    "retention with marks close by": lambda: draw_curve(
        curve(), marks=[(month, f"{month} months: as many as that") for month in (10, 11, 12, 23, 24)]
    ),
    "retention with a mark by the median": lambda: draw_curve(
        curve().assign(retained=lambda f: f["retained"] * 0.4, conf_low=NAN, conf_high=NAN),
        marks=[(24, "24 months: as many as that")],
        median=23.0,
    ),
    "retention over two months": lambda: draw_curve(curve(0, 1), median=0.5),
    "dose": lambda: draw_doses(DOSES, words="Who comes more often chose to: this is an association. " * 3),
    "dose of levels": lambda: draw_doses(DOSES.assign(events=LONG[:17]), unit="points (0-100)"),
    "one dose": lambda: draw_doses(bins(("1 or more", 62.0, NAN, NAN, 30)), unit="points (0-100)"),
}
NOTHING = {
    "no groups": lambda: draw_shares(COMMUNITY.iloc[:0]),
    "no curve": lambda: draw_curve(curve().iloc[:0]),
    "a start alone": lambda: draw_curve(curve(0)),
    "no doses": lambda: draw_doses(DOSES.iloc[:0]),
    "hidden doses": lambda: draw_doses(DOSES.iloc[2:3]),
    "no events": lambda: plots.attendance_by_event(events(0), trend=trend(events(0)), **WORDS),
}


@pytest.mark.parametrize("name", CHARTS)
def test_no_label_touches_another_or_leaves_the_page(name):
    axes = CHARTS[name]()
    assert overlaps(axes) == []
    assert outside(axes) == []


@pytest.mark.parametrize("name", CHARTS)
@pytest.mark.filterwarnings("error")
def test_same_chart_same_bytes(name):
    assert plots.png(CHARTS[name]()) == plots.png(CHARTS[name]())


@pytest.mark.parametrize("name", NOTHING)
@pytest.mark.filterwarnings("error")
def test_nothing_to_draw_is_said(name):
    axes = NOTHING[name]()
    assert not axes.axison
    assert any(text.get_text().endswith(".") for text in axes.texts)
    assert plots.png(axes)


def lines(axes, **how):
    """Return the points of the lines that have these settings."""
    found = [line for line in axes.lines if all(getattr(line, f"get_{k}")() == v for k, v in how.items())]
    return [(list(line.get_xdata()), list(line.get_ydata())) for line in found]


def test_events_show_registrations_and_the_line_given():
    frame = events(registered=[NAN, *range(30, 56, 2)])
    axes = plots.attendance_by_event(frame, trend=trend(frame), trend_name="+12% a year", **WORDS)
    assert [y for _, y in lines(axes, label="registered")] == [list(range(30, 56, 2))]
    assert any(y == list(trend(frame)["expected"]) for _, y in lines(axes))
    assert {"registered", "+12% a year"} <= {text.get_text() for text in texts(axes)}


def test_registrations_of_a_hidden_event_are_hidden_too():
    frame = events(6, registered=20.0).assign(attended=lambda f: f["attended"].mask(f.index == 0))
    frame.loc[0, "counted"] = "few"
    axes = plots.attendance_by_event(frame, **WORDS)
    assert [len(x) for x, _ in lines(axes, label="registered")] == [5]


def test_bars_intervals_and_community_are_where_the_numbers_say():
    axes = draw_shares(COMMUNITY)
    assert [round(bar.get_width(), 2) for bar in axes.patches] == [0.12, 0.25, 0.28, 0.35, 0.51, 0.31]
    assert next(x for x, _ in lines(axes)) == [0.08, 0.17]
    marks = [float(segment[0][0]) for mark in axes.collections for segment in mark.get_segments()]
    assert marks == COMMUNITY["community"].tolist()


def test_underrepresented_groups_are_named_and_small_ones_have_no_number():
    words = [text.get_text() for text in texts(draw_shares(COMMUNITY))]
    assert words.count("underrepresented") == words.count("overrepresented") == 1
    assert words.count("too few to show") == words.count("–") == 2


def test_curve_steps_at_its_times_and_half_is_marked():
    axes = draw_curve(curve(0, 1, 2), median=1.5)
    steps = [x for x, y in lines(axes, linewidth=1.8)]
    assert steps == [[0, 1, 1, 2, 2]]
    assert ([0, 1.5, 1.5], [0.5, 0.5, 0]) in lines(axes)
    assert "half are lost by 1.5 months" in {text.get_text() for text in texts(axes)}


def test_months_that_are_not_shown_are_bridged_and_told():
    axes = draw_curve(curve(0, 1, 6))
    ((_, solid),) = lines(axes, linewidth=1.8, marker="None")
    assert [math.isnan(value) for value in solid] == [False, False, False, True, False]
    assert axes.get_xlabel().endswith("dashed: months that are not shown")
    assert "dashed" not in draw_curve(curve(0, 1, 2)).get_xlabel()


def test_people_still_followed_stand_below_the_ticks_unless_hidden():
    words = {text.get_text() for text in texts(draw_curve(curve(0, 1, 2, at_risk=[90.0, 81.0, NAN])))}
    assert {"People still followed:", "90", "81"} <= words
    assert "–" not in words
    assert "People still followed:" not in {text.get_text() for text in texts(draw_curve(curve(0, 1, 2)))}


def test_a_mark_or_median_beyond_the_curve_is_not_drawn():
    words = {text.get_text() for text in texts(draw_curve(curve(0, 1, 2), marks=[(3, "three")], median=9.0))}
    assert not words & {"three", "half are lost by 9.0 months"}


def test_only_means_of_groups_that_are_shown_are_drawn():
    axes = draw_doses(DOSES)
    ((places, means),) = lines(axes, marker="o")
    assert (places, means) == ([0, 1, 2, 3], [1.2, 2.0, 5.1, 6.4])
    shown = {text.get_text() for text in texts(axes)}
    assert {"+5.1", "4–6\nn = 21"} <= shown
    assert not any("2–3" in text for text in shown)
