"""Personal data in comments -> what kind it was. Rather too much than too little."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable

from outreach_metrics.text.names import without_names
from outreach_metrics.text.patterns import ADDRESS, GROUPS, NAME

_SEVERAL = re.compile(r"\[name\](?:[\s.]+\[name\])+")
_NUMBERED = re.compile(
    r"\b(?!(?:911|311|211|411|988|(?:19|20)\d\d)\b)\d{2,5}\s+(?:[nsew]\.?\s+)?\[(?:name|address)\]",
    re.IGNORECASE,
)
"""A house number before the name of a street."""


def redact(text: str, names: Iterable[str] = ()) -> str:
    """Return a comment without personal data.

    Parameters
    ----------
    text : str
        Compatibility forms are made plain (NFKC) and invisible characters are dropped first.
    names : iterable of str
        Further names that are known, in any case.

    Returns
    -------
    str
        With `[e-mail]`, `[phone]`, `[address]`, `[name]`, `[number]` (cases, badges, plates, social security,
        coordinates, dates of birth) and `[link]` in their place. Redacting twice changes nothing.

    Notes
    -----
    Patterns, a list of given names, and the company a word keeps ("my neighbor", "Officer", "my name is").
    Made to take rather too much: a place or a rare capitalized word can go as a name. A rare name alone in
    lower case, or a person told by what they did, stays: somebody has to read comments before they are
    published.

    Examples
    --------
    >>> redact("My neighbor Wanda Thistlewick saw it. Call me at (555) 010-0123 or ann at example dot org.")
    'My neighbor [name] saw it. Call me at [phone] or [e-mail].'
    >>> redact("Coffee with a Cop at 412 Oak Street Apt 3 was great, thanks Officer Ramirez!")
    'Coffee with a Cop at [address] was great, thanks Officer [name]!'
    """
    listed = _any_of(names)
    before = None
    while before != text:
        before, text = text, _once(_plain(text), listed)
    return text


def _any_of(names: Iterable[str]) -> re.Pattern[str] | None:
    known = sorted({name.strip() for name in names} - {""}, key=len, reverse=True)
    either = "|".join(map(re.escape, known))
    return re.compile(rf"(?<![\w\[])(?:{either})(?![\w\]])", re.IGNORECASE) if known else None


def _plain(text: str) -> str:
    if text.isascii():
        return text
    text = unicodedata.normalize("NFKC", text)
    shown = "".join(letter for letter in text if unicodedata.category(letter) != "Cf")
    return unicodedata.normalize("NFKC", shown)


def _once(text: str, listed: re.Pattern[str] | None) -> str:
    for needed, patterns in GROUPS:
        if needed.search(text):
            for pattern, placeholder in patterns:
                text = pattern.sub(placeholder, text)
    if listed is not None:
        text = listed.sub(NAME, text)
    text = _SEVERAL.sub(NAME, without_names(text))
    return _NUMBERED.sub(ADDRESS, text) if "[" in text else text
