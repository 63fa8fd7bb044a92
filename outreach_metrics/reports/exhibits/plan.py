"""What an evaluation could find before a program begins: the answer, designs, time, areas, survey."""

from __future__ import annotations

import math

import pandas as pd

from outreach_metrics import plots
from outreach_metrics.evaluation import Evaluation
from outreach_metrics.evidence import plans
from outreach_metrics.evidence.design import SCALE
from outreach_metrics.evidence.wording import MISSING, label, number, percent
from outreach_metrics.planning import DesignPlan, Plan, plan_program
from outreach_metrics.reports.exhibits.cells import TOLD_ABOVE, alt_text, program_type, source
from outreach_metrics.reports.exhibits.kinds import (
    Cell,
    Column,
    Figure,
    Prose,
    Table,
    bullets,
    definitions,
    paragraphs,
)


def plan_about(plan: Plan) -> Prose:
    """Return what the program is, when it starts, and what is planned for."""
    program = plan.program
    kind = ", ".join(filter(None, [program_type(program).lower(), _led(plan)]))
    facts = f"{program.name}{f' ({kind})' if kind else ''}, start {plans.day(program.start)}."
    aim = f"This page plans how to find out whether {plans.subject(plan)} changes." if plan.history else ""
    return paragraphs(*filter(None, [facts, program.description, aim]))


def _led(plan: Plan) -> str:
    return f"led by {plan.program.lead_agency}" if plan.program.lead_agency else ""


def plan_answer(plan: Plan) -> Prose:
    """Return what to do, what it would find, and what it would miss."""
    return paragraphs(" ".join(plan.recommendation), kind="answer")


def _made(plan: Plan) -> list[DesignPlan]:
    return [design for design in plan.designs if design.made]


def plan_chart(plan: Plan) -> Figure | Prose:
    """Return the chart of the smallest fall that each design finds, by time."""
    made = _made(plan)
    if not made:
        return paragraphs(f"No way to evaluate an effect on crime can be planned. {plan.designs[0].reason}")
    lines = [
        plots.ReachLine(
            plans.SHORT[design.design],
            [reach.periods for reach in design.reaches],
            [1 - reach.fall for reach in design.reaches],
            design.design == plan.advised,
        )
        for design in made
    ]
    title, times = plans.finding(plan), plans.chances(plan.power)
    axes = plots.plan_reach(
        lines,
        title=title,
        subtitle=f"Smallest fall in {plans.subject(plan)} found by {times} evaluations, by way to evaluate",
        unit=plan.unit,
        marked=plan.horizon,
    )
    told = (
        f"{plans.SHORT[design.design]}: {', '.join(plans.fall(reach.fall) for reach in design.reaches)}"
        for design in made
    )
    after = ", ".join(str(periods) for periods in plan.horizons)
    return Figure(
        axes=axes,
        name="evaluation-plan",
        title=title,
        data=pd.DataFrame(
            {
                "way_to_evaluate": plans.SHORT[design.design],
                "periods_after_start": reach.periods,
                "period": plan.unit,
                "smallest_fall_found": 1 - reach.fall,
                "advised": design.design == plan.advised,
            }
            for design in made
            for reach in design.reaches
        ),
        strand="crime",
        alt=alt_text(title, f"Line chart of the smallest fall found after {after} {plan.unit}s.", told),
        caption="The lower a line, the smaller the falls that are found. Falls smaller than the line are "
        "found less often, and much smaller ones are missed. Thick: the way that is recommended.",
        source=source(plan.study, "incidents", "counts", "areas"),
    )


def planned_chart(evaluation: Evaluation) -> Figure | Prose:
    """Return the chart of `plan_chart` for a program of which nothing was counted yet after its start.

    Of a program that has begun, charts show what was found, not what could have been.
    """
    panel = evaluation.study.panel
    if panel is None or evaluation.program.start <= panel.periods[-1].end_time.date():
        return TOLD_ABOVE
    return plan_chart(plan_program(evaluation.study, evaluation.program.program_id))


def plan_table(plan: Plan) -> Table | Prose:
    """Return every way to evaluate: its strength, and the smallest fall and rise that it finds."""
    if not _made(plan):
        return TOLD_ABOVE
    rows = [_design_row(plan, design) for design in plan.designs]
    columns = [
        Column("Way to evaluate", number=False),
        Column("Strength", "level of 5"),
        *(Column(f"After {plans.span(plan, periods)}", "fall / rise") for periods in plan.horizons),
    ]
    return Table(
        caption=f"Smallest fall, and smallest rise, in {plans.subject(plan)} found by "
        f"{plans.chances(plan.power)} evaluations",
        columns=columns,
        rows=rows,
        notes=[f"Strength is the {SCALE}. A dash below a time: not even a very large change would be found."],
    )


def _design_row(plan: Plan, design: DesignPlan) -> list[Cell | str]:
    name = plans.DESIGNS[design.design]
    if not design.made:
        return [Cell(name, design.reason), str(plans.LEVELS[design.design]), *[MISSING] * len(plan.horizons)]
    cells = [f"{_size(1 - reach.fall)} / {_size(reach.rise - 1)}" for reach in design.reaches]
    return [name, str(plans.LEVELS[design.design]), *cells]


def _size(change: float) -> str:
    return MISSING if math.isnan(change) else percent(change)


def plan_needed_table(plan: Plan) -> Table | Prose:
    """Return how long it takes, and how many areas, to find falls by 10, 20 and 30%."""
    made = _made(plan)
    if not made:
        return paragraphs("Without counts to plan from, no time and no number of areas can be named.")
    rows = []
    for place, size in enumerate(("10%", "20%", "30%")):
        times = [plans.needed_text(plan, design.needed[place]) for design in made]
        areas = [number(plan.areas[place])] if _areas_known(plan) else []
        rows.append([f"A fall by {size}", *times, *areas])
    columns = [
        Column("To find", number=False),
        *(Column(plans.SHORT[design.design]) for design in made),
        *([Column("Areas with program", "and as many without")] if _areas_known(plan) else []),
    ]
    return Table(
        caption=f"{plan.unit.capitalize()}s after the start, or areas, that it takes to find a fall",
        columns=columns,
        rows=rows,
        notes=_needed_notes(plan, made),
    )


def _needed_notes(plan: Plan, made: list[DesignPlan]) -> list[str]:
    notes = ["Not reached: not within 5 years, as the time before the start that is on file sets a limit."]
    simulated = [plans.SHORT[d.design] for d in made if d.design in ("interrupted", "staggered")]
    notes += [f"{name}: the first of the times of the table above that is enough." for name in simulated]
    if _areas_known(plan):
        when = plans.span(plan, plan.horizons[-2])
        notes.append(f"Areas: all of about the size of the program areas, compared over {when}.")
    return notes


def _areas_known(plan: Plan) -> bool:
    return any(not math.isnan(areas) for areas in plan.areas)


def plan_outcomes_table(plan: Plan) -> Table | Prose:
    """Return the smallest fall that is found for every outcome, in the recommended way and time."""
    if len(plan.outcomes) < 2:
        return TOLD_ABOVE
    rows = [
        [
            "All recorded crime" if name == "all" else label(name),
            MISSING if math.isnan(ratio) else percent(1 - ratio),
        ]
        for name, ratio in sorted(plan.outcomes.items(), key=lambda item: (math.isnan(item[1]), -item[1]))
    ]
    return Table(
        caption=f"Smallest fall found after {plans.span(plan, plan.horizon)}, by outcome",
        columns=[Column("Outcome", number=False), Column("Smallest fall")],
        rows=rows,
        notes=[
            "Choose one main outcome before the start, the one that the program works on. Looking at several "
            "finds less in each."
        ],
    )


def plan_survey_table(plan: Plan) -> Table:
    """Return the answers that each wave of a survey needs."""
    survey = plan.survey
    rows = [
        ["mean score changes by 5 points of 100", number(survey.answers), number(survey.answers_compared)],
        ["share of favorable answers changes by 5 points of 100", number(survey.answers_share), MISSING],
    ]
    return Table(
        caption=f"Survey answers needed each time, to find a change in {plans.chances(plan.power)} surveys",
        columns=[
            Column("To find that the", number=False),
            Column("Program group alone"),
            Column("In each group, when compared"),
        ],
        rows=rows,
        notes=[
            plans.survey_basis(plan),
            "The share is planned for one of half before the start, the hardest case.",
        ],
    )


def plan_conditions(plan: Plan) -> Prose:
    """Return what must be true for the plan to hold."""
    if not plan.conditions:
        return paragraphs("No effect on crime is planned for, so nothing has to be assumed about crime.")
    return bullets(plan.conditions, lead="The plan holds only as far as this is true:")


def plan_to_collect(plan: Plan) -> Prose:
    """Return what to write down and to collect from now on."""
    return bullets(plan.to_collect)


def plan_notes(plan: Plan) -> Prose:
    """Return what else a reader has to know; what the survey is planned from stands below its table."""
    return bullets(note for note in plan.notes if note != plans.survey_basis(plan))


def plan_methods(plan: Plan) -> Prose:
    """Return how the numbers were made, and what each way to evaluate assumes."""
    power = (
        f"Power {percent(plan.power)} at a two-sided {percent(1 - plan.conf_level)} level: of many true "
        f"changes of the size told, {plans.chances(plan.power)} would be found. It is no promise for one "
        "evaluation."
    )
    counts = (
        "Expected counts are the level before the start times the season of all areas; their spread is "
        "estimated before the start, as if a program had begun in the middle of that time."
    )
    entries = [
        (plans.DESIGNS[d.design], [plans.ASSUMPTIONS[d.design], f"{label(d.method)}."]) for d in _made(plan)
    ]
    areas = "Areas: difference of mean log changes, t over areas, with the spread of the areas' own changes."
    survey = "Survey: difference of means, t, with design effect; shares: Fleiss, Levin & Paik (2003)."
    return definitions([*entries, ("Power", [power, counts, areas, survey])])
