"""What the cost notebook shows: for any study no traceback, no bare number, no more than is known."""

import math
import re
from dataclasses import replace
from datetime import date

import numpy as np
import pandas as pd
import pytest

from outreach_metrics import plots
from outreach_metrics.evaluation import evaluate_program
from outreach_metrics.metrics import cost as _registered  # noqa: F401
from outreach_metrics.plots.cost import CostBar, cost_bars
from outreach_metrics.plots.tornado import TornadoBar, tornado
from outreach_metrics.reports.exhibits import cost as exhibits
from outreach_metrics.reports.exhibits.cells import TOLD_ABOVE
from outreach_metrics.reports.exhibits.cost import cost_verdict, money
from tests.metrics.attendance_studies import attendance_study
from tests.metrics.cost_studies import bare_study, costs, falling, monthly, priced_study, with_settings
from tests.plots.test_plots import outside, overlaps
from tests.test_exhibits import HARM, Text, bare, bundle, estimate, words
from tests.test_notebooks import NOTEBOOKS, code_cells, source
from tests.test_survey_exhibits import UNKNOWN, text_of

CELLS = [
    source(cell).splitlines()[-1]
    for path in NOTEBOOKS
    if path.stem == "cost_effectiveness"
    for cell in code_cells(path)[2:]
    if ".cost_" in source(cell)
]
LABELS = ("burglary", "robbery")
SMALL = [{"headcount": 4, "hours": 1.0}]
REFUND = costs(("2022-02-01", HARM, 900.0, "grant"), ("2022-03-01", "staff", -300.0, None))


def areas(study, *roles):
    program = study.programs["p"]
    return replace(study, programs={"p": replace(program, areas={r: program.areas[r] for r in roles})})


CASES = {
    "no costs": lambda: bare_study(),
    "costs alone": lambda: bare_study(monthly()),
    "refunds and strange names": lambda: bare_study(REFUND),
    "only refunds": lambda: bare_study(costs(("2022-02-01", "staff", -3.0, "grant"))),
    "few people": lambda: attendance_study(SMALL, costs=monthly(), min_cell=10),
    "events": lambda: attendance_study([{"headcount": 40, "hours": 1.0}], costs=monthly()),
    "costs of events alone": lambda: attendance_study([{"headcount": 40, "cost": 90.0}]),
    "crime fell": lambda: priced_study(falling(), LABELS),
    "crime rose": lambda: priced_study(falling(fall=1.6), LABELS),
    "nothing changed": lambda: priced_study(falling(fall=1.0, mean=4.0), LABELS),
    "no comparison": lambda: areas(priced_study(falling(), LABELS), "treatment"),
    "offenses without a price": lambda: priced_study(falling(), ("loitering", "noise")),
    "another currency": lambda: with_settings(priced_study(falling(), LABELS), currency="EUR"),
    "costs too late": lambda: priced_study(falling(), LABELS, monthly(first="2025-01-01")),
    "counts of nothing": lambda: priced_study(np.zeros((2, 8, 48), dtype=int), LABELS),
}


def shown(evaluation):
    """Return every exhibit of the notebook by its code."""
    return {code: eval(code, {"exhibits": exhibits, "evaluation": evaluation}) for code in CELLS}


def test_the_notebook_shows_every_exhibit_of_cost():
    named = {re.search(r"exhibits\.(\w+)", code)[1] for code in CELLS}
    made = {name for name in vars(exhibits) if name.startswith("cost_")}
    assert named == made - {"cost_verdict", "cost_bars"}


@pytest.mark.parametrize("name", CASES)
def test_every_exhibit_holds_for_any_study(name):
    for code, exhibit in shown(evaluate_program(CASES[name](), "p")).items():
        told = text_of(exhibit).replace("<br>", " ")
        assert not UNKNOWN.search(told), (code, UNKNOWN.search(told))
        assert not re.search(r"\d\.\d{3,}", told), code
        assert "<script>" not in bundle(exhibit)[0].get("text/html", ""), code
        if hasattr(exhibit, "rows"):
            assert exhibit.rows and all(len(row) == len(exhibit.columns) for row in exhibit.rows), code


def test_without_costs_it_is_said_once():
    told = shown(evaluate_program(CASES["no costs"](), "p"))
    assert [code for code, exhibit in told.items() if exhibit is not TOLD_ABOVE] == [CELLS[0]]
    assert "no costs of this program" in words(told[CELLS[0]])


def test_amounts_are_printed_as_people_write_them():
    assert [money(x, "USD") for x in (0.0, 5.0, 99.999, 1234.5, 999_600.0, -1234.0, math.nan)] == [
        "$0.00", "$5.00", "$100", "$1,234", "$1.00 million", "−$1,234", "–",
    ]  # fmt: skip
    assert money(1500, "EUR") == "EUR 1,500"


def ratio(group, amount, low, high):
    return estimate("benefit_cost_ratio", amount, low, high, group=group, strand="cost", note="A note.")


@pytest.mark.parametrize(
    ("total", "tangible", "said"),
    [
        (
            (4.0, 2.0, 6.0),
            (2.0, 1.2, 2.8),
            "If the fall in crime, weighed by what each offense costs, is the",
        ),
        ((0.2, -0.4, 0.8), (0.1, -0.2, 0.4), "The crime averted was worth less than the program cost"),
        ((4.0, -2.0, 10.0), (2.0, -1.0, 5.0), "It cannot be told whether it paid"),
        ((4.0, 2.0, 6.0), (0.9, 0.4, 1.4), "Whether it paid depends on which costs of crime are counted"),
        ((4.0, 2.0, 6.0), (0.4, 0.1, 0.7), "Whether it paid depends on which costs of crime are counted"),
    ],
)
def test_the_verdict_says_no_more_than_the_intervals(total, tangible, said):
    told = cost_verdict(bare(ratio("", *total), ratio("tangible", *tangible)))
    assert told[0].startswith(said)
    assert "Nothing but crime is counted" in told[1] and told[1].endswith("A note.")


def test_a_sum_says_no_more_than_its_parts():
    sure = ratio("", 4.0, 2.0, 6.0), ratio("tangible", 2.0, 1.2, 2.8)
    unclear = estimate("crime_difference", -9.0, -17.0, -1.0, outcome="all", p_value=0.03, p_adjusted=0.12)
    assert cost_verdict(bare(*sure, unclear))[0].startswith("The sum speaks for the program, but no outcome")
    clear = replace(unclear, p_adjusted=0.01)
    assert cost_verdict(bare(*sure, clear))[0].startswith("If the fall in crime")


def test_a_loss_is_told_as_a_loss():
    told = cost_verdict(bare(ratio("", -3.0, -9.0, 3.0)))[0]
    assert "(below 0: there was more) was worth −$3.00 (95% interval −$9.00 to $3.00)" in told


def test_a_cost_without_limits_is_said_to_have_none():
    found = evaluate_program(CASES["nothing changed"](), "p")
    free = estimate(
        "cost_per_incident_averted", 80.0, outcome="all", strand="cost", note="Cannot be bounded: ..."
    )
    others = [e for e in found.estimates if e.metric != "cost_per_incident_averted"]
    table = exhibits.cost_effect_table(replace(found, estimates=(*others, free)))
    assert [getattr(cell, "text", cell) for cell in table.rows[0]] == [
        "An incident averted: all crime", "$80.00", "cannot be bounded",
    ]  # fmt: skip
    assert "the effect may be zero" in words(table)


def test_the_least_cost_stands_beside_a_cost_without_limits():
    found = evaluate_program(CASES["nothing changed"](), "p")
    note = "Cannot be bounded: the effect may be zero; if there is one, a unit costs 1,234 or more."
    free = estimate("cost_per_incident_averted", 2e3, outcome="all", strand="cost", note=note)
    others = [e for e in found.estimates if e.metric != "cost_per_incident_averted"]
    table = exhibits.cost_effect_table(replace(found, estimates=(*others, free)))
    assert table.rows[0][2] == "from $1,234 up; cannot be bounded"


def test_a_sum_that_its_count_does_not_bear_names_what_fell():
    sure = ratio("", 4.0, 2.0, 6.0), ratio("tangible", 2.0, 1.2, 2.8)
    whole = estimate("crime_difference", -9.0, -20.0, 2.0, outcome="all", p_value=0.1, p_adjusted=0.2)
    part = replace(whole, outcome="violent", estimate=-7.0, conf_low=-9.0, conf_high=-5.0, p_adjusted=0.001)
    told = cost_verdict(bare(*sure, whole, part))[0]
    assert "The number of incidents as a whole did not clearly change" in told and "violent" in told
    assert "as a whole" not in cost_verdict(bare(*sure, replace(whole, p_adjusted=0.01)))[0]


def test_costs_of_events_alone_are_not_what_the_program_cost():
    told = shown(evaluate_program(CASES["costs of events alone"](), "p"))
    text = " ".join(map(text_of, told.values())).replace("&#x27;", "'")
    assert "The program's events cost $90" in text and "The program cost" not in text
    assert "only what single events cost is on record" in text and "for each $1 spent" not in text


def test_few_people_are_not_shown():
    table = exhibits.cost_unit_table(evaluate_program(CASES["few people"](), "p"))
    cells = {row[0]: row[1].text for row in table.rows}
    assert cells["An attendance"] == cells["An hour of contact"] == "not shown"
    assert cells["An event"] == "$24,000"


def test_the_price_table_names_the_kind_of_crime_and_what_is_left_out():
    counts = np.concatenate([falling(), np.zeros((2, 8, 48), dtype=int)])
    counts[2, 0, ::9] = 1
    counts[3] = 5
    evaluation = evaluate_program(priced_study(counts, (*LABELS, "homicide", "noise")), "p")
    table = exhibits.cost_price_table(evaluation)
    cells = {row[0]: [getattr(cell, "text", cell) for cell in row[1:]] for row in table.rows}
    assert cells["Burglary"][:2] == ["household burglary", "$6,462"]
    assert cells["Homicide"] == ["murder", "$8.98 million", "not counted", "–"]
    assert "Without a price, and not counted: noise." in words(table)
    assert "CPI-U" in words(table) and "McCollister" in words(table)


def test_the_tornado_says_whether_a_setting_turns_the_answer():
    sure = evaluate_program(priced_study(falling(mean=60.0, fall=0.3), LABELS, monthly(10.0)), "p")
    assert exhibits.cost_sensitivity_chart(sure).alt.startswith("With every setting tried")
    unsure = evaluate_program(priced_study(falling(fall=0.98), LABELS), "p")
    assert exhibits.cost_sensitivity_chart(unsure).alt.startswith("Whether it paid turns on the assumptions")


def test_the_answer_comes_first_and_holds_the_three_parts():
    events = attendance_study([{"headcount": 40, "hours": 1.0}], costs=monthly())
    told = words(exhibits.cost_answer(evaluate_program(events, "p")))
    assert told.startswith("The program cost $24,000 from 2022 to 2023.")
    assert "an attendance $600" in told and "It cannot be told whether it paid." in told


BARS = [
    CostBar("By category", "Overtime of officers who walk the neighborhood at night", 9e5, "$900,000", "90%"),
    CostBar("By category", "Refund", -2e5, "−$200,000", "−20%"),
    CostBar("By who paid", "Grant", 3e5, "$300,000", "30%"),
]
SWINGS = [
    TornadoBar("Effect on crime", ("lower limit", "upper limit"), (-146.3, 278.9)),
    TornadoBar("Price of crime, as others have put it before", ("tangible costs alone", ""), (38.4, 66.3)),
    TornadoBar("Gifts in kind", ("", "not counted as a cost"), (66.3, 69.5)),
]
WORDS = {"title": "Whether it paid turns on the assumptions", "subtitle": "Worth for each unit of cost"}


def test_charts_hold_their_words():
    assert not overlaps(cost_bars(BARS, **WORDS)) and not outside(cost_bars(BARS, **WORDS))
    axes = tornado(SWINGS, result=66.3, even=1.0, even_name="1, where it pays", digits=0, **WORDS)
    assert not overlaps(axes) and not outside(axes)
    told = {text.get_text() for text in axes.texts}
    assert {"−146", "279", "38", "tangible costs alone"} <= told and "66" not in told


def test_charts_of_nothing_say_so():
    for axes in (cost_bars([], **WORDS), tornado([], result=1.0, **WORDS)):
        assert any("There " in text.get_text() for text in axes.texts)
        assert plots.png(axes)[1:4] == b"PNG"


def test_bars_show_their_amounts_and_refunds_go_left():
    axes = cost_bars(BARS, **WORDS)
    assert sorted(patch.get_width() for patch in axes.patches) == [-2e5, 3e5, 9e5]
    low, high = axes.get_xlim()
    assert low < -2e5 and high > 9e5
    assert plots.png(axes) == plots.png(cost_bars(BARS, **WORDS))


def test_every_chart_of_the_sample_has_words_that_fit(sample):
    evaluation = evaluate_program(sample, "light-audit")
    figures = [exhibits.cost_chart(evaluation), exhibits.cost_sensitivity_chart(evaluation)]
    assert all(len(figure.alt) > 60 and figure.source.startswith("City of Riverton") for figure in figures)
    table = exhibits.cost_break_even_table(evaluation)
    assert [row[0] for row in table.rows][:2] == ["All crime", "Burglary"]
    assert Text(table.html).words and date(2022, 1, 10) == evaluation.program.start
    assert isinstance(evaluation.study.table("costs"), pd.DataFrame)
