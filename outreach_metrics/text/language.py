"""Which language a short comment is in: by its script, else by the words that are common in one language."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

from outreach_metrics.text.words import english_words, foreign_words

_WORD = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)?")
_SCRIPTS = {
    "HIRAGANA": "ja",
    "KATAKANA": "ja",
    "HANGUL": "ko",
    "CJK": "zh",
    "ARABIC": "ar",
    "CYRILLIC": "ru",
    "ETHIOPIC": "am",
    "DEVANAGARI": "hi",
    "BENGALI": "bn",
    "GUJARATI": "gu",
    "GURMUKHI": "pa",
    "TAMIL": "ta",
    "TELUGU": "te",
    "THAI": "th",
    "KHMER": "km",
    "LAO": "lo",
    "MYANMAR": "my",
    "HEBREW": "he",
    "GREEK": "el",
    "ARMENIAN": "hy",
    "GEORGIAN": "ka",
}
_SCRIPT = re.compile("^(" + "|".join(_SCRIPTS) + ")")
_TELLING = {"ñ": "es", "¿": "es", "¡": "es", "ã": "pt", "õ": "pt", "œ": "fr", "ß": "de", "ò": "ht"}
_PLACEHOLDER = re.compile(r"\[[a-z-]+\]")
# A comment that changes to English half-way is none that can be scored.
_FOREIGN, _MOSTLY = 2.0, 1.5
_VIETNAMESE = re.compile("[ăđơưĂĐƠƯ\u1ea0-\u1ef9]")


def language(text: str) -> str:
    """Return the ISO 639-1 code of the language of a short text.

    Parameters
    ----------
    text : str

    Returns
    -------
    str
        "en", "es", "pt", "fr", "ht" (Haitian Creole), "so", "tl" (Tagalog), "vi", "de", "it", or the main
        language of a script ("zh", "ar", "ru", "ko" and others). Empty where nothing tells: no words, a tie,
        another language in Latin letters. One word alone that English shares ("no", "excellent") is English.

    Notes
    -----
    Each word counts for the languages that have it among their commonest (language_words.csv; for English
    common_words.txt and the words of VADER), for less where several have it; a letter that only one language
    has counts too. Made for remarks of one to thirty words: trained detectors take "Good job", "ok" or
    "Not safe" for other languages.

    Examples
    --------
    >>> [language(text) for text in ("Good job", "Nadie contesta.", "Cảm ơn", "谢谢", "555-0112")]
    ['en', 'es', 'vi', 'zh', '']
    """
    text = unicodedata.normalize("NFC", text)
    if not text.isascii():
        script = _script(text)
        if script:
            return script
    votes = _votes(_PLACEHOLDER.sub(" ", text))
    if not votes:
        return ""
    other = max((code for code in votes if code != "en"), key=lambda code: votes[code], default="")
    if other and votes[other] >= _FOREIGN and votes.get("en", 0.0) < _MOSTLY * votes[other]:
        votes.pop("en", None)
    best = max(votes.values())
    leading = [code for code, count in votes.items() if count == best]
    if "en" in leading and len(_WORD.findall(text)) == 1:
        return "en"
    return leading[0] if len(leading) == 1 else ""


def _votes(text: str) -> dict[str, float]:
    votes: dict[str, float] = {}
    known = _known_words()
    words = [word.replace("’", "'") for word in _WORD.findall(text.lower())]
    for word in words:
        for code in known.get(word, ()):
            votes[code] = votes.get(code, 0.0) + 1 / len(known[word]) ** 0.5
    if not text.isascii():
        for letter in set(text.lower()):
            if letter in _TELLING:
                votes[_TELLING[letter]] = votes.get(_TELLING[letter], 0.0) + 1
        marked = len(_VIETNAMESE.findall(text))
        if marked:
            votes["vi"] = votes.get("vi", 0.0) + marked
    return votes


def _script(text: str) -> str:
    """Return the language of the script of most letters; empty when that is Latin or unknown."""
    counts: dict[str, int] = {}
    for letter in filter(str.isalpha, text):
        found = _SCRIPT.match(unicodedata.name(letter, ""))
        code = _SCRIPTS[found[0]] if found else ""
        counts[code] = counts.get(code, 0) + 1
    if counts.get("ja"):
        counts["ja"] += counts.pop("zh", 0)
    return max(counts, key=lambda code: counts[code], default="")


@lru_cache(maxsize=1)
def _known_words() -> dict[str, tuple[str, ...]]:
    known = dict(foreign_words())
    for word in english_words():
        known[word] = (*known.get(word, ()), "en")
    return known
