"""Names, addresses and phones as they are compared, and the keyed hashes that stand for people."""

from __future__ import annotations

import hashlib
import hmac
import os
import re
import unicodedata
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd

from outreach_metrics.study.matching import LARGEST_BLOCK, sharing

KEY_VARIABLE = "OUTREACH_METRICS_KEY"
_DOMAIN = b"outreach-metrics: people of a study, version 1\0"
_TITLES = frozenset(
    [
        "mr",
        "mrs",
        "ms",
        "miss",
        "mx",
        "dr",
        "prof",
        "rev",
        "sir",
        "officer",
        "ofc",
        "ofcr",
        "sgt",
        "cpl",
        "lt",
        "capt",
        "det",
        "chief",
        "deputy",
        "pastor",
    ]
)
_DEGREES = frozenset(["md", "phd", "esq", "rn", "cpa", "dds", "jd", "mba", "edd", "ret"])
_GENERATIONS = frozenset(["jr", "sr", "ii", "iii", "iv"])
_UNDECOMPOSED = str.maketrans({"ø": "o", "ł": "l", "đ": "d", "ð": "d", "æ": "ae", "œ": "oe", "ı": "i"})
_ASCII = str.maketrans(
    {chr(code): " " if not chr(code).isalnum() else chr(code) for code in range(128)} | {"'": "", "`": ""}
)


# What stands where nobody gave a name: these words alone or together, these phrases, "guest of ...".
_UNSAID_WORDS = """
anonymous anon anonymously unknown none nil null nan na nobody noname unnamed undisclosed withheld refused
declined illegible unreadable blank tbd tba test testing tester user x xx xxx xxxx guest guests visitor
visitors walkin walkins attendee participant resident child children kid kids minor minors toddler baby infant
anonimo anonima invitado invitada desconocido desconocida ninguno ninguna mr mrs ms miss the
"""
_UNSAID = frozenset(_UNSAID_WORDS.split())
_UNSAID_PHRASES = frozenset(
    [
        "n a",
        "no name",
        "no name given",
        "no one",
        "no answer",
        "walk in",
        "walk ins",
        "plus one",
        "not given",
        "not provided",
        "not known",
        "not applicable",
        "not legible",
        "did not sign",
        "name withheld",
        "prefer not to say",
        "sin nombre",
    ]
)
_COMPANY = frozenset(["guest", "child", "kid", "friend", "son", "daughter", "wife", "husband", "spouse"])
# These are also counted ("Guest 2"); with a longer number they are an identifier.
_COUNTED = frozenset(
    [
        "guest",
        "child",
        "kid",
        "minor",
        "walk in",
        "walkin",
        "anonymous",
        "anon",
        "unknown",
        "no name",
        "test",
        "",
    ]
)
_MOST_COUNTED = 2
_DIGIT = re.compile(r"\d")
_COUNT = re.compile(r"(.*?) ?(\d+)")


def normal_name(text: str) -> str:
    """Return a name or identifier without accents, case, punctuation and extra blanks.

    Examples
    --------
    >>> normal_name("  JOSÉ  O'Brien-Núñez. ")
    'jose obrien nunez'
    """
    if text.isascii():
        return " ".join(text.lower().translate(_ASCII).split()) or text.strip()
    letters = unicodedata.normalize("NFKD", text).casefold().translate(_UNDECOMPOSED)
    kept = []
    for letter in letters:
        kind = unicodedata.category(letter)[0]
        if kind == "M" or letter in "'’‘`":
            continue
        kept.append(letter if kind in "LN" else " ")
    return " ".join("".join(kept).split()) or text.strip()


class Name(NamedTuple):
    """One identifier as it is compared.

    `kind` is "name", "id", "mail" or "" (nobody: nothing, or what stands where there is no name). Only a name
    has parts: `rest` is all that follows the first name, without blanks; `middle` holds initials,
    `generation` jr, sr, ii, iii or iv.
    """

    kind: str
    text: str
    first: str = ""
    rest: str = ""
    middle: str = ""
    generation: str = ""


def read_name(text: str) -> Name:
    """Return what was signed: a name and its parts, an e-mail address, or an identifier (it holds a digit).

    Examples
    --------
    >>> read_name("Dr. LEE, Ann M., Jr")
    Name(kind='name', text='ann m lee jr', first='ann', rest='lee', middle='m', generation='jr')
    >>> [read_name(text).kind for text in ("YN-0012", "ann@example.org", " ", "N/A", "Guest 2", "???")]
    ['id', 'mail', '', '', '', '']
    """
    text = text.strip()
    if not text:
        return Name("", "")
    if "@" in text and (mail := address(text)):
        return Name("mail", mail)
    if _DIGIT.search(text):
        return Name("" if _counted(text) else "id", normal_name(text))
    words = _ordered(text)
    if _unsaid(words):
        return Name("", " ".join(words))
    if len(words) == 2:
        return Name("name", f"{words[0]} {words[1]}", words[0], words[1])
    generation = words.pop() if len(words) > 2 and words[-1] in _GENERATIONS else ""
    first, others = words[0], words[1:]
    initials = "".join(word for word in others[:-1] if len(word) == 1)
    rest = "".join(word for word in others[:-1] if len(word) > 1) + "".join(others[-1:])
    whole = " ".join([*words, generation]).strip()
    return Name("name", whole, first, rest, initials, generation)


def _unsaid(words: list[str]) -> bool:
    """Whether words stand where there is no name ("N/A", "Anonymous guest", "Guest of Ann Lee", "???")."""
    if words[0] in _UNSAID and _UNSAID.issuperset(words):
        return True
    if words[0] in _COMPANY and words[1:2] == ["of"]:
        return True
    return not words[0][0].isalnum() or " ".join(words) in _UNSAID_PHRASES


def _counted(text: str) -> bool:
    """Whether a text with a digit is a nameless person beside others ("Guest 2", "+1"), no identifier."""
    count = _COUNT.fullmatch(normal_name(text))
    if count is None or len(count[2]) > _MOST_COUNTED:
        return False
    return count[1] in _COUNTED and (count[1] != "" or text.startswith("+"))


def _ordered(text: str) -> list[str]:
    """Return the words of a name, first name first, without titles and degrees."""
    if "," not in text:
        return _untitled(normal_name(text).split())
    parts = [
        words for part in text.split(",") if (words := normal_name(part).split()) and normal_name(part) != ","
    ]
    after = [words for words in parts[1:] if not set(words) <= _GENERATIONS | _DEGREES]
    marks = [word for words in parts[1:] if words not in after for word in words]
    turned = [*after, *parts[:1]] if len(after) == 1 else parts
    words = [word for part in turned for word in part]
    if len(after) == 1:
        words = [word for word in words if word not in _GENERATIONS] + [w for w in words if w in _GENERATIONS]
        words += marks
    return _untitled(words or [text])


def _untitled(words: list[str]) -> list[str]:
    if not _TITLES.isdisjoint(words):
        plain = [word for word in words if word not in _TITLES]
        words = plain if len(plain) > 1 else words
    while len(words) > 2 and words[-1] in _DEGREES:
        words.pop()
    return words


def address(text: str) -> str:
    """Return an e-mail address in lower case and without a +tag; "" for what is none.

    Examples
    --------
    >>> address(" Ann.Lee+Forum@Example.org "), address("n/a")
    ('ann.lee@example.org', '')
    """
    user, mark, domain = text.strip().lower().rpartition("@")
    user = user.partition("+")[0] or user
    return f"{user}@{domain}" if mark and user and domain else ""


def phone_number(text: str) -> str:
    """Return the digits of a phone number without the North American 1; "" for fewer than seven.

    Examples
    --------
    >>> phone_number("+1 (555) 010-0123"), phone_number("555")
    ('5550100123', '')
    """
    digits = re.sub(r"\D", "", text)
    digits = digits[1:] if len(digits) == 11 and digits[0] == "1" else digits
    return digits if len(digits) >= 7 else ""


def each_once(values: pd.Series, function: Callable[[str], object]) -> tuple[np.ndarray, list]:
    """Return the place of each value among the different ones, and the function of each of those."""
    places, texts = pd.factorize(values.fillna("").astype("str"))
    return places, [function(text) for text in texts.tolist()]


def mapped(values: pd.Series, function: Callable[[str], str]) -> pd.Series:
    """Return the function of each text; it is called once for each different one."""
    places, results = each_once(values, function)
    texts = np.array(results, dtype=object)[places] if len(results) else places.astype(object)
    return pd.Series(texts, index=values.index, dtype=object)


def study_key(paths: Iterable[Path]) -> bytes:
    """Return the key of the hashes: OUTREACH_METRICS_KEY, or else made of the files that hold the people.

    Parameters
    ----------
    paths : iterable of pathlib.Path
        The same files give the same key. It is not their plain SHA-256, which a report prints, so that who
        has the report alone cannot try names.
    """
    given = os.environ.get(KEY_VARIABLE, "")
    if given:
        return hashlib.sha256(_DOMAIN + given.encode()).digest()
    digest = hashlib.sha256(_DOMAIN)
    for path in sorted(set(paths)):
        digest.update(path.stat().st_size.to_bytes(8, "big"))
        with path.open("rb") as stream:
            while block := stream.read(1 << 20):
                digest.update(block)
    return digest.digest()


def hashed(identities: Sequence[str], key: bytes) -> np.ndarray:
    """Return the first eight bytes of HMAC-SHA256 of each identity as int64.

    Examples
    --------
    >>> hashed(["name:ann lee", "name:bo ray"], b"key").dtype
    dtype('int64')
    """
    digests = b"".join(
        hmac.digest(key, text.encode("utf-8", "surrogatepass"), "sha256")[:8] for text in identities
    )
    return np.frombuffer(digests, dtype=">i8").astype(np.int64)


@dataclass(frozen=True, slots=True)
class Signatures:
    """What every row of the sign-in sheets says of who signed, as codes of texts.

    Parameters
    ----------
    names : list of Name
        Different names as they are compared.
    labels : ndarray of int, shape (rows,)
        Name, or identifier, by which the row is known, as a place in `names`; -1 where there is none.
    full : ndarray of int, shape (rows,)
        Name with a first and a last part, as a place in `names`; -1 without one.
    mails : ndarray of int, shape (rows,)
        Place in `addresses`; -1 without one.
    addresses : list of str
    """

    names: list[Name]
    labels: np.ndarray
    full: np.ndarray
    mails: np.ndarray
    addresses: list[str]


@dataclass(frozen=True, slots=True)
class People:
    """Who is the same by what is equal.

    Parameters
    ----------
    of_row : ndarray of int, shape (rows,)
        Person of every row, counted from 0; a row without any name, number or address is one of its own.
    identities : ndarray of str, shape (people,)
        The text that stands for a person; a hash is made of it.
    numbered, addressed : ndarray of bool, shape (people,)
        Whether the person is known by an identifier, and by an e-mail address.
    nameless : int
        Rows that name nobody; their people are the last ones.
    """

    of_row: np.ndarray
    identities: np.ndarray
    numbered: np.ndarray
    addressed: np.ndarray
    nameless: int


def read_signatures(rows: pd.DataFrame) -> Signatures:
    """Return the signatures of the attendance rows (columns attendee_id, name and email)."""
    signed, found = each_once(rows["attendee_id"], read_name)
    written, given = each_once(rows["name"], read_name)
    mailed, addresses = each_once(rows["email"], address)
    known = dict.fromkeys([*addresses, *(name.text for name in found if name.kind == "mail")])
    texts = {text: place for place, text in enumerate(filter(None, known))}
    place: dict[Name, int] = {}
    at = [
        np.array([place.setdefault(name, len(place)) for name in some], dtype=np.int64)
        for some in (found, given)
    ]
    signed, written, names = at[0][signed], at[1][written], list(place)
    kinds = np.array([name.kind for name in names], dtype="U4")
    whole = np.array([name.kind == "name" and name.rest != "" for name in names], dtype=bool)
    empty = (kinds[signed] == "mail") | (kinds[signed] == "")
    labels = np.where(empty, np.where(kinds[written] == "name", written, -1), signed)
    full = np.select([whole[signed], whole[written]], [signed, written], -1)
    mails = np.array([texts.get(mail, -1) for mail in addresses], dtype=np.int64)[mailed]
    own = np.array(
        [texts.get(name.text, -1) if name.kind == "mail" else -1 for name in names], dtype=np.int64
    )
    mails = np.where(mails < 0, own[signed], mails)
    return Signatures(names, labels, full, mails, list(texts))


def same_people(signed: Signatures) -> People:
    """Return who is the same by what is equal.

    A number is one person, whatever the name and address; where its names are several people's, it speaks for
    none of them elsewhere. An address is one person as far as the names beside it
    agree. A name is the person of its only address or number, and one of its own where it has none or
    several. Who gave none of them is somebody at that event, and nobody at another.
    """
    told = (signed.labels >= 0) | (signed.mails >= 0)
    nameless = int(np.count_nonzero(~told))
    triples = pd.DataFrame({"label": signed.labels, "full": signed.full, "mail": signed.mails})[told]
    places, different = _different(triples)
    label, full, mail = different.T
    kinds = np.array([name.kind for name in signed.names], dtype="U4")
    number = (label >= 0) & (kinds[label] == "id")
    anchored = number | (mail >= 0)
    agreed = _one_address(signed.names, label, full, mail, number)
    by_number = _chain(np.where(number, label, -1))
    group = _components(len(different), np.concatenate([agreed, by_number]))
    lent = np.where(_lent(signed.names, group, full, number), -1, full)
    group = _fill(group, label, lent, anchored)
    group, first = _renumbered(group)
    people = len(first)
    numbered, addressed = np.zeros((2, people + nameless), dtype=bool)
    numbered[group[number]] = True
    addressed[group[mail >= 0]] = True
    identities = np.append(_identities(signed, group, label, mail, number), [""] * nameless)
    of_row = np.empty(len(told), dtype=np.int64)
    of_row[told], of_row[~told] = group[places], np.arange(people, people + nameless)
    return People(of_row, identities, numbered, addressed, nameless)


def _different(rows: pd.DataFrame) -> tuple[np.ndarray, np.ndarray]:
    sizes = rows.max().to_numpy() + 2
    codes = (rows["label"].to_numpy() + 1) * sizes[1] + rows["full"].to_numpy() + 1
    codes, _ = pd.factorize(codes)
    codes = codes * sizes[2] + rows["mail"].to_numpy() + 1
    places, _ = pd.factorize(codes)
    first = np.unique(places, return_index=True)[1]
    return places, rows.to_numpy()[first]


def _chain(keys: np.ndarray) -> np.ndarray:
    """Return pairs of neighbors among those with the same key; -1 is no key."""
    order = np.argsort(keys, kind="stable")
    same = (keys[order][1:] == keys[order][:-1]) & (keys[order][1:] >= 0)
    return np.stack([order[:-1][same], order[1:][same]], axis=1)


def _components(size: int, pairs: np.ndarray) -> np.ndarray:
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    ones = np.ones(len(pairs), dtype=np.int8)
    graph = coo_array((ones, (pairs[:, 0], pairs[:, 1])), shape=(size, size))
    return connected_components(graph, directed=False)[1].astype(np.int64)


def _lent(names: list[Name], group: np.ndarray, full: np.ndarray, number: np.ndarray) -> np.ndarray:
    """Return the signatures beside a number that stands with several people's names: a lent card."""
    borne = pd.DataFrame({"group": group, "full": full})[number & (full >= 0)].drop_duplicates()
    codes, numbers = pd.factorize(borne["group"])
    pairs = sharing(codes, np.arange(len(borne)))
    parts = [names[place] for place in borne["full"]]
    apart = np.array([not _parts_agree(parts[one], parts[other]) for one, other in pairs], dtype=bool)
    lent = np.bincount(codes, minlength=len(numbers)) > LARGEST_BLOCK
    lent[codes[pairs[apart][:, 0]]] = True
    return np.isin(group, numbers[lent])


def _fill(group: np.ndarray, label: np.ndarray, full: np.ndarray, anchored: np.ndarray) -> np.ndarray:
    """Give names without number or address the only person of that name, or one of their own."""
    known = pd.DataFrame({
        "name": np.concatenate([label[anchored], full[anchored]]),
        "group": np.tile(group[anchored], 2),
    }).drop_duplicates()  # fmt: skip
    single = known[known["name"] >= 0].drop_duplicates("name", keep=False).set_index("name")["group"]
    found = pd.Series(label).map(single).to_numpy(dtype=float)
    own = group.max(initial=0) + 1 + np.maximum(label, -1)
    return np.where(anchored, group, np.where(np.isnan(found), own, found)).astype(np.int64)


def _renumbered(group: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    codes, first = pd.factorize(group)
    return codes, first


def _one_address(
    names: list[Name], label: np.ndarray, full: np.ndarray, mail: np.ndarray, number: np.ndarray
) -> np.ndarray:
    """Return the pairs with one address that are one person; none by likeness where that would chain."""
    equal = _chain(np.where(mail >= 0, (mail * (len(names) + 1)) + label + 1, -1))
    pairs = sharing(mail[mail >= 0], np.flatnonzero(mail >= 0))
    pairs = pairs[label[pairs[:, 0]] != label[pairs[:, 1]]]
    alike = np.array([
        _agree(names, (label[one], full[one], number[one]), (label[other], full[other], number[other]))
        for one, other in pairs
    ], dtype=bool)  # fmt: skip
    group = _components(len(label), np.concatenate([equal, pairs[alike]]))
    chained = mail[pairs[~alike][group[pairs[~alike][:, 0]] == group[pairs[~alike][:, 1]]][:, 0]]
    kept = alike & ~np.isin(mail[pairs[:, 0]], chained)
    return np.concatenate([equal, pairs[kept]])


def _agree(names: list[Name], one: tuple, other: tuple) -> bool:
    """Whether two signatures with one address may be one person."""
    if one[2] and other[2] and min(one[1], other[1]) < 0:
        return False
    if min(one[0], other[0]) < 0 or any(known[2] and known[1] < 0 for known in (one, other)):
        return True
    a, b = (names[known[1] if known[1] >= 0 else known[0]] for known in (one, other))
    return _parts_agree(a, b)


def _parts_agree(a: Name, b: Name) -> bool:
    from rapidfuzz.distance import OSA

    for part, its in ((a.middle, b.middle), (a.generation, b.generation)):
        if part and its and part != its:
            return False
    short, long = sorted((a.first, b.first), key=len)
    same = short == long or (len(short) == 1 and long[:1] == short)
    slip = (
        len(short) >= 5 and short[0] == long[0] and short[-1] == long[-1] and OSA.distance(short, long) == 1
    )
    if not (same or slip):
        return False
    short, long = sorted((a.rest, b.rest), key=len)
    if len(short) <= 1:
        return long.startswith(short)
    return (
        long.startswith(short) or long.endswith(short) or (len(short) >= 5 and OSA.distance(short, long) <= 2)
    )


def _identities(
    signed: Signatures,
    group: np.ndarray,
    label: np.ndarray,
    mail: np.ndarray,
    number: np.ndarray,
) -> np.ndarray:
    """Return a text for every person that does not depend on the order of rows."""
    names = np.array([name.text for name in signed.names], dtype=object)
    mails = np.array([*signed.addresses, ""], dtype=object)
    who = np.where(label >= 0, names[label], "") if len(names) else np.full(len(label), "", dtype=object)
    rank = np.where(number, 0, np.where(mail >= 0, 1, 2))
    nodes = pd.DataFrame({"group": group, "rank": rank, "who": who, "mail": mails[mail]})
    nodes = nodes.sort_values(["group", "rank", "mail", "who"]).drop_duplicates("group")
    nodes = nodes.sort_values("group")
    several = nodes["mail"].duplicated(keep=False).to_numpy()
    rank, who, mail_text = (nodes[column].to_numpy() for column in ("rank", "who", "mail"))
    mailed = "mail:" + mail_text + np.where(several, " " + who, "")
    return np.where(rank == 1, mailed, "name:" + who)
