"""What money was spent on, who gave it, and when."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from matplotlib.axes import Axes
from matplotlib.ticker import NullLocator

from outreach_metrics.plots.colors import strand_color, tint
from outreach_metrics.plots.page import INK, MUTED, Margins, look
from outreach_metrics.plots.rows import nothing, rows_sheet, wrapped, write, write_numbers

_MAIN = strand_color("cost")
_ROW, _HEADING, _GAP, _LINE = 0.25, 0.26, 0.1, 0.15
_LEFT, _RIGHT, _LETTERS = 2.05, 1.6, 25
_AMOUNT, _SHARE = 6.25, 6.95
_FACE = tint(_MAIN, 0.45)


class CostBar(NamedTuple):
    """One part of the costs: the kind of part (category, source), its name, its amount, also as words.

    `share` may be empty.
    """

    kind: str
    name: str
    amount: float
    words: str
    share: str = ""


def cost_bars(bars: Sequence[CostBar], *, title: str, subtitle: str) -> Axes:
    """Draw parts of the costs as bars below the heading of their kind, amounts and shares beside them.

    Parameters
    ----------
    bars : sequence of CostBar
        In the order in which they are drawn; those of one kind stand together. An amount below 0 (refunds)
        is drawn to the left, hollow.
    title, subtitle : str
        The finding; what is measured.

    Returns
    -------
    matplotlib.axes.Axes
        Without bars, axes that say so.
    """
    kinds = list(dict.fromkeys(bar.kind for bar in bars))
    names = [wrapped(bar.name, _LETTERS) for bar in bars]
    heights = [max(_ROW, _LINE * len(lines) + 0.1) for lines in names]
    inches = sum(heights) + len(kinds) * (_HEADING + _GAP)
    with look():
        margins = Margins(left=_LEFT, right=_RIGHT, top=0.08, bottom=0.08)
        axes = rows_sheet(title, subtitle, inches=inches, margins=margins)
        if not bars:
            return nothing(axes, "There are no costs to draw.")
        _scale(axes, [bar.amount for bar in bars])
        down, kind = 0.0, None
        for bar, lines, tall in zip(bars, names, heights, strict=True):
            if bar.kind != kind:
                down += _GAP if kind is not None else 0.0
                kind = bar.kind
                write(axes, 0, down + _HEADING / 2, kind, room=_LEFT, weight="bold")
                down += _HEADING
            write(axes, 0.12, down + tall / 2, "\n".join(lines), linespacing=1.15)
            _row(axes, bar, down + tall / 2)
            down += tall
    return axes


def _scale(axes: Axes, amounts: Sequence[float]) -> None:
    low, high = min(0.0, *amounts), max(0.0, *amounts)
    axes.set_xlim(low * 1.03, high * 1.03 or 1.0)
    axes.xaxis.set_major_locator(NullLocator())
    axes.grid(visible=False)
    axes.spines["bottom"].set_visible(False)
    axes.axvline(0, color=INK, linewidth=0.8, zorder=3)


def _row(axes: Axes, bar: CostBar, height: float) -> None:
    face = _FACE if bar.amount >= 0 else "white"
    axes.barh(height, bar.amount, height=0.15, color=face, edgecolor=_MAIN, linewidth=0.7, zorder=2)
    write_numbers(axes, _AMOUNT, height, bar.words, _RIGHT - 0.85, ha="right")
    write(axes, _SHARE, height, bar.share, ha="right", color=MUTED)
