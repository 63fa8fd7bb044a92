"""Why a row was left out -> what that means for the reports, in plain words."""

from __future__ import annotations

import re

_UNKNOWN = "These rows are in no number of any report."

_MEANINGS: tuple[tuple[str, str], ...] = (
    (r"blank row", "Nothing is lost: the rows hold nothing."),
    (r"repeats (an incident|another row)", "Nothing is lost: the row is counted already, once."),
    (r"further polygon of an area", "Nothing is lost: the first outline of the area is used."),
    (r"in a longer period", "Nothing is lost: the longer period holds the same counts."),
    (
        r"no area or coordinates",
        "These incidents are in no area's count. They distort a comparison only if their share differs "
        "between areas, or before and after a start.",
    ),
    (
        r"outside all areas|area not in areas",
        "What happened outside of the study's areas is in no count; that is as it should be, unless an area "
        "is missing from the list of areas.",
    ),
    (
        r"offense in no outcome",
        "These offenses belong to none of the outcomes that study.toml counts; reports do not speak of them.",
    ),
    (r"no offense", "These incidents cannot be counted in any outcome; counts are that much too low."),
    (
        r"date cannot be read",
        "These incidents cannot be put before or after a start, so that counts are too low.",
    ),
    (
        r"outside the covered span",
        "A few rows long before or after all others; taken in, they would make years of zeros.",
    ),
    (
        r"in an incomplete period",
        "The first or last period is only in part in the data. It is left out, so that it does not look like "
        "a fall.",
    ),
    (
        r"period longer than a \w+",
        "Counts over longer periods cannot be put before or after a start: the table is not used at all.",
    ),
    (
        r"unknown program|program left out",
        "These rows belong to no program of the study. If the program is there under another spelling, its "
        "numbers are too low.",
    ),
    (
        r"unknown event|event left out",
        "These rows belong to no known event. If the event is there under another spelling, attendance is "
        "too low.",
    ),
    (
        r"unknown area|area left out",
        "The program is taken to have no such area: its crime is not counted there.",
    ),
    (
        r"second role of the same area",
        "The area keeps the one role that comes first: it is not compared with itself.",
    ),
    (r"no usable polygon", "Points in this area cannot be placed: its counts are too low."),
    (
        r"program_id differs in case alone",
        "The program has no report under this spelling; the first spelling has.",
    ),
    (
        r"not as many cells as the header|more cells than the header|fewer cells than the header"
        r"|broken quotation marks|cell too long|not UTF-8 text",
        "These rows cannot be read, so that every number of this table is that much too low.",
    ),
    (r"\w+ before \w+", "The two dates contradict each other, so that no length of time can be told."),
    (r"low is not below high", "The survey item has no scale and is in no score."),
    (r"named like another column of responses", "The survey item cannot be told apart and is in no score."),
    (r"no such comment", "The theme belongs to no comment that was read."),
    (
        r"weights in several units",
        "Harms in different units cannot be added up: the whole table is left out.",
    ),
    (
        r"column \w+ is missing|no rows|no table events|table events cannot be used|table cannot be used",
        "The whole table is left out: reports say what they cannot tell without it.",
    ),
    (
        r"\w+ is (empty|not usable)",
        "The rows cannot be understood without this value, and are in no number of any report.",
    ),
)


def meaning(reason: str) -> str:
    """Return what rows left out for a reason mean for the reports.

    Examples
    --------
    >>> meaning("blank row")
    'Nothing is lost: the rows hold nothing.'
    >>> meaning("struck by lightning")
    'These rows are in no number of any report.'
    """
    return next((told for pattern, told in _MEANINGS if re.fullmatch(pattern, reason)), _UNKNOWN)
