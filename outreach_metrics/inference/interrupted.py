"""Segmented interrupted time series of counts: step and change of trend at the start of a program."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, NamedTuple

import numpy as np
from scipy import stats

from outreach_metrics.inference import Result
from outreach_metrics.inference.count_series import count_log_likelihood, residual_autocorrelation
from outreach_metrics.inference.segmented import (
    NAN,
    TERMS,
    Covariance,
    Family,
    LogRatios,
    SegmentedModel,
    Segments,
    fit_segments,
    log_ratios,
    refusal,
    segmented_model,
)

FEW_PERIODS, FEW_COUNTS, STRONG = 36, 2, 0.8


class Ratios(NamedTuple):
    """Ratios of many series with their intervals and p-values, each of shape (n,)."""

    estimate: np.ndarray
    conf_low: np.ndarray
    conf_high: np.ndarray
    p_value: np.ndarray


class SegmentedMany(NamedTuple):
    """What `interrupted_many` finds; NaN for a series that holds no such answer."""

    level: Ratios
    slope: Ratios
    trend_before: Ratios
    effect: Ratios
    dispersion: np.ndarray
    autocorrelation: np.ndarray
    df: np.ndarray


@dataclass(frozen=True, slots=True, kw_only=True)
class Segmented:
    """An interrupted time series.

    Parameters
    ----------
    level : Result
        Step at the start, as a ratio; with a comparison, relative to the comparison's step.
    slope : Result
        Trend factor a year after the start / before it (relative to the comparison's).
    trend_before : Result
        Trend factor a year before the start (relative to the comparison's).
    effect : Result
        Fitted / expected counts over the whole window after the start.
    expected, fitted : ndarray, shape (t,)
        Counts of the treated series without step and change of trend, the season kept, and with them. With
        a comparison, step and change of trend of the comparison are part of what is expected.
    dispersion : float
        Pearson chi-square / degrees of freedom of the treated series; what a variance takes is never below 1.
    deviance, log_likelihood : float
        Of the treated series; a quasi-likelihood has no log-likelihood.
    theta : float
        Size of the negative binomial; infinite for the other families.
    df : float
        Degrees of freedom behind the interval of the level.
    autocorrelation : float
        Of the treated series' Pearson residuals at lag 1.
    autocorrelation_p : float
        Ljung-Box test of the residuals over a year, or a fifth of the series when this is less.
    autocorrelation_assumed : float
        With "autoregressive" the estimate behind the standard errors, nearly unbiased where the plain one at
        lag 1 is biased downward; otherwise NaN.
    harmonics : int
        Pairs of Fourier terms a year.
    covariance : str
        What the standard errors allow for.
    method : str
    notes : tuple of str
        Why a number is not there, or what a reader should know of it.
    """

    level: Result
    slope: Result
    trend_before: Result
    effect: Result
    expected: np.ndarray
    fitted: np.ndarray
    dispersion: float
    deviance: float
    log_likelihood: float
    theta: float
    df: float
    autocorrelation: float
    autocorrelation_p: float
    autocorrelation_assumed: float
    harmonics: int
    covariance: str
    method: str
    notes: tuple[str, ...]


def seasonal_harmonics(counts: np.ndarray, periods_per_year: float = 12, slope: bool = True) -> int:
    """Pairs of Fourier terms a series can carry: 0, 1 or 2.

    One pair takes two years of counts, 4 or more periods a year, 10 counts for each term of the model and
    10 degrees of freedom; the second takes three years, 6 or more periods a year, 20 counts for each term
    and 20 degrees of freedom.

    Parameters
    ----------
    counts : ndarray, shape (t,)
    periods_per_year : float
    slope : bool
        Whether the model has a change of trend.

    Notes
    -----
    Our rule, kept simple so that it can be told. Bhaskaran K et al. (2013) IJE 42:1187 on Fourier terms.

    Examples
    --------
    >>> seasonal_harmonics(np.full(48, 9.0)), seasonal_harmonics(np.full(20, 9.0))
    (2, 0)
    """
    terms = 3 + slope
    for harmonics, years, least in ((2, 3, 6), (1, 2, 4)):
        total = terms + 2 * harmonics
        enough = len(counts) >= years * periods_per_year and periods_per_year >= least
        if enough and counts.sum() >= 10 * harmonics * total and len(counts) - total >= 10 * harmonics:
            return harmonics
    return 0


def interrupted_time_series(
    counts: np.ndarray,
    after: np.ndarray,
    exposure: np.ndarray | float = 1.0,
    *,
    time: np.ndarray | None = None,
    season: np.ndarray | None = None,
    periods_per_year: float = 12,
    start: float | None = None,
    slope: bool = True,
    harmonics: int | Literal["auto"] = "auto",
    family: Family = "quasi-poisson",
    covariance: Covariance = "autoregressive",
    newey_west_lags: int | None = None,
    comparison: tuple[np.ndarray, np.ndarray | float] | None = None,
    conf_level: float = 0.95,
) -> Segmented:
    """Segmented regression of a series of counts: a step and a change of trend at the start of a program.

    Parameters
    ----------
    counts : ndarray, shape (t,)
        Counts, 0 or more, in order of time. Periods to leave out (a transition) are not given.
    after : ndarray of bool, shape (t,)
    exposure : ndarray, shape (t,), or float
        Person-time, greater than 0.
    time : ndarray, shape (t,), optional
        Years, at the true times of the periods given; without it the periods follow one another.
    season : ndarray, shape (t,), optional
        Position in the year as a share of it; its whole part does not matter. Without it, `time`.
    periods_per_year : float
        12 for months, 4 for quarters, 365.25 / 7 for weeks.
    start : float, optional
        The time at which the step is measured; without it, that of the first period after.
    slope : bool
        Whether the trend may change.
    harmonics : int or "auto"
        Pairs of Fourier terms; "auto" is `seasonal_harmonics`.
    family : {"quasi-poisson", "poisson", "negative-binomial"}
    covariance : {"autoregressive", "independent", "newey-west"}
        What the standard errors allow for. With "autoregressive" the autocorrelation is estimated and its
        uncertainty is part of the interval, so that nothing depends on a test of it.
    newey_west_lags : int, optional
        Without it, floor(4 (t / 100)^(2/9)).
    comparison : (counts, exposure), optional
        A series over the same periods: the program's terms are then relative to the comparison's own.
    conf_level : float

    Returns
    -------
    Segmented
        NaN with the reason in `notes` where a side has fewer than 8 periods or no count, the terms cannot
        be told apart, or the maximum lies at infinity. Without `slope`, the slope is NaN.

    Notes
    -----
    Assumes that trend and season would have gone on. Lopez Bernal J, Cummins S & Gasparrini A (2017) IJE
    46:348; with a comparison (2018) IJE 47:2082; Kontopantelis E et al. (2015) BMJ 350:h2750. The comparison
    has its own trend, season, dispersion and autocorrelation: R ``glm(count ~ group * (time + after +
    after:I(time - start) + season) + offset(log(exposure)), family = poisson)``. R for one series:
    ``glm(count ~ after + time + after:I(time - start) + harmonic(month, 2, 12) + offset(log(exposure)),
    family = quasipoisson)``, or ``MASS::glm.nb``; these are `covariance="independent"`, whose Poisson and
    negative binomial intervals are normal, the others Student's.

    Examples
    --------
    >>> after = np.arange(48) >= 24
    >>> made = np.random.default_rng(2).poisson(50 * np.where(after, 0.7, 1.0))
    >>> found = interrupted_time_series(made, after)
    >>> [round(float(x), 2) for x in found.level], found.harmonics
    ([0.68, 0.55, 0.84, 0.0], 2)
    """
    kept = np.asarray(after, dtype=bool)
    groups = [(counts, exposure)] if comparison is None else [(counts, exposure), comparison]
    checked = [_checked(*group) for group in groups]
    cells, person_time = (np.concatenate(part) for part in zip(*checked, strict=True))
    pairs = (
        min(seasonal_harmonics(row, periods_per_year, slope) for row in cells)
        if harmonics == "auto"
        else harmonics
    )
    model = segmented_model(
        len(kept), time, season, periods_per_year, slope, pairs, family, covariance, newey_west_lags
    )
    reason = next(filter(None, (refusal(row, kept, model) for row in cells)), "")
    if not reason:
        begin = model.time[kept][0] if start is None else start
        fitted = [
            fit_segments(row[None], kept[None], years[None], begin, model)
            for row, years in zip(cells, person_time, strict=True)
        ]
        if all(segments.fit.converged[0] for segments in fitted):
            return _described(fitted, cells[0], model, conf_level)
        reason = "the counts of one side fade to nothing, so that the model has no maximum (separation)"
    return _declined(model, reason, comparison is not None)


def interrupted_many(
    counts: np.ndarray,
    after: np.ndarray,
    exposure: np.ndarray | float = 1.0,
    *,
    time: np.ndarray | None = None,
    season: np.ndarray | None = None,
    periods_per_year: float = 12,
    slope: bool = True,
    harmonics: int = 0,
    family: Literal["poisson", "quasi-poisson"] = "quasi-poisson",
    covariance: Covariance = "autoregressive",
    newey_west_lags: int | None = None,
    conf_level: float = 0.95,
) -> SegmentedMany:
    """Fit `interrupted_time_series` to many series over the same periods at once.

    Parameters
    ----------
    counts : ndarray, shape (n, t)
    after : ndarray of bool, shape (t,) or (n, t)
        Each series may have its own start.
    exposure : ndarray, shape (t,) or (n, t), or float
    time, season, periods_per_year, slope, harmonics, covariance, newey_west_lags, conf_level
        As for `interrupted_time_series`; `harmonics` is a number, the same for all.
    family : {"quasi-poisson", "poisson"}

    Returns
    -------
    SegmentedMany
        Arrays of shape (n,); NaN where `interrupted_time_series` would decline.

    Notes
    -----
    R: a loop of ``glm`` over the series.

    Examples
    --------
    >>> after = np.arange(40) >= 20
    >>> made = np.random.default_rng(2).poisson(50 * np.where(after, 0.7, 1.0), (3, 40))
    >>> interrupted_many(made, after, slope=False).level.estimate.round(2).tolist()
    [0.61, 0.67, 0.73]
    """
    if family == "negative-binomial":
        raise ValueError("a negative binomial takes one series at a time: its size is the series' own")
    cells, person_time = _checked(counts, exposure)
    side = np.broadcast_to(np.asarray(after, dtype=bool), cells.shape)
    model = segmented_model(
        cells.shape[1], time, season, periods_per_year, slope, harmonics, family, covariance, newey_west_lags
    )
    usable = np.array([not refusal(*row, model) for row in zip(cells, side, strict=True)], dtype=bool)
    numbers = np.full((len(cells), 3, len(TERMS)), NAN)
    dispersion, autocorrelation = np.full((2, len(cells)), NAN)
    if usable.any():
        begin = model.time[side[usable].argmax(axis=1)]
        segments = fit_segments(cells[usable], side[usable], person_time[usable], begin, model)
        logs = log_ratios(segments, model, segments.expected)
        fit = segments.fit
        found = np.flatnonzero(usable)[fit.converged]
        numbers[found] = np.stack(logs[:3], axis=1)[fit.converged]
        dispersion[found] = fit.dispersion[fit.converged]
        lagged = residual_autocorrelation(fit.residuals, model.step, 1)[:, 0]
        autocorrelation[found] = lagged[fit.converged]
    estimate, variance, df = np.moveaxis(numbers, 0, 2)
    level, change, trend, effect = (
        _ratios(estimate[term], variance[term], df[term], conf_level) for term in range(len(TERMS))
    )
    return SegmentedMany(level, change, trend, effect, dispersion, autocorrelation, df[0])


def _checked(counts: np.ndarray, exposure: np.ndarray | float) -> tuple[np.ndarray, np.ndarray]:
    """Return counts and exposures as rows of numbers, shape (n, t)."""
    cells = np.atleast_2d(np.asarray(counts, dtype=float))
    person_time = np.broadcast_to(np.asarray(exposure, dtype=float), cells.shape)
    if not (np.isfinite(cells).all() and (cells >= 0).all()):
        raise ValueError("counts must be finite and 0 or more")
    if not (np.isfinite(person_time).all() and (person_time > 0).all()):
        raise ValueError("exposures must be finite and greater than 0")
    return cells, person_time


def _ratios(estimate: np.ndarray, variance: np.ndarray, df: np.ndarray, conf_level: float) -> Ratios:
    """Return ratios, limits and p-values of log ratios."""
    error = np.sqrt(variance)
    reach = stats.t.ppf((1 + conf_level) / 2, df) * error
    with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
        p = 2 * stats.t.sf(np.abs(estimate) / error, df)
        return Ratios(np.exp(estimate), np.exp(estimate - reach), np.exp(estimate + reach), p)


def _against_comparison(logs: list[LogRatios]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return the log ratios of one series, or of the first less the second, each of shape (4,)."""
    estimates, variances, df = (np.concatenate(part) for part in zip(*(log[:3] for log in logs), strict=True))
    if len(logs) == 1:
        return estimates[0], variances[0], df[0]
    variance = variances.sum(axis=0)
    with np.errstate(divide="ignore", invalid="ignore"):
        pooled = variance**2 / (variances**2 / df).sum(axis=0)
    return estimates[0] - estimates[1], variance, pooled


def _described(
    fitted: list[Segments], counts: np.ndarray, model: SegmentedModel, conf_level: float
) -> Segmented:
    """Return the numbers of one series, or of the first against the second."""
    expected = fitted[0].expected
    for other in fitted[1:]:
        expected = expected * other.fit.mean / other.expected
    logs = [log_ratios(fitted[0], model, expected)]
    logs += [log_ratios(other, model, expected, compared=True) for other in fitted[1:]]
    estimate, variance, df = _against_comparison(logs)
    ratios = _ratios(estimate, variance, df, conf_level)
    results = [Result(*(float(part[term]) for part in ratios)) for term in range(len(TERMS))]
    fit, theta = fitted[0].fit, fitted[0].theta
    likelihood = count_log_likelihood(counts, fit.mean[0], theta)
    lags = max(1, min(round(model.periods_per_year), len(counts) // 5))
    lagged = residual_autocorrelation(fit.residuals, model.step, lags)[0]
    kept = len(counts) - np.arange(1, lags + 1)
    box = len(counts) * (len(counts) + 2) * float((lagged**2 / kept).sum())
    return Segmented(
        level=results[0],
        slope=results[1],
        trend_before=results[2],
        effect=results[3],
        expected=expected[0],
        fitted=fit.mean[0],
        dispersion=float(fit.dispersion[0]),
        deviance=2 * (count_log_likelihood(counts, counts, theta) - likelihood),
        log_likelihood=NAN if model.family == "quasi-poisson" else likelihood,
        theta=theta,
        df=float(df[0]),
        autocorrelation=float(lagged[0]),
        autocorrelation_p=float(stats.chi2.sf(box, lags)),
        autocorrelation_assumed=float(logs[0].autocorrelation[0]),
        harmonics=model.harmonics,
        covariance=model.covariance,
        method=_method(model, len(logs) > 1),
        notes=_notes(fitted, logs, model),
    )


def _declined(model: SegmentedModel, reason: str, compared: bool) -> Segmented:
    """Return no number, and why."""
    none, series = Result(NAN, NAN, NAN, NAN), np.full(len(model.time), NAN)
    return Segmented(
        level=none,
        slope=none,
        trend_before=none,
        effect=none,
        dispersion=NAN,
        deviance=NAN,
        log_likelihood=NAN,
        theta=NAN,
        df=NAN,
        autocorrelation=NAN,
        autocorrelation_p=NAN,
        autocorrelation_assumed=NAN,
        expected=series,
        fitted=series.copy(),
        harmonics=model.harmonics,
        covariance=model.covariance,
        method=_method(model, compared),
        notes=(reason,),
    )


def _method(model: SegmentedModel, compared: bool) -> str:
    family = {"quasi-poisson": "quasi-Poisson", "poisson": "Poisson"}.get(model.family, "negative binomial")
    shape = "step and change of trend" if model.slope else "step"
    season = f", season of {model.harmonics} Fourier pairs" if model.harmonics else ""
    allowed = {
        "autoregressive": ", standard errors for first-order autocorrelation (restricted likelihood)",
        "newey-west": f", Newey-West standard errors to lag {model.lags}",
        "independent": "",
    }[model.covariance]
    against = " relative to the comparison series" if compared else ""
    return f"{family} segmented regression, {shape}{against}{season}{allowed}"


def _notes(fitted: list[Segments], logs: list[LogRatios], model: SegmentedModel) -> tuple[str, ...]:
    """Return what simulations of coverage and bias say a reader should know."""
    counts_a_period = min(float(segments.fit.mean.mean()) for segments in fitted)
    strongest = max(float(log.autocorrelation[0]) for log in logs)
    said = {
        f"{len(model.time)} periods: intervals are wider than they need be": len(model.time) < FEW_PERIODS,
        f"{counts_a_period:.2g} counts a period: the ratios may be biased": counts_a_period < FEW_COUNTS,
        f"strong autocorrelation ({strongest:.2f}): intervals may be too narrow": strongest > STRONG,
        "the standard errors do not allow for autocorrelation": model.covariance == "independent",
        "Newey-West intervals of short series are too narrow": model.covariance == "newey-west",
    }
    return tuple(text for text, holds in said.items() if holds)
