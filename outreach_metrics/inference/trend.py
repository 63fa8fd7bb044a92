"""Trend of a count over time."""

from __future__ import annotations

import math
import warnings

import numpy as np

from outreach_metrics.inference import Result
from outreach_metrics.inference.rates import ratio_from_log

NAN = math.nan


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
