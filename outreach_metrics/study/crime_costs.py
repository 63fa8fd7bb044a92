"""What a crime costs and how prices rose: the study's own tables, else those of the package."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import pandas as pd

from outreach_metrics.study.checks import typed
from outreach_metrics.study.model import Study
from outreach_metrics.study.reading import Source, read_table
from outreach_metrics.study.tables import TABLES
from outreach_metrics.study.wording import normal_label

DEFAULTS = Path(__file__).resolve().parent / "defaults"
DEFAULT_CURRENCY = "USD"


@dataclass(frozen=True, slots=True, kw_only=True)
class UnitCost:
    """What one offense costs society, in the prices of `year`.

    `total` need not be the sum of the two parts: where deaths are in both, the total counts them once.
    `tangible` and `intangible` are NaN where the table does not part them.
    """

    category: str
    tangible: float
    intangible: float
    total: float
    year: int
    source: str


def crime_costs(study: Study) -> Mapping[str, UnitCost]:
    """Return the cost of each offense by its label, trimmed and in lower case.

    The package's table is in dollars, so that a study in another currency without a table of its own has
    none; neither has one whose own table cannot be used, because that was meant to replace the default.

    Notes
    -----
    Default: McCollister KE, French MT & Fang H (2010) Drug and Alcohol Dependence 108:98, in 2008 dollars.
    `total` is that of table 5, from which the lost earnings of those who die are taken out, for they are in
    the intangible part already: the sum of both parts would count them twice. `tangible` is the sum of table
    3 (victims, justice system, crime careers), `intangible` that of table 4.
    """
    rows = _table(study, "crime_costs")
    return {
        normal_label(row.offense): UnitCost(
            category=row.category if isinstance(row.category, str) else row.offense.lower(),
            tangible=float(row.tangible),
            intangible=float(row.intangible),
            total=float(row.total),
            year=int(row.price_year),
            source=row.source if isinstance(row.source, str) else "",
        )
        for row in rows.itertuples()
    }


def price_index(study: Study) -> tuple[Mapping[int, float], str]:
    """Return the level of prices by year, and where it is from; see `crime_costs` for when there is none.

    Notes
    -----
    Default: consumer price index for all urban consumers (CPI-U), US city average, all items, annual
    averages, 2000 to 2025; Bureau of Labor Statistics, series CUUR0000SA0.
    """
    rows = _table(study, "price_index")
    sources = "; ".join(rows["source"].dropna().unique())
    return {int(year): float(level) for year, level in zip(rows["year"], rows["index"], strict=True)}, sources


def _table(study: Study, name: str) -> pd.DataFrame:
    if study.has(name):
        return study.table(name)
    default = _default(name)
    unusable = any(quality.table == name and quality.rows_read > 0 for quality in study.quality)
    abroad = study.settings.currency != DEFAULT_CURRENCY
    return default.iloc[:0] if unusable or abroad else default


@lru_cache(maxsize=4)
def _default(name: str) -> pd.DataFrame:
    return typed(read_table(TABLES[name], Source(DEFAULTS / f"{name}.csv")))
