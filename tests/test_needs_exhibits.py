"""Needs, context and the logic model as shown: never a bare rank, nothing unsaid, no few people."""

import re
from dataclasses import replace
from datetime import date
from types import SimpleNamespace

import numpy as np
import pytest

import outreach_metrics.reports.exhibits.needs as shown
import outreach_metrics.reports.exhibits.needs_hours as hourly
import outreach_metrics.reports.exhibits.needs_people as people
import outreach_metrics.reports.exhibits.steps as logic
from outreach_metrics.evaluation import evaluate_program
from outreach_metrics.needs import area_needs
from outreach_metrics.reports import exhibits
from outreach_metrics.reports.exhibits.cells import TOLD_ABOVE
from outreach_metrics.reports.exhibits.reviews import context
from outreach_metrics.study.model import HourCounts
from outreach_metrics.study.tables import PROGRAM_TYPES
from tests.conftest import crime_study
from tests.metrics.attendance_studies import attendance_study
from tests.needs.test_area_needs import city
from tests.needs.test_people_needs import EVENTS, surveyed
from tests.test_exhibits import bare, estimate, words
from tests.test_notebooks import NOTEBOOKS, code_cells, source
from tests.test_survey_exhibits import UNKNOWN, text_of

CELLS = [
    source(cell).splitlines()[-1]
    for path in NOTEBOOKS
    if path.stem == "needs_and_targeting"
    for cell in code_cells(path)[2:]
    if "exhibits.needs_" in source(cell)
]
MARKED = "<b>&name"


def many(areas=60):
    return city(np.random.default_rng(5).gamma(4, 4, areas), seed=5)


def hostile():
    study = city([20.0] * 2 + [8.0] * 20)
    table = study.tables["areas"].assign(name=MARKED)
    return replace(study, tables={"areas": table})


STUDIES = {
    "no crime": lambda: attendance_study(EVENTS, [(0, person, None) for person in range(60)], min_cell=10),
    "nothing at all": lambda: bare().study,
    "high areas": lambda: city([20.0] * 2 + [8.0] * 20, rise={3: 1.8}),
    "alike": lambda: city([9.0] * 12),
    "short": lambda: city([9.0] * 5, 30),
    "too short": lambda: city([9.0] * 5, 8),
    "nothing counted": lambda: crime_study(np.zeros((4, 48), dtype=int)),
    "rare": lambda: city([0.03] * 20, seed=2),
    "many areas": many,
    "residents not known": lambda: city([9.0] * 5, population=np.full((5, 1), np.nan)),
    "a name to be escaped": hostile,
    "a survey by area": lambda: surveyed(low=2),
}


def exhibits_of(study):
    names = {"exhibits": exhibits, "needs": area_needs(study), "data": study}
    return {code: eval(code, names) for code in CELLS}


def test_the_notebook_shows_every_exhibit_of_needs():
    assert len(CELLS) == 12
    called = set(re.findall(r"exhibits\.(needs_\w+)\(", " ".join(CELLS)))
    assert called | {"needs_about"} == {
        name for name in vars(shown) | vars(hourly) | vars(people) if name.startswith("needs_")
    }


@pytest.mark.parametrize("name", STUDIES)
def test_every_exhibit_holds_for_any_study(name):
    for code, exhibit in exhibits_of(STUDIES[name]()).items():
        found = UNKNOWN.search(text_of(exhibit).replace("<br>", " "))
        assert not found, (code, found)
        if hasattr(exhibit, "rows"):
            assert exhibit.rows and all(len(row) == len(exhibit.columns) for row in exhibit.rows), code
        if hasattr(exhibit, "html"):
            assert MARKED not in exhibit.html


def test_what_cannot_be_told_is_said_once():
    told = exhibits_of(bare().study)
    text = " ".join(
        exhibit.plain if hasattr(exhibit, "plain") else words(exhibit) for exhibit in told.values()
    )
    assert text.count("no incidents or counts") == 1
    assert all(f"cannot be told: {why}" in text for why in ("no survey says", "no events with", "it takes"))
    assert told["exhibits.needs_chart(needs)"] is TOLD_ABOVE is told["exhibits.needs_table(needs)"]


def test_title_names_how_many_stand_apart_and_ranks_have_intervals(monkeypatch):
    caught = {}
    monkeypatch.setattr(
        shown, "need_rows", lambda rows, **how: caught.update(rows=rows, **how) or SimpleNamespace()
    )
    needs = area_needs(STUDIES["high areas"]())
    figure = shown.needs_chart(needs)
    high, middle = len(needs.named(standing="above")), len(needs.named(standing="unclear"))
    assert caught["title"].startswith(f"{high} of 22 areas stand clearly above")
    assert f"{middle} cannot be told" in caught["title"]
    assert all(re.fullmatch(r"\d+–\d+", row.further) and "to" in row.numbers for row in caught["rows"])
    standings = [row.standing for row in caught["rows"]]
    assert standings == sorted(standings, key=["above", "unclear", "below"].index)
    assert "Clearly above: 000" in figure.alt and "order within a group" in figure.caption
    shown.needs_chart(area_needs(STUDIES["alike"]()))
    assert caught["title"] == "No area of 12 stands clearly above the city's rate of recorded crime"
    shown.needs_chart(area_needs(many(60)))
    assert len(caught["rows"]) == shown.MOST_ROWS


def test_reach_shows_the_need_first(monkeypatch):
    caught = {}
    monkeypatch.setattr(
        people, "need_rows", lambda rows, **how: caught.update(rows=rows, **how) or SimpleNamespace()
    )
    sheets = [(0, person, None) for person in range(60)] + [(2, person, None) for person in range(15)]
    figure = people.needs_reach_chart(attendance_study(EVENTS, sheets, min_cell=10))
    assert [row.standing for row in caught["rows"]] == ["below", "above"] and caught["need"] == "below"
    assert caught["title"] == "In 1 of 2 areas clearly fewer residents were reached than overall"
    assert "in percent" in figure.alt and "%" not in caught["rows"][0].numbers
    assert caught["columns"][0].startswith("Share, %")


def test_rises_are_listed_and_falls_are_counted():
    needs = area_needs(STUDIES["high areas"]())
    table = words(shown.needs_changes_table(needs))
    assert "0003: rose clearly" in table and "All areas" in table and "no clear change" in table
    assert "It clearly rose in 0003." in text_of(shown.needs_answer(needs))


def test_low_trust_comes_first():
    table = people.needs_trust_table(surveyed(low=2))
    assert table.rows[0][1] == "b" and table.rows[0][-1] == "clearly lower"


def test_outreach_for_a_need_never_promises():
    text = words(shown.needs_speaks_to())
    assert "does not show that it does" in text and "We know of no systematic review." in text
    assert "https://doi.org/" in text
    for promise in ("proven", "will reduce", "works"):
        assert promise not in text.lower()


def of_type(kind, *estimates):
    evaluation = evaluate_program(city([9.0] * 4), "p")
    program = replace(evaluation.program, type=kind)
    return replace(evaluation, program=program, estimates=tuple(estimates) or evaluation.estimates)


@pytest.mark.parametrize("kind", PROGRAM_TYPES)
def test_context_answers_for_every_type(kind):
    text = text_of(context(of_type(kind)))
    assert not UNKNOWN.search(text)
    assert "We know of no systematic review" in text or "This program" in text


def test_own_estimate_stands_above_the_reviews_as_the_same_kind_of_number():
    compared = estimate("crime_relative_effect", 0.7, 0.6, 0.8, outcome="all", unit="ratio", design_level=3)
    table = context(of_type("neighborhood_watch", compared))
    assert [getattr(cell, "text", cell) for cell in table.rows[0]][:3] == [
        "This program, against a comparison",
        "recorded crime",
        "−30% (−40% to −20%)",
    ]
    assert table.rows[1][2] == "−26% to −16%" and "csr.2008.18" in words(table)
    assert "not of one kind" not in words(table)
    alone = estimate("crime_rate_ratio", 0.7, 0.6, 0.8, outcome="all", unit="ratio", design_level=2)
    assert "not of one kind" in words(context(of_type("neighborhood_watch", alone)))
    none = words(context(of_type("neighborhood_watch", estimate("crime_att", 0.7, 0.6, 0.8))))
    assert "no estimate of an effect of its own" in none


def boxes(monkeypatch, evaluation):
    caught = {}
    monkeypatch.setattr(logic.plots, "logic_model", lambda stages, **how: caught.update(stages=stages, **how))
    monkeypatch.setattr(logic.plots, "png", lambda axes: b"")
    figure = logic.logic_model(evaluation)
    return figure, caught["title"], {box.name: box for _, part in caught["stages"] for box in part}


def test_steps_without_evidence_are_named(monkeypatch):
    figure, title, found = boxes(monkeypatch, evaluate_program(city([9.0] * 4), "p"))
    assert title.startswith(f"The study holds evidence on 1 of {len(found)} steps; nothing on cost")
    assert [box.name for box in found.values() if box.known] == ["Recorded crime"]
    assert all(box.number == logic.NO_EVIDENCE for box in found.values() if not box.known)
    assert figure.alt.startswith(title)


def test_every_step_is_the_estimate_it_says(monkeypatch):
    evaluation = of_type(
        "other",
        estimate("cost_total", 12345.6, strand="cost", unit="USD"),
        estimate("attendance_events", 12.0, strand="attendance", unit="events"),
        estimate("attendance_total", strand="attendance", unit="attendances").declined("Suppressed: few."),
        estimate("attendance_reach", 0.042, 0.03, 0.06, strand="attendance", unit="share"),
        estimate("crime_relative_effect", 0.7, 0.6, 0.8, outcome="all", unit="ratio", p_value=0.001),
        estimate(
            "sentiment_change", -1.2, -4.0, 1.6, outcome="trust", strand="sentiment",
            unit="change in points (0-100)", p_value=0.4,
        ),
        estimate("concern_resolution_share", 0.61, 0.5, 0.7, strand="responsiveness", unit="share"),
    )  # fmt: skip
    _, title, found = boxes(monkeypatch, evaluation)
    assert found["Cost"].number == "$12,346" and found["Events held"].number == "12"
    assert found["Attendances"][1:] == ("not shown", "too few people", True)
    assert found["Residents reached"][1:3] == ("4.2%", "3.0% to 6.0%")
    assert found["Recorded crime"][1:3] == ("−30%", "−40% to −20%")
    assert found["Trust"][1:3] == ("−1.2 points", "−4.0 to +1.6, not clear")
    assert found["Concerns resolved"].number == "61%"
    assert not found["Different people"].known and "of 12 steps" in title


def test_hours_are_drawn_where_incidents_hold_times_and_else_say_why(sample):
    bare_hours = hourly.needs_hours_chart(area_needs(sample))
    assert "hold no time of the day" in text_of(bare_hours)
    assert hourly.needs_hours_table(area_needs(sample)) is TOLD_ABOVE
    counts = np.full((1, 2, 7, 24), 30)
    counts[0, :, 5, 20:24] = 90
    hours = HourCounts(
        outcomes=("all",), counts=counts, untimed=np.array([100]), first=date(2023, 1, 2),
        last=date(2024, 12, 29), midnight=True,
    )  # fmt: skip
    needs = area_needs(replace(sample, hours=hours))
    figure = hourly.needs_hours_chart(needs)
    assert figure.alt.startswith("1 of 42 blocks of hours hold")
    assert "Saturday, 20 to 24: 3.0 times" in figure.alt
    assert "those at exactly midnight among them" in figure.caption
    table = hourly.needs_hours_table(needs)
    assert table.rows[0][0] == "Saturday, 20 to 24"
    assert table.rows[0][2].startswith("3.00 (")
