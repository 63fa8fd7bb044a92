"""The page of a chart: size, finding as title, margins in inches, and pictures whose bytes never differ."""

from __future__ import annotations

import io
import textwrap
import warnings
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from html import escape
from pathlib import Path

import numpy as np
import pandas as pd
from matplotlib import rc_context, rcParams, style
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.text import Text
from PIL import Image

from outreach_metrics import words

WIDTH = 7.0
_SHIFTS = np.array([0, 8, 16])
DARK = "#0b4a7f"
LIGHT = "#a84f12"
INK = "#222222"
MUTED = "#595f66"
PALE = "#858c93"
SHADE = "#eef3f7"

_STYLE = Path(__file__).with_name("outreach.mplstyle")
_EDGE = 0.08
_LABEL_GAP = 0.19
_TITLE_LINE, _SUBTITLE_LINE = 0.21, 0.18
_TITLE = "title"
_PRINT = 300
_LEAST_SIZE, _STEP = 2.0, 0.98
"""Points that no text is set smaller than, and how far down at least: widths of letters jump (hinting)."""
_SVG = {"svg.fonttype": "path", "svg.hashsalt": "outreach-metrics"}
"""Letters as outlines, so that a chart looks the same where its font is missing; ids that never differ."""
_NO_FACTS = {"Creator": None, "Date": None, "Format": None, "Type": None}


@contextmanager
def look() -> Iterator[None]:
    """Draw in the package's look, and leave matplotlib's settings as they were."""
    with style.context(_STYLE), warnings.catch_warnings():
        warnings.filterwarnings("ignore", message=r"Glyph .* missing from font")
        yield


@dataclass(frozen=True, slots=True, kw_only=True)
class Margins:
    """Space around the plotting area, in inches; title and subtitle come on top of `top`."""

    left: float = 0.45
    right: float = 0.15
    top: float = 0.14
    bottom: float = 0.3


def sheet(title: str, subtitle: str, *, height: float, margins: Margins, columns: int = 1, rows: int = 1):
    """Return a figure's Axes, shape (rows, columns), below a title and a subtitle set flush left.

    Parameters
    ----------
    title : str
        The finding.
    subtitle : str
        What is measured, with its unit.
    height : float
        Height of the plotting area and its margins in inches, without title and subtitle.
    margins : Margins
    columns, rows : int
        Panels abreast and below each other.
    """
    heading = _balanced(words.say(title), 68)
    below = textwrap.wrap(words.say(subtitle), 96)
    head = _EDGE + _TITLE_LINE * len(heading) + _SUBTITLE_LINE * len(below) + 0.04
    full = height + head
    figure = Figure(figsize=(WIDTH, full))
    FigureCanvasAgg(figure)
    above = figure.text(
        0.0, 1 - _EDGE / full, "\n".join(heading), size=11.3, weight="bold", va="top", linespacing=1.25
    )
    above.set_gid(_TITLE)
    under = 1 - (_EDGE + _TITLE_LINE * len(heading) + 0.03) / full
    figure.text(0.0, under, "\n".join(below), size=9.2, color=MUTED, va="top", linespacing=1.3)
    axes = figure.subplots(rows, columns, squeeze=False, sharey=columns * rows > 1)
    figure.subplots_adjust(
        left=margins.left / WIDTH,
        right=1 - margins.right / WIDTH,
        top=1 - (head + margins.top) / full,
        bottom=margins.bottom / full,
    )
    return axes


def _balanced(text: str, most: int) -> list[str]:
    """Wrap text into as few lines as it takes, of about the same length."""
    lines = textwrap.wrap(text, most) or [""]
    shorter = most
    while len(lines) > 1 and len(textwrap.wrap(text, shorter - 1)) == len(lines):
        shorter -= 1
    return textwrap.wrap(text, shorter) or [""]


def text_width(text: Text) -> float:
    """Return the width of a text in inches."""
    figure = text.figure
    return text.get_window_extent(figure.canvas.get_renderer()).width / figure.dpi


def fit(text: Text, inches: float) -> Text:
    """Shorten a text until it is no wider than the inches given; the cut is marked by an ellipsis."""
    whole = text.get_text()
    keep = len(whole)
    while keep > 1 and text_width(text) > inches:
        keep = min(keep - 1, int(keep * inches / text_width(text)) + 1)
        text.set_text(whole[:keep].rstrip() + "…")
    return text


def shrink(text: Text, inches: float) -> Text:
    """Set a text smaller where it would be wider than the inches given; for numbers, that must not be cut."""
    while text_width(text) > inches and text.get_fontsize() > _LEAST_SIZE:
        smaller = text.get_fontsize() * min(inches / text_width(text), _STEP)
        text.set_fontsize(max(smaller, _LEAST_SIZE))
    return text


def png(axes: Axes) -> bytes:
    """Return the chart that the Axes belong to as a PNG of 192 dpi, the same bytes for the same chart.

    A chart has a handful of colors and their blends at the edges: the 256 that it has most often hold nearly
    all of it, in a third of the bytes.

    Parameters
    ----------
    axes : matplotlib.axes.Axes

    Examples
    --------
    >>> with look():
    ...     axes = sheet("Crime fell", "per 1,000", height=2.0, margins=Margins())[0, 0]
    >>> png(axes)[1:4]
    b'PNG'
    """
    return _png(axes)


def print_png(axes: Axes) -> bytes:
    """Return the chart as a PNG of 300 dpi, for print; see `png`."""
    return _png(axes, dpi=_PRINT)


def below_title(axes: Axes, picture: bytes) -> bytes:
    """Return the PNG that `print_png` made of a chart without the finding above it, as a slide has it."""
    (title,) = axes.figure.findobj(lambda artist: artist.get_gid() == _TITLE)
    lines = title.get_text().count("\n") + 1
    whole, written = Image.open(io.BytesIO(picture)), io.BytesIO()
    above = round((_EDGE + _TITLE_LINE * lines) * _PRINT)
    whole.crop((0, above, *whole.size)).save(written, "PNG", dpi=whole.info["dpi"])
    return written.getvalue()


def _png(axes: Axes, dpi: float | None = None) -> bytes:
    drawn, written = io.BytesIO(), io.BytesIO()
    figure = axes.figure
    with look():
        _translate(figure)
        dpi = dpi or rcParams["savefig.dpi"]
        figure.savefig(drawn, format="rgba", dpi=dpi)
    pixels = np.frombuffer(drawn.getbuffer(), dtype="<u4")
    with_palette(pixels.reshape(-1, round(figure.get_figwidth() * dpi))).save(written, "PNG", dpi=(dpi, dpi))
    return written.getvalue()


def _translate(figure: Figure) -> None:
    """Say the texts of a chart in the language in use, smaller where they would leave the chart.

    Title and subtitle were said when they were set.
    """
    if not words.in_use().phrasebook:
        return
    for text in figure.findobj(Text):
        english = text.get_text()
        text.set_text(words.say(english))
        if text.get_text() != english:
            box = text.get_window_extent()
            outside = max(-box.x0, box.x1 - figure.bbox.x1, 0) / figure.dpi
            shrink(text, box.width / figure.dpi - outside)


def with_palette(pixels: np.ndarray) -> Image.Image:
    """Return a picture with a palette of its 256 most frequent colors; others become the nearest.

    Parameters
    ----------
    pixels : ndarray of uint32, shape (height, width)
        Red in the lowest byte, then green and blue; what is in the highest is not looked at.
    """
    place, found = pd.factorize(pixels.ravel())
    colors = found[:, None] >> _SHIFTS & 255
    often = np.lexsort((*colors.T, -np.bincount(place)))
    palette = colors[often[:256]]
    nearest = ((palette**2).sum(axis=1) - 2 * colors @ palette.T).argmin(axis=1).astype(np.uint8)
    made = Image.fromarray(nearest[place].reshape(pixels.shape))
    made.putpalette(palette.astype(np.uint8).tobytes())
    return made


def svg(axes: Axes, *, title: str, description: str) -> bytes:
    """Return the chart as an SVG, the same bytes for the same chart.

    Parameters
    ----------
    axes : matplotlib.axes.Axes
    title, description : str
        What it is, and what a person who does not see it has to know: its `<title>` and `<desc>`.

    Examples
    --------
    >>> with look():
    ...     axes = sheet("Crime fell", "per 1,000", height=2.0, margins=Margins())[0, 0]
    >>> b'<desc id="description">A line that falls.</desc>' in svg(
    ...     axes, title="Crime fell", description="A line that falls.")
    True
    """
    drawn = io.StringIO()
    with look(), rc_context(_SVG):
        _translate(axes.figure)
        axes.figure.savefig(drawn, format="svg", metadata=_NO_FACTS)
    head, opening, body = drawn.getvalue().partition("<svg ")
    attributes, _, rest = body.partition(">")
    told = f'<title id="title">{escape(title)}</title>\n <desc id="description">{escape(description)}</desc>'
    role = 'role="img" aria-labelledby="title" aria-describedby="description"'
    return f"{head}{opening}{attributes} {role}>\n {told}{rest}".encode()


def label_ends(axes: Axes, ends: Iterable[tuple[float, str, str]], *, bold: str = "") -> None:
    """Write the name of each line beside its last point, moved apart where names would touch.

    Parameters
    ----------
    axes : matplotlib.axes.Axes
        With its final limits.
    ends : iterable of (height, name, color)
    bold : str
        The color whose names are set bold; all of them when empty.
    """
    inches = axes.get_window_extent().height / axes.figure.dpi
    low, high = axes.get_ylim()
    gap = _LABEL_GAP * (high - low) / inches
    position = low - gap
    for value, label, color in sorted(ends):
        position = max(value, position + gap)
        axes.annotate(
            label,
            (1, position),
            xycoords=axes.get_yaxis_transform(),
            xytext=(6, 0),
            textcoords="offset points",
            color=color,
            weight="bold" if bold in ("", color) else "normal",
            va="center",
            annotation_clip=False,
        )
