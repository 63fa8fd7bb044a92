"""Whole runs, with small notebooks in real kernels: each run of a notebook takes about two seconds."""

import json
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import nbformat
import pytest

from outreach_metrics.errors import NameTakenError, UnknownNameError
from outreach_metrics.reports import making, notebooks
from outreach_metrics.reports.run import check_names, layout
from outreach_metrics.study.loading import resolve_study
from tests.conftest import ROOT
from tests.reports.making_notebooks import Page, contents, png, small_study, write_notebook

PARAMETERS = 'study: str = "data/sample"\nprogram_id: str = "alpha"'
SHOW = f"""\
import base64, sys
class Figure:
    def _repr_mimebundle_(self, include=None, exclude=None):
        data = {{"image/png": base64.b64encode({png()!r}).decode()}}
        return data, {{"image/png": {{"alt": "Crime fell.", "caption": "Crime"}}}}
print("noise of a library", file=sys.stderr)
print(study, sys.executable == {sys.executable!r})
Figure()"""
FAIL = 'if program_id == "beta":\n    raise ValueError("first line\\nno events at all")'


@pytest.fixture
def study(tmp_path):
    return small_study(tmp_path / "town")


@pytest.fixture
def ready(study, tmp_path):
    """Return a function that makes reports of the small study with notebooks of the given cells."""

    def make(*cells, out="out", **options):
        path = write_notebook(
            tmp_path / "own" / "program_evaluation.ipynb", PARAMETERS, "# Evaluation", *cells
        )
        return making.make_reports(study, tmp_path / out, notebooks=[str(path)], **options)

    return make


def manifest(folder):
    return json.loads((folder / "manifest.json").read_text(encoding="utf-8"))


def test_one_fails_and_the_other_finishes(ready, tmp_path, capfd):
    failures = ready("## Answer", SHOW, FAIL, jobs=2)
    out = tmp_path / "out"
    assert [str(failure) for failure in failures] == [
        f"beta, cell 4: no events at all To see it, open {out / 'beta' / 'failed.ipynb'} in JupyterLab."
    ]
    assert sorted(contents(out)) == [
        "alpha/charts/figure-1.png",
        "alpha/charts/figure-1.txt",
        "alpha/report.html",
        "alpha/report.ipynb",
        "beta/failed.ipynb",
        "estimates.csv",
        "index.html",
        "manifest.json",
        "quality.html",
        "quality.json",
        "results.json",
    ]
    runs = {run["program_id"]: run for run in manifest(out)["runs"]}
    assert runs["alpha"]["status"] == "done"
    assert runs["alpha"]["hidden_messages"] == 1
    assert (runs["beta"]["status"], runs["beta"]["error"]) == ("failed", "no events at all")
    text = (out / "alpha" / "report.html").read_text(encoding="utf-8")
    assert "town True" in text, "it is this very Python"
    assert str(tmp_path) not in text
    assert "noise of a library" not in text + capfd.readouterr().err
    index = Page((out / "index.html").read_text(encoding="utf-8"))
    assert "no events at all" in index.text
    links = [a["href"] for a in index.named("a")]
    assert "alpha/report.html" in links
    assert "beta/report.html" not in links


@pytest.mark.slow
def test_the_same_input_gives_the_same_bytes(ready, tmp_path):
    for out in ("one", "two"):
        assert ready("## Answer", SHOW, out=out, jobs=2) == []
    first, second = contents(tmp_path / "one"), contents(tmp_path / "two")
    assert first == second
    assert not [name for name, content in first.items() if str(tmp_path).encode() in content]
    executed = nbformat.reads(first["alpha/report.ipynb"].decode(), as_version=4)
    nbformat.validate(executed)
    assert "papermill" not in executed.metadata
    assert re.search(rb"20\d\d-\d\d-\d\dT", b"".join(first.values())) is None


@pytest.mark.slow
def test_a_failed_notebook_tells_nothing_of_the_machine_and_can_be_run_again(
    ready, study, tmp_path, monkeypatch
):
    broken = "import json, os\nprint(os.getcwd())\njson.loads(open(f'{study}/no.json').read())"
    for out in ("one", "two"):
        (failure,) = ready("## Answer", "import json\njson.loads('no')", out=out, program_ids=["alpha"])
        assert "Expecting value" in failure.reason
        (failure,) = ready("## Answer", broken, out=out, program_ids=["beta"])
        assert failure.reason == "FileNotFoundError: [Errno 2] No such file or directory: 'town/no.json'"
    first, second = contents(tmp_path / "one"), contents(tmp_path / "two")
    assert first == second
    texts = {name: first[f"{name}/failed.ipynb"].decode() for name in ("alpha", "beta")}
    for text in texts.values():
        nbformat.validate(nbformat.reads(text, as_version=4))
        for place in (str(tmp_path), sys.prefix, sys.base_prefix, "outreach-metrics-", str(Path.home())):
            assert f"{place}/" not in text
        assert re.search(r"20\d\d-\d\d-\d\dT", text) is None
    assert "File json/decoder.py:" in texts["alpha"]
    assert "----> 3 json.loads(open(f'{study}/no.json').read())" in texts["beta"]
    monkeypatch.chdir(tmp_path / "one" / "beta")
    given = {}
    exec(nbformat.reads(texts["beta"], as_version=4).cells[1].source, given)
    assert (given["study"], given["program_id"]) == ("town", "beta")
    assert resolve_study(given["study"]) == study.folder


@pytest.mark.slow
def test_resume_makes_only_what_is_missing_or_has_changed(ready, tmp_path):
    ready("## Answer", SHOW, jobs=2)
    out = tmp_path / "out"
    before = contents(out)
    times = {name: (out / name / "report.html").stat().st_mtime_ns for name in ("alpha", "beta")}
    (out / "beta" / "report.html").unlink()
    (out / "beta" / "report.ipynb").unlink()
    (out / "beta" / "failed.ipynb").write_text("{}")
    assert ready("## Answer", SHOW, jobs=2, resume=True) == []
    assert contents(out) == before
    assert (out / "alpha" / "report.html").stat().st_mtime_ns == times["alpha"]
    assert (out / "beta" / "report.html").stat().st_mtime_ns > times["beta"]
    ready("## Another notebook", SHOW, jobs=2, resume=True)
    assert (out / "alpha" / "report.html").stat().st_mtime_ns > times["alpha"]


@pytest.mark.slow
def test_a_dead_process_is_told_and_replaces_an_older_report(ready, tmp_path):
    ready("## Answer", program_ids=["alpha"])
    (failure,) = ready("## Answer", "import os; os._exit(1)", program_ids=["alpha"])
    assert failure.name == "alpha"
    assert "ended from outside" in failure.reason
    assert failure.cell == 3
    assert [path.name for path in (tmp_path / "out" / "alpha").iterdir()] == ["failed.ipynb"]
    assert manifest(tmp_path / "out")["runs"][0]["report"] == "alpha/failed.ipynb"


@pytest.mark.slow
def test_a_figure_without_alt_text_fails_the_report(ready, tmp_path):
    (failure,) = ready("## Answer", SHOW.replace("Crime fell.", " "), program_ids=["alpha"])
    assert "no alt text" in failure.reason
    assert (tmp_path / "out" / "alpha" / "failed.ipynb").exists()


def test_a_folder_of_something_else_is_not_replaced(ready, tmp_path):
    precious = tmp_path / "out" / "alpha" / "thesis.txt"
    precious.parent.mkdir(parents=True)
    precious.write_text("years of work")
    (failure,) = ready("## Answer", program_ids=["alpha"])
    assert "something else" in failure.reason
    assert precious.read_text() == "years of work"


@pytest.mark.slow
def test_a_notebook_over_the_whole_study_stands_beside_the_index(ready, study, tmp_path):
    path = write_notebook(tmp_path / "own" / "overview.ipynb", 'study: str = "x"', "# All", "## Answer", SHOW)
    out = tmp_path / "out"
    assert making.make_reports(study, out, notebooks=[str(path)]) == []
    assert {"overview.html", "overview.ipynb", "overview-charts/figure-1.png"} <= set(contents(out))
    write_notebook(path, 'study: str = "x"', "1 / 0")
    (failure,) = making.make_reports(study, out, notebooks=[str(path)])
    assert failure.name == "overview"
    assert "division by zero" in failure.reason
    names = set(contents(out))
    assert "overview-failed.ipynb" in names
    assert not names & {"overview.html", "overview.ipynb", "overview-charts/figure-1.png"}


def test_unknown_names_are_told_before_anything_is_written(study, tmp_path):
    with pytest.raises(UnknownNameError, match=r"Unknown program 'alpa'.*Known: alpha, beta"):
        making.make_reports(study, tmp_path / "out", program_ids=["alpa"])
    with pytest.raises(UnknownNameError, match=r"Unknown notebook 'portfoli'.*Did you mean 'portfolio'"):
        making.make_reports(study, tmp_path / "out", notebooks=["portfoli"])
    assert not (tmp_path / "out").exists()


OF_STUDY = 'study: str = "x"'


@pytest.mark.parametrize(
    ("name", "parameters", "words"),
    [
        ("index", OF_STUDY, "notebook 'index' would write index.html, which is a file of every run"),
        ("Quality", OF_STUDY, "would write Quality.html, which is a file of every run"),
        ("beta", PARAMETERS, "would write beta, which is the folder of the program 'beta'"),
        ("town", OF_STUDY, "would write town-charts, which is the folder of the program 'town-charts'"),
    ],
)
def test_a_notebook_whose_report_would_lie_on_something_else_is_refused(tmp_path, name, parameters, words):
    study = small_study(tmp_path / "town", ("alpha", "beta", "town-charts"))
    path = write_notebook(tmp_path / "own" / f"{name}.ipynb", parameters, "1 + 1")
    with pytest.raises(NameTakenError, match=words):
        making.make_reports(study, tmp_path / "out", ["alpha"], [str(path)])
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("name", ["index", "manifest", "alpha", "program_evaluation"])
def test_a_notebook_whose_report_has_a_place_of_its_own_is_not_refused(tmp_path, name):
    parameters = OF_STUDY if name in ("manifest", "alpha") else PARAMETERS
    path = write_notebook(tmp_path / f"{name}.ipynb", parameters)
    check_names(notebooks.find_notebooks([str(path)]), ["alpha", "beta"])


def test_two_notebooks_of_one_name_are_refused_and_one_given_twice_is_run_once(study, tmp_path):
    one, two = (str(write_notebook(tmp_path / folder / "deep.ipynb", PARAMETERS)) for folder in "ab")
    with pytest.raises(NameTakenError, match=rf"{one}.* and .*{two}.* have the same name"):
        making.make_reports(study, tmp_path / "out", notebooks=[one, two])
    with pytest.raises(NameTakenError, match=r"'portfolio' and .*Portfolio\.ipynb"):
        notebooks.find_notebooks(["portfolio", str(write_notebook(tmp_path / "Portfolio.ipynb", OF_STUDY))])
    assert not (tmp_path / "out").exists()
    assert len(notebooks.find_notebooks([one, f"{tmp_path}/a/../a/deep.ipynb"])) == 1


def test_a_misspelt_parameter_is_an_error_that_lists_the_known(tmp_path):
    notebook = notebooks.read_notebook(write_notebook(tmp_path / "n.ipynb", PARAMETERS))
    assert notebook.parameters == ("study", "program_id")
    with pytest.raises(UnknownNameError, match=r"'programid'.*mean 'program_id'.*Known: program_id, study"):
        notebooks.checked_parameters(notebook, {"programid": "alpha"})


@pytest.mark.parametrize("value", [Path("x"), {"a": 1}, ("a",), [["a"]], object(), 1j])
def test_only_plain_values_become_parameters(tmp_path, value):
    notebook = notebooks.read_notebook(write_notebook(tmp_path / "n.ipynb", PARAMETERS))
    with pytest.raises(TypeError, match=r"program_id of n: .* is not a plain value"):
        notebooks.checked_parameters(notebook, {"program_id": value})
    plain = {"program_id": ["a", 1, 2.5, True, None]}
    assert notebooks.checked_parameters(notebook, plain) == plain


def test_other_program_notebooks_have_a_folder_of_their_own(tmp_path):
    assert layout(tmp_path, "program_evaluation", "a")["report"] == tmp_path / "a" / "report.html"
    assert layout(tmp_path, "deep_dive", "a")["report"] == tmp_path / "deep_dive" / "a" / "report.html"


CHILD = """
import sys
from pathlib import Path
from outreach_metrics.reports import making
from tests.reports.making_notebooks import small_study
if __name__ == "__main__":
    here = Path(sys.argv[1])
    notebook = str(here / "program_evaluation.ipynb")
    making.make_reports(small_study(here / "town"), here / "out", notebooks=[notebook])
"""


def kernels(folder):
    """Return the processes whose command names the folder."""
    found = []
    for path in Path("/proc").glob("[0-9]*/environ"):
        try:
            if str(folder).encode() in path.read_bytes():
                found.append(int(path.parent.name))
        except OSError:
            continue
    return found


def wait_until(true, seconds=20.0):
    end = time.monotonic() + seconds
    while not true() and time.monotonic() < end:
        time.sleep(0.2)
    return true()


@pytest.mark.slow
@pytest.mark.skipif(not Path("/proc").is_dir(), reason="looks for processes in /proc")
@pytest.mark.parametrize("end", [signal.SIGINT, signal.SIGKILL])
def test_a_stopped_run_leaves_no_half_report_and_no_process(tmp_path, end):
    mark = tmp_path / "started"
    write_notebook(
        tmp_path / "program_evaluation.ipynb",
        PARAMETERS,
        f"import pathlib, time\npathlib.Path({str(mark)!r}).touch()\ntime.sleep(300)",
    )
    script = tmp_path / "child.py"
    script.write_text(CHILD)
    environment = os.environ | {"PYTHONPATH": str(ROOT), "TOWN": str(tmp_path)}
    child = subprocess.Popen(
        [sys.executable, str(script), str(tmp_path)], env=environment, stderr=subprocess.DEVNULL
    )
    try:
        assert wait_until(mark.exists, 40)
        child.send_signal(end)
        child.wait(120)
        assert wait_until(lambda: not kernels(tmp_path)), "no worker and no kernel is left"
    finally:
        child.kill()
    out = tmp_path / "out"
    assert not (out / "alpha").exists()
    assert {run["status"] for run in manifest(out)["runs"]} == {"waiting"}
