"""Two pages for a funding application: need, reach, results that may be told, cost, plan, what is lacking."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence

from outreach_metrics.check import Check
from outreach_metrics.estimate import Estimate
from outreach_metrics.evaluation import Evaluation
from outreach_metrics.evidence import plans
from outreach_metrics.evidence.checks import question
from outreach_metrics.evidence.claims import (
    claim,
    further_claims,
    headline,
    outcome_name,
    strongest,
    supported,
)
from outreach_metrics.evidence.wording import label, listing, number, percent, plural, ratio_change
from outreach_metrics.metrics.attendance import FULL_COUNT
from outreach_metrics.needs import ProgramNeed
from outreach_metrics.planning import ASKED, Plan
from outreach_metrics.reports.exhibits.attendance import attendance_chart
from outreach_metrics.reports.exhibits.cells import (
    TOLD_ABOVE,
    amount_cell,
    few_people,
    first,
    level_heading,
    limits,
)
from outreach_metrics.reports.exhibits.cost import cost_answer, cost_verdict
from outreach_metrics.reports.exhibits.crime import crime_forest
from outreach_metrics.reports.exhibits.evidence import about, own_checks
from outreach_metrics.reports.exhibits.kinds import Cell, Column, Figure, Prose, Table, bullets, paragraphs
from outreach_metrics.reports.exhibits.needs import subject, unit, when
from outreach_metrics.reports.exhibits.outcomes import outcome_chart
from outreach_metrics.reports.exhibits.survey import survey_dumbbell

MOST_AREAS = 4
"""Areas in the table of need; of more, the highest."""

MOST_LIMITS = 5
"""Sentences on what must not be said."""

_STANDINGS = {"above": "clearly above", "unclear": "cannot be told apart", "below": "clearly below"}

_REACH: dict[str, str] = {
    "attendance_events": "Events held",
    "attendance_total": "Attendances",
    "attendance_unique": "Different people",
    "attendance_reach": "Share of residents who came",
    "attendance_repeat_share": "Share who came more than once",
}

TEMPTING: tuple[str, ...] = (
    "Do not say that the program changed",
    "Do not give the change of the program areas alone",
    "Do not leave out that",
    "Do not write that the program saved money",
    "Do not give attendance as proof",
    "Do not write “up to”",
)
"""How the sentences begin that forbid what an application is most tempted to say."""

NO_CHANGE = "Do not say that the program changed anything: there is no estimate of a change."
NO_BARE_NUMBER = "Do not give a number without its interval."
NO_BENEFIT = "Whether it paid cannot be told, so no benefit in money is claimed."
RESTS_ON = (
    "This stands on the change in crime relative to the comparison areas, with the same doubts, and on "
    "average prices of crime."
)

_STRONGER: dict[int | None, str] = {
    2: "Areas, or people, without the program to compare with: they show what changes anyway.",
    3: "Let chance, or a schedule fixed beforehand, decide which areas, or people, start first: those that "
    "wait are then a comparison that nobody chose.",
}
"""The next step up from a design level."""

_ASIDE = "Comparing before with after alone"


def grant_about(evaluation: Evaluation) -> Prose:
    """Return what the program is, who leads it, since when, and what it does."""
    return paragraphs(" ".join(about(evaluation).plain.splitlines()))


def grant_need(need: ProgramNeed) -> Prose:
    """Return how the program's areas stand beside the others: crime, low trust, low reach."""
    told = [_need_in_crime(need), *_need_of_people(need)]
    return paragraphs(" ".join(filter(None, told)))


def _need_in_crime(need: ProgramNeed) -> str:
    if need.reason:
        return f"The study cannot show the need in numbers. {need.reason}"
    city, total = need.city, len(need.city.areas)
    beside = f"{number(need.rate, 1)} incidents of {subject(city)} {unit(city.study)} were counted"
    areas, others = len(need.areas), total - len(need.areas)
    return (
        f"From {when(city.span)} {beside} in the {plural(areas, 'program area')}, against "
        f"{number(need.rate_others, 1)} in the {plural(others, 'other area')}{_beside(need)}. "
        f"{_standings(need)}{_at_work(need)}"
    )


def _beside(need: ProgramNeed) -> str:
    """Return the ratio of the two rates with its interval, and whether they can be told apart."""
    ratio = need.ratio
    if math.isnan(ratio.conf_low):
        return "; there are too few incidents to compare the two"
    ends = f"{ratio_change(ratio.conf_low)} to {ratio_change(ratio.conf_high)}"
    within = f"{percent(need.city.conf_level)} interval {ends}"
    clear = not ratio.conf_low <= 1 <= ratio.conf_high
    return f": {ratio_change(ratio.estimate)} ({within}){'' if clear else ', which is no clear difference'}"


def _standings(need: ProgramNeed) -> str:
    """Return how many of the areas stand clearly above or below the city."""
    counts = need.areas["standing"].value_counts()
    told = [f"{counts[name]} {words}" for name, words in _STANDINGS.items() if name in counts]
    overall = number(need.city.overall, 1)
    return f"Beside the rate of the whole city ({overall}), allowing for chance: {listing(told)}."


def _at_work(need: ProgramNeed) -> str:
    """Return the caution that the program had begun before the time looked at was over."""
    panel = need.city.study.panel
    begun = panel is not None and need.program.start <= panel.periods[-1].end_time.date()
    return " The program was at work in that time, so this is not the need before it began." if begun else ""


def _need_of_people(need: ProgramNeed) -> Iterable[str]:
    """Yield where residents trust less, and where fewer came to events, than among the others."""
    if len(need.low_trust):
        groups = [f"{label(row.construct).lower()} in {row.group}" for row in need.low_trust.itertuples()]
        yield f"In the program's last survey these were clearly lower than elsewhere: {listing(groups)}."
    if len(need.low_reach):
        shares = [
            f"{row.name_} ({percent(row.share, 1)} of residents; 95% interval {percent(row.conf_low, 1)} to "
            f"{percent(row.conf_high, 1)})"
            for row in need.low_reach.rename(columns={"name": "name_"}).itertuples()
        ]
        yield f"Events of all programs drew clearly fewer people there than elsewhere: {listing(shares, 3)}."


def grant_need_table(need: ProgramNeed) -> Table | Prose:
    """Return the smoothed rate of each area of the program, and between which ranks it may lie."""
    if need.reason:
        return TOLD_ABOVE
    city, level = need.city, f"{percent(need.city.conf_level)} interval"
    shown = need.areas.head(MOST_AREAS)
    rows = [
        [
            row.name_,
            number(row.residents),
            f"{number(row.smoothed, 1)} ({number(row.conf_low, 1)} to {number(row.conf_high, 1)})",
            f"{row.rank_low} to {row.rank_high}",
            _STANDINGS[row.standing],
        ]
        for row in shown.rename(columns={"name": "name_"}).itertuples()
    ]
    which = (
        f"the {len(shown)} highest of {len(need.areas)} areas" if len(need.areas) > len(shown) else "areas"
    )
    return Table(
        caption=f"{subject(city).capitalize()} in the program's areas, {when(city.span)}"
        f"{': ' + which if which != 'areas' else ''}",
        columns=[
            Column("Area", number=False),
            Column("Residents"),
            Column("Rate, smoothed", level),
            Column(f"Rank of {len(city.areas)}", level),
            Column(f"Against the city's {number(city.overall, 1)}", number=False),
        ],
        rows=rows,
        notes=[
            f"Rates {unit(city.study)}, drawn towards the city's, the more so the fewer residents there are. "
            "Rank 1 is the highest."
        ],
    )


def grant_reach_table(evaluation: Evaluation) -> Table | Prose:
    """Return what was held and who came, in figures; why not where nothing was counted."""
    known = [e for metric in _REACH for e in evaluation.select(metric=metric)]
    people = [e for e in known if e.metric != "attendance_events"]
    if not any(e.made for e in people):
        few = few_people(people, evaluation.study)
        return few or paragraphs("The study holds no attendance, so whom the program reached is not known.")
    rows = []
    for e in known:
        counted = FULL_COUNT in e.note
        cell = amount_cell(e, evaluation.study)
        rows.append(
            [
                _REACH[e.metric],
                Cell(cell.text, "" if e.made else cell.note),
                "full count" if counted else limits(e),
            ]
        )
    columns = [Column("Measure", number=False), Column("Value"), Column(level_heading(known))]
    return Table(caption="Whom the program reached", columns=columns, rows=rows)


def grant_reach_chart(evaluation: Evaluation) -> Figure | Prose:
    """Return the chart of who came, where no change can be drawn instead."""
    changes = any(e.made for e in strongest(evaluation.estimates))
    chart = TOLD_ABOVE if changes else attendance_chart(evaluation)
    return chart if isinstance(chart, Figure) else TOLD_ABOVE


def grant_missed(evaluation: Evaluation) -> Prose:
    """Return which groups came less often than their share of the community."""
    groups = [e for e in evaluation.select(metric="attendance_representation") if e.made]
    if not groups:
        came = any(e.made for e in evaluation.select(metric="attendance_total"))
        return (
            paragraphs(
                "Who was missed cannot be told: no make-up of those who came, or of the community, is known."
            )
            if came
            else TOLD_ABOVE
        )
    under = [e for e in groups if supported(e) and e.estimate < 1]
    if not under:
        return paragraphs(
            f"Of {plural(len(groups), 'group')} of residents none clearly came less often than its share of "
            "the community; groups too small to show are not among them."
        )
    told = [
        f"{label(e.outcome).lower()} {e.group} ({number(e.estimate, 2)} times; {number(e.conf_low, 2)} to "
        f"{number(e.conf_high, 2)})"
        for e in under
    ]
    return paragraphs(
        f"Clearly fewer came than their share of the community, all groups allowed for: {listing(told)}. "
        "In brackets: their share of those who came as times that of the community, with its interval. A "
        "program meant for one group is expected to reach fewer of the others."
    )


def grant_results(evaluation: Evaluation) -> Prose:
    """Return the sentences that may be said, those on a clear change first, and what stays unclear."""
    estimates = evaluation.estimates
    told = {(e.strand, e.outcome): e for e in strongest(estimates)}
    main = headline(estimates, evaluation.outcome)
    if main is None:
        others = _done(evaluation)
        lead = " ".join([evaluation.answer[0], f"{evaluation.answer[2]}"])
        return bullets(others, lead=f"{lead} What was done may be told:") if others else paragraphs(lead)
    clear = [e for e in told.values() if supported(e) and e is not main]
    sentences = [claim(main), *(claim(e) for e in clear), *_done(evaluation)]
    return bullets(
        filter(None, sentences), lead="These sentences may be copied, whole, with their intervals:"
    )


def _done(evaluation: Evaluation) -> list[str]:
    """Return the sentences on activity that stand nowhere else on the pages."""
    return list(further_claims([e for e in evaluation.estimates if e.strand not in ("attendance", "cost")]))


def grant_strength(evaluation: Evaluation) -> Prose:
    """Return how strong the evidence is, what stays unclear, and which checks call for caution."""
    main = headline(evaluation.estimates, evaluation.outcome)
    if main is None:
        return TOLD_ABOVE
    last = {(e.strand, e.outcome): e for e in strongest(evaluation.estimates)}
    asked = (main.strand, main.outcome)
    unclear = [outcome_name(e) for key, e in last.items() if key != asked and not supported(e)]
    told = [evaluation.answer[2]]
    if unclear:
        told.append(f"No clear change either way: {listing(unclear, most=9)}.")
    return paragraphs(" ".join(filter(None, [*told, _checked(_weighed(evaluation, main))])))


def _checked(checks: Sequence[Check]) -> str:
    """Return which checks call for caution, and how many cannot be told; nothing where none was made."""
    cautions = dict.fromkeys(question(check) for check in checks if check.verdict == "caution")
    unknown = sum(check.verdict == "unknown" for check in checks)
    untold = f"Of {plural(len(checks), 'check')} {unknown} cannot be told." if unknown else ""
    if not cautions:
        return f"No check calls for caution. {untold}".strip() if checks else ""
    return f"Checks that call for caution: {' '.join(cautions)} {untold}".strip()


def _weighed(evaluation: Evaluation, main: Estimate) -> list[Check]:
    """Return the checks of crime and of the survey, as far as they are about what is told."""
    strands = ("crime", "sentiment") if main.strand == "crime" else (main.strand,)
    return [check for strand in strands for check in own_checks(evaluation, strand)]


def grant_chart(evaluation: Evaluation) -> Figure | Prose:
    """Return one chart of changes, of the strand that the answer is about; nothing without any."""
    drawn = (chart(evaluation) for chart in (crime_forest, outcome_chart, survey_dumbbell))
    return next((chart for chart in drawn if isinstance(chart, Figure)), TOLD_ABOVE)


def grant_limits(evaluation: Evaluation) -> Prose:
    """Return what an application is most tempted to say and must not."""
    said = evaluation.must_not_be_said
    chosen = [sentence for start in TEMPTING for sentence in said if sentence.startswith(start)]
    if headline(evaluation.estimates) is None:
        chosen = [NO_CHANGE, *chosen]
    return bullets((chosen or said or [NO_BARE_NUMBER])[:MOST_LIMITS])


def grant_cost(evaluation: Evaluation) -> Prose:
    """Return what it cost and what a unit cost; whether it paid only where the intervals bear an answer."""
    told, verdict = cost_answer(evaluation).plain, cost_verdict(evaluation)
    if not told.endswith(verdict[0]):
        return paragraphs(told)
    paid = f"{verdict[0]} {RESTS_ON}" if _paid_is_known(evaluation) else NO_BENEFIT
    return paragraphs(f"{told.removesuffix(verdict[0]).strip()} {paid}")


def _paid_is_known(evaluation: Evaluation) -> bool:
    """Whether the benefit for each unit of cost is clearly below 1, or above it and crime clearly changed."""
    ratio = first(evaluation.estimates, metric="benefit_cost_ratio", group="")
    if ratio is None or not ratio.made:
        return False
    changed = any(supported(e) for e in evaluation.select(metric="crime_difference"))
    return ratio.conf_high < 1 or (ratio.conf_low > 1 and changed)


def grant_plan(plan: Plan) -> Prose:
    """Return how the effect would be found out, what would be found, how long it takes, and a survey."""
    told = [sentence for sentence in plan.recommendation if not sentence.startswith(_ASIDE)]
    return paragraphs(" ".join(filter(None, [*told, _times(plan)])), _survey(plan))


def _times(plan: Plan) -> str:
    """Return how long it takes to find falls by 10, 20 and 30 %, in the recommended way."""
    if not plan.horizon:
        return ""
    found = [
        f"{percent(1 - ratio)} after {plans.needed_text(plan, periods)}"
        for ratio, periods in zip(ASKED, plan.design(plan.advised).needed, strict=True)
        if not math.isnan(periods)
    ]
    return f"A fall by {listing(found)} is found as often." if found else ""


def _survey(plan: Plan) -> str:
    survey = plan.survey
    return (
        f"A survey before and after finds a change of 5 points of 100 in {plans.chances(plan.power)} cases "
        f"with {number(survey.answers)} answers each time; against a comparison group it takes "
        f"{number(survey.answers_compared)} in each group each time."
    )


def grant_stronger(evaluation: Evaluation) -> Prose:
    """Return what would make the evidence stronger: what the study lacks, and the next better design."""
    step = _STRONGER.get(evaluation.design_level)
    told = [*evaluation.missing, *([step] if step else [])]
    return (
        bullets(told) if told else paragraphs("The same again elsewhere: one result is never the last word.")
    )


def grant_sources(evaluation: Evaluation) -> Prose:
    """Return whose numbers these are, and how an interval is to be read."""
    settings = evaluation.study.settings
    holder = settings.agency or settings.title or "the study"
    return paragraphs(
        f"Source: {holder}. An interval is the range of values that fit the data; it covers chance, not "
        "other explanations. Methods, checks and data quality stand in the program's report.",
        kind="fact",
    )
