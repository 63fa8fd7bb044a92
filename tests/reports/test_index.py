import math
import re
from dataclasses import replace
from datetime import date
from itertools import pairwise

import numpy as np
import pytest

from outreach_metrics import Estimate
from outreach_metrics.errors import Problem
from outreach_metrics.evaluation import evaluate_program
from outreach_metrics.reports.glance import Course, Gatherings, Scale, common_scale, drawn_change
from outreach_metrics.reports.index import Entry, Failed, Report, index_html, program_entry, report_of
from outreach_metrics.reports.manifest import RunRecord
from outreach_metrics.reports.numbers import Failure
from outreach_metrics.reports.overview import write_pages
from tests.conftest import crime_study
from tests.metrics.attendance_studies import attendance_study
from tests.reports.making_notebooks import HOSTILE, Page, evaluation_of, small_study

BIDI = "‮evil‬"
SOFTWARE = "outreach_metrics 1"


@pytest.fixture
def study(tmp_path):
    warning = Problem(severity="warning", file="events.csv", row=3, rule="x", message="<i>late</i> start")
    return replace(small_study(tmp_path / "town"), problems=(warning,))


def record(program_id="alpha", notebook="program_evaluation", formats=("html", "pdf", "docx")):
    folder = program_id if notebook == "program_evaluation" else f"{notebook}/{program_id}"
    return RunRecord(
        notebook=notebook,
        program_id=program_id,
        status="done",
        report=f"{folder}/report.html",
        fingerprint="",
        parameters={},
        formats=formats,
    )


def entries(study):
    alpha, beta = study.programs.values()
    reports = [report_of(record()), report_of(record(notebook="evaluation_plan"), "Evaluation plan")]
    return [
        program_entry(alpha, evaluation_of(study, "alpha"), reports),
        program_entry(beta, None),
    ]


def html_of(study, programs=None, failures=(), studies=(), earlier=()):
    return index_html(
        study, entries(study) if programs is None else programs, failures, studies, SOFTWARE, earlier
    )


def effect(low, middle, high, p=0.001, unit="ratio", metric="crime_relative_effect"):
    return Estimate(
        program_id="a",
        strand="crime",
        metric=metric,
        outcome="all",
        estimate=middle,
        conf_low=low,
        conf_high=high,
        p_value=p,
        unit=unit,
        design_level=3,
    )


def one(kind="Tip line", level=3, change=None, **rest):
    return Entry(name="Bay", type=kind, headline="Told.", level=level, effect=change, **rest)


FALL, RISE, UNCLEAR = effect(0.7, 0.8, 0.9), effect(1.1, 1.2, 1.3), effect(0.8, 0.95, 1.1, p=0.4)


def test_the_index_tells_everything_and_loads_nothing(study):
    failed = Failed(title=f"Beta {BIDI}", reason="no <events>", cell=4, notebook="beta/failed.ipynb")
    portfolio = RunRecord(
        notebook="portfolio",
        program_id="",
        status="done",
        report="portfolio.html",
        fingerprint="",
        parameters={},
    )
    html = html_of(study, failures=[failed], studies=[report_of(portfolio, "All programs compared")])
    page = Page(html)
    assert not page.named("script", "link", "img", "iframe")
    assert page.loaded() == []
    assert f"Alpha {HOSTILE}" in page.text
    assert "Crime fell <much>." in page.text
    assert "Moderate evidence (3 of 5)" in page.text
    assert "Tip line" in page.text
    assert "Cell 4: no <events>" in page.text
    assert "jupyter lab beta/failed.ipynb" in page.text
    assert "Checking them found no errors and 1 warning." in page.text
    links = {attributes["href"] for attributes in page.named("a")}
    forms = {f"{folder}/report.{form}" for folder in ("alpha", "evaluation_plan/alpha")
             for form in ("html", "pdf", "docx", "ipynb")}  # fmt: skip
    assert links == forms | {
        "#content", "portfolio.html", "portfolio.ipynb", "quality.html",
        "estimates.csv", "results.json", "quality.json",
    }  # fmt: skip
    assert page.named("html") == [{"lang": "en"}]
    assert page.text.index("What failed") < page.text.index("Programs\n")


def test_headings_go_down_one_level_at_a_time_and_identifiers_are_unique(study):
    failed = Failed(title="Beta", reason="no events")
    page = Page(html_of(study, failures=[failed], earlier=[report_of(record("gamma"), "Gamma")]))
    levels = [int(tag[1]) for tag, _ in page.tags if re.fullmatch(r"h[1-6]", tag)]
    assert (levels[0], levels.count(1)) == (1, 1)
    assert all(later <= earlier + 1 for earlier, later in pairwise(levels))
    identifiers = [attributes["id"] for _, attributes in page.tags if attributes.get("id")]
    assert len(identifiers) == len(set(identifiers))


def test_the_same_study_gives_the_same_bytes(study):
    assert html_of(study) == html_of(study)


def test_a_program_without_a_number_is_listed_all_the_same(study):
    beta = study.programs["beta"]
    page = Page(html_of(study, [program_entry(beta, None)], [Failed(title="Beta", reason="nobody came")]))
    assert "nobody came" in page.text
    assert "This program could not be evaluated; why is told above." in page.text
    assert "1 program: in none did the main measure change clearly" in page.text
    assert "jupyter" not in page.text


def test_a_study_without_programs_still_has_a_page(study):
    page = Page(html_of(study, []))
    assert "No program was asked for." in page.text
    assert not page.named("form")


def test_only_the_forms_that_were_made_are_linked():
    assert list(report_of(record(formats=("html",))).links) == ["Web page", "Notebook"]
    made = report_of(record(formats=("html", "pdf")), "Evaluation")
    assert made.main == "alpha/report.html"
    assert dict(made.further) == {"PDF": "alpha/report.pdf", "Notebook": "alpha/report.ipynb"}


def test_reports_of_earlier_runs_are_still_found(study):
    page = Page(html_of(study, earlier=[report_of(record("gamma"), "Gamma")]))
    assert "From earlier runs" in page.text
    assert "gamma/report.html" in {attributes["href"] for attributes in page.named("a")}


@pytest.mark.parametrize(
    ("change", "kind"),
    [
        (FALL, "fall"),
        (RISE, "rise"),
        (UNCLEAR, "unclear"),
        (effect(0.7, 0.8, 0.9, p=0.2), "unclear"),
        (effect(2.0, 5.0, 8.0, unit="change in points (0-100)"), "rise"),
        (effect(-8.0, -5.0, -2.0, unit="change in points (0-100)"), "fall"),
        (None, "none"),
    ],
)
def test_a_change_is_clear_only_where_interval_and_p_value_say_so(change, kind):
    assert one(change=change).kind == kind


def test_the_summary_counts_and_tells_how_sure_it_is(study):
    programs = [one(change=FALL), one(change=FALL), one(change=RISE, level=2), one(change=UNCLEAR),
                one(level=None)]  # fmt: skip
    text = Page(html_of(study, programs)).text
    assert (
        "5 programs: in 3 the main measure changed clearly (2 fell, 1 rose); in 1 no change is clear; "
        "for 1 no change can be estimated." in text
    )
    assert "moderate evidence for 3, weak evidence for 1 and no evidence of an effect for 1" in text
    assert "of 4 results, chance alone would make 0.2 look clear on average" in text
    assert "not of merit" in text


def test_every_picture_has_a_text(study):
    course = Course(before=(1.0, 1.1), after=(0.9,), slots=8, name="Recorded crime", told="2.0 → 1.9")
    met = Gatherings(events=((0.5, 1.0),), told="12 attendances")
    page = Page(html_of(study, [one(change=FALL, picture=course), one(change=UNCLEAR, picture=met)]))
    pictures = page.named("svg")
    assert len(pictures) == 4
    assert all(attributes["role"] == "img" and attributes["aria-label"] for attributes in pictures)
    assert [attributes["aria-label"] for attributes in pictures] == [
        "Runs from −10% to +10%", "Below no change", "People at each event", "Across no change",
    ]  # fmt: skip


def test_the_color_of_a_fall_and_of_a_rise_is_the_same(study):
    fell, rose = (html_of(study, [one(change=change)]) for change in (FALL, RISE))
    drawn = [re.sub(r"\d+", "", re.search(r"<p class=changed>.*?</svg>", html)[0]) for html in (fell, rose)]
    assert drawn[0].replace("Below", "Above") == drawn[1]


def test_the_scale_is_one_for_all_and_told(study):
    scale = common_scale([], [effect(0.55, 0.8, 0.9), effect(1.0, 1.2, 1.3)])
    assert scale == Scale(spread=0.25, ratio=2.0, points=10.0)
    assert [scale.place(FALL, value) for value in (0.5, 1.0, 2.0)] == [-1.0, 0.0, 1.0]
    assert scale.place(FALL, 0.0) == -math.inf
    assert scale.place(effect(0, 0, 0, unit="change in share"), 0.05) == pytest.approx(0.5)
    assert "−50% and +100%" in Page(html_of(study, [one(change=effect(0.55, 0.8, 0.9))])).text


def test_an_estimate_without_an_interval_has_no_picture():
    assert drawn_change(effect(math.nan, 0.8, math.nan), common_scale([], [])) == ""


def test_the_line_is_what_was_recorded_in_the_windows():
    counts = np.full((3, 48), 10)
    counts[0, 24:] = 5
    evaluation = evaluate_program(crime_study(counts), "p")
    picture = program_entry(evaluation.program, evaluation).picture
    assert picture.before == (1.0,) * 8
    assert picture.after == (0.5,) * 8
    assert (picture.slots, picture.name) == (8, "Recorded crime")
    assert picture.told == "120.0 → 60.0", "rates a year per 1,000 residents"


def test_without_crime_before_there_is_no_line():
    counts = np.zeros((3, 48), dtype=int)
    counts[:, 24:] = 5
    evaluation = evaluate_program(crime_study(counts), "p")
    assert program_entry(evaluation.program, evaluation).picture is None


@pytest.mark.parametrize(("unit", "blocks"), [("week", 8), ("quarter", 8), ("year", 2)])
def test_a_line_has_four_points_a_year_at_most(unit, blocks):
    length = {"week": 104, "quarter": 8, "year": 2}[unit]
    first = {"week": "2019-12-30", "quarter": "2020Q1", "year": "2020"}[unit]
    study = crime_study(
        np.full((3, 2 * length), 9), unit=unit, first=first, before=length, after=length,
        start=date(2021, 12, 27) if unit == "week" else date(2022, 1, 1),
    )  # fmt: skip
    picture = program_entry(study.programs["p"], evaluate_program(study, "p")).picture
    assert (len(picture.before), len(picture.after), picture.slots) == (blocks, blocks, blocks)


@pytest.mark.parametrize(
    ("came", "shown"),
    [((30, 20, 40), 3), ((30, 4, 20, 40), 2), ((30, 4, 6, 20, 40), 3), ((4, 5), 0), ((30, 0, 20), 2)],
    ids=["none", "and one more, which the total would give away", "two", "all", "nobody is not few"],
)
def test_events_of_few_people_are_in_no_picture(came, shown):
    events = [{"date": f"2023-0{month}-01", "headcount": float(n)} for month, n in enumerate(came, start=1)]
    evaluation = evaluate_program(attendance_study(events, min_cell=10), "p")
    picture = program_entry(evaluation.program, evaluation).picture
    assert (len(picture.events) if picture else 0) == shown
    if picture:
        assert max(size for _, size in picture.events) == 1
        assert picture.told == f"{sum(came)} attendances at {len(came)} events"


def test_filters_offer_what_is_there(study):
    programs = [one(change=FALL), one("Safety audit", 2, RISE), one("Safety audit", 3, UNCLEAR)]
    page = Page(html_of(study, programs))
    assert page.text.count("Safety audit (2)") == 1
    assert "Clear rise (1)" in page.text
    assert "No estimate (" not in page.text
    radios = page.named("input")
    assert {attributes["name"] for attributes in radios} == {"t", "s", "k"}
    assert sum("checked" in attributes for attributes in radios) == 3
    assert len(page.named("legend")) == len(page.named("fieldset")) == 3
    assert not Page(html_of(study, programs[:1])).named("form"), "nothing to choose from"


def test_a_thousand_programs_are_under_a_megabyte(study):
    words = "No clear change in recorded crime relative to the comparison areas (95% interval: a 13% fall to"
    course = Course(
        before=tuple(1 + 0.3 * math.sin(n) for n in range(8)),
        after=tuple(1 + 0.3 * math.cos(n) for n in range(8)),
        slots=8,
        name="Recorded crime",
        told="91.6 → 74.4",
    )
    programs = [
        Entry(
            name=f"Neighborhood Watch {number}",
            type=f"Type of program {number % 15}",
            headline=f"{words} a 0.2% rise); of 10 other measures, recorded burglary fell 37%.",
            level=(3, 2, None, 4, 5)[number % 5],
            effect=(FALL, RISE, UNCLEAR)[number % 3],
            picture=course,
            reports=(report_of(record(f"neighborhood-watch-{number}")),),
        )
        for number in range(1000)
    ]
    html = html_of(study, programs)
    assert html.count("<li class=") == 1000
    assert len(html.encode()) < 1_000_000


def test_a_command_that_opens_a_notebook_is_safe_to_type():
    failed = Failed(title="x", reason="y", notebook="a b/$(rm).ipynb")
    assert failed.command == "jupyter lab 'a b/$(rm).ipynb'"
    assert Report(title="x", links={"Word": "a.docx"}).main == "a.docx"


def test_what_a_run_left_is_told_by_program(study, tmp_path):
    """Finished, failed with and without a notebook to look at, not evaluated, and made by an earlier run."""
    out = tmp_path / "out"
    (out / "attendance" / "alpha").mkdir(parents=True)
    (out / "attendance" / "alpha" / "failed.ipynb").write_text("{}", encoding="utf-8")
    failed = {"status": "failed", "fingerprint": "", "parameters": {}, "error": "went wrong"}
    records = [
        RunRecord(notebook="portfolio", program_id="", report="portfolio-failed.ipynb", **failed),
        RunRecord(
            notebook="attendance",
            program_id="alpha",
            report="attendance/alpha/failed.ipynb",
            cell=3,
            **failed,
        ),
        record("alpha", "evaluation_plan"),
        record("alpha"),
        record("beta", "evaluation_plan"),
    ]
    failures = [Failure(name="gamma", reason="no dates")]
    evaluations = [evaluation_of(study, "alpha")]
    gamma = replace(study.programs["alpha"], program_id="gamma", name="Gamma")
    made = replace(study, programs={**study.programs, "gamma": gamma})
    write_pages(made, evaluations, out, ["alpha", "gamma"], failures, records, software="")
    page = Page((out / "index.html").read_text(encoding="utf-8"))
    told = re.sub(r"\s+", " ", page.text)
    assert (
        f"Alpha {HOSTILE}: Attendance Cell 3: went wrong To see it: jupyter lab attendance/alpha/failed"
        in told
    )
    assert "All programs compared went wrong" in told
    assert "portfolio-failed" not in told, "there is no such file"
    assert "Gamma no dates" in told
    assert (
        f"From earlier runs Reports on programs that were not asked for this time. Beta {HOSTILE}: " in told
    )
    first = next(attributes["href"] for attributes in page.named("a") if "alpha" in attributes["href"])
    assert first == "alpha/report.html", "the evaluation is what the name leads to"
