"""English sentences and what they are in another language, with places for what differs between them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

_WORD = re.compile(r"[^\W\d_]{2}")
_PLACE = re.compile(r"\{(\w+)\}")
_BETWEEN_SENTENCES = re.compile(r"(?<=[.!?]) (?=[^a-z])")


@dataclass(frozen=True, slots=True)
class _Pattern:
    """A sentence with places: how it is recognized, its longest fixed part, its letters, what it becomes."""

    expression: re.Pattern[str]
    longest: str
    letters: int
    told: str


class Phrasebook:
    """What English sentences, and parts of them, are in another language.

    Parameters
    ----------
    sentences : mapping of str to str
        English to the other language. A place in braces, named alike on both sides, stands for any part of a
        sentence, which is looked up in turn. What has no places goes before what has; of these, that with
        more letters of its own. What begins with a capital is also found under a small letter.

    Raises
    ------
    ValueError
        The places differ between the languages, or there is nothing but places.

    Examples
    --------
    >>> book = Phrasebook({"recorded {what} fell {size}.": "{what}: {size} menos.", "burglary": "robo"})
    >>> book.say("Recorded burglary fell 37%. Nothing else changed.")
    'Robo: 37% menos. Nothing else changed.'
    """

    def __init__(self, sentences: Mapping[str, str] | None = None) -> None:
        self._known: dict[str, str] = {}
        patterns = []
        for text, told in (sentences or {}).items():
            if _PLACE.search(text):
                patterns.append(_pattern(text, told))
            else:
                self._known[text] = told
        self._patterns = sorted(patterns, key=lambda pattern: -pattern.letters)

    def __bool__(self) -> bool:
        return bool(self._known or self._patterns)

    def say(self, text: str) -> str:
        """Return a text in the language, sentence by sentence; what is not known stays as it is."""
        core = " ".join(text.split())
        told = self._known.get(core) or " ".join(
            self._told(sentence) or sentence for sentence in _BETWEEN_SENTENCES.split(core)
        )
        if told == core:
            return text
        start = len(text) - len(text.lstrip())
        return text[:start] + told + text[len(text.rstrip()) :]

    def missing(self, text: str) -> list[str]:
        """Return the sentences of a text that are not known."""
        core = " ".join(text.split())
        if core in self._known:
            return []
        sentences = _BETWEEN_SENTENCES.split(core)
        return [s for s in sentences if _WORD.search(s) and self._told(s) is None]

    def _told(self, sentence: str) -> str | None:
        told = self._found(sentence)
        if told is None and sentence[:1].isupper():
            told = self._found(sentence[0].lower() + sentence[1:])
            told = told and told[0].upper() + told[1:]
        return told

    def _found(self, sentence: str) -> str | None:
        if sentence in self._known:
            return self._known[sentence]
        for pattern in self._patterns:
            found = pattern.longest in sentence and pattern.expression.fullmatch(sentence)
            if found:
                parts = {name: self.say(part) for name, part in found.groupdict().items()}
                return pattern.told.format(**parts)
        return None


def _pattern(text: str, told: str) -> _Pattern:
    parts = _PLACE.split(text)
    fixed, names = parts[::2], parts[1::2]
    if not any(fixed) or sorted(names) != sorted(_PLACE.findall(told)):
        raise ValueError(f"{text!r} and {told!r} need the same places in braces, and words beside them")
    expression = re.escape(fixed[0])
    for name, part in zip(names, fixed[1:], strict=True):
        expression += f"(?P<{name}>.+?){re.escape(part)}"
    return _Pattern(re.compile(expression), max(fixed, key=len), len("".join(fixed)), told)
