"""The same question asked in many ways: every answer, and the choices behind it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from matplotlib.axes import Axes
from matplotlib.ticker import NullLocator

from outreach_metrics.estimate import Estimate
from outreach_metrics.plots.colors import strand_color
from outreach_metrics.plots.forest import drawn_numbers, ratio_axis
from outreach_metrics.plots.page import INK, MUTED, PALE, WIDTH, Margins, fit, look, sheet

_MAIN = strand_color("crime")
_ROW = 0.2
_LEFT, _RIGHT = 2.2, 0.8
_ROOM = 0.26
"""Inches between the two panels."""


class Way(NamedTuple):
    """One way to ask: its answer, whether the interval leaves out no change, and what was chosen for it."""

    answer: Estimate
    clear: bool
    choices: tuple[str, ...]
    main: bool = False


def specification_curve(
    ways: Sequence[Way], choices: Mapping[str, Sequence[str]], *, title: str, subtitle: str
) -> Axes:
    """Draw answers with their intervals from left to right, and below each which choices it rests on.

    Parameters
    ----------
    ways : sequence of Way
        In the order drawn. The main one is a diamond, with a line through both panels.
    choices : mapping of str to sequence of str
        What there was to choose, under headings; a row each in the lower panel.
    title, subtitle : str
        The finding; what is measured.

    Returns
    -------
    matplotlib.axes.Axes
        Of the upper panel. Without ways, axes that say so.
    """
    with look():
        rows = sum(1 + len(names) for names in choices.values())
        below = rows * _ROW + 0.3
        margins = Margins(left=_LEFT, right=_RIGHT, top=0.26, bottom=below + _ROOM)
        axes = sheet(title, subtitle, height=2.1 + below, margins=margins)[0, 0]
        if not ways:
            axes.set_axis_off()
            axes.text(0, 0.5, "There is no other way to ask.", transform=axes.transAxes, color=MUTED)
            return axes
        low, high = ratio_axis(axes, _held(ways), "y")
        axes.set_xlim(-0.7, len(ways) - 0.3)
        axes.xaxis.set_major_locator(NullLocator())
        axes.spines["bottom"].set_visible(False)
        axes.axhline(1, color=INK, linewidth=0.9, zorder=2)
        axes.annotate("no change", (1, 1), xycoords=axes.get_yaxis_transform(), xytext=(5, 0),
                      textcoords="offset points", va="center", color=INK)  # fmt: skip
        for place, way in enumerate(ways):
            _answer(axes, place, way, low, high)
        lower = _choices(axes, ways, choices, below)
        _mark_main(axes, lower, ways)
        key = "Dark: the interval leaves out no change.  Grey: no change fits too."
        axes.figure.text(0, 0.06 / axes.figure.get_figheight(), key, color=MUTED, size=8.2, va="bottom")
    return axes


def _held(ways: Sequence[Way]) -> list[float]:
    """Return what the axis holds: every answer and the main interval; wider intervals end in arrows."""
    main = drawn_numbers([way.answer for way in ways if way.main])
    ends = [end for answer in (way.answer.estimate for way in ways) for end in (0.85 * answer, 1.18 * answer)]
    return [*main, *ends]


def _answer(axes: Axes, place: int, way: Way, low: float, high: float) -> None:
    color = _MAIN if way.clear else PALE
    ends = [max(way.answer.conf_low, low), min(way.answer.conf_high, high)]
    axes.plot([place] * 2, ends, color=color, linewidth=1.6, zorder=3, solid_capstyle="butt")
    for cut, end, marker in (
        (way.answer.conf_low < low, low, "v"),
        (way.answer.conf_high > high, high, "^"),
    ):
        if cut:
            axes.plot(place, end, marker=marker, markersize=4.5, color=color, clip_on=False, zorder=3)
    shape, size = ("D", 6.5) if way.main else ("o", 4.5)
    middle = min(max(way.answer.estimate, low), high)
    axes.plot(place, middle, shape, markersize=size, color=color, clip_on=False, zorder=4)


def _choices(axes: Axes, ways: Sequence[Way], choices: Mapping[str, Sequence[str]], height: float) -> Axes:
    """Draw the panel below: a row a choice, a mark where a way made it."""
    figure, box = axes.figure, axes.get_position()
    full = figure.get_figheight()
    lower = figure.add_axes((box.x0, 0.3 / full, box.width, (height - 0.3) / full), sharex=axes)
    lower.set_ylim(sum(1 + len(names) for names in choices.values()) - 0.5, -0.5)
    lower.yaxis.set_major_locator(NullLocator())
    lower.spines["bottom"].set_visible(False)
    lower.grid(visible=False)
    row = 0
    for heading, names in choices.items():
        _beside(lower, row, heading, weight="bold")
        for name in names:
            row += 1
            _beside(lower, row, name)
            lower.axhline(row, color=PALE, linewidth=0.3, zorder=0)
            for place, way in enumerate(ways):
                if name in way.choices:
                    shape, size = ("D", 5) if way.main else ("s", 4)
                    color = _MAIN if way.clear else PALE
                    lower.plot(place, row, shape, markersize=size, color=color, zorder=3)
        row += 1
    return lower


def _beside(axes: Axes, row: int, text: str, **how: str) -> None:
    inches = axes.get_position().width * WIDTH
    fit(
        axes.text(-_LEFT / inches, row, text, transform=axes.get_yaxis_transform(), va="center", **how),
        _LEFT - 0.1,
    )


def _mark_main(axes: Axes, lower: Axes, ways: Sequence[Way]) -> None:
    for place, way in enumerate(ways):
        if not way.main:
            continue
        for panel in (axes, lower):
            panel.axvline(place, color=INK, linewidth=0.7, linestyle=(0, (2, 2)), zorder=1)
        right = place > len(ways) * 0.6
        axes.annotate(
            "as reported", (place, 1), xycoords=axes.get_xaxis_transform(), xytext=(4 if right else -4, 3),
            textcoords="offset points", ha="right" if right else "left", va="bottom", color=INK,
        )  # fmt: skip
