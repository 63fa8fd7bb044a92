"""How small a fall each design finds, by the time that has passed."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

from matplotlib.axes import Axes
from matplotlib.ticker import FixedLocator, NullLocator

from outreach_metrics.evidence.wording import percent
from outreach_metrics.plots.page import DARK, INK, LIGHT, MUTED, Margins, label_ends, look, sheet

_LINES = ("-", (0, (5, 1.5)), (0, (2, 1.2)), (0, (6, 1.5, 1.2, 1.5)), (0, (1, 1.4)))


class ReachLine(NamedTuple):
    """One design: its name, periods after the start, the fall found after each as a share, and its weight."""

    label: str
    periods: Sequence[int]
    falls: Sequence[float]
    main: bool = False


def plan_reach(lines: Sequence[ReachLine], *, title: str, subtitle: str, unit: str, marked: int = 0) -> Axes:
    """Draw the smallest fall that is found against the time that has passed; lower finds more.

    Parameters
    ----------
    lines : sequence of ReachLine
        A fall that is NaN (none is found) leaves a gap; a line of gaps is not drawn.
    title, subtitle : str
        The finding; what is drawn.
    unit : str
        "month", "week", "quarter" or "year".
    marked : int
        Periods at which the main line's value is written; 0 for nowhere.

    Returns
    -------
    matplotlib.axes.Axes
        Without lines, axes that say so.
    """
    with look():
        axes = sheet(title, subtitle, height=2.75, margins=Margins(right=2.35, bottom=0.5))[0, 0]
        drawn = [line for line in lines if any(not math.isnan(value) for value in line.falls)]
        if not drawn:
            axes.set_axis_off()
            axes.text(0, 0.5, "No design finds a fall here.", transform=axes.transAxes, color=MUTED)
            return axes
        highest = max(value for line in drawn for value in line.falls if not math.isnan(value))
        axes.set_ylim(0, min(1.0, highest * 1.12))
        ticks = sorted({period for line in drawn for period in line.periods})
        axes.set_xlim(0, ticks[-1])
        axes.xaxis.set_major_locator(FixedLocator(ticks))
        axes.xaxis.set_minor_locator(NullLocator())
        axes.yaxis.set_major_formatter(lambda value, _: percent(value))
        axes.set_xlabel(f"{unit.capitalize()}s after the start", loc="left")
        ends = [_draw(axes, line, _LINES[place % len(_LINES)]) for place, line in enumerate(drawn)]
        label_ends(axes, ends, bold=DARK)
        for line in drawn:
            _mark(axes, line, marked)
    return axes


def _draw(axes: Axes, line: ReachLine, style: object) -> tuple[float, str, str]:
    """Draw one line; return where its label goes, the label and its color."""
    color = DARK if line.main else LIGHT if style == _LINES[1] else MUTED
    width = 2.2 if line.main else 1.3
    axes.plot(line.periods, line.falls, color=color, linewidth=width, linestyle=style, zorder=3 + line.main)
    axes.plot(
        line.periods,
        line.falls,
        "o",
        color=color,
        markersize=4.5 if line.main else 3,
        zorder=3,
        clip_on=False,
    )
    last = [value for value in line.falls if not math.isnan(value)][-1]
    return last, line.label, color


def _mark(axes: Axes, line: ReachLine, marked: int) -> None:
    """Write the value of the main line at the time that is recommended."""
    if not line.main or marked not in line.periods:
        return
    value = line.falls[list(line.periods).index(marked)]
    if math.isnan(value):
        return
    axes.axvline(marked, color=INK, linewidth=0.8, linestyle=(0, (2, 2)), zorder=1)
    at_end = marked == line.periods[-1]
    axes.annotate(
        f"{line.label}: {percent(value)}",
        (marked, 0),
        xytext=(-4 if at_end else 4, 4),
        textcoords="offset points",
        ha="right" if at_end else "left",
        color=DARK,
        weight="bold",
        bbox={"facecolor": "white", "edgecolor": "none", "alpha": 0.85, "pad": 1},
        zorder=6,
    )
