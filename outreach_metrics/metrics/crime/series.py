"""The treated series over time: interrupted time series, and the frame behind the chart."""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache

import numpy as np
import pandas as pd

from outreach_metrics.estimate import Estimate
from outreach_metrics.inference.interrupted import Segmented, interrupted_time_series
from outreach_metrics.metrics.crime.case import (
    Case,
    crime_case,
    crime_estimate,
    each_outcome,
    residents_note,
    with_result,
)
from outreach_metrics.registry import metric
from outreach_metrics.study import Study
from outreach_metrics.study.windows import PERIODS_PER_YEAR

CONTROLLED = "controlled interrupted time series"
SINGLE = "interrupted time series of the treatment areas alone"


@metric("crime_its_level", strand="crime")
def crime_its_level(study: Study, program_id: str) -> list[Estimate]:
    """Step at the start of the program in the treated series, against its own trend and season.

    Where there are comparison areas, the step is relative to theirs (a controlled series).
    """
    return _segments(study, program_id, "crime_its_level", "level", "ratio")


@metric("crime_its_slope", strand="crime")
def crime_its_slope(study: Study, program_id: str) -> list[Estimate]:
    """Yearly trend after the start / yearly trend before it, in the treated series.

    Where there are comparison areas, the change of trend is relative to theirs (a controlled series).
    """
    return _segments(study, program_id, "crime_its_slope", "slope", "ratio per year")


def _segments(study: Study, program_id: str, metric_name: str, part: str, unit: str) -> list[Estimate]:
    program = study.program(program_id)
    level = 3 if program.comparison else 2
    template = crime_estimate(program_id, metric_name, unit=unit, design_level=level)
    return each_outcome(study, program_id, template, lambda case, start: _segment(study, case, start, part))


def segmented(case: Case, *, controlled: bool) -> Segmented:
    """Return the interrupted time series of a case, with its comparison areas or without."""
    used = np.concatenate([case.windows.all_before, case.windows.all_after])
    per_year = PERIODS_PER_YEAR[case.windows.unit]

    roles = ["treatment", *(["comparison"] if controlled else [])]
    exposures = case.weights(*roles)[:, used] / per_year
    series = [case.series(role).sum(axis=0)[used] for role in roles]
    return interrupted_time_series(
        series[0],
        used > case.windows.all_before[-1],
        exposures[0],
        time=used / per_year,
        periods_per_year=per_year,
        comparison=(series[1], exposures[1]) if controlled else None,
    )


@lru_cache(maxsize=128)
def _fitted(study: Study, program_id: str, outcome: str) -> Segmented:
    case = crime_case(study, study.program(program_id), outcome)
    return segmented(case, controlled=bool(case.program.comparison))


def _segment(study: Study, case: Case, template: Estimate, name: str) -> Estimate:
    controlled = bool(case.program.comparison)
    found = _fitted(study, case.program.program_id, case.outcome)
    result = getattr(found, name)
    told = " ".join(f"{note[:1].upper()}{note[1:].rstrip('.')}." for note in found.notes)
    if not np.isfinite(result.estimate):
        return template.declined(told or "The model has no answer for this series.")
    return with_result(
        replace(template, note=" ".join(case.windows.all_notes)),
        result,
        told,
        residents_note(case, "treatment", *(["comparison"] if controlled else [])),
        method=f"{CONTROLLED if controlled else SINGLE}: {found.method}",
        n_before=float(case.series("treatment")[:, case.windows.all_before].sum()),
        n_after=float(case.series("treatment")[:, case.windows.all_after].sum()),
    )


def crime_series(study: Study, program_id: str, outcome: str) -> pd.DataFrame:
    """Return the series behind the crime metrics, for charts.

    Parameters
    ----------
    study : Study
    program_id, outcome : str

    Returns
    -------
    pandas.DataFrame
        One row a period and group: `period` (its first moment), `group` (treatment or comparison), `count`,
        `rate` (incidents per `rate_per` residents per year; NaN where residents are not known), `window`
        (before, after or left out) and `expected` (rate that the treated series' own trend and season before
        the start, and the comparison areas where there are, lead to expect after it; NaN elsewhere).
        Empty without counts or treatment areas.
    """
    columns = ["period", "group", "count", "rate", "window", "expected"]
    program = study.program(program_id)
    if study.panel is None or not program.treatment:
        return pd.DataFrame(columns=columns)
    case = crime_case(study, program, outcome)
    chosen = case.windows
    window = np.full(len(study.panel.periods), "left out", dtype=object)
    window[chosen.before], window[chosen.after] = "before", "after"
    frames = []
    for role in ("treatment", "comparison"):
        if not program.areas.get(role):
            continue
        count, residents = case.series(role).sum(axis=0), case.residents(role)
        per_resident = (
            PERIODS_PER_YEAR[chosen.unit] * case.rate_per / np.where(residents > 0, residents, np.nan)
        )
        expected = _expected(case) if role == "treatment" else np.full(len(count), np.nan)
        frame = {"period": study.panel.periods.start_time, "group": role, "count": count, "window": window}
        frame |= {"rate": count * per_resident, "expected": expected * per_resident}
        frames.append(pd.DataFrame(frame)[columns])
    return pd.concat(frames, ignore_index=True)


def _expected(case: Case) -> np.ndarray:
    """Return the counts expected after the start without the program, shape (t,); NaN where not known."""
    expected = np.full(len(case.panel.periods), np.nan)
    before, after = case.windows.all_before, case.windows.all_after
    if not (len(before) and len(after)):
        return expected
    if case.program.comparison:
        treated, other = (case.series(role).sum(axis=0) for role in ("treatment", "comparison"))
        with np.errstate(divide="ignore", invalid="ignore"):
            weights = np.divide(*case.weights("treatment", "comparison"))
        base = float((other * weights)[case.windows.before].sum())
        if base > 0:
            ratio = float(treated[case.windows.before].sum()) / base
            expected[after] = (other * weights)[after] * ratio
        return expected
    expected[after] = segmented(case, controlled=False).expected[len(before) :]
    return expected
