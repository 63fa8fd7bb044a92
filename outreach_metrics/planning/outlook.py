"""The counts before a start, carried on into the time after as if the program changed nothing."""

from __future__ import annotations

from dataclasses import replace
from functools import cache, cached_property

import numpy as np
import pandas as pd

from outreach_metrics.inference.dispersion import area_dispersion, seasonal_expectation
from outreach_metrics.inference.simulated_power import draw_counts
from outreach_metrics.metrics.crime import Case
from outreach_metrics.planning.model import HORIZONS
from outreach_metrics.study import CountPanel, Program, Study
from outreach_metrics.study.windows import FREQUENCIES, PERIODS_PER_YEAR, Windows, calendar_position, windows

MOST_YEARS = 5
"""Years after the start beyond which nobody waits."""

LEAST_AREA_DF = 4
"""Degrees of freedom from which areas' own changes tell the dispersion, as in an evaluation."""

_MOST_MEMORY = 0.6
_FUTURES = 30
_WORST_JUDGED = 10.0  # times the true dispersion
_SEASON = {"month": 12, "week": 52, "quarter": 4, "year": 1}
_LEAST_HISTORY = {"month": 12, "week": 52, "quarter": 8, "year": 4}


class Outlook:
    """The counts that a program's areas had before its start, carried on into the time after.

    Parameters
    ----------
    study : Study
        With counts.
    program : Program
        With treatment areas; only periods before its first area starts are used.
    outcome : str
    """

    def __init__(self, study: Study, program: Program, outcome: str) -> None:
        self.study, self.program, self.outcome = study, program, outcome
        self.unit = study.settings.unit
        starts = {program.area_starts.get(area, program.start) for area in program.treatment}
        self.first, self.last = min(starts), max(starts)
        start = pd.Period(self.first, freq=FREQUENCIES[self.unit])
        self.history = np.flatnonzero(study.panel.periods.asi8 < start.ordinal)

    def _latest(self, most: int) -> np.ndarray:
        """Positions of the last periods before the start, in whole years where there is one."""
        season = _SEASON[self.unit]
        kept = min(max(self.study.settings.before, season), most)
        return self.history[len(self.history) - (kept // season * season or kept) :]

    @cached_property
    def recent(self) -> np.ndarray:
        """Positions of the periods whose level is carried on: the window before."""
        return self._latest(len(self.history))

    @cached_property
    def halves(self) -> Case:
        """The time before the start as if a program had begun in its middle, for what changes by itself."""
        after = self._latest(len(self.history) // 2)
        return self._case(self.study.panel, Windows(before=after - len(after), after=after, unit=self.unit))

    def _case(self, panel: CountPanel, chosen: Windows) -> Case:
        return Case(self.program, panel, chosen, self.outcome, self.study.settings.rate_per)

    @cached_property
    def counts(self) -> np.ndarray:
        """Counts of the outcome in every area of the study, shape (areas, t)."""
        return self.study.panel.counts[self.study.panel.outcomes.index(self.outcome)].astype(float)

    @cached_property
    def season(self) -> np.ndarray:
        """Factor of each calendar position, from all areas of the study over the two halves."""
        used, half = self.halves.used, len(self.halves.windows.before)
        position = calendar_position(self.study.panel.periods[used], self.unit)
        after = np.arange(len(used)) >= half
        total = self.counts[:, used].sum(axis=0)
        expected, _ = seasonal_expectation(total, np.ones(len(used)), after, position)
        level = np.where(after, expected[half:].mean(), expected[:half].mean())
        factor = np.ones(54)
        factor[position] = np.divide(expected, level, out=np.ones(len(used)), where=level > 0)
        return factor

    @cached_property
    def future(self) -> CountPanel:
        """Expected counts of every area named and period: level of the recent periods times season."""
        panel, transition = self.study.panel, self.study.settings.transition
        beyond = pd.Period(self.last, freq=FREQUENCIES[self.unit]).ordinal - panel.periods.asi8[0]
        most = round(MOST_YEARS * PERIODS_PER_YEAR[self.unit])
        length = int(beyond) + transition + most + 2
        periods = pd.period_range(panel.periods[0], periods=length, freq=panel.periods.freq)
        named = sorted({area for areas in self.program.areas.values() for area in areas})
        rows = panel.rows(tuple(named))
        level = self.counts[rows][:, self.recent].mean(axis=1)
        expected = level[:, None] * self.season[calendar_position(periods, self.unit)]
        lacking = max(length - panel.population.shape[1], 0)
        residents = np.pad(panel.population[rows], ((0, 0), (0, lacking)), mode="edge")[:, :length]
        return replace(
            panel,
            outcomes=(self.outcome,),
            area_ids=tuple(named),
            periods=periods,
            counts=expected[None],
            population=residents,
        )

    def residuals(self, role: str) -> np.ndarray:
        """Pearson residuals of a role's series about the level of each half times the season."""
        used, half = self.halves.used, len(self.halves.windows.before)
        counts = self.halves.series(role).sum(axis=0)[used].astype(float)
        expected = self.season[calendar_position(self.study.panel.periods[used], self.unit)].copy()
        for side in (slice(None, half), slice(half, None)):
            expected[side] *= counts[side].sum() / max(expected[side].sum(), 1e-300)
        return (counts - expected) / np.sqrt(np.maximum(expected, 1e-300))

    def series_dispersion(self, role: str) -> float:
        """Dispersion of a role's series from period to period, 1 or more.

        Season costs degrees of freedom as far as the role's own counts told it.
        """
        residuals, used = self.residuals(role), self.halves.used
        share = self.halves.series(role)[:, used].sum() / max(self.counts[:, used].sum(), 1.0)
        df = len(residuals) - 2 - share * (len(np.unique(self.season[self.season != 1.0])) - 1)
        return max(1.0, float(residuals @ residuals / df)) if df > 0 else 1.0

    @cached_property
    def memory(self) -> float:
        """Correlation of a period's count with the one before, beyond season, over all areas; 0 or more."""
        roles = [role for role in ("treatment", "comparison") if self.program.areas.get(role)]
        series = [self.residuals(role) for role in roles]
        products = sum(float(r[1:] @ r[:-1]) for r in series)
        squares = sum(float(r @ r) for r in series)
        return min(_MOST_MEMORY, max(0.0, products / squares)) if squares > 0 else 0.0

    @cache  # noqa: B019 - lives as long as the plan is made
    def dispersion(self, role: str) -> float:
        """Dispersion of a role's counts from one long window to the next, as the time before tells it.

        From the areas' own changes where there are enough areas, otherwise the larger of that and what the
        series says, lengthened for its memory. The changes of program and comparison areas are taken
        together, for the time before a start is short.
        """
        own, comparison = (self.halves.cells(name) for name in (role, "comparison"))
        groups = (self.halves.cells("treatment"), comparison) if len(comparison) else (own,)
        areas, df = area_dispersion(*groups)
        if len(own) > LEAST_AREA_DF:
            return areas
        longer = (1 + self.memory) / (1 - self.memory)
        return max(self.series_dispersion(role) * longer, areas if df >= LEAST_AREA_DF else 1.0)

    def spread(self, role: str, periods: int) -> tuple[float, float]:
        """Dispersion of a role's counts as an evaluation would judge it, and its degrees of freedom.

        An evaluation estimates the dispersion anew, and rather too high than too low. What it would find is
        the mean over some futures that are drawn with the dispersion of the past, at the nearest horizon;
        more periods never make it judge worse.
        """
        horizons = HORIZONS[self.unit]
        nearest = min(horizons, key=lambda horizon: abs(horizon - periods))
        judged = [self._judged(role, horizon) for horizon in horizons if horizon <= nearest]
        return min(value for value, _ in judged), max(df for _, df in judged)

    @cache  # noqa: B019 - lives as long as the plan is made
    def _judged(self, role: str, horizon: int) -> tuple[float, float]:
        true = self.dispersion(role)
        found = np.array([future.dispersion(role)[:2] for future in self._futures(horizon)], dtype=float)
        error = np.sqrt(np.minimum(found[:, 0], _WORST_JUDGED * true)).mean()
        return max(float(error**2), true), float(np.minimum(found[:, 1], 1e6).mean())

    @cache  # noqa: B019 - lives as long as the plan is made
    def _futures(self, horizon: int) -> list[Case]:
        """Comparisons that an evaluation could meet when nothing changes."""
        case, generator = self.case(horizon), np.random.default_rng(0)
        counts = np.zeros((_FUTURES, *self.future.counts.shape))
        for role, areas in self.program.areas.items():
            rows = self.future.rows(areas)
            expected = np.maximum(self.future.counts[0][rows][:, case.used], 1e-9)
            many = np.broadcast_to(expected, (_FUTURES, *expected.shape))
            drawn = draw_counts(many, self.dispersion(role), self.memory, generator)
            counts[:, 0, rows[:, None], case.used] = drawn
        return [replace(case, panel=replace(self.future, counts=future)) for future in counts]

    @cache  # noqa: B019 - lives as long as the plan is made
    def case(self, periods: int) -> Case:
        """Return the comparison that an evaluation would make after so many periods, counts as expected."""
        settings = self.study.settings
        chosen = windows(
            self.future.periods,
            start=self.first,
            rollout_end=self.last,
            unit=self.unit,
            before=max(settings.before, periods),
            after=periods,
            transition=settings.transition,
        )
        return self._case(self.future, chosen)


def obstacle(study: Study, program: Program, outlook: Outlook | None) -> str:
    """Return why no crime design can be planned; empty when one can."""
    if study.panel is None:
        return "The study has no incidents or counts."
    if outlook is None:
        return "No program areas are named (role treatment in program_areas)."
    unit, there = study.settings.unit, len(outlook.history)
    least = _LEAST_HISTORY[unit]
    if there < least:
        return (
            f"The crime data hold {there} {unit}{'s' * (there != 1)} before the start ({outlook.first}); "
            f"a plan needs {least}."
        )
    if outlook.halves.series("treatment")[:, outlook.recent].sum() == 0:
        return "Nothing was recorded in the program areas before the start."
    return ""


def design_obstacle(outlook: Outlook, design: str) -> str:
    """Return why one design cannot be planned; empty when it can."""
    program, halves = outlook.program, outlook.halves
    roles = {
        "comparison": ("comparison",),
        "displacement": ("comparison", "displacement", "displacement_comparison"),
        "staggered": ("comparison",),
    }.get(design, ())
    lacking = [role.replace("_", " ") for role in roles if not program.areas.get(role)]
    if lacking:
        return f"No {' or '.join(lacking)} areas are named (program_areas)."
    if roles and halves.series("comparison")[:, outlook.recent].sum() == 0:
        return "Nothing was recorded in the comparison areas before the start."
    if design == "displacement" and not outlook.case(HORIZONS[outlook.unit][0]).inhabited(
        "treatment", *roles
    ):
        return "The residents of at least one area are not known, so areas cannot be made comparable in size."
    if design == "staggered" and outlook.first == outlook.last:
        return "All areas start at the same time."
    if design == "staggered" and min(len(program.treatment), len(program.comparison)) < 2:
        return "It takes at least 2 program and 2 comparison areas."
    years = len(outlook.history) / PERIODS_PER_YEAR[outlook.unit]
    if design == "interrupted" and years < 1.99:
        return f"It takes 2 years of counts before the start; there are {years:.1f}."
    return ""
