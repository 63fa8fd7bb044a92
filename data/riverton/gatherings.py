"""Events and their sign-in sheets: registered, absent, walk-ins, and the same person spelled three ways."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from riverton import city
from riverton.people import Resident, misspell
from riverton.programs import Gatherings, Plan
from riverton.writing import Row

WALK_INS = 0.15  # share of those who come without having registered, where people register
MISSPELT = 0.05  # share of signatures in haste


@dataclass
class Sheets:
    """What the events of one program leave behind: rows of two tables, and the truth about them."""

    events: list[Row] = field(default_factory=list)
    attendance: list[Row] = field(default_factory=list)
    spellings: list[Row] = field(default_factory=list)
    truth: Row = field(default_factory=dict)


def hold(plan: Plan, residents: list[Resident], rng: np.random.Generator) -> Sheets:
    """Return the events of one program, their attendance, and what is true about them."""
    sheets, visits = Sheets(), Counter()
    people, liking = _circle(plan.gatherings, residents, rng)
    tally = Counter()
    for number, date in enumerate(_dates(plan, rng), start=1):
        event_id = f"{plan.code}-E{number:02d}"
        came, walked_in, absent = _guests(plan, date, people, liking, rng)
        sheets.events.append(_event(plan, event_id, date, len(came), len(walked_in), len(absent), rng))
        tally.update(came=len(came), walk_ins=len(walked_in), absent=len(absent))
        if plan.gatherings.sheets or number == 1:
            visits.update(person.number for person in came)
            tally.update(signed=len(came))
            _sign(plan, event_id, came, walked_in, absent, sheets, rng)
    sheets.truth = _truth(plan, sheets, visits, tally)
    return sheets


def _circle(
    plan: Gatherings, residents: list[Resident], rng: np.random.Generator
) -> tuple[list[Resident], np.ndarray]:
    """Return the residents who ever come, and how much each likes to: a few come nearly always."""
    pull = np.array([plan.older if person.age_group == "55 and over" else 1.0 for person in residents])
    if plan.older < 0.2:
        pull = np.array([8.0 if person.age_group == "under 18" else 0.6 for person in residents])
    chosen = rng.choice(len(residents), size=plan.people, replace=False, p=pull / pull.sum())
    liking = rng.gamma(0.9, 1.0, plan.people) + 0.05
    return [residents[index] for index in chosen], liking / liking.sum()


def _dates(plan: Plan, rng: np.random.Generator) -> list[pd.Timestamp]:
    """Return event days spread over the program's life, Sundays left out."""
    start = pd.Timestamp(plan.start)
    last = pd.Timestamp(plan.end) if plan.end else city.LAST_DAY
    step = (last - start).days / plan.gatherings.events
    days = [int((place + rng.uniform(0.1, 0.7)) * step) for place in range(plan.gatherings.events)]
    dates = [start + pd.Timedelta(days=day) for day in days]
    return [date - pd.Timedelta(days=1) if date.dayofweek == 6 else date for date in dates]


def expected_turnout(plan: Plan, date: pd.Timestamp) -> float:
    """Return how many people are expected on that day: the planted level and trend."""
    months = (date - pd.Timestamp(plan.start)).days / 30.4375
    return plan.gatherings.turnout * float(np.exp(plan.gatherings.growth * months))


def _guests(
    plan: Plan, date: pd.Timestamp, people: list[Resident], liking: np.ndarray, rng: np.random.Generator
) -> tuple[list[Resident], list[Resident], list[Resident]]:
    """Return who came, who of these had not registered, and who had registered and stayed away."""
    gatherings = plan.gatherings
    mean = expected_turnout(plan, date) * rng.gamma(12, 1 / 12)
    turnout = min(max(int(rng.poisson(mean)), 2), int(0.9 * len(people)))
    if gatherings.absent is None:
        chosen = rng.choice(len(people), size=turnout, replace=False, p=liking)
        return [people[index] for index in chosen], [], []
    walk_ins = int(rng.binomial(turnout, WALK_INS))
    absent = int(rng.poisson((turnout - walk_ins) * gatherings.absent / (1 - gatherings.absent)))
    size = min(turnout + absent, len(people))
    chosen = [people[index] for index in rng.choice(len(people), size=size, replace=False, p=liking)]
    return chosen[:turnout], chosen[:walk_ins], chosen[turnout:]


def _event(
    plan: Plan,
    event_id: str,
    date: pd.Timestamp,
    came: int,
    walk_ins: int,
    absent: int,
    rng: np.random.Generator,
) -> Row:
    gatherings = plan.gatherings
    kind = str(rng.choice(gatherings.kinds))
    areas = plan.crime.treatment if plan.crime else tuple(city.area_names())
    online = kind.startswith("online")
    headcount = came + int(rng.binomial(3, 0.25))
    return {
        "event_id": event_id,
        "program_id": plan.program_id,
        "date": f"{date:%Y-%m-%d}",
        "name": f"{plan.name}: {kind}",
        "kind": kind,
        "area_id": "" if online else str(rng.choice(areas)),
        "capacity": gatherings.capacity or "",
        "registered": "" if gatherings.absent is None else came - walk_ins + absent,
        "headcount": "" if gatherings.sheets and rng.random() < 0.25 else headcount,
        "staff_hours": f"{gatherings.hours * int(rng.integers(2, 6)) + 1:.1f}",
        "hours": f"{gatherings.hours:.1f}",
        "cost": int(rng.integers(4, 30)) * 10 + 4 * came,
    }


def _sign(
    plan: Plan,
    event_id: str,
    came: list[Resident],
    walked_in: list[Resident],
    absent: list[Resident],
    sheets: Sheets,
    rng: np.random.Generator,
) -> None:
    """Write the sign-in sheet: registered people are ticked or not, walk-ins sign below without a tick."""
    registered = sorted(came[len(walked_in) :] + absent, key=lambda person: (person.last, person.first))
    stayed_away = {person.number for person in absent}
    for person in registered + walked_in:
        ticked = "" if plan.gatherings.absent is None or person in walked_in else "true"
        if person.number in stayed_away:
            ticked = "false"
        signed, kind = person.name, ""
        if rng.random() < MISSPELT and not plan.gatherings.ids and ticked != "false":
            kind = str(rng.choice(["case", "order", "typo"], p=[0.4, 0.2, 0.4]))
            signed = misspell(person, kind, rng)
            spelling = {"event_id": event_id, "signed_as": signed, "name": person.name, "kind": kind}
            sheets.spellings.append(spelling | {"email_given": bool(person.email)})
        sheets.attendance.append(_signature(plan, event_id, person, signed, ticked))


def _signature(plan: Plan, event_id: str, person: Resident, signed: str, ticked: str) -> Row:
    return {
        "event_id": event_id,
        "attendee_id": f"{plan.code}-{person.number:04d}" if plan.gatherings.ids else signed,
        "checked_in": ticked,
        "name": person.name if plan.gatherings.ids else "",
        "email": person.email,
        "phone": person.phone,
        "age_group": person.age_group,
        "race_ethnicity": person.race_ethnicity,
        "gender": person.gender,
    }


def _truth(plan: Plan, sheets: Sheets, visits: Counter, tally: Counter) -> Row:
    dates = [pd.Timestamp(str(event["date"])) for event in sheets.events]
    signed = tally["signed"]
    registered = tally["came"] - tally["walk_ins"] + tally["absent"]
    repeat = sum(count >= 2 for count in visits.values())
    rows = [row for row in sheets.attendance if row["checked_in"] != "false"]
    return {
        "events": len(dates),
        "events_with_sheet": len({row["event_id"] for row in sheets.attendance}),
        "came": tally["came"],
        "signed_in": signed,
        "unique_people": len(visits),
        "unique_signatures": len({row["attendee_id"] for row in rows}),
        "people_at_two_or_more_events": repeat,
        "repeat_share": round(repeat / len(visits), 6),
        "registered": None if plan.gatherings.absent is None else registered,
        "walk_ins": tally["walk_ins"],
        "registered_but_absent": tally["absent"],
        "expected_per_event": round(float(np.mean([expected_turnout(plan, date) for date in dates])), 4),
        "trend_per_month": round(float(np.exp(plan.gatherings.growth)), 6),
        "misspelt_signatures": dict(sorted(Counter(str(row["kind"]) for row in sheets.spellings).items())),
    }
