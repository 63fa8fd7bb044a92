"""The same question asked in every defensible way: other windows, other comparison areas."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from outreach_metrics.inference import Result
from outreach_metrics.metrics.crime.case import Case, crime_case
from outreach_metrics.metrics.crime.comparison import relative_result
from outreach_metrics.study import Program, Study
from outreach_metrics.study.windows import PERIODS_PER_YEAR

MONTHS = (6, 12, 18, 24, 36)
"""Lengths of the windows tried, in months."""

MOST_LEFT_OUT = 12
"""Comparison areas that are left out one by one; with more, none alone can weigh much."""

ALL, OTHERS, WITHOUT = "all comparison areas", "all other areas", "one comparison area left out"


@dataclass(frozen=True, slots=True, kw_only=True)
class Specification:
    """One way to ask, and its answer.

    Parameters
    ----------
    comparison : str
        Which comparison areas: all of them, all but one, or every area without the program.
    left_out : str
        The comparison area left out; empty otherwise.
    before, after : int
        Periods in the windows.
    main : bool
        Whether it is the specification of the headline.
    result : Result
        Relative effect.
    """

    comparison: str
    left_out: str = ""
    before: int
    after: int
    main: bool
    result: Result


def specification_curve(study: Study, program_id: str, outcome: str) -> tuple[Specification, ...]:
    """Return the relative effect under every specification that the data allow, from low to high.

    Parameters
    ----------
    study : Study
        With counts.
    program_id, outcome : str

    Returns
    -------
    tuple of Specification
        Windows of 6 to 36 months on each side (as far as the data go, the same calendar months on both), each
        with all comparison areas and with every other area; and the headline's windows without each
        comparison area in turn. Empty without comparison areas.

    Notes
    -----
    Simonsohn U, Simmons JP & Nelson LD (2020) Nature Human Behaviour 4:1208.
    """
    program = study.program(program_id)
    if study.panel is None or not (program.treatment and program.comparison):
        return ()
    found = [
        Specification(
            comparison=comparison,
            left_out=left_out,
            before=len(case.windows.before),
            after=len(case.windows.after),
            main=main,
            result=relative_result(case).result,
        )
        for comparison, left_out, main, case in _cases(study, program, outcome)
    ]
    made = [one for one in found if np.isfinite(one.result.estimate)]
    return tuple(sorted(made, key=lambda one: one.result.estimate))


def _cases(study: Study, program: Program, outcome: str) -> Iterator[tuple[str, str, bool, Case]]:
    yield ALL, "", True, (main := crime_case(study, program, outcome))
    groups = [(ALL, program)]
    others = _other_areas(study, program)
    if set(others) != set(program.comparison):
        groups.append((OTHERS, _compared_with(program, others)))
        yield OTHERS, "", False, crime_case(study, groups[1][1], outcome)
    seen = {(main.windows.before.tobytes(), main.windows.after.tobytes())}
    for length in _lengths(study):
        for comparison, changed in groups:
            case = crime_case(study, changed, outcome, before=length, after=length)
            sides = (case.windows.before, case.windows.after)
            key = (sides[0].tobytes(), sides[1].tobytes())
            empty = not (len(sides[0]) and len(sides[1]))
            if comparison == ALL and (key in seen or empty or case.windows.balanced < main.windows.balanced):
                break
            seen.add(key)
            yield comparison, "", False, case
    if 2 <= len(program.comparison) <= MOST_LEFT_OUT:
        for area in program.comparison:
            kept = tuple(other for other in program.comparison if other != area)
            yield WITHOUT, area, False, crime_case(study, _compared_with(program, kept), outcome)


def _lengths(study: Study) -> list[int]:
    per_month = PERIODS_PER_YEAR[study.settings.unit] / 12
    return sorted({max(1, round(months * per_month)) for months in MONTHS})


def _compared_with(program: Program, areas: Sequence[str]) -> Program:
    return replace(program, areas={**program.areas, "comparison": tuple(areas)})


def _other_areas(study: Study, program: Program) -> tuple[str, ...]:
    """Every area that had no such program and does not lie where crime may have been moved to."""
    alike = [one for one in study.programs.values() if one.type == program.type]
    near = {area for one in alike for area in (*one.treatment, *one.areas.get("displacement", ()))}
    return tuple(area for area in study.panel.area_ids if area not in near)
