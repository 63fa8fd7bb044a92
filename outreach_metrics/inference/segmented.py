"""The segmented regression behind an interrupted time series: terms, what forbids a fit, log ratios."""

from __future__ import annotations

import math
from typing import Literal, NamedTuple

import numpy as np

from outreach_metrics.inference.count_series import (
    CountFit,
    autoregressive_variance,
    fit_counts,
    fit_negative_binomial,
    newey_west_variance,
)

NAN = math.nan
MINIMUM_PERIODS = 8
TERMS = ("level", "slope", "trend_before", "effect")
Family = Literal["poisson", "quasi-poisson", "negative-binomial"]
Covariance = Literal["autoregressive", "independent", "newey-west"]


class SegmentedModel(NamedTuple):
    """When the counts were (years, period numbers, position in the year) and what is fitted to them."""

    time: np.ndarray
    step: np.ndarray
    season: np.ndarray
    periods_per_year: float
    slope: bool
    harmonics: int
    family: Family
    covariance: Covariance
    lags: int

    def design(self, after: np.ndarray, start: np.ndarray | float) -> np.ndarray:
        """Return constant, trend, step, change of trend and season, shape (n, t, p)."""
        since = np.broadcast_to(self.time - np.reshape(start, (-1, 1)), after.shape)
        columns = [np.ones_like(since), since, after, after * since]
        for harmonic in range(1, self.harmonics + 1):
            angle = np.broadcast_to(2 * np.pi * harmonic * self.season, after.shape)
            columns += [np.sin(angle), np.cos(angle)]
        return np.stack(columns if self.slope else columns[:3] + columns[4:], axis=2).astype(float)


class Segments(NamedTuple):
    """Fits of n series, and what each leads to expect without step and change of trend."""

    after: np.ndarray
    design: np.ndarray
    without: np.ndarray
    fit: CountFit
    expected: np.ndarray
    theta: float


class LogRatios(NamedTuple):
    """Log ratios in the order of TERMS with variances and degrees of freedom, shape (n, 4)."""

    estimate: np.ndarray
    variance: np.ndarray
    df: np.ndarray
    autocorrelation: np.ndarray


def segmented_model(
    periods: int,
    time: np.ndarray | None,
    season: np.ndarray | None,
    periods_per_year: float,
    slope: bool,
    harmonics: int,
    family: Family,
    covariance: Covariance,
    lags: int | None,
) -> SegmentedModel:
    """Return a model of periods that follow one another, or were at the times given (years)."""
    clock = np.arange(periods) / periods_per_year if time is None else np.asarray(time, dtype=float)
    step = np.rint((clock - clock[:1]) * periods_per_year).astype(int)
    if not (np.diff(step) > 0).all():
        raise ValueError("time must increase by at least one period from count to count")
    place = clock if season is None else np.asarray(season, dtype=float)
    lags = int(4 * (periods / 100) ** (2 / 9)) if lags is None else lags
    return SegmentedModel(clock, step, place, periods_per_year, slope, harmonics, family, covariance, lags)


def refusal(counts: np.ndarray, after: np.ndarray, model: SegmentedModel) -> str:
    """Return why a series holds no answer, or an empty text."""
    sides = {"before": int((~after).sum()), "after": int(after.sum())}
    for name, periods in sides.items():
        least = MINIMUM_PERIODS if model.slope or name == "before" else MINIMUM_PERIODS // 2
        if periods < least:
            return f"{periods} periods {name} the start; a segmented regression needs {least}"
    if not counts[after].any() or not counts[~after].any():
        return "one side of the start has no counts"
    design = model.design(after[None], float(model.time[after][0]))[0]
    if len(design) - design.shape[1] < MINIMUM_PERIODS // 2:
        return f"{len(design)} periods are too few for {design.shape[1]} terms"
    if np.linalg.matrix_rank(design) < design.shape[1]:
        return "trend, step and season cannot be told apart in these periods"
    return ""


def fit_segments(
    counts: np.ndarray,
    after: np.ndarray,
    person_time: np.ndarray,
    start: np.ndarray | float,
    model: SegmentedModel,
) -> Segments:
    """Fit rows of counts of which each holds an answer."""
    design, offset, theta = model.design(after, start), np.log(person_time), math.inf
    if model.family == "negative-binomial":
        fit, theta = fit_negative_binomial(counts, design, offset)
    else:
        fit = fit_counts(counts, design, offset)
    program = np.zeros(design.shape[2], dtype=bool)
    program[2 : 3 + model.slope] = True
    without = np.where(program, 0.0, design)
    predictor = (without @ fit.coefficients[..., None])[..., 0] + offset
    expected = np.exp(np.clip(predictor, -300, 300))
    return Segments(after, design, without, fit, expected, theta)


def log_ratios(
    segments: Segments, model: SegmentedModel, expected: np.ndarray, *, compared: bool = False
) -> LogRatios:
    """Log ratios of fitted segments.

    The effect is the fitted sum over the sum of `expected`. A comparison series (`compared`) has its part in
    what is expected, so that its own effect is 0 and only what is uncertain of it counts.
    """
    fit, design, without = segments.fit, segments.design, segments.without
    contrasts = np.zeros((len(design), len(TERMS), design.shape[2]))
    contrasts[:, 0, 2] = contrasts[:, 2, 1] = 1
    if model.slope:
        contrasts[:, 1, 3] = 1
    had, would = fit.mean * segments.after, expected * segments.after
    if compared:
        contrasts[:, 3] = _weighted_mean(design - without, would)
    else:
        contrasts[:, 3] = _weighted_mean(design, had) - _weighted_mean(without, would)
    estimate = (contrasts @ fit.coefficients[..., None])[..., 0]
    estimate[:, 3] = 0 if compared else np.log(had.sum(axis=1) / would.sum(axis=1))
    if not model.slope:
        estimate[:, 1] = NAN
    return LogRatios(estimate, *_variance(fit, contrasts, model))


def _weighted_mean(design: np.ndarray, weights: np.ndarray) -> np.ndarray:
    return (weights[:, None] @ design)[:, 0] / weights.sum(axis=1, keepdims=True)


def _variance(
    fit: CountFit, contrasts: np.ndarray, model: SegmentedModel
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return variances and degrees of freedom of contrasts, shape (n, k), and the autocorrelation assumed."""
    student = np.full(contrasts.shape[:2], float(fit.residual_df))
    unknown = np.full(len(contrasts), NAN)
    if model.covariance == "newey-west":
        return newey_west_variance(fit, contrasts, model.step, model.lags), student, unknown
    if model.covariance == "autoregressive":
        return autoregressive_variance(fit, contrasts, model.step, model.family == "poisson")
    variance = np.square(fit.influence(contrasts)).sum(axis=2)
    if model.family != "quasi-poisson":
        return variance, np.full_like(student, np.inf), unknown
    return variance * np.maximum(1, fit.dispersion)[:, None], student, unknown
