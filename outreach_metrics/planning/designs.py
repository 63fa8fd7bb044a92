"""What each design would find in the counts as they are expected to be."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import partial

import numpy as np
import pandas as pd

from outreach_metrics.evidence import plans
from outreach_metrics.inference.power import (
    Detectable,
    between_area_sd,
    needed_areas,
    needed_periods,
    power_of_difference,
    power_of_ratio,
    smallest_detectable,
)
from outreach_metrics.inference.simulated_power import (
    FALLS,
    RISES,
    detectable,
    power_of_interrupted,
    power_of_staggered,
)
from outreach_metrics.planning.model import ASKED, HORIZONS, DesignPlan, Reach
from outreach_metrics.planning.outlook import MOST_YEARS, Outlook, design_obstacle
from outreach_metrics.study.windows import FREQUENCIES, PERIODS_PER_YEAR

_NAN = math.nan
_REPLICATIONS = 200

PowerAt = Callable[[np.ndarray], np.ndarray]


def _alone(outlook: Outlook, conf_level: float, periods: int) -> PowerAt:
    """Power of before against after in the treatment areas."""
    case = outlook.case(periods)
    dispersion, df = outlook.spread("treatment", periods)
    expected = case.cells("treatment").sum(axis=0)
    return partial(power_of_ratio, expected=expected, dispersion=dispersion, df=df, conf_level=conf_level)


def _roles(outlook: Outlook, periods: int, *roles: str) -> dict[str, np.ndarray]:
    """Return expected counts, dispersion and degrees of freedom of several roles."""
    case = outlook.case(periods)
    spreads = [outlook.spread(role, periods) for role in roles]
    return {
        "expected": np.stack([case.cells(role).sum(axis=0) for role in roles]),
        "dispersion": np.array([dispersion for dispersion, _ in spreads]),
        "df": np.array([df for _, df in spreads]),
    }


def _compared(outlook: Outlook, conf_level: float, periods: int) -> PowerAt:
    """Power of the change relative to the comparison areas."""
    known = _roles(outlook, periods, "treatment", "comparison")
    return partial(power_of_ratio, conf_level=conf_level, **known)


def _displaced(outlook: Outlook, conf_level: float, periods: int) -> PowerAt:
    """Power of the weighted displacement difference with displacement areas."""
    roles = ("treatment", "comparison", "displacement", "displacement_comparison")
    exposure = outlook.case(periods).exposure(*roles)
    weights = exposure[[0, 0, 2, 2], 1][:, None] / exposure
    known = _roles(outlook, periods, *roles)
    return partial(power_of_difference, weights=weights, conf_level=conf_level, **known)


_FORMULAS: dict[str, Callable[[Outlook, float, int], PowerAt]] = {
    "before_after": _alone,
    "comparison": _compared,
    "displacement": _displaced,
}


def _interrupted(outlook: Outlook, conf_level: float) -> Callable[[np.ndarray, int], np.ndarray]:
    """Power of the series of the treatment areas: every period before, and those after."""
    counts = outlook.case(HORIZONS[outlook.unit][0]).series("treatment").sum(axis=0)
    dispersion, memory = outlook.series_dispersion("treatment"), outlook.memory
    start = int(outlook.history[-1]) + 1

    def simulate(ratios: np.ndarray, periods: int) -> np.ndarray:
        expected = counts[: start + periods]
        return power_of_interrupted(
            ratios,
            np.maximum(expected, 1e-6),
            np.arange(len(expected)) >= start,
            PERIODS_PER_YEAR[outlook.unit],
            dispersion,
            memory,
            conf_level=conf_level,
            replications=_REPLICATIONS,
        )

    return simulate


def _staggered(outlook: Outlook, conf_level: float) -> Callable[[np.ndarray, int], np.ndarray]:
    """Power over treatment areas that start one after another, against areas that never do."""
    program, frequency = outlook.program, FREQUENCIES[outlook.unit]
    origin = int(outlook.future.periods.asi8[0])
    own = [program.area_starts.get(area, program.start) for area in program.treatment]
    first = [pd.Period(day, freq=frequency).ordinal - origin for day in own] + [-1] * len(program.comparison)
    case = outlook.case(HORIZONS[outlook.unit][0])
    expected = np.concatenate([case.series("treatment"), case.series("comparison")])
    spread, dispersion = between_area_sd(_area_changes(outlook)), outlook.series_dispersion("treatment")

    def simulate(ratios: np.ndarray, periods: int) -> np.ndarray:
        return power_of_staggered(
            ratios,
            np.maximum(expected[:, : max(first) + periods], 1e-6),
            np.array(first),
            dispersion,
            0.0 if math.isnan(spread) else spread,
            conf_level=conf_level,
            replications=_REPLICATIONS,
        )

    return simulate


def _area_changes(outlook: Outlook) -> np.ndarray:
    """Counts of program and comparison areas in the two halves of the time before, shape (areas, 2)."""
    roles = [role for role in ("treatment", "comparison") if outlook.program.areas.get(role)]
    return np.concatenate([outlook.halves.cells(role) for role in roles])


_SIMULATIONS: dict[str, Callable[[Outlook, float], Callable[[np.ndarray, int], np.ndarray]]] = {
    "interrupted": _interrupted,
    "staggered": _staggered,
}


def find(outlook: Outlook, design: str, periods: int, power: float, conf_level: float) -> Reach:
    """Return what a design finds when so many periods have passed after the start."""
    if design in _FORMULAS:
        power_at = _FORMULAS[design](outlook, conf_level, periods)
        found, half = (smallest_detectable(power_at, level) for level in (power, 0.5))
        return _reach(outlook, periods, found, half, power_at(np.array(ASKED)))
    ratios = np.array(FALLS + RISES)
    powers = _SIMULATIONS[design](outlook, conf_level)(ratios, periods)
    found, half = (detectable(ratios, powers, level) for level in (power, 0.5))
    reach = _reach(outlook, periods, found, half, powers[[FALLS.index(ratio) for ratio in ASKED]])
    used = len(outlook.history) if design == "interrupted" else reach.before
    return reach._replace(before=used, after=periods)


def _reach(outlook: Outlook, periods: int, found: Detectable, half: Detectable, powers: np.ndarray) -> Reach:
    chosen = outlook.case(periods).windows
    told = tuple(float(power) for power in powers)
    return Reach(periods, len(chosen.before), len(chosen.after), found.fall, found.rise, half.fall, told)


def plan_design(outlook: Outlook, design: str, power: float, conf_level: float) -> DesignPlan:
    """Return what a design finds after each horizon, or why it cannot be planned."""
    reason = design_obstacle(outlook, design)
    if reason:
        return DesignPlan(design=design, reason=reason)
    reaches = tuple(find(outlook, design, n, power, conf_level) for n in HORIZONS[outlook.unit])
    needed = tuple(_needed(outlook, design, reaches, asked, power, conf_level) for asked in range(len(ASKED)))
    return DesignPlan(design=design, reaches=reaches, needed=needed, method=plans.METHODS[design])


def _needed(
    outlook: Outlook, design: str, reaches: tuple[Reach, ...], asked: int, power: float, conf_level: float
) -> float:
    """Return the periods until a fall is found: any number by formula, one of the horizons by simulation."""
    if design not in _FORMULAS:
        return float(min((r.periods for r in reaches if r.powers[asked] >= power), default=_NAN))
    most = round(MOST_YEARS * PERIODS_PER_YEAR[outlook.unit])
    ratio = np.array(ASKED[asked])
    return needed_periods(lambda n: float(_FORMULAS[design](outlook, conf_level, n)(ratio)), power, most)


def plan_areas(outlook: Outlook, power: float, conf_level: float) -> tuple[float, ...]:
    """Areas that falls by 10, 20 and 30 % need over two years; NaN when areas are too few to tell."""
    case = outlook.case(HORIZONS[outlook.unit][-2])
    spread = between_area_sd(_area_changes(outlook))
    if math.isnan(spread):
        return (_NAN,) * len(ASKED)
    before, after = case.cells("treatment").mean(axis=0)
    return tuple(
        needed_areas(ratio, (before, after), spread, conf_level=conf_level, power=power) for ratio in ASKED
    )
