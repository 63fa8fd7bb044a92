"""The body of a Word document, with what pandoc leaves out: what stays together, contents, columns."""

from __future__ import annotations

from collections.abc import Sequence
from copy import deepcopy
from itertools import pairwise
from math import ceil
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from lxml.etree import _Element

MAIN = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"

_DRAWING = "http://schemas.openxmlformats.org/drawingml/2006"
_NAMES = {"w": MAIN, "wp": f"{_DRAWING}/wordprocessingDrawing", "pic": f"{_DRAWING}/picture"}
_LETTER = 82
"""Twentieths of a point that a letter of a table takes."""
_MOST_KEPT = 10
"""Lines of a table that is kept on one page; a longer one may go on over the page, its heading repeated."""
_LEAST_ROWS = 3
"""Rows of a long table on either side of a page break."""
_BESIDE_NUMBER = 160
"""Twentieths of a point between a number, which ends on the right, and a text, which begins on the left."""
_SPACED = ("BodyText", "FirstParagraph", "Fact")
_LEADING = ("BodyText", "FirstParagraph")
_AFTER_TABLE, _AFTER_TABLE_BRIEF = "220", "60"
_HEADING = "Heading"
_TERMS = ("GlossaryTerm", "Glossary")
_WHOLE = "5000"
"""Fiftieths of a percent of the width between the margins."""
_COLUMN_GAP = 400
_CONTENTS = r' TOC \o "1-1" \h \z '
"""Headings of the first level, as links; with numbers of pages as soon as Word is told to update it."""


def finished(document: bytes, width: int, *, brief: bool = False) -> bytes:
    """Return the main part of a document that pandoc made, as a report has it.

    Parameters
    ----------
    document : bytes
        XML of the part `word/document.xml`.
    width : int
        Of the text, in twentieths of a point.
    brief : bool
        Whether the report is set closer.
    """
    from lxml import etree

    root = etree.fromstring(document)
    for table in root.iterfind(".//w:tbl", _NAMES):
        _spread(table, width)
        _finish_table(table, _AFTER_TABLE_BRIEF if brief else _AFTER_TABLE)
    for picture in root.iterfind(".//wp:inline", _NAMES):
        description = picture.find("wp:docPr", _NAMES).get("descr")
        picture.find(".//pic:cNvPr", _NAMES).set("descr", description)
    body = root.find("w:body", _NAMES)
    blocks = [part for part in body if part.tag in (_w("p"), _w("tbl"))]
    _keep_leads(blocks)
    _contents([block for block in blocks if _style(block) in ("TOCHeading", "TOC1")])
    _glossary(body, blocks)
    return etree.tostring(root, xml_declaration=True, encoding="UTF-8", standalone=True)


def _finish_table(table: _Element, after: str) -> None:
    """Keep rows whole and a short table on one page; tell that the first column heads its rows."""
    look = table.find("w:tblPr/w:tblLook", _NAMES)
    look.set(_w("firstColumn"), "1")
    look.set(_w("val"), "00A0")
    rows = table.findall("w:tr", _NAMES)
    heads = [row for row in rows if row.find("w:trPr/w:tblHeader", _NAMES) is not None]
    others = rows[len(heads) :]
    noted = _set_apart(table, after) == "TableNote"
    widths = [int(column.get(_w("w"))) for column in table.iterfind("w:tblGrid/w:gridCol", _NAMES)]
    short = sum(_lines(row, widths) for row in others) <= _MOST_KEPT
    for place, row in enumerate(others):
        below = len(others) - 1 - place
        near_an_end = place < _LEAST_ROWS - 1 or below < _LEAST_ROWS
        _finish_row(row, "TableText", kept=(short or near_an_end) if below else noted)
    for row in heads:
        _finish_row(row, "TableHeading", kept=True)


def _finish_row(row: _Element, style: str, *, kept: bool) -> None:
    _row_properties(row).insert(0, row.makeelement(_w("cantSplit")))
    for named in row.iterfind(".//w:pPr/w:pStyle", _NAMES):
        named.set(_w("val"), style)
        if kept:
            named.addnext(named.makeelement(_w("keepNext")))
    for left, right in pairwise(row.findall("w:tc", _NAMES)):
        if _is_number(left) and not _is_number(right):
            _indent(right)


def _lines(row: _Element, widths: Sequence[int]) -> int:
    """Return how many lines a row will take, about."""
    cells = row.findall("w:tc", _NAMES)
    if len(cells) != len(widths):
        return 1
    letters = [len("".join(cell.itertext())) for cell in cells]
    return max(
        1, *(ceil(count * _LETTER / width) for count, width in zip(letters, widths, strict=True) if width)
    )


def _is_number(cell: _Element) -> bool:
    return any(side.get(_w("val")) in ("right", "end") for side in cell.iterfind(".//w:pPr/w:jc", _NAMES))


def _indent(cell: _Element) -> None:
    for properties in cell.iterfind("w:p/w:pPr", _NAMES):
        side = properties.find("w:jc", _NAMES)
        indent = properties.makeelement(_w("ind"), {_w("left"): str(_BESIDE_NUMBER)})
        if side is None:
            properties.append(indent)
        else:
            side.addprevious(indent)


def _spread(table: _Element, width: int) -> None:
    """Let the columns, whose proportions pandoc keeps, take the whole width."""
    for whole in table.iterfind("w:tblPr/w:tblW[@w:type='pct']", _NAMES):
        whole.set(_w("w"), _WHOLE)
    columns = table.findall("w:tblGrid/w:gridCol", _NAMES)
    shares = [int(column.get(_w("w"), 0)) for column in columns]
    for column, share in zip(columns, shares, strict=True):
        if sum(shares):
            column.set(_w("w"), str(round(width * share / sum(shares))))


def _set_apart(table: _Element, after: str) -> str:
    """Return the style of what follows a table; a paragraph of text is moved down a little."""
    following = table.getnext()
    name = "" if following is None else _style(following)
    if name in _SPACED:
        _properties(following).append(table.makeelement(_w("spacing"), {_w("before"): after}))
    return name


def _keep_leads(blocks: Sequence[_Element]) -> None:
    """Keep a text that leads to a list, and a text between a heading and what it is about, on its page."""
    for before, lead, after in zip([None, *blocks], blocks, blocks[1:], strict=False):
        if _style(lead) not in _LEADING or _in_list(lead) or _is_heading(after):
            continue
        headed = before is not None and _is_heading(before) and _style(after) not in _LEADING
        if headed or _in_list(after):
            _keep(lead)


def _is_heading(block: _Element) -> bool:
    return _style(block).startswith(_HEADING)


def _in_list(block: _Element) -> bool:
    return block.find("w:pPr/w:numPr", _NAMES) is not None


def _keep(paragraph: _Element) -> None:
    style = paragraph.find("w:pPr/w:pStyle", _NAMES)
    style.addnext(style.makeelement(_w("keepNext")))


def _contents(paragraphs: Sequence[_Element]) -> None:
    """Make a list of links a table of contents that Word can update."""
    entries = [paragraph for paragraph in paragraphs if _style(paragraph) == "TOC1"]
    if not entries:
        return
    for entry in entries:
        for style in entry.findall(".//w:rStyle", _NAMES):
            style.getparent().remove(style)
    first, last = entries[0], entries[-1]
    start = _properties(first)
    for run in reversed([_mark(first, "begin"), _instruction(first), _mark(first, "separate")]):
        start.addnext(run)
    last.append(_mark(last, "end"))
    block = first.makeelement(_w("sdt"))
    paragraphs[0].addprevious(block)
    gallery = _child(_child(_child(block, "sdtPr"), "docPartObj"), "docPartGallery")
    gallery.set(_w("val"), "Table of Contents")
    _child(gallery.getparent(), "docPartUnique")
    _child(block, "sdtContent").extend(paragraphs)


def _mark(near: _Element, kind: str) -> _Element:
    run = near.makeelement(_w("r"))
    _child(run, "fldChar").set(_w("fldCharType"), kind)
    return run


def _instruction(near: _Element) -> _Element:
    run = near.makeelement(_w("r"))
    text = _child(run, "instrText")
    text.set("{http://www.w3.org/XML/1998/namespace}space", "preserve")
    text.text = _CONTENTS
    return run


def _glossary(body: _Element, blocks: Sequence[_Element]) -> None:
    """Set the glossary, with which a document ends, in two columns of equal length."""
    terms = [block for block in blocks if _style(block) in _TERMS]
    if not terms or terms[-1] is not blocks[-1] or terms[0] is blocks[0]:
        return
    last = body.find("w:sectPr", _NAMES)
    _properties(blocks[blocks.index(terms[0]) - 1]).append(deepcopy(last))
    for kind in ("headerReference", "footerReference", "titlePg"):
        for part in last.findall(f"w:{kind}", _NAMES):
            last.remove(part)
    last.insert(0, last.makeelement(_w("type"), {_w("val"): "continuous"}))
    columns = deepcopy(last)
    columns.append(columns.makeelement(_w("cols"), {_w("num"): "2", _w("space"): str(_COLUMN_GAP)}))
    _properties(terms[-1]).append(columns)
    end = body.makeelement(_w("p"))
    _child(_child(end, "pPr"), "pStyle").set(_w("val"), "End")
    last.addprevious(end)


def _properties(paragraph: _Element) -> _Element:
    return paragraph.find("w:pPr", _NAMES)


def _row_properties(row: _Element) -> _Element:
    found = row.find("w:trPr", _NAMES)
    if found is None:
        found = row.makeelement(_w("trPr"))
        row.insert(0, found)
    return found


def _style(block: _Element) -> str:
    named = block.find("w:pPr/w:pStyle", _NAMES)
    return "" if named is None else named.get(_w("val"))


def _child(parent: _Element, name: str) -> _Element:
    child = parent.makeelement(_w(name))
    parent.append(child)
    return child


def _w(name: str) -> str:
    return f"{{{MAIN}}}{name}"
