"""Microsoft Forms: one header record, `ID,Start time,Completion time,Email,Name,<questions>`, and points."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from pathlib import Path

from outreach_metrics.convert.headings import is_personal
from outreach_metrics.convert.model import Converted, Options
from outreach_metrics.convert.sheets import Sheet, plain_heading, read_sheets
from outreach_metrics.convert.survey import Answers, Question, assemble

_OWN = ("id", "start time", "completion time", "last modified time", "language")
_GRADED = re.compile(r"^(points|feedback) - ", re.I)
_QUIZ = ("total points", "quiz feedback", "grade posted time")
_SEVERAL = re.compile(r".*;", re.S)


def recognizes(rows: Sequence[list[str]]) -> bool:
    """Whether the first records are of a Microsoft Forms export."""
    first = [plain_heading(cell) for cell in next(filter(any, rows), [""])]
    return first[0] == "id" and "start time" in first and "completion time" in first


def convert(files: Sequence[Path], options: Options) -> Converted:
    """Return the tables of Microsoft Forms exports."""
    result = Converted()
    sheets = read_sheets("microsoft_forms", files, result, recognizes, _split)
    return assemble(_answers(sheets), options, result)


def _split(rows: Sequence[list[str]]) -> tuple[int, int]:
    return next(number for number, cells in enumerate(rows) if any(cells)), 1


def _answers(sheets: Iterator[Sheet]) -> Iterator[Answers]:
    for sheet in sheets:
        people, questions, left_out = {}, [], []
        for number, heading in enumerate(sheet.header):
            plain = plain_heading(heading)
            if plain == "total points":
                questions.append(Question(text="Score", cells=sheet.frame[number], fact=True))
            elif not plain or plain in (*_OWN, *_QUIZ) or _GRADED.match(heading):
                left_out += [heading] if plain in _QUIZ or _GRADED.match(heading) else []
            elif is_personal(heading):
                people[heading] = sheet.frame[number]
            else:
                questions.append(_question(heading, sheet.frame[number]))
        yield Answers(
            file=sheet.file,
            stem=sheet.stem,
            ids=sheet.cells("id"),
            own_ids=False,
            dates=sheet.cells("completion time"),
            date_column="Completion time",
            questions=questions,
            people=people,
            left_out=[*people, *left_out],
        )


def _question(heading: str, cells) -> Question:
    """Return the question; choices of several are `A;B;`, which is how they are told."""
    answers = cells[cells != ""]
    several = len(answers) > 0 and bool(answers.str.endswith(";").all())
    if several:
        cells = cells.str.strip(";").str.replace(";", "; ", regex=False)
    return Question(text=heading, cells=cells, several=several and bool(cells.str.contains("; ").any()))
