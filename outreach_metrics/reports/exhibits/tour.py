"""Words of the guided tour on the very results that a newcomer looks at."""

from __future__ import annotations

from outreach_metrics.estimate import Estimate
from outreach_metrics.evaluation import Evaluation
from outreach_metrics.evidence.claims import headline, outcome_name, supported
from outreach_metrics.evidence.showing import estimate_words, interval_words
from outreach_metrics.evidence.wording import MISSING, interval_level
from outreach_metrics.reports.exhibits.cells import first
from outreach_metrics.reports.exhibits.kinds import Prose, paragraphs


def tour_interval(evaluation: Evaluation) -> Prose:
    """Return what the interval of the main result means, end by end."""
    main = headline(evaluation.estimates, evaluation.outcome)
    if main is None:
        return paragraphs(
            "This study holds no estimate of a change, so there is no interval to read. An interval needs "
            "counts before and after the start, or a survey that was asked twice."
        )
    limits = interval_words(main)
    if limits == MISSING:
        return paragraphs(f"The main result has no interval: {main.note}")
    level = interval_level(main)
    return paragraphs(
        f"The best estimate for {outcome_name(main)} is {estimate_words(main)}. The {level} is {limits}: any "
        "change between these two ends fits the data, those beyond fit them poorly. So give both ends "
        "wherever you give the estimate, and never one end alone.",
        _verdict(main),
        f"Of many such {level}s, about {round(20 * main.conf_level)} in 20 hold the true change. It covers "
        "chance alone: if both sides would have drifted apart anyway, it cannot tell.",
    )


def _verdict(main: Estimate) -> str:
    if supported(main):
        return "“No change” lies outside of the interval: chance alone is an unlikely explanation."
    none = 1.0 if main.unit.startswith("ratio") else 0.0
    lead = "“No change” lies within the interval, so that it cannot be ruled out."
    if not main.conf_low <= none <= main.conf_high:
        lead = (
            "“No change” lies outside of the interval, but several outcomes were looked at: of twenty, one "
            "seems to change by chance alone. Once that is allowed for, it cannot be ruled out."
        )
    return (
        f"{lead} That is no proof that nothing changed: the data may be too few to show it. A plan "
        "(om.plan_program) tells how small a change such data can find at all."
    )


def tour_before_after(evaluation: Evaluation) -> Prose:
    """Return what bars of before and after would say, what the comparison says, and why they differ."""
    alone, compared = (
        first(evaluation.estimates, metric=metric, outcome=evaluation.outcome)
        for metric in ("crime_rate_ratio", "crime_relative_effect")
    )
    if alone is None or not alone.made:
        return paragraphs(
            "There are no counts before and after the start to draw as bars. If somebody draws such bars of "
            "another measure, ask: what happened in the same time where the program was not?"
        )
    what = outcome_name(alone)
    bars = (
        f"Two bars, before and after, would show {estimate_words(alone)} in {what} in the program areas "
        f"({interval_level(alone)}: {interval_words(alone)}). It is tempting to call that the effect."
    )
    if compared is None or not compared.made:
        return paragraphs(
            bars,
            "This program has no comparison areas that can be used, so nobody knows what would have happened "
            "without it. Whatever else changed at the same time is in the bars too.",
        )
    return paragraphs(
        bars,
        f"Set against comparison areas in the same months, {estimate_words(compared)} is left "
        f"({interval_words(compared)}). The difference is what changed everywhere, with the program or "
        "without: it must not be counted as its work.",
    )
