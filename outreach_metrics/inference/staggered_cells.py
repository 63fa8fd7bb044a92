"""Cells of staggered starts in counts: observed, expected, and the influence of every area on their ratio."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal, NamedTuple

import numpy as np

from outreach_metrics.inference import Result
from outreach_metrics.inference.rates import ratio_from_log

NAN = math.nan


class Reference(NamedTuple):
    """Comparison areas of some periods, their counts, and each base period's share of the index."""

    areas: np.ndarray
    periods: np.ndarray
    counts: np.ndarray
    share: np.ndarray


@dataclass(frozen=True, slots=True)
class CohortCells:
    """Areas that start together, their base, and observed and expected counts by period.

    Parameters
    ----------
    start : int
    members : ndarray of bool, shape (areas,)
    base : ndarray of bool, shape (periods,)
    observed, expected : ndarray, shape (periods,)
        Expected is NaN in periods without comparison.
    references : tuple of Reference
    """

    start: int
    members: np.ndarray
    base: np.ndarray
    observed: np.ndarray
    expected: np.ndarray
    references: tuple[Reference, ...]


def base_window(start: int, periods: int, base_periods: int, season: int) -> np.ndarray:
    """Return which periods are the base of a start: whole years where there is one.

    Examples
    --------
    >>> base_window(5, 8, 24, season=4).astype(int).tolist()
    [0, 1, 1, 1, 1, 0, 0, 0]
    """
    length = min(base_periods, start)
    if length >= season:
        length -= length % season
    time = np.arange(periods)
    return (time >= start - length) & (time < start)


def cohort_cells(
    counts: np.ndarray,
    exposure: np.ndarray,
    cohort: np.ndarray,
    start: int,
    base: np.ndarray,
    comparison: Literal["never", "not_yet"],
) -> CohortCells:
    """Return observed and expected counts of the areas that start together.

    Parameters
    ----------
    counts, exposure : ndarray, shape (areas, periods)
    cohort : ndarray, shape (areas,)
    start : int
    base : ndarray of bool, shape (periods,)
        Holds at least one count of the cohort.
    comparison : "never" or "not_yet"

    Notes
    -----
    The index of the comparison is its rate, times the exposure of the cohort (indirect standardisation), so
    that residents who come or go in either are no effect.

    Examples
    --------
    >>> counts = np.array([[4.0, 6.0, 5.0], [10.0, 10.0, 20.0]])
    >>> cells = cohort_cells(counts, np.ones((2, 3)), np.array([2, 9]), 2, np.array([1, 1, 0]) > 0, "never")
    >>> cells.expected.tolist()
    [5.0, 5.0, 10.0]
    """
    members = cohort == start
    observed, person_time = counts[members].sum(axis=0), exposure[members].sum(axis=0)
    expected, references = np.full(len(observed), NAN), []
    for areas, periods in _comparisons(cohort, start, len(observed), comparison):
        reference = counts[areas].sum(axis=0)
        if reference[base].sum() == 0:
            continue
        index = person_time * reference / exposure[areas].sum(axis=0)
        share = np.where(base, index, 0.0) / index[base].sum()
        expected[periods] = (observed[base].sum() / index[base].sum() * index)[periods]
        references.append(Reference(areas, periods, reference, share))
    return CohortCells(start, members, base, observed, expected, tuple(references))


def _comparisons(
    cohort: np.ndarray, start: int, periods: int, comparison: str
) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Yield which areas a cohort is compared with in which periods."""
    time = np.arange(periods)
    if comparison == "never":
        yield cohort >= periods, time >= 0
        return
    later = np.unique(cohort[(cohort > start) & (cohort < periods)])
    for low, high in zip([0, *later], [*later, periods], strict=True):
        yield cohort >= high, (time >= low) & (time < high)


class Influence(NamedTuple):
    """Observed and expected counts of some cells, and how much each area moves the log of their ratio.

    Parameters
    ----------
    observed, expected : float
    areas : ndarray, shape (areas,)
        Influence of each area on the log ratio; NaN when a sum is 0.
    poisson : ndarray, shape (areas,)
        Variance of the log ratio that Poisson counts of each area would make.
    gradient : ndarray, shape (areas, periods)
        Derivative of the log ratio by each count.
    """

    observed: float
    expected: float
    areas: np.ndarray
    poisson: np.ndarray
    gradient: np.ndarray

    @property
    def log_ratio(self) -> float:
        """Log of observed / expected; NaN when either is 0."""
        return math.log(self.observed / self.expected) if min(self.observed, self.expected) > 0 else NAN


def influence(cohorts: list[CohortCells], held: np.ndarray, counts: np.ndarray) -> Influence:
    """Sum the cells that are held and find the influence of every area on observed / expected.

    Parameters
    ----------
    cohorts : list of CohortCells
    held : ndarray of bool, shape (cohorts, periods)
        Cells of the sum; all have an expected count.
    counts : ndarray, shape (areas, periods)

    Examples
    --------
    >>> counts = np.array([[4.0, 6.0, 5.0], [10.0, 10.0, 20.0]])
    >>> cells = cohort_cells(counts, np.ones((2, 3)), np.array([2, 9]), 2, np.array([1, 1, 0]) > 0, "never")
    >>> found = influence([cells], np.array([[False, False, True]]), counts)
    >>> found.observed, found.expected, round(float(found.poisson.sum()), 6)  # 1/5 + 1/10 + 1/20 + 1/20
    (5.0, 10.0, 0.4)
    """
    observed = float(sum(one.observed[cells].sum() for one, cells in zip(cohorts, held, strict=True)))
    expected = float(sum(one.expected[cells].sum() for one, cells in zip(cohorts, held, strict=True)))
    gradient = np.zeros(counts.shape)
    if min(observed, expected) <= 0:
        nothing = np.full(len(counts), NAN)
        return Influence(observed, expected, nothing, nothing, gradient)
    for one, cells in zip(cohorts, held, strict=True):
        part = np.where(cells, one.expected, 0.0) / expected
        gradient[one.members] += cells / observed - one.base * (part.sum() / one.observed[one.base].sum())
        for reference in one.references:
            used = np.where(reference.periods, part, 0.0)
            moved = used.sum() * reference.share - used
            gradient[reference.areas] += np.divide(
                moved, reference.counts, out=np.zeros_like(moved), where=reference.counts > 0
            )
    areas, poisson = (gradient * counts).sum(axis=1), (gradient**2 * counts).sum(axis=1)
    return Influence(observed, expected, areas, poisson, gradient)


class Spread(NamedTuple):
    """Variance of a log ratio, as the areas differ and as Poisson counts would have it.

    Parameters
    ----------
    areas : ndarray, shape (areas,)
        Influence of every area, raised for its leverage.
    variance, df : float
        Sum of their squares, and its degrees of freedom.
    poisson : float
        Variance that Poisson counts would have.
    """

    areas: np.ndarray
    variance: float
    df: float
    poisson: float

    @property
    def errors(self) -> list[tuple[float, float]]:
        """Standard error and degrees of freedom, as the areas differ and as Poisson counts would have it."""
        both = [(math.sqrt(self.variance), self.df), (math.sqrt(self.poisson), math.inf)]
        return [(error, df) for error, df in both if error > 0]

    def ratio(self, log_ratio: float, conf_level: float) -> tuple[Result, float, float]:
        """Return the ratio with the wider interval and the larger p-value; its error; degrees of freedom."""
        told = [(ratio_from_log(log_ratio, *error, conf_level), *error) for error in self.errors]
        widest, error, df = max(told, key=lambda one: one[0].conf_high)
        return widest._replace(p_value=max(one[0].p_value for one in told)), error, df


def spread(areas: np.ndarray, poisson: np.ndarray, treated: np.ndarray) -> Spread:
    """Scale the influence of areas so that the sum of its squares is an unbiased variance.

    Parameters
    ----------
    areas, poisson : ndarray, shape (areas,)
        As in `Influence`.
    treated : ndarray of bool, shape (areas,)
        Treated and comparison areas each are centred at their own sum.

    Returns
    -------
    Spread
        NaN when an arm has no count, or one area has all of them.

    Notes
    -----
    HC2 by area with its degrees of freedom (Bell RM & McCaffrey DF, 2002, Survey Methodology 28:169), for
    areas whose variances are as their Poisson variances; arms are joined by Satterthwaite's rule.

    Examples
    --------
    >>> found = spread(np.array([1.0, 0, -1, 1, -1]), np.full(5, 0.2), np.array([1, 1, 1, 0, 0]) > 0)
    >>> round(found.variance, 6), round(found.df, 2)  # 2 * 3/2 + 2 * 2; 25 / (9/2 + 4/1)
    (7.0, 2.94)
    """
    scaled, lost = np.zeros(len(areas)), 0.0
    for arm in (treated, ~treated):
        total = float(poisson[arm].sum())
        if not total > 0 or poisson[arm].max() > total * (1 - 1e-9):
            return Spread(np.full(len(areas), NAN), NAN, NAN, NAN)
        share = poisson[arm] / total
        scaled[arm] = areas[arm] / np.sqrt(1 - share)
        overlap = share**2 / (1 - share)
        lost += total**2 * float((share**2).sum() + overlap.sum() ** 2 - (overlap**2).sum())
    least = float(poisson.sum())
    return Spread(scaled, float((scaled**2).sum()), least**2 / lost, least)
