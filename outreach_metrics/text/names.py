"""Names of people in a text: a list of given names, and the company that a word keeps."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from typing import NamedTuple

from outreach_metrics.text.patterns import ADDRESS, NAME, WAY
from outreach_metrics.text.words import english_words, foreign_words, given_names, word_groups

_I = re.IGNORECASE
_SURE = re.compile(
    r"\b(?:names?\s*(?:is|was|are|'s|:)|named|name\s*s|me\s+llamo|nombre\s+es|se\s+llama|m['’]appelle|"
    r"goes\s+by|go\s+by|nicknamed|signed\s*[,:–—-]|a\.?k\.?a\.?)[\s,:–—-]*$",
    _I,
)
_CONTACT = re.compile(
    r"\b(?:ask(?:ed|ing)?\s+for|say\s+(?:hi|hello)\s+to|tell|told|contact|sincerely|regards|attn|calls?\s+me|"
    r"(?:talk(?:ed|ing)?|speak(?:ing)?|spoken?)\s+(?:to|with)|habl\w+\s+con|pregunt\w+\s+por|"
    r"ig|insta|snapchat|tiktok|venmo|cashapp)[\s,:–—-]*$",
    _I,
)
_LIKELY = re.compile(
    r"\b(?:i\s+am|i['’]?m|this\s+is|that['’]?s|soy|call(?:ed)?|text(?:ed)?|tell|told|gracias(?:\s+a)?|"
    r"thanks(?:\s+to)?|thank\s+you|thx|hi|hello|dear|with|by|and|saw|know|for|to|from|against|of|yo)"
    r"[\s,:–—-]*$",
    _I,
)
_CUE = 30
"""Letters before a word in which a cue is looked for."""
_LONGEST = 6
_WAYS = re.compile(WAY, _I)
_ENDINGS = re.compile(
    r".{2,}(?:ed|ing|ly|s|tion|er|est|able|ible|ance|ence|ful|less|ness|ment|ous|ive|ity|al|ism|ist|ize|"
    r"ship|hood|ward|like|(?<!e)y)$"
)
_STEM = re.compile(r"(?:'s|s'|es|s|ed|d|ing|ly|er|ers|est|n't|'ll|'d|'re|'ve)$")
_FORMED = re.compile(
    r".{2,}(?:ed|ing|ly|tion|able|ible|ance|ence|ful|less|ness|ment|ous|ive|ity|ism|ist|ize|ship|hood|s)$"
)
_PREFIXED = re.compile(
    r"(?:o'(?!clock)|mc)[^\W\d_]{3,}|"
    r"d'(?:angelo|andre|amico|agostino|ambrosio|alessandro|antonio|arcy|marco|onofrio|quan|shawn|silva|souza)"
)
_WORD = re.compile(r"\[[a-z-]+\]|[^\W\d_](?:\.[^\W\d_])+\.?|[^\W\d_]+(?:['’-][^\W\d_]+)*|\S")


class _Word(NamedTuple):
    """A word of a comment: where it stands, its key, how it is written, whether it begins a sentence."""

    start: int
    end: int
    key: str
    capital: bool
    first: bool
    letters: bool

    def among(self, *kinds: str) -> bool:
        """Whether it is one of the words of name_words.csv of these kinds."""
        return not _kinds(self.key).isdisjoint(kinds)

    @property
    def kept(self) -> bool:
        """Whether it is a word that is written with a capital and is no person."""
        return self.among("kept", "function", "organization")

    @property
    def known(self) -> bool:
        """Whether it is a given name or a common surname, be it a common word or not."""
        return _is_listed(self.key)

    @property
    def named(self) -> bool:
        """Whether it is a given name and no common word."""
        return _is_named(self.key)

    @property
    def given(self) -> bool:
        """Whether it is a given name without a cue: one that is also a word ("mark") must have a capital."""
        return self.named and (self.capital or (len(self.key) > 2 and not self.among("also_word")))

    @property
    def rare(self) -> bool:
        """Whether it is, however written, neither a common word nor made like one."""
        return self.letters and _is_rare(self.key)

    @property
    def strange(self) -> bool:
        """Whether it is no common word and, by its ending, no form of one: what a cue makes a name."""
        return (
            self.letters and len(self.key) > 2 and not is_common(self.key) and not _FORMED.fullmatch(self.key)
        )

    @property
    def plain(self) -> bool:
        """Whether it can begin no name, whatever stands beside it."""
        if self.capital:
            return self.kept and len(self.key) > 1 and not self.known and not self.among("short_name")
        return not self.letters or (is_common(self.key) and not self.known)


@lru_cache(maxsize=20_000)
def _kinds(key: str) -> frozenset[str]:
    return frozenset(kind for kind, words in word_groups("name_words.csv").items() if key in words)


@lru_cache(maxsize=20_000)
def _is_listed(key: str) -> bool:
    if _PREFIXED.fullmatch(key):
        return True
    unmarked = "".join(
        letter for letter in unicodedata.normalize("NFD", key) if not unicodedata.combining(letter)
    )
    return any(part in given_names() for part in unmarked.split("-"))


@lru_cache(maxsize=20_000)
def _is_named(key: str) -> bool:
    common = key in english_words() or key in foreign_words() or "kept" in _kinds(key)
    return not common and _is_listed(key)


@lru_cache(maxsize=20_000)
def _is_rare(key: str) -> bool:
    return len(key) > 2 and not is_common(key) and _ENDINGS.fullmatch(key) is None


@lru_cache(maxsize=20_000)
def is_common(key: str) -> bool:
    """Whether a word in lower case is a common one of some language, inflected or not."""
    known = english_words()
    if key in known or key in foreign_words():
        return True
    stem = _STEM.sub("", key)
    if stem == key or len(stem) < 2:
        return False
    forms = {stem, stem + "e", stem[:-1] + "y" if stem[-1] == "i" else stem}
    return not known.isdisjoint(forms | {stem[:-1]} if stem[-1] == stem[-2] else forms)


def without_names(text: str) -> str:
    """Return a text with names of people, and streets without a number, replaced.

    Examples
    --------
    >>> without_names("my son jamal and J. Alvarez met at the Oak Street library")
    'my son [name] and [name] met at the [address] library'
    """
    if all(map(_is_plain, _WORD.findall(text))):
        return text
    words = _words(text)
    kept, reached, position, named_to = [], 0, 0, -1
    while position < len(words):
        word = words[position]
        if word.plain:
            position += 1
            continue
        joined = _joined(words, position, named_to)
        end = _absorbed(words, position) if joined else _end_of_name(text, words, position)
        if end > position:
            way = end - position > 1 and bool(_WAYS.fullmatch(words[end - 1].key))
            kept += [text[reached : word.start], ADDRESS if way else NAME]
            reached, named_to = words[end - 1].end, end
        position = max(end, position + 1)
    return "".join([*kept, text[reached:]])


def _words(text: str) -> list[_Word]:
    upper, lower = sum(map(str.isupper, text)), sum(map(str.islower, text))
    shouted = upper + lower > 3 and upper > 0.7 * (upper + lower)
    words, first = [], True
    for match in _WORD.finditer(text):
        word = match[0]
        key, capital, is_word = _reading(word)
        words.append(_Word(match.start(), match.end(), key, capital and not shouted, first, is_word))
        first = word in ".!?•*" or (first and not is_word)
    return words


@lru_cache(maxsize=20_000)
def _reading(word: str) -> tuple[str, bool, bool]:
    """Return the key of a word as it is written, whether it has a capital (and is no "FBI"), has letters."""
    initials = word.isupper() and 1 < len(word) <= 5 and "." not in word
    key = word.lower().replace("’", "'").removesuffix("'s")
    return key, word[0].isupper() and not initials, word[0].isalpha()


@lru_cache(maxsize=20_000)
def _is_plain(word: str) -> bool:
    key, capital, letters = _reading(word)
    return _Word(0, 0, key, capital, False, letters).plain


def _joined(words: list[_Word], position: int, named_to: int) -> bool:
    """Whether the word is the second of two names ("officers ramirez and hollowby")."""
    word = words[position]
    return (
        0 < named_to == position - 1 and words[named_to].key in {"and", "y"} and (word.strange or word.named)
    )


def _end_of_name(text: str, words: list[_Word], position: int) -> int:
    """Return where the name that begins here ends; the position itself when none begins."""
    word = words[position]
    if not word.letters or (word.among("joiner") and not word.capital):
        return position
    if (
        _given_here(words, position)
        or _after_cue(text, words, position)
        or _before_cue(words, position)
        or _after_initial(words, position)
        or _in_capitals(words, position)
    ):
        return _absorbed(words, position)
    return position


def _given_here(words: list[_Word], position: int) -> bool:
    """Whether the word is a given name without a cue; "Mark" that begins a sentence must do something."""
    word = words[position]
    if not word.given or not (word.first and word.among("also_word")):
        return word.given
    after = words[position + 1] if position + 1 < len(words) else None
    return after is None or after.capital or not after.letters or _does(after)


def _does(word: _Word) -> bool:
    """Whether the word is what a person does, did or is."""
    return word.among("person_verb", "state") or word.key.endswith("ed")


def _absorbed(words: list[_Word], position: int) -> int:
    """Return the end of the run of words that can belong to the name that begins here."""
    written, end = words[position].capital, position + 1
    while end < len(words) and end - position < _LONGEST:
        word, after = words[end], words[end + 1] if end + 1 < len(words) else None
        named = after is not None and after.letters
        if word.key == "." and named and len(words[end - 1].key) == 1:
            end += 1
        elif word.among("joiner") and after is not None and named and after.capital and not after.kept:
            end += 2
        elif word.letters and (_goes_on(word) if written else _goes_on_in_lower_case(word)):
            end += 1
        else:
            break
    return end


def _goes_on(word: _Word) -> bool:
    return word.capital and (not word.kept or word.among("short_name"))


def _goes_on_in_lower_case(word: _Word) -> bool:
    return word.rare or word.given or word.among("surname")


def _after_cue(text: str, words: list[_Word], position: int) -> bool:
    """Whether what stands before tells that a name follows: a title, a relation, "my name is"."""
    word = words[position]
    head = text[max(0, word.start - _CUE) : word.start]
    sure = bool(_SURE.search(head))
    if sure and word.known:
        return True
    if word.kept or word.among("title", "relation"):
        return False
    if _after_title(words, position):
        return _titled(words, position)
    if _after_relation(words, position):
        return (word.capital and not word.first) or word.rare or word.named
    if sure:
        return word.capital or not is_common(word.key)
    if _CONTACT.search(head):
        return word.capital or word.strange or (word.known and _closed(words, position))
    return word.known and (word.capital or not is_common(word.key)) and bool(_LIKELY.search(head))


def _titled(words: list[_Word], position: int) -> bool:
    """Whether the word after a title is a name: "officer ramirez", not "Officer Training"."""
    word, title = words[position], words[_before(words, position)]
    if word.capital:
        return word.known or not (is_common(word.key) and _FORMED.fullmatch(word.key))
    if word.strange or word.named or (title.among("short_title") and not is_common(word.key)):
        return True
    return word.known and position + 1 < len(words) and _does(words[position + 1])


def _closed(words: list[_Word], position: int) -> bool:
    """Whether no noun follows that the word could belong to: "ask for grace", not "talk to faith leaders"."""
    after = words[position + 1] if position + 1 < len(words) else None
    return (
        after is None or not after.letters or after.among("function") or after.key in {"hi", "hello", "about"}
    )


def _before_cue(words: list[_Word], position: int) -> bool:
    """Whether what follows tells of a name in lower case: a surname, or ", my neighbor"."""
    word, following = words[position], words[position + 1 : position + 4]
    if word.kept or not word.known or not following:
        return False
    after = following[0]
    if len(following) == 3 and after.key == ",":
        return following[1].among("owner") and following[2].among("relation")
    surname = after.given or (after.rare and not word.among("also_word"))
    return not word.capital and not after.capital and surname


def _before(words: list[_Word], position: int) -> int:
    """Return the place of the word before, -1 when there is none in the sentence; "Sgt." ends no sentence."""
    place = position - 1
    while place >= 0 and words[place].key in {".", ",", ":"}:
        place -= 1
    ended = place >= 0 and words[position - 1].key == "." and len(words[place].key) > 4
    return -1 if ended else place


def _after_title(words: list[_Word], position: int) -> bool:
    place = _before(words, position)
    return place >= 0 and words[place].among("title")


def _after_relation(words: list[_Word], position: int) -> bool:
    place = _before(words, position)
    return place > 0 and words[place].among("relation") and words[place - 1].among("owner")


def _after_initial(words: list[_Word], position: int) -> bool:
    """Whether the word is an initial, or several, and a name follows."""
    key = words[position].key
    letters, following = key.replace(".", ""), words[position + 1 : position + 3]
    if not words[position].capital or len(letters) > 3 or (len(letters) > 1 and "." not in key):
        return False
    dotted = "." in key or (bool(following) and following[0].key == ".")
    rest = [word for word in following if word.key != "."]
    return dotted and bool(rest) and rest[0].capital and not rest[0].kept and not is_common(rest[0].key)


def _in_capitals(words: list[_Word], position: int) -> bool:
    """Whether capitals tell of a name: two in a row that are no common words, or one in mid-sentence."""
    word = words[position]
    if not word.capital or word.among("title") or (word.kept and not word.among("short_name")):
        return False
    run = _run(words, position)
    if any(other.among("organization") for other in run):
        return False
    if len(run) > 1 and not run[1].kept:
        return _pair(word, run[1], run[-1])
    if is_common(word.key) or len(word.key) < 3:
        return False
    if word.first:
        after = words[position + 1] if position + 1 < len(words) else None
        return after is not None and after.among("person_verb") and not _ENDINGS.fullmatch(word.key)
    return not words[position - 1].among("place_before")


def _pair(word: _Word, after: _Word, last: _Word) -> bool:
    """Whether two capitalized words in a row, of a run with the given last one, are a name or a street."""
    common = is_common(word.key)
    if word.known:
        return not is_common(after.key) or after.known or not word.first
    if _WAYS.fullmatch(last.key):
        return not (common and word.first)
    return not (common and (word.first or is_common(after.key)))


def _run(words: list[_Word], position: int) -> list[_Word]:
    """Return the words with a capital in a row from here on, in one sentence."""
    end = position + 1
    while end < len(words) and end - position < _LONGEST and words[end].capital and not words[end].first:
        end += 1
    return words[position:end]
