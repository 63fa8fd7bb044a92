"""The filters of the index in a browser, with scripts off, as they are for everybody."""

from __future__ import annotations

from itertools import product

import pytest

from outreach_metrics.reports.index import Entry, Failed, Report, index_html
from outreach_metrics.reports.quality_page import quality_html
from tests.browser.paper import paper_problems
from tests.reports.making_notebooks import HOSTILE, small_study
from tests.reports.test_index import FALL, RISE, UNCLEAR

KINDS = {"Clear fall": FALL, "Clear rise": RISE, "No clear change": UNCLEAR, "No estimate": None}
STRENGTHS = {"Moderate evidence": 3, "Weak evidence": 2, "No evidence of an effect can be given": None}
PROGRAMS = {
    "Harbor": ("Neighborhood watch", 3, FALL),
    "Mill": ("Neighborhood watch", 3, UNCLEAR),
    "Lights": ("Safety audit", 2, FALL),
    "Nights": ("Youth engagement", 3, RISE),
    HOSTILE: ("Youth engagement", None, None),
}


@pytest.fixture
def study(tmp_path):
    return small_study(tmp_path / "town")


def written(study, path, programs=PROGRAMS):
    entries = [
        Entry(
            name=name,
            type=kind,
            headline="This is what is known.",
            level=level,
            effect=effect,
            reports=(Report(title="", links={"Web page": "a.html", "PDF": "a.pdf"}),),
        )
        for name, (kind, level, effect) in programs.items()
    ]
    failed = Failed(title=HOSTILE, reason="KeyError", cell=3, notebook=f"{'folder' * 20}/failed.ipynb")
    path.write_text(index_html(study, entries, [failed], [], "outreach_metrics 1"), encoding="utf-8")
    return path


@pytest.fixture
def index(study, tmp_path, visit):
    """Open the index of five programs, without scripts."""
    return visit(written(study, tmp_path / "index.html"), scripts=False).page


def choose(page, words):
    page.locator(".filters label", has_text=words).first.click()


def names(page):
    return page.locator(".programs > li:visible h3").all_inner_texts()


def test_everything_is_there_until_something_is_chosen(index):
    assert names(index) == list(PROGRAMS)
    assert not index.locator(".selection").is_visible()
    assert not index.locator(".unmatched").is_visible()


@pytest.mark.slow
def test_every_combination_shows_its_programs_or_says_that_there_are_none(index):
    types = ["", *sorted({kind for kind, _, _ in PROGRAMS.values()})]
    for kind, strength, result in product(types, ["", *STRENGTHS], ["", *KINDS]):
        index.locator("button[type=reset]").click()
        for words in filter(None, (kind, strength, result)):
            choose(index, words)
        expected = [
            name
            for name, (its_type, level, effect) in PROGRAMS.items()
            if kind in ("", its_type)
            and (not strength or STRENGTHS[strength] == level)
            and (not result or KINDS[result] is effect)
        ]
        assert names(index) == expected, (kind, strength, result)
        assert index.locator(".unmatched").is_visible() == (not expected)
        assert index.locator(".selection").is_visible() == bool(kind or strength or result)


def test_the_keyboard_chooses_and_stays_on_the_page(index):
    address = index.url
    index.locator(".filters input").first.focus()
    index.keyboard.press("ArrowDown")
    assert names(index) == ["Harbor", "Mill"]
    index.keyboard.press("Enter")
    assert (index.url, names(index)) == (address, ["Harbor", "Mill"])
    for _ in range(3):
        index.keyboard.press("Tab")
    index.keyboard.press("Enter")
    assert names(index) == list(PROGRAMS), "the button shows all again"


def test_print_has_the_choice_but_not_the_filters(index):
    choose(index, "Safety audit")
    index.emulate_media(media="print")
    assert not index.locator(".filters").is_visible()
    assert index.locator(".selection").is_visible()
    assert names(index) == ["Lights"]


def test_a_browser_that_cannot_filter_shows_everything_and_no_filter(study, tmp_path, visit):
    path = written(study, tmp_path / "index.html")
    text = path.read_text(encoding="utf-8").replace("@supports selector(:has(a))", "@supports (no: feature)")
    path.write_text(text.replace(":has(", ":unknown("), encoding="utf-8")
    page = visit(path, scripts=False).page
    assert names(page) == list(PROGRAMS)
    assert not page.locator(".filters").is_visible()
    assert not page.locator(".unmatched").is_visible()


@pytest.mark.parametrize("width", [1280, 640, 360])
def test_hostile_names_break_neither_page(study, tmp_path, visit, width):
    quality = tmp_path / "quality.html"
    quality.write_text(quality_html(study, "outreach_metrics 1"), encoding="utf-8")
    for path in (written(study, tmp_path / "index.html"), quality):
        opened = visit(path, width=width)
        assert (opened.refused, opened.errors) == ([], [])
        assert opened.barriers() + opened.overflows() + opened.small_text() == []
        assert opened.out_of_reach() == []


@pytest.mark.parametrize(("paper", "width"), [("Letter", 215.9), ("A4", 210.0)])
def test_both_pages_print_well(study, tmp_path, visit, paper, width):
    quality = tmp_path / "quality.html"
    quality.write_text(quality_html(study, "outreach_metrics 1"), encoding="utf-8")
    for path in (written(study, tmp_path / "index.html"), quality):
        opened = visit(path)
        assert paper_problems(opened.printed(paper), top=22, side=22, bottom=20) == []
        assert opened.overflows_on_paper(width - 2 * 22) == []


@pytest.mark.slow
def test_a_thousand_programs_are_filtered_at_once(study, tmp_path, visit):
    kinds = list(PROGRAMS.values())
    programs = {f"Program {number}": kinds[number % len(kinds)] for number in range(1000)}
    page = visit(written(study, tmp_path / "index.html", programs)).page
    choose(page, "Safety audit")
    assert len(names(page)) == 200
    seconds = page.evaluate(
        """() => {
          const start = performance.now();
          document.querySelector('.filters').reset();
          document.body.getBoundingClientRect();
          return (performance.now() - start) / 1000;
        }"""
    )
    assert seconds < 2
    assert len(names(page)) == 1000
