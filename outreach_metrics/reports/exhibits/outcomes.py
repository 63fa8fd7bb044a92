"""Other counted outcomes: how each changed, which way was wanted, shares of calls, school officers."""

from __future__ import annotations

import pandas as pd

from outreach_metrics.estimate import Estimate
from outreach_metrics.evaluation import Evaluation
from outreach_metrics.evidence.claims import supported
from outreach_metrics.evidence.wording import MISSING, label, listing, p_value
from outreach_metrics.metrics.outcome import as_wanted, outcome_series, wanted_way
from outreach_metrics.metrics.sentiment import response_table
from outreach_metrics.plots.sentiment import wave_and_arm
from outreach_metrics.plots.timeline import Panel, Track, timeline
from outreach_metrics.reports.exhibits.cells import (
    TOLD_ABOVE,
    alt_text,
    amount_cell,
    change_cell,
    change_text,
    changes_title,
    first,
    level_heading,
    nothing,
    source,
)
from outreach_metrics.reports.exhibits.drawn import panels_drawn
from outreach_metrics.reports.exhibits.kinds import Cell, Column, Figure, Prose, Table, paragraphs

MOST_OUTCOMES = 5
"""Outcomes, or constructs, that are drawn; all stand in the table."""
_YOUTH = ("juvenile", "student", "school", "youth")
_WANTED = {"rise": "a rise", "fall": "a fall", "none": "not stated"}
_ROLES = {"treatment": "Program areas", "comparison": "Comparison areas"}


def outcome_chart(evaluation: Evaluation) -> Figure | Prose:
    """Return the chart of each counted outcome over time, program against comparison areas, by quarter."""
    ratios = evaluation.select(metric="outcome_rate_ratio")
    names = list(evaluation.study.counted)[:MOST_OUTCOMES]
    panels = [panel for name in names if (panel := outcome_panel(evaluation, name))]
    if not panels:
        return nothing("other counted outcomes", ratios)
    title = _finding(evaluation)
    axes = timeline(
        panels,
        title=title,
        subtitle="By quarter, with 95% interval",
        start=evaluation.program.start,
        end=evaluation.program.end,
    )
    return Figure(
        axes=axes[0],
        name="other-outcomes",
        title=title,
        data=panels_drawn(panels),
        strand="outcome",
        alt=alt_text(
            title,
            "Panels over time, one an outcome, program areas against comparison areas.",
            [f"{label(e.outcome)}: {change_text(e)}" for e in _changes(evaluation)],
        ),
        caption="Intervals of a quarter cover chance in its count alone; the table allows for more.",
        source=source(evaluation.study, "counts", "areas"),
    )


def outcome_panel(evaluation: Evaluation, outcome: str, name: str = "") -> Panel | None:
    """Return the panel of an outcome by quarter; None without counts in areas of the program."""
    study = evaluation.study
    series = outcome_series(study, evaluation.program.program_id, outcome, "quarter")
    if series.empty:
        return None
    rated = series["rate"].notna().any()
    frame = series.assign(value=series["rate"] if rated else series["count"])
    columns = ["start", "end", "value", "conf_low", "conf_high"]
    shown = frame if rated else frame[frame["group"] == "treatment"]
    tracks = [
        Track(frame=part[columns], label=_ROLES[role], role=role)
        for role, part in shown.groupby("group", sort=False)
    ]
    rate = f"per {study.settings.rate_per:,.15g} residents per year"
    return Panel(
        name=name or label(outcome),
        unit=rate if rated else "number in program areas",
        tracks=tracks,
        strand="outcome" if outcome in study.counted else "crime",
    )


def _changes(evaluation: Evaluation) -> list[Estimate]:
    """Return each outcome's change: relative to the comparison areas where that was made, shares last."""
    chosen: dict[str, Estimate] = {}
    for pair in (
        ("outcome_rate_ratio", "outcome_relative_effect"),
        ("outcome_share_ratio", "outcome_share_relative_effect"),
    ):
        for metric in pair:
            chosen |= {e.outcome: e for e in evaluation.select(metric=metric) if e.made}
    return list(chosen.values())


def _finding(evaluation: Evaluation) -> str:
    changes = _changes(evaluation)
    if not changes:
        return "Other counted outcomes over time; a change could not be estimated"
    compared = all("relative" in e.metric for e in changes)
    return changes_title(changes, _against(compared=compared), "outcome")


def _against(*, compared: bool) -> str:
    return "relative to the comparison areas" if compared else "after the start"


def outcome_table(evaluation: Evaluation) -> Table | Prose:
    """Return each counted outcome before and after, its change, and whether that is the way it is wanted."""
    ratios = [e for e in evaluation.select(metric="outcome_rate_ratio") if e.outcome]
    if not any(e.made or e.outcome for e in ratios):
        return TOLD_ABOVE
    rows = [_row(evaluation, e) for e in ratios]
    rate = f"per {evaluation.study.settings.rate_per:,.15g} residents per year"
    level = level_heading(ratios)
    columns = [
        Column("Outcome", number=False),
        Column("Before", rate),
        Column("After", rate),
        Column("Change", level),
        Column("Relative to comparison areas", level),
        Column("Wanted", number=False),
        Column("Found", number=False),
        Column("Chance alone?", "adjusted p"),
    ]
    notes = ["Found: the change relative to the comparison areas where there is one, otherwise the change."]
    return Table(
        caption="Other counted outcomes before and after the start", columns=columns, rows=rows, notes=notes
    )


def _row(evaluation: Evaluation, ratio: Estimate) -> list[Cell | str]:
    relative = first(evaluation.select(metric="outcome_relative_effect"), outcome=ratio.outcome)
    judged = relative if relative is not None and relative.made else ratio
    sides = [
        first(evaluation.select(metric=f"outcome_rate_{side}"), outcome=ratio.outcome)
        for side in ("before", "after")
    ]
    return [
        label(ratio.outcome),
        *(amount_cell(side, evaluation.study) for side in sides),
        change_cell(ratio, evaluation.study),
        change_cell(relative, evaluation.study),
        _WANTED[wanted_way(judged)] if judged.made else MISSING,
        _found(judged),
        p_value(judged.p_adjusted),
    ]


def _found(estimate: Estimate) -> str:
    """Return which way an outcome clearly went, and whether that is the way it is wanted to go."""
    if not estimate.made:
        return MISSING
    if not supported(estimate):
        return "no clear change"
    way = "fell" if estimate.estimate < 1 else "rose"
    return {True: f"{way}, as wanted", False: f"{way}, against what is wanted", None: way}[
        as_wanted(estimate)
    ]


def share_table(evaluation: Evaluation) -> Table | Prose:
    """Return the shares of one count in another (diversions of calls) before and after, and their change."""
    ratios = [e for e in evaluation.select(metric="outcome_share_ratio") if e.outcome]
    if not ratios:
        return TOLD_ABOVE
    rows = []
    for ratio in ratios:
        found = {
            name: first(evaluation.select(metric=f"outcome_share_{name}"), outcome=ratio.outcome)
            for name in ("before", "after", "relative_effect")
        }
        relative = found["relative_effect"]
        judged = relative if relative is not None and relative.made else ratio
        cells = [change_cell(found[name], evaluation.study) for name in ("before", "after")]
        changes = [change_cell(ratio, evaluation.study), change_cell(relative, evaluation.study)]
        rows.append([label(ratio.outcome), *cells, *changes, _found(judged)])
    level = level_heading(ratios)
    columns = [
        Column("Share", number=False),
        *(Column(side, level) for side in ("Before", "After", "Change", "Relative to comparison areas")),
        Column("Found", number=False),
    ]
    caption = "Shares of one count in another, before and after the start"
    return Table(caption=caption, columns=columns, rows=rows)


def school_chart(evaluation: Evaluation) -> Figure | Prose:
    """Return what students think and what is counted of young people, lined up in time; schools alone.

    Counts are the outcomes, of the table counts or of crime, whose name holds juvenile, student, school or
    youth. Nothing is estimated: two things that move together need not hang together.
    """
    if evaluation.program.type != "school_resource_officer":
        return TOLD_ABOVE
    views = attitude_panels(evaluation, MOST_OUTCOMES)
    study = evaluation.study
    known = [*study.counted, *(study.panel.outcomes if study.panel is not None else ())]
    names = [name for name in known if any(word in name.lower() for word in _YOUTH)][:MOST_OUTCOMES]
    counts = [panel for name in names if (panel := outcome_panel(evaluation, name))]
    lacking = [*["what students think (a dated survey)"] * (not views)]
    lacking += [
        "juvenile incidents (an outcome of counts with juvenile, student, school or youth in its name)"
    ] * (not counts)
    missing = f"The study does not hold {listing(lacking)}." if lacking else ""
    if not (views or counts):
        return paragraphs(missing)
    title = "What students think, and incidents of young people, over time"
    axes = timeline(
        [*views, *counts],
        title=title,
        subtitle="With 95% intervals; scores from 0 to 100, their axes do not start at 0",
        start=evaluation.program.start,
        end=evaluation.program.end,
    )
    names = [panel.name.lower() for panel in (*views, *counts)]
    return Figure(
        axes=axes[0],
        name="school",
        title=title,
        data=panels_drawn([*views, *counts]),
        alt=alt_text(title, f"Panels on one time axis: {listing(names)}.", ["The program's start is marked"]),
        caption="Lined up, not tested: that both move together does not show that one moves the other. "
        f"{missing}",
        source=source(study, "responses", "counts", "incidents"),
    )


def attitude_panels(evaluation: Evaluation, most: int) -> list[Panel]:
    """Return a panel a construct of scores by wave: clear changes first, then as in the codebook."""
    spans = _waves(evaluation)
    every = evaluation.select(metric="sentiment_score")
    scores = [e for e in every if wave_and_arm(e.group)[0] in spans]
    changed = [
        e.outcome
        for metric in ("sentiment_relative_change", "sentiment_change")
        for e in evaluation.select(metric=metric)
        if supported(e)
    ]
    made = [e.outcome for e in scores if e.made]
    names = [name for name in dict.fromkeys([*changed, *made]) if name in made][:most]
    return [_attitude(name, [e for e in scores if e.outcome == name and e.made], spans) for name in names]


def _attitude(name: str, scores: list[Estimate], spans: dict[str, tuple]) -> Panel:
    tracks = []
    arms = list(dict.fromkeys(wave_and_arm(e.group)[1] for e in scores))
    for arm, role in (("program", "treatment"), ("comparison", "comparison")):
        own = [e for e in scores if wave_and_arm(e.group)[1] == arm]
        if not own:
            continue
        rows = [(*spans[wave_and_arm(e.group)[0]], e.estimate, e.conf_low, e.conf_high) for e in own]
        frame = pd.DataFrame(rows, columns=["start", "end", "value", "conf_low", "conf_high"])
        words = f"{arm.capitalize()} group" if len(arms) > 1 else ""
        tracks.append(Track(frame=frame.sort_values("start", ignore_index=True), label=words, role=role))
    return Panel(
        name=label(name), unit="mean score by survey wave", tracks=tracks, kind="score", strand="sentiment"
    )


def _waves(evaluation: Evaluation) -> dict[str, tuple[pd.Timestamp, pd.Timestamp]]:
    """Return the first day of each dated wave, and the day after its last."""
    waves = response_table(evaluation.study, evaluation.program.program_id)
    ends = waves.groupby(waves["wave"].astype(str), sort=False).agg({"first_day": "min", "last_day": "max"})
    return {
        str(wave): (row.first_day, row.last_day + pd.Timedelta(days=1))
        for wave, row in ends.dropna().iterrows()
    }
