"""A section, a report and a program on the index are in the color of their strand, as the charts are."""

import re

import nbformat
import pytest

from outreach_metrics.estimate import STRANDS
from outreach_metrics.evaluation import evaluate_program
from outreach_metrics.plots.colors import STRAND_COLORS
from outreach_metrics.reports.exhibits import PROGRAM_CHARTS, Figure
from outreach_metrics.reports.index import index_html, program_entry
from outreach_metrics.reports.outline import strand_of
from outreach_metrics.reports.render import Cover, render
from outreach_metrics.resources import notebooks_folder
from tests.reports.making_notebooks import HOSTILE, Page, executed, html_output

NOTEBOOKS = sorted(notebooks_folder().glob("*.ipynb"))
SAID = html_output("<p>Fell.</p>")
NOT_IN_A_NOTEBOOK = {"sentiment_chart"}
RULES = [f".{strand} {{ --strand: var(--{strand}); }}" for strand in STRANDS]


def said_to_be(metadata, strand):
    metadata["outreach_metrics"] = {"strand": strand}


@pytest.fixture
def notebook():
    return executed("## What people think", SAID, "## Cost", SAID, "## Methods", SAID)


def html_of(notebook):
    return render(notebook, Cover(title="Watch"))[0]


def classes(html, name):
    return [attributes.get("class") for attributes in Page(html).named(name)]


def test_a_section_is_of_the_strand_that_its_heading_says_in_its_metadata(notebook):
    said_to_be(notebook.cells[0].metadata, "sentiment")
    said_to_be(notebook.cells[2].metadata, "cost")
    html = html_of(notebook)
    assert classes(html, "section")[:3] == ["sentiment", "cost", None]
    assert classes(html, "body") == [None]


def test_a_report_is_of_the_strand_that_its_notebook_says_in_its_metadata(notebook):
    said_to_be(notebook.metadata, "attendance")
    assert classes(html_of(notebook), "body") == ["attendance"]
    notebook.metadata["outreach_metrics"]["brief"] = True
    assert classes(html_of(notebook), "body") == ["brief attendance"]


@pytest.mark.parametrize("strand", ["weather", HOSTILE, "", None])
def test_what_is_no_strand_has_no_color(notebook, strand):
    plain = html_of(notebook)
    said_to_be(notebook.metadata, strand)
    said_to_be(notebook.cells[0].metadata, strand)
    assert html_of(notebook) == plain


def test_every_page_has_the_colors_of_the_charts(notebook, sample):
    for html in (html_of(notebook), index_html(sample, [], [], [], "software")):
        assert dict(re.findall(r"--(\w+): (#[0-9a-f]{6});", html)).items() >= STRAND_COLORS.items()
        assert all(rule in html for rule in RULES)
        assert "h2 {" in html and "border-top: 2px solid var(--strand)" in html


@pytest.fixture(scope="module")
def evaluation(sample):
    return evaluate_program(sample, "northgate-beats")


def test_a_program_on_the_index_has_the_color_of_its_main_measure(sample, evaluation):
    entry = program_entry(evaluation.program, evaluation)
    html = index_html(sample, [entry], [], [], "software")
    (item,) = [found for found in classes(html, "li") if found]
    assert item.split()[-1] == entry.effect.strand == "crime"
    assert ".course { --strand: var(--crime); }" in html


def test_the_strands_of_notebooks_are_those_of_their_charts(evaluation):
    made = {chart.__name__: chart(evaluation) for chart in PROGRAM_CHARTS}
    strands = {name: figure.strand for name, figure in made.items() if isinstance(figure, Figure)}
    compared = set()
    for path in NOTEBOOKS:
        notebook = nbformat.read(path, as_version=4)
        whole = section = strand_of(notebook.metadata)
        for cell in notebook.cells:
            told = cell.metadata.get("outreach_metrics", {})
            assert told == ({"strand": strand_of(cell.metadata)} if told else {}), (path.stem, cell.id)
            if cell.cell_type == "markdown":
                section = strand_of(cell.metadata) or whole
            for name in re.findall(r"exhibits\.(\w+)\(", cell.source):
                if strands.get(name):
                    compared.add(name)
                    assert section == strands[name], (path.stem, cell.id)
    assert compared == {name for name, strand in strands.items() if strand} - NOT_IN_A_NOTEBOOK
