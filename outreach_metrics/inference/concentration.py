"""How unevenly a total is shared out among people."""

from __future__ import annotations

import math

import numpy as np
from scipy import stats

from outreach_metrics.inference import Result

NAN = math.nan


def gini(values: np.ndarray, *, corrected: bool = False) -> float:
    """Gini coefficient: 0 where all have the same, near 1 where one has everything.

    Parameters
    ----------
    values : ndarray, shape (n,)
        Amounts (events attended) of 0 or more; missing ones are left out.
    corrected : bool
        Multiply by n / (n - 1), so that one person who has everything gives 1 whatever n is.

    Returns
    -------
    float
        NaN without people or without anything to share, and for one person when corrected.

    Notes
    -----
    Half the mean absolute difference / the mean: Gini C (1912). R: ``ineq::Gini(values, corr = corrected)``.

    Examples
    --------
    >>> gini(np.array([1.0, 1, 1, 1])), gini(np.array([0.0, 0, 0, 8])), gini(np.array([0, 8]), corrected=True)
    (0.0, 0.75, 1.0)
    """
    amounts = _sorted_amounts(values)
    n = len(amounts)
    if n <= corrected or not amounts.sum() > 0:
        return NAN
    ranked = float(np.arange(1, n + 1) @ amounts)
    return max(0.0, 2 * ranked / float(amounts.sum()) - (n + 1)) / (n - 1 if corrected else n)


def gini_interval(values: np.ndarray, *, corrected: bool = False, conf_level: float = 0.95) -> Result:
    """Gini coefficient with an interval from its jackknife standard error, on the logit scale.

    Parameters
    ----------
    values, corrected
        As for `gini`.
    conf_level : float

    Returns
    -------
    Result
        No p-value. Fewer than 3 people, or all with the same amount: no interval.

    Notes
    -----
    Takes people as drawn independently. Jackknife: Karagiannis E & Kovacevic M (2000) Oxford Bull Econ Stat
    62:119, here in one pass over the sorted amounts. A coefficient is biased down in small samples, for which
    `corrected` makes up. A 95 % interval holds the truth in 87 to 91 % of samples of 15 skewed amounts, in
    92 to 93 % of 100 and in 93 to 95 % of 400 (simulated: geometric, negative binomial, lognormal); a
    bootstrap of the studentized coefficient did hardly better.

    Examples
    --------
    >>> [round(x, 3) for x in gini_interval(np.array([1, 1, 1, 2, 2, 3, 5, 9]), corrected=True)[:3]]
    [0.488, 0.24, 0.742]
    """
    amounts = _sorted_amounts(values)
    estimate, n = gini(amounts, corrected=corrected), len(amounts)
    if n < 3 or not 0 < estimate < 1:
        return Result(estimate, NAN, NAN, NAN)
    rank, total = np.arange(1, n + 1), amounts.sum()
    above = total - np.cumsum(amounts)
    left = total - amounts
    if not (left > 0).all():
        return Result(estimate, NAN, NAN, NAN)
    without = (2 * (rank @ amounts - rank * amounts - above) / left - n) / (n - 2 if corrected else n - 1)
    error = math.sqrt((n - 1) / n * float(np.square(without - without.mean()).sum()))
    if error <= 1e-12:
        return Result(estimate, NAN, NAN, NAN)
    centre = math.log(estimate / (1 - estimate))
    reach = float(stats.t.ppf((1 + conf_level) / 2, n - 1)) * error / (estimate * (1 - estimate))
    low, high = stats.logistic.cdf([centre - reach, centre + reach])
    return Result(estimate, float(low), float(high), NAN)


def lorenz(values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Share of the total that the people with the least have, from none of them to all.

    Parameters
    ----------
    values : ndarray, shape (n,)
        As for `gini`.

    Returns
    -------
    share_of_people, share_of_total : ndarray, shape (n + 1,)
        From 0 to 1. NaN shares of the total where there is nothing to share; empty without people.

    Notes
    -----
    Lorenz MO (1905) Publ Am Stat Assoc 9:209. R: ``ineq::Lc(values)``.

    Examples
    --------
    >>> people, total = lorenz(np.array([1, 1, 2, 4]))
    >>> people.tolist(), total.tolist()
    ([0.0, 0.25, 0.5, 0.75, 1.0], [0.0, 0.125, 0.25, 0.5, 1.0])
    """
    amounts = _sorted_amounts(values)
    if len(amounts) == 0:
        return np.empty(0), np.empty(0)
    running = np.append(0.0, np.cumsum(amounts))
    shares = running / running[-1] if running[-1] > 0 else np.full(len(running), NAN)
    return np.arange(len(running)) / len(amounts), shares


def top_share(values: np.ndarray, share: float = 0.1) -> float:
    """Share of the total that the people with the most have (attendances of the most frequent tenth).

    Parameters
    ----------
    values : ndarray, shape (n,)
        As for `gini`.
    share : float
        Share of people, from 0 to 1; part of a person counts in part.

    Returns
    -------
    float
        NaN without people or without anything to share.

    Notes
    -----
    1 less the Lorenz curve at 1 - `share`. R: ``1 - approx(Lc(x)$p, Lc(x)$L, 1 - share)$y``.

    Examples
    --------
    >>> round(top_share(np.array([1] * 9 + [11]), 0.1), 3)
    0.55
    """
    if not 0 <= share <= 1:
        raise ValueError(f"a share must lie between 0 and 1, not {share}")
    people, total = lorenz(values)
    return float(1 - np.interp(1 - share, people, total)) if len(people) else NAN


def _sorted_amounts(values: np.ndarray) -> np.ndarray:
    amounts = np.asarray(values, dtype=float).ravel()
    amounts = np.sort(amounts[~np.isnan(amounts)])
    if len(amounts) and (amounts[0] < 0 or np.isinf(amounts[-1])):
        raise ValueError("amounts must be finite and 0 or more")
    return amounts
