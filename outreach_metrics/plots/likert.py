"""How the answers to single questions are spread: diverging bars around the neutral answer."""

from __future__ import annotations

import math
import textwrap
from typing import NamedTuple

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.colors import to_rgb
from matplotlib.ticker import NullLocator

from outreach_metrics.evidence.wording import number, percent
from outreach_metrics.plots.colors import strand_color
from outreach_metrics.plots.page import INK, LIGHT, MUTED, Margins, look
from outreach_metrics.plots.rows import SMALL, above, key, nothing, rows_sheet, wrapped, write

_LINE, _ROW, _TALL, _THICK, _GAP = 0.15, 0.175, 0.3, 0.135, 0.09
_LETTERS, _GROUP = 37, 13
_NAMES, _PEOPLE, _UNFAVORABLE, _NEUTRAL, _FAVORABLE = 2.3, 3.42, 4.14, 6.38, 6.98
_LEFT, _RIGHT = 4.24, 1.1
_MAIN = strand_color("sentiment")
_NEITHER = "#dcdfe2"
_PALEST = 0.55
_HATCH = "////"
_KEY = "Hatched: {0}. Plain: {2}. Pale gray: {1}. The darker, the further from the middle of the scale."


def likert_bars(
    answers: pd.DataFrame,
    *,
    title: str,
    subtitle: str,
    sides: tuple[str, str, str] = ("unfavorable", "neutral", "favorable"),
) -> Axes:
    """Draw the answers to each question as bars that part at the middle of the neutral answers.

    Favorable are the answers from `favourable_from` on, unfavorable as many at the other end of the scale,
    neutral those between; a scale of an even number of answers has none, and its bars part between the two
    sides. Without `favourable_from` the middle of the scale is the neutral answer.

    Parameters
    ----------
    answers : pandas.DataFrame
        As `metrics.sentiment.answer_spread` returns it; one row an item, group and code: `item`, `text`,
        `group` (wave, with the arm behind it), `code` (high is favorable), `share` (0-1), `answers` (people),
        `favourable_from`, `low`, `high`. Items and groups come in the order in which they appear.
    title, subtitle : str
        The finding; what is measured.
    sides : tuple of str
        Names of the three kinds of answers.

    Returns
    -------
    matplotlib.axes.Axes
        Without answers, axes that say so. The shares of the three kinds are written beside each bar.
    """
    with look():
        bottom = Margins(left=_LEFT, right=_RIGHT, top=0.24, bottom=0.32)
        if answers.empty or answers["share"].isna().all():
            axes = rows_sheet(title, subtitle, inches=0.5, margins=bottom)
            return nothing(axes, "There are no answers to draw.")
        blocks = [_block(item) for _, item in answers.groupby("item", sort=False, observed=True)]
        height = sum(block.height for block in blocks) + _GAP * (len(blocks) - 1)
        axes = rows_sheet(title, subtitle, inches=height, margins=bottom)
        axes.xaxis.set_major_locator(NullLocator())
        axes.spines["bottom"].set_visible(False)
        axes.grid(visible=False)
        bars = [bar for block in blocks for bar in block.bars]
        left, right = max(bar.left for bar in bars), max(bar.right for bar in bars)
        axes.set_xlim(-left - 0.01, right + 0.01)
        down = 0.0
        for block in blocks:
            down = _draw(axes, block, down) + _GAP
        _headings(axes, sides, any(bar.neutral is not None for bar in bars))
        key(axes, _KEY.format(*sides))
    return axes


class _Bar(NamedTuple):
    """One bar: its group, people, the shares of single answers from the left, and of the three kinds."""

    group: str
    people: float
    shares: tuple[float, ...]
    kinds: tuple[int, ...]
    unfavorable: float
    neutral: float | None
    favorable: float

    @property
    def left(self) -> float:
        return self.unfavorable + (self.neutral or 0.0) / 2

    @property
    def right(self) -> float:
        return self.favorable + (self.neutral or 0.0) / 2


class _Block(NamedTuple):
    """One question: the lines of its text, its bars, and their height."""

    lines: list[str]
    bars: list[_Bar]
    row: float

    @property
    def height(self) -> float:
        return max(_LINE * len(self.lines), self.row * len(self.bars))


def _block(item: pd.DataFrame) -> _Block:
    lines = textwrap.wrap(str(item["text"].iloc[0]), _LETTERS) or [""]
    groups = item.groupby("group", sort=False, observed=True)
    bars = [_bar(str(group), part.sort_values("code")) for group, part in groups]
    return _Block(lines, bars, _TALL if any("\n" in bar.group for bar in bars) else _ROW)


def _bar(group: str, part: pd.DataFrame) -> _Bar:
    """Sort the answers of a group into unfavorable (-1), neutral (0) and favorable (1)."""
    low, high, favorable_from = (float(part[name].iloc[0]) for name in ("low", "high", "favourable_from"))
    middle = (low + high) / 2
    mirrored = middle if math.isnan(favorable_from) else low + high - favorable_from
    kinds = []
    for code in part["code"]:
        favorable = code > middle if math.isnan(favorable_from) else code >= favorable_from
        unfavorable = code < middle if math.isnan(favorable_from) else code <= mirrored
        kinds.append(1 if favorable else -1 if unfavorable else 0)
    shares = tuple(float(share) for share in part["share"].fillna(0))
    sums = {kind: sum(s for s, k in zip(shares, kinds, strict=True) if k == kind) for kind in (-1, 0, 1)}
    people = float(part["answers"].iloc[0])
    neutral = sums[0] if 0 in kinds else None
    lines = "\n".join(wrapped(group, _GROUP, 2))
    return _Bar(lines, people, shares, tuple(kinds), sums[-1], neutral, sums[1])


def _draw(axes: Axes, block: _Block, down: float) -> float:
    """Draw a question from a height on down; return where it ends."""
    top = down + (min(block.row, _LINE * 1.3) - _LINE) / 2
    for place, line in enumerate(block.lines):
        write(axes, 0, top + (place + 0.5) * _LINE, line, fontsize=SMALL)
    for place, bar in enumerate(block.bars):
        height = down + (place + 0.5) * block.row
        write(axes, _NAMES, height, bar.group, linespacing=1.1, fontsize=SMALL, color=MUTED)
        write(axes, _PEOPLE, height, number(bar.people), ha="right", color=MUTED, fontsize=SMALL)
        _segments(axes, bar, height)
        for at, share, weight in (
            (_UNFAVORABLE, bar.unfavorable, "normal"),
            (_NEUTRAL, bar.neutral, "normal"),
            (_FAVORABLE, bar.favorable, "bold"),
        ):
            color = MUTED if at == _NEUTRAL else INK
            words = "" if share is None else percent(share)
            write(axes, at, height, words, ha="right", weight=weight, color=color, fontsize=SMALL)
    foot = down + block.row * len(block.bars)
    axes.vlines(0, down, foot, color=INK, linewidth=0.8, zorder=4)
    return down + block.height


def _segments(axes: Axes, bar: _Bar, height: float) -> None:
    start = -bar.left
    sides = {kind: bar.kinds.count(kind) for kind in (-1, 1)}
    for place, (share, kind) in enumerate(zip(bar.shares, bar.kinds, strict=True)):
        if share > 0:
            outermost = place if kind < 0 else len(bar.shares) - 1 - place
            color = _NEITHER if kind == 0 else _shade(kind, outermost, sides[kind])
            edge = {"edgecolor": "white", "linewidth": 0.7, "hatch": _HATCH if kind < 0 else None}
            axes.barh(height, share, left=start, height=_THICK, color=color, zorder=3, **edge)
        start += share


def _shade(kind: int, outermost: int, steps: int) -> tuple[float, float, float]:
    """Return the color of an answer, paler the nearer to the middle."""
    pale = 0.0 if steps < 2 else _PALEST * outermost / (steps - 1)
    red, green, blue = (c + (1 - c) * pale for c in to_rgb(LIGHT if kind < 0 else _MAIN))
    return red, green, blue


def _headings(axes: Axes, sides: tuple[str, str, str], neutral: bool) -> None:
    above(axes, _PEOPLE, "people", ha="right")
    above(axes, _UNFAVORABLE, sides[0], ha="right", color=INK)
    above(axes, _FAVORABLE, sides[2], ha="right", color=INK)
    if neutral:
        above(axes, _NEUTRAL, sides[1], ha="right")
