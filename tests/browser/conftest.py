"""A headless Chromium of the machine, and the pages of the sample study."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.browser.visiting import Visit

BROWSERS = ("chromium", "chromium-browser", "google-chrome")


@pytest.fixture(scope="session")
def reports(sample, tmp_path_factory) -> Path:
    """Return a folder with the reports on two programs, the portfolio and the index."""
    from outreach_metrics.reports.making import make_reports

    out = tmp_path_factory.mktemp("reports")
    assert make_reports(sample, out, ["harbor-watch", "tip-line"]) == []
    return out


@pytest.fixture(scope="module")
def browser():
    """Return a browser; it ends with the module, as Playwright's event loop must not meet other tests'."""
    playwright = pytest.importorskip(
        "playwright.sync_api", reason="playwright is not installed: extra `test`"
    )
    program = next(filter(None, map(shutil.which, BROWSERS)), None)
    if program is None:
        pytest.skip(f"no browser on this machine: {', '.join(BROWSERS)}")
    with playwright.sync_playwright() as started:
        found = started.chromium.launch(executable_path=program)
        yield found
        found.close()


@pytest.fixture
def visit(browser) -> Iterator[Callable[..., Visit]]:
    """Return a function that opens a file, offline; what it opened is closed after the test."""
    visits: list[Visit] = []

    def opened(path: Path, **settings) -> Visit:
        visits.append(Visit(browser, path, **settings))
        return visits[-1]

    yield opened
    for made in visits:
        made.close()


@pytest.fixture
def visit_html(visit, tmp_path) -> Callable[..., Visit]:
    """Return a function that opens a small page with the given body."""

    def opened(body: str, **settings) -> Visit:
        path = tmp_path / "page.html"
        path.write_text(
            f'<!DOCTYPE html><html lang="en"><head><meta charset="utf-8"><title>Page</title></head>'
            f"<body><main><h1>Page</h1>{body}</main></body></html>",
            encoding="utf-8",
        )
        return visit(path, **settings)

    return opened
