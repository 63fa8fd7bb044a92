"""Answers of the same people at several times: a line for each group, and people who differ from it."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
from scipy import optimize

NAN = math.nan
HIGHEST_SHARE = 1 - 1e-9
"""Share of variance between people from which nothing is left to estimate the rest from."""
LEAST_SLOPE = 1e-3
"""Gradient, per root of the answers, at which the deviance is about a millionth above its least."""


@dataclass(frozen=True, slots=True)
class MixedFit:
    """A linear mixed model fitted by restricted maximum likelihood; empty, with the reason, if it failed."""

    coefficients: np.ndarray
    """Shape (groups, 2): value at time 0 and slope; (groups, 1) without times."""
    covariances: np.ndarray
    """Shape (groups, 2, 2); groups are independent."""
    df: float
    """Of the slopes (of the means, without times): between-within, see `random_effects`."""
    person_variance: float = NAN
    """Of people's values at time 0."""
    slope_variance: float = NAN
    person_slope_covariance: float = NAN
    residual_variance: float = NAN
    icc: float = NAN
    """Share of the variance that lies between people, at the mean time."""
    persons: int = 0
    answers: int = 0
    reason: str = ""


class Sums(NamedTuple):
    """All that the likelihood needs: sums over the people of a group who answered at the same times."""

    size: np.ndarray  # (k,) people
    cross: np.ndarray  # (k, p, p) Z'Z of one of them
    scores: np.ndarray  # (k, p) sum of Z'y
    squares: np.ndarray  # (k, p, p) sum of Z'y y'Z
    group: np.ndarray  # (k,)
    groups: int
    total: float  # y'y
    answers: int


def random_effects(
    scores: np.ndarray,
    person: np.ndarray,
    times: np.ndarray | None = None,
    group: np.ndarray | None = None,
    *,
    slopes: bool = False,
) -> MixedFit:
    """Fit lines over time to answers of people who differ in level, and in slope if asked.

    Parameters
    ----------
    scores : ndarray, shape (n,)
        Answers without a score or a time (NaN) are left out.
    person : ndarray, shape (n,)
        Who answered.
    times : ndarray, shape (n,), optional
        When. Without times: a mean, and how much people differ.
    group : ndarray, shape (n,), optional
        Groups with their own lines and common variances, in the order of their sorted labels.
    slopes : bool
        Whether people's slopes differ too, in any correlation with their levels.

    Returns
    -------
    MixedFit
        Degrees of freedom: answers less people less groups for common slopes, as in a regression with an
        effect a person; people seen at two times or more less groups for slopes that differ; people less
        groups for means. Empty, with the reason: nobody answered twice; no variation; too few answers; an
        infinite number; people so alike to themselves that nothing is left over; no maximum found.

    Notes
    -----
    The likelihood is profiled over everything but the relative covariance of the people's effects and needs
    only sums over people with the same times, so that work does not grow with the answers.
    Laird NM & Ware JH (1982) Biometrics 38:963; Bates D et al. (2015) J Stat Softw 67(1).
    R: ``lme4::lmer(score ~ time + (1 | person))``, ``(time | person)``.

    Examples
    --------
    >>> scores = np.array([50.0, 53, 57, 40, 42, 47, 61, 63, 64, 45, 49, 50])
    >>> fit = random_effects(scores, np.repeat([1, 2, 3, 4], 3), np.tile([0.0, 1, 2], 4))
    >>> [round(float(value), 3) for value in fit.coefficients[0]], round(fit.icc, 3), fit.df
    ([49.0, 2.75], 0.982, 7.0)
    """
    scores, columns = np.asarray(scores, dtype=float), 1 if times is None else 2
    times = None if times is None else np.asarray(times, dtype=float)
    held = ~np.isnan(scores) if times is None else ~(np.isnan(scores) | np.isnan(times))
    scores, times = scores[held], None if times is None else times[held]
    labels = np.zeros(len(scores), dtype=int) if group is None else _codes(np.asarray(group)[held])
    people = _codes(_codes(np.asarray(person)[held]) * (labels.max(initial=0) + 1) + labels)
    persons, groups = int(people.max(initial=-1)) + 1, len(np.unique(labels))
    df, reason = _degrees(people, times, persons, groups, slopes)
    if np.isinf(scores).any() or (times is not None and np.isinf(times).any()):
        reason = "A score or a time is infinite."
    spread = 0.0 if reason else float(scores.std())
    if not reason and spread <= 1e-12 * np.abs(scores).max():
        reason = "The scores do not vary."
    empty = MixedFit(np.full((groups, columns), NAN), np.full((groups, columns, columns), NAN), df)
    if reason:
        return _failed(empty, persons, len(scores), reason)
    middle, unit = (0.0, 1.0) if times is None else (float(np.mean(times)), float(np.std(times)))
    design = np.ones((len(scores), columns))
    if times is not None:
        design[:, 1] = (times - middle) / unit
    level = float(scores.mean())
    sums = _sums((scores - level) / spread, design, people, labels)
    theta, reason = _maximum(sums, slopes)
    if reason:
        return _failed(empty, persons, len(scores), reason)
    back = spread * np.array([[1.0, -middle / unit], [0.0, 1 / unit]])[:columns, :columns]
    fit = _fitted(theta, sums, back, df, persons)
    return replace(fit, coefficients=fit.coefficients + np.eye(1, columns) * level)


def _fitted(theta: np.ndarray, sums: Sums, back: np.ndarray, df: float, persons: int) -> MixedFit:
    """Return the fit in the units of the scores and times, into which `back` turns a line."""
    _, lines, information, residual = _profile(theta, sums)
    between = residual * _factor(theta) @ _factor(theta).T
    effects = back[: len(between), : len(between)] @ between @ back[: len(between), : len(between)].T
    slopes = len(effects) > 1
    return MixedFit(
        coefficients=lines @ back.T,
        covariances=residual * back @ np.linalg.inv(information) @ back.T,
        df=df,
        person_variance=float(effects[0, 0]),
        slope_variance=float(effects[1, 1]) if slopes else NAN,
        person_slope_covariance=float(effects[0, 1]) if slopes else NAN,
        residual_variance=float(residual * back[0, 0] ** 2),
        icc=float(between[0, 0] / (between[0, 0] + residual)),
        persons=persons,
        answers=sums.answers,
    )


def _codes(labels: np.ndarray) -> np.ndarray:
    return np.unique(np.asarray(labels), return_inverse=True)[1].ravel()


def _failed(empty: MixedFit, persons: int, answers: int, reason: str) -> MixedFit:
    return replace(empty, df=NAN, persons=persons, answers=answers, reason=reason)


def _degrees(
    people: np.ndarray, times: np.ndarray | None, persons: int, groups: int, slopes: bool
) -> tuple[float, str]:
    """Between-within degrees of freedom, and why there is no model."""
    if len(people) == persons:
        return NAN, "Nobody answered more than once."
    if times is None:
        return float(persons - groups), "" if persons > groups else "There are too few people."
    seen = times_seen(people, times)
    df = int((seen > 1).sum()) - groups if slopes else len(people) - persons - groups
    if slopes and not (seen > 2).any():
        return NAN, "Nobody answered at three times, so that differing slopes cannot be told from noise."
    if (seen > 1).sum() == 0:
        return NAN, "Nobody answered at two times."
    return float(df), "" if df > 0 else "There are too few answers."


def times_seen(people: np.ndarray, times: np.ndarray) -> np.ndarray:
    """Return at how many different times each person (code 0, 1, ...) answered.

    Examples
    --------
    >>> times_seen(np.array([0, 0, 1, 1]), np.array([0.0, 1.0, 1.0, 1.0])).tolist()
    [2, 1]
    """
    return np.bincount(np.unique(np.stack([people, _codes(times)]), axis=1)[0])


def _sums(scores: np.ndarray, design: np.ndarray, people: np.ndarray, labels: np.ndarray) -> Sums:
    """Sum over each person, then over people of one group with the same cross-products of times."""
    columns, persons = design.shape[1], int(people.max()) + 1
    products = [design[:, i] * design[:, j] for i in range(columns) for j in range(columns)]
    cross = np.stack([np.bincount(people, product, persons) for product in products], axis=1)
    by_person = np.stack([np.bincount(people, scores * column, persons) for column in design.T], axis=1)
    group = np.zeros(persons, dtype=int)
    group[people] = labels
    keys = np.column_stack([group, np.round(cross, 9)])
    first, pattern = np.unique(keys, axis=0, return_index=True, return_inverse=True)[1:]
    pattern = pattern.ravel()

    def added(values: np.ndarray) -> np.ndarray:
        flat = values.reshape(persons, -1).T
        total = np.stack([np.bincount(pattern, part) for part in flat], axis=1)
        return total.reshape(-1, *values.shape[1:])

    return Sums(
        size=np.bincount(pattern),
        cross=cross[first].reshape(-1, columns, columns),
        scores=added(by_person),
        squares=added(by_person[:, :, None] * by_person[:, None, :]),
        group=group[first],
        groups=int(labels.max()) + 1,
        total=float(scores @ scores),
        answers=len(scores),
    )


def _factor(theta: np.ndarray) -> np.ndarray:
    """Lower triangular factor of the people's covariance in units of the residual variance."""
    return np.array([[theta[0]]]) if len(theta) == 1 else np.array([[theta[0], 0], [theta[1], theta[2]]])


def _profile(theta: np.ndarray, sums: Sums) -> tuple[float, np.ndarray, np.ndarray, float]:
    """Restricted deviance (but for a constant), lines, their information and the residual variance."""
    factor = _factor(theta)
    effects = len(factor)
    inner = np.eye(effects) + factor.T @ sums.cross[:, :effects, :effects] @ factor
    shrunk = factor @ np.linalg.solve(inner, np.broadcast_to(factor.T, inner.shape))
    rows = sums.cross[:, :effects, :]
    turned = rows.transpose(0, 2, 1) @ shrunk
    information = sums.size[:, None, None] * (sums.cross - turned @ rows)
    right = sums.scores - (turned @ sums.scores[:, :effects, None])[..., 0]
    information = np.stack([information[sums.group == index].sum(axis=0) for index in range(sums.groups)])
    right = np.stack([right[sums.group == index].sum(axis=0) for index in range(sums.groups)])
    lines = np.linalg.solve(information, right[..., None])[..., 0]
    left = sums.total - (shrunk * sums.squares[:, :effects, :effects]).sum() - (right * lines).sum()
    df = sums.answers - lines.size
    determinants = np.linalg.slogdet(information)[1].sum() + sums.size @ np.linalg.slogdet(inner)[1]
    deviance = determinants + df * math.log(max(left, 1e-300) / df)
    return float(deviance), lines, information, max(left, 0.0) / df


def _maximum(sums: Sums, slopes: bool) -> tuple[np.ndarray, str]:
    """Relative factor of the people's covariance with the highest restricted likelihood, or why none."""

    def level(share: float) -> float:
        return _profile(np.array([math.sqrt(share / (1 - share))]), sums)[0]

    grid = np.append(np.linspace(0, 0.98, 50), HIGHEST_SHARE)
    best = int(np.argmin([level(share) for share in grid]))
    ends = grid[max(best - 1, 0)], grid[min(best + 1, len(grid) - 1)]
    found = optimize.minimize_scalar(level, bounds=ends, method="bounded", options={"xatol": 1e-11})
    share = 0.0 if best == 0 and level(0.0) <= found.fun else float(found.x)
    theta = np.array([math.sqrt(share / (1 - share))])
    reason = "" if found.success else "The mixed model did not converge."
    if slopes:
        theta, reason = _slopes(sums, float(theta[0]))
    nothing_left = _profile(theta, sums)[3] < 1e-7
    return theta, "The lines of the people leave nothing over." if nothing_left else reason


def _slopes(sums: Sums, level: float) -> tuple[np.ndarray, str]:
    """Maximum over level, slope and their correlation, from the best level and three sizes of slope."""

    def deviance(theta: np.ndarray) -> float:
        return _profile(theta, sums)[0]

    starts = [np.array([max(level, 0.1), 0.0, slope]) for slope in (0.05, 0.3, 1.0)]
    theta, bounds = min(starts, key=deviance), [(0, None), (None, None), (0, None)]
    options = {"ftol": 1e-13, "maxiter": 500}
    for _ in range(3):
        found = optimize.minimize(
            deviance, theta, method="L-BFGS-B", jac="3-point", bounds=bounds, options=options
        )
        theta = found.x
        held = (theta <= 0) & (found.jac > 0) & [True, False, True]
        if np.abs(found.jac[~held]).max(initial=0.0) < LEAST_SLOPE * math.sqrt(sums.answers):
            return theta, ""
    return theta, "The mixed model did not converge."
