"""Whether people who had more of something changed more."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from scipy import stats

from outreach_metrics.inference import Result
from outreach_metrics.inference.rates import from_standard_error

NAN = math.nan
NOTHING = Result(NAN, NAN, NAN, NAN)
MOST_LEVERAGE = 1 - 1e-8
"""Leverage from which one person alone makes the slope, and its error cannot be told."""


class DoseResponse(NamedTuple):
    """Slope of an outcome on a dose, their rank correlation, and the people (or clusters) behind both."""

    slope: Result
    rank_correlation: Result
    people: int
    clusters: int


def dose_response(
    dose: np.ndarray,
    outcome: np.ndarray,
    *,
    weights: np.ndarray | None = None,
    clusters: np.ndarray | None = None,
    conf_level: float = 0.95,
) -> DoseResponse:
    """Change of an outcome per unit of dose (event attended), with an interval that holds at any spread.

    Parameters
    ----------
    dose, outcome : ndarray, shape (n,)
        Events attended and, say, change in a score; people with either missing are left out.
    weights : ndarray, shape (n,), optional
        Of 0 or more; they count for the slope only.
    clusters : ndarray, shape (n,), optional
        People of one cluster (school, household) are not independent.
    conf_level : float

    Returns
    -------
    DoseResponse
        Fewer than 4 people, 3 clusters, or a dose or outcome that does not vary: NaN. All but one at the same
        dose: no interval of the slope. With clusters the rank correlation has no interval.

    Notes
    -----
    Who comes more often chose to: an association, no effect. Least squares; HC3 (MacKinnon JG & White H,
    1985, J Econometrics 29:305) with t on n - 2, or clustered (CR1) with t on clusters - 1. Spearman's
    correlation: interval of Bonett DG & Wright TA (2000) Psychometrika 65:23, and the p-value that fits it.
    R: ``coeftest(fit, vcovHC(fit, "HC3"))``, ``vcovCL``; ``DescTools::SpearmanRho(x, y, conf.level = 0.95)``.

    Examples
    --------
    >>> found = dose_response(np.array([0, 1, 2, 3, 4, 5]), np.array([1.0, 0, 3, 2, 5, 4]))
    >>> [round(x, 3) for x in found.slope], round(found.rank_correlation.estimate, 3)
    ([0.829, -0.082, 1.739, 0.065], 0.829)
    """
    x, y = np.asarray(dose, dtype=float), np.asarray(outcome, dtype=float)
    weight = np.ones(x.shape) if weights is None else np.asarray(weights, dtype=float)
    if not x.shape == y.shape == weight.shape or (weight < 0).any():
        raise ValueError("dose, outcome and weights must be of one length, and weights 0 or more")
    held = np.isfinite(x) & np.isfinite(y) & (weight > 0)
    x, y, weight = x[held], y[held], weight[held]
    group = None
    if clusters is not None:
        group = np.unique(np.asarray(clusters)[held].astype(str), return_inverse=True)[1].ravel()
    independent = len(x) if group is None else int(group.max(initial=-1)) + 1
    if len(x) < 4 or independent < 3 or np.ptp(x) == 0 or np.ptp(y) == 0:
        return DoseResponse(NOTHING, NOTHING, len(x), independent)
    slope = _slope(x, y, weight, group, conf_level)
    return DoseResponse(slope, _spearman(x, y, group is None, conf_level), len(x), independent)


def _slope(
    dose: np.ndarray, outcome: np.ndarray, weight: np.ndarray, group: np.ndarray | None, conf_level: float
) -> Result:
    """Weighted least-squares slope with its robust t interval."""
    import statsmodels.api as sm

    centred = dose - np.average(dose, weights=weight)
    model = sm.WLS(outcome, np.column_stack([np.ones(len(dose)), centred]), weights=weight)
    if group is not None:
        fit = model.fit(cov_type="cluster", cov_kwds={"groups": group})
        return from_standard_error(float(fit.params[1]), float(fit.bse[1]), int(group.max()), conf_level)
    fit = model.fit(cov_type="HC3")
    leverage = weight / weight.sum() + weight * np.square(centred) / (weight @ np.square(centred))
    error = float(fit.bse[1]) if leverage.max() < MOST_LEVERAGE else NAN
    return from_standard_error(float(fit.params[1]), error, len(dose) - 2, conf_level)


def _spearman(dose: np.ndarray, outcome: np.ndarray, independent: bool, conf_level: float) -> Result:
    """Rank correlation; interval and p-value by Fisher's transformation where people are independent."""
    rho = float(stats.spearmanr(dose, outcome).statistic)
    if not independent or not abs(rho) < 1:
        return Result(rho, NAN, NAN, NAN)
    error = math.sqrt((1 + rho**2 / 2) / (len(dose) - 3))
    scaled = from_standard_error(math.atanh(rho), error, math.inf, conf_level)
    return Result(rho, math.tanh(scaled.conf_low), math.tanh(scaled.conf_high), scaled.p_value)
