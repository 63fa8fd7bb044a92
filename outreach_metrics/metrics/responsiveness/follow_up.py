"""Whether forums, audits and drills were followed by an answer to what was raised there."""

from __future__ import annotations

import re
from dataclasses import replace

import numpy as np
import pandas as pd

from outreach_metrics.estimate import Estimate
from outreach_metrics.inference.design_based import wilson
from outreach_metrics.metrics.responsiveness.case import Case, concern_case, refusal, sentences, template
from outreach_metrics.registry import metric
from outreach_metrics.study import Study

FOLLOWED_KINDS = ("forum", "town hall", "audit", "drill")
"""Words in the kind of an event at which concerns are gathered."""
FOLLOWED_TYPES = ("safety_audit", "emergency_drill")
"""Types of program all of whose events are such."""
RAISED_WITHIN, RESOLVED_WITHIN = 14, 90
"""Days after an event in which a concern counts as raised there, and in which it has to be resolved."""
UNTOLD = "Whether events were followed up cannot be told."


@metric("concern_follow_up_share", strand="responsiveness")
def concern_follow_up_share(study: Study, program_id: str) -> list[Estimate]:
    """Share of the forums, audits and drills after which a concern was resolved within 90 days.

    An event counts when its kind holds the word forum, town hall, audit or drill, or when the program is a
    safety audit or an emergency drill. A concern belongs to the event that its column `event_id` names;
    without that column to the last event on or in the 14 days before its day, in the same area where both
    name one. Followed up is an event one of whose concerns was resolved within 90 days of the event; events
    later than 90 days before the end of the records are left out. Group "with a concern" is the share of the
    events after which one was raised. Wilson interval. R: `prop.test(x, n, correct = FALSE)`.
    """
    case = concern_case(study, program_id)
    empty = template(
        program_id, "concern_follow_up_share", "share", "events followed up / events, Wilson interval"
    )
    events = _events(study, program_id)
    if events.empty:
        return [empty.declined("The study has no forum, audit or drill of this program.")]
    why = refusal(study, case)
    if why:
        return [empty.declined(why if len(case) else f"{why} {UNTOLD}")]
    kept = events[events["day"] + np.timedelta64(RESOLVED_WITHIN, "D") <= case.end].reset_index(drop=True)
    if kept.empty:
        reason = f"The records end less than {RESOLVED_WITHIN} days after every forum, audit or drill."
        return [empty.declined(reason)]
    return _shares(case, kept, len(events) - len(kept), empty)


def _shares(case: Case, events: pd.DataFrame, late: int, empty: Estimate) -> list[Estimate]:
    linked = "event_id" in case.frame and case.frame["event_id"].notna().any()
    owner = _named(case, events) if linked else _nearest(case, events)
    raised = np.bincount(owner[owner >= 0], minlength=len(events)) > 0
    answered = np.zeros(len(case), dtype=bool)
    own = (owner >= 0) & ~np.isnat(case.resolved)
    wait = case.resolved[own] - events["day"].to_numpy(dtype="datetime64[D]")[owner[own]]
    answered[own] = wait <= np.timedelta64(RESOLVED_WITHIN, "D")
    followed = np.bincount(owner[answered], minlength=len(events)) > 0
    note = sentences(
        "Concerns belong to the event they name."
        if linked
        else f"Concerns are taken as raised at the last such event in the {RAISED_WITHIN} days before: "
        "they name no event.",
        f"{late} event{'s' * (late > 1)} too near the end of the records left out." if late else "",
    )
    of_all = replace(empty, note=note, n_after=float(len(events)))
    made = [replace(of_all, **wilson(int(followed.sum()), len(events))._asdict())]
    some = replace(of_all, group="with a concern", n_after=float(raised.sum()))
    if not raised.any():
        return [*made, some.declined("No concern was raised at or soon after these events.")]
    return [*made, replace(some, **wilson(int(followed.sum()), int(raised.sum()))._asdict())]


def _events(study: Study, program_id: str) -> pd.DataFrame:
    """Return the dated forums, audits and drills of a program in order: `event_id`, `day`, `area_id`."""
    rows = study.table("events")
    rows = rows[rows["program_id"] == program_id]
    if study.program(program_id).type not in FOLLOWED_TYPES:
        kinds = rows["kind"].fillna("").astype(str) if "kind" in rows else pd.Series("", index=rows.index)
        words = "|".join(map(re.escape, FOLLOWED_KINDS))
        rows = rows[kinds.str.contains(rf"\b(?:{words})s?\b", case=False, regex=True)]
    frame = pd.DataFrame({"event_id": rows["event_id"], "day": _day(rows["date"])})
    frame["area_id"] = rows.get("area_id", np.nan)
    return frame.dropna(subset=["day"]).sort_values(["day", "event_id"], ignore_index=True)


def _day(dates: pd.Series) -> pd.Series:
    return pd.to_datetime(dates).dt.normalize()


def _named(case: Case, events: pd.DataFrame) -> np.ndarray:
    """Return the row of the event that each concern names; -1 for none of these."""
    return pd.Index(events["event_id"]).get_indexer(case.frame["event_id"])


def _nearest(case: Case, events: pd.DataFrame) -> np.ndarray:
    """Return the row of the last event within the days before each concern; -1 for none."""
    day = events["day"].to_numpy(dtype="datetime64[D]")
    wait = case.raised[:, None] - day[None, :]
    near = (wait >= np.timedelta64(0, "D")) & (wait <= np.timedelta64(RAISED_WITHIN, "D"))
    if "area_id" in case.frame:
        own, there = (frame["area_id"].to_numpy(dtype=object) for frame in (case.frame, events))
        known = pd.notna(own)[:, None] & pd.notna(there)[None, :]
        near &= ~known | (own[:, None] == there[None, :])
    return np.where(near.any(axis=1), near.shape[1] - 1 - near[:, ::-1].argmax(axis=1), -1)
