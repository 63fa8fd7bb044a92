"""The grant exhibit: two pages, permitted sentences alone, a sentence where the study lacks a strand."""

import os
import re
from dataclasses import replace

import nbformat
import pytest

from outreach_metrics.evaluation import evaluate_program
from outreach_metrics.evidence.limits import must_not_be_said
from outreach_metrics.needs import program_need
from outreach_metrics.planning import plan_program
from outreach_metrics.reports import exhibits
from outreach_metrics.reports.exhibits import Figure, grant
from outreach_metrics.reports.exhibits.cells import TOLD_ABOVE
from outreach_metrics.reports.forms import page_as
from outreach_metrics.reports.forms.archive import read_parts
from outreach_metrics.reports.outline import is_brief
from outreach_metrics.reports.render import Cover, render
from tests.conftest import ROOT
from tests.needs.test_area_needs import city
from tests.needs.test_people_needs import surveyed
from tests.test_exhibits import Text, bare, estimate, html, words
from tests.test_notebooks import NOTEBOOKS, read, run, small_study

PATH = next(path for path in NOTEBOOKS if path.stem == "grant_exhibit")
MARKED = "<script>alert(1)</script> & <b>x"
OF_EVALUATION = (
    exhibits.grant_about,
    exhibits.grant_reach_table,
    exhibits.grant_reach_chart,
    exhibits.grant_missed,
    exhibits.grant_results,
    exhibits.grant_strength,
    exhibits.grant_chart,
    exhibits.grant_limits,
    exhibits.grant_cost,
    exhibits.grant_stronger,
    exhibits.grant_sources,
)


def text_of(exhibit):
    return exhibit.alt + exhibit.caption if isinstance(exhibit, Figure) else words(exhibit)


def every_exhibit(study, program_id="p"):
    evaluation, need = evaluate_program(study, program_id), program_need(study, program_id)
    told = [exhibit(evaluation) for exhibit in OF_EVALUATION]
    plan = exhibits.grant_plan(plan_program(study, program_id))
    return [*told, exhibits.grant_need(need), exhibits.grant_need_table(need), plan]


@pytest.fixture(scope="module")
def evaluations(sample):
    names = ("harbor-watch", "bridge-outreach", "coffee-eastside", "safe-seniors", "tip-line", "porch-talks")
    return {name: evaluate_program(sample, name) for name in names}


STUDIES = {
    "nothing but programs": lambda: bare().study,
    "crime alone": lambda: city([20.0] * 2 + [8.0] * 20),
    "rare crime": lambda: city([0.03] * 20, seed=2),
    "short": lambda: city([9.0] * 5, 8),
    "a survey": lambda: surveyed(low=2),
}


@pytest.mark.parametrize("name", STUDIES)
def test_a_strand_that_lacks_is_a_sentence_never_an_error(name):
    shown = every_exhibit(STUDIES[name]())
    texts = [text_of(exhibit) for exhibit in shown]
    assert not any("nan" in text.split() for text in texts)
    assert sum(bool(text) for text in texts) >= 9


def test_an_empty_study_says_what_it_lacks():
    told = " ".join(text_of(exhibit) for exhibit in every_exhibit(bare().study))
    assert "The study cannot show the need in numbers. The study has no incidents or counts" in told
    assert "The study holds no attendance" in told and "There is nothing to show on costs" in told
    assert "This study cannot tell whether anything changed." in told
    assert grant.NO_CHANGE in told and "An effect on crime cannot be planned for." in told
    assert "No incidents or counts: with them" in told


def test_text_of_the_data_is_escaped():
    study = city([20.0] * 2 + [8.0] * 20)
    program = replace(study.program("p"), name=MARKED, description=MARKED, lead_agency=MARKED)
    settings = replace(study.settings, agency=MARKED)
    areas = study.tables["areas"].assign(name=MARKED)
    study = replace(study, programs={"p": program}, settings=settings, tables=study.tables | {"areas": areas})
    shown = [html(exhibit) for exhibit in every_exhibit(study) if not isinstance(exhibit, Figure)]
    assert any("&lt;script&gt;" in text for text in shown)
    tags = {tag for text in shown for tag, _ in Text(text).tags}
    assert not tags & {"script", "b"}


def test_sentences_on_results_are_those_that_may_be_said(evaluations):
    for evaluation in evaluations.values():
        bullets = html(exhibits.grant_results(evaluation)).split("<li>")[1:]
        told = [words_of(item) for item in bullets]
        assert set(told) <= set(evaluation.claims)


def words_of(markup):
    return "".join(Text(markup).words).strip()


def test_clear_changes_and_the_main_result_are_told_whole(evaluations):
    text = words(exhibits.grant_results(evaluations["harbor-watch"]))
    assert "No clear change in recorded crime relative to the comparison areas (95% interval:" in text
    assert "Recorded burglary fell 37%" in text and "Perceived safety rose" in text
    assert "first year" not in text, "of a survey the last wave alone"
    strength = words(exhibits.grant_strength(evaluations["coffee-eastside"]))
    assert "moderate evidence (level 3 of 5" in strength and "Did people report more or less?" in strength
    assert "No clear change either way: recorded burglary" in strength


def test_checks_that_were_not_made_are_no_reassurance(evaluations):
    rose = estimate("outcome_rate_ratio", 1.5, 1.2, 1.8, outcome="tips", unit="ratio", p_value=0.001)
    assert "check" not in words(exhibits.grant_strength(bare(rose))).lower()
    harbor = words(exhibits.grant_strength(evaluations["harbor-watch"]))
    assert "Checks that call for caution: How many measures were looked at?" in harbor
    assert re.search(r"Of \d+ checks \d+ cannot be told\.", harbor)


def test_limits_are_a_choice_of_those_of_the_evaluation(evaluations):
    for evaluation in evaluations.values():
        told = [words_of(item) for item in html(exhibits.grant_limits(evaluation)).split("<li>")[1:]]
        assert told and set(told) <= {*evaluation.must_not_be_said, grant.NO_CHANGE}
        assert len(told) <= grant.MOST_LIMITS
    assert grant.NO_CHANGE in words(exhibits.grant_limits(evaluations["tip-line"]))


def test_there_is_always_something_that_must_not_be_said():
    fell = estimate("crime_relative_effect", 0.7, 0.6, 0.8, outcome="all", unit="ratio", p_value=0.001)
    assert words(exhibits.grant_limits(bare(fell))) == grant.NO_BARE_NUMBER


def test_every_tempting_sentence_is_one_that_an_evaluation_forbids(evaluations):
    rise = estimate("crime_relative_effect", 1.5, 1.3, 1.7, outcome="all", unit="ratio", p_value=0.001)
    said = [*must_not_be_said([rise])]
    said += [sentence for evaluation in evaluations.values() for sentence in evaluation.must_not_be_said]
    for start in grant.TEMPTING:
        assert any(sentence.startswith(start) for sentence in said), start


def test_a_benefit_in_money_is_told_only_where_the_intervals_bear_it(evaluations):
    harbor = words(exhibits.grant_cost(evaluations["harbor-watch"]))
    assert (
        grant.NO_BENEFIT in harbor and "an attendance $140" in harbor and "5% of it given in kind" in harbor
    )
    assert "worth" not in harbor and "hour of contact" in harbor
    assert grant.RESTS_ON in words(exhibits.grant_cost(evaluations["bridge-outreach"]))
    unclear = replace(
        evaluations["bridge-outreach"],
        estimates=tuple(
            replace(e, p_value=0.5, p_adjusted=0.5) if e.metric == "crime_difference" else e
            for e in evaluations["bridge-outreach"].estimates
        ),
    )
    assert grant.NO_BENEFIT in words(exhibits.grant_cost(unclear))


def test_need_is_told_with_interval_and_ranks_and_that_the_program_was_at_work(sample):
    need = program_need(sample, "coffee-eastside")
    text = words(exhibits.grant_need(need))
    assert "84.9 incidents of recorded crime per 1,000 residents per year" in text
    assert "+28% (95% interval +20% to +36%)" in text and "3 clearly above" in text
    assert "this is not the need before it began" in text
    table = words(exhibits.grant_need_table(need))
    assert "Rank of 40" in table and "1 to 13" in table
    early = replace(
        need, program=replace(need.program, start=sample.panel.periods[-1].end_time.date().replace(year=2030))
    )
    assert "at work" not in words(exhibits.grant_need(early))


def test_areas_that_do_not_stand_apart_are_not_said_to(sample):
    assert "which is no clear difference" in words(exhibits.grant_need(program_need(sample, "harbor-watch")))


def test_many_areas_are_cut_to_the_highest(sample):
    program = sample.program("harbor-watch")
    many = replace(program, areas={"treatment": tuple(sample.panel.area_ids[:12])})
    study = replace(sample, programs={"harbor-watch": many})
    table = exhibits.grant_need_table(program_need(study, "harbor-watch"))
    assert len(table.rows) == grant.MOST_AREAS and "the 4 highest of 12 areas" in table.caption


def test_who_was_missed_is_told_with_intervals(evaluations):
    text = words(exhibits.grant_missed(evaluations["safe-seniors"]))
    assert "age 18-34 (0.52 times; 0.36 to 0.73)" in text
    assert "none clearly came less often" in words(exhibits.grant_missed(evaluations["harbor-watch"]))
    assert "cannot be told" in words(exhibits.grant_missed(bare(estimate("attendance_total", 60.0))))


def test_few_people_are_not_shown(evaluations):
    told = exhibits.grant_reach_table(evaluations["porch-talks"])
    assert words(told) == "Fewer than 10 people took part, so their numbers are not shown."
    assert exhibits.grant_reach_chart(evaluations["porch-talks"]) is TOLD_ABOVE


def test_one_chart_at_most(evaluations):
    for evaluation in evaluations.values():
        charts = [exhibits.grant_chart(evaluation), exhibits.grant_reach_chart(evaluation)]
        assert sum(isinstance(chart, Figure) for chart in charts) <= 1
    assert isinstance(exhibits.grant_reach_chart(evaluations["tip-line"]), Figure)


def test_plan_tells_power_and_time(sample):
    text = words(exhibits.grant_plan(plan_program(sample, "coffee-eastside")))
    assert "8 in 10 such evaluations would find it" in text
    assert "A fall by 20% after 24 months and 30% after 10 months is found as often." in text
    assert "one of 10% would be found by 2 in 10" in text
    assert "318 answers each time" in text


def test_next_step_follows_from_the_design():
    known = {"outcome": "all", "unit": "ratio", "estimate": 0.8}
    alone = estimate("crime_rate_ratio", design_level=2, **known)
    weak = replace(bare(alone), design_level=2)
    assert "to compare with" in words(exhibits.grant_stronger(weak))
    strong = replace(bare(alone), design_level=5)
    assert "never the last word" in words(exhibits.grant_stronger(strong))


def test_the_notebook_asks_for_a_page_with_neither_contents_nor_glossary():
    assert is_brief(nbformat.read(PATH, as_version=4))
    assert read(PATH)["metadata"]["outreach_metrics"]["brief"] is True


@pytest.mark.slow
@pytest.mark.parametrize(
    "program_id", ["harbor-watch", "bridge-outreach", "coffee-eastside", "citizen-academy"]
)
def test_two_pages_in_print(program_id, tmp_path, monkeypatch):
    weasyprint = pytest.importorskip("weasyprint", reason="pages are counted with WeasyPrint")
    monkeypatch.setenv("PYTHONPATH", str(ROOT), prepend=os.pathsep)
    executed = run(PATH, tmp_path, program_id=program_id)
    page = render(executed, Cover(title="A program with a name that is long", agency="City", study="Study"))[
        0
    ]
    assert "<nav" not in page and 'class="glossary"' not in page and 'class="brief"' in page
    for size in ("Letter", "A4"):
        paper = weasyprint.CSS(string=f"@page {{ size: {size} }}")
        assert len(weasyprint.HTML(string=page).render(stylesheets=[paper]).pages) == 2


def test_the_word_document_is_set_closer_than_a_report():
    pytest.importorskip("pypandoc", reason="a Word document is made by pandoc")
    pages = [
        f'<html lang="en"><body{kind}><h1>A</h1><p>B</p></body></html>' for kind in ("", ' class="brief"')
    ]
    wide, close = (read_parts(page_as("docx", page))["word/styles.xml"].decode() for page in pages)
    sizes = [list(map(int, re.findall(r'w:sz w:val="(\d+)"', styles))) for styles in (wide, close)]
    assert all(small < large for large, small in zip(*sizes, strict=True))
    assert min(sizes[1]) >= 14, "no type below 7 points"
    spaces = [sum(map(int, re.findall(r'w:after="(\d+)"', styles))) for styles in (wide, close)]
    assert spaces[1] < spaces[0] / 2


@pytest.mark.slow
def test_runs_in_a_study_of_programs_and_incidents_alone(tmp_path, monkeypatch):
    monkeypatch.setenv("PYTHONPATH", str(ROOT), prepend=os.pathsep)
    executed = run(PATH, tmp_path, study=str(small_study(tmp_path / "small")), program_id="watch")
    page = render(executed, Cover(title="Watch"))[0]
    assert "No areas of the program are named." in page or "it takes 3 areas" in page
    assert "<script" not in page and "&lt;script&gt;" in page
