"""Treatment areas against comparison areas: relative effect, incidents averted, displacement, harm."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np

from outreach_metrics.estimate import Estimate
from outreach_metrics.inference.area_effect import LEAST_AREAS, AreaEffect, area_effect
from outreach_metrics.inference.displacement import (
    displacement_difference,
    displacement_quotient,
    harm_difference,
)
from outreach_metrics.metrics.crime.case import (
    UNKNOWN_SPREAD,
    UNSTABLE_BELOW,
    Case,
    comparison_level,
    crime_estimate,
    each_outcome,
    few_incidents,
    residents_note,
    unlike_note,
    with_result,
)
from outreach_metrics.registry import metric
from outreach_metrics.study import EVERY_OFFENSE, Study


@metric("crime_relative_effect", strand="crime")
def crime_relative_effect(study: Study, program_id: str) -> list[Estimate]:
    """Change in the treatment areas relative to the comparison areas.

    It is (treated after / before) / (comparison after / before), below 1 for a relative fall. Assumes
    that without the program both would have changed by the same factor.
    """
    program = study.program(program_id)
    level = comparison_level(program)
    template = crime_estimate(program_id, "crime_relative_effect", unit="ratio", design_level=level)
    return each_outcome(study, program_id, template, _relative, needs_comparison=True)


def relative_result(case: Case, role: str = "treatment", other_role: str = "comparison") -> AreaEffect:
    """Return the change of one role's areas relative to another's; NaN without counts."""
    cells = [case.cells(name) for name in (role, other_role)]
    areas = [len(group) for group in cells]
    exposure = np.repeat(case.exposure(role, other_role) / np.array(areas)[:, None], areas, axis=0)
    series = (math.nan, math.inf)
    if areas[0] == 1:
        series = tuple(np.array([case.dispersion_of_series(name) for name in (role, other_role)]).T)
    randomised = role == "treatment" and case.program.assignment == "random"
    treated = np.arange(sum(areas)) < areas[0]
    return area_effect(np.vstack(cells), exposure, treated, *series, randomised=randomised)


def contrast_dispersion(
    case: Case, role: str = "treatment", other_role: str = "comparison"
) -> tuple[float, float, str, str]:
    """Return the dispersion of both roles' counts that gives a difference the error of their relative effect.

    With its degrees of freedom, a text for the method, and what the reader has to be warned of. So a
    difference is as sure as the ratio beside it, whatever rule made that. Where the ratio has no standard
    error, the larger of what each role's counts say.
    """
    found = relative_result(case, role, other_role)
    totals = np.concatenate([case.cells(name).sum(axis=0) for name in (role, other_role)])
    if math.isnan(found.standard_error):
        dispersion, df, told = case.dispersions([role, other_role])
        return float(dispersion.max()), float(df[dispersion.argmax()]), told, found.caution
    value = max(1.0, found.standard_error**2 / float((1 / totals).sum()))
    return value, found.df, f"dispersion {value:.2f}, that of the relative effect", found.caution


def _relative(case: Case, template: Estimate) -> Estimate:
    other = case.cells("comparison").sum(axis=0)
    if case.treated[0] == 0:
        return template.declined("The treatment areas had no incidents before the start.")
    if (other == 0).any():
        return template.declined("The comparison areas had no incidents in one of the windows.")
    found = relative_result(case)
    areas = f"{len(case.program.treatment)} treatment and {len(case.program.comparison)} comparison areas."
    zero = (
        "No incident after the start: the interval is the exact conditional one."
        if case.treated[1] == 0
        else ""
    )
    few_areas = (
        "Assumes that changes of the program areas vary as those of the comparison areas do."
        if len(case.program.comparison) > 1 and len(case.program.treatment) < LEAST_AREAS
        else ""
    )
    return with_result(
        template,
        found.result,
        areas,
        zero,
        few_incidents(*case.treated, *other),
        residents_note(case, "treatment", "comparison"),
        few_areas,
        found.caution,
        unlike_note(case),
        method=found.method,
        n_before=float(case.treated[0]),
        n_after=float(case.treated[1]),
    )


@metric("crime_difference", strand="crime")
def crime_difference(study: Study, program_id: str) -> list[Estimate]:
    """Incidents averted (below 0) or added: weighted displacement difference (Wheeler & Ratcliffe 2018).

    Comparison areas are weighted to the residents of the treatment areas and the window before to the length
    of the window after. Displacement areas count where they are given together with their comparison.
    """
    level = comparison_level(study.program(program_id))
    template = crime_estimate(program_id, "crime_difference", unit="incidents", design_level=level)
    return each_outcome(study, program_id, template, _difference, needs_comparison=True)


def _difference(case: Case, template: Estimate) -> Estimate:
    roles = ["treatment", "comparison"]
    given = [bool(case.program.areas.get(role)) for role in ("displacement", "displacement_comparison")]
    if all(given):
        roles.extend(["displacement", "displacement_comparison"])
    if not case.inhabited(*roles):
        return template.declined(
            "Areas cannot be weighted to the same size, as a population is 0 or not known."
        )
    counts = np.stack([case.cells(role).sum(axis=0) for role in roles])
    if counts[:2].sum() == 0:
        return template.declined("There are no incidents in the treatment and comparison areas.")
    exposure = case.exposure(*roles)
    scale = exposure[[0, 0, 2, 2][: len(roles)], 1]
    pairs = [contrast_dispersion(case, *roles[i : i + 2]) for i in range(0, len(roles), 2)]
    dispersion, df = (np.repeat([pair[part] for pair in pairs], 2) for part in (0, 1))
    told = "; beside it ".join(pair[2] for pair in pairs)
    method = "weighted displacement difference, weighted by residents and length of window"
    displacement = {
        (True, True): "Displacement areas are counted in.",
        (True, False): "Displacement areas without their own comparison areas are not counted in.",
    }
    return with_result(
        template,
        displacement_difference(counts, scale[:, None] / exposure, dispersion, df),
        "Assumes equal changes per resident, not equal percentages.",
        displacement.get((given[0], given[1]), ""),
        few_incidents(*counts[:2].ravel()),
        UNKNOWN_SPREAD if np.isinf(df).any() else "",
        pairs[0][3],
        unlike_note(case),
        method=f"{method}, {told}",
        n_before=float(case.treated[0]),
        n_after=float(case.treated[1]),
    )


@metric("crime_displacement", strand="crime")
def crime_displacement(study: Study, program_id: str) -> list[Estimate]:
    """Change in the neighboring areas per unit of fall in the treatment areas.

    The weighted displacement quotient of Bowers & Johnson (2003): below 0 crime moved there, above 0 the
    neighbors gained too; at -1 the gain is lost.
    """
    unit = "displacement quotient"
    template = crime_estimate(program_id, "crime_displacement", unit=unit, design_level=3)
    if not study.program(program_id).areas.get("displacement"):
        return [template.declined("No displacement areas are given for this program (program_areas).")]
    return each_outcome(study, program_id, template, _quotient, needs_comparison=True)


def _quotient(case: Case, template: Estimate) -> Estimate:
    roles = ["treatment", "displacement", "comparison"]
    counts = np.stack([case.cells(role).sum(axis=0) for role in roles])
    pairs = [contrast_dispersion(case, role) for role in roles[:2]]
    dispersion, df = ([pair[part] for pair in pairs] for part in (0, 1))
    exposure = case.exposure(*roles)
    result, reason = displacement_quotient(counts, [*dispersion, max(dispersion)], min(df), exposure=exposure)
    if math.isnan(result.estimate):
        return template.declined(reason)
    return with_result(
        template,
        result,
        reason,
        few_incidents(*counts.ravel()),
        residents_note(case, *roles),
        method=f"weighted displacement quotient, Fieller interval, {pairs[0][2]}; next door {pairs[1][2]}",
        n_before=float(counts[1, 0]),
        n_after=float(counts[1, 1]),
    )


@metric("crime_harm_change", strand="crime")
def crime_harm_change(study: Study, program_id: str) -> list[Estimate]:
    """Change in the harm of crime relative to the comparison areas: grave offenses count for more.

    A weighted displacement difference in which an incident counts as much as its weight (harm_weights).
    """
    level = comparison_level(study.program(program_id))
    template = crime_estimate(program_id, "crime_harm_change", unit=study.harm_unit, design_level=level)
    labels = [label for label in study.harm_weights if study.offenses and label in study.offenses.outcomes]
    if not labels:
        return [template.declined("No offense of the study has a weight in the table harm_weights.")]
    made = each_outcome(
        study,
        program_id,
        template,
        lambda case, start: _harm(study, case, start, labels),
        needs_comparison=True,
        outcomes=study.panel.outcomes[:1],
    )
    return [replace(one, outcome="harm") for one in made]


def _harm(study: Study, case: Case, template: Estimate, labels: list[str]) -> Estimate:
    roles = ["treatment", "comparison"]
    if not case.inhabited(*roles):
        return template.declined(
            "Areas cannot be weighted to the same size, as a population is 0 or not known."
        )
    each = [case.of_offenses(study.offenses, [label]) for label in labels]
    counts = np.stack([[one.cells(role).sum(axis=0) for role in roles] for one in each])
    harm = np.array([study.harm_weights[label] for label in labels])
    if counts[:, 0].sum() == 0:
        return template.declined("There are no weighted offenses in the treatment areas.")
    exposure = case.exposure(*roles)
    effective = harm / (np.square(harm) @ counts.sum(axis=(1, 2)) / (harm @ counts.sum(axis=(1, 2))))
    dispersion, df, told, caution = contrast_dispersion(case.of_offenses(study.offenses, labels, effective))
    result = harm_difference(counts, harm, exposure[0, 1] / exposure, dispersion, df)
    treated = harm @ counts[:, 0]
    worth = float(treated.sum() ** 2 / (np.square(harm) @ counts[:, 0].sum(axis=1)))
    grave = (
        f"A few grave incidents decide this number (it is worth {worth:.0f} incidents of equal harm)."
        if worth < UNSTABLE_BELOW
        else ""
    )
    return with_result(
        template,
        result,
        f"{len(labels)} kinds of offense have a weight ({_weighted_share(study, case, labels):.0%} of the "
        "incidents); others are not counted.",
        grave,
        caution,
        method=f"harm-weighted displacement difference, weights of {study.harm_source}, {told}",
        n_before=float(counts[:, 0, 0].sum()),
        n_after=float(counts[:, 0, 1].sum()),
    )


def _weighted_share(study: Study, case: Case, labels: list[str]) -> float:
    """Return the share of all incidents in the treatment areas that have a weight."""
    every = case.of_offenses(study.offenses, [EVERY_OFFENSE]).treated.sum()
    return float(case.of_offenses(study.offenses, labels).treated.sum() / every)
