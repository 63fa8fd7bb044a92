"""Forks of a preloaded process and stock kernels make the same reports, and fail in the same way."""

import json
import os
import sys
import tempfile
from multiprocessing import active_children
from pathlib import Path

import pytest

from outreach_metrics.reports import making, preloaded, workers
from outreach_metrics.reports.making import make_reports
from outreach_metrics.reports.notebooks import read_notebook
from outreach_metrics.reports.preloaded import can_fork
from tests.reports.making_notebooks import contents, png, small_study, write_notebook

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not can_fork(), reason="this system does not fork soundly"),
]
PARAMETERS = 'study: str = "data/sample"\nprogram_id: str = "alpha"'
CELLS = [
    "## Text",
    'import sys\nprint("one")\nprint("two", file=sys.stderr)\nprint("three")\nstudy == "x"',
    "from IPython.display import HTML, Markdown, display, clear_output",
    'display(HTML("<p>a</p>"), Markdown("*b*"))\n5',
    'handle = display("first", display_id="later")\ndisplay("between")\nhandle.update("second")',
    'print("gone")\nclear_output()\nprint("stays")\nclear_output(wait=True)\nprint("instead")',
    "import warnings\nwarnings.warn('careful')\nNone",
    "## Frames and charts",
    "import pandas as pd\npd.DataFrame({'a': [1, 2]})",
    "import matplotlib.pyplot as plt\nround(plt.rcParams['figure.dpi'])",
    f"""\
import base64
class Figure:
    def _repr_mimebundle_(self, include=None, exclude=None):
        return {{"image/png": {png()!r}, "text/plain": "p"}}, {{"image/png": {{"alt": "Crime fell."}}}}
Figure()""",
    "## Ways of running",
    "_ = 3\n!echo from a shell",
    "import asyncio\nawait asyncio.sleep(0)\n'awaited'",
    "%%capture caught\nprint('kept')",
    "caught.stdout, __name__, get_ipython() is not None",
    "x = 1;\nx;",
    "",
    "def f():\n    return In[1] != '' and Out[2]\nOut",
]


@pytest.fixture
def study(tmp_path):
    return small_study(tmp_path / "town")


@pytest.fixture
def both(study, tmp_path, monkeypatch):
    """Return a function that makes the reports of a notebook in both ways."""

    def make(*cells, **options):
        path = write_notebook(tmp_path / "own" / "program_evaluation.ipynb", PARAMETERS, *cells)
        found = {}
        for way, forks in (("forks", True), ("kernels", False)):
            monkeypatch.setattr(preloaded, "can_fork", lambda forks=forks: forks)
            out = tmp_path / way
            found[way] = make_reports(study, out, ["alpha"], [str(path)], **options), out
        return found["forks"], found["kernels"]

    return make


def test_what_a_notebook_shows_is_the_same_as_in_a_stock_kernel(both):
    (failures, forks), (others, kernels) = both(*CELLS)
    assert failures == others == []
    assert cells_of(forks / "alpha" / "report.ipynb") == cells_of(kernels / "alpha" / "report.ipynb")
    first, second = contents(forks), contents(kernels)
    first.pop("manifest.json"), second.pop("manifest.json")
    assert first == second


def test_a_cell_error_is_told_in_the_same_way(both):
    (found, forks), (others, kernels) = both(
        "1 + 1", "def f():\n    raise KeyError('no such area')\nf()", "2"
    )
    assert [(f.name, f.reason, f.cell) for f in found] == [(f.name, f.reason, f.cell) for f in others]
    assert found[0].reason == "KeyError: 'no such area'"
    assert found[0].cell == 4
    shown, same = (cells_of(out / "alpha" / "failed.ipynb") for out in (forks, kernels))
    assert shown == same
    assert any(output["output_type"] == "error" for cell in shown for output in cell["outputs"])


def test_a_dead_and_a_hanging_notebook_are_told_with_the_cell(study, tmp_path):
    path = write_notebook(
        tmp_path / "own" / "program_evaluation.ipynb",
        PARAMETERS,
        "import os, time\nif program_id == 'alpha':\n    os._exit(1)",
        "time.sleep(60)",
    )
    out = tmp_path / "out"
    failures = {f.name: f for f in make_reports(study, out, notebooks=[str(path)], time_limit=4)}
    assert "ended from outside" in failures["alpha"].reason
    assert failures["alpha"].cell == 3
    assert failures["beta"].reason == "it took more than 4 seconds and was ended"
    assert failures["beta"].cell == 4
    for name in ("alpha", "beta"):
        assert f'program_id = "{name}"' in "".join(
            line for cell in cells_of(out / name / "failed.ipynb") for line in cell["source"]
        )


def test_a_process_that_is_killed_leaves_no_folder(study, tmp_path, monkeypatch):
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    monkeypatch.setenv("TMPDIR", str(temporary))
    monkeypatch.setattr(tempfile, "tempdir", str(temporary))
    seen = tmp_path / "seen"
    path = write_notebook(
        tmp_path / "own" / "program_evaluation.ipynb",
        PARAMETERS,
        f"import os, pathlib\npathlib.Path({str(seen)!r}).write_text(os.getcwd())\nos.kill(os.getpid(), 9)",
    )
    (failure,) = make_reports(study, tmp_path / "out", ["alpha"], [str(path)])
    assert "ended from outside" in failure.reason
    assert Path(seen.read_text()).is_relative_to(temporary)
    assert list(temporary.iterdir()) == []


def test_where_threads_run_stock_kernels_do_the_work_and_it_is_said(study, tmp_path, monkeypatch, capfd):
    monkeypatch.setitem(os.environ, "PYTHONPATH", str(tmp_path))
    (tmp_path / "sitecustomize.py").write_text(
        "import threading, time\nthreading.Thread(target=time.sleep, args=(60,), daemon=True).start()\n"
    )
    path = write_notebook(tmp_path / "own" / "program_evaluation.ipynb", PARAMETERS, "1 + 1")
    assert make_reports(study, tmp_path / "out", ["alpha"], [str(path)]) == []
    assert "stock kernels, which is slower: a library has started threads" in capfd.readouterr().err


def test_environment_and_folder_of_the_caller_stay(study, tmp_path):
    before = dict(os.environ), Path.cwd(), list(sys.path)
    path = write_notebook(
        tmp_path / "own" / "program_evaluation.ipynb",
        PARAMETERS,
        "import os\nos.environ['X'] = '1'\nos.chdir('/')",
    )
    assert make_reports(study, tmp_path / "out", ["alpha"], [str(path)]) == []
    assert (dict(os.environ), Path.cwd(), list(sys.path)) == before


def write_names(study, evaluations, path, ending):
    names = [evaluation.program.program_id for evaluation in evaluations]
    path.write_text(" ".join([*names, ending]), encoding="utf-8")


@pytest.mark.parametrize("forks", [True, False])
def test_a_function_is_called_with_what_was_evaluated_and_its_errors_come_back(
    study, tmp_path, monkeypatch, forks
):
    monkeypatch.setattr(preloaded, "can_fork", lambda: forks)
    with workers.workers(study, 1) as at_work:
        assert list(at_work.evaluate(["beta", "alpha"])) == [("beta", None), ("alpha", None)]
        at_work.call(write_names, tmp_path / "names.txt", "end")
        with pytest.raises(FileNotFoundError) as caught:
            at_work.call(write_names, tmp_path / "nowhere" / "names.txt", "end")
    assert (tmp_path / "names.txt").read_text(encoding="utf-8") == "beta alpha end"
    assert caught.value.filename == str(tmp_path / "nowhere" / "names.txt")


def test_a_thousand_programs_with_flat_memory_and_no_process_left(study, tmp_path):
    path = write_notebook(tmp_path / "own" / "program_evaluation.ipynb", PARAMETERS, "program_id")
    many = small_study(tmp_path / "city", tuple(f"program-{number}" for number in range(1000)))
    (tmp_path / "out").mkdir()
    runs = making.plan_runs(many, tmp_path / "out", list(many.programs), [read_notebook(path)])
    memory = []
    with workers.workers(many, 2) as at_work:
        (process,) = [child for child in active_children() if "preloaded" in child.name]
        for done, record in enumerate(at_work.make(runs), start=1):
            assert record.status == "done"
            if done in (100, 1000):
                memory.append(resident_megabytes(process.pid))
        assert Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text() == ""
    assert memory[1] < 1.05 * memory[0] + 5
    assert not process_exists(process.pid)
    assert len(list((tmp_path / "out").glob("program-*/report.html"))) == 1000


def resident_megabytes(pid):
    status = Path(f"/proc/{pid}/status").read_text()
    return int(status.partition("VmRSS:")[2].split()[0]) / 1024


def process_exists(pid):
    return Path(f"/proc/{pid}").exists()


def cells_of(path):
    cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    return [cell for cell in cells if cell["cell_type"] == "code"]
