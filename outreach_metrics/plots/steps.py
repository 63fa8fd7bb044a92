"""A logic model: what went in, what was done, whom it reached, what came of it, what is not known."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from matplotlib.axes import Axes
from matplotlib.patches import FancyArrowPatch, FancyBboxPatch

from outreach_metrics.plots.page import DARK, INK, MUTED, SHADE, WIDTH, Margins, fit, look, sheet, shrink

_GAP, _HEIGHT, _APART, _HEADING = 0.26, 0.7, 0.1, 0.3
_INSIDE = 0.07
_DASHES = (0, (3, 2))


class Box(NamedTuple):
    """One step: its name, its number, what goes with the number; `known` is false where nothing is held."""

    name: str
    number: str
    detail: str = ""
    known: bool = True


def logic_model(stages: Sequence[tuple[str, Sequence[Box]]], *, title: str, subtitle: str) -> Axes:
    """Draw the stages as columns of boxes, from left to right, with an arrow between columns.

    A box without evidence has a dashed outline and no fill, so that it can be told in print and without
    color. Every text is held inside its box, numbers by setting them smaller, words by an ellipsis.

    Parameters
    ----------
    stages : sequence of (str, sequence of Box)
        Name of each stage and its boxes.
    title, subtitle : str
        The finding; what is drawn.

    Returns
    -------
    matplotlib.axes.Axes
    """
    most = max((len(boxes) for _, boxes in stages), default=0)
    inches = _HEADING + most * (_HEIGHT + _APART)
    with look():
        margins = Margins(left=0, right=0, top=0.08, bottom=0.3)
        axes = sheet(title, subtitle, height=inches + margins.top + margins.bottom, margins=margins)[0, 0]
        axes.set_axis_off()
        axes.set_xlim(0, WIDTH)
        axes.set_ylim(inches, 0)
        width = (WIDTH - _GAP * (len(stages) - 1)) / max(len(stages), 1)
        for place, (name, boxes) in enumerate(stages):
            left = place * (width + _GAP)
            axes.text(left, _HEADING / 2, name, weight="bold", color=DARK, va="center_baseline", size=9.6)
            for row, box in enumerate(boxes):
                _box(axes, box, left, _HEADING + row * (_HEIGHT + _APART), width)
            if place:
                _arrow(axes, left - _GAP, _HEADING + _HEIGHT / 2)
        words = "Dashed: no evidence here.  An arrow is what the program intends, not what is shown."
        axes.figure.text(0, 0.06 / axes.figure.get_figheight(), words, color=MUTED, size=8.2, va="bottom")
    return axes


def _box(axes: Axes, box: Box, left: float, top: float, width: float) -> None:
    outline = FancyBboxPatch(
        (left + 0.02, top + 0.02),
        width - 0.04,
        _HEIGHT - 0.04,
        boxstyle="round,pad=0,rounding_size=0.05",
        facecolor=SHADE if box.known else "white",
        edgecolor=DARK if box.known else MUTED,
        linewidth=1.2 if box.known else 1.0,
        linestyle="-" if box.known else _DASHES,
        zorder=2,
    )
    axes.add_patch(outline)
    room, x = width - 2 * _INSIDE - 0.04, left + _INSIDE + 0.02
    how: dict[str, Any] = {"va": "center_baseline", "zorder": 3}
    fit(axes.text(x, top + 0.15, box.name, color=INK if box.known else MUTED, size=8.2, **how), room)
    if not box.known:
        style: dict[str, Any] = {"style": "italic", "color": MUTED, "size": 8.6}
        shrink(axes.text(x, top + 0.42, box.number, **style, **how), room)
        return
    shrink(axes.text(x, top + 0.36, box.number, weight="bold", size=11, **how), room)
    detail = axes.text(x, top + 0.56, box.detail, color=MUTED, size=8.0, **how)
    if box.detail:
        shrink(detail, room)


def _arrow(axes: Axes, left: float, height: float) -> None:
    arrow = FancyArrowPatch(
        (left + 0.03, height),
        (left + _GAP - 0.03, height),
        arrowstyle="-|>",
        mutation_scale=11,
        color=INK,
        linewidth=1.2,
        zorder=4,
    )
    axes.add_patch(arrow)
