"""Trend of a count over time."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from scipy import special

from outreach_metrics.inference import Result
from outreach_metrics.inference.count_series import (
    CountFit,
    count_log_likelihood,
    fit_counts,
    fit_negative_binomial,
)
from outreach_metrics.inference.rates import check_counts, check_exposures, ratio_from_log

NAN = math.nan
SEASON_COUNTS = 24
SEASON_YEARS = 2.0
"""Counts and years from which a trend is told apart from a yearly wave."""
MOST_COLLINEAR = 30.0
"""Condition number of the terms above which the year's wave cannot be told from the trend."""
MOST_VANISHED = 1e12
"""Condition number of the information above which two series have no count in common."""


class CountRegression(NamedTuple):
    """A negative binomial regression of counts.

    Parameters
    ----------
    coefficients, standard_errors : ndarray, shape (p,)
        Log ratios; the errors take theta as known.
    theta, theta_error : float
        Variance is mean + mean^2 / theta; infinite, without an error, where the counts vary no more than
        Poisson counts.
    log_likelihood : float
    poisson_dispersion : float
        Pearson chi-square / degrees of freedom of the Poisson regression on the same terms.
    residual_df : int
    reason : str
        Why there is no regression, if there is none; the numbers are then NaN.
    """

    coefficients: np.ndarray
    standard_errors: np.ndarray
    theta: float = NAN
    theta_error: float = NAN
    log_likelihood: float = NAN
    poisson_dispersion: float = NAN
    residual_df: int = 0
    reason: str = ""

    def ratio(self, term: int, conf_level: float = 0.95) -> Result:
        """Ratio of counts per unit of a term, with Student's t on the residual degrees of freedom."""
        df = max(self.residual_df, 1)
        return ratio_from_log(self.coefficients[term], self.standard_errors[term], df, conf_level)


def count_regression(
    counts: np.ndarray, design: np.ndarray, offset: np.ndarray | None = None
) -> CountRegression:
    """Negative binomial regression of counts with a log link, its size by maximum likelihood.

    Parameters
    ----------
    counts : ndarray, shape (n,)
        Counts, 0 or more.
    design : ndarray, shape (n, p)
        Terms, the intercept among them.
    offset : ndarray, shape (n,), optional
        Logarithm of the exposure.

    Returns
    -------
    CountRegression
        No more counts than terms, terms that repeat one another, zeros only, or a maximum at infinity: NaN.

    Notes
    -----
    NB2: Venables WN & Ripley BD (2002) Modern Applied Statistics with S, section 7.4.
    R: ``MASS::glm.nb(counts ~ design + offset(offset))``; ``sum(residuals(glm(..., poisson), "pearson")^2) /
    df.residual``.

    Examples
    --------
    >>> fit = count_regression(np.array([10, 31, 9, 40, 22, 55, 18, 70]), np.ones((8, 1)))
    >>> round(float(np.exp(fit.coefficients[0])), 3), round(fit.theta, 3), round(fit.poisson_dispersion, 2)
    (31.875, 2.53, 15.0)
    """
    count, terms = np.asarray(counts, dtype=float), np.asarray(design, dtype=float)
    check_counts(count)
    shift = np.zeros(len(count)) if offset is None else np.asarray(offset, dtype=float)
    if terms.ndim != 2 or not len(terms) == len(count) == len(shift):
        raise ValueError("counts, design and offset must be of one length")
    rows, columns = terms.shape
    nothing = np.full(columns, NAN)
    if rows <= columns or np.linalg.matrix_rank(terms) < columns:
        return CountRegression(nothing, nothing, reason="too few counts for the terms")
    if not count.any():
        return CountRegression(nothing, nothing, reason="all counts are 0")
    try:
        poisson = fit_counts(count[None], terms, shift)
        fit, theta = fit_negative_binomial(count[None], terms, shift)
    except np.linalg.LinAlgError:
        return CountRegression(nothing, nothing, reason="a term separates counts of 0 from the others")
    if not (poisson.converged.all() and fit.converged.all()):
        return CountRegression(nothing, nothing, reason="a term separates counts of 0 from the others")
    information = fit.scaled_design[0].T @ fit.scaled_design[0]
    return CountRegression(
        fit.coefficients[0],
        np.sqrt(np.diag(np.linalg.inv(information))),
        theta,
        _theta_error(count, fit.mean[0], theta),
        count_log_likelihood(count, fit.mean[0], theta),
        float(poisson.dispersion[0]),
        rows - columns,
    )


def _theta_error(counts: np.ndarray, mean: np.ndarray, theta: float) -> float:
    """Return the standard error of theta from the observed information (R: ``MASS::theta.ml``)."""
    if math.isinf(theta):
        return NAN
    curve = special.polygamma(1, theta) - special.polygamma(1, theta + counts)
    both = theta + mean
    information = float((curve - 1 / theta + 2 / both - (theta + counts) / both**2).sum())
    return 1 / math.sqrt(information) if information > 0 else NAN


def count_trend(
    counts: np.ndarray,
    time: np.ndarray,
    conf_level: float = 0.95,
    *,
    season: np.ndarray | None = None,
    exposure: np.ndarray | None = None,
) -> tuple[Result, str]:
    """Factor by which a count changes per unit of time, by negative binomial regression.

    Parameters
    ----------
    counts : ndarray, shape (n,)
        Counts, 0 or more; those without a count, time or season (NaN) are left out.
    time : ndarray, shape (n,)
        In years, where there is a season.
    conf_level : float
    season : ndarray, shape (n,), optional
        Place of each count in its year, in parts of a year (month / 12, day of the year / 365.25). A yearly
        wave is taken out where there are at least 24 counts over at least 2 years; else season is left out.
    exposure : ndarray, shape (n,), optional
        What the counts are in proportion to (hours, places), greater than 0.

    Returns
    -------
    result : Result
        Ratio per unit of time; below 1 is a fall. Fewer than 6 counts, one time only, or zeros
        at all but the first (or last) time: NaN.
    method : str
        The model used: quasi-Poisson where the negative binomial has no maximum (the counts vary no
        more than Poisson counts); whether season is in it; whether the error is raised for correlation.

    Notes
    -----
    NB2: Cameron AC & Trivedi PK (2013), section 3.3. Student's t on the counts less terms; the error is
    raised by the root of counts / df, for theta of maximum likelihood is too large where counts are few, and
    for the lag-1 correlation of the residuals (corrected for its bias in short series) where it is positive.
    Of flat simulated series (mean 20, theta 6, 8 to 60 monthly counts) 2 to 4 % had p < 0.05; where counts
    correlate 0.5 from month to month 5 to 9 %, without the correction 20 to 30 %.
    R: ``MASS::glm.nb(count ~ time + sin(2 * pi * season) + cos(2 * pi * season))``.

    Examples
    --------
    >>> result, method = count_trend(np.array([10, 31, 9, 40, 22, 55, 18, 70]), np.arange(8) / 4)
    >>> round(result.estimate, 2), method
    (2.08, 'negative binomial regression on time')
    """
    given = _complete(counts, time, 0.0 if season is None else season, 1.0 if exposure is None else exposure)
    counts, time, place, exposure = (column[np.argsort(given[1], kind="stable")] for column in given)
    check_counts(counts)
    check_exposures(exposure)
    _check_times(time, place)
    if len(counts) < 6 or np.ptp(time) == 0 or counts.max() == 0:
        return Result(NAN, NAN, NAN, NAN), "negative binomial regression on time"
    design, terms = _design(time, None if season is None else place)
    made, theta, overdispersed = _fitted(counts, design, np.log(exposure))
    method = f"{'quasi-Poisson' if math.isinf(theta) else 'negative binomial'} regression on {terms}"
    if made is None:
        return Result(NAN, NAN, NAN, NAN), method
    small = len(counts) / made.residual_df if math.isfinite(theta) else max(1.0, float(made.dispersion[0]))
    serial = _serial_inflation(made.residuals[0], design.shape[1]) if overdispersed else 1.0
    if serial > 1:
        method += ", error raised for the correlation of successive counts"
    information = made.scaled_design[0].T @ made.scaled_design[0]
    error = math.sqrt(small * serial * np.linalg.inv(information)[1, 1]) / np.ptp(time)
    log_ratio = float(made.coefficients[0, 1] / np.ptp(time))
    return ratio_from_log(log_ratio, error, made.residual_df, conf_level), method


def _complete(counts: np.ndarray, *others: np.ndarray | float) -> list[np.ndarray]:
    """Return the columns as floats, without the rows that lack a number."""
    columns = np.broadcast_arrays(*(np.asarray(column, dtype=float) for column in (counts, *others)))
    if columns[0].ndim != 1 or columns[0].shape != np.shape(counts):
        raise ValueError("the counts and what goes with them must be of one length")
    held = ~np.isnan(columns).any(axis=0)
    return [column[held] for column in columns]


def _check_times(*times: np.ndarray) -> None:
    if not all(np.isfinite(part).all() for part in times):
        raise ValueError("times and seasons must be finite, or NaN where they are missing")


def _design(time: np.ndarray, place: np.ndarray | None) -> tuple[np.ndarray, str]:
    """Return the terms of a trend, with a yearly wave where there is enough to tell it from the trend."""
    line = np.column_stack([np.ones(len(time)), (time - time.mean()) / np.ptp(time)])
    if place is None or len(time) < SEASON_COUNTS or np.ptp(time) < SEASON_YEARS:
        return line, "time"
    wave = np.column_stack([line, np.sin(2 * math.pi * place), np.cos(2 * math.pi * place)])
    return (wave, "time and season") if np.linalg.cond(wave) < MOST_COLLINEAR else (line, "time")


def _fitted(
    counts: np.ndarray, design: np.ndarray, offset: np.ndarray
) -> tuple[CountFit | None, float, bool]:
    """Return the fit (none where counts are separated), its theta, and whether Poisson counts vary less."""
    try:
        poisson = fit_counts(counts[None], design, offset)
        if not poisson.converged.all():
            return None, NAN, False
        if poisson.dispersion[0] <= 1:
            return poisson, math.inf, False
        made, theta = fit_negative_binomial(counts[None], design, offset)
    except np.linalg.LinAlgError:
        return None, NAN, False
    return (made, theta, True) if made.converged.all() else (poisson, math.inf, True)


def _serial_inflation(residuals: np.ndarray, terms: int) -> float:
    """Factor by which a positive lag-1 correlation of the residuals raises a variance.

    The correlation is corrected for its bias in short series, which is the larger the more terms were fitted.
    """
    n, spread = len(residuals), float(residuals @ residuals)
    if not spread > 0:
        return 1.0
    lag = float(residuals[1:] @ residuals[:-1]) / spread
    unbiased = (lag + (terms + 1) / n) / (1 - min(6 * terms / n, 0.5))
    correlation = min(max(unbiased, 0.0), 0.9)
    return (1 + correlation) / (1 - correlation)


def relative_trend(
    treated: np.ndarray,
    comparison: np.ndarray,
    exposure_ratio: np.ndarray,
    years: np.ndarray,
    conf_level: float = 0.95,
) -> Result:
    """Factor a year by which one series changes relative to another: the trend of their ratio.

    Parameters
    ----------
    treated, comparison : ndarray, shape (t,)
        Counts of the same periods; a period that lacks a number (NaN) is left out.
    exposure_ratio : ndarray, shape (t,)
        Person-time of the treated / that of the comparison, greater than 0.
    years : ndarray, shape (t,)
        Time of each period in years.
    conf_level : float

    Returns
    -------
    Result
        1 for parallel trends. NaN with fewer than 6 periods that hold a count, or when one side has none.

    Notes
    -----
    Given the count of both together, the treated count is binomial, so that what is common to both (season,
    shocks) drops out. Variance is scaled by the Pearson dispersion, never below 1, and by the lag-1
    correlation of the residuals (corrected for its bias in short series) where that is positive.
    R: ``glm(cbind(treated, comparison) ~ years + offset(log(exposure_ratio)), family = quasibinomial)``.

    Examples
    --------
    >>> even = np.full(12, 10.0)
    >>> round(relative_trend(even, 2 * even, np.full(12, 0.5), np.arange(12) / 12).estimate, 9)
    1.0
    """
    treated, comparison, exposure_ratio, years = _complete(treated, comparison, exposure_ratio, years)
    check_counts(treated, comparison)
    both = treated + comparison
    held = both > 0
    check_exposures(exposure_ratio[held])
    if held.sum() < 6 or treated.sum() == 0 or comparison.sum() == 0 or np.ptp(years[held]) == 0:
        return Result(NAN, NAN, NAN, NAN)
    count, total, offset = treated[held], both[held], np.log(exposure_ratio[held])
    span = np.ptp(years[held])
    design = np.column_stack([np.ones(len(total)), (years[held] - years[held].mean()) / span])
    slope = np.zeros(2)
    for _ in range(100):
        share = special.expit(offset + design @ slope)
        weight = total * share * (1 - share)
        information = design.T @ (weight[:, None] * design)
        if not np.linalg.cond(information) < MOST_VANISHED:
            return Result(NAN, NAN, NAN, NAN)
        step = np.linalg.solve(information, design.T @ (count - total * share))
        slope = slope + np.clip(step, -2, 2)
        if np.abs(step).max() < 1e-10:
            break
    else:
        return Result(NAN, NAN, NAN, NAN)
    df = len(total) - 2
    residual = (count - total * share) / np.sqrt(np.maximum(weight, 1e-300))
    dispersion = float(residual @ residual) / df
    inflation = dispersion * _serial_inflation(residual, 2) if dispersion > 1 else 1.0
    error = math.sqrt(inflation * np.linalg.inv(information)[1, 1])
    return ratio_from_log(float(slope[1] / span), error / span, df, conf_level)
