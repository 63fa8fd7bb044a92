"""Areas by need: each with its interval, in the groups that can be told apart, never a bare order."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from itertools import groupby
from typing import Any, NamedTuple

from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator

from outreach_metrics.plots.page import DARK, INK, LIGHT, MUTED, SHADE, WIDTH, Margins, look
from outreach_metrics.plots.rows import SMALL, above, key, nothing, rows_sheet, whisker, write, write_numbers

_ONE_COLUMN = 3.3
"""Inches of rows in one column; what would be taller is set in two columns, smaller."""
_ABREAST = 3.6
_CONTINUED = ", continued"


class _Column(NamedTuple):
    """A column of the page: where its parts begin or end in inches from its left, and how large they are."""

    plot: float
    end: float
    numbers: float
    further: float
    row: float
    heading: float
    size: float
    marker: float
    ticks: int

    def height(self, rows: Sequence[NeedRow]) -> float:
        """Return the inches that some rows take, with the heading of each group."""
        return len(rows) * self.row + len(_groups(rows)) * (self.heading + _GAP)


_WIDE = _Column(
    plot=1.75, end=4.8, numbers=6.15, further=WIDTH, row=0.185, heading=0.25, size=8.8, marker=4.6, ticks=5
)
_NARROW = _Column(
    plot=1.12, end=2.14, numbers=2.94, further=3.38, row=0.128, heading=0.18, size=7.3, marker=3.6, ticks=4
)
_GAP = 0.06


class NeedRow(NamedTuple):
    """One area: its name, value with interval, the value as counted, how it stands, and what is written."""

    label: str
    value: float
    low: float
    high: float
    counted: float
    standing: str
    numbers: str
    further: str = ""


def need_rows(
    rows: Sequence[NeedRow],
    *,
    title: str,
    subtitle: str,
    headings: dict[str, str],
    line: float,
    line_name: str,
    columns: tuple[str, str],
    axis: Callable[[float], str],
    counted: str = "",
    need: str = "above",
) -> Axes:
    """Draw values of areas with their intervals below each other, in groups, against the value of all.

    Many areas stand in two columns on one scale.

    Parameters
    ----------
    rows : sequence of NeedRow
        In the order of the page; rows of one standing next to each other.
    title, subtitle : str
        The finding; what is measured.
    headings : dict of standing to str
        What stands above the rows of each standing.
    line : float
        The value of all areas together, drawn as a line from top to bottom.
    line_name : str
    columns : tuple of str
        Names of the two columns on the right, in up to two lines; the second may be empty.
    axis : callable
        Writes a number of the axis.
    counted : str
        What the small tick is, in the key; empty for none.
    need : {"above", "below"}
        Which standing is the need: round and warm, the opposite square and cool.

    Returns
    -------
    matplotlib.axes.Axes
        Without rows, axes that say so.
    """
    abreast = [rows] if _WIDE.height(rows) <= _ONE_COLUMN else _halves(rows)
    column = _WIDE if len(abreast) == 1 else _NARROW
    inches = max(column.height(part) for part in abreast)
    with look():
        margins = Margins(left=column.plot, right=WIDTH - column.end, top=0.38, bottom=0.47)
        first = rows_sheet(title, subtitle, inches=inches, margins=margins)
        if not rows:
            return nothing(first, "There are no areas to show.")
        for place, part in enumerate(abreast):
            axes = _beside(first, place * _ABREAST) if place else first
            _scale(axes, rows, line, axis, column.ticks)
            told = dict(headings)
            if place and part[0].standing == abreast[0][-1].standing:
                told[part[0].standing] += _CONTINUED
            _rows(axes, part, told, column, place * _ABREAST, need)
            _line(axes, line, line_name, column.size)
            _name(axes, columns, column, place * _ABREAST)
        tick = f"    ┃ {counted}" if counted else ""
        key(first, f"● or ■ estimate, hollow where it cannot be told    ━ its interval{tick}")
    return first


def _groups(rows: Sequence[NeedRow]) -> list[tuple[str, list[NeedRow]]]:
    return [(standing, list(part)) for standing, part in groupby(rows, key=lambda row: row.standing)]


def _halves(rows: Sequence[NeedRow]) -> list[Sequence[NeedRow]]:
    """Return the rows of two columns of about the same height; a group is parted only where it saves much."""

    def tall(cut: int) -> float:
        parted = rows[cut - 1].standing == rows[cut].standing
        return max(_NARROW.height(rows[:cut]), _NARROW.height(rows[cut:])) + 3 * _NARROW.row * parted

    cut = min(range(1, len(rows)), key=tall)
    return [rows[:cut], rows[cut:]]


def _beside(axes: Axes, inches: float) -> Axes:
    """Return axes like others, so many inches to their right."""
    box = axes.get_position()
    return axes.figure.add_axes((box.x0 + inches / WIDTH, box.y0, box.width, box.height), sharey=axes)


def _scale(
    axes: Axes, rows: Sequence[NeedRow], line: float, axis: Callable[[float], str], ticks: int
) -> None:
    numbers = [n for row in rows for n in (row.value, row.low, row.high, row.counted) if math.isfinite(n)]
    low, high = min([*numbers, line]), max([*numbers, line])
    room = 0.04 * (high - low) or 1.0
    axes.set_xlim(max(low - room, 0), high + room)
    axes.xaxis.set_major_locator(MaxNLocator(ticks, steps=[1, 2, 5, 10]))
    axes.xaxis.set_major_formatter(lambda tick, _: axis(tick))
    axes.tick_params(axis="y", left=False, labelleft=False)
    axes.grid(visible=True, axis="x")
    axes.grid(visible=False, axis="y")


def _rows(
    axes: Axes, rows: Sequence[NeedRow], headings: dict[str, str], column: _Column, left: float, need: str
) -> None:
    down = 0.0
    for standing, part in _groups(rows):
        words = headings[standing]
        room = column.further
        on_white = {"facecolor": "white", "edgecolor": "none", "pad": 0.5}
        how = {"weight": "bold", "fontsize": column.size, "bbox": on_white}
        write(axes, left, down + column.heading / 2, words, room=room, **how)
        down += column.heading
        for place, row in enumerate(part):
            height = down + (place + 0.5) * column.row
            if place % 2 == 0:
                axes.axhspan(
                    height - column.row / 2, height + column.row / 2, color=SHADE, zorder=0, linewidth=0
                )
            _told(axes, row, height, column, left)
            _drawn(axes, row, height, column, need)
        down += len(part) * column.row + _GAP


def _name(axes: Axes, names: tuple[str, str], column: _Column, left: float) -> None:
    """Write the names of the columns of numbers, in one line where there is room."""
    rooms = (column.numbers - column.end, column.further - column.numbers - 0.05)
    ends = (column.numbers, column.further)
    for name, room, end in zip(names, rooms, ends, strict=True):
        words = name.replace("\n", " ") if column is _WIDE else name
        above(axes, left + end, words, room=room, ha="right", fontsize=min(SMALL, column.size))


def _told(axes: Axes, row: NeedRow, height: float, column: _Column, left: float) -> None:
    how = {"fontsize": column.size}
    names, numbers = column.plot - 0.2, column.numbers - column.end - 0.02
    write(axes, left + 0.1, height, row.label, room=names, **how)
    write_numbers(axes, left + column.numbers, height, row.numbers, numbers, ha="right", **how)
    room = column.further - column.numbers - 0.05
    write_numbers(axes, left + column.further, height, row.further, room, ha="right", color=MUTED, **how)


def _drawn(axes: Axes, row: NeedRow, height: float, column: _Column, need: str) -> None:
    if not math.isfinite(row.value):
        return
    clear = row.standing in ("above", "below")
    marker, color = ("o", LIGHT) if row.standing == need else ("s", DARK)
    marker, color = (marker, color) if clear else ("o", MUTED)
    whisker(axes, height, row.low, row.high, color=color)
    if math.isfinite(row.counted):
        reach = column.row * 0.36
        axes.vlines(row.counted, height - reach, height + reach, color=INK, linewidth=1.1, zorder=3.5)
    style: dict[str, Any] = {
        "markersize": column.marker,
        "markerfacecolor": color if clear else "white",
        "markeredgecolor": color,
        "zorder": 4,
    }
    axes.plot(row.value, height, marker, **style)


def _line(axes: Axes, line: float, name: str, size: float) -> None:
    axes.axvline(line, color=INK, linewidth=1.0, linestyle=(0, (4, 2)), zorder=1.5)
    low, high = axes.get_xlim()
    right = (line - low) / (high - low) > 0.6
    axes.annotate(
        name,
        (line, 1),
        xycoords=axes.get_xaxis_transform(),
        xytext=(3 if right else -3, 4),
        textcoords="offset points",
        ha="right" if right else "left",
        va="bottom",
        color=INK,
        fontsize=min(SMALL, size),
    )
