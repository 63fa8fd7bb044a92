"""A plain sign-in sheet: names under a heading, perhaps a title above it, the header again on every page."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import pandas as pd

from outreach_metrics.convert.dates import days, first_day
from outreach_metrics.convert.events import Gathering, assemble, event_id, further_columns, gather
from outreach_metrics.convert.model import Converted, Options
from outreach_metrics.convert.names import legible, signature
from outreach_metrics.convert.sheets import Sheet, drop, plain_heading, read_sheets
from outreach_metrics.study.identity import normal_name

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
_TICKS = ("checked in", "check in", "attended", "present", "came")
_YES, _NO = ("yes", "y", "x", "true", "1", "✓", "✔", "✗"), ("no", "n", "false", "0", "absent", "")
_UNUSED = {
    "", "#", "no", "number", "time", "time in", "time out", "sign in time", "arrival", "arrival time",
    "signature",
    "sign", "initials", "address", "street address", "home address", "notes", "timestamp",
}  # fmt: skip


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
    if len(set(dates)) < 2 and not options.date:
        dates = dates.where(dates != "", _day_above(sheet, options, result))
    others, left_out = further_columns(
        sheet,
        {*_FIRST, *_LAST, *_NAME, *_MAIL, *_PHONE, *_DATE, *_TICKS, *_UNUSED},
        frame.loc[people.index],
        options,
        result,
    )
    people, event = people.join(others), event_id(sheet, options)
    people = _signed_once(people, dates, result)
    for day, part in people.groupby(dates.reindex(people.index), sort=False):
        yield Gathering(
            file=sheet.file,
            event_id=f"{event}-{day}" if len(set(dates)) > 1 else event,
            date=str(day),
            people=part,
            registers=not bool(people["came"].all()),
            left_out=left_out,
        )


def _repeats_header(sheet: Sheet) -> pd.Series:
    """Return which rows are the header again, as at the top of every page."""
    repeats = pd.Series(True, index=sheet.frame.index)
    for number, heading in enumerate(sheet.header):
        repeats &= sheet.frame[number] == heading
    return repeats


def _day_above(sheet: Sheet, options: Options, result: Converted) -> str:
    """Return the day in the title lines; one that can be read in two ways is told, and not taken."""
    above = [" ".join(cells) for cells in sheet.above[:-1]]
    day = first_day(above, options.day_first)
    if not day and first_day(above, True):
        message = (
            "the day above the table can be day/month or month/day: say --day-first, --month-first or --date"
        )
        result.tell(sheet.file, message, "date_order")
    return day


def _signed_once(people: pd.DataFrame, dates: pd.Series, result: Converted) -> pd.DataFrame:
    """Return one row a signature of an event: the same name, and nothing else differs; blanks are filled.

    A name with two addresses, phones or age groups is two people, unless whole rows are the same.
    """
    names = people["name"].where(people["name"] != "", people["email"]).map(_plain_name)
    others = [name for name in people if name not in ("name", "came", "party")]
    rows = people[others].where(people[others] != "").groupby([dates, names])
    one = (names != "") & ~rows.transform("nunique").gt(1).any(axis=1)
    again = people[others].assign(name=names, day=dates).duplicated()
    again |= one & pd.DataFrame({"name": names, "day": dates}).duplicated()
    whole = people.copy()
    whole.loc[one, others] = rows.transform("first").fillna("")[one]
    for column in ("came", "party"):
        whole.loc[one, column] = people.groupby([dates, names])[column].transform("max")[one]
    return drop(whole, again & (names != ""), "the same signature again", result.dropped)


def _plain_name(text: str) -> str:
    return normal_name(text) if text else ""


def _people(sheet: Sheet, frame: pd.DataFrame) -> pd.DataFrame:
    def cells(*names: str) -> pd.Series:
        return sheet.cells(*names).reindex(frame.index)

    split_name = (cells(*_FIRST) + " " + cells(*_LAST)).str.strip()
    name = cells(*_NAME)
    mail = cells(*_MAIL)
    signed = name.where(name != "", split_name).map(signature)
    people = pd.DataFrame(
        {
            "name": signed.map(lambda one: one.name),
            "email": mail.where(mail.str.contains("@"), ""),
            "phone": cells(*_PHONE).map(legible),
            "came": _came(cells(*_TICKS)),
            "party": signed.map(lambda one: one.people),
        },
        index=frame.index,
    ).astype({"came": bool, "party": int})
    # The address beside "child" is that of the parent, who signed in another row.
    nobody = signed.map(lambda one: one.companion).astype(bool)
    people.loc[nobody, ["email", "phone"]] = ""
    return people


def _came(ticks: pd.Series) -> pd.Series:
    """Return who came: all, or those ticked where a column holds ticks and nothing else."""
    plain = ticks.str.casefold()
    return plain.isin(_YES) if plain.isin(_YES).any() and plain.isin((*_YES, *_NO)).all() else plain == plain


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
