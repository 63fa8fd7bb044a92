"""Whether those who came are like the community: by category, by variable, and over all."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import replace
from functools import lru_cache

import numpy as np
import pandas as pd

from outreach_metrics.estimate import Estimate
from outreach_metrics.inference import Result
from outreach_metrics.inference.rates import from_standard_error
from outreach_metrics.inference.representation import (
    mean_standardized_difference,
    r_indicator,
    representation_ratio,
    standardized_share_difference,
)
from outreach_metrics.metrics.attendance.case import (
    NAN,
    attendance_case,
    no_people,
    program_rows,
    sentences,
    some,
    template,
)
from outreach_metrics.metrics.attendance.protection import few, hidden_cells, number_hidden
from outreach_metrics.registry import metric
from outreach_metrics.study import Study
from outreach_metrics.study.community import Community, community

_HIDDEN = "Suppressed: a group of few people, or one that would give it away."
_NO_INTERVAL = "All propensities are alike: there is no interval."
_ALIKE = 1e-9
_MOST_CELLS = 20_000


@lru_cache(maxsize=16)
def _cells(study: Study, variable: str) -> tuple[np.ndarray, list[str]]:
    """Code of each row's answer, -1 where there is none, and the answers evened out."""
    codes, answers = pd.factorize(study.table("attendance")[variable])
    return codes, [_even(answer) for answer in answers]


def _even(text: object) -> str:
    return " ".join(str(text).casefold().split())


@lru_cache(maxsize=64)
def _answers(study: Study, program_id: str, variable: str) -> tuple[np.ndarray, bool]:
    """Return the category of each person who came, and whether some gave several answers.

    Categories are places among those of the community, -1 where there is none that it knows. The most
    frequent answer of a person counts, of equally frequent ones the last.
    """
    case, rows = attendance_case(study, program_id), program_rows(study, program_id)
    codes, answers = _cells(study, variable)
    known = {_even(name): place for place, name in enumerate(_of(study, program_id).counts[variable].index)}
    place = np.array([known.get(answer, -1) for answer in answers] + [-1])[codes[rows.order]]
    person = np.minimum(np.searchsorted(case.people, rows.person), len(case.people) - 1)
    held = (place >= 0) & (case.people[person] == rows.person)
    pair = person[held] * len(known) + place[held]
    table = len(case.people), len(known)
    count = np.bincount(pair, minlength=table[0] * table[1])
    last = np.zeros_like(count)
    last[pair] = np.arange(len(pair))
    best = (count * (len(pair) + 1) + last).reshape(table).argmax(axis=1)
    given = (count.reshape(table) > 0).sum(axis=1)
    return np.where(given > 0, best, -1), bool((given > 1).any())


@lru_cache(maxsize=32)
def _of(study: Study, program_id: str) -> Community:
    return community(study, study.program(program_id).treatment)


def _variables(study: Study, program_id: str) -> list[str]:
    """Return the columns of the sheets that the community is known by, in the order of benchmarks."""
    rows = study.table("attendance")
    return [name for name in _of(study, program_id).counts if name in rows and rows[name].notna().any()]


def _declined(study: Study, program_id: str, empty: Estimate) -> list[Estimate]:
    """Decline what cannot be compared or shown."""
    people = attendance_case(study, program_id).people
    if not len(people):
        return no_people(empty)
    if not study.has("benchmarks"):
        return [empty.declined("The study has no benchmarks table: the community's make-up is not known.")]
    if not _variables(study, program_id):
        return [empty.declined("No column of the sign-in sheets is a variable of benchmarks.")]
    hidden = number_hidden(attendance_case(study, program_id), study.settings.min_cell)
    return [empty.declined(hidden)] if hidden else []


def _compared(study: Study, program_id: str) -> Iterator[tuple[str, pd.Series, np.ndarray, str]]:
    """Yield variable, community and people by category, and the note."""
    least = study.settings.min_cell
    for variable in _variables(study, program_id):
        residents = _of(study, program_id).counts[variable]
        answers, differ = _answers(study, program_id, variable)
        counts = np.bincount(answers[answers >= 0], minlength=len(residents)).astype(float)
        note = sentences(
            f"Compared with {_of(study, program_id).words}.",
            _unknown(len(answers) - counts.sum(), len(answers), least),
            "Who gave several answers counts by the most frequent one." if differ else "",
        )
        yield variable, residents, counts, note


def _shown(people: float, everybody: int, min_cell: int) -> float:
    """Return the people behind a number; NaN where beside all of them it would tell of few."""
    return NAN if some([everybody - people], min_cell) else float(people)


def _unknown(lacking: float, people: int, min_cell: int) -> str:
    """Return the sentence about people who are not in a category of the community."""
    if not lacking:
        return ""
    share = f"fewer than {min_cell} people" if lacking < min_cell else f"{lacking / people:.0%} of the people"
    return f"Of {share} the category is not known, or not one of benchmarks; they are left out."


@metric("attendance_representation", strand="attendance")
def attendance_representation(study: Study, program_id: str) -> list[Estimate]:
    """Share of each demographic category among the people who came / its share of the community.

    Below 1 is underrepresented. Categories of the variables (`outcome`) that are in the sheets and in
    benchmarks; the community are the residents of the treatment areas, else all (the note says which).
    People count once. Wilson interval of the attendees' share, divided; the community is taken as known.
    Nobody of a category: 0. A category of few people is kept back, and another with it.
    """
    how = "share of attendees / share of the community, Wilson interval"
    empty = template(program_id, "attendance_representation", "ratio", how)
    declined = _declined(study, program_id, empty)
    if declined:
        return declined
    made, everybody = [], len(attendance_case(study, program_id).people)
    for variable, residents, counts, note in _compared(study, program_id):
        named, people = replace(empty, outcome=variable), float(counts.sum())
        shown = _shown(people, everybody, study.settings.min_cell)
        reason = _uncomparable(people, residents, study.settings.min_cell)
        if reason:
            made.append(named.declined(reason))
            continue
        hidden = hidden_cells(counts, study.settings.min_cell)
        for place, (category, share) in enumerate((residents / residents.sum()).items()):
            one = replace(named, group=str(category), n_after=shown, note=note)
            if hidden[place]:
                made.append(one.declined(_HIDDEN))
            elif not share:
                made.append(one.declined("The community has nobody of this category."))
            else:
                result = representation_ratio(counts[place], people, float(share))
                made.append(replace(one, **result._asdict()))
    return made


def _uncomparable(people: float, residents: pd.Series, min_cell: int) -> str:
    if not people:
        return "Nobody who came is known to be in a category of benchmarks."
    if people < min_cell:
        return few(min_cell)
    return "" if residents.sum() > 0 else "The benchmarks count nobody."


@metric("attendance_imbalance", strand="attendance")
def attendance_imbalance(study: Study, program_id: str) -> list[Estimate]:
    """How far the people who came are from the community: absolute standardized mean difference, by variable.

    Mean over the categories of a variable (`outcome`) of |difference of shares| / standard deviation in the
    community; above 0.1 is commonly called imbalance (Austin PC (2009) Stat Med 28:3083). Alike: 0. Kept back
    where a category of the variable is.
    """
    how = "mean absolute standardized difference of the categories' shares"
    empty = template(program_id, "attendance_imbalance", "standard deviations", how)
    declined = _declined(study, program_id, empty)
    if declined:
        return declined
    made, everybody = [], len(attendance_case(study, program_id).people)
    for variable, residents, counts, note in _compared(study, program_id):
        named = replace(empty, outcome=variable)
        reason = _uncomparable(counts.sum(), residents, study.settings.min_cell)
        if not reason and hidden_cells(counts, study.settings.min_cell).any():
            reason = _HIDDEN
        value = NAN if reason else _imbalance(counts, residents)
        if math.isnan(value):
            made.append(named.declined(reason or "The community does not vary."))
            continue
        told = sentences("Above 0.1 is commonly called imbalance; it has no interval.", note)
        shown = _shown(counts.sum(), everybody, study.settings.min_cell)
        made.append(replace(named, estimate=value, n_after=shown, note=told))
    return made


def _imbalance(counts: np.ndarray, residents: pd.Series) -> float:
    return mean_standardized_difference([standardized_share_difference(counts, residents.to_numpy())])


@metric("attendance_r_indicator", strand="attendance")
def attendance_r_indicator(study: Study, program_id: str) -> list[Estimate]:
    """R-indicator of the program: 1 less twice the standard deviation of the propensities to come.

    1: all kinds of residents were as likely to come. Logistic propensities by the demographic variables of
    which no category is kept back (Schouten, Cobben and Bethlehem (2009) Survey Methodology 35:101; bias
    adjusted). Benchmarks hold each variable alone, so they are taken to be independent in the community. The
    group "coefficient of variation" is that of the propensities, the largest relative bias of a mean; it does
    not shrink with the share of residents reached. Nobody came: no number. R: `RISQ::getRIndicator`.
    """
    how = "1 - 2 x standard deviation of logistic propensities to come, bias-adjusted"
    empty = template(program_id, "attendance_r_indicator", "R-indicator", how)
    declined = _declined(study, program_id, empty)
    if declined:
        return declined
    least = study.settings.min_cell
    used = [
        (variable, residents)
        for variable, residents, counts, _ in _compared(study, program_id)
        if not _uncomparable(counts.sum(), residents, least) and not hidden_cells(counts, least).any()
    ]
    if not used:
        return [empty.declined(_HIDDEN)]
    return _indicator(study, empty, used)


def _indicator(study: Study, empty: Estimate, used: list[tuple[str, pd.Series]]) -> list[Estimate]:
    variables, sizes = [name for name, _ in used], [len(residents) for _, residents in used]
    answers = np.stack([_answers(study, empty.program_id, name)[0] for name in variables])
    known = answers[:, (answers >= 0).all(axis=0)]
    total = min(float(residents.sum()) for _, residents in used)
    if known.shape[1] < study.settings.min_cell:
        return [empty.declined(few(study.settings.min_cell))]
    if known.shape[1] > total:
        return [empty.declined("More people came than there are in the community.")]
    if math.prod(sizes) > _MOST_CELLS:
        return [empty.declined("The variables have too many categories for one model.")]
    came = np.bincount(np.ravel_multi_index(tuple(known), sizes), minlength=math.prod(sizes)).astype(float)
    shares = np.ones(1)
    for _, residents in used:
        shares = np.outer(shares, residents / residents.sum()).ravel()
    stayed = np.maximum(total * shares - came, 0.0)
    places = np.stack(np.unravel_index(np.arange(len(came)), sizes))
    terms = [np.eye(size)[place][:, 1:] for size, place in zip(sizes, places, strict=True)]
    design = np.column_stack([np.ones(len(came)), *terms])
    made = r_indicator(
        np.vstack([design, design]), np.repeat([1.0, 0.0], len(came)), counts=np.concatenate([came, stayed])
    )
    alike = np.ptp(made.propensities) < _ALIKE
    if made.reason and not alike:
        return [empty.declined(f"There is no number: {made.reason}.")]
    note = sentences(_NO_INTERVAL if alike else "", _what(study, empty.program_id, variables))
    shown = _shown(known.shape[1], answers.shape[1], study.settings.min_cell)
    named = replace(empty, n_after=shown, note=note)
    spread = from_standard_error(made.coefficient_of_variation, made.coefficient_of_variation_error, math.inf)
    result, spread = _within(made.result, 1.0), _within(spread, math.inf)
    if alike:
        result, spread = Result(1.0, NAN, NAN, NAN), Result(0.0, NAN, NAN, NAN)
    how = "standard deviation / mean of logistic propensities to come"
    varied = replace(named, group="coefficient of variation", unit="ratio", method=how)
    return [replace(named, **result._asdict()), replace(varied, **spread._asdict())]


def _within(result: Result, most: float) -> Result:
    """Hold an interval between 0 and the most there can be, around its estimate."""
    return Result(result.estimate, max(result.conf_low, 0.0), min(result.conf_high, most), NAN)


def _what(study: Study, program_id: str, variables: list[str]) -> str:
    """Return the note that names the variables of the indicator, and what it takes for granted."""
    listed = ", ".join(name.replace("_", " ") for name in variables)
    return sentences(
        f"By {listed}, compared with {_of(study, program_id).words}.",
        "The variables are taken to be independent in the community." if len(variables) > 1 else "",
        "Near 1 wherever few residents are reached: read it beside the representation of each group.",
    )
