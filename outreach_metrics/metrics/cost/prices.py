"""Which offenses are counted in money, at what price of which year, and which are not and why."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache

import numpy as np

from outreach_metrics.metrics.cost.case import effect_windows, spending
from outreach_metrics.study import EVERY_OFFENSE, Study
from outreach_metrics.study.crime_costs import UnitCost, crime_costs, price_index
from outreach_metrics.study.wording import normal_label

LEAST_INCIDENTS = 20
"""Incidents of an offense in either window, in the program areas, from which it is counted in money.

Below, a single incident decides: one murder more or less is worth more than most programs cost.
"""

TOTAL, TANGIBLE = "", "tangible"
"""The arms of a benefit: everything, and what is lost in money alone."""


@dataclass(frozen=True, kw_only=True)
class Prices:
    """What the offenses of a program's areas cost in the prices of one year.

    Parameters
    ----------
    year : int
        Year of the prices.
    total, tangible : mapping of label to float
        Price of one offense, of those that are counted. An offense whose tangible cost is not known is not in
        `tangible`.
    rare : mapping of label to float
        Total price of offenses that are too few to be counted.
    categories : mapping of label to UnitCost
        Where each price is from.
    unpriced : tuple of str
        Labels of the outcomes and of the data for which there is no price.
    factors : mapping of year to float
        What an amount of a year is multiplied by to be in prices of `year`.
    sources, index_source : str
    reason : str
        Why there are no prices; empty when there are.
    """

    year: int = 0
    total: Mapping[str, float] = field(default_factory=dict)
    tangible: Mapping[str, float] = field(default_factory=dict)
    rare: Mapping[str, float] = field(default_factory=dict)
    categories: Mapping[str, UnitCost] = field(default_factory=dict)
    unpriced: tuple[str, ...] = ()
    factors: Mapping[int, float] = field(default_factory=dict)
    sources: str = ""
    index_source: str = ""
    reason: str = ""

    def arm(self, name: str) -> Mapping[str, float]:
        """Return the prices of an arm."""
        return self.tangible if name == TANGIBLE else self.total

    @property
    def basis(self) -> str:
        """Whose prices they are and how they were moved to `year`, for the method."""
        moved = f", moved to {self.year} by {self.index_source or 'price_index'}"
        old = any(cost.year != self.year for cost in self.categories.values())
        return f"unit costs of {self.sources or 'crime_costs'}{moved if old else ''}"


@lru_cache(maxsize=32)
def prices(study: Study, program_id: str) -> Prices:
    """Return the prices of the offenses that a program's benefit is counted from.

    The offenses are those of study.toml (cost.outcomes), without that every offense of the data that has a
    price: chosen without looking at what changed, each once, whichever outcomes it belongs to.
    """
    costs = crime_costs(study)
    windows = effect_windows(study, study.program(program_id))
    if study.offenses is None or windows is None:
        return Prices(reason="The study has no offenses in areas of this program to put a price on.")
    if not costs:
        return Prices(reason=_no_table(study))
    wanted = chosen_labels(study)
    priced = [label for label in wanted if label in costs]
    if not priced:
        return Prices(reason="No offense that is to be counted has a price in crime_costs.")
    index, index_source = price_index(study)
    year = price_year(study, index)
    paid = set(spending(study, program_id).rows["date"].dt.year.tolist())
    years = paid | {costs[label].year for label in priced}
    lost = sorted(one for one in years if one != year and not {one, year} <= set(index))
    if lost:
        named = ", ".join(map(str, lost))
        return Prices(reason=f"price_index does not tell how prices of {named} compare with those of {year}.")
    factors = {one: 1.0 if one == year else index[year] / index[one] for one in years}
    few = _rare(study, program_id, priced)
    moved = {label: costs[label].total * factors[costs[label].year] for label in priced}
    solid = {
        label: costs[label].tangible * factors[costs[label].year]
        for label in priced
        if not np.isnan(costs[label].tangible)
    }
    return Prices(
        year=year,
        total={label: price for label, price in moved.items() if label not in few},
        tangible={label: price for label, price in solid.items() if label not in few},
        rare={label: price for label, price in moved.items() if label in few},
        categories={label: costs[label] for label in priced},
        unpriced=_unpriced(study, wanted, costs),
        factors=factors,
        sources="; ".join(dict.fromkeys(costs[label].source for label in priced if costs[label].source)),
        index_source=index_source,
    )


def _no_table(study: Study) -> str:
    if study.settings.currency != "USD" and not any(q.table == "crime_costs" for q in study.quality):
        return f"The package prices crime in US dollars; give crime_costs in {study.settings.currency}."
    return "The table crime_costs of the study cannot be used."


def chosen_labels(study: Study) -> tuple[str, ...]:
    """Return the offense labels that a benefit is counted from: of cost.outcomes, else all of the data."""
    held = [label for label in study.offenses.outcomes if label != EVERY_OFFENSE]
    outcomes = study.settings.cost_outcomes
    if not outcomes:
        return tuple(held)
    wanted = {label for outcome in outcomes for label in labels_of(study, outcome)}
    return tuple(label for label in held if label in wanted)


def labels_of(study: Study, outcome: str) -> tuple[str, ...]:
    """Return the offense labels of an outcome; an outcome that was counted as such is its own label."""
    labels = tuple(normal_label(label) for label in study.settings.outcomes.get(outcome, (outcome,)))
    if EVERY_OFFENSE in labels and study.offenses is not None:
        return tuple(label for label in study.offenses.outcomes if label != EVERY_OFFENSE)
    return labels


def price_year(study: Study, index: Mapping[int, float]) -> int:
    """Return the year whose prices are used: cost.price_year, else the last of the study's costs."""
    given = study.settings.price_year
    if given:
        return int(given)
    rows = study.table("costs")
    rows = rows if len(rows) else study.table("events")
    years = [int(year) for year in rows["date"].dropna().dt.year.unique()] if len(rows) else []
    return max([year for year in years if year in index] or years or list(index))


def counts_of(study: Study, program_id: str, label: str) -> np.ndarray:
    """Return the incidents of an offense in the program's areas, before and after, shape (2,)."""
    program = study.program(program_id)
    chosen = effect_windows(study, program)
    series = study.offenses.of(label, program.treatment).sum(axis=0)
    return np.array([series[chosen.before].sum(), series[chosen.after].sum()])


def _rare(study: Study, program_id: str, labels: list[str]) -> set[str]:
    return {label for label in labels if counts_of(study, program_id, label).max() < LEAST_INCIDENTS}


def _unpriced(study: Study, wanted: tuple[str, ...], costs: Mapping[str, UnitCost]) -> tuple[str, ...]:
    """Return the labels without a price: of the outcomes that study.toml names, and of the data."""
    outcomes = study.settings.cost_outcomes or study.settings.outcomes
    named = [
        normal_label(label) for outcome in outcomes for label in study.settings.outcomes.get(outcome, ())
    ]
    every = dict.fromkeys([*wanted, *named])
    return tuple(label for label in every if label not in costs and label != EVERY_OFFENSE)
