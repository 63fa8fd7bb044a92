"""Synthetic difference-in-differences."""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import combinations
from typing import Literal

import numpy as np
from scipy import stats

from outreach_metrics.inference import Result
from outreach_metrics.inference.synthetic import NAN, NOTHING, _mask


@dataclass(frozen=True, slots=True, kw_only=True)
class SyntheticDifference:
    """A synthetic difference-in-differences.

    Parameters
    ----------
    result : Result
        Mean effect on a treated area and period, in the units of the outcome.
    standard_error : float
        By placebo.
    unit_weights : ndarray, shape (areas not treated,)
    time_weights : ndarray, shape (periods before,)
    """

    result: Result
    standard_error: float
    unit_weights: np.ndarray
    time_weights: np.ndarray


def synthetic_difference_in_differences(
    outcomes: np.ndarray,
    treated: int | np.ndarray,
    before: int,
    kind: Literal["sdid", "sc", "did"] = "sdid",
    replications: int = 200,
    seed: int = 0,
    conf_level: float = 0.95,
) -> SyntheticDifference:
    """Difference-in-differences with weights on areas and on periods that make the past alike.

    Parameters
    ----------
    outcomes : ndarray, shape (areas, periods)
    treated : int, or ndarray of int or of bool
        The treated areas, all from the same period on.
    before : int
        Periods before the start.
    kind : {"sdid", "sc", "did"}
        Both weights; area weights only, without intercept; equal weights.
    replications : int
        Most placebos drawn; all of them are taken when they are no more. 0 leaves out the standard error.
    seed : int
    conf_level : float

    Returns
    -------
    SyntheticDifference
        NaN throughout with fewer than 2 areas for comparison or 2 periods before, or none after; no standard
        error when the comparison areas are not more than the treated.

    Notes
    -----
    Assumes that what differs between areas is spanned by area and period effects and a few factors that the
    weights balance. Arkhangelsky D, Athey S, Hirshberg DA, Imbens GW & Wager S (2021) AER 111:4088,
    algorithms 1 and 4, with the ridge, the sparsification and the stopping rule of R ``synthdid``
    (``synthdid_estimate``, ``sc_estimate``, ``did_estimate``, ``vcov(method = "placebo")``).

    Examples
    --------
    >>> time = np.arange(12.0)
    >>> areas = np.array([[5.0], [1.0], [2.0], [3.0]]) + time + np.sin(np.outer([1, 1, 2, 3], time))
    >>> areas[0, 8:] -= 2
    >>> round(synthetic_difference_in_differences(areas, 0, 8).result.estimate, 2)
    -2.0
    """
    values = np.asarray(outcomes, dtype=float)
    is_treated = _mask(treated, len(values), "treated")
    controls, count = values[~is_treated], int(is_treated.sum())
    if count == 0 or not np.isfinite(values).all():
        raise ValueError("outcomes must be finite, and at least one area treated")
    if len(controls) < 2 or before < 2 or before >= values.shape[1]:
        return _impossible(len(controls), min(before, values.shape[1]))
    noise = float(np.diff(controls[:, :before], axis=1).std(ddof=1))
    settings = _Ridge.of(kind, noise, count * (values.shape[1] - before))
    estimates, units, times = _weighted(controls[None], values[is_treated][None], before, settings)
    error = _placebo_error(controls, count, before, settings, replications, seed)
    estimate = float(estimates[0])
    reach = float(stats.norm.ppf((1 + conf_level) / 2)) * error
    p_value = float(2 * stats.norm.sf(abs(estimate) / error)) if error > 0 else NAN
    return SyntheticDifference(
        result=Result(estimate, estimate - reach, estimate + reach, p_value),
        standard_error=error,
        unit_weights=units[0],
        time_weights=times[0],
    )


def _impossible(controls: int, before: int) -> SyntheticDifference:
    return SyntheticDifference(
        result=NOTHING,
        standard_error=NAN,
        unit_weights=np.full(controls, NAN),
        time_weights=np.full(before, NAN),
    )


@dataclass(frozen=True, slots=True)
class _Ridge:
    """How the weights are regularised; `stop` is the decrease below which the search ends."""

    kind: str
    unit: float
    time: float
    stop: float

    @classmethod
    def of(cls, kind: str, noise: float, treated_cells: int) -> _Ridge:
        unit = treated_cells**0.25 if kind == "sdid" else 1e-6
        return cls(kind, unit * noise, 1e-6 * noise, (1e-5 * noise) ** 2)


def _weighted(
    controls: np.ndarray, treated: np.ndarray, before: int, ridge: _Ridge
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return estimates, area weights and time weights of a stack of panels (stack, areas, periods)."""
    stack, count = controls.shape[:2]
    past, target = controls[:, :, :before], treated[:, :, :before].mean(axis=1)
    units = np.full((stack, count), 1 / count)
    times = np.full((stack, before), 1 / before)
    if ridge.kind != "did":
        intercept = ridge.kind == "sdid"
        units = _sparse_weights(past.swapaxes(1, 2), target, ridge.unit, intercept, ridge.stop)
    if ridge.kind == "sdid":
        times = _sparse_weights(past, controls[:, :, before:].mean(axis=2), ridge.time, True, ridge.stop)
    if ridge.kind == "sc":
        times = np.zeros_like(times)
    gap = treated.mean(axis=1) - np.einsum("sa,sap->sp", units, controls)
    return gap[:, before:].mean(axis=1) - (gap[:, :before] * times).sum(axis=1), units, times


def _sparse_weights(
    design: np.ndarray, target: np.ndarray, ridge: float, intercept: bool, stop: float
) -> np.ndarray:
    """Return simplex weights by Frank-Wolfe in two rounds, small weights set to 0 between them."""
    if intercept:
        design = design - design.mean(axis=1, keepdims=True)
        target = target - target.mean(axis=1, keepdims=True)
    start = np.full((len(design), design.shape[2]), 1 / design.shape[2])
    first = _frank_wolfe(design, target, ridge, start, stop, 100)
    first[first <= first.max(axis=1, keepdims=True) / 4] = 0
    return _frank_wolfe(design, target, ridge, first / first.sum(axis=1, keepdims=True), stop, 10_000)


def _frank_wolfe(
    design: np.ndarray, target: np.ndarray, ridge: float, start: np.ndarray, stop: float, rounds: int
) -> np.ndarray:
    """Minimise |design w - target|^2 / rows + ridge^2 |w|^2 over the simplex, for a stack of problems.

    In terms of the Gram matrix one step is a column of it, so that a round costs no product of matrices.
    """
    rows = design.shape[1]
    gram = design.swapaxes(1, 2) @ design + rows * ridge**2 * np.eye(design.shape[2])
    moment = (design.swapaxes(1, 2) @ target[:, :, None])[:, :, 0]
    weights = start.copy()
    live, held = np.arange(len(design)), start
    slope = (gram @ held[:, :, None])[:, :, 0] - moment
    for turn in range(rounds):
        entry = np.arange(len(live)), slope.argmin(axis=1)
        towards = gram[entry] - slope - moment
        along = slope[entry] - (held * slope).sum(axis=1)
        curve = towards[entry] - (held * towards).sum(axis=1)
        step = np.clip(np.divide(-along, curve, out=np.zeros_like(along), where=curve > 0), 0, 1)
        held = held * (1 - step)[:, None]
        held[entry] += step
        slope = slope + step[:, None] * towards
        decrease = -step * (2 * along + step * curve) / rows
        weights[live] = held
        moving = decrease > stop if turn else np.ones(len(live), dtype=bool)
        if not moving.all():
            live, held, slope, gram, moment = (part[moving] for part in (live, held, slope, gram, moment))
        if len(live) == 0:
            break
    return weights


def _placebo_error(
    controls: np.ndarray, count: int, before: int, ridge: _Ridge, replications: int, seed: int
) -> float:
    """Return the spread of the estimate over comparison areas taken as if treated (algorithm 4)."""
    total = len(controls)
    if total <= count or replications < 2:
        return NAN
    if math.comb(total, count) <= replications:
        chosen = np.array(list(combinations(range(total), count)))
    else:
        random = np.random.default_rng(seed)
        chosen = np.array([random.permutation(total)[:count] for _ in range(replications)])
    others = np.array([np.setdiff1d(np.arange(total), some) for some in chosen])
    return float(_weighted(controls[others], controls[chosen], before, ridge)[0].std())
