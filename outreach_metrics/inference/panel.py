"""Regressions on units by periods: linear and Poisson two-way effects, and what such an effect is made of."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple

import numpy as np

from outreach_metrics.inference import Result
from outreach_metrics.inference.design_based import Contrast
from outreach_metrics.inference.rates import ratio_from_log

NAN = math.nan

Covariance = Literal["nonrobust", "cluster", "newey_west"]


@dataclass(frozen=True, slots=True)
class Regression:
    """Coefficients of a linear regression, their standard errors, and the degrees of freedom of their t."""

    coefficients: np.ndarray
    standard_errors: np.ndarray
    df: float

    def result(self, column: int, conf_level: float = 0.95) -> Result:
        """Return one coefficient with its t interval and the two-sided p-value against 0."""
        coefficient, error = float(self.coefficients[column]), float(self.standard_errors[column])
        return Contrast(coefficient, error, self.df).result(conf_level)


def linear_regression(
    y: np.ndarray,
    design: np.ndarray,
    covariance: Covariance = "nonrobust",
    *,
    clusters: np.ndarray | None = None,
    lags: int | None = None,
    small_sample: bool | None = None,
) -> Regression:
    """Least squares with ordinary, cluster-robust or Newey-West standard errors.

    Parameters
    ----------
    y : ndarray, shape (n,)
    design : ndarray, shape (n, k)
        Columns of full rank, the constant among them if there is to be one.
    covariance : str
        "nonrobust"; "cluster", which needs `clusters`; "newey_west" (Bartlett weights, no prewhitening),
        which needs `lags` and rows in the order of time.
    clusters : ndarray, shape (n,) or (n, 2)
        Labels; two columns for two-way clusters.
    lags : int
    small_sample : bool, optional
        Clusters: variance times G / (G - 1) * (n - 1) / (n - k), as is the default. Newey-West: times
        n / (n - k), by default not.

    Returns
    -------
    Regression
        t on n - k degrees of freedom; with clusters on G - 1, of the smaller side of two-way clusters.

    Notes
    -----
    Liang K-Y & Zeger SL (1986) Biometrika 73:13; Cameron AC, Gelbach JB & Miller DL (2011) JBES 29:238; Newey
    WK & West KD (1987) Econometrica 55:703. R: ``sandwich::vcovCL(lm(y ~ x), cluster)``;
    ``sandwich::NeweyWest(lm(y ~ x), lag, prewhite = FALSE, adjust = small_sample)``.

    Examples
    --------
    >>> design = np.column_stack([np.ones(6), np.arange(6)])
    >>> fit = linear_regression(np.array([1, 3, 2, 5, 4, 6.0]), design, "newey_west", lags=1)
    >>> [round(float(x), 3) for x in (*fit.coefficients, *fit.standard_errors)]
    [1.286, 0.886, 0.223, 0.078]
    """
    import statsmodels.api as sm

    rows, columns = np.shape(design)
    fit = sm.OLS(np.asarray(y, dtype=float), np.asarray(design, dtype=float)).fit()
    df = rows - columns
    if covariance == "cluster":
        labels = [
            np.unique(column, return_inverse=True)[1] for column in np.asarray(clusters).reshape(rows, -1).T
        ]
        corrected = True if small_sample is None else small_sample
        fit = fit.get_robustcov_results(
            "cluster", groups=np.squeeze(np.stack(labels, axis=1)), use_correction=corrected
        )
        df = min(int(label.max()) for label in labels)
    elif covariance == "newey_west":
        fit = fit.get_robustcov_results("HAC", maxlags=lags, use_correction=bool(small_sample))
    return Regression(np.asarray(fit.params), np.asarray(fit.bse), float(df))


def two_way_effect(y: np.ndarray, treated: np.ndarray, conf_level: float = 0.95) -> Result:
    """Effect of a treatment under unit and period effects, with errors clustered by unit.

    Parameters
    ----------
    y : ndarray, shape (units, periods)
        NaN where a unit was not observed.
    treated : ndarray, shape (units, periods)
        1 (or a dose) where and when the treatment is in force.
    conf_level : float

    Returns
    -------
    Result
        In units of `y`, t on units - 1. All NaN when unit and period effects leave nothing of the treatment.

    Notes
    -----
    Assumes parallel trends and, where starts are staggered, an effect that is the same in all cohorts and at
    all times; see `goodman_bacon`. R: ``fixest::feols(y ~ treated | unit + period, cluster = ~unit)``.

    Examples
    --------
    >>> y = np.array([[5, 6, 4.0], [4, 6, 3], [3, 4, 4], [6, 7, 7]])
    >>> [round(float(x), 3) for x in two_way_effect(y, np.array([[0, 0, 1]] * 2 + [[0, 0, 0]] * 2))]
    [-2.25, -3.012, -1.488, 0.003]
    """
    held = np.isfinite(y)
    held &= held.sum(axis=1, keepdims=True) > 1
    outcome, dose = _without_effects(y, held), _without_effects(treated, held)
    squares = float((dose**2).sum())
    units, periods = int(held.any(axis=1).sum()), int(held.any(axis=0).sum())
    n = int(held.sum())
    if squares <= 1e-10 * max(1.0, float(np.square(treated).sum())) or units < 2 or n <= periods + 1:
        return Result(NAN, NAN, NAN, NAN)
    effect = float((dose * outcome).sum()) / squares
    scores = (dose * (outcome - effect * dose)).sum(axis=1)
    error = math.sqrt(_correction(units, periods, n) * float((scores**2).sum())) / squares
    return Contrast(effect, error, units - 1).result(conf_level)


def _without_effects(values: np.ndarray, held: np.ndarray) -> np.ndarray:
    """Return the residuals of unit and period means over the held cells; 0 elsewhere."""
    left = np.where(held, values, 0.0).astype(float)
    tolerance = 1e-12 * max(1.0, float(np.abs(left).max(initial=0.0)))
    sizes = [np.maximum(held.sum(axis=axis, keepdims=True), 1) for axis in (1, 0)]
    for _ in range(10_000):
        means = left.sum(axis=1, keepdims=True) / sizes[0]
        left = np.where(held, left - means, 0.0)
        period_means = left.sum(axis=0, keepdims=True) / sizes[1]
        left = np.where(held, left - period_means, 0.0)
        if np.abs(left.sum(axis=1)).max(initial=0.0) <= tolerance:
            break
    return left


class TwoByTwo(NamedTuple):
    """One difference in differences of a two-way effect: its kind, the two starts, weight and estimate."""

    kind: str
    start: float
    other_start: float
    weight: float
    estimate: float


def goodman_bacon(y: np.ndarray, starts: np.ndarray) -> list[TwoByTwo]:
    """Split the two-way effect of a staggered treatment into its two-by-two differences in differences.

    Parameters
    ----------
    y : ndarray, shape (units, periods)
        Every unit in every period.
    starts : ndarray, shape (units,)
        First treated period as a position (0 or less: treated always); NaN or infinite for never.

    Returns
    -------
    list of TwoByTwo
        Kinds "treated against untreated", "earlier against later", "later against earlier" and "later against
        always treated"; `start` is that of the treated cohort. The weights sum to 1, and the weighted
        estimates to the two-way effect. Empty when no cohort can be compared.

    Notes
    -----
    The last two kinds take units that are already treated as the comparison: where effects grow with time
    they can turn the sign. Goodman-Bacon A (2021) J Econometrics 225:254. R: ``bacondecomp::bacon``.

    Examples
    --------
    >>> y = np.array([[1, 2, 6, 6.0], [2, 3, 4, 7], [1, 2, 3, 4]])
    >>> [(p.kind, round(p.weight, 2), round(p.estimate, 2)) for p in goodman_bacon(y, np.array([2, 3, 9]))]
    [('treated against untreated', 0.4, 2.5), ('treated against untreated', 0.3, 2.0), \
('earlier against later', 0.2, 3.0), ('later against earlier', 0.1, 3.0)]
    """
    periods = np.shape(y)[1]
    first = np.nan_to_num(np.asarray(starts, dtype=float), nan=np.inf)
    first = np.where(first >= periods, np.inf, np.maximum(first, 0))
    cohorts = {
        start: (np.mean(first == start), np.asarray(y)[first == start].mean(axis=0))
        for start in np.unique(first)
    }
    pairs = [
        _two_by_two(start, other, cohorts, periods)
        for start in cohorts
        for other in cohorts
        if 0 < start < np.inf and other != start
    ]
    total = sum(pair.weight for pair in pairs)
    pairs = [pair._replace(weight=pair.weight / total) for pair in pairs]
    return sorted(pairs, key=lambda pair: (KINDS.index(pair.kind), pair.start, pair.other_start))


KINDS = (
    "treated against untreated",
    "earlier against later",
    "later against earlier",
    "later against always treated",
)


def _two_by_two(
    start: float, other: float, cohorts: dict[float, tuple[float, np.ndarray]], periods: int
) -> TwoByTwo:
    """Return one comparison of a cohort with another, its weight not yet divided by the sum of weights."""
    (size, means), (other_size, other_means) = cohorts[start], cohorts[other]
    if np.isinf(other):
        kind, first, last = KINDS[0], 0, periods
    elif other > start:
        kind, first, last = KINDS[1], 0, int(other)
    else:
        kind, first, last = KINDS[2 if other > 0 else 3], int(other), periods
    switch = int(start)
    gap = means - other_means
    estimate = gap[switch:last].mean() - gap[first:switch].mean()
    weight = size * other_size * (switch - first) * (last - switch) / periods**2
    return TwoByTwo(kind, start, other, float(weight), float(estimate))


def by_kind(pairs: Sequence[TwoByTwo]) -> dict[str, tuple[float, float]]:
    """Return the summed weight and the weighted mean estimate of each kind of `goodman_bacon`.

    Examples
    --------
    >>> by_kind([TwoByTwo("earlier against later", 1, start, 0.5, start * 2) for start in (2, 3)])
    {'earlier against later': (1.0, 5.0)}
    """
    found = {}
    for kind in dict.fromkeys(pair.kind for pair in pairs):
        weights, estimates = np.array([(pair.weight, pair.estimate) for pair in pairs if pair.kind == kind]).T
        found[kind] = (float(weights.sum()), float(weights @ estimates / weights.sum()))
    return found


def poisson_two_way(
    counts: np.ndarray,
    exposure: np.ndarray,
    treated: np.ndarray,
    covariance: Literal["cluster", "jackknife"] = "cluster",
    conf_level: float = 0.95,
) -> Result:
    """Rate ratio of a treatment by Poisson regression with area and period effects, clustered by area.

    Parameters
    ----------
    counts : ndarray, shape (areas, periods)
        Counts, 0 or more.
    exposure : ndarray, broadcast to (areas, periods)
        Person-time, greater than 0.
    treated : ndarray, shape (areas, periods)
        1 (or a dose) where and when the treatment is in force.
    covariance : str
        "cluster" (CR1) by area; "jackknife" (CR3), the regression without each area in turn, for few areas.
    conf_level : float

    Returns
    -------
    Result
        Ratio with the rate that the area and period effects lead one to expect; below 1 is a fall.
        t on areas - 1 (areas with counts). All NaN where counts or effects leave nothing to estimate; no
        treated count, or one treated area left out: no interval.

    Notes
    -----
    Given an area's total its counts are multinomial, so area effects need not be estimated, whatever their
    number; counts need not be Poisson, only their mean has to be right. With fewer than some 10 treated areas
    the interval is too narrow: see `area_effect`. Hausman J, Hall BH & Griliches Z (1984) Econometrica
    52:909; Wooldridge JM (1999) J Econometrics 90:77.
    R: ``fixest::fepois(count ~ treated + offset(log(exposure)) | area + period, cluster = ~area)``.

    Examples
    --------
    >>> counts = np.array([[9, 12, 4, 5], [20, 18, 13, 11], [10, 9, 12, 10], [30, 33, 29, 38]])
    >>> treated = np.array([[0, 0, 1, 1]] * 2 + [[0, 0, 0, 0]] * 2)
    >>> [round(float(x), 3) for x in poisson_two_way(counts, 1.0, treated)]
    [0.515, 0.308, 0.861, 0.026]
    """
    y = np.asarray(counts, dtype=float)
    person_time = np.broadcast_to(np.asarray(exposure, dtype=float), y.shape)
    if (y < 0).any() or not (person_time > 0).all():
        raise ValueError("counts must be 0 or more and exposures greater than 0")
    held = np.ix_(y.sum(axis=1) > 0, y.sum(axis=0) > 0)
    y, person_time, dose = y[held], person_time[held], np.asarray(treated, dtype=float)[held]
    nothing = Result(NAN, NAN, NAN, NAN)
    if y.size <= y.shape[1] + 1 or _absorbed(dose):
        return nothing
    if y[dose != 0].sum() == 0:
        return nothing._replace(estimate=0.0)
    fit = _conditional_poisson(y, person_time, dose)
    if fit is None:
        return nothing
    log_ratio, scores = fit
    areas = len(y)
    if covariance == "jackknife":
        variance = (
            (areas - 1)
            / areas
            * sum((_without(area, y, person_time, dose) - log_ratio) ** 2 for area in range(areas))
        )
    else:
        variance = _correction(areas, y.shape[1], y.size) * float((scores**2).sum())
    if not variance > 0:
        return nothing._replace(estimate=math.exp(log_ratio))
    return ratio_from_log(log_ratio, math.sqrt(variance), areas - 1, conf_level)


def _correction(units: int, periods: int, n: int) -> float:
    """Return the small-sample factor of a variance clustered by unit; unit effects cost no df."""
    return units / (units - 1) * (n - 1) / (n - periods - 1)


def _without(area: int, y: np.ndarray, exposure: np.ndarray, dose: np.ndarray) -> float:
    """Return the log ratio without one area; NaN where nothing is left to estimate."""
    y, exposure, dose = (np.delete(values, area, axis=0) for values in (y, exposure, dose))
    held = y.sum(axis=0) > 0
    if _absorbed(dose[:, held]) or y[dose != 0].sum() == 0:
        return NAN
    fit = _conditional_poisson(y[:, held], exposure[:, held], dose[:, held])
    return fit[0] if fit else NAN


def _absorbed(dose: np.ndarray) -> bool:
    left = _without_effects(dose, np.ones(dose.shape, dtype=bool))
    return float((left**2).sum()) <= 1e-10 * max(1.0, float((dose**2).sum()))


def _conditional_poisson(
    y: np.ndarray, exposure: np.ndarray, dose: np.ndarray
) -> tuple[float, np.ndarray] | None:
    """Return the coefficient of the dose and each area's part of its error; None when there is no maximum.

    Newton's method on period effects (the first is 0) and the dose, given the totals of the areas.
    """
    totals = y.sum(axis=1, keepdims=True)
    effects = np.zeros(y.shape[1])
    for _ in range(100):
        rates = exposure * np.exp(np.append(0.0, effects[:-1]) + effects[-1] * dose)
        shares = rates / rates.sum(axis=1, keepdims=True)
        scores = _scores(y - totals * shares, dose)
        information = _information(totals, shares, dose)
        if not np.isfinite(information).all() or np.linalg.cond(information) > 1e14:
            return None
        step = np.linalg.solve(information, scores.sum(axis=0))
        effects = effects + np.clip(step, -2, 2)
        if np.abs(step).max() < 1e-10:
            return float(effects[-1]), scores @ np.linalg.inv(information)[-1]
    return None


def _scores(residuals: np.ndarray, dose: np.ndarray) -> np.ndarray:
    """Return each area's score: of the period effects but the first, and of the dose."""
    return np.column_stack([residuals[:, 1:], (dose * residuals).sum(axis=1)])


def _information(totals: np.ndarray, shares: np.ndarray, dose: np.ndarray) -> np.ndarray:
    """Return the sum over areas of total times the multinomial covariance of period indicators and dose."""
    means = _scores(shares, dose)
    information = -(means * totals).T @ means
    expected = totals * shares
    rows = np.arange(expected.shape[1] - 1)
    information[rows, rows] += expected[:, 1:].sum(axis=0)
    crossed = (expected * dose)[:, 1:].sum(axis=0)
    information[-1, :-1] += crossed
    information[:-1, -1] += crossed
    information[-1, -1] += float((expected * dose**2).sum())
    return information
