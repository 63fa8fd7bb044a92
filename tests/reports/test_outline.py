import re

from outreach_metrics.reports.render import Cover, render
from tests.reports.making_notebooks import HOSTILE, Page, executed, figure_output, html_output

ANSWER = html_output('<p class="answer">Nothing can be told.</p>')


def page(*cells, title="Watch", metadata=None):
    notebook = executed(*cells)
    notebook.metadata.update(metadata or {})
    html, _ = render(notebook, Cover(title=title, agency="Town", software="outreach_metrics 1"))
    return html, Page(html)


def position(html, *parts):
    places = [html.index(part) for part in parts]
    assert places == sorted(places), parts
    return places


def test_the_contents_stand_after_an_answer_in_words():
    html, _ = page("## The answer", ANSWER, "## Crime", html_output("<p>Fell.</p>"))
    assert position(html, '<section id="the-answer">', "<nav", '<section id="crime">')


def test_the_contents_stand_first_where_the_answer_is_no_section_in_words():
    html, _ = page("Intro.", "## Crime", ANSWER, figure_output(), "## Cost", "Text.")
    assert position(html, "Intro.", "<nav", '<section id="crime">', '<section id="cost">')
    html, _ = page("## Only", ANSWER)
    assert position(html, "<nav", '<section id="only">')


def test_sections_are_closed_where_the_contents_stand_between():
    html, found = page("## The answer", ANSWER, "## Crime", "Text on a median.")
    assert html.count("<section") == html.count("</section>") == len(found.named("section")) == 3
    assert position(html, "</section>", "<nav", "</nav>", '<section id="crime">')


def test_the_glossary_has_the_terms_that_the_page_uses_and_no_others():
    table = "<table><caption>Median</caption><tr><td>full<br/>count</td></tr></table>"
    _, found = page("## Crime", "A *baseline*.", html_output(table), figure_output(alt="By Kaplan-Meier."))
    assert [terms["id"] for terms in found.named("dt")] == [
        "term-baseline",
        "term-full-count",
        "term-kaplan-meier-curve",
        "term-median",
    ]
    assert "The value in the middle" in found.text


def test_the_contents_lead_to_the_glossary_even_beside_a_section_of_its_name():
    _, found = page("## Glossary", "Recorded crime.")
    links = [link["href"] for link in found.named("a") if link["href"].startswith("#glossary")]
    assert links == ["#glossary", "#glossary-2"]
    assert [section["id"] for section in found.named("section")] == ["glossary", "glossary-2"]


def test_a_page_that_uses_no_term_has_no_glossary():
    _, found = page("## Crime", "It rained.")
    assert "Glossary" not in found.text


def test_a_brief_page_has_neither_contents_nor_glossary():
    html, found = page("## Crime", "Recorded crime.", metadata={"outreach_metrics": {"brief": True}})
    assert not found.named("nav", "dl")
    assert html.count("<section") == html.count("</section>") == 1


def test_printed_pages_are_headed_by_the_title_whatever_it_holds():
    html, _ = page("## Crime", title=f'{HOSTILE} "}} body {{ display: none }} </style>')
    style = re.search(r"<style>(.*?)</style>", html, re.DOTALL)[1]
    assert '@top-left { content: "Pay \\24 5 \\26  \\3c script' in style
    assert "body { display" not in style.partition("--scroll-hint: ")[2]
    assert 'content: "Page " counter(page) " of " counter(pages)' in style
    assert '@bottom-left { content: "Town \\b7  outreach\\5f metrics 1" }' in style
