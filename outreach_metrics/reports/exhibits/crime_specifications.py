"""The answer under every other choice of time and comparison areas."""

from __future__ import annotations

from collections.abc import Sequence

from outreach_metrics import plots
from outreach_metrics.estimate import Estimate
from outreach_metrics.evaluation import Evaluation
from outreach_metrics.evidence.claims import outcome_name, supported
from outreach_metrics.evidence.wording import plural, value
from outreach_metrics.metrics import crime
from outreach_metrics.reports.exhibits.cells import (
    TOLD_ABOVE,
    alt_text,
    asked,
)
from outreach_metrics.reports.exhibits.crime_designs import (
    compared_periods,
    crime_source,
    directions,
    found,
    shares,
)
from outreach_metrics.reports.exhibits.drawn import estimates_drawn
from outreach_metrics.reports.exhibits.evidence import own_checks
from outreach_metrics.reports.exhibits.kinds import Figure, Prose, paragraphs

GROUPS = {
    crime.specifications.ALL: "the comparison areas",
    crime.specifications.WITHOUT: "the same, one left out",
    crime.specifications.OTHERS: "all other areas",
}


def crime_specifications(evaluation: Evaluation) -> Figure | Prose:
    """Return the chart of the answer under every other choice of time and comparison areas."""
    if not compared_periods(evaluation):
        return TOLD_ABOVE
    study, outcome = evaluation.study, evaluation.outcome
    curve = crime.specification_curve(study, evaluation.program.program_id, outcome)
    if len(curve) < 2:
        reasons = [c.reason for c in own_checks(evaluation) if c.name == "specification" and c.reason]
        reason = reasons[0] if reasons else "there is no other way to ask"
        return paragraphs(f"Other ways to ask cannot be shown: {reason}.")
    unit = study.settings.unit
    ways = [_way(one, outcome, unit) for one in curve]
    lengths = dict.fromkeys(
        _length(one.before, one.after, unit) for one in sorted(curve, key=lambda one: (one.after, one.before))
    )
    groups = [name for name in GROUPS.values() if any(name in way.choices for way in ways)]
    choices = {"Time compared": tuple(lengths), "Compared with": tuple(groups)}
    headline = found(evaluation, "crime_relative_effect")
    title = specifications_title(ways, headline)
    axes = plots.specification_curve(
        ways,
        {name: choice for name, choice in choices.items() if len(choice) > 1},
        title=title,
        subtitle=f"Change in {asked(evaluation)} relative to comparison areas, each mark one way to ask",
    )
    low, high = ways[0].answer, ways[-1].answer
    return Figure(
        axes=axes,
        name="crime-specifications",
        title=title,
        data=estimates_drawn(["; ".join(way.choices) for way in ways], [way.answer for way in ways]),
        strand="crime",
        alt=alt_text(
            title,
            f"Chart of {plural(len(ways), 'answer')} in percent with intervals, from lowest to highest.",
            (f"{end} {value(e.estimate, e.unit)}" for end, e in (("lowest", low), ("highest", high))),
        ),
        caption="From left to right, every way to ask that the data allow; below each, the time and the "
        "areas it rests on. An answer that hangs on one of these choices is not firm. The intervals are not "
        "adjusted for looking at several outcomes.",
        source=crime_source(evaluation),
    )


def _length(before: int, after: int, unit: str) -> str:
    if before == after:
        return f"{plural(before, unit)} on each side"
    return f"{before} {unit}s before, {after} after"


def _way(one: crime.Specification, outcome: str, unit: str) -> plots.Way:
    answer = Estimate(
        program_id="",
        strand="crime",
        metric="crime_relative_effect",
        outcome=outcome,
        unit="ratio",
        estimate=one.result.estimate,
        conf_low=one.result.conf_low,
        conf_high=one.result.conf_high,
        p_value=one.result.p_value,
    )
    choices = (_length(one.before, one.after, unit), GROUPS[one.comparison])
    return plots.Way(answer, supported(answer), choices, one.main)


def specifications_title(ways: Sequence[plots.Way], headline: Estimate | None) -> str:
    """Return how many ways to ask show a clear change, and whether the reported one stands."""
    name = outcome_name(ways[0].answer)
    fell, rose = directions([way.answer for way in ways])
    if not (fell or rose):
        return f"None of {len(ways)} ways to ask shows a clear change in {name}"
    lead = shares(fell, rose, len(ways), "way to ask", name)
    alone = any(way.clear for way in ways if way.main)
    if headline is not None and supported(headline):
        return lead
    return f"{lead}; the reported one does not{' once all outcomes are allowed for' if alone else ''}"
