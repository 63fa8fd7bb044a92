"""One count as a share of another (diversions of calls), before and after, with a comparison or without."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from outreach_metrics.estimate import Estimate
from outreach_metrics.inference.design_based import share_interval
from outreach_metrics.inference.sampling import Design
from outreach_metrics.inference.share_change import share_change
from outreach_metrics.inference.survey import ratio
from outreach_metrics.metrics.outcome.direction import wanted_note
from outreach_metrics.registry import metric
from outreach_metrics.study import Program, Study
from outreach_metrics.study.windows import Windows, windows

DIVERSION = {"diversions": "calls"}
"""Shares that are told without a word in study.toml, where both outcomes are counted under these names."""
NO_SHARE = "No count is a share of another: study.toml names none ([outcomes.NAME] share_of)."
FEW = 20


@dataclass(frozen=True, eq=False)
class Case:
    """One count and the count that it is a share of, over the periods in which both were counted.

    Parameters
    ----------
    program : Program
    counts, totals : dict of role to ndarray, shape (t,)
        Sums over the areas of the role.
    windows : Windows
    """

    program: Program
    counts: dict[str, np.ndarray]
    totals: dict[str, np.ndarray]
    windows: Windows

    def sides(self, role: str) -> list[tuple[np.ndarray, np.ndarray]]:
        """Counts and totals of a role in the window before and after."""
        chosen = (self.windows.before, self.windows.after)
        return [(self.counts[role][side], self.totals[role][side]) for side in chosen]


Make = Callable[[Case, Estimate], Estimate]


def shares_of(study: Study) -> dict[str, str]:
    """Return the outcomes told as a share of another, and that other: of study.toml, else diversions."""
    stated = dict(study.settings.share_of) or DIVERSION
    return {part: whole for part, whole in stated.items() if {part, whole} <= set(study.counted)}


def _case(study: Study, program: Program, part: str, whole: str) -> Case:
    """Return both counts over the periods that they have in common."""
    few, many = study.counted[part], study.counted[whole]
    periods = few.periods.intersection(many.periods).sort_values()
    starts = sorted({program.area_starts.get(area, program.start) for area in program.treatment})
    settings = study.settings
    chosen = windows(
        periods,
        start=starts[0],
        rollout_end=starts[-1],
        unit=settings.unit,
        before=settings.before,
        after=settings.after,
        transition=settings.transition,
    )
    sums = [
        {
            role: panel.of(name, areas).sum(axis=0)[panel.periods.get_indexer(periods)].astype(float)
            for role, areas in program.areas.items()
        }
        for name, panel in ((part, few), (whole, many))
    ]
    return Case(program, *sums, chosen)


def _each_share(
    study: Study, program_id: str, empty: Estimate, make: Make, *, compared: bool = False
) -> list[Estimate]:
    """Make one estimate a share, or one without a number when the study does not hold the design."""
    program, stated = study.program(program_id), shares_of(study)
    if not stated:
        return [empty.declined(NO_SHARE)]
    if not program.treatment:
        return [empty.declined("No treatment areas are given for this program (program_areas).")]
    if compared and not program.comparison:
        return [empty.declined("No comparison areas are given for this program (program_areas).")]
    return [_made(study, program, pair, empty, make, compared) for pair in stated.items()]


def _made(
    study: Study, program: Program, pair: tuple[str, str], empty: Estimate, make: Make, compared: bool
) -> Estimate:
    named = replace(empty, outcome=f"{pair[0]}_as_a_share_of_{pair[1]}")
    case = _case(study, program, *pair)
    if not (len(case.windows.before) and len(case.windows.after)):
        return named.declined(f"The counts hold no full {case.windows.unit} before, or after, the start.")
    roles = ["treatment", *(["comparison"] if compared else [])]
    if any((count > total).any() for role in roles for count, total in case.sides(role)):
        return named.declined(f"There are more {pair[0]} than {pair[1]} in some {case.windows.unit}.")
    made = make(case, named)
    if not made.made:
        return made
    few = min(float(count.sum()) for count, _ in case.sides("treatment")) < FEW
    unstable = f"Fewer than {FEW} {pair[0]} in a window: unstable, read with care." if few else ""
    told = (wanted_note(study, pair[0]), case.windows.note, unstable, made.note)
    return replace(made, note=" ".join(filter(None, told)))


def _template(program_id: str, name: str, unit: str, method: str, level: int | None = None) -> Estimate:
    return Estimate(
        program_id=program_id, strand="outcome", metric=name, unit=unit, method=method, design_level=level
    )


def _share(case: Case, empty: Estimate, side: int) -> Estimate:
    count, total = case.sides("treatment")[side]
    n = {("n_before", "n_after")[side]: float(count.sum())}
    held = total > 0
    if not held.any():
        return empty.declined("There is nothing that it could be a share of in this window.")
    found = ratio(count[held], total[held], Design(np.ones(int(held.sum()))))
    if held.sum() < 2:
        return replace(empty, estimate=found.estimate, note="One period alone: no interval.", **n)
    return replace(empty, **share_interval(found, float(total.sum()))._asdict(), **n)


@metric("outcome_share_before", strand="outcome")
def outcome_share_before(study: Study, program_id: str) -> list[Estimate]:
    """Share of one count in another before the start (diversions of calls), in the treatment areas.

    Ratio of the sums, its standard error linearised over the periods, interval on the logit scale.
    R: `survey::svyratio(~part, ~whole, design)`.
    """
    how = "linearised ratio over periods, logit interval"
    empty = _template(program_id, "outcome_share_before", "share", how)
    return _each_share(study, program_id, empty, lambda case, one: _share(case, one, 0))


@metric("outcome_share_after", strand="outcome")
def outcome_share_after(study: Study, program_id: str) -> list[Estimate]:
    """Share of one count in another after the start (diversions of calls), in the treatment areas.

    As `outcome_share_before`.
    """
    how = "linearised ratio over periods, logit interval"
    empty = _template(program_id, "outcome_share_after", "share", how)
    return _each_share(study, program_id, empty, lambda case, one: _share(case, one, 1))


@metric("outcome_share_ratio", strand="outcome")
def outcome_share_ratio(study: Study, program_id: str) -> list[Estimate]:
    """Share of one count in another after / before the start; says nothing about why it changed.

    Quasi-binomial with the dispersion of the periods, never below 1 and raised for their autocorrelation.
    R, without the latter: `glm(cbind(part, whole - part) ~ after, family = quasibinomial(link = "log"))`.
    """
    empty = _template(program_id, "outcome_share_ratio", "ratio", "quasi-binomial", 2)
    return _each_share(study, program_id, empty, lambda case, one: _change(case, one, ["treatment"]))


@metric("outcome_share_relative_effect", strand="outcome")
def outcome_share_relative_effect(study: Study, program_id: str) -> list[Estimate]:
    """Change of a share in the treatment areas relative to the comparison areas: ratio of both ratios.

    Assumes that without the program both shares would have changed by the same factor. As
    `outcome_share_ratio`, with the interaction of period and group.
    """
    empty = _template(program_id, "outcome_share_relative_effect", "ratio", "quasi-binomial", 3)
    roles = ["treatment", "comparison"]
    return _each_share(study, program_id, empty, lambda case, one: _change(case, one, roles), compared=True)


def _change(case: Case, empty: Estimate, roles: list[str]) -> Estimate:
    chosen = case.windows
    used = np.concatenate([chosen.before, chosen.after])
    after = np.arange(len(used)) >= len(chosen.before)
    counts, totals = ([sums[role][used] for role in roles] for sums in (case.counts, case.totals))
    found = share_change(counts, totals, after)
    n = {"n_before": float(counts[0][~after].sum()), "n_after": float(counts[0][after].sum())}
    if math.isnan(found.ratio.estimate):
        return empty.declined(f"{found.reason[:1].upper()}{found.reason[1:]}.")
    if math.isnan(found.ratio.conf_low):
        note = f"{found.reason[:1].upper()}{found.reason[1:]}." if found.reason else "It does not vary."
        return replace(empty, estimate=found.ratio.estimate, note=note, **n)
    method = f"{empty.method}, dispersion {found.dispersion:.2f}, {found.df} degrees of freedom"
    return replace(empty, **found.ratio._asdict(), method=method, **n)
