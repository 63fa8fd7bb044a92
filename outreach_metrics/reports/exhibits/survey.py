"""A survey in full: who answered, how far each view moved, each question, how well it was measured."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from datetime import date

import pandas as pd

from outreach_metrics import plots
from outreach_metrics.estimate import Estimate
from outreach_metrics.evaluation import Evaluation
from outreach_metrics.evidence.claims import CHANGE_METRICS, supported
from outreach_metrics.evidence.wording import (
    MISSING,
    effect_size,
    label,
    listing,
    number,
    p_value,
    percent,
    plural,
)
from outreach_metrics.metrics.sentiment import answer_spread, change_ends, response_table, room, scales
from outreach_metrics.plots.sentiment import wave_and_arm
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
    privacy,
    source,
)
from outreach_metrics.reports.exhibits.drawn import columns_drawn, estimates_drawn
from outreach_metrics.reports.exhibits.kinds import Cell, Column, Figure, Prose, Table
from outreach_metrics.reports.exhibits.measures import MEASURES
from outreach_metrics.reports.exhibits.sentiment import (
    EVERYBODY,
    asked,
    last_changes,
    scores_drawn,
    sentiment_chart,
    sentiment_finding,
)

MOST_QUESTIONS = 8
"""Questions in one chart, so that it fits a page."""

CLEAR = (
    "Unlikely to be chance alone, having looked at so many questions; the other changes could be, even where "
    "the interval alone seems to say otherwise."
)
_OWN = "Without the comparison group: what changed everywhere is in these changes too."
_ARMS = ("program", "comparison", "program less comparison")


def survey_respondents(evaluation: Evaluation) -> Table | Prose:
    """Return who answered each wave, how much their answers count, and how many had answered before."""
    study = evaluation.study
    waves = response_table(study, evaluation.program.program_id)
    if waves["people"].isna().all():
        return TOLD_ABOVE
    weighted = bool((waves["design_effect"] > 1.0001).any())
    columns = [
        Column("Wave", number=False),
        Column("Group", number=False),
        Column("When", number=False),
        Column("People"),
        *[Column("Count like", "people, by their weights")] * weighted,
        Column("Of these, answered the first wave"),
    ]
    rows = [
        [
            str(row.wave),
            str(row.arm),
            _span(row.first_day, row.last_day),
            _people(row.people, study),
            *[_people(row.effective, study)] * weighted,
            _people(row.again, study) if row.wave != waves["wave"].iloc[0] else MISSING,
        ]
        for row in waves.itertuples(index=False)
    ]
    notes = ["A change among those who answered is one of all only if those who did not would answer alike."]
    return Table(caption="Who answered the survey", columns=columns, rows=rows, notes=notes)


def _span(start: pd.Timestamp, end: pd.Timestamp) -> str:
    if pd.isna(start):
        return MISSING
    first_month, last_month = f"{start:%b} {start.year}", f"{end:%b} {end.year}"
    return first_month if first_month == last_month else f"{first_month} to {last_month}"


def _people(count: float, study) -> Cell:
    return Cell("not shown", privacy(study)) if math.isnan(count) else Cell(number(count))


def survey_dumbbell(evaluation: Evaluation) -> Figure | Prose:
    """Return the chart of every measure's first and last score, and the change with its interval."""
    shifts, waves = _shifts(evaluation)
    if not shifts:
        changes = evaluation.select(metric="sentiment_change")
        return nothing("how views changed", changes) if asked(evaluation) else TOLD_ABOVE
    title = sentiment_finding(evaluation)
    axes = plots.dumbbell(
        shifts,
        title=title,
        subtitle=f"Mean score from 0 to 100 of {_whose(shifts)}. The axis does not start at 0.",
        waves=waves,
    )
    told = (f"{shift.label}: {change_text(shift.change)} points" for shift in shifts)
    return Figure(
        axes=axes,
        name="views-first-and-last",
        title=title,
        data=_shifts_drawn(shifts, waves),
        strand="sentiment",
        alt=alt_text(title, f"Chart of scores in {waves[0]} and {waves[1]}, a row a measure.", told),
        caption=f"Hollow: {waves[0]}; filled: {waves[1]}. Numbers: the change with its "
        f"{level_heading(shift.change for shift in shifts)}.",
        source=source(evaluation.study, "responses", "items"),
    )


def _shifts_drawn(shifts: Sequence[plots.Shift], waves: tuple[str, str]) -> pd.DataFrame:
    """Return a row a mean score that is drawn, and a row a change."""
    ends = [
        {"name": shift.label, "group": f"{wave}{where}", "estimate": score, "unit": "points (0-100)"}
        for shift in shifts
        for where, scores in (("", (shift.first, shift.last)), (" (comparison)", shift.comparison))
        for wave, score in zip(waves, scores, strict=True)
        if math.isfinite(score)
    ]
    changes = [(shift.label, e) for shift in shifts for e in (shift.change, shift.relative) if e is not None]
    names, estimates = zip(*changes, strict=True)
    return pd.concat([estimates_drawn(names, estimates), pd.DataFrame(ends)], ignore_index=True)


def _whose(shifts: Sequence[plots.Shift]) -> str:
    """Return whose scores stand at the ends of the changes."""
    paired = {shift.change.method.startswith("paired") for shift in shifts}
    return {
        frozenset({True}): "those who answered both times",
        frozenset({False}): "all who answered in each wave",
    }.get(frozenset(paired), "those who answered both times where most did, else of all")


def _shifts(evaluation: Evaluation) -> tuple[list[plots.Shift], tuple[str, str]]:
    """Return the measures with a change to the last wave, and the names of both waves."""
    made = [e for e in evaluation.select(metric="sentiment_change") if e.made]
    if not made:
        return [], ("", "")
    group = made[-1].group
    scores = evaluation.select(metric="sentiment_score")
    named = dict.fromkeys(wave_and_arm(e.group)[0] for e in scores)
    pairs = ((first_one, later) for first_one in named for later in named)
    waves = next(pair for pair in pairs if " to ".join(pair) == group)
    ends = change_ends(evaluation.study, evaluation.program.program_id)
    shifts = []
    for change in (e for e in made if e.group == group):
        relative = first(
            evaluation.estimates, metric="sentiment_relative_change", outcome=change.outcome, group=group
        )
        own, *other = ends[change.outcome, group]
        comparison = other[0] if other else (math.nan, math.nan)
        name = label(change.outcome)
        shifts.append(plots.Shift(name, *own, change, comparison=comparison, relative=relative))
    return shifts, waves


def survey_size_table(evaluation: Evaluation) -> Table | Prose:
    """Return how large each change is, in standard deviations and words, and which are shown to be small."""
    sizes = [e for e in evaluation.select(metric="sentiment_effect_size") if e.made]
    if not sizes:
        return TOLD_ABOVE
    margin = evaluation.study.settings.equivalence_margin
    rows = [_size_row(evaluation, size) for size in sizes]
    columns = [
        Column("Measure", number=False),
        Column("Waves", number=False),
        Column("Size", f"standard deviations, {level_heading(sizes)}"),
        Column("In words", number=False),
        Column("Higher less lower", "Cliff’s delta or rank correlation"),
        Column(f"Larger than {margin:g} points?", number=False),
    ]
    return Table(
        caption="How large the changes of the program group are",
        columns=columns,
        rows=rows,
        notes=[
            f"Size: of the program group. {_OWN}",
            "In words: below 0.2 standard deviations negligible, from 0.2 small, from 0.5 medium, from 0.8 "
            "large (Cohen 1988). They stand where the change is clear, and hold for the estimate alone.",
            f"Larger than {margin:g} points: the change relative to the comparison group where there is one. "
            "Yes: its whole interval is, and it is clear. No: a change as large is ruled out by two "
            "one-sided tests at 5%, several measures counted.",
        ],
    )


def _size_row(evaluation: Evaluation, size: Estimate) -> list[Cell | str]:
    names = {"outcome": size.outcome, "group": size.group}
    rank = first(evaluation.estimates, metric="sentiment_dominance", **names)
    return [
        label(size.outcome),
        size.group,
        change_cell(size, evaluation.study),
        _in_words(evaluation, size),
        change_cell(rank, evaluation.study),
        _matters(evaluation, names),
    ]


def _in_words(evaluation: Evaluation, size: Estimate) -> str:
    """Return the word for the size of a change; of one that is not clear the word would be a finding."""
    own = first(evaluation.estimates, metric="sentiment_change", outcome=size.outcome, group=size.group)
    return effect_size(size.estimate) if own is not None and supported(own) else "no clear change"


def _matters(evaluation: Evaluation, names: dict[str, str]) -> str:
    """Return whether a change is shown to be larger than one that matters, or to be smaller."""
    small = first(evaluation.estimates, metric="sentiment_equivalence", **names)
    if small is None or not small.made:
        return MISSING
    if small.p_adjusted < (1 - small.conf_level) / 2:
        return "no"
    found = [first(evaluation.estimates, metric=metric, **names) for metric in CHANGE_METRICS]
    judged = next((e for e in found if e is not None and e.made), None)
    margin = evaluation.study.settings.equivalence_margin
    beyond = judged is not None and max(judged.conf_low, -judged.conf_high) > margin
    return "yes" if beyond and supported(judged) else "cannot be told"


def survey_waves(evaluation: Evaluation) -> Figure | Prose:
    """Return the chart of scores by wave; on a time axis with the fitted lines where there is a trend."""
    trends = [e for e in evaluation.select(metric="sentiment_trend") if e.made]
    days = _middles(evaluation)
    if not trends or not days:
        return sentiment_chart(evaluation)
    scores = evaluation.select(metric="sentiment_score")
    title = _trend_title([e for e in trends if e.group == _ARMS[2]] or trends)
    axes = plots.wave_trend(
        scores,
        days,
        trends,
        title=title,
        subtitle="Mean score from 0 to 100 by date of the wave, with the straight line fitted to them",
    )[0]
    told = (f"{label(e.outcome)}, {e.group}: {change_text(e)} points a year" for e in trends)
    return Figure(
        axes=axes,
        name="views-over-time",
        title=title,
        data=pd.concat(
            [scores_drawn(scores), estimates_drawn([label(e.outcome) for e in trends], trends)],
            ignore_index=True,
        ),
        strand="sentiment",
        alt=alt_text(title, "Chart of mean scores by date, a panel a measure, with straight lines.", told),
        caption="Each mark is the mean of one group in one wave, each upright line its "
        f"{level_heading(scores)}. {EVERYBODY}",
        source=source(evaluation.study, "responses", "items"),
    )


def _middles(evaluation: Evaluation) -> dict[str, date]:
    """Return the middle day of each wave; empty where one has no date."""
    waves = response_table(evaluation.study, evaluation.program.program_id)
    ends = waves.groupby(waves["wave"].astype(str), sort=False).agg({"first_day": "min", "last_day": "max"})
    if ends.isna().any(axis=None):
        return {}
    return {
        str(wave): (row.first_day + (row.last_day - row.first_day) / 2).date()
        for wave, row in ends.iterrows()
    }


def _trend_title(trends: Sequence[Estimate]) -> str:
    """Return how many measures rose or fell over the waves."""
    against = "relative to the comparison group" if trends[0].group == _ARMS[2] else "over the waves"
    return changes_title(trends, against, "measure")


def survey_trend_table(evaluation: Evaluation) -> Table | Prose:
    """Return the course of each measure over three waves or more."""
    trends = evaluation.select(metric="sentiment_trend")
    if not any(e.made for e in trends):
        return TOLD_ABOVE
    ordered = sorted(trends, key=lambda e: _ARMS.index(e.group) if e.group in _ARMS else len(_ARMS))
    constructs = list(dict.fromkeys(e.outcome for e in trends))
    rows = [
        [label(e.outcome), e.group, change_cell(e, evaluation.study), p_value(e.p_adjusted)]
        for e in sorted(ordered, key=lambda e: constructs.index(e.outcome))
    ]
    columns = [
        Column("Measure", number=False),
        Column("Group", number=False),
        Column("Change per year", f"points, {level_heading(trends)}"),
        Column("Chance alone?", "adjusted p"),
    ]
    caption = "Course of the survey scores over all waves"
    notes = ["What met a whole wave at once, such as a case in the news, cannot be told from a trend."]
    return Table(caption=caption, columns=columns, rows=rows, notes=notes)


def survey_answers(evaluation: Evaluation) -> Figure | Prose:
    """Return the chart of the answers to each question, first and last wave of the program group."""
    spread = answer_spread(evaluation.study, evaluation.program.program_id)
    answers = _drawn(spread, evaluation)
    if answers.empty:
        return TOLD_ABOVE
    changes = _last(evaluation.select(metric="sentiment_item_favourable_change"))
    title = answers_title(changes)
    axes = plots.likert_bars(
        answers, title=title, subtitle="Share of answers, reverse-keyed questions turned; percent"
    )
    questions, every = answers["item"].nunique(), spread["item"].nunique()
    about = listing([label(construct).lower() for construct in answers["construct"].unique()])
    drawn = [f"Drawn are the {questions} questions on {about}."] * (questions < every)
    return Figure(
        axes=axes,
        name="answers",
        title=title,
        data=columns_drawn(answers, "construct", question="text", wave="group", answer="code", share="share"),
        strand="sentiment",
        alt=f"{title}. Bars of the answers to {questions} questions, by wave. Changes in the table below.",
        caption=" ".join(
            ["Each bar holds all who answered in that wave, not the same people.", *drawn, _OWN]
        ),
        source=source(evaluation.study, "responses", "items"),
    )


def _drawn(spread: pd.DataFrame, evaluation: Evaluation) -> pd.DataFrame:
    """Return the program group's first and last wave; of many questions, measures that changed first."""
    own = spread if spread.empty else spread[spread["arm"] == "program"]
    if own.empty:
        return own
    waves = own["wave"].unique()
    own = own[own["wave"].isin([waves[0], waves[-1]])]
    if own["item"].nunique() <= MOST_QUESTIONS:
        return own
    changed = [e.outcome for e in last_changes(evaluation) if e.significant]
    chosen: list[str] = []
    for construct in dict.fromkeys([*changed, *own["construct"]]):
        wanted = own["construct"].isin([*chosen, construct])
        if not chosen or own.loc[wanted, "item"].nunique() <= MOST_QUESTIONS:
            chosen.append(construct)
    return own[own["construct"].isin(chosen)]


def _last(estimates: Iterable[Estimate]) -> list[Estimate]:
    """Return the made estimates of the last wave."""
    made = [e for e in estimates if e.made]
    return [e for e in made if e.group == made[-1].group]


def answers_title(changes: Sequence[Estimate]) -> str:
    """Return to how many questions favorable answers rose or fell; all count, not those drawn alone.

    Examples
    --------
    >>> answers_title([])
    'Answers of the program group to each question'
    """
    if not changes:
        return "Answers of the program group to each question"
    clear = [e for e in changes if supported(e)]
    more = sum(e.estimate > 0 for e in clear)
    ways = (("rose", more), ("fell", len(clear) - more))
    parts = [f"{verb} to {count}" for verb, count in ways if count]
    asked = plural(len(changes), "question")
    if not parts:
        return f"No clear change in the program group’s favorable answers to any of {asked}"
    return f"In the program group, favorable answers {' and '.join(parts)} of {asked}"


def survey_item_table(evaluation: Evaluation) -> Table | Prose:
    """Return how the answers to each question changed to the last wave."""
    changes = _last(evaluation.select(metric="sentiment_item_favourable_change"))
    odds = _last(evaluation.select(metric="sentiment_item_change"))
    items = evaluation.study.table("items")
    listed = [name for name in items["item"] if any(e.outcome == name for e in (*changes, *odds))]
    if not listed:
        return TOLD_ABOVE
    texts = dict(zip(items["item"], items["text"] if "text" in items else items["item"], strict=True))
    reverse = (
        set(items.loc[items["reversed"].fillna(False).astype(bool), "item"]) if "reversed" in items else ()
    )
    rows = []
    for name in listed:
        turned = " (turned)" if name in reverse else ""
        text = texts[name] if isinstance(texts[name], str) and texts[name].strip() else name
        found = [first(changes, outcome=name), first(odds, outcome=name)]
        rows.append([f"{text}{turned}", *(_marked(e, evaluation) for e in found)])
    level = level_heading([*changes, *odds])
    columns = [
        Column("Question", number=False),
        Column("Favorable answers", f"percentage points, {level}"),
        Column("Odds of a more favorable answer", f"ratio, later to first, {level}"),
    ]
    group = (changes or odds)[-1].group
    caption = f"Each question: change of the program group, {group}"
    notes = [
        "Odds above 1: answers moved to the favorable side, whichever answer is counted as favorable. "
        f"Turned: to disagree counts as favorable. {_OWN}",
    ]
    return Table(caption=caption, columns=columns, rows=rows, notes=notes)


def _marked(estimate: Estimate | None, evaluation: Evaluation) -> Cell:
    """Return a change with its interval, and a note where chance alone is an unlikely explanation."""
    cell = change_cell(estimate, evaluation.study)
    return Cell(cell.text, CLEAR) if estimate is not None and supported(estimate) else cell


def training_table(evaluation: Evaluation) -> Table | Prose:
    """Return what trainees gained, and who reached the score asked for."""
    estimates = [e for e in evaluation.select(strand="outcome") if e.metric.startswith("training_")]
    if not any(e.made for e in estimates):
        return TOLD_ABOVE
    rows = [
        [MEASURES[e.metric][0], change_cell(e, evaluation.study), number(e.n_after) if e.made else MISSING]
        for e in estimates
        if e.metric in MEASURES
    ]
    columns = [Column("Measure", number=False), Column("Value", level_heading(estimates)), Column("Trainees")]
    notes = ["Nobody without the training was tested, so that taking a test twice may be part of the gain."]
    return Table(caption="Scores of trainees before and after", columns=columns, rows=rows, notes=notes)


def survey_quality_table(evaluation: Evaluation) -> Table | Prose:
    """Return how well the questions of each measure go together, and whether their scale had room."""
    reliable = evaluation.select(metric="sentiment_reliability")
    if not any(e.made for e in reliable):
        return TOLD_ABOVE
    program_id = evaluation.program.program_id
    ends = room(evaluation.study, program_id).groupby("construct")[["floor", "ceiling"]].max()
    size = {scale.construct: len(scale.items) for scale in scales(evaluation.study, program_id)}
    rows = [
        [
            label(e.outcome),
            number(size.get(e.outcome, math.nan)),
            change_cell(e, evaluation.study) if e.made else amount_cell(e, evaluation.study),
            *(percent(ends[side].get(e.outcome, math.nan)) for side in ("floor", "ceiling")),
        ]
        for e in reliable
    ]
    columns = [
        Column("Measure", number=False),
        Column("Questions"),
        Column("Reliability (alpha)", level_heading(reliable)),
        Column("At the lowest score", "largest of all waves and groups"),
        Column("At the highest score", "largest of all waves and groups"),
    ]
    notes = [
        "From 0.7 on a measure is usually held reliable enough for groups of people. With more than 15% of "
        "people at one end there is little room to show a change.",
        *dict.fromkeys(e.note for e in reliable if e.made and e.note),
    ]
    return Table(caption="How well each measure was measured", columns=columns, rows=rows, notes=notes)
