"""Ready codebooks: items for the constructs that surveys about outreach ask for most, in plain words."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cache
from pathlib import Path

import pandas as pd

from outreach_metrics.errors import UnknownNameError
from outreach_metrics.study.checks import typed
from outreach_metrics.study.reading import Source, read_table
from outreach_metrics.study.tables import TABLES

CODEBOOKS = Path(__file__).resolve().parent / "defaults" / "codebooks.csv"
ITEM_COLUMNS = tuple(column.name for column in TABLES["items"].columns)
LEAST_ALIKE = 60.0
"""Likeness, of 100, from which on a question is taken to ask for a construct."""

# Words of most questions about police, which tell nothing of what is asked.
_COMMON = """
    a about all am an and any are as at be been by can did do does for from had has have here how i if in is
    it local me much my neighborhood neighbourhood of officer officers on or our police that the their them
    they this to us was we were what when who will with would you your
    agree disagree following statement strongly
"""


def codebook_names() -> tuple[str, ...]:
    """Return the names of the ready codebooks, in the order of the file.

    Examples
    --------
    >>> codebook_names()[:2]
    ('trust', 'procedural_justice')
    """
    return tuple(_codebooks()["codebook"].unique())


def codebook(*names: str) -> pd.DataFrame:
    """Return ready codebooks as rows of the items table.

    Written to items.csv, they are the codebook of a study whose survey asked these items. Answers are 1
    (strongly disagree) to 5 (strongly agree), 8 (don't know) and 9 (refused).

    Parameters
    ----------
    *names : str
        Codebooks in the order wanted; none: all of them.

    Returns
    -------
    DataFrame
        One row an item, with the columns of the items table, and `codebook` and `source`: the publication
        of the construct. The wording is this project's own.

    Raises
    ------
    UnknownNameError

    Examples
    --------
    >>> codebook("trust", "effectiveness").groupby("construct", sort=False).size().to_dict()
    {'trust': 5, 'effectiveness': 4}
    """
    table = _codebooks()
    for name in names:
        if name not in codebook_names():
            raise UnknownNameError("codebook", name, codebook_names())
    wanted = dict.fromkeys(names or codebook_names())
    parts = [table[table["codebook"] == name] for name in wanted]
    return pd.concat(parts, ignore_index=True)


def suggest_constructs(texts: Iterable[str], least: float = LEAST_ALIKE) -> pd.DataFrame:
    """Propose a construct of the ready codebooks for each question of a survey, for a person to check.

    Parameters
    ----------
    texts : iterable of str
        Questions as asked.
    least : float
        Likeness (0 to 100) below which nothing is proposed.

    Returns
    -------
    DataFrame
        One row a question: `text`; `construct` and `item`, the ready item that is most alike ("" where none
        is alike enough); `score`, how alike, 0 to 100. It tells nothing of the direction: whether the
        question is reverse-keyed has to be read.

    Notes
    -----
    The token set ratio of rapidfuzz over the words that tell something, those that half of all questions
    share left out.

    Examples
    --------
    >>> found = suggest_constructs(["How safe do you feel walking alone after dark?", "What is your age?"])
    >>> found["construct"].to_list()
    ['perceived_safety', '']
    """
    from rapidfuzz import fuzz, process

    asked = list(texts)
    items = _codebooks()
    choices = [_telling(f"{row.construct} {row.text}") for row in items.itertuples()]
    found = [process.extractOne(_telling(text), choices, scorer=fuzz.token_set_ratio) for text in asked]
    return pd.DataFrame(
        {
            "text": asked,
            "construct": [items["construct"][place] if score >= least else "" for _, score, place in found],
            "item": [items["item"][place] if score >= least else "" for _, score, place in found],
            "score": [float(score) for _, score, _ in found],
        }
    )


def _telling(text: str) -> str:
    """Return the words of a question that tell what it asks."""
    words, common = re.findall(r"[a-z]+", text.lower().replace("'", "")), set(_COMMON.split())
    return " ".join(word for word in words if word not in common)


@cache
def _codebooks() -> pd.DataFrame:
    draft = read_table(TABLES["items"], Source(CODEBOOKS))
    table = typed(draft).reset_index(drop=True)
    return table[[*ITEM_COLUMNS, "codebook", "source"]]
