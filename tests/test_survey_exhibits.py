"""What the survey notebook shows: for any survey no traceback, no bare number, no claim beyond the data."""

import math
import re
from dataclasses import replace
from datetime import date
from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from outreach_metrics import plots
from outreach_metrics.errors import Problem
from outreach_metrics.evaluation import evaluate_program
from outreach_metrics.reports import exhibits
from outreach_metrics.reports.exhibits.cells import TOLD_ABOVE
from outreach_metrics.reports.exhibits.comments import agreement_words, themes_title
from outreach_metrics.reports.exhibits.measures import MEASURES, SOURCES
from outreach_metrics.reports.exhibits.survey import CLEAR, MOST_QUESTIONS, answers_title
from outreach_metrics.study import Program, Settings, Study
from tests.test_exhibits import HARM, Text, bare, bundle, drawn, estimate, html, words
from tests.test_notebooks import NOTEBOOKS, code_cells, source

CELLS = [
    source(cell).splitlines()[-1]
    for path in NOTEBOOKS
    if path.stem == "survey_sentiment"
    for cell in code_cells(path)[2:]
    if "data" not in source(cell)
]
UNKNOWN = re.compile(r"\b(?:nan|NaT|inf|None)\b")


def items(count=4, constructs=("trust", "safety"), **columns):
    names = [f"q{i}" for i in range(count)]
    measures = [constructs[i % len(constructs)] for i in range(count)]
    given = {"item": names, "construct": measures, "low": 1.0, "high": 5.0, "favourable_from": 4.0, **columns}
    return pd.DataFrame(given)


def answers(waves, people=60, arms=("program", "comparison"), count=4, gain=0.8, seed=1, **columns):
    """Draw answers of the same people in each wave; the program arm rises by `gain` a wave."""
    random = np.random.default_rng(seed)
    frames = []
    for place, name in enumerate(waves):
        for shift, arm in enumerate(arms):
            level = 2.2 + gain * place * (arm == "program")
            codes = np.clip(np.round(random.normal(level, 1.1, (people, count))), 0, 4) + 1
            frame = pd.DataFrame(codes, columns=[f"q{i}" for i in range(count)])
            who = np.arange(people) + 1000 * shift
            day = pd.Timestamp(2022, 1, 1) + pd.DateOffset(months=6 * place)
            frames.append(frame.assign(respondent_id=who, wave=name, date=day, arm=arm, program_id="p"))
    return pd.concat(frames, ignore_index=True).assign(**columns)


def study_of(responses=None, asked=None, settings=None, **tables):
    program = Program(program_id="p", name="P", type="other", start=date(2022, 3, 1))
    if responses is not None:
        tables |= {"responses": responses, "items": items() if asked is None else asked}
    own = Settings(minimum_responses=1, **(settings or {}))
    return Study(folder=Path(), settings=own, programs={"p": program}, tables=tables)


def evaluated(*args, **given):
    return evaluate_program(study_of(*args, **given), "p")


def shown(evaluation):
    """Return every exhibit of the notebook by its code."""
    names = {"exhibits": exhibits, "evaluation": evaluation}
    return {code: eval(code, names) for code in CELLS}


def text_of(exhibit):
    data, metadata = bundle(exhibit)
    told = metadata.get("image/png", {})
    return " ".join([data["text/plain"], data.get("text/html", ""), *told.values()])


COMMENTS = ("The officer listened.", "Nobody came when I called.", "Gracias por todo lo que hacen.", "")
CASES = {
    "no survey": {},
    "no people of this program": {"responses": answers(["a", "b"]).assign(program_id="q")},
    "one wave": {"responses": answers(["only"])},
    "few people": {"responses": answers(["a", "b"], people=4, comment="Good.")},
    "few people in the last wave": {
        "responses": pd.concat([answers(["a", "b"]), answers(["a", "c"], people=3).query("wave == 'c'")])
    },
    "names of waves in another language": {
        "responses": answers(["Jan to Mar", "春 to 秋", "año (después)"], count=3),
        "asked": items(3, ["trust"]),
    },
    "thirty questions": {
        "responses": answers(["a", "b"], count=30, people=30),
        "asked": items(30, [f"construct_{i}" for i in range(8)]),
    },
    "six waves": {"responses": answers([f"wave {i}" for i in range(6)], people=40, gain=0.2)},
    "several arms": {"responses": answers(["a", "b"], arms=("program", "comparison", "partner"), people=40)},
    "no comparison": {"responses": answers(["a", "b"], arms=("program",))},
    "only a comparison": {"responses": answers(["a", "b"], arms=("comparison",))},
    "no favorable answers": {"responses": answers(["a", "b"]), "asked": items(favourable_from=math.nan)},
    "questions of one item": {"responses": answers(["a", "b"]), "asked": items(constructs="abcd")},
    "everybody answers alike": {"responses": answers(["a", "b"]).assign(**{f"q{i}": 3.0 for i in range(4)})},
    "no dates": {"responses": answers(["a", "b"]).assign(date=pd.NaT)},
    "weights and clusters": {
        "responses": answers(["a", "b"]).assign(
            weight=lambda rows: 1.0 + rows["respondent_id"] % 3,
            cluster=lambda rows: rows["respondent_id"] % 8,
        )
    },
    "comments": {
        "responses": answers(["a", "b"]).assign(
            comment=lambda rows: [COMMENTS[i % 4] for i in range(len(rows))]
        )
    },
}


@cache
def evaluated_case(name):
    return evaluated(**CASES[name])


@pytest.fixture(scope="module")
def rose():
    """Return the evaluation of a survey in which both measures rise in the program arm alone."""
    return evaluated(answers(["before", "after"], gain=1.2))


@pytest.mark.parametrize("name", CASES)
def test_every_exhibit_holds_for_any_survey(name):
    for code, exhibit in shown(evaluated_case(name)).items():
        found = UNKNOWN.search(re.sub(r"None of", "", text_of(exhibit)))
        assert not found, (code, found)
        if hasattr(exhibit, "rows"):
            assert exhibit.rows and all(len(row) == len(exhibit.columns) for row in exhibit.rows), code


def test_without_a_survey_only_what_cannot_be_said_is_left():
    every = shown(evaluated_case("no survey"))
    told = {code: exhibit for code, exhibit in every.items() if text_of(exhibit).strip()}
    assert "cannot tell whether what people think changed: it has no" in text_of(
        next(exhibit for code, exhibit in told.items() if code.startswith("exhibits.answer"))
    )
    assert not any(re.search(r"threats|comment|survey_(?!waves)|checks|sources", code) for code in told)


def test_few_people_are_told_of_in_whole_sentences():
    every = shown(evaluated_case("few people"))
    text = " ".join(map(text_of, every.values()))
    assert "changed: fewer than 10 people answered" in text
    assert "Suppressed" not in text.replace("Suppressed: fewer than 10 people answered.", "")
    assert "Fewer than 10 people wrote a comment in each wave" in text


def test_threats_of_a_survey_are_not_about_crime(rose):
    problems = tuple(
        Problem(severity="warning", file=file, message=f"Something about {file}", rule="r", program_id="p")
        for file in ("program_areas.csv", "responses.csv")
    )
    evaluation = replace(rose, study=replace(rose.study, problems=problems))
    told = words(exhibits.threats(evaluation, "sentiment"))
    assert "responses.csv" in told and "program_areas" not in told


def test_title_of_questions_counts_all_of_them_and_names_whose_they_are(rose, monkeypatch):
    caught = drawn(monkeypatch, "likert_bars")
    figure = exhibits.survey_answers(rose)
    assert caught["title"] == "In the program group, favorable answers rose to 4 of 4 questions"
    assert "Without the comparison group" in figure.caption
    many = evaluated_case("thirty questions")
    figure = exhibits.survey_answers(many)
    assert caught["title"].endswith("of 30 questions")
    assert caught["args"][0]["item"].nunique() <= MOST_QUESTIONS and "Drawn are the" in figure.caption


def test_title_of_questions_claims_nothing_that_chance_may_have_made():
    def item(p, low=1.0):
        return estimate(
            "sentiment_item_favourable_change", 5.0, low, 9.0, p_value=p, p_adjusted=p, unit="change in share"
        )

    assert answers_title([item(0.001), item(0.2), item(0.001, low=-1.0)]) == (
        "In the program group, favorable answers rose to 1 of 3 questions"
    )
    assert answers_title([item(0.2)]) == (
        "No clear change in the program group’s favorable answers to any of 1 question"
    )


def test_the_table_of_questions_marks_what_the_title_counts(rose):
    p = iter([0.001, 0.2, 0.3, 0.049])
    estimates = [
        replace(e, p_adjusted=next(p)) if e.metric == "sentiment_item_favourable_change" else e
        for e in rose.estimates
    ]
    table = exhibits.survey_item_table(replace(rose, estimates=tuple(estimates)))
    assert [row[1].note == CLEAR for row in table.rows] == [True, False, False, True]


def test_questions_without_a_text_go_by_their_name():
    turned = pd.array([False, True, False, True], dtype="boolean")
    asked = items(text=pd.Series([HARM, None, math.nan, " "], dtype=object), reversed=turned)
    table = exhibits.survey_item_table(evaluated(answers(["a", "b"]), asked))
    assert [row[0] for row in table.rows] == [HARM, "q1 (turned)", "q2", "q3 (turned)"]
    assert "<script" not in html(table)


def test_whether_a_change_matters_is_yes_no_or_open():
    where = {"outcome": "trust", "group": "a to b"}

    def verdict(low, high, p, p_small):
        change = estimate(
            "sentiment_change", (low + high) / 2, low, high, p_value=p, p_adjusted=p,
            unit="change in points (0-100)", **where,
        )  # fmt: skip
        small = estimate("sentiment_equivalence", 1.0, conf_level=0.9, p_value=p_small, **where)
        size = estimate("sentiment_effect_size", 0.3, 0.1, 0.5, unit="standard deviations", **where)
        evaluation = bare(change, replace(small, p_adjusted=p_small), size)
        return exhibits.survey_size_table(evaluation).rows[0][-1]

    assert verdict(4.0, 9.0, 0.001, 0.9) == "yes"
    assert verdict(-9.0, -4.0, 0.001, 0.9) == "yes"
    assert verdict(4.0, 9.0, 0.2, 0.9) == "cannot be told"
    assert verdict(2.0, 9.0, 0.001, 0.9) == "cannot be told"
    assert verdict(-1.0, 1.5, 0.7, 0.01) == "no"


def test_many_waves_stand_below_each_other():
    table = exhibits.sentiment_wave_table(evaluated(answers([f"w{i}" for i in range(4)], people=30)))
    assert [column.heading for column in table.columns] == ["Measure", "Group", "Wave", "Value"]
    assert [row[:3] for row in table.rows[:5]] == [
        *(["Trust", "program", f"w{i}"] for i in range(4)),
        ["Trust", "comparison", "w0"],
    ]
    assert "not shown" not in words(table) and len(table.rows) == 16


def test_course_of_scores_begins_with_the_program():
    table = exhibits.survey_trend_table(evaluated(answers(["a", "b", "c"])))
    assert [row[1] for row in table.rows[:3]] == ["program", "comparison", "program less comparison"]


def theme(name, share, wave="after", n=20.0, **rest):
    where = {"outcome": name, "group": wave, "unit": "share of coded comments", "n_after": n, **rest}
    return estimate("sentiment_comment_theme", share, share / 2, min(2 * share, 1), **where)


WRITTEN = estimate("sentiment_comment_count", 20.0, outcome="written", group="after", unit="comments")


def test_themes_chart_tells_the_most_frequent_theme_and_whose_comments_they_are(monkeypatch):
    caught = drawn(monkeypatch, "theme_bars")
    shares = [theme("street_lights", 0.2, "before"), theme("street_lights", 0.5), theme("trust", 0.1)]
    figure = exhibits.comment_themes(bare(WRITTEN, *shares))
    assert caught["title"] == "Street lights came up most often: in 50% of the 20 comments coded in after"
    assert "not of residents" in figure.caption
    assert "In after: Street lights: 50% (25% to 100%); Trust: 10% (5% to 20%)" in figure.alt
    assert len(exhibits.comment_themes(bare(WRITTEN, *(theme(f"t{i}", 0.3) for i in range(20)))).alt) < 500


def test_themes_of_equal_share_are_all_named_and_none_is_none():
    assert themes_title([theme("a", 0.4), theme("b", 0.4)]).startswith(
        "A and b came up most often: each in 40%"
    )
    alike = themes_title([theme("a", 0.4), theme("b", 0.3)])
    assert alike.startswith("A and b came up most often: each in 30% to 40% of the 20 comments")
    many = [theme(name, 0.3) for name in "abcd"]
    assert themes_title(many).endswith("were about; no theme stands out")
    unsure = estimate("sentiment_comment_agreement", 0.5, outcome="a")
    assert themes_title([theme("a", 0.6), theme("b", 0.1)], [unsure]).endswith("coders did not agree well")
    assert themes_title([theme("a", 0.0)]) == "None of the themes came up in after"


def test_comments_that_nobody_coded_say_so():
    none = estimate("sentiment_comment_theme", note="The study has no codes table.")
    assert "no codes table" in words(exhibits.comment_themes(bare(WRITTEN, none)))
    assert exhibits.comment_themes(bare(none)) is TOLD_ABOVE


def test_polarity_never_stands_without_its_accuracy_and_never_in_a_title():
    share = estimate("sentiment_comment_polarity", 0.62, 0.41, 0.79, group="after", unit="share of comments")
    alpha = estimate("sentiment_comment_agreement", 0.71, 0.5, 0.9, unit="alpha", note="2 coders.")
    table = exhibits.comment_table(bare(WRITTEN, share, alpha))
    text = words(table)
    assert "62% (41% to 79%)" in text
    assert re.search(r"exploration; right for \d\d% of tests", " ".join(c.unit for c in table.columns))
    assert re.search(r"exploration, not a headline.*judged \d\d% \(\d\d% to \d\d%\) rightly", text)
    assert "0.71 (0.50 to 0.90), tentative" in text and "2 coders." in text
    assert "avorable" not in table.caption


def test_comments_of_few_people_are_not_shown():
    few = replace(WRITTEN, outcome="unscored").declined("Suppressed: fewer than 10 people wrote a comment.")
    row = exhibits.comment_table(bare(WRITTEN, few)).rows[0]
    assert [getattr(cell, "text", cell) for cell in row] == ["after", "program", "20", "–", "not shown", "–"]


@pytest.mark.parametrize(
    ("alpha", "said"), [(0.8, "reliable"), (0.79, "tentative"), (0.5, "not reliable"), (-0.2, "not reliable")]
)
def test_agreement_in_words(alpha, said):
    assert agreement_words(alpha) == said


def test_topics_are_marked_as_a_computers_and_are_redacted_and_escaped():
    said = [
        "Please fix the street light at the corner", "The street light is out again", "More street lights",
        "Officers treat people with respect", "They treat us with no respect", "Respect goes both ways",
    ]  # fmt: skip
    ways = ("now", "soon", "tonight", "<b>today</b>", "call 555-123-4567")
    comments = [f"{text}, {way}." for text in said for way in ways]
    rows = answers(["a"], people=30, arms=("program",)).assign(comment=comments)
    table = exhibits.comment_topics(evaluated(rows))
    text = text_of(table)
    assert "not read by a person" in table.caption
    assert "555-123" not in text and "<b>today" not in table.html and "street" in text
    assert all(len(row[2]) > 10 for row in table.rows)
    alone = evaluated(answers(["a"], people=30, arms=("program",)).assign(comment="The street light is out."))
    assert words(exhibits.comment_topics(alone)).startswith("No topics are suggested. Topics need 20")


def test_every_survey_and_attendance_metric_has_plain_words():
    from outreach_metrics.registry import registered_metrics

    strands = ("attendance_", "sentiment_", "training_")
    ours = {name for name in registered_metrics() if name.startswith(strands)}
    assert ours <= set(MEASURES)
    assert all(plain.endswith(".") for _, plain in MEASURES.values())
    assert {name for name in SOURCES if name.startswith(strands)} <= ours


def test_sources_are_those_of_the_strand_that_were_used(rose):
    told = words(exhibits.sources(rose, "sentiment"))
    assert "Binder" in told and "Cronbach" in told and "Benjamini" in told
    assert "Garwood" not in told and "Kaplan" not in told and "Krippendorff" not in told
    assert exhibits.sources(rose, "attendance") is TOLD_ABOVE
    assert exhibits.sources(rose) is TOLD_ABOVE


def test_text_from_a_survey_is_escaped_everywhere():
    rows = answers([HARM, "b"]).assign(comment=HARM)
    for code, exhibit in shown(evaluated(rows, items(constructs=(HARM, "safety"), text=HARM))).items():
        page = bundle(exhibit)[0].get("text/html", "")
        assert "script" not in [tag for tag, _ in Text(page).tags], code


def test_names_of_waves_may_hold_the_word_to(monkeypatch):
    caught = drawn(monkeypatch, "dumbbell")
    exhibits.survey_dumbbell(evaluated_case("names of waves in another language"))
    assert caught["waves"] == ("Jan to Mar", "año (después)")
    assert all(shift.first < shift.last for shift in caught["args"][0])


def test_program_report_shows_the_first_and_the_last_wave(rose, monkeypatch):
    caught = drawn(monkeypatch, "dumbbell")
    figure = exhibits.survey_dumbbell(rose)
    assert caught["waves"] == ("before", "after")
    assert caught["title"] == "Trust and safety rose relative to the comparison group"
    assert isinstance(caught["args"][0][0], plots.Shift) and "before" in figure.alt


def test_waves_are_drawn_over_time_where_there_is_a_trend(monkeypatch):
    caught = drawn(monkeypatch, "wave_trend")
    three = exhibits.survey_waves(evaluated(answers(["a", "b", "c"])))
    assert list(caught["args"][1]) == ["a", "b", "c"]
    assert "not the same people" in three.caption
    two = exhibits.survey_waves(evaluated(answers(["a", "b"])))
    assert "by survey wave" in two.alt


def test_sizes_have_no_word_where_the_change_is_not_clear():
    size = estimate(
        "sentiment_effect_size", 0.6, -0.1, 1.3, outcome="trust", group="a to b", unit="standard deviations"
    )
    unclear = estimate("sentiment_change", 6.0, -1.0, 13.0, outcome="trust", group="a to b")
    clear = replace(unclear, conf_low=2.0, p_value=0.001, p_adjusted=0.001)
    assert "no clear change" in words(exhibits.survey_size_table(bare(size, unclear)))
    assert "medium rise" in words(exhibits.survey_size_table(bare(size, clear)))
