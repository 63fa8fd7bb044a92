"""The commands `evaluate` and `report`: one study in, one folder of numbers and reports out."""

from __future__ import annotations

import os
import time
from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path

import outreach_metrics
from outreach_metrics.evaluation import Evaluation
from outreach_metrics.reports.files import clean_leftovers, write_file, write_numbers
from outreach_metrics.reports.index import Failed, Report, index_html, program_entry, report_of
from outreach_metrics.reports.manifest import RunRecord, fingerprint, read_records, write_manifest
from outreach_metrics.reports.notebooks import (
    PROGRAM_NOTEBOOK,
    Notebook,
    checked_parameters,
    find_notebooks,
)
from outreach_metrics.reports.numbers import Failure, chosen_programs, evaluated
from outreach_metrics.reports.preloaded import Preloaded
from outreach_metrics.reports.progress import progress
from outreach_metrics.reports.quality_page import quality_html
from outreach_metrics.reports.render import Cover
from outreach_metrics.reports.run import Run, layout
from outreach_metrics.reports.workers import TIME_LIMIT, Workers, workers
from outreach_metrics.study import Program, Study

STUDY_REPORTS = {"portfolio": "All programs compared", "needs_and_targeting": "Needs and targeting"}
PROGRAM_REPORTS = {
    "crime_before_after": "Crime in depth",
    "attendance": "Attendance",
    "survey_sentiment": "What residents think",
    "responsiveness": "Did anyone answer?",
    "partnerships": "Partnerships",
    "cost_effectiveness": "What it cost, and whether it paid",
    "long_term": "The long view",
    "evaluation_plan": "Evaluation plan",
    "grant_exhibit": "Grant exhibit",
}
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
    """
    chosen = chosen_programs(study, program_ids)
    found = find_notebooks(notebooks)
    out = out.resolve()
    runs = plan_runs(study, out, chosen, found, formats)
    out.mkdir(parents=True, exist_ok=True)
    clean_leftovers(out)
    with workers(study, jobs or os.cpu_count() or 1, time_limit=time_limit, ahead=ahead) as at_work:
        evaluations, failures = evaluated(at_work.evaluate(chosen), chosen)
        write_numbers(study, evaluations, out)
        records = _make(study, out, runs, at_work, resume)
    write_file(out / "quality.html", quality_html(study, SOFTWARE))
    write_file(out / "index.html", _index(study, out, chosen, evaluations, failures, records))
    failed = [_run_failure(record, out) for record in records if record.status == "failed"]
    named = {failure.name for failure in failed}
    return [failure for failure in failures if failure.name not in named] + failed


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


def _run_failure(record: RunRecord, out: Path) -> Failure:
    notebook = out / record.report
    return Failure(
        name=record.program_id or record.notebook,
        reason=record.error,
        notebook=notebook if notebook.is_file() else None,
        cell=record.cell,
    )


def _index(
    study: Study,
    out: Path,
    program_ids: Sequence[str],
    evaluations: Sequence[Evaluation],
    failures: Sequence[Failure],
    records: Sequence[RunRecord],
) -> str:
    made = {evaluation.program.program_id: evaluation for evaluation in evaluations}
    reports: dict[str, list[Report]] = {}
    for record in sorted(records, key=lambda record: record.notebook != PROGRAM_NOTEBOOK):
        if record.status == "done":
            reports.setdefault(record.program_id, []).append(report_of(record, _report_title(record)))
    entries = [
        program_entry(study.program(name), made.get(name), reports.get(name, ())) for name in program_ids
    ]
    earlier = [
        replace(report, title=_of_program(study.program(name), report.title))
        for name in study.programs
        if name not in program_ids
        for report in reports.get(name, ())
    ]
    runs = [record for record in records if record.status == "failed"]
    told = {record.program_id for record in runs}
    failed = [_failed_run(study, record, out) for record in runs]
    failed += [
        Failed(title=study.program(failure.name).name, reason=failure.reason)
        for failure in failures
        if failure.name not in told
    ]
    return index_html(study, entries, failed, reports.get("", ()), SOFTWARE, earlier)


def _report_title(record: RunRecord) -> str:
    if record.notebook == PROGRAM_NOTEBOOK:
        return ""
    titles = PROGRAM_REPORTS if record.program_id else STUDY_REPORTS
    return titles.get(record.notebook, record.notebook)


def _of_program(program: Program, title: str) -> str:
    return f"{program.name}: {title}" if title else program.name


def _failed_run(study: Study, record: RunRecord, out: Path) -> Failed:
    title = _report_title(record)
    return Failed(
        title=_of_program(study.program(record.program_id), title) if record.program_id else title,
        reason=record.error,
        cell=record.cell,
        notebook=record.report if (out / record.report).is_file() else "",
    )
