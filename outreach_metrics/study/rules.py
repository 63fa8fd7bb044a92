"""Rules across tables: unknown programs and areas, two roles, dates out of order, starts near an edge."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from itertools import combinations

import numpy as np
import pandas as pd

from outreach_metrics.errors import Problem
from outreach_metrics.study.model import CountPanel, Program, Settings
from outreach_metrics.study.reading import Draft
from outreach_metrics.study.tables import ROLES, TABLES, Reference
from outreach_metrics.study.windows import FREQUENCIES
from outreach_metrics.study.wording import listing, plural, shortened, suggestion

Drafts = Mapping[str, Draft]

# (table, earlier date, later date): a row in which they are the other way round says nothing reliable.
_DATE_ORDER = (
    ("programs", "start_date", "end_date"),
    ("partnerships", "start_date", "end_date"),
    ("referrals", "date", "completed_date"),
    ("concerns", "raised_on", "resolved_on"),
)
# Where an area conflicts with another role of the same program, the first of these stays.
_ROLE_ORDER = ("treatment", "displacement", "displacement_comparison", "comparison")

# Tables whose identifiers other tables name.
_NAMED = ("programs", "events", "areas")


def check_date_order(drafts: Drafts) -> None:
    """Leave out rows whose end lies before their start."""
    for name, first, second in _DATE_ORDER:
        draft = drafts.get(name)
        if draft is None or not {first, second} <= set(draft.frame):
            continue
        early, late = draft.frame[first].str[:10], draft.frame[second].str[:10]
        wrong = draft.frame.index[(early != "") & (late != "") & (late < early)]
        messages = [f"{late[row]} lies before the {first} {early[row]}" for row in wrong[:5]]
        draft.tell_rows(list(wrong), messages, "date_order", column=second)
        draft.drop(wrong, f"{second} before {first}")


def check_empty(drafts: Drafts, incidents: bool) -> None:
    """Give up programs, events and areas that hold a header alone, when other tables name theirs.

    Parameters
    ----------
    drafts : mapping of table name to Draft
    incidents : bool
        Whether the study has incidents, which need areas.
    """
    for name in _NAMED:
        target = drafts.get(name)
        if target is None or not target.usable or len(target.frame):
            continue
        needed = incidents and name == "areas"
        for draft in drafts.values():
            columns = [r.column for r in draft.table.references if r.table == name]
            needed |= any(column in draft.frame and (draft.frame[column] != "").any() for column in columns)
        if needed and not target.problems:
            target.tell("holds no row below the header, though other tables need its rows", "empty_table")
        if needed:
            target.give_up("no rows")


def check_references(drafts: Drafts, named: Mapping[str, set[str]]) -> None:
    """Leave out rows that name a program, event or area that is not there.

    Parameters
    ----------
    drafts : mapping of table name to Draft
        In the order of the contract, so that what is left out of a table is known to those that refer to it.
    named : mapping of table name to identifiers
        Identifiers that the tables held before any row was left out: rows that refer to one of those are left
        out too, with one warning instead of an error each.
    """
    for draft in drafts.values():
        for reference in draft.table.references:
            if reference.column in draft.frame and draft.usable:
                _check_reference(draft, reference, drafts, named)


def _check_reference(
    draft: Draft, reference: Reference, drafts: Drafts, named: Mapping[str, set[str]]
) -> None:
    target = drafts.get(reference.table)
    if target is None:
        if reference.table == "events" and len(draft.frame):
            message = "there is no table events, so that nobody knows what these rows belong to"
            draft.tell(message, "missing_table", column=reference.column)
            draft.give_up("no table events")
        return
    if not target.usable:
        if reference.table == "events":
            message = "not used, because the table events cannot be used"
            draft.tell(message, "left_out", "warning", column=reference.column)
            draft.give_up("table events cannot be used")
        return
    noun = reference.column.removesuffix("_id")
    ids = draft.frame[reference.column]
    known = set(target.frame[reference.target]) if reference.target in target.frame else set()
    unknown = (ids != "") & ~ids.isin(known)
    gone = draft.frame.index[unknown & ids.isin(named.get(reference.table, set()))]
    if len(gone):
        names = listing(ids[gone].unique())
        message = (
            f"{plural(len(gone), 'row')} of the {noun} {names} left out, because that {noun} is left out"
        )
        draft.tell(message, "left_out", "warning", column=reference.column)
        draft.drop(gone, f"{noun} left out")
    rows = list(draft.frame.index[unknown.reindex(draft.frame.index)])
    if not rows:
        return
    if draft.table.name == "counts":
        _tell_outside(draft, rows, reference)
    else:
        _tell_unknown(draft, rows, reference, known)


def _tell_unknown(draft: Draft, rows: list[int], reference: Reference, known: set[str]) -> None:
    noun = reference.column.removesuffix("_id")
    required = draft.table.column(reference.column).required
    ids = draft.frame[reference.column]
    end = "" if required else "; it is treated as missing"
    missing = f"is not {_article(noun)} of the table {reference.table}"
    messages = [
        f"the value {missing}{end}"
        if draft.table.holds_people
        else f"{shortened(ids[row])} {missing}{suggestion(ids[row], known)}{end}"
        for row in rows[:5]
    ]
    draft.tell_rows(
        rows, messages, f"unknown_{noun}", "error" if required else "warning", column=reference.column
    )
    if required:
        draft.drop(rows, f"unknown {noun}")
    else:
        draft.frame.loc[rows, reference.column] = ""


def _article(noun: str) -> str:
    return f"an {noun}" if noun[0] in "aeiou" else f"a {noun}"


def _tell_outside(draft: Draft, rows: list[int], reference: Reference) -> None:
    """One warning for counts in areas that the study does not list; an error when no row is left."""
    ids = draft.frame.loc[rows, reference.column]
    message = (
        f"{plural(len(rows), 'row')} in areas that the table areas does not list ({listing(ids.unique())})"
    )
    nothing_left = len(rows) == len(draft.frame)
    draft.drop(rows, "area not in areas")
    draft.tell(
        message, "unknown_area", "error" if nothing_left else "warning", row=int(rows[0]), column="area_id"
    )


def check_roles(draft: Draft) -> None:
    """Leave out the weaker role where an area has two in one program."""
    if not draft.usable or draft.frame.empty:
        return
    frame = draft.frame[["program_id", "area_id", "role"]].copy()
    rank = frame["role"].map({role: number for number, role in enumerate(_ROLE_ORDER)})
    best = rank.groupby([frame["program_id"], frame["area_id"]]).transform("min")
    rows = list(frame.index[rank > best])
    messages = [
        f"area {frame.loc[row, 'area_id']!r} is {_ROLE_ORDER[best[row]]} and {frame.loc[row, 'role']} "
        f"of the same program; only the role {_ROLE_ORDER[best[row]]} is used"
        for row in rows[:5]
    ]
    draft.tell_rows(rows, messages, "two_roles", column="role")
    draft.drop(rows, "second role of the same area")


def check_events(drafts: Drafts) -> None:
    """Warn of events before the start of their program; they are used."""
    events, programs = drafts.get("events"), drafts.get("programs")
    if events is None or programs is None or events.frame.empty or programs.frame.empty:
        return
    starts = programs.frame.set_index("program_id")["start_date"].str[:10]
    start = events.frame["program_id"].map(starts)
    rows = list(events.frame.index[(events.frame["date"].str[:10] < start).to_numpy(dtype=bool)])
    messages = [
        f"{events.frame.loc[row, 'date']} lies before the start of the program ({start[row]}); "
        "the event is used"
        for row in rows[:5]
    ]
    events.tell_rows(rows, messages, "event_before_start", "warning", column="date")


def make_programs(programs: pd.DataFrame, program_areas: pd.DataFrame | None) -> dict[str, Program]:
    """Return the programs that can be used, in the order of the file."""
    made = {}
    for row in programs.itertuples(index=False):
        areas, starts = _areas_of(row.program_id, program_areas)
        made[row.program_id] = Program(
            program_id=row.program_id,
            name=row.name,
            type=row.type,
            start=row.start_date.date(),
            end=None if pd.isna(row.end_date) else row.end_date.date(),
            areas=areas,
            area_starts=starts,
            **{
                name: "" if pd.isna(getattr(row, name)) else getattr(row, name)
                for name in ("lead_agency", "description", "assignment")
            },
        )
    return made


def _areas_of(
    program_id: str, table: pd.DataFrame | None
) -> tuple[dict[str, tuple[str, ...]], dict[str, date]]:
    if table is None:
        return {}, {}
    rows = table[table["program_id"] == program_id]
    areas = {role: tuple(rows.loc[rows["role"] == role, "area_id"]) for role in ROLES}
    own = rows.dropna(subset=["start_date"])
    starts = {area: start.date() for area, start in zip(own["area_id"], own["start_date"], strict=True)}
    return {role: ids for role, ids in areas.items() if ids}, starts


def program_problems(programs: Mapping[str, Program], file: str) -> list[Problem]:
    """Return the warnings on comparison areas and on programs that share areas."""
    problems = [
        _warning(
            file,
            "no_comparison",
            f"program {program.program_id!r} has no comparison areas, "
            "so that its crime figures are compared with nothing",
            program.program_id,
        )
        for program in programs.values()
        if program.treatment and not program.comparison
    ]
    for one, other in combinations(programs.values(), 2):
        if _at_one_time(one, other):
            problems += _shared(one, other, file)
    return problems


def _at_one_time(one: Program, other: Program) -> bool:
    return one.start <= (other.end or date.max) and other.start <= (one.end or date.max)


def _shared(one: Program, other: Program, file: str) -> list[Problem]:
    problems = []
    both = sorted(set(one.treatment) & set(other.treatment))
    if both:
        where = f"{'area' if len(both) == 1 else 'areas'} {listing(both)}"
        for first, second in ((one, other), (other, one)):
            message = (
                f"programs {first.program_id!r} and {second.program_id!r} both work in {where} "
                "at the same time, so that their effects cannot be told apart"
            )
            problems.append(_warning(file, "overlapping_programs", message, first.program_id))
    for first, second in ((one, other), (other, one)):
        mixed = sorted(set(first.comparison) & set(second.treatment))
        if mixed:
            message = (
                f"{plural(len(mixed), 'comparison area')} of program {first.program_id!r} ({listing(mixed)}) "
                f"had the program {second.program_id!r} at the same time, which can hide an effect"
            )
            problems.append(_warning(file, "treated_comparison", message, first.program_id))
    return problems


def _warning(file: str, rule: str, message: str, program_id: str = "") -> Problem:
    return Problem(severity="warning", file=file, rule=rule, message=message, program_id=program_id)


def population_problems_of(programs: Mapping[str, Program], areas: pd.DataFrame, file: str) -> list[Problem]:
    """Return a warning a program whose areas lack residents, because rates need them."""
    residents = areas.groupby("area_id", sort=False)["population"].max()
    problems = []
    for program in programs.values():
        for role in ("treatment", "comparison"):
            ids = list(program.areas.get(role, ()))
            empty = [area for area, people in zip(ids, residents.reindex(ids), strict=True) if not people > 0]
            if empty and (role == "treatment" or len(empty) == len(ids)):
                unknown = residents.reindex(empty).isna().any()
                problems.append(_no_residents(program, role, empty, unknown or len(empty) == len(ids), file))
    return problems


def _no_residents(program: Program, role: str, empty: list[str], no_rate: bool, file: str) -> Problem:
    total = len(program.areas[role])
    consequence = (
        "so that no rate per resident can be made"
        if no_rate
        else "so that rates per resident rest on the residents of the other areas"
    )
    has = "has" if len(empty) == 1 else "have"
    message = (
        f"{len(empty):,} of the {plural(total, f'{role} area')} of program {program.program_id!r} "
        f"({listing(empty)}) {has} no population, {consequence}"
    )
    return _warning(file, "no_population", message, program.program_id)


def start_problems(
    programs: Mapping[str, Program], panel: CountPanel, settings: Settings, file: str
) -> list[Problem]:
    """Return the warnings on programs whose start lies outside, or near an edge of, the crime data."""
    problems = []
    for program in programs.values():
        if not program.treatment:
            continue
        start = np.datetime64(program.start)
        first, last = panel.periods[0].start_time, panel.periods[-1].end_time
        if not first <= start <= last:
            message = (
                f"program {program.program_id!r} starts on {program.start}, outside the crime data "
                f"({first.date()} to {last.date()}); crime before and after cannot be compared"
            )
            problems.append(_warning(file, "start_outside_data", message, program.program_id))
            continue
        problems += _near_edge(program, panel, settings, file)
    return problems


def area_start_problems(program_areas: Draft, panel: CountPanel) -> None:
    """Warn of areas whose own start lies outside the crime data."""
    if not program_areas.usable or "start_date" not in program_areas.frame:
        return
    first, last = (str(day.date()) for day in (panel.periods[0].start_time, panel.periods[-1].end_time))
    starts = program_areas.frame["start_date"].str[:10]
    rows = list(starts.index[(starts != "") & ((starts < first) | (starts > last))])
    messages = [
        f"the area {program_areas.frame.loc[row, 'area_id']} starts on {starts[row]}, outside the crime data "
        f"({first} to {last}); its crime before and after cannot be compared"
        for row in rows[:5]
    ]
    program_areas.tell_rows(rows, messages, "start_outside_data", "warning", column="start_date")


def _near_edge(program: Program, panel: CountPanel, settings: Settings, file: str) -> list[Problem]:
    own = pd.Period(program.start, freq=FREQUENCIES[settings.unit])
    position = panel.periods.get_loc(own)
    split = own.start_time.date() != program.start
    after = len(panel.periods) - position - split - settings.transition
    problems = []
    for side, there, asked in (
        ("before", position, settings.before),
        ("after", max(after, 0), settings.after),
    ):
        if there < asked:
            message = (
                f"program {program.program_id!r} starts on {program.start}: the crime data hold {there} "
                f"of the {asked} {settings.unit}s {side} it that study.toml asks for, "
                "so that the comparison is shorter"
            )
            problems.append(_warning(file, "start_near_edge", message, program.program_id))
    return problems


def known_ids(drafts: Drafts) -> dict[str, set[str]]:
    """Return the identifiers of programs, events and areas as they stand now."""
    return {
        name: set(drafts[name].frame[TABLES[name].key[0]])
        for name in _NAMED
        if name in drafts and TABLES[name].key[0] in drafts[name].frame
    }
