import re

import pytest

from outreach_metrics.reports.render import Cover, RenderingError, displayed_size, render
from tests.reports.making_notebooks import HOSTILE, Page, executed, figure_output, html_output, png

TABLE = '<table class="exhibit"><caption>Events</caption><tr><th scope="row">Forum</th></tr></table>'
COVER = Cover(
    title=HOSTILE, agency="Town & County", study="Study", software="outreach_metrics 1", language="en"
)


def page(*cells, cover=COVER):
    html, files = render(executed(*cells), cover)
    return html, Page(html), files


def test_a_report_is_semantic_and_self_contained():
    html, found, _ = page("# Program evaluation", "## Answer", html_output("<p>Down.</p>"), figure_output())
    assert html.lstrip().lower().startswith("<!doctype html>")
    assert found.named("html") == [{"lang": "en"}]
    for tag in ("header", "main", "footer", "h1", "title", "nav", "figure", "figcaption", "section"):
        assert len(found.named(tag)) == 1, tag
    assert not found.named("script", "link", "iframe", "object")
    assert found.loaded() == []
    assert "url(" not in html
    assert "@import" not in html
    assert "mathjax" not in html.lower()
    assert "secret_source" not in html
    assert "Program evaluation" in found.text


def test_names_are_escaped_and_a_dollar_is_a_dollar():
    html, found, _ = page("## Answer", html_output("<p>Only $5 &amp; $6</p>"))
    assert HOSTILE in found.text
    assert "<script" not in html
    assert "Only $5 & $6" in found.text


def test_contents_lead_to_sections_whose_headings_are_in_order():
    _, found, _ = page(
        "# Title\n\nIntro.", "## Crime & time\n\nText\n\n## Crime & time", "### Deeper", "## Ähnlich"
    )
    links = [a["href"][1:] for a in found.named("a") if a["href"].startswith("#")]
    sections = [a["id"] for a in found.named("section")]
    assert links == ["content", *sections]
    assert len(set(sections)) == 3
    levels = [int(tag[1]) for tag, _ in found.tags if re.fullmatch(r"h[1-6]", tag)]
    assert levels == [1, 2, 2, 2, 3, 2]


def test_exhibits_are_numbered_in_order():
    _, found, files = page(
        "## A", html_output(TABLE), figure_output(), html_output(TABLE + TABLE), figure_output()
    )
    assert re.findall(r"(Table \d)\. Events", found.text) == ["Table 1", "Table 2", "Table 3"]
    assert re.findall(r"(Figure \d)\. Crime & time", found.text) == ["Figure 1", "Figure 2"]
    assert sorted(files) == [f"charts/figure-{i}.{kind}" for i in (1, 2) for kind in ("png", "txt")]
    assert files["charts/figure-1.png"] == png()
    assert files["charts/figure-2.txt"].decode() == "Crime & time\n\nCrime fell.\n\nincidents.csv\n"


def test_figures_carry_alt_text_and_their_size():
    _, found, _ = page("## A", figure_output(alt='Fell by "half" <b>'))
    (image,) = found.named("img")
    assert image["alt"] == 'Fell by "half" <b>'
    assert (image["width"], image["height"]) == ("100", "50")
    assert "No description has been provided" not in found.text


@pytest.mark.parametrize(
    "cell",
    [
        figure_output(alt=None),
        figure_output(alt="   "),
        figure_output(alt=None, kind="image/svg+xml"),
        "![](chart.png)",
        "<img src='chart.png'>",
    ],
)
def test_rendering_fails_without_alt_text(cell):
    with pytest.raises(RenderingError, match=r"cell 2: .* no alt text"):
        page("## A", cell)


@pytest.mark.parametrize(
    "html",
    [
        "<script>alert(1)</script>",
        "<p onclick='alert(1)'>x</p>",
        "<a href='javascript:alert(1)'>x</a>",
        "<iframe src='https://example.org'></iframe>",
        "<link rel='stylesheet' href='https://example.org/a.css'>",
        "<style>@import url(https://example.org)</style>",
        "<svg onload='alert(1)'></svg>",
    ],
)
def test_nothing_in_an_output_runs_or_loads(html):
    _, found, _ = page("## A", html_output(html))
    assert not found.named("script", "iframe", "link", "svg")
    assert found.loaded() == []
    for _, attributes in found.tags:
        assert not any(name.startswith("on") for name in attributes)
        assert "javascript:" not in (attributes.get("href") or "")


def test_tables_keep_their_headings_and_scroll_for_the_keyboard_too():
    _, found, _ = page("## A", html_output(TABLE))
    assert found.named("th") == [{"scope": "row"}]
    region = next(a for a in found.named("div") if a.get("class") == "scroll")
    assert region["tabindex"] == "0"
    assert region["aria-label"] == "Table 1"


def test_cells_that_are_for_the_notebook_only_stay_out():
    notebook = executed("## A", "Press shift and enter.")
    notebook.cells[1].metadata["tags"] = ["not-in-report"]
    html, _ = render(notebook, COVER)
    assert "Press shift" not in html


def test_rendering_leaves_the_notebook_as_it_was():
    notebook = executed("# T", "## A", html_output(TABLE), figure_output())
    before = notebook.copy()
    first, _ = render(notebook, COVER)
    assert notebook == before
    assert render(notebook, COVER)[0] == first


def test_a_picture_without_resolution_has_the_size_of_its_pixels():
    picture = png(300, 120)
    assert displayed_size(picture) == (150, 60)
    assert displayed_size(picture.replace(b"pHYs", b"tEXt")) == (300, 120)
