"""Crime by time since the start of programs of one type, and in the areas next door."""

from __future__ import annotations

import re
from collections.abc import Sequence

from outreach_metrics import plots
from outreach_metrics.check import Check
from outreach_metrics.estimate import Estimate
from outreach_metrics.evaluation import Evaluation
from outreach_metrics.evidence.checks import finding
from outreach_metrics.evidence.claims import claim, outcome_name
from outreach_metrics.evidence.wording import label, listing
from outreach_metrics.reports.exhibits.cells import (
    TOLD_ABOVE,
    alt_text,
    asked,
    change_text,
    level_heading,
    within,
)
from outreach_metrics.reports.exhibits.crime_designs import (
    SIDES,
    compared_periods,
    crime_source,
    found,
)
from outreach_metrics.reports.exhibits.drawn import estimates_drawn
from outreach_metrics.reports.exhibits.evidence import own_checks
from outreach_metrics.reports.exhibits.kinds import Figure, Prose, paragraphs
from outreach_metrics.study.windows import PERIODS_PER_YEAR


def _check(evaluation: Evaluation, name: str) -> Check | None:
    return next((check for check in own_checks(evaluation) if check.name == name), None)


def crime_events(evaluation: Evaluation) -> Figure | Prose:
    """Return the chart of crime against what was expected, by time since the start."""
    if not compared_periods(evaluation):
        return TOLD_ABOVE
    estimates = evaluation.select(metric="crime_event_study")
    made = [e for e in estimates if e.made and e.outcome == evaluation.outcome]
    if not made:
        reason = next((within(e.note) for e in estimates if e.outcome in ("", evaluation.outcome)), "")
        return paragraphs(f"Crime by time since the start could not be estimated: {reason}.")
    spans = [_span(e.group) for e in made]
    study, program = evaluation.study, evaluation.program
    alike = [p.name for p in study.programs.values() if p.type == program.type and p.treatment]
    stretch = (
        "year" if spans[0][1] - spans[0][0] + 1 >= PERIODS_PER_YEAR[study.settings.unit] else "half year"
    )
    title = events_title(spans, made, stretch)
    axes = plots.event_study(
        spans,
        made,
        title=title,
        subtitle=f"{label(asked(evaluation))} against what was expected, {listing(alike)}",
        unit=study.settings.unit,
    )
    return Figure(
        axes=axes,
        name="crime-by-time-since-start",
        title=title,
        data=estimates_drawn([f"{study.settings.unit}s {low} to {high}" for low, high in spans], made),
        strand="crime",
        alt=alt_text(
            title,
            "Chart of the difference from what was expected in percent, with intervals, by time since start.",
            (f"{low} to {high}: {change_text(e)}" for (low, high), e in zip(spans, made, strict=True)),
        ),
        caption="Expected: what the areas had before the start, moved as the areas without such a program "
        f"moved since. The {level_heading(made)}s hold for all marks together. Marks before the start that "
        "lie off the line would speak against the comparison.",
        source=crime_source(evaluation),
    )


def _span(group: str) -> tuple[int, int]:
    """Return first and last period of "-24 to -19"."""
    first, last = re.fullmatch(r"(-?\d+) to (-?\d+)", group).groups()
    return int(first), int(last)


def events_title(spans: Sequence[tuple[int, int]], made: Sequence[Estimate], stretch: str) -> str:
    """Return in how many stretches of time crime lay clearly off what was expected.

    Examples
    --------
    >>> mark = Estimate(program_id="a", strand="crime", metric="crime_event_study", outcome="burglary",
    ...                 unit="ratio", estimate=0.7, conf_low=0.6, conf_high=0.8)
    >>> events_title([(0, 5)], [mark], "half year")
    'Recorded burglary was clearly below what was expected in 1 of 1 half years after the start'
    """
    name = outcome_name(made[0])
    name = f"{name[:1].upper()}{name[1:]}"
    pairs = list(zip(spans, made, strict=True))
    before, after = [e for s, e in pairs if s[0] < 0], [e for s, e in pairs if s[0] >= 0]
    told = {
        "below": sum(e.conf_high < 1 for e in after),
        "above": sum(e.conf_low > 1 for e in after),
    }
    off = sum(e.conf_high < 1 or e.conf_low > 1 for e in before)
    early = f"{off or 'none'} of {len(before)} before it" if before else ""
    ways = [f"clearly {way} what was expected in {count}" for way, count in told.items() if count]
    if not ways and not off:
        return f"{name} was not clearly off what was expected in any {stretch}"
    if not after:
        return (
            f"{name} was clearly off what was expected in {off} of {len(before)} {stretch}s before the start"
        )
    middle = " and ".join(ways) or "clearly off what was expected in none"
    tail = f", and {'off it ' if ways else ''}in {early}" if early else ""
    return f"{name} was {middle} of {len(after)} {stretch}s after the start{tail}"


def crime_displacement(evaluation: Evaluation) -> Figure | Prose:
    """Return the chart of the change in program areas and in the areas next to them."""
    if not compared_periods(evaluation):
        return TOLD_ABOVE
    check = _check(evaluation, "displacement")
    effect = found(evaluation, "crime_relative_effect")
    if check is None or not check.values or effect is None or not effect.made:
        reason = check.reason if check else "there are no counts"
        return paragraphs(f"Whether crime moved next door cannot be told: {reason}.")
    near = _neighbors(effect, check)
    shown = {"Program areas": effect, "Neighboring areas": near}
    title = finding(check).removesuffix(".")
    axes = plots.forest(
        tuple(shown),
        tuple(shown.values()),
        title=title,
        subtitle=f"Change in {asked(evaluation)}, each relative to its comparison areas",
        sides=SIDES,
        strand="crime",
    )
    quotient = found(evaluation, "crime_displacement")
    told = claim(quotient) if quotient is not None else ""
    return Figure(
        axes=axes,
        name="crime-displacement",
        title=title,
        data=estimates_drawn(shown, shown.values()),
        strand="crime",
        alt=alt_text(
            title,
            "Chart of two changes in percent, with intervals.",
            (f"{name} {change_text(e)}" for name, e in shown.items()),
        ),
        caption=" ".join(
            ["Crime that only moved would show as a rise in the neighboring areas.", told]
        ).strip(),
        source=crime_source(evaluation),
    )


def _neighbors(effect: Estimate, check: Check) -> Estimate:
    """Return what the check found in the neighboring areas, as an estimate for the chart."""
    return Estimate(
        program_id=effect.program_id,
        strand="crime",
        metric=effect.metric,
        outcome=effect.outcome,
        unit="ratio",
        estimate=check.values["ratio"],
        conf_low=check.values["low"],
        conf_high=check.values["high"],
        p_value=check.values["p_value"],
        design_level=effect.design_level,
    )
