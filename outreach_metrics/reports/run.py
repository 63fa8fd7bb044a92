"""Runs of notebooks in parallel processes; each puts a whole report into place, or tells why not."""

from __future__ import annotations

import multiprocessing
import os
import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass, replace
from multiprocessing.connection import wait
from pathlib import Path
from tempfile import TemporaryDirectory

import nbformat

from outreach_metrics.errors import reason
from outreach_metrics.reports.files import partial_folder, put, remove, write_file
from outreach_metrics.reports.manifest import RunRecord
from outreach_metrics.reports.notebooks import (
    PROGRAM_NOTEBOOK,
    Notebook,
    NotebookFailedError,
    execute,
    prepare_environment,
    scrub,
)
from outreach_metrics.reports.render import Cover, render

PROCESS_DIED = "the process that made the report was ended from outside, perhaps for want of memory"
TAKEN_NAMES = ("index.html", "manifest.json", "estimates.csv", "results.json", "quality.json")


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """One notebook for one program, or for the whole study when `program_id` is empty.

    Parameters
    ----------
    notebook : Notebook
    program_id : str
    parameters : dict
        As the kernel gets them; `study` is an absolute path.
    study_folder, out : pathlib.Path
        Absolute.
    cover : Cover
    record : RunRecord
        What the manifest says before the run.
    """

    notebook: Notebook
    program_id: str
    parameters: dict[str, object]
    study_folder: Path
    out: Path
    cover: Cover
    record: RunRecord

    @property
    def names(self) -> dict[str, Path]:
        """Where things go: a program has a folder, a run over the study stands beside the index."""
        return layout(self.out, self.notebook.name, self.program_id)

    def done(self, hidden_messages: int) -> RunRecord:
        """Return the record of a run that went well."""
        return replace(self.record, status="done", hidden_messages=hidden_messages)

    def failed(self, error: str, cell: int | None = None) -> RunRecord:
        """Return the record of a run that failed."""
        notebook = self.names["failed"].relative_to(self.out).as_posix()
        return replace(self.record, status="failed", error=error, cell=cell, report=notebook)


def layout(out: Path, notebook: str, program_id: str) -> dict[str, Path]:
    """Return the paths of a run's outputs: `report`, `notebook`, `charts` and, when it fails, `failed`."""
    if program_id:
        folder = out / program_id if notebook == PROGRAM_NOTEBOOK else out / notebook / program_id
        return {
            "report": folder / "report.html",
            "notebook": folder / "report.ipynb",
            "charts": folder / "charts",
            "failed": folder / "failed.ipynb",
        }
    return {
        "report": out / f"{notebook}.html",
        "notebook": out / f"{notebook}.ipynb",
        "charts": out / f"{notebook}-charts",
        "failed": out / f"{notebook}-failed.ipynb",
    }


def run_all(runs: Sequence[Run], jobs: int) -> Iterator[RunRecord]:
    """Run notebooks side by side and yield the record of each as it ends.

    Parameters
    ----------
    runs : sequence of Run
    jobs : int
        Processes at a time; each has one kernel at a time, and each kernel computes in one thread.

    Notes
    -----
    Processes are spawned, not forked, so that nothing of the parent's state or threads is in them. When the
    parent is interrupted, or dies, they end and their kernels with them.
    """
    if not runs:
        return
    others = multiprocessing.active_children()
    with TemporaryDirectory(prefix="outreach-metrics-") as scratch:
        pool = ProcessPoolExecutor(
            min(jobs, len(runs)),
            mp_context=multiprocessing.get_context("spawn"),
            initializer=start_worker,
            initargs=(Path(scratch),),
        )
        try:
            futures = {pool.submit(make_report, run): run for run in runs}
            for future in as_completed(futures):
                yield _record(future, futures[future])
            pool.shutdown()
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            for process in set(multiprocessing.active_children()).difference(others):
                process.terminate()
                process.join()
            raise


def make_report(run: Run) -> RunRecord:
    """Execute, clean, render and put into place one report; a failure is told in the record, never raised."""
    executed = None
    try:
        _check_place(run)
        executed = execute(run.notebook, run.parameters)
        hidden = scrub(executed, run.study_folder)
        html, files = render(executed, run.cover)
        _put_report(run, html, nbformat.writes(executed), files)
    except NotebookFailedError as error:
        _put_failure(run, error.executed)
        return run.failed(str(error), error.cell)
    except Exception as error:
        if executed is not None:
            _put_failure(run, executed)
        return run.failed(reason(error))
    return run.done(hidden)


def start_worker(scratch: Path) -> None:
    """Make a worker process quiet, sure of its Python, and mortal with its parent."""
    prepare_environment(scratch)
    silence = os.open(os.devnull, os.O_RDWR)
    for stream in (0, 1, 2):
        os.dup2(silence, stream)
    threading.Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    wait([multiprocessing.parent_process().sentinel])
    os._exit(1)


def _record(future: Future[RunRecord], run: Run) -> RunRecord:
    try:
        return future.result()
    except BrokenProcessPool:
        return run.failed(PROCESS_DIED)


def _check_place(run: Run) -> None:
    """Refuse to put a report where something else is: what is replaced is gone."""
    if not run.program_id:
        return
    folder = run.names["report"].parent
    ours = not folder.exists() or run.names["report"].exists() or run.names["failed"].exists()
    if run.program_id in TAKEN_NAMES or not ours:
        raise FileExistsError(
            f"{folder.name} in the folder of reports is something else; choose another --out"
        )


def _put_report(run: Run, html: str, notebook: str, files: dict[str, bytes]) -> None:
    names = run.names
    finished = {names["report"].name: html, names["notebook"].name: notebook, **files}
    with partial_folder(_folder(run)) as partial:
        (partial / "charts").mkdir()
        for name, content in finished.items():
            write_file(partial / name, content)
        if run.program_id:
            put(partial, _folder(run))
            return
        for part in ("charts", "notebook", "report"):
            put(partial / ("charts" if part == "charts" else names[part].name), names[part])
    remove(names["failed"])


def _put_failure(run: Run, executed: nbformat.NotebookNode) -> None:
    """Leave the executed notebook, and no older report that a reader could take for the new one."""
    names = run.names
    if run.program_id:
        with partial_folder(_folder(run)) as partial:
            write_file(partial / names["failed"].name, nbformat.writes(executed))
            put(partial, _folder(run))
        return
    for path in names.values():
        remove(path)
    write_file(names["failed"], nbformat.writes(executed))


def _folder(run: Run) -> Path:
    """Return the folder that appears whole: the program's, or the charts' of a run over the study."""
    return run.names["report"].parent if run.program_id else run.names["charts"]
