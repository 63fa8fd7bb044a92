"""How much more counts vary than by chance alone."""

from __future__ import annotations

import math

import numpy as np
from scipy import stats

NAN = math.nan
MOST_KEPT = 0.6
"""Largest correlation of the excess variance that a short series is trusted to tell."""


def series_dispersion(counts: np.ndarray, expected: np.ndarray, df: int) -> float:
    """Pearson dispersion of counts about what a model expects, never below 1.

    Parameters
    ----------
    counts, expected : ndarray, same shape
    df : int
        Counts less fitted parameters; 0 or fewer gives NaN, for then nothing is known of the dispersion.

    Notes
    -----
    McCullagh & Nelder (1989), section 4.5.2. R: ``sum(residuals(fit, "pearson")^2) / fit$df.residual``.

    Examples
    --------
    >>> series_dispersion(np.array([4.0, 16.0]), np.array([10.0, 10.0]), df=1)
    7.2
    """
    if df <= 0:
        return NAN
    held = expected > 0
    return max(1.0, float(((counts[held] - expected[held]) ** 2 / expected[held]).sum() / df))


def seasonal_expectation(
    counts: np.ndarray, exposure: np.ndarray, after: np.ndarray, position: np.ndarray
) -> tuple[np.ndarray, int]:
    """Expected counts of a series under a step after the start and a multiplicative season.

    Parameters
    ----------
    counts : ndarray, shape (t,)
    exposure : ndarray, shape (t,)
        Person-time of each period, greater than 0.
    after : ndarray of bool, shape (t,)
    position : ndarray of int, shape (t,)
        Calendar position (month, quarter, week number).

    Returns
    -------
    expected : ndarray, shape (t,)
    df : int
        Periods that could hold a count, less parameters. Season is left out when there are fewer than 5
        counts a calendar position, or when it would leave fewer than 10 degrees of freedom.

    Notes
    -----
    R: ``glm(count ~ after + factor(position) + offset(log(exposure)), family = poisson)``, fitted here by
    iterative proportional fitting (Darroch JN & Ratcliff D, 1972, Ann Math Stat 43:1470).

    Examples
    --------
    >>> series, after = np.array([1.0, 3, 2, 6, 0]), np.array([False, False, True, True, True])
    >>> expected, df = seasonal_expectation(series, np.ones(5), after, np.array([1, 2, 1, 2, 3]))
    >>> expected.round(3).tolist(), df
    ([2.0, 2.0, 2.667, 2.667, 2.667], 3)
    """
    window = after.astype(int)
    levels, season = np.unique(position, return_inverse=True)
    seasonal = (
        counts.sum() >= 5 * len(levels) and len(counts) - len(np.unique(window)) - len(levels) + 1 >= 10
    )
    factors = [window, season] if seasonal else [window]
    expected = exposure.astype(float)
    for _ in range(100):
        previous = expected
        for factor in factors:
            observed = np.bincount(factor, counts)
            fitted = np.bincount(factor, expected)
            expected = (
                expected * np.divide(observed, fitted, out=np.zeros_like(fitted), where=fitted > 0)[factor]
            )
        if np.allclose(previous, expected, rtol=1e-10):
            break
    held = expected > 0
    df = held.sum() - len(np.unique(window[held]))
    return expected, int(df - (len(np.unique(season[held])) - 1 if seasonal and held.any() else 0))


def long_run_dispersion(
    counts: np.ndarray, expected: np.ndarray, df: int, after: np.ndarray
) -> tuple[float, float]:
    """Variance / mean of the total of a window, allowing for months that resemble the months before them.

    Parameters
    ----------
    counts, expected : ndarray, shape (t,)
        A series in order of time, and what a model of step and season expects.
    df : int
        Counts less fitted parameters.
    after : ndarray of bool, shape (t,)
        Which counts lie in the window after; drift along each window is taken out.

    Returns
    -------
    dispersion : float
        Never below 1; NaN when nothing is left to estimate it.
    df : float
        Degrees of freedom behind it, fewer where counts are correlated.

    Notes
    -----
    Counts are taken as Poisson about a level whose excess variance is first-order autoregressive (Zeger SL,
    1988, Biometrika 75:621): with correlation r of the residuals at lag 1, and k = r * dispersion /
    (dispersion - 1) of the level, the variance of a total is inflated by 1 + 2 r / (1 - k). The small-sample
    bias of r is corrected to first order (Marriott FHC & Pope JA, 1954, Biometrika 41:390).

    Examples
    --------
    >>> after = np.arange(8) >= 4
    >>> long_run_dispersion(np.array([4.0, 16, 4, 16, 16, 4, 16, 4]), np.full(8, 10.0), 6, after)
    (5.76..., 5.0)
    """
    if df <= 1 or not (expected > 0).any():
        return NAN, 0.0
    periods = len(counts)
    root = np.sqrt(expected)
    residual = np.divide(counts - expected, root, out=np.zeros(periods), where=root > 0)
    residual = residual - _drift(residual, root, after)
    spread = float(residual @ residual) / (df - 1)
    if spread <= 1:
        return 1.0, float(df - 1)
    together = after[1:] == after[:-1]
    lag = float((residual[1:] * residual[:-1])[together].mean() / np.square(residual).mean())
    correlation = min(max((lag + 3 / periods) / (1 - min(12 / periods, 0.5)), 0.0), 0.9)
    kept = min(correlation * spread / (spread - 1), max(MOST_KEPT, correlation))
    inflation = 1 + 2 * correlation / (1 - kept)
    return spread * inflation, (df - 1) / inflation


def area_dispersion(*groups: np.ndarray) -> tuple[float, int]:
    """Dispersion of the areas' own changes about the change of their group.

    Each area gives two counts, before and after. Summing over the window leaves what an area's change
    differs from its group's, whatever the correlation from period to period.

    Parameters
    ----------
    *groups : ndarray of counts, shape (areas, 2)
        One array a group (treated, comparison); areas without any count add nothing, nor does a group
        without any count in one of the two windows.

    Returns
    -------
    dispersion : float
        Pearson chi-square / df, never below 1; NaN when df is 0.
    df : int
        Sum over groups of the areas with counts, less 1.

    Notes
    -----
    The fit of ``glm(count ~ area + group:after, family = quasipoisson)`` in R; summing over the window before
    comparing is the remedy of Bertrand M, Duflo E & Mullainathan S (2004) QJE 119:249 for serial correlation.

    Examples
    --------
    >>> area_dispersion(np.array([[10, 5], [10, 15]]), np.array([[8, 8]]))
    (2.6..., 1)
    """
    chi_square, df = 0.0, 0
    for group in groups:
        counts = np.asarray(group, dtype=float)
        counts = counts[counts.sum(axis=1) > 0]
        if len(counts) == 0 or (counts.sum(axis=0) == 0).any():
            continue
        expected = np.outer(counts.sum(axis=1), counts.sum(axis=0)) / counts.sum()
        held = expected > 0
        chi_square += float(((counts[held] - expected[held]) ** 2 / expected[held]).sum())
        df += len(counts) - 1
    return (max(1.0, chi_square / df), df) if df else (NAN, 0)


def clustered_dispersion(counts: np.ndarray) -> tuple[float, float]:
    """Dispersion of the areas' changes in sum, as a cluster-robust variance has it.

    Unlike the mean of the areas' chi-squares it holds when large areas vary by more, for their size, than
    small ones.

    Parameters
    ----------
    counts : ndarray, shape (areas, 2)
        Before and after, in the areas of one group.

    Returns
    -------
    dispersion : float
        Never below 1; NaN with fewer than two areas that hold counts, or a window without any.
    df : float
        Areas that weigh (Kish), less 1.

    Notes
    -----
    Residuals of the areas after, given their totals, each divided by 1 - its share of all counts (the CR2
    correction: Bell RM & McCaffrey DF, 2002, Survey Methodology 28:169); degrees of freedom after Carter AV,
    Schnepel KT & Steigerwald DG (2017) Rev Econ Stat 99:698.

    Examples
    --------
    >>> clustered_dispersion(np.array([[10, 5], [10, 5], [5, 10], [5, 10]]))
    (2.22..., 3.0)
    """
    cells = np.asarray(counts, dtype=float)
    cells = cells[cells.sum(axis=1) > 0]
    if len(cells) < 2 or (cells.sum(axis=0) == 0).any():
        return NAN, 0.0
    totals = cells.sum(axis=1)
    share = cells[:, 1].sum() / totals.sum()
    residual = cells[:, 1] - totals * share
    squares = float((np.square(residual) / (1 - totals / totals.sum())).sum())
    weighing = float(totals.sum() ** 2 / np.square(totals).sum())
    return max(1.0, squares / float(totals.sum() * share * (1 - share))), weighing - 1


def exceeds(dispersion: float, df: float, other: float, other_df: float, level: float = 0.9) -> bool:
    """Whether a dispersion is larger than another by more than chance (one-sided F test).

    Examples
    --------
    >>> exceeds(3.0, 12, 1.0, 40), exceeds(1.2, 12, 1.0, 40), exceeds(3.0, 12, float("nan"), 0)
    (True, False, True)
    """
    return not other_df > 0 or dispersion / other > float(stats.f.ppf(level, df, other_df))


def _drift(residual: np.ndarray, root: np.ndarray, after: np.ndarray) -> np.ndarray:
    """Return the part of the residuals that a line along both windows explains."""
    time = np.arange(len(residual), dtype=float)
    time -= np.where(
        after, time[after].mean() if after.any() else 0, time[~after].mean() if (~after).any() else 0
    )
    line = root * time
    length = float(line @ line)
    return line * float(line @ residual) / length if length > 0 else np.zeros(len(residual))
