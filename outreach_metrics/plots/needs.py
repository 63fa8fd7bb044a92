"""Areas by need: each with its interval, in the groups that can be told apart, never a bare order."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from itertools import groupby
from typing import Any, NamedTuple

from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator

from outreach_metrics.plots.page import DARK, INK, LIGHT, MUTED, SHADE, WIDTH, Margins, look
from outreach_metrics.plots.rows import above, key, nothing, rows_sheet, whisker, write, write_numbers

_ROW, _HEADING, _GAP = 0.185, 0.25, 0.06
_LEFT, _RIGHT = 1.75, 2.2
_NUMBERS, _FURTHER = WIDTH - 0.85, WIDTH


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
        Names of the two columns on the right; the second may be empty.
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
    groups = [(standing, list(part)) for standing, part in groupby(rows, key=lambda row: row.standing)]
    inches = len(rows) * _ROW + len(groups) * (_HEADING + _GAP)
    with look():
        margins = Margins(left=_LEFT, right=_RIGHT, top=0.42, bottom=0.5)
        axes = rows_sheet(title, subtitle, inches=inches, margins=margins)
        if not rows:
            return nothing(axes, "There are no areas to show.")
        _scale(axes, rows, line, axis)
        down = 0.0
        for standing, part in groups:
            write(axes, 0, down + _HEADING / 2, headings[standing], room=WIDTH, weight="bold")
            down += _HEADING
            for place, row in enumerate(part):
                _row(axes, row, down + (place + 0.5) * _ROW, shaded=place % 2 == 0, need=need)
            down += len(part) * _ROW + _GAP
        _line(axes, line, line_name)
        above(axes, _NUMBERS, columns[0], room=1.3, ha="right")
        above(axes, _FURTHER, columns[1], room=0.8, ha="right")
        tick = f"    ┃ {counted}" if counted else ""
        key(axes, f"● or ■ estimate, hollow where it cannot be told    ━ its interval{tick}")
    return axes


def _scale(axes: Axes, rows: Sequence[NeedRow], line: float, axis: Callable[[float], str]) -> None:
    numbers = [n for row in rows for n in (row.value, row.high, row.counted) if math.isfinite(n)]
    axes.set_xlim(0, max([*numbers, line]) * 1.03 or 1.0)
    axes.xaxis.set_major_locator(MaxNLocator(5, steps=[1, 2, 2.5, 5, 10]))
    axes.xaxis.set_major_formatter(lambda tick, _: axis(tick))
    axes.grid(visible=True, axis="x")
    axes.grid(visible=False, axis="y")


def _row(axes: Axes, row: NeedRow, height: float, *, shaded: bool, need: str) -> None:
    if shaded:
        axes.axhspan(height - _ROW / 2, height + _ROW / 2, color=SHADE, zorder=0, linewidth=0)
    write(axes, 0.1, height, row.label, room=_LEFT - 0.2)
    write_numbers(axes, _NUMBERS, height, row.numbers, 1.3, ha="right")
    write_numbers(axes, _FURTHER, height, row.further, 0.8, ha="right", color=MUTED)
    if not math.isfinite(row.value):
        return
    clear = row.standing in ("above", "below")
    marker, color = ("o", LIGHT) if row.standing == need else ("s", DARK)
    marker, color = (marker, color) if clear else ("o", MUTED)
    whisker(axes, height, row.low, row.high, color=color)
    if math.isfinite(row.counted):
        reach = _ROW * 0.36
        axes.vlines(row.counted, height - reach, height + reach, color=INK, linewidth=1.1, zorder=3.5)
    face = color if clear else "white"
    style: dict[str, Any] = {
        "markersize": 4.6,
        "markerfacecolor": face,
        "markeredgecolor": color,
        "zorder": 4,
    }
    axes.plot(row.value, height, marker, **style)


def _line(axes: Axes, line: float, name: str) -> None:
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
        fontsize=8.2,
    )
