"""A report's page -> a Word document with real headings, tables and described pictures, by pandoc.

Three steps: the page is made plain (`word_page`), pandoc turns it into Word in the look of `word/styles.xml`,
and what pandoc has no words for (rows that stay together, the contents) is put in (`word_body`).
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
from outreach_metrics.reports.forms.word_body import MAIN, finished
from outreach_metrics.words import read_words

if TYPE_CHECKING:
    from outreach_metrics.reports.forms.word_page import WordPage

STYLES = Path(__file__).parent / "word" / "styles.xml"
MARGIN = 1.0
"""Inches on each side."""

_TWIPS = 1440
_RELATIONS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PART_TYPE = "application/vnd.openxmlformats-officedocument.wordprocessingml.{kind}+xml"
_COMPATIBILITY = (
    '<w:compat><w:compatSetting w:name="compatibilityMode" w:uri="http://schemas.microsoft.com/office/word"'
    ' w:val="15" /></w:compat>'
)
"""Without it Word opens a document as one of Word 2007, and says so beside its name."""
_EDGES = {"header1": "header", "footer1": "footer", "footer2": "footer"}
"""Parts that run along the pages; the first page has a footer of its own, and its title for a header."""


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
    parts["word/document.xml"] = finished(
        parts["word/document.xml"], round(width * _TWIPS), brief=plain.brief
    )
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
    width, height = (round(side * _TWIPS) for side in PAGE_SIZES[page])
    margin = round(MARGIN * _TWIPS)
    sides = " ".join(f'w:{side}="{margin}"' for side in ("top", "right", "bottom", "left"))
    parts["word/document.xml"] = (
        f'<w:document xmlns:w="{MAIN}" xmlns:r="{_RELATIONS}"><w:body><w:p /><w:sectPr>'
        '<w:headerReference w:type="default" r:id="rId_header1" />'
        '<w:footerReference w:type="default" r:id="rId_footer1" />'
        '<w:footerReference w:type="first" r:id="rId_footer2" />'
        f'<w:pgSz w:w="{width}" w:h="{height}" />'
        f'<w:pgMar {sides} w:header="720" w:footer="576" w:gutter="0" /><w:titlePg />'
        "</w:sectPr></w:body></w:document>"
    ).encode()
    settings = parts["word/settings.xml"].decode()
    parts["word/settings.xml"] = settings.replace("<w:rsids>", f"{_COMPATIBILITY}<w:rsids>").encode()
    parts["word/header1.xml"] = _header(plain)
    parts["word/footer1.xml"] = parts["word/footer2.xml"] = _footer(plain, width - 2 * margin)
    return write_parts(_with_edges(parts))


def _with_edges(parts: dict[str, bytes]) -> dict[str, bytes]:
    """Return parts whose headers and footers the document knows of."""
    relations = "".join(
        f'<Relationship Type="{_RELATIONS}/{kind}" Id="rId_{name}" Target="{name}.xml" />'
        for name, kind in _EDGES.items()
    )
    types = "".join(
        f'<Override PartName="/word/{name}.xml" ContentType="{_PART_TYPE.format(kind=kind)}" />'
        for name, kind in _EDGES.items()
    )
    added = {
        "word/_rels/document.xml.rels": (relations, "</Relationships>"),
        "[Content_Types].xml": (types, "</Types>"),
    }
    return parts | {
        name: parts[name].decode().replace(end, f"{more}{end}").encode()
        for name, (more, end) in added.items()
    }


def _closer(styles: str) -> str:
    """Return the same look in smaller type and with less space, for what is to fit few pages."""

    def scaled(share: float, least: int) -> Callable[[re.Match[str]], str]:
        return lambda found: f'{found[1]}"{max(round(int(found[2]) * share), least)}"'

    styles = re.sub(r'(w:szC?s? w:val=)"(\d+)"', scaled(0.87, 15), styles)
    styles = re.sub(r'(w:(?:before|after)=)"(\d+)"', scaled(0.4, 0), styles)
    return re.sub(r'(w:line=)"(\d+)"', scaled(0.9, 240), styles)


def _header(plain: WordPage) -> bytes:
    """Return what runs along the top of every page but the first: the title."""
    style = '<w:pStyle w:val="Header" />'
    return f'<w:hdr xmlns:w="{MAIN}"><w:p><w:pPr>{style}</w:pPr>{_run(plain.title)}</w:p></w:hdr>'.encode()


def _footer(plain: WordPage, width: int) -> bytes:
    """Return what runs along the bottom: the imprint, and on the right which page of how many."""
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
    line = f"<w:p><w:pPr>{style}{tabs}</w:pPr>{_run(plain.imprint)}<w:r><w:tab /></w:r>{numbers}</w:p>"
    return f'<w:ftr xmlns:w="{MAIN}">{line}</w:ftr>'.encode()


def _run(text: str) -> str:
    return f'<w:r><w:t xml:space="preserve">{escape(text)}</w:t></w:r>'
