"""What people write into the name of a sign-in sheet: a name, a name and company, or nobody's name."""

from __future__ import annotations

import re
from typing import NamedTuple

MOST_COMPANY = 20
_LONGEST = 120
_ILLEGIBLE = re.compile(
    r"[\W_]*|\W*(illegible|unreadable|unknown|not legible|can'?t read|anonymous|no name( given)?|n/?a"
    r"|none|declined|refused|did not sign|name|walk[- ]?in|resident|visitor|attendee|participant)\W*",
    re.I,
)
_MARKS = re.compile(r"[\"'″〃]+|do\.?|ditto", re.I)
_WORDS = {"a": 1, "an": 1, "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6}
_NUMBER = rf"(?:\d{{1,2}}|{'|'.join(_WORDS)})"
_COMPANION = (
    r"(?:(?:plus|\+)[- ]?(?:ones?|guests?)"
    r"|(?:(?:small |young |other |unnamed )?(?:child(?:ren)?|kids?|bab(?:y|ies)|infants?|toddlers?|teens?"
    r"|minors?|guests?|spouses?|wife|husband|partner|fianc[eé]e?|girlfriend|boyfriend|friends?|famil(?:y|ies)"
    r"(?: members?)?|relatives?|parents?|mother|father|mom|mum|dad|sons?|daughters?|brothers?|sisters?"
    r"|siblings?|aunt|uncle|cousins?|nieces?|nephews?|grand(?:ma|pa|mother|father|parents?|child(?:ren)?"
    r"|kids?|sons?|daughters?)|neighbou?rs?|roommates?|companions?|significant other|person|people|others?"
    r"|adults?|niñ[oa]s?|hij[oa]s?|espos[oa]|invitad[oa]s?|beb[eé]s?|acompañantes?|amig[oa]s?|familia)))"
)
# "Ann's", "my"; "2"; "kids"; "(2)", "of 4"; "of Ann".
_NOBODY = re.compile(
    rf"\W*(?:(?:[\w.'’-]+ ){{0,3}}?[\w.-]+['’]s? |(?:my|his|her|their|the|and|with|su|mi) )?"
    rf"(?:(?P<before>{_NUMBER})[ x]*)?{_COMPANION}(?: ?(?:of |x |#|\()?(?P<after>\d{{1,2}})\)?)?"
    rf"(?: (?:of|with|de) .+)?\W*",
    re.I,
)
_PLUS = re.compile(rf"\W*(?:\+|plus )\s*(?P<after>{_NUMBER})\W*", re.I)
_WITH = re.compile(r"(.*\w.*?)\W*(\+|\bplus\b|\band\b|&|\bw/|\bwith\b|[,(](?= ?\d)) ?(.+)", re.I)


class Signature(NamedTuple):
    """A readable name or "", how many people the line stands for, and whether it is somebody's company."""

    name: str
    people: int = 1
    companion: bool = False


def legible(text: str) -> str:
    """Return a name, "" for what stands for one that cannot be read.

    Examples
    --------
    >>> legible("Ann Lee"), legible("(illegible)"), legible("???")
    ('Ann Lee', '', '')
    """
    return "" if _ILLEGIBLE.fullmatch(text) or _MARKS.fullmatch(text) else text


def signature(text: str) -> Signature:
    """Return whom a line of a sign-in sheet names, and how many people it stands for.

    Examples
    --------
    >>> [signature(text) for text in ("Ann Lee +2", "Ann's husband")]
    [Signature(name='Ann Lee', people=3, companion=False), Signature(name='', people=1, companion=True)]
    >>> [signature(text)[:2] for text in ("3 kids", "plus one", "Guest of Bo Ray", "Ann and Bo Lee", "?")]
    [('', 3), ('', 1), ('', 1), ('Ann and Bo Lee', 1), ('', 1)]
    """
    if len(text) > _LONGEST:
        return Signature(text)
    if company := _company(text):
        return Signature("", company, companion=True)
    match = _WITH.fullmatch(text)
    if match and legible(match[1]):
        count = match[3] if match[2] in ",(" else f"+{match[3]}"
        if extra := _company(match[3]) or _company(count):
            return Signature(match[1].strip(" ,;("), 1 + extra)
    return Signature(legible(text))


def _company(text: str) -> int:
    """Return how many people a text stands for that names nobody; 0 for a name."""
    match = _PLUS.fullmatch(text) or _NOBODY.fullmatch(text)
    if match is None:
        return 0
    said = next((word for word in match.groupdict().values() if word), "1").lower()
    return min(max(_WORDS.get(said) or int(said), 1), MOST_COMPANY)
