"""Trend of a count over time."""

from __future__ import annotations

import math
import warnings

import numpy as np

from outreach_metrics.inference import Result
from outreach_metrics.inference.rates import ratio_from_log

NAN = math.nan
SEPARATED = 15.0
"""Log ratio a year from which two series are taken to have no count in common."""


def count_trend(counts: np.ndarray, time: np.ndarray, conf_level: float = 0.95) -> tuple[Result, str]:
    """Factor by which a count changes per unit of time, by negative binomial regression.

    Parameters
    ----------
    counts : ndarray, shape (n,)
        Counts, 0 or more.
    time : ndarray, shape (n,)
    conf_level : float

    Returns
    -------
    result : Result
        Ratio per unit of time; below 1 is a fall. Fewer than 6 counts, one time only, or zeros only: NaN.
    method : str
        The model used: quasi-Poisson where the negative binomial has no maximum (the counts vary no
        more than Poisson counts).

    Notes
    -----
    NB2: Cameron AC & Trivedi PK (2013), section 3.3. R: ``MASS::glm.nb(count ~ time)``.

    Examples
    --------
    >>> result, method = count_trend(np.array([10, 31, 9, 40, 22, 55, 18, 70]), np.arange(8) / 4)
    >>> round(result.estimate, 2), method
    (2.08, 'negative binomial regression on time')
    """
    import statsmodels.api as sm

    if len(counts) < 6 or np.ptp(time) == 0 or counts.max() == 0:
        return Result(NAN, NAN, NAN, NAN), "negative binomial regression on time"
    design = sm.add_constant(np.asarray(time, dtype=float) - np.mean(time))
    df = len(counts) - 2
    poisson = sm.GLM(counts, design, family=sm.families.Poisson()).fit(scale="X2")
    if poisson.scale > 1:
        start = np.append(poisson.params, max((poisson.scale - 1) / counts.mean(), 0.01))
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            fit = sm.NegativeBinomial(counts, design).fit(start_params=start, disp=0, maxiter=200)
            error = fit.bse[1] if fit.mle_retvals["converged"] else NAN
        if math.isfinite(error) and error > 0:
            return ratio_from_log(
                fit.params[1], error, df, conf_level
            ), "negative binomial regression on time"
    error = poisson.bse[1] * math.sqrt(max(1.0, poisson.scale) / poisson.scale) if poisson.scale > 0 else NAN
    if not (math.isfinite(error) and error > 0):
        return Result(NAN, NAN, NAN, NAN), "quasi-Poisson regression on time"
    return ratio_from_log(poisson.params[1], error, df, conf_level), "quasi-Poisson regression on time"


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
        Counts of the same periods.
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
    both = (treated + comparison).astype(float)
    held = both > 0
    if held.sum() < 6 or treated.sum() == 0 or comparison.sum() == 0 or np.ptp(years[held]) == 0:
        return Result(NAN, NAN, NAN, NAN)
    count, total, offset = treated[held], both[held], np.log(exposure_ratio[held])
    design = np.column_stack([np.ones(len(total)), years[held] - years[held].mean()])
    slope = np.zeros(2)
    for _ in range(100):
        share = 1 / (1 + np.exp(-(offset + design @ slope)))
        weight = total * share * (1 - share)
        information = design.T @ (weight[:, None] * design)
        if np.abs(slope).max() > SEPARATED or np.linalg.cond(information) > 1e12:
            return Result(NAN, NAN, NAN, NAN)
        step = np.linalg.solve(information, design.T @ (count - total * share))
        slope = slope + np.clip(step, -2, 2)
        if np.abs(step).max() < 1e-10:
            break
    else:
        return Result(NAN, NAN, NAN, NAN)
    df = len(total) - 2
    residual = (count - total * share) / np.sqrt(weight)
    spread = float(residual @ residual)
    lag = float(residual[1:] @ residual[:-1]) / spread if spread > 0 else 0.0
    unbiased = (lag + 3 / len(total)) / (1 - min(12 / len(total), 0.5)) if spread > df else 0.0
    correlation = min(max(unbiased, 0.0), 0.9)
    inflation = max(1.0, spread / df) * (1 + correlation) / (1 - correlation)
    error = math.sqrt(inflation * np.linalg.inv(information)[1, 1])
    return ratio_from_log(float(slope[1]), error, df, conf_level)
