"""Text cells -> dates, numbers, periods, yes and no; a cell that is none raises the sentence for it."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date, timedelta

from outreach_metrics.study.wording import shortened

_DAY = re.compile(
    r"(\d{4})-(\d{2})-(\d{2})"
    r"(?:[T ][0-2]\d:[0-5]\d(?::[0-5]\d(?:\.\d+)?)?(?: ?(?:Z|[+-]\d{2}(?::?\d{2})?))?)?",
    re.ASCII,
)
_NUMBER = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d{1,2})?", re.ASCII)
_INTEGER = re.compile(r"[+-]?\d{1,15}(\.0*)?", re.ASCII)
_PERIOD = re.compile(r"(\d{4})(?:-(?:(\d{2})|Q([1-4])|W(\d{2})|(\d{2}-\d{2}.*)))?", re.ASCII)
_YES = ("true", "yes", "y", "1", "x")
_NO = ("false", "no", "n", "0")
EARLIEST, LATEST = 1900, 2199


def parse_date(text: str) -> date:
    """Return the day of an ISO 8601 date, or date and time.

    Raises
    ------
    ValueError
        No such day, another form, or a year that no study reaches.

    Examples
    --------
    >>> parse_date("2024-02-29"), parse_date("2024-03-05T10:30:00Z")
    (datetime.date(2024, 2, 29), datetime.date(2024, 3, 5))
    """
    match = _DAY.fullmatch(text)
    try:
        day = date(*map(int, match.groups())) if match else None
    except ValueError:
        day = None
    if day is None:
        raise ValueError(f"{shortened(text)} is not a date (expected YYYY-MM-DD)")
    if not EARLIEST <= day.year <= LATEST:
        raise ValueError(f"{shortened(text)} is not a likely date: the year {day.year} is far from any study")
    return day


def parse_number(text: str) -> float:
    """Return a number written with a point and without thousands separators.

    Raises
    ------
    ValueError
        Anything else; nan and inf too.
    """
    if not _NUMBER.fullmatch(text):
        raise ValueError(f"{shortened(text)} is not a number{_number_hint(text)}")
    return float(text)


def parse_integer(text: str) -> int:
    """Return a whole number; '112.0' is one, as spreadsheets write it.

    Raises
    ------
    ValueError
        Anything else.
    """
    if not _INTEGER.fullmatch(text):
        raise ValueError(f"{shortened(text)} is not a whole number{_number_hint(text)}")
    return int(text.partition(".")[0])


def _number_hint(text: str) -> str:
    bare = re.sub(r"[\s,'$€£%]", "", text)
    if bare != text and _NUMBER.fullmatch(bare):
        return f" (write {bare}, without separators or signs)"
    return ""


def parse_boolean(text: str) -> bool:
    """Return yes or no.

    Raises
    ------
    ValueError
        Anything else than true, false, yes, no, y, n, 1, 0 or x.
    """
    word = text.casefold()
    if word in _YES or word in _NO:
        return word in _YES
    raise ValueError(f"{shortened(text)} is neither yes nor no (expected true or false)")


def parse_period(text: str) -> tuple[str, date, date]:
    """Return the unit ("day", "week", "month", "quarter", "year"), the first and the last day of a period.

    Raises
    ------
    ValueError
        Not one of 2024-03, 2024-Q1, 2024-W07, 2024 and an ISO date.

    Examples
    --------
    >>> parse_period("2024-Q1")
    ('quarter', datetime.date(2024, 1, 1), datetime.date(2024, 3, 31))
    """
    match = _PERIOD.fullmatch(text)
    if match is None:
        raise ValueError(_not_a_period(text))
    year, month, quarter, week, rest = match.groups()
    if rest:
        day = parse_date(text)
        return "day", day, day
    if not EARLIEST <= int(year) <= LATEST:
        raise ValueError(_not_a_period(text))
    try:
        return _bounds(int(year), month, quarter, week)
    except ValueError:
        raise ValueError(_not_a_period(text)) from None


def _bounds(year: int, month: str | None, quarter: str | None, week: str | None) -> tuple[str, date, date]:
    if week:
        monday = date.fromisocalendar(year, int(week), 1)
        return "week", monday, monday + timedelta(days=6)
    if month:
        return "month", date(year, int(month), 1), _month_end(year, int(month))
    if quarter:
        last = 3 * int(quarter)
        return "quarter", date(year, last - 2, 1), _month_end(year, last)
    return "year", date(year, 1, 1), date(year, 12, 31)


def _month_end(year: int, month: int) -> date:
    return date(year + month // 12, month % 12 + 1, 1) - timedelta(days=1)


def _not_a_period(text: str) -> str:
    return f"{shortened(text)} is not a period (expected 2024-03, 2024-Q1, 2024-W07, 2024 or a date)"


PARSERS: dict[str, Callable[[str], object]] = {
    "date": parse_date,
    "period": parse_period,
    "integer": parse_integer,
    "number": parse_number,
    "boolean": parse_boolean,
}
