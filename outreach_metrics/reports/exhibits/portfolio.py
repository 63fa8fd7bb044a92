"""All programs of a study side by side."""

from __future__ import annotations

import math
from collections.abc import Iterable

from outreach_metrics import plots
from outreach_metrics.estimate import Estimate
from outreach_metrics.evaluation import Evaluation, PooledType, pooled_by_type
from outreach_metrics.evidence.claims import HEADLINE_METRICS, outcome_name, strongest, supported
from outreach_metrics.evidence.design import LEVELS, STRENGTH, strength
from outreach_metrics.evidence.wording import (
    MISSING,
    fall_or_rise,
    interval,
    label,
    listing,
    percent,
    ratio_change,
    value,
)
from outreach_metrics.reports.exhibits.cells import alt_text, amount_cell, change_text, first, source
from outreach_metrics.reports.exhibits.crime import SIDES
from outreach_metrics.reports.exhibits.drawn import estimates_drawn
from outreach_metrics.reports.exhibits.kinds import Cell, Column, Figure, Prose, Table, bullets, paragraphs

COMPARED = 3
"""Design level from which a change is measured against a comparison."""


class Results:
    """The programs of a study: those that were evaluated, and why the others were not.

    Parameters
    ----------
    pairs : iterable of (program_id, Evaluation or Exception)
        As `evaluate_study` gives them.
    """

    def __init__(self, pairs: Iterable[tuple[str, Evaluation | Exception]]) -> None:
        found = dict(pairs)
        self.evaluations = [result for result in found.values() if isinstance(result, Evaluation)]
        self.failures = {name: error for name, error in found.items() if isinstance(error, Exception)}


def crime_change(evaluation: Evaluation) -> Estimate | None:
    """Return the change in the evaluation's outcome: against comparison areas, else over time, else None."""
    for metric in HEADLINE_METRICS:
        estimate = first(evaluation.estimates, metric=metric, outcome=evaluation.outcome)
        if estimate and estimate.made:
            return estimate
    return None


def _split(evaluations: Iterable[Evaluation]) -> dict[str, list[Evaluation]]:
    """Sort programs by what their change in crime bears; changes without a comparison stand apart."""
    groups: dict[str, list[Evaluation]] = {"fell": [], "rose": [], "unclear": [], "alone": [], "unknown": []}
    for evaluation in evaluations:
        change = crime_change(evaluation)
        if change is None:
            groups["unknown"].append(evaluation)
        elif (change.design_level or 0) < COMPARED:
            groups["alone"].append(evaluation)
        elif not supported(change):
            groups["unclear"].append(evaluation)
        else:
            groups["fell" if change.estimate < 1 else "rose"].append(evaluation)
    return groups


def _outcome(evaluations: list[Evaluation]) -> str:
    outcome = next((e.outcome for e in evaluations if e.outcome), "all")
    return "recorded crime" if outcome == "all" else f"recorded {label(outcome).lower()}"


def portfolio_answer(results: Results) -> Prose:
    """Return three sentences over all programs: what changed where, how sure, how strong the evidence."""
    evaluations = results.evaluations
    if not evaluations:
        return paragraphs("No program could be evaluated.", kind="answer")
    groups, what = _split(evaluations), _outcome(evaluations)
    sentences = [_compared(groups, what), *_alone(groups["alone"], what), *_unknown(groups["unknown"], what)]
    return paragraphs(" ".join([*sentences, _sure(evaluations), _strength(evaluations)]), kind="answer")


def _compared(groups: dict[str, list[Evaluation]], what: str) -> str:
    """Return how the programs went that are measured against comparison areas."""
    compared = [evaluation for kind in ("fell", "rose", "unclear") for evaluation in groups[kind]]
    if not compared:
        return "No program is measured against comparison areas."
    verdicts = {"fell": f"a clear fall in {what}", "rose": f"a clear rise in {what}"}
    if len(compared) == 1:
        verdict = next((verdicts[kind] for kind in verdicts if groups[kind]), f"no clear change in {what}")
        shown = f"{compared[0].program.name} shows {verdict} ({_size(compared[0])})"
        return f"Measured against comparison areas, {shown}."
    parts = [
        f"{len(groups[kind])} {_show(groups[kind])} {verdict} ({'; '.join(map(_named, groups[kind]))})"
        for kind, verdict in verdicts.items()
        if groups[kind]
    ]
    if groups["unclear"]:
        parts.append(f"{len(groups['unclear'])} {_show(groups['unclear'])} no clear change in {what}")
    return f"Of {len(compared)} programs measured against comparison areas, {'; '.join(parts)}."


def _alone(group: list[Evaluation], what: str) -> list[str]:
    """Return a sentence a program whose change over time has no comparison."""
    return [
        f"{evaluation.program.name}: {_beside_before(crime_change(evaluation), what)}, without a comparison, "
        "so nothing tells whether it is the program."
        for evaluation in group
    ]


def _beside_before(change: Estimate, what: str) -> str:
    if not supported(change):
        return f"no clear change in {what}"
    size = percent(abs(change.estimate - 1))
    return f"{what} {size} {'lower' if change.estimate < 1 else 'higher'} than before"


def _unknown(group: list[Evaluation], what: str) -> list[str]:
    if not group:
        return []
    who = group[0].program.name if len(group) == 1 else f"{len(group)} programs"
    return [f"{who} {'has' if len(group) == 1 else 'have'} no areas or counts to tell {what} from."]


def _sure(evaluations: list[Evaluation]) -> str:
    """Return how many programs have clear changes for the better and for the worse, against a comparison."""
    better, worse = (
        sum(
            any(_better(e) is wanted for e in _clear(evaluation) if _has_comparison(e))
            for evaluation in evaluations
        )
        for wanted in (True, False)
    )
    caution = "with so many looked at, a few will be chance, so a single one is a lead and not a proof"
    return (
        "Of all outcomes and survey measures that have a comparison, at least one is clearly better in "
        f"{_programs(better)} and at least one clearly worse in {_programs(worse)}; {caution}."
    )


def _better(estimate: Estimate) -> bool:
    """Whether a change is one for the better: less crime, or a higher score."""
    return estimate.estimate < 1 if estimate.unit.startswith("ratio") else estimate.estimate > 0


def _strength(evaluations: list[Evaluation]) -> str:
    if len(evaluations) == 1:
        return f"{strength(evaluations[0].design_level)}."
    compared = sum((evaluation.design_level or 0) >= COMPARED for evaluation in evaluations)
    rest = "the others show change over time alone, or activity"
    others = f"; {rest}" if compared < len(evaluations) else ""
    return (
        f"Evidence of level 3 or more of 5, with a comparison, is there for {compared} of "
        f"{len(evaluations)}{others}."
    )


def _programs(count: int) -> str:
    return f"{count or 'no'} program{'s' * (count != 1)}"


def _show(group: list[Evaluation]) -> str:
    return "shows" if len(group) == 1 else "show"


def _named(evaluation: Evaluation) -> str:
    return f"{evaluation.program.name}, {_size(evaluation)}"


def _size(evaluation: Evaluation) -> str:
    change = crime_change(evaluation)
    return value(change.estimate, change.unit)


def _has_comparison(estimate: Estimate) -> bool:
    return (estimate.design_level or 0) >= COMPARED


def portfolio_forest(results: Results) -> Figure | Prose:
    """Return the chart of every program's change in crime, the largest fall first, those without one last."""
    evaluations = results.evaluations
    changes = [(evaluation, crime_change(evaluation)) for evaluation in evaluations]
    if not any(change for _, change in changes):
        return paragraphs("No program has areas and counts to tell a change in crime from.")
    ordered = sorted(changes, key=lambda pair: pair[1].estimate if pair[1] else math.inf)
    estimates = [change or _blank(evaluation) for evaluation, change in ordered]
    labels = [evaluation.program.name for evaluation, _ in ordered]
    what = _outcome(evaluations)
    title = _forest_title(_split(evaluations), what)
    axes = plots.forest(
        labels,
        estimates,
        title=title,
        subtitle=f"Change in {what} after the start of each program",
        sides=SIDES,
        strand="crime",
    )
    return Figure(
        axes=axes,
        name="portfolio-crime",
        title=title,
        data=estimates_drawn(labels, estimates),
        strand="crime",
        alt=alt_text(
            title,
            "Chart of the change in percent, with intervals, a row a program.",
            (f"{name} {change_text(e)}" for name, e in zip(labels, estimates, strict=True) if e.made),
        ),
        caption="Filled marks compare with other areas and may be read as an effect with care; hollow marks "
        "are change over time alone. A line that crosses 0% means that no change fits the data too; to be "
        "called clear, a change has to stand out when all outcomes of the program are counted together. "
        "Programs differ in kind, place and time: the order is not a ranking of their worth.",
        source=source(evaluations[0].study, "incidents", "counts", "areas", "program_areas"),
    )


def _forest_title(groups: dict[str, list[Evaluation]], what: str) -> str:
    compared = sum(len(groups[kind]) for kind in ("fell", "rose", "unclear"))
    if not compared:
        return f"Change in {what} over time; no program has comparison areas"
    told = [f"{kind} clearly in {len(groups[kind])}" for kind in ("fell", "rose") if groups[kind]]
    if compared == 1:
        verdict = next((kind for kind in ("fell", "rose") if groups[kind]), "")
        clear = f"{what[:1].upper()}{what[1:]} {verdict} clearly" if verdict else f"No clear change in {what}"
        return f"{clear} in the one program with comparison areas"
    if not told:
        return f"No clear change in {what} in any of {compared} programs with comparison areas"
    return f"{what[:1].upper()}{what[1:]} {' and '.join(told)} of {compared} programs with comparison areas"


def _blank(evaluation: Evaluation) -> Estimate:
    return Estimate(
        program_id=evaluation.program.program_id, strand="crime", metric=HEADLINE_METRICS[0], unit="ratio"
    )


def portfolio_table(results: Results) -> Table | Prose:
    """Return a row a program: strength of evidence, change in crime, attendance, change in views."""
    evaluations = results.evaluations
    if not evaluations:
        return paragraphs("No program could be evaluated.")
    rows = [
        [
            evaluation.program.name,
            str(evaluation.design_level or MISSING),
            change_text(crime_change(evaluation)),
            amount_cell(first(evaluation.estimates, metric="attendance_total"), evaluation.study),
            _clear_changes(evaluation),
        ]
        for evaluation in evaluations
    ]
    columns = [
        Column("Program", number=False),
        Column("Evidence", "level, 1 to 5"),
        Column(f"Change in {_outcome(evaluations)}", "95% interval"),
        Column("Attendances"),
        Column("Clear changes in any measure", number=False),
    ]
    return Table(caption="All programs", columns=columns, rows=rows)


def _clear(evaluation: Evaluation) -> list[Estimate]:
    """Return what clearly changed, each measure once: strongest design, last survey wave."""
    last = {(e.strand, e.outcome): e for e in strongest(evaluation.estimates)}
    return [estimate for estimate in last.values() if supported(estimate)]


def _clear_changes(evaluation: Evaluation) -> str:
    """Return the clear changes in words, those without a comparison apart."""
    if not strongest(evaluation.estimates):
        return "no change measured"
    clear = _clear(evaluation)
    parts = ["; ".join(_amount(e) for e in clear if _has_comparison(e))]
    alone = "; ".join(_amount(e) for e in clear if not _has_comparison(e))
    parts.append(f"without a comparison: {alone}" if alone else "")
    return "; ".join(filter(None, parts)) or "none"


def _amount(estimate: Estimate) -> str:
    points = "" if estimate.unit.startswith("ratio") else " points"
    return f"{outcome_name(estimate)} {value(estimate.estimate, estimate.unit)}{points}"


def portfolio_strength(results: Results) -> Table:
    """Return which programs have which strength of evidence."""
    evaluations = results.evaluations
    rows = []
    for level in [*sorted(LEVELS, reverse=True), None]:
        names = [e.program.name for e in evaluations if e.design_level == level]
        if names:
            meaning = LEVELS.get(level, "activity and opinion at one time only")
            rows.append([STRENGTH[level], str(level or MISSING), meaning, _joined(names)])
    columns = [
        Column("Strength", number=False),
        Column("Level"),
        Column("What it takes", number=False),
        Column("Programs", number=False),
    ]
    return Table(caption="Strength of evidence, strongest first", columns=columns, rows=rows)


def _joined(names: list[str]) -> str:
    """Join names, by semicolons where one of them holds a comma."""
    return "; ".join(names) if any("," in name for name in names) else listing(names, most=len(names))


def portfolio_failures(results: Results) -> Prose:
    """Return the programs that could not be evaluated, each with its reason."""
    if not results.failures:
        return paragraphs(f"Every program of the study was evaluated ({len(results.evaluations)}).")
    failed = [f"{name}: {error}" for name, error in results.failures.items()]
    return bullets(failed, lead="These programs could not be evaluated:")


def portfolio_types(results: Results) -> Table | Prose:
    """Return the programs of each type together; a sentence when no type has two with comparison areas."""
    pooled = pooled_by_type(results.evaluations)
    if not pooled:
        return paragraphs("No type of program has two programs with comparison areas to be taken together.")
    return Table(
        caption=f"Programs of one type together: change in {_outcome(results.evaluations)} "
        "relative to comparison areas",
        columns=[
            Column("Type of program", number=False),
            Column("Programs"),
            Column("Change"),
            Column("95% interval"),
            Column("One more program", "where its change would lie"),
        ],
        rows=[_type_row(one) for one in pooled],
        notes=[
            "The mean of the programs, each weighted by how sure it is; the programs may truly differ "
            "(random effects).",
        ],
    )


def _type_row(one: PooledType) -> list[Cell | str]:
    low, high = one.prediction
    further = (
        Cell(MISSING, "With two programs nothing can be said of a third." if len(one.program_ids) < 3 else "")
        if math.isnan(low)
        else f"{fall_or_rise(low)} to {fall_or_rise(high)}"
    )
    sure = interval(one.estimate) or Cell(
        MISSING, "Programs share comparison areas: no interval for their mean."
    )
    change = ratio_change(one.estimate.estimate)
    return [label(one.type), f"{len(one.program_ids)}", change, sure, further]
