"""Survey scores wave by wave, program against comparison respondents."""

from __future__ import annotations

import math
import re
import textwrap
from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.ticker import MaxNLocator

from outreach_metrics.estimate import Estimate
from outreach_metrics.evidence.wording import label, value
from outreach_metrics.plots.page import DARK, LIGHT, MUTED, WIDTH, Margins, look, sheet

_ARMS = {
    "program": {"label": "Program respondents", "color": DARK, "marker": "o", "markerfacecolor": DARK},
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
_LETTER, _BOLD_LETTER = 0.07, 0.088


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
    shown = [e for e in estimates if wave_and_arm(e.group)[1] in _ARMS]
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
            panels[0].text(0, 0.5, "There are no scores to draw.", transform=panels[0].transAxes, color=MUTED)
            return panels[:1]
        for panel, construct in zip(panels, constructs, strict=False):
            _panel(panel, construct, [e for e in shown if e.outcome == construct], waves)
        _scale(panels[0], shown)
        _key(panels[0], {wave_and_arm(e.group)[1] for e in shown if e.made})
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
    axes.set_title(_lines(label(construct), int(width / _BOLD_LETTER)), pad=5)
    for shift, arm in ((-0.06, "program"), (0.06, "comparison")):
        groups = {wave_and_arm(e.group): e for e in estimates if e.made}
        points = {wave: e for (wave, of), e in groups.items() if of == arm}
        if not points:
            continue
        how = {key: setting for key, setting in _ARMS[arm].items() if key != "label"}
        position = np.array([waves.index(wave) for wave in points]) + shift
        low, middle, high = (
            np.array([getattr(e, name) for e in points.values()])
            for name in ("conf_low", "estimate", "conf_high")
        )
        axes.vlines(position, low, high, color=how["color"], linewidth=1.4)
        axes.plot(position, middle, linewidth=1.2, markersize=5, markeredgewidth=1.2, **how)
    axes.set_xlim(-0.45, len(waves) - 0.55)
    letters = int((width / len(waves) - 0.05) / _LETTER)
    axes.set_xticks(range(len(waves)), [_lines(wave, letters) for wave in waves])


def _lines(text: str, letters: int) -> str:
    """Break a text into at most two lines of so many letters; what is cut is marked by an ellipsis."""
    letters = max(letters, 2)
    lines = textwrap.wrap(text, letters, break_long_words=False) or [""]
    if len(lines) > 2:
        lines = [lines[0], f"{lines[1]}…"]
    return "\n".join(line if len(line) <= letters + 1 else f"{line[: letters - 1]}…" for line in lines)


def _scale(axes: Axes, estimates: Sequence[Estimate]) -> None:
    numbers = [n for e in estimates if e.made for n in (e.estimate, e.conf_low, e.conf_high) if n == n]
    low, high = max(0.0, min(numbers) - 4), min(100.0, max(numbers) + 4)
    axes.set_ylim(low, high)
    axes.yaxis.set_major_locator(MaxNLocator(5, steps=[1, 2, 5, 10]))
    axes.yaxis.set_major_formatter(lambda tick, _: value(tick, "people"))


def _key(axes: Axes, arms: set[str]) -> None:
    handles = [
        Line2D([], [], markersize=5, linewidth=1.2, **how) for arm, how in _ARMS.items() if arm in arms
    ]
    figure = axes.figure
    top = axes.get_position().y1 + 0.66 / figure.get_figheight()
    figure.legend(
        handles=handles,
        loc="upper left",
        bbox_to_anchor=(0.34 / WIDTH - 0.012, top),
        ncols=2,
        borderaxespad=0,
        handlelength=2.4,
    )
