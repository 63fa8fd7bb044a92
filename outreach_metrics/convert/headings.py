"""Headings -> short names, and what they say of a column: a person, the make-up, an open question."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection

import pandas as pd

from outreach_metrics.convert.scales import plain_label
from outreach_metrics.convert.sheets import plain_heading

_PERSONAL = re.compile(
    r"^(\w+ ){0,3}(email|telephone|phone|mobile|cell)( address| number| no| #)?( \(.*)?$|\bip ?address\b"
    r"|\b(email|phone|contact|mobile|cell|telephone) (address|number|info\w*)\b|\byour (email|phone"
    r"|telephone)\b"
    r"|^(your |first |last |full |preferred |middle |legal |given |family |sur|nick|user |recipient )*name$"
    r"|\b(your|first|last|full|preferred|legal|middle|print) (and last |& last )?name\b|^name\b.{0,40}$"
    r"|^surname\b"
    r"|^username$|^uniqname$|\blatitude\b|\blongitude\b|^location(latitude|longitude|accuracy)$"
    r"|\b(home|street|mailing|postal|billing|shipping|your|work) address\b|^address( line)?( ?\d)?$"
    r"|\bdate of birth\b|\bbirth ?date\b|\bdob\b|\bsocial security\b|\bdriver'?s? licen[sc]e\b"
    r"|^nombres?( completo| y apellidos?)?$|^apellidos?$|^(nom|prénom)( complet)?$|^nom (et|de famille)\b"
    r"|^(vor|nach)name$|^(cog)?nome( completo)?$|^sobrenome$|^(voor|achter)?naam$"
    r"|^(tel[ée]fono|téléphone|telefon(nummer)?|telefone|celular|handynummer)\b|^correo( electrónico)?$"
    r"|^courriel$|^(direcci[oó]n|adresse|anschrift|indirizzo|endereço|adres)\b"
    r"|^recipient(first|last)name$|^recipientemail$|^emailaddress$|^signature$|^initials$"
)
_MAKE_UP = re.compile(
    r"^(what is |what's |which is )?(your |the )?(current |highest )?(level of )?"
    r"(age|gender|sex|race|ethnic|hispanic|zip|post ?code|postal code|neighbou?rhood|district|precinct"
    r"|beat|ward|city|state"
    r"|county|country|language|income|education|employment|occupation|marital|household|religion|grade|school"
    r"|role|rank|affiliation|housing|veteran|disabilit)"
    r"|\bhow old\b|\bhow (long|many)\b|^number of\b|\byears (of|lived|in)\b|^which (age|gender|race|best "
    r"describes)"
    r"|^do you (live|work|own|rent|identify|speak|attend)\b|^are you (a|an|of|hispanic|currently|the)\b"
    r"|\bserved in the\b|\bbest describes you\b|\bidentify (as|with)\b"
)
_OPEN = re.compile(
    r"comment|suggest|explain|anything else|\bwhy\b|describe|tell us|feedback|open[- ]?ended|please specify"
    r"|in your own words|what (could|would|can|should|do you (like|want))|\bother \("
)
_NOTHING = {
    "", "ok", "okay", "none", "n/a", "na", "nothing", "nil", "nope", "no comment", "no comments", "fine",
    "all good", "not applicable", "nothing else", "not really", "x", "-", "--", "idk", "don't know", "?",
}  # fmt: skip
_SHORT = {"no", "yes", "good", "bad", "fair", "great", "poor", "excellent", "average", "very good", "better"}
_EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[A-Za-z]{2,}")
_PHONE = re.compile(r"\+?[\d\s().-]{10,20}")
LONGEST = 40


def safe_name(text: str) -> str:
    """Return a heading as a column name: letters, digits and underscores, cut at a word.

    Examples
    --------
    >>> safe_name("Q3. How safe do you feel walking alone after dark in your neighborhood?")
    'q3_how_safe_do_you_feel_walking_alone'
    >>> safe_name("Age group"), safe_name("¿Edad?"), safe_name("Возраст")
    ('age_group', 'edad', '')
    """
    letters = unicodedata.normalize("NFKD", text.casefold().replace("'", "").replace("’", ""))
    words = re.findall(r"[a-z0-9]+", letters.encode("ascii", "ignore").decode())
    name = ""
    for word in words:
        if name and len(name) + 1 + len(word) > LONGEST:
            break
        name = f"{name}_{word}" if name else word[:LONGEST]
    return name


def free_name(name: str, taken: Collection[str]) -> str:
    """Return the name, with a number when it is taken.

    Examples
    --------
    >>> free_name("age", {"age", "age_2"})
    'age_3'
    """
    if name not in taken:
        return name
    number = 2
    while f"{name}_{number}" in taken:
        number += 1
    return f"{name}_{number}"


def is_personal(heading: str) -> bool:
    """Whether a column of that heading tells who a person is.

    Examples
    --------
    >>> [is_personal(text) for text in ("E-mail", "Your full name", "Do you know our officer by name?")]
    [True, True, False]
    """
    return bool(_PERSONAL.search(plain_heading(heading).replace("-", " ")))


def holds_people(cells: pd.Series) -> bool:
    """Whether at least half of the answers are e-mail addresses or phone numbers."""
    answers = cells[cells != ""].head(500)
    if answers.empty:
        return False
    found = [
        bool(_EMAIL.search(text)) or (bool(_PHONE.fullmatch(text)) and sum(map(str.isdigit, text)) >= 10)
        for text in answers
    ]
    return sum(found) >= len(found) / 2


def is_make_up(heading: str) -> bool:
    """Whether a column tells of the person, not of an opinion: age, gender, years lived here.

    Examples
    --------
    >>> [is_make_up(text) for text in ("What is your age?", "How safe is your neighborhood?", "ZIP code")]
    [True, False, True]
    """
    return bool(_MAKE_UP.search(plain_heading(heading)))


def is_filler(heading: str, cells: pd.Series) -> bool:
    """Whether the answers are the words of those who have nothing to say, which no scale is made of.

    Where the heading asks for free text, so are one or two short words such as "good" or "no".

    Examples
    --------
    >>> is_filler("How was it?", pd.Series(["ok", "n/a"])), is_filler("Was it fair?", pd.Series(["No", "No"]))
    (True, False)
    >>> is_filler("Any other comments?", pd.Series(["No", "no", "Good"]))
    True
    """
    distinct = {plain_label(text) for text in cells.unique() if text}
    if distinct <= _NOTHING:
        return bool(distinct)
    asked = bool(_OPEN.search(plain_heading(heading))) and not is_make_up(heading)
    return asked and len(distinct - _NOTHING) <= 2 and distinct <= _NOTHING | _SHORT


def is_open(heading: str, cells: pd.Series) -> bool:
    """Whether a column holds free text: its heading asks for it, or its answers are long or all different."""
    answers = cells[cells != ""]
    distinct = answers.nunique()
    if is_make_up(heading):
        return False
    words = answers.head(2000).str.split().str.len()
    return bool(
        _OPEN.search(plain_heading(heading)) or words.mean() > 7 or distinct > max(10, len(answers) / 2)
    )
