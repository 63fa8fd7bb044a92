"""CSV in any usual encoding and separator, tab-separated ".xls", XLSX -> records of clean text."""

from __future__ import annotations

import codecs
import csv
import io
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from statistics import median

import pandas as pd

from outreach_metrics.convert.kinds import recognized
from outreach_metrics.convert.languages import foreign_headings
from outreach_metrics.convert.model import Converted
from outreach_metrics.errors import Problem, StudyError
from outreach_metrics.study.reading import (
    LONG_CELL,
    OPEN_QUOTATION,
    Row,
    UnreadableError,
    sheet_names,
    sheet_records,
)
from outreach_metrics.study.wording import listing, plural

LOOKED_AT = 40
_INVISIBLE = {ord(mark): None for mark in "\ufeff\u200b\u200e\u200f\x00"} | {ord("\u00a0"): " ", 0x202F: " "}
_SHORT = 80


@dataclass(slots=True)
class Sheet:
    """One file: headings, and the cells below them as a frame whose columns are numbered from 0.

    The index of `frame` is the record's number as a spreadsheet shows it.
    """

    file: str
    stem: str
    header: list[str]
    frame: pd.DataFrame
    above: list[list[str]] = field(default_factory=list)

    def find(self, *names: str) -> int | None:
        """Return the number of the first column that has one of the headings."""
        plain = [plain_heading(heading) for heading in self.header]
        return next((plain.index(name) for name in names if name in plain), None)

    def cells(self, *names: str) -> pd.Series:
        """Return the cells under the first of the headings that is there, else empty cells."""
        number = self.find(*names)
        if number is None:
            return pd.Series("", index=self.frame.index, dtype=object)
        return self.frame[number]


def plain_heading(text: str) -> str:
    """Return a heading as headings are compared.

    Examples
    --------
    >>> plain_heading("E-mail  Address:*")
    'email address'
    """
    words = text.casefold().replace("e-mail", "email").replace("_", " ").split()
    return " ".join(words).strip(" :*?.¿")


def failure(file: str, message: str, rule: str, **place: object) -> StudyError:
    """Return the error of a file that cannot be used."""
    return StudyError([Problem(severity="error", file=file, message=message, rule=rule, **place)])  # type: ignore[arg-type]


def read_sheets(
    kind: str,
    files: Sequence[Path],
    result: Converted,
    recognizes: Callable[[Sequence[list[str]]], bool],
    split: Callable[[Sequence[list[str]]], tuple[int, int]],
    pad: bool = False,
) -> Iterator[Sheet]:
    """Yield the sheets that can be used; those that cannot are told.

    Parameters
    ----------
    kind : str
        Name of the kind that the files should be of.
    files : sequence of Path
    result : Converted
        Receives the problems and the rows left out.
    recognizes : function
        Whether the first records are of the kind.
    split : function
        First records -> the number (from 0) of the header record, and how many records the header has.
    pad : bool
        Whether rows shorter than the header are complete.
    """
    for path in files:
        try:
            records, above = _open(kind, path, result, recognizes)
            yield _sheet(path, records, split(above), result, pad)
        except StudyError as error:
            result.problems += error.problems


def _open(
    kind: str, path: Path, result: Converted, recognizes: Callable[[Sequence[list[str]]], bool]
) -> tuple[list[Row], list[list[str]]]:
    try:
        records = list(_records(path, result))
    except UnreadableError as error:
        raise failure(path.name, str(error), error.rule) from error
    above = [cells for _, cells in islice(records, LOOKED_AT)]
    if not any(any(cells) for cells in above):
        raise failure(path.name, "is empty", "empty_file")
    _refuse_foreign(path.name, next(filter(any, above)))
    if not recognizes(above):
        other = recognized(above, but=kind)
        looks = "; its headings must be those of an English export"
        if other:
            looks = f"; it looks like {other}: use `convert {other}`"
        first = listing((cell for cell in next(filter(any, above)) if cell), most=6)
        raise failure(
            path.name, f"is no export of the kind {kind} (it begins with {first}){looks}", "wrong_kind"
        )
    return records, above


def _refuse_foreign(file: str, header: Sequence[str]) -> None:
    language, english = foreign_headings(header)
    if language:
        names = listing((f"{name!r} is {meant!r}" for name, meant in english.items()), most=6)
        message = (
            f"its headings are {language}, and only English ones are read: set the tool to English and "
            f"export again, or write the English headings into the file ({names})"
        )
        raise failure(file, message, "foreign_headings")


def _sheet(path: Path, records: list[Row], split: tuple[int, int], result: Converted, pad: bool) -> Sheet:
    first, height = split
    header = list(records[first][1])
    while (
        header
        and not any(_cell(cells, len(header) - 1) for _, cells in records[first : first + height])
        and not any(_cell(cells, len(header) - 1) for _, cells in records[first + height :])
    ):
        header.pop()
    rows, index = _body(path.name, records[first + height :], len(header), result, pad)
    if not rows:
        result.tell(path.name, "holds no usable row below its header", "empty_table")
    columns = list(zip(*rows, strict=True)) if rows else [()] * len(header)
    frame = pd.DataFrame(
        {number: pd.Series(list(cells), index=index, dtype=object) for number, cells in enumerate(columns)},
        index=pd.Index(index, dtype="int64"),
    )
    above = [cells for _, cells in records[: first + height]]
    return Sheet(path.name, path.stem, header, frame, above)


def _cell(cells: Sequence[str], number: int) -> str:
    return cells[number] if number < len(cells) else ""


def _body(
    file: str, records: list[Row], width: int, result: Converted, pad: bool
) -> tuple[list[list[str]], list[int]]:
    """Return the rows as wide as the header, and their numbers; the others are told and counted."""
    rows, index, ragged = [], [], []
    while records and not any(records[-1][1]):
        records.pop()
    for number, cells in records:
        result.read += 1
        if not any(cells):
            result.dropped["blank row"] += 1
        elif any(cells[width:]) or (len(cells) < width and not pad):
            ragged.append((number, len(cells)))
        else:
            rows.append(cells[:width] + [""] * (width - len(cells)))
            index.append(number)
    if ragged:
        number, found = ragged[0]
        result.dropped["not as many cells as the header"] += len(ragged)
        more = f" (as are {plural(len(ragged) - 1, 'more row')})" if ragged[1:] else ""
        message = (
            f"has {plural(found, 'cell')} where the header has {width}, and is left out{more}; "
            "a value that holds the separator or a line break needs quotation marks"
        )
        result.tell(file, message, "ragged_row", "error", row=number)
    return rows, index


def _records(path: Path, result: Converted) -> Iterator[Row]:
    with path.open("rb") as stream:
        start = stream.read(4096)
    if start.startswith(b"PK\x03\x04"):
        yield from _clean_records(_workbook(path, result))
        return
    if start.startswith(b"\xd0\xcf\x11\xe0"):
        raise UnreadableError("is an old Excel workbook: save it again as .xlsx or CSV", "workbook")
    if start.lstrip().lower().startswith((b"<html", b"<!doctype", b"<table", b"<?xml")):
        raise UnreadableError("is a web page, not a table: open it and save it as .xlsx or CSV", "web_page")
    encoding = _encoding(path, start, result)
    yield from _clean_records(_text_records(path, encoding, result))


def _workbook(path: Path, result: Converted) -> Iterator[Row]:
    if path.suffix.lower() != ".xlsx":
        raise UnreadableError("is a workbook; give its name the ending .xlsx", "workbook")
    found = [(name, list(sheet_records(path, name))) for name in sheet_names(path)]
    filled = [(name, rows) for name, rows in found if rows]
    if len(filled) > 1:
        others = listing(name for name, _ in filled[1:])
        result.tell(path.name, f"only the sheet {filled[0][0]} is read, not {others}", "several_sheets")
    yield from filled[0][1] if filled else ()


def _encoding(path: Path, start: bytes, result: Converted) -> str:
    if start.startswith(codecs.BOM_UTF8):
        return "utf-8-sig"
    if start.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    for offset, encoding in ((1, "utf-16-le"), (0, "utf-16-be")):
        half = start[offset::2]
        if half and half.count(0) > 0.4 * len(half):
            return encoding
    decoder = codecs.getincrementaldecoder("utf-8")()
    try:
        with path.open("rb") as stream:
            for part in iter(lambda: stream.read(1 << 20), b""):
                decoder.decode(part)
            decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        message = "is not UTF-8 text and is read as Windows-1252; look whether accents are right"
        result.tell(path.name, message, "encoding")
        return "cp1252"
    return "utf-8"


def _text_records(path: Path, encoding: str, result: Converted) -> Iterator[Row]:
    with path.open(encoding=encoding, errors="replace", newline="") as stream:
        separator = _separator(stream.read(1 << 16))
        stream.seek(0)
        reader = csv.reader(stream, delimiter=separator, strict=True)
        number = 0
        while True:
            number += 1
            try:
                cells = next(reader)
            except StopIteration:
                return
            except csv.Error as error:
                _tell_broken(path.name, number, str(error), result)
                if "limit" in str(error):
                    return
                continue
            if number == 1 and len(cells) < 3 and cells and cells[0].lstrip("\ufeff").startswith("sep="):
                continue
            yield number, cells


def _tell_broken(file: str, row: int, error: str, result: Converted) -> None:
    result.read += 1
    result.dropped["cell too long" if "limit" in error else "broken quotation marks"] += 1
    message = 'a quotation mark inside a value must be doubled (""); the row is left out'
    if "limit" in error:
        message = LONG_CELL
    elif "unexpected end" in error:
        message = OPEN_QUOTATION
    result.tell(file, message, "quotes", "error", row=row)


def _separator(text: str) -> str:
    """Return the separator that gives the widest records; the comma when none is better."""
    widths = {}
    for separator in (",", "\t", ";"):
        reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator)
        try:
            found = [len(cells) for cells in islice(reader, 10) if any(cells)]
        except csv.Error:
            found = []
        widths[separator] = (median(found), max(found)) if found else (0, 0)
    return max(widths, key=lambda separator: widths[separator])


def _clean_records(records: Iterator[Row]) -> Iterator[Row]:
    """Yield records with clean cells; equal short cells are one object, which keeps large files small."""
    seen: dict[str, str] = {}
    for number, cells in records:
        clean = []
        for cell in cells:
            known = seen.get(cell)
            if known is None:
                known = cell.translate(_INVISIBLE).strip()
                if len(cell) < _SHORT:
                    seen[cell] = known
            clean.append(known)
        yield number, clean


def drop(frame: pd.DataFrame, mask: pd.Series, reason: str, dropped: Counter[str]) -> pd.DataFrame:
    """Return the frame without the rows of the mask, which are counted under the reason."""
    if mask.any():
        dropped[reason] += int(mask.sum())
        return frame.loc[~mask]
    return frame
