"""What charts made of rows have in common: heights in inches, columns of text, whiskers."""

from __future__ import annotations

import math
import textwrap
from typing import Any

from matplotlib.axes import Axes
from matplotlib.text import Text
from matplotlib.ticker import NullLocator

from outreach_metrics.plots.page import MUTED, WIDTH, Margins, fit, sheet, shrink

SMALL = 8.2
"""Size of what stands above columns and in the key, in points."""


def rows_sheet(title: str, subtitle: str, *, inches: float, margins: Margins) -> Axes:
    """Return axes whose vertical axis counts inches from the top, and has no ticks.

    Parameters
    ----------
    title, subtitle : str
    inches : float
        Height of all rows.
    margins : Margins
    """
    inches = max(inches, 0.25)
    axes = sheet(title, subtitle, height=inches + margins.top + margins.bottom, margins=margins)[0, 0]
    axes.set_ylim(inches, 0)
    axes.yaxis.set_major_locator(NullLocator())
    return axes


def nothing(axes: Axes, words: str) -> Axes:
    """Say in the place of a chart that there is nothing to draw."""
    axes.set_axis_off()
    axes.text(0, 0.5, words, transform=axes.transAxes, color=MUTED)
    return axes


def wrapped(words: str, letters: int, most: int = 3) -> list[str]:
    """Return the lines of a text, of so many letters each; what does not fit is marked by an ellipsis.

    Examples
    --------
    >>> wrapped("Black or African American alone", 16, 2), wrapped("one two three", 5, 2)
    (['Black or African', 'American alone'], ['one', 'two…'])
    """
    lines = textwrap.wrap(words, letters) or [""]
    return lines if len(lines) <= most else [*lines[: most - 1], f"{lines[most - 1]}…"]


def write(axes: Axes, place: float, height: float, words: str, *, room: float = 0.0, **how: Any) -> Text:
    """Write words so many inches from the left edge of the page, at a height of the vertical axis.

    Parameters
    ----------
    axes : matplotlib.axes.Axes
    place, height : float
    words : str
    room : float
        Inches that the words may take, the rest is cut; 0 for as many as they need.
    **how
        Settings of the text.
    """
    box = axes.get_position()
    across = (place / WIDTH - box.x0) / box.width
    how = {"va": "center_baseline", **how}
    text = axes.text(across, height, words, transform=axes.get_yaxis_transform(), **how)
    return fit(text, room) if room else text


def write_numbers(axes: Axes, place: float, height: float, words: str, room: float, **how: Any) -> Text:
    """Write numbers as `write` does; they are set smaller rather than cut."""
    return shrink(write(axes, place, height, words, **how), room)


def above(axes: Axes, place: float, words: str, *, room: float = WIDTH, **how: Any) -> None:
    """Write the name of a column just above the rows, no wider than its room."""
    box = axes.get_position()
    text = axes.annotate(
        words,
        ((place / WIDTH - box.x0) / box.width, 1),
        xycoords="axes fraction",
        xytext=(0, 4),
        textcoords="offset points",
        **{"color": MUTED, "fontsize": SMALL, "va": "bottom", **how},
    )
    shrink(text, room)


def key(axes: Axes, words: str) -> None:
    """Write what the marks mean at the foot of the page."""
    figure = axes.figure
    figure.text(0, 0.06 / figure.get_figheight(), words, color=MUTED, size=SMALL, va="bottom")


def whisker(axes: Axes, height: float, low: float, high: float, **how: Any) -> None:
    """Draw an interval across; nothing where there is none."""
    if math.isfinite(low) and math.isfinite(high):
        line = {"linewidth": 1.5, "solid_capstyle": "butt", "zorder": 3, **how}
        axes.plot([low, high], [height, height], **line)
