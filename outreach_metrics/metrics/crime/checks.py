"""Named checks of whether a change in crime can be read as the program's effect."""

from __future__ import annotations

import math
from dataclasses import replace
from types import MappingProxyType

import numpy as np
import pandas as pd

from outreach_metrics.check import Check, Verdict
from outreach_metrics.estimate import Estimate
from outreach_metrics.inference import Result
from outreach_metrics.inference.multiplicity import benjamini_hochberg
from outreach_metrics.inference.rates import rate_ratio
from outreach_metrics.inference.trend import relative_trend
from outreach_metrics.metrics.crime.case import UNLIKE_FROM, UNSTABLE_BELOW, Case, crime_case
from outreach_metrics.metrics.crime.comparison import relative_result
from outreach_metrics.metrics.crime.series import segmented
from outreach_metrics.metrics.crime.specifications import specification_curve
from outreach_metrics.study import Program, Study
from outreach_metrics.study.windows import PERIODS_PER_YEAR, balanced

SIGNIFICANT = 0.05
TREND_BOUND = 1.25
"""Relative trends a year that an interval has to leave out before trends are called alike."""

HINT = 0.2
"""p-value below which a rise just before the start is told of areas that were chosen for their need."""

RISE_BOUND = 1.5
"""Rise that an interval has to leave out before no clear rise is told as no sign of one."""

FEW_AREAS = 5
"""Treatment and comparison areas together below which a change of one of them weighs too much."""

WIDE = 3.0
"""Upper / lower limit from which an interval tells nothing of a kind of offense."""

LEAST_BEFORE = 8
"""Periods before the start without which nothing can be told from them."""

AGREE = 0.9
"""Share of specifications that have to point the same way as the headline."""


def crime_checks(study: Study, program_id: str, outcome: str) -> tuple[Check, ...]:
    """Return every named check of one program and outcome; each has a verdict or says why not.

    Parameters
    ----------
    study : Study
    program_id, outcome : str

    Returns
    -------
    tuple of Check
        Empty without counts, treatment areas, or periods on both sides of the start.
    """
    program = study.program(program_id)
    if study.panel is None or not program.treatment:
        return ()
    case = crime_case(study, program, outcome)
    if not (len(case.windows.before) and len(case.windows.after)):
        return ()
    return (
        _similar_before(case),
        _few_areas(case),
        _own_trend(case) if not case.program.comparison else _pre_trend(case),
        _regression_to_the_mean(case),
        _season(case),
        _windows(study, case),
        _placebo_dates(case),
        _placebo_outcomes(study, case),
        _displacement(case),
        _low_counts(case),
        _overlap(study, case),
        _reporting(study, case),
        _specification(study, case),
    )


def several_outcomes(program_id: str, estimates: tuple[Estimate, ...], outcome: str = "") -> Check:
    """Check how many outcomes were looked at, and whether a change stands once that is allowed for."""
    family = [e for e in estimates if e.metric == "crime_relative_effect" and not math.isnan(e.p_value)]
    family = family or [e for e in estimates if e.metric == "crime_rate_ratio" and not math.isnan(e.p_value)]
    alone = sum(e.p_value < SIGNIFICANT for e in family)
    together = sum(e.significant for e in family)
    verdict: Verdict = "caution" if together < alone else "clear"
    return _check(
        program_id, "several_outcomes", "", verdict, looked_at=len(family), alone=alone, together=together
    )


def _check(
    program_id: str, name: str, outcome: str, verdict: Verdict, reason: str = "", **values: float
) -> Check:
    numbers = MappingProxyType({key: float(value) for key, value in values.items()})
    return Check(
        program_id=program_id, name=name, outcome=outcome, verdict=verdict, values=numbers, reason=reason
    )


def _told(case: Case, name: str, verdict: Verdict, **values: float) -> Check:
    return _check(case.program.program_id, name, case.outcome, verdict, **values)


def _untold(case: Case, name: str, reason: str) -> Check:
    return _check(case.program.program_id, name, case.outcome, "unknown", reason)


def _numbers(result: Result) -> dict[str, float]:
    return {
        "ratio": result.estimate,
        "low": result.conf_low,
        "high": result.conf_high,
        "p_value": result.p_value,
    }


NO_COMPARISON = "there are no comparison areas"


def _similar_before(case: Case) -> Check:
    """Check whether treatment and comparison areas had a like rate before the start."""
    if not case.program.comparison:
        return _untold(case, "similar_before", NO_COMPARISON)
    times = case.times_the_comparison
    if math.isnan(times):
        return _untold(case, "similar_before", "the residents or the incidents before are not known")
    unlike = not 1 / UNLIKE_FROM < times < UNLIKE_FROM
    return _told(case, "similar_before", "caution" if unlike else "clear", times=times)


def _pre_trend(case: Case) -> Check:
    """Check whether treatment and comparison areas had parallel trends before the start."""
    before = case.windows.all_before
    if not case.program.comparison:
        return _untold(case, "pre_trend", NO_COMPARISON)
    if len(before) < LEAST_BEFORE:
        return _untold(case, "pre_trend", f"there are fewer than {LEAST_BEFORE} {case.windows.unit}s before")
    residents = case.weights("treatment", "comparison")[:, before]
    treated, other = (case.series(role).sum(axis=0)[before] for role in ("treatment", "comparison"))
    years = before / PERIODS_PER_YEAR[case.windows.unit]
    result = relative_trend(treated, other, residents[0] / residents[1], years)
    if math.isnan(result.estimate):
        return _untold(case, "pre_trend", "there are too few incidents before")
    if result.p_value < SIGNIFICANT:
        return _told(case, "pre_trend", "caution", **_numbers(result))
    narrow = result.conf_low > 1 / TREND_BOUND and result.conf_high < TREND_BOUND
    return _told(case, "pre_trend", "clear" if narrow else "unknown", **_numbers(result))


def _own_trend(case: Case) -> Check:
    """Check, without comparison areas, whether crime was rising or falling before the start already."""
    found = segmented(case, controlled=False)
    trend, step = found.trend_before, found.level
    if math.isnan(trend.estimate) or math.isnan(step.estimate):
        return _untold(case, "own_trend", "the time before or after the start is too short")
    before, after = (float(count) for count in case.treated)
    alone = rate_ratio(before, 1.0, after, 1.0).estimate if before else math.nan
    apart = (step.estimate < 1) != (alone < 1)
    verdict: Verdict = "caution" if apart or trend.p_value < SIGNIFICANT else "clear"
    return _told(
        case,
        "own_trend",
        verdict,
        trend=trend.estimate,
        step=step.estimate,
        low=step.conf_low,
        high=step.conf_high,
    )


def _few_areas(case: Case) -> Check:
    """Check whether there are enough areas to tell an effect from a change of one of them."""
    treated, other = len(case.program.treatment), len(case.program.comparison)
    few = bool(other) and treated + other < FEW_AREAS
    return _told(case, "few_areas", "caution" if few else "clear", treatment=treated, comparison=other)


def _regression_to_the_mean(case: Case) -> Check:
    """Check the half year before the start against the same months a year earlier."""
    before = case.windows.all_before
    half_year = round(PERIODS_PER_YEAR[case.windows.unit] / 2) or 1
    if case.program.assignment == "random":
        return _told(case, "regression_to_the_mean", "clear")
    if not case.program.comparison:
        return _untold(case, "regression_to_the_mean", NO_COMPARISON)
    year = 2 * half_year
    if len(before) < year + half_year:
        return _untold(case, "regression_to_the_mean", "there is less than a year and a half before")
    same_season = before[-half_year - year : -year]
    result = relative_result(case.moved(same_season, before[-half_year:])).result
    if math.isnan(result.estimate):
        return _untold(case, "regression_to_the_mean", "there are too few incidents before")
    targeted = case.program.assignment == "targeted"
    bad = result.estimate > 1 and result.p_value < (HINT if targeted else SIGNIFICANT)
    good = result.estimate < 1 and result.p_value < SIGNIFICANT
    calm: Verdict = "clear" if result.conf_high < RISE_BOUND else "unknown"
    verdict: Verdict = "caution" if bad or good else calm
    return _told(case, "regression_to_the_mean", verdict, targeted=targeted, **_numbers(result))


def _season(case: Case) -> Check:
    return _told(case, "season", "clear" if case.windows.balanced else "caution")


def _windows(study: Study, case: Case) -> Check:
    """Check whether as much time is compared as the study asks for."""
    settings, chosen = study.settings, case.windows
    used, asked = (len(chosen.before), len(chosen.after)), (settings.before, settings.after)
    short = used[1] < asked[1] and used[1] < max(asked[1] / 2, PERIODS_PER_YEAR[chosen.unit])
    return _told(
        case,
        "windows",
        "caution" if short else "clear",
        used_before=used[0],
        asked_before=asked[0],
        used_after=used[1],
        asked_after=asked[1],
    )


def _placebo_dates(case: Case) -> Check:
    """Check whether the same comparison finds an "effect" at dates on which nothing began."""
    before = case.windows.all_before
    if not case.program.comparison:
        return _untold(case, "placebo_dates", NO_COMPARISON)
    results = []
    for share in (0.25, 0.5, 0.75):
        cut = round(len(before) * share)
        earlier, later, alike = balanced(case.panel.periods, before[:cut], before[cut:], case.windows.unit)
        if min(len(earlier), len(later)) >= 3 and alike:
            results.append(relative_result(case.moved(earlier, later)).result)
    made = [result for result in results if not math.isnan(result.p_value)]
    if len(before) < LEAST_BEFORE or not made:
        return _untold(case, "placebo_dates", "there is too little before the start")
    adjusted = benjamini_hochberg(np.array([result.p_value for result in made]))
    least = int(np.argmin(adjusted))
    verdict: Verdict = "caution" if adjusted[least] < SIGNIFICANT else "clear"
    ratio, p = made[least].estimate, adjusted[least]
    return _told(case, "placebo_dates", verdict, dates=len(made), ratio=ratio, p_value=p)


def _placebo_outcomes(study: Study, case: Case) -> Check:
    """Check whether outcomes that the program cannot have changed changed too."""
    named = [o for o in study.settings.placebo_outcomes if o in study.panel.outcomes]
    others = [outcome for outcome in named if outcome != case.outcome]
    if not others:
        return _untold(case, "placebo_outcomes", "no outcome is named that the program cannot have changed")
    if not case.program.comparison:
        return _untold(case, "placebo_outcomes", NO_COMPARISON)
    results = [relative_result(replace(case, outcome=outcome)).result for outcome in others]
    made = [result for result in results if not math.isnan(result.p_value)]
    if not made:
        return _untold(case, "placebo_outcomes", "these outcomes have too few incidents")
    least = float(np.nanmin(benjamini_hochberg(np.array([result.p_value for result in made]))))
    verdict: Verdict = "caution" if least < SIGNIFICANT else "clear"
    return _told(case, "placebo_outcomes", verdict, outcomes=len(made), p_value=least)


def _displacement(case: Case) -> Check:
    """Check whether crime rose in the neighboring areas."""
    if not case.program.areas.get("displacement"):
        return _untold(case, "displacement", "no neighboring areas are named")
    role = "displacement_comparison" if case.program.areas.get("displacement_comparison") else "comparison"
    if not case.program.areas.get(role):
        return _untold(case, "displacement", NO_COMPARISON)
    result = relative_result(case, "displacement", role).result
    if math.isnan(result.p_value):
        return _untold(case, "displacement", "there are too few incidents in the neighboring areas")
    if result.p_value < SIGNIFICANT and result.estimate > 1:
        return _told(case, "displacement", "caution", **_numbers(result))
    small = result.conf_high < RISE_BOUND
    return _told(case, "displacement", "clear" if small else "unknown", **_numbers(result))


def _low_counts(case: Case) -> Check:
    least = float(case.treated.min())
    return _told(case, "low_counts", "caution" if least < UNSTABLE_BELOW else "clear", least=least)


def _overlap(study: Study, case: Case) -> Check:
    """Check whether another program began or ended in these areas within the time that is compared."""
    used = study.panel.periods[np.sort(case.used)[[0, -1]]]
    first, last = used[0].start_time, used[1].end_time
    shared = _others_within(study, case, case.program.treatment, first, last)
    compared = _others_within(study, case, case.program.comparison, first, last)
    return _told(
        case, "overlap", "caution" if shared + compared else "clear", treatment=shared, comparison=compared
    )


def _others_within(
    study: Study, case: Case, areas: tuple[str, ...], first: pd.Timestamp, last: pd.Timestamp
) -> int:
    """Count the other programs that began or ended in one of the areas between two moments."""
    others = [one for one in study.programs.values() if one.program_id != case.program.program_id]

    def changed(one: Program) -> bool:
        ends = one.end is not None and first <= pd.Timestamp(one.end) <= last
        mine = [area for area in one.treatment if area in areas]
        starts = (pd.Timestamp(one.area_starts.get(area, one.start)) for area in mine)
        return bool(mine) and (ends or any(first <= start <= last for start in starts))

    return sum(changed(one) for one in others)


def _reporting(study: Study, case: Case) -> Check:
    """Check offenses whose count depends on people's reporting apart from those nearly always recorded."""
    offenses = study.offenses
    if offenses is None or not case.program.comparison:
        return _untold(
            case, "reporting", NO_COMPARISON if offenses is not None else "no offense is of a known group"
        )
    results = {}
    for group in ("reporting_sensitive", "always_recorded"):
        labels = study.offense_groups.get(group, ())
        result = relative_result(case.of_offenses(offenses, labels)).result if labels else None
        if result is None or math.isnan(result.p_value):
            return _untold(case, "reporting", "there are too few incidents of one group of offenses")
        results[group] = result
    sensitive, always = results["reporting_sensitive"], results["always_recorded"]
    rose = sensitive.p_value < SIGNIFICANT and sensitive.estimate > 1
    apart = sensitive.conf_low > always.conf_high or sensitive.conf_high < always.conf_low
    wide = max(sensitive.conf_high / sensitive.conf_low, always.conf_high / always.conf_low) > WIDE
    return _told(
        case,
        "reporting",
        "caution" if rose or apart else "unknown" if wide else "clear",
        sensitive=sensitive.estimate,
        sensitive_low=sensitive.conf_low,
        sensitive_high=sensitive.conf_high,
        always=always.estimate,
        always_low=always.conf_low,
        always_high=always.conf_high,
    )


def _specification(study: Study, case: Case) -> Check:
    """Check whether other windows and comparison areas give the same answer."""
    curve = specification_curve(study, case.program.program_id, case.outcome)
    main = next((one.result for one in curve if one.main), None)
    if main is None or len(curve) < 3:
        reason = NO_COMPARISON if not case.program.comparison else "there is no other way to ask"
        return _untold(case, "specification", reason)
    estimates = np.array([one.result.estimate for one in curve])
    alike = float(np.mean((estimates < 1) == (main.estimate < 1)))
    clear = np.array([one.result.p_value < SIGNIFICANT for one in curve])
    same_side = clear & ((estimates < 1) == (main.estimate < 1))
    firm = main.p_value < SIGNIFICANT
    agree = same_side.mean() >= 0.5 and alike >= AGREE if firm else clear.mean() <= 1 - AGREE + 1e-9
    return _told(
        case,
        "specification",
        "clear" if agree else "caution",
        ways=len(curve),
        alike=alike,
        significant=float(clear.mean()),
        lowest=float(estimates.min()),
        highest=float(estimates.max()),
    )
