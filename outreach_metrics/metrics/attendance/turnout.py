"""Of those who registered, who came; of the seats, how many were taken; hours given and received."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import NamedTuple

import numpy as np

from outreach_metrics.estimate import Estimate
from outreach_metrics.inference.design_based import share_interval, wilson
from outreach_metrics.inference.sampling import Design
from outreach_metrics.inference.survey import ratio
from outreach_metrics.metrics.attendance.case import (
    FULL_COUNT,
    NAN,
    Case,
    attendance_case,
    left_out,
    no_events,
    sentences,
    some,
    template,
)
from outreach_metrics.metrics.attendance.protection import BESIDE, few, few_of_one_length
from outreach_metrics.registry import metric
from outreach_metrics.study import Study

_ONE_EVENT = "One event only: the interval takes its people as independent."
_UNIFORM = "One event, or all events alike: there is no interval."


class Turnout(NamedTuple):
    """Registered people, those of them who came, and walk-ins, of each event that tells them apart.

    `groups` are the different people who came, stayed away and walked in, and those at events that do not
    tell. Where no event tells, `reason` says why; where the numbers of the events tell and no sheet does,
    `walked_in` is empty.
    """

    registered: np.ndarray
    came: np.ndarray
    walked_in: np.ndarray
    groups: tuple[float, ...] = ()
    note: str = ""
    reason: str = ""


def _turnout(case: Case) -> Turnout:
    """Tell registered people from walk-ins: by the sheets, else by the numbers of the events."""
    registered, came = case.by_event(case.registered), case.by_event(case.registered & case.came)
    walked_in = case.by_event(case.came & ~case.registered)
    told = case.events["registered"].to_numpy()
    ticks_only = (registered > 0) & (registered == came)
    if (case.registered & ~case.came).any():
        complete = ~ticks_only | np.isnan(told)
    else:
        complete = np.zeros(len(told), dtype=bool)
    whole = np.where(complete, registered, told)
    only_absent_ticked = (came == 0) & (walked_in > 0)
    tells = (registered > 0) & ~np.isnan(whole) & ~only_absent_ticked
    wrong = tells & (whole < came)
    used = tells & ~wrong
    if not used.any():
        return _by_numbers(case, bool(wrong.any()))
    absent = case.different(case.registered & ~case.came & used[case.event])
    unnamed = float((whole - np.maximum(registered, came))[used & ~complete].sum())
    groups = (
        case.different(case.registered & case.came & used[case.event]),
        absent + unnamed,
        case.different(case.came & ~case.registered & used[case.event]),
        case.people_at(~used),
    )
    note = sentences(
        "Rows without a tick are walk-ins.",
        left_out(int(wrong.sum()), len(used), "more people are ticked than had registered"),
        left_out(int((~tells).sum()), len(used), "nothing tells who had registered and stayed away"),
    )
    return Turnout(whole[used], came[used], walked_in[used], groups, note)


def _by_numbers(case: Case, wrong: bool) -> Turnout:
    """Take registrations and attendance of events without ticks; walk-ins cannot be told apart."""
    nothing = np.zeros(0)
    told, attended = (case.events[name].to_numpy() for name in ("registered", "attended"))
    used = (told > 0) & ~np.isnan(attended) & (case.by_event(case.registered) == 0)
    if wrong or (attended[used] > told[used]).any():
        reason = "More people came than had registered, and no sheet tells walk-ins apart."
        return Turnout(nothing, nothing, nothing, reason=reason)
    if not used.any():
        reason = "Nothing tells who had registered and stayed away."
        return Turnout(nothing, nothing, nothing, reason=reason)
    note = sentences(
        "From the numbers of the events: walk-ins count as registered, so the share is rather too high.",
        left_out(int((~used).sum()), len(used), "registrations or attendance are not known"),
    )
    absent = float((told - attended)[used].sum())
    groups = case.people_at(used), absent, case.people_at(~used)
    return Turnout(told[used], attended[used], nothing, groups, note)


def _share(empty: Estimate, part: np.ndarray, whole: np.ndarray, note: str) -> list[Estimate]:
    """Ratio of two totals over events; an event's people go together, so events are the clusters."""
    total = float(whole.sum())
    made = ratio(part, whole, Design(np.ones(len(whole))))
    alone = len(whole) == 1 or not made.standard_error > 0
    result = wilson(float(part.sum()), total) if alone else share_interval(made, int(total))
    method = f"{empty.method}, {'Wilson interval' if alone else 'logit interval, events as clusters'}"
    told = sentences(_ONE_EVENT if len(whole) == 1 else "", note)
    return [replace(empty, **result._asdict(), n_after=total, method=method, note=told)]


def _few_groups(turnout: Turnout, min_cell: int) -> str:
    """Return why neither share is shown: one of the groups is few, and the other share would give it away."""
    return BESIDE if some(turnout.groups, min_cell) else ""


@metric("attendance_show_rate", strand="attendance")
def attendance_show_rate(study: Study, program_id: str) -> list[Estimate]:
    """Registered people who came, of all registered, over events; walk-ins do not count.

    Registered are the rows of a sheet with `checked_in` true or false; where all of them are true, the
    number registered of the event counts if it is known. Empty rows are walk-ins where others of the event
    are true; beside false ones alone they tell nothing. Without any ticks the numbers of the events stand in.
    Linearized over events (R: `survey::svyratio`, Wald on the logit scale); with one event, or all or none
    there, Wilson. Nobody registered: no number. The same people come again, which the interval does not know.
    """
    empty = template(program_id, "attendance_show_rate", "share", "checked in / registered over events")
    case = attendance_case(study, program_id)
    if case.events.empty:
        return no_events(empty)
    turnout = _turnout(case)
    reason = turnout.reason or _few_groups(turnout, study.settings.min_cell)
    if reason:
        return [empty.declined(reason)]
    return _share(empty, turnout.came, turnout.registered, turnout.note)


@metric("attendance_walk_in_share", strand="attendance")
def attendance_walk_in_share(study: Study, program_id: str) -> list[Estimate]:
    """People who came without having registered, of all who came, over events whose sheets are ticked.

    Definitions and interval as for `attendance_show_rate`. No walk-ins: 0. Nobody came: no number.
    """
    empty = template(program_id, "attendance_walk_in_share", "share", "walk-ins / people on the sheet")
    case = attendance_case(study, program_id)
    if case.events.empty:
        return no_events(empty)
    turnout = _turnout(case)
    reason = turnout.reason or _few_groups(turnout, study.settings.min_cell)
    if not reason and not len(turnout.walked_in):
        reason = "No sheet is ticked, so walk-ins cannot be told from people who had registered."
    on_sheet = turnout.came + turnout.walked_in if not reason else np.zeros(0)
    if not reason and not on_sheet.sum():
        reason = "Nobody came to the events whose sheets are ticked."
    if reason:
        return [empty.declined(reason)]
    return _share(empty, turnout.walked_in, on_sheet, turnout.note)


def _over_events(study: Study, empty: Estimate, top: str, bottom: str, why: str) -> list[Estimate]:
    """Ratio of two totals over the events that have both, linearized; no interval from one event."""
    case = attendance_case(study, empty.program_id)
    if case.events.empty:
        return no_events(empty)
    above, below = (case.events[name].to_numpy() for name in (top, bottom))
    used = ~np.isnan(above) & ~np.isnan(below) & ((below > 0) | (bottom == "attended"))
    if not used.any():
        return [empty.declined(f"{why[0].upper()}{why[1:]} of no event.")]
    if not below[used].sum():
        return [empty.declined("Nobody came to the events.")]
    if some([case.people_at(used), case.people_at(~used)], study.settings.min_cell):
        return [empty.declined(few(study.settings.min_cell))]
    result = ratio(above[used], below[used], Design(np.ones(int(used.sum())))).result()
    bare = math.isnan(result.conf_low)
    low = NAN if bare else max(result.conf_low, 0.0)
    note = sentences(
        _UNIFORM if bare else "",
        left_out(int((~used).sum()), len(used), f"not {why}"),
    )
    values = result._replace(conf_low=low, p_value=NAN)._asdict()
    return [replace(empty, **values, n_after=float(used.sum()), note=note)]


@metric("attendance_capacity_use", strand="attendance")
def attendance_capacity_use(study: Study, program_id: str) -> list[Estimate]:
    """Attendances / seats, over the events of known capacity, linearized over events.

    Above 1 where events are overfull. Nobody came: 0. R: `survey::svyratio(~attended, ~capacity)`.
    """
    how = "attended / capacity, ratio over events, linearized t interval"
    empty = template(program_id, "attendance_capacity_use", "share", how)
    return _over_events(study, empty, "attended", "capacity", "attendance and seats (capacity) are known")


@metric("attendance_staff_hours", strand="attendance")
def attendance_staff_hours(study: Study, program_id: str) -> list[Estimate]:
    """Staff hours for each attendance, over the events whose staff hours are known, linearized over events.

    Who comes twice counts twice. Hours spent on an event to which nobody came count; nobody at any event:
    no number. R: `survey::svyratio(~staff_hours, ~attended)`.
    """
    how = "staff hours / attended, ratio over events, linearized t interval"
    empty = template(program_id, "attendance_staff_hours", "staff hours per attendee", how)
    return _over_events(study, empty, "staff_hours", "attended", "staff hours and attendance are known")


@metric("attendance_contact_hours", strand="attendance")
def attendance_contact_hours(study: Study, program_id: str) -> list[Estimate]:
    """Hours of contact: attendance x length, added up over the events that have both.

    Everybody is taken to have stayed to the end. Events without one of the two are left out and told.
    """
    case = attendance_case(study, program_id)
    empty = template(program_id, "attendance_contact_hours", "hours", "sum of attended x hours over events")
    if case.events.empty:
        return no_events(empty)
    hours = (case.events["attended"] * case.events["hours"]).to_numpy()
    used = ~np.isnan(hours)
    if not used.any():
        return [empty.declined("Attendance and length (hours) are known of no event.")]
    if few_of_one_length(case, study.settings.min_cell):
        return [empty.declined(BESIDE)]
    note = sentences(
        FULL_COUNT,
        "People are taken to have stayed to the end.",
        left_out(int((~used).sum()), len(used), "their attendance or length is not known"),
    )
    return [replace(empty, estimate=float(hours[used].sum()), n_after=float(used.sum()), note=note)]
