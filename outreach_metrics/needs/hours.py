"""Hours of the week with clearly more incidents than the others, where a study's records hold times."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import pandas as pd

from outreach_metrics.errors import UnknownNameError
from outreach_metrics.inference.multiplicity import benjamini_hochberg
from outreach_metrics.inference.rates import ratio_from_log
from outreach_metrics.study import Study

DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
BLOCK = 4
"""Hours that are looked at together: single hours of the week hold too few incidents."""
LEAST = 10
"""Incidents of a block that are expected if all were alike, below which nothing is tested."""
UNTIMED = 0.5
"""Share of incidents without a time from which the others say too little."""
_COLUMNS = ["day", "start", "count", "times", "conf_low", "conf_high", "p_adjusted", "standing"]


@dataclass(frozen=True, kw_only=True, eq=False)
class HourNeeds:
    """Blocks of hours of the week beside the average one, for one crime outcome.

    Parameters
    ----------
    blocks : pandas.DataFrame
        One row a day and block of four hours, Monday first: `day`, `start` (hour), `count`, `times`
        (incidents of the block / those of the average other block) with `conf_low` and `conf_high`,
        `p_adjusted` (Benjamini-Hochberg over blocks), `standing` ("above", "unclear", "below"). Empty where
        nothing can be told.
    span : tuple of str
        First and last day.
    untimed : float
        Share of the incidents without a time; those at exactly midnight are among them where `midnight`.
    dispersion : float
        How much more counts vary between even and odd weeks than by chance, 1 or more.
    reason : str
        Why nothing can be told.
    """

    blocks: pd.DataFrame
    span: tuple[str, str] = ("", "")
    untimed: float = math.nan
    midnight: bool = False
    dispersion: float = 1.0
    reason: str = ""


def hour_needs(study: Study, outcome: str = "", conf_level: float = 0.95) -> HourNeeds:
    """Compare every block of four hours of the week with the average of the others.

    Parameters
    ----------
    study : Study
    outcome : str
        Crime outcome; empty for the study's first.
    conf_level : float

    Returns
    -------
    HourNeeds
        Without times, with times of fewer than half of the incidents, or with too few incidents: no blocks
        and the reason.

    Notes
    -----
    Quasi-Poisson ratio of a block's count to that of the average other block, over whole weeks of the last
    two years; the dispersion is that of even weeks against odd ones (chi-square over its degrees of freedom,
    never below 1). Benjamini & Hochberg (1995) over the blocks. A block with no incident has no ratio above
    0, and no interval. When records hold the hour at which something was found, not done, burglaries pile up
    in the morning: that is not in the interval.

    Examples
    --------
    >>> from outreach_metrics import load_study, sample_study
    >>> hour_needs(load_study(sample_study())).reason
    'The incidents of this study hold no time of the day.'
    """
    known = study.hours
    empty = pd.DataFrame(columns=_COLUMNS)
    if study.panel is not None and outcome and outcome not in study.panel.outcomes:
        raise UnknownNameError("outcome", outcome, study.panel.outcomes)
    if known is None:
        return HourNeeds(blocks=empty, reason="The incidents of this study hold no time of the day.")
    place = known.outcomes.index(outcome) if outcome else 0
    weeks = known.counts[place].reshape(2, 7 * (24 // BLOCK), BLOCK).sum(axis=2).astype(float)
    counts, untimed = weeks.sum(axis=0), float(known.untimed[place])
    share = untimed / max(untimed + counts.sum(), 1.0)
    told = {
        "span": (known.first.isoformat(), known.last.isoformat()),
        "untimed": share,
        "midnight": known.midnight,
    }
    if share > UNTIMED:
        reason = "Fewer than half of the incidents hold a time of the day."
        return HourNeeds(blocks=empty, reason=reason, **told)
    if counts.mean() < LEAST:
        return HourNeeds(blocks=empty, reason="There are too few incidents to compare hours.", **told)
    dispersion = _dispersion(weeks)
    blocks = _blocks(counts, dispersion, conf_level)
    return HourNeeds(blocks=blocks, dispersion=dispersion, **told)


def _dispersion(weeks: np.ndarray) -> float:
    """Chi-square of even against odd weeks, given each block's sum and each half's, over its df."""
    expected = np.outer(weeks.sum(axis=1), weeks.sum(axis=0)) / weeks.sum()
    held = expected.min(axis=0) > 0
    chi_square = float(((weeks - expected)[:, held] ** 2 / expected[:, held]).sum())
    return max(chi_square / max(int(held.sum()) - 1, 1), 1.0)


def _blocks(counts: np.ndarray, dispersion: float, conf_level: float) -> pd.DataFrame:
    others = counts.sum() - counts
    rows = []
    for count, other in zip(counts, others, strict=True):
        if count > 0 and other > 0:
            error = math.sqrt(dispersion * (1 / count + 1 / other))
            log_ratio = math.log(count * (len(counts) - 1) / other)
            rows.append(ratio_from_log(log_ratio, error, len(counts) - 1, conf_level))
        else:
            rows.append((0.0 if other > 0 else math.nan, math.nan, math.nan, math.nan))
    frame = pd.DataFrame(rows, columns=["times", "conf_low", "conf_high", "p_value"])
    adjusted = benjamini_hochberg(frame["p_value"].to_numpy())
    clear = adjusted < 1 - conf_level
    side = np.where(frame["times"] > 1, "above", "below")
    days = np.repeat(DAYS, 24 // BLOCK)
    starts = np.tile(np.arange(0, 24, BLOCK), 7)
    frame = frame.assign(day=days, start=starts, count=counts, p_adjusted=adjusted)
    return frame.assign(standing=np.where(clear, side, "unclear"))[_COLUMNS]
