"""Weights that make the people who answered add up to what is known of the community."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

EMPTY = "category {category} of margin {margin} has a target but nobody who answered"
UNWANTED = "category {category} of margin {margin} has people but a target of 0"
UNEQUAL = "the margins differ in their totals: the first holds, the others were brought to it"


class Raked(NamedTuple):
    """New weights; whether every margin is met; rounds made; largest relative gap left; what to tell.

    `margins` are the indicators of all categories, as `sampling.Design` takes them.
    """

    weights: np.ndarray
    converged: bool
    iterations: int
    largest_gap: float
    reason: str
    margins: np.ndarray


def rake(
    weights: np.ndarray,
    codes: Sequence[np.ndarray],
    targets: Sequence[np.ndarray],
    *,
    tolerance: float = 1e-9,
    iterations: int = 1000,
) -> Raked:
    """Weights that meet the population counts of several margins at once (iterative proportional fitting).

    Parameters
    ----------
    weights : ndarray of shape (n,)
        Start weights, 0 or more (ones for a sample in which all had the same chance).
    codes : sequence of m int ndarrays of shape (n,)
        Category of each person in each margin, from 0 on; -1 where it is not known.
    targets : sequence of m ndarrays, that of margin j of shape (k_j,)
        People (or shares) of each category in the population, 0 or more. Where the totals differ by more
        than the tolerance, the first margin's total holds.
    tolerance : float
        Largest gap, relative to the total, at which a margin counts as met; measured on all
        margins after each full round, not on the change of the weights.
    iterations : int
        Rounds at most.

    Returns
    -------
    Raked
        People of an unknown category are not turned by that margin: they take the share of the total
        that they hold when their turn comes, and the targets are met by the others in the rest.
        A category with a target and nobody in it, or people and a target of 0, is not met: it is named,
        nothing is raked, and the start weights come back. So they do if no round converges in time.

    Notes
    -----
    Deming WE, Stephan FF (1940) Ann Math Stat 11:427. R: ``survey::rake``, which stops
    where totals differ, warns about an empty cell, and takes no missing category.

    Examples
    --------
    >>> sex, age = np.array([0, 0, 0, 1, 1]), np.array([0, 0, 1, 0, 1])
    >>> made = rake(np.ones(5), [sex, age], [np.array([50.0, 50]), np.array([40.0, 60])])
    >>> made.converged, np.bincount(sex, made.weights).round(3), np.bincount(age, made.weights).round(3)
    (True, array([50., 50.]), array([40., 60.]))
    """
    start, margins = _checked(weights, codes, targets)
    indicators = _indicators(margins)
    totals = [float(target.sum()) for _, target in margins]
    reason = _hole(start, margins)
    if reason or totals[0] <= 0 or not start.sum() > 0:
        return Raked(start, False, 0, math.nan, reason or "nothing to rake to", indicators)
    if max(abs(total / totals[0] - 1) for total in totals) > tolerance:
        reason = UNEQUAL
    scaled = [target * totals[0] / total for (_, target), total in zip(margins, totals, strict=True)]
    codes = [code for code, _ in margins]
    cells, cell = np.unique(np.stack(codes, axis=1), axis=0, return_inverse=True)
    margins = list(zip(cells.T, scaled, strict=True))
    held = np.bincount(cell.ravel(), start)
    made, gap, done = held * totals[0] / held.sum(), math.inf, 0
    while gap > tolerance and done < iterations:
        for code, target in margins:
            made = _fit(made, code, target)
        gap, where = _largest_gap(made, margins)
        done += 1
    if gap > tolerance:
        told = f"no weights meet all margins after {done} rounds: {gap:.2%} of the total is amiss in {where}"
        return Raked(start, False, done, gap, told, indicators)
    factor = np.divide(made, held, out=np.ones(len(held)), where=held > 0)
    return Raked(start * factor[cell.ravel()], True, done, gap, reason, indicators)


def poststratify(
    weights: np.ndarray, codes: np.ndarray, targets: np.ndarray, *, least: int = 0
) -> tuple[Raked, np.ndarray]:
    """Weights that meet the population count of each cell of one classification.

    Parameters
    ----------
    weights : ndarray of shape (n,)
    codes : int ndarray of shape (n,)
        Cell of each person from 0 on; -1 where it is not known.
    targets : ndarray of shape (k,)
    least : int
        Cells with fewer people are joined with their smaller neighbor (in the order of the codes) until all
        have as many; 0 joins none.

    Returns
    -------
    Raked, ndarray of shape (k,)
        The weights, and the number of the joined cell that each cell went into.

    Notes
    -----
    R: ``survey::postStratify``; it joins nothing (``partial = FALSE`` stops at an empty cell).

    Examples
    --------
    >>> made, cells = poststratify(np.ones(4), np.array([0, 0, 1, 1]), np.array([30.0, 10]))
    >>> made.weights.tolist(), cells.tolist()
    ([15.0, 15.0, 5.0, 5.0], [0, 1])
    """
    cell, wanted = np.asarray(codes), np.asarray(targets, dtype=float)
    people = np.bincount(cell[cell >= 0], minlength=len(wanted))
    joined = _joined(people, least)
    known = np.where(cell >= 0, joined[cell], -1)
    return rake(weights, [known], [np.bincount(joined, wanted)]), joined


def calibrate(weights: np.ndarray, variables: np.ndarray, totals: np.ndarray) -> Raked:
    """Weights nearest to the given ones whose weighted totals of some variables are known (linear, GREG).

    Parameters
    ----------
    weights : ndarray of shape (n,)
    variables : ndarray of shape (n, p)
        With a column of ones where the population size is known.
    totals : ndarray of shape (p,)

    Returns
    -------
    Raked
        Weights may come out below 0: `reason` tells it. Not converged where no weights meet the totals.

    Notes
    -----
    Deville J-C, Särndal C-E (1992) JASA 87:376. R: ``survey::calibrate(calfun = "linear")``.

    Examples
    --------
    >>> made = calibrate(np.ones(3), np.array([[1.0, 1], [1, 2], [1, 3]]), np.array([6.0, 13.0]))
    >>> made.weights.round(4).tolist()
    [1.5, 2.0, 2.5]
    """
    start, table = np.asarray(weights, dtype=float), np.asarray(variables, dtype=float)
    wanted = np.asarray(totals, dtype=float)
    if table.shape != (len(start), len(wanted)) or not all(
        np.isfinite(part).all() for part in (start, table, wanted)
    ):
        raise ValueError("weights, variables and totals must be finite, and one row a weight")
    squares = (table * start[:, None]).T @ table
    slopes = np.linalg.lstsq(squares, wanted - start @ table, rcond=None)[0]
    made = start * (1 + table @ slopes)
    gap = float(np.max(np.abs(made @ table - wanted) / np.maximum(np.abs(wanted), 1.0)))
    if gap > 1e-6:
        return Raked(start, False, 1, gap, "no weights meet all totals", table)
    below = int((made < 0).sum())
    return Raked(made, True, 1, gap, f"{below} weights are below 0" if below else "", table)


def trim(weights: np.ndarray, low: float = 0.0, high: float = math.inf, *, strict: bool = True) -> np.ndarray:
    """Weights held between two limits, what was cut given in equal parts to the others.

    Parameters
    ----------
    weights : ndarray of shape (n,)
    low, high : float
    strict : bool
        Go on until no weight is beyond the limits; otherwise once.

    Returns
    -------
    ndarray of shape (n,)
        With the same sum; NaN where no weights within the limits have it.

    Notes
    -----
    Trimmed weights no longer meet the margins: rake again or say so. R: ``survey::trimWeights``.

    Examples
    --------
    >>> trim(np.array([1.0, 1, 1, 9]), high=6).tolist()
    [2.0, 2.0, 2.0, 6.0]
    """
    made = np.asarray(weights, dtype=float)
    if len(made) and not low <= made.mean() <= high:
        return np.full(len(made), math.nan)
    slack = 1e-12 * max(1.0, float(np.abs(made).max(initial=0.0)))
    while (outside := (made < low - slack) | (made > high + slack)).any():
        kept = np.clip(made, low, high)
        cut = float((made - kept).sum())
        room = kept < high if cut > 0 else kept > low
        taking = room & ~outside if (room & ~outside).any() else room
        kept[taking] += cut / max(taking.sum(), 1)
        made = kept
        if not strict:
            return made
    return np.clip(made, low, high)


def kish_effective(weights: np.ndarray) -> float:
    """Size of a simple random sample that would tell as much: (sum w)^2 / sum w^2; 0 without weights.

    Notes
    -----
    Kish L (1965) Survey Sampling, 11.7; of weights unrelated to the answers.

    Examples
    --------
    >>> kish_effective(np.array([1.0, 1.0, 2.0]))
    2.6666666666666665
    """
    weights = np.asarray(weights, dtype=float)
    squares = float(weights @ weights)
    return float(weights.sum()) ** 2 / squares if squares > 0 else 0.0


def kish_design_effect(weights: np.ndarray) -> float:
    """Factor by which unequal weights raise the variance: n sum w^2 / (sum w)^2; NaN without weights.

    Weights of 0 do not count among the n. R: ``PracTools::deffK``.

    Examples
    --------
    >>> kish_design_effect(np.array([1.0, 1.0, 2.0]))
    1.125
    """
    effective = kish_effective(weights)
    return float(np.count_nonzero(weights)) / effective if effective > 0 else math.nan


def _checked(
    weights: np.ndarray, codes: Sequence[np.ndarray], targets: Sequence[np.ndarray]
) -> tuple[np.ndarray, list[tuple[np.ndarray, np.ndarray]]]:
    start = np.array(weights, dtype=float)
    if not (np.isfinite(start) & (start >= 0)).all():
        raise ValueError("start weights must be finite and 0 or more")
    if len(codes) != len(targets) or not len(codes):
        raise ValueError("each margin needs its codes and its targets")
    margins = []
    for number, (code, target) in enumerate(zip(codes, targets, strict=True)):
        code, target = np.asarray(code).astype(np.int64), np.asarray(target, dtype=float)
        if len(code) != len(start) or ((code < -1) | (code >= len(target))).any():
            raise ValueError(f"margin {number} must give each person a category from 0 to {len(target) - 1}")
        if not (np.isfinite(target) & (target >= 0)).all():
            raise ValueError(f"the targets of margin {number} must be finite and 0 or more")
        margins.append((code, target))
    return start, margins


def _hole(start: np.ndarray, margins: list[tuple[np.ndarray, np.ndarray]]) -> str:
    """Name the categories that no weights can meet."""
    told = []
    for number, (code, target) in enumerate(margins):
        held = _held(start, code, len(target))
        for category in np.flatnonzero((held > 0) != (target > 0)):
            text = EMPTY if target[category] > 0 else UNWANTED
            told.append(text.format(category=category, margin=number))
    return "; ".join(told)


def _held(weights: np.ndarray, code: np.ndarray, size: int) -> np.ndarray:
    return np.bincount(code + 1, weights, minlength=size + 1)[1:]


def _wanted(weights: np.ndarray, code: np.ndarray, target: np.ndarray) -> np.ndarray:
    """Targets less the part of the people whose category is not known."""
    unknown = float(weights[code < 0].sum())
    return target * (1 - unknown / float(weights.sum()))


def _fit(weights: np.ndarray, code: np.ndarray, target: np.ndarray) -> np.ndarray:
    held = _held(weights, code, len(target))
    wanted = _wanted(weights, code, target)
    factor = np.divide(wanted, held, out=np.ones(len(target)), where=held > 0)
    return weights * np.append(factor, 1.0)[code]


def _largest_gap(weights: np.ndarray, margins: list[tuple[np.ndarray, np.ndarray]]) -> tuple[float, str]:
    """Largest part of the total by which a category is amiss, and which one."""
    total, worst, where = float(margins[0][1].sum()), 0.0, ""
    for number, (code, target) in enumerate(margins):
        gaps = np.abs(_held(weights, code, len(target)) - _wanted(weights, code, target)) / total
        if not gaps.max() <= worst:
            worst, where = float(gaps.max()), f"category {gaps.argmax()} of margin {number}"
    return worst, where


def _indicators(margins: list[tuple[np.ndarray, np.ndarray]]) -> np.ndarray:
    return np.concatenate(
        [(code[:, None] == np.arange(len(target))).astype(float) for code, target in margins], axis=1
    )


def _joined(people: np.ndarray, least: int) -> np.ndarray:
    """Number the cells after joining those with too few people to their smaller neighbor."""
    groups = [[cell] for cell in range(len(people))]
    sizes = [int(size) for size in people]
    while len(groups) > 1 and min(sizes) < least:
        small = int(np.argmin(sizes))
        near = [other for other in (small - 1, small + 1) if 0 <= other < len(groups)]
        other = min(near, key=lambda position: sizes[position])
        first, second = sorted((small, other))
        groups[first : second + 1] = [groups[first] + groups[second]]
        sizes[first : second + 1] = [sizes[first] + sizes[second]]
    joined = np.empty(len(people), dtype=np.int64)
    for number, group in enumerate(groups):
        joined[group] = number
    return joined
