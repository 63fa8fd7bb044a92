"""Who came: a chart of the events and a table of the measures."""

from __future__ import annotations

import pandas as pd

from outreach_metrics import plots
from outreach_metrics.estimate import Estimate
from outreach_metrics.evaluation import Evaluation
from outreach_metrics.evidence.claims import supported
from outreach_metrics.evidence.wording import number, percent
from outreach_metrics.metrics.attendance import FULL_COUNT, attendance_trend_line
from outreach_metrics.metrics.attendance import attendance_by_event as by_event
from outreach_metrics.reports.exhibits.cells import (
    TOLD_ABOVE,
    alt_text,
    amount_cell,
    few_people,
    first,
    level_heading,
    limits,
    nothing,
    privacy,
    source,
)
from outreach_metrics.reports.exhibits.drawn import columns_drawn
from outreach_metrics.reports.exhibits.kinds import Cell, Column, Figure, Prose, Table, paragraphs

_MEASURES: dict[str, str] = {
    "attendance_events": "Events held",
    "attendance_total": "Attendances",
    "attendance_mean": "People per event",
    "attendance_unique": "Different people",
    "attendance_reach": "Share of residents who came",
    "attendance_repeat_share": "Share who came more than once",
    "attendance_trend": "Change in attendance per year",
    "attendance_show_rate": "Share of the registered who came",
    "attendance_capacity_use": "Share of the seats taken",
    "attendance_staff_hours": "Staff hours per attendee",
}
"""What the program report tells."""

_FURTHER: dict[str, str] = {
    "attendance_walk_in_share": "Share who came without registering",
    "attendance_contact_hours": "Contact hours (people times hours)",
    "attendance_dosage": "Events per person",
    "attendance_hours": "Hours per person",
    "attendance_concentration": "How unevenly people come (0: all equally often; 1: one person alone)",
    "attendance_retention": "Seen again",
}
"""What the attendance report tells beside it."""

_GROUPS: dict[tuple[str, str], str] = {
    ("attendance_concentration", "most frequent tenth"): "Share of attendances by the most frequent tenth",
    ("attendance_retention", "median"): "Months until half of the people are lost",
    ("attendance_retention", "first 12 months"): "Months that a person comes, of the first 12",
}

_SECOND = "One more event has no number, so that the total does not give the hidden one away."


def attendance_chart(evaluation: Evaluation) -> Figure | Prose:
    """Return the chart of attendance by event; an event of fewer people than may be shown has no number."""
    study = evaluation.study
    events = by_event(study, evaluation.program.program_id)
    if events["attended"].isna().all():
        return nothing("attendance", evaluation.select(metric="attendance_total"))
    few = few_people(_about_people(evaluation), study)
    if few:
        return few
    shown = _suppressed(events, study.settings.min_cell)
    kept_back = int((shown["counted"] == "few").sum())
    if kept_back and not shown["attended"].gt(0).any():
        return paragraphs(
            f"Fewer than {study.settings.min_cell} people came to each event, so the events are not drawn."
        )
    title = _finding(evaluation)
    trend = attendance_trend_line(study, evaluation.program.program_id)
    axes = plots.attendance_by_event(
        shown,
        title=title,
        subtitle="People at each event",
        few="number not shown",
        trend=trend,
        trend_name=_course(evaluation),
    )
    small = events["attended"].between(1, study.settings.min_cell, inclusive="left").sum()
    notes = [privacy(study)] * bool(small) + [_SECOND] * bool(kept_back > small)
    reading = "Each mark is an event" + ("." if trend.empty else ", the line their course over time.")
    return Figure(
        axes=axes,
        name="attendance-by-event",
        title=title,
        data=columns_drawn(shown, "date", "counted", people="attended"),
        strand="attendance",
        alt=alt_text(title, "Chart of the people at each event, by date.", [_extent(shown)]),
        caption=" ".join([reading, *notes]),
        source=source(study, "events", "attendance"),
    )


def _about_people(evaluation: Evaluation) -> list[Estimate]:
    """Return the measures of attendance without the number of events, which tells nothing about a person."""
    return [e for e in evaluation.select(strand="attendance") if e.metric != "attendance_events"]


def _suppressed(events: pd.DataFrame, min_cell: int) -> pd.DataFrame:
    """Take away the numbers of small events, and of a second one where the total gives a single one away."""
    few = events["attended"].between(1, min_cell, inclusive="left")
    others = events.loc[~few & events["attended"].gt(0), "attended"]
    if few.sum() == 1 and len(others):
        few.loc[others.idxmin()] = True
    return events.assign(
        attended=events["attended"].mask(few), counted=events["counted"].astype(object).mask(few, "few")
    )


def _finding(evaluation: Evaluation) -> str:
    held, total, mean = (
        first(evaluation.estimates, metric=f"attendance_{name}") for name in ("events", "total", "mean")
    )
    if not (held and held.made and total and total.made):
        return "Attendance by event"
    words = (
        f"{number(held.estimate)} event{'s' * (held.estimate != 1)} drew {number(total.estimate)} attendances"
    )
    return (
        f"{words}, about {number(mean.estimate)} per event"
        if mean and mean.made and held.estimate > 1
        else words
    )


def _course(evaluation: Evaluation) -> str:
    """Return what the line through the events shows."""
    trend = first(evaluation.estimates, metric="attendance_trend")
    if trend is None or not trend.made:
        return ""
    if not supported(trend):
        return "no clear change over time"
    size = percent(abs(trend.estimate - 1))
    return f"{size} {'fewer' if trend.estimate < 1 else 'more'} people each year"


def _extent(events: pd.DataFrame) -> str:
    dated = events.dropna(subset=["date"])
    if dated.empty:
        return "The dates of the events are not known"
    first_day, last_day = dated["date"].min(), dated["date"].max()
    span = f"Events from {first_day:%B} {first_day.year} to {last_day:%B} {last_day.year}"
    if (events["counted"] == "few").any() or dated["attended"].isna().all():
        return span
    return f"{span}, of {number(dated['attended'].min())} to {number(dated['attended'].max())} people"


def attendance_table(evaluation: Evaluation, *, brief: bool = False) -> Table | Prose:
    """Return every measure of attendance with its interval, and why one could not be made.

    Parameters
    ----------
    evaluation : Evaluation
    brief : bool
        Only what the program report tells.
    """
    measures = _MEASURES if brief else _MEASURES | _FURTHER
    known = [e for metric in measures for e in evaluation.select(metric=metric)]
    if not any(e.made for e in known) or few_people(_about_people(evaluation), evaluation.study):
        return TOLD_ABOVE
    rows = []
    for estimate in known:
        words = _GROUPS.get((estimate.metric, estimate.group), measures[estimate.metric])
        if (estimate.metric, estimate.group) not in _GROUPS and estimate.group:
            words = f"{words} {estimate.group}"
        cell = amount_cell(estimate, evaluation.study)
        counted = FULL_COUNT in estimate.note
        note = cell.note or estimate.note.replace(FULL_COUNT, "").strip()
        rows.append([words, Cell(cell.text, note), "full count" if counted else limits(estimate)])
    columns = [Column("Measure", number=False), Column("Value"), Column(level_heading(known))]
    return Table(caption="Attendance of the program's events", columns=columns, rows=rows)
