"""Every page of the sample's reports, as people get to see it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.browser.paper import paper_problems

pytestmark = pytest.mark.slow

MARGINS = {"top": 22, "side": 22, "bottom": 20}
PAPERS = {"Letter": 215.9, "A4": 210.0}
EXPECTED = {"index.html", "portfolio.html", "harbor-watch/report.html", "tip-line/report.html"}
WIDTHS = {"a desk": 1280, "a desk at a zoom of 200 %": 640, "a phone": 360}


@pytest.fixture(scope="module")
def pages(reports) -> dict[str, Path]:
    """Return every page by its name."""
    found = {path.relative_to(reports).as_posix(): path for path in sorted(reports.rglob("*.html"))}
    assert set(found) >= EXPECTED
    return found


def problems(pages: dict[str, Path], measure: Callable[[Path], list[str]]) -> dict[str, list[str]]:
    """Return what a measure finds, by page."""
    found = {name: measure(path) for name, path in pages.items()}
    return {name: told for name, told in found.items() if told}


def test_no_page_asks_for_anything_or_complains(pages, visit):
    def measure(path: Path) -> list[str]:
        opened = visit(path)
        opened.page.wait_for_load_state("networkidle")
        return [*opened.refused, *opened.errors]

    assert problems(pages, measure) == {}


def test_every_page_is_the_same_without_scripts(pages, visit):
    for path in pages.values():
        assert visit(path, scripts=False).text() == visit(path).text()


@pytest.mark.parametrize("width", WIDTHS.values(), ids=WIDTHS)
def test_every_page_is_open_to_everybody(pages, visit, width):
    assert problems(pages, lambda path: visit(path, width=width).barriers()) == {}


@pytest.mark.parametrize("width", WIDTHS.values(), ids=WIDTHS)
def test_nothing_is_cut_or_too_small(pages, visit, width):
    def measure(path: Path) -> list[str]:
        opened = visit(path, width=width)
        return opened.overflows() + opened.small_text()

    assert problems(pages, measure) == {}


def test_the_keyboard_reaches_everything_and_is_seen(pages, visit):
    assert problems(pages, lambda path: visit(path).out_of_reach()) == {}


@pytest.mark.parametrize(("paper", "width"), PAPERS.items())
def test_every_page_prints_well(pages, visit, paper, width):
    def measure(path: Path) -> list[str]:
        opened = visit(path)
        found = paper_problems(opened.printed(paper), **MARGINS)
        return found + opened.overflows_on_paper(width - 2 * MARGINS["side"])

    assert problems(pages, measure) == {}
