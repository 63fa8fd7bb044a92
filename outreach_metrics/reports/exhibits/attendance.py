"""Who came: a chart of the events and a table of the measures."""

from __future__ import annotations

import pandas as pd

from outreach_metrics import plots
from outreach_metrics.evaluation import Evaluation
from outreach_metrics.evidence.wording import number
from outreach_metrics.metrics.attendance import FULL_COUNT
from outreach_metrics.metrics.attendance import attendance_by_event as by_event
from outreach_metrics.reports.exhibits.cells import (
    TOLD_ABOVE,
    amount_cell,
    first,
    level_heading,
    limits,
    nothing,
    privacy,
    source,
)
from outreach_metrics.reports.exhibits.kinds import Cell, Column, Figure, Prose, Table

_MEASURES: dict[str, str] = {
    "attendance_events": "Events held",
    "attendance_total": "Attendances",
    "attendance_mean": "People an event",
    "attendance_unique": "Different people",
    "attendance_reach": "Share of residents who came",
    "attendance_repeat_share": "Share who came more than once",
    "attendance_trend": "Change in attendance a year",
}


def attendance_chart(evaluation: Evaluation) -> Figure | Prose:
    """Return the chart of attendance by event; an event of fewer people than may be shown has no number."""
    study = evaluation.study
    events = by_event(study, evaluation.program.program_id)
    if events["attended"].isna().all():
        return nothing("attendance", evaluation.select(metric="attendance_total"))
    shown = _suppressed(events, study.settings.min_cell)
    title = _finding(evaluation)
    axes = plots.attendance_by_event(
        shown,
        title=title,
        subtitle="People at each event",
        few=f"fewer than {study.settings.min_cell} people, number not shown",
    )
    hidden = (shown["counted"] == "few").any()
    return Figure(
        image=plots.png(axes),
        alt=f"Chart of the people at each event, by date. {title}. {_extent(shown)}".strip(),
        caption=f"Each mark is an event. {privacy(study)}" if hidden else "Each mark is an event.",
        source=source(study, "events", "attendance"),
    )


def _suppressed(events: pd.DataFrame, min_cell: int) -> pd.DataFrame:
    few = events["attended"].between(1, min_cell, inclusive="left")
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
        f"{words}, about {number(mean.estimate)} an event"
        if mean and mean.made and held.estimate > 1
        else words
    )


def _extent(events: pd.DataFrame) -> str:
    known = events.dropna(subset=["attended", "date"])
    if known.empty:
        return ""
    least, most = known["attended"].min(), known["attended"].max()
    first_day, last_day = known["date"].min(), known["date"].max()
    span = f"from {first_day:%B} {first_day.year} to {last_day:%B} {last_day.year}"
    return f"Events {span}; the numbers shown go from {number(least)} to {number(most)}."


def attendance_table(evaluation: Evaluation) -> Table | Prose:
    """Return every measure of attendance with its interval, and why one could not be made."""
    estimates = evaluation.select(strand="attendance")
    known = [e for e in estimates if e.metric in _MEASURES]
    if not any(e.made or e.note.startswith("Suppressed") for e in known):
        return TOLD_ABOVE
    rows = []
    for metric, words in _MEASURES.items():
        estimate = first(known, metric=metric)
        if estimate is None:
            continue
        cell = amount_cell(estimate, evaluation.study)
        counted = FULL_COUNT in estimate.note
        note = cell.note or estimate.note.replace(FULL_COUNT, "").strip()
        rows.append([words, Cell(cell.text, note), "full count" if counted else limits(estimate)])
    columns = [Column("Measure", number=False), Column("Value"), Column(level_heading(known))]
    return Table(caption="Attendance of the program's events", columns=columns, rows=rows)
