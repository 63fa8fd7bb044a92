"""Cost per unit of effect: ratios whose denominator may be zero, and limits that are not hidden then."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from outreach_metrics.inference import Result
from outreach_metrics.inference.rates import student_quantile

NAN = math.nan

BOUNDED, TWO_RAYS, EVERYTHING = "bounded", "two rays", "everything"
"""Shapes of a confidence set of a ratio: an interval; all but an interval; every number."""


class RatioSet(NamedTuple):
    """A ratio and its confidence set.

    `result` has limits only where the set is `BOUNDED`. Where it is `TWO_RAYS`, `gap` holds the two ends of
    the interval that is left out: the ratio may be anything below the first or above the second.
    """

    result: Result
    shape: str
    gap: tuple[float, float] = (NAN, NAN)


def fieller(
    numerator: float,
    denominator: float,
    variances: tuple[float, float],
    covariance: float = 0.0,
    df: float = math.inf,
    conf_level: float = 0.95,
) -> RatioSet:
    """Ratio of two estimates with Fieller's confidence set, which stays honest when the denominator may be 0.

    Parameters
    ----------
    numerator, denominator : float
        Normal estimates, or nearly so (an extra cost and an effect).
    variances : tuple of float
        Of both, 0 or more.
    covariance : float
    df : float
        Degrees of freedom behind the variances; the set is Student's.
    conf_level : float

    Returns
    -------
    RatioSet
        Bounded when the denominator differs from 0 at this level; else the set has no end, and `result` no
        limits. Denominator 0: no ratio. No p-value.

    Notes
    -----
    Fieller EC (1954) J R Stat Soc B 16:175; for cost-effectiveness ratios Willan AR & O'Brien BJ (1996)
    Health Economics 5:297. R: ``twopartm::FiellerRatio`` (normal), ``mratios::ttestratio`` (two samples).

    Examples
    --------
    >>> found = fieller(20.0, 4.0, (4.0, 0.25))
    >>> [round(x, 3) for x in found.result[:3]], found.shape
    ([5.0, 3.67, 6.969], 'bounded')
    >>> fieller(20.0, 0.5, (4.0, 0.25)).shape
    'two rays'
    """
    if min(variances) < 0:
        raise ValueError(f"variances must be 0 or more, not {variances}")
    square = float(student_quantile((1 + conf_level) / 2, df)) ** 2
    curve = denominator**2 - square * variances[1]
    middle = numerator * denominator - square * covariance
    constant = numerator**2 - square * variances[0]
    ratio = numerator / denominator if denominator else NAN
    inside = middle**2 - curve * constant
    nothing = Result(ratio, NAN, NAN, NAN)
    if curve == 0 or (curve < 0 and inside <= 0):
        return RatioSet(nothing, EVERYTHING)
    ends = sorted((middle + sign * math.sqrt(max(inside, 0.0))) / curve for sign in (-1, 1))
    if curve < 0:
        return RatioSet(nothing, TWO_RAYS, (ends[0], ends[1]))
    return RatioSet(Result(ratio, *ends, NAN), BOUNDED)


def cost_per_unit(cost: float, effect: float, conf_low: float, conf_high: float) -> RatioSet:
    """Known cost / estimated effect, by turning the limits of the effect over; exact, whatever made them.

    Parameters
    ----------
    cost : float
        Known without error.
    effect, conf_low, conf_high : float
        Units gained, above 0 in the wanted direction, and their interval.

    Returns
    -------
    RatioSet
        Effect in the other direction or none, or a cost that is not above 0: no ratio, for a negative cost
        per unit means two opposite things. Interval of the effect with 0 in it: the ratio without limits, and
        `gap` tells the two values it is not between. No p-value.

    Notes
    -----
    Cost / x falls in x on either side of 0, so that the set of ratios is that of the effect, turned over:
    Fieller's set with a numerator of variance 0. Willan AR & O'Brien BJ (1996) Health Economics 5:297; on the
    sign of such ratios Briggs A & Fenn P (1998) Health Economics 7:723.

    Examples
    --------
    >>> [round(x, 1) for x in cost_per_unit(1000.0, 50.0, 20.0, 80.0).result[:3]]
    [20.0, 12.5, 50.0]
    >>> found = cost_per_unit(1000.0, 50.0, -10.0, 110.0)
    >>> found.shape, [round(x, 1) for x in found.gap], found.result.conf_high
    ('two rays', [-100.0, 9.1], nan)
    """
    if not (cost > 0 and effect > 0):
        return RatioSet(Result(NAN, NAN, NAN, NAN), EVERYTHING)
    ratio = cost / effect
    if not (math.isfinite(conf_low) and math.isfinite(conf_high)):
        return RatioSet(Result(ratio, NAN, NAN, NAN), EVERYTHING)
    if conf_low > 0:
        return RatioSet(Result(ratio, cost / conf_high, cost / conf_low, NAN), BOUNDED)
    low_end = cost / conf_low if conf_low < 0 else -math.inf
    return RatioSet(Result(ratio, NAN, NAN, NAN), TWO_RAYS, (low_end, cost / conf_high))


def bootstrap_ratio(
    numerators: np.ndarray,
    denominators: np.ndarray,
    *,
    draws: int = 2000,
    conf_level: float = 0.95,
    seed: int = 0,
) -> RatioSet:
    """Ratio of two totals over units, with the percentile interval of a bootstrap over the units.

    Parameters
    ----------
    numerators, denominators : ndarray, shape (n,)
        Of each unit (the cost and the contact hours of an event), drawn together.
    draws : int
    conf_level : float
    seed : int

    Returns
    -------
    RatioSet
        Where the drawn denominators lie on both sides of 0 more often than the level allows, the ratio has no
        limits. Fewer than 2 units: none either. No p-value.

    Notes
    -----
    Efron B & Tibshirani RJ (1993) An Introduction to the Bootstrap, chapter 13. R: ``boot::boot.ci`` with
    ``type = "perc"``. Too narrow with fewer than about 20 units.

    Examples
    --------
    >>> found = bootstrap_ratio(np.array([40.0, 60, 55, 80, 65]), np.array([10.0, 14, 11, 20, 15]))
    >>> round(found.result.estimate, 2), found.shape
    (4.29, 'bounded')
    """
    top, bottom = (np.asarray(values, dtype=float) for values in (numerators, denominators))
    if top.shape != bottom.shape or top.ndim != 1:
        raise ValueError(f"both need one value a unit, not shapes {top.shape} and {bottom.shape}")
    total = float(bottom.sum())
    ratio = float(top.sum()) / total if total else NAN
    if len(top) < 2 or not total:
        return RatioSet(Result(ratio, NAN, NAN, NAN), EVERYTHING)
    chosen = np.random.default_rng(seed).integers(0, len(top), (draws, len(top)))
    below = bottom[chosen].sum(axis=1)
    if np.mean(below * np.sign(total) <= 0) > (1 - conf_level) / 2:
        return RatioSet(Result(ratio, NAN, NAN, NAN), EVERYTHING)
    kept = below != 0
    drawn = top[chosen].sum(axis=1)[kept] / below[kept]
    low, high = np.quantile(drawn, [(1 - conf_level) / 2, (1 + conf_level) / 2])
    return RatioSet(Result(ratio, float(low), float(high), NAN), BOUNDED)


def sum_of_estimates(estimates: np.ndarray, conf_low: np.ndarray, conf_high: np.ndarray) -> Result:
    """Sum of independent estimates with an interval from their own intervals, skewed as those are.

    Parameters
    ----------
    estimates, conf_low, conf_high : ndarray, shape (n,)
        All at one level.

    Returns
    -------
    Result
        No p-value. An estimate without limits leaves the sum without them.

    Notes
    -----
    MOVER: Zou GY & Donner A (2008) Statistics in Medicine 27:1693. The distances to the limits are added as
    standard errors are.

    Examples
    --------
    >>> total = sum_of_estimates(np.array([-30.0, 5]), np.array([-50.0, -5]), np.array([-10.0, 15]))
    >>> [round(x, 2) for x in total]
    [-25.0, -47.36, -2.64, nan]
    """
    values, low, high = (np.asarray(part, dtype=float) for part in (estimates, conf_low, conf_high))
    total = float(values.sum())
    below, above = (math.sqrt(float(np.square(end - values).sum())) for end in (low, high))
    return Result(total, total - below, total + above, NAN)
