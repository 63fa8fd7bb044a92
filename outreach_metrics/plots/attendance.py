"""Attendance event by event."""

from __future__ import annotations

import textwrap

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.dates import AutoDateLocator, ConciseDateFormatter
from matplotlib.ticker import MaxNLocator

from outreach_metrics.plots.colors import strand_color
from outreach_metrics.plots.page import INK, LIGHT, PALE, Margins, look, sheet
from outreach_metrics.plots.rows import nothing

_MAIN = strand_color("attendance")
_COUNTED = {
    "headcount": {"marker": "o", "markerfacecolor": _MAIN, "label": "counted in the room"},
    "sign-in": {"marker": "s", "markerfacecolor": "white", "label": "from the sign-in sheet"},
}
_MARK = {"linestyle": "none", "markersize": 4.5, "clip_on": False}
_BESIDE = 1.35
_LETTERS = 18
_SHORT = 20


def attendance_by_event(
    events: pd.DataFrame,
    *,
    title: str,
    subtitle: str,
    few: str = "number not shown",
    trend: pd.DataFrame | None = None,
    trend_name: str = "",
) -> Axes:
    """Draw how many people came to each event, by date.

    Parameters
    ----------
    events : pandas.DataFrame
        As `metrics.attendance.attendance_by_event` returns it: `date`, `attended`, `counted`. An event
        with a `counted` of "few" is drawn as a cross on the base line, without its number. Where there is
        a column `registered`, a dash marks how many had registered.
    title, subtitle : str
        The finding; what is measured.
    few : str
        What the cross means ("fewer than 10 people, number not shown").
    trend : pandas.DataFrame, optional
        The line to draw through the events: `date`, `expected` and, for a band, `conf_low`, `conf_high`.
    trend_name : str
        What is written beside the end of that line ("12% more each year").

    Returns
    -------
    matplotlib.axes.Axes
        Events without a date or a number are not drawn; none at all gives axes that say so.
    """
    lined = trend is not None and len(trend) > 0
    with look():
        right = _BESIDE if lined and trend_name else 0.15
        lines = 2 if "registered" in events and len(few) > _SHORT else 1
        margins = Margins(top=0.16 + 0.18 * lines, right=right)
        axes = sheet(title, subtitle, height=2.32 + 0.18 * lines, margins=margins)[0, 0]
        shown = events.dropna(subset=["date"])
        drawn = shown.dropna(subset=["attended"])
        hidden = shown[shown["counted"] == "few"]
        if drawn.empty and hidden.empty:
            return nothing(axes, "There are no counted events to draw.")
        highest = [_events(axes, drawn), _registered(axes, shown)]
        if lined:
            highest.append(_trend(axes, trend, trend_name))
        if len(hidden):
            cross = {**_MARK, "marker": "x", "color": LIGHT, "markersize": 5}
            axes.plot(hidden["date"], [0] * len(hidden), label=few, **cross)
        axes.set_ylim(0, max(*highest, 1) * 1.1)
        axes.yaxis.set_major_locator(MaxNLocator(5, steps=[1, 2, 5, 10], integer=True))
        locator = AutoDateLocator(minticks=3, maxticks=8)
        axes.xaxis.set_major_locator(locator)
        axes.xaxis.set_major_formatter(ConciseDateFormatter(locator, show_offset=False))
        axes.legend(
            loc="lower left",
            bbox_to_anchor=(-0.02, 1.0),
            ncols=4 // lines,
            handletextpad=0.2,
            columnspacing=1.5,
            borderaxespad=0.1,
        )
    return axes


def _highest(values: pd.Series) -> float:
    return float(values.max()) if values.notna().any() else 0.0


def _events(axes: Axes, drawn: pd.DataFrame) -> float:
    """Draw the people at each event; return the most."""
    axes.vlines(drawn["date"], 0, drawn["attended"], color=_MAIN, linewidth=1.0, alpha=0.45)
    for counted, how in _COUNTED.items():
        part = drawn[drawn["counted"] == counted]
        if len(part):
            axes.plot(part["date"], part["attended"], markeredgecolor=_MAIN, **_MARK, **how)
    return _highest(drawn["attended"])


def _registered(axes: Axes, shown: pd.DataFrame) -> float:
    """Draw how many had registered for each event that is drawn, where that is known; return the most."""
    if "registered" not in shown:
        return 0.0
    known = shown[shown["registered"].notna() & (shown["counted"] != "few")]
    if len(known):
        dash = {**_MARK, "marker": "_", "color": LIGHT, "markersize": 9, "markeredgewidth": 1.8}
        axes.plot(known["date"], known["registered"], label="registered", zorder=1.9, **dash)
    return _highest(known["registered"])


def _trend(axes: Axes, trend: pd.DataFrame, name: str) -> float:
    """Draw the line through the events and its name; return its highest point."""
    axes.plot(trend["date"], trend["expected"], color=INK, linewidth=1.6, zorder=2.5)
    if {"conf_low", "conf_high"} <= set(trend.columns):
        axes.fill_between(
            trend["date"],
            trend["conf_low"],
            trend["conf_high"],
            color=PALE,
            alpha=0.25,
            linewidth=0,
            zorder=1,
        )
    last = trend.dropna(subset=["expected"]).iloc[-1:]
    for row in last.itertuples():
        axes.annotate(
            "\n".join(textwrap.wrap(name, _LETTERS)),
            (1, row.expected),
            xycoords=axes.get_yaxis_transform(),
            xytext=(6, 0),
            textcoords="offset points",
            va="center",
            color=INK,
            weight="bold",
            annotation_clip=False,
        )
    return _highest(trend["expected"])
