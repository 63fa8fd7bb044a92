"""The paper that study.toml names is that of PDF and Word; a page in a browser takes the printer's."""

import io
from dataclasses import replace

import pytest

from outreach_metrics.reports.forms import PAGE_SIZES, MissingFormError, require
from outreach_metrics.reports.making import plan_runs
from outreach_metrics.reports.notebooks import find_notebooks
from outreach_metrics.reports.quality_page import quality_html
from outreach_metrics.reports.run import make_report
from outreach_metrics.study.settings import PAPERS
from tests.reports.making_notebooks import executed, figure_output, small_study, write_notebook

PARAMETERS = 'study: str = "data/sample"\nprogram_id: str = "alpha"'


@pytest.fixture
def made(tmp_path):
    """Return a function that makes the report of a program on some paper, and gives its folder."""

    def make(paper, *formats):
        study = small_study(tmp_path / "town", ("alpha",))
        study = replace(study, settings=replace(study.settings, paper=paper))
        notebooks = find_notebooks(
            [str(write_notebook(tmp_path / "own" / "program_evaluation.ipynb", PARAMETERS))]
        )
        (run,) = plan_runs(study, tmp_path / paper, ["alpha"], notebooks, formats)
        record = make_report(run, lambda *_: executed("# Evaluation", "## Answer", figure_output()))
        assert (record.status, record.error) == ("done", "")
        return tmp_path / paper / "alpha"

    return make


def test_every_paper_has_a_size():
    assert set(PAGE_SIZES) == set(PAPERS)


def test_a_page_is_printed_on_what_is_in_the_printer(made, tmp_path):
    report = (made("A4", "html") / "report.html").read_text(encoding="utf-8")
    for page in (report, quality_html(small_study(tmp_path / "town"), "software")):
        assert " size: " not in page


@pytest.mark.parametrize("paper", PAPERS)
def test_a_pdf_has_the_size_of_the_paper(made, paper):
    pypdf = needed("pdf", "pypdf")
    for page in pypdf.PdfReader(made(paper, "pdf") / "report.pdf").pages:
        inches = float(page.mediabox.width) / 72, float(page.mediabox.height) / 72
        assert inches == pytest.approx(PAGE_SIZES[paper], abs=0.01)


@pytest.mark.parametrize("paper", PAPERS)
def test_a_word_document_has_the_size_of_the_paper(made, paper):
    word = needed("docx", "docx")
    (section,) = word.Document(io.BytesIO((made(paper, "docx") / "report.docx").read_bytes())).sections
    inches = section.page_width.inches, section.page_height.inches
    assert inches == pytest.approx(PAGE_SIZES[paper], abs=0.01)


def needed(form, library):
    try:
        require([form])
    except MissingFormError as error:
        pytest.skip(str(error))
    return pytest.importorskip(library)
