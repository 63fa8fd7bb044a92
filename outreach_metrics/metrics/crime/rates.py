"""Crime rates in the treatment areas before and after the start, and their ratio."""

from __future__ import annotations

import math

import numpy as np

from outreach_metrics.estimate import Estimate
from outreach_metrics.inference.rates import poisson_rate, rate_ratio, rate_ratio_overdispersed
from outreach_metrics.metrics.crime.case import (
    UNKNOWN_SPREAD,
    Case,
    crime_estimate,
    each_outcome,
    few_incidents,
    residents_note,
    with_result,
)
from outreach_metrics.registry import metric
from outreach_metrics.study import Study


def _rate(case: Case, template: Estimate, side: int) -> Estimate:
    residents = case.residents("treatment")
    used = (case.windows.before, case.windows.after)[side]
    if np.isnan(residents[used]).any():
        return template.declined("The population of at least one treatment area is not known.")
    if not (residents[used] > 0).all():
        return template.declined("The treatment areas have no residents.")
    count = float(case.treated[side])
    exposure = float(case.exposure("treatment")[0, side])
    n = {"n_before": count} if side == 0 else {"n_after": count}
    empty = case.areas_without_residents(used)
    where = f"Treatment areas without residents: {empty}; their incidents are counted." if empty else ""
    return with_result(
        template, poisson_rate(count, exposure / case.rate_per), few_incidents(count), where, **n
    )


def _rates(study: Study, program_id: str, name: str, side: int) -> list[Estimate]:
    template = crime_estimate(
        program_id,
        name,
        unit=f"incidents per {study.settings.rate_per:,.15g} residents per year",
        method="exact Poisson interval",
    )
    return each_outcome(study, program_id, template, lambda case, start: _rate(case, start, side))


@metric("crime_rate_before", strand="crime")
def crime_rate_before(study: Study, program_id: str) -> list[Estimate]:
    """Crime rate in the treatment areas before the start, per year, with exact Poisson interval."""
    return _rates(study, program_id, "crime_rate_before", 0)


@metric("crime_rate_after", strand="crime")
def crime_rate_after(study: Study, program_id: str) -> list[Estimate]:
    """Crime rate in the treatment areas after the start, per year, with exact Poisson interval."""
    return _rates(study, program_id, "crime_rate_after", 1)


@metric("crime_rate_ratio", strand="crime")
def crime_rate_ratio(study: Study, program_id: str) -> list[Estimate]:
    """Crime rate after / before in the treatment areas; says nothing about why it changed.

    The interval is the central exact one where the series varies no more than Poisson counts about its
    season, and otherwise quasi-Poisson with the dispersion of the series.
    """
    template = crime_estimate(program_id, "crime_rate_ratio", unit="ratio", design_level=2)
    return each_outcome(study, program_id, template, _ratio)


def _ratio(case: Case, template: Estimate) -> Estimate:
    before, after = (float(count) for count in case.treated)
    if before + after == 0:
        return template.declined("There are no incidents in either window.")
    if before == 0:
        return template.declined(
            "There are no incidents before the start, so there is nothing to compare with."
        )
    exposure = case.exposure("treatment")[0]
    dispersion, df, origin = case.dispersion("treatment")
    counts = {"n_before": before, "n_after": after}
    few = f"{few_incidents(before, after)} {residents_note(case, 'treatment')}".strip()
    if dispersion <= 1:
        unknown = UNKNOWN_SPREAD if math.isinf(df) else ""
        result = rate_ratio(before, exposure[0], after, exposure[1])
        return with_result(template, result, unknown, few, method="central exact (Clopper-Pearson)", **counts)
    result = rate_ratio_overdispersed(before, exposure[0], after, exposure[1], dispersion, df)
    told = f"Counts vary {dispersion:.2f} times as much as by chance alone; the interval is widened for it."
    method = f"quasi-Poisson, dispersion {dispersion:.2f} {case.source(origin)}, {df:.0f} degrees of freedom"
    return with_result(template, result, told, few, method=method, **counts)
