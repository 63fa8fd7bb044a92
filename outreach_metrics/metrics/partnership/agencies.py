"""The agencies of a program: how many, of which sectors, what they gave, and how long they stay."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pandas as pd

from outreach_metrics.estimate import Estimate
from outreach_metrics.inference.survival import SurvivalCurve, kaplan_meier
from outreach_metrics.metrics.partnership.case import (
    NO_AGENCIES,
    ON_RECORD,
    Case,
    partner_case,
    records_end,
    sentences,
    template,
    without,
)
from outreach_metrics.registry import metric
from outreach_metrics.study import Study

NOT_GIVEN = "not given"
AFTER_MONTHS = 12
_DAYS_A_MONTH = 365.25 / 12


def _alone(case: Case) -> bool:
    """Whether no agency is known besides a lead that no table lists."""
    return not case.agencies["listed"].any() and not case.held.any()


@metric("partnership_agencies", strand="partnership")
def partnership_agencies(study: Study, program_id: str) -> list[Estimate]:
    """Agencies that took part in the program at any time, its lead included.

    Those listed in partnerships or named at an event; names that differ in case, spaces or punctuation alone
    are one agency. Group "at the end of the records": those that had not left by then.
    """
    case = partner_case(study, program_id)
    empty = template(program_id, "partnership_agencies", "agencies", "count", ON_RECORD)
    if _alone(case):
        return [empty.declined(NO_AGENCIES)]
    count = float(len(case.agencies))
    unlisted = int((~case.agencies["listed"]).sum())
    beside = f"{unlisted} of them named at events or as the lead alone." if unlisted else ""
    made = replace(empty, estimate=count, n_after=count, note=sentences(ON_RECORD, beside))
    frame = _followed(study, program_id)
    if frame.empty:
        return [made]
    still = float((~frame["left"]).sum())
    how = sentences(ON_RECORD, f"Of {len(frame)} agencies whose first day is known.")
    last = {"estimate": still, "n_after": float(len(frame)), "note": how}
    return [made, replace(made, group="at the end of the records", **last)]


@metric("partnership_sectors", strand="partnership")
def partnership_sectors(study: Study, program_id: str) -> list[Estimate]:
    """Different sectors among the agencies of the program; an agency without a sector adds none."""
    case = partner_case(study, program_id)
    empty = template(program_id, "partnership_sectors", "sectors", "count", ON_RECORD)
    if _alone(case):
        return [empty.declined(NO_AGENCIES)]
    sectors = case.agencies["sector"]
    known = sectors[sectors != ""]
    if known.empty:
        return [empty.declined("No agency of the program has a sector.")]
    missing = without(len(sectors) - len(known), len(sectors), "sector")
    count, note = float(known.nunique()), sentences(ON_RECORD, missing)
    return [replace(empty, estimate=count, n_after=float(len(known)), note=note)]


@metric("partnership_sector_share", strand="partnership")
def partnership_sector_share(study: Study, program_id: str) -> list[Estimate]:
    """Share of the agencies that each sector has, largest first; with those not given they add up to 1."""
    case = partner_case(study, program_id)
    empty = template(program_id, "partnership_sector_share", "share", "agencies of the sector / all agencies")
    if _alone(case):
        return [empty.declined(NO_AGENCIES)]
    sectors = case.agencies["sector"].replace("", NOT_GIVEN).value_counts().sort_index()
    size = float(len(case.agencies))
    return [
        replace(empty, group=sector, estimate=count / size, n_after=size, note=ON_RECORD)
        for sector, count in sectors.sort_values(ascending=False, kind="stable").items()
    ]


@metric("partnership_hours", strand="partnership")
def partnership_hours(study: Study, program_id: str) -> list[Estimate]:
    """Hours that agencies gave, and group "without the lead agency" those that its partners gave.

    A sum over the agencies that have a number; how many have none is told. Nobody has one: no number.
    """
    return _given(study, program_id, "partnership_hours", "hours", "hours")


@metric("partnership_money", strand="partnership")
def partnership_money(study: Study, program_id: str) -> list[Estimate]:
    """Money that agencies gave, and group "without the lead agency" that which its partners gave.

    A sum over the agencies that have an amount; how many have none is told. Nobody has one: no number. Not
    adjusted for prices; it is not part of the costs, which have a table of their own.
    """
    return _given(study, program_id, "partnership_money", "amount", study.settings.currency)


def _given(study: Study, program_id: str, name: str, column: str, unit: str) -> list[Estimate]:
    agencies = partner_case(study, program_id).agencies
    empty = template(program_id, name, unit, "sum over agencies")
    listed, made = agencies[agencies["listed"]], []
    if listed.empty:
        return [empty.declined("The study has no table of this program's agencies (partnerships).")]
    what = {"hours": "hours", "amount": "amount"}[column]
    for group, part in (("", listed), ("without the lead agency", listed[~listed["lead"]])):
        known, named = part[column].dropna(), replace(empty, group=group)
        if known.empty:
            made.append(named.declined(f"No agency has a number of {what} in the table partnerships."))
            continue
        note = sentences(ON_RECORD, without(len(part) - len(known), len(part), f"{what} on record"))
        made.append(replace(named, estimate=float(known.sum()), n_after=float(len(known)), note=note))
    return made


def _followed(study: Study, program_id: str) -> pd.DataFrame:
    """Return the agencies whose first day is known, how many months each was in, and whether it left.

    An agency that stays until the program or the records end has not left.
    """
    agencies, program = partner_case(study, program_id).agencies, study.program(program_id)
    last = records_end(study)
    over = pd.Timestamp(program.end) if program.end else pd.Timestamp.max
    until = min(last, over) if not pd.isna(last) else pd.NaT
    found = agencies[(agencies["start"] <= until).fillna(False)] if not pd.isna(until) else agencies.iloc[:0]
    left = (found["end"] <= last) & (found["end"] < over)
    end = found["end"].where(left, until)
    return found.assign(left=left, until=end, months=(end - found["start"]).dt.days / _DAYS_A_MONTH)


def _curve(found: pd.DataFrame) -> SurvivalCurve:
    return kaplan_meier(found["months"].to_numpy(float), found["left"].to_numpy(bool))


@metric("partnership_retention", strand="partnership")
def partnership_retention(study: Study, program_id: str) -> list[Estimate]:
    """Share of agencies still in the program 12 months after they joined.

    Kaplan and Meier (1958) with a log-log interval: time from an agency's first day to its last; one that
    left and came back is in all the while. Agencies that are in when the program ends, or on the last day
    that the study records, are censored there. The interval is that of agencies alike; none left, or all:
    no interval. R: `survival::survfit(Surv(months, left) ~ 1, conf.type = "log-log")`.
    """
    empty = template(program_id, "partnership_retention", "share", "Kaplan-Meier, log-log interval")
    empty = replace(empty, group=f"after {AFTER_MONTHS} months")
    case, found = partner_case(study, program_id), _followed(study, program_id)
    if _alone(case):
        return [empty.declined(NO_AGENCIES)]
    if found.empty:
        return [empty.declined("It is not known when an agency joined (partnerships.start_date).")]
    result = _curve(found).at(AFTER_MONTHS)
    if math.isnan(result.estimate):
        return [empty.declined(f"No agency was followed for {AFTER_MONTHS} months.")]
    bare = math.isnan(result.conf_low) or math.isnan(result.conf_high)
    back, late = int(found["returned"].sum()), len(case.agencies) - len(found)
    note = sentences(
        "No agency left in that time, or all: there is no interval." if bare else "",
        "The lead agency is one of those followed." if found["lead"].any() else "",
        f"{back} left and came back, and are counted as in all the while." if back else "",
        f"{late} of {len(case.agencies)} agencies are left out: their first day is not known."
        if late
        else "",
    )
    values = {} if bare else {"conf_low": result.conf_low, "conf_high": result.conf_high}
    made = replace(empty, estimate=result.estimate, **values, n_after=float(len(found)), note=note)
    return [made]


def agency_table(study: Study, program_id: str) -> pd.DataFrame:
    """Return the agencies of a program for a table and a chart.

    Parameters
    ----------
    study : Study
    program_id : str

    Returns
    -------
    pandas.DataFrame
        One row an agency, the lead first, then by name: `agency`, `sector`, `role` ("" where not given),
        `lead`, `police`, `events` (held; NaN where the study does not say who held them), `hours`, `amount`
        (NaN where not given), `start`, `until` (when it left, the program or the records ended), `left`,
        `returned`, `months`; NaT and NaN where its first day is not known.
    """
    case = partner_case(study, program_id)
    events = case.held.sum(axis=0).astype(float) if case.recorded else np.nan
    columns = ["agency", "sector", "role", "lead", "police", "hours", "amount", "start", "returned"]
    stay = _followed(study, program_id).set_index("agency")[["until", "left", "months"]]
    table = case.agencies[columns].assign(events=events).join(stay, on="agency")
    return table.assign(left=table["left"].eq(True))
