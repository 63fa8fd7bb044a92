"""The commands `evaluate` and `report`: one study in, one folder of numbers and reports out."""

from __future__ import annotations

import os
import time
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import outreach_metrics
from outreach_metrics.reports.files import clean_leftovers, write_numbers
from outreach_metrics.reports.manifest import RunRecord, fingerprint, read_records, write_manifest
from outreach_metrics.reports.notebooks import (
    Notebook,
    checked_parameters,
    find_notebooks,
)
from outreach_metrics.reports.numbers import Failure, chosen_programs, failed, told
from outreach_metrics.reports.preloaded import Preloaded
from outreach_metrics.reports.progress import progress
from outreach_metrics.reports.render import Cover
from outreach_metrics.reports.run import Run, check_names, layout
from outreach_metrics.reports.workers import TIME_LIMIT, Workers, workers
from outreach_metrics.study import Study

if TYPE_CHECKING:
    from outreach_metrics.evaluation import Evaluation

SECONDS_BETWEEN_MANIFESTS = 1.0
SOFTWARE = f"outreach_metrics {outreach_metrics.__version__}"


def make_reports(
    study: Study,
    out: Path,
    program_ids: Iterable[str] = (),
    notebooks: Sequence[str] = (),
    *,
    formats: Sequence[str] = ("html",),
    jobs: int | None = None,
    resume: bool = False,
    time_limit: float = TIME_LIMIT,
    ahead: Preloaded | None = None,
) -> list[Failure]:
    """Make every report, index.html, manifest.json and the files of `make_evaluation`.

    Parameters
    ----------
    study : Study
    out : pathlib.Path
        Made when it is not there. Each report appears in it whole.
    program_ids : iterable of str
        All programs when empty.
    notebooks : sequence of str
        Names of the package's notebooks or paths of others; program_evaluation and portfolio when empty.
    formats : sequence of str
        Forms of each report: html, which is always made, pdf, docx.
    jobs : int, optional
        Programs at a time; as many as there are processors when not given.
    resume : bool
        Keep reports whose inputs, versions, parameters, forms and notebook have not changed.
    time_limit : float
        Seconds that one report may take.
    ahead : Preloaded, optional
        A process that makes reports, started before the study was read, see `reports.preloaded.preloaded`.

    Returns
    -------
    list of Failure
        What has no report; everything else is there.

    Raises
    ------
    UnknownNameError
        A program or notebook that is not known, before anything is written.
    NameTakenError
        A notebook whose reports would lie where something else is, before anything is written.
    """
    chosen = chosen_programs(study, program_ids)
    found = find_notebooks(notebooks)
    check_names(found, study.programs)
    out = out.resolve()
    runs = plan_runs(study, out, chosen, found, formats)
    out.mkdir(parents=True, exist_ok=True)
    clean_leftovers(out)
    with workers(study, jobs or os.cpu_count() or 1, time_limit=time_limit, ahead=ahead) as at_work:
        failures = failed(dict(told(at_work.evaluate(chosen), len(chosen))), chosen)
        at_work.call(write_numbers, out)
        records = _make(study, out, runs, at_work, resume)
        at_work.call(_write_pages, out, chosen, failures, records)
    without_report = [_run_failure(record, out) for record in records if record.status == "failed"]
    named = {failure.name for failure in without_report}
    return [failure for failure in failures if failure.name not in named] + without_report


def plan_runs(
    study: Study,
    out: Path,
    program_ids: Sequence[str],
    notebooks: Sequence[Notebook],
    formats: Sequence[str] = ("html",),
) -> list[Run]:
    """Return the runs: every notebook that takes a program for each program, the others once."""
    return [
        _run(study, out, notebook, program_id, tuple(dict.fromkeys(["html", *formats])))
        for notebook in notebooks
        for program_id in (program_ids if notebook.per_program else ("",))
    ]


def _run(study: Study, out: Path, notebook: Notebook, program_id: str, formats: tuple[str, ...]) -> Run:
    settings = study.settings
    folder = study.folder.resolve()
    of_program = {"program_id": program_id} if program_id else {}
    told = {"study": folder.name, **of_program}
    record = RunRecord(
        notebook=notebook.name,
        program_id=program_id,
        status="waiting",
        report=layout(out, notebook.name, program_id)["report"].relative_to(out).as_posix(),
        fingerprint=fingerprint(study, notebook.sha256, {**told, "formats": formats}),
        parameters=told,
        formats=formats,
    )
    title = study.program(program_id).name if program_id else settings.title
    cover = Cover(
        title=title or notebook.name,
        agency=settings.agency,
        study=settings.title if program_id else "",
        language=settings.language,
        paper=settings.paper,
        software=SOFTWARE,
        home="../" * record.report.count("/") + "index.html",
    )
    return Run(
        notebook=notebook,
        program_id=program_id,
        parameters=checked_parameters(notebook, {"study": str(folder), **of_program}),
        study_folder=folder,
        out=out,
        cover=cover,
        record=record,
    )


def _make(study: Study, out: Path, runs: Sequence[Run], at_work: Workers, resume: bool) -> list[RunRecord]:
    earlier = read_records(out)
    records = {run.record.key: run.record for run in runs}
    for key, before in earlier.items():
        now = records.get(key)
        there = before.status == "done" and (out / before.report).is_file()
        if there and (now is None or (resume and now.fingerprint == before.fingerprint)):
            records[key] = before
    todo = [run for run in runs if records[run.record.key].status != "done"]
    todo.sort(key=lambda run: bool(run.program_id))  # those over the whole study take longest
    write_manifest(study, out, records.values())
    written = time.monotonic()
    with progress(len(todo), "Reports") as tell:
        for record in at_work.make(todo):
            records[record.key] = record
            if time.monotonic() - written > SECONDS_BETWEEN_MANIFESTS:
                write_manifest(study, out, records.values())
                written = time.monotonic()
            tell(record.program_id or record.notebook)
    write_manifest(study, out, records.values())
    return list(records.values())


def _write_pages(study: Study, evaluations: Sequence[Evaluation], out: Path, *made: object) -> None:
    from outreach_metrics.reports.overview import write_pages

    write_pages(study, evaluations, out, *made, software=SOFTWARE)


def _run_failure(record: RunRecord, out: Path) -> Failure:
    notebook = out / record.report
    return Failure(
        name=record.program_id or record.notebook,
        reason=record.error,
        notebook=notebook if notebook.is_file() else None,
        cell=record.cell,
    )
