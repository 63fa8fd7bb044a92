"""Areas with high or rising rates: smoothed, with intervals of rates and of ranks, many tests allowed for."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import pandas as pd

from outreach_metrics.errors import UnknownNameError
from outreach_metrics.inference import Result
from outreach_metrics.inference.dispersion import area_dispersion
from outreach_metrics.inference.multiplicity import benjamini_hochberg
from outreach_metrics.inference.rates import rate_ratio_overdispersed, ratio_from_log
from outreach_metrics.inference.smoothing import Smoothed, smooth_rates
from outreach_metrics.study import CountPanel, Study
from outreach_metrics.study.windows import PERIODS_PER_YEAR

NAN = math.nan
NO_RESULT = Result(NAN, NAN, NAN, NAN)
YEARS = 2
"""Years looked at, and years before them that they are compared with."""

FEW_SHARE = 0.1
"""Areas with less than this share of the median area's residents are told: a rate per resident misleads."""

_YEAR = {"month": 12, "week": 52, "quarter": 4, "year": 1}
LEAST_EXPECTED = 5.0
"""Events to be expected in each of two windows or groups, of which fewer have no test."""

_COLUMNS = [
    "area_id", "name", "residents", "count", "rate", "smoothed", "conf_low", "conf_high", "above",
    "rank", "rank_low", "rank_high", "standing",
    "count_before", "ratio", "ratio_low", "ratio_high", "p_adjusted", "change", "few_residents",
]  # fmt: skip


@dataclass(frozen=True, kw_only=True, eq=False)
class AreaNeeds:
    """Every area's rate in the last years and how it changed, for one crime outcome.

    Parameters
    ----------
    study : Study
    outcome : str
        Empty without counts.
    areas : pandas.DataFrame
        One row an area, the highest smoothed rate first: `area_id`, `name`, `residents`, `count`, `rate`
        (incidents per `rate_per` residents per year), `smoothed`, `conf_low`, `conf_high`, `above`
        (probability that the true rate is above the city's), `rank` with `rank_low` and `rank_high`,
        `standing` ("above", "unclear", "below": whether the interval leaves out the city's rate),
        `count_before`, `ratio` with `ratio_low` and `ratio_high` (these years / those before), `p_adjusted`
        (Benjamini-Hochberg over areas), `change` ("rose", "fell", "unclear"; empty where it cannot be told)
        and `few_residents`.
    left_out : pandas.DataFrame
        Areas without a rate: `area_id`, `name`, `reason`.
    span, span_before : tuple of str
        First and last period looked at; empty without.
    overall : float
        The city's rate, per `rate_per` residents per year.
    city : Result
        Change of the city, a ratio.
    dispersion : float
        How many times more than by chance an area's count varies from one part of a window to the next.
    dispersion_df : float
        Degrees of freedom behind it; infinite where it is taken for 1.
    conf_level : float
    reason : str
        Why there is nothing; empty where there is.
    """

    study: Study
    outcome: str
    areas: pd.DataFrame
    left_out: pd.DataFrame
    span: tuple[str, str] = ("", "")
    span_before: tuple[str, str] = ("", "")
    overall: float = NAN
    city: Result = NO_RESULT
    dispersion: float = NAN
    dispersion_df: float = NAN
    conf_level: float = 0.95
    reason: str = ""

    @property
    def made(self) -> bool:
        """Whether there are rates."""
        return not self.reason

    def named(self, **values: str) -> list[str]:
        """Return the names of the areas whose columns have the given values, in their order.

        Examples
        --------
        >>> import pandas as pd
        >>> frame = pd.DataFrame({"name": ["A", "B"], "standing": ["above", "unclear"]})
        >>> AreaNeeds(study=None, outcome="", areas=frame, left_out=frame[:0]).named(standing="above")
        ['A']
        """
        held = np.ones(len(self.areas), dtype=bool)
        for column, value in values.items():
            held &= (self.areas[column] == value).to_numpy()
        return self.areas.loc[held, "name"].tolist()


def area_needs(study: Study, outcome: str = "", *, conf_level: float = 0.95, seed: int = 0) -> AreaNeeds:
    """Return where the rate of an outcome is high or rising, with what can and what cannot be told.

    Parameters
    ----------
    study : Study
    outcome : str
        Crime outcome; empty for the study's first.
    conf_level : float
    seed : int

    Returns
    -------
    AreaNeeds
        Areas whose residents are not known, or fewer than `min_cell`, are left out with the reason. The last
        two years of the data are looked at, and compared with the two before; of shorter data, as many whole
        years as there are (without a whole year before, no change is told).

    Raises
    ------
    UnknownNameError
        The study has no such outcome.

    Notes
    -----
    Rates: `inference.smoothing.smooth_rates`. An area is "above" when its interval lies above the city's
    rate, so that of the areas named no more than (1 - conf_level) / 2 are expected to be named wrongly.
    Changes: quasi-Poisson ratios with one dispersion, that of the areas' own changes within each window
    (`area_dispersion`), adjusted over the areas (Benjamini Y & Hochberg Y, 1995). Areas in which fewer than 5
    events are expected have no test. Hours are not looked at: a study keeps the day of an incident.
    """
    panel = study.panel
    outcomes = panel.outcomes if panel is not None else ()
    if outcome and outcome not in outcomes:
        raise UnknownNameError("outcome", outcome, outcomes)
    outcome = outcome or next(iter(outcomes), "")
    if panel is None:
        return _nothing(study, outcome, "The study has no incidents or counts, so no area's rate is known.")
    year = _YEAR[study.settings.unit]
    years = min(YEARS, len(panel.periods) // year)
    if not years:
        return _nothing(study, outcome, "The data hold less than a year.")
    recent = np.arange(len(panel.periods) - years * year, len(panel.periods))
    span = min(years, (len(panel.periods) - len(recent)) // year) * year
    before = np.arange(recent[0] - span, recent[0])
    frame = _table(study, panel, outcome, recent, before)
    left_out = frame.loc[frame["reason"] != "", ["area_id", "name", "reason"]].reset_index(drop=True)
    frame = frame[frame["reason"] == ""].reset_index(drop=True)
    counts = panel.of(outcome, tuple(frame["area_id"])) if len(frame) else np.zeros((0, len(panel.periods)))
    spread, df = area_dispersion(*(_halves(counts[:, window]) for window in (recent, before)))
    spread = spread if math.isfinite(spread) else 1.0
    smoothed = smooth_rates(
        frame["count"].to_numpy(),
        frame["exposure"].to_numpy(),
        dispersion=spread,
        conf_level=conf_level,
        seed=seed,
    )
    if smoothed.reason:
        return _nothing(study, outcome, f"No rates are smoothed: {smoothed.reason}.", left_out)
    frame = _with_rates(frame, smoothed)
    frame = _with_changes(frame, spread, df, conf_level, whole=len(before) == len(recent))
    return AreaNeeds(
        study=study,
        outcome=outcome,
        areas=frame.sort_values("rank", ignore_index=True)[_COLUMNS],
        left_out=left_out,
        span=_ends(panel.periods, recent),
        span_before=_ends(panel.periods, before),
        overall=smoothed.overall,
        city=_city(frame, conf_level),
        dispersion=spread,
        dispersion_df=df if df > 0 else math.inf,
        conf_level=conf_level,
    )


def _nothing(study: Study, outcome: str, reason: str, left_out: pd.DataFrame | None = None) -> AreaNeeds:
    empty = pd.DataFrame(columns=["area_id", "name", "reason"])
    return AreaNeeds(
        study=study,
        outcome=outcome,
        areas=pd.DataFrame(columns=_COLUMNS),
        left_out=empty if left_out is None else left_out,
        reason=reason,
    )


def area_names(study: Study) -> dict[str, str]:
    """Return the name of every area that has one."""
    areas = study.table("areas")
    if "name" not in areas:
        return {}
    held = areas.dropna(subset=["name"])
    return {area: name for area, name in zip(held["area_id"], held["name"].astype(str), strict=True) if name}


def _table(
    study: Study, panel: CountPanel, outcome: str, recent: np.ndarray, before: np.ndarray
) -> pd.DataFrame:
    """Return counts and exposures of every area, and why one has no rate."""
    names = area_names(study)
    per_year = PERIODS_PER_YEAR[study.settings.unit] * study.settings.rate_per
    counts = panel.of(outcome, panel.area_ids)
    residents = panel.population[:, recent].mean(axis=1)
    few = residents < max(study.settings.min_cell, 1)
    reason = np.select(
        [np.isnan(residents), few],
        ["The residents are not known.", f"Fewer than {study.settings.min_cell} people live there."],
        "",
    )
    return pd.DataFrame(
        {
            "area_id": panel.area_ids,
            "name": [names.get(area, area) for area in panel.area_ids],
            "residents": residents,
            "count": counts[:, recent].sum(axis=1).astype(float),
            "exposure": panel.population[:, recent].sum(axis=1) / per_year,
            "count_before": counts[:, before].sum(axis=1).astype(float) if len(before) else NAN,
            "exposure_before": panel.population[:, before].sum(axis=1) / per_year,
            "reason": reason,
            "few_residents": residents < FEW_SHARE * pd.Series(residents).median(),
        }
    )


def _halves(counts: np.ndarray) -> np.ndarray:
    """Return the counts of the first and second half of a window, by area."""
    middle = counts.shape[1] // 2
    return np.column_stack([counts[:, :middle].sum(axis=1), counts[:, middle:].sum(axis=1)])


def _with_rates(frame: pd.DataFrame, smoothed: Smoothed) -> pd.DataFrame:
    low, high = smoothed.conf_low > smoothed.overall, smoothed.conf_high < smoothed.overall
    return frame.assign(
        rate=frame["count"] / frame["exposure"],
        smoothed=smoothed.estimate,
        conf_low=smoothed.conf_low,
        conf_high=smoothed.conf_high,
        above=smoothed.above,
        rank=smoothed.ranks.rank,
        rank_low=smoothed.ranks.conf_low,
        rank_high=smoothed.ranks.conf_high,
        standing=np.select([low, high], ["above", "below"], "unclear"),
    )


def _with_changes(
    frame: pd.DataFrame, spread: float, df: float, conf_level: float, *, whole: bool
) -> pd.DataFrame:
    """Add each area's change against the window before; no change where nothing can be told."""
    results = [_change(row, spread, df, conf_level) if whole else None for row in frame.itertuples()]
    ratio, low, high, p = (
        np.array([NAN if result is None else result[place] for result in results]) for place in range(4)
    )
    adjusted = benjamini_hochberg(p)
    clear = adjusted < 1 - conf_level
    told = np.select([np.isnan(p), clear & (ratio > 1), clear], ["", "rose", "fell"], "unclear")
    return frame.assign(ratio=ratio, ratio_low=low, ratio_high=high, p_adjusted=adjusted, change=told)


def _change(row, spread: float, df: float, conf_level: float) -> Result | None:
    total = row.count_before + row.count
    known = row.exposure_before > 0
    share = row.exposure / (row.exposure + row.exposure_before) if known else NAN
    if not known or min(share, 1 - share) * total < LEAST_EXPECTED:
        return None
    freedom = df if df > 0 else math.inf
    return rate_ratio_overdispersed(
        row.count_before, row.exposure_before, row.count, row.exposure, spread, freedom, conf_level
    )


def _city(frame: pd.DataFrame, conf_level: float) -> Result:
    """Return the change of all areas together, its error from the spread of the areas' own changes."""
    held = frame[(frame["count"] > 0) & (frame["count_before"] > 0) & (frame["exposure_before"] > 0)]
    if len(held) < 3:
        return NO_RESULT
    before, after = held["count_before"].to_numpy(), held["count"].to_numpy()
    ratio = after.sum() / before.sum() * held["exposure_before"].sum() / held["exposure"].sum()
    expected = before * after.sum() / before.sum()
    error = math.sqrt(float(np.square(after - expected).sum()) * len(held) / (len(held) - 1)) / after.sum()
    return ratio_from_log(math.log(ratio), error, len(held) - 1, conf_level) if error > 0 else _point(ratio)


def _point(ratio: float) -> Result:
    return Result(ratio, NAN, NAN, NAN)


def _ends(periods: pd.PeriodIndex, window: np.ndarray) -> tuple[str, str]:
    return (str(periods[window[0]]), str(periods[window[-1]])) if len(window) else ("", "")
