"""The Word documents of the sample's reports, as LibreOffice opens and prints them."""

from __future__ import annotations

import shutil
import subprocess
from collections import defaultdict
from collections.abc import Iterator
from io import BytesIO

import pdfplumber
import pytest
from bs4 import BeautifulSoup
from pdfplumber.page import Page

from outreach_metrics.reports.forms import MissingFormError, require
from outreach_metrics.reports.forms.docx import MARGIN, docx
from outreach_metrics.reports.making import make_reports
from tests.browser.paper import Part, paper_problems, structure

pytestmark = pytest.mark.slow

try:
    require(["docx"])
except MissingFormError as error:
    pytest.skip(str(error), allow_module_level=True)

OFFICES = ("soffice", "libreoffice")
OFFICE = next(filter(None, map(shutil.which, OFFICES)), None)
if OFFICE is None:
    pytest.skip(f"no LibreOffice on this machine: {', '.join(OFFICES)}", allow_module_level=True)

TAGGED = 'pdf:writer_pdf_Export:{"UseTaggedPDF":{"type":"boolean","value":"true"}}'
TIME_LIMIT = 300
MARGINS = dict.fromkeys(("top", "side", "bottom"), 25.4 * MARGIN)
LEAST_WORDS, HEADING_SHARE = 40, 0.15
REPORTS = ("harbor-watch/report", "tip-line/report", "portfolio")
EXHIBIT = "grant_exhibit/harbor-watch/report"
CASES = [(name, paper) for name in (*REPORTS, EXHIBIT) for paper in ("letter", "A4")]


@pytest.fixture(scope="module")
def pages(reports, sample, tmp_path_factory) -> dict[str, str]:
    """Return the page of every report, from which its document is made."""
    exhibits = tmp_path_factory.mktemp("exhibits")
    assert make_reports(sample, exhibits, ["harbor-watch"], ["grant_exhibit"]) == []
    folders = dict.fromkeys(REPORTS, reports) | {EXHIBIT: exhibits}
    return {name: (folder / f"{name}.html").read_text(encoding="utf-8") for name, folder in folders.items()}


@pytest.fixture(scope="module")
def printed(pages, tmp_path_factory) -> dict[tuple[str, str], bytes]:
    """Return every document as a tagged PDF; LibreOffice, which takes long to start, makes them in one go."""
    folder = tmp_path_factory.mktemp("documents")
    files = {case: folder / f"{place}.docx" for place, case in enumerate(CASES)}
    for (name, paper), path in files.items():
        path.write_bytes(docx(pages[name], paper))
    profile = (folder / "profile").as_uri()
    told = [OFFICE, f"-env:UserInstallation={profile}", "--headless", "--convert-to", TAGGED, "--outdir"]
    subprocess.run(
        [*told, str(folder), *map(str, files.values())], check=True, capture_output=True, timeout=TIME_LIMIT
    )
    return {case: path.with_suffix(".pdf").read_bytes() for case, path in files.items()}


@pytest.fixture(scope="module", params=CASES, ids="-".join)
def case(request) -> tuple[str, str]:
    return request.param


@pytest.fixture(scope="module")
def document(printed, case) -> Iterator[pdfplumber.PDF]:
    with pdfplumber.open(BytesIO(printed[case])) as opened:
        yield opened


@pytest.fixture(scope="module")
def parts(document) -> Part:
    return structure(document)


@pytest.fixture(scope="module")
def words(document) -> dict[tuple[int, int], str]:
    """Return the text of each mark of a document, by page and mark."""
    found: dict[tuple[int, int], str] = defaultdict(str)
    for page in document.pages:
        for letter in page.chars:
            if letter["mcid"] is not None:
                found[page.page_number, letter["mcid"]] += letter["text"]
    return found


def text(part: Part, words: dict[tuple[int, int], str]) -> str:
    """Return the text of a part without spaces, which a PDF need not hold."""
    return squeezed("".join(words[mark] for inner in part.all() for mark in inner.marks))


def squeezed(text: str) -> str:
    return "".join(text.split())


def between_margins(page: Page) -> Page:
    """Return a page without what runs along its top and bottom."""
    margin = 72 * MARGIN - 1
    return page.crop((0, margin, page.width, page.height - margin))


def test_every_page_can_be_handed_in(printed, case):
    assert paper_problems(printed[case], **MARGINS, by_office=True) == []


def test_no_page_but_the_last_holds_next_to_nothing(document):
    *others, last = (between_margins(page) for page in document.pages)
    assert last.chars
    for page in others:
        assert page.images or len(page.extract_words()) >= LEAST_WORDS, f"page {page.page_number}"


def test_headings_and_contents_are_those_of_the_report(pages, case, parts, words):
    page = BeautifulSoup(pages[case[0]], "html.parser")
    expected = [squeezed(heading.get_text()) for heading in page.select("h2") if heading.parent.name != "nav"]
    listed = [squeezed(link.get_text()) for link in page.select("nav a")]
    assert expected
    assert [text(heading, words) for heading in parts.named("H1")] == expected
    assert [text(entry, words) for entry in parts.named("TOCI")] == listed


def test_every_picture_and_table_stands_with_its_caption(pages, case, document, parts, words):
    page = BeautifulSoup(pages[case[0]], "html.parser")
    pictures = [number.page_number for number in document.pages for _ in number.images]
    captions = parts.named("Image Caption")
    assert len(captions) == len(page.select("figcaption")) == len(page.select("figure:has(img)"))
    assert [caption.pages for caption in captions] == [[number] for number in pictures]
    shown = [part for part in parts.all() if part.kind in ("Table", "Table Caption")]
    assert [part.kind for part in shown] == ["Table Caption", "Table"] * len(page.select("table"))
    for caption, table in zip(shown[::2], shown[1::2], strict=True):
        assert caption.pages == table.pages[:1], text(caption, words)


def test_headings_of_tables_are_on_every_page_of_them(document, parts, words):
    for table in parts.named("Table"):
        marks = [mark for heading in table.named("Table Heading") for mark in heading.marks]
        expected = {word for mark in marks for word in words[mark].split()}
        assert expected
        for number in table.pages[1:]:
            page = between_margins(document.pages[number - 1])
            left, above, right, below = page.bbox
            top = page.crop((left, above, right, above + (below - above) * HEADING_SHARE))
            assert expected <= {word["text"] for word in top.extract_words()}, f"page {number}"


def test_pages_have_running_titles_and_numbers(pages, case, document):
    title = squeezed(BeautifulSoup(pages[case[0]], "html.parser").title.get_text())
    for number, page in enumerate(document.pages, start=1):
        top = page.crop((0, 0, page.width, 72 * MARGIN - 1)).extract_text()
        bottom = page.crop((0, page.height - 72 * MARGIN + 1, page.width, page.height)).extract_text()
        assert squeezed(top) == (title if number > 1 else "")
        assert squeezed(bottom).endswith(f"Page{number}of{len(document.pages)}")


def test_a_report_begins_with_a_page_well_filled(case, document):
    """The first page holds the answer and the contents, not a title above nothing."""
    page = between_margins(document.pages[0])
    lowest = max(letter["bottom"] for letter in page.chars)
    assert lowest > document.pages[0].height / 2, case


def test_a_long_table_has_rows_enough_on_either_side(parts):
    for table in parts.named("Table"):
        rows = [row.pages for row in table.named("TR") if row.named("TD")]
        for number in table.pages if len(rows) >= 6 else []:
            assert sum(number in pages for pages in rows) >= 3, f"page {number}"


def test_the_files_open_without_what_belongs_to_a_web_page(document):
    told = "\n".join(page.extract_text() for page in document.pages)
    for words in ("Skip to the report", "All programs of this study", "Scroll sideways"):
        assert words not in told
