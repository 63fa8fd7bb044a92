"""What every crime metric stands on: a program's windows, its counts and exposures, how much counts vary."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import cached_property

import numpy as np

from outreach_metrics.estimate import Estimate
from outreach_metrics.inference import Result
from outreach_metrics.inference.area_effect import LEAST_SETS
from outreach_metrics.inference.dispersion import (
    area_dispersion,
    clustered_dispersion,
    exceeds,
    long_run_dispersion,
    seasonal_expectation,
)
from outreach_metrics.study import CountPanel, Program, Study
from outreach_metrics.study.windows import PERIODS_PER_YEAR, Windows, calendar_position, windows

UNSTABLE_BELOW = 20
"""Incidents in a window; a rate on fewer is told as unstable (CDC WONDER marks rates on 20 or fewer)."""

UNLIKE_FROM = 2.0
"""Ratio of the rates before the start from which treatment and comparison areas are told to be unlike."""

UNKNOWN_SPREAD = "Too few areas and periods to tell whether counts vary more than chance."

MANY_AREAS_DF = 8
"""Degrees of freedom from which the areas' own changes alone tell how much counts vary."""

LEAST_AREA_DF = 4
"""Degrees of freedom from which the areas' own changes can tell more than the series."""


def program_windows(
    study: Study, program: Program, before: int | None = None, after: int | None = None
) -> Windows:
    """Return the periods before and after the start of a program, for a study that has counts.

    `before` and `after` are periods wanted in place of those of the study's settings.
    """
    starts, settings = program_starts(program), study.settings
    chosen = windows(
        study.panel.periods,
        start=starts[0],
        rollout_end=starts[-1],
        unit=settings.unit,
        before=settings.before if before is None else before,
        after=settings.after if after is None else after,
        transition=settings.transition,
    )
    last = study.panel.periods[chosen.after[-1]].start_time.date() if len(chosen.after) else program.start
    if program.end and program.end < last:
        ended = f"The program ended on {program.end}; the window after goes on beyond it."
        chosen = replace(chosen, notes=(*chosen.notes, ended))
    return chosen


def program_starts(program: Program) -> list[date]:
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

    def moved(self, before: np.ndarray, after: np.ndarray) -> Case:
        """Return the case with other windows, given as positions of periods."""
        unchanged = replace(self.windows, before=before, after=after, all_before=before, all_after=after)
        return replace(self, windows=unchanged)

    def of_offenses(
        self, offenses: CountPanel, labels: Sequence[str], weights: Sequence[float] | None = None
    ) -> Case:
        """Return the case of the incidents of these offense labels together, each counted or weighted."""
        rows = [offenses.outcomes.index(label) for label in labels]
        each = offenses.counts[rows]
        counts = each.sum(axis=0) if weights is None else np.tensordot(weights, each, axes=1)
        return replace(self, panel=replace(self.panel, outcomes=(self.outcome,), counts=counts[None]))

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

    @cached_property
    def all_used(self) -> np.ndarray:
        """Positions of every period of both windows before they were cut to the same calendar positions."""
        return np.concatenate([self.windows.all_before, self.windows.all_after])

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

    def weights(self, *roles: str) -> np.ndarray:
        """Residents of each role by period, shape (roles, t); its areas where not all of them are known."""
        residents = np.stack([self.residents(role) for role in roles])
        if (residents[:, self.all_used] > 0).all():
            return residents
        areas = [float(len(self.program.areas.get(role, ()))) for role in roles]
        return np.repeat(np.array(areas)[:, None], residents.shape[1], axis=1)

    @cached_property
    def times_the_comparison(self) -> float:
        """Rate of the treatment areas before the start / that of the comparison areas; NaN if not known."""
        if not self.inhabited("treatment", "comparison"):
            return math.nan
        exposure = self.exposure("treatment", "comparison")[:, 0]
        other = self.cells("comparison")[:, 0].sum()
        return float(self.treated[0] / exposure[0] / (other / exposure[1])) if other > 0 else math.nan

    @cached_property
    def treated(self) -> np.ndarray:
        """Treated counts, before and after, shape (2,)."""
        return self.cells("treatment").sum(axis=0)

    def dispersion_of_series(self, role: str) -> tuple[float, float]:
        """Long-run dispersion of the summed series about its step and season, and its degrees of freedom."""
        used = self.used
        counts = self.series(role).sum(axis=0)[used].astype(float)
        residents = self.residents(role)[used] if self.inhabited(role) else np.ones(len(used))
        after = np.arange(len(used)) >= len(self.windows.before)
        position = calendar_position(self.panel.periods[used], self.windows.unit)
        expected, df = seasonal_expectation(counts, residents, after, position)
        return long_run_dispersion(counts, expected, df, after)

    def dispersion(self, role: str) -> tuple[float, float, str]:
        """Dispersion of a role's counts, its degrees of freedom, and where it was taken from.

        From the areas' own changes where many areas weigh; else from the role's series, unless the areas'
        changes (of all areas where the role has few) are larger by an F test: a series does not see that
        areas change differently.
        """
        areas, areas_df, origin = *clustered_dispersion(self.cells(role)), "areas"
        if areas_df >= MANY_AREAS_DF:
            return areas, areas_df, origin
        series, series_df = self.dispersion_of_series(role)
        if areas_df < LEAST_AREA_DF:
            areas, areas_df = area_dispersion(self.cells("treatment"), self.cells("comparison"))
            origin = "all areas"
        if areas_df >= LEAST_AREA_DF and exceeds(areas, areas_df, series, series_df):
            return areas, float(areas_df), origin
        return (series, series_df, "series") if series_df > 0 else (1.0, math.inf, "none")

    def source(self, origin: str) -> str:
        """Return where a dispersion was taken from, in words."""
        return {
            "areas": "from its areas' own changes",
            "series": f"from its {self.windows.unit}ly series",
            "all areas": "from the changes of all areas",
            "none": "assumed, too few areas and periods to estimate it",
        }[origin]

    def dispersions(self, roles: list[str]) -> tuple[np.ndarray, np.ndarray, str]:
        """Dispersion and degrees of freedom of each role, and a text for the method."""
        found = [self.dispersion(role) for role in roles]
        told = [
            f"{role.replace('_', ' ')} {value:.2f} ({self.source(origin)})"
            for role, (value, _, origin) in zip(roles, found, strict=True)
        ]
        text = f"dispersion: {', '.join(told)}"
        return np.array([value for value, _, _ in found]), np.array([df for _, df, _ in found]), text


def crime_case(
    study: Study, program: Program, outcome: str, before: int | None = None, after: int | None = None
) -> Case:
    """Return the case of a program and outcome, with the windows of the settings or others."""
    chosen = program_windows(study, program, before, after)
    return Case(program, study.panel, chosen, outcome, study.settings.rate_per)


Make = Callable[[Case, Estimate], Estimate]


def each_outcome(
    study: Study,
    program_id: str,
    template: Estimate,
    make: Make,
    *,
    needs_comparison: bool = False,
    outcomes: Sequence[str] | None = None,
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
        starts = program_starts(program)
        side, start = ("before", starts[0]) if not len(chosen.before) else ("after", starts[-1])
        reason = f"The crime data hold no full {chosen.unit} {side} the start ({start})."
        return [replace(template, outcome=o).declined(reason) for o in outcomes or study.panel.outcomes]
    estimates = []
    for outcome in outcomes or study.panel.outcomes:
        case = Case(program, study.panel, chosen, outcome, study.settings.rate_per)
        estimates.append(make(case, replace(template, outcome=outcome, note=chosen.note)))
    return estimates


def crime_estimate(program_id: str, name: str, **rest) -> Estimate:
    """Return an estimate of the crime strand without a number yet."""
    return Estimate(program_id=program_id, strand="crime", metric=name, **rest)


def with_result(template: Estimate, result: Result, *notes: str, **rest) -> Estimate:
    """Return the estimate with its numbers, and with every note that says something."""
    note = " ".join(text for text in (template.note, *notes) if text)
    numbers = {name: float(getattr(result, name)) for name in Result._fields}
    return replace(template, **numbers, note=note, **rest)


def few_incidents(*counts: float) -> str:
    """Tell when a window holds few incidents."""
    few = min(counts) < UNSTABLE_BELOW
    return f"Fewer than {UNSTABLE_BELOW} incidents in a window: unstable, read with care." if few else ""


def comparison_level(program: Program) -> int:
    """Maryland scale: 5 when areas were drawn at random, from enough to tell, else 3 for comparison areas."""
    treated, compared = len(program.treatment), len(program.comparison)
    drawn = program.assignment == "random" and math.comb(treated + compared, treated) >= LEAST_SETS
    return 5 if drawn else 3


def residents_note(case: Case, *roles: str) -> str:
    """Tell when counts stand for rates."""
    return "" if case.inhabited(*roles) else "Residents are not known: counts are compared, not rates."


def unlike_note(case: Case) -> str:
    """Tell when the areas differed much before the start, for then they need not change alike."""
    times = case.times_the_comparison
    if math.isnan(times) or 1 / UNLIKE_FROM < times < UNLIKE_FROM:
        return ""
    rate = f"the rate of the treatment areas was {times:.1f} times that of the comparison areas"
    return f"Before the start {rate}."
