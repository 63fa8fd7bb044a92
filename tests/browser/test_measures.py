"""Every measure finds what it is for, on small pages made wrong, and nothing on one that is right."""

import base64

import pytest

from tests.browser.paper import paper_problems
from tests.reports.making_notebooks import png

MARGINS = {"top": 20, "side": 20, "bottom": 20}
PAPER = "<style>@page { margin: 20mm } p { margin: 0 }</style>"
PICTURE = f"data:image/png;base64,{base64.b64encode(png()).decode()}"
WIDE = '<div style="width: 2000px">Wide</div>'
FOCUS = "<style>:focus { outline: 3px solid #a00 }</style>"
WORDS = "<p>" + "word " * 60 + "</p>"


def test_nothing_is_found_on_a_good_page(visit_html):
    page = visit_html(
        f'{FOCUS}<p>Fine. <a href="#x">On</a></p><h2 id="x">Part</h2><img src="{PICTURE}" alt="Grey.">'
    )
    assert (page.refused, page.errors) == ([], [])
    assert page.barriers() + page.overflows() + page.small_text() + page.out_of_reach() == []


@pytest.mark.parametrize(
    "body",
    [
        '<img src="https://example.org/chart.png" alt="Chart.">',
        '<link rel="stylesheet" href="https://example.org/a.css">',
        '<script>fetch("https://example.org/count")</script>',
        '<p style="background: url(other.png)">Text</p>',
    ],
)
def test_what_a_page_asks_for_is_refused_and_noted(visit_html, body):
    page = visit_html(body)
    page.page.wait_for_load_state("networkidle")
    assert len(page.refused) == 1


@pytest.mark.parametrize("script", ["console.error('no')", "console.warn('well')", "undefined.name"])
def test_errors_are_noted(visit_html, script):
    assert len(visit_html(f"<script>{script}</script>").errors) == 1
    assert visit_html(f"<script>{script}</script>", scripts=False).errors == []


@pytest.mark.parametrize(
    ("body", "rule"),
    [
        (f'<img src="{PICTURE}">', "image-alt"),
        (f'<img src="{PICTURE}" alt="No description has been provided for this image">', "made-up"),
        ('<p style="color: #bbb">Pale</p>', "color-contrast"),
        ("<h3>Third</h3>", "heading-order"),
        ("<table><tr><td>1</td></tr></table><select><option>x</option></select>", "select-name"),
    ],
)
def test_barriers_are_found(visit_html, body, rule):
    found = visit_html(body).barriers()
    assert any(rule in problem for problem in found), found


@pytest.mark.parametrize(
    ("body", "width", "words"),
    [
        (WIDE, 1280, "the page is"),
        (f"<p>{'m' * 60}</p>", 360, "the page is"),
        (f'<div style="width: 9em; overflow: hidden">{WIDE}</div>', 1280, "2000 px in"),
        (f'<div style="overflow-x: auto">{WIDE}</div>', 1280, "2000 px in"),
        ('<div style="height: 1em; overflow: hidden">One<br>Two<br>Three</div>', 1280, "cut below"),
    ],
)
def test_overflows_are_found(visit_html, body, width, words):
    found = visit_html(body, width=width).overflows()
    assert any(words in problem for problem in found), found


def test_a_region_that_scrolls_and_can_be_reached_is_no_overflow(visit_html):
    body = f'<div style="overflow-x: auto" tabindex="0" role="region" aria-label="Wide">{WIDE}</div>'
    assert visit_html(body).overflows() == []


def test_small_text_is_found(visit_html):
    assert len(visit_html('<p style="font-size: 10px">Small</p>').small_text()) == 1


@pytest.mark.parametrize(
    "body",
    [
        '<style>a:focus { outline: none }</style><a href="#x">On</a>',
        '<a href="#x" tabindex="-1">On</a>',
        f'{FOCUS}<a href="#x" style="position: absolute; left: -999px">On</a>',
    ],
)
def test_what_the_keyboard_does_not_reach_is_found(visit_html, body):
    assert len(visit_html(body).out_of_reach()) == 1


def _table(rows: int, style: str = "", cell: str = "cell<br>cell<br>cell") -> str:
    body = f"<tr><th scope='row'>row</th><td>{cell}</td></tr>" * rows
    head = "<thead><tr><th scope='col'>Name</th><th scope='col'>Value</th></tr></thead>"
    return f"<style>{style}</style><table><caption>Table</caption>{head}<tbody>{body}</tbody></table>"


WHOLE_ROWS = "tr { break-inside: avoid } "


@pytest.mark.parametrize("paper", ["Letter", "A4"])
def test_good_paper_is_good(visit_html, paper):
    page = visit_html(PAPER + WORDS + _table(30, WHOLE_ROWS))
    assert paper_problems(page.printed(paper), **MARGINS) == []


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (_table(30, WHOLE_ROWS + "thead { display: table-row-group }"), "its headings on [1]"),
        (_table(12, cell="cell<br>" * 9), "a row of a table is on pages"),
        (
            WHOLE_ROWS.join(["<style>", "h2 { margin-top: 225mm }</style><h2>Part</h2>"]) + WORDS * 3,
            "a heading",
        ),
        ('<div style="height: 30mm">Little</div><p style="break-before: page">On</p>', "% full"),
        (
            f'<figure><img src="{PICTURE}" alt="Grey." style="height: 200mm">'
            '<figcaption style="break-before: page">Caption</figcaption></figure>',
            "a figure and its caption",
        ),
    ],
)
def test_careless_paper_is_found(visit_html, body, words):
    found = paper_problems(visit_html(PAPER + body).printed("A4"), **MARGINS)
    assert any(words in problem for problem in found), found


def test_what_stands_in_the_margins_is_found(visit_html):
    printed = visit_html(PAPER + WORDS).printed("A4")
    found = paper_problems(printed, top=20, side=30, bottom=20)
    assert found[0].startswith("page 1: outside of the margins:")


def test_what_is_wider_than_paper_is_found(visit_html):
    page = visit_html(
        f"<style>@media print {{ div {{ overflow: visible !important }} }}</style>"
        f'<div style="overflow-x: auto" tabindex="0">{WIDE}</div>',
        width=640,
    )
    assert page.overflows() == []
    assert "the page is" in page.overflows_on_paper(170)[0]
