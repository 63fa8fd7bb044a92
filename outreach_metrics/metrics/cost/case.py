"""What all measures of cost stand on: what was spent and when, and which of it goes with an effect."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import lru_cache

import pandas as pd

from outreach_metrics.estimate import Estimate
from outreach_metrics.registry import get_metric
from outreach_metrics.study import Program, Study
from outreach_metrics.study.windows import Windows, windows

KNOWN = "Costs are taken as recorded: they have no sampling interval."
ONLY_EVENTS = "Only what single events cost is known, not what the program cost."
EVENTS_ALONE = "There is no table of costs: only what the single events cost (events) is counted."
NOT_ABOVE_ZERO = "The costs are not above 0."
NOT_ADDED = "What single events cost (events) is not added, as it may be among the costs already."
EVENT_CATEGORY = "events"
UNKNOWN_SOURCE = "not stated"
IN_KIND = "in_kind"
LATE = pd.Timedelta(days=92)
"""How far apart the ends of two records may lie before it is told; costs are often booked by quarter."""


@dataclass(frozen=True, eq=False)
class Spending:
    """What one program cost.

    Parameters
    ----------
    rows : pandas.DataFrame
        One row a cost in order of date: `date`, `category`, `source` ("" where not stated), `amount`
        (refunds below 0).
    note : str
        What has to be told of the record.
    """

    rows: pd.DataFrame
    note: str = ""

    @property
    def total(self) -> float:
        """Everything added up."""
        return float(self.rows["amount"].sum())

    def until(self, day: pd.Timestamp) -> Spending:
        """Return what was spent up to a day."""
        return replace(self, rows=self.rows[self.rows["date"] <= day])

    def within(self, periods: pd.PeriodIndex) -> Spending:
        """Return what was spent in periods, and before the first of them: the way to an effect costs too."""
        dates = self.rows["date"]
        before = dates < periods[0].start_time
        return replace(self, rows=self.rows[before | dates.dt.to_period(periods.freq).isin(periods)])


@lru_cache(maxsize=32)
def spending(study: Study, program_id: str) -> Spending:
    """Return the costs of a program: those of the table costs, without any those of its events."""
    study.program(program_id)
    own = of_program(study, "costs", program_id)
    events = of_program(study, "events", program_id)
    priced = events.loc[events["cost"].notna()] if "cost" in events else events.iloc[:0]
    told = _unread(study)
    if own.empty:
        rows = pd.DataFrame(
            {"date": pd.to_datetime(priced["date"]), "category": EVENT_CATEGORY, "source": ""}
        ).assign(amount=priced["cost"].astype(float) if len(priced) else 0.0)
        return Spending(_ordered(rows), sentences(EVENTS_ALONE, told))
    sources = own["source"].fillna("") if "source" in own else ""
    rows = pd.DataFrame({"date": pd.to_datetime(own["date"]), "category": own["category"]})
    rows = rows.assign(source=sources, amount=own["amount"].astype(float))
    beside = NOT_ADDED if len(priced) and priced["cost"].astype(float).any() else ""
    return Spending(_ordered(rows), sentences(told, beside))


def only_events(found: Spending) -> bool:
    """Whether nothing but the costs of single events is known, so that no effect may be set against them."""
    return EVENTS_ALONE in found.note


def wanted(study: Study, outcome: str) -> str:
    """Return which way study.toml wants an outcome or construct to go: "rise", "fall", "none" or ""."""
    return getattr(study.settings, "wanted", {}).get(outcome, "")


def of_program(study: Study, table: str, program_id: str) -> pd.DataFrame:
    """Return the rows of a table that are about a program."""
    rows = study.table(table)
    return rows[rows["program_id"] == program_id]


def _ordered(rows: pd.DataFrame) -> pd.DataFrame:
    return rows.dropna(subset=["date", "amount"]).sort_values("date", kind="stable", ignore_index=True)


def _unread(study: Study) -> str:
    """Tell of rows of costs that were lost while reading."""
    lost = sum(sum(quality.dropped.values()) for quality in study.quality if quality.table == "costs")
    return f"Rows of costs that could not be used: {lost}; the costs may be more." if lost else ""


@lru_cache(maxsize=256)
def known(study: Study, program_id: str, name: str) -> tuple[Estimate, ...]:
    """Return the estimates of another strand by the name of the metric."""
    return tuple(get_metric(name).function(study, program_id))


def effect_windows(study: Study, program: Program) -> Windows | None:
    """Return the periods that effects on crime are measured in; None without crime counts or areas."""
    if study.panel is None or not program.treatment:
        return None
    starts = sorted({program.area_starts.get(area, program.start) for area in program.treatment})
    settings = study.settings
    return windows(
        study.panel.periods,
        start=starts[0],
        rollout_end=starts[-1],
        unit=settings.unit,
        before=settings.before,
        after=settings.after,
        transition=settings.transition,
    )


@dataclass(frozen=True, eq=False)
class Matched:
    """The costs that go with an effect on crime, the periods of that effect, and what has to be told."""

    spending: Spending
    after: pd.PeriodIndex
    note: str


def matched_costs(study: Study, program_id: str) -> Matched | None:
    """Return the costs up to the end of the window after, preparation included; None without a window.

    An effect that was measured over two years is set against what those two years cost, and against what was
    spent before them to get there. Later costs, and those in periods that the window leaves out, do not
    count.
    """
    program = study.program(program_id)
    chosen = effect_windows(study, program)
    if chosen is None or not len(chosen.after):
        return None
    after, everything = study.panel.periods[chosen.after], spending(study, program_id)
    counted = everything.within(after)
    share = counted.total / everything.total if everything.total > 0 else 1.0
    last = f"{after[-1].end_time:%Y-%m-%d}"
    rule = f"Costs up to {last}, the end of the window after, are counted, preparation included"
    told = f"{rule} ({share:.0%} of all)." if share < 1 - 1e-9 else f"{rule}."
    end = min(after[-1].end_time, pd.Timestamp(program.end or after[-1].end_time))
    late = reach_note(counted.rows["date"], end, "the window after")
    return Matched(counted, after, sentences(told, late))


def reach_note(dates: pd.Series, end: pd.Timestamp, what: str) -> str:
    """Tell when the costs end long before what they are set against."""
    if dates.empty or pd.isna(end) or dates.max() + LATE >= end:
        return ""
    return f"The last cost is of {dates.max():%Y-%m}, {what} goes on to {end:%Y-%m}: costs may be missing."


def template(study: Study, program_id: str, name: str, per: str, method: str, **rest) -> Estimate:
    """Return an estimate of cost that has no number yet; `per` follows the currency in its unit."""
    unit = f"{study.settings.currency} {per}".strip()
    return Estimate(program_id=program_id, strand="cost", metric=name, unit=unit, method=method, **rest)


def no_costs(empty: Estimate) -> list[Estimate]:
    """Decline because nothing was recorded."""
    return [empty.declined("The study has no costs of this program.")]


def sentences(*notes: str) -> str:
    """Join the sentences of a note; empty ones fall away, and what was said is not said again."""
    return " ".join(dict.fromkeys(note for note in notes if note))


def first_made(estimates: Iterable[Estimate], **names: str) -> Estimate | None:
    """Return the first estimate with a number and the given names."""
    return next((e for e in estimates if e.made and all(getattr(e, k) == v for k, v in names.items())), None)
