"""Notebooks are thin, run anywhere, and refuse what they do not know."""

import ast
import json
import os

import papermill
import pytest

from outreach_metrics.errors import UnknownNameError
from outreach_metrics.reports.notebooks import PROGRAM_NOTEBOOK, find_notebooks
from outreach_metrics.reports.overview import PROGRAM_REPORTS, STUDY_REPORTS
from outreach_metrics.reports.parameters import ParameterError, check_parameters
from outreach_metrics.reports.starting import start_study
from outreach_metrics.resources import notebooks_folder
from tests.conftest import ROOT

NOTEBOOKS = sorted(notebooks_folder().glob("*.ipynb"))
MOST_LINES = 10
TOUR = "guided_tour"
NOTEBOOKS_BY_NAME = {path.stem: path for path in NOTEBOOKS}
LOGIC = (
    ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Lambda, ast.For, ast.While, ast.If, ast.Try,
    ast.With, ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp, ast.BinOp, ast.Compare,
)  # fmt: skip

every_notebook = pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)


def read(path):
    return json.loads(path.read_text(encoding="utf-8"))


def code_cells(path):
    return [cell for cell in read(path)["cells"] if cell["cell_type"] == "code"]


def source(cell):
    return "".join(cell["source"])


def test_every_notebook_is_there_and_has_a_name_on_the_index():
    names = {path.stem for path in NOTEBOOKS}
    assert {"attendance", "survey_sentiment", "crime_before_after", "evaluation_plan"} <= names
    assert names - {PROGRAM_NOTEBOOK, TOUR} == {*PROGRAM_REPORTS, *STUDY_REPORTS}


@every_notebook
def test_committed_without_outputs_and_with_a_kernel(path):
    notebook = read(path)
    assert notebook["metadata"]["kernelspec"]["name"] == "python3"
    assert all(cell["outputs"] == [] and cell["execution_count"] is None for cell in code_cells(path))
    identifiers = [cell["id"] for cell in notebook["cells"]]
    assert len(set(identifiers)) == len(identifiers)


@every_notebook
def test_cells_are_thin(path):
    for cell in code_cells(path):
        lines = source(cell).splitlines()
        assert len(lines) <= MOST_LINES, cell["id"]
        found = [type(node).__name__ for node in ast.walk(ast.parse(source(cell))) if isinstance(node, LOGIC)]
        assert found == [], cell["id"]


@every_notebook
def test_parameters_come_first_and_are_annotated_scalars(path):
    tagged = [cell for cell in code_cells(path) if "parameters" in cell["metadata"].get("tags", [])]
    assert tagged == code_cells(path)[:1]
    statements = ast.parse(source(tagged[0])).body
    assert all(isinstance(s, ast.AnnAssign) and isinstance(s.value, ast.Constant) for s in statements)
    names = {statement.target.id for statement in statements}
    assert set(papermill.inspect_notebook(str(path))) == names


@every_notebook
def test_every_other_cell_ends_in_an_exhibit(path):
    for cell in code_cells(path)[1:]:
        last = ast.parse(source(cell)).body[-1]
        assert isinstance(last, ast.Expr), cell["id"]
        if path.stem != TOUR:  # which shows the results themselves
            assert isinstance(last.value, ast.Call), cell["id"]
            assert ast.unparse(last.value.func).startswith("exhibits."), cell["id"]


@every_notebook
def test_parameters_are_checked_against_those_declared(path):
    declared = list(papermill.inspect_notebook(str(path)))
    names = ", ".join(f'"{name}"' for name in declared)
    assert f"check_parameters(globals(), {names})" in source(code_cells(path)[1])


@every_notebook
def test_first_heading_is_the_title_and_sections_are_second_level(path):
    texts = [source(cell) for cell in read(path)["cells"] if cell["cell_type"] == "markdown"]
    headings = [line for text in texts for line in text.splitlines() if line.startswith("#")]
    assert headings[0].startswith("# ")
    assert all(heading.startswith("## ") for heading in headings[1:])


def test_known_parameters_pass_again_after_the_notebook_has_run():
    namespace = {
        "study": "data/sample",
        "outcome": "",
        "In": [],
        "Out": {},
        "_ih": [],
        "data": object(),
        "json": json,
    }
    check_parameters(namespace, "study", "outcome")


@pytest.mark.parametrize("value", ["x", 3, 2.5, True, None, ["a"], {"a": 1}])
def test_unknown_parameter_of_any_plain_kind_is_refused_with_the_nearest_name(value):
    with pytest.raises(UnknownNameError, match=r"'programid'. Did you mean 'program_id'\? Known: .*study"):
        check_parameters({"study": "s", "program_id": "p", "programid": value}, "study", "program_id")


@pytest.mark.parametrize("value", [3, None, ["burglary"], True])
def test_parameter_of_the_wrong_kind_is_refused(value):
    with pytest.raises(ParameterError, match="'outcome' has to be text"):
        check_parameters({"outcome": value}, "outcome")


def test_missing_parameter_is_refused():
    with pytest.raises(ParameterError, match="'study' is missing"):
        check_parameters({}, "study")


@pytest.fixture(autouse=True)
def _importable(monkeypatch):
    """Let kernels find the package in a checkout that is not installed."""
    monkeypatch.setenv("PYTHONPATH", str(ROOT), prepend=os.pathsep)


def run(path, folder, **parameters):
    given = {"study": str(ROOT / "data" / "sample"), **parameters}
    return papermill.execute_notebook(
        str(path), str(folder / path.name), given, progress_bar=False, cwd=str(folder), kernel_name="python3"
    )


def small_study(folder):
    """Write a study of one program, with markup for a name, and incidents that name no program area."""
    folder.mkdir()
    (folder / "study.toml").write_text('[study]\ntitle = "Small"\n', encoding="utf-8")
    name = "<script>alert(1)</script> & Watch"
    programs = f"program_id,name,type,start_date\nwatch,{name},neighborhood_watch,2022-01-01\n"
    (folder / "programs.csv").write_text(programs, encoding="utf-8")
    incidents = [f"{i},{2020 + i % 4}-{1 + i % 12:02}-{1 + i % 28:02},BURGLARY,a{i % 2}" for i in range(400)]
    rows = "\n".join(["incident_id,occurred_at,offense,area_id", *incidents])
    (folder / "incidents.csv").write_text(rows, encoding="utf-8")
    return folder


def outputs(executed):
    cells = [cell for cell in executed.cells if cell["cell_type"] == "code"]
    return {cell["id"]: cell["outputs"] for cell in cells if not cell["metadata"].get("tags")}


@pytest.mark.slow
@every_notebook
def test_runs_with_plain_papermill_and_every_figure_has_alt_text(path, tmp_path):
    shown = outputs(run(path, tmp_path))
    assert all(len(items) == 1 for items in shown.values())
    figures = [item for items in shown.values() for item in items if "image/png" in item["data"]]
    assert figures or path.stem == TOUR
    for figure in figures:
        told = figure["metadata"]["image/png"]
        assert told["alt"] and told["caption"] and told["alt"] != told["caption"]
    kinds = {item["output_type"] for items in shown.values() for item in items}
    assert kinds == {"execute_result"}


@pytest.mark.slow
@pytest.mark.parametrize("made", ["init --sample", "small"])
def test_the_tour_runs_from_top_to_bottom_wherever_it_starts(made, tmp_path):
    if made == "small":
        executed = run(NOTEBOOKS_BY_NAME[TOUR], tmp_path, study=str(small_study(tmp_path / "study")))
    else:
        start_study(tmp_path / "study", sample=True)
        folder = tmp_path / "study" / "notebooks"
        executed = papermill.execute_notebook(
            str(folder / f"{TOUR}.ipynb"),
            str(tmp_path / "tour.ipynb"),
            progress_bar=False,
            cwd=str(folder),
            kernel_name="python3",
        )
    shown = outputs(executed)
    assert all(len(items) == 1 and items[0]["data"]["text/html"] for items in shown.values())
    assert not any("<script>" in items[0]["data"]["text/html"] for items in shown.values())


def test_the_tour_is_no_part_of_standard_runs():
    assert TOUR not in {notebook.name for notebook in find_notebooks()}


@pytest.mark.slow
@pytest.mark.parametrize(
    "wrong", [{"program_id": "harbour-watch"}, {"outcome": "burglery"}, {"outcom": "burglary"}]
)
def test_a_misspelt_parameter_stops_the_notebook_and_names_the_right_one(wrong, tmp_path):
    path = next(path for path in NOTEBOOKS if path.stem == "program_evaluation")
    with pytest.raises(papermill.PapermillExecutionError, match="Did you mean"):
        run(path, tmp_path, **wrong)
