"""The word lists of this room, read once: data files beside this one, and VADER's own lexicon."""

from __future__ import annotations

import csv
from functools import lru_cache
from importlib.resources import files
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from vaderSentiment.vaderSentiment import SentimentIntensityAnalyzer


def read_rows(name: str) -> list[dict[str, str]]:
    """Return the rows of a CSV file of this room.

    Examples
    --------
    >>> read_rows("labelled_comments.csv")[0].keys()
    dict_keys(['split', 'label', 'comment'])
    """
    return list(csv.DictReader(_text(name).splitlines()))


def _text(name: str) -> str:
    return (files("outreach_metrics.text") / name).read_text(encoding="utf-8")


@lru_cache(maxsize=1)
def stock_vader() -> SentimentIntensityAnalyzer:
    """Return VADER as published."""
    from vaderSentiment.vaderSentiment import SentimentIntensityAnalyzer

    return SentimentIntensityAnalyzer()


@lru_cache(maxsize=1)
def english_words() -> frozenset[str]:
    """Return common English words and VADER's words, but for its Spanish ones ("perfecto"), in lower case."""
    stock = (word for word in stock_vader().lexicon if word.isalpha() and word not in foreign_words())
    return frozenset([*_text("common_words.txt").split(), *stock])


@lru_cache(maxsize=1)
def foreign_words() -> dict[str, tuple[str, ...]]:
    """Return common words of other languages, in lower case, and the languages that have them."""
    known: dict[str, tuple[str, ...]] = {}
    for row in read_rows("language_words.csv"):
        for word in dict.fromkeys(row["words"].split()):
            known[word] = (*known.get(word, ()), row["language"])
    return known


@lru_cache(maxsize=1)
def given_names() -> frozenset[str]:
    """Return given names, and some surnames, that are common in the United States, in lower case."""
    return frozenset(_text("given_names.txt").split())


@lru_cache(maxsize=4)
def word_groups(name: str) -> dict[str, frozenset[str]]:
    """Return the groups of words of a CSV file of two columns, the group and its words."""
    return {group: frozenset(words.split()) for group, words in (row.values() for row in read_rows(name))}
