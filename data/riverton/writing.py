"""Rows to files, the same bytes every time."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from pathlib import Path

import pandas as pd

from outreach_metrics.study.tables import TABLES

Row = dict[str, object]


def frame(table: str, rows: Iterable[Row], extra: tuple[str, ...] = ()) -> pd.DataFrame:
    """Return the rows as a table: the contract's columns that are used, in its order, then the extra ones."""
    rows = list(rows)
    used = {name for row in rows for name in row}
    names = [column.name for column in TABLES[table].columns if column.name in used]
    unplaced = used - set(names) - set(extra)
    if unplaced:
        raise ValueError(f"{table}: columns {sorted(unplaced)} are not in the contract")
    return pd.DataFrame(rows, columns=[*names, *extra], dtype=object)


def write_tables(tables: Mapping[str, pd.DataFrame], folder: Path) -> None:
    """Write every table as TABLE.csv: UTF-8, LF, no index, values as they are."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, table in tables.items():
        table.to_csv(folder / f"{name}.csv", index=False, lineterminator="\n", encoding="utf-8")


def write_text(text: str, path: Path) -> None:
    """Write text with LF line ends."""
    path.write_text(text, encoding="utf-8", newline="\n")


def write_json(value: object, path: Path) -> None:
    """Write JSON, indented, keys in the order they were made."""
    write_text(json.dumps(value, indent=1, ensure_ascii=False) + "\n", path)
