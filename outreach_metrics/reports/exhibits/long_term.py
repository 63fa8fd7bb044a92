"""The long view: attitudes, attendance, answers to concerns and crime of one program on one time axis."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import pandas as pd

from outreach_metrics.evaluation import Evaluation
from outreach_metrics.evidence.wording import MISSING, listing, number, percent
from outreach_metrics.metrics.attendance import attendance_by_event
from outreach_metrics.metrics.outcome import outcome_series
from outreach_metrics.metrics.responsiveness import concerns_by_period, kept_back
from outreach_metrics.plots.timeline import Panel, Track, timeline
from outreach_metrics.reports.exhibits.cells import alt_text, asked, first, privacy, source
from outreach_metrics.reports.exhibits.drawn import panels_drawn
from outreach_metrics.reports.exhibits.kinds import Cell, Column, Figure, Prose, Table, bullets, paragraphs
from outreach_metrics.reports.exhibits.outcomes import attitude_panels, outcome_panel
from outreach_metrics.reports.exhibits.responsiveness import concern_panels

MOST_CONSTRUCTS = 2
MOST_YEARS = 7
"""Years that stand side by side in the table: the last ones."""
_TABLES: dict[str, tuple[str, ...]] = {
    "attitudes": ("responses", "items"),
    "attendance": ("events", "attendance"),
    "concerns": ("concerns",),
    "crime": ("incidents", "areas"),
}
_WHAT = {
    "attitudes": "attitudes (a survey with dates in several waves)",
    "attendance": "attendance (events with people counted)",
    "concerns": "answers to concerns (the table concerns)",
    "crime": "crime (incidents or counts in the program's areas)",
}


def long_term_chart(evaluation: Evaluation) -> Figure | Prose:
    """Return attitudes, attendance, concerns answered and crime below each other on one time axis."""
    parts = _parts(evaluation)
    panels = [panel for found in parts.values() for panel in found]
    if not panels:
        return paragraphs("This study holds nothing that could be followed over time for this program.")
    program, study = evaluation.program, evaluation.study
    names = [_SHORT[part] for part, found in parts.items() if found]
    title = f"{program.name}: {listing(names)} over time"
    axes = timeline(
        panels,
        title=title,
        subtitle="With 95% intervals where there are any; scores run from 0 to 100, their axes do not "
        "start at 0",
        start=program.start,
        end=program.end,
        few="not shown",
    )
    kept = any(track.frame.get("hidden", pd.Series(dtype=bool)).any() for p in panels for track in p.tracks)
    notes = [
        "Lined up, not tested: what moves at the same time need not be cause and effect.",
        "Columns are full counts. Intervals of a quarter's crime cover chance in its count alone.",
        *[privacy(study)] * kept,
    ]
    return Figure(
        axes=axes[0],
        name="long-view",
        title=title,
        data=panels_drawn(panels),
        alt=alt_text(title, f"Panels on one time axis, the start marked: {_list(panels)}.", [_span(panels)]),
        caption=" ".join(notes),
        source=source(study, *_tables(evaluation, [part for part, found in parts.items() if found])),
    )


def _tables(evaluation: Evaluation, parts: list[str]) -> list[str]:
    """Return the tables behind some kinds of evidence; crime is of incidents where there are any."""
    counted = all(quality.table != "incidents" for quality in evaluation.study.quality)
    tables = [table for part in parts for table in _TABLES[part]]
    return [*tables, *["counts"] * (counted and "crime" in parts)]


_SHORT = {
    "attitudes": "attitudes",
    "attendance": "attendance",
    "concerns": "answers to concerns",
    "crime": "crime",
}


def _list(panels: list[Panel]) -> str:
    return listing([panel.name.lower() for panel in panels], most=8)


def _span(panels: list[Panel]) -> str:
    frames = [track.frame for panel in panels for track in panel.tracks if len(track.frame)]
    low, high = min(f["start"].min() for f in frames), max(f["end"].max() for f in frames)
    return f"From {low:%B} {low.year} to {high - pd.Timedelta(days=1):%B %Y}"


def _parts(evaluation: Evaluation) -> dict[str, list[Panel]]:
    """Return the panels of each kind of evidence; none where the study does not hold it."""
    outcome = evaluation.outcome
    crime = outcome_panel(evaluation, outcome, _crime_name(evaluation)) if outcome else None
    periods = concerns_by_period(evaluation.study, evaluation.program.program_id)
    answered = concern_panels(periods)[1:] if len(periods) and periods["resolved"].notna().any() else []
    attendance = _attendance(evaluation, "quarter")
    return {
        "attitudes": attitude_panels(evaluation, MOST_CONSTRUCTS),
        "attendance": [attendance] if attendance else [],
        "concerns": answered,
        "crime": [crime] if crime else [],
    }


def _crime_name(evaluation: Evaluation) -> str:
    words = asked(evaluation)
    return f"{words[:1].upper()}{words[1:]}"


def long_term_missing(evaluation: Evaluation) -> Prose:
    """Return which of the four kinds of evidence are missing, or are too short to be followed."""
    parts = _parts(evaluation)
    lacking = [_WHAT[part] for part, found in parts.items() if not found]
    waves = {e.group for e in evaluation.select(metric="sentiment_score") if e.made}
    concerns = evaluation.study.table("concerns")
    few = (concerns["program_id"] == evaluation.program.program_id).any() and not parts["concerns"]
    told = [f"The study does not hold {words} of this program." for words in lacking]
    if few:
        told = [text for text in told if "concerns" not in text]
        told.append("Concerns are too few, or too late, to show the share answered over time.")
    if len(waves) == 1:
        told.append("The survey has one wave: attitudes are a point, not a course.")
    if not told:
        return paragraphs("Attitudes, attendance, answers to concerns and crime are all there.")
    return bullets(told, lead="What is missing from the picture:")


def _sums(evaluation: Evaluation, length: str) -> pd.DataFrame:
    """Return attendances by quarter or year: `start`, `end`, `value`, `hidden`; empty where few came."""
    total = first(evaluation.estimates, metric="attendance_total")
    columns = ["start", "end", "value", "hidden"]
    if total is None or not total.made:
        return pd.DataFrame(columns=columns)
    study, program_id = evaluation.study, evaluation.program.program_id
    events = attendance_by_event(study, program_id).dropna(subset=["date", "attended"])
    least = study.settings.min_cell
    if events.empty:
        return pd.DataFrame(columns=columns)
    place = pd.PeriodIndex(events["date"], freq={"quarter": "Q", "year": "Y"}[length])
    spans = pd.period_range(place.min(), place.max(), freq=place.freq)
    value = events["attended"].groupby(place).sum().reindex(spans, fill_value=0).to_numpy(dtype=float)
    few = _few(events["attended"].to_numpy(dtype=float), place, spans, value, least)
    days = spans.end_time.normalize() + pd.Timedelta(days=1)
    frame = {"start": spans.start_time, "end": days, "value": np.where(few, math.nan, value), "hidden": few}
    return pd.DataFrame(frame)[columns]


def _few(
    attended: np.ndarray, place: pd.PeriodIndex, spans: pd.PeriodIndex, value: np.ndarray, least: int
) -> np.ndarray:
    """Return which sums are not shown: of few people, or beside the events' own numbers they tell of few.

    The chart of events shows each event that is not small, so that a sum over one small event gives it away.
    """
    small = kept_back(attended, np.zeros(len(attended)), least)
    alone = pd.Series(small).groupby(place).sum().reindex(spans, fill_value=0).to_numpy() == 1
    return kept_back(value, np.asarray(spans.year), least, alone)


def _attendance(evaluation: Evaluation, length: str) -> Panel | None:
    frame = _sums(evaluation, length)
    if frame.empty:
        return None
    return Panel(
        name="Attendances",
        unit=f"by {length}",
        tracks=[Track(frame=frame)],
        kind="count",
        strand="attendance",
    )


def long_term_table(evaluation: Evaluation) -> Table | Prose:
    """Return the same by calendar year: a row a measure, a column a year."""
    measures = [*_attitude_rows(evaluation), *_count_rows(evaluation)]
    years = sorted({year for _, _, values in measures for year in values})
    if not years:
        return paragraphs("There are no yearly values to show.")
    shown = years[-MOST_YEARS:]
    rows = [
        [name, unit, *(values.get(year, Cell(MISSING)) for year in shown)] for name, unit, values in measures
    ]
    columns = [
        Column("Measure", number=False),
        Column("Unit", number=False),
        *(Column(str(year)) for year in shown),
    ]
    notes = ["In brackets: 95% interval. A score is that of the last wave of the year."]
    if len(years) > len(shown):
        notes.append(f"Years before {shown[0]} are not shown.")
    return Table(caption="The program year by year", columns=columns, rows=rows, notes=notes)


Row = tuple[str, str, dict[int, Cell]]


def _ranged(value: float, low: float, high: float, words: Callable[[float], str]) -> Cell:
    if math.isnan(value):
        return Cell(MISSING)
    interval = f"({words(low)} to {words(high)})".replace(" ", "\u00a0")
    return Cell(words(value) if math.isnan(low) else f"{words(value)} {interval}")


def _attitude_rows(evaluation: Evaluation) -> list[Row]:
    rows = []
    for panel in attitude_panels(evaluation, most=99):
        for track in panel.tracks:
            name = f"{panel.name}, {track.label.lower()}" if track.label else panel.name
            values = {
                int((row.end - pd.Timedelta(days=1)).year): _ranged(
                    row.value, row.conf_low, row.conf_high, lambda score: number(score, 1)
                )
                for row in track.frame.itertuples()
            }
            rows.append((name, "points of 100", values))
    return rows


def _count_rows(evaluation: Evaluation) -> list[Row]:
    study, program_id = evaluation.study, evaluation.program.program_id
    not_shown = Cell("not shown", privacy(study))
    came = {
        row.start.year: not_shown if row.hidden else Cell(number(row.value))
        for row in _sums(evaluation, "year").itertuples()
    }
    answered = concerns_by_period(study, program_id, "year")
    resolved = {
        row.start.year: _ranged(row.resolved, row.conf_low, row.conf_high, percent)
        for row in answered.itertuples()
    }
    raised = {
        row.start.year: not_shown if math.isnan(row.raised) else Cell(number(row.raised))
        for row in answered.itertuples()
    }
    rows: list[Row] = [
        ("Attendances", "full count", came),
        ("Concerns raised", "full count", raised),
        ("Concerns answered", "resolved within 90 days", resolved),
    ]
    return [row for row in [*rows, *_crime_rows(evaluation)] if row[2]]


def _crime_rows(evaluation: Evaluation) -> list[Row]:
    study = evaluation.study
    if not evaluation.outcome:
        return []
    series = outcome_series(study, evaluation.program.program_id, evaluation.outcome, "year")
    rated = bool(len(series)) and series["rate"].notna().any()
    unit = f"per {study.settings.rate_per:,.15g} residents" if rated else "incidents"
    digits = 1 if rated else 0
    rows = []
    for role, part in series.assign(value=series["rate"] if rated else series["count"]).groupby(
        "group", sort=False
    ):
        values = {
            row.start.year: _ranged(row.value, row.conf_low, row.conf_high, lambda n: number(n, digits))
            for row in part.itertuples()
        }
        where = "program" if role == "treatment" else role
        rows.append((f"{_crime_name(evaluation)}, {where} areas", unit, values))
    return rows
