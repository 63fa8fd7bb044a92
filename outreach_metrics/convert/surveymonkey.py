"""SurveyMonkey: two header records. A blank in the first continues the question on the left."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby
from pathlib import Path

import pandas as pd

from outreach_metrics.convert.headings import is_personal
from outreach_metrics.convert.model import Converted, Options
from outreach_metrics.convert.scales import plain_label
from outreach_metrics.convert.sheets import Sheet, plain_heading, read_sheets
from outreach_metrics.convert.survey import Answers, Question, assemble, content_ids

_OWN = (
    "respondent id", "collector id", "start date", "end date", "date created", "date modified",
    "collector name",
    "response status", "language",
)  # fmt: skip
_ANSWERED = ("response", "open-ended response", "")
_CUSTOM = "custom data"


def recognizes(rows: Sequence[list[str]]) -> bool:
    """Whether the first records are of a SurveyMonkey export."""
    first = [plain_heading(cell) for cell in next(filter(any, rows), [""])]
    return "respondent id" in first[:3] and ("collector id" in first or "start date" in first)


def convert(files: Sequence[Path], options: Options) -> Converted:
    """Return the tables of SurveyMonkey exports."""
    result = Converted()
    sheets = read_sheets("surveymonkey", files, result, recognizes, _split)
    return assemble(_answers(sheets), options, result)


def _split(rows: Sequence[list[str]]) -> tuple[int, int]:
    """Find the header; condensed exports have no second record, which is seen from its respondent id."""
    first = next(number for number, cells in enumerate(rows) if any(cells))
    column = [plain_heading(cell) for cell in rows[first]].index("respondent id")
    second = rows[first + 1] if first + 1 < len(rows) else []
    return first, 1 if len(second) > column and second[column] else 2


def _answers(sheets: Iterator[Sheet]) -> Iterator[Answers]:
    for sheet in sheets:
        options_row = sheet.above[-1] if len(sheet.above) > 1 and not _is_header(sheet, -1) else []
        people: dict[str, pd.Series] = {}
        questions, left_out = [], []
        for text, numbers in _groups(sheet.header):
            columns = [(n, options_row[n] if n < len(options_row) else "") for n in numbers]
            plain = plain_heading(text)
            if plain in _OWN or plain.startswith(_CUSTOM):
                left_out += [text] if plain.startswith(_CUSTOM) or plain == "collector id" else []
            elif is_personal(text):
                people |= {f"{text} {option}".strip(): sheet.frame[n] for n, option in columns}
            else:
                people |= {option: sheet.frame[n] for n, option in columns if is_personal(option)}
                rest = [(n, option) for n, option in columns if not is_personal(option)]
                questions += _group_questions(sheet, text, rest)
        ids = sheet.cells("respondent id")
        status = sheet.cells("response status").str.casefold()
        yield Answers(
            file=sheet.file,
            stem=sheet.stem,
            ids=ids if (ids != "").all() else content_ids(sheet.cells("start date"), questions),
            dates=sheet.cells("end date", "start date", "date modified", "date created"),
            date_column="End Date",
            questions=questions,
            people=people,
            finished=~status.isin(["partial", "incomplete"]) if (status != "").any() else None,
            left_out=[*people, *left_out],
        )


def _is_header(sheet: Sheet, number: int) -> bool:
    return sheet.above[number][: len(sheet.header)] == sheet.header


def _groups(header: Sequence[str]) -> Iterator[tuple[str, list[int]]]:
    """Yield each question with the numbers of its columns; blanks belong to the question on the left."""
    starts, current = [], 0
    for number, heading in enumerate(header):
        current = number if heading else current
        starts.append(current)
    for start, numbers in groupby(range(len(header)), key=starts.__getitem__):
        yield header[start], list(numbers)


def _group_questions(sheet: Sheet, text: str, columns: list[tuple[int, str]]) -> list[Question]:
    """Return the questions of a group: choices of several are one, every row of a matrix is its own."""
    ticked = [number for number, option in columns if _is_choice(sheet.frame[number], option)]
    several = len(columns) > 1 and any((sheet.frame[number] != "").any() for number in ticked)
    questions = []
    if several:
        rows = zip(*(sheet.frame[number] for number in ticked), strict=True)
        joined = ["; ".join(filter(None, row)) for row in rows]
        cells = pd.Series(joined, index=sheet.frame.index, dtype=object)
        questions.append(Question(text=text, cells=cells, several=True))
    rest = [(number, option) for number, option in columns if not (several and number in ticked)]
    return [*questions, *(_question(text, option, sheet.frame[number]) for number, option in rest)]


def _question(text: str, option: str, cells: pd.Series) -> Question:
    plain = plain_heading(option)
    free = plain == "open-ended response" or "specify" in plain
    if plain in _ANSWERED:
        return Question(text=text, cells=cells, open=free)
    return Question(text=f"{text} - {option}", row=option, cells=cells, open=free)


def _is_choice(cells: pd.Series, option: str) -> bool:
    """Whether a column holds its own option or nothing."""
    found = {plain_label(text) for text in cells.unique()} - {""}
    return plain_heading(option) not in _ANSWERED and found <= {plain_label(option)}
