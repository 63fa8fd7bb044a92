"""What becomes of referrals: the share completed in each group, and how soon."""

from __future__ import annotations

import math

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator

from outreach_metrics.evidence.wording import MISSING, number, percent
from outreach_metrics.plots.colors import strand_color
from outreach_metrics.plots.page import INK, MUTED, Margins, look, sheet
from outreach_metrics.plots.rows import (
    above,
    key,
    nothing,
    rows_sheet,
    whisker,
    wrapped,
    write,
    write_numbers,
)

_MAIN = strand_color("partnership")
_LINE, _LEFT, _RIGHT, _LETTERS = 0.15, 2.3, 1.75, 30
_SHARE, _NUMBER = 5.4, 6.9


def share_rows(
    shares: pd.DataFrame,
    *,
    title: str,
    subtitle: str,
    overall: float = math.nan,
    overall_name: str = "all",
    people: str = "Referrals",
    few: str = "not shown",
) -> Axes:
    """Draw the share completed in each group with its interval, a row each, beside that of all.

    Parameters
    ----------
    shares : pandas.DataFrame
        One row a group, in the order in which it is drawn: `name`, `share` (0-1; NaN where it is kept back),
        `conf_low`, `conf_high`, `n`, `clear` (whether it is clearly unlike the others).
    title, subtitle : str
        The finding; what is measured.
    overall : float
        Share of all, an upright line; NaN for none.
    overall_name, people : str
        What the line is; what `n` counts.
    few : str
        What is written where the share is kept back.

    Returns
    -------
    matplotlib.axes.Axes
        Without rows, axes that say so. A filled mark and bold words are a group that is clearly unlike the
        others, a hollow mark one that may differ by chance.
    """
    names = [wrapped(str(name), _LETTERS, 3) for name in shares["name"]]
    heights = [max(0.27, _LINE * len(lines) + 0.12) for lines in names]
    with look():
        margins = Margins(left=_LEFT, right=_RIGHT, top=0.26, bottom=0.5)
        axes = rows_sheet(title, subtitle, inches=sum(heights), margins=margins)
        if shares.empty:
            return nothing(axes, "There are no groups to compare.")
        axes.set_xlim(0, 1)
        axes.xaxis.set_major_locator(MaxNLocator(5))
        axes.xaxis.set_major_formatter(lambda tick, _: percent(tick))
        axes.grid(visible=True, axis="x")
        axes.grid(visible=False, axis="y")
        if math.isfinite(overall):
            axes.axvline(overall, color=INK, linewidth=1.0, linestyle=(0, (4, 2)), zorder=2)
        down = 0.0
        for row, lines, tall in zip(shares.itertuples(), names, heights, strict=True):
            _row(axes, row, lines, down + tall / 2, few)
            down += tall
        above(axes, _SHARE, "Completed", room=1.0)
        above(axes, _NUMBER, people, room=1.0, ha="right")
        line = f"    ┆ {overall_name}: {percent(overall)}" if math.isfinite(overall) else ""
        clear = "    ● clearly unlike the others" if shares["clear"].any() else ""
        key(axes, f"○ share with its interval{clear}{line}")
    return axes


def _row(axes: Axes, row, lines: list[str], height: float, few: str) -> None:
    weight = "bold" if row.clear else "normal"
    write(axes, 0, height, "\n".join(lines), weight=weight, linespacing=1.15)
    if not math.isfinite(row.share):
        write(axes, _SHARE, height, few, color=MUTED, style="italic")
        write(axes, _NUMBER, height, MISSING, ha="right", color=MUTED)
        return
    whisker(axes, height, row.conf_low, row.conf_high, color=_MAIN)
    face = _MAIN if row.clear else "white"
    mark = {"markersize": 6.5, "markerfacecolor": face, "markeredgecolor": _MAIN, "markeredgewidth": 1.4}
    axes.plot(row.share, height, "o", zorder=4, clip_on=False, **mark)
    words = percent(row.share)
    if math.isfinite(row.conf_low):
        words += f" ({percent(row.conf_low)} to {percent(row.conf_high)})"
    write_numbers(axes, _SHARE, height, words, _NUMBER - _SHARE - 0.35, weight=weight)
    write(axes, _NUMBER, height, number(row.n), ha="right", color=MUTED)


def completion_curve(
    curve: pd.DataFrame,
    *,
    title: str,
    subtitle: str,
    median: float = math.nan,
    marks: tuple[tuple[float, str], ...] = (),
) -> Axes:
    """Draw the share of referrals completed by the days since they were made, with its interval.

    Parameters
    ----------
    curve : pandas.DataFrame
        As `metrics.partnership.referral_curve` returns it, in order: `day`, `completed` (0-1), `conf_low`,
        `conf_high` (NaN for no interval). Days that are kept back are not there; the points are joined.
    title, subtitle : str
        The finding; what is measured.
    median : float
        Days until half were completed, marked by lines to both axes; NaN for none.
    marks : tuple of (day, words)
        Days at which words are written to the curve.

    Returns
    -------
    matplotlib.axes.Axes
        Without a curve, axes that say so.
    """
    known = curve.dropna(subset=["completed"])
    with look():
        axes = sheet(title, subtitle, height=2.9, margins=Margins(right=0.3, top=0.2, bottom=0.5))[0, 0]
        if len(known) < 2:
            return nothing(axes, "There is too little to draw a curve without showing few people.")
        end = float(known["day"].iloc[-1])
        axes.set(ylim=(0, 1), xlim=(0, end))
        axes.yaxis.set_major_formatter(lambda tick, _: percent(tick))
        axes.xaxis.set_major_locator(MaxNLocator(8, steps=[1, 2, 3, 5, 10], integer=True))
        axes.set_xlabel("Days since the referral was made", loc="left")
        banded = known.dropna(subset=["conf_low", "conf_high"])
        band = {"color": _MAIN, "alpha": 0.16, "linewidth": 0, "zorder": 1}
        axes.fill_between(banded["day"], banded["conf_low"], banded["conf_high"], **band)
        point = {"marker": "o", "markersize": 3.6, "clip_on": False}
        axes.plot(known["day"], known["completed"], color=_MAIN, zorder=3, **point)
        _median(axes, median, end)
        for day, words in marks:
            _mark(axes, known, day, words)
    return axes


def _median(axes: Axes, median: float, end: float) -> None:
    if not 0 < median <= end:
        return
    axes.plot([0, median, median], [0.5, 0.5, 0], color=INK, linewidth=0.9, linestyle=(0, (4, 2)), zorder=2)
    words = f"half are completed by day {number(median)}"
    place = {"xytext": (6, 5), "textcoords": "offset points", "va": "bottom", "color": INK}
    axes.annotate(words, (median, 0), **place)


def _mark(axes: Axes, known: pd.DataFrame, day: float, words: str) -> None:
    """Write words below the curve at a day that is drawn."""
    row = known[known["day"] == day]
    if row.empty:
        return
    low, height = (float(row[name].iloc[0]) for name in ("conf_low", "completed"))
    axes.plot(day, height, "o", color=_MAIN, markersize=6.5, zorder=4, clip_on=False)
    below = height if math.isnan(low) else low
    late = day > 0.7 * known["day"].iloc[-1]
    place = {"xytext": (5 if late else 0, -6), "textcoords": "offset points", "va": "top"}
    axes.annotate(words, (day, below), ha="right" if late else "center", color=INK, **place)
