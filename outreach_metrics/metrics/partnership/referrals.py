"""Hand-offs from one agency to another: how many are completed, how soon, and where they are lost."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np
import pandas as pd

from outreach_metrics.estimate import Estimate
from outreach_metrics.inference import Result
from outreach_metrics.inference.design_based import wilson
from outreach_metrics.inference.effect_size import newcombe_difference
from outreach_metrics.inference.survival import SurvivalCurve, kaplan_meier
from outreach_metrics.metrics.partnership.case import (
    NAN,
    agency_names,
    program_part,
    sentences,
    template,
)
from outreach_metrics.registry import metric
from outreach_metrics.study import Study

WITHIN_DAYS = 90
"""A referral counts as completed in time within so many days; one made later than so many days before the
records end has not been followed for long enough to tell."""
NEED, PAIR = "need", "pair"
NOT_GIVEN = "not given"
ALIKE = "Too few, or all alike, for an interval."
ARROW = " → "
_CURVE_DAYS = np.arange(0, 121, 5)


@dataclass(frozen=True, eq=False)
class Referrals:
    """The referrals of one program.

    Parameters
    ----------
    rows : pandas.DataFrame
        One row a referral: `need`, `pair` ("A → B"), `waited` (days to completion, or to the end of the
        records), `done` (completed by then), `followed` (made 90 days or more before the end).
    end : pandas.Timestamp
        Last date in the table referrals, over all programs.
    """

    rows: pd.DataFrame
    end: pd.Timestamp

    @property
    def until(self) -> str:
        """When the records end, as a sentence."""
        return f"The records end on {self.end:%B} {self.end.day}, {self.end.year}."

    @property
    def followed(self) -> pd.DataFrame:
        """Referrals made early enough to see whether they were completed within 90 days."""
        return self.rows[self.rows["followed"]]

    @property
    def in_time(self) -> pd.Series:
        """Which of `followed` were completed within 90 days."""
        return self.followed["done"] & (self.followed["waited"] <= WITHIN_DAYS)


@lru_cache(maxsize=32)
def referral_case(study: Study, program_id: str) -> Referrals:
    """Return the referrals of a program and how long each was, or has been, waited for."""
    study.program(program_id)
    every, rows = study.table("referrals"), program_part(study, "referrals", program_id)
    days = pd.concat([_days(every, "date"), _days(every, "completed_date")])
    end, made, completed = days.max(), _days(rows, "date"), _days(rows, "completed_date")
    need = rows["need"] if "need" in rows else pd.Series(pd.NA, index=rows.index)
    need = need.map(lambda text: NOT_GIVEN if pd.isna(text) else " ".join(str(text).split()).casefold())
    known = agency_names(study)
    ends = [rows[column].map(known).astype(str) for column in ("from_agency", "to_agency")]
    frame = pd.DataFrame(
        {
            NEED: need.replace("", NOT_GIVEN),
            PAIR: ends[0] + ARROW + ends[1] if len(rows) else pd.Series(dtype=object),
            "waited": (completed.fillna(end) - made).dt.days.astype(float),
            "done": completed.notna(),
            "followed": (end - made).dt.days >= WITHIN_DAYS,
        }
    )
    return Referrals(frame[frame["waited"].notna()].reset_index(drop=True), end)


def _days(rows: pd.DataFrame, column: str) -> pd.Series:
    if column not in rows:
        return pd.Series(pd.NaT, index=rows.index, dtype="datetime64[ns]")
    return pd.to_datetime(rows[column]).dt.normalize()


def _some(count: float, min_cell: int) -> bool:
    return 0 < count < min_cell


def _refused(study: Study, program_id: str, empty: Estimate) -> list[Estimate]:
    """Return why nothing is told of a program's referrals; empty where it may be."""
    rows, least = referral_case(study, program_id).rows, study.settings.min_cell
    if rows.empty:
        return [empty.declined("The study has no referrals of this program.")]
    if len(rows) < least:
        return [empty.declined(f"Suppressed: fewer than {least} people were referred.")]
    return []


def _beside(study: Study) -> str:
    return (
        f"Suppressed: it would tell of fewer than {study.settings.min_cell} people, alone or with what is "
        "told beside it."
    )


@metric("referral_completion", strand="partnership")
def referral_completion(study: Study, program_id: str) -> list[Estimate]:
    """Share of referrals that were completed: by the end of the records, and within 90 days.

    By the end: Wilson interval; those made shortly before it had less time. Within 90 days: Kaplan and Meier
    (1958) with a log-log interval, those still open at the end censored there. By need and by pair of
    agencies: of the referrals made 90 days or more before the end, completed within 90 days, Wilson
    interval. Groups of few people, or with few completed or not, are suppressed, with others where what is
    missing could be found by subtraction. R: `prop.test(x, n, correct = FALSE)`; `survival::survfit`.
    """
    empty = template(program_id, "referral_completion", "share", "completed / made, Wilson interval")
    refused = _refused(study, program_id, empty)
    if refused:
        return refused
    case = referral_case(study, program_id)
    return [
        _by_the_end(study, case, empty),
        _within(study, case, empty),
        *_grouped(study, case, empty),
    ]


def _by_the_end(study: Study, case: Referrals, empty: Estimate) -> Estimate:
    done, n = int(case.rows["done"].sum()), len(case.rows)
    if _some(done, study.settings.min_cell) or _some(n - done, study.settings.min_cell):
        return empty.declined(_beside(study))
    late = not case.rows["followed"].all()
    less = f"Those made in the last {WITHIN_DAYS} days had less time to be completed." if late else ""
    note = sentences(case.until, less)
    return replace(empty, **wilson(done, n)._asdict(), n_after=float(n), note=note)


def _curve(rows: pd.DataFrame) -> SurvivalCurve:
    return kaplan_meier(rows["waited"].to_numpy(float), rows["done"].to_numpy(bool))


def _completed(curve: SurvivalCurve, day: float) -> Result:
    """Share completed by a day; one limit alone is no interval."""
    left = curve.at(day)
    limits = (1 - left.conf_high, 1 - left.conf_low)
    limits = (NAN, NAN) if any(map(math.isnan, limits)) else limits
    return Result(1 - left.estimate, *limits, NAN)


def _within(study: Study, case: Referrals, empty: Estimate) -> Estimate:
    how = "Kaplan-Meier, log-log interval"
    named = replace(empty, group=f"within {WITHIN_DAYS} days", method=how)
    done, least = _done_by(case.rows, WITHIN_DAYS), study.settings.min_cell
    result = _completed(_curve(case.rows), WITHIN_DAYS)
    if math.isnan(result.estimate):
        return named.declined(f"No referral was followed for {WITHIN_DAYS} days.")
    if _some(done, least) or _some(len(case.rows) - done, least):
        return named.declined(_beside(study))
    bare = "All were completed, or none: there is no interval." if math.isnan(result.conf_low) else ""
    note = sentences(bare, case.until)
    return replace(named, **result._asdict(), n_after=float(len(case.rows)), note=note)


def _done_by(rows: pd.DataFrame, day: float) -> int:
    return int((rows["done"] & (rows["waited"] <= day)).sum())


def _groups(study: Study, case: Referrals) -> Iterator[tuple[str, str, pd.DataFrame, bool]]:
    """Yield by what, which group, its followed referrals, and whether they are kept back."""
    rows = case.followed.assign(in_time=case.in_time)
    for by in (NEED, PAIR):
        parts = sorted(rows.groupby(by), key=lambda part: (part[0] == NOT_GIVEN, part[0]))
        counts = np.array([[part["in_time"].sum(), (~part["in_time"]).sum()] for _, part in parts])
        hidden = hidden_groups(counts.reshape(-1, 2), study.settings.min_cell)
        for (name, part), keep_back in zip(parts, hidden, strict=True):
            yield by, str(name), part, bool(keep_back)


def hidden_groups(counts: np.ndarray, min_cell: int) -> np.ndarray:
    """Return which groups are kept back, the sums over all groups being known.

    Parameters
    ----------
    counts : ndarray of int, shape (groups, kinds)
        People of each group by what became of them.
    min_cell : int

    Returns
    -------
    ndarray of bool, shape (groups,)
        Groups in which a cell has few people, and the smallest others until what is missing of each kind is
        nobody or `min_cell` people of two groups at least.

    Notes
    -----
    Secondary cell suppression: Willenborg L & de Waal T (2001) Elements of Statistical Disclosure Control.

    Examples
    --------
    >>> hidden_groups(np.array([[30, 20], [25, 4], [15, 12], [40, 40]]), 10).tolist()
    [False, True, True, False]
    """
    hidden = ((counts > 0) & (counts < min_cell)).any(axis=1)
    if not hidden.any():
        return hidden
    for group in np.argsort(counts.sum(axis=1), kind="stable"):
        missing = counts[hidden].sum(axis=0)
        if hidden.sum() > 1 and not ((missing > 0) & (missing < min_cell)).any():
            break
        hidden[group] = True
    return hidden


def _grouped(study: Study, case: Referrals, empty: Estimate) -> Iterator[Estimate]:
    how = f"completed within {WITHIN_DAYS} days / made {WITHIN_DAYS} days or more before the records end"
    for by, name, part, keep_back in _groups(study, case):
        named = replace(empty, outcome=by, group=name, method=f"{how}, Wilson interval")
        if keep_back:
            yield named.declined(_beside(study))
        else:
            n = len(part)
            yield replace(named, **wilson(int(part["in_time"].sum()), n)._asdict(), n_after=float(n))


@metric("referral_completion_gap", strand="partnership")
def referral_completion_gap(study: Study, program_id: str) -> list[Estimate]:
    """Share completed within 90 days in each group less that in all others, by need and by pair of agencies.

    Newcombe's interval (1998, method 10) and the p-value that belongs to it; over all groups p-values are
    adjusted for the false discovery rate, so that only a clear difference is told as one. Referrals made 90
    days or more before the records end. `n_before` counts those of the other groups.
    """
    how = f"difference of shares completed within {WITHIN_DAYS} days, Newcombe interval"
    empty = template(program_id, "referral_completion_gap", "change in share", how)
    refused = _refused(study, program_id, empty)
    if refused:
        return refused
    case, made = referral_case(study, program_id), []
    total, in_time = len(case.followed), int(case.in_time.sum())
    for by, name, part, keep_back in _groups(study, case):
        named, n, done = replace(empty, outcome=by, group=name), len(part), int(part["in_time"].sum())
        if n == total:
            made.append(named.declined(f"All referrals that were followed are of one {by}."))
        elif keep_back:
            made.append(named.declined(_beside(study)))
        else:
            result = newcombe_difference(done, n, in_time - done, total - n)
            made.append(replace(named, **result._asdict(), n_before=float(total - n), n_after=float(n)))
    return made or [empty.declined(f"No referral was made {WITHIN_DAYS} days before the records end.")]


@metric("referral_days", strand="partnership")
def referral_days(study: Study, program_id: str) -> list[Estimate]:
    """Days until half of the referrals were completed: of all, by need and by pair of agencies.

    Kaplan and Meier (1958), those still open at the end of the records censored there; the interval is where
    the log-log limits of the curve cross one half (Brookmeyer and Crowley 1982). Never half completed: no
    number. Group "completed": the median of those that were completed, of the referrals made 90 days or more
    before the end, as late ones show only quick completions. R: `quantile(survival::survfit(...), 0.5)`.
    """
    empty = template(program_id, "referral_days", "days", "Kaplan-Meier median, Brookmeyer-Crowley interval")
    refused = _refused(study, program_id, empty)
    if refused:
        return refused
    case, made = referral_case(study, program_id), []
    made.append(_median(study, empty, case.rows, case.until))
    made.append(_median_completed(study, case, empty))
    for by, name, part, keep_back in _groups(study, case):
        named = replace(empty, outcome=by, group=name)
        made.append(named.declined(_beside(study)) if keep_back else _median(study, named, part, ""))
    return made


def _median(study: Study, named: Estimate, rows: pd.DataFrame, note: str) -> Estimate:
    done, least = int(rows["done"].sum()), study.settings.min_cell
    if _some(done, least) or _some(len(rows) - done, least):
        return named.declined(_beside(study))
    result = _curve(rows).median()
    if math.isnan(result.estimate):
        return named.declined("Fewer than half were completed in the time that is recorded.")
    bare = math.isnan(result.conf_low) or math.isnan(result.conf_high)
    limits = {} if bare else {"conf_low": result.conf_low, "conf_high": result.conf_high}
    why = ALIKE if rows["done"].all() else "The interval reaches beyond what was seen."
    n, note = float(len(rows)), sentences(why if bare else "", note)
    return replace(named, estimate=result.estimate, **limits, n_after=n, note=note)


def _median_completed(study: Study, case: Referrals, empty: Estimate) -> Estimate:
    named = replace(empty, group="completed", method="median, Brookmeyer-Crowley interval")
    rows = case.followed[case.followed["done"]]
    if rows.empty:
        return named.declined(f"No referral made {WITHIN_DAYS} days before the records end was completed.")
    if len(rows) < study.settings.min_cell:
        return named.declined(_beside(study))
    made = _median(study, named, rows, "Those that were never completed are left out.")
    late = int(case.rows["done"].sum()) - len(rows)
    return replace(made, n_after=NAN) if _some(late, study.settings.min_cell) else made


def referral_curve(study: Study, program_id: str) -> pd.DataFrame:
    """Return the share of referrals that were completed by days since they were made, for a chart.

    Parameters
    ----------
    study : Study
    program_id : str

    Returns
    -------
    pandas.DataFrame
        `day` (0 to 120), `completed`, `conf_low`, `conf_high` (log-log; NaN where none or all are completed).
        Days between which few were completed, or after which few are left, are not there; empty where
        `referral_completion` declines or is about few people.
    """
    columns = ["day", "completed", "conf_low", "conf_high"]
    made, least = referral_completion(study, program_id), study.settings.min_cell
    if not made[0].made:
        return pd.DataFrame(columns=columns, dtype=float)
    rows, told, shown = referral_case(study, program_id).rows, [0], [0]
    curve, published = _curve(rows), made[1].made
    for day in _CURVE_DAYS[1:]:
        done = _done_by(rows, day)
        if math.isnan(curve.at(day).estimate) or _some(len(rows) - done, least):
            break
        if published and day == WITHIN_DAYS:
            while _some(done - shown[-1], least):
                told.pop(), shown.pop()
        if not _some(done - shown[-1], least):
            told.append(int(day))
            shown.append(done)
    values = [(float(day), *_completed(curve, day)[:3]) for day in told]
    return pd.DataFrame(values, columns=columns).astype(float)
