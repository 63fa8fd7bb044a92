"""What every program of a study did, side by side: people, partners, concerns, cost. Never a ranking."""

from __future__ import annotations

from outreach_metrics.estimate import Estimate
from outreach_metrics.evaluation import Evaluation
from outreach_metrics.evidence.wording import MISSING, money, number, percent
from outreach_metrics.reports.exhibits.cells import TOLD_ABOVE, first, hidden, limits, privacy
from outreach_metrics.reports.exhibits.kinds import Cell, Column, Prose, Table
from outreach_metrics.reports.exhibits.portfolio import Results

_MEASURES: dict[str, str] = {
    "attendance_total": "Attendances",
    "attendance_unique": "Different people",
    "partnership_agencies": "Agencies",
    "referral_completion": "Referrals completed",
    "concern_resolution_share": "Concerns resolved",
    "cost_total": "Cost",
    "cost_per_attendee": "Cost of an attendance",
}


def portfolio_activity(results: Results) -> Table | Prose:
    """Return what each program did and cost; measures that no program has are left out.

    Parameters
    ----------
    results : Results
    """
    found = {
        metric: [first(e.estimates, metric=metric, outcome="", group="") for e in results.evaluations]
        for metric in _MEASURES
    }
    shown = {metric: row for metric, row in found.items() if any(e is not None and e.made for e in row)}
    if not shown:
        return TOLD_ABOVE
    rows = [
        [evaluation.program.name, *(_cell(evaluation, row[place]) for row in shown.values())]
        for place, evaluation in enumerate(results.evaluations)
    ]
    columns = [Column("Program", number=False), *(Column(_MEASURES[metric]) for metric in shown)]
    notes = [
        "Not a ranking: programs that do different things, for different people, cost and reach differently. "
        "Shares stand with their interval."
    ]
    return Table(caption="What each program did, and what it cost", columns=columns, rows=rows, notes=notes)


def _cell(evaluation: Evaluation, estimate: Estimate | None) -> Cell:
    if estimate is None or not estimate.made:
        few = estimate is not None and hidden(estimate)
        return Cell("not shown", privacy(evaluation.study)) if few else Cell(MISSING)
    if estimate.strand == "cost":
        return Cell(money(estimate.estimate, evaluation.study.settings.currency))
    if estimate.unit == "share":
        span = limits(estimate)
        return Cell(
            f"{percent(estimate.estimate)} ({span})" if span != MISSING else percent(estimate.estimate)
        )
    return Cell(number(estimate.estimate))
