"""Which names may be spellings of one, and how much speaks for it.

Candidates share a key: the name with one letter left out (every pair one insertion, deletion, substitution or
swap apart has such a key in common), its consonants, or its two parts in any order. Nothing is compared with
everything, and a key that many names share is passed over, so the work grows with the number of names.

The evidence for a pair is a sum of logarithms (base 2) of odds, as Fellegi and Sunter (1969, A Theory for
Record Linkage, JASA 64) set it up. The weights of demographic columns are estimated from the study; those of
names, phones and addresses are fixed and stand below. How common a name is, and whether a spelling is a name
of its own, is told by lists of the US Census Bureau (`defaults/common_*_names.txt`) and by the study itself.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import groupby
from pathlib import Path

import numpy as np
import pandas as pd

# A pair with this much evidence is joined when nothing else comes near it.
ENOUGH = 5.0
# Another candidate within this distance makes a pair ambiguous.
MARGIN = 2.0

SAME_FIRST, MISSPELT_FIRST, INITIAL_FIRST, OTHER_FIRST = 3.0, 1.0, -3.0, -5.0
SAME_LAST, MISSPELT_LAST, GARBLED_LAST, MISSPELT_SHORT_LAST, OTHER_LAST = 3.0, 1.5, 0.5, -1.0, -5.0
# Both spellings are listed as common names, so that neither need be a slip of the other.
REAL_FIRSTS, REAL_LASTS = -2.5, -2.0
# A rare last name, and letters swapped, doubled or (of the last name) left out: a slip, on all experience.
USUAL_SLIP = 1.0
SAME_LETTERS, SWAPPED = 5.5, 4.0
ONE_MIDDLE = -0.5
BOTH_ESTABLISHED = -8.0
SAME_PHONE, OTHER_PHONE, OTHER_MAIL = 4.0, -2.0, -8.0
ONE_IS_RARE, NONE_IS_RARE = 1.0, -2.0
LEAST_DEMOGRAPHIC, MOST_DEMOGRAPHIC = -8.0, 4.5

LARGEST_BLOCK = 30
_SEVERAL, _USUAL_SLIPS = 3, 0.03
_SHORT = 5
# More than a family bear the name.
_FAMILY = 5
_LISTS = Path(__file__).resolve().parent / "defaults"
_BASE = np.uint64(0x9E3779B97F4A7C15)
_UNBASE = np.uint64(pow(0x9E3779B97F4A7C15, -1, 1 << 64))
_MISREAD = (("rn", "m"), ("vv", "w"), ("cl", "d"))
_VOWELS = np.array([ord(letter) for letter in "aeiouyhw"], dtype=np.uint32)


@dataclass(frozen=True, slots=True)
class Spellings:
    """Different full names, as arrays of one length: parts as text, and how often each occurs."""

    first: np.ndarray
    rest: np.ndarray
    middle: np.ndarray
    generation: np.ndarray

    def __len__(self) -> int:
        return len(self.first)


def candidate_pairs(names: Spellings) -> np.ndarray:
    """Return the pairs of names that share a key.

    Returns
    -------
    ndarray of int, shape (p, 2)
        Positions, the smaller first; each pair once.
    """
    joined = names.first + names.rest
    turned = names.first > names.rest
    swapped = np.where(turned, names.rest + " " + names.first, names.first + " " + names.rest)
    found = [
        sharing(*_letter_left_out(joined)),
        sharing(pd.factorize(swapped)[0], np.arange(len(names))),
        sharing(*_consonants(joined)),
    ]
    return unique_pairs(np.concatenate(found), len(names))


def unique_pairs(pairs: np.ndarray, size: int) -> np.ndarray:
    """Return each pair of different members once, the smaller first, in order."""
    low, high = pairs.min(axis=1, initial=size), pairs.max(axis=1, initial=-1)
    codes = sorted_unique((low * size + high)[low < high])
    return np.stack([codes // size, codes % size], axis=1) if size else pairs


def sorted_unique(codes: np.ndarray) -> np.ndarray:
    """Return the different codes in order; by sorting, which is faster here than numpy's hashing."""
    codes = np.sort(codes)
    return codes[np.r_[True, codes[1:] != codes[:-1]]] if len(codes) else codes


def _by_length(texts: np.ndarray) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Yield texts of one length as a table of character codes, and their places."""
    lengths = np.fromiter(map(len, texts), dtype=np.int64, count=len(texts))
    for length in sorted_unique(lengths[lengths > 1]):
        mine = np.flatnonzero(lengths == length)
        yield np.array(texts[mine], dtype=f"U{length}").view(np.uint32).reshape(len(mine), length), mine


def _scattered(codes: np.ndarray) -> np.ndarray:
    return codes.astype(np.uint64) * np.uint64(0xBF58476D1CE4E5B9) ^ np.uint64(0x94D049BB133111EB)


def _letter_left_out(texts: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return a hash of each text and of each text without one letter, and whose it is."""
    hashes, owners = [np.zeros(0, dtype=np.uint64)], [np.zeros(0, dtype=np.int64)]
    for codes, mine in _by_length(texts):
        terms = _scattered(codes) * np.cumprod(np.full(codes.shape[1], _BASE, dtype=np.uint64))
        ends = np.cumsum(terms, axis=1, dtype=np.uint64)
        without = ends - terms + (ends[:, -1:] - ends) * _UNBASE
        new = _new(codes)
        hashes += [ends[:, -1], without[new]]
        owners += [mine, mine[np.nonzero(new)[0]]]
    return np.concatenate(hashes), np.concatenate(owners)


def _consonants(texts: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return a hash of each text without what is easily misheard or misread: vowels, double letters, rn."""
    hashes, owners = [np.zeros(0, dtype=np.uint64)], [np.zeros(0, dtype=np.int64)]
    (rn, m), (vv, w), (cl, d) = _MISREAD
    texts = np.array([text.replace(rn, m).replace(vv, w).replace(cl, d) for text in texts], dtype=object)
    for codes, mine in _by_length(texts):
        kept = _new(codes) & ~np.isin(codes, _VOWELS)
        kept[:, 0] = True
        powers = np.cumprod(np.full(codes.shape[1], _BASE, dtype=np.uint64))[np.cumsum(kept, axis=1) - 1]
        hashes.append(np.sum(_scattered(codes) * powers, axis=1, where=kept, dtype=np.uint64))
        owners.append(mine)
    return np.concatenate(hashes), np.concatenate(owners)


def _new(codes: np.ndarray) -> np.ndarray:
    """Whether a letter is another than the one before it."""
    new = np.ones(codes.shape, dtype=bool)
    new[:, 1:] = codes[:, 1:] != codes[:, :-1]
    return new


def sharing(keys: np.ndarray, owners: np.ndarray, most: int = LARGEST_BLOCK) -> np.ndarray:
    """Return the pairs of owners that have a key in common, but for keys that more than `most` have.

    Examples
    --------
    >>> sharing(np.array([7, 8, 7, 9, 8]), np.arange(5)).tolist()
    [[0, 2], [1, 4]]
    """
    order = np.argsort(keys, kind="stable")
    alike = keys[order[1:]] == keys[order[:-1]]
    order = order[np.r_[alike, False] | np.r_[False, alike]] if len(keys) else order
    keys, owners = keys[order], owners[order]
    starts = np.flatnonzero(np.r_[True, keys[1:] != keys[:-1]]) if len(keys) else np.zeros(0, dtype=np.int64)
    sizes = np.diff(np.r_[starts, len(keys)])
    left = np.repeat(sizes, sizes) - (np.arange(len(keys)) - np.repeat(starts, sizes)) - 1
    left[np.repeat(sizes, sizes) > most] = 0
    pairs = [np.zeros((0, 2), dtype=np.int64)]
    at = np.flatnonzero(left > 0)
    step = 1
    while len(at):
        pairs.append(np.stack([owners[at], owners[at + step]], axis=1))
        step += 1
        at = at[left[at] >= step]
    return np.concatenate(pairs)


def name_weights(names: Spellings, pairs: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return the evidence of the names alone.

    Returns
    -------
    weights : ndarray of float, shape (p,)
    barred : ndarray of bool, shape (p,)
        The names are those of different people, whatever else agrees.
    reasons : ndarray of str, shape (p,)
        What the names have in common, or what parts them.
    """
    one, other = pairs.T
    firsts, lasts = _first_weights(names.first, one, other), _last_weights(names.rest, one, other)
    slips = _usual_slips(names, pairs, firsts, lasts)
    joined = names.first + names.rest
    same = joined[one] == joined[other]
    swapped = (names.first[one] == names.rest[other]) & (names.rest[one] == names.first[other])
    weights = np.select(
        [swapped & ~same, same], [SWAPPED, np.maximum(firsts + lasts, SAME_LETTERS)], firsts + lasts
    )
    middle, generation = (_differ(part, one, other) for part in (names.middle, names.generation))
    weights = weights + np.where((middle == 1) | (generation == 1), ONE_MIDDLE, 0.0) + USUAL_SLIP * slips
    apart, whole = (middle == 2) | (generation == 2), same | swapped
    first, last = (firsts == OTHER_FIRST) & ~whole, (lasts == OTHER_LAST) & ~whole
    garbled = (firsts != SAME_FIRST) & (lasts != SAME_LAST) & ~whole
    kinds = {
        "another middle initial or generation": apart,
        "first names that are names of their own": first,
        "last names too far from each other": last,
        "both names differ": garbled,
        "first and last name swapped": swapped & ~same,
        "an initial for the first name": firsts == INITIAL_FIRST,
        "both first names are common": (firsts == REAL_FIRSTS) & ~whole,
        "both last names are common": (lasts == REAL_LASTS) & ~whole,
        "a letter of the first name differs": firsts == MISSPELT_FIRST,
        "a letter of the last name differs": (lasts == MISSPELT_LAST) | (lasts == MISSPELT_SHORT_LAST),
        "letters of the last name differ": lasts == GARBLED_LAST,
        "a middle initial or generation is missing": (middle == 1) | (generation == 1),
    }
    words = np.array([*kinds, "the same name"], dtype=object)
    reasons = words[np.select(list(kinds.values()), range(len(kinds)), len(kinds))]
    return weights, apart | first | last | garbled, reasons


def _differ(parts: np.ndarray, one: np.ndarray, other: np.ndarray) -> np.ndarray:
    """Return 0 where parts are equal, 1 where one is missing, 2 where they contradict each other."""
    a, b = parts[one], parts[other]
    return np.where(a == b, 0, np.where((a == "") | (b == ""), 1, 2))


def _first_weights(first: np.ndarray, one: np.ndarray, other: np.ndarray) -> np.ndarray:
    """Weigh first names: a slip inside a longer one is a misspelling, any other difference another name.

    Names that differ in the first or last letter (Ida and Ada, Daniel and Daniela), and short ones that
    differ at all (Jon and John), are names of their own. Two listed ones (Brian and Bryan) need more.
    """
    a, b = first[one], first[other]
    real = _both(_listed(first, "first"), one, other)
    edits, shorter = distances(a, b), _shorter(a, b)
    inside = (_letters(a, 0) == _letters(b, 0)) & (_letters(a, -1) == _letters(b, -1))
    slip = (edits == 1) & (shorter >= _SHORT) & inside
    initial = (shorter == 1) & (_letters(a, 0) == _letters(b, 0))
    kinds = [edits == 0, slip & real, slip, initial]
    return np.select(kinds, [SAME_FIRST, REAL_FIRSTS, MISSPELT_FIRST, INITIAL_FIRST], OTHER_FIRST)


def _last_weights(rest: np.ndarray, one: np.ndarray, other: np.ndarray) -> np.ndarray:
    """Weigh last names; two listed ones are another name, or need more evidence where a letter differs."""
    a, b = rest[one], rest[other]
    real = _both(_listed(rest, "last"), one, other)
    edits, shorter = distances(a, b), _shorter(a, b)
    garbled = (edits == 2) & (shorter > _SHORT) & ~real
    kinds = [edits == 0, (edits == 1) & real, (edits == 1) & (shorter >= _SHORT), garbled, edits == 1]
    found = [SAME_LAST, REAL_LASTS, MISSPELT_LAST, GARBLED_LAST, MISSPELT_SHORT_LAST]
    return np.select(kinds, found, OTHER_LAST)


@cache
def common_names(part: str) -> frozenset[str]:
    """Return the listed common names, "first" or "last"."""
    lines = (_LISTS / f"common_{part}_names.txt").read_text(encoding="ascii").splitlines()
    return frozenset(name for line in lines if not line.startswith("#") for name in line.split())


def _listed(names: np.ndarray, part: str) -> np.ndarray:
    known = common_names(part)
    return np.fromiter((name in known for name in names), dtype=bool, count=len(names))


def _both(flags: np.ndarray, one: np.ndarray, other: np.ndarray) -> np.ndarray:
    return flags[one] & flags[other]


def _usual_slips(names: Spellings, pairs: np.ndarray, firsts: np.ndarray, lasts: np.ndarray) -> np.ndarray:
    """Return the pairs of one rare last name of which one part has a slip that is seldom another name.

    A last name is rare when it is not listed, not short, and borne by no more than a family. A letter left
    out of a first name may make a sister's (Karina, Katrina), near the end of a last name another (Lehmann).
    """
    codes, _ = pd.factorize(names.rest)
    lengths = np.fromiter(map(len, names.rest), int, len(names))
    rare = ~_listed(names.rest, "last") & (lengths >= _SHORT) & (np.bincount(codes)[codes] <= _FAMILY)
    rare = rare[pairs].all(axis=1)
    usual = np.zeros(len(pairs), dtype=bool)
    for place in np.flatnonzero(rare & (firsts == SAME_FIRST) & (lasts == MISSPELT_LAST)):
        usual[place] = _slip(*names.rest[pairs[place]], lost=True)
    for place in np.flatnonzero(rare & (firsts == MISSPELT_FIRST) & (lasts == SAME_LAST)):
        usual[place] = _slip(*names.first[pairs[place]], lost=False)
    return usual


def _slip(one: str, other: str, *, lost: bool) -> bool:
    """Whether two spellings one edit apart differ by letters swapped, doubled or, if so asked, left out."""
    if one[0] != other[0] or one[-2:] != other[-2:]:
        return False
    if len(one) == len(other):
        return sorted(one) == sorted(other)
    return lost or [letter for letter, _ in groupby(one)] == [letter for letter, _ in groupby(other)]


def distances(one: Sequence[str], other: Sequence[str]) -> np.ndarray:
    """Return the letters inserted, left out, replaced or swapped between texts, pair by pair."""
    from rapidfuzz.distance import OSA
    from rapidfuzz.process import cpdist

    if not len(one):
        return np.zeros(0, dtype=np.int32)
    return cpdist(list(one), list(other), scorer=OSA.distance, dtype=np.int32)


def _shorter(one: np.ndarray, other: np.ndarray) -> np.ndarray:
    count = len(one)
    return np.minimum(np.fromiter(map(len, one), int, count), np.fromiter(map(len, other), int, count))


def _letters(texts: np.ndarray, at: int) -> np.ndarray:
    return np.array([text[at] if text else "" for text in texts], dtype="U1")


def established(parts: np.ndarray, pairs: np.ndarray) -> np.ndarray:
    """Return the pairs whose parts differ though each is borne by several: two names, not one misspelt.

    Where everyone with the rarer part is also there with the other, it is one slip made several times.

    Parameters
    ----------
    parts : ndarray of str, shape (n,)
        First names of the different full names, or last names.
    pairs : ndarray of int, shape (p, 2)
    """
    codes, _ = pd.factorize(parts)
    both = np.sort(codes[pairs], axis=1)
    _, which, times = np.unique(both[:, 0] * len(parts) + both[:, 1], return_inverse=True, return_counts=True)
    bearers = np.bincount(codes)[both] if len(both) else both
    fewer, more = bearers.min(axis=1, initial=1 << 40), bearers.max(axis=1, initial=0)
    real = (fewer >= _SEVERAL) & (fewer >= _USUAL_SLIPS * more) & (fewer > times[which])
    return real & (both[:, 0] != both[:, 1])


def agreement_weights(codes: np.ndarray, people: np.ndarray, order: np.ndarray) -> tuple[float, float]:
    """Return what agreement and disagreement of a demographic column say.

    Parameters
    ----------
    codes : ndarray of int, shape (rows,)
        The answers, -1 where there is none.
    people : ndarray of int, shape (rows,)
        Who signed, as far as is known without similarity.
    order : ndarray of int, shape (rows,)
        Rows by person.

    Returns
    -------
    agreement, disagreement : float
        log2(m / u) and log2((1 - m) / (1 - u)): m is the share of repeated rows of one person that agree
        (drawn to 0.95 by 20 rows, so that few rows decide little, and at most 0.99), u that of any two rows.
        Both 0 where people agree with themselves no more than with others.
    """
    people, codes = people[order], codes[order]
    both = (people[1:] == people[:-1]) & (codes[1:] >= 0) & (codes[:-1] >= 0)
    kept = (np.count_nonzero(codes[1:][both] == codes[:-1][both]) + 19.0) / (np.count_nonzero(both) + 20.0)
    shares = np.bincount(codes[codes >= 0]) / max(1, np.count_nonzero(codes >= 0))
    chance, kept = float((shares**2).sum()), min(kept, 0.99)
    if not 0 < chance < kept:
        return 0.0, 0.0
    return float(np.log2(kept / chance)), float(np.log2((1 - kept) / (1 - chance)))
