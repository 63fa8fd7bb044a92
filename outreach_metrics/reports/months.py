"""Which months each table of a study covers: the first, the last, and those without any row between them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import groupby

import pandas as pd
from markupsafe import Markup

from outreach_metrics.plots.spark import coverage_bar
from outreach_metrics.reports.pages import count
from outreach_metrics.study import CountPanel, Study
from outreach_metrics.study.wording import listing, plural

GAPS = 4
"""Gaps in time that are named; the others are counted."""

DATED = {
    "events": "date",
    "attendance": "date",
    "responses": "date",
    "referrals": "date",
    "costs": "date",
    "concerns": "raised_on",
    "channels": "date",
    "training": "date",
}
"""Tables that grow with time, and the column that tells when; of attendance, the date of its event."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Coverage:
    """The months of one table: the first and the last, and those without any row between them."""

    table: str
    rows: str
    first: date
    last: date
    months: pd.PeriodIndex

    @property
    def gaps(self) -> tuple[tuple[pd.Period, pd.Period], ...]:
        """First and last month of every run of months without a row."""
        empty = self.span[~self.span.isin(self.months)]
        runs = groupby(enumerate(empty), key=lambda pair: pair[1].ordinal - pair[0])
        found = [[month for _, month in run] for _, run in runs]
        return tuple((run[0], run[-1]) for run in found)

    @property
    def span(self) -> pd.PeriodIndex:
        """Every month from the first to the last."""
        return pd.period_range(self.months.min(), self.months.max(), freq="M")

    @property
    def empty(self) -> int:
        """How many months of the span are without a row."""
        return len(self.span) - len(self.months)

    @property
    def gaps_told(self) -> str:
        """The gaps in words."""
        names = [str(first) if first == last else f"{first} to {last}" for first, last in self.gaps]
        return listing(names, most=GAPS) if names else "none"

    def bar(self, axis: pd.PeriodIndex) -> Markup:
        """Return the months as a small chart over the axis of all tables."""
        months = plural(len(self.span), "month")
        told = f"Rows in {count(len(self.months))} of {months}, {self.span[0]} to {self.span[-1]}"
        return coverage_bar(axis.isin(self.months).tolist(), label=told)


def coverage(study: Study) -> list[Coverage]:
    """Return the months of every table that grows with time, that of crime first."""
    found = []
    if study.panel is not None:
        table = next((q for q in study.quality if q.table == "incidents" and q.rows_used), None)
        rows = count(table.rows_used) if table else ""
        found.append(_panel_coverage("incidents" if table else "counts", rows, study.panel))
    found += [_panel_coverage(f"counts: {name}", "", panel) for name, panel in study.counted.items()]
    found += [_table_coverage(name, days) for name, days in _days(study) if len(days)]
    return [one for one in found if one is not None]


def _days(study: Study) -> Iterator[tuple[str, pd.Series]]:
    """Yield the days of the rows of each dated table."""
    for name, column in DATED.items():
        if not study.has(name):
            continue
        rows = study.table(name)
        if name == "attendance":
            days = rows["event_id"].map(study.table("events").set_index("event_id")["date"])
        else:
            days = rows[column]
        yield name, days.dropna()


def _table_coverage(name: str, days: pd.Series) -> Coverage:
    return Coverage(
        table=name,
        rows=count(len(days)),
        first=days.min().date(),
        last=days.max().date(),
        months=pd.PeriodIndex(days.dt.to_period("M").unique()).sort_values(),
    )


def _panel_coverage(name: str, rows: str, panel: CountPanel) -> Coverage | None:
    """Return the months of counts; a longer period covers all of its months."""
    held = panel.periods[panel.counts.any(axis=(0, 1))]
    months = {
        month for period in held for month in pd.period_range(period.start_time, period.end_time, freq="M")
    }
    if not months:
        return None
    return Coverage(
        table=name,
        rows=rows,
        first=panel.periods[0].start_time.date(),
        last=panel.periods[-1].end_time.date(),
        months=pd.PeriodIndex(sorted(months)),
    )


def axis_of(covered: Sequence[Coverage]) -> pd.PeriodIndex:
    """Return the months from the first of any table to the last."""
    if not covered:
        return pd.PeriodIndex([], freq="M")
    return pd.period_range(
        min(one.months.min() for one in covered), max(one.months.max() for one in covered), freq="M"
    )
