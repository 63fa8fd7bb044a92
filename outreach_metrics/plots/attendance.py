"""Attendance event by event."""

from __future__ import annotations

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.dates import AutoDateLocator, ConciseDateFormatter
from matplotlib.ticker import MaxNLocator

from outreach_metrics.plots.page import DARK, LIGHT, MUTED, Margins, look, sheet

_COUNTED = {
    "headcount": {"marker": "o", "markerfacecolor": DARK, "label": "counted in the room"},
    "sign-in": {"marker": "s", "markerfacecolor": "white", "label": "from the sign-in sheet"},
}


def attendance_by_event(
    events: pd.DataFrame, *, title: str, subtitle: str, few: str = "number not shown"
) -> Axes:
    """Draw how many people came to each event, by date.

    Parameters
    ----------
    events : pandas.DataFrame
        As `metrics.attendance.attendance_by_event` returns it: `date`, `attended`, `counted`. An event
        with a `counted` of "few" is drawn as a cross on the base line, without its number.
    title, subtitle : str
        The finding; what is measured.
    few : str
        What the cross means ("fewer than 10 people, number not shown").

    Returns
    -------
    matplotlib.axes.Axes
        Events without a date or a number are not drawn; none at all gives axes that say so.
    """
    with look():
        axes = sheet(title, subtitle, height=2.5, margins=Margins(top=0.34))[0, 0]
        shown = events.dropna(subset=["date"])
        drawn = shown.dropna(subset=["attended"])
        hidden = shown[shown["counted"] == "few"]
        if drawn.empty and hidden.empty:
            axes.set_axis_off()
            axes.text(0, 0.5, "There are no counted events to draw.", transform=axes.transAxes, color=MUTED)
            return axes
        axes.vlines(drawn["date"], 0, drawn["attended"], color=DARK, linewidth=1.0, alpha=0.45)
        for counted, how in _COUNTED.items():
            part = drawn[drawn["counted"] == counted]
            if len(part):
                mark = {"linestyle": "none", "markersize": 4.5, "markeredgecolor": DARK, "clip_on": False}
                axes.plot(part["date"], part["attended"], **mark, **how)
        if len(hidden):
            cross = {"marker": "x", "color": LIGHT, "markersize": 5, "linestyle": "none", "clip_on": False}
            axes.plot(hidden["date"], [0] * len(hidden), label=few, **cross)
        axes.set_ylim(0, max(float(drawn["attended"].max()) if len(drawn) else 0, 1) * 1.1)
        axes.yaxis.set_major_locator(MaxNLocator(5, steps=[1, 2, 5, 10], integer=True))
        locator = AutoDateLocator(minticks=3, maxticks=8)
        axes.xaxis.set_major_locator(locator)
        axes.xaxis.set_major_formatter(ConciseDateFormatter(locator, show_offset=False))
        axes.legend(
            loc="lower left",
            bbox_to_anchor=(-0.02, 1.0),
            ncols=3,
            handletextpad=0.2,
            columnspacing=1.5,
            borderaxespad=0.1,
        )
    return axes
