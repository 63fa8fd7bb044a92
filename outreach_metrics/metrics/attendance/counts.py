"""How many came: events, attendances, people, reach and trend."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pandas as pd

from outreach_metrics.estimate import Estimate
from outreach_metrics.inference.design_based import contrast, wilson
from outreach_metrics.inference.trend import count_trend
from outreach_metrics.metrics.attendance.case import (
    FULL_COUNT,
    NAN,
    attendance_case,
    left_out,
    no_events,
    no_people,
    sentences,
    template,
)
from outreach_metrics.metrics.attendance.protection import number_hidden, protected
from outreach_metrics.registry import metric
from outreach_metrics.study import Study
from outreach_metrics.study.counts import population_by_period


@metric("attendance_total", strand="attendance")
def attendance_total(study: Study, program_id: str) -> list[Estimate]:
    """Attendances over all events: headcounts where there are, else people signed in.

    Who comes twice counts twice. Events that nobody counted are left out and told; with none counted there
    is no number. An event to which nobody came counts as 0.
    """
    case = attendance_case(study, program_id)
    empty = template(program_id, "attendance_total", "attendances", "sum over events")
    known = case.events["attended"].dropna()
    if known.empty:
        return no_events(empty)
    size, signed = len(case.events), int((case.events["counted"] == "sign-in").sum())
    others = ", the others in the room" if signed < len(known) else ""
    sheets = f"{signed} of {size} events are counted from sign-in sheets{others}."
    uncounted = left_out(size - len(known), size, "nobody counted or signed in")
    over = int((case.by_event(case.came) > case.events["headcount"]).sum())
    more = f"At {over} of {size} events more people signed in than the headcount, which is used, has."
    note = sentences(FULL_COUNT, sheets if signed else "", more if over else "", uncounted)
    made = replace(empty, estimate=float(known.sum()), n_after=float(len(known)), note=note)
    return protected(made, case.group_size, study.settings.min_cell)


@metric("attendance_events", strand="attendance")
def attendance_events(study: Study, program_id: str) -> list[Estimate]:
    """Events held, whether or not anybody came."""
    count = float(len(attendance_case(study, program_id).events))
    empty = template(program_id, "attendance_events", "events", "count", FULL_COUNT)
    return [replace(empty, estimate=count, n_after=count)] if count else no_events(empty)


@metric("attendance_unique", strand="attendance")
def attendance_unique(study: Study, program_id: str) -> list[Estimate]:
    """Different people who came at least once, by e-mail, else by id or name, spellings joined.

    Assumes that the people whom linkage joined are one and that those it left apart are several; the note
    gives its match rate. Nobody by name: no number.
    """
    case = attendance_case(study, program_id)
    how = "distinct people by e-mail, else by id or name as signed, spellings joined"
    empty = template(program_id, "attendance_unique", "people", how)
    count = float(len(case.people))
    if not count:
        return no_people(empty)
    hidden = number_hidden(case, study.settings.min_cell)
    if hidden:
        return [empty.declined(hidden)]
    note = sentences(FULL_COUNT, linkage_note(study), case.nameless)
    return [replace(empty, estimate=count, n_after=count, note=note)]


def linkage_note(study: Study) -> str:
    """Return how the spellings of one person were joined over the whole study, as a sentence."""
    linkage = study.linkage
    if linkage is None:
        return "People are told apart as they signed: one who is spelled in two ways counts twice."
    return sentences(
        f"Over the study {linkage.linked:,} spellings that are alike were joined to another.",
        f"{linkage.match_rate:.0%} of the sign-ins are of somebody who also signed at another event."
        if linkage.rows
        else "",
        f"{linkage.nameless:,} sign-ins name nobody: they count where people are not told apart."
        if linkage.nameless
        else "",
    )


@metric("attendance_mean", strand="attendance")
def attendance_mean(study: Study, program_id: str) -> list[Estimate]:
    """Mean attendance of an event, with a t interval over events.

    The events held stand for others of their kind. One event, or all alike: no interval.
    """
    case = attendance_case(study, program_id)
    attended = case.events["attended"].dropna().to_numpy(dtype=float)
    empty = template(program_id, "attendance_mean", "people per event", "mean over events, t interval")
    if not len(attended):
        return no_events(empty)
    result = contrast([attended], [1.0]).result()
    bare = math.isnan(result.conf_low)
    low = NAN if bare else max(result.conf_low, 0.0)
    size = len(case.events)
    note = sentences(
        "Too few or too even events for an interval." if bare else "",
        left_out(size - len(attended), size, "nobody counted or signed in"),
    )
    values = result._replace(p_value=NAN, conf_low=low)._asdict()
    made = replace(empty, **values, n_after=float(len(attended)), note=note)
    return protected(made, case.group_size, study.settings.min_cell)


@metric("attendance_reach", strand="attendance")
def attendance_reach(study: Study, program_id: str) -> list[Estimate]:
    """Different people who came, of the residents of the treatment areas, with a Wilson interval.

    The reach of RE-AIM (Glasgow RE et al. (2019) Front Public Health 7:64). Attendees are taken to be
    residents of the areas, residents those of the year of the median event. Declines where more people came
    than live there.
    """
    case, program = attendance_case(study, program_id), study.program(program_id)
    empty = template(program_id, "attendance_reach", "share", "unique people / residents, Wilson interval")
    count = len(case.people)
    if not count:
        return no_people(empty)
    if not program.treatment:
        return [empty.declined("No treatment areas are given, so there is no number of residents to reach.")]
    residents = _residents(study, program.treatment, case.events["date"].median())
    if not residents > 0:
        return [empty.declined("The residents of the treatment areas are not known.")]
    hidden = number_hidden(case, study.settings.min_cell)
    if hidden:
        return [empty.declined(hidden)]
    if count > residents:
        return [empty.declined("More people came than live in the areas: attendees are not its residents.")]
    where = (
        "Attendees are taken to be residents of the treatment areas, each coming or not by himself: where "
        "households come together the interval is too narrow."
    )
    made = replace(empty, **wilson(count, residents)._asdict(), n_after=float(count))
    return [replace(made, note=sentences(where, case.nameless))]


def _residents(study: Study, area_ids: tuple[str, ...], day: pd.Timestamp) -> float:
    """Residents of the areas in the year of a day; NaN where one area's are not known."""
    if not study.has("areas") or pd.isna(day):
        return NAN
    year = pd.PeriodIndex([day], freq="Y")
    return float(population_by_period(study.table("areas"), area_ids, year).sum())


@metric("attendance_trend", strand="attendance")
def attendance_trend(study: Study, program_id: str) -> list[Estimate]:
    """Factor by which attendance of an event changed per year, by negative binomial regression.

    Takes 6 counted and dated events over a year. With enough of them the season is taken out. The error is
    raised where good and bad events follow each other.
    """
    case = attendance_case(study, program_id)
    events = case.events.dropna(subset=["attended", "date"])
    empty = template(program_id, "attendance_trend", "ratio per year", "negative binomial regression on time")
    if events.empty:
        return no_events(empty)
    years = (events["date"] - events["date"].min()).dt.days.to_numpy() / 365.25
    if len(events) < 6 or years.max() < 1:
        return [empty.declined("A trend takes at least 6 events over at least a year.")]
    season = events["date"].dt.day_of_year.to_numpy() / 365.25
    result, method = count_trend(events["attended"].to_numpy(dtype=float), years, season=season)
    if math.isnan(result.estimate):
        return [empty.declined("Nobody came, or to the first or last event only: there is no trend.")]
    size = len(case.events)
    note = left_out(size - len(events), size, "their attendance or date is not known")
    made = replace(empty, **result._asdict(), n_after=float(len(events)), method=method, note=note)
    return protected(made, case.group_size, study.settings.min_cell)


def attendance_trend_line(study: Study, program_id: str) -> pd.DataFrame:
    """Return the fitted course of attendance over time, without season, for a chart.

    Parameters
    ----------
    study : Study
    program_id : str

    Returns
    -------
    pandas.DataFrame
        `date`, `expected` (people per event), on 30 days from the first event to the last; at the events it
        adds up to the people who came. Empty where `attendance_trend` declines.
    """
    (trend,) = attendance_trend(study, program_id)
    if not trend.made:
        return pd.DataFrame(columns=["date", "expected"])
    events = attendance_case(study, program_id).events.dropna(subset=["attended", "date"])
    start = events["date"].min()
    growth = math.log(trend.estimate) / 365.25
    shape = np.exp(growth * (events["date"] - start).dt.days)
    dates = pd.date_range(start, events["date"].max(), periods=30)
    level = float(events["attended"].sum() / shape.sum())
    return pd.DataFrame({"date": dates, "expected": level * np.exp(growth * (dates - start).days)})
