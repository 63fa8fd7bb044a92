"""Reports of the sample's programs: against a shell loop of papermill and nbconvert, and the bare cells.

All three execute the same notebook for the same programs on the same machine in one run. The loop does what
people do by hand: one papermill and one nbconvert after another. The bare cells run in as many long-lived
Python processes as there are processors, and show their values, without a notebook and a page: what no report
can do without.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path
from tempfile import TemporaryDirectory

import nbformat

from benchmarks.comparison import Comparison
from outreach_metrics import load_study, notebooks_folder, sample_study

NOTEBOOK = "program_evaluation"
TIMES_FASTER, TIMES_BARE = 8.0, 1.4
BARE = """
import ast, json, sys
source, study, *programs = sys.argv[1:]
cells = [ast.parse(cell) for cell in json.load(open(source, encoding="utf-8"))]
def shown(value):
    draw = getattr(value, "_repr_mimebundle_", None)
    return draw and draw()
for program in programs:
    names = {"__name__": "__main__", "shown": shown}
    for number, cell in enumerate(cells):
        *before, last = cell.body
        if isinstance(last, ast.Expr):
            last = ast.Expr(ast.Call(ast.Name("shown", ast.Load()), [last.value], []))
        whole = ast.fix_missing_locations(ast.Module([*before, last], []))
        exec(compile(whole, "cell", "exec"), names)
        if number == 0:
            names.update(study=study, program_id=program)
"""


def compare() -> list[Comparison]:
    """Measure the three ways once; each takes a minute or more."""
    programs = list(load_study(sample_study()).programs)
    with TemporaryDirectory() as place:
        ours = _seconds(_reports, programs, Path(place, "ours"))
        bare = _seconds(_bare, programs, Path(place, "bare"))
        loop = _seconds(_loop, programs, Path(place, "loop"))
    work = f"reports of {len(programs)} programs, {60 * len(programs) / ours:.0f} a minute"
    peer = f"shell loop of papermill {version('papermill')} and nbconvert {version('nbconvert')}"
    note = f"at most {TIMES_BARE:g} times as long is promised; {os.cpu_count()} processors"
    cells = "the same cells in plain Python processes, no notebook, no page"
    return [
        Comparison(work=work, peer=peer, ours=ours, theirs=loop, wanted=TIMES_FASTER),
        Comparison(work=work, peer=cells, ours=ours, theirs=bare, wanted=1 / TIMES_BARE, note=note),
    ]


def _seconds(way, programs: Sequence[str], place: Path) -> float:
    place.mkdir()
    start = time.perf_counter()
    way(programs, place)
    return time.perf_counter() - start


def _reports(programs: Sequence[str], place: Path) -> None:
    chosen = [part for program in programs for part in ("--program", program)]
    command = ["-m", "outreach_metrics", "report", str(sample_study()), "--out", str(place)]
    _python(*command, "--notebook", NOTEBOOK, *chosen).wait_for()


def _loop(programs: Sequence[str], place: Path) -> None:
    source = str(notebooks_folder() / f"{NOTEBOOK}.ipynb")
    for program in programs:
        executed = str(place / f"{program}.ipynb")
        parameters = ("-p", "study", str(sample_study()), "-p", "program_id", program)
        _python("-m", "papermill", "--no-progress-bar", source, executed, *parameters).wait_for()
        _python("-m", "nbconvert", "--to", "html", "--no-input", executed).wait_for()


def _bare(programs: Sequence[str], place: Path) -> None:
    notebook = nbformat.read(notebooks_folder() / f"{NOTEBOOK}.ipynb", as_version=4)
    cells = [cell for cell in notebook.cells if cell.cell_type == "code"]
    source = place / "cells.json"
    source.write_text(json.dumps([cell.source for cell in cells]), encoding="utf-8")
    count = os.cpu_count() or 1
    started = [
        _python("-c", BARE, str(source), str(sample_study()), *programs[part::count]) for part in range(count)
    ]
    for process in started:
        process.wait_for()


class _Python(subprocess.Popen):
    def wait_for(self) -> None:
        if self.wait():
            raise subprocess.CalledProcessError(self.returncode, self.args)


def _python(*arguments: str) -> _Python:
    environment = os.environ | {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
    return _Python(
        [sys.executable, *arguments],
        env=environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
