"""Results as the last value of a cell: short in text, a readable table in HTML, no markup from the data."""

import math
import pickle
from dataclasses import replace
from datetime import date
from types import MappingProxyType

import pytest

import outreach_metrics as om
from outreach_metrics import Estimate, Problem
from outreach_metrics.check import Check
from outreach_metrics.evaluation import PooledType, evaluate_program, pooled_by_type
from outreach_metrics.evidence.showing import MOST_ROWS, estimate_words, interval_words
from outreach_metrics.planning import plan_program
from outreach_metrics.showing import Listing, bullets, table
from outreach_metrics.study import Program, TableQuality
from tests.needs.test_area_needs import city
from tests.test_exhibits import Text, bare, estimate

MARKED = '<script>alert("1")</script> & <b>x'


def made(**rest):
    known = {"program_id": "watch", "strand": "crime", "metric": "crime_rate_ratio", "unit": "ratio"}
    numbers = {"estimate": 0.78, "conf_low": 0.66, "conf_high": 0.92, "p_value": 0.003, "n_before": 200.0}
    return Estimate(**{**known, **numbers, "outcome": "burglary", "method": "quasi-Poisson", **rest})


def words(result):
    return " ".join(" ".join(Text(result._repr_html_()).words).split())


@pytest.fixture(scope="module")
def study():
    return city([20.0] * 2 + [8.0] * 20)


@pytest.fixture(scope="module")
def evaluation(study):
    return evaluate_program(study, "p")


def pooled(**rest):
    known = {"type": "other", "outcome": "all", "program_ids": ("a", "b"), "prediction": (0.6, 1.1)}
    return PooledType(**{**known, "estimate": made(outcome="all"), "heterogeneity": 0.25, **rest})


PROBLEM = Problem(
    severity="error", file="events.csv", row=7, column="date", rule="date", message="not a date"
)
QUALITY = TableQuality(table="events", file="e.csv", rows_read=1200, rows_used=1199, dropped={"no date": 1})
RESULTS = {
    "estimate": made,
    "estimate that could not be made": lambda: made().declined("Too few incidents."),
    "estimate without an interval": lambda: made(conf_low=math.nan, conf_high=math.nan, p_value=math.nan),
    "check": lambda: Check(program_id="watch", name="season", verdict="clear"),
    "check that is not known": lambda: Check(program_id="watch", name="own", outcome="all", reason="no data"),
    "problem": lambda: PROBLEM,
    "quality": lambda: QUALITY,
    "program": lambda: Program(program_id="p", name="P", type="tip_line", start=date(2024, 1, 1)),
    "pooled type": pooled,
    "pooled type without a prediction": lambda: pooled(prediction=(math.nan, math.nan)),
    "empty study": lambda: bare().study,
    "evaluation of an empty study": lambda: evaluate_program(bare().study, "p"),
    "plan of an empty study": lambda: plan_program(bare().study, "p"),
    "nothing": lambda: Listing([]),
    "sentences": lambda: Listing(["Crime fell."]),
    "estimates": lambda: Listing([made(), made().declined("Too few.")]),
    "checks": lambda: Listing([Check(program_id="watch", name="season", verdict="clear")]),
    "problems": lambda: Listing([PROBLEM]),
    "qualities": lambda: Listing([QUALITY]),
    "several kinds": lambda: Listing([PROBLEM, "a sentence"]),
}


@pytest.mark.parametrize("name", RESULTS)
def test_every_kind_shows_itself_as_an_accessible_table_or_a_list(name):
    result = RESULTS[name]()
    html = result._repr_html_()
    tags = Text(html).tags
    names = [tag for tag, _ in tags]
    assert html and names.count("table") == names.count("caption")
    assert all(attributes.get("scope") in ("row", "col") for tag, attributes in tags if tag == "th")
    assert "table" in names or "p" in names or "ul" in names
    assert "nan" not in words(result).lower().split()


@pytest.mark.parametrize("name", RESULTS)
def test_text_is_short(name):
    assert len(repr(RESULTS[name]())) < 400


@pytest.mark.parametrize(
    "result",
    [
        made(program_id=MARKED, outcome=MARKED, group=MARKED, unit=MARKED, method=MARKED, note=MARKED),
        made(outcome=MARKED).declined(MARKED),
        Check(program_id=MARKED, name=MARKED, outcome=MARKED, reason=MARKED),
        replace(PROBLEM, file=MARKED, column=MARKED, message=MARKED),
        replace(QUALITY, file=MARKED, table=MARKED, dropped={MARKED: 1}),
        Program(program_id=MARKED, name=MARKED, type=MARKED, start=date(2024, 1, 1), lead_agency=MARKED,
                description=MARKED, assignment=MARKED, areas={MARKED: (MARKED,)}),
        pooled(type=MARKED, outcome=MARKED, program_ids=(MARKED, MARKED), estimate=made(note=MARKED)),
        Listing([MARKED]),
        Listing([made(metric=MARKED, outcome=MARKED, group=MARKED, unit=MARKED, note=MARKED)]),
        Listing([replace(PROBLEM, message=MARKED)]),
        replace(bare(made(note=MARKED), name=MARKED), answer=(MARKED,) * 3),
        replace(bare(name=MARKED).study, settings=replace(bare().study.settings, title=MARKED)),
        plan_program(bare(name=MARKED).study, "p"),
    ],
    ids=lambda result: type(result).__name__,
)  # fmt: skip
def test_text_of_the_data_is_escaped(result):
    html = result._repr_html_()
    assert "&lt;script&gt;" in html or "&lt;b&gt;" in html
    assert not {tag for tag, _ in Text(html).tags} & {"script", "b"}


@pytest.mark.parametrize(
    ("given", "number", "interval"),
    [
        ({}, "a 22% fall", "a 34% fall to an 8% fall"),
        ({"unit": "ratio per year"}, "a 22% fall per year", "a 34% fall to an 8% fall per year"),
        ({"metric": "attendance_representation"}, "0.78 times", "0.66 to 0.92 times"),
        ({"unit": "ratio of odds"}, "0.78 ratio of odds", "0.66 to 0.92 ratio of odds"),
        ({"unit": "share"}, "78%", "66% to 92%"),
        ({"unit": "change in share"}, "+78.0 percentage points", "+66.0 to +92.0 percentage points"),
        ({"unit": "points (0-100)"}, "0.8 points of 100", "0.7 to 0.9 points of 100"),
        ({"unit": "USD per event"}, "$0.78 per event", "$0.66 to $0.92 per event"),
        ({"unit": "EUR"}, "EUR 0.78", "EUR 0.66 to EUR 0.92"),
        ({"unit": "people"}, "1 people", "1 to 1 people"),
        ({"conf_high": math.inf}, "a 22% fall", "a 34% fall to a rise without a known limit"),
        ({"unit": "days", "conf_high": math.inf}, "1 days", "1 to no limit days"),
        ({"conf_low": math.nan, "conf_high": math.nan}, "a 22% fall", "–"),
    ],
)  # fmt: skip
def test_numbers_are_worded_by_their_unit(given, number, interval):
    assert (estimate_words(made(**given)), interval_words(made(**given))) == (number, interval)


def test_differences_are_told_as_fewer_or_more():
    fewer = made(metric="crime_difference", unit="incidents", estimate=-83.8, conf_low=-170.2, conf_high=12.0)
    assert estimate_words(fewer) == "84 fewer incidents"
    assert interval_words(fewer) == "170 fewer to 12 more incidents"


def test_an_estimate_tells_number_interval_strength_and_the_exact_number():
    text = words(made(design_level=3, p_adjusted=0.006))
    assert text.startswith("Crime rate ratio: Burglary, watch")
    for part in (
        "a 22% fall",
        "95% interval a 34% fall to an 8% fall",
        "0.006",
        "level 3 of 5",
        "0.78 (ratio)",
    ):
        assert part in text
    assert repr(made()) == "<Estimate watch crime_rate_ratio burglary: 0.78 (0.66 to 0.92) ratio>"


def test_an_estimate_that_could_not_be_made_tells_why_and_no_number():
    none = made().declined("Too few incidents.")
    assert words(none) == "Crime rate ratio: Burglary, watch: could not be made Why Too few incidents."
    assert "Too few incidents." in repr(none)
    assert "Too few incidents." in words(Listing([none]))


def test_a_study_tells_programs_rows_and_problems(sample):
    text = words(sample)
    assert "Harbor Neighborhood Watch" in text and "79,251 79,070 no area or coordinates: 140" in text
    assert f"{len(sample.errors())} errors and {len(sample.warnings())} warnings" in text
    assert repr(sample) == "<Study 'Outreach in Riverton, 2020-2024': 16 programs, 16 tables, 11 problems>"
    assert "140 rows left out" in words(sample.problems) and "79,251" in words(sample.quality)
    assert words(sample.warnings("crisis-team")).startswith("7 problems") or len(
        sample.warnings("crisis-team")
    )


def test_no_row_of_a_table_is_in_what_a_study_shows(sample):
    shown = repr(sample) + words(sample) + repr(evaluate_program(sample, "porch-talks"))
    comments = sample.table("responses")["comment"].dropna().astype(str)
    assert len(comments) and not any(comment in shown for comment in comments.head(200) if len(comment) > 12)


def test_an_evaluation_tells_the_answer_its_changes_and_where_the_rest_is(evaluation):
    text = words(evaluation)
    assert all(sentence in text for sentence in evaluation.answer)
    assert f"{len(evaluation.claims)}, in .claims" in text and "crime_relative_effect" in text
    assert repr(evaluation) == f"<Evaluation p: {len(evaluation.estimates)} estimates, design level 3>"


def test_a_plan_tells_what_to_do_and_what_each_design_finds(study):
    plan = plan_program(study, "p")
    text = words(plan)
    assert (
        plan.recommendation[0] in text and "After 24 months" in text and "Compare with similar areas" in text
    )
    assert repr(plan).startswith("<Plan p: ")


def test_programs_pooled_tell_mean_and_prediction():
    found = words(pooled())
    assert "a 22% fall" in found and "a 40% fall to a 10% rise" in found and "25%" in found
    assert "One more such program" not in words(pooled(prediction=(math.nan, math.nan)))
    assert pooled_by_type([]) == ()


def test_what_is_listed_is_a_tuple_still(evaluation):
    for listed in (
        evaluation.estimates,
        evaluation.claims,
        evaluation.select(strand="crime"),
        evaluation.study.problems,
    ):
        assert isinstance(listed, Listing) and isinstance(listed, tuple)
    assert evaluation.claims == tuple(evaluation.claims)
    assert pickle.loads(pickle.dumps(evaluation.claims)) == evaluation.claims
    assert replace(evaluation, claims=("A.",)).claims == ("A.",)


def test_long_tables_are_cut_and_say_so():
    text = words(Listing([made()] * (MOST_ROWS + 7)))
    assert "7 more are not shown; all are in om.tidy(...)." in text


def test_columns_without_content_are_left_out():
    html = Listing([estimate("attendance_total", 34.0, unit="attendances")])._repr_html_()
    assert "Group" not in html and "interval" not in html and "34 attendances" in html


def test_a_check_tells_question_finding_and_why():
    text = words(Check(program_id="watch", name="season", verdict="clear"))
    assert "Are the same seasons compared? (watch)" in text and "The same calendar months stand" in text
    few = Check(
        program_id="p",
        name="few_areas",
        verdict="caution",
        values=MappingProxyType({"treatment": 1, "comparison": 2}),
    )
    assert "Caution" in words(few) and "1 program area and 2 comparison areas." in words(few)


def test_tables_and_lists_escape_and_have_scopes():
    html = table(MARKED, [[MARKED, MARKED]], heading=[MARKED, MARKED], notes=[MARKED]) + bullets([MARKED])
    assert not {tag for tag, _ in Text(html).tags} & {"script", "b"}
    assert html.count('scope="col"') == 2 and html.count('scope="row"') == 1


def test_names_of_the_package_show_themselves():
    for result in (om.Estimate, om.Evaluation, om.Study, om.Problem):
        assert "_repr_html_" in vars(result) and "__repr__" in vars(result)
