"""Treatment areas against the mix of comparison areas that tracked them before the start."""

from __future__ import annotations

import math

import numpy as np

from outreach_metrics.estimate import Estimate
from outreach_metrics.inference.synthetic import synthetic_control
from outreach_metrics.metrics.crime.case import (
    Case,
    crime_estimate,
    each_outcome,
    few_incidents,
    with_result,
)
from outreach_metrics.registry import metric
from outreach_metrics.study import Study

QUARTER = {"month": 3, "week": 13, "quarter": 1, "year": 1}
LEAST_QUARTERS = 8
MOST_DONORS = 100


@metric("crime_synthetic_effect", strand="crime")
def crime_synthetic_effect(study: Study, program_id: str) -> list[Estimate]:
    """Observed / synthetic rate after the start (synthetic control), with the placebo rank p-value."""
    template = crime_estimate(program_id, "crime_synthetic_effect", unit="ratio", design_level=3)
    return each_outcome(study, program_id, template, _synthetic, needs_comparison=True)


def _synthetic(case: Case, template: Estimate) -> Estimate:
    rates, before, length = _rates(case)
    if rates is None:
        return template.declined("The residents of the areas are not known, so that rates cannot be mixed.")
    if len(rates) - 1 > MOST_DONORS:
        return template.declined("Too many.")
    made = synthetic_control(rates, 0, before)
    if math.isnan(made.effect.estimate):
        return template.declined(
            f"No mix of comparison areas stands in for the treatment areas: {made.reason}."
        )
    donors = len(rates) - 1
    unit = case.windows.unit if length == 1 else f"{length} {case.windows.unit}s"
    reason = f"{made.reason[:1].upper()}{made.reason[1:]}." if made.reason else ""
    few_donors = (
        f"With {donors} comparison areas the smallest possible p-value is {1 / (donors + 1):.2g}."
        if 1 / (donors + 1) >= 1 - template.conf_level
        else ""
    )
    other_mixes = "" if made.unique else "Other mixes would fit the time before as well."
    mix = f"{donors} donors (effectively {made.effective_donors:.1f})"
    return with_result(
        template,
        made.effect,
        reason,
        few_donors,
        other_mixes,
        few_incidents(*case.treated),
        method=f"synthetic control on rates by {unit}, {mix}, placebo test over areas",
        n_before=float(case.treated[0]),
        n_after=float(case.treated[1]),
    )


def _rates(case: Case) -> tuple[np.ndarray | None, int, int]:
    """Return rates of the treatment areas together and of each comparison area, shape (1 + donors, blocks).

    Periods are taken together to quarters where enough of them lie before the start; also returned are the
    number of blocks before the start and the periods in a block.
    """
    before, after = case.windows.all_before, case.windows.all_after
    length = QUARTER[case.windows.unit]
    if len(before) // length < LEAST_QUARTERS or len(after) < 2 * length:
        length = 1
    whole = after[: len(after) // length * length]
    blocks = [before[len(before) % length :].reshape(-1, length), whole.reshape(-1, length)]
    used = np.concatenate(blocks)
    rows = case.panel.rows(case.program.comparison)
    residents = np.vstack([case.residents("treatment"), case.panel.population[rows]])[:, used].sum(axis=2)
    counts = np.vstack([case.series("treatment").sum(axis=0), case.series("comparison")])[:, used].sum(axis=2)
    held = (residents > 0).all(axis=1)
    if not held[0]:
        return None, 0, length
    return counts[held] / residents[held], len(blocks[0]), length
