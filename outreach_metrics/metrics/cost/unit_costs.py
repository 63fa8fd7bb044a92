"""What a unit of activity cost: an event, an attendance, a person, an hour of contact."""

from __future__ import annotations

from dataclasses import replace

import pandas as pd

from outreach_metrics.estimate import Estimate
from outreach_metrics.metrics.cost.case import (
    KNOWN,
    NOT_ABOVE_ZERO,
    known,
    no_costs,
    of_program,
    reach_note,
    sentences,
    spending,
    template,
)
from outreach_metrics.registry import metric
from outreach_metrics.study import Study

ALL_COSTS = "All costs of the program are divided, also those that no event caused."


@metric("cost_per_event", strand="cost")
def cost_per_event(study: Study, program_id: str) -> list[Estimate]:
    """All costs of the program / events held."""
    return _per(study, program_id, "cost_per_event", "attendance_events", "per event")


@metric("cost_per_attendee", strand="cost")
def cost_per_attendee(study: Study, program_id: str) -> list[Estimate]:
    """All costs of the program / attendances; who comes twice counts twice.

    Too high where there are events that nobody counted; the note tells.
    """
    return _per(study, program_id, "cost_per_attendee", "attendance_total", "per attendance")


@metric("cost_per_person", strand="cost")
def cost_per_person(study: Study, program_id: str) -> list[Estimate]:
    """All costs of the program / different people who are recorded by name or id to have come."""
    return _per(study, program_id, "cost_per_person", "attendance_unique", "per person")


@metric("cost_per_contact_hour", strand="cost")
def cost_per_contact_hour(study: Study, program_id: str) -> list[Estimate]:
    """All costs of the program / contact hours (attendance x length of the event)."""
    return _per(study, program_id, "cost_per_contact_hour", "attendance_contact_hours", "per contact hour")


def _per(study: Study, program_id: str, name: str, of: str, per: str) -> list[Estimate]:
    """Divide the total by a count of another strand; a count that is kept back keeps the cost back too."""
    spent = spending(study, program_id)
    empty = template(study, program_id, name, per, f"cost_total / {of}")
    if spent.rows.empty:
        return no_costs(empty)
    (count,) = known(study, program_id, of)
    if not count.made:
        return [empty.declined(count.note)]
    if not (count.estimate > 0 and spent.total > 0):
        reason = "There is nothing to divide by." if spent.total > 0 else NOT_ABOVE_ZERO
        return [empty.declined(reason)]
    held = of_program(study, "events", program_id)
    missing = _left_out(count, len(held)) if of in ("attendance_total", "attendance_contact_hours") else ""
    last = pd.to_datetime(held["date"]).max() if len(held) else pd.NaT
    late = reach_note(spent.rows["date"], last, "the record of events")
    note = sentences(KNOWN, ALL_COSTS, missing, late, spent.note)
    return [replace(empty, estimate=spent.total / count.estimate, n_after=count.estimate, note=note)]


def _left_out(count: Estimate, events: int) -> str:
    missing = events - int(count.n_after)
    told = f"{missing} of {events} events could not be counted, so that this is too high."
    return told if missing > 0 else ""
