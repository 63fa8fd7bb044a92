"""A plain sign-in sheet: names under a heading, perhaps a title above it, the header again on every page."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from pathlib import Path

import pandas as pd

from outreach_metrics.convert.dates import days, first_day
from outreach_metrics.convert.events import Gathering, assemble, event_id, further_columns, gather
from outreach_metrics.convert.model import Converted, Options
from outreach_metrics.convert.sheets import Sheet, drop, plain_heading, read_sheets

_FIRST = ("first name", "first", "given name", "firstname", "nombre")
_LAST = ("last name", "last", "surname", "family name", "lastname", "apellido", "apellidos")
_NAME = (
    "name", "full name", "print name", "printed name", "name (print)", "name (please print)", "your name",
    "attendee",
    "please print name", "participant", "participant name", "attendee name", "resident",
    "name (first and last)",
    "first and last name", "names", "guest name", "visitor", "visitor name", "nombre y apellido",
    "nombre completo",
)  # fmt: skip
_MAIL = ("email", "email address", "mail", "email (optional)", "correo electrónico", "correo")
_PHONE = (
    "phone", "phone number", "telephone", "tel", "cell", "cell phone", "mobile", "phone #", "contact number",
    "phone (optional)", "mobile number", "contact", "teléfono", "phone no",
)  # fmt: skip
_DATE = ("date", "event date", "meeting date", "fecha", "timestamp")
_UNUSED = {
    "", "#", "no", "number", "time", "time in", "time out", "sign in time", "arrival", "arrival time",
    "signature",
    "sign", "initials", "address", "street address", "home address", "notes", "timestamp",
}  # fmt: skip
_ILLEGIBLE = re.compile(
    r"[\W_]*|\W*(illegible|unreadable|unknown|not legible|can'?t read|anonymous|no name|n/?a)\W*", re.I
)
_MARKS = re.compile(r"[\"'″〃]+|do\.?|ditto", re.I)


def recognizes(rows: Sequence[list[str]]) -> bool:
    """Whether the first records are of a sign-in sheet: a heading of names, and no sign of another kind."""
    return any(_is_header(cells) for cells in rows) and not any(
        mark in {plain_heading(cell) for cells in rows[:5] for cell in cells}
        for mark in (
            "rsvp",
            "attendee status",
            "completion time",
            "responseid",
            "respondent id",
            "total rsvps",
        )
    )


def convert(files: Sequence[Path], options: Options) -> Converted:
    """Return the tables of sign-in sheets."""
    result = Converted()
    sheets = read_sheets("sign_in", files, result, recognizes, _split, pad=True)
    return assemble(
        gather(sheets, lambda sheet: _gatherings(sheet, options, result), result), options, result
    )


def _is_header(cells: Sequence[str]) -> bool:
    plain = [plain_heading(cell) for cell in cells if cell]
    names = set(plain) & {*_NAME, *_FIRST, *_LAST}
    alone = len(plain) == 1 and plain[0] in _NAME
    return bool(names) and (alone or len(plain) > 1)


def _split(rows: Sequence[list[str]]) -> tuple[int, int]:
    return next(number for number, cells in enumerate(rows) if _is_header(cells)), 1


def _gatherings(sheet: Sheet, options: Options, result: Converted) -> Iterator[Gathering]:
    """Yield the events of a sheet: one a day where a column gives the day."""
    frame = drop(sheet.frame, _repeats_header(sheet), "the header again", result.dropped)
    people = _without_lines(sheet, frame, _people(sheet, frame), result)
    dates = _days(sheet, people.index, options, result)
    if len(set(dates)) < 2:
        above = (" ".join(cells) for cells in sheet.above[:-1])
        dates = dates.where(dates != "", first_day(above, options.day_first))
    others, left_out = further_columns(
        sheet, {*_FIRST, *_LAST, *_NAME, *_MAIL, *_PHONE, *_DATE, *_UNUSED}, frame.loc[people.index]
    )
    people, event = people.join(others), event_id(sheet, options)
    for day, part in people.groupby(dates, sort=False):
        yield Gathering(
            file=sheet.file,
            event_id=f"{event}-{day}" if len(set(dates)) > 1 else event,
            date=str(day),
            people=part,
            registers=False,
            left_out=left_out,
        )


def _repeats_header(sheet: Sheet) -> pd.Series:
    """Return which rows are the header again, as at the top of every page."""
    repeats = pd.Series(True, index=sheet.frame.index)
    for number, heading in enumerate(sheet.header):
        repeats &= sheet.frame[number] == heading
    return repeats


def _people(sheet: Sheet, frame: pd.DataFrame) -> pd.DataFrame:
    def cells(*names: str) -> pd.Series:
        return sheet.cells(*names).reindex(frame.index)

    split_name = (cells(*_FIRST) + " " + cells(*_LAST)).str.strip()
    name = cells(*_NAME)
    mail = cells(*_MAIL)
    return pd.DataFrame(
        {
            "name": name.where(name != "", split_name).map(legible),
            "email": mail.where(mail.str.contains("@"), ""),
            "phone": cells(*_PHONE).map(legible),
            "came": True,
            "party": 1,
        }
    ).astype({"came": bool, "party": int})


def legible(text: str) -> str:
    """Return a name, "" for what stands for one that cannot be read.

    Examples
    --------
    >>> legible("Ann Lee"), legible("(illegible)"), legible("???")
    ('Ann Lee', '', '')
    """
    return "" if _ILLEGIBLE.fullmatch(text) or _MARKS.fullmatch(text) else text


def _without_lines(
    sheet: Sheet, frame: pd.DataFrame, people: pd.DataFrame, result: Converted
) -> pd.DataFrame:
    """Leave out lines that are numbered or ruled and nobody signed."""
    written = pd.Series(False, index=people.index)
    for number, heading in enumerate(sheet.header):
        if plain_heading(heading) not in ("#", "no", "number", *_DATE):
            written |= frame[number].str.strip("_-. ") != ""
    return drop(people, ~written, "line that nobody signed", result.dropped)


def _days(sheet: Sheet, index: pd.Index, options: Options, result: Converted) -> pd.Series:
    """Return the day of each row, "" where there is none; a blank cell stands for the day above it."""
    if options.date or sheet.find(*_DATE) is None:
        return pd.Series("", index=index, dtype=object)
    found = days(sheet.cells(*_DATE).reindex(index), sheet.file, "Date", options, result)
    return found.where(found != "").ffill().bfill().fillna("")
