"""Charts as small as a word, as SVG that stands inside a page: lines, intervals, and what a table covers.

They are text, drawn without matplotlib, so that a page can hold thousands. What is the same in all of them
(colors, the stroke that marks a start, the line of no change, both in the middle) is drawn by the page's
style sheet, once; a page tells them apart by what they stand in. Each has a text for those who do not see it.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from itertools import groupby, pairwise

from markupsafe import Markup

LINE_WIDTH, LINE_HEIGHT = 120, 36
MARK_WIDTH, MARK_HEIGHT = 100, 12
_BAR_HEIGHT = 10
_DOT, _ARROW, _BARB = 3.5, 4, 3

Point = tuple[float, float]


def change_line(
    before: Sequence[float], after: Sequence[float], *, slots: int, spread: float, label: str
) -> Markup:
    """Draw a series before and after a start, the start in the middle, 1 at half the height.

    Parameters
    ----------
    before, after : sequence of float
        Values relative to the average before (1 is the average), in order of time.
    slots : int
        How many values either side has room for; a shorter side ends early.
    spread : float
        The frame runs from 1 - spread to 1 + spread; what lies beyond is drawn at its edge.
    label : str
        What the picture shows.

    Examples
    --------
    >>> print(change_line([1.0, 1.0], [0.5], slots=2, spread=0.5, label="Fell"))
    <svg viewBox="0 0 120 36" role="img" aria-label="Fell"><path d="M15 18h30M75 36h0"/></svg>
    """
    middle, step = LINE_WIDTH / 2, LINE_WIDTH / 2 / slots
    sides = (
        [(middle - step * (len(before) - place - 0.5), value) for place, value in enumerate(before)],
        [(middle + step * (place + 0.5), value) for place, value in enumerate(after)],
    )
    lines = "".join(_line([(x, _height(value, spread)) for x, value in side]) for side in sides)
    return _svg((LINE_WIDTH, LINE_HEIGHT), label, f'<path d="{lines}"/>')


def _height(value: float, spread: float) -> float:
    share = (value - 1) / spread
    return LINE_HEIGHT / 2 * (1 - min(max(share, -1.0), 1.0))


def event_bars(events: Sequence[Point], *, label: str) -> Markup:
    """Draw a bar an event, in the right half of the frame of `change_line`: events come after the start.

    Parameters
    ----------
    events : sequence of (float, float)
        When each was, as a share of the time that the right half stands for (events outside of 0 to 1 are
        not drawn), and its size as a share of the largest.
    label : str

    Examples
    --------
    >>> print(event_bars([(0.5, 1.0)], label="One event"))
    <svg viewBox="0 0 120 36" role="img" aria-label="One event"><path d="M90 36V1"/></svg>
    """
    half, tallest = LINE_WIDTH / 2, LINE_HEIGHT - 1
    drawn = "".join(
        f"M{round(half + half * when)} {LINE_HEIGHT}V{round(LINE_HEIGHT - tallest * size)}"
        for when, size in events
        if 0 <= when <= 1
    )
    return _svg((LINE_WIDTH, LINE_HEIGHT), label, f'<path d="{drawn}"/>')


def interval_mark(low: float, middle: float, high: float, *, clear: bool, label: str) -> Markup:
    """Draw an estimate with its interval beside the line of no change, which is in the middle.

    Parameters
    ----------
    low, middle, high : float
        Places from -1 (left edge) to 1 (right edge), 0 is no change; an end beyond an edge gets an arrow.
    clear : bool
        Whether the change is clear: the dot is filled, else it is a ring.
    label : str

    Examples
    --------
    >>> print(interval_mark(-0.5, -0.25, 2.0, clear=False, label="A fall"))
    <svg ...><path d="M25 6H100m-4-3l4 3l-4 3"/><circle cx="38" cy="6" r="3.5" class="ring"/></svg>
    """
    half, level = MARK_WIDTH / 2, MARK_HEIGHT // 2
    left, dot, right = (round(half + half * min(max(place, -1.0), 1.0)) for place in (low, middle, high))
    path = f"M{left} {level}H{right}"
    path += f"m-{_ARROW}-{_BARB}l{_ARROW} {_BARB}l-{_ARROW} {_BARB}" if high > 1 else ""
    path += f"M{_ARROW} {level - _BARB}l-{_ARROW} {_BARB}l{_ARROW} {_BARB}" if low < -1 else ""
    ring = "" if clear else ' class="ring"'
    shown = f'<circle cx="{dot}" cy="{level}" r="{_DOT}"{ring}/>' if -1 <= middle <= 1 else ""
    return _svg((MARK_WIDTH, MARK_HEIGHT), label, f'<path d="{path}"/>{shown}')


def coverage_bar(covered: Iterable[bool], *, label: str) -> Markup:
    """Draw which of equally long stretches of time hold something: filled where they do, empty elsewhere.

    Parameters
    ----------
    covered : iterable of bool
        In order of time, over the whole axis.
    label : str

    Examples
    --------
    >>> print(coverage_bar([False, True, True, False, True], label="Gap"))
    <svg viewBox="0 0 5 10" preserveAspectRatio="none" ...><path d="M1 0h2v10h-2zM4 0h1v10h-1z"/></svg>
    """
    parts, place = [], 0
    for filled, run in groupby(covered):
        length = len(list(run))
        if filled:
            parts.append(f"M{place} 0h{length}v{_BAR_HEIGHT}h-{length}z")
        place += length
    path = f'<path d="{"".join(parts)}"/>'
    return _svg((place, _BAR_HEIGHT), label, path, ' preserveAspectRatio="none"')


def _line(points: Sequence[Point]) -> str:
    """Return a line through points as a path of whole numbers; a single point is a dot (round line ends).

    A point that is not known parts the line.
    """
    parts = []
    for known, run in groupby(points, key=lambda point: not math.isnan(point[1])):
        if not known:
            continue
        places = [(round(x), round(y)) for x, y in run]
        steps = [(x - before_x, y - before_y) for (before_x, before_y), (x, y) in pairwise(places)]
        moves = "".join(f"l{x} {y}" if y else f"h{x}" for x, y in steps or [(0, 0)]).replace(" -", "-")
        parts.append(f"M{places[0][0]} {places[0][1]}{moves}")
    return "".join(parts)


def _svg(size: tuple[int, int], label: str, drawn: str, more: str = "") -> Markup:
    head = Markup('<svg viewBox="0 0 {} {}"{} role="img" aria-label="{}">')
    return head.format(*size, Markup(more), label) + Markup(f"{drawn}</svg>")
