"""Scores of people by how often they came."""

from __future__ import annotations

import textwrap

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator

from outreach_metrics.evidence.wording import number, value
from outreach_metrics.plots.colors import strand_color
from outreach_metrics.plots.page import INK, Margins, look, sheet
from outreach_metrics.plots.rows import key, nothing

_MAIN = strand_color("attendance")


def dose_chart(bins: pd.DataFrame, *, title: str, subtitle: str, unit: str, words: str = "") -> Axes:
    """Draw the mean outcome of people by the number of events they came to; never a single person.

    Parameters
    ----------
    bins : pandas.DataFrame
        One row a group of people, in order: `events` (text: "0", "1", "2–3", "4 or more"), `mean`,
        `conf_low`, `conf_high` (NaN for no interval), `people`. A group whose `mean` is NaN (suppressed) is
        left out.
    title, subtitle : str
        The finding; what is measured.
    unit : str
        Unit of the mean as in an estimate: "change in points (0-100)" has signs and a line at no change.
    words : str
        What is written below the groups: the slope, or that who comes often chose to.

    Returns
    -------
    matplotlib.axes.Axes
        Without groups, axes that say so.
    """
    known = bins.dropna(subset=["mean"]).reset_index(drop=True)
    lines = textwrap.wrap(words, 105)
    with look():
        margins = Margins(left=0.5, top=0.2, bottom=0.75 + 0.16 * len(lines))
        axes = sheet(title, subtitle, height=2.7 + 0.16 * len(lines), margins=margins)[0, 0]
        if known.empty:
            return nothing(axes, "There are too few people to draw.")
        change = value(1.0, unit).startswith("+")
        _scale(axes, known, unit, change)
        axes.vlines(known.index, known["conf_low"], known["conf_high"], color=_MAIN, linewidth=1.6)
        axes.plot(known.index, known["mean"], "o", color=_MAIN, markersize=6.5, zorder=3)
        beside = {"xytext": (8, 0), "textcoords": "offset points", "va": "center"}
        for place, mean in enumerate(known["mean"]):
            axes.annotate(value(float(mean), unit), (place, mean), **beside)
        people = [f"{row.events}\nn = {number(float(row.people))}" for row in known.itertuples()]
        axes.set_xticks(range(len(known)), people)
        axes.set_xlabel("Events that people came to, and how many people", loc="left")
        key(axes, "\n".join(lines))
    return axes


def _scale(axes: Axes, known: pd.DataFrame, unit: str, change: bool) -> None:
    numbers = known[["mean", "conf_low", "conf_high"]].to_numpy(dtype=float)
    numbers = np.append(numbers[np.isfinite(numbers)], [0.0] * change)
    pad = 0.1 * float(np.ptp(numbers)) or 1.0
    axes.set_ylim(numbers.min() - pad, numbers.max() + pad)
    axes.set_xlim(-0.5, len(known) - 0.5)
    axes.yaxis.set_major_locator(MaxNLocator(5, steps=[1, 2, 5, 10]))
    axes.yaxis.set_major_formatter(lambda tick, _: value(tick, unit))
    if change:
        axes.axhline(0, color=INK, linewidth=0.9, zorder=1)
