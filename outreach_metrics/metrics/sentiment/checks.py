"""Named checks of whether a change in answers can be read as a change in the people asked about."""

from __future__ import annotations

import math
from collections.abc import Sequence
from types import MappingProxyType

import numpy as np
import pandas as pd

from outreach_metrics.check import Check, Verdict
from outreach_metrics.estimate import Estimate
from outreach_metrics.inference.design_based import contrast
from outreach_metrics.inference.raking import kish_effective
from outreach_metrics.inference.representation import standardized_difference
from outreach_metrics.metrics.sentiment.answers import (
    COMPARISON,
    PROGRAM,
    demographics,
    overlapping,
    respondents,
    sampled,
    scores_of,
)
from outreach_metrics.metrics.sentiment.change import Change, NoChange, own_changes, relative_changes
from outreach_metrics.metrics.sentiment.quality import room, scales
from outreach_metrics.metrics.sentiment.weighting import asked_of, base_weights, make_up, rake_to
from outreach_metrics.study import Study

SIGNIFICANT = 0.05
UNALIKE = 0.25
"""Standardized difference from which groups are not alike (Rubin 2001; Stuart 2010)."""
LOST = 0.5
"""Share lost between waves from which a change of those who stayed says little about the others."""
UNEVEN = 0.1
"""Difference between the arms in the share lost from which a comparison is in doubt."""
RELIABLE = 0.7
"""Cronbach's alpha that is usually asked for (Nunnally & Bernstein 1994)."""
ROOM = 0.15
"""Share of people at one end of a scale from which it has too little room (McHorney & Tarlov 1995)."""
FEW = 30
"""Answers of a wave and arm below which a mean swings by chance."""
FEW_CLUSTERS = 10
"""Sampling clusters below which their spread is poorly known."""


def sentiment_checks(study: Study, program_id: str, construct: str) -> tuple[Check, ...]:
    """Return every named check of one program's survey and construct; each has a verdict or says why not.

    Parameters
    ----------
    study : Study
    program_id, construct : str

    Returns
    -------
    tuple of Check
        Empty without a change of that construct in the program arm.
    """
    changes = [c for c in own_changes(study, program_id) if c.construct == construct]
    last = changes[-1] if changes else None
    if not isinstance(last, Change):
        return ()
    scores = scores_of(study, program_id)
    own = scores[scores["construct"] == construct]
    waves = {arm: _ends(own, arm) for arm in (PROGRAM, COMPARISON)}
    return tuple(
        Check(
            program_id=program_id, outcome=construct, name=name, verdict=verdict, values=values, reason=reason
        )
        for name, (verdict, values, reason) in {
            "attrition": _attrition(study, waves),
            "make_up": _make_up(study, program_id, waves),
            "nonresponse": _nonresponse(study, program_id, last),
            "alike_at_first": _alike(study, waves),
            "scale": _scale(study, program_id, construct),
            "few_answers": _few(last, relative_changes(study, program_id), waves),
        }.items()
    )


def several_measures(program_id: str, estimates: Sequence[Estimate], construct: str) -> Check:
    """Check how many measures were looked at, and whether a change stands once that is allowed for."""
    for name in ("sentiment_relative_change", "sentiment_change"):
        family = [e for e in estimates if e.metric == name and not math.isnan(e.p_value)]
        if family:
            break
    alone = sum(e.p_value < SIGNIFICANT for e in family)
    together = sum(e.significant for e in family)
    values = {"looked_at": float(len(family)), "alone": float(alone), "together": float(together)}
    return Check(
        program_id=program_id,
        name="several_measures",
        outcome=construct,
        verdict="caution" if together < alone else "clear",
        values=MappingProxyType(values),
    )


Found = tuple[Verdict, MappingProxyType, str]


def _found(verdict: Verdict, **values: float) -> Found:
    return verdict, MappingProxyType({name: float(value) for name, value in values.items()}), ""


def _unknown(reason: str) -> Found:
    return "unknown", MappingProxyType({}), reason


def _ends(scores: pd.DataFrame, arm: str) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return the first and the last wave of one arm."""
    cells = scores[scores["arm"] == arm]
    if cells.empty:
        return cells, cells
    return cells[cells["wave"] == scores["wave"].min()], cells[cells["wave"] == scores["wave"].max()]


def _attrition(study: Study, waves: dict[str, tuple[pd.DataFrame, pd.DataFrame]]) -> Found:
    """Whether those who did not answer again had answered otherwise at first."""
    first, later = waves[PROGRAM]
    stayed = first["respondent_id"].isin(later["respondent_id"])
    if not stayed.any():
        return _unknown("every wave asked other people, so that nobody could leave")
    share, lost = float(stayed.mean()), int((~stayed).sum())
    counts = {"first": len(first), "stayed": int(stayed.sum())}
    if 0 < min(lost, int(stayed.sum())) < study.settings.min_cell:
        return _unknown(f"fewer than {study.settings.min_cell} people stayed or left")
    uneven = math.nan
    other = waves[COMPARISON]
    back = (
        other[0]["respondent_id"].isin(other[1]["respondent_id"]) if len(other[0]) else pd.Series(dtype=bool)
    )
    if len(back) and not any(0 < size < study.settings.min_cell for size in (back.sum(), (~back).sum())):
        uneven = share - float(back.mean())
    counts["uneven"] = uneven
    if not lost:
        return _found("clear", **counts, gap=math.nan, low=math.nan, high=math.nan)
    design = sampled([first[~stayed], first[stayed]], "score")
    gap = contrast(coefficients=[1.0, -1.0], **design.parts).result()
    clear_gap = gap.p_value < SIGNIFICANT
    verdict: Verdict = "caution" if clear_gap or share < LOST or abs(uneven) > UNEVEN else "clear"
    return _found(verdict, **counts, gap=gap.estimate, low=gap.conf_low, high=gap.conf_high)


def _make_up(study: Study, program_id: str, waves: dict[str, tuple[pd.DataFrame, pd.DataFrame]]) -> Found:
    """Whether those who answered last are made up like those who answered first."""
    rows = respondents(study, program_id)
    names = demographics(study, rows)
    if not names:
        return _unknown("the answers have no column that describes people")
    first, later = (rows.iloc[cell["row"]] for cell in waves[PROGRAM])
    gaps = {name: _gap(first, later, name, study.settings.min_cell) for name in names}
    gaps = {f"gap:{name}": gap for name, gap in gaps.items() if not math.isnan(gap)}
    if not gaps:
        return _unknown("too few people gave what describes them")
    largest = max(gaps.values())
    return _found("caution" if largest >= UNALIKE else "clear", largest=largest, **gaps)


def _gap(first: pd.DataFrame, later: pd.DataFrame, name: str, least: int) -> float:
    """Largest standardized difference over the categories of one variable, as the answers count."""
    before, after = first.dropna(subset=[name]), later.dropna(subset=[name])
    if min(len(before), len(after)) < max(least, 1):
        return math.nan
    indicators = pd.get_dummies(pd.concat([before[name], after[name]]).astype(object), dtype=float)
    gaps = standardized_difference(
        indicators.to_numpy()[len(before) :],
        indicators.to_numpy()[: len(before)],
        sample_weights=base_weights(after),
        target_weights=base_weights(before),
        deviation="pooled",
    )
    return float(np.nanmax(gaps)) if not np.isnan(gaps).all() else math.nan


def _nonresponse(study: Study, program_id: str, last: Change) -> Found:
    """Whether the change stands when the answers are weighted to the make-up of the community."""
    rows = respondents(study, program_id)
    people = make_up(study, study.program(program_id), PROGRAM)
    names = [name for name in people.counts if name in rows and rows[name].notna().any()]
    if not people.counts:
        return _unknown("there is no table benchmarks with the make-up of the community")
    if not names:
        return _unknown("no column of the answers is a variable of benchmarks")
    people, never = asked_of(people, rows, names)
    cells, effective = [], math.inf
    for cell in last.cells:
        made = rake_to(rows.iloc[cell["row"]], base_weights(cell), names, people)
        if isinstance(made, str):
            return _unknown(f"the answers could not be weighted to the community: {made}")
        cells.append(cell.assign(weight=made, weighting=""))
        effective = min(effective, kish_effective(made))
    people_twice = len(cells) == 2 and overlapping(*cells)
    value = "difference" if last.paired else "score"
    design = sampled(cells, value, people=people_twice, rakes=not last.paired)
    result = contrast(coefficients=last.coefficients, small_sample=True, **design.parts).result()
    known = last.contrast
    values = {
        "change": known.estimate,
        "raked": result.estimate,
        "low": result.conf_low,
        "high": result.conf_high,
        "effective": effective,
        "answers": min(len(cell) for cell in cells),
        "never_asked": max((float(shares.sum()) for shares in never.values()), default=0.0),
    }
    if math.isnan(result.conf_low):
        return _unknown("weighted to the community, the answers are too few to tell")
    moved = abs(result.estimate - known.estimate) > known.standard_error
    flipped = (result.p_value < SIGNIFICANT) != (known.result().p_value < SIGNIFICANT)
    return _found("caution" if moved or flipped else "clear", **values)


def _alike(study: Study, waves: dict[str, tuple[pd.DataFrame, pd.DataFrame]]) -> Found:
    """Whether both arms answered alike at first."""
    program, comparison = waves[PROGRAM][0], waves[COMPARISON][0]
    if not len(comparison):
        return _unknown("there is no comparison group in the survey")
    least = max(study.settings.min_cell, 2)
    if min(len(program), len(comparison)) < least:
        return _unknown(f"fewer than {least} people answered at first in one group")
    design = sampled([program, comparison], "score")
    gap = contrast(coefficients=[1.0, -1.0], **design.parts).result()
    spread = math.sqrt((program["score"].var() + comparison["score"].var()) / 2)
    large = spread > 0 and abs(gap.estimate) / spread >= UNALIKE
    return _found("caution" if large else "clear", gap=gap.estimate, low=gap.conf_low, high=gap.conf_high)


def _scale(study: Study, program_id: str, construct: str) -> Found:
    """Whether the questions go together and leave room for a change."""
    scale = next((scale for scale in scales(study, program_id) if scale.construct == construct), None)
    alpha = math.nan if scale is None else scale.alpha.result.estimate
    ends = room(study, program_id)
    ends = ends[ends["construct"] == construct]
    if ends.empty:
        return _unknown("too few people answered")
    floor, ceiling = float(ends["floor"].max()), float(ends["ceiling"].max())
    negative = 0 if scale is None else len(scale.alpha.negative)
    poor = alpha < RELIABLE or max(floor, ceiling) > ROOM or negative > 0
    items = 0 if scale is None else len(scale.items)
    return _found(
        "caution" if poor else "clear",
        alpha=alpha,
        floor=floor,
        ceiling=ceiling,
        items=items,
        negative=negative,
    )


def _few(last: Change, relative: Sequence[Change | NoChange], waves) -> Found:
    """Whether enough people, and clusters, answered."""
    same = [c for c in relative if (c.construct, c.group) == (last.construct, last.group)]
    compared = any(isinstance(c, Change) for c in same)
    arms = (PROGRAM, COMPARISON) if compared else (PROGRAM,)
    answers = min(len(cell) for arm in arms for cell in waves[arm])
    clusters = [
        cell["cluster"].nunique() for arm in arms for cell in waves[arm] if cell["cluster"].notna().any()
    ]
    fewest = min(clusters, default=math.inf)
    poor = answers < FEW or fewest < FEW_CLUSTERS
    return _found("caution" if poor else "clear", answers=answers, clusters=fewest)
