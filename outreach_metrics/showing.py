"""Results as the last value of a notebook's cell: small tables that a screen reader can read, escaped.

A result holds no words for its numbers. Those are a matter of the room `evidence` above, which is asked by
name when something is shown, so that nothing below depends on it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape
from importlib import import_module

_WORDS = "outreach_metrics.evidence.showing"
_LEFT = ' style="text-align:left;vertical-align:top"'
_TABLE = ' style="margin:0 0 1em 0"'
_CAPTION = ' style="caption-side:top;text-align:left;font-weight:bold"'


class Listing(tuple):
    """A tuple that shows itself as a table or list in a notebook, and is a plain tuple otherwise.

    Examples
    --------
    >>> Listing(["Crime fell."]) == ("Crime fell.",)
    True
    """

    __slots__ = ()

    def _repr_html_(self) -> str:
        return in_words(self)


def in_words(result: object) -> str:
    """Return the HTML of an estimate, a check, a study, or whatever else `evidence.showing` has words for."""
    return import_module(_WORDS).shown(result)


def listed(holder: object, *names: str) -> None:
    """Make tuples of a frozen dataclass show themselves; for its ``__post_init__``."""
    for name in names:
        object.__setattr__(holder, name, Listing(getattr(holder, name)))


def table(
    caption: str, rows: Iterable[Sequence[object]], *, heading: Sequence[str] = (), notes: Iterable[str] = ()
) -> str:
    """Return a table as HTML; the first cell of each row is its heading.

    Parameters
    ----------
    caption : str
    rows : iterable of sequence
        Cells are text, or are turned into it; everything is escaped.
    heading : sequence of str
        One a column; none for a table of names and values.
    notes : iterable of str
        Paragraphs below.

    Examples
    --------
    >>> '<th scope="row"' in table("Events", [["Held", 34]]), "&lt;b&gt;" in table("<b>", [])
    (True, True)
    """
    head = "".join(f'<th scope="col"{_LEFT}>{escape(name)}</th>' for name in heading)
    body = "".join(f"<tr>{_row(row)}</tr>" for row in rows)
    return (
        f"<table{_TABLE}><caption{_CAPTION}>{escape(caption)}</caption>"
        f"{f'<thead><tr>{head}</tr></thead>' if head else ''}<tbody>{body}</tbody></table>"
        f"{paragraphs(*notes)}"
    )


def _row(row: Sequence[object]) -> str:
    first, *others = (escape(str(cell)) for cell in row)
    return f'<th scope="row"{_LEFT}>{first}</th>' + "".join(f"<td{_LEFT}>{cell}</td>" for cell in others)


def paragraphs(*texts: str) -> str:
    """Return texts as paragraphs, escaped; those that are empty are left out.

    Examples
    --------
    >>> paragraphs("a < b", "")
    '<p>a &lt; b</p>'
    """
    return "".join(f"<p>{escape(text)}</p>" for text in texts if text)


def bullets(texts: Iterable[object]) -> str:
    """Return texts as a list, escaped.

    Examples
    --------
    >>> bullets(["a & b"])
    '<ul><li>a &amp; b</li></ul>'
    """
    return f"<ul>{''.join(f'<li>{escape(str(text))}</li>' for text in texts)}</ul>"
