"""Staggered starts for counts of areas: observed against what the comparison areas let one expect."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal, NamedTuple

import numpy as np
from scipy import stats

from outreach_metrics.inference import Result
from outreach_metrics.inference.staggered_cells import (
    CohortCells,
    Influence,
    Spread,
    base_window,
    cohort_cells,
    influence,
    spread,
)

NAN = math.nan
NONE = Result(NAN, NAN, NAN, NAN)
FEWEST_AREAS = 3
DRAWS = 9_999


class RatioPart(NamedTuple):
    """Observed / expected of some of the cells.

    Parameters
    ----------
    label : int
        First period since the start of the bin, start of the cohort, or year.
    result : Result
        No interval when one area makes up the part.
    observed, expected : float
        Counts.
    areas : int
        Treated areas in it.
    band_low, band_high : float
        Limits that hold for all event bins together; NaN for other parts.
    """

    label: int
    result: Result
    observed: float
    expected: float
    areas: int
    band_low: float = NAN
    band_high: float = NAN


class PreTrend(NamedTuple):
    """F test that the bins before the start have one ratio; NaN with fewer than 2 bins, or an empty one."""

    statistic: float
    df: int
    df_error: float
    p_value: float


NO_TEST = PreTrend(NAN, 0, NAN, NAN)


@dataclass(frozen=True, slots=True)
class StaggeredRatio:
    """Ratio of observed to expected counts after the start, its parts, and what to know of it.

    Parameters
    ----------
    overall : Result
        Below 1 is a fall.
    observed, expected : float
        Counts of the treated areas after the start.
    standard_error, df : float
        Of the log ratio; the degrees of freedom are fewer when a few areas hold most of the counts.
    events, cohorts, years : tuple of RatioPart
    pre_trend : PreTrend
    areas, comparison_areas : int
        Treated areas that are used, and the areas that any of them is compared with.
    lonely : tuple of int
        Cohorts of one area.
    without_base, without_comparison : tuple of int
        Cohorts left out: no count before the start; no comparison count, or no period, after it.
    partial_base : tuple of int
        Cohorts whose base is less than a year: they need the same season in the comparison areas.
    dropped : int
        Areas left out because they start with or before the first period.
    reason : str
        Why there is no number or no interval; where there is no number there are no parts.
    """

    overall: Result
    observed: float
    expected: float
    standard_error: float
    df: float
    events: tuple[RatioPart, ...]
    cohorts: tuple[RatioPart, ...]
    years: tuple[RatioPart, ...]
    pre_trend: PreTrend
    areas: int
    comparison_areas: int
    lonely: tuple[int, ...]
    without_base: tuple[int, ...]
    without_comparison: tuple[int, ...]
    partial_base: tuple[int, ...]
    dropped: int
    reason: str


def staggered_ratio(
    counts: np.ndarray,
    exposure: np.ndarray,
    cohort: np.ndarray,
    *,
    comparison: Literal["never", "not_yet"] = "never",
    base_periods: int = 24,
    after: int = 24,
    transition: int = 0,
    season: int = 12,
    event_bins: Sequence[int] | np.ndarray = (),
    years: np.ndarray | None = None,
    conf_level: float = 0.95,
    seed: int = 0,
) -> StaggeredRatio:
    """Observed counts of areas with different starts / what their comparison areas let one expect.

    A cohort is expected to have its counts of the base window, times the change of the comparison areas from
    the same window to the period. Sums of observed and expected over cohorts and periods make the ratios; for
    one cohort it is the ratio of ratios (treated after / before) / (comparison after / before).

    Parameters
    ----------
    counts : ndarray, shape (areas, periods)
    exposure : ndarray, shape (areas, periods) or (areas,)
        Residents or person-time, greater than 0.
    cohort : ndarray, shape (areas,)
        Position of the first treated period; inf, or any position after the last period, for never.
    comparison : "never" or "not_yet"
        Areas never treated, or all that are not treated by the period.
    base_periods, after, transition : int
        Periods before the start, cut to whole years where there is one; periods after it, less the
        first `transition`.
    season : int
        Periods a year.
    event_bins : sequence of int
        Edges of bins of periods since the start, rising, 0 one of them: (-24, -12, 0, 12, 24).
    years : ndarray, shape (periods,), optional
        Year of each period.
    conf_level : float
    seed : int
        Of the 9,999 draws behind the bands.

    Returns
    -------
    StaggeredRatio
        With fewer than 3 treated areas, no count before or no comparison count: NaN, and the reason.
        No count after: ratio 0 without interval. One comparison area: no interval.

    Notes
    -----
    Assumes that without the program treated and comparison rates would have changed by the same factor, and
    that residents came and went alike in comparison areas of high and of low rates.

    The group-time design of Callaway B & Sant'Anna PHC (2021) J Econometrics 225:200, as ratios. Errors are
    those of influence functions summed by area, so whatever the correlation over time, with the leverage and
    degrees of freedom of Bell RM & McCaffrey DF (2002) Survey Methodology 28:169, treated and comparison
    areas apart. Areas may look alike by chance: where Poisson counts would make the wider interval it is
    that one, with infinite degrees of freedom, and the p-value is the larger of the two.

    R for one cohort and constant residents:
    ``glm(count ~ area + period + treated:after, family = poisson)``, its errors near those of
    ``clubSandwich::vcovCR(type = "CR2")``.

    Examples
    --------
    >>> counts = np.array([[10, 10, 8, 8], [6, 8, 6, 5], [9, 5, 7, 4], [20, 22, 21, 20], [11, 9, 10, 10]])
    >>> found = staggered_ratio(counts, np.ones(5), np.array([2, 2, 2, 9, 9]), season=1)
    >>> round(found.overall.estimate, 4), round(found.expected, 2), found.areas
    (0.8046, 47.23, 3)
    """
    events, person_time, start = _checked(counts, exposure, cohort)
    study = _study(events, person_time, start, comparison, (base_periods, transition, after, season))
    return _found(study, event_bins, years, conf_level, seed)


def _found(
    study: _Study,
    event_bins: Sequence[int] | np.ndarray,
    years: np.ndarray | None,
    conf_level: float,
    seed: int,
) -> StaggeredRatio:
    overall = study.part(0, study.after)
    result, error, df = overall.ratio(conf_level)
    enough = overall.areas >= FEWEST_AREAS
    bins = study.by_bin(event_bins) if enough else []
    by_cohort = study.by_cohort() if enough else []
    by_year = study.by_year(years) if enough and years is not None else []
    return StaggeredRatio(
        overall=result if enough else NONE,
        observed=overall.sums.observed,
        expected=overall.sums.expected,
        standard_error=error if enough else NAN,
        df=df if enough else NAN,
        events=_banded(bins, study.counts, conf_level, seed),
        cohorts=tuple(part.told(conf_level) for part in by_cohort),
        years=tuple(part.told(conf_level) for part in by_year),
        pre_trend=_pre_trend([part for part in bins if part.label < 0 and part.areas], study.counts),
        areas=overall.areas,
        comparison_areas=int(study.compared.sum()),
        dropped=study.dropped,
        reason=study.reason(overall),
        **study.flags,
    )


@dataclass(frozen=True, slots=True)
class _Part:
    """Cells of one label, and what they tell."""

    label: int
    sums: Influence
    spread: Spread
    areas: int

    def ratio(self, conf_level: float) -> tuple[Result, float, float]:
        """Return the ratio, the standard error of its log and the degrees of freedom."""
        if not self.sums.expected > 0:
            return NONE, NAN, NAN
        if math.isnan(self.spread.variance):
            return Result(self.sums.observed / self.sums.expected, NAN, NAN, NAN), NAN, NAN
        return self.spread.ratio(self.sums.log_ratio, conf_level)

    def told(self, conf_level: float, critical: tuple[float, float] = (NAN, NAN)) -> RatioPart:
        """Return the ratio with its interval, and its band where there are critical values (t, normal)."""
        result, *_ = self.ratio(conf_level)
        part = RatioPart(self.label, result, self.sums.observed, self.sums.expected, self.areas)
        if math.isnan(critical[0] * self.spread.variance):
            return part
        reach = max(
            math.log(result.conf_high / result.estimate),
            critical[0] * math.sqrt(self.spread.variance),
            critical[1] * math.sqrt(self.spread.poisson),
        )
        return part._replace(
            band_low=result.estimate * math.exp(-reach), band_high=result.estimate * math.exp(reach)
        )


@dataclass(frozen=True, slots=True)
class _Study:
    """The cohorts that can be used, and which of their cells, shape (cohorts, periods), there are."""

    counts: np.ndarray
    cohorts: list[CohortCells]
    treated: np.ndarray
    since: np.ndarray
    made: np.ndarray
    after: np.ndarray
    dropped: int
    flags: dict[str, tuple[int, ...]]

    @property
    def compared(self) -> np.ndarray:
        """Areas that any cohort is compared with."""
        sets = [reference.areas for one in self.cohorts for reference in one.references]
        return np.any(sets, axis=0) if sets else np.zeros(len(self.treated), dtype=bool)

    def part(self, label: int, held: np.ndarray) -> _Part:
        """Return what the cells that are held, as far as they are made, tell."""
        held = held & self.made
        sums = influence(self.cohorts, held, self.counts)
        pairs = zip(self.cohorts, held, strict=True)
        areas = sum(int(one.members.sum()) for one, cells in pairs if cells.any())
        return _Part(label, sums, spread(sums.areas, sums.poisson, self.treated), areas)

    def by_bin(self, edges: Sequence[int] | np.ndarray) -> list[_Part]:
        """Return a part for every bin of time since the start."""
        if any(low < 0 < high or low >= high for low, high in pairwise(edges)):
            raise ValueError("edges of event bins must rise, and 0 must be one of them")
        held = (self.since < 0) | self.after
        return [
            self.part(int(low), held & (self.since >= low) & (self.since < high))
            for low, high in pairwise(edges)
        ]

    def by_cohort(self) -> list[_Part]:
        """Return a part for every cohort, of its periods after the start."""
        own = np.eye(len(self.cohorts), dtype=bool)[:, :, None]
        pairs = zip(self.cohorts, own, strict=True)
        return [self.part(one.start, self.after & mine) for one, mine in pairs]

    def by_year(self, years: np.ndarray) -> list[_Part]:
        """Return a part for every year with a period after a start."""
        present = np.unique(np.asarray(years)[self.after.any(axis=0)])
        return [self.part(int(year), self.after & (np.asarray(years) == year)) for year in present]

    def reason(self, overall: _Part) -> str:
        """Say why there is no number, or no interval; nothing when there are both."""
        if not self.cohorts and self.flags["without_comparison"]:
            return "There are no comparison counts in the periods of the treated areas."
        if not self.cohorts:
            return "No treated area has a count before its start and a period after it."
        if overall.areas < FEWEST_AREAS:
            return f"There are fewer than {FEWEST_AREAS} treated areas."
        if overall.sums.observed == 0:
            return "There is no count after the start, so there is no interval."
        if overall.sums.expected == 0:
            return "There is no comparison count after the start."
        if math.isnan(overall.spread.variance):
            return (
                "One area has all counts of the treated or of the comparison areas, so there is no interval."
            )
        return ""


def _checked(
    counts: np.ndarray, exposure: np.ndarray, cohort: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    events, start = np.asarray(counts, dtype=float), np.asarray(cohort, dtype=float)
    person_time = np.asarray(exposure, dtype=float)
    person_time = person_time[:, None] if person_time.ndim == 1 else person_time
    if events.ndim != 2 or start.shape != events.shape[:1] or np.isnan(start).any():
        raise ValueError("counts must have shape (areas, periods), and cohort one start an area")
    if not ((events >= 0).all() and np.isfinite(events).all() and (person_time > 0).all()):
        raise ValueError("counts must be 0 or more and exposures greater than 0")
    return events, np.broadcast_to(person_time, events.shape), start


def _study(
    events: np.ndarray,
    person_time: np.ndarray,
    start: np.ndarray,
    comparison: Literal["never", "not_yet"],
    windows: tuple[int, int, int, int],
) -> _Study:
    base_periods, transition, last, season = windows
    periods, cohorts = events.shape[1], []
    names = ("lonely", "without_base", "without_comparison", "partial_base")
    flags: dict[str, list[int]] = {name: [] for name in names}
    for first in np.unique(start[(start > 0) & (start < periods)]).astype(int).tolist():
        base = base_window(first, periods, base_periods, season)
        if events[start == first][:, base].sum() == 0:
            flags["without_base"].append(first)
            continue
        one = cohort_cells(events, person_time, start, first, base, comparison)
        if np.isnan(one.expected[first + transition : first + last]).all():
            flags["without_comparison"].append(first)
            continue
        cohorts.append(one)
        flags["lonely"] += [first] * int(one.members.sum() == 1)
        flags["partial_base"] += [first] * int(base.sum() < season)
    since = np.arange(periods) - np.array([one.start for one in cohorts], dtype=int).reshape(-1, 1)
    made = np.isfinite(np.array([one.expected for one in cohorts]).reshape(since.shape))
    after = made & (since >= transition) & (since < last)
    treated = np.isin(start, [one.start for one in cohorts])
    told = {name: tuple(found) for name, found in flags.items()}
    return _Study(events, cohorts, treated, since, made, after, int((start <= 0).sum()), told)


def _covariance(parts: list[_Part], counts: np.ndarray) -> np.ndarray:
    """Return the covariance of log ratios that Poisson counts would have."""
    gradients = np.array([part.sums.gradient.ravel() for part in parts])
    return (gradients * counts.ravel()) @ gradients.T


def _banded(parts: list[_Part], counts: np.ndarray, conf_level: float, seed: int) -> tuple[RatioPart, ...]:
    """Return the parts with bands that hold for all of them: the largest of correlated Student's t."""
    sure = [part for part in parts if part.sums.observed > 0 and math.isfinite(part.spread.variance)]
    if not sure:
        return tuple(part.told(conf_level) for part in parts)
    covariance = _covariance(sure, counts)
    error = np.sqrt(np.diag(covariance))
    random, df = np.random.default_rng(seed), float(np.mean([part.spread.df for part in sure]))
    draws = random.multivariate_normal(np.zeros(len(sure)), covariance / np.outer(error, error), DRAWS)
    normal = np.abs(draws).max(axis=1)
    student = normal / np.sqrt(random.chisquare(df, DRAWS) / df)
    critical = (float(np.quantile(student, conf_level)), float(np.quantile(normal, conf_level)))
    return tuple(part.told(conf_level, critical) for part in parts)


def _pre_trend(parts: list[_Part], counts: np.ndarray) -> PreTrend:
    """Test the bins before the start against their average; the areas give the dispersion.

    The p-value is the larger of that with this dispersion (F) and that of Poisson counts (chi-square).
    """
    logs, count = np.array([part.sums.log_ratio for part in parts]), len(parts) - 1
    if count < 1 or not all(math.isfinite(part.sums.log_ratio * part.spread.variance) for part in parts):
        return NO_TEST
    contrast = np.eye(count + 1)[:-1] - 1 / (count + 1)
    scale = contrast @ _covariance(parts, counts) @ contrast.T
    moved = contrast @ np.array([part.spread.areas for part in parts])
    dispersion = float(np.trace(np.linalg.solve(scale, moved @ moved.T))) / count
    distance = float(contrast @ logs @ np.linalg.solve(scale, contrast @ logs))
    statistic = distance / count / dispersion if dispersion > 0 else math.inf
    df_error = count * float(np.mean([part.spread.df for part in parts]))
    p_value = max(stats.f.sf(statistic, count, df_error), stats.chi2.sf(distance, count))
    return PreTrend(statistic, count, df_error, float(p_value))
