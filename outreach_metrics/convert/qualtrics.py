"""Qualtrics CSV: three header records (names, labels, import ids), or two in legacy exports."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from pathlib import Path

import pandas as pd

from outreach_metrics.convert.headings import is_personal
from outreach_metrics.convert.model import Converted, Options
from outreach_metrics.convert.sheets import Sheet, drop, plain_heading, read_sheets
from outreach_metrics.convert.survey import Answers, Question, assemble

_IMPORT_ID = re.compile(r'^\{\s*"+ImportId"+\s*:')
_OWN = (
    "startdate", "enddate", "status", "progress", "duration (in seconds)", "finished", "recordeddate",
    "responseid",
    "responseset", "distributionchannel", "userlanguage",
)  # fmt: skip
_PEOPLE = (
    "ipaddress", "recipientlastname", "recipientfirstname", "recipientemail", "externalreference",
    "locationlatitude", "locationlongitude", "locationaccuracy", "name", "externaldatareference",
    "emailaddress",
)  # fmt: skip
_TECHNICAL = re.compile(
    r"_(first click|last click|page submit|click count|do(_\w+)?)$| - (parent )?topics?$| - (topic "
    r")?sentiment",
    re.I,
)
_PREVIEW = ("1", "9", "17", "survey preview", "spam survey preview", "offline survey preview")
_TEST = ("2", "survey test")
_SPAM = ("8", "12", "40", "spam", "possible spam", "imported spam", "spam (imported)")
_KNOWN_STATUS = ("", "0", "4", "16", "ip address", "imported", "offline", "anonymous")
_YES, _NO = ("true", "1", "yes"), ("false", "0", "no")


def recognizes(rows: Sequence[list[str]]) -> bool:
    """Whether the first records are of a Qualtrics export."""
    filled = [cells for cells in rows if any(cells)]
    names = {plain_heading(cell) for cells in filled[:2] for cell in cells}
    return {"responseid", "finished"} <= names and bool({"status", "startdate"} & names)


def convert(files: Sequence[Path], options: Options) -> Converted:
    """Return the tables of Qualtrics exports."""
    result = Converted()
    sheets = read_sheets("qualtrics", files, result, recognizes, _split)
    return assemble(_answers(sheets, result), options, result)


def _split(rows: Sequence[list[str]]) -> tuple[int, int]:
    first = next(number for number, cells in enumerate(rows) if any(cells))
    third = rows[first + 2] if first + 2 < len(rows) else []
    return first, 3 if any(_IMPORT_ID.match(cell) for cell in third) else 2


def _answers(sheets: Iterator[Sheet], result: Converted) -> Iterator[Answers]:
    for sheet in sheets:
        labels = sheet.above[-2] if _has_ids(sheet) else sheet.above[-1]
        labels = labels + [""] * len(sheet.header)
        own = {
            number: plain
            for number, name in enumerate(sheet.header)
            for plain in (plain_heading(name), plain_heading(labels[number]))
            if plain in (*_OWN, *_PEOPLE)
        }
        frame = _real_rows(sheet, own, result)
        yield _one(sheet, frame, labels, own)


def _has_ids(sheet: Sheet) -> bool:
    return any(_IMPORT_ID.match(cell) for cell in sheet.above[-1])


def _one(sheet: Sheet, frame: pd.DataFrame, labels: Sequence[str], own: dict[int, str]) -> Answers:
    by_name = {plain: frame[number] for number, plain in own.items()}
    people = {
        sheet.header[n] if _has_ids(sheet) else labels[n]: frame[n] for n, p in own.items() if p in _PEOPLE
    }
    questions, left_out = [], []
    for number, name in enumerate(sheet.header):
        text = labels[number] or name
        if number in own or not name:
            continue
        if _TECHNICAL.search(name):
            left_out.append(name)
        elif is_personal(text) or is_personal(name):
            people[text] = frame[number]
        else:
            questions.append(
                Question(text=text, code=name, cells=frame[number], open=name.upper().endswith("_TEXT"))
            )
    blank = pd.Series("", index=frame.index, dtype=object)
    return Answers(
        file=sheet.file,
        stem=sheet.stem,
        ids=by_name.get("responseid", blank),
        dates=by_name.get("recordeddate", by_name.get("enddate", blank)),
        date_column="RecordedDate" if "recordeddate" in by_name else "EndDate",
        questions=questions,
        people=people,
        finished=_finished(by_name, blank),
        left_out=[*people, *left_out],
    )


def _real_rows(sheet: Sheet, own: dict[int, str], result: Converted) -> pd.DataFrame:
    """Return the rows without previews, tests and spam; a status that is not known is told."""
    column = next((number for number, plain in own.items() if plain == "status"), None)
    if column is None:
        return sheet.frame
    status = sheet.frame[column].str.casefold()
    frame = sheet.frame
    for reason, words in (("preview", _PREVIEW), ("test", _TEST), ("marked as spam", _SPAM)):
        frame = drop(frame, status.reindex(frame.index).isin(words), reason, result.dropped)
    unknown = ~status.reindex(frame.index).isin(_KNOWN_STATUS)
    if unknown.any():
        rows = frame.index[unknown]
        message = (
            f"{len(rows):,} rows have a status that is not known ({sheet.frame.loc[rows[0], column]!r}) "
            f"and are kept; "
            "take the previews out of the export"
        )
        result.tell(sheet.file, message, "unknown_status", row=int(rows[0]), column="Status")
    return frame


def _finished(by_name: dict[str, pd.Series], blank: pd.Series) -> pd.Series | None:
    words = by_name.get("finished", blank).str.casefold()
    if words.isin((*_YES, *_NO)).all() and len(words):
        return words.isin(_YES)
    progress = pd.to_numeric(by_name.get("progress", blank), errors="coerce")
    return ~(progress < 100) if progress.notna().any() else None
