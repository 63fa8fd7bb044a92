"""Forms beside HTML: PDF and DOCX of a report's page, slides of charts. Their libraries are an extra.

Each module turns finished content into bytes, always the same for the same content; none reads or writes a
file of the user's, and none loads anything from elsewhere.
"""

from __future__ import annotations

from collections.abc import Iterable
from importlib import import_module

from outreach_metrics.errors import OutreachMetricsError

REPORT_FORMATS = ("html", "pdf", "docx")
CHART_FORMATS = ("svg", "png", "pptx")
LIBRARIES: dict[str, tuple[str, ...]] = {
    "html": (),
    "svg": (),
    "png": (),
    "pdf": ("weasyprint",),
    "docx": ("pypandoc", "lxml", "bs4"),
    "pptx": ("pptx",),
}
"""What each form needs beyond the core of the package."""

_INSTALL = 'pip install "outreach-metrics[reports]"'
_PANGO = "https://doc.courtbouillon.org/weasyprint/stable/first_steps.html#installation"

PAGE_SIZES: dict[str, tuple[float, float]] = {"letter": (8.5, 11.0), "A4": (8.268, 11.693)}
"""Width and height in inches."""


class MissingFormError(OutreachMetricsError):
    """A form cannot be made here, for want of a library."""


def require(forms: Iterable[str]) -> None:
    """Make sure that the libraries of some forms can be loaded.

    Parameters
    ----------
    forms : iterable of str
        Keys of `LIBRARIES`.

    Raises
    ------
    MissingFormError
        Names the first form that cannot be made, and tells how to get its library.

    Examples
    --------
    >>> require(["html", "svg"])
    """
    for form in forms:
        for library in LIBRARIES[form]:
            try:
                import_module(library)
            except ImportError as error:
                raise MissingFormError(
                    f"{form} needs the library {error.name or library}: {_INSTALL}"
                ) from error
            except OSError as error:
                raise MissingFormError(
                    f"{form} needs the system library Pango, see {_PANGO}; for everything else: {_INSTALL}"
                ) from error


def page_as(form: str, html: str, page: str = "letter") -> bytes:
    """Return a report's page in another form.

    Parameters
    ----------
    form : {"pdf", "docx"}
    html : str
        Self-contained: everything in it, pictures too.
    page : {"letter", "A4"}

    Raises
    ------
    MissingFormError
        The form's library is not there.
    RenderingError
        The page would load something from elsewhere.
    """
    require([form])
    module = import_module(f"{__name__}.{form}")
    return getattr(module, form)(html, page)
