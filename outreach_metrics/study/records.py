"""What the tables of partners, referrals and channels say that can hardly be meant: told, and used."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from outreach_metrics.study.reading import Draft
from outreach_metrics.study.wording import normal_label


def check_records(drafts: Mapping[str, Draft]) -> None:
    """Warn of rows that count something twice, lead back to where they came from, or are more than can be.

    Parameters
    ----------
    drafts : mapping of table name to Draft
        Cells are text, checked for their kind already; one that was not readable is empty.
    """
    checks = {
        "partnerships": _agency_twice,
        "referrals": _to_itself,
        "channels": _more_than_reached,
    }
    for name, check in checks.items():
        draft = drafts.get(name)
        if draft is not None and draft.usable and len(draft.frame):
            check(draft)


def _tell(draft: Draft, found: pd.Series, message: str, rule: str, column: str) -> None:
    """Warn of the rows where `found` holds; `{cell}` in the message is the cell of the column."""
    rows = [int(row) for row in found.index[found]]
    messages = [message.format(cell=draft.frame.loc[row, column]) for row in rows[:5]]
    draft.tell_rows(rows, messages, rule, "warning", column=column)


def _agency_twice(draft: Draft) -> None:
    """An agency may leave and return, which takes other dates; the same dates are the same stay."""
    frame = draft.frame
    same = [frame["program_id"], frame["agency"].map(normal_label)]
    same += [frame[name] for name in ("role", "start_date", "end_date") if name in frame]
    twice = pd.concat(same, axis=1).duplicated()
    message = "{cell!r} is in this program with the same role and dates already; hours and money add up"
    _tell(draft, twice, message, "agency_twice", "agency")


def _to_itself(draft: Draft) -> None:
    frame = draft.frame
    ends = [frame[name].map(normal_label) for name in ("from_agency", "to_agency")]
    message = "{cell!r} referred to itself; it is counted as a referral"
    _tell(draft, (ends[0] == ends[1]) & (ends[0] != ""), message, "referral_to_itself", "to_agency")


def _more_than_reached(draft: Draft) -> None:
    if not {"reach", "engagements"} <= set(draft.frame.columns):
        return
    reach, answers = (pd.to_numeric(draft.frame[name], errors="coerce") for name in ("reach", "engagements"))
    message = "{cell} engagements are more than the people reached"
    _tell(draft, answers > reach, message, "more_than_reached", "engagements")
