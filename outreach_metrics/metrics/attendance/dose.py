"""Whether people who came more often answer otherwise, where respondents can be found on the sheets."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pandas as pd

from outreach_metrics.estimate import Estimate
from outreach_metrics.inference.association import dose_response
from outreach_metrics.inference.design_based import contrast
from outreach_metrics.inference.scales import score
from outreach_metrics.metrics.attendance.case import Case, attendance_case, no_people, some, template
from outreach_metrics.metrics.attendance.protection import few
from outreach_metrics.registry import metric
from outreach_metrics.study import Study

_BINS = (("0", 0, 0), ("1", 1, 1), ("2–3", 2, 3), ("4 or more", 4, math.inf))
_CHOICE = "Who comes more often chose to: this is an association, not an effect."


def _linked(study: Study, program_id: str) -> tuple[pd.DataFrame, int]:
    """Answers of the respondents who are on the program's sheets, and how many there are in all."""
    rows = study.table("responses")
    rows = rows[rows["program_id"] == program_id] if len(rows) else rows
    if "arm" in rows:
        rows = rows[rows["arm"].isna() | rows["arm"].isin(["", "program"])]
    who = rows["respondent_id"]
    found = rows[who.isin(attendance_case(study, program_id).people)]
    found = found.assign(date=pd.to_datetime(found.get("date", pd.NaT)))
    return found.drop_duplicates(["respondent_id", "wave"]), int(who.nunique())


def _scores(study: Study, rows: pd.DataFrame) -> Iterator[tuple[str, pd.DataFrame]]:
    """Yield each construct and the answers with a column `score`, 0-100; people without one are left out."""
    items = study.table("items")
    for construct, part in items[items["item"].isin(rows.columns)].groupby("construct", sort=False):
        answers = rows[part["item"].to_list()].to_numpy(dtype=float, na_value=np.nan)
        low, high = part["low"].to_numpy(float), part["high"].to_numpy(float)
        none = pd.Series(False, index=part.index)
        turned = part.get("reversed", none).fillna(False).to_numpy(bool)
        found = score(answers, low, high, turned)
        yield str(construct), rows.assign(score=found.score).dropna(subset=["score"])


def _dose(case: Case, people: pd.DataFrame) -> np.ndarray:
    """Events that each person came to after `since` and up to `until`; unknown days set no limit."""
    days = case.events["date"].to_numpy()[case.event[case.came]]
    came = pd.DataFrame({"respondent_id": case.person[case.came], "day": days})
    both = people.reset_index(drop=True).reset_index().merge(came, on="respondent_id")
    outside = (both["day"] <= both["since"]) | (both["day"] > both["until"])
    return np.bincount(both.loc[~outside, "index"], minlength=len(people)).astype(float)


def _outcomes(scored: pd.DataFrame, waves: list[str], least: int) -> tuple[str, pd.DataFrame]:
    """Change from the first wave to the last where enough people answered both, else the last level."""
    last = scored[scored["wave"] == waves[-1]].assign(since=pd.NaT, until=lambda rows: rows["date"])
    first = scored.loc[scored["wave"] == waves[0], ["respondent_id", "score", "date"]]
    if len(waves) > 1:
        both = last.merge(first, on="respondent_id", suffixes=("", "_first"))
        if len(both) >= least:
            changed = both.assign(outcome=both["score"] - both["score_first"], since=both["date_first"])
            return f"change, {waves[0]} to {waves[-1]}", changed
    return f"level, {waves[-1]}", last.assign(outcome=last["score"])


@metric("attendance_dose_response", strand="attendance")
def attendance_dose_response(study: Study, program_id: str) -> list[Estimate]:
    """Points by which a construct's score is higher for each event attended, among respondents on the sheets.

    The change from the first survey wave to the last, by the events between, where enough people answered
    both times; else the level in the last wave, by the events until then. Least squares with HC3 errors
    (MacKinnon JG and White H (1985) J Econometrics 29:305). Unweighted. Only people whose identity is in
    both tables count; all of the same dose: no number.
    """
    empty = template(
        program_id, "attendance_dose_response", "points per event", "least squares, HC3 t interval"
    )
    case, least = attendance_case(study, program_id), max(study.settings.min_cell, 4)
    if not len(case.people):
        return no_people(empty)
    rows, asked = _linked(study, program_id)
    if not asked or not study.has("items"):
        return [empty.declined("The study has no survey answers about this program.")]
    linked = rows["respondent_id"].nunique()
    if linked < least:
        told = f"fewer than {least}" if linked else "none"
        people = f"{asked} respondents" if asked >= least else "the few respondents"
        return [empty.declined(f"Of {people} {told} can be found on the sign-in sheets.")]
    made = []
    for construct, group, dose, outcome in _doses(study, case, rows, least):
        named = replace(empty, outcome=construct, group=group)
        if len(outcome) < least:
            made.append(named.declined(few(least)))
            continue
        found = dose_response(dose, outcome)
        if math.isnan(found.slope.conf_low):
            made.append(named.declined("Attendance or answers vary too little."))
            continue
        all_but_few = some([asked - linked], study.settings.min_cell)
        told = "Nearly all" if all_but_few else f"{linked} of {asked}"
        note = f"{_CHOICE} {told} respondents can be found on the sign-in sheets."
        made.append(replace(named, **found.slope._asdict(), n_after=float(len(outcome)), note=note))
    return made or [empty.declined("No item of the codebook was asked.")]


def _doses(
    study: Study, case: Case, rows: pd.DataFrame, least: int
) -> Iterator[tuple[str, str, np.ndarray, np.ndarray]]:
    """Yield construct, what was asked, and of each person the events attended and the answer."""
    waves = _waves(rows)
    for construct, scored in _scores(study, rows):
        group, people = _outcomes(scored, waves, least)
        yield construct, group, _dose(case, people), people["outcome"].to_numpy(float)


def dose_bins(study: Study, program_id: str, construct: str) -> pd.DataFrame:
    """Return mean answers by the number of events attended, for a chart.

    Parameters
    ----------
    study : Study
    program_id, construct : str

    Returns
    -------
    pandas.DataFrame
        `events` (0, 1, 2 to 3, 4 or more), `mean`, `conf_low`, `conf_high`, `people`. Empty where
        `attendance_dose_response` declines, or where a group holds few people.
    """
    case, least = attendance_case(study, program_id), max(study.settings.min_cell, 4)
    rows, _ = _linked(study, program_id)
    columns = ["events", "mean", "conf_low", "conf_high", "people"]
    if not len(case.people) or rows["respondent_id"].nunique() < least:
        return pd.DataFrame(columns=columns)
    for name, _, dose, outcome in _doses(study, case, rows, least):
        if name == construct:
            groups = [(words, outcome[(dose >= low) & (dose <= high)]) for words, low, high in _BINS]
            found = [(words, group) for words, group in groups if len(group)]
            if any(len(group) < study.settings.min_cell for _, group in found):
                break
            means = [(words, *contrast([group], [1.0]).result()[:3], len(group)) for words, group in found]
            return pd.DataFrame(means, columns=columns)
    return pd.DataFrame(columns=columns)


def _waves(rows: pd.DataFrame) -> list[str]:
    """Waves in order of their first day, those without one last."""
    first = rows.groupby("wave")["date"].min()
    return sorted(first.index, key=lambda wave: (pd.isna(first[wave]), first[wave], wave))
