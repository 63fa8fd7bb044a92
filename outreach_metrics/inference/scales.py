"""From answers to scores: construct scores 0-100, shares of each answer, floor and ceiling, net promoter."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from outreach_metrics.inference import Result
from outreach_metrics.inference.rates import from_standard_error

NAN = math.nan
LEAST_ANSWERED = 0.5
"""Share of a construct's items that a person has to answer for a score (the half rule of the SF-36)."""


class Scored(NamedTuple):
    """What n people answered to one construct; NaN where a person answered too few of its items."""

    score: np.ndarray
    favourable: np.ndarray
    answered: np.ndarray


class LikertSummary(NamedTuple):
    """Percent below, at and above the center, mean and standard deviation of the answer's place, 1 to c."""

    low: np.ndarray
    neutral: np.ndarray
    high: np.ndarray
    mean: np.ndarray
    sd: np.ndarray


def turned(answers: np.ndarray, low: np.ndarray, high: np.ndarray, reversed: np.ndarray) -> np.ndarray:
    """Turn reverse-keyed items, so that a high answer means more of the construct.

    Parameters
    ----------
    answers : ndarray of shape (n, k)
        NaN is no answer; what lies outside the scale is none either.
    low, high : float or ndarray of shape (k,)
        Lowest and highest answer of each item, low < high.
    reversed : bool or ndarray of shape (k,)
        Items in which a high answer means less of the construct.

    Returns
    -------
    ndarray of shape (n, k)

    Examples
    --------
    >>> turned([[5, 1], [4, 9]], 1, 5, [False, True]).tolist()
    [[5.0, 5.0], [4.0, nan]]
    """
    values = np.asarray(answers, dtype=float)
    if values.ndim != 2:
        raise ValueError(f"answers must be people x items, not of shape {values.shape}")
    low, high = np.asarray(low, dtype=float), np.asarray(high, dtype=float)
    if not (low < high).all():
        raise ValueError("the lowest answer of every item must be below its highest")
    values = np.where((values >= low) & (values <= high), values, NAN)
    return np.where(np.asarray(reversed, dtype=bool), low + high - values, values)


def score(
    answers: np.ndarray,
    low: np.ndarray,
    high: np.ndarray,
    reversed: np.ndarray = False,
    favourable_from: np.ndarray = NAN,
    least_answered: float = LEAST_ANSWERED,
) -> Scored:
    """Score the items of one construct from 0 to 100, high is more of the construct.

    Parameters
    ----------
    answers : ndarray of shape (n, k)
        Answers as given, before turning. Missing: NaN (refused, don't know) and what lies outside the scale.
    low, high : float or ndarray of shape (k,)
        Lowest and highest answer of each item, low < high.
    reversed : bool or ndarray of shape (k,)
        Items in which a high answer means less of the construct.
    favourable_from : float or ndarray of shape (k,)
        The answer, after turning, from which on it counts as favorable; NaN where nothing says so.
    least_answered : float
        Share of the items that a person has to answer, at least one.

    Returns
    -------
    Scored
        Arrays of shape (n,): the mean of the items answered, each rescaled to 0-100; the share of answers
        that are favorable, among the items that have a `favourable_from`; and how many items were answered.
        No items: nobody has a score.

    Notes
    -----
    Assumes that the items answered speak for those left out. Ware JE & Sherbourne CD (1992) Med Care 30:473
    on half of the items. R, where items share a scale: ``psych::scoreItems(keys, x, impute = "none",
    min = low, max = high)``, then ``100 * (score - low) / (high - low)``.

    Examples
    --------
    >>> answers = np.array([[5, 4, 1], [3, np.nan, 9], [np.nan, np.nan, 2]])
    >>> found = score(answers, 1, 5, reversed=[False, False, True], favourable_from=4)
    >>> found.score.round(2).tolist(), found.favourable.tolist(), found.answered.tolist()
    ([91.67, nan, nan], [1.0, nan, nan], [3, 1, 1])
    """
    values = turned(answers, low, high, reversed)
    answered = np.isfinite(values).sum(axis=1)
    enough = answered >= max(1.0, least_answered * values.shape[1])
    points = 100 * (values - low) / (np.asarray(high, dtype=float) - low)
    unknown = np.isnan(values) | np.isnan(favourable_from)
    favourable = np.where(unknown, NAN, values >= favourable_from)
    return Scored(_row_mean(points, enough), _row_mean(favourable, enough), answered)


def _row_mean(values: np.ndarray, enough: np.ndarray) -> np.ndarray:
    count = np.isfinite(values).sum(axis=1)
    wanted = enough & (count > 0)
    return np.divide(np.nansum(values, axis=1), count, out=np.full(len(values), NAN), where=wanted)


def floor_share(scores: np.ndarray, weights: np.ndarray | None = None) -> float:
    """Share of people at the lowest score there can be, 0.

    Parameters
    ----------
    scores : ndarray of shape (n,)
        Construct scores 0-100; people without a score (NaN) are left out.
    weights : ndarray of shape (n,), optional
        Survey weights, 0 or more; people without one (NaN) are left out.

    Returns
    -------
    float
        From 0 to 1; NaN without scores.

    Notes
    -----
    Above 0.15 a scale no longer tells people apart (floor effect): McHorney CA & Tarlov AR (1995) Qual Life
    Res 4:293; Terwee CB et al. (2007) J Clin Epidemiol 60:34.

    Examples
    --------
    >>> floor_share([0, 0, 40, 100, np.nan])
    0.5
    """
    return _share_at(scores, 0.0, weights)


def ceiling_share(scores: np.ndarray, weights: np.ndarray | None = None) -> float:
    """Share of people at the highest score there can be, 100; parameters and returns as `floor_share`.

    Examples
    --------
    >>> ceiling_share([0, 0, 40, 100, np.nan])
    0.25
    """
    return _share_at(scores, 100.0, weights)


def _share_at(scores: np.ndarray, place: float, weights: np.ndarray | None) -> float:
    values = np.asarray(scores, dtype=float)
    weight = _weights(weights, len(values)) * np.isfinite(values)
    total = weight.sum()
    return float(weight[np.isclose(values, place, rtol=0, atol=1e-9)].sum() / total) if total > 0 else NAN


def _weights(weights: np.ndarray | None, n: int) -> np.ndarray:
    """Return weights of n people, 1 by default and 0 for a missing one."""
    if weights is None:
        return np.ones(n)
    values = np.nan_to_num(np.asarray(weights, dtype=float))
    if values.shape != (n,) or (values < 0).any() or np.isinf(weights).any():
        raise ValueError("there must be one finite weight, 0 or more, for each person")
    return values


def answer_shares(answers: np.ndarray, low: int, high: int, weights: np.ndarray | None = None) -> np.ndarray:
    """Share of people who gave each answer, among those who answered: the numbers of a diverging bar.

    Parameters
    ----------
    answers : ndarray of shape (n, k)
        Answers to items of one scale; NaN and what is no whole code from `low` to `high` is no answer.
        Turn reverse-keyed items before (`turned`) where bars are to point the same way.
    low, high : int
        Lowest and highest code of the scale.
    weights : ndarray of shape (n,), optional
        Survey weights, 0 or more; people without one (NaN) are left out.

    Returns
    -------
    ndarray of shape (k, high - low + 1)
        Shares of each item, in order of the codes, adding up to 1; NaN where nobody answered.

    Examples
    --------
    >>> answer_shares([[1], [3], [3], [9]], 1, 3).round(3).tolist()
    [[0.333, 0.0, 0.667]]
    """
    values = np.asarray(answers, dtype=float)
    weight = _weights(weights, len(values))
    codes = np.arange(low, high + 1)
    totals = np.stack([weight @ (values == code) for code in codes], axis=1)
    people = totals.sum(axis=1, keepdims=True)
    return np.divide(totals, people, out=np.full(totals.shape, NAN), where=people > 0)


def likert_summary(counts: np.ndarray, center: float | None = None) -> LikertSummary:
    """Percent low, neutral and high, mean and standard deviation, from how many gave each answer.

    Parameters
    ----------
    counts : ndarray of shape (..., c)
        People, percents or shares, in order of the answers. Shares (adding up to 1) are taken as percents.
    center : float, optional
        Place of the neutral answer, from 1; 3.5 of 6 answers: none is neutral. Default: the middle.

    Returns
    -------
    LikertSummary
        The places of the answers are 1 to c. The standard deviation divides by the sum less 1: with counts it
        is that of the people, with percents or shares that of 100 people. Nobody answered: NaN.

    Notes
    -----
    Takes answers to be equally far apart. R: ``summary(likert(items))`` for counts,
    ``summary(likert(summary = percents), center = 3)`` for percents.

    Examples
    --------
    >>> [round(float(x), 4) for x in likert_summary([10, 15, 10, 35, 30])]
    [25.0, 10.0, 65.0, 3.6, 1.3257]
    """
    people = np.asarray(counts, dtype=float)
    if np.isinf(people).any() or (people < 0).any() or people.shape[-1:] < (2,):
        raise ValueError("there must be 2 answers or more, of finite counts 0 or more")
    middle = (people.shape[-1] + 1) / 2 if center is None else center
    if not 1.5 <= middle <= people.shape[-1] - 0.5 or middle * 2 % 1:
        raise ValueError(f"the center must be a whole or half number between the answers, not {center}")
    total = people.sum(axis=-1)
    total = np.where(total > 0, total, NAN)
    place = np.arange(1.0, people.shape[-1] + 1)
    mean = people @ place / total
    squares = (people * (place - mean[..., None]) ** 2).sum(axis=-1) / total
    size = np.where(total < 1.05, 100.0, total)
    sd = np.sqrt(squares * np.divide(size, size - 1, out=np.full(size.shape, NAN), where=size > 1))
    parts = (100 * people[..., side].sum(axis=-1) / total for side in _sides(place, middle))
    return LikertSummary(*parts, mean, sd)


def _sides(place: np.ndarray, middle: float) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    return place < middle, place == middle, place > middle


def net_promoter(answers: np.ndarray, conf_level: float = 0.95) -> Result:
    """Net promoter score: percent who answer 9 or 10 less percent who answer 0 to 6.

    Parameters
    ----------
    answers : ndarray of shape (n,)
        How likely a person is to recommend, 0 to 10; NaN and all else is no answer.
    conf_level : float

    Returns
    -------
    Result
        From -100 to 100, see `net_promoter_from_counts`.

    Examples
    --------
    >>> [round(x, 2) for x in net_promoter([10, 9, 9, 8, 7, 3])]
    [33.33, -26.31, 92.97, 0.27]
    """
    values = np.asarray(answers, dtype=float)
    values = values[(values >= 0) & (values <= 10)]
    promoters, detractors = (values >= 9).sum(), (values <= 6).sum()
    return net_promoter_from_counts(int(promoters), int(detractors), len(values), conf_level)


def net_promoter_from_counts(promoters: int, detractors: int, n: int, conf_level: float = 0.95) -> Result:
    """Net promoter score of n people, its normal interval and the p-value against 0.

    Returns
    -------
    Result
        From -100 to 100. Nobody answered: NaN. All alike: no interval, because the variance is 0.

    Notes
    -----
    The variance of one answer is p + d - (p - d)^2. Rocks B (2016) Am Stat 70:365. Too narrow below some 30
    answers. R: ``NPS::nps``, ``NPS::nps.se`` (there from -1 to 1).

    Examples
    --------
    >>> [round(x, 2) for x in net_promoter_from_counts(60, 20, 100)]
    [40.0, 24.32, 55.68, 0.0]
    """
    if not (promoters >= 0 and detractors >= 0 and promoters + detractors <= n):
        raise ValueError("promoters and detractors must be among the people who answered")
    if n == 0:
        return Result(NAN, NAN, NAN, NAN)
    net = (promoters - detractors) / n
    error = math.sqrt(max((promoters + detractors) / n - net**2, 0.0) / n)
    found = from_standard_error(100 * net, 100 * error, conf_level=conf_level)
    return found._replace(conf_low=max(found.conf_low, -100.0), conf_high=min(found.conf_high, 100.0))
