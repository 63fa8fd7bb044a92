"""What is wrong with the pages of a tagged PDF: sentences, none when all is well.

What belongs to the document is marked and in the PDF's structure; what runs along every page is not.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from io import BytesIO
from itertools import pairwise

import pdfplumber
from pdfminer.pdftypes import resolve1
from pdfplumber.page import Page

LEAST_FILLED = 1 / 3
TOLERANCE = 1.0
POINTS_PER_MM = 72 / 25.4
HEADINGS = ("H1", "H2", "H3", "H4")


@dataclass(frozen=True, slots=True)
class Part:
    """One element of a PDF's structure: its kind, the marks of its own content as (page, mark), its parts."""

    kind: str
    marks: tuple[tuple[int, int], ...]
    parts: tuple[Part, ...]

    def all(self) -> Iterator[Part]:
        """Yield the part and everything in it, in reading order."""
        yield self
        for part in self.parts:
            yield from part.all()

    def named(self, kind: str) -> list[Part]:
        """Return the parts of a kind."""
        return [part for part in self.all() if part.kind == kind]

    @property
    def pages(self) -> list[int]:
        """Pages that hold any of it."""
        return sorted({page for part in self.all() for page, _ in part.marks})


def structure(document: pdfplumber.PDF) -> Part:
    """Return the structure of a tagged PDF (ISO 32000-2, 14.7)."""
    numbers = {page.page_obj.pageid: page.page_number for page in document.pages}

    def read(element: dict, page: int) -> Part:
        page = numbers[element["Pg"].objid] if "Pg" in element else page
        children = resolve1(element.get("K", []))
        marks, parts = [], []
        for child in map(resolve1, children if isinstance(children, list) else [children]):
            if isinstance(child, int):
                marks.append((page, child))
            elif "MCID" in child:
                marks.append((numbers[child["Pg"].objid] if "Pg" in child else page, child["MCID"]))
            elif "S" in child:
                parts.append(read(child, page))
        return Part(element["S"].name if "S" in element else "Root", tuple(marks), tuple(parts))

    return read(resolve1(document.doc.catalog["StructTreeRoot"]), 0)


def paper_problems(
    pdf: bytes, *, top: float, side: float, bottom: float, by_office: bool = False
) -> list[str]:
    """Return everything that would make a printed report look careless; margins are in millimetres.

    LibreOffice marks neither pictures nor headings of tables that it repeats: a PDF made `by_office`.
    """
    margins = tuple(edge * POINTS_PER_MM for edge in (side, top, side, bottom))
    with pdfplumber.open(BytesIO(pdf)) as document:
        pages, root = document.pages, structure(document)
        marks = {mark for part in root.all() for mark in part.marks}
        loose = ("image",) if by_office else ()
        shown = [
            [
                item
                for item in page.chars + page.images
                if _mark(page, item) in marks or item["object_type"] in loose
            ]
            for page in pages
        ]
        found = []
        for page, items in zip(pages, shown, strict=True):
            found += _outside(page, items, margins)
            found += _empty(page, items, margins) if page is not pages[-1] else []
        found += [problem for table in root.named("Table") for problem in _table_problems(table, by_office)]
        figures = [figure.pages for figure in root.named("Figure")]
        found += [f"a figure and its caption are on pages {used}" for used in figures if len(used) > 1]
        return [*found, *_lonely_headings(root)]


def _mark(page: Page, item: dict) -> tuple[int, int | None]:
    return page.page_number, item["mcid"]


def _outside(page: Page, shown: list[dict], margins: tuple[float, ...]) -> Iterator[str]:
    left, above, right, below = margins
    out = [
        item.get("text", "a picture")
        for item in shown
        if item["x0"] < left - TOLERANCE
        or item["x1"] > page.width - right + TOLERANCE
        or item["top"] < above - TOLERANCE
        or item["bottom"] > page.height - below + TOLERANCE
    ]
    if "".join(out).strip():
        yield f"page {page.page_number}: outside of the margins: {''.join(out)[:60]}"


def _empty(page: Page, shown: list[dict], margins: tuple[float, ...]) -> Iterator[str]:
    _, above, _, below = margins
    lowest = max((item["bottom"] for item in shown), default=above)
    filled = (lowest - above) / (page.height - above - below)
    if filled < LEAST_FILLED:
        yield f"page {page.page_number} is {filled:.0%} full"


def _table_problems(table: Part, by_office: bool) -> Iterator[str]:
    rows = table.named("TR")
    body = [row for row in rows if row.named("TD")]
    used = _used(body)
    for row in body:
        if len(row.pages) > 1:
            yield f"a row of a table is on pages {row.pages}"
    heads = _used(row for row in rows if row not in body)
    if not set(used[:1] if by_office else used) <= set(heads):
        yield f"a table is on pages {used}, its headings on {heads}"
    captions = _used(table.named("Caption"))
    if captions and captions != used[:1]:
        yield f"a table begins on page {used[0]}, its caption is on {captions}"


def _used(parts: Iterable[Part]) -> list[int]:
    return sorted({page for part in parts for page in part.pages})


def _lonely_headings(root: Part) -> Iterator[str]:
    headings = {id(part) for kind in HEADINGS for heading in root.named(kind) for part in heading.all()}
    placed = [(id(part) in headings, page) for part in root.all() for page, _ in part.marks]
    for (heading, page), (_, following) in pairwise(placed):
        if heading and following > page:
            yield f"a heading ends page {page}, what it is about begins on page {following}"
