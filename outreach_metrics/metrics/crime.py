"""Crime before and after a program, alone and against comparison areas."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date
from functools import cached_property

import numpy as np
import pandas as pd

from outreach_metrics.estimate import Estimate
from outreach_metrics.inference import Result
from outreach_metrics.inference.comparison import area_dispersion, displacement_difference, relative_effect
from outreach_metrics.inference.rates import (
    poisson_rate,
    rate_ratio,
    rate_ratio_overdispersed,
    seasonal_expectation,
    series_dispersion,
)
from outreach_metrics.registry import metric
from outreach_metrics.study import CountPanel, Program, Study
from outreach_metrics.study.windows import PERIODS_PER_YEAR, Windows, calendar_position, windows

UNSTABLE_BELOW = 20
"""Incidents in a window; a rate on fewer is told as unstable (CDC WONDER marks rates on 20 or fewer)."""

UNLIKE_FROM = 2.0
"""Ratio of the rates before the start from which treatment and comparison areas are told to be unlike."""

UNLIKE = "times that of the comparison areas."

UNKNOWN_SPREAD = "Too few areas and periods to tell whether counts vary more than chance."

LEAST_AREA_DF = 4
"""Degrees of freedom from which the dispersion is taken from the areas' own changes, not from the series."""


def program_windows(study: Study, program: Program) -> Windows:
    """Return the periods before and after the start of a program, for a study that has counts."""
    starts, settings = _starts(program), study.settings
    chosen = windows(
        study.panel.periods,
        start=starts[0],
        rollout_end=starts[-1],
        unit=settings.unit,
        before=settings.before,
        after=settings.after,
        transition=settings.transition,
    )
    last = study.panel.periods[chosen.after[-1]].start_time.date() if len(chosen.after) else program.start
    if program.end and program.end < last:
        ended = f"The program ended on {program.end}; the window after goes on beyond it."
        chosen = replace(chosen, notes=(*chosen.notes, ended))
    return chosen


def _starts(program: Program) -> list[date]:
    """Days on which the treatment areas started, in order."""
    return sorted(
        {program.area_starts.get(area, program.start) for area in program.treatment} or {program.start}
    )


@dataclass(frozen=True)
class Case:
    """One program and outcome: the counts and exposures that every crime metric is made from."""

    program: Program
    panel: CountPanel
    windows: Windows
    outcome: str
    rate_per: float

    def series(self, role: str) -> np.ndarray:
        """Counts by area and period in the areas of a role, shape (areas, t)."""
        return self.panel.of(self.outcome, self.program.areas.get(role, ()))

    def cells(self, role: str) -> np.ndarray:
        """Counts by area, before and after, shape (areas, 2)."""
        counts = self.series(role)
        chosen = self.windows
        return np.stack([counts[:, chosen.before].sum(axis=1), counts[:, chosen.after].sum(axis=1)], axis=1)

    def residents(self, role: str) -> np.ndarray:
        """Residents of all areas of a role by period, shape (t,); NaN where one is not known."""
        return self.panel.population[self.panel.rows(self.program.areas.get(role, ()))].sum(axis=0)

    def areas_without_residents(self, used: np.ndarray) -> int:
        """Treatment areas where nobody lives in any of the given periods."""
        residents = self.panel.population[self.panel.rows(self.program.treatment)][:, used]
        return int((residents == 0).all(axis=1).sum())

    @cached_property
    def used(self) -> np.ndarray:
        """Positions of the periods of both windows."""
        return np.concatenate([self.windows.before, self.windows.after])

    def inhabited(self, *roles: str) -> bool:
        """Whether the residents of every role are known, and more than 0, in every period used."""
        return all(bool((self.residents(role)[self.used] > 0).all()) for role in roles)

    def exposure(self, *roles: str) -> np.ndarray:
        """Person-years before and after, shape (roles, 2); years alone if not all roles are inhabited."""
        if self.inhabited(*roles):
            residents = np.stack([self.residents(role) for role in roles])
        else:
            residents = np.ones((len(roles), len(self.panel.periods)))
        windows = (self.windows.before, self.windows.after)
        totals = np.stack([residents[:, window].sum(axis=1) for window in windows], axis=1)
        return totals / PERIODS_PER_YEAR[self.windows.unit]

    @cached_property
    def treated(self) -> np.ndarray:
        """Treated counts, before and after, shape (2,)."""
        return self.cells("treatment").sum(axis=0)

    def dispersion_of_series(self, role: str) -> tuple[float, int]:
        """Dispersion of the summed series about its step and season, and its degrees of freedom."""
        used = self.used
        counts = self.series(role).sum(axis=0)[used].astype(float)
        residents = self.residents(role)[used] if self.inhabited(role) else np.ones(len(used))
        after = np.arange(len(used)) >= len(self.windows.before)
        position = calendar_position(self.panel.periods[used], self.windows.unit)
        expected, df = seasonal_expectation(counts, residents, after, position)
        return series_dispersion(counts, expected, df), df

    def dispersion_of_ratio(self) -> tuple[float, float, str]:
        """Dispersion of the treated counts, its degrees of freedom, and where it was taken from.

        The larger of what the series and, with enough areas, the areas' own changes say: the series alone
        would not see that bad months come together.
        """
        series, df = self.dispersion_of_series("treatment")
        own, own_df = area_dispersion(self.cells("treatment"))
        if own_df >= LEAST_AREA_DF and not own < series:
            return own, float(own_df), "from the areas' own changes"
        return series, float(df), f"from the {self.windows.unit}ly series"

    def dispersion(self, role: str) -> tuple[float, float, str]:
        """Dispersion of a role's counts, its degrees of freedom, and where it was taken from.

        From the areas' own changes where there are enough areas; otherwise the larger of what the
        role's series and the changes of all treatment and comparison areas say.
        """
        own, df = area_dispersion(self.cells(role))
        if df >= LEAST_AREA_DF:
            return own, df, "areas"
        series, series_df = self.dispersion_of_series(role)
        pooled, pooled_df = area_dispersion(self.cells("treatment"), self.cells("comparison"))
        known = [(series, float(series_df), "series")] if series_df > 0 else []
        known += [(pooled, float(pooled_df), "all areas")] if pooled_df >= LEAST_AREA_DF else []
        return max(known, default=(1.0, math.inf, "none"))

    def dispersions(self, roles: list[str]) -> tuple[np.ndarray, np.ndarray, str]:
        """Dispersion and degrees of freedom of each role, and a text for the method."""
        found = [self.dispersion(role) for role in roles]
        source = {
            "areas": "from its areas' own changes",
            "series": f"from its {self.windows.unit}ly series",
            "all areas": "from the changes of all areas",
            "none": "assumed, too few areas and periods to estimate it",
        }
        told = [
            f"{role.replace('_', ' ')} {value:.2f} ({source[origin]})"
            for role, (value, _, origin) in zip(roles, found, strict=True)
        ]
        text = f"dispersion: {', '.join(told)}"
        return np.array([value for value, _, _ in found]), np.array([df for _, df, _ in found]), text


Make = Callable[[Case, Estimate], Estimate]


def _each_outcome(
    study: Study, program_id: str, template: Estimate, make: Make, *, needs_comparison: bool = False
) -> list[Estimate]:
    """Make one estimate an outcome, or one without a number when the study does not hold the design."""
    program = study.program(program_id)
    if study.panel is None:
        return [template.declined("The study has no incidents or counts.")]
    if not program.treatment:
        return [template.declined("No treatment areas are given for this program (program_areas).")]
    if needs_comparison and not program.comparison:
        return [template.declined("No comparison areas are given for this program (program_areas).")]
    chosen = program_windows(study, program)
    if not (len(chosen.before) and len(chosen.after)):
        starts = _starts(program)
        side, start = ("before", starts[0]) if not len(chosen.before) else ("after", starts[-1])
        reason = f"The crime data hold no full {chosen.unit} {side} the start ({start})."
        return [replace(template, outcome=o).declined(reason) for o in study.panel.outcomes]
    estimates = []
    for outcome in study.panel.outcomes:
        case = Case(program, study.panel, chosen, outcome, study.settings.rate_per)
        estimates.append(make(case, replace(template, outcome=outcome, note=chosen.note)))
    return estimates


def _crime(program_id: str, name: str, **rest) -> Estimate:
    return Estimate(program_id=program_id, strand="crime", metric=name, **rest)


def _with(template: Estimate, result: Result, *notes: str, **rest) -> Estimate:
    note = " ".join(text for text in (template.note, *notes) if text)
    return replace(template, **result._asdict(), note=note, **rest)


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
    return _with(template, poisson_rate(count, exposure / case.rate_per), _few(count), where, **n)


def _few(*counts: float) -> str:
    few = min(counts) < UNSTABLE_BELOW
    return f"Fewer than {UNSTABLE_BELOW} incidents in a window: unstable, read with care." if few else ""


def _rates(study: Study, program_id: str, name: str, side: int) -> list[Estimate]:
    template = _crime(
        program_id,
        name,
        unit=f"incidents per {study.settings.rate_per:,.15g} residents per year",
        method="exact Poisson interval",
    )
    return _each_outcome(study, program_id, template, lambda case, start: _rate(case, start, side))


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
    template = _crime(program_id, "crime_rate_ratio", unit="ratio", design_level=2)
    return _each_outcome(study, program_id, template, _ratio)


def _ratio(case: Case, template: Estimate) -> Estimate:
    before, after = (float(count) for count in case.treated)
    if before + after == 0:
        return template.declined("There are no incidents in either window.")
    if before == 0:
        return template.declined(
            "There are no incidents before the start, so there is nothing to compare with."
        )
    exposure = case.exposure("treatment")[0]
    dispersion, df, origin = case.dispersion_of_ratio()
    counts = {"n_before": before, "n_after": after}
    few = f"{_few(before, after)} {_uninhabited(case, 'treatment')}".strip()
    if math.isnan(dispersion) or dispersion <= 1:
        unknown = UNKNOWN_SPREAD if df <= 0 else ""
        result = rate_ratio(before, exposure[0], after, exposure[1])
        return _with(template, result, unknown, few, method="central exact (Clopper-Pearson)", **counts)
    result = rate_ratio_overdispersed(before, exposure[0], after, exposure[1], dispersion, df)
    told = f"Counts vary {dispersion:.2f} times as much as by chance alone; the interval is widened for it."
    method = f"quasi-Poisson, dispersion {dispersion:.2f} {origin}, {df:.0f} degrees of freedom"
    return _with(template, result, told, few, method=method, **counts)


def _comparison_level(program: Program) -> int:
    """Maryland scale: 5 when areas were drawn at random, else 3 for comparison areas."""
    several = len(program.treatment) >= 2 and len(program.comparison) >= 2
    return 5 if program.assignment == "random" and several else 3


@metric("crime_relative_effect", strand="crime")
def crime_relative_effect(study: Study, program_id: str) -> list[Estimate]:
    """Change in the treatment areas relative to the comparison areas.

    It is (treated after / before) / (comparison after / before), below 1 for a relative fall. Assumes
    that without the program both would have changed by the same factor.
    """
    program = study.program(program_id)
    level = _comparison_level(program)
    template = _crime(program_id, "crime_relative_effect", unit="ratio", design_level=level)
    return _each_outcome(study, program_id, template, _relative, needs_comparison=True)


def _relative(case: Case, template: Estimate) -> Estimate:
    other = case.cells("comparison").sum(axis=0)
    if case.treated[0] == 0:
        return template.declined("The treatment areas had no incidents before the start.")
    if (other == 0).any():
        return template.declined("The comparison areas had no incidents in one of the windows.")
    dispersion, df, told = case.dispersions(["treatment", "comparison"])
    exposure = case.exposure("treatment", "comparison")
    result = relative_effect(np.stack([case.treated, other]), exposure, dispersion, df)
    areas = f"{len(case.program.treatment)} treatment and {len(case.program.comparison)} comparison areas."
    zero = (
        "No incident after the start: the interval is the exact conditional one."
        if case.treated[1] == 0
        else ""
    )
    return _with(
        template,
        result,
        areas,
        zero,
        _few(*case.treated, *other),
        _uninhabited(case, "treatment", "comparison"),
        UNKNOWN_SPREAD if np.isinf(df).any() else "",
        _unlike(case),
        method=f"ratio of rate ratios, quasi-Poisson, {told}",
        n_before=float(case.treated[0]),
        n_after=float(case.treated[1]),
    )


def _uninhabited(case: Case, *roles: str) -> str:
    return "" if case.inhabited(*roles) else "Residents are not known: counts are compared, not rates."


def _unlike(case: Case) -> str:
    """Tell when the areas differed much before the start, for then they need not change alike."""
    exposure = case.exposure("treatment", "comparison")[:, 0]
    other = case.cells("comparison")[:, 0].sum()
    if not case.inhabited("treatment", "comparison") or other == 0:
        return ""
    times = case.treated[0] / exposure[0] / (other / exposure[1])
    if 1 / UNLIKE_FROM < times < UNLIKE_FROM:
        return ""
    return f"Before the start the rate of the treatment areas was {times:.1f} {UNLIKE}"


@metric("crime_difference", strand="crime")
def crime_difference(study: Study, program_id: str) -> list[Estimate]:
    """Incidents averted (below 0) or added: weighted displacement difference (Wheeler & Ratcliffe 2018).

    Comparison areas are weighted to the residents of the treatment areas and the window before to the length
    of the window after. Displacement areas count where they are given together with their comparison.
    """
    level = _comparison_level(study.program(program_id))
    template = _crime(program_id, "crime_difference", unit="incidents", design_level=level)
    return _each_outcome(study, program_id, template, _difference, needs_comparison=True)


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
    dispersion, df, told = case.dispersions(roles)
    method = "weighted displacement difference, weighted by residents and length of window"
    displacement = {
        (True, True): "Displacement areas are counted in.",
        (True, False): "Displacement areas without their own comparison areas are not counted in.",
    }
    return _with(
        template,
        displacement_difference(counts, scale[:, None] / exposure, dispersion, df),
        "Assumes equal changes per resident, not equal percentages.",
        displacement.get((given[0], given[1]), ""),
        _few(*counts[:2].ravel()),
        UNKNOWN_SPREAD if np.isinf(df).any() else "",
        _unlike(case),
        method=f"{method}, {told}",
        n_before=float(case.treated[0]),
        n_after=float(case.treated[1]),
    )


def crime_series(study: Study, program_id: str, outcome: str) -> pd.DataFrame:
    """Return the series behind the crime metrics, for charts.

    Parameters
    ----------
    study : Study
    program_id, outcome : str

    Returns
    -------
    pandas.DataFrame
        One row a period and group: `period` (its first moment), `group` (treatment or comparison), `count`,
        `rate` (incidents per `rate_per` residents per year; NaN where residents are not known), `window`
        (before, after or left out). Empty without counts or treatment areas.
    """
    columns = ["period", "group", "count", "rate", "window"]
    program = study.program(program_id)
    if study.panel is None or not program.treatment:
        return pd.DataFrame(columns=columns)
    chosen = program_windows(study, program)
    case = Case(program, study.panel, chosen, outcome, study.settings.rate_per)
    window = np.full(len(study.panel.periods), "left out", dtype=object)
    window[chosen.before], window[chosen.after] = "before", "after"
    frames = []
    for role in ("treatment", "comparison"):
        if not program.areas.get(role):
            continue
        count, residents = case.series(role).sum(axis=0), case.residents(role)
        rate = (
            count * PERIODS_PER_YEAR[chosen.unit] * case.rate_per / np.where(residents > 0, residents, np.nan)
        )
        start = study.panel.periods.start_time
        frames.append(
            pd.DataFrame({"period": start, "group": role, "count": count, "rate": rate, "window": window})
        )
    return pd.concat(frames, ignore_index=True)
