"""How far a result moves when one assumption changes: the one that matters most on top."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator

from outreach_metrics.evidence.wording import number
from outreach_metrics.plots.colors import strand_color, tint
from outreach_metrics.plots.page import INK, MUTED, Margins, look
from outreach_metrics.plots.rows import SMALL, above, key, nothing, rows_sheet, wrapped, write, write_numbers

_MAIN = strand_color("cost")
_ROW, _LEFT, _RIGHT, _LETTERS = 0.42, 1.5, 2.2, 19
_MARK, _WORDS, _NUMBER = 4.95, 5.1, 6.95
_LOW = tint(_MAIN, 0.25)


class TornadoBar(NamedTuple):
    """One assumption: its name, its low and high setting in words, and the result with each.

    A setting without words is the one that the result itself stands on; it is not drawn.
    """

    name: str
    settings: tuple[str, str]
    results: tuple[float, float]


def tornado(
    bars: Sequence[TornadoBar],
    *,
    result: float,
    title: str,
    subtitle: str,
    even: float = math.nan,
    even_name: str = "",
    digits: int = 1,
) -> Axes:
    """Draw a bar an assumption from the result to what it becomes with either setting.

    Parameters
    ----------
    bars : sequence of TornadoBar
        In the order in which they are drawn.
    result : float
        The result with every assumption as it is, marked by a line.
    title, subtitle : str
        The finding; what is measured.
    even : float
        A value to mark by a dashed line (a benefit-cost ratio of 1); NaN for none.
    even_name : str
        What that line is.
    digits : int
        Decimals of the numbers.

    Returns
    -------
    matplotlib.axes.Axes
        Without bars, axes that say so. The first setting is light, the second dark.
    """
    with look():
        margins = Margins(left=_LEFT, right=_RIGHT, top=0.24, bottom=0.66)
        axes = rows_sheet(title, subtitle, inches=_ROW * len(bars), margins=margins)
        if not bars:
            return nothing(axes, "There is nothing to change.")
        _scale(axes, [result, *(r for bar in bars for r in bar.results), *([even] if even == even else [])])
        axes.axvline(result, color=INK, linewidth=1.2, zorder=4)
        if not math.isnan(even):
            axes.axvline(even, color=MUTED, linewidth=1.0, linestyle=(0, (3, 2)), zorder=1)
        for place, bar in enumerate(bars):
            height = (place + 0.5) * _ROW
            write(axes, 0, height, "\n".join(wrapped(bar.name, _LETTERS, 2)), linespacing=1.15)
            _row(axes, bar, result, height, digits)
        above(axes, _MARK, "With this setting")
        above(axes, _NUMBER, "it is", ha="right")
        line = f"Line: {number(result, digits)}, all assumptions as stated."
        key(axes, f"{line} Dashed: {even_name}." if even_name and not math.isnan(even) else line)
    return axes


def _scale(axes: Axes, numbers: Sequence[float]) -> None:
    known = [n for n in numbers if math.isfinite(n)]
    low, high = min(known), max(known)
    pad = 0.05 * (high - low) or 1.0
    axes.set_xlim(low - pad, high + pad)
    axes.xaxis.set_major_locator(MaxNLocator(4, steps=[1, 2, 2.5, 5, 10]))
    axes.xaxis.set_major_formatter(lambda tick, _: number(tick, 0 if high - low >= 4 else 1))
    axes.grid(visible=True, axis="x")
    axes.grid(visible=False, axis="y")


def _row(axes: Axes, bar: TornadoBar, result: float, height: float, digits: int) -> None:
    """Draw both sides of a bar, and beside it a line of words for each setting that is changed."""
    told = [
        (face, words, end)
        for face, words, end in zip((_LOW, _MAIN), bar.settings, bar.results, strict=True)
        if words
    ]
    for line, (face, words, end) in enumerate(told):
        how = {"color": face, "edgecolor": _MAIN, "linewidth": 0.7, "zorder": 2}
        axes.barh(height, end - result, left=result, height=0.17, **how)
        beside = height + 0.155 * (line - (len(told) - 1) / 2)
        box = {"boxstyle": "square,pad=0.0", "facecolor": face, "edgecolor": _MAIN, "linewidth": 0.7}
        write(axes, _MARK, beside, "  ", bbox=box, fontsize=6)
        write(axes, _WORDS, beside, words, room=1.3, fontsize=SMALL)
        write_numbers(axes, _NUMBER, beside, number(end, digits), 0.55, ha="right", fontsize=SMALL)
