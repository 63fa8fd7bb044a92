"""Small studies of one program "p" with known sign-in sheets."""

from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd

from outreach_metrics.metrics import attendance
from outreach_metrics.study import Program, Settings, Study

NUMBERS = ("capacity", "registered", "headcount", "staff_hours", "hours")


def attendance_study(events, sheets=(), *, min_cell=1, areas=("a",), people=None, **tables):
    """Make a study of `events` (dicts) and `sheets` (event number, person, ticked or None).

    `people` maps a person to a dict of demographics.
    """
    frame = pd.DataFrame(events)
    frame["event_id"] = [f"e{i}" for i in range(len(frame))]
    frame["program_id"] = "p"
    frame["date"] = pd.to_datetime(frame.get("date", "2023-01-01"))
    rows = pd.DataFrame(list(sheets), columns=["event", "attendee_id", "checked_in"])
    rows["event_id"] = "e" + rows["event"].astype(str)
    rows["attendee_id"] = rows["attendee_id"].astype("int64")
    rows["checked_in"] = rows["checked_in"].astype("boolean")
    for name in sorted({name for told in (people or {}).values() for name in told}):
        rows[name] = [(people or {}).get(person, {}).get(name) for person in rows["attendee_id"]]
    made = Program(
        program_id="p", name="P", type="other", start=date(2023, 1, 1), areas={"treatment": tuple(areas)}
    )
    places = pd.DataFrame({"area_id": ["a", "b"], "population": [400.0, 900.0], "year": np.nan})
    given = {"events": frame, "attendance": rows.drop(columns="event"), "areas": places, **tables}
    return Study(folder=Path(), settings=Settings(min_cell=min_cell), programs={"p": made}, tables=given)


def found(study, name):
    """Return every estimate of a metric, by outcome and group."""
    return {(e.outcome, e.group): e for e in getattr(attendance, f"attendance_{name}")(study, "p")}


def only(study, name):
    """Return the one estimate of a metric."""
    (estimate,) = getattr(attendance, f"attendance_{name}")(study, "p")
    return estimate
