"""Means and contrasts of means of survey answers, with weights, strata and clusters; shares of people."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy import special, stats

from outreach_metrics.inference import Result
from outreach_metrics.inference.sampling import Design, codes_of, sums

NAN = math.nan
ALONE = 1e-6
"""Part of a cluster's variance below which it alone decides a margin: it is then set against the mean."""


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
        reach = float(stats.t.ppf((1 + conf_level) / 2, self.df)) * self.standard_error
        p = float(2 * stats.t.sf(abs(self.estimate) / self.standard_error, self.df))
        return Result(self.estimate, self.estimate - reach, self.estimate + reach, p)


def contrast(
    values: Sequence[np.ndarray],
    coefficients: Sequence[float],
    weights: Sequence[np.ndarray] | None = None,
    strata: Sequence[np.ndarray] | None = None,
    clusters: Sequence[np.ndarray] | None = None,
    population: Sequence[np.ndarray | float] | None = None,
    margins: Sequence[np.ndarray] | None = None,
    base_weights: Sequence[np.ndarray] | None = None,
    *,
    small_sample: bool = False,
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
    population, margins, base_weights : sequence of k, optional
        Of each cell, as `sampling.Design` takes them: clusters of the stratum in the population
        (finite population correction), variables of shape (n_i, p) that the weights were raked to.
    small_sample : bool
        Whether one cell too is raised for leverage, as several are. Plain linearisation of one cell is what
        other software gives; with 40 raked answers its 95 % interval holds the truth in 86 % of samples.
        Several cells are taken as drawn in one stage.

    Returns
    -------
    Contrast
        One cell: as `survey.mean`, degrees of freedom clusters less strata. Several: each cluster's part is
        raised for its leverage (its share of the weight of its cell and stratum), degrees of
        freedom by Welch-Satterthwaite over samples and strata, where a sample of unequal weights counts
        as fewer clusters. Both come to the usual t where all clusters of a stratum weigh the same.
        A cell without answers, or with one that is not finite, gives no estimate; fewer than 2 clusters in a
        cell give no standard error.

    Notes
    -----
    Binder DA (1983) Int Stat Rev 51:279; with replacement unless `population` is given, a stratum of one
    cluster is centred at the mean of all. Leverage and degrees of freedom after Bell RM, McCaffrey DF (2002)
    Surv Methodol 28:169: plain linearisation is too narrow with few clusters or unequal weights.
    R: ``survey::svymean``; unweighted, one or two cells: ``t.test`` (Welch).

    Examples
    --------
    >>> after, before = np.array([4.0, 6, 8, 10]), np.array([1.0, 3, 5])
    >>> difference = contrast([after, before], [1, -1])
    >>> round(difference.estimate, 3), round(difference.standard_error, 4), round(difference.df, 3)
    (4.0, 1.7321, 4.959)
    """
    columns = (strata, clusters, population, margins, base_weights)
    estimate, parts = 0.0, []
    for index, cell in enumerate(values):
        cell = np.asarray(cell, dtype=float)
        weight = np.ones(len(cell)) if weights is None else np.asarray(weights[index], dtype=float)
        if not (weight.sum() > 0 and np.isfinite(cell).all()):
            return Contrast(NAN, NAN, NAN)
        design = Design(weight, *(None if column is None else column[index] for column in columns))
        mean = float(weight @ cell / weight.sum())
        estimate += coefficients[index] * mean
        parts.append((design, coefficients[index] * weight / weight.sum(), cell - mean))
    if len(parts) == 1 and not small_sample:
        design, scores = parts[0][0], parts[0][1] * parts[0][2]
        variance = float(design.covariance(scores[:, None])[0, 0])
        return Contrast(estimate, math.sqrt(variance), design.degrees_of_freedom())
    return Contrast(estimate, *_joint_variance(parts, clusters is not None))


def _joint_variance(parts: list[tuple[Design, np.ndarray, np.ndarray]], shared: bool) -> tuple[float, float]:
    """Standard error and degrees of freedom of a sum over samples that may have clusters in common."""
    cells = [_unit_scores(*part) for part in parts]
    if min(len(scores) for scores, _, _ in cells) < 2:
        return NAN, NAN
    owner = np.repeat(np.arange(len(cells)), [len(scores) for scores, _, _ in cells])
    scores, spread = (np.concatenate([cell[i] for cell in cells]) for i in (0, 1))
    rows = [cell[2] for cell in cells]
    strata = [_labels(design.strata, row) for (design, _, _), row in zip(parts, rows, strict=True)]
    names = [design.clusters if shared else np.arange(len(design.weights)) for design, _, _ in parts]
    cluster = np.concatenate([_labels(name, row) for name, row in zip(names, rows, strict=True)])
    stratum = np.concatenate(strata)
    unit = codes_of(stratum, cluster) if shared else np.arange(len(scores))
    present = np.bincount(unit, 2.0**owner).astype(np.int64)
    where = codes_of(codes_of(stratum)[np.unique(unit, return_index=True)[1]], present)
    squares = np.bincount(where, np.bincount(unit, scores) ** 2)
    spread = np.bincount(unit, spread)
    variance = float(squares.sum())
    if not variance > 0:
        return math.sqrt(variance), float(len(where) - len(squares))
    effective = np.bincount(where, spread) ** 2 / np.maximum(np.bincount(where, spread**2), 1e-300)
    df = 1 / float(((squares / variance) ** 2 / np.maximum(effective - 1, 1)).sum())
    return math.sqrt(variance), df


def _unit_scores(
    design: Design, share: np.ndarray, rest: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Each cluster's centred score, raised for leverage; its variance if all answers vary alike; a row."""
    unit, stratum, fraction, _ = design.stages[0]
    total = np.bincount(unit, design.residuals((share * rest)[:, None])[:, 0])
    spread, size = np.bincount(unit, share**2), np.bincount(stratum)
    centre = np.where(size == 1, total.mean(), np.bincount(stratum, total) / size)
    kept = np.where(size[stratum] == 1, 1.0, _kept(design, share, spread))
    alone = kept < ALONE
    total, kept = np.where(alone, np.bincount(unit, share * rest), total), np.where(alone, 1.0, kept)
    scale = (1 - fraction)[stratum] / np.maximum(kept, 1e-12)
    return (total - centre[stratum]) * np.sqrt(scale), spread, np.unique(unit, return_index=True)[1]


def _kept(design: Design, share: np.ndarray, spread: np.ndarray) -> np.ndarray:
    """Part of each cluster's variance that is left after the fit of the mean, or of the margins."""
    unit, stratum, _, _ = design.stages[0]
    spread = np.where(spread > 0, spread, 1.0)
    if design.margins is None:
        part = np.bincount(unit, share)
        held, whole = np.bincount(stratum, part), np.bincount(unit, share**2)
        leverage = part / np.where(held == 0, 1.0, held)[stratum]
        return 1 - 2 * leverage + leverage**2 * np.bincount(stratum, whole)[stratum] / spread
    table, base = np.asarray(design.margins, dtype=float), design.base[:, None]
    along = sums(unit, share[:, None] * table, len(stratum)) @ np.linalg.pinv(table.T @ (base * table))
    back = sums(unit, share[:, None] * base * table, len(stratum))
    kept = 1 + ((along @ (table.T @ (base**2 * table)) - 2 * back) * along).sum(axis=1) / spread
    size = np.bincount(stratum)
    return kept * (1 - 1 / size[stratum] if len(size) > 1 else 1.0)


def _labels(given: np.ndarray | None, row: np.ndarray) -> np.ndarray:
    return np.zeros(len(row), dtype=np.int64) if given is None else np.asarray(given)[row]


def share_interval(share: Contrast, n: float, conf_level: float = 0.95) -> Result:
    """Interval of a share, on the logit scale, so that it stays between 0 and 1.

    Parameters
    ----------
    share : Contrast
        A mean of values between 0 and 1.
    n : float
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
        return wilson(min(max(p, 0.0), 1.0) * n, n, conf_level)
    reach = stats.t.ppf((1 + conf_level) / 2, share.df) * error / (p * (1 - p))
    centre = math.log(p / (1 - p))
    return Result(p, float(special.expit(centre - reach)), float(special.expit(centre + reach)), NAN)


def wilson(count: float, n: float, conf_level: float = 0.95) -> Result:
    """Share of `n` with the Wilson score interval.

    Returns
    -------
    Result
        With n 0, or either not known: nothing.

    Notes
    -----
    Wilson EB (1927) JASA 22:209. R: ``prop.test(count, n, correct = FALSE)$conf.int``.

    Examples
    --------
    >>> [round(float(x), 4) for x in wilson(81, 263)[:3]]
    [0.308, 0.2553, 0.3662]
    """
    if math.isnan(count) or not n > 0:
        return Result(NAN, NAN, NAN, NAN)
    if not (0 <= count <= n < math.inf):
        raise ValueError(f"a count must lie between 0 and {n}, not {count}")
    from statsmodels.stats.proportion import proportion_confint

    low, high = proportion_confint(count, n, alpha=1 - conf_level, method="wilson")
    low, high = (0.0 if count == 0 else float(low)), (1.0 if count == n else float(high))
    return Result(count / n, low, high, NAN)
