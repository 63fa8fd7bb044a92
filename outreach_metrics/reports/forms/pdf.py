"""A report's page -> PDF with tags, bookmarks and alternative texts, by WeasyPrint."""

from __future__ import annotations

from outreach_metrics.reports.forms import PAGE_SIZES, require
from outreach_metrics.reports.render import RenderingError


def pdf(html: str, page: str = "letter") -> bytes:
    """Return a page as a tagged PDF; title, language and author are those of the page.

    Parameters
    ----------
    html : str
        Self-contained: everything in it, pictures too.
    page : {"letter", "A4"}

    Returns
    -------
    bytes
        The same for the same page. It is made to the rules of PDF/UA-1, and has not been validated.

    Raises
    ------
    MissingFormError
        WeasyPrint, or the system library Pango that it draws with, is not there.
    RenderingError
        The page would load something from elsewhere.
    """
    require(["pdf"])
    from weasyprint import CSS, HTML
    from weasyprint.urls import FatalURLFetchingError, URLFetcher

    class OnlyWhatIsInThePage(URLFetcher):
        def fetch(self, url: str, headers: dict | None = None):
            if not url.startswith("data:"):
                raise FatalURLFetchingError(f"a report must not load {url.partition('?')[0]}")
            return super().fetch(url, headers)

    width, height = PAGE_SIZES[page]
    size = CSS(string=f"@page {{ size: {width}in {height}in !important }}")
    try:
        return HTML(string=html, url_fetcher=OnlyWhatIsInThePage()).write_pdf(
            stylesheets=[size], pdf_variant="pdf/ua-1"
        )
    except FatalURLFetchingError as error:
        raise RenderingError(str(error)) from error
