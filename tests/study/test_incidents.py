"""Incidents become counts: every row is counted or dropped for one reason, and said to be."""

from __future__ import annotations

import csv
import json
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import openpyxl
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from outreach_metrics.study import load_study
from outreach_metrics.study.loading import check_study

from .conftest import SETTINGS, csv_text, said

EXPORTS = Path(__file__).parents[2].parent / "shared" / "real-exports"
HEADER = ["incident_id", "occurred_at", "offense", "area_id"]


def days(first: str = "2024-01-01", last: str = "2024-05-31") -> list[date]:
    start, end = date.fromisoformat(first), date.fromisoformat(last)
    return [start + timedelta(days=n) for n in range((end - start).days + 1)]


def daily() -> list[list[str]]:
    """One theft a day in area 01 over five whole months."""
    return [[f"i{n}", day.isoformat(), "Theft", "01"] for n, day in enumerate(days())]


def quality_of(study):
    found = next(quality for quality in study.quality if quality.table == "incidents")
    assert found.balanced
    return found


@pytest.fixture
def load(make_study):
    """Load the simple study with incidents for counts."""

    def load(rows, settings=SETTINGS, header=HEADER, **tables):
        content = rows if isinstance(rows, str | bytes) else [header, *rows]
        return load_study(make_study(settings=settings, counts=None, incidents=content, **tables))

    return load


def test_days_are_counted_in_their_month(load):
    study = load(daily())
    assert said(study.problems) == []
    assert study.panel.of("all", ("01",)).tolist() == [[31, 29, 31, 30, 31]]
    assert study.panel.of("all", ("02",)).sum() == 0
    assert quality_of(study).rows_used == 152


def test_outcomes_compare_labels_trimmed_and_without_case(load):
    text = SETTINGS + '[crime.outcomes]\nall = ["*"]\ntheft = [" THEFT "]\narson = ["ARSONN"]\n'
    rows = [*daily(), ["x", "2024-03-03", "Arson", "02"]]
    study = load(rows, settings=text)
    assert study.panel.counts.sum(axis=(1, 2)).tolist() == [153, 152, 0]
    sentence = "study.toml, crime.outcomes.arson: no row has the offense 'ARSONN' (did you mean 'Arson'?)"
    assert said(study.problems) == [sentence]


def test_an_incident_is_counted_once_an_outcome(load):
    text = SETTINGS + '[crime.outcomes]\ntheft = ["theft"]\narson = ["arson"]\n'
    rows = [
        *daily(),
        ["i0", "2024-02-02", "Theft", "02"],
        ["i0", "2024-02-02", "Arson", "02"],
        ["i1", "2024-02-02", "Fraud", "02"],
    ]
    study = load(rows, settings=text)
    assert study.panel.of("theft", ("01", "02")).sum(axis=1).tolist() == [152, 0]
    assert study.panel.of("arson", ("02",)).sum() == 1
    assert dict(quality_of(study).dropped) == {"repeats an incident": 1, "offense in no outcome": 1}
    assert said(study.problems) == [
        "incidents.csv, row 154, incident_id: 1 row not counted again, "
        "because the incident is counted already"
    ]


def test_every_reason_is_one_warning_with_a_count_and_the_first_row(load):
    rows = [
        *daily(),
        ["a", "03/04/2024", "Theft", "01"],
        ["b", "", "Theft", "01"],
        ["c", "2024-03-04", "", "01"],
        ["d", "2024-03-04", "Theft", ""],
        ["e", "2024-03-04", "Theft", "1"],
        ["f", "2024-03-04", "Theft", "77"],
        ["", "2024-03-04", "Theft", "02"],
        ["", "2024-03-04", "Theft", "02"],
        ["", "", "", ""],
    ]
    study = load(rows)
    assert dict(quality_of(study).dropped) == {
        "date cannot be read": 2,
        "no offense": 1,
        "no area or coordinates": 1,
        "outside all areas": 2,
        "blank row": 1,
    }
    assert study.panel.counts.sum() == 154
    assert study.errors() == ()
    text = "\n".join(said(study.problems))
    assert "row 154, occurred_at: 2 rows left out, because the date cannot be read ('03/04/2024')" in text
    assert 'date_format = "%m/%d/%Y"' in text
    assert "row 158: 2 rows left out, because they lie outside the areas of the study (1 and 77)" in text
    assert (
        "row 160, incident_id: 2 rows without an incident_id; each is counted as an incident of its own"
        in text
    )


def test_mostly_unreadable_dates_are_an_error_that_names_the_format(load):
    rows = [[f"i{n}", day.strftime("%m/%d/%Y %I:%M:%S %p"), "Theft", "01"] for n, day in enumerate(days())]
    study = load(rows)
    assert study.panel is None
    assert quality_of(study).rows_used == 0
    assert any("the incidents cannot be used" in str(problem) for problem in study.errors())
    assert any('date_format = "%m/%d/%Y %I:%M:%S %p"' in str(problem) for problem in study.problems)
    formatted = load(rows, settings=SETTINGS + '[incidents]\ndate_format = ["%Y", "%m/%d/%Y %I:%M:%S %p"]\n')
    assert formatted.panel.of("all", ("01",)).tolist() == [[31, 29, 31, 30, 31]]


def test_incomplete_first_and_last_periods_are_left_out(load):
    rows = [
        [f"i{n}", day.isoformat(), "Theft", "01"] for n, day in enumerate(days("2024-01-20", "2024-06-10"))
    ]
    study = load(rows)
    assert [str(period) for period in study.panel.periods] == ["2024-02", "2024-03", "2024-04", "2024-05"]
    assert dict(quality_of(study).dropped) == {"in an incomplete period": 22}
    assert (
        "the data run from 2024-01-20 to 2024-06-10, so the first or last month is not complete: 22 rows"
        in said(study.problems)[0]
    )


def test_stray_dates_do_not_stretch_the_span(load):
    study = load([*daily(), ["old", "1954-01-01", "Theft", "01"], ["new", "2031-01-01", "Theft", "01"]])
    assert len(study.panel.periods) == 5
    assert dict(quality_of(study).dropped) == {"outside the covered span": 2}


def test_a_last_month_without_incidents_in_the_areas_is_a_zero(load):
    rows = [[*row[:3], "01" if row[1] < "2024-05" else "elsewhere"] for row in daily()]
    assert load(rows).panel.of("all", ("01",)).tolist() == [[31, 29, 31, 30, 0]]


def test_no_incident_in_the_areas_is_an_error(load):
    study = load([[*row[:3], "001"] for row in daily()])
    assert study.panel is None
    assert "(outside all areas: 152)" in said(study.errors())[0]


def test_months_without_days_are_whole_months(load):
    rows = [
        [f"{area}{month}", f"2024-{month:02d}", "Theft", area]
        for month in range(1, 6)
        for area in ("01", "02")
    ]
    study = load(rows, settings=SETTINGS + '[incidents]\ndate_format = "%Y-%m"\n')
    assert study.panel.of("all", ("01",)).tolist() == [[1, 1, 1, 1, 1]]


def test_points_fall_into_polygons(load, make_study):
    rows = [
        *[[f"i{n}", day.isoformat(), "Theft", "", 0.5, 0.5] for n, day in enumerate(days())],
        ["b", "2024-03-01", "Theft", "", 0.5, 1.0],
        ["c", "2024-03-01", "Theft", "", 0.5, 9.0],
        ["d", "2024-03-01", "Theft", "", 0, 0],
        ["e", "2024-03-01", "Theft", "", "", 1.5],
        ["f", "2024-03-01", "Theft", "02", 0.5, 0.5],
        ["g", "2024-03-01", "Theft", "", "here", 1.5],
    ]
    (make_study() / "areas.geojson").write_text(json.dumps(collection(square("01", 0), square("02", 1))))
    study = load(rows, header=[*HEADER, "latitude", "longitude"])
    assert study.panel.counts.sum(axis=(0, 2)).tolist() == [153, 1]
    assert dict(quality_of(study).dropped) == {"outside all areas": 1, "no area or coordinates": 3}
    assert any("1 row in more" in text and "on a shared border" in text for text in said(study.problems))
    assert study.panel.population[:, 0].tolist() == [1000.0, 2000.0]


def square(area_id: str, west: float, **properties) -> dict:
    ring = [[west, 0], [west + 1, 0], [west + 1, 1], [west, 1], [west, 0]]
    geometry = {"type": "Polygon", "coordinates": [ring]}
    return {"type": "Feature", "properties": {"area_id": area_id, **properties}, "geometry": geometry}


def collection(*features: dict) -> dict:
    return {"type": "FeatureCollection", "features": list(features)}


def test_polygons_alone_are_the_areas(load, make_study):
    shapes = collection(square("01", 0, population=5, name="Old Town"), square("02", 1, population=6.0))
    (make_study() / "areas.geojson").write_text(json.dumps(shapes))
    (make_study() / "areas.csv").unlink()
    rows = [[f"i{n}", day.isoformat(), "Theft", 0.5, 1.5] for n, day in enumerate(days())]
    study = load(rows, header=[*HEADER[:3], "latitude", "longitude"], areas=None)
    assert study.errors() == ()
    assert study.panel.counts.sum(axis=(0, 2)).tolist() == [0, 152]
    assert study.panel.population[:, 0].tolist() == [5.0, 6.0]
    assert study.table("areas")["name"].fillna("").tolist() == ["Old Town", ""]


def test_column_names_of_an_export_are_mapped(load):
    text = (
        SETTINGS
        + '[incidents]\ncolumns = { occurred_at = "Date ", offense = "Primary Type", area_id = "Beat" }\n'
    )
    study = load(daily(), settings=text, header=["incident_id", "Date", " Primary Type", "Beat"])
    assert study.panel.counts.sum() == 152


def test_a_column_that_is_not_there_lists_those_that_are(load):
    text = SETTINGS + '[incidents]\ncolumns = { occurred_at = "Dat" }\n'
    study = load(daily(), settings=text, header=["incident_id", "Date", "offense", "area_id"])
    assert study.panel is None
    sentence = (
        "study.toml, incidents.columns.occurred_at: 'Dat' is not a column of incidents.csv "
        "(did you mean 'Date'?); "
        "it has incident_id, Date, offense and area_id"
    )
    assert sentence in said(study.errors())


def test_rejected_rows_are_counted_and_later_rows_keep_their_numbers(load):
    lines = csv_text([HEADER, *daily()]).replace("\r\n", "\n").splitlines()
    lines[10] = 'i9,2024-01-10,"Theft"s,01'
    lines[20] += ",extra,extra"
    lines.append("z,soon,Theft,01")
    study = load("\n".join(lines) + "\n")
    assert dict(quality_of(study).dropped) == {
        "broken quotation marks": 1,
        "more cells than the header": 1,
        "date cannot be read": 1,
    }
    text = "\n".join(said(study.problems))
    assert "incidents.csv, row 11: 1 row left out that cannot be read: broken quotation marks" in text
    assert "incidents.csv, row 21: 1 row left out that cannot be read: more cells than the header" in text
    assert "incidents.csv, row 154, occurred_at: 1 row left out" in text


def test_an_open_quotation_mark_is_an_error_and_what_stands_before_is_used(load):
    rows = csv_text([HEADER, *daily()]) + 'z,2024-05-31,"Theft,01\r\ny,2024-05-31,Theft,01\r\n'
    study = load(rows)
    assert study.panel.counts.sum() == 152
    assert dict(quality_of(study).dropped) == {"broken quotation marks": 1}
    assert "row 154: a quotation mark is opened here and never closed" in said(study.errors())[0]


def test_mixed_line_ends_quoted_newlines_and_a_byte_order_mark_lose_nothing(load):
    header, *rows = csv_text([HEADER, *daily()]).splitlines()
    rows = [row.replace("Theft", '"The\nft"') if n % 7 == 0 else row for n, row in enumerate(rows)]
    text = "\ufeff" + header + "\n" + "".join(row + ("\r\n" if n % 2 else "\n") for n, row in enumerate(rows))
    study = load(text)
    assert study.errors() == ()
    assert study.panel.counts.sum() == 152


def test_rows_in_another_encoding_are_dropped_and_told(load):
    text = csv_text([HEADER, *daily(), ["x", "2024-03-03", "Höhle", "01"]]).encode("latin-1")
    study = load(text)
    assert dict(quality_of(study).dropped) == {"not UTF-8 text": 1}
    assert study.panel.counts.sum() == 152


@pytest.mark.parametrize("form", ["parquet", "xlsx"])
def test_typed_files_count_like_text(make_study, form):
    folder = make_study(counts=None)
    frame = pd.DataFrame(daily(), columns=HEADER)
    frame["occurred_at"] = pd.to_datetime(frame["occurred_at"])
    frame["offense"] = 112.0
    if form == "parquet":
        frame.to_parquet(folder / "incidents.parquet")
    else:
        book = openpyxl.Workbook()
        book.active.title = "incidents"
        for row in [HEADER, *frame.astype(object).itertuples(index=False)]:
            book.active.append(
                [cell.to_pydatetime() if isinstance(cell, pd.Timestamp) else cell for cell in row]
            )
        book.save(folder / "study.xlsx")
    text = SETTINGS + '[incidents]\ndate_format = "%d.%m.%Y"\n[crime.outcomes]\ntheft = ["112"]\n'
    (folder / "study.toml").write_text(text)
    study = load_study(folder)
    assert said(study.problems) == []
    assert study.panel.of("theft", ("01",)).tolist() == [[31, 29, 31, 30, 31]]


def test_incidents_come_before_counts(load, make_study):
    make_study()
    study = load(daily())
    assert study.panel.outcomes == ("all",)
    assert study.has("counts")
    assert study.panel.counts.sum() == 152


def test_a_path_that_is_not_there_is_told(make_study):
    folder = make_study(settings=SETTINGS + '[incidents]\npath = "data/crimes.csv"\n', counts=None)
    assert (
        "study.toml, incidents.path: 'data/crimes.csv' is not there, so that there are no crime figures"
        in said(check_study(folder))
    )


@pytest.mark.skipif(not EXPORTS.is_dir(), reason="the real exports are not beside the checkout")
@pytest.mark.parametrize(
    "name, form, columns",
    [
        (
            "chicago_crimes_2001_present.csv",
            "%m/%d/%Y %I:%M:%S %p",
            {
                "incident_id": "Case Number",
                "occurred_at": "Date",
                "offense": "Primary Type",
                "area_id": "Beat",
            },
        ),
        (
            "philadelphia_incidents_part1_part2.csv",
            "%Y-%m-%d",
            {
                "incident_id": "dc_key",
                "occurred_at": "dispatch_date",
                "offense": "text_general_code",
                "area_id": "dc_dist",
            },
        ),
        (
            "uk_west_yorkshire_2018-07_street.csv",
            "%Y-%m",
            {
                "incident_id": "Crime ID",
                "occurred_at": "Month",
                "offense": "Crime type",
                "area_id": "LSOA code",
            },
        ),
    ],
)
def test_real_exports_balance(make_study, name, form, columns):
    mapping = ", ".join(f'{column} = "{header}"' for column, header in columns.items())
    unit = "week" if form == "%Y-%m-%d" else "month"
    settings = (
        f"[periods]\nunit = {unit!r}\n[incidents]\npath = {str(EXPORTS / name)!r}\n"
        f"date_format = {form!r}\ncolumns = {{ {mapping} }}\n"
    )
    study = load_study(make_study(settings=settings, counts=None, areas=None))
    with (EXPORTS / name).open(encoding="utf-8-sig", newline="") as stream:
        records = list(csv.DictReader(stream))
    found = quality_of(study)
    assert found.rows_read == len(records)
    ids = [record[columns["incident_id"]] for record in records]
    repeats = len(ids) - len(set(ids) - {""}) - ids.count("")
    assert found.dropped.get("repeats an incident", 0) <= repeats
    assert study.panel.counts.sum() == found.rows_used > 0.6 * len(records)
    assert study.errors() == ()


TEXT = st.text(st.characters(codec="utf-8", exclude_characters="\x00"), max_size=8)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rows=st.lists(st.tuples(TEXT, TEXT, TEXT, TEXT), max_size=12))
def test_whatever_is_written_is_read_and_balances(load, rows):
    text = csv_text([HEADER, *daily(), *rows])
    study = load(text)
    found = quality_of(study)
    assert found.rows_read == 152 + len(rows)
    assert not {"broken quotation marks", "more cells than the header", "not UTF-8 text"} & set(found.dropped)
    assert study.panel.counts.sum() == found.rows_used


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rows=st.lists(st.tuples(TEXT, TEXT, TEXT), max_size=12))
def test_small_tables_keep_every_cell(make_study, rows):
    header = ["area_id", "population", "name"]
    written = [[f"a{n}", n, name] for n, (_, _, name) in enumerate(rows)]
    odd = [[left, right, "x"] for left, right, _ in rows]
    study = load_study(make_study(areas=csv_text([header, *written, *odd])))
    found = next(quality for quality in study.quality if quality.table == "areas")
    assert found.balanced
    assert found.rows_read == len(written) + len(odd)
    table = study.table("areas").set_index("area_id")
    for area_id, population, name in written:
        assert table.loc[area_id, "population"] == population
        kept = table.loc[area_id, "name"]
        assert ("" if pd.isna(kept) else kept) == name.strip()


def test_eighty_thousand_rows_are_counted_exactly(load):
    random = np.random.default_rng(1)
    month = random.integers(1, 6, 80_000)
    area = random.integers(1, 3, 80_000)
    last = {1: 31, 2: 29, 3: 31, 4: 30, 5: 31}
    rows = "".join(
        f"i{n},2024-0{m}-{n % last[m] + 1:02d},Theft,0{a}\n"
        for n, (m, a) in enumerate(zip(month, area, strict=True))
    )
    study = load(",".join(HEADER) + "\n" + rows)
    expected = [[int(((month == m) & (area == a)).sum()) for m in range(1, 6)] for a in (1, 2)]
    assert study.panel.of("all", ("01", "02")).tolist() == expected


@pytest.mark.parametrize(
    "header, rows, sentence",
    [
        (
            ["id", "date", "offense"],
            [],
            "incidents.csv, incident_id: the column is missing; name the one that holds it",
        ),
        (
            HEADER[:3],
            [["1", "2024-01-01", "x"]],
            "incidents.csv, area_id: there is neither a column area_id nor latitude",
        ),
        ([*HEADER, "offense"], [], "incidents.csv: two columns have the same name: offense"),
        (
            HEADER,
            [["1", "soon", "x", "01"]],
            "the incidents cannot be used, so that there are no crime figures (date cannot be read: 1)",
        ),
    ],
)
def test_incidents_without_what_they_need_are_an_error(load, header, rows, sentence):
    study = load(rows, header=header)
    assert study.panel is None
    assert sentence in "\n".join(said(study.errors()))


def test_an_empty_template_is_no_problem(load):
    study = load([])
    assert study.panel is None
    assert study.errors() == ()


def test_a_path_beside_a_table_incidents_is_told(load, make_study):
    folder = make_study()
    (folder / "other.csv").write_text(csv_text([HEADER, *daily()]))
    study = load([["only", "2024-01-01", "x", "01"]], settings=SETTINGS + '[incidents]\npath = "other.csv"\n')
    assert study.panel.counts.sum() == 152
    sentence = (
        "study.toml, incidents.path: names 'other.csv', but the study holds incidents.csv too; "
        "that file is not used"
    )
    assert sentence in said(study.warnings())


def test_an_open_quotation_mark_after_mixed_line_ends(load):
    text = csv_text([HEADER, *daily()]).replace("\r\n", "\n", 50) + '"z,2024-05-31,Theft,01\n'
    assert load(text).panel.counts.sum() == 152


def test_a_quotation_mark_inside_a_plain_cell_is_a_plain_letter(load):
    study = load([*daily(), ["q", "2024-05-31", 'The"ft', "01"]])
    assert study.panel.counts.sum() == 153
    text = csv_text([HEADER, *daily()]) + 'q,2024-05-31,5" pipe,01\n'
    study = load(text)
    assert study.errors() == ()
    assert study.panel.counts.sum() == 153
