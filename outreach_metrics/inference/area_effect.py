"""Relative effect of treated against comparison areas, its interval by the rule that was found to hold up."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from outreach_metrics.inference import Result
from outreach_metrics.inference.comparison import relative_effect
from outreach_metrics.inference.rates import pooled_df, ratio_from_log
from outreach_metrics.inference.resampling import checked_areas, permute_areas, relative_ratio

NAN = math.nan

LEAST_AREAS = 6
"""Areas with counts in each group from which each group's own changes tell how uncertain its change is.

From 4 areas on its coverage holds, but with 4 or 5 the interval is half as wide again for little more safety.
"""

LEAST_EFFECTIVE = 2.0
"""Effective number of areas, (sum of counts)^2 / sum of squared counts, needed for the same."""

LEAST_DF = 5
"""Degrees of freedom of the spread under which its interval is told to be wide for want of areas."""

LEAST_SETS = 200
"""Sets of areas that might have been drawn from which areas drawn at random are permuted."""

MUCH_LARGER = 2.0
"""Counts of a treated area, in those of a comparison area, from which the latter say little of its spread."""

QUASI = "ratio of rate ratios, quasi-Poisson"
EXACT = "ratio of rate ratios, exact conditional interval without a count after"
ROBUST = "ratio of rate ratios, cluster-robust by leaving out one area at a time (CR3)"
BLIND = "One area in each group: slow changes cannot be told from an effect; the interval may be too narrow."


class AreaEffect(NamedTuple):
    """A ratio, how it was made, and what the reader has to be warned of (empty when nothing).

    `standard_error` is that of the log ratio, `df` its degrees of freedom; NaN where the interval has none.
    """

    result: Result
    method: str
    caution: str
    standard_error: float = NAN
    df: float = NAN


class Change(NamedTuple):
    """Counts of the areas of a group, the information on its log change, and how much its areas differ."""

    sizes: np.ndarray
    information: float
    spread: float
    chi_square: float


def area_effect(
    cells: np.ndarray,
    exposure: np.ndarray,
    treated: np.ndarray,
    dispersion: np.ndarray | float = NAN,
    df: np.ndarray | float = math.inf,
    *,
    randomised: bool = False,
    conf_level: float = 0.95,
) -> AreaEffect:
    """Ratio of rate ratios, (treated after / before) / (comparison after / before), by the rule below.

    Parameters
    ----------
    cells, exposure : ndarray, shape (areas, 2)
        Counts, and person-time (greater than 0 for each group of areas), before and after.
    treated : ndarray of bool, shape (areas,)
    dispersion, df : float or ndarray, shape (2,)
        Variance / mean of the groups' summed series and the degrees of freedom behind it, NaN when not known;
        used only where there is one treated area.
    randomised : bool
        Whether the treated areas were drawn at random from all these areas.
    conf_level : float

    Returns
    -------
    AreaEffect
        All NaN without a count in a cell other than treated after; without one there, ratio 0 and the exact
        conditional interval.

    Notes
    -----
    The interval of this Poisson regression with area effects and a change of each group:

    1. areas drawn at random, in 200 ways or more: permutation of the areas;
    2. 6 areas or more (2 effective) in each group: cluster-robust, each area of a group left out in turn
       (CR3), t with Satterthwaite's degrees of freedom of the groups' effective numbers of areas;
    3. 3 areas or more in all: one spread for all areas, the larger of a dispersion (variance in proportion to
       the count) and of random changes of areas (variance in proportion to its square), t on areas - 2; with
       one treated area no narrower than what the series make it, for nothing else tells of its own spread;
    4. one area in each group: the dispersion of the series, which cannot see slow changes.

    Assumes that without the program treated and comparison rates would have changed by the same factor; the
    third also that treated areas differ among themselves as comparison areas do. MacKinnon JG et al. (2023) J
    Econometrics 232:272 (CR3; R ``summclust``); DerSimonian R & Laird N (1986) Control Clin Trials 7:177.

    Examples
    --------
    >>> cells = np.array([[40, 22], [31, 20], [25, 16], [28, 31], [44, 40], [36, 37], [29, 27]])
    >>> found = area_effect(cells, np.ones((7, 2)), np.arange(7) < 3)
    >>> [round(float(x), 3) for x in found.result]
    [0.613, 0.361, 1.041, 0.063]
    >>> found.method
    'ratio of rate ratios, quasi-Poisson, dispersion 1.00 from the changes of all 7 areas, t on 5 df'
    """
    counts, member, person_time = checked_areas(cells, treated, exposure)
    estimate = relative_ratio(counts, member, person_time)
    if math.isnan(estimate):
        return AreaEffect(Result(NAN, NAN, NAN, NAN), "ratio of rate ratios", "")
    if randomised and math.comb(len(member), int(member.sum())) >= LEAST_SETS:
        result, method = permute_areas(counts, member, person_time, conf_level=conf_level)
        return AreaEffect(result, f"ratio of rate ratios, {method}", "")
    groups = [cells[cells.sum(axis=1) > 0] for cells in (counts[member], counts[~member])]
    robust = [_left_out(group) for group in groups]
    if all(variance > 0 for variance, _ in robust):
        return _cluster_robust(robust, estimate, conf_level)
    totals, times = (
        np.stack([of[member].sum(axis=0), of[~member].sum(axis=0)]) for of in (counts, person_time)
    )
    changes = [_change(group) for group in groups]
    series = _from_series(totals, times, dispersion, df, conf_level)
    if not any(len(change.sizes) > 1 and change.information > 0 for change in changes):
        return series
    pooled = _pooled(changes, totals, times, estimate, conf_level)
    if len(changes[0].sizes) > 1 or np.isnan(dispersion).any():
        return pooled
    return max(pooled, series._replace(caution=pooled.caution), key=lambda found: _reach(found.result))


def _reach(result: Result) -> float:
    """Return how far an interval reaches on the log scale; NaN limits reach nowhere."""
    if math.isnan(result.conf_low):
        return -math.inf
    return math.log(result.conf_high / result.conf_low) if result.conf_low > 0 else math.inf


def _left_out(cells: np.ndarray) -> tuple[float, float]:
    """Return the jackknife variance of a group's log change and its df; NaN with too few areas or counts."""
    left, areas, sizes = cells.sum(axis=0) - cells, len(cells), cells.sum(axis=1)
    if areas < LEAST_AREAS or not (left > 0).all() or (cells.sum(axis=0) == 0).any():
        return NAN, NAN
    effective = float(sizes.sum() ** 2 / np.square(sizes).sum())
    if effective < LEAST_EFFECTIVE:
        return NAN, NAN
    changes = np.log(left[:, 1] / left[:, 0]) - math.log(cells[:, 1].sum() / cells[:, 0].sum())
    return (areas - 1) / areas * float(np.square(changes).sum()), effective - 1


def _cluster_robust(parts: list[tuple[float, float]], estimate: float, conf_level: float) -> AreaEffect:
    """Return the effect with each group's own variance, t on Satterthwaite's degrees of freedom."""
    variance = sum(part for part, _ in parts)
    df = variance**2 / sum(part**2 / own for part, own in parts)
    result = ratio_from_log(math.log(estimate), math.sqrt(variance), df, conf_level)
    return AreaEffect(result, f"{ROBUST}, t on {df:.1f} df", "", math.sqrt(variance), df)


def _change(cells: np.ndarray) -> Change:
    sizes, (before, after) = cells.sum(axis=1), cells.sum(axis=0)
    share = after / (before + after)
    spread = share * (1 - share)
    chi_square = float((np.square(cells[:, 1] - sizes * share) / sizes).sum() / spread) if spread else 0.0
    return Change(sizes, float(sizes.sum() * spread), spread, chi_square)


def _between(changes: list[Change], excess: float) -> float:
    """Return the variance of the areas' own changes of the log rate, by the method of moments."""
    informative = sum(c.information - c.spread * np.square(c.sizes).sum() / c.sizes.sum() for c in changes)
    return max(0.0, excess / float(informative)) if informative > 0 else 0.0


def _pooled(
    changes: list[Change], totals: np.ndarray, times: np.ndarray, estimate: float, conf_level: float
) -> AreaEffect:
    """Return the effect with one spread for all areas, the larger of what two laws of it make."""
    told = [change for change in changes if change.information > 0]
    df, areas = sum(len(change.sizes) - 1 for change in told), sum(len(change.sizes) for change in changes)
    excess = sum(change.chi_square for change in told) - df
    dispersion, between = max(1.0, 1 + excess / df), _between(told, excess)
    poisson = sum(1 / change.information for change in told)
    shared = sum(float(np.square(change.sizes / change.sizes.sum()).sum()) for change in told)
    spread = f"dispersion {dispersion:.2f}"
    if estimate == 0:
        result = relative_effect(totals, times, dispersion, df, conf_level)
        return AreaEffect(
            result, f"{EXACT}, {spread} from the changes of {areas} areas", _caution(changes, df)
        )
    variance = max(dispersion * poisson, poisson + between * shared)
    if variance > dispersion * poisson * (1 + 1e-9):
        spread = f"random changes of areas, standard deviation {math.sqrt(between):.2f} of the log,"
    result = ratio_from_log(math.log(estimate), math.sqrt(variance), df, conf_level)
    method = f"{QUASI}, {spread} from the changes of all {areas} areas, t on {df} df"
    return AreaEffect(result, method, _caution(changes, df), math.sqrt(variance), df)


def _caution(changes: list[Change], df: int) -> str:
    treated, comparison = (change.sizes.mean() for change in changes)
    areas = sum(len(change.sizes) for change in changes)
    cautions = []
    if df < LEAST_DF:
        cautions.append(f"So few areas ({areas}) leave the interval wide, read with care.")
    if treated > MUCH_LARGER * comparison:
        cautions.append(
            f"A treated area has {treated / comparison:.1f} times the counts of a comparison area, whose "
            "changes may say too little of its own; then the interval is too narrow."
        )
    return " ".join(cautions)


def _from_series(
    totals: np.ndarray,
    times: np.ndarray,
    dispersion: np.ndarray | float,
    df: np.ndarray | float,
    conf_level: float,
) -> AreaEffect:
    """Return the effect of one area against one, as sure as their series say."""
    if np.isnan(dispersion).any():
        dispersion, df, told = 1.0, math.inf, "assumed"
    else:
        told = "from the series"
    result = relative_effect(totals, times, dispersion, df, conf_level)
    values = " and ".join(f"{value:.2f}" for value in np.broadcast_to(dispersion, 2))
    method = f"{QUASI}, dispersion {values} {told}"
    if (totals == 0).any():
        return AreaEffect(result, method, BLIND)
    parts = dispersion * (1 / totals).sum(axis=1)
    return AreaEffect(result, method, BLIND, math.sqrt(parts.sum()), float(pooled_df(parts, df)))
