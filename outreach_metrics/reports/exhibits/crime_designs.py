"""The same change in crime by several designs, each with what it takes for granted."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from outreach_metrics import plots
from outreach_metrics.estimate import Estimate
from outreach_metrics.evaluation import Evaluation
from outreach_metrics.evidence.claims import outcome_name, supported
from outreach_metrics.evidence.wording import (
    MISSING,
    interval,
    interval_level,
    listing,
    more_or_less,
    p_value,
    value,
)
from outreach_metrics.reports.exhibits.cells import (
    TOLD_ABOVE,
    allowed_for,
    alt_text,
    asked,
    change_cell,
    change_text,
    difference_cell,
    level_heading,
    source,
    within,
)
from outreach_metrics.reports.exhibits.drawn import estimates_drawn
from outreach_metrics.reports.exhibits.kinds import Cell, Column, Figure, Prose, Table

SIDES = ("less crime", "more crime")
COMPARED_FROM = 3


class Design(NamedTuple):
    """How a design is called, and what has to be true for its number to be the program's effect."""

    name: str
    assumes: str


DESIGNS: dict[str, Design] = {
    "crime_rate_ratio": Design(
        "Program areas alone, after/before", "Nothing else changed in these areas over the same time."
    ),
    "crime_relative_effect": Design(
        "Against comparison areas", "Without the program both would have changed by the same percentage."
    ),
    "crime_its_level": Design(
        "Step at the start of the series",
        "Trend and season before the start, seen against the comparison areas where there are, would have "
        "gone on.",
    ),
    "crime_synthetic_effect": Design(
        "Against a mix of areas",
        "A mix of comparison areas that moved as the program areas did before would have done so after.",
    ),
    "crime_att": Design(
        "All programs of this type",
        "Without such programs their areas would have changed by the same percentage as areas without one.",
    ),
}
"""Designs whose answer is a change in percent: one chart."""

OTHERS: dict[str, Design] = {
    "crime_its_slope": Design(
        "Trend a year, after/before",
        "The trend before the start, seen against the comparison areas where there are, would have gone on.",
    ),
    "crime_difference": Design(
        "Incidents more (+) or fewer (−)",
        "Without the program both would have changed by the same number per resident.",
    ),
    "crime_harm_change": Design(
        "Harm of all crime", "As for incidents; the weight of each offense fits this place."
    ),
}


def found(evaluation: Evaluation, metric: str) -> Estimate | None:
    """Return a metric's estimate of the outcome asked for, or the one that says why there is none."""
    wanted = ("", "harm") if metric == "crime_harm_change" else (evaluation.outcome, "")
    return next((e for e in evaluation.select(metric=metric) if e.outcome in wanted), None)


def compared_periods(evaluation: Evaluation) -> bool:
    """Whether crime before and after could be compared for the outcome asked for."""
    return bool(evaluation.checks) and any(
        _is_made(evaluation, metric) for metric in ("crime_rate_ratio", "crime_relative_effect")
    )


def _is_made(evaluation: Evaluation, metric: str) -> bool:
    estimate = found(evaluation, metric)
    return estimate is not None and estimate.made


def crime_source(evaluation: Evaluation) -> str:
    """Return the source line of a chart of crime."""
    return source(evaluation.study, "incidents", "counts", "areas")


def crime_designs(evaluation: Evaluation) -> Figure | Prose:
    """Return the chart of one outcome's change by every design; those not made are named below."""
    if not compared_periods(evaluation):
        return TOLD_ABOVE
    every = {metric: found(evaluation, metric) for metric in DESIGNS}
    shown = {DESIGNS[metric].name: e for metric, e in every.items() if e is not None and e.made}
    title = designs_title(tuple(shown.values()))
    axes = plots.forest(
        tuple(shown),
        tuple(shown.values()),
        title=title,
        subtitle=f"Change in {asked(evaluation)}, by way of estimating it",
        sides=SIDES,
        strand="crime",
    )
    return Figure(
        axes=axes,
        name="crime-designs",
        title=title,
        data=estimates_drawn(shown, shown.values()),
        strand="crime",
        alt=alt_text(
            title,
            "Chart of the change in percent, with intervals, a row a design.",
            (f"{name} {_in_words(e)}" for name, e in shown.items()),
        ),
        caption=" ".join(
            [
                "Each row estimates the same change; each rests on something else (see the table below).",
                *filter(None, [allowed_for(shown.values())]),
                *_not_made(every),
            ]
        ),
        source=crime_source(evaluation),
    )


def _not_made(every: dict[str, Estimate | None]) -> Iterator[str]:
    """Name the designs that could not be made, and why."""
    reasons: dict[str, list[str]] = {}
    for metric, estimate in every.items():
        if estimate is not None and not estimate.made:
            reasons.setdefault(within(estimate.note), []).append(within(DESIGNS[metric].name))
    for reason, names in reasons.items():
        yield f"Not made: {listing(names)} ({reason})."


def designs_title(made: Sequence[Estimate]) -> str:
    """Return how many designs show a clear change; those with a comparison count where there are any.

    A design without an interval can show nothing, and does not count.

    Examples
    --------
    >>> alone = Estimate(program_id="a", strand="crime", metric="crime_rate_ratio", outcome="burglary",
    ...                  unit="ratio", estimate=0.7, conf_low=0.6, conf_high=0.8, p_value=0.001)
    >>> designs_title([alone])
    'The one way to estimate it shows a clear fall in recorded burglary'
    """
    bounded = [e for e in made if not math.isnan(e.conf_low)]
    compared = [e for e in bounded if (e.design_level or 0) >= COMPARED_FROM]
    told, kind = (compared, "design with a comparison") if compared else (bounded, "way to estimate it")
    name = outcome_name(made[0])
    if not told:
        return f"Change in {name}; how sure it is could not be estimated"
    fell, rose = directions(told)
    if fell or rose:
        return shares(fell, rose, len(told), kind, name)
    alone = [e for e in bounded if e not in compared and supported(e)]
    if alone and compared:
        verb = "fell" if alone[0].estimate < 1 else "rose"
        end = f"no {kind} shows" if len(told) > 1 else f"the {kind} does not show"
        return f"{name[:1].upper()}{name[1:]} {verb} over time, but {end} a clear change"
    if len(told) == 1:
        return f"The one {kind} shows no clear change in {name}"
    return f"None of {len(told)} {_several(kind)} shows a clear change in {name}"


def directions(estimates: Sequence[Estimate]) -> tuple[int, int]:
    """Return how many estimates bear a fall, and how many a rise."""
    clear = [e for e in estimates if supported(e)]
    return sum(e.estimate < 1 for e in clear), sum(e.estimate > 1 for e in clear)


def shares(fell: int, rose: int, number: int, kind: str, name: str) -> str:
    """Return how many show a clear fall and how many a clear rise."""
    ways = {"fall": fell, "rise": rose}
    told = [(count, way) for way, count in ways.items() if count]
    if told[0][0] == number:
        lead = f"The one {kind} shows" if number == 1 else f"All {number} {_several(kind)} show"
        return f"{lead} a clear {told[0][1]} in {name}"
    verb = "shows" if told[0][0] == 1 else "show"
    first = f"{told[0][0]} of {number} {_several(kind)} {verb} a clear {told[0][1]} in {name}"
    return first + "".join(f", {count} a clear {way}" for count, way in told[1:])


def _several(kind: str) -> str:
    noun, _, rest = kind.partition(" ")
    return f"{noun}s {rest}".rstrip()


def crime_designs_table(evaluation: Evaluation) -> Table | Prose:
    """Return one outcome's change by every design: its number, how strong it is, and what it assumes."""
    if not compared_periods(evaluation):
        return TOLD_ABOVE
    rows, shown = [], []
    for metric, design in (DESIGNS | OTHERS).items():
        estimate = found(evaluation, metric)
        if estimate is not None and estimate.made:
            shown.append(estimate)
            rows.append(_design_row(evaluation, design, estimate))
    columns = [
        Column("Way to estimate", number=False),
        Column("Change", level_heading(shown)),
        Column("Chance alone?", "adjusted p"),
        Column("Level", "of 5"),
        Column("It is the program's effect only if …", number=False),
    ]
    return Table(
        caption=f"Ways to estimate the change in {asked(evaluation)}, and what each takes for granted",
        columns=columns,
        rows=rows,
        notes=[
            "Level: strength of the design, 1 weakest, 5 random assignment. Chance alone: how often a "
            "difference this large would come up if the program changed nothing; it is adjusted for looking "
            "at several outcomes."
        ],
    )


def _design_row(evaluation: Evaluation, design: Design, estimate: Estimate) -> list[Cell | str]:
    if estimate.metric == "crime_difference":
        change = difference_cell(estimate, evaluation.study)
    elif estimate.metric == "crime_harm_change":
        told = f"{interval_level(estimate)}: {interval(estimate)}; in {estimate.unit}."
        change = Cell(more_or_less(estimate.estimate), told if interval(estimate) else f"In {estimate.unit}.")
    elif math.isnan(estimate.conf_low):
        change = Cell(change_text(estimate), estimate.note)
    elif _limitless(estimate):
        change = Cell(_in_words(estimate), estimate.note)
    else:
        change = change_cell(estimate, evaluation.study)
    level = MISSING if estimate.design_level is None else str(estimate.design_level)
    return [design.name, change, p_value(estimate.p_adjusted), level, design.assumes]


def _in_words(estimate: Estimate) -> str:
    """Return a change with its interval, or that nothing limits it."""
    if _limitless(estimate):
        return f"{value(estimate.estimate, estimate.unit)} (no limits)"
    return change_text(estimate)


def _limitless(estimate: Estimate) -> bool:
    return math.isinf(estimate.conf_high) and not estimate.conf_low > 0
