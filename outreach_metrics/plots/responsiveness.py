"""How soon concerns are resolved."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.ticker import MultipleLocator

from outreach_metrics.evidence.wording import number, percent
from outreach_metrics.plots.colors import strand_color
from outreach_metrics.plots.page import INK, MUTED, Margins, look, sheet
from outreach_metrics.plots.rows import SMALL, nothing

_MAIN = strand_color("responsiveness")
_DAYS = 30


def resolution_curve(
    curve: pd.DataFrame,
    *,
    title: str,
    subtitle: str,
    marks: Sequence[tuple[float, str]] = (),
    median: float = math.nan,
) -> Axes:
    """Draw the share of concerns resolved by the days since they were raised, as steps with a band.

    Parameters
    ----------
    curve : pandas.DataFrame
        As `metrics.responsiveness.resolution_curve` returns it: `day`, `resolved` (0-1), `conf_low`,
        `conf_high` (NaN for no interval), `followed` (concerns still open and followed, written below the
        axis).
    title, subtitle : str
        The finding; what is measured.
    marks : sequence of (float, str)
        Days at which a point is set on the curve, and the words below it ("69% within 90 days").
    median : float
        Day by which half are resolved, marked by lines to both axes; NaN for none.

    Returns
    -------
    matplotlib.axes.Axes
        Without a curve, axes that say so.
    """
    with look():
        margins = Margins(top=0.2, right=0.25, bottom=0.82)
        axes = sheet(title, subtitle, height=3.2, margins=margins)[0, 0]
        known = curve.dropna(subset=["resolved"])
        if len(known) < 2:
            return nothing(axes, "No concern was followed for long enough to draw a curve.")
        end = float(known["day"].iloc[-1])
        axes.set_ylim(0, 1)
        axes.set_xlim(0, end)
        axes.yaxis.set_major_formatter(lambda tick, _: percent(tick))
        axes.xaxis.set_major_locator(MultipleLocator(_step(end)))
        axes.set_xlabel("Days since the concern was raised", loc="left")
        _curve(axes, known)
        _median(axes, median, end)
        for day, words in marks:
            _point(axes, known, day, words)
        _followed(axes, known)
    return axes


def _step(end: float) -> float:
    """Return how far ticks stand apart: months of 30 days, fewer where the axis is short."""
    return next((step for step in (1, 5, 10, _DAYS) if end / step <= 9), 2 * _DAYS)


def _curve(axes: Axes, known: pd.DataFrame) -> None:
    steps = {"step": "post", "color": _MAIN, "alpha": 0.16, "linewidth": 0, "zorder": 1}
    axes.fill_between(known["day"], known["conf_low"], known["conf_high"], **steps)
    axes.step(known["day"], known["resolved"], where="post", color=_MAIN, zorder=3, clip_on=False)


def _median(axes: Axes, median: float, end: float) -> None:
    """Draw lines to the curve, where half are resolved, from both axes, and say when that is."""
    if not 0 <= median <= end:
        return
    axes.plot([0, median, median], [0.5, 0.5, 0], color=INK, linewidth=0.9, linestyle=(0, (4, 2)), zorder=2)
    words = f"half by day {number(median)}"
    late = median > end / 2
    place = {"xytext": (-5 if late else 5, 5), "ha": "right" if late else "left", "va": "bottom"}
    axes.annotate(words, (median, 0), textcoords="offset points", color=INK, **place)


def _point(axes: Axes, known: pd.DataFrame, day: float, words: str) -> None:
    """Set a point on the curve; its words go below on the right, where a rising curve leaves room."""
    reached = known[known["day"] <= day]
    if reached.empty or day > known["day"].iloc[-1]:
        return
    height, low = (float(reached[name].iloc[-1]) for name in ("resolved", "conf_low"))
    axes.plot(day, height, "o", color=_MAIN, markersize=5.5, zorder=4, clip_on=False)
    last = day > 0.8 * known["day"].iloc[-1]
    place = {"xytext": (-5 if last else 5, -4), "ha": "right" if last else "left", "va": "top"}
    below = float(np.nanmin([height, low]))
    ground = {"facecolor": "white", "edgecolor": "none", "alpha": 0.85, "pad": 1}
    axes.annotate(words, (day, below), textcoords="offset points", color=INK, bbox=ground, zorder=5, **place)


def _followed(axes: Axes, known: pd.DataFrame) -> None:
    """Write below the ticks how many concerns were still open and followed."""
    figure = axes.figure
    words = "Concerns still open and followed:"
    figure.text(0, 0.3 / figure.get_figheight(), words, color=MUTED, size=SMALL)
    low, high = axes.get_xlim()
    for tick in axes.get_xticks():
        row = known[known["day"] == tick]
        if low <= tick <= high and len(row):
            axes.annotate(
                number(float(row["followed"].iloc[0])),
                (tick, 0),
                xycoords=axes.get_xaxis_transform(),
                xytext=(0, -50),
                textcoords="offset points",
                ha="center",
                va="center",
                color=MUTED,
                annotation_clip=False,
            )
