"""No name, e-mail address, phone number or identifier of a person is in any output, nor a place of crime."""

import base64
import csv
import json
import re
import sys

import nbformat
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from outreach_metrics import cli, load_study, sample_study
from outreach_metrics.reports.making import make_reports
from outreach_metrics.reports.numbers import make_evaluation
from outreach_metrics.resources import notebooks_folder
from outreach_metrics.study.loading import check_study

from .conftest import ROOT

PROGRAMS = ["harbor-watch", "youth-nights"]
IDENTIFIERS = {"attendance": "attendee_id", "responses": "respondent_id", "training": "trainee_id"}
PHONE = re.compile(r"(?<![\d.-])(?:555-01\d\d|\(555\) ?01\d-\d{4})(?!\d|\.\d)", re.ASCII)
MAIL = re.compile(r"[\w.+-]+@[\w-]+(?:\.\w+)+")


def rows_of(table):
    with (sample_study() / f"{table}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def plain(text):
    return " ".join(text.casefold().split())


class People:
    """Everything in the sample that tells who somebody is, evened out as `plain` does."""

    def __init__(self):
        sys.path.insert(0, str(ROOT / "data"))
        try:
            from riverton.comments import PERSONAL_MARKS
        finally:
            sys.path.pop(0)
        sheets = rows_of("attendance")
        truth = json.loads((sample_study() / "truth.json").read_text(encoding="utf-8"))
        signed = [row[column] for row in sheets for column in ("attendee_id", "name")]
        signed += [row[column] for row in truth["misspelt_signatures"] for column in ("signed_as", "name")]
        signed += [mark for mark in PERSONAL_MARKS if " " in mark]
        names = {plain(text) for text in signed if " " in text.strip() and not re.search(r"\d", text)}
        whole = {tuple(name.split()) for name in names if "," not in name}
        names |= {f"{last}, {first}" for first, last in whole} | {f"{last} {first}" for first, last in whole}
        self.names = names
        self.lasts = {last for _, last in whole} | {name.partition(",")[0] for name in names if "," in name}
        comments = " ".join(row["comment"] for row in rows_of("responses"))
        self.mails = {plain(row["email"]) for row in sheets if row["email"]} | set(MAIL.findall(comments))
        self.phones = {row["phone"] for row in sheets if row["phone"]} | set(PHONE.findall(comments))
        self.identifiers = {
            plain(row[column])
            for table, column in IDENTIFIERS.items()
            for row in rows_of(table)
            if re.search(r"\d", row[column])
        }

    def found_in(self, text):
        """Return what of it is in a text."""
        lower = plain(text)
        words = set(re.findall(r"[^\W_]+(?:-[^\W_]+)*", lower))
        parts = {part for word in words for part in word.split("-")}
        found = {name for name in self.names if name in lower} if parts & self.lasts else set()
        found |= (parts & self.lasts) | (words & self.identifiers)
        found |= {mail for mail in self.mails if mail in lower}
        found |= {mail for mail in MAIL.findall(lower) if mail.endswith("@example.org")}
        return found | set(PHONE.findall(text))


@pytest.fixture(scope="module")
def people():
    return People()


def test_what_is_looked_for_is_planted_and_would_be_found(people):
    assert len(people.names) > 1000
    assert len(people.lasts) > 100
    assert len(people.mails) > 300
    assert len(people.phones) > 50
    assert len(people.identifiers) > 1000
    leaks = (
        "signed by Inez  Brindlemere on Monday",
        "INEZ BRINDLEMERE",
        "Brindlemere, Inez",
        "Mrs. Thistlewick",
        "Quincy Cobblebroook",
        "Call me at 555-0123.",
        "(555) 010-0123, evenings",
        "Write to fern.hollowby07@example.org.",
        "trainee CT-T001",
        "HW-P0012",
    )
    assert [leak for leak in leaks if not people.found_in(leak)] == []
    harmless = "HW-E01 harbor-watch 0.5555-0123 1.555e-01 Ada, Rosa and 555 others; 2022-05-01"
    assert people.found_in(harmless) == set()


def written(folder):
    """Return the text of every file below a folder, pictures left out and notebooks opened."""
    texts = {}
    for path in sorted(folder.rglob("*")):
        if path.suffix == ".ipynb":
            texts[path] = notebook_text(path)
        elif path.is_file() and path.suffix not in (".png", ".pdf", ".pptx", ".docx"):
            text = path.read_text(encoding="utf-8")
            texts[path] = re.sub(r"data:image/[\w+.-]+;base64,[\w+/=\s]+", "", text)
    return texts


def notebook_text(path):
    """Return sources and outputs of an executed notebook, with alternative texts but without pictures."""
    notebook = nbformat.read(path, as_version=4)
    for cell in notebook.cells:
        for output in cell.get("outputs", []):
            for kind in [kind for kind in output.get("data", {}) if kind.startswith("image/png")]:
                base64.b64decode(output["data"].pop(kind))
    return json.dumps(notebook, ensure_ascii=False)


def test_people_are_in_no_file_of_numbers(sample, people, tmp_path):
    assert make_evaluation(sample, tmp_path) == []
    texts = written(tmp_path)
    assert {"estimates.csv", "results.json", "quality.json"} <= {path.name for path in texts}
    assert "harbor-watch" in "".join(texts.values())
    assert {path.name: found for path, text in texts.items() if (found := people.found_in(text))} == {}


@pytest.mark.parametrize("options", [[], ["--json"]], ids=["text", "json"])
def test_people_are_in_no_word_of_the_check(people, capsys, options):
    cli.main(["check", str(sample_study()), *options])
    said = capsys.readouterr()
    assert "study" in said.out + said.err
    assert people.found_in(said.out + said.err) == set()


@pytest.mark.slow
def test_people_are_in_no_report(sample, people, tmp_path):
    notebooks = sorted(path.stem for path in notebooks_folder().glob("*.ipynb"))
    assert {"program_evaluation", "portfolio"} <= set(notebooks)
    assert make_reports(sample, tmp_path, PROGRAMS, notebooks) == []
    texts = written(tmp_path)
    assert {path.suffix for path in texts} >= {".html", ".ipynb", ".json", ".csv"}
    assert sum("alt=" in text for text in texts.values()) >= len(PROGRAMS)
    assert {path.name: found for path, text in texts.items() if (found := people.found_in(text))} == {}


def test_the_study_in_memory_holds_no_names(sample, people):
    attendance = sample.table("attendance")
    assert not {"name", "email", "phone"} & set(attendance.columns)
    assert attendance["attendee_id"].dtype.kind == "i"
    assert sample.table("responses")["respondent_id"].dtype.kind == "i"
    assert sample.table("training")["trainee_id"].dtype.kind == "i"
    assert people.found_in(sample.linkage.review.to_csv()) == set()
    for table in ("attendance", "training"):
        assert people.found_in(sample.table(table).to_csv()) == set()


SETTINGS = '[study]\ntitle = "Town"\n[survey]\nscale = [1, 5]\n'
PROGRAM = "program_id,name,type,start_date\nwatch,Watch,other,2024-01-01\n"
EVENTS = "event_id,program_id,date\ne1,watch,2024-02-01\ne2,watch,2024-03-01\n"
ITEMS = "item,construct,low,high\nq1,trust,1,5\n"
PERSONAL = ("Ada Thistlewick", "Hollowby, Fern", "fern.hollowby@example.org", "555-0123", "(555) 010-0142")
SECRETS = ("thistlewick", "hollowby", "@example.org", "555-01", "010-01")
COLUMNS = {
    "attendance": {
        "event_id": ("e1", "e2", "e9"),
        "attendee_id": PERSONAL,
        "checked_in": ("true", "false", "perhaps"),
        "name": PERSONAL,
        "email": PERSONAL,
        "phone": PERSONAL,
        "age_group": ("18-34",),
    },
    "responses": {
        "respondent_id": PERSONAL,
        "program_id": ("watch", "wach"),
        "wave": ("before", "after"),
        "date": ("2024-01-05", "2025-13-40"),
        "arm": ("program", "comparison"),
        "weight": ("1.0", "-3"),
        "q1": ("1", "5", "77"),
        "comment": PERSONAL,
    },
    "training": {
        "trainee_id": PERSONAL,
        "program_id": ("watch", "wach"),
        "date": ("2024-01-05", "soon"),
        "pre": ("10", "x"),
        "post": ("20", "y"),
    },
}


@st.composite
def sheets(draw):
    """Draw a sheet of people with cells in the wrong columns, lost or odd cells, or without its header."""
    table = draw(st.sampled_from(sorted(COLUMNS)))
    columns = COLUMNS[table]
    cell = {
        name: st.sampled_from((*values, *values, *PERSONAL, "", '"open', "more, cells"))
        for name, values in columns.items()
    }
    rows = draw(st.lists(st.tuples(*cell.values()), min_size=1, max_size=6))
    if draw(st.booleans()):
        rows = [(*row[1:], row[0]) for row in rows]
    header = list(columns)
    if draw(st.booleans()):
        header = draw(st.permutations(header))
    lines = [",".join(row) for row in rows]
    return table, "\n".join(lines if draw(st.integers(0, 3)) == 0 else [",".join(header), *lines]) + "\n"


def small_study(folder, **tables):
    given = {"programs": PROGRAM, "events": EVENTS, "items": ITEMS} | tables
    for name, text in given.items():
        (folder / f"{name}.csv").write_text(text, encoding="utf-8")
    (folder / "study.toml").write_text(SETTINGS, encoding="utf-8")
    return folder


def secrets_in(text):
    return [secret for secret in SECRETS if secret in text.casefold()]


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(sheet=sheets())
def test_no_problem_of_a_sheet_names_a_person(sheet, tmp_path):
    table, text = sheet
    folder = small_study(tmp_path, **{table: text})
    for other in set(COLUMNS) - {table}:
        (folder / f"{other}.csv").unlink(missing_ok=True)
    told = [json.dumps(problem.as_dict()) for problem in check_study(folder)]
    assert [line for line in told if secrets_in(line)] == []


def test_a_sheet_without_a_header_names_nobody(tmp_path):
    """Its first person stands where the column names should."""
    line = "e1,Ada Thistlewick,fern.hollowby@example.org,555-0123\n"
    folder = small_study(tmp_path, attendance=line * 3)
    problems = check_study(folder)
    assert "missing_column" in {problem.rule for problem in problems}
    assert secrets_in(" ".join(map(str, problems))) == []
    assert make_evaluation(load_study(folder), tmp_path / "out") == []
    assert secrets_in("".join(written(tmp_path / "out").values())) == []
    folder = small_study(tmp_path, attendance="e1,Ada Thistlewick,Ada Thistlewick\n")
    problems = check_study(folder)
    assert "duplicate_column" in {problem.rule for problem in problems}
    assert secrets_in(" ".join(map(str, problems))) == []


AREAS = {
    "type": "FeatureCollection",
    "features": [
        {
            "type": "Feature",
            "properties": {"area_id": "01", "population": 1000},
            "geometry": {"type": "Polygon", "coordinates": [[[0, 0], [1, 0], [1, 1], [0, 1], [0, 0]]]},
        }
    ],
}


def test_no_output_tells_where_an_incident_was(tmp_path):
    """Coordinates serve to find the area and are gone: of those inside, outside and unreadable."""
    places = [("0.123457", "0.765433"), ("41.987613", "-87.654329"), ("95.123459", "190.876541")]
    lines = [f"i{n},2024-0{1 + n % 6}-03,BURGLARY,{y},{x}" for n, (y, x) in enumerate(places * 8)]
    incidents = "\n".join(["incident_id,occurred_at,offense,latitude,longitude", *lines]) + "\n"
    areas = "program_id,area_id,role\nwatch,01,treatment\n"
    folder = small_study(
        tmp_path, incidents=incidents, program_areas=areas, areas="area_id,population\n01,1000\n"
    )
    (folder / "areas.geojson").write_text(json.dumps(AREAS), encoding="utf-8")
    study = load_study(folder)
    assert study.panel.counts.sum() > 0
    assert make_evaluation(study, tmp_path / "out") == []
    told = "".join(written(tmp_path / "out").values()) + " ".join(map(str, study.problems))
    assert [number for place in places for number in place if number.lstrip("-") in told] == []
