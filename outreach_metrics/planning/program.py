"""Plan the evaluation of a program: every design, the one to choose, a survey, and the words for it."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from dataclasses import replace

from outreach_metrics.errors import UnknownNameError
from outreach_metrics.evidence import plans
from outreach_metrics.inference.power import needed_answers, needed_answers_share
from outreach_metrics.metrics.sentiment import construct_scores
from outreach_metrics.planning.designs import find, plan_areas, plan_design
from outreach_metrics.planning.model import ASKED, DesignPlan, Plan, Reach, SurveyPlan
from outreach_metrics.planning.outlook import Outlook, design_obstacle, obstacle
from outreach_metrics.study import Program, Study
from outreach_metrics.study.windows import PERIODS_PER_YEAR

NAN = math.nan
POINTS = 5.0
_ASSUMED_SD = 25.0
_LEAST_ANSWERS = 30


def _plan_survey(study: Study, program: Program, power: float, conf_level: float) -> SurveyPlan:
    """Plan a survey from the first wave's answers, or from an assumed spread."""
    scores = construct_scores(study, program.program_id)
    scores = scores[scores["arm"] == "program"] if len(scores) else scores
    if len(scores):
        scores = scores[scores["wave"] == scores["wave"].min()]
    people = scores["respondent_id"].nunique() if len(scores) else 0
    sd, effect = _ASSUMED_SD, 1.0
    if people >= max(_LEAST_ANSWERS, study.settings.min_cell):
        variances = scores.groupby("construct", observed=True)["score"].var()
        sd = math.sqrt(float(variances.mean()))
        weight = scores.drop_duplicates("respondent_id")["weight"].astype(float).dropna().to_numpy()
        effect = (
            len(weight) * float((weight**2).sum()) / float(weight.sum()) ** 2 if weight.sum() > 0 else 1.0
        )
    else:
        people = 0
    common = {"design_effect": max(effect, 1.0), "conf_level": conf_level, "power": power}
    return SurveyPlan(
        answers=needed_answers(POINTS, sd, **common),
        answers_compared=needed_answers(POINTS, sd, compared=True, **common),
        answers_share=math.ceil(needed_answers_share(0.5, POINTS / 100, **common)),
        sd=sd,
        design_effect=max(effect, 1.0),
        observed=int(people),
    )


def _advised(designs: Iterable[DesignPlan], year: int) -> tuple[str, int]:
    """Return the design whose answer counts most among those that find anything, and how long it takes."""
    made = {design.design: design for design in designs if design.made}
    for name in ("comparison", "interrupted", "before_after"):
        horizon = _long_enough(made[name].reaches, year) if name in made else 0
        if horizon:
            return name, horizon
    return next(iter(made), ""), 0


def _long_enough(reaches: tuple[Reach, ...], year: int) -> int:
    """Return the first horizon of a year or more that finds a fall by 20 %, else the last that helps."""
    chosen = None
    for reach in reaches:
        if math.isnan(reach.fall) or reach.periods < year:
            continue
        if chosen is None or (chosen.fall < ASKED[1] and reach.fall > chosen.fall + 0.03):
            chosen = reach
    return chosen.periods if chosen else 0


def plan_program(
    study: Study, program_id: str, outcome: str = "", *, power: float = 0.8, conf_level: float = 0.95
) -> Plan:
    """Plan the evaluation of one program, whether it has started or not.

    Parameters
    ----------
    study : Study
    program_id : str
    outcome : str
        Crime outcome to plan for; empty for the study's first.
    power : float
        Share of such evaluations that have to find a true change, at least 0.5.
    conf_level : float

    Returns
    -------
    Plan

    Raises
    ------
    UnknownNameError
        The study has no such program, or no such outcome; the message lists those there are.

    Notes
    -----
    Only periods before the start are looked at. Their level and season are carried on, and their
    dispersion is estimated as an evaluation would estimate it, as if a program had begun in their middle.
    """
    program = study.program(program_id)
    outcome = _outcome(study, outcome)
    outlook = Outlook(study, program, outcome) if outcome and program.treatment else None
    reason = obstacle(study, program, outlook)
    if reason:
        designs = tuple(DesignPlan(design=design, reason=reason) for design in plans.DESIGNS)
    else:
        designs = tuple(plan_design(outlook, design, power, conf_level) for design in plans.DESIGNS)
    advised, horizon = _advised(designs, int(PERIODS_PER_YEAR[study.settings.unit]))
    plan = Plan(
        study=study,
        program=program,
        outcome=outcome,
        power=power,
        conf_level=conf_level,
        designs=designs,
        survey=_plan_survey(study, program, power, conf_level),
        advised=advised,
        horizon=horizon,
        per_period={},
        dispersion={},
        outcomes={},
    )
    if not reason:
        plan = replace(plan, **_told_of_counts(plan, outlook))
    return replace(
        plan,
        recommendation=plans.recommendation(plan),
        conditions=plans.conditions(plan),
        to_collect=plans.to_collect(plan),
        notes=plans.notes(plan),
    )


def _outcome(study: Study, outcome: str) -> str:
    """Return the outcome asked for, or the study's first; empty without counts."""
    outcomes = study.panel.outcomes if study.panel is not None else ()
    if outcome and outcome not in outcomes:
        raise UnknownNameError("outcome", outcome, outcomes)
    return outcome or next(iter(outcomes), "")


def _told_of_counts(plan: Plan, outlook: Outlook) -> dict[str, object]:
    """Return what the plan tells about the counts that it was made from."""
    roles = [role for role in ("treatment", "comparison") if plan.program.areas.get(role)]
    periods = plan.study.panel.periods[outlook.recent]
    halves = outlook.halves
    return {
        "history": tuple(periods[place].start_time.date() for place in (0, -1)),
        "per_period": {
            role: float(halves.series(role)[:, outlook.recent].sum() / len(periods)) for role in roles
        },
        "dispersion": {role: outlook.dispersion(role) for role in roles},
        "areas": plan_areas(outlook, plan.power, plan.conf_level),
        "outcomes": _by_outcome(plan) if plan.horizon else {},
    }


def _by_outcome(plan: Plan) -> dict[str, float]:
    """Return the fall in every outcome that the recommended design finds."""
    falls = {}
    for outcome in plan.study.panel.outcomes:
        outlook = Outlook(plan.study, plan.program, outcome)
        usable = not (obstacle(plan.study, plan.program, outlook) or design_obstacle(outlook, plan.advised))
        found = find(outlook, plan.advised, plan.horizon, plan.power, plan.conf_level) if usable else None
        falls[outcome] = found.fall if found else NAN
    return falls


def plan_study(
    study: Study, program_ids: Iterable[str] | None = None, outcome: str = ""
) -> Iterator[tuple[str, Plan | Exception]]:
    """Plan programs one after another; one that fails gives its exception and the others go on.

    Parameters
    ----------
    study : Study
    program_ids : iterable of str, optional
        All programs of the study when not given.
    outcome : str
        As for `plan_program`.

    Yields
    ------
    program_id : str
    result : Plan or Exception

    Raises
    ------
    UnknownNameError
        The study has no such outcome, before anything is planned.
    """
    _outcome(study, outcome)
    for program_id in study.programs if program_ids is None else program_ids:
        try:
            yield program_id, plan_program(study, program_id, outcome)
        except Exception as error:
            yield program_id, error
