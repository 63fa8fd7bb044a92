"""Group-time average effects of programs that start at different times (Callaway & Sant'Anna)."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np
from scipy import stats

from outreach_metrics.inference import Result

NAN = math.nan

Comparison = Literal["never", "not_yet"]
Base = Literal["varying", "universal"]
Kind = Literal["simple", "dynamic", "group", "calendar"]


@dataclass(frozen=True, slots=True)
class GroupTimeEffects:
    """Effect on the cohort that starts at `groups[k]`, in period `times[k]`, for every cell k.

    Parameters
    ----------
    groups, times : ndarray of int, shape (cells,)
        Positions of periods; cells are in the order of group, then time.
    att : ndarray, shape (cells,)
        Change of the cohort since its base period less that of the comparison; NaN without comparison.
    influence : ndarray, shape (units, cells)
        Influence functions of the units that were used; their mean square / units is the squared error.
    cohort : ndarray, shape (units,)
        Start of the units that were used; inf for those that are only comparison.
    lonely : tuple of int
        Cohorts of one unit: no error can be known of them, and what is printed is too small.
    dropped : int
        Units left out because they are treated in the first period.
    truncated : bool
        No unit is never treated: the last cohort is the comparison, and periods from its start are left out.
    """

    groups: np.ndarray
    times: np.ndarray
    att: np.ndarray
    influence: np.ndarray
    cohort: np.ndarray
    lonely: tuple[int, ...]
    dropped: int
    truncated: bool

    @property
    def standard_errors(self) -> np.ndarray:
        """Analytic standard errors, shape (cells,); NaN where nothing varies (a base period)."""
        return _standard_error(self.influence)


@dataclass(frozen=True, slots=True)
class Aggregate:
    """An average of group-time effects, and what it is an average of.

    Parameters
    ----------
    overall : Result
    standard_error : float
    labels : ndarray, shape (parts,)
        Periods since the start ("dynamic"), starts ("group") or periods ("calendar"); empty for "simple".
    parts : tuple of Result
        One a label, each with its pointwise interval.
    standard_errors : ndarray, shape (parts,)
    influence : ndarray, shape (units, parts)
    """

    overall: Result
    standard_error: float
    labels: np.ndarray
    parts: tuple[Result, ...]
    standard_errors: np.ndarray
    influence: np.ndarray


@dataclass(frozen=True, slots=True)
class EventStudy:
    """Effects by time since the start, with bands that hold for all of them together.

    Parameters
    ----------
    events : ndarray of int, shape (events,)
        Periods since the start; below 0 is before it.
    parts : tuple of Result
        One an event time, with pointwise intervals.
    band_low, band_high : ndarray, shape (events,)
        Simultaneous limits.
    critical : float
        Standard errors from the estimate to its band.
    pre_trend : WaldTest
        Whether all effects before the start are 0.
    overall : Result
        Average over the event times from 0 on.
    """

    events: np.ndarray
    parts: tuple[Result, ...]
    band_low: np.ndarray
    band_high: np.ndarray
    critical: float
    pre_trend: WaldTest
    overall: Result


@dataclass(frozen=True, slots=True)
class WaldTest:
    """A joint test; NaN where it cannot be made."""

    statistic: float
    df: int
    p_value: float


def group_time_effects(
    outcome: np.ndarray,
    cohort: np.ndarray,
    comparison: Comparison = "never",
    base: Base = "varying",
) -> GroupTimeEffects:
    """Group-time average treatment effects of a balanced panel, without covariates or anticipation.

    Parameters
    ----------
    outcome : ndarray, shape (units, periods)
    cohort : ndarray, shape (units,)
        Position of the first treated period; inf, or any position after the last period, for never.
    comparison : "never" or "not_yet"
        Whom a cohort is compared with: units never treated, or all not treated by the period of the cell.
    base : "varying" or "universal"
        Before the start, change since the period before ("varying") or less the last period before the start
        ("universal"); from the start on always the latter.

    Returns
    -------
    GroupTimeEffects
        Without any treated unit, or with one cohort alone, there are no cells.

    Notes
    -----
    Assumes parallel trends of the outcome as it is measured (additive), and no effect before the start.
    Callaway B & Sant'Anna PHC (2021) J Econometrics 225:200.
    R: ``did::att_gt(xformla = ~1, bstrap = FALSE, control_group = , base_period = )``.

    Examples
    --------
    >>> panel = np.array([[1.0, 2, 5], [2.0, 3, 7], [1.0, 2, 3], [4.0, 5, 5]])
    >>> effects = group_time_effects(panel, np.array([2, 2, np.inf, np.inf]))
    >>> effects.groups.tolist(), effects.times.tolist(), effects.att.tolist()
    ([2, 2], [1, 2], [0.0, 3.0])
    """
    panel, start = np.asarray(outcome, dtype=float), np.asarray(cohort, dtype=float)
    if panel.ndim != 2 or start.shape != panel.shape[:1] or np.isnan(start).any():
        raise ValueError("outcome must have shape (units, periods), and cohort one start a unit")
    if not np.isfinite(panel).all():
        raise ValueError("the panel must be balanced: every unit has an outcome in every period")
    kept = start > 0
    panel, start = panel[kept], start[kept]
    start = np.where(start < panel.shape[1], start, np.inf)
    truncated = len(start) > 0 and bool(np.isfinite(start).all())
    if truncated:
        panel = panel[:, : int(start.max())]
        start = np.where(start < panel.shape[1], start, np.inf)
    cohorts, sizes = np.unique(start[np.isfinite(start)].astype(int), return_counts=True)
    first = 1 if base == "varying" else 0
    groups = np.repeat(cohorts, panel.shape[1] - first)
    times = np.tile(np.arange(first, panel.shape[1]), len(cohorts))
    bases = np.where((times >= groups) | (base == "universal"), groups - 1, times - 1)
    att, influence = _cells(panel, start, groups, times, bases, comparison)
    lonely = tuple(int(group) for group in cohorts[sizes == 1])
    return GroupTimeEffects(
        groups, times, att, influence, start, lonely, int(np.count_nonzero(~kept)), truncated
    )


def _cells(
    panel: np.ndarray,
    start: np.ndarray,
    groups: np.ndarray,
    times: np.ndarray,
    bases: np.ndarray,
    comparison: Comparison,
) -> tuple[np.ndarray, np.ndarray]:
    """Return the effect of every cell and the influence functions of the units on it."""
    change = panel[:, times] - panel[:, bases]
    treated = start[:, None] == groups
    last = np.inf if comparison == "never" else np.maximum(times, bases) + 1
    other = (start[:, None] >= last) & ~treated
    att, influence = np.zeros(len(groups)), np.zeros(change.shape)
    for members, sign in ((treated, 1.0), (other, -1.0)):
        size = members.sum(axis=0).astype(float)
        size[size == 0] = NAN
        mean = np.einsum("uc,uc->c", change, members) / size
        att += sign * mean
        influence += members * (change - mean) * (sign * len(panel) / size)
    return att, influence


def _standard_error(influence: np.ndarray) -> np.ndarray:
    """Return sqrt(mean square / units) of influence functions, shape (units, ...); 0 becomes NaN."""
    error = np.sqrt((influence**2).sum(axis=0)) / max(len(influence), 1)
    return np.where(error > 1e-12, error, NAN)


def _result(estimate: float, standard_error: float, conf_level: float) -> Result:
    if not standard_error > 0:
        return Result(float(estimate), NAN, NAN, NAN)
    reach = stats.norm.ppf((1 + conf_level) / 2) * standard_error
    p = float(2 * stats.norm.sf(abs(estimate) / standard_error))
    return Result(float(estimate), float(estimate - reach), float(estimate + reach), p)


def aggregate(effects: GroupTimeEffects, kind: Kind = "simple", conf_level: float = 0.95) -> Aggregate:
    """Average group-time effects, with the influence of the estimated sizes of the cohorts.

    Parameters
    ----------
    effects : GroupTimeEffects
    kind : "simple", "dynamic", "group" or "calendar"
        "simple": all cells from the start on, weighted by the size of the cohort. "dynamic": by time since
        the start, the average of those from 0 on. "group": by cohort, weighted by its size. "calendar": by
        period, their average.
    conf_level : float

    Returns
    -------
    Aggregate
        Cells that could not be made are left out; without any cell NaN.

    Notes
    -----
    Callaway & Sant'Anna (2021), section 3. Normal intervals. R: ``did::aggte(type = , na.rm = TRUE)``.

    Examples
    --------
    >>> panel = np.array([[1.0, 2, 5], [2.0, 3, 7], [1.0, 2, 3], [4.0, 5, 5]])
    >>> averaged = aggregate(group_time_effects(panel, np.array([2, 2, 9, 9])), "dynamic")
    >>> averaged.labels.tolist(), averaged.overall.estimate, round(averaged.standard_error, 4)
    ([-1, 0], 3.0, 0.5)
    """
    made = np.isfinite(effects.att)
    post = effects.times >= effects.groups
    label: dict[str, Callable[[], np.ndarray]] = {
        "dynamic": lambda: effects.times - effects.groups,
        "group": lambda: effects.groups,
        "calendar": lambda: effects.times,
    }
    if kind == "simple":
        overall, influence = _weighted(effects, made & post)
        error = float(_standard_error(influence))
        none = np.zeros(0)
        return Aggregate(
            _result(overall, error, conf_level), error, none.astype(int), (), none, influence[:, None][:, :0]
        )
    used = made if kind == "dynamic" else made & post
    labels = np.unique(label[kind]()[used])
    pairs = [_weighted(effects, used & (label[kind]() == one)) for one in labels]
    values = np.array([value for value, _ in pairs])
    influence = np.array([part for _, part in pairs]).reshape(len(labels), len(effects.cohort)).T
    errors = _standard_error(influence)
    overall, whole = _overall(effects, kind, labels, values, influence)
    error = float(_standard_error(whole))
    return Aggregate(
        overall=_result(overall, error, conf_level),
        standard_error=error,
        labels=labels,
        parts=tuple(_result(*pair, conf_level) for pair in zip(values, errors, strict=True)),
        standard_errors=errors,
        influence=influence,
    )


def _weighted(effects: GroupTimeEffects, cells: np.ndarray) -> tuple[float, np.ndarray]:
    """Return the average of cells weighted by cohort size, and its influence function."""
    return _size_weighted(effects, effects.groups[cells], effects.att[cells], effects.influence[:, cells])


def _size_weighted(
    effects: GroupTimeEffects, groups: np.ndarray, values: np.ndarray, influence: np.ndarray
) -> tuple[float, np.ndarray]:
    if len(groups) == 0:
        return NAN, np.full(len(effects.cohort), NAN)
    member = (effects.cohort[:, None] == groups).astype(float)
    share = member.mean(axis=0)
    weight = share / share.sum()
    average = float(weight @ values)
    of_weights = (member - share) @ (values - average) / share.sum()
    return average, influence @ weight + of_weights


def _overall(
    effects: GroupTimeEffects, kind: str, labels: np.ndarray, values: np.ndarray, influence: np.ndarray
) -> tuple[float, np.ndarray]:
    if kind == "group":
        return _size_weighted(effects, labels, values, influence)
    held = labels >= 0
    if not held.any():
        return NAN, np.full(len(effects.cohort), NAN)
    return float(values[held].mean()), influence[:, held].mean(axis=1)


def pre_trend_test(effects: GroupTimeEffects) -> WaldTest:
    """Test that all group-time effects before the start are 0.

    Returns
    -------
    WaldTest
        NaN without a cell before the start, or when their covariance is singular (fewer units than cells).

    Notes
    -----
    Chi-square; with few units it rejects too often. R: ``did::att_gt(...)$Wpval``.

    Examples
    --------
    >>> random = np.random.default_rng(1)
    >>> effects = group_time_effects(random.normal(size=(60, 4)), np.repeat([2, 3, 9], 20))
    >>> test = pre_trend_test(effects)
    >>> test.df, 0 < test.p_value < 1
    (3, True)
    """
    error = effects.standard_errors
    before = (effects.times < effects.groups) & np.isfinite(effects.att) & (error > 0)
    count, units = int(before.sum()), len(effects.cohort)
    influence = effects.influence[:, before]
    covariance = influence.T @ influence / units**2 if units else np.zeros((0, 0))
    scale = np.outer(error[before], error[before])
    if count == 0 or np.linalg.cond(covariance / scale) > 1e12:
        return WaldTest(NAN, count, NAN)
    statistic = float(effects.att[before] @ np.linalg.solve(covariance, effects.att[before]))
    return WaldTest(statistic, count, float(stats.chi2.sf(statistic, count)))


def event_study(
    effects: GroupTimeEffects,
    conf_level: float = 0.95,
    draws: int = 999,
    seed: int = 0,
    multiplier: Literal["mammen", "rademacher"] = "mammen",
) -> EventStudy:
    """Effects by time since the start, with simultaneous bands and a test of the time before it.

    Parameters
    ----------
    effects : GroupTimeEffects
    conf_level : float
    draws, seed : int
        Of the multiplier bootstrap of the influence functions by unit.
    multiplier : "mammen" or "rademacher"

    Returns
    -------
    EventStudy
        The standard errors are analytic; the bootstrap gives the critical value, never below the pointwise
        one. A base period has an effect of 0 and no interval.

    Notes
    -----
    Callaway & Sant'Anna (2021), algorithm 1. R: ``did::aggte(type = "dynamic", cband = TRUE)``, where
    ``mboot`` also takes the errors from the draws.

    Examples
    --------
    >>> random = np.random.default_rng(1)
    >>> study = event_study(group_time_effects(random.normal(size=(60, 4)), np.repeat([2, 3, 9], 20)))
    >>> study.events.tolist(), bool(study.band_low[0] < study.parts[0].conf_low)
    ([-2, -1, 0, 1], True)
    """
    averaged = aggregate(effects, "dynamic", conf_level)
    critical = _sup_t(averaged.influence, conf_level, draws, seed, multiplier)
    estimates = np.array([part.estimate for part in averaged.parts])
    reach = critical * averaged.standard_errors
    return EventStudy(
        events=averaged.labels,
        parts=averaged.parts,
        band_low=estimates - reach,
        band_high=estimates + reach,
        critical=critical,
        pre_trend=pre_trend_test(effects),
        overall=averaged.overall,
    )


def _sup_t(influence: np.ndarray, conf_level: float, draws: int, seed: int, multiplier: str) -> float:
    """Return the bootstrap quantile of the largest of the standardised parts."""
    influence = influence[:, _standard_error(influence) > 0]
    if influence.size == 0:
        return NAN
    random, units = np.random.default_rng(seed), len(influence)
    golden = (1 + math.sqrt(5)) / 2
    values, chance = (
        ((1.0, -1.0), 0.5) if multiplier == "rademacher" else ((1 - golden, golden), golden / math.sqrt(5))
    )
    chunk = max(1, 4_000_000 // units)
    drawn = np.concatenate(
        [
            np.where(random.random((min(chunk, draws - done), units)) < chance, *values) @ influence
            for done in range(0, draws, chunk)
        ]
    )
    high, low = np.quantile(drawn, [0.75, 0.25], axis=0, method="inverted_cdf")
    spread = (high - low) / (stats.norm.ppf(0.75) - stats.norm.ppf(0.25))
    largest = np.abs(drawn / spread).max(axis=1)
    quantile = float(np.quantile(largest, conf_level, method="inverted_cdf"))
    return max(quantile, float(stats.norm.ppf((1 + conf_level) / 2)))
