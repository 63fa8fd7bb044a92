"""Placebo dates: the interrupted time series at starts at which nothing began."""

from __future__ import annotations

import math
from functools import partial
from typing import Literal, NamedTuple

import numpy as np

from outreach_metrics.inference.interrupted import Ratios, interrupted_many, seasonal_harmonics
from outreach_metrics.inference.segmented import MINIMUM_PERIODS, NAN, Covariance


class PlaceboDates(NamedTuple):
    """Steps found at false starts; `reason` says why there are none."""

    position: np.ndarray
    level: Ratios
    real_level: float
    share_as_extreme: float
    share_significant: float
    reason: str


def placebo_dates(
    counts: np.ndarray,
    after: np.ndarray,
    exposure: np.ndarray | float = 1.0,
    *,
    time: np.ndarray | None = None,
    season: np.ndarray | None = None,
    periods_per_year: float = 12,
    slope: bool = True,
    harmonics: int | Literal["auto"] = "auto",
    covariance: Covariance = "autoregressive",
    conf_level: float = 0.95,
) -> PlaceboDates:
    """Look for a step at every false start before the real one, where there should be none.

    Parameters
    ----------
    counts, after, exposure, time, season, periods_per_year, slope, harmonics, covariance, conf_level
        As for `interrupted_time_series`. Only periods before the start are used, with at least 8 of them on
        either side of a false start; "auto" is what these periods can carry, for the real step as well.

    Returns
    -------
    PlaceboDates
        `position` counts from the first period given; `share_as_extreme` is the share of the false steps at
        least as far from 1 as the real one, `share_significant` of those with p below 1 - conf_level. Without
        16 periods before, or without a real step, there are none and `reason` says so.

    Notes
    -----
    False starts share most of their data, so that the shares are no p-values. Placebos in time: Abadie A,
    Diamond A & Hainmueller J (2015) Am J Polit Sci 59:495.

    Examples
    --------
    >>> after = np.arange(48) >= 30
    >>> made = np.random.default_rng(2).poisson(50 * np.where(after, 0.6, 1.0))
    >>> found = placebo_dates(made, after, harmonics=0)
    >>> len(found.position), found.share_as_extreme
    (15, 0.0)
    """
    kept = np.asarray(after, dtype=bool)
    cells = np.asarray(counts, dtype=float)
    person_time = np.broadcast_to(np.asarray(exposure, dtype=float), cells.shape)
    early = np.flatnonzero(~kept)
    clock = np.arange(len(kept)) / periods_per_year if time is None else np.asarray(time, dtype=float)
    place = clock if season is None else np.asarray(season, dtype=float)
    pairs = seasonal_harmonics(cells[early], periods_per_year, slope) if harmonics == "auto" else harmonics
    fit = partial(
        interrupted_many,
        periods_per_year=periods_per_year,
        slope=slope,
        harmonics=pairs,
        covariance=covariance,
        conf_level=conf_level,
    )
    real = float(fit(cells, kept, person_time, time=clock, season=place).level.estimate[0])
    cut = np.arange(MINIMUM_PERIODS, len(early) - MINIMUM_PERIODS + 1)
    copies, starts = np.tile(cells[early], (len(cut), 1)), np.arange(len(early)) >= cut[:, None]
    level = fit(copies, starts, person_time[early], time=clock[early], season=place[early]).level
    held = np.isfinite(level.estimate)
    position, found = early[cut[held]], Ratios(*(values[held] for values in level))
    reason = _no_placebo(len(early), found, real)
    if reason:
        return PlaceboDates(position, found, real, NAN, NAN, reason)
    extreme = np.abs(np.log(found.estimate)) >= abs(math.log(real))
    significant = found.p_value < 1 - conf_level
    return PlaceboDates(position, found, real, float(extreme.mean()), float(significant.mean()), "")


def _no_placebo(before: int, level: Ratios, real: float) -> str:
    if before < 2 * MINIMUM_PERIODS:
        return f"{before} periods before the start; false starts need {2 * MINIMUM_PERIODS}"
    if not math.isfinite(real):
        return "there is no step at the real start to compare with"
    return "" if level.estimate.size else "the counts before the start allow no step at a false start"
