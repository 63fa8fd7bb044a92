"""Charts: what they say, that nothing overlaps, and that they hold on strange input."""

import math
import subprocess
import sys
from datetime import date
from itertools import combinations

import matplotlib
import numpy as np
import pandas as pd
import pytest

from outreach_metrics import plots
from outreach_metrics.estimate import Estimate

NAN = math.nan


def estimate(amount=NAN, low=NAN, high=NAN, unit="ratio", level=3, **rest):
    names = {"program_id": "p", "strand": "crime", "metric": "crime_relative_effect"}
    numbers = {"estimate": amount, "conf_low": low, "conf_high": high}
    return Estimate(**{**names, **numbers, "unit": unit, "design_level": level, **rest})


def series(treated, compared=None):
    periods = pd.period_range("2020-01", periods=len(treated), freq="M").start_time
    window = np.array(["left out", *["before"] * 5, *["after"] * (len(treated) - 6)])[: len(treated)]
    groups = {"treatment": treated, "comparison": compared}
    return pd.concat(
        [
            pd.DataFrame({"period": periods, "group": group, "count": rates, "rate": rates, "window": window})
            for group, rates in groups.items()
            if rates is not None
        ],
        ignore_index=True,
    )


def waves(*names, constructs=("trust",), arms=("", " (comparison)")):
    return [
        estimate(50.0 + i, 48.0 + i, 53.0 + i, "points (0-100)", outcome=construct, group=f"{name}{arm}")
        for construct in constructs
        for i, name in enumerate(names)
        for arm in arms
    ]


def draw_series(frame, **rest):
    return plots.crime_series(frame, title="T", subtitle="S", start=date(2020, 7, 1), **rest)


def against_expected(rates, expected, **rest):
    frame = series(rates, [rate + 2 for rate in rates])
    frame["expected"] = np.where(
        (frame["group"] == "treatment") & (frame["window"] == "after"), expected, NAN
    )
    return draw_series(frame, expected="Expected", **rest)


def draw_events(*estimates, spans=None):
    spans = spans or [(6 * i - 12, 6 * i - 7) for i in range(len(estimates))]
    return plots.event_study(spans, estimates, title="T", subtitle="S", unit="month")


def ways(*estimates, main=0):
    names = [("6 months on each side", "all"), ("24 months on each side", "one left out")]
    return [plots.Way(e, e.conf_high < 1, names[i % 2], i == main) for i, e in enumerate(estimates)]


CHOICES = {
    "Time compared": ("6 months on each side", "24 months on each side"),
    "Compared with": ("all", "one left out"),
}


def draw_ways(shown, choices=CHOICES):
    return plots.specification_curve(shown, choices, title="T", subtitle="S")


def draw_forest(labels, estimates, **rest):
    return plots.forest(labels, estimates, title="T", subtitle="S", **rest)


def shown_ticks(axis):
    low, high = sorted(axis.get_view_interval())
    return [tick.label1 for tick in axis.get_major_ticks() if low <= tick.get_loc() <= high]


def texts(axes):
    figure = axes.figure
    figure.canvas.draw()
    found = [*figure.texts, *(text for panel in figure.axes for text in panel.texts)]
    for panel in figure.axes:
        if panel.axison:
            found += [panel._left_title, *shown_ticks(panel.xaxis), *shown_ticks(panel.yaxis)]
    for legend in [*figure.legends, *(p.get_legend() for p in figure.axes if p.get_legend())]:
        found += legend.get_texts()
    return [text for text in found if text.get_text().strip() and text.get_visible()]


def overlaps(axes):
    renderer = axes.figure.canvas.get_renderer()
    boxes = [(t.get_text(), t.get_window_extent(renderer).padded(-1.5)) for t in texts(axes)]
    return [(a, b) for (a, one), (b, other) in combinations(boxes, 2) if one.overlaps(other)]


def outside(axes):
    renderer = axes.figure.canvas.get_renderer()
    whole = axes.figure.bbox
    boxes = [(t.get_text(), t.get_window_extent(renderer)) for t in texts(axes)]
    return [
        text
        for text, box in boxes
        if box.x0 < whole.x0 - 1 or box.x1 > whole.x1 + 1 or box.y0 < whole.y0 - 1 or box.y1 > whole.y1 + 1
    ]


EVENTS = pd.DataFrame(
    {
        "date": pd.date_range("2022-01-05", periods=12, freq="30D"),
        "attended": [NAN, 12, 30, 22, 18, 25, 14, 40, 33, 28, 12, 11],
        "counted": ["few", *["headcount", "sign-in"] * 5, "headcount"],
    }
)
CHARTS = {
    "series that end together": lambda: draw_series(
        series([5.0, 6, 7, 6, 5, 6, 7, 8, 9], [5.0] * 8 + [9.01])
    ),
    "series against what was expected": lambda: against_expected([5.0, 6, 7, 6, 5, 6, 7, 8, 9], 7.0),
    "series as expected": lambda: against_expected([5.0] * 12, 5.0),
    "series of zeros": lambda: draw_series(series([0.0] * 12, [0.0] * 12)),
    "forest": lambda: draw_forest(
        ["Burglary", "A name of an offense that goes on and on and on, as the department writes it", "$x$"],
        [estimate(0.7, 0.6, 0.8), estimate(1.4, 0.2, 9.0, level=2), estimate()],
        sides=("less crime", "more crime"),
    ),
    "forest of falls alone": lambda: draw_forest(
        ["a", "b"], [estimate(0.5, 0.4, 0.9), estimate(0.3, 0.1, 0.95)], sides=("less crime", "more crime")
    ),
    "event study": lambda: draw_events(
        estimate(1.1, 0.9, 1.3), estimate(0.95, 0.7, 1.2), estimate(0.6, 0.001, 90), estimate(0.7, 0.5, 0.9)
    ),
    "event study of weeks": lambda: draw_events(
        *[estimate(0.9, 0.7, 1.2)] * 8, spans=[(26 * i - 104, 26 * i - 79) for i in range(8)]
    ),
    "ways to ask": lambda: draw_ways(
        ways(*[estimate(0.7 + 0.05 * i, 0.5, 0.9 + 0.1 * i) for i in range(12)], main=11)
    ),
    "two ways to ask": lambda: draw_ways(ways(estimate(0.7, 0.6, 0.9), estimate(0.8, 1e-12, 1e12))),
    "forest without limits": lambda: draw_forest(
        ["a", "b", "c"], [estimate(0, 0, 2.8), estimate(3, 0.4, math.inf), estimate(0.001, 0.0001, 900)]
    ),
    "forest of points": lambda: draw_forest(
        ["a", "b"], [estimate(i, i - 2, i + 2, "change in points (0-100)") for i in (-4.0, 6.0)]
    ),
    "events": lambda: plots.attendance_by_event(
        EVENTS, title="T " * 60, subtitle="S", few="fewer than 10 people, number not shown"
    ),
    "waves": lambda: plots.sentiment_waves(
        waves(
            "baseline", "first year", "second year", constructs=("trust", "perceived_safety", "c", "d", "e")
        ),
        title="T",
        subtitle="S",
    )[0],
    "waves of long names": lambda: plots.sentiment_waves(
        waves(
            "The survey of spring 2021 (mail)", "Autumnalquestionnaire", constructs=("willingness_to_report",)
        ),
        title="T",
        subtitle="S",
    )[0],
}


@pytest.mark.parametrize("name", CHARTS)
def test_no_label_touches_another_or_leaves_the_page(name):
    axes = CHARTS[name]()
    assert overlaps(axes) == []
    assert outside(axes) == []


@pytest.mark.parametrize("name", CHARTS)
def test_same_chart_same_bytes_at_192_dpi(name):
    first, second = plots.png(CHARTS[name]()), plots.png(CHARTS[name]())
    assert first == second
    assert b"Software" not in first
    assert int.from_bytes(first[16:20], "big") == 7 * 192


def test_chart_says_its_finding_and_names_its_lines():
    axes = draw_series(series([5.0] * 12, [8.0] * 12))
    shown = {text.get_text() for text in texts(axes)}
    assert {"T", "S", "Program areas", "Comparison areas", "Program starts Jul 2020"} <= shown


def test_lines_differ_in_style_too_not_in_color_alone():
    axes = draw_series(series([5.0] * 12, [8.0] * 12))
    styles = {line.get_label(): line.get_linestyle() for line in axes.lines}
    assert styles["Program areas after"] != styles["Comparison areas after"]


def test_periods_left_out_have_no_color():
    axes = draw_series(series([5.0] * 12))
    used = [line for line in axes.lines if str(line.get_label()).startswith("Program areas")]
    drawn = np.concatenate([np.asarray(line.get_ydata(), dtype=float) for line in used])
    assert np.isfinite(drawn).sum() == 11


def test_levels_show_their_intervals():
    levels = [estimate(5, 4, 6), estimate(3, 2, 4)]
    axes = draw_series(series([5.0] * 12), levels=levels)
    spans = [band.get_datalim(axes.transData).intervaly for band in axes.collections]
    assert [tuple(span) for span in spans] == [(4, 6), (2, 4)]


def test_what_was_expected_is_named_and_the_gap_to_it_is_tinted():
    axes = against_expected([5.0, 6, 7, 6, 5, 6, 7, 8, 9], 7.0)
    assert "····  Expected" in {text.get_text() for text in texts(axes)}
    line = next(line for line in axes.lines if line.get_label() == "Expected")
    drawn = np.asarray(line.get_ydata(), dtype=float)
    assert drawn[np.isfinite(drawn)].tolist() == [7.0, 7.0, 7.0]
    assert [band.get_datalim(axes.transData).intervaly.tolist() for band in axes.collections] == [[7.0, 9.0]]


def test_an_interval_without_limits_is_told_and_ends_in_arrows():
    axes = draw_forest(["a"], [estimate(0.8, 0.0, math.inf)])
    assert "−20%  (no limits)" in [text.get_text() for text in texts(axes)]
    assert {line.get_marker() for line in axes.lines} >= {"<", ">"}


def test_event_study_marks_the_start_and_what_lies_on_each_side():
    axes = draw_events(*[estimate(0.8, 0.7, 0.9)] * 4)
    shown = {text.get_text() for text in texts(axes)}
    assert {"as expected", "← before the start", "after →", "−12", "12"} <= shown
    assert [list(line.get_ydata()) for line in axes.lines].count([0.7, 0.9]) == 4
    assert any(list(line.get_xdata()) == [0, 0] for line in axes.lines)


def test_only_the_event_interval_that_leaves_the_axis_ends_in_an_arrow():
    axes = draw_events(estimate(0.8, 0.7, 0.9), estimate(0.8, 0.7, 900.0))
    assert [line.get_marker() for line in axes.lines if line.get_marker() in "^v"] == ["^"]


def test_every_way_to_ask_shows_its_choices_and_the_reported_one_is_a_diamond():
    axes = draw_ways(ways(*[estimate(0.7, 0.5, 0.9 + 0.2 * i) for i in range(4)], main=2))
    lower = axes.figure.axes[1]
    marks = [line.get_marker() for line in lower.lines]
    assert (marks.count("s"), marks.count("D")) == (6, 2)
    assert [line.get_marker() for line in axes.lines].count("D") == 1
    colors = {line.get_color() for line in axes.lines if line.get_marker() in ("o", "D")}
    assert len(colors) == 2


def test_a_wide_interval_of_another_way_does_not_squeeze_the_axis():
    axes = draw_ways(ways(estimate(0.7, 0.6, 0.9), estimate(0.8, 1e-12, 1e12)))
    low, high = axes.get_ylim()
    assert 0.3 < low < 0.6 and 1 < high < 2


def test_forest_writes_numbers_and_tells_what_was_not_estimated():
    axes = draw_forest(["a", "b"], [estimate(0.78, 0.67, 0.9), estimate()])
    shown = [text.get_text() for text in texts(axes)]
    assert "−22%  (−33% to −10%)" in shown
    assert "not estimated" in shown
    assert "● measured against a comparison" in shown


def test_forest_axis_is_logarithmic_for_ratios_alone():
    assert draw_forest(["a"], [estimate(0.8, 0.7, 0.9)]).get_xscale() == "log"
    assert draw_forest(["a"], [estimate(3, 1, 5, "change in points (0-100)")]).get_xscale() == "linear"


def test_every_interval_is_drawn_to_its_limits():
    axes = draw_forest(["a"], [estimate(0.8, 0.7, 0.9)])
    assert any(list(line.get_xdata()) == [0.7, 0.9] for line in axes.lines)


def test_wave_of_another_arm_is_left_out_and_brackets_in_a_name_are_kept():
    shown = waves("spring (2021)", "spring (2022)", arms=("", " (comparison)", " (partner)"))
    axes = plots.sentiment_waves(shown, title="T", subtitle="S")[0]
    axes.figure.canvas.draw()
    assert [tick.get_text() for tick in axes.get_xticklabels()] == ["spring (2021)", "spring (2022)"]
    assert len(axes.lines) == 2


def test_dollars_are_text():
    title = r"Fell in $\frac{1}{0$ of $x^2$ {areas}"
    axes = plots.forest(["$a_b$"], [estimate(0.8, 0.7, 0.9)], title=title, subtitle="$")
    assert plots.png(axes)
    assert {"$a_b$", title} <= {text.get_text() for text in texts(axes)}


@pytest.mark.parametrize(
    "draw",
    [
        lambda: draw_series(series([NAN] * 12)),
        lambda: draw_series(series([1.0])),
        lambda: draw_series(series([1.0] * 12).iloc[:0]),
        lambda: draw_forest([], []),
        lambda: draw_forest(["a"], [estimate()]),
        lambda: draw_forest(["a"], [estimate(0.8)]),
        lambda: against_expected([5.0] * 12, NAN),
        lambda: draw_events(),
        lambda: draw_events(estimate(), estimate(0.8), estimate(0, 0, 3), estimate(2, 1, math.inf)),
        lambda: draw_events(estimate(0.8, 0.7, 0.9), spans=[(0, 0)]),
        lambda: draw_ways([], {}),
        lambda: draw_ways(ways(estimate(0.8))),
        lambda: plots.attendance_by_event(EVENTS.iloc[:0], title="", subtitle=""),
        lambda: plots.attendance_by_event(EVENTS.assign(attended=NAN), title="T", subtitle="S"),
        lambda: plots.sentiment_waves([], title="T", subtitle="S")[0],
        lambda: plots.sentiment_waves([estimate(outcome="a", group="b")], title="T", subtitle="S")[0],
        lambda: plots.sentiment_waves(waves("only", arms=("",)), title="T", subtitle="S")[0],
    ],
)
@pytest.mark.filterwarnings("error")
def test_little_or_nothing_to_draw_is_fine(draw):
    assert plots.png(draw())


def test_a_name_in_another_script_draws_without_a_warning(recwarn):
    assert plots.png(draw_forest(["警察"], [estimate(0.8, 0.7, 0.9)]))
    assert not [warning for warning in recwarn if "Glyph" in str(warning.message)]


def test_settings_of_matplotlib_stay_as_they_were_and_pyplot_is_not_loaded():
    before = dict(matplotlib.rcParams)
    plots.png(CHARTS["forest"]())
    assert dict(matplotlib.rcParams) == before
    code = "import sys, outreach_metrics.plots; print('matplotlib.pyplot' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"
