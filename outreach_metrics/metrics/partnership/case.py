"""What all measures of partnership stand on: a program's agencies, the events they held, the records' end."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache

import numpy as np
import pandas as pd

from outreach_metrics.estimate import Estimate
from outreach_metrics.study import Study

NAN = float("nan")
ON_RECORD = "Everything on record is counted: it has no sampling interval."
NO_AGENCIES = "The study names no agencies of this program besides its lead."
NO_POLICE = "No agency of the program is known to be the police."
POLICE_SECTORS = frozenset({"law enforcement", "police", "policing", "sheriff"})
_POLICE_NAME = re.compile(r"\b(police|sheriff|constabulary|law enforcement|pd)\b")
_NAMING = (
    ("partnerships", "agency"),
    ("event_partners", "agency"),
    ("programs", "lead_agency"),
    ("referrals", "from_agency"),
    ("referrals", "to_agency"),
)
_HAPPENED = (
    ("events", "date"),
    ("referrals", "date"),
    ("referrals", "completed_date"),
    ("concerns", "raised_on"),
    ("concerns", "resolved_on"),
    ("partnerships", "start_date"),
)


@dataclass(frozen=True, eq=False)
class Case:
    """The agencies of one program and the events that they held.

    Parameters
    ----------
    agencies : pandas.DataFrame
        One row an agency, the lead first, then by name: `agency`, `sector` ("" where not given), `role`,
        `start`, `end` (days; NaT where not known, `end` also while it goes on), `returned` (left and came
        back), `hours`, `amount` (NaN where not given), `listed` (in partnerships), `lead`, `police`.
    dates : ndarray of datetime64, shape (events,)
    held : ndarray of bool, shape (events, agencies)
        Who held each event; the lead agency is among those of every event with another.
    recorded : bool
        Whether the table event_partners names any of the program's events.
    police_by : str
        How the police were told from other agencies, as a sentence.
    """

    agencies: pd.DataFrame
    dates: np.ndarray
    held: np.ndarray
    recorded: bool
    police_by: str

    @property
    def names(self) -> list[str]:
        """The agencies, the lead first."""
        return self.agencies["agency"].to_list()

    @cached_property
    def together(self) -> np.ndarray:
        """Events that each two agencies held together, shape (agencies, agencies); 0 for one with itself."""
        count = self.held.astype(int).T @ self.held.astype(int)
        np.fill_diagonal(count, 0)
        return count


def name_key(name: str) -> str:
    """Return what spellings of one agency share: its words, without case, spaces and punctuation.

    Examples
    --------
    >>> name_key(" St. Elm  HOSPITAL"), name_key("Parks & Recreation")
    ('st elm hospital', 'parks and recreation')
    """
    plain = unicodedata.normalize("NFKC", name).casefold().replace("&", " and ")
    return " ".join(re.findall(r"\w+", plain)) or plain.strip()


@lru_cache(maxsize=4)
def agency_names(study: Study) -> Mapping[str, str]:
    """Return the name of every spelling of an agency in the study: the spelling that is used most."""
    spelled = [_words(study.table(table), column) for table, column in _NAMING if study.has(table)]
    leads = pd.Series([program.lead_agency for program in study.programs.values()], dtype=object)
    every = pd.concat([*spelled, leads[leads.astype(str) != ""]], ignore_index=True)
    counts = every.value_counts().rename_axis("spelling").reset_index(name="uses")
    counts["key"] = counts["spelling"].map(name_key)
    counts = counts.sort_values(["uses", "spelling"], ascending=[False, True])
    best = counts.drop_duplicates("key").set_index("key")["spelling"].map(lambda name: " ".join(name.split()))
    return dict(zip(counts["spelling"], counts["key"].map(best), strict=True))


def _words(rows: pd.DataFrame, column: str) -> pd.Series:
    """Return the texts of a column that are there."""
    if column not in rows:
        return pd.Series(dtype=object)
    texts = rows[column].dropna().astype(str)
    return texts[texts.str.strip() != ""].astype(object)


def program_part(study: Study, table: str, program_id: str) -> pd.DataFrame:
    """Return the rows of a table that are of a program."""
    rows = study.table(table)
    return rows[rows["program_id"] == program_id] if len(rows) else rows


@lru_cache(maxsize=4)
def records_end(study: Study) -> pd.Timestamp:
    """Return the last day on which the study records that something happened; NaT without any.

    Dates on which agencies leave count where nothing else is dated: they are often set in advance.
    """
    last = _last(study, _HAPPENED)
    return last if not pd.isna(last) else _last(study, [("partnerships", "end_date")])


def _last(study: Study, columns: Iterable[tuple[str, str]]) -> pd.Timestamp:
    days = [
        pd.to_datetime(study.table(table)[column]).max()
        for table, column in columns
        if study.has(table) and column in study.table(table)
    ]
    return pd.Series([day for day in days if not pd.isna(day)], dtype="datetime64[ns]").max()


@lru_cache(maxsize=32)
def partner_case(study: Study, program_id: str) -> Case:
    """Return the agencies of a program and the events that they held."""
    program = study.program(program_id)
    known = agency_names(study)
    lead = known.get(program.lead_agency, "")
    listed = program_part(study, "partnerships", program_id)
    listed = listed.assign(agency=listed["agency"].map(known)) if len(listed) else listed
    dates, pairs = _held(study, program_id, known)
    agencies = set(listed["agency"]) | {agency for _, agency in pairs} | ({lead} - {""})
    names = sorted(agencies, key=lambda name: (name != lead, name))
    place = {name: position for position, name in enumerate(names)}
    held = np.zeros((len(dates), len(names)), dtype=bool)
    for event, agency in pairs:
        held[event, place[agency]] = True
    if lead:
        held[held.any(axis=1), place[lead]] = True
    frame = _agencies(names, listed, _sectors(study, program_id, known)).assign(
        lead=[name == lead for name in names]
    )
    police, how = _police(frame)
    return Case(frame.assign(police=police), dates, held, bool(pairs), how)


def _held(
    study: Study, program_id: str, known: Mapping[str, str]
) -> tuple[np.ndarray, list[tuple[int, str]]]:
    """Return the days of a program's events, in order, and each agency named at one."""
    events = program_part(study, "events", program_id)
    events = events.sort_values(["date", "event_id"]) if len(events) else events
    place = {name: position for position, name in enumerate(events["event_id"])}
    partners = study.table("event_partners")
    pairs = [
        (place[event], known[agency])
        for event, agency in zip(partners["event_id"], partners["agency"], strict=True)
        if event in place and agency in known
    ]
    return pd.to_datetime(events["date"]).to_numpy(dtype="datetime64[D]"), pairs


def _agencies(names: list[str], listed: pd.DataFrame, sectors: Mapping[str, str]) -> pd.DataFrame:
    """Return one row an agency of what the table partnerships says of it."""
    parts = dict(tuple(listed.groupby("agency"))) if len(listed) else {}
    rows = [
        {"agency": name, "sector": sectors.get(name, ""), "listed": name in parts, **_spell(parts.get(name))}
        for name in names
    ]
    columns = ["agency", "sector", "listed", "role", "start", "end", "returned", "hours", "amount"]
    frame = pd.DataFrame(rows, columns=columns)
    days = {name: pd.to_datetime(frame[name]) for name in ("start", "end")}
    numbers = {name: frame[name].astype(float) for name in ("hours", "amount")}
    return frame.assign(**days, **numbers, listed=frame["listed"].astype(bool))


def _spell(rows: pd.DataFrame | None) -> dict:
    """Return when an agency came and left, over all its rows: it is in from its first day to its last."""
    if rows is None:
        nothing = {"role": "", "start": pd.NaT, "end": pd.NaT, "returned": False}
        return nothing | {"hours": NAN, "amount": NAN}
    dates = {
        name: pd.to_datetime(rows[name]) if name in rows else pd.Series(pd.NaT, index=rows.index)
        for name in ("start_date", "end_date")
    }
    spells = pd.DataFrame(dates).sort_values("start_date")
    left, came = spells["end_date"].cummax().to_numpy()[:-1], spells["start_date"].to_numpy()[1:]
    return {
        "role": ", ".join(sorted(set(_words(rows, "role").str.strip()))),
        "start": spells["start_date"].min(),
        "end": pd.NaT if spells["end_date"].isna().any() else spells["end_date"].max(),
        "returned": bool((came > left).any()),
        **{name: _total(rows, name) for name in ("hours", "amount")},
    }


def _total(rows: pd.DataFrame, column: str) -> float:
    return float(rows[column].astype("Float64").astype(float).sum(min_count=1)) if column in rows else NAN


def _sectors(study: Study, program_id: str, known: Mapping[str, str]) -> dict[str, str]:
    """Return the sector of each agency: that given most often in the program, else in the study."""
    rows = study.table("partnerships")
    given = _words(rows, "sector").map(lambda text: " ".join(text.split()).casefold())
    frame = pd.DataFrame({"agency": rows.loc[given.index, "agency"].map(known), "sector": given})
    frame["own"] = rows.loc[given.index, "program_id"] == program_id
    uses = frame.groupby(["agency", "own", "sector"]).size().reset_index(name="uses")
    uses = uses.sort_values(["own", "uses", "sector"], ascending=[False, False, True])
    return uses.drop_duplicates("agency").set_index("agency")["sector"].to_dict()


def _police(agencies: pd.DataFrame) -> tuple[np.ndarray, str]:
    """Return which agencies are the police, and how that is known."""
    by_sector = agencies["sector"].isin(POLICE_SECTORS).to_numpy()
    if by_sector.any():
        return by_sector, "The police are the agencies of the sector law enforcement."
    named = (
        agencies["agency"].map(lambda name: bool(_POLICE_NAME.search(name_key(name)))).to_numpy(dtype=bool)
    )
    if named.any():
        return named, "No agency has the sector law enforcement: the police are told by their names."
    lead = agencies["lead"].to_numpy(dtype=bool)
    if lead.any() and not (agencies["sector"] != "").any():
        return lead, "No sectors are given: the lead agency is taken for the police."
    return np.zeros(len(agencies), dtype=bool), NO_POLICE


def template(program_id: str, name: str, unit: str, method: str, note: str = "") -> Estimate:
    """Return an estimate of partnership that has no number yet."""
    return Estimate(
        program_id=program_id, strand="partnership", metric=name, unit=unit, method=method, note=note
    )


def sentences(*notes: str) -> str:
    """Join the sentences of a note; empty ones fall away."""
    return " ".join(note for note in notes if note)


def without(count: int, total: int, what: str) -> str:
    """Return the sentence that tells of agencies that lack something; empty when none does."""
    return f"{count} of {total} agencies {'has' if count == 1 else 'have'} no {what}." if count else ""
