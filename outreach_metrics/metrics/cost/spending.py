"""What a program cost: in all, by category, by who paid, by year, and how much of it was given in kind."""

from __future__ import annotations

from dataclasses import replace

from outreach_metrics.estimate import Estimate
from outreach_metrics.metrics.cost.case import (
    IN_KIND,
    KNOWN,
    NOT_ABOVE_ZERO,
    UNKNOWN_SOURCE,
    Spending,
    no_costs,
    sentences,
    spending,
    template,
)
from outreach_metrics.registry import metric
from outreach_metrics.study import Study

REFUNDS = "Refunds are taken off."


@metric("cost_total", strand="cost")
def cost_total(study: Study, program_id: str) -> list[Estimate]:
    """Everything that was spent or given, in all and by category, source and calendar year.

    Amounts as recorded, in the prices of their day; gifts in kind at the value the study gives them; refunds
    (amounts below 0) are taken off. The parts of each kind add up to the total. Groups: "" for all,
    "category: staff", "source: grant", "year: 2023".
    """
    spent = spending(study, program_id)
    empty = template(study, program_id, "cost_total", "", "sum of recorded amounts")
    if spent.rows.empty:
        return no_costs(empty)
    refunds = REFUNDS if (spent.rows["amount"] < 0).any() else ""
    whole = replace(empty, note=sentences(KNOWN, refunds, spent.note))
    parts = [replace(whole, group=group, note=KNOWN, **numbers) for group, numbers in _parts(spent)]
    return [replace(whole, estimate=spent.total, n_after=float(len(spent.rows))), *parts]


def _parts(spent: Spending) -> list[tuple[str, dict[str, float]]]:
    """Return the name of each part, its sum and its rows, the largest first; years in order."""
    rows = spent.rows.assign(
        source=spent.rows["source"].replace("", UNKNOWN_SOURCE), year=spent.rows["date"].dt.year
    )
    found = []
    for kind in ("category", "source", "year"):
        sums = rows.groupby(kind)["amount"].agg(["sum", "size"])
        ordered = sums.sort_index() if kind == "year" else sums.sort_values("sum", ascending=False)
        found += [
            (f"{kind}: {name}", {"estimate": float(amount), "n_after": float(size)})
            for name, amount, size in ordered.itertuples()
        ]
    return found


@metric("cost_in_kind_share", strand="cost")
def cost_in_kind_share(study: Study, program_id: str) -> list[Estimate]:
    """Share of the costs that was given in kind (volunteer hours, rooms), of those whose source is stated.

    Between 0 and 1; without a number where refunds are more than what was spent from a source.
    """
    spent = spending(study, program_id)
    empty = template(study, program_id, "cost_in_kind_share", "", "in kind / all with a stated source")
    empty = replace(empty, unit="share")
    if spent.rows.empty:
        return no_costs(empty)
    stated = spent.rows[spent.rows["source"] != ""]
    if stated.empty:
        return [empty.declined("The source of no cost is stated.")]
    whole = float(stated["amount"].sum())
    part = float(stated.loc[stated["source"] == IN_KIND, "amount"].sum())
    if not stated["amount"].any():
        return [empty.declined(NOT_ABOVE_ZERO)]
    if not (whole > 0 and 0 <= part <= whole * (1 + 1e-12)):
        return [empty.declined("Refunds are more than what was spent, so that there is no share.")]
    unstated = len(spent.rows) - len(stated)
    left_out = f"{unstated} of {len(spent.rows)} costs state no source and are left out." if unstated else ""
    made = {"estimate": min(part / whole, 1.0), "n_after": float(len(stated))}
    return [replace(empty, **made, note=sentences(KNOWN, left_out))]
