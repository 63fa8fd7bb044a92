"""Google Forms: one header record, `Timestamp[,Email Address],<questions>`; a quiz adds Score."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from pathlib import Path

from outreach_metrics.convert.headings import is_personal
from outreach_metrics.convert.model import Converted, Options
from outreach_metrics.convert.sheets import Sheet, plain_heading, read_sheets
from outreach_metrics.convert.survey import Answers, Question, assemble, content_ids

TIMESTAMPS = (
    "timestamp", "marca temporal", "horodateur", "zeitstempel", "carimbo de data/hora",
    "informazioni cronologiche", "tijdstempel", "отметка времени", "sygnatura czasowa",
    "時間戳記", "时间戳记",
)  # fmt: skip
_MATRIX = re.compile(r"\S\s*\[([^\]]+)\]$")
_GRADED = re.compile(r" \[(score|feedback)\]$")


def recognizes(rows: Sequence[list[str]]) -> bool:
    """Whether the first records are of a Google Forms export."""
    first = next(filter(any, rows), [""])
    return plain_heading(first[0]) in TIMESTAMPS


def convert(files: Sequence[Path], options: Options) -> Converted:
    """Return the tables of Google Forms exports."""
    result = Converted()
    sheets = read_sheets("google_forms", files, result, recognizes, _split)
    return assemble(_answers(sheets), options, result)


def _split(rows: Sequence[list[str]]) -> tuple[int, int]:
    return next(number for number, cells in enumerate(rows) if any(cells)), 1


def _answers(sheets: Iterator[Sheet]) -> Iterator[Answers]:
    for sheet in sheets:
        quiz = sheet.find("score") is not None
        people, questions, left_out = {}, [], []
        for number, heading in enumerate(sheet.header[1:], start=1):
            if not heading or (quiz and _GRADED.search(heading.casefold())):
                left_out += [heading] if heading else []
            elif is_personal(heading):
                people[heading] = sheet.frame[number]
            elif quiz and plain_heading(heading) == "score":
                score = sheet.frame[number].str.partition("/")[0].str.strip()
                questions.append(Question(text=heading, cells=score, fact=True))
            else:
                row = _MATRIX.search(heading)
                questions.append(Question(text=heading, row=row[1] if row else "", cells=sheet.frame[number]))
        yield Answers(
            file=sheet.file,
            stem=sheet.stem,
            ids=content_ids(sheet.frame[0], questions),
            dates=sheet.frame[0],
            date_column=sheet.header[0],
            questions=questions,
            people=people,
            left_out=[*people, *left_out],
        )
