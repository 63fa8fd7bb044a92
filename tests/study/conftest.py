"""Small studies, written to a temporary folder."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import pytest

Rows = Sequence[Sequence[object]]
SETTINGS = '[periods]\nunit = "month"\nbefore = 2\nafter = 2\n'
PROGRAMS = [
    ["program_id", "name", "type", "start_date"],
    ["watch", "Harbor Watch", "neighborhood_watch", "2024-03-01"],
]
PROGRAM_AREAS = [
    ["program_id", "area_id", "role"],
    ["watch", "01", "treatment"],
    ["watch", "02", "comparison"],
]
AREAS = [["area_id", "population"], ["01", 1000], ["02", 2000]]
COUNTS = [
    ["area_id", "period", "outcome", "count"],
    *([area, f"2024-{month:02d}", "all", month] for area in ("01", "02") for month in range(1, 6)),
]
SIMPLE: Mapping[str, Rows] = {
    "programs": PROGRAMS,
    "program_areas": PROGRAM_AREAS,
    "areas": AREAS,
    "counts": COUNTS,
}


def csv_text(rows: Rows) -> str:
    """Rows as RFC 4180 text."""
    stream = io.StringIO()
    csv.writer(stream).writerows(rows)
    return stream.getvalue()


@pytest.fixture
def make_study(tmp_path: Path) -> Callable[..., Path]:
    """Return a function that writes the simple study, with the tables given in place of or beside its own.

    A table is rows, raw text, raw bytes, or None to leave it out.
    """

    def make(settings: str = SETTINGS, **tables: Rows | str | bytes | None) -> Path:
        folder = tmp_path / "study"
        folder.mkdir(exist_ok=True)
        (folder / "study.toml").write_text(settings, encoding="utf-8")
        for name, content in {**SIMPLE, **tables}.items():
            if content is None:
                continue
            if not isinstance(content, str | bytes):
                content = csv_text(content)
            data = content.encode() if isinstance(content, str) else content
            (folder / f"{name}.csv").write_bytes(data)
        return folder

    return make


def said(problems) -> list[str]:
    """Problems as their sentences."""
    return [str(problem) for problem in problems]
