"""What notebooks show: escaped, few people suppressed, and never more than the estimates bear."""

import math
from base64 import b64decode
from dataclasses import replace
from datetime import date
from html.parser import HTMLParser

import numpy as np
import pandas as pd
import pytest

from outreach_metrics import plots
from outreach_metrics.errors import Problem, UnknownNameError
from outreach_metrics.estimate import Estimate
from outreach_metrics.evaluation import Evaluation, evaluate_program, evaluate_study
from outreach_metrics.reports import exhibits
from outreach_metrics.reports.exhibits.cells import TOLD_ABOVE, merged
from outreach_metrics.reports.exhibits.kinds import Cell, Column
from outreach_metrics.reports.exhibits.quality import told_once
from outreach_metrics.study import InputFile, Program, Settings, Study, TableQuality
from tests.conftest import crime_study

HARM = "<script>alert(1)</script> & $x$"


class Text(HTMLParser):
    """Collects tags, attributes and text, so that tests read tables as a browser does."""

    def __init__(self, html):
        super().__init__()
        self.tags, self.words = [], []
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data):
        self.words.append(data)


def bundle(exhibit):
    found = exhibit._repr_mimebundle_()
    return found if isinstance(found, tuple) else (found, {})


def html(exhibit):
    return bundle(exhibit)[0]["text/html"]


def words(exhibit):
    return " ".join(" ".join(Text(html(exhibit)).words).split())


def estimate(metric, amount=math.nan, low=math.nan, high=math.nan, **rest):
    strand = metric.partition("_")[0]
    numbers = {"estimate": amount, "conf_low": low, "conf_high": high}
    return Estimate(**{"program_id": "p", "strand": strand, "metric": metric, **numbers, **rest})


def bare(*estimates, name="P", tables=None, **study):
    """Make an evaluation of hand-made estimates in a study without crime."""
    program = Program(program_id="p", name=name, type="other", start=date(2022, 1, 1))
    held = Study(folder=None, settings=Settings(), programs={"p": program}, tables=tables or {}, **study)
    nothing = {"design_level": None, "answer": ("A.", "B.", "C."), "claims": (), "threats": (), "missing": ()}
    return Evaluation(study=held, program=program, estimates=tuple(estimates), **nothing)


def events(attended):
    count = len(attended)
    dates = pd.date_range("2022-01-01", periods=count, freq="14D")
    names = [f"e{i}" for i in range(count)]
    frame = pd.DataFrame({"event_id": names, "program_id": "p", "date": dates, "headcount": attended})
    return {"events": frame.astype({"headcount": "Float64"})}


@pytest.fixture(scope="module")
def falling():
    """Return the evaluation of a program whose treated areas fall by half while the comparison stays."""
    rng = np.random.default_rng(7)
    rates = np.full((2, 6, 48), 40.0)
    rates[0, :3, 24:] = 20.0
    return evaluate_program(crime_study(rng.poisson(rates), treated=3), "p")


@pytest.fixture(scope="module")
def still():
    """Return the evaluation of a program that changes nothing."""
    rng = np.random.default_rng(8)
    return evaluate_program(crime_study(rng.poisson(np.full((1, 6, 48), 9.0)), treated=3), "p")


def drawn(monkeypatch, name):
    """Catch what a chart is given, and draw it all the same."""
    caught = {}
    draw = getattr(plots, name)

    def spy(*args, **settings):
        caught.update(settings, args=args)
        return draw(*args, **settings)

    monkeypatch.setattr(plots, name, spy)
    return caught


def test_a_fall_is_the_title_of_the_chart(falling, monkeypatch):
    caught = drawn(monkeypatch, "crime_series")
    data, metadata = bundle(exhibits.crime_series(falling))
    assert caught["title"].startswith("Recorded crime fell 4")
    assert "relative to the comparison areas" in caught["title"]
    assert b64decode(data["image/png"])[:4] == b"\x89PNG"
    told = metadata["image/png"]
    assert caught["title"] in told["alt"]
    assert caught["title"] not in told["caption"]
    assert data["text/plain"] == told["alt"]


def test_no_effect_is_claimed_where_the_interval_holds_none(still, monkeypatch):
    caught = drawn(monkeypatch, "crime_series")
    exhibits.crime_series(still)
    assert caught["title"].startswith("No clear change")
    caught = drawn(monkeypatch, "forest")
    exhibits.crime_forest(still)
    assert caught["title"] == "No clear change in all crime relative to the comparison areas"


def test_forest_tells_what_fell_and_what_did_not(falling, monkeypatch):
    caught = drawn(monkeypatch, "forest")
    told = bundle(exhibits.crime_forest(falling))[1]["image/png"]
    assert (
        caught["title"]
        == "All crime fell relative to the comparison areas; no clear change in 1 other outcome"
    )
    assert "All crime −" in told["alt"]


def test_without_a_comparison_the_title_says_before_and_after(falling, monkeypatch):
    study = falling.study
    alone = replace(study.programs["p"], areas={"treatment": study.programs["p"].treatment})
    evaluation = evaluate_program(replace(study, programs={"p": alone}), "p")
    caught = drawn(monkeypatch, "forest")
    exhibits.crime_forest(evaluation)
    assert "after the start" in caught["title"] and "comparison" not in caught["title"]
    assert words(exhibits.crime_effect_table(evaluation)).startswith(
        "There is nothing to show on crime relative"
    )
    assert "No comparison areas" in words(exhibits.crime_effect_table(evaluation))


def test_counts_are_drawn_of_program_areas_where_residents_are_not_known(falling, monkeypatch):
    panel = replace(falling.study.panel, population=np.full_like(falling.study.panel.population, np.nan))
    evaluation = evaluate_program(replace(falling.study, panel=panel), "p")
    caught = drawn(monkeypatch, "crime_series")
    exhibits.crime_series(evaluation)
    assert caught["column"] == "count"
    assert set(caught["args"][0]["group"]) == {"treatment"}
    assert "The population of at least one treatment area is not known." in words(
        exhibits.crime_table(evaluation)
    )


def test_unknown_outcome_lists_the_known(falling):
    with pytest.raises(UnknownNameError, match=r"'burglery'. Did you mean 'burglary'\? Known: all, burglary"):
        exhibits.crime_series(falling, "burglery")


def test_crime_tables_hold_the_estimates(falling):
    ratio = next(e for e in falling.estimates if e.metric == "crime_rate_ratio" and e.outcome == "all")
    text = words(exhibits.crime_table(falling))
    assert f"{ratio.n_before:,.0f} {ratio.n_after:,.0f}" in text
    assert "per 1,000 residents a year" in text
    effect = words(exhibits.crime_effect_table(falling))
    assert "<0.001" in effect and "Chance alone?" in effect


def test_table_is_accessible_html():
    table = exhibits.Table(
        caption="C", columns=[Column("Kind", number=False), Column("Held", "events")], rows=[["Forum", "3"]]
    )
    tags = Text(table.html).tags
    assert [tag for tag, _ in tags][:2] == ["table", "caption"]
    assert [attributes.get("scope") for tag, attributes in tags if tag == "th"] == ["col", "col", "row"]
    assert ("td", {"class": "number"}) in tags


def test_notes_are_marked_once_each_and_printed_below():
    rows = [["a", Cell("–", "Why.")], ["b", Cell("–", "Why.")], ["c", Cell("–", "Else.")]]
    table = exhibits.Table(
        caption="C", columns=[Column("K", number=False), Column("V")], rows=rows, notes=["All."]
    )
    assert table.html.count("<sup>a</sup>") == 3
    assert table.html.count("Why.") == 1
    assert table.html.index("All.") < table.html.index("Why.") < table.html.index("Else.")


def test_suppressed_and_undefined_are_told_apart():
    few = estimate("attendance_total", note="Suppressed: fewer than 10 people.", unit="attendances")
    none = estimate("attendance_reach", note="No treatment areas are given.", unit="share")
    held = estimate("attendance_mean", 30.0, unit="people per event", note="")
    people = estimate("attendance_unique", note="Suppressed: fewer than 10 people.", unit="people")
    text = words(exhibits.attendance_table(bare(few, none, held, people)))
    assert "Attendances not shown a" in text and "Different people fewer than 10 a" in text
    assert "a Numbers about fewer than 10 people are not shown" in text
    assert "b No treatment areas are given." in text


def test_chart_of_events_never_gets_a_number_below_the_smallest_cell(monkeypatch):
    evaluation = bare(tables=events([3, 12, 9, 25, 0]))
    caught = drawn(monkeypatch, "attendance_by_event")
    figure = exhibits.attendance_chart(evaluation)
    shown = caught["args"][0]
    assert shown["attended"].dropna().to_list() == [12, 25, 0]
    assert (shown["counted"] == "few").sum() == 2
    assert "not shown" in caught["few"]
    assert "not shown" in figure.caption and "One more event" not in figure.caption


def test_a_single_small_event_cannot_be_worked_out_from_the_total(monkeypatch):
    caught = drawn(monkeypatch, "attendance_by_event")
    figure = exhibits.attendance_chart(bare(tables=events([30, 12, 9, 25, 0])))
    assert caught["args"][0]["attended"].dropna().to_list() == [30, 25, 0]
    assert "One more event has no number" in figure.caption
    assert not {"9", "12", "25", "30"} & set(figure.alt.replace(",", "").split())


def test_events_that_are_all_small_are_not_drawn():
    assert words(exhibits.attendance_chart(bare(tables=events([3, 4])))).startswith("Fewer than 10 people")


def test_strand_of_few_people_is_one_sentence():
    few = {"note": "Suppressed: fewer than 10 people."}
    came = bare(
        estimate("attendance_events", 4.0),
        estimate("attendance_total", **few),
        tables=events([3, 4, 12, 3]),
    )
    asked = bare(*(estimate(f"sentiment_{name}", outcome="trust", **few) for name in ("score", "change")))
    for evaluation, chart, *tables in (
        (came, exhibits.attendance_chart, exhibits.attendance_table),
        (asked, exhibits.sentiment_chart, exhibits.sentiment_table, exhibits.sentiment_wave_table),
    ):
        sentence = "Fewer than 10 people took part, so their numbers are not shown."
        assert words(chart(evaluation)) == sentence
        assert all(table(evaluation) is TOLD_ABOVE for table in tables)


def test_numbers_without_limits_are_told_alone(falling):
    def bared(e):
        return replace(e, conf_low=math.nan, conf_high=math.nan) if e.made else e

    evaluation = replace(falling, estimates=tuple(map(bared, falling.estimates)))
    difference = next(e for e in evaluation.estimates if e.metric == "crime_difference")
    text = words(exhibits.crime_effect_table(evaluation))
    assert f"−{abs(difference.estimate):,.0f}" in text and "nan" not in text.lower()
    assert "– to" not in text and "–)" not in text
    assert exhibits.crime_series(evaluation).image and exhibits.crime_forest(evaluation).image


@pytest.mark.parametrize(
    ("first", "others"),
    [
        (exhibits.crime_series, (exhibits.crime_table, exhibits.crime_forest, exhibits.crime_effect_table)),
        (exhibits.attendance_chart, (exhibits.attendance_table,)),
        (exhibits.sentiment_chart, (exhibits.sentiment_table, exhibits.sentiment_wave_table)),
    ],
)
def test_strand_without_data_says_so_once(first, others):
    study = bare().study
    evaluation = evaluate_program(study, "p")
    assert words(first(evaluation)).startswith("There is nothing to show on")
    assert "The study has no" in words(first(evaluation))
    assert all(other(evaluation) is TOLD_ABOVE for other in others)


def scores():
    made = []
    for construct, gain in (("trust", 9.0), ("safety", 0.5)):
        for wave in ("spring", "autumn"):
            for arm in ("", " (comparison)"):
                level = 50.0 + (gain if wave == "autumn" and not arm else 0)
                where = {"outcome": construct, "group": wave + arm, "unit": "points (0-100)", "n_after": 80.0}
                made.append(estimate("sentiment_score", level, level - 3, level + 3, **where))
        span = {"outcome": construct, "group": "spring to autumn", "unit": "change in points (0-100)"}
        limits = (gain - 3, gain + 3)
        made.append(estimate("sentiment_change", gain, *limits, p_value=0.001, **span))
        p = 0.001 if gain > 3 else 0.7
        made.append(estimate("sentiment_relative_change", gain, *limits, p_value=p, p_adjusted=p, **span))
    return made


def test_survey_chart_and_tables(monkeypatch):
    evaluation = bare(*scores())
    caught = drawn(monkeypatch, "sentiment_waves")
    exhibits.sentiment_chart(evaluation)
    assert (
        caught["title"] == "Trust rose relative to the comparison group; no clear change in 1 other measure"
    )
    text = words(exhibits.sentiment_wave_table(evaluation))
    assert "Trust program 50.0 (47.0 to 53.0), 80 59.0 (56.0 to 62.0), 80" in text
    assert "Trust comparison 50.0" in text
    assert "+9.0 (+6.0 to +12.0)" in words(exhibits.sentiment_table(evaluation))


def test_survey_without_favourable_answers_says_why():
    reason = "items.favourable_from does not say which answers are favourable."
    evaluation = bare(
        *scores(), estimate("sentiment_favourable", outcome="trust", group="spring", note=reason)
    )
    assert reason in words(exhibits.sentiment_wave_table(evaluation, "sentiment_favourable"))


def test_text_from_data_is_escaped_everywhere(falling):
    study = falling.study
    program = replace(study.programs["p"], name=HARM, description=HARM, lead_agency=HARM)
    panel = replace(study.panel, outcomes=(HARM, "burglary"))
    problem = Problem(severity="warning", file=HARM, message=HARM, rule="r", program_id="p")
    quality = (TableQuality(table="events", file=HARM, rows_read=2, rows_used=1, dropped={HARM: 1}),)
    harmed = replace(
        study,
        programs={"p": program},
        panel=panel,
        problems=(problem,),
        quality=quality,
        inputs=(InputFile(file=HARM, sha256="0" * 64, rows=1),),
    )
    evaluation = evaluate_program(harmed, "p")
    results = exhibits.Results(evaluate_study(harmed))
    shown = [
        *(make(evaluation) for make in (exhibits.about, exhibits.answer, exhibits.threats, exhibits.methods)),
        exhibits.missing_evidence(evaluation),
        exhibits.crime_table(evaluation),
        exhibits.crime_effect_table(evaluation),
        exhibits.data_quality(harmed),
        exhibits.data_warnings(harmed, "p"),
        exhibits.input_files(harmed),
        exhibits.provenance(harmed, program_id=HARM),
        exhibits.portfolio_answer(results),
        exhibits.portfolio_table(results),
        exhibits.portfolio_strength(results),
        exhibits.portfolio_failures(exhibits.Results([(HARM, ValueError(HARM))])),
    ]
    for exhibit in shown:
        assert "script" not in [tag for tag, _ in Text(html(exhibit)).tags]
        assert "<script" not in html(exhibit)
    assert exhibits.crime_series(evaluation).image[:4] == b"\x89PNG"
    assert exhibits.portfolio_forest(results).image[:4] == b"\x89PNG"


def test_methods_tell_every_metric_that_was_used_and_no_other(falling):
    text = words(exhibits.methods(falling))
    assert "Change relative to comparison" in text and "ratio of rate ratios" in text.lower()
    assert "Attendance" not in text
    assert "Maryland Scientific Methods Scale" in text


@pytest.mark.parametrize(
    ("texts", "one"),
    [
        (["dispersion 1.20 (8 df)", "dispersion 3.5 (8 df)"], ["dispersion 1.20 to 3.5 (8 df)"]),
        (["left out 2022-03", "left out 2022-04"], ["left out 2022-03", "left out 2022-04"]),
        (["1,200 people", "30 people", ""], ["30 to 1,200 people"]),
        ([], []),
    ],
)
def test_texts_that_differ_in_numbers_alone_become_one(texts, one):
    assert merged(texts) == one


def test_quality_warnings_and_sources(falling):
    quality = TableQuality(
        table="events", file="events.csv", rows_read=1200, rows_used=1198, dropped={"no date": 2}
    )
    own = Problem(severity="warning", file="a.csv", message="own", rule="r", program_id="p")
    other = replace(own, message="of another", program_id="q")
    general = replace(own, message="general", program_id="", severity="error")
    inputs = (InputFile(file="events.csv", sha256="ab" * 32, rows=1200),)
    study = replace(falling.study, quality=(quality,), problems=(own, other, general), inputs=inputs)
    assert "1,200 1,198 2 no date: 2" in words(exhibits.data_quality(study))
    told = words(exhibits.data_warnings(study, "p"))
    assert "own" in told and "general" in told and "another" not in told
    assert "another" in words(exhibits.data_warnings(study))
    assert "ab" * 6 in words(exhibits.input_files(study)) and "ab" * 7 not in words(
        exhibits.input_files(study)
    )
    text = words(exhibits.provenance(study, outcome="all"))
    assert "Crime outcome: all." in text and "Periods" not in text and "outreach_metrics" in text
    text = words(exhibits.provenance(study, program_id="p"))
    assert "(24 months). After: " in text and "Program: p." in text
    with pytest.raises(UnknownNameError):
        exhibits.data_warnings(study, "nobody")


def test_a_problem_of_two_programs_is_told_from_one_side():
    def shares(one, other):
        message = f"program '{one}' shares 1 area with the program '{other}'"
        return Problem(severity="warning", file="a.csv", message=message, rule="r", program_id=one)

    told = told_once([shares("a", "b"), shares("b", "a"), shares("a", "c")], ["a", "b", "c"])
    assert told == [str(shares("a", "b")), str(shares("a", "c"))]


def test_study_without_tables_has_prose_instead_of_empty_tables():
    study = bare().study
    for exhibit in (exhibits.data_quality(study), exhibits.data_warnings(study), exhibits.input_files(study)):
        assert isinstance(exhibit, exhibits.Prose) and words(exhibit)


def test_about_threats_and_gaps():
    evaluation = replace(bare(name="Watch"), threats=("One.",), missing=("Two.",))
    assert words(exhibits.about(evaluation)) == "Watch started on January 1, 2022."
    assert words(exhibits.answer(evaluation)) == "A. B. C."
    assert words(exhibits.threats(evaluation)).endswith("One.")
    assert words(exhibits.missing_evidence(evaluation)).endswith("Two.")
    assert words(exhibits.threats(bare())).startswith("There is no estimate of an effect")
    assert "are all there" in words(exhibits.missing_evidence(bare()))


def test_what_was_done_is_the_answer_of_a_strand_without_a_change():
    held = bare(
        estimate("attendance_events", 3.0, unit="events"), estimate("attendance_total", 40.0, unit="people")
    )
    assert words(exhibits.answer(held, "attendance")) == "3 events drew 40 attendances."
    few = bare(estimate("attendance_total", note="Suppressed: fewer than 10 people."))
    assert words(exhibits.answer(few, "attendance")) == (
        "This study cannot tell who came: fewer than 10 people."
    )
    assert words(exhibits.answer(bare(), "responsiveness")) == (
        "This study cannot tell what became of concerns: it holds no data."
    )


def test_a_strand_is_introduced_where_it_has_something_to_show(falling):
    assert words(exhibits.introduction(falling, "crime")).startswith("Recorded crime in the areas")
    assert exhibits.introduction(falling, "attendance") is TOLD_ABOVE
    assert exhibits.introduction(bare(*scores()), "sentiment") is not TOLD_ABOVE


def test_portfolio_counts_what_is_clear_and_names_failures(falling, still, monkeypatch):
    named = [replace(e, program=replace(e.program, name=n)) for e, n in ((falling, "Works"), (still, "Idle"))]
    pairs = [("a", named[1]), ("b", named[0]), ("c", bare(name="No areas")), ("d", ValueError("broken"))]
    results = exhibits.Results(pairs)
    caught = drawn(monkeypatch, "forest")
    figure = exhibits.portfolio_forest(results)
    assert caught["args"][0] == ["Works", "Idle", "No areas"]
    assert caught["title"] == "Recorded crime fell clearly in 1 of 2 programs with comparison areas"
    assert "Works −4" in figure.alt
    text = words(exhibits.portfolio_answer(results))
    assert text.startswith("Of 2 programs measured against comparison areas, 1 shows a clear fall")
    assert "(Works, −4" in text and "1 shows no clear change" in text
    assert "No areas has no areas or counts" in text
    assert "clearly better in 1 program and at least one clearly worse in no program" in text
    assert "d: broken" in words(exhibits.portfolio_failures(results))
    strength = words(exhibits.portfolio_strength(results))
    assert "Moderate evidence 3" in strength and "Works" in strength
    table = words(exhibits.portfolio_table(results))
    assert "recorded crime −4" in table and "no change measured" in table


def test_a_fall_without_a_comparison_is_no_success(falling, monkeypatch):
    study = falling.study
    program = replace(study.programs["p"], areas={"treatment": study.programs["p"].treatment}, name="Alone")
    alone = evaluate_program(replace(study, programs={"p": program}), "p")
    caught = drawn(monkeypatch, "forest")
    exhibits.portfolio_forest(exhibits.Results([("a", alone), ("b", falling)]))
    assert caught["title"] == "Recorded crime fell clearly in the one program with comparison areas"
    exhibits.portfolio_forest(exhibits.Results([("a", alone)]))
    assert caught["title"] == "Change in recorded crime over time; no program has comparison areas"
    text = words(exhibits.portfolio_answer(exhibits.Results([("a", alone)])))
    assert "Alone: recorded crime" in text and "without a comparison, so nothing tells" in text
    assert "at least one is clearly better in no program" in text


def test_portfolio_of_nothing_is_told():
    empty = exhibits.Results([])
    made = (exhibits.portfolio_answer, exhibits.portfolio_forest, exhibits.portfolio_table)
    assert all(words(make(empty)) for make in made)
    assert "Every program" in words(exhibits.portfolio_failures(exhibits.Results([("p", bare())])))
