"""Who came against who lives there, group by group."""

from __future__ import annotations

import math
import textwrap

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator

from outreach_metrics.evidence.wording import MISSING, label, percent
from outreach_metrics.plots.colors import strand_color, tint
from outreach_metrics.plots.page import INK, MUTED, WIDTH, Margins, look
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

_MAIN = strand_color("attendance")
_ROW, _HEADING, _GAP = 0.25, 0.26, 0.1
_LEFT, _RIGHT = 2.05, 2.75
_LETTERS, _LINE, _NAME = 25, 0.15, 11
_ATTENDEES, _RESIDENTS, _WORDS = 4.85, 5.5, 5.62
_FACE = tint(_MAIN, 0.45)
_STANDING = {"under": "underrepresented", "over": "overrepresented"}


def representation_bars(
    shares: pd.DataFrame,
    *,
    title: str,
    subtitle: str,
    names: tuple[str, str] = ("Attendees", "Residents"),
    few: str = "too few to show",
) -> Axes:
    """Draw each group's share of the people who came beside its share of the community.

    Parameters
    ----------
    shares : pandas.DataFrame
        One row a category, in the order in which it is drawn; rows of one variable stand together:
        `variable` and `category` (text), `share` of those who came (0-1; NaN where it is suppressed) with
        `conf_low` and `conf_high` (NaN for no interval), `community` (share of the community, 0-1; NaN
        where not known), `standing` ("under", "over" or "": which groups are to be called under- or
        overrepresented, as found by whoever made the interval).
    title, subtitle : str
        The finding; what is measured.
    names : tuple of str
        What the two shares are shares of, as headings.
    few : str
        What is written where the share is suppressed; the community's share is drawn all the same.

    Returns
    -------
    matplotlib.axes.Axes
        Without rows, axes that say so. The bar is the share of those who came, the line across it its
        interval, the upright mark the share of the community.
    """
    variables = list(dict.fromkeys(shares["variable"]))
    names = tuple("\n".join(textwrap.wrap(name, _NAME)) for name in names)
    categories = [wrapped(label(str(name)), _LETTERS) for name in shares["category"]]
    heights = [max(_ROW, _LINE * len(lines) + 0.1) for lines in categories]
    height = sum(heights) + len(variables) * (_HEADING + _GAP)
    with look():
        lines = max(name.count("\n") for name in names)
        margins = Margins(left=_LEFT, right=_RIGHT, top=0.24 + 0.14 * lines, bottom=0.46)
        axes = rows_sheet(title, subtitle, inches=height, margins=margins)
        if not variables:
            return nothing(axes, "There are no groups to compare.")
        _scale(axes, shares)
        down, variable = 0.0, None
        for row, lines, tall in zip(shares.itertuples(), categories, heights, strict=True):
            if row.variable != variable:
                down += _GAP if variable is not None else 0.0
                variable = row.variable
                write(axes, 0, down + _HEADING / 2, label(str(variable)), room=_LEFT, weight="bold")
                down += _HEADING
            write(axes, 0.12, down + tall / 2, "\n".join(lines), linespacing=1.15)
            _row(axes, row, down + tall / 2, few)
            down += tall
        above(axes, _ATTENDEES, names[0], room=_ATTENDEES - WIDTH + _RIGHT, ha="right")
        above(axes, _RESIDENTS, names[1], room=_RESIDENTS - _ATTENDEES - 0.08, ha="right")
        whose = " ".join(names[0].lower().split())
        key(axes, f"▬ {whose}, with the interval of their share    ┃ {' '.join(names[1].lower().split())}")
    return axes


def _scale(axes: Axes, shares: pd.DataFrame) -> None:
    numbers = shares[["share", "conf_high", "community"]].to_numpy(dtype=float)
    highest = max((n for n in numbers.ravel() if math.isfinite(n)), default=1.0)
    axes.set_xlim(0, highest * 1.04 or 1.0)
    axes.xaxis.set_major_locator(MaxNLocator(4, steps=[1, 2, 2.5, 5, 10]))
    axes.xaxis.set_major_formatter(lambda tick, _: percent(tick))
    axes.grid(visible=True, axis="x")
    axes.grid(visible=False, axis="y")


def _row(axes: Axes, row, height: float, few: str) -> None:
    if math.isfinite(row.community):
        axes.vlines(row.community, height - 0.1, height + 0.1, color=INK, linewidth=2.6, zorder=4)
        write(axes, _RESIDENTS, height, percent(row.community), ha="right", color=MUTED)
    if not math.isfinite(row.share):
        write(axes, _ATTENDEES, height, MISSING, ha="right", color=MUTED)
        write_numbers(axes, _WORDS, height, few, WIDTH - _WORDS, color=MUTED, style="italic")
        return
    axes.barh(height, row.share, height=0.15, color=_FACE, edgecolor=_MAIN, linewidth=0.7, zorder=2)
    whisker(axes, height, row.conf_low, row.conf_high, color=_MAIN)
    under = row.standing == "under"
    weight = "bold" if under else "normal"
    write(axes, _ATTENDEES, height, percent(row.share), ha="right", weight=weight)
    write(axes, _WORDS, height, _STANDING.get(row.standing, ""), weight=weight, color=INK if under else MUTED)
