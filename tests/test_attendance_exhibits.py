"""What the attendance notebook shows: for any sheets no traceback, no bare number, no few people."""

import math
import re
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from outreach_metrics.evaluation import evaluate_program
from outreach_metrics.reports import exhibits
from outreach_metrics.reports.exhibits.cells import TOLD_ABOVE
from outreach_metrics.study.model import Linkage
from tests.metrics.attendance_studies import attendance_study
from tests.metrics.test_attendance_people import survey, visits
from tests.test_exhibits import HARM, Text, bare, bundle, drawn, estimate, words
from tests.test_notebooks import NOTEBOOKS, code_cells, source
from tests.test_survey_exhibits import UNKNOWN, answers, items, text_of

CELLS = [
    source(cell).splitlines()[-1]
    for path in NOTEBOOKS
    if path.stem == "attendance"
    for cell in code_cells(path)[2:]
    if "data" not in source(cell)
]
GROUPS = ("18-34", "55 and over")
BENCHMARKS = pd.DataFrame({"variable": "age", "category": GROUPS, "count": [200.0, 200.0], "area_id": pd.NA})


def monthly(events=24, people=60, chance=0.4, seed=1, **given):
    """Make events a month apart, to which people of two ages come; three of four are older."""
    random = np.random.default_rng(seed)
    came = np.argwhere(random.random((events, people)) < chance)
    sheets = [(event, person, None) for event, person in came.tolist()]
    ages = {person: {"age": GROUPS[person % 4 != 0]} for person in range(people)}
    dates = pd.date_range("2022-01-01", periods=events, freq="30D")
    held = [{"date": day, "hours": 2.0, "staff_hours": 4.0} for day in dates]
    return attendance_study(
        held, sheets, **{"min_cell": 10, "people": ages, "benchmarks": BENCHMARKS} | given
    )


def linked(study, **review):
    columns = {"row_1": [3, 2], "row_2": [9, 7], "program_id": "p", "score": [5.0, 9.0]}
    told = {"decision": ["left apart", "joined"], "reason": ["too little speaks for it", HARM]}
    pairs = pd.DataFrame(columns | told | review)
    linkage = Linkage(rows=99, named=9, spellings=61, people=60, linked=1, match_rate=0.9, review=pairs)
    return replace(study, linkage=linkage)


def surveyed(**given):
    """Return a study in which the people of the sheets answered twice."""
    rows = answers(["before", "after"], arms=("program",)).assign(program_id="p")
    return monthly(responses=rows, items=items(), **given)


SMALL = [{"date": f"2022-0{month}-01", "headcount": 30.0} for month in (1, 2, 3)]
CASES = {
    "no events": lambda: bare().study,
    "events without people": lambda: attendance_study(SMALL[:1], min_cell=10),
    "headcounts alone": lambda: attendance_study(SMALL, min_cell=10),
    "few people": lambda: monthly(people=5),
    "events without dates": lambda: attendance_study([{"date": pd.NaT, "headcount": 30.0}], min_cell=10),
    "one event": lambda: monthly(events=1, chance=1.0),
    "everybody at every event": lambda: monthly(chance=1.1),
    "no benchmarks": lambda: monthly(benchmarks=BENCHMARKS.iloc[:0]),
    "benchmarks of other groups": lambda: monthly(benchmarks=BENCHMARKS.assign(category=["x", "y"])),
    "benchmarks of nobody": lambda: monthly(benchmarks=BENCHMARKS.assign(count=0.0)),
    "one group of few": lambda: monthly(people=36),
    "a survey of other people": lambda: monthly(responses=answers(["a"], people=20, seed=3), items=items()),
    "a survey of the same people": surveyed,
    "names linked": lambda: linked(monthly()),
    "no pair of names": lambda: linked(monthly(), program_id="q"),
}


def shown(evaluation):
    """Return every exhibit of the notebook by its code."""
    names = {"exhibits": exhibits, "evaluation": evaluation}
    return {code: eval(code, names) for code in CELLS}


@pytest.mark.parametrize("name", CASES)
def test_every_exhibit_holds_for_any_sheets(name):
    for code, exhibit in shown(evaluate_program(CASES[name](), "p")).items():
        found = UNKNOWN.search(text_of(exhibit).replace("<br>", " "))
        assert not found, (code, found)
        if hasattr(exhibit, "rows"):
            assert exhibit.rows and all(len(row) == len(exhibit.columns) for row in exhibit.rows), code


@pytest.mark.parametrize("name", ["no events", "few people"])
def test_what_cannot_be_shown_is_said_once(name):
    told = shown(evaluate_program(linked(CASES[name]()), "p"))
    silent = [code for code, exhibit in told.items() if exhibit is TOLD_ABOVE]
    assert sum("attendance_" in code for code in silent) == 7
    assert any("sources" in code for code in silent) or name == "few people"
    assert "Suppressed" not in " ".join(map(text_of, told.values()))


def test_line_through_the_events_is_named_by_what_is_clear(monkeypatch):
    caught = drawn(monkeypatch, "attendance_by_event")
    evaluation = evaluate_program(monthly(), "p")
    exhibits.attendance_chart(evaluation)
    assert caught["trend_name"] == "no clear change over time" and len(caught["trend"])

    def with_trend(ratio, low, high, p):
        made = estimate("attendance_trend", ratio, low, high, p_value=p, unit="ratio per year")
        others = [e for e in evaluation.estimates if e.metric != "attendance_trend"]
        exhibits.attendance_chart(replace(evaluation, estimates=(*others, made)))
        return caught["trend_name"]

    assert with_trend(0.8, 0.7, 0.9, 0.001) == "20% fewer people each year"
    assert with_trend(1.25, 1.1, 1.4, 0.001) == "25% more people each year"
    assert with_trend(0.8, 0.6, 1.1, 0.2) == "no clear change over time"


def test_title_names_who_was_missed_and_who_came_more(monkeypatch):
    caught = drawn(monkeypatch, "representation_bars")
    evaluation = evaluate_program(monthly(), "p")
    figure = exhibits.attendance_representation_chart(evaluation)
    assert caught["title"] == "Among those who came, underrepresented: 18-34; overrepresented: 55 and over"
    assert "18-34: 25% of attendees, 50% of residents" in figure.alt
    assert "expected to reach more" in figure.caption and "title allows" not in figure.caption
    table = words(exhibits.attendance_representation_table(evaluation))
    assert "Age 18-34 25% 50% 0.50" in table


def test_title_claims_nothing_of_groups_that_are_not_shown_or_not_clear(monkeypatch):
    caught = drawn(monkeypatch, "representation_bars")
    evaluation = evaluate_program(monthly(), "p")

    def unsure(e):
        return replace(e, p_adjusted=0.3) if e.metric == "attendance_representation" else e

    changed = replace(evaluation, estimates=tuple(map(unsure, evaluation.estimates)))
    figure = exhibits.attendance_representation_chart(changed)
    assert caught["title"] == "No group was clearly over- or underrepresented among those who came"
    assert "the title allows for many groups" in figure.caption

    def hidden(e):
        first = e.metric == "attendance_representation" and e.group == "18-34"
        return e.declined("Suppressed: a group of few people.") if first else unsure(e)

    partly = replace(evaluation, estimates=tuple(map(hidden, evaluation.estimates)))
    figure = exhibits.attendance_representation_chart(partly)
    assert caught["title"].startswith("No group that can be shown was clearly")
    assert caught["few"] == "not shown" and "18-34" not in figure.alt
    row = exhibits.attendance_representation_table(partly).rows[0]
    assert [getattr(cell, "text", cell) for cell in row] == ["Age", "18-34", "not shown", "50%", "–", "–"]


def test_retention_is_told_where_it_is_known(monkeypatch):
    caught = drawn(monkeypatch, "retention_curve")
    evaluation = evaluate_program(monthly(), "p")
    exhibits.attendance_retention_chart(evaluation)
    year = next(e for e in evaluation.select(metric="attendance_retention") if e.group == "after 12 months")
    assert caught["title"] == (
        f"{year.estimate:.0%} of the people were seen again a year or more after their first event"
        if year.made
        else "How long people keep coming"
    )


def test_attendance_and_views_are_an_association():
    table = exhibits.attendance_dose_table(evaluate_program(surveyed(), "p"))
    assert "an association, not an effect" in words(table)
    assert [row[0] for row in table.rows] == ["Trust", "Safety"]
    assert all(row[1] == "change, before to after" for row in table.rows)
    assert exhibits.attendance_dose_table(evaluate_program(monthly(), "p")) is TOLD_ABOVE


def test_rows_to_look_at_come_without_names_the_least_certain_first():
    table = exhibits.attendance_linkage(evaluate_program(linked(monthly()), "p"))
    assert [row[:3] for row in table.rows] == [["3", "9", "left apart"], ["2", "7", "joined"]]
    assert "script" not in [tag for tag, _ in Text(bundle(table)[0]["text/html"]).tags]
    many = pd.DataFrame({"row_1": range(40), "row_2": range(40), "score": np.linspace(1, 12, 40)})
    many = many.assign(
        program_id="p", decision=np.where(many["score"] > 5, "joined", "left apart"), reason="r"
    )
    study = linked(monthly())
    study = replace(study, linkage=replace(study.linkage, review=many))
    table = exhibits.attendance_linkage(evaluate_program(study, "p"))
    assert len(table.rows) == 25 and "15 more certain pairs not listed." in words(table)
    assert abs(float(many["score"][int(table.rows[0][0])]) - 5) < 0.5


def test_nothing_of_crime_is_said_of_attendance():
    text = words(exhibits.must_not_be_said(evaluate_program(monthly(), "p"), "attendance"))
    assert "attendance as proof of an effect" in text and "crime" not in text


def test_methods_and_sources_are_those_of_attendance():
    evaluation = evaluate_program(monthly(), "p")
    told = words(exhibits.methods(evaluation, "attendance"))
    assert "Still coming" in told and "Events per person" in told and "Maryland" not in told
    cited = words(exhibits.sources(evaluation, "attendance"))
    assert "Kaplan" in cited and "Glasgow" in cited and "Binder" not in cited and "Farrington" not in cited
    nothing = evaluate_program(bare().study, "p")
    assert exhibits.methods(nothing, "attendance") is TOLD_ABOVE
    assert exhibits.sources(nothing, "attendance") is TOLD_ABOVE


def test_every_number_of_the_table_is_rounded():
    table = exhibits.attendance_table(evaluate_program(monthly(), "p"))
    assert not re.search(r"\d\.\d{3,}", words(table))
    assert not any(math.isnan(e.estimate) for e in evaluate_program(monthly(), "p").estimates if e.made)


def test_views_by_how_often_people_came_are_drawn_in_groups():
    times = [1] * 14 + [2] * 14 + [4] * 14
    scores = {person: (2, 2 + 0.4 * came + 0.1 * (person % 3)) for person, came in enumerate(times)}
    evaluation = evaluate_program(visits(times, **survey(scores), min_cell=10), "p")
    figure = exhibits.attendance_dose_chart(evaluation)
    assert figure.alt.startswith("Trust: people who came more often show a larger rise")
    assert "1 events:" in figure.alt and "2–3 events:" in figure.alt
    assert figure.caption.startswith("Per event more: 4.0 (")
    few = evaluate_program(visits(times, **survey(scores), min_cell=15), "p")
    assert exhibits.attendance_dose_chart(few) is TOLD_ABOVE
    assert exhibits.attendance_dose_chart(evaluate_program(monthly(), "p")) is TOLD_ABOVE
