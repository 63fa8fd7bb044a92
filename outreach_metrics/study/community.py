"""The community's make-up, from the table `benchmarks`: of some areas, or of all."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd

from outreach_metrics.study.model import Study


@dataclass(frozen=True, slots=True)
class Community:
    """Residents by category of one variable, and whose they are.

    Parameters
    ----------
    counts : mapping of variable to Series
        Residents, indexed by category, in the order of the file.
    whole : bool
        Whether the counts are of the whole community, because not all areas asked for are in the table.
    """

    counts: dict[str, pd.Series]
    whole: bool

    @property
    def words(self) -> str:
        """Whose make-up it is, as a note says it."""
        return "all residents" if self.whole else "residents of the program's areas"


def community(study: Study, area_ids: Sequence[str] = ()) -> Community:
    """Return the make-up of the residents of some areas.

    Parameters
    ----------
    study : Study
    area_ids : sequence of str
        Areas to add up. Where one of them is not in the table for a variable, or none is asked for, the rows
        without an area stand in for every variable; without those, all areas added up.

    Returns
    -------
    Community
        Empty without the table `benchmarks`.
    """
    table = study.table("benchmarks")
    if table.empty:
        return Community({}, whole=True)
    area = table["area_id"].fillna("") if "area_id" in table else pd.Series("", index=table.index)
    listed = area.groupby(table["variable"]).agg(set)
    whole = not area_ids or not all(set(area_ids) <= areas for areas in listed)
    chosen = table[area.isin(area_ids)]
    if whole:
        chosen = table[area == ""] if (area == "").any() else table
    counts = chosen.groupby(["variable", "category"], sort=False)["count"].sum().astype(float)
    return Community(
        {str(name): part.droplevel(0) for name, part in counts.groupby(level=0, sort=False)}, whole=whole
    )
