"""What newsletters, social media, apps and tip lines reached, and how many answered."""

from __future__ import annotations

import pandas as pd

from outreach_metrics.estimate import Estimate
from outreach_metrics.evaluation import Evaluation
from outreach_metrics.evidence.claims import supported
from outreach_metrics.evidence.wording import MISSING, label, listing, number
from outreach_metrics.metrics.channels import CONTACTS, channel_months
from outreach_metrics.plots.timeline import Panel, Track, timeline
from outreach_metrics.reports.exhibits.cells import (
    TOLD_ABOVE,
    alt_text,
    amount_cell,
    change_text,
    first,
    level_heading,
    nothing,
    privacy,
    source,
)
from outreach_metrics.reports.exhibits.drawn import panels_drawn
from outreach_metrics.reports.exhibits.kinds import Cell, Column, Figure, Prose, Table

MOST_CHANNELS = 3
"""Channels that are drawn: those of the largest reach. All stand in the table."""


def channel_chart(evaluation: Evaluation) -> Figure | Prose:
    """Return the chart of contacts, and of the share that answered, by channel and month."""
    reach = [e for e in evaluation.select(metric="channel_reach") if not e.group]
    months = channel_months(evaluation.study, evaluation.program.program_id)
    made = sorted((e for e in reach if e.made), key=lambda e: -e.estimate)
    if not made or months["reach"].isna().all():
        return nothing("channels", reach)
    names = [e.outcome for e in made[:MOST_CHANNELS]]
    title = _finding(evaluation)
    panels = [panel for name in names for panel in _panels(months[months["channel"] == name], name)]
    axes = timeline(
        panels,
        title=title,
        subtitle="By month; full counts of what the channels report",
        start=evaluation.program.start,
        end=evaluation.program.end,
    )
    left = len(made) - len(names)
    return Figure(
        axes=axes[0],
        name="channels",
        title=title,
        data=panels_drawn(panels),
        strand="outcome",
        alt=alt_text(
            title,
            "Panels over time: contacts a month and share that answered, by channel.",
            [f"{label(e.outcome)}: {number(e.estimate)} contacts in all" for e in made[:MOST_CHANNELS]],
        ),
        caption=" ".join([CONTACTS, *[f"The {left} smaller channels stand in the table."] * (left > 0)]),
        source=source(evaluation.study, "channels"),
    )


def _panels(months: pd.DataFrame, name: str) -> list[Panel]:
    frame = months.assign(start=months["month"], end=months["month"] + pd.DateOffset(months=1), hidden=False)
    drawn = (
        ("reach", "contacts", "a month", "count"),
        ("rate", "answers", "engagements, of the contacts of the month", "share"),
    )
    return [
        Panel(
            name=f"{label(name)}: {words}",
            unit=unit,
            tracks=[Track(frame=frame.assign(value=frame[column])[["start", "end", "value", "hidden"]])],
            kind=kind,
            strand="outcome",
        )
        for column, words, unit, kind in drawn
    ]


def _finding(evaluation: Evaluation) -> str:
    """Return which channels reached more or fewer, and where more or fewer of the contacts answered."""
    told = []
    for metric, words in (
        ("channel_reach_trend", "reach"),
        ("channel_engagement_trend", "the share who answer"),
    ):
        trends = [e for e in evaluation.select(metric=metric) if e.made and supported(e)]
        for verb, chosen in (
            ("rose", [e for e in trends if e.estimate > 1]),
            ("fell", [e for e in trends if e.estimate < 1]),
        ):
            if chosen:
                names = listing([label(e.outcome).lower() for e in chosen], most=3)
                told.append(f"{words} {verb} ({names})")
    if not told:
        return "No clear change over time in what the channels reached"
    sentence = "; ".join(told)
    return f"{sentence[:1].upper()}{sentence[1:]}"


def channel_table(evaluation: Evaluation) -> Table | Prose:
    """Return reach, engagement rate and both trends of each channel."""
    reach = [e for e in evaluation.select(metric="channel_reach") if not e.group]
    if not any(e.made for e in reach):
        return TOLD_ABOVE
    rates = evaluation.select(metric="channel_engagement_rate")
    rows = [_row(evaluation, e) for e in reach]
    level = level_heading(rates)
    columns = [
        Column("Channel", number=False),
        Column("Contacts"),
        Column("Contacts a month", level),
        Column("Answers of contacts", level),
        Column("Contacts", f"change a year, {level}"),
        Column("Answers of contacts", f"change a year, {level}"),
    ]
    return Table(caption="Channels: reach and engagement", columns=columns, rows=rows, notes=[CONTACTS])


def _row(evaluation: Evaluation, reach: Estimate) -> list[Cell | str]:
    def of(metric: str, group: str = "") -> Cell:
        found = first(evaluation.select(metric=metric), outcome=reach.outcome, group=group)
        if found is None or not found.made:
            return amount_cell(found, evaluation.study)
        return Cell(_whole(found) if group else change_text(found), "" if group else found.note)

    return [
        label(reach.outcome),
        number(reach.estimate) if reach.made else Cell(MISSING, privacy(evaluation.study)),
        of("channel_reach", "per month"),
        of("channel_engagement_rate"),
        of("channel_reach_trend"),
        of("channel_engagement_trend"),
    ]


def _whole(estimate: Estimate) -> str:
    """Return contacts a month with their interval in whole numbers."""
    ends = [number(end) for end in (estimate.conf_low, estimate.conf_high)]
    limits = "" if MISSING in ends else f" ({ends[0]} to {ends[1]})"
    return f"{number(estimate.estimate)}{limits}"
