"""A run of a notebook: it puts a whole report into place, or tells why not."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import nbformat
from papermill.iorw import load_notebook_node
from papermill.parameterize import parameterize_notebook
from papermill.translators import translate_parameters

from outreach_metrics.errors import NameTakenError, reason
from outreach_metrics.reports.environment import KERNEL
from outreach_metrics.reports.files import partial_folder, put, remove, write_file
from outreach_metrics.reports.forms import REPORT_FORMATS, page_as
from outreach_metrics.reports.manifest import RunRecord
from outreach_metrics.reports.notebooks import (
    PROGRAM_NOTEBOOK,
    Notebook,
    NotebookFailedError,
)
from outreach_metrics.reports.render import Cover, render
from outreach_metrics.reports.scrubbing import found_from, scrub, told_anywhere

TAKEN_NAMES = (
    "index.html",
    "quality.html",
    "manifest.json",
    "estimates.csv",
    "results.json",
    "quality.json",
    "linkage.csv",
)

Execute = Callable[[Notebook, Mapping[str, object]], nbformat.NotebookNode]


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
        told = told_anywhere(error, self.study_folder)
        return replace(self.record, status="failed", error=told, cell=cell, report=notebook)


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


def check_names(notebooks: Iterable[Notebook], program_ids: Iterable[str]) -> None:
    """Refuse notebooks that would put their reports where a page of every run, or a program's report, is.

    Parameters
    ----------
    notebooks : iterable of Notebook
    program_ids : iterable of str
        Every program of the study: reports of an earlier run stay where they are.

    Raises
    ------
    NameTakenError
        Names the notebook and what would be overwritten.
    """
    taken = {name.casefold(): "a file of every run" for name in TAKEN_NAMES}
    taken |= {name.casefold(): f"the folder of the program {name!r}" for name in program_ids}
    for notebook in notebooks:
        for name in _own_names(notebook):
            if name.casefold() in taken:
                raise NameTakenError(
                    f"notebook {notebook.name!r} would write {name}, which is {taken[name.casefold()]}: "
                    "give a copy of the notebook under another name"
                )


def _own_names(notebook: Notebook) -> list[str]:
    """Return what a notebook puts into the folder of reports, beside the programs' folders."""
    if notebook.name == PROGRAM_NOTEBOOK and notebook.per_program:
        return []
    if notebook.per_program:
        return [notebook.name]
    return [path.name for path in layout(Path(), notebook.name, "").values()]


def make_report(run: Run, execute: Execute) -> RunRecord:
    """Execute, clean, render and put into place one report; a failure is told in the record, never raised.

    Parameters
    ----------
    run : Run
    execute : callable
        Called with the notebook and its parameters; returns the executed notebook or raises
        `NotebookFailedError`.
    """
    executed = None
    try:
        _check_place(run)
        executed = execute(run.notebook, run.parameters)
        hidden = scrub(executed, run.study_folder)
        html, files = render(executed, run.cover)
        others = {form: page_as(form, html, run.cover.paper) for form in run.record.formats if form != "html"}
        _put_report(run, html, nbformat.writes(executed), files, others)
    except NotebookFailedError as error:
        _put_failure(run, error.executed)
        return run.failed(str(error), error.cell)
    except Exception as error:
        if executed is not None:
            _put_failure(run, executed)
        return run.failed(reason(error))
    return run.done(hidden)


def ended_early(run: Run, why: str, cell: int | None = None) -> RunRecord:
    """Return the record of a run whose process ended before it did, and leave the notebook to look at."""
    source = load_notebook_node(str(run.notebook.path))
    _put_failure(run, parameterize_notebook(source, run.parameters, kernel_name=KERNEL, language="python"))
    return run.failed(why, cell)


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


def _put_report(
    run: Run, html: str, notebook: str, files: Mapping[str, bytes], others: Mapping[str, bytes]
) -> None:
    names = run.names
    forms = {form: names["report"].with_suffix(f".{form}") for form in others}
    finished = {names["report"].name: html, names["notebook"].name: notebook, **files}
    finished |= {forms[form].name: content for form, content in others.items()}
    with partial_folder(_folder(run)) as partial:
        (partial / "charts").mkdir()
        for name, content in finished.items():
            write_file(partial / name, content)
        if run.program_id:
            put(partial, _folder(run))
            return
        put(partial / "charts", names["charts"])
        for path in (names["notebook"], *forms.values(), names["report"]):
            put(partial / path.name, path)
    for path in _forms(run).difference(forms.values()):
        remove(path)
    remove(names["failed"])


def _forms(run: Run) -> set[Path]:
    """Return where the other forms of a report are, if they are there."""
    return {run.names["report"].with_suffix(f".{form}") for form in REPORT_FORMATS if form != "html"}


def _put_failure(run: Run, executed: nbformat.NotebookNode) -> None:
    """Leave the executed notebook, and no older report that a reader could take for the new one.

    It tells the study as `load_study` finds it from where the notebook lies, so that it can be run again.
    """
    names = run.names
    scrub(executed, run.study_folder)
    again = run.parameters | {"study": found_from(names["failed"].parent, run.study_folder)}
    for cell in executed.cells:
        if "injected-parameters" in cell.metadata.get("tags", []):
            cell["source"] = translate_parameters(KERNEL, "python", again, "Parameters")
    if run.program_id:
        with partial_folder(_folder(run)) as partial:
            write_file(partial / names["failed"].name, nbformat.writes(executed))
            put(partial, _folder(run))
        return
    for path in (*names.values(), *_forms(run)):
        remove(path)
    write_file(names["failed"], nbformat.writes(executed))


def _folder(run: Run) -> Path:
    """Return the folder that appears whole: the program's, or the charts' of a run over the study."""
    return run.names["report"].parent if run.program_id else run.names["charts"]
