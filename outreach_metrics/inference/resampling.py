"""Tests by re-drawing: signs of clusters (wild bootstrap) and sets of treated areas (permutation)."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable
from typing import Literal

import numpy as np
from scipy import sparse

from outreach_metrics.inference import Result

NAN = math.nan
NOTHING = Result(NAN, NAN, NAN, NAN)

FARTHEST = 300.0
"""Largest log ratio that is tried."""

MOST_ENUMERATED = 4096
"""Sign changes of clusters up to which all are gone through, and none drawn (12 clusters)."""

MOST_LEVERAGE = 0.5
"""Share of one cluster in the variation of the tested column from which no wild bootstrap is made."""

LEVERAGE_TOLD = "wild cluster bootstrap, not made: one cluster holds half of what the tested column tells"


def wild_cluster_bootstrap(
    y: np.ndarray,
    design: np.ndarray,
    clusters: np.ndarray,
    column: int,
    *,
    draws: int = 9999,
    seed: int = 0,
    conf_level: float = 0.95,
) -> tuple[Result, str]:
    """Test one coefficient of a linear regression by changing the signs of whole clusters' residuals.

    Parameters
    ----------
    y : ndarray, shape (n,)
    design : ndarray, shape (n, k)
        Columns of full rank, the constant among them if there is to be one.
    clusters : ndarray, shape (n,)
        Labels.
    column : int
        The tested column of `design`.
    draws, seed : int
        Used when the clusters have more than 4,096 patterns of signs.
    conf_level : float

    Returns
    -------
    result : Result
        The coefficient, the interval of all values that the test does not reject, and the p-value against 0.
        Fewer than 6 clusters cannot reject at 5 %: the interval is then without end. Without interval and p
        when one cluster alone holds half of what the column tells, as one treated cluster does.
    method : str

    Notes
    -----
    Restricted (the null is imposed on the residuals), CR1-studentised, two-sided, Rademacher signs, the
    unchanged pattern counted. Cameron AC, Gelbach JB & Miller DL (2008) REStat 90:414; one treated cluster:
    MacKinnon JG & Webb MD (2017) J Appl Econ 32:233. R: ``fwildclusterboot::boottest(fit, "x", B, "g")``.

    Examples
    --------
    >>> design = np.column_stack([np.ones(16), np.repeat([0, 1], 8)])
    >>> y = np.array([3, 4, 2, 5, 4, 4, 3, 2, 7, 5, 6, 6, 4, 8, 7, 6.0])
    >>> found, method = wild_cluster_bootstrap(y, design, np.repeat(np.arange(8), 2), 1)
    >>> method
    'wild cluster bootstrap, restricted, all 256 sign changes of 8 clusters'
    >>> round(found.estimate, 3), round(found.p_value, 4)
    (2.75, 0.0078)
    """
    x, labels = np.asarray(design, dtype=float), np.unique(clusters, return_inverse=True)[1]
    if np.linalg.matrix_rank(x) < x.shape[1]:
        return NOTHING, "wild cluster bootstrap, not made: the columns are not of full rank"
    inverse = np.linalg.inv(x.T @ x)
    part = x @ inverse[:, column]
    leverage = np.bincount(labels, part**2) / (part**2).sum()
    estimate = float(part @ y)
    if leverage.max() >= MOST_LEVERAGE:
        return NOTHING._replace(estimate=estimate), LEVERAGE_TOLD
    (signs, method), others = _signs(len(leverage), draws, seed), np.delete(x, column, axis=1)
    (numbers, scores), (null_numbers, null_scores) = (
        _moments(variable - others @ np.linalg.lstsq(others, variable)[0], x, part, inverse, labels, signs)
        for variable in (np.asarray(y, dtype=float), x[:, column])
    )

    def statistics(null: float) -> np.ndarray:
        spread = np.square(scores - null * null_scores).sum(axis=1)
        return _quotient(numbers - null * null_numbers, np.sqrt(spread))

    error = float(np.sqrt(np.square(scores[0] - estimate * null_scores[0]).sum()))
    return Result(estimate, *_by_inversion(_p_function(statistics), estimate, error, conf_level)), method


def _moments(
    residuals: np.ndarray,
    x: np.ndarray,
    part: np.ndarray,
    inverse: np.ndarray,
    labels: np.ndarray,
    signs: np.ndarray,
) -> tuple[np.ndarray, np.ndarray]:
    """Return the coefficient and the clusters' scores by pattern of signs, both linear in residuals."""
    clusters = signs.shape[1]
    summed = np.zeros((clusters, x.shape[1]))
    np.add.at(summed, labels, x * residuals[:, None])
    weighted = np.zeros_like(summed)
    np.add.at(weighted, labels, x * part[:, None])
    own = np.bincount(labels, part * residuals, minlength=clusters)
    return signs @ own, signs * own - signs @ (summed @ inverse @ weighted.T)


def wild_score_bootstrap(
    cells: np.ndarray,
    treated: np.ndarray,
    exposure: np.ndarray | None = None,
    *,
    draws: int = 9999,
    seed: int = 0,
    conf_level: float = 0.95,
) -> tuple[Result, str]:
    """Test the ratio of rate ratios by changing the signs of whole areas' scores under the null.

    Parameters
    ----------
    cells : ndarray, shape (areas, 2)
        Counts before and after.
    treated : ndarray of bool, shape (areas,)
    exposure : ndarray, shape (areas, 2), optional
        Person-time of the cells; by default the same for all.
    draws, seed : int
        Used when the areas have more than 4,096 patterns of signs.
    conf_level : float

    Returns
    -------
    result : Result
        Treated after / before over comparison after / before. Fewer than 6 areas with counts cannot reject at
        5 %. No interval with one treated or one comparison area, or no treated count after; all NaN without
        counts in one of the other cells.
    method : str

    Notes
    -----
    The scores are those of the Poisson regression with area effects and a change of each group, studentised
    as in the linear form. Kline P & Santos A (2012) J Econometric Methods 1:23. R: no equivalent known.

    Examples
    --------
    >>> cells = np.array([[40, 22], [31, 20], [25, 16], [28, 31], [44, 40], [36, 37], [29, 27]])
    >>> found, method = wild_score_bootstrap(cells, np.arange(7) < 3)
    >>> method
    'wild score bootstrap, restricted, all 128 sign changes of 7 areas'
    >>> round(found.estimate, 3), found.p_value
    (0.613, 0.015625)
    """
    counts, member, person_time = checked_areas(cells, treated, exposure)
    estimate = relative_ratio(counts, member, person_time)
    (time, other_time) = (person_time[group].sum(axis=0) for group in (member, ~member))
    lengths = time[1] / time[0] * other_time[0] / other_time[1]
    held = counts.sum(axis=1) > 0
    counts, member = counts[held], member[held]
    if not estimate > 0 or min(member.sum(), (~member).sum()) < 2:
        reason = (
            "no treated count after, no count in another cell, or fewer than 2 areas with counts in a group"
        )
        return NOTHING._replace(estimate=estimate), f"wild score bootstrap, not made: {reason}"
    signs, method = _signs(len(counts), draws, seed, "score", "areas")

    def statistics(log_ratio: float) -> np.ndarray:
        divided = np.column_stack(
            [counts[:, 0], counts[:, 1] / np.where(member, math.exp(log_ratio) * lengths, 1)]
        )
        return _score_statistics(divided, member, signs)

    error = math.sqrt(sum(float((1 / counts[group].sum(axis=0)).sum()) for group in (member, ~member)))
    low, high, p = _by_inversion(_p_function(statistics), math.log(estimate), error, conf_level)
    return Result(estimate, math.exp(low), math.exp(high), p), method


def _score_statistics(cells: np.ndarray, member: np.ndarray, signs: np.ndarray) -> np.ndarray:
    """Return the studentised difference of the groups' mean scores, for each pattern of signs."""
    totals = cells.sum(axis=1)
    scores = cells[:, 1] - totals * cells[:, 1].sum() / totals.sum()
    means, variances = [], []
    for group in (member, ~member):
        own, size = signs[:, group] * scores[group], totals[group].sum()
        means.append(own.sum(axis=1) / size)
        variances.append(np.square(own - np.outer(means[-1], totals[group])).sum(axis=1) / size**2)
    return _quotient(means[0] - means[1], np.sqrt(variances[0] + variances[1]))


def permute_areas(
    cells: np.ndarray,
    treated: np.ndarray,
    exposure: np.ndarray | None = None,
    statistic: Literal["ratio", "difference"] = "ratio",
    *,
    draws: int = 9999,
    seed: int = 0,
    conf_level: float = 0.95,
) -> tuple[Result, str]:
    """Test the effect in the treated areas against that in other sets of as many areas.

    Parameters
    ----------
    cells : ndarray, shape (areas, 2)
        Counts before and after.
    treated : ndarray of bool, shape (areas,)
    exposure : ndarray, shape (areas, 2), optional
        Person-time of the cells; by default the same for all.
    statistic : str
        "ratio": treated after / before over comparison after / before. "difference": the change of the
        treated areas, in incidents over the window after, less that of the others on the same exposure.
    draws, seed : int
        Used when there are more than `draws` sets of areas.
    conf_level : float

    Returns
    -------
    result : Result
        The interval holds the effects that, taken out of the treated counts after, leave nothing unusual
        about the treated areas; it is without end when there are too few sets of areas to reject. A ratio is
        all NaN without counts in a cell other than treated after.
    method : str

    Notes
    -----
    Valid only when the treated areas are exchangeable with the others: drawn at random, or chosen for reasons
    that have nothing to do with how their counts change (nor, for the difference, with how many they are).
    The ratio is tested by its log, half a count added to each sum, over its cluster-robust standard error
    (where both groups have 2 areas), which keeps the test right in large samples when treated and other areas
    differ in size or spread. Fisher RA (1935) The Design of Experiments; Chung EY & Romano JP (2013) Ann Stat
    41:484; p-value (1 + extreme) / (1 + draws): Phipson B & Smyth GK (2010) Stat Appl Genet Mol Biol 9:39.
    R: ``ri2::conduct_ri`` is the nearest.

    Examples
    --------
    >>> cells = np.array([[40, 22], [31, 20], [25, 16], [28, 31], [44, 40], [36, 37], [29, 27], [33, 35]])
    >>> found, method = permute_areas(cells, np.arange(8) < 3)
    >>> method
    'permutation of the treated areas, all 56 sets of 3 areas of 8'
    >>> round(found.estimate, 3), round(found.p_value, 4)
    (0.604, 0.0179)
    """
    counts, member, person_time = checked_areas(cells, treated, exposure)
    sets, method = _sets(member, draws, seed)
    columns = _columns(counts, member, person_time)
    picked = sparse.csr_array((np.ones(sets.size), sets.ravel(), np.arange(0, sets.size + 1, sets.shape[1])))
    inside = picked @ columns
    groups = (inside, columns.sum(axis=0) - inside)
    if statistic == "difference":
        return _permuted_difference(groups, conf_level), method
    estimate = relative_ratio(counts, member, person_time)
    if math.isnan(estimate):
        return NOTHING, method
    return _permuted_ratio(groups, member, estimate, conf_level), method


def _permuted_ratio(
    groups: tuple[np.ndarray, np.ndarray], member: np.ndarray, estimate: float, conf_level: float
) -> Result:
    """Return the ratio of rate ratios, with the interval and p-value of its studentised log."""
    sizes = (int(member.sum()), int((~member).sum()))

    def statistics(log_ratio: float) -> np.ndarray:
        (change, variance), (other, other_variance) = (
            _log_change(sums, size, log_ratio) for sums, size in zip(groups, sizes, strict=True)
        )
        with np.errstate(invalid="ignore"):
            difference = change - other
        return _quotient(difference, np.sqrt(variance + other_variance) if min(sizes) > 1 else 1.0)

    centre = float(np.subtract(*(_log_change(sums[:1], 1, 0.0)[0][0] for sums in groups)))
    cells = np.stack([(sums[0, 0], sums[0, 1] + sums[0, 2]) for sums in groups])
    error = math.sqrt(float((1 / (cells + 0.5)).sum()))
    low, high, p = _by_inversion(_p_function(statistics), centre, error, conf_level)
    return Result(estimate, math.exp(low) if estimate else 0.0, math.exp(high), p)


def _columns(counts: np.ndarray, member: np.ndarray, person_time: np.ndarray) -> np.ndarray:
    """Return, an area a row, what the statistics of a set of areas are sums of."""
    before, after = counts.T
    own, other = after * member, after * ~member
    squares = [before**2, before * own, before * other, own**2, other**2]
    own_time = person_time[:, 1] * member / person_time[member, 1].sum()
    return np.column_stack([before, own, other, person_time, own_time, *squares])


def _log_change(sums: np.ndarray, size: int, log_ratio: float) -> tuple[np.ndarray, np.ndarray]:
    """Return the log rate after / before of each set, and its cluster-robust variance (0 for one area).

    The counts after of the areas that were treated are divided by the ratio first.
    """
    before, own, other, time_before, time_after, _, bb, b_own, b_other, own_own, other_other = sums.T
    scale = math.exp(-min(max(log_ratio, -FARTHEST), FARTHEST))
    after = own * scale + other
    share = (after + 0.5) / (before + after + 1)
    squares = (1 - share) ** 2 * (own_own * scale**2 + other_other) + share**2 * bb
    squares = np.maximum(squares - 2 * share * (1 - share) * (b_own * scale + b_other), 0)
    information = (before + after + 1) * share * (1 - share)
    with np.errstate(divide="ignore", invalid="ignore"):
        change = np.log(share / (1 - share)) - np.log(time_after / time_before)
        return change, squares / information**2 * (size / (size - 1) if size > 1 else 0)


def _permuted_difference(groups: tuple[np.ndarray, np.ndarray], conf_level: float) -> Result:
    """Return the difference in differences of counts, on the exposure of the set after."""

    def statistics(effect: float) -> np.ndarray:
        with np.errstate(divide="ignore", invalid="ignore"):
            change, other = (
                sums[:, 1] + sums[:, 2] - effect * sums[:, 5] - sums[:, 0] * sums[:, 4] / sums[:, 3]
                for sums in groups
            )
            return change - other * groups[0][:, 4] / groups[1][:, 4]

    spread = statistics(0.0)
    estimate, error = float(spread[0]), float(np.sqrt(np.nanmean(spread**2)))
    return Result(estimate, *_by_inversion(_p_function(statistics), estimate, error, conf_level))


def _sets(member: np.ndarray, draws: int, seed: int) -> tuple[np.ndarray, str]:
    """Return sets of as many areas as are treated, the treated ones first, and how they were made."""
    areas, k = len(member), int(member.sum())
    treated = np.flatnonzero(member)
    if math.comb(areas, k) <= draws:
        observed = tuple(treated.tolist())
        others = [chosen for chosen in itertools.combinations(range(areas), k) if chosen != observed]
        sets, told = np.array([observed, *others]), f"all {len(others) + 1:,} sets"
    else:
        sets = np.vstack([treated, random_sets(areas, k, draws, np.random.default_rng(seed))])
        told = f"{draws:,} random sets"
    return sets, f"permutation of the treated areas, {told} of {k:,} areas of {areas:,}"


def random_sets(areas: int, k: int, draws: int, generator: np.random.Generator) -> np.ndarray:
    """Draw sets of `k` areas, each as likely as any other.

    Where few of many are wanted, an area named twice is drawn again until none is: no area is treated unlike
    another.

    Examples
    --------
    >>> random_sets(100, 3, 2, np.random.default_rng(0)).shape
    (2, 3)
    """
    if k * 8 > areas:
        return np.stack([generator.permutation(areas)[:k] for _ in range(draws)])
    sets = generator.integers(areas, size=(draws, k))
    while True:
        sets.sort(axis=1)
        twice = np.zeros(sets.shape, dtype=bool)
        twice[:, 1:] = sets[:, 1:] == sets[:, :-1]
        if not twice.any():
            return sets
        sets[twice] = generator.integers(areas, size=int(twice.sum()))


def checked_areas(
    cells: np.ndarray, treated: np.ndarray, exposure: np.ndarray | None
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return counts, membership and person-time of areas as arrays, or say what is wrong with them."""
    counts, member = np.asarray(cells, dtype=float), np.asarray(treated, dtype=bool)
    person_time = np.ones(counts.shape) if exposure is None else np.asarray(exposure, dtype=float)
    if not (counts >= 0).all():
        raise ValueError("counts must be 0 or more")
    if not (member.any() and not member.all()):
        raise ValueError("there must be treated and comparison areas")
    if not (person_time >= 0).all() or not all(
        (person_time[group].sum(axis=0) > 0).all() for group in (member, ~member)
    ):
        raise ValueError("exposures must be 0 or more, and greater than 0 for a group of areas")
    return counts, member, person_time


def relative_ratio(counts: np.ndarray, member: np.ndarray, person_time: np.ndarray) -> float:
    """Return the ratio of rate ratios; NaN without a count in a cell other than treated after.

    Examples
    --------
    >>> relative_ratio(np.array([[10, 5], [10, 10]]), np.array([True, False]), np.ones((2, 2)))
    0.5
    """
    (before, after), (other_before, other_after) = counts[member].sum(axis=0), counts[~member].sum(axis=0)
    if min(before, other_before, other_after) == 0:
        return NAN
    time, other_time = person_time[member].sum(axis=0), person_time[~member].sum(axis=0)
    rates = after / before * time[0] / time[1], other_after / other_before * other_time[0] / other_time[1]
    return float(rates[0] / rates[1])


def _signs(
    clusters: int, draws: int, seed: int, kind: str = "cluster", noun: str = "clusters"
) -> tuple[np.ndarray, str]:
    """Return patterns of signs by clusters, the first without any change, and how they were made."""
    if 2**clusters <= MOST_ENUMERATED:
        signs, told = np.array(list(itertools.product([1.0, -1.0], repeat=clusters))), f"all {2**clusters:,}"
    else:
        drawn = np.random.default_rng(seed).choice([1.0, -1.0], size=(draws, clusters))
        signs, told = np.vstack([np.ones(clusters), drawn]), f"{draws:,} random"
    return signs, f"wild {kind} bootstrap, restricted, {told} sign changes of {clusters:,} {noun}"


def _quotient(numbers: np.ndarray, errors: np.ndarray | float) -> np.ndarray:
    with np.errstate(divide="ignore", invalid="ignore"):
        return numbers / errors


def _p_function(statistics: Callable[[float], np.ndarray]) -> Callable[[float], float]:
    """Return the two-sided p-value of an effect: the share of statistics as far from 0 as the first.

    What cannot be calculated counts as far.
    """

    def p_at(effect: float) -> float:
        far = np.abs(statistics(effect))
        return float((~(far < far[0] * (1 - 1e-9) - 1e-12)).mean())

    return p_at


def _by_inversion(
    p_at: Callable[[float], float], centre: float, error: float, conf_level: float
) -> tuple[float, float, float]:
    """Return the ends of the effects around the centre that are not rejected, and the p-value of none."""
    alpha, p = round(1 - conf_level, 12), p_at(0.0)

    def limit(step: float) -> float:
        kept, rejected = centre, math.inf * step
        if -centre * step > 0:
            kept, rejected = (centre, 0.0) if p < alpha else (0.0, rejected)
        for double in range(8):
            if math.isfinite(rejected):
                break
            reach = kept + step * 2**double
            kept, rejected = (kept, reach) if p_at(reach) < alpha else (reach, rejected)
        if math.isinf(rejected):
            return rejected
        for _ in range(30):
            middle = (kept + rejected) / 2
            kept, rejected = (kept, middle) if p_at(middle) < alpha else (middle, rejected)
        return kept

    return (limit(-error), limit(error), p) if error > 0 else (NAN, NAN, NAN)
