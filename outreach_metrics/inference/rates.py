"""Poisson rates and ratios of two rates, exact or adjusted for overdispersion."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from scipy import special, stats

from outreach_metrics.inference import Result

NAN = math.nan


Numbers = float | np.ndarray


def check_counts(*counts: Numbers) -> None:
    """Raise `ValueError` unless every count is finite and 0 or more."""
    for count in counts:
        if not ((np.asarray(count) >= 0) & np.isfinite(count)).all():
            raise ValueError(f"a count must be 0 or more, not {count}")


def check_exposures(*exposures: Numbers) -> None:
    """Raise `ValueError` unless every exposure is finite and greater than 0."""
    for exposure in exposures:
        if not ((np.asarray(exposure) > 0) & np.isfinite(exposure)).all():
            raise ValueError(f"an exposure must be greater than 0, not {exposure}")


def as_result(*values: Numbers) -> Result:
    """Return a `Result` of arrays of one shape, or of plain floats where the values are scalars."""
    arrays = np.broadcast_arrays(*(np.asarray(value, dtype=float) for value in values))
    plain: list[Any] = [array if array.ndim else float(array) for array in arrays]
    return Result(*plain)


def poisson_rate(count: Numbers, exposure: Numbers, conf_level: float = 0.95) -> Result:
    """Rate of a Poisson count with the exact (Garwood) interval.

    Parameters
    ----------
    count : float or ndarray
        Events, 0 or more.
    exposure : float or ndarray
        Person-time, greater than 0.
    conf_level : float

    Returns
    -------
    Result
        Events per unit of exposure; no p-value. At count 0 the lower limit is 0.

    Notes
    -----
    Garwood F (1936) Biometrika 28:437. R: ``poisson.test(count, exposure)$conf.int``.

    Examples
    --------
    >>> [round(float(x), 4) for x in poisson_rate(10, 2)[:3]]
    [5.0, 2.3977, 9.1952]
    """
    check_counts(count)
    check_exposures(exposure)
    events, person_time = np.asarray(count, dtype=float), np.asarray(exposure, dtype=float)
    tail = (1 - conf_level) / 2
    low = np.where(events > 0, stats.gamma.ppf(tail, np.maximum(events, 1e-9)), 0.0)
    high = stats.gamma.ppf(1 - tail, events + 1)
    return as_result(events / person_time, low / person_time, high / person_time, NAN)


def rate_ratio(
    count_before: Numbers,
    exposure_before: Numbers,
    count_after: Numbers,
    exposure_after: Numbers,
    conf_level: float = 0.95,
) -> Result:
    """Ratio of two Poisson rates, after / before, with the central exact interval and its own p-value.

    Given the total, the count after is binomial; the interval is that of Clopper and Pearson, and the
    p-value is twice the smaller tail, so that p < 1 - conf_level exactly when the interval leaves out 1.

    Parameters
    ----------
    count_before, count_after : float or ndarray of whole numbers
        Events, 0 or more. Arrays are taken together by numpy's rules of broadcasting.
    exposure_before, exposure_after : float or ndarray
        Person-time, greater than 0.
    conf_level : float

    Returns
    -------
    Result
        Both counts 0: no estimate, interval (0, inf), p 1. No event before: ratio inf, upper limit inf.
        No event after: ratio 0, lower limit 0.

    Notes
    -----
    Assumes independent Poisson counts. Clopper CJ & Pearson ES (1934) Biometrika 26:404. Fay MP (2010)
    R Journal 2(1):53 on matching tests and intervals.
    R: ``exactci::poisson.exact(c(after, before), c(T1, T0), tsmethod = "central")``;
    ``stats::poisson.test`` has the same interval, but another p-value.

    Examples
    --------
    >>> [round(float(x), 4) for x in rate_ratio(21, 3011, 11, 800)]
    [1.9715, 0.8584, 4.2773, 0.112]
    """
    check_counts(count_before, count_after)
    check_exposures(exposure_before, exposure_after)
    before, after = np.asarray(count_before, dtype=float), np.asarray(count_after, dtype=float)
    tail = (1 - conf_level) / 2
    scale = np.divide(exposure_before, exposure_after)
    low = odds(stats.beta.ppf(tail, np.maximum(after, 0.5), before + 1)) * scale
    high = odds(stats.beta.ppf(1 - tail, after + 1, np.maximum(before, 0.5))) * scale
    total, share = before + after, 1 / (1 + scale)
    p = 2 * np.minimum(stats.binom.cdf(after, total, share), stats.binom.sf(after - 1, total, share))
    limits = np.where(after > 0, low, 0.0), np.where(before > 0, high, math.inf)
    return as_result(observed_ratio(before, after, scale), *limits, np.minimum(p, 1.0))


def observed_ratio(before: np.ndarray, after: np.ndarray, scale: Numbers) -> np.ndarray:
    """Return after / before times a scale: infinite without a count before, NaN without any count."""
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.divide(after, before) * scale


def odds(probability: Numbers) -> np.ndarray:
    """Return the odds of a probability, infinite at 1."""
    with np.errstate(divide="ignore"):
        return np.divide(probability, np.subtract(1, probability))


def rate_ratio_overdispersed(
    count_before: float,
    exposure_before: float,
    count_after: float,
    exposure_after: float,
    dispersion: float,
    df: float,
    conf_level: float = 0.95,
) -> Result:
    """Ratio of two rates whose counts vary `dispersion` times as much as Poisson counts (quasi-Poisson).

    Parameters
    ----------
    count_before, exposure_before, count_after, exposure_after : float
        As for `rate_ratio`.
    dispersion : float
        Variance / mean, 1 or more.
    df : float
        Degrees of freedom behind the dispersion; the interval is Student's.
    conf_level : float

    Returns
    -------
    Result
        With a count of 0 there is no such interval: the numbers are those of `rate_ratio` with both counts
        divided by the dispersion and rounded down, which is wider than the Poisson interval.

    Notes
    -----
    McCullagh P & Nelder JA (1989) Generalized Linear Models, 2nd ed., section 6.2.
    R: ``summary(glm(count ~ after + offset(log(exposure)), family = quasipoisson))``.

    Examples
    --------
    >>> [round(float(x), 4) for x in rate_ratio_overdispersed(200, 2, 150, 2, dispersion=2.0, df=46)]
    [0.75, 0.5515, 1.02, 0.066]
    """
    check_counts(count_before, count_after)
    check_exposures(exposure_before, exposure_after)
    if count_before == 0 or count_after == 0:
        effective = (count_before // dispersion, count_after // dispersion)
        exact = rate_ratio(effective[0], exposure_before, effective[1], exposure_after, conf_level)
        point = rate_ratio(count_before, exposure_before, count_after, exposure_after, conf_level)
        return exact._replace(estimate=point.estimate)
    log_ratio = math.log(count_after / count_before * exposure_before / exposure_after)
    standard_error = math.sqrt(dispersion * (1 / count_before + 1 / count_after))
    return ratio_from_log(log_ratio, standard_error, df, conf_level)


def from_standard_error(
    estimate: Numbers, standard_error: Numbers, df: Numbers = math.inf, conf_level: float = 0.95
) -> Result:
    """Estimate, interval and p-value against 0 from a standard error and Student's t (normal at df inf).

    A standard error of 0 gives neither interval nor p-value.

    Examples
    --------
    >>> [round(x, 4) for x in from_standard_error(-2.0, 1.0)]
    [-2.0, -3.96, -0.04, 0.0455]
    """
    error = np.where(np.asarray(standard_error) > 0, standard_error, NAN)
    half = student_quantile((1 + conf_level) / 2, df) * error
    p = 2 * student_tail(np.abs(estimate) / error, df)
    return as_result(estimate, estimate - half, estimate + half, p)


def student_quantile(probability: float, df: Numbers) -> Numbers:
    """Return a quantile of Student's t, of the normal where `df` is infinite."""
    return special.ndtri(probability) if np.isinf(df).all() else stats.t.ppf(probability, df)


def student_tail(statistic: Numbers, df: Numbers) -> Numbers:
    """Return the upper tail of Student's t, of the normal where `df` is infinite."""
    return special.ndtr(np.negative(statistic)) if np.isinf(df).all() else stats.t.sf(statistic, df)


def pooled_df(parts: np.ndarray, df: Numbers) -> np.ndarray:
    """Return the degrees of freedom of a sum of independent variances over the first axis.

    Notes
    -----
    Satterthwaite FE (1946) Biometrics Bulletin 2:110. Nothing lost (known variances): infinite.

    Examples
    --------
    >>> float(pooled_df(np.array([1.0, 1.0]), 10)), float(pooled_df(np.array([1.0, 1.0]), math.inf))
    (20.0, inf)
    """
    known = np.full(parts.shape[1:], math.inf)
    if np.isinf(df).all():
        return known
    lost = (np.square(parts) / df).sum(axis=0)
    return np.divide(np.square(parts.sum(axis=0)), lost, out=known, where=lost > 0)


def ratio_from_log(
    log_ratio: Numbers, standard_error: Numbers, df: Numbers, conf_level: float = 0.95
) -> Result:
    """Ratio, interval and p-value from a log ratio, its standard error and Student's t.

    Examples
    --------
    >>> [round(float(x), 4) for x in ratio_from_log(-0.2, 0.1, df=30)]
    [0.8187, 0.6675, 1.0042, 0.0546]
    """
    log = from_standard_error(log_ratio, standard_error, df, conf_level)
    with np.errstate(over="ignore"):
        return as_result(*np.exp(log[:3]), log.p_value)
