"""Rules within one table: pandera finds what breaks them, and it is told here in sentences."""

from __future__ import annotations

from collections.abc import Callable
from re import ASCII, IGNORECASE, fullmatch

import pandas as pd
import pandera.pandas as pa

from outreach_metrics.study.reading import Draft, suggest_header
from outreach_metrics.study.tables import Column, Table
from outreach_metrics.study.values import PARSERS, parse_period
from outreach_metrics.study.wording import listing, normal_label, shortened, suggestion

# Names beside the folders of the programs, and names that Windows gives no folder.
_TAKEN = (
    r"portfolio.*|index\.html|quality\.html|manifest\.json|estimates\.csv|results\.json|quality\.json|charts"
    r"|(con|prn|aux|nul|com\d|lpt\d)(\..*)?"
)
PROGRAM_ID = r"[A-Za-z0-9][A-Za-z0-9._-]*"

# A bad value here changes what the row means, so the row cannot be used without it.
_DECISIVE = {("responses", "arm"), ("items", "reversed"), ("program_areas", "start_date")}
# A required column whose cells may be missing: an area without residents still has incidents.
_FORGIVING = {("areas", "population")}
_ARMS = ("program", "comparison", "partner")

# What is said of a value that may be a name or a phone number in the wrong column: not the value itself.
_VEILED = {
    "date": "is not a date (expected YYYY-MM-DD)",
    "number": "is not a number",
    "boolean": "is neither yes nor no (expected true or false)",
    "choice": f"is not one of {', '.join(_ARMS)}",
    "range": "is smaller or larger than it can be",
}

Sentence = Callable[[str], str]


def check_cells(draft: Draft) -> None:
    """Check the columns and cells of a draft; drop rows that cannot be used, blank bad optional values.

    Parameters
    ----------
    draft : Draft
        Changed in place: its frame, its problems, its count of dropped rows.
    """
    if not draft.usable or not _has_columns(draft):
        return
    schema = schema_of(draft.table, draft.frame)
    try:
        schema.validate(draft.frame, lazy=True)
    except pa.errors.SchemaErrors as found:
        _tell_cells(draft, found.failure_cases)
    _tell_repeats(draft)
    if draft.table.name == "programs":
        _tell_respelt_ids(draft)


def _tell_respelt_ids(draft: Draft) -> None:
    """Leave out programs whose id is another's but for case: some disks give both one folder."""
    ids = draft.frame["program_id"]
    plain = ids.str.lower()
    rows = list(ids.index[plain.duplicated()])
    first = {row: ids.index[plain == plain[row]][0] for row in rows}
    messages = [
        f"{ids[row]!r} differs from {ids[first[row]]!r} of row {first[row]} in upper and lower case alone, "
        "so that their reports would share a folder; the first is used"
        for row in rows[:5]
    ]
    draft.tell_rows(rows, messages, "program_id_case", column="program_id")
    draft.drop(rows, "program_id differs in case alone")


def schema_of(table: Table, frame: pd.DataFrame) -> pa.DataFrameSchema:
    """Return the pandera schema of a table's text cells, for the columns that are there."""
    columns = {
        column.name: pa.Column(checks=_checks(table, column), required=column.required, nullable=True)
        for column in table.columns
        if column.name in frame or column.required
    }
    return pa.DataFrameSchema(columns)


def _has_columns(draft: Draft) -> bool:
    missing = [name for name in draft.table.required if name not in draft.frame]
    for name in missing:
        hint = suggest_header(name, draft.unknown_columns)
        message = f"the column is missing{hint}; the columns are {_headers(draft)}"
        draft.tell(message, "missing_column", column=name)
    if missing and draft.table.holds_people:
        draft.unknown_columns = ()
    if missing:
        draft.give_up(f"column {missing[0]} is missing")
    for column in draft.table.columns:
        if not column.required and column.name not in draft.frame:
            _tell_respelt(draft, column.name)
    return not missing


def _headers(draft: Draft) -> str:
    """Return the column names; a sheet of people without a header has a person in its place."""
    names = list(draft.frame.columns)
    if not draft.table.holds_people:
        return listing(names, most=12)
    known = [name for name in names if name not in draft.unknown_columns]
    others = f"{len(names) - len(known)} that are not of this table"
    return listing([*known, others][: len(known) + (len(names) > len(known))], most=12)


def _tell_respelt(draft: Draft, name: str) -> None:
    hint = suggest_header(name, draft.unknown_columns)
    if hint.startswith(";"):
        draft.tell(f"the column is missing{hint}", "column_spelling", "warning", column=name)


def _checks(table: Table, column: Column) -> list[pa.Check]:
    checks = []
    if column.required and _decisive(table, column):
        checks.append(pa.Check(lambda cells: cells != "", name="required"))
    for rule, sentence in _rules(table, column):
        checks.append(pa.Check(_holds(sentence), name=rule))
    return checks


def _holds(sentence: Sentence) -> Callable[[pd.Series], pd.Series]:
    def holds(cells: pd.Series) -> pd.Series:
        return cells.map({text: text == "" or not sentence(text) for text in cells.unique()}).astype(bool)

    return holds


def _rules(table: Table, column: Column) -> list[tuple[str, Sentence]]:
    """Return the rules of a column: a name, and the function that tells what is wrong with a value."""
    rules: list[tuple[str, Sentence]] = []
    choices = _ARMS if (table.name, column.name) == ("responses", "arm") else column.choices
    if column.kind in PARSERS:
        rules.append((column.kind, _kind_sentence(column)))
    if choices:
        rules.append(("choice", _choice_sentence(choices)))
    if any(bound is not None for bound in (column.minimum, column.above, column.maximum)):
        rules.append(("range", _range_sentence(column)))
    if (table.name, column.name) == ("programs", "program_id"):
        rules.append(("program_id", _program_id_sentence))
    return rules


def _kind_sentence(column: Column) -> Sentence:
    def sentence(text: str) -> str:
        try:
            PARSERS[column.kind](text)
        except ValueError as error:
            return str(error)
        return ""

    return sentence


def _choice_sentence(choices: tuple[str, ...]) -> Sentence:
    def sentence(text: str) -> str:
        if text in choices:
            return ""
        return f"{shortened(text)} is not one of {', '.join(choices)}{suggestion(text, choices)}"

    return sentence


def _range_sentence(column: Column) -> Sentence:
    def sentence(text: str) -> str:
        try:
            number = float(PARSERS[column.kind](text))  # type: ignore[arg-type]
        except ValueError:
            return ""
        if column.minimum is not None and number < column.minimum:
            return f"{text} is below {column.minimum:g}, the least that it can be"
        if column.above is not None and number <= column.above:
            return f"{text} is not above {column.above:g}"
        if column.maximum is not None and number > column.maximum:
            return f"{text} is above {column.maximum:g}, the most that it can be"
        return ""

    return sentence


def _program_id_sentence(text: str) -> str:
    if fullmatch(PROGRAM_ID, text, ASCII) and not text.endswith("."):
        if not fullmatch(_TAKEN, text, ASCII | IGNORECASE):
            return ""
        return (
            f"{shortened(text)} cannot name the folder of a report, because a file of the reports, or a "
            "device of Windows, has that name: use another"
        )
    return (
        f"{shortened(text)} cannot name the folder of a report: use letters, digits, '-', '_' and '.' only, "
        "and begin with a letter or digit"
    )


def _tell_cells(draft: Draft, failures: pd.DataFrame) -> None:
    """Tell every failure case of pandera; rows leave only after all are told."""
    leaving: dict[str, set[int]] = {}
    for (name, rule), cases in failures.groupby(["column", "check"], sort=False):
        column = draft.table.column(name)
        rows = sorted({int(row) for row in cases["index"]})
        decisive = _decisive(draft.table, column)
        messages = [_sentence(draft, column, str(rule), row) for row in rows]
        draft.tell_rows(rows, messages, str(rule), "error" if decisive else "warning", column=name)
        if decisive:
            reason = f"{name} is empty" if rule == "required" else f"{name} is not usable"
            leaving.setdefault(reason, set()).update(rows)
        else:
            draft.frame.loc[rows, name] = ""
    for reason, gone in leaving.items():
        draft.drop(gone, reason)


def _decisive(table: Table, column: Column) -> bool:
    """Whether a bad value of the column leaves the row out; else the value alone is missing."""
    place = (table.name, column.name)
    return (column.required or place in _DECISIVE) and place not in _FORGIVING


def _sentence(draft: Draft, column: Column, rule: str, row: int) -> str:
    if rule == "required":
        return "is empty, and the row cannot be used without it"
    text = draft.frame.loc[row, column.name]
    if draft.table.holds_people:
        sentence = f"the value {_VEILED[rule]}"
    else:
        sentence = dict(_rules(draft.table, column))[rule](text)
    return sentence if _decisive(draft.table, column) else f"{sentence}; it is treated as missing"


def _tell_repeats(draft: Draft) -> None:
    key = [name for name in draft.table.key if name in draft.frame]
    if not key or draft.frame.empty:
        return
    cells = draft.frame[key]
    if "period" in key:
        days = {text: str(parse_period(text)[1:]) for text in cells["period"].unique()}
        cells = cells.assign(period=cells["period"].map(days))
    if "offense" in key:
        cells = cells.assign(offense=cells["offense"].map(normal_label))
    groups = cells.groupby(key, sort=False, dropna=False)
    firsts = pd.Series(draft.frame.index, index=draft.frame.index).groupby(groups.ngroup()).transform("first")
    rows = draft.frame.index[cells.duplicated()]
    names = " and ".join([", ".join(key[:-1]), key[-1]] if len(key) > 1 else key)
    messages = [
        f"repeats row {firsts[row]}: each {names} may stand once; the first is used" for row in rows[:5]
    ]
    draft.tell_rows(list(rows), messages, "repeated", column=key[0] if len(key) == 1 else "")
    draft.drop(rows, "repeats another row")


def typed(draft: Draft) -> pd.DataFrame:
    """Return the usable rows with typed columns; every column of the contract is there.

    Returns
    -------
    DataFrame
        Dates are datetime64, numbers float64 (NaN where missing), `counts.count` int64, booleans
        nullable boolean, all else str with NaN where missing; unknown columns are kept as str.
    """
    table, frame = draft.table, draft.frame
    known = {column.name: column for column in table.columns}
    cells = {
        name: _typed_column(frame.get(name), known.get(name), frame.index)
        for name in [*known, *(name for name in frame if name not in known)]
    }
    result = pd.DataFrame(cells, index=frame.index)
    if table.name == "counts":
        result["count"] = result["count"].astype("int64")
    return result


def _typed_column(cells: pd.Series | None, column: Column | None, index: pd.Index) -> pd.Series:
    if cells is None:
        cells = pd.Series("", index=index, dtype="str")
    kind = column.kind if column else "text"
    if kind in ("id", "text", "period"):
        return cells.where(cells != "")
    parse = PARSERS[kind]
    parsed = {text: parse(text) for text in cells.unique() if text != ""}
    if kind == "date":
        return pd.to_datetime(cells.map(parsed)).astype("datetime64[us]")
    values = cells.map(parsed)
    return values.astype("boolean" if kind == "boolean" else "float64")
