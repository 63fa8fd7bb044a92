"""Which agencies work together: a drawn network, and how long each agency is in."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.dates import AutoDateLocator, ConciseDateFormatter
from matplotlib.text import Text

from outreach_metrics.evidence.wording import label, number
from outreach_metrics.plots.colors import strand_color, tint
from outreach_metrics.plots.page import INK, MUTED, PALE, WIDTH, Margins, fit, look, sheet, text_width
from outreach_metrics.plots.rows import SMALL, key, nothing, rows_sheet, wrapped, write

_MAIN = strand_color("partnership")
_OTHER = tint(_MAIN, 0.14)
_SHAPES = ("o", "s", "^", "D", "v", "p", "h", "8", "<", ">")
_SECTORLESS = "no sector given"
_SIZE, _SMALL_SIZE = 17, 13.5
_MIDDLE = {"^": -0.12, "v": 0.12}
"""How far the middle of a shape lies above that of its box, in sizes."""
_FEWER = {"^": 1.15, "v": 1.15, "<": 1.15, ">": 1.15, "D": 0.88}
_LEFT_OF_KEY, _LINE, _LEAST = 4.15, 0.225, 3.5
_ROW, _NAMES, _ENDS = 0.28, 2.35, 1.35
_LETTERS = 30
_LEAST_LETTERS = 7.2


def network_chart(nodes: pd.DataFrame, ties: pd.DataFrame, *, title: str, subtitle: str) -> Axes:
    """Draw a network of agencies: a mark an agency, its shape the sector, a line a tie, its width how often.

    Parameters
    ----------
    nodes : pandas.DataFrame
        As `metrics.partnership.network_drawing` returns it: `agency`, `sector` ("" where not given), `lead`,
        `x`, `y` (-1 to 1). Agencies are numbered in this order; beside the drawing stand their names.
    ties : pandas.DataFrame
        `first`, `second` (rows of `nodes`), `events`.
    title, subtitle : str
        The finding; what is a tie.

    Returns
    -------
    matplotlib.axes.Axes
        Without agencies, axes that say so. The lead agency is dark, the others light. From the tenth sector
        on, sectors share a shape.
    """
    sectors = [label(sector) if sector else _SECTORLESS for sector in nodes["sector"]]
    order = sorted(set(sectors), key=lambda sector: (sector == _SECTORLESS, sector))
    shapes = {sector: _SHAPES[min(place, len(_SHAPES) - 1)] for place, sector in enumerate(order)}
    lines = len(nodes) + len(order)
    with look():
        height = max(_LEAST, lines * _LINE + 0.5)
        margins = Margins(left=0.12, right=WIDTH - _LEFT_OF_KEY + 0.15, top=0.1, bottom=0.34)
        axes = sheet(title, subtitle, height=height, margins=margins)[0, 0]
        axes.set_axis_off()
        if nodes.empty:
            return nothing(axes, "There is no network to draw.")
        axes.set(xlim=(-1.15, 1.15), ylim=(-1.15, 1.15))
        _ties(axes, nodes, ties)
        for place, (row, sector) in enumerate(zip(nodes.itertuples(), sectors, strict=True), start=1):
            _node(axes, (row.x, row.y), place, shapes[sector], dark=row.lead)
        _names(axes, nodes, sectors, order, shapes)
        key(axes, _widths(ties, lead=bool(nodes["lead"].any())))
    return axes


def _ties(axes: Axes, nodes: pd.DataFrame, ties: pd.DataFrame) -> None:
    most = ties["events"].max() if len(ties) else 1
    for tie in ties.sort_values("events").itertuples():
        ends = nodes.iloc[[tie.first, tie.second]]
        part = tie.events / most
        axes.plot(
            ends["x"], ends["y"], color=PALE, linewidth=0.7 + 4.8 * part, alpha=0.45 + 0.4 * part, zorder=1
        )


def _node(axes: Axes, at: tuple[float, float], place: int, shape: str, *, dark: bool, **how) -> None:
    """Draw a mark with the number of its agency."""
    size = how.pop("size", _SIZE)
    axes.plot(
        *at,
        shape,
        markersize=size * _FEWER.get(shape, 1.0),
        markerfacecolor=_MAIN if dark else _OTHER,
        markeredgecolor=_MAIN,
        markeredgewidth=1.3,
        clip_on=False,
        zorder=3,
        **how,
    )
    axes.annotate(
        str(place),
        at,
        xycoords=how.get("transform", "data"),
        xytext=(0, _MIDDLE.get(shape, 0.0) * size),
        textcoords="offset points",
        color="white" if dark else INK,
        size=(0.53 if place < 10 else 0.46) * size,
        weight="bold",
        ha="center",
        va="center_baseline",
        annotation_clip=False,
        zorder=4,
    )


def _names(
    axes: Axes, nodes: pd.DataFrame, sectors: Sequence[str], order: Sequence[str], shapes: dict[str, str]
) -> None:
    """Write beside the drawing each sector with its shape and, below it, its agencies with their numbers."""
    box, figure = axes.get_position(), axes.figure
    tall = figure.get_figheight()
    top = box.y1 * tall - 0.1

    def across(inches: float) -> float:
        return (inches / WIDTH - box.x0) / box.width

    def up(inches: float) -> float:
        return (inches / tall - box.y0) / box.height

    for sector in order:
        words = {"transform": axes.transAxes, "va": "center_baseline"}
        heading = axes.text(across(_LEFT_OF_KEY), up(top), sector, color=MUTED, size=SMALL, **words)
        fit(heading, WIDTH - _LEFT_OF_KEY)
        top -= _LINE
        for place, row in enumerate(nodes.itertuples(), start=1):
            if sectors[place - 1] != sector:
                continue
            at = (across(_LEFT_OF_KEY + 0.16), up(top))
            marked = {"dark": row.lead, "size": _SMALL_SIZE, "transform": axes.transAxes}
            _node(axes, at, place, shapes[sector], **marked)
            weight = "bold" if row.lead else "normal"
            name = axes.text(across(_LEFT_OF_KEY + 0.33), up(top), row.agency, weight=weight, **words)
            _fit_name(name, WIDTH - _LEFT_OF_KEY - 0.33)
            top -= _LINE


def _fit_name(name: Text, room: float) -> None:
    """Set a name smaller, and cut it where it would be too small to read."""
    size = name.get_fontsize()
    if text_width(name) > room:
        name.set_fontsize(max(size * room / text_width(name), _LEAST_LETTERS))
    fit(name, room)


def _widths(ties: pd.DataFrame, *, lead: bool) -> str:
    """Return what the lines and the dark mark mean."""
    dark = "dark: the lead agency" if lead else ""
    if ties.empty:
        return "    ".join(filter(None, ["no line: no tie", dark]))
    low, high = ties["events"].min(), ties["events"].max()
    span = number(low) if low == high else f"{number(low)} (thin) to {number(high)} (thick)"
    events = "event" if high == 1 else "events"
    return "    ".join(filter(None, [f"━ a tie: {span} {events} held together", dark, "shape: the sector"]))


def agency_stay(agencies: pd.DataFrame, *, title: str, subtitle: str) -> Axes:
    """Draw from when to when each agency took part, a bar each.

    Parameters
    ----------
    agencies : pandas.DataFrame
        One row an agency, in the order in which it is drawn: `agency`, `start`, `until` (days; NaT where not
        known), `left` (whether it left on that day; otherwise it was still in), `lead`.
    title, subtitle : str
        The finding; what is measured.

    Returns
    -------
    matplotlib.axes.Axes
        Without a known day, axes that say so. A bar that ends in a cross is an agency that left, one that
        ends in an arrow was still in.
    """
    known = agencies.dropna(subset=["start", "until"])
    with look():
        margins = Margins(left=_NAMES, right=_ENDS, top=0.1, bottom=0.56)
        axes = rows_sheet(title, subtitle, inches=_ROW * len(agencies), margins=margins)
        if known.empty:
            return nothing(axes, "It is not known when an agency joined.")
        first, last = known["start"].min(), known["until"].max()
        pad = max((last - first) * 0.02, pd.Timedelta(days=1))
        axes.set_xlim(first - pad, last + pad)
        locator = AutoDateLocator(minticks=3, maxticks=8)
        axes.xaxis.set_major_locator(locator)
        axes.xaxis.set_major_formatter(ConciseDateFormatter(locator, show_offset=False))
        axes.grid(visible=True, axis="x")
        axes.grid(visible=False, axis="y")
        for place, row in enumerate(agencies.itertuples()):
            _stay(axes, (place + 0.5) * _ROW, row)
        left = "    × left" if known["left"].any() else ""
        still = "    ▶ still in" if not known["left"].all() else ""
        key(axes, f"bar: from the first day to the last{still}{left}")
    return axes


def _stay(axes: Axes, height: float, row) -> None:
    """Draw the bar of one agency, its name, and when it left."""
    weight = "bold" if row.lead else "normal"
    write(axes, 0, height, "\n".join(wrapped(row.agency, _LETTERS + 4, 2)), room=_NAMES - 0.12, weight=weight)
    if pd.isna(row.start) or pd.isna(row.until):
        write(axes, WIDTH - _ENDS + 0.12, height, "days not known", color=MUTED, style="italic")
        return
    color = PALE if row.left else _MAIN
    axes.plot(
        [row.start, row.until], [height, height], color=color, linewidth=6, solid_capstyle="butt", zorder=2
    )
    mark = {"marker": "x", "markersize": 7, "markeredgewidth": 2, "color": INK}
    if not row.left:
        mark = {"marker": ">", "markersize": 8, "color": _MAIN}
    axes.plot(row.until, height, zorder=3, clip_on=False, **mark)
    words = f"left {row.until:%b} {row.until.year}" if row.left else "still in"
    write(axes, WIDTH - _ENDS + 0.12, height, words, color=INK if row.left else MUTED)
