"""The time axis of several measures, and the curve of concerns resolved: they draw what they are given."""

from datetime import date

import numpy as np
import pandas as pd
import pytest
from matplotlib.dates import date2num

from outreach_metrics.plots.page import png
from outreach_metrics.plots.responsiveness import resolution_curve
from outreach_metrics.plots.timeline import Panel, Track, timeline

WORDS = {"title": "Crime fell", "subtitle": "by quarter"}


def quarters(values, spread=2.0, **more):
    starts = pd.date_range("2022-01-01", periods=len(values), freq="QS")
    values = np.array(values, dtype=float)
    ends = starts + pd.DateOffset(months=3)
    frame = {
        "start": starts,
        "end": ends,
        "value": values,
        "conf_low": values - spread,
        "conf_high": values + spread,
    }
    return pd.DataFrame(frame | more)


def panel(*tracks, kind="number", name="Crime"):
    return Panel(
        name=name, unit="per 1,000", tracks=[Track(frame=f, label=label) for f, label in tracks], kind=kind
    )


def texts(axes):
    return [text.get_text() for text in axes.texts]


def test_panels_share_the_time_axis_and_not_the_scale():
    first = panel((quarters([10, 12, 11]), "Program areas"))
    second = panel((quarters([0.2, 0.4, 0.3, 0.5], 0.1), ""), kind="share", name="Answered")
    upper, lower = timeline([first, second], start=date(2022, 4, 1), **WORDS)
    assert upper.get_xlim() == lower.get_xlim() == (date2num(date(2022, 1, 1)), date2num(date(2023, 1, 1)))
    assert upper.get_ylim()[1] > 10 > 1 >= lower.get_ylim()[1]
    assert {"Crime", "per 1,000", "Program areas", "Program starts Apr 2022"} <= set(texts(upper))
    assert not any("Program starts" in words for words in texts(lower))
    starts = [[line.get_xdata()[0] for line in own.lines] for own in (upper, lower)]
    assert all(date2num(date(2022, 4, 1)) in drawn for drawn in starts)


def test_values_are_drawn_in_the_middle_with_their_intervals():
    (axes,) = timeline([panel((quarters([10, 12, 11]), ""))], **WORDS)
    (line,) = [line for line in axes.lines if len(line.get_xdata()) == 3]
    assert line.get_ydata().tolist() == [10, 12, 11]
    assert line.get_xdata()[0] == pytest.approx(date2num(pd.Timestamp("2022-02-15")), abs=1)
    whiskers = axes.collections[0].get_segments()
    assert [(low, high) for (_, low), (_, high) in whiskers] == [(8, 12), (10, 14), (9, 13)]


def test_hidden_values_are_crosses_and_counts_are_columns_from_zero():
    frame = quarters([30, np.nan, 20], hidden=[False, True, False])
    (axes,) = timeline([panel((frame, ""), kind="count")], few="fewer than 10", **WORDS)
    assert axes.get_ylim()[0] == 0
    (crosses,) = [line for line in axes.lines if line.get_marker() == "x"]
    assert list(crosses.get_ydata()) == [0]
    assert "× fewer than 10" in texts(axes)
    assert [bar.get_height() for bar in axes.patches if bar.get_height() > 0] == [30, 20]


def test_a_score_need_not_start_at_zero_and_many_values_have_a_band():
    (axes,) = timeline([panel((quarters([60, 62]), ""), kind="score")], **WORDS)
    assert axes.get_ylim()[0] > 40
    (many,) = timeline([panel((quarters(range(10, 40)), ""))], **WORDS)
    assert many.lines[0].get_marker() in ("", "None")


def test_nothing_to_draw_is_said():
    empty = quarters([])
    (axes,) = timeline([], **WORDS)
    assert texts(axes) == ["There is nothing to draw."]
    lines = timeline([panel((quarters([1, 2]), "")), panel((empty, ""), name="Answered")], **WORDS)
    assert "nothing recorded" in texts(lines[1])
    assert texts(timeline([panel((empty, ""))], **WORDS)[0]) == ["There is nothing to draw."]


def test_the_same_chart_is_the_same_bytes():
    made = [png(timeline([panel((quarters([1, 2]), "$x$ <b>"))], **WORDS)[0]) for _ in range(2)]
    assert made[0] == made[1]


def curve(days=100):
    day = np.arange(days, dtype=float)
    share = 0.8 * (1 - np.exp(-day / 30))
    return pd.DataFrame(
        {
            "day": day,
            "resolved": share,
            "conf_low": share - 0.1,
            "conf_high": share + 0.1,
            "followed": 120 - day,
        }
    )


def test_curve_marks_shares_median_and_who_is_followed():
    axes = resolution_curve(curve(), marks=[(30, "51% within 30 days"), (400, "late")], median=29.0, **WORDS)
    assert {"51% within 30 days", "half by day 29", "120", "90"} <= set(texts(axes))
    assert "late" not in texts(axes)
    assert axes.get_ylim() == (0, 1)
    step = max(axes.lines, key=lambda line: len(line.get_xdata()))
    assert step.get_ydata().tolist() == curve()["resolved"].tolist()


@pytest.mark.parametrize("days", [0, 1])
def test_no_curve_is_said(days):
    assert "No concern was followed" in texts(resolution_curve(curve(days), **WORDS))[0]
