"""Polarity of comments about police: VADER with a lexicon of its own, and how often it is right.

Exploration only. The lexicon (lexicon.csv) is read beside VADER's: single words replace its valences,
phrases are looked for before the words are scored and stand as one word from there on. A term is words in a
row: `a|b` is one or the other, `{group}` one of a group of word_groups.csv, `a_b` two words, `word*` its
beginning, `word?` may be absent, `...` a gap of up to four words without a negation or
another word that turns the meaning ("if", "only", "should", "used to", "wish"). No phrase reaches over a
punctuation mark. Sarcasm, and what only the context tells, are out of reach.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Literal, NamedTuple

import numpy as np

from outreach_metrics.text.language import language
from outreach_metrics.text.words import read_rows, stock_vader

if TYPE_CHECKING:
    from vaderSentiment.vaderSentiment import SentimentIntensityAnalyzer

LABELS = ("negative", "neutral", "positive")
NEUTRAL_ZONE = 0.05
"""A compound score nearer to 0 than this is neutral (Hutto & Gilbert 2014)."""

Lexicon = Literal["policing"] | None

_WORD = re.compile(r"(?<![\w'-])[\w'-]+")
_NOT = (
    r"(?:not|never|nobody|none|nor|neither|without|rarely|seldom|hardly|"
    r"\w+n't|(?:do|does|did|wo|is|are|was)nt|cannot|cant)"
)
_APART = (
    rf"(?:{_NOT}|no|zero|less|fewer|but|because|although|though|"
    "unless|until|however|if|only|should|used|wish)"
)
_GAP = rf"(?:(?!{_APART}\s)[\w'-]+\s+){{0,4}}?"
_KEY = 3
_NEGATIONS = re.compile(_NOT)
_CLAUSE_ENDS = frozenset(
    {"but", "and", "because", "so", "when", "if", "until", "unless", "though", "although", "while", "or"}
)
_VADER_REACH, _REACH = 3, 7


class Phrase(NamedTuple):
    """A phrase of the lexicon: what it looks like and what it stands for."""

    words: int
    pattern: re.Pattern[str]
    token: str


@dataclass(frozen=True, slots=True)
class _Scorer:
    """VADER with the policing lexicon, and the phrases by their first word or its first letters ("own*")."""

    analyzer: SentimentIntensityAnalyzer
    phrases: dict[str, tuple[Phrase, ...]]


def polarity(texts: Iterable[str | None], lexicon: Lexicon = "policing") -> np.ndarray:
    """Return how favorable each comment is, from -1 to 1.

    Parameters
    ----------
    texts : iterable of str, length n
        Each different text is scored once. One string alone is a TypeError: put it in a list.
    lexicon : {"policing", None}
        None is VADER as published, whatever the language.

    Returns
    -------
    ndarray of float, shape (n,)
        VADER's compound score. NaN for an empty or missing text (None, NaN) and, with the policing
        lexicon, for one that is not known to be English (see `language`).

    Notes
    -----
    Hutto CJ & Gilbert E (2014) VADER, ICWSM 8:216. `accuracy` says how often its sign is right. Not a measure
    of opinion.

    Examples
    --------
    >>> texts = ["They never show up when we call.", "I would report a crime.", "Gracias por todo."]
    >>> [round(float(score), 2) for score in polarity(texts)]
    [-0.44, 0.36, nan]
    """
    if isinstance(texts, str):
        raise TypeError("polarity takes several texts: give polarity([text]) for one")
    texts = [text if isinstance(text, str) else _missing(text) for text in texts]
    score = _policing_score if lexicon == "policing" else _stock_score
    if lexicon not in ("policing", None):
        raise ValueError(f"lexicon must be 'policing' or None, not {lexicon!r}")
    scores = {text: score(text) if text.strip() else math.nan for text in dict.fromkeys(texts)}
    return np.array([scores[text] for text in texts], dtype=float)


def _missing(value: object) -> str:
    """Return an empty text for a missing one (None, NaN, pandas.NA)."""
    if value is None or type(value).__name__ == "NAType" or (isinstance(value, float) and math.isnan(value)):
        return ""
    raise TypeError(f"a text must be a str or missing, not {type(value).__name__}")


def sign(scores: np.ndarray) -> np.ndarray:
    """Return 1 for favorable, -1 for unfavorable, 0 for neutral (see `NEUTRAL_ZONE`), NaN for unscored.

    Examples
    --------
    >>> sign(np.array([0.4, -0.04, -0.05, np.nan])).tolist()
    [1.0, 0.0, -1.0, nan]
    """
    scores = np.asarray(scores, dtype=float)
    return np.where(np.abs(scores) < NEUTRAL_ZONE, 0.0, np.sign(scores))


def _stock_score(text: str) -> float:
    return stock_vader().polarity_scores(text)["compound"]


def _policing_score(text: str) -> float:
    if language(text) != "en":
        return math.nan
    scorer = _policing()
    return scorer.analyzer.polarity_scores(_with_phrases(text, scorer))["compound"]


@lru_cache(maxsize=1)
def _policing() -> _Scorer:
    from vaderSentiment.vaderSentiment import SentimentIntensityAnalyzer

    analyzer = SentimentIntensityAnalyzer()
    groups = {row["group"]: row["words"].split() for row in read_rows("word_groups.csv")}
    phrases: dict[str, list[Phrase]] = {}
    for row in read_rows("lexicon.csv"):
        term, valence = row["term"], float(row["valence"])
        if re.fullmatch(r"[\w'-]+", term):
            analyzer.lexicon[term] = valence
            continue
        token = f"valence:{valence:+g}" if valence else "valence:none"
        analyzer.lexicon[token] = valence
        elements = [_alternatives(element, groups) for element in term.split()]
        phrase = Phrase(sum(words != ["..."] for words in elements), _pattern(elements), token)
        for key in {_key(word) for word in elements[0]}:
            phrases.setdefault(key, []).append(phrase)
    by_words = {key: tuple(sorted(found, key=lambda phrase: -phrase.words)) for key, found in phrases.items()}
    return _Scorer(analyzer, by_words)


def _key(term: str) -> str:
    """Return what a phrase that begins so is looked up by."""
    word = term.partition("_")[0]
    return word[:_KEY].rstrip("*") + "*" if word.endswith("*") else word


def _alternatives(element: str, groups: dict[str, list[str]]) -> list[str]:
    words: list[str] = []
    for word in element.split("|"):
        words += groups[word[1:-1]] if word.startswith("{") else [word]
    return words


def _pattern(elements: Sequence[Sequence[str]]) -> re.Pattern[str]:
    parts = []
    for words in elements:
        if words == ["..."]:
            parts.append(_GAP)
            continue
        optional = all(word.endswith("?") for word in words)
        longest = sorted((word.rstrip("?") for word in words), key=len, reverse=True)
        either = "|".join(re.escape(word).replace(r"\*", r"[\w'-]*").replace("_", r"\s+") for word in longest)
        parts.append(f"(?:(?:{either})\\s+)?" if optional else f"(?:{either})(?:\\s+|(?![\\w'-]))")
    return re.compile("".join(parts))


def _with_phrases(text: str, scorer: _Scorer) -> str:
    """Return the text with each phrase of the lexicon replaced by its token; of several, the longest counts.

    Of equally long ones, that with more words in its term.
    """
    text = " ".join(text.replace("’", "'").replace("‘", "'").replace("`", "'").split())
    lower = text.lower()
    if len(lower) != len(text):
        text = lower
    kept, reached = [], 0
    for word in _WORD.finditer(lower):
        start = word.start()
        if start < reached:
            continue
        end, token = 0, ""
        for phrase in (*scorer.phrases.get(word[0], ()), *scorer.phrases.get(word[0][:_KEY] + "*", ())):
            match = phrase.pattern.match(lower, start)
            if match and match.end() > end:
                end, token = match.end(), phrase.token
        if end:
            kept += [text[reached:start], token, " "]
            reached = end
    return _with_negations("".join([*kept, text[reached:]]), scorer.analyzer.lexicon)


def _with_negations(text: str, lexicon: dict[str, float]) -> str:
    """Carry a negation on to the words of its clause that VADER's three words do not reach."""
    words, negated_at = [], -_REACH - 1
    for position, word in enumerate(text.split()):
        bare = word.lower().strip('.,;:!?"()')
        if bare in _CLAUSE_ENDS:
            negated_at = -_REACH - 1
        if _VADER_REACH < position - negated_at <= _REACH and lexicon.get(bare, 0):
            words.append("not")
        words.append(word)
        if _NEGATIONS.fullmatch(bare):
            negated_at = position
        if word[-1] in ".,;:!?":
            negated_at = -_REACH - 1
    return " ".join(words)


class Agreement(NamedTuple):
    """How often a scorer has the label of the hand-labeled comments.

    `estimate` is the share with the right label, `conf_low` and `conf_high` its Wilson interval, `recall` the
    share of each label that is found, `confusion` the counts by (label given by hand, label scored), in the
    order of `LABELS`.
    """

    n: int
    estimate: float
    conf_low: float
    conf_high: float
    recall: dict[str, float]
    confusion: np.ndarray


class Accuracy(NamedTuple):
    """The agreement of VADER as published and of VADER with the policing lexicon."""

    stock: Agreement
    policing: Agreement


@lru_cache(maxsize=4)
def accuracy(split: Literal["held_out", "develop"] = "held_out", conf_level: float = 0.95) -> Accuracy:
    """Return how often polarity has the sign of the hand-labeled comments that ship with the package.

    Parameters
    ----------
    split : {"held_out", "develop"}
        The lexicon was made on the comments of "develop" and never changed for those of "held_out".
    conf_level : float

    Notes
    -----
    The comments (labelled_comments.csv) are invented, and labeled by the hand that made the lexicon, all
    before it: expect less of real ones. Of 48 sentences invented after its last change, 39 (81 %) had the
    right sign at first and 4 the opposite one. An agency that leans on polarity should label a hundred of
    its own. A wish or a request without a complaint is neutral, as is praise and blame together. A comment
    that cannot be scored counts as neutral. Wilson EB (1927) JASA 22:209.

    Examples
    --------
    >>> found = accuracy()
    >>> found.policing.estimate > found.stock.estimate
    True
    """
    rows = [row for row in read_rows("labelled_comments.csv") if row["split"] == split]
    texts = [row["comment"] for row in rows]
    truth = np.array([LABELS.index(row["label"]) for row in rows])
    return Accuracy(
        *(_agreement(truth, polarity(texts, lexicon), conf_level) for lexicon in (None, "policing"))
    )


def _agreement(truth: np.ndarray, scores: np.ndarray, conf_level: float) -> Agreement:
    from statsmodels.stats.proportion import proportion_confint

    given = np.nan_to_num(sign(scores)).astype(int) + 1
    confusion = np.zeros((3, 3), dtype=int)
    np.add.at(confusion, (truth, given), 1)
    right, n = int(np.trace(confusion)), len(truth)
    low, high = proportion_confint(right, n, alpha=1 - conf_level, method="wilson")
    recall = dict(zip(LABELS, np.diag(confusion) / np.maximum(confusion.sum(axis=1), 1), strict=True))
    return Agreement(n, right / n, float(low), float(high), recall, confusion)
