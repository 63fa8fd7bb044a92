"""The main color of each strand of evidence, the same in its charts, its sections and on the index.

Rules, held by `tests/plots/test_colors.py`:

- Dark enough for text on white: a contrast of 7 to 1 at least, more than the 4.5 that WCAG 2.2 AA asks for.
- Of about the same lightness, so that no strand looks weightier and a print in grey loses nothing.
- Apart from the color of comparisons (`LIGHT`), which stands beside it in one chart, also for readers with
  protanopia, deuteranopia or tritanopia.
- Apart from each other for most readers, and as far as seven dark colors can be for those three.

The heading tells whose strand it is, shape and label whose line it is: never color alone.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from matplotlib.colors import to_hex, to_rgb

from outreach_metrics.plots.page import DARK

STRAND_COLORS: Mapping[str, str] = MappingProxyType(
    {
        "crime": DARK,
        "attendance": "#044c34",
        "sentiment": "#551fa1",
        "partnership": "#880d7f",
        "cost": "#5b3f01",
        "responsiveness": "#8d0b3b",
        "outcome": "#253cc3",
    }
)


def strand_color(strand: str) -> str:
    """Return the main color of a strand; of what is about several, or none (""), the package's dark one.

    Raises
    ------
    KeyError
        No such strand.

    Examples
    --------
    >>> strand_color("crime") == strand_color("") != strand_color("cost")
    True
    """
    return STRAND_COLORS[strand] if strand else DARK


def tint(color: str, strength: float) -> str:
    """Return a color mixed with white, for faces of bars whose outline has the color itself.

    Parameters
    ----------
    color : str
        As matplotlib reads it.
    strength : float
        From 0 (white) to 1 (the color).

    Examples
    --------
    >>> tint("#004080", 0.5), tint("#004080", 0.0)
    ('#80a0c0', '#ffffff')
    """
    return to_hex([1 - strength * (1 - part) for part in to_rgb(color)])
