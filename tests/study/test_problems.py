"""Each rule says in one sentence what is wrong, where, and what happens to the row."""

from __future__ import annotations

import pytest

from outreach_metrics.study import load_study
from outreach_metrics.study.loading import check_study

from .conftest import AREAS, COUNTS, PROGRAM_AREAS, PROGRAMS, said

EVENTS = [["event_id", "program_id", "date", "headcount"], ["e1", "watch", "2024-03-05", "10"]]
ITEMS = [["item", "construct", "low", "high", "missing_codes"], ["q1", "trust", 1, 5, "8;9"]]
RESPONSES = [["respondent_id", "program_id", "wave", "date", "q1"], ["r1", "watch", "w1", "2024-03-01", "4"]]


def program(*cells: str) -> list[list[str]]:
    return [[*PROGRAMS[0], "end_date"], [*PROGRAMS[1], ""], list(cells)]


CASES = {
    "date": (
        {"events": [*EVENTS, ["e2", "watch", "13/45/2023", ""]]},
        "events.csv, row 3, date: '13/45/2023' is not a date (expected YYYY-MM-DD)",
    ),
    "required": (
        {"events": [*EVENTS, ["", "watch", "2024-03-06", ""]]},
        "events.csv, row 3, event_id: is empty, and the row cannot be used without it",
    ),
    "separators": (
        {"events": [*EVENTS, ["e2", "watch", "2024-03-06", "1,200"]]},
        "events.csv, row 3, headcount: '1,200' is not a whole number (write 1200, without "
        "separators or signs); "
        "it is treated as missing",
    ),
    "range": (
        {"events": [*EVENTS, ["e2", "watch", "2024-03-06", "-4"]]},
        "events.csv, row 3, headcount: -4 is below 0, the least that it can be; it is treated as missing",
    ),
    "nan": (
        {"areas": [*AREAS, ["03", "nan"]]},
        "areas.csv, row 4, population: 'nan' is not a number; it is treated as missing",
    ),
    "choice": (
        {"program_areas": [*PROGRAM_AREAS, ["watch", "02", "tretment"]]},
        "program_areas.csv, row 4, role: 'tretment' is not one of treatment, comparison, displacement, "
        "displacement_comparison (did you mean 'treatment'?)",
    ),
    "repeated": (
        {"events": [*EVENTS, ["e1", "watch", "2024-03-07", ""]]},
        "events.csv, row 3, event_id: repeats row 2: each event_id may stand once; the first is used",
    ),
    "missing column": (
        {"events": [["Event ID", "program_id", "date"], ["e1", "watch", "2024-03-05"]]},
        "events.csv, event_id: the column is missing; rename the column 'Event ID' to 'event_id'; "
        "the columns are Event ID, program_id and date",
    ),
    "duplicate header": (
        {"events": "event_id,event_id\n1,2\n"},
        "events.csv: two columns have the same name: event_id",
    ),
    "ragged": (
        {"areas": "area_id,population\n01,1000\n02,2,000\n"},
        "areas.csv, row 3: has 3 cells where the header has 2; a value that holds a comma needs "
        "quotation marks",
    ),
    "quotes": (
        {"areas": 'area_id,population\n01,1000\n"02"x,5\n'},
        'areas.csv, row 3: a quotation mark inside a value must be doubled (""); the row is left out',
    ),
    "open quote": (
        {"areas": 'area_id,population\n01,1000\n"02,5\n03,6\n'},
        "areas.csv, row 3: a quotation mark is opened here and never closed; this row and those "
        "after it cannot be "
        "told apart",
    ),
    "unknown program": (
        {"events": [*EVENTS, ["e2", "wacth", "2024-03-06", ""]]},
        "events.csv, row 3, program_id: 'wacth' is not a program of the table programs (did you "
        "mean 'watch'?)",
    ),
    "unknown event": (
        {"events": EVENTS, "attendance": [["event_id", "attendee_id"], ["e9", "x"]]},
        "attendance.csv, row 2, event_id: the value is not an event of the table events",
    ),
    "no events": (
        {"attendance": [["event_id", "attendee_id"], ["e9", "x"]]},
        "attendance.csv, event_id: there is no table events, so that nobody knows what these rows belong to",
    ),
    "unknown area": (
        {"program_areas": [*PROGRAM_AREAS, ["watch", "77", "treatment"]]},
        "program_areas.csv, row 4, area_id: '77' is not an area of the table areas",
    ),
    "folder name": (
        {"programs": program("../up", "Up", "other", "2024-03-01", "")},
        "programs.csv, row 3, program_id: '../up' cannot name the folder of a report: use letters, "
        "digits, '-', '_' "
        "and '.' only, and begin with a letter or digit",
    ),
    "end before start": (
        {"programs": program("b", "B", "other", "2024-03-01", "2024-02-01")},
        "programs.csv, row 3, end_date: 2024-02-01 lies before the start_date 2024-03-01",
    ),
    "two roles": (
        {"program_areas": [*PROGRAM_AREAS, ["watch", "01", "comparison"]]},
        "program_areas.csv, row 4, role: area '01' is treatment and comparison of the same program; "
        "only the role "
        "treatment is used",
    ),
    "event before start": (
        {"events": [*EVENTS, ["e2", "watch", "2024-02-06", ""]]},
        "events.csv, row 3, date: 2024-02-06 lies before the start of the program (2024-03-01); the "
        "event is used",
    ),
    "no comparison": (
        {"program_areas": PROGRAM_AREAS[:2]},
        "program_areas.csv: program 'watch' has no comparison areas, so that its crime figures are "
        "compared with nothing",
    ),
    "no population": (
        {"areas": [["area_id", "population"], ["01", ""], ["02", 5]]},
        "areas.csv: 1 of the 1 treatment area of program 'watch' (01) has no population, so that no "
        "rate per resident "
        "can be made",
    ),
    "start outside": (
        {"programs": [PROGRAMS[0], ["watch", "W", "other", "2025-03-01"]]},
        "programs.csv: program 'watch' starts on 2025-03-01, outside the crime data (2024-01-01 to "
        "2024-05-31); crime "
        "before and after cannot be compared",
    ),
    "start near edge": (
        {"programs": [PROGRAMS[0], ["watch", "W", "other", "2024-05-01"]]},
        "programs.csv: program 'watch' starts on 2024-05-01: the crime data hold 1 of the 2 months "
        "after it that "
        "study.toml asks for, so that the comparison is shorter",
    ),
    "overlap": (
        {
            "programs": program("b", "B", "other", "2024-04-01", ""),
            "program_areas": [*PROGRAM_AREAS, ["b", "01", "treatment"]],
        },
        "program_areas.csv: programs 'watch' and 'b' both work in area 01 at the same time, "
        "so that their effects cannot be told apart",
    ),
    "treated comparison": (
        {
            "programs": program("b", "B", "other", "2024-04-01", ""),
            "program_areas": [*PROGRAM_AREAS, ["b", "02", "treatment"]],
        },
        "program_areas.csv: 1 comparison area of program 'watch' (02) had the program 'b' at the "
        "same time, which can "
        "hide an effect",
    ),
    "item without column": (
        {"items": [*ITEMS, ["q7", "trust", 1, 5, ""]], "responses": RESPONSES},
        "items.csv, row 3, item: 'q7' is not a column of responses.csv",
    ),
    "item not listed": (
        {"items": ITEMS, "responses": [[*RESPONSES[0], "q2"], [*RESPONSES[1], "3"]]},
        "responses.csv, q2: looks like a survey item, but is not in items.csv",
    ),
    "scale": (
        {"items": [ITEMS[0], ["q1", "trust", 5, 1, ""]]},
        "items.csv, row 2, low: the lowest code 5 is not below the highest 1",
    ),
    "outside scale": (
        {"items": ITEMS, "responses": [*RESPONSES, ["r2", "watch", "w1", "2024-03-01", "6"]]},
        "responses.csv, row 3, q1: 1 answer outside the scale 1 to 5 ('6') is treated as missing; "
        "list codes that are "
        "no answer in missing_codes",
    ),
    "wave without date": (
        {"items": ITEMS, "responses": [*RESPONSES, ["r1", "watch", "w2", "", "5"]]},
        "responses.csv, row 3, date: 1 wave without any date; waves without a date follow "
        "those that have one, in the order of their names",
    ),
    "arm": (
        {"responses": [["respondent_id", "program_id", "wave", "arm"], ["r1", "watch", "w1", "control"]]},
        "responses.csv, row 2, arm: the value is not one of program, comparison, partner",
    ),
    "referral order": (
        {
            "referrals": [
                ["referral_id", "program_id", "date", "from_agency", "to_agency", "completed_date"],
                ["f1", "watch", "2024-03-05", "PD", "Clinic", "2024-03-01"],
            ]
        },
        "referrals.csv, row 2, completed_date: 2024-03-01 lies before the date 2024-03-05",
    ),
    "period": (
        {"counts": [*COUNTS, ["01", "2024-13", "all", 1]]},
        "counts.csv, row 12, period: '2024-13' is not a period (expected 2024-03, 2024-Q1, "
        "2024-W07, 2024 or a date)",
    ),
    "count": (
        {"counts": [*COUNTS, ["01", "2024-05", "x", "2.5"]]},
        "counts.csv, row 12, count: '2.5' is not a whole number",
    ),
    "coarse period": (
        {"counts": [*COUNTS, ["01", "2024-Q1", "all", "2"]]},
        "counts.csv, row 12, period: '2024-Q1' is longer than a month, the unit of the study; set "
        "periods.unit in "
        "study.toml to 'quarter'",
    ),
    "counts outside": (
        {"counts": [*COUNTS, ["9", "2024-05", "all", "2"]]},
        "counts.csv, row 12, area_id: 1 row in areas that the table areas does not list (9)",
    ),
}


@pytest.mark.parametrize("tables, sentence", CASES.values(), ids=CASES)
def test_rule_says_its_sentence_and_the_rows_balance(make_study, tables, sentence):
    folder = make_study(**tables)
    assert sentence in said(check_study(folder))
    if sentence.startswith(("programs.csv, row", "programs.csv:")) or "programs" not in tables:
        assert all(quality.balanced for quality in load_study(folder).quality)


def test_many_rows_with_one_problem_are_five_and_a_count(make_study):
    events = [EVENTS[0], *([f"e{n}", "watch", "soon", ""] for n in range(40))]
    study = load_study(make_study(events=events))
    found = [problem for problem in study.problems if problem.file == "events.csv"]
    assert len(found) == 6
    assert str(found[-1]) == "events.csv, date: 35 more rows with the same problem (the next is row 7)"
    quality = next(quality for quality in study.quality if quality.table == "events")
    assert (quality.rows_read, quality.rows_used, dict(quality.dropped)) == (
        40,
        0,
        {"date is not usable": 40},
    )


def test_rows_of_a_program_that_is_left_out_are_one_warning(make_study):
    programs = [*PROGRAMS, ["bad", "Bad", "other", "soon"]]
    events = [*EVENTS, *([f"b{n}", "bad", "2024-03-05", ""] for n in range(9))]
    attendance = [["event_id", "attendee_id"], ["e1", "a"], ["b1", "a"]]
    study = load_study(make_study(programs=programs, events=events, attendance=attendance))
    assert len(study.errors()) == 1
    assert study.errors()[0].program_id == "bad"
    warnings = said(study.warnings())
    assert (
        "events.csv, program_id: 9 rows of the program bad left out, because that program is left out"
        in warnings
    )
    assert (
        "attendance.csv, event_id: 1 row of the event b1 left out, because that event is left out" in warnings
    )


def test_missing_codes_are_missing_and_not_told(make_study):
    responses = [
        *RESPONSES,
        ["r2", "watch", "w1", "2024-03-01", "8"],
        ["r3", "watch", "w1", "2024-03-01", ""],
    ]
    study = load_study(make_study(items=ITEMS, responses=responses))
    assert said(study.problems) == []
    answers = study.table("responses")["q1"]
    assert answers.dtype == "float64"
    assert answers.notna().tolist() == [True, False, False]


def test_the_scale_of_study_toml_serves_items_without_one(make_study):
    settings = "[survey]\nscale = [1, 5]\nfavourable_from = 4\n"
    study = load_study(
        make_study(settings=settings, items=[["item", "construct"], ["q1", "trust"]], responses=RESPONSES)
    )
    assert study.errors() == ()
    assert study.table("items").loc[0, ["low", "high", "favourable_from"]].tolist() == [1.0, 5.0, 4.0]


def test_leading_zeros_stay(make_study):
    study = load_study(make_study())
    assert study.panel.area_ids == ("01", "02")


def test_unknown_columns_are_kept_and_reported(make_study):
    areas = [["area_id", "population", "poverty"], ["01", 10, "0.5"], ["02", 20, ""]]
    study = load_study(make_study(areas=areas))
    assert study.table("areas")["poverty"].fillna("?").tolist() == ["0.5", "?"]
    assert next(quality for quality in study.quality if quality.table == "areas").unknown_columns == (
        "poverty",
    )
    assert said(study.problems) == []
