"""Meetup attendee list of an event; the member list of a group is another thing, and is refused."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from outreach_metrics.convert.events import (
    Gathering,
    assemble,
    event_id,
    further_columns,
    gather,
    whole_numbers,
)
from outreach_metrics.convert.model import Converted, Options
from outreach_metrics.convert.sheets import Sheet, drop, failure, plain_heading, read_sheets

_YES = ("y", "yes", "attended", "true", "x", "1")
_NOT_COMING = ("no", "n", "not going", "waitlist", "waiting list", "waitlisted", "maybe")
_UNUSED = {
    "name", "attendance", "user id", "member id", "event host", "rsvp", "guests", "rsvped on",
    "joined group on",
    "url of member profile", "notes", "intro", "photo", "title",
}  # fmt: skip


def recognizes(rows: Sequence[list[str]]) -> bool:
    """Whether the first records are of a Meetup list, of attendees or of members."""
    first = {plain_heading(cell) for cell in next(filter(any, rows), [])}
    return (
        "name" in first and bool(first & {"user id", "member id"}) and bool(first & {"rsvp", "total rsvps"})
    )


def convert(files: Sequence[Path], options: Options) -> Converted:
    """Return the tables of Meetup attendee lists."""
    result = Converted()
    sheets = read_sheets("meetup", files, result, recognizes, _split, pad=True)
    return assemble(
        gather(sheets, lambda sheet: [_gathering(sheet, options, result)], result), options, result
    )


def _split(rows: Sequence[list[str]]) -> tuple[int, int]:
    return next(number for number, cells in enumerate(rows) if any(cells)), 1


def _gathering(sheet: Sheet, options: Options, result: Converted) -> Gathering:
    if sheet.find("total rsvps") is not None:
        message = (
            "is the member list of a group: it tells who belongs to it, not who came; export the attendee "
            "list "
            "of an event (the event, Manage attendees, Download)"
        )
        raise failure(sheet.file, message, "member_list")
    came = sheet.cells("attendance").str.casefold().isin(_YES)
    said_no = sheet.cells("rsvp").str.casefold().isin(_NOT_COMING) & ~came
    frame = drop(sheet.frame, said_no, "not going", result.dropped)
    guests = whole_numbers(sheet, sheet.cells("guests"), 0, "Guests", result)
    others, left_out = further_columns(sheet, _UNUSED, frame, options, result)
    people = pd.DataFrame(
        {"name": sheet.cells("name"), "email": "", "phone": "", "came": came, "party": guests + 1}
    ).loc[frame.index]
    return Gathering(
        file=sheet.file,
        event_id=event_id(sheet, options),
        people=people.join(others),
        ids=sheet.cells("user id", "member id"),
        left_out=left_out,
    )
