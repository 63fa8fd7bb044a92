"""Programs of one type that started at different times: group-time effects and event study."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np
import pandas as pd

from outreach_metrics.estimate import Estimate
from outreach_metrics.inference import Result
from outreach_metrics.inference.staggered_counts import RatioPart, StaggeredRatio, staggered_ratio
from outreach_metrics.metrics.crime.case import crime_estimate, with_result
from outreach_metrics.registry import metric
from outreach_metrics.study import Program, Study
from outreach_metrics.study.windows import PERIODS_PER_YEAR


@dataclass(frozen=True, slots=True)
class Rollout:
    """Areas of every program of one type, with the first period of each.

    Parameters
    ----------
    program_ids : tuple of str
    rows : ndarray of int, shape (areas,)
        Positions along the panel's area axis: areas that got a program, then areas that none got.
    cohort : ndarray of float, shape (areas,)
        Position of the first period with the program; infinite for areas without one.
    transition : int
        Periods after the start that are left out.
    """

    program_ids: tuple[str, ...]
    rows: np.ndarray
    cohort: np.ndarray
    transition: int

    @property
    def starts(self) -> int:
        """Different starts within the covered span."""
        return len(np.unique(self.cohort[np.isfinite(self.cohort)]))


def rollout(study: Study, program: Program) -> Rollout:
    """Return where and when every program of this one's type started.

    An area in two programs of the type has the earlier start. Compared are the comparison areas of these
    programs that none of them worked in, or next to, and areas that start after the covered span. Areas that
    started before it tell nothing.
    """
    alike = [one for one in study.programs.values() if one.type == program.type and one.treatment]
    first: dict[str, pd.Timestamp] = {}
    for one in alike:
        for area in one.treatment:
            start = pd.Timestamp(one.area_starts.get(area, one.start))
            first[area] = min(first.get(area, start), start)
    near = {area for one in alike for area in one.areas.get("displacement", ())}
    compared = dict.fromkeys(area for one in alike for area in one.comparison)
    never = [area for area in compared if area not in first and area not in near]
    periods = study.panel.periods
    place = {
        area: pd.Period(day, freq=periods.freq).ordinal - periods[0].ordinal for area, day in first.items()
    }
    later = [area for area in place if place[area] >= len(periods)]
    started = [area for area in place if 0 <= place[area] < len(periods)]
    inside = any(pd.Period(first[area], freq=periods.freq).start_time != first[area] for area in started)
    cohort = [*(float(place[area]) for area in started), *[np.inf] * (len(never) + len(later))]
    return Rollout(
        program_ids=tuple(one.program_id for one in alike),
        rows=study.panel.rows((*started, *never, *later)),
        cohort=np.array(cohort),
        transition=study.settings.transition + int(inside),
    )


@metric("crime_att", strand="crime")
def crime_att(study: Study, program_id: str) -> list[Estimate]:
    """Change over all areas of programs of this type, each from its own start: observed / expected incidents.

    Expected is what the areas had before, moved as the areas without such a program moved since.
    """
    return _each(study, program_id, "crime_att", lambda found, start: [_overall(found, start)])


@metric("crime_event_study", strand="crime")
def crime_event_study(study: Study, program_id: str) -> list[Estimate]:
    """Observed / expected incidents by time before and after the start, over programs of one type."""
    length = half_year(study)
    return _each(study, program_id, "crime_event_study", lambda found, start: _events(found, start, length))


def half_year(study: Study) -> int:
    """Return the periods of an event study's steps: half a year, or one period where that is longer."""
    return max(1, round(PERIODS_PER_YEAR[study.settings.unit] / 2))


def _each(
    study: Study,
    program_id: str,
    name: str,
    make: Callable[[StaggeredRatio, Estimate], list[Estimate]],
) -> list[Estimate]:
    program = study.program(program_id)
    level = 3 if name == "crime_att" else None
    template = crime_estimate(program_id, name, unit="ratio", group=program.type, design_level=level)
    if study.panel is None:
        return [template.declined("The study has no incidents or counts.")]
    if not program.treatment:
        return [template.declined("No treatment areas are given for this program (program_areas).")]
    areas = rollout(study, program)
    if areas.starts < 2:
        return [template.declined("All areas of programs of this type started at one time.")]
    if not np.isinf(areas.cohort).any():
        return [template.declined("No comparison area is without a program of this type.")]
    told = f"Programs of this type with areas: {', '.join(areas.program_ids)}."
    if not _inhabited(study, areas)[np.isfinite(areas.cohort)].all():
        told += " Residents are not known: counts are compared, not rates."
    estimates: list[Estimate] = []
    for outcome in study.panel.outcomes:
        start = replace(template, outcome=outcome, note=told)
        estimates += make(effects(study, program_id, outcome), start)
    return estimates


@lru_cache(maxsize=16)
def effects(study: Study, program_id: str, outcome: str) -> StaggeredRatio:
    """Return the group-time effects of the programs of this one's type."""
    areas, panel, settings = rollout(study, study.program(program_id)), study.panel, study.settings
    per_year = PERIODS_PER_YEAR[settings.unit]
    residents = panel.population[areas.rows]
    known = _inhabited(study, areas)
    rates = bool(known[np.isfinite(areas.cohort)].all()) and bool(known[np.isinf(areas.cohort)].any())
    kept = known if rates else np.ones(len(known), dtype=bool)
    half = half_year(study)
    bins = np.arange(-(settings.before // half), settings.after // half + 1) * half
    return staggered_ratio(
        panel.counts[panel.outcomes.index(outcome), areas.rows[kept]],
        residents[kept] if rates else np.ones_like(residents),
        areas.cohort[kept],
        base_periods=settings.before,
        after=settings.after,
        transition=areas.transition,
        season=round(per_year),
        event_bins=bins,
    )


def _inhabited(study: Study, areas: Rollout) -> np.ndarray:
    """Return which areas have residents in every period."""
    return (study.panel.population[areas.rows] > 0).all(axis=1)


def _flags(found: StaggeredRatio) -> str:
    areas = f"{found.areas} treatment and {found.comparison_areas} comparison areas."
    lonely = len(found.lonely)
    lone = f" {lonely} of the starts {'is' if lonely == 1 else 'are'} of a single area." if lonely else ""
    lost = len(found.without_base) + len(found.without_comparison)
    left_out = f" {lost} {'start' if lost == 1 else 'starts'} could not be used." if lost else ""
    return f"{areas}{lone}{left_out}"


UNSURE_FROM, WORTHLESS_FROM = 0.25, 0.5
"""Standard errors of the log ratio from which it leans towards a fall, and by more than a tenth."""

LEAST_DF = 4
METHOD = "group-time effects on counts (Callaway & Sant'Anna 2021, as ratios), areas without such a program"


def _overall(found: StaggeredRatio, template: Estimate) -> Estimate:
    if math.isnan(found.overall.estimate):
        return template.declined(found.reason or "There are too few incidents.")
    if found.standard_error > WORTHLESS_FROM:
        return template.declined("There are too few incidents: the ratio would be off by a tenth or more.")
    unsure = found.standard_error > UNSURE_FROM or found.df < LEAST_DF
    caution = "Few incidents or areas: unstable, read with care." if unsure else ""
    return with_result(
        template, found.overall, _flags(found), found.reason, caution, method=METHOD, n_after=found.observed
    )


def _events(found: StaggeredRatio, template: Estimate, length: int) -> list[Estimate]:
    """Return an estimate a stretch of time since the start; its interval is a band for all together."""
    made = [part for part in found.events if not math.isnan(part.result.estimate)]
    if not made:
        return [template.declined(found.reason or "There are too few incidents.")]
    trend = found.pre_trend.p_value
    told = "" if math.isnan(trend) else f"Test of equal trends before the start: p = {trend:.2g}."
    return [_event(part, template, told, length) for part in made]


def _event(part: RatioPart, template: Estimate, told: str, length: int) -> Estimate:
    first, last = part.label, part.label + length - 1
    band = Result(part.result.estimate, part.band_low, part.band_high, math.nan)
    method = f"{METHOD}; intervals hold for all times together"
    lost = "There is no interval." if math.isnan(part.band_low) else ""
    return with_result(
        replace(template, group=f"{first} to {last}" if length > 1 else f"{first}"),
        band,
        told,
        lost,
        method=method,
        n_after=part.observed,
    )
