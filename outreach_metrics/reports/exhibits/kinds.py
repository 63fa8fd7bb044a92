"""The three things that a notebook cell ends in: a Figure, a Table, or Prose. All text is escaped here."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from html import escape
from string import ascii_lowercase
from textwrap import wrap
from typing import TYPE_CHECKING

from outreach_metrics.evidence.wording import MISSING
from outreach_metrics.plots.page import png

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

_HEADING_LETTERS = 18


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Figure:
    """A chart with what belongs to it; it is drawn when its picture is asked for.

    Parameters
    ----------
    axes : matplotlib.axes.Axes
        Any of the chart's.
    name : str
        Short, for files: lower-case words with hyphens ("crime-forest").
    title : str
        The finding, as it stands above the chart.
    alt : str
        What a person who does not see the chart has to know.
    caption : str
        How to read it; the number is put in at rendering.
    data : pandas.DataFrame
        The numbers that are drawn, unrounded, a row a mark; never one that is kept back.
    source : str
        Where the data come from.
    strand : str
        The strand of evidence that it is about; empty for several.
    """

    axes: Axes
    name: str
    title: str
    alt: str
    caption: str
    data: pd.DataFrame
    source: str = ""
    strand: str = ""

    @property
    def image(self) -> bytes:
        """The chart as a PNG."""
        return png(self.axes)

    def _repr_mimebundle_(self, include=None, exclude=None) -> tuple[dict, dict]:
        data = {"image/png": b64encode(self.image).decode("ascii"), "text/plain": self.alt}
        return data, {"image/png": {"alt": self.alt, "caption": self.caption, "source": self.source}}


@dataclass(frozen=True, slots=True)
class Cell:
    """One cell of a table: its text, and a note that is printed below the table."""

    text: str
    note: str = ""


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a table: its heading, its unit, and whether it holds numbers."""

    heading: str
    unit: str = ""
    number: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """A table with caption, units in the heading, row headings and notes below.

    Parameters
    ----------
    caption : str
        What the table holds; the number is put in at rendering.
    columns : sequence of Column
        The first is the heading of each row.
    rows : sequence of sequence of Cell or str
    notes : sequence of str
        Printed below, before the notes of single cells.

    Examples
    --------
    >>> table = Table(caption="Events", columns=[Column("Kind", number=False), Column("Held")],
    ...               rows=[["Forum", Cell("–", "Nobody counted.")]])
    >>> "Nobody counted." in table.html and '<th scope="row">Forum</th>' in table.html
    True
    """

    caption: str
    columns: Sequence[Column]
    rows: Sequence[Sequence[Cell | str]]
    notes: Sequence[str] = ()

    @property
    def html(self) -> str:
        """The table as HTML."""
        marks = self._marks()
        head = "".join(_heading(column) for column in self.columns)
        body = "".join(f"<tr>{self._row(row, marks)}</tr>" for row in self.rows)
        return (
            f'<table class="exhibit"><caption>{escape(self.caption)}</caption>'
            f"<thead><tr>{head}</tr></thead><tbody>{body}</tbody>{self._foot(marks)}</table>"
        )

    def _marks(self) -> dict[str, str]:
        notes = dict.fromkeys(cell.note for row in self.rows for cell in row if isinstance(cell, Cell))
        return {note: _mark(position) for position, note in enumerate(note for note in notes if note)}

    def _row(self, row: Sequence[Cell | str], marks: dict[str, str]) -> str:
        cells = [cell if isinstance(cell, Cell) else Cell(cell) for cell in row]
        first, *others = (_content(cell, marks) for cell in cells)
        kinds = [' class="number"' if column.number else "" for column in self.columns[1:]]
        data = "".join(f"<td{kind}>{text}</td>" for kind, text in zip(kinds, others, strict=True))
        return f'<th scope="row">{first}</th>{data}'

    def _foot(self, marks: dict[str, str]) -> str:
        lines = [escape(note) for note in self.notes]
        lines += [f"<sup>{mark}</sup> {escape(note)}" for note, mark in marks.items()]
        if not lines:
            return ""
        text = f'<p class="fact">{"<br>".join(lines)}</p>'
        return f'<tfoot><tr><td colspan="{len(self.columns)}">{text}</td></tr></tfoot>'

    def _repr_mimebundle_(self, include=None, exclude=None) -> dict[str, str]:
        lines = [
            " | ".join(cell.text if isinstance(cell, Cell) else cell for cell in row) for row in self.rows
        ]
        return {"text/html": self.html, "text/plain": "\n".join([self.caption, *lines])}


def _mark(position: int) -> str:
    return ascii_lowercase[position] if position < 26 else str(position - 25)


def _heading(column: Column) -> str:
    unit = f"<br><small>{_wrapped(column.unit)}</small>" if column.unit else ""
    kind = ' class="number"' if column.number else ""
    return f'<th scope="col"{kind}>{_wrapped(column.heading)}{unit}</th>'


def _wrapped(heading: str) -> str:
    """Break a heading into short lines, so that it does not make its column wider than its numbers."""
    return "<br>".join(escape(line) for line in wrap(heading, _HEADING_LETTERS))


def _content(cell: Cell, marks: dict[str, str]) -> str:
    text = escape(cell.text or MISSING)
    return f"{text}<sup>{marks[cell.note]}</sup>" if cell.note else text


@dataclass(frozen=True, slots=True)
class Prose:
    """Text as HTML that is safe already; made by `paragraphs`, `bullets` and `definitions`."""

    html: str
    plain: str

    def _repr_mimebundle_(self, include=None, exclude=None) -> dict[str, str]:
        return {"text/html": self.html, "text/plain": self.plain}


def paragraphs(*texts: str, kind: str = "") -> Prose:
    """Return texts as paragraphs; `kind` is their class in the style sheet.

    Examples
    --------
    >>> paragraphs("a < b").html
    '<p>a &lt; b</p>'
    """
    opening = f'<p class="{kind}">' if kind else "<p>"
    return Prose("\n".join(f"{opening}{escape(text)}</p>" for text in texts), "\n".join(texts))


def bullets(texts: Iterable[str], *, lead: str = "") -> Prose:
    """Return texts as a list, below a leading sentence."""
    texts = list(texts)
    items = "".join(f"<li>{escape(text)}</li>" for text in texts)
    opening = f"<p>{escape(lead)}</p>" if lead else ""
    return Prose(f"{opening}<ul>{items}</ul>", "\n".join([*filter(None, [lead]), *(f"- {t}" for t in texts)]))


def definitions(entries: Iterable[tuple[str, Sequence[str]]]) -> Prose:
    """Return terms, each with a plain sentence and, in smaller type, the others.

    Examples
    --------
    >>> definitions([("Mean", ["The average.", "With a t interval."])]).plain
    'Mean: The average. With a t interval.'
    """
    entries = list(entries)
    html = "".join(
        f"<dt><strong>{escape(term)}</strong></dt><dd>{_told(texts)}</dd>" for term, texts in entries
    )
    plain = "\n".join(f"{term}: {' '.join(texts)}" for term, texts in entries)
    return Prose(f"<dl>{html}</dl>", plain)


def _told(texts: Sequence[str]) -> str:
    small = f'<br><small class="fact">{escape(" ".join(texts[1:]))}</small>' if len(texts) > 1 else ""
    return f"{escape(texts[0])}{small}"
