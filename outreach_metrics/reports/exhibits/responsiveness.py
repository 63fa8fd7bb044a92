"""Did anyone answer: how soon concerns were resolved, and what was done about each topic."""

from __future__ import annotations

import math
import re
from datetime import date

import numpy as np
import pandas as pd

from outreach_metrics.estimate import Estimate
from outreach_metrics.evaluation import Evaluation
from outreach_metrics.evidence.plans import day
from outreach_metrics.evidence.wording import MISSING, label, number, percent, plural
from outreach_metrics.metrics.responsiveness import (
    OTHERS,
    WITHIN_DAYS,
    concerns_by_period,
    resolution_curve,
)
from outreach_metrics.plots.responsiveness import resolution_curve as draw_curve
from outreach_metrics.plots.timeline import Panel, Track, timeline
from outreach_metrics.reports.exhibits.cells import (
    TOLD_ABOVE,
    alt_text,
    amount_cell,
    change_text,
    first,
    level_heading,
    limits,
    nothing,
    privacy,
    source,
)
from outreach_metrics.reports.exhibits.drawn import columns_drawn, panels_drawn
from outreach_metrics.reports.exhibits.kinds import Cell, Column, Figure, Prose, Table, paragraphs

FULL_COUNT = "A full count of what was recorded"
_ISO_DAY = re.compile(r"\b\d{4}-\d{2}-\d{2}\b")
_MEASURES: dict[tuple[str, str], str] = {
    ("concern_count", ""): "Concerns raised",
    ("concern_rate", ""): "Concerns raised a month",
    ("concern_trend", ""): "Change in concerns raised per year",
    ("concern_resolution_share", ""): "Share resolved to date",
    **{
        ("concern_resolution_share", f"within {days} days"): f"Share resolved within {days} days"
        for days in WITHIN_DAYS
    },
    ("concern_days_to_resolve", ""): "Days until half of all concerns were resolved",
    ("concern_days_to_resolve", "of those resolved"): "Median days of those resolved",
    ("concern_follow_up_share", ""): "Share of forums, audits and drills followed up",
    ("concern_follow_up_share", "with a concern"): "The same, of those after which a concern was raised",
}
_PARTS = {"topic": "Topic", "area": "Area"}


def days_in_words(note: str) -> str:
    """Return a note with its days as a reader would write them.

    Examples
    --------
    >>> days_in_words("Concerns still open are followed until 2024-12-30.")
    'Concerns still open are followed until December 30, 2024.'
    """
    return _ISO_DAY.sub(lambda found: day(date.fromisoformat(found[0])), note)


def responsiveness_chart(evaluation: Evaluation) -> Figure | Prose:
    """Return the curve of the share of concerns resolved by the days since they were raised."""
    estimates = evaluation.select(metric="concern_resolution_share")
    curve = resolution_curve(evaluation.study, evaluation.program.program_id)
    if not any(e.made for e in estimates):
        return nothing("concerns that residents raised", estimates)
    if len(curve) < 2:
        return paragraphs(f"{_finding(evaluation)}. No concern was followed long enough to draw a curve.")
    title, median = _finding(evaluation), _median(evaluation)
    within = [first(estimates, group=f"within {days} days", outcome="") for days in WITHIN_DAYS]
    shown = [(days, e) for days, e in zip(WITHIN_DAYS, within, strict=True) if e is not None and e.made]
    axes = draw_curve(
        curve,
        title=title,
        subtitle="Share of concerns resolved, by days since they were raised, with "
        f"{level_heading(estimates)}",
        marks=[(days, f"{percent(e.estimate)} within {days} days") for days, e in shown],
        median=median.estimate if median is not None and median.made else math.nan,
    )
    return Figure(
        axes=axes,
        name="concerns-resolved",
        title=title,
        data=columns_drawn(curve, "day", "conf_low", "conf_high", share_resolved="resolved"),
        strand="responsiveness",
        alt=alt_text(
            title,
            "Curve of the share of concerns resolved, rising with the days since they were raised.",
            [f"{e.group}: {change_text(e)}" for _, e in shown],
        ),
        caption="Concerns that are still open count as long as they were followed (Kaplan-Meier curve); the "
        "curve ends where too few are followed, or after a year.",
        source=source(evaluation.study, "concerns"),
    )


def _median(evaluation: Evaluation) -> Estimate | None:
    return first(evaluation.select(metric="concern_days_to_resolve"), outcome="", group="")


def _finding(evaluation: Evaluation) -> str:
    """Return how many concerns were resolved, and how soon."""
    share = first(evaluation.select(metric="concern_resolution_share"), outcome="", group="")
    count = first(evaluation.select(metric="concern_count"), outcome="", group="")
    if share is None or not share.made or count is None:
        return "How soon concerns were resolved"
    resolved = round(share.estimate * count.estimate)
    words = f"{number(resolved)} of {plural(int(count.estimate), 'concern')} were resolved"
    median = _median(evaluation)
    if median is None or not median.made:
        return words
    return f"{words}; half were by day {number(median.estimate)}"


def responsiveness_table(evaluation: Evaluation) -> Table | Prose:
    """Return every measure of responsiveness with its interval, and why one could not be made."""
    known = [
        (words, found)
        for (metric, group), words in _MEASURES.items()
        if (found := first(evaluation.select(metric=metric), outcome="", group=group)) is not None
    ]
    if not any(e.made for _, e in known):
        return TOLD_ABOVE
    rows = [[words, _value_cell(evaluation, e), _limits(e)] for words, e in known]
    columns = [
        Column("Measure", number=False),
        Column("Value"),
        Column(level_heading(e for _, e in known)),
    ]
    return Table(
        caption="Concerns that residents raised, and what became of them", columns=columns, rows=rows
    )


def _value_cell(evaluation: Evaluation, estimate: Estimate) -> Cell:
    cell = amount_cell(estimate, evaluation.study)
    if not estimate.made:
        return cell
    text = number(estimate.estimate) if estimate.unit == "concerns" else cell.text
    return Cell(text, "" if FULL_COUNT in estimate.note else days_in_words(estimate.note))


def _limits(estimate: Estimate) -> str:
    return "full count" if estimate.made and FULL_COUNT in estimate.note else limits(estimate)


def you_said_we_did(evaluation: Evaluation, part: str = "topic") -> Table | Prose:
    """Return what residents raised, and what was done: a row a topic or area.

    Parameters
    ----------
    evaluation : Evaluation
    part : {"topic", "area"}
        Areas are there where the concerns name them.
    """
    counts = evaluation.select(metric="concern_count")
    whole = first(counts, outcome="", group="")
    groups = [e for e in counts if e.outcome == part]
    if whole is None or not whole.made or not groups:
        return TOLD_ABOVE
    rows = [_said(evaluation, e, part) for e in [*groups, whole]]
    columns = [
        Column(_PARTS[part], number=False),
        Column("Raised"),
        Column("Resolved"),
        Column("Still open"),
        Column("Half resolved by", f"day, {level_heading([whole])}"),
    ]
    notes = ["Resolved does not say that residents were content with the answer."]
    if any(e.group == OTHERS for e in groups):
        notes.append(
            f"{OTHERS.capitalize()}: of which fewer than {evaluation.study.settings.min_cell} were "
            "raised each, and what is put with them to protect those who raised them."
        )
    return Table(caption=f"You said, we did: concerns by {part}", columns=columns, rows=rows, notes=notes)


def _said(evaluation: Evaluation, count: Estimate, part: str) -> list[Cell | str]:
    names = {"outcome": count.outcome, "group": count.group}
    share = first(evaluation.select(metric="concern_resolution_share"), **names)
    median = first(evaluation.select(metric="concern_days_to_resolve"), **names)
    resolved = round(share.estimate * count.estimate) if share is not None and share.made else math.nan
    return [
        (label(count.group) if part == "topic" else count.group) or "All concerns",
        number(count.estimate),
        number(resolved),
        number(count.estimate - resolved),
        change_text(median)
        if median is not None and median.made
        else Cell(MISSING, median.note if median else ""),
    ]


def responsiveness_course(evaluation: Evaluation) -> Figure | Prose:
    """Return the chart of the concerns raised, and the share resolved within 90 days, over time."""
    periods = concerns_by_period(evaluation.study, evaluation.program.program_id)
    if len(periods) < 2:
        return TOLD_ABOVE
    panels, program = concern_panels(periods), evaluation.program
    title = _course(evaluation)
    if periods["raised"].notna().sum() < 2:
        return paragraphs(
            f"{title}{_trend_limits(evaluation)}. In most periods the numbers are kept back, to protect the "
            "few who raised concerns: a chart would show too little."
        )
    axes = timeline(
        panels,
        title=title,
        subtitle=f"By {periods['length'].iloc[0]} in which they were raised",
        start=program.start,
        end=program.end,
        few="not shown",
    )
    notes = ["Upright lines are 95% intervals."]
    change = _trend_limits(evaluation)
    if change:
        notes.insert(0, f"Change in concerns raised per year{change}.")
    if periods["raised"].isna().any():
        notes.append(privacy(evaluation.study))
    return Figure(
        axes=axes[0],
        name="concerns-over-time",
        title=title,
        data=panels_drawn(panels),
        strand="responsiveness",
        alt=alt_text(title, "Two panels over time: concerns raised, and the share resolved.", _told(periods)),
        caption=" ".join(notes),
        source=source(evaluation.study, "concerns"),
    )


def concern_panels(periods: pd.DataFrame) -> list[Panel]:
    """Return the panels of concerns raised and resolved, of `concerns_by_period`."""
    length = periods["length"].iloc[0]
    raised = periods.assign(value=periods["raised"], hidden=periods["raised"].isna())
    columns = ["start", "end", "value", "hidden"]
    share = periods.assign(value=periods["resolved"])[["start", "end", "value", "conf_low", "conf_high"]]
    return [
        Panel(
            name="Concerns raised",
            unit=f"by {length}",
            tracks=[Track(frame=raised[columns])],
            kind="count",
            strand="responsiveness",
        ),
        Panel(
            name="Concerns answered",
            unit=f"share resolved within 90 days, by {length} raised",
            tracks=[Track(frame=share)],
            kind="share",
            strand="responsiveness",
        ),
    ]


def _course(evaluation: Evaluation) -> str:
    trend = first(evaluation.select(metric="concern_trend"))
    if trend is None or not trend.made:
        return "Concerns raised and resolved over time"
    if not trend.significant:
        return "No clear change over time in how many concerns were raised"
    size = percent(abs(trend.estimate - 1))
    return f"{size} {'fewer' if trend.estimate < 1 else 'more'} concerns were raised each year"


def _trend_limits(evaluation: Evaluation) -> str:
    """Return the interval of the change over time, in brackets."""
    trend = first(evaluation.select(metric="concern_trend"))
    if trend is None or not trend.made or limits(trend) == MISSING:
        return ""
    return f" ({level_heading([trend])} {limits(trend)})"


def _told(periods: pd.DataFrame) -> list[str]:
    shown = periods[~np.isnan(periods["resolved"].astype(float))]
    return [
        f"from {row.start:%B} {row.start.year}: {percent(row.resolved)} of {number(row.raised)} resolved"
        for row in shown.itertuples()
    ]
