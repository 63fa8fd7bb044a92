"""How often the same people came: repeat share, events and hours a person, concentration."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np

from outreach_metrics.estimate import Estimate
from outreach_metrics.inference import Result
from outreach_metrics.inference.concentration import gini_interval, top_share
from outreach_metrics.inference.design_based import contrast, wilson
from outreach_metrics.metrics.attendance.case import (
    FULL_COUNT,
    NAN,
    Case,
    attendance_case,
    left_out,
    no_people,
    sentences,
    some,
    template,
)
from outreach_metrics.metrics.attendance.protection import (
    BESIDE,
    few,
    few_of_one_length,
    frequency_hidden,
    number_hidden,
)
from outreach_metrics.registry import metric
from outreach_metrics.study import Study

_ONE_EVENT = "Names are recorded at one event only."
_ALIKE = "Too few people, or all alike: there is no interval."


@metric("attendance_repeat_share", strand="attendance")
def attendance_repeat_share(study: Study, program_id: str) -> list[Estimate]:
    """Share of the people who came to two events or more, with a Wilson interval.

    Nobody came again: 0. Takes names at two events at least.
    """
    case, least = attendance_case(study, program_id), study.settings.min_cell
    empty = template(program_id, "attendance_repeat_share", "share", "Wilson interval", case.nameless)
    people = len(case.people)
    if not people:
        return no_people(empty)
    if case.named_events < 2:
        return [empty.declined(_ONE_EVENT)]
    hidden = number_hidden(case, least) or frequency_hidden(case, least)
    if not hidden and some([people - case.again], least):
        hidden = few(least)
    if hidden:
        return [empty.declined(hidden)]
    return [replace(empty, **wilson(case.again, people)._asdict(), n_after=float(people))]


def _mean(values: np.ndarray, floor: float) -> Result:
    """Mean over people and its t interval, which is not below the least that there can be."""
    result = contrast([values], [1.0]).result()
    low = NAN if math.isnan(result.conf_low) else max(result.conf_low, min(floor, result.estimate))
    return result._replace(conf_low=low, p_value=NAN)


@metric("attendance_dosage", strand="attendance")
def attendance_dosage(study: Study, program_id: str) -> list[Estimate]:
    """Events that a person came to, on average over the people who came, with a t interval.

    At least 1. The people are taken as a sample of those whom such a program draws. One person, or all
    alike: no interval; names at one event only: no number.
    """
    case = attendance_case(study, program_id)
    empty = template(program_id, "attendance_dosage", "events per person", "mean over people, t interval")
    declined = _declined(case, empty, study.settings.min_cell)
    if declined:
        return declined
    result = _mean(case.dose.astype(float), 1.0)
    note = sentences(_ALIKE if math.isnan(result.conf_low) else "", case.nameless)
    return [replace(empty, **result._asdict(), n_after=float(len(case.people)), note=note)]


def _declined(case: Case, empty: Estimate, min_cell: int) -> list[Estimate]:
    """Decline what is told of a frequency a person, where it cannot be made or shown."""
    if not len(case.people):
        return no_people(empty)
    hidden = frequency_hidden(case, min_cell) or ("" if case.named_events > 1 else _ONE_EVENT)
    return [empty.declined(hidden)] if hidden else []


@metric("attendance_hours", strand="attendance")
def attendance_hours(study: Study, program_id: str) -> list[Estimate]:
    """Hours that a person spent at events, on average over the people who came, with a t interval.

    A person is taken to have stayed to the end. Events of unknown length are left out and told, so that
    hours are then too few; without any length there is no number.
    """
    case, least = attendance_case(study, program_id), study.settings.min_cell
    empty = template(program_id, "attendance_hours", "hours per person", "mean over people, t interval")
    declined = _declined(case, empty, least)
    if declined:
        return declined
    hours = case.events["hours"].to_numpy()
    known = ~np.isnan(hours)
    timed = case.by_person(known) > 0
    if not timed.any():
        return [empty.declined("The length (hours) of no event with names is known.")]
    if some([timed.sum(), (~timed).sum()], least) or few_of_one_length(case, least):
        return [empty.declined(BESIDE)]
    result = _mean(case.by_person(np.where(known, hours, 0.0))[timed], 0.0)
    note = sentences(
        _ALIKE if math.isnan(result.conf_low) else "",
        "People are taken to have stayed to the end.",
        left_out(int((~known).sum()), len(known), "their length is not known"),
        case.nameless,
    )
    return [replace(empty, **result._asdict(), n_after=float(timed.sum()), note=note)]


@metric("attendance_concentration", strand="attendance")
def attendance_concentration(study: Study, program_id: str) -> list[Estimate]:
    """How unevenly attendances are spread over the people who came: Gini coefficient, and the top tenth.

    Gini is 0 where all came equally often; its interval is from the jackknife (Gini 1912; Karagiannis and
    Kovacevic 2000). The group "most frequent tenth" is the share of attendances by the tenth of people who
    came most often; where that is fewer people than may be shown, it is kept back.
    """
    case, least = attendance_case(study, program_id), study.settings.min_cell
    empty = template(
        program_id, "attendance_concentration", "Gini coefficient", "Gini of events per person, jackknife"
    )
    declined = _declined(case, empty, least)
    if declined:
        return declined
    people = float(len(case.people))
    result = gini_interval(case.dose)
    note = sentences(_ALIKE if math.isnan(result.conf_low) else "", case.nameless)
    found = [replace(empty, **result._asdict(), n_after=people, note=note)]
    top = replace(
        empty, group="most frequent tenth", unit="share", method="share of attendances by the top tenth"
    )
    if people / 10 < least:
        return [*found, top.declined(few(least))]
    note = sentences(FULL_COUNT, case.nameless)
    return [*found, replace(top, estimate=top_share(case.dose, 0.1), n_after=people, note=note)]
