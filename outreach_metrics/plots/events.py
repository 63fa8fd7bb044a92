"""Observed against expected crime by time before and after the start."""

from __future__ import annotations

import math
from collections.abc import Sequence

from matplotlib.axes import Axes
from matplotlib.ticker import FixedLocator, NullLocator

from outreach_metrics.estimate import Estimate
from outreach_metrics.plots.colors import strand_color
from outreach_metrics.plots.forest import drawn_numbers, ratio_axis
from outreach_metrics.plots.page import INK, MUTED, SHADE, Margins, look, sheet

_MAIN = strand_color("crime")


def event_study(
    spans: Sequence[tuple[int, int]],
    estimates: Sequence[Estimate],
    *,
    title: str,
    subtitle: str,
    unit: str,
) -> Axes:
    """Draw the ratio of observed to expected crime by time since the start, with its band.

    Parameters
    ----------
    spans : sequence of (int, int), length n
        First and last period since the start of each estimate; periods before the start are negative.
    estimates : sequence of Estimate, length n
        Ratios, 1 for "as expected"; a limit beyond the axis ends in an arrow.
    title, subtitle : str
        The finding; what is measured.
    unit : str
        Unit of the periods: "month", "week", "quarter" or "year".

    Returns
    -------
    matplotlib.axes.Axes
        Without an estimate that was made, axes that say so.
    """
    with look():
        margins = Margins(left=0.62, right=1.1, top=0.16, bottom=0.5)
        axes = sheet(title, subtitle, height=2.9, margins=margins)[0, 0]
        drawn = [(span, e) for span, e in zip(spans, estimates, strict=True) if e.made]
        if not drawn:
            axes.set_axis_off()
            axes.text(0, 0.5, "There is nothing to draw.", transform=axes.transAxes, color=MUTED)
            return axes
        low, high = ratio_axis(axes, drawn_numbers([e for _, e in drawn]), "y")
        first, last = min(span[0] for span, _ in drawn), max(span[1] for span, _ in drawn) + 1
        axes.set_xlim(first, last)
        if last > 0:
            axes.axvspan(max(first, 0), last, color=SHADE, zorder=0, linewidth=0)
        axes.axhline(1, color=INK, linewidth=0.9, zorder=1)
        for (begin, end), estimate in drawn:
            _point(axes, (begin + end + 1) / 2, estimate, low, high)
        _mark_start(axes, first, last)
        axes.annotate("as expected", (1, 1), xycoords=axes.get_yaxis_transform(), xytext=(5, 0),
                      textcoords="offset points", va="center", color=INK)  # fmt: skip
        edges = sorted({begin for (begin, _), _ in drawn} | {last})
        axes.xaxis.set_major_locator(FixedLocator(edges))
        axes.xaxis.set_minor_locator(NullLocator())
        axes.set_xlabel(f"{unit.capitalize()}s before (−) and after the start", loc="left")
        axes.xaxis.set_major_formatter(lambda tick, _: f"{tick:.0f}".replace("-", "−"))
    return axes


def _point(axes: Axes, position: float, estimate: Estimate, low: float, high: float) -> None:
    if not math.isnan(estimate.conf_low):
        ends = [max(estimate.conf_low, low), min(estimate.conf_high, high)]
        axes.plot([position] * 2, ends, color=_MAIN, linewidth=1.6, zorder=3, solid_capstyle="butt")
        for cut, end, marker in (
            (estimate.conf_low < low, low, "v"),
            (estimate.conf_high > high, high, "^"),
        ):
            if cut:
                axes.plot(position, end, marker=marker, markersize=4.5, color=_MAIN, clip_on=False, zorder=3)
    middle = min(max(estimate.estimate, low), high)
    axes.plot(position, middle, "o", markersize=5.5, color=_MAIN, clip_on=False, zorder=4)


def _mark_start(axes: Axes, first: int, last: int) -> None:
    """Mark the start, and name what lies on each side of it."""
    beside = {"xycoords": axes.get_xaxis_transform(), "textcoords": "offset points", "va": "bottom"}
    if first < 0 < last:
        axes.axvline(0, color=INK, linewidth=0.9, zorder=2)
    if first < 0:
        axes.annotate(
            "← before the start", (min(0, last), 1), xytext=(-5, 2), ha="right", color=MUTED, **beside
        )
    if last > 0:
        axes.annotate("after →", (max(0, first), 1), xytext=(5, 2), ha="left", color=MUTED, **beside)
