"""Sentences that may be said, made from estimates; none claims an effect that its interval does not bear."""

from __future__ import annotations

import math
from collections.abc import Sequence

from outreach_metrics.check import Check
from outreach_metrics.estimate import Estimate
from outreach_metrics.evidence.activity import activity
from outreach_metrics.evidence.design import strength, supported
from outreach_metrics.evidence.wording import (
    fall_or_rise,
    interval,
    interval_level,
    label,
    listing,
    more_or_less,
    number,
    percent,
    points,
)
from outreach_metrics.metrics.outcome import as_wanted

HEADLINE_METRICS: tuple[str, ...] = ("crime_relative_effect", "crime_rate_ratio")
DESIGN_METRICS: tuple[str, ...] = (
    "crime_its_level",
    "crime_its_slope",
    "crime_synthetic_effect",
    "crime_att",
    "crime_difference",
    "crime_harm_change",
    "crime_displacement",
)
"""Other designs that bear a sentence of their own, beside the answer."""

OUTCOME_METRICS: tuple[str, ...] = (
    "outcome_relative_effect",
    "outcome_rate_ratio",
    "outcome_share_relative_effect",
    "outcome_share_ratio",
)
"""Change of other counted outcomes, and of shares of one in another."""

CHANGE_METRICS: tuple[str, ...] = ("sentiment_relative_change", "sentiment_change")


def outcome_name(estimate: Estimate) -> str:
    """Return the outcome as it stands within a sentence.

    Examples
    --------
    >>> outcome_name(Estimate(program_id="a", strand="crime", metric="crime_rate_ratio", outcome="all"))
    'recorded crime'
    """
    name = label(estimate.outcome).lower()
    if estimate.strand != "crime":
        return name
    return "recorded crime" if estimate.outcome in ("all", "any_crime") else f"recorded {name}"


def claim(estimate: Estimate) -> str:
    """Return the sentence that an estimate of change bears, with its interval; empty without a number.

    An increase is told as plainly as a fall, and an estimate whose adjusted interval includes no change is
    told as no clear change, with what the data cannot rule out.

    Examples
    --------
    >>> claim(Estimate(program_id="a", strand="crime", metric="crime_relative_effect", outcome="burglary",
    ...                unit="ratio", estimate=0.78, conf_low=0.66, conf_high=0.92, p_value=0.003))
    'Recorded burglary fell 22% relative to the comparison areas (95% interval: a 34% fall to an 8% fall).'
    >>> claim(Estimate(program_id="a", strand="crime", metric="crime_relative_effect", outcome="all",
    ...                unit="ratio", estimate=0.95, conf_low=0.8, conf_high=1.12, p_value=0.5))
    'No clear change in recorded crime relative to the comparison areas (95% interval: a 20% fall to a 12%
    rise).'
    """
    told = _design(estimate) in (*HEADLINE_METRICS, *CHANGE_METRICS, *DESIGN_METRICS)
    if not (told and estimate.made and interval(estimate)):
        return ""
    limits = f"({interval_level(estimate)}: {interval(estimate)})"
    sentence = _change_words(estimate) if supported(estimate) else _no_change_words(estimate)
    elsewhere = (
        "; how it changed elsewhere is not known"
        if _design(estimate) == "crime_rate_ratio" and supported(estimate)
        else ""
    )
    return f"{sentence[0].upper()}{sentence[1:]} {limits}{_wanted(estimate)}{elsewhere}."


_CASES = {"crime": "incidents", "outcome": "cases"}


def _design(estimate: Estimate) -> str:
    """Return the crime metric whose words tell an estimate of another counted outcome, or of a share."""
    share = {"relative_effect": "crime_relative_effect", "ratio": "crime_rate_ratio"}
    name = estimate.metric
    if name.startswith("outcome_share_"):
        return share.get(name.removeprefix("outcome_share_"), name)
    return f"crime_{name.removeprefix('outcome_')}" if name.startswith("outcome_") else name


def _wanted(estimate: Estimate) -> str:
    """Return whether a supported change of a counted outcome goes the way that study.toml wants."""
    way = as_wanted(estimate) if estimate.strand == "outcome" and supported(estimate) else None
    return "" if way is None else ", as is wanted" if way else ", against what is wanted"


def _brief(estimate: Estimate) -> str:
    """Return a supported change without what it is relative to."""
    ratio = estimate.unit.startswith("ratio")
    down = estimate.estimate < (1 if ratio else 0)
    name = outcome_name(estimate)
    if _design(estimate) == "crime_difference":
        more = f"{number(abs(estimate.estimate))} {'fewer' if down else 'more'}"
        return f"{more} {_CASES[estimate.strand]} of {name} were counted"
    if estimate.metric == "crime_harm_change":
        return f"the harm of crime was {more_or_less(estimate.estimate)} ({estimate.unit})"
    if _design(estimate) == "crime_displacement":
        way = "rose by" if down else "fell by another"
        return f"{name} in the neighboring areas {way} {percent(abs(estimate.estimate))} of the fall"
    size = percent(abs(estimate.estimate - 1)) if ratio else f"{points(abs(estimate.estimate))[1:]} points"
    if _design(estimate) in ("crime_rate_ratio", "sentiment_change"):
        return f"{name} was {size} {'lower' if down else 'higher'}"
    if _design(estimate) == "crime_its_slope":
        return f"the yearly trend of {name} turned {'down' if down else 'up'} by {size}"
    return f"{name} {'fell' if down else 'rose'} {size}"


def _frame(estimate: Estimate) -> str:
    """Return what a change is relative to."""
    first, _, later = estimate.group.partition(" to ")
    when = f" from {first} to {later}" if later else ""
    compared = estimate.design_level is not None and estimate.design_level >= 3
    series = " and of the comparison areas" if compared else ""
    return {
        "crime_relative_effect": " relative to the comparison areas",
        "crime_rate_ratio": " after the start than before",
        "crime_its_level": f" at the start, allowing for the trend and season of the areas{series}",
        "crime_its_slope": f" after the start, allowing for the trend before{series}",
        "crime_synthetic_effect": " relative to the mix of comparison areas that tracked them before",
        "crime_att": " in all areas with such a program, relative to areas without one",
        "crime_difference": " than an equal change per resident would have brought",
        "crime_harm_change": " than an equal change per resident would have brought",
        "crime_displacement": " in the program areas",
        "sentiment_relative_change": f" relative to the comparison group{when}",
        "sentiment_change": f" among {_asked(estimate)}{when}",
    }[_design(estimate)]


def _asked(estimate: Estimate) -> str:
    if estimate.method.startswith("paired"):
        return f"the {number(estimate.n_after)} people who answered both times"
    return "those asked"


def _change_words(estimate: Estimate) -> str:
    return _brief(estimate) + _frame(estimate)


def _no_change_words(estimate: Estimate) -> str:
    none = 1.0 if estimate.unit.startswith("ratio") else 0.0
    alone = not estimate.conf_low <= none <= estimate.conf_high
    together = ", once we allow for having looked at several outcomes" if alone else ""
    lead = f"no clear change in {_changing(estimate)}"
    frame = {
        "crime_rate_ratio": " after the start",
        "crime_difference": " beyond an equal change per resident",
        "crime_harm_change": " beyond an equal change per resident",
        "crime_displacement": " for the fall in the program areas",
    }
    return f"{lead}{frame.get(_design(estimate)) or _frame(estimate)}{together}"


def _changing(estimate: Estimate) -> str:
    """Return what may have changed, as a noun phrase."""
    name = outcome_name(estimate)
    return {
        "crime_its_slope": f"the yearly trend of {name}",
        "crime_difference": f"the number of {_CASES.get(estimate.strand)} of {name}",
        "crime_harm_change": "the harm of crime",
        "crime_displacement": f"{name} in the neighboring areas",
    }.get(_design(estimate), name)


def strongest(estimates: Sequence[Estimate]) -> tuple[Estimate, ...]:
    """Return one estimate of change an outcome and wave: that of the strongest design that was made."""
    chosen: dict[tuple[str, str, str], Estimate] = {}
    for names in (HEADLINE_METRICS, OUTCOME_METRICS, CHANGE_METRICS):
        for name in reversed(names):
            chosen |= {(e.strand, e.outcome, e.group): e for e in estimates if e.metric == name and e.made}
    return tuple(chosen.values())


def claims(estimates: Sequence[Estimate]) -> tuple[str, ...]:
    """Return the sentences that may be said: one an outcome, from the strongest design that was made.

    Behind them stand the changes of views that are shown to be small, what trainees gained, and what was
    done: who came, with whom, at what cost, and what became of concerns.
    """
    said = [claim(e) for e in strongest(estimates)]
    return (*(sentence for sentence in said if sentence), *further_claims(estimates))


def further_claims(estimates: Sequence[Estimate]) -> tuple[str, ...]:
    """Return the sentences on small changes of views, what trainees gained, and what was done."""
    small = [_small(e) for e in estimates if e.metric == "sentiment_equivalence"]
    return tuple(sentence for sentence in [*small, *activity(estimates)] if sentence)


def _small(estimate: Estimate) -> str:
    """Return the sentence that a change is shown to be small; empty where it is not.

    Two one-sided tests at 5 % each belong to a 90 % interval, so that the p-value is held against 0.05.
    """
    p = estimate.p_value if math.isnan(estimate.p_adjusted) else estimate.p_adjusted
    if not (estimate.made and p < (1 - estimate.conf_level) / 2):
        return ""
    first, _, later = estimate.group.partition(" to ")
    largest = max(abs(estimate.conf_low), abs(estimate.conf_high))
    return (
        f"Any change in {outcome_name(estimate)} from {first} to {later} was small: at most "
        f"{number(largest, 1)} points either way ({interval_level(estimate)}: {interval(estimate)})."
    )


def headline(estimates: Sequence[Estimate], outcome: str = "") -> Estimate | None:
    """Return the estimate that answers what changed: crime before sentiment, the strongest design of each.

    Of a survey it is the first construct of the codebook, at the last wave.

    Parameters
    ----------
    estimates : sequence of Estimate
    outcome : str
        The crime outcome asked for; empty for the study's first.
    """
    for names in (HEADLINE_METRICS, OUTCOME_METRICS, CHANGE_METRICS):
        for name in names:
            made = [e for e in estimates if e.metric == name and e.made and outcome in ("", e.outcome)]
            if made:
                return next(e for e in made if e.group == made[-1].group)
    return headline(estimates) if outcome else None


def answer(
    estimates: Sequence[Estimate], outcome: str = "", checks: Sequence[Check] = ()
) -> tuple[str, str, str]:
    """Return three sentences: what changed, how sure that is, how strong the evidence is.

    Parameters
    ----------
    estimates : sequence of Estimate
        Of one program.
    outcome : str
        The crime outcome to answer for; empty for the study's first.
    checks : sequence of Check
        Of that outcome.
    """
    main = headline(estimates, outcome)
    if main is None:
        return (
            "This study cannot tell whether anything changed.",
            _activity(estimates),
            f"{strength(None)}: that would need counts before and after, or a survey asked twice.",
        )
    asked = next((e for e in estimates if e.metric in HEADLINE_METRICS and e.outcome == outcome), None)
    other = asked is not None and main.strand == "crime" and main.outcome != outcome
    lead = f"{outcome_name(asked).capitalize()} could not be estimated. " if other else ""
    return (
        lead + claim(main)[:-1] + _besides(main, estimates),
        _sureness(main, estimates, checks),
        _strength_sentence(main),
    )


def _besides(main: Estimate, estimates: Sequence[Estimate]) -> str:
    """Return how the other outcomes of crime and the last survey went, so that none is passed over."""
    others = [e for e in strongest(estimates) if (e.strand, e.outcome) != (main.strand, main.outcome)]
    last = {(e.strand, e.outcome): e for e in others}
    changed = [_brief(e) for e in last.values() if supported(e)]
    if not last:
        return "."
    if len(last) == 1:
        return f"; {changed[0]}." if changed else "; the other measure shows no clear change."
    if not changed:
        return f"; none of the {len(last)} other measures shows a clear change."
    return f"; of {len(last)} other measures, {listing(changed)}{_reporting(others)}."


def _reporting(others: Sequence[Estimate]) -> str:
    """Return the caution that goes with a rise in recorded crime where people report more."""
    rises = [e for e in others if supported(e) and e.estimate > 0]
    crime = any(e.strand == "crime" and e.estimate > 1 for e in rises)
    reports = any(e.strand == "sentiment" and "report" in e.outcome for e in rises)
    return "; more reporting may explain the rise in recorded crime" if crime and reports else ""


def _activity(estimates: Sequence[Estimate]) -> str:
    total = next((e for e in estimates if e.metric == "attendance_total" and e.made), None)
    if total is not None:
        return f"It shows activity: {number(total.estimate)} attendances are recorded."
    if any(e.note.startswith("Suppressed") for e in estimates):
        return "Few people took part, so their numbers are not shown."
    return "It holds no measure of change and no attendance of this program."


def _sureness(main: Estimate, estimates: Sequence[Estimate], checks: Sequence[Check]) -> str:
    family = [e for e in estimates if e.metric == main.metric and not math.isnan(e.p_value)]
    several = f", having looked at {len(family)} results of this kind" if len(family) > 1 else ""
    short = [c for c in checks if c.name == "windows" and c.verdict == "caution" and main.strand == "crime"]
    if short:
        used, asked = (int(short[0].values[f"{name}_after"]) for name in ("used", "asked"))
        several += f"; only {used} of {asked} periods after the start could be used"
    trend = [c for c in checks if c.name == "own_trend" and c.verdict == "caution"]
    if trend and main.metric == "crime_rate_ratio":
        several += (
            f"; but crime showed {fall_or_rise(trend[0].values['trend'])} a year before the start already"
        )
    left = [c for c in checks if c.name == "attrition" and c.verdict == "caution"]
    if left and main.strand == "sentiment":
        several += "; but many stopped answering, or those who did had answered otherwise"
    what = f"the change in {outcome_name(main)}"
    if supported(main):
        return f"Chance alone is an unlikely explanation of {what}{several}."
    return f"Chance alone could explain {what}{several}; that is not proof that nothing changed."


def _strength_sentence(main: Estimate) -> str:
    limits = {
        2: "without a comparison, whatever else changed at the same time may be the reason",
        3: "it holds only if both sides would have changed alike without the program",
        5: "chance decided who got the program, so that differences at the start are due to chance",
    }
    level = main.design_level
    words = f"The design gives {strength(level)[0].lower()}{strength(level)[1:]}"
    return f"{words}: {limits[level]}." if level in limits else f"{words}."
