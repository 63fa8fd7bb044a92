"""Change over several waves: shares, scores of the same or of fresh people, and ranks."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np
from scipy import stats

from outreach_metrics.inference import Result
from outreach_metrics.inference.effect_size import NOTHING, HypothesisTest
from outreach_metrics.inference.mixed import MixedFit, random_effects, times_seen
from outreach_metrics.inference.rates import from_standard_error, pooled_df

NAN = math.nan
MOST = 0.5
"""Share of the people who must have answered again for a model of people."""
ENOUGH = 0.25
"""Share of those who must have answered three times for a model of their slopes."""

Model = Literal["auto", "slopes", "levels", "separate"]
METHODS = {
    "slopes": "mixed model, levels and slopes differ between people (REML), t on people less groups",
    "levels": "mixed model, levels differ between people (REML), t on answers less people less groups",
    "separate": "least squares, robust standard error (HC2; jackknife of people or clusters)",
}


@dataclass(frozen=True, slots=True)
class ShareTrend:
    """Trend of a share over waves; NaN with a reason where there is none."""

    slope: Result
    """Change of the share per unit of the scores; its p-value is that of `trend`."""
    trend: HypothesisTest
    heterogeneity: HypothesisTest
    """Whether the shares differ in any way."""
    reason: str = ""


def trend_in_shares(
    successes: np.ndarray, totals: np.ndarray, scores: np.ndarray | None = None, conf_level: float = 0.95
) -> ShareTrend:
    """Test for a trend in the shares of separate samples (Cochran-Armitage).

    Parameters
    ----------
    successes, totals : ndarrays, shape (k,)
        Of each wave; waves without answers say nothing.
    scores : ndarray, shape (k,), optional
        When each wave was, in any unit; 1, 2, ... by default.
    conf_level : float

    Returns
    -------
    ShareTrend
        Standard error under no trend, so that interval and test agree. Fewer than 2 waves, or a share of 0 or
        1 overall: NaN.

    Notes
    -----
    Armitage P (1955) Biometrics 11:375. R: ``prop.trend.test(successes, totals, scores)``; heterogeneity:
    ``prop.test(successes, totals, correct = FALSE)``.

    Examples
    --------
    >>> made = trend_in_shares(np.array([83, 90, 129, 70]), np.array([86, 93, 136, 82]))
    >>> round(made.trend.statistic, 3), round(made.slope.estimate, 4)
    (8.225, -0.0334)
    """
    successes, totals = np.asarray(successes, dtype=float), np.asarray(totals, dtype=float)
    if not ((successes >= 0) & (successes <= totals)).all():
        raise ValueError("successes must lie between 0 and the number of answers")
    scores = np.arange(1.0, len(totals) + 1) if scores is None else np.asarray(scores, dtype=float)
    held = totals > 0
    successes, totals, scores = successes[held], totals[held], scores[held]
    empty = HypothesisTest(NAN, NAN, NAN)
    if len(totals) < 2 or np.ptp(scores) == 0:
        return ShareTrend(NOTHING, empty, empty, "There are fewer than two waves with answers.")
    share = successes.sum() / totals.sum()
    noise = share * (1 - share)
    if noise == 0:
        return ShareTrend(NOTHING, empty, empty, "Everybody answered alike.")
    off = scores - totals @ scores / totals.sum()
    apart, room = successes / totals - share, float(totals @ off**2)
    slope = from_standard_error(
        float(totals * off @ apart) / room, math.sqrt(noise / room), math.inf, conf_level
    )
    statistic, whole = float(slope.estimate**2 * room / noise), float(totals @ apart**2 / noise)
    df = len(totals) - 1
    heterogeneity = HypothesisTest(whole, float(df), float(stats.chi2.sf(whole, df)))
    return ShareTrend(slope, HypothesisTest(statistic, 1.0, slope.p_value), heterogeneity)


@dataclass(frozen=True, slots=True)
class WaveTrend:
    """Change of a score per unit of time over several waves; NaN with a reason where there is none."""

    slope: Result
    """With two groups: the slope of the program less that of the comparison."""
    standard_error: float = NAN
    df: float = NAN
    method: str = ""
    answers: int = 0
    persons: int = 0
    fit: MixedFit | None = None
    reason: str = ""
    """Why there is no trend, or why another model than the one first tried was taken."""


def wave_trend(
    scores: np.ndarray,
    times: np.ndarray,
    person: np.ndarray | None = None,
    *,
    program: np.ndarray | None = None,
    weights: np.ndarray | None = None,
    clusters: np.ndarray | None = None,
    model: Model = "auto",
    conf_level: float = 0.95,
) -> WaveTrend:
    """Slope of scores over several waves, or the difference of two slopes.

    Parameters
    ----------
    scores, times : ndarrays, shape (n,)
        Answers, and when; slopes are per unit of time. NaN are left out.
    person : ndarray, shape (n,), optional
        Who answered; without, every answer is another person's.
    program : ndarray of bool, shape (n,), optional
        Program (True) or comparison.
    weights, clusters : ndarrays, shape (n,), optional
        Survey weights, 0 or more, and sampling clusters that hold whole persons.
    model : {"auto", "slopes", "levels", "separate"}
        Mixed model with people's levels and slopes, or levels only; or least squares with a robust error.
        "auto": mixed where half the people answered again (and no weights or clusters are given), with slopes
        where a quarter of those did so three times; else, and where the mixed model fails, least squares.

    Returns
    -------
    WaveTrend
        Student's t; degrees of freedom: see `random_effects`; least squares: Welch's over waves of separate
        samples, else people or clusters less coefficients. Fewer than two waves in a group: NaN.

    Notes
    -----
    Shocks that a whole wave has in common cannot be told from a trend. Robust error of separate answers: HC2,
    which is Welch's for two waves; of people or clusters with several answers: leaving out one at a time
    (CV3: MacKinnon JG, Nielsen MO & Webb MD 2023, J Econometrics 232:272). R: ``lme4::lmer(score ~ time +
    (time | person))``; ``sandwich::vcovHC(type = "HC2")``, ``vcovJK(lm(score ~ time), cluster = person)``.

    Examples
    --------
    >>> scores = np.array([50.0, 53, 57, 40, 42, 47, 61, 63, 64, 45, 49, 50])
    >>> made = wave_trend(scores, np.tile([0.0, 1, 2], 4), np.repeat([1, 2, 3, 4], 3))
    >>> [round(value, 2) for value in made.slope], made.df
    ([2.75, 1.22, 4.28, 0.01], 3.0)
    """
    scores, times = np.asarray(scores, dtype=float), np.asarray(times, dtype=float)
    held = ~(np.isnan(scores) | np.isnan(times))
    if weights is not None:
        held &= np.nan_to_num(np.asarray(weights, dtype=float)) > 0
    scores, times = scores[held], times[held]
    person, program, clusters = (_kept(part, held) for part in (person, program, clusters))
    group = np.zeros(len(scores), dtype=int) if program is None else program.astype(int)
    reason = _unfit(scores, times, group, two=program is not None)
    if reason:
        return WaveTrend(NOTHING, answers=len(scores), reason=reason)
    people = np.arange(len(scores)) if person is None else person
    persons = len(np.unique(people))
    chosen = _choice(people, times, plain=weights is None and clusters is None) if model == "auto" else model
    if chosen != "separate":
        fit = random_effects(scores, people, times, group, slopes=chosen == "slopes")
        if model != "auto" or not fit.reason:
            return _mixed_trend(fit, METHODS[chosen], conf_level)
        reason = fit.reason
    unit = people if clusters is None else clusters
    slope, error, df = _least_squares(scores, times, group, unit, _kept(weights, held))
    if math.isnan(error):
        reason = "The answers vary too little, or come from too few people or clusters, for an interval."
    result = from_standard_error(slope, error, df, conf_level)
    return WaveTrend(result, error, df, METHODS["separate"], len(scores), persons, None, reason)


def _mixed_trend(fit: MixedFit, method: str, conf_level: float) -> WaveTrend:
    slopes, variance = fit.coefficients[:, 1], float(fit.covariances[:, 1, 1].sum())
    slope = float(slopes[0] if len(slopes) == 1 else slopes[1] - slopes[0])
    result = from_standard_error(slope, math.sqrt(variance), fit.df, conf_level)
    return WaveTrend(result, math.sqrt(variance), fit.df, method, fit.answers, fit.persons, fit, fit.reason)


def _kept(part: np.ndarray | None, held: np.ndarray) -> np.ndarray | None:
    return None if part is None else np.asarray(part)[held]


def _unfit(scores: np.ndarray, times: np.ndarray, group: np.ndarray, *, two: bool) -> str:
    """Return why there is no slope to be had; empty where there is."""
    for label in (0, 1) if two else (0,):
        if len(np.unique(times[group == label])) < 2:
            return "There are fewer than two waves with answers."
    if not (np.isfinite(scores).all() and np.isfinite(times).all()):
        return "A score or a time is infinite."
    return "" if np.ptp(scores) > 0 else "Everybody answered alike."


def _choice(people: np.ndarray, times: np.ndarray, *, plain: bool) -> Model:
    seen = times_seen(np.unique(people, return_inverse=True)[1].ravel(), times)
    again = int((seen > 1).sum())
    if not plain or again < MOST * len(seen):
        return "separate"
    return "slopes" if (seen > 2).sum() >= ENOUGH * again else "levels"


def _least_squares(
    scores: np.ndarray, times: np.ndarray, group: np.ndarray, unit: np.ndarray, weights: np.ndarray | None
) -> tuple[float, float, float]:
    """Weighted least-squares slope (or difference), its robust standard error and degrees of freedom."""
    weight = np.ones(len(scores)) if weights is None else weights.astype(float)
    line = np.column_stack([np.ones(len(times)), (times - times.mean()) / times.std()])
    design = np.column_stack([line, line * group[:, None]]) if group.any() else line
    columns = design.shape[1]
    code = np.unique(unit, return_inverse=True)[1].ravel()
    products = (weight[:, None, None] * design[:, :, None] * design[:, None, :]).reshape(len(scores), -1)
    cross = np.stack([np.bincount(code, part) for part in products.T], axis=1).reshape(-1, columns, columns)
    level = float(scores.mean())
    right = np.stack([np.bincount(code, weight * (scores - level) * column) for column in design.T], axis=1)
    whole = np.linalg.solve(cross.sum(axis=0), right.sum(axis=0))[-1] / times.std()
    without = cross.sum(axis=0) - cross
    if np.linalg.cond(without).max() > 1e10:
        return float(whole), NAN, NAN
    left = np.linalg.solve(without, (right.sum(axis=0) - right)[..., None])[:, -1, 0] / times.std()
    units, df = len(cross), NAN
    parts = (left - whole) ** 2 * (units - 1) / units
    if units == len(scores):
        leverage = np.einsum("ijk,kj->i", cross, np.linalg.inv(cross.sum(axis=0)))
        parts = ((left - whole) ** 2 * (1 - leverage))[code]
        df = _welch(parts, times, group)
    error, df = math.sqrt(parts.sum()), df if df > 0 else float(units - columns)
    if df <= 0 or error <= 1e-9 * scores.std() / times.std():
        return float(whole), NAN, NAN
    return float(whole), error, df


def _welch(parts: np.ndarray, times: np.ndarray, group: np.ndarray) -> float:
    """Degrees of freedom of variances that come from separate samples; NaN where a wave has one answer."""
    wave = np.unique(np.stack([group, times]), axis=1, return_inverse=True)[1].ravel()
    size = np.bincount(wave)
    if size.min() < 2 or parts.sum() == 0:
        return NAN
    return float(pooled_df(np.bincount(wave, parts)[:, None], (size - 1)[:, None])[0])


@dataclass(frozen=True, slots=True)
class Friedman:
    """Friedman's test and Kendall's coefficient of concordance; NaN with a reason where there is none."""

    test: HypothesisTest
    concordance: float = NAN
    n: int = 0
    reason: str = ""


def friedman(answers: np.ndarray) -> Friedman:
    """Test whether the same people's answers differ between waves, by their ranks.

    Parameters
    ----------
    answers : ndarray, shape (n, k)
        A row a person, a column a wave; who lacks one (NaN) is left out. Of answers 0 and 1 it is
        Cochran's Q.

    Returns
    -------
    Friedman
        Chi-square corrected for ties. Fewer than 2 people or waves: NaN; nobody changed: statistic 0, p 1.

    Notes
    -----
    Friedman M (1937) JASA 32:675; Kendall MG & Babington Smith B (1939) Ann Math Stat 10:275.
    R: ``friedman.test(answers)``, ``DescTools::CochranQTest(answers)``.

    Examples
    --------
    >>> made = friedman(np.array([[3, 4, 5], [2, 2, 4], [3, 5, 4], [1, 2, 3]]))
    >>> round(made.test.statistic, 3), round(made.concordance, 3)
    (5.733, 0.717)
    """
    answers = np.asarray(answers, dtype=float)
    if answers.ndim != 2:
        raise ValueError("answers must be people by waves")
    rows = answers[~np.isnan(answers).any(axis=1)]
    n, waves = rows.shape
    if n < 2 or waves < 2:
        reason = "Fewer than two people answered every wave." if n < 2 else "There are fewer than two waves."
        return Friedman(HypothesisTest(NAN, NAN, NAN), n=n, reason=reason)
    if (rows == rows[:, :1]).all():
        return Friedman(HypothesisTest(0.0, waves - 1.0, 1.0), NAN, n, "Nobody changed.")
    ranks = stats.rankdata(rows, axis=1) - (waves + 1) / 2
    statistic = float((waves - 1) * (ranks.sum(axis=0) ** 2).sum() / (ranks**2).sum())
    found = HypothesisTest(statistic, waves - 1.0, float(stats.chi2.sf(statistic, waves - 1)))
    return Friedman(found, statistic / (n * (waves - 1)), n)
