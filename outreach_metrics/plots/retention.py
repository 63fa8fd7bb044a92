"""How long people keep coming."""

from __future__ import annotations

import math
import textwrap
from collections.abc import Sequence

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator
from matplotlib.transforms import Bbox

from outreach_metrics.evidence.wording import number, percent
from outreach_metrics.plots.colors import strand_color
from outreach_metrics.plots.page import INK, MUTED, Margins, look, sheet
from outreach_metrics.plots.rows import SMALL, nothing

_MAIN = strand_color("attendance")
_BESIDE, _LETTERS = 1.35, 17
_STEPS = {"month": [1, 1.2, 2, 3, 6, 10], "day": [1, 3, 6, 10]}
_NEXT = {"month": 1.0, "day": math.inf}
_BRIDGE = (0, (2, 1.5))


def retention_curve(
    curve: pd.DataFrame,
    *,
    title: str,
    subtitle: str,
    time: str = "month",
    unit: str = "month",
    name: str = "",
    marks: Sequence[tuple[float, str]] = (),
    median: float = math.nan,
) -> Axes:
    """Draw the share of people who still come by the time since they first came, as steps with a band.

    Parameters
    ----------
    curve : pandas.DataFrame
        As `metrics.attendance.retention_curve` returns it, in order of time: the column named by `time`,
        `retained` (0-1), `conf_low`, `conf_high` (NaN for no interval) and, if there is one, `at_risk`
        (people still followed just before that time; NaN where suppressed), written below the axis. Between
        months of which some are missing, as they are where they are suppressed, the curve is a dashed
        straight line; days are taken to be all there are.
    title, subtitle : str
        The finding; what is measured.
    time : str
        Column of the time.
    unit : str
        Its unit in the singular: "month" or "day".
    name : str
        Name of the curve, written beside its end.
    marks : sequence of (float, str)
        Times at which a point is set on the curve, and the words beside it ("44% after 12 months").
    median : float
        Time by which half are lost, marked by lines down to both axes; NaN for none.

    Returns
    -------
    matplotlib.axes.Axes
        Without a curve, axes that say so.
    """
    with look():
        known = curve.dropna(subset=["retained"])
        followed = known["at_risk"].notna().any() if "at_risk" in known else False
        right = _BESIDE if name else 0.2
        margins = Margins(top=0.2, right=right, bottom=0.82 if followed else 0.5)
        axes = sheet(title, subtitle, height=3.0 + 0.3 * followed, margins=margins)[0, 0]
        if len(known) < 2:
            return nothing(axes, "Nobody was followed for long enough to draw a curve.")
        end = float(known[time].iloc[-1])
        axes.set_ylim(0, 1)
        axes.set_xlim(0, end)
        axes.yaxis.set_major_formatter(lambda tick, _: percent(tick))
        axes.xaxis.set_major_locator(MaxNLocator(8, steps=_STEPS[unit], integer=True))
        hidden = f"; dashed: {unit}s that are not shown" * bool((np.diff(known[time]) > _NEXT[unit]).any())
        axes.set_xlabel(f"{unit.capitalize()}s since the first event{hidden}", loc="left")
        _curve(axes, known, time, unit)
        _median(axes, median, unit, end)
        _marks(axes, known, time, marks)
        if followed:
            _at_risk(axes, known, time)
        if name:
            _name(axes, float(known["retained"].iloc[-1]), name)
    return axes


def _curve(axes: Axes, known: pd.DataFrame, time: str, unit: str) -> None:
    """Draw steps, and a dashed line where times between are missing, with the band of both."""
    times = known[time].to_numpy(dtype=float)
    missing = np.diff(times) > _NEXT[unit]
    middle, low, high = (_path(known[name], missing) for name in ("retained", "conf_low", "conf_high"))
    # Each time after the first has two points: where the step to it ends, and the value that it drops to.
    across = np.repeat(times, 2)[1:]
    across[1::2] = np.where(missing, times[:-1], times[1:])
    axes.fill_between(across, low, high, color=_MAIN, alpha=0.16, linewidth=0, zorder=1)
    axes.plot(across, middle, color=_MAIN, linewidth=1.1, linestyle=_BRIDGE, zorder=2.9, clip_on=False)
    solid = middle.copy()
    solid[1::2] = np.where(missing, math.nan, middle[1::2])
    axes.plot(across, solid, color=_MAIN, zorder=3, clip_on=False)
    if missing.any():
        axes.plot(times, known["retained"], "o", color=_MAIN, markersize=3.2, zorder=3.1, clip_on=False)


def _path(values: pd.Series, missing: np.ndarray) -> np.ndarray:
    """Return the values at the points of a step curve."""
    return np.repeat(values.to_numpy(dtype=float), 2)[:-1]


def _median(axes: Axes, median: float, unit: str, end: float) -> None:
    """Draw lines from the curve, where half are lost, to both axes, and say when that is."""
    if not 0 <= median <= end:
        return
    axes.plot([0, median, median], [0.5, 0.5, 0], color=INK, linewidth=0.9, linestyle=(0, (4, 2)), zorder=2)
    late = median > end / 2
    axes.annotate(
        f"half are lost by {number(median, 1)} {unit}s",
        (median, 0),
        xytext=(-5 if late else 5, 5),
        textcoords="offset points",
        ha="right" if late else "left",
        va="bottom",
        color=INK,
    )


def _marks(axes: Axes, known: pd.DataFrame, time: str, marks: Sequence[tuple[float, str]]) -> None:
    """Set a point on the curve at each time; its words go above on the right, at the edge below on the left.

    The curve falls, so that there is room on both sides; words that would touch are moved further away.
    """
    renderer = axes.figure.canvas.get_renderer()
    taken: list[Bbox] = [text.get_window_extent(renderer) for text in axes.texts]
    for moment, words in sorted(marks, reverse=True):
        reached = known[known[time] <= moment]
        if reached.empty or moment > known[time].iloc[-1]:
            continue
        height, low, high = (float(reached[name].iloc[-1]) for name in ("retained", "conf_low", "conf_high"))
        axes.plot(moment, height, "o", color=_MAIN, markersize=5.5, zorder=4, clip_on=False)
        beside = {"textcoords": "offset points", "color": INK}
        text = axes.annotate(words, (moment, np.nanmax([height, high])), xytext=(5, 4), va="bottom", **beside)
        away = 4
        if text.get_window_extent(renderer).x1 > axes.get_window_extent().x1:
            text.remove()
            place = {"xytext": (-5, -4), "ha": "right", "va": "top"}
            text, away = axes.annotate(words, (moment, np.nanmin([height, low])), **place, **beside), -4
        while any(text.get_window_extent(renderer).overlaps(other) for other in taken):
            text.xyann = (text.xyann[0], text.xyann[1] + away)
        taken.append(text.get_window_extent(renderer))


def _at_risk(axes: Axes, known: pd.DataFrame, time: str) -> None:
    """Write below the ticks how many people were still followed."""
    below = {"xycoords": axes.get_xaxis_transform(), "textcoords": "offset points", "annotation_clip": False}
    figure = axes.figure
    figure.text(0, 0.3 / figure.get_figheight(), "People still followed:", color=MUTED, size=SMALL)
    low, high = axes.get_xlim()
    for tick in axes.get_xticks():
        row = known[known[time] == tick]
        if low <= tick <= high and len(row) and row["at_risk"].notna().all():
            words = number(float(row["at_risk"].iloc[0]))
            axes.annotate(words, (tick, 0), xytext=(0, -50), ha="center", va="center", color=MUTED, **below)


def _name(axes: Axes, height: float, name: str) -> None:
    axes.annotate(
        "\n".join(textwrap.wrap(name, _LETTERS)),
        (1, height),
        xycoords=axes.get_yaxis_transform(),
        xytext=(6, 0),
        textcoords="offset points",
        va="center",
        color=_MAIN,
        weight="bold",
        annotation_clip=False,
    )
