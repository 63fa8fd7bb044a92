"""What partners think of working together: scores of the answers with arm "partner"."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pandas as pd
from scipy import stats

from outreach_metrics.estimate import Estimate
from outreach_metrics.inference import Result
from outreach_metrics.inference.scales import score
from outreach_metrics.metrics.partnership.case import (
    NAN,
    agency_names,
    name_key,
    partner_case,
    program_part,
    sentences,
    template,
)
from outreach_metrics.registry import metric
from outreach_metrics.study import Study

ARM = "partner"
AGENCY = "agency"
"""Column of responses that says for whom a person answers; the contract does not ask for it."""


@metric("partnership_score", strand="partnership")
def partnership_score(study: Study, program_id: str) -> list[Estimate]:
    """Mean score, 0-100, of what people of partner agencies answered, per construct and wave.

    Trust and value are those of PARTNER (Varda DM & Retrum JH (2012) J Public Health Res 1:170) where the
    codebook asks its questions; a person rates the partnership, not each partner. A person scores on at least
    half of a construct's items; t interval over people. Where everybody names an agency (column `agency` of
    responses), it is the mean over agencies of their means, with a finite population correction for the
    agencies that did not answer; all of them answered: no interval. Fewer than `min_cell` people: no number.
    """
    empty = template(program_id, "partnership_score", "points (0-100)", "mean over people, t interval")
    made = [_mean(study, program_id, empty, *found) for found in _scores(study, program_id)]
    nothing = 'The study has no survey of partners about this program (arm "partner" of responses).'
    return made or [empty.declined(nothing)]


def _scores(study: Study, program_id: str) -> Iterator[tuple[str, str, pd.DataFrame]]:
    """Yield construct, wave, and who answered for whom with what score."""
    rows, items = program_part(study, "responses", program_id), study.table("items")
    rows = rows[rows["arm"] == ARM] if "arm" in rows else rows.iloc[:0]
    if rows.empty:
        return
    items = items[items["item"].isin(rows.columns)]
    dates = pd.to_datetime(rows["date"]) if "date" in rows else pd.Series(pd.NaT, index=rows.index)
    first = dates.groupby(rows["wave"].astype(str)).min()
    waves = sorted(first.index, key=lambda wave: (pd.isna(first[wave]), first[wave], wave))
    agency = rows[AGENCY] if AGENCY in rows else pd.Series(pd.NA, index=rows.index)
    for construct, part in items.groupby("construct", sort=False):
        points = _points(rows, part)
        for wave in waves:
            here = (rows["wave"].astype(str) == wave).to_numpy() & ~np.isnan(points)
            if here.any():
                yield construct, wave, pd.DataFrame({"agency": agency[here], "score": points[here]})


def _points(rows: pd.DataFrame, items: pd.DataFrame) -> np.ndarray:
    """Score each person on the items of one construct."""
    columns = [
        pd.to_numeric(rows[item], errors="coerce").to_numpy(float, na_value=NAN) for item in items["item"]
    ]
    turned = items["reversed"].fillna(False).to_numpy(bool) if "reversed" in items else False
    ends = (items[name].to_numpy(float) for name in ("low", "high"))
    return score(np.column_stack(columns), *ends, turned).score


def _mean(
    study: Study, program_id: str, empty: Estimate, construct: str, wave: str, found: pd.DataFrame
) -> Estimate:
    named, least = replace(empty, outcome=construct, group=wave), study.settings.min_cell
    if len(found) < least:
        return named.declined(f"Suppressed: fewer than {least} people of partner agencies answered.")
    if found["agency"].isna().any():
        values, size, where = found["score"].to_numpy(float), math.inf, ""
        few = f"The survey does not say for which agency each person answered (column {AGENCY})."
    else:
        keys = found["agency"].astype(str).map(name_key)
        values = found.groupby(keys)["score"].mean().to_numpy()
        size = len({*keys, *map(name_key, _agencies(study, program_id))})
        named = replace(named, method="mean over agencies of the mean of their people, t interval")
        where, few = f"{len(values)} of {size} agencies answered.", ""
    result = mean_interval(values, size)
    bare = math.isnan(result.conf_low)
    why = "All agencies answered: there is no sampling interval." if len(values) == size else ""
    why = why or "Too few or too even answers for an interval."
    note = sentences(where, few, why if bare else "")
    limits = {"conf_low": max(result.conf_low, 0.0), "conf_high": min(result.conf_high, 100.0)}
    made = replace(named, estimate=result.estimate, n_after=float(len(found)), note=note)
    return made if bare else replace(made, **limits)


def _agencies(study: Study, program_id: str) -> list[str]:
    known = agency_names(study)
    return [known.get(name, name) for name in partner_case(study, program_id).names]


def mean_interval(values: np.ndarray, size: float, conf_level: float = 0.95) -> Result:
    """Mean of some of `size` values, with a t interval that shrinks to nothing as all of them are seen.

    Parameters
    ----------
    values : ndarray, shape (n,)
    size : float
        Values there are, n or more; infinite without a finite population correction.
    conf_level : float

    Returns
    -------
    Result
        No interval with fewer than 2 values, all of them seen, or all alike.

    Notes
    -----
    Cochran WG (1977) Sampling Techniques, 3rd ed., section 2.6.
    R: ``survey::svymean(~x, svydesign(~1, data = d, fpc = ~size))``, ``confint(..., df = degf(design))``.

    Examples
    --------
    >>> [round(number, 3) for number in mean_interval(np.array([1.0, 2.0, 3.0]), 6)[:3]]
    [2.0, 0.243, 3.757]
    """
    mean, n = float(values.mean()), len(values)
    spread = float(values.std(ddof=1)) if n > 1 else NAN
    if not spread > 0 or n >= size:
        return Result(mean, NAN, NAN, NAN)
    reach = float(stats.t.ppf((1 + conf_level) / 2, n - 1)) * spread * math.sqrt((1 - n / size) / n)
    return Result(mean, mean - reach, mean + reach, NAN)
