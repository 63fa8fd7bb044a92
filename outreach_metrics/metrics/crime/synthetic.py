"""Treatment areas against the mix of comparison areas that tracked them before the start."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np

from outreach_metrics.estimate import Estimate
from outreach_metrics.inference.synthetic_groups import synthetic_group
from outreach_metrics.inference.weighting import balancing_weights, effective_areas, weighted_contrast
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
FEW_A_BLOCK = 10
"""Mean incidents of a comparison area in a block of periods below which a mix of them follows chance."""

MANY_AREAS = 100
"""Comparison areas from which weights balance counts over many small areas instead of mixing a few donors."""


@metric("crime_synthetic_effect", strand="crime")
def crime_synthetic_effect(study: Study, program_id: str) -> list[Estimate]:
    """Observed / synthetic incidents after the start: against the mix of areas that tracked these before.

    With up to 100 comparison areas synthetic control with placebo groups; with more, weights that give the
    comparison areas the very counts of the treatment areas, of every outcome in every quarter before, and
    their residents (Robbins MW, Saunders J & Kilmer B 2017, JASA 112:109).
    """
    template = crime_estimate(program_id, "crime_synthetic_effect", unit="ratio", design_level=3)
    return each_outcome(study, program_id, template, _synthetic, needs_comparison=True)


def _synthetic(case: Case, template: Estimate) -> Estimate:
    template = replace(template, note=" ".join(case.windows.all_notes))
    many = len(case.program.comparison) > MANY_AREAS
    return _weighted(case, template) if many else _mixed(case, template)


def _mixed(case: Case, template: Estimate) -> Estimate:
    """Return the effect against a mix of a few donors."""
    rows, counts, residents, before, length = _blocks(case)
    held = (residents > 0).all(axis=1)
    treated = np.arange(len(rows)) < len(case.program.treatment)
    if not held[treated].all():
        return template.declined("The residents of the treatment areas are not known: rates cannot be mixed.")
    made = synthetic_group(counts[held], residents[held], treated[held], before)
    if math.isnan(made.effect.estimate):
        reason = f"No mix of comparison areas stands in for the treatment areas: {made.reason}."
        return template.declined(reason)
    donors = len(made.weights)
    unit = case.windows.unit if length == 1 else f"{length} {case.windows.unit}s"
    mix = f"{donors} donors (effectively {effective_areas(made.weights):.1f})"
    alike = "areas" if len(case.program.treatment) == 1 else "groups of as many areas"
    return with_result(
        template,
        made.effect,
        f"There is no interval: {made.reason}." if made.reason else "",
        f"Comparison areas have fewer than {FEW_A_BLOCK} incidents by {unit}: the mix follows chance, "
        "read with care."
        if counts[held & ~treated].mean() < FEW_A_BLOCK
        else "",
        few_incidents(*case.treated),
        method=f"synthetic control on rates by {unit}, {mix}, placebo test over {alike}",
        n_before=float(counts[treated, :before].sum()),
        n_after=float(counts[treated, before:].sum()),
    )


def _weighted(case: Case, template: Estimate) -> Estimate:
    """Return the effect against many small areas, weighted to the treatment areas' history."""
    _, counts, residents, before, length = _blocks(case)
    treated = np.arange(len(counts)) < len(case.program.treatment)
    each = [_blocks(replace(case, outcome=outcome))[1][:, :before] for outcome in case.panel.outcomes]
    history = np.column_stack(each).astype(float)
    if not np.isnan(residents).any():
        history = np.column_stack([history, residents.mean(axis=1)])
    balance = balancing_weights(history[treated], history[~treated])
    if not balance.balanced:
        return template.declined("No weights give the comparison areas the history of the treatment areas.")
    made = weighted_contrast(
        counts[treated, before:],
        counts[~treated, before:],
        balance.weights,
        (history[treated], history[~treated]),
    )
    if math.isnan(made.ratio.estimate):
        return template.declined("The weighted comparison areas had no incidents after the start.")
    unit = case.windows.unit if length == 1 else f"{length} {case.windows.unit}s"
    areas = f"{len(counts) - treated.sum():,} comparison areas"
    return with_result(
        template,
        made.ratio,
        "There is no interval: it needs two treatment areas." if math.isnan(made.ratio.conf_low) else "",
        f"The {areas} are worth {balance.effective_areas:,.0f} once weighted.",
        few_incidents(*case.treated),
        method=f"{areas} weighted to the counts of every outcome in every {unit} before and to the residents "
        "(calibration), linearised error",
        n_before=float(counts[treated, :before].sum()),
        n_after=float(counts[treated, before:].sum()),
    )


def _blocks(case: Case) -> tuple[np.ndarray, np.ndarray, np.ndarray, int, int]:
    """Return rows, counts and residents of treatment and comparison areas by block of periods.

    Periods are taken together to quarters where enough of them lie before the start; also returned are the
    blocks before the start and the periods in a block. Counts and residents have the shape (areas, blocks).
    """
    before, after = case.windows.all_before, case.windows.all_after
    length = QUARTER[case.windows.unit]
    if len(before) // length < LEAST_QUARTERS or len(after) < 2 * length:
        length = 1
    whole = after[: len(after) // length * length]
    blocks = [before[len(before) % length :].reshape(-1, length), whole.reshape(-1, length)]
    used = np.concatenate(blocks)
    rows = case.panel.rows((*case.program.treatment, *case.program.comparison))
    counts = np.vstack([case.series("treatment"), case.series("comparison")])[:, used].sum(axis=2)
    return rows, counts, case.panel.population[rows][:, used].sum(axis=2), len(blocks[0]), length
