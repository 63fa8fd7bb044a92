"""Pages that are made from a study rather than from a notebook: one template each, one look."""

from __future__ import annotations

from functools import cache

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from outreach_metrics.evidence.wording import MISSING, label, number, percent
from outreach_metrics.plots.colors import STRAND_COLORS
from outreach_metrics.reports.render import TEMPLATES
from outreach_metrics.reports.words import page_style, translated
from outreach_metrics.study import Settings
from outreach_metrics.study.wording import plural
from outreach_metrics.words import read_words

LEAST_SHARE = 0.0005
"""Shares below this are told as less than 0.1%."""


def page(template: str, settings: Settings, title: str, kicker: str, **values: object) -> str:
    """Return a self-contained page without scripts; everything but `Markup` is escaped.

    Parameters
    ----------
    template : str
        Name of a file in `template/`.
    settings : Settings
        Of the study that the page is about.
    title, kicker : str
        What stands at the head of the page, and above it.
    **values : object
        What the template shows.
    """
    words, imprint = read_words(settings.language), str(values.get("software", ""))
    style = page_style(words, title, words.phrasebook.say(kicker), imprint)
    made = (
        _environment()
        .get_template(template)
        .render(settings=settings, language=words.language, title=title, kicker=kicker, style=style, **values)
    )
    return translated(made, words)


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals["strand_colors"] = STRAND_COLORS
    environment.filters |= {"count": count, "label": label, "share": share, "plural": plural}
    return environment


def count(amount: int) -> str:
    """Return a number of things.

    Examples
    --------
    >>> count(12345)
    '12,345'
    """
    return number(float(amount))


def share(part: int, whole: int) -> str:
    """Return what part of a whole something is, small ones with a decimal, never a false zero.

    Examples
    --------
    >>> share(140, 79251), share(6, 79251), share(0, 10), share(9999, 10000), share(1, 0)
    ('0.2%', 'less than 0.1%', '0%', 'more than 99.9%', '–')
    """
    if not whole:
        return MISSING
    if 0 < part / whole < LEAST_SHARE:
        return "less than 0.1%"
    if 0 < 1 - part / whole < LEAST_SHARE:
        return "more than 99.9%"
    return percent(part / whole, 0 if 0.1 <= part / whole < 0.9 or part in (0, whole) else 1)
