"""What the partnership notebook shows: for any records no traceback, no bare number, no few people."""

import math
import re
from dataclasses import replace

import pandas as pd
import pytest

from outreach_metrics import plots
from outreach_metrics.evaluation import evaluate_program
from outreach_metrics.metrics.partnership import network_drawing
from outreach_metrics.reports import exhibits
from outreach_metrics.reports.exhibits.cells import TOLD_ABOVE
from tests.metrics.partnership_studies import partner_study
from tests.metrics.test_partnership import partner_answers
from tests.metrics.test_referrals import waited
from tests.test_exhibits import HARM, Text, bundle, drawn, words
from tests.test_notebooks import NOTEBOOKS, code_cells, source
from tests.test_survey_exhibits import UNKNOWN, text_of

CELLS = [
    source(cell).splitlines()[-1]
    for path in NOTEBOOKS
    if path.stem == "partnerships"
    for cell in code_cells(path)[2:]
    if "data" not in source(cell)
]
ROWS = [
    {
        "agency": "Police",
        "sector": "law enforcement",
        "start_date": "2023-01-01",
        "end_date": None,
        "hours": 10,
    },
    {
        "agency": "Clinic",
        "sector": "health",
        "start_date": "2023-01-01",
        "end_date": "2023-08-01",
        "hours": None,
    },
    {"agency": "School", "sector": None, "start_date": "2023-02-01", "end_date": None, "hours": 30},
]
HELD = [("Police", "Clinic"), ("Police", "School"), ("Clinic", "School")] * 6


def group(need, done, size):
    return [{"need": need, "to_agency": need, "days": 10 if i < done else None} for i in range(size)]


LOST = [
    *waited([]),
    *group("housing", 20, 100),
    *group("work", 70, 100),
    *group("rare", 3, 30),
    *group("small", 12, 40),
]
DAYS = pd.date_range("2022-07-01", periods=18, freq="30D")
CASES = {
    "nothing": lambda: partner_study(),
    "a lead alone": lambda: partner_study(lead=HARM),
    "agencies alone": lambda: partner_study([{"agency": HARM}, {"agency": "B"}]),
    "two agencies": lambda: partner_study(ROWS[:2], HARM and [("Police", "Clinic")]),
    "events alone": lambda: partner_study(held=HELD),
    "no event together": lambda: partner_study(ROWS, [("Police",), ("School",)]),
    "everything": lambda: partner_study(
        ROWS, HELD, days=DAYS, referred=LOST, min_cell=10, **partner_answers()
    ),
    "many agencies": lambda: partner_study(
        [{"agency": f"Agency {i}", "sector": f"s{i % 14}", "start_date": "2023-01-01"} for i in range(40)],
        [(f"Agency {i}", f"Agency {i * 7 % 40}") for i in range(40)],
    ),
    "other programs": lambda: partner_study([*ROWS, *({**row, "program_id": "q"} for row in ROWS)], HELD),
    "few referrals": lambda: partner_study(ROWS, HELD, referred=waited([3, None]), min_cell=10),
    "few of them completed": lambda: partner_study(referred=waited([5] * 3 + [None] * 30), min_cell=10),
    "none completed": lambda: partner_study(referred=waited([None] * 30), min_cell=10),
    "all completed": lambda: partner_study(referred=waited([5] * 30), min_cell=10),
    "referrals of one day": lambda: partner_study(referred=[{"days": None}] * 30, min_cell=10),
    "few partners": lambda: partner_study(ROWS, min_cell=13, **partner_answers()),
}


def shown(evaluation):
    """Return every exhibit of the notebook by its code."""
    names = {"exhibits": exhibits, "evaluation": evaluation}
    return {code: eval(code, names) for code in CELLS}


@pytest.mark.parametrize("name", CASES)
def test_every_exhibit_holds_for_any_records(name):
    for code, exhibit in shown(evaluate_program(CASES[name](), "p")).items():
        found = UNKNOWN.search(text_of(exhibit).replace("<br>", " "))
        assert not found, (code, found)
        assert "<script>" not in text_of(exhibit).split("text/plain")[0].replace(HARM, ""), code
        if hasattr(exhibit, "rows"):
            assert exhibit.rows and all(len(row) == len(exhibit.columns) for row in exhibit.rows), code


def test_nothing_on_record_is_said_once():
    told = shown(evaluate_program(CASES["nothing"](), "p"))
    text = " ".join(words(exhibit) for exhibit in told.values())
    assert "names no partners and holds no referrals" in text
    assert "A network takes" not in text
    assert sum(exhibit is TOLD_ABOVE for exhibit in told.values()) >= 5


def test_answer_comes_first_and_tells_each_part():
    assert "partnership_answer" in CELLS[0]
    text = words(exhibits.partnership_answer(evaluate_program(CASES["everything"](), "p")))
    assert "3 agencies of 2 sectors took part." in text
    assert "Every pair of agencies held an event together." in text
    assert "Every agency other than the police has a tie" in text
    assert "Of 270 referrals, 39% (33% to 45%) were completed." in text
    assert "Clearly fewer were completed from Police to housing" in text


def test_agencies_of_whom_only_names_are_known_are_said_to_be_so_once():
    evaluation = evaluate_program(CASES["events alone"](), "p")
    assert "Only the names of the agencies are known" in words(exhibits.partnership_agency_table(evaluation))
    assert exhibits.partnership_retention_chart(evaluation) is exhibits.cells.TOLD_ABOVE


def test_all_who_stayed_are_no_share_without_an_interval():
    known = {"partnership_agencies": 3.0, "partnership_retention": 1.0}
    found = evaluate_program(CASES["nothing"](), "p")
    made = [
        replace(e, estimate=known[e.metric], unit="share") if e.metric in known else e
        for e in found.estimates
    ]
    text = words(exhibits.partnership_answer(replace(found, estimates=tuple(made))))
    assert "All of them (too few to give an interval) were still in a year after they joined." in text


def test_title_names_the_need_that_is_clearly_lower_and_no_other(monkeypatch):
    caught = drawn(monkeypatch, "share_rows")
    evaluation = evaluate_program(CASES["everything"](), "p")
    figure = exhibits.referral_need_chart(evaluation)
    assert caught["title"].startswith("Fewer referrals were completed for housing")
    shares = caught["args"][0].set_index("name")
    assert bool(shares.loc["Housing", "clear"]) and math.isnan(shares.loc["Rare", "share"])
    assert "not shown" in figure.caption
    alike = [*waited([]), *group("housing", 66, 100), *group("work", 70, 100)]
    evaluation = evaluate_program(partner_study(referred=alike, min_cell=10), "p")
    exhibits.referral_need_chart(evaluation)
    assert caught["title"] == "No need in which clearly fewer referrals were completed"
    assert "worst" in words(exhibits.partnership_limits(evaluation))
    assert "No pair is clearly lower" in words(exhibits.referral_pair_table(evaluation))


def test_few_people_are_in_no_chart_table_or_alt_text():
    for name in ("few referrals", "few of them completed"):
        told = shown(evaluate_program(CASES[name](), "p"))
        text = " ".join(text_of(exhibit) for code, exhibit in told.items() if "referral" in code)
        assert "Suppressed" not in text
        assert not re.search(r"\b(?:2|3|9)%|\b(?:2|3) referrals", text), name
    everything = shown(evaluate_program(CASES["everything"](), "p"))
    pairs = next(exhibit for code, exhibit in everything.items() if "pair" in code)
    assert "rare" not in " ".join(row[0] for row in pairs.rows)


def test_network_is_numbered_alike_in_drawing_and_table(monkeypatch):
    caught = drawn(monkeypatch, "network_chart")
    evaluation = evaluate_program(CASES["everything"](), "p")
    exhibits.partnership_network_chart(evaluation)
    table = exhibits.partnership_network_table(evaluation)
    drawn_names = [f"{i}  {name}" for i, name in enumerate(caught["args"][0]["agency"], start=1)]
    assert [row[0] for row in table.rows] == drawn_names
    assert caught["args"][1]["events"].max() == 12


def test_large_networks_draw_the_best_tied_and_say_how_many_are_left(monkeypatch):
    caught = drawn(monkeypatch, "network_chart")
    figure = exhibits.partnership_network_chart(evaluate_program(CASES["many agencies"](), "p"))
    nodes, ties = caught["args"]
    assert len(nodes) == 25 and "The 16 agencies with the fewest ties are not drawn" in figure.caption
    assert ties[["first", "second"]].to_numpy().max() < 25
    assert bundle(figure)[1]["image/png"]["alt"].endswith(".")


def test_names_are_escaped():
    tags = Text(exhibits.partnership_agency_table(evaluate_program(CASES["agencies alone"](), "p")).html).tags
    assert "script" not in {tag for tag, _ in tags}


def texts(axes):
    return [text.get_text() for text in [*axes.texts, *axes.figure.texts]]


def test_marks_and_names_of_the_network_do_not_touch():
    nodes, ties = network_drawing(CASES["many agencies"](), "p")
    axes = plots.network_chart(nodes.head(25), ties.iloc[:0], title="T", subtitle="S")
    renderer = axes.figure.canvas.get_renderer()
    names = [text for text in axes.texts if text.get_text().startswith("Agency")]
    boxes = [text.get_window_extent(renderer) for text in names]
    assert len(boxes) == 24
    assert not any(one.overlaps(two) for i, one in enumerate(boxes) for two in boxes[:i])
    assert all(box.x1 <= axes.figure.bbox.x1 + 1 for box in boxes)


def test_long_names_stay_on_the_page():
    nodes = pd.DataFrame(
        {"agency": ["A very long name of an agency " * 3], "sector": ["x" * 90], "lead": [True]}
    )
    axes = plots.network_chart(
        nodes.assign(x=0.0, y=0.0),
        pd.DataFrame(columns=["first", "second", "events"]),
        title="T",
        subtitle="S",
    )
    renderer = axes.figure.canvas.get_renderer()
    assert all(text.get_window_extent(renderer).x1 <= axes.figure.bbox.x1 + 1 for text in axes.texts)
    assert any(text.endswith("…") for text in texts(axes))


def test_empty_charts_say_so():
    nothing = pd.DataFrame(columns=["agency", "sector", "lead", "x", "y", "start", "until", "left"])
    ties = pd.DataFrame(columns=["first", "second", "events"])
    shares = pd.DataFrame(columns=["name", "share", "conf_low", "conf_high", "n", "clear"])
    curve = pd.DataFrame(columns=["day", "completed", "conf_low", "conf_high"], dtype=float)
    made = [
        plots.network_chart(nothing, ties, title="T", subtitle="S"),
        plots.agency_stay(nothing, title="T", subtitle="S"),
        plots.share_rows(shares, title="T", subtitle="S"),
        plots.completion_curve(curve, title="T", subtitle="S"),
    ]
    for axes in made:
        assert re.search("There (is|are) |not known", " ".join(texts(axes)))
        assert plots.png(axes) == plots.png(axes)
