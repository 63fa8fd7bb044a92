"""What a unit of effect cost: an incident averted, a point of trust; the sign problem left to be seen."""

from __future__ import annotations

import math
from dataclasses import replace

import pandas as pd

from outreach_metrics.estimate import Estimate
from outreach_metrics.inference.cost_effectiveness import BOUNDED, cost_per_unit
from outreach_metrics.metrics.cost.case import (
    NOT_ABOVE_ZERO,
    ONLY_EVENTS,
    Spending,
    known,
    matched_costs,
    no_costs,
    of_program,
    only_events,
    reach_note,
    sentences,
    spending,
    template,
    wanted,
)
from outreach_metrics.registry import metric
from outreach_metrics.study import Study

UNBOUNDED = "Cannot be bounded: the effect may be zero."
RULE = "costs without error, the limits of the effect turned over (Fieller's set)"


@metric("cost_per_incident_averted", strand="cost")
def cost_per_incident_averted(study: Study, program_id: str) -> list[Estimate]:
    """Costs up to the end of the window after / incidents averted in it (crime_difference), by outcome.

    Where the interval of the effect holds 0 there are no limits, because the data fit any cost per incident
    from some amount on and no effect at all. Where incidents did not become fewer there is no number: a
    negative cost per incident averted would mean nothing. Each outcome is set against the whole costs, so
    that the outcomes must not be added.
    """
    how = f"cost / incidents averted (crime_difference), {RULE}"
    empty = template(study, program_id, "cost_per_incident_averted", "per incident averted", how)
    everything = spending(study, program_id)
    if everything.rows.empty:
        return no_costs(empty)
    if only_events(everything):
        return [empty.declined(ONLY_EVENTS)]
    matched = matched_costs(study, program_id)
    made = []
    for effect in known(study, program_id, "crime_difference"):
        start = replace(empty, outcome=effect.outcome, group=effect.group)
        if not effect.made or matched is None:
            made.append(start.declined(effect.note or "There is no window to set the costs against."))
            continue
        if wanted(study, effect.outcome) == "rise":
            made.append(start.declined("A rise of this outcome is wanted, so that nothing is to be averted."))
            continue
        averted = turned(effect)
        none = "Incidents did not become fewer, so there is no cost per incident averted."
        made.append(_ratio(start, matched.spending, averted, none, matched.note))
    return made


@metric("cost_per_point", strand="cost")
def cost_per_point(study: Study, program_id: str) -> list[Estimate]:
    """Costs up to a survey wave / points of 100 that a mean score rose by then, by construct and wave.

    The rise relative to the comparison group (sentiment_relative_change), without one that of the group alone
    (sentiment_change). A rise is wanted, unless study.toml says a fall; no such change, no number. It is the
    price of lifting the mean of the group that was asked by one point, and says nothing about how large that
    group is.
    """
    empty = template(study, program_id, "cost_per_point", "per point (0-100)", f"cost / rise, {RULE}")
    everything = spending(study, program_id)
    if everything.rows.empty:
        return no_costs(empty)
    if only_events(everything):
        return [empty.declined(ONLY_EVENTS)]
    effects = _rises(study, program_id)
    if not effects:
        return [empty.declined("There is no change of views to set the costs against.")]
    made = []
    for effect in effects:
        start = replace(empty, outcome=effect.outcome, group=effect.group)
        if not effect.made:
            made.append(start.declined(effect.note))
            continue
        counted, note = _until_wave(study, program_id, everything, effect)
        way = "fall" if wanted(study, effect.outcome) == "fall" else "rise"
        effect = turned(effect) if way == "fall" else effect
        none = f"The score did not {way}, so there is no cost per point."
        start = replace(start, method=f"cost / {way} ({effect.metric}), {RULE}")
        made.append(_ratio(start, counted, effect, none, note))
    return made


def turned(effect: Estimate) -> Estimate:
    """Return an effect with its sign turned: incidents added become incidents averted."""
    return replace(effect, estimate=-effect.estimate, conf_low=-effect.conf_high, conf_high=-effect.conf_low)


def _rises(study: Study, program_id: str) -> list[Estimate]:
    """Return the change of each construct and wave by its strongest design."""
    chosen: dict[tuple[str, str], Estimate] = {}
    for name in ("sentiment_change", "sentiment_relative_change"):
        for effect in known(study, program_id, name):
            key = (effect.outcome, effect.group)
            if effect.made or key not in chosen:
                chosen[key] = effect
    return [effect for (outcome, _), effect in chosen.items() if outcome or len(chosen) == 1]


def _until_wave(
    study: Study, program_id: str, everything: Spending, effect: Estimate
) -> tuple[Spending, str]:
    """Return the costs up to the last answer of the later wave, and how that is told."""
    later = effect.group.partition(" to ")[2]
    rows = of_program(study, "responses", program_id)
    asked = rows[rows["wave"] == later] if "wave" in rows else rows.iloc[:0]
    dates = pd.to_datetime(asked["date"]).dropna() if "date" in asked else pd.Series(dtype="datetime64[ns]")
    if dates.empty:
        return everything, "The wave has no dates, so that all costs are counted."
    counted = everything.until(dates.max())
    told = f"Costs up to {dates.max():%Y-%m}, the end of the wave, are counted, preparation included."
    return counted, sentences(told, reach_note(counted.rows["date"], dates.max(), "the wave"))


def _ratio(empty: Estimate, spent: Spending, effect: Estimate, none: str, note: str) -> Estimate:
    """Return cost / effect; declined where the effect is not in the wanted direction."""
    cost = spent.total
    if not cost > 0:
        return empty.declined("No costs were recorded up to then." if spent.rows.empty else NOT_ABOVE_ZERO)
    if not effect.estimate > 0:
        return empty.declined(none)
    found = cost_per_unit(cost, effect.estimate, effect.conf_low, effect.conf_high)
    least = found.gap[1]
    reason = "" if found.shape == BOUNDED else UNBOUNDED
    if reason and math.isfinite(least):
        reason = f"{UNBOUNDED[:-1]}; if there is one, a unit costs {least:,.0f} or more."
    return replace(
        empty,
        **found.result._asdict(),
        conf_level=effect.conf_level,
        n_before=effect.n_before,
        n_after=effect.n_after,
        design_level=effect.design_level,
        note=sentences(reason, note),
    )
