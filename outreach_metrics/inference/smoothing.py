"""Rates of many areas, drawn towards the rate of all as far as their own counts are weak, and ranks."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from scipy import optimize, special

from outreach_metrics.inference.rates import check_counts, check_exposures

NAN = math.nan
LEAST_AREAS = 3
"""Areas from which their spread can be estimated."""

DRAWS = 4000
_NO_SPREAD, _MOST_SPREAD = 1e-3, 5.0  # coefficient of variation of the areas' true rates
_GRID = 160
_GAIN = 1e-6  # log likelihood by which a spread has to be better than none, beyond what rounding does


class Ranks(NamedTuple):
    """Rank of each area, 1 the highest, with its interval; each of shape (n,)."""

    rank: np.ndarray
    conf_low: np.ndarray
    conf_high: np.ndarray


class Smoothed(NamedTuple):
    """Smoothed rates of areas.

    Parameters
    ----------
    estimate, conf_low, conf_high : ndarray, shape (n,)
        Rate per unit of exposure, as `smooth_rates` was asked for.
    above : ndarray, shape (n,)
        Probability that the area's true rate is above the rate of all areas together.
    weight : ndarray, shape (n,)
        Share of the estimate that is the area's own; the rest is the mean of all.
    ranks : Ranks
    mean, shape : float
        Of the gamma distribution of true rates; an infinite shape means that the areas do not differ.
    overall : float
        Count of all areas / exposure of all areas.
    reason : str
        Why there are no numbers; empty where there are.
    """

    estimate: np.ndarray
    conf_low: np.ndarray
    conf_high: np.ndarray
    above: np.ndarray
    weight: np.ndarray
    ranks: Ranks
    mean: float
    shape: float
    overall: float
    reason: str = ""


def smooth_rates(
    count: np.ndarray,
    exposure: np.ndarray,
    *,
    dispersion: float = 1.0,
    conf_level: float = 0.95,
    draws: int = DRAWS,
    seed: int = 0,
) -> Smoothed:
    """Empirical-Bayes rates: counts are Poisson about true rates that come from one gamma distribution.

    Parameters
    ----------
    count : ndarray, shape (n,)
        Events of each area, 0 or more.
    exposure : ndarray, shape (n,)
        Person-time (or expected events) of each area, greater than 0.
    dispersion : float
        Variance / mean of an area's count about its own true rate, 1 or more. Counts and exposures are
        divided by it, so that a count that jumps about says less of its area.
    conf_level : float
    draws : int
        Draws behind intervals, probabilities and ranks.
    seed : int

    Returns
    -------
    Smoothed
        The estimate is the posterior mean under the gamma of largest likelihood. Intervals, probabilities
        and ranks are of draws in which the gamma is uncertain too, so that few areas give wide intervals. An
        area without any event has an estimate above 0. Fewer than 3 areas, or no event anywhere: NaN.

    Notes
    -----
    Areas are exchangeable: neither their neighbors nor anything else is known of them. Clayton D & Kaldor J
    (1987) Biometrics 43:671; Marshall RJ (1991) Appl Stat 40:283. R: ``SpatialEpi::eBayes(count, exposure)``
    and ``DCluster::empbaysmooth``. The uncertain gamma: the spread of the rates (coefficient of variation)
    has a flat prior from 0 to 5, the logarithm of their mean is normal given it (Gelman A (2006) Bayesian
    Anal 1:515 for the flat prior; Laird NM & Louis TA (1987) JASA 82:739 for why it has to be uncertain).

    Examples
    --------
    >>> found = smooth_rates(np.array([9, 40, 2, 31, 18]), np.array([1.0, 2, 2, 2, 2]))
    >>> found.estimate.round(1).tolist(), found.weight.round(2).tolist()
    ([9.3, 19.3, 1.8, 15.2, 9.1], [0.86, 0.92, 0.92, 0.92, 0.92])
    """
    check_counts(count)
    check_exposures(exposure)
    if not dispersion >= 1:
        raise ValueError(f"a dispersion must be 1 or more, not {dispersion}")
    events = np.asarray(count, dtype=float) / dispersion
    time = np.broadcast_to(np.asarray(exposure, dtype=float), events.shape) / dispersion
    if len(events) < LEAST_AREAS or events.sum() == 0:
        return _nothing(
            len(events),
            "nothing was counted in any area"
            if len(events) >= LEAST_AREAS
            else f"it takes {LEAST_AREAS} areas to tell how areas differ",
        )
    shape, mean = gamma_of_rates(events, time)
    weight = time * mean / (shape + time * mean) if math.isfinite(shape) else np.zeros(len(events))
    estimate = weight * events / time + (1 - weight) * mean
    rates = _drawn_rates(events, time, draws, np.random.default_rng(seed))
    tails = [(1 - conf_level) / 2, (1 + conf_level) / 2]
    low, high = np.quantile(rates, tails, axis=0)
    overall = float(events.sum() / time.sum())
    return Smoothed(
        estimate=estimate,
        conf_low=np.minimum(low, estimate),
        conf_high=np.maximum(high, estimate),
        above=(rates > overall).mean(axis=0),
        weight=weight,
        ranks=rank_intervals(rates, estimate, conf_level),
        mean=mean,
        shape=shape,
        overall=overall,
    )


def gamma_of_rates(events: np.ndarray, time: np.ndarray) -> tuple[float, float]:
    """Return shape and mean of the gamma distribution of true rates, by maximum likelihood.

    Parameters
    ----------
    events, time : ndarray, shape (n,)
        Counts and exposures; counts need not be whole.

    Returns
    -------
    shape, mean : float
        An infinite shape where chance alone explains how the counts differ.

    Notes
    -----
    R: ``MASS::glm.nb(events ~ offset(log(time)))``, its ``theta`` and ``exp(coef)``.

    Examples
    --------
    >>> shape, mean = gamma_of_rates(np.array([9.0, 40, 2, 31, 18]), np.array([1.0, 2, 2, 2, 2]))
    >>> round(shape, 2), round(mean, 2)
    (1.8, 10.93)
    """

    def misfit(log_spread: float) -> float:
        shapes = np.array([math.exp(-2 * log_spread)])
        return -float(_likelihood(events, time, shapes, _means(events, time, shapes))[0])

    spreads = np.log(np.geomspace(_NO_SPREAD, _MOST_SPREAD * 4, 60))
    at = int(np.argmin([misfit(value) for value in spreads]))
    ends = spreads[max(at - 1, 0)], spreads[min(at + 1, len(spreads) - 1)]
    best = optimize.minimize_scalar(misfit, bounds=ends, method="bounded", options={"xatol": 1e-10})
    if misfit(spreads[0]) - best.fun < _GAIN:
        return math.inf, float(events.sum() / time.sum())
    shape = math.exp(-2 * best.x)
    return shape, float(_means(events, time, np.array([shape]))[0])


def _means(events: np.ndarray, time: np.ndarray, shapes: np.ndarray) -> np.ndarray:
    """Return the mean of largest likelihood for each shape (k,), where weighted counts meet exposures."""
    means = np.full(len(shapes), events.sum() / time.sum())
    for _ in range(500):
        weights = 1 / (1 + np.outer(means, time) / shapes[:, None])
        previous, means = means, (weights @ events) / (weights @ time)
        if np.allclose(previous, means, rtol=1e-12, atol=0):
            break
    return means


def _likelihood(events: np.ndarray, time: np.ndarray, shapes: np.ndarray, means: np.ndarray) -> np.ndarray:
    """Return the log likelihood of each pair of shape and mean (k,), but for a constant."""
    shape, expected = shapes[:, None], np.outer(means, time)
    parts = special.gammaln(events + shape) - special.gammaln(shape) - events * np.log(shape)
    parts = parts - (events + shape) * np.log1p(expected / shape) + events * np.log(expected)
    return parts.sum(axis=1)


def _drawn_rates(
    events: np.ndarray, time: np.ndarray, draws: int, generator: np.random.Generator
) -> np.ndarray:
    """Draw true rates, shape (draws, n), spread and mean of the gamma drawn first."""
    step = _MOST_SPREAD / _GRID
    spreads = np.append(_NO_SPREAD, np.arange(1, _GRID) * step)
    shapes = spreads**-2
    means = _means(events, time, shapes)
    expected = np.outer(means, time)
    errors = 1 / np.sqrt((expected / (1 + expected / shapes[:, None])).sum(axis=1))
    log_weights = _likelihood(events, time, shapes, means) + np.log(errors)
    weights = np.exp(log_weights - log_weights.max())
    weights[0] /= 2
    chosen = generator.choice(len(shapes), size=draws, p=weights / weights.sum())
    mean = means[chosen] * np.exp(errors[chosen] * generator.standard_normal(draws))
    shape = shapes[chosen][:, None]
    return generator.gamma(shape + events, 1 / (shape / mean[:, None] + time))


def rank_intervals(draws: np.ndarray, estimate: np.ndarray, conf_level: float = 0.95) -> Ranks:
    """Rank of each estimate, 1 the highest, and where its true rank lies.

    Parameters
    ----------
    draws : ndarray, shape (draws, n)
        Draws of all true values together.
    estimate : ndarray, shape (n,)
    conf_level : float

    Returns
    -------
    Ranks
        The interval always holds the rank of the estimate.

    Notes
    -----
    Goldstein H & Spiegelhalter DJ (1996) JRSS A 159:385.

    Examples
    --------
    >>> draws = np.array([[3.0, 2, 1], [2, 3, 1], [3, 2, 1], [3, 2, 1]])
    >>> [part.tolist() for part in rank_intervals(draws, draws.mean(axis=0))]
    [[1, 2, 3], [1, 1, 3], [2, 2, 3]]
    """
    place = _descending(np.asarray(draws))
    rank = _descending(np.asarray(estimate)[None])[0]
    tails = [(1 - conf_level) / 2, (1 + conf_level) / 2]
    low, high = np.quantile(place, tails, axis=0, method="inverted_cdf").astype(int)
    return Ranks(rank, np.minimum(low, rank), np.maximum(high, rank))


def _descending(values: np.ndarray) -> np.ndarray:
    """Return the rank of each value in its row, 1 the highest."""
    order = np.argsort(-values, axis=1, kind="stable")
    rank = np.empty_like(order)
    np.put_along_axis(rank, order, np.arange(1, values.shape[1] + 1)[None], axis=1)
    return rank


def _nothing(size: int, reason: str) -> Smoothed:
    empty = np.full(size, NAN)
    ranks = Ranks(empty, empty, empty)
    return Smoothed(empty, empty, empty, empty, empty, ranks, NAN, NAN, NAN, reason)
