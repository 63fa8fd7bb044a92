"""`Estimate`, the one result of every metric, and `tidy`, its one table."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass, fields, replace
from typing import TYPE_CHECKING, Literal

from outreach_metrics.showing import in_words

if TYPE_CHECKING:
    import pandas as pd

Strand = Literal["crime", "attendance", "sentiment", "partnership", "cost", "responsiveness", "outcome"]
STRANDS: tuple[str, ...] = (
    "crime",
    "attendance",
    "sentiment",
    "partnership",
    "cost",
    "responsiveness",
    "outcome",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Estimate:
    """One number, how sure it is, and how it was made. Nothing in it is rounded.

    Parameters
    ----------
    program_id, strand, metric : str
        What was measured for whom; `metric` is a registered name.
    outcome : str
        Crime outcome, survey construct or counted outcome; empty when the metric has none.
    group : str
        Wave, arm, or other part of the data that the estimate is about; empty for the whole.
    estimate : float
        The number; NaN when it cannot be made, and then `note` says why.
        Ratios are after / before and treated / comparison: below 1 is a fall.
    conf_low, conf_high : float
        Limits of the confidence interval, in the unit of `estimate`; NaN when there is none.
    p_value, p_adjusted : float
        Two-sided p-value matching the interval, and the same after Benjamini-Hochberg over the
        outcomes of the metric within the program.
    conf_level : float
        Level of the interval, between 0 and 1.
    n_before, n_after : float
        Counts, people or events behind the number, before and after; a metric of one period uses `n_after`.
    unit : str
        Unit in words ("incidents per 1,000 residents per year", "ratio", "points of 100").
    method : str
        Estimator in words that a methods section can use.
    design_level : int or None
        Maryland Scientific Methods Scale, 1 to 5, for estimates of an effect; None for description.
    note : str
        Everything that a reader has to know to use the number, and the reason when there is none.

    Examples
    --------
    >>> Estimate(program_id="watch", strand="crime", metric="crime_rate_ratio", estimate=0.8).significant
    False
    """

    program_id: str
    strand: str
    metric: str
    outcome: str = ""
    group: str = ""
    estimate: float = math.nan
    conf_low: float = math.nan
    conf_high: float = math.nan
    p_value: float = math.nan
    p_adjusted: float = math.nan
    conf_level: float = 0.95
    n_before: float = math.nan
    n_after: float = math.nan
    unit: str = ""
    method: str = ""
    design_level: int | None = None
    note: str = ""

    def __repr__(self) -> str:
        name = " ".join(filter(None, [self.program_id, self.metric, self.outcome, self.group]))
        if not self.made:
            return f"<Estimate {name}: none, {self.note}>"
        limits = "" if math.isnan(self.conf_low) else f" ({self.conf_low:,.6g} to {self.conf_high:,.6g})"
        return f"<Estimate {name}: {self.estimate:,.6g}{limits} {self.unit}>".replace(" >", ">")

    def _repr_html_(self) -> str:
        return in_words(self)

    @property
    def made(self) -> bool:
        """Whether there is a number at all."""
        return not math.isnan(self.estimate)

    @property
    def significant(self) -> bool:
        """Whether chance alone is an unlikely explanation, at the level of the interval, outcomes counted."""
        p = self.p_value if math.isnan(self.p_adjusted) else self.p_adjusted
        return not math.isnan(p) and p < round(1 - self.conf_level, 12)

    def declined(self, reason: str) -> Estimate:
        """Return the same estimate without any number, and with the reason in its note."""
        nothing = dict.fromkeys(
            ("estimate", "conf_low", "conf_high", "p_value", "p_adjusted", "n_before", "n_after"), math.nan
        )
        return replace(self, **nothing, design_level=None, note=reason)


COLUMNS: tuple[str, ...] = tuple(field.name for field in fields(Estimate))


def tidy(estimates: Iterable[Estimate]) -> pd.DataFrame:
    """Return one row an estimate, always with the same columns in the same order.

    Parameters
    ----------
    estimates : iterable of Estimate

    Returns
    -------
    pandas.DataFrame
        Columns as the fields of `Estimate`; `design_level` is a nullable integer.

    Examples
    --------
    >>> table = tidy([Estimate(program_id="watch", strand="crime", metric="crime_rate_ratio", estimate=0.8)])
    >>> table["program_id"].to_list(), table["estimate"].to_list()
    (['watch'], [0.8])
    """
    import pandas as pd

    rows = [[getattr(estimate, column) for column in COLUMNS] for estimate in estimates]
    return pd.DataFrame(rows, columns=list(COLUMNS)).astype({"design_level": "Int64"})
