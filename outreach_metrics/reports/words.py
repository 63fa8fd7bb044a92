"""Words of a report's page that come from neither a notebook nor the data, and the glossary.

A language is one file in `template/words/`; English stands in for what a language leaves out.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

WORDS = Path(__file__).parent / "template" / "words"
ENGLISH = "en"
_CODE = re.compile(r"[a-z]+(-[a-z]+)*")


@dataclass(frozen=True, slots=True, kw_only=True)
class Term:
    """An entry of the glossary: the term, what it means, and the forms by which a page uses it."""

    term: str
    meaning: str
    forms: tuple[str, ...]

    @property
    def anchor(self) -> str:
        """Identifier of the entry on the page."""
        return "term-" + re.sub(r"\W+", "-", self.term.lower()).strip("-")

    def used_in(self, text: str) -> bool:
        """Whether a text holds one of the forms as whole words, in any case."""
        return any(re.search(rf"(?<!\w){re.escape(form)}(?!\w)", text, re.IGNORECASE) for form in self.forms)


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """The words of a page in one language.

    Parameters
    ----------
    language : str
        As in the file's name; English where there is no file of the language asked for.
    page : mapping of str to str
        Labels by name.
    glossary : tuple of Term
        In the order of the language's alphabet, as in the file.
    """

    language: str
    page: Mapping[str, str]
    glossary: tuple[Term, ...]

    def used_terms(self, text: str) -> tuple[Term, ...]:
        """Return the entries of the glossary that a text has use for."""
        return tuple(term for term in self.glossary if term.used_in(text))


@cache
def read_words(language: str, folder: Path = WORDS) -> Words:
    """Return the words in a language ("en", or "en-US"), or in English where there are none.

    Examples
    --------
    >>> read_words("en-US").page["contents"]
    'Contents'
    >>> [term.term for term in read_words("en").used_terms("Two comparison areas; not a baselined word.")]
    ['Comparison area']
    """
    english = _read(folder / f"{ENGLISH}.toml")
    for code in (language.lower(), language.lower().partition("-")[0]):
        path = folder / f"{code}.toml"
        if _CODE.fullmatch(code) and path.is_file():
            return _words(code, english, _read(path))
    return _words(ENGLISH, english, {})


def page_style(words: Words, title: str, kicker: str = "", imprint: str = "") -> str:
    r"""Return the CSS that holds words: what runs along printed pages, and the hint on wide tables.

    Parameters
    ----------
    words : Words
    title, kicker : str
        What the running header of printed pages says, on the left and on the right; the first has none.
    imprint : str
        What stands below every page, beside its number.

    Examples
    --------
    >>> print(page_style(read_words("en"), "A & B").splitlines()[1])
    @page { @top-left { content: "A \26  B" } @top-right { content: "" } @bottom-left { content: "" } }
    """
    number = re.split(r"({page}|{pages})", words.page["page_number"])
    counters = {"{page}": "counter(page)", "{pages}": "counter(pages)"}
    numbered = " ".join(counters.get(part, _css_string(part)) for part in number if part)
    runs = {"top-left": title, "top-right": kicker, "bottom-left": imprint}
    boxes = " ".join(f"@{box} {{ content: {_css_string(text)} }}" for box, text in runs.items())
    return (
        f":root {{ --scroll-hint: {_css_string(words.page['scroll_hint'])} }}\n"
        f"@page {{ {boxes} }}\n"
        f"@page {{ @bottom-right {{ content: {numbered} }} }}\n"
        "@page :first { @top-left { content: none } @top-right { content: none } }"
    )


def _css_string(text: str) -> str:
    """Quote a text for CSS inside of HTML: everything but letters, digits and spaces is escaped."""
    return '"' + "".join(c if c.isalnum() or c == " " else f"\\{ord(c):x} " for c in text) + '"'


def _read(path: Path) -> dict:
    return tomllib.loads(path.read_text(encoding="utf-8"))


def _words(language: str, english: dict, own: dict) -> Words:
    glossary = own.get("glossary") or english["glossary"]
    return Words(
        language=language,
        page={**english["page"], **own.get("page", {})},
        glossary=tuple(Term(**{**entry, "forms": tuple(entry["forms"])}) for entry in glossary),
    )
