"""Exhibits of crime: every design, time since the start, neighbors, other ways to ask, checks and limits."""

import math
import re
from dataclasses import replace
from datetime import date

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from outreach_metrics import plots
from outreach_metrics.check import Check
from outreach_metrics.estimate import Estimate
from outreach_metrics.evaluation import evaluate_program
from outreach_metrics.evidence.checks import VERDICTS, finding, question
from outreach_metrics.evidence.claims import claim, strongest, supported
from outreach_metrics.reports import exhibits
from outreach_metrics.reports.exhibits.cells import TOLD_ABOVE
from outreach_metrics.reports.exhibits.crime_designs import DESIGNS, designs_title
from outreach_metrics.reports.exhibits.crime_events import events_title
from outreach_metrics.reports.exhibits.crime_specifications import specifications_title
from tests.conftest import crime_study
from tests.test_exhibits import Text, bundle, drawn, html, words

CHARTS = ("crime_series", "crime_forest", "crime_designs", "crime_displacement", "crime_specifications")
EVERY = (
    *CHARTS, "crime_events", "crime_table", "crime_effect_table", "crime_change_table", "crime_designs_table",
    "checks", "may_be_said", "may_be_added", "must_not_be_said", "threats", "methods", "sources",
)  # fmt: skip
BARE = {"crime_designs", "crime_designs_table", "crime_events", "crime_displacement", "crime_specifications"}


def changed(factor, *, seed=3, displaced=1.0, **program):
    """Evaluate a program whose two treated areas change by a factor; three are compared, two are near."""
    rates = np.full((2, 7, 48), 60.0)
    rates[0, :2, 24:] *= factor
    rates[:, 2:4, 24:] *= displaced
    counts = np.random.default_rng(seed).poisson(rates)
    roles = {"treatment": (0, 1), "displacement": (2, 3), "comparison": (4, 5, 6)}
    return evaluate_program(crime_study(counts, roles=roles, **program), "p")


def alone(evaluation):
    study = evaluation.study
    program = replace(study.programs["p"], areas={"treatment": study.programs["p"].treatment})
    return evaluate_program(replace(study, programs={"p": program}), "p")


def staggered():
    """Evaluate one of three programs of a type that started at different times; all fall by half."""
    rates = np.full((1, 10, 60), 40.0)
    for area, start in ((0, 24), (1, 24), (2, 30), (3, 30), (4, 36)):
        rates[0, area, start:] *= 0.5
    study = crime_study(
        np.random.default_rng(5).poisson(rates),
        roles={"treatment": (0, 1), "comparison": tuple(range(5, 10))},
    )
    first = study.programs["p"]
    second = replace(
        first,
        program_id="q",
        name="Q",
        start=date(2022, 7, 1),
        areas={**first.areas, "treatment": ("0002", "0003")},
    )
    third = replace(
        first, program_id="r", name="R", start=date(2023, 1, 1), areas={**first.areas, "treatment": ("0004",)}
    )
    return evaluate_program(replace(study, programs={"p": first, "q": second, "r": third}), "p")


@pytest.fixture(scope="module")
def falling():
    return changed(0.5)


@pytest.fixture(scope="module")
def still():
    return changed(1.0)


@pytest.fixture(scope="module")
def uncompared(falling):
    return alone(falling)


@pytest.fixture(scope="module")
def zero():
    """Evaluate a program with comparison areas where nothing at all is recorded."""
    return evaluate_program(crime_study(np.zeros((2, 6, 48), dtype=int), treated=3), "p")


@pytest.fixture(scope="module")
def nowhere(falling):
    """Evaluate a program without areas."""
    program = replace(falling.study.programs["p"], areas={})
    return evaluate_program(replace(falling.study, programs={"p": program}), "p")


@pytest.fixture(params=["falling", "still", "uncompared", "zero", "nowhere"])
def any_evaluation(request):
    return request.getfixturevalue(request.param)


@pytest.mark.parametrize("name", EVERY)
def test_every_exhibit_is_made_of_any_study(name, any_evaluation):
    exhibit = getattr(exhibits, name)(any_evaluation)
    data, metadata = bundle(exhibit)
    if "image/png" in data:
        told = metadata["image/png"]
        assert told["alt"] and told["caption"] and told["alt"] != told["caption"]
    shown = f"{data['text/plain']} {metadata}"
    assert "nan" not in shown.lower().replace("finan", "") and " inf" not in shown.lower()


@pytest.mark.parametrize("name", CHARTS)
def test_every_chart_is_the_same_bytes_again(name, falling):
    assert getattr(exhibits, name)(falling).image == getattr(exhibits, name)(falling).image


def test_series_shows_what_was_expected_instead_of_levels(falling, uncompared, monkeypatch):
    caught = drawn(monkeypatch, "crime_series")
    figure = exhibits.crime_series(falling)
    assert caught["expected"] == "Expected" and caught["levels"] == ()
    assert "changed by the same percentage as the comparison areas" in figure.caption
    figure = exhibits.crime_series(uncompared)
    assert "own trend and season" in figure.caption and "comparison" not in figure.caption


def test_without_a_comparison_the_title_tells_what_the_trend_leaves(uncompared, monkeypatch):
    caught = drawn(monkeypatch, "crime_series")
    exhibits.crime_series(uncompared)
    step = next(e for e in uncompared.estimates if e.metric == "crime_its_level" and e.outcome == "all")
    assert "allowing for the trend before, " in caught["title"]
    assert ("no clear change at the start" in caught["title"]) != supported(step)


def test_designs_are_drawn_as_estimated_and_those_not_made_are_named(falling, monkeypatch):
    caught = drawn(monkeypatch, "forest")
    figure = exhibits.crime_designs(falling)
    labels, estimates = caught["args"]
    assert labels[:2] == ("Program areas alone, after/before", "Against comparison areas")
    assert all(e in falling.estimates and e.outcome == "all" for e in estimates)
    assert "Not made: all programs of this type (all areas of programs of this type" in figure.caption
    assert "clear fall in recorded crime" in caught["title"]


def test_reasons_that_are_alike_are_told_once(uncompared):
    caption = exhibits.crime_designs(uncompared).caption
    assert caption.count("no comparison areas are given for this program") == 1
    assert "against comparison areas and against a mix of areas" in caption
    assert "program_areas" not in caption


def test_designs_table_has_a_row_a_design_with_its_level_and_what_it_assumes(falling):
    table = exhibits.crime_designs_table(falling)
    names = [row[0] for row in table.rows]
    assert "Incidents more (+) or fewer (−)" in names and "Trend a year, after/before" in names
    effect = next(row for row in table.rows if row[0] == "Against comparison areas")
    assert effect[3] == "3" and effect[4].startswith("Without the program both")
    assert exhibits.crime_designs(falling) is not TOLD_ABOVE


def test_events_are_drawn_by_time_since_the_start(monkeypatch):
    evaluation = staggered()
    caught = drawn(monkeypatch, "event_study")
    figure = exhibits.crime_events(evaluation)
    spans, estimates = caught["args"]
    assert spans[0][0] < 0 < spans[-1][1] and len(spans) == len(estimates)
    assert "clearly below what was expected in" in caught["title"]
    assert "P, Q and R" in caught["subtitle"]
    assert figure.image == exhibits.crime_events(evaluation).image


def test_one_start_gives_one_sentence_instead_of_events(falling):
    assert words(exhibits.crime_events(falling)) == (
        "Crime by time since the start could not be estimated: all areas of programs of this type started "
        "at one time."
    )


def test_neighbors_are_drawn_from_the_check(falling, monkeypatch):
    caught = drawn(monkeypatch, "forest")
    exhibits.crime_displacement(falling)
    check = next(c for c in falling.checks if c.name == "displacement" and c.outcome == "all")
    labels, (program, near) = caught["args"]
    assert labels == ("Program areas", "Neighboring areas")
    assert (near.estimate, near.conf_low, near.conf_high) == tuple(
        check.values[name] for name in ("ratio", "low", "high")
    )
    assert program in falling.estimates
    assert f"{caught['title']}." == finding(check)


def test_crime_that_moved_next_door_is_told(monkeypatch):
    caught = drawn(monkeypatch, "forest")
    exhibits.crime_displacement(changed(0.5, displaced=2.0))
    assert caught["title"].startswith("Crime rose in the neighboring areas")


def test_without_neighbors_one_sentence_says_so(uncompared):
    assert words(exhibits.crime_displacement(uncompared)) == (
        "Whether crime moved next door cannot be told: no neighboring areas are named."
    )


def test_every_way_to_ask_is_drawn_with_one_reported(falling, monkeypatch):
    caught = drawn(monkeypatch, "specification_curve")
    exhibits.crime_specifications(falling)
    ways, choices = caught["args"]
    assert [way.answer.estimate for way in ways] == sorted(way.answer.estimate for way in ways)
    main = [way for way in ways if way.main]
    effect = next(e for e in falling.estimates if e.metric == "crime_relative_effect" and e.outcome == "all")
    assert len(main) == 1 and main[0].answer.estimate == effect.estimate
    offered = {name for names in choices.values() for name in names}
    assert {name for way in ways for name in way.choices} >= offered
    assert all(len(names) > 1 for names in choices.values())
    assert re.match(r"(All )?\d+ (of \d+ )?ways to ask show a clear fall in recorded crime", caught["title"])


def test_other_ways_need_a_comparison(uncompared):
    assert words(exhibits.crime_specifications(uncompared)) == (
        "Other ways to ask cannot be shown: there are no comparison areas."
    )


def test_checks_have_a_row_each_with_a_verdict_in_words_cautions_first(falling):
    own = [check for check in falling.checks if check.outcome in ("", "all")]
    table = exhibits.checks(falling)
    assert sorted(row[0] for row in table.rows) == sorted(map(question, own))
    verdicts = [row[2] for row in table.rows]
    assert set(verdicts) <= set(VERDICTS.values())
    cautions = verdicts.count("Caution")
    assert verdicts[:cautions] == ["Caution"] * cautions
    tags = Text(html(table)).tags
    assert sum(attributes.get("scope") == "row" for _, attributes in tags) == len(own)


def test_brief_checks_leave_no_question_out(falling, uncompared, still):
    for evaluation in (falling, uncompared, still):
        own = [check for check in evaluation.checks if check.outcome in ("", "all")]
        text = words(exhibits.checks(evaluation, brief=True))
        assert all(text.count(question(check)) == 1 for check in own)


def test_what_speaks_against_another_outcome_stands_below(falling):
    other = Check(
        program_id="p", name="low_counts", outcome="burglary", verdict="caution", values={"least": 4.0}
    )
    evaluation = replace(falling, checks=(*falling.checks, other))
    for brief in (True, False):
        assert "Burglary, which changed too: The smaller of the two windows holds 4 incidents." in words(
            exhibits.checks(evaluation, brief=brief)
        )


def test_threats_do_not_repeat_the_checks(falling):
    other = Check(program_id="p", name="season", outcome="all", verdict="caution")
    told = f"{finding(other)} Crime has a season; comparing a summer with a winter would look like an effect."
    evaluation = replace(falling, checks=(other,), threats=(told, "Another threat."))
    assert words(exhibits.threats(evaluation)).endswith("rule out: Another threat.")
    assert exhibits.threats(replace(evaluation, threats=(told,))) is TOLD_ABOVE


def test_what_may_be_said_is_what_the_claims_say_clear_changes_first(falling, still):
    for evaluation in (falling, still):
        items = re.findall(r"<li>(.*?)</li>", html(exhibits.may_be_said(evaluation)))
        assert sorted(items) == sorted(map(claim, strongest(evaluation.estimates)))
    first = re.findall(r"<li>(.*?)</li>", html(exhibits.may_be_said(falling)))[0]
    assert first.startswith("Recorded crime fell")


def test_nothing_is_claimed_where_nothing_was_measured(nowhere, zero):
    for evaluation in (nowhere, zero):
        assert "There is no estimate of a change" in words(exhibits.may_be_said(evaluation, "crime"))
        assert words(exhibits.must_not_be_said(evaluation, "crime")).startswith("Do not say")
        assert "cannot tell whether recorded crime changed" in words(exhibits.answer(evaluation, "crime"))
        assert exhibits.may_be_added(evaluation) is TOLD_ABOVE
        for name in BARE:
            assert getattr(exhibits, name)(evaluation) is TOLD_ABOVE


def test_what_must_not_be_said_is_the_evaluations(falling):
    items = re.findall(r"<li>(.*?)</li>", html(exhibits.must_not_be_said(falling)))
    assert items == list(falling.must_not_be_said) and items


def test_answer_on_crime_leaves_other_strands_out(falling):
    views = Estimate(
        program_id="p", strand="sentiment", metric="sentiment_change", outcome="trust", group="a to b",
        unit="change in points (0-100)", estimate=9.0, conf_low=5.0, conf_high=13.0, p_value=0.001,
    )  # fmt: skip
    evaluation = replace(falling, estimates=(*falling.estimates, views))
    assert "trust" not in words(exhibits.answer(evaluation, "crime"))
    assert "Trust" in words(exhibits.may_be_said(evaluation))
    assert "Trust" not in words(exhibits.may_be_said(evaluation, "crime"))
    assert "Mean score" not in words(exhibits.methods(evaluation, "crime"))


def test_methods_print_every_level_of_the_scale_and_the_sources(falling):
    text = words(exhibits.methods(falling))
    assert "Welsh (2002): 1 after only" in text and "5 random assignment" in text
    told = words(exhibits.sources(falling))
    assert "Wheeler AP & Ratcliffe JH (2018)" in told and "Callaway" not in told


@pytest.mark.parametrize("program_id", ["harbor-watch", "school-liaison", "citizen-academy"])
def test_every_exhibit_is_made_of_the_sample(sample, program_id):
    evaluation = evaluate_program(sample, program_id)
    for name in EVERY:
        shown = getattr(exhibits, name)(evaluation)
        assert isinstance(shown, (exhibits.Figure, exhibits.Table, exhibits.Prose)), name
    compared = bool(evaluation.program.comparison)
    assert isinstance(exhibits.crime_specifications(evaluation), exhibits.Figure) == compared


ratios = st.floats(0.2, 5.0)


@st.composite
def changes(draw, metrics=tuple(DESIGNS)):
    low, middle, high = sorted(draw(st.tuples(ratios, ratios, ratios)))
    metric = draw(st.sampled_from(metrics))
    return Estimate(
        program_id="p", strand="crime", metric=metric, outcome="burglary", unit="ratio", estimate=middle,
        conf_low=low, conf_high=high, p_value=draw(st.floats(0, 1)), p_adjusted=draw(st.floats(0, 1)),
        design_level=2 if metric == "crime_rate_ratio" else draw(st.sampled_from((2, 3))),
    )  # fmt: skip


@given(st.lists(changes(), min_size=1, max_size=5))
def test_title_of_designs_claims_what_the_intervals_bear(made):
    title = designs_title(made)
    compared = [e for e in made if e.design_level >= 3]
    clear = [e for e in compared or made if supported(e)]
    ways = {"fall": [e for e in clear if e.estimate < 1], "rise": [e for e in clear if e.estimate > 1]}
    for way, estimates in ways.items():
        assert (f"a clear {way}" in title) == bool(estimates)
        if estimates and f"{len(estimates)} " not in title:
            assert len(clear) == 1 and title.startswith("The one")
    if not clear:
        over_time = any(f" {verb} over time, but no" in title for verb in ("fell", "rose"))
        over_time |= "does not show a clear change" in title
        assert over_time or "no clear change" in title or title.startswith("None of")
        assert not over_time or any(supported(e) for e in made)


@given(st.lists(changes(("crime_event_study",)), min_size=1, max_size=8), st.integers(0, 8))
def test_title_of_events_counts_what_lies_off_the_line(made, before):
    spans = [(6 * (i - before), 6 * (i - before) + 5) for i in range(len(made))]
    title = events_title(spans, made, "half year")
    off = [e.conf_high < 1 or e.conf_low > 1 for e in made]
    if not any(off):
        assert title == "Recorded burglary was not clearly off what was expected in any half year"
        return
    after = made[before:]
    if not after:
        assert title.endswith(f"expected in {sum(off)} of {len(made)} half years before the start")
        return
    for way, count in (
        ("below", sum(e.conf_high < 1 for e in after)),
        ("above", sum(e.conf_low > 1 for e in after)),
    ):
        assert (f"clearly {way} what was expected in {count}" in title) == (count > 0)
    if before:
        early = sum(off[:before])
        assert title.endswith(f"in {early or 'none'} of {before} before it")


@given(
    st.lists(changes(("crime_relative_effect",)), min_size=2, max_size=9), changes(("crime_relative_effect",))
)
def test_title_of_other_ways_counts_them_and_never_outdoes_the_reported_one(answers, headline):
    ways = [plots.Way(e, supported(e), (), place == 0) for place, e in enumerate(answers)]
    title = specifications_title(ways, headline)
    fell = sum(supported(e) and e.estimate < 1 for e in answers)
    rose = sum(supported(e) and e.estimate > 1 for e in answers)
    assert ("a clear fall" in title) == (fell > 0) and ("a clear rise" in title) == (rose > 0)
    assert title.startswith("None of") == (fell + rose == 0)
    if fell + rose and not supported(headline):
        assert "the reported one does not" in title


def test_a_design_without_an_interval_does_not_count():
    effect = Estimate(
        program_id="p", strand="crime", metric="crime_relative_effect", outcome="burglary", unit="ratio",
        estimate=0.7, conf_low=0.6, conf_high=0.8, p_value=0.001, design_level=3,
    )  # fmt: skip
    bare = replace(effect, metric="crime_synthetic_effect", conf_low=math.nan, conf_high=math.nan)
    assert designs_title([effect, bare]) == (
        "The one design with a comparison shows a clear fall in recorded burglary"
    )
    assert designs_title([bare]).endswith("how sure it is could not be estimated")


def test_a_line_that_just_misses_no_change_is_explained(falling):
    def unsure(e):
        return replace(e, p_adjusted=0.2) if e.metric == "crime_relative_effect" else e

    evaluation = replace(falling, estimates=tuple(map(unsure, falling.estimates)))
    for exhibit in (exhibits.crime_forest, exhibits.crime_designs):
        assert "the title allows for having looked at several outcomes" in exhibit(evaluation).caption
    assert "the title allows" not in exhibits.crime_forest(falling).caption


def test_title_of_many_ways_holds_without_a_headline():
    one = Estimate(
        program_id="p", strand="crime", metric="crime_relative_effect", outcome="all", unit="ratio",
        estimate=0.8, conf_low=math.nan, conf_high=math.nan,
    )  # fmt: skip
    assert specifications_title([plots.Way(one, False, (), True)] * 2, None) == (
        "None of 2 ways to ask shows a clear change in recorded crime"
    )
