"""Words of reports by language: labels of the page, the glossary, and what sentences are in it.

Code and notebooks say everything in English. A language is one more file beside `en.toml`, with its own
labels and glossary and, below [sentences], what each English sentence is in it (`Phrasebook` tells how).
What a language leaves out is told in English. Files and numbers for machines stay as they are.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from outreach_metrics.words.phrasebook import Phrasebook

__all__ = [
    "ENGLISH",
    "WORDS",
    "Phrasebook",
    "Term",
    "Words",
    "in_use",
    "languages",
    "read_words",
    "say",
    "use_language",
]

WORDS = Path(__file__).parent
ENGLISH = "en"
_CODE = re.compile(r"[a-z]+(-[a-z]+)*")
_language = [ENGLISH]


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
    phrasebook : Phrasebook
        What English sentences are in the language; empty in English.
    """

    language: str
    page: Mapping[str, str]
    glossary: tuple[Term, ...]
    phrasebook: Phrasebook = field(default_factory=Phrasebook)

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


def languages() -> tuple[str, ...]:
    """Return the codes of the languages that there are.

    Examples
    --------
    >>> "en" in languages()
    True
    """
    return tuple(sorted(path.stem for path in WORDS.glob("*.toml")))


def use_language(language: str) -> None:
    """Let charts be drawn in a language from now on; `load_study` does it for the study's."""
    _language[0] = language


def in_use() -> Words:
    """Return the words of the language in use."""
    return read_words(_language[0])


def say(text: str) -> str:
    """Return a text of a chart in the language in use.

    Examples
    --------
    >>> say("Crime fell.")
    'Crime fell.'
    """
    return in_use().phrasebook.say(text)


def _read(path: Path) -> dict:
    return tomllib.loads(path.read_text(encoding="utf-8"))


def _words(language: str, english: dict, own: dict) -> Words:
    glossary = own.get("glossary") or english["glossary"]
    return Words(
        language=language,
        page={**english["page"], **own.get("page", {})},
        glossary=tuple(Term(**{**entry, "forms": tuple(entry["forms"])}) for entry in glossary),
        phrasebook=Phrasebook(own.get("sentences", {})),
    )
