"""PDF of a report: tags, title, language, alternative texts, bookmarks, sizes, the same bytes."""

import hashlib
import io
import os
import subprocess
import sys

import pytest

from outreach_metrics.reports.forms import MissingFormError, page_as, require
from outreach_metrics.reports.forms.pdf import pdf
from outreach_metrics.reports.render import Cover, RenderingError, render
from tests.conftest import ROOT
from tests.reports.making_notebooks import executed, figure_output, html_output

try:
    require(["pdf"])
except MissingFormError as error:
    pytest.skip(str(error), allow_module_level=True)

pypdf = pytest.importorskip("pypdf")

TABLE = (
    '<table class="exhibit"><caption>Events</caption><thead><tr><th scope="col">Kind</th>'
    '<th class="number" scope="col">Held</th></tr></thead><tbody><tr><th scope="row">Forum</th>'
    '<td class="number">7</td></tr></tbody></table>'
)
COVER = Cover(title="Harbor & Watch", agency="City of Riverton", language="en", software="outreach_metrics 1")


def report(*cells):
    return render(executed(*cells), COVER)[0]


@pytest.fixture(scope="module")
def page():
    return report(
        "# Program evaluation",
        "## The answer",
        html_output('<p class="answer">Burglary fell.</p>'),
        "## Crime",
        figure_output("A line that falls."),
        html_output(TABLE),
        "### Deeper",
        figure_output("A row of dots."),
    )


@pytest.fixture(scope="module")
def document(page):
    return pypdf.PdfReader(io.BytesIO(pdf(page)))


def tags(document):
    """Yield every element of the structure tree."""
    waiting = [document.trailer["/Root"]["/StructTreeRoot"]]
    while waiting:
        element = waiting.pop().get_object()
        if isinstance(element, list):
            waiting += element
        elif isinstance(element, dict):
            if "/S" in element:
                yield element
            waiting += [element["/K"]] if "/K" in element else []


def test_it_is_tagged_and_tells_what_it_is(document):
    root = document.trailer["/Root"]
    assert root["/MarkInfo"]["/Marked"] == True  # noqa: E712 - a PDF object
    assert root["/Lang"] == "en"
    assert root["/ViewerPreferences"]["/DisplayDocTitle"] == True  # noqa: E712
    assert document.metadata.title == "Harbor & Watch – City of Riverton"
    assert document.metadata.author == "City of Riverton"
    assert document.metadata.creation_date is None


def test_every_figure_has_its_alternative_text_in_the_tags(document):
    figures = [tag for tag in tags(document) if tag["/S"] == "/Figure"]
    assert sorted(tag["/Alt"] for tag in figures) == ["A line that falls.", "A row of dots."]


def test_headings_and_tables_are_told_by_tags(document):
    found = [tag["/S"] for tag in tags(document)]
    assert found.count("/H1") == 1
    assert {"/H2", "/H3", "/Table", "/TR", "/TH", "/TD", "/Caption"} <= set(found)


def test_bookmarks_are_the_headings(document):
    titles, waiting = [], list(document.outline)
    while waiting:
        entry = waiting.pop(0)
        if isinstance(entry, list):
            waiting = entry + waiting
        else:
            titles.append(entry.title)
    assert titles[0] == "Harbor & Watch"
    assert {"The answer", "Crime", "Deeper"} <= set(titles)


@pytest.mark.parametrize(("size", "points"), [("letter", (612, 792)), ("A4", (595, 842))])
def test_the_page_has_the_size_asked_for(page, size, points):
    for sheet in pypdf.PdfReader(io.BytesIO(pdf(page, size))).pages:
        assert (float(sheet.mediabox.width), float(sheet.mediabox.height)) == pytest.approx(points, abs=0.5)


def test_the_same_page_gives_the_same_bytes_in_another_process(page, tmp_path):
    path = tmp_path / "report.html"
    path.write_text(page, encoding="utf-8")
    code = (
        "import hashlib, pathlib, sys; from outreach_metrics.reports.forms.pdf import pdf; "
        "print(hashlib.sha256(pdf(pathlib.Path(sys.argv[1]).read_text('utf-8'))).hexdigest())"
    )
    environment = os.environ | {"PYTHONPATH": str(ROOT), "PYTHONHASHSEED": "7", "TZ": "Asia/Tokyo"}
    done = subprocess.run(
        [sys.executable, "-c", code, str(path)], capture_output=True, text=True, check=True, env=environment
    )
    assert done.stdout.strip() == hashlib.sha256(pdf(page)).hexdigest()


@pytest.mark.parametrize(
    ("form", "source"),
    [
        ("pdf", "http://127.0.0.1:9/a.png"),
        ("pdf", "file:///etc/passwd"),
        ("docx", "http://127.0.0.1:9/a.png"),
        ("docx", "file:///etc/passwd"),
        ("docx", "a.png"),
    ],
)
def test_nothing_is_loaded_from_elsewhere(form, source):
    with pytest.raises(RenderingError, match="must not load"):
        page_as(form, f'<html lang="en"><title>a</title><img alt="a" src="{source}"></html>')


def test_a_missing_library_is_told_with_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "weasyprint", None)
    with pytest.raises(MissingFormError, match=r'pdf needs .*pip install "outreach-metrics\[reports\]"'):
        require(["html", "pdf"])


def test_a_missing_system_library_is_told(monkeypatch):
    def no_pango(name):
        raise OSError("cannot load library 'libpango-1.0-0'")

    monkeypatch.setattr("outreach_metrics.reports.forms.import_module", no_pango)
    with pytest.raises(MissingFormError, match="Pango"):
        pdf("<html></html>")
