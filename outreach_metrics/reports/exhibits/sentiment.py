"""What people answered: a chart of the waves, a table of the changes, a table of the waves."""

from __future__ import annotations

from collections.abc import Iterable

import pandas as pd

from outreach_metrics import plots
from outreach_metrics.estimate import Estimate
from outreach_metrics.evaluation import Evaluation
from outreach_metrics.evidence.claims import CHANGE_METRICS, claim
from outreach_metrics.evidence.wording import MISSING, label, p_value
from outreach_metrics.plots.sentiment import wave_and_arm
from outreach_metrics.reports.exhibits.cells import (
    TOLD_ABOVE,
    alt_text,
    amount_cell,
    change_cell,
    change_text,
    changes_title,
    few_people,
    first,
    level_heading,
    nothing,
    source,
)
from outreach_metrics.reports.exhibits.drawn import estimates_drawn
from outreach_metrics.reports.exhibits.kinds import Cell, Column, Figure, Prose, Table

_WAVE_TABLES: dict[str, str] = {
    "sentiment_score": "Mean score (0 to 100) by survey wave, with interval and number of people",
    "sentiment_favourable": "Share of favorable answers by survey wave, with interval and number of people",
}


EVERYBODY = (
    "Each wave holds all who answered it, not the same people; the changes are in the table of changes."
)

MOST_WAVES = 3
"""Waves that stand side by side in a table that fits a page."""


def sentiment_chart(evaluation: Evaluation) -> Figure | Prose:
    """Return the chart of scores by wave, program against comparison respondents."""
    scores = evaluation.select(metric="sentiment_score")
    if not asked(evaluation):
        return few_people(scores, evaluation.study) or nothing("what people think", scores)
    title = sentiment_finding(evaluation)
    axes = plots.sentiment_waves(
        scores,
        title=title,
        subtitle="Mean score by survey wave, from 0 to 100; higher is better. The axis does not start at 0.",
    )[0]
    return Figure(
        axes=axes,
        name="views-by-wave",
        title=title,
        data=scores_drawn(scores),
        strand="sentiment",
        alt=alt_text(
            title,
            f"Chart of mean scores from 0 to 100 by survey wave, {_arms_in_words(scores)}.",
            (f"{label(e.outcome)}, {e.group}: {change_text(e)}" for e in scores if e.made),
        ),
        caption="Each mark is the mean of one group in one wave, each upright line its "
        f"{level_heading(scores)}. {EVERYBODY}",
        source=source(evaluation.study, "responses", "items"),
    )


def scores_drawn(scores: Iterable[Estimate]) -> pd.DataFrame:
    """Return a row a mean score that is drawn, with its wave and the group of respondents."""
    made = [e for e in scores if e.made]
    waves, arms = zip(*(wave_and_arm(e.group) for e in made), strict=True)
    frame = estimates_drawn([label(e.outcome) for e in made], made)
    return frame.assign(wave=waves, respondents=arms)


def asked(evaluation: Evaluation) -> bool:
    """Whether there is any survey score to show."""
    return any(e.made for e in evaluation.select(metric="sentiment_score"))


def _arms_in_words(scores: Iterable[Estimate]) -> str:
    arms = dict.fromkeys(wave_and_arm(e.group)[1] for e in scores if e.made)
    return f"{' and '.join(sorted(arms, reverse=True))} respondents"


def last_changes(evaluation: Evaluation) -> list[Estimate]:
    """Return each construct's change to its last wave: against the comparison group where it was made."""
    chosen: dict[str, Estimate] = {}
    for metric in reversed(CHANGE_METRICS):
        made = [e for e in evaluation.select(metric=metric) if e.made]
        chosen |= {e.outcome: e for e in made}
    return list(chosen.values())


def sentiment_finding(evaluation: Evaluation) -> str:
    """Return what the survey shows, as the title of a chart."""
    changes = last_changes(evaluation)
    if not changes:
        return "Survey scores by wave; a change could not be estimated"
    if len(changes) == 1:
        return claim(changes[0]).removesuffix(".")
    compared = all(e.metric == CHANGE_METRICS[0] for e in changes)
    against = "relative to the comparison group" if compared else "between the first and the last wave"
    return changes_title(changes, against, "measure")


def sentiment_table(evaluation: Evaluation) -> Table | Prose:
    """Return each construct's change, in the program group and relative to the comparison group."""
    changes = evaluation.select(metric="sentiment_change")
    if not any(e.made for e in changes):
        return nothing("how views changed", changes) if asked(evaluation) else TOLD_ABOVE
    rows = [_change_row(evaluation, change) for change in changes]
    level = level_heading(changes)
    columns = [
        Column("Measure", number=False),
        Column("Waves", number=False),
        Column("Change in the program group", f"points, {level}"),
        Column("Relative to the comparison group", f"points, {level}"),
        Column("Chance alone?", "adjusted p"),
    ]
    return Table(
        caption="Change in survey scores (0 to 100) from the first wave to later ones",
        columns=columns,
        rows=rows,
        notes=[
            "Chance alone: for the change relative to the comparison group where there is one, otherwise for "
            "the change in the program group; adjusted for looking at several measures."
        ],
    )


def _change_row(evaluation: Evaluation, change: Estimate) -> list[Cell | str]:
    names = {"outcome": change.outcome, "group": change.group}
    relative = first(evaluation.estimates, metric="sentiment_relative_change", **names)
    judged = relative if relative and relative.made else change
    return [
        label(change.outcome),
        change.group or MISSING,
        change_cell(change, evaluation.study),
        change_cell(relative, evaluation.study),
        p_value(judged.p_adjusted),
    ]


def sentiment_wave_table(evaluation: Evaluation, metric: str = "sentiment_score") -> Table | Prose:
    """Return scores, or favorable shares, by construct and wave; of many waves each is a row.

    Parameters
    ----------
    evaluation : Evaluation
    metric : {"sentiment_score", "sentiment_favourable"}
    """
    estimates = evaluation.select(metric=metric)
    if not any(e.made for e in estimates):
        what = _WAVE_TABLES[metric].partition(" by survey wave")[0].lower()
        return nothing(what, estimates) if asked(evaluation) else TOLD_ABOVE
    by_place = {(e.outcome, *wave_and_arm(e.group)): e for e in estimates}
    waves = list(dict.fromkeys(wave for _, wave, _ in by_place))
    constructs = dict.fromkeys(e.outcome for e in estimates)
    places = {(construct, arm): None for construct, _, arm in sorted(by_place, key=_program_first)}
    rows = [
        [
            label(construct),
            arm,
            *(_wave_cell(evaluation, by_place.get((construct, wave, arm))) for wave in waves),
        ]
        for construct, arm in sorted(places, key=lambda place: list(constructs).index(place[0]))
    ]
    columns = [Column("Measure", number=False), Column("Group", number=False), *map(Column, waves)]
    if len(waves) > MOST_WAVES:
        rows = [[*row[:2], wave, cell] for row in rows for wave, cell in zip(waves, row[2:], strict=True)]
        columns = [*columns[:2], Column("Wave", number=False), Column("Value")]
    return Table(caption=_WAVE_TABLES[metric], columns=columns, rows=rows, notes=[EVERYBODY])


def _program_first(place: tuple[str, str, str]) -> bool:
    return place[2] != "program"


def _wave_cell(evaluation: Evaluation, estimate: Estimate | None) -> Cell:
    cell = amount_cell(estimate, evaluation.study)
    if estimate is None or not estimate.made:
        return cell
    return Cell(f"{change_text(estimate)}, {estimate.n_after:,.0f}", cell.note)
