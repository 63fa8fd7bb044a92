"""Whether it paid: crime averted in money against costs, both brought to one year and one day."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np
import pandas as pd

from outreach_metrics.estimate import Estimate
from outreach_metrics.inference.cost_effectiveness import sum_of_estimates
from outreach_metrics.inference.present_value import BenefitCost, benefit_cost
from outreach_metrics.metrics.cost.case import (
    IN_KIND,
    NOT_ABOVE_ZERO,
    ONLY_EVENTS,
    Matched,
    effect_windows,
    known,
    matched_costs,
    no_costs,
    only_events,
    sentences,
    spending,
    template,
)
from outreach_metrics.metrics.cost.prices import (
    LEAST_INCIDENTS,
    TANGIBLE,
    TOTAL,
    Prices,
    counts_of,
    labels_of,
    prices,
)
from outreach_metrics.registry import get_metric, metric
from outreach_metrics.study import Study
from outreach_metrics.study.wording import listing

ARMS = (TOTAL, TANGIBLE)
DAYS_A_YEAR = 365.25
RATIO_UNIT = "benefit-cost ratio"
EQUAL_NUMBERS = "Assumes equal changes per resident, not equal percentages."


Value = Callable[["Account", float], float]


@dataclass(frozen=True, eq=False)
class Account:
    """Costs and benefits of one program in the prices of one year, each with its time.

    Parameters
    ----------
    prices : Prices
    matched : Matched
    costs, cost_times : ndarray, shape (n,)
        Amounts, and years from the start of the program.
    in_kind : ndarray of bool, shape (n,)
        Which of them were given in kind.
    benefit_times : ndarray, shape (m,)
        The middle of each period after; benefits are spread over them evenly.
    benefits : mapping of arm to Estimate
        Harm averted in money, not discounted, below 0 where harm rose.
    rate : float
        Discount rate of study.toml.
    """

    prices: Prices
    matched: Matched
    costs: np.ndarray
    cost_times: np.ndarray
    in_kind: np.ndarray
    benefit_times: np.ndarray
    benefits: dict[str, Estimate]
    rate: float

    def worth(
        self, benefit: float, rate: float | None = None, in_kind: float = 1.0, cost_factor: float = 1.0
    ) -> BenefitCost:
        """Return present values of a benefit and of the costs.

        Parameters
        ----------
        benefit : float
            In the prices of the year, over the window after.
        rate : float, optional
            That of the study when not given.
        in_kind : float
            Share of what was given in kind that counts as a cost.
        cost_factor : float
            What every cost is multiplied by.
        """
        spread = np.full(len(self.benefit_times), benefit / len(self.benefit_times))
        costs = self.costs * np.where(self.in_kind, in_kind, 1.0) * cost_factor
        chosen = self.rate if rate is None else rate
        return benefit_cost(spread, costs, chosen, self.benefit_times, self.cost_times)


def discount_rate(study: Study) -> float:
    """Return the real discount rate of study.toml (cost.discount_rate), else 3 %.

    Notes
    -----
    Office of Management and Budget (2003) Circular A-4: 3 % and 7 %; (1992) Circular A-94: 7 %.
    """
    return study.settings.discount_rate


@lru_cache(maxsize=32)
def account(study: Study, program_id: str) -> Account | str:
    """Return the account of a program, or the reason why there is none."""
    program, matched = study.program(program_id), matched_costs(study, program_id)
    if spending(study, program_id).rows.empty:
        return "The study has no costs of this program."
    if only_events(spending(study, program_id)):
        return ONLY_EVENTS
    if matched is None:
        return "There are no crime counts of areas of this program after its start."
    if matched.spending.rows.empty:
        return "No costs were recorded up to the end of the window after."
    found = prices(study, program_id)
    if found.reason:
        return found.reason
    if not found.total:
        return f"No offense with a price has {LEAST_INCIDENTS} incidents in the program areas."
    benefits = {arm: harm_averted(study, program_id, dict(found.arm(arm)), found) for arm in ARMS}
    if not benefits[TOTAL].made:
        return benefits[TOTAL].note
    rows, start = matched.spending.rows, pd.Timestamp(program.start)
    factors = rows["date"].dt.year.map(found.factors).to_numpy(dtype=float)
    middle = matched.after.start_time + (matched.after.end_time - matched.after.start_time) / 2
    return Account(
        prices=found,
        matched=matched,
        costs=rows["amount"].to_numpy() * factors,
        cost_times=((rows["date"] - start).dt.days / DAYS_A_YEAR).to_numpy(),
        in_kind=(rows["source"] == IN_KIND).to_numpy(),
        benefit_times=np.asarray((middle - start).days / DAYS_A_YEAR),
        benefits=benefits,
        rate=discount_rate(study),
    )


def harm_averted(study: Study, program_id: str, weights: dict[str, float], found: Prices) -> Estimate:
    """Return what offenses averted are worth, with the interval that crime_harm_change has for these prices.

    The metric of crime is asked about a study whose harm weights are the prices. Where displacement areas are
    given with their own comparison, the same is asked about them and added.
    """
    unit = f"{study.settings.currency} of {found.year}"
    priced = replace(study, harm_weights=weights, harm_unit=unit, harm_source="crime_costs")
    if not weights:
        return _nothing(program_id, "No offense that is counted has a tangible cost.")
    parts = [_averted(priced, program_id)]
    program = study.program(program_id)
    near = program.areas.get("displacement"), program.areas.get("displacement_comparison")
    if all(near) and parts[0].made:
        areas = {"treatment": near[0], "comparison": near[1]}
        beside = replace(program, areas=areas, assignment="", area_starts=_starts(study, program_id, near[0]))
        parts.append(_averted(replace(priced, programs={program_id: beside}), program_id))
    if len(parts) == 1 or not parts[1].made:
        return parts[0]
    total = sum_of_estimates(*(np.array([getattr(p, n) for p in parts]) for n in _LIMITS))
    note = sentences("Displacement areas are counted in.", parts[0].note)
    method = f"{parts[0].method}; displacement areas added, limits by MOVER"
    return replace(parts[0], **total._asdict(), note=note, method=method)


_LIMITS = ("estimate", "conf_low", "conf_high")


def _starts(study: Study, program_id: str, areas: tuple[str, ...]) -> dict:
    """Give the displacement areas the first and the last start of the program areas: the same windows."""
    program = study.program(program_id)
    starts = sorted(program.area_starts.get(area, program.start) for area in program.treatment)
    return {area: starts[-1] if place else starts[0] for place, area in enumerate(areas)}


def _averted(study: Study, program_id: str) -> Estimate:
    (change,) = get_metric("crime_harm_change").function(study, program_id)
    turned = {"estimate": -change.estimate, "conf_low": -change.conf_high, "conf_high": -change.conf_low}
    note = sentences(EQUAL_NUMBERS, change.note.replace(" have a weight ", " have a price "))
    return replace(change, **turned, note=note) if change.made else change


def harm_averted_in_proportion(study: Study, program_id: str, weights: dict[str, float]) -> float:
    """Return what offenses averted are worth if areas change by equal percentages, displacement aside.

    For each offense: incidents after the start x (1 / crime_relative_effect - 1) x price. Offenses without a
    relative effect count as unchanged. Assumes that without the program all areas had changed by one factor,
    where `harm_averted` assumes that they had changed by one number per resident; NaN without any effect.
    """
    rows = [study.offenses.outcomes.index(label) for label in weights]
    panel = replace(study.offenses, outcomes=tuple(weights), counts=study.offenses.counts[rows])
    effects = get_metric("crime_relative_effect").function(replace(study, panel=panel), program_id)
    averted = [
        weights[e.outcome] * e.n_after * (1 / e.estimate - 1) for e in effects if e.made and e.estimate > 0
    ]
    return float(np.sum(averted)) if averted else float("nan")


def _nothing(program_id: str, reason: str) -> Estimate:
    return Estimate(program_id=program_id, strand="cost", metric="", note=reason)


@metric("cost_harm_averted", strand="cost")
def cost_harm_averted(study: Study, program_id: str) -> list[Estimate]:
    """Worth of the crime averted in the window after, in money of one year: in all, and tangible costs alone.

    Offenses of one kind are the change relative to the comparison areas times their unit cost (crime_costs),
    each offense once, whichever outcomes it belongs to. Offenses with fewer than 20 incidents in both windows
    are left out: one murder would decide. Below 0 harm rose. Not discounted.
    """
    return _both_arms(study, program_id, "cost_harm_averted", "", lambda one, benefit: benefit)


@metric("net_present_value", strand="cost")
def net_present_value(study: Study, program_id: str) -> list[Estimate]:
    """Worth of the crime averted less the costs, both brought to the start of the program.

    See `cost_harm_averted` and `benefit_cost_ratio`; below 0 it cost more than it averted.
    """
    return _both_arms(
        study, program_id, "net_present_value", "present", lambda one, benefit: one.worth(benefit).net
    )


@metric("benefit_cost_ratio", strand="cost")
def benefit_cost_ratio(study: Study, program_id: str) -> list[Estimate]:
    """Worth of the crime averted / costs, both brought to the start of the program; above 1 it paid.

    Costs up to the end of the window after, at full value in kind, and benefits within it: what lasts beyond
    does not count. Costs and unit costs are taken as known: the interval is that of the effect on crime.
    Groups: "" all costs of crime, "tangible" costs in money alone. Nothing but crime counts as a benefit.
    """
    return _both_arms(
        study, program_id, "benefit_cost_ratio", "ratio", lambda one, benefit: one.worth(benefit).ratio
    )


def _both_arms(study: Study, program_id: str, name: str, kind: str, value: Value) -> list[Estimate]:
    empty = template(study, program_id, name, "", "")
    if kind == "ratio":
        empty = replace(empty, unit=RATIO_UNIT)
    if spending(study, program_id).rows.empty:
        return no_costs(empty)
    found = account(study, program_id)
    if isinstance(found, str):
        return [empty.declined(found)]
    if kind != "ratio":
        empty = replace(empty, unit=f"{study.settings.currency} of {found.prices.year}")
    return [_arm(found, replace(empty, group=arm), kind, value) for arm in ARMS]


def _arm(found: Account, empty: Estimate, kind: str, value: Value) -> Estimate:
    benefit = found.benefits[empty.group]
    if not benefit.made:
        return empty.declined(benefit.note)
    numbers = {end: value(found, getattr(benefit, end)) for end in _LIMITS}
    if np.isnan(numbers["estimate"]):
        return empty.declined("The costs are not above 0, so that there is no ratio.")
    discounted = f"; discounted at {found.rate:.3g} a year to the start" if kind else ""
    method = f"{benefit.method.replace(', weights of crime_costs', '')}, {found.prices.basis}{discounted}"
    return replace(
        empty,
        **numbers,
        conf_level=benefit.conf_level,
        n_before=benefit.n_before,
        n_after=benefit.n_after,
        design_level=benefit.design_level,
        method=method,
        note=sentences(_left_out(found.prices), benefit.note, found.matched.note if kind else ""),
    )


def _left_out(found: Prices) -> str:
    """Tell which offenses are not in the sum, and why."""
    rare = f"Too few to count ({LEAST_INCIDENTS} incidents are needed): {listing(found.rare)}."
    unpriced = f"Without a price: {listing(found.unpriced)}."
    return sentences(rare if found.rare else "", unpriced if found.unpriced else "")


@metric("cost_break_even_incidents", strand="cost")
def cost_break_even_incidents(study: Study, program_id: str) -> list[Estimate]:
    """Incidents of an outcome that would have to be averted for the program to pay by that outcome alone.

    Costs / average price of its incidents in the program areas before the start, both discounted; offenses
    without a price and those too few count as 0. Arithmetic, not an estimate of anything that happened.
    """
    return [made for made, _ in break_even(study, program_id)]


@metric("cost_break_even_reduction", strand="cost")
def cost_break_even_reduction(study: Study, program_id: str) -> list[Estimate]:
    """Fall of an outcome that would make the program pay by it alone, as a share of what was to be expected.

    As `cost_break_even_incidents`, over the incidents after the start and those averted (crime_difference).
    Above 1 no fall would do.
    """
    empty = template(study, program_id, "cost_break_even_reduction", "", "break-even incidents / expected")
    made = []
    for incidents, expected in break_even(study, program_id):
        start = replace(empty, outcome=incidents.outcome, unit="share")
        if not incidents.made or not expected > 0:
            made.append(start.declined(incidents.note if not incidents.made else "None were to be expected."))
            continue
        share = incidents.estimate / expected
        never = "More than all that were to be expected: it cannot pay by this outcome alone."
        note = sentences(never if share > 1 else "", incidents.note)
        made.append(replace(start, estimate=share, n_after=expected, note=note))
    return made


@lru_cache(maxsize=32)
def break_even(study: Study, program_id: str) -> tuple[tuple[Estimate, float], ...]:
    """Return the break-even incidents of each outcome, and how many incidents were to be expected."""
    empty = template(
        study, program_id, "cost_break_even_incidents", "", "costs / average price of an incident"
    )
    empty = replace(empty, unit="incidents")
    if spending(study, program_id).rows.empty:
        return ((no_costs(empty)[0], 0.0),)
    found = account(study, program_id)
    if isinstance(found, str):
        return ((empty.declined(found), 0.0),)
    return tuple(_break_even(study, found, replace(empty, outcome=name)) for name in study.panel.outcomes)


def _break_even(study: Study, found: Account, empty: Estimate) -> tuple[Estimate, float]:
    program = study.program(empty.program_id)
    chosen = effect_windows(study, program)
    before, after = (
        float(study.panel.of(empty.outcome, program.treatment)[:, window].sum())
        for window in (chosen.before, chosen.after)
    )
    labels = [label for label in labels_of(study, empty.outcome) if label in found.prices.total]
    harm = sum(found.prices.total[label] * counts_of(study, program.program_id, label)[0] for label in labels)
    cost = found.worth(1.0)
    if not cost.costs > 0:
        return empty.declined(NOT_ABOVE_ZERO), 0.0
    if not (before > 0 and harm > 0):
        return empty.declined("No offense of this outcome has a price, or there were none before."), 0.0
    price = float(harm) / before
    effect = next(
        (e for e in known(study, program.program_id, "crime_difference") if e.outcome == empty.outcome), None
    )
    averted = -effect.estimate if effect is not None and effect.made else 0.0
    note = f"An incident of this outcome is worth {price:,.0f} on average, in prices of {found.prices.year}."
    needed = cost.costs / (price * cost.benefits)
    told = sentences("Arithmetic: it has no sampling interval.", note)
    return replace(empty, estimate=needed, n_before=before, n_after=after, note=told), after + averted
