"""Crime before and after, over time and against comparison areas."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from outreach_metrics import plots
from outreach_metrics.errors import UnknownNameError
from outreach_metrics.estimate import Estimate
from outreach_metrics.evaluation import Evaluation
from outreach_metrics.evidence.claims import HEADLINE_METRICS, claim, supported
from outreach_metrics.evidence.wording import MISSING, fall_or_rise, label, number, p_value
from outreach_metrics.metrics import crime
from outreach_metrics.reports.exhibits.cells import (
    TOLD_ABOVE,
    allowed_for,
    alt_text,
    amount_cell,
    change_cell,
    change_text,
    changes_title,
    difference_cell,
    first,
    level_heading,
    measure,
    nothing,
    ratio,
    source,
)
from outreach_metrics.reports.exhibits.drawn import columns_drawn, estimates_drawn
from outreach_metrics.reports.exhibits.kinds import Cell, Column, Figure, Prose, Table

SIDES = ("less crime", "more crime")


def crime_series(evaluation: Evaluation, outcome: str = "") -> Figure | Prose:
    """Return the chart of one outcome's rate over time against what was expected, its title the finding.

    Parameters
    ----------
    evaluation : Evaluation
    outcome : str
        Empty for the outcome that the evaluation answers for.

    Raises
    ------
    UnknownNameError
        The study counts no such outcome; the message lists those it counts.
    """
    study, program = evaluation.study, evaluation.program
    outcomes = study.panel.outcomes if study.panel is not None else ()
    if outcome and outcome not in outcomes:
        raise UnknownNameError("outcome", outcome, outcomes)
    outcome = outcome or evaluation.outcome
    if not _counted(evaluation):
        return nothing("crime over time", evaluation.select(metric="crime_rate_ratio"))
    series = crime.crime_series(study, program.program_id, outcome)
    column = "rate" if series["rate"].notna().any() else "count"
    shown = series if column == "rate" else series[series["group"] == "treatment"]
    named = evaluation.select(outcome=outcome)
    levels = [first(named, metric=f"crime_rate_{when}") for when in ("before", "after")]
    drawn = [level for level in levels if level and level.made]
    expected = column == "rate" and bool(series["expected"].notna().any())
    compared = bool(program.comparison)
    title, unit = _finding(named, outcome), _measure(evaluation, outcome, column)
    averages = levels if len(drawn) == 2 and not expected else ()
    axes = plots.crime_series(
        shown,
        title=title,
        subtitle=unit,
        start=program.start,
        column=column,
        levels=averages,
        expected="Expected" if expected else "",
    )
    line = _expected_line(compared) if expected else ""
    return Figure(
        axes=axes,
        name="crime-series",
        title=title,
        data=_series_drawn(shown, column, averages).assign(measure=unit),
        strand="crime",
        alt=alt_text(
            title,
            _drawn(evaluation, shown, outcome, column, expected=expected),
            [_levels_in_words(drawn)],
        ),
        caption=_series_caption(shown, [] if expected else drawn, study.settings.unit, line),
        source=source(study, "incidents", "counts", "areas"),
    )


def _series_drawn(series: pd.DataFrame, column: str, levels: Sequence[Estimate]) -> pd.DataFrame:
    """Return a row a point of each line, the averages last."""
    lines = [
        series.loc[series["group"] == group, ["period", "window"]].assign(
            line=f"{words} areas", value=series.loc[series["group"] == group, column]
        )
        for group, words in (("treatment", "program"), ("comparison", "comparison"))
    ]
    known = series[series["expected"].notna()]
    lines.append(known[["period", "window"]].assign(line="expected", value=known["expected"]))
    averages = [
        {
            "line": f"average {window}",
            "window": window,
            "value": level.estimate,
            "conf_low": level.conf_low,
            "conf_high": level.conf_high,
        }
        for window, level in zip(("before", "after"), levels, strict=False)
    ]
    frame = pd.concat([*lines, pd.DataFrame(averages)], ignore_index=True)
    wanted = ["line", "period", "window", "value", "conf_low", "conf_high"]
    return columns_drawn(frame.reindex(columns=wanted), *wanted)


def _expected_line(compared: bool) -> str:
    if compared:
        return (
            "Dotted line: what was to be expected in the program areas had they changed by the same "
            "percentage as the comparison areas; the gap to it is tinted."
        )
    return (
        "Dotted line: what was to be expected had the areas' own trend and season before the start gone on; "
        "the gap to it is tinted."
    )


def _counted(evaluation: Evaluation) -> bool:
    """Whether the study counts crime in areas of the program."""
    return bool(evaluation.study.panel is not None and evaluation.program.treatment)


def _finding(named: tuple[Estimate, ...], outcome: str) -> str:
    for metric in HEADLINE_METRICS:
        sentence = next((claim(e) for e in named if e.metric == metric and e.made), "")
        if sentence:
            alone = metric == "crime_rate_ratio"
            return sentence.removesuffix(".") + (_against_trend(named) if alone else "")
    name = "All crime" if outcome == "all" else label(outcome)
    return f"{name}: what was recorded; a change could not be estimated"


def _against_trend(named: tuple[Estimate, ...]) -> str:
    """Return what is left of a change over time once the trend before is allowed for."""
    step = first(named, metric="crime_its_level")
    if step is None or not claim(step):
        return ""
    change = fall_or_rise(step.estimate) if supported(step) else "no clear change"
    return f"; allowing for the trend before, {change} at the start"


def _measure(evaluation: Evaluation, outcome: str, column: str) -> str:
    settings = evaluation.study.settings
    what = "All recorded crime" if outcome == "all" else f"Recorded incidents: {label(outcome).lower()}"
    if column == "count":
        return f"{what}, number a {settings.unit} in the program areas"
    return f"{what}, per {settings.rate_per:,.15g} residents per year, by {settings.unit}"


def _drawn(evaluation: Evaluation, series: pd.DataFrame, outcome: str, column: str, *, expected: bool) -> str:
    compared = " and comparison areas" if (series["group"] == "comparison").any() else ""
    compared += ", and what was expected" * expected
    where = f", in program areas{compared}" if column == "rate" else ""
    return f"Line chart: {_measure(evaluation, outcome, column)}{where}."


def _levels_in_words(levels: list[Estimate]) -> str:
    if len(levels) < 2:
        return "Averages could not be estimated"
    before, after = (number(level.estimate, 1) for level in levels)
    return f"In the program areas the average was {before} before the start and {after} after it"


def _series_caption(series: pd.DataFrame, levels: list[Estimate], unit: str, expected: str) -> str:
    parts = ["Solid line: program areas."]
    if (series["group"] == "comparison").any():
        parts.append("Dashed line: comparison areas.")
    if expected:
        parts.append(expected)
    if len(levels) == 2:
        band = f"the {level_heading(levels)} as a band"
        parts.append(f"Level lines: average of the program areas before and after, with {band}.")
    if (series["window"] == "after").any():
        parts.append("Shaded: the period after the start that is compared.")
    if (series["window"] == "left out").any():
        parts.append(f"Pale: {unit}s that are not used.")
    return " ".join(parts)


def crime_table(evaluation: Evaluation) -> Table | Prose:
    """Return incidents, rates and their change after the start, a row an outcome."""
    if not _counted(evaluation):
        return TOLD_ABOVE
    estimates = evaluation.select(strand="crime")
    ratios = [e for e in estimates if e.metric == "crime_rate_ratio"]
    if not any(e.made for e in estimates):
        return nothing("crime before and after", estimates)
    rows = [_crime_row(evaluation, change) for change in ratios]
    unit = f"per {evaluation.study.settings.rate_per:,.15g} residents a year"
    columns = [
        Column("Outcome", number=False),
        Column("Incidents before"),
        Column("Incidents after"),
        Column("Rate before", unit),
        Column("Rate after", unit),
        Column("Change in rate", level_heading(ratios)),
    ]
    return Table(
        caption="Recorded crime in the program areas before and after the start",
        columns=columns,
        rows=rows,
        notes=["A change over time alone does not tell why crime changed."],
    )


def _crime_row(evaluation: Evaluation, change: Estimate) -> list[Cell | str]:
    study = evaluation.study
    named = evaluation.select(strand="crime", outcome=change.outcome)
    before, after = (first(named, metric=f"crime_rate_{when}") for when in ("before", "after"))
    return [
        measure(change),
        number(change.n_before),
        number(change.n_after),
        amount_cell(before, study),
        amount_cell(after, study),
        change_cell(change, study),
    ]


def crime_effect_table(evaluation: Evaluation) -> Table | Prose:
    """Return each outcome's change relative to the comparison areas, in percent and in incidents."""
    if not _counted(evaluation):
        return TOLD_ABOVE
    effects = evaluation.select(metric="crime_relative_effect")
    if not any(e.made for e in effects):
        return nothing("crime relative to comparison areas", effects)
    rows = []
    for effect in effects:
        difference = first(evaluation.estimates, metric="crime_difference", outcome=effect.outcome)
        rows.append(
            [
                measure(effect),
                change_cell(effect, evaluation.study),
                ratio(effect),
                p_value(effect.p_adjusted),
                difference_cell(difference, evaluation.study),
                p_value(difference.p_adjusted) if difference else MISSING,
            ]
        )
    level = level_heading(effects)
    columns = [
        Column("Outcome", number=False),
        Column("Change relative to comparison", level),
        Column("Ratio"),
        Column("Chance alone?", "adjusted p of the change in %"),
        Column("Incidents more (+) or fewer (−)", level),
        Column("Chance alone?", "adjusted p of the incidents"),
    ]
    return Table(
        caption="Change in recorded crime relative to the comparison areas",
        columns=columns,
        rows=rows,
        notes=[
            "Chance alone: how often a difference this large would come up if the program changed nothing; "
            "below 0.05 chance is an unlikely explanation. It is adjusted for looking at several outcomes.",
            "Incidents more or fewer assume an equal change per resident instead of an equal percentage and "
            "count neighboring areas where given; the two can differ.",
        ],
    )


def crime_change_table(evaluation: Evaluation) -> Table | Prose:
    """Return what `crime_effect_table` shows; where nothing could be compared, what `crime_table` shows."""
    compared = any(e.made for e in evaluation.select(metric="crime_relative_effect"))
    return crime_effect_table(evaluation) if compared else crime_table(evaluation)


def crime_forest(evaluation: Evaluation) -> Figure | Prose:
    """Return the chart of every outcome's change, against comparison areas where there are."""
    if not _counted(evaluation):
        return TOLD_ABOVE
    relative = evaluation.select(metric="crime_relative_effect")
    compared = any(e.made for e in relative)
    shown = relative if compared else evaluation.select(metric="crime_rate_ratio")
    if not any(e.made for e in shown):
        return nothing("the change in crime", shown)
    against = "relative to the comparison areas" if compared else "after the start"
    title = changes_title(shown, against, "outcome")
    axes = plots.forest(
        [measure(e) for e in shown],
        shown,
        title=title,
        subtitle=f"Change in recorded crime {against}, by outcome",
        sides=SIDES,
        strand="crime",
    )
    return Figure(
        axes=axes,
        name="crime-forest",
        title=title,
        data=estimates_drawn([measure(e) for e in shown], shown),
        strand="crime",
        alt=alt_text(
            title,
            "Chart of the change in percent, with intervals, a row an outcome.",
            (f"{measure(e)} {change_text(e)}" for e in shown if e.made),
        ),
        caption="Each mark is the best estimate, each line its interval: the range of changes that fit the "
        f"data. A line that crosses 0% means that no change fits the data too. {allowed_for(shown)}".strip(),
        source=source(evaluation.study, "incidents", "counts", "areas"),
    )
