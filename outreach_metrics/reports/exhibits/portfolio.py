"""All programs of a study side by side."""

from __future__ import annotations

import math
from collections.abc import Iterable

from outreach_metrics import plots
from outreach_metrics.estimate import Estimate
from outreach_metrics.evaluation import Evaluation
from outreach_metrics.evidence.claims import HEADLINE_METRICS, outcome_name, strongest, supported
from outreach_metrics.evidence.design import LEVELS, STRENGTH
from outreach_metrics.evidence.wording import MISSING, label, listing, value
from outreach_metrics.reports.exhibits.cells import amount_cell, change_text, first, source
from outreach_metrics.reports.exhibits.crime import SIDES
from outreach_metrics.reports.exhibits.kinds import Column, Figure, Prose, Table, bullets, paragraphs

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
    """Sort programs by what their change in crime bears: a fall, a rise, neither, or nothing."""
    groups: dict[str, list[Evaluation]] = {"fell": [], "rose": [], "unclear": [], "unknown": []}
    for evaluation in evaluations:
        change = crime_change(evaluation)
        if change is None:
            groups["unknown"].append(evaluation)
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
    groups = _split(evaluations)
    what = _outcome(evaluations)
    first_sentence = f"Of {_programs(len(evaluations))}, {_verdicts(groups, what)}."
    clear = sum(bool(_clear(evaluation)) for evaluation in evaluations)
    compared = sum((evaluation.design_level or 0) >= COMPARED for evaluation in evaluations)
    sure = (
        f"Counting every outcome and survey measure, {clear} of {len(evaluations)} show at least one clear "
        "change; with so many looked at, a few will be chance, so a single one is a lead and not a proof."
    )
    strength = (
        f"Evidence of level 3 or more of 5, with a comparison, is there for {compared} of "
        f"{len(evaluations)}; the others show change over time alone, or activity."
    )
    return paragraphs(f"{first_sentence} {sure} {strength}", kind="answer")


def _programs(number: int) -> str:
    return f"{number} program{'s' * (number != 1)}"


def _verdicts(groups: dict[str, list[Evaluation]], what: str) -> str:
    parts = []
    for kind, verb in (("fell", "a clear fall"), ("rose", "a clear rise")):
        if groups[kind]:
            names = listing([_told(evaluation) for evaluation in groups[kind]])
            parts.append(f"{len(groups[kind])} {_show(groups[kind])} {verb} in {what} ({names})")
    if groups["unclear"]:
        parts.append(f"{len(groups['unclear'])} {_show(groups['unclear'])} no clear change in {what}")
    if groups["unknown"]:
        cannot = "has" if len(groups["unknown"]) == 1 else "have"
        parts.append(f"{len(groups['unknown'])} {cannot} no areas or counts to tell it from")
    return "; ".join(parts)


def _show(group: list[Evaluation]) -> str:
    return "shows" if len(group) == 1 else "show"


def _told(evaluation: Evaluation) -> str:
    change = crime_change(evaluation)
    return f"{evaluation.program.name} {value(change.estimate, change.unit)}{_alone(change)}"


def _alone(estimate: Estimate) -> str:
    return "" if (estimate.design_level or 0) >= COMPARED else " without a comparison"


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
    title = _forest_title(_split(evaluations), what, sum(estimate.made for estimate in estimates))
    axes = plots.forest(
        labels,
        estimates,
        title=title,
        subtitle=f"Change in {what} after the start of each program",
        sides=SIDES,
    )
    rows = "; ".join(f"{name} {change_text(e)}" for name, e in zip(labels, estimates, strict=True) if e.made)
    return Figure(
        image=plots.png(axes),
        alt=f"Chart of estimates with intervals, a row a program. {title}. {rows}.",
        caption="Filled marks compare with other areas and may be read as an effect with care; hollow marks "
        "are change over time alone. A line that crosses 0% means that no change fits the data too; to be "
        "called clear, a change has to stand out when all outcomes of the program are counted together.",
        source=source(evaluations[0].study, "incidents", "counts", "areas", "program_areas"),
    )


def _forest_title(groups: dict[str, list[Evaluation]], what: str, made: int) -> str:
    told = [f"{kind} clearly in {len(groups[kind])}" for kind in ("fell", "rose") if groups[kind]]
    if not told:
        return f"No clear change in {what} in any of {_programs(made)}"
    alone = sum(bool(_alone(crime_change(e))) for e in [*groups["fell"], *groups["rose"]])
    besides = f" ({alone} without a comparison)" if alone else ""
    return f"{what[:1].upper()}{what[1:]} {' and '.join(told)} of {_programs(made)}{besides}"


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
    parts = ["; ".join(_amount(e) for e in clear if not _alone(e))]
    alone = "; ".join(_amount(e) for e in clear if _alone(e))
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
            rows.append([STRENGTH[level], str(level or MISSING), meaning, listing(names, most=len(names))])
    columns = [
        Column("Strength", number=False),
        Column("Level"),
        Column("What it takes", number=False),
        Column("Programs", number=False),
    ]
    return Table(caption="Strength of evidence, strongest first", columns=columns, rows=rows)


def portfolio_failures(results: Results) -> Prose:
    """Return the programs that could not be evaluated, each with its reason."""
    if not results.failures:
        return paragraphs(f"Every program of the study was evaluated ({len(results.evaluations)}).")
    failed = [f"{name}: {error}" for name, error in results.failures.items()]
    return bullets(failed, lead="These programs could not be evaluated:")
