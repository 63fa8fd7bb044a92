"""Periods before and after a start, balanced over the calendar so that season is no effect."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date

import numpy as np
import pandas as pd

FREQUENCIES: dict[str, str] = {"month": "M", "week": "W-SUN", "quarter": "Q-DEC", "year": "Y-DEC"}
PERIODS_PER_YEAR: dict[str, float] = {"month": 12, "week": 365.25 / 7, "quarter": 4, "year": 1}
_SEASON: dict[str, int] = {"month": 12, "week": 52, "quarter": 4, "year": 1}


@dataclass(frozen=True, slots=True, kw_only=True)
class Windows:
    """Positions of the periods compared.

    Parameters
    ----------
    before, after : ndarray of int
        Positions along the panel's periods, in order; empty when there is no such period.
    unit : str
        "month", "week", "quarter" or "year".
    notes : tuple of str
        Each departure from the windows that study.toml asks for, as a sentence.
    balanced : bool
        Whether both windows hold the same mix of calendar positions.
    all_before, all_after : ndarray of int
        The same before they are cut to the same calendar positions, for models that estimate the season.
    all_notes : tuple of str
        The notes that hold for these too.
    """

    before: np.ndarray
    after: np.ndarray
    unit: str
    notes: tuple[str, ...] = ()
    balanced: bool = True
    all_before: np.ndarray = field(default_factory=lambda: np.empty(0, dtype=int))
    all_after: np.ndarray = field(default_factory=lambda: np.empty(0, dtype=int))
    all_notes: tuple[str, ...] = ()

    @property
    def years(self) -> tuple[float, float]:
        """Length of both windows in years."""
        per_year = PERIODS_PER_YEAR[self.unit]
        return len(self.before) / per_year, len(self.after) / per_year

    @property
    def note(self) -> str:
        """The notes as one text."""
        return " ".join(self.notes)


def calendar_position(periods: pd.PeriodIndex, unit: str) -> np.ndarray:
    """Return where in the year each period lies (month, quarter or week number; 0 for years)."""
    if unit == "year":
        return np.zeros(len(periods), dtype=int)
    return np.asarray({"month": periods.month, "quarter": periods.quarter, "week": periods.week}[unit])


def windows(
    periods: pd.PeriodIndex,
    *,
    start: date,
    rollout_end: date | None = None,
    unit: str = "month",
    before: int = 24,
    after: int = 24,
    transition: int = 0,
) -> Windows:
    """Choose the periods before and after a start.

    The period in which the program starts belongs to the window after when the program starts on its first
    day; otherwise it is part before and part after and is left out. Where the data do not cover both windows,
    they are cut to the same calendar positions (the same months, quarters or weeks, in the same
    proportion), so that a season is never taken for an effect.

    Parameters
    ----------
    periods : pandas.PeriodIndex, length t
        The covered span, without gaps.
    start : date
        First day of the program.
    rollout_end : date, optional
        Start of its last area, where areas start one after another; what lies between is left out.
    unit : {"month", "week", "quarter", "year"}
    before, after : int
        Periods wanted.
    transition : int
        Periods dropped after the start.

    Returns
    -------
    Windows
        Empty windows, with a note, when the start lies outside the covered span.

    Examples
    --------
    >>> span = pd.period_range("2020-01", "2023-12", freq="M")
    >>> chosen = windows(span, start=date(2022, 1, 1))
    >>> len(chosen.before), len(chosen.after), chosen.notes
    (24, 24, ())
    >>> late = windows(span, start=date(2023, 7, 1))
    >>> [str(span[late.before[0]]), str(span[late.before[-1]]), len(late.before), len(late.after)]
    ['2021-07', '2022-12', 12, 6]
    """
    frequency = FREQUENCIES[unit]
    first = pd.Period(start, freq=frequency)
    last = pd.Period(rollout_end or start, freq=frequency)
    starts_inside = last.start_time.date() != (rollout_end or start)
    notes: list[str] = []
    if last != first:
        notes.append(f"Areas started between {first} and {last}; the periods between are left out.")
    elif starts_inside:
        notes.append(f"The program started within {first}; that {unit} is left out.")
    if transition:
        notes.append(f"{transition} {unit}{'s' * (transition > 1)} after the start left out as transition.")
    ordinals = periods.asi8
    candidates = np.arange(len(periods))
    pool_before = candidates[ordinals < first.ordinal][-before:] if before else candidates[:0]
    pool_after = candidates[ordinals >= last.ordinal + starts_inside + transition][:after]
    kept_before, kept_after, balanced = _balance(
        calendar_position(periods, unit), pool_before, pool_after, _SEASON[unit]
    )
    of_all = tuple(notes)
    notes.extend(_shortening(unit, (before, after), (kept_before, kept_after), balanced))
    return Windows(
        before=kept_before,
        after=kept_after,
        unit=unit,
        notes=tuple(notes),
        balanced=balanced,
        all_before=pool_before,
        all_after=pool_after,
        all_notes=of_all,
    )


def balanced(periods: pd.PeriodIndex, before: np.ndarray, after: np.ndarray, unit: str) -> tuple:
    """Return positions before and after cut to the same calendar positions, and whether they are the same.

    Examples
    --------
    >>> span = pd.period_range("2020-01", "2021-12", freq="M")
    >>> before, after, alike = balanced(span, np.arange(10), np.arange(10, 24), "month")
    >>> len(before), len(after), alike
    (10, 10, True)
    """
    return _balance(calendar_position(periods, unit), before, after, _SEASON[unit])


def _balance(
    position: np.ndarray, before: np.ndarray, after: np.ndarray, season: int
) -> tuple[np.ndarray, np.ndarray, bool]:
    """Keep the same mix of calendar positions on both sides, as many periods as that allows."""
    count_before = np.bincount(position[before], minlength=position.max(initial=0) + 2)
    count_after = np.bincount(position[after], minlength=len(count_before))
    matched = np.minimum(count_before, count_after)
    shorter = min(len(before), len(after))
    if season == 52:
        whole_years = len(before) % 52 == 0 and len(after) % 52 == 0
        if whole_years:
            return before, after, True
    if shorter == 0 or matched.sum() * 2 < shorter:
        return before, after, shorter == 0
    held = matched > 0
    quota_before = matched * (count_before[held] // matched[held]).min()
    quota_after = matched * (count_after[held] // matched[held]).min()
    return (
        _take(position, before[::-1], quota_before)[::-1],
        _take(position, after, quota_after),
        True,
    )


def _take(position: np.ndarray, candidates: np.ndarray, quota: np.ndarray) -> np.ndarray:
    """Take candidates in order until each calendar position has its quota."""
    own = position[candidates]
    rank = np.tril(own[:, None] == own, -1).sum(axis=1)
    return candidates[rank < quota[own]]


def _shortening(
    unit: str, wanted: tuple[int, int], kept: tuple[np.ndarray, np.ndarray], balanced: bool
) -> list[str]:
    notes = []
    for name, asked, found in zip(("before", "after"), wanted, kept, strict=True):
        if len(found) < asked:
            reason = (
                "to keep the same calendar months on both sides"
                if unit == "month"
                else "to keep season equal"
            )
            of = f"{len(found)} of {asked} {unit}s {name} are used"
            notes.append(
                f"{of}, because the data end there or {reason}."
                if len(found)
                else f"There is no {unit} {name}."
            )
    if not balanced:
        notes.append("The two windows fall in different seasons: a season can look like an effect here.")
    return notes
