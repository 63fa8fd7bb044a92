"""Crime rates over time, program areas against comparison areas."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.dates import AutoDateLocator, ConciseDateFormatter, date2num
from matplotlib.ticker import MaxNLocator

from outreach_metrics.estimate import Estimate
from outreach_metrics.plots.colors import strand_color
from outreach_metrics.plots.page import INK, LIGHT, MUTED, PALE, SHADE, Margins, label_ends, look, sheet

_MAIN = strand_color("crime")
_GROUPS = {
    "treatment": {"label": "Program areas", "color": _MAIN, "linestyle": "-", "linewidth": 1.7},
    "comparison": {"label": "Comparison areas", "color": LIGHT, "linestyle": (0, (3, 1.2)), "linewidth": 1.4},
}
_THIN = {"linewidth": 0.9, "linestyle": (0, (7, 1.5))}
_EXPECTED = {"color": _MAIN, "linestyle": (0, (1, 1.3)), "linewidth": 1.7}


def crime_series(
    series: pd.DataFrame,
    *,
    title: str,
    subtitle: str,
    start: date,
    column: str = "rate",
    levels: Sequence[Estimate] = (),
    expected: str = "",
) -> Axes:
    """Draw the crime rate over time of program and comparison areas, and what was to be expected.

    Parameters
    ----------
    series : pandas.DataFrame
        As `metrics.crime.crime_series` returns it: `period`, `group`, `count`, `rate`, `window`, `expected`.
        Periods of the window "left out" are drawn pale, the window "after" on a shaded ground.
    title, subtitle : str
        The finding; what is measured and its unit.
    start : datetime.date
        Start of the program.
    column : {"rate", "count"}
        What is drawn; a group without any value is not drawn.
    levels : sequence of Estimate, length 2
        Rate before and rate after of the program areas, drawn as levels with their intervals.
    expected : str
        Name of the line of what was expected after the start, drawn dotted, with the gap to what was
        recorded shaded; empty for no such line.

    Returns
    -------
    matplotlib.axes.Axes
        An empty series gives axes that say so.
    """
    with look():
        axes = sheet(title, subtitle, height=2.5, margins=Margins(right=1.42))[0, 0]
        known = series.dropna(subset=[column])
        if known.empty:
            return _nothing(axes)
        half = _step(known) / 2
        _shade(axes, known, half)
        for window, level in zip(("before", "after"), levels, strict=False):
            _level(axes, known[known["window"] == window]["period"], level, half)
        groups = _GROUPS if not expected else {**_GROUPS, "comparison": _GROUPS["comparison"] | _THIN}
        ends = [_line(axes, known[known["group"] == group], column, half, groups[group]) for group in groups]
        ends.append(_gap(axes, known[known["group"] == "treatment"], column, half, expected))
        drawn = ["expected", column] if expected else [column]
        axes.set_ylim(0, max(float(known[drawn].max().max()), 1e-9) * 1.12)
        axes.set_xlim(known["period"].min(), known["period"].max() + 2 * half)
        axes.yaxis.set_major_locator(MaxNLocator(6, steps=[1, 2, 5, 10], integer=column == "count"))
        locator = AutoDateLocator(minticks=3, maxticks=8)
        axes.xaxis.set_major_locator(locator)
        axes.xaxis.set_major_formatter(ConciseDateFormatter(locator, show_offset=False))
        _mark_start(axes, start)
        label_ends(axes, [end for end in ends if end])
    return axes


def _nothing(axes: Axes) -> Axes:
    axes.set_axis_off()
    axes.text(0, 0.5, "There are no counts to draw.", transform=axes.transAxes, color=MUTED)
    return axes


def _step(series: pd.DataFrame) -> pd.Timedelta:
    gaps = series["period"].drop_duplicates().sort_values().diff().dropna()
    return gaps.median() if len(gaps) else pd.Timedelta(days=30)


def _shade(axes: Axes, series: pd.DataFrame, half: pd.Timedelta) -> None:
    after = series.loc[series["window"] == "after", "period"]
    if len(after):
        axes.axvspan(after.min(), after.max() + 2 * half, color=SHADE, zorder=0, linewidth=0)


def _level(axes: Axes, periods: pd.Series, level: Estimate, half: pd.Timedelta) -> None:
    if periods.empty or not level.made:
        return
    span = [periods.min(), periods.max() + 2 * half]
    axes.fill_between(span, level.conf_low, level.conf_high, color=_MAIN, alpha=0.16, linewidth=0, zorder=1)
    axes.plot(span, [level.estimate] * 2, color=_MAIN, linewidth=0.9, zorder=1.5)


def _line(axes: Axes, part: pd.DataFrame, column: str, half: pd.Timedelta, how: dict) -> tuple | None:
    """Draw one group: pale everywhere, in its color where a window uses it; return where its label goes."""
    if part.empty:
        return None
    how = dict(how)
    label = how.pop("label")
    middle = part["period"] + half
    axes.plot(middle, part[column], color=PALE, linewidth=1.0, linestyle=how["linestyle"], zorder=2)
    for window in ("before", "after"):
        used = part[column].where(part["window"] == window)
        axes.plot(middle, used, zorder=3, label=f"{label} {window}", **how)
    return float(part[column].iloc[-1]), label, how["color"]


def _gap(axes: Axes, part: pd.DataFrame, column: str, half: pd.Timedelta, label: str) -> tuple | None:
    """Draw what was expected, and shade the gap to what was recorded; return where its label goes."""
    if not label or part["expected"].isna().all():
        return None
    middle = part["period"] + half
    axes.plot(middle, part["expected"], **{**_EXPECTED, "color": PALE, "linewidth": 1.0}, zorder=2)
    used = part["expected"].where(part["window"] == "after")
    axes.fill_between(middle, part[column], used, color=_MAIN, alpha=0.14, linewidth=0, zorder=1)
    axes.plot(middle, used, **_EXPECTED, zorder=3, label="Expected")
    return float(part["expected"].dropna().iloc[-1]), f"····  {label}", _EXPECTED["color"]


def _mark_start(axes: Axes, start: date) -> None:
    low, high = axes.get_xlim()
    position = date2num(start)
    if not low <= position <= high:
        return
    axes.axvline(position, color=INK, linewidth=0.9, zorder=4)
    near_right = position > low + 0.72 * (high - low)
    axes.annotate(
        f"Program starts {start:%b} {start.year}",
        (position, 1),
        xycoords=axes.get_xaxis_transform(),
        xytext=(-4 if near_right else 4, -1),
        textcoords="offset points",
        ha="right" if near_right else "left",
        va="top",
        color=INK,
        bbox={"facecolor": "white", "edgecolor": "none", "alpha": 0.75, "pad": 1},
        zorder=5,
    )
