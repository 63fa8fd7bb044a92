"""Named checks in plain words: what was asked, what was found, what it means for the answer."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping

from outreach_metrics.check import Check
from outreach_metrics.evidence.wording import fall_or_rise, label, listing, number, percent, plural, points

VERDICTS: dict[str, str] = {"clear": "No sign", "caution": "Caution", "unknown": "Cannot be told"}

QUESTIONS: dict[str, tuple[str, str]] = {
    "similar_before": (
        "Were the areas alike before the start?",
        "Areas with very different rates need not change alike.",
    ),
    "pre_trend": (
        "Did both sides move alike before the start?",
        "If they drifted apart already, the drift would go on and look like an effect.",
    ),
    "few_areas": ("Are there enough areas?", "With few areas, a change in one of them looks like an effect."),
    "own_trend": (
        "Was crime rising or falling before the start already?",
        "What goes on as before is no change that came with the program.",
    ),
    "regression_to_the_mean": (
        "Did the program start in an unusual spell?",
        "A spell passes on its own (regression to the mean), which looks like an effect.",
    ),
    "season": (
        "Are the same seasons compared?",
        "Crime has a season; comparing a summer with a winter would look like an effect.",
    ),
    "windows": (
        "Is the time covered that was asked for?",
        "A short time after the start shows first weeks, not what lasts.",
    ),
    "placebo_dates": (
        "Does the method find an effect where nothing began?",
        "A false start inside the time before should show no change.",
    ),
    "placebo_outcomes": (
        "Did crime change that the program cannot have changed?",
        "If it did, something else was at work too.",
    ),
    "displacement": (
        "Did crime move next door?",
        "A fall here that is a rise there is no gain.",
    ),
    "low_counts": ("Are there enough incidents?", "Rates on few incidents swing by chance."),
    "overlap": (
        "Was another program at work there?",
        "The effects of two programs in one place cannot be told apart.",
    ),
    "reporting": (
        "Did people report more or less?",
        "Recorded crime is reported crime, the one kind more than the other: building trust can raise it.",
    ),
    "several_outcomes": (
        "How many outcomes were looked at?",
        "Of twenty outcomes one will seem to change by chance alone.",
    ),
    "specification": (
        "Would other windows or comparison areas change the answer?",
        "An answer that hangs on one choice is not firm.",
    ),
    "attrition": (
        "Did those who stopped answering think otherwise?",
        "If they did, the change of those who stayed is not that of all.",
    ),
    "make_up": (
        "Did the same kind of people answer later?",
        "Other people give other answers, which looks like a change of mind.",
    ),
    "nonresponse": (
        "Would the change be the same if every group had answered in proportion?",
        "A change that hangs on who answered is not one of the community.",
    ),
    "alike_at_first": (
        "Did both groups answer alike at first?",
        "Groups that start far apart need not change alike.",
    ),
    "scale": (
        "Do the questions go together and leave room?",
        "Questions that measure different things, or are at their end already, hide a change.",
    ),
    "few_answers": ("Did enough people answer?", "A mean of few answers swings by chance."),
    "several_measures": (
        "How many measures were looked at?",
        "Of twenty measures one will seem to change by chance alone.",
    ),
}

SURVEY_CHECKS = (
    "attrition",
    "make_up",
    "nonresponse",
    "alike_at_first",
    "scale",
    "few_answers",
    "several_measures",
)
"""Checks of a survey; the others are of crime."""

Numbers = Mapping[str, float]


def question(check: Check) -> str:
    """Return what a check asks.

    Examples
    --------
    >>> question(Check(program_id="a", name="displacement"))
    'Did crime move next door?'
    """
    return QUESTIONS[check.name][0]


def meaning(check: Check) -> str:
    """Return why the check matters."""
    return QUESTIONS[check.name][1]


def finding(check: Check) -> str:
    """Return what a check found, as a sentence.

    Examples
    --------
    >>> finding(Check(program_id="a", name="season", verdict="clear"))
    'The same calendar months stand on both sides.'
    >>> finding(Check(program_id="a", name="displacement", reason="no neighboring areas are named"))
    'This cannot be told: no neighboring areas are named.'
    """
    if check.reason:
        return f"This cannot be told: {check.reason}."
    return _FINDINGS[check.name](check.values, check.verdict)


def cautions(checks: Iterable[Check]) -> tuple[str, ...]:
    """Return what was found by each check that speaks against the answer, and why it matters."""
    return tuple(f"{finding(check)} {meaning(check)}" for check in checks if check.verdict == "caution")


def _range(values: Numbers) -> str:
    return f"95% interval: {fall_or_rise(values['low'])} to {fall_or_rise(values['high'])}"


def _similar(values: Numbers, verdict: str) -> str:
    times = number(values["times"], 1)
    return f"Before the start the rate of the program areas was {times} times that of the comparison areas."


def _trend(values: Numbers, verdict: str) -> str:
    year = f"{fall_or_rise(values['ratio'])} a year relative to the comparison areas ({_range(values)})"
    return {
        "clear": f"Before the start both moved alike: {year}.",
        "caution": f"Before the start the program areas drifted apart from the comparison areas: {year}.",
        "unknown": f"There are too few incidents before the start to tell: {year}.",
    }[verdict]


def _own_trend(values: Numbers, verdict: str) -> str:
    trend, step = fall_or_rise(values["trend"]), fall_or_rise(values["step"])
    return (
        f"Before the start crime in the program areas showed {trend} a year. "
        f"Measured against that trend, the start shows {step} ({_range(values)})."
    )


def _few_areas(values: Numbers, verdict: str) -> str:
    treated, other = int(values["treatment"]), int(values["comparison"])
    beside = f" and {plural(other, 'comparison area')}" if other else ""
    return f"{plural(treated, 'program area')}{beside}."


def _spell(values: Numbers, verdict: str) -> str:
    if not values:
        return "Chance decided which areas got the program."
    change = (
        f"{fall_or_rise(values['ratio'])} against the same months a year earlier and the comparison areas"
    )
    if verdict == "unknown":
        return f"There are too few incidents before the start to tell: {change} ({_range(values)})."
    if verdict == "clear":
        return f"The half year before the start was not clearly unusual: {change}."
    if values["ratio"] < 1:
        return f"The half year before the start was better than usual: {change}; a rise may be its return."
    chosen = "The areas were chosen for their need, and the" if values["targeted"] else "The"
    return f"{chosen} half year before the start was worse than usual: {change}."


def _season(values: Numbers, verdict: str) -> str:
    if verdict == "clear":
        return "The same calendar months stand on both sides."
    return "The windows before and after fall in different seasons."


def _windows(values: Numbers, verdict: str) -> str:
    sides = [
        f"{int(values[f'used_{side}'])} of {int(values[f'asked_{side}'])} periods {side}"
        for side in ("before", "after")
    ]
    return f"{sides[0]} and {sides[1]} the start are compared."


def _dates(values: Numbers, verdict: str) -> str:
    tried = plural(int(values["dates"]), "false start")
    if verdict == "clear":
        return f"{tried} tried in the time before the start: none shows a clear change."
    return (
        f"{tried} tried in the time before the start: one shows a clear change "
        f"({fall_or_rise(values['ratio'])})."
    )


def _outcomes(values: Numbers, verdict: str) -> str:
    tried = plural(int(values["outcomes"]), "outcome")
    end = "shows a clear change" if verdict == "caution" else "none shows a clear change"
    lead = f"{tried} that the program cannot have changed:"
    return f"{lead} at least one {end}." if verdict == "caution" else f"{lead} {end}."


def _displacement(values: Numbers, verdict: str) -> str:
    change = f"{fall_or_rise(values['ratio'])} relative to their comparison areas ({_range(values)})"
    if verdict == "caution":
        return f"Crime rose in the neighboring areas: {change}."
    if verdict == "unknown":
        return f"There are too few incidents in the neighboring areas to tell: {change}."
    if values["high"] < 1:
        return f"Crime fell in the neighboring areas too: {change}."
    return f"No clear change in the neighboring areas: {change}."


def _low(values: Numbers, verdict: str) -> str:
    return f"The smaller of the two windows holds {plural(int(values['least']), 'incident')}."


def _overlap(values: Numbers, verdict: str) -> str:
    shared, compared = int(values["treatment"]), int(values["comparison"])
    if not shared + compared:
        return "No other program of this study worked in the same areas at the same time."
    parts = [f"{plural(shared, 'other program')} worked in the same areas at the same time"] * bool(shared)
    parts += [f"{plural(compared, 'other program')} worked in comparison areas"] * bool(compared)
    return f"{' and '.join(parts)}."


def _reporting(values: Numbers, verdict: str) -> str:
    sensitive, always = (
        "{} ({} to {})".format(*(fall_or_rise(values[f"{kind}{end}"]) for end in ("", "_low", "_high")))
        for kind in ("sensitive", "always")
    )
    few = " There are too few of them to tell more." if verdict == "unknown" else ""
    return (
        f"Offenses that hang on people's reporting show {sensitive} relative to the comparison areas, "
        f"those that are nearly always recorded {always}.{few}"
    )


def _several(values: Numbers, verdict: str) -> str:
    looked, alone, together = (int(values[name]) for name in ("looked_at", "alone", "together"))
    changed = f"{alone or 'none'} would show a clear change if looked at alone"
    return f"{plural(looked, 'outcome')} looked at; {changed}, {together or 'none'} once all are allowed for."


def _specification(values: Numbers, verdict: str) -> str:
    ways = plural(int(values["ways"]), "way")
    alike, clear = (_share(values[name]) for name in ("alike", "significant"))
    reach = f"{fall_or_rise(values['lowest'])} to {fall_or_rise(values['highest'])}"
    return (
        f"{ways} to choose windows and comparison areas give {reach}; "
        f"{alike} point the same way as the answer, {clear} show a clear change."
    )


def _points_range(values: Numbers) -> str:
    return f"95% interval: {points(values['low'])} to {points(values['high'])}"


def _attrition(values: Numbers, verdict: str) -> str:
    first, stayed = int(values["first"]), int(values["stayed"])
    lead = f"{stayed:,} of {first:,} who answered at first answered again at the end"
    uneven = values["uneven"]
    if abs(uneven) > 0.1:
        side = "more" if uneven > 0 else "fewer"
        lead += f", {number(100 * abs(uneven))} percentage points {side} than in the comparison group"
    if math.isnan(values["low"]):
        return f"{lead}."
    way = "lower" if values["gap"] < 0 else "higher"
    gap = f"{number(abs(values['gap']), 1)} points {way} at first ({_points_range(values)})"
    return f"{lead}; those who did not had scored {gap}."


def _make_up(values: Numbers, verdict: str) -> str:
    unlike = [name.partition(":")[2] for name, gap in values.items() if name != "largest" and gap >= 0.25]
    if verdict == "caution":
        return f"The people who answered at the end differ in {listing([label(n).lower() for n in unlike])}."
    looked = [label(name.partition(":")[2]).lower() for name in values if name != "largest"]
    return f"The people who answered at first and at the end are alike in {listing(looked)}."


def _nonresponse(values: Numbers, verdict: str) -> str:
    left_out = percent(values["never_asked"])
    never = f" Of the {left_out} of residents in groups that nobody asked belongs to, it says nothing."
    return (
        f"Weighted to the make-up of the community, the change is {points(values['raked'])} points "
        f"({_points_range(values)}) instead of {points(values['change'])}; "
        f"{plural(int(values['answers']), 'answer')} then count like {int(values['effective'])}."
        f"{never * (values['never_asked'] > 0)}"
    )


def _alike(values: Numbers, verdict: str) -> str:
    gap = f"{points(values['gap'])} points ({_points_range(values)})"
    return f"At first the program group differed from the comparison group by {gap}."


def _scale(values: Numbers, verdict: str) -> str:
    parts = []
    if not math.isnan(values["alpha"]):
        parts.append(
            f"the {int(values['items'])} questions have a reliability (alpha) of {number(values['alpha'], 2)}"
        )
    if values["negative"]:
        parts.append(f"{plural(int(values['negative']), 'question')} goes against the others")
    floor, ceiling = percent(values["floor"]), percent(values["ceiling"])
    ends = f"{floor} at most are at the lowest, {ceiling} at the highest score"
    text = "; ".join([*parts, ends])
    return f"{text[0].upper()}{text[1:]}."


def _few_answers(values: Numbers, verdict: str) -> str:
    clusters = values["clusters"]
    where = f" from {plural(int(clusters), 'cluster')}" if math.isfinite(clusters) else ""
    return f"The smallest group holds {plural(int(values['answers']), 'answer')}{where}."


def _several_measures(values: Numbers, verdict: str) -> str:
    looked, alone, together = (int(values[name]) for name in ("looked_at", "alone", "together"))
    changed = f"{alone or 'none'} would show a clear change if looked at alone"
    return f"{plural(looked, 'result')} looked at; {changed}, {together or 'none'} once all are allowed for."


def _share(share: float) -> str:
    return {0.0: "none", 1.0: "all"}.get(share) or percent(share)


_FINDINGS: dict[str, Callable[[Numbers, str], str]] = {
    "similar_before": _similar,
    "pre_trend": _trend,
    "few_areas": _few_areas,
    "own_trend": _own_trend,
    "regression_to_the_mean": _spell,
    "season": _season,
    "windows": _windows,
    "placebo_dates": _dates,
    "placebo_outcomes": _outcomes,
    "displacement": _displacement,
    "low_counts": _low,
    "overlap": _overlap,
    "reporting": _reporting,
    "several_outcomes": _several,
    "specification": _specification,
    "attrition": _attrition,
    "make_up": _make_up,
    "nonresponse": _nonresponse,
    "alike_at_first": _alike,
    "scale": _scale,
    "few_answers": _few_answers,
    "several_measures": _several_measures,
}
