"""Blocks of hours of the week, darker the more incidents they hold."""

from __future__ import annotations

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.patches import Rectangle

from outreach_metrics.evidence.wording import number
from outreach_metrics.plots.page import DARK, INK, Margins, look, sheet
from outreach_metrics.plots.rows import key, nothing

_FULL = 3.0
"""Times the average from which a block is as dark as can be."""
_LIGHT, _HEAVY, _WHITE = 0.04, 0.85, 0.62


def hour_grid(blocks: pd.DataFrame, *, title: str, subtitle: str) -> Axes:
    """Draw each block of hours beside the average one; those clearly above it framed and bold.

    Parameters
    ----------
    blocks : pandas.DataFrame
        One row a block, in order of day and hour: `day`, `start`, `times`, `standing`.
    title, subtitle : str
        The finding; what is measured.

    Returns
    -------
    matplotlib.axes.Axes
        Without blocks, axes that say so.
    """
    with look():
        margins = Margins(left=1.0, top=0.3, bottom=0.55)
        axes = sheet(title, subtitle, height=3.6, margins=margins)[0, 0]
        if blocks.empty:
            return nothing(axes, "There are no hours to draw.")
        days, starts = (list(dict.fromkeys(blocks[name])) for name in ("day", "start"))
        for block in blocks.itertuples(index=False):
            _cell(axes, starts.index(block.start), days.index(block.day), block)
        axes.set_xlim(0, len(starts))
        axes.set_ylim(len(days), 0)
        axes.xaxis.tick_top()
        ends = [*starts[1:], 24]
        names = [f"{start} to {end}" for start, end in zip(starts, ends, strict=True)]
        axes.set_xticks([place + 0.5 for place in range(len(starts))], names)
        axes.set_yticks([place + 0.5 for place in range(len(days))], days)
        axes.tick_params(length=0)
        axes.grid(visible=False)
        for side in axes.spines.values():
            side.set_visible(False)
        key(axes, "Framed, bold: clearly above the average of the others, having looked at all blocks.")
    return axes


def _cell(axes: Axes, column: int, row: int, block) -> None:
    shade = _LIGHT + (_HEAVY - _LIGHT) * min(max(block.times / _FULL, 0.0), 1.0)
    clear = block.standing == "above"
    inset = 0.03
    place, size = (column + inset, row + inset), (1 - 2 * inset, 1 - 2 * inset)
    axes.add_patch(Rectangle(place, *size, facecolor=DARK, alpha=shade, linewidth=0))
    if clear:
        axes.add_patch(Rectangle(place, *size, fill=False, edgecolor=INK, linewidth=1.1))
    axes.text(
        column + 0.5,
        row + 0.5,
        f"{number(block.times, 1)} times",
        ha="center",
        va="center",
        color="white" if shade > _WHITE else INK,
        fontweight="bold" if clear else "normal",
    )
