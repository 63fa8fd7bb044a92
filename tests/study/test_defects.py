"""Files as people really hand them in: each case once gave a wrong number, a false word or a traceback."""

from __future__ import annotations

import json
import zipfile

import openpyxl
import pandas as pd
import pytest
from openpyxl.chart import BarChart, Reference

from outreach_metrics.study import load_study
from outreach_metrics.study.loading import check_study

from .conftest import AREAS, COUNTS, PROGRAM_AREAS, PROGRAMS, said

EVENTS = [["event_id", "program_id", "date"], ["e1", "watch", "2024-03-05"], ["e2", "watch", "2024-04-05"]]
ITEMS = [["item", "construct", "low", "high", "missing_codes"], ["q1", "trust", 1, 5, "8;9"]]
RESPONSES = ["respondent_id", "program_id", "wave", "date", "weight", "arm", "q1"]


def rules_of(problems) -> list[str]:
    return [problem.rule for problem in problems]


def test_missing_codes_are_numbers(make_study):
    rows = [
        [f"r{n}", "watch", "w", "2024-03-01", 1, "", text] for n, text in enumerate(["9.0", "09", "8", "4"])
    ]
    study = load_study(make_study(items=ITEMS, responses=[RESPONSES, *rows]))
    assert study.table("responses")["q1"].dropna().to_list() == [4.0]
    assert study.problems == ()


def test_rows_without_a_weight_are_told(make_study):
    rows = [[f"r{n}", "watch", "w", "2024-03-01", text, "", 4] for n, text in enumerate(["1", "", "2", ""])]
    sentence = (
        "responses.csv, row 3, weight: 2 rows without a weight, where others have one; they are left out of "
        "weighted results"
    )
    assert said(check_study(make_study(items=ITEMS, responses=[RESPONSES, *rows]))) == [sentence]


def test_an_item_named_like_another_column_is_left_out(make_study):
    rows = [["r1", "watch", "w", "2024-03-01", 2, "", 4]]
    study = load_study(
        make_study(items=[*ITEMS, ["weight", "trust", 1, 5, ""]], responses=[RESPONSES, *rows])
    )
    assert rules_of(study.errors()) == ["item_name"]
    assert study.table("items")["item"].to_list() == ["q1"]
    assert study.table("responses")["weight"].to_list() == [2.0]


@pytest.mark.parametrize(
    "dates, words",
    [
        (("2024-03-01", ""), "follow those that have one, in the order of their names"),
        (("", ""), "are ordered by name"),
    ],
)
def test_the_order_of_undated_waves_is_told(make_study, dates, words):
    rows = [["r", "watch", wave, day, 1, "", 4] for wave, day in zip("ab", dates, strict=True)]
    [problem] = check_study(make_study(items=ITEMS, responses=[RESPONSES, *rows]))
    assert problem.message.endswith(f"without any date; waves without a date {words}")


def test_an_address_of_several_people_is_nobody(make_study):
    names = [["Ann Lee", "desk@x.org"], ["Bo Ray", "desk@x.org"], ["Cy Dow", "desk@x.org"]]
    own = [["Eve Poe", "eve@x.org"], ["E. Poe", "eve@x.org"], ["Eve M Poe", "eve@x.org"]]
    rows = [["e1", *row] for row in names + own] + [["e2", "Ann Lee", "desk@x.org"]]
    study = load_study(make_study(events=EVENTS, attendance=[["event_id", "attendee_id", "email"], *rows]))
    people = pd.factorize(study.table("attendance")["attendee_id"])[0]
    assert people.tolist() == [0, 1, 2, 3, 3, 3, 0]
    [sentence] = said(study.problems)
    assert sentence.startswith("attendance.csv, row 2, email: 4 rows with an e-mail address that stands with")
    assert "desk" not in sentence


def test_no_cell_of_a_person_is_repeated(make_study):
    secret = "Zelda Quux"
    attendance = [["event_id", "attendee_id", "checked_in"], [secret, "a", ""], ["e1", "b", secret]]
    responses = [RESPONSES, *([secret if at == n else "w" for at in range(7)] for n in range(1, 7))]
    training = [["trainee_id", "program_id", "date", "pre"], ["t", secret, "2024-01-01", "1"]]
    training += [["t", "watch", secret, secret]]
    good = ["r", "watch", "w", "2024-03-01", 1, "program"]
    responses += [[*good, secret], ["s", *good[1:], "5551234567"], ["t", "watch", secret, "", 1, "", 4]]
    tables = {"attendance": attendance, "responses": responses, "training": training}
    problems = check_study(make_study(events=EVENTS, items=ITEMS, **tables))
    text = json.dumps([problem.as_dict() for problem in problems])
    assert len(problems) > 8
    assert "Zelda" not in text and "5551234567" not in text
    assert "the value is neither yes nor no" in text


def test_a_chart_sheet_is_no_table(make_study):
    folder = make_study(counts=None)
    book = openpyxl.Workbook()
    book.active.title = "counts"
    for row in COUNTS:
        book.active.append(row)
    chart = BarChart()
    chart.add_data(Reference(book.active, min_col=4, min_row=1, max_row=9))
    book.create_chartsheet("events").add_chart(chart)
    book.save(folder / "study.xlsx")
    study = load_study(folder)
    assert study.panel is not None and not study.has("events")


@pytest.mark.parametrize("part", ["xl/workbook.xml", "xl/worksheets/sheet1.xml", "xl/styles.xml"])
def test_a_damaged_workbook_is_told(make_study, part):
    folder = make_study(counts=None)
    book = openpyxl.Workbook()
    book.active.title = "counts"
    book.active.append(COUNTS[0])
    book.save(folder / "whole.xlsx")
    with (
        zipfile.ZipFile(folder / "whole.xlsx") as whole,
        zipfile.ZipFile(folder / "study.xlsx", "w") as broken,
    ):
        for name in whole.namelist():
            broken.writestr(name, whole.read(name)[: 60 if name == part else None])
    (folder / "whole.xlsx").unlink()
    assert any("cannot be opened as a workbook" in text for text in said(load_study(folder).errors()))


def test_properties_that_are_no_object_are_told(make_study):
    folder = make_study(areas=None)
    good = {"type": "Feature", "properties": {"area_id": "01"}, "geometry": None}
    document = {"type": "FeatureCollection", "features": [good, {**good, "properties": ["01"]}]}
    (folder / "areas.geojson").write_text(json.dumps(document))
    assert "areas.geojson: the properties of feature 2 are no object" in said(check_study(folder))


def test_an_own_start_outside_the_data_is_told(make_study):
    rows = [[*PROGRAM_AREAS[0], "start_date"], ["watch", "01", "treatment", "2034-03-01"]]
    problems = check_study(make_study(program_areas=[*rows, ["watch", "02", "comparison", ""]]))
    [problem] = [problem for problem in problems if problem.rule == "start_outside_data"]
    assert (problem.row, problem.value, problem.program_id) == (2, "2034-03-01", "watch")


@pytest.mark.parametrize(
    "areas, rule", [("area_id;population\n01;5\n", "separator"), ("area_id,population\n", "empty_table")]
)
def test_lost_areas_are_told_once(make_study, areas, rule):
    study = load_study(make_study(areas=areas))
    assert rules_of(study.errors()) == [rule]
    assert study.panel.area_ids == ("01", "02")
    assert study.programs["watch"].treatment == ("01",)


def test_incidents_need_areas(make_study):
    header = "incident_id,occurred_at,offense,area_id\n"
    areas, tables = "area_id,population\n", {"counts": None, "program_areas": None}
    problems = check_study(make_study(areas=areas, incidents=header + "i,2024-01-01,theft,01\n", **tables))
    assert "empty_table" in rules_of(problems)
    assert "empty_table" not in rules_of(check_study(make_study(areas=areas, incidents=header, **tables)))


@pytest.mark.parametrize(
    "programs, rule",
    [("program_id;name\nwatch;W\n", "separator"), (",".join(PROGRAMS[0]) + "\n", "empty_table")],
)
def test_lost_programs_are_told_first(make_study, programs, rule):
    problems = check_study(make_study(programs=programs, events=EVENTS))
    assert rules_of(problems) == [rule, "no_program"]


def test_lost_events_leave_out_attendance(make_study):
    attendance = [["event_id", "attendee_id"], ["e1", "a"]]
    study = load_study(make_study(events="event_id;date\n", attendance=attendance))
    assert rules_of(study.problems) == ["separator", "left_out"]
    assert not study.has("attendance") and all(quality.balanced for quality in study.quality)


@pytest.mark.parametrize(
    "name", ["Index.html", "portfolio", "portfolio.ipynb", "manifest.json", "con", "NUL.x"]
)
def test_an_id_that_the_output_needs_is_an_error(make_study, name):
    problems = check_study(make_study(programs=[*PROGRAMS, [name, "X", "other", "2024-03-01"]]))
    [problem] = [problem for problem in problems if problem.severity == "error"]
    assert (problem.rule, problem.row, problem.value) == ("program_id", 3, name)


def test_ids_equal_but_for_case_are_an_error(make_study):
    study = load_study(make_study(programs=[*PROGRAMS, ["Watch", "X", "other", "2024-03-01"]]))
    assert list(study.programs) == ["watch"]
    assert "'Watch' differs from 'watch' of row 2 in upper and lower case alone" in str(study.errors()[0])


def test_incidents_in_latin_1_name_the_remedy(make_study):
    rows = "".join(f"i{n},2024-0{1 + n % 5}-15,theft,01\n" for n in range(50))
    text = f"incident_id,occurred_at,offense,area_id\n{rows}x,2024-01-02,ni\u00f1o,01\n"
    problems = check_study(make_study(counts=None, incidents=text.encode("latin-1")))
    [message] = [problem.message for problem in problems if "UTF-8" in problem.message]
    assert "Latin-1" in message and "save the file as 'CSV UTF-8'" in message


def test_incidents_none_of_which_can_be_read_say_why(make_study):
    text = "incident_id,occurred_at,offense,area_id\nx,2024-01-02,ni\u00f1o,01\n"
    [error, _] = check_study(make_study(counts=None, incidents=text.encode("latin-1")))
    assert error.message.endswith("there are no crime figures (not UTF-8 text: 1)")


@pytest.mark.parametrize(
    "population, words",
    [("0", "rest on the residents of the other areas"), ("", "no rate per resident can be made")],
)
def test_what_a_missing_population_means_is_told(make_study, population, words):
    areas = [*AREAS, ["03", population]]
    roles = [*PROGRAM_AREAS, ["watch", "03", "treatment"]]
    problems = check_study(make_study(areas=areas, program_areas=roles))
    assert any(words in problem.message for problem in problems if problem.rule == "no_population")


@pytest.mark.parametrize("table", ["events", "incidents"])
def test_a_very_long_cell_is_told_as_one(make_study, table):
    texts = {
        "events": f"event_id,program_id,date,name\ne1,watch,2024-03-01,{'x' * 140_000}\n",
        "incidents": f'incident_id,occurred_at,offense,area_id\ni,2024-01-01,"{"x" * 140_000},01\n',
    }
    text = "\n".join(said(check_study(make_study(**{table: texts[table]}))))
    assert "a cell holds more than 131,072 characters" in text
    assert "never closed" not in text


def test_a_folder_named_like_a_table_is_told(make_study):
    folder = make_study()
    (folder / "events.csv").mkdir()
    assert said(load_study(folder).errors()) == ["events.csv: is a folder, not a file, so it is not used"]


def test_a_column_in_other_case_is_suggested(make_study):
    settings = '[periods]\n[incidents]\ncolumns = { offense = "primary type" }\n'
    text = "incident_id,occurred_at,Primary Type,area_id\ni,2024-01-01,theft,01\n"
    problems = check_study(make_study(settings=settings, counts=None, incidents=text))
    assert any("(did you mean 'Primary Type'?)" in problem.message for problem in problems)


def answered(waves, items, scale=(1, 5)):
    """Return the codebook and responses: a number of rows a wave, with the answers to each item."""
    codebook = [["item", "construct", "low", "high"], *([item, "trust", *scale] for item in items)]
    header = ["respondent_id", "program_id", "wave", "date", *items]
    rows = [
        [f"{wave}{n}", "watch", wave, f"202{place}-03-01", *given]
        for place, (wave, size, given) in enumerate(waves)
        for n in range(size)
    ]
    return {"items": codebook, "responses": [header, *rows]}


def test_a_wave_of_a_handful_of_answers_is_doubted(make_study):
    tables = answered([("spring", 60, [4]), ("sprng", 2, [4])], ["q1"])
    [sentence] = said(check_study(make_study(**tables)))
    assert "the wave 'sprng' of watch has 2 answers, others have up to 60" in sentence
    assert "spring" in sentence.partition("check its name")[2]
    assert said(check_study(make_study(**answered([("a", 60, [4]), ("b", 20, [4])], ["q1"])))) == []


def test_a_question_that_a_whole_wave_was_not_asked_is_told(make_study):
    tables = answered([("spring", 20, [4, 3]), ("fall", 20, [4, ""])], ["q1", "q2"])
    [sentence] = said(check_study(make_study(**tables)))
    assert "the item 'q2' was not asked in 'fall' of watch" in sentence


def test_a_scale_much_wider_than_the_answers_is_doubted(make_study):
    tables = answered([("spring", 20, [5])], ["q1"], scale=(1, 100))
    [sentence] = said(check_study(make_study(**tables)))
    assert "no answer is above 5, on a scale from 1 to 100" in sentence
