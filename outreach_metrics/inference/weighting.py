"""Many small comparison areas weighted to the treated areas' past, and the contrast that follows."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np
from scipy import stats

from outreach_metrics.inference import Result

NAN = math.nan
NOTHING = Result(NAN, NAN, NAN, NAN)
Distance = Literal["quadratic", "entropy"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Balance:
    """Weights of comparison areas.

    Parameters
    ----------
    weights : ndarray, shape (areas,)
        None below 0; they add up to the number of treated areas. NaN when nothing balances.
    effective_areas : float
        How many areas of equal weight they are worth, (sum w)^2 / sum w^2 (Kish 1965).
    balanced : bool
        Whether weights exist that meet every total.
    misfit : float
        Largest difference between a weighted and a treated total, relative to 1 + the treated total.
    """

    weights: np.ndarray
    effective_areas: float
    balanced: bool
    misfit: float


def balancing_weights(
    treated: np.ndarray, comparison: np.ndarray, distance: Distance = "quadratic", rounds: int = 200
) -> Balance:
    """Weights, none below 0, that give the comparison areas every total of the treated areas.

    Of all weights that do, and there are many when areas outnumber totals, those nearest to equal weights
    are taken: in squares, which is the largest effective number of areas, or in entropy.

    Parameters
    ----------
    treated : ndarray, shape (m, k)
        Covariates and past outcomes of the treated areas.
    comparison : ndarray, shape (n, k)
    distance : {"quadratic", "entropy"}
        "quadratic" sets many weights to 0, "entropy" keeps all above 0.
    rounds : int
        Most Newton steps; without balance by then there is taken to be none.

    Returns
    -------
    Balance
        The number of areas is always balanced too. Totals out of reach of the comparison areas: NaN weights.

    Notes
    -----
    Deville JC & Sarndal CE (1992) JASA 87:376 (calibration); Hainmueller J (2012) Political Analysis 20:25
    (entropy); Robbins MW, Saunders J & Kilmer B (2017) JASA 112:109 (crime in blocks). Solved in the dual by
    damped Newton. R: ``survey::calibrate(calfun = "linear", bounds = c(0, Inf))``, which is what
    ``microsynth(match.out, match.covar)`` does, or ``calfun = "raking"``.

    Examples
    --------
    >>> made = balancing_weights(np.array([[2.0], [4.0]]), np.array([[1.0], [3.0], [5.0], [9.0]]))
    >>> made.weights.round(3).tolist(), round(made.effective_areas, 2)
    ([0.8, 0.629, 0.457, 0.114], 3.18)
    """
    past = np.column_stack([np.ones(len(treated)), np.asarray(treated, dtype=float)])
    donors = np.column_stack([np.ones(len(comparison)), np.asarray(comparison, dtype=float)])
    if not (np.isfinite(past).all() and np.isfinite(donors).all()):
        raise ValueError("covariates must be finite")
    weights, misfit = _calibrated(past.sum(axis=0), donors, len(past) / max(len(donors), 1), distance, rounds)
    if misfit > 1e-8:
        return Balance(weights=np.full(len(donors), NAN), effective_areas=NAN, balanced=False, misfit=misfit)
    return Balance(weights=weights, effective_areas=effective_areas(weights), balanced=True, misfit=misfit)


def effective_areas(weights: np.ndarray) -> float:
    """How many areas of equal weight some weights are worth (Kish L, 1965, Survey Sampling).

    Examples
    --------
    >>> effective_areas(np.array([2.0, 2.0, 0.0]))
    2.0
    """
    return float(weights.sum() ** 2 / np.square(weights).sum()) if np.any(weights) else NAN


def _calibrated(
    totals: np.ndarray, donors: np.ndarray, base: float, distance: Distance, rounds: int
) -> tuple[np.ndarray, float]:
    """Return weights nearest to `base` and the largest relative misfit of the totals."""
    scale = np.sqrt(np.square(donors).mean(axis=0)) if len(donors) else np.ones(len(totals))
    scale[scale == 0] = 1
    design, wanted = donors / scale, totals / scale
    tolerance = 1e-10 * (1 + np.abs(totals)) / scale
    multipliers = np.zeros(len(wanted))
    weights, slope, value = _primal(design @ multipliers, base, distance)
    for _ in range(rounds):
        gap = wanted - weights @ design
        if (np.abs(gap) <= tolerance).all():
            break
        held = slope > 0
        curvature = (design[held] * slope[held, None]).T @ design[held]
        step = np.linalg.lstsq(curvature, gap, rcond=1e-13)[0]
        size, now, rise = 1.0, value - multipliers @ wanted, gap @ step
        while size > 1e-9:
            moved = multipliers + size * step
            weights, slope, value = _primal(design @ moved, base, distance)
            if value - moved @ wanted <= now - 1e-4 * size * rise:
                break
            size /= 2
        multipliers = moved
    misfit = np.abs(weights @ donors - totals) / (1 + np.abs(totals))
    return weights, float(np.nan_to_num(misfit, nan=math.inf).max())


def _primal(score: np.ndarray, base: float, distance: Distance) -> tuple[np.ndarray, np.ndarray, float]:
    """Return the weights at a score, their derivative, and the conjugate of the distance."""
    if distance == "entropy":
        with np.errstate(over="ignore"):
            weights = base * np.exp(score)
        return weights, weights, float(weights.sum())
    weights = base * np.maximum(0.0, 1 + score)
    return weights, np.where(weights > 0, base, 0.0), float(np.square(weights).sum() / (2 * base))


@dataclass(frozen=True, slots=True, kw_only=True)
class WeightedContrast:
    """Treated areas against weighted comparison areas, over the periods after the start.

    Parameters
    ----------
    observed, expected : float
        Treated total, and the weighted comparison total.
    ratio, difference : Result
        observed / expected and observed - expected; below 1 and below 0 are falls.
    effective_areas : float
        Worth of the weights, in areas (Kish).
    """

    observed: float
    expected: float
    ratio: Result
    difference: Result
    effective_areas: float


def weighted_contrast(
    treated: np.ndarray,
    comparison: np.ndarray,
    weights: np.ndarray,
    balanced_on: tuple[np.ndarray, np.ndarray] | None = None,
    rows: Literal["areas", "cells"] = "areas",
    conf_level: float = 0.95,
) -> WeightedContrast:
    """Contrast over the window after the start, with a linearised standard error.

    Parameters
    ----------
    treated : ndarray, shape (m, periods)
        Outcomes after the start; one column or more.
    comparison : ndarray, shape (n, periods)
    weights : ndarray, shape (n,)
        As `balancing_weights` makes them.
    balanced_on : (ndarray, ndarray), shapes (m, k) and (n, k), optional
        What the weights balance. What of the outcome it foretells cannot differ between the two sides, so
        that only the residuals of a weighted regression on it count; without it the error is too large.
    rows : {"areas", "cells"}
        What varies independently: areas, whatever the correlation between an area's periods; or every area
        and period for itself, as R ``microsynth`` has it, too sure of itself where the periods of
        an area are alike.
    conf_level : float

    Returns
    -------
    WeightedContrast
        Areas: Student's t with Satterthwaite's degrees of freedom; no interval with fewer than 2 areas in
        a group. Cells: normal. Nothing expected: no ratio; nothing observed: ratio 0 without an interval.
        NaN weights: NaN.

    Notes
    -----
    Binder DA (1983) Int Stat Rev 51:279; delta method on the log ratio. Residuals: Deville JC & Sarndal CE
    (1992) JASA 87:376, inflated for the parameters spent. R, for cells:
    ``svyglm(y ~ treat + time - 1, svydesign(~0, weights = ~w))``; ``microsynth`` ("Linear") takes its p-value
    from the difference and its interval from the log ratio; here each has its own.

    Examples
    --------
    >>> treated, comparison = np.array([[3.0], [5.0], [4.0]]), np.array([[6.0], [8.0], [4.0], [2.0]])
    >>> made = weighted_contrast(treated, comparison, np.array([1.0, 1, 1, 0]))
    >>> made.observed, round(made.expected, 3), [round(float(x), 3) for x in made.ratio]
    (12.0, 18.0, [0.667, 0.307, 1.446, 0.192])
    """
    levels, variances, df = _moments(treated, comparison, weights, rows, balanced_on)
    relative = np.divide(variances, np.square(levels), out=np.full(2, NAN), where=levels > 0)
    relative = np.divide(variances, np.square(levels), out=np.full(2, NAN), where=levels > 0)
    errors = math.sqrt(float(variances.sum())), math.sqrt(float(relative.sum()))
    return _contrast(levels, errors, df, np.size(treated), effective_areas(weights), conf_level)


def _moments(
    treated: np.ndarray,
    comparison: np.ndarray,
    weights: np.ndarray,
    rows: str,
    balanced_on: tuple[np.ndarray, np.ndarray] | None,
) -> tuple[np.ndarray, np.ndarray, float]:
    """Return treated and weighted comparison mean of a cell, their variances, and the degrees of freedom."""
    after, beside = np.asarray(treated, dtype=float), np.asarray(comparison, dtype=float)
    share = weights / weights.sum()
    means = after.mean(axis=0), share @ beside
    levels = np.array([mean.mean() for mean in means])
    spent = 0
    if balanced_on is not None:
        after, beside, spent = _residuals(after, beside, weights, balanced_on)
        means = after.mean(axis=0), share @ beside
    scores = _scores(after, beside, share, means)
    if rows == "cells":
        cells = after.size + beside.size
        variances = np.array([np.square(part).sum() for part in scores])
        return levels, variances * cells / (cells - 1), math.inf
    counts = np.array([len(after), int((share > 0).sum())])
    variances = np.array([np.square(part.sum(axis=1)).sum() for part in scores])
    variances = variances * counts / np.maximum(counts - [1, max(spent, 1)], 1)
    freedom = np.array([len(after), effective_areas(weights)]) - 1
    return levels, variances, _satterthwaite(variances, freedom)


def _residuals(
    treated: np.ndarray,
    comparison: np.ndarray,
    weights: np.ndarray,
    balanced_on: tuple[np.ndarray, np.ndarray],
) -> tuple[np.ndarray, np.ndarray, int]:
    """Return outcomes less what the covariates foretell, and the rank of the covariates."""
    if np.isnan(weights).any():
        return treated, comparison, 0
    past, donors = (np.column_stack([np.ones(len(side)), side]) for side in balanced_on)
    held, scale = weights > 0, np.sqrt(np.square(donors).mean(axis=0)) + 1e-300
    root = np.sqrt(weights[held, None])
    slopes, _, rank, _ = np.linalg.lstsq(donors[held] / scale * root, comparison[held] * root, rcond=1e-10)
    return treated - past / scale @ slopes, comparison - donors / scale @ slopes, int(rank)


def _scores(
    treated: np.ndarray, comparison: np.ndarray, share: np.ndarray, means: tuple[np.ndarray, np.ndarray]
) -> tuple[np.ndarray, np.ndarray]:
    """Return what every cell adds to its weighted mean, about periods and one effect for all of them."""
    effect = means[0].mean() - means[1].mean()
    period = (means[0] + means[1] - effect) / 2
    length = treated.shape[1]
    first = (treated - period - effect) / len(treated) / length
    return first, (comparison - period) * share[:, None] / length


def _satterthwaite(variances: np.ndarray, freedom: np.ndarray) -> float:
    if not (freedom > 0).all():
        return NAN
    lost = float((np.square(variances) / freedom).sum())
    return float(variances.sum()) ** 2 / lost if lost > 0 else math.inf


def _contrast(
    levels: np.ndarray,
    errors: tuple[float, float],
    df: float,
    cells: int,
    worth: float,
    conf_level: float,
) -> WeightedContrast:
    """Return the contrast of two means of a cell, given the errors of their difference and log ratio."""
    first, second = (float(level) for level in levels)
    low, high, p_value = _limits(first - second, errors[0], df, conf_level)
    difference = Result((first - second) * cells, low * cells, high * cells, p_value)
    ratio = NOTHING
    if second > 0 and first <= 0:
        ratio = NOTHING._replace(estimate=0.0)
    elif second > 0:
        low, high, p_value = _limits(math.log(first / second), errors[1], df, conf_level)
        ratio = Result(first / second, math.exp(low), math.exp(high), p_value)
    return WeightedContrast(
        observed=first * cells,
        expected=second * cells,
        ratio=ratio,
        difference=difference,
        effective_areas=worth,
    )


def _limits(estimate: float, error: float, df: float, conf_level: float) -> tuple[float, float, float]:
    if not error > 0:
        return NAN, NAN, NAN
    reach = float(stats.t.ppf((1 + conf_level) / 2, df)) * error
    return estimate - reach, estimate + reach, float(2 * stats.t.sf(abs(estimate) / error, df))


def jackknife_contrast(
    treated_past: np.ndarray,
    comparison_past: np.ndarray,
    treated: np.ndarray,
    comparison: np.ndarray,
    groups: int | None = None,
    distance: Distance = "quadratic",
    seed: int = 0,
    conf_level: float = 0.95,
) -> WeightedContrast:
    """Contrast over the window after, its error by leaving out groups of areas and weighting anew.

    Unlike `weighted_contrast` this counts that the weights were made from the same areas.

    Parameters
    ----------
    treated_past, comparison_past : ndarray, shapes (m, k) and (n, k)
        As for `balancing_weights`.
    treated, comparison : ndarray, shapes (m, periods) and (n, periods)
        Outcomes after the start.
    groups : int, optional
        Groups of areas, each with its part of either side; as many as the smaller side unless fewer.
    distance, conf_level
        As for `balancing_weights` and `weighted_contrast`.
    seed : int
        Areas are put into groups at random: the error moves with the grouping.

    Returns
    -------
    WeightedContrast
        Student's t, groups - 1 degrees of freedom. NaN limits with fewer than 2 groups, or where nothing
        balances without one of them.

    Notes
    -----
    Delete-a-group jackknife: Kott PS (2001) J Official Stat 17:521. R: ``microsynth(jack = TRUE)``.

    Examples
    --------
    >>> past = np.arange(20.0)[:, None]
    >>> made = jackknife_contrast(past[5:11], past, 2 * past[5:11] + 1, 3 * past + past**2 % 7)
    >>> round(made.ratio.estimate, 3), made.ratio.conf_low < made.ratio.estimate < made.ratio.conf_high
    (0.654, True)
    """
    sides = tuple(np.asarray(side, dtype=float) for side in (treated_past, comparison_past))
    outcomes = tuple(np.asarray(side, dtype=float).mean(axis=1) for side in (treated, comparison))
    count = min(groups or len(sides[0]), *map(len, sides))
    random = np.random.default_rng(seed)
    member = [random.permutation(len(side)) % count for side in sides]
    levels, worth = _refitted(sides, outcomes, [np.ones(len(side), dtype=bool) for side in sides], distance)
    left = [
        _refitted(sides, outcomes, [group != out for group in member], distance)[0]
        for out in range(count if count > 1 else 0)
    ]
    errors = _jackknife_errors(levels, np.array(left)) if left else (NAN, NAN)
    return _contrast(levels, errors, count - 1, np.size(treated), worth, conf_level)


def _jackknife_errors(levels: np.ndarray, left: np.ndarray) -> tuple[float, float]:
    """Return the errors of the difference and of the log ratio; NaN where a level left is not above 0."""
    factor = (len(left) - 1) / len(left)
    differences = left[:, 0] - left[:, 1] - (levels[0] - levels[1])
    positive = (left > 0).all() and (levels > 0).all()
    ratios = np.log(left[:, 0] / left[:, 1] * levels[1] / levels[0]) if positive else np.array([NAN])
    return math.sqrt(factor * np.square(differences).sum()), math.sqrt(factor * np.square(ratios).sum())


def _refitted(
    sides: tuple[np.ndarray, ...],
    outcomes: tuple[np.ndarray, ...],
    held: list[np.ndarray],
    distance: Distance,
) -> tuple[np.ndarray, float]:
    """Return the two means over the areas held, weights made anew, and the weights' worth."""
    made = balancing_weights(sides[0][held[0]], sides[1][held[1]], distance)
    beside = made.weights @ outcomes[1][held[1]] / made.weights.sum()
    return np.array([outcomes[0][held[0]].mean(), beside]), made.effective_areas


@dataclass(frozen=True, slots=True, kw_only=True)
class Placebos:
    """Where the treated areas' contrast lies among those of areas drawn at random.

    Parameters
    ----------
    p_value, p_lower : float
        Two-sided, and of a contrast as low as this; the least either can be is 1 / (draws + 1).
    draws : int
        Draws that could be balanced.
    """

    p_value: float
    p_lower: float
    draws: int


def placebo_contrasts(
    past: np.ndarray,
    outcomes: np.ndarray,
    treated: np.ndarray,
    draws: int = 199,
    distance: Distance = "quadratic",
    seed: int = 0,
) -> Placebos:
    """Rank the treated areas' contrast among as many areas drawn at random, weighted to anew each time.

    Parameters
    ----------
    past : ndarray, shape (areas, k)
        Covariates and past outcomes.
    outcomes : ndarray, shape (areas, periods)
        After the start.
    treated : ndarray of bool, shape (areas,)
    draws, distance, seed
        A draw that cannot be balanced is left out.

    Returns
    -------
    Placebos
        NaN when the treated areas cannot be balanced.

    Notes
    -----
    Assumes that the treated areas might have been any: Robbins MW, Saunders J & Kilmer B (2017) JASA 112:109.
    The statistic is the difference over its standard error by cells. R: ``microsynth(perm = 250)``.

    Examples
    --------
    >>> areas = np.random.default_rng(0).poisson(5, (60, 6)).astype(float)
    >>> areas[:8, 3:] += 6
    >>> placebo_contrasts(areas[:, :3], areas[:, 3:], np.arange(60) < 8, draws=19).p_value
    0.05
    """
    random = np.random.default_rng(seed)
    member = np.asarray(treated, dtype=bool)
    own = _studentised(past, outcomes, member, distance)
    drawn = np.array(
        [_studentised(past, outcomes, random.permutation(member), distance) for _ in range(draws)]
    )
    drawn = drawn[~np.isnan(drawn)]
    if math.isnan(own):
        return Placebos(p_value=NAN, p_lower=NAN, draws=len(drawn))
    return Placebos(
        p_value=(1 + int((np.abs(drawn) >= abs(own)).sum())) / (1 + len(drawn)),
        p_lower=(1 + int((drawn <= own).sum())) / (1 + len(drawn)),
        draws=len(drawn),
    )


def _studentised(past: np.ndarray, outcomes: np.ndarray, member: np.ndarray, distance: Distance) -> float:
    weights = balancing_weights(past[member], past[~member], distance).weights
    levels, variances, _ = _moments(outcomes[member], outcomes[~member], weights, "cells", None)
    variance = float(variances.sum())
    return float(levels[0] - levels[1]) / math.sqrt(variance) if variance > 0 else NAN
