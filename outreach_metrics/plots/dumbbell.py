"""Scores in the first wave and the last, joined, and the change with its interval."""

from __future__ import annotations

import math
import textwrap
from collections.abc import Sequence
from typing import NamedTuple

from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator

from outreach_metrics.estimate import Estimate
from outreach_metrics.evidence.wording import interval_level, value
from outreach_metrics.plots.colors import strand_color
from outreach_metrics.plots.page import LIGHT, MUTED, Margins, look
from outreach_metrics.plots.rows import above, key, nothing, rows_sheet, wrapped, write, write_numbers

_MAIN = strand_color("sentiment")
PROGRAM = {"color": _MAIN, "marker": "o", "size": 6.5}
COMPARISON = {"color": LIGHT, "marker": "s", "size": 5}
_THICK, _THIN, _DASHED = (
    {"linewidth": 2.6},
    {"linewidth": 1.2},
    {"linewidth": 1.2, "linestyle": (0, (3, 1.5))},
)
_ONE, _TWO = 0.28, 0.42
_LEFT, _RIGHT, _NARROW = 1.75, 3.12, 1.75
_CHANGE, _AGAINST, _ALONE, _COLUMN = 3.98, 5.53, 5.35, 1.42
_LETTERS, _NAME = 100, 22
_CLEAR = (
    "Bold, thick line: unlikely to be chance alone, given the number of measures. Dashed: could be chance."
)


class Shift(NamedTuple):
    """One measure: its name, scores in the first and last wave, and the changes that go with them.

    `change` is that of the program group (`sentiment_change`), `relative` the change less that of the
    comparison group (`sentiment_relative_change`), None or not made where there is none.
    """

    label: str
    first: float
    last: float
    change: Estimate
    comparison: tuple[float, float] = (math.nan, math.nan)
    relative: Estimate | None = None

    @property
    def clear(self) -> bool:
        """Whether chance alone is unlikely: by the change against the comparison where there is one."""
        judged = self.relative if self.relative is not None and self.relative.made else self.change
        return judged.made and judged.significant


def dumbbell(
    shifts: Sequence[Shift],
    *,
    title: str,
    subtitle: str,
    waves: tuple[str, str] = ("first wave", "last wave"),
) -> Axes:
    """Draw each measure's score in the first wave and in the last, joined by a line, a row each.

    The program group has round marks, the comparison group square ones below; the first wave is hollow, the
    last filled. A clear change has a thick line and bold numbers, one that could be chance a dashed line.
    Numbers on the right: the change, and the change against the comparison where there is any.

    Parameters
    ----------
    shifts : sequence of Shift
        In the order in which they are drawn.
    title, subtitle : str
        The finding; what is measured.
    waves : tuple of str
        Names of the first and the last wave.

    Returns
    -------
    matplotlib.axes.Axes
        Without scores, axes that say so.
    """
    with look():
        compared = any(_drawn(shift.comparison) for shift in shifts)
        against = any(shift.relative is not None for shift in shifts)
        names = [wrapped(shift.label, _NAME, 2) for shift in shifts]
        row = _TWO if compared or any(len(lines) > 1 for lines in names) else _ONE
        margins = Margins(left=_LEFT, right=_RIGHT if against else _NARROW, top=0.24, bottom=0.68)
        axes = rows_sheet(title, subtitle, inches=row * len(shifts), margins=margins)
        numbers = [n for s in shifts for n in (s.first, s.last, *s.comparison) if math.isfinite(n)]
        if not numbers:
            return nothing(axes, "There are no scores to draw.")
        _scale(axes, numbers)
        for place, (shift, lines) in enumerate(zip(shifts, names, strict=True)):
            weight = "bold" if shift.clear else "normal"
            write(axes, 0, (place + 0.5) * row, "\n".join(lines), weight=weight, linespacing=1.15)
            _row(axes, shift, (place + 0.5) * row, 0.09 if compared else 0.0, against)
            if place % 2 == 0:
                axes.axhspan(place * row, (place + 1) * row, color="#f6f7f8", zorder=0, linewidth=0)
        _headings(axes, shifts, against)
        _key(axes, waves, compared)
    return axes


def _drawn(ends: tuple[float, float]) -> bool:
    return all(math.isfinite(end) for end in ends)


def _scale(axes: Axes, numbers: Sequence[float]) -> None:
    low, high = min(numbers), max(numbers)
    pad = max(0.08 * (high - low), 1.5)
    axes.set_xlim(low - pad, high + pad)
    axes.xaxis.set_major_locator(MaxNLocator(5, steps=[1, 2, 5, 10]))
    axes.xaxis.set_major_formatter(lambda tick, _: value(tick, "people"))
    axes.grid(visible=True, axis="x")
    axes.grid(visible=False, axis="y")


def _row(axes: Axes, shift: Shift, height: float, apart: float, against: bool) -> None:
    _line(axes, (shift.first, shift.last), height - apart, PROGRAM, _THICK if shift.clear else _DASHED)
    _line(axes, shift.comparison, height + apart, COMPARISON, _THIN)
    compared = shift.relative is not None and shift.relative.made
    place = _CHANGE if against else _ALONE
    _numbers(axes, place, height, shift.change, bold=shift.clear and not compared)
    if against:
        _numbers(axes, _AGAINST, height, shift.relative, bold=shift.clear and compared)


def _numbers(axes: Axes, place: float, height: float, change: Estimate | None, *, bold: bool) -> None:
    if change is None or not change.made:
        write(axes, place, height, "not estimated", color=MUTED, style="italic")
        return
    words = value(change.estimate, change.unit)
    if not math.isnan(change.conf_low):
        words += f" ({value(change.conf_low, change.unit)} to {value(change.conf_high, change.unit)})"
    write_numbers(axes, place, height, words, _COLUMN, weight="bold" if bold else "normal")


def _line(axes: Axes, ends: tuple[float, float], height: float, how: dict, style: dict) -> None:
    """Join the two ends, where both are known; a single one stands alone."""
    color, marker = how["color"], how["marker"]
    if _drawn(ends):
        axes.plot(ends, [height, height], color=color, zorder=2, solid_capstyle="butt", **style)
    for end, face in zip(ends, ("white", color), strict=True):
        if math.isfinite(end):
            mark = {"markersize": how["size"], "markeredgewidth": 1.4, "markeredgecolor": color}
            axes.plot(end, height, marker, markerfacecolor=face, zorder=4, clip_on=False, **mark)


def _headings(axes: Axes, shifts: Sequence[Shift], against: bool) -> None:
    made = [s.change for s in shifts if s.change.made] or [
        s.relative for s in shifts if s.relative is not None and s.relative.made
    ]
    level = f"{interval_level(made[0])}" if made else "interval"
    if against:
        above(axes, _CHANGE, f"Change ({level})")
        above(axes, _AGAINST, "Against comparison")
    else:
        above(axes, _ALONE, f"Change ({level})")


def _key(axes: Axes, waves: tuple[str, str], compared: bool) -> None:
    program = f"○ {waves[0]}  ● {waves[1]}"
    marks = f"Program: {program}    Comparison: □ {waves[0]}  ■ {waves[1]}" if compared else program
    key(axes, "\n".join([*textwrap.wrap(marks, _LETTERS), _CLEAR]))
