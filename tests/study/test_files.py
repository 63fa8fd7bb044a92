"""Files that cannot be read are one sentence each; the others are read."""

from __future__ import annotations

import zipfile
from datetime import date, datetime

import openpyxl
import pandas as pd
import pytest

from outreach_metrics.errors import Problem
from outreach_metrics.study import load_study
from outreach_metrics.study.loading import check_study
from outreach_metrics.study.reading import cell_text
from outreach_metrics.study.values import parse_boolean, parse_date, parse_integer, parse_number, parse_period
from outreach_metrics.study.wording import check_text

from .conftest import COUNTS, said


def sentences(folder) -> str:
    return "\n".join(said(check_study(folder)))


def test_a_workbook_that_unpacks_to_an_absurd_size_is_not_opened(make_study):
    folder = make_study()
    with zipfile.ZipFile(folder / "study.xlsx", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/workbook.xml", b"0" * 60_000_000)
    assert "study.xlsx: would unpack to 60 MB and is not opened; save large tables as CSV" in sentences(
        folder
    )


@pytest.mark.parametrize(
    "content", [b"", b"PK\x03\x04 broken", b"\xd0\xcf\x11\xe0 a workbook with a password"]
)
def test_what_is_no_workbook_is_told(make_study, content):
    folder = make_study()
    (folder / "study.xlsx").write_bytes(content)
    assert "study.xlsx: cannot be opened as a workbook: save it again as .xlsx" in sentences(folder)
    assert load_study(folder).panel is not None


def test_a_sheet_with_almost_the_name_of_a_table_is_told(make_study):
    folder = make_study()
    book = openpyxl.Workbook()
    book.active.title = "Events"
    book.save(folder / "study.xlsx")
    sentence = (
        "study.xlsx, sheet Events: is not the name of a table, so it is not used (did you mean 'events'?)"
    )
    assert sentence in sentences(folder)


@pytest.mark.parametrize("name", ["areas", "incidents"])
def test_what_is_no_parquet_is_told(make_study, name):
    folder = make_study(areas=None)
    (folder / f"{name}.parquet").write_bytes(b"PAR1 not at all PAR1")
    assert f"{name}.parquet: cannot be read as Parquet" in sentences(folder)


def test_rows_of_a_workbook_are_numbered_as_it_shows_them(make_study):
    folder = make_study(counts=None)
    book = openpyxl.Workbook()
    book.active.title = "counts"
    for row in [*COUNTS, [None] * 4, ["01", "2024-05", "x", 2.5], [None] * 4]:
        book.active.append(row)
    book.save(folder / "study.xlsx")
    study = load_study(folder)
    assert said(study.errors()) == ["study.xlsx, sheet counts, row 13, count: '2.5' is not a whole number"]
    quality = next(quality for quality in study.quality if quality.table == "counts")
    assert dict(quality.dropped) == {"blank row": 1, "count is not usable": 1}
    assert quality.balanced


def test_columns_without_a_name_are_left_out_when_they_are_empty(make_study):
    study = load_study(make_study(areas="area_id,population,,\n01,5,,\n02,6,,\n"))
    assert said(study.problems) == []
    assert list(study.table("areas").columns) == ["area_id", "population", "name", "year"]


@pytest.mark.parametrize(
    "cell, text",
    [
        (datetime(2024, 3, 5), "2024-03-05"),
        (datetime(2024, 3, 5, 14, 30), "2024-03-05 14:30:00"),
        (date(2024, 3, 5), "2024-03-05"),
        (float("nan"), ""),
        (pd.NaT, ""),
        (0.1, "0.1"),
        (1e15, "1000000000000000"),
        (False, "false"),
        (7, "7"),
    ],
)
def test_typed_cells_read_as_in_a_csv_file(cell, text):
    assert cell_text(cell) == text


@pytest.mark.parametrize(
    "parse, text",
    [
        (parse_date, "2023-02-29"),
        (parse_date, "0202-01-01"),
        (parse_date, "2024-1-5"),
        (parse_date, "2024-01-05T99:00"),
        (parse_number, "inf"),
        (parse_number, "1e999"),
        (parse_number, "$5"),
        (parse_number, "٣"),
        (parse_integer, "1.5"),
        (parse_boolean, "maybe"),
        (parse_period, "2024-Q5"),
        (parse_period, "2024-W54"),
        (parse_period, "24-03"),
        (parse_period, "1024"),
    ],
)
def test_what_is_no_value_raises_a_sentence(parse, text):
    with pytest.raises(ValueError, match=r"is (not|neither)"):
        parse(text)


def test_the_text_of_check_tells_errors_first_and_what_they_mean():
    problems = [
        Problem(severity="error", file="areas.csv", row=3, column="population", rule="number", message="bad"),
        Problem(severity="warning", file="programs.csv", rule="x", message="near"),
        Problem(severity="warning", file="programs.csv", rule="x", message="far"),
    ]
    assert check_text(problems, "riverton") == (
        "1 error (what is named is left out until it is mended):\n"
        "  areas.csv, row 3, population: bad\n\n"
        "2 warnings (used, and told in the report):\n"
        "  programs.csv: near\n"
        "  programs.csv: far\n\n"
        "riverton: 1 error and 2 warnings."
    )
