"""CSV, Parquet and XLSX -> tables of text. What was read, and what was dropped and why, is counted here."""

from __future__ import annotations

import csv
import hashlib
import io
import zipfile
import zlib
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time
from functools import reduce
from pathlib import Path

import numpy as np
import openpyxl
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from openpyxl.utils.exceptions import InvalidFileException

from outreach_metrics.errors import Problem
from outreach_metrics.study.model import InputFile, TableQuality
from outreach_metrics.study.quick_csv import quick_cells
from outreach_metrics.study.tables import TABLES, Table
from outreach_metrics.study.wording import listing, plain_name, plural, suggestion

WORKBOOK = "study.xlsx"
LARGEST_WORKBOOK = 500_000_000
LARGEST_RATIO = 300
NAMED_ROWS = 5
_ROWS_AT_ONCE = 50_000
OPEN_QUOTATION = (
    "a quotation mark is opened here and never closed; this row and those after it cannot be told apart"
)

LONG_CELL = (
    f"a cell holds more than {csv.field_size_limit():,} characters; this row and those after it are not read"
)
# What openpyxl raises for an archive whose parts are missing, cut off or no XML.
_BROKEN_BOOK = (
    zipfile.BadZipFile,
    InvalidFileException,
    zlib.error,
    ArithmeticError,
    AttributeError,
    EOFError,
    LookupError,
    OSError,
    RuntimeError,
    SyntaxError,
    TypeError,
    ValueError,
)
_NO_BOOK = ("cannot be opened as a workbook: save it again as .xlsx, without a password", "workbook")

Row = tuple[int, list[str]]


@dataclass(frozen=True, slots=True)
class Source:
    """Where a table stands: its file, and its sheet when the file is a workbook."""

    path: Path
    sheet: str = ""

    @property
    def file(self) -> str:
        """Name as the user knows it."""
        return f"{self.path.name}, sheet {self.sheet}" if self.sheet else self.path.name


@dataclass(slots=True)
class Draft:
    """A table while it is read and checked: text cells, indexed by the row that a spreadsheet shows."""

    table: Table
    file: str
    frame: pd.DataFrame
    rows_read: int = 0
    dropped: Counter[str] = field(default_factory=Counter)
    unknown_columns: tuple[str, ...] = ()
    problems: list[Problem] = field(default_factory=list)
    usable: bool = True
    program_ids: frozenset[str] = frozenset()

    def tell(self, message: str, rule: str, severity: str = "error", **place: object) -> None:
        """Add a problem of this file."""
        self.problems.append(
            Problem(severity=severity, file=self.file, message=message, rule=rule, **place)  # type: ignore[arg-type]
        )

    def tell_rows(
        self,
        rows: Sequence[int],
        messages: Sequence[str],
        rule: str,
        severity: str = "error",
        *,
        column: str = "",
    ) -> None:
        """Add a problem a row; beyond the first rows only how many more there are, programs excepted."""
        most = len(messages) if self.table.name == "programs" else NAMED_ROWS
        for row, message in zip(rows[:most], messages[:most], strict=True):
            value = (
                ""
                if self.table.holds_people or column not in self.frame or row not in self.frame.index
                else str(self.frame.loc[row, column])
            )
            self.tell(
                message,
                rule,
                severity,
                row=int(row),
                column=column,
                value=value,
                program_id=self._program(row),
            )
        beyond = len(rows) - most
        if beyond > 0:
            message = f"{plural(beyond, 'more row')} with the same problem (the next is row {rows[most]})"
            self.tell(message, rule, severity, column=column)

    def _program(self, row: int) -> str:
        if "program_id" not in self.frame or row not in self.frame.index:
            return ""
        program_id = str(self.frame.loc[row, "program_id"])
        return program_id if not self.table.holds_people or program_id in self.program_ids else ""

    def drop(self, rows: Iterable[int], reason: str) -> None:
        """Leave rows out and count them under the reason."""
        gone = self.frame.index.isin(list(rows))
        if gone.any():
            self.dropped[reason] += int(gone.sum())
            self.frame = self.frame.loc[~gone]

    def give_up(self, reason: str) -> None:
        """Leave the whole table out."""
        self.usable = False
        self.drop(self.frame.index, reason)

    def quality(self) -> TableQuality:
        """Return the balance of rows."""
        return TableQuality(
            table=self.table.name,
            file=self.file,
            rows_read=self.rows_read,
            rows_used=len(self.frame),
            dropped=dict(self.dropped),
            unknown_columns=self.unknown_columns,
        )


class UnreadableError(ValueError):
    """A file that cannot be read at all, with the reason as a sentence and a short rule."""

    def __init__(self, message: str, rule: str) -> None:
        super().__init__(message)
        self.rule = rule


def find_sources(folder: Path) -> tuple[dict[str, Source], list[Problem]]:
    """Find every table of a study folder.

    Returns
    -------
    sources : dict of table name to Source
        In the order of the contract.
    problems : list of Problem
        Tables in two forms (errors, the table is left out), and files with almost a table's name (warnings).
    """
    forms: dict[str, list[Source]] = {}
    problems: list[Problem] = []
    for path in sorted(folder.iterdir()):
        if path.is_dir():
            _tell_folder(path, problems)
        elif path.suffix in (".csv", ".parquet") and path.stem in TABLES:
            forms.setdefault(path.stem, []).append(Source(path))
        elif path.name == WORKBOOK:
            _find_sheets(path, forms, problems)
        elif path.suffix.lower() in (".csv", ".parquet", ".xlsx"):
            _tell_almost(path.name, path.stem, problems)
    sources = {}
    for name in TABLES:
        found = forms.get(name, [])
        if len(found) > 1:
            files = listing((source.file for source in found), most=4)
            message = f"the table {name} is there more than once ({files}); keep one of them"
            problems.append(Problem(severity="error", file=found[0].file, message=message, rule="two_forms"))
        elif found:
            sources[name] = found[0]
    return sources, problems


def _find_sheets(path: Path, forms: dict[str, list[Source]], problems: list[Problem]) -> None:
    try:
        names = sheet_names(path)
    except UnreadableError as error:
        problems.append(Problem(severity="error", file=path.name, message=str(error), rule=error.rule))
        return
    for name in names:
        if name in TABLES:
            forms.setdefault(name, []).append(Source(path, name))
        else:
            _tell_almost(f"{path.name}, sheet {name}", name, problems)


def _tell_folder(path: Path, problems: list[Problem]) -> None:
    if path.name == WORKBOOK or (path.suffix in (".csv", ".parquet") and path.stem in TABLES):
        message = "is a folder, not a file, so it is not used"
        problems.append(Problem(severity="error", file=path.name, message=message, rule="folder"))


def _tell_almost(file: str, stem: str, problems: list[Problem]) -> None:
    hint = suggestion(stem, [*TABLES, "study"])
    if hint:
        message = f"is not the name of a table, so it is not used{hint}"
        problems.append(Problem(severity="warning", file=file, message=message, rule="unknown_table"))


def fingerprint(path: Path) -> str:
    """Return the SHA-256 of a file."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def input_file(path: Path, rows: int) -> InputFile:
    """Return the record of a file that was read."""
    return InputFile(file=path.name, sha256=fingerprint(path), rows=rows)


def read_table(table: Table, source: Source) -> Draft:
    """Read one small table as text.

    Parameters
    ----------
    table : Table
    source : Source

    Returns
    -------
    Draft
        Cells as stripped text, "" where empty; the index is the row number of a spreadsheet. A file that
        cannot be read gives a draft that is not `usable`, with the problem.
    """
    draft = Draft(table, source.file, pd.DataFrame())
    quick = quick_cells(source.path) if source.path.suffix == ".csv" else None
    try:
        if quick is not None:
            _fill_quickly(draft, quick)
        else:
            fill_draft(draft, _records(source, draft))
    except UnreadableError as error:
        draft.tell(str(error), error.rule)
        draft.usable = False
    return draft


def _records(source: Source, draft: Draft) -> Iterator[Row]:
    if source.sheet:
        return sheet_records(source.path, source.sheet)
    if source.path.suffix == ".parquet":
        return _parquet_records(source.path)
    return csv_records(source.path, draft)


def fill_draft(draft: Draft, records: Iterator[Row]) -> None:
    """Put a header and its rows into a draft; ragged and blank rows are counted as dropped."""
    header = read_header(next(records, (1, []))[1])
    width = len(header)
    rows: list[list[str]] = []
    index: list[int] = []
    ragged: list[tuple[int, int]] = []
    parts: list[list[pa.Array]] = []
    for number, cells in records:
        draft.rows_read += 1
        if not any(cells):
            draft.dropped["blank row"] += 1
        elif len(cells) == width:
            rows.append(cells)
            index.append(number)
        elif _only_blank_beyond(cells, width):
            rows.append(cells[:width])
            index.append(number)
        else:
            ragged.append((number, len(cells)))
        if len(rows) == _ROWS_AT_ONCE:
            parts.append(_columns(rows, width))
            rows = []
    parts.append(_columns(rows, width))
    _tell_ragged(draft, ragged, width)
    _frame(draft, header, map(pa.chunked_array, zip(*parts, strict=True)), index)


def _fill_quickly(draft: Draft, columns: list[pa.ChunkedArray]) -> None:
    """Put the columns of a well-formed file into a draft; blank rows are counted as dropped."""
    header = read_header([column[0].as_py() for column in columns])
    cells = [column.slice(1) for column in columns]
    draft.rows_read = len(cells[0])
    filled = reduce(pc.or_, (pc.not_equal(column, "") for column in cells)).to_numpy()
    if not filled.all():
        draft.dropped["blank row"] = int(np.count_nonzero(~filled))
        cells = [column.filter(pa.array(filled)) for column in cells]
    _frame(draft, header, cells, np.flatnonzero(filled) + 2)


def _frame(draft: Draft, header: list[str], columns: Iterable[pa.ChunkedArray], rows: Sequence[int]) -> None:
    places = pd.Index(rows, dtype="int64")
    named = zip(header, columns, strict=True)
    cells = {name: column.to_pandas().set_axis(places) for name, column in named if name}
    draft.frame = pd.DataFrame(cells, index=places)
    known = [column.name for column in draft.table.columns]
    draft.unknown_columns = tuple(name for name in draft.frame if name not in known)


def _columns(rows: list[list[str]], width: int) -> list[pa.Array]:
    """Return rows as columns, which take a fraction of the memory."""
    columns = zip(*rows, strict=True) if rows else [()] * width
    return [pa.array(cells, type=pa.large_string()) for cells in columns]


def _only_blank_beyond(cells: list[str], width: int) -> bool:
    return len(cells) > width and not any(cells[width:])


def _tell_ragged(draft: Draft, ragged: list[tuple[int, int]], width: int) -> None:
    messages = [
        f"has {plural(cells, 'cell')} where the header has {width}; "
        "a value that holds a comma needs quotation marks"
        for _, cells in ragged
    ]
    draft.tell_rows([row for row, _ in ragged], messages, "ragged_row")
    if ragged:
        draft.dropped["not as many cells as the header"] += len(ragged)


def read_header(cells: Sequence[str]) -> list[str]:
    """Return the column names, "" for columns without one.

    Raises
    ------
    UnreadableError
        No header, a semicolon- or tab-separated file, or a name that stands twice.
    """
    names = [cell.strip().lstrip("\ufeff").strip() for cell in cells]
    if not any(names):
        raise UnreadableError("is empty: the first row must name the columns", "empty_file")
    if len(names) == 1:
        for mark, word in ((";", "semicolons"), ("\t", "tabs")):
            if mark in names[0]:
                message = f"is separated by {word}: save it again as CSV separated by commas (CSV UTF-8)"
                raise UnreadableError(message, "separator")
    twice = sorted(name for name, count in Counter(filter(None, names)).items() if count > 1)
    if twice:
        known = {column.name for table in TABLES.values() for column in table.columns}
        places = [number for number, name in enumerate(names, start=1) if name == twice[0]]
        which = listing(twice) if known.issuperset(map(plain_name, twice)) else f"columns {listing(places)}"
        raise UnreadableError(f"two columns have the same name: {which}", "duplicate_column")
    return names


def open_text(path: Path) -> io.TextIOWrapper:
    """Open a CSV file as strict UTF-8, with or without a byte order mark, newlines as they are."""
    return path.open(encoding="utf-8-sig", newline="")


def csv_records(path: Path, draft: Draft) -> Iterator[Row]:
    """Yield the records of a CSV file with their row numbers; a broken record is told and dropped."""
    number = 0
    nul = _holds(path, b"\0")
    with open_text(path) as stream:
        reader = csv.reader(stream, strict=True)
        while True:
            number += 1
            try:
                cells = next(reader)
            except StopIteration:
                return
            except UnicodeDecodeError as error:
                raise UnreadableError(*_not_utf8(number)) from error
            except csv.Error as error:
                draft.rows_read += 1
                draft.dropped["cell too long" if "limit" in str(error) else "broken quotation marks"] += 1
                draft.tell(_csv_sentence(str(error)), "quotes", row=number)
                if "limit" in str(error):
                    return
                continue
            yield (
                number,
                [cell.replace("\x00", "").strip() for cell in cells] if nul else [*map(str.strip, cells)],
            )


def _holds(path: Path, mark: bytes) -> bool:
    """Whether a byte occurs in a file."""
    with path.open("rb") as stream:
        return any(mark in block for block in iter(lambda: stream.read(1 << 20), b""))


def csv_header(path: Path) -> list[str]:
    """Return the column names of a CSV file without reading its rows.

    Raises
    ------
    UnreadableError
        As `read_header`, and a file that is not UTF-8.
    """
    with path.open(encoding="utf-8-sig", errors="surrogateescape", newline="") as stream:
        try:
            cells = next(csv.reader(stream), [])
        except csv.Error as error:
            raise UnreadableError(_csv_sentence(str(error)), "quotes") from error
    if any("\udc80" <= letter <= "\udcff" for cell in cells for letter in cell):
        raise UnreadableError(*_not_utf8(1))
    return read_header(cells)


def _not_utf8(row: int) -> tuple[str, str]:
    message = f"is not UTF-8 text (near row {row}): in Excel, save it as 'CSV UTF-8 (Comma delimited)'"
    return message, "encoding"


def _csv_sentence(error: str) -> str:
    if "limit" in error:
        return LONG_CELL
    if "unexpected end" in error:
        return OPEN_QUOTATION
    return 'a quotation mark inside a value must be doubled (""); the row is left out'


def sheet_names(path: Path) -> list[str]:
    """Return the sheets of a workbook, after looking at how large it would unpack.

    Raises
    ------
    UnreadableError
        Not a workbook, or one that unpacks to an absurd size.
    """
    book = _open_workbook(path)
    try:
        return [page.title for page in book.worksheets]
    finally:
        book.close()


def _open_workbook(path: Path) -> openpyxl.Workbook:
    try:
        with zipfile.ZipFile(path) as archive:
            unpacked = sum(entry.file_size for entry in archive.infolist())
        if unpacked > LARGEST_WORKBOOK or (
            unpacked > 50_000_000 and unpacked > LARGEST_RATIO * path.stat().st_size
        ):
            message = f"would unpack to {unpacked / 1e6:,.0f} MB and is not opened; save large tables as CSV"
            raise UnreadableError(message, "workbook_size")
        return openpyxl.load_workbook(path, read_only=True, data_only=True)
    except UnreadableError:
        raise
    except _BROKEN_BOOK as error:
        raise UnreadableError(*_NO_BOOK) from error


def sheet_records(path: Path, sheet: str) -> Iterator[Row]:
    """Yield the rows of one sheet of a workbook, cells as text."""
    book = _open_workbook(path)
    try:
        page = book[sheet]
        page.reset_dimensions()
        rows = [[cell_text(cell) for cell in cells] for cells in page.iter_rows(values_only=True)]
    except _BROKEN_BOOK as error:
        raise UnreadableError(*_NO_BOOK) from error
    finally:
        book.close()
    while rows and not any(rows[-1]):
        rows.pop()
    width = max((len(cells) for cells in rows), default=0)
    for number, cells in enumerate(rows, start=1):
        yield number, cells + [""] * (width - len(cells))


def _parquet_records(path: Path) -> Iterator[Row]:
    try:
        table = pq.read_table(path)
    except (pa.ArrowInvalid, OSError) as error:
        raise UnreadableError("cannot be read as Parquet", "parquet") from error
    yield 1, [str(name) for name in table.column_names]
    for number, cells in enumerate(
        zip(*(column.to_pylist() for column in table.columns), strict=True), start=2
    ):
        yield number, [cell_text(cell) for cell in cells]


def cell_text(cell: object) -> str:
    """Return a typed cell as the text that a CSV file would hold.

    Examples
    --------
    >>> [cell_text(cell) for cell in (None, 112.0, True, date(2024, 3, 5), "  0112 ", float("nan"))]
    ['', '112', 'true', '2024-03-05', '0112', '']
    """
    if cell is None or cell != cell:
        return ""
    if isinstance(cell, bool):
        return "true" if cell else "false"
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    if isinstance(cell, datetime):
        return cell.date().isoformat() if cell.time() == time() else cell.isoformat(sep=" ")
    if isinstance(cell, date | time):
        return cell.isoformat()
    return str(cell).replace("\x00", "").strip()


def suggest_header(missing: str, headers: Iterable[str]) -> str:
    """Return a hint when a header is the missing column in another spelling, or close to it."""
    for header in headers:
        if plain_name(header) == missing:
            return f"; rename the column {header!r} to {missing!r}"
    return suggestion(missing, headers)
