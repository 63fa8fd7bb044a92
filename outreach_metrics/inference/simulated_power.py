"""Power by simulation, for the designs that have no formula: interrupted series and staggered starts.

Each draws counts as they are expected to be, fits what an evaluation would fit, and counts how often the
change is found. What counts as found is set so that a change of none is found no more often than the level
says.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
from scipy import stats

from outreach_metrics.inference.interrupted import interrupted_many, seasonal_harmonics
from outreach_metrics.inference.power import Detectable

NAN = math.nan
FALLS = (0.9, 0.8, 0.7, 0.6, 0.5, 0.4, 0.3, 0.2, 0.1)
RISES = (1.1, 1.25, 1.5, 1.75, 2.0, 2.5, 3.0, 4.0)
"""Ratios that a simulation is worth while for; `detectable` finds what lies between."""

_NEARLY_ALWAYS = 0.98


def detectable(ratios: np.ndarray, powers: np.ndarray, power: float = 0.8) -> Detectable:
    """Smallest fall and rise whose simulated power is enough, between the ratios by interpolation.

    Parameters
    ----------
    ratios, powers : ndarray, shape (k,)
        In any order; at ratio 1 the power is taken as 0.
    power : float

    Returns
    -------
    Detectable
        NaN where no ratio on that side reaches the power.

    Examples
    --------
    >>> detectable(np.array([0.9, 0.8, 1.2]), np.array([0.4, 0.9, 0.5]))
    Detectable(fall=0.81..., rise=nan)
    """
    logs, sides = np.log(np.asarray(ratios, dtype=float)), []
    for sign in (-1, 1):
        side = np.sign(logs) == sign
        order = np.argsort(np.abs(logs[side]))
        size = np.concatenate([[0.0], np.abs(logs[side])[order]])
        reached = np.concatenate([[0.0], np.maximum.accumulate(np.asarray(powers)[side][order])])
        enough = np.flatnonzero(reached >= power)
        if not len(enough):
            sides.append(NAN)
            continue
        last = slice(enough[0] - 1, enough[0] + 1)
        sides.append(math.exp(sign * float(np.interp(power, reached[last], size[last]))))
    return Detectable(*sides)


def draw_counts(
    expected: np.ndarray, dispersion: float, autocorrelation: float, generator: np.random.Generator
) -> np.ndarray:
    """Draw series of counts that vary more than chance and remember the period before.

    Parameters
    ----------
    expected : ndarray, shape (..., t)
        Greater than 0.
    dispersion : float
        Variance / mean, 1 or more.
    autocorrelation : float
        Of a count with the one before, 0 or more; at most what the dispersion leaves room for, as chance
        alone remembers nothing.
    generator : numpy.random.Generator

    Returns
    -------
    ndarray, shape of `expected`

    Notes
    -----
    Poisson counts about a lognormal first-order autoregressive rate (Zeger SL, 1988, Biometrika 75:621).
    """
    spread = max(dispersion, 1.0) - 1
    if spread == 0:
        return generator.poisson(expected).astype(float)
    memory = min(0.95, max(autocorrelation, 0.0) * (1 + spread) / spread)
    noise = generator.standard_normal(expected.shape)
    for period in range(1, expected.shape[-1] if memory else 0):
        noise[..., period] *= math.sqrt(1 - memory**2)
        noise[..., period] += memory * noise[..., period - 1]
    deviation = np.sqrt(np.log1p(spread / expected))
    return generator.poisson(expected * np.exp(deviation * noise - deviation**2 / 2)).astype(float)


def power_of_interrupted(
    ratios: np.ndarray,
    expected: np.ndarray,
    after: np.ndarray,
    periods_per_year: float = 12,
    dispersion: float = 1.0,
    autocorrelation: float = 0.0,
    *,
    conf_level: float = 0.95,
    replications: int = 400,
    seed: int = 0,
) -> np.ndarray:
    """Power of an interrupted time series to find a lasting change of level.

    Parameters
    ----------
    ratios : ndarray, shape (k,)
        True level after / level that would have been, greater than 0.
    expected : ndarray, shape (t,)
        Counts expected without any change, season and trend included, greater than 0.
    after : ndarray of bool, shape (t,)
    periods_per_year : float
        For the season in the model; see `interrupted.seasonal_harmonics`.
    dispersion, autocorrelation : float
        As for `draw_counts`.
    conf_level : float
    replications : int
        Series drawn for each ratio.
    seed : int

    Returns
    -------
    ndarray, shape (k,)
        NaN when no count is expected in a period; 0 where the series is too short for the model.

    Notes
    -----
    The test is that of `interrupted.interrupted_many`: segmented quasi-Poisson regression with level, slope,
    season and first-order autocorrelated errors, after Lopez Bernal J, Cummins S & Gasparrini A (2017) Int J
    Epidemiol 46:348.
    """
    mean, held = np.asarray(expected, dtype=float), np.asarray(after, dtype=bool)
    if not (mean > 0).all():
        return np.full(len(ratios), NAN)
    model = {"periods_per_year": periods_per_year, "harmonics": seasonal_harmonics(mean, periods_per_year)}

    def statistics(ratio: float) -> np.ndarray:
        generator = np.random.default_rng(seed)
        level = np.broadcast_to(np.where(held, mean * ratio, mean), (replications, len(mean)))
        counts = draw_counts(level, dispersion, autocorrelation, generator)
        found = interrupted_many(counts, held, **model).level
        size = stats.norm.isf(np.clip(found.p_value, 1e-300, 1) / 2)
        return np.nan_to_num(size * np.sign(found.estimate - 1))

    return _share_found(ratios, statistics, math.inf, conf_level)


def _share_found(
    ratios: np.ndarray, statistics: Callable[[float], np.ndarray], df: float, conf_level: float
) -> np.ndarray:
    """Return how often each ratio is found in its own direction, at a limit that keeps false alarms down.

    Once a change is found nearly always, larger ones are taken to be found as often.
    """
    none = np.abs(statistics(1.0))
    limit = max(stats.t.ppf((1 + conf_level) / 2, df), np.nanquantile(none, conf_level))
    logs, found = np.log(np.asarray(ratios, dtype=float)), np.zeros(len(ratios))
    for sign in (-1, 1):
        share = 0.0
        for place in sorted(np.flatnonzero(np.sign(logs) == sign), key=lambda place: abs(logs[place])):
            if share < _NEARLY_ALWAYS:
                share = float((sign * statistics(math.exp(logs[place])) > limit).mean())
            found[place] = share
    return found


def power_of_staggered(
    ratios: np.ndarray,
    expected: np.ndarray,
    first: np.ndarray,
    dispersion: float = 1.0,
    between_sd: float = 0.0,
    *,
    conf_level: float = 0.95,
    replications: int = 400,
    seed: int = 0,
) -> np.ndarray:
    """Power over areas that start one after another, against areas that never start.

    Parameters
    ----------
    ratios : ndarray, shape (k,)
        True effect in every area from its own start on, greater than 0.
    expected : ndarray, shape (areas, t)
        Counts expected without any effect, greater than 0.
    first : ndarray of int, shape (areas,)
        Position of each area's first period after its start; -1 for areas that never start.
    dispersion : float
        Variance / mean of the count of one area and period.
    between_sd : float
        Standard deviation of the areas' own lasting log changes.
    conf_level : float
    replications, seed : int

    Returns
    -------
    ndarray, shape (k,)
        NaN with fewer than 2 areas that start or 2 that never do, or without a period before each start.

    Notes
    -----
    Each area's log change over its own start, less the mean change of the never-starting areas over the same
    date, is averaged over areas: the simple aggregation of Callaway B & Sant'Anna PHC (2021) J Econometrics
    225:200 with all periods before as the base. Areas are the units of the t statistic.
    """
    mean, starts = np.asarray(expected, dtype=float), np.asarray(first)
    treated, never = np.flatnonzero(starts >= 0), np.flatnonzero(starts < 0)
    inside = (starts[treated] > 0) & (starts[treated] < mean.shape[1])
    if min(len(treated), len(never)) < 2 or not inside.all() or not (mean > 0).all():
        return np.full(len(ratios), NAN)
    usual = int(np.median(starts[treated]))
    since = np.arange(mean.shape[1]) >= np.where(starts >= 0, starts, usual)[:, None]

    def statistics(ratio: float) -> np.ndarray:
        generator = np.random.default_rng(seed)
        own = np.exp(between_sd * generator.standard_normal((replications, len(mean), 1)))
        level = mean * np.where((starts >= 0)[:, None] & since, ratio, 1.0) * np.where(since, own, 1.0)
        counts = draw_counts(level, dispersion, 0.0, generator)
        return _average_effect(counts, starts[treated], treated, never)

    return _share_found(ratios, statistics, len(mean) - 2, conf_level)


def _average_effect(
    counts: np.ndarray, starts: np.ndarray, treated: np.ndarray, never: np.ndarray
) -> np.ndarray:
    """Return the t statistic of the average effect over treated areas, shape (r,)."""
    running = np.concatenate([np.zeros((*counts.shape[:-1], 1)), counts.cumsum(axis=-1)], axis=-1)
    before = running[:, :, starts]
    changes = np.log(running[:, :, -1:] - before + 0.5) - np.log(before + 0.5)
    other = changes[:, never].mean(axis=2)
    effects = changes[:, treated, np.arange(len(treated))] - changes[:, never].mean(axis=1)
    error = effects.var(axis=1, ddof=1) / len(treated) + other.var(axis=1, ddof=1) / len(never)
    return effects.mean(axis=1) / np.sqrt(np.maximum(error, 1e-300))
