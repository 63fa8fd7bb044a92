"""The page of data quality: everything balances, everything is counted, and nobody is named."""

import re
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from outreach_metrics import load_study
from outreach_metrics.errors import Problem
from outreach_metrics.reports.losses import meaning
from outreach_metrics.reports.months import coverage
from outreach_metrics.reports.quality_page import findings, in_short, losses, quality_html
from outreach_metrics.study import TableQuality
from outreach_metrics.study.reading import Draft
from outreach_metrics.study.tables import TABLES
from tests.conftest import ROOT, crime_study
from tests.reports.making_notebooks import HOSTILE, Page, small_study

SOFTWARE = "outreach_metrics 1"
PERSONAL = ("Ada Thistlewick", "Hollowby, Fern", "fern@example.org", "555-0123", "41.987613", "-87.654329")


@pytest.fixture
def study(tmp_path):
    return small_study(tmp_path / "town")


def table(name, read, used, **dropped):
    reasons = {reason.replace("_", " "): rows for reason, rows in dropped.items()}
    return TableQuality(table=name, file=f"{name}.csv", rows_read=read, rows_used=used, dropped=reasons)


def problem(message="is wrong", **rest):
    return Problem(**{"severity": "warning", "file": "events.csv", "rule": "x", "message": message, **rest})


def text_of(study):
    return re.sub(r"\s+", " ", Page(quality_html(study, SOFTWARE)).text)


def test_rows_balance_by_table_and_reason(study):
    tables = (table("events", 1000, 900, unknown_program=60, blank_row=40), table("costs", 5, 5))
    made = replace(study, quality=tables)
    assert [(loss.table, loss.reason, loss.rows, loss.share) for loss in losses(tables)] == [
        ("events", "unknown program", 60, "6.0%"),
        ("events", "blank row", 40, "4.0%"),
    ]
    text = text_of(made)
    assert "1,005 rows of 2 tables were read; 905 are used and 100 are left out." in text
    assert "add up to the rows read" in text
    assert "Events events.csv1,000900100 (10%)" in text
    assert "Blank row404.0%Nothing is lost: the rows hold nothing." in text


def test_a_table_that_does_not_balance_is_told(study):
    text = text_of(replace(study, quality=(table("events", 10, 8, blank_row=1),)))
    assert "The rows of events.csv do not add up" in text


def test_nothing_left_out_is_said_and_tables_stay_numbered(study):
    page = Page(quality_html(replace(study, quality=(table("events", 3, 3),)), SOFTWARE))
    assert "No row was left out." in page.text
    assert re.findall(r"Table (\d)\.", page.text) == ["1", "2"]


def test_every_problem_is_counted_and_a_few_are_shown(study):
    problems = [problem(f"number {row}", row=row, severity="error") for row in range(2, 7)]
    problems += [problem("1,195 more rows with the same problem (the next is row 7)", severity="error")]
    problems += [problem("late", column="date"), problem("alone", file="costs.csv")]
    made = replace(study, problems=tuple(problems))
    events, costs = findings(made)
    assert (events.errors, events.warnings, costs.warnings) == (1200, 1, 1)
    assert events.findings[0].examples == ("row 2: number 2", "row 3: number 3", "row 4: number 4")
    assert events.findings[0].further == 1197
    text = text_of(made)
    assert "Error, 1,200 times." in text
    assert "and 1,197 more" in text
    assert "number 5" not in text
    assert "Warning. date: late" in text
    assert "1,200 errors (what is named was left out) and 2 warnings" in text
    assert in_short(made).endswith("Checking them found 1,200 errors and 2 warnings.")


def test_the_rows_that_reading_does_not_name_are_counted():
    """It names the first five, and tells how many more there are in words."""
    draft = Draft(TABLES["events"], "events.csv", pd.DataFrame({"date": ["x"] * 30}, index=range(2, 32)))
    draft.tell_rows(range(2, 32), ["is no date"] * 30, "date", column="date")
    made = replace(crime_study(np.ones((2, 48), dtype=int)), problems=tuple(draft.problems))
    assert findings(made)[0].errors == 30


def test_what_concerns_two_programs_is_told_once(study):
    both = [
        problem("programs 'alpha' and 'beta' share an area", program_id="alpha"),
        problem("programs 'beta' and 'alpha' share an area", program_id="beta"),
    ]
    assert findings(replace(study, problems=tuple(both)))[0].warnings == 1


def test_the_months_without_rows_are_found(study):
    days = pd.to_datetime(["2023-01-05", "2023-01-20", "2023-03-01", "2023-07-31"])
    tables = {"costs": pd.DataFrame({"date": days}), "events": pd.DataFrame({"date": days[:0]})}
    (costs,) = coverage(replace(study, tables=tables))
    assert (str(costs.first), str(costs.last), costs.empty, len(costs.span)) == (
        "2023-01-05",
        "2023-07-31",
        4,
        7,
    )
    assert costs.gaps_told == "2023-02 and 2023-04 to 2023-06"
    page = Page(quality_html(replace(study, tables=tables), SOFTWARE))
    (picture,) = page.named("svg")
    assert picture["aria-label"] == "Rows in 3 of 7 months, 2023-01 to 2023-07"
    assert [attributes["d"] for attributes in page.named("path")] == [
        "M0 0h1v10h-1zM2 0h1v10h-1zM6 0h1v10h-1z"
    ]


@pytest.mark.parametrize(
    ("unit", "first", "gap"), [("month", "2020-01", "2021-02"), ("quarter", "2020Q1", "")]
)
def test_months_without_any_crime_are_gaps(unit, first, gap):
    counts = np.ones((2, 48), dtype=int)
    counts[:, 13] = 0
    covered = coverage(crime_study(counts, unit=unit, first=first))[0]
    assert covered.table == "counts"
    if unit == "month":
        assert covered.gaps_told == gap
    else:
        assert covered.empty == 3, "a quarter is three months"


def test_attendance_is_dated_by_its_events(study):
    tables = {
        "events": pd.DataFrame(
            {"event_id": ["a", "b"], "date": pd.to_datetime(["2023-01-01", "2023-03-01"])}
        ),
        "attendance": pd.DataFrame({"event_id": ["b", "b", "z"]}),
    }
    of_table = {one.table: one for one in coverage(replace(study, tables=tables))}
    assert (of_table["attendance"].rows, str(of_table["attendance"].first)) == ("2", "2023-03-01")


def test_incidents_without_a_place_are_told_with_their_share(study):
    incidents = table("incidents", 1000, 897, no_area_or_coordinates=100, outside_all_areas=3)
    text = text_of(replace(study, quality=(incidents,)))
    assert "Of 1,000 rows, 100 (10%) tell neither an area nor coordinates, and 3 (0.3%) lie outside" in text


def test_columns_files_and_hashes_are_told(study):
    strange = TableQuality(
        table="events", file="events.csv", rows_read=1, rows_used=1, unknown_columns=("wether", HOSTILE)
    )
    text = text_of(replace(study, quality=(strange,)))
    assert f"events.csv: wether, {HOSTILE}" in text
    assert "ababababababcsv" not in text
    assert re.search(r"events\.csv ?3 ?abababababab\b", text)


def test_the_page_loads_nothing_and_everything_is_escaped(study):
    hostile = problem(f'{HOSTILE} "quoted" \u202eevil', file=f"{HOSTILE}.csv", value=HOSTILE)
    strange = TableQuality(table=HOSTILE, file=HOSTILE, rows_read=2, rows_used=1, dropped={HOSTILE: 1})
    made = replace(study, problems=(hostile,), quality=(strange,))
    html = quality_html(made, SOFTWARE)
    page = Page(html)
    assert not page.named("script", "link", "img", "iframe")
    assert page.loaded() == []
    assert HOSTILE in page.text
    assert {attributes["href"] for attributes in page.named("a")} == {
        "#content", "index.html", "quality.json", "manifest.json",
    }  # fmt: skip
    levels = [int(tag[1]) for tag, _ in page.tags if re.fullmatch(r"h[1-6]", tag)]
    assert (levels[0], levels.count(1)) == (1, 1)
    assert all(later <= earlier + 1 for earlier, later in pairwise(levels))
    assert html == quality_html(made, SOFTWARE)


def test_a_study_without_anything_still_has_a_page(study):
    text = text_of(replace(study, quality=(), inputs=()))
    assert "No table was read." in text
    assert "Checking the tables found no problem." in text
    assert "No file was read." in text


def reasons_in_the_code():
    """Return every reason for leaving rows out that stands as a text in the code."""
    source = "\n".join(
        path.read_text(encoding="utf-8") for path in (ROOT / "outreach_metrics/study").glob("*.py")
    )
    found = set(re.findall(r'(?:\.drop\([^()]+, |\.give_up\(|dropped\[)f?"([^"]+)"', source))
    found |= set(re.findall(r"(?:THEN|reason = ) ?'([a-z][a-z ]+)'", source))
    return sorted(re.sub(r"\{[^}]+\}", "event", reason) for reason in found)


def test_every_reason_for_leaving_rows_out_has_a_meaning_of_its_own():
    reasons = reasons_in_the_code()
    assert {"blank row", "unknown event", "outside all areas", "offense in no outcome"} <= set(reasons)
    reasons += ["program_id is empty", "wave is not usable", "more cells than the header", "not UTF-8 text"]
    bare = meaning("struck by lightning")
    assert [reason for reason in reasons if meaning(reason) == bare] == []


def test_no_person_and_no_place_is_named(tmp_path):
    """Whatever column a name, an address, a phone number or a coordinate strays into."""
    ada, fern, mail, phone, north, east = PERSONAL
    files = {
        "study.toml": '[study]\ntitle = "Town"\n',
        "programs.csv": "program_id,name,type,start_date\nwatch,Watch,other,2024-01-01\n",
        "areas.csv": "area_id,population\n01,1000\n",
        "events.csv": "event_id,program_id,date\ne1,watch,2024-02-01\n",
        "attendance.csv": f"event_id,attendee_id,checked_in,name,email,phone\n"
        f"e1,{ada},true,{ada},{mail},{phone}\n{ada},{phone},{mail},e1,x,y\ne9,{ada},{phone},,,\n",
        "responses.csv": f"respondent_id,program_id,wave,date,arm,weight,comment\n"
        f'r1,watch,one,{ada},{mail},{phone},"{fern}, call {phone}"\n{ada},{mail},,,,,\n',
        "incidents.csv": "incident_id,occurred_at,offense,latitude,longitude\n"
        + "".join(f"i{n},2024-01-{n:02d},THEFT,{north},{east}\n" for n in range(1, 29)),
    }
    for name, content in files.items():
        Path(tmp_path / name).write_text(content, encoding="utf-8")
    study = load_study(tmp_path)
    assert study.problems
    html = quality_html(study, SOFTWARE) + in_short(study)
    assert [secret for secret in (*PERSONAL, "Thistlewick", "Hollowby") if secret in html] == []


def test_the_sample_is_told_whole(sample):
    html = quality_html(sample, SOFTWARE)
    page = Page(html)
    assert len(html) < 100_000
    assert len(page.named("svg")) == len(coverage(sample)) >= 8
    assert sum(loss.rows for loss in losses(sample.quality)) == sum(
        one.rows_read - one.rows_used for one in sample.quality
    )
    assert "1,602 people" in page.text
