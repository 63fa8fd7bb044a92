"""Estimates with their intervals, one below the other."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import Literal

from matplotlib.axes import Axes
from matplotlib.ticker import NullLocator

from outreach_metrics.estimate import Estimate
from outreach_metrics.evidence.wording import value
from outreach_metrics.plots.colors import strand_color
from outreach_metrics.plots.page import INK, MUTED, WIDTH, Margins, fit, look, sheet, shrink

_ROW = 0.25
_RIGHT = 1.95
_LEAST_LEFT, _MOST_LEFT = 0.9, 2.45
_LETTER = 0.074
_RATIO_TICKS = (
    0.02, 0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 1.05, 1.1, 1.25, 1.5, 2, 3, 5, 10, 20, 50,
)  # fmt: skip
_WIDEST = 12.0
_SIDE = 0.85
"""Inches on each side of no change, for the words that say what lies there."""
_TICK_GAP = {"x": 0.44, "y": 0.24}
_COMPARED_FROM = 3


def forest(
    labels: Sequence[str],
    estimates: Sequence[Estimate],
    *,
    title: str,
    subtitle: str,
    sides: tuple[str, str] = ("", ""),
    strand: str = "",
) -> Axes:
    """Draw estimates of a change with their intervals, a row each, in the order given.

    Ratios are drawn on a logarithmic axis around 1, differences on a plain one around 0. A filled mark is a
    change measured against a comparison, a hollow one a change over time alone. An interval that goes beyond
    the axis ends in an arrow; an estimate that could not be made is listed as "not estimated".

    Parameters
    ----------
    labels : sequence of str, length n
        What each row is about, written on the left; cut with an ellipsis where too long.
    estimates : sequence of Estimate, length n
        All of one unit.
    title, subtitle : str
        The finding; what is measured.
    sides : tuple of str
        What lies left and right of no change ("less crime", "more crime").
    strand : str
        Whose main color the marks have; empty for none.

    Returns
    -------
    matplotlib.axes.Axes
    """
    with look():
        rows = max(len(labels), 1)
        longest = max(map(len, labels), default=0) * _LETTER + 0.15
        left = min(max(longest, _LEAST_LEFT), _MOST_LEFT)
        margins = Margins(left=left, right=_RIGHT, top=0.26, bottom=0.46)
        axes = sheet(title, subtitle, height=rows * _ROW + 0.72, margins=margins)[0, 0]
        axes.set_ylim(rows - 0.5, -0.5)
        axes.yaxis.set_major_locator(NullLocator())
        ratios = any(estimate.unit.startswith("ratio") for estimate in estimates)
        made = [estimate for estimate in estimates if estimate.made]
        low, high = ratio_axis(axes, drawn_numbers(made)) if ratios else _plain_axis(axes, made)
        axes.axvline(1 if ratios else 0, color=INK, linewidth=0.9, zorder=2)
        for row, (label, estimate) in enumerate(zip(labels, estimates, strict=True)):
            _row(axes, row, label, estimate, (low, high), strand_color(strand))
        _headings(axes, made, sides, 1 if ratios else 0)
    return axes


def _inches(axes: Axes) -> float:
    return axes.get_position().width * WIDTH


def drawn_numbers(made: Sequence[Estimate]) -> list[float]:
    """Return every number of the estimates that an axis may have to hold."""
    return [n for e in made for n in (e.estimate, e.conf_low, e.conf_high) if math.isfinite(n)]


def ratio_axis(axes: Axes, numbers: Iterable[float], along: Literal["x", "y"] = "x") -> tuple[float, float]:
    """Set a logarithmic axis that holds the ratios, as far as they stay within a factor of 12.

    Parameters
    ----------
    axes : matplotlib.axes.Axes
        Placed on its figure, as the ticks keep a distance in inches.
    numbers : iterable of float
        Ratios; those that are not finite or not above 0 have no place on the axis.
    along : {"x", "y"}

    Returns
    -------
    low, high : float
        Ends of the axis.
    """
    numbers = [n for n in numbers if math.isfinite(n) and n > 0]
    low = max(min([*numbers, 0.85]) * 0.95, 1 / _WIDEST)
    high = min(max([*numbers, 1.18]) * 1.05, _WIDEST)
    box = axes.get_window_extent()
    inches = (box.width if along == "x" else box.height) / axes.figure.dpi
    if along == "x":
        least = _SIDE / (inches - _SIDE)
        low, high = min(low, high**-least), max(high, low**-least)
    axes.set(**{f"{along}scale": "log", f"{along}lim": (low, high)})
    placed = [1.0]
    for tick in sorted(_RATIO_TICKS, key=lambda tick: abs(math.log(tick))):
        apart = min(abs(math.log(tick / other)) for other in placed) / math.log(high / low) * inches
        if low <= tick <= high and apart >= _TICK_GAP[along]:
            placed.append(tick)
    axis = axes.xaxis if along == "x" else axes.yaxis
    axis.set_ticks(sorted(placed), [value(tick, "ratio") for tick in sorted(placed)])
    axis.set_minor_locator(NullLocator())
    axes.grid(visible=True, axis=along)
    return low, high


def _plain_axis(axes: Axes, made: Sequence[Estimate]) -> tuple[float, float]:
    numbers = drawn_numbers(made)
    low, high = min([*numbers, 0.0]), max([*numbers, 0.0])
    pad = 0.06 * (high - low) or 1.0
    axes.set_xlim(low - pad, high + pad)
    axes.locator_params(axis="x", nbins=6)
    unit = made[0].unit if made else ""
    axes.xaxis.set_major_formatter(lambda tick, _: value(tick, unit))
    axes.grid(visible=True, axis="x")
    return low - pad, high + pad


def _row(
    axes: Axes, row: int, label: str, estimate: Estimate, limits: tuple[float, float], color: str
) -> None:
    beside = axes.get_yaxis_transform()
    left = axes.get_position().x0 * WIDTH
    fit(axes.text(-left / _inches(axes), row, label, transform=beside, va="center"), left - 0.1)
    if row % 2 == 0:
        axes.axhspan(row - 0.5, row + 0.5, color="#f6f7f8", zorder=0, linewidth=0)
    if not estimate.made:
        axes.text(1.03, row, "not estimated", transform=beside, va="center", color=MUTED, style="italic")
        return
    shown = value(estimate.estimate, estimate.unit)
    numbers = axes.text(1.03, row, f"{shown}{_limits(estimate)}", transform=beside, va="center")
    shrink(numbers, _RIGHT - 0.03 * _inches(axes))
    _whisker(axes, row, estimate, limits, color)
    low, high = limits
    compared = (estimate.design_level or 0) >= _COMPARED_FROM
    position = min(max(estimate.estimate, low), high)
    axes.plot(
        position,
        row,
        marker="o" if low <= estimate.estimate <= high else ("<" if estimate.estimate < low else ">"),
        markersize=5.5,
        markerfacecolor=color if compared else "white",
        markeredgecolor=color,
        markeredgewidth=1.4,
        clip_on=False,
        zorder=4,
    )


def _limits(estimate: Estimate) -> str:
    if math.isnan(estimate.conf_low):
        return "  (no interval)"
    if math.isinf(estimate.conf_high) and not estimate.conf_low > 0:
        return "  (no limits)"
    high = "∞" if math.isinf(estimate.conf_high) else value(estimate.conf_high, estimate.unit)
    return f"  ({value(estimate.conf_low, estimate.unit)} to {high})"


def _whisker(axes: Axes, row: int, estimate: Estimate, limits: tuple[float, float], color: str) -> None:
    if math.isnan(estimate.conf_low):
        return
    low, high = limits
    left, right = max(estimate.conf_low, low), min(estimate.conf_high, high)
    axes.plot([left, right], [row, row], color=color, linewidth=1.6, zorder=3, solid_capstyle="butt")
    for cut, position, marker in (
        (estimate.conf_low < low, low, "<"),
        (estimate.conf_high > high, high, ">"),
    ):
        if cut:
            axes.plot(position, row, marker=marker, markersize=4.5, color=color, clip_on=False, zorder=3)


def _headings(axes: Axes, made: Sequence[Estimate], sides: tuple[str, str], none: float) -> None:
    """Write what the numbers are, what lies on each side, and what the two marks mean."""
    level = f"{100 * made[0].conf_level:g}% interval" if made else "interval"
    above = {"xycoords": "axes fraction", "textcoords": "offset points", "color": MUTED, "fontsize": 8.2}
    axes.annotate(f"Change  ({level})", (1.03, 1), xytext=(0, 4), va="bottom", **above)
    up = {**above, "xycoords": axes.get_xaxis_transform()}
    if sides[0]:
        axes.annotate(f"← {sides[0]}", (none, 1), xytext=(-5, 4), ha="right", va="bottom", **up)
        axes.annotate(f"{sides[1]} →", (none, 1), xytext=(5, 4), ha="left", va="bottom", **up)
    kinds = {(estimate.design_level or 0) >= _COMPARED_FROM for estimate in made}
    key = {
        frozenset({True}): "● measured against a comparison",
        frozenset({False}): "○ change over time alone, without a comparison",
        frozenset({True, False}): "● measured against a comparison    ○ change over time alone",
    }.get(frozenset(kinds), "")
    axes.figure.text(0, 0.06 / axes.figure.get_figheight(), key, color=MUTED, size=8.2, va="bottom")
