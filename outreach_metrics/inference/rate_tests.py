"""Two rates compared further: mid-p, score, difference, negative binomial, E-test, one-sided p."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Literal

import numpy as np
from scipy import special, stats

from outreach_metrics.inference import Result
from outreach_metrics.inference.count_series import fit_negative_binomial
from outreach_metrics.inference.dispersion import series_dispersion
from outreach_metrics.inference.rates import (
    NAN,
    Numbers,
    as_result,
    check_counts,
    check_exposures,
    observed_ratio,
    odds,
    rate_ratio_overdispersed,
    ratio_from_log,
    student_quantile,
    student_tail,
)

Alternative = Literal["two-sided", "greater", "less"]


def rate_ratio_midp(
    count_before: Numbers,
    exposure_before: Numbers,
    count_after: Numbers,
    exposure_after: Numbers,
    conf_level: float = 0.95,
) -> Result:
    """Ratio of two Poisson rates, after / before, with the central mid-p interval and its own p-value.

    The exact interval of `rate_ratio` covers at least as often as it says; this one, which counts what was
    observed half, covers about as often and is shorter.

    Parameters
    ----------
    count_before, count_after : float or ndarray of whole numbers
        Events, 0 or more.
    exposure_before, exposure_after : float or ndarray
        Person-time, greater than 0.
    conf_level : float

    Returns
    -------
    Result
        Zero counts as for `rate_ratio`.

    Notes
    -----
    Assumes independent Poisson counts. Lancaster HO (1961) JASA 56:223; Fay MP (2010) R Journal 2(1):53.
    R: ``exactci::poisson.exact(c(after, before), c(T1, T0), tsmethod = "central", midp = TRUE)``;
    that leaves ``uniroot`` at its default tolerance, so that its limits are right to about three digits.

    Examples
    --------
    >>> [round(x, 4) for x in rate_ratio_midp(21, 3011, 11, 800)]
    [1.9715, 0.9166, 4.0584, 0.0801]
    """
    check_counts(count_before, count_after)
    check_exposures(exposure_before, exposure_after)
    before, after = np.asarray(count_before, dtype=float), np.asarray(count_after, dtype=float)
    tail = (1 - conf_level) / 2
    scale = np.divide(exposure_before, exposure_after)
    low = odds(_midp_share(before, after, tail)) * scale
    high = odds(_midp_share(before, after, 1 - tail)) * scale
    p = 2 * np.minimum(*_midp_tails(before, after, 1 / (1 + scale)))
    limits = np.where(after > 0, low, 0.0), np.where(before > 0, high, math.inf)
    return as_result(observed_ratio(before, after, scale), *limits, p)


def _midp_tails(before: np.ndarray, after: np.ndarray, share: Numbers) -> tuple[np.ndarray, np.ndarray]:
    """Return the lower and upper mid-p of the count after, given the total and the share it should be."""
    total = before + after
    half = stats.binom.pmf(after, total, share) / 2
    return stats.binom.cdf(after - 1, total, share) + half, stats.binom.sf(after, total, share) + half


def _midp_share(before: np.ndarray, after: np.ndarray, tail: float) -> np.ndarray:
    """Return the share of the count after whose upper mid-p is `tail`."""

    def excess(share: np.ndarray) -> np.ndarray:
        at_least = special.betainc(np.maximum(after, 0.5), before + 1, share)
        more = special.betainc(after + 1, np.maximum(before, 0.5), share)
        return np.where(after > 0, at_least, 1.0) + np.where(before > 0, more, 0.0) - 2 * tail

    low = np.where(after > 0, special.betaincinv(np.maximum(after, 0.5), before + 1, tail), 0.0)
    high = np.where(before > 0, special.betaincinv(after + 1, np.maximum(before, 0.5), tail), 1.0)
    return _root(excess, low, high)


def _root(rising: Callable[[np.ndarray], np.ndarray], low: np.ndarray, high: np.ndarray) -> np.ndarray:
    """Return where a rising function crosses 0, element by element, by bisection."""
    for _ in range(60):
        middle = (low + high) / 2
        above = rising(middle) > 0
        low, high = np.where(above, low, middle), np.where(above, middle, high)
    return (low + high) / 2


def rate_ratio_score(
    count_before: Numbers,
    exposure_before: Numbers,
    count_after: Numbers,
    exposure_after: Numbers,
    conf_level: float = 0.95,
    *,
    dispersion: Numbers = 1.0,
    df: Numbers = math.inf,
) -> Result:
    """Ratio of two rates, after / before, with the score interval and the p-value of the score test.

    Parameters
    ----------
    count_before, count_after : float or ndarray
        Events, 0 or more.
    exposure_before, exposure_after : float or ndarray
        Person-time, greater than 0.
    conf_level : float
    dispersion, df : float or ndarray
        Variance / mean of the counts, and the degrees of freedom behind it.

    Returns
    -------
    Result
        Zero counts as for `rate_ratio`, and with a dispersion too: the interval is closed for every count.

    Notes
    -----
    Solves (after - before * r)^2 = z^2 * dispersion * (after + before) * r for r, the ratio times that of the
    exposures: Graham PL, Mengersen K & Morton AP (2003) Stat Med 22:2071; Wilson's interval (1927) for the
    share of the counts that came after. R: ``ratesci::scoreci(after, T1, before, T0, distrib = "poi",
    contrast = "RR", skew = FALSE)``.

    Examples
    --------
    >>> [round(x, 4) for x in rate_ratio_score(30, 54308.7, 60, 51477.5)]
    [2.11, 1.366, 3.2593, 0.0006]
    >>> [round(x, 4) for x in rate_ratio_score(12, 1, 0, 1)]
    [0.0, 0.0, 0.3201, 0.0005]
    """
    check_counts(count_before, count_after)
    check_exposures(exposure_before, exposure_after)
    before, after = np.asarray(count_before, dtype=float), np.asarray(count_after, dtype=float)
    scale = np.divide(exposure_before, exposure_after)
    spread = np.square(student_quantile((1 + conf_level) / 2, df)) * dispersion * (before + after)
    middle = 2 * before * after + spread
    root = middle + np.sqrt(spread * (4 * before * after + spread))
    low = np.divide(2 * after**2, root, out=np.zeros_like(root), where=root != 0) * scale
    high = np.divide(root, 2 * before**2, out=np.full_like(root, math.inf), where=before > 0) * scale
    z = _score(before, after, 1 / scale) / np.sqrt(dispersion)
    return as_result(observed_ratio(before, after, scale), low, high, 2 * student_tail(np.abs(z), df))


def _over(numerator: Numbers, denominator: Numbers) -> np.ndarray:
    """Return a quotient that is 0 where both parts are."""
    numerator, denominator = np.broadcast_arrays(numerator, denominator)
    nothing = (numerator == 0) & (denominator == 0)
    return np.divide(numerator, denominator, out=np.zeros(nothing.shape), where=~nothing)


def _score(before: np.ndarray, after: np.ndarray, r: Numbers) -> np.ndarray:
    return _over(after - before * r, np.sqrt((before + after) * r))


def _wald(before: np.ndarray, after: np.ndarray, r: Numbers) -> np.ndarray:
    return _over(after - before * r, np.sqrt(after + before * np.square(r)))


def _score_log(before: np.ndarray, after: np.ndarray, r: Numbers) -> np.ndarray:
    return np.log(after / before / r) / np.sqrt((2 + 1 / r + r) / (before + after))


def _wald_log(before: np.ndarray, after: np.ndarray, r: Numbers) -> np.ndarray:
    return np.log(after / before / r) / np.sqrt(1 / before + 1 / after)


def _square_root(before: np.ndarray, after: np.ndarray, r: Numbers) -> np.ndarray:
    return 2 * (np.sqrt(after + 3 / 8) - np.sqrt((before + 3 / 8) * r)) / np.sqrt(1 + r)


STATISTICS = {
    "wald": _wald,
    "wald-log": _wald_log,
    "score": _score,
    "score-log": _score_log,
    "sqrt": _square_root,
}


def rate_ratio_test(
    count_before: Numbers,
    exposure_before: Numbers,
    count_after: Numbers,
    exposure_after: Numbers,
    method: str = "score",
    alternative: Alternative = "two-sided",
    null: float = 1.0,
) -> Numbers:
    """P-value of a ratio of two Poisson rates, after / before, by a named test.

    Parameters
    ----------
    count_before, count_after : float or ndarray of whole numbers
        Events, 0 or more.
    exposure_before, exposure_after : float or ndarray
        Person-time, greater than 0.
    method : str
        "wald", "wald-log", "score", "score-log" or "sqrt" (normal statistics); "exact" (twice the smaller
        tail), "midp" (the same, what was observed counted half) or "minlike" (exact, all outcomes no likelier
        than the observed one; it matches no interval, so do not print it beside one).
    alternative : {"two-sided", "greater", "less"}
        "greater": the rate after is more than `null` times the rate before.
    null : float
        Ratio under the null hypothesis, greater than 0.

    Returns
    -------
    float or ndarray
        A log of a count of 0 leaves "wald-log" and "score-log" without a p-value: NaN. Without any count the
        other two-sided p-values are 1, but for "sqrt" with unequal exposures.

    Notes
    -----
    Gu K, Ng HKT, Tang ML & Schucany WR (2008) Biom J 50:283. R: ``stats::poisson.test`` is "minlike",
    ``exactci::poisson.exact(tsmethod = "central")`` is "exact".

    Examples
    --------
    >>> round(rate_ratio_test(21, 3011, 11, 800, "minlike"), 4)
    0.0797
    >>> round(rate_ratio_test(30, 54308.7, 60, 51477.5, "score", "greater"), 6)
    0.000316
    """
    check_counts(count_before, count_after)
    check_exposures(exposure_before, exposure_after, null)
    before, after = np.asarray(count_before, dtype=float), np.asarray(count_after, dtype=float)
    r = np.divide(exposure_after, exposure_before) * null
    if method == "minlike" and alternative == "two-sided":
        p = _minimum_likelihood(before, after, r / (1 + r))
    else:
        p = _p_value(*_tails(before, after, r, method), alternative)
    return p if np.ndim(p) else float(p)


def _tails(before: np.ndarray, after: np.ndarray, r: Numbers, method: str) -> tuple[np.ndarray, np.ndarray]:
    """Return the probabilities of a ratio as low as observed, and as high."""
    if method == "midp":
        return _midp_tails(before, after, r / (1 + r))
    if method in ("exact", "minlike"):
        total, share = before + after, r / (1 + r)
        return stats.binom.cdf(after, total, share), stats.binom.sf(after - 1, total, share)
    if method not in STATISTICS:
        raise ValueError(f"method {method!r}: choose from {[*STATISTICS, 'exact', 'midp', 'minlike']}")
    with np.errstate(divide="ignore", invalid="ignore"):
        z = STATISTICS[method](before, after, r)
    z = np.where(np.isfinite(z), z, NAN)
    return special.ndtr(z), special.ndtr(-z)


def _p_value(lower: np.ndarray, upper: np.ndarray, alternative: Alternative) -> np.ndarray:
    if alternative == "two-sided":
        return np.minimum(1.0, 2 * np.minimum(lower, upper))
    if alternative not in ("greater", "less"):
        raise ValueError(f"alternative {alternative!r}: choose from ['two-sided', 'greater', 'less']")
    return upper if alternative == "greater" else lower


def _minimum_likelihood(before: np.ndarray, after: np.ndarray, share: Numbers) -> np.ndarray:
    def one(before: float, after: float, share: float) -> float:
        total = int(before + after)
        return stats.binomtest(int(after), total, share).pvalue if total else 1.0

    return np.vectorize(one, otypes=[float])(before, after, share)


def e_test(
    count_before: float,
    exposure_before: float,
    count_after: float,
    exposure_after: float,
    alternative: Alternative = "two-sided",
    null: float = 1.0,
) -> float:
    """P-value of the E-test: the score statistic against its own distribution, not against the normal.

    Parameters
    ----------
    count_before, exposure_before, count_after, exposure_after : float
        As for `rate_ratio`.
    alternative : {"two-sided", "greater", "less"}
        "greater": the rate after is more than `null` times the rate before.
    null : float
        Ratio under the null hypothesis, greater than 0.

    Returns
    -------
    float
        Without any count 1. The test has no interval of its own.

    Notes
    -----
    Krishnamoorthy K & Thomson J (2004) J Stat Plan Inference 119:23, with the score statistic. Assumes
    independent Poisson counts, whose means are put at their estimates under the null hypothesis. For every
    count before, the counts after that are as extreme form one or two tails, whose ends solve a quadratic, so
    that the cost grows with the square root of the counts. R: ``ptools::e_test``.

    Examples
    --------
    >>> round(e_test(0, 1, 3, 1), 4), round(e_test(2, 1, 6, 1), 4)
    (0.0884, 0.1749)
    """
    check_counts(count_before, count_after)
    check_exposures(exposure_before, exposure_after, null)
    total = count_before + count_after
    if total == 0:
        return 1.0
    r = exposure_after / exposure_before * null
    mean_before, mean_after = total / (1 + r), total * r / (1 + r)
    z = float(_score(np.asarray(count_before), np.asarray(count_after), r))
    reach = 12 * math.sqrt(mean_before)
    counts = np.arange(max(0, math.floor(mean_before - reach)), math.ceil(mean_before + reach) + 40.0)

    def bound(statistic: float) -> np.ndarray:
        """Return the count after at which the statistic has this value, for every count before."""
        middle, part = counts * r, statistic**2 * r
        return middle + part / 2 + math.copysign(1, statistic) * np.sqrt(part * (part / 4 + middle + counts))

    def at_most(statistic: float) -> np.ndarray:
        last = np.floor(bound(statistic) + 1e-9 * (1 + counts))
        return stats.poisson.cdf(np.where((counts == 0) & (statistic < 0), -1, last), mean_after)

    def at_least(statistic: float) -> np.ndarray:
        return stats.poisson.sf(np.ceil(bound(statistic) - 1e-9 * (1 + counts)) - 1, mean_after)

    weight = stats.poisson.pmf(counts, mean_before)
    if alternative == "two-sided":
        tails = at_most(-abs(z)) + at_least(abs(z)) if z else np.ones_like(counts)
    else:
        tails = _p_value(at_most(z), at_least(z), alternative)
    return min(1.0, float(weight @ tails))


def rate_difference(
    count_before: Numbers,
    exposure_before: Numbers,
    count_after: Numbers,
    exposure_after: Numbers,
    conf_level: float = 0.95,
    *,
    dispersion: Numbers = 1.0,
    df: Numbers = math.inf,
) -> Result:
    """Difference of two rates, after - before, with the score interval and the p-value of the score test.

    Parameters
    ----------
    count_before, count_after : float or ndarray
        Events, 0 or more.
    exposure_before, exposure_after : float or ndarray
        Person-time, greater than 0.
    conf_level : float
    dispersion, df : float or ndarray
        Variance / mean of the counts, and the degrees of freedom behind it.

    Returns
    -------
    Result
        Events per unit of exposure; below 0 is a fall. The interval is closed for every count: without any
        count it reaches from -z^2 / exposure before to z^2 / exposure after, and p is 1.

    Notes
    -----
    Miettinen O & Nurminen M (1985) Stat Med 4:213, on rates; the variance is that under the difference tried.
    R: ``ratesci::scoreci(after, T1, before, T0, distrib = "poi", contrast = "RD", skew = FALSE)``.

    Examples
    --------
    >>> [round(x, 4) for x in rate_difference(12, 2, 4, 2)]
    [-4.0, -8.7104, -0.091, 0.0455]
    """
    check_counts(count_before, count_after)
    check_exposures(exposure_before, exposure_after)
    data = [np.asarray(x, dtype=float) for x in (count_before, exposure_before, count_after, exposure_after)]
    before, time_before, after, time_after = np.broadcast_arrays(*data)
    estimate = after / time_after - before / time_before
    quantile = student_quantile((1 + conf_level) / 2, df) * np.sqrt(dispersion)

    def z(difference: np.ndarray) -> np.ndarray:
        variance = _variance_under(difference, before, time_before, after, time_after)
        return _over(estimate - difference, np.sqrt(variance))

    def reached(sign: int) -> np.ndarray:
        step = np.ones_like(estimate) / np.minimum(time_before, time_after)
        while (short := sign * z(estimate - sign * step) < quantile).any():
            step = np.where(short, 2 * step, step)
        return estimate - sign * step

    low = _root(lambda difference: quantile - z(difference), reached(1), estimate)
    high = _root(lambda difference: -quantile - z(difference), estimate, reached(-1))
    p = 2 * student_tail(np.abs(z(np.zeros_like(estimate))) / np.sqrt(dispersion), df)
    unknown = 0 * quantile  # NaN where the dispersion or its df is
    return as_result(estimate, low + unknown, high + unknown, p)


def _variance_under(
    difference: np.ndarray,
    before: np.ndarray,
    time_before: np.ndarray,
    after: np.ndarray,
    time_after: np.ndarray,
) -> np.ndarray:
    """Return the variance of the difference of two rates at their likeliest values with that difference."""
    time = time_before + time_after
    lead = (before + after) / time - difference
    square = np.square(lead) + 4 * difference * before / time
    rate_before = np.maximum((lead + np.sqrt(np.maximum(square, 0))) / 2, 0)
    rate_after = np.maximum(rate_before + difference, 0)
    return rate_before / time_before + rate_after / time_after


def rate_ratio_negative_binomial(
    counts: np.ndarray,
    exposure: np.ndarray,
    after: np.ndarray,
    conf_level: float = 0.95,
    df: float | None = None,
) -> tuple[Result, str]:
    """Ratio of two rates, after / before, from a series of counts by negative binomial regression.

    Parameters
    ----------
    counts : ndarray, shape (t,)
        Counts, 0 or more.
    exposure : ndarray, shape (t,)
        Person-time of each period, greater than 0.
    after : ndarray of bool, shape (t,)
    conf_level : float
    df : float, optional
        Degrees of freedom of Student's t; periods less 2 when left out, infinite for the normal of R.

    Returns
    -------
    result : Result
        Fewer than 3 periods, or none on one side of the start: NaN.
    method : str
        The model used; the quasi-Poisson ratio of `rate_ratio_overdispersed`, and the reason, where the
        negative binomial has no maximum (counts vary no more than Poisson counts, or a window has none).

    Notes
    -----
    NB2, maximum likelihood: Cameron AC & Trivedi PK (2013) Regression Analysis of Count Data, section 3.3.
    Assumes periods independent of each other. R: ``MASS::glm.nb(count ~ after + offset(log(exposure)))``.

    Examples
    --------
    >>> series, after = np.array([10, 31, 9, 40, 12, 5, 18, 7]), np.arange(8) >= 4
    >>> result, method = rate_ratio_negative_binomial(series, np.ones(8), after)
    >>> round(result.estimate, 3), method
    (0.467, 'negative binomial rate ratio')
    """
    counts, exposure = np.asarray(counts, dtype=float), np.asarray(exposure, dtype=float)
    after = np.asarray(after, dtype=bool)
    check_counts(counts)
    check_exposures(exposure)
    free, method = len(counts) - 2, "negative binomial rate ratio"
    if free < 1 or after.all() or not after.any():
        return Result(NAN, NAN, NAN, NAN), method
    freedom = free if df is None else df
    events, person_time = np.bincount(after, counts), np.bincount(after, exposure)
    expected = exposure * (events / person_time)[after.astype(int)]
    dispersion = series_dispersion(counts, expected, free)
    if (events == 0).any():
        reason = "a window has no count"
    elif dispersion == 1:
        reason = "the counts vary no more than Poisson counts"
    else:
        log_ratio, error = _negative_binomial(counts, exposure, after)
        if error > 0:
            return ratio_from_log(log_ratio, error, freedom, conf_level), method
        reason = "the likelihood has no maximum"
    windows = (events[0], person_time[0], events[1], person_time[1])
    quasi = rate_ratio_overdispersed(*windows, dispersion, freedom, conf_level)
    return quasi, f"quasi-Poisson rate ratio, not negative binomial: {reason}"


def _negative_binomial(counts: np.ndarray, exposure: np.ndarray, after: np.ndarray) -> tuple[float, float]:
    """Return the log ratio and its standard error given theta, NaN where the likelihood has no maximum."""
    design = np.column_stack([np.ones(len(counts)), after])
    fit, theta = fit_negative_binomial(counts[None], design, np.log(exposure))
    if not (fit.converged[0] and math.isfinite(theta)):
        return NAN, NAN
    weights = fit.mean[0] / (1 + fit.mean[0] / theta)
    return float(fit.coefficients[0, 1]), math.sqrt((1 / np.bincount(after, weights)).sum())
