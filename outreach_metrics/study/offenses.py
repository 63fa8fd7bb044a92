"""Harm weights and offense groups: the study's own tables, else the defaults that come with the package."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import pandas as pd

from outreach_metrics.study.checks import typed
from outreach_metrics.study.reading import Draft, Source, read_table
from outreach_metrics.study.tables import OFFENSE_GROUPS, TABLES
from outreach_metrics.study.wording import listing, normal_label, suggestion

DEFAULTS = Path(__file__).resolve().parent / "defaults"
NAMES = ("harm_weights", "offense_groups")
LABELED = (*NAMES, "crime_costs")
"""Tables whose rows are about offense labels."""

Drafts = Mapping[str, Draft]


@dataclass(frozen=True, slots=True, kw_only=True)
class OffenseTables:
    """What the two tables say of offense labels; the labels are as `normal_label` writes them."""

    weights: Mapping[str, float]
    unit: str
    source: str
    groups: Mapping[str, tuple[str, ...]]
    group_sources: Mapping[str, str]
    priced: frozenset[str] = frozenset()

    @property
    def labels(self) -> frozenset[str]:
        """Labels of any table."""
        return frozenset(self.weights).union(self.priced, *self.groups.values())

    def among(self, labels: Iterable[str]) -> OffenseTables:
        """Return what the tables say of the given labels."""
        known = set(labels)
        groups = {group: tuple(n for n in names if n in known) for group, names in self.groups.items()}
        return replace(
            self,
            weights={label: weight for label, weight in self.weights.items() if label in known},
            groups={group: names for group, names in groups.items() if names},
        )


def check_units(drafts: Drafts) -> None:
    """Give up harm weights in several units: they cannot be added."""
    draft = drafts.get("harm_weights")
    if draft is None or not draft.usable or "unit" not in draft.frame:
        return
    given = draft.frame.loc[draft.frame["unit"] != "", "unit"]
    units = given.map({unit: normal_label(unit) for unit in given.unique()})
    if units.nunique() < 2:
        return
    row = int(units.index[units != units.iloc[0]][0])
    message = (
        f"the weights are in several units ({listing(map(repr, given[~units.duplicated()]))}), "
        "and cannot be added; write all in one unit"
    )
    draft.tell(message, "mixed_units", row=row, column="unit", value=str(given[row]))
    draft.give_up("weights in several units")


def offense_tables(drafts: Drafts) -> OffenseTables:
    """Return what is known of offenses.

    Parameters
    ----------
    drafts : mapping of table name to Draft
        The checked tables. One that is absent, or holds its header alone, is the package's default; one that
        cannot be used is empty, because it was meant to replace the default.
    """
    weights, groups = (_table(name, drafts.get(name)) for name in NAMES)
    members = {group: groups[groups["group"] == group] for group in OFFENSE_GROUPS}
    return OffenseTables(
        weights=dict(zip(weights["offense"].map(normal_label), weights["weight"], strict=True)),
        unit=next(iter(weights["unit"].dropna()), ""),
        source=_sources(weights),
        groups={group: tuple(sorted(rows["offense"].map(normal_label))) for group, rows in members.items()},
        group_sources={group: _sources(rows) for group, rows in members.items()},
        priced=frozenset(_table("crime_costs", drafts.get("crime_costs"))["offense"].map(normal_label)),
    )


def _table(name: str, draft: Draft | None) -> pd.DataFrame:
    if draft is None or (draft.usable and draft.rows_read == draft.dropped["blank row"]):
        draft = read_table(TABLES[name], Source(DEFAULTS / f"{name}.csv"))
    if not draft.usable:
        return pd.DataFrame(columns=[column.name for column in TABLES[name].columns])
    return typed(draft)


def _sources(table: pd.DataFrame) -> str:
    return "; ".join(table["source"].dropna().unique())


def tell_unseen(drafts: Drafts, labels: Iterable[str]) -> None:
    """Warn of labels in the study's own tables that the data do not hold.

    Parameters
    ----------
    drafts : mapping of table name to Draft
    labels : iterable of str
        Offense labels as the data write them.
    """
    known = {normal_label(label): label for label in labels}
    for draft in (drafts[name] for name in LABELED if name in drafts and drafts[name].usable):
        if draft.frame.empty:
            continue
        written = draft.frame["offense"]
        rows = list(written.index[~written.map(normal_label).isin(list(known))])
        messages = [
            f"no row has the offense {written[row]!r}{suggestion(written[row], known.values())}"
            for row in rows[:5]
        ]
        draft.tell_rows(rows, messages, "unseen_label", "warning", column="offense")
