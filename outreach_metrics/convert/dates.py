"""Local dates -> moments. Whether the day or the month comes first is found from the dates, never guessed."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import datetime, timedelta

import pandas as pd

from outreach_metrics.convert.model import Converted, Options
from outreach_metrics.convert.sheets import failure
from outreach_metrics.study.values import EARLIEST, LATEST
from outreach_metrics.study.wording import plural

_YEAR_FIRST = re.compile(r"(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})(?!\d)", re.ASCII)
_YEAR_LAST = re.compile(r"(\d{1,2})([-/.])(\d{1,2})\2(\d{4}|\d{2})(?!\d)", re.ASCII)
_DAY_NAMED = re.compile(
    r"(?:[a-z]+\.?,? )?(\d{1,2})(?:st|nd|rd|th)?[ -]([a-z]{3,9})\.?,?[ -](\d{4})", re.I | re.A
)
_NAMED_DAY = re.compile(r"(?:[a-z]+\.?,? )?([a-z]{3,9})\.? (\d{1,2})(?:st|nd|rd|th)?,? (\d{4})", re.I | re.A)
_SERIAL = re.compile(r"\d{5}(?:\.\d+)?", re.ASCII)
_TIME = re.compile(r"(\d{1,2}):(\d{2})(?::(\d{2}))?(?:\.\d+)?\s*(?:([ap])\.?\s?m\b)?", re.I | re.A)
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_FIRST_SERIAL = datetime(1899, 12, 30)


def moments(texts: pd.Series, file: str, column: str, options: Options, result: Converted) -> pd.Series:
    """Return dates and times, as written (time zones are not converted).

    Parameters
    ----------
    texts : Series of str
        The index is the row number.
    file, column : str
        Where they stand, for the messages.
    options : Options
        `date_format` and `day_first`.
    result : Converted
        Told of cells that are no date.

    Returns
    -------
    Series of datetime64
        NaT where the cell is empty or no date.

    Raises
    ------
    StudyError
        Every date can be read in two ways, or some only the one way and some only the other.
    """
    distinct = [text for text in texts.unique() if text]
    day_first = False if options.date_format else _day_first(distinct, file, column, options)
    read = {text: _moment(text, day_first, options.date_format) for text in distinct}
    wrong = texts.map({text: moment is None for text, moment in read.items()}).eq(True)
    if wrong.any():
        rows = texts.index[wrong]
        message = f"{plural(len(rows), 'cell')} cannot be read as a date; the date is left empty"
        result.tell(file, message, "date", row=int(rows[0]), column=column)
    return pd.to_datetime(texts.map(read)).astype("datetime64[s]")


def days(texts: pd.Series, file: str, column: str, options: Options, result: Converted) -> pd.Series:
    """Return ISO days as text, "" where there is none; see `moments`."""
    return moments(texts, file, column, options, result).dt.strftime("%Y-%m-%d").fillna("")


def first_day(texts: Iterable[str], day_first: bool | None = None) -> str:
    """Return the first day in the texts as ISO text, else ""; without `day_first` one that is not ambiguous.

    Examples
    --------
    >>> first_day(["Sign-in sheet", "Date: October 5, 2026", "5/10/2026"])
    '2026-10-05'
    """
    for text in texts:
        for start in re.finditer(r"(?<!\S)\w", text):
            part = text[start.start() :]
            order = _order([part])
            if order == {None} and day_first is None:
                continue
            moment = _moment(part, day_first is True if order == {None} else order == {True}, "")
            if moment and not _SERIAL.fullmatch(part):
                return moment.date().isoformat()
    return ""


def _day_first(texts: list[str], file: str, column: str, options: Options) -> bool:
    if options.day_first is not None:
        return options.day_first
    orders = _order(texts)
    if {True, False} <= orders:
        message = (
            "some dates can only be day/month and others only month/day; split the file, or mend the dates"
        )
        raise failure(file, message, "date_order", column=column)
    if orders == {None}:
        example = next(text for text in texts if _order([text]) == {None})
        message = (
            f"{example!r} and every other date can be day/month or month/day: "
            "say --day-first or --month-first"
        )
        raise failure(file, message, "date_order", column=column)
    return True in orders


def _order(texts: Iterable[str]) -> set[bool | None]:
    """Return what the dates say of their order: True day first, False month first, None either."""
    found: set[bool | None] = set()
    for text in texts:
        match = _YEAR_LAST.match(text)
        if match is None:
            continue
        first, second = int(match[1]), int(match[3])
        if match[2] == ".":
            found.add(True)
        elif first > 12 or second > 12:
            found.add(first > 12)
        elif first != second:
            found.add(None)
    return found


def _moment(text: str, day_first: bool, form: str) -> datetime | None:
    try:
        moment = datetime.strptime(text, form) if form else _free(text, day_first)
    except (ValueError, OverflowError):
        return None
    return moment.replace(tzinfo=None) if moment and EARLIEST <= moment.year <= LATEST else None


def _free(text: str, day_first: bool) -> datetime | None:
    if _SERIAL.fullmatch(text):
        return _FIRST_SERIAL + timedelta(seconds=round(float(text) * 86400))
    if match := _YEAR_FIRST.match(text):
        year, month, day = (int(part) for part in match.groups())
    elif match := _YEAR_LAST.match(text):
        first, second, year = int(match[1]), int(match[3]), int(match[4])
        day, month = (first, second) if day_first else (second, first)
        year += 2000 if len(match[4]) == 2 else 0
    elif match := _DAY_NAMED.match(text):
        day, month, year = int(match[1]), _month(match[2]), int(match[3])
    elif match := _NAMED_DAY.match(text):
        month, day, year = _month(match[1]), int(match[2]), int(match[3])
    else:
        return None
    return datetime(year, month, day) + _time(text[match.end() :])


def _month(name: str) -> int:
    return _MONTHS.index(name[:3].lower()) + 1


def _time(text: str) -> timedelta:
    match = _TIME.search(text)
    if match is None:
        return timedelta()
    hour = int(match[1])
    if match[4]:
        hour = hour % 12 + (12 if match[4].lower() == "p" else 0)
    if hour > 23 or int(match[2]) > 59:
        return timedelta()
    return timedelta(hours=hour, minutes=int(match[2]), seconds=int(match[3] or 0))
