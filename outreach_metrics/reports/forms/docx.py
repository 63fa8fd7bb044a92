"""A report's page -> a Word document with real headings, tables and described pictures, by pandoc.

Three steps: the page is made plain (`word_page`), pandoc turns it into Word in the look of `word/styles.xml`,
and what pandoc has no words for (rows that stay together, headings of rows) is put in.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cache
from html import escape
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from outreach_metrics.reports.forms import PAGE_SIZES, require
from outreach_metrics.reports.forms.archive import CORE_PART, core_properties, read_parts, write_parts
from outreach_metrics.reports.words import read_words

if TYPE_CHECKING:
    from lxml.etree import _Element

    from outreach_metrics.reports.forms.word_page import WordPage

STYLES = Path(__file__).parent / "word" / "styles.xml"
MARGIN = 1.0
"""Inches on each side."""

_TWIPS = 1440
_MAIN = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
_RELATIONS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_DRAWING = "http://schemas.openxmlformats.org/drawingml/2006"
_NAMES = {"w": _MAIN, "wp": f"{_DRAWING}/wordprocessingDrawing", "pic": f"{_DRAWING}/picture"}
_FOOTER_TYPE = "application/vnd.openxmlformats-officedocument.wordprocessingml.footer+xml"
_MOST_KEPT = 16
"""Rows of a table that is kept on one page; a longer one may go on over the page, its heading repeated."""
_SPACED = ("BodyText", "FirstParagraph", "Fact")
_AFTER_TABLE, _AFTER_TABLE_BRIEF = "220", "60"


def docx(html: str, page: str = "letter") -> bytes:
    """Return a page as a Word document; title, language and author are those of the page.

    Parameters
    ----------
    html : str
        Self-contained: everything in it, pictures too.
    page : {"letter", "A4"}

    Returns
    -------
    bytes
        The same for the same page.

    Raises
    ------
    MissingFormError
        Pandoc, or a library beside it, is not there.
    RenderingError
        The page would load something from elsewhere.
    """
    require(["docx"])
    import pypandoc

    from outreach_metrics.reports.forms.word_page import word_page

    with TemporaryDirectory(prefix="outreach-metrics-") as scratch:
        folder, width = Path(scratch), PAGE_SIZES[page][0] - 2 * MARGIN
        plain = word_page(html, folder, width)
        reference, target = folder / "reference.docx", folder / "report.docx"
        reference.write_bytes(_reference(plain, page))
        pypandoc.convert_text(
            plain.html,
            "docx",
            format="html",
            outputfile=str(target),
            extra_args=[f"--resource-path={folder}", f"--reference-doc={reference}"],
        )
        parts = read_parts(target.read_bytes())
    parts["word/document.xml"] = _finished(parts["word/document.xml"], round(width * _TWIPS), plain.brief)
    parts[CORE_PART] = core_properties(title=plain.title, author=plain.author, language=plain.language)
    return write_parts(parts)


@cache
def _pandoc_reference() -> dict[str, bytes]:
    """Return the parts of the document that pandoc takes its look from when it is given none."""
    import subprocess

    import pypandoc

    told = [pypandoc.get_pandoc_path(), "--print-default-data-file", "reference.docx"]
    return read_parts(subprocess.run(told, capture_output=True, check=True).stdout)


def _reference(plain: WordPage, page: str) -> bytes:
    """Return an empty document with the look, the page and the footer of a report."""
    parts = dict(_pandoc_reference())
    spoken = "en-US" if plain.language == "en" else plain.language
    styles = STYLES.read_text(encoding="utf-8").replace('w:val="en-US"', f'w:val="{spoken}"')
    parts["word/styles.xml"] = (_closer(styles) if plain.brief else styles).encode()
    relations = parts["word/_rels/document.xml.rels"].decode()
    footer = f'<Relationship Type="{_RELATIONS}/footer" Id="rIdFooter" Target="footer1.xml" />'
    parts["word/_rels/document.xml.rels"] = relations.replace(
        "</Relationships>", f"{footer}</Relationships>"
    ).encode()
    types = parts["[Content_Types].xml"].decode()
    override = f'<Override PartName="/word/footer1.xml" ContentType="{_FOOTER_TYPE}" />'
    parts["[Content_Types].xml"] = types.replace("</Types>", f"{override}</Types>").encode()
    width, height = (round(side * _TWIPS) for side in PAGE_SIZES[page])
    margin = round(MARGIN * _TWIPS)
    sides = " ".join(f'w:{side}="{margin}"' for side in ("top", "right", "bottom", "left"))
    parts["word/document.xml"] = (
        f'<w:document xmlns:w="{_MAIN}" xmlns:r="{_RELATIONS}"><w:body><w:p /><w:sectPr>'
        '<w:footerReference w:type="default" r:id="rIdFooter" />'
        f'<w:pgSz w:w="{width}" w:h="{height}" />'
        f'<w:pgMar {sides} w:header="720" w:footer="576" w:gutter="0" />'
        "</w:sectPr></w:body></w:document>"
    ).encode()
    parts["word/footer1.xml"] = _footer(plain, width - 2 * margin)
    return write_parts(parts)


def _closer(styles: str) -> str:
    """Return the same look in smaller type and with less space, for what is to fit few pages."""

    def scaled(share: float, least: int) -> Callable[[re.Match[str]], str]:
        return lambda found: f'{found[1]}"{max(round(int(found[2]) * share), least)}"'

    styles = re.sub(r'(w:szC?s? w:val=)"(\d+)"', scaled(0.87, 15), styles)
    styles = re.sub(r'(w:(?:before|after)=)"(\d+)"', scaled(0.4, 0), styles)
    return re.sub(r'(w:line=)"(\d+)"', scaled(0.9, 240), styles)


def _footer(plain: WordPage, width: int) -> bytes:
    """Return the footer: the title, which page of how many on the right, and the imprint below."""
    fields = {"{page}": "PAGE", "{pages}": "NUMPAGES"}
    words = re.split(r"(\{pages?\})", read_words(plain.language).page["page_number"])
    numbers = "".join(
        f'<w:fldSimple w:instr=" {fields[word]} "><w:r><w:t>1</w:t></w:r></w:fldSimple>'
        if word in fields
        else _run(word)
        for word in words
    )
    style = '<w:pStyle w:val="Footer" />'
    tabs = f'<w:tabs><w:tab w:val="right" w:pos="{width}" /></w:tabs>'
    first = f"<w:p><w:pPr>{style}{tabs}</w:pPr>{_run(plain.title)}<w:r><w:tab /></w:r>{numbers}</w:p>"
    second = f"<w:p><w:pPr>{style}</w:pPr>{_run(plain.imprint)}</w:p>" if plain.imprint else ""
    return f'<w:ftr xmlns:w="{_MAIN}">{first}{second}</w:ftr>'.encode()


def _run(text: str) -> str:
    return f'<w:r><w:t xml:space="preserve">{escape(text)}</w:t></w:r>'


def _finished(document: bytes, width: int, brief: bool = False) -> bytes:
    """Return the main part with what pandoc leaves out; `width` of the text in twentieths of a point."""
    from lxml import etree

    root = etree.fromstring(document)
    for table in root.iterfind(".//w:tbl", _NAMES):
        _finish_table(table, _AFTER_TABLE_BRIEF if brief else _AFTER_TABLE)
        _spread(table, width)
    for picture in root.iterfind(".//wp:inline", _NAMES):
        description = picture.find("wp:docPr", _NAMES).get("descr")
        picture.find(".//pic:cNvPr", _NAMES).set("descr", description)
    return etree.tostring(root, xml_declaration=True, encoding="UTF-8", standalone=True)


def _finish_table(table: _Element, after: str) -> None:
    """Keep rows whole and a short table on one page; tell that the first column heads its rows."""
    look = table.find("w:tblPr/w:tblLook", _NAMES)
    look.set(_w("firstColumn"), "1")
    look.set(_w("val"), "00A0")
    rows = table.findall("w:tr", _NAMES)
    noted = _set_apart(table, after) == "TableNote"
    for place, row in enumerate(rows):
        heading = row.find("w:trPr/w:tblHeader", _NAMES) is not None
        _row_properties(row).insert(0, row.makeelement(_w("cantSplit")))
        last = place == len(rows) - 1
        kept = heading or (len(rows) <= _MOST_KEPT and not last) or (last and noted)
        for style in row.iterfind(".//w:pPr/w:pStyle", _NAMES):
            style.set(_w("val"), "TableHeading" if heading else "TableText")
            if kept:
                style.addnext(style.makeelement(_w("keepNext")))


def _spread(table: _Element, width: int) -> None:
    """Let the columns, whose proportions pandoc keeps, take the whole width."""
    columns = table.findall("w:tblGrid/w:gridCol", _NAMES)
    shares = [int(column.get(_w("w"), 0)) for column in columns]
    for column, share in zip(columns, shares, strict=True):
        if sum(shares):
            column.set(_w("w"), str(round(width * share / sum(shares))))


def _set_apart(table: _Element, after: str) -> str:
    """Return the style of what follows a table; a paragraph of text is moved down a little."""
    following = table.getnext()
    style = None if following is None else following.find("w:pPr/w:pStyle", _NAMES)
    if style is None:
        return ""
    name = style.get(_w("val"))
    if name in _SPACED:
        style.getparent().append(style.makeelement(_w("spacing"), {_w("before"): after}))
    return name


def _row_properties(row: _Element) -> _Element:
    found = row.find("w:trPr", _NAMES)
    if found is None:
        found = row.makeelement(_w("trPr"))
        row.insert(0, found)
    return found


def _w(name: str) -> str:
    return f"{{{_MAIN}}}{name}"
