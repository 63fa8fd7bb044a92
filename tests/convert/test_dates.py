"""Local dates, and what is ambiguous about them."""

import pandas as pd
import pytest

from outreach_metrics.convert import Converted, Options
from outreach_metrics.convert.dates import days, first_day, moments
from outreach_metrics.errors import StudyError


def read(*texts, **options):
    result = Converted()
    found = moments(pd.Series(texts, dtype=object), "a.csv", "Date", Options(**options), result)
    return [None if pd.isna(moment) else str(moment) for moment in found], result


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2026-10-05", "2026-10-05 00:00:00"),
        ("2026-10-05T18:30:00Z", "2026-10-05 18:30:00"),
        ("2026/09/27 3:00:00 PM GMT+3", "2026-09-27 15:00:00"),
        ("10/13/2026 06:05 PM", "2026-10-13 18:05:00"),
        ("13/10/2026 18:05", "2026-10-13 18:05:00"),
        ("10/13/26 12:05 a.m.", "2026-10-13 00:05:00"),
        ("13.10.2026 9:05", "2026-10-13 09:05:00"),
        ("5.10.2026", "2026-10-05 00:00:00"),
        ("October 5, 2026, 6:00 PM", "2026-10-05 18:00:00"),
        ("Monday, Oct. 5th 2026", "2026-10-05 00:00:00"),
        ("5 October 2026 12:00 PM", "2026-10-05 12:00:00"),
        ("5-Oct-2026", "2026-10-05 00:00:00"),
        ("13/10/2026 3:00:00 p. m.", "2026-10-13 15:00:00"),
        ("5/5/2026", "2026-05-05 00:00:00"),
        ("46300.75", "2026-10-05 18:00:00"),
    ],
)
def test_one_reading(text, moment):
    assert read(text)[0] == [moment]


@pytest.mark.parametrize(
    ("texts", "first"),
    [(("5/10/2026", "13/10/2026"), "2026-10-05"), (("5/10/2026", "10/13/2026"), "2026-05-10")],
)
def test_the_other_dates_decide(texts, first):
    assert read(*texts)[0][0].startswith(first)


def test_what_nothing_decides_is_refused_until_said():
    with pytest.raises(StudyError, match="say --day-first or --month-first"):
        read("5/10/2026", "6/10/2026")
    assert read("5/10/2026", day_first=True)[0] == ["2026-10-05 00:00:00"]
    assert read("5/10/2026", day_first=False)[0] == ["2026-05-10 00:00:00"]
    assert read("5/10/2026", date_format="%d/%m/%Y")[0] == ["2026-10-05 00:00:00"]


def test_both_orders_in_one_column_are_refused():
    with pytest.raises(StudyError, match="some dates can only be day/month"):
        read("13/10/2026", "10/13/2026")


def test_what_is_no_date_is_told_and_empty():
    found, result = read("5 octubre 2026", "1 enero 2026", "soon", "2026-02-30", "")
    assert found[0] == "2026-10-05 00:00:00"
    assert found[1:] == [None] * 4
    assert [problem.message for problem in result.problems] == [
        "3 cells cannot be read as a date; the date is left empty"
    ]


def test_days_and_titles():
    assert list(days(pd.Series(["13/10/2026 18:00", ""]), "a", "b", Options(), Converted())) == [
        "2026-10-13",
        "",
    ]
    assert first_day(["Meeting 5/10/2026"]) == ""
    assert first_day(["Meeting 5/10/2026"], day_first=False) == "2026-05-10"


def test_an_ambiguous_day_above_the_table_is_told(write, converted, table):
    sheet = [["Sign-in 5/10/2026", ""], ["Name", "Phone"], ["Ann Lee", ""]]
    result = converted("sign_in", write("a.csv", sheet))
    assert table("events")[0]["date"] == ""
    assert any("say --day-first, --month-first or --date" in str(problem) for problem in result.problems)
    converted("sign_in", write("a.csv", sheet), day_first=True, out="said")
    assert table("events", "said")[0]["date"] == "2026-10-05"
