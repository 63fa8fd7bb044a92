"""How the benefit-cost ratio moves when one assumption changes and the others stay."""

from __future__ import annotations

import math
from typing import NamedTuple

from outreach_metrics.inference.present_value import one_way
from outreach_metrics.metrics.cost.benefit import Account, account, harm_averted_in_proportion
from outreach_metrics.metrics.cost.prices import TANGIBLE, TOTAL
from outreach_metrics.study import Study

RATES = (0.07, 0.0)
COST_FACTORS = (1.2, 0.8)


class Assumption(NamedTuple):
    """An assumption, its two settings in words, and the benefit-cost ratio with each."""

    name: str
    settings: tuple[str, str]
    ratios: tuple[float, float]


def benefit_cost_sensitivity(study: Study, program_id: str) -> tuple[Assumption, ...]:
    """Return how the benefit-cost ratio moves with each assumption, the one that matters most first.

    The ends of the effect's interval; areas compared by percentages in place of numbers per resident;
    tangible costs of crime alone; discount rates of 7 % and 0 %; gifts in kind not counted; costs a fifth
    higher and lower. Empty without a ratio.

    Notes
    -----
    Rates: Office of Management and Budget (1992) Circular A-94 and (2003) Circular A-4.
    """
    found = account(study, program_id)
    if isinstance(found, str) or math.isnan(found.worth(0.0).ratio):
        return ()
    tried = _settings(study, program_id, found)
    base = {"benefit": found.benefits[TOTAL].estimate, "rate": found.rate, "in_kind": 1.0, "cost_factor": 1.0}
    swings = one_way(
        lambda **given: found.worth(**given).ratio, base, {name: ends for name, (_, ends) in tried.items()}
    )
    return tuple(Assumption(swing.name, tried[swing.name][0], (swing.low, swing.high)) for swing in swings)


def _settings(study: Study, program_id: str, found: Account) -> dict:
    """Return each assumption that can be changed, with its settings in words and in numbers."""
    total, tangible = found.benefits[TOTAL], found.benefits[TANGIBLE]
    tried = {}
    if not math.isnan(total.conf_low):
        ends = ({"benefit": total.conf_low}, {"benefit": total.conf_high})
        tried["Effect on crime"] = ("lower limit", "upper limit"), ends
    if tangible.made:
        tried["Price of crime"] = ("tangible costs alone", ""), ({"benefit": tangible.estimate}, {})
    proportional = harm_averted_in_proportion(study, program_id, dict(found.prices.total))
    if not math.isnan(proportional):
        tried["Comparison of areas"] = ("by percentages", ""), ({"benefit": proportional}, {})
    if found.in_kind.any():
        tried["Gifts in kind"] = ("", "not counted as a cost"), ({}, {"in_kind": 0.0})
    factors = tuple({"cost_factor": factor} for factor in COST_FACTORS)
    tried["Costs"] = ("a fifth higher", "a fifth lower"), factors
    tried["Discount rate"] = tuple(f"{rate:.0%}" for rate in RATES), tuple({"rate": rate} for rate in RATES)
    return tried
