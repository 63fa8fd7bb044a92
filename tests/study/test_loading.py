"""A folder of spreadsheets becomes a Study, whatever form its tables have."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import numpy as np
import openpyxl
import pandas as pd
import pytest

from outreach_metrics.errors import StudyError
from outreach_metrics.study import load_study
from outreach_metrics.study.loading import check_study, resolve_study

from .conftest import AREAS, COUNTS, PROGRAM_AREAS, PROGRAMS, SIMPLE, csv_text, said

SEATTLE = Path(__file__).parents[2].parent / "shared" / "studies" / "seattle-dmi"


def test_simple_study_loads_without_problems(make_study):
    study = load_study(make_study())
    assert said(study.problems) == []
    program = study.program("watch")
    assert (program.start, program.end) == (date(2024, 3, 1), None)
    assert (program.treatment, program.comparison) == (("01",), ("02",))
    assert study.panel.of("all", ("01",)).tolist() == [[1, 2, 3, 4, 5]]
    assert study.panel.population[0].tolist() == [1000.0] * 5
    assert [str(period) for period in study.panel.periods] == [f"2024-0{month}" for month in range(1, 6)]
    assert all(quality.balanced for quality in study.quality)
    assert {quality.table: quality.rows_used for quality in study.quality}["counts"] == 10
    assert study.inputs[0].file == "study.toml"
    assert all(len(source.sha256) == 64 for source in study.inputs)


def test_tables_are_typed_and_hold_every_column_of_the_contract(make_study):
    events = [["event_id", "program_id", "date", "headcount"], ["e1", "watch", "2024-03-05", "12"]]
    table = load_study(make_study(events=events)).table("events")
    assert table["date"].dtype == "datetime64[us]"
    assert table["headcount"].tolist() == [12.0]
    assert np.isnan(table.loc[0, "cost"])
    assert table["kind"].isna().all()


def workbook(folder: Path, tables=SIMPLE) -> None:
    book = openpyxl.Workbook()
    book.remove(book.active)
    for name, rows in tables.items():
        sheet = book.create_sheet(name)
        for number, row in enumerate(rows):
            cells = list(row)
            if number and name == "programs":
                cells[3] = date.fromisoformat(cells[3])
            sheet.append(cells)
    book.save(folder / "study.xlsx")


@pytest.mark.parametrize("form", ["xlsx", "parquet"])
def test_workbook_and_parquet_give_the_same_study_as_csv(make_study, form):
    folder = make_study()
    expected = load_study(folder)
    for path in folder.glob("*.csv"):
        if form == "parquet":
            frame = pd.DataFrame(SIMPLE[path.stem][1:], columns=SIMPLE[path.stem][0])
            if path.stem == "programs":
                frame["start_date"] = pd.to_datetime(frame["start_date"])
            frame.to_parquet(path.with_suffix(".parquet"))
        path.unlink()
    if form == "xlsx":
        workbook(folder)
    study = load_study(folder)
    assert said(study.problems) == []
    assert dict(study.programs) == dict(expected.programs)
    for name in SIMPLE:
        pd.testing.assert_frame_equal(study.table(name), expected.table(name))
    assert (study.panel.counts == expected.panel.counts).all()
    assert all(quality.balanced for quality in study.quality)


def test_a_table_in_two_forms_is_an_error_that_names_both(make_study):
    folder = make_study()
    workbook(folder, {"counts": COUNTS})
    message = (
        "the table counts is there more than once (counts.csv and study.xlsx, sheet counts); keep one of them"
    )
    assert f"counts.csv: {message}" in said(check_study(folder))


def test_almost_the_name_of_a_table_is_told(make_study):
    folder = make_study(event=[["event_id"], ["e1"]])
    assert "event.csv: is not the name of a table, so it is not used (did you mean 'events'?)" in said(
        check_study(folder)
    )


def test_all_problems_come_at_once_when_nothing_can_be_evaluated(make_study):
    folder = make_study(
        settings="[periods]\nunit = 'fortnight'\n",
        programs=[PROGRAMS[0], ["watch", "Watch", "neighbourhood_watch", "13/45/2023"]],
        areas=[["area_id", "population"], ["01", "many"]],
    )
    with pytest.raises(StudyError) as caught:
        load_study(folder)
    text = str(caught.value)
    assert "study.toml, periods.unit: 'fortnight' is not one of month, week, quarter, year" in text
    assert "programs.csv, row 2, start_date: '13/45/2023' is not a date (expected YYYY-MM-DD)" in text
    assert "(did you mean 'neighborhood_watch'?)" in text
    assert "areas.csv, row 2, population: 'many' is not a number; it is treated as missing" in text
    assert "programs.csv: no program can be used" in text
    assert caught.value.problems == check_study(folder)


@pytest.mark.parametrize("missing", ["study.toml", "programs.csv"])
def test_a_missing_file_is_told(make_study, missing):
    folder = make_study()
    (folder / missing).unlink()
    with pytest.raises(StudyError, match=missing):
        load_study(folder)


def test_programs_alone_are_no_study(make_study):
    with pytest.raises(StudyError, match="one more table than programs"):
        load_study(make_study(program_areas=None, areas=None, counts=None))


@pytest.mark.parametrize("table", [*SIMPLE, "events", "attendance", "responses", "items", "incidents"])
@pytest.mark.parametrize("content", ["", "\n", "\ufeff"])
def test_an_empty_file_is_an_error_and_not_a_traceback(make_study, table, content):
    overrides = {table: content} | ({"counts": None} if table == "incidents" else {})
    assert any(
        problem.file == f"{table}.csv" and problem.severity == "error"
        for problem in check_study(make_study(**overrides))
    )


@pytest.mark.parametrize("table", ["program_areas", "areas", "counts"])
def test_a_header_without_rows_is_an_empty_table(make_study, table):
    study = load_study(make_study(**{table: [SIMPLE[table][0]]}))
    assert len(study.table(table)) == 0
    assert not study.has(table)


def test_relative_paths_are_looked_for_in_the_folders_above(make_study, monkeypatch):
    folder = make_study()
    below = folder.parent / "notebooks" / "deep"
    below.mkdir(parents=True)
    monkeypatch.chdir(below)
    assert resolve_study("study").resolve() == folder.resolve()
    assert resolve_study("study/study.toml").resolve() == folder.resolve()
    with pytest.raises(StudyError, match="there is no such folder"):
        resolve_study("studdy-elsewhere")


def test_people_are_numbers_and_names_are_gone(make_study):
    events = [
        ["event_id", "program_id", "date"],
        ["e1", "watch", "2024-03-05"],
        ["e2", "watch", "2024-03-06"],
    ]
    attendance = [
        ["event_id", "attendee_id", "checked_in", "name", "email", "phone", "age_group"],
        ["e1", "José Núñez", "yes", "José", "JN@x.org", "555", "18-24"],
        ["e2", "jose nunez", "", "J.", "", "555", "18-24"],
        ["e2", "Other", "no", "", "", "", ""],
    ]
    responses = [
        ["respondent_id", "program_id", "wave", "date", "comment"],
        ["JOSE NUÑEZ.", "watch", "w1", "2024-03-07", "a comment, kept"],
    ]
    study = load_study(make_study(events=events, attendance=attendance, responses=responses))
    people = study.table("attendance")
    assert list(people.columns) == ["event_id", "attendee_id", "checked_in", "age_group"]
    assert pd.factorize(people["attendee_id"])[0].tolist() == [0, 0, 1]
    assert study.table("responses")["respondent_id"].tolist() == people["attendee_id"].tolist()[:1]
    assert people["checked_in"].astype(object).where(people["checked_in"].notna(), None).tolist() == [
        True,
        None,
        False,
    ]
    assert study.table("responses")["comment"].tolist() == ["a comment, kept"]
    assert "Núñez" not in " ".join(said(study.problems))


def test_values_of_personal_columns_are_in_no_problem(make_study):
    responses = [
        ["respondent_id", "program_id", "wave"],
        ["Ann Secret", "watch", "w1"],
        ["Ann Secret", "watch", "w1"],
        ["Bob Secret", "nowhere", "w1"],
    ]
    problems = check_study(make_study(responses=responses))
    assert any(problem.rule == "repeated" for problem in problems)
    assert not any("Secret" in str(problem) + problem.value for problem in problems)


@pytest.mark.skipif(not SEATTLE.is_dir(), reason="the Seattle study is not beside the checkout")
def test_seattle_loads_whole(tmp_path):
    for path in SEATTLE.glob("*.csv"):
        (tmp_path / path.name).symlink_to(path)
    (tmp_path / "study.toml").write_text('[periods]\nunit = "quarter"\nbefore = 12\nafter = 4\n')
    study = load_study(tmp_path)
    assert study.errors() == ()
    assert study.panel.counts.shape == (4, 9642, 16)
    assert study.panel.counts.sum() == pd.read_csv(SEATTLE / "counts.csv")["count"].sum()
    assert len(study.program("dmi").treatment) == 39


def test_semicolons_tabs_and_other_encodings_are_told(make_study):
    text = csv_text(AREAS)
    assert "areas.csv: is separated by semicolons" in " ".join(
        said(check_study(make_study(areas=text.replace(",", ";"))))
    )
    assert "areas.csv: is separated by tabs" in " ".join(
        said(check_study(make_study(areas=text.replace(",", "\t"))))
    )
    latin = "area_id,population\n01,1000\nMalmö,2\n".encode("latin-1")
    assert "areas.csv: is not UTF-8 text" in " ".join(said(check_study(make_study(areas=latin))))


def test_byte_order_mark_line_ends_quotes_and_blanks_read_alike(make_study):
    expected = load_study(make_study()).table("program_areas")
    rows = csv_text(PROGRAM_AREAS)
    for text in (
        "\ufeff" + rows,
        rows.replace("\r\n", "\n"),
        rows.replace("\r\n", "\r"),
        rows.replace("watch", ' "watch" '.strip()).replace("01", '"01"'),
        rows.replace(",", " , "),
        rows + ",,\r\n\r\n",
    ):
        study = load_study(make_study(program_areas=text))
        pd.testing.assert_frame_equal(study.table("program_areas"), expected)
        assert all(quality.balanced for quality in study.quality)
