"""Survey scores on a time axis, with the straight line fitted to them."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from datetime import date

import numpy as np
from matplotlib.axes import Axes
from matplotlib.dates import AutoDateLocator, ConciseDateFormatter, date2num

from outreach_metrics.estimate import Estimate
from outreach_metrics.evidence.wording import label, points
from outreach_metrics.plots import sentiment
from outreach_metrics.plots.page import Margins, look, sheet, shrink
from outreach_metrics.plots.rows import nothing
from outreach_metrics.plots.sentiment import ARMS, BOLD_LETTER, wave_and_arm

_YEAR = 365.25
_ABREAST = 3
_HEIGHT, _WORDS = 1.55, 0.17
_SIGN = {"program": "●", "comparison": "□"}
_BESIDE = 0.012
"""How far the arms stand apart, as a share of the time drawn."""


def wave_trend(
    scores: Sequence[Estimate],
    dates: Mapping[str, date],
    slopes: Sequence[Estimate] = (),
    *,
    title: str,
    subtitle: str,
) -> list[Axes]:
    """Draw scores by the date of their wave with intervals, and the straight line fitted to them.

    Parameters
    ----------
    scores : sequence of Estimate
        As for `sentiment_waves`.
    dates : mapping of wave to datetime.date
        The middle of each wave; scores of a wave without a date are not drawn.
    slopes : sequence of Estimate
        `sentiment_trend` of the program, in points per year: `outcome` is the construct, `group` the arm.
        Drawn through the mean of that arm's scores, each weighing as many people as it has (`n_after`), and
        written above the panel. One of another group, or that was not made, is not drawn.
    title, subtitle : str
        The finding; what is measured.

    Returns
    -------
    list of matplotlib.axes.Axes
        One a construct, in order; a single empty one without scores.
    """
    shown = [e for e in scores if e.made and wave_and_arm(e.group)[1] in ARMS and _wave(e) in dates]
    lines = {(s.outcome, s.group): s for s in slopes if s.made and s.group in ARMS}
    constructs = list(dict.fromkeys(e.outcome for e in shown))
    words = _WORDS * len({arm for _, arm in lines})
    with look():
        panels = _panels(title, subtitle, max(len(constructs), 1), words)
        if not shown:
            return [nothing(panels[0], "There are no scores to draw.")]
        sentiment.score_axis(panels[0], shown)
        for axes, construct in zip(panels, constructs, strict=True):
            _panel(axes, [e for e in shown if e.outcome == construct], dates, lines)
            width = axes.get_window_extent().width / axes.figure.dpi
            name = sentiment.two_lines(label(construct), int(width / BOLD_LETTER))
            axes.set_title(name, pad=5 + 72 * words)
        arms = {wave_and_arm(e.group)[1] for e in shown}
        sentiment.key_of_arms(panels[0], arms, words + 0.66)
    return panels


def _wave(estimate: Estimate) -> str:
    return wave_and_arm(estimate.group)[0]


def _panels(title: str, subtitle: str, count: int, words: float) -> list[Axes]:
    """Return a panel a construct, with room above for its name and the slopes."""
    rows = math.ceil(count / _ABREAST)
    columns = math.ceil(count / rows)
    between = words + 0.75
    margins = Margins(left=0.34, top=words + 0.72, bottom=0.32)
    height = rows * _HEIGHT + (rows - 1) * between + margins.top + margins.bottom
    grid = sheet(title, subtitle, height=height, margins=margins, columns=columns, rows=rows)
    grid[0, 0].figure.subplots_adjust(hspace=between / _HEIGHT, wspace=0.14)
    for spare in list(grid.flat)[count:]:
        spare.set_axis_off()
    return list(grid.flat)[:count]


def _panel(
    axes: Axes,
    scores: Sequence[Estimate],
    dates: Mapping[str, date],
    lines: Mapping[tuple[str, str], Estimate],
) -> None:
    days = date2num(list(dates.values()))
    span = float(np.ptp(days)) or _YEAR
    arms = {wave_and_arm(e.group)[1] for e in scores}
    for place, arm in enumerate(arm for arm in ARMS if arm in arms):
        own = [e for e in scores if wave_and_arm(e.group)[1] == arm]
        when = np.array([date2num(dates[_wave(e)]) for e in own])
        apart = (place - 0.5) * 2 * _BESIDE * span if len(arms) > 1 else 0.0
        sentiment.points(axes, when + apart, own, arm, linestyle="none")
        slope = lines.get((own[0].outcome, arm))
        if slope is not None:
            _fitted(axes, when, own, slope, arm)
            _written(axes, slope, arm, 1 - place if len(arms) > 1 else 0)
    axes.set_xlim(days.min() - 0.08 * span, days.max() + 0.08 * span)
    locator = AutoDateLocator(minticks=2, maxticks=4)
    axes.xaxis.set_major_locator(locator)
    axes.xaxis.set_major_formatter(ConciseDateFormatter(locator, show_offset=False))


def _fitted(axes: Axes, when: np.ndarray, scores: Sequence[Estimate], slope: Estimate, arm: str) -> None:
    """Draw the line of the slope through the mean of the scores."""
    people = np.array([1.0 if math.isnan(e.n_after) else e.n_after for e in scores])
    middle, height = (np.average(values, weights=people) for values in (when, [e.estimate for e in scores]))
    ends = np.array([when.min(), when.max()])
    style = {"color": ARMS[arm]["color"], "linestyle": ARMS[arm].get("linestyle", "-")}
    axes.plot(ends, height + slope.estimate * (ends - middle) / _YEAR, linewidth=1.3, zorder=1.5, **style)


def _written(axes: Axes, slope: Estimate, arm: str, row: int) -> None:
    words = f"{_SIGN[arm]} {points(slope.estimate)} a year"
    if not math.isnan(slope.conf_low):
        words += f" ({points(slope.conf_low)} to {points(slope.conf_high)})"
    text = axes.annotate(
        words,
        (0, 1),
        xycoords="axes fraction",
        xytext=(0, 3 + 72 * _WORDS * row),
        textcoords="offset points",
        color=ARMS[arm]["color"],
        fontsize=8.4,
        va="bottom",
    )
    shrink(text, axes.get_window_extent().width / axes.figure.dpi)
