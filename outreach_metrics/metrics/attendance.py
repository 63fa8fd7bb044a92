"""Who came: events, attendances, people, reach and trend."""

from __future__ import annotations

import math
from dataclasses import replace
from functools import lru_cache

import numpy as np
import pandas as pd

from outreach_metrics.estimate import Estimate
from outreach_metrics.inference.design_based import contrast, wilson
from outreach_metrics.inference.trend import count_trend
from outreach_metrics.registry import metric
from outreach_metrics.study import Study
from outreach_metrics.study.counts import population_by_period

FULL_COUNT = "A full count of what was recorded: it has no sampling interval."


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
    study.program(program_id)
    return _events(study, program_id).copy()


@lru_cache(maxsize=8)
def _events(study: Study, program_id: str) -> pd.DataFrame:
    events = study.table("events")
    events = events[events["program_id"] == program_id].sort_values(["date", "event_id"], ignore_index=True)
    rows = _sheets(study, program_id)
    signed = events["event_id"].map(_present(rows).groupby("event_id")["attendee_id"].nunique())
    handed_in = events["event_id"].isin(rows["event_id"].unique())
    signed = signed.astype(float).where(signed.notna(), np.where(handed_in, 0.0, np.nan))
    headcount = _numbers(events, "headcount")
    frame = pd.DataFrame({"event_id": events["event_id"], "date": events["date"]})
    for column in ("name", "kind"):
        frame[column] = events[column].fillna("") if column in events else ""
    frame["attended"] = headcount.where(headcount.notna(), signed)
    frame["counted"] = np.select([headcount.notna(), signed.notna()], ["headcount", "sign-in"], "")
    return frame


@lru_cache(maxsize=8)
def _sheets(study: Study, program_id: str) -> pd.DataFrame:
    """Sign-in rows of a program's events, those of absent people too."""
    events, rows = study.table("events"), study.table("attendance")
    return rows[rows["event_id"].isin(events.loc[events["program_id"] == program_id, "event_id"])]


def _present(rows: pd.DataFrame) -> pd.DataFrame:
    """Rows of people who came, once a person and event."""
    if "checked_in" in rows:
        rows = rows[rows["checked_in"].fillna(True).astype(bool)]
    return rows.drop_duplicates(["event_id", "attendee_id"])


def _numbers(frame: pd.DataFrame, column: str) -> pd.Series:
    if column not in frame:
        return pd.Series(np.nan, index=frame.index)
    return frame[column].astype(float)


def _people(study: Study, program_id: str) -> tuple[pd.Series, str]:
    """Events attended by each person, and a note where events have no names."""
    events, present = _events(study, program_id), _present(_sheets(study, program_id))
    nameless = int((~events["event_id"].isin(present["event_id"].unique())).sum())
    note = f"{nameless} of {len(events)} events have no names; people seen only there are not counted."
    return present.groupby("attendee_id")["event_id"].nunique(), note if nameless else ""


def _group_size(study: Study, program_id: str) -> float:
    """Return how many different people there were at least: those named, or those in one room."""
    in_one_room = _events(study, program_id)["attended"].max()
    return max(float(len(_people(study, program_id)[0])), 0.0 if math.isnan(in_one_room) else in_one_room)


def _attendance(program_id: str, name: str, unit: str, method: str, note: str = "") -> Estimate:
    return Estimate(
        program_id=program_id, strand="attendance", metric=name, unit=unit, method=method, note=note
    )


def _no_events(template: Estimate) -> list[Estimate]:
    return [template.declined("The study has no events of this program.")]


def _no_people(template: Estimate) -> list[Estimate]:
    return [template.declined("Nobody is recorded by name or id at the events of this program.")]


def _protected(estimate: Estimate, people: float, min_cell: int) -> list[Estimate]:
    """Suppress an estimate about fewer people than may be shown."""
    if 0 < people < min_cell:
        return [estimate.declined(f"Suppressed: fewer than {min_cell} people.")]
    return [estimate]


@metric("attendance_total", strand="attendance")
def attendance_total(study: Study, program_id: str) -> list[Estimate]:
    """Attendances over all events: headcounts where there are, else people signed in."""
    events = attendance_by_event(study, program_id)
    template = _attendance(program_id, "attendance_total", "attendances", "sum over events", FULL_COUNT)
    known = events["attended"].dropna()
    if known.empty:
        return _no_events(template)
    signed, lost = int((events["counted"] == "sign-in").sum()), len(events) - len(known)
    notes = [FULL_COUNT]
    if signed:
        notes.append(
            f"{signed} of {len(events)} events are counted from sign-in sheets, the others in the room."
        )
    if lost:
        notes.append(f"{lost} of {len(events)} events have neither and are left out.")
    total = float(known.sum())
    made = replace(template, estimate=total, n_after=float(len(known)), note=" ".join(notes))
    return _protected(made, _group_size(study, program_id), study.settings.min_cell)


@metric("attendance_events", strand="attendance")
def attendance_events(study: Study, program_id: str) -> list[Estimate]:
    """Events held."""
    count = float(len(attendance_by_event(study, program_id)))
    template = _attendance(program_id, "attendance_events", "events", "count", FULL_COUNT)
    return [replace(template, estimate=count, n_after=count)] if count else _no_events(template)


@metric("attendance_unique", strand="attendance")
def attendance_unique(study: Study, program_id: str) -> list[Estimate]:
    """Different people who came at least once, by e-mail, else by id or name as signed."""
    people, note = _people(study, program_id)
    how = "distinct e-mails, else distinct ids or names as signed, spelling evened out"
    template = _attendance(program_id, "attendance_unique", "people", how)
    if people.empty:
        return _no_people(template)
    limits = f"{FULL_COUNT} A person whose name is spelled in two ways counts twice. {note}".strip()
    made = replace(template, estimate=float(len(people)), n_after=float(len(people)), note=limits)
    again, headcounts = int((people >= 2).sum()), (_events(study, program_id)["counted"] == "headcount").any()
    if 0 < again < study.settings.min_cell and not headcounts:
        return [made.declined("Suppressed: beside the total it would show a group of few people.")]
    return _protected(made, len(people), study.settings.min_cell)


@metric("attendance_mean", strand="attendance")
def attendance_mean(study: Study, program_id: str) -> list[Estimate]:
    """Mean attendance of an event, with a t interval over events."""
    attended = attendance_by_event(study, program_id)["attended"].dropna().to_numpy(dtype=float)
    template = _attendance(program_id, "attendance_mean", "people per event", "mean over events, t interval")
    if not len(attended):
        return _no_events(template)
    result = contrast([attended], [1.0]).result()
    few = "" if result.conf_low == result.conf_low else "Too few or too even events for an interval."
    floor = max(result.conf_low, 0.0) if not math.isnan(result.conf_low) else math.nan
    values = result._replace(p_value=math.nan, conf_low=floor)._asdict()
    made = replace(template, **values, n_after=float(len(attended)), note=few)
    return _protected(made, _group_size(study, program_id), study.settings.min_cell)


@metric("attendance_reach", strand="attendance")
def attendance_reach(study: Study, program_id: str) -> list[Estimate]:
    """Different people who came, of the residents of the treatment areas (RE-AIM; Glasgow et al. 2019)."""
    program = study.program(program_id)
    people, note = _people(study, program_id)
    template = _attendance(
        program_id, "attendance_reach", "share", "unique people / residents, Wilson interval"
    )
    if people.empty:
        return _no_people(template)
    if not program.treatment:
        return [
            template.declined("No treatment areas are given, so there is no number of residents to reach.")
        ]
    year = pd.PeriodIndex([_events(study, program_id)["date"].median()], freq="Y")
    areas = study.table("areas") if study.has("areas") else None
    residents = float(population_by_period(areas, program.treatment, year).sum())
    if not residents > 0:
        return [template.declined("The residents of the treatment areas are not known.")]
    if len(people) > residents:
        return [
            template.declined("More people came than live in the areas: attendees are not its residents.")
        ]
    where = "Attendees are taken to be residents of the treatment areas."
    made = replace(
        template,
        **wilson(len(people), residents)._asdict(),
        n_after=float(len(people)),
        note=f"{where} {note}".strip(),
    )
    return _protected(made, len(people), study.settings.min_cell)


@metric("attendance_repeat_share", strand="attendance")
def attendance_repeat_share(study: Study, program_id: str) -> list[Estimate]:
    """Share of the people who came to two events or more."""
    people, note = _people(study, program_id)
    template = _attendance(program_id, "attendance_repeat_share", "share", "Wilson interval", note)
    if people.empty:
        return _no_people(template)
    if _present(_sheets(study, program_id))["event_id"].nunique() < 2:
        return [template.declined("Names are recorded at one event only.")]
    again = int((people >= 2).sum())
    made = replace(template, **wilson(again, len(people))._asdict(), n_after=float(len(people)))
    smallest = min(again or math.inf, len(people) - again or math.inf, len(people))
    return _protected(made, smallest, study.settings.min_cell)


@metric("attendance_trend", strand="attendance")
def attendance_trend(study: Study, program_id: str) -> list[Estimate]:
    """Factor by which attendance of an event changed per year, by negative binomial regression."""
    events = attendance_by_event(study, program_id).dropna(subset=["attended", "date"])
    template = _attendance(
        program_id, "attendance_trend", "ratio per year", "negative binomial regression on time"
    )
    if events.empty:
        return _no_events(template)
    years = (events["date"] - events["date"].min()).dt.days.to_numpy() / 365.25
    if len(events) < 6 or years.max() < 1:
        return [template.declined("A trend takes at least 6 events over at least a year.")]
    result, method = count_trend(events["attended"].to_numpy(dtype=float), years)
    if math.isnan(result.estimate):
        return [template.declined("The attendance of events does not vary enough to fit a trend.")]
    made = replace(template, **result._asdict(), n_after=float(len(events)), method=method)
    return _protected(made, _group_size(study, program_id), study.settings.min_cell)
