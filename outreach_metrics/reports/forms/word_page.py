"""A report's page made plain for pandoc: styles by name, pictures as files, notes below tables, contents."""

from __future__ import annotations

import re
from base64 import b64decode
from dataclasses import dataclass
from math import sqrt
from pathlib import Path

from bs4 import BeautifulSoup, Tag

from outreach_metrics.reports.render import RenderingError

_LEFT_OUT = ".skip, script, style, link, iframe, object, embed, template, [hidden], footer"
_STYLES = {"kicker": "Kicker", "byline": "Byline", "answer": "Answer", "intro": "Intro", "fact": "Fact"}
"""Class of a paragraph -> its style in Word."""
_HEADINGS = {"h2": "h1", "h3": "h2", "h4": "h3", "h5": "h4"}
_ENTRY = "toc 1"
_INTERVAL = re.compile(r"\([−+$]?[\d.,]+%? to [−+$]?[\d.,]+%?\)")
_IN_THE_PAGE = re.compile(r"data:image/\w+;base64,")
_PIXELS = 96
_WIDEST, _WIDEST_BRIEF, _TALLEST = 5.6, 4.9, 7.2
"""Inches of a picture, so that its letters are as large as those of tables and its page has room for more."""
_LETTERS = 17.0
"""Letters of a table's text that go into an inch."""
_GAP, _MOST_LETTERS, _SHORT_UNIT, _WIDE = 1.6, 42, 20, 1.15
"""Letters between columns, of a number and a unit on one line at most; width of letters in other fonts."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WordPage:
    """A page for pandoc, and what stands in the document's properties."""

    html: str
    title: str
    imprint: str
    author: str
    language: str
    brief: bool = False


def word_page(html: str, folder: Path, width: float) -> WordPage:
    """Return a page as pandoc turns it into Word best.

    Parameters
    ----------
    html : str
    folder : pathlib.Path
        Its pictures are written there.
    width : float
        Width of the text in inches; no picture is wider.

    Raises
    ------
    RenderingError
        A picture is not in the page itself.
    """
    page = BeautifulSoup(html, "html.parser")
    title = page.title.get_text(strip=True) if page.title else ""
    author = page.find("meta", attrs={"name": "author"})
    language = str(page.html.get("lang", "en")) if page.html else "en"
    body = page.body or page
    imprint = [tag.get_text(strip=True) for tag in body.select("footer p:not(:has(a))")]
    brief = "brief" in body.get("class", [])
    for tag in body.select(_LEFT_OUT):
        tag.decompose()
    for picture in body.find_all("img"):
        if not _IN_THE_PAGE.match(str(picture.get("src", ""))):
            raise RenderingError(f"a report must not load {picture.get('src')}")
    for place, figure in enumerate(body.select("figure:has(img)"), start=1):
        widest = min(width, _WIDEST_BRIEF if brief else _WIDEST)
        _figure(page, figure, folder / f"picture-{place}", widest)
    for table in body.find_all("table"):
        _table(page, table, width)
    for contents in body.find_all("nav"):
        _contents(page, contents)
    for glossary in body.select(".glossary dl"):
        _glossary(glossary)
    _words(page, body)
    return WordPage(
        html=f"<html><body>{body.decode_contents()}</body></html>",
        title=title,
        imprint=" · ".join(filter(None, imprint)),
        author=str(author.get("content", "")) if author else "",
        language=language,
        brief=brief,
    )


def _figure(page: BeautifulSoup, figure: Tag, path: Path, width: float) -> None:
    """Make a figure a paragraph with its picture, and one with its caption."""
    picture = figure.find("img")
    kind, _, content = str(picture["src"]).partition(";base64,")
    path = path.with_suffix(f".{kind.removeprefix('data:image/')}")
    path.write_bytes(b64decode(content))
    across, down = (float(picture[side]) / _PIXELS for side in ("width", "height"))
    scale = min(1, width / across, _TALLEST / down)
    attributes = {"src": path.name, "alt": picture["alt"]}
    sizes = {"width": f"{across * scale:.3f}in", "height": f"{down * scale:.3f}in"}
    shown = _styled(page, "Picture")
    shown.append(page.new_tag("img", attrs=attributes | sizes))
    caption = figure.find("figcaption")
    if caption is not None:
        source = caption.find(class_="source")
        if source is not None:
            source.insert_before(page.new_tag("br"))
        _restyle(caption, "Image Caption")
        figure.insert_after(caption.extract())
    figure.replace_with(shown)


def _table(page: BeautifulSoup, table: Tag, width: float) -> None:
    """Give a table widths of columns and sides of numbers, and put its notes below it."""
    for cell in table.select("th.number, td.number"):
        cell["style"] = "text-align: right"
    if table.tfoot is not None:
        notes = table.tfoot.extract()
        for note in reversed(notes.find_all("p") or notes.find_all("td")):
            _restyle(note, "Table Note")
            table.insert_after(note.extract())
    _free_headings(table)
    for text in [text for cell in table.find_all("td") for text in cell.find_all(string=_INTERVAL)]:
        text.replace_with(_INTERVAL.sub(_unbroken, text))
    rows = [row.find_all(["th", "td"]) for row in table.find_all("tr")]
    widths = _widths(rows, width * _LETTERS)
    if widths and table.colgroup is None:
        columns = page.new_tag("colgroup")
        for share in widths:
            columns.append(page.new_tag("col", attrs={"style": f"width: {share:.1%}"}))
        (table.caption or table).insert_after(columns) if table.caption else table.insert(0, columns)


def _free_headings(table: Tag) -> None:
    """Let units and the headings of texts, which a page breaks by hand, run as wide as their columns."""
    for mark in table.select("thead small br, thead th:not(.number) > br:not(:has(+ small))"):
        mark.replace_with(" ")
    table.smooth()


def _unbroken(interval: re.Match[str]) -> str:
    return interval[0].replace(" ", "\N{NO-BREAK SPACE}")


def _widths(rows: list[list[Tag]], letters: float) -> list[float]:
    """Return the share of each column: what it cannot do without, the rest by what its text would take.

    A number stands on one line with its interval, unless the columns are too many for that.
    """
    count = max(map(len, rows), default=0)
    even = [row for row in rows if len(row) == count and not any(cell.get("colspan") for cell in row)]
    if not even:
        return []
    columns = list(zip(*even, strict=True))
    needed = [max(_least(cell, whole=True) for cell in column) for column in columns]
    if sum(needed) > letters:
        needed = [max(_least(cell, whole=False) for cell in column) for column in columns]
    wanted = [max(map(_wanted, column)) for column in columns]
    further = [max(want - need, 0.0) for want, need in zip(wanted, needed, strict=True)]
    room = max(letters - sum(needed), 0.0)
    weights = further if room >= sum(further) else [sqrt(more) for more in further]  # no text takes it all
    spread = sum(weights) or 1.0
    given = [min(room, sum(further)) * weight / spread for weight in weights]
    total = sum(needed) + sum(given)
    return [(need + more) / total for need, more in zip(needed, given, strict=True)]


def _least(cell: Tag, *, whole: bool) -> float:
    """Return the letters on a line that a cell cannot do without: those of a number, or of a word."""
    longest = _longest(cell)
    kept = whole and _is_number(cell) and longest <= _MOST_LETTERS
    word = max(map(len, re.split(r"[ \n]", cell.get_text(" "))))
    return max(longest if kept else 0, word * _WIDE) + _GAP


def _wanted(cell: Tag) -> float:
    """Return the letters that a text would take on one line, within reason; a number has what it needs."""
    return 0.0 if _is_number(cell) else min(_longest(cell), _MOST_LETTERS * 3) + _GAP


def _longest(cell: Tag) -> int:
    """Return the letters of the longest line; a long unit below a heading runs over as many as it takes."""
    lines = [
        line
        for text in cell.find_all(string=True)
        for line in text.split("\n")
        if len(line) <= _SHORT_UNIT or text.find_parent("small") is None
    ]
    return max(map(len, lines), default=0)


def _is_number(cell: Tag) -> bool:
    return "number" in cell.get("class", [])


def _contents(page: BeautifulSoup, contents: Tag) -> None:
    """Make the contents paragraphs of links, in the styles that Word has for them."""
    for heading in contents.find_all("h2"):
        _restyle(heading, "TOC Heading")
    for link in contents.find_all("a"):
        entry = _styled(page, _ENTRY)
        link.find_parent("ol").insert_before(entry)
        entry.append(link.extract())
    for entries in contents.find_all("ol"):
        entries.decompose()
    contents.unwrap()


def _glossary(terms: Tag) -> None:
    """Tell the terms of a report, which stand closer, from other terms and what they mean."""
    for name, style in {"dt": "Glossary Term", "dd": "Glossary"}.items():
        for tag in terms.find_all(name):
            _restyle(tag, style)
    terms.unwrap()


def _words(page: BeautifulSoup, body: Tag) -> None:
    """Name the style of every paragraph and word that has one, and leave out links within the page."""
    for link in body.select(f'a:not([data-custom-style="{_ENTRY}"] > a)'):
        if not re.match(r"https?:|mailto:", str(link.get("href", ""))):
            link.unwrap()
    for title in body.find_all("h1"):
        _restyle(title, "Title")
    for name, heading in _HEADINGS.items():
        for tag in body.find_all(name):
            tag.name = heading
    for name, style in _STYLES.items():
        for tag in body.select(f"p.{name}"):
            _restyle(tag, style)
    for tag in body.find_all("small") + body.select("span.source"):
        tag.name = "span"
        tag.attrs = {"data-custom-style": "Small"}
    for tag in body.select("span.number"):
        tag.name = "strong"
    for tag in body.select("header, main, dt > strong, .picture, .scroll"):
        tag.unwrap()
    for tag in body.select("[data-custom-style]"):
        if not (tag.get_text(strip=True) or tag.find("img")):
            tag.decompose()


def _restyle(tag: Tag, style: str) -> None:
    tag.name = "div"
    tag.attrs = {"data-custom-style": style}


def _styled(page: BeautifulSoup, style: str) -> Tag:
    return page.new_tag("div", attrs={"data-custom-style": style})
