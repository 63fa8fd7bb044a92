"""The file of the incidents -> rows of text in DuckDB; what cannot be read is counted, with its row."""

from __future__ import annotations

import csv
import tempfile
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from outreach_metrics.errors import Problem
from outreach_metrics.study.model import Settings
from outreach_metrics.study.reading import (
    LONG_CELL,
    OPEN_QUOTATION,
    Draft,
    Source,
    UnreadableError,
    csv_header,
    read_table,
)
from outreach_metrics.study.settings import INCIDENT_COLUMNS
from outreach_metrics.study.tables import TABLES
from outreach_metrics.study.wording import listing, plural, suggestion

_REJECTED = {
    "TOO MANY COLUMNS": "more cells than the header",
    "TOO FEW COLUMNS": "fewer cells than the header",
    "UNQUOTED VALUE": "broken quotation marks",
    "INVALID ENCODING": "not UTF-8 text",
    "LINE SIZE OVER MAXIMUM": "broken quotation marks",
}
_REMEDY = {
    "not UTF-8 text": " (perhaps Latin-1 or Windows-1252); save the file as 'CSV UTF-8' and none is lost"
}


@dataclass(slots=True)
class IncidentSource:
    """The file of the incidents, and which of its columns are which of the contract's.

    `headers` are all columns of the file in order; `columns` maps the contract's names to positions in it.
    """

    path: Path
    file: str
    sheet: str = ""
    headers: list[str] = field(default_factory=list)
    columns: dict[str, int] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    draft: Draft | None = None

    @property
    def usable(self) -> bool:
        """Whether the rows can be read."""
        return not any(problem.severity == "error" for problem in self.problems)

    @property
    def typed(self) -> bool:
        """Whether the file holds dates as dates, so that their text is ISO whatever format is declared."""
        return bool(self.sheet) or self.path.suffix == ".parquet"

    @property
    def unknown_columns(self) -> tuple[str, ...]:
        """Columns that nothing uses."""
        used = set(self.columns.values())
        return tuple(name for number, name in enumerate(self.headers) if number not in used and name)

    def tell(self, message: str, rule: str, column: str = "") -> None:
        """Add an error: the incidents cannot be used."""
        self.problems.append(
            Problem(severity="error", file=self.file, message=message, rule=rule, column=column)
        )


def find_incidents(
    folder: Path, settings: Settings, found: Source | None, problems: list[Problem]
) -> IncidentSource | None:
    """Return the file of the incidents, or None when the study has none.

    Parameters
    ----------
    folder : pathlib.Path
    settings : Settings
        `incidents` may hold the path and the names of the columns.
    found : Source or None
        The table incidents in the study folder.
    problems : list of Problem
        Receives the problems of the path itself.
    """
    path = settings.incidents.get("path")
    if path is not None:
        if found is not None:
            message = f"names {path!r}, but the study holds {found.file} too; that file is not used"
            problems.append(_setting("path", message, "two_forms", "warning"))
        found = Source(folder / str(path))
        if not found.path.is_file() or found.path.suffix.lower() not in (".csv", ".parquet", ".txt"):
            what = "is not a CSV or Parquet file" if found.path.exists() else "is not there"
            problems.append(
                _setting("path", f"{str(path)!r} {what}, so that there are no crime figures", "missing_file")
            )
            return None
    if found is None:
        return None
    source = IncidentSource(path=found.path, file=found.file, sheet=found.sheet)
    try:
        source.headers = _headers(source)
        _match_columns(source, settings.incidents.get("columns", {}))
    except UnreadableError as error:
        source.tell(str(error), error.rule)
    return source


def _setting(key: str, message: str, rule: str, severity: str = "error") -> Problem:
    return Problem(
        severity=severity, file="study.toml", column=f"incidents.{key}", message=message, rule=rule
    )


def _headers(source: IncidentSource) -> list[str]:
    if source.sheet:
        source.draft = read_table(TABLES["incidents"], Source(source.path, source.sheet))
        source.problems += source.draft.problems
        return list(source.draft.frame.columns)
    if source.path.suffix == ".parquet":
        try:
            return [name.strip() for name in pq.read_schema(source.path).names]
        except (pa.ArrowInvalid, OSError) as error:
            raise UnreadableError("cannot be read as Parquet", "parquet") from error
    return csv_header(source.path)


def _match_columns(source: IncidentSource, named: dict[str, str]) -> None:
    """Find each column of the contract under the header that study.toml names, or under its own name."""
    for column in INCIDENT_COLUMNS:
        header = named.get(column, column).strip()
        if header in source.headers:
            source.columns[column] = source.headers.index(header)
        elif column in named:
            hint = suggestion(header, source.headers)
            has = listing(source.headers, most=30)
            message = f"{header!r} is not a column of {source.file}{hint}; it has {has}"
            source.problems.append(_setting(f"columns.{column}", message, "missing_column"))
    for column in ("incident_id", "occurred_at", "offense"):
        if column not in source.columns and column not in named:
            message = (
                f"the column is missing; name the one that holds it under [incidents] in study.toml, as in "
                f'columns = {{ {column} = "..." }}. The file has {listing(source.headers, most=30)}'
            )
            source.tell(message, "missing_column", column)
    if not {"area_id"} & set(source.columns) and not {"latitude", "longitude"} <= set(source.columns):
        source.tell(
            "there is neither a column area_id nor latitude and longitude", "missing_column", "area_id"
        )


def load_rows(
    base: duckdb.DuckDBPyConnection, source: IncidentSource, problems: list[Problem]
) -> tuple[int, dict[str, int]]:
    """Make the table `incident_rows`: the contract's columns as text (NULL where empty), and `row`.

    Parameters
    ----------
    base : duckdb connection
    source : IncidentSource
    problems : list of Problem
        Receives a warning for each way in which rows could not be read.

    Returns
    -------
    rows_read : int
        Records in the file, without the header; those that could not be read count.
    dropped : dict of str to int
        Records that could not be read, by reason.
    """
    if source.draft is not None:
        frame = source.draft.frame.reset_index(names="row__")
        base.register(
            "file_rows",
            pa.table(
                {f"c{i}": frame[n].tolist() for i, n in enumerate(source.headers)}
                | {"n": frame["row__"].tolist()}
            ),
        )
        base.execute(_select(source, "n", "file_rows"))
        return source.draft.rows_read, dict(source.draft.dropped)
    if source.path.suffix == ".parquet":
        base.execute(_select(source, "1 + row_number() OVER ()", _parquet_scan(base, source)))
        return _size(base), {}
    return _load_csv(base, source, problems)


def _select(source: IncidentSource, row: str, scan: str) -> str:
    cells = ", ".join(
        (
            f"nullif(trim(CAST(c{source.columns[name]} AS VARCHAR), {_BLANKS}), '')"
            if name in source.columns
            else "CAST(NULL AS VARCHAR)"
        )
        + f" AS {name}"
        for name in INCIDENT_COLUMNS
    )
    return f"CREATE TABLE incident_rows AS SELECT {row} AS row, {cells} FROM {scan}"


_BLANKS = "' ' || chr(9) || chr(10) || chr(13) || chr(160)"


def _parquet_scan(base: duckdb.DuckDBPyConnection, source: IncidentSource) -> str:
    """Return a scan in which whole floats read as whole numbers, as they do in a CSV file."""
    types = base.sql(f"SELECT * FROM read_parquet({_quoted(source.path)}) LIMIT 0").types
    cells = [
        f"regexp_replace(CAST(c{number} AS VARCHAR), '\\.0$', '') AS c{number}"
        if str(kind) in ("DOUBLE", "FLOAT")
        else f"c{number}"
        for number, kind in enumerate(types)
    ]
    names = ", ".join(f"c{number}" for number in range(len(types)))
    return f"(SELECT {', '.join(cells)} FROM read_parquet({_quoted(source.path)}) AS t({names}))"


def _quoted(path: Path) -> str:
    return "'" + str(path).replace("'", "''") + "'"


def _load_csv(
    base: duckdb.DuckDBPyConnection, source: IncidentSource, problems: list[Problem]
) -> tuple[int, dict[str, int]]:
    dropped: dict[str, int] = {}
    row, lines, sentence = _open_quotation(source.path)
    if row:
        dropped["cell too long" if sentence == LONG_CELL else "broken quotation marks"] = 1
        problem = Problem(severity="error", file=source.file, row=row, message=sentence, rule="quotes")
        problems.append(problem)
    with tempfile.TemporaryDirectory() as folder:
        clean = Path(folder) / "incidents.csv"
        try:
            if row:
                _clean_copy(source.path, clean, lines)
            _scan(base, source, clean if row else source.path)
        except duckdb.InvalidInputException:
            _clean_copy(source.path, clean, lines)
            _scan(base, source, clean)
    _tell_rejects(base, source, dropped, problems)
    return _size(base) + sum(dropped.values()), dropped


def _size(base: duckdb.DuckDBPyConnection) -> int:
    return base.sql("SELECT count(*) FROM incident_rows").fetchall()[0][0]


def _scan(base: duckdb.DuckDBPyConnection, source: IncidentSource, path: Path) -> None:
    """Read with a declared dialect: the engine's guessing of dialects loses rows without a word."""
    columns = ", ".join(f"'c{number}': 'VARCHAR'" for number in range(len(source.headers)))
    scan = f"""read_csv({_quoted(path)}, auto_detect=false, header=true, delim=',', quote='"', escape='"',
        columns={{{columns}}}, null_padding=true, store_rejects=true, strict_mode=true, parallel=false)"""
    base.execute("DROP TABLE IF EXISTS incident_rows")
    base.execute("DROP TABLE IF EXISTS reject_errors")
    base.execute("DROP TABLE IF EXISTS reject_scans")
    base.execute(_select(source, "1 + row_number() OVER ()", scan))


def _clean_copy(path: Path, clean: Path, lines: int) -> None:
    """Copy the first lines (0: all) with one kind of line end; other bytes stay as they are."""
    with (
        path.open(encoding="utf-8", errors="surrogateescape", newline=None) as old,
        clean.open("w", encoding="utf-8", errors="surrogateescape", newline="") as new,
    ):
        new.writelines(islice(old, lines or None))


def _open_quotation(path: Path) -> tuple[int, int, str]:
    """Return the row whose quotation mark is never closed, the lines before it, and the sentence; or zeros.

    The engine ends such a file in silence. An even number of marks cannot hold one, and is the cheap case.
    """
    with path.open("rb") as stream:
        marks = sum(block.count(b'"') for block in iter(lambda: stream.read(1 << 20), b""))
    if marks % 2 == 0:
        return 0, 0, ""
    with path.open(encoding="utf-8", errors="surrogateescape", newline="") as stream:
        reader = csv.reader(stream, strict=True)
        row = 0
        while True:
            row, lines = row + 1, reader.line_num
            try:
                next(reader)
            except StopIteration:
                return 0, 0, ""
            except csv.Error as error:
                if "unexpected end" in str(error) or "limit" in str(error):
                    return row, lines, LONG_CELL if "limit" in str(error) else OPEN_QUOTATION


def _tell_rejects(
    base: duckdb.DuckDBPyConnection, source: IncidentSource, dropped: dict[str, int], problems: list[Problem]
) -> None:
    """Count the records that the engine rejected, tell each kind once, and number the rows after them."""
    rejects = base.sql("""
        SELECT line, arg_min(CAST(error_type AS VARCHAR), column_idx) FROM reject_errors
        GROUP BY line ORDER BY line
        """).fetchall()
    kinds: dict[str, list[int]] = {}
    for line, kind in rejects:
        kinds.setdefault(_REJECTED.get(kind, kind.lower()), []).append(line)
    for reason, lines in kinds.items():
        dropped[reason] = dropped.get(reason, 0) + len(lines)
        message = (
            f"{plural(len(lines), 'row')} left out that cannot be read: {reason}{_REMEDY.get(reason, '')}"
        )
        problems.append(
            Problem(severity="warning", file=source.file, row=lines[0], message=message, rule="rejected_row")
        )
    if rejects:
        _renumber(base, [line for line, _ in rejects])


def _renumber(base: duckdb.DuckDBPyConnection, rejected: list[int]) -> None:
    before = [line - 1 - number for number, line in enumerate(rejected)]
    base.register("shifts", pa.table({"row": before, "shift": range(1, len(before) + 1)}))
    base.execute("""
        CREATE OR REPLACE TABLE incident_rows AS
        SELECT incident_rows.* REPLACE (incident_rows.row + coalesce(shift, 0) AS row)
        FROM incident_rows ASOF LEFT JOIN (SELECT row, max(shift) AS shift FROM shifts GROUP BY row) AS shifts
          ON incident_rows.row > shifts.row""")
    base.unregister("shifts")
