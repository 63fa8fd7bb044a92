"""Totals, means, ratios, shares, quantiles, domains and tests of a survey, with design-based errors."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from scipy import stats

from outreach_metrics.inference import Result
from outreach_metrics.inference.design_based import Contrast, share_interval
from outreach_metrics.inference.sampling import Design

NAN = math.nan
SHARE_METHODS = ("logit", "beta", "asin", "mean")


class Estimates(NamedTuple):
    """k estimates of one sample, their covariance, and degrees of freedom of each and of all together."""

    estimate: np.ndarray
    covariance: np.ndarray
    df: np.ndarray
    joint_df: float

    def one(self, position: int) -> Contrast:
        """Return the estimate at a position."""
        error = math.sqrt(max(self.covariance[position, position], 0.0))
        return Contrast(float(self.estimate[position]), error, float(self.df[position]))

    def contrast(self, coefficients: np.ndarray) -> Contrast:
        """Return a linear combination. R: ``survey::svycontrast``."""
        used = np.asarray(coefficients, dtype=float)
        held = used != 0
        variance = float(used[held] @ self.covariance[np.ix_(held, held)] @ used[held])
        return Contrast(float(used[held] @ self.estimate[held]), math.sqrt(max(variance, 0.0)), self.joint_df)


def mean(values: np.ndarray, design: Design, domain: np.ndarray | None = None) -> Contrast:
    """Weighted mean, of a domain where one is given.

    Parameters
    ----------
    values : ndarray of shape (n,)
        NaN is missing: such people are outside the domain.
    design : Design
    domain : ndarray of bool, shape (n,), optional
        The people meant; the others count as clusters of the design but not in the mean.

    Returns
    -------
    Contrast
        NaN for a domain without people (or weight), or with an infinite value.

    Notes
    -----
    R: ``svymean(~y, subset(design, domain), na.rm = TRUE)``, ``confint(df = degf(design))``.

    Examples
    --------
    >>> sizes = np.repeat([15.0, 12.0], [5, 3])
    >>> design = Design(np.repeat([3.0, 4], [5, 3]), np.repeat([1, 2], [5, 3]), population=sizes)
    >>> made = mean(np.array([2.8, 4.1, 6.8, 6.8, 9.2, 3.7, 6.6, 4.2]), design)
    >>> round(made.estimate, 4), round(made.standard_error, 3)
    (5.4481, 0.616)
    """
    return ratio(values, np.ones(len(design.weights)), design, domain)


def ratio(
    numerator: np.ndarray, denominator: np.ndarray, design: Design, domain: np.ndarray | None = None
) -> Contrast:
    """Ratio of two weighted totals.

    Parameters
    ----------
    numerator, denominator : ndarray of shape (n,)
        People missing one of the two are left out of both.
    design, domain
        As in `mean`.

    Returns
    -------
    Contrast
        NaN where the denominator comes to 0 or nobody is there.

    Notes
    -----
    R: ``survey::svyratio``.

    Examples
    --------
    >>> made = ratio(np.array([2.0, 3, 5]), np.array([4.0, 5, 11]), Design(np.ones(3)))
    >>> round(made.estimate, 3), round(made.standard_error, 4)
    (0.5, 0.0433)
    """
    held, top, bottom = _held(design, domain, numerator, denominator)
    weights = np.where(held, design.weights, 0.0)
    if not _finite(top, bottom):
        return Contrast(NAN, NAN, NAN)
    below = float(weights @ bottom)
    if below == 0 or not (weights != 0).any():
        return Contrast(NAN, NAN, NAN)
    estimate = float(weights @ top) / below
    scores = weights * (top - estimate * bottom) / below
    return Contrast(estimate, _error(design, scores), design.degrees_of_freedom(held))


def total(values: np.ndarray, design: Design, domain: np.ndarray | None = None) -> Contrast:
    """Weighted total; 0 for a domain without people, NaN with an infinite value.

    Notes
    -----
    Parameters as in `mean`. R: ``survey::svytotal``.

    Examples
    --------
    >>> made = total(np.array([1.0, 2, 3]), Design(np.full(3, 10.0), population=30))
    >>> round(made.estimate), round(made.standard_error, 3)
    (60, 16.432)
    """
    held, filled = _held(design, domain, values)
    if not _finite(filled):
        return Contrast(NAN, NAN, NAN)
    scores = np.where(held, design.weights * filled, 0.0)
    return Contrast(float(scores.sum()), _error(design, scores), design.degrees_of_freedom(held))


def share(
    values: np.ndarray,
    design: Design,
    domain: np.ndarray | None = None,
    conf_level: float = 0.95,
    method: str = "logit",
) -> Result:
    """Weighted share of people with a property, between 0 and 1, and its interval.

    Parameters
    ----------
    values : ndarray of shape (n,)
        Between 0 and 1 (1: has the property); NaN is missing.
    design, domain
        As in `mean`.
    conf_level : float
    method : {"logit", "beta", "asin", "mean"}
        Wald on the logit scale; the exact interval at the effective sample size (Korn and Graubard); Wald on
        the arcsine root scale; the plain t interval, which may pass 0 and 1. At a share of 0 or 1 all turn to
        Wilson at Kish's effective size, at most the number of clusters.

    Returns
    -------
    Result
        No p-value.

    Notes
    -----
    Korn EL, Graubard BI (1998) Surv Methodol 24:193. R: ``survey::svyciprop(method)``;
    its "xlogit" is "logit".

    Examples
    --------
    >>> answers = np.repeat([1.0, 0.0], [30, 10])
    >>> [round(float(x), 4) for x in share(answers, Design(np.ones(40)))[:3]]
    [0.75, 0.5868, 0.8637]
    """
    if method not in SHARE_METHODS:
        raise ValueError(f"method must be one of {', '.join(SHARE_METHODS)}, not {method}")
    held, filled = _held(design, domain, values)
    if (filled < 0).any() or (filled > 1).any():
        raise ValueError("values of a share must lie between 0 and 1")
    made = mean(values, design, domain)
    if method == "logit" or not (made.standard_error > 0 and 0 < made.estimate < 1):
        return share_interval(made, effective_size(design, held), conf_level)
    if method == "beta":
        return _beta_interval(made, int((design.weights[held] != 0).sum()), conf_level)
    if method == "mean":
        return made.result(conf_level)._replace(p_value=NAN)
    return _arcsine_interval(made, conf_level)


def effective_size(design: Design, domain: np.ndarray | None = None) -> float:
    """Answers that count: Kish's effective number, no more than there are clusters.

    Examples
    --------
    >>> effective_size(Design(np.array([1.0, 1, 2, 0])))
    2.6666666666666665
    """
    held = np.ones(len(design.weights), dtype=bool) if domain is None else domain
    weights = design.weights[held]
    squares = float(weights @ weights)
    if squares == 0:
        return 0.0
    units = design.stages[0].unit[held][weights != 0]
    return min(float(weights.sum()) ** 2 / squares, float(len(np.unique(units))))


def domain_means(
    values: np.ndarray, groups: np.ndarray, design: Design, levels: np.ndarray | None = None
) -> Estimates:
    """Weighted mean of every group, with the covariance between groups.

    Parameters
    ----------
    values : ndarray of shape (n,)
        NaN is missing.
    groups : ndarray of shape (n,)
        Label of each person's group.
    design : Design
    levels : ndarray of shape (k,), optional
        The groups wanted, in this order; all, sorted, by default.

    Returns
    -------
    Estimates
        NaN for a group without people, or with an infinite value. Its `contrast` compares groups.

    Notes
    -----
    R: ``svyby(~y, ~group, design, svymean, na.rm = TRUE, covmat = TRUE)``.

    Examples
    --------
    >>> made = domain_means(np.array([1.0, 2, 3, 6, 7, 8]), np.repeat(["a", "b"], 3), Design(np.ones(6)))
    >>> made.estimate.tolist(), round(made.contrast([-1, 1]).standard_error, 4)
    ([2.0, 7.0], 0.7303)
    """
    labels = np.asarray(groups)
    levels = np.unique(labels) if levels is None else np.asarray(levels)
    held, filled = _held(design, None, values)
    inside = (labels[:, None] == levels[None, :]) & held[:, None]
    weights = inside * design.weights[:, None]
    size = weights.sum(axis=0)
    infinite = np.isinf(filled)
    filled = np.where(infinite, 0.0, filled)
    some = (size > 0) & ~inside[infinite].any(axis=0)
    estimate = np.divide(filled @ weights, size, out=np.full(len(levels), NAN), where=some)
    scores = weights * (filled[:, None] - np.where(some, estimate, 0.0)) / np.where(some, size, 1.0)
    covariance = np.array(design.covariance(scores))
    covariance[~some, :] = covariance[:, ~some] = NAN
    df = np.array([design.degrees_of_freedom(column) for column in inside.T], dtype=float)
    return Estimates(estimate, covariance, df, design.degrees_of_freedom(inside.any(axis=1)))


def quantile(
    values: np.ndarray,
    probability: float,
    design: Design,
    domain: np.ndarray | None = None,
    conf_level: float = 0.95,
) -> Result:
    """Weighted quantile (the smallest value that reaches the probability) with Woodruff's interval.

    Returns
    -------
    Result
        A limit is NaN where the interval of the probability passes 0 or 1. No p-value.

    Notes
    -----
    Woodruff RS (1952) JASA 47:635. R: ``svyquantile(~y, design, p, qrule = "math", interval.type = "mean")``.

    Examples
    --------
    >>> quantile(np.arange(1.0, 42), 0.5, Design(np.ones(41)))
    Result(estimate=21.0, conf_low=15.0, conf_high=28.0, p_value=nan)
    """
    held, filled = _held(design, domain, values)
    counted = held & (design.weights > 0)
    if not counted.any():
        return Result(NAN, NAN, NAN, NAN)
    order = np.argsort(filled[counted], kind="stable")
    ordered, reached = filled[counted][order], np.cumsum(design.weights[counted][order])

    def at(part: float) -> float:
        if not 0 <= part <= 1:
            return NAN
        wanted = part * reached[-1] * (1 - 1e-12)  # equal weights add up to a little less or more
        return float(ordered[min(np.searchsorted(reached, wanted), len(ordered) - 1)])

    middle = at(probability)
    below = mean(np.where(held, filled <= middle, np.nan), design).result(conf_level)
    return Result(middle, at(below.conf_low), at(below.conf_high), NAN)


def regression(
    outcome: np.ndarray, predictors: np.ndarray, design: Design, domain: np.ndarray | None = None
) -> Estimates:
    """Weighted least squares with design-based errors.

    Parameters
    ----------
    outcome : ndarray of shape (n,)
        NaN is missing.
    predictors : ndarray of shape (n, p)
        With the column of ones, where an intercept is wanted.
    design, domain
        As in `mean`.

    Returns
    -------
    Estimates
        Coefficients; degrees of freedom: those of the design, plus 1, less p. NaN where the predictors
        depend on one another.

    Notes
    -----
    Binder DA (1983). R: ``survey::svyglm(y ~ x, design)``.

    Examples
    --------
    >>> x = np.array([0.0, 1, 2, 3])
    >>> y = 2 * x + np.array([0, 0.1, -0.1, 0])
    >>> made = regression(y, np.stack([x**0, x], axis=1), Design(np.ones(4)))
    >>> made.estimate.round(2).tolist(), made.joint_df
    ([0.03, 1.98], 2.0)
    """
    table = np.asarray(predictors, dtype=float)
    held, filled = _held(design, domain, outcome, *table.T)[:2]
    held_table = np.where(held[:, None], table, 0.0)
    weights = np.where(held, design.weights, 0.0)
    width = table.shape[1]
    df = design.degrees_of_freedom(held) + 1 - width
    nothing = Estimates(np.full(width, NAN), np.full((width, width), NAN), np.full(width, df), df)
    if not _finite(filled, held_table):
        return nothing
    squares = (held_table * weights[:, None]).T @ held_table
    if np.linalg.matrix_rank(squares) < width:
        return nothing
    inverse = np.linalg.inv(squares)
    estimate = inverse @ (held_table.T @ (weights * filled))
    scores = (held_table * (weights * (filled - held_table @ estimate))[:, None]) @ inverse
    return Estimates(estimate, design.covariance(scores), np.full(width, df), df)


def t_test(
    values: np.ndarray, second: np.ndarray, design: Design, domain: np.ndarray | None = None
) -> Contrast:
    """Mean of the second of two groups less that of the first.

    Parameters
    ----------
    values : ndarray of shape (n,)
    second : ndarray of bool, shape (n,)
    design, domain
        As in `mean`.

    Notes
    -----
    R: ``survey::svyttest(y ~ group, design)``; degrees of freedom: those of the design less 1.

    Examples
    --------
    >>> made = t_test(np.array([1.0, 2, 3, 6, 7, 8]), np.repeat([False, True], 3), Design(np.ones(6)))
    >>> round(made.estimate, 6), made.df
    (5.0, 4.0)
    """
    group = np.asarray(second, dtype=float)
    return regression(values, np.stack([np.ones_like(group), group], axis=1), design, domain).one(1)


def design_effect(
    values: np.ndarray,
    design: Design,
    domain: np.ndarray | None = None,
    *,
    replace: bool = False,
    of_total: bool = False,
) -> float:
    """Variance of the mean (or total) over that of a simple random sample of as many people.

    Parameters
    ----------
    replace : bool
        Compare with a draw with replacement; without, the sum of the weights is the population.

    Returns
    -------
    float
        NaN where values do not vary, or (without replacement) weights come to no more than the sample.

    Notes
    -----
    R: ``svymean(~y, design, deff = TRUE)``, ``deff = "replace"``; ``svytotal`` with `of_total`.

    Examples
    --------
    >>> round(design_effect(np.array([1.0, 5, 2, 7]), Design(np.full(4, 100.0)), replace=True), 6)
    1.0
    """
    held, filled = _held(design, domain, values)
    weights = np.where(held, design.weights, 0.0)
    size, n = float(weights.sum()), int((weights != 0).sum())
    if n < 2 or size <= 0 or not _finite(filled) or (not replace and size <= n):
        return NAN
    spread = float(weights @ (filled - weights @ filled / size) ** 2) / size * n / (n - 1)
    simple = spread / n if replace else spread * (size - n) / (size * n)
    made = total(values, design, domain) if of_total else mean(values, design, domain)
    simple *= size**2 if of_total else 1.0
    return made.standard_error**2 / simple if simple > 0 else NAN


def _held(design: Design, domain: np.ndarray | None, *columns: np.ndarray) -> tuple[np.ndarray, ...]:
    """Who is in the domain with nothing missing, and the columns with 0 for the others."""
    held = np.ones(len(design.weights), dtype=bool) if domain is None else np.asarray(domain, dtype=bool)
    arrays = [np.asarray(column, dtype=float) for column in columns]
    for array in arrays:
        held = held & ~np.isnan(array)
    return held, *(np.where(held, array, 0.0) for array in arrays)


def _error(design: Design, scores: np.ndarray) -> float:
    variance = float(design.covariance(scores[:, None])[0, 0])
    return math.sqrt(max(variance, 0.0))


def _arcsine_interval(made: Contrast, conf_level: float) -> Result:
    p, scale = made.estimate, 2 * math.sqrt(made.estimate * (1 - made.estimate))
    angle = Contrast(math.asin(math.sqrt(p)), made.standard_error / scale, made.df).result(conf_level)
    low, high = (math.sin(min(max(limit, 0.0), math.pi / 2)) ** 2 for limit in angle[1:3])
    return Result(p, low, high, NAN)


def _finite(*columns: np.ndarray) -> bool:
    return all(bool(np.isfinite(column).all()) for column in columns)


def _beta_interval(made: Contrast, n: int, conf_level: float) -> Result:
    p, tail = made.estimate, (1 - conf_level) / 2
    size = p * (1 - p) / made.standard_error**2
    if not made.df > 0:
        return Result(p, NAN, NAN, NAN)
    size *= float(stats.t.ppf(tail, n - 1) / stats.t.ppf(tail, made.df)) ** 2
    low = stats.beta.ppf(tail, size * p, size * (1 - p) + 1)
    high = stats.beta.ppf(1 - tail, size * p + 1, size * (1 - p))
    return Result(p, float(low), float(high), NAN)
