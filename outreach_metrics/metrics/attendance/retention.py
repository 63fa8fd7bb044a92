"""How long people keep coming: Kaplan-Meier curve from a person's first event to the last."""

from __future__ import annotations

import math
from dataclasses import replace
from functools import lru_cache
from typing import NamedTuple

import numpy as np
import pandas as pd

from outreach_metrics.estimate import Estimate
from outreach_metrics.inference import Result
from outreach_metrics.inference.survival import SurvivalCurve, kaplan_meier
from outreach_metrics.metrics.attendance.case import (
    NAN,
    attendance_case,
    no_people,
    sentences,
    some,
    template,
)
from outreach_metrics.metrics.attendance.protection import BESIDE, number_hidden
from outreach_metrics.registry import metric
from outreach_metrics.study import Study

GAP_DAYS = 180
"""A person not seen for so many days before the end of the records is lost; more where events are rarer."""
AFTER_MONTHS = (6, 12)
_DAYS_A_MONTH = 365.25 / 12
_LONGEST = 60


class Followed(NamedTuple):
    """The curve, people in it, those who first came too late to be followed, and the gap in days."""

    curve: SurvivalCurve
    people: int
    late: int
    gap: int
    reason: str = ""

    @property
    def note(self) -> str:
        """What the curve counts as lost."""
        late = f"People who first came in the last {self.gap} days are not followed."
        return sentences(
            f"Lost is who was not seen in the last {self.gap} days of the records.",
            late if self.late else "",
        )

    def lost(self, month: float) -> float:
        """People lost by a month."""
        return float(self.curve.events[self.curve.times <= month].sum())

    def left(self, month: float) -> float:
        """People still followed after a month."""
        later = self.curve.times > month
        return float(self.curve.at_risk[later][0]) if later.any() else 0.0


@lru_cache(maxsize=32)
def _followed(study: Study, program_id: str) -> Followed:
    """Follow everyone from the first event to the last, or to a gap before the end of the records.

    A loss in the last gap could not be seen, so nobody is followed into it, whoever came in it.
    """
    case = attendance_case(study, program_id)
    days = case.events["date"].to_numpy(dtype="datetime64[D]")
    seen = case.came & case.named & ~np.isnat(days)[case.event]
    day, person = days[case.event[seen]].astype("int64"), case.person[seen]
    nobody = kaplan_meier(np.empty(0), np.empty(0))
    held = np.unique(day)
    if len(held) < 3:
        reason = "Retention takes names at three dated events or more."
        return Followed(nobody, 0, 0, GAP_DAYS, reason)
    gap = max(GAP_DAYS, math.ceil(2 * float(np.median(np.diff(held)))))
    _, first = np.unique(person, return_index=True)
    _, last = np.unique(person[::-1], return_index=True)
    start, end = day[first], day[::-1][last]
    horizon = int(held[-1]) - gap
    followed = start <= horizon
    if not followed.any():
        reason = f"The records do not reach {gap} days past anybody's first event."
        return Followed(nobody, 0, len(start), gap, reason)
    stop = np.minimum(end, horizon)[followed] - start[followed]
    curve = kaplan_meier(stop / _DAYS_A_MONTH, (end <= horizon)[followed])
    return Followed(curve, int(followed.sum()), int((~followed).sum()), gap)


def _told(found: Followed, min_cell: int) -> list[int]:
    """Months at which the curve may be told: between two of them, and after each, few people are never lost.

    The months of the metric go first, the last foremost, so that curve and metric together tell no more.
    """
    last = int(found.curve.times[-1]) if len(found.curve.times) else 0
    told: list[int] = []
    for month in (*reversed(AFTER_MONTHS), *range(1, min(last, _LONGEST) + 1)):
        before = max((m for m in told if m <= month), default=-1)
        after = min((m for m in told if m >= month), default=month)
        lost = np.diff([found.lost(m) for m in (before, month, after)])
        reached = not math.isnan(found.curve.at(month).estimate)
        if reached and month not in told and not some([*lost, found.left(month)], min_cell):
            told.append(month)
    return sorted(told)


@metric("attendance_retention", strand="attendance")
def attendance_retention(study: Study, program_id: str) -> list[Estimate]:
    """Share of people who still come 6 and 12 months after their first event, and for how long they come.

    Kaplan and Meier (1958) with a log-log interval: time from a person's first event to the last; lost is
    who was not seen for 180 days before the end of the records (twice the usual time between events, if
    longer), the others are censored at the start of those days. Group "median" is the time until half are
    lost, "first 12 months" the restricted mean with its sampling error (Klein and Moeschberger 2003). All
    retained or all lost: no interval. R: `survival::survfit(Surv(months, lost) ~ 1, conf.type = "log-log")`.
    """
    case, least = attendance_case(study, program_id), study.settings.min_cell
    empty = template(program_id, "attendance_retention", "share", "Kaplan-Meier, log-log interval")
    if not len(case.people):
        return no_people(empty)
    found = _followed(study, program_id)
    hidden = number_hidden(case, least) or (BESIDE if some([found.people], least) else "")
    if found.reason or hidden:
        return [empty.declined(hidden or found.reason)]
    people = NAN if some([found.late], least) else float(found.people)
    named = replace(empty, n_after=people, note=sentences(found.note, case.nameless))
    return [*_shares(named, found, least), *_times(replace(named, unit="months"), found, least)]


def _short(months: int) -> str:
    return f"Nobody was followed for {months} months."


def _shares(named: Estimate, found: Followed, min_cell: int) -> list[Estimate]:
    """Share retained after some months; kept back where it shows that few people were lost or left."""
    told, made = _told(found, min_cell), []
    for month in AFTER_MONTHS:
        one, result = replace(named, group=f"after {month} months"), found.curve.at(month)
        if math.isnan(result.estimate):
            made.append(one.declined(_short(month)))
        elif month not in told:
            made.append(one.declined(BESIDE))
        else:
            made.append(_with(one, result, "Everybody was retained, or lost: there is no interval."))
    return made


def _times(named: Estimate, found: Followed, min_cell: int) -> list[Estimate]:
    """Median and restricted mean, in months; they tell nothing of few people lost or left by then."""
    limit = AFTER_MONTHS[-1]
    half, area = found.curve.median(), found.curve.restricted_mean(limit)
    cases = (
        ("median", "Kaplan-Meier, median time to loss", half, half.estimate, "Fewer than half were lost."),
        (
            f"first {limit} months",
            "area under the Kaplan-Meier curve",
            area,
            limit,
            _short(limit),
        ),
    )
    made = []
    for group, method, result, time, why in cases:
        one = replace(named, group=group, method=method)
        if math.isnan(result.estimate):
            made.append(one.declined(why))
        elif some([found.lost(time), found.left(time)], min_cell):
            made.append(one.declined(BESIDE))
        else:
            made.append(_with(one, result, "The interval reaches beyond what was seen."))
    return made


def _with(named: Estimate, result: Result, without_interval: str) -> Estimate:
    """Fill in a result; an interval with one limit only is none."""
    if not math.isnan(result.conf_low) and not math.isnan(result.conf_high):
        return replace(named, **result._replace(p_value=NAN)._asdict())
    return replace(named, estimate=result.estimate, note=sentences(without_interval, named.note))


def retention_curve(study: Study, program_id: str) -> pd.DataFrame:
    """Return the share of people who still come, by months since their first event, for a chart.

    Parameters
    ----------
    study : Study
    program_id : str

    Returns
    -------
    pandas.DataFrame
        `month` (0 to 60 at most), `retained`, `conf_low`, `conf_high` (log-log; NaN where all are retained or
        lost). Months in which few people were lost, or after which few are left, are not there; empty where
        `attendance_retention` declines.
    """
    columns = ["month", "retained", "conf_low", "conf_high"]
    case, least = attendance_case(study, program_id), study.settings.min_cell
    found = _followed(study, program_id)
    if found.reason or number_hidden(case, least) or found.people < least:
        return pd.DataFrame(columns=columns, dtype=float)
    rows = [(0, 1.0, NAN, NAN), *((month, *found.curve.at(month)[:3]) for month in _told(found, least))]
    return pd.DataFrame(rows, columns=columns).astype(float)
