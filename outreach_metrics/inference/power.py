"""How small a change an evaluation can find, and how many counts, periods, areas or answers it needs.

Everything here is trained on expected counts: what would be counted if the program changed nothing.
Power counts findings in the right direction alone: a fall that is taken for a rise has not been found.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from scipy import optimize, stats

NAN = math.nan
_LARGEST = 1e3
_MOST = 10_000_000
_KNOWN_FROM = 10_000  # degrees of freedom from which Student's t is the normal distribution
_CERTAIN = 30.0  # standard errors


class Detectable(NamedTuple):
    """The ratios nearest to 1 that are found with the power asked for; NaN where none is.

    A fall and a rise are not mirror images: a fall leaves fewer counts, so less is known of it.
    """

    fall: float
    rise: float


def _check(power: float, conf_level: float) -> None:
    if not (0.5 <= power < 1 and 0 < conf_level < 1):
        raise ValueError("power must be at least 0.5 and below 1, conf_level between 0 and 1")


def _found(effect: np.ndarray, standard_error: np.ndarray, df: np.ndarray, conf_level: float) -> np.ndarray:
    """Return how often a two-sided t test finds an effect, in its own direction."""
    size, tail = np.abs(effect) / standard_error, (1 + conf_level) / 2
    freedom = np.clip(df, 1, _KNOWN_FROM)
    by_t = stats.nct.sf(stats.t.ppf(tail, freedom), freedom, np.minimum(size, _CERTAIN))
    return np.where(np.asarray(df) > _KNOWN_FROM, stats.norm.sf(stats.norm.ppf(tail) - size), by_t)


def _cells(expected: np.ndarray) -> np.ndarray:
    cells = np.atleast_2d(np.asarray(expected, dtype=float))
    if cells.shape[1] != 2 or (cells < 0).any() or not np.isfinite(cells).all():
        raise ValueError("expected counts must be 0 or more, a row a group, columns before and after")
    return cells


def _satterthwaite(parts: np.ndarray, df: np.ndarray | float) -> np.ndarray:
    """Return the degrees of freedom of a sum of independent variances; parts of shape (g, ...)."""
    freedom = np.broadcast_to(np.asarray(df, dtype=float), parts.shape[:1]).reshape(
        -1, *[1] * (parts.ndim - 1)
    )
    lost = (np.square(parts) / freedom).sum(axis=0)
    total = np.square(parts.sum(axis=0))
    return np.divide(total, lost, out=np.full_like(total, math.inf), where=lost > 0)


def power_of_ratio(
    ratio: np.ndarray | float,
    expected: np.ndarray,
    dispersion: np.ndarray | float = 1.0,
    df: np.ndarray | float = math.inf,
    conf_level: float = 0.95,
    null: float = 1.0,
) -> np.ndarray:
    """Power to find a change before / after, or one relative to comparison areas, on the log scale.

    Parameters
    ----------
    ratio : float or ndarray, shape (k,)
        True after / before, or treated / comparison; greater than 0.
    expected : ndarray, shape (2,) or (2, 2)
        Counts expected without any effect, before and after; with two rows, treated and comparison. Lengths
        and sizes that differ are in these counts already.
    dispersion, df : float or ndarray, shape (rows,)
        Variance / mean of the counts, and the degrees of freedom behind it.
    conf_level : float
        Level of the interval that has to leave out `null`.
    null : float

    Returns
    -------
    ndarray, shape of `ratio`
        Between 0 and 1; NaN where a cell is expected to hold no count.

    Notes
    -----
    Noncentral t with the variance of the estimate, dispersion x sum of 1 / count; it is the power of
    `rates.rate_ratio_overdispersed` and `comparison.relative_effect`. Zhu H & Lakkis H (2014) Stat Med
    33:376.
    Python: ``statsmodels.stats.rates.power_poisson_ratio_2indep`` (df infinite, one row).

    Examples
    --------
    >>> power_of_ratio([0.8, 1.0, 1.25], [400, 400]).round(3)
    array([0.845, 0.025, 0.914])
    """
    cells, true = _cells(expected), np.asarray(ratio, dtype=float)
    if (true <= 0).any() or null <= 0:
        raise ValueError("a ratio must be greater than 0")
    if (cells == 0).any():
        return np.full(true.shape, NAN)
    parts = _parts(true, 1 / cells, dispersion)
    return _found(np.log(true / null), np.sqrt(parts.sum(axis=0)), _satterthwaite(parts, df), conf_level)


def _parts(ratio: np.ndarray, inverse: np.ndarray, dispersion: np.ndarray | float) -> np.ndarray:
    """Return each group's variance of the log ratio, shape (g, ...); the first group changes by `ratio`."""
    own = np.broadcast_to(np.asarray(dispersion, dtype=float), len(inverse))
    first = inverse[0, 0] + inverse[0, 1] / ratio
    rest = [np.broadcast_to(row.sum(), ratio.shape) for row in inverse[1:]]
    return np.stack([first, *rest]) * own.reshape(-1, *[1] * ratio.ndim)


def power_of_difference(
    ratio: np.ndarray | float,
    expected: np.ndarray,
    weights: np.ndarray,
    dispersion: np.ndarray | float = 1.0,
    df: np.ndarray | float = math.inf,
    conf_level: float = 0.95,
) -> np.ndarray:
    """Power of the weighted displacement difference when the treated count after changes by a ratio.

    Parameters
    ----------
    ratio : float or ndarray, shape (k,)
        True change of the treated count after, greater than 0; nothing moves to the displacement areas.
    expected, weights : ndarray, shape (g, 2)
        As `comparison.displacement_difference` takes counts and weights, g 2 or 4; counts as expected
        without any effect.
    dispersion, df : float or ndarray, shape (g,)
    conf_level : float

    Returns
    -------
    ndarray, shape of `ratio`
        NaN when no count is expected at all.

    Notes
    -----
    Variance as in Wheeler AP & Ratcliffe JH (2018) Crime Science 7:11, with the treated count after as it
    would be under the change.

    Examples
    --------
    >>> round(float(power_of_difference(0.6, [[200, 200], [300, 300]], [[1, 1], [1, 1]])), 3)
    0.751
    """
    cells, true = _cells(expected), np.asarray(ratio, dtype=float)
    if (true <= 0).any():
        raise ValueError("a ratio must be greater than 0")
    squared = np.square(np.asarray(weights, dtype=float)) * cells
    own = np.broadcast_to(np.asarray(dispersion, dtype=float), len(cells))
    first = squared[0, 0] + squared[0, 1] * true
    rest = [np.broadcast_to(row.sum(), true.shape) for row in squared[1:]]
    parts = np.stack([first, *rest]) * own.reshape(-1, *[1] * true.ndim)
    if cells.sum() == 0:
        return np.full(true.shape, NAN)
    effect = (true - 1) * np.asarray(weights, dtype=float)[0, 1] * cells[0, 1]
    return _found(effect, np.sqrt(parts.sum(axis=0)), _satterthwaite(parts, df), conf_level)


def power_of_areas(
    ratio: np.ndarray | float,
    areas: tuple[float, float],
    expected: tuple[float, float],
    between_sd: float = 0.0,
    conf_level: float = 0.95,
) -> np.ndarray:
    """Power of a difference-in-differences over areas whose changes differ beyond chance.

    Parameters
    ----------
    ratio : float or ndarray, shape (k,)
        True treated / comparison, greater than 0.
    areas : tuple of float
        Treated and comparison areas; below 2 together with 3 there is nothing to tell changes apart by.
    expected : tuple of float
        Counts that one area is expected to have before and after.
    between_sd : float
        Standard deviation of the areas' own log changes beyond chance, as `between_area_sd` estimates it.
    conf_level : float

    Returns
    -------
    ndarray, shape of `ratio`
        NaN with fewer than 1 area in a group or 3 in all, or without counts.

    Notes
    -----
    The mean log changes of both groups are compared by t on areas - 2 degrees of freedom: areas are the
    units, so that periods do not multiply them (Bertrand M, Duflo E & Mullainathan S, 2004, QJE 119:249).

    Examples
    --------
    >>> round(float(power_of_areas(0.8, (5, 5), (200, 200), between_sd=0.1)), 3)
    0.578
    """
    true = np.asarray(ratio, dtype=float)
    if (true <= 0).any():
        raise ValueError("a ratio must be greater than 0")
    before, after = expected
    if min(areas) < 1 or sum(areas) < 3 or min(expected) <= 0:
        return np.full(true.shape, NAN)
    treated = between_sd**2 + 1 / before + 1 / (after * true)
    other = between_sd**2 + 1 / before + 1 / after
    standard_error = np.sqrt(treated / areas[0] + other / areas[1])
    return _found(np.log(true), standard_error, np.asarray(sum(areas) - 2.0), conf_level)


def between_area_sd(counts: np.ndarray) -> float:
    """Standard deviation of the areas' own log changes beyond what chance alone gives.

    Parameters
    ----------
    counts : ndarray, shape (areas, 2)
        Before and after, in two windows without any program.

    Returns
    -------
    float
        0 or more; NaN with fewer than 3 areas that have counts in both windows.

    Notes
    -----
    Variance of the log changes less the mean Poisson variance of one (DerSimonian R & Laird N, 1986, in its
    unweighted form).

    Examples
    --------
    >>> round(between_area_sd(np.array([[100, 100], [100, 160], [100, 60], [100, 100]])), 3)
    0.374
    """
    cells = np.asarray(counts, dtype=float)
    cells = cells[(cells > 0).all(axis=1)]
    if len(cells) < 3:
        return NAN
    changes = np.log(cells[:, 1] / cells[:, 0])
    return math.sqrt(max(0.0, float(changes.var(ddof=1) - (1 / cells).sum(axis=1).mean())))


def smallest_detectable(power_at: Callable[[np.ndarray], np.ndarray], power: float = 0.8) -> Detectable:
    """Ratios nearest to 1 that reach a power.

    Parameters
    ----------
    power_at : callable
        Ratios, shape (k,), to their power, as `power_of_ratio` with everything else fixed.
    power : float

    Returns
    -------
    Detectable
        NaN where no fall, or no rise up to a thousandfold, reaches the power: a fall to nearly nothing leaves
        nearly no counts to be sure of it by.

    Examples
    --------
    >>> smallest_detectable(lambda ratio: power_of_ratio(ratio, [400, 400]))
    Detectable(fall=0.811..., rise=1.208...)
    """
    _check(power, 0.95)
    steps = np.linspace(0, math.log(_LARGEST), 400)[1:]
    return Detectable(*(_nearest(power_at, sign * steps, power) for sign in (-1, 1)))


def _nearest(power_at: Callable[[np.ndarray], np.ndarray], logs: np.ndarray, power: float) -> float:
    """Return the first ratio of a path away from 1 that reaches the power."""
    reached = np.flatnonzero(power_at(np.exp(logs)) >= power)
    if not len(reached):
        return NAN
    nearer = logs[reached[0] - 1] if reached[0] else 0.0
    root = optimize.brentq(
        lambda x: float(power_at(np.exp(np.array([x])))[0]) - power, logs[reached[0]], nearer
    )
    return math.exp(root)


def smallest_detectable_ratio(
    expected: np.ndarray,
    dispersion: np.ndarray | float = 1.0,
    df: np.ndarray | float = math.inf,
    conf_level: float = 0.95,
    power: float = 0.8,
) -> Detectable:
    """Smallest fall and smallest rise that are found with a power; parameters as for `power_of_ratio`.

    Examples
    --------
    >>> [round(x, 3) for x in smallest_detectable_ratio([[400, 400], [400, 400]], dispersion=2.0)]
    [0.656, 1.463]
    """
    _check(power, conf_level)
    return smallest_detectable(
        lambda ratio: power_of_ratio(ratio, expected, dispersion, df, conf_level), power
    )


def needed_count(
    ratio: float,
    shares: np.ndarray = (1.0, 1.0),
    dispersion: np.ndarray | float = 1.0,
    conf_level: float = 0.95,
    power: float = 0.8,
) -> float:
    """Treated count before that it takes to find a ratio.

    Parameters
    ----------
    ratio : float
        Greater than 0.
    shares : ndarray, shape (2,) or (2, 2)
        Expected counts as in `power_of_ratio`, relative to the treated count before (the first is 1).
    dispersion : float or ndarray, shape (rows,)
    conf_level, power : float

    Returns
    -------
    float
        Not rounded; infinite at ratio 1.

    Notes
    -----
    Closed form of `power_of_ratio` with known dispersion: ((z + z') / log ratio)^2 x the sum of
    dispersion / share. Zhu H & Lakkis H (2014) Stat Med 33:376, method 3 for Poisson counts.

    Examples
    --------
    >>> round(needed_count(0.8), 1)
    354.7
    """
    _check(power, conf_level)
    cells = _cells(shares)
    if ratio <= 0 or (cells == 0).any():
        raise ValueError("a ratio and shares must be greater than 0")
    if ratio == 1:
        return math.inf
    reach = stats.norm.ppf((1 + conf_level) / 2) + stats.norm.ppf(power)
    return float(_parts(np.asarray(ratio), 1 / cells, dispersion).sum() * (reach / math.log(ratio)) ** 2)


def needed_periods(power_after: Callable[[int], float], power: float = 0.8, most: int = 120) -> float:
    """Periods after the start that it takes to reach a power.

    Parameters
    ----------
    power_after : callable
        Number of periods after to power, as `power_of_ratio` gives it for the counts of so many periods; it
        grows with their number.
    power : float
    most : int
        Periods beyond which nobody waits.

    Returns
    -------
    float
        NaN when even `most` periods are too few: what is known of the time before sets a limit that no
        time after can mend.

    Examples
    --------
    >>> needed_periods(lambda n: float(power_of_ratio(0.8, [480, 20 * n])))
    15.0
    """
    _check(power, 0.95)
    return _least(power_after, power, 1, most) if power_after(most) >= power else NAN


def _least(power_at: Callable[[int], np.ndarray | float], power: float, low: int, high: int) -> float:
    """Return the least whole number whose power is enough, by halving; that of `high` is."""
    while low < high:
        middle = (low + high) // 2
        low, high = (low, middle) if power_at(middle) >= power else (middle + 1, high)
    return float(low)


def needed_areas(
    ratio: float,
    expected: tuple[float, float],
    between_sd: float = 0.0,
    per_treated: float = 1.0,
    conf_level: float = 0.95,
    power: float = 0.8,
) -> float:
    """Treated areas that a difference-in-differences over areas needs.

    Parameters
    ----------
    ratio, expected, between_sd
        As for `power_of_areas`.
    per_treated : float
        Comparison areas for each treated one.
    conf_level, power : float

    Returns
    -------
    float
        At least 2, so that the changes of treated areas can differ; NaN without counts or at ratio 1.

    Examples
    --------
    >>> needed_areas(0.8, (200, 200), between_sd=0.1)
    8.0
    """
    _check(power, conf_level)
    if ratio == 1 or min(expected) <= 0:
        return NAN
    return _first_enough(
        lambda n: power_of_areas(ratio, (n, n * per_treated), expected, between_sd, conf_level), power
    )


def _first_enough(power_at: Callable[[int], np.ndarray | float], power: float) -> float:
    """Return the least whole number of 2 or more whose power is enough; power grows with it."""
    high = 2
    while power_at(high) < power:
        high *= 2
        if high > _MOST:
            return NAN
    return _least(power_at, power, max(2, high // 2), high)


def needed_answers(
    difference: float,
    sd: float,
    *,
    design_effect: float = 1.0,
    correlation: float = 0.0,
    compared: bool = False,
    conf_level: float = 0.95,
    power: float = 0.8,
) -> float:
    """Answers that each wave of a survey (and each group) needs to find a change of means.

    Parameters
    ----------
    difference : float
        Change to find, in the unit of `sd`, not 0.
    sd : float
        Standard deviation of the answers of one wave, greater than 0.
    design_effect : float
        Variance over that of a simple random sample (weights, clusters), 1 or more.
    correlation : float
        Of one person's answers in the two waves; 0 when other people are asked.
    compared : bool
        Whether the change is compared with that of a second group.
    conf_level, power : float

    Returns
    -------
    float
        Whole answers a wave and group.

    Notes
    -----
    R: ``power.t.test(delta = difference, sd = sd, power = power)`` for design effect 1 and no correlation.

    Examples
    --------
    >>> needed_answers(5, 25), needed_answers(5, 25, compared=True)
    (394.0, 786.0)
    """
    _check(power, conf_level)
    if difference == 0 or sd <= 0 or design_effect < 1 or not -1 <= correlation < 1:
        raise ValueError("difference not 0, sd above 0, design effect 1 or more, correlation below 1")
    groups = 4 if compared else 2
    variance = groups * sd**2 * design_effect * (1 - correlation)

    def power_at(n: int) -> np.ndarray:
        df = np.asarray(groups * (n - 1.0))
        return _found(np.asarray(difference), np.sqrt(variance / n), df, conf_level)

    return _first_enough(power_at, power)


def needed_answers_share(
    share: float,
    change: float,
    *,
    design_effect: float = 1.0,
    conf_level: float = 0.95,
    power: float = 0.8,
) -> float:
    """Answers that each of two waves needs to find a change of a share, other people asked in each.

    Parameters
    ----------
    share : float
        Share in the first wave, between 0 and 1.
    change : float
        What it changes by; share + change lies between 0 and 1.
    design_effect, conf_level, power : float

    Returns
    -------
    float
        Not rounded.

    Notes
    -----
    Fleiss JL, Levin B & Paik MC (2003) Statistical Methods for Rates and Proportions, 3rd ed., formula 4.14.
    R: ``power.prop.test(p1 = share, p2 = share + change, power = power)``.

    Examples
    --------
    >>> round(needed_answers_share(0.50, 0.25, power=0.9), 1)
    76.7
    """
    _check(power, conf_level)
    later = share + change
    if not (0 < share < 1 and 0 < later < 1) or change == 0 or design_effect < 1:
        raise ValueError("shares must lie between 0 and 1 and differ, the design effect must be 1 or more")
    middle = (share + later) / 2
    spread = (math.sqrt(2 * middle * (1 - middle)), math.sqrt(share * (1 - share) + later * (1 - later)))
    reach = stats.norm.ppf((1 + conf_level) / 2) * spread[0] + stats.norm.ppf(power) * spread[1]
    return float(design_effect * (reach / change) ** 2)
