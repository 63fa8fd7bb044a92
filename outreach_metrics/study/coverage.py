"""Which periods the counts cover: rows that stray far from the others, outcomes and areas that stop early."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from outreach_metrics.study.reading import Draft
from outreach_metrics.study.windows import FREQUENCIES
from outreach_metrics.study.wording import listing, plural, shortened

# Share of the rows that may stray at each end of the data.
STRAY_SHARE = 0.05
_YEAR = {"month": 12, "week": 52, "quarter": 4, "year": 1}


def drop_stray(draft: Draft, place: Mapping[str, pd.Period]) -> None:
    """Leave out the few rows that a long gap parts from all others, with a warning.

    Parameters
    ----------
    draft : Draft
        The checked counts.
    place : mapping of period text to Period
        The period of the study's unit that each belongs to.
    """
    if len(draft.frame) < 8:
        return
    numbers = draft.frame["period"].map({text: period.ordinal for text, period in place.items()})
    first, last = _covered(numbers.value_counts().sort_index())
    stray = draft.frame.index[((numbers < first) | (numbers > last)).to_numpy()]
    if not len(stray):
        return
    texts = draft.frame.loc[stray, "period"]
    message = (
        f"{plural(len(stray), 'row')} left out, because a long gap without any count lies between "
        f"{'it' if len(stray) == 1 else 'them'} and the others ({listing(texts.unique())})"
    )
    draft.tell(
        message,
        "outside_the_covered_span",
        "warning",
        row=int(stray[0]),
        column="period",
        value=texts.iloc[0],
    )
    draft.drop(stray, "outside the covered span")


def _covered(rows: pd.Series) -> tuple[int, int]:
    """Return the first and last period number; the longest gap of the core tells how sparse the data are."""
    numbers = rows.index.to_numpy()
    upto = rows.cumsum().to_numpy()
    total = upto[-1]
    most = max(STRAY_SHARE * total, 1.0)
    core = np.flatnonzero((upto > most) & (total - upto + rows.to_numpy() > most))
    low, high = int(core[0]), int(core[-1])
    gaps = np.diff(numbers) - 1
    long = 3 * (int(gaps[low:high].max(initial=0)) + 1)
    while low > 0 and gaps[low - 1] < long:
        low -= 1
    while high < len(gaps) and gaps[high] < long:
        high += 1
    return int(numbers[low]), int(numbers[high])


def tell_stopped(draft: Draft, columns: np.ndarray, periods: pd.PeriodIndex, unit: str) -> None:
    """Warn of outcomes and areas that are counted much later, or end much earlier, than the others.

    Parameters
    ----------
    draft : Draft
        The counts inside the covered span; receives the warnings.
    columns : ndarray of int, shape (rows,)
        Position of each row's period.
    periods : PeriodIndex
    unit : str
        "month", "week", "quarter" or "year".

    Notes
    -----
    An outcome is judged by the longest time that it is away between its first and its last. Areas are judged
    only where nine in ten have a row in every period: elsewhere an absent row is a zero that was left out.
    """
    long = max(min(_YEAR[unit], -(-len(periods) // 4)), 3 if unit != "year" else 2)
    for outcome, at in _seen(draft.frame["outcome"], columns):
        gap = int((np.diff(at) - 1).max(initial=0))
        if len(at) >= 3:
            _tell_away(draft, "outcome", outcome, at, periods, max(long, 2 * gap + 1))
    ends = pd.Series(columns).groupby(draft.frame["area_id"].to_numpy()).agg(["min", "max", "nunique"])
    full = ends["max"] - ends["min"] + 1 == ends["nunique"]
    if full.mean() < 0.9:
        return
    for area, at in ends[full & (ends["nunique"] >= 3)].iterrows():
        _tell_away(draft, "area_id", str(area), at.to_numpy()[:2], periods, long)


def _seen(names: pd.Series, columns: np.ndarray) -> list[tuple[str, np.ndarray]]:
    groups = pd.Series(columns).groupby(names.to_numpy(), sort=False)
    return [(str(name), np.unique(at)) for name, at in groups]


def _tell_away(
    draft: Draft, column: str, who: str, at: np.ndarray, periods: pd.PeriodIndex, least: int
) -> None:
    noun = column.removesuffix("_id")
    rows = draft.frame.index[draft.frame[column] == who]
    late, early = int(at[0]), len(periods) - 1 - int(at[-1])
    for away, when in (
        (late, f"starts at {periods[late]}, {plural(late, 'period')} after the others"),
        (early, f"ends at {periods[at[-1]]}, {plural(early, 'period')} before the others"),
    ):
        if away >= least:
            message = (
                f"the {noun} {shortened(who)} {when}; its missing cells are taken as 0: "
                f"if it was not counted then, the crime figures of this {noun} show a change that is none"
            )
            draft.tell(message, "counted_in_part", "warning", row=int(rows[0]), column=column, value=who)


def drop_overlaps(draft: Draft, parsed: Mapping[str, tuple]) -> None:
    """Leave out rows whose period lies in a longer one of the same area and outcome: they count twice.

    Parameters
    ----------
    draft : Draft
        The checked counts.
    parsed : mapping of period text to (kind, first day, last day)
    """
    there = {bounds[0] for bounds in parsed.values()}
    order = [kind for kind in ("day", "week", "month", "quarter", "year") if kind in there]
    found: dict[int, int] = {}
    for longer in order[1:]:
        shorter = order[: order.index(longer)]
        found |= _held(draft.frame, parsed, longer, shorter)
    rows = sorted(found)
    messages = [
        f"{draft.frame.loc[row, 'period']} lies in {draft.frame.loc[found[row], 'period']} of row "
        f"{found[row]}, for the same area and outcome, and would count twice; the longer period is used"
        for row in rows[:5]
    ]
    draft.tell_rows(rows, messages, "overlapping_periods", column="period")
    draft.drop(rows, "in a longer period")


def _held(
    frame: pd.DataFrame, parsed: Mapping[str, tuple], longer: str, shorter: list[str]
) -> dict[int, int]:
    """Return the rows of shorter periods that touch a longer one, and the row of that."""
    starts = {
        text: {pd.Period(day, freq=FREQUENCIES[longer]).start_time.date() for day in bounds[1:]}
        for text, bounds in parsed.items()
        if bounds[0] in shorter
    }
    columns = ["area_id", "outcome", "period"]
    rows = frame.loc[
        frame["period"].map({text: bounds[0] == longer for text, bounds in parsed.items()}), columns
    ]
    held = {(area, what, parsed[text][1]): row for row, area, what, text in rows.itertuples()}
    return {
        row: held[area, what, start]
        for row, area, what, text in frame.loc[frame["period"].isin(starts), columns].itertuples()
        for start in starts[text]
        if (area, what, start) in held
    }
