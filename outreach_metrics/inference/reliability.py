"""How well answers hang together: Cronbach's alpha, intraclass correlations of judges and clusters."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal, NamedTuple

import numpy as np
from scipy import stats

from outreach_metrics.inference import Result

NAN = math.nan
UNKNOWN = Result(NAN, NAN, NAN, NAN)
LEAST_F = 1e-12
"""F below which (or beyond the inverse of which) one of two mean squares is nothing but rounding."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Alpha:
    """Cronbach's alpha of k items and what each item adds; NaN, with a reason, where it cannot be made."""

    result: Result
    standardized: float
    average_correlation: float
    alpha_if_dropped: np.ndarray
    item_total: np.ndarray
    negative: tuple[int, ...]
    constant: tuple[int, ...]
    n: int
    n_listwise: int
    reason: str = ""


class Icc(NamedTuple):
    """An intraclass correlation with its F test; NaN, with a reason, where it cannot be made."""

    result: Result
    f: float
    df1: float
    df2: float
    reason: str = ""


class ClusterIcc(NamedTuple):
    """How alike people of one cluster answer, and how much that inflates the variance of a mean."""

    result: Result
    design_effect: float
    clusters: int
    cluster_size: float
    reason: str = ""


def cronbach_alpha(
    answers: np.ndarray,
    reversed: np.ndarray = False,
    missing: Literal["pairwise", "listwise"] = "pairwise",
    conf_level: float = 0.95,
) -> Alpha:
    """Cronbach's alpha of the items of one construct, with Feldt's interval and the worth of each item.

    Parameters
    ----------
    answers : ndarray of shape (n, k)
        Answers as given, NaN where there is none. People without any answer are left out.
    reversed : bool or ndarray of shape (k,)
        Items in which a high answer means less of the construct.
    missing : {"pairwise", "listwise"}
        Covariances of the people who answered both items, or of those who answered all.
    conf_level : float

    Returns
    -------
    Alpha
        `result`: alpha, Feldt's interval, and the two-sided p-value against 0. `standardized`: alpha of
        correlations. `alpha_if_dropped`, `item_total` (correlation with the sum of the others), both of shape
        (k,). `negative`: items whose correlation with the others is below 0, most likely keyed the wrong way.
        `constant`: items that all (or nobody) answered alike; they are left out, their entries NaN. `n`:
        people behind the interval; `n_listwise`: people who answered all items.
        Fewer than 2 items or people: NaN with a reason. Of 2 items none can be dropped. Items that agree
        perfectly have no interval.

    Notes
    -----
    Assumes one dimension; the interval assumes normal answers and none missing, so that with pairwise
    covariances it is somewhat narrow. Cronbach LJ (1951) Psychometrika 16:297; Feldt LS, Woodruff DJ & Salih
    FA (1987) Appl Psychol Meas 11:93. R: ``psych::alpha(x, keys, use = "pairwise")``, with its ``feldt``.

    Examples
    --------
    >>> answers = np.array([[1, 1, 5], [2, 1, 4], [2, 3, 4], [4, 3, 2], [5, 5, 1]], dtype=float)
    >>> found = cronbach_alpha(answers, reversed=[False, False, True])
    >>> [round(x, 3) for x in found.result[:3]], found.alpha_if_dropped.round(3).tolist()
    ([0.97, 0.848, 0.997], [0.932, 1.0, 0.932])
    """
    values = np.asarray(answers, dtype=float)
    if values.ndim != 2 or missing not in ("pairwise", "listwise"):
        raise ValueError("answers must be people x items, missing 'pairwise' or 'listwise'")
    present = np.isfinite(values)
    whole = present.all(axis=1)
    used = values[whole if missing == "listwise" else present.any(axis=1)]
    spread = _ranges(used)
    varied = np.flatnonzero(spread > 0)
    sign = (np.ones(values.shape[1]) - 2.0 * np.asarray(reversed, dtype=bool))[varied]
    covariance = _pairwise_covariance(used[:, varied]) * np.outer(sign, sign)
    reason = _no_alpha(covariance, len(used))
    each = np.full((2, values.shape[1]), NAN)
    if not reason:
        each[:, varied] = _without_each(covariance)
    correlation = covariance / np.sqrt(np.outer(np.diag(covariance), np.diag(covariance)))
    alpha = NAN if reason else _alpha(covariance)
    return Alpha(
        result=_feldt(alpha, len(used), len(varied), conf_level),
        standardized=NAN if reason else _alpha(correlation),
        average_correlation=NAN if reason else float(correlation[~np.eye(len(varied), dtype=bool)].mean()),
        alpha_if_dropped=each[0],
        item_total=each[1],
        negative=tuple(int(i) for i in np.flatnonzero(each[1] < 0)),
        constant=tuple(int(i) for i in np.flatnonzero(spread == 0)),
        n=len(used),
        n_listwise=int(whole.sum()),
        reason=reason,
    )


def _ranges(values: np.ndarray) -> np.ndarray:
    present = np.isfinite(values)
    highest = np.where(present, values, -math.inf).max(axis=0, initial=-math.inf)
    lowest = np.where(present, values, math.inf).min(axis=0, initial=math.inf)
    return np.maximum(highest - lowest, 0.0)


def _no_alpha(covariance: np.ndarray, people: int) -> str:
    """Tell why there is no alpha; empty when there is one."""
    if people < 2:
        return "Fewer than 2 people answered."
    if len(covariance) < 2:
        return "Fewer than 2 items were answered differently by different people."
    if np.isnan(covariance).any():
        return "Two items were never answered by the same people."
    if covariance.sum() <= 1e-12 * np.trace(covariance):
        return "The sum of the items does not vary; an item may be keyed the wrong way."
    return ""


def _pairwise_covariance(values: np.ndarray) -> np.ndarray:
    """Covariance of each pair of columns over the rows that have both; NaN with fewer than 2 of them."""
    present = np.isfinite(values).astype(float)
    people = present.T @ present
    centered = np.where(present > 0, values, 0.0)
    centered = (centered - centered.sum(axis=0) / np.maximum(present.sum(axis=0), 1)) * present
    sums = centered.T @ present
    with np.errstate(divide="ignore", invalid="ignore"):
        covariance = (centered.T @ centered - sums * sums.T / people) / (people - 1)
    return np.where(people > 1, covariance, NAN)


def _alpha(covariance: np.ndarray) -> float:
    """Alpha of a covariance matrix; NaN for one item, or when the sum of the items does not vary."""
    k, total = len(covariance), covariance.sum()
    return float(k / (k - 1) * (1 - np.trace(covariance) / total)) if k > 1 and total > 0 else NAN


def _without_each(covariance: np.ndarray) -> np.ndarray:
    """Return, for each item, the alpha of the others and the correlation with their sum: shape (2, k)."""
    k, own = len(covariance), np.diag(covariance)
    shared = covariance.sum(axis=0) - own
    others = covariance.sum() - own - 2 * shared
    with np.errstate(divide="ignore", invalid="ignore"):
        alpha = (k - 1) / (k - 2) * (1 - (own.sum() - own) / others) if k > 2 else np.full(k, NAN)
        return np.where(others > 0, [alpha, shared / np.sqrt(own * others)], NAN)


def _feldt(alpha: float, n: int, k: int, conf_level: float) -> Result:
    if not alpha < 1 - 1e-12:
        return Result(alpha, NAN, NAN, NAN)
    df1, df2 = n - 1, (n - 1) * (k - 1)
    low, high = (1 - (1 - alpha) * stats.f.ppf((1 + side * conf_level) / 2, df1, df2) for side in (1, -1))
    return Result(alpha, float(low), float(high), _two_sided(1 / (1 - alpha), df1, df2))


def _two_sided(f: float, df1: float, df2: float) -> float:
    """Twice the smaller tail of F, so that it matches the interval that is made of both."""
    return min(1.0, 2 * float(min(stats.f.sf(f, df1, df2), stats.f.cdf(f, df1, df2))))


def icc(ratings: np.ndarray, conf_level: float = 0.95) -> dict[str, Icc]:
    """Compute the six intraclass correlations of Shrout and Fleiss.

    Parameters
    ----------
    ratings : ndarray of shape (targets, judges)
        Targets with a missing rating are left out.
    conf_level : float

    Returns
    -------
    dict of str to Icc
        "ICC1" (each target has other judges), "ICC2" (judges drawn from many), "ICC3" (these judges alone),
        and "ICC1k", "ICC2k", "ICC3k" for the mean of all judges. The p-value is two-sided and matches the
        interval; that of R is the upper tail alone, ``f.sf(f, df1, df2)``. Fewer than 2 targets or judges, or
        no variation: NaN with a reason. Judges who agree perfectly, or targets of one mean: no interval.
        A correlation of -1 / (k - 1) or less leaves the mean of the judges no reliability: NaN with a reason;
        a limit so low, -inf.

    Notes
    -----
    Assumes normal ratings of equal variance. Shrout PE & Fleiss JL (1979) Psychol Bull 86:420; McGraw KO
    & Wong SP (1996) Psychol Methods 1:30. R: ``psych::ICC(x, lmer = FALSE)``.

    Examples
    --------
    >>> ratings = [[9, 2, 5, 8], [6, 1, 3, 2], [8, 4, 6, 8], [7, 1, 2, 6], [10, 5, 6, 9], [6, 2, 4, 7]]
    >>> {name: round(found.result.estimate, 2) for name, found in icc(ratings).items()}
    {'ICC1': 0.17, 'ICC2': 0.29, 'ICC3': 0.71, 'ICC1k': 0.44, 'ICC2k': 0.62, 'ICC3k': 0.91}
    """
    values = np.asarray(ratings, dtype=float)
    if values.ndim != 2:
        raise ValueError("ratings must be targets x judges")
    values = values[np.isfinite(values).all(axis=1)]
    names = ("ICC1", "ICC2", "ICC3", "ICC1k", "ICC2k", "ICC3k")
    if min(values.shape) < 2 or np.ptp(values) == 0:
        reason = "All ratings are the same." if min(values.shape) >= 2 else "Fewer than 2 targets or judges."
        return {name: Icc(UNKNOWN, NAN, NAN, NAN, reason) for name in names}
    with np.errstate(divide="ignore", invalid="ignore"):
        single = _single_judge(values, conf_level)
    k = values.shape[1]
    return dict(zip(names, [*single, *(_average(found, k) for found in single)], strict=True))


def _single_judge(values: np.ndarray, conf_level: float) -> tuple[Icc, Icc, Icc]:
    n, k = values.shape
    rows, columns, mean = values.mean(axis=1), values.mean(axis=0), values.mean()
    between = k * ((rows - mean) ** 2).sum() / (n - 1)
    judges = n * ((columns - mean) ** 2).sum() / (k - 1)
    residual = ((values - rows[:, None] - columns + mean) ** 2).sum() / ((n - 1) * (k - 1))
    within = ((values - rows[:, None]) ** 2).sum() / (n * (k - 1))
    one_way = _from_f(between, within, n - 1, n * (k - 1), k, conf_level)
    fixed = _from_f(between, residual, n - 1, (n - 1) * (k - 1), k, conf_level)
    return one_way, _random_judges(between, judges, residual, values.shape, conf_level), fixed


def _from_f(between: float, within: float, df1: int, df2: int, size: float, conf_level: float) -> Icc:
    """Intraclass correlation of two mean squares, with the interval that the F distribution gives."""
    f = np.divide(between, within)
    estimate = (between - within) / (between + (size - 1) * within)
    upper = (1 + conf_level) / 2
    limits = np.array([f / stats.f.ppf(upper, df1, df2), f * stats.f.ppf(upper, df2, df1)])
    low, high = (limits - 1) / (limits + size - 1)
    return Icc(_limited(estimate, low, high, f, df1, df2), float(f), df1, df2)


def _limited(estimate: float, low: float, high: float, f: float, df1: float, df2: float) -> Result:
    """Put limits and the matching p-value to an estimate, unless F is 0 or infinite but for rounding."""
    if not LEAST_F < f < 1 / LEAST_F:
        return Result(float(estimate), NAN, NAN, NAN)
    return Result(float(estimate), float(low), float(high), _two_sided(f, df1, df2))


def _random_judges(between, judges, residual, shape: tuple[int, int], conf_level: float) -> Icc:
    """ICC2, whose interval has Satterthwaite's degrees of freedom for a sum of mean squares."""
    n, k = shape
    estimate = (between - residual) / (between + (k - 1) * residual + k * (judges - residual) / n)
    f, share = np.divide(between, residual), np.divide(judges, residual)
    rest = n * (1 + (k - 1) * estimate) - k * estimate
    top = (k - 1) * (n - 1) * (k * estimate * share + rest) ** 2
    df = top / ((n - 1) * k**2 * estimate**2 * share**2 + rest**2)
    upper = (1 + conf_level) / 2
    above, below = stats.f.ppf(upper, n - 1, df), stats.f.ppf(upper, df, n - 1)
    error = k * judges + (k * n - k - n) * residual
    low = n * (between - above * residual) / (above * error + n * between)
    high = n * (below * between - residual) / (error + n * below * between)
    return Icc(_limited(estimate, low, high, f, n - 1, df), float(f), n - 1, (n - 1) * (k - 1))


def _average(single: Icc, k: int) -> Icc:
    """Reliability of the mean of k judges from that of one (Spearman-Brown)."""
    below = [1 + (k - 1) * value for value in single.result[:3]]
    if below[0] <= 1e-12:
        reason = "The targets differ less than the judges leave to chance: their mean has no reliability."
        return Icc(UNKNOWN, single.f, single.df1, single.df2, reason)
    stepped = [
        -math.inf if part <= 1e-12 else k * value / part
        for value, part in zip(single.result, below, strict=False)
    ]
    return single._replace(result=Result(*stepped, single.result.p_value))


def cluster_icc(values: np.ndarray, clusters: np.ndarray, conf_level: float = 0.95) -> ClusterIcc:
    """Intraclass correlation of clusters of any size (one-way analysis of variance), for planning surveys.

    Parameters
    ----------
    values : ndarray of shape (n,)
        Answers; people without one (NaN) are left out.
    clusters : ndarray of shape (n,)
        Block, school or beat of each person; any labels.
    conf_level : float

    Returns
    -------
    ClusterIcc
        `result`: the correlation, which can be below 0, its interval and the p-value against 0.
        `design_effect`: 1 + (cluster_size - 1) * correlation, a correlation below 0 taken as 0, where
        `cluster_size` is the mean size weighted by size. Fewer than 2 clusters, nobody beside another, or
        no variation: NaN with a reason.

    Notes
    -----
    The interval is exact for normal answers and equal sizes, else approximate. Donner A (1986) Int Stat Rev
    54:67; Kish L (1965) Survey Sampling, section 5.4 and 8.2.
    R: ``ICC::ICCest(factor(clusters), values, CI.type = "THD")``.

    Examples
    --------
    >>> found = cluster_icc([1, 2, 3, 4, 6, 8], ["a", "a", "a", "b", "b", "b"])
    >>> round(found.result.estimate, 3), round(found.design_effect, 3)
    (0.741, 2.483)
    """
    numbers, labels = np.asarray(values, dtype=float), np.asarray(clusters)
    known = np.isfinite(numbers)
    code = np.unique(labels[known].astype(str), return_inverse=True)[1]
    numbers, size = numbers[known], np.bincount(code)
    n, k = len(numbers), len(size)
    weighted = float((size**2).sum() / n) if n else NAN
    if k < 2 or n <= k or np.ptp(numbers) == 0:
        reason = "There are fewer than 2 clusters, no two people in one, or all answers are the same."
        return ClusterIcc(UNKNOWN, NAN, k, weighted, reason)
    means = np.bincount(code, numbers) / size
    between = (size * (means - numbers.mean()) ** 2).sum() / (k - 1)
    within = ((numbers - means[code]) ** 2).sum() / (n - k)
    with np.errstate(divide="ignore", invalid="ignore"):
        found = _from_f(between, within, k - 1, n - k, (n - weighted) / (k - 1), conf_level).result
    effect = 1 + (weighted - 1) * max(found.estimate, 0.0)
    return ClusterIcc(found, effect, k, weighted)
