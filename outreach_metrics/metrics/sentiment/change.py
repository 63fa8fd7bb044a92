"""How views changed: of the program arm, relative to the comparison arm, how large, and how small at most."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache

import numpy as np
import pandas as pd

from outreach_metrics.estimate import Estimate
from outreach_metrics.inference import Result
from outreach_metrics.inference.design_based import Contrast, contrast
from outreach_metrics.inference.effect_size import cliffs_delta, cohens_d
from outreach_metrics.inference.equivalence import equivalence
from outreach_metrics.inference.paired import paired_change, signed_rank
from outreach_metrics.metrics.sentiment.answers import (
    COMPARISON,
    PROGRAM,
    Sampled,
    absent,
    comparisons,
    few_once,
    matched,
    mostly_paired,
    overlapping,
    pairs,
    sampled,
    scores_of,
    sentiment,
    too_few,
    weights_of,
)
from outreach_metrics.registry import metric
from outreach_metrics.study import Study

CHANGE_UNIT = "change in points (0-100)"
OVERLAP = "Some people answered both times; it is taken into account."
NO_WIDTH = 1e-9
"""Width of an interval that is rounding error alone, in points."""
NO_SPREAD = "The answers vary too little, or are too few, to tell how sure a change is."


@dataclass(frozen=True)
class Change:
    """A change of one construct to a later wave: its cells, their contrast, and what is to be told."""

    construct: str
    group: str
    cells: tuple[pd.DataFrame, ...]
    design: Sampled
    coefficients: tuple[float, ...]
    what: str
    note: str
    people: tuple[int, int]
    relative: bool = False

    @property
    def paired(self) -> bool:
        """Whether it is a change of the same people."""
        return len(self.cells) == 1 and not self.relative

    @property
    def simple(self) -> bool:
        """Whether everybody counts alike and answers for himself: no weights, strata or clusters."""
        return self.design.weights is None and self.design.strata is None and self.design.clusters is None

    @cached_property
    def contrast(self) -> Contrast:
        """The change in points with its standard error and degrees of freedom."""
        return contrast(coefficients=self.coefficients, small_sample=True, **self.design.parts)

    @cached_property
    def ends(self) -> tuple[tuple[float, float], ...]:
        """Mean score at first and later of the people whose change it is; the comparison arm's behind."""
        arms = 2 if self.relative else 1
        if len(self.cells) == arms:
            later = [self._mean(place, cell) for place, cell in enumerate(self.cells)]
            changes = [self._mean(place, cell, "difference") for place, cell in enumerate(self.cells)]
            return tuple((end - change, end) for end, change in zip(later, changes, strict=True))
        means = [self._mean(place, cell) for place, cell in enumerate(self.cells)]
        return tuple((means[2 * arm + 1], means[2 * arm]) for arm in range(arms))

    def _mean(self, place: int, cell: pd.DataFrame, column: str = "score") -> float:
        weights = weights_of(cell) if self.design.weights is not None else np.ones(len(cell))
        return float(np.average(cell[column], weights=weights)) if weights.sum() > 0 else math.nan

    def made(self, template: Estimate, result: Result | None = None, **more: object) -> Estimate:
        """Return the estimate of a result; of the change itself when none is given."""
        found = self.contrast.result() if result is None else result
        named = replace(template, outcome=self.construct, group=self.group)
        if not found.conf_high - found.conf_low > NO_WIDTH:
            return named.declined(NO_SPREAD)
        n = {"n_before": float(self.people[0]), "n_after": float(self.people[1])}
        told = {"method": self.design.method(self.what), "note": self.note} | more
        return replace(named, **found._asdict(), **n, **told)


@dataclass(frozen=True)
class NoChange:
    """A change that cannot be told, and why."""

    construct: str
    group: str
    reason: str

    def made(self, template: Estimate, *_: object, **__: object) -> Estimate:
        """Return the empty estimate with the reason."""
        return replace(template, outcome=self.construct, group=self.group).declined(self.reason)


def _told(*notes: str) -> str:
    return " ".join(note for note in notes if note)


@lru_cache(maxsize=8)
def own_changes(study: Study, program_id: str) -> tuple[Change | NoChange, ...]:
    """Return the change of the program arm from the first wave to each later one, for every construct."""
    return tuple(
        _own_change(study, construct, group, arms)
        for construct, group, arms in comparisons(scores_of(study, program_id))
    )


def _own_change(study: Study, construct: str, group: str, arms: dict) -> Change | NoChange:
    first, later = arms.get(PROGRAM, [pd.DataFrame(), pd.DataFrame()])
    if not (len(first) and len(later)):
        return NoChange(construct, group, "There are no answers of the program arm in one of the waves.")
    reason = too_few(study, len(first), len(later))
    if reason:
        return NoChange(construct, group, reason)
    both = pairs(first, later, study.settings.min_cell)
    if both is not None:
        design = sampled([both], "difference", rakes=False)
        kept = f"{len(both)} people answered both times, of {len(first)} at first and {len(later)} later."
        people = (len(both), len(both))
        return Change(
            construct, group, (both,), design, (1.0,), "paired difference", _told(kept, design.note), people
        )
    overlap = overlapping(first, later)
    design = sampled([later, first], "score", people=overlap)
    note = _told(OVERLAP if overlap else "", _unpaired(study, first, later), design.note)
    what, people = "difference of wave means", (len(first), len(later))
    return Change(construct, group, (later, first), design, (1.0, -1.0), what, note, people)


def _unpaired(study: Study, first: pd.DataFrame, later: pd.DataFrame) -> str:
    """Return that people are not followed only because a few of them could be told apart."""
    both, _ = matched(first["respondent_id"].to_numpy(), later["respondent_id"].to_numpy())
    least = study.settings.min_cell
    hidden = mostly_paired(len(both), len(first), len(later), 0) and few_once(
        len(both), len(first), len(later), least
    )
    return f"Not paired: fewer than {least} people answered only once, and would show." * hidden


@lru_cache(maxsize=8)
def relative_changes(study: Study, program_id: str) -> tuple[Change | NoChange, ...]:
    """Return the change of the program arm less that of the comparison arm, for every construct."""
    return tuple(
        _relative_change(study, construct, group, arms)
        for construct, group, arms in comparisons(scores_of(study, program_id))
    )


def _relative_change(study: Study, construct: str, group: str, arms: dict) -> Change | NoChange:
    if PROGRAM not in arms or COMPARISON not in arms:
        return NoChange(construct, group, "The survey has no comparison arm.")
    cells = [*arms[PROGRAM], *arms[COMPARISON]]
    if not all(len(cell) for cell in cells):
        return NoChange(construct, group, "One arm has no answers in one of the waves.")
    reason = too_few(study, *(len(cell) for cell in cells))
    if reason:
        return NoChange(construct, group, reason)
    both = [pairs(cells[place], cells[place + 1], study.settings.min_cell) for place in (0, 2)]
    if both[0] is not None and both[1] is not None:
        design = sampled(both, "difference", rakes=False)
        kept = f"{len(both[0])} program and {len(both[1])} comparison respondents answered both times."
        people = (len(both[0]), len(both[0]))
        note = _told(kept, design.note)
        what = "difference of paired changes"
        return Change(construct, group, tuple(both), design, (1.0, -1.0), what, note, people, relative=True)
    overlap = any(overlapping(*cells[place : place + 2]) for place in (0, 2))
    ordered = (cells[1], cells[0], cells[3], cells[2])
    design = sampled(ordered, "score", people=overlap)
    note = _told(OVERLAP if overlap else "", design.note)
    what, people = "difference of changes in wave means", (len(cells[0]), len(cells[1]))
    signs = (1.0, -1.0, -1.0, 1.0)
    return Change(construct, group, ordered, design, signs, what, note, people, relative=True)


def change_ends(study: Study, program_id: str) -> dict[tuple[str, str], tuple[tuple[float, float], ...]]:
    """Return the mean scores that each change runs between, of the very people whose change it is.

    Parameters
    ----------
    study : Study
    program_id : str

    Returns
    -------
    dict
        Construct and group ("first to later") -> (first, later) of the program arm and, where a relative
        change was made, (first, later) of the comparison arm. Scores run from 0 to 100.
    """
    found = {
        (change.construct, change.group): change.ends
        for change in own_changes(study, program_id)
        if isinstance(change, Change)
    }
    for change in relative_changes(study, program_id):
        place = (change.construct, change.group)
        if isinstance(change, Change) and place in found:
            found[place] = (*found[place], change.ends[1])
    return found


def _each(study: Study, template: Estimate, estimates: list[Estimate]) -> list[Estimate]:
    """Return the estimates, or the one that says why there is none."""
    if estimates:
        return estimates
    if scores_of(study, template.program_id).empty:
        return absent(study, template)
    return [template.declined("There is only one survey wave.")]


@metric("sentiment_change", strand="sentiment")
def sentiment_change(study: Study, program_id: str) -> list[Estimate]:
    """Change in mean score from the first wave to each later one; paired where people answered twice."""
    template = sentiment(program_id, "sentiment_change", CHANGE_UNIT, design_level=2)
    return _each(study, template, [change.made(template) for change in own_changes(study, program_id)])


@metric("sentiment_relative_change", strand="sentiment")
def sentiment_relative_change(study: Study, program_id: str) -> list[Estimate]:
    """Change in the program arm less change in the comparison arm, in points.

    Assumes that without the program both arms would have changed by the same number of points.
    """
    template = sentiment(program_id, "sentiment_relative_change", CHANGE_UNIT)
    random = study.program(program_id).assignment == "random"
    estimates = []
    for change in relative_changes(study, program_id):
        drawn = random and isinstance(change, Change) and _several_clusters(change.cells)
        estimates.append(change.made(replace(template, design_level=5 if drawn else 3)))
    return _each(study, template, estimates)


def _several_clusters(cells: Sequence[pd.DataFrame]) -> bool:
    """Whether each arm has at least two clusters, the units that chance can have assigned."""
    clusters = pd.concat(cells).groupby("arm")["cluster"].nunique()
    return bool((clusters >= 2).all())


@metric("sentiment_equivalence", strand="sentiment")
def sentiment_equivalence(study: Study, program_id: str) -> list[Estimate]:
    """Change, relative to the comparison arm where there is one, tested to be smaller than one that matters.

    Two one-sided t tests (Schuirmann 1987) against `survey.equivalence_margin` points; the interval is the
    90% one that belongs to them. A p-value below 0.05 says that a larger change can be ruled out.
    """
    margin = study.settings.equivalence_margin
    template = sentiment(program_id, "sentiment_equivalence", CHANGE_UNIT, conf_level=0.9)
    chosen = {(change.construct, change.group): change for change in own_changes(study, program_id)}
    for change in relative_changes(study, program_id):
        if isinstance(change, Change):
            chosen[change.construct, change.group] = change
    estimates = []
    for change in chosen.values():
        if isinstance(change, NoChange):
            estimates.append(change.made(template))
            continue
        found = change.contrast
        test = equivalence(found.estimate, found.standard_error, found.df, margin)
        result = test.interval._replace(p_value=test.p_value)
        whose = "relative to the comparison group" if change.relative else "of the program group"
        method = f"two one-sided t tests of a change {whose} against {margin:g} points"
        estimates.append(change.made(template, result, method=method))
    return _each(study, template, estimates)


@metric("sentiment_effect_size", strand="sentiment")
def sentiment_effect_size(study: Study, program_id: str) -> list[Estimate]:
    """Change of the program arm in standard deviations: d_z of the same people, Hedges' g of two samples.

    With weights, strata or clusters the change and its interval are divided by the standard deviation, of the
    changes or of both waves. 0.2 is small, 0.5 medium, 0.8 large (Cohen 1988).
    """
    template = sentiment(program_id, "sentiment_effect_size", "standard deviations")
    estimates = []
    for change in own_changes(study, program_id):
        if isinstance(change, NoChange):
            estimates.append(change.made(template))
            continue
        result, method = _standardized(change)
        estimates.append(change.made(template, result, method=method))
    return _each(study, template, estimates)


def _standardized(change: Change) -> tuple[Result, str]:
    what = "standard deviations of the change (d_z)" if change.paired else "standard deviations (Hedges' g)"
    name = f"change in {what}"
    if change.simple and change.paired:
        pair = change.cells[0]
        made = paired_change(pair["score_first"].to_numpy(), pair["score"].to_numpy(), hedges=True)
        return made.d_z, f"{name}, small-sample corrected, noncentral t interval"
    if change.simple:
        later, first = (cell["score"].to_numpy() for cell in change.cells)
        return cohens_d(later, first, hedges=True), f"{name}, noncentral t interval"
    spread = math.sqrt(
        float(np.mean([_variance(change.design, place) for place in range(len(change.cells))]))
    )
    result = change.contrast.result()
    if not spread > 0:
        return Result(math.nan, math.nan, math.nan, math.nan), name
    scaled = Result(*(value / spread for value in result[:3]), result.p_value)
    return scaled, f"{name}; {change.design.method('change')}, divided by the standard deviation"


def _variance(design: Sampled, place: int) -> float:
    values = design.answers[place]
    weights = np.ones(len(values)) if design.weights is None else design.weights[place]
    if not weights.sum() > 0:
        return math.nan
    mean = np.average(values, weights=weights)
    return float(np.average((values - mean) ** 2, weights=weights)) * len(values) / max(len(values) - 1, 1)


@metric("sentiment_dominance", strand="sentiment")
def sentiment_dominance(study: Study, program_id: str) -> list[Estimate]:
    """How much more often a later score is above an earlier one than below, from -1 to 1.

    Cliff's delta of two samples, the matched rank-biserial correlation of the same people; it asks nothing of
    the distances between answers. Every answer counts alike: there is no interval with clusters or strata.
    """
    template = sentiment(program_id, "sentiment_dominance", "share above less share below")
    estimates = []
    for change in own_changes(study, program_id):
        if isinstance(change, NoChange):
            estimates.append(change.made(template))
        elif change.design.clusters is not None or change.design.strata is not None:
            reason = "With clusters or strata, or people in both waves, ranks have no interval."
            estimates.append(NoChange(change.construct, change.group, reason).made(template))
        else:
            estimates.append(_dominance(change, template))
    return _each(study, template, estimates)


def _dominance(change: Change, template: Estimate) -> Estimate:
    unweighted = "" if change.design.weights is None else "Survey weights are not used. "
    if change.paired:
        pair = change.cells[0]
        made = signed_rank(pair["score_first"].to_numpy(), pair["score"].to_numpy())
        result, method = made.rank_biserial, "matched rank-biserial correlation"
    else:
        later, first = (cell["score"].to_numpy() for cell in change.cells)
        result, method = cliffs_delta(later, first), "Cliff's delta, asymmetric interval"
    return change.made(template, result, method=method, note=f"{unweighted}{change.note}".strip())
