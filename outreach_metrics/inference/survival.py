"""Time until people stop coming, or until something is done, where some are still under way."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal, NamedTuple

import numpy as np
from scipy import special, stats

from outreach_metrics.inference import Result
from outreach_metrics.inference.rates import from_standard_error

NAN = math.nan
TOLERANCE = math.sqrt(np.finfo(float).eps)
"""Relative difference below which two times are the same time, and two probabilities the same."""

Interval = Literal["log-log", "log", "plain", "logit", "arcsin"]


class Test(NamedTuple):
    """A test statistic, its degrees of freedom and its p-value."""

    statistic: float
    df: float
    p_value: float


@dataclass(frozen=True, slots=True)
class SurvivalCurve:
    """A Kaplan-Meier curve: the share for whom the event has not happened by each time.

    Parameters
    ----------
    times : ndarray, shape (k,)
        Times at which somebody had the event or was last seen, increasing.
    at_risk, events : ndarray, shape (k,)
        People under observation just before each time, and those with the event at it.
    survival, standard_error, conf_low, conf_high : ndarray, shape (k,)
        The standard error is Greenwood's. Where nobody is left there is neither error nor interval; nor is
        there a log-log interval where nobody has had the event yet.
    start : float
        Time at which the curve is 1: 0, or the earliest time where that is below 0.
    conf_level : float
    interval : str
    """

    times: np.ndarray
    at_risk: np.ndarray
    events: np.ndarray
    survival: np.ndarray
    standard_error: np.ndarray
    conf_low: np.ndarray
    conf_high: np.ndarray
    start: float = 0.0
    conf_level: float = 0.95
    interval: Interval = "log-log"

    def at(self, time: float) -> Result:
        """Share without the event by `time`; NaN past the last time, unless nobody was left by then.

        R: ``summary(fit, times = time)``.
        """
        if len(self.times) == 0 or (time > self.times[-1] and self.survival[-1] != 0):
            return Result(NAN, NAN, NAN, NAN)
        position = int(np.searchsorted(self.times, time, side="right")) - 1
        if position < 0:
            low, high = _limits(np.ones(1), np.zeros(1), self.conf_level, self.interval)
            return Result(1.0, float(low[0]), float(high[0]), NAN)
        limits = float(self.conf_low[position]), float(self.conf_high[position])
        return Result(float(self.survival[position]), *limits, NAN)

    def median(self) -> Result:
        """Time by which half have had the event, as `quantile` has it."""
        return self.quantile(0.5)

    def quantile(self, share: float) -> Result:
        """Time by which `share` (0 to 1) have had the event; NaN where the curve does not fall that far.

        Where the curve is flat at exactly that share it is the middle of the flat, which ends at the last
        time where the curve does. The limits are where the limits of the curve cross the share.
        R: ``quantile(fit, share)`` and ``median(fit)``; ``print(fit)`` has the start of a last flat.
        """
        if not 0 <= share <= 1:
            raise ValueError(f"a share must lie between 0 and 1, not {share}")
        curves = self.survival, self.conf_low, self.conf_high
        time, low, high = (_crossing(self.times, 1 - curve, share, self.start) for curve in curves)
        return Result(time, low, high, NAN)

    def restricted_mean(self, limit: float, *, extend: bool = False) -> Result:
        """Mean time without the event, counted up to `limit`: the area under the curve.

        Parameters
        ----------
        limit : float
        extend : bool
            Hold the curve at its last value past the last time, as R does; otherwise a limit past the last
            time gives NaN, unless nobody was left by then.

        Returns
        -------
        Result
            Normal interval within the time there is, from `restricted_mean_error`.

        Notes
        -----
        Klein JP & Moeschberger ML (2003) Survival Analysis, 2nd ed., section 4.5.
        R: ``print(fit, rmean = limit)``.
        """
        if not self._reaches(limit, extend):
            return Result(NAN, NAN, NAN, NAN)
        times, survival, _ = self._steps(limit)
        mean = self.start + float(np.diff(times) @ survival[:-1])
        result = from_standard_error(
            mean, self.restricted_mean_error(limit, extend=extend), math.inf, self.conf_level
        )
        return Result(mean, max(result.conf_low, self.start), min(result.conf_high, limit), NAN)

    def restricted_mean_error(self, limit: float, *, extend: bool = False) -> float:
        """Sampling standard error of `restricted_mean`."""
        if not self._reaches(limit, extend):
            return NAN
        times, survival, hazard_variance = self._steps(limit)
        area = np.diff(times) * survival[:-1]
        area_after = np.append(np.cumsum(area[::-1])[::-1], 0.0)
        return math.sqrt(float(np.square(area_after) @ hazard_variance))

    def _reaches(self, limit: float, extend: bool) -> bool:
        if len(self.times) == 0 or limit < self.start:
            return False
        return extend or limit <= self.times[-1] or bool(self.survival[-1] == 0)

    def _steps(self, limit: float) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Times from the start to the limit, survival from each on, and the variance that each adds."""
        held = self.times <= limit
        left = self.at_risk - self.events
        variance = np.divide(self.events, self.at_risk * left, out=np.zeros(len(left)), where=left > 0)
        times = np.concatenate([[self.start], self.times[held], [limit]])
        survival = np.concatenate([[1.0], self.survival[held], [NAN]])
        return times, survival, np.concatenate([[0.0], variance[held], [0.0]])


def kaplan_meier(
    durations: np.ndarray,
    observed: np.ndarray,
    *,
    entry: np.ndarray | None = None,
    conf_level: float = 0.95,
    interval: Interval = "log-log",
) -> SurvivalCurve:
    """Share of people for whom an event has not happened yet, where some are last seen before it.

    Parameters
    ----------
    durations : ndarray, shape (n,)
        Time to the event, or to when a person was last seen; those with a missing time are left out.
    observed : ndarray of bool, shape (n,)
        Whether the event happened.
    entry : ndarray, shape (n,), optional
        Time from which a person was under observation (left truncation); someone is at risk after it.
    conf_level : float
    interval : {"log-log", "log", "plain", "logit", "arcsin"}
        Scale of the pointwise intervals.

    Returns
    -------
    SurvivalCurve
        Empty without people.

    Notes
    -----
    Assumes that who is last seen early is no likelier to have the event than who is seen longer. Kaplan EL &
    Meier P (1958) JASA 53:457; variance Greenwood (1926); log-log: Kalbfleisch JD & Prentice RL (1980).
    Own code: ``SurvfuncRight`` of statsmodels lists event times only, and knows one interval.
    R: ``survival::survfit(Surv(durations, observed) ~ 1, conf.type = "log-log")``.

    Examples
    --------
    >>> curve = kaplan_meier(np.array([1, 2, 2, 4, 5]), np.array([1, 1, 0, 1, 0]))
    >>> curve.survival.round(3).tolist(), curve.median().estimate
    ([0.8, 0.6, 0.3, 0.3], 4.0)
    """
    time, event, entered = _checked(durations, observed, entry)
    if len(time) == 0:
        return SurvivalCurve(*(np.empty(0),) * 7, 0.0, conf_level, interval)
    times, position = np.unique(time, return_inverse=True)
    events = np.bincount(position, event)
    at_risk = len(time) - np.searchsorted(np.sort(time), times, side="left").astype(float)
    start = min(0.0, float(times[0]))
    if entered is not None:
        at_risk -= len(time) - np.searchsorted(np.sort(entered), times, side="left")
    with np.errstate(divide="ignore", invalid="ignore"):
        survival = np.cumprod(1 - events / at_risk)
        log_error = np.sqrt(np.cumsum(events / (at_risk * (at_risk - events))))
        error = survival * log_error
    limits = _limits(survival, log_error, conf_level, interval)
    return SurvivalCurve(times, at_risk, events, survival, error, *limits, start, conf_level, interval)


def log_rank(
    durations: np.ndarray,
    observed: np.ndarray,
    groups: np.ndarray,
    *,
    rho: float = 0.0,
    strata: np.ndarray | None = None,
) -> Test:
    """Test whether the event happens at the same rate in all groups.

    Parameters
    ----------
    durations, observed : ndarray, shape (n,)
        As for `kaplan_meier`.
    groups : ndarray, shape (n,)
    rho : float
        Power of the survival that weighs each time: 0 is the log-rank test, 1 Peto & Peto's Wilcoxon test.
    strata : ndarray, shape (n,), optional
        Groups are compared within each stratum only.

    Returns
    -------
    Test
        Chi-square, groups less 1, p-value. Fewer than two groups at risk of an event: NaN.

    Notes
    -----
    Harrington DP & Fleming TR (1982) Biometrika 69:553. Own code: ``survdiff`` of statsmodels takes no ties
    within rounding error.
    R: ``survival::survdiff(Surv(durations, observed) ~ groups + strata(s), rho = rho)``.

    Examples
    --------
    >>> test = log_rank(np.array([1, 2, 3, 4, 5, 6]), np.ones(6), np.array([0, 0, 0, 1, 1, 1]))
    >>> round(test.statistic, 4), test.df, round(test.p_value, 4)
    (5.0517, 1, 0.0246)
    """
    time, event, _ = _checked(durations, observed, None)
    held = ~np.isnan(np.asarray(durations, dtype=float))
    code = np.unique(np.asarray(groups)[held].astype(str), return_inverse=True)[1].ravel()
    count = int(code.max(initial=-1)) + 1
    stratum = np.zeros(len(time), dtype=int) if strata is None else np.asarray(strata)[held].astype(str)
    excess, expected, variance = np.zeros(count), np.zeros(count), np.zeros((count, count))
    for label in np.unique(stratum):
        own = stratum == label
        parts = _compared(time[own], event[own], np.eye(count)[code[own]], rho)
        excess, expected, variance = excess + parts[0], expected + parts[1], variance + parts[2]
    kept = np.flatnonzero(expected > 0)[1:]
    if len(kept) == 0 or np.linalg.matrix_rank(variance[np.ix_(kept, kept)]) < len(kept):
        return Test(NAN, NAN, NAN)
    statistic = float(excess[kept] @ np.linalg.solve(variance[np.ix_(kept, kept)], excess[kept]))
    return Test(statistic, len(kept), float(stats.chi2.sf(statistic, len(kept))))


def _compared(
    time: np.ndarray, event: np.ndarray, member: np.ndarray, rho: float
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Observed less expected events of each group, expected ones, and their covariance, in one stratum."""
    times, position = np.unique(time, return_inverse=True)
    ended = np.stack([np.bincount(position, column, len(times)) for column in member.T], axis=1)
    events = np.stack([np.bincount(position, column * event, len(times)) for column in member.T], axis=1)
    at_risk = ended[::-1].cumsum(axis=0)[::-1]
    total, happened = at_risk.sum(axis=1), events.sum(axis=1)
    weight = np.append(1.0, np.cumprod(1 - happened / total)[:-1]) ** rho
    share = at_risk / total[:, None]
    spread = (
        weight**2
        * happened
        * np.divide(total - happened, total - 1, out=np.zeros(len(times)), where=total > 1)
    )
    covariance = np.diag(spread @ share) - (share * spread[:, None]).T @ share
    expected = weight * happened @ share if len(times) else np.zeros(member.shape[1])
    return weight @ events - expected, expected, covariance


def _checked(
    durations: np.ndarray, observed: np.ndarray, entry: np.ndarray | None
) -> tuple[np.ndarray, np.ndarray, np.ndarray | None]:
    """Return the times with ties made exact, events as numbers and entry times, without missing ones."""
    time, event = np.asarray(durations, dtype=float), np.asarray(observed, dtype=float)
    if time.ndim != 1 or time.shape != event.shape or not np.isin(event, (0, 1)).all():
        raise ValueError("durations and observed must be of one length, and observed true or false")
    held = ~np.isnan(time)
    if entry is None:
        return _tied(time[held]), event[held], None
    entered = np.asarray(entry, dtype=float)
    if entered.shape != time.shape or not (entered[held] < time[held]).all():
        raise ValueError("everybody must enter before their time ends")
    both = _tied(np.concatenate([time[held], entered[held]]))
    return both[: held.sum()], event[held], both[held.sum() :]


def _tied(time: np.ndarray) -> np.ndarray:
    """Return times in which those that differ by rounding error only are the same."""
    if len(time) == 0:
        return time
    values, position = np.unique(time, return_inverse=True)
    gaps = np.diff(values)
    apart = (gaps > TOLERANCE) & (gaps > TOLERANCE * np.abs(values).mean())
    first = np.append(True, apart)
    return values[first][np.cumsum(first) - 1][position]


def _limits(
    survival: np.ndarray, log_error: np.ndarray, conf_level: float, interval: Interval
) -> tuple[np.ndarray, np.ndarray]:
    """Limits of a survival, from the standard error of its logarithm; NaN at 0."""
    reach = special.ndtri((1 + conf_level) / 2) * log_error
    share = np.where(survival > 0, survival, NAN)
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        if interval == "plain":
            return np.maximum(share - reach * share, 0), np.minimum(share + reach * share, 1)
        if interval == "log":
            return share * np.exp(-reach), np.minimum(share * np.exp(reach), 1)
        if interval == "log-log":
            share = np.where(share < 1, share, NAN)
            spread = np.exp(reach / np.log(share))
            return share ** (1 / spread), share**spread
        if interval == "logit":
            share = np.where(share < 1, share, NAN)
            spread = np.exp(reach / (1 - share))
            odds = share / (1 - share)
            return odds / (odds + spread), odds * spread / (1 + odds * spread)
        if interval == "arcsin":
            angle, spread = np.arcsin(np.sqrt(share)), reach / 2 * np.sqrt(share / (1 - share))
            low = np.sin(np.maximum(angle - spread, 0)) ** 2
            return low, np.sin(np.minimum(angle + spread, math.pi / 2)) ** 2
    raise ValueError(f"an interval is log-log, log, plain, logit or arcsin, not {interval}")


def _crossing(times: np.ndarray, risen: np.ndarray, share: float, start: float) -> float:
    """Time at which a rising step function first reaches a share; the middle of a flat at it."""
    if share == 0 and len(times):
        return start
    reached = np.flatnonzero(risen + TOLERANCE >= share)
    passed = np.flatnonzero(risen - TOLERANCE >= share)
    if len(reached) == 0:
        return NAN
    if len(passed):
        return float(times[reached[0]] + times[passed[0]]) / 2
    ends_there = abs(risen[-1] - share) < TOLERANCE
    return float(times[reached[0]] + times[-1]) / 2 if ends_there else NAN
