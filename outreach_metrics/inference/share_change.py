"""Change in a share of counts that vary more than chance: quasi-binomial, with a comparison or without."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from outreach_metrics.inference import Result
from outreach_metrics.inference.rates import ratio_from_log

NAN = math.nan
MOST_CORRELATED = 0.9
"""Correlation of successive residuals above which none is taken."""


class ShareChange(NamedTuple):
    """The ratio of shares, how much they vary beyond chance, and why there is no ratio, if there is none.

    Parameters
    ----------
    ratio : Result
        Share after / share before; with a comparison, that divided by the same of the comparison.
    dispersion : float
        Variance / that of binomial counts, allowing for the correlation of successive periods; 1 or more.
    df : int
        Periods less shares.
    reason : str
    """

    ratio: Result
    dispersion: float = NAN
    df: int = 0
    reason: str = ""


def share_change(
    counts: Sequence[np.ndarray],
    totals: Sequence[np.ndarray],
    after: np.ndarray,
    conf_level: float = 0.95,
) -> ShareChange:
    """Ratio of a share after to the share before, of one series or of one series relative to another.

    Parameters
    ----------
    counts : sequence of one or two ndarrays, each of shape (t,)
        Counts of each period, 0 to those of `totals`; the second series is the comparison.
    totals : sequence of one or two ndarrays, each of shape (t,)
        What the counts are a share of. Periods with a total of 0 tell nothing and are left out.
    after : ndarray of bool, shape (t,)
    conf_level : float

    Returns
    -------
    ShareChange
        No count, or none left, on a side: NaN with a reason. Fewer than 3 periods more than shares: the
        ratio without an interval.

    Notes
    -----
    Binomial regression with a log link, saturated in period and group, so that the ratios are those of the
    shares. Pearson dispersion, never below 1, raised by (1 + r) / (1 - r) for a positive correlation r of
    successive residuals, corrected for its bias in short series (as in `trend.relative_trend`); Student's t.
    McCullagh P & Nelder JA (1989) Generalized Linear Models, 2nd ed., section 4.5.
    R, without the correlation: ``glm(cbind(count, total - count) ~ after * group,
    family = quasibinomial(link = "log"))``.

    Examples
    --------
    >>> found = share_change([np.array([20, 30, 25, 40, 45, 38])], [np.full(6, 100)], np.arange(6) > 2)
    >>> [round(x, 3) for x in found.ratio], round(found.dispersion, 2)
    ([1.64, 1.17, 2.299, 0.015], 1.0)
    """
    series = [_checked(*pair, after) for pair in zip(counts, totals, strict=True)]
    log_ratio, variance, spread, df = 0.0, 0.0, 0.0, 0
    correlations = []
    for sign, (count, total, later) in zip((1, -1), series, strict=False):
        sums = [(count[side].sum(), total[side].sum()) for side in (~later, later)]
        if any(whole == 0 for _, whole in sums):
            return ShareChange(Result(NAN, NAN, NAN, NAN), reason="one of the windows holds no total")
        if any(part == 0 for part, _ in sums):
            return ShareChange(Result(NAN, NAN, NAN, NAN), reason="one of the windows holds no count")
        (first, of_first), (last, of_last) = sums
        log_ratio += sign * math.log(last / of_last * of_first / first)
        variance += 1 / first - 1 / of_first + 1 / last - 1 / of_last
        share = np.where(later, last / of_last, first / of_first)
        error = np.sqrt(total * share * (1 - share))
        residual = np.divide(count - total * share, error, out=np.zeros(len(count)), where=error > 0)
        spread += float(residual @ residual)
        correlations.append(float(residual[1:] @ residual[:-1]))
        df += len(count) - 2
    if df < 3:
        return ShareChange(
            Result(math.exp(log_ratio), NAN, NAN, NAN), reason="too few periods for an interval"
        )
    dispersion = max(1.0, spread / df) * _inflation(correlations, spread, df)
    result = ratio_from_log(log_ratio, math.sqrt(dispersion * variance), df, conf_level)
    reason = "" if variance > 0 else "all or none are counted"
    return ShareChange(result, dispersion, df, reason)


def _checked(
    count: np.ndarray, total: np.ndarray, after: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return a series as floats, without the periods that hold no total."""
    part, whole, later = np.asarray(count, dtype=float), np.asarray(total, dtype=float), np.asarray(after)
    if not part.shape == whole.shape == later.shape or part.ndim != 1:
        raise ValueError("counts, totals and after must be of one length")
    if not ((part >= 0) & (part <= whole) & np.isfinite(whole)).all():
        raise ValueError("each count must lie between 0 and its total")
    held = whole > 0
    return part[held], whole[held], later[held].astype(bool)


def _inflation(correlations: Sequence[float], spread: float, df: int) -> float:
    """Return how much the correlation of successive residuals raises the variance; 1 for none or negative."""
    if not spread > df:
        return 1.0
    periods = df / len(correlations) + 2
    lag = sum(correlations) / spread
    unbiased = (lag + 3 / periods) / (1 - min(12 / periods, 0.5))
    r = min(max(unbiased, 0.0), MOST_CORRELATED)
    return (1 + r) / (1 - r)
