"""The same person across sign-in sheets: first by what is equal, then by what is alike and unambiguous.

A spelling joins the better known person next to it when the evidence of `matching` is enough, nobody else
comes near, and nothing speaks against it. Everyone joined is directly next to the person who is joined: there
are no chains. Whoever signs twice on one sheet is two people, unless the signatures are equal.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from pathlib import Path

import numpy as np
import pandas as pd

from outreach_metrics.study import matching
from outreach_metrics.study.identity import (
    Name,
    People,
    Signatures,
    address,
    each_once,
    hashed,
    mapped,
    normal_name,
    phone_number,
    read_name,
    read_signatures,
    same_people,
    study_key,
)
from outreach_metrics.study.matching import sorted_unique
from outreach_metrics.study.model import NOBODY, Linkage
from outreach_metrics.study.tables import TABLES

PEOPLE: Mapping[str, str] = {
    "attendance": "attendee_id",
    "responses": "respondent_id",
    "training": "trainee_id",
}
# Names beyond this number of people who bear them are too common to be told apart by spelling.
_COMMON = 4
_MOST_CATEGORIES = 50
_MOST_COLUMNS = 12
_MOST_PROPOSALS = 200
# Less evidence than this is no near miss.
_NEAR = -3.0
# Names less alike than this are no spellings of one.
_ALIKE = 0.75


@dataclass(frozen=True, slots=True)
class Pairs:
    """Candidates: two people each, the evidence for them, and why they cannot be one."""

    people: np.ndarray
    weights: np.ndarray
    barred: np.ndarray
    reasons: np.ndarray

    def taken(self, which: np.ndarray) -> Pairs:
        """Return some of the pairs."""
        return Pairs(self.people[which], self.weights[which], self.barred[which], self.reasons[which])


@dataclass(frozen=True, slots=True)
class Linked:
    """What similarity joined: who stands for each person, every candidate, which were joined, and hashes."""

    final: np.ndarray
    pairs: Pairs
    joined: np.ndarray
    hashes: np.ndarray


def number_people(
    tables: Mapping[str, pd.DataFrame], files: Sequence[Path]
) -> tuple[dict[str, pd.DataFrame], Linkage | None]:
    """Replace names and identifiers by keyed hashes, the same for the same person in all tables.

    Parameters
    ----------
    tables : mapping of table name to DataFrame
        Typed tables; attendance, responses and training are changed, the others are only looked at.
    files : sequence of pathlib.Path
        The files that hold the identities; the key of the hashes is made of them, see `identity.study_key`.

    Returns
    -------
    tables : dict of table name to DataFrame
        Only those that hold people. The columns that serve linkage alone are gone.
    linkage : Linkage or None
        None without attendance.
    """
    key = study_key(files)
    others = [name for name in PEOPLE if name in tables and name != "attendance"]
    asked = {name: each_once(tables[name][PEOPLE[name]], read_name) for name in others}
    changed: dict[str, pd.DataFrame] = {}
    known: dict[Name, int] = {}
    linkage = None
    if "attendance" in tables:
        rows = tables["attendance"]
        programs = _programs(rows, tables.get("events"))
        signed = read_signatures(rows)
        people = same_people(signed)
        final, pairs, joined = link_spellings(rows, pd.factorize(programs)[0], signed, people)
        hashes = _hashes(people, key)[final]
        linkage = _linkage(rows, programs, signed, people, Linked(final, pairs, joined, hashes))
        known = _known(signed, people, hashes, {name for _, names in asked.values() for name in names})
        personal = [c.name for c in TABLES["attendance"].columns if c.personal and c.name != "attendee_id"]
        codes = hashes[people.of_row]
        changed["attendance"] = rows.assign(attendee_id=codes).drop(columns=personal, errors="ignore")
    for table, (places, names) in asked.items():
        own = hashed([("mail:" if name.kind == "mail" else "name:") + name.text for name in names], key)
        codes = np.array(
            [known.get(name, code) for name, code in zip(names, own, strict=True)], dtype=np.int64
        )
        changed[table] = tables[table].assign(**{PEOPLE[table]: codes[places]})
    return changed, linkage


def _hashes(people: People, key: bytes) -> np.ndarray:
    """Return the hash of each person; whoever gave no name is `NOBODY`."""
    named = len(people.identities) - people.nameless
    return np.append(hashed(people.identities[:named], key), np.full(people.nameless, NOBODY, dtype=np.int64))


def _programs(rows: pd.DataFrame, events: pd.DataFrame | None) -> pd.Series:
    """Return the program of each row; "" where the events do not tell."""
    if events is None:
        return pd.Series("", index=rows.index)
    programs = events.drop_duplicates("event_id").set_index("event_id")["program_id"]
    return rows["event_id"].map(programs).fillna("").astype("str")


def _known(signed: Signatures, people: People, hashes: np.ndarray, wanted: set[Name]) -> dict[Name, int]:
    """Return the hash of each wanted name, number and address that is that of one person alone."""
    addresses = [Name("mail", text) for text in signed.addresses]
    texts = [*signed.names, *addresses]
    asked = np.array([text in wanted for text in texts], dtype=bool)
    person = hashes[people.of_row]
    places = (signed.labels, signed.full, np.where(signed.mails >= 0, signed.mails + len(signed.names), -1))
    found = []
    for place in places:
        kept = (place >= 0) & asked[place] if len(asked) else place >= 0
        found.append(pd.DataFrame({"text": place[kept], "person": person[kept]}).drop_duplicates())
    single = pd.concat(found).drop_duplicates().drop_duplicates("text", keep=False)
    return {texts[place]: code for place, code in zip(single["text"], single["person"], strict=True)}


def link_spellings(
    rows: pd.DataFrame, programs: np.ndarray, signed: Signatures, people: People
) -> tuple[np.ndarray, Pairs, np.ndarray]:
    """Return who is whose other spelling.

    Parameters
    ----------
    rows : DataFrame
        The attendance rows: event_id, phone and demographic columns.
    programs : ndarray of int, shape (rows,)
        The program of each row: one program does not give a person two numbers.
    signed : Signatures
    people : People
        Who is the same by what is equal.

    Returns
    -------
    final : ndarray of int, shape (people,)
        The person who stands for each; themselves where they were not joined to another.
    pairs : Pairs
        Every candidate.
    joined : ndarray of bool, shape (p,)
        Which of them were joined.
    """
    signs = np.bincount(people.of_row, minlength=len(people.identities))
    pairs = _evidence(rows, signed, people, signs)
    events = pd.factorize(rows["event_id"])[0]
    numbered = people.numbered[pairs.people].all(axis=1)
    numbered[numbered] = _met(pairs.people[numbered], people.of_row, programs, signs)
    met = _met(pairs.people, people.of_row, events, signs)
    pairs.reasons[numbered] = "two numbers of one program"
    pairs.reasons[met] = "both signed at one event"
    pairs = Pairs(pairs.people, pairs.weights, pairs.barred | numbered | met, pairs.reasons)
    final = _join(pairs, signs, people, _visits(pairs, people.of_row, events))
    return final, pairs, final[pairs.people[:, 0]] == final[pairs.people[:, 1]]


def _evidence(rows: pd.DataFrame, signed: Signatures, people: People, signs: np.ndarray) -> Pairs:
    """Return every candidate with its evidence, but for whether they met."""
    names, nodes = _spelled(signed, people)
    phones = _usual(people.of_row, _phone_codes(rows["phone"]), len(signs))
    pairs = _candidates(names, nodes, phones)
    spelled, owners = (nodes[column].to_numpy()[pairs] for column in ("name", "person"))
    named = sum(matching.established(parts, spelled).astype(float) for parts in (names.first, names.rest))
    kept = owners[:, 0] != owners[:, 1]
    spelled, owners, named = spelled[kept], owners[kept], named[kept]
    weights, barred, reasons = matching.name_weights(names, spelled)
    weights += matching.BOTH_ESTABLISHED * named
    weights += _demographic(rows, people.of_row, owners)
    one, other = phones[owners].T
    given = (one >= 0) & (other >= 0)
    weights += np.select([given & (one == other), given], [matching.SAME_PHONE, matching.OTHER_PHONE], 0.0)
    weights += matching.OTHER_MAIL * people.addressed[owners].all(axis=1)
    fewer, more = signs[owners].min(axis=1, initial=1 << 40), signs[owners].max(axis=1, initial=0)
    rare = (fewer <= 2) & (more >= 3) & (more >= 3 * fewer)
    weights += np.select([rare, fewer >= 3], [matching.ONE_IS_RARE, matching.NONE_IS_RARE], 0.0)
    return _strongest(Pairs(owners, weights, barred, reasons), len(signs))


def _spelled(signed: Signatures, people: People) -> tuple[matching.Spellings, pd.DataFrame]:
    """Return the different full names, and who bears which (columns name and person)."""
    given = signed.full >= 0
    size = len(people.identities)
    borne = sorted_unique(signed.full[given] * size + people.of_row[given])
    codes, different = pd.factorize(borne // size)
    parts = [signed.names[place] for place in different]
    columns = [[getattr(name, part) for name in parts] for part in ("first", "rest", "middle", "generation")]
    spellings = matching.Spellings(*(np.array(column, dtype=object) for column in columns))
    return spellings, pd.DataFrame({"name": codes, "person": borne % size})


def _candidates(names: matching.Spellings, nodes: pd.DataFrame, phones: np.ndarray) -> np.ndarray:
    """Return pairs of places in `nodes` that are worth a look."""
    borne = nodes.assign(node=nodes.index)
    borne = borne[borne.groupby("name")["name"].transform("size") <= _COMMON]
    alike = np.concatenate([matching.candidate_pairs(names), np.arange(len(names))[:, None] * [1, 1]])
    by_name = _crossed(alike, borne.set_index("name")["node"])
    reached = np.flatnonzero(phones >= 0)
    calling = matching.sharing(phones[reached], reached, most=_COMMON)
    by_phone = _crossed(calling, pd.Series(nodes.index, index=nodes["person"]))
    return matching.unique_pairs(np.concatenate([by_name, by_phone]), len(nodes))


def _crossed(pairs: np.ndarray, members: pd.Series) -> np.ndarray:
    """Return each pair of keys as all pairs of their members."""
    members = members.rename("member").rename_axis("key").reset_index()
    found = pd.DataFrame(pairs, columns=["one", "other"])
    for side in ("one", "other"):
        found = found.merge(members.rename(columns={"key": side, "member": f"{side}_member"}), on=side)
    return found[["one_member", "other_member"]].to_numpy(dtype=np.int64)


def _phone_codes(phones: pd.Series) -> np.ndarray:
    """Return phone numbers as places in their order; -1 without one."""
    places, numbers = each_once(phones, phone_number)
    order = {number: place for place, number in enumerate(sorted(set(numbers) - {""}))}
    return np.array([order.get(number, -1) for number in numbers], dtype=np.int64)[places]


def _usual(people: np.ndarray, codes: np.ndarray, count: int) -> np.ndarray:
    """Return the code that each person gives most often, the smaller of equals; -1 where none."""
    given = codes >= 0
    size = codes.max(initial=0) + 1
    pairs, times = np.unique(people[given] * size + codes[given], return_counts=True)
    order = np.lexsort((-pairs, times))
    usual = np.full(count, -1, dtype=np.int64)
    usual[pairs[order] // size] = pairs[order] % size
    return usual


def _demographic(rows: pd.DataFrame, people: np.ndarray, owners: np.ndarray) -> np.ndarray:
    """Return the evidence of the demographic columns for pairs of people."""
    own = {column.name for column in TABLES["attendance"].columns}
    order, count = np.argsort(people, kind="stable"), people.max(initial=-1) + 1
    total = np.zeros(len(owners))
    used = 0
    for name in sorted(map(str, rows.columns)):
        codes = np.zeros(0, dtype=np.int64) if name in own else pd.factorize(rows[name], sort=True)[0]
        if used == _MOST_COLUMNS or not 1 <= codes.max(initial=0) < _MOST_CATEGORIES:
            continue
        used += 1
        agreement, disagreement = matching.agreement_weights(codes, people, order)
        one, other = _usual(people, codes, count)[owners].T
        total += np.select([(one < 0) | (other < 0), one == other], [0.0, agreement], disagreement)
    return np.clip(total, matching.LEAST_DEMOGRAPHIC, matching.MOST_DEMOGRAPHIC)


def _strongest(pairs: Pairs, count: int) -> Pairs:
    """Return each two people once, with the two of their names that speak most for them."""
    low, high = pairs.people.min(axis=1, initial=count), pairs.people.max(axis=1, initial=-1)
    order = np.lexsort((pairs.weights, ~pairs.barred, low * count + high))
    codes = (low * count + high)[order]
    pairs = pairs.taken(order[np.r_[codes[1:] != codes[:-1], True]] if len(codes) else order)
    return Pairs(np.sort(pairs.people, axis=1), pairs.weights, pairs.barred, pairs.reasons)


def _met(pairs: np.ndarray, people: np.ndarray, events: np.ndarray, signs: np.ndarray) -> np.ndarray:
    """Return the pairs of which both signed at one event."""
    if not len(pairs):
        return np.zeros(0, dtype=bool)
    size = events.max(initial=0) + 1
    seen = sorted_unique(people * size + events)
    starts = np.searchsorted(seen, np.arange(len(signs) + 1) * size)
    seldom = np.diff(starts)[pairs].argmin(axis=1)
    which = np.arange(len(pairs))
    fewer, more = pairs[which, seldom], pairs[which, 1 - seldom]
    visits = np.diff(starts)[fewer]
    pair = np.repeat(which, visits)
    at = np.arange(len(pair)) - np.repeat(np.cumsum(visits) - visits, visits) + starts[fewer][pair]
    wanted = more[pair] * size + seen[at] % size
    place = np.minimum(np.searchsorted(seen, wanted), len(seen) - 1)
    met = np.zeros(len(pairs), dtype=bool)
    met[pair[seen[place] == wanted]] = True
    return met


def _join(pairs: Pairs, signs: np.ndarray, people: People, visits: dict[int, set[int]]) -> np.ndarray:
    """Return the person who stands for each."""
    final = np.arange(len(signs))
    open_ = pairs.taken(~pairs.barred & (pairs.weights > matching.ENOUGH - matching.MARGIN))
    near: dict[int, dict[int, float]] = defaultdict(dict)
    for (one, other), weight in zip(open_.people.tolist(), open_.weights.tolist(), strict=True):
        near[one][other] = near[other][one] = weight
    rank = {person: (-int(signs[person]), people.identities[person]) for person in near}
    proposals: dict[int, list[int]] = defaultdict(list)
    satellites: set[int] = set()
    for person in sorted(near, key=rank.__getitem__):
        known = _only_neighbor(person, near, rank)
        if known is not None and known not in satellites:
            satellites.add(person)
            proposals[known].append(person)
    together = np.isin(pairs.people, list(satellites)).all(axis=1) & pairs.barred
    apart = {frozenset(pair) for pair in pairs.people[together].tolist()}
    for known, members in proposals.items():
        for person in _peaceful(known, members, people.addressed, visits, apart):
            final[person] = known
    return final


def _only_neighbor(
    person: int, near: Mapping[int, Mapping[int, float]], rank: Mapping[int, tuple]
) -> int | None:
    """Return the better known person whose misspelling this one is, if only one can be meant."""
    better = [other for other in near[person] if rank[other] < rank[person]]
    best = min(better, key=lambda other: (-near[person][other], rank[other]), default=None)
    if best is None or near[person][best] < matching.ENOUGH:
        return None
    for other, weight in near[person].items():
        rival = other != best and weight > near[person][best] - matching.MARGIN
        if rival and near[best].get(other, -np.inf) < matching.ENOUGH:
            return None
    return best


def _peaceful(
    known: int,
    members: list[int],
    addressed: np.ndarray,
    visits: Mapping[int, set[int]],
    apart: set[frozenset[int]],
) -> list[int]:
    """Return the members that contradict neither the known person nor each other."""
    if len(members) > _MOST_PROPOSALS:
        return []
    against = set()
    everyone = [known, *members]
    for place, one in enumerate(everyone):
        for other in everyone[place + 1 :]:
            both = bool(addressed[one] and addressed[other]) and one != known
            if both or not visits[one].isdisjoint(visits[other]) or frozenset((one, other)) in apart:
                against |= {one, other}
    return [person for person in members if person not in against]


def _visits(pairs: Pairs, people: np.ndarray, events: np.ndarray) -> dict[int, set[int]]:
    """Return the events of everyone who may be joined."""
    wanted = np.unique(pairs.people[~pairs.barred & (pairs.weights >= matching.ENOUGH)])
    rows = np.isin(people, wanted)
    found: dict[int, set[int]] = defaultdict(set)
    for person, event in zip(people[rows].tolist(), events[rows].tolist(), strict=True):
        found[person].add(event)
    return found


def _linkage(
    rows: pd.DataFrame, programs: pd.Series, signed: Signatures, people: People, linked: Linked
) -> Linkage:
    """Count what was joined, and list what a person should look at."""
    final = linked.final[people.of_row]
    events = pd.factorize(rows["event_id"])[0]
    size = events.max(initial=0) + 1
    visits = np.bincount(sorted_unique(final * size + events) // size)
    again = visits[final] > 1
    count = np.count_nonzero(visits) - people.nameless
    spellings = len(people.identities) - people.nameless
    return Linkage(
        rows=len(rows),
        named=int(np.count_nonzero(signed.full >= 0)),
        spellings=spellings,
        people=int(count),
        linked=spellings - int(count),
        match_rate=float(again.mean()) if len(rows) else float("nan"),
        review=_review(rows, programs, people, linked),
        nameless=people.nameless,
    )


def _review(rows: pd.DataFrame, programs: pd.Series, people: People, linked: Linked) -> pd.DataFrame:
    pairs = linked.pairs
    shown = linked.joined | (pairs.weights >= _NEAR)
    pairs, joined = pairs.taken(shown), linked.joined[shown]
    first = np.full(len(people.identities), -1)
    first[people.of_row[::-1]] = np.arange(len(rows))[::-1]
    numbers = rows.index.to_numpy()[first]
    places = np.sort(numbers[pairs.people], axis=1) if len(pairs.people) else pairs.people
    turned = (numbers[pairs.people] != places).any(axis=1)
    persons = np.where(turned[:, None], pairs.people[:, ::-1], pairs.people)
    words = np.array([f"{code & (1 << 64) - 1:016x}" for code in linked.hashes.tolist()], dtype=object)
    ambiguous = ~pairs.barred & (pairs.weights >= matching.ENOUGH) & ~joined
    little = ~joined & ~pairs.barred & (pairs.weights < matching.ENOUGH)
    ends = np.select([ambiguous, little], ["; near to others as well", "; too little speaks for it"], "")
    table = pd.DataFrame({
        "row_1": places[:, 0],
        "row_2": places[:, 1],
        "program_id": programs.iloc[first[persons[:, 0]]].to_numpy(),
        "person_1": words[persons[:, 0]].astype(str),
        "person_2": words[persons[:, 1]].astype(str),
        "score": pairs.weights,
        "decision": np.where(joined, "joined", "left apart"),
        "reason": pairs.reasons + ends.astype(object),
    })  # fmt: skip
    return table.sort_values(["score", "row_1", "row_2"], ascending=[False, True, True], ignore_index=True)


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
    written, found_addresses = each_once(emails, address)
    codes, addresses = pd.factorize(np.array(found_addresses, dtype=object))
    places = codes[written]
    there = np.array([mail != "" for mail in addresses], dtype=bool)[places]
    group = pd.factorize(events)[0] * (len(addresses) + 1) + places
    crowded = there & (pd.Series(group).map(pd.Series(group[there]).value_counts()) > 2).to_numpy()
    found = pd.DataFrame({
        "group": group[crowded], "mail": places[crowded],
        "name": mapped(names[crowded], _written).to_numpy(),
    }).drop_duplicates()  # fmt: skip
    together = found[found["name"] != ""].groupby(["group", "mail"])["name"].agg(list)
    shared = {addresses[mail] for (_, mail), several in together.items() if _several(several)}
    flags = np.array([mail in shared for mail in addresses], dtype=bool)
    return pd.Series(flags[places] & there, index=emails.index)


def _written(text: str) -> str:
    """Return a name as it is compared with others; "" for nobody's."""
    return normal_name(text) if read_name(text).kind else ""


def _several(names: Sequence[str]) -> bool:
    """Whether more than two of the names are clearly different, and no other spelling of each other."""
    apart: list[str] = []
    for name in names:
        if all(SequenceMatcher(None, name, other).ratio() < _ALIKE for other in apart):
            apart.append(name)
        if len(apart) > 2:
            return True
    return False
