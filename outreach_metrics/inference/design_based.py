"""Means and contrasts of means of survey answers, with weights, strata and clusters; shares of people."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy import stats

from outreach_metrics.inference import Result

NAN = math.nan


@dataclass(frozen=True, slots=True)
class Contrast:
    """A contrast of means, its linearised standard error and degrees of freedom; NaN where there is none."""

    estimate: float
    standard_error: float
    df: float

    def result(self, conf_level: float = 0.95) -> Result:
        """Return the t interval and the two-sided p-value against 0."""
        if not (self.standard_error > 0 and self.df > 0):
            return Result(self.estimate, NAN, NAN, NAN)
        reach = stats.t.ppf((1 + conf_level) / 2, self.df) * self.standard_error
        p = float(2 * stats.t.sf(abs(self.estimate) / self.standard_error, self.df))
        return Result(self.estimate, self.estimate - reach, self.estimate + reach, p)


def contrast(
    values: Sequence[np.ndarray],
    coefficients: Sequence[float],
    weights: Sequence[np.ndarray] | None = None,
    strata: Sequence[np.ndarray] | None = None,
    clusters: Sequence[np.ndarray] | None = None,
) -> Contrast:
    """Contrast of weighted means over cells (waves, arms), with linearised (Taylor) standard error.

    One cell with coefficient 1 is a mean; two with 1 and -1 a difference; four with 1, -1, -1, 1 a
    difference in change.

    Parameters
    ----------
    values, weights, strata, clusters : sequence of k ndarrays, the array of cell i of shape (n_i,)
        Weights default to 1. Without clusters every answer is its own cluster, and cells are independent
        samples. A cluster that is in several cells (a person, a school) is one cluster.
    coefficients : sequence of k floats

    Returns
    -------
    Contrast
        Degrees of freedom: clusters less strata; for several cells without clusters Welch-Satterthwaite over
        cells and strata.
        A cell without answers gives no estimate; fewer than 2 clusters in a cell give no standard error.

    Notes
    -----
    Binder DA (1983) Int Stat Rev 51:279; with replacement, a stratum of one cluster is centred at the mean of
    all. R: ``survey::svymean``, ``svycontrast``; unweighted, one or two cells: ``t.test`` (Welch).

    Examples
    --------
    >>> after, before = np.array([4.0, 6, 8, 10]), np.array([1.0, 3, 5])
    >>> difference = contrast([after, before], [1, -1])
    >>> round(difference.estimate, 3), round(difference.standard_error, 4), round(difference.df, 3)
    (4.0, 1.7321, 4.959)
    """
    sizes = [len(cell) for cell in values]
    if min(sizes) == 0:
        return Contrast(NAN, NAN, NAN)
    scores, estimate = [], 0.0
    for index, cell in enumerate(values):
        weight = np.ones(len(cell)) if weights is None else np.asarray(weights[index], dtype=float)
        if weight.sum() <= 0:
            return Contrast(NAN, NAN, NAN)
        mean = float(weight @ cell / weight.sum())
        estimate += coefficients[index] * mean
        scores.append(coefficients[index] * weight * (cell - mean) / weight.sum())
    if min(sizes) < 2:
        return Contrast(estimate, NAN, NAN)
    cells = np.repeat(np.arange(len(sizes)), sizes)
    stratum = cells if strata is None else _codes(strata)
    if clusters is None:
        pairs = np.stack([cells, stratum], axis=1)
        stratum = np.unique(pairs, axis=0, return_inverse=True)[1].ravel()
        return Contrast(estimate, *_variance(np.concatenate(scores), stratum, welch=len(sizes) > 1))
    cluster = _codes(clusters)
    if min(len(np.unique(cluster[cells == index])) for index in range(len(sizes))) < 2:
        return Contrast(estimate, NAN, NAN)
    stratum = np.zeros_like(cluster) if strata is None else stratum
    keys, position = np.unique(np.stack([stratum, cluster], axis=1), axis=0, return_inverse=True)
    totals = np.bincount(position.ravel(), np.concatenate(scores))
    return Contrast(estimate, *_variance(totals, keys[:, 0], welch=False))


def _codes(labels: Sequence[np.ndarray]) -> np.ndarray:
    return np.unique(np.concatenate([np.asarray(part).astype(str) for part in labels]), return_inverse=True)[
        1
    ]


def _variance(totals: np.ndarray, stratum: np.ndarray, *, welch: bool) -> tuple[float, float]:
    """Standard error and degrees of freedom of a sum of cluster totals drawn by stratum."""
    code = np.unique(stratum, return_inverse=True)[1].ravel()
    size = np.bincount(code)
    lonely = size == 1
    centre = np.where(lonely, totals.mean(), np.bincount(code, totals) / size)
    squares = np.bincount(code, (totals - centre[code]) ** 2)
    parts = squares * np.where(lonely, 1.0, size / np.maximum(size - 1, 1))
    variance = float(parts.sum())
    df = float(len(totals) - len(size))
    if welch and variance > 0:
        df = 1 / float(((parts / variance) ** 2 / np.maximum(size - 1, 1)).sum())
    return math.sqrt(variance), df


def share_interval(share: Contrast, n: int, conf_level: float = 0.95) -> Result:
    """Interval of a share, on the logit scale, so that it stays between 0 and 1.

    Parameters
    ----------
    share : Contrast
        A mean of values between 0 and 1.
    n : int
        Answers that count (Kish: what weights and clusters leave of them); used where the share is 0 or 1 or
        nothing varies: there the Wilson interval holds. Without a standard error there is no interval.

    Notes
    -----
    R: ``survey::svyciprop(method = "logit")``.

    Examples
    --------
    >>> answers = np.array([1.0] * 30 + [0.0] * 10)
    >>> [round(float(x), 4) for x in share_interval(contrast([answers], [1]), 40)[:3]]
    [0.75, 0.5868, 0.8637]
    """
    p, error = share.estimate, share.standard_error
    if math.isnan(p):
        return Result(NAN, NAN, NAN, NAN)
    if math.isnan(error):
        return Result(p, NAN, NAN, NAN)
    if error == 0 or p <= 0 or p >= 1:
        return wilson(p * n, n, conf_level)
    reach = stats.t.ppf((1 + conf_level) / 2, share.df) * error / (p * (1 - p))
    centre = math.log(p / (1 - p))
    return Result(p, 1 / (1 + math.exp(reach - centre)), 1 / (1 + math.exp(-reach - centre)), NAN)


def wilson(count: float, n: float, conf_level: float = 0.95) -> Result:
    """Share of `n` with the Wilson score interval.

    Returns
    -------
    Result
        With n 0: nothing.

    Notes
    -----
    Wilson EB (1927) JASA 22:209. R: ``prop.test(count, n, correct = FALSE)$conf.int``.

    Examples
    --------
    >>> [round(float(x), 4) for x in wilson(81, 263)[:3]]
    [0.308, 0.2553, 0.3662]
    """
    if n <= 0:
        return Result(NAN, NAN, NAN, NAN)
    from statsmodels.stats.proportion import proportion_confint

    low, high = proportion_confint(count, n, alpha=1 - conf_level, method="wilson")
    low, high = (0.0 if count == 0 else float(low)), (1.0 if count == n else float(high))
    return Result(count / n, low, high, NAN)
