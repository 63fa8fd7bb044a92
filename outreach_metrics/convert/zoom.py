"""Zoom participants report: a row a session, so a person who rejoins stands in several rows."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pandas as pd

from outreach_metrics.convert.dates import moments
from outreach_metrics.convert.events import Gathering, assemble, event_id, gather
from outreach_metrics.convert.model import Converted, Options
from outreach_metrics.convert.sheets import Sheet, drop, failure, plain_heading, read_sheets
from outreach_metrics.errors import StudyError
from outreach_metrics.study.wording import plural

_NAME = ("name (original name)", "user name (original name)", "name")
_MAIL = ("user email", "email")
_JOIN, _LEAVE = ("join time",), ("leave time",)
_MINUTES = ("duration (minutes)", "total duration (minutes)", "time in session (minutes)")
_RENAMED = re.compile(r"(.*\S)\s*\((.*\S)\)\s*")
_PRONOUNS = re.compile(r"(she|he|they|ze|her|him|them|his|hers|theirs|host|guest|me)([/ ,]+\w+)*", re.I)
_DEVICE_OF = re.compile(r"['’]s (iphone|ipad|android|galaxy|phone|tablet|macbook|laptop).*", re.I)
_DEVICE = re.compile(
    r"(iphone|ipad|android|galaxy|samsung|sm-|moto|pixel|macbook|desktop-|laptop|zoom user|user|guest"
    r"|owner|admin)[\w ()-]*"
    r"|[+\d*xX() .-]{7,}",
    re.I,
)


def recognizes(rows: Sequence[list[str]]) -> bool:
    """Whether the first records are of a Zoom participants report."""
    return any(_is_header(cells) for cells in rows)


def convert(files: Sequence[Path], options: Options) -> Converted:
    """Return the tables of Zoom participants reports."""
    result = Converted()
    sheets = read_sheets("zoom", files, result, recognizes, _split, pad=True)
    gatherings = gather(sheets, lambda sheet: [_gathering(sheet, options, result)], result)
    return assemble(gatherings, options, result)


def _is_header(cells: Sequence[str]) -> bool:
    plain = {plain_heading(cell) for cell in cells}
    return bool(plain & set(_NAME)) and bool(plain & set(_MINUTES)) and "meeting id" not in plain


def _split(rows: Sequence[list[str]]) -> tuple[int, int]:
    return next(number for number, cells in enumerate(rows) if _is_header(cells)), 1


def _gathering(sheet: Sheet, options: Options, result: Converted) -> Gathering:
    meeting = _meeting(sheet)
    joined, left = _times(sheet, options, result)
    sessions = pd.DataFrame(
        {
            "name": sheet.cells(*_NAME).map(original_name),
            "email": sheet.cells(*_MAIL).str.strip().str.lower(),
            "guest": sheet.cells("guest"),
            "minutes": pd.to_numeric(sheet.cells(*_MINUTES), errors="coerce").fillna(0.0),
            "joined": joined,
            "left": left,
        }
    )
    dropped = result.dropped
    waiting = sheet.cells("in waiting room").str.casefold() == "yes"
    sessions = drop(sessions, waiting, "in the waiting room", dropped)
    host = meeting.get("user email", "").lower()
    sessions = drop(sessions, (sessions["email"] == host) & (host != ""), "host", dropped)
    people = _people(sessions)
    short = people["minutes"] < options.least_minutes
    if short.any():
        dropped[f"under {options.least_minutes:g} minutes"] += int(people.loc[short, "rows"].sum())
    people = people[~short]
    if len(people) < people["rows"].sum():
        result.notes.append(
            f"{sheet.file}: {plural(int(people['rows'].sum()), 'session')} of "
            f"{plural(len(people), 'person', 'people')}"
        )
    day = joined.min()
    minutes = pd.to_numeric(meeting.get("duration (minutes)", ""), errors="coerce")
    return Gathering(
        file=sheet.file,
        event_id=event_id(sheet, options),
        name=meeting.get("topic", ""),
        date="" if pd.isna(day) else day.date().isoformat(),
        hours="" if pd.isna(minutes) else f"{minutes / 60:.4g}",
        people=people.drop(columns="minutes"),
        registers=False,
    )


def original_name(text: str) -> str:
    """Return the name under which a person joined: in brackets when it was changed.

    Examples
    --------
    >>> original_name("Bob (Robert Smith)"), original_name("Kim (she/her)"), original_name("Ann's iPad")
    ('Robert Smith', 'Kim', 'Ann')
    """
    match = _RENAMED.fullmatch(text)
    if match:
        text = match[1] if _PRONOUNS.fullmatch(match[2]) else match[2]
    return _DEVICE_OF.sub("", text)


def _meeting(sheet: Sheet) -> dict[str, str]:
    """Return what stands above the header: heading -> cell of the record below."""
    for names, cells in zip(sheet.above[:-1], sheet.above[1:], strict=True):
        plain = [plain_heading(cell) for cell in names]
        if "meeting id" in plain:
            return dict(zip(plain, cells, strict=False))
    return {}


def _times(sheet: Sheet, options: Options, result: Converted) -> tuple[pd.Series, pd.Series]:
    """Return when each session began and ended; the start of the meeting helps where there are no times."""
    joined, left = sheet.cells(*_JOIN), sheet.cells(*_LEAVE)
    start = _meeting(sheet).get("start time", "")
    if not (joined != "").any():
        joined = pd.Series(start, index=sheet.frame.index, dtype=object)
    if options.date and options.day_first is None:
        options = replace(options, day_first=False)
    both = pd.concat([joined, left])
    try:
        times = moments(both, sheet.file, "Join Time", options, result)
    except StudyError as error:
        message = f"{error.problems[0].message}, or give --date"
        raise failure(sheet.file, message, "date_order", column="Join Time") from None
    return times.iloc[: len(joined)], times.iloc[len(joined) :]


def _people(sessions: pd.DataFrame) -> pd.DataFrame:
    """Return one row a person: an address, else a name; a name that stands with one address is that person.

    A device without an owner's name ("iPhone", a phone number) is counted and names nobody.
    """
    plain = sessions["name"].str.casefold()
    both = pd.DataFrame({"name": plain, "email": sessions["email"]})
    both = both[(both["name"] != "") & (both["email"] != "")].drop_duplicates()
    single = both.drop_duplicates("name", keep=False).set_index("name")["email"].to_dict()
    keys = sessions["email"].where(
        sessions["email"] != "", plain.map(lambda name: single.get(name, f"name:{name}"))
    )
    keys = keys.where(keys != "name:", [f"nobody {row}" for row in sessions.index])
    groups = sessions.assign(minutes=_minutes(sessions, keys)).groupby(keys, sort=False)
    people = groups.agg(
        name=("name", "first"), email=("email", "max"), guest=("guest", "first"), minutes=("minutes", "first")
    )
    people = people.assign(phone="", came=True, party=1, rows=groups.size())
    device = people["name"].map(lambda name: bool(_DEVICE.fullmatch(name))).astype(bool) & (
        people["email"] == ""
    )
    return people.assign(name=people["name"].where(~device, "")).reset_index(drop=True)


def _minutes(sessions: pd.DataFrame, keys: pd.Series) -> pd.Series:
    """Return the minutes of each row's person; sessions that overlap (two devices) count once."""
    spans = sessions.assign(key=keys).sort_values(["key", "joined"])
    by_person = spans.groupby("key")
    reach = by_person["left"].cummax().groupby(spans["key"]).shift().fillna(spans["joined"])
    start = spans["joined"].where(spans["joined"] > reach, reach)
    spans["gained"] = (spans["left"] - start).dt.total_seconds().clip(lower=0) / 60
    gained, total = by_person["gained"].transform("sum"), by_person["minutes"].transform("sum")
    timed = (spans["left"] - spans["joined"]).notna().groupby(spans["key"]).transform("all")
    # Times may be rounded, so that they never add to what Zoom itself counted.
    return total.where(~timed | (gained <= 0) | (gained > total), gained).reindex(sessions.index)
