"""Small studies of a program "p" with known agencies, events and referrals."""

from datetime import date
from pathlib import Path

import pandas as pd

from outreach_metrics.metrics import partnership
from outreach_metrics.study import Program, Settings, Study


def partner_study(
    agencies=(),
    held=(),
    *,
    days=None,
    referred=(),
    min_cell=1,
    start=date(2023, 1, 1),
    end=None,
    lead="Police",
    **tables,
):
    """Make a study of `agencies` (dicts of partnerships), events (who held each) and referrals (dicts).

    Rows of `agencies` may name another program "q". Events are a month apart where no `days` are given.
    """
    made = {
        name: Program(program_id=name, name=name.upper(), type="other", start=start, end=over, lead_agency=by)
        for name, over, by in (("p", end, lead), ("q", None, ""))
    }
    rows = [{"program_id": "p", **row} for row in agencies]
    if rows:
        given = pd.DataFrame(rows)
        for name in ("start_date", "end_date"):
            if name in given:
                given[name] = pd.to_datetime(given[name])
        for name in ("hours", "amount"):
            if name in given:
                given[name] = given[name].astype("Float64")
        tables["partnerships"] = given
    if held:
        days = pd.date_range(start, periods=len(held), freq="30D") if days is None else pd.to_datetime(days)
        names = [f"e{i}" for i in range(len(held))]
        tables["events"] = pd.DataFrame({"event_id": names, "program_id": "p", "date": days})
        pairs = [(name, agency) for name, those in zip(names, held, strict=True) for agency in those]
        tables["event_partners"] = pd.DataFrame(pairs, columns=["event_id", "agency"])
    if referred:
        tables["referrals"] = referrals(referred)
    return Study(folder=Path(), settings=Settings(min_cell=min_cell), programs=made, tables=tables)


def referrals(rows):
    """Return the table of referrals; a row may say how many `days` it took instead of `completed_date`."""
    plain = {"program_id": "p", "from_agency": "Police", "to_agency": "Clinic", "date": "2023-01-01"}
    frame = pd.DataFrame([{**plain, **row} for row in rows])
    frame["referral_id"] = [f"r{i}" for i in range(len(frame))]
    frame["date"] = pd.to_datetime(frame["date"])
    if "days" in frame:
        frame["completed_date"] = frame["date"] + pd.to_timedelta(frame.pop("days"), unit="D")
    if "completed_date" in frame:
        frame["completed_date"] = pd.to_datetime(frame["completed_date"])
    return frame


def found(study, name):
    """Return every estimate of a metric, by outcome and group."""
    return {(e.outcome, e.group): e for e in getattr(partnership, name)(study, "p")}


def only(study, name, group="", outcome=""):
    """Return the estimate of one group."""
    return found(study, name)[outcome, group]
