"""Concerns, channels, other counts and the long view as pages show them: right, plain, few never shown."""

import math
import re
from dataclasses import replace

import pandas as pd
import pytest

from outreach_metrics.evaluation import evaluate_program
from outreach_metrics.reports.exhibits import channels, long_term, outcomes, responsiveness
from outreach_metrics.reports.exhibits.cells import TOLD_ABOVE
from outreach_metrics.reports.exhibits.kinds import Figure, Table
from tests.conftest import crime_study
from tests.metrics.test_channels import channel_study
from tests.metrics.test_outcome import counted_study, diverted, drawn
from tests.metrics.test_responsiveness import concern_study
from tests.test_exhibits import HARM, bare, html, words

EXHIBITS = (
    responsiveness.responsiveness_chart,
    responsiveness.responsiveness_table,
    responsiveness.you_said_we_did,
    lambda evaluation: responsiveness.you_said_we_did(evaluation, "area"),
    responsiveness.responsiveness_course,
    channels.channel_chart,
    channels.channel_table,
    outcomes.outcome_chart,
    outcomes.outcome_table,
    outcomes.share_table,
    outcomes.school_chart,
    long_term.long_term_chart,
    long_term.long_term_table,
    long_term.long_term_missing,
)
BARE = re.compile(r"\b(nan|inf|None|NaT)\b|\d\.\d{6}|<script>")


def concerns(count=40, topics=("noise", "lights", HARM), **given):
    rows = [
        (7 * place, None if place % 4 == 0 else 10 + place % 30, {"topic": topics[place % len(topics)]})
        for place in range(count)
    ]
    return concern_study(rows, **{"min_cell": 10} | given)


CASES = {
    "nothing": lambda: bare().study,
    "concerns": concerns,
    "few concerns": lambda: concerns(6),
    "one concern": lambda: concerns(1, min_cell=1),
    "none resolved": lambda: concern_study([(day, None) for day in range(20)], min_cell=10),
    "all on one day": lambda: concern_study([(3, 0)] * 20, min_cell=10),
    "channels": lambda: channel_study([(m, c, 900 + m, 40) for m in range(14) for c in ("app", HARM)]),
    "few reached": lambda: channel_study([(0, "app", 4, 2)]),
    "a channel of nobody": lambda: channel_study([(0, "app", 0, 20)]),
    "outcomes": lambda: counted_study(diverted(0.2, 0.35), wanted={"diversions": "rise"}, treated=4),
    "outcomes without residents": lambda: counted_study({"tips": drawn()}, treated=4, population=math.nan),
    "outcomes without comparison": lambda: counted_study({"tips": drawn()}, roles={"treatment": (0, 1)}),
    "outcomes of no area": lambda: counted_study({"tips": drawn()}, roles={"comparison": (0, 1)}),
    "outcomes never counted": lambda: counted_study({"tips": 0 * drawn()}, treated=4),
    "crime alone": lambda: crime_study(drawn(), treated=4),
}


@pytest.mark.parametrize("case", CASES)
def test_any_study_gives_exhibits_without_bare_numbers_or_code(case):
    evaluation = evaluate_program(CASES[case](), "p")
    for exhibit in EXHIBITS:
        made = exhibit(evaluation)
        if isinstance(made, Figure):
            assert made.image[1:4] == b"PNG"
            assert made.alt and made.caption and made.alt != made.caption
            assert not BARE.search(made.alt.replace(HARM, ""))
        elif made is not TOLD_ABOVE:
            assert not BARE.search(html(made)), html(made)


def test_you_said_we_did_adds_up():
    table = responsiveness.you_said_we_did(evaluate_program(concerns(42, topics=("noise", "lights")), "p"))
    rows = [[cell if isinstance(cell, str) else cell.text for cell in row] for row in table.rows]
    assert rows[-1][0] == "All concerns"
    for column in (1, 2, 3):
        assert sum(int(row[column]) for row in rows[:-1]) == int(rows[-1][column])
    for row in rows:
        assert int(row[2]) + int(row[3]) == int(row[1])


def test_small_topics_have_no_row_of_their_own():
    study = concerns(44, topics=("noise", "lights", "noise", "lights", "noise", "dogs"))
    text = words(responsiveness.you_said_we_did(evaluate_program(study, "p")))
    assert "Dogs" not in text and "dogs" not in text
    assert "All others" in text


def test_few_concerns_are_nowhere():
    evaluation = evaluate_program(concerns(6), "p")
    text = " ".join(words(exhibit(evaluation)) for exhibit in EXHIBITS[:5])
    assert "Suppressed" in text
    assert not re.search(r"\b6\b", text)


def test_a_course_of_which_one_period_can_be_shown_is_told_not_drawn(monkeypatch):
    evaluation = evaluate_program(concerns(), "p")
    whole = responsiveness.concerns_by_period(evaluation.study, "p")
    few = whole.assign(raised=[17.0] + [math.nan] * (len(whole) - 1))
    monkeypatch.setattr(responsiveness, "concerns_by_period", lambda *given: few)
    assert "would show too little" in words(responsiveness.responsiveness_course(evaluation))


def test_the_title_is_the_finding():
    made = responsiveness.responsiveness_chart(evaluate_program(concerns(), "p"))
    assert made.alt.startswith("30 of 40 concerns were resolved; half were by day ")
    counts = diverted(0.2, 0.35)
    study = counted_study(counts, wanted={"diversions": "fall"}, treated=4)
    evaluation = evaluate_program(study, "p")
    assert "rose relative to the comparison areas" in outcomes.outcome_chart(evaluation).alt
    assert "rose, against what is wanted" in words(outcomes.outcome_table(evaluation))
    assert "rose, against what is wanted" in words(outcomes.share_table(evaluation))


def test_channel_titles_say_what_rose_and_what_fell():
    rows = [(m, "letter", int(1000 * 1.03**m), int(200 * 1.03**m * 0.97**m)) for m in range(24)]
    made = channels.channel_chart(evaluate_program(channel_study(rows), "p"))
    assert made.alt.startswith("Reach rose (letter); the share who answer fell (letter).")


def test_school_officers_see_views_and_incidents_lined_up():
    study = counted_study({"juvenile_incidents": drawn(), "tips": drawn()}, treated=4)
    assert outcomes.school_chart(evaluate_program(study, "p")) is TOLD_ABOVE
    program = replace(study.programs["p"], type="school_resource_officer")
    made = outcomes.school_chart(evaluate_program(replace(study, programs={"p": program}), "p"))
    assert "juvenile incidents" in made.alt and "tips" not in made.alt
    assert "The study does not hold what students think" in made.caption


def test_the_long_view_of_the_sample_holds_all_four(sample):
    evaluation = evaluate_program(sample, "northgate-beats")
    made = long_term.long_term_chart(evaluation)
    assert "attitudes, attendance, answers to concerns and crime over time" in made.alt
    assert "all there" in words(long_term.long_term_missing(evaluation))
    table = long_term.long_term_table(evaluation)
    assert isinstance(table, Table)
    rows = {row[0]: [c if isinstance(c, str) else c.text for c in row[1:]] for row in table.rows}
    from outreach_metrics.metrics.attendance import attendance_by_event

    events = attendance_by_event(sample, "northgate-beats").dropna(subset=["attended"])
    yearly = events.groupby(events["date"].dt.year)["attended"].sum()
    assert rows["Attendances"][-len(yearly) :] == [f"{n:,.0f}" for n in yearly]
    assert "Recorded crime, program areas" in rows and "Recorded crime, comparison areas" in rows


def test_the_long_view_says_what_is_missing(sample):
    told = words(long_term.long_term_missing(evaluate_program(sample, "tip-line")))
    for part in ("attitudes", "answers to concerns", "crime"):
        assert part in told
    assert "attendance" not in told
    assert "Concerns are too few" in words(long_term.long_term_missing(evaluate_program(concerns(12), "p")))


def test_sums_of_quarters_give_no_small_event_away():
    frame = pd.DataFrame({"attended": [40.0, 3.0, 30.0, 25.0, 50.0, 60.0]})
    place = pd.PeriodIndex(["2022Q1", "2022Q1", "2022Q2", "2022Q3", "2023Q1", "2023Q2"], freq="Q")
    spans = pd.period_range("2022Q1", "2023Q2", freq="Q")
    sums = frame["attended"].groupby(place).sum().reindex(spans, fill_value=0).to_numpy()
    few = long_term._few(frame["attended"].to_numpy(), place, spans, sums, 10)
    shown = dict(zip(map(str, spans), ~few, strict=True))
    # 3 and, with it, 25 are not drawn as events; the quarter of either is not shown.
    assert not shown["2022Q1"] and not shown["2022Q3"]
    assert shown["2022Q2"] and shown["2023Q1"] and shown["2023Q2"]
