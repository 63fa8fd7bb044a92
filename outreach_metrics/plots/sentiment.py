"""Survey scores wave by wave, program against comparison respondents."""

from __future__ import annotations

import math
import re
import textwrap
from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.ticker import MaxNLocator

from outreach_metrics.estimate import Estimate
from outreach_metrics.evidence.wording import label, value
from outreach_metrics.plots.colors import strand_color
from outreach_metrics.plots.page import LIGHT, WIDTH, Margins, look, sheet
from outreach_metrics.plots.rows import nothing

_MAIN = strand_color("sentiment")
ARMS = {
    "program": {"label": "Program respondents", "color": _MAIN, "marker": "o", "markerfacecolor": _MAIN},
    "comparison": {
        "label": "Comparison respondents",
        "color": LIGHT,
        "marker": "s",
        "markerfacecolor": "white",
        "linestyle": (0, (3, 1.2)),
    },
}
_OTHER_ARM = re.compile(r"(.*) \((comparison|partner)\)", re.DOTALL)
_ABREAST = 5
_LETTER, BOLD_LETTER = 0.07, 0.088


def wave_and_arm(group: str) -> tuple[str, str]:
    """Return wave and arm of an estimate's group.

    Examples
    --------
    >>> wave_and_arm("spring (comparison)"), wave_and_arm("spring (2024)")
    (('spring', 'comparison'), ('spring (2024)', 'program'))
    """
    other = _OTHER_ARM.fullmatch(group)
    return (other[1], other[2]) if other else (group, "program")


def sentiment_waves(estimates: Sequence[Estimate], *, title: str, subtitle: str) -> list[Axes]:
    """Draw scores by survey wave with their intervals, a panel a construct.

    Parameters
    ----------
    estimates : sequence of Estimate
        `sentiment_score` of one program; `outcome` is the construct, `group` the wave, with " (comparison)"
        behind it for the comparison arm. Waves come in the order in which they appear.
        An estimate that was not made leaves a gap.
    title, subtitle : str
        The finding; what is measured.

    Returns
    -------
    list of matplotlib.axes.Axes
        One a construct, in order; a single empty one without estimates.
    """
    shown = [e for e in estimates if wave_and_arm(e.group)[1] in ARMS]
    constructs = list(dict.fromkeys(e.outcome for e in shown))
    waves = list(dict.fromkeys(wave_and_arm(e.group)[0] for e in shown))
    rows, columns = _arrangement(len(constructs), waves)
    with look():
        margins = Margins(left=0.34, top=0.72, bottom=0.42)
        grid = sheet(title, subtitle, height=0.62 + 2.05 * rows, margins=margins, columns=columns, rows=rows)
        grid[0, 0].figure.subplots_adjust(wspace=0.12, hspace=0.62)
        panels = list(grid.flat)
        for spare in panels[len(constructs) :]:
            spare.set_axis_off()
        if not any(e.made for e in shown):
            return [nothing(panels[0], "There are no scores to draw.")]
        for panel, construct in zip(panels, constructs, strict=False):
            _panel(panel, construct, [e for e in shown if e.outcome == construct], waves)
        score_axis(panels[0], shown)
        key_of_arms(panels[0], {wave_and_arm(e.group)[1] for e in shown if e.made})
    return panels[: len(constructs)]


def _arrangement(panels: int, waves: Sequence[str]) -> tuple[int, int]:
    """Return rows and columns of panels, as many abreast as leave room for the names of the waves."""
    panels = max(panels, 1)
    longest = max((len(word) for wave in waves for word in wave.split()), default=1)
    needed = max(len(waves), 1) * (longest * _LETTER + 0.08)
    abreast = min(max(int((WIDTH - 0.5) / (needed + 0.1)), 1), _ABREAST)
    rows = math.ceil(panels / abreast)
    return rows, math.ceil(panels / rows)


def _panel(axes: Axes, construct: str, estimates: Sequence[Estimate], waves: Sequence[str]) -> None:
    width = axes.get_window_extent().width / axes.figure.dpi
    axes.set_title(two_lines(label(construct), int(width / BOLD_LETTER)), pad=5)
    for shift, arm in ((-0.06, "program"), (0.06, "comparison")):
        groups = {wave_and_arm(e.group): e for e in estimates if e.made}
        scores = {wave: e for (wave, of), e in groups.items() if of == arm}
        if scores:
            position = np.array([waves.index(wave) for wave in scores]) + shift
            points(axes, position, list(scores.values()), arm)
    axes.set_xlim(-0.45, len(waves) - 0.55)
    letters = int((width / len(waves) - 0.05) / _LETTER)
    axes.set_xticks(range(len(waves)), [two_lines(wave, letters) for wave in waves])


def points(axes: Axes, position: np.ndarray, estimates: Sequence[Estimate], arm: str, **line: Any) -> None:
    """Draw the scores of an arm with their intervals, joined by a line unless its style is another."""
    how = {**{key: setting for key, setting in ARMS[arm].items() if key != "label"}, **line}
    low, middle, high = (
        np.array([getattr(e, name) for e in estimates]) for name in ("conf_low", "estimate", "conf_high")
    )
    axes.vlines(position, low, high, color=how["color"], linewidth=1.4)
    axes.plot(position, middle, linewidth=1.2, markersize=5, markeredgewidth=1.2, **how)


def two_lines(text: str, letters: int) -> str:
    """Break a text into at most two lines of so many letters; what is cut is marked by an ellipsis."""
    letters = max(letters, 2)
    lines = textwrap.wrap(text, letters, break_long_words=False) or [""]
    if len(lines) > 2:
        lines = [lines[0], f"{lines[1]}…"]
    return "\n".join(line if len(line) <= letters + 1 else f"{line[: letters - 1]}…" for line in lines)


def score_axis(axes: Axes, estimates: Sequence[Estimate]) -> None:
    """Set a vertical axis that holds the scores and their intervals, within 0 and 100."""
    numbers = [n for e in estimates if e.made for n in (e.estimate, e.conf_low, e.conf_high) if n == n]
    low, high = max(0.0, min(numbers) - 4), min(100.0, max(numbers) + 4)
    axes.set_ylim(low, high)
    axes.yaxis.set_major_locator(MaxNLocator(5, steps=[1, 2, 5, 10]))
    axes.yaxis.set_major_formatter(lambda tick, _: value(tick, "people"))


def key_of_arms(axes: Axes, arms: set[str], inches: float = 0.66) -> None:
    """Write the marks of the arms so many inches above the axes."""
    handles = [Line2D([], [], markersize=5, linewidth=1.2, **how) for arm, how in ARMS.items() if arm in arms]
    figure = axes.figure
    top = axes.get_position().y1 + inches / figure.get_figheight()
    figure.legend(
        handles=handles,
        loc="upper left",
        bbox_to_anchor=(0.34 / WIDTH - 0.012, top),
        ncols=2,
        borderaxespad=0,
        handlelength=2.4,
    )
