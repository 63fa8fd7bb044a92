"""Eventbrite attendee report: "Attending" means registered; only "Checked In" came."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import pandas as pd

from outreach_metrics.convert.dates import days
from outreach_metrics.convert.events import (
    Gathering,
    assemble,
    event_id,
    further_columns,
    gather,
    whole_numbers,
)
from outreach_metrics.convert.headings import safe_name
from outreach_metrics.convert.model import Converted, Options
from outreach_metrics.convert.sheets import Sheet, drop, plain_heading, read_sheets

_FIRST = ("first name", "attendee first name", "given name")
_LAST = ("last name", "surname", "attendee surname", "attendee last name", "family name")
_MAIL = ("email", "attendee email", "email address")
_PHONE = ("cell phone", "mobile phone", "home phone", "work phone", "phone", "phone number")
_STATUS = ("attendee status", "status")
_ATTENDEE = ("attendee #", "attendee no", "attendee number", "barcode number", "barcode #")
_GONE = (
    "not attending",
    "refunded",
    "cancelled",
    "canceled",
    "deleted",
    "transferred",
    "unpaid",
    "abandoned",
)
_ASKED = ("info requested", "info requested info requested")
_CAME = ("checked in", "attended")
_UNUSED = {
    "order #", "order no", "order id", "order date", "order time", "quantity", "price tier", "ticket type",
    "group", "order type", "currency", "total paid", "fees paid", "eventbrite fees",
    "eventbrite payment processing", "payment type", "payment status", "prefix", "suffix", "tax paid",
    "ticket price", "discount", "discount code", "affiliate", "seat", "date attending", "checked in date",
    "check in date", "notes", "gross sales", "ticket revenue", "delivery method", "buyer first name",
    "buyer last name", "buyer surname", "buyer email", "purchaser first name", "purchaser surname",
    "purchaser last name", "purchaser email", "event name", "event id", "event start date",
    "event start time", "event date", "event timezone", "event location", "device name", "guest list",
    "home address 1", "home address 2", "company", "job title", "website", "blog",
}  # fmt: skip


def recognizes(rows: Sequence[list[str]]) -> bool:
    """Whether the first records are of an Eventbrite attendee report."""
    return any(_is_header(cells) for cells in rows)


def convert(files: Sequence[Path], options: Options) -> Converted:
    """Return the tables of Eventbrite attendee reports."""
    result = Converted()
    sheets = read_sheets("eventbrite", files, result, recognizes, _split)
    return assemble(
        gather(sheets, lambda sheet: _gatherings(sheet, options, result), result), options, result
    )


def _is_header(cells: Sequence[str]) -> bool:
    plain = {plain_heading(cell) for cell in cells}
    status = bool(plain & {"attendee status"}) or ("status" in plain and bool(plain & set(_ATTENDEE)))
    return status and bool(plain & {*_FIRST, *_LAST, *_MAIL})


def _split(rows: Sequence[list[str]]) -> tuple[int, int]:
    return next(number for number, cells in enumerate(rows) if _is_header(cells)), 1


def _gatherings(sheet: Sheet, options: Options, result: Converted) -> Iterator[Gathering]:
    """Yield the events of a file; a report over several events names them in a column.

    "Info Requested" stands where the buyer of a ticket was asked for a name or answer, and gave none.
    """
    sheet = replace(sheet, frame=sheet.frame.where(~sheet.frame.map(_is_asked), ""))
    status = sheet.cells(*_STATUS).str.casefold()
    frame = sheet.frame
    for word in _GONE:
        frame = drop(frame, status.reindex(frame.index) == word, word, result.dropped)
    frame = _without_totals(sheet, frame, result)
    names = sheet.cells("event name", "event id").reindex(frame.index)
    several = len(set(names) - {""}) > 1
    for name, part in frame.groupby(names if several else pd.Series("", index=frame.index), sort=False):
        yield _gathering(sheet, part, str(name) if several else "", options, result)
    if frame.empty:
        yield _gathering(sheet, frame, "", options, result)


def _is_asked(cell: str) -> bool:
    return cell.casefold() in _ASKED


def _without_totals(sheet: Sheet, frame: pd.DataFrame, result: Converted) -> pd.DataFrame:
    """Leave out the line of totals that some reports end with: no status and nobody's name."""
    blank = pd.Series(True, index=frame.index)
    for names in (_STATUS, _FIRST, _LAST, _MAIL, _ATTENDEE):
        blank &= sheet.cells(*names).reindex(frame.index) == ""
    return drop(frame, blank, "no status and no name", result.dropped)


def _gathering(
    sheet: Sheet, frame: pd.DataFrame, several: str, options: Options, result: Converted
) -> Gathering:
    def cells(*names: str) -> pd.Series:
        return sheet.cells(*names).reindex(frame.index)

    dates = cells("event start date", "event date")
    if not options.date:
        dates = days(dates, sheet.file, "Event Start Date", options, result)
    status = cells(*_STATUS).str.casefold()
    quantity = whole_numbers(sheet, cells("quantity"), 1, "Quantity", result)
    own = {*_FIRST, *_LAST, *_MAIL, *_PHONE, *_STATUS, *_ATTENDEE, *_UNUSED}
    others, left_out = further_columns(sheet, own, frame, options, result)
    people = pd.DataFrame(
        {
            "name": (cells(*_FIRST) + " " + cells(*_LAST)).str.strip(),
            "email": cells(*_MAIL),
            "phone": cells(*_PHONE),
            "came": status.isin(_CAME),
            "party": quantity,
        }
    ).join(others)
    _tell_status(sheet, status, result)
    return Gathering(
        file=sheet.file,
        event_id=safe_name(several) or event_id(sheet, options),
        name=next((name for name in cells("event name") if name), ""),
        date=next((day for day in dates if day), ""),
        people=people,
        left_out=left_out,
    )


def _tell_status(sheet: Sheet, status: pd.Series, result: Converted) -> None:
    unknown = ~status.isin(("", "attending", *_CAME))
    if unknown.any():
        rows = status.index[unknown]
        message = (
            f"{len(rows):,} rows have a status that is not known ({status[rows[0]]!r}): taken as registered"
        )
        result.tell(sheet.file, message, "unknown_status", row=int(rows[0]), column="Attendee Status")
