"""The same person across sheets. For now by exact identity after normalisation; nothing is guessed."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from difflib import SequenceMatcher

import numpy as np
import pandas as pd

# Names at least this alike may be spellings of one.
_ALIKE = 0.75


def normal_name(text: str) -> str:
    """Return a name or identifier without accents, case, punctuation and extra blanks.

    Examples
    --------
    >>> normal_name("  JOSÉ  O'Brien-Núñez. ")
    'jose obrien nunez'
    """
    letters = unicodedata.normalize("NFKD", text).casefold()
    kept = []
    for letter in letters:
        kind = unicodedata.category(letter)[0]
        if kind == "M" or letter in "'’`":
            continue
        kept.append(letter if kind in "LN" else " ")
    return " ".join("".join(kept).split()) or text.strip()


def identity_keys(identifiers: pd.Series, emails: pd.Series | None = None) -> pd.Series:
    """Return one text key a row that is equal for the same person.

    Parameters
    ----------
    identifiers : Series of str, length n
        An id or a name as signed; "" is nobody.
    emails : Series of str, length n, optional
        E-mail addresses; the address is the key where there is one. An identifier that stands with
        exactly one address elsewhere in the series takes that address.

    Returns
    -------
    Series of str, length n
        Empty where the row names nobody.

    Examples
    --------
    >>> names, emails = pd.Series(["Ann Lee", "ann  lee", "A. Lee"]), pd.Series(["A@x.org ", "", "a@X.org"])
    >>> identity_keys(names, emails).to_list()
    ['mail:a@x.org', 'mail:a@x.org', 'mail:a@x.org']
    """
    names = _mapped(identifiers, normal_name)
    keys = ("name:" + names).where(names != "", "")
    if emails is None:
        return keys
    mails = _mapped(emails, _address)
    known = pd.DataFrame({"name": names, "mail": mails})
    known = known[(known["mail"] != "") & (known["name"] != "")].drop_duplicates()
    single = known.drop_duplicates("name", keep=False).set_index("name")["mail"]
    mails = mails.where(mails != "", _mapped(names, lambda name: single.get(name, "")))
    return keys.where(mails == "", "mail:" + mails)


def shared_addresses(events: pd.Series, names: pd.Series, emails: pd.Series) -> pd.Series:
    """Return the rows whose e-mail address stands with more than two clearly different names at one event.

    Such an address is that of a front desk or a family, and says nothing about who came. It counts for
    nobody anywhere, so that no person is in part known by name and in part by address.

    Parameters
    ----------
    events, names, emails : Series of str, length n

    Returns
    -------
    Series of bool, length n

    Examples
    --------
    >>> names = pd.Series(["Ann Lee", "Bo Ray", "Cy Dow", "Eve Poe"])
    >>> shared_addresses(pd.Series(["e"] * 4), names, pd.Series(["a@x.org"] * 3 + ["e@x.org"])).to_list()
    [True, True, True, False]
    """
    mails = _mapped(emails, _address)
    rows = pd.DataFrame({"event": events, "mail": mails, "name": _mapped(names, normal_name)})
    rows = rows[(rows["mail"] != "") & (rows["name"] != "")].drop_duplicates()
    together = rows.groupby(["event", "mail"])["name"].agg(list)
    shared = {mail for (_, mail), found in together.items() if len(found) > 2 and _several(found)}
    return mails.isin(shared)


def _address(text: str) -> str:
    return text.strip().lower() if "@" in text else ""


def _several(names: Sequence[str]) -> bool:
    """Whether more than two of the names are clearly different, and no other spelling of each other."""
    apart: list[str] = []
    for name in names:
        if all(SequenceMatcher(None, name, other).ratio() < _ALIKE for other in apart):
            apart.append(name)
        if len(apart) > 2:
            return True
    return False


def _mapped(values: pd.Series, function) -> pd.Series:
    texts = values.fillna("").astype("str")
    return texts.map({text: function(text) for text in texts.unique()}).astype("str")


def person_codes(keys: Sequence[pd.Series]) -> list[pd.Series]:
    """Number the people of several tables: the same key has the same number in all of them.

    Examples
    --------
    >>> [codes.to_list() for codes in person_codes([pd.Series(["b", "a"]), pd.Series(["a", "c"])])]
    [[0, 1], [1, 2]]
    """
    if not keys:
        return []
    numbers, _ = pd.factorize(np.concatenate([series.to_numpy(dtype=object) for series in keys]))
    ends = np.cumsum([len(series) for series in keys])[:-1]
    return [
        pd.Series(part, index=series.index, dtype="int64")
        for part, series in zip(np.split(numbers, ends), keys, strict=True)
    ]
