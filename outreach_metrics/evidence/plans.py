"""Plans -> words: what to do, what must be true, what to write down, in the words of a council member."""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import date
from textwrap import wrap
from typing import TYPE_CHECKING

from outreach_metrics.evidence.wording import label, listing, number, percent
from outreach_metrics.study.wording import plural

if TYPE_CHECKING:
    from outreach_metrics.planning import DesignPlan, Plan, Reach

DESIGNS: dict[str, str] = {
    "comparison": "Compare with similar areas",
    "displacement": "Compare, and count neighboring areas in",
    "staggered": "Start in one area after another",
    "interrupted": "Follow the counts over time, no comparison",
    "before_after": "Before against after, no comparison",
}
"""Ways to evaluate, those that say most about the cause first."""

SHORT: dict[str, str] = {
    "comparison": "Comparison areas",
    "displacement": "Comparison and neighbors",
    "staggered": "One area after another",
    "interrupted": "Over time, no comparison",
    "before_after": "Before/after, no comparison",
}
"""The same for charts and headings."""

LEVELS: dict[str, int] = {
    "comparison": 3,
    "displacement": 3,
    "staggered": 3,
    "interrupted": 2,
    "before_after": 2,
}
"""Maryland Scientific Methods Scale of each."""

ASSUMPTIONS: dict[str, str] = {
    "comparison": "Without the program, crime would have changed by the same percentage in the program areas "
    "and in the comparison areas.",
    "displacement": "Without the program, crime would have changed alike per resident; nothing moves further "
    "than the neighboring areas that are named.",
    "staggered": "Areas that start later, or never, show what would have happened in those that start first.",
    "interrupted": "Without the program, level, trend and season before the start would have gone on.",
    "before_after": "Without the program, nothing would have changed: a fall that happens everywhere is "
    "taken for the program's.",
}
"""What has to be true for each to show an effect of the program."""

METHODS: dict[str, str] = {
    "comparison": "ratio of rate ratios, quasi-Poisson, noncentral t; formula",
    "displacement": "weighted displacement difference, dispersion-adjusted, noncentral t; formula",
    "staggered": "average of the areas' log changes over their own start; seeded simulation",
    "interrupted": "segmented quasi-Poisson regression with season, trend and autocorrelated errors, test of "
    "the change of level; seeded simulation",
    "before_after": "ratio of two rates, quasi-Poisson, noncentral t; formula",
}

FEW = 20
_WIDTH = 98


def fall(ratio: float) -> str:
    """Return a ratio below 1 as the size of a fall, rounded up: a smaller one would be found less often.

    Examples
    --------
    >>> fall(0.734), fall(float("nan"))
    ('27%', 'none')
    """
    return "none" if math.isnan(ratio) else percent(math.ceil(100 * (1 - ratio) - 1e-6) / 100)


def rise(ratio: float) -> str:
    """Return a ratio above 1 as the size of a rise.

    Examples
    --------
    >>> rise(1.31), rise(float("nan"))
    ('31%', 'none')
    """
    return "none" if math.isnan(ratio) else percent(ratio - 1)


def chances(power: float) -> str:
    """Return a power as a count out of ten, never rounded up.

    Examples
    --------
    >>> chances(0.8), chances(0.46), chances(0.03), chances(0.999)
    ('8 in 10', '4 in 10', 'fewer than 1 in 10', '9 in 10')
    """
    if math.isnan(power):
        return "unknown"
    tenths = min(9, math.floor(10 * power + 1e-9))
    return f"{tenths} in 10" if tenths else "fewer than 1 in 10"


def subject(plan: Plan) -> str:
    """Return the outcome as the subject of a sentence.

    Examples
    --------
    >>> from types import SimpleNamespace
    >>> subject(SimpleNamespace(outcome="vehicle_crime")), subject(SimpleNamespace(outcome="all"))
    ('vehicle crime', 'recorded crime')
    """
    return outcome_name(plan.outcome)


def outcome_name(outcome: str) -> str:
    """Return an outcome as a sentence names it."""
    return "recorded crime" if outcome == "all" else label(outcome).lower()


def span(plan: Plan, periods: float) -> str:
    """Return a number of periods with its unit."""
    return plural(int(periods), plan.unit)


def recommendation(plan: Plan) -> tuple[str, ...]:
    """Return what to do, what it would find, and what it would miss."""
    if not plan.horizon:
        return _nothing(plan)
    reach = plan.reach(plan.advised, plan.horizon)
    told = [_started(plan), _advice(plan), _found(plan, reach), _missed(plan, reach), _instead(plan, reach)]
    return tuple(filter(None, told))


def _started(plan: Plan) -> str:
    """Return, for a program that runs already, what the plan can still be."""
    panel = plan.study.panel
    if panel is None or plan.program.start > panel.periods[-1].end_time.date():
        return ""
    return f"This program started on {day(plan.program.start)}; the plan is the one that could be made then."


def _nothing(plan: Plan) -> tuple[str, ...]:
    made = [design for design in plan.designs if design.made]
    if not made:
        why = plan.designs[0].reason
        first = f"An effect on crime cannot be planned for. {why}"
    else:
        first = (
            f"Counts of {subject(plan)} in the program areas are too small to find even a very large fall. "
            "Plan for an outcome with more incidents, or for more areas."
        )
    return (
        first,
        "Do not promise a change in crime in the application; plan a survey and sign-in sheets instead.",
    )


def _advice(plan: Plan) -> str:
    program, wait = plan.program, span(plan, plan.horizon)
    if plan.advised == "comparison":
        own, other = len(program.treatment), len(program.comparison)
        how = f"Compare the {plural(own, 'program area')} with the {plural(other, 'comparison area')} named"
    elif plan.advised == "interrupted":
        step = f"{plan.unit} by {plan.unit}"
        how = f"Follow the counts in the program areas {step}, as no comparison with other areas can be made"
    else:
        how = "Compare the program areas before and after the start, as no better way can be used here"
    return f"{how}, and judge when {wait} have passed after the start."


def _relative(plan: Plan) -> str:
    return " relative to the comparison areas" if plan.advised == "comparison" else ""


def _found(plan: Plan, reach: Reach) -> str:
    times = chances(plan.power)
    lasting = f"If {subject(plan)} falls by {fall(reach.fall)} or more{_relative(plan)} and stays there"
    return f"{lasting}, {times} such evaluations would find it, and {_others(plan)} would not."


def _others(plan: Plan) -> str:
    return f"{10 - math.floor(10 * plan.power + 1e-9)} in 10"


def _missed(plan: Plan, reach: Reach) -> str:
    smaller = f"A fall smaller than {fall(reach.half)} would probably be missed" if reach.half > 0 else ""
    ten = f"one of 10% would be found by {chances(reach.powers[0])}"
    never = "Finding no clear change would then not mean that the program does not work."
    return f"{smaller}; {ten}. {never}" if smaller else never


def _instead(plan: Plan, reach: Reach) -> str:
    """Tell why a design that looks more sensitive is not recommended."""
    if plan.advised == "before_after":
        return "Nothing about the cause of a change can rest on this: name comparison areas if there are any."
    other = plan.reach("before_after", plan.horizon)
    if other is None or not other.fall > reach.fall + 0.01:
        return ""
    return (
        f"Comparing before with after alone seems to find smaller falls ({fall(other.fall)}), but it takes a "
        "fall that happens everywhere for the program's work."
    )


def conditions(plan: Plan) -> tuple[str, ...]:
    """Return what must be true for the plan to hold."""
    if not plan.horizon:
        return ()
    words = {"treatment": "program"}
    counts = [
        f"{number(amount, 0 if amount >= 10 else 1)} in the {words.get(role, role)} areas"
        for role, amount in plan.per_period.items()
    ]
    told = [
        f"Counts go on as from {_period(plan, 0)} to {_period(plan, 1)}: on average {' and '.join(counts)} "
        f"a {plan.unit}. Fewer incidents find less.",
        ASSUMPTIONS[plan.advised],
        "The change comes with the start and lasts. One that grows slowly or fades is harder to find.",
        "Recording stays the same. A program that builds trust can raise recorded crime: people report more.",
    ]
    if plan.program.assignment == "targeted":
        told.append(
            "The areas were not picked for one bad spell: after a bad spell crime falls back by itself, with "
            "a program or without."
        )
    if plan.advised == "comparison":
        told.append("No comparison area gets this or a similar program before the end.")
    return tuple(told)


def _period(plan: Plan, which: int) -> str:
    """Return the first or last period of the history in words."""
    start = plan.history[which]
    return {
        "month": f"{start:%B} {start.year}",
        "week": f"the week of {day(start)}",
        "quarter": f"quarter {(start.month + 2) // 3} of {start.year}",
        "year": f"{start.year}",
    }[plan.unit]


def to_collect(plan: Plan) -> tuple[str, ...]:
    """Return what to write down and to collect from now on."""
    told = [*_counts_to_collect(plan), *_windows_to_set(plan), *_areas_to_name(plan)]
    survey = plan.survey
    told.append(
        f"Hold a survey before the start and again after it. With {number(survey.answers)} answers each "
        f"time, {chances(plan.power)} surveys find a change of 5 points of 100; compared with a comparison "
        f"group, it takes {number(survey.answers_compared)} answers in each group each time. Asking the same "
        "people again takes fewer."
    )
    told.append("Keep sign-in sheets at every event, and count the people at events without one.")
    return tuple(told)


def _counts_to_collect(plan: Plan) -> list[str]:
    if plan.horizon:
        long = f"{span(plan, plan.horizon)} after"
        return [
            f"Before the start, write down the outcome ({subject(plan)}), the areas, the start date and that "
            f"results are read {long} it; then keep to that.",
            f"Keep every incident with date, offense and area, in all areas named, until {long} the start.",
        ]
    if plan.study.panel is None:
        return [
            "Collect incidents with date, offense and area, for the program areas and for areas like them."
        ]
    return []


def _windows_to_set(plan: Plan) -> list[str]:
    """Return what to set in study.toml so that the evaluation uses the periods of the plan."""
    reach = plan.reach(plan.advised, plan.horizon) if plan.horizon else None
    settings = plan.study.settings
    if reach is None or max(reach.after, plan.horizon) <= min(settings.before, settings.after):
        return []
    return [f"In study.toml, set before and after in [periods] to {plan.horizon}, so that all are used."]


def _areas_to_name(plan: Plan) -> list[str]:
    areas = plan.program.areas
    if not areas.get("treatment"):
        return [
            "Name the areas that the program will work in, and areas like them without it (program_areas)."
        ]
    told = []
    if not areas.get("comparison"):
        told.append("Name areas like the program areas without a program: they show what changes anyway.")
    if not areas.get("displacement"):
        told.append("Name the areas next to the program areas, to see whether crime only moves.")
    return told


def notes(plan: Plan) -> tuple[str, ...]:
    """Return what else a reader has to know to use the numbers."""
    told = [_when(plan)] if plan.history else []
    if plan.horizon:
        reach = plan.reach(plan.advised, plan.horizon)
        told.append(f"A rise would have to be {rise(reach.rise)} or more to be found as often.")
        if plan.per_period["treatment"] * plan.horizon < FEW:
            told.append(f"Fewer than {FEW} incidents are expected after the start: read this as rough.")
    most = max(plan.dispersion.values(), default=1.0)
    if most > 1:
        told.append(
            f"Counts vary up to {number(most, 1)} times as much as by chance alone; this is allowed for."
        )
    cut = [r for r in plan.design(plan.advised).reaches if r.after < r.periods] if plan.advised else []
    if cut:
        held = f"the data hold {span(plan, cut[0].before)} that match"
        told.append(
            f"Waiting {span(plan, cut[0].periods)} finds little more: it takes as many {plan.unit}s before "
            f"the start to compare with, and {held}."
        )
    return (*told, survey_basis(plan))


def _when(plan: Plan) -> str:
    start, end = plan.program.start, plan.study.panel.periods[-1].end_time.date()
    if start <= end:
        return f"The program started on {day(start)}. Only counts from before it are used."
    return f"The program starts on {day(start)}; the crime data end on {day(end)}. Keep counting until then."


def day(date_: date) -> str:
    """Return a date in words.

    Examples
    --------
    >>> day(date(2026, 3, 1))
    'March 1, 2026'
    """
    return f"{date_:%B} {date_.day}, {date_.year}"


def survey_basis(plan: Plan) -> str:
    """Return what the survey is planned from."""
    survey = plan.survey
    if not survey.observed:
        return (
            f"No earlier survey is used: scores are assumed to vary by {number(survey.sd)} points (standard "
            "deviation). A survey street by street or group by group needs more answers."
        )
    weights = f", and weights ask for {number(survey.design_effect, 2)} times the answers"
    vary = f"scores vary by {number(survey.sd, 1)} points (standard deviation)"
    return (
        f"The survey is planned from {number(survey.observed)} people of the first wave: {vary}"
        f"{weights if survey.design_effect > 1.005 else ''}."
    )


def needed_text(plan: Plan, periods: float) -> str:
    """Return how long it takes until a fall is found."""
    return "not reached" if math.isnan(periods) else span(plan, periods)


def areas_text(plan: Plan) -> str:
    """Return how many areas it would take; empty when that cannot be told."""
    if not plan.areas or all(math.isnan(areas) for areas in plan.areas):
        return ""
    told = [f"{number(areas)} for a fall by {10 * (i + 1)}%" for i, areas in enumerate(plan.areas)]
    when = f"{span(plan, plan.horizons[-2])} after the start"
    return (
        f"With areas like these, {when}, it takes so many areas with the program and as many without: "
        f"{listing(told)}."
    )


def plan_text(plan: Plan) -> str:
    """Return a plan as plain text of at most 98 letters a line.

    Parameters
    ----------
    plan : Plan
    """
    made = [design for design in plan.designs if design.made]
    unmade = [f"{DESIGNS[d.design]}: {d.reason}" for d in plan.designs if d.reason]
    name = f"{plan.program.name} ({plan.program.program_id})"
    parts = [name, "-" * min(len(name), _WIDTH), *wrap(" ".join(plan.recommendation), _WIDTH)]
    if made:
        parts += ["", *_table(plan, made)]
    more = [text for text in (areas_text(plan), _outcomes_text(plan)) if text]
    for heading, texts in (
        ("More areas, other outcomes", more),
        ("Not possible here", unmade if made else []),
        ("What must be true", plan.conditions),
        ("What to do from now on", plan.to_collect),
        ("Good to know", plan.notes),
    ):
        if texts:
            parts += ["", heading, *_items(texts)]
    return "\n".join(parts)


def _items(texts: Sequence[str]) -> list[str]:
    return [
        line for text in texts for line in wrap(text, _WIDTH, initial_indent="- ", subsequent_indent="  ")
    ]


def _outcomes_text(plan: Plan) -> str:
    if len(plan.outcomes) < 2:
        return ""
    told = [f"{outcome_name(name)} {fall(ratio)}" for name, ratio in plan.outcomes.items()]
    return f"Smallest fall that is found after {span(plan, plan.horizon)}: {listing(told, most=20)}."


def _table(plan: Plan, made: Sequence[DesignPlan]) -> list[str]:
    """Return the smallest fall that is found, a row a design and a column a horizon."""
    rows = [["", *(str(reach.periods) for reach in made[0].reaches), "20% found after"]]
    for design in made:
        falls = [fall(reach.fall) for reach in design.reaches]
        rows.append([DESIGNS[design.design], *falls, needed_text(plan, design.needed[1])])
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    title = (
        f"Smallest fall in {subject(plan)} found by {chances(plan.power)} evaluations, by {plan.unit}s after"
    )
    return [f"{title} the start", *(_line(row, widths) for row in rows)]


def _line(row: Sequence[str], widths: Sequence[int]) -> str:
    first, *others = [
        cell.rjust(width) if position else cell.ljust(width)
        for position, (cell, width) in enumerate(zip(row, widths, strict=True))
    ]
    return "  ".join([first, *others]).rstrip()


def finding(plan: Plan) -> str:
    """Return the finding of a plan in one line."""
    if not plan.horizon:
        return f"No design finds a fall in {subject(plan)}"
    smallest = fall(plan.reach(plan.advised, plan.horizon).fall)
    fallen = f"a fall in {subject(plan)} by {smallest} or more"
    return f"After {span(plan, plan.horizon)}, {chances(plan.power)} evaluations would find {fallen}"
