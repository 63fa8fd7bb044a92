"""How many concerns were resolved, and after how many days: those still open count as far as they go."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pandas as pd

from outreach_metrics.estimate import Estimate
from outreach_metrics.inference import Result
from outreach_metrics.inference.design_based import wilson
from outreach_metrics.inference.survival import SurvivalCurve, kaplan_meier
from outreach_metrics.metrics.responsiveness.case import (
    Case,
    concern_case,
    refusal,
    sentences,
    template,
    with_groups,
)
from outreach_metrics.registry import metric
from outreach_metrics.study import Study

WITHIN_DAYS = (30, 90, 180)
_LONGEST = 365
ALIKE = "Too few, or all alike, for an interval."


@metric("concern_resolution_share", strand="responsiveness")
def concern_resolution_share(study: Study, program_id: str) -> list[Estimate]:
    """Share of the concerns raised that were resolved: to date, and within 30, 90 and 180 days.

    To date: Wilson (1927). Concerns raised late have had less time, so the shares within days are those of
    Kaplan and Meier (1958), where a concern still open counts until the end of the records, the last day on
    which any concern of the study was raised or resolved; log-log interval. Assumes that concerns raised late
    are resolved as fast as those before. By topic and area to date alone. A concern said to be resolved
    without a day counts as resolved to date and is left out of the shares within days.
    R: `prop.test(x, n, correct = FALSE)`; `1 - summary(survfit(Surv(days, resolved) ~ 1,
    conf.type = "log-log"), times = 30)$surv`.
    """
    empty = template(program_id, "concern_resolution_share", "share", "resolved / raised, Wilson interval")
    made = with_groups(study, program_id, empty, _share)
    case = concern_case(study, program_id)
    return made if refusal(study, case) else [made[0], *_within(case, empty), *made[1:]]


def _share(case: Case, empty: Estimate) -> list[Estimate]:
    values = wilson(int(case.done.sum()), len(case))._asdict()
    late = "Concerns raised late have had little time." if not case.done.all() and not empty.group else ""
    note = sentences(late, *(case.conflicts if not empty.group else ()))
    return [replace(empty, **values, n_after=float(len(case)), note=note)]


def curve(case: Case) -> SurvivalCurve:
    """Return the Kaplan-Meier curve of the concerns still open, by days since they were raised."""
    return kaplan_meier(case.days, case.done & case.dated)


def _within(case: Case, empty: Estimate) -> list[Estimate]:
    """Share resolved within some days, of the curve."""
    found, made = curve(case), []
    note = sentences(f"Concerns still open are followed until {case.end}.", *case.conflicts)
    named = replace(empty, method="Kaplan-Meier, log-log interval", note=note)
    for days in WITHIN_DAYS:
        one, open_ = replace(named, group=f"within {days} days"), found.at(days)
        if math.isnan(open_.estimate):
            made.append(one.declined(f"No concern was followed for {days} days."))
            continue
        result = Result(1 - open_.estimate, 1 - open_.conf_high, 1 - open_.conf_low, math.nan)
        why = "All, or no, concerns were resolved by then: no interval."
        made.append(_with(one, result, float(case.dated.sum()), why))
    return made


@metric("concern_days_to_resolve", strand="responsiveness")
def concern_days_to_resolve(study: Study, program_id: str) -> list[Estimate]:
    """Days until half of the concerns are resolved, in all, by topic and by area.

    Kaplan-Meier median with the interval of Brookmeyer and Crowley (1982) on the log-log scale: concerns
    still open count as far as they were followed, and where fewer than half are resolved there is no median.
    Group "of those resolved" is the median wait of the concerns that were: shorter, for it leaves out those
    that nobody answered. R: `quantile(survfit(Surv(days, resolved) ~ 1, conf.type = "log-log"), 0.5)`.
    """
    how = "Kaplan-Meier median, Brookmeyer-Crowley interval"
    empty = template(program_id, "concern_days_to_resolve", "days", how)
    made = with_groups(study, program_id, empty, _median)
    case = concern_case(study, program_id)
    return made if refusal(study, case) else [made[0], _of_resolved(study, case, empty), *made[1:]]


def _median(case: Case, empty: Estimate) -> list[Estimate]:
    half, n = curve(case).median(), float(case.dated.sum())
    followed = f"Concerns still open are followed until {case.end}."
    named = replace(empty, note=sentences(*((followed, *case.conflicts) if not empty.group else ())))
    if not n:
        return [empty.declined("No concern has a day of resolution.")]
    if math.isnan(half.estimate):
        return [
            empty.declined("Fewer than half of the concerns were resolved in the time they were followed.")
        ]
    open_ones = (case.dated & ~case.done).any()
    return [_with(named, half, n, "The interval reaches beyond what was seen." if open_ones else ALIKE)]


def _of_resolved(study: Study, case: Case, empty: Estimate) -> Estimate:
    named = replace(empty, group="of those resolved", method="median, Brookmeyer-Crowley interval")
    days = case.days[case.done & case.dated]
    if not len(days):
        return named.declined("No concern has a day of resolution.")
    if len(days) < study.settings.min_cell:
        return named.declined(f"Suppressed: fewer than {study.settings.min_cell} concerns were resolved.")
    half = kaplan_meier(days, np.ones(len(days))).median()
    note = "Leaves out the concerns that are open, which have waited longest."
    return _with(replace(named, note=note), half, float(len(days)), ALIKE)


def _with(named: Estimate, result: Result, n: float, without_interval: str) -> Estimate:
    """Fill in a result; an interval with one limit only is none."""
    if math.isnan(result.conf_low) or math.isnan(result.conf_high):
        note = sentences(without_interval, named.note)
        return replace(named, estimate=result.estimate, n_after=n, note=note)
    return replace(named, **result._replace(p_value=math.nan)._asdict(), n_after=n)


def resolution_curve(study: Study, program_id: str) -> pd.DataFrame:
    """Return the share of concerns resolved by days since they were raised, for a chart.

    Parameters
    ----------
    study : Study
    program_id : str

    Returns
    -------
    pandas.DataFrame
        `day` (0 to 365 at most), `resolved`, `conf_low`, `conf_high` (log-log; NaN where none or all are
        resolved) and `followed` (concerns still open and followed just before that day). It ends where fewer
        than `min_cell` are still followed. Empty where `concern_resolution_share` declines.
    """
    columns = ["day", "resolved", "conf_low", "conf_high", "followed"]
    case = concern_case(study, program_id)
    if refusal(study, case) or not case.dated.any():
        return pd.DataFrame(columns=columns, dtype=float)
    found = curve(case)
    rows = []
    for day in range(int(min(found.times[-1], _LONGEST)) + 1):
        later = found.times >= day
        followed = float(found.at_risk[later][0])
        if followed < study.settings.min_cell:
            break
        left = found.at(day)
        rows.append((day, 1 - left.estimate, 1 - left.conf_high, 1 - left.conf_low, followed))
    return pd.DataFrame(rows, columns=columns).astype(float)
