"""A CSV file that is well formed throughout, read at once; any other is left to the patient reader.

`reading.csv_records` goes row by row, so that it can say what is wrong and where. A file with nothing wrong
gives the same cells here in a small part of the time.
"""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import csv as arrow_csv

# Larger files are read row by row, so that they are not held in memory twice.
LARGEST = 1_000_000_000
_COMMA, _NEWLINE, _RETURN, _QUOTE = b',\n\r"'
_BOM = b"\xef\xbb\xbf"


def quick_cells(path: Path) -> list[pa.ChunkedArray] | None:
    """Return the stripped cells of a well-formed CSV file by column, its header as the first of each.

    Returns
    -------
    list of ChunkedArray of str, or None
        None when there is one column, rows differ in length, quotation marks stand astray, a cell is longer
        than the csv module takes, or the text is not UTF-8: whoever asks reads it row by row and tells.
    """
    if not 0 < path.stat().st_size < LARGEST:
        return None
    data = path.read_bytes()
    if b"\0" in data or data.count(b"\r") != data.count(b"\r\n") or not _quoted_well(data):
        return None
    first = data.removeprefix(_BOM).split(b"\n", 1)[0]
    try:
        width = len(next(csv.reader([first.decode()], strict=True)))
        table = _read(data, width) if width > 1 else None
    except (StopIteration, UnicodeDecodeError, csv.Error, pa.ArrowInvalid):
        return None
    if table is None:
        return None
    cells = [pc.utf8_trim_whitespace(column) for column in table.columns]
    longest = max((pc.max(pc.utf8_length(column)).as_py() or 0 for column in table.columns), default=0)
    return cells if longest <= csv.field_size_limit() else None


def _read(data: bytes, width: int) -> pa.Table:
    names = [str(place) for place in range(width)]
    return arrow_csv.read_csv(
        pa.BufferReader(data),
        read_options=arrow_csv.ReadOptions(column_names=names, block_size=1 << 24),
        parse_options=arrow_csv.ParseOptions(newlines_in_values=True, ignore_empty_lines=False),
        convert_options=arrow_csv.ConvertOptions(
            column_types=dict.fromkeys(names, pa.large_string()), strings_can_be_null=False
        ),
    )


def _quoted_well(data: bytes) -> bool:
    """Whether every quotation mark opens or closes a cell, or is one of two inside it."""
    if b'"' not in data:
        return True
    cells = np.frombuffer(data.removeprefix(_BOM), dtype=np.uint8)
    marks = np.flatnonzero(cells == _QUOTE)
    if len(marks) % 2:
        return False
    ends = np.array([_COMMA, _NEWLINE, _RETURN, _QUOTE])
    opening, closing = marks[::2], marks[1::2]
    before, after = cells[opening[opening > 0] - 1], cells[closing[closing < len(cells) - 1] + 1]
    return bool(np.isin(before, ends).all() and np.isin(after, ends).all())
