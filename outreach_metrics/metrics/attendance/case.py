"""What all measures of attendance stand on: a program's events, and who came to them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import NamedTuple

import numpy as np
import pandas as pd

from outreach_metrics.estimate import Estimate
from outreach_metrics.study import Study
from outreach_metrics.study.model import NOBODY

FULL_COUNT = "A full count of what was recorded: it has no sampling interval."
NAN = float("nan")
_NUMBERS = ("capacity", "registered", "headcount", "staff_hours", "hours")


@dataclass(frozen=True, eq=False)
class Case:
    """The events of one program and the people on their sheets.

    Parameters
    ----------
    events : pandas.DataFrame
        One row an event in order of date: `event_id`, `date`, `name`, `kind`, `attended`, `counted` as
        `attendance_by_event` returns them, and `capacity`, `registered`, `headcount`, `staff_hours`, `hours`,
        NaN where not known.
    event : ndarray of int, shape (n,)
        One entry a person and event, by event: the row of `events`.
    person : ndarray of int64, shape (n,)
        `NOBODY` for those who gave no name: they came to their event, and are none of `people`.
    came, registered : ndarray of bool, shape (n,)
        Registered are those with `checked_in` true or false, whether or not they came.
    """

    events: pd.DataFrame
    event: np.ndarray
    person: np.ndarray
    came: np.ndarray
    registered: np.ndarray

    @cached_property
    def _codes(self) -> tuple[np.ndarray, np.ndarray]:
        return np.unique(self.person, return_inverse=True)

    def _events_of(self, flag: np.ndarray, weights: np.ndarray | None = None) -> np.ndarray:
        """Count (or add up) the entries of each person that have a flag, those without any included."""
        people, code = self._codes
        return np.where(people == NOBODY, 0, np.bincount(code[flag], weights, minlength=len(people)))

    @cached_property
    def people(self) -> np.ndarray:
        """Different people who came, sorted."""
        return self._codes[0][self._events_of(self.came) > 0]

    @cached_property
    def dose(self) -> np.ndarray:
        """Events that each of `people` came to."""
        events = self._events_of(self.came)
        return events[events > 0]

    def by_person(self, of_event: np.ndarray) -> np.ndarray:
        """Add up a number of the events that each of `people` came to."""
        totals = self._events_of(self.came, of_event[self.event[self.came]])
        return totals[self._events_of(self.came) > 0]

    def different(self, flag: np.ndarray) -> int:
        """Count the people who have a flag at one event or more."""
        return int(np.count_nonzero(self._events_of(flag)))

    @property
    def named(self) -> np.ndarray:
        """The entries of people who are known by name or id."""
        return self.person != NOBODY

    @cached_property
    def named_events(self) -> int:
        """Events at which somebody is recorded by name or id to have come."""
        return int(np.count_nonzero(self.by_event(self.came & self.named)))

    @property
    def nameless(self) -> str:
        """The note that some events, or people, have no names; empty when all have."""
        missing = len(self.events) - self.named_events
        held = (
            f"{missing} of {len(self.events)} events have no names; people seen only there are not counted."
        )
        unsaid = "Who signed without a name is not counted among the people."
        return sentences(held if missing else "", unsaid if (self.came & ~self.named).any() else "")

    @cached_property
    def again(self) -> int:
        """People who came to two events or more."""
        return int((self.dose >= 2).sum())

    @property
    def group_size(self) -> float:
        """How many different people there were at least: those named, or those in one room."""
        return self.people_at(np.ones(len(self.events), dtype=bool))

    def people_at(self, chosen: np.ndarray) -> float:
        """How many different people there were at least at some events (mask over `events`)."""
        named = self.different(self.came & chosen[self.event])
        in_one_room = self.events["attended"].to_numpy()[chosen]
        return float(np.nanmax(np.append(in_one_room, named)))

    def by_event(self, flag: np.ndarray) -> np.ndarray:
        """Count the entries of each event that have a flag."""
        return np.bincount(self.event, flag, minlength=len(self.events))


class Sheets(NamedTuple):
    """Every sheet of a study, one entry a person and event, ordered by program, date and event."""

    events: pd.DataFrame
    event: np.ndarray
    person: np.ndarray
    came: np.ndarray
    registered: np.ndarray


class Rows(NamedTuple):
    """The order that sorts the table attendance by event and person, and both of each row so sorted.

    Rows of no known event are left out.
    """

    order: np.ndarray
    event: np.ndarray
    person: np.ndarray


@lru_cache(maxsize=4)
def _sheets(study: Study) -> Sheets:
    """Sort the sheets of all programs once; a person with several rows at an event is one entry.

    Each row without a name is another person.
    """
    order, event, person = sorted_rows(study)
    rows = study.table("attendance")
    ticks = rows["checked_in"] if "checked_in" in rows else pd.Series(pd.NA, index=rows.index)
    status = ticks.astype("boolean").astype("Int8").fillna(-1).to_numpy(dtype="int8")[order]
    new = np.ones(len(event), dtype=bool)
    new[1:] = (event[1:] != event[:-1]) | (person[1:] != person[:-1]) | (person[1:] == NOBODY)
    first = np.flatnonzero(new)
    if not len(first):
        return Sheets(_ordered(study), event, person, new, new)
    came, registered = (np.logical_or.reduceat(flag, first) for flag in (status != 0, status >= 0))
    return Sheets(_ordered(study), event[first], person[first], came, registered)


@lru_cache(maxsize=4)
def _ordered(study: Study) -> pd.DataFrame:
    return study.table("events").sort_values(["program_id", "date", "event_id"], ignore_index=True)


@lru_cache(maxsize=4)
def sorted_rows(study: Study) -> Rows:
    """Return the rows of attendance by event (its place among those of all programs) and person."""
    rows = study.table("attendance")
    place = pd.Index(_ordered(study)["event_id"]).get_indexer(rows["event_id"])
    person = rows["attendee_id"].to_numpy(dtype="int64")
    order = np.lexsort((person, place))[np.count_nonzero(place < 0) :]
    return Rows(order, place[order], person[order])


def program_rows(study: Study, program_id: str) -> Rows:
    """Return the part of `sorted_rows` that is of a program."""
    rows, (low, high) = sorted_rows(study), _places(study, program_id)
    part = slice(*np.searchsorted(rows.event, [low, high]))
    return Rows(rows.order[part], rows.event[part] - low, rows.person[part])


def _places(study: Study, program_id: str) -> tuple[int, int]:
    programs = _ordered(study)["program_id"]
    return int(programs.searchsorted(program_id)), int(programs.searchsorted(program_id, side="right"))


@lru_cache(maxsize=32)
def attendance_case(study: Study, program_id: str) -> Case:
    """Return the events of a program and the people on their sheets."""
    study.program(program_id)
    sheets, (low, high) = _sheets(study), _places(study, program_id)
    part = slice(*np.searchsorted(sheets.event, [low, high]))
    event, came = sheets.event[part] - low, sheets.came[part]
    events = sheets.events.iloc[low:high].reset_index(drop=True)
    return Case(_counted(events, event, came), event, sheets.person[part], came, sheets.registered[part])


def _counted(events: pd.DataFrame, event: np.ndarray, came: np.ndarray) -> pd.DataFrame:
    """Set beside each event how many people came: the headcount where there is one, else the sheet."""
    size = len(events)
    handed_in = np.bincount(event, minlength=size) > 0
    signed = np.where(handed_in, np.bincount(event, came, minlength=size), NAN)
    frame = pd.DataFrame({"event_id": events["event_id"], "date": pd.to_datetime(events["date"])})
    for column in ("name", "kind"):
        frame[column] = events[column].fillna("") if column in events else ""
    for column in _NUMBERS:
        frame[column] = events[column].astype("Float64").astype(float) if column in events else NAN
    headcount = frame["headcount"]
    frame["attended"] = headcount.where(headcount.notna(), signed)
    frame["counted"] = np.select([headcount.notna(), handed_in], ["headcount", "sign-in"], "")
    return frame


def attendance_by_event(study: Study, program_id: str) -> pd.DataFrame:
    """Return how many people attended each event of a program.

    Parameters
    ----------
    study : Study
    program_id : str

    Returns
    -------
    pandas.DataFrame
        One row an event in order of date: `event_id`, `date`, `name`, `kind`, `attended` (people; the
        headcount where there is one, else the people who signed in; NaN where nobody counted), `counted`
        ("headcount", "sign-in" or "").
    """
    columns = ["event_id", "date", "name", "kind", "attended", "counted"]
    return attendance_case(study, program_id).events[columns].copy()


def template(program_id: str, name: str, unit: str, method: str, note: str = "") -> Estimate:
    """Return an estimate of attendance that has no number yet."""
    return Estimate(
        program_id=program_id, strand="attendance", metric=name, unit=unit, method=method, note=note
    )


def no_events(empty: Estimate) -> list[Estimate]:
    """Decline because there is no event."""
    return [empty.declined("The study has no events of this program.")]


def no_people(empty: Estimate) -> list[Estimate]:
    """Decline because nobody is known by name."""
    return [empty.declined("Nobody is recorded by name or id at the events of this program.")]


def sentences(*notes: str) -> str:
    """Join the sentences of a note; empty ones fall away."""
    return " ".join(note for note in notes if note)


def left_out(count: int, total: int, why: str) -> str:
    """Return the sentence that tells of events left out; empty when there are none."""
    return f"{count} of {total} events {'is' if count == 1 else 'are'} left out: {why}." if count else ""


def some(groups: Sequence[float], min_cell: int) -> bool:
    """Whether one of the groups is of people too few to be shown; nobody is not few."""
    return any(0 < people < min_cell for people in groups)
