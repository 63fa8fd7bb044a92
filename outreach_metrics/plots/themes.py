"""What comments are about, wave by wave."""

from __future__ import annotations

from collections.abc import Sequence

from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator

from outreach_metrics.estimate import Estimate
from outreach_metrics.evidence.wording import interval_level, label, percent
from outreach_metrics.plots.colors import strand_color
from outreach_metrics.plots.page import LIGHT, MUTED, WIDTH, Margins, look
from outreach_metrics.plots.rows import above, nothing, rows_sheet, whisker, wrapped, write, write_numbers

_MAIN = strand_color("sentiment")
_ROW, _GAP = 0.2, 0.1
_WAVE, _LEFT, _RIGHT = 2.05, 3.2, 1.45
_NUMBERS, _LETTERS = 5.65, 25


def theme_bars(shares: Sequence[Estimate], *, title: str, subtitle: str) -> Axes:
    """Draw the share of comments on each theme with its interval, a row a wave, the largest theme first.

    Parameters
    ----------
    shares : sequence of Estimate
        Of unit "share": `outcome` is the theme, `group` the wave (empty for all comments), in the order of
        the waves. Estimates that were not made (suppressed, too few comments) are not drawn.
    title, subtitle : str
        The finding; what is measured.

    Returns
    -------
    matplotlib.axes.Axes
        Without shares, axes that say so. Themes are sorted by their share in the last wave.
    """
    made = [share for share in shares if share.made]
    waves = list(dict.fromkeys(share.group for share in made))
    themes = _sorted(made, waves)
    named = any(waves)
    left = _LEFT if named else _WAVE
    with look():
        margins = Margins(left=left, right=_RIGHT, top=0.24, bottom=0.3)
        height = len(made) * _ROW + len(themes) * _GAP
        axes = rows_sheet(title, subtitle, inches=height, margins=margins)
        if not made:
            return nothing(axes, "There are no themes to draw.")
        _scale(axes, made)
        down = 0.0
        for place, theme in enumerate(themes):
            rows = sorted((s for s in made if s.outcome == theme), key=lambda s: waves.index(s.group))
            size = len(rows) * _ROW + _GAP
            if place % 2 == 0:
                axes.axhspan(down, down + size, color="#f6f7f8", zorder=0, linewidth=0)
            first = down + (_GAP + _ROW) / 2
            for step, line in enumerate(wrapped(label(theme), _LETTERS, len(rows))):
                write(axes, 0, first + step * _ROW, line, weight="bold" if named else "normal")
            for step, share in enumerate(rows):
                _row(axes, share, first + step * _ROW, waves)
            down += size
        above(axes, _NUMBERS, f"Share ({interval_level(made[0])})")
    return axes


def _sorted(made: Sequence[Estimate], waves: Sequence[str]) -> list[str]:
    """Return the themes, the largest of the last wave first, then those that are only in earlier ones."""
    ordered = sorted(made, key=lambda share: waves.index(share.group))
    latest = {share.outcome: (waves.index(share.group), share.estimate) for share in ordered}
    return sorted(latest, key=lambda theme: (-latest[theme][0], -latest[theme][1], theme))


def _scale(axes: Axes, made: Sequence[Estimate]) -> None:
    highest = max(n for share in made for n in (share.estimate, share.conf_high) if n == n)
    axes.set_xlim(0, min(highest * 1.06, 1.0) or 1.0)
    axes.xaxis.set_major_locator(MaxNLocator(5, steps=[1, 2, 5, 10]))
    axes.xaxis.set_major_formatter(lambda tick, _: percent(tick))
    axes.grid(visible=True, axis="x")
    axes.grid(visible=False, axis="y")


def _row(axes: Axes, share: Estimate, height: float, waves: Sequence[str]) -> None:
    """Draw one share: filled and round in the last wave, hollow and square before."""
    last = share.group == waves[-1]
    if share.group:
        write(axes, _WAVE, height, share.group, room=_LEFT - _WAVE - 0.1, color=MUTED)
    color = _MAIN if last else LIGHT
    whisker(axes, height, share.conf_low, share.conf_high, color=color)
    mark = {"markersize": 5.5, "markeredgecolor": color, "markeredgewidth": 1.4, "clip_on": False}
    face = color if last else "white"
    axes.plot(share.estimate, height, "o" if last else "s", markerfacecolor=face, zorder=4, **mark)
    words = percent(share.estimate)
    if share.conf_low == share.conf_low:
        words += f" ({percent(share.conf_low)} to {percent(share.conf_high)})"
    write_numbers(
        axes,
        _NUMBERS,
        height,
        words,
        WIDTH - _NUMBERS,
        weight="bold" if last and len(waves) > 1 else "normal",
    )
