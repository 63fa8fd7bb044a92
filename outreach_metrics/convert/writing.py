"""Tables -> CSV files that are there whole or not at all, and never over what a person has written."""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Mapping
from pathlib import Path

import pandas as pd

from outreach_metrics.convert.model import Codebook, WrongUseError
from outreach_metrics.convert.sheets import plain_heading
from outreach_metrics.output import spreadsheet_text, write_files
from outreach_metrics.study.reading import UnreadableError, read_header
from outreach_metrics.study.wording import listing, plural

_WHOLE = r"-?\d{1,3}"
_KEYS = {
    "responses": ["respondent_id", "program_id", "wave"],
    "items": ["item"],
    "answer_codes": ["item", "answer"],
    "events": ["event_id"],
}


def read_codebook(folder: Path) -> Codebook:
    """Return what an earlier conversion into the folder decided; nothing when there was none."""
    items, codes = read_existing(folder / "items.csv"), read_existing(folder / "answer_codes.csv")
    if items is None or not {"item", "text", "low", "high"} <= set(items):
        return Codebook()
    by_item: dict[str, dict[str, str]] = {}
    if codes is not None and set(_KEYS["answer_codes"]) | {"code"} <= set(codes):
        for item, answer, code in zip(codes["item"], codes["answer"], codes["code"], strict=True):
            by_item.setdefault(item, {})[answer] = code
    whole = items[items["low"].str.fullmatch(_WHOLE) & items["high"].str.fullmatch(_WHOLE)]
    scales = {row.item: (int(row.low), int(row.high)) for row in whole.itertuples()}
    plain = items["text"].map(plain_heading)
    questions = zip(plain, plain.groupby(plain).cumcount() + 1, strict=True)
    texts = dict(zip(questions, items["item"], strict=True))
    return Codebook(items=texts, codes=by_item, scales=scales)


def read_existing(path: Path) -> pd.DataFrame | None:
    """Return a table that is there; None when there is none, or a template without rows."""
    if not path.exists():
        return None
    try:
        with path.open(encoding="utf-8-sig", newline="") as stream:
            rows = [row for row in csv.reader(stream) if any(row)]
            if len(rows) < 2:
                return None
            header = read_header(rows[0])
    except (UnicodeDecodeError, csv.Error, UnreadableError) as error:
        raise WrongUseError(f"{path} is there and cannot be read ({error}); use another folder") from error
    width = len(header)
    body = [row[:width] + [""] * (width - len(row)) for row in rows[1:]]
    return pd.DataFrame(body, columns=header, dtype=object)


def write_tables(tables: Mapping[str, pd.DataFrame], folder: Path, append: bool) -> list[str]:
    """Write every table, or none, and return a sentence about each.

    Parameters
    ----------
    tables : mapping of table name to DataFrame
    folder : Path
        Made when it is not there.
    append : bool
        Add to the tables that are there: rows that are there already stay as they are, and are not repeated.

    Raises
    ------
    WrongUseError
        A table is there with other rows, and `append` is not asked for.
    """
    clean = {name: _harmless_table(table) for name, table in tables.items()}
    for name in clean:
        others = [path.name for path in (folder / f"{name}.parquet", folder / "study.xlsx") if path.exists()]
        if others:
            raise WrongUseError(f"{folder} holds {listing(others)} already; convert into another folder")
    contents, sentences, taken = {}, [], []
    for name, table in clean.items():
        path = folder / f"{name}.csv"
        before, sentence = read_existing(path), plural(len(table), "row")
        if append and before is not None:
            table, sentence = _merged(name, before, table)
        contents[path] = _csv(table)
        sentences.append(f"{path}: {sentence}")
        if not append and before is not None and path.read_bytes() != contents[path]:
            taken.append(path.name)
    if taken:
        raise WrongUseError(
            f"{listing(taken, most=5)} {'is' if len(taken) == 1 else 'are'} in {folder} already: "
            "--append adds to what is there, or choose another --out"
        )
    write_files(contents)
    return sentences


def _harmless_table(table: pd.DataFrame) -> pd.DataFrame:
    columns = {name: _mapped(table[name]) for name in table}
    result = pd.DataFrame(columns, index=table.index, dtype=object)
    return result.rename(columns={name: spreadsheet_text(str(name)) for name in table})


def _mapped(cells: pd.Series) -> pd.Series:
    return cells.map({text: spreadsheet_text(str(text)) for text in cells.unique()})


def _merged(name: str, before: pd.DataFrame, new: pd.DataFrame) -> tuple[pd.DataFrame, str]:
    """Return the rows that were there and the new ones, each once."""
    columns = [*before, *(column for column in new if column not in before)]
    both = [table.reindex(columns=columns, fill_value="") for table in (before, new)]
    if name in _KEYS and set(_KEYS[name]) <= set(before):
        keys = [pd.MultiIndex.from_frame(table[_KEYS[name]]) for table in both]
        known = keys[1].isin(keys[0])
    else:
        known = _known_rows(both[0], both[1])
    added = both[1][~known]
    sentence = f"{plural(len(added), 'row')} added to {len(before):,}"
    if known.any():
        sentence += f", {plural(int(known.sum()), 'row')} there already and left as they are"
    return pd.concat([both[0], added], ignore_index=True), sentence


def _known_rows(before: pd.DataFrame, new: pd.DataFrame) -> pd.Series:
    """Return which new rows are there already; two equal rows need two that are there."""
    left = Counter(before.itertuples(index=False, name=None))
    known = []
    for row in new.itertuples(index=False, name=None):
        known.append(left[row] > 0)
        left[row] -= 1
    return pd.Series(known, index=new.index, dtype=bool)


def _csv(table: pd.DataFrame) -> bytes:
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(table.columns)
    writer.writerows(table.itertuples(index=False, name=None))
    return text.getvalue().encode()
