"""How far apart two groups of answers are, in units that compare across questions, and rank tests for it."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Literal, NamedTuple

import numpy as np
from scipy import optimize, special, stats

from outreach_metrics.inference import Result
from outreach_metrics.inference.rates import student_quantile, student_tail

NAN = math.nan
NOTHING = Result(NAN, NAN, NAN, NAN)

Alternative = Literal["two-sided", "greater", "less"]
FAR = 300.0
"""|t| beyond which the noncentral t distribution is taken by its limits."""
EXACT_BELOW = 50
"""Rank tests without ties are exact when each group is smaller than this, as in R."""


class HypothesisTest(NamedTuple):
    """A test: its statistic, degrees of freedom (NaN where it has none) and p-value."""

    statistic: float
    df: float
    p_value: float


def cohens_d(
    x: np.ndarray, y: np.ndarray, conf_level: float = 0.95, *, pooled: bool = True, hedges: bool = False
) -> Result:
    """Difference of two means, x less y, in standard deviations, with the noncentral t interval.

    Parameters
    ----------
    x, y : ndarrays of shapes (n,) and (m,)
        Answers; NaN are left out.
    conf_level : float
    pooled : bool
        Whether both groups have one standard deviation; if not, the root of the mean of both variances is
        taken and the degrees of freedom are Welch's.
    hedges : bool
        Whether to take out the small-sample bias (Hedges' g), estimate and limits alike.

    Returns
    -------
    Result
        p-value of the t test (Student's, or Welch's when not pooled). Fewer than 2 answers in a group,
        none that differ, or an infinite one: NaN.

    Notes
    -----
    Hedges LV (1981) J Educ Stat 6:107; Steiger JH (2004) Psychol Methods 9:164.
    R: ``effectsize::cohens_d(x, y, pooled_sd = pooled)``, ``effectsize::hedges_g``.

    Examples
    --------
    >>> after, before = np.array([4.0, 6, 8, 10]), np.array([1.0, 3, 5])
    >>> [round(value, 3) for value in cohens_d(after, before)]
    [1.69, -0.174, 3.447, 0.078]
    """
    x, y = answered(x), answered(y)
    n, m = len(x), len(y)
    if min(n, m) < 2 or not np.isfinite([*x, *y]).all():
        return NOTHING
    parts = np.array([x.var(ddof=1) / n, y.var(ddof=1) / m])
    if pooled:
        df = float(n + m - 2)
        spread = math.sqrt((parts[0] * n * (n - 1) + parts[1] * m * (m - 1)) / df)
        error = spread * math.sqrt(1 / n + 1 / m)
    else:
        spread, error = math.sqrt((parts[0] * n + parts[1] * m) / 2), math.sqrt(parts.sum())
        df = float(error**4 / (parts**2 / [n - 1, m - 1]).sum()) if error > 0 else NAN
    if not varies(spread, x, y):
        return NOTHING
    scale = error / spread * (hedges_factor(df) if hedges else 1.0)
    return standardized(float(x.mean() - y.mean()) / error, df, scale, conf_level)


def answered(values: np.ndarray) -> np.ndarray:
    """Return the values that are there, as floats."""
    values = np.asarray(values, dtype=float)
    return values[~np.isnan(values)]


def varies(spread: float, *values: np.ndarray) -> bool:
    """Return whether a standard deviation is more than what rounding makes of equal numbers."""
    return spread > 1e-12 * max(float(np.abs(part).max()) for part in values)


def hedges_factor(df: float) -> float:
    """Return what a standardized difference is multiplied by to be free of bias (Hedges 1981)."""
    if df <= 1:
        return NAN
    return math.exp(special.gammaln(df / 2) - math.log(math.sqrt(df / 2)) - special.gammaln((df - 1) / 2))


def standardized(t: float, df: float, scale: float, conf_level: float) -> Result:
    """Return t times a scale, with the limits of its noncentrality times that scale, and the t test's p.

    Examples
    --------
    >>> [round(value, 3) for value in standardized(4.0621, 9, 10**-0.5, 0.95)]
    [1.285, 0.415, 2.118, 0.003]
    """
    low, high = noncentrality(t, df, conf_level)
    return Result(t * scale, low * scale, high * scale, float(2 * stats.t.sf(abs(t), df)))


def noncentrality(t: float, df: float, conf_level: float) -> tuple[float, float]:
    """Return the noncentralities at which the observed t is the upper and the lower tail's quantile.

    Beyond `FAR`, where the distribution function gives out, they come from its limits: the chi distribution,
    or with many degrees of freedom the normal.
    """
    tail = (1 - conf_level) / 2
    if abs(t) > FAR and df < 100:
        low, high = (t * math.sqrt(stats.chi2.ppf(share, df) / df) for share in (tail, 1 - tail))
        return min(low, high), max(low, high)
    if abs(t) > FAR:
        reach = float(special.ndtri(1 - tail)) * math.sqrt(1 + t * t / (2 * df))
        return t - reach, t + reach

    def crossing(share: float) -> float:
        def excess(center: float) -> float:
            return float(stats.nct.cdf(t, df, center)) - share

        guess, step = t - special.ndtri(share) * math.sqrt(1 + t * t / (2 * df)), 0.5 + abs(t) / 10
        low, high = guess - step, guess + step
        while excess(low) < 0:
            low, step = low - step, 2 * step
        while excess(high) > 0:
            high, step = high + step, 2 * step
        return float(optimize.brentq(excess, low, high, xtol=1e-10))

    return crossing(1 - tail), crossing(tail)


def cliffs_delta(
    x: np.ndarray,
    y: np.ndarray,
    conf_level: float = 0.95,
    *,
    variance: Literal["unbiased", "consistent"] = "unbiased",
    reference: Literal["t", "normal"] = "t",
) -> Result:
    """How much more often x is above y than below, over all pairs: P(x > y) - P(x < y), from -1 to 1.

    Parameters
    ----------
    x, y : ndarrays of shapes (n,) and (m,)
        Answers on any ordered scale, ties allowed; NaN are left out.
    conf_level : float
    variance : {"unbiased", "consistent"}
        Cliff's estimates of the variance; an unbiased one below 0 is set to the least he allows.
    reference : {"t", "normal"}
        Student's t with n + m - 2 degrees of freedom, or the normal.

    Returns
    -------
    Result
        With Cliff's asymmetric interval and the p-value that matches it. Groups that do not overlap (delta
        -1 or 1): the interval of a delta one pair short of it. Fewer than 2 answers in a group: no interval;
        none at all: NaN. All answers alike: 0, without interval.

    Notes
    -----
    Sorts, so that work grows as n log n. The rank-biserial correlation of two groups is the same number.
    Cliff N (1993) Psychol Bull 114:494; Feng D & Cliff N (2004) J Mod Appl Stat Methods 3:322.
    R: ``effsize::cliff.delta(x, y, use.unbiased, use.normal)``.

    Examples
    --------
    >>> after, before = np.array([3, 4, 4, 5, 5, 5]), np.array([1, 2, 3, 3, 4, 5])
    >>> [round(value, 3) for value in cliffs_delta(after, before)]
    [0.583, -0.142, 0.901, 0.107]
    """
    x, y = np.sort(answered(x)), np.sort(answered(y))
    n, m = len(x), len(y)
    if min(n, m) == 0:
        return NOTHING
    below, above = np.searchsorted(y, x, "left"), m - np.searchsorted(y, x, "right")
    rows = (below - above) / m
    columns = (n - np.searchsorted(x, y, "right") - np.searchsorted(x, y, "left")) / n
    delta = float(rows.mean())
    if min(n, m) < 2 or min(x[0], y[0]) == max(x[-1], y[-1]):
        return Result(delta, NAN, NAN, NAN)
    center = delta * (1 - 1 / (n * m)) if abs(delta) == 1 else delta
    row, column = ((rows - center) ** 2).sum(), ((columns - center) ** 2).sum()
    wins, losses = float(below.sum()), float(above.sum())
    cell = wins * (1 - center) ** 2 + losses * (1 + center) ** 2 + (n * m - wins - losses) * center**2
    if variance == "unbiased":
        spread = (m * m * row + n * n * column - cell) / (n * m * (n - 1.0) * (m - 1))
        spread = spread if spread > 0 else (1 - center**2) / (n * m - 1)
    else:
        row, column, cell = row / (n - 1), column / (m - 1), cell / ((n - 1.0) * (m - 1))
        spread = ((m - 1) * row + (n - 1) * column + cell) / (n * m)
    df = n + m - 2.0 if reference == "t" else math.inf
    low, high, p = _asymmetric(center, float(spread), df, conf_level)
    return Result(delta, -1.0 if delta == -1 else low, 1.0 if delta == 1 else high, p)


def _asymmetric(delta: float, variance: float, df: float, conf_level: float) -> tuple[float, float, float]:
    """Cliff's limits of a delta, and the p-value at which one of them is 0."""
    room = (1 - delta**2) ** 2
    squared = float(student_quantile((1 + conf_level) / 2, df)) ** 2 * variance
    reach, below = math.sqrt(squared * (room + squared)), 1 - delta**2 + squared
    middle = delta - delta**3
    touching = (math.sqrt(room**2 + 4 * middle**2) - room) / 2
    p = 2 * float(student_tail(math.sqrt(touching / variance), df))
    return (middle - reach) / below, (middle + reach) / below, p


def mann_whitney(
    x: np.ndarray,
    y: np.ndarray,
    alternative: Alternative = "two-sided",
    *,
    exact: bool | None = None,
    correction: bool = True,
) -> HypothesisTest:
    """Wilcoxon rank-sum (Mann-Whitney) test of two groups.

    Parameters
    ----------
    x, y : ndarrays of shapes (n,) and (m,)
        NaN are left out.
    alternative : {"two-sided", "greater", "less"}
        "greater": x tends to be above y.
    exact : bool, optional
        By default exact without ties and with fewer than 50 answers in each group, else normal.
    correction : bool
        Continuity correction of the normal approximation.

    Returns
    -------
    HypothesisTest
        Statistic U of x (R's W). A group without answers: NaN; all answers alike: p 1.

    Notes
    -----
    Mann HB & Whitney DR (1947) Ann Math Stat 18:50. R: ``wilcox.test(x, y, alternative, exact, correct)``.

    Examples
    --------
    >>> mann_whitney(np.array([19, 22, 16, 29, 24]), np.array([20, 11, 17, 12])).statistic
    17.0
    """
    x, y = answered(x), answered(y)
    if min(len(x), len(y)) == 0:
        return HypothesisTest(NAN, NAN, NAN)
    together = np.concatenate([x, y])
    distinct = len(np.unique(together))
    if distinct == 1:
        return HypothesisTest(len(x) * len(y) / 2, NAN, 1.0)
    if exact is None:
        exact = distinct == len(together) and max(len(x), len(y)) < EXACT_BELOW
    method = "exact" if exact else "asymptotic"
    test = stats.mannwhitneyu(x, y, alternative=alternative, use_continuity=correction, method=method)
    return HypothesisTest(float(test.statistic), NAN, min(float(test.pvalue), 1.0))


def newcombe_difference(x1: float, n1: float, x2: float, n2: float, conf_level: float = 0.95) -> Result:
    """Difference of two independent shares, x1 / n1 - x2 / n2, with Newcombe's interval from Wilson's.

    Parameters
    ----------
    x1, x2 : float
        Successes, from 0 to n.
    n1, n2 : float
        Answers; may be effective numbers and need not be whole.
    conf_level : float

    Returns
    -------
    Result
        With the p-value that matches the interval. A group without answers: NaN.

    Notes
    -----
    Method 10 of Newcombe RG (1998) Stat Med 17:873. R: ``DescTools::BinomDiffCI(method = "score")``.

    Examples
    --------
    >>> [round(value, 4) for value in newcombe_difference(56, 70, 48, 80)]
    [0.2, 0.0524, 0.3339, 0.0081]
    """
    if not (0 <= x1 <= n1 and 0 <= x2 <= n2):
        raise ValueError("successes must lie between 0 and the number of answers")
    if min(n1, n2) == 0:
        return NOTHING

    def limits(z: float) -> tuple[float, float]:
        return square_and_add(x1, n1, x2, n2, z)

    return matched(x1 / n1 - x2 / n2, limits, conf_level)


def square_and_add(
    x1: float, n1: float, x2: float, n2: float, z: float, correlation: float = 0.0
) -> tuple[float, float]:
    """Return Newcombe's limits of a difference of shares z normal quantiles out."""
    p1, low1, high1 = wilson_limits(x1, n1, z)
    p2, low2, high2 = wilson_limits(x2, n2, z)

    def reach(one: float, other: float) -> float:
        return math.sqrt(max(one**2 + other**2 - 2 * correlation * one * other, 0.0))

    return p1 - p2 - reach(p1 - low1, high2 - p2), p1 - p2 + reach(high1 - p1, p2 - low2)


def wilson_limits(count: float, n: float, z: float) -> tuple[float, float, float]:
    """Return a share and its Wilson limits z normal quantiles out (Wilson EB 1927, JASA 22:209)."""
    share, squared = count / n, z * z / n
    middle = (share + squared / 2) / (1 + squared)
    reach = math.sqrt(share * (1 - share) * squared + squared**2 / 4) / (1 + squared)
    return share, middle - reach if count > 0 else 0.0, middle + reach if count < n else 1.0


def matched(
    estimate: float, limits: Callable[[float], tuple[float, float]], conf_level: float, null: float = 0.0
) -> Result:
    """Return the interval of a method and the p-value at which the interval just touches the null."""

    def inside(z: float) -> float:
        low, high = limits(z)
        return min(null - low, high - null)

    low, high = limits(float(special.ndtri((1 + conf_level) / 2)))
    if estimate == null:
        return Result(estimate, low, high, 1.0)
    far = 1.0
    while inside(far) < 0 and far < 64:
        far *= 2
    p = 0.0 if inside(far) < 0 else 2 * float(special.ndtr(-optimize.brentq(inside, 0.0, far, xtol=1e-12)))
    return Result(estimate, low, high, p)
