"""Concerns raised and resolved period by period, in periods long enough to be shown."""

from __future__ import annotations

import numpy as np
import pandas as pd

from outreach_metrics.inference.design_based import wilson
from outreach_metrics.metrics.responsiveness.case import Case, concern_case, refusal
from outreach_metrics.study import Study

RESOLVED_WITHIN = 90
SHOWN_FROM = 0.75
"""Share of the periods of a length that have to hold `min_cell` concerns for that length to be used."""
_LENGTHS = {"quarter": 3, "half-year": 6, "year": 12}


def concerns_by_period(study: Study, program_id: str, length: str = "") -> pd.DataFrame:
    """Return the concerns raised in each quarter, half-year or year, and the share answered in time.

    Parameters
    ----------
    study : Study
    program_id : str
    length : {"", "quarter", "half-year", "year"}
        Empty for the shortest of these of which three in four hold as many concerns as may be shown.

    Returns
    -------
    pandas.DataFrame
        `start`, `end` (first day, and first day after), `length`, `raised` (NaN where it is not shown, see
        `kept_back`), `resolved` (share of
        those raised that were resolved within 90 days, NaN where the records end sooner), `conf_low`,
        `conf_high` (Wilson). Concerns said to be resolved without a day are not in the share.
        Empty where nothing may be shown.
    """
    columns = ["start", "end", "length", "raised", "resolved", "conf_low", "conf_high"]
    case, least = concern_case(study, program_id), study.settings.min_cell
    if refusal(study, case):
        return pd.DataFrame(columns=columns)
    for name in [length] if length else _LENGTHS:
        edges = _edges(case, _LENGTHS[name])
        place = np.searchsorted(edges, case.raised, side="right") - 1
        counts = np.bincount(place, minlength=len(edges) - 1).astype(float)
        if (counts >= least).mean() >= SHOWN_FROM:
            break
    years = edges[:-1].astype("datetime64[Y]").astype(int)
    shown = np.where(kept_back(counts, years, least), np.nan, counts)
    rows = [
        (start, end, name, number, *_share(case, place == at, end, least if np.isnan(number) else 0))
        for at, (start, end, number) in enumerate(zip(edges[:-1], edges[1:], shown, strict=True))
    ]
    frame = pd.DataFrame(rows, columns=columns)
    return frame.assign(start=pd.to_datetime(frame["start"]), end=pd.to_datetime(frame["end"]))


def _edges(case: Case, months: int) -> np.ndarray:
    """Return the first days of the periods that hold all concerns, and the day after the last."""
    first, last = (pd.Timestamp(case.raised[place]) for place in (0, -1))
    start = pd.Timestamp(first.year, (first.month - 1) // months * months + 1, 1)
    days = pd.date_range(start, last + pd.DateOffset(months=months), freq=pd.DateOffset(months=months))
    return days.to_numpy(dtype="datetime64[D]")


def kept_back(
    counts: np.ndarray, years: np.ndarray, least: int, held: np.ndarray | bool = False
) -> np.ndarray:
    """Return which counts of people by period are not shown, so that no few are known from the sums of years.

    Parameters
    ----------
    counts, years : ndarray, shape (t,)
        A count a period, and the calendar year that the period is in; years and the whole are shown too.
    least : int
        A count from 1 to below this is not shown, and the smallest other of its year (of a year: of all
        years) with it where it would be the only one.
    held : ndarray of bool, shape (t,), optional
        Periods that are not shown for another reason.

    Examples
    --------
    >>> kept_back(np.array([3.0, 40, 25, 30]), np.array([2023, 2023, 2024, 2024]), 10).tolist()
    [True, True, False, False]
    """
    hidden = (counts > 0) & ((counts < least) | held)
    names, of = np.unique(years, return_inverse=True)
    sums = np.bincount(of, counts, minlength=len(names))
    told = np.bincount(of, (counts > 0) & ~hidden, minlength=len(names)) > 0
    whole = _never_alone(sums, (sums > 0) & ((sums < least) | ~told))
    hidden |= whole[of] & (counts > 0)
    for year in range(len(names)):
        hidden[of == year] = _never_alone(counts[of == year], hidden[of == year])
    return hidden


def _never_alone(counts: np.ndarray, hidden: np.ndarray) -> np.ndarray:
    """Hide the smallest other count where one alone is hidden."""
    others = np.flatnonzero(~hidden & (counts > 0))
    if hidden.sum() == 1 and len(others):
        hidden[others[counts[others].argmin()]] = True
    return hidden


def _share(case: Case, rows: np.ndarray, end: np.datetime64, hidden: int) -> tuple[float, float, float]:
    """Share resolved within 90 days of the concerns raised in a period, once all had so long."""
    own = case.take(rows & case.dated)
    nothing = (np.nan,) * 3
    if hidden or not len(own) or end + np.timedelta64(RESOLVED_WITHIN - 1, "D") > case.end:
        return nothing
    in_time = own.done & (own.days <= RESOLVED_WITHIN)
    return tuple(wilson(int(in_time.sum()), len(own))[:3])
