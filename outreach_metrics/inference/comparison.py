"""Treated areas against comparison areas: the relative effect, from the sums of the areas."""

from __future__ import annotations

import math

import numpy as np
from scipy import optimize, special

from outreach_metrics.inference import Result
from outreach_metrics.inference.rates import pooled_df, ratio_from_log

NAN = math.nan


def relative_effect(
    counts: np.ndarray,
    exposure: np.ndarray,
    dispersion: np.ndarray | float = 1.0,
    df: np.ndarray | float = math.inf,
    conf_level: float = 0.95,
) -> Result:
    """Ratio of rate ratios, (treated after / before) / (comparison after / before); below 1 is a fall.

    Parameters
    ----------
    counts : ndarray, shape (2, 2)
        Rows treated and comparison, columns before and after.
    exposure : ndarray, shape (2, 2)
        Person-time of the same cells, greater than 0.
    dispersion, df : float or ndarray, shape (2,)
        Variance / mean of the counts, and the degrees of freedom behind it; of each group or of both.
    conf_level : float

    Returns
    -------
    Result
        No treated count after: the ratio is 0 and the interval the exact conditional one, on counts divided
        by their dispersion. A zero in another cell leaves no ratio: all NaN.

    Notes
    -----
    Assumes that without the program treated and comparison rates would have changed by the same factor.
    The inverse of the relative effect size of Farrington DP et al. (2007). R: the ``treated:after`` term of
    ``glm(count ~ treated * after + offset(log(exposure)), family = poisson)``, its variance scaled group by
    group. Degrees of freedom of the two groups together: Satterthwaite FE (1946) Biometrics Bull 2:110.
    No count after: Fisher's noncentral hypergeometric, R ``fisher.test(matrix)$conf.int``.

    Examples
    --------
    >>> [round(float(x), 4) for x in relative_effect(np.array([[200, 140], [400, 400]]), np.ones((2, 2)))]
    [0.7, 0.5416, 0.9048, 0.0064]
    """
    cells = np.asarray(counts, dtype=float)
    person_time = np.asarray(exposure, dtype=float)
    if (cells < 0).any() or not (person_time > 0).all():
        raise ValueError("counts must be 0 or more and exposures greater than 0")
    sign = np.array([[-1.0, 1.0], [1.0, -1.0]])
    if (np.delete(cells.ravel(), 1) == 0).any():
        return Result(NAN, NAN, NAN, NAN)
    if cells[0, 1] == 0:
        return _none_after(cells // np.broadcast_to(dispersion, 2)[:, None], person_time, conf_level)
    log_ratio = float((sign * np.log(cells / person_time)).sum())
    parts = dispersion * (1 / cells).sum(axis=1)
    return ratio_from_log(log_ratio, math.sqrt(parts.sum()), float(pooled_df(parts, df)), conf_level)


def _none_after(cells: np.ndarray, person_time: np.ndarray, conf_level: float) -> Result:
    """Return the exact conditional interval of a relative effect of 0, with its central p-value."""
    treated, after, total = (int(n) for n in (cells[0].sum(), cells[:, 1].sum(), cells.sum()))
    if treated == 0 or after == 0 or cells[1, 0] == 0:
        return Result(0.0, 0.0, math.inf, 1.0)

    drawn = np.arange(max(0, treated - (total - after)), min(treated, after) + 1)
    ways = -sum(
        special.gammaln(n + 1)
        for n in (drawn, after - drawn, treated - drawn, total - after - treated + drawn)
    )

    def none(log_odds: float) -> float:
        return float(np.exp(ways[0] - special.logsumexp(ways + drawn * log_odds)))

    ratios = person_time[:, 1] / person_time[:, 0]
    highest = optimize.brentq(lambda log_odds: none(log_odds) - (1 - conf_level) / 2, -30, 30)
    p = min(1.0, 2 * none(math.log(ratios[0] / ratios[1])))
    return Result(0.0, 0.0, math.exp(highest) * ratios[1] / ratios[0], p)
