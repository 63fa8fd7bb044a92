"""The chart pack: every file of every chart, the same bytes twice, nobody named, few never told."""

import csv
import io
import re
import sys
import time
from dataclasses import replace
from datetime import date
from xml.etree import ElementTree

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from outreach_metrics import cli, sample_study
from outreach_metrics.estimate import STRANDS
from outreach_metrics.evaluation import evaluate_program
from outreach_metrics.planning import designs, outlook
from outreach_metrics.reports import exhibits, export
from outreach_metrics.reports.exhibits import PROGRAM_CHARTS, Figure, crime_series, logic_model
from outreach_metrics.reports.export import chart_files, chart_text, data_csv, make_charts, program_charts
from outreach_metrics.reports.forms import MissingFormError, require
from tests.conftest import crime_study
from tests.test_privacy import People

try:
    require(["pptx"])
    SLIDES_MADE = True
except MissingFormError:
    SLIDES_MADE = False

needs_pptx = pytest.mark.skipif(not SLIDES_MADE, reason="python-pptx is not installed")
PROGRAM = "harbor-watch"
SVG = "{http://www.w3.org/2000/svg}"
WORDS = re.compile(r"[a-z]+(_[a-z]+)*")
ABBREVIATIONS = {"conf", "est", "pct", "n", "num", "avg", "idx", "val"}


@pytest.fixture(scope="module")
def evaluation(sample):
    return evaluate_program(sample, PROGRAM)


@pytest.fixture(scope="module")
def charts(evaluation):
    return program_charts(evaluation)


@pytest.fixture(scope="module")
def files(evaluation):
    formats = ("svg", "png", "pptx") if SLIDES_MADE else ("svg", "png")
    return dict(chart_files(evaluation, formats))


def table(text):
    return list(csv.DictReader(io.StringIO(text)))


def test_every_chart_has_every_file_and_the_readme_a_line(charts, files):
    assert len(charts) > 15
    for figure in charts:
        assert re.fullmatch(r"[a-z]+(-[a-z]+)*", figure.name)
        assert {f"{figure.name}.{kind}" for kind in ("svg", "png", "csv", "txt")} <= set(files)
        assert f"\n{figure.name}: {figure.title}\n" in files["README.txt"]
    assert len({figure.name for figure in charts}) == len(charts)
    others = set(files) - {f"{f.name}.{kind}" for f in charts for kind in ("svg", "png", "csv", "txt")}
    assert others == {"README.txt", "charts.pptx"} if SLIDES_MADE else {"README.txt"}


def test_every_chart_of_the_package_is_in_the_list():
    listed = {chart.__name__ for chart in PROGRAM_CHARTS}
    drawn = {
        name
        for name in exhibits.__all__
        if "Figure" in str(getattr(getattr(exhibits, name), "__annotations__", {}).get("return", ""))
        and not name.startswith(("grant_", "needs_", "plan_", "portfolio_"))
    }
    assert drawn == listed


def test_pictures_tell_what_they_show(charts, files):
    for figure in charts:
        root = ElementTree.fromstring(files[f"{figure.name}.svg"])
        assert root.find(f"{SVG}title").text == figure.title
        assert root.find(f"{SVG}desc").text == figure.alt
        assert root.get("role") == "img"
        assert not list(root.iter(f"{SVG}text")), "letters are outlines"
        assert b"http" not in re.sub(
            rb'xmlns(:\w+)?="[^"]+"|<!DOCTYPE[^>]+>', b"", files[f"{figure.name}.svg"]
        )
        picture = Image.open(io.BytesIO(files[f"{figure.name}.png"]))
        assert picture.info["dpi"] == pytest.approx((300, 300), abs=0.01)
        assert picture.width == 2100


def test_data_are_the_numbers_drawn_in_whole_words(evaluation, charts, files):
    for figure in charts:
        rows = table(files[f"{figure.name}.csv"])
        assert len(rows) == len(figure.data) > 0, figure.name
        for column in figure.data.columns:
            assert WORDS.fullmatch(column), (figure.name, column)
            assert not ABBREVIATIONS & set(column.split("_")), (figure.name, column)
        assert not {"nan", "inf", "NaT", "None"} & {cell for row in rows for cell in row.values()}
    forest = {row["outcome"]: row for row in table(files["crime-forest.csv"])}
    for estimate in evaluation.select(metric="crime_relative_effect"):
        row = forest[estimate.outcome]
        assert float(row["estimate"]) == estimate.estimate
        assert (float(row["interval_low"]), float(row["interval_high"])) == (
            estimate.conf_low,
            estimate.conf_high,
        )


def test_the_series_has_every_line_that_is_drawn(charts):
    series = next(figure for figure in charts if figure.name == "crime-series").data
    assert set(series["line"]) == {"program areas", "comparison areas", "expected"}
    short = {"treated": 4, "start": date(2020, 7, 1), "before": 6, "after": 6}
    alone = evaluate_program(crime_study(_counts()[:, :12], **short), "p")
    lines = crime_series(alone).data
    assert set(lines["line"]) == {"program areas", "average before", "average after"}
    levels = {e.metric: e.estimate for e in alone.estimates if e.outcome == "all" and e.made}
    average = lines.set_index("line")["value"]
    assert average["average before"] == levels["crime_rate_before"]
    assert average["average after"] == levels["crime_rate_after"]


def _counts():
    return np.random.default_rng(1).poisson(30, (4, 48))


def test_few_people_are_in_no_file(sample, files):
    least = sample.settings.min_cell
    for row in table(files["attendance-by-event.csv"]):
        assert row["people"] == "" if row["counted"] == "few" else float(row["people"]) >= least
    hidden = [row for row in table(files["attendance-by-event.csv"]) if row["counted"] == "few"]
    assert hidden, "the sample has small events"
    for row in table(files["attendance-representation.csv"]):
        share = row["share_of_attendees"]
        assert share == "" or float(share) > 0
    assert any(not row["share_of_attendees"] for row in table(files["attendance-representation.csv"]))


def test_nobody_is_named_in_any_file(files):
    people = People()
    for name, content in files.items():
        if isinstance(content, str):
            assert people.found_in(content) == set(), name
        elif name.endswith(".svg"):
            root = ElementTree.fromstring(content)
            assert people.found_in(" ".join(root.itertext())) == set(), name


def test_words_say_what_may_be_said_of_the_strand_alone(evaluation, charts):
    texts = {figure.name: chart_text(evaluation, figure) for figure in charts}
    crime, attendance = texts["crime-forest"], texts["attendance-by-event"]
    assert "Recorded burglary fell 37%" in crime
    assert "Do not say that the program changed recorded burglary" in crime
    assert "level 3 of 5" in crime
    assert "burglary" not in attendance
    assert "Do not give attendance as proof of an effect" in attendance
    whole = texts["logic-model"]
    for sentence in (*evaluation.claims, *evaluation.must_not_be_said):
        assert sentence in whole
    for figure in charts:
        for part in (figure.title, figure.alt, figure.caption, figure.source):
            assert part in texts[figure.name]


@needs_pptx
def test_slides_have_title_described_picture_small_type_and_notes(charts, evaluation, files):
    import pptx

    deck = pptx.Presentation(io.BytesIO(files["charts.pptx"]))
    assert deck.core_properties.title == "Harbor Neighborhood Watch: charts"
    assert deck.core_properties.author == "City of Riverton"
    assert len(deck.slides) == len(charts)
    for slide, figure in zip(deck.slides, charts, strict=True):
        assert slide.shapes.title.text == figure.title
        (picture,) = [shape for shape in slide.shapes if shape.name == "Chart"]
        assert picture._element.nvPicPr.cNvPr.get("descr") == figure.alt
        assert picture.left >= 0 and picture.left + picture.width <= deck.slide_width
        assert picture.top >= slide.shapes.title.top + slide.shapes.title.height
        (small,) = [shape for shape in slide.shapes if shape.name == "Caption and source"]
        assert picture.top + picture.height <= small.top
        assert small.text_frame.text == f"{figure.caption}\n{figure.source}"
        assert "Must not be said:" in slide.notes_slide.notes_text_frame.text
    notes = deck.slides[[f.name for f in charts].index("crime-forest")].notes_slide.notes_text_frame.text
    assert "Recorded burglary fell 37%" in notes
    assert People().found_in(notes) == set()


@pytest.mark.slow
def test_the_same_study_gives_the_same_bytes_at_another_time(sample, files):
    time.sleep(2.1)
    again = dict(chart_files(evaluate_program(sample, PROGRAM), ("svg", "png", "pptx")))
    assert {name for name in again if again[name] != files[name]} == set()


def test_a_chart_is_drawn_when_asked_and_always_the_same(evaluation):
    figure = logic_model(evaluation)
    assert figure.image == figure.image
    bundle, metadata = figure._repr_mimebundle_()
    assert set(bundle) == {"image/png", "text/plain"}
    assert set(metadata["image/png"]) == {"alt", "caption", "source"}


def test_no_cell_is_a_formula():
    data = pd.DataFrame({"name": ["=cmd()", "-5", "plain"], "day": pd.to_datetime(["2024-01-05"] * 3)})
    assert [row["name"] for row in table(data_csv(data))] == ["'=cmd()", "-5", "plain"]
    assert {row["day"] for row in table(data_csv(data))} == {"2024-01-05"}


def test_a_program_without_data_has_a_readme_and_its_logic_model(tmp_path):
    study = crime_study(_counts(), roles={"comparison": (0, 1)})
    assert make_charts(study, tmp_path, ["p"], ["svg"]) == []
    assert "README.txt" in {path.name for path in (tmp_path / "p").iterdir()}
    assert not list(tmp_path.glob(".*"))


def test_a_program_that_fails_does_not_stop_the_others(monkeypatch, tmp_path):
    study = crime_study(_counts(), treated=2)
    program = study.programs["p"]
    study = replace(study, programs={"p": program, "q": replace(program, program_id="q", name="Q")})

    def failing(evaluation):
        if evaluation.program.program_id == "p":
            raise ValueError("no chart today")
        return logic_model(evaluation)

    monkeypatch.setattr(export, "PROGRAM_CHARTS", (failing,))
    (failure,) = make_charts(study, tmp_path, ["p", "q"], ["svg"])
    assert failure.name == "p" and "no chart today" in failure.reason
    assert sorted(path.name for path in tmp_path.iterdir()) == ["q"]


def test_the_plan_is_drawn_for_a_program_that_has_not_begun(monkeypatch):
    monkeypatch.setattr(designs, "_REPLICATIONS", 60)
    monkeypatch.setattr(outlook, "_FUTURES", 5)
    names = {}
    for start in (date(2026, 1, 15), date(2022, 1, 1)):
        evaluation = evaluate_program(crime_study(_counts(), treated=2, start=start), "p")
        charts = {figure.name: figure for figure in program_charts(evaluation)}
        names[start.year] = set(charts)
        if start.year == 2026:
            told = chart_text(evaluation, charts["evaluation-plan"])
    assert "evaluation-plan" in names[2026] and "evaluation-plan" not in names[2022]
    assert "Nothing beyond what the chart shows." in told and "no effect is estimated here" in told


def test_a_folder_of_something_else_is_left_alone(monkeypatch, tmp_path):
    monkeypatch.setattr(export, "PROGRAM_CHARTS", (logic_model,))
    report = tmp_path / "p" / "report.html"
    report.parent.mkdir()
    report.write_text("mine")
    (failure,) = make_charts(crime_study(_counts(), treated=2), tmp_path, ["p"], ["svg"])
    assert "choose another --out" in failure.reason
    assert report.read_text() == "mine"


def test_an_earlier_export_is_replaced_whole(monkeypatch, tmp_path):
    monkeypatch.setattr(export, "PROGRAM_CHARTS", (logic_model,))
    study = crime_study(_counts(), treated=2)
    make_charts(study, tmp_path, ["p"], ["svg", "png"])
    make_charts(study, tmp_path, ["p"], ["svg"])
    assert {path.suffix for path in (tmp_path / "p").iterdir()} == {".svg", ".csv", ".txt"}


def test_the_command_writes_what_was_asked_for(monkeypatch, tmp_path, capsys):
    monkeypatch.setattr(export, "PROGRAM_CHARTS", (logic_model,))
    out = tmp_path / "charts"
    asked = ["export", str(sample_study()), "--out", str(out), "--program", PROGRAM, "--format", "svg"]
    assert cli.main(asked) == 0
    told = capsys.readouterr()
    assert str(out) in told.out
    assert f"Charts 1 of 1: {PROGRAM}" in told.err
    names = {path.name for path in (out / PROGRAM).iterdir()}
    assert names == {"README.txt", "logic-model.svg", "logic-model.csv", "logic-model.txt"}


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--program", "nobody", "--format", "svg"], "Unknown program 'nobody'"),
        (["--program", PROGRAM, "--format", "gif"], "'gif' is not a format; known: svg, png, pptx"),
        (["--format", "svg"], "--program"),
    ],
)
def test_wrong_use_is_told(arguments, words, tmp_path, capsys):
    try:
        code = cli.main(["export", str(sample_study()), "--out", str(tmp_path / "out"), *arguments])
    except SystemExit as ended:
        code = ended.code
    assert code == 2
    assert words in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("command", "form", "library"), [("export", "pptx", "pptx"), ("report", "pdf", "weasyprint")]
)
def test_a_missing_library_is_told_before_any_work(command, form, library, monkeypatch, tmp_path, capsys):
    monkeypatch.setitem(sys.modules, library, None)
    asked = [command, str(sample_study()), "--out", str(tmp_path / "out"), "--program", PROGRAM]
    assert cli.main([*asked, "--format", form]) == 2
    said = capsys.readouterr().err
    assert 'pip install "outreach-metrics[reports]"' in said and form in said
    assert not (tmp_path / "out").exists()


def test_every_figure_names_a_strand_or_none(charts):
    assert {figure.strand for figure in charts} <= {"", *STRANDS}
    assert all(isinstance(figure, Figure) for figure in charts)
