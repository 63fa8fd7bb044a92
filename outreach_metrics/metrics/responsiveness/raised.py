"""How many concerns were raised, how many a month, and whether that rises or falls."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pandas as pd

from outreach_metrics.estimate import Estimate
from outreach_metrics.inference.design_based import contrast
from outreach_metrics.inference.trend import count_trend
from outreach_metrics.metrics.responsiveness.case import (
    FULL_COUNT,
    Case,
    concern_case,
    refusal,
    template,
    with_groups,
)
from outreach_metrics.registry import metric
from outreach_metrics.study import Study

LEAST_MONTHS = 12
SLACK_DAYS = 7
"""Days without a concern that the last month of the records may end with, and still be taken for whole."""
MORE_IS_NOT_WORSE = "More concerns can mean more trouble, or more trust that somebody listens."


@metric("concern_count", strand="responsiveness")
def concern_count(study: Study, program_id: str) -> list[Estimate]:
    """Concerns that residents raised, in all, by topic and by area.

    Each is taken for a person's: fewer than `min_cell` are not shown, and small topics and areas are put
    together as "all others".
    """
    empty = template(program_id, "concern_count", "concerns", "count", FULL_COUNT)
    return with_groups(study, program_id, empty, _count)


def _count(case: Case, empty: Estimate) -> list[Estimate]:
    return [replace(empty, estimate=float(len(case)), n_after=float(len(case)))]


def whole_months(study: Study, program_id: str, case: Case) -> tuple[pd.PeriodIndex, np.ndarray]:
    """Return the whole months of a program's life that the records cover, and the concerns of each."""
    program = study.program(program_id)
    last = min(pd.Timestamp(program.end or case.end), pd.Timestamp(case.end))
    first = min(pd.Timestamp(program.start), pd.Timestamp(case.raised[0]))
    months = pd.period_range(first, last, freq="M")
    if len(months) and first.day > 1:
        months = months[1:]
    if len(months) and last + pd.Timedelta(days=SLACK_DAYS) < months[-1].end_time.normalize():
        months = months[:-1]
    of = pd.PeriodIndex(pd.to_datetime(case.raised), freq="M")
    return months, np.array([(of == month).sum() for month in months], dtype=float)


@metric("concern_rate", strand="responsiveness")
def concern_rate(study: Study, program_id: str) -> list[Estimate]:
    """Concerns raised a month, over the whole months from the start to the end of the records.

    Mean over months with a t interval, so that it holds for months to come if they are like these.
    """
    case = concern_case(study, program_id)
    empty = template(program_id, "concern_rate", "concerns per month", "mean over months, t interval")
    why = refusal(study, case)
    if why:
        return [empty.declined(why)]
    _, counts = whole_months(study, program_id, case)
    if not len(counts):
        return [empty.declined("The records of concerns cover no whole month.")]
    result = contrast([counts], [1.0]).result()
    bare = math.isnan(result.conf_low)
    values = result._replace(p_value=math.nan, conf_low=math.nan if bare else max(result.conf_low, 0.0))
    note = "Too few or too even months for an interval." if bare else ""
    return [replace(empty, **values._asdict(), n_after=float(len(counts)), note=note)]


@metric("concern_trend", strand="responsiveness")
def concern_trend(study: Study, program_id: str) -> list[Estimate]:
    """Factor by which the concerns raised a month change per year, by negative binomial regression.

    Takes a year of whole months; with two years the season is taken out.
    """
    case = concern_case(study, program_id)
    how = "negative binomial regression on time"
    empty = template(program_id, "concern_trend", "ratio per year", how, MORE_IS_NOT_WORSE)
    why = refusal(study, case)
    if why:
        return [empty.declined(why)]
    months, counts = whole_months(study, program_id, case)
    if len(counts) < LEAST_MONTHS:
        return [empty.declined(f"A trend takes at least {LEAST_MONTHS} whole months of records.")]
    season = np.asarray(months.month) / 12
    result, method = count_trend(counts, np.arange(len(counts)) / 12, season=season)
    if math.isnan(result.estimate):
        return [empty.declined("The concerns do not vary enough over the months to fit a trend.")]
    return [replace(empty, **result._asdict(), n_after=float(counts.sum()), method=method)]
