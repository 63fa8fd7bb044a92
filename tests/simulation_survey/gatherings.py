"""Events and sign-in sheets of residents whose habits are known, and what the metrics should find."""

from __future__ import annotations

import math
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd
from scipy import stats

from outreach_metrics.study import Program, Settings, Study
from outreach_metrics.study.linkage import number_people
from tests.simulation_survey.surveys import AGES, SEXES
from tests.simulation_survey.trial import Tried, World

FIRST = pd.Timestamp("2020-01-06")
MONTH = 365.25 / 12
NUMBERS = ("capacity", "registered", "headcount", "staff_hours", "hours")

_FIRST_NAMES = (
    "Abel Alba Anselm Bao Beatriz Camila Cedric Dario Edda Elio Farid Fern Gideon Greta Hector Imani"
)
_FIRST_NAMES += (
    " Ivo Jamal Juno Kaya Lars Leila Magnus Marisol Nadia Odette Otis Paloma Quincy Ramona Soren Vera"
)
_ROOTS = (
    "Quill Marrow Tangle Brindle Cobble Thistle Hollow Larch Pebble Saffron Ember Nettle Otter Willow Bracken"
)
_ENDINGS = "brook wick shaw field mere combe stead ford gate worth"


def _study(
    events: pd.DataFrame,
    sheets: pd.DataFrame | None = None,
    residents: float = 1000.0,
    *,
    min_cell: int = 10,
    **tables: pd.DataFrame,
) -> Study:
    """Return a study of one program from columns of events and rows of sheets."""
    events = events.assign(
        event_id=[f"e{i}" for i in range(len(events))],
        program_id="p",
        **{name: np.nan for name in NUMBERS if name not in events},
    )
    if "date" not in events:
        events["date"] = FIRST + pd.to_timedelta(30 * np.arange(len(events)), unit="D")
    places = pd.DataFrame({"area_id": ["a"], "population": [residents], "year": [np.nan]})
    given = {"events": events, "areas": places, **tables}
    if sheets is not None:
        given["attendance"] = sheets
    program = Program(
        program_id="p", name="P", type="other", start=date(2020, 1, 1), areas={"treatment": ("a",)}
    )
    return Study(folder=Path(), settings=Settings(min_cell=min_cell), programs={"p": program}, tables=given)


def _sheet(person: np.ndarray, event: np.ndarray, ticked: np.ndarray | None = None, **more) -> pd.DataFrame:
    """Return rows of sign-in sheets; without ticks whoever signed came."""
    status = pd.array([pd.NA] * len(person) if ticked is None else ticked, dtype="boolean")
    frame = pd.DataFrame({"attendee_id": person.astype("int64"), "checked_in": status, **more})
    names = np.array([f"e{i}" for i in range(int(event.max(initial=0)) + 1)], dtype=object)
    return frame.assign(event_id=names[event])


def _visits(came: np.ndarray, events: int, random: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Return person and event of people who come to one event or more, most to one or two."""
    count = np.minimum(1 + random.poisson(0.8, len(came)), events)
    place = np.argsort(random.random((len(came), events)), axis=1)
    chosen = np.arange(events) < count[:, None]
    return np.repeat(came, count), place[chosen]


def _names(count: int, random: np.random.Generator) -> np.ndarray:
    """Return different invented names."""
    firsts = _FIRST_NAMES.split()
    lasts = [root + ending for root in _ROOTS.split() for ending in _ENDINGS.split()]
    chosen = random.permutation(len(firsts) * len(lasts))[:count]
    return np.array([f"{firsts[i // len(lasts)]} {lasts[i % len(lasts)]}" for i in chosen], dtype=object)


def _misspelt(name: str, random: np.random.Generator) -> str:
    """Return a name as signed in haste: in capitals, last name first, or with one letter lost or doubled."""
    first, last = name.split()
    kind = random.random()
    if kind < 0.4:
        return f" {first.upper()}  {last.lower()}"
    if kind < 0.6:
        return f"{last}, {first}"
    place = int(random.integers(1, len(last) - 1))
    return f"{first} {last[:place]}{last[place + (kind < 0.8):]}" if kind < 0.8 else (
        f"{first} {last[:place]}{last[place]}{last[place:]}"
    )  # fmt: skip


def reach_world(
    residents: int, chance: float, slips: float = 0.0, *, told: bool = True, household: float = 0.0
) -> World:
    """Residents who come each with one chance; some sign in haste; or whole households come together."""

    def draw(random: np.random.Generator) -> Study:
        came = random.random(residents) < chance
        if household:
            home = np.arange(residents) // 3
            together = random.random(residents) < household
            came = np.where(together, came[home * 3], came)
        person, event = _visits(np.flatnonzero(came), 12, random)
        events = pd.DataFrame(index=range(12))
        if not slips:
            return _study(events, _sheet(person, event), residents)
        signed = _names(residents, random)[person]
        hasty = random.random(len(person)) < slips
        signed[hasty] = [_misspelt(name, random) for name in signed[hasty]]
        rows = _sheet(person, event).assign(attendee_id=signed, name="", email="", phone="")
        if told:
            rows["age_group"] = random.choice(AGES, residents)[person]
            rows["sex"] = random.choice(SEXES, residents)[person]
        held = pd.DataFrame({"event_id": [f"e{i}" for i in range(12)], "program_id": "p"})
        numbered, _ = number_people({"attendance": rows, "events": held}, [])
        return _study(events, numbered["attendance"], residents)

    limit = ""
    if household:
        limit = "people of one household come together: the interval takes each by himself"
    elif slips and not told:
        limit = "names alone do not prove one person, so some misspelt ones count twice"
    words = f"{residents:,} residents, {chance:.0%} come"
    words += f", {slips:.0%} of the signatures in haste" * (slips > 0)
    words += ", age and sex on the sheets" * (slips > 0 and told)
    words += ", households of 3 mostly together" * (household > 0)
    return World(words, "none", (Tried("attendance_reach", chance),), draw, limit)


def frequency_world(people: int, events: int = 24, a: float = 0.6, b: float = 6.0) -> World:
    """People who like to come more or less: events a person are beta-binomial, of those who ever came."""
    count = np.arange(1, events + 1)
    chance = stats.betabinom.pmf(count, events, a, b)
    ever, chance = chance.sum(), chance / chance.sum()
    mean = float(count @ chance)
    gini = float(chance @ np.abs(count[:, None] - count) @ chance) / (2 * mean)

    def draw(random: np.random.Generator) -> Study:
        liking = random.beta(a, b, round(people / ever))
        came = random.random((len(liking), events)) < liking[:, None]
        return _study(pd.DataFrame(index=range(events)), _sheet(*np.nonzero(came)))

    tried = (
        Tried("attendance_repeat_share", float(chance[1:].sum())),
        Tried("attendance_dosage", mean),
        Tried("attendance_concentration", gini),
    )
    return World(
        f"about {people} people, {events} events, each liking them more or less", "none", tried, draw
    )


def turnout_world(
    events: int, mean: float = 20.0, theta: float = 6.0, growth: float = 1.0, season: float = 0.0,
    memory: float = 0.0,
) -> World:  # fmt: skip
    """Headcounts of monthly events, negative binomial, with a trend, a season, or a memory of the last."""
    days = 30 * np.arange(events)
    years = days / 365.25
    seats = np.array([30.0, 40.0, 60.0])

    def draw(random: np.random.Generator) -> Study:
        noise = np.empty(events)
        shock = random.normal(0, 1, events)
        noise[0] = shock[0]
        for place in range(1, events):
            noise[place] = memory * noise[place - 1] + math.sqrt(1 - memory**2) * shock[place]
        level = stats.gamma.ppf(stats.norm.cdf(noise), theta) / theta
        expected = mean * growth**years * (1 + season * np.sin(2 * np.pi * years))
        counted = random.poisson(expected * level).astype(float)
        table = pd.DataFrame({"headcount": counted, "capacity": random.choice(seats, events)})
        return _study(table.assign(date=FIRST + pd.to_timedelta(days, unit="D")))

    tried = [Tried("attendance_trend", growth, 1.0)] * (events >= 13)
    if growth == 1 and not season and not memory:
        tried += [
            Tried("attendance_mean", mean),
            Tried("attendance_capacity_use", mean / float(seats.mean())),
        ]
    words = f"{events} events, {mean:g} people each, variance / mean {1 + mean / theta:.1f}"
    words += f", season {season:.0%}" * (season > 0) + f", correlation {memory:g} from event to event" * (
        memory > 0
    )
    limit = "good and bad months follow each other, which few events tell in part only" if memory else ""
    effect = "none" if growth == 1 else f"{growth - 1:+.0%} a year"
    return World(words, effect, tuple(tried), draw, limit)


def show_world(events: int, spread: float = 12.0, own: float = 0.0) -> World:
    """Registered people of whom 70 % come; the share differs by event, or each has a habit of his own."""

    def draw(random: np.random.Generator) -> Study:
        registered = 4 + random.poisson(16, events)
        event = np.repeat(np.arange(events), registered)
        habit = random.beta(0.7 * spread, 0.3 * spread, events)[event]
        person = np.arange(len(event))
        if own:
            people = random.beta(0.7 * own, 0.3 * own, 60)
            person = np.concatenate([random.choice(60, size, replace=False) for size in registered])
            habit = people[person]
        return _study(
            pd.DataFrame(index=range(events)), _sheet(person, event, random.random(len(event)) < habit)
        )

    how = "the same 60 people with habits of their own" if own else "share differs by event"
    limit = (
        "the same people come again, which the interval does not know (its docstring says so)" if own else ""
    )
    tried = (Tried("attendance_show_rate", 0.7),)
    return World(f"{events} events, about 20 registered, {how}", "none", tried, draw, limit)


def retention_world(people: int, stays: float, comes: float) -> World:
    """People who go on from one monthly event to the next with one chance, and come to most while they do."""
    events, later = 42, np.arange(400)
    tenure = stays**later * (1 - stays)
    last = np.array([(tenure[k:] * (1 - (1 - comes) ** (later[k:] - k + 1))).sum() for k in range(1, 60)])

    def left_after(days: float) -> float:
        """Share seen after so many days: last seen at an event later than that."""
        return float(last[math.floor(days / 30)])

    within = 12 * MONTH
    area = 30 / MONTH * float(last[: math.floor(within / 30)].sum()) + (
        (within % 30) / MONTH * left_after(within)
    )

    def draw(random: np.random.Generator) -> Study:
        start = random.integers(0, events, people)
        going = random.geometric(1 - stays, people) - 1
        place = np.arange(events)
        inside = (place >= start[:, None]) & (place <= (start + going)[:, None])
        came = inside & ((random.random(inside.shape) < comes) | (place == start[:, None]))
        return _study(pd.DataFrame(index=range(events)), _sheet(*np.nonzero(came)), min_cell=1)

    tried = (
        Tried("attendance_retention", left_after(6 * MONTH), group="after 6 months"),
        Tried("attendance_retention", left_after(12 * MONTH), group="after 12 months"),
        Tried("attendance_retention", area, group="first 12 months"),
    )
    words = f"{people} people, {stays:.0%} go on to the next month, come to {comes:.0%} of the events"
    return World(words, "none", tried, draw)


def representation_world(residents: int, chances: tuple[float, float, float]) -> World:
    """Residents of three groups who come each with the chance of the group."""
    share = np.array([0.5, 0.3, 0.2])
    chance = np.array(chances)
    mean = float(share @ chance)
    groups = np.array(["north", "middle", "south"], dtype=object)
    table = pd.DataFrame(
        {"variable": "quarter", "category": groups, "count": share * residents, "area_id": ""}
    )
    spread = math.sqrt(float(share @ (chance - mean) ** 2))

    def draw(random: np.random.Generator) -> Study:
        group = np.repeat(np.arange(3), (share * residents).astype(int))
        came = np.flatnonzero(random.random(len(group)) < chance[group])
        person, event = _visits(came, 10, random)
        rows = _sheet(person, event, quarter=groups[group[person]])
        return _study(pd.DataFrame(index=range(10)), rows, residents, benchmarks=table)

    tried = [
        Tried("attendance_representation", float(chance[i] / mean), outcome="quarter", group=str(groups[i]))
        for i in range(3)
    ]
    tried.append(Tried("attendance_r_indicator", 1 - 2 * spread, group=""))
    words = (
        f"{residents:,} residents of three quarters, of whom {', '.join(f'{c:.0%}' for c in chances)} come"
    )
    return World(words, "none", tuple(tried), draw)


def gathering_worlds() -> list[World]:
    """Return every world of events."""
    return [
        reach_world(400, 0.06),
        reach_world(400, 0.5),
        reach_world(2000, 0.02),
        reach_world(2000, 0.1),
        reach_world(20_000, 0.02),
        reach_world(1500, 0.1, slips=0.05),
        reach_world(1500, 0.3, slips=0.15),
        reach_world(1500, 0.3, slips=0.05, told=False),
        reach_world(1998, 0.1, household=0.8),
        *(frequency_world(people) for people in (60, 150, 400)),
        *(turnout_world(events) for events in (6, 12, 24, 60)),
        turnout_world(24, theta=1.5),
        turnout_world(24, mean=5),
        turnout_world(36, season=0.4),
        turnout_world(36, memory=0.5),
        *(turnout_world(events, growth=1.3) for events in (24, 60)),
        *(show_world(events) for events in (4, 8, 30)),
        show_world(30, own=4.0),
        retention_world(80, 0.9, 1.0),
        retention_world(300, 0.9, 1.0),
        retention_world(300, 0.93, 0.7),
        representation_world(1000, (0.1, 0.1, 0.1)),
        representation_world(2000, (0.15, 0.08, 0.04)),
    ]
