"""Several measures of one program below each other on one time axis, its start marked."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.dates import AutoDateLocator, ConciseDateFormatter, date2num
from matplotlib.ticker import MaxNLocator

from outreach_metrics.evidence.wording import percent
from outreach_metrics.plots.colors import strand_color, tint
from outreach_metrics.plots.page import (
    INK,
    LIGHT,
    MUTED,
    WIDTH,
    Margins,
    fit,
    label_ends,
    look,
    sheet,
    text_width,
)
from outreach_metrics.plots.rows import SMALL, nothing

_TREATMENT = {"linestyle": "-", "marker": "o"}
_COMPARISON = {"linestyle": (0, (3, 1.2)), "marker": "s", "color": LIGHT, "markerfacecolor": "white"}
_PANEL, _NAME, _TOP, _BOTTOM = 1.0, 0.42, 0.22, 0.3
_LEFT, _RIGHT, _PLAIN = 0.5, 1.42, 0.25
_LETTERS = 20
_MOST_MARKS = 24
_APART = 0.12
GRID = "#e3e3e3"
_UP = 1 + _NAME / _PANEL
"""How far up the line of the start goes, past the name of a panel, as a share of its height."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Track:
    """One line of a panel.

    Parameters
    ----------
    frame : pandas.DataFrame
        In order of time: `start`, `end` (first day, and first day after, of what a value is about), `value`,
        and for intervals `conf_low`, `conf_high`. A value of NaN leaves a gap, or is a cross on the base line
        where there is a column `hidden` that is true.
    label : str
        Written beside its end.
    role : {"treatment", "comparison"}
        Filled and solid in the color of the strand, or open and dashed in that of comparisons.
    """

    frame: pd.DataFrame
    label: str = ""
    role: str = "treatment"


@dataclass(frozen=True, slots=True, kw_only=True)
class Panel:
    """One measure: its name, its unit in words, its tracks.

    Parameters
    ----------
    name, unit : str
    tracks : sequence of Track
    kind : {"number", "share", "score", "count"}
        A share and a number are drawn from 0; a score (points of 100) need not start there; a count is drawn
        as columns.
    strand : str
        Whose main color the tracks have; empty for none.
    """

    name: str
    unit: str
    tracks: Sequence[Track]
    kind: str = "number"
    strand: str = ""


def timeline(
    panels: Sequence[Panel],
    *,
    title: str,
    subtitle: str,
    start: date | None = None,
    end: date | None = None,
    few: str = "not shown",
) -> list[Axes]:
    """Draw measures below each other on one time axis, with intervals, the program's start marked.

    Parameters
    ----------
    panels : sequence of Panel
        From the top. A panel without any value says so.
    title, subtitle : str
        The finding; what is drawn.
    start, end : datetime.date, optional
        First and last day of the program, marked where they lie within the time drawn.
    few : str
        What a cross on the base line means.

    Returns
    -------
    list of matplotlib.axes.Axes
        One a panel, in order; a single one that says so without panels.
    """
    with look():
        labeled = any(track.label or _hidden(track).any() for panel in panels for track in panel.tracks)
        axes = _stack(title, subtitle, max(len(panels), 1), _RIGHT if labeled else _PLAIN)
        spans = [
            track.frame[["start", "end"]] for panel in panels for track in panel.tracks if len(track.frame)
        ]
        if not spans:
            return [nothing(axes[0], "There is nothing to draw.")]
        dates = pd.concat(spans)
        limits = date2num([dates["start"].min(), dates["end"].max()])
        for own, panel in zip(axes, panels, strict=True):
            own.set_xlim(*limits)
            _panel(own, panel, few)
        _time_axis(axes)
        for day, words in ((start, "Program starts"), (end, "Program ends")):
            if day is not None and limits[0] <= date2num(day) <= limits[1]:
                _mark(axes, day, words, limits)
    return axes


def _stack(title: str, subtitle: str, count: int, right: float) -> list[Axes]:
    """Return axes below each other, each with its own scale."""
    height = count * (_PANEL + _NAME) + _TOP + _BOTTOM
    margins = Margins(left=_LEFT, right=right, top=_TOP + _NAME, bottom=_BOTTOM)
    whole = sheet(title, subtitle, height=height, margins=margins)[0, 0]
    figure, box = whole.figure, whole.get_position()
    whole.remove()
    full = figure.get_figheight()
    tops = [box.y1 - place * (_PANEL + _NAME) / full for place in range(count)]
    return [figure.add_axes((box.x0, top - _PANEL / full, box.width, _PANEL / full)) for top in tops]


def _panel(axes: Axes, panel: Panel, few: str) -> None:
    _named(axes, panel)
    drawn = [track for track in panel.tracks if track.frame["value"].notna().any()]
    if not drawn and not any(_hidden(track).any() for track in panel.tracks):
        axes.set_yticks([])
        axes.text(0.01, 0.5, "nothing recorded", transform=axes.transAxes, color=MUTED, va="center")
        return
    for place, track in enumerate(panel.tracks):
        _track(axes, track, panel, place - (len(panel.tracks) - 1) / 2)
    _scale(axes, panel.kind, drawn)
    crosses = [track for track in panel.tracks if _hidden(track).any()]
    for track in crosses:
        rows = track.frame[_hidden(track)]
        axes.plot(
            _middle(rows), [axes.get_ylim()[0]] * len(rows), "x", color=LIGHT, markersize=5, clip_on=False
        )
    named = [(track, "\n".join(textwrap.wrap(track.label, _LETTERS))) for track in drawn if track.label]
    ends = [(_last(track), words, _line(track, panel)["color"]) for track, words in named]
    ends += [(axes.get_ylim()[0], f"× {few}", MUTED)] * bool(crosses)
    label_ends(axes, ends, bold=strand_color(panel.strand))


def _line(track: Track, panel: Panel) -> dict[str, Any]:
    """Return how a track is drawn."""
    if track.role == "comparison":
        return _COMPARISON
    color = strand_color(panel.strand)
    return {**_TREATMENT, "color": color, "markerfacecolor": color}


def _named(axes: Axes, panel: Panel) -> None:
    """Write the name of a panel above it, and its unit behind the name."""
    above = {"xycoords": "axes fraction", "textcoords": "offset points", "va": "baseline", "zorder": 6}
    above["bbox"] = {"facecolor": "white", "edgecolor": "none", "pad": 1}
    name = axes.annotate(panel.name, (0, 1), xytext=(-0.4 * 72, 6), weight="bold", size=9, **above)
    room = WIDTH - text_width(name) - 0.3
    place = (-0.4 * 72 + 72 * text_width(name) + 7, 6)
    fit(axes.annotate(panel.unit, (0, 1), xytext=place, color=MUTED, size=SMALL, **above), room)


def _hidden(track: Track) -> pd.Series:
    nothing_hidden = pd.Series(False, index=track.frame.index)
    return track.frame["hidden"].astype(bool) if "hidden" in track.frame else nothing_hidden


def _middle(rows: pd.DataFrame) -> np.ndarray:
    return (date2num(rows["start"]) + date2num(rows["end"])) / 2


def _last(track: Track) -> float:
    return float(track.frame["value"].dropna().iloc[-1])


def _track(axes: Axes, track: Track, panel: Panel, shift: float) -> None:
    """Draw one line with its intervals: columns for a count, a band where there are many values."""
    how, frame = _line(track, panel), track.frame
    if frame.empty:
        return
    lengths = date2num(frame["end"]) - date2num(frame["start"])
    if panel.kind == "count":
        column = {"color": tint(how["color"], 0.45), "edgecolor": how["color"], "linewidth": 0.7}
        axes.bar(_middle(frame), frame["value"], width=0.8 * lengths, **column)
        return
    many = len(frame) > _MOST_MARKS
    days = np.ptp(axes.get_xlim())
    middle = _middle(frame) + (0 if many else shift * _APART * min(float(lengths.mean()), days / 12))
    if {"conf_low", "conf_high"} <= set(frame):
        low, high = frame["conf_low"], frame["conf_high"]
        if many:
            axes.fill_between(middle, low, high, color=how["color"], alpha=0.14, linewidth=0, zorder=1)
        else:
            axes.vlines(middle, low, high, color=how["color"], linewidth=1.2, zorder=2)
    line = how | ({"marker": ""} if many else {"markersize": 4, "markeredgewidth": 1.1})
    axes.plot(middle, frame["value"], linewidth=1.2, zorder=3, **line)


def _scale(axes: Axes, kind: str, drawn: Sequence[Track]) -> None:
    """Set a vertical axis that holds the values and their intervals."""
    columns = ["value", "conf_low", "conf_high"]
    held = [track.frame[[name for name in columns if name in track.frame]].to_numpy(float) for track in drawn]
    numbers = np.concatenate([values.ravel() for values in held]) if held else np.zeros(1)
    low, high = float(np.nanmin(numbers)), float(np.nanmax(numbers))
    if kind == "score":
        axes.set_ylim(max(low - 4, 0), min(high + 4, 100))
    else:
        most = min(1.0, 1.1 * high) if kind == "share" else 1.1 * high
        axes.set_ylim(0, most if most > 0 else 1)
    axes.yaxis.set_major_formatter(lambda tick, _: percent(tick) if kind == "share" else f"{tick:,.10g}")
    whole = kind == "count"
    axes.yaxis.set_major_locator(MaxNLocator(3, steps=[1, 2, 2.5, 5, 10], integer=whole, min_n_ticks=2))


def _time_axis(axes: Sequence[Axes]) -> None:
    for own in axes:
        locator = AutoDateLocator(minticks=4, maxticks=9)
        own.xaxis.set_major_locator(locator)
        own.xaxis.set_major_formatter(ConciseDateFormatter(locator, show_offset=False))
        own.grid(axis="x", color=GRID, linewidth=0.7)
        own.tick_params(axis="x", labelbottom=own is axes[-1], length=3 if own is axes[-1] else 0)


def _mark(axes: Sequence[Axes], day: date, words: str, limits: np.ndarray) -> None:
    """Draw a line through all panels on a day, and say at the top what it is."""
    position = date2num(day)
    for own in axes:
        own.axvline(position, color=INK, linewidth=0.9, zorder=4)
        own.plot([position] * 2, [1, _UP], color=INK, linewidth=0.9, clip_on=False, **_upright(own))
    right = position > limits[0] + 0.6 * (limits[1] - limits[0])
    axes[0].annotate(
        f"{words} {day:%b} {day.year}",
        (position, _UP),
        xycoords=axes[0].get_xaxis_transform(),
        xytext=(-4 if right else 4, 0),
        textcoords="offset points",
        ha="right" if right else "left",
        va="top",
        color=INK,
        annotation_clip=False,
    )


def _upright(axes: Axes) -> dict:
    return {"transform": axes.get_xaxis_transform(), "zorder": 4}
